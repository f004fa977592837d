/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * FINISH and CONFIRM: the destination is told to run and says that it does
 * (R6, R7); then the source is given up.
 */
#include "engine/internal.h"

#include <string.h>

/* 7.2 says total-time 0 for some ms after "completed". */
#define FIGURES_TRIES 40

/* The destination's settings go back, once. */
void tidy(struct engine *e)
{
    unsigned before = engine_dest(e)->waiting;

    if (e->tidied)
        return;
    send_steps(e, STEP_TIDY, STEP_TIDY);
    e->tidying = engine_dest(e)->waiting - before;
    e->tidied = true;
}

bool finish_has_figures(const struct engine *e)
{
    struct json_object *status = NULL;
    struct json_object *value = NULL;

    if (e->peer[QMIG_SIDE_SOURCE].lost || e->info_asked > FIGURES_TRIES)
        return true;
    json_object_object_get_ex(e->info, "status", &status);
    json_object_object_get_ex(e->info, "total-time", &value);
    return status && !strcmp(json_object_get_string(status), "completed") &&
           json_object_get_int64(value) > 0;
}

bool get_figures(struct engine *e)
{
    if (finish_has_figures(e))
        return true;
    if (engine_source(e)->asking_info) {
        e->poll_at = -1; /* the answer, or that there is none, wakes us */
    } else if (e->poll_at < 0 || e->now >= e->poll_at) {
        e->info_asked++;
        e->poll_at = e->now + RETRY_US;
        ask_info(e, QMIG_SIDE_SOURCE);
    }
    return false;
}

static void give_up_source(struct engine *e)
{
    e->quit_sent = true;
    e->poll_at = -1;
    if (engine_source(e)->lost)
        return;
    if (plan_find(&e->plan, STEP_QUIT)) {
        act_journal(e, "quit", NULL);
        send_steps(e, STEP_QUIT, STEP_QUIT);
        return;
    }
    send_undo(e, QMIG_SIDE_SOURCE);
}

/* Figures first: they are gone with the source. */
static void try_give_up_source(struct engine *e)
{
    if (!get_figures(e) || clients_must_wait(e))
        return;
    engine_limit(e, DEADLINE_undo);
    give_up_source(e);
}

void enter_confirm(struct engine *e)
{
    engine_set_state(e, ENGINE_CONFIRM, "the destination has taken over");
    /* 7.2 aborts ("!(bs->open_flags & BDRV_O_INACTIVE)") when such a guest is
     * migrated or saved before it ran. */
    if (e->plan.arrives_paused &&
        !facts_feature(&engine_dest(e)->facts, FEATURE_BLOCK_SET_ACTIVE))
        act_warn(e, "this QEMU has no blockdev-set-active: if the guest has "
                    "disks, let it run ('cont') before it is migrated or saved "
                    "again");
    engine_limit(e, DEADLINE_undo);
    if (e->clients_told)
        e->deadline += e->config.deadlines.us[DEADLINE_clients];
    tidy(e);
    if (e->plan.blocktime)
        ask_info(e, QMIG_SIDE_DEST);
    try_give_up_source(e);
}

/* FINISH: R6, R7 */

static void undecided(struct engine *e, enum qmig_side side, const char *what)
{
    engine_errorf(e, side, QMIG_ERR_UNDECIDED,
                  "%s after the commit: it is not known whether the guest "
                  "runs there",
                  what);
    qmp_hint(&e->error, "start neither side; fence one, then "
                        "'recover --fenced source' or 'recover --fenced "
                        "destination'");
    e->undecided = true;
    engine_finish(e, what);
}

/* Has the destination, by its own word, taken the guest over? */
static bool has_taken_over(struct engine *e)
{
    static const char *const not_yet[] = {"inmigrate",  "finish-migrate",
                                          "prelaunch",  "paused",
                                          "restore-vm", "postmigrate"};
    const char *status = engine_dest(e)->status;

    if (!status || !e->takeover_done)
        return false;
    if (e->plan.arrives_paused)
        return strcmp(status, "inmigrate") != 0;
    for (size_t i = 0; i < ARRAY_SIZE(not_yet); i++)
        if (!strcmp(not_yet[i], status))
            return false;
    return true; /* running; or it ran and then stopped by itself */
}

static void finish_reply(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);

    if (step && step->kind == STEP_TAKEOVER) {
        if (fell_back(e, ev, step) || !ev->err)
            taken_over(e);
        else if (!e->peer[QMIG_SIDE_DEST].lost)
            e->poll_at = e->now + RETRY_US;
        return;
    }
    if (ev->tag != TAG_STATUS || ev->side != QMIG_SIDE_DEST)
        return;
    if (has_taken_over(e))
        enter_confirm(e);
    else
        e->poll_at = e->now + RETRY_US;
}

/* Settings that do not go back do no harm: the next migration sets them. */
static void learn_tidied(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);

    if (ev->kind == EV_LOST && ev->side == QMIG_SIDE_DEST)
        e->tidying = 0;
    else if (step && step->kind == STEP_TIDY && e->tidying)
        e->tidying--;
}

void finish_event(struct engine *e, const struct engine_event *ev)
{
    learn_tidied(e, ev);
    if (ev->kind == EV_JOURNAL_FAILED)
        act_warn(e, "the journal cannot be written any more; the guest is the "
                    "destination's");
    if (engine_dest(e)->lost) {
        /* The source's figures are on their way. */
        if (!engine_source(e)->asking_info || engine_late(e))
            undecided(e, QMIG_SIDE_DEST, "the destination was lost");
        return;
    }
    if (ev->kind == EV_CANCEL)
        act_warn(e, "too late to cancel: the guest is the destination's");
    if (ev->kind == EV_REPLY)
        finish_reply(e, ev);
    else if (e->resume_us) /* its event comes before the answer to cont */
        ask_after_takeover(e);
    if (e->state != ENGINE_FINISH)
        return;
    if (engine_late(e)) {
        undecided(e, QMIG_SIDE_DEST,
                  "no word that it runs from the "
                  "destination in time");
    } else if (e->poll_at >= 0 && e->now >= e->poll_at) {
        e->poll_at = -1;
        if (!e->takeover_done)
            send_steps(e, STEP_TAKEOVER, STEP_TAKEOVER);
        ask_status(e, QMIG_SIDE_DEST);
    }
}

void confirm_event(struct engine *e, const struct engine_event *ev)
{
    learn_tidied(e, ev);
    if (ev->kind == EV_CANCEL)
        act_warn(e, "too late to cancel: the guest is the destination's");
    if (ev->kind == EV_LOST && ev->side == QMIG_SIDE_DEST && !e->quit_sent) {
        undecided(e, QMIG_SIDE_DEST, "the destination was lost");
        return;
    }
    if (ev->kind == EV_JOURNAL_FAILED) {
        act_warn(e, "the journal cannot be written: the source is left as it "
                    "is, paused");
        engine_finish(e, "completed, but the source is left");
        return;
    }
    if (!e->quit_sent)
        try_give_up_source(e);
    if (e->quit_sent && !engine_source(e)->waiting && !e->tidying &&
        !(e->plan.blocktime && engine_dest(e)->asking_info)) {
        engine_finish(e, "completed");
    } else if (engine_late(e)) {
        act_warn(e, "completed, but a monitor does not answer: see whether "
                    "the source QEMU is still there, paused");
        engine_source(e)->not_undone = true;
        engine_finish(e, "completed, but a monitor does not answer");
    }
}
