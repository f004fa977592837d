/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What will be submitted next, as the caller expects, is sent before it is
 * submitted, but for its end.
 *
 * QEMU reads a monitor byte by byte, about 4 us each (5.2..11.1), and carries a
 * command out when the last brace is there. So the text goes out while there is
 * time, and at the instant that counts one brace is to be read. If the command
 * is submitted, its end follows. If another one is, what was sent becomes a
 * command that QEMU refuses without looking at the rest: it gets a member that
 * no command has ("QMP input member 'withdrawn' is unexpected"). When the
 * connection ends QEMU forgets it.
 */
#include "buffer.h"
#include "client_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* What is held back: the brace and the line end. */
#define END_LEN 2

static const char withdrawn[] = ",\"withdrawn\":true}\n";

void qmp_client_forget_expected(struct qmp_client *c)
{
    qmp_pending_free(TAKE_PTR(c->expected));
}

/* What was begun gets an end that QEMU refuses. */
static int spoil(struct qmp_pending *p)
{
    size_t kept = p->len - END_LEN;
    char *text = realloc(p->text, kept + sizeof(withdrawn));

    if (!text)
        return -1;
    memcpy(text + kept, withdrawn, sizeof(withdrawn));
    p->text = text;
    p->len = kept + sizeof(withdrawn) - 1;
    return 0;
}

static int withdraw(struct qmp_client *c, struct qmp_error **errp)
{
    struct qmp_pending *p = c->expected;

    if (!p->sent) {
        qmp_client_forget_expected(c);
        return 0;
    }
    if (spoil(p) < 0)
        return qmp_fail(errp, QMP_ERR_NOMEM, "no memory to withdraw '%s'",
                        p->name);
    p->internal = true;
    p->id = 0; /* nobody can name it */
    c->expected = NULL;
    qmp_queue_insert_first(&c->waiting, p);
    c->waiting_bytes += p->len - p->sent;
    return 0;
}

void qmp_client_withdraw_begun(struct qmp_client *c, struct qmp_pending *p)
{
    size_t before = p->len;

    if (!p->ahead || p->sent > p->len - END_LEN)
        return;
    if (spoil(p) < 0)
        c->write_failed = true; /* rather no connection than this command */
    else
        c->waiting_bytes += p->len - before;
}

static bool is_same(const struct qmp_pending *a, const struct qmp_pending *b)
{
    return a->len == b->len && b->in_order && !b->passes_fds &&
           !memcmp(a->text, b->text, a->len);
}

int qmp_client_take_expected(struct qmp_client *c, struct qmp_pending *p,
                             struct qmp_error **errp)
{
    struct qmp_pending *expected = c->expected;

    if (!expected)
        return 0;
    /* Something else is on its way: then this one is not the next. */
    if (!is_same(expected, p) || c->waiting.head)
        return withdraw(c, errp);
    p->sent = expected->sent;
    p->ahead = p->sent > 0;
    qmp_client_forget_expected(c);
    return 0;
}

int qmp_client_expect(struct qmp_client *c, const struct qmp_command *cmd,
                      struct qmp_error **errp)
{
    struct qmp_pending *p = NULL;

    if (cmd && (!cmd->in_order || cmd->oob || cmd->nfds))
        return qmp_fail(errp, QMP_ERR_INVALID_ARG,
                        "'%s' cannot be sent ahead: it has an id, is out of "
                        "band, or has descriptors",
                        cmd->execute);
    if (c->state != QMP_READY)
        return 0;
    if (cmd) {
        p = qmp_pending_new(cmd, c->last_id + 1, errp);
        if (!p)
            return -1;
    }
    if (p && c->expected && is_same(c->expected, p)) {
        qmp_pending_free(p);
        return 0;
    }
    if (c->expected && withdraw(c, errp) < 0) {
        qmp_pending_free(p);
        return -1;
    }
    if (p && p->len <= c->o.max_message)
        c->expected = p;
    else
        qmp_pending_free(p);
    return 0;
}

bool qmp_client_wants_ahead(const struct qmp_client *c)
{
    return c->state == QMP_READY && !c->waiting.head && c->expected &&
           c->expected->sent < c->expected->len - END_LEN && !c->write_failed &&
           !c->ended &&
           (!c->has_oob || c->in_flight.count < QMP_MAX_IN_FLIGHT_OOB);
}

void qmp_client_write_ahead(struct qmp_client *c)
{
    while (qmp_client_wants_ahead(c)) {
        struct qmp_pending *p = c->expected;
        ssize_t n = send(c->t.fd, p->text + p->sent, p->len - END_LEN - p->sent,
                         MSG_NOSIGNAL);

        if (n > 0)
            p->sent += (size_t)n;
        else if (n < 0 && errno == EINTR)
            continue;
        else if (n < 0 && errno != EAGAIN) {
            c->write_failed = true;
            c->write_errno = errno;
            return;
        } else
            return;
    }
}
