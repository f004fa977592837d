/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire.h"

#include <string.h>

/* What a read may bring at once, at least. */
#define READ_SIZE ((size_t)16384)

/* Memory that is kept between messages. */
#define KEEP_SIZE ((size_t)65536)

void qmp_wire_init(struct qmp_wire *w, size_t max_line)
{
    *w = (struct qmp_wire){.max = max_line};
}

void qmp_wire_done(struct qmp_wire *w)
{
    qmp_buffer_done(&w->in);
    w->scanned = 0;
}

char *qmp_wire_room(struct qmp_wire *w, size_t *room)
{
    if (!qmp_buffer_len(&w->in))
        qmp_buffer_clear(&w->in, KEEP_SIZE);
    if (qmp_buffer_reserve(&w->in, READ_SIZE) < 0)
        return NULL;
    *room = w->in.cap - w->in.end;
    return w->in.base + w->in.end;
}

void qmp_wire_came(struct qmp_wire *w, size_t len)
{
    w->in.end += len;
}

static bool is_blank(const char *p, size_t len)
{
    while (len && (*p == ' ' || *p == '\t' || *p == '\r')) {
        p++;
        len--;
    }
    return !len;
}

int qmp_wire_next(struct qmp_wire *w, const char **text, size_t *len,
                  struct qmp_error **errp)
{
    for (;;) {
        size_t have = qmp_buffer_len(&w->in);
        const char *base = have ? qmp_buffer_data(&w->in) : NULL;
        const char *lf = have > w->scanned ? memchr(base + w->scanned, '\n',
                                                    have - w->scanned)
                                           : NULL;
        size_t line = lf ? (size_t)(lf - base) : have;

        if (line && base[line - 1] == '\r' ? line - 1 > w->max : line > w->max)
            return qmp_fail(errp, QMP_ERR_TOO_LARGE,
                            "a message of more than %zu bytes", w->max);
        if (!lf) {
            w->scanned = have;
            return 0;
        }

        w->scanned = 0;
        w->ends++;
        w->in.start += line + 1;
        if (w->in.start == w->in.end)
            w->in.start = w->in.end = 0;
        if (line && base[line - 1] == '\r')
            line--;
        if (is_blank(base, line))
            continue;
        w->lines++;
        *text = base;
        *len = line;
        return 1;
    }
}

size_t qmp_wire_rest(const struct qmp_wire *w)
{
    return qmp_buffer_len(&w->in);
}
