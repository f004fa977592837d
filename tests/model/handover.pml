/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The handover of a pre-copy migration: two controllers (the second one is
 * `recover`, or another one who comes too early), the source S, the
 * destination D, and the journal J. It answers whether the guest can ever run
 * twice, or be lost to a `recover` that may ask both sides.
 *
 * What can go wrong, at any step: the controller dies (SIGKILL, or its host:
 * then the records that were not synced are lost, too); S dies; D dies; a
 * side's monitor becomes unreachable and comes back (a partition; commands
 * under way arrive late or never); the migration fails. A command is a message
 * in the channel of its QEMU, which works on them in order, and asks no one
 * whether the sender still lives.
 *
 * The states of the controller have the engine's names, and each go() is a
 * change between them: tests/test_model.c compares both with the table in
 * src/engine/engine.c. Post-copy has a model of its own, postcopy.pml.
 *
 * What --fenced source asserts is taken for true: S is dead, and did not
 * resume by itself when the network broke at the very end.
 *
 * Mutations, each to be caught (tests/model/run):
 *   NO_DISARM        R1: D is not disarmed, and starts by itself
 *   NO_CHECK         R1: nobody waits for D's answer to the disarming
 *   GUESS            S is taken for completed while it is not
 *   NO_SWITCHOVER    cont to D before any record permits it is durable
 *   RESUME_MOVED     recover resumes a source that has completed
 *   FORWARD_BLIND    recover continues D though S does not answer
 *   NO_BACK          recover goes back without the record `back`
 *   BACK_LATE        the controller does not sync `back`
 *   NO_LOCK          two controllers act on one guest
 *   QUIT_UNPROVED    R7: S is quit before D's own word
 *   NO_RETURN_PATH   R2: S says completed although D may have failed
 */
mtype:state = { BEGIN, PREPARE, STORAGE, PRECOPY, SWITCHOVER, FINISH, CONFIRM,
                CANCELLING, YANKING, ASKING, RESUMING, UNDOING, POSTCOPY,
                DONE };
mtype:cmd = { STOP, MIGRATE, CONTINUE, CANCEL, CONT, QUIT };

/* Records, in the order of what they permit. */
#define R_NONE       0
#define R_BEGIN      1
#define R_MIGRATE    2
#define R_SWITCHOVER 3
#define R_COMMIT     4
#define R_QUIT       5
#define R_BACK       6
#define R_END        7

byte written = R_NONE;  /* by the page cache: what a killed process leaves */
byte durable = R_NONE;  /* by the disk: what a host that died leaves */
bool locked;

/* QEMUs. Migration of S: */
#define M_NONE      0
#define M_ACTIVE    1
#define M_PRE       2 /* pre-switchover: stopped */
#define M_DEVICE    3 /* device state flows: stopped */
#define M_COMPLETED 4
#define M_FAILED    5 /* failed or cancelled */
bool s_alive = true, s_runs = true;
byte s_mig = M_NONE;

/* Loading of D: */
#define L_WAITS  0
#define L_LOADS  1
#define L_LOADED 2
#define L_FAILED 3
bool d_alive = true, d_runs;
bool d_armed = true; /* it was started without -S: runs once it has loaded */
byte d_load = L_WAITS;

/* Reachable from the controllers. */
bool s_up = true, d_up = true;

bool d_stale;        /* S went on after it had given D all */
bool d_has_run;
bool self_resumed;   /* S, when the network broke at the very end */
bool quiet;          /* the last recover: nothing fails any more */
bool kill_c, kill_r;

chan to_s = [3] of { mtype:cmd };
chan to_d = [2] of { mtype:cmd };
bool d_disarmed; /* D answered that it is */

#ifndef FAULTS
#define FAULTS 2
#endif
byte faults = FAULTS; /* that may still happen */
mtype:state phase = BEGIN;
bool recovering;

inline check_once() { assert(!(s_alive && s_runs && d_alive && d_runs)) }

inline s_run() {
    s_runs = true;
    if
    :: d_load == L_LOADED -> d_stale = true
    :: else
    fi;
    check_once()
}

inline d_run() {
    d_runs = true;
    d_has_run = true;
    assert(!d_stale); /* old memory, new disks */
    check_once()
}

active proctype S() {
    mtype:cmd c;
end:
    do
    :: atomic { s_alive && to_s?[c] -> to_s?c;
        if
        :: c == MIGRATE && s_mig == M_NONE && d_alive ->
            s_mig = M_ACTIVE; d_load = L_LOADS
        :: c == MIGRATE && s_mig == M_NONE && !d_alive -> s_mig = M_FAILED
        :: c == CONTINUE && s_mig == M_PRE -> s_mig = M_DEVICE
        :: c == CANCEL && (s_mig == M_ACTIVE || s_mig == M_PRE ||
                           s_mig == M_DEVICE) -> s_mig = M_FAILED;
            if
            :: d_load == L_LOADS -> d_load = L_FAILED
            :: else
            fi;
            if
            :: !s_runs -> s_run() /* QEMU resumes by itself */
            :: else
            fi
        :: c == CONT && s_mig != M_DEVICE && s_mig != M_PRE && !s_runs ->
            s_run()
        :: c == QUIT ->
            assert(s_mig == M_COMPLETED && d_has_run && !s_runs); /* R7 */
            s_alive = false
        :: else
        fi
      }
    /* Converged: QEMU pauses by itself. */
    :: atomic { s_alive && s_mig == M_ACTIVE && d_alive && d_load == L_LOADS ->
        s_mig = M_PRE; s_runs = false }
    /* With return-path S says completed only by D's word. */
    :: atomic { s_alive && s_mig == M_DEVICE && d_alive && d_load == L_LOADED ->
        s_mig = M_COMPLETED }
#ifdef NO_RETURN_PATH
    :: atomic { s_alive && s_mig == M_DEVICE -> s_mig = M_COMPLETED }
#endif
    /* It fails: the network, a device that D does not have, D's death. */
    :: atomic { s_alive && s_mig >= M_ACTIVE && s_mig <= M_DEVICE &&
                (d_load == L_FAILED || !d_alive) ->
        s_mig = M_FAILED;
        if
        :: !s_runs -> s_run()
        :: else
        fi }
    /* All was sent, and then the network breaks before D's word is back. */
    :: atomic { faults > 0 && s_alive && s_mig == M_DEVICE &&
                d_load == L_LOADED ->
        faults--; s_mig = M_FAILED; self_resumed = true; s_run() }
    :: !s_alive -> break
    od
}

active proctype D() {
    mtype:cmd c;
end:
    do
    :: atomic { d_alive && to_d?[c] -> to_d?c;
        if
        :: c == STOP && d_load != L_LOADED -> d_armed = false; d_disarmed = true
        :: c == CONT && d_load == L_LOADED && !d_runs -> d_run()
        :: c == CONT && d_load != L_LOADED -> d_armed = true
        :: c == QUIT -> d_alive = false; d_runs = false
        :: else
        fi
      }
    :: atomic { d_alive && d_load == L_LOADS && s_mig == M_DEVICE ->
        if
        :: d_load = L_LOADED;
            if
            :: d_armed -> d_run()
            :: else
            fi
        :: faults > 0 -> faults--; d_load = L_FAILED
        fi }
    :: !d_alive -> break
    od
}

/* Deaths and partitions. */
active proctype Fate() {
end:
    do
    :: atomic { faults > 0 && s_alive -> faults--; s_alive = false; s_runs = false }
    :: atomic { faults > 0 && d_alive -> faults--; d_alive = false; d_runs = false }
    :: atomic { faults > 0 && s_up -> faults--; s_up = false }
    :: atomic { faults > 0 && d_up -> faults--; d_up = false }
    :: atomic { faults > 0 -> faults-- } /* it did not happen */
    /* A controller, alone or with its host. */
    :: atomic { faults > 0 && phase != DONE && !kill_c -> faults--; kill_c = true }
    :: atomic { faults > 0 && phase != DONE && !kill_c ->
        faults--; kill_c = true; written = durable }
    :: atomic { faults > 0 && recovering && !kill_r -> faults--; kill_r = true }
    :: atomic { faults > 0 && recovering && !kill_r ->
        faults--; kill_r = true; written = durable }
    :: atomic { !s_up -> s_up = true }
    :: atomic { !d_up -> d_up = true }
    od
}

/* A command; lost if nobody is there. */
inline say_s(c) {
    if
    :: s_alive && s_up && len(to_s) < 3 -> to_s!c
    :: else
    fi
}

inline say_d(c) {
    if
    :: d_alive && d_up && len(to_d) < 2 -> to_d!c
    :: else
    fi
}

inline record(r) { written = r }
inline sync_record(r) { written = r; durable = r }

/* The controller, as the engine has it; killed at any step. */
#define S_ANSWERS (s_alive && s_up)
#define D_ANSWERS (d_alive && d_up)

inline go(from, to) {
    assert(phase == from);
    phase = to
}

/* What S is taken for. */
#ifdef GUESS
#define SAYS_COMPLETED (s_mig == M_COMPLETED || s_mig == M_DEVICE)
#else
#define SAYS_COMPLETED (s_mig == M_COMPLETED)
#endif

active proctype C() {
  {
    locked = true;
    if
    :: S_ANSWERS && D_ANSWERS
    :: go(BEGIN, UNDOING); goto undoing
    :: go(BEGIN, DONE); goto done /* only a plan was asked for */
    fi;
    record(R_BEGIN);
    go(BEGIN, PREPARE);
#ifndef NO_DISARM
    say_d(STOP);
#endif
    sync_record(R_MIGRATE);
    if
#if defined(NO_DISARM) || defined(NO_CHECK)
    :: true
#else
    :: D_ANSWERS && d_disarmed
#endif
    :: go(PREPARE, UNDOING); goto undoing /* refused, lost, late, cancelled */
    fi;
    if
    :: go(PREPARE, STORAGE); /* disks are copied while the guest runs */
        if
        :: go(STORAGE, UNDOING); goto undoing
        :: say_s(MIGRATE); go(STORAGE, PRECOPY)
        fi
    :: say_s(MIGRATE); go(PREPARE, PRECOPY)
    fi;
    if
    :: S_ANSWERS && (s_mig == M_ACTIVE || s_mig == M_PRE)
    :: goto turn_back
    fi;
#ifndef NO_SWITCHOVER
    sync_record(R_SWITCHOVER);
#endif
    if
    :: S_ANSWERS && s_mig == M_PRE
    :: S_ANSWERS && s_mig == M_FAILED -> go(PRECOPY, RESUMING); goto resuming
    :: goto turn_back
    fi;
    go(PRECOPY, SWITCHOVER);
    say_s(CONTINUE);
    if
    :: S_ANSWERS && SAYS_COMPLETED
    :: S_ANSWERS && s_mig == M_FAILED -> go(SWITCHOVER, RESUMING); goto resuming
    :: goto turn_back
    fi;
    go(SWITCHOVER, FINISH);
    say_d(CONT);
    record(R_COMMIT);
    if
#ifdef QUIT_UNPROVED
    :: true
#else
    :: D_ANSWERS && d_runs
#endif
    :: go(FINISH, DONE); goto done /* undecided */
    fi;
    go(FINISH, CONFIRM);
    sync_record(R_QUIT);
    say_s(QUIT);
    record(R_END);
    go(CONFIRM, DONE);
    goto done;

turn_back:
    if
    :: phase == PRECOPY && S_ANSWERS && s_mig == M_NONE && empty(to_s) ->
        go(PRECOPY, UNDOING); goto undoing /* refused */
    :: phase == PRECOPY && S_ANSWERS && s_mig != M_NONE ->
        go(PRECOPY, CANCELLING)
    :: phase == SWITCHOVER && S_ANSWERS -> go(SWITCHOVER, CANCELLING)
    :: phase == PRECOPY && !S_ANSWERS -> go(PRECOPY, ASKING); goto asking
    :: phase == SWITCHOVER && !S_ANSWERS ->
        go(SWITCHOVER, ASKING); goto asking
    fi;
#ifdef BACK_LATE
    record(R_BACK);
#else
#ifndef NO_BACK
    sync_record(R_BACK);
#endif
#endif
    say_s(CANCEL);
    if
    :: S_ANSWERS && (s_mig == M_FAILED || s_mig == M_COMPLETED) ->
        go(CANCELLING, RESUMING)
    :: !S_ANSWERS -> go(CANCELLING, ASKING); goto asking
    :: go(CANCELLING, YANKING);
        if
        :: S_ANSWERS && (s_mig == M_FAILED || s_mig == M_COMPLETED) ->
            go(YANKING, RESUMING)
        :: !S_ANSWERS -> go(YANKING, ASKING); goto asking
        :: go(YANKING, UNDOING); goto undoing
        fi
    fi;
resuming:
    if
    :: S_ANSWERS && s_runs
    :: S_ANSWERS && !s_runs ->
#ifndef NO_BACK
        sync_record(R_BACK);
#endif
        say_s(CONT)
    :: !S_ANSWERS
    fi;
    go(RESUMING, UNDOING);
undoing:
    say_d(QUIT);
    go(UNDOING, DONE);
    goto done;

asking:
    if
    :: D_ANSWERS && d_load != L_LOADED -> go(ASKING, UNDOING); goto undoing
    :: go(ASKING, DONE)
    fi;
done:
    skip
  } unless { kill_c };
  atomic { phase = DONE; locked = false }
}

/* recover: the rows of src/recover/verdict.c. */
bool undecided;

#ifdef NO_LOCK
#define MAY_START (phase != BEGIN)
#else
#define MAY_START (!locked && phase != BEGIN)
#endif

inline back() {
#ifndef NO_BACK
    sync_record(R_BACK);
#endif
    say_s(CANCEL);
    if
    :: !S_ANSWERS || (empty(to_s) && (s_mig == M_NONE || s_mig == M_FAILED ||
                                      s_mig == M_COMPLETED))
    :: !quiet
    fi;
    say_d(QUIT);
    if
    :: S_ANSWERS && !s_runs -> say_s(CONT)
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

inline forward() {
    sync_record(R_COMMIT);
    say_d(CONT);
    if
    :: D_ANSWERS && d_runs -> finish()
    :: !D_ANSWERS || !quiet -> undecided = true
    fi
}

#define FENCED_SOURCE (!s_alive && !self_resumed)
#define HAS_ALL       (da && dl == L_LOADED)
#define MOVED         (sa && sm == M_COMPLETED && !sr)

active proctype Recover() {
    bool sa, sr, da, dr;
    byte sm, dl, rounds = 0;

    do
    :: atomic { rounds < 2 && MAY_START && !quiet ->
        rounds++; locked = true; recovering = true };
        goto work
    :: atomic { !quiet && MAY_START && faults == 0 && s_up && d_up &&
                phase == DONE && (!s_alive || empty(to_s)) &&
                (!d_alive || empty(to_d)) ->
        quiet = true; locked = true; recovering = true };
        goto work
    :: quiet && !recovering -> break
work:
      {
        undecided = false;
        /* Each QEMU has answered what came before it. */
        atomic { (!S_ANSWERS || empty(to_s)) ->
            sa = S_ANSWERS; sr = s_runs; sm = s_mig };
        atomic { (!D_ANSWERS || empty(to_d)) ->
            da = D_ANSWERS; dr = d_runs; dl = d_load };
        if
        :: written <= R_BEGIN -> say_d(QUIT)
        :: written == R_END
        :: written == R_QUIT && da && dr -> finish()
        :: written == R_QUIT && !(da && dr)
        :: else ->
            if
            :: da && dr && sa && sr -> undecided = true
            :: da && dr && (!sa || MOVED) -> finish()
            :: da && dr && sa && !sr && !MOVED -> undecided = true
            :: !(da && dr) && written == R_BACK && sa -> back()
            :: !(da && dr) && written == R_BACK && !sa
            :: !(da && dr) && written == R_MIGRATE && sa -> back()
            :: !(da && dr) && (written == R_MIGRATE ||
                               written == R_SWITCHOVER) && !sa && HAS_ALL ->
                if
#ifdef FORWARD_BLIND
                :: true -> forward()
#endif
                :: FENCED_SOURCE -> forward()
                :: else -> undecided = true
                fi
            :: !(da && dr) && written == R_MIGRATE && !sa && !HAS_ALL
            :: !(da && dr) && written == R_SWITCHOVER && sa &&
               sm != M_COMPLETED -> back()
            :: !(da && dr) && written >= R_SWITCHOVER &&
               written <= R_COMMIT && MOVED && HAS_ALL -> forward()
            :: !(da && dr) && written == R_SWITCHOVER && MOVED && da &&
               dl == L_FAILED -> back()
            :: !(da && dr) && written >= R_SWITCHOVER &&
               written <= R_COMMIT && MOVED && !HAS_ALL &&
               !(written == R_SWITCHOVER && da && dl == L_FAILED) ->
#ifdef RESUME_MOVED
                back()
#else
                undecided = true
#endif
            :: !(da && dr) && written >= R_SWITCHOVER &&
               written <= R_COMMIT && sa && sr && sm == M_COMPLETED ->
                undecided = true
            :: !(da && dr) && written == R_COMMIT && sa &&
               sm != M_COMPLETED -> undecided = true
            :: !(da && dr) && written == R_COMMIT && !sa && HAS_ALL -> forward()
            :: !(da && dr) && (written == R_SWITCHOVER ||
                               written == R_COMMIT) && !sa && !HAS_ALL ->
                undecided = true
            fi
        fi
      } unless { kill_r };
      atomic { kill_r = false; locked = false; recovering = false }
    od
}

/* When nothing moves any more, after a recover that nothing disturbed. Without
 * the lock there is none such. */
#ifndef NO_LOCK
active proctype Judge() {
end:
    timeout;
    assert(quiet);
    assert(!(s_alive && d_alive) || ((s_runs || d_runs) && !undecided) ||
           written == R_END);
    /* Before the commit S can always be resumed. */
    assert(!s_alive || s_runs || s_mig == M_COMPLETED);
    /* A source that stands still with the guest moved: D has run, or it is
     * said to be undecided. */
    assert(!s_alive || s_runs || d_has_run || undecided);
    /* A destination that has it all stands still only where the source went
     * on after it. */
    assert(!d_alive || d_load != L_LOADED || d_runs || written == R_BACK ||
           undecided)
}
#endif

/* Once the guest was given up by S it never runs there again (R6). */
#define gone (d_has_run && d_alive && d_runs)
ltl never_twice { [] !(s_alive && s_runs && d_alive && d_runs) }
ltl never_back { [] (gone -> [] !(s_alive && s_runs)) }
