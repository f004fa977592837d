/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include <stdarg.h>
#include <string.h>

/* There is no way to report that an error could not be reported. */
static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

static char *vformat(const char *fmt, va_list ap)
{
    char *text = NULL;

    if (vasprintf(&text, fmt, ap) < 0)
        abort();
    return text;
}

static char *format(const char *fmt, ...) PRINTF_LIKE(1, 2);
static char *format(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = vformat(fmt, ap);
    va_end(ap);
    return text;
}

static char *copy_or_null(const char *s)
{
    return s ? must(strdup(s)) : NULL;
}

/* Takes msg. */
static struct qmp_error *set_error(struct qmp_error **errp, int code, char *msg)
{
    CLEANUP(freep) char *owned = msg;

    if (!errp)
        return NULL;

    struct qmp_error *err = must(calloc(1, sizeof(*err)));
    err->code = code;
    err->msg = TAKE_PTR(owned);
    *errp = err;
    return err;
}

int qmp_fail(struct qmp_error **errp, int code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    set_error(errp, code, vformat(fmt, ap));
    va_end(ap);
    return -1;
}

int qmp_fail_sys(struct qmp_error **errp, int sys, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    CLEANUP(freep) char *what = vformat(fmt, ap);
    va_end(ap);

    struct qmp_error *err =
        set_error(errp, QMP_ERR_SYSTEM, format("%s: %s", what, strerror(sys)));
    if (err)
        err->sys = sys;
    return -1;
}

int qmp_fail_refused(struct qmp_error **errp, const char *qmp_class,
                     const char *desc, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    CLEANUP(freep) char *what = vformat(fmt, ap);
    va_end(ap);

    struct qmp_error *err =
        set_error(errp, QMP_ERR_REFUSED, format("%s: %s", what, desc));
    if (err) {
        err->qmp_class = copy_or_null(qmp_class);
        err->qmp_desc = copy_or_null(desc);
    }
    return -1;
}

int qmp_prefix(struct qmp_error **errp, const char *fmt, ...)
{
    va_list ap;

    if (!errp || !*errp)
        return -1;

    va_start(ap, fmt);
    CLEANUP(freep) char *prefix = vformat(fmt, ap);
    va_end(ap);

    char *msg = format("%s: %s", prefix, (*errp)->msg);
    free((*errp)->msg);
    (*errp)->msg = msg;
    return -1;
}

int qmp_hint(struct qmp_error **errp, const char *fmt, ...)
{
    va_list ap;

    if (!errp || !*errp)
        return -1;

    va_start(ap, fmt);
    free((*errp)->hint);
    (*errp)->hint = vformat(fmt, ap);
    va_end(ap);
    return -1;
}

struct qmp_error *qmp_error_copy(const struct qmp_error *err)
{
    if (!err)
        return NULL;

    struct qmp_error *copy = must(calloc(1, sizeof(*copy)));
    copy->code = err->code;
    copy->sys = err->sys;
    copy->qmp_class = copy_or_null(err->qmp_class);
    copy->qmp_desc = copy_or_null(err->qmp_desc);
    copy->msg = copy_or_null(err->msg);
    copy->hint = copy_or_null(err->hint);
    return copy;
}

int qmp_propagate(struct qmp_error **to, struct qmp_error *from)
{
    if (to)
        *to = from;
    else
        qmp_error_free(from);
    return -1;
}

void qmp_error_free(struct qmp_error *err)
{
    if (!err)
        return;
    free(err->qmp_class);
    free(err->qmp_desc);
    free(err->msg);
    free(err->hint);
    free(err);
}

const char *qmp_errcode_name(int code)
{
    static const char *const names[] = {
#define X(code, name, text) [QMP_ERR_##code] = name,
        QMP_ERR_MAP(X)
#undef X
    };

    if (code <= 0 || code >= (int)ARRAY_SIZE(names))
        return NULL;
    return names[code];
}
