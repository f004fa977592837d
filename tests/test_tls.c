/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TLS: options, plan rows, what is undone, and what QEMU's words become. */
#include "tests/lib/test.h"

#include "error/errcode.h"
#include "plan/tls.h"

#include <string.h>

static struct facts facts_with(const char *status, const char *parameters)
{
    CLEANUP(json_putp) struct json_object *nothing = json_tokener_parse("{}");
    CLEANUP(json_putp) struct json_object *p = json_tokener_parse(parameters);
    CLEANUP(json_putp) struct json_object *caps = json_tokener_parse("[]");
    struct facts f = {.status = strdup(status), .version = strdup("7.2.22")};

    assert_int_equal(facts_reply(&f, PROBE_MIGRATE, nothing, NULL), 0);
    assert_int_equal(facts_reply(&f, PROBE_CAPABILITIES, caps, NULL), 0);
    assert_int_equal(facts_reply(&f, PROBE_PARAMETERS, p, NULL), 0);
    f.known = FEATURES_ALL;
    return f;
}

static const char unset[] =
    "{\"tls-creds\":\"\",\"tls-hostname\":\"\",\"tls-authz\":\"\"}";

struct scene {
    struct plan_input in;
    const char *uri;
    const char *tls_destination;
    const char *qemu_authz;
    const char *source_parameters, *dest_parameters; /* NULL: unset */
};

static struct scene tls_scene(void)
{
    return (struct scene){.in = {.flags = QMIG_LIVE | QMIG_TLS,
                                 .source_addr = "unix:/s",
                                 .dest_addr = "unix:/d",
                                 .local_host = "here"}};
}

static char *text_of(const struct plan_step *steps, size_t n)
{
    char *text = strdup("");

    for (size_t i = 0; i < n; i++) {
        char *more = NULL;

        assert_true(asprintf(&more, "%s%c %s %s\n", text,
                             *side_name(steps[i].side), steps[i].execute,
                             steps[i].arguments
                                 ? json_object_to_json_string_ext(
                                       steps[i].arguments,
                                       JSON_C_TO_STRING_PLAIN |
                                           JSON_C_TO_STRING_NOSLASHESCAPE)
                                 : "{}") > 0);
        free(text);
        text = more;
    }
    return text;
}

/* The steps as text, NULL if there is an error; *undo likewise. */
static char *plan_of(const struct scene *s, char **undo, char **warnings,
                     struct qmp_error **errp)
{
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    CLEANUP(facts_clear)
    struct facts source = facts_with(
        "running", s->source_parameters ? s->source_parameters : unset);
    CLEANUP(facts_clear)
    struct facts dest = facts_with(
        "inmigrate", s->dest_parameters ? s->dest_parameters : unset);
    struct plan_input in = s->in;
    enum qmig_side side;
    struct plan plan = {0};

    in.params = p;
    if (s->uri)
        qmig_params_add_text(p, "migrate_uri", s->uri, NULL);
    if (s->qemu_authz)
        qmig_params_add_text(p, "qemu.tls-authz", s->qemu_authz, NULL);
    if (s->tls_destination)
        qmig_params_add_text(p, "tls.destination", s->tls_destination, NULL);
    if (plan_make(&plan, &in, &source, &dest, &side, warnings, errp) < 0)
        return NULL;
    char *text = text_of(plan.steps, plan.n);
    if (undo)
        *undo = text_of(plan.undo, plan.n_undo);
    plan_clear(&plan);
    return text;
}

static void plan_has_the_objects_of_both_sides(void **state UNUSED)
{
    struct scene s = tls_scene();
    CLEANUP(freep) char *undo = NULL;

    s.tls_destination = "dst.example";
    s.in.tls.dest_dir = "/d";
    s.in.tls.authz_identity = "CN=src";
    CLEANUP(freep) char *text = plan_of(&s, &undo, NULL, NULL);
    assert_string_equal(
        text,
        "d object-del {\"id\":\"qmigrate-tls-authz\"}\n"
        "d object-add {\"qom-type\":\"authz-simple\",\"id\":"
        "\"qmigrate-tls-authz\",\"identity\":\"CN=src\"}\n"
        "d object-del {\"id\":\"qmigrate-tls\"}\n"
        "d object-add {\"qom-type\":\"tls-creds-x509\",\"id\":\"qmigrate-tls\","
        "\"endpoint\":\"server\",\"dir\":\"/d\",\"verify-peer\":true}\n"
        "s object-del {\"id\":\"qmigrate-tls\"}\n"
        "s object-add {\"qom-type\":\"tls-creds-x509\",\"id\":\"qmigrate-tls\","
        "\"endpoint\":\"client\",\"dir\":\"/etc/pki/qemu\","
        "\"verify-peer\":true}\n"
        "d stop {}\n"
        "d migrate-set-parameters {\"tls-creds\":\"qmigrate-tls\","
        "\"tls-authz\":\"qmigrate-tls-authz\"}\n"
        "s migrate-set-parameters {\"tls-creds\":\"qmigrate-tls\","
        "\"tls-hostname\":\"dst.example\"}\n"
        "d migrate-incoming {\"uri\":\"tcp:127.0.0.1:0\"}\n"
        "d query-migrate {}\n"
        "s migrate {\"uri\":\"tcp:127.0.0.1:0\"}\n"
        "d cont {}\n"
        "d migrate-set-parameters {\"tls-creds\":\"\",\"tls-authz\":\"\"}\n"
        "d object-del {\"id\":\"qmigrate-tls\"}\n"
        "d object-del {\"id\":\"qmigrate-tls-authz\"}\n"
        "s quit {}\n");
    assert_string_equal(
        undo,
        "d migrate-set-parameters {\"tls-creds\":\"\",\"tls-authz\":\"\"}\n"
        "d object-del {\"id\":\"qmigrate-tls\"}\n"
        "d object-del {\"id\":\"qmigrate-tls-authz\"}\n"
        "s migrate-set-parameters {\"tls-creds\":\"\",\"tls-hostname\":\"\"}\n"
        "s object-del {\"id\":\"qmigrate-tls\"}\n");
}

/* {options -> what the plan has, what it has not} */
static void plan_follows_the_options(void **state UNUSED)
{
    static const struct {
        struct qmig_tls tls;
        const char *has, *has_not;
    } rows[] = {
        {{.dir = "/x", .source_dir = "/y"},
         "\"server\",\"dir\":\"/x\"",
         "\"/etc/pki/qemu\""},
        {{.dir = "/x", .source_dir = "/y"}, "\"client\",\"dir\":\"/y\"", NULL},
        {{.no_verify_peer = true},
         "\"server\",\"dir\":\"/etc/pki/qemu\",\"verify-peer\":false",
         "authz"},
        {{.no_verify_peer = true},
         "\"client\",\"dir\":\"/etc/pki/qemu\",\"verify-peer\":true",
         NULL},
        {{.authz = "mine"}, "\"tls-authz\":\"mine\"", "authz-simple"},
        {{.authz = "mine"}, "qom-list {\"path\":\"/objects/mine\"}", NULL},
        {{.psk = "/k/keys.psk"},
         "\"tls-creds-psk\",\"id\":\"qmigrate-tls\","
         "\"endpoint\":\"client\",\"dir\":\"/k\"}",
         "x509"},
        {{.psk = "/k", .psk_user = "alice"},
         "\"endpoint\":\"client\",\"dir\":\"/k\",\"username\":\"alice\"}",
         "verify-peer"},
        {{.psk = "/k", .psk_user = "alice", .dest_dir = "/e/keys.psk"},
         "\"endpoint\":\"server\",\"dir\":\"/e\"}",
         "x509"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct scene s = tls_scene();

        s.in.tls = rows[i].tls;
        CLEANUP(freep) char *text = plan_of(&s, NULL, NULL, NULL);
        assert_non_null(text);
        if (!strstr(text, rows[i].has) ||
            (rows[i].has_not && strstr(text, rows[i].has_not)))
            fail_msg("row %zu: %s", i, text);
    }
}

static void plan_clears_what_others_left(void **state UNUSED)
{
    struct scene s = tls_scene();
    CLEANUP(freep) char *warnings = NULL;
    CLEANUP(freep) char *undo = NULL;

    /* Not asked for: in clear, said so, and put back. */
    s.in.flags = QMIG_LIVE;
    s.source_parameters = "{\"tls-creds\":\"theirs\",\"tls-authz\":\"x\"}";
    CLEANUP(freep) char *text = plan_of(&s, &undo, &warnings, NULL);
    assert_non_null(strstr(text, "s migrate-set-parameters "
                                 "{\"tls-creds\":\"\"}\n"));
    assert_non_null(strstr(undo, "s migrate-set-parameters "
                                 "{\"tls-creds\":\"theirs\"}\n"));
    assert_null(strstr(text, "object"));
    assert_non_null(strstr(warnings, "source: tls-creds is 'theirs'"));
    assert_non_null(strstr(warnings, "not encrypted"));

    /* Nothing was left: nothing is sent. */
    s.source_parameters = NULL;
    CLEANUP(freep) char *plain = plan_of(&s, NULL, NULL, NULL);
    assert_null(strstr(plain, "tls"));
}

/* What a killed qmigrate left goes, and is not what is gone back to. */
static void plan_does_not_go_back_to_our_own_leftovers(void **state UNUSED)
{
    struct scene s = tls_scene();
    CLEANUP(freep) char *undo = NULL;
    CLEANUP(freep) char *warnings = NULL;

    s.source_parameters = "{\"tls-creds\":\"qmigrate-tls\","
                          "\"tls-hostname\":\"old\",\"tls-authz\":\"\"}";
    s.dest_parameters = "{\"tls-creds\":\"qmigrate-tls\","
                        "\"tls-hostname\":\"\","
                        "\"tls-authz\":\"qmigrate-tls-authz\"}";
    CLEANUP(freep) char *text = plan_of(&s, &undo, &warnings, NULL);
    assert_null(warnings);
    assert_non_null(strstr(text, "s migrate-set-parameters {\"tls-creds\":"
                                 "\"qmigrate-tls\",\"tls-hostname\":\"\"}"));
    assert_non_null(strstr(text, "d migrate-set-parameters {\"tls-creds\":"
                                 "\"qmigrate-tls\",\"tls-authz\":\"\"}"));
    assert_non_null(strstr(undo, "s migrate-set-parameters {\"tls-creds\":"
                                 "\"\",\"tls-hostname\":\"old\"}"));
    assert_non_null(strstr(undo, "d migrate-set-parameters {\"tls-creds\":"
                                 "\"\",\"tls-authz\":\"\"}"));

    s.in.flags = QMIG_LIVE;
    CLEANUP(freep) char *plain = plan_of(&s, NULL, &warnings, NULL);
    assert_null(warnings);
    assert_non_null(strstr(plain, "s migrate-set-parameters "
                                  "{\"tls-creds\":\"\"}"));
}

static void plan_refuses_what_cannot_be_encrypted(void **state UNUSED)
{
    struct scene s = tls_scene();
    CLEANUP(qmp_error_freep) struct qmp_error *lacks = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *nameless = NULL;

    s.dest_parameters = "{\"max-bandwidth\":1}";
    assert_null(plan_of(&s, NULL, NULL, &lacks));
    assert_int_equal(lacks->code, QMIG_ERR_CAPABILITY);
    assert_non_null(strstr(lacks->msg, "7.2.22"));

    CLEANUP(qmp_error_freep) struct qmp_error *twice = NULL;
    s = tls_scene();
    s.qemu_authz = "mine";
    CLEANUP(freep) char *once = plan_of(&s, NULL, NULL, NULL);
    assert_non_null(strstr(once, "\"tls-authz\":\"mine\""));
    s.in.tls.psk = "/k";
    assert_null(plan_of(&s, NULL, NULL, &twice));
    assert_int_equal(twice->code, QMIG_ERR_PARAM_CONFLICT);
    assert_non_null(strstr(twice->msg, "'tls-psk'"));

    s = tls_scene();
    s.uri = "unix:/x";
    assert_null(plan_of(&s, NULL, NULL, &nameless));
    assert_int_equal(nameless->code, QMIG_ERR_PARAM_CONFLICT);
    assert_non_null(strstr(nameless->msg, "'tls.destination'"));
    s.in.tls.psk = "/k"; /* has no name to check */
    CLEANUP(freep) char *psk = plan_of(&s, NULL, NULL, NULL);
    assert_non_null(psk);
    s.in.tls.psk = NULL;
    s.tls_destination = "a";
    CLEANUP(freep) char *named = plan_of(&s, NULL, NULL, NULL);
    assert_non_null(named);
}

/* {options, flags -> code, what the message names} */
static void options_that_do_not_fit_are_refused(void **state UNUSED)
{
    static const struct {
        struct qmig_tls tls;
        unsigned flags;
        int code;
        const char *a, *b;
    } rows[] = {
        {{.dir = "/x"}, 0, QMIG_ERR_PARAM_CONFLICT, "tls-dir", "flag 'tls'"},
        {{.no_verify_peer = true},
         QMIG_LIVE,
         QMIG_ERR_PARAM_CONFLICT,
         "tls-no-verify-peer",
         "flag 'tls'"},
        {{.dest_dir = "x"}, QMIG_TLS, QMIG_ERR_USAGE, "tls-dest-dir", "'x'"},
        {{.psk = "keys.psk"}, QMIG_TLS, QMIG_ERR_USAGE, "tls-psk", "absolute"},
        {{.psk = "/x", .dir = "/y"},
         QMIG_TLS,
         QMIG_ERR_PARAM_CONFLICT,
         "'tls-psk'",
         "'tls-dir'"},
        {{.psk = "/x", .authz = "y"},
         QMIG_TLS,
         QMIG_ERR_PARAM_CONFLICT,
         "'tls-psk'",
         "'tls-authz'"},
        {{.psk = "/x", .authz_identity = "y"},
         QMIG_TLS,
         QMIG_ERR_PARAM_CONFLICT,
         "'tls-psk'",
         "'tls-authz-identity'"},
        {{.psk = "/x", .no_verify_peer = true},
         QMIG_TLS,
         QMIG_ERR_PARAM_CONFLICT,
         "'tls-psk'",
         "'tls-no-verify-peer'"},
        {{.authz = "x", .authz_identity = "y"},
         QMIG_TLS,
         QMIG_ERR_PARAM_CONFLICT,
         "'tls-authz'",
         "'tls-authz-identity'"},
        {{.authz = "x", .no_verify_peer = true},
         QMIG_TLS,
         QMIG_ERR_PARAM_CONFLICT,
         "'tls-no-verify-peer'",
         "'tls-authz'"},
        {{.psk_user = "x"},
         QMIG_TLS,
         QMIG_ERR_PARAM_CONFLICT,
         "'tls-psk-user'",
         "'tls-psk'"},
    };
    static const struct qmig_tls fine[] = {
        {.dir = "/x", .source_dir = "/y", .authz = "z"},
        {.psk = "/x", .psk_user = "y", .dest_dir = "/z"},
        {.no_verify_peer = true},
        {0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        assert_int_equal(tls_check_options(&rows[i].tls, rows[i].flags, &err),
                         -1);
        assert_int_equal(err->code, rows[i].code);
        if (!strstr(err->msg, rows[i].a) || !strstr(err->msg, rows[i].b))
            fail_msg("row %zu: %s", i, err->msg);
    }
    for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
        assert_int_equal(tls_check_options(&fine[i], QMIG_TLS, NULL), 0);
}

/* {QEMU's words, as measured -> whose it is, what is named, hint} */
static void errors_name_the_file_and_its_side(void **state UNUSED)
{
    static const struct {
        const char *words;
        enum qmig_side seen;
        bool psk, began;
        enum qmig_side side;
        const char *named, *hint; /* NULL: not about TLS */
    } rows[] = {
        {"Certificate does not match the hostname h", QMIG_SIDE_SOURCE, false,
         true, QMIG_SIDE_DEST, "destination's /d/server-cert.pem",
         "subject alternative name"},
        {"The certificate hasn't got a known issuer", QMIG_SIDE_SOURCE, false,
         false, QMIG_SIDE_DEST, "destination's /d/server-cert.pem",
         "source's ca-cert.pem"},
        {"The certificate has expired", QMIG_SIDE_SOURCE, false, false,
         QMIG_SIDE_DEST, "destination's /d/server-cert.pem", "clock"},
        {"The client certificate /s/client-cert.pem has expired",
         QMIG_SIDE_SOURCE, false, true, QMIG_SIDE_SOURCE,
         "/s/client-cert.pem has expired", "renew"},
        {"Our own certificate /s/client-cert.pem failed validation against "
         "/s/ca-cert.pem: The certificate hasn't got a known issuer",
         QMIG_SIDE_SOURCE, false, true, QMIG_SIDE_SOURCE,
         "/s/client-cert.pem failed", "beside it"},
        {"Unable to access credentials /s/ca-cert.pem: No such file or "
         "directory",
         QMIG_SIDE_SOURCE, false, true, QMIG_SIDE_SOURCE, "/s/ca-cert.pem",
         "client-key.pem"},
        {"Unable to access credentials /d/keys.psk: No such file or directory",
         QMIG_SIDE_DEST, true, true, QMIG_SIDE_DEST, "/d/keys.psk", "keys.psk"},
        {"Certificate /d/server-cert.pem usage does not permit key "
         "encipherment",
         QMIG_SIDE_DEST, false, true, QMIG_SIDE_DEST, "/d/server-cert.pem",
         "RSA"},
        {"Username qemu not found in PSK file /s/keys.psk", QMIG_SIDE_SOURCE,
         true, true, QMIG_SIDE_SOURCE, "/s/keys.psk", "--tls-psk-user"},
        {"Device '/objects/x' not found", QMIG_SIDE_DEST, false, true,
         QMIG_SIDE_DEST, "'/objects/x'", "--tls-authz"},
        {"TLS handshake failed: The TLS connection was non-properly "
         "terminated.",
         QMIG_SIDE_DEST, true, false, QMIG_SIDE_SOURCE, "source's /s/keys.psk",
         "same key"},
        {"Cannot write to TLS channel: Input/output error", QMIG_SIDE_DEST,
         false, false, QMIG_SIDE_SOURCE,
         "may not accept the source's /s/client-cert.pem", "standard error"},
        {"Unable to read from socket: Connection reset by peer",
         QMIG_SIDE_SOURCE, false, false, QMIG_SIDE_SOURCE,
         "may not accept the source's /s/client-cert.pem", "standard error"},
        /* Not a guess any more once the stream was there. */
        {"Cannot write to TLS channel: Input/output error", QMIG_SIDE_SOURCE,
         false, true, QMIG_SIDE_SOURCE, NULL, NULL},
        {"Unable to write to socket: Broken pipe", QMIG_SIDE_SOURCE, false,
         true, QMIG_SIDE_SOURCE, NULL, NULL},
        {"No space left on device", QMIG_SIDE_SOURCE, false, false,
         QMIG_SIDE_SOURCE, NULL, NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct scene s = tls_scene();
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        enum qmig_side side = rows[i].seen;

        s.in.tls.source_dir = "/s";
        s.in.tls.dest_dir = "/d";
        s.in.tls.psk = rows[i].psk ? "/k" : NULL;
        qmp_fail(&err, QMIG_ERR_MIGRATION, "it failed: %s", rows[i].words);
        tls_explain(&s.in, rows[i].began, &side, &err);
        assert_int_equal(side, rows[i].side);
        assert_non_null(strstr(err->msg, rows[i].words));
        if (!rows[i].hint) {
            assert_int_equal(err->code, QMIG_ERR_MIGRATION);
            assert_null(err->hint);
            continue;
        }
        assert_int_equal(err->code, QMIG_ERR_TLS);
        if (!strstr(err->msg, rows[i].named) ||
            !strstr(err->hint, rows[i].hint))
            fail_msg("row %zu: %s; %s", i, err->msg, err->hint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_has_the_objects_of_both_sides),
        cmocka_unit_test(plan_follows_the_options),
        cmocka_unit_test(plan_clears_what_others_left),
        cmocka_unit_test(plan_does_not_go_back_to_our_own_leftovers),
        cmocka_unit_test(plan_refuses_what_cannot_be_encrypted),
        cmocka_unit_test(options_that_do_not_fit_are_refused),
        cmocka_unit_test(errors_name_the_file_and_its_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
