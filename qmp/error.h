/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one error type of the whole project. It is carried up and printed once,
 * by the program; the libraries never print and never exit.
 *
 * Functions that can fail take `struct qmp_error **errp` as last argument.
 * They return -1 (int) or NULL (pointer) and set *errp exactly once; on
 * success *errp and, on failure, all outputs are left untouched. A NULL errp
 * means that the caller is not interested.
 */
#ifndef QMP_ERROR_H
#define QMP_ERROR_H

#include "macros.h"

/*
 * X(code, stable name, text). The name is what users and scripts see and
 * never changes. Codes of the layers above start at QMP_ERR_LAST
 * (src/error/errcode.h).
 */
/* clang-format off */
#define QMP_ERR_MAP(X)                                                         \
    X(INVALID_ARG, "invalid-argument", "invalid argument")                     \
    X(SYSTEM,      "system",           "system call failed")                   \
    X(NOMEM,       "no-memory",        "out of memory")                        \
    X(CONNECT,     "qmp.connect",      "cannot connect to the monitor")        \
    X(NO_GREETING, "qmp.no-greeting",  "no greeting: another client may hold the monitor") \
    X(NOT_QMP,     "qmp.not-qmp",      "not a QMP server")                     \
    X(PROTOCOL,    "qmp.protocol",     "QMP protocol violation")               \
    X(TOO_LARGE,   "qmp.too-large",    "QMP message too large")                \
    X(REFUSED,     "qmp.refused",      "QEMU refused the command")             \
    X(TIMEOUT,     "qmp.timeout",      "timed out")                            \
    X(CANCELLED,   "qmp.cancelled",    "cancelled")                            \
    X(CLOSED,      "qmp.closed",       "connection lost")                      \
    X(UNSUPPORTED, "unsupported",      "not supported")                        \
    X(TRANSCRIPT,  "transcript",       "bad transcript")
/* clang-format on */

enum qmp_errcode {
    QMP_ERR_NONE = 0,
#define X(code, name, text) QMP_ERR_##code,
    QMP_ERR_MAP(X)
#undef X
        QMP_ERR_LAST = 100 /* first code of the layer above */
};

struct qmp_error {
    int code;        /* enum qmp_errcode, or a code of the layer above;
                        callers branch on this, never on msg */
    int sys;         /* errno, 0 when there is none */
    char *qmp_class; /* QEMU's error class when code is QMP_ERR_REFUSED */
    char *qmp_desc;  /* QEMU's error text then */
    char *msg;       /* one line, no final dot or newline; never NULL */
    char *hint;      /* what to do about it, or NULL */
};

/*
 * Set *errp and return -1. `errno` is not looked at; see qmp_fail_sys().
 * Formatting an error may abort() when there is no memory for it.
 */
QMP_EXPORT int qmp_fail(struct qmp_error **errp, int code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* As qmp_fail() with QMP_ERR_SYSTEM: adds ": strerror(sys)" and stores sys. */
QMP_EXPORT int qmp_fail_sys(struct qmp_error **errp, int sys, const char *fmt,
                            ...) PRINTF_LIKE(3, 4);

/* As qmp_fail() with QMP_ERR_REFUSED: stores QEMU's class and text and adds
 * ": desc". */
QMP_EXPORT int qmp_fail_refused(struct qmp_error **errp, const char *qmp_class,
                                const char *desc, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Put "text: " before the message of *errp (if there is one); returns -1. */
QMP_EXPORT int qmp_prefix(struct qmp_error **errp, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* Replace the hint of *errp (if there is an error); returns -1. */
QMP_EXPORT int qmp_hint(struct qmp_error **errp, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* A deep copy; NULL for NULL. The caller frees it. */
QMP_EXPORT struct qmp_error *qmp_error_copy(const struct qmp_error *err);

/* Move *from into *to if the caller wants it, else free it. Returns -1. */
QMP_EXPORT int qmp_propagate(struct qmp_error **to, struct qmp_error *from);

QMP_EXPORT void qmp_error_free(struct qmp_error *err); /* NULL is fine */

/* Stable name of a code below QMP_ERR_LAST ("qmp.timeout"), NULL if unknown. */
QMP_EXPORT const char *qmp_errcode_name(int code);

static inline void qmp_error_freep(struct qmp_error **err)
{
    qmp_error_free(*err);
}

#endif
