/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's bytes: commands to the socket, lines from it. */
#include "client_priv.h"
#include "message.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define MAX_IOV 64

/* Bytes handled before other descriptors of the caller get their turn. */
#define READ_BUDGET ((size_t)1 << 20)

/*
 * May `p` go out behind `ahead` commands of the same write? Descriptors belong
 * to the first byte of the write, so a command with some begins one. QEMU
 * keeps only the descriptors that came last until a command takes them: a
 * second command with some has to wait for the reply to the first.
 */
static bool may_send(const struct qmp_client *c, const struct qmp_pending *p,
                     size_t ahead)
{
    bool early = c->state == QMP_GREETING && c->o.early;

    if (p->sent)
        return true;
    /* QEMU takes commands in order: those that came early may follow
     * qmp_capabilities at once, but for what needs its outcome. */
    if (c->state != QMP_READY && !p->internal &&
        ((c->state != QMP_NEGOTIATING && !early) || p->oob || p->nfds))
        return false;
    if (p->oob)
        return true;
    if ((c->has_oob || c->state != QMP_READY) &&
        c->in_flight.count + ahead >= QMP_MAX_IN_FLIGHT_OOB)
        return false;
    if (!p->nfds)
        return true;
    if (ahead)
        return false;
    for (struct qmp_pending *q = c->in_flight.head; q; q = q->next)
        if (q->passes_fds)
            return false;
    return true;
}

bool qmp_client_wants_write(const struct qmp_client *c)
{
    return c->state != QMP_CONNECTING && !c->write_failed && !c->ended &&
           c->waiting.head && may_send(c, c->waiting.head, 0);
}

/* One write of what may go now. Bytes written, 0: nothing to write, -1: errno
 * says why. */
static ssize_t write_some(struct qmp_client *c)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(QMP_MAX_FDS * sizeof(int))];
    } control;
    struct iovec iov[MAX_IOV];
    struct msghdr msg = {.msg_iov = iov};
    struct qmp_pending *head = c->waiting.head;

    for (struct qmp_pending *p = head; p && msg.msg_iovlen < MAX_IOV;
         p = p->next) {
        if (!may_send(c, p, msg.msg_iovlen))
            break;
        iov[msg.msg_iovlen].iov_base = p->text + p->sent;
        iov[msg.msg_iovlen].iov_len = p->len - p->sent;
        msg.msg_iovlen++;
    }
    if (!msg.msg_iovlen)
        return 0;
    if (head->nfds) {
        size_t len = head->nfds * sizeof(int);
        struct cmsghdr *cm;

        memset(&control, 0, CMSG_SPACE(len));
        msg.msg_control = &control;
        msg.msg_controllen = CMSG_SPACE(len);
        cm = CMSG_FIRSTHDR(&msg);
        cm->cmsg_level = SOL_SOCKET;
        cm->cmsg_type = SCM_RIGHTS;
        cm->cmsg_len = CMSG_LEN(len);
        memcpy(CMSG_DATA(cm), head->fds, len);
    }
    return sendmsg(c->t.fd, &msg, MSG_NOSIGNAL);
}

/* The first command is out. */
static void sent_first(struct qmp_client *c)
{
    struct qmp_pending *p = c->waiting.head;
    CLEANUP(freep)
    char *text = TAKE_PTR(p->text); /* outlives p if it is
                                       closed in the handler */

    /* Before the greeting it may have to go out once more. */
    if (c->state == QMP_GREETING && !(p->text = malloc(p->len))) {
        struct qmp_error *why = NULL;

        qmp_fail(&why, QMP_ERR_NOMEM, "no memory for '%s'", p->name);
        qmp_client_lost(c, why);
        return;
    }
    if (p->text)
        memcpy(p->text, text, p->len);
    qmp_queue_remove(&c->waiting, p);
    qmp_queue_append(&c->in_flight, p);
    qmp_client_trace(c, QMP_SENT, text, p->len - 1, (int)p->sent_fds, true);
}

static void account(struct qmp_client *c, size_t written)
{
    while (written && c->state != QMP_CLOSED) {
        struct qmp_pending *p = c->waiting.head;
        size_t part = p->len - p->sent;

        if (part > written)
            part = written;
        if (p->nfds) { /* they went with the first byte */
            p->sent_fds = p->nfds;
            qmp_pending_close_fds(p);
        }
        p->sent += part;
        c->waiting_bytes -= part;
        written -= part;
        if (p->sent == p->len)
            sent_first(c);
    }
}

void qmp_client_write(struct qmp_client *c)
{
    while (qmp_client_wants_write(c)) {
        ssize_t n = write_some(c);

        if (n > 0) {
            account(c, (size_t)n);
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno != EAGAIN) {
            /* What QEMU said before it closed is still to be read. */
            c->write_failed = true;
            c->write_errno = errno;
            return;
        } else {
            return;
        }
    }
    qmp_client_write_ahead(c);
}

/* The greeting is the first message, and no other may come before it. */
static void handle_first(struct qmp_client *c, struct qmp_message *m)
{
    if (m->kind != QMP_MSG_GREETING) {
        struct qmp_error *why = NULL;

        qmp_fail(&why, QMP_ERR_NOT_QMP, "a greeting was wanted first");
        qmp_client_lost(c, why);
        return;
    }
    c->greeting = json_object_get(m->value);
    c->offers_oob = m->oob;
    qmp_client_greeted(c);
}

static void handle_event(struct qmp_client *c, struct qmp_message *m)
{
    if (!c->o.on.event)
        return;
    if (!m->data && !c->no_data) {
        c->no_data = json_object_new_object();
        if (!c->no_data) {
            struct qmp_error *why = NULL;

            qmp_fail(&why, QMP_ERR_NOMEM, "no memory for an event");
            qmp_client_lost(c, why);
            return;
        }
    }
    c->o.on.event(c, m->event, m->data ? m->data : c->no_data, m->qemu_us,
                  c->o.on.opaque);
}

static void handle_reply(struct qmp_client *c, struct qmp_message *m)
{
    struct qmp_error *err = NULL;
    struct qmp_pending *p = NULL;

    if (c->stale) {
        c->stale--;
        return;
    }
    if (!m->id)
        p = qmp_queue_next_in_order(&c->in_flight);
    if (!m->id && !p) {
        qmp_fail(&err, QMP_ERR_PROTOCOL, "a reply without id%s%s",
                 m->error_desc ? ": " : "", m->error_desc ? m->error_desc : "");
        qmp_client_lost(c, err);
        return;
    }
    if (json_object_is_type(m->id, json_type_int))
        p = qmp_queue_find(&c->in_flight, json_object_get_uint64(m->id));
    if (!p ||
        (m->id && p->in_order)) /* not ours, or answered already: only traced */
        return;

    qmp_queue_remove(&c->in_flight, p);
    if (m->kind == QMP_MSG_ERROR)
        qmp_fail_refused(&err, m->error_class, m->error_desc,
                         "QEMU refused '%s'", p->name);
    if (p->open)
        qmp_client_finish(c, p, m->value, err);
    qmp_error_free(err);
    qmp_pending_free(p);
}

/* Who speaks so? A name for it helps more than "malformed". */
static void not_qmp(struct qmp_error **why, const char *text, size_t len)
{
    char shown[80];

    qmp_error_free(*why);
    *why = NULL;
    qmp_fail(why, QMP_ERR_NOT_QMP, "not a QMP server, it says '%s'",
             qmp_printable(shown, sizeof(shown), text, len));
    if (memmem(text, len, "monitor - type", 14))
        qmp_hint(why, "this is a human monitor (-monitor, mode=readline); "
                      "give QEMU a -qmp as well");
    else if (len == 1 && *text == '{')
        qmp_hint(why, "a monitor with pretty=on is not supported");
}

static void handle_line(struct qmp_client *c, const char *text, size_t len)
{
    struct qmp_error *why = NULL;
    struct qmp_message m = {0};
    bool valid;
    int rc = qmp_message_parse(text, len, &m, &valid, &why);

    qmp_client_trace(c, QMP_RECEIVED, text, len, 0, valid);
    if (c->state == QMP_CLOSED) {
        qmp_error_free(why);
    } else if (rc < 0) {
        if (c->state == QMP_GREETING && why->code == QMP_ERR_PROTOCOL)
            not_qmp(&why, text, len);
        else
            qmp_prefix(&why, "message %" PRIu64, c->wire.lines);
        qmp_client_lost(c, why);
    } else if (c->state == QMP_GREETING) {
        handle_first(c, &m);
    } else if (m.kind == QMP_MSG_EVENT) {
        handle_event(c, &m);
    } else if (m.kind == QMP_MSG_GREETING) {
        qmp_fail(&why, QMP_ERR_PROTOCOL,
                 "message %" PRIu64 ": a second greeting", c->wire.lines);
        qmp_client_lost(c, why);
    } else {
        handle_reply(c, &m);
    }
    qmp_message_clear(&m);
}

static void handle_lines(struct qmp_client *c)
{
    struct qmp_error *why = NULL;
    const char *text;
    size_t len;
    int rc;

    for (;;) {
        rc = qmp_wire_next(&c->wire, &text, &len, &why);
        if (rc <= 0)
            break;
        handle_line(c, text, len);
        if (c->state == QMP_CLOSED)
            return;
    }
    if (rc < 0)
        qmp_client_lost(c, why);
}

void qmp_client_read(struct qmp_client *c)
{
    size_t total = 0;

    while (c->state != QMP_CLOSED && !c->ended && total < READ_BUDGET) {
        struct qmp_error *why = NULL;
        size_t room;
        char *to = qmp_wire_room(&c->wire, &room);
        ssize_t n;

        if (!to) {
            qmp_fail(&why, QMP_ERR_NOMEM, "no memory for what QEMU says");
            qmp_client_lost(c, why);
            return;
        }
        n = recv(c->t.fd, to, room, 0);
        if (n > 0) {
            qmp_wire_came(&c->wire, (size_t)n);
            total += (size_t)n;
            handle_lines(c);
            if ((size_t)n < room) /* there was no more */
                break;
        } else if (!n) {
            qmp_client_end_of_stream(c, 0);
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            qmp_client_end_of_stream(c, errno);
        }
    }
    if (c->state != QMP_CLOSED && !c->ended && c->write_failed)
        qmp_client_end_of_stream(c, c->write_errno);
}
