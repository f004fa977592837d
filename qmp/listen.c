/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listen.h"
#include "addr.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static int listen_unix(const char *path, struct qmp_error **errp)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    CLEANUP(closep)
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    memcpy(sun.sun_path, path, strlen(path) + 1);
    if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
        listen(fd, 1) < 0)
        return qmp_fail_sys(errp, errno, "cannot listen on '%s'", path);
    return TAKE_FD(fd);
}

static int listen_tcp(const struct qmp_addr *a, struct qmp_error **errp)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE};
    struct addrinfo *all = NULL;
    int on = 1;
    int rc = getaddrinfo(a->host, a->port, &hints, &all);

    if (rc)
        return qmp_fail(errp, QMP_ERR_CONNECT, "cannot resolve '%s': %s",
                        a->text, gai_strerror(rc));
    CLEANUP(closep)
    int fd =
        socket(all->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd < 0 || bind(fd, all->ai_addr, all->ai_addrlen) < 0 ||
        listen(fd, 1) < 0) {
        int sys = errno;

        freeaddrinfo(all);
        return qmp_fail_sys(errp, sys, "cannot listen on '%s'", a->text);
    }
    freeaddrinfo(all);
    return TAKE_FD(fd);
}

int qmp_listen(const char *addr, char **path, struct qmp_error **errp)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr a = {.fd = -1};
    int fd;

    if (qmp_addr_parse(addr, &a, errp) < 0)
        return -1;
    *path = NULL;
    if (a.kind == QMP_ADDR_TCP)
        return listen_tcp(&a, errp);
    if (a.kind != QMP_ADDR_UNIX)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG,
                        "cannot listen on '%s': unix:PATH or tcp:HOST:PORT "
                        "wanted",
                        addr);
    fd = listen_unix(a.path, errp);
    if (fd >= 0)
        *path = TAKE_PTR(a.path);
    return fd;
}
