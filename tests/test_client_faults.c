/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whatever a peer says or leaves unsaid: the client ends well, and says why. */
#include "tests/lib/test.h"
#include "tests/lib/peer.h"

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

/* The fault matrix. What is said to a client that waits for the greeting, for
 * the answer to qmp_capabilities, or for the reply to query-status (id 2). */
enum phase { GREETING, NEGOTIATING, READY };

#define EV "{\"event\":\"STOP\",\"data\":{\"n\":1}}\r\n"

static const struct fault {
    const char *name;
    enum phase phase;
    const char *say; /* NULL: silence until the deadline */
    bool hang_up;
    enum qmp_client_state state; /* then */
    const char *log;
} faults[] = {
    /* before the greeting */
    {"silence", GREETING, NULL, false, QMP_CLOSED,
     "closed qmp.no-greeting 'fd:test': no QMP greeting within 5000 ms\n"},
    {"close", GREETING, "", true, QMP_CLOSED,
     "closed qmp.closed 'fd:test': connection lost before the greeting\n"},
    {"half a greeting", GREETING, "{\"QMP\":", true, QMP_CLOSED,
     "closed qmp.closed 'fd:test': connection lost in the middle of a message "
     "(7 bytes) before the greeting\n"},
    {"another protocol", GREETING, "SSH-2.0-OpenSSH\r\n", false, QMP_CLOSED,
     "closed qmp.not-qmp 'fd:test': not a QMP server, it says "
     "'SSH-2.0-OpenSSH'\n"},
    {"terminal escapes", GREETING, "\033[2Jgotcha\n", false, QMP_CLOSED,
     "closed qmp.not-qmp 'fd:test': not a QMP server, it says "
     "'\\x1b[2Jgotcha'\n"},
    {"endless bytes", GREETING, "@2000", false, QMP_CLOSED,
     "closed qmp.too-large 'fd:test': a message of more than 1000 bytes\n"},
    {"an event first", GREETING, EV, false, QMP_CLOSED,
     "closed qmp.not-qmp 'fd:test': a greeting was wanted first\n"},
    {"a reply first", GREETING, "{\"return\":{},\"id\":1}\n", false, QMP_CLOSED,
     "closed qmp.not-qmp 'fd:test': a greeting was wanted first\n"},
    {"bad greeting", GREETING, "{\"QMP\":{}}\n", false, QMP_CLOSED,
     "closed qmp.not-qmp 'fd:test': not a QMP server, it says "
     "'{\"QMP\":{}}'\n"},
    {"guest agent", GREETING, "{\"error\":{\"class\":\"a\",\"desc\":\"b\"}}\n",
     false, QMP_CLOSED,
     "closed qmp.not-qmp 'fd:test': a greeting was wanted first\n"},
    /* after qmp_capabilities was sent, as id 1 */
    {"silence", NEGOTIATING, NULL, false, QMP_CLOSED,
     "closed qmp.no-greeting 'fd:test': no answer to qmp_capabilities within "
     "5000 ms\n"},
    {"refusal", NEGOTIATING,
     "{\"id\":1,\"error\":{\"class\":\"GenericError\",\"desc\":\"no oob\"}}\n",
     false, QMP_CLOSED,
     "closed qmp.refused 'fd:test': QEMU refused 'qmp_capabilities': "
     "no oob\n"},
    {"close", NEGOTIATING, "", true, QMP_CLOSED,
     "closed qmp.closed 'fd:test': connection lost\n"},
    {"event before the answer", NEGOTIATING, EV "{\"return\":{},\"id\":1}\r\n",
     false, QMP_READY, "event STOP {\"n\":1}\nready\n"},
    /* while query-status (id 2) is under way */
    {"silence", READY, NULL, false, QMP_READY,
     "error query-status qmp.timeout 'query-status' was not answered in "
     "time\n"},
    {"close", READY, "", true, QMP_CLOSED,
     "error query-status qmp.closed 'fd:test': connection lost\n"
     "closed qmp.closed 'fd:test': connection lost\n"},
    {"close mid-line", READY, "{\"return\":{}", true, QMP_CLOSED,
     "error query-status qmp.closed 'fd:test': connection lost in the middle "
     "of a message (12 bytes)\nclosed qmp.closed 'fd:test': connection lost in "
     "the middle of a message (12 bytes)\n"},
    {"reply, then close", READY, "{\"return\":{},\"id\":2}\n", true, QMP_CLOSED,
     "reply query-status {}\nclosed qmp.closed 'fd:test': connection lost\n"},
    {"garbage", READY, "}\n", false, QMP_CLOSED,
     "error query-status qmp.protocol 'fd:test': message 3: malformed JSON at "
     "byte 0: a value wanted, '}' found\nclosed qmp.protocol 'fd:test': "
     "message "
     "3: malformed JSON at byte 0: a value wanted, '}' found\n"},
    {"duplicate key", READY, "{\"return\":{},\"id\":2,\"id\":3}\n", false,
     QMP_CLOSED,
     "error query-status qmp.protocol 'fd:test': message 3: malformed JSON at "
     "byte 20: key 'id' appears twice in one object\nclosed qmp.protocol "
     "'fd:test': message 3: malformed JSON at byte 20: key 'id' appears twice "
     "in one object\n"},
    {"two replies on a line", READY,
     "{\"return\":{},\"id\":2}{\"return\":{},\"id\":3}\n", false, QMP_CLOSED,
     "error query-status qmp.protocol 'fd:test': message 3: malformed JSON at "
     "byte 20: the end of the message wanted, '{' found\nclosed qmp.protocol "
     "'fd:test': message 3: malformed JSON at byte 20: the end of the message "
     "wanted, '{' found\n"},
    {"too large", READY, "@2000", false, QMP_CLOSED,
     "error query-status qmp.too-large 'fd:test': a message of more than 1000 "
     "bytes\nclosed qmp.too-large 'fd:test': a message of more than 1000 "
     "bytes\n"},
    {"no id", READY, "{\"return\":{}}\n", false, QMP_CLOSED,
     "error query-status qmp.protocol 'fd:test': a reply without id\n"
     "closed qmp.protocol 'fd:test': a reply without id\n"},
    {"error without id", READY,
     "{\"error\":{\"class\":\"GenericError\",\"desc\":\"JSON parse error\"}}\n",
     false, QMP_CLOSED,
     "error query-status qmp.protocol 'fd:test': a reply without id: JSON "
     "parse error\nclosed qmp.protocol 'fd:test': a reply without id: JSON "
     "parse error\n"},
    {"not a message", READY, "{\"id\":2}\n", false, QMP_CLOSED,
     "error query-status qmp.protocol 'fd:test': message 3: a message without "
     "'return', 'error', 'event' or 'QMP'\nclosed qmp.protocol 'fd:test': "
     "message 3: a message without 'return', 'error', 'event' or 'QMP'\n"},
    {"a second greeting", READY, PEER_GREETING, false, QMP_CLOSED,
     "error query-status qmp.protocol 'fd:test': message 3: a second greeting\n"
     "closed qmp.protocol 'fd:test': message 3: a second greeting\n"},
    {"wrong type", READY, "{\"return\":{},\"id\":2}\n{\"event\":1}\n", false,
     QMP_CLOSED,
     "reply query-status {}\nclosed qmp.protocol 'fd:test': message 4: member "
     "'event' is not a string but 1\n"},
    {"unknown id", READY,
     "{\"return\":1,\"id\":77}\n{\"return\":1,\"id\":\"2\"}\n"
     "{\"return\":1,\"id\":2.0}\n{\"return\":1,\"id\":-2}\n"
     "{\"return\":1,\"id\":null}\n",
     false, QMP_CLOSED,
     "error query-status qmp.protocol 'fd:test': a reply without id\n"
     "closed qmp.protocol 'fd:test': a reply without id\n"},
    {"unknown ids are dropped", READY,
     "{\"return\":1,\"id\":77}\n{\"return\":1,\"id\":\"2\"}\n"
     "{\"return\":1,\"id\":[2]}\n{\"return\":3,\"id\":2}\n",
     false, QMP_READY, "reply query-status 3\n"},
    {"reply twice", READY, "{\"return\":1,\"id\":2}\n{\"return\":2,\"id\":2}\n",
     false, QMP_READY, "reply query-status 1\n"},
    {"events around the reply", READY,
     EV "{\"event\":\"A\"}\n{\"return\":1,\"id\":2}\n{\"event\":\"B\"}\n",
     false, QMP_READY,
     "event STOP {\"n\":1}\nevent A {}\nreply query-status 1\nevent B {}\n"},
    {"unknown members", READY,
     "{\"x\":{\"y\":[]},\"return\":1,\"id\":2,\"z\":null}\n", false, QMP_READY,
     "reply query-status 1\n"},
    {"lf only, blank lines", READY, "\n\r\n \n{\"return\":1,\"id\":2}\n\n",
     false, QMP_READY, "reply query-status 1\n"},
};

static void enter_phase(enum phase phase)
{
    if (phase == READY) {
        peer_ready(&peer, LIMITED);
        peer_submit(&peer, "query-status", peer.now_us + 5000000);
        assert_string_equal(peer_hear(&peer),
                            "{\"execute\":\"query-status\",\"id\":2}");
        return;
    }
    peer_open(&peer, LIMITED);
    if (phase == NEGOTIATING) {
        peer_say(&peer, PEER_GREETING);
        assert_non_null(strstr(peer_hear(&peer), "qmp_capabilities"));
    }
}

static void inject(const struct fault *f, size_t chunk)
{
    static char many[2000];

    memset(many, '@', sizeof(many));
    enter_phase(f->phase);
    if (f->say && *f->say == '@')
        peer_say_bytes(&peer, many, sizeof(many), chunk);
    else if (f->say)
        peer_say_bytes(&peer, f->say, strlen(f->say), chunk);
    if (f->hang_up)
        peer_hang_up(&peer);
    if (!f->say) {
        int64_t at = qmp_client_deadline(peer.c);

        assert_int_equal(at, 1000000 + 5000000);
        qmp_client_dispatch(peer.c, at - 1);
        assert_string_equal(peer.log, "");
        qmp_client_dispatch(peer.c, at);
    }
}

static void client_ends_well_whatever_the_peer_does(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
        for (size_t chunk = 1; chunk < 10000; chunk = chunk * 7 + 1) {
            inject(&faults[i], chunk);
            if (strcmp(peer.log, faults[i].log) ||
                qmp_client_state(peer.c) != faults[i].state)
                fail_msg("%s (%d), chunk %zu, state %d:\n%s---- wanted\n%s",
                         faults[i].name, faults[i].phase, chunk,
                         qmp_client_state(peer.c), peer.log, faults[i].log);
            assert_int_equal(qmp_client_pending(peer.c), 0);
            if (faults[i].state == QMP_CLOSED) {
                struct pollfd fds[QMP_CLIENT_POLLFDS];

                assert_int_equal(qmp_client_pollfds(peer.c, fds), 0);
                assert_int_equal(qmp_client_deadline(peer.c), -1);
                assert_non_null(qmp_client_error(peer.c));
            }
            peer_close(&peer);
        }
    }
}

static void client_hints_who_is_at_the_other_end(void **state UNUSED)
{
    static const struct {
        const char *say;
        const char *hint;
    } hints[] = {
        {"QEMU 7.2.22 monitor - type 'help' for more information\r\n",
         "this is a human monitor (-monitor, mode=readline); give QEMU a -qmp "
         "as well"},
        {"{\n", "a monitor with pretty=on is not supported"},
        {NULL, "a monitor serves one client at a time: is another one "
               "connected? End it, or give QEMU one more -qmp"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
        peer_open(&peer, LIMITED);
        if (hints[i].say)
            peer_say(&peer, "%s", hints[i].say);
        else
            qmp_client_dispatch(peer.c, qmp_client_deadline(peer.c));
        assert_string_equal(qmp_client_error(peer.c)->hint, hints[i].hint);
        peer_close(&peer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(client_ends_well_whatever_the_peer_does,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(client_hints_who_is_at_the_other_end,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
