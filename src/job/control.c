/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands and events of the control socket. */
#include "job/job.h"

#include "error/errcode.h"
#include "plan/runtime.h"

#include <string.h>

void job_note_user(const struct qmig_migration *m, const char *action,
                   struct json_object *arguments)
{
    CLEANUP(json_putp) struct json_object *note = NULL;

    if (!m->transcript)
        return;
    note = json_object_new_object();
    json_object_object_add(note, "action", json_object_new_string(action));
    if (arguments)
        json_object_object_add(note, "arguments", json_object_get(arguments));
    qmp_transcript_note(m->transcript, qmp_now_us(), "user", note);
}

/* {"at","elapsed_ms","timeout_ms"}, if it waits to be released. */
static void add_hold(const struct qmig_migration *m, struct json_object *status,
                     int64_t now)
{
    int64_t since;
    const char *at = hold_name(engine_holding(m->engine, &since));
    struct json_object *hold = at ? json_object_new_object() : NULL;

    if (!at)
        return;
    json_object_object_add(hold, "at", json_object_new_string(at));
    json_object_object_add(hold, "elapsed_ms",
                           json_object_new_int64((now - since) / 1000));
    json_object_object_add(
        hold, "timeout_ms",
        json_object_new_int64(m->deadlines.us[DEADLINE_hold] / 1000));
    json_object_object_add(status, "holding", hold);
}

static struct json_object *status_json(const struct qmig_migration *m)
{
    struct json_object *status = json_object_new_object();
    int64_t now = m->end_us ? m->end_us : qmp_now_us();

    json_object_object_add(status, "id", json_object_new_string(m->id));
    json_object_object_add(
        status, "phase",
        json_object_new_string(phase_name(engine_phase(m->engine))));
    json_object_object_add(
        status, "state",
        json_object_new_string(engine_state_name(engine_state(m->engine))));
    json_object_object_add(status, "elapsed_ms",
                           json_object_new_int64((now - m->start_us) / 1000));
    json_object_object_add(status, "source",
                           json_object_new_string(m->addr[QMIG_SIDE_SOURCE]));
    json_object_object_add(status, "destination",
                           json_object_new_string(m->addr[QMIG_SIDE_DEST]));
    add_hold(m, status, now);
    if (m->shown_info)
        json_object_object_add(status, "migration",
                               json_object_get(m->shown_info));
    return status;
}

static int cmd_status(struct qmig_migration *m,
                      struct json_object *arguments UNUSED,
                      struct json_object **ret, struct qmp_error **errp UNUSED)
{
    *ret = status_json(m);
    return 0;
}

static int cmd_cancel(struct qmig_migration *m,
                      struct json_object *arguments UNUSED,
                      struct json_object **ret UNUSED, struct qmp_error **errp)
{
    enum engine_state state = engine_state(m->engine);

    if (state == ENGINE_POSTCOPY || state == ENGINE_FINISH ||
        state == ENGINE_CONFIRM)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "too late to cancel: the guest is the destination's");
    qmig_migration_cancel(m);
    return 0;
}

static int cmd_postcopy(struct qmig_migration *m,
                        struct json_object *arguments UNUSED,
                        struct json_object **ret UNUSED,
                        struct qmp_error **errp)
{
    if (!(m->flags & QMIG_POSTCOPY))
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "post-copy was not allowed (flag 'postcopy')");
    qmig_migration_postcopy(m);
    return 0;
}

static int cmd_switchover(struct qmig_migration *m,
                          struct json_object *arguments UNUSED,
                          struct json_object **ret UNUSED,
                          struct qmp_error **errp)
{
    enum engine_state state = engine_state(m->engine);

    if (state != ENGINE_PREPARE && state != ENGINE_STORAGE &&
        state != ENGINE_PRECOPY && state != ENGINE_SWITCHOVER)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "there is nothing to switch over (state '%s')",
                        engine_state_name(state));
    qmig_migration_switchover(m);
    return 0;
}

static int cmd_set_parameters(struct qmig_migration *m,
                              struct json_object *arguments,
                              struct json_object **ret UNUSED,
                              struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *parameters = NULL;
    enum engine_state state = engine_state(m->engine);

    if (state != ENGINE_STORAGE && state != ENGINE_PRECOPY &&
        state != ENGINE_POSTCOPY)
        return qmp_fail(errp, QMIG_ERR_USAGE, "nothing flows (state '%s')",
                        engine_state_name(state));
    if (runtime_parameters(arguments, &parameters, errp) < 0)
        return -1;
    job_note_user(m, "set", arguments);
    job_feed(m, &(struct engine_event){.kind = EV_TUNE,
                                       .now = qmp_now_us(),
                                       .side = QMIG_SIDE_SOURCE,
                                       .object = parameters});
    return 0;
}

static int cmd_query_commands(struct qmig_migration *m,
                              struct json_object *arguments,
                              struct json_object **ret,
                              struct qmp_error **errp);

/* Sorted by name. */
static const struct {
    const char *name;
    int (*run)(struct qmig_migration *m, struct json_object *arguments,
               struct json_object **ret, struct qmp_error **errp);
} commands[] = {
    {"cancel", cmd_cancel},
    {"postcopy", cmd_postcopy},
    {"query-commands", cmd_query_commands},
    {"set-parameters", cmd_set_parameters},
    {"status", cmd_status},
    {"switchover", cmd_switchover},
};

static int cmd_query_commands(struct qmig_migration *m UNUSED,
                              struct json_object *arguments UNUSED,
                              struct json_object **ret,
                              struct qmp_error **errp UNUSED)
{
    *ret = json_object_new_array();
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        struct json_object *row = json_object_new_object();

        json_object_object_add(row, "name",
                               json_object_new_string(commands[i].name));
        json_object_array_add(*ret, row);
    }
    return 0;
}

static int on_command(const char *name, struct json_object *arguments,
                      struct json_object **ret, void *opaque,
                      struct qmp_error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(commands[i].name, name))
            return commands[i].run(opaque, arguments, ret, errp);
    return qmp_fail(errp, QMP_ERR_UNSUPPORTED,
                    "The command %s has not been found", name);
}

void job_open_control(struct qmig_migration *m)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    m->control_tried = true;
    m->control = control_open(m->dir, QMIGRATE_VERSION, on_command, m, &err);
    if (!m->control && m->o.warn)
        m->o.warn(err->msg, m->o.opaque);
}

void job_tell(struct qmig_migration *m, const char *event)
{
    CLEANUP(json_putp) struct json_object *data = NULL;

    if (!m->control)
        return;
    data = m->result.json ? json_object_get(m->result.json) : status_json(m);
    control_event(m->control, event, data);
}
