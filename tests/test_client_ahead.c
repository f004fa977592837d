/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the client sends before it has to: commands before the greeting, and
 * the text of a command before it is submitted. */
#include "tests/lib/test.h"
#include "tests/lib/peer.h"

#include <string.h>

static struct peer peer;

#define EARLY                                                                  \
    &(struct qmp_client_options)                                               \
    {                                                                          \
        .early = true, .greeting_us = 5000000                                  \
    }

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

/* In order, without an id; its end is logged. The id for a cancel. */
static uint64_t submit(const char *execute)
{
    struct peer_call *call = calloc(1, sizeof(*call));
    struct qmp_command cmd = {
        .execute = execute,
        .in_order = true,
        .done = peer_done,
        .free = peer_call_free,
        .opaque = call,
    };
    uint64_t id = 0;

    call->p = &peer;
    call->name = execute;
    assert_int_equal(qmp_client_submit(peer.c, &cmd, &id, NULL), 0);
    return id;
}

static void expect(const char *execute)
{
    struct qmp_command cmd = {.execute = execute, .in_order = true};

    assert_int_equal(qmp_client_expect(peer.c, &cmd, NULL), 0);
}

/* What was sent and is no whole line. */
static void assert_begun(const char *text)
{
    assert_string_equal(peer_hear(&peer), "");
    assert_int_equal(peer.heard_len, strlen(text));
    assert_memory_equal(peer.heard, text, strlen(text));
}

static void commands_go_out_before_the_greeting(void **state UNUSED)
{
    peer_open(&peer, EARLY);
    submit("query-status");
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"qmp_capabilities\",\"arguments\":"
                        "{\"enable\":[\"oob\"]},\"id\":1}");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"query-status\"}");
    assert_int_equal(qmp_client_state(peer.c), QMP_GREETING);
    peer_say(&peer, PEER_GREETING);
    assert_int_equal(qmp_client_state(peer.c), QMP_NEGOTIATING);
    peer_say(&peer, "{\"return\": {}, \"id\": 1}\r\n{\"return\": {}}\r\n");
    assert_true(qmp_client_has_oob(peer.c));
    assert_string_equal(peer.log, "ready\nreply query-status {}\n");
    assert_string_equal(peer_hear(&peer), "");
}

/* QEMU refuses the negotiation, and then all that follows. */
static void all_is_sent_again_when_oob_is_not_offered(void **state UNUSED)
{
    peer_open(&peer, EARLY);
    submit("a");
    peer_submit(&peer, "b", 0);
    for (int i = 0; i < 3; i++)
        assert_string_not_equal(peer_hear(&peer), "");
    peer_say(&peer, PEER_GREETING_NO_OOB);
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"qmp_capabilities\",\"id\":4}");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"a\"}");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"b\",\"id\":3}");
    for (int i = 0; i < 3; i++)
        peer_say(&peer,
                 "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"\"}%s}"
                 "\r\n",
                 i == 0   ? ",\"id\":1"
                 : i == 2 ? ",\"id\":3"
                          : "");
    assert_string_equal(peer.log, "");
    peer_say(&peer, "{\"return\":{},\"id\":4}\r\n{\"return\":1}\r\n"
                    "{\"return\":2,\"id\":3}\r\n");
    assert_string_equal(peer.log, "ready\nreply a 1\nreply b 2\n");
    assert_false(qmp_client_has_oob(peer.c));
    assert_int_equal(qmp_client_pending(peer.c), 0);
}

static void nobody_greets_and_the_deadline_says_so(void **state UNUSED)
{
    peer_open(&peer, EARLY);
    submit("query-status");
    peer_hear(&peer);
    peer.now_us += 5000001;
    peer_hear(&peer);
    assert_string_equal(peer.log,
                        "error query-status qmp.no-greeting 'fd:test': no QMP "
                        "greeting within 5000 ms\nclosed qmp.no-greeting "
                        "'fd:test': no QMP greeting within 5000 ms\n");
}

static void end_follows_when_what_was_expected_comes(void **state UNUSED)
{
    peer_ready(&peer, NULL);
    expect("cont");
    assert_begun("{\"execute\":\"cont\"");
    expect("cont"); /* says nothing new */
    assert_begun("{\"execute\":\"cont\"");
    submit("cont");
    submit("query-status");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"cont\"}");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"query-status\"}");
    peer_say(&peer, "{\"return\":1}\r\n{\"return\":2}\r\n");
    assert_string_equal(peer.log, "reply cont 1\nreply query-status 2\n");
    assert_int_equal(qmp_client_pending(peer.c), 0);
}

static void it_is_withdrawn_when_something_else_comes(void **state UNUSED)
{
    CLEANUP(json_putp) struct json_object *args = json_object_new_object();
    struct qmp_command other = {
        .execute = "cont", .arguments = args, .in_order = true};

    peer_ready(&peer, NULL);
    expect("cont");
    assert_begun("{\"execute\":\"cont\"");
    submit("quit");
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"cont\",\"withdrawn\":true}");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"quit\"}");
    assert_int_equal(qmp_client_pending(peer.c), 1);
    peer_say(&peer,
             "{\"error\":{\"class\":\"GenericError\",\"desc\":\"QMP input "
             "member 'withdrawn' is unexpected\"}}\r\n{\"return\":1}"
             "\r\n");
    assert_string_equal(peer.log, "reply quit 1\n");

    /* Other arguments are another command. */
    expect("cont");
    assert_begun("{\"execute\":\"cont\"");
    assert_int_equal(qmp_client_submit(peer.c, &other, NULL, NULL), 0);
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"cont\",\"withdrawn\":true}");
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"cont\",\"arguments\":{}}");
}

static void another_expectation_withdraws_the_first(void **state UNUSED)
{
    peer_ready(&peer, NULL);
    expect("cont");
    assert_begun("{\"execute\":\"cont\"");
    expect("quit");
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"cont\",\"withdrawn\":true}");
    assert_begun("{\"execute\":\"quit\"");
    assert_int_equal(qmp_client_expect(peer.c, NULL, NULL), 0);
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"quit\",\"withdrawn\":true}");
    /* Nothing of it was sent: nothing is to be withdrawn. */
    expect("stop");
    assert_int_equal(qmp_client_expect(peer.c, NULL, NULL), 0);
    assert_begun("");
}

/* A hung destination: the source has to be freed at once. */
static void out_of_band_goes_right_behind_what_is_withdrawn(void **state UNUSED)
{
    struct qmp_command yank = {.execute = "yank", .oob = true};

    peer_ready(&peer, NULL);
    expect("migrate-continue");
    assert_begun("{\"execute\":\"migrate-continue\"");
    submit("query-migrate");
    assert_int_equal(qmp_client_submit(peer.c, &yank, NULL, NULL), 0);
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"migrate-continue\","
                                          "\"withdrawn\":true}");
    assert_string_equal(peer_hear(&peer), "{\"exec-oob\":\"yank\",\"id\":3}");
    assert_string_equal(peer_hear(&peer), "{\"execute\":\"query-migrate\"}");
}

/* It waits in a full socket, but for its end: it must not be carried out when
 * nobody wants it any more. */
static void end_does_not_follow_when_it_was_cancelled(void **state UNUSED)
{
    peer_ready(&peer, NULL);
    expect("cont");
    assert_begun("{\"execute\":\"cont\"");
    uint64_t id = submit("cont");
    assert_int_equal(qmp_client_cancel(peer.c, id), 0);
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"cont\",\"withdrawn\":true}");
    peer_say(&peer,
             "{\"error\":{\"class\":\"GenericError\",\"desc\":\"\"}}\r\n");
    assert_string_equal(peer.log,
                        "error cont qmp.cancelled 'cont' was cancelled\n");
}

static void
nothing_is_begun_that_leaves_no_place_for_a_yank(void **state UNUSED)
{
    peer_ready(&peer, NULL);
    for (int i = 0; i < 7; i++)
        submit("query-status");
    for (int i = 0; i < 7; i++)
        peer_hear(&peer);
    expect("quit");
    assert_begun("");
    peer_say(&peer, "{\"return\":{}}\r\n");
    assert_begun("{\"execute\":\"quit\"");
}

static void only_what_is_in_order_can_be_begun(void **state UNUSED)
{
    int fd = 0;
    const struct qmp_command rows[] = {
        {.execute = "a"},
        {.execute = "b", .in_order = true, .oob = true},
        {.execute = "c", .in_order = true, .fds = &fd, .nfds = 1},
    };

    peer_ready(&peer, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct qmp_error *err = NULL;

        assert_int_equal(qmp_client_expect(peer.c, &rows[i], &err), -1);
        assert_int_equal(err->code, QMP_ERR_INVALID_ARG);
        qmp_error_free(err);
    }
    assert_begun("");
}

static void on_trace(struct qmp_client *c UNUSED, char dir, const char *text,
                     size_t len, int nfds UNUSED, bool valid UNUSED,
                     void *opaque)
{
    struct peer *p = opaque;

    if (dir == QMP_SENT && !memmem(text, len, "capabilities", 12))
        p->log_len +=
            (size_t)snprintf(p->log + p->log_len, sizeof(p->log) - p->log_len,
                             "%.*s\n", (int)len, text);
}

static void trace_has_what_was_said_in_the_end(void **state UNUSED)
{
    struct qmp_client_options o = {.on = {.trace = on_trace, .opaque = &peer}};

    peer_ready(&peer, &o);
    expect("cont");
    assert_begun("{\"execute\":\"cont\"");
    assert_string_equal(peer.log, "");
    submit("quit");
    peer_hear(&peer);
    assert_string_equal(peer.log, "{\"execute\":\"cont\",\"withdrawn\":true}\n"
                                  "{\"execute\":\"quit\"}\n");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(commands_go_out_before_the_greeting),
        T(all_is_sent_again_when_oob_is_not_offered),
        T(nobody_greets_and_the_deadline_says_so),
        T(end_follows_when_what_was_expected_comes),
        T(it_is_withdrawn_when_something_else_comes),
        T(another_expectation_withdraws_the_first),
        T(out_of_band_goes_right_behind_what_is_withdrawn),
        T(end_does_not_follow_when_it_was_cancelled),
        T(nothing_is_begun_that_leaves_no_place_for_a_yank),
        T(only_what_is_in_order_can_be_begun),
        T(trace_has_what_was_said_in_the_end),
    };
    peer.fd = -1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
