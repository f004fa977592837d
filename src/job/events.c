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
    /* The guest waits for the destination's `cont`, nobody for the figures
     * that the source is asked for in the same turn. */
    for (size_t i = ARRAY_SIZE(m->client); i-- > 0;)
        if (m->client[i])
            qmp_client_flush(m->client[i]);
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
    /* Only now, while QEMU is busy with RAM: there is time. */
    if (!m->control_tried && !m->ended && !m->plan_only &&
        engine_state(m->engine) == ENGINE_PRECOPY)
        job_open_control(m);
    if (!m->ended && engine_phase(m->engine) != m->shown_phase)
        job_show_progress(m, NULL);
}
