/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way back. Before the commit the destination cannot run (R1), so the
 * source may always be resumed (R5).
 */
#include "engine/internal.h"

#include "plan/tls.h"

#include <string.h>

#define POLL_US (20 * INT64_C(1000))

static bool source_is_through(struct engine *e)
{
    const struct peer *source = engine_source(e);

    return status_is(source, "failed") || status_is(source, "cancelled") ||
           status_is(source, "completed") || status_is(source, "none");
}

static void forget_status(struct peer *peer)
{
    free(peer->status);
    peer->status = NULL;
}

/* RESUMING */

/*
 * The source may run from here on: what the destination has got is stale, and
 * is never continued. On disk before (the model's BACK_LATE): should this host
 * and the source die, 'recover --fenced source' would continue it.
 */
static void record_back(struct engine *e)
{
    if (!e->back_recorded)
        act_journal(e, "back", NULL);
    e->back_recorded = true;
}

static void enter_resuming(struct engine *e, const char *why)
{
    if (!e->plan.source_runs && !e->stop_sent) {
        /* It stood still when we came, and so it shall. */
        if (e->state != ENGINE_RESUMING)
            engine_set_state(e, ENGINE_RESUMING, why);
        enter_undoing(e, "the guest was not running before");
        return;
    }
    engine_set_state(e, ENGINE_RESUMING, why);
    engine_limit(e, DEADLINE_undo);
    e->poll_at = e->now + POLL_US;
    forget_status(engine_source(e));
    ask_status(e, QMIG_SIDE_SOURCE);
    ask_info(e, QMIG_SIDE_SOURCE); /* for its error-desc */
}

void resuming_event(struct engine *e, const struct engine_event *ev)
{
    struct peer *source = engine_source(e);

    if (source->lost) {
        enter_undoing(e, "the source was lost");
        return;
    }
    if (ev->kind == EV_REPLY && ev->tag == TAG_STATUS &&
        ev->side == QMIG_SIDE_SOURCE && source->status) {
        if (plan_status_runs(source->status)) {
            e->take_disks = e->stop_us && status_is(source, "cancelled");
            enter_undoing(e, "the guest runs on the source");
            return;
        }
        if (e->io_error) {
            act_warn(e, "the source's guest stays stopped: an I/O error "
                        "stopped it; mend the disk, then send it 'cont'");
            enter_undoing(e, "an I/O error has stopped the guest");
            return;
        }
        record_back(e);
        /* 7.2 refuses for some ms: "Migration is not finalized yet". */
        act_send(e, QMIG_SIDE_SOURCE, "cont", NULL, TAG_RESUME,
                 e->config.deadlines.us[DEADLINE_undo]);
        ask_status(e, QMIG_SIDE_SOURCE);
        e->poll_at = -1;
        return;
    }
    if (ev->kind == EV_JOURNAL_FAILED) { /* without the record, then (R5) */
        forget_status(source);
        ask_status(e, QMIG_SIDE_SOURCE);
        return;
    }
    if (ev->kind == EV_REPLY && ev->tag == TAG_RESUME && ev->err) {
        forget_status(source);
        e->poll_at = e->now + POLL_US;
        return;
    }
    if (engine_late(e)) {
        engine_errorf(e, QMIG_SIDE_SOURCE, QMIG_ERR_DEADLINE,
                      "source does not resume");
        act_warn(e, "the source's guest could not be resumed: send it 'cont'");
        source->not_undone = true;
        enter_undoing(e, "the source does not resume");
    } else if (e->poll_at >= 0 && e->now >= e->poll_at) {
        e->poll_at = e->now + POLL_US;
        forget_status(source);
        ask_status(e, QMIG_SIDE_SOURCE);
    }
}

/* UNDOING */

void send_undo(struct engine *e, enum qmig_side side)
{
    for (size_t i = 0; i < e->plan.n_undo && e->prepared; i++) {
        const struct plan_step *step = &e->plan.undo[i];

        if (step->side != side || e->peer[side].lost ||
            storage_is_undone(e, step) ||
            (step->kind != STEP_OBJECT && step->kind != STEP_SERVER &&
             !e->settings_sent) ||
            (step->kind == STEP_PASS && (!e->passed || e->migrate_sent)))
            continue;
        act_step(e, step, TAG_UNDO | (unsigned)i);
    }
}

static void end_dest(struct engine *e)
{
    struct peer *dest = engine_dest(e);

    if (dest->lost || !dest->ready)
        return;
    if (!e->dest_used && !e->config.plan.dest_started) {
        send_undo(e, QMIG_SIDE_DEST);
        return;
    }
    ask_info(e, QMIG_SIDE_DEST); /* for its error-desc */
    act_send_counted(e, QMIG_SIDE_DEST, "quit", NULL, TAG_END, DEADLINE_undo);
}

void enter_undoing(struct engine *e, const char *why)
{
    struct peer *source = engine_source(e);

    engine_set_state(e, ENGINE_UNDOING, why);
    engine_limit(e, DEADLINE_undo);
    channel_close(e);
    if (e->take_disks)
        act_send_counted(e, QMIG_SIDE_SOURCE, "cont", NULL, TAG_TAKE_DISKS,
                         DEADLINE_undo);
    send_undo(e, QMIG_SIDE_SOURCE);
    end_dest(e);
    if (!source->waiting && !engine_dest(e)->waiting && !e->channel_closing)
        engine_finish(e, "nothing to undo");
}

static void finish_undoing(struct engine *e, const char *why)
{
    struct peer *source = engine_source(e);
    struct peer *dest = engine_dest(e);

    if (e->poll_at >= 0)
        act_warn(e, "a node of a disk's copy is still in use on the source: "
                    "send it 'blockdev-del' (query-named-block-nodes lists "
                    "those that begin with 'qmigrate-')");
    if (source->not_undone || source->waiting)
        act_warn(e, "the source does not answer: its migration settings may "
                    "not be what they were");
    if ((dest->not_undone || dest->waiting) && !e->config.plan.dest_started)
        act_warn(e, "the destination does not answer: end it by hand, or by "
                    "'recover'");
    source->not_undone |= source->waiting || e->poll_at >= 0;
    dest->not_undone |= dest->waiting > 0;
    engine_finish(e, why);
}

/* A node goes once its job has, and that once QEMU gets round to it. */
static bool must_be_undone_again(struct engine *e,
                                 const struct engine_event *ev)
{
    unsigned i = ev->tag & TAG_INDEX;

    if (!ev->err || !e->plan.undo[i].again || !ev->err->qmp_desc ||
        !strstr(ev->err->qmp_desc, "in use"))
        return false;
    e->undo_again[i / 64] |= UINT64_C(1) << i % 64;
    if (e->poll_at < 0)
        e->poll_at = e->now + POLL_US;
    return true;
}

static void undo_again(struct engine *e)
{
    e->poll_at = -1;
    for (unsigned i = 0; i < e->plan.n_undo; i++) {
        uint64_t bit = UINT64_C(1) << i % 64;

        if (!(e->undo_again[i / 64] & bit))
            continue;
        e->undo_again[i / 64] &= ~bit;
        if (!e->peer[e->plan.undo[i].side].lost)
            act_step(e, &e->plan.undo[i], TAG_UNDO | i);
    }
}

void undoing_event(struct engine *e, const struct engine_event *ev)
{
    bool undo = ev->kind == EV_REPLY && (ev->tag & TAG_KIND) == TAG_UNDO;

    if (undo && must_be_undone_again(e, ev))
        return;
    if (undo && ev->err &&
        is_no_matter(&e->plan.undo[ev->tag & TAG_INDEX], ev->err))
        undo = false;
    if (ev->err && (undo || (ev->kind == EV_REPLY && ev->tag == TAG_END))) {
        engine_error(e, ev->side, ev->err); /* as a note: there is one */
        e->peer[ev->side].not_undone = true;
    }
    if (!engine_late(e) && e->poll_at >= 0) {
        if (e->now >= e->poll_at)
            undo_again(e);
        if (e->poll_at >= 0 || e->peer[0].waiting || e->peer[1].waiting)
            return;
    }
    if (!e->peer[0].waiting && !e->peer[1].waiting && e->poll_at < 0 &&
        !e->channel_closing)
        finish_undoing(e, "all is undone");
    else if (engine_late(e))
        finish_undoing(e, "undone as far as monitors answer");
}

/* CANCELLING, YANKING */

static void send_cancel(struct engine *e)
{
    act_send(e, QMIG_SIDE_SOURCE, "migrate_cancel", NULL, TAG_CANCEL,
             2 * e->config.deadlines.us[DEADLINE_cancel]);
    engine_source(e)->asking_info = false;
    ask_info(e, QMIG_SIDE_SOURCE);
}

static void enter_cancelling(struct engine *e, const char *why)
{
    engine_set_state(e, ENGINE_CANCELLING, why);
    engine_limit(e, DEADLINE_cancel);
    e->poll_at = e->now + POLL_US;
    record_back(e);
    send_cancel(e);
}

/* It hangs in the file system of a save: there is nothing to yank. */
static void leave_hanging(struct engine *e)
{
    act_warn(e, "the source does not answer: once it does, send it "
                "'migrate_cancel', and 'cont' if its guest shall run");
    enter_undoing(e, "the source does not answer");
}

static void send_yank(struct engine *e)
{
    CLEANUP(json_putp) struct json_object *arguments = json_object_new_object();
    struct json_object *list = json_object_new_array();
    struct json_object *row = json_object_new_object();

    json_object_object_add(row, "type", json_object_new_string("migration"));
    json_object_array_add(list, row);
    json_object_object_add(arguments, "instances", list);
    act_send_oob(e, QMIG_SIDE_SOURCE, "yank", arguments, TAG_YANK,
                 e->config.deadlines.us[DEADLINE_cancel]);
    storage_yank(e); /* one by one: all are refused if one is not there */
}

static void enter_yanking(struct engine *e)
{
    engine_set_state(e, ENGINE_YANKING, "the source does not answer");
    engine_limit(e, DEADLINE_cancel);
    e->poll_at = e->now + POLL_US;
    channel_close(e); /* frees it from a tunnel that hangs */
    /* The commit of a post-copy is taken back: the destination was not
     * continued, and from here on it will not be. */
    if (postcopy_is_committed(e))
        act_journal(e, "postcopy", NULL);
    if (engine_source(e)->oob)
        send_yank(e);
    else
        e->deadline = e->now; /* QEMU 5.2: only the destination's end helps */
}

/*
 * The source was let go on to post-copy and says nothing more, to a yank
 * neither: one that the destination blocked would be free by now. So it hangs
 * by itself, goes on from where it was when it wakes, and needs the destination
 * if it begins then. Nothing is undone, nobody is ended.
 */
static void end_unknown(struct engine *e, const char *why)
{
    e->undecided = true;
    qmp_hint(&e->error,
             "post-copy may begin when the source goes on: start neither side; "
             "'recover' completes it once the source answers");
    engine_finish(e, why);
}

/* True: the source's migration is over, or the source is gone. */
static bool cancel_is_through(struct engine *e)
{
    if (engine_source(e)->lost && postcopy_is_committed(e)) {
        end_unknown(e, "the source was lost");
        return true;
    }
    if (engine_source(e)->lost) {
        enter_asking(e);
        return true;
    }
    if (postcopy_has_begun(e)) {
        e->undecided = true;
        qmp_hint(&e->error, "post-copy has begun: start neither side; "
                            "'recover' completes it");
        engine_finish(e, "post-copy has begun");
        return true;
    }
    if (source_is_through(e)) {
        enter_resuming(e, status_is(engine_source(e), "completed")
                              ? "completed before the cancel; not committed"
                              : "the source's migration is over");
        return true;
    }
    return false;
}

static void poll_source(struct engine *e)
{
    if (e->now < e->poll_at)
        return;
    e->poll_at = e->now + POLL_US;
    ask_info(e, QMIG_SIDE_SOURCE);
}

void cancelling_event(struct engine *e, const struct engine_event *ev)
{
    if (ev->kind == EV_JOURNAL_FAILED)
        send_cancel(e); /* without the record, then (R5) */
    if (ev->kind == EV_REPLY && ev->tag == TAG_CANCEL && ev->err &&
        ev->err->code == QMP_ERR_REFUSED)
        e->cancel_refused = true; /* it may do so another time */
    if (cancel_is_through(e))
        return;
    if (engine_late(e) && e->plan.image) {
        leave_hanging(e);
    } else if (engine_late(e)) {
        enter_yanking(e);
    } else if (e->cancel_refused && e->now >= e->poll_at) {
        e->cancel_refused = false;
        e->poll_at = e->now + POLL_US;
        send_cancel(e);
    } else {
        poll_source(e);
    }
}

void yanking_event(struct engine *e, const struct engine_event *ev)
{
    if (ev->kind == EV_JOURNAL_FAILED && engine_source(e)->oob)
        send_yank(e); /* without the record, then */
    if (cancel_is_through(e))
        return;
    if (!engine_late(e)) {
        poll_source(e);
    } else if (postcopy_is_committed(e)) {
        end_unknown(e, "the source does not answer");
    } else if (!e->killed && e->config.plan.dest_started) {
        e->killed = true;
        act_simple(e, ACT_KILL_DEST, QMIG_SIDE_DEST);
        engine_limit(e, DEADLINE_cancel);
        e->poll_at = e->now + POLL_US;
    } else {
        act_warn(e, "the source's monitor is blocked by the destination: end "
                    "the destination's process, then the guest runs on by "
                    "itself, on the source");
        enter_undoing(e, "the source stays blocked");
    }
}

/* ASKING: the source is lost before the commit. */

void enter_asking(struct engine *e)
{
    if (e->plan.image) { /* there is nobody to ask */
        enter_undoing(e, "the source was lost");
        return;
    }
    engine_set_state(e, ENGINE_ASKING, "the source was lost before the commit");
    engine_limit(e, DEADLINE_cancel);
    e->poll_at = e->now + POLL_US;
    forget_status(engine_dest(e));
    engine_dest(e)->asking_info = false;
    ask_info(e, QMIG_SIDE_DEST);
}

void asking_event(struct engine *e, const struct engine_event *ev)
{
    struct peer *dest = engine_dest(e);

    if (ev->kind == EV_REPLY && ev->side == QMIG_SIDE_DEST && ev->err &&
        ev->tag == TAG_INFO && !dest->lost && !engine_late(e))
        return; /* it will be asked again */
    if (status_is(dest, "completed")) {
        qmp_hint(&e->error,
                 "the destination has loaded the guest and is paused; if the "
                 "source is dead for certain: 'recover --fenced source'");
        e->undecided = true;
        engine_finish(e, "the source is lost, the destination has it all");
    } else if (status_is(dest, "failed")) {
        enter_undoing(e, "the destination does not have the guest");
    } else if (dest->lost) {
        qmp_hint(&e->error, "neither monitor can be reached; look at both "
                            "hosts, start neither side before");
        e->undecided = true;
        engine_finish(e, "both sides are lost");
    } else if (engine_late(e)) {
        enter_undoing(e, "the destination did not get the guest in time");
    } else if (e->now >= e->poll_at) {
        e->poll_at = e->now + POLL_US;
        ask_info(e, QMIG_SIDE_DEST);
    }
}

void turn_back(struct engine *e, const char *why)
{
    switch (e->state) {
    case ENGINE_BEGIN:
    case ENGINE_PREPARE:
    case ENGINE_STORAGE:
    case ENGINE_LOADING:
        enter_undoing(e, why);
        return;
    case ENGINE_PRECOPY:
    case ENGINE_SWITCHOVER:
    case ENGINE_SEALING:
        break;
    case ENGINE_CONFIRM:
        if (!engine_saves(e)) /* committed */
            return;
        break;
    default:
        return; /* on the way back already */
    }
    if (engine_source(e)->lost)
        enter_asking(e);
    else if (!e->migrate_sent && e->stop_sent)
        enter_resuming(e, why);
    else if (!e->migrate_sent)
        enter_undoing(e, why);
    else if (source_is_through(e))
        enter_resuming(e, why);
    else if (postcopy_is_committed(e))
        enter_yanking(e); /* a cancel might meet a post-copy that has begun */
    else
        enter_cancelling(e, why);
}

/*
 * Who is to blame? The error of the side that spoke first may be no more than
 * an echo of what happened to the other one.
 */
static void find_cause(struct engine *e)
{
    const struct peer *source = engine_source(e);
    const struct peer *dest = engine_dest(e);
    struct qmp_error *err = e->error;
    bool failed =
        err->code == QMIG_ERR_MIGRATION && !status_is(source, "cancelled");

    if (e->io_error && failed && !e->continue_sent) {
        /* 7.2..11.1: a disk that fails the last flush fails the migration,
         * and the destination then says that the stream broke off. */
        CLEANUP(freep) char *first UNUSED = err->msg;

        err->code = QMIG_ERR_IO;
        if (asprintf(&err->msg, "an I/O error stopped the guest (%s)",
                     e->io_error) < 0)
            abort();
    } else if (source->died && (failed || err->code == QMIG_ERR_DEST_LOAD ||
                                err->code == QMIG_ERR_DEST_LOST)) {
        CLEANUP(freep) char *first UNUSED = err->msg;

        err->code = QMIG_ERR_SOURCE_LOST;
        e->error_side = QMIG_SIDE_SOURCE;
        if (asprintf(&err->msg, "%s; also: %s", source->died, first) < 0)
            abort();
    } else if (failed && (dest->error_desc || status_is(dest, "failed"))) {
        free(err->msg);
        err->msg = strdup(dest_cannot_load);
        if (!err->msg)
            abort();
        err->code = QMIG_ERR_DEST_LOAD;
        e->error_side = QMIG_SIDE_DEST;
    } else if (failed && dest->died) {
        err->code = QMIG_ERR_DEST_LOST;
        e->error_side = QMIG_SIDE_DEST;
    }
}

/* What a mirror met when the destination died is no more than an echo. */
static void blame_dest(struct engine *e)
{
    CLEANUP(freep) char *first = e->error->msg;

    e->error->code = QMIG_ERR_DEST_LOST;
    e->error_side = QMIG_SIDE_DEST;
    if (asprintf(&e->error->msg, "%s; also: %s", engine_dest(e)->died, first) <
        0)
        abort();
}

/* The whole cause in one line: what each side says of it. */
static void explain_error(struct engine *e)
{
    const struct peer *source = engine_source(e);
    const struct peer *dest = engine_dest(e);
    struct qmp_error *err = e->error;
    CLEANUP(freep) char *text = NULL;

    if (err && err->code == QMIG_ERR_DISK_COPY && dest->died) {
        blame_dest(e);
        return;
    }
    /* What comes of our own turning back is no cause. */
    if (!err || err->code == QMIG_ERR_USER_CANCEL ||
        err->code == QMIG_ERR_HOOK || err->code == QMIG_ERR_IO ||
        !e->migrate_sent)
        return;
    find_cause(e);
    if (asprintf(&text, "%s%s%s%s%s", err->msg, source->error_desc ? ": " : "",
                 source->error_desc ? source->error_desc : "",
                 dest->error_desc ? "; the destination says: " : "",
                 dest->error_desc ? dest->error_desc : "") < 0)
        abort();
    free(err->msg);
    err->msg = TAKE_PTR(text);
    channel_explain(e);
    /* A destination that died may have done so for any reason. */
    if (e->config.plan.flags & QMIG_TLS && !source->died)
        tls_explain(&e->config.plan, e->dest_receives || dest->died,
                    &e->error_side, &e->error);
    else if (!(e->config.plan.flags & QMIG_TLS) && !source->died)
        tls_explain_left_over(&e->error_side, &e->error);
}

void engine_finish(struct engine *e, const char *why)
{
    explain_error(e);
    engine_set_state(e, ENGINE_DONE, why);
    image_end(e);
    if (e->error && e->config.plan.dest_started && !e->undecided && !e->split &&
        !e->killed)
        act_simple(e, ACT_KILL_DEST, QMIG_SIDE_DEST);
    hook_tell_end(e);
}
