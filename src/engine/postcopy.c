/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Post-copy: the guest runs on the destination before all of its RAM is
 * there. From the moment the source was let go on (R4: `commit` is on disk
 * then) there is no way back, only forward or standing still: a lost network
 * leaves both sides in postcopy-paused, and the guest split.
 */
#include "engine/internal.h"

#include <string.h>

#define POLL_US (250 * INT64_C(1000))

/* 11.1 says postcopy-device while the device state flows; by then it cannot
 * be told from a pre-copy that fails, so that does not count. */
bool postcopy_has_begun(struct engine *e)
{
    static const char *const begun[] = {"postcopy-active", "postcopy-paused",
                                        "postcopy-recover",
                                        "postcopy-recover-setup"};

    for (size_t i = 0; i < ARRAY_SIZE(begun); i++)
        if (status_is(engine_source(e), begun[i]))
            return true;
    return false;
}

bool postcopy_is_committed(const struct engine *e)
{
    return e->postcopy_sent && e->continue_sent;
}

static void suspend_source(struct engine *e)
{
    act_warn(e, "the time is up: the guest is stopped until it has moved");
    act_send(e, QMIG_SIDE_SOURCE, "stop", NULL, TAG_NONE,
             e->config.deadlines.us[DEADLINE_answer]);
}

static void check_timeout(struct engine *e)
{
    if (!e->config.timeout_us || e->timed_out ||
        e->now < e->migrate_us + e->config.timeout_us)
        return;
    e->timed_out = true;
    if (e->config.on_timeout == TIMEOUT_POSTCOPY)
        e->postcopy_wanted = true;
    else
        suspend_source(e);
}

void try_postcopy(struct engine *e)
{
    if (hold_is_due(e, QMIG_HOLD_SWITCHOVER))
        return; /* it would stop the guest */
    check_timeout(e);
    if (e->config.postcopy_after && e->passes >= e->config.postcopy_after)
        e->postcopy_wanted = true;
    if (!e->postcopy_wanted || e->postcopy_sent)
        return;
    if (!(e->config.plan.flags & QMIG_POSTCOPY)) {
        act_warn(e, "post-copy was not allowed (flag 'postcopy')");
        e->postcopy_wanted = false;
        return;
    }
    act_journal(e, "postcopy", NULL);
    send_steps(e, STEP_POSTCOPY, STEP_POSTCOPY);
    e->stop_sent = e->plan.source_runs;
    e->postcopy_sent = true;
}

/* By its own word. Until then it may be that the source fails, and has the
 * guest; a destination that was told to run before would do so whenever the
 * rest reaches it. */
static bool dest_has_begun(struct engine *e)
{
    const struct peer *dest = engine_dest(e);

    return status_is(dest, "completed") ||
           (dest->migration && !strncmp(dest->migration, "postcopy-", 9) &&
            !status_is(dest, "postcopy-device"));
}

static void take_over(struct engine *e)
{
    if (e->takeover_done || e->takeover_begun || !dest_has_begun(e))
        return;
    e->takeover_begun = true;
    send_steps(e, STEP_TAKEOVER, STEP_TAKEOVER);
    ask_status(e, QMIG_SIDE_DEST);
}

void enter_postcopy(struct engine *e)
{
    engine_set_state(e, ENGINE_POSTCOPY, "the source says that it has begun");
    storage_end_server(e);
    e->deadline = -1;
    e->progress_at = e->now;
    e->poll_at = e->now + POLL_US;
    if (!e->continue_sent) /* it did not pause before */
        engine_journal_commit(e, "postcopy");
    ask_info(e, QMIG_SIDE_DEST);
    take_over(e);
}

static void end_split(struct engine *e, enum qmig_side side, const char *what)
{
    engine_errorf(e, side, QMIG_ERR_POSTCOPY,
                  "post-copy is interrupted (%s): the guest waits on the "
                  "destination for pages that are on the source",
                  what);
    qmp_hint(&e->error, "leave both QEMUs alone; 'recover' completes it once "
                        "they reach each other");
    e->split = true;
    engine_finish(e, what);
}

/* A source that has sent everything and waits for the destination's word does
 * not pause: it fails (10.0, 11.1), and there is nothing to recover. Then both
 * are left alone: what is under way arrives when the network is back. */
static bool can_pause(struct engine *e)
{
    struct json_object *ram = NULL;
    struct json_object *left = NULL;

    json_object_object_get_ex(e->info, "ram", &ram);
    json_object_object_get_ex(ram, "remaining", &left);
    return json_object_get_int64(left) > 0 && dest_has_begun(e);
}

/* A network that is gone without a word: both sides are told to pause, out of
 * band, since their monitors may wait for a page. */
static void pause_stalled(struct engine *e)
{
    int64_t cancel = e->config.deadlines.us[DEADLINE_cancel];
    bool pauses = can_pause(e);

    if (e->pausing)
        return;
    e->pausing = true;
    for (int side = QMIG_SIDE_SOURCE; side <= QMIG_SIDE_DEST; side++)
        if (pauses && e->peer[side].oob && !e->peer[side].lost)
            act_send_oob(e, (enum qmig_side)side, "migrate-pause", NULL,
                         TAG_NONE, cancel);
    engine_limit(e, DEADLINE_cancel);
}

static bool is_through(struct engine *e)
{
    const struct peer *source = engine_source(e);
    bool dest_done = status_is(engine_dest(e), "completed");

    if (source->lost)
        return dest_done;
    return status_is(source, "completed") && (dest_done || e->takeover_done);
}

static void postcopy_reply(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);

    if (step && step->kind == STEP_TAKEOVER && !ev->err) {
        e->takeover_done = true;
        hook_tell_committed(e);
    } else if (step && step->kind == STEP_TAKEOVER) {
        e->takeover_begun = false; /* the poll tries again */
        e->poll_at = e->now;
    }
}

static void postcopy_time(struct engine *e)
{
    int64_t stall = e->config.deadlines.us[DEADLINE_stall];
    bool stalled = !e->pausing && e->now >= e->progress_at + stall;

    if (stalled && status_is(engine_dest(e), "completed") && e->takeover_done) {
        enter_confirm(e); /* by its own word; the source hangs (R7) */
    } else if (e->pausing && engine_late(e)) {
        end_split(e, QMIG_SIDE_CONTROLLER, "nothing is heard any more");
    } else if (stalled) {
        pause_stalled(e);
    } else if (e->now >= e->poll_at) {
        ask_info(e, QMIG_SIDE_SOURCE);
        ask_info(e, QMIG_SIDE_DEST);
        take_over(e);
        e->poll_at = e->now + POLL_US;
    }
}

void postcopy_event(struct engine *e, const struct engine_event *ev)
{
    if (ev->kind == EV_CANCEL)
        act_warn(e, "post-copy has begun: it cannot be cancelled");
    if (ev->kind == EV_JOURNAL_FAILED) /* the poll sends what it held up */
        act_warn(e, "the journal cannot be written any more; the guest is the "
                    "destination's");
    if (ev->kind == EV_REPLY)
        postcopy_reply(e, ev);

    if (ev->kind != EV_TIME && !(ev->kind == EV_REPLY && ev->err))
        take_over(e);
    if (is_through(e)) {
        enter_confirm(e);
    } else if (engine_dest(e)->lost) {
        engine_errorf(e, QMIG_SIDE_DEST, QMIG_ERR_UNDECIDED,
                      "the destination was lost in post-copy: the guest is "
                      "there, if it still is");
        qmp_hint(&e->error, "the source does not hold the whole guest any "
                            "more: do not start it");
        e->undecided = true;
        engine_finish(e, "the destination was lost");
    } else if (status_is(engine_source(e), "postcopy-paused")) {
        end_split(e, QMIG_SIDE_SOURCE, "the source lost the connection");
    } else if (status_is(engine_dest(e), "postcopy-paused") ||
               (engine_source(e)->lost && e->now >= e->poll_at)) {
        end_split(e, QMIG_SIDE_DEST, "the destination lost the source");
    } else if (status_is(engine_dest(e), "failed") ||
               status_is(engine_source(e), "failed")) {
        engine_errorf(e, QMIG_SIDE_DEST, QMIG_ERR_UNDECIDED,
                      "post-copy failed");
        e->undecided = true;
        engine_finish(e, "post-copy failed");
    } else {
        postcopy_time(e);
    }
}
