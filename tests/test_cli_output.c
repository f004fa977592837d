/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command line prints: progress, results, plan, features. */
#include "tests/lib/test.h"
#include "cli/progress.h"
#include "cli/result.h"
#include "error/errcode.h"

#include <fcntl.h>
#include <string.h>

/* 100 of 256 MiB left in the second pass. */
static struct qmig_progress sample(void)
{
    return (struct qmig_progress){
        .phase = QMIG_PHASE_PERFORM,
        .status = "active",
        .elapsed_us = 1500000,
        .total = 256ull << 20,
        .transferred = 164ull << 20,
        .remaining = 100ull << 20,
        .bytes_per_second = 32ull << 20,
        .dirty_bytes_per_second = 1258291,
        .iteration = 2,
        .eta_us = 3100000,
    };
}

static void bytes_are_shown_in_powers_of_1024(void **state UNUSED)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0B"},
        {999, "999B"},
        {1000, "1.0K"},
        {1024, "1.0K"},
        {1023897, "999.9K"},
        {1048576, "1.0M"},
        {164ull << 20, "164.0M"},
        {UINT64_MAX, "16.0E"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(bytes_text(cases[i].bytes).s, cases[i].text);
}

static void permille_is_full_only_at_the_end(void **state UNUSED)
{
    struct qmig_progress q = sample();

    assert_int_equal(progress_permille(&q), 609);
    q.remaining = 0;
    assert_int_equal(progress_permille(&q), 999);
    q.remaining = q.total + 1;
    assert_int_equal(progress_permille(&q), 0);
    q.total = UINT64_MAX;
    q.remaining = UINT64_MAX / 2;
    assert_int_equal(progress_permille(&q), 500);
    q.total = 0;
    assert_int_equal(progress_permille(&q), 0);
    q.phase = QMIG_PHASE_CONFIRM;
    assert_int_equal(progress_permille(&q), 999);
}

static void bar_fits_the_terminal_whatever_its_width(void **state UNUSED)
{
    struct qmig_progress q = sample();
    char buf[512];

    progress_bar_text(buf, sizeof(buf), 100, &q, 609);
    assert_string_equal(
        buf, "[================>          ]  60.9% sent 164.0M left 100.0M "
             "at 32.0M/s dirty 1.2M/s pass 2 ETA 4s");
    progress_bar_text(buf, sizeof(buf), 80, &q, 609);
    assert_string_equal(
        buf, "[====>  ]  60.9% sent 164.0M left 100.0M at 32.0M/s dirty "
             "1.2M/s pass 2 ETA 4s");
    q.total = q.transferred = q.remaining = UINT64_MAX;
    q.iteration = UINT64_MAX;
    q.eta_us = INT64_MAX / 2;
    for (size_t columns = 1; columns < 300; columns++) {
        progress_bar_text(buf, sizeof(buf), columns, &q, 999);
        assert_true(strlen(buf) < columns);
    }
    q.phase = QMIG_PHASE_SWITCHOVER;
    progress_bar_text(buf, sizeof(buf), 100, &q, 999);
    assert_string_equal(buf, "[==========================>]  99.9% switchover");
}

static void disks_are_shown_while_they_are_copied(void **state UNUSED)
{
    struct qmig_progress q = {
        .phase = QMIG_PHASE_PERFORM,
        .status = "mirroring",
        .elapsed_us = 1500000,
        .eta_us = -1,
        .disk_total = 400ull << 20,
        .disk_transferred = 100ull << 20,
        .disk_remaining = 300ull << 20,
        .disk_bytes_per_second = 100ull << 20,
    };
    char buf[512];

    assert_int_equal(progress_permille(&q), 250);
    progress_bar_text(buf, sizeof(buf), 0, &q, 250);
    assert_string_equal(
        buf, " 25.0% disks: copied 100.0M left 300.0M at 100.0M/s ETA 3s");
    progress_plain_text(buf, sizeof(buf), &q);
    assert_string_equal(buf, "qmigrate: 1.500 s: perform (copied 100.0M of "
                             "400.0M of disks)");
    progress_json_text(buf, sizeof(buf), &q, 250);
    assert_non_null(strstr(buf, "\"disk_total\":419430400,"
                                "\"disk_transferred\":104857600,"
                                "\"disk_remaining\":314572800,"
                                "\"disk_bytes_per_second\":104857600"));
    /* Then RAM counts. */
    q.total = 256ull << 20;
    q.remaining = q.total;
    assert_int_equal(progress_permille(&q), 0);
    progress_bar_text(buf, sizeof(buf), 0, &q, 0);
    assert_null(strstr(buf, "disks"));
}

static void eta_is_readable_or_a_dash(void **state UNUSED)
{
    static const struct {
        int64_t us;
        const char *end;
    } cases[] = {
        {-1, "ETA -"},
        {0, "ETA 0s"},
        {1, "ETA 1s"},
        {99000000, "ETA 99s"},
        {100000000, "ETA 1m40s"},
        {6000000000, "ETA 1h40m"},
    };
    struct qmig_progress q = sample();
    char buf[512];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        q.eta_us = cases[i].us;
        progress_bar_text(buf, sizeof(buf), 200, &q, 1);
        size_t n = strlen(buf), m = strlen(cases[i].end);
        assert_true(n > m);
        assert_string_equal(buf + n - m, cases[i].end);
    }
}

static void json_line_has_every_figure(void **state UNUSED)
{
    struct qmig_progress q = sample();
    char buf[1024];

    progress_json_text(buf, sizeof(buf), &q, 609);
    assert_string_equal(
        buf, "{\"phase\":\"perform\",\"status\":\"active\",\"elapsed_us\":"
             "1500000,\"permille\":609,\"total\":268435456,\"transferred\":"
             "171966464,\"remaining\":104857600,\"bytes_per_second\":33554432,"
             "\"dirty_bytes_per_second\":1258291,\"iteration\":2,\"eta_us\":"
             "3100000}");
    q.eta_us = -1;
    q.status = "a\033\"b";
    progress_json_text(buf, sizeof(buf), &q, 0);
    assert_non_null(strstr(buf, "\"status\":\"a\\u001b\\\"b\""));
    assert_non_null(strstr(buf, "\"eta_us\":null"));
    assert_null(strstr(buf, "held"));
}

static void a_hold_is_shown_with_its_time(void **state UNUSED)
{
    struct qmig_progress q = sample();
    char buf[1024];

    q.holding = "switchover";
    q.held_us = 12900000;
    progress_json_text(buf, sizeof(buf), &q, 1);
    assert_non_null(
        strstr(buf, ",\"holding\":\"switchover\",\"held_us\":12900000}"));
    progress_plain_text(buf, sizeof(buf), &q);
    assert_string_equal(buf, "qmigrate: 1.500 s: perform, held at switchover");
    progress_bar_text(buf, sizeof(buf), 200, &q, 1);
    assert_non_null(strstr(buf, "held at switchover for 12 s"));
}

/* What progress writes to a pipe in the given mode. */
struct pipe_reader {
    int fds[2];
    struct progress p;
};

static void open_reader(struct pipe_reader *r, enum progress_mode mode)
{
    assert_int_equal(pipe2(r->fds, O_CLOEXEC | O_NONBLOCK), 0);
    r->p = (struct progress){.mode = mode, .out = r->fds[1], .json_fd = -1};
}

static const char *read_all(struct pipe_reader *r)
{
    static char buf[32768];
    ssize_t n = read(r->fds[0], buf, sizeof(buf) - 1);

    buf[n > 0 ? n : 0] = 0;
    return buf;
}

static void close_reader(struct pipe_reader *r)
{
    close(r->fds[0]);
    close(r->fds[1]);
}

static void plain_is_a_line_for_each_phase(void **state UNUSED)
{
    struct qmig_progress q = sample();
    struct pipe_reader r;

    open_reader(&r, PROGRESS_PLAIN);
    q.phase = QMIG_PHASE_BEGIN;
    q.total = 0;
    q.elapsed_us = 0;
    progress_show(&r.p, &q);
    q = sample();
    progress_show(&r.p, &q);
    q.elapsed_us += 5000000;
    progress_show(&r.p, &q);
    q.phase = QMIG_PHASE_SWITCHOVER;
    progress_show(&r.p, &q);
    progress_end(&r.p, "completed", true);
    assert_string_equal(
        read_all(&r),
        "qmigrate: 0.000 s: begin\n"
        "qmigrate: 1.500 s: perform (sent 164.0M of 256.0M, pass 2)\n"
        "qmigrate: 6.500 s: switchover (sent 164.0M of 256.0M, pass 2)\n");
    close_reader(&r);
}

static void
bar_is_redrawn_twice_a_second_and_never_goes_back(void **state UNUSED)
{
    struct qmig_progress q = sample();
    struct pipe_reader r;
    int drawn = 0;

    open_reader(&r, PROGRESS_BAR);
    for (int ms = 0; ms < 2000; ms += 50) {
        q.elapsed_us = 1 + ms * 1000;
        /* The second half is a new pass, in which all is left again. */
        q.remaining = ms < 1000 ? 20ull << 20 : 256ull << 20;
        progress_show(&r.p, &q);
    }
    const char *out = read_all(&r);
    for (const char *c = out; *c; c++)
        drawn += *c == '\r';
    assert_int_equal(drawn, 4);
    for (const char *c = strstr(out, "%"); c; c = strstr(c + 1, "%"))
        assert_memory_equal(c - 4, "92.1", 4);
    assert_null(strstr(out, "100.0%"));

    progress_end(&r.p, "completed", true);
    out = read_all(&r);
    assert_non_null(strstr(out, "100.0% completed\033[K\n"));
    close_reader(&r);
}

static void bar_does_not_reach_the_end_when_it_failed(void **state UNUSED)
{
    struct qmig_progress q = sample();
    struct pipe_reader r;

    open_reader(&r, PROGRESS_BAR);
    progress_show(&r.p, &q);
    read_all(&r);
    progress_end(&r.p, "failed", false);
    assert_string_equal(read_all(&r), "\n");
    close_reader(&r);
}

static void progress_is_dropped_when_nobody_reads(void **state UNUSED)
{
    struct qmig_progress q = sample();
    struct pipe_reader r;

    /* Would block for ever, were it not for poll(). */
    open_reader(&r, PROGRESS_JSON);
    assert_int_equal(fcntl(r.fds[1], F_SETFL, 0), 0);
    for (int i = 0; i < 2000; i++)
        progress_show(&r.p, &q);
    assert_true(strlen(read_all(&r)) > 1000);
    close_reader(&r);
}

static void json_goes_to_both_descriptors(void **state UNUSED)
{
    struct qmig_progress q = sample();
    struct pipe_reader a, b;

    open_reader(&a, PROGRESS_JSON);
    open_reader(&b, PROGRESS_NONE);
    a.p.json_fd = b.fds[1];
    progress_show(&a.p, &q);
    progress_end(&a.p, "completed", true);
    char first[65536];
    snprintf(first, sizeof(first), "%s", read_all(&a));
    assert_string_equal(read_all(&b), first);
    assert_non_null(strstr(first, "}\n{\"result\":\"completed\"}\n"));
    close_reader(&a);
    close_reader(&b);
}

static void mode_is_plain_without_a_terminal(void **state UNUSED)
{
    struct cli cli = {.progress = PROGRESS_AUTO, .progress_fd = -1};
    struct progress p;
    int saved = dup(STDERR_FILENO);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    dup2(null, STDERR_FILENO);
    progress_init(&p, &cli);
    assert_int_equal(p.mode, PROGRESS_PLAIN);
    cli.verbose = true;
    progress_init(&p, &cli);
    assert_int_equal(p.mode, PROGRESS_BAR);
    cli.progress = PROGRESS_NONE;
    progress_init(&p, &cli);
    assert_int_equal(p.mode, PROGRESS_NONE);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(null);
}

static char *text;
static size_t size;

static FILE *open_text(void)
{
    free(text);
    text = NULL;
    FILE *f = open_memstream(&text, &size);
    assert_non_null(f);
    return f;
}

static void expect_text(FILE *f, const char *want)
{
    fclose(f);
    assert_string_equal(text, want);
    free(text);
    text = NULL;
}

static void result_says_where_the_guest_is(void **state UNUSED)
{
    CLEANUP(json_putp)
    struct json_object *json = json_tokener_parse(
        "{\"stats\":{\"total_time_ms\":1234,\"blackout_us\":12345,"
        "\"ram\":{\"transferred\":171966464,\"dirty-sync-count\":3}}}");
    struct qmig_result r = {
        .outcome = QMIG_COMPLETED,
        .json = json,
        .transcript = "/run/t\033.jsonl",
    };
    FILE *f = open_text();

    result_put_text(f, &r);
    expect_text(f, "completed: the guest is on the destination\n"
                   "  total 1.234 s, guest stopped for 12.3 ms, sent 164.0M, "
                   "3 passes\n"
                   "  transcript /run/t\\x1b.jsonl\n");
    r.outcome = QMIG_FAILED;
    r.phase = QMIG_PHASE_PERFORM;
    r.transcript = NULL;
    f = open_text();
    result_put_text(f, &r);
    expect_text(f, "failed: the guest is on the source, as before (phase "
                   "perform)\n");
    r.outcome = QMIG_COMPLETED;
    r.json = NULL;
    f = open_text();
    result_put_text(f, &r);
    expect_text(f, "completed: the guest is on the destination\n");
}

static void error_names_side_hint_and_last_words(void **state UNUSED)
{
    struct qmp_error err = {
        .msg = (char *)"cannot load\n",
        .hint = (char *)"same devices?",
    };
    struct qmig_result r = {
        .error = &err,
        .side = QMIG_SIDE_DEST,
        .dest_stderr = "qemu: one\nqemu: \033two",
    };
    FILE *f = open_text();

    result_put_error(f, &r);
    expect_text(f, "qmigrate: destination: cannot load\\x0a\n"
                   "  hint: same devices?\n"
                   "  the destination's standard error ends:\n"
                   "  | qemu: one\n"
                   "  | qemu: \\x1btwo\n");
    r = (struct qmig_result){.error = &err, .side = QMIG_SIDE_CONTROLLER};
    err.hint = NULL;
    f = open_text();
    result_put_error(f, &r);
    expect_text(f, "qmigrate: cannot load\\x0a\n");
}

static void refusal_is_a_result_object(void **state UNUSED)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    qmp_fail(&err, QMIG_ERR_PARAM_CONFLICT, "no");
    qmp_hint(&err, "yes");
    CLEANUP(json_putp) struct json_object *o = result_of_refusal(err);
    assert_string_equal(
        json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN),
        "{\"result\":\"failed\",\"owner\":\"source\",\"error\":{\"code\":"
        "\"param.conflict\",\"phase\":\"begin\",\"side\":\"controller\","
        "\"message\":\"no\",\"hint\":\"yes\"}}");
    err->code = QMIG_ERR_ABI;
    CLEANUP(json_putp) struct json_object *b = result_of_refusal(err);
    assert_non_null(strstr(json_object_to_json_string(b), "incompatible"));
}

static void plan_is_a_numbered_list(void **state UNUSED)
{
    CLEANUP(json_putp)
    struct json_object *steps = json_tokener_parse(
        "[{\"peer\":\"destination\",\"execute\":\"stop\",\"arguments\":{},"
        "\"why\":\"disarm it\"},"
        "{\"peer\":\"source\",\"execute\":\"migrate\",\"arguments\":"
        "{\"uri\":\"tcp:h:1\"},\"why\":\"go\"}]");
    FILE *f = open_text();

    plan_put(f, steps);
    expect_text(f, " 1  destination  stop\n"
                   "                 disarm it\n"
                   " 2  source       migrate {\"uri\":\"tcp:h:1\"}\n"
                   "                 go\n");
}

static void plan_sums_capabilities_up(void **state UNUSED)
{
    CLEANUP(json_putp)
    struct json_object *steps = json_tokener_parse(
        "[{\"peer\":\"source\",\"execute\":\"migrate-set-capabilities\","
        "\"arguments\":{\"capabilities\":["
        "{\"capability\":\"events\",\"state\":true},"
        "{\"capability\":\"xbzrle\",\"state\":false},"
        "{\"capability\":\"return-path\",\"state\":true}]},"
        "\"why\":\"w\"}]");
    FILE *f = open_text();

    plan_put(f, steps);
    expect_text(f, " 1  source       migrate-set-capabilities\n"
                   "                   on:  events return-path\n"
                   "                   off: xbzrle\n"
                   "                 w\n");
}

static void features_are_a_table(void **state UNUSED)
{
    CLEANUP(json_putp)
    struct json_object *o = json_tokener_parse(
        "{\"version\":\"7.2.22\",\"name\":null,\"oob\":true,"
        "\"capabilities\":{\"events\":true,\"xbzrle\":false},"
        "\"parameters\":{\"max-bandwidth\":5,\"tls-creds\":\"\"},"
        "\"commands\":{\"migrate\":true,\"yank\":false},"
        "\"features\":{\"migration_params\":true,\"migration_p2p\":false},"
        "\"blockers\":[\"a\\u001bb\",\"c\"]}");
    FILE *f = open_text();

    features_put(f, o);
    expect_text(f, "version       7.2.22\n"
                   "oob           true\n"
                   "features      migration_params\n"
                   "enabled       events\n"
                   "disabled      xbzrle\n"
                   "parameters    max-bandwidth=5 tls-creds=\n"
                   "commands      migrate\n"
                   "lacks         yank\n"
                   "blockers      a\\x1bb\n"
                   "              c\n");
}

static void live_report_lists_every_difference(void **state UNUSED)
{
    CLEANUP(json_putp)
    struct json_object *o = json_tokener_parse(
        "{\"verdict\":\"differs\",\"source\":\"/a\",\"dest\":\"/b\","
        "\"differences\":[{\"severity\":\"refused\",\"path\":\"machine\","
        "\"source\":\"q35\",\"dest\":\"pc\\u001b\",\"message\":"
        "\"a is not b\"},{\"severity\":\"silent\",\"path\":\"vcpus\","
        "\"source\":null,\"message\":\"c\"}]}");
    FILE *f = open_text();

    check_live_put(f, o);
    expect_text(f, "refused: a is not b [machine]\n"
                   "  source       q35\n"
                   "  destination  pc\\x1b\n"
                   "silent: c [vcpus]\n"
                   "differs: /a against /b\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_shown_in_powers_of_1024),
        cmocka_unit_test(permille_is_full_only_at_the_end),
        cmocka_unit_test(bar_fits_the_terminal_whatever_its_width),
        cmocka_unit_test(disks_are_shown_while_they_are_copied),
        cmocka_unit_test(eta_is_readable_or_a_dash),
        cmocka_unit_test(json_line_has_every_figure),
        cmocka_unit_test(a_hold_is_shown_with_its_time),
        cmocka_unit_test(plain_is_a_line_for_each_phase),
        cmocka_unit_test(bar_is_redrawn_twice_a_second_and_never_goes_back),
        cmocka_unit_test(bar_does_not_reach_the_end_when_it_failed),
        cmocka_unit_test(progress_is_dropped_when_nobody_reads),
        cmocka_unit_test(json_goes_to_both_descriptors),
        cmocka_unit_test(mode_is_plain_without_a_terminal),
        cmocka_unit_test(result_says_where_the_guest_is),
        cmocka_unit_test(error_names_side_hint_and_last_words),
        cmocka_unit_test(refusal_is_a_result_object),
        cmocka_unit_test(plan_is_a_numbered_list),
        cmocka_unit_test(plan_sums_capabilities_up),
        cmocka_unit_test(features_are_a_table),
        cmocka_unit_test(live_report_lists_every_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
