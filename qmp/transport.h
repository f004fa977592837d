/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connected, non-blocking stream to a monitor, whatever the kind of address.
 *
 * UNIX and TCP sockets are connected here. exec and ssh start a child whose
 * standard input and output are one end of a socket pair; it is the leader of
 * a process group of its own (a Ctrl-C at the terminal is for the caller, not
 * for the connection), and the last bytes of its standard error are kept for
 * error messages. The client reads and writes `fd` itself.
 *
 * TCP tries the addresses of a host one after the other. A UNIX socket whose
 * backlog is full cannot be waited for with poll(): it is tried again every
 * QMP_RETRY_US.
 */
#ifndef QMP_TRANSPORT_H
#define QMP_TRANSPORT_H

#include "addr.h"
#include "buffer.h"

#include <stdint.h>
#include <sys/types.h>

#define QMP_RETRY_US 20000

struct addrinfo;

struct qmp_transport {
    enum qmp_addr_kind kind;
    int fd;                /* the stream; -1: none */
    bool connected;        /* fd may be used */
    bool retry;            /* connecting: try again after QMP_RETRY_US */
    bool passes_fds;       /* it is a UNIX socket */
    struct addrinfo *all;  /* TCP: what the host resolved to */
    struct addrinfo *next; /* TCP: what to try when this one fails */
    char *path;            /* UNIX: for retrying */
    pid_t pid;             /* the child; 0: none, or reaped */
    int pidfd;             /* readable when it has ended; -1: none */
    int err_fd;            /* its standard error; -1: none, or at its end */
    int wait_status;       /* of the child, once reaped */
    bool reaped;
    char tail[2048]; /* its standard error's last bytes */
    size_t tail_len;
};

/* Start to connect. *t is only valid on success. */
int qmp_transport_open(struct qmp_transport *t, const struct qmp_addr *addr,
                       struct qmp_error **errp);

/* Go on connecting. 1: connected, 0: not yet, -1: QMP_ERR_CONNECT. */
int qmp_transport_connect(struct qmp_transport *t, struct qmp_error **errp);

/* Read what the child said on its standard error. */
void qmp_transport_read_stderr(struct qmp_transport *t);

/* Has the child ended? (Always true if there is none.) */
bool qmp_transport_reap(struct qmp_transport *t);

/* " (exit status 1: what it said)" of a reaped child, into out. */
void qmp_transport_explain(const struct qmp_transport *t, char *out,
                           size_t room);

/* Close everything and end the child: asked to with SIGTERM, and killed if it
 * is still there after 200 ms. */
void qmp_transport_close(struct qmp_transport *t);

#endif
