/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a plan that is made: found, told, freed. */
#include "plan/plan.h"

#include "plan/storage.h"
#include "plan/transport.h"

#include <string.h>

const char *side_name(enum qmig_side side)
{
    static const char *const names[] = {
        [QMIG_SIDE_SOURCE] = "source",
        [QMIG_SIDE_DEST] = "destination",
        [QMIG_SIDE_CONTROLLER] = "controller",
    };
    return names[side];
}

const char *phase_name(enum qmig_phase phase)
{
    static const char *const names[] = {
        [QMIG_PHASE_BEGIN] = "begin",
        [QMIG_PHASE_PREPARE] = "prepare",
        [QMIG_PHASE_PERFORM] = "perform",
        [QMIG_PHASE_SWITCHOVER] = "switchover",
        [QMIG_PHASE_FINISH] = "finish",
        [QMIG_PHASE_CONFIRM] = "confirm",
    };
    return names[phase];
}

void plan_clear(struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        json_object_put(plan->steps[i].arguments);
    for (size_t i = 0; i < plan->n; i++)
        json_object_put(plan->steps[i].fallback);
    for (size_t i = 0; i < plan->n_undo; i++)
        json_object_put(plan->undo[i].arguments);
    storage_clear(plan);
    migrate_uri_clear(&plan->uri);
    free(plan->listen);
    free(plan->connect);
    *plan = (struct plan){0};
}

const struct plan_step *plan_find(const struct plan *plan, enum step_kind kind)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].kind == kind)
            return &plan->steps[i];
    return NULL;
}

struct json_object *plan_migrate_arguments(const struct plan *plan)
{
    CLEANUP(freep) char *text = NULL;

    if (plan->image)
        return json_object_get(plan_find(plan, STEP_MIGRATE)->arguments);
    text = plan->source_gets_fd ? strdup("fd:" URI_FDNAME)
                                : migrate_uri_text(&plan->uri);
    return text ? transport_arguments(text, plan->channels) : NULL;
}

struct json_object *plan_json(const struct plan *plan)
{
    struct json_object *rows = json_object_new_array();

    for (size_t i = 0; i < plan->n; i++) {
        const struct plan_step *step = &plan->steps[i];
        struct json_object *row = json_object_new_object();

        json_object_object_add(row, "peer",
                               json_object_new_string(side_name(step->side)));
        json_object_object_add(row, "execute",
                               json_object_new_string(step->execute));
        json_object_object_add(row, "arguments",
                               step->arguments
                                   ? json_object_get(step->arguments)
                                   : json_object_new_object());
        if (step->file)
            json_object_object_add(row, "fds", json_object_new_int(1));
        json_object_object_add(row, "why", json_object_new_string(step->why));
        json_object_array_add(rows, row);
    }
    return rows;
}
