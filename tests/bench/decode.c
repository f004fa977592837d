/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * decode FILE: a QMP line (with its end) from bytes to checked message by qmp/,
 * against json-c's own tokener on the same bytes in the same pieces, in turns.
 * Both make the objects and free them. Prints medians and the ratio; ends with
 * 1 if qmp/ takes more than 1.1 times as long.
 */
#include "qmp/message.h"
#include "qmp/wire.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define ROUNDS 201
#define PIECE  65536 /* bytes a read() of the socket gives, at most */
#define WANTED 1.1

static int64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static void fail(const char *what)
{
    fprintf(stderr, "decode: %s\n", what);
    exit(2);
}

static int64_t by_qmp(const char *bytes, size_t len)
{
    int64_t t0 = now_us();
    struct qmp_error *err = NULL;
    struct qmp_message m = {0};
    struct qmp_wire w;
    const char *text;
    size_t line, room;
    bool valid;
    int rc = 0;

    qmp_wire_init(&w, 16 << 20);
    for (size_t at = 0, n; at < len; at += n) {
        char *to = qmp_wire_room(&w, &room);

        n = len - at < PIECE ? len - at : PIECE;
        n = n < room ? n : room;
        memcpy(to, bytes + at, n);
        qmp_wire_came(&w, n);
        rc = qmp_wire_next(&w, &text, &line, &err);
    }
    if (rc != 1 || qmp_message_parse(text, line, &m, &valid, &err) < 0)
        fail(err ? err->msg : "not one line");
    qmp_message_clear(&m);
    qmp_wire_done(&w);
    return now_us() - t0;
}

static int64_t by_json_c(const char *bytes, size_t len)
{
    int64_t t0 = now_us();
    struct json_tokener *tok = json_tokener_new();
    struct json_object *o = NULL;
    char *piece = malloc(PIECE);

    /* From a buffer that was read into, as the other. */
    for (size_t at = 0, n; at < len; at += n) {
        n = len - at < PIECE ? len - at : PIECE;
        memcpy(piece, bytes + at, n);
        o = json_tokener_parse_ex(tok, piece, (int)n);
        if (o)
            break;
    }
    if (!o)
        fail("json-c does not take it");
    json_object_put(o);
    json_tokener_free(tok);
    free(piece);
    return now_us() - t0;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static int64_t ours[ROUNDS], theirs[ROUNDS];
    static char bytes[1 << 20];
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    size_t len = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
    double ratio;

    if (!len || len == sizeof(bytes))
        fail("usage: decode FILE (up to 1 MiB)");
    fclose(f);
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 2)
            ours[i] = by_qmp(bytes, len);
        theirs[i] = by_json_c(bytes, len);
        if (i % 2 == 0)
            ours[i] = by_qmp(bytes, len);
    }
    qsort(ours, ROUNDS, sizeof(*ours), by_value);
    qsort(theirs, ROUNDS, sizeof(*theirs), by_value);
    ratio = (double)ours[ROUNDS / 2] / (double)theirs[ROUNDS / 2];
    printf("%zu bytes: qmp %" PRId64 " us, json-c %" PRId64
           " us, ratio %.2f  wanted <= %.1f%s\n",
           len, ours[ROUNDS / 2], theirs[ROUNDS / 2], ratio, WANTED,
           ratio <= WANTED ? "" : "  MISSED");
    return ratio > WANTED;
}
