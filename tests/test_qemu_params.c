/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parameters and capabilities by QEMU's own names: "qemu.NAME". */
#include "tests/lib/test.h"

#include "error/errcode.h"
#include "params/params.h"
#include "plan/settings.h"

#include <string.h>

static void table_is_sorted_and_explained(void **state UNUSED)
{
    for (size_t i = 0; i < qemu_rules_n; i++) {
        assert_true(!i ||
                    strcmp(qemu_rules[i - 1].name, qemu_rules[i].name) < 0);
        assert_true(strlen(qemu_rules[i].help) > 10);
        assert_in_range(qemu_rules[i].sides, ON_SOURCE, ON_BOTH);
    }
}

static const struct qemu_rule *rule_of(const char *name)
{
    for (size_t i = 0; i < qemu_rules_n; i++)
        if (!strcmp(qemu_rules[i].name, name))
            return &qemu_rules[i];
    return NULL;
}

/* What the handover or a flag of libvirt's sets has no second way. */
static void what_is_set_otherwise_is_refused(void **state UNUSED)
{
    for (size_t i = 0; i < capability_rules_n; i++) {
        const struct capability_rule *c = &capability_rules[i];
        const struct qemu_rule *rule = rule_of(c->name);

        if (c->when == NEVER || c->when == IF_BOTH ||
            c->when == IF_BOTH_AND_WAY_BACK || c->when == IF_UUID)
            continue;
        assert_non_null(rule);
        assert_non_null(rule->instead);
        if (c->when != IF_METHOD)
            assert_int_equal(rule->sides, c->sides);
    }
}

/* Some names are for files only. */
static void a_migration_refuses_what_makes_a_file(void **state UNUSED)
{
    static const char *const names[] = {"qemu.mode", "qemu.background-snapshot",
                                        NULL};
    struct qemu_list list = {0};

    qemu_list_add(&list, "qemu.downtime-limit", "1", NULL);
    assert_int_equal(qemu_list_check_migration(&list, NULL), 0);
    qemu_list_clear(&list);
    for (size_t i = 0; names[i]; i++) {
        struct qmp_error *err = NULL;

        assert_int_equal(qemu_list_add(&list, names[i], "on", NULL), 0);
        assert_int_equal(qemu_list_check_migration(&list, &err), -1);
        assert_int_equal(err->code, QMIG_ERR_PARAM_UNSUPPORTED);
        assert_non_null(strstr(err->msg, names[i]));
        assert_non_null(strstr(err->msg, "save"));
        qmp_error_free(err);
        qemu_list_clear(&list);
    }
}

/* {name, value, code, in the message}; all into one set. */
static void names_are_checked_when_given(void **state UNUSED)
{
    static const struct {
        const char *name, *value;
        int code; /* 0: taken */
        const char *part;
    } rows[] = {
        {"qemu.downtime-limit", "500", 0, NULL},
        {"qemu.downtime-limit", "5", QMIG_ERR_PARAM_DUPLICATE,
         "'qemu.downtime-limit' occurs multiple times"},
        {"qemu.downtime-limit@dest", "5", 0, NULL},
        {"qemu.downtime-limit@both", "5", QMIG_ERR_PARAM_DUPLICATE, "multiple"},
        {"qemu.not-known-here@both", "", 0, NULL},
        {"qemu.announce-self", "on", 0, NULL},
        {"qemu.mode", "cpr-reboot", 0, NULL}, /* save and restore take it */
        {"qemu.", "1", QMIG_ERR_PARAM_UNKNOWN, "there must be a name"},
        {"qemu.@dest", "1", QMIG_ERR_PARAM_UNKNOWN, "there must be a name"},
        {"qemu.Big", "1", QMIG_ERR_PARAM_UNKNOWN, "there must be a name"},
        {"qemu.a\"b", "1", QMIG_ERR_PARAM_UNKNOWN, "there must be a name"},
        {"qemu.x@nowhere", "1", QMIG_ERR_PARAM_UNKNOWN, "side 'nowhere'"},
        {"qemu.multifd", "on", QMIG_ERR_PARAM_UNSUPPORTED,
         "use flag 'parallel'"},
        {"qemu.return-path@source", "off", QMIG_ERR_PARAM_UNSUPPORTED,
         "qmigrate sets it itself"},
    };
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        int rc = qmig_params_add_text(p, rows[i].name, rows[i].value, &err);

        assert_int_equal(rc, rows[i].code ? -1 : 0);
        if (!rows[i].code)
            continue;
        assert_int_equal(err->code, rows[i].code);
        if (!strstr(err->msg, rows[i].part))
            fail_msg("'%s' is not in '%s'", rows[i].part, err->msg);
    }
    assert_int_equal(params_qemu(p)->n, 5);

    CLEANUP(qmig_params_freep) struct qmig_params *copy = params_copy(p);
    assert_int_equal(params_qemu(copy)->n, 5);
    assert_string_equal(params_qemu(copy)->values[1].name, "downtime-limit");
    assert_int_equal(params_qemu(copy)->values[1].sides, ON_DEST);
    assert_int_equal(params_qemu(NULL)->n, 0);
}

static void long_lists_are_refused(void **state UNUSED)
{
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    char name[100];
    int i;

    for (i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "qemu.x-%d", i);
        if (qmig_params_add_text(p, name, "1", &err) < 0)
            break;
    }
    assert_int_equal(i, 128);
    assert_int_equal(err->code, QMIG_ERR_PARAM_RANGE);

    memset(name, 'a', sizeof(name) - 1);
    memcpy(name, "qemu.", 5);
    name[sizeof(name) - 1] = 0;
    assert_int_equal(qmig_params_add_text(p, name, "1", NULL), -1);
}

static void answer(struct facts *f, enum probe probe, const char *reply)
{
    CLEANUP(json_putp) struct json_object *o = json_tokener_parse(reply);

    assert_int_equal(facts_reply(f, probe, o, NULL), 0);
}

static struct facts some_facts(void)
{
    struct facts f = {0};

    answer(&f, PROBE_CAPABILITIES,
           "[{\"capability\":\"events\",\"state\":true},"
           "{\"capability\":\"return-path\",\"state\":true},"
           "{\"capability\":\"late-block-activate\",\"state\":false},"
           "{\"capability\":\"validate-uuid\",\"state\":false},"
           "{\"capability\":\"x-new\",\"state\":true}]");
    answer(&f, PROBE_PARAMETERS,
           "{\"downtime-limit\":300,\"max-bandwidth\":1,\"tls-authz\":\"\","
           "\"cpu-throttle-tailslow\":false,\"announce-rounds\":5,"
           "\"block-bitmap-mapping\":[]}");
    f.version = strdup("7.2.22");
    return f;
}

static const char *plain(struct json_object *o)
{
    return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
}

static void values_take_the_type_of_what_is_there(void **state UNUSED)
{
    CLEANUP(facts_clear) struct facts f = some_facts();
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    CLEANUP(settings_clear) struct settings s = {0};
    CLEANUP(json_putp)
    struct json_object *given = json_tokener_parse(
        "{\"qemu.downtime-limit\":18446744073709551615,"
        "\"qemu.cpu-throttle-tailslow\":true,\"qemu.tls-authz@source\":\"7\","
        "\"qemu.block-bitmap-mapping\":[{\"node-name\":\"a\"}],"
        "\"qemu.x-new\":false,\"qemu.announce-rounds\":\"9\"}");
    struct plan_input in = {.params = p};

    assert_int_equal(qmig_params_add_json(p, given, NULL), 0);
    assert_int_equal(qmig_params_add_text(p, "qemu.validate-uuid", "on", NULL),
                     0);
    assert_int_equal(settings_make(&s, &in, QMIG_SIDE_SOURCE, &f, &f, NULL), 0);
    assert_string_equal(plain(s.parameters),
                        "{\"downtime-limit\":18446744073709551615,"
                        "\"cpu-throttle-tailslow\":true,\"tls-authz\":\"7\","
                        "\"block-bitmap-mapping\":[{\"node-name\":\"a\"}]}");
    assert_string_equal(plain(s.parameters_back),
                        "{\"downtime-limit\":300,"
                        "\"cpu-throttle-tailslow\":false,\"tls-authz\":\"\","
                        "\"block-bitmap-mapping\":[]}");
    assert_string_equal(plain(s.capabilities),
                        "[{\"capability\":\"validate-uuid\",\"state\":true},"
                        "{\"capability\":\"x-new\",\"state\":false}]");
    assert_string_equal(plain(s.capabilities_back),
                        "[{\"capability\":\"validate-uuid\",\"state\":false},"
                        "{\"capability\":\"x-new\",\"state\":true}]");
    settings_clear(&s);
    assert_int_equal(settings_make(&s, &in, QMIG_SIDE_DEST, &f, &f, NULL), 0);
    assert_non_null(strstr(plain(s.parameters), "\"announce-rounds\":9"));
}

static void uuid_is_validated_when_the_guest_has_one(void **state UNUSED)
{
    static const char on[] =
        "[{\"capability\":\"validate-uuid\",\"state\":true}]";
    static const char mine[] = "0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b42";
    static const struct {
        const char *uuid;
        enum qmig_side side;
        const char *name, *value; /* of what the user asks for */
        const char *set;
    } rows[] = {
        {mine, QMIG_SIDE_SOURCE, NULL, NULL, on},
        {mine, QMIG_SIDE_SOURCE, "qemu.validate-uuid", "off", "[]"},
        {mine, QMIG_SIDE_DEST, NULL, NULL, "[]"},
        {mine, QMIG_SIDE_DEST, "qemu.validate-uuid@dest", "on", on},
        {NULL, QMIG_SIDE_SOURCE, NULL, NULL, "[]"},
        {NULL, QMIG_SIDE_SOURCE, "qemu.validate-uuid", "on", on},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(facts_clear) struct facts f = {0};
        CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
        CLEANUP(settings_clear) struct settings s = {0};
        struct plan_input in = {.params = p};

        answer(&f, PROBE_CAPABILITIES,
               "[{\"capability\":\"validate-uuid\",\"state\":false}]");
        answer(&f, PROBE_PARAMETERS, "{}");
        f.uuid = rows[i].uuid ? strdup(rows[i].uuid) : NULL;
        if (rows[i].name)
            assert_int_equal(
                qmig_params_add_text(p, rows[i].name, rows[i].value, NULL), 0);
        assert_int_equal(settings_make(&s, &in, rows[i].side, &f, &f, NULL), 0);
        assert_string_equal(plain(s.capabilities), rows[i].set);
        assert_int_equal(json_object_array_length(s.capabilities_back),
                         json_object_array_length(s.capabilities));
    }
}

/* {name, value, code, in the message, hint} */
static void values_are_refused_when_qemu_has_no_such_thing(void **state UNUSED)
{
    static const struct {
        const char *name, *value;
        int code;
        const char *part, *hint;
    } rows[] = {
        {"qemu.downtime-limt", "5", QMIG_ERR_CAPABILITY,
         "(7.2.22) has no migration parameter or capability 'downtime-limt'",
         "did you mean 'qemu.downtime-limit'?"},
        {"qemu.validate-uid", "on", QMIG_ERR_CAPABILITY, "has no migration",
         "did you mean 'qemu.validate-uuid'?"},
        {"qemu.direct-io", "on", QMIG_ERR_CAPABILITY, "has no migration", NULL},
        {"qemu.downtime-limit", "5s", QMIG_ERR_PARAM_TYPE,
         "invalid value '5s' for parameter 'qemu.downtime-limit', expected a "
         "number",
         NULL},
        {"qemu.downtime-limit", "", QMIG_ERR_PARAM_TYPE, "a number", NULL},
        {"qemu.downtime-limit", "-1", QMIG_ERR_PARAM_TYPE, "a number", NULL},
        {"qemu.downtime-limit", "18446744073709551616", QMIG_ERR_PARAM_TYPE,
         "a number", NULL},
        {"qemu.cpu-throttle-tailslow", "1", QMIG_ERR_PARAM_TYPE, "on or off",
         NULL},
        {"qemu.validate-uuid", "maybe", QMIG_ERR_PARAM_TYPE, "on or off", NULL},
        {"qemu.x-new", "maybe", QMIG_ERR_PARAM_TYPE, "on or off", NULL},
        {"qemu.block-bitmap-mapping", "{}", QMIG_ERR_PARAM_TYPE, "JSON", NULL},
        {"qemu.block-bitmap-mapping", "[", QMIG_ERR_PARAM_TYPE, "JSON", NULL},
        {"qemu.max-bandwidth", "5", QMIG_ERR_PARAM_CONFLICT,
         "parameter 'qemu.max-bandwidth' and parameter 'bandwidth' are "
         "mutually exclusive",
         NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(facts_clear) struct facts f = some_facts();
        CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct settings s = {0};
        struct plan_input in = {.params = p};

        qmig_params_add_text(p, "bandwidth", "1", NULL);
        assert_int_equal(
            qmig_params_add_text(p, rows[i].name, rows[i].value, NULL), 0);
        assert_int_equal(settings_make(&s, &in, QMIG_SIDE_SOURCE, &f, &f, &err),
                         -1);
        assert_int_equal(err->code, rows[i].code);
        if (!strstr(err->msg, rows[i].part))
            fail_msg("'%s' is not in '%s'", rows[i].part, err->msg);
        if (rows[i].hint)
            assert_string_equal(err->hint, rows[i].hint);
        else
            assert_null(err->hint);
    }
}

/* What a real one said, as far as it is kept in tests/transcripts/schema. */
static void answer_schema(struct facts *f, const char *version)
{
    CLEANUP(freep) char *path = NULL;

    assert_true(asprintf(&path, "tests/transcripts/schema/%s.json", version) >
                0);
    CLEANUP(json_putp) struct json_object *o = json_object_from_file(path);
    assert_non_null(o);
    assert_int_equal(facts_reply(f, PROBE_SCHEMA, o, NULL), 0);
}

/* {version, name, value, is its schema needed, what is there instead; NULL: it
 * has the value, hint} */
static void
values_of_enums_are_refused_when_qemu_lacks_them(void **state UNUSED)
{
    static const char method[] = "qemu.multifd-compression";
    static const char zeroes[] = "qemu.zero-page-detection";
    static const char methods[] = "only none, zlib, zstd";
    static const struct {
        const char *version, *name, *value;
        bool asks;
        const char *only, *hint;
    } rows[] = {
        {"7.2", method, "qpl", true, methods, NULL},
        {"10.0", method, "qatzip", true, methods, NULL},
        {"11.1", method, "uadk", true, methods, NULL},
        {"11.1", method, "zsdt", true, methods, "did you mean 'zstd'?"},
        {"7.2", method, "zstd", true, NULL, NULL},
        {"11.1", method, "zlib", false, NULL, NULL},
        {"10.0", zeroes, "none", false, NULL, NULL},
        {"10.0", zeroes, "quick", true, "only none, legacy, multifd", NULL},
        {"11.1", zeroes, "", true, "only none, legacy, multifd", NULL},
        {"11.1", "qemu.tls-authz@source", "zlib", false, NULL, NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(facts_clear) struct facts f = {.version = strdup("9.9")};
        CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        CLEANUP(settings_clear) struct settings s = {0};
        struct plan_input in = {.params = p};

        answer(&f, PROBE_CAPABILITIES, "[]");
        answer(&f, PROBE_PARAMETERS,
               "{\"multifd-compression\":\"none\",\"tls-authz\":\"\","
               "\"zero-page-detection\":\"legacy\"}");
        answer_schema(&f, rows[i].version);
        assert_int_equal(
            qmig_params_add_text(p, rows[i].name, rows[i].value, NULL), 0);
        assert_int_equal(plan_needs_probe(&in, QMIG_SIDE_SOURCE, PROBE_SCHEMA),
                         rows[i].asks);
        int rc = settings_make(&s, &in, QMIG_SIDE_SOURCE, &f, &f, &err);
        assert_int_equal(rc, rows[i].only ? -1 : 0);
        if (!rows[i].only)
            continue;
        CLEANUP(freep) char *wanted = NULL;
        assert_true(asprintf(&wanted,
                             "parameter '%s': this QEMU (9.9) has no '%s' for "
                             "its '%s', %s",
                             rows[i].name, rows[i].value,
                             rows[i].name + strlen(QEMU_PREFIX),
                             rows[i].only) > 0);
        assert_string_equal(err->msg, wanted);
        assert_int_equal(err->code, QMIG_ERR_CAPABILITY);
        if (rows[i].hint)
            assert_string_equal(err->hint, rows[i].hint);
    }
}

/* Each side is asked for what is set there; without such a value none is. */
static void schema_is_asked_on_the_side_that_needs_it(void **state UNUSED)
{
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    struct plan_input in = {.params = p, .flags = QMIG_LIVE};

    assert_false(plan_needs_probe(&in, QMIG_SIDE_SOURCE, PROBE_SCHEMA));
    assert_int_equal(
        qmig_params_add_text(p, "qemu.multifd-compression@dest", "qpl", NULL),
        0);
    assert_false(plan_needs_probe(&in, QMIG_SIDE_SOURCE, PROBE_SCHEMA));
    assert_true(plan_needs_probe(&in, QMIG_SIDE_DEST, PROBE_SCHEMA));
}

/* libvirt's method, where the schema happens to be known (a plan). */
static void method_that_was_not_built_in_is_refused(void **state UNUSED)
{
    CLEANUP(facts_clear) struct facts f = {.version = strdup("9.9")};
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct settings s = {0};
    struct plan_input in = {.params = p, .flags = QMIG_PARALLEL};

    answer(&f, PROBE_CAPABILITIES,
           "[{\"capability\":\"multifd\",\"state\":false}]");
    answer(&f, PROBE_PARAMETERS, "{\"multifd-compression\":\"none\"}");
    answer(&f, PROBE_SCHEMA,
           "[{\"name\":\"migrate-set-parameters\",\"meta-type\":\"command\","
           "\"arg-type\":\"1\"},"
           "{\"name\":\"1\",\"meta-type\":\"object\",\"members\":["
           "{\"name\":\"multifd-compression\",\"type\":\"2\"}]},"
           "{\"name\":\"2\",\"meta-type\":\"enum\",\"values\":"
           "[\"none\",\"zlib\"]}]");
    assert_int_equal(qmig_params_add_text(p, "compression", "zstd", NULL), 0);
    assert_int_equal(settings_make(&s, &in, QMIG_SIDE_SOURCE, &f, &f, &err),
                     -1);
    assert_string_equal(err->msg,
                        "parameter 'compression': this QEMU (9.9) has no "
                        "'zstd' for its 'multifd-compression', only none, "
                        "zlib");
}

static void json_values_are_refused_when_they_are_none(void **state UNUSED)
{
    static const char *const bad[] = {
        "{\"qemu.a\":null}",
        "{\"qemu.a\":\"x\\u0000y\"}",
        "{\"qemu.a\":1,\"qemu.a@source\":2}",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
        CLEANUP(json_putp) struct json_object *o = json_tokener_parse(bad[i]);
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        assert_int_equal(qmig_params_add_json(p, o, &err), -1);
        assert_non_null(strstr(err->msg, "'qemu.a"));
        assert_int_equal(params_qemu(p)->n, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_sorted_and_explained),
        cmocka_unit_test(what_is_set_otherwise_is_refused),
        cmocka_unit_test(a_migration_refuses_what_makes_a_file),
        cmocka_unit_test(names_are_checked_when_given),
        cmocka_unit_test(long_lists_are_refused),
        cmocka_unit_test(values_take_the_type_of_what_is_there),
        cmocka_unit_test(uuid_is_validated_when_the_guest_has_one),
        cmocka_unit_test(values_of_enums_are_refused_when_qemu_lacks_them),
        cmocka_unit_test(schema_is_asked_on_the_side_that_needs_it),
        cmocka_unit_test(method_that_was_not_built_in_is_refused),
        cmocka_unit_test(values_are_refused_when_qemu_has_no_such_thing),
        cmocka_unit_test(json_values_are_refused_when_they_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
