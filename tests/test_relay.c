/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recording man in the middle, with the test as client and as monitor. */
#include "tests/lib/test.h"
#include "tests/lib/peer.h"
#include "qmp/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static char dir[64];
static struct qmp_transcript *transcript;
static struct qmp_relay *relay;
static int listener = -1; /* of the monitor */
static int client = -1;
static int monitor = -1;

static const char *in_dir(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
    return path;
}

static struct sockaddr_un address(const char *name)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};

    snprintf(sun.sun_path, sizeof(sun.sun_path), "%.100s", in_dir(name));
    return sun;
}

static void step(void)
{
    struct qmp_error *err = NULL;

    for (int i = 0; i < 4; i++)
        if (qmp_relay_dispatch(relay, 7, &err) < 0)
            fail_msg("%s", err->msg);
}

static void connect_client(void)
{
    struct sockaddr_un sun = address("relay");

    client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&sun, sizeof(sun)), 0);
    step();
    monitor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(monitor >= 0);
}

static int setup(void **state)
{
    struct sockaddr_un sun;

    *state = (void *)(intptr_t)count_fds();
    strcpy(dir, "/tmp/test_relay.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    sun = address("monitor");
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
        listen(listener, 1) < 0)
        return -1;
    transcript = qmp_transcript_open(in_dir("t"), "p", "", NULL, 0, NULL);
    relay = qmp_relay_new(transcript, "source", in_dir("relay"),
                          in_dir("monitor"), NULL);
    return transcript && relay ? 0 : -1;
}

static int teardown(void **state)
{
    char cmd[128];

    qmp_relay_free(relay);
    qmp_transcript_close(transcript, NULL);
    close(listener);
    if (client >= 0)
        close(client);
    if (monitor >= 0)
        close(monitor);
    client = monitor = -1;
    assert_int_equal(access(in_dir("relay"), F_OK), -1);
    assert_int_equal(count_fds(), (int)(intptr_t)*state);
    snprintf(cmd, sizeof(cmd), "rm -r '%s'", dir);
    return system(cmd);
}

/* Say it at one end: it must come out at the other, byte for byte. */
static void pass(int from, int to, const char *text)
{
    char got[1000] = "";
    size_t len = strlen(text);

    assert_int_equal(send(from, text, len, MSG_NOSIGNAL), len);
    step();
    assert_int_equal(recv(to, got, sizeof(got), MSG_DONTWAIT), len);
    assert_memory_equal(got, text, len);
}

/* The recorded lines after the header. */
static const char *recorded(void)
{
    static char text[1 << 20];
    FILE *f;

    assert_int_equal(qmp_transcript_flush(transcript, NULL), 0);
    f = fopen(in_dir("t"), "r");
    text[fread(text, 1, sizeof(text) - 1, f)] = 0;
    fclose(f);
    return strchr(text, '\n') + 1;
}

#define SENT(m) "{\"t\":7,\"peer\":\"source\",\"dir\":\">\"," m "}\n"
#define CAME(m) "{\"t\":7,\"peer\":\"source\",\"dir\":\"<\"," m "}\n"

static void relay_passes_and_records_both_ways(void **state UNUSED)
{
    connect_client();
    pass(monitor, client, "{\"QMP\": {}}\r\n");
    pass(client, monitor, "{\"execute\":\"a\",\"id\":1}\r\n");
    pass(monitor, client, "{\"event\":\"E\"}\r\n{\"return\":{},\"id\":1}\r\n");
    assert_string_equal(recorded(),
                        CAME("\"msg\":{\"QMP\": {}}")
                            SENT("\"msg\":{\"execute\":\"a\",\"id\":1}")
                                CAME("\"msg\":{\"event\":\"E\"}")
                                    CAME("\"msg\":{\"return\":{},\"id\":1}"));
}

/* Clients need not end a command with a line, nor keep it on one. */
static void relay_cuts_messages_where_they_end(void **state UNUSED)
{
    connect_client();
    pass(client, monitor, "{\"execute\":\"a}{\\\"\",\"x\":[{}");
    assert_string_equal(recorded(), "");
    pass(client, monitor, "]}{\"b\":1} ");
    pass(client, monitor, "{\n  \"execute\": \"c\"\n}\n");
    pass(client, monitor, "quit\n7\n");
    assert_string_equal(recorded(),
                        SENT("\"msg\":{\"execute\":\"a}{\\\"\",\"x\":[{}]}")
                            SENT("\"msg\":{\"b\":1}")
                                SENT("\"msg\":{\"execute\":\"c\"}")
                                    SENT("\"raw\":\"quit\"") SENT("\"msg\":7"));
}

static void relay_passes_descriptors(void **state UNUSED)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    char text[] = "{\"execute\":\"getfd\"}\r\n";
    struct iovec iov = {.iov_base = text, .iov_len = strlen(text)};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof(control)};
    struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);
    int pipes[2];
    int got;
    char c = 'x';

    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    connect_client();
    cm->cmsg_level = SOL_SOCKET;
    cm->cmsg_type = SCM_RIGHTS;
    cm->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(cm), &pipes[1], sizeof(int));
    assert_int_equal(sendmsg(client, &msg, 0), strlen(text));
    close(pipes[1]);
    step();
    msg.msg_controllen = sizeof(control);
    assert_int_equal(recvmsg(monitor, &msg, MSG_CMSG_CLOEXEC), strlen(text));
    cm = CMSG_FIRSTHDR(&msg);
    assert_non_null(cm);
    memcpy(&got, CMSG_DATA(cm), sizeof(int));
    assert_int_equal(write(got, &c, 1), 1);
    close(got);
    assert_int_equal(read(pipes[0], &c, 1), 1);
    assert_int_equal(read(pipes[0], &c, 1), 0); /* nobody kept it */
    close(pipes[0]);
    assert_string_equal(recorded(),
                        SENT("\"fds\":1,\"msg\":{\"execute\":\"getfd\"}"));
}

/* A monitor that does not read holds the client back, not our memory. */
static void relay_holds_back_what_is_not_read(void **state UNUSED)
{
    char chunk[4096];
    size_t sent = 0;
    size_t got = 0;
    struct pollfd fds[QMP_RELAY_POLLFDS];

    memset(chunk, ' ', sizeof(chunk));
    connect_client();
    fcntl(client, F_SETFL, O_NONBLOCK);
    fcntl(monitor, F_SETFL, O_NONBLOCK);
    for (int idle = 0; idle < 3;) {
        ssize_t n = write(client, chunk, sizeof(chunk));

        idle = n > 0 ? 0 : idle + 1;
        sent += n > 0 ? (size_t)n : 0;
        step();
        assert_true(sent < 4000000);
    }
    assert_int_equal(qmp_relay_pollfds(relay, fds), 2);
    assert_int_equal(fds[0].events, 0);
    assert_int_equal(fds[1].events, POLLIN | POLLOUT);
    for (int idle = 0; idle < 3;) {
        ssize_t n = read(monitor, chunk, sizeof(chunk));

        idle = n > 0 ? 0 : idle + 1;
        got += n > 0 ? (size_t)n : 0;
        step();
    }
    assert_int_equal(got, sent);
}

static void relay_serves_one_client_after_the_other(void **state UNUSED)
{
    char c;

    connect_client();
    pass(client, monitor, "{\"half\":");
    close(client);
    step();
    assert_int_equal(read(monitor, &c, 1), 0);
    close(monitor);
    connect_client();
    pass(client, monitor, "{}");
    assert_false(qmp_relay_is_over(relay));
    assert_string_equal(
        recorded(),
        SENT("\"raw\":\"{\\\"half\\\":\"") "{\"t\":7,\"peer\":\"source\","
                                           "\"closed\":null}\n" SENT(
                                               "\"msg\":{}"));
}

static void relay_is_over_when_the_monitor_hangs_up(void **state UNUSED)
{
    struct pollfd fds[QMP_RELAY_POLLFDS];
    char text[32] = "";

    connect_client();
    assert_int_equal(write(monitor, "{\"bye\":1}\n", 10), 10);
    close(monitor);
    monitor = -1;
    step();
    assert_int_equal(read(client, text, sizeof(text)), 10);
    assert_int_equal(read(client, text, sizeof(text)), 0);
    assert_true(qmp_relay_is_over(relay));
    assert_int_equal(qmp_relay_pollfds(relay, fds), 0);
    assert_string_equal(recorded(),
                        CAME("\"msg\":{\"bye\":1}") "{\"t\":7,\"peer\":"
                                                    "\"source\",\"closed\":"
                                                    "\"the monitor hung "
                                                    "up\"}\n");
}

static void relay_says_that_the_monitor_is_not_there(void **state UNUSED)
{
    struct sockaddr_un sun = address("relay");
    struct qmp_error *err = NULL;
    char wanted[200];
    char c;

    unlink(in_dir("monitor"));
    client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&sun, sizeof(sun)), 0);
    assert_int_equal(qmp_relay_dispatch(relay, 7, &err), -1);
    snprintf(wanted, sizeof(wanted),
             "'%s': cannot connect: No such file or directory",
             in_dir("monitor"));
    assert_string_equal(err->msg, wanted);
    qmp_error_free(err);
    assert_int_equal(read(client, &c, 1), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(relay_passes_and_records_both_ways),
        T(relay_cuts_messages_where_they_end),
        T(relay_passes_descriptors),
        T(relay_holds_back_what_is_not_read),
        T(relay_serves_one_client_after_the_other),
        T(relay_is_over_when_the_monitor_hangs_up),
        T(relay_says_that_the_monitor_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
