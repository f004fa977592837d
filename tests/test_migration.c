/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public object, without a QEMU: what is refused, what an early cancel
 * does, that nothing is left over. */
#include "tests/lib/test.h"
#include "tests/lib/peer.h"

#include "qmigrate.h"
#include "qmp/sync.h"

#include <glob.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static char dir[64];

static int setup(void **state UNUSED)
{
    snprintf(dir, sizeof(dir), "/tmp/qmigrate-object.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state UNUSED)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    return system(command);
}

/* A monitor that accepts and never says a word. */
static int silent_monitor(const char *name, char *addr, size_t size)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(un.sun_path, sizeof(un.sun_path), "%s/%s", dir, name);
    assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    assert_int_equal(listen(fd, 1), 0);
    snprintf(addr, size, "unix:%s", un.sun_path);
    return fd;
}

static void options_are_refused_before_anything_is_touched(void **state UNUSED)
{
    static const char *const bad_deadline[] = {"nothing=1", NULL};
    static const struct {
        struct qmig_options o;
        unsigned flags;
        const char *code, *part;
    } rows[] = {
        {{.dest = "unix:/d"}, QMIG_LIVE, "usage", "source"},
        {{.source = "unix:/s"}, QMIG_LIVE, "usage", "destination"},
        {{.source = "x:y", .dest = "unix:/d"},
         QMIG_LIVE,
         "invalid-argument",
         "source"},
        {{.source = "unix:/s", .dest = "unix:/s"},
         QMIG_LIVE,
         "usage",
         "same monitor"},
        {{.source = "unix:/s", .dest = "unix:/d", .deadlines = bad_deadline},
         QMIG_LIVE,
         "usage",
         "nothing"},
        {{.source = "unix:/s", .dest = "unix:/d", .timeout_s = 1},
         0,
         "usage",
         "not live"},
        {{.source = "unix:/s", .dest = "unix:/d", .timeout_postcopy = true},
         QMIG_LIVE,
         "usage",
         "without a time-out"},
        {{.source = "unix:/s", .dest = "unix:/d", .hold = 4},
         QMIG_LIVE,
         "usage",
         "no such hold"},
        {{.source = "unix:/s", .dest = "unix:/d", .hold_timeout_s = 4},
         QMIG_LIVE,
         "usage",
         "without a hold"},
        {{.source = "unix:/s", .dest = "unix:/d", .postcopy_after = 1},
         QMIG_LIVE,
         "param.conflict",
         "'postcopy'"},
        {{.source = "unix:/s", .dest = "unix:/d"},
         QMIG_LIVE | QMIG_POSTCOPY | QMIG_POSTCOPY_RESUME,
         "usage",
         "begins no migration"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        assert_null(qmig_migration_new(&rows[i].o, NULL, rows[i].flags, &err));
        assert_string_equal(qmig_errcode_name(err->code), rows[i].code);
        assert_non_null(strstr(err->msg, rows[i].part));
    }
}

static void resume_is_refused_before_anything_is_touched(void **state UNUSED)
{
    const unsigned flags = QMIG_LIVE | QMIG_POSTCOPY | QMIG_POSTCOPY_RESUME;
    struct qmig_params *none = qmig_params_new();
    const struct {
        struct qmig_options o;
        unsigned flags;
        const char *code, *part;
    } rows[] = {
        {{.source = "unix:/s", .dest = "unix:/d"},
         QMIG_LIVE | QMIG_POSTCOPY,
         "usage",
         "is not set"},
        {{.source = "unix:/s"}, flags, "usage", "both monitors"},
        {{.source = "unix:/s", .dest = "unix:/d"},
         QMIG_LIVE | QMIG_POSTCOPY_RESUME,
         "param.conflict",
         "requires flag 'postcopy'"},
        {{.source = "unix:/nowhere/s", .dest = "unix:/d"},
         flags,
         "qmp.connect",
         "source: "},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct json_object *ret = NULL;

        assert_int_equal(
            qmig_resume(&rows[i].o, none, rows[i].flags, &ret, &err), -1);
        assert_string_equal(qmig_errcode_name(err->code), rows[i].code);
        assert_non_null(strstr(err->msg, rows[i].part));
        assert_null(ret);
    }
    qmig_params_free(none);
}

static void cancel_counts_when_it_comes_before_the_start(void **state UNUSED)
{
    char source[128];
    char dest[128];
    char places[96];
    int s = silent_monitor("s", source, sizeof(source));
    int d = silent_monitor("d", dest, sizeof(dest));
    struct qmig_options o = {.source = source, .dest = dest};

    snprintf(places, sizeof(places), "%s/state", dir);
    o.state_dir = places;
    struct qmig_migration *m = qmig_migration_new(&o, NULL, QMIG_LIVE, NULL);
    assert_non_null(m);
    qmig_migration_cancel(m);
    qmig_migration_run(m); /* no monitor ever greets: it ends all the same */
    const struct qmig_result *r = qmig_migration_result(m);
    assert_int_equal(r->outcome, QMIG_CANCELLED);
    assert_int_equal(r->exit_code, 4);
    assert_int_equal(r->owner, QMIG_OWNER_SOURCE);
    qmig_migration_free(m);
    close(s);
    close(d);
}

static void silence_ends_with_a_deadline_and_says_so(void **state UNUSED)
{
    static const char *const soon[] = {"connect=0.05", NULL};
    char source[128];
    char dest[128];
    char places[96];
    int s = silent_monitor("s", source, sizeof(source));
    int d = silent_monitor("d", dest, sizeof(dest));
    struct qmig_options o = {.source = source, .dest = dest, .deadlines = soon};

    snprintf(places, sizeof(places), "%s/state", dir);
    o.state_dir = places;
    struct qmig_migration *m = qmig_migration_new(&o, NULL, QMIG_LIVE, NULL);
    assert_null(qmig_migration_result(m));
    qmig_migration_run(m);
    const struct qmig_result *r = qmig_migration_result(m);
    assert_int_equal(r->outcome, QMIG_FAILED);
    assert_string_equal(qmig_errcode_name(r->error->code), "qmp.no-greeting");
    qmig_migration_free(m);
    close(s);
    close(d);
}

static bool file_has(const char *path, const char *word)
{
    char text[8192];
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = 0;
    fclose(f);
    return strstr(text, word);
}

/* The transcript waits until all is quiet, but not for ever. */
static void transcript_is_written_when_qemu_never_stops(void **state UNUSED)
{
    static const char event[] =
        "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 0}, "
        "\"event\": \"NICE\"}\r\n";
    char source[128];
    char dest[128];
    char places[96];
    char path[96];
    int s = silent_monitor("s", source, sizeof(source));
    int d = silent_monitor("d", dest, sizeof(dest));
    struct qmig_options o = {.source = source, .dest = dest};

    snprintf(places, sizeof(places), "%s/state", dir);
    snprintf(path, sizeof(path), "%s/t", dir);
    o.state_dir = places;
    o.transcript = path;
    struct qmig_migration *m = qmig_migration_new(&o, NULL, QMIG_LIVE, NULL);
    assert_false(qmig_migration_dispatch(m));
    int fd = accept(s, NULL, NULL);
    assert_int_equal(send(fd, PEER_GREETING, strlen(PEER_GREETING), 0),
                     strlen(PEER_GREETING));
    assert_false(qmig_migration_dispatch(m));
    assert_false(file_has(path, "qmp_capabilities"));
    for (int64_t end = qmp_now_us() + 10000000;
         !file_has(path, "qmp_capabilities");) {
        assert_true(qmp_now_us() < end);
        assert_int_equal(send(fd, event, sizeof(event) - 1, 0),
                         sizeof(event) - 1);
        assert_false(qmig_migration_dispatch(m));
    }
    qmig_migration_free(m);
    close(fd);
    close(s);
    close(d);
}

/* Nobody says anything: then it is written at once. */
static void transcript_is_written_when_all_is_quiet(void **state UNUSED)
{
    char source[128];
    char dest[128];
    char places[96];
    int s = silent_monitor("s", source, sizeof(source));
    int d = silent_monitor("d", dest, sizeof(dest));
    struct qmig_options o = {.source = source, .dest = dest};
    struct pollfd fds[QMIG_POLLFDS];
    char pattern[160];
    glob_t found;

    snprintf(places, sizeof(places), "%s/state", dir);
    snprintf(pattern, sizeof(pattern), "%s/*/transcript.jsonl", places);
    o.state_dir = places;
    struct qmig_migration *m = qmig_migration_new(&o, NULL, QMIG_LIVE, NULL);
    assert_false(qmig_migration_dispatch(m));
    /* What was sent before the greeting is in it; the file can wait. */
    assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
    for (int i = 0; i < 100 && glob(pattern, 0, NULL, &found); i++) {
        size_t n = qmig_migration_pollfds(m, fds);

        poll(fds, n, 10);
        assert_false(qmig_migration_dispatch(m));
    }
    assert_int_equal(found.gl_pathc, 1);
    assert_true(file_has(found.gl_pathv[0], "query-migrate-capabilities"));
    globfree(&found);
    qmig_migration_free(m);
    close(s);
    close(d);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(options_are_refused_before_anything_is_touched),
        T(resume_is_refused_before_anything_is_touched),
        T(cancel_counts_when_it_comes_before_the_start),
        T(silence_ends_with_a_deadline_and_says_so),
        T(transcript_is_written_when_qemu_never_stops),
        T(transcript_is_written_when_all_is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
