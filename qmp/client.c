/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Life cycle, deadlines and callbacks; see client_io.c for the bytes.
 *
 * Happy path: connect -> greeting -> qmp_capabilities -> READY; commands wait
 * in `waiting`, are sent, wait in `in_flight`, and end in their callback.
 *
 * The end, whatever the reason, is qmp_client_lost(): state CLOSED first, so
 * that callbacks find nothing more to do, then each open command's callback,
 * then the closed handler. With a child (exec, ssh) the end of the stream is
 * not yet the end: the child's exit status is the better reason, and it gets
 * REAP_US to exit.
 */
#include "client_priv.h"
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#define REAP_US 1000000

/* Commands that may wait or be in flight, and their bytes. */
#define MAX_COMMANDS      1024
#define MAX_WAITING_BYTES ((size_t)64 << 20)

static void enter(struct qmp_client *c)
{
    c->busy++;
}

static void destroy(struct qmp_client *c)
{
    qmp_wire_done(&c->wire);
    json_object_put(c->greeting);
    json_object_put(c->no_data);
    qmp_error_free(c->why);
    free(c->addr);
    free(c);
}

static void leave(struct qmp_client *c)
{
    if (!--c->busy && c->freed)
        destroy(c);
}

static void set_deadline(struct qmp_client *c, int64_t now_us, int64_t span_us)
{
    c->deadline_us = span_us ? now_us + span_us : 0;
}

void qmp_client_trace(struct qmp_client *c, char dir, const char *text,
                      size_t len, int nfds, bool valid)
{
    if (c->o.on.trace)
        c->o.on.trace(c, dir, text, len, nfds, valid, c->o.on.opaque);
}

void qmp_client_finish(struct qmp_client *c, struct qmp_pending *p,
                       struct json_object *ret, const struct qmp_error *err)
{
    void (*free_opaque)(void *opaque) = p->free;
    void *opaque = p->opaque;

    p->open = false;
    if (!p->internal)
        c->pending--;
    if (p->done)
        p->done(c, ret, err, opaque);
    if (free_opaque) /* the callback may have closed us and freed p */
        free_opaque(opaque);
}

/* End one command without a reply. */
static void abandon(struct qmp_client *c, struct qmp_pending *p, int code,
                    const char *what)
{
    struct qmp_error *err = NULL;

    qmp_fail(&err, code, "'%s' %s", p->name, what);
    qmp_client_finish(c, p, NULL, err);
    qmp_error_free(err);
}

static void end_queue(struct qmp_client *c, struct qmp_queue *q,
                      const struct qmp_error *why)
{
    struct qmp_pending *p;

    while ((p = q->head)) {
        qmp_queue_remove(q, p);
        if (p->open && why)
            qmp_client_finish(c, p, NULL, why);
        else if (p->open)
            abandon(c, p, QMP_ERR_CANCELLED,
                    "was cancelled: the connection was closed");
        qmp_pending_free(p);
    }
}

void qmp_client_lost(struct qmp_client *c, struct qmp_error *why)
{
    char shown[160];

    if (c->state == QMP_CLOSED) {
        qmp_error_free(why);
        return;
    }
    c->state = QMP_CLOSED;
    qmp_transport_close(&c->t);
    qmp_client_forget_expected(c);
    qmp_prefix(&why, "'%s'",
               qmp_printable(shown, sizeof(shown), c->addr, strlen(c->addr)));
    c->why = why;
    end_queue(c, &c->in_flight, why);
    end_queue(c, &c->waiting, why);
    if (c->o.on.closed)
        c->o.on.closed(c, why, c->o.on.opaque);
}

/* The stream has ended, and so has the child if there is one. */
static void lost_stream(struct qmp_client *c)
{
    struct qmp_error *why = NULL;
    char child[600];
    char cut[80] = "";

    qmp_transport_read_stderr(&c->t);
    qmp_transport_explain(&c->t, child, sizeof(child));
    if (qmp_wire_rest(&c->wire))
        snprintf(cut, sizeof(cut), " in the middle of a message (%zu bytes)",
                 qmp_wire_rest(&c->wire));
    qmp_fail(&why, QMP_ERR_CLOSED, "connection lost%s%s%s%s%s", cut,
             c->state == QMP_GREETING ? " before the greeting" : "",
             c->stream_errno ? ": " : "",
             c->stream_errno ? strerror(c->stream_errno) : "", child);
    why->sys = c->stream_errno;
    qmp_client_lost(c, why);
}

void qmp_client_end_of_stream(struct qmp_client *c, int sys)
{
    c->ended = true;
    c->stream_errno = sys;
    if (qmp_transport_reap(&c->t))
        lost_stream(c);
}

/* The child's end is being waited for. */
static void wait_for_child(struct qmp_client *c, int64_t now_us)
{
    if (!c->reap_us)
        c->reap_us = now_us + REAP_US;
    if (qmp_transport_reap(&c->t) || now_us >= c->reap_us)
        lost_stream(c);
}

static void negotiated(struct qmp_client *c, struct json_object *ret UNUSED,
                       const struct qmp_error *err, void *opaque UNUSED)
{
    if (c->state == QMP_CLOSED)
        return;
    if (err) {
        qmp_client_lost(c, qmp_error_copy(err));
        return;
    }
    c->state = QMP_READY;
    c->has_oob = c->offers_oob && !c->o.no_oob;
    c->deadline_us = 0;
    if (c->o.on.ready)
        c->o.on.ready(c, c->o.on.opaque);
}

/* qmp_capabilities is what goes out first. */
static void negotiate(struct qmp_client *c, bool oob)
{
    CLEANUP(json_putp) struct json_object *args = NULL;
    struct qmp_error *err = NULL;
    struct qmp_command cmd = {
        .execute = "qmp_capabilities",
        .in_order = c->o.in_order,
        .done = negotiated,
    };

    if (oob) {
        static const char enable[] = "{\"enable\":[\"oob\"]}";

        if (qmp_json_parse(enable, sizeof(enable) - 1, &args, &err) < 0) {
            qmp_client_lost(c, err);
            return;
        }
        cmd.arguments = args;
    }
    struct qmp_pending *p = qmp_pending_new(&cmd, ++c->last_id, &err);
    if (!p) {
        qmp_client_lost(c, err);
        return;
    }
    p->internal = true;
    qmp_queue_insert_first(&c->waiting, p);
    c->waiting_bytes += p->len;
}

static void set_connected(struct qmp_client *c, int64_t now_us)
{
    c->state = QMP_GREETING;
    c->retry_us = 0;
    set_deadline(c, now_us, c->o.greeting_us);
    if (c->o.early)
        negotiate(c, !c->o.no_oob);
}

/* "oob" was asked for and is not there: QEMU refuses that, and what follows
 * it, for it was not negotiated with. */
static void send_again(struct qmp_client *c)
{
    struct qmp_pending *p = c->in_flight.head;

    if (!p)
        return;
    c->stale = c->in_flight.count;
    qmp_queue_remove(&c->in_flight, p); /* qmp_capabilities */
    qmp_pending_free(p);
    for (struct qmp_pending **at = &c->waiting.head; (p = c->in_flight.head);
         at = &p->next) {
        qmp_queue_remove(&c->in_flight, p);
        p->sent = 0;
        p->next = *at;
        *at = p;
        c->waiting.count++;
        c->waiting_bytes += p->len;
    }
    negotiate(c, false);
}

void qmp_client_greeted(struct qmp_client *c)
{
    c->state = QMP_NEGOTIATING;
    if (!c->o.early)
        negotiate(c, c->offers_oob && !c->o.no_oob);
    else if (!c->offers_oob && !c->o.no_oob)
        send_again(c);
}

static void advise_connect(struct qmp_error **errp, const struct qmp_addr *addr)
{
    if (!errp || !*errp || addr->kind != QMP_ADDR_UNIX)
        return;
    if ((*errp)->sys == ENOENT)
        qmp_hint(errp, "is QEMU running, with -qmp unix:%s,server=on,wait=off?",
                 addr->path);
    else if ((*errp)->sys == ECONNREFUSED)
        qmp_hint(errp, "the socket is there but nobody listens: QEMU has "
                       "probably ended");
}

struct qmp_client *qmp_client_new(const struct qmp_addr *addr,
                                  const struct qmp_client_options *o,
                                  int64_t now_us, struct qmp_error **errp)
{
    struct qmp_client *c = calloc(1, sizeof(*c));
    char shown[160];

    if (c && o)
        c->o = *o;
    if (c)
        c->addr = strdup(addr->text);
    if (!c || !c->addr) {
        qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a client");
        free(c);
        return NULL;
    }
    if (!c->o.max_message)
        c->o.max_message = QMP_MAX_MESSAGE;
    qmp_wire_init(&c->wire, c->o.max_message);
    if (qmp_transport_open(&c->t, addr, errp) < 0) {
        advise_connect(errp, addr);
        qmp_prefix(
            errp, "'%s'",
            qmp_printable(shown, sizeof(shown), c->addr, strlen(c->addr)));
        destroy(c);
        return NULL;
    }
    c->state = QMP_CONNECTING;
    set_deadline(c, now_us, c->o.connect_us);
    if (c->t.connected)
        set_connected(c, now_us);
    else if (c->t.retry)
        c->retry_us = now_us + QMP_RETRY_US;
    return c;
}

void qmp_client_close(struct qmp_client *c)
{
    enter(c);
    qmp_client_lost(c, NULL);
    leave(c);
}

void qmp_client_free(struct qmp_client *c)
{
    if (!c)
        return;
    enter(c);
    qmp_client_lost(c, NULL);
    c->freed = true;
    leave(c);
}

enum qmp_client_state qmp_client_state(const struct qmp_client *c)
{
    return c->state;
}

const struct qmp_error *qmp_client_error(const struct qmp_client *c)
{
    return c->why;
}

struct json_object *qmp_client_greeting(const struct qmp_client *c)
{
    return c->greeting;
}

bool qmp_client_has_oob(const struct qmp_client *c)
{
    return c->has_oob;
}

int qmp_client_peer_pid(const struct qmp_client *c)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    if (!c->t.passes_fds || c->state == QMP_CONNECTING || c->t.fd < 0 ||
        getsockopt(c->t.fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return -1;
    return peer.pid > 0 ? peer.pid : -1;
}

static int check_submit(const struct qmp_client *c,
                        const struct qmp_command *cmd, struct qmp_error **errp)
{
    if (c->state == QMP_CLOSED)
        return qmp_fail(errp, QMP_ERR_CLOSED,
                        "'%s' was not sent: the connection is closed",
                        cmd->execute);
    if (cmd->oob && !c->has_oob)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG,
                        "'%s' out of band: that was not negotiated",
                        cmd->execute);
    if (cmd->oob && cmd->in_order)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG,
                        "'%s' out of band, and answered in order: only one of "
                        "them can be",
                        cmd->execute);
    if (cmd->nfds && !c->t.passes_fds)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG,
                        "'%s' with descriptors: the monitor is not a UNIX "
                        "socket",
                        cmd->execute);
    if (cmd->nfds > QMP_MAX_FDS)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG,
                        "'%s' with %zu descriptors, at most %d can be passed",
                        cmd->execute, cmd->nfds, QMP_MAX_FDS);
    if (c->waiting.count + c->in_flight.count >= MAX_COMMANDS)
        return qmp_fail(errp, QMP_ERR_TOO_LARGE,
                        "'%s' was not sent: %d commands are waiting already",
                        cmd->execute, MAX_COMMANDS);
    return 0;
}

int qmp_client_submit(struct qmp_client *c, const struct qmp_command *cmd,
                      uint64_t *id, struct qmp_error **errp)
{
    if (check_submit(c, cmd, errp) < 0)
        return -1;

    struct qmp_pending *p = qmp_pending_new(cmd, c->last_id + 1, errp);
    if (!p)
        return -1;
    if (p->len - 1 > c->o.max_message ||
        c->waiting_bytes + p->len > MAX_WAITING_BYTES) {
        qmp_fail(errp, QMP_ERR_TOO_LARGE,
                 "'%s' was not sent: %zu bytes, and %zu are waiting already",
                 cmd->execute, p->len, c->waiting_bytes);
        qmp_pending_free(p);
        return -1;
    }
    if (qmp_client_take_expected(c, p, errp) < 0) {
        qmp_pending_free(p);
        return -1;
    }

    c->last_id++;
    if (p->oob)
        qmp_queue_insert_urgent(&c->waiting, p);
    else
        qmp_queue_append(&c->waiting, p);
    c->waiting_bytes += p->len - p->sent;
    c->pending++;
    if (id)
        *id = p->id;
    return 0;
}

/* Take it out of `waiting` if nothing of it was sent, else leave it where it
 * is. True: the caller frees it. */
static bool unqueue(struct qmp_client *c, struct qmp_pending *p)
{
    if (p->sent) {
        qmp_client_withdraw_begun(c, p);
        return false;
    }
    qmp_queue_remove(&c->waiting, p);
    c->waiting_bytes -= p->len;
    return true;
}

int qmp_client_cancel(struct qmp_client *c, uint64_t id)
{
    struct qmp_pending *p = qmp_queue_find(&c->waiting, id);
    bool mine = false;

    if (!p)
        p = qmp_queue_find(&c->in_flight, id);
    if (!p || !p->open || p->internal)
        return -1;

    enter(c);
    mine = unqueue(c, p);
    abandon(c, p, QMP_ERR_CANCELLED, "was cancelled");
    if (mine)
        qmp_pending_free(p);
    leave(c);
    return 0;
}

size_t qmp_client_pending(const struct qmp_client *c)
{
    return c->pending;
}

size_t qmp_client_pollfds(const struct qmp_client *c,
                          struct pollfd fds[QMP_CLIENT_POLLFDS])
{
    size_t n = 0;

    if (c->state == QMP_CLOSED)
        return 0;
    if (c->ended) {
        if (c->t.pidfd >= 0)
            fds[n++] = (struct pollfd){.fd = c->t.pidfd, .events = POLLIN};
    } else if (c->state == QMP_CONNECTING) {
        if (!c->t.retry)
            fds[n++] = (struct pollfd){.fd = c->t.fd, .events = POLLOUT};
    } else {
        short out = qmp_client_wants_write(c) || qmp_client_wants_ahead(c)
                        ? POLLOUT
                        : 0;

        fds[n++] =
            (struct pollfd){.fd = c->t.fd, .events = (short)(POLLIN | out)};
    }
    if (c->t.err_fd >= 0)
        fds[n++] = (struct pollfd){.fd = c->t.err_fd, .events = POLLIN};
    return n;
}

static int64_t nearer(int64_t a, int64_t b)
{
    return a < 0 || (b && b < a) ? b : a;
}

int64_t qmp_client_deadline(const struct qmp_client *c)
{
    int64_t at = -1;

    if (c->state == QMP_CLOSED)
        return -1;
    if (c->deadline_us && !c->ended)
        at = nearer(at, c->deadline_us);
    if (c->retry_us)
        at = nearer(at, c->retry_us);
    if (c->ended)
        at = nearer(at, c->reap_us);
    at = qmp_queue_deadline(&c->in_flight, at);
    return qmp_queue_deadline(&c->waiting, at);
}

static void go_on_connecting(struct qmp_client *c, int64_t now_us)
{
    struct qmp_error *why = NULL;
    int rc;

    if (c->t.retry && now_us < c->retry_us)
        return;
    rc = qmp_transport_connect(&c->t, &why);
    if (rc < 0)
        qmp_client_lost(c, why);
    else if (rc > 0)
        set_connected(c, now_us);
    else if (c->t.retry)
        c->retry_us = now_us + QMP_RETRY_US;
}

void qmp_client_state_expired(struct qmp_client *c)
{
    struct qmp_error *why = NULL;
    char child[600];

    if (c->state == QMP_CONNECTING) {
        qmp_fail(&why, QMP_ERR_CONNECT, "no connection within %" PRId64 " ms%s",
                 c->o.connect_us / 1000,
                 c->t.retry ? ": its backlog is full" : "");
        qmp_client_lost(c, why);
        return;
    }
    qmp_transport_read_stderr(&c->t);
    qmp_transport_reap(&c->t);
    qmp_transport_explain(&c->t, child, sizeof(child));
    qmp_fail(&why, QMP_ERR_NO_GREETING, "no %s within %" PRId64 " ms%s",
             c->state == QMP_GREETING ? "QMP greeting"
                                      : "answer to qmp_capabilities",
             c->o.greeting_us / 1000, child);
    qmp_hint(&why, "a monitor serves one client at a time: is another one "
                   "connected? End it, or give QEMU one more -qmp");
    qmp_client_lost(c, why);
}

static void expire(struct qmp_client *c, int64_t now_us)
{
    struct qmp_pending *p;

    if (c->deadline_us && now_us >= c->deadline_us && !c->ended) {
        qmp_client_state_expired(c);
        return;
    }
    while (c->state != QMP_CLOSED &&
           (p = qmp_queue_expired(&c->in_flight, now_us)))
        abandon(c, p, QMP_ERR_TIMEOUT, "was not answered in time");
    while (c->state != QMP_CLOSED &&
           (p = qmp_queue_expired(&c->waiting, now_us))) {
        bool mine = unqueue(c, p);

        abandon(c, p, QMP_ERR_TIMEOUT, "could not be sent in time");
        if (mine)
            qmp_pending_free(p);
    }
}

void qmp_client_flush(struct qmp_client *c)
{
    c->busy++;
    if (c->state != QMP_CLOSED)
        qmp_client_write(c);
    leave(c);
}

void qmp_client_dispatch(struct qmp_client *c, int64_t now_us)
{
    enter(c);
    if (c->state == QMP_CONNECTING)
        go_on_connecting(c, now_us);
    if (c->state != QMP_CONNECTING && c->state != QMP_CLOSED) {
        if (c->t.err_fd >= 0)
            qmp_transport_read_stderr(&c->t);
        qmp_client_write(c);
        qmp_client_read(c);
        /* What callbacks have submitted goes out at once. */
        qmp_client_write(c);
    }
    if (c->ended && c->state != QMP_CLOSED)
        wait_for_child(c, now_us);
    if (c->state != QMP_CLOSED)
        expire(c, now_us);
    leave(c);
}
