/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The real recover on a simulated save or restore: it comes with what can be
 * reached, dies once on the way if wished, comes again, then with the QEMU
 * back, or fenced. In the end it comes once more and must find nothing to do.
 */
#include "tests/lib/sim_save_priv.h"

#include "recover/session.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <string.h>

const char *save_world_name(enum save_world world)
{
    static const char *const names[SAVE__WORLDS] = {
        [SAVE_ALL_THERE] = "all there",
        [SAVE_QEMU_DEAD] = "QEMU dead",
        [SAVE_QEMU_AWAY] = "QEMU away",
        [SAVE_QEMU_DIES] = "QEMU away, then dead",
    };
    return names[world];
}

/* Is it killed before it does this? Then it does nothing more, not to the file
 * either. */
static bool is_killed(struct save_sim *s, struct qmp_error **errp)
{
    if (++s->recovered.acts == s->o.recover_killed_at) {
        s->killed = true;
        save_sim_hide(true);
    }
    if (s->killed)
        qmp_fail(errp, QMP_ERR_CANCELLED, "recover was killed");
    return s->killed;
}

static struct json_object *call(struct session *session, enum qmig_side side,
                                const char *execute,
                                struct json_object *arguments, bool oob UNUSED,
                                struct qmp_error **errp)
{
    struct save_sim *s = session->opaque;

    if (is_killed(s, errp))
        return NULL;
    assert_int_equal(side, s->side);
    fprintf(s->f, "R> %s\n", execute);
    if (!s->alive || s->away || s->hung) {
        qmp_fail(errp, s->alive ? QMP_ERR_TIMEOUT : QMP_ERR_CLOSED, "silent");
        return NULL;
    }
    struct json_object *ret = save_sim_answer(s, execute);
    save_sim_obey(s, execute, arguments);
    return ret;
}

static void wait_closed(struct session *session UNUSED,
                        enum qmig_side side UNUSED)
{
}

static int write_record(struct session *session, const char *name,
                        struct json_object *data, struct qmp_error **errp)
{
    struct save_sim *s = session->opaque;

    if (is_killed(s, errp))
        return -1;
    fprintf(s->f, "R  journal %s\n", name);
    save_sim_write(s, name, data, true);
    return 0;
}

static int64_t now_us(struct session *session)
{
    return ((struct save_sim *)session->opaque)->now;
}

static void wait_ms(struct session *session, int ms)
{
    struct save_sim *s = session->opaque;

    s->now += ms * 1000;
}

static const struct recover_io sim_io = {
    .call = call,
    .wait_closed = wait_closed,
    .write = write_record,
    .now_us = now_us,
    .wait_ms = wait_ms,
};

static void take_answer(const struct save_sim *s, struct answer *a)
{
    sim_take_answer(a, s->alive, s->alive && !s->away && !s->hung, s->status,
                    s->migration);
}

static void note_verdict(struct save_sim *s, const struct session *session)
{
    struct save_recovered *r = &s->recovered;

    free(r->error);
    r->owner = session->verdict.owner;
    r->stage = session->past.stage;
    r->way = session->verdict.way;
    r->error = session->err ? strdup(session->err->msg) : NULL;
    fprintf(s->f, "R  %s: %s, %s%s%s\n", past_stage_name(r->stage),
            session->verdict.why, way_name(r->way), r->error ? ": " : "",
            r->error ? r->error : "");
}

/* One run of recover, as qmig_recover() has it. */
static void recover_once(struct save_sim *s, bool fenced)
{
    CLEANUP(session_done)
    struct session session = {
        .io = &sim_io,
        .opaque = s,
        .lock = -1,
        .fenced = !fenced         ? FENCED_NONE
                  : s->image.save ? FENCED_SOURCE
                                  : FENCED_DEST,
        .evidence = json_object_new_array(),
        .done = json_object_new_array(),
    };
    struct journal_log log = {.records = s->journal.records, .n = s->journal.n};
    struct qmp_error *err = NULL;

    fflush(s->f);
    if (past_read(&log, "id", &session.past, &err) < 0)
        fail_msg("the journal makes no sense: %s\n%s", err->msg, s->trace);
    session.addr[s->side] = session.past.addr[s->side];
    take_answer(s, &session.answer[s->side]);
    session_judge(&session);
    s->killed = false;
    act_out(&session, &session.err);
    note_verdict(s, &session);
    if (s->killed)
        save_sim_hide(false);
}

void save_sim_recover(struct save_sim *s)
{
    bool dies = s->o.world == SAVE_QEMU_DIES;

    s->recovering = true;
    fprintf(s->f, "R  recover, %s\n", save_world_name(s->o.world));
    if (s->crashed && s->o.host_dies) {
        sim_journal_lose_unsynced(&s->journal);
        save_sim_lose_unsynced(s);
    }
    if (s->o.world == SAVE_QEMU_DEAD || (s->crashed && s->o.host_dies))
        save_sim_die(s);
    s->away = s->o.world == SAVE_QEMU_AWAY || dies;
    recover_once(s, false);
    recover_once(s, false);
    save_sim_flow(s); /* it does not wait for us */
    if (dies)
        save_sim_die(s);
    s->away = s->hung = false;
    recover_once(s, false);
    recover_once(s, false);
    if (!s->alive) {
        recover_once(s, true);
        recover_once(s, true);
    }
    recover_once(s, false);
}
