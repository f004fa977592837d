/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a simulated QEMU does: its commands, its guest, its end. */
#include "tests/lib/sim_priv.h"

#include "error/errcode.h"
#include "tests/lib/test.h"

#include <string.h>

void sim_reply(struct sim *s, enum qmig_side side, unsigned tag,
               const char *ret)
{
    if (s->recovering && !s->muted) {
        json_object_put(s->answer);
        s->answer = sim_parse(ret);
        return;
    }
    sim_post(s, (struct engine_event){.kind = EV_REPLY,
                                      .side = side,
                                      .tag = tag,
                                      .object = sim_parse(ret)});
}

/* Takes `err`. */
static void answer_error(struct sim *s, enum qmig_side side, unsigned tag,
                         struct qmp_error *err)
{
    if (s->recovering && !s->muted) {
        s->refusal = err;
        return;
    }
    sim_post(s, (struct engine_event){
                    .kind = EV_REPLY, .side = side, .tag = tag, .err = err});
}

void sim_refuse(struct sim *s, enum qmig_side side, unsigned tag, int code,
                const char *desc)
{
    struct qmp_error *err = NULL;

    if (code == QMP_ERR_REFUSED)
        qmp_fail_refused(&err, "GenericError", desc, "refused");
    else
        qmp_fail(&err, code, "%s", desc);
    answer_error(s, side, tag, err);
}

void sim_say(struct sim *s, enum qmig_side side, const char *name,
             const char *data)
{
    sim_post(s, (struct engine_event){.kind = EV_EVENT,
                                      .side = side,
                                      .name = name,
                                      .object = sim_parse(data)});
}

void sim_migration(struct sim *s, enum qmig_side side, const char *status)
{
    char data[64];

    s->q[side].migration = status;
    snprintf(data, sizeof(data), "{\"status\":\"%s\"}", status);
    sim_say(s, side, "MIGRATION", data);
}

void sim_set_runs(struct sim *s, enum qmig_side side, bool runs,
                  const char *status)
{
    struct qemu *q = &s->q[side];

    if (q->runs != runs)
        sim_say(s, side, runs ? "RESUME" : "STOP", "{}");
    q->runs = runs;
    q->status = status;
    if (s->q[0].runs && s->q[1].runs)
        s->r.both_ran = true;
    if (runs && side == QMIG_SIDE_SOURCE && s->q[QMIG_SIDE_DEST].loaded)
        s->stale = true;
    if (runs && side == QMIG_SIDE_DEST) {
        s->r.stale_ran |= s->stale;
        s->r.dest_ran = true;
    }
}

void sim_lose(struct sim *s, enum qmig_side side)
{
    struct qmp_error *err = NULL;

    if (!s->q[side].connected)
        return;
    s->q[side].connected = false;
    qmp_fail(&err, QMP_ERR_CLOSED, "connection lost");
    sim_post(s,
             (struct engine_event){.kind = EV_LOST, .side = side, .err = err});
}

void sim_die(struct sim *s, enum qmig_side side)
{
    struct qemu *q = &s->q[side];

    if (!q->alive)
        return;
    q->alive = false;
    q->runs = false;
    q->hung = false;
    if (side == QMIG_SIDE_DEST) {
        if (s->o.disks) /* a flush that waited for it ends */
            s->q[QMIG_SIDE_SOURCE].hung = false;
        sim_mirrors_fail(s, "Input/output error");
    }
    sim_lose(s, side);
    if (sim_source_is(s, "postcopy-active")) {
        enum qmig_side other =
            side == QMIG_SIDE_DEST ? QMIG_SIDE_SOURCE : QMIG_SIDE_DEST;

        if (s->q[other].alive)
            sim_migration(s, other, "postcopy-paused");
    } else if (side == QMIG_SIDE_DEST) {
        if (sim_source_is(s, "active") || sim_source_is(s, "device")) {
            s->q[QMIG_SIDE_SOURCE].hung = false;
            s->ack_pending = 0;
            sim_source_fails(s, "failed",
                             "Unable to write to socket: Broken pipe");
        }
    } else if (s->q[QMIG_SIDE_DEST].migration &&
               !strcmp(s->q[QMIG_SIDE_DEST].migration, "active")) {
        sim_migration(s, QMIG_SIDE_DEST, "failed");
        if (s->o.old)
            sim_die(s, QMIG_SIDE_DEST);
    }
}

void sim_end_dest(struct sim *s)
{
    s->r.quit_split |= sim_source_is(s, "postcopy-active") ||
                       sim_source_is(s, "postcopy-paused");
    sim_die(s, QMIG_SIDE_DEST);
}

static void cmd_status(struct sim *s, enum qmig_side side, unsigned tag)
{
    struct qemu *q = &s->q[side];
    char ret[96];

    snprintf(ret, sizeof(ret), "{\"status\":\"%s\",\"running\":%s}", q->status,
             q->runs ? "true" : "false");
    sim_reply(s, side, tag, ret);
}

/* Each look finds a fifth of it sent, unless it is braked. */
static unsigned ram_left(const struct qemu *q)
{
    return q->parts < 5 ? 1000 - 200 * q->parts : 0;
}

static void cmd_info(struct sim *s, enum qmig_side side, unsigned tag)
{
    struct qemu *q = &s->q[side];
    char ret[512];
    int n = snprintf(ret, sizeof(ret), "{");

    if (s->o.slow_ram && q->migration && !strcmp(q->migration, "active")) {
        q->looks++;
        q->parts += !q->braked;
    }

    if (q->migration)
        n += snprintf(ret + n, sizeof(ret) - (size_t)n,
                      "\"status\":\"%s\",\"total-time\":50,"
                      "\"ram\":{\"transferred\":%u,\"total\":1000,"
                      "\"remaining\":%u},",
                      q->migration, 1000 + q->looks, ram_left(q));
    if (q->error_desc)
        n += snprintf(ret + n, sizeof(ret) - (size_t)n,
                      "\"error-desc\":\"%s\",", q->error_desc);
    if (q->listens)
        snprintf(ret + n, sizeof(ret) - (size_t)n,
                 "\"socket-address\":[{\"type\":\"inet\",\"host\":"
                 "\"127.0.0.1\",\"port\":\"40001\"}]}");
    else
        snprintf(ret + n, sizeof(ret) - (size_t)n, "\"x\":0}");
    sim_reply(s, side, tag, ret);
    if (s->o.slow_ram && side == QMIG_SIDE_SOURCE && !ram_left(q) &&
        !q->braked && sim_source_is(s, "active"))
        sim_pause_source(s);
}

static const char capabilities[] =
    "[{\"capability\":\"xbzrle\",\"state\":false},"
    "{\"capability\":\"events\",\"state\":false},"
    "{\"capability\":\"return-path\",\"state\":false},"
    "{\"capability\":\"postcopy-ram\",\"state\":false},"
    "{\"capability\":\"pause-before-switchover\",\"state\":false},"
    "{\"capability\":\"late-block-activate\",\"state\":false}]";

static void cmd_cont(struct sim *s, enum qmig_side side, unsigned tag)
{
    struct qemu *q = &s->q[side];

    if (side == QMIG_SIDE_DEST && !s->committed)
        s->r.cont_before_commit = true;
    if (!strcmp(q->status, "finish-migrate")) {
        sim_refuse(s, side, tag, QMP_ERR_REFUSED,
                   "Migration is not finalized yet");
        return;
    }
    if (side == QMIG_SIDE_DEST && s->o.fault != SIM_REFUSE)
        assert_false(q->serves); /* its disks are to be its own */
    if (!strcmp(q->status, "inmigrate"))
        q->armed = true;
    else
        sim_set_runs(s, side, true, "running");
    sim_reply(s, side, tag, "{}");
    /* The rest of RAM comes while it runs. */
    if (side == QMIG_SIDE_DEST && sim_source_is(s, "postcopy-active") &&
        s->q[QMIG_SIDE_SOURCE].alive && !s->q[QMIG_SIDE_SOURCE].stopped)
        sim_end_postcopy(s);
}

static bool unknown_form(const struct sim *s, const char *name,
                         struct json_object *arguments)
{
    return s->o.old && !strcmp(name, "migrate-incoming") &&
           json_object_object_get_ex(arguments, "exit-on-error", NULL);
}

static bool has_text(struct json_object *arguments, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(arguments, name, &value);
    return value && json_object_get_string_len(value) > 0;
}

/* The first one tells: all are off at first. */
static bool turns_on(struct json_object *arguments)
{
    struct json_object *list = NULL;

    json_object_object_get_ex(arguments, "capabilities", &list);
    return json_object_get_boolean(
        json_object_object_get(json_object_array_get_idx(list, 0), "state"));
}

static void cmd_parameters(struct sim *s, enum qmig_side side,
                           struct json_object *arguments)
{
    struct qemu *q = &s->q[side];
    struct json_object *value = NULL;
    bool braked = q->braked;
    bool flows = side == QMIG_SIDE_SOURCE && sim_source_is(s, "active");

    if (json_object_object_get_ex(arguments, "tls-creds", NULL))
        q->named = has_text(arguments, "tls-creds");
    if (json_object_object_get_ex(arguments, "max-bandwidth", &value)) {
        q->braked = json_object_get_int64(value) < 4096;
        q->tuned = json_object_get_int64(value) != 134217728;
    }
    if (flows && ((braked && !q->braked && !s->o.postcopy) ||
                  json_object_object_get_ex(arguments, "downtime-limit", NULL)))
        sim_pause_source(s);
}

/* In order, the answer first where QEMU answers first. */
void sim_execute(struct sim *s, enum qmig_side side, const char *name,
                 struct json_object *arguments, unsigned tag)
{
    struct qemu *q = &s->q[side];

    if (s->refuse_next) {
        s->refuse_next = false;
        sim_refuse(s, side, tag, QMP_ERR_REFUSED, "no, said the test");
    } else if (!strcmp(name, "query-status")) {
        cmd_status(s, side, tag);
    } else if (!strcmp(name, "query-migrate")) {
        cmd_info(s, side, tag);
    } else if (!strcmp(name, "query-migrate-capabilities")) {
        sim_reply(s, side, tag, capabilities);
    } else if (!strcmp(name, "query-migrate-parameters")) {
        sim_reply(s, side, tag,
                  "{\"max-bandwidth\":134217728,\"tls-creds\":\"\"}");
    } else if (!strcmp(name, "query-uuid")) {
        sim_reply(s, side, tag,
                  "{\"UUID\":\"11111111-2222-3333-4444-555555555555\"}");
    } else if (!strcmp(name, "query-name")) {
        sim_reply(s, side, tag, "{\"name\":\"guest\"}");
    } else if (s->o.old && !strcmp(name, "blockdev-set-active")) {
        struct qmp_error *err = NULL;

        qmp_fail_refused(&err, "CommandNotFound",
                         "The command blockdev-set-active has not been found",
                         "refused");
        answer_error(s, side, tag, err);
    } else if (unknown_form(s, name, arguments)) {
        sim_refuse(s, side, tag, QMP_ERR_REFUSED,
                   "Parameter 'exit-on-error' is unexpected");
    } else if (s->o.refuse && !strcmp(name, s->o.refuse) &&
               side == s->o.refuse_side) {
        sim_refuse(s, side, tag, QMP_ERR_REFUSED, "no, it always says");
    } else if (s->o.busy && side == QMIG_SIDE_SOURCE &&
               (!strcmp(name, "migrate") ||
                !strcmp(name, "migrate-set-capabilities"))) {
        sim_refuse(s, side, tag, QMP_ERR_REFUSED,
                   "There's a migration process in progress");
    } else if (sim_storage(s, side, name, arguments, tag)) {
        return;
    } else if (!strcmp(name, "query-spice")) {
        sim_reply(s, side, tag,
                  side == QMIG_SIDE_SOURCE && !s->o.clients_stay
                      ? "{\"enabled\":true,\"migrated\":true}"
                      : "{\"enabled\":true,\"migrated\":false,"
                        "\"host\":\"0.0.0.0\",\"port\":5901}");
    } else if (!strcmp(name, "object-del") && !q->creds) {
        sim_refuse(s, side, tag, QMP_ERR_REFUSED, "object 'x' not found");
    } else if (!strcmp(name, "cont")) {
        cmd_cont(s, side, tag);
    } else {
        sim_reply(s, side, tag, "{}");
        s->r.migrate_sent |= !strcmp(name, "migrate");
        if (!strcmp(name, "migrate") &&
            json_object_object_get_ex(arguments, "resume", NULL))
            sim_start_again(s);
        else if (!strcmp(name, "migrate-recover"))
            q->recovers = q->listens = true;
        else if (!strcmp(name, "migrate-pause") &&
                 sim_source_is(s, "postcopy-active"))
            sim_migration(s, side, "postcopy-paused");
        else if (!strcmp(name, "migrate"))
            sim_start(s);
        else if (!strcmp(name, "migrate-incoming"))
            q->listens = true;
        else if (!strcmp(name, "client_migrate_info"))
            q->console = true;
        else if (!strcmp(name, "migrate-start-postcopy"))
            sim_start_postcopy(s);
        else if (!strcmp(name, "migrate-continue") &&
                 sim_source_is(s, "pre-switchover"))
            sim_load(s);
        else if (!strcmp(name, "migrate_cancel"))
            sim_cancel(s);
        else if (!strcmp(name, "stop") && side == QMIG_SIDE_SOURCE)
            sim_set_runs(s, side, false, "paused");
        else if (!strcmp(name, "stop"))
            q->armed = false;
        else if (!strcmp(name, "yank"))
            sim_yank(s);
        else if (!strcmp(name, "migrate-set-capabilities"))
            q->changed = turns_on(arguments);
        else if (!strcmp(name, "migrate-set-parameters"))
            cmd_parameters(s, side, arguments);
        else if (!strcmp(name, "object-add"))
            q->creds = true;
        else if (!strcmp(name, "object-del"))
            q->creds = false;
        else if (!strcmp(name, "quit")) {
            if (side == QMIG_SIDE_SOURCE && !s->q[QMIG_SIDE_DEST].runs &&
                s->q[QMIG_SIDE_DEST].alive &&
                strcmp(s->q[QMIG_SIDE_DEST].status, "paused") != 0)
                s->r.quit_unproved = true;
            if (side == QMIG_SIDE_DEST)
                sim_end_dest(s);
            else
                sim_die(s, side);
        }
    }
}

static struct command *take_oldest(struct qemu *q)
{
    struct command **c = &q->stalled;

    while ((*c)->next)
        c = &(*c)->next;
    struct command *oldest = *c;
    *c = NULL;
    return oldest;
}

/* A monitor that answers again does what was asked meanwhile, also what nobody
 * waits for any more. */
void sim_thaw(struct sim *s, enum qmig_side side)
{
    struct qemu *q = &s->q[side];

    while (!q->hung && !q->stopped && q->stalled) {
        struct command *c = take_oldest(q);

        s->muted = c->late || s->recovering;
        if (q->alive)
            sim_execute(s, side, c->name, c->arguments, c->tag);
        s->muted = false;
        json_object_put(c->arguments);
        free(c->name);
        free(c);
    }
}

/* With 7.2 a destination waits, in post-copy, for what the source still has to
 * connect, and its monitor with it. */
void sim_stop_source(struct sim *s)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];

    if (!source->alive)
        return;
    source->stopped = true;
    if (s->o.old && source->postcopy && s->ack_pending)
        s->q[QMIG_SIDE_DEST].hung = true;
}

void sim_submit(struct sim *s, const struct engine_action *a)
{
    struct qemu *q = &s->q[a->side];

    if (!q->connected || !q->alive)
        return;
    bool slow = s->o.slow_source && a->side == QMIG_SIDE_SOURCE &&
                !strncmp(a->name, "migrate-set-", 12);
    if (!slow && !q->stopped && !q->hung)
        sim_thaw(s, a->side);
    if (slow || q->stopped || (q->hung && !a->oob)) {
        struct command *c = calloc(1, sizeof(*c));

        *c = (struct command){
            .next = q->stalled,
            .tag = a->tag,
            .deadline = a->deadline,
            .name = strdup(a->name),
            .arguments = json_object_get(a->arguments),
        };
        q->stalled = c;
        return;
    }
    sim_execute(s, a->side, a->name, a->arguments, a->tag);
}

void sim_time_out_stalled(struct sim *s, enum qmig_side side)
{
    for (struct command *c = s->q[side].stalled; c; c = c->next) {
        if (c->late || c->deadline > s->now)
            continue;
        c->late = true;
        sim_refuse(s, side, c->tag, QMP_ERR_TIMEOUT, "timed out");
    }
}

void sim_io_error(struct sim *s)
{
    if (!s->q[QMIG_SIDE_SOURCE].alive || !s->q[QMIG_SIDE_SOURCE].runs)
        return;
    if (!s->o.silent_io_error)
        sim_say(s, QMIG_SIDE_SOURCE, "BLOCK_IO_ERROR",
                "{\"device\":\"drive0\",\"operation\":\"write\","
                "\"action\":\"stop\",\"reason\":\"No space left on device\"}");
    sim_set_runs(s, QMIG_SIDE_SOURCE, false, "io-error");
}

void sim_post_ready(struct sim *s, enum qmig_side side)
{
    s->q[side].connected = true;
    sim_post(s, (struct engine_event){
                    .kind = EV_READY,
                    .side = side,
                    .object = sim_parse(
                        "{\"version\":{\"qemu\":{\"major\":10,"
                        "\"minor\":0,\"micro\":2},\"package\":\"\"}}"),
                    .oob = !s->o.old,
                });
}
