/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define FIRST_CAPACITY ((size_t)4096)

int qmp_buffer_reserve(struct qmp_buffer *b, size_t more)
{
    size_t len = qmp_buffer_len(b);

    if (b->cap - b->end >= more && (!b->max || b->max - len >= more))
        return 0;
    if (more > SIZE_MAX / 4 - len || (b->max && len + more > b->max)) {
        errno = E2BIG;
        return -1;
    }

    /* Moving pays only if it frees half of the room, else it may be done for
     * each byte. */
    if (b->start >= len && b->cap - len >= more) {
        if (len)
            memmove(b->base, qmp_buffer_data(b), len);
        b->start = 0;
        b->end = len;
        return 0;
    }

    size_t cap = b->cap ? b->cap : FIRST_CAPACITY;
    while (cap < len + more)
        cap *= 2;
    if (cap == b->cap)
        cap *= 2;

    char *base = malloc(cap);
    if (!base) {
        errno = ENOMEM;
        return -1;
    }
    if (len)
        memcpy(base, qmp_buffer_data(b), len);
    free(b->base);
    b->base = base;
    b->start = 0;
    b->end = len;
    b->cap = cap;
    return 0;
}

int qmp_buffer_printf(struct qmp_buffer *b, const char *fmt, ...)
{
    va_list ap;
    char text[256];

    va_start(ap, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (len < 0)
        return -1;
    if ((size_t)len < sizeof(text))
        return qmp_buffer_append(b, text, (size_t)len);

    if (qmp_buffer_reserve(b, (size_t)len + 1) < 0)
        return -1;
    va_start(ap, fmt);
    vsnprintf(b->base + b->end, (size_t)len + 1, fmt, ap);
    va_end(ap);
    b->end += (size_t)len;
    return 0;
}

int qmp_buffer_put_int(struct qmp_buffer *b, int64_t n)
{
    uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
    char text[24];
    char *at = text + sizeof(text);

    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (n < 0)
        *--at = '-';
    return qmp_buffer_append(b, at, (size_t)(text + sizeof(text) - at));
}

/* May the byte stand in a JSON string as it is? */
static bool is_itself(unsigned char c, bool bytes)
{
    return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f &&
           (c < 0x80 || !bytes);
}

static int put_escaped(struct qmp_buffer *b, unsigned char c)
{
    switch (c) {
    case '"':
        return qmp_buffer_puts(b, "\\\"");
    case '\\':
        return qmp_buffer_puts(b, "\\\\");
    case '\n':
        return qmp_buffer_puts(b, "\\n");
    case '\r':
        return qmp_buffer_puts(b, "\\r");
    case '\t':
        return qmp_buffer_puts(b, "\\t");
    }
    return qmp_buffer_printf(b, "\\u%04x", c);
}

int qmp_buffer_put_json(struct qmp_buffer *b, const char *text, size_t len,
                        bool bytes)
{
    if (qmp_buffer_append(b, "\"", 1) < 0)
        return -1;
    for (size_t i = 0; i < len; i++) {
        size_t plain = i; /* start of what can be copied as it is */

        while (i < len && is_itself((unsigned char)text[i], bytes))
            i++;
        if (qmp_buffer_append(b, text + plain, i - plain) < 0 ||
            (i < len && put_escaped(b, (unsigned char)text[i]) < 0))
            return -1;
    }
    return qmp_buffer_append(b, "\"", 1);
}

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f;
}

char *qmp_printable(char *out, size_t room, const char *text, size_t len)
{
    size_t need = 1;
    size_t n = 0;

    for (size_t i = 0; i < len && need <= room; i++)
        need += is_plain(text[i]) ? 1 : 4;

    bool cut = need > room;
    size_t limit = cut ? (room > 4 ? room - 4 : 0) : room - 1;
    for (size_t i = 0; i < len && n + (is_plain(text[i]) ? 1 : 4) <= limit; i++)
        if (is_plain(text[i]))
            out[n++] = text[i];
        else
            n += (size_t)snprintf(out + n, room - n, "\\x%02x",
                                  (unsigned char)text[i]);
    snprintf(out + n, room - n, "%s", cut ? "..." : "");
    return out;
}

void qmp_buffer_consume(struct qmp_buffer *b, size_t len)
{
    b->start += len;
    if (b->start == b->end)
        b->start = b->end = 0;
}

void qmp_buffer_clear(struct qmp_buffer *b, size_t keep)
{
    b->start = b->end = 0;
    if (b->cap > keep) {
        free(b->base);
        b->base = NULL;
        b->cap = 0;
    }
}

void qmp_buffer_done(struct qmp_buffer *b)
{
    qmp_buffer_clear(b, 0);
}
