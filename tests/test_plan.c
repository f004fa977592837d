/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts, checks, addresses and the plan: everything without a QEMU. */
#include "tests/lib/test.h"

#include "error/errcode.h"
#include "plan/plan.h"

#include <string.h>

static void answer(struct facts *f, enum probe probe, const char *reply)
{
    CLEANUP(json_putp) struct json_object *o = json_tokener_parse(reply);
    struct qmp_error *err = NULL;

    if (facts_reply(f, probe, o, &err) < 0)
        fail_msg("%s: %s", reply, err->msg);
}

static const char both_capabilities[] =
    "[{\"capability\":\"events\",\"state\":false},"
    "{\"capability\":\"return-path\",\"state\":true},"
    "{\"capability\":\"xbzrle\",\"state\":true},"
    "{\"capability\":\"x-unknown\",\"state\":true},"
    "{\"capability\":\"late-block-activate\",\"state\":false},"
    "{\"capability\":\"pause-before-switchover\",\"state\":false}]";

static struct facts source_facts(void)
{
    struct facts f = {0};

    answer(&f, PROBE_STATUS, "{\"status\":\"running\",\"running\":true}");
    answer(&f, PROBE_MIGRATE, "{}");
    answer(&f, PROBE_CAPABILITIES, both_capabilities);
    answer(&f, PROBE_PARAMETERS, "{\"max-bandwidth\":134217728}");
    answer(&f, PROBE_NAME, "{\"name\":\"guest\"}");
    answer(&f, PROBE_UUID,
           "{\"UUID\":\"00000000-0000-0000-0000-000000000000\"}");
    f.version = strdup("7.2.22");
    return f;
}

static struct facts dest_facts(void)
{
    struct facts f = source_facts();

    answer(&f, PROBE_STATUS, "{\"status\":\"inmigrate\",\"running\":false}");
    f.known = FEATURES_ALL;
    return f;
}

static const struct plan_input input = {
    .flags = QMIG_LIVE,
    .source_addr = "unix:/s",
    .dest_addr = "unix:/d",
    .local_host = "here.example",
};

/* {probe, foreign reply, what the error names} */
static void facts_refuse_wrong_types_by_name(void **state UNUSED)
{
    static const struct {
        enum probe probe;
        const char *reply, *named;
    } rows[] = {
        {PROBE_STATUS, "[]", "return"},
        {PROBE_STATUS, "{}", "status"},
        {PROBE_STATUS, "{\"status\":1}", "status"},
        {PROBE_CAPABILITIES, "{}", "return"},
        {PROBE_CAPABILITIES, "[{}]", "capability"},
        {PROBE_CAPABILITIES, "[{\"capability\":\"a\",\"state\":1}]", "state"},
        {PROBE_CAPABILITIES, "[1]", "capability"},
        {PROBE_PARAMETERS, "[]", "return"},
        {PROBE_NAME, "{\"name\":{}}", "name"},
        {PROBE_UUID, "{}", "UUID"},
        {PROBE_MIGRATE, "\"x\"", "return"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(facts_clear) struct facts f = {0};
        CLEANUP(json_putp)
        struct json_object *o = json_tokener_parse(rows[i].reply);
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        assert_int_equal(facts_reply(&f, rows[i].probe, o, &err), -1);
        assert_int_equal(err->code, QMP_ERR_PROTOCOL);
        assert_non_null(strstr(err->msg, rows[i].named));
        assert_non_null(strstr(err->msg, probe_commands[rows[i].probe]));
    }
}

static void facts_take_greetings_of_any_version(void **state UNUSED)
{
    static const struct {
        const char *greeting, *version;
    } rows[] = {
        {"{\"version\":{\"qemu\":{\"major\":7,\"minor\":2,\"micro\":22},"
         "\"package\":\"Debian\"}}",
         "7.2.22 (Debian)"},
        {"{\"version\":{\"qemu\":{\"major\":11,\"minor\":1,\"micro\":3},"
         "\"package\":\"\"}}",
         "11.1.3"},
        {"{}", NULL},
        {"{\"version\":{\"qemu\":{\"major\":\"7\"}}}", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(facts_clear) struct facts f = {0};
        CLEANUP(json_putp)
        struct json_object *o = json_tokener_parse(rows[i].greeting);
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        int rc = facts_greeting(&f, o, &err);

        if (rows[i].version)
            assert_string_equal(f.version, rows[i].version);
        else
            assert_int_equal(rc, -1);
    }
}

/* Which QEMU refuses it by itself, and which would only crash. */
static void
postcopy_in_parallel_is_refused_where_it_crashes(void **state UNUSED)
{
    static const struct {
        const char *version;
        bool refused;
    } rows[] = {
        {"5.2.0", true},    {"7.2.22 (Debian)", true}, {"8.0.4", true},
        {"8.1.0", false},   {"10.0.2", false},         {"11.1.3", false},
        {"nothing", false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        for (int side = 0; side < 2; side++) {
            CLEANUP(facts_clear) struct facts source = source_facts();
            CLEANUP(facts_clear) struct facts dest = dest_facts();
            CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
            struct plan_input in = input;
            struct facts *facts = side ? &dest : &source;

            in.flags |= QMIG_POSTCOPY;
            assert_int_equal(plan_check_source(&in, &source, NULL), 0);
            in.flags |= QMIG_PARALLEL;
            free(facts->version);
            facts->version = strdup(rows[i].version);
            int rc = side ? plan_check_dest(&in, &source, &dest, NULL, &err)
                          : plan_check_source(&in, &source, &err);
            assert_int_equal(rc, rows[i].refused ? -1 : 0);
            if (!rows[i].refused)
                continue;
            assert_int_equal(err->code, QMIG_ERR_CAPABILITY);
            assert_non_null(strstr(err->msg, rows[i].version));
            assert_non_null(err->hint);
        }
}

static void listening_addresses_are_read(void **state UNUSED)
{
    static const struct {
        const char *info;
        int listens, port;
        const char *path;
    } rows[] = {
        {"{}", 0, 0, NULL},
        {"{\"socket-address\":[]}", 0, 0, NULL},
        {"{\"socket-address\":\"x\"}", 0, 0, NULL},
        {"{\"socket-address\":[{\"type\":\"inet\",\"port\":\"4444\"}]}", 1,
         4444, NULL},
        {"{\"socket-address\":[{\"type\":\"unix\",\"path\":\"/x\"}]}", 1, 0,
         "/x"},
        {"{\"socket-address\":[{\"type\":\"vsock\"}]}", 0, 0, NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(json_putp)
        struct json_object *o = json_tokener_parse(rows[i].info);
        const char *path = NULL;
        int port = 0;

        assert_int_equal(migrate_info_listens(o, &port, &path),
                         rows[i].listens);
        assert_int_equal(port, rows[i].port);
        if (rows[i].path)
            assert_string_equal(path, rows[i].path);
    }
}

/* {monitors, this host} -> {where the data goes, what is listened on} */
static void a_uri_is_made_that_the_source_can_reach(void **state UNUSED)
{
    static const struct {
        const char *source, *dest, *local, *uri, *listen;
    } rows[] = {
        {"unix:/s", "unix:/d", "here", "tcp:127.0.0.1:0", "tcp:127.0.0.1:0"},
        {"/s", "fd:3", "here", "tcp:127.0.0.1:0", "tcp:127.0.0.1:0"},
        {"unix:/s", "tcp:127.0.0.1:4000", "here", "tcp:127.0.0.1:0",
         "tcp:127.0.0.1:0"},
        {"unix:/s", "tcp:far.example:4000", "here", "tcp:far.example:0",
         "tcp::49152,to=49215"},
        {"unix:/s", "tcp:[2001:db8::1]:4000", "here", "tcp:[2001:db8::1]:0",
         "tcp::49152,to=49215"},
        {"unix:/s", "ssh:root@far:/d", "here", "tcp:far:0",
         "tcp::49152,to=49215"},
        {"ssh:far:/s", "unix:/d", "here.example", "tcp:here.example:0",
         "tcp::49152,to=49215"},
        {"ssh:far:/s", "unix:/d", "localhost", NULL, NULL},
        {"ssh:far:/s", "tcp:127.0.0.1:1", "localhost.localdomain", NULL, NULL},
        {"unix:/s", "exec:nc -U /d", "here", NULL, NULL},
        {"exec:nc -U /s", "unix:/d", "here", NULL, NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct plan_input in = input;
        CLEANUP(migrate_uri_clear) struct migrate_uri uri = {0};
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        in.source_addr = rows[i].source;
        in.dest_addr = rows[i].dest;
        in.local_host = rows[i].local;
        int rc = plan_choose_uri(&in, &uri, &err);
        if (!rows[i].uri) {
            assert_int_equal(rc, -1);
            assert_int_equal(err->code, QMIG_ERR_URI);
            assert_non_null(err->hint);
            continue;
        }
        assert_int_equal(rc, 0);
        CLEANUP(freep) char *text = migrate_uri_text(&uri);
        CLEANUP(freep) char *listen = plan_listen_uri(&uri, NULL);
        assert_string_equal(text, rows[i].uri);
        assert_string_equal(listen, rows[i].listen);
    }
}

/* {listen_address, migrate_uri} -> what is listened on */
static void listen_address_is_where_the_destination_listens(void **state UNUSED)
{
    static const struct {
        const char *address, *uri, *listen;
    } rows[] = {
        {"192.0.2.1", "tcp:h:4444", "tcp:192.0.2.1:4444"},
        {"192.0.2.1", "tcp:h", "tcp:192.0.2.1:49152,to=49215"},
        {"::", "tcp:h:4444", "tcp:[::]:4444"},
        {"[::]", "tcp:h", "tcp:[::]:49152,to=49215"},
        {"fe80::1%eth0", "tcp:h:1", "tcp:[fe80::1%eth0]:1"},
        {"127.0.0.1", "tcp:h", "tcp:127.0.0.1:0"},
        {"::1", "tcp:h", "tcp:[::1]:0"},
        {"host.example", "rdma://h:4444", "rdma:host.example:4444"},
        {NULL, "tcp:h:4444", "tcp::4444"},
        {NULL, "rdma://h:4444", "rdma:h:4444"},
        {NULL, "unix:/x", "unix:/x"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(migrate_uri_clear) struct migrate_uri uri = {0};

        assert_int_equal(migrate_uri_parse(rows[i].uri, &uri, NULL), 0);
        CLEANUP(freep) char *text = plan_listen_uri(&uri, rows[i].address);
        assert_string_equal(text, rows[i].listen);
    }
}

static char *plan_text(const struct plan *plan)
{
    CLEANUP(json_putp) struct json_object *rows = plan_json(plan);
    char *text = strdup("");

    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        char *more = NULL;

        assert_true(
            asprintf(
                &more, "%s%.1s %s %s\n", text,
                json_object_get_string(json_object_object_get(row, "peer")),
                json_object_get_string(json_object_object_get(row, "execute")),
                json_object_to_json_string_ext(
                    json_object_object_get(row, "arguments"),
                    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)) >
            0);
        free(text);
        text = more;
    }
    return text;
}

static char *make(const struct plan_input *in, const struct facts *s,
                  const struct facts *d, struct qmp_error **errp)
{
    struct plan plan = {0};
    enum qmig_side side;

    if (plan_make(&plan, in, s, d, &side, NULL, errp) < 0)
        return NULL;
    char *text = plan_text(&plan);
    plan_clear(&plan);
    return text;
}

static void plan_lists_every_command_in_order(void **state UNUSED)
{
    CLEANUP(facts_clear) struct facts s = source_facts();
    CLEANUP(facts_clear) struct facts d = dest_facts();
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    struct plan_input in = input;

    in.params = p;
    assert_int_equal(qmig_params_add_text(p, "bandwidth", "100", NULL), 0);
    facts_learn_feature(&d, FEATURE_EXIT_ON_ERROR, true);
    CLEANUP(freep) char *text = make(&in, &s, &d, NULL);
    assert_string_equal(
        text, "d stop {}\n"
              "d migrate-set-capabilities {\"capabilities\":["
              "{\"capability\":\"events\",\"state\":true},"
              "{\"capability\":\"xbzrle\",\"state\":false}]}\n"
              "s migrate-set-capabilities {\"capabilities\":["
              "{\"capability\":\"events\",\"state\":true},"
              "{\"capability\":\"pause-before-switchover\",\"state\":true},"
              "{\"capability\":\"xbzrle\",\"state\":false}]}\n"
              "s migrate-set-parameters {\"max-bandwidth\":104857600}\n"
              "d migrate-incoming {\"uri\":\"tcp:127.0.0.1:0\","
              "\"exit-on-error\":false}\n"
              "d query-migrate {}\n"
              "s migrate {\"uri\":\"tcp:127.0.0.1:0\"}\n"
              "d migrate-set-capabilities {\"capabilities\":["
              "{\"capability\":\"late-block-activate\",\"state\":true}]}\n"
              "s migrate-continue {\"state\":\"pre-switchover\"}\n"
              "d cont {}\n"
              "d migrate-set-capabilities {\"capabilities\":["
              "{\"capability\":\"xbzrle\",\"state\":true}]}\n"
              "s quit {}\n");
}

/* From QEMU's own 128 MiB/s on nothing flows too fast before it is set. */
static void
plan_lifts_the_bandwidth_while_the_source_sets_up(void **state UNUSED)
{
    const struct {
        const char *bandwidth; /* MiB/s */
        unsigned flags;
        bool hold;
        bool later;
    } rows[] = {
        {"127", QMIG_LIVE, false, false},
        {"128", QMIG_LIVE, false, true},
        {"10240", QMIG_LIVE, false, true},
        {"10240", QMIG_LIVE, true, false},
        /* sets other parameters before, too */
        {"10240", QMIG_LIVE | QMIG_PARALLEL, false, false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(facts_clear) struct facts s = source_facts();
        CLEANUP(facts_clear) struct facts d = dest_facts();
        CLEANUP(qmig_params_freep)
        struct qmig_params *p = qmig_params_new();
        struct plan_input in = input;

        in.flags = rows[i].flags;
        in.hold_switchover = rows[i].hold;
        in.params = p;
        assert_int_equal(
            qmig_params_add_text(p, "bandwidth", rows[i].bandwidth, NULL), 0);
        assert_true(plan_lifts(&in) == rows[i].later);
        assert_true(plan_needs_probe(&in, QMIG_SIDE_SOURCE, PROBE_PARAMETERS) ==
                    !rows[i].later);
        if (in.flags & QMIG_PARALLEL)
            continue;
        CLEANUP(freep) char *text = make(&in, &s, &d, NULL);
        const char *set = strstr(text, "s migrate-set-parameters {\"max-ban");
        const char *migrate = strstr(text, "s migrate {");
        assert_non_null(set);
        assert_non_null(migrate);
        assert_true((set > migrate) == rows[i].later);
    }
}

/* Released, it is as fast as it was, or as was asked for. */
static void plan_brakes_a_source_that_is_held(void **state UNUSED)
{
    for (int mib = 0; mib < 101; mib += 100) {
        CLEANUP(facts_clear) struct facts s = source_facts();
        CLEANUP(facts_clear) struct facts d = dest_facts();
        CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
        struct plan_input in = input;

        in.params = p;
        in.hold_switchover = true;
        answer(&s, PROBE_PARAMETERS, "{\"max-bandwidth\":7000}");
        qmig_params_add_ullong(p, "bandwidth", (unsigned)mib, NULL);
        CLEANUP(freep) char *text = make(&in, &s, &d, NULL);
        assert_non_null(strstr(text, mib ? "migrate-set-parameters "
                                           "{\"max-bandwidth\":1024}\n"
                                           "s migrate-set-parameters "
                                           "{\"max-bandwidth\":104857600}\n"
                                           "s migrate-continue"
                                         : "migrate-set-parameters "
                                           "{\"max-bandwidth\":1024}\n"
                                           "s migrate-set-parameters "
                                           "{\"max-bandwidth\":7000}\n"
                                           "s migrate-continue"));
    }
}

static void plan_leaves_out_what_is_not_wanted(void **state UNUSED)
{
    CLEANUP(facts_clear) struct facts s = source_facts();
    CLEANUP(facts_clear) struct facts d = dest_facts();
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    struct plan_input in = input;

    in.params = p;
    in.keep_source = true;
    in.flags |= QMIG_PAUSED;
    qmig_params_add_text(p, "bandwidth", "0", NULL);
    qmig_params_add_text(p, "migrate_uri", "unix:/tmp/x", NULL);
    CLEANUP(freep) char *text = make(&in, &s, &d, NULL);
    assert_null(strstr(text, "migrate-set-parameters"));
    assert_null(strstr(text, "quit"));
    assert_null(strstr(text, "cont {"));
    assert_null(strstr(text, "query-migrate"));
    assert_non_null(strstr(text, "s migrate {\"uri\":\"unix:/tmp/x\"}"));
}

static void plan_uses_where_the_destination_listens_already(void **state UNUSED)
{
    CLEANUP(facts_clear) struct facts s = source_facts();
    CLEANUP(facts_clear) struct facts d = dest_facts();
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct plan_input in = input;

    in.params = p;
    answer(&d, PROBE_MIGRATE,
           "{\"socket-address\":[{\"type\":\"inet\",\"port\":\"4444\"}]}");
    CLEANUP(freep) char *text = make(&in, &s, &d, NULL);
    assert_null(strstr(text, "migrate-incoming"));
    assert_non_null(strstr(text, "s migrate {\"uri\":\"tcp:127.0.0.1:4444\"}"));

    qmig_params_add_text(p, "migrate_uri", "tcp://127.0.0.1:5555", NULL);
    assert_null(make(&in, &s, &d, &err));
    assert_int_equal(err->code, QMIG_ERR_DEST_STATE);
    assert_non_null(strstr(err->msg, "port 4444"));
    assert_non_null(strstr(err->msg, "5555"));
}

static void
listen_address_is_refused_when_it_listens_already(void **state UNUSED)
{
    CLEANUP(facts_clear) struct facts s = source_facts();
    CLEANUP(facts_clear) struct facts d = dest_facts();
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct plan_input in = input;

    in.params = p;
    qmig_params_add_text(p, "listen_address", "127.0.0.1", NULL);
    CLEANUP(freep) char *text = make(&in, &s, &d, NULL);
    assert_non_null(strstr(text, "{\"uri\":\"tcp:127.0.0.1:0\""));
    answer(&d, PROBE_MIGRATE,
           "{\"socket-address\":[{\"type\":\"inet\",\"port\":\"4444\"}]}");
    assert_null(make(&in, &s, &d, &err));
    assert_int_equal(err->code, QMIG_ERR_DEST_STATE);
    assert_non_null(strstr(err->msg, "listen_address '127.0.0.1'"));
}

/* As libvirt: a device that needs time to get ready is waited for. */
static void switchover_ack_is_on_when_both_have_it(void **state UNUSED)
{
    static const char with[] =
        "[{\"capability\":\"return-path\",\"state\":true},"
        "{\"capability\":\"switchover-ack\",\"state\":false}]";
    static const char on[] =
        "{\"capability\":\"switchover-ack\",\"state\":true}";

    for (int both = 0; both < 2; both++) {
        CLEANUP(facts_clear) struct facts s = source_facts();
        CLEANUP(facts_clear) struct facts d = dest_facts();

        answer(&s, PROBE_CAPABILITIES, with);
        if (both)
            answer(&d, PROBE_CAPABILITIES, with);
        CLEANUP(freep) char *text = make(&input, &s, &d, NULL);
        const char *first = strstr(text, on);
        assert_true((first != NULL) == both);
        assert_true(!both || strstr(first + 1, on));
    }
}

static void plan_needs_max_bandwidth_only_when_it_is_set(void **state UNUSED)
{
    CLEANUP(facts_clear) struct facts s = source_facts();
    CLEANUP(facts_clear) struct facts d = dest_facts();
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct plan_input in = input;

    answer(&s, PROBE_PARAMETERS, "{}");
    for (int mib = 0; mib < 2; mib++) {
        CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();

        qmig_params_add_ullong(p, "bandwidth", (unsigned)mib, NULL);
        in.params = p;
        CLEANUP(freep) char *text = make(&in, &s, &d, &err);
        assert_true(!text == (mib == 1));
    }
    assert_int_equal(err->code, QMIG_ERR_CAPABILITY);
    assert_non_null(strstr(err->msg, "'bandwidth'"));
    assert_non_null(strstr(err->msg, "'max-bandwidth'"));
}

/* {what the source, what the destination says, code, in the message} */
static void checks_refuse_sides_that_do_not_fit(void **state UNUSED)
{
    static const struct {
        enum probe source_probe;
        const char *source;
        enum probe dest_probe;
        const char *dest;
        int code;
        const char *part;
    } rows[] = {
        {PROBE_STATUS, "{\"status\":\"postmigrate\"}", 0, NULL,
         QMIG_ERR_SOURCE_STATE, "migrated away"},
        {PROBE_MIGRATE, "{\"status\":\"active\"}", 0, NULL,
         QMIG_ERR_SOURCE_STATE, "in progress"},
        {PROBE_MIGRATE, "{\"blocked-reasons\":[\"a\",\"b\"]}", 0, NULL,
         QMIG_ERR_BLOCKED, "cannot migrate domain: a; b"},
        {0, NULL, PROBE_STATUS, "{\"status\":\"running\"}", QMIG_ERR_DEST_STATE,
         "wanted 'inmigrate'"},
        {0, NULL, PROBE_MIGRATE, "{\"status\":\"failed\"}", QMIG_ERR_DEST_STATE,
         "already used"},
        {0, NULL, PROBE_MIGRATE, "{\"status\":\"setup\"}", QMIG_ERR_DEST_STATE,
         "already used"},
        {0, NULL, PROBE_UUID,
         "{\"UUID\":\"11111111-0000-0000-0000-000000000000\"}", QMIG_ERR_ABI,
         "does not match source 'none'"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(facts_clear) struct facts s = source_facts();
        CLEANUP(facts_clear) struct facts d = dest_facts();
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        if (rows[i].source)
            answer(&s, rows[i].source_probe, rows[i].source);
        if (rows[i].dest)
            answer(&d, rows[i].dest_probe, rows[i].dest);
        assert_null(make(&input, &s, &d, &err));
        assert_int_equal(err->code, rows[i].code);
        assert_non_null(strstr(err->msg, rows[i].part));
    }
}

static void names_must_fit_when_one_was_asked_for(void **state UNUSED)
{
    CLEANUP(facts_clear) struct facts s = source_facts();
    CLEANUP(facts_clear) struct facts d = dest_facts();
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct plan_input in = input;

    in.params = p;
    in.dest_started = true;
    qmig_params_add_text(p, "destination_name", "other", NULL);
    assert_null(make(&in, &s, &d, &err));
    assert_int_equal(err->code, QMIG_ERR_NAME_MISMATCH);
    assert_non_null(strstr(err->hint, "QMIGRATE_NAME"));

    in = input;
    in.name = "wrong"; /* the XML is another guest's */
    qmp_error_free(err);
    err = NULL;
    assert_null(make(&in, &s, &d, &err));
    assert_int_equal(err->code, QMIG_ERR_NAME_MISMATCH);
}

static void a_missing_name_is_only_a_warning(void **state UNUSED)
{
    CLEANUP(facts_clear) struct facts s = source_facts();
    CLEANUP(facts_clear) struct facts d = dest_facts();
    CLEANUP(freep) char *warnings = NULL;
    struct plan plan = {0};
    enum qmig_side side;

    struct plan_input in = input;

    in.name = "guest";
    free(d.name);
    d.name = strdup("else");
    assert_int_equal(plan_make(&plan, &in, &s, &d, &side, &warnings, NULL), 0);
    assert_string_equal(warnings,
                        "destination: guest is named 'else', not 'guest'");
    plan_clear(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_refuse_wrong_types_by_name),
        cmocka_unit_test(facts_take_greetings_of_any_version),
        cmocka_unit_test(postcopy_in_parallel_is_refused_where_it_crashes),
        cmocka_unit_test(listening_addresses_are_read),
        cmocka_unit_test(a_uri_is_made_that_the_source_can_reach),
        cmocka_unit_test(listen_address_is_where_the_destination_listens),
        cmocka_unit_test(listen_address_is_refused_when_it_listens_already),
        cmocka_unit_test(plan_lists_every_command_in_order),
        cmocka_unit_test(plan_lifts_the_bandwidth_while_the_source_sets_up),
        cmocka_unit_test(plan_brakes_a_source_that_is_held),
        cmocka_unit_test(plan_leaves_out_what_is_not_wanted),
        cmocka_unit_test(plan_uses_where_the_destination_listens_already),
        cmocka_unit_test(switchover_ack_is_on_when_both_have_it),
        cmocka_unit_test(plan_needs_max_bandwidth_only_when_it_is_set),
        cmocka_unit_test(checks_refuse_sides_that_do_not_fit),
        cmocka_unit_test(names_must_fit_when_one_was_asked_for),
        cmocka_unit_test(a_missing_name_is_only_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
