/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks of the simulated QEMUs: each has o.disks of them, "d0", "d1", ...; the
 * destination serves its own, the source mirrors into them (measured on 7.2
 * and 11.1: what is refused, what hangs, and which event comes when).
 */
#include "tests/lib/sim_priv.h"
#include "tests/lib/test.h"

#include <string.h>

#define LEN 1048576

static const char *text(struct json_object *arguments, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(arguments, name, &value);
    return value ? json_object_get_string(value) : "";
}

/* "qmigrate-d1" */
static struct mirror *find(struct sim *s, const char *id)
{
    struct mirror *list = s->q[QMIG_SIDE_SOURCE].mirror;

    for (unsigned i = 0; i < s->o.disks; i++) {
        char name[32];

        snprintf(name, sizeof(name), "qmigrate-d%u", i);
        if (!strcmp(name, id))
            return &list[i];
    }
    fail_msg("nobody has made '%s'", id);
    return NULL;
}

static void tell(struct sim *s, const struct mirror *m, const char *event,
                 const char *error)
{
    char data[200];

    snprintf(data, sizeof(data),
             "{\"device\":\"qmigrate-d%d\",\"len\":%d,\"offset\":%d%s%s%s}",
             (int)(m - s->q[QMIG_SIDE_SOURCE].mirror), LEN, error ? 0 : LEN,
             error ? ",\"error\":\"" : "", error ? error : "",
             error ? "\"" : "");
    sim_say(s, QMIG_SIDE_SOURCE, event, data);
}

bool sim_mirrors_run(const struct sim *s)
{
    const struct qemu *source = &s->q[QMIG_SIDE_SOURCE];

    for (unsigned i = 0; i < s->o.disks; i++)
        if (source->mirror[i].job == JOB_RUNS ||
            source->mirror[i].job == JOB_READY)
            return true;
    return false;
}

bool sim_storage_is_left(const struct sim *s, enum qmig_side side)
{
    for (unsigned i = 0; i < s->o.disks; i++)
        if (s->q[side].mirror[i].node || s->q[side].mirror[i].job)
            return true;
    return s->q[side].serves || s->q[side].exports;
}

static void fails(struct sim *s, struct mirror *m, const char *why)
{
    if (m->job == JOB_RUNS || m->job == JOB_READY) {
        m->job = JOB_NONE;
        tell(s, m, "BLOCK_JOB_COMPLETED", why);
    }
}

void sim_mirrors_fail(struct sim *s, const char *why)
{
    for (unsigned i = 0; i < s->o.disks; i++)
        fails(s, &s->q[QMIG_SIDE_SOURCE].mirror[i], why);
}

static void query_block(struct sim *s, enum qmig_side side, unsigned tag)
{
    char ret[2048] = "[";
    size_t n = 1;

    for (unsigned i = 0; i < s->o.disks; i++)
        n += (size_t)snprintf(
            ret + n, sizeof(ret) - n,
            "%s{\"device\":\"d%u\",\"qdev\":\"/machine/peripheral/disk%u\","
            "\"inserted\":{\"ro\":false,\"node-name\":\"#block%u\",\"image\":{"
            "\"filename\":\"/%d/%u\",\"format\":\"raw\",\"virtual-size\":%d}}}",
            i ? "," : "", i, i, i, side, i, LEN);
    snprintf(ret + n, sizeof(ret) - n, "]");
    sim_reply(s, side, tag, ret);
}

static void query_jobs(struct sim *s, unsigned tag)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];
    char ret[1024] = "[";
    size_t n = 1;

    for (unsigned i = 0; i < s->o.disks; i++) {
        struct mirror *m = &source->mirror[i];

        if (!m->job)
            continue;
        m->looks++;
        n += (size_t)snprintf(ret + n, sizeof(ret) - n,
                              "%s{\"type\":\"mirror\",\"device\":\"qmigrate-d%u"
                              "\",\"len\":%d,\"offset\":%u,\"ready\":%s}",
                              n > 1 ? "," : "", i, LEN,
                              m->job == JOB_READY ? LEN : m->looks * 1000,
                              m->job == JOB_READY ? "true" : "false");
    }
    snprintf(ret + n, sizeof(ret) - n, "]");
    sim_reply(s, QMIG_SIDE_SOURCE, tag, ret);
    for (unsigned i = 0; i < s->o.disks; i++)
        if (source->mirror[i].job == JOB_RUNS && source->mirror[i].looks > 3) {
            source->mirror[i].job = JOB_READY;
            tell(s, &source->mirror[i], "BLOCK_JOB_READY", NULL);
        }
}

static void server_start(struct sim *s, unsigned tag)
{
    struct qemu *dest = &s->q[QMIG_SIDE_DEST];

    if (s->o.ports_taken) {
        s->o.ports_taken--;
        sim_refuse(s, QMIG_SIDE_DEST, tag, QMP_ERR_REFUSED,
                   "Failed to find an available port: Address already in use");
        return;
    }
    dest->serves = true;
    sim_reply(s, QMIG_SIDE_DEST, tag, "{}");
}

static void server_stop(struct sim *s, unsigned tag)
{
    struct qemu *dest = &s->q[QMIG_SIDE_DEST];

    if (!dest->serves) {
        sim_refuse(s, QMIG_SIDE_DEST, tag, QMP_ERR_REFUSED,
                   "NBD server not running");
        return;
    }
    for (unsigned i = 0; i < s->o.disks && s->o.fault == SIM_NONE; i++)
        assert_false(s->q[QMIG_SIDE_SOURCE].mirror[i].node); /* it flushes */
    dest->serves = false;
    dest->exports = 0;
    sim_reply(s, QMIG_SIDE_DEST, tag, "{}");
    sim_mirrors_fail(s, "Input/output error"); /* too early */
}

static void add_node(struct sim *s, struct mirror *m, unsigned tag)
{
    const struct qemu *dest = &s->q[QMIG_SIDE_DEST];

    assert_false(m->node);
    if (!dest->alive || !dest->serves) {
        sim_refuse(s, QMIG_SIDE_SOURCE, tag, QMP_ERR_REFUSED,
                   "Failed to connect to '127.0.0.1:49152': Connection "
                   "refused");
        return;
    }
    m->node = true;
    sim_reply(s, QMIG_SIDE_SOURCE, tag, "{}");
}

static void start_job(struct sim *s, struct mirror *m, unsigned tag)
{
    if (!m->node) {
        sim_refuse(s, QMIG_SIDE_SOURCE, tag, QMP_ERR_REFUSED,
                   "Cannot find device='qmigrate' nor node-name");
        return;
    }
    m->job = JOB_RUNS;
    sim_reply(s, QMIG_SIDE_SOURCE, tag, "{}");
    if (!s->q[QMIG_SIDE_DEST].alive) {
        fails(s, m, "Input/output error");
    } else if (!s->q[QMIG_SIDE_DEST].hung && !s->o.slow_disks) {
        m->job = JOB_READY;
        tell(s, m, "BLOCK_JOB_READY", NULL);
    }
}

static void cancel_job(struct sim *s, struct mirror *m, bool force,
                       unsigned tag)
{
    bool hangs = s->q[QMIG_SIDE_DEST].hung && !m->yanked;

    if (m->job == JOB_NONE || m->job == JOB_DYING) {
        sim_refuse(s, QMIG_SIDE_SOURCE, tag, QMP_ERR_REFUSED,
                   "Block job 'x' not found");
        return;
    }
    sim_reply(s, QMIG_SIDE_SOURCE, tag, "{}");
    if (force) {
        m->job = JOB_DYING;
        tell(s, m, "BLOCK_JOB_CANCELLED", NULL);
    } else if (!hangs) {
        assert_int_equal(m->job, JOB_READY);
        m->job = JOB_NONE;
        tell(s, m, "BLOCK_JOB_COMPLETED", NULL);
    }
}

static void del_node(struct sim *s, struct mirror *m, unsigned tag)
{
    if (!m->node) {
        sim_refuse(s, QMIG_SIDE_SOURCE, tag, QMP_ERR_REFUSED,
                   "Failed to find node with node-name='x'");
    } else if (m->job) {
        m->job = JOB_NONE; /* the next time it is gone */
        sim_refuse(s, QMIG_SIDE_SOURCE, tag, QMP_ERR_REFUSED,
                   "Node 'x' is busy: block device is in use by block job: "
                   "mirror");
    } else if (s->q[QMIG_SIDE_DEST].hung && !m->yanked) {
        s->q[QMIG_SIDE_SOURCE].hung = true; /* it flushes, for ever */
    } else {
        *m = (struct mirror){0};
        sim_reply(s, QMIG_SIDE_SOURCE, tag, "{}");
    }
}

static const char *yanked_node(struct json_object *arguments)
{
    struct json_object *list = NULL;
    struct json_object *name = NULL;

    if (!json_object_object_get_ex(arguments, "instances", &list))
        return NULL;
    json_object_object_get_ex(json_object_array_get_idx(list, 0), "node-name",
                              &name);
    return name ? json_object_get_string(name) : NULL;
}

static void yank_node(struct sim *s, struct mirror *m, unsigned tag)
{
    if (!m->node) {
        sim_refuse(s, QMIG_SIDE_SOURCE, tag, QMP_ERR_REFUSED,
                   "Instance not found");
        return;
    }
    m->yanked = true;
    s->q[QMIG_SIDE_SOURCE].hung = false;
    sim_reply(s, QMIG_SIDE_SOURCE, tag, "{}");
    fails(s, m, "Input/output error");
}

static bool on_source(struct sim *s, const char *name,
                      struct json_object *arguments, unsigned tag)
{
    const char *yanked = yanked_node(arguments);

    if (!strcmp(name, "query-block-jobs"))
        query_jobs(s, tag);
    else if (!strcmp(name, "blockdev-add"))
        add_node(s, find(s, text(arguments, "node-name")), tag);
    else if (!strcmp(name, "blockdev-mirror"))
        start_job(s, find(s, text(arguments, "job-id")), tag);
    else if (!strcmp(name, "block-job-cancel"))
        cancel_job(s, find(s, text(arguments, "device")),
                   json_object_object_get_ex(arguments, "force", NULL), tag);
    else if (!strcmp(name, "blockdev-del"))
        del_node(s, find(s, text(arguments, "node-name")), tag);
    else if (!strcmp(name, "yank") && yanked)
        yank_node(s, find(s, yanked), tag);
    else
        return false;
    return true;
}

static bool on_dest(struct sim *s, const char *name, unsigned tag)
{
    struct qemu *dest = &s->q[QMIG_SIDE_DEST];
    struct qmp_error *err = NULL;

    if (!strcmp(name, "nbd-server-start")) {
        server_start(s, tag);
    } else if (!strcmp(name, "nbd-server-stop")) {
        server_stop(s, tag);
    } else if (!strcmp(name, "block-export-add") && s->o.no_block_export) {
        qmp_fail_refused(&err, "CommandNotFound",
                         "The command block-export-add has not been found",
                         "refused");
        sim_post(s, (struct engine_event){.kind = EV_REPLY,
                                          .side = QMIG_SIDE_DEST,
                                          .tag = tag,
                                          .err = err});
    } else if (!strcmp(name, "block-export-add") ||
               !strcmp(name, "nbd-server-add")) {
        assert_true(dest->serves);
        dest->exports++;
        sim_reply(s, QMIG_SIDE_DEST, tag, "{}");
    } else {
        return false;
    }
    return true;
}

bool sim_storage(struct sim *s, enum qmig_side side, const char *name,
                 struct json_object *arguments, unsigned tag)
{
    if (!strcmp(name, "query-block")) {
        query_block(s, side, tag);
        return true;
    }
    return side == QMIG_SIDE_SOURCE ? on_source(s, name, arguments, tag)
                                    : on_dest(s, name, tag);
}
