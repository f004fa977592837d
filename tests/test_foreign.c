/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recordings of other programs: those of tests/corpus/transcript/ whose names
 * begin with "foreign", read and replayed. */
#include "tests/lib/test.h"
#include "qmp/reader.h"
#include "qmp/replay.h"

#include <string.h>
#include <sys/socket.h>

#define CORPUS "tests/corpus/transcript/foreign-"

/* Each entry as "LINE T PEER DIR MESSAGE", one a line; errors and the cut at
 * the end. */
static char *told(const char *path)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(qmp_reader_freep)
    struct qmp_reader *r = qmp_reader_open(path, &err);
    struct qmp_entry e;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    int rc = -1;

    while (r && (rc = qmp_reader_next(r, &e, &err)) > 0) {
        fprintf(f, "%d %lld %s ", (int)e.line, (long long)e.t_us, e.peer);
        if (e.kind == QMP_ENTRY_CLOSED)
            fprintf(f, "closed");
        else
            fprintf(
                f, "%c %s", e.dir,
                json_object_to_json_string_ext(e.msg, JSON_C_TO_STRING_PLAIN));
        fprintf(f, "%s%s\n", e.nfds ? " +fd" : "", e.timed ? "" : " ?");
    }
    if (rc < 0)
        fprintf(f, "%s\n", err->msg);
    if (r && qmp_reader_is_cut(r))
        fputs("cut\n", f);
    fclose(f);
    return text;
}

static void check(const char *path, const char *wanted)
{
    CLEANUP(freep) char *text = told(path);

    assert_string_equal(text, wanted);
}

static void log_of_libvirt_is_read(void **state UNUSED)
{
    check(CORPUS "log",
          "2 0 source > {\"execute\":\"query-status\",\"id\":\"libvirt-1\"}\n"
          "7 2000 source < {\"return\":{\"status\":\"running\","
          "\"singlestep\":false,\"running\":true},\"id\":\"libvirt-1\"}\n"
          "8 9000 destination > {\"execute\":\"getfd\",\"arguments\":"
          "{\"fdname\":\"migrate\"},\"id\":\"libvirt-2\"} +fd\n"
          /* a thread that wrote late */
          "10 9000 source < {\"timestamp\":{\"seconds\":1769860800,"
          "\"microseconds\":108000},\"event\":\"STOP\"}\n"
          "11 14000 destination < {\"return\":{},\"id\":\"libvirt-2\"}\n"
          /* nobody masked it before */
          "12 19000 destination > {\"execute\":\"object-add\",\"arguments\":"
          "{\"qom-type\":\"secret\",\"id\":\"s\",\"data\":\"***\"},"
          "\"id\":\"libvirt-3\"}\n"
          "13 20000 destination closed\n");
}

/* Of libvirt 9.0: the greeting comes behind the first command, in a line that
 * does not name the monitor. */
static void greeting_in_a_log_of_libvirt_is_read(void **state UNUSED)
{
    check(CORPUS "libvirt",
          "5 0 source > {\"execute\":\"qmp_capabilities\",\"id\":"
          "\"libvirt-1\"}\n"
          "7 39000 source < {\"QMP\":{\"version\":{\"qemu\":{\"micro\":22,"
          "\"minor\":2,\"major\":7},\"package\":\"Debian "
          "1:7.2+dfsg-7+deb12u18+b3\"},\"capabilities\":[\"oob\"]}}\n"
          "11 87000 source < {\"return\":{},\"id\":\"libvirt-1\"}\n"
          "13 727000 destination > {\"execute\":\"getfd\",\"arguments\":"
          "{\"fdname\":\"migrate\"},\"id\":\"libvirt-418\"} +fd\n"
          "19 728000 destination < {\"return\":{},\"id\":\"libvirt-418\"}\n"
          "20 1249000 destination closed\n");
}

static void replies_of_libvirt_are_read(void **state UNUSED)
{
    check(CORPUS "replies",
          "1 0 source > {\"execute\":\"qmp_capabilities\",\"id\":"
          "\"libvirt-1\"} ?\n"
          "6 0 source < {\"return\":{},\"id\":\"libvirt-1\"} ?\n"
          "11 0 source > {\"execute\":\"query-name\",\"id\":\"libvirt-2\"} ?\n"
          "16 0 source < {\"return\":{\"name\":\"a } \\\" { name\"},\"id\":"
          "\"libvirt-2\"} ?\n");
}

static void log_of_qmp_shell_is_read(void **state UNUSED)
{
    check(CORPUS "shell",
          "5 0 source > {\"arguments\":{},\"execute\":\"query-name\"} ?\n"
          "6 0 source < {\"return\":{\"name\":\"guest\"}} ?\n"
          "7 0 source > {\"execute\":\"stop\"} ?\n"
          "7 0 source < {\"return\":{}} ?\n"
          "8 0 source < {\"timestamp\":{\"seconds\":1769860800,"
          "\"microseconds\":500000},\"event\":\"STOP\"} ?\n"
          "9 0 source > {\"execute\":\"cont\",\"arguments\":{}} ?\n"
          /* events are the clock */
          "10 1250000 source < {\"timestamp\":{\"seconds\":1769860801,"
          "\"microseconds\":750000},\"event\":\"RESUME\"} ?\n"
          "11 1250000 source < {\"return\":{}} ?\n");
}

static void log_of_socat_is_read(void **state UNUSED)
{
    check(CORPUS "socat",
          "2 0 source < {\"QMP\":{\"version\":{\"qemu\":{\"micro\":2,"
          "\"minor\":0,\"major\":10},\"package\":\"\"},\"capabilities\":"
          "[\"oob\"]}}\n"
          "4 1000000 source > {\"execute\":\"qmp_capabilities\"}\n"
          "6 1002000 source < {\"return\":{}}\n"
          "8 1999900 source > {\"execute\":\"query-name\"}\n"
          "9 2499900 source < {\"return\":{}}\n");
}

static void reader_says_what_is_wrong_with_it(void **state UNUSED)
{
    check(CORPUS "cut", "cut\n");
    check(CORPUS "bad",
          "1 0 source < {\"QMP\":{\"version\":{},\"capabilities\":[]}} ?\n"
          "2 0 source > {\"execute\":\"query-name\"} ?\n"
          "'" CORPUS "bad', line 2, read as QMP messages, one a line "
          "(qmp-shell, socat): ']' where a message was expected\n");
}

static void check_text(const char *text, const char *wanted)
{
    char path[] = "/tmp/test_foreign.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);

    CLEANUP(freep) char *got = told(path);
    char *shown = strstr(got, path);

    unlink(path);
    /* the name is another each time */
    if (shown)
        memset(shown + strlen("/tmp/test_foreign."), 'X', 6);
    assert_string_equal(got, wanted);
}

#define LOG      "2026-01-31 12:00:00.100+0000: 1: info : f:1 : QEMU_MONITOR_"
#define IN(line) "'/tmp/test_foreign.XXXXXX', line " line ", read as "

static void reader_says_what_is_wrong_with_a_line(void **state UNUSED)
{
    check_text(LOG "SEND_MSG: mon=0x1 msg=hello\n",
               IN("1") "a log of libvirt: 'msg={...' is missing\n");
    check_text(LOG "SEND_MSG: msg={}\n",
               IN("1") "a log of libvirt: 'mon=0x...' is missing\n");
    check_text(LOG "RECV_REPLY: mon=0x1 reply={\"return\":\nx\n",
               IN("2") "a log of libvirt: the message of the line above is "
                       "not complete\n");
    check_text(LOG "RECV_REPLY: mon=0x1 reply={\"retu", "cut\n");
    check_text(LOG "RECV_REPLY: mon=0x1 reply={\"a\" 1}\n",
               IN("1") "a log of libvirt: malformed JSON at byte 5: ':' "
                       "wanted, '1' found\n");
    check_text("\n{\n\"return\": 1\n\"id\": 2\n}\n",
               IN("2") "QMP messages over several lines (.replies, "
                       "qmp-shell): malformed JSON at byte 14: ',' or '}' "
                       "wanted, '\"' found\n");
    /* not foreign: what is wrong with the transcript is told */
    check_text("{\"t\":1,\"peer\":\"source\"}\n",
               "'/tmp/test_foreign.XXXXXX', line 1: not a transcript: the "
               "header is missing\n");
}

/* What the replay says to `send` (may be ""). */
static void exchange(struct qmp_replay *r, int fd, const char *send_text,
                     const char *wanted)
{
    char got[1000] = "";
    size_t len = 0;
    ssize_t n;

    assert_int_equal(send(fd, send_text, strlen(send_text), MSG_NOSIGNAL),
                     strlen(send_text));
    for (int64_t now = 1; now < 6; now++) {
        qmp_replay_dispatch(r, now);
        n = recv(fd, got + len, sizeof(got) - 1 - len, MSG_DONTWAIT);
        len += n > 0 ? (size_t)n : 0;
    }
    got[len] = '\0';
    if (qmp_replay_error(r))
        fail_msg("%s", qmp_replay_error(r)->msg);
    assert_string_equal(got, wanted);
}

#define NO_GREETING                                                            \
    "{\"QMP\":{\"version\":{\"qemu\":{\"major\":0,\"minor\":0,\"micro\":0},"   \
    "\"package\":\"replay\"},\"capabilities\":[]}}\r\n"

static struct qmp_replay *start(const char *path, int *fd, const char *greeting)
{
    struct qmp_replay *r = qmp_replay_load(path, NULL, NULL);
    int pair[2];

    assert_non_null(r);
    assert_non_null(qmp_replay_format(r));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                     0);
    assert_int_equal(qmp_replay_attach(r, "source", pair[0], NULL), 0);
    *fd = pair[1];
    exchange(r, *fd, "", greeting);
    return r;
}

static void end(struct qmp_replay *r, int fd)
{
    close(fd);
    qmp_replay_dispatch(r, 10);
    assert_int_equal(qmp_replay_state(r), QMP_REPLAY_DONE);
    qmp_replay_free(r);
}

static void replies_are_replayed(void **state UNUSED)
{
    int fd;
    struct qmp_replay *r = start(CORPUS "replies", &fd, NO_GREETING);

    exchange(r, fd, "{\"execute\":\"qmp_capabilities\",\"id\":7}\n",
             "{\"return\":{},\"id\":7}\r\n");
    exchange(r, fd, "{\"execute\":\"query-name\",\"id\":8}\n",
             "{\"return\":{\"name\":\"a } \\\" { name\"},\"id\":8}\r\n");
    end(r, fd);
}

/* It negotiated before its log begins. */
static void log_of_qmp_shell_is_replayed(void **state UNUSED)
{
    int fd;
    struct qmp_replay *r = start(CORPUS "shell", &fd, NO_GREETING);

    exchange(r, fd, "{\"execute\":\"qmp_capabilities\"}\n",
             "{\"return\":{}}\r\n");
    exchange(r, fd, "{\"execute\":\"query-name\"}\n",
             "{\"return\":{\"name\":\"guest\"}}\r\n");
    exchange(r, fd, "{\"execute\":\"stop\"}\n",
             "{\"return\":{}}\r\n{\"timestamp\":{\"seconds\":1769860800,"
             "\"microseconds\":500000},\"event\":\"STOP\"}\r\n");
    exchange(r, fd, "{\"execute\":\"cont\",\"id\":1}\n",
             "{\"timestamp\":{\"seconds\":1769860801,"
             "\"microseconds\":750000},\"event\":\"RESUME\"}\r\n"
             "{\"return\":{},\"id\":1}\r\n");
    end(r, fd);
}

static void log_of_libvirt_is_replayed(void **state UNUSED)
{
    int fd;
    struct qmp_replay *r =
        start(CORPUS "libvirt", &fd,
              "{\"QMP\":{\"version\":{\"qemu\":{\"micro\":22,\"minor\":2,"
              "\"major\":7},\"package\":\"Debian 1:7.2+dfsg-7+deb12u18+b3\"},"
              "\"capabilities\":[\"oob\"]}}\r\n");

    exchange(r, fd, "{\"execute\":\"qmp_capabilities\",\"id\":7}\n",
             "{\"return\":{},\"id\":7}\r\n");
    close(fd);
    qmp_replay_free(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_of_libvirt_is_read),
        cmocka_unit_test(greeting_in_a_log_of_libvirt_is_read),
        cmocka_unit_test(replies_of_libvirt_are_read),
        cmocka_unit_test(log_of_qmp_shell_is_read),
        cmocka_unit_test(log_of_socat_is_read),
        cmocka_unit_test(reader_says_what_is_wrong_with_it),
        cmocka_unit_test(reader_says_what_is_wrong_with_a_line),
        cmocka_unit_test(replies_are_replayed),
        cmocka_unit_test(log_of_qmp_shell_is_replayed),
        cmocka_unit_test(log_of_libvirt_is_replayed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
