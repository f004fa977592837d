/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "tests/lib/peer.h"
#include "qmp/reader.h"
#include "qmp/transcript.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#define HEADER "{\"transcript\":1,\"program\":\"p\",\"peers\":{}}\n"

static char path[64];

static int make_file(void **state UNUSED)
{
    strcpy(path, "/tmp/test_reader.XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state UNUSED)
{
    return unlink(path);
}

static void write_file(const char *text, size_t len)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    fclose(f);
}

/* Read to the end; the number of entries, or -1. */
static int read_all(struct qmp_error **errp, bool *cut)
{
    CLEANUP(qmp_reader_freep)
    struct qmp_reader *r = qmp_reader_open(path, errp);
    struct qmp_entry e;
    int n = 0;
    int rc;

    if (!r)
        return -1;
    while ((rc = qmp_reader_next(r, &e, errp)) > 0)
        n++;
    if (cut)
        *cut = qmp_reader_is_cut(r);
    return rc < 0 ? -1 : n;
}

static void reader_gives_back_what_was_recorded(void **state UNUSED)
{
    struct qmp_transcript *t =
        qmp_transcript_open(path, "p", "i", NULL, 100, NULL);
    struct qmp_entry e;

    qmp_transcript_message(t, 100, "source", '>', "{\"execute\":\"a\"}", 15, 2,
                           true);
    qmp_transcript_message(t, 150, "destination", '<', "b\xff", 2, 0, false);
    qmp_transcript_note(t, 160, "phase", NULL);
    qmp_transcript_closed(t, 170, "source", "lost");
    qmp_transcript_closed(t, 180, "source", NULL);
    qmp_transcript_close(t, NULL);

    CLEANUP(qmp_reader_freep)
    struct qmp_reader *r = qmp_reader_open(path, NULL);
    assert_non_null(r);
    assert_true(json_object_object_get_ex(qmp_reader_header(r), "id", NULL));
    assert_int_equal(qmp_reader_next(r, &e, NULL), 1);
    assert_int_equal(e.kind, QMP_ENTRY_MESSAGE);
    assert_int_equal(e.line, 2);
    assert_int_equal(e.t_us, 0);
    assert_string_equal(e.peer, "source");
    assert_int_equal(e.dir, '>');
    assert_int_equal(e.nfds, 2);
    assert_true(json_object_object_get_ex(e.msg, "execute", NULL));
    assert_int_equal(qmp_reader_next(r, &e, NULL), 1);
    assert_int_equal(e.kind, QMP_ENTRY_RAW);
    assert_string_equal(json_object_get_string(e.msg), "b\xc3\xbf");
    assert_int_equal(qmp_reader_next(r, &e, NULL), 1);
    assert_int_equal(e.kind, QMP_ENTRY_NOTE);
    assert_string_equal(e.text, "phase");
    assert_int_equal(e.t_us, 60);
    assert_int_equal(qmp_reader_next(r, &e, NULL), 1);
    assert_int_equal(e.kind, QMP_ENTRY_CLOSED);
    assert_string_equal(e.text, "lost");
    assert_int_equal(qmp_reader_next(r, &e, NULL), 1);
    assert_null(e.text);
    assert_int_equal(qmp_reader_next(r, &e, NULL), 0);
    assert_false(qmp_reader_is_cut(r));
    assert_int_equal(qmp_reader_next(r, &e, NULL), 0);
}

static void reader_names_the_line_of_an_error(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *wanted; /* after the file's name */
    } bad[] = {
        {"", "line 1: empty"},
        {"\n\n", "line 1: empty"},
        {"{\"transcr", "line 1: cut inside of the header"},
        {"{}\n", "line 1: not a transcript: the header is missing"},
        {"[1]\n", "line 1: not a transcript: the header is missing"},
        {"{\"t\":0,\"note\":\"x\"}\n",
         "line 1: not a transcript: the header is missing"},
        {"{\"transcript\":2}\n",
         "line 1: a transcript of version 2, only 1 is known"},
        {"{\"transcript\":\"1\"}\n",
         "line 1: member 'transcript' is not an integer but \"1\""},
        {"\x7f"
         "ELF\x01\x02\n",
         "line 1: malformed JSON at byte 0: a value wanted, byte 0x7f found"},
        {HEADER "\n{\"t\":1,\n{}\n",
         "line 3: malformed JSON at byte 7: a key in double quotes wanted, the "
         "text ends"},
        {HEADER "7\n", "line 2: an object with member 't' was wanted, not int"},
        {HEADER "{}\n", "line 2: member 't' is missing"},
        {HEADER "{\"t\":1.5}\n",
         "line 2: member 't' is not an integer but 1.5"},
        {HEADER "{\"t\":5}\n", "line 2: neither 'peer' nor 'note' is there"},
        {HEADER "{\"t\":-1,\"note\":\"x\"}\n",
         "line 2: the time -1 is before 0 of the line above"},
        {HEADER "{\"t\":5,\"note\":\"x\"}\n{\"t\":4,\"note\":\"x\"}\n",
         "line 3: the time 4 is before 5 of the line above"},
        {HEADER "{\"t\":5,\"note\":1}\n",
         "line 2: member 'note' is not a string but 1"},
        {HEADER "{\"t\":5,\"peer\":\"s\"}\n",
         "line 2: member 'dir' is missing"},
        {HEADER "{\"t\":5,\"peer\":\"s\",\"dir\":\"<>\"}\n",
         "line 2: member 'dir' is neither '>' nor '<'"},
        {HEADER "{\"t\":5,\"peer\":\"s\",\"dir\":\"<\"}\n",
         "line 2: member 'msg' is missing"},
        {HEADER "{\"t\":5,\"peer\":\"s\",\"dir\":\"<\",\"raw\":[]}\n",
         "line 2: member 'raw' is not a string"},
        {HEADER "{\"t\":5,\"peer\":\"s\",\"dir\":\"<\",\"fds\":999,\"msg\":{}}"
                "\n",
         "line 2: member 'fds' is 999, 0..253 wanted"},
        {HEADER "{\"t\":5,\"peer\":\"s\",\"closed\":5}\n",
         "line 2: member 'closed' is not a string but 5"},
        {HEADER "{\"t\":5,\"t\":6}\n",
         "line 2: malformed JSON at byte 7: key 't' appears twice in one "
         "object"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct qmp_error *err = NULL;
        char wanted[300];

        write_file(bad[i].text, strlen(bad[i].text));
        snprintf(wanted, sizeof(wanted), "'%s', %s", path, bad[i].wanted);
        if (read_all(&err, NULL) >= 0)
            fail_msg("accepted: %s", bad[i].text);
        assert_int_equal(err->code, QMP_ERR_TRANSCRIPT);
        assert_string_equal(err->msg, wanted);
        qmp_error_free(err);
    }
}

static void reader_reads_a_cut_file_to_the_line_before(void **state UNUSED)
{
    static const char text[] = HEADER "{\"t\":1,\"note\":\"a\"}\n"
                                      "{\"t\":2,\"note\":\"b\"}\n";
    bool cut;

    for (size_t len = strlen(HEADER); len <= strlen(text); len++) {
        size_t first = strlen(HEADER) + 19;
        int wanted = (len + 1 >= first) + (len + 1 >= strlen(text));

        write_file(text, len);
        assert_int_equal(read_all(NULL, &cut), wanted);
        /* "whole, but without its line end" is not cut */
        assert_int_equal(cut, len != strlen(HEADER) && len + 1 != first &&
                                  len != first && len + 1 < strlen(text));
    }
}

static void reader_says_what_cannot_be_opened(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    assert_null(qmp_reader_open("/nonexistent/x", &err));
    assert_int_equal(err->sys, ENOENT);
    assert_string_equal(err->msg,
                        "cannot open '/nonexistent/x': No such file or "
                        "directory");
    qmp_error_free(err);
    err = NULL;
    assert_null(qmp_reader_open("/", &err));
    assert_int_equal(err->sys, EISDIR);
    qmp_error_free(err);
}

static void reader_refuses_an_endless_line(void **state UNUSED)
{
    size_t len = QMP_READER_MAX_LINE + 100;
    char *text = malloc(len);
    struct qmp_error *err = NULL;

    memset(text, ' ', len);
    memcpy(text, HEADER, strlen(HEADER));
    memset(text + strlen(HEADER), 'x', len - strlen(HEADER));
    write_file(text, strlen(HEADER) + 10);
    free(text);
    FILE *f = fopen(path, "a");
    for (size_t i = 0; i < QMP_READER_MAX_LINE; i += 1024) {
        char kib[1024];

        memset(kib, 'x', sizeof(kib));
        fwrite(kib, 1, sizeof(kib), f);
    }
    fclose(f);
    assert_int_equal(read_all(&err, NULL), -1);
    assert_int_equal(err->code, QMP_ERR_TOO_LARGE);
    assert_non_null(strstr(err->msg, "line 2: a message of more than"));
    qmp_error_free(err);
}

#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_TELLS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_TELLS 0 /* what was freed stays in quarantine */
#endif
#endif
#ifndef MEMORY_TELLS
#define MEMORY_TELLS 1
#endif

/* 100 MB of file, a few MB of memory. */
static void reader_needs_constant_memory(void **state UNUSED)
{
    struct rusage before;
    struct rusage after;
    FILE *f = fopen(path, "w");
    char line[1000];

    fputs(HEADER, f);
    memset(line, 'y', sizeof(line));
    for (int i = 0; i < 100000; i++)
        fprintf(f, "{\"t\":%d,\"note\":\"%.900s\"}\n", i, line);
    fclose(f);
    getrusage(RUSAGE_SELF, &before);
    assert_int_equal(read_all(NULL, NULL), 100000);
    getrusage(RUSAGE_SELF, &after);
    if (MEMORY_TELLS)
        assert_true(after.ru_maxrss - before.ru_maxrss < 8192); /* KiB */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_file, remove_file)
    const struct CMUnitTest tests[] = {
        T(reader_gives_back_what_was_recorded),
        T(reader_names_the_line_of_an_error),
        T(reader_reads_a_cut_file_to_the_line_before),
        T(reader_says_what_cannot_be_opened),
        T(reader_refuses_an_endless_line),
        T(reader_needs_constant_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
