/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* graphics_uri, and what the source is told of it. */
#include "error/errcode.h"
#include "params/graphics.h"
#include "plan/graphics.h"
#include "tests/lib/test.h"

#include <string.h>

static void graphics_uri_is_read(void **state UNUSED)
{
    /* clang-format off */
    static const struct {
        const char *text, *type, *host;
        int port, tls_port;
        const char *subject;
    } rows[] = {
        {"spice://h",                       "spice", "h",   0,    0,    NULL},
        {"spice://h/",                      "spice", "h",   0,    0,    NULL},
        {"spice://h:5901",                  "spice", "h",   5901, 0,    NULL},
        {"spice://h:0",                     "spice", "h",   0,    0,    NULL},
        {"spice://[::1]:5901/",             "spice", "::1", 5901, 0,    NULL},
        {"spice://:65535",                  "spice", NULL,  65535, 0,   NULL},
        {"spice://",                        "spice", NULL,  0,    0,    NULL},
        {"vnc://h:5900",                    "vnc",   "h",   5900, 0,    NULL},
        {"spice://h?tlsPort=5902",          "spice", "h",   0,    5902, NULL},
        {"spice://h:1/?tlsPort=2&tlsSubject=O=a,CN=b%20%26c", "spice", "h", 1, 2, "O=a,CN=b &c"},
        {"spice://?tlsSubject=CN=x",        "spice", NULL,  0,    0,    "CN=x"},
    };
    /* clang-format on */

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct graphics_uri uri = {0};

        assert_int_equal(
            graphics_uri_parse("graphics_uri", rows[i].text, &uri, NULL), 0);
        assert_string_equal(uri.type, rows[i].type);
        assert_true(!uri.host == !rows[i].host);
        if (uri.host)
            assert_string_equal(uri.host, rows[i].host);
        assert_int_equal(uri.port, rows[i].port);
        assert_int_equal(uri.tls_port, rows[i].tls_port);
        assert_true(!uri.tls_subject == !rows[i].subject);
        if (uri.tls_subject)
            assert_string_equal(uri.tls_subject, rows[i].subject);
        graphics_uri_clear(&uri);
    }
}

static void graphics_uri_is_refused_when_malformed(void **state UNUSED)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "of a graphics type"},
        {"http://h", "of a graphics type"},
        {"spice:h:1", "of a graphics type"},
        {"spice://h:65536", "expected TYPE://HOST[:PORT]/, "},
        {"spice://h:5900:1", "expected TYPE://HOST[:PORT]/, "},
        {"spice://h/x", "expected TYPE://HOST[:PORT]/, "},
        {"spice://a b", "expected TYPE://HOST[:PORT]/, "},
        {"spice://h?tlsPort=0", "expected a port, 1..65535"},
        {"spice://h?tlsPort=x", "expected a port, 1..65535"},
        {"spice://h?tlsPort=70000", "expected a port, 1..65535"},
        {"spice://h?tlsPort=99999999999", "expected a port, 1..65535"},
        {"spice://h?tlsSubject=", "expected a tlsSubject that"},
        {"spice://h?tlsSubject=a%2", "expected a tlsSubject that"},
        {"spice://h?tlsSubject=a%zz", "expected a tlsSubject that"},
        {"spice://h?tlsSubject=a%0a", "expected a tlsSubject that"},
        {"spice://h?password=x", "expected tlsPort=PORT and"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct graphics_uri uri = {0};
        struct qmp_error *err = NULL;

        assert_int_equal(
            graphics_uri_parse("graphics_uri", rows[i].text, &uri, &err), -1);
        assert_int_equal(err->code, QMIG_ERR_PARAM_TYPE);
        assert_non_null(strstr(err->msg, "'graphics_uri'"));
        if (!strstr(err->msg, rows[i].why))
            fail_msg("'%s': %s", rows[i].text, err->msg);
        assert_null(uri.type);
        qmp_error_free(err);
    }
}

/* {graphics_uri, a SPICE console in the XML, what D says} and what S is told */
static void source_is_told_where_the_console_is(void **state UNUSED)
{
    /* clang-format off */
    static const struct {
        const char *uri;
        bool xml, asks;
        const char *spice, *told, *warning;
    } rows[] = {
        {NULL, false, false, NULL, NULL, NULL},
        {"vnc://h:5900", true, false, NULL, NULL, "clients of 'vnc' cannot be told"},
        {"spice://h:5901", false, false, NULL,
         "{\"protocol\":\"spice\",\"hostname\":\"h\",\"port\":5901}", NULL},
        {"spice://h?tlsPort=5902&tlsSubject=CN=x", false, false, NULL,
         "{\"protocol\":\"spice\",\"hostname\":\"h\",\"tls-port\":5902,\"cert-subject\":\"CN=x\"}", NULL},
        {"spice://h", false, true, "{\"enabled\":true,\"host\":\"10.0.0.1\",\"port\":5903,\"tls-port\":5904}",
         "{\"protocol\":\"spice\",\"hostname\":\"h\",\"port\":5903,\"tls-port\":5904}", NULL},
        {"spice://:5901", false, true, "{\"enabled\":true,\"host\":\"10.0.0.1\",\"port\":5903}",
         "{\"protocol\":\"spice\",\"hostname\":\"10.0.0.1\",\"port\":5901}", NULL},
        {NULL, true, true, "{\"enabled\":true,\"host\":\"*\",\"port\":5903}",
         "{\"protocol\":\"spice\",\"hostname\":\"there\",\"port\":5903}", NULL},
        {NULL, true, true, "{\"enabled\":true,\"host\":\"/run/s\",\"port\":\"x\"}",
         NULL, "no console with a port"},
        {NULL, true, true, "{\"enabled\":false}", NULL, "no console with a port"},
        {NULL, true, true, NULL, NULL, "no console with a port"}, /* it was refused */
    };
    /* clang-format on */
    char there[] = "there";
    struct migrate_uri where = {.host = there};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct qmig_params *p = qmig_params_new();
        struct plan_input in = {
            .params = p, .spice = rows[i].xml, .local_host = "here"};
        struct facts dest = {0};
        char *warnings = NULL;

        if (rows[i].uri)
            assert_int_equal(
                qmig_params_add_text(p, "graphics_uri", rows[i].uri, NULL), 0);
        assert_true(graphics_needs_probe(&in) == rows[i].asks);
        if (rows[i].spice)
            dest.spice = json_tokener_parse(rows[i].spice);
        struct json_object *told =
            graphics_arguments(&in, &dest, &where, &warnings);
        assert_true(!told == !rows[i].told);
        if (told)
            assert_string_equal(
                json_object_to_json_string_ext(told, JSON_C_TO_STRING_PLAIN),
                rows[i].told);
        assert_true(!warnings == !rows[i].warning);
        if (warnings)
            assert_non_null(strstr(warnings, rows[i].warning));
        free(warnings);
        json_object_put(told);
        facts_clear(&dest);
        qmig_params_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graphics_uri_is_read),
        cmocka_unit_test(graphics_uri_is_refused_when_malformed),
        cmocka_unit_test(source_is_told_where_the_console_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
