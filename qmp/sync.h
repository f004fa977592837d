/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Blocking convenience on top of qmp/client.h: open, call, wait. Handlers and
 * callbacks that run meanwhile must not free the client.
 */
#ifndef QMP_SYNC_H
#define QMP_SYNC_H

#include "client.h"

/* CLOCK_MONOTONIC in microseconds: the clock that these functions use. */
QMP_EXPORT int64_t qmp_now_us(void);

/*
 * Connect and negotiate. `o` may be NULL; its deadlines are not used:
 * timeout_us bounds the whole. When this fails, the closed handler has run if
 * anything was traced.
 */
QMP_EXPORT struct qmp_client *qmp_open(const char *addr,
                                       const struct qmp_client_options *o,
                                       int64_t timeout_us,
                                       struct qmp_error **errp);

/*
 * Send one command and wait for its answer: a new reference to the value of
 * "return", NULL on failure. `arguments` is borrowed and may be NULL.
 * Events that arrive meanwhile go to the event handler.
 */
QMP_EXPORT struct json_object *qmp_call(struct qmp_client *c,
                                        const char *execute,
                                        struct json_object *arguments,
                                        int64_t timeout_us,
                                        struct qmp_error **errp);

/*
 * Dispatch until `stop` is true (it is looked at after each step), the
 * connection is lost (its error, QMP_ERR_CLOSED after qmp_client_close()) or
 * time is up (QMP_ERR_TIMEOUT).
 */
QMP_EXPORT int qmp_run(struct qmp_client *c, const bool *stop,
                       int64_t timeout_us, struct qmp_error **errp);

#endif
