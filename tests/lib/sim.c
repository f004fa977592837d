/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/sim.h"

#include "params/params.h"
#include "error/errcode.h"
#include "tests/lib/test.h"

#include <string.h>

#define MAX_STEPS 20000

struct message {
    struct message *next;
    struct engine_event ev;
};

struct command {
    struct command *next;
    unsigned tag;
    int64_t deadline;
    char *name;
    struct json_object *arguments;
};

struct qemu {
    bool alive;
    bool hung; /* answers nothing but out-of-band */
    bool connected;
    bool runs;
    bool armed; /* would start by itself */
    bool listens;
    bool postcopy;
    bool changed; /* settings are not what they were */
    bool creds;   /* the object is there, */
    bool named;   /* and tls-creds names it */
    const char *status;
    const char *migration; /* NULL: there was none */
    const char *error_desc;
    struct command *stalled;
};

struct sim {
    struct sim_options o;
    struct engine *e;
    struct qemu q[2];
    struct message *first, **last;
    int64_t now;
    bool refuse_next, journal_fails_next, fault_done;
    bool committed;
    unsigned hook; /* runs, or 0; */
    int64_t hook_ends;
    bool hook_fails_next, hook_hangs_next;
    bool hook_late; /* it will not have ended then */
    struct sim_result r;
    size_t trace_len;
    FILE *trace;
    bool ended;
};

static void act(struct sim *s);

const char *sim_fault_name(enum sim_fault fault)
{
    static const char *const names[] = {
        "none",     "cancel",     "kill source", "kill dest", "hang dest",
        "refuse",   "journal",    "lose source", "lose dest", "cut",
        "nonsense", "hook fails", "hook hangs",
    };
    return names[fault];
}

static const char *side_letter(enum qmig_side side)
{
    return side == QMIG_SIDE_SOURCE ? "S" : "D";
}

static void post(struct sim *s, struct engine_event ev)
{
    struct message *m = calloc(1, sizeof(*m));

    m->ev = ev;
    *s->last = m;
    s->last = &m->next;
}

static struct json_object *parse(const char *text)
{
    struct json_object *o = json_tokener_parse(text);

    assert_non_null(o);
    return o;
}

static void reply(struct sim *s, enum qmig_side side, unsigned tag,
                  const char *ret)
{
    post(s,
         (struct engine_event){
             .kind = EV_REPLY, .side = side, .tag = tag, .object = parse(ret)});
}

static void refuse(struct sim *s, enum qmig_side side, unsigned tag, int code,
                   const char *desc)
{
    struct qmp_error *err = NULL;

    if (code == QMP_ERR_REFUSED)
        qmp_fail_refused(&err, "GenericError", desc, "refused");
    else
        qmp_fail(&err, code, "%s", desc);
    post(s, (struct engine_event){
                .kind = EV_REPLY, .side = side, .tag = tag, .err = err});
}

static void event(struct sim *s, enum qmig_side side, const char *name,
                  const char *data)
{
    post(s, (struct engine_event){.kind = EV_EVENT,
                                  .side = side,
                                  .name = name,
                                  .object = parse(data)});
}

static void migration(struct sim *s, enum qmig_side side, const char *status)
{
    char data[64];

    s->q[side].migration = status;
    snprintf(data, sizeof(data), "{\"status\":\"%s\"}", status);
    event(s, side, "MIGRATION", data);
}

static void set_runs(struct sim *s, enum qmig_side side, bool runs,
                     const char *status)
{
    struct qemu *q = &s->q[side];

    if (q->runs != runs)
        event(s, side, runs ? "RESUME" : "STOP", "{}");
    q->runs = runs;
    q->status = status;
    if (s->q[0].runs && s->q[1].runs)
        s->r.both_ran = true;
}

static void lose(struct sim *s, enum qmig_side side)
{
    struct qmp_error *err = NULL;

    if (!s->q[side].connected)
        return;
    s->q[side].connected = false;
    qmp_fail(&err, QMP_ERR_CLOSED, "connection lost");
    post(s, (struct engine_event){.kind = EV_LOST, .side = side, .err = err});
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

static void die(struct sim *s, enum qmig_side side)
{
    struct qemu *q = &s->q[side];

    if (!q->alive)
        return;
    q->alive = false;
    q->runs = false;
    lose(s, side);
    if (source_is_busy(s, "postcopy-active")) {
        enum qmig_side other =
            side == QMIG_SIDE_DEST ? QMIG_SIDE_SOURCE : QMIG_SIDE_DEST;

        if (s->q[other].alive)
            migration(s, other, "postcopy-paused");
    } else if (side == QMIG_SIDE_DEST) {
        if (source_is_busy(s, "active") || source_is_busy(s, "device")) {
            s->q[QMIG_SIDE_SOURCE].hung = false;
            source_fails(s, "failed", "Unable to write to socket: Broken pipe");
        }
    } else if (s->q[QMIG_SIDE_DEST].migration &&
               !strcmp(s->q[QMIG_SIDE_DEST].migration, "active")) {
        migration(s, QMIG_SIDE_DEST, "failed");
        if (s->o.old)
            die(s, QMIG_SIDE_DEST);
    }
}

/* The device state reaches the destination. */
static void load(struct sim *s)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];
    struct qemu *dest = &s->q[QMIG_SIDE_DEST];

    migration(s, QMIG_SIDE_SOURCE, "device");
    if (!dest->alive) {
        source_fails(s, "failed", "Unable to write to socket: Broken pipe");
    } else if (dest->hung) {
        source->hung = true; /* fact 4 of the handover */
    } else if (source->postcopy) {
        source->status = "postmigrate";
        migration(s, QMIG_SIDE_SOURCE, "postcopy-active");
        migration(s, QMIG_SIDE_DEST, "postcopy-active");
        if (strcmp(dest->status, "inmigrate") == 0)
            dest->status = "paused";
    } else if (s->o.load_error) {
        source_fails(s, "failed", NULL);
        dest->error_desc = s->o.load_error;
        migration(s, QMIG_SIDE_DEST, "failed");
        if (s->o.old)
            die(s, QMIG_SIDE_DEST);
    } else {
        dest->status = "paused";
        migration(s, QMIG_SIDE_DEST, "completed");
        assert_true(source->named == dest->named); /* both, or neither */
        if (dest->armed)
            set_runs(s, QMIG_SIDE_DEST, true, "running");
        source->status = "postmigrate";
        migration(s, QMIG_SIDE_SOURCE, "completed");
    }
}

static void pause_source(struct sim *s);

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
    event(s, QMIG_SIDE_SOURCE, "MIGRATION_PASS", "{\"pass\":1}");
    event(s, QMIG_SIDE_SOURCE, "MIGRATION_PASS", "{\"pass\":2}");
    if (s->o.postcopy)
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

    if (source->runs)
        set_runs(s, QMIG_SIDE_SOURCE, false, "finish-migrate");
    migration(s, QMIG_SIDE_SOURCE, "pre-switchover");
}

static void cmd_cancel(struct sim *s)
{
    if (source_is_busy(s, "active") || source_is_busy(s, "setup") ||
        source_is_busy(s, "pre-switchover")) {
        source_fails(s, "cancelled", NULL);
        if (s->o.old)
            die(s, QMIG_SIDE_DEST);
    }
}

static void cmd_status(struct sim *s, enum qmig_side side, unsigned tag)
{
    struct qemu *q = &s->q[side];
    char ret[96];

    snprintf(ret, sizeof(ret), "{\"status\":\"%s\",\"running\":%s}", q->status,
             q->runs ? "true" : "false");
    reply(s, side, tag, ret);
}

static void cmd_info(struct sim *s, enum qmig_side side, unsigned tag)
{
    struct qemu *q = &s->q[side];
    char ret[512];
    int n = snprintf(ret, sizeof(ret), "{");

    if (q->migration)
        n += snprintf(ret + n, sizeof(ret) - (size_t)n,
                      "\"status\":\"%s\",\"total-time\":50,"
                      "\"ram\":{\"transferred\":1000},",
                      q->migration);
    if (q->error_desc)
        n += snprintf(ret + n, sizeof(ret) - (size_t)n,
                      "\"error-desc\":\"%s\",", q->error_desc);
    if (q->listens)
        snprintf(ret + n, sizeof(ret) - (size_t)n,
                 "\"socket-address\":[{\"type\":\"inet\",\"host\":"
                 "\"127.0.0.1\",\"port\":\"40001\"}]}");
    else
        snprintf(ret + n, sizeof(ret) - (size_t)n, "\"x\":0}");
    reply(s, side, tag, ret);
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
        refuse(s, side, tag, QMP_ERR_REFUSED, "Migration is not finalized yet");
        return;
    }
    if (!strcmp(q->status, "inmigrate"))
        q->armed = true;
    else
        set_runs(s, side, true, "running");
    reply(s, side, tag, "{}");
    /* The rest of RAM comes while it runs. */
    if (side == QMIG_SIDE_DEST && source_is_busy(s, "postcopy-active") &&
        s->q[QMIG_SIDE_SOURCE].alive) {
        migration(s, QMIG_SIDE_DEST, "completed");
        migration(s, QMIG_SIDE_SOURCE, "completed");
    }
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

/* In order, the answer first where QEMU answers first. */
static void execute(struct sim *s, enum qmig_side side, const char *name,
                    struct json_object *arguments, unsigned tag)
{
    struct qemu *q = &s->q[side];

    if (s->refuse_next) {
        s->refuse_next = false;
        refuse(s, side, tag, QMP_ERR_REFUSED, "no, said the test");
    } else if (!strcmp(name, "query-status")) {
        cmd_status(s, side, tag);
    } else if (!strcmp(name, "query-migrate")) {
        cmd_info(s, side, tag);
    } else if (!strcmp(name, "query-migrate-capabilities")) {
        reply(s, side, tag, capabilities);
    } else if (!strcmp(name, "query-migrate-parameters")) {
        reply(s, side, tag, "{\"max-bandwidth\":134217728,\"tls-creds\":\"\"}");
    } else if (!strcmp(name, "query-uuid")) {
        reply(s, side, tag,
              "{\"UUID\":\"11111111-2222-3333-4444-555555555555\"}");
    } else if (!strcmp(name, "query-name")) {
        reply(s, side, tag, "{\"name\":\"guest\"}");
    } else if (unknown_form(s, name, arguments)) {
        refuse(s, side, tag, QMP_ERR_REFUSED,
               "Parameter 'exit-on-error' is unexpected");
    } else if (s->o.refuse && !strcmp(name, s->o.refuse) &&
               side == s->o.refuse_side) {
        refuse(s, side, tag, QMP_ERR_REFUSED, "no, it always says");
    } else if (!strcmp(name, "object-del") && !q->creds) {
        refuse(s, side, tag, QMP_ERR_REFUSED, "object 'x' not found");
    } else if (!strcmp(name, "cont")) {
        cmd_cont(s, side, tag);
    } else {
        reply(s, side, tag, "{}");
        s->r.migrate_sent |= !strcmp(name, "migrate");
        if (!strcmp(name, "migrate"))
            cmd_migrate(s);
        else if (!strcmp(name, "migrate-incoming"))
            q->listens = true;
        else if (!strcmp(name, "migrate-start-postcopy"))
            cmd_postcopy(s);
        else if (!strcmp(name, "migrate-continue"))
            load(s);
        else if (!strcmp(name, "migrate_cancel"))
            cmd_cancel(s);
        else if (!strcmp(name, "stop") && side == QMIG_SIDE_SOURCE)
            set_runs(s, side, false, "paused");
        else if (!strcmp(name, "stop"))
            q->armed = false;
        else if (!strcmp(name, "yank"))
            q->hung = false, source_fails(s, "failed", NULL);
        else if (!strcmp(name, "migrate-set-capabilities"))
            q->changed = !q->changed;
        else if (!strcmp(name, "migrate-set-parameters"))
            q->named = has_text(arguments, "tls-creds");
        else if (!strcmp(name, "object-add"))
            q->creds = true;
        else if (!strcmp(name, "object-del"))
            q->creds = false;
        else if (!strcmp(name, "quit")) {
            if (side == QMIG_SIDE_SOURCE && !s->q[QMIG_SIDE_DEST].runs &&
                s->q[QMIG_SIDE_DEST].alive &&
                strcmp(s->q[QMIG_SIDE_DEST].status, "paused") != 0)
                s->r.quit_unproved = true;
            die(s, side);
        }
    }
}

static void submit(struct sim *s, const struct engine_action *a)
{
    struct qemu *q = &s->q[a->side];

    if (!q->connected || !q->alive)
        return;
    if (q->hung && !a->oob) {
        struct command *c = calloc(1, sizeof(*c));

        *c = (struct command){q->stalled, a->tag, a->deadline, strdup(a->name),
                              json_object_get(a->arguments)};
        q->stalled = c;
        return;
    }
    execute(s, a->side, a->name, a->arguments, a->tag);
}

/* A monitor that answers again answers what was asked meanwhile. */
static void thaw(struct sim *s, enum qmig_side side)
{
    struct qemu *q = &s->q[side];

    while (!q->hung && q->stalled) {
        struct command **c = &q->stalled;

        while ((*c)->next)
            c = &(*c)->next; /* oldest first */
        struct command *oldest = *c;
        *c = NULL;
        if (q->alive && q->connected)
            execute(s, side, oldest->name, oldest->arguments, oldest->tag);
        json_object_put(oldest->arguments);
        free(oldest->name);
        free(oldest);
    }
}

static void time_out_stalled(struct sim *s, enum qmig_side side)
{
    struct command **c = &s->q[side].stalled;

    while (*c) {
        struct command *this = *c;

        if (this->deadline > s->now) {
            c = &this->next;
            continue;
        }
        *c = this->next;
        refuse(s, side, this->tag, QMP_ERR_TIMEOUT, "timed out");
        json_object_put(this->arguments);
        free(this->name);
        free(this);
    }
}

static void trace_event(struct sim *s, const struct engine_event *ev)
{
    static const char *const kinds[] = {
        [EV_START] = "start",
        [EV_READY] = "ready",
        [EV_REPLY] = "reply",
        [EV_EVENT] = "event",
        [EV_LOST] = "lost",
        [EV_TIME] = "time",
        [EV_CANCEL] = "cancel",
        [EV_POSTCOPY] = "postcopy",
        [EV_JOURNAL_FAILED] = "journal failed",
        [EV_TUNE] = "tune",
        [EV_HOOK_DONE] = "hook done",
    };

    if (ev->kind == EV_EVENT)
        fprintf(
            s->trace, "< %s %s %s\n", side_letter(ev->side), ev->name,
            json_object_to_json_string_ext(ev->object, JSON_C_TO_STRING_PLAIN));
    else if (ev->kind == EV_HOOK_DONE)
        fprintf(s->trace, "  hook %s %s\n", hook_name((enum hook)ev->tag),
                ev->err ? ev->err->msg : "done");
    else if (ev->kind != EV_TIME && ev->kind != EV_REPLY)
        fprintf(s->trace, "< %s %s\n",
                ev->kind == EV_CANCEL || ev->kind == EV_JOURNAL_FAILED ||
                        ev->kind == EV_START
                    ? "-"
                    : side_letter(ev->side),
                kinds[ev->kind]);
    else if (ev->kind == EV_REPLY && ev->err)
        fprintf(s->trace, "< %s error %s\n", side_letter(ev->side),
                ev->err->msg);
}

static void trace_action(struct sim *s, const struct engine_action *a)
{
    struct json_object *why = NULL;
    struct json_object *from = NULL;
    struct json_object *to = NULL;

    if (a->kind == ACT_SEND) {
        if (strncmp(a->name, "query-", 6) != 0)
            fprintf(s->trace, "> %s %s%s\n", side_letter(a->side), a->name,
                    a->oob ? " oob" : "");
    } else if (a->kind == ACT_JOURNAL) {
        fprintf(s->trace, "  journal %s\n", a->name);
    } else if (a->kind == ACT_NOTE && !strcmp(a->name, "state")) {
        json_object_object_get_ex(a->arguments, "why", &why);
        json_object_object_get_ex(a->arguments, "from", &from);
        json_object_object_get_ex(a->arguments, "to", &to);
        fprintf(s->trace, "  %s -> %s (%s)\n", json_object_get_string(from),
                json_object_get_string(to), json_object_get_string(why));
    } else if (a->kind == ACT_WARN) {
        fprintf(s->trace, "  warning: %s\n", a->text);
    } else if (a->kind == ACT_HOOK) {
        fprintf(s->trace, "  hook %s\n", a->name);
    } else if (a->kind == ACT_KILL_DEST) {
        fprintf(s->trace, "  kill D\n");
    }
}

static void feed(struct sim *s, struct engine_event *ev)
{
    ev->now = s->now;
    trace_event(s, ev);
    engine_step(s->e, ev);
    act(s);
    for (int side = 0; side < 2; side++)
        thaw(s, (enum qmig_side)side);
}

static void post_ready(struct sim *s, enum qmig_side side)
{
    s->q[side].connected = true;
    post(s, (struct engine_event){
                .kind = EV_READY,
                .side = side,
                .object = parse("{\"version\":{\"qemu\":{\"major\":10,"
                                "\"minor\":0,\"micro\":2},\"package\":\"\"}}"),
                .oob = !s->o.old,
            });
}

static bool record(struct sim *s, const struct engine_action *a)
{
    struct qmp_error *err = NULL;

    if (!s->journal_fails_next) {
        if (!strcmp(a->name, "switchover"))
            s->committed = true;
        return true;
    }
    s->journal_fails_next = false;
    qmp_fail(&err, QMP_ERR_SYSTEM, "disk full");
    post(s, (struct engine_event){
                .kind = EV_JOURNAL_FAILED, .name = a->name, .err = err});
    return false;
}

/* As the loop does it: one at a time, and it ends. */
static void start_hook(struct sim *s, const struct engine_action *a)
{
    bool end = a->tag == HOOK_FINISHED || a->tag == HOOK_FAILED;

    assert_true(a->deadline > s->now);
    assert_true(end || !s->hook); /* only the end gives another one up */
    s->r.ends += end;
    s->hook = a->tag;
    s->hook_late = s->hook_hangs_next;
    s->hook_hangs_next = false;
    s->hook_ends = s->hook_late      ? a->deadline
                   : s->o.slow_hooks ? s->now + 1000000
                                     : s->now;
}

static void end_hook(struct sim *s)
{
    struct engine_event ev = {.kind = EV_HOOK_DONE, .tag = s->hook};
    struct qmp_error *err = NULL;

    if (s->hook_late || s->hook_fails_next)
        qmp_fail(&err, QMIG_ERR_HOOK,
                 s->hook_late ? "did not end in time" : "failed");
    if (err && (s->hook == HOOK_PREPARED || s->hook == HOOK_PRE_SWITCHOVER))
        s->r.hook_failed = true;
    if (!s->hook_late)
        s->hook_fails_next = false;
    s->hook = 0;
    ev.err = err;
    post(s, ev);
}

static void act(struct sim *s)
{
    size_t n;
    const struct engine_action *actions = engine_actions(s->e, &n);

    for (size_t i = 0; i < n; i++) {
        const struct engine_action *a = &actions[i];

        trace_action(s, a);
        if (a->kind == ACT_CONNECT || a->kind == ACT_START_DEST)
            post_ready(s, a->side);
        else if (a->kind == ACT_SEND)
            submit(s, a);
        else if (a->kind == ACT_JOURNAL && !record(s, a))
            return;
        else if (a->kind == ACT_HOOK)
            start_hook(s, a);
        else if (a->kind == ACT_KILL_DEST)
            die(s, QMIG_SIDE_DEST);
        else if (a->kind == ACT_END)
            s->ended = true;
    }
}

/* Pre-copy notices at its next write, post-copy waits for better times. */
static void cut(struct sim *s)
{
    if (source_is_busy(s, "postcopy-active")) {
        migration(s, QMIG_SIDE_SOURCE, "postcopy-paused");
        migration(s, QMIG_SIDE_DEST, "postcopy-paused");
    } else if (source_is_busy(s, "active")) {
        source_fails(s, "failed", "Connection reset by peer");
    }
}

static void inject(struct sim *s)
{
    s->fault_done = true;
    switch (s->o.fault) {
    case SIM_CANCEL:
        feed(s, &(struct engine_event){.kind = EV_CANCEL});
        break;
    case SIM_KILL_SOURCE:
        die(s, QMIG_SIDE_SOURCE);
        break;
    case SIM_KILL_DEST:
        die(s, QMIG_SIDE_DEST);
        break;
    case SIM_HANG_DEST:
        s->q[QMIG_SIDE_DEST].hung = true;
        break;
    case SIM_REFUSE:
        s->refuse_next = true;
        break;
    case SIM_JOURNAL:
        s->journal_fails_next = true;
        break;
    case SIM_LOSE_SOURCE:
        lose(s, QMIG_SIDE_SOURCE);
        break;
    case SIM_LOSE_DEST:
        lose(s, QMIG_SIDE_DEST);
        break;
    case SIM_CUT:
        cut(s);
        break;
    case SIM_NONSENSE:
        event(s, QMIG_SIDE_SOURCE, "MIGRATION", "{\"status\":1}");
        break;
    case SIM_HOOK_FAILS:
        s->hook_fails_next = true;
        break;
    case SIM_HOOK_HANGS:
        s->hook_hangs_next = true;
        break;
    case SIM_NONE:
    case SIM__FAULTS:
        break;
    }
}

static void free_event(struct engine_event *ev)
{
    json_object_put(ev->object);
    qmp_error_free((struct qmp_error *)(uintptr_t)ev->err);
}

static void deliver_first(struct sim *s)
{
    struct message *m = s->first;

    s->first = m->next;
    if (!s->first)
        s->last = &s->first;
    s->now += 100;
    s->r.events++;
    feed(s, &m->ev);
    free_event(&m->ev);
    free(m);
}

static int64_t next_time(const struct sim *s)
{
    int64_t when = engine_deadline(s->e);

    if (s->hook && (when < 0 || s->hook_ends < when))
        when = s->hook_ends;
    for (int side = 0; side < 2; side++)
        for (struct command *c = s->q[side].stalled; c; c = c->next)
            if (when < 0 || c->deadline < when)
                when = c->deadline;
    return when;
}

static void run_loop(struct sim *s)
{
    struct engine_event start = {.kind = EV_START};

    feed(s, &start);
    for (unsigned step = 0; !s->ended; step++) {
        if (step > MAX_STEPS) {
            fflush(s->trace);
            fail_msg("does not end; trace so far:\n%s", s->r.trace);
        }
        if (!s->fault_done && s->r.events >= s->o.at)
            inject(s);
        if (s->ended)
            break;
        if (s->hook && s->now >= s->hook_ends)
            end_hook(s);
        if (s->first) {
            deliver_first(s);
            continue;
        }
        int64_t when = next_time(s);
        assert_true(when >= 0); /* else it would wait for ever */
        if (when > s->now)
            s->now = when;
        if (s->hook && s->now >= s->hook_ends)
            continue;
        for (int side = 0; side < 2; side++)
            time_out_stalled(s, (enum qmig_side)side);
        struct engine_event time = {.kind = EV_TIME};
        feed(s, &time);
    }
}

static void note_result(struct sim *s)
{
    struct sim_result *r = &s->r;
    const struct qmp_error *err;

    r->verdict = engine_verdict(s->e);
    err = r->verdict.error;
    r->error_message = err ? strdup(err->msg) : NULL;
    r->error_code = err ? qmig_errcode_name(err->code) : NULL;
    r->source_alive = s->q[0].alive;
    r->dest_alive = s->q[1].alive;
    r->source_runs = s->q[0].runs;
    r->dest_runs = s->q[1].runs;
    r->undone = !s->q[0].changed && !s->q[0].creds && !s->q[0].named;
    r->dest_undone = !s->q[1].creds && !s->q[1].named;
    r->dest_known = engine_facts(s->e, QMIG_SIDE_DEST)->known;
    r->dest_features = engine_facts(s->e, QMIG_SIDE_DEST)->features;
    r->verdict.error = NULL;
    r->verdict.info = NULL;
}

struct sim_result sim_run(const struct sim_options *o)
{
    struct sim s = {.o = *o, .now = 1000000};

    s.last = &s.first;
    s.trace = open_memstream(&s.r.trace, &s.trace_len);
    s.q[QMIG_SIDE_SOURCE] = (struct qemu){
        .alive = true,
        .status = o->source_status ? o->source_status : "running",
    };
    s.q[QMIG_SIDE_SOURCE].runs = plan_status_runs(s.q[QMIG_SIDE_SOURCE].status);
    s.q[QMIG_SIDE_DEST] = (struct qemu){
        .alive = true,
        .armed = true, /* started without -S: the engine must disarm it */
        .status = o->dest_status ? o->dest_status : "inmigrate",
    };
    s.e = engine_new(&o->config);
    assert_non_null(s.e);
    run_loop(&s);
    note_result(&s);
    while (s.first) {
        struct message *m = s.first;

        s.first = m->next;
        free_event(&m->ev);
        free(m);
    }
    for (int side = 0; side < 2; side++) {
        while (s.q[side].stalled) {
            struct command *c = s.q[side].stalled;

            s.q[side].stalled = c->next;
            json_object_put(c->arguments);
            free(c->name);
            free(c);
        }
    }
    engine_free(s.e);
    fclose(s.trace);
    return s.r;
}

void sim_result_clear(struct sim_result *r)
{
    free(r->error_message);
    free(r->trace);
}

struct sim_options sim_defaults(void)
{
    struct sim_options o = {
        .config.plan =
            {
                .flags = QMIG_LIVE,
                .source_addr = "unix:/s",
                .dest_addr = "unix:/d",
                .local_host = "here",
            },
    };

    deadlines_default(&o.config.deadlines);
    return o;
}
