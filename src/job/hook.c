/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hook: a command of the user's that is called at the turns of a
 * migration. It runs beside the loop; what it writes goes to DIR/hook.log.
 */
#include "job/job.h"

#include "error/errcode.h"
#include "qmp/member.h"

#include <string.h>
#include <sys/stat.h>

/* Of what it said last, in an error. */
#define LAST_WORDS 200

static void tell_engine(struct qmig_migration *m, unsigned tag,
                        const struct qmp_error *err)
{
    job_feed(m, &(struct engine_event){
                    .kind = EV_HOOK_DONE,
                    .now = qmp_now_us(),
                    .side = QMIG_SIDE_CONTROLLER,
                    .tag = tag,
                    .err = err,
                });
}

static struct json_object *hook_json(const struct qmig_migration *m,
                                     const char *phase)
{
    const struct facts *source = engine_facts(m->engine, QMIG_SIDE_SOURCE);
    struct json_object *json = json_object_new_object();
    const char *name = job_guest_name(m);
    const char *uuid = job_guest_uuid(m);

    qmp_add_string(json, "phase", phase);
    qmp_add_string(json, "id", m->id);
    qmp_add_string(json, "name", name ? name : source->name);
    qmp_add_string(json, "uuid", uuid ? uuid : source->uuid);
    qmp_add_string(json, "source", m->addr[QMIG_SIDE_SOURCE]);
    qmp_add_string(json, "destination", m->addr[QMIG_SIDE_DEST]);
    qmp_add_string(json, "directory", m->dir);
    qmp_add_string(json, "transcript", m->transcript_path);
    if (engine_state(m->engine) == ENGINE_DONE)
        job_add_verdict(m, json);
    return json;
}

static off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) < 0 ? 0 : st.st_size;
}

static int start(struct qmig_migration *m, const char *phase,
                 struct qmp_error **errp)
{
    CLEANUP(freep) char *output = NULL;
    CLEANUP(json_putp) struct json_object *json = hook_json(m, phase);
    CLEANUP(closep) int input = child_hook_input(json, errp);

    if (input < 0)
        return -1;
    if (asprintf(&output, "%s/hook.log", m->dir) < 0) {
        output = NULL;
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    }
    m->hook.said = size_of(output);

    char **environment = job_environment(m, phase);
    int rc = child_start(&m->hook.child,
                         &(struct child_spec){
                             .command = m->hook_command,
                             .argument = phase,
                             .output = output,
                             .input = input,
                             .environment = (const char *const *)environment,
                         },
                         errp);
    job_free_environment(environment);
    if (rc < 0)
        return -1;
    if (m->hook.child.pidfd >= 0)
        return 0;
    child_kill(&m->hook.child, 0);
    child_release(&m->hook.child);
    return qmp_fail(errp, QMP_ERR_SYSTEM, "no descriptor of its process");
}

static void note(const struct qmig_migration *m, const char *what)
{
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();

    json_object_object_add(data, "phase",
                           json_object_new_string(m->hook.phase));
    if (what)
        json_object_object_add(data, "end", json_object_new_string(what));
    if (m->transcript)
        qmp_transcript_note(m->transcript, qmp_now_us(), "hook", data);
}

void job_start_hook(struct qmig_migration *m, const struct engine_action *a)
{
    CLEANUP(qmp_error_freep) struct qmp_error *why = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    job_end_hook(m);
    job_flush(m); /* QEMU may work while we start a process */
    m->hook.phase = a->name;
    note(m, NULL);
    if (start(m, a->name, &why) == 0) {
        m->hook.tag = a->tag;
        m->hook.deadline = a->deadline;
        return;
    }
    qmp_fail(&err, QMIG_ERR_HOOK, "hook '%s': %s", a->name, why->msg);
    tell_engine(m, a->tag, err);
}

/* What it wrote last, this time. */
static void quote(const struct hook_run *hook, struct qmp_error **errp)
{
    CLEANUP(freep) char *text = NULL;

    if (size_of(hook->child.output) <= hook->said)
        return;
    text = child_tail(&hook->child, LAST_WORDS);
    if (!text)
        return;
    const char *line = strrchr(text, '\n');
    qmp_hint(errp, "the hook said: %s", line ? line + 1 : text);
}

void job_check_hook(struct qmig_migration *m, int64_t now)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(freep) char *end = NULL;
    struct hook_run *hook = &m->hook;
    unsigned tag = hook->tag;

    if (!tag)
        return;
    if (child_ended(&hook->child)) {
        if (hook->child.status) {
            end = child_end_text(&hook->child);
            qmp_fail(&err, QMIG_ERR_HOOK, "hook '%s' %s", hook->phase,
                     end ? end : "failed");
        }
    } else if (now >= hook->deadline) {
        qmp_fail(&err, QMIG_ERR_HOOK,
                 "hook '%s' did not end within %.3g seconds", hook->phase,
                 (double)m->deadlines.us[DEADLINE_hook] / 1e6);
    } else {
        return;
    }
    if (err)
        quote(hook, &err);
    note(m, err ? err->msg : "well");
    job_end_hook(m);
    tell_engine(m, tag, err);
}

void job_end_hook(struct qmig_migration *m)
{
    if (!m->hook.tag)
        return;
    if (!child_ended(&m->hook.child))
        child_kill(&m->hook.child, 0);
    child_release(&m->hook.child);
    m->hook.tag = 0;
}
