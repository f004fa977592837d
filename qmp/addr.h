/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Address of a QMP monitor, as users write it:
 *
 *   unix:PATH, or a bare path that starts with "/" or "."   UNIX socket
 *   tcp:HOST:PORT, tcp:[V6]:PORT                            TCP
 *   exec:COMMAND       run by /bin/sh -c; its stdin and stdout speak QMP
 *   ssh:[USER@]HOST:PATH   the UNIX socket PATH on HOST, through ssh(1)
 *   fd:N               an inherited, connected descriptor
 */
#ifndef QMP_ADDR_H
#define QMP_ADDR_H

#include "error.h"

enum qmp_addr_kind {
    QMP_ADDR_UNIX,
    QMP_ADDR_TCP,
    QMP_ADDR_EXEC,
    QMP_ADDR_SSH,
    QMP_ADDR_FD,
};

/* Members that a kind does not use are NULL (fd: -1). */
struct qmp_addr {
    enum qmp_addr_kind kind;
    char *text;    /* as the user wrote it; for messages */
    char *path;    /* UNIX, SSH: path of the socket */
    char *host;    /* TCP: without brackets; SSH: [USER@]HOST */
    char *port;    /* TCP: number or service name */
    char *command; /* EXEC */
    int fd;        /* FD */
};

/*
 * Parse an address. *ret is filled on success (qmp_addr_clear() it later).
 * Error: QMP_ERR_INVALID_ARG, saying what is wrong and what was wanted.
 */
QMP_EXPORT int qmp_addr_parse(const char *text, struct qmp_addr *ret,
                              struct qmp_error **errp);
QMP_EXPORT void qmp_addr_clear(struct qmp_addr *addr); /* {0} is fine */

#endif
