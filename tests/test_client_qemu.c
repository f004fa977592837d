/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only a real QEMU can show: QEMU's, or the installed one. Skipped where
 * there is none. ONLY=PATTERN: those tests. */
#include "tests/lib/test.h"
#include "qmp/schema.h"
#include "qmp/sync.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#define QEMU   (getenv("QEMU") ? getenv("QEMU") : "qemu-system-x86_64")
#define SECOND 1000000

extern char **environ;

static char dir[64];
static char addr[128];
static pid_t pid;

static int start_qemu(void **state UNUSED)
{
    char monitor[256];
    const char *qemu = QEMU;
    char *argv[] = {(char *)qemu,       (char *)"-M",   (char *)"none",
                    (char *)"-display", (char *)"none", (char *)"-nodefaults",
                    (char *)"-qmp",     monitor,        NULL};

    strcpy(dir, "/tmp/test_client_qemu.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(addr, sizeof(addr), "unix:%s/qmp", dir);
    snprintf(monitor, sizeof(monitor), "%s,server=on,wait=off", addr);
    if (posix_spawnp(&pid, qemu, NULL, NULL, argv, environ) != 0)
        pid = 0; /* not installed: the tests are skipped */
    /* There is a moment between bind() and listen(). */
    struct qmp_client *c = NULL;
    for (int i = 0; pid && i < 1000 && !c; i++) {
        c = qmp_open(addr, NULL, 10 * SECOND, NULL);
        if (!c)
            poll(NULL, 0, 10);
    }
    qmp_client_free(c);
    return 0;
}

static int stop_qemu(void **state UNUSED)
{
    char cmd[128];

    if (pid) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
    return system(cmd);
}

static struct qmp_client *assert_opens(void)
{
    struct qmp_error *err = NULL;
    struct qmp_client *c;

    if (!pid)
        skip();
    c = qmp_open(addr, NULL, 10 * SECOND, &err);
    if (!c)
        fail_msg("%s", err->msg);
    return c;
}

static struct json_object *assert_answers(struct qmp_client *c,
                                          const char *execute,
                                          struct json_object *args)
{
    struct qmp_error *err = NULL;
    struct json_object *ret = qmp_call(c, execute, args, 10 * SECOND, &err);

    if (!ret)
        fail_msg("%s", err->msg);
    return ret;
}

static void qemu_serves_one_client_at_a_time(void **state UNUSED)
{
    struct qmp_client *first = assert_opens();
    struct qmp_error *err = NULL;

    assert_int_equal(qmp_client_peer_pid(first), pid);
    assert_true(qmp_client_has_oob(first));
    assert_null(qmp_open(addr, NULL, 300000, &err));
    assert_int_equal(err->code, QMP_ERR_NO_GREETING);
    assert_non_null(err->hint);
    qmp_error_free(err);
    qmp_client_free(first);
    qmp_client_free(assert_opens());
}

struct getfd {
    int ok;
    char refused[128];
};

static void on_getfd(struct qmp_client *c UNUSED, struct json_object *ret,
                     const struct qmp_error *err, void *opaque)
{
    struct getfd *g = opaque;

    g->ok += ret != NULL;
    if (err)
        snprintf(g->refused, sizeof(g->refused), "%s", err->msg);
}

/* Twenty at once: QEMU keeps only the descriptors that came last. */
static void qemu_gets_each_descriptor_of_a_pipeline(void **state UNUSED)
{
    struct qmp_client *c = assert_opens();
    struct getfd g = {0};
    int pipes[2];
    bool never = false;

    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    for (int i = 0; i < 20; i++) {
        char name[32];
        CLEANUP(json_putp) struct json_object *args = json_object_new_object();
        struct qmp_command cmd = {.execute = "getfd",
                                  .arguments = args,
                                  .fds = &pipes[1],
                                  .nfds = 1,
                                  .done = on_getfd,
                                  .opaque = &g};

        snprintf(name, sizeof(name), "fd%d", i);
        json_object_object_add(args, "fdname", json_object_new_string(name));
        assert_int_equal(qmp_client_submit(c, &cmd, NULL, NULL), 0);
        cmd = (struct qmp_command){.execute = "closefd",
                                   .arguments = args,
                                   .done = on_getfd,
                                   .opaque = &g};
        assert_int_equal(qmp_client_submit(c, &cmd, NULL, NULL), 0);
    }
    while (qmp_client_pending(c))
        if (qmp_run(c, &never, 1000, NULL) < 0 &&
            qmp_client_state(c) == QMP_CLOSED)
            break;
    if (g.ok != 40)
        fail_msg("%d of 40: %s", g.ok, g.refused);
    /* the other end shows that QEMU has closed them all */
    char byte;
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &byte, 1), 0);
    close(pipes[0]);
    qmp_client_free(c);
}

static void qemu_answers_out_of_band(void **state UNUSED)
{
    struct qmp_client *c = assert_opens();
    struct getfd g = {0};
    bool never = false;
    struct qmp_command cmd = {
        .execute = "query-yank", .oob = true, .done = on_getfd, .opaque = &g};

    assert_int_equal(qmp_client_submit(c, &cmd, NULL, NULL), 0);
    while (qmp_client_pending(c))
        (void)qmp_run(c, &never, 1000, NULL);
    assert_int_equal(g.ok, 1);
    qmp_client_free(c);
}

static void qemu_schema_describes_migration(void **state UNUSED)
{
    struct qmp_client *c = assert_opens();
    CLEANUP(json_putp)
    struct json_object *reply = assert_answers(c, "query-qmp-schema", NULL);
    CLEANUP(qmp_schema_freep)
    struct qmp_schema *s = qmp_schema_parse(reply, NULL);
    CLEANUP(json_putp)
    struct json_object *args = json_tokener_parse(
        "{\"capabilities\":[{\"capability\":\"events\",\"state\":true}]}");

    assert_non_null(s);
    assert_true(qmp_schema_has_command(s, "migrate"));
    assert_true(qmp_schema_has_parameter(s, "max-bandwidth"));
    assert_true(qmp_schema_has_capability(s, "return-path"));
    assert_true(qmp_schema_has_event(s, "MIGRATION"));
    assert_true(qmp_schema_allows_oob(s, "migrate-pause"));
    assert_true(qmp_schema_has_argument(s, "blockdev-add", "server.path"));
    assert_int_equal(
        qmp_schema_check(s, "migrate-set-capabilities", args, NULL), 0);
    json_object_put(assert_answers(c, "migrate-set-capabilities", args));
    qmp_client_free(c);
}

static const char *assert_status(struct qmp_client *c)
{
    static char status[32];
    CLEANUP(json_putp)
    struct json_object *ret = assert_answers(c, "query-status", NULL);

    snprintf(status, sizeof(status), "%s",
             json_object_get_string(json_object_object_get(ret, "status")));
    return status;
}

static void assert_begins(struct qmp_client *c, const char *execute)
{
    struct qmp_command cmd = {.execute = execute, .in_order = true};

    assert_int_equal(qmp_client_expect(c, &cmd, NULL), 0);
    qmp_client_flush(c);
}

static void on_refused(struct qmp_client *c UNUSED, char way, const char *text,
                       size_t len, int nfds UNUSED, bool valid UNUSED,
                       void *opaque)
{
    static const char why[] = "QMP input member 'withdrawn' is unexpected";

    if (way == QMP_RECEIVED && memmem(text, len, why, sizeof(why) - 1))
        ++*(int *)opaque;
}

/* What was begun is not carried out: not while it has no end, not when it is
 * withdrawn, and not when the connection ends. */
static void qemu_forgets_what_has_no_end(void **state UNUSED)
{
    int refused = 0;
    struct qmp_client_options o = {
        .on = {.trace = on_refused, .opaque = &refused}};
    struct qmp_client *c = assert_opens();

    qmp_client_free(c);
    c = qmp_open(addr, &o, 10 * SECOND, NULL);
    assert_non_null(c);
    assert_string_equal(assert_status(c), "running");
    assert_begins(c, "stop");
    poll(NULL, 0, 50);
    assert_string_equal(assert_status(c), "running");
    assert_int_equal(refused, 1);
    assert_begins(c, "stop");
    qmp_client_free(c);

    c = assert_opens();
    assert_string_equal(assert_status(c), "running");
    assert_begins(c, "stop");
    struct qmp_command stop = {.execute = "stop", .in_order = true};
    assert_int_equal(qmp_client_submit(c, &stop, NULL, NULL), 0);
    assert_string_equal(assert_status(c), "paused");
    json_object_put(assert_answers(c, "cont", NULL));
    qmp_client_free(c);
}

/* Before it has greeted, and with a monitor that another one has. */
static void qemu_answers_what_came_before_its_greeting(void **state UNUSED)
{
    struct qmp_client_options o = {.early = true};
    struct qmp_client *c = assert_opens();
    struct qmp_error *err = NULL;

    assert_null(qmp_open(addr, &o, 300000, &err));
    assert_int_equal(err->code, QMP_ERR_NO_GREETING);
    qmp_error_free(err);
    qmp_client_free(c);
    c = qmp_open(addr, &o, 10 * SECOND, NULL);
    assert_non_null(c);
    assert_true(qmp_client_has_oob(c));
    assert_string_equal(assert_status(c), "running");
    qmp_client_free(c);
}

static void qemu_death_ends_the_command_under_way(void **state UNUSED)
{
    struct qmp_client *c = assert_opens();
    struct qmp_error *err = NULL;

    kill(pid, SIGKILL);
    assert_null(qmp_call(c, "query-status", NULL, 10 * SECOND, &err));
    assert_int_equal(err->code, QMP_ERR_CLOSED);
    qmp_error_free(err);
    qmp_client_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(qemu_serves_one_client_at_a_time),
        cmocka_unit_test(qemu_gets_each_descriptor_of_a_pipeline),
        cmocka_unit_test(qemu_answers_out_of_band),
        cmocka_unit_test(qemu_schema_describes_migration),
        cmocka_unit_test(qemu_forgets_what_has_no_end),
        cmocka_unit_test(qemu_answers_what_came_before_its_greeting),
        cmocka_unit_test(qemu_death_ends_the_command_under_way),
    };
    if (getenv("ONLY"))
        cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests(tests, start_qemu, stop_qemu);
}
