/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Migration parameters changed while disks or RAM flow: what they were is asked
 * first and joins what a roll-back restores (R10), that of recover, too: it is
 * in the journal before they change.
 */
#include "engine/internal.h"

#include <string.h>

static bool may_tune(const struct engine *e)
{
    return e->state == ENGINE_STORAGE || e->state == ENGINE_PRECOPY ||
           e->state == ENGINE_POSTCOPY;
}

void tune(struct engine *e, struct json_object *parameters)
{
    if (!may_tune(e)) {
        act_warn(e, "nothing flows: the parameters were not changed");
        return;
    }
    bool asking = e->tuning != NULL;
    if (!asking)
        e->tuning = json_object_new_object();
    json_object_object_foreach(parameters, name, value)
    {
        json_object_object_add(e->tuning, name, json_object_get(value));
    }
    if (!asking)
        act_send(e, QMIG_SIDE_SOURCE, "query-migrate-parameters", NULL,
                 TAG_TUNE_ASK, e->config.deadlines.us[DEADLINE_answer]);
}

void tune_lift(struct engine *e)
{
    const struct plan_step *step = plan_find(&e->plan, STEP_LIFT);

    if (!step)
        return;
    e->lifting = true;
    tune(e, step->arguments);
}

/* What the user asks for meanwhile may fail; what the migration was started
 * with may not. */
static void complain(struct engine *e, const struct qmp_error *err)
{
    if (e->lifting && !e->lift_error)
        e->lift_error = qmp_error_copy(err);
    else
        act_warn(e, err->msg);
}

/* The step of the roll-back that restores the source's parameters. */
static struct json_object *undo_parameters(struct engine *e)
{
    struct plan *plan = &e->plan;

    for (size_t i = 0; i < plan->n_undo; i++)
        if (plan->undo[i].side == QMIG_SIDE_SOURCE &&
            !strcmp(plan->undo[i].execute, "migrate-set-parameters"))
            return plan->undo[i].arguments;
    if (plan->n_undo == PLAN_MAX_STEPS)
        return NULL;
    plan->undo[plan->n_undo++] = (struct plan_step){
        .kind = STEP_SET,
        .side = QMIG_SIDE_SOURCE,
        .phase = QMIG_PHASE_CONFIRM,
        .execute = "migrate-set-parameters",
        .arguments = json_object_new_object(),
        .why = "as it was before the migration",
        .tries = -1,
    };
    return plan->undo[plan->n_undo - 1].arguments;
}

/* The sync of "switchover", if that is still to come, brings it to the disk.
 * Takes `were`. */
static void record_set(struct engine *e, struct json_object *were)
{
    struct json_object *data = json_object_new_object();

    json_object_object_add(data, "were", were);
    if (e->switchover_recorded)
        act_journal(e, "set", data);
    else
        act_record(e, "set", data);
}

static void set_tuned(struct engine *e, struct json_object *before)
{
    CLEANUP(json_putp) struct json_object *set = TAKE_PTR(e->tuning);
    CLEANUP(json_putp) struct json_object *known = json_object_new_object();
    CLEANUP(json_putp) struct json_object *were = json_object_new_object();
    struct json_object *undo = undo_parameters(e);
    struct json_object *old = NULL;

    json_object_object_foreach(set, name, value)
    {
        if (!json_object_object_get_ex(before, name, &old)) {
            CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

            qmp_fail(&err, QMIG_ERR_CAPABILITY,
                     "this QEMU has no migration parameter '%s'", name);
            complain(e, err);
            continue;
        }
        if (!hold_keeps(e, name, value))
            json_object_object_add(known, name, json_object_get(value));
        if (undo && !json_object_object_get_ex(undo, name, NULL)) {
            json_object_object_add(undo, name, json_object_get(old));
            json_object_object_add(were, name, json_object_get(old));
        }
    }
    if (!json_object_object_length(known))
        return;
    if (json_object_object_length(were))
        record_set(e, TAKE_PTR(were));
    act_send(e, QMIG_SIDE_SOURCE, "migrate-set-parameters", known, TAG_TUNE,
             e->config.deadlines.us[DEADLINE_answer]);
    storage_tune(e, known);
}

void tune_reply(struct engine *e, const struct engine_event *ev)
{
    if (ev->tag == TAG_TUNE_ASK && ev->object && e->tuning && may_tune(e)) {
        set_tuned(e, ev->object);
    } else if (ev->err) {
        complain(e, ev->err);
        json_object_put(TAKE_PTR(e->tuning));
    } else if (ev->tag == TAG_TUNE) {
        e->lifting = false;
    }
}
