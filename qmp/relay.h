/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recording man in the middle: what a client says goes to the monitor and
 * back, byte for byte and with its descriptors, and each message into a
 * transcript. One client at a time, as QEMU does it; the monitor is connected
 * when a client comes. The caller's loop polls and dispatches.
 */
#ifndef QMP_RELAY_H
#define QMP_RELAY_H

#include "transcript.h"

#include <poll.h>

struct qmp_relay;

/* `t` is borrowed and outlives the relay. */
QMP_EXPORT struct qmp_relay *qmp_relay_new(struct qmp_transcript *t,
                                           const char *peer, const char *listen,
                                           const char *connect,
                                           struct qmp_error **errp);
QMP_EXPORT void qmp_relay_free(struct qmp_relay *r); /* NULL is fine */

#define QMP_RELAY_POLLFDS 2
QMP_EXPORT size_t qmp_relay_pollfds(const struct qmp_relay *r,
                                    struct pollfd fds[QMP_RELAY_POLLFDS]);

/* 0; -1: the monitor could not be connected (the client was hung up on;
 * dispatch may be called again for the next one). */
QMP_EXPORT int qmp_relay_dispatch(struct qmp_relay *r, int64_t now_us,
                                  struct qmp_error **errp);

/* Did the monitor hang up? Then QEMU has most probably ended. */
QMP_EXPORT bool qmp_relay_is_over(const struct qmp_relay *r);

#endif
