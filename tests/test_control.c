/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control socket: a real socket, no migration. */
#include "tests/lib/test.h"

#include "control/server.h"
#include "error/errcode.h"
#include "plan/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static char dir[64];
static struct control *control;
static char called[256];

static int on_command(const char *command, struct json_object *arguments,
                      struct json_object **ret, void *opaque UNUSED,
                      struct qmp_error **errp)
{
    if (!strcmp(command, "missing"))
        return qmp_fail(errp, QMP_ERR_UNSUPPORTED, "no '%s'", command);
    if (!strcmp(command, "fails"))
        return qmp_fail(errp, QMIG_ERR_USAGE, "not now");
    snprintf(called, sizeof(called), "%s %s", command,
             arguments ? json_object_to_json_string(arguments) : "");
    if (!strcmp(command, "status"))
        *ret = json_object_new_int(7);
    return 0;
}

static int setup(void **state UNUSED)
{
    snprintf(dir, sizeof(dir), "/tmp/qmigrate-control.XXXXXX");
    assert_non_null(mkdtemp(dir));
    control = control_open(dir, "1.2", on_command, NULL, NULL);
    assert_non_null(control);
    called[0] = '\0';
    return 0;
}

static int teardown(void **state UNUSED)
{
    char path[96];

    control_close(control);
    snprintf(path, sizeof(path), "%s/control", dir);
    assert_int_equal(access(path, F_OK), -1);
    return rmdir(dir);
}

static int dial(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/control", dir);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    control_dispatch(control);
    return fd;
}

/* Say something; what comes back, all of it. */
static const char *ask(int fd, const char *text)
{
    static char heard[8192];
    size_t len = 0;

    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
                     (ssize_t)strlen(text));
    for (int i = 0; i < 4; i++)
        control_dispatch(control);
    for (;;) {
        ssize_t n =
            recv(fd, heard + len, sizeof(heard) - 1 - len, MSG_DONTWAIT);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    heard[len] = '\0';
    return heard;
}

static int dial_negotiated(void)
{
    int fd = dial();

    assert_non_null(strstr(ask(fd, "{\"execute\":\"qmp_capabilities\"}\n"),
                           "{\"return\":{}}\r\n"));
    return fd;
}

static void control_greets_and_negotiates_like_qemu(void **state UNUSED)
{
    int fd = dial();

    assert_string_equal(ask(fd, "{\"execute\":\"status\",\"id\":1}\n"),
                        "{\"QMP\":{\"version\":{\"qmigrate\":\"1.2\"},"
                        "\"capabilities\":[]}}\r\n"
                        "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":"
                        "\"Expecting capabilities negotiation with "
                        "'qmp_capabilities'\"},\"id\":1}\r\n");
    ask(fd, "{\"execute\":\"qmp_capabilities\"}\n");
    assert_string_equal(ask(fd, "{\"execute\":\"status\",\"id\":\"x\"}\n"),
                        "{\"return\":7,\"id\":\"x\"}\r\n");
    close(fd);
}

static void control_passes_arguments_and_errors(void **state UNUSED)
{
    int fd = dial_negotiated();

    ask(fd, "{\"execute\":\"set\",\"arguments\":{\"a\":1}}\n");
    assert_string_equal(called, "set { \"a\": 1 }");
    assert_string_equal(
        ask(fd, "{\"execute\":\"missing\"}\n"),
        "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"no "
        "'missing'\"}}\r\n");
    assert_string_equal(
        ask(fd, "{\"execute\":\"fails\",\"id\":2}\n"),
        "{\"error\":{\"class\":\"GenericError\",\"desc\":\"not now\"},"
        "\"id\":2}\r\n");
    close(fd);
}

static void control_answers_nonsense_and_goes_on(void **state UNUSED)
{
    static const char *const nonsense[] = {
        "x\n",
        "[]\n",
        "{}\n",
        "{\"execute\":1}\n",
        "{\"execute\":\"status\",\"arguments\":[]}\n",
        "{\"a\":1,\"a\":2}\n"};
    int fd = dial_negotiated();

    for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++)
        assert_non_null(strstr(ask(fd, nonsense[i]), "GenericError"));
    assert_string_equal(ask(fd, "{\"execute\":\"status\"}\n"),
                        "{\"return\":7}\r\n");
    close(fd);
}

static void control_drops_who_sends_too_much(void **state UNUSED)
{
    int fd = dial_negotiated();
    char junk[4096];
    ssize_t n = 1;

    memset(junk, 'x', sizeof(junk));
    for (int i = 0; i < 64 && n > 0; i++) {
        n = send(fd, junk, sizeof(junk), MSG_NOSIGNAL | MSG_DONTWAIT);
        control_dispatch(control);
    }
    assert_true(n < 0 && errno == EPIPE);
    close(fd);
}

static void control_drops_who_does_not_read(void **state UNUSED)
{
    CLEANUP(json_putp) struct json_object *data = NULL;
    char *big = malloc(100001);
    int fd = dial_negotiated();

    memset(big, 'y', 100000);
    big[100000] = '\0';
    data = json_object_new_string(big);
    free(big);
    for (int i = 0; i < 40; i++)
        control_event(control, "PROGRESS", data);
    struct pollfd fds[CONTROL_POLLFDS];
    assert_int_equal(control_pollfds(control, fds), 1); /* the listener */
    close(fd);
}

static void control_tells_events_to_those_who_negotiated(void **state UNUSED)
{
    int silent = dial();
    int fd = dial_negotiated();

    control_event(control, "PROGRESS", NULL);
    assert_non_null(strstr(ask(fd, "\n"), "{\"event\":\"PROGRESS\""));
    assert_null(strstr(ask(silent, "\n"), "PROGRESS"));
    close(silent);
    close(fd);
}

static void control_takes_a_few_clients_and_no_more(void **state UNUSED)
{
    int fds[CONTROL_CLIENTS + 1];
    char c;

    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        fds[i] = dial();
    assert_int_equal(recv(fds[CONTROL_CLIENTS], &c, 1, 0), 0);
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        close(fds[i]);
}

static void control_socket_is_ours_alone(void **state UNUSED)
{
    struct stat st;
    char path[96];

    snprintf(path, sizeof(path), "%s/control", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void runtime_parameters_are_checked(void **state UNUSED)
{
    static const struct {
        const char *in, *out; /* out: NULL is an error */
    } rows[] = {
        {"{\"bandwidth\":100}", "{\"max-bandwidth\":104857600}"},
        {"{\"downtime\":500}", "{\"downtime-limit\":500}"},
        {"{\"downtime\":500,\"auto_converge.increment\":20}",
         "{\"downtime-limit\":500,\"cpu-throttle-increment\":20}"},
        {"{}", NULL},
        {"{\"downtime\":0}", NULL},
        {"{\"downtime\":\"x\"}", NULL},
        {"{\"downtime\":3000000}", NULL},
        {"{\"bandwidth\":-1}", NULL},
        {"{\"nothing\":1}", NULL},
        {"{\"parallel.connections\":3}", NULL},
        {"{\"migrate_uri\":\"unix:/x\"}", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(json_putp)
        struct json_object *in = json_tokener_parse(rows[i].in);
        CLEANUP(json_putp) struct json_object *out = NULL;
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        int rc = runtime_parameters(in, &out, &err);

        assert_int_equal(rc, rows[i].out ? 0 : -1);
        if (rows[i].out)
            assert_string_equal(
                json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN),
                rows[i].out);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(control_greets_and_negotiates_like_qemu),
        T(control_passes_arguments_and_errors),
        T(control_answers_nonsense_and_goes_on),
        T(control_drops_who_sends_too_much),
        T(control_drops_who_does_not_read),
        T(control_tells_events_to_those_who_negotiated),
        T(control_takes_a_few_clients_and_no_more),
        T(control_socket_is_ours_alone),
        cmocka_unit_test(runtime_parameters_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
