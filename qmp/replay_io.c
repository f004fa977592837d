/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets of a replay. */
#include "listen.h"
#include "replay_priv.h"
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define MAX_LINE ((size_t)16 << 20)

static struct replay_peer *find(struct qmp_replay *r, const char *name,
                                struct qmp_error **errp)
{
    for (size_t i = 0; i < r->n_peers; i++)
        if (!strcmp(r->peers[i].name, name))
            return &r->peers[i];
    qmp_fail(errp, QMP_ERR_INVALID_ARG, "the transcript has no peer '%s'",
             name);
    return NULL;
}

int qmp_replay_listen(struct qmp_replay *r, const char *peer, const char *addr,
                      struct qmp_error **errp)
{
    struct replay_peer *p = find(r, peer, errp);

    if (!p)
        return -1;
    if (p->listener >= 0)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG, "'%s' listens already",
                        peer);
    p->listener = qmp_listen(addr, &p->unlink_path, errp);
    return p->listener < 0 ? -1 : 0;
}

static int take_connection(struct replay_peer *p, int fd,
                           struct qmp_error **errp)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return qmp_fail_sys(errp, errno, "cannot use descriptor %d", fd);
    qmp_wire_done(&p->wire);
    qmp_wire_init(&p->wire, MAX_LINE);
    qmp_buffer_clear(&p->out, 0);
    p->fd = fd;
    p->greeted = p->hang_up = p->shut = p->closed = false;
    return 0;
}

int qmp_replay_attach(struct qmp_replay *r, const char *peer, int fd,
                      struct qmp_error **errp)
{
    struct replay_peer *p = find(r, peer, errp);

    if (!p)
        return -1;
    if (p->fd >= 0)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG, "'%s' is connected already",
                        peer);
    return take_connection(p, fd, errp);
}

static void drop(struct replay_peer *p)
{
    close(p->fd);
    p->fd = -1;
    p->closed = true;
}

void replay_say(struct qmp_replay *r, size_t peer, const char *text, size_t len)
{
    struct replay_peer *p = &r->peers[peer];
    bool ends = len && text[len - 1] == '\n';

    if (p->fd < 0 || p->hang_up)
        return;
    if (qmp_buffer_append(&p->out, text, len) < 0 ||
        (!ends && qmp_buffer_puts(&p->out, "\r\n") < 0))
        replay_fail(r, "no memory for what %s says", p->name);
}

void replay_hang_up(struct qmp_replay *r, size_t peer)
{
    r->peers[peer].hang_up = true;
}

static void write_out(struct qmp_replay *r, size_t peer)
{
    struct replay_peer *p = &r->peers[peer];

    while (p->fd >= 0 && qmp_buffer_len(&p->out)) {
        ssize_t n = send(p->fd, qmp_buffer_data(&p->out),
                         qmp_buffer_len(&p->out), MSG_NOSIGNAL);

        if (n > 0) {
            qmp_buffer_consume(&p->out, (size_t)n);
        } else if (n < 0 && errno == EAGAIN) {
            return;
        } else if (n < 0 && errno != EINTR) {
            qmp_buffer_clear(&p->out, 0); /* the read will find the end */
        }
    }
    /* Closed when the client closes its end: then it has noticed. */
    if (p->fd >= 0 && p->hang_up && !p->shut) {
        p->shut = true;
        (void)shutdown(p->fd, SHUT_WR);
    }
}

bool replay_was_read(struct qmp_replay *r, size_t peer)
{
    struct replay_peer *p = &r->peers[peer];
    int unread = 0;

    if (p->fd < 0)
        return true;
    if (p->hang_up || qmp_buffer_len(&p->out))
        return false;
    return ioctl(p->fd, SIOCOUTQ, &unread) < 0 || !unread;
}

/* What came with SCM_RIGHTS is not needed. */
static void close_fds(struct msghdr *msg)
{
    for (struct cmsghdr *cm = CMSG_FIRSTHDR(msg); cm;
         cm = CMSG_NXTHDR(msg, cm)) {
        if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; at + CMSG_LEN(0) < cm->cmsg_len;
             at += sizeof(int)) {
            int fd;

            memcpy(&fd, CMSG_DATA(cm) + at, sizeof(fd));
            close(fd);
        }
    }
}

static ssize_t receive(struct replay_peer *p)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(253 * sizeof(int))];
    } control;
    struct iovec iov;
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof(control)};
    ssize_t n;

    iov.iov_base = qmp_wire_room(&p->wire, &iov.iov_len);
    if (!iov.iov_base) {
        errno = ENOMEM;
        return -1;
    }
    n = recvmsg(p->fd, &msg, MSG_CMSG_CLOEXEC);
    if (n > 0) {
        close_fds(&msg);
        qmp_wire_came(&p->wire, (size_t)n);
    }
    return n;
}

static void hear_lines(struct qmp_replay *r, size_t peer, int64_t now_us)
{
    struct qmp_error *err = NULL;
    const char *text;
    size_t len;
    int rc;

    while ((rc = qmp_wire_next(&r->peers[peer].wire, &text, &len, &err)) > 0 &&
           r->state == QMP_REPLAY_RUNNING) {
        replay_hear(r, peer, text, len);
        r->active_us = now_us;
    }
    if (rc < 0) {
        replay_fail(r, "%s was sent %s", r->peers[peer].name, err->msg);
        qmp_error_free(err);
    }
}

static void read_in(struct qmp_replay *r, size_t peer, int64_t now_us)
{
    struct replay_peer *p = &r->peers[peer];

    while (p->fd >= 0 && r->state == QMP_REPLAY_RUNNING) {
        ssize_t n = receive(p);

        if (n > 0) {
            hear_lines(r, peer, now_us);
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno == EAGAIN) {
            return;
        } else {
            drop(p);
            replay_lost(r, peer);
        }
    }
}

static void accept_one(struct qmp_replay *r, size_t peer, int64_t now_us)
{
    struct replay_peer *p = &r->peers[peer];
    int fd;

    if (p->listener < 0 || p->fd >= 0)
        return;
    fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (take_connection(p, fd, NULL) < 0)
        close(fd);
    r->active_us = now_us;
}

size_t qmp_replay_pollfds(const struct qmp_replay *r,
                          struct pollfd fds[QMP_REPLAY_POLLFDS])
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_peers; i++) {
        const struct replay_peer *p = &r->peers[i];
        short out = qmp_buffer_len(&p->out) ? POLLOUT : 0;

        if (p->fd >= 0)
            fds[n++] =
                (struct pollfd){.fd = p->fd, .events = (short)(POLLIN | out)};
        else if (p->listener >= 0)
            fds[n++] = (struct pollfd){.fd = p->listener, .events = POLLIN};
    }
    return n;
}

int64_t qmp_replay_deadline(const struct qmp_replay *r)
{
    int64_t at = r->due_us ? r->due_us : -1;

    if (r->look_us && (at < 0 || r->look_us > at))
        at = r->look_us;

    if (r->o.stall_us && r->active_us &&
        (at < 0 || r->active_us + r->o.stall_us < at))
        at = r->active_us + r->o.stall_us;
    return at;
}

/* Nothing came for too long: what is it that is waited for? */
static void stalled(struct qmp_replay *r)
{
    bool oob;

    for (size_t i = r->next; i < r->n_steps; i++) {
        const struct step *s = &r->steps[i];

        if (s->kind == STEP_COMMAND && !s->heard && !s->skipped) {
            replay_fail(r,
                        "line %" PRIu64 ", %s: '%s' was recorded, nothing "
                        "came for %" PRId64 " ms",
                        s->line, r->peers[s->peer].name,
                        replay_command(s->msg, &oob), r->o.stall_us / 1000);
            return;
        }
    }
    replay_fail(
        r, "all was said, but the connection was not closed for %" PRId64 " ms",
        r->o.stall_us / 1000);
}

void qmp_replay_dispatch(struct qmp_replay *r, int64_t now_us)
{
    bool connected = false;

    if (r->state != QMP_REPLAY_RUNNING)
        return;
    for (size_t i = 0; i < r->n_peers; i++) {
        accept_one(r, i, now_us);
        connected |= r->peers[i].fd >= 0;
    }
    if (connected && !r->start_us) {
        r->start_us = now_us;
        r->active_us = now_us;
    }
    for (size_t i = 0; i < r->n_peers; i++)
        read_in(r, i, now_us);
    /* What was written may be what the next step waits for. */
    for (int turn = 0; turn < 2; turn++) {
        replay_go_on(r, now_us);
        for (size_t i = 0; i < r->n_peers; i++)
            write_out(r, i);
    }
    if (r->state == QMP_REPLAY_RUNNING && r->o.stall_us && r->start_us &&
        now_us >= r->active_us + r->o.stall_us)
        stalled(r);
    if (r->state == QMP_REPLAY_FAILED)
        for (size_t i = 0; i < r->n_peers; i++)
            if (r->peers[i].fd >= 0)
                drop(&r->peers[i]);
}

int qmp_replay_run(struct qmp_replay *r, struct qmp_error **errp)
{
    for (;;) {
        struct pollfd fds[QMP_REPLAY_POLLFDS];
        int64_t now = qmp_now_us();
        struct timespec ts;
        size_t n;
        int64_t at;

        qmp_replay_dispatch(r, now);
        if (r->state == QMP_REPLAY_DONE)
            return 0;
        if (r->state == QMP_REPLAY_FAILED)
            return qmp_propagate(errp, qmp_error_copy(r->err));
        n = qmp_replay_pollfds(r, fds);
        at = qmp_replay_deadline(r);
        at = at < 0 ? 0 : at < now ? 0 : at - now;
        ts = (struct timespec){.tv_sec = at / 1000000,
                               .tv_nsec = at % 1000000 * 1000};
        if (ppoll(fds, n, qmp_replay_deadline(r) < 0 ? NULL : &ts, NULL) < 0 &&
            errno != EINTR)
            return qmp_fail_sys(errp, errno, "cannot wait for connections");
    }
}
