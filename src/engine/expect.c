/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each side will be sent next, as far as that can be told: QEMU reads a
 * monitor byte by byte, and a command that was read beforehand costs the guest
 * nothing when it stands still (qmp_client_expect()). An expectation that is
 * wrong costs QEMU a refused command, and nothing else.
 */
#include "engine/internal.h"

#include <string.h>

/* A guest that never gets done makes each look at it withdraw what was
 * expected: no more of that in one migration. */
#define MAX_WRONG 3

/* It is the next command, and what it says is known. */
static bool migrate_is_known(const struct engine *e)
{
    const struct plan *plan = &e->plan;

    return migrate_is_next(e) &&
           (plan->uri.port || plan->uri.kind == URI_UNIX) &&
           !plan_find(plan, STEP_CLIENTS) && !plan_find(plan, STEP_STOP);
}

/* RAM is through before anybody asks how far it is. */
static bool is_nearly_through(const struct engine *e)
{
    struct json_object *ram = NULL;
    struct json_object *left = NULL;
    struct json_object *mbps = NULL;

    if (!e->info)
        return true;
    json_object_object_get_ex(e->info, "ram", &ram);
    json_object_object_get_ex(ram, "remaining", &left);
    json_object_object_get_ex(ram, "mbps", &mbps); /* 10^6 bits a second */
    return (double)json_object_get_int64(left) * 8 <
           json_object_get_double(mbps) * (double)hold_poll_us(e);
}

static bool switchover_is_next(const struct engine *e)
{
    return e->switchover_recorded && e->at_load_sent && !e->at_load &&
           !e->tuning && !e->lifting && !e->config.hooks && !e->config.hold &&
           !e->plan.n_copies && !e->postcopy_wanted && !e->postcopy_sent &&
           e->plan.return_path && is_nearly_through(e);
}

static void expect(struct engine *e, enum step_kind kind)
{
    const struct plan_step *step = plan_find(&e->plan, kind);
    CLEANUP(json_putp) struct json_object *arguments = NULL;

    if (!step || step->file)
        return;
    const struct peer *peer = &e->peer[step->side];
    if (peer->lost || peer->n_wrong > MAX_WRONG ||
        (peer->expected && !strcmp(peer->expected, step->execute)))
        return;
    arguments = kind == STEP_MIGRATE ? plan_migrate_arguments(&e->plan)
                                     : json_object_get(step->arguments);
    act_expect(e, step, arguments);
}

void expect_next(struct engine *e)
{
    if (e->plan.image || !e->plan.n)
        return;
    if (e->state == ENGINE_PREPARE && migrate_is_known(e)) {
        expect(e, STEP_MIGRATE);
    } else if (e->state == ENGINE_PRECOPY && switchover_is_next(e)) {
        if (!engine_source(e)->asking_info)
            expect(e, STEP_CONTINUE);
        expect(e, STEP_TAKEOVER);
    } else if (e->state == ENGINE_FINISH && e->word_asked &&
               !engine_source(e)->asking_info && !e->clients_told &&
               finish_has_figures(e)) {
        expect(e, STEP_QUIT);
    }
}
