/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A migration of the definition only, through the library: no QEMU at all. */
#include "tests/lib/test.h"
#include "tests/lib/folder.h"
#include "qmigrate.h"

#include <string.h>

#define UUID "11111111-2222-3333-4444-555555555555"
#define XML(vcpus)                                                             \
    "<domain type='qemu' id='3'><name>vm</name><uuid>" UUID "</uuid>"          \
    "<memory>65536</memory><vcpu>" vcpus "</vcpu><os><type arch='x86_64' "     \
    "machine='pc-q35-7.2'>hvm</type></os></domain>\n"
#define FLAGS (QMIG_OFFLINE | QMIG_PERSIST_DEST | QMIG_UNDEFINE_SOURCE)

static char dir[64], here[80], there[80], state[80];
static char warnings[4096];

static int set_up(void **unused UNUSED)
{
    snprintf(dir, sizeof(dir), "/tmp/qmigrate-offline.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **unused UNUSED)
{
    folder_remove(dir);
    return 0;
}

static int fresh(void **unused UNUSED)
{
    folder_make(here, sizeof(here), dir, "here");
    folder_make(there, sizeof(there), dir, "there");
    folder_make(state, sizeof(state), dir, "state");
    folder_put(here, "vm.xml", XML("1"));
    *warnings = '\0';
    return 0;
}

static void on_warning(const char *text, void *opaque UNUSED)
{
    size_t n = strlen(warnings);

    snprintf(warnings + n, sizeof(warnings) - n, "%s\n", text);
}

static struct qmig_options options(void)
{
    return (struct qmig_options){.domain_xml = XML("1"),
                                 .source_store = here,
                                 .dest_store = there,
                                 .state_dir = state,
                                 .warn = on_warning};
}

static struct qmig_migration *make(const struct qmig_options *o,
                                   const struct qmig_params *params)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct qmig_migration *m = qmig_migration_new(o, params, FLAGS, &err);

    if (!m)
        fail_msg("%s", err->msg);
    return m;
}

static void assert_untouched(void)
{
    assert_string_equal(folder_get(here, "vm.xml"), XML("1"));
    assert_int_equal(folder_count(there), 0);
}

static void definition_moves(void **unused UNUSED)
{
    unsigned fds = folder_count("/proc/self/fd");
    struct qmig_options o = options();
    struct qmig_migration *m = make(&o, NULL);

    qmig_migration_run(m);
    const struct qmig_result *r = qmig_migration_result(m);
    if (r->error)
        fail_msg("%s", r->error->msg);
    assert_int_equal(r->outcome, QMIG_COMPLETED);
    assert_int_equal(r->owner, QMIG_OWNER_DEST);
    assert_int_equal(r->exit_code, 0);
    assert_true(json_object_object_get_ex(r->json, "offline", NULL));
    assert_false(json_object_object_get_ex(r->json, "stats", NULL));
    qmig_migration_free(m);
    assert_int_equal(folder_count(here), 0);
    assert_int_equal(folder_count(there), 1);
    assert_non_null(strstr(folder_get(there, "vm.xml"), UUID));
    assert_null(strstr(folder_get(there, "vm.xml"), "id="));
    assert_string_equal(warnings, "");
    assert_int_equal(folder_count("/proc/self/fd"), fds);
}

static void loop_of_the_caller_drives_it(void **unused UNUSED)
{
    struct qmig_options o = options();
    struct qmig_migration *m = make(&o, NULL);
    struct pollfd fds[QMIG_POLLFDS];
    unsigned turns = 0;

    while (!qmig_migration_dispatch(m)) {
        size_t n = qmig_migration_pollfds(m, fds);

        assert_true(n > 0);
        assert_true(qmig_migration_deadline(m) > 0);
        assert_null(qmig_migration_result(m));
        poll(fds, (nfds_t)n, 10000);
        turns++;
    }
    assert_true(turns >= 4); /* it did not block in one of them */
    assert_int_equal(qmig_migration_result(m)->outcome, QMIG_COMPLETED);
    qmig_migration_free(m);
}

static void cancel_comes_before_anything_is_written(void **unused UNUSED)
{
    struct qmig_options o = options();

    for (int later = 0; later < 2; later++) {
        struct qmig_migration *m = make(&o, NULL);

        if (later)
            assert_false(qmig_migration_dispatch(m));
        qmig_migration_cancel(m);
        qmig_migration_run(m);
        assert_int_equal(qmig_migration_result(m)->outcome, QMIG_CANCELLED);
        assert_int_equal(qmig_migration_result(m)->exit_code, 4);
        qmig_migration_free(m);
        assert_untouched();
    }
}

/* Freed in the middle, it leaves what recover needs, and no process. */
static void freed_in_the_middle_it_can_be_recovered(void **unused UNUSED)
{
    struct qmig_options o = options();
    struct qmig_migration *m = make(&o, NULL);
    struct pollfd fds[QMIG_POLLFDS];
    CLEANUP(json_putp) struct json_object *report = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    while (!strstr(folder_get(there, "vm.xml"), UUID)) {
        assert_false(qmig_migration_dispatch(m));
        poll(fds, (nfds_t)qmig_migration_pollfds(m, fds), 10000);
    }
    qmig_migration_free(m);
    assert_string_equal(folder_get(here, "vm.xml"), XML("1"));

    const struct qmig_recover_options r = {.id = "vm", .state_dir = state};
    assert_int_equal(qmig_owner(&r, &report, &err), 0);
    json_object_put(report);
    report = NULL;
    assert_int_equal(qmig_recover(&r, &report, &err), 0);
    assert_int_equal(folder_count(here), 0);
    assert_int_equal(folder_count(there), 1);
}

static void plan_changes_nothing(void **unused UNUSED)
{
    struct qmig_options o = options();
    CLEANUP(json_putp) struct json_object *steps = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    assert_int_equal(qmig_plan(&o, NULL, FLAGS, &steps, NULL, &err), 0);
    assert_int_equal(json_object_array_length(steps), 2);
    assert_untouched();
    assert_int_equal(folder_count(state), 0);
}

static void persistent_xml_is_what_is_defined(void **unused UNUSED)
{
    struct qmig_options o = options();
    struct qmig_params *params = qmig_params_new();

    assert_int_equal(
        qmig_params_add_string(params, "persistent_xml", XML("4"), NULL), 0);
    struct qmig_migration *m = make(&o, params);
    qmig_migration_run(m);
    assert_int_equal(qmig_migration_result(m)->outcome, QMIG_COMPLETED);
    assert_true(json_object_object_get_ex(qmig_migration_result(m)->json,
                                          "persistent_check", NULL));
    qmig_migration_free(m);
    qmig_params_free(params);
    assert_memory_equal(warnings, "persistent_xml: ", 16);
    assert_non_null(strstr(folder_get(there, "vm.xml"), "<vcpu>4</vcpu>"));
}

static void persistent_xml_of_another_name_is_refused(void **unused UNUSED)
{
    struct qmig_options o = options();
    struct qmig_params *params = qmig_params_new();

    assert_int_equal(qmig_params_add_string(
                         params, "persistent_xml",
                         "<domain type='qemu'><name>other</name><uuid>" UUID
                         "</uuid><memory>65536</memory><vcpu>1</vcpu>"
                         "<os><type arch='x86_64' machine='pc-q35-7.2'>"
                         "hvm</type></os></domain>",
                         NULL),
                     0);
    struct qmig_migration *m = make(&o, params);
    qmig_migration_run(m);
    const struct qmp_error *err = qmig_migration_result(m)->error;
    assert_string_equal(qmig_errcode_name(err->code), "name.differs");
    assert_string_equal(err->msg, "persistent_xml: <name> 'other' does not "
                                  "match source 'vm'");
    assert_non_null(err->hint);
    assert_non_null(strstr(err->hint, "destination_name"));
    assert_null(strstr(err->hint, "-name"));
    qmig_migration_free(m);
    qmig_params_free(params);
    assert_untouched();
}

static void what_makes_no_sense_is_refused(void **unused UNUSED)
{
    static const struct {
        unsigned flags;
        const char *code, *part;
    } rows[] = {
        {FLAGS | QMIG_LIVE, "param.conflict", "'live'"},
        {QMIG_OFFLINE | QMIG_UNDEFINE_SOURCE, "param.conflict",
         "'persist_dest'"},
        {QMIG_OFFLINE | QMIG_PERSIST_DEST, "param.conflict",
         "source's domain store requires flag 'undefine_source'"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct qmig_options o = options();

        assert_null(qmig_migration_new(&o, NULL, rows[i].flags, &err));
        assert_string_equal(qmig_errcode_name(err->code), rows[i].code);
        if (!strstr(err->msg, rows[i].part))
            fail_msg("'%s' is not in '%s'", rows[i].part, err->msg);
    }
}

/* What is about QEMUs and the way between them: none of it is ignored. */
static void option_of_a_guest_that_runs_is_refused(void **unused UNUSED)
{
    static const struct {
        struct qmig_options o;
        const char *named;
    } rows[] = {
        {{.source = "unix:/s"}, "a monitor of the source"},
        {{.dest = "unix:/d"}, "a monitor of the destination"},
        {{.dest_exec = "true"}, "a command that starts the destination"},
        {{.hook = "true"}, "a hook"},
        {{.hold = QMIG_HOLD_PREPARED}, "a hold"},
        {{.timeout_s = 1}, "a time-out"},
        {{.keep_source = true}, "keeping the source"},
        {{.tunnel = "unix:/t"}, "option 'tunnel'"},
        {{.listen_uri = "unix:/l"}, "option 'listen-uri'"},
        {{.channels = true}, "option 'channels'"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct qmig_options o = rows[i].o;

        o.domain_xml = XML("1");
        o.source_store = here;
        o.dest_store = there;
        o.state_dir = state;
        if (qmig_migration_new(&o, NULL, FLAGS, &err))
            fail_msg("taken: %s", rows[i].named);
        assert_string_equal(qmig_errcode_name(err->code), "param.conflict");
        if (!strstr(err->msg, rows[i].named) || !strstr(err->msg, "'offline'"))
            fail_msg("'%s' is not in '%s'", rows[i].named, err->msg);
        assert_untouched();
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, fresh)
    const struct CMUnitTest tests[] = {
        T(definition_moves),
        T(loop_of_the_caller_drives_it),
        T(cancel_comes_before_anything_is_written),
        T(freed_in_the_middle_it_can_be_recovered),
        T(plan_changes_nothing),
        T(persistent_xml_is_what_is_defined),
        T(persistent_xml_of_another_name_is_refused),
        T(what_makes_no_sense_is_refused),
        T(option_of_a_guest_that_runs_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
