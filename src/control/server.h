/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control socket of a running migration: a QMP server, so that any QMP
 * client can watch and steer it. It knows nothing of migrations: commands are
 * the caller's.
 *
 * Non-blocking. A client that sends nonsense is told so, one that sends a line
 * over CONTROL_MAX_LINE or does not read what it is sent is dropped; neither
 * disturbs the migration.
 */
#ifndef QMIG_CONTROL_SERVER_H
#define QMIG_CONTROL_SERVER_H

#include "qmp/error.h"

#include <poll.h>

#define CONTROL_MAX_LINE   65536
#define CONTROL_MAX_UNREAD (1 << 20)
#define CONTROL_CLIENTS    4
#define CONTROL_POLLFDS    (CONTROL_CLIENTS + 1)

struct control;

/*
 * A command: 0 and *ret (a new reference; NULL is {}), or -1 with the error:
 * QMP_ERR_UNSUPPORTED: there is no such command. `arguments` is borrowed, an
 * object or NULL.
 */
typedef int control_fn(const char *command, struct json_object *arguments,
                       struct json_object **ret, void *opaque,
                       struct qmp_error **errp);

/* Listen on DIR/control (mode 0600). */
struct control *control_open(const char *dir, const char *version,
                             control_fn *command, void *opaque,
                             struct qmp_error **errp);
/* Write what can be written, close, remove the socket. NULL is fine. */
void control_close(struct control *c);

size_t control_pollfds(const struct control *c,
                       struct pollfd fds[CONTROL_POLLFDS]);
void control_dispatch(struct control *c);

/* Tell all clients; `data` is borrowed. */
void control_event(struct control *c, const char *name,
                   struct json_object *data);

#endif
