/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/storage.h"

#include "error/errcode.h"
#include "plan/tls.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

/* QEMU's node names have at most 31 bytes. */
#define ID_MAX 31

bool storage_is_wanted(const struct plan_input *in)
{
    return in->flags & (QMIG_NON_SHARED_DISK | QMIG_NON_SHARED_INC);
}

int storage_check_cache(const struct plan_input *in, const struct facts *dest,
                        struct qmp_error **errp)
{
    bool old = in->n_disks && atoi(dest->version) < 4;

    if ((in->flags & QMIG_UNSAFE) || !old || plan_same_host(in))
        return 0;
    for (size_t i = 0; i < in->n_disks; i++)
        if (in->disks[i].caches) {
            /* The wording is libvirt's. */
            qmp_fail(errp, QMIG_ERR_UNSAFE,
                     "Migration may lead to data corruption if disks use cache "
                     "other than none or directsync: disk '%s'",
                     in->disks[i].target);
            return qmp_hint(errp, "use cache='none', or say 'unsafe'");
        }
    return 0;
}

void storage_clear(struct plan *plan)
{
    for (size_t i = 0; i < plan->n_copies; i++) {
        free(plan->copies[i].name);
        free(plan->copies[i].id);
        free(plan->copies[i].node);
        free(plan->copies[i].dest_node);
    }
    free(plan->copies);
    free(plan->disks_listen);
    migrate_uri_clear(&plan->disks_uri);
}

/* CHOICE */

static bool is_listed(const struct plan_input *in, const char *param,
                      const char *name)
{
    const char *const *values = NULL;
    size_t n = params_strings(in->params, param, &values);

    for (size_t i = 0; i < n; i++)
        if (!strcmp(values[i], name))
            return true;
    return false;
}

/* "qmigrate-vda"; a name that QEMU would not take for a node, or that is too
 * long, is replaced by a number. NULL: no memory. */
static char *make_id(const char *name, size_t number)
{
    bool good = strlen(STORAGE_PREFIX) + strlen(name) <= ID_MAX;
    char *id = NULL;

    for (const char *c = name; *c; c++)
        good = good && (isalnum((unsigned char)*c) || strchr("-._", *c));
    if ((good ? asprintf(&id, STORAGE_PREFIX "%s", name)
              : asprintf(&id, STORAGE_PREFIX "disk.%zu", number)) < 0)
        return NULL;
    return id;
}

static struct json_object *find_pair(struct json_object *from,
                                     const struct facts *dest, const char *name,
                                     const char *alias)
{
    struct json_object *to = disk_find(dest->block, name, alias);
    struct json_object *path = NULL;

    if (to || !json_object_object_get_ex(from, "qdev", &path) || !path)
        return to;
    return disk_find(dest->block, json_object_get_string(path), NULL);
}

static int not_found(const char *name, struct json_object *block,
                     struct qmp_error **errp)
{
    CLEANUP(freep) char *names = disk_names(block);

    /* The wording is libvirt's. */
    qmp_fail(errp, QMIG_ERR_DISK, "disk target %s not found", name);
    return qmp_hint(errp, "this QEMU's disks: %s", names ? names : "?");
}

struct choice {
    struct plan *plan;
    const struct plan_input *in;
    const struct facts *source, *dest;
    enum qmig_side *side;
    char **warnings;
};

static int choose_one(const struct choice *c, const char *name,
                      const char *alias, struct json_object *from,
                      struct qmp_error **errp)
{
    struct plan *plan = c->plan;
    struct plan_copy *copy = &plan->copies[plan->n_copies];

    if (plan->n_copies == PLAN_MAX_COPIES)
        return qmp_fail(errp, QMIG_ERR_DISK,
                        "more than %d disks are to be copied", PLAN_MAX_COPIES);
    *copy = (struct plan_copy){
        .name = strdup(name),
        .id = make_id(name, plan->n_copies),
        .detect_zeroes = is_listed(c->in, "migrate_disks_detect_zeroes", name),
    };
    plan->n_copies++;
    if (!copy->name || !copy->id)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");

    *c->side = QMIG_SIDE_SOURCE;
    if (!from)
        return not_found(name, c->source->block, errp);
    struct json_object *to = find_pair(from, c->dest, name, alias);
    *c->side = QMIG_SIDE_DEST;
    if (!to)
        return not_found(name, c->dest->block, errp);
    if (disk_check(copy, c->in, from, to, c->side, c->warnings, errp) < 0)
        return -1;
    copy->node = strdup(disk_node(from));
    copy->dest_node = strdup(disk_node(to));
    return copy->node && copy->dest_node
               ? 0
               : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

static const struct plan_disk *xml_disk(const struct plan_input *in,
                                        const char *target)
{
    for (size_t i = 0; i < in->n_disks; i++)
        if (!strcmp(in->disks[i].target, target))
            return &in->disks[i];
    return NULL;
}

static int choose_named(const struct choice *c, const char *const *names,
                        size_t n, struct qmp_error **errp)
{
    for (size_t i = 0; i < n; i++) {
        const struct plan_disk *d = xml_disk(c->in, names[i]);
        const char *alias = d ? d->alias : NULL;

        if (choose_one(c, names[i], alias,
                       disk_find(c->source->block, names[i], alias), errp) < 0)
            return -1;
    }
    return 0;
}

/* libvirt's rule: all that are neither shared nor read-only, and have a
 * medium. */
static int choose_from_xml(const struct choice *c, struct qmp_error **errp)
{
    for (size_t i = 0; i < c->in->n_disks; i++) {
        const struct plan_disk *d = &c->in->disks[i];

        if (d->readonly || d->shareable || d->empty)
            continue;
        if (choose_one(c, d->target, d->alias,
                       disk_find(c->source->block, d->target, d->alias),
                       errp) < 0)
            return -1;
    }
    return 0;
}

/* Without a domain XML nobody says which are shared. */
static int choose_from_qemu(const struct choice *c, struct qmp_error **errp)
{
    for (size_t i = 0; i < json_object_array_length(c->source->block); i++) {
        struct json_object *row =
            json_object_array_get_idx(c->source->block, i);
        CLEANUP(freep) char *name = disk_name(row);

        if (disk_is_copied_by_default(row) &&
            choose_one(c, name, NULL, row, errp) < 0)
            return -1;
    }
    return 0;
}

/* A node can be mirrored once, and an image written by one. */
static int check_distinct(const struct plan *plan, struct qmp_error **errp)
{
    for (size_t i = 0; i < plan->n_copies; i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(plan->copies[i].node, plan->copies[j].node) ||
                !strcmp(plan->copies[i].dest_node, plan->copies[j].dest_node) ||
                !strcmp(plan->copies[i].id, plan->copies[j].id))
                return qmp_fail(errp, QMIG_ERR_DISK,
                                "'%s' and '%s' are the same disk",
                                plan->copies[j].name, plan->copies[i].name);
    return 0;
}

/* What is asked of a disk that is not copied would be ignored. */
static int check_zeroes(const struct choice *c, struct qmp_error **errp)
{
    const char *const *names = NULL;
    size_t n =
        params_strings(c->in->params, "migrate_disks_detect_zeroes", &names);

    for (size_t i = 0; i < n; i++) {
        bool found = false;

        for (size_t j = 0; j < c->plan->n_copies; j++)
            found = found || !strcmp(c->plan->copies[j].name, names[i]);
        if (!found && !disk_find(c->source->block, names[i], NULL) &&
            !xml_disk(c->in, names[i]))
            return not_found(names[i], c->source->block, errp);
        if (found)
            continue;
        qmp_fail(errp, QMIG_ERR_DISK,
                 "migrate_disks_detect_zeroes: disk '%s' is not one of those "
                 "that are copied",
                 names[i]);
        return qmp_hint(errp, "name it in migrate_disks as well, or leave it "
                              "out");
    }
    return 0;
}

/* A mirror of ours that nobody has ended, or one of somebody else's. */
static int check_jobs(const struct facts *source, struct qmp_error **errp)
{
    struct json_object *name = NULL;

    if (!json_object_array_length(source->block_jobs))
        return 0;
    json_object_object_get_ex(json_object_array_get_idx(source->block_jobs, 0),
                              "device", &name);
    const char *text = name ? json_object_get_string(name) : "";
    /* The wording is libvirt's. */
    qmp_fail(errp, QMIG_ERR_BLOCKED, "domain has active block job ('%s')",
             text);
    return qmp_hint(errp, strncmp(text, STORAGE_PREFIX, strlen(STORAGE_PREFIX))
                              ? "wait for its end, or cancel it"
                              : "an interrupted migration has left it: "
                                "'recover' removes it");
}

/* Where the source finds the exports, and where they are served. */
static int choose_address(struct plan *plan, const struct plan_input *in,
                          struct qmp_error **errp)
{
    const char *given = params_string(in->params, "disks_uri");
    int port = 0;

    if (given) {
        if (migrate_uri_parse(given, &plan->disks_uri, errp) < 0)
            return qmp_prefix(errp, "parameter 'disks_uri'");
        plan->disks_listen =
            strdup(plan->disks_uri.host ? plan->disks_uri.host : "");
    } else {
        if (!plan->uri.host) { /* RAM goes by a file or a socket */
            if (plan_choose_uri(in, &plan->disks_uri, errp) < 0)
                return -1;
        } else {
            plan->disks_uri = (struct migrate_uri){
                .kind = URI_TCP,
                .host = strdup(plan->uri.host),
            };
        }
        if (!plan->disks_uri.host)
            return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        params_int(in->params, "disks_port", &port);
        plan->disks_port_free = !port;
        plan->disks_uri.port = port ? port : PLAN_PORT_MIN;
        plan->disks_listen = strdup(plan_listen_host(
            &plan->disks_uri, params_string(in->params, "listen_address")));
    }
    return plan->disks_listen ? 0
                              : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

int storage_choose(struct plan *plan, const struct plan_input *in,
                   const struct facts *source, const struct facts *dest,
                   enum qmig_side *side, char **warnings,
                   struct qmp_error **errp)
{
    struct choice c = {plan, in, source, dest, side, warnings};
    const char *const *names = NULL;
    size_t n = params_strings(in->params, "migrate_disks", &names);

    if (!storage_is_wanted(in))
        return 0;
    *side = QMIG_SIDE_SOURCE;
    if (check_jobs(source, errp) < 0)
        return -1;
    plan->copies = calloc(PLAN_MAX_COPIES, sizeof(*plan->copies));
    if (!plan->copies)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    if ((n           ? choose_named(&c, names, n, errp)
         : in->disks ? choose_from_xml(&c, errp)
                     : choose_from_qemu(&c, errp)) < 0)
        return -1;
    *side = QMIG_SIDE_SOURCE;
    if (check_distinct(plan, errp) < 0 || check_zeroes(&c, errp) < 0)
        return -1;
    if (plan->n_copies && !plan->pauses)
        return qmp_fail(errp, QMIG_ERR_CAPABILITY,
                        "no capability 'pause-before-switchover': there is no "
                        "instant at which source and copy are the same");
    *side = QMIG_SIDE_CONTROLLER;
    return plan->n_copies ? choose_address(plan, in, errp) : 0;
}

/* STEPS */

static void put(struct json_object *object, const char *name, const char *value)
{
    json_object_object_add(object, name, json_object_new_string(value));
}

static struct json_object *one(const char *name, const char *value)
{
    struct json_object *object = json_object_new_object();

    put(object, name, value);
    return object;
}

static void put_port(struct json_object *inet, int port)
{
    char text[16];

    snprintf(text, sizeof(text), "%d", port);
    put(inet, "port", text);
}

/* As nbd-server-start wants it (SocketAddressLegacy). */
static struct json_object *server_address(const struct plan *plan)
{
    bool local = plan->disks_uri.kind == URI_UNIX;
    struct json_object *addr = one("type", local ? "unix" : "inet");
    struct json_object *data = json_object_new_object();

    if (local) {
        put(data, "path", plan->disks_uri.path);
    } else {
        put(data, "host", plan->disks_listen);
        put_port(data, plan->disks_uri.port);
    }
    json_object_object_add(addr, "data", data);
    return addr;
}

static struct json_object *server_arguments(const struct plan *plan,
                                            const struct plan_input *in)
{
    struct json_object *o = json_object_new_object();
    const char *authz = in->tls.authz_identity ? TLS_AUTHZ_ID : in->tls.authz;

    json_object_object_add(o, "addr", server_address(plan));
    if (in->flags & QMIG_TLS) {
        put(o, "tls-creds", TLS_CREDS_ID);
        if (authz)
            put(o, "tls-authz", authz);
    }
    return o;
}

static struct json_object *export_arguments(const struct plan_copy *copy)
{
    struct json_object *o = one("type", "nbd");

    put(o, "id", copy->id);
    put(o, "node-name", copy->dest_node);
    put(o, "name", copy->id);
    json_object_object_add(o, "writable", json_object_new_boolean(true));
    return o;
}

/* nbd-server-add, before QEMU 5.2. */
static struct json_object *old_export_arguments(const struct plan_copy *copy)
{
    struct json_object *o = one("device", copy->dest_node);

    put(o, "name", copy->id);
    json_object_object_add(o, "writable", json_object_new_boolean(true));
    return o;
}

void storage_add_exports(struct plan *plan, const struct plan_input *in,
                         const struct facts *dest)
{
    int known = facts_feature(dest, FEATURE_BLOCK_EXPORT);

    if (!plan->n_copies)
        return;
    plan_add(plan, STEP_SERVER, QMIG_SIDE_DEST, QMIG_PHASE_PREPARE,
             "nbd-server-start", server_arguments(plan, in),
             plan->disks_port_free
                 ? "serve disks to the source (port: the first free one)"
                 : "serve disks to the source");
    for (size_t i = 0; i < plan->n_copies; i++) {
        const struct plan_copy *copy = &plan->copies[i];
        struct plan_step *step = plan_add(
            plan, STEP_EXPORT, QMIG_SIDE_DEST, QMIG_PHASE_PREPARE,
            known ? "block-export-add" : "nbd-server-add",
            known ? export_arguments(copy) : old_export_arguments(copy),
            "the image that a disk is copied to");

        if (known) {
            step->tries = FEATURE_BLOCK_EXPORT;
            step->fallback_execute = "nbd-server-add";
            step->fallback = old_export_arguments(copy);
        }
    }
}

static struct json_object *client_arguments(const struct plan *plan,
                                            const struct plan_input *in,
                                            const struct plan_copy *copy)
{
    bool local = plan->disks_uri.kind == URI_UNIX;
    const char *name = params_string(in->params, "tls.destination");
    struct json_object *o = one("driver", "nbd");
    struct json_object *server = one("type", local ? "unix" : "inet");

    if (local) {
        put(server, "path", plan->disks_uri.path);
    } else {
        put(server, "host", plan->disks_uri.host);
        put_port(server, plan->disks_uri.port);
    }
    put(o, "node-name", copy->id);
    json_object_object_add(o, "server", server);
    put(o, "export", copy->id);
    if (in->flags & QMIG_TLS) {
        put(o, "tls-creds", TLS_CREDS_ID);
        if (name)
            put(o, "tls-hostname", name);
    }
    if (copy->detect_zeroes) {
        put(o, "discard", "unmap");
        put(o, "detect-zeroes", "unmap");
    }
    return o;
}

static uint64_t speed_of(const struct plan_input *in)
{
    unsigned long long mib = 0;

    /* Its range was checked: it fits. */
    return params_ullong(in->params, "bandwidth", &mib) ? mib << 20 : 0;
}

static struct json_object *mirror_arguments(const struct plan_input *in,
                                            const struct plan_copy *copy)
{
    struct json_object *o = one("job-id", copy->id);
    uint64_t speed = speed_of(in);

    put(o, "device", copy->node);
    put(o, "target", copy->id);
    put(o, "sync", in->flags & QMIG_NON_SHARED_INC ? "top" : "full");
    if (in->flags & QMIG_NON_SHARED_SYNCHRONOUS_WRITES)
        put(o, "copy-mode", "write-blocking");
    if (speed)
        json_object_object_add(o, "speed",
                               json_object_new_int64((int64_t)speed));
    return o;
}

void storage_add_mirrors(struct plan *plan, const struct plan_input *in)
{
    for (size_t i = 0; i < plan->n_copies; i++) {
        const struct plan_copy *copy = &plan->copies[i];

        plan_add(plan, STEP_MIRROR, QMIG_SIDE_SOURCE, QMIG_PHASE_PERFORM,
                 "blockdev-add", client_arguments(plan, in, copy),
                 "the destination's image");
        plan_add(plan, STEP_MIRROR, QMIG_SIDE_SOURCE, QMIG_PHASE_PERFORM,
                 "blockdev-mirror", mirror_arguments(in, copy),
                 "copy the disk; then wait until it is ready");
    }
}

void storage_add_end(struct plan *plan)
{
    for (size_t i = 0; i < plan->n_copies; i++)
        plan_add(plan, STEP_MIRROR_END, QMIG_SIDE_SOURCE, QMIG_PHASE_SWITCHOVER,
                 "block-job-cancel", one("device", plan->copies[i].id),
                 "the source is stopped: the copy is complete");
    for (size_t i = 0; i < plan->n_copies; i++)
        plan_add(plan, STEP_MIRROR_DEL, QMIG_SIDE_SOURCE, QMIG_PHASE_SWITCHOVER,
                 "blockdev-del", one("node-name", plan->copies[i].id),
                 "the source has done with it")
            ->may_fail = true;
    if (plan->n_copies)
        plan_add(plan, STEP_SERVER_END, QMIG_SIDE_DEST, QMIG_PHASE_SWITCHOVER,
                 "nbd-server-stop", NULL, "the images are the guest's alone");
}

static struct json_object *yank_arguments(const struct plan_copy *copy)
{
    struct json_object *o = json_object_new_object();
    struct json_object *list = json_object_new_array();
    struct json_object *row = one("type", "block-node");

    put(row, "node-name", copy->id);
    json_object_array_add(list, row);
    json_object_object_add(o, "instances", list);
    return o;
}

/*
 * The connection first: to remove a node QEMU flushes it, and that blocks the
 * whole monitor, and the guest, for as long as a destination hangs (7.2, 11.1).
 */
void storage_add_undo(struct plan *plan)
{
    for (size_t i = 0; i < plan->n_copies; i++) {
        const struct plan_copy *copy = &plan->copies[i];
        struct json_object *cancel = one("device", copy->id);

        json_object_object_add(cancel, "force", json_object_new_boolean(true));
        plan_add_undo(plan, STEP_MIRROR, QMIG_SIDE_SOURCE, "yank",
                      yank_arguments(copy),
                      "do not wait for a destination that hangs")
            ->may_fail = true;
        plan_add_undo(plan, STEP_MIRROR, QMIG_SIDE_SOURCE, "block-job-cancel",
                      cancel, "made for this migration")
            ->may_fail = true;
    }
    for (size_t i = 0; i < plan->n_copies; i++) {
        struct plan_step *step = plan_add_undo(
            plan, STEP_MIRROR, QMIG_SIDE_SOURCE, "blockdev-del",
            one("node-name", plan->copies[i].id), "made for this migration");

        step->may_fail = true;
        step->again = true;
    }
    if (plan->n_copies)
        plan_add_undo(plan, STEP_SERVER, QMIG_SIDE_DEST, "nbd-server-stop",
                      NULL, "made for this migration")
            ->may_fail = true;
}

/* The port in each step that has it. */
bool storage_next_port(struct plan *plan)
{
    struct json_object *o = NULL;

    if (!plan->disks_port_free || plan->disks_uri.port >= PLAN_PORT_MAX)
        return false;
    plan->disks_uri.port++;
    for (size_t i = 0; i < plan->n; i++) {
        const struct plan_step *step = &plan->steps[i];

        if (step->kind == STEP_SERVER) {
            json_object_object_get_ex(step->arguments, "addr", &o);
            json_object_object_get_ex(o, "data", &o);
            put_port(o, plan->disks_uri.port);
        } else if (step->kind == STEP_MIRROR &&
                   json_object_object_get_ex(step->arguments, "server", &o)) {
            put_port(o, plan->disks_uri.port);
        }
    }
    return true;
}

struct json_object *storage_speed(const struct plan_copy *copy, uint64_t speed)
{
    struct json_object *o = one("device", copy->id);

    json_object_object_add(o, "speed", json_object_new_int64((int64_t)speed));
    return o;
}
