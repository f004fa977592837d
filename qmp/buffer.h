/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A growing run of bytes with a limit. Bytes are appended at the end and
 * consumed at the front; the capacity is doubled, so that appending costs a
 * constant time per byte however it is cut.
 */
#ifndef QMP_BUFFER_H
#define QMP_BUFFER_H

#include "macros.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* {0} is an empty buffer without limit. */
struct qmp_buffer {
    char *base;
    size_t start; /* bytes before it were consumed */
    size_t end;   /* bytes base[start..end) are the content */
    size_t cap;
    size_t max; /* bytes that the content may have; 0: no limit */
};

static inline char *qmp_buffer_data(const struct qmp_buffer *b)
{
    return b->base + b->start;
}

static inline size_t qmp_buffer_len(const struct qmp_buffer *b)
{
    return b->end - b->start;
}

/*
 * Room for at least `more` bytes at base + end. -1: over the limit, or no
 * memory (then errno is ENOMEM; else E2BIG). May move the content.
 */
int qmp_buffer_reserve(struct qmp_buffer *b, size_t more);

/* 0, or -1 as qmp_buffer_reserve(). Inline, for most that is appended is a few
 * bytes between two values. */
static inline int qmp_buffer_append(struct qmp_buffer *b, const void *data,
                                    size_t len)
{
    if (!len)
        return 0;
    if ((b->cap - b->end < len || b->max) && qmp_buffer_reserve(b, len) < 0)
        return -1;
    memcpy(b->base + b->end, data, len);
    b->end += len;
    return 0;
}

static inline int qmp_buffer_puts(struct qmp_buffer *b, const char *s)
{
    return qmp_buffer_append(b, s, strlen(s));
}

int qmp_buffer_printf(struct qmp_buffer *b, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* As printf's %lld, in a fifth of its time. */
int qmp_buffer_put_int(struct qmp_buffer *b, int64_t n);

/* Append text as a JSON string with its quotes. Bytes that are no UTF-8 are
 * taken as Latin-1 if `bytes` is set: each byte becomes one character. */
int qmp_buffer_put_json(struct qmp_buffer *b, const char *text, size_t len,
                        bool bytes);

/* Append a JSON value as text on one line. -1 as qmp_buffer_reserve(). */
int qmp_buffer_put_value(struct qmp_buffer *b, struct json_object *o);

/*
 * Foreign text for a message to people: bytes other than printable ASCII
 * become "\\xNN", and what does not fit is cut with "...". Returns out.
 */
char *qmp_printable(char *out, size_t room, const char *text, size_t len);

void qmp_buffer_consume(struct qmp_buffer *b, size_t len);

/* Drop the content; give the memory back if there is more than `keep`. */
void qmp_buffer_clear(struct qmp_buffer *b, size_t keep);
void qmp_buffer_done(struct qmp_buffer *b);

#endif
