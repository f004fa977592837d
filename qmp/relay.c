/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each direction is a stage: bytes are read, with descriptors, and nothing
 * more is read until they are written, so descriptors stay with the byte that
 * they came with and memory is bounded. Beside that the bytes are cut into
 * messages for the transcript: a message ends where its brackets are closed,
 * because clients need not end it with a line.
 */
#include "relay.h"
#include "json.h"
#include "listen.h"
#include "transport.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#define CHUNK       65536
#define MAX_FDS     253
#define MAX_MESSAGE ((size_t)16 << 20)
#define CONNECT_MS  5000

struct stage {
    char dir;
    char bytes[CHUNK];
    size_t start; /* of what is not written yet */
    size_t end;
    int fds[MAX_FDS]; /* go with the next byte */
    size_t nfds;
    /* cutting */
    struct qmp_buffer message;
    int depth;
    bool in_string;
    bool escaped;
    size_t message_fds;
};

struct qmp_relay {
    struct qmp_transcript *t;
    char *peer;
    char *unlink_path;
    struct qmp_addr addr;
    int listener;
    int client;
    struct qmp_transport monitor;
    struct stage out; /* client to monitor */
    struct stage in;
    bool over;
};

struct qmp_relay *qmp_relay_new(struct qmp_transcript *t, const char *peer,
                                const char *listen, const char *connect,
                                struct qmp_error **errp)
{
    struct qmp_relay *r = calloc(1, sizeof(*r));

    if (r)
        r->peer = strdup(peer);
    if (!r || !r->peer) {
        free(r);
        qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a relay");
        return NULL;
    }
    r->t = t;
    r->client = r->monitor.fd = r->monitor.err_fd = r->monitor.pidfd = -1;
    r->listener = -1;
    r->out.dir = '>';
    r->in.dir = '<';
    if (qmp_addr_parse(connect, &r->addr, errp) < 0 ||
        (r->listener = qmp_listen(listen, &r->unlink_path, errp)) < 0) {
        qmp_relay_free(r);
        return NULL;
    }
    return r;
}

static void reset(struct stage *s)
{
    for (size_t i = 0; i < s->nfds; i++)
        close(s->fds[i]);
    s->nfds = s->start = s->end = s->message_fds = 0;
    s->depth = 0;
    s->in_string = s->escaped = false;
    qmp_buffer_clear(&s->message, 0);
}

/* What was gathered is a message, or what is none. */
static void end_message(struct qmp_relay *r, struct stage *s, int64_t now_us)
{
    const char *text = qmp_buffer_data(&s->message);
    size_t len = qmp_buffer_len(&s->message);
    struct json_object *o = NULL;
    bool valid = !qmp_json_parse(text, len, &o, NULL);
    CLEANUP(freep) char *line = NULL;

    /* A message over several lines becomes one. */
    if (valid && memchr(text, '\n', len) && (line = qmp_json_text(o)))
        qmp_transcript_message(r->t, now_us, r->peer, s->dir, line,
                               strlen(line), (int)s->message_fds, true);
    else if (len)
        qmp_transcript_message(r->t, now_us, r->peer, s->dir, text, len,
                               (int)s->message_fds, valid);
    json_object_put(o);
    s->message_fds = 0;
    qmp_buffer_clear(&s->message, CHUNK);
}

/* Where a byte stands between messages, nothing is gathered. */
static bool take_byte(struct stage *s, char c)
{
    if (s->in_string) {
        s->in_string = s->escaped || c != '"';
        s->escaped = !s->escaped && c == '\\';
    } else if (c == '"' && s->depth) {
        s->in_string = true;
    } else if (c == '{' || c == '[') {
        s->depth++;
    } else if ((c == '}' || c == ']') && s->depth) {
        return --s->depth == 0;
    }
    /* Not JSON: a line is all that can be told apart. */
    return !s->depth && c == '\n' && qmp_buffer_len(&s->message);
}

static void cut(struct qmp_relay *r, struct stage *s, const char *p, size_t n,
                int64_t now_us)
{
    for (size_t i = 0; i < n; i++) {
        bool blank = strchr(" \t\r\n", p[i]) && p[i];
        bool ends = take_byte(s, p[i]);

        if (qmp_buffer_len(&s->message) || !blank)
            if (!(ends && p[i] == '\n') &&
                (qmp_buffer_len(&s->message) >= MAX_MESSAGE ||
                 qmp_buffer_append(&s->message, &p[i], 1) < 0))
                ends = true;
        if (ends)
            end_message(r, s, now_us);
    }
}

static void take_fds(struct stage *s, struct msghdr *msg)
{
    for (struct cmsghdr *cm = CMSG_FIRSTHDR(msg); cm;
         cm = CMSG_NXTHDR(msg, cm)) {
        size_t n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS ||
            n > MAX_FDS - s->nfds)
            continue;
        memcpy(s->fds + s->nfds, CMSG_DATA(cm), n * sizeof(int));
        s->nfds += n;
        s->message_fds += n;
    }
}

/* 1: there is something to write; 0: nothing came; -1: the end. */
static int fill(struct qmp_relay *r, struct stage *s, int fd, int64_t now_us)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(MAX_FDS * sizeof(int))];
    } control;
    struct iovec iov = {.iov_base = s->bytes, .iov_len = sizeof(s->bytes)};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof(control)};
    ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        return -1;
    take_fds(s, &msg);
    s->start = 0;
    s->end = (size_t)n;
    cut(r, s, s->bytes, s->end, now_us);
    return 1;
}

/* 0; -1: the other side has gone. */
static int drain(struct stage *s, int fd)
{
    while (s->start < s->end) {
        union {
            struct cmsghdr align;
            char room[CMSG_SPACE(MAX_FDS * sizeof(int))];
        } control;
        struct iovec iov = {.iov_base = s->bytes + s->start,
                            .iov_len = s->end - s->start};
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
        ssize_t n;

        if (s->nfds) {
            size_t len = s->nfds * sizeof(int);

            memset(&control, 0, CMSG_SPACE(len));
            msg.msg_control = &control;
            msg.msg_controllen = CMSG_SPACE(len);
            struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);
            cm->cmsg_level = SOL_SOCKET;
            cm->cmsg_type = SCM_RIGHTS;
            cm->cmsg_len = CMSG_LEN(len);
            memcpy(CMSG_DATA(cm), s->fds, len);
        }
        n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -1;
        for (size_t i = 0; i < s->nfds; i++)
            close(s->fds[i]);
        s->nfds = 0;
        s->start += (size_t)n;
    }
    return 0;
}

static void hang_up(struct qmp_relay *r, const char *why, int64_t now_us)
{
    end_message(r, &r->out, now_us);
    end_message(r, &r->in, now_us);
    reset(&r->out);
    reset(&r->in);
    if (r->client >= 0)
        close(r->client);
    r->client = -1;
    qmp_transport_close(&r->monitor);
    qmp_transcript_closed(r->t, now_us, r->peer, why);
}

/* A client came: connect for it. A monitor's UNIX socket connects at once. */
static int accept_one(struct qmp_relay *r, struct qmp_error **errp)
{
    int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    int rc = 0;

    if (fd < 0)
        return 0;
    if (qmp_transport_open(&r->monitor, &r->addr, errp) == 0) {
        for (int ms = 0; !(rc = qmp_transport_connect(&r->monitor, errp)) &&
                         ms < CONNECT_MS;
             ms += 20)
            poll(NULL, 0, 20);
        if (!rc)
            qmp_fail(errp, QMP_ERR_CONNECT, "no connection within %d ms",
                     CONNECT_MS);
        if (rc > 0) {
            r->client = fd;
            return 0;
        }
        qmp_transport_close(&r->monitor);
    }
    close(fd);
    return qmp_prefix(errp, "'%s'", r->addr.text);
}

int qmp_relay_dispatch(struct qmp_relay *r, int64_t now_us,
                       struct qmp_error **errp)
{
    if (r->client < 0)
        return r->over ? 0 : accept_one(r, errp);
    /* The monitor first: what it said last must get through. */
    for (bool moved = true; moved;) {
        int in = 0;
        int out = 0;

        if (drain(&r->in, r->client) < 0 || drain(&r->out, r->monitor.fd) < 0)
            out = -1;
        if (r->in.start == r->in.end)
            in = fill(r, &r->in, r->monitor.fd, now_us);
        if (!out && in >= 0 && r->out.start == r->out.end)
            out = fill(r, &r->out, r->client, now_us);
        if (in < 0) {
            r->over = true;
            hang_up(r, "the monitor hung up", now_us);
            return 0;
        }
        if (out < 0) {
            hang_up(r, NULL, now_us);
            return 0;
        }
        moved = in > 0 || out > 0;
    }
    return 0;
}

size_t qmp_relay_pollfds(const struct qmp_relay *r,
                         struct pollfd fds[QMP_RELAY_POLLFDS])
{
    bool to_client = r->in.start < r->in.end;
    bool to_monitor = r->out.start < r->out.end;

    if (r->over)
        return 0;
    if (r->client < 0) {
        fds[0] = (struct pollfd){.fd = r->listener, .events = POLLIN};
        return 1;
    }
    fds[0] = (struct pollfd){
        .fd = r->client,
        .events =
            (short)((to_client ? POLLOUT : 0) | (to_monitor ? 0 : POLLIN)),
    };
    fds[1] = (struct pollfd){
        .fd = r->monitor.fd,
        .events =
            (short)((to_monitor ? POLLOUT : 0) | (to_client ? 0 : POLLIN)),
    };
    return 2;
}

bool qmp_relay_is_over(const struct qmp_relay *r)
{
    return r->over;
}

void qmp_relay_free(struct qmp_relay *r)
{
    if (!r)
        return;
    reset(&r->out);
    reset(&r->in);
    qmp_buffer_done(&r->out.message);
    qmp_buffer_done(&r->in.message);
    if (r->client >= 0)
        close(r->client);
    if (r->listener >= 0)
        close(r->listener);
    if (r->unlink_path)
        unlink(r->unlink_path);
    qmp_transport_close(&r->monitor);
    qmp_addr_clear(&r->addr);
    free(r->unlink_path);
    free(r->peer);
    free(r);
}
