/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PRECOPY and SWITCHOVER: RAM flows, then the device state; ends with the
 * commit (R4). */
#include "engine/internal.h"

#include <string.h>

/* While the guest stands still events tell the time; this is the net. */
#define SWITCHOVER_POLL_US (100 * INT64_C(1000))

/* What both states share: a migration that ended badly, by either's word. */
static bool migration_failed(struct engine *e)
{
    if (status_is(engine_source(e), "failed") ||
        status_is(engine_source(e), "cancelled")) {
        engine_errorf(e, QMIG_SIDE_SOURCE, QMIG_ERR_MIGRATION,
                      "QEMU reports the migration as %s",
                      engine_source(e)->migration);
        turn_back(e, "the source says that it failed");
        return true;
    }
    if (status_is(engine_dest(e), "failed")) {
        engine_errorf(e, QMIG_SIDE_DEST, QMIG_ERR_DEST_LOAD, "%s",
                      dest_cannot_load);
        turn_back(e, "the destination says that it failed");
        return true;
    }
    return false;
}

static void record_switchover(struct engine *e)
{
    /*
     * Before it is needed, so that no fsync is part of the blackout. It says
     * "migrate-continue may have been sent, and once the source says
     * completed the guest may be committed" (R4): as long as the source is
     * not postmigrate it makes no difference to recover.
     */
    if (!e->switchover_recorded)
        act_journal(e, "switchover", NULL);
    e->switchover_recorded = true;
}

/* Capabilities may go back as soon as it has loaded, all else when it runs. */
static bool is_tidied_early(const struct engine *e)
{
    for (size_t i = 0; i < e->plan.n; i++)
        if (e->plan.steps[i].kind == STEP_TIDY &&
            strcmp(e->plan.steps[i].execute, "migrate-set-capabilities") != 0)
            return false;
    return true;
}

/* Its own word, which can come behind the answer to `cont` only, and the
 * source's figures: the monitors read this while `cont` is carried out. */
static void ask_for_word(struct engine *e)
{
    if (e->word_asked)
        return;
    e->word_asked = true;
    ask_status(e, QMIG_SIDE_DEST);
    ask_info(e, QMIG_SIDE_SOURCE);
    if (is_tidied_early(e))
        tidy(e);
}

/* The guest runs there: what is left. */
void ask_after_takeover(struct engine *e)
{
    ask_for_word(e);
    tidy(e);
}

void taken_over(struct engine *e)
{
    if (e->takeover_done)
        return;
    e->takeover_done = true;
    ask_after_takeover(e);
    hook_tell_committed(e);
}

static void commit(struct engine *e)
{
    bool takes = plan_find(&e->plan, STEP_TAKEOVER) != NULL;

    engine_set_state(e, ENGINE_FINISH,
                     e->plan.return_path
                         ? "the source says completed, by the return path"
                         : "both sides say completed");
    engine_limit(e, DEADLINE_finish);
    storage_end_server(e);
    if (takes) {
        send_steps(e, STEP_TAKEOVER, STEP_TAKEOVER);
        ask_for_word(e);
    } else {
        taken_over(e);
    }
    /* For those who read the journal: what "switchover" permitted was done.
     * The sync of "quit" brings it to the disk. */
    if (e->plan.return_path)
        act_record(e, "commit", NULL);
}

/*
 * R4, R2: only when the destination has loaded everything. Where the source
 * cannot know that, "switchover" permits nothing: the record is on disk before
 * `cont` is sent. It was not written if the question behind it gets no answer.
 */
static void try_commit(struct engine *e)
{
    if (e->plan.return_path) {
        commit(e);
    } else if (!status_is(engine_dest(e), "completed")) {
        if (!e->dest_asked)
            ask_info(e, QMIG_SIDE_DEST);
        e->dest_asked = true;
    } else if (!e->commit_asked) {
        e->commit_asked = true;
        act_journal(e, "commit", NULL);
        act_send(e, QMIG_SIDE_DEST, "query-status", NULL, TAG_COMMIT,
                 e->config.deadlines.us[DEADLINE_switchover]);
    }
}

void engine_journal_commit(struct engine *e, const char *mode)
{
    struct json_object *data = json_object_new_object();

    json_object_object_add(data, "mode", json_object_new_string(mode));
    act_journal(e, "commit", data);
}

static void send_continue(struct engine *e)
{
    if (e->continue_sent || e->at_load ||
        hold_must_wait(e, QMIG_HOLD_SWITCHOVER) ||
        hook_must_wait(e, HOOK_PRE_SWITCHOVER) || storage_must_wait(e))
        return;
    if (e->postcopy_sent) /* R4: the step after which the guest is split */
        engine_journal_commit(e, "postcopy");
    send_steps(e, STEP_CONTINUE, STEP_CONTINUE);
    e->continue_sent = true;
}

/* What was left for later, as bytes take QEMU time: now RAM flows. */
static void set_at_load(struct engine *e)
{
    if (!e->at_load_sent)
        send_steps(e, STEP_AT_LOAD, STEP_AT_LOAD);
    e->at_load_sent = true;
}

static void enter_switchover(struct engine *e)
{
    engine_set_state(e, ENGINE_SWITCHOVER, "the source is stopped");
    engine_limit(e, DEADLINE_switchover);
    e->poll_at = e->now + SWITCHOVER_POLL_US;
    record_switchover(e);
    set_at_load(e);
    if (status_is(engine_source(e), "pre-switchover"))
        send_continue(e);
    else if (status_is(engine_source(e), "completed"))
        try_commit(e);
    else if (postcopy_has_begun(e))
        enter_postcopy(e);
}

static bool source_is_at_switchover(struct engine *e)
{
    return status_is(engine_source(e), "pre-switchover") ||
           status_is(engine_source(e), "device") ||
           status_is(engine_source(e), "completed") || postcopy_has_begun(e);
}

static void precopy_time(struct engine *e)
{
    bool flows = status_is(engine_source(e), "active");
    int64_t stall = e->config.deadlines.us[DEADLINE_stall];

    if (flows)
        e->deadline = e->progress_at + stall;
    if (engine_late(e)) {
        if (flows)
            deadline_passed(e, QMIG_SIDE_SOURCE, DEADLINE_stall,
                            "byte of RAM was sent");
        else
            deadline_passed(e, QMIG_SIDE_SOURCE, DEADLINE_setup,
                            "RAM was sent");
        turn_back(e, "a deadline passed");
    } else if (e->now >= e->poll_at) {
        ask_info(e, QMIG_SIDE_SOURCE);
        io_error_ask(e);
        e->poll_at = e->now + hold_poll_us(e);
    }
}

void precopy_event(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);
    bool answer = step && step->kind == STEP_MIGRATE;

    e->migrate_answered |= answer;
    if (answer && ev->err && ev->err->code == QMP_ERR_REFUSED)
        e->migrate_sent = false;
    if (must_turn_back(e, ev))
        return;
    if (step && step->kind == STEP_CLIENTS) {
        clients_told(e, ev->err);
    } else if (step && ev->err && step->kind == STEP_SET &&
               !e->migrate_answered) {
        /* `migrate` is on its way behind it. If that is refused as well there
         * is nothing to cancel, or only a migration that is not ours. */
        engine_error(e, ev->side, ev->err);
        e->set_refused = true;
        return;
    } else if (answer && e->set_refused) {
        turn_back(e, "a command was refused");
        return;
    } else if (step && ev->err) {
        step_refused(e, ev);
        return;
    }
    if (migration_failed(e) || storage_blocks(e, ev))
        return;
    if (source_is_at_switchover(e)) {
        enter_switchover(e);
        return;
    }
    if (status_is(engine_source(e), "active")) {
        record_switchover(e);
        set_at_load(e);
        hold_flows(e);
        try_postcopy(e);
    }
    precopy_time(e);
}

void switchover_event(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);
    bool was_completed = status_is(engine_source(e), "completed");

    if (step && step->kind == STEP_CONTINUE && ev->err &&
        ev->err->code == QMP_ERR_REFUSED)
        e->continue_sent = false; /* it stands where it stood */
    if (ev->kind == EV_JOURNAL_FAILED)
        e->continue_sent = false; /* it came after the record */
    if (must_turn_back(e, ev))
        return;
    if (step && step->kind == STEP_CLIENTS) {
        clients_told(e, ev->err);
    } else if (step && ev->err && !is_no_matter(step, ev->err)) {
        step_refused(e, ev);
        return;
    }
    if (migration_failed(e))
        return;
    if (ev->kind == EV_REPLY && ev->tag == TAG_COMMIT && !ev->err) {
        commit(e);
        return;
    }
    if (was_completed)
        try_commit(e);
    if (e->state != ENGINE_SWITCHOVER)
        return;
    if (postcopy_has_begun(e)) {
        enter_postcopy(e);
        return;
    }
    if (status_is(engine_source(e), "pre-switchover"))
        send_continue(e);
    if (ev->kind == EV_HOOK_DONE) {
        engine_limit(e, DEADLINE_switchover);
        e->progress_at = e->now;
    }
    /* As long as bytes flow (much RAM may be left) it is not late. */
    if (e->progress_at > e->entered && !hook_waits(e) && !e->holding)
        e->deadline =
            e->progress_at + e->config.deadlines.us[DEADLINE_switchover];
    if (engine_late(e)) {
        deadline_passed(e, QMIG_SIDE_SOURCE, DEADLINE_switchover,
                        "end of the switchover");
        turn_back(e, "a deadline passed");
    } else if (e->now >= e->poll_at) {
        ask_info(e, QMIG_SIDE_SOURCE);
        if (e->mirrors_ended && !e->nodes_deleted)
            storage_ask(e);
        if (was_completed)
            ask_info(e, QMIG_SIDE_DEST);
        e->poll_at = e->now + SWITCHOVER_POLL_US;
    }
}
