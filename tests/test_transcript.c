/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "tests/lib/peer.h"
#include "qmp/json.h"
#include "qmp/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

static char path[64];

static int make_file(void **state UNUSED)
{
    strcpy(path, "/tmp/test_transcript.XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state UNUSED)
{
    return unlink(path);
}

static struct qmp_transcript *open_it(struct json_object *peers)
{
    struct qmp_error *err = NULL;
    struct qmp_transcript *t =
        qmp_transcript_open(path, "qmigrate 1", "an \"id\"", peers, 1000, &err);

    if (!t)
        fail_msg("%s", err->msg);
    return t;
}

static const char *content(void)
{
    static char text[1 << 20];
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = 0;
    fclose(f);
    return text;
}

/* All lines after the header. */
static const char *lines(void)
{
    const char *lf = strchr(content(), '\n');

    assert_non_null(lf);
    return lf + 1;
}

static void put(struct qmp_transcript *t, int64_t at, const char *peer,
                char dir, const char *text)
{
    qmp_transcript_message(t, at, peer, dir, text, strlen(text), 0, true);
}

static void transcript_has_header_messages_and_notes(void **state UNUSED)
{
    CLEANUP(json_putp)
    struct json_object *peers =
        json_tokener_parse("{\"source\":{\"addr\":\"unix:/a\"}}");
    CLEANUP(json_putp)
    struct json_object *note =
        json_tokener_parse("{\"phase\":\"perform\",\"n\":[1,null]}");
    struct qmp_transcript *t = open_it(peers);
    struct json_object *o = NULL;
    int year, month, day, hour, minute, second, us;

    put(t, 1000, "source", '>', "{\"execute\": \"cont\"}");
    qmp_transcript_message(t, 1050, "destination", '<', "{\"return\":{}}", 13,
                           2, true);
    qmp_transcript_note(t, 2000, "phase", note);
    qmp_transcript_note(t, 2001, "a \"note\"\n", NULL);
    qmp_transcript_message(t, 2002, "source", '<', "bad \xff\"\n\0", 8, 0,
                           false);
    qmp_transcript_closed(t, 2003, "source", "lost \"it\"");
    qmp_transcript_closed(t, 2004, "destination", NULL);
    assert_int_equal(qmp_transcript_close(t, NULL), 0);
    assert_string_equal(
        lines(),
        "{\"t\":0,\"peer\":\"source\",\"dir\":\">\",\"msg\":{\"execute\": "
        "\"cont\"}}\n"
        "{\"t\":50,\"peer\":\"destination\",\"dir\":\"<\",\"fds\":2,\"msg\":"
        "{\"return\":{}}}\n"
        "{\"t\":1000,\"note\":\"phase\",\"phase\":\"perform\",\"n\":[1,null]}\n"
        "{\"t\":1001,\"note\":\"a \\\"note\\\"\\n\"}\n"
        "{\"t\":1002,\"peer\":\"source\",\"dir\":\"<\",\"raw\":\"bad "
        "\\u00ff\\\"\\n\\u0000\"}\n"
        "{\"t\":1003,\"peer\":\"source\",\"closed\":\"lost \\\"it\\\"\"}\n"
        "{\"t\":1004,\"peer\":\"destination\",\"closed\":null}\n");

    const char *text = content();
    size_t len = strcspn(text, "\n");
    assert_int_equal(qmp_json_parse(text, len, &o, NULL), 0);
    struct json_object *v = NULL;
    assert_true(json_object_object_get_ex(o, "transcript", &v));
    assert_int_equal(json_object_get_int(v), 1);
    assert_true(json_object_object_get_ex(o, "id", &v));
    assert_string_equal(json_object_get_string(v), "an \"id\"");
    assert_true(json_object_object_get_ex(o, "peers", &v));
    assert_true(json_object_equal(v, peers));
    assert_true(json_object_object_get_ex(o, "start", &v));
    assert_int_equal(sscanf(json_object_get_string(v),
                            "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ", &year, &month, &day,
                            &hour, &minute, &second, &us),
                     7);
    assert_in_range(year, 2024, 2200);
    json_object_put(o);
}

static void transcript_lines_are_json_whatever_came(void **state UNUSED)
{
    struct qmp_transcript *t = open_it(NULL);
    char all[256];

    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    qmp_transcript_message(t, 1000, "source", '<', all, sizeof(all), 0, false);
    qmp_transcript_close(t, NULL);

    struct json_object *o = NULL;
    struct json_object *raw = NULL;
    const char *text = lines();
    assert_int_equal(qmp_json_parse(text, strcspn(text, "\n"), &o, NULL), 0);
    assert_true(json_object_object_get_ex(o, "raw", &raw));
    /* bytes from 0x80 are the characters U+0080 to U+00FF */
    assert_int_equal(json_object_get_string_len(raw), 128 + 128 * 2);
    json_object_put(o);
}

static void transcript_is_only_for_the_owner(void **state UNUSED)
{
    struct stat st;

    assert_int_equal(chmod(path, 0666), 0);
    qmp_transcript_close(open_it(NULL), NULL);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    unlink(path);
    umask(0);
    qmp_transcript_close(open_it(NULL), NULL);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void transcript_gathers_until_it_is_flushed(void **state UNUSED)
{
    struct qmp_transcript *t = open_it(NULL);

    assert_int_equal(strlen(lines()), 0); /* the header is there */
    put(t, 1000, "source", '<', "{}");
    assert_int_equal(strlen(lines()), 0);
    assert_int_equal(qmp_transcript_flush(t, NULL), 0);
    assert_string_equal(
        lines(), "{\"t\":0,\"peer\":\"source\",\"dir\":\"<\",\"msg\":{}}\n");
    for (int i = 0; i < 40000; i++) /* memory is bounded */
        put(t, 1000, "source", '<', "{}");
    assert_true(strlen(lines()) > 900000);
    qmp_transcript_close(t, NULL);
}

/* What is not written yet is not only text: it must not be mixed up, and
 * belongs to the transcript. */
static void transcript_keeps_what_it_will_write(void **state UNUSED)
{
    struct qmp_transcript *t = open_it(NULL);
    struct json_object *note = json_tokener_parse("{\"n\":1}");
    char *big = malloc(100002);
    char peer[] = "source";
    char text[] = "{\"return\":1}";
    char wanted[512];

    memset(big, 'x', 100001);
    big[0] = big[100000] = '"';
    big[100001] = 0;
    assert_false(qmp_transcript_pending(t));
    put(t, 1000, peer, '<', text);
    qmp_transcript_note(t, 1001, "a", note);
    json_object_put(note);
    assert_true(qmp_transcript_pending(t));
    qmp_transcript_closed(t, 1002, peer, text);
    memset(peer, '!', sizeof(peer));
    memset(text, '!', sizeof(text));
    put(t, 1003, "destination", '<', big);
    put(t, 1004, "source", '<', "{}");
    assert_int_equal(qmp_transcript_flush(t, NULL), 0);
    assert_false(qmp_transcript_pending(t));

    snprintf(wanted, sizeof(wanted),
             "{\"t\":0,\"peer\":\"source\",\"dir\":\"<\",\"msg\":"
             "{\"return\":1}}\n{\"t\":1,\"note\":\"a\",\"n\":1}\n"
             "{\"t\":2,\"peer\":\"source\",\"closed\":"
             "\"{\\\"return\\\":1}\"}\n"
             "{\"t\":3,\"peer\":\"destination\",\"dir\":\"<\",\"msg\":\"");
    const char *all = lines();
    assert_int_equal(strncmp(all, wanted, strlen(wanted)), 0);
    assert_string_equal(strchr(strstr(all, "xxx"), '\n'),
                        "\n{\"t\":4,\"peer\":\"source\",\"dir\":\"<\","
                        "\"msg\":{}}\n");
    qmp_transcript_note(t, 1005, "never flushed", NULL);
    qmp_transcript_close(t, NULL);
    free(big);
}

/* A note that is not written any more is given back, whatever the reason. */
static void transcript_lets_go_of_notes(void **state UNUSED)
{
    struct json_object *note = json_tokener_parse("{\"n\":1}");
    struct qmp_transcript *t = open_it(NULL);

    qmp_transcript_set_limit(t, strlen(content()) + 40);
    for (int i = 0; i < 4; i++) {
        qmp_transcript_note(t, 1000, "a", note);
        if (i)
            qmp_transcript_flush(t, NULL);
    }
    qmp_transcript_note(t, 1000, "a", note);
    assert_int_equal(qmp_transcript_close(t, NULL), 0);
    assert_int_equal(json_object_put(note), 1); /* ours was the last */
}

static void transcript_tells_that_the_disk_is_full(void **state UNUSED)
{
    struct qmp_error *err = NULL;
    struct qmp_transcript *t =
        qmp_transcript_open("/dev/full", "p", "i", NULL, 0, &err);

    assert_null(t);
    assert_int_equal(err->code, QMP_ERR_SYSTEM);
    assert_int_equal(err->sys, ENOSPC);
    assert_string_equal(err->msg, "transcript: cannot write: No space left on "
                                  "device");
    qmp_error_free(err);
    err = NULL;
    t = qmp_transcript_open("/nonexistent/x", "p", "i", NULL, 0, &err);
    assert_null(t);
    assert_int_equal(err->sys, ENOENT);
    assert_string_equal(err->msg,
                        "cannot create the transcript '/nonexistent/x': No "
                        "such file or directory");
    qmp_error_free(err);
}

/* A pipe whose reader goes away stands for a disk that fails midway. */
static void transcript_reports_the_first_failure_ever_after(void **state UNUSED)
{
    struct qmp_error *err = NULL;
    struct qmp_transcript *t;
    char name[64];
    int pipes[2];
    int fds = count_fds();

    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", pipes[1]);
    t = qmp_transcript_open(name, "p", "i", NULL, 0, &err);
    assert_non_null(t);
    close(pipes[0]);
    close(pipes[1]);
    put(t, 1, "source", '<', "{}");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(qmp_transcript_flush(t, &err), -1);
        assert_int_equal(err->sys, EPIPE);
        qmp_error_free(err);
        err = NULL;
        put(t, 2, "source", '<', "{}");
    }
    assert_int_equal(qmp_transcript_close(t, NULL), -1);
    assert_int_equal(qmp_transcript_close(NULL, NULL), 0);
    assert_int_equal(count_fds(), fds);
}

static void transcript_stops_at_its_limit(void **state UNUSED)
{
    struct qmp_transcript *t = open_it(NULL);
    size_t header = strlen(content());

    qmp_transcript_set_limit(t, header + 120);
    for (int i = 0; i < 5; i++) /* 48 bytes each */
        put(t, 1000 + i, "source", '<', "{}");
    qmp_transcript_note(t, 1009, "phase", NULL);
    assert_int_equal(qmp_transcript_close(t, NULL), 0);
    char wanted[300];
    snprintf(wanted, sizeof(wanted),
             "{\"t\":0,\"peer\":\"source\",\"dir\":\"<\",\"msg\":{}}\n"
             "{\"t\":1,\"peer\":\"source\",\"dir\":\"<\",\"msg\":{}}\n"
             "{\"t\":2,\"note\":\"truncated\",\"limit\":%zu}\n",
             header + 120);
    assert_string_equal(lines(), wanted);
}

static const struct {
    const char *text;
    const char *wanted; /* NULL: nothing to mask */
} masks[] = {
    {"{\"execute\":\"query-status\"}", NULL},
    {"{\"execute\":\"object-add\",\"arguments\":{\"qom-type\":\"secret\","
     "\"id\":\"s\",\"data\":\"hush\"},\"id\":1}",
     "{\"execute\":\"object-add\",\"arguments\":{\"qom-type\":\"secret\","
     "\"id\":\"s\",\"data\":\"***\"},\"id\":1}"},
    {"{\"execute\":\"object-add\",\"arguments\":{\"props\":{\"data\":\"hush\"}}"
     "}",
     "{\"execute\":\"object-add\",\"arguments\":{\"props\":{\"data\":\"***\"}}"
     "}"},
    {"{\"execute\":\"object-add\",\"arguments\":{\"qom-type\":"
     "\"tls-creds-x509\",\"id\":\"t\",\"dir\":\"/etc\"}}",
     NULL},
    {"{\"execute\":\"set_password\",\"arguments\":{\"protocol\":\"vnc\","
     "\"password\":\"hush\"}}",
     "{\"execute\":\"set_password\",\"arguments\":{\"protocol\":\"vnc\","
     "\"password\":\"***\"}}"},
    {"{\"execute\":\"change-vnc-password\",\"arguments\":{\"password\" : "
     "\"hush\"}}",
     "{\"execute\":\"change-vnc-password\",\"arguments\":{\"password\":\"***\"}"
     "}"},
    {"{\"execute\":\"block_passwd\",\"arguments\":{\"password\":\"hush\"}}",
     "{\"execute\":\"block_passwd\",\"arguments\":{\"password\":\"***\"}}"},
    {"{\"execute\":\"change\",\"arguments\":{\"device\":\"vnc\",\"target\":"
     "\"password\",\"arg\":\"hush\"}}",
     "{\"execute\":\"change\",\"arguments\":{\"device\":\"vnc\",\"target\":"
     "\"password\",\"arg\":\"***\"}}"},
    {"{\"execute\":\"change\",\"arguments\":{\"device\":\"cd0\",\"target\":"
     "\"/a\",\"arg\":\"raw\"}}",
     NULL},
    {"{\"execute\":\"qom-set\",\"arguments\":{\"path\":\"/objects/s\","
     "\"property\":\"data\",\"value\":\"hush\"}}",
     "{\"execute\":\"qom-set\",\"arguments\":{\"path\":\"/objects/s\","
     "\"property\":\"data\",\"value\":\"***\"}}"},
    {"{\"execute\":\"qom-set\",\"arguments\":{\"path\":\"/x\",\"property\":"
     "\"size\",\"value\":\"1\"}}",
     NULL},
    {"{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":"
     "\" set_password vnc hush\"}}",
     "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":"
     "\"set_password ***\"}}"},
    {"{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":"
     "\"object_add secret,id=a,data=hush\"}}",
     "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":"
     "\"object_add ***\"}}"},
    {"{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":"
     "\"info status\"}}",
     NULL},
    {"{\"exec-oob\":\"sev-inject-launch-secret\",\"arguments\":{\"secret\":"
     "\"hush\",\"packet-header\":\"h\"}}",
     "{\"exec-oob\":\"sev-inject-launch-secret\",\"arguments\":{\"secret\":"
     "\"***\",\"packet-header\":\"h\"}}"},
    /* the id of a secret is none */
    {"{\"execute\":\"blockdev-add\",\"arguments\":{\"driver\":\"http\","
     "\"password-secret\":\"sec0\",\"key-secret\":\"k\"}}",
     NULL},
    {"{\"execute\":\"blockdev-add\",\"arguments\":{\"file\":[{\"x\":"
     "{\"password\":\"hush\"}}]}}",
     "{\"execute\":\"blockdev-add\",\"arguments\":{\"file\":[{\"x\":"
     "{\"password\":\"***\"}}]}}"},
    {"{\"execute\":\"client_migrate_info\",\"arguments\":{\"protocol\":"
     "\"spice\",\"cert-subject\":\"CN=host\"}}",
     NULL},
    {"{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"tls-creds\":"
     "\"tls0\"}}",
     NULL},
    /* values that look like keys */
    {"{\"return\":[{\"name\":\"password\",\"type\":\"str\"},"
     "{\"name\":\"object-add\"}]}",
     NULL},
    {"{\"event\":\"X\",\"data\":{\"data\":\"d\"}}", NULL},
    {"{\"return\":{\"password\":\"hush\"}}",
     "{\"return\":{\"password\":\"***\"}}"},
    {"{\"return\":{\"password\":true}}", NULL},
    /* written so that no plain search finds it */
    {"{\"execute\":\"x\",\"arguments\":{\"\\u0070assword\":\"hush\"}}",
     "{\"execute\":\"x\",\"arguments\":{\"password\":\"***\"}}"},
    {"{\"ex\\u0065cute\":\"object-add\",\"arguments\":{\"data\":\"hush\"}}",
     "{\"execute\":\"object-add\",\"arguments\":{\"data\":\"***\"}}"},
    /* white space, and the name behind the arguments */
    {"{\"password\"\r\n\t :\"hush\"}", "{\"password\":\"***\"}"},
    {"{\"execute\"\n:\r\"object-add\",\"arguments\":{\"data\":\"hush\"}}",
     "{\"execute\":\"object-add\",\"arguments\":{\"data\":\"***\"}}"},
    {"{\"arguments\":{\"execute\":\"x\",\"data\":\"hush\"},"
     "\"id\":{\"execute\":\"y\"},\"execute\":\"object-add\"}",
     "{\"arguments\":{\"execute\":\"x\",\"data\":\"***\"},"
     "\"id\":{\"execute\":\"y\"},\"execute\":\"object-add\"}"},
    {"{\"execute\":\"object-add-not\",\"arguments\":{\"data\":\"d\"}}", NULL},
    {"{\"execute\":\"object-ad\",\"arguments\":{\"data\":\"d\"}}", NULL},
    {"{\"password\":\"hush\"", NULL}, /* no JSON */
    {"", NULL},
};

static void secrets_are_masked(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
        char *text = qmp_mask_secrets(masks[i].text, strlen(masks[i].text));

        if (!masks[i].wanted && text)
            fail_msg("%s was masked as %s", masks[i].text, text);
        if (masks[i].wanted) {
            if (!text)
                fail_msg("not masked: %s", masks[i].text);
            assert_string_equal(text, masks[i].wanted);
        }
        free(text);
    }
}

static void transcript_has_no_secrets(void **state UNUSED)
{
    struct qmp_transcript *t = open_it(NULL);

    for (size_t i = 0; i + 2 < ARRAY_SIZE(masks); i++)
        put(t, 1000, "source", '>', masks[i].text);
    qmp_transcript_close(t, NULL);
    assert_null(strstr(content(), "hush"));
    assert_non_null(strstr(content(), "***"));
}

/* QEMU takes strings in single quotes, and a client may send half a message. */
static void transcript_has_no_secrets_in_what_is_no_message(void **state UNUSED)
{
    static const char *const texts[] = {
        "{'execute':'set_password','arguments':{'password':'hush'}}",
        "{\"execute\":\"object-add\",\"arguments\":{\"data\":\"hush\"",
        "{'execute':'human-monitor-command','arguments':'x hush'}",
    };
    struct qmp_transcript *t = open_it(NULL);

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        qmp_transcript_message(t, 1000, "source", '>', texts[i],
                               strlen(texts[i]), 0, false);
    qmp_transcript_message(t, 1000, "source", '>', "{'execute':'cont'}", 18, 0,
                           false);
    qmp_transcript_close(t, NULL);
    assert_null(strstr(content(), "hush"));
    assert_non_null(strstr(content(), "\"raw\":\"***\"}\n"));
    assert_non_null(strstr(content(), "\"raw\":\"{'execute':'cont'}\""));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_file, remove_file)
    const struct CMUnitTest tests[] = {
        T(transcript_has_header_messages_and_notes),
        T(transcript_lines_are_json_whatever_came),
        T(transcript_is_only_for_the_owner),
        T(transcript_gathers_until_it_is_flushed),
        T(transcript_keeps_what_it_will_write),
        T(transcript_lets_go_of_notes),
        T(transcript_tells_that_the_disk_is_full),
        T(transcript_reports_the_first_failure_ever_after),
        T(transcript_stops_at_its_limit),
        T(secrets_are_masked),
        T(transcript_has_no_secrets),
        T(transcript_has_no_secrets_in_what_is_no_message),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
