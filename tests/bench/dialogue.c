/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dialogue record FILE OUT: the messages of the transcript FILE recorded and
 * written into OUT many times; prints nanoseconds a message (median of rounds).
 * dialogue parse FILE: each line of FILE parsed by json-c's tokener and freed;
 * prints microseconds of CPU.
 */
#include "qmp/json.h"
#include "qmp/reader.h"
#include "qmp/transcript.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define ROUNDS 201
#define MAX    1000 /* messages */

struct said {
    char *text;
    size_t len;
    char dir;
};

static int64_t now_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "dialogue: %s\n", what);
    exit(2);
}

static size_t load(const char *path, struct said *ret)
{
    struct qmp_error *err = NULL;
    struct qmp_reader *r = qmp_reader_open(path, &err);
    struct qmp_entry e;
    size_t n = 0;
    int rc;

    if (!r)
        fail(err->msg);
    while ((rc = qmp_reader_next(r, &e, &err)) > 0) {
        if (e.kind != QMP_ENTRY_MESSAGE || n == MAX)
            continue;
        ret[n].text = qmp_json_text(e.msg);
        ret[n].len = strlen(ret[n].text);
        ret[n++].dir = e.dir;
    }
    if (rc < 0)
        fail(err->msg);
    qmp_reader_free(r);
    return n;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void record(const char *from, const char *to)
{
    static struct said said[MAX];
    static int64_t took[ROUNDS];
    size_t n = load(from, said);
    struct qmp_transcript *t =
        qmp_transcript_open(to, "bench", "bench", NULL, 0, NULL);

    if (!t || !n)
        fail("nothing to record, or nowhere to");
    for (int i = 0; i < ROUNDS; i++) {
        int64_t t0 = now_ns(CLOCK_MONOTONIC);

        for (size_t j = 0; j < n; j++)
            qmp_transcript_message(t, i, "source", said[j].dir, said[j].text,
                                   said[j].len, 0, true);
        qmp_transcript_flush(t, NULL); /* now it becomes lines */
        took[i] = (now_ns(CLOCK_MONOTONIC) - t0) / (int64_t)n;
    }
    if (qmp_transcript_close(t, NULL) < 0)
        fail("cannot write");
    for (size_t j = 0; j < n; j++)
        free(said[j].text);
    qsort(took, ROUNDS, sizeof(*took), by_value);
    printf("%" PRId64 "\n", took[ROUNDS / 2]);
}

static void parse(const char *path)
{
    FILE *f = fopen(path, "r");
    struct json_tokener *tok = json_tokener_new();
    int64_t t0 = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    if (!f || !tok)
        fail("cannot read");
    while ((len = getline(&line, &room, f)) > 0) {
        struct json_object *o = json_tokener_parse_ex(tok, line, (int)len);

        if (!o)
            fail("json-c does not take it");
        json_object_put(o);
        json_tokener_reset(tok);
    }
    printf("%" PRId64 "\n", (now_ns(CLOCK_PROCESS_CPUTIME_ID) - t0) / 1000);
    json_tokener_free(tok);
    free(line);
    fclose(f);
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "record"))
        record(argv[2], argv[3]);
    else if (argc == 3 && !strcmp(argv[1], "parse"))
        parse(argv[2]);
    else
        fail("usage: dialogue record FILE OUT | dialogue parse FILE");
    return 0;
}
