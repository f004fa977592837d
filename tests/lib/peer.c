/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "tests/lib/peer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

static void logf_peer(struct peer *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void logf_peer(struct peer *p, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n =
        vsnprintf(p->log + p->log_len, sizeof(p->log) - p->log_len, fmt, ap);
    va_end(ap);
    assert_true(n >= 0 && p->log_len + (size_t)n + 1 < sizeof(p->log));
    p->log_len += (size_t)n;
    p->log[p->log_len++] = '\n';
    p->log[p->log_len] = 0;
}

static void on_ready(struct qmp_client *c UNUSED, void *opaque)
{
    logf_peer(opaque, "ready");
}

static void on_event(struct qmp_client *c UNUSED, const char *name,
                     struct json_object *data, int64_t qemu_us UNUSED,
                     void *opaque)
{
    logf_peer(opaque, "event %s %s", name,
              json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN));
}

static void on_closed(struct qmp_client *c UNUSED, const struct qmp_error *why,
                      void *opaque)
{
    if (why)
        logf_peer(opaque, "closed %s %s", qmp_errcode_name(why->code),
                  why->msg);
    else
        logf_peer(opaque, "closed");
}

void peer_open(struct peer *p, const struct qmp_client_options *o)
{
    struct qmp_client_options mine = o ? *o : (struct qmp_client_options){0};
    struct qmp_addr addr = {.kind = QMP_ADDR_FD, .text = (char *)"fd:test"};
    struct qmp_error *err = NULL;
    int pair[2];

    p->now_us = 1000000;
    p->log_len = p->heard_len = p->nfds = 0;
    p->log[0] = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                     0);
    p->fd = pair[0];
    assert_int_equal(fcntl(p->fd, F_SETFL, O_NONBLOCK), 0);
    addr.fd = pair[1];
    if (!mine.on.ready)
        mine.on.ready = on_ready;
    if (!mine.on.event)
        mine.on.event = on_event;
    if (!mine.on.closed)
        mine.on.closed = on_closed;
    if (!mine.on.opaque)
        mine.on.opaque = p;
    p->c = qmp_client_new(&addr, &mine, p->now_us, &err);
    if (!p->c)
        fail_msg("%s", err->msg);
}

void peer_ready(struct peer *p, const struct qmp_client_options *o)
{
    peer_open(p, o);
    peer_say(p, PEER_GREETING);
    assert_non_null(strstr(peer_hear(p), "\"qmp_capabilities\""));
    peer_say(p, "{\"return\":{},\"id\":1}\r\n");
    assert_int_equal(qmp_client_state(p->c), QMP_READY);
    p->log_len = 0;
    p->log[0] = 0;
}

void peer_close(struct peer *p)
{
    qmp_client_free(p->c);
    p->c = NULL;
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    for (size_t i = 0; i < p->nfds; i++)
        close(p->fds[i]);
    p->nfds = 0;
}

static void dispatch(struct peer *p)
{
    if (p->c)
        qmp_client_dispatch(p->c, p->now_us);
}

void peer_say_bytes(struct peer *p, const char *data, size_t len, size_t chunk)
{
    while (len) {
        size_t part = len < chunk ? len : chunk;
        ssize_t n = send(p->fd, data, part, MSG_NOSIGNAL);

        if (n < 0 && errno == EPIPE) /* the client has hung up */
            break;
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
        dispatch(p);
    }
    dispatch(p);
}

void peer_say(struct peer *p, const char *fmt, ...)
{
    va_list ap;
    char *text = NULL;

    va_start(ap, fmt);
    assert_true(vasprintf(&text, fmt, ap) >= 0);
    va_end(ap);
    peer_say_bytes(p, text, strlen(text), strlen(text));
    free(text);
}

void peer_hang_up(struct peer *p)
{
    close(p->fd);
    p->fd = -1;
    dispatch(p);
}

static void take_fds(struct peer *p, struct msghdr *msg)
{
    for (struct cmsghdr *cm = CMSG_FIRSTHDR(msg); cm;
         cm = CMSG_NXTHDR(msg, cm)) {
        size_t n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        assert_int_equal(cm->cmsg_type, SCM_RIGHTS);
        assert_true(p->nfds + n <= ARRAY_SIZE(p->fds));
        memcpy(p->fds + p->nfds, CMSG_DATA(cm), n * sizeof(int));
        p->nfds += n;
    }
}

const char *peer_hear(struct peer *p)
{
    static char line[262144];
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(16 * sizeof(int))];
    } control;
    struct iovec iov = {
        .iov_base = p->heard + p->heard_len,
        .iov_len = sizeof(p->heard) - p->heard_len,
    };
    struct msghdr msg = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.room,
        .msg_controllen = sizeof(control.room),
    };
    char *lf;

    dispatch(p);
    lf = memchr(p->heard, '\n', p->heard_len);
    if (!lf && p->fd >= 0) {
        ssize_t n = recvmsg(p->fd, &msg, MSG_CMSG_CLOEXEC);

        if (n > 0) {
            take_fds(p, &msg);
            p->heard_len += (size_t)n;
        }
        lf = memchr(p->heard, '\n', p->heard_len);
    }
    if (!lf)
        return "";
    size_t len = (size_t)(lf - p->heard);
    memcpy(line, p->heard, len);
    line[len && line[len - 1] == '\r' ? len - 1 : len] = 0;
    p->heard_len -= len + 1;
    memmove(p->heard, lf + 1, p->heard_len);
    return line;
}

void peer_done(struct qmp_client *c UNUSED, struct json_object *ret,
               const struct qmp_error *err, void *opaque)
{
    struct peer_call *call = opaque;

    call->runs++;
    assert_true(!ret != !err);
    if (ret)
        logf_peer(call->p, "reply %s %s", call->name,
                  json_object_to_json_string_ext(ret, JSON_C_TO_STRING_PLAIN));
    else
        logf_peer(call->p, "error %s %s %s", call->name,
                  qmp_errcode_name(err->code), err->msg);
}

void peer_call_free(void *opaque)
{
    struct peer_call *call = opaque;

    call->frees++;
    assert_int_equal(call->runs, 1);
    assert_int_equal(call->frees, 1);
    free(call);
}

uint64_t peer_submit(struct peer *p, const char *execute, int64_t deadline_us)
{
    struct peer_call *call = calloc(1, sizeof(*call));
    struct qmp_command cmd = {
        .execute = execute,
        .deadline_us = deadline_us,
        .done = peer_done,
        .free = peer_call_free,
        .opaque = call,
    };
    struct qmp_error *err = NULL;
    uint64_t id = 0;

    assert_non_null(call);
    call->p = p;
    call->name = execute;
    if (qmp_client_submit(p->c, &cmd, &id, &err) < 0) {
        logf_peer(p, "refused %s %s %s", execute, qmp_errcode_name(err->code),
                  err->msg);
        qmp_error_free(err);
        free(call);
    }
    return id;
}

int count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}
