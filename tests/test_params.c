/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "error/errcode.h"
#include "params/params.h"

#include <limits.h>
#include <string.h>

static struct qmig_params *set;

static int setup(void **state UNUSED)
{
    set = qmig_params_new();
    return set ? 0 : -1;
}

static int teardown(void **state UNUSED)
{
    qmig_params_free(set);
    return 0;
}

/* Check code and message, and free the error. */
static void expect(struct qmp_error *err, int code, const char *msg)
{
    assert_non_null(err);
    assert_string_equal(err->msg, msg);
    assert_int_equal(err->code, code);
    qmp_error_free(err);
}

static void table_is_sorted_and_complete(void **state UNUSED)
{
    assert_int_equal(param_table_n, 24);
    for (size_t i = 0; i < param_table_n; i++) {
        const struct param_info *p = &param_table[i];
        if (i > 0)
            assert_true(strcmp(param_table[i - 1].name, p->name) < 0);
        assert_true(strlen(p->help) > 10);
        assert_ptr_equal(param_find(p->name), p);
        if (p->type == PARAM_STRING) {
            assert_true(p->min == 0 && p->max == 0);
        } else {
            assert_false(p->multiple);
            assert_non_null(p->unit);
            assert_true(p->min >= 0 && (unsigned long long)p->min < p->max);
        }
    }
    assert_null(param_find("bandwidt"));
}

static void table_has_libvirts_types(void **state UNUSED)
{
    /* VIR_MIGRATE_PARAM_* of libvirt 11.3: name and type. */
    static const char *const strings[] = {
        "migrate_uri",     "destination_name",
        "destination_xml", "persistent_xml",
        "graphics_uri",    "listen_address",
        "migrate_disks",   "migrate_disks_detect_zeroes",
        "disks_uri",       "compression",
        "tls.destination",
    };
    static const char *const ullongs[] = {
        "bandwidth",
        "bandwidth.postcopy",
        "bandwidth.avail.switchover",
        "compression.xbzrle.cache",
    };
    static const char *const lists[] = {
        "migrate_disks",
        "migrate_disks_detect_zeroes",
        "compression",
    };
    size_t n_int = 0, n_list = 0;

    for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
        assert_int_equal(param_find(strings[i])->type, PARAM_STRING);
    for (size_t i = 0; i < ARRAY_SIZE(ullongs); i++)
        assert_int_equal(param_find(ullongs[i])->type, PARAM_ULLONG);
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        assert_true(param_find(lists[i])->multiple);
    for (size_t i = 0; i < param_table_n; i++) {
        n_int += param_table[i].type == PARAM_INT;
        n_list += param_table[i].multiple;
    }
    assert_int_equal(n_int, 24 - 11 - 4);
    assert_int_equal(n_list, ARRAY_SIZE(lists));
}

static void name_is_refused_when_unknown(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    assert_int_equal(qmig_params_add_text(set, "bandwith", "1", &err), -1);
    assert_string_equal(err->hint, "did you mean 'bandwidth'?");
    expect(err, QMIG_ERR_PARAM_UNKNOWN, "parameter 'bandwith' not supported");

    err = NULL;
    assert_int_equal(qmig_params_add_int(set, "colour", 1, &err), -1);
    assert_null(err->hint);
    expect(err, QMIG_ERR_PARAM_UNKNOWN, "parameter 'colour' not supported");
}

static void type_is_refused_when_wrong(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    assert_int_equal(qmig_params_add_int(set, "bandwidth", 1, &err), -1);
    expect(err, QMIG_ERR_PARAM_TYPE,
           "invalid type 'int' for parameter 'bandwidth', expected 'ullong'");
    err = NULL;
    assert_int_equal(qmig_params_add_string(set, "disks_port", "1", &err), -1);
    expect(err, QMIG_ERR_PARAM_TYPE,
           "invalid type 'string' for parameter 'disks_port', expected 'int'");
    err = NULL;
    assert_int_equal(qmig_params_add_ullong(set, "migrate_uri", 1, &err), -1);
    expect(err, QMIG_ERR_PARAM_TYPE,
           "invalid type 'ullong' for parameter 'migrate_uri', expected "
           "'string'");
    for (size_t i = 0; i < param_table_n; i++)
        assert_false(params_has(set, param_table[i].name));
}

static void second_value_is_refused_when_not_repeatable(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    assert_int_equal(qmig_params_add_text(set, "bandwidth", "1", NULL), 0);
    assert_int_equal(qmig_params_add_ullong(set, "bandwidth", 1, &err), -1);
    expect(err, QMIG_ERR_PARAM_DUPLICATE,
           "parameter 'bandwidth' occurs multiple times");

    err = NULL;
    assert_int_equal(qmig_params_add_text(set, "disks_port", "0", NULL), 0);
    assert_int_equal(qmig_params_add_int(set, "disks_port", 0, &err), -1);
    expect(err, QMIG_ERR_PARAM_DUPLICATE,
           "parameter 'disks_port' occurs multiple times");
}

static void values_are_kept_in_order_when_repeatable(void **state UNUSED)
{
    const char *const *values = NULL;
    struct qmp_error *err = NULL;

    assert_int_equal(params_strings(set, "migrate_disks", &values), 0);
    qmig_params_add_text(set, "migrate_disks", "vdb", NULL);
    qmig_params_add_string(set, "migrate_disks", "vda", NULL);
    assert_int_equal(params_strings(set, "migrate_disks", &values), 2);
    assert_string_equal(values[0], "vdb");
    assert_string_equal(values[1], "vda");

    assert_int_equal(qmig_params_add_text(set, "migrate_disks", "vdb", &err),
                     -1);
    expect(err, QMIG_ERR_PARAM_DUPLICATE,
           "value 'vdb' of parameter 'migrate_disks' occurs multiple times");
}

static void ullong_text_is_read_as_plain_decimal(void **state UNUSED)
{
    static const struct {
        const char *text;
        unsigned long long value;
    } good[] = {
        {"0", 0},
        {"010", 10},
        {"100", 100},
        {"8796093022207", 8796093022207ull},
    };

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
        unsigned long long value = 77;
        assert_false(params_ullong(p, "bandwidth", &value));
        assert_int_equal(
            qmig_params_add_text(p, "bandwidth", good[i].text, NULL), 0);
        assert_true(params_ullong(p, "bandwidth", &value));
        assert_int_equal(value, good[i].value);
    }
}

static void ullong_text_is_refused_when_malformed(void **state UNUSED)
{
    static const char *const bad[] = {"",    " 1",  "1 ",  "+1",  "-1",  "0x10",
                                      "1e3", "1.5", "10M", "ten", "1\n", "--1"};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct qmp_error *err = NULL;
        char want[160];
        snprintf(want, sizeof(want),
                 "invalid value '%s' for parameter 'bandwidth', expected "
                 "ullong: a decimal number (MiB/s)",
                 bad[i]);
        assert_int_equal(qmig_params_add_text(set, "bandwidth", bad[i], &err),
                         -1);
        expect(err, QMIG_ERR_PARAM_TYPE, want);
        assert_false(params_has(set, "bandwidth"));
    }
}

static void
bandwidth_is_refused_when_qemu_could_not_take_it(void **state UNUSED)
{
    static const struct {
        const char *name, *text, *range, *hint;
    } bad[] = {
        {"bandwidth", "8796093022208", "0..8796093022207",
         "bandwidth must be less than 8796093022208"},
        {"bandwidth", "18446744073709551616", "0..8796093022207",
         "bandwidth must be less than 8796093022208"},
        {"bandwidth", "99999999999999999999999999", "0..8796093022207",
         "bandwidth must be less than 8796093022208"},
        {"bandwidth.postcopy", "17592186044416", "0..17592186044415",
         "bandwidth must be less than 17592186044416"},
        {"bandwidth.avail.switchover", "17592186044416", "0..17592186044415",
         "bandwidth must be less than 17592186044416"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct qmp_error *err = NULL;
        char want[160];
        snprintf(want, sizeof(want),
                 "parameter '%s': value %s is not in %s (MiB/s)", bad[i].name,
                 bad[i].text, bad[i].range);
        assert_int_equal(
            qmig_params_add_text(set, bad[i].name, bad[i].text, &err), -1);
        assert_string_equal(err->hint, bad[i].hint);
        expect(err, QMIG_ERR_PARAM_RANGE, want);
    }
    /* The largest that is allowed does fit once it is bytes. */
    assert_int_equal(
        qmig_params_add_ullong(set, "bandwidth", 8796093022207ull, NULL), 0);
    assert_true(8796093022207ull << 20 <= INT64_MAX);
}

static void int_is_refused_when_out_of_range(void **state UNUSED)
{
    for (size_t i = 0; i < param_table_n; i++) {
        const struct param_info *info = &param_table[i];
        if (info->type != PARAM_INT)
            continue;
        const long long bad[] = {info->min - 1, (long long)info->max + 1,
                                 INT_MIN, INT_MAX};
        for (size_t k = 0; k < ARRAY_SIZE(bad); k++) {
            struct qmp_error *err = NULL;
            char want[160], text[24];
            snprintf(want, sizeof(want),
                     "parameter '%s': value %lld is not in %lld..%llu (%s)",
                     info->name, bad[k], info->min, info->max, info->unit);
            assert_int_equal(
                qmig_params_add_int(set, info->name, (int)bad[k], &err), -1);
            expect(err, QMIG_ERR_PARAM_RANGE, want);
            err = NULL;
            snprintf(text, sizeof(text), "%lld", bad[k]);
            assert_int_equal(qmig_params_add_text(set, info->name, text, &err),
                             -1);
            expect(err, QMIG_ERR_PARAM_RANGE, want);
        }
        int value = -1;
        assert_int_equal(
            qmig_params_add_int(set, info->name, (int)info->max, NULL), 0);
        assert_true(params_int(set, info->name, &value));
        assert_int_equal(value, info->max);
    }
}

static void int_text_is_refused_when_it_does_not_fit_an_int(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    /* 2^32 + 1 must not become 1. */
    assert_int_equal(
        qmig_params_add_text(set, "disks_port", "4294967297", &err), -1);
    expect(err, QMIG_ERR_PARAM_RANGE,
           "parameter 'disks_port': value 4294967297 is not in 0..65535 "
           "(TCP port)");
    err = NULL;
    assert_int_equal(
        qmig_params_add_text(set, "disks_port", "-4294967295", &err), -1);
    expect(err, QMIG_ERR_PARAM_RANGE,
           "parameter 'disks_port': value -4294967295 is not in 0..65535 "
           "(TCP port)");
}

/* What QEMU refuses only once the destination has been told to listen. */
static void
size_of_the_cache_is_refused_when_no_power_of_two(void **state UNUSED)
{
    static const struct {
        const char *value, *says;
        int code;
    } bad[] = {
        {"0", "value 0 is not in 4096..9223372036854775807 (bytes)",
         QMIG_ERR_PARAM_RANGE},
        {"4095", "value 4095 is not in", QMIG_ERR_PARAM_RANGE},
        {"4097",
         "'4097' for parameter 'compression.xbzrle.cache', expected a "
         "power of two",
         QMIG_ERR_PARAM_TYPE},
        {"9223372036854775807", "expected a power of two", QMIG_ERR_PARAM_TYPE},
    };
    const char *name = "compression.xbzrle.cache";

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        assert_int_equal(qmig_params_add_text(set, name, bad[i].value, &err),
                         -1);
        assert_int_equal(err->code, bad[i].code);
        if (!strstr(err->msg, bad[i].says))
            fail_msg("'%s', wanted '%s'", err->msg, bad[i].says);
    }
    assert_int_equal(qmig_params_add_ullong(set, name, 1ull << 62, NULL), 0);
}

static void string_is_refused_when_empty(void **state UNUSED)
{
    for (size_t i = 0; i < param_table_n; i++) {
        struct qmp_error *err = NULL;
        char want[80];
        if (param_table[i].type != PARAM_STRING)
            continue;
        snprintf(want, sizeof(want), "parameter '%s' must not be empty",
                 param_table[i].name);
        assert_int_equal(
            qmig_params_add_text(set, param_table[i].name, "", &err), -1);
        expect(err, QMIG_ERR_PARAM_TYPE, want);
    }
}

/* Disks cannot go by all the ways that memory can. */
static void hint_names_what_disks_uri_takes(void **state UNUSED)
{
    static const char *const bad[] = {"unix:relative", "tcp://", "x", "fd:x"};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        assert_int_equal(qmig_params_add_text(set, "disks_uri", bad[i], &err),
                         -1);
        assert_non_null(strstr(err->msg, "parameter 'disks_uri'"));
        assert_string_equal(err->hint,
                            "use tcp://HOST:PORT or unix:///PATH; an IPv6 "
                            "address in brackets");
    }
}

static void string_is_refused_when_malformed(void **state UNUSED)
{
    static const struct {
        const char *name, *value, *expected;
    } bad[] = {
        {"destination_name", "a/b",
         "a name without '/' and control characters"},
        {"destination_name", "a\nb",
         "a name without '/' and control characters"},
        {"compression", "gzip", "one of mt, xbzrle, zlib, zstd"},
        {"disks_uri", "tcp://h", "tcp://HOST:PORT or unix:///PATH"},
        {"disks_uri", "rdma://h:1", "tcp://HOST:PORT or unix:///PATH"},
        {"graphics_uri", "http://h", "TYPE://HOST[:PORT]/ of a graphics type"},
        {"graphics_uri", "spicex://h",
         "TYPE://HOST[:PORT]/ of a graphics type"},
        {"listen_address", "a b", "a host name or an IP address"},
        {"tls.destination", "a,b", "a host name or an IP address"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct qmp_error *err = NULL;
        char want[200];
        snprintf(want, sizeof(want),
                 "invalid value '%s' for parameter '%s', expected %s",
                 bad[i].value, bad[i].name, bad[i].expected);
        assert_int_equal(
            qmig_params_add_text(set, bad[i].name, bad[i].value, &err), -1);
        expect(err, QMIG_ERR_PARAM_TYPE, want);
    }
}

static void
migrate_uri_is_refused_when_it_is_no_migration_uri(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    assert_int_equal(qmig_params_add_text(set, "migrate_uri", "file:3", &err),
                     -1);
    expect(err, QMIG_ERR_URI,
           "parameter 'migrate_uri': migration URI 'file:3': scheme 'file' is "
           "not tcp, unix, rdma, exec or fd");
    assert_int_equal(qmig_params_add_text(set, "migrate_uri", "tcp:h:1", NULL),
                     0);
    assert_string_equal(params_string(set, "migrate_uri"), "tcp:h:1");
}

static int add_json(const char *text, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *o = json_tokener_parse(text);

    return qmig_params_add_json(set, o, errp);
}

static void json_object_gives_each_type(void **state UNUSED)
{
    const char *const *values = NULL;
    unsigned long long ull = 0;
    int port = 0;

    assert_int_equal(
        add_json("{\"bandwidth\": 8796093022207, \"disks_port\": 65535,"
                 " \"destination_name\": \"n\\u00e4\","
                 " \"migrate_disks\": [\"vda\", \"vdb\"],"
                 " \"compression\": \"zlib\"}",
                 NULL),
        0);
    assert_true(params_ullong(set, "bandwidth", &ull));
    assert_int_equal(ull, 8796093022207ull);
    assert_true(params_int(set, "disks_port", &port));
    assert_int_equal(port, 65535);
    assert_string_equal(params_string(set, "destination_name"), "n\303\244");
    assert_int_equal(params_strings(set, "migrate_disks", &values), 2);
    assert_string_equal(values[1], "vdb");
    assert_int_equal(params_strings(set, "compression", &values), 1);
}

static void json_is_refused_when_wrong_and_nothing_is_taken(void **state UNUSED)
{
    static const struct {
        const char *text;
        int code;
        const char *msg;
    } bad[] = {
        {"{\"bandwidth\": \"100\"}", QMIG_ERR_PARAM_TYPE,
         "invalid type 'string' for parameter 'bandwidth', expected 'ullong'"},
        {"{\"bandwidth\": 1.5}", QMIG_ERR_PARAM_TYPE,
         "invalid type 'double' for parameter 'bandwidth', expected 'ullong'"},
        {"{\"bandwidth\": null}", QMIG_ERR_PARAM_TYPE,
         "invalid type 'null' for parameter 'bandwidth', expected 'ullong'"},
        {"{\"bandwidth\": [1]}", QMIG_ERR_PARAM_TYPE,
         "invalid type 'array' for parameter 'bandwidth', expected 'ullong'"},
        {"{\"bandwidth\": -1}", QMIG_ERR_PARAM_RANGE,
         "parameter 'bandwidth': value -1 is not in 0..8796093022207 (MiB/s)"},
        {"{\"bandwidth\": 18446744073709551615}", QMIG_ERR_PARAM_RANGE,
         "parameter 'bandwidth': value 18446744073709551615 is not in "
         "0..8796093022207 (MiB/s)"},
        {"{\"disks_port\": 4294967297}", QMIG_ERR_PARAM_RANGE,
         "parameter 'disks_port': value 4294967297 is not in 0..65535 "
         "(TCP port)"},
        {"{\"destination_name\": 5}", QMIG_ERR_PARAM_TYPE,
         "invalid type 'int' for parameter 'destination_name', expected "
         "'string'"},
        {"{\"destination_name\": \"a\\u0000b\"}", QMIG_ERR_PARAM_TYPE,
         "the value of parameter 'destination_name' has a NUL character"},
        {"{\"disks_port\": 1, \"migrate_disks\": [\"vda\", true]}",
         QMIG_ERR_PARAM_TYPE,
         "invalid type 'boolean' for parameter 'migrate_disks', expected "
         "'string'"},
        {"{\"disks_port\": 1, \"colour\": 1}", QMIG_ERR_PARAM_UNKNOWN,
         "parameter 'colour' not supported"},
        {"[]", QMIG_ERR_PARAM_TYPE,
         "parameters: found JSON of type 'array', expected an object "
         "{\"NAME\": VALUE}"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct qmp_error *err = NULL;
        assert_int_equal(add_json(bad[i].text, &err), -1);
        expect(err, bad[i].code, bad[i].msg);
        for (size_t k = 0; k < param_table_n; k++)
            assert_false(params_has(set, param_table[k].name));
    }
}

static void json_is_refused_when_it_repeats_what_is_there(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    qmig_params_add_text(set, "bandwidth", "1", NULL);
    assert_int_equal(add_json("{\"bandwidth\": 1}", &err), -1);
    expect(err, QMIG_ERR_PARAM_DUPLICATE,
           "parameter 'bandwidth' occurs multiple times");
}

static void copy_is_deep(void **state UNUSED)
{
    unsigned long long ull = 0;

    qmig_params_add_text(set, "bandwidth", "7", NULL);
    qmig_params_add_text(set, "destination_name", "n", NULL);
    CLEANUP(qmig_params_freep) struct qmig_params *copy = params_copy(set);
    qmig_params_free(set);
    set = params_copy(NULL);
    assert_string_equal(params_string(copy, "destination_name"), "n");
    assert_true(params_ullong(copy, "bandwidth", &ull));
    assert_int_equal(ull, 7);
    assert_false(params_has(set, "bandwidth"));
}

static void null_is_an_empty_set(void **state UNUSED)
{
    const char *const *values = NULL;
    unsigned long long ull = 0;
    int i = 0;

    assert_null(params_string(NULL, "migrate_uri"));
    assert_false(params_int(NULL, "disks_port", &i));
    assert_false(params_ullong(NULL, "bandwidth", &ull));
    assert_int_equal(params_strings(NULL, "compression", &values), 0);
    assert_int_equal(qmig_params_check(NULL, 0, NULL), 0);
    qmig_params_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(table_is_sorted_and_complete),
        TEST(table_has_libvirts_types),
        TEST(name_is_refused_when_unknown),
        TEST(type_is_refused_when_wrong),
        TEST(second_value_is_refused_when_not_repeatable),
        TEST(values_are_kept_in_order_when_repeatable),
        TEST(ullong_text_is_read_as_plain_decimal),
        TEST(ullong_text_is_refused_when_malformed),
        TEST(bandwidth_is_refused_when_qemu_could_not_take_it),
        TEST(int_is_refused_when_out_of_range),
        TEST(int_text_is_refused_when_it_does_not_fit_an_int),
        TEST(size_of_the_cache_is_refused_when_no_power_of_two),
        TEST(string_is_refused_when_empty),
        TEST(hint_names_what_disks_uri_takes),
        TEST(string_is_refused_when_malformed),
        TEST(migrate_uri_is_refused_when_it_is_no_migration_uri),
        TEST(json_object_gives_each_type),
        TEST(json_is_refused_when_wrong_and_nothing_is_taken),
        TEST(json_is_refused_when_it_repeats_what_is_there),
        TEST(copy_is_deep),
        TEST(null_is_an_empty_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
