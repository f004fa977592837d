/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What QEMU can say: greeting, reply, error, event. A line is parsed and its
 * known members are checked here, once; unknown members are ignored.
 */
#ifndef QMP_MESSAGE_H
#define QMP_MESSAGE_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

enum qmp_message_kind {
    QMP_MSG_GREETING,
    QMP_MSG_RETURN,
    QMP_MSG_ERROR,
    QMP_MSG_EVENT,
};

/* Members that a kind does not have are NULL or 0. All are borrowed from
 * `object`, which is owned. */
struct qmp_message {
    enum qmp_message_kind kind;
    struct json_object *object; /* the whole */
    struct json_object *value;  /* greeting: "QMP"; return: "return" */
    struct json_object *data;   /* event: NULL if it has none */
    struct json_object *id;     /* return, error; NULL: none */
    const char *event;          /* its name */
    const char *error_class;    /* error */
    const char *error_desc;     /* error */
    int64_t qemu_us;            /* event: QEMU's wall clock, 0: unknown */
    bool oob;                   /* greeting: "oob" is offered */
};

/* QMP_ERR_PROTOCOL, QMP_ERR_TOO_LARGE or QMP_ERR_NOMEM. *valid (set on failure
 * too): the text is JSON, whatever it means. */
int qmp_message_parse(const char *text, size_t len, struct qmp_message *ret,
                      bool *valid, struct qmp_error **errp);
void qmp_message_clear(struct qmp_message *m); /* {0} is fine */

#endif
