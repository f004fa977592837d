/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the data goes: what is refused at once, what each side is told, and
 * the engine's way with connections of ours and those that lead one way. */
#include "tests/lib/sim.h"
#include "tests/lib/test.h"

#include "error/errcode.h"
#include "plan/transport.h"

#include <string.h>

#define TUNNEL (QMIG_LIVE | QMIG_PEER2PEER | QMIG_TUNNELLED)

/* As the user wrote it; NULL: not. */
struct wish {
    const char *uri, *listen, *tunnel, *source, *dest;
    unsigned flags;
};

static struct qmig_params *params;

static struct plan_input input_of(const struct wish *w)
{
    struct qmp_error *err = NULL;

    qmig_params_free(params);
    params = qmig_params_new();
    if (w->uri &&
        qmig_params_add_string(params, "migrate_uri", w->uri, &err) < 0)
        fail_msg("%s", err->msg);
    return (struct plan_input){
        .params = params,
        .flags = w->flags ? w->flags : QMIG_LIVE,
        .source_addr = w->source ? w->source : "unix:/s",
        .dest_addr = w->dest ? w->dest : "unix:/d",
        .local_host = "here.example",
        .listen_uri = w->listen,
        .tunnel = w->tunnel,
    };
}

static void what_cannot_work_is_refused_at_once(void **state UNUSED)
{
    static const struct {
        struct wish wish;
        const char *code, *message;
    } rows[] = {
        {{.uri = "exec:cat"},
         "param.conflict",
         "parameter 'migrate_uri=exec:...' requires option 'listen-uri'"},
        {{.uri = "fd:3"},
         "param.conflict",
         "parameter 'migrate_uri=fd:...' requires option 'listen-uri'"},
        {{.uri = "fd:tcp:h", .source = "tcp:h:1"},
         "param.conflict",
         "needs a monitor of the source that takes descriptors"},
        {{.uri = "fd:3", .listen = "fd:4", .dest = "ssh:h:/d"},
         "param.conflict",
         "needs a monitor of the destination"},
        {{.uri = "tcp:h:1", .listen = "fd:tcp:h:1"},
         "uri",
         "is the source's, the destination listens"},
        {{.uri = "tcp:h:1", .listen = "x"},
         "uri",
         "option 'listen-uri': migration URI 'x': there is no scheme"},
        {{.listen = "unix:/x"},
         "param.conflict",
         "option 'listen-uri' requires parameter 'migrate_uri'"},
        {{.tunnel = "unix:/x"},
         "param.conflict",
         "option 'tunnel' requires flag 'tunnelled'"},
        {{.flags = TUNNEL, .dest = "exec:x"},
         "param.conflict",
         "flag 'tunnelled' requires option 'tunnel'"},
        {{.flags = TUNNEL, .tunnel = "exec:x"},
         "param.conflict",
         "with 'exec:x' requires option 'listen-uri'"},
        {{.flags = TUNNEL, .tunnel = "nonsense:x"},
         "invalid-argument",
         "option 'tunnel': "},
        {{.flags = TUNNEL, .source = "ssh:h:/s"},
         "param.conflict",
         "flag 'tunnelled' needs a monitor of the source"},
        {{.flags = TUNNEL, .tunnel = "exec:x", .listen = "exec:y"},
         "param.conflict",
         "must be tcp:HOST:PORT or unix:PATH"},
        {{.uri = "exec:cat", .listen = "exec:cat", .flags = QMIG_TLS},
         "param.conflict",
         "needs a channel that goes both ways"},
        {{.uri = "unix:/x",
          .listen = "exec:cat",
          .flags = QMIG_LIVE | QMIG_POSTCOPY},
         "param.conflict",
         "flag 'postcopy' needs more than the one channel of option "
         "'listen-uri' 'exec:cat'"},
        {{.uri = "tcp:h:1",
          .listen = "fd:4",
          .flags = QMIG_LIVE | QMIG_PARALLEL},
         "param.conflict",
         "flag 'parallel' needs more than the one channel of option "
         "'listen-uri' 'fd:4'"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct plan_input in = input_of(&rows[i].wish);
        struct qmp_error *err = NULL;

        if (transport_check(&in, &err) == 0)
            fail_msg("row %zu was not refused", i);
        assert_string_equal(qmig_errcode_name(err->code), rows[i].code);
        if (!strstr(err->msg, rows[i].message))
            fail_msg("row %zu: '%s', wanted '%s'", i, err->msg,
                     rows[i].message);
        qmp_error_free(err);
    }
}

static struct facts facts_of(const char *status, const char *migrate)
{
    struct facts f = {0};
    static const struct {
        enum probe probe;
        const char *reply;
    } answers[] = {
        {PROBE_CAPABILITIES,
         "[{\"capability\":\"return-path\",\"state\":true},"
         "{\"capability\":\"switchover-ack\",\"state\":true},"
         "{\"capability\":\"pause-before-switchover\",\"state\":false}]"},
        {PROBE_PARAMETERS, "{\"max-bandwidth\":1}"},
        {PROBE_NAME, "{}"},
        {PROBE_UUID, "{\"UUID\":\"11111111-2222-3333-4444-555555555555\"}"},
    };
    char text[64];

    snprintf(text, sizeof(text), "{\"status\":\"%s\"}", status);
    for (size_t i = 0; i < ARRAY_SIZE(answers) + 2; i++) {
        const char *reply = i == 0   ? text
                            : i == 1 ? migrate
                                     : answers[i - 2].reply;
        CLEANUP(json_putp) struct json_object *o = json_tokener_parse(reply);
        enum probe probe = i == 0   ? PROBE_STATUS
                           : i == 1 ? PROBE_MIGRATE
                                    : answers[i - 2].probe;

        assert_int_equal(facts_reply(&f, probe, o, NULL), 0);
    }
    f.known = FEATURES_ALL;
    f.version = strdup("10.0.2");
    return f;
}

/* "COMMAND FIRST-ARGUMENT", one a line, of what the row is about. */
static char *told(const struct plan *plan)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    for (size_t i = 0; i < plan->n; i++) {
        const struct plan_step *s = &plan->steps[i];
        struct json_object *uri = NULL;

        json_object_object_get_ex(s->arguments, "uri", &uri);
        if (s->kind == STEP_LISTEN || s->kind == STEP_MIGRATE)
            fprintf(f, "%s %s;", s->kind == STEP_LISTEN ? "D" : "S",
                    json_object_get_string(uri));
        else if (s->file == STEP_CONNECTION)
            fprintf(f, "%s gets;", s->side == QMIG_SIDE_DEST ? "D" : "S");
        else if (s->kind == STEP_LISTENS)
            fprintf(f, "port?;");
    }
    fclose(f);
    return text;
}

static void each_side_is_told_its_end(void **state UNUSED)
{
    static const struct {
        struct wish wish;
        const char *told, *connect; /* NULL: we do not */
        bool one_way;
        const char *listens; /* the destination did already */
    } rows[] = {
        {{0}, "D tcp:127.0.0.1:0;port?;S tcp:127.0.0.1:0;", NULL, false, NULL},
        {{.uri = "exec:a b", .listen = "exec:c"},
         "D exec:c;S exec:a b;",
         NULL,
         true,
         NULL},
        {{.uri = "tcp:h:1", .listen = "exec:c"},
         "D exec:c;S tcp:h:1;",
         NULL,
         true,
         NULL},
        {{.uri = "tcp:h:1", .listen = "unix:/x"},
         "D unix:/x;S tcp:h:1;",
         NULL,
         false,
         NULL},
        {{.uri = "fd:3", .listen = "fd:4"},
         "D gets;D fd:qmigrate;S gets;S fd:qmigrate;",
         NULL,
         false,
         NULL},
        {{.uri = "fd:unix:/x"},
         "D unix:/x;S gets;S fd:qmigrate;",
         "unix:/x",
         false,
         NULL},
        {{.uri = "fd:tcp:127.0.0.1"},
         "D tcp:127.0.0.1:0;port?;S gets;S fd:qmigrate;",
         "tcp:127.0.0.1:0",
         false,
         NULL},
        {{.uri = "rdma://h"},
         "D rdma:h:49152;S rdma:h:49152;",
         NULL,
         false,
         NULL},
        {{.flags = TUNNEL},
         "D gets;D fd:qmigrate;S gets;S fd:qmigrate;",
         NULL,
         false,
         NULL},
        {{.flags = TUNNEL, .dest = "tcp:there:5"},
         "D tcp::49152,to=49215;port?;S gets;S fd:qmigrate;",
         "tcp:there:0",
         false,
         NULL},
        {{.flags = TUNNEL, .dest = "ssh:u@there:/run/d"},
         "D unix:/run/d.data;S gets;S fd:qmigrate;",
         "ssh:u@there:/run/d.data",
         false,
         NULL},
        {{.flags = TUNNEL, .dest = "ssh:u@there:/run/d", .tunnel = "unix:/t"},
         "D unix:/t;S gets;S fd:qmigrate;",
         "unix:/t",
         false,
         NULL},
        {{.flags = TUNNEL, .tunnel = "tcp:there:7"},
         "D tcp::7;S gets;S fd:qmigrate;",
         "tcp:there:7",
         false,
         NULL},
        {{.flags = TUNNEL, .tunnel = "exec:nc x", .listen = "unix:/t"},
         "D unix:/t;S gets;S fd:qmigrate;",
         "exec:nc x",
         false,
         NULL},
        {{.flags = TUNNEL},
         "S gets;S fd:qmigrate;",
         "unix:/there",
         false,
         "{\"type\":\"unix\",\"path\":\"/there\"}"},
        {{.flags = TUNNEL, .dest = "tcp:there:5"},
         "S gets;S fd:qmigrate;",
         "tcp:there:77",
         false,
         "{\"type\":\"inet\",\"host\":\"::\",\"port\":\"77\"}"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(freep) char *migrate = NULL;
        struct plan_input in = input_of(&rows[i].wish);
        struct facts source = facts_of("running", "{}");
        struct qmp_error *err = NULL;
        struct plan plan = {0};
        enum qmig_side side;

        if (asprintf(&migrate,
                     rows[i].listens
                         ? "{\"status\":\"setup\",\"socket-address\":[%s]}"
                         : "{}",
                     rows[i].listens) < 0)
            abort();
        struct facts dest = facts_of("inmigrate", migrate);
        assert_int_equal(transport_check(&in, &err), 0);
        if (plan_make(&plan, &in, &source, &dest, &side, NULL, &err) < 0)
            fail_msg("row %zu: %s", i, err->msg);
        CLEANUP(freep) char *text = told(&plan);
        CLEANUP(freep) char *connect = transport_connect_address(&plan);
        if (strcmp(text, rows[i].told) != 0 ||
            strcmp(connect ? connect : "",
                   rows[i].connect ? rows[i].connect : "") != 0)
            fail_msg("row %zu: '%s', connects to '%s'", i, text, connect);
        assert_int_equal(plan.return_path, !rows[i].one_way);
        plan_clear(&plan);
        facts_clear(&source);
        facts_clear(&dest);
    }
}

/* R2: what needs an answer is off where none can come. */
static void one_way_takes_the_way_back_off(void **state UNUSED)
{
    struct plan_input in =
        input_of(&(struct wish){.uri = "exec:a", .listen = "exec:b"});
    struct facts source = facts_of("running", "{}");
    struct facts dest = facts_of("inmigrate", "{}");
    struct plan plan = {0};
    enum qmig_side side;

    assert_int_equal(plan_make(&plan, &in, &source, &dest, &side, NULL, NULL),
                     0);
    CLEANUP(json_putp) struct json_object *rows = plan_json(&plan);
    const char *text = json_object_to_json_string_ext(rows, 0);
    for (int i = 0; i < 2; i++) { /* on each side */
        text = strstr(text, "{\"capability\":\"return-path\",\"state\":false}");
        assert_non_null(text);
        text =
            strstr(text, "{\"capability\":\"switchover-ack\",\"state\":false}");
        assert_non_null(text);
    }
    plan_clear(&plan);
    facts_clear(&source);
    facts_clear(&dest);
}

static void channels_say_what_the_uri_says(void **state UNUSED)
{
#define SOCKET "\"transport\":\"socket\",\"type\":"
    static const struct {
        const char *uri, *addr;
    } rows[] = {
        {"tcp:127.0.0.1:7", SOCKET "\"inet\",\"host\":\"127.0.0.1\","
                                   "\"port\":\"7\""},
        {"tcp:[fe80::1%eth0]:7", SOCKET "\"inet\",\"host\":\"fe80::1%eth0\","
                                        "\"port\":\"7\""},
        {"tcp::49152,to=49215", SOCKET "\"inet\",\"host\":\"\","
                                       "\"port\":\"49152\",\"to\":49215"},
        {"unix:/a:b", SOCKET "\"unix\",\"path\":\"/a:b\""},
        {"fd:qmigrate", SOCKET "\"fd\",\"str\":\"qmigrate\""},
        {"exec:cat >\"x\"", "\"transport\":\"exec\",\"args\":[\"/bin/sh\","
                            "\"-c\",\"cat >\\\"x\\\"\"]"},
        {"rdma:h:1", "\"transport\":\"rdma\",\"host\":\"h\",\"port\":\"1\""},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char want[256];
        CLEANUP(json_putp)
        struct json_object *o = transport_arguments(rows[i].uri, true);

        snprintf(want, sizeof(want),
                 "{\"channels\":[{\"channel-type\":\"main\",\"addr\":{%s}}]}",
                 rows[i].addr);
        assert_string_equal(
            json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE),
            want);
    }
}

static void channels_need_a_qemu_that_has_them(void **state UNUSED)
{
    static const struct {
        const char *version;
        int rc;
    } rows[] = {{"7.2.22 (Debian)", -1},
                {"8.1.5", -1},
                {"8.2.0", 0},
                {"10.0.2", 0},
                {"9.0.0", 0}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct plan_input in = input_of(&(struct wish){0});
        struct facts facts = {.version = strdup(rows[i].version)};
        struct qmp_error *err = NULL;

        in.channels = true;
        assert_int_equal(transport_check_facts(&in, &facts, &err), rows[i].rc);
        if (err)
            assert_int_equal(err->code, QMIG_ERR_CAPABILITY);
        qmp_error_free(err);
        in.channels = false;
        assert_int_equal(transport_check_facts(&in, &facts, NULL), 0);
        facts_clear(&facts);
    }
}

/* ENGINE */

/* The source's word is not the destination's: its own is waited for, and the
 * record is on the disk before it may run. */
static void engine_commits_by_the_destinations_word(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.config.plan.one_way_fd = true;
    struct sim_result r = sim_run(&o);
    const char *device = strstr(r.trace, "> S migrate-continue\n");

    assert_non_null(device);
    const char *completed =
        strstr(device, "< S MIGRATION {\"status\":\"completed\"}\n");
    assert_non_null(completed);
    const char *loaded =
        strstr(completed, "< D MIGRATION {\"status\":\"completed\"}\n");
    assert_non_null(loaded);
    const char *commit = strstr(loaded, "  journal commit\n");
    assert_non_null(commit);
    assert_ptr_equal(strstr(device, "  journal commit\n"), commit);
    const char *cont = strstr(device, "> D cont\n");
    assert_true(cont > commit);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    sim_result_clear(&r);
}

static void engine_keeps_the_guest_that_could_not_be_loaded(void **state UNUSED)
{
    for (int old = 0; old < 2; old++) {
        struct sim_options o = sim_defaults();

        o.config.plan.one_way_fd = true;
        o.load_error = "Unknown savevm section 'virtio-rng'";
        o.old = old;
        struct sim_result r = sim_run(&o);
        assert_non_null(
            strstr(r.trace, "< S MIGRATION {\"status\":\"completed\"}\n"));
        assert_null(strstr(r.trace, "> D cont"));
        assert_null(strstr(r.trace, "journal commit"));
        assert_true(strstr(r.trace, "  journal back\n") <
                    strstr(r.trace, "> S cont\n"));
        assert_true(r.source_runs);
        assert_int_equal(r.verdict.outcome, QMIG_FAILED);
        sim_result_clear(&r);
    }
}

/* Neither side says a word any more: the deadline holds for it, too. */
static void engine_does_not_wait_for_ever_for_that_word(void **state UNUSED)
{
    struct sim_options o = sim_defaults();
    struct sim_result whole;
    unsigned late = 0;

    o.config.plan.one_way_fd = true;
    whole = sim_run(&o);
    o.fault = SIM_HANG_DEST;
    for (o.at = 0; o.at < whole.events; o.at++) {
        struct sim_result r = sim_run(&o);

        if (strstr(r.trace, "< S MIGRATION {\"status\":\"completed\"}\n") &&
            r.verdict.outcome == QMIG_FAILED) {
            late++;
            assert_string_equal(r.error_code, "deadline");
            assert_true(r.source_runs);
        }
        sim_result_clear(&r);
    }
    assert_true(late > 0);
    sim_result_clear(&whole);
}

static void
engine_makes_the_tunnel_when_the_destination_listens(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.config.plan.flags = TUNNEL;
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_non_null(strstr(r.trace, "> D getfd\n"
                                    "> D migrate-incoming\n"));
    assert_non_null(strstr(r.trace, "  make channel\n"
                                    "  channel open\n"
                                    "> S getfd\n"
                                    "> S migrate\n"));
    assert_null(strstr(r.trace, "go away")); /* it ends with the migration */
    sim_result_clear(&r);

    /* What could not be made: nothing of it is left. */
    o.fault = SIM_TUNNEL;
    r = sim_run(&o);
    assert_string_equal(r.error_code, "tunnel");
    assert_int_equal(r.verdict.side, QMIG_SIDE_CONTROLLER);
    assert_null(strstr(r.trace, "> S migrate\n"));
    assert_true(r.source_runs && r.undone);
    sim_result_clear(&r);
}

/* Closing it frees a source that waits for a destination which hangs. */
static void
engine_frees_the_source_from_a_tunnel_that_hangs(void **state UNUSED)
{
    struct sim_options o = sim_defaults();
    struct sim_result whole;
    unsigned freed = 0;

    o.config.plan.flags = TUNNEL;
    o.old = true; /* no out-of-band: nothing else would do */
    whole = sim_run(&o);
    o.fault = SIM_HANG_DEST;
    for (o.at = 0; o.at < whole.events; o.at++) {
        struct sim_result r = sim_run(&o);
        const char *blocked = strstr(r.trace, "-> yanking");

        if (blocked) {
            freed++;
            assert_non_null(strstr(blocked, "  make channel go away\n"));
            assert_true(r.source_runs);
        }
        sim_result_clear(&r);
    }
    assert_true(freed > 0);
    sim_result_clear(&whole);
}

/* The descriptor that was passed, and then not used. */
static void engine_takes_the_descriptor_back(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.config.plan.flags = TUNNEL;
    o.refuse = "migrate";
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_FAILED);
    assert_non_null(strstr(r.trace, "  make channel go away\n"));
    assert_non_null(strstr(r.trace, "> S closefd\n"));
    assert_null(strstr(r.trace, "> D closefd\n"));
    assert_true(r.source_runs && r.undone);
    sim_result_clear(&r);

    o.refuse = "getfd";
    r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_FAILED);
    assert_null(strstr(r.trace, "> S migrate\n"));
    sim_result_clear(&r);
}

static int clean_up(void **state UNUSED)
{
    qmig_params_free(params);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_work_is_refused_at_once),
        cmocka_unit_test(each_side_is_told_its_end),
        cmocka_unit_test(one_way_takes_the_way_back_off),
        cmocka_unit_test(channels_say_what_the_uri_says),
        cmocka_unit_test(channels_need_a_qemu_that_has_them),
        cmocka_unit_test(engine_commits_by_the_destinations_word),
        cmocka_unit_test(engine_keeps_the_guest_that_could_not_be_loaded),
        cmocka_unit_test(engine_does_not_wait_for_ever_for_that_word),
        cmocka_unit_test(engine_makes_the_tunnel_when_the_destination_listens),
        cmocka_unit_test(engine_frees_the_source_from_a_tunnel_that_hangs),
        cmocka_unit_test(engine_takes_the_descriptor_back),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
