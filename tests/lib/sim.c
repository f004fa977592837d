/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/sim_priv.h"

#include "params/params.h"
#include "error/errcode.h"
#include "tests/lib/test.h"

#include <string.h>

#define MAX_STEPS 20000

static void act(struct sim *s);

const char *sim_fault_name(enum sim_fault fault)
{
    static const char *const names[] = {
        "none",       "cancel",      "switchover", "kill source", "kill dest",
        "hang dest",  "hang source", "refuse",     "journal",     "lose source",
        "lose dest",  "cut",         "unknown",    "mirror",      "nonsense",
        "hook fails", "hook hangs",  "I/O error",  "store fails", "store hangs",
        "tunnel",     "set",
    };
    return names[fault];
}

/* The same few texts come a million times: each is parsed once, who gets an
 * object shares it, and in the end it must still say what it did. */
static struct {
    char *text;
    struct json_object *object;
} parsed[256];

static void check_parsed(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(parsed); i++) {
        if (!parsed[i].text)
            continue;
        struct json_object *o = json_tokener_parse(parsed[i].text);

        if (!json_object_equal(o, parsed[i].object)) {
            fprintf(stderr, "somebody has changed '%s' into '%s'\n",
                    parsed[i].text, json_object_get_string(parsed[i].object));
            abort();
        }
        json_object_put(o);
        json_object_put(parsed[i].object);
        free(parsed[i].text);
    }
}

struct json_object *sim_parse(const char *text)
{
    static bool checked;
    size_t hash = 5381;

    for (const char *p = text; *p; p++)
        hash = hash * 33 + (unsigned char)*p;
    for (size_t n = 0; n < ARRAY_SIZE(parsed); n++) {
        size_t i = (hash + n) % ARRAY_SIZE(parsed);

        if (!parsed[i].text) {
            parsed[i].text = strdup(text);
            parsed[i].object = json_tokener_parse(text);
            assert_non_null(parsed[i].object);
            if (!checked)
                checked = !atexit(check_parsed);
        }
        if (!strcmp(parsed[i].text, text))
            return json_object_get(parsed[i].object);
    }
    return json_tokener_parse(text); /* none is left */
}

void sim_post(struct sim *s, struct engine_event ev)
{
    if (s->recovering || (s->muted && ev.kind == EV_REPLY)) {
        sim_event_clear(&ev);
        return;
    }
    sim_mail_put(&s->mail, &ev);
}

static void feed(struct sim *s, struct engine_event *ev)
{
    ev->now = s->now;
    sim_trace_event(s, ev);
    engine_step(s->e, ev);
    act(s);
    for (int side = 0; side < 2; side++)
        sim_thaw(s, (enum qmig_side)side);
}

static bool record(struct sim *s, const struct engine_action *a)
{
    struct qmp_error *err = NULL;

    if (!s->journal_fails_next) {
        sim_write_record(s, a->name, a->arguments, a->sync);
        s->quit_on_disk |= a->sync && !strcmp(a->name, "quit");
        return true;
    }
    s->journal_fails_next = false;
    qmp_fail(&err, QMP_ERR_SYSTEM, "disk full");
    /* The disk answers at once, a QEMU does not. */
    sim_mail_put_first(&s->mail, &(struct engine_event){
                                     .kind = EV_JOURNAL_FAILED,
                                     .name = a->name,
                                     .err = err,
                                 });
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
    sim_post(s, ev);
}

/* Does the controller die before it does this? */
static bool crashes(struct sim *s, const struct engine_action *a)
{
    if (a->kind == ACT_SEND || a->kind == ACT_JOURNAL ||
        a->kind == ACT_KILL_DEST || a->kind == ACT_END)
        s->r.acts++;
    if (s->o.crash_at && s->r.acts == s->o.crash_at && !s->r.crashed) {
        s->r.crashed = true;
        sim_break(s); /* a tunnel leads through it */
    }
    s->ended |= s->r.crashed;
    return s->r.crashed;
}

/* As the job does. */
static void end(struct sim *s)
{
    static const char *const owners[] = {"source", "destination", "undecided"};
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();
    struct engine_verdict v = engine_verdict(s->e);

    json_object_object_add(
        data, "owner",
        json_object_new_string(
            v.outcome == QMIG_POSTCOPY_PAUSED ? "split" : owners[v.owner]));
    if (v.left[0] || (v.left[1] && s->q[QMIG_SIDE_DEST].alive))
        json_object_object_add(data, "left", json_object_new_boolean(true));
    if (s->journal.n)
        sim_write_record(s, "end", data, false);
    s->ended = true;
}

/* Was it what the engine had said would come? And R3. */
static void check_send(struct sim *s, const struct engine_action *a)
{
    const char *expected = s->expected[a->side];

    s->expected[a->side] = NULL;
    if (expected && !strcmp(expected, a->name))
        s->r.foretold++;
    else if (expected)
        s->r.withdrawn++;
    if (a->side == QMIG_SIDE_SOURCE && !strcmp(a->name, "quit") &&
        !s->quit_on_disk)
        s->r.quit_unrecorded = true;
}

static void act(struct sim *s)
{
    size_t n;
    const struct engine_action *actions = engine_actions(s->e, &n);

    for (size_t i = 0; i < n; i++) {
        const struct engine_action *a = &actions[i];

        if (crashes(s, a))
            return;
        sim_trace_action(s, a);
        if (a->kind == ACT_CONNECT || a->kind == ACT_START_DEST)
            sim_post_ready(s, a->side);
        else if (a->kind == ACT_EXPECT)
            s->expected[a->side] = a->name;
        else if (a->kind == ACT_SEND) {
            check_send(s, a);
            sim_submit(s, a);
        } else if (a->kind == ACT_JOURNAL && !record(s, a))
            return;
        else if (a->kind == ACT_CHANNEL || a->kind == ACT_CHANNEL_CLOSE)
            sim_channel(s, a->kind == ACT_CHANNEL);
        else if (a->kind == ACT_HOOK)
            start_hook(s, a);
        else if (a->kind == ACT_STORE)
            sim_store_start(s, a);
        else if (a->kind == ACT_KILL_DEST)
            sim_end_dest(s);
        else if (a->kind == ACT_END)
            end(s);
    }
}

static void set_bandwidth(struct sim *s)
{
    CLEANUP(json_putp)
    struct json_object *o = sim_parse("{\"max-bandwidth\":8388608}");

    feed(s, &(struct engine_event){.kind = EV_TUNE, .object = o});
}

static void inject(struct sim *s)
{
    s->fault_done = true;
    switch (s->o.fault) {
    case SIM_CANCEL:
        feed(s, &(struct engine_event){.kind = EV_CANCEL});
        break;
    case SIM_SWITCHOVER:
        feed(s, &(struct engine_event){.kind = EV_SWITCHOVER});
        break;
    case SIM_KILL_SOURCE:
        sim_die(s, QMIG_SIDE_SOURCE);
        break;
    case SIM_KILL_DEST:
        sim_die(s, QMIG_SIDE_DEST);
        break;
    case SIM_HANG_DEST:
        s->q[QMIG_SIDE_DEST].hung = true;
        break;
    case SIM_HANG_SOURCE:
        sim_stop_source(s);
        break;
    case SIM_REFUSE:
        s->refuse_next = true;
        break;
    case SIM_JOURNAL:
        s->journal_fails_next = true;
        break;
    case SIM_LOSE_SOURCE:
        sim_lose(s, QMIG_SIDE_SOURCE);
        break;
    case SIM_LOSE_DEST:
        sim_lose(s, QMIG_SIDE_DEST);
        break;
    case SIM_CUT:
        sim_cut(s);
        break;
    case SIM_UNKNOWN:
        for (int side = 0; side < 2; side++)
            if (s->q[side].alive)
                sim_say(s, (enum qmig_side)side, "MIGRATION",
                        "{\"status\":\"quiescing\"}");
        break;
    case SIM_MIRROR:
        sim_mirrors_fail(s, "No space left on device");
        break;
    case SIM_NONSENSE:
        sim_say(s, QMIG_SIDE_SOURCE, "MIGRATION", "{\"status\":1}");
        break;
    case SIM_HOOK_FAILS:
        s->hook_fails_next = true;
        break;
    case SIM_HOOK_HANGS:
        s->hook_hangs_next = true;
        break;
    case SIM_IO_ERROR:
        sim_io_error(s);
        break;
    case SIM_STORE_FAILS:
        s->store_fails_next = true;
        break;
    case SIM_STORE_HANGS:
        s->store_hangs_next = true;
        break;
    case SIM_TUNNEL:
        sim_break(s);
        break;
    case SIM_SET:
        set_bandwidth(s);
        break;
    case SIM_NONE:
    case SIM__FAULTS:
        break;
    }
}

/* False: nothing is under way. */
static bool deliver_first(struct sim *s)
{
    struct engine_event ev;

    if (!sim_mail_take(&s->mail, &ev))
        return false;
    s->now += 100;
    s->r.events++;
    feed(s, &ev);
    sim_event_clear(&ev);
    return true;
}

/* When the user releases the hold that is in force; -1: not. */
static int64_t word_time(const struct sim *s)
{
    int64_t since;

    return s->o.word_us && engine_holding(s->e, &since) ? since + s->o.word_us
                                                        : -1;
}

static int64_t next_time(const struct sim *s)
{
    int64_t when = engine_deadline(s->e);

    if (s->hook && (when < 0 || s->hook_ends < when))
        when = s->hook_ends;
    if (s->store && (when < 0 || s->store_ends < when))
        when = s->store_ends;
    if (word_time(s) >= 0 && (when < 0 || word_time(s) < when))
        when = word_time(s);
    for (int side = 0; side < 2; side++)
        for (struct command *c = s->q[side].stalled; c; c = c->next)
            if (!c->late && (when < 0 || c->deadline < when))
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
        if (s->store && s->now >= s->store_ends)
            sim_store_end(s);
        if (word_time(s) >= 0 && s->now >= word_time(s)) {
            feed(s, &(struct engine_event){.kind = EV_SWITCHOVER});
            continue;
        }
        if (deliver_first(s))
            continue;
        if (s->ack_pending && !--s->ack_pending) {
            s->ack_pending = 1;
            sim_settle(s);
        }
        if (s->mail.first)
            continue;
        int64_t when = next_time(s);
        assert_true(when >= 0); /* else it would wait for ever */
        if (when > s->now)
            s->now = when;
        if ((s->hook && s->now >= s->hook_ends) ||
            (s->store && s->now >= s->store_ends))
            continue;
        for (int side = 0; side < 2; side++)
            sim_time_out_stalled(s, (enum qmig_side)side);
        struct engine_event time = {.kind = EV_TIME};
        feed(s, &time);
    }
}

static void note_verdict(struct sim *s)
{
    struct sim_result *r = &s->r;
    const struct qmp_error *err;

    r->verdict = engine_verdict(s->e);
    err = r->verdict.error;
    r->error_message = err ? strdup(err->msg) : NULL;
    r->error_code = err ? qmig_errcode_name(err->code) : NULL;
    r->verdict.error = NULL;
    r->verdict.info = NULL;
    r->verdict.dest_info = NULL;
}

static void note_result(struct sim *s)
{
    struct sim_result *r = &s->r;

    r->source_alive = s->q[0].alive;
    r->dest_alive = s->q[1].alive;
    r->source_runs = s->q[0].runs;
    r->dest_runs = s->q[1].runs;
    r->undone =
        !s->q[0].changed && !s->q[0].braked && !s->q[0].creds && !s->q[0].named;
    r->undone = r->undone && !s->q[0].tuned &&
                !sim_storage_is_left(s, QMIG_SIDE_SOURCE);
    r->dest_undone = !s->q[1].creds && !s->q[1].named &&
                     !sim_storage_is_left(s, QMIG_SIDE_DEST);
    r->dest_listens = s->q[1].listens;
    r->dest_known = engine_facts(s->e, QMIG_SIDE_DEST)->known;
    r->dest_features = engine_facts(s->e, QMIG_SIDE_DEST)->features;
}

struct sim_result sim_run(const struct sim_options *o)
{
    struct sim s = {.o = *o, .now = 1000000};

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
    if (!s.r.crashed)
        note_verdict(&s);
    sim_mail_clear(&s.mail);
    if (o->recovers)
        sim_recover(&s);
    note_result(&s);
    sim_journal_clear(&s.journal);
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
    free(r->recovered.error);
    free(r->trace);
}

unsigned sim_stride(void)
{
    const char *text = getenv("SIM_STRIDE");
    int n = text ? atoi(text) : 1;

    return n > 0 ? (unsigned)n : 1;
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

struct sim_options sim_postcopy(void)
{
    struct sim_options o = sim_defaults();

    o.postcopy = true;
    o.config.postcopy_after = 1;
    o.config.plan.flags |= QMIG_POSTCOPY;
    return o;
}
