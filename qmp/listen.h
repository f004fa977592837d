/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listening where a monitor would: unix:PATH or tcp:HOST:PORT. */
#ifndef QMP_LISTEN_H
#define QMP_LISTEN_H

#include "error.h"

/* A non-blocking listening socket. *path is set to the path that the caller
 * unlinks and frees at the end, NULL for TCP. */
int qmp_listen(const char *addr, char **path, struct qmp_error **errp);

#endif
