/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A replay and the client of this library, each stepped by the test. */
#include "tests/lib/test.h"
#include "tests/lib/peer.h"
#include "qmp/jsondiff.h"
#include "qmp/replay.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define HEADER "{\"transcript\":1,\"program\":\"p\",\"peers\":{}}\n"
#define MSG(t, peer, dir, msg)                                                 \
    "{\"t\":" #t ",\"peer\":\"" peer "\",\"dir\":\"" dir "\",\"msg\":" msg "}" \
    "\n"
#define IN(t, msg)  MSG(t, "source", "<", msg)
#define OUT(t, msg) MSG(t, "source", ">", msg)
#define GREET(t, peer)                                                         \
    MSG(t, peer, "<", "{\"QMP\":{\"version\":{},\"capabilities\":[]}}")        \
    MSG(t, peer, ">", "{\"execute\":\"qmp_capabilities\",\"id\":1}")           \
    MSG(t, peer, "<", "{\"return\":{},\"id\":1}")
/* Its greeting takes the lines 2 to 4. */
#define OPENED HEADER GREET(0, "source")

struct side {
    struct qmp_client *c;
    const char *name;
};

static char path[64];
static struct qmp_replay *replay;
static struct side sides[2];
static char log_text[8192];
static int64_t now_us;

static void note(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void note(const char *fmt, ...)
{
    size_t len = strlen(log_text);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(log_text + len, sizeof(log_text) - len, fmt, ap);
    va_end(ap);
}

static int setup(void **state)
{
    *state = (void *)(intptr_t)count_fds();
    strcpy(path, "/tmp/test_replay.XXXXXX");
    int fd = mkstemp(path);
    log_text[0] = 0;
    now_us = 1000000;
    return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
    qmp_client_free(sides[0].c);
    qmp_client_free(sides[1].c);
    sides[0].c = sides[1].c = NULL;
    qmp_replay_free(replay);
    replay = NULL;
    unlink(path);
    assert_int_equal(count_fds(), (int)(intptr_t)*state);
    return 0;
}

static struct qmp_error *load(const char *text,
                              const struct qmp_replay_options *o)
{
    struct qmp_error *err = NULL;
    FILE *f = fopen(path, "w");

    fputs(text, f);
    fclose(f);
    replay = qmp_replay_load(path, o, &err);
    assert_true(!replay != !err);
    return err;
}

static void on_event(struct qmp_client *c UNUSED, const char *name,
                     struct json_object *data UNUSED, int64_t us UNUSED,
                     void *opaque)
{
    note("%s event %s\n", ((struct side *)opaque)->name, name);
}

static void on_closed(struct qmp_client *c UNUSED, const struct qmp_error *why,
                      void *opaque)
{
    if (why)
        note("%s closed %s\n", ((struct side *)opaque)->name,
             qmp_errcode_name(why->code));
}

static void connect_side(int i, const char *name)
{
    struct qmp_addr addr = {.kind = QMP_ADDR_FD, .text = (char *)"fd:test"};
    struct qmp_client_options o = {
        .on = {.event = on_event, .closed = on_closed, .opaque = &sides[i]}};
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                     0);
    addr.fd = pair[1];
    sides[i].name = name;
    sides[i].c = qmp_client_new(&addr, &o, 0, NULL);
    assert_non_null(sides[i].c);
    assert_int_equal(qmp_replay_attach(replay, name, pair[0], NULL), 0);
}

/* Let everything that can happen at this instant happen. */
static void settle(void)
{
    for (int i = 0; i < 20; i++) {
        qmp_replay_dispatch(replay, now_us);
        for (int s = 0; s < 2; s++)
            if (sides[s].c)
                qmp_client_dispatch(sides[s].c, now_us);
    }
}

static void on_reply(struct qmp_client *c UNUSED, struct json_object *ret,
                     const struct qmp_error *err, void *opaque)
{
    if (ret)
        note("%s = %s\n", (char *)opaque,
             json_object_to_json_string_ext(ret, JSON_C_TO_STRING_PLAIN));
    else
        note("%s ! %s\n", (char *)opaque, err->msg);
}

static void send_to(int i, const char *execute, const char *arguments)
{
    CLEANUP(json_putp)
    struct json_object *args = arguments ? json_tokener_parse(arguments) : NULL;
    struct qmp_command cmd = {.execute = execute,
                              .arguments = args,
                              .done = on_reply,
                              .opaque = (void *)(uintptr_t)execute};

    assert_int_equal(qmp_client_submit(sides[i].c, &cmd, NULL, NULL), 0);
}

static void start(const char *text, const struct qmp_replay_options *o)
{
    struct qmp_error *err = load(text, o);

    if (err)
        fail_msg("%s", err->msg);
    for (int i = 0; i < 2 && qmp_replay_peer(replay, (size_t)i); i++)
        connect_side(i, i ? "destination" : "source");
    settle();
}

static void assert_failed(const char *wanted)
{
    assert_int_equal(qmp_replay_state(replay), QMP_REPLAY_FAILED);
    assert_string_equal(qmp_replay_error(replay)->msg, wanted);
    assert_int_equal(qmp_replay_error(replay)->code, QMP_ERR_TRANSCRIPT);
}

static void replay_answers_as_recorded(void **state UNUSED)
{
    start(OPENED OUT(1, "{\"execute\":\"a\",\"arguments\":{\"x\":1,\"y\":[2]},"
                        "\"id\":7}") IN(2, "{\"event\":\"BEFORE\"}")
              IN(3, "{\"return\":{\"r\":1},\"id\":7}")
                  IN(4, "{\"event\":\"AFTER\"}")
                      OUT(5, "{\"execute\":\"b\",\"id\":9}")
                          IN(6, "{\"error\":{\"class\":\"GenericError\","
                                "\"desc\":\"no\"},\"id\":9}"),
          NULL);
    assert_string_equal(log_text, "");
    send_to(0, "a", "{\"y\":[2],\"x\":1.0}");
    settle();
    assert_string_equal(log_text, "source event BEFORE\na = {\"r\":1}\n"
                                  "source event AFTER\n");
    send_to(0, "b", NULL);
    settle();
    assert_non_null(strstr(log_text, "b ! QEMU refused 'b': no\n"));
    assert_int_equal(qmp_replay_state(replay), QMP_REPLAY_RUNNING);
    qmp_client_close(sides[0].c);
    settle();
    assert_int_equal(qmp_replay_state(replay), QMP_REPLAY_DONE);
}

static void replay_keeps_the_order_of_both_peers(void **state UNUSED)
{
    start(HEADER GREET(0, "source") GREET(0, "destination")
              MSG(1, "destination", ">", "{\"execute\":\"d\",\"id\":2}")
                  MSG(2, "destination", "<", "{\"return\":{},\"id\":2}")
                      OUT(3, "{\"execute\":\"s\",\"id\":2}")
                          MSG(4, "destination", "<", "{\"event\":\"D\"}")
                              IN(5, "{\"return\":{},\"id\":2}")
                                  IN(6, "{\"event\":\"S\"}"),
          NULL);
    /* what the source says waits for both commands, in whatever order */
    send_to(0, "s", NULL);
    settle();
    assert_string_equal(log_text, "");
    send_to(1, "d", NULL);
    settle();
    const char *d = strstr(log_text, "destination event D\n");
    assert_non_null(d);
    assert_non_null(strstr(log_text, "d = {}\n"));
    assert_non_null(strstr(log_text, "s = {}\nsource event S\n"));
    qmp_client_close(sides[0].c);
    qmp_client_close(sides[1].c);
    settle();
    assert_int_equal(qmp_replay_state(replay), QMP_REPLAY_DONE);
}

static void replay_says_how_a_command_differs(void **state UNUSED)
{
    static const struct {
        const char *execute;
        const char *arguments;
        const char *wanted;
    } rows[] = {
        {"b", NULL, "line 5, source: 'a' was recorded, 'b' came"},
        {"a", "{\"x\":2,\"l\":[1,2],\"o\":{\"k\":null}}",
         "line 5, source: 'a' has other arguments: x is 1 in the recording, 2 "
         "now"},
        {"a", "{\"l\":[1,3],\"o\":{\"k\":null},\"z\":\"new\"}",
         "line 5, source: 'a' has other arguments: x is 1 in the recording, "
         "missing now; l[1] is 2 in the recording, 3 now; z is missing in the "
         "recording, \"new\" now"},
        {"a", "{\"x\":1,\"l\":[1],\"o\":{}}",
         "line 5, source: 'a' has other arguments: l[1] is 2 in the recording, "
         "missing now; o.k is null in the recording, missing now"},
        {"a", NULL,
         "line 5, source: 'a' has other arguments: x is 1 in the recording, "
         "missing now; l is [1,2] in the recording, missing now; o is "
         "{\"k\":null} in the recording, missing now"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        start(OPENED OUT(1, "{\"execute\":\"a\",\"arguments\":{\"x\":1,\"l\":"
                            "[1,2],\"o\":{\"k\":null}},\"id\":7}")
                  IN(2, "{\"return\":{},\"id\":7}"),
              NULL);
        send_to(0, rows[i].execute, rows[i].arguments);
        settle();
        assert_failed(rows[i].wanted);
        assert_non_null(strstr(log_text, "source closed qmp.closed\n"));
        qmp_client_free(sides[0].c);
        sides[0].c = NULL;
        qmp_replay_free(replay);
        replay = NULL;
    }
}

static void
replay_leaves_ids_secrets_and_named_values_aside(void **state UNUSED)
{
    static const char *const ignore[] = {"a.port", "a.list"};

    start(OPENED OUT(1, "{\"execute\":\"a\",\"arguments\":{\"port\":1,\"data\":"
                        "\"***\",\"list\":[1,2]},\"id\":\"libvirt-7\"}")
              IN(2, "{\"return\":{},\"id\":\"libvirt-7\"}"),
          &(struct qmp_replay_options){.ignore = ignore, .n_ignore = 2});
    send_to(0, "a", "{\"port\":2,\"data\":\"hush\",\"list\":[7]}");
    settle();
    assert_string_equal(log_text, "a = {}\n");
}

static void on_differs(const char *text, void *opaque UNUSED)
{
    note("differs: %s\n", text);
}

static void replay_goes_on_when_it_is_lenient(void **state UNUSED)
{
    start(OPENED OUT(1, "{\"execute\":\"a\",\"id\":7}")
              IN(2, "{\"return\":{},\"id\":7}")
                  OUT(3, "{\"execute\":\"b\",\"id\":8}")
                      IN(4, "{\"return\":8,\"id\":8}"),
          &(struct qmp_replay_options){.lenient = true, .differs = on_differs});
    send_to(0, "other", NULL);
    settle();
    assert_string_equal(log_text,
                        "differs: line 5, source: 'a' was recorded, 'other' "
                        "came\nother ! QEMU refused 'other': this was not "
                        "recorded\n");
    log_text[0] = 0;
    send_to(0, "b", NULL); /* leaves out a */
    settle();
    assert_string_equal(log_text, "differs: line 5, source: 'a' was recorded, "
                                  "'b' came\nb = 8\n");
    qmp_client_close(sides[0].c);
    settle();
    assert_int_equal(qmp_replay_state(replay), QMP_REPLAY_DONE);
}

#define POLL(t, id, n)                                                         \
    OUT(t, "{\"execute\":\"query-migrate\",\"id\":" #id "}")                   \
    IN(t, "{\"return\":" #n ",\"id\":" #id "}")

static const char polled[] = OPENED OUT(1, "{\"execute\":\"migrate\",\"id\":2}")
    IN(2, "{\"return\":{},\"id\":2}") POLL(3, 3, 1) POLL(4, 4, 2)
        IN(5, "{\"event\":\"PASS\"}") POLL(6, 5, 3)
            OUT(7, "{\"execute\":\"go\",\"id\":6}")
                IN(8, "{\"return\":{},\"id\":6}") POLL(9, 7, 4);

static void
replay_answers_polls_by_the_place_of_the_dialogue(void **state UNUSED)
{
    start(polled, NULL);
    /* pipelined, as it was recorded */
    send_to(0, "migrate", NULL);
    send_to(0, "query-migrate", NULL);
    settle();
    assert_string_equal(log_text, "migrate = {}\nquery-migrate = 1\n"
                                  "source event PASS\n");
    log_text[0] = 0;
    for (int i = 0; i < 3; i++) {
        send_to(0, "query-migrate", NULL);
        settle();
    }
    assert_string_equal(log_text, "query-migrate = 3\nquery-migrate = 3\n"
                                  "query-migrate = 3\n");
    log_text[0] = 0;
    send_to(0, "go", NULL);
    send_to(0, "query-migrate", NULL);
    settle();
    send_to(0, "query-migrate", NULL);
    settle();
    assert_string_equal(log_text, "go = {}\nquery-migrate = 4\n"
                                  "query-migrate = 4\n");
}

#define POLLED(t, id, status)                                                  \
    OUT(t, "{\"execute\":\"query-migrate\",\"id\":" #id "}")                   \
    IN(t, "{\"return\":{\"status\":\"" status "\"},\"id\":" #id "}")

/* An answer that is taken from elsewhere does not take back what events told,
 * nor tells what comes later. */
static void replay_answers_polls_with_the_status_of_events(void **state UNUSED)
{
    start(OPENED OUT(1, "{\"execute\":\"migrate\",\"id\":2}")
              IN(2, "{\"return\":{},\"id\":2}") POLLED(3, 3, "active")
                  IN(5, "{\"event\":\"MIGRATION\",\"data\":{\"status\":"
                        "\"pre-switchover\"}}")
                      OUT(7, "{\"execute\":\"go\",\"id\":6}")
                          IN(8, "{\"return\":{},\"id\":6}")
                              POLLED(9, 7, "completed"),
          NULL);
    send_to(0, "migrate", NULL);
    settle();
    log_text[0] = 0;
    send_to(0, "query-migrate", NULL);
    settle();
    assert_string_equal(log_text,
                        "query-migrate = {\"status\":\"pre-switchover\"}\n");
    log_text[0] = 0;
    send_to(0, "go", NULL);
    send_to(0, "query-migrate", NULL);
    settle();
    assert_string_equal(
        log_text, "go = {}\nquery-migrate = {\"status\":\"completed\"}\n");
}

static void settle_source_only(void)
{
    for (int i = 0; i < 20; i++) {
        qmp_replay_dispatch(replay, now_us);
        qmp_client_dispatch(sides[0].c, now_us);
    }
}

/* A client that looks at one side only, hears of that all the same. */
static void replay_does_not_wait_for_ever_for_a_reader(void **state UNUSED)
{
    static const char text[] = HEADER GREET(0, "source") GREET(0, "destination")
        OUT(5, "{\"execute\":\"a\",\"id\":7}")
            MSG(10, "destination", "<", "{\"event\":\"A\"}")
                IN(20, "{\"return\":{},\"id\":7}");

    start(text, NULL);
    send_to(0, "a", NULL);
    settle_source_only();
    assert_string_equal(log_text, "");
    now_us += 99999;
    settle_source_only();
    assert_string_equal(log_text, "");
    now_us += 1;
    settle_source_only();
    assert_string_equal(log_text, "a = {}\n");
    settle();
    assert_string_equal(log_text, "a = {}\ndestination event A\n");
}

static void replay_does_not_need_the_polls(void **state UNUSED)
{
    start(polled, NULL);
    send_to(0, "migrate", NULL);
    send_to(0, "go", NULL);
    settle();
    assert_string_equal(log_text, "migrate = {}\nsource event PASS\n"
                                  "go = {}\n");
    qmp_client_close(sides[0].c);
    settle();
    assert_int_equal(qmp_replay_state(replay), QMP_REPLAY_DONE);
}

static void replay_takes_the_recorded_time(void **state UNUSED)
{
    start(OPENED IN(2000, "{\"event\":\"A\"}") IN(3000, "{\"event\":\"B\"}"),
          &(struct qmp_replay_options){.speed = 2});
    assert_string_equal(log_text, "");
    assert_int_equal(qmp_replay_deadline(replay), 1000000 + 1000);
    now_us += 999;
    settle();
    assert_string_equal(log_text, "");
    now_us += 1;
    settle();
    assert_string_equal(log_text, "source event A\n");
    now_us += 500;
    settle();
    assert_string_equal(log_text, "source event A\nsource event B\n");
}

static void replay_notices_a_stall_and_an_early_end(void **state UNUSED)
{
    static const char text[] = OPENED OUT(1, "{\"execute\":\"a\",\"id\":7}");

    start(text, &(struct qmp_replay_options){.stall_us = 5000});
    assert_int_equal(qmp_replay_deadline(replay), 1005000);
    now_us += 5000;
    settle();
    assert_failed("line 5, source: 'a' was recorded, nothing came for 5 ms");
    qmp_client_free(sides[0].c);
    sides[0].c = NULL;
    qmp_replay_free(replay);

    start(text, NULL);
    qmp_client_close(sides[0].c);
    settle();
    assert_failed("line 5, source: 'a' was recorded, the connection was "
                  "closed");
}

static void replay_hangs_up_where_the_monitor_was_lost(void **state UNUSED)
{
    start(OPENED OUT(1, "{\"execute\":\"quit\",\"id\":7}")
              IN(2, "{\"return\":{},\"id\":7}") "{\"t\":3,\"peer\":\"source\","
                                                "\"closed\":\"lost\"}\n",
          NULL);
    send_to(0, "quit", NULL);
    settle();
    assert_string_equal(log_text, "quit = {}\nsource closed qmp.closed\n");
    assert_int_equal(qmp_replay_state(replay), QMP_REPLAY_DONE);
}

/* What the client wished to say to a dead monitor did not get into the
 * recording. */
static void replay_is_deaf_where_the_monitor_is_about_to_go(void **state UNUSED)
{
    start(
        HEADER GREET(0, "source") GREET(0, "destination") OUT(
            1, "{\"execute\":\"a\",\"id\":7}") IN(2, "{\"return\":{},\"id\":7}")
            MSG(3, "destination", ">",
                "{\"execute\":\"b\",\"id\":2}") "{\"t\":3,\"peer\":\"source\","
                                                "\"closed\":\"lost\"}\n",
        NULL);
    send_to(0, "a", NULL);
    settle();
    send_to(0, "c", NULL);
    settle();
    assert_null(qmp_replay_error(replay));
    send_to(1, "b", NULL);
    settle();
    assert_string_equal(log_text, "a = {}\nc ! 'fd:test': connection lost\n"
                                  "source closed qmp.closed\n");
    assert_null(qmp_replay_error(replay));
}

/* A client that has not noticed yet may say what it had not said then. */
static void replay_is_deaf_when_the_monitor_was_lost(void **state UNUSED)
{
    start(OPENED OUT(1, "{\"execute\":\"a\",\"id\":7}")
              IN(2, "{\"return\":{},\"id\":7}") "{\"t\":3,\"peer\":\"source\","
                                                "\"closed\":\"lost\"}\n",
          NULL);
    send_to(0, "a", NULL);
    qmp_client_flush(sides[0].c);
    for (int i = 0; i < 5; i++)
        qmp_replay_dispatch(replay, now_us);
    send_to(0, "quit", NULL);
    qmp_client_flush(sides[0].c);
    settle();
    assert_null(qmp_replay_error(replay));
    assert_int_equal(qmp_replay_state(replay), QMP_REPLAY_DONE);
    assert_non_null(strstr(log_text, "a = {}\n"));
    assert_non_null(strstr(log_text, "source closed qmp.closed\n"));
}

static void replay_serves_a_second_connection(void **state UNUSED)
{
    start(OPENED
          "{\"t\":1,\"peer\":\"source\",\"closed\":null}\n" GREET(2, "source")
              OUT(3, "{\"execute\":\"a\",\"id\":2}")
                  IN(4, "{\"return\":{},\"id\":2}"),
          NULL);
    assert_int_equal(qmp_client_state(sides[0].c), QMP_READY);
    qmp_client_free(sides[0].c);
    sides[0].c = NULL;
    settle();
    assert_int_equal(qmp_replay_state(replay), QMP_REPLAY_RUNNING);
    connect_side(0, "source");
    settle();
    assert_int_equal(qmp_client_state(sides[0].c), QMP_READY);
    send_to(0, "a", NULL);
    settle();
    assert_string_equal(log_text, "a = {}\n");
}

static void replay_says_raw_bytes_again(void **state UNUSED)
{
    start(OPENED "{\"t\":1,\"peer\":\"source\",\"dir\":\"<\",\"raw\":"
                 "\"b\\u00ffd\\u0080\"}\n",
          NULL);
    assert_string_equal(log_text, "source closed qmp.protocol\n");
    assert_string_equal(qmp_client_error(sides[0].c)->msg,
                        "'fd:test': message 3: malformed JSON at byte 0: a "
                        "value wanted, 'b' found");
}

static void on_user(const char *action, struct json_object *arguments,
                    void *opaque UNUSED)
{
    note("user %s %s\n", action, json_object_to_json_string(arguments));
}

/* Not before the client has taken what it had heard then, nor before it sent
 * what it had sent. */
static void replay_tells_when_the_user_acts(void **state UNUSED)
{
    static const char text[] = OPENED IN(
        10,
        "{\"event\":\"A\"}") "{\"t\":15,\"note\":\"user\",\"action\":\"set\","
                             "\"arguments\":{\"bandwidth\":5}}\n" OUT(
                                 20, "{\"execute\":\"c\",\"id\":7}")
                                 IN(30, "{\"return\":{},\"id\":7}") IN(
                                     40,
                                     "{\"event\":\"B\"}") "{\"t\":50,\"note\":"
                                                          "\"user\",\"action\":"
                                                          "\"cancel\"}\n";
    const struct qmp_replay_options o = {.user = on_user};

    start(text, &o);
    assert_string_equal(log_text, "source event A\n"
                                  "user set { \"bandwidth\": 5 }\n");
    send_to(0, "c", NULL);
    settle();
    assert_string_equal(log_text, "source event A\n"
                                  "user set { \"bandwidth\": 5 }\n"
                                  "c = {}\n"
                                  "source event B\n"
                                  "user cancel null\n");
}

static void replay_refuses_a_user_who_does_nothing(void **state UNUSED)
{
    CLEANUP(qmp_error_freep)
    struct qmp_error *err =
        load(OPENED "{\"t\":5,\"note\":\"user\",\"action\":3}\n", NULL);

    assert_string_equal(err->msg,
                        "line 5: member 'action' is not a string but 3");
}

static void replay_puts_faults_where_it_is_told(void **state UNUSED)
{
    static const char text[] = OPENED IN(10, "{\"event\":\"A\"}")
        IN(20, "{\"event\":\"B\"}") OUT(30, "{\"execute\":\"c\",\"id\":7}")
            IN(40, "{\"return\":{},\"id\":7}");
    static const struct {
        struct qmp_fault fault;
        const char *wanted;
    } rows[] = {
        {{QMP_FAULT_DROP, 5, 0}, "source event B\nc = {}\n"},
        {{QMP_FAULT_DUPLICATE, 5, 0},
         "source event A\nsource event A\nsource event B\nc = {}\n"},
        {{QMP_FAULT_REORDER, 5, 0}, "source event B\nsource event A\nc = {}\n"},
        {{QMP_FAULT_REORDER, 6, 0}, /* not over a command */
         "source event A\nsource event B\nc = {}\n"},
        {{QMP_FAULT_CLOSE, 6, 0}, "source event A\nsource closed qmp.closed\n"},
        {{QMP_FAULT_GARBAGE, 6, 0},
         "source event A\nsource closed qmp.protocol\n"},
        {{QMP_FAULT_ERROR, 8, 0},
         "source event A\nsource event B\nc ! QEMU refused 'c': the replay was "
         "told to fail here\n"},
        {{QMP_FAULT_DROP, 8, 0}, "source event A\nsource event B\n"},
        {{QMP_FAULT_DELAY, 6, 700}, "source event A\n"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct qmp_replay_options o = {.faults = &rows[i].fault, .n_faults = 1};
        struct qmp_error *err = load(text, &o);

        assert_null(err);
        connect_side(0, "source");
        settle();
        if (qmp_client_state(sides[0].c) == QMP_READY &&
            rows[i].fault.kind != QMP_FAULT_DELAY)
            send_to(0, "c", NULL);
        settle();
        assert_string_equal(log_text, rows[i].wanted);
        log_text[0] = 0;
        if (rows[i].fault.kind == QMP_FAULT_DELAY) {
            assert_int_equal(qmp_replay_deadline(replay), now_us + 700);
            now_us += 700;
            settle();
            assert_string_equal(log_text, "source event B\n");
        }
        log_text[0] = 0;
        qmp_client_free(sides[0].c);
        sides[0].c = NULL;
        log_text[0] = 0;
        qmp_replay_free(replay);
        replay = NULL;
    }
}

static void replay_refuses_faults_where_nobody_speaks(void **state UNUSED)
{
    static const char text[] = OPENED OUT(1, "{\"execute\":\"c\",\"id\":7}")
        IN(2, "{\"event\":\"E\"}");
    struct qmp_fault fault = {QMP_FAULT_DROP, 5, 0};
    struct qmp_replay_options o = {.faults = &fault, .n_faults = 1};
    struct qmp_error *err = load(text, &o);

    assert_string_equal(err->msg, "no monitor says anything on line 5, so no "
                                  "fault can be put there");
    qmp_error_free(err);
    fault = (struct qmp_fault){QMP_FAULT_ERROR, 6, 0};
    err = load(text, &o);
    assert_string_equal(err->msg,
                        "line 6 is not a reply, it cannot be made an error");
    qmp_error_free(err);
}

static void replay_refuses_what_is_no_command(void **state UNUSED)
{
    int pair[2];

    assert_null(load(OPENED, NULL));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                     0);
    assert_int_equal(qmp_replay_attach(replay, "source", pair[0], NULL), 0);
    assert_int_equal(write(pair[1], "{'execute':1}\n", 14), 14);
    qmp_replay_dispatch(replay, 1);
    assert_failed("source was sent what is no JSON: malformed JSON at byte 1: "
                  "a key in double quotes wanted, ''' found");
    close(pair[1]);
}

static void replay_names_what_it_cannot_listen_on(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    assert_null(load(OPENED, NULL));
    assert_int_equal(qmp_replay_listen(replay, "nobody", "/x", &err), -1);
    assert_string_equal(err->msg, "the transcript has no peer 'nobody'");
    qmp_error_free(err);
    err = NULL;
    assert_int_equal(qmp_replay_listen(replay, "source", "exec:x", &err), -1);
    assert_string_equal(err->msg, "cannot listen on 'exec:x': unix:PATH or "
                                  "tcp:HOST:PORT wanted");
    qmp_error_free(err);
    err = NULL;
    assert_int_equal(
        qmp_replay_listen(replay, "source", "/nonexistent/s", &err), -1);
    assert_int_equal(err->sys, ENOENT);
    qmp_error_free(err);
}

static void on_diff(const char *at, struct json_object *a,
                    struct json_object *b, unsigned there, void *opaque UNUSED)
{
    note("%s %s %s\n", at,
         there & 1 ? json_object_to_json_string_ext(a, 0) : "-",
         there & 2 ? json_object_to_json_string_ext(b, 0) : "-");
}

static void json_diff_walks_by_structure(void **state UNUSED)
{
    CLEANUP(json_putp)
    struct json_object *a = json_tokener_parse(
        "{\"a\":1,\"b\":{\"c\":[1,2,3]},\"d\":null,\"e\":\"x\",\"f\":1,"
        "\"g\":1.5}");
    CLEANUP(json_putp)
    struct json_object *b = json_tokener_parse(
        "{\"g\":1.5,\"f\":1.0,\"b\":{\"c\":[1,7]},\"d\":0,\"e\":\"x\","
        "\"h\":null}");

    assert_int_equal(qmp_json_diff(a, b, on_diff, NULL), 5);
    assert_string_equal(log_text, "a 1 -\nb.c[1] 2 7\nb.c[2] 3 -\nd null 0\n"
                                  "h - null\n");
    assert_int_equal(qmp_json_diff(a, a, NULL, NULL), 0);
    assert_int_equal(qmp_json_diff(NULL, a, NULL, NULL), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(replay_answers_as_recorded),
        T(replay_keeps_the_order_of_both_peers),
        T(replay_says_how_a_command_differs),
        T(replay_leaves_ids_secrets_and_named_values_aside),
        T(replay_goes_on_when_it_is_lenient),
        T(replay_answers_polls_by_the_place_of_the_dialogue),
        T(replay_answers_polls_with_the_status_of_events),
        T(replay_does_not_wait_for_ever_for_a_reader),
        T(replay_does_not_need_the_polls),
        T(replay_takes_the_recorded_time),
        T(replay_notices_a_stall_and_an_early_end),
        T(replay_hangs_up_where_the_monitor_was_lost),
        T(replay_is_deaf_where_the_monitor_is_about_to_go),
        T(replay_is_deaf_when_the_monitor_was_lost),
        T(replay_serves_a_second_connection),
        T(replay_says_raw_bytes_again),
        T(replay_tells_when_the_user_acts),
        T(replay_refuses_a_user_who_does_nothing),
        T(replay_puts_faults_where_it_is_told),
        T(replay_refuses_faults_where_nobody_speaks),
        T(replay_refuses_what_is_no_command),
        T(replay_names_what_it_cannot_listen_on),
        T(json_diff_walks_by_structure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
