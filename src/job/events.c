/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The queue between what happens and the engine. */
#include "job/job.h"

#include <string.h>

struct pending_event {
    struct pending_event *next;
    struct engine_event ev; /* with references of its own */
};

static void free_event(struct pending_event *p)
{
    json_object_put(p->ev.object);
    qmp_error_free((struct qmp_error *)(uintptr_t)p->ev.err);
    free((char *)(uintptr_t)p->ev.name);
    free(p);
}

static void enqueue(struct qmig_migration *m, const struct engine_event *ev)
{
    struct pending_event *p = calloc(1, sizeof(*p));

    if (!p)
        abort(); /* an event must not get lost; recover goes on from here */
    p->ev = *ev;
    p->ev.object = json_object_get(ev->object);
    p->ev.err = qmp_error_copy(ev->err);
    p->ev.name = ev->name ? strdup(ev->name) : NULL;
    if (!m->first)
        m->last = &m->first;
    *m->last = p;
    m->last = &p->next;
}

void job_flush(struct qmig_migration *m)
{
    /* The source has more to read before RAM flows. Then the guest waits for
     * the destination's `cont`, and nobody for the figures that the source is
     * asked for in the same turn. */
    bool source_first = m->engine && engine_state(m->engine) == ENGINE_PREPARE;

    for (size_t i = 0; i < ARRAY_SIZE(m->client); i++) {
        struct qmp_client *c = m->client[source_first ? i : !i];

        if (c)
            qmp_client_flush(c);
    }
}

/* While QEMU is busy with RAM or disks there is time; a hold needs it before.
 */
static bool is_time_for_control(const struct qmig_migration *m)
{
    enum engine_state state = engine_state(m->engine);

    return state == ENGINE_PRECOPY || state == ENGINE_STORAGE ||
           (state == ENGINE_PREPARE && m->o.hold & QMIG_HOLD_PREPARED);
}

/* Whoever is to release it wants to know. */
static void tell_hold(struct qmig_migration *m)
{
    int64_t since;
    unsigned holding = m->ended ? 0 : engine_holding(m->engine, &since);

    if (holding == m->told_hold)
        return;
    m->told_hold = holding;
    if (holding)
        job_tell(m, "HOLDING");
    m->shown_us = INT64_MIN / 2; /* it is shown at once */
    job_show_progress(m, NULL);
}

void job_feed(struct qmig_migration *m, const struct engine_event *ev)
{
    if (!m->engine || m->ended)
        return;
    if (m->stepping) {
        enqueue(m, ev);
        return;
    }
    m->stepping = true;
    engine_step(m->engine, ev);
    job_act(m);
    while (m->first) {
        struct pending_event *p = m->first;

        m->first = p->next;
        if (!m->ended) {
            engine_step(m->engine, &p->ev);
            job_act(m);
        }
        free_event(p);
    }
    job_flush(m);
    m->stepping = false;
    if (!m->control_tried && !m->ended && !m->plan_only &&
        is_time_for_control(m)) {
        job_open_control(m);
        job_make_stats(m);
        job_prune(m);
    }
    tell_hold(m);
    if (!m->ended && engine_phase(m->engine) != m->shown_phase)
        job_show_progress(m, NULL);
}
