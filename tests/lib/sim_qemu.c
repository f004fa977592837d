/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a simulated QEMU does: commands, the stream, its end. */
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

static void migration(struct sim *s, enum qmig_side side, const char *status)
{
    char data[64];

    s->q[side].migration = status;
    snprintf(data, sizeof(data), "{\"status\":\"%s\"}", status);
    sim_say(s, side, "MIGRATION", data);
}

static void set_runs(struct sim *s, enum qmig_side side, bool runs,
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

/* What the source does when its migration ends badly. */
static void source_fails(struct sim *s, const char *status, const char *desc)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];

    source->error_desc = desc;
    migration(s, QMIG_SIDE_SOURCE, status);
    if (!strcmp(source->status, "finish-migrate"))
        set_runs(s, QMIG_SIDE_SOURCE, true, "running");
}

static bool source_is_busy(const struct sim *s, const char *status)
{
    const struct qemu *q = &s->q[QMIG_SIDE_SOURCE];

    return q->migration && !strcmp(q->migration, status);
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
    if (source_is_busy(s, "postcopy-active")) {
        enum qmig_side other =
            side == QMIG_SIDE_DEST ? QMIG_SIDE_SOURCE : QMIG_SIDE_DEST;

        if (s->q[other].alive)
            migration(s, other, "postcopy-paused");
    } else if (side == QMIG_SIDE_DEST) {
        if (source_is_busy(s, "active") || source_is_busy(s, "device")) {
            s->q[QMIG_SIDE_SOURCE].hung = false;
            s->ack_pending = 0;
            source_fails(s, "failed", "Unable to write to socket: Broken pipe");
        }
    } else if (s->q[QMIG_SIDE_DEST].migration &&
               !strcmp(s->q[QMIG_SIDE_DEST].migration, "active")) {
        migration(s, QMIG_SIDE_DEST, "failed");
        if (s->o.old)
            sim_die(s, QMIG_SIDE_DEST);
    }
}

/* The source has sent it, and is done; what became of it only the destination
 * can tell (fact 2). */
static void load_blindly(struct sim *s)
{
    struct qemu *dest = &s->q[QMIG_SIDE_DEST];

    s->q[QMIG_SIDE_SOURCE].status = "postmigrate";
    migration(s, QMIG_SIDE_SOURCE, "completed");
    if (!dest->alive || dest->hung)
        return;
    if (s->o.load_error) {
        dest->error_desc = s->o.load_error;
        migration(s, QMIG_SIDE_DEST, "failed");
        if (s->o.old)
            sim_die(s, QMIG_SIDE_DEST);
        return;
    }
    dest->status = "paused";
    migration(s, QMIG_SIDE_DEST, "completed");
}

static void begin_postcopy(struct sim *s)
{
    s->q[QMIG_SIDE_SOURCE].status = "postmigrate";
    migration(s, QMIG_SIDE_SOURCE, "postcopy-active");
}

/* The device state reaches the destination. */
static void load(struct sim *s)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];
    struct qemu *dest = &s->q[QMIG_SIDE_DEST];

    assert_false(sim_mirrors_run(s)); /* who writes now, writes too late */
    migration(s, QMIG_SIDE_SOURCE, "device");
    if (s->o.config.plan.one_way_fd) {
        load_blindly(s);
    } else if (!dest->alive || s->channel == SIM_BROKEN) {
        source_fails(s, "failed", "Unable to write to socket: Broken pipe");
    } else if (dest->hung) {
        source->hung = true; /* fact 4 of the handover */
    } else if (source->postcopy) {
        dest->loaded = true;
        if (!s->o.slow_ack && !s->o.ack_lost)
            begin_postcopy(s);
        migration(s, QMIG_SIDE_DEST, "postcopy-active");
        if (strcmp(dest->status, "inmigrate") == 0)
            dest->status = "paused";
        if (s->o.slow_ack || s->o.ack_lost)
            s->ack_pending = 3;
    } else if (s->o.load_error) {
        source_fails(s, "failed", NULL);
        dest->error_desc = s->o.load_error;
        migration(s, QMIG_SIDE_DEST, "failed");
        if (s->o.old)
            sim_die(s, QMIG_SIDE_DEST);
    } else {
        dest->status = "paused";
        dest->loaded = true;
        s->r.dest_loaded = true;
        migration(s, QMIG_SIDE_DEST, "completed");
        assert_true(source->named == dest->named); /* both, or neither */
        if (dest->armed)
            set_runs(s, QMIG_SIDE_DEST, true, "running");
        s->ack_pending = 3;
        if (!s->o.slow_ack && !s->o.ack_lost)
            sim_settle(s);
    }
}

void sim_settle(struct sim *s)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];

    if (!s->ack_pending || !source->alive || source->stopped)
        return;
    s->ack_pending = 0;
    if (s->o.ack_lost) {
        s->r.self_resumed = true;
        source_fails(s, "failed", "Connection reset by peer");
        if (source->postcopy && s->q[QMIG_SIDE_DEST].alive)
            migration(s, QMIG_SIDE_DEST, "postcopy-paused");
        return;
    }
    if (source->postcopy) {
        begin_postcopy(s);
        return;
    }
    source->status = "postmigrate";
    migration(s, QMIG_SIDE_SOURCE, "completed");
    if (source->console && !s->o.silent_clients && !s->o.clients_stay)
        sim_say(s, QMIG_SIDE_SOURCE, "SPICE_MIGRATE_COMPLETED", "{}");
}
static void pause_source(struct sim *s);

/* The rest of RAM is there. */
static void end_postcopy(struct sim *s)
{
    s->r.dest_loaded = true;
    migration(s, QMIG_SIDE_DEST, "completed");
    migration(s, QMIG_SIDE_SOURCE, "completed");
}

/* migrate with resume */
static void cmd_resume(struct sim *s)
{
    struct qemu *dest = &s->q[QMIG_SIDE_DEST];

    if (!source_is_busy(s, "postcopy-paused") || !dest->alive ||
        !dest->recovers)
        return;
    dest->recovers = false;
    migration(s, QMIG_SIDE_SOURCE, "postcopy-active");
    migration(s, QMIG_SIDE_DEST, "postcopy-active");
    if (dest->runs)
        end_postcopy(s);
}

static void cmd_migrate(struct sim *s)
{
    migration(s, QMIG_SIDE_SOURCE, "setup");
    if (!s->q[QMIG_SIDE_DEST].alive) {
        source_fails(s, "failed", "Connection refused");
        return;
    }
    migration(s, QMIG_SIDE_SOURCE, "active");
    migration(s, QMIG_SIDE_DEST, "active");
    if (s->q[QMIG_SIDE_DEST].hung)
        return; /* RAM stays in the socket */
    sim_say(s, QMIG_SIDE_SOURCE, "MIGRATION_PASS", "{\"pass\":1}");
    sim_say(s, QMIG_SIDE_SOURCE, "MIGRATION_PASS", "{\"pass\":2}");
    if (s->o.postcopy || s->o.slow_ram)
        return; /* for ever, unless */
    pause_source(s);
}

/* migrate-start-postcopy */
static void cmd_postcopy(struct sim *s)
{
    if (!source_is_busy(s, "active"))
        return;
    s->q[QMIG_SIDE_SOURCE].postcopy = true;
    pause_source(s);
}

static void pause_source(struct sim *s)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];

    /* To stop, it waits for what is on the way to the destination. */
    if (s->q[QMIG_SIDE_DEST].hung && sim_mirrors_run(s)) {
        source->hung = true;
        return;
    }
    if (source->runs)
        set_runs(s, QMIG_SIDE_SOURCE, false, "finish-migrate");
    migration(s, QMIG_SIDE_SOURCE, "pre-switchover");
}

static void cmd_cancel(struct sim *s)
{
    s->r.cancelled_split |= source_is_busy(s, "postcopy-active") ||
                            source_is_busy(s, "postcopy-paused");
    if (source_is_busy(s, "active") || source_is_busy(s, "setup") ||
        source_is_busy(s, "pre-switchover") || s->ack_pending) {
        s->ack_pending = 0;
        source_fails(s, "cancelled", NULL);
        if (s->o.old)
            sim_die(s, QMIG_SIDE_DEST);
    }
}

static void cmd_yank(struct sim *s)
{
    s->q[QMIG_SIDE_SOURCE].hung = false;
    if (source_is_busy(s, "postcopy-active")) {
        sim_cut(s);
    } else if (source_is_busy(s, "active") || source_is_busy(s, "setup") ||
               source_is_busy(s, "device") ||
               source_is_busy(s, "pre-switchover")) {
        s->ack_pending = 0;
        source_fails(s, "failed", NULL);
    }
}

void sim_end_dest(struct sim *s)
{
    s->r.quit_split |= source_is_busy(s, "postcopy-active") ||
                       source_is_busy(s, "postcopy-paused");
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
        !q->braked && source_is_busy(s, "active"))
        pause_source(s);
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
        set_runs(s, side, true, "running");
    sim_reply(s, side, tag, "{}");
    /* The rest of RAM comes while it runs. */
    if (side == QMIG_SIDE_DEST && source_is_busy(s, "postcopy-active") &&
        s->q[QMIG_SIDE_SOURCE].alive && !s->q[QMIG_SIDE_SOURCE].stopped)
        end_postcopy(s);
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
    bool flows = side == QMIG_SIDE_SOURCE && source_is_busy(s, "active");

    if (json_object_object_get_ex(arguments, "tls-creds", NULL))
        q->named = has_text(arguments, "tls-creds");
    if (json_object_object_get_ex(arguments, "max-bandwidth", &value)) {
        q->braked = json_object_get_int64(value) < 4096;
        q->tuned = json_object_get_int64(value) != 134217728;
    }
    if (flows && ((braked && !q->braked && !s->o.postcopy) ||
                  json_object_object_get_ex(arguments, "downtime-limit", NULL)))
        pause_source(s);
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
            cmd_resume(s);
        else if (!strcmp(name, "migrate-recover"))
            q->recovers = q->listens = true;
        else if (!strcmp(name, "migrate-pause") &&
                 source_is_busy(s, "postcopy-active"))
            migration(s, side, "postcopy-paused");
        else if (!strcmp(name, "migrate"))
            cmd_migrate(s);
        else if (!strcmp(name, "migrate-incoming"))
            q->listens = true;
        else if (!strcmp(name, "client_migrate_info"))
            q->console = true;
        else if (!strcmp(name, "migrate-start-postcopy"))
            cmd_postcopy(s);
        else if (!strcmp(name, "migrate-continue") &&
                 source_is_busy(s, "pre-switchover"))
            load(s);
        else if (!strcmp(name, "migrate_cancel"))
            cmd_cancel(s);
        else if (!strcmp(name, "stop") && side == QMIG_SIDE_SOURCE)
            set_runs(s, side, false, "paused");
        else if (!strcmp(name, "stop"))
            q->armed = false;
        else if (!strcmp(name, "yank"))
            cmd_yank(s);
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
                !strcmp(a->name, "migrate-set-capabilities");
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

/* It goes on from where it hung, and so does the source. */
static void resume_dest(struct sim *s)
{
    s->q[QMIG_SIDE_DEST].hung = false;
    s->q[QMIG_SIDE_SOURCE].hung = false;
    if (source_is_busy(s, "device"))
        load(s);
    else if (source_is_busy(s, "active") && !s->o.postcopy)
        pause_source(s);
}

/* What had reached it comes first, then what it was told meanwhile. */
static void resume_source(struct sim *s)
{
    struct qemu *dest = &s->q[QMIG_SIDE_DEST];

    s->q[QMIG_SIDE_SOURCE].stopped = false;
    dest->hung = false;
    sim_settle(s);
    if (source_is_busy(s, "postcopy-active") && dest->alive && dest->runs)
        end_postcopy(s);
}

void sim_resume(struct sim *s)
{
    if (s->q[QMIG_SIDE_SOURCE].stopped)
        resume_source(s);
    else if (s->q[QMIG_SIDE_DEST].hung)
        resume_dest(s);
    for (int side = 0; side < 2; side++) {
        s->q[side].hung = false;
        sim_thaw(s, (enum qmig_side)side);
    }
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

/* Pre-copy notices at its next write, post-copy waits for better times. */
void sim_cut(struct sim *s)
{
    if (source_is_busy(s, "postcopy-active")) {
        migration(s, QMIG_SIDE_SOURCE, "postcopy-paused");
        migration(s, QMIG_SIDE_DEST, "postcopy-paused");
    } else if (source_is_busy(s, "active")) {
        source_fails(s, "failed", "Connection reset by peer");
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
    set_runs(s, QMIG_SIDE_SOURCE, false, "io-error");
}

/* The engine wants a connection, or an end of it. */
void sim_channel(struct sim *s, bool open)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];
    struct qmp_error *err = NULL;

    if (s->channel == SIM_BROKEN)
        qmp_fail(&err, QMIG_ERR_TUNNEL, "the tunnel broke");
    else if (!open)
        qmp_fail(&err, QMP_ERR_CLOSED, "the tunnel was closed");
    if (!open && source->hung) { /* it waits for a word that cannot come */
        source->hung = false;
        source_fails(s, "failed", "Channel error");
    }
    if (!err)
        s->channel = SIM_OPEN;
    sim_post(s, (struct engine_event){.kind = EV_CHANNEL, .err = err});
}

/* What it led through ends. */
void sim_break(struct sim *s)
{
    bool was_open = s->channel == SIM_OPEN;

    s->channel = SIM_BROKEN;
    if (!was_open)
        return;
    sim_channel(s, true);
    if (source_is_busy(s, "active"))
        source_fails(s, "failed", "Unable to write to socket: Broken pipe");
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
