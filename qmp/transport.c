/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport.h"
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int connect_failed(struct qmp_error **errp, int sys)
{
    qmp_fail(errp, QMP_ERR_CONNECT, "cannot connect: %s", strerror(sys));
    if (errp && *errp)
        (*errp)->sys = sys;
    return -1;
}

/* connect() without waiting: 0 if it is done, else errno. */
static int start_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
    while (connect(fd, sa, len) < 0) {
        if (errno != EINTR)
            return errno;
    }
    return 0;
}

static int connect_unix(struct qmp_transport *t, struct qmp_error **errp)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int sys;

    if (t->fd < 0)
        t->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (t->fd < 0)
        return qmp_fail_sys(errp, errno, "cannot make a socket");
    memcpy(sun.sun_path, t->path, strlen(t->path) + 1);
    sys = start_connect(t->fd, (struct sockaddr *)&sun, sizeof(sun));
    t->retry = sys == EAGAIN;
    t->connected = !sys;
    if (sys && !t->retry)
        return connect_failed(errp, sys);
    return t->connected;
}

static void tune_tcp(int fd)
{
    int on = 1;

    /* Neither is needed for the dialogue to be right. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* Try the addresses that are left until one is connected or on its way.
 * `sys` is why the one before failed. */
static int connect_tcp(struct qmp_transport *t, int sys,
                       struct qmp_error **errp)
{
    while (t->next) {
        struct addrinfo *ai = t->next;

        t->next = ai->ai_next;
        if (t->fd >= 0)
            close(t->fd);
        t->fd = socket(ai->ai_family,
                       ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                       ai->ai_protocol);
        if (t->fd < 0) {
            sys = errno;
            continue;
        }
        tune_tcp(t->fd);
        sys = start_connect(t->fd, ai->ai_addr, ai->ai_addrlen);
        if (!sys) {
            t->connected = true;
            return 1;
        }
        if (sys == EINPROGRESS)
            return 0;
    }
    return connect_failed(errp, sys);
}

static int open_unix(struct qmp_transport *t, const struct qmp_addr *addr,
                     struct qmp_error **errp)
{
    t->passes_fds = true;
    t->path = strdup(addr->path);
    if (!t->path)
        return qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a path");
    return connect_unix(t, errp);
}

static int open_tcp(struct qmp_transport *t, const struct qmp_addr *addr,
                    struct qmp_error **errp)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int rc = getaddrinfo(addr->host, addr->port, &hints, &t->all);

    if (rc)
        return qmp_fail(errp, QMP_ERR_CONNECT,
                        "cannot resolve '%s' port '%s': %s", addr->host,
                        addr->port,
                        rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
    t->next = t->all;
    return connect_tcp(t, EADDRNOTAVAIL, errp);
}

static int open_fd(struct qmp_transport *t, const struct qmp_addr *addr,
                   struct qmp_error **errp)
{
    struct stat st;
    struct sockaddr_storage peer;
    socklen_t len = sizeof(peer);
    int flags = fcntl(addr->fd, F_GETFL);

    if (flags < 0 || fstat(addr->fd, &st) < 0)
        return qmp_fail(errp, QMP_ERR_CONNECT, "descriptor %d is not open",
                        addr->fd);
    if (!S_ISSOCK(st.st_mode))
        return qmp_fail(errp, QMP_ERR_CONNECT, "descriptor %d is not a socket",
                        addr->fd);
    if (getpeername(addr->fd, (struct sockaddr *)&peer, &len) < 0)
        return connect_failed(errp, errno);
    if (fcntl(addr->fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(addr->fd, F_SETFD, FD_CLOEXEC) < 0)
        return qmp_fail_sys(errp, errno, "cannot prepare descriptor %d",
                            addr->fd);
    t->passes_fds = peer.ss_family == AF_UNIX;
    t->fd = addr->fd;
    t->connected = true;
    return 1;
}

static int open_child(struct qmp_transport *t, const struct qmp_addr *addr,
                      struct qmp_error **errp)
{
    struct qmp_child child;
    int rc = addr->kind == QMP_ADDR_SSH
                 ? qmp_child_ssh(&child, addr->host, addr->path, errp)
                 : qmp_child_exec(&child, addr->command, errp);

    if (rc < 0)
        return -1;
    t->fd = child.fd;
    t->err_fd = child.err_fd;
    t->pid = child.pid;
    t->pidfd = child.pidfd;
    t->connected = true;
    return 1;
}

int qmp_transport_open(struct qmp_transport *t, const struct qmp_addr *addr,
                       struct qmp_error **errp)
{
    int rc = -1;

    *t = (struct qmp_transport){
        .kind = addr->kind, .fd = -1, .pidfd = -1, .err_fd = -1};
    switch (addr->kind) {
    case QMP_ADDR_UNIX:
        rc = open_unix(t, addr, errp);
        break;
    case QMP_ADDR_TCP:
        rc = open_tcp(t, addr, errp);
        break;
    case QMP_ADDR_EXEC:
    case QMP_ADDR_SSH:
        rc = open_child(t, addr, errp);
        break;
    case QMP_ADDR_FD:
        rc = open_fd(t, addr, errp);
        break;
    }
    if (rc < 0)
        qmp_transport_close(t);
    return rc < 0 ? -1 : 0;
}

int qmp_transport_connect(struct qmp_transport *t, struct qmp_error **errp)
{
    struct pollfd p = {.fd = t->fd, .events = POLLOUT};
    int sys = 0;
    socklen_t len = sizeof(sys);

    if (t->connected)
        return 1;
    if (t->kind == QMP_ADDR_UNIX)
        return connect_unix(t, errp);
    if (poll(&p, 1, 0) <= 0)
        return 0;
    if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &sys, &len) < 0)
        sys = errno;
    if (sys)
        return connect_tcp(t, sys, errp);
    t->connected = true;
    return 1;
}

/* Keep the last bytes: new ones push out the oldest. */
static void keep_tail(struct qmp_transport *t, const char *text, size_t len)
{
    size_t room = sizeof(t->tail);

    if (len >= room) {
        memcpy(t->tail, text + len - room, room);
        t->tail_len = room;
        return;
    }
    if (t->tail_len + len > room) {
        size_t drop = t->tail_len + len - room;

        memmove(t->tail, t->tail + drop, t->tail_len - drop);
        t->tail_len -= drop;
    }
    memcpy(t->tail + t->tail_len, text, len);
    t->tail_len += len;
}

void qmp_transport_read_stderr(struct qmp_transport *t)
{
    char text[4096];

    /* A child that never stops talking gets its turn again later. */
    for (int turns = 0; t->err_fd >= 0 && turns < 16; turns++) {
        ssize_t n = read(t->err_fd, text, sizeof(text));

        if (n > 0) {
            keep_tail(t, text, (size_t)n);
        } else if (!n || (errno != EAGAIN && errno != EINTR)) {
            close(t->err_fd);
            t->err_fd = -1;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

bool qmp_transport_reap(struct qmp_transport *t)
{
    if (t->pid && qmp_child_reap(t->pid, &t->wait_status)) {
        t->pid = 0;
        t->reaped = true;
    }
    return !t->pid;
}

void qmp_transport_explain(const struct qmp_transport *t, char *out,
                           size_t room)
{
    char status[64] = "";
    char said[400] = "";

    *out = 0;
    if (t->kind != QMP_ADDR_EXEC && t->kind != QMP_ADDR_SSH)
        return;
    if (t->reaped)
        qmp_child_status(t->wait_status, status, sizeof(status));
    else
        snprintf(status, sizeof(status), "still running");
    qmp_child_last_words(t->tail, t->tail_len, said, sizeof(said));
    snprintf(out, room, " (%s %s%s%s)",
             t->kind == QMP_ADDR_SSH ? "ssh" : "command", status,
             *said ? ": " : "", said);
}

void qmp_transport_close(struct qmp_transport *t)
{
    if (t->fd >= 0)
        close(t->fd);
    if (t->pid)
        qmp_child_end(t->pid, t->pidfd);
    if (t->pidfd >= 0)
        close(t->pidfd);
    if (t->err_fd >= 0)
        close(t->err_fd);
    if (t->all)
        freeaddrinfo(t->all);
    free(t->path);
    *t = (struct qmp_transport){
        .kind = t->kind, .fd = -1, .pidfd = -1, .err_fd = -1};
}
