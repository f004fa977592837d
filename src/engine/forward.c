/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the states on the way forward share: steps of the plan, and the
 * reasons to turn back. */
#include "engine/internal.h"
#include "plan/tls.h"

#include <string.h>

bool status_is(const struct peer *peer, const char *status)
{
    return peer->migration && !strcmp(peer->migration, status);
}

const char dest_cannot_load[] = "destination could not take the guest";

bool is_tag(const struct engine_event *ev, enum tag kind)
{
    return ev->kind == EV_REPLY && (ev->tag & TAG_KIND) == (unsigned)kind;
}

const struct plan_step *step_of(const struct engine *e,
                                const struct engine_event *ev)
{
    return is_tag(ev, TAG_STEP) || is_tag(ev, TAG_AT_LOAD)
               ? &e->plan.steps[ev->tag & TAG_INDEX]
               : NULL;
}

bool is_no_matter(const struct plan_step *step, const struct qmp_error *err)
{
    return step->may_fail && err->code == QMP_ERR_REFUSED;
}

void send_steps(struct engine *e, enum step_kind first, enum step_kind last)
{
    for (size_t i = 0; i < e->plan.n; i++) {
        const struct plan_step *step = &e->plan.steps[i];

        if (step->kind < first || step->kind > last || e->peer[step->side].lost)
            continue;
        if (step->kind == STEP_AT_LOAD) {
            e->at_load++;
            act_send(e, step->side, step->execute, step->arguments,
                     TAG_AT_LOAD | (unsigned)i,
                     e->config.deadlines.us[DEADLINE_answer]);
        } else {
            act_step(e, step, TAG_STEP | (unsigned)i);
        }
    }
}

void deadline_passed(struct engine *e, enum qmig_side side, enum deadline which,
                     const char *waited_for)
{
    engine_errorf(e, side, QMIG_ERR_DEADLINE, "no %s after %.3g seconds",
                  waited_for, (double)e->config.deadlines.us[which] / 1e6);
}

/*
 * Between the word that lets the source go on and its answer: it may still
 * fail and run on by itself, or have begun. Its next word tells; if that
 * cannot come any more, nobody knows.
 */
static bool is_lost_in_postcopy(struct engine *e, const struct engine_event *ev)
{
    if (ev->kind == EV_CANCEL)
        act_warn(e, "too late to cancel: post-copy has begun");
    if (!engine_source(e)->lost)
        return false;
    engine_errorf(e, QMIG_SIDE_SOURCE, QMIG_ERR_UNDECIDED,
                  "the source was lost when post-copy was about to begin");
    qmp_hint(&e->error, "start neither side; the destination is paused, and "
                        "may lack pages that only the source has");
    e->undecided = true;
    engine_finish(e, "the source was lost");
    return true;
}

/* A user's wish, a full disk, a side that is gone: the same in each state
 * from which everything can still be undone. True: the way back is taken. */
bool must_turn_back(struct engine *e, const struct engine_event *ev)
{
    if (ev->kind == EV_JOURNAL_FAILED) {
        engine_error(e, QMIG_SIDE_CONTROLLER, ev->err);
        turn_back(e, "the journal cannot be written");
    } else if (ev->kind == EV_FILE && ev->err) {
        engine_error(e, QMIG_SIDE_CONTROLLER, ev->err);
        turn_back(e, "the file cannot be written");
    } else if (postcopy_is_committed(e)) {
        return is_lost_in_postcopy(e, ev);
    } else if (e->violation) {
        engine_error(e, e->violator, e->violation);
        turn_back(e, "a monitor makes no sense");
    } else if (e->cancel_wanted) {
        engine_errorf(e, QMIG_SIDE_CONTROLLER, QMIG_ERR_USER_CANCEL,
                      "cancelled by the user");
        turn_back(e, "the user wishes it");
    } else if (e->lift_error) {
        engine_error(e, QMIG_SIDE_SOURCE, e->lift_error);
        turn_back(e, "a command was refused");
    } else if (e->copy_error) {
        engine_error(e, QMIG_SIDE_SOURCE, e->copy_error);
        turn_back(e, "a disk is not copied");
    } else if (io_error_turns_back(e)) {
        return true;
    } else if (e->hook_error) {
        engine_error(e, QMIG_SIDE_CONTROLLER, e->hook_error);
        turn_back(e, "a hook failed");
    } else if (hold_is_late(e)) {
        hold_passed(e);
    } else if (e->store_error) {
        engine_error(e, QMIG_SIDE_CONTROLLER, e->store_error);
        turn_back(e, "a domain store refused");
    } else if (ev->kind == EV_LOST) {
        bool source = ev->side == QMIG_SIDE_SOURCE;

        if (e->state != ENGINE_BEGIN)
            engine_errorf(e, ev->side,
                          source ? QMIG_ERR_SOURCE_LOST : QMIG_ERR_DEST_LOST,
                          "%s", ev->err->msg);
        else
            engine_error(e, ev->side, ev->err);
        turn_back(e, source ? "the source is lost" : "the destination is lost");
    } else {
        return false;
    }
    return true;
}

static void object_refused(struct engine *e, const struct engine_event *ev)
{
    struct qmp_error *err = qmp_error_copy(ev->err);
    enum qmig_side side = ev->side;

    if (err->code == QMP_ERR_REFUSED)
        err->code = QMIG_ERR_TLS;
    tls_explain(&e->config.plan, true, &side, &err);
    engine_error(e, side, err);
    qmp_error_free(err);
}

/* The first connection of all: there the handshake may fail. */
static void mirror_refused(struct engine *e, const struct engine_event *ev)
{
    struct qmp_error *err = qmp_error_copy(ev->err);
    enum qmig_side side = ev->side;

    tls_explain(&e->config.plan, false, &side, &err);
    engine_error(e, side, err);
    qmp_error_free(err);
}

bool port_is_taken(const struct qmp_error *err)
{
    /* The text is the system's (EADDRINUSE) behind QEMU's own. */
    return err->qmp_desc && strstr(err->qmp_desc, "Address already in use");
}

static void rdma_refused(struct engine *e, const struct engine_event *ev)
{
    struct qmp_error *err = qmp_error_copy(ev->err);

    qmp_hint(&err, "RDMA needs an adapter on both hosts (rdma link shows "
                   "them), and QEMU's right to lock memory");
    engine_error(e, ev->side, err);
    qmp_error_free(err);
}

void step_refused(struct engine *e, const struct engine_event *ev)
{
    bool taken = port_is_taken(ev->err);
    const struct plan_step *step = step_of(e, ev);
    bool rdma = e->plan.uri.kind == URI_RDMA && ev->err->qmp_desc &&
                strstr(ev->err->qmp_desc, "RDMA");

    if (step && step->kind == STEP_OBJECT)
        object_refused(e, ev);
    else if (step && step->kind == STEP_MIRROR &&
             e->config.plan.flags & QMIG_TLS)
        mirror_refused(e, ev);
    else if (rdma)
        rdma_refused(e, ev);
    else if (taken)
        engine_errorf(e, ev->side, QMIG_ERR_PORT, "%s", ev->err->msg);
    else
        engine_error(e, ev->side, ev->err);
    turn_back(e, "a command was refused");
}

/* QEMU does not know the form that was tried: then without. */
bool fell_back(struct engine *e, const struct engine_event *ev,
               const struct plan_step *step)
{
    const struct feature_info *tried =
        step->tries >= 0 ? &feature_table[step->tries] : NULL;
    struct facts *facts = &e->peer[step->side].facts;

    if (!tried || (ev->err && ev->err->code != QMP_ERR_REFUSED))
        return false;
    if (!ev->err) {
        /* Not by the answer to the fallback. */
        if (facts_feature(facts, (enum feature)step->tries) < 0)
            facts_learn_feature(facts, (enum feature)step->tries, true);
        return false;
    }
    /* "Parameter 'exit-on-error' is unexpected" (5.2..9.0) */
    if (tried->path ? !strstr(ev->err->qmp_desc, tried->path)
                    : strcmp(ev->err->qmp_class, "CommandNotFound") != 0)
        return false;
    facts_learn_feature(facts, (enum feature)step->tries, false);
    return true;
}
