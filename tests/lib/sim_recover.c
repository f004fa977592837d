/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The real recover (src/recover: what the records mean, the verdict, what is
 * done) on the two simulated QEMUs, with the journal as it was written up to
 * the end of the controller. It comes several times: with what can be reached
 * (and dies once on the way, if wished), then again, then with all that lives
 * in reach, then with the dead side fenced.
 */
#include "tests/lib/sim_priv.h"

#include "recover/session.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <string.h>

struct sim_recover {
    unsigned acts; /* of this one */
    unsigned killed_at;
    bool killed;
};

const char *sim_world_name(enum sim_world world)
{
    static const char *const names[] = {
        "all there",
        "source dead",
        "destination dead",
        "source away",
        "dest away",
        "both away",
        "dest away, then source dead",
    };
    return names[world];
}

struct json_object *sim_record(const char *name, struct json_object *data)
{
    struct json_object *record = json_object_new_object();

    json_object_object_add(record, "record", json_object_new_string(name));
    json_object_object_add(record, "time", json_object_new_string("then"));
    if (!strcmp(name, "begin")) { /* what the job adds to it */
        json_object_object_add(record, "journal",
                               json_object_new_int(JOURNAL_VERSION));
        json_object_object_add(record, "guest",
                               json_object_new_string("guest"));
        json_object_object_add(record, "source",
                               json_object_new_string("unix:/s"));
        json_object_object_add(record, "destination",
                               json_object_new_string("unix:/d"));
    }
    if (data) {
        json_object_object_foreach(data, member, value)
        {
            json_object_object_add(record, member, json_object_get(value));
        }
    }
    return record;
}

void sim_write_record(struct sim *s, const char *name, struct json_object *data,
                      bool sync)
{
    sim_journal_add(&s->journal, sim_record(name, data), sync);
    /* Where nothing comes back, only a record that is on the disk. */
    if (s->o.config.plan.one_way_fd
            ? sync && !strcmp(name, "commit")
            : !strcmp(name, "switchover") || !strcmp(name, "commit"))
        s->committed = true;
}

/* Is it killed before it does this? Then it does nothing more. */
static bool is_killed(struct sim *s, struct qmp_error **errp)
{
    struct sim_recover *r = s->recover;

    r->acts++;
    r->killed |= r->killed_at && r->acts == r->killed_at;
    if (r->killed)
        qmp_fail(errp, QMP_ERR_CANCELLED, "recover was killed");
    return r->killed;
}

static struct json_object *call(struct session *session, enum qmig_side side,
                                const char *execute,
                                struct json_object *arguments, bool oob,
                                struct qmp_error **errp)
{
    struct sim *s = session->opaque;
    struct qemu *q = &s->q[side];

    if (is_killed(s, errp))
        return NULL;
    fprintf(s->trace, "R> %s %s%s\n", side ? "D" : "S", execute,
            oob ? " oob" : "");
    if (!q->alive || q->away) {
        qmp_fail(errp, QMP_ERR_CLOSED, "connection lost");
        return NULL;
    }
    if (q->stopped || (q->hung && !(oob && !s->o.old))) {
        s->now += 5000000;
        qmp_fail(errp, QMP_ERR_TIMEOUT, "timed out");
        return NULL;
    }
    if (s->q[QMIG_SIDE_SOURCE].postcopy)
        sim_settle(s); /* it does not wait for us */
    s->answer = NULL;
    s->refusal = NULL;
    sim_execute(s, side, execute, arguments, 0);
    if (s->refusal && errp)
        *errp = s->refusal;
    else
        qmp_error_free(s->refusal);
    return s->answer;
}

static void wait_closed(struct session *session UNUSED,
                        enum qmig_side side UNUSED)
{
}

static int write_record(struct session *session, const char *record,
                        struct json_object *data, struct qmp_error **errp)
{
    struct sim *s = session->opaque;

    if (is_killed(s, errp))
        return -1;
    fprintf(s->trace, "R  journal %s\n", record);
    sim_write_record(s, record, data, true);
    return 0;
}

static int64_t now_us(struct session *session)
{
    return ((struct sim *)session->opaque)->now;
}

static void wait_ms(struct session *session, int ms)
{
    struct sim *s = session->opaque;

    s->now += ms * 1000;
    sim_settle(s);
}

static const struct recover_io sim_io = {
    .call = call,
    .wait_closed = wait_closed,
    .write = write_record,
    .now_us = now_us,
    .wait_ms = wait_ms,
};

static void take_answer(const struct sim *s, enum qmig_side side,
                        struct answer *a)
{
    const struct qemu *q = &s->q[side];

    sim_take_answer(a, q->alive,
                    q->alive && !q->away && !q->hung && !q->stopped, q->status,
                    q->migration);
}

static void note_verdict(struct sim *s, const struct session *session)
{
    struct sim_verdict *v = &s->r.recovered;

    free(v->error);
    *v = (struct sim_verdict){
        .owner = session->verdict.owner,
        .stage = session->past.stage,
        .split = session->verdict.split,
        .way = way_name(session->verdict.way),
        .error = session->err ? strdup(session->err->msg) : NULL,
        .acts = v->acts ? v->acts : s->recover->acts,
    };
    fprintf(s->trace, "R  %s: %s, %s%s%s\n",
            past_stage_name(session->past.stage), session->verdict.why, v->way,
            v->error ? ": " : "", v->error ? v->error : "");
}

/* One run of recover, as qmig_recover() has it. */
static void recover_once(struct sim *s, enum fenced fenced, unsigned killed_at)
{
    struct sim_recover state = {.killed_at = killed_at};
    CLEANUP(session_done)
    struct session session = {
        .io = &sim_io,
        .opaque = s,
        .lock = -1,
        .fenced = fenced,
        .evidence = json_object_new_array(),
        .done = json_object_new_array(),
    };
    struct journal_log log = {.records = s->journal.records, .n = s->journal.n};
    struct qmp_error *err = NULL;

    s->recover = &state;
    fflush(s->trace);
    if (past_read(&log, "id", &session.past, &err) < 0)
        fail_msg("the journal makes no sense: %s\n%s", err->msg, s->r.trace);
    for (int side = 0; side < 2; side++) {
        session.addr[side] = session.past.addr[side];
        take_answer(s, (enum qmig_side)side, &session.answer[side]);
    }
    session_judge(&session);
    if (act_out(&session, &session.err) < 0 && !state.killed) {
        for (int side = 0; side < 2; side++) {
            answer_clear(&session.answer[side]);
            take_answer(s, (enum qmig_side)side, &session.answer[side]);
        }
        session_judge(&session); /* what it came to */
    }
    note_verdict(s, &session);
}

static void set_world(struct sim *s)
{
    static const struct {
        bool dead[2], away[2];
    } worlds[SIM__WORLDS] = {
        [SIM_SOURCE_DEAD] = {.dead = {true, false}},
        [SIM_DEST_DEAD] = {.dead = {false, true}},
        [SIM_SOURCE_AWAY] = {.away = {true, false}},
        [SIM_DEST_AWAY] = {.away = {false, true}},
        [SIM_SOURCE_DIES] = {.away = {false, true}},
        [SIM_BOTH_AWAY] = {.away = {true, true}},
    };

    for (int side = 0; side < 2; side++) {
        if (worlds[s->o.world].dead[side])
            sim_die(s, (enum qmig_side)side);
        s->q[side].away = worlds[s->o.world].away[side];
    }
}

void sim_recover(struct sim *s)
{
    s->recovering = true;
    fprintf(s->trace, "R  recover, %s\n", sim_world_name(s->o.world));
    if (s->r.crashed && s->o.host_dies)
        sim_journal_lose_unsynced(&s->journal);
    set_world(s);
    recover_once(s, FENCED_NONE, s->o.recover_killed_at);
    recover_once(s, FENCED_NONE, 0);

    if (s->o.world == SIM_SOURCE_DIES)
        sim_die(s, QMIG_SIDE_SOURCE);
    s->q[QMIG_SIDE_SOURCE].away = s->q[QMIG_SIDE_DEST].away = false;
    sim_settle(s);
    sim_resume(s);
    sim_settle(s);
    recover_once(s, FENCED_NONE, 0);
    /* A look at both: neither runs, and the source has the guest. */
    if (s->q[QMIG_SIDE_SOURCE].alive && s->q[QMIG_SIDE_DEST].alive &&
        s->r.recovered.owner == QMIG_OWNER_UNDECIDED && !s->r.dest_ran)
        recover_once(s, FENCED_DEST, 0);
    /* One that resumed by itself may not be
                                        said to be dead and gone. */
    if (s->r.self_resumed)
        return;
    if (!s->q[QMIG_SIDE_SOURCE].alive && s->q[QMIG_SIDE_DEST].alive)
        recover_once(s, FENCED_SOURCE, 0);
    else if (s->q[QMIG_SIDE_SOURCE].alive && !s->q[QMIG_SIDE_DEST].alive)
        recover_once(s, FENCED_DEST, 0);
}
