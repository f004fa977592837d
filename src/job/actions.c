/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carrying out what the engine wants. */
#include "job/job.h"

#include "error/errcode.h"
#include "job/featcache.h"
#include "job/image.h"
#include "job/statedir.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

struct reply_context {
    struct qmig_migration *m;
    enum qmig_side side;
    unsigned tag;
};

static void on_reply(struct qmp_client *c UNUSED, struct json_object *ret,
                     const struct qmp_error *err, void *opaque)
{
    struct reply_context *r = opaque;

    /* A lost connection is told once, by its own event. */
    if (err && err->code != QMP_ERR_REFUSED && err->code != QMP_ERR_TIMEOUT)
        return;
    job_feed(r->m, &(struct engine_event){
                       .kind = EV_REPLY,
                       .now = qmp_now_us(),
                       .side = r->side,
                       .tag = r->tag,
                       .object = ret,
                       .err = err,
                   });
}

static void send_command(struct qmig_migration *m,
                         const struct engine_action *a)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct qmp_client *client = m->client[a->side];
    struct reply_context *r = malloc(sizeof(*r));
    CLEANUP(closep) int connection = -1; /* the client makes a duplicate */
    int rc = -1;

    if (!r)
        abort(); /* better than a migration that waits for ever */
    *r = (struct reply_context){m, a->side, a->tag};
    int fd = -1;
    if (client && a->file == STEP_CONNECTION)
        fd = connection = job_take_fd(m, a->side, &err);
    else if (a->file)
        fd = job_image_fd(m, a->file);
    if (client && !err)
        rc = qmp_client_submit(client,
                               &(struct qmp_command){
                                   .execute = a->name,
                                   .arguments = a->arguments,
                                   .oob = a->oob,
                                   .in_order = a->in_order,
                                   .fds = &fd,
                                   .nfds = a->file ? 1 : 0,
                                   .deadline_us = a->deadline,
                                   .done = on_reply,
                                   .free = free,
                                   .opaque = r,
                               },
                               NULL, &err);
    if (rc == 0)
        return;
    free(r);
    if (err && err->code == QMP_ERR_CLOSED)
        return; /* the engine knows, or will at once */
    job_feed(m, &(struct engine_event){
                    .kind = EV_REPLY,
                    .now = qmp_now_us(),
                    .side = a->side,
                    .tag = a->tag,
                    .err = err,
                });
}

/* It only saves time: that it failed is of no consequence. */
static void expect_command(struct qmig_migration *m,
                           const struct engine_action *a)
{
    if (m->client[a->side])
        qmp_client_expect(m->client[a->side],
                          &(struct qmp_command){.execute = a->name,
                                                .arguments = a->arguments,
                                                .in_order = a->in_order},
                          NULL);
}

/* A monitor's address as it is found from any directory; NULL: no memory. */
static char *absolute_addr(const char *text)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr addr = {.fd = -1};
    CLEANUP(freep) char *cwd = NULL;
    char *absolute = NULL;

    if (qmp_addr_parse(text, &addr, NULL) < 0 || addr.kind != QMP_ADDR_UNIX ||
        *addr.path == '/' || !(cwd = getcwd(NULL, 0)))
        return strdup(text);
    const char *path = addr.path;
    while (!strncmp(path, "./", 2))
        path += 2;
    if (asprintf(&absolute, "unix:%s/%s", cwd, path) < 0)
        return NULL;
    return absolute;
}

/* Which guest is it? By uuid, else name, else by the monitor. */
static const char *guest_key(struct qmig_migration *m, const char *source_addr)
{
    const struct facts *source =
        m->engine ? engine_facts(m->engine, QMIG_SIDE_SOURCE) : NULL;

    if (source && source->uuid)
        return source->uuid;
    if (job_guest_uuid(m) || !source)
        return job_guest_uuid(m);
    if (m->image && !m->image->plan.save)
        return job_image_guest(m);
    return source->name ? source->name : source_addr;
}

/* Which migration it is; then what the engine says of it. */
static struct json_object *begin_record(struct qmig_migration *m,
                                        struct json_object *plan,
                                        const char *guest, char *const addr[2])
{
    const char *name =
        m->engine ? engine_facts(m->engine, QMIG_SIDE_SOURCE)->name : NULL;
    struct json_object *data = json_object_new_object();
    const struct {
        const char *name;
        const char *value;
    } members[] = {
        {"program", "qmigrate " QMIGRATE_VERSION},
        {"id", m->id},
        {"guest", guest},
        {"name", name ? name : job_guest_name(m)},
        {"source", addr[QMIG_SIDE_SOURCE]},
        {"destination", addr[QMIG_SIDE_DEST]},
        {"dest_exec", m->dest_exec},
        {"hook", m->hook_command},
    };

    json_object_object_add(data, "journal",
                           json_object_new_int(JOURNAL_VERSION));
    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        if (members[i].value)
            json_object_object_add(data, members[i].name,
                                   json_object_new_string(members[i].value));
    job_image_add_begin(m, data);
    if (m->child.pid > 0)
        json_object_object_add(data, "dest_pid",
                               json_object_new_int64(m->child.pid));
    json_object_object_foreach(plan, member, value)
    {
        json_object_object_add(data, member, json_object_get(value));
    }
    return data;
}

int job_begin_journal(struct qmig_migration *m, struct json_object *plan,
                      bool sync, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *data = NULL;
    const char *const *given = (const char *const *)m->addr;
    CLEANUP(freep) char *source = given[0] ? absolute_addr(given[0]) : NULL;
    CLEANUP(freep) char *dest = given[1] ? absolute_addr(given[1]) : NULL;

    if ((given[0] && !source) || (given[1] && !dest))
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    const char *guest = guest_key(m, source);
    m->lock = statedir_lock(m->state, guest, m->id, errp);
    if (m->lock < 0)
        return -1;
    data = begin_record(m, plan, guest, (char *const[]){source, dest});
    if (job_save_stores(m, data, errp) < 0)
        return -1;
    return journal_write(m->journal, "begin", data, sync, errp);
}

static void note(struct qmig_migration *m, const char *name,
                 struct json_object *members)
{
    if (m->transcript)
        qmp_transcript_note(m->transcript, qmp_now_us(), name, members);
}

static void note_record(struct qmig_migration *m, const char *record)
{
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();

    json_object_object_add(data, "record", json_object_new_string(record));
    note(m, "journal", data);
}

static bool write_record(struct qmig_migration *m,
                         const struct engine_action *a)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    int rc;

    job_flush(m); /* QEMU may work while the disk does */
    rc = strcmp(a->name, "begin")
             ? journal_write(m->journal, a->name, a->arguments, a->sync, &err)
             : job_begin_journal(m, a->arguments, a->sync, &err);

    if (rc == 0) {
        note_record(m, a->name);
        return true;
    }
    job_feed(m, &(struct engine_event){
                    .kind = EV_JOURNAL_FAILED,
                    .now = qmp_now_us(),
                    .name = a->name,
                    .err = err,
                });
    return false;
}

void job_warn(struct qmig_migration *m, const char *text)
{
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();

    json_object_object_add(data, "message", json_object_new_string(text));
    note(m, "warning", data);
    if (m->o.warn)
        m->o.warn(text, m->o.opaque);
}

static void tell_store_done(struct qmig_migration *m, enum move_step step,
                            const struct qmp_error *err)
{
    job_feed(m, &(struct engine_event){
                    .kind = EV_STORE_DONE,
                    .now = qmp_now_us(),
                    .side = QMIG_SIDE_CONTROLLER,
                    .tag = step,
                    .err = err,
                });
}

/* What this QEMU was found to have is remembered for the next migration. */
static void remember_features(struct qmig_migration *m)
{
    const struct facts *dest = engine_facts(m->engine, QMIG_SIDE_DEST);

    if (!m->features_key)
        return;
    if (m->features_known != dest->known || m->features != dest->features)
        featcache_put(m->state, m->features_key, dest->known, dest->features);
    free(m->features_key);
    m->features_key = NULL;
}

/* A process that is gone has left nothing. */
static bool is_gone(const char *text)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr addr = {.fd = -1};
    CLEANUP(closep) int fd = -1;
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    if (qmp_addr_parse(text, &addr, NULL) < 0 || addr.kind != QMP_ADDR_UNIX ||
        strlen(addr.path) >= sizeof(un.sun_path))
        return false;
    strcpy(un.sun_path, addr.path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd >= 0 &&
           connect(fd, (const struct sockaddr *)&un, sizeof(un)) < 0 &&
           (errno == ENOENT || errno == ECONNREFUSED);
}

static bool has_left(const struct qmig_migration *m,
                     const struct engine_verdict *v)
{
    for (int side = 0; side < 2; side++)
        if (v->left[side] && !is_gone(m->addr[side]))
            return true;
    return false;
}

void job_prune(struct qmig_migration *m)
{
    if (!m->pruned)
        statedir_prune(m->state, statedir_keep_days(), false);
    m->pruned = true;
}

static void end(struct qmig_migration *m)
{
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();
    static const char *const owners[] = {
        [QMIG_OWNER_SOURCE] = "source",
        [QMIG_OWNER_DEST] = "destination",
        [QMIG_OWNER_UNDECIDED] = "undecided",
    };

    struct engine_verdict verdict = engine_verdict(m->engine);

    m->end_us = qmp_now_us();
    remember_features(m);
    job_end_channel(m);
    json_object_object_add(
        data, "owner",
        json_object_new_string(verdict.outcome == QMIG_POSTCOPY_PAUSED
                                   ? "split"
                                   : owners[verdict.owner]));
    if (has_left(m, &verdict))
        json_object_object_add(data, "left", json_object_new_boolean(true));
    if (m->journal)
        journal_write(m->journal, "end", data, false, NULL);
    if (m->journal)
        job_prune(m);
    m->ended = true;
}

void job_act(struct qmig_migration *m)
{
    size_t n;
    const struct engine_action *actions = engine_actions(m->engine, &n);

    for (size_t i = 0; i < n; i++) {
        const struct engine_action *a = &actions[i];

        switch (a->kind) {
        case ACT_CONNECT:
            job_connect(m, a->side);
            break;
        case ACT_START_DEST:
            job_start_dest(m);
            break;
        case ACT_SEND:
            send_command(m, a);
            break;
        case ACT_EXPECT:
            expect_command(m, a);
            break;
        case ACT_JOURNAL:
            if (!write_record(m, a))
                return; /* what follows the record must not happen */
            break;
        case ACT_NOTE:
            note(m, a->name, a->arguments);
            break;
        case ACT_WARN:
            job_warn(m, a->text);
            break;
        case ACT_PROGRESS:
            job_show_progress(m, a->arguments);
            break;
        case ACT_KILL_DEST:
            job_kill_dest(m);
            break;
        case ACT_FILE:
            if (!job_image_act(m, (enum file_step)a->tag))
                return;
            break;
        case ACT_CHANNEL:
            job_open_channel(m, a->arguments);
            break;
        case ACT_CHANNEL_CLOSE:
            job_close_channel(m);
            break;
        case ACT_HOOK:
            job_start_hook(m, a);
            break;
        case ACT_STORE:
            job_start_store(m, (enum move_step)a->tag, a->deadline,
                            tell_store_done);
            break;
        case ACT_END:
            end(m);
            break;
        }
    }
}
