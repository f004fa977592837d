/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* Of a pipe, where the system allows it (64 KiB is the usual). */
#define PIPE_BYTES (1 << 20)
/* Before the other way gets its turn. */
#define TURNS 16

/* One direction. */
struct way {
    int from;
    int to;
    enum qmig_side side; /* where it comes from */
    int pipe[2];
    size_t held;  /* bytes in the pipe */
    bool no_more; /* `from` has ended */
    bool done;
};

struct tunnel {
    int fd[2]; /* by enum qmig_side */
    struct way way[2];
    int stop;  /* eventfd: the thread shall end */
    int ended; /* eventfd: it has */
    bool running;
    pthread_t thread;
    atomic_uint_fast64_t bytes[2];
    pthread_mutex_t lock; /* of what follows */
    struct tunnel_report report;
};

static void note_end(struct tunnel *t, enum qmig_side side, int sys)
{
    pthread_mutex_lock(&t->lock);
    if (!t->report.ended) {
        t->report.ended = true;
        t->report.first = side;
        t->report.sys = sys;
    }
    pthread_mutex_unlock(&t->lock);
}

static enum qmig_side other(enum qmig_side side)
{
    return side == QMIG_SIDE_SOURCE ? QMIG_SIDE_DEST : QMIG_SIDE_SOURCE;
}

/* False: nothing came. */
static bool take(struct tunnel *t, struct way *w)
{
    ssize_t n = splice(w->from, NULL, w->pipe[1], NULL, PIPE_BYTES,
                       SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

    if (n > 0) {
        w->held = (size_t)n;
        return true;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    note_end(t, w->side, n < 0 ? errno : 0);
    w->no_more = true;
    return true;
}

/* False: nothing could be written. */
static bool give(struct tunnel *t, struct way *w)
{
    ssize_t n = splice(w->pipe[0], NULL, w->to, NULL, w->held,
                       SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

    if (n > 0) {
        w->held -= (size_t)n;
        t->bytes[w->side] += (uint64_t)n;
        return true;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    note_end(t, other(w->side), n < 0 ? errno : EPIPE);
    w->done = true;
    shutdown(w->from, SHUT_RD); /* its next write says "broken pipe" */
    return false;
}

static void move(struct tunnel *t, struct way *w)
{
    for (int turn = 0; turn < TURNS && !w->done; turn++) {
        if (!w->held && !w->no_more && !take(t, w))
            return;
        if (w->held && !give(t, w))
            return;
        if (w->no_more && !w->held) {
            shutdown(w->to, SHUT_WR);
            w->done = true;
        }
    }
}

static void *run(void *opaque)
{
    struct tunnel *t = opaque;
    uint64_t one = 1;

    while (!t->way[0].done || !t->way[1].done) {
        struct pollfd fds[3] = {{.fd = t->stop, .events = POLLIN}};

        for (int i = 0; i < 2; i++) {
            const struct way *w = &t->way[i];

            fds[i + 1] = (struct pollfd){
                .fd = w->done   ? -1
                      : w->held ? w->to
                                : w->from,
                .events = w->held ? POLLOUT : POLLIN,
            };
        }
        if (poll(fds, 3, -1) < 0 && errno != EINTR)
            break;
        if (fds[0].revents)
            break;
        for (int i = 0; i < 2; i++)
            if (fds[i + 1].revents)
                move(t, &t->way[i]);
    }
    while (write(t->ended, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
    return NULL;
}

static int start_thread(struct tunnel *t)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&t->thread, NULL, run, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    t->running = rc == 0;
    return rc;
}

static int make_way(struct tunnel *t, enum qmig_side side)
{
    struct way *w = &t->way[side];

    w->side = side;
    w->from = t->fd[side];
    w->to = t->fd[other(side)];
    if (pipe2(w->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        return errno;
    /* Not allowed: it goes in smaller pieces. */
    (void)fcntl(w->pipe[1], F_SETPIPE_SZ, PIPE_BYTES);
    int flags = fcntl(w->from, F_GETFL);
    return flags < 0 || fcntl(w->from, F_SETFL, flags | O_NONBLOCK) < 0 ? errno
                                                                        : 0;
}

struct tunnel *tunnel_start(int source, int dest, struct qmp_error **errp)
{
    struct tunnel *t = calloc(1, sizeof(*t));
    int sys = 0;

    if (!t) {
        close(source);
        close(dest);
        qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        return NULL;
    }
    t->fd[QMIG_SIDE_SOURCE] = source;
    t->fd[QMIG_SIDE_DEST] = dest;
    for (int i = 0; i < 2; i++)
        t->way[i].pipe[0] = t->way[i].pipe[1] = -1;
    pthread_mutex_init(&t->lock, NULL);
    t->stop = eventfd(0, EFD_CLOEXEC);
    t->ended = eventfd(0, EFD_CLOEXEC);
    if (t->stop < 0 || t->ended < 0)
        sys = errno;
    for (int i = 0; i < 2 && !sys; i++)
        sys = make_way(t, (enum qmig_side)i);
    if (!sys)
        sys = start_thread(t);
    if (!sys)
        return t;
    tunnel_free(t);
    qmp_fail_sys(errp, sys, "cannot make a tunnel");
    return NULL;
}

void tunnel_free(struct tunnel *t)
{
    uint64_t one = 1;

    if (!t)
        return;
    if (t->running) {
        while (write(t->stop, &one, sizeof(one)) < 0 && errno == EINTR)
            ;
        pthread_join(t->thread, NULL);
    }
    for (int i = 0; i < 2; i++) {
        closep(&t->fd[i]);
        closep(&t->way[i].pipe[0]);
        closep(&t->way[i].pipe[1]);
    }
    closep(&t->stop);
    closep(&t->ended);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

struct tunnel_report tunnel_report(struct tunnel *t)
{
    pthread_mutex_lock(&t->lock);
    struct tunnel_report report = t->report;
    pthread_mutex_unlock(&t->lock);
    for (int i = 0; i < 2; i++)
        report.bytes[i] = t->bytes[i];
    return report;
}

bool tunnel_wait(struct tunnel *t, int timeout_ms)
{
    struct pollfd p = {.fd = t->ended, .events = POLLIN};

    return poll(&p, 1, timeout_ms) > 0;
}
