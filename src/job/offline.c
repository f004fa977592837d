/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A migration of the definition only (flag offline): no QEMU is asked, and
 * there is no engine. In order, each step only once the one before it is on
 * the disk:
 *
 *     check    both stores
 *     begin    the guest's lock, the journal
 *     stage    the definition is on the destination's disk, under another name
 *     define   the journal: from here on it may have its name there
 *     finish   it has; then the source's goes (undefine_source)
 *
 * At each instant a whole definition is in one of the stores. What fails
 * before `finish` is through goes back: the journal says so, what was staged
 * is discarded. A source's definition that cannot be removed is a warning. A
 * shell that ends without a word may have given the name: a look at the
 * destination's store tells. Where that fails, too, nothing is decided: the
 * journal stays at `define`, and recover looks again.
 */
#include "job/job.h"

#include "error/errcode.h"

#include <string.h>

/* What has no meaning without a guest that runs. */
static int refuse(const char *what, struct qmp_error **errp)
{
    qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
             "flag 'offline' moves the definition only: %s makes no sense "
             "with it",
             what);
    return qmp_hint(errp, "leave out one of them");
}

int job_check_offline(const struct qmig_options *o,
                      const struct qmig_params *params, struct qmp_error **errp)
{
    const struct {
        const char *what;
        bool given;
    } options[] = {
        {"a monitor of the source", o->source},
        {"a monitor of the destination", o->dest},
        {"a command that starts the destination", o->dest_exec},
        {"a hook", o->hook},
        {"a hold", o->hold != 0},
        {"a time-out", o->timeout_s != 0},
        {"keeping the source", o->keep_source},
        {"option 'tunnel'", o->tunnel},
        {"option 'listen-uri'", o->listen_uri},
        {"option 'channels'", o->channels},
        {"a parameter of QEMU", params_qemu(params)->n > 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(options); i++)
        if (options[i].given)
            return refuse(options[i].what, errp);
    return 0;
}

static int64_t store_deadline(const struct qmig_migration *m)
{
    return qmp_now_us() + m->deadlines.us[DEADLINE_store];
}

static void end(struct qmig_migration *m)
{
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();

    m->end_us = qmp_now_us();
    json_object_object_add(data, "owner",
                           json_object_new_string(m->offline.undecided
                                                      ? "undecided"
                                                  : m->error ? "source"
                                                             : "destination"));
    if (m->offline.begun)
        journal_write(m->journal, "end", data, false, NULL);
    if (m->journal)
        job_prune(m);
    m->ended = true;
}

static int record(struct qmig_migration *m, const char *name)
{
    return journal_write(m->journal, name, NULL, true, &m->error);
}

static job_store_done step_done;

static void start(struct qmig_migration *m, enum move_step step)
{
    job_start_store(m, step, store_deadline(m), step_done);
}

/* For recover, as if of a guest that does not run. */
static int begin(struct qmig_migration *m)
{
    CLEANUP(json_putp)
    struct json_object *plan =
        json_tokener_parse("{\"story\":\"offline\",\"runs\":false,"
                           "\"arrives_paused\":false,\"keep_source\":true,"
                           "\"return_path\":false,\"undo\":[],"
                           "\"takeover\":[]}");

    if (job_begin_journal(m, plan, true, &m->error) < 0)
        return -1;
    m->offline.begun = true;
    return 0;
}

/* m->error says why. Nothing was staged yet if nothing was begun. */
static void go_back(struct qmig_migration *m)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    if (!m->offline.begun) {
        end(m);
        return;
    }
    /* Not written: recover goes forward then, or finds it discarded. */
    if (m->offline.phase == QMIG_PHASE_FINISH &&
        journal_write(m->journal, "back", NULL, true, &err) < 0)
        job_warn(m, err->msg);
    start(m, MOVE_DISCARD);
}

/* May it still go back, and does the user wish it? */
static bool is_cancelled(struct qmig_migration *m)
{
    if (!m->cancel_first)
        return false;
    qmp_fail(&m->error, QMIG_ERR_USER_CANCEL, "cancelled by the user");
    return true;
}

/* m->error says why `finish` did not come to its end. */
static void leave_undecided(struct qmig_migration *m)
{
    m->offline.undecided = true;
    qmp_hint(&m->error, "the destination's store may have the definition: "
                        "recover when it can be reached");
    end(m);
}

static void after_look(struct qmig_migration *m)
{
    if (!m->store.found) {
        go_back(m);
        return;
    }
    job_warn(m, m->error->msg);
    qmp_error_free(m->error);
    m->error = NULL;
    m->offline.looked = true;
    start(m, MOVE_FINISH);
}

static void go_on(struct qmig_migration *m, enum move_step done)
{
    if (done == MOVE_CHECK && m->plan_only) {
        end(m);
    } else if (done == MOVE_CHECK) {
        if (is_cancelled(m) || begin(m) < 0) {
            go_back(m);
            return;
        }
        m->offline.phase = QMIG_PHASE_PREPARE;
        start(m, MOVE_STAGE);
    } else if (done == MOVE_STAGE) {
        if (is_cancelled(m) || record(m, "define") < 0) {
            go_back(m);
            return;
        }
        m->offline.phase = QMIG_PHASE_FINISH;
        start(m, MOVE_FINISH);
    } else if (done == MOVE_LOOK) {
        after_look(m);
    } else {
        end(m);
    }
}

static void step_done(struct qmig_migration *m, enum move_step step,
                      const struct qmp_error *err)
{
    bool defined = step == MOVE_FINISH && m->store.move.published;

    if (!err) {
        go_on(m, step);
    } else if (step == MOVE_DISCARD || defined) {
        job_warn(m, err->msg);
        end(m);
    } else if (step == MOVE_LOOK) {
        leave_undecided(m);
    } else if (step == MOVE_FINISH && m->offline.looked) {
        m->error = qmp_error_copy(err);
        leave_undecided(m);
    } else if (step == MOVE_FINISH && !m->store.refused) {
        m->error = qmp_error_copy(err);
        start(m, MOVE_LOOK);
    } else {
        m->error = qmp_error_copy(err);
        go_back(m);
    }
}

void job_start_offline(struct qmig_migration *m)
{
    start(m, MOVE_CHECK);
}

struct engine_verdict job_offline_verdict(const struct qmig_migration *m)
{
    struct engine_verdict v = {
        .outcome = QMIG_COMPLETED,
        .owner = QMIG_OWNER_DEST,
        .error = m->error,
        .phase = m->offline.phase,
        .side = QMIG_SIDE_CONTROLLER,
    };

    if (!m->error)
        return v;
    if (m->offline.undecided) {
        v.owner = QMIG_OWNER_UNDECIDED;
        v.outcome = QMIG_UNDECIDED;
        return v;
    }
    v.owner = QMIG_OWNER_SOURCE;
    v.outcome = m->error->code == QMIG_ERR_USER_CANCEL ? QMIG_CANCELLED
                : !m->offline.begun && qmig_errcode_exit(m->error->code) == 3
                    ? QMIG_INCOMPATIBLE
                    : QMIG_FAILED;
    return v;
}
