/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hook, when it is recover that ends a migration: told of `committed`,
 * `finished` and `failed` as migrate does it. Nothing can be refused any more,
 * so a hook that fails is only reported. Who was killed may have told a phase
 * already: a hook hears of each at least once.
 */
#include "recover/session.h"

#include "error/errcode.h"
#include "job/child.h"
#include "qmp/member.h"
#include "qmp/sync.h"

#include <string.h>

#define HOOK_MS       10000
#define MAX_VARIABLES 5

static struct json_object *hook_json(const struct session *s, const char *phase)
{
    struct json_object *json = json_object_new_object();
    bool failed = !strcmp(phase, "failed");

    qmp_add_string(json, "phase", phase);
    qmp_add_string(json, "id", s->past.id);
    qmp_add_string(json, "name", s->past.name);
    qmp_add_string(json, "uuid", s->past.guest);
    qmp_add_string(json, "source", s->past.addr[QMIG_SIDE_SOURCE]);
    qmp_add_string(json, "destination", s->past.addr[QMIG_SIDE_DEST]);
    qmp_add_string(json, "directory", s->dir);
    qmp_add_string(json, "by", "recover");
    if (strcmp(phase, "committed") != 0) {
        qmp_add_string(json, "result", failed ? "failed" : "completed");
        qmp_add_string(json, "owner", failed ? "source" : "destination");
    }
    return json;
}

static void set_variable(char *list[MAX_VARIABLES], const char *name,
                         const char *value)
{
    size_t n = 0;

    while (list[n])
        n++;
    if (value && asprintf(&list[n], "%s=%s", name, value) < 0)
        list[n] = NULL;
}

/* 0: it ended, well or not. */
static int run(const struct session *s, const char *phase, struct child *child,
               struct qmp_error **errp)
{
    char *environment[MAX_VARIABLES] = {NULL};
    CLEANUP(freep) char *output = NULL;
    CLEANUP(json_putp) struct json_object *json = hook_json(s, phase);
    CLEANUP(closep) int input = child_hook_input(json, errp);

    if (input < 0)
        return -1;
    if (asprintf(&output, "%s/hook.log", s->dir) < 0) {
        output = NULL;
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    }
    set_variable(environment, "QMIGRATE_NAME", s->past.name);
    set_variable(environment, "QMIGRATE_UUID", s->past.guest);
    set_variable(environment, "QMIGRATE_ID", s->past.id);
    set_variable(environment, "QMIGRATE_PHASE", phase);
    int rc = child_start(child,
                         &(struct child_spec){
                             .command = s->hook,
                             .argument = phase,
                             .output = output,
                             .input = input,
                             .environment = (const char *const *)environment,
                         },
                         errp);
    for (size_t i = 0; i < MAX_VARIABLES; i++)
        free(environment[i]);
    if (rc < 0)
        return -1;
    if (child_wait(child, HOOK_MS))
        return 0;
    child_kill(child, 0);
    return qmp_fail(errp, QMIG_ERR_HOOK, "did not end within %d seconds",
                    HOOK_MS / 1000);
}

void session_tell_hook(struct session *s, const char *phase)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(freep) char *end = NULL;
    struct child child = {.pidfd = -1};

    if (!s->hook || !*s->hook)
        return;
    if (run(s, phase, &child, &err) < 0)
        session_say(s->done, "hook '%s' failed: %s", phase, err->msg);
    else if (child.status)
        session_say(s->done, "hook '%s' failed: it %s", phase,
                    (end = child_end_text(&child)));
    else
        session_say(s->done, "hook '%s' was called", phase);
    child_release(&child);
}
