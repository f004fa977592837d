/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Save and restore: a migration of which one side is a file. The states are
 * those of the handover (engine.h), with two of their own.
 *
 *   save:    BEGIN -> PREPARE -> PRECOPY -> SEALING -> CONFIRM -> DONE
 *   restore: BEGIN -> PREPARE -> LOADING -> FINISH  -> CONFIRM -> DONE
 *
 * A save's commit is the record "saved", which is on disk once the file is,
 * under its name: before it the source is resumed whatever happens and the
 * file goes; after it the source is given up (R2, R3). If the source dies when
 * it has written everything, the file is the only copy: there is no way back,
 * and the file is never removed.
 *
 * A restore's commit is that QEMU, by its own word, has loaded everything and
 * is paused (R1, R4); before it that QEMU is ended, and the file stays as it
 * is, which it does in any case.
 */
#include "engine/internal.h"
#include "plan/image.h"

#include <limits.h>

#define TO(state) (1u << ENGINE_##state)

static state_fn image_begin_event, image_prepare_event, save_flow_event,
    sealing_event, save_confirm_event, loading_event, restore_finish_event;

/* clang-format off */
const struct state_row save_states[ENGINE__ALL] = {
    [ENGINE_BEGIN]      = { "begin",      image_begin_event,   QMIG_PHASE_BEGIN,
        TO(PREPARE) | TO(UNDOING) | TO(DONE) },
    [ENGINE_PREPARE]    = { "prepare",    image_prepare_event, QMIG_PHASE_PREPARE,
        TO(PRECOPY) | TO(UNDOING) },
    [ENGINE_PRECOPY]    = { "precopy",    save_flow_event,     QMIG_PHASE_PERFORM,
        TO(SEALING) | TO(CANCELLING) | TO(RESUMING) | TO(UNDOING) },
    [ENGINE_SEALING]    = { "sealing",    sealing_event,       QMIG_PHASE_SWITCHOVER,
        TO(CONFIRM) | TO(CANCELLING) | TO(RESUMING) | TO(UNDOING) },
    [ENGINE_CONFIRM]    = { "confirm",    save_confirm_event,  QMIG_PHASE_CONFIRM,
        TO(CANCELLING) | TO(RESUMING) | TO(UNDOING) | TO(DONE) },
    [ENGINE_CANCELLING] = { "cancelling", cancelling_event,    QMIG_PHASE_PERFORM,
        TO(RESUMING) | TO(UNDOING) },
    [ENGINE_RESUMING]   = { "resuming",   resuming_event,      QMIG_PHASE_PERFORM,
        TO(UNDOING) },
    [ENGINE_UNDOING]    = { "undoing",    undoing_event,       QMIG_PHASE_PERFORM,
        TO(DONE) },
    [ENGINE_DONE]       = { "done",       NULL,                QMIG_PHASE_CONFIRM, 0 },
};

const struct state_row restore_states[ENGINE__ALL] = {
    [ENGINE_BEGIN]   = { "begin",   image_begin_event,    QMIG_PHASE_BEGIN,
        TO(PREPARE) | TO(UNDOING) | TO(DONE) },
    [ENGINE_PREPARE] = { "prepare", image_prepare_event,  QMIG_PHASE_PREPARE,
        TO(LOADING) | TO(UNDOING) },
    [ENGINE_LOADING] = { "loading", loading_event,        QMIG_PHASE_PERFORM,
        TO(FINISH) | TO(UNDOING) },
    [ENGINE_FINISH]  = { "finish",  restore_finish_event, QMIG_PHASE_FINISH,
        TO(CONFIRM) | TO(DONE) },
    [ENGINE_CONFIRM] = { "confirm", confirm_event,        QMIG_PHASE_CONFIRM,
        TO(DONE) },
    [ENGINE_UNDOING] = { "undoing", undoing_event,        QMIG_PHASE_PERFORM,
        TO(DONE) },
    [ENGINE_DONE]    = { "done",    NULL,                 QMIG_PHASE_CONFIRM, 0 },
};
/* clang-format on */

bool engine_saves(const struct engine *e)
{
    return e->config.plan.image && e->config.plan.image->save;
}

bool engine_restores(const struct engine *e)
{
    return e->config.plan.image && !e->config.plan.image->save;
}

void engine_image_init(struct engine *e)
{
    struct peer *absent = engine_saves(e) ? engine_dest(e) : engine_source(e);

    e->rows = engine_saves(e) ? save_states : restore_states;
    absent->lost = true;
    absent->probed = true;
}

/* BEGIN, PREPARE */

static void image_begin_event(struct engine *e, const struct engine_event *ev)
{
    if (ev->kind != EV_START || e->cancel_wanted)
        begin_event(e, ev);
    else
        begin_image(e);
}

static void image_prepare_event(struct engine *e, const struct engine_event *ev)
{
    if (ev->kind == EV_FILE) {
        e->prepared = false; /* what came after it was not sent */
        e->dest_used = false;
    }
    prepare_event(e, ev);
}

/* PRECOPY of a save: QEMU writes. */

static void enter_sealing(struct engine *e)
{
    engine_set_state(e, ENGINE_SEALING, "the source has written everything");
    engine_limit(e, DEADLINE_seal);
    e->written = true;
    act_file(e, FILE_SEAL);
    ask_info(e, QMIG_SIDE_SOURCE);
}

static void save_flow_time(struct engine *e)
{
    bool flows = status_is(engine_source(e), "active") ||
                 status_is(engine_source(e), "device");

    if (flows)
        e->deadline = e->progress_at + e->config.deadlines.us[DEADLINE_stall];
    if (engine_late(e)) {
        deadline_passed(e, QMIG_SIDE_SOURCE,
                        flows ? DEADLINE_stall : DEADLINE_setup,
                        "byte was written to the file");
        turn_back(e, "a deadline passed");
    } else if (e->now >= e->poll_at) {
        ask_info(e, QMIG_SIDE_SOURCE);
        e->poll_at = e->now + FLOW_POLL_US;
    }
}

static void save_flow_event(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);
    const struct peer *source = engine_source(e);

    if (step && step->kind == STEP_MIGRATE && ev->err &&
        ev->err->code == QMP_ERR_REFUSED)
        e->migrate_sent = false;
    if (e->cancel_wanted && e->plan.no_cancel && e->migrate_sent) {
        act_warn(e, "not cancelled: this QEMU's guest would hang for ever; "
                    "wait for the end of the snapshot");
        e->cancel_wanted = false;
    }
    if (must_turn_back(e, ev))
        return;
    if (step && ev->err) {
        step_refused(e, ev);
    } else if (status_is(source, "failed") || status_is(source, "cancelled")) {
        engine_errorf(e, QMIG_SIDE_SOURCE, QMIG_ERR_FILE,
                      "the guest could not be written to '%s'",
                      e->config.plan.image->file);
        turn_back(e, "the source says that it failed");
    } else if (status_is(source, "completed")) {
        enter_sealing(e);
    } else {
        save_flow_time(e);
    }
}

/* SEALING: the stream is whole; the file goes to the disk. */

static void give_up(struct engine *e)
{
    engine_set_state(e, ENGINE_CONFIRM, "the file is on the disk");
    engine_limit(e, DEADLINE_undo);
    act_file(e, FILE_PUBLISH);
    act_journal(e, "saved", NULL); /* the commit */
    e->quit_sent = true;
    if (plan_find(&e->plan, STEP_QUIT))
        send_steps(e, STEP_QUIT, STEP_QUIT);
    else
        send_undo(e, QMIG_SIDE_SOURCE);
    if (!engine_source(e)->waiting)
        e->deadline = e->now; /* nobody will answer */
}

/* QEMU's figures are gone with it. */
static void try_give_up(struct engine *e)
{
    if (e->sealed && get_figures(e))
        give_up(e);
}

/* The guest is nowhere else any more. */
static bool is_only_copy(struct engine *e, const struct engine_event *ev)
{
    if (!engine_source(e)->lost || (ev->kind == EV_FILE && ev->err))
        return false;
    if (ev->kind == EV_CANCEL)
        act_warn(e, "too late to cancel: the source is lost, and the file has "
                    "the guest");
    return true;
}

static void sealing_event(struct engine *e, const struct engine_event *ev)
{
    if (ev->kind == EV_FILE && !ev->err && ev->tag == FILE_SEAL)
        e->sealed = true;
    if (ev->kind == EV_REPLY && ev->tag == TAG_INFO && ev->err)
        e->info_asked = UINT_MAX / 2; /* it hangs: without figures, then */
    if (!is_only_copy(e, ev)) {
        if (must_turn_back(e, ev))
            return;
        if (engine_late(e)) {
            deadline_passed(e, QMIG_SIDE_CONTROLLER, DEADLINE_seal,
                            "word that the file is on the disk");
            turn_back(e, "a deadline passed");
            return;
        }
    }
    try_give_up(e);
}

/* CONFIRM of a save. What came after an action that failed was not done. */
static void save_confirm_event(struct engine *e, const struct engine_event *ev)
{
    if ((ev->kind == EV_FILE && ev->err) || ev->kind == EV_JOURNAL_FAILED) {
        e->quit_sent = false;
        engine_error(e, QMIG_SIDE_CONTROLLER, ev->err);
        turn_back(e, ev->kind == EV_FILE ? "the file has not got its name"
                                         : "the journal cannot be written");
        return;
    }
    if (ev->kind == EV_CANCEL)
        act_warn(e, "too late to cancel: the guest is in the file");
    if (!engine_source(e)->waiting && (ev->kind != EV_CANCEL)) {
        engine_finish(e, "completed");
    } else if (engine_late(e)) {
        act_warn(e, "saved, but the source does not answer: see whether that "
                    "QEMU is still there, paused, and end it");
        engine_source(e)->not_undone = true;
        engine_finish(e, "completed, but the source does not answer");
    }
}

void image_end(struct engine *e)
{
    if (!engine_saves(e) || !e->error || !e->hooks_due)
        return;
    if (e->written && engine_source(e)->lost)
        act_warn(e, "the source is lost: what it has written is kept");
    else
        act_file(e, FILE_DISCARD);
}

/* LOADING */

void enter_loading(struct engine *e)
{
    engine_set_state(e, ENGINE_LOADING, "QEMU reads the file");
    engine_limit(e, DEADLINE_load);
    e->poll_at = e->now;
    e->migrate_sent = true;
}

/* Unlike a migration's: nobody else has anything to lose any more, so the
 * record is for those who read the journal, and it is there before `cont`. */
static void restore_commit(struct engine *e)
{
    engine_set_state(e, ENGINE_FINISH, "QEMU has loaded everything");
    engine_limit(e, DEADLINE_finish);
    act_record(e, "commit", NULL);
    if (plan_find(&e->plan, STEP_TAKEOVER))
        send_steps(e, STEP_TAKEOVER, STEP_TAKEOVER);
    else
        taken_over(e);
}

static void loading_event(struct engine *e, const struct engine_event *ev)
{
    const struct peer *dest = engine_dest(e);

    if (ev->kind == EV_LOST) {
        engine_errorf(e, QMIG_SIDE_DEST, QMIG_ERR_DEST_LOAD,
                      "QEMU ended while it read '%s': %s",
                      e->config.plan.image->file, ev->err->msg);
        turn_back(e, "the destination is lost");
        return;
    }
    if (must_turn_back(e, ev))
        return;
    if (status_is(dest, "failed")) {
        engine_errorf(e, QMIG_SIDE_DEST, QMIG_ERR_DEST_LOAD,
                      "QEMU could not load '%s'", e->config.plan.image->file);
        turn_back(e, "the destination says that it failed");
    } else if (status_is(dest, "completed")) {
        restore_commit(e);
    } else if (engine_late(e)) {
        deadline_passed(e, QMIG_SIDE_DEST, DEADLINE_load,
                        "word that the file was read");
        turn_back(e, "a deadline passed");
    } else if (e->now >= e->poll_at) {
        ask_info(e, QMIG_SIDE_DEST);
        e->poll_at = e->now + FLOW_POLL_US;
    }
}

static void restore_finish_event(struct engine *e,
                                 const struct engine_event *ev)
{
    finish_event(e, ev);
    if (ev->kind == EV_JOURNAL_FAILED)
        e->poll_at = e->now; /* `cont` came after the record */
    if (e->undecided)
        qmp_hint(&e->error,
                 "see whether that QEMU runs before the file is restored "
                 "again: its disks may have changed since");
}
