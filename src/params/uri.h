/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Migration URIs: what users write in migrate_uri (libvirt's forms) and what
 * QEMU wants on each side.
 */
#ifndef QMIG_URI_H
#define QMIG_URI_H

#include "qmp/error.h"

#include <stdbool.h>

enum uri_kind { URI_TCP, URI_UNIX, URI_RDMA, URI_EXEC, URI_FD };

/* What a descriptor that is passed to a QEMU is called there. */
#define URI_FDNAME "qmigrate"

struct migrate_uri {
    enum uri_kind kind;
    char *host;    /* tcp, rdma: without brackets */
    int port;      /* tcp, rdma: 0 if not given (the destination chooses) */
    char *path;    /* unix */
    char *command; /* exec: run by QEMU, with /bin/sh -c */
    int fd;        /* fd: the descriptor's number in this process */
    bool passed;   /* tcp, unix: we connect, and pass the descriptor */
};

/*
 * Accepts tcp://HOST[:PORT], tcp:HOST[:PORT] (no slashes), unix:PATH,
 * unix:///PATH, rdma://HOST[:PORT]; V6 addresses in brackets; and what libvirt
 * has not: exec:COMMAND, fd:N (an inherited, connected descriptor), and fd:
 * before one of the first two forms (we connect there). Error QMIG_ERR_URI with
 * what was found and what is wanted.
 */
int migrate_uri_parse(const char *text, struct migrate_uri *ret,
                      struct qmp_error **errp);
void migrate_uri_clear(struct migrate_uri *uri); /* {0} is fine */

/* "tcp:HOST:PORT" with the brackets that an IPv6 address needs, "unix:PATH",
 * "rdma:HOST:PORT", "exec:COMMAND", "fd:qmigrate": the form of QEMU's `uri`
 * argument. NULL: no memory. */
char *migrate_uri_text(const struct migrate_uri *uri);

#endif
