/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "tests/lib/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

static struct peer peer;

#define LIMITED                                                                \
    &(struct qmp_client_options)                                               \
    {                                                                          \
        .max_message = 1000, .greeting_us = 5000000                            \
    }

#define EV "{\"event\":\"STOP\",\"data\":{\"n\":1}}\r\n"

static int setup(void **state)
{
    *state = (void *)(intptr_t)count_fds();
    return 0;
}

static int teardown(void **state)
{
    peer_close(&peer);
    assert_int_equal(count_fds(), (int)(intptr_t)*state);
    return 0;
}

static void client_is_ready_after_greeting_and_negotiation(void **state UNUSED)
{
    peer_open(&peer, NULL);
    assert_int_equal(qmp_client_state(peer.c), QMP_GREETING);
    assert_null(qmp_client_greeting(peer.c));
    peer_say(&peer, PEER_GREETING);
    assert_int_equal(qmp_client_state(peer.c), QMP_NEGOTIATING);
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"qmp_capabilities\",\"arguments\":"
                        "{\"enable\":[\"oob\"]},\"id\":1}");
    peer_say(&peer, "{\"return\": {}, \"id\": 1}\r\n");
    assert_int_equal(qmp_client_state(peer.c), QMP_READY);
    assert_true(qmp_client_has_oob(peer.c));
    assert_non_null(qmp_client_greeting(peer.c));
    assert_int_equal(qmp_client_peer_pid(peer.c), getpid());
    assert_string_equal(peer.log, "ready\n");
}

static void
client_does_not_enable_oob_when_it_is_not_offered(void **state UNUSED)
{
    peer_open(&peer, NULL);
    peer_say(&peer, PEER_GREETING_NO_OOB);
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"qmp_capabilities\",\"id\":1}");
    peer_say(&peer, "{\"return\": {}, \"id\": 1}\r\n");
    assert_false(qmp_client_has_oob(peer.c));

    struct qmp_error *err = NULL;
    struct qmp_command cmd = {.execute = "yank", .oob = true};
    assert_int_equal(qmp_client_submit(peer.c, &cmd, NULL, &err), -1);
    assert_int_equal(err->code, QMP_ERR_INVALID_ARG);
    qmp_error_free(err);
}

static void
client_sends_early_commands_right_behind_the_negotiation(void **state UNUSED)
{
    peer_open(&peer, NULL);
    peer_submit(&peer, "query-status", 0);
    assert_string_equal(peer_hear(&peer), "");
    peer_say(&peer, PEER_GREETING);
    assert_non_null(strstr(peer_hear(&peer), "qmp_capabilities"));
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"query-status\",\"id\":1}");
    assert_int_equal(qmp_client_state(peer.c), QMP_NEGOTIATING);
}

static void client_flushes_without_reading(void **state UNUSED)
{
    struct qmp_command cmd = {.execute = "query-status"};
    char heard[64];

    peer_ready(&peer, NULL);
    assert_int_equal(qmp_client_submit(peer.c, &cmd, NULL, NULL), 0);
    assert_true(recv(peer.fd, heard, sizeof(heard), MSG_DONTWAIT | MSG_PEEK) <
                0);
    qmp_client_flush(peer.c);
    assert_true(recv(peer.fd, heard, sizeof(heard), MSG_DONTWAIT | MSG_PEEK) >
                0);
    qmp_client_close(peer.c);
    qmp_client_flush(peer.c); /* closed: nothing happens */
}

static void client_sends_pipelined_commands_in_order(void **state UNUSED)
{
    peer_ready(&peer, NULL);
    peer_submit(&peer, "a", 0);
    peer_submit(&peer, "b", 0);
    peer_submit(&peer, "c", 0);
    assert_int_equal(qmp_client_pending(peer.c), 3);
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"a\",\"id\":2}");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"b\",\"id\":3}");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"c\",\"id\":4}");
    peer_say(&peer, "{\"return\":{\"x\":1},\"id\":2}\r\n{\"event\":\"STOP\","
                    "\"timestamp\":{\"seconds\":1,\"microseconds\":2}}\r\n"
                    "{\"return\":[],\"id\":3}\r\n{\"error\":{\"class\":"
                    "\"GenericError\",\"desc\":\"no\"},\"id\":4}\r\n");
    assert_string_equal(peer.log, "reply a {\"x\":1}\nevent STOP {}\n"
                                  "reply b []\n"
                                  "error c qmp.refused QEMU refused 'c': no\n");
    assert_int_equal(qmp_client_pending(peer.c), 0);
}

static void
client_drops_a_reply_that_comes_after_the_deadline(void **state UNUSED)
{
    peer_ready(&peer, NULL);
    peer_submit(&peer, "slow", peer.now_us + 100);
    peer_submit(&peer, "next", 0);
    peer_hear(&peer);
    peer.now_us += 100;
    peer_hear(&peer);
    assert_string_equal(peer.log, "error slow qmp.timeout 'slow' was not "
                                  "answered in time\n");
    assert_int_equal(qmp_client_pending(peer.c), 1);
    assert_int_equal(qmp_client_deadline(peer.c), -1);
    peer_say(&peer, "{\"return\":1,\"id\":2}\n{\"return\":2,\"id\":3}\n");
    assert_non_null(strstr(peer.log, "\nreply next 2\n"));
}

static void client_takes_a_reply_that_waits_at_the_deadline(void **state UNUSED)
{
    peer_ready(&peer, NULL);
    peer_submit(&peer, "a", peer.now_us + 100);
    peer_hear(&peer);
    peer.now_us += 1000;
    peer_say(&peer, "{\"return\":1,\"id\":2}\n");
    assert_string_equal(peer.log, "reply a 1\n");
}

static void client_does_not_send_what_was_cancelled(void **state UNUSED)
{
    peer_ready(&peer, NULL);
    uint64_t a = peer_submit(&peer, "a", 0);
    uint64_t b = peer_submit(&peer, "b", 0);
    assert_int_equal(qmp_client_cancel(peer.c, a), 0);
    assert_string_equal(peer.log, "error a qmp.cancelled 'a' was cancelled\n");
    assert_int_equal(qmp_client_cancel(peer.c, a), -1);
    assert_int_equal(qmp_client_cancel(peer.c, 99), -1);
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"b\",\"id\":3}");
    assert_int_equal(qmp_client_cancel(peer.c, b), 0);
    assert_int_equal(qmp_client_cancel(peer.c, b), -1);
    assert_int_equal(qmp_client_pending(peer.c), 0);
    peer_say(&peer, "{\"return\":1,\"id\":3}\n");
    assert_string_equal(peer.log, "error a qmp.cancelled 'a' was cancelled\n"
                                  "error b qmp.cancelled 'b' was cancelled\n");
}

static void client_times_out_a_command_that_cannot_be_sent(void **state UNUSED)
{
    peer_open(&peer, NULL);
    peer_submit(&peer, "a", peer.now_us + 5);
    peer.now_us += 5;
    assert_string_equal(peer_hear(&peer), "");
    assert_string_equal(peer.log, "error a qmp.timeout 'a' could not be sent "
                                  "in time\n");
    peer_say(&peer, PEER_GREETING);
    peer_hear(&peer);
    peer_say(&peer, "{\"return\":{},\"id\":2}\n");
    assert_string_equal(peer_hear(&peer), "");
}

static void client_ends_commands_when_it_is_closed(void **state UNUSED)
{
    peer_ready(&peer, NULL);
    peer_submit(&peer, "a", 0);
    peer_hear(&peer);
    peer_submit(&peer, "b", 0);
    qmp_client_close(peer.c);
    assert_string_equal(peer.log,
                        "error a qmp.cancelled 'a' was cancelled: the "
                        "connection was closed\n"
                        "error b qmp.cancelled 'b' was cancelled: the "
                        "connection was closed\nclosed\n");
    qmp_client_close(peer.c);
    peer_submit(&peer, "c", 0);
    assert_non_null(strstr(peer.log, "refused c qmp.closed 'c' was not sent: "
                                     "the connection is closed\n"));
    assert_null(qmp_client_error(peer.c));
}

static void
client_sends_out_of_band_first_and_leaves_it_a_place(void **state UNUSED)
{
    static const char *const names[] = {"c2", "c3", "c4", "c5", "c6",
                                        "c7", "c8", "c9", "c10"};
    struct qmp_command oob = {.execute = "yank", .oob = true};

    peer_ready(&peer, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        peer_submit(&peer, names[i], 0);
    for (int i = 2; i <= 8; i++) {
        char wanted[64];

        snprintf(wanted, sizeof(wanted), "{\"execute\":\"c%d\",\"id\":%d}", i,
                 i);
        assert_string_equal(peer_hear(&peer), wanted);
    }
    assert_string_equal(peer_hear(&peer), ""); /* seven are enough */
    assert_int_equal(qmp_client_submit(peer.c, &oob, NULL, NULL), 0);
    assert_string_equal(peer_hear(&peer), "{\"exec-oob\":\"yank\",\"id\":11}");
    peer_say(&peer, "{\"return\":{},\"id\":11}\n");
    peer_say(&peer, "{\"return\":2,\"id\":2}\n");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"c9\",\"id\":9}");
    assert_string_equal(peer_hear(&peer), "");
    assert_string_equal(peer.log, "reply c2 2\n");
}

static void client_matches_answers_without_id_in_order(void **state UNUSED)
{
    struct peer_call calls[] = {
        {.p = &peer, .name = "yank"},
        {.p = &peer, .name = "a"},
        {.p = &peer, .name = "b"},
    };

    peer_open(&peer, &(struct qmp_client_options){.in_order = true});
    peer_say(&peer, PEER_GREETING);
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"qmp_capabilities\","
                                          "\"arguments\":{\"enable\":"
                                          "[\"oob\"]}}");
    peer_say(&peer, "{\"return\":{}}\n");
    for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
        struct qmp_command cmd = {
            .execute = calls[i].name,
            .oob = !i,
            .in_order = i,
            .deadline_us = peer.now_us + (i == 1 ? 1 : 9) * 1000000,
            .done = peer_done,
            .opaque = &calls[i],
        };
        assert_int_equal(qmp_client_submit(peer.c, &cmd, NULL, NULL), 0);
    }
    peer_submit(&peer, "c", peer.now_us + 9000000);
    assert_string_equal(peer_hear(&peer), "{\"exec-oob\":\"yank\",\"id\":2}");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"a\"}");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"b\"}");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"c\",\"id\":5}");
    /* An answer that names a command that had no id is none of ours. */
    peer_say(&peer, "{\"return\":{},\"id\":3}\n{\"return\":{},\"id\":2}\n");
    /* a is given up, but its answer is still the next one. */
    peer.now_us += 2000000;
    qmp_client_dispatch(peer.c, peer.now_us);
    peer_say(&peer, "{\"return\":1}\n{\"return\":3,\"id\":5}\n"
                    "{\"return\":2}\n");
    assert_non_null(strstr(peer.log, "reply yank {}\nerror a qmp.timeout "));
    assert_non_null(strstr(peer.log, "\nreply c 3\nreply b 2\n"));
    assert_null(strstr(peer.log, "reply a"));
    peer_say(&peer, "{\"return\":4}\n"); /* nobody waits for it */
    assert_int_equal(qmp_client_state(peer.c), QMP_CLOSED);
    assert_non_null(strstr(peer.log, "a reply without id"));
}

static void
client_does_not_limit_what_is_in_flight_without_oob(void **state UNUSED)
{
    peer_open(&peer, &(struct qmp_client_options){.no_oob = true});
    peer_say(&peer, PEER_GREETING);
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"qmp_capabilities\",\"id\":1}");
    peer_say(&peer, "{\"return\":{},\"id\":1}\n");
    assert_false(qmp_client_has_oob(peer.c));
    for (int i = 0; i < 100; i++)
        peer_submit(&peer, "a", 0);
    for (int i = 0; i < 100; i++)
        assert_string_not_equal(peer_hear(&peer), "");
}

static void client_bounds_what_waits(void **state UNUSED)
{
    CLEANUP(json_putp) struct json_object *args = json_object_new_object();
    struct qmp_command cmd = {.execute = "a", .arguments = args};
    struct qmp_error *err = NULL;
    char text[1000];

    peer_open(&peer, LIMITED);
    for (int i = 0; i < 1024; i++)
        assert_int_equal(qmp_client_submit(peer.c, &cmd, NULL, NULL), 0);
    assert_int_equal(qmp_client_submit(peer.c, &cmd, NULL, &err), -1);
    assert_int_equal(err->code, QMP_ERR_TOO_LARGE);
    assert_string_equal(err->msg, "'a' was not sent: 1024 commands are waiting "
                                  "already");
    qmp_error_free(err);
    peer_close(&peer);

    err = NULL;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    json_object_object_add(args, "k", json_object_new_string(text));
    peer_open(&peer, LIMITED);
    assert_int_equal(qmp_client_submit(peer.c, &cmd, NULL, &err), -1);
    assert_int_equal(err->code, QMP_ERR_TOO_LARGE);
    qmp_error_free(err);
}

/* What the kernel does not take at once goes out later, in order, and reading
 * goes on meanwhile. */
static void client_sends_large_commands_in_parts(void **state UNUSED)
{
    CLEANUP(json_putp) struct json_object *args = json_object_new_object();
    struct qmp_command cmd = {.execute = "big", .arguments = args};
    size_t len = 200000;
    char *text = malloc(len + 1);
    size_t heard = 0;

    memset(text, 'y', len);
    text[len] = 0;
    json_object_object_add(args, "k", json_object_new_string(text));
    free(text);
    peer_ready(&peer, NULL);
    for (int i = 0; i < 5; i++)
        assert_int_equal(qmp_client_submit(peer.c, &cmd, NULL, NULL), 0);
    for (int turns = 0; heard < 5; turns++) {
        struct pollfd fds[QMP_CLIENT_POLLFDS];
        const char *line;

        assert_true(turns < 1000);
        if (turns == 3) {
            assert_int_equal(qmp_client_pollfds(peer.c, fds), 1);
            assert_int_equal(fds[0].events, POLLIN | POLLOUT);
            peer_say(&peer, EV);
        }
        line = peer_hear(&peer);
        if (*line) {
            assert_true(strlen(line) > len);
            assert_int_equal(line[len / 2], 'y');
            heard++;
        }
    }
    assert_string_equal(peer.log, "event STOP {\"n\":1}\n");
    struct pollfd fds[QMP_CLIENT_POLLFDS];
    assert_int_equal(qmp_client_pollfds(peer.c, fds), 1);
    assert_int_equal(fds[0].events, POLLIN);
}

static void client_passes_descriptors_with_their_command(void **state UNUSED)
{
    int pipes[2];
    struct qmp_command getfd = {.execute = "getfd", .nfds = 1};
    struct qmp_command plain = {.execute = "plain"};

    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    peer_ready(&peer, NULL);
    getfd.fds = &pipes[0];
    qmp_client_submit(peer.c, &plain, NULL, NULL);
    qmp_client_submit(peer.c, &getfd, NULL, NULL);
    getfd.fds = &pipes[1];
    qmp_client_submit(peer.c, &getfd, NULL, NULL);
    qmp_client_submit(peer.c, &plain, NULL, NULL);
    close(pipes[0]); /* the client has its own */

    assert_string_equal(peer_hear(&peer), "{\"execute\":\"plain\",\"id\":2}");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"getfd\",\"id\":3}");
    assert_int_equal(peer.nfds, 1);
    /* QEMU would drop the first one's if the second came now. */
    assert_string_equal(peer_hear(&peer), "");
    peer_say(&peer, "{\"return\":{},\"id\":2}\n{\"return\":{},\"id\":3}\n");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"getfd\",\"id\":4}");
    assert_int_equal(peer.nfds, 2);
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"plain\",\"id\":5}");

    char c = 'x';
    close(pipes[1]);
    assert_int_equal(write(peer.fds[1], &c, 1), 1);
    c = 0;
    assert_int_equal(read(peer.fds[0], &c, 1), 1);
    assert_int_equal(c, 'x');
}

static void client_refuses_descriptors_it_cannot_pass(void **state UNUSED)
{
    int many[254];
    struct qmp_command cmd = {.execute = "add-fd", .fds = many, .nfds = 254};
    struct qmp_error *err = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(many); i++)
        many[i] = -1;
    peer_ready(&peer, NULL);
    assert_int_equal(qmp_client_submit(peer.c, &cmd, NULL, &err), -1);
    assert_string_equal(err->msg, "'add-fd' with 254 descriptors, at most 253 "
                                  "can be passed");
    qmp_error_free(err);
    err = NULL;
    cmd.nfds = 1;
    assert_int_equal(qmp_client_submit(peer.c, &cmd, NULL, &err), -1);
    assert_int_equal(err->code, QMP_ERR_SYSTEM);
    assert_int_equal(err->sys, EBADF);
    qmp_error_free(err);
    assert_int_equal(qmp_client_pending(peer.c), 0);
}

static void client_closes_descriptors_of_what_it_never_sent(void **state UNUSED)
{
    struct qmp_command cmd = {.execute = "getfd", .nfds = 1};
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    uint64_t id;

    cmd.fds = &fd;
    peer_open(&peer, NULL);
    assert_int_equal(qmp_client_submit(peer.c, &cmd, &id, NULL), 0);
    assert_int_equal(qmp_client_submit(peer.c, &cmd, NULL, NULL), 0);
    qmp_client_cancel(peer.c, id);
    close(fd); /* teardown counts */
}

/* Freeing inside of every callback that there is. */
struct suicide {
    enum {
        IN_READY,
        IN_EVENT,
        IN_DONE,
        IN_TRACE_IN,
        IN_TRACE_OUT,
        IN_CLOSED
    } in;
    bool close_only;
    int done;
    int closed;
};

static void die(struct qmp_client *c, struct suicide *s)
{
    if (s->close_only) {
        qmp_client_close(c);
        return;
    }
    qmp_client_free(c);
    peer.c = NULL;
}

static void die_ready(struct qmp_client *c, void *opaque)
{
    struct suicide *s = opaque;

    if (s->in == IN_READY)
        die(c, s);
}

static void die_event(struct qmp_client *c, const char *name UNUSED,
                      struct json_object *data UNUSED, int64_t us UNUSED,
                      void *opaque)
{
    struct suicide *s = opaque;

    if (s->in == IN_EVENT)
        die(c, s);
}

static void die_closed(struct qmp_client *c, const struct qmp_error *why UNUSED,
                       void *opaque)
{
    struct suicide *s = opaque;

    s->closed++;
    assert_int_equal(s->done, 2);
    if (s->in == IN_CLOSED)
        die(c, s);
}

static void die_trace(struct qmp_client *c, char dir, const char *text,
                      size_t len, int nfds UNUSED, bool valid UNUSED,
                      void *opaque)
{
    struct suicide *s = opaque;

    if (memmem(text, len, "STOP", 4) && s->in == IN_TRACE_IN)
        die(c, s);
    if (dir == QMP_SENT && memmem(text, len, "\"one\"", 5) &&
        s->in == IN_TRACE_OUT)
        die(c, s);
    assert_true(len > 1 && text[len - 1] == '}'); /* still ours to read */
}

static void die_done(struct qmp_client *c, struct json_object *ret UNUSED,
                     const struct qmp_error *err UNUSED, void *opaque)
{
    struct suicide *s = opaque;

    if (++s->done == 1 && s->in == IN_DONE)
        die(c, s);
}

static void client_may_be_freed_in_any_callback(void **state UNUSED)
{
    for (int i = 0; i < 12; i++) {
        struct suicide s = {.in = (unsigned)i / 2, .close_only = i % 2};
        struct qmp_client_options o = {.on = {.ready = die_ready,
                                              .event = die_event,
                                              .closed = die_closed,
                                              .trace = die_trace,
                                              .opaque = &s}};
        struct qmp_command one = {
            .execute = "one", .done = die_done, .opaque = &s};
        struct qmp_command two = {
            .execute = "two", .done = die_done, .opaque = &s};

        peer_open(&peer, &o);
        qmp_client_submit(peer.c, &one, NULL, NULL);
        qmp_client_submit(peer.c, &two, NULL, NULL);
        peer_say(&peer, PEER_GREETING "{\"return\":{},\"id\":3}\n");
        peer_say(&peer, EV "{\"return\":{},\"id\":1}\n");
        peer_hang_up(&peer);
        assert_int_equal(s.done, 2);
        assert_int_equal(s.closed, 1);
        peer_close(&peer);
        assert_int_equal(s.closed, 1);
    }
}

/* A callback that submits the next command: it goes out in the same dispatch,
 * and what is submitted while everything ends is refused. */
static void submit_next(struct qmp_client *c, struct json_object *ret UNUSED,
                        const struct qmp_error *err UNUSED, void *opaque)
{
    int *n = opaque;
    struct qmp_command cmd = {
        .execute = "next", .done = submit_next, .opaque = n};

    if (++*n < 1000)
        qmp_client_submit(c, &cmd, NULL, NULL);
}

static void client_sends_what_a_callback_submits(void **state UNUSED)
{
    int n = 0;
    struct qmp_command cmd = {
        .execute = "first", .done = submit_next, .opaque = &n};

    peer_ready(&peer, NULL);
    qmp_client_submit(peer.c, &cmd, NULL, NULL);
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"first\",\"id\":2}");
    peer_say(&peer, "{\"return\":{},\"id\":2}\n");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"next\",\"id\":3}");
    assert_int_equal(n, 1);
    qmp_client_close(peer.c);
    assert_int_equal(n, 2);
    assert_int_equal(qmp_client_pending(peer.c), 0);
}

static void trace_lines(struct qmp_client *c UNUSED, char dir, const char *text,
                        size_t len, int nfds, bool valid, void *opaque UNUSED)
{
    peer.log_len += (size_t)snprintf(peer.log + peer.log_len,
                                     sizeof(peer.log) - peer.log_len,
                                     "%c%.*s%s%s\n", dir, (int)len, text,
                                     nfds ? " fd" : "", valid ? "" : " bad");
}

static void client_traces_every_message_as_it_passed(void **state UNUSED)
{
    struct qmp_client_options o = {.on = {.trace = trace_lines}};
    struct qmp_command getfd = {.execute = "getfd", .nfds = 1};
    int fd = 0;

    peer_open(&peer, &o);
    getfd.fds = &fd;
    qmp_client_submit(peer.c, &getfd, NULL, NULL);
    peer_say(&peer, PEER_GREETING_NO_OOB);
    assert_string_equal(peer.log,
                        "<{\"QMP\":{\"version\":{\"qemu\":{\"micro\":0,"
                        "\"minor\":11,\"major\":2},\"package\":\"\"},"
                        "\"capabilities\":[]}}\n"
                        ">{\"execute\":\"qmp_capabilities\",\"id\":2}\n");
    peer.log_len = 0;
    peer_say(&peer, "{\"return\": {}, \"id\": 2}\r\n{ \"return\":7,\"id\":99}\n"
                    "[1]\n");
    assert_string_equal(peer.log,
                        "<{\"return\": {}, \"id\": 2}\nready\n"
                        "<{ \"return\":7,\"id\":99}\n<[1]\n"
                        "closed qmp.protocol 'fd:test': message 4: a message "
                        "is an object, not array\n");
    peer_close(&peer);

    peer_ready(&peer, &o);
    qmp_client_submit(peer.c, &getfd, NULL, NULL);
    peer_hear(&peer);
    peer_say(&peer, "nonsense\n");
    assert_string_equal(peer.log,
                        ">{\"execute\":\"getfd\",\"id\":2} fd\n<nonsense bad\n"
                        "closed qmp.protocol 'fd:test': message 3: malformed "
                        "JSON at byte 0: a value wanted, 'n' found\n");
}

static void client_escapes_what_it_sends(void **state UNUSED)
{
    CLEANUP(json_putp) struct json_object *args = json_object_new_object();
    struct qmp_command cmd = {.execute = "a\"b\r\n", .arguments = args};

    json_object_object_add(args, "k/\n", json_object_new_string("\r\n\"\\"));
    peer_ready(&peer, NULL);
    qmp_client_submit(peer.c, &cmd, NULL, NULL);
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"a\\\"b\\r\\n\",\"arguments\":"
                        "{\"k/\\n\":\"\\r\\n\\\"\\\\\"},\"id\":2}");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(client_is_ready_after_greeting_and_negotiation),
        T(client_does_not_enable_oob_when_it_is_not_offered),
        T(client_sends_early_commands_right_behind_the_negotiation),
        T(client_flushes_without_reading),
        T(client_sends_pipelined_commands_in_order),
        T(client_drops_a_reply_that_comes_after_the_deadline),
        T(client_takes_a_reply_that_waits_at_the_deadline),
        T(client_does_not_send_what_was_cancelled),
        T(client_times_out_a_command_that_cannot_be_sent),
        T(client_ends_commands_when_it_is_closed),
        T(client_sends_out_of_band_first_and_leaves_it_a_place),
        T(client_matches_answers_without_id_in_order),
        T(client_does_not_limit_what_is_in_flight_without_oob),
        T(client_bounds_what_waits),
        T(client_sends_large_commands_in_parts),
        T(client_passes_descriptors_with_their_command),
        T(client_refuses_descriptors_it_cannot_pass),
        T(client_closes_descriptors_of_what_it_never_sent),
        T(client_may_be_freed_in_any_callback),
        T(client_sends_what_a_callback_submits),
        T(client_traces_every_message_as_it_passed),
        T(client_escapes_what_it_sends),
    };
    peer.fd = -1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
