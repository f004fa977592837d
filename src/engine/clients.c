/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SPICE clients that were told where the guest goes. The source's QEMU is what
 * they talk to until they have gone there, so it is not ended before
 * (SPICE_MIGRATE_COMPLETED, which comes at once where there are none).
 */
#include "engine/internal.h"

#include <string.h>

#define POLL_US (50 * INT64_C(1000))

void clients_learn(struct engine *e, const struct engine_event *ev)
{
    struct json_object *migrated = NULL;

    if (ev->err)
        e->clients_moved = true; /* there is no console, after all */
    json_object_object_get_ex(ev->object, "migrated", &migrated);
    if (json_object_get_boolean(migrated))
        e->clients_moved = true;
}

void clients_told(struct engine *e, const struct qmp_error *err)
{
    CLEANUP(freep) char *text = NULL;

    e->clients_told = !err;
    if (!err)
        return;
    if (asprintf(&text, "SPICE clients were not told where to go: %s",
                 err->msg) < 0)
        abort();
    act_warn(e, text);
}

bool clients_must_wait(struct engine *e)
{
    int64_t limit = e->config.deadlines.us[DEADLINE_clients];

    if (!e->clients_told || e->clients_moved || engine_source(e)->lost)
        return false;
    if (e->now >= e->entered + limit) {
        act_warn(e, "SPICE clients have not moved in time: those that are "
                    "left lose their console");
        e->clients_told = false;
        return false;
    }
    /* Events are hints. */
    if (e->poll_at < 0 || e->now >= e->poll_at) {
        act_send(e, QMIG_SIDE_SOURCE, "query-spice", NULL, TAG_CLIENTS,
                 e->config.deadlines.us[DEADLINE_answer]);
        e->poll_at = e->now + POLL_US;
    }
    return true;
}
