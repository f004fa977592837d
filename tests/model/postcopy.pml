/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The handover of a post-copy migration, from RAM flowing on: the guest runs
 * on D before all of its RAM is there, so that for a time neither side has it
 * whole. A model of its own beside handover.pml, whose names it shares and
 * where the rest is: what can go wrong (here, besides, the network between S
 * and D), how commands travel, what a dead host forgets.
 *
 * QEMU as it was found to be (7.2, 10.0, 11.1): a source that is sending its
 * device state may fail and run on by itself although D has what it needs;
 * one that has sent its last page may fail, too, and then puts its guest back
 * to what it was before; migrate_cancel is fatal once post-copy has begun.
 *
 * Mutations, each to be caught (tests/model/run):
 *   NO_COMMIT        R4: migrate-continue without the record `commit`
 *   NO_STOP          the guest is not stopped before migrate-start-postcopy
 *   CONT_EARLY       D is continued on S's word, not on its own
 *   CANCEL_LATE      a deadline in the switchover cancels instead of yanking
 *   UNDO_SILENT      a source that does not answer the yank is taken for one
 *                    that D blocks: D is ended
 *   RESUME_SPLIT     R6: recover resumes a source that has begun post-copy
 *   CANCEL_LEAVING   recover cancels while S sends its device state
 *   BACK_BLIND       recover resumes S though D does not answer
 *   QUIT_SPLIT       R7: S is quit before D has all pages
 */
mtype:state = { PRECOPY, SWITCHOVER, POSTCOPY, CONFIRM, CANCELLING, YANKING,
                RESUMING, UNDOING, DONE };
mtype:cmd = { STOP, START, CONTINUE, CANCEL, YANK, CONT, RECONNECT, QUIT };

/* Records. */
#define R_SWITCHOVER 1
#define R_POSTCOPY   2
#define R_SPLIT      3 /* `commit`, mode post-copy */
#define R_QUIT       4
#define R_BACK       5
#define R_END        6
byte written = R_SWITCHOVER, durable = R_SWITCHOVER;

/* Migration of S: */
#define M_ACTIVE    1
#define M_PRE       2
#define M_DEVICE    3
#define M_SPLIT     4 /* postcopy-active */
#define M_PAUSED    5 /* postcopy-paused */
#define M_COMPLETED 6
#define M_FAILED    7
byte s_mig = M_ACTIVE;
bool s_alive = true, s_runs = true, s_up = true;
bool s_stopped; /* by us: it does not run on by itself */

/* What D has: */
#define L_LOADS  0
#define L_PART   1 /* what it needs to run; pages are missing */
#define L_WHOLE  2
#define L_FAILED 3
byte d_load = L_LOADS;
bool d_alive = true, d_runs, d_up = true;
bool d_armed; /* cont came while it was loading */

bool net = true; /* between S and D */
bool d_has_run, s_went_on, quiet, kill_c, locked = true, undecided;
mtype:state phase = PRECOPY;
chan to_s = [3] of { mtype:cmd };
chan to_d = [3] of { mtype:cmd };
#ifndef FAULTS
#define FAULTS 2
#endif
byte faults = FAULTS;

inline s_run() {
    s_runs = true;
    assert(!d_has_run); /* R6: what it has is old */
    if
    :: d_load == L_PART || d_load == L_WHOLE -> s_went_on = true
    :: else
    fi
}

inline d_run() {
    d_runs = true; d_has_run = true;
    assert(!s_runs || !s_alive);
    assert(!s_went_on)
}

inline s_fail() {
    s_mig = M_FAILED;
    if
    :: !s_stopped && !s_runs -> s_run()
    :: else
    fi
}

active proctype S() {
    mtype:cmd c;
end:
    do
    :: atomic { s_alive && to_s?[c] -> to_s?c;
        if
        :: c == STOP && s_mig == M_ACTIVE -> s_runs = false; s_stopped = true
        :: c == START && s_mig == M_ACTIVE -> s_runs = false; s_mig = M_PRE
        :: c == CONTINUE && s_mig == M_PRE -> s_mig = M_DEVICE
        :: c == CANCEL ->
            assert(s_mig != M_SPLIT && s_mig != M_PAUSED);
            if
            :: s_mig <= M_DEVICE ->
                s_fail();
                if
                :: d_load == L_LOADS -> d_load = L_FAILED
                :: else
                fi
            :: else
            fi
        :: c == YANK && s_mig <= M_DEVICE -> s_fail()
        :: c == YANK && s_mig == M_SPLIT -> s_mig = M_PAUSED
        :: c == CONT && s_mig != M_PRE && s_mig != M_DEVICE && !s_runs ->
            s_run()
        :: c == RECONNECT && s_mig == M_PAUSED && net && d_alive ->
            s_mig = M_SPLIT
        :: c == QUIT ->
            assert(s_mig == M_COMPLETED && d_load == L_WHOLE);
            s_alive = false
        :: else
        fi }
    :: atomic { s_alive && s_mig == M_DEVICE && d_alive && d_load == L_PART ->
        s_mig = M_SPLIT }
    :: atomic { s_alive && s_mig <= M_DEVICE &&
                (!net || !d_alive || d_load == L_FAILED) -> s_fail() }
    /* All was sent, and then the network breaks before S has noticed. */
    :: atomic { faults > 0 && s_alive && s_mig == M_DEVICE &&
                d_load == L_PART -> faults--; s_fail() }
    :: atomic { s_alive && s_mig == M_SPLIT && d_alive && d_load == L_WHOLE ->
        s_mig = M_COMPLETED }
    :: atomic { s_alive && s_mig == M_SPLIT && (!net || !d_alive) ->
        if
        :: s_mig = M_PAUSED
        :: d_runs -> s_fail() /* the last page was sent (10.0, 11.1) */
        fi }
    :: !s_alive -> break
    od
}

active proctype D() {
    mtype:cmd c;
end:
    do
    :: atomic { d_alive && to_d?[c] -> to_d?c;
        if
        :: c == CONT && (d_load == L_PART || d_load == L_WHOLE) && !d_runs ->
            d_run()
        :: c == CONT && d_load == L_LOADS -> d_armed = true
        :: c == QUIT ->
            /* S has begun, and needs it: the guest would be lost. */
            assert(!s_alive || (s_mig != M_SPLIT && s_mig != M_PAUSED));
            d_alive = false; d_runs = false
        :: else
        fi }
    :: atomic { d_alive && net && d_load == L_LOADS && s_mig == M_DEVICE ->
        d_load = L_PART;
        if
        :: d_armed -> d_run()
        :: else
        fi }
#ifdef CONT_EARLY
    /* What S has sent arrives when the network is back. */
    :: atomic { s_mig == M_DEVICE && d_load == L_LOADS -> s_mig = M_SPLIT }
    :: atomic { d_alive && d_load == L_LOADS && d_armed && s_mig == M_FAILED ->
        d_load = L_PART; d_run() }
#endif
    :: atomic { d_alive && net && s_alive && d_runs && d_load == L_PART &&
                s_mig == M_SPLIT -> d_load = L_WHOLE }
    :: !d_alive -> break
    od
}

active proctype Fate() {
end:
    do
    :: atomic { faults > 0 && s_alive -> faults--; s_alive = false; s_runs = false }
    :: atomic { faults > 0 && d_alive -> faults--; d_alive = false; d_runs = false }
    :: atomic { faults > 0 && s_up -> faults--; s_up = false }
    :: atomic { faults > 0 && d_up -> faults--; d_up = false }
    :: atomic { faults > 0 && net -> faults--; net = false }
    :: atomic { faults > 0 -> faults-- } /* it did not happen */
    :: atomic { faults > 0 && phase != DONE && !kill_c -> faults--; kill_c = true }
    :: atomic { faults > 0 && phase != DONE && !kill_c ->
        faults--; kill_c = true; written = durable }
    :: atomic { !s_up -> s_up = true }
    :: atomic { !d_up -> d_up = true }
    :: atomic { !net -> net = true }
    od
}

inline say_s(c) {
    if
    :: s_alive && s_up && len(to_s) < 3 -> to_s!c
    :: else
    fi
}

inline say_d(c) {
    if
    :: d_alive && d_up && len(to_d) < 3 -> to_d!c
    :: else
    fi
}

inline sync_record(r) { written = r; durable = r }

#define S_ANSWERS (s_alive && s_up)
#define D_ANSWERS (d_alive && d_up)

inline go(from, to) { assert(phase == from); phase = to }

active proctype C() {
  {
    sync_record(R_POSTCOPY);
    atomic { /* by one connection: none without the other */
        if
        :: S_ANSWERS ->
#ifndef NO_STOP
            to_s!STOP;
#endif
            to_s!START
        :: else
        fi };
    if
    :: S_ANSWERS && s_mig == M_PRE
    :: S_ANSWERS && s_mig == M_FAILED -> go(PRECOPY, RESUMING); goto resuming
    :: S_ANSWERS && s_mig <= M_PRE -> go(PRECOPY, CANCELLING); goto cancelling
    :: !S_ANSWERS -> go(PRECOPY, UNDOING); goto undoing /* D has not loaded */
    fi;
    go(PRECOPY, SWITCHOVER);
#ifndef NO_COMMIT
    sync_record(R_SPLIT);
#endif
    say_s(CONTINUE);
    if
#ifdef CONT_EARLY
    :: S_ANSWERS && s_mig == M_SPLIT
#else
    :: S_ANSWERS && s_mig == M_SPLIT && D_ANSWERS && d_load == L_PART
#endif
    :: S_ANSWERS && s_mig == M_FAILED -> go(SWITCHOVER, RESUMING); goto resuming
    :: !S_ANSWERS -> go(SWITCHOVER, DONE); goto done /* undecided */
#ifdef CANCEL_LATE
    :: go(SWITCHOVER, CANCELLING); goto cancelling
#else
    :: go(SWITCHOVER, YANKING); goto yanking
#endif
    fi;
    go(SWITCHOVER, POSTCOPY);
    say_d(CONT);
    if
#ifdef QUIT_SPLIT
    :: D_ANSWERS && d_runs
#else
    :: D_ANSWERS && d_runs && d_load == L_WHOLE && S_ANSWERS &&
       s_mig == M_COMPLETED
#endif
    :: go(POSTCOPY, DONE); goto done /* split, or lost */
    fi;
    go(POSTCOPY, CONFIRM);
    sync_record(R_QUIT);
    say_s(QUIT);
    written = R_END;
    go(CONFIRM, DONE);
    goto done;

cancelling:
    sync_record(R_BACK);
    say_s(CANCEL);
    if
    :: S_ANSWERS && s_mig == M_FAILED -> go(CANCELLING, RESUMING);
        goto resuming
    :: go(CANCELLING, DONE); goto done
    fi;
yanking:
    sync_record(R_POSTCOPY); /* D was not continued, and will not be */
    say_s(YANK);
    if
    :: S_ANSWERS && s_mig == M_FAILED -> go(YANKING, RESUMING)
#ifdef UNDO_SILENT
    :: goto undoing_silent
#endif
    :: go(YANKING, DONE); goto done /* it had begun, or nobody knows */
    fi;
resuming:
    sync_record(R_BACK);
    if
    :: S_ANSWERS && !s_runs -> say_s(CONT)
    :: else
    fi;
    go(RESUMING, UNDOING);
    goto undoing;
#ifdef UNDO_SILENT
undoing_silent:
    go(YANKING, UNDOING);
#endif
undoing:
    say_d(QUIT);
    go(UNDOING, DONE);
done:
    skip
  } unless { kill_c };
  atomic { phase = DONE; locked = false }
}

inline back() {
    sync_record(R_BACK);
    say_s(CANCEL);
    if
    :: !S_ANSWERS || (empty(to_s) && s_mig >= M_SPLIT)
    :: !quiet
    fi;
    say_d(QUIT);
    if
    :: S_ANSWERS && !s_runs && s_mig == M_FAILED -> say_s(CONT)
    :: else
    fi
}

inline finish() {
    sync_record(R_QUIT);
    if
    :: S_ANSWERS && s_mig == M_COMPLETED && !s_runs -> say_s(QUIT)
    :: else
    fi
}

/* Through post-copy to its end. */
inline split() {
    sync_record(R_SPLIT);
    if
    :: s_mig == M_PAUSED -> say_s(RECONNECT)
    :: else
    fi;
    say_d(CONT);
    if
    :: S_ANSWERS && D_ANSWERS && d_runs && d_load == L_WHOLE &&
       s_mig == M_COMPLETED -> finish()
    :: S_ANSWERS && s_mig == M_FAILED -> undecided = true
    :: !quiet || !S_ANSWERS || !D_ANSWERS -> undecided = true
    fi
}

/* The rows of src/recover/verdict.c for a post-copy. */
#define SPLIT  (sm == M_SPLIT || sm == M_PAUSED)
#define MISSES (da && dl == L_PART)

active proctype Recover() {
    bool sa, sr, da, dr;
    byte sm, dl, rounds = 0;

    do
    :: atomic { rounds < 1 && !locked && !quiet -> rounds++; locked = true };
        goto work
    :: atomic { !quiet && !locked && faults == 0 && s_up && d_up && net &&
                (!s_alive || empty(to_s)) && (!d_alive || empty(to_d)) ->
        quiet = true; locked = true };
        goto work
    :: quiet && !locked -> break
work:
        undecided = false;
        /* Each QEMU has answered what came before it. */
        atomic { (!S_ANSWERS || empty(to_s)) ->
            sa = S_ANSWERS; sr = s_runs; sm = s_mig };
        atomic { (!D_ANSWERS || empty(to_d)) ->
            da = D_ANSWERS; dr = d_runs; dl = d_load };
        if
        :: written == R_END
        :: written == R_QUIT -> finish()
        :: written == R_BACK && sa -> back()
        :: written == R_BACK && !sa
        :: written < R_QUIT && da && dr && sa && sr -> undecided = true
        :: written < R_QUIT && da && dr && dl == L_WHOLE &&
           (!sa || (sm == M_COMPLETED && !sr)) -> finish()
        /* It runs, though the source failed at the very end: left to it. */
        :: written < R_QUIT && da && dr && dl == L_WHOLE && sa && !sr &&
           sm != M_COMPLETED
        :: written == R_SWITCHOVER ->
            if
            :: sa && (SPLIT || MISSES) -> undecided = true
            :: sa && !SPLIT && !MISSES -> back()
            :: !sa -> undecided = true
            fi
        :: (written == R_POSTCOPY || written == R_SPLIT) &&
           !(da && dr && ((sa && sr) || dl == L_WHOLE)) ->
            if
            :: sa && sr && MISSES && !dr -> back()
            :: sa && !sr && sm == M_DEVICE ->
#ifdef CANCEL_LEAVING
                back()
#else
                undecided = true
#endif
            :: sa && !sr && sm != M_DEVICE && !SPLIT && MISSES ->
                if
                :: written == R_POSTCOPY && !dr && sm == M_FAILED -> back()
                :: else -> undecided = true
                fi
            :: sa && SPLIT && da ->
#ifdef RESUME_SPLIT
                sync_record(R_BACK); say_s(CONT)
#else
                split()
#endif
            :: sa && SPLIT && !da -> undecided = true
            :: sa && !SPLIT && sm != M_DEVICE && !sr && !MISSES && !da &&
               written == R_SPLIT ->
#ifdef BACK_BLIND
                back()
#else
                undecided = true
#endif
            :: sa && !SPLIT && sm != M_DEVICE && !MISSES &&
               (sr || da || written == R_POSTCOPY) &&
               !(sm == M_COMPLETED) -> back()
            :: sa && sm == M_COMPLETED -> undecided = true
            :: !sa -> undecided = true
            fi
        fi;
        locked = false
    od
}

/* When nothing moves any more, after a recover that nothing disturbed. */
active proctype Judge() {
end:
    timeout;
    assert(quiet);
    assert(!(s_alive && d_alive) || s_runs || d_runs || undecided);
    assert(!(s_alive && s_runs && d_alive && d_runs));
    /* Never to be started again: it is not said that the guest is there. */
    assert(!s_alive || s_runs || d_has_run || undecided || written == R_BACK)
}
