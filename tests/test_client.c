/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "tests/lib/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static struct peer peer;

#define LIMITED                                                                \
    &(struct qmp_client_options)                                               \
    {                                                                          \
        .max_message = 1000, .greeting_us = 5000000                            \
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

static void client_holds_commands_back_until_it_is_ready(void **state UNUSED)
{
    peer_open(&peer, NULL);
    peer_submit(&peer, "query-status", 0);
    assert_string_equal(peer_hear(&peer), "");
    peer_say(&peer, PEER_GREETING);
    assert_non_null(strstr(peer_hear(&peer), "qmp_capabilities"));
    assert_string_equal(peer_hear(&peer), "");
    peer_say(&peer, "{\"return\":{},\"id\":2}\r\n");
    assert_string_equal(peer_hear(&peer),
                        "{\"execute\":\"query-status\",\"id\":1}");
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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(client_is_ready_after_greeting_and_negotiation),
        T(client_does_not_enable_oob_when_it_is_not_offered),
        T(client_holds_commands_back_until_it_is_ready),
        T(client_sends_pipelined_commands_in_order),
    };
    peer.fd = -1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
