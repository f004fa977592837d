/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The monitors: connecting, and what comes from them. */
#include "job/job.h"

#include "error/errcode.h"
#include "job/featcache.h"

#include <string.h>

/* Between two tries to reach the monitor of a QEMU that is starting (it
 * greets 24..130 ms after exec). */
#define CONNECT_RETRY_US (5 * INT64_C(1000))
/* From SIGTERM to SIGKILL. */
#define KILL_GRACE_MS 2000
/* From a process' closed socket to its end. */
#define LAST_BREATH_MS 100

static enum qmig_side side_of(const struct qmig_migration *m,
                              const struct qmp_client *c)
{
    return m->client[QMIG_SIDE_DEST] == c ? QMIG_SIDE_DEST : QMIG_SIDE_SOURCE;
}

static void on_ready(struct qmp_client *c, void *opaque)
{
    struct qmig_migration *m = opaque;
    enum qmig_side side = side_of(m, c);
    struct engine_event ev = {
        .kind = EV_READY,
        .now = qmp_now_us(),
        .side = side,
        .object = qmp_client_greeting(c),
        .oob = qmp_client_has_oob(c),
    };

    if (side == QMIG_SIDE_DEST) {
        free(m->features_key);
        m->features_key = featcache_key(c);
        if (m->features_key)
            featcache_get(m->state, m->features_key, &ev.known, &ev.features);
        m->features_known = ev.known;
        m->features = ev.features;
    }
    job_feed(m, &ev);
}

static void on_event(struct qmp_client *c, const char *name,
                     struct json_object *data, int64_t qemu_us UNUSED,
                     void *opaque)
{
    struct qmig_migration *m = opaque;

    job_feed(m, &(struct engine_event){
                    .kind = EV_EVENT,
                    .now = qmp_now_us(),
                    .side = side_of(m, c),
                    .name = name,
                    .object = data,
                });
}

static void lost(struct qmig_migration *m, enum qmig_side side,
                 const struct qmp_error *why)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(freep) char *end = NULL;

    /* A process of ours that ended badly says more than its closed socket. */
    if (side == QMIG_SIDE_DEST && child_wait(&m->child, LAST_BREATH_MS) &&
        (m->child.status || !why)) {
        end = child_end_text(&m->child);
        qmp_fail(&err, QMIG_ERR_DEST_EXEC, "'%s' %s", m->dest_exec,
                 end ? end : "ended");
    }
    job_feed(m, &(struct engine_event){
                    .kind = EV_LOST,
                    .now = qmp_now_us(),
                    .side = side,
                    .err = err ? err : why,
                });
}

static void on_closed(struct qmp_client *c, const struct qmp_error *why,
                      void *opaque)
{
    struct qmig_migration *m = opaque;

    if (m->transcript)
        qmp_transcript_closed(m->transcript, qmp_now_us(),
                              side_name(side_of(m, c)), why ? why->msg : NULL);
    if (why)
        lost(m, side_of(m, c), why);
}

static void on_trace(struct qmp_client *c, char dir, const char *text,
                     size_t len, int nfds, bool valid, void *opaque)
{
    struct qmig_migration *m = opaque;

    if (m->transcript)
        qmp_transcript_message(m->transcript, qmp_now_us(),
                               side_name(side_of(m, c)), dir, text, len, nfds,
                               valid);
}

/* 0, or -1 if it failed at once. */
static int try_connect(struct qmig_migration *m, enum qmig_side side,
                       struct qmp_error **errp)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr addr = {.fd = -1};
    struct qmp_client_options o = {
        /* The source may have to be freed by a yank. And only with oob does
         * QEMU read on while it carries out a command. */
        .in_order = true,
        .early = true, /* what comes before the greeting are questions */
        .connect_us = m->deadlines.us[DEADLINE_connect],
        .greeting_us = m->deadlines.us[DEADLINE_connect],
        .on =
            {
                .ready = on_ready,
                .event = on_event,
                .closed = on_closed,
                .trace = on_trace,
                .opaque = m,
            },
    };

    if (qmp_addr_parse(m->addr[side], &addr, errp) < 0)
        return -1;
    m->client[side] = qmp_client_new(&addr, &o, qmp_now_us(), errp);
    return m->client[side] ? 0 : -1;
}

void job_connect(struct qmig_migration *m, enum qmig_side side)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    if (try_connect(m, side, &err) < 0)
        lost(m, side, err);
}

char **job_environment(struct qmig_migration *m, const char *phase)
{
    const struct facts *source = engine_facts(m->engine, QMIG_SIDE_SOURCE);
    const char *asked = params_string(m->params, "destination_name");
    const char *name = job_guest_name(m) ? job_guest_name(m) : source->name;
    const char *uuid = job_guest_uuid(m) ? job_guest_uuid(m) : source->uuid;
    const struct {
        const char *name;
        const char *value;
    } table[] = {
        {"QMIGRATE_NAME", asked ? asked : name},
        {"QMIGRATE_UUID", uuid},
        {"QMIGRATE_XML", m->dest_xml_path},
        {"QMIGRATE_ID", m->id},
        {"QMIGRATE_PHASE", phase},
    };
    char **list = calloc(ARRAY_SIZE(table) + 1, sizeof(*list));
    size_t n = 0;

    for (size_t i = 0; list && i < ARRAY_SIZE(table); i++)
        if (table[i].value &&
            asprintf(&list[n], "%s=%s", table[i].name, table[i].value) >= 0)
            n++;
    return list;
}

void job_free_environment(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

void job_start_dest(struct qmig_migration *m)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(freep) char *output = NULL;
    char **environment = job_environment(m, NULL);
    int rc = -1;

    if (environment && asprintf(&output, "%s/dest.stderr", m->dir) >= 0)
        rc = child_start(&m->child,
                         &(struct child_spec){
                             .command = m->dest_exec,
                             .output = output,
                             .input = -1,
                             .environment = (const char *const *)environment,
                         },
                         &err);
    job_free_environment(environment);
    if (rc < 0) {
        if (!err)
            qmp_fail(&err, QMP_ERR_NOMEM, "out of memory");
        lost(m, QMIG_SIDE_DEST, err);
        return;
    }
    m->connect_until = qmp_now_us() + m->deadlines.us[DEADLINE_connect];
    m->connect_next = qmp_now_us() + CONNECT_RETRY_US;
}

void job_connect_again(struct qmig_migration *m, int64_t now)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    /* A command may end well and leave QEMU in the background. */
    bool failed = child_ended(&m->child) && m->child.status != 0;

    if (m->connect_next < 0 || (now < m->connect_next && !failed))
        return;
    m->connect_next = -1;
    if (failed) {
        lost(m, QMIG_SIDE_DEST, NULL);
        return;
    }
    if (try_connect(m, QMIG_SIDE_DEST, &err) == 0)
        return;
    if (now < m->connect_until)
        m->connect_next = now + CONNECT_RETRY_US;
    else
        lost(m, QMIG_SIDE_DEST, err);
}

void job_kill_dest(struct qmig_migration *m)
{
    m->connect_next = -1;
    child_kill(&m->child, KILL_GRACE_MS);
}
