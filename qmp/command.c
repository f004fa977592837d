/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"
#include "buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

static int put_arguments(struct qmp_buffer *b, struct json_object *arguments)
{
    if (!arguments)
        return 0;
    if (qmp_buffer_puts(b, ",\"arguments\":") < 0)
        return -1;
    return qmp_buffer_put_value(b, arguments);
}

static int put_text(struct qmp_pending *p, const struct qmp_command *cmd)
{
    CLEANUP(qmp_buffer_done) struct qmp_buffer b = {0};

    if (qmp_buffer_puts(&b, cmd->oob ? "{\"exec-oob\":" : "{\"execute\":") <
            0 ||
        qmp_buffer_put_json(&b, p->name, strlen(p->name), false) < 0 ||
        put_arguments(&b, cmd->arguments) < 0 ||
        (!p->in_order &&
         qmp_buffer_printf(&b, ",\"id\":%" PRIu64, p->id) < 0) ||
        qmp_buffer_puts(&b, "}\n") < 0)
        return -1;
    p->len = qmp_buffer_len(&b);
    p->text = TAKE_PTR(b.base); /* nothing was consumed: it starts there */
    return 0;
}

static int copy_fds(struct qmp_pending *p, const struct qmp_command *cmd,
                    struct qmp_error **errp)
{
    if (!cmd->nfds)
        return 0;
    p->fds = malloc(cmd->nfds * sizeof(*p->fds));
    if (!p->fds)
        return qmp_fail(errp, QMP_ERR_NOMEM, "no memory for descriptors");
    p->passes_fds = true;
    for (size_t i = 0; i < cmd->nfds; i++) {
        int fd = fcntl(cmd->fds[i], F_DUPFD_CLOEXEC, 3);

        if (fd < 0)
            return qmp_fail_sys(errp, errno,
                                "cannot duplicate descriptor %d for '%s'",
                                cmd->fds[i], cmd->execute);
        p->fds[p->nfds++] = fd;
    }
    return 0;
}

struct qmp_pending *qmp_pending_new(const struct qmp_command *cmd, uint64_t id,
                                    struct qmp_error **errp)
{
    struct qmp_pending *p = calloc(1, sizeof(*p));

    if (p) {
        p->name = strdup(cmd->execute);
        p->id = id;
        p->in_order = cmd->in_order;
    }
    if (!p || !p->name || put_text(p, cmd) < 0) {
        qmp_fail(errp, QMP_ERR_NOMEM, "no memory for command '%s'",
                 cmd->execute);
        qmp_pending_free(p);
        return NULL;
    }
    if (copy_fds(p, cmd, errp) < 0) {
        qmp_pending_free(p);
        return NULL;
    }
    p->oob = cmd->oob;
    p->open = true;
    p->deadline_us = cmd->deadline_us;
    p->done = cmd->done;
    p->free = cmd->free;
    p->opaque = cmd->opaque;
    return p;
}

void qmp_pending_close_fds(struct qmp_pending *p)
{
    for (size_t i = 0; i < p->nfds; i++)
        close(p->fds[i]);
    p->nfds = 0;
}

void qmp_pending_free(struct qmp_pending *p)
{
    if (!p)
        return;
    qmp_pending_close_fds(p);
    free(p->fds);
    free(p->name);
    free(p->text);
    free(p);
}

static void insert_at(struct qmp_queue *q, struct qmp_pending **at,
                      struct qmp_pending *p)
{
    p->next = *at;
    *at = p;
    q->count++;
}

void qmp_queue_append(struct qmp_queue *q, struct qmp_pending *p)
{
    struct qmp_pending **at = &q->head;

    while (*at)
        at = &(*at)->next;
    insert_at(q, at, p);
}

void qmp_queue_insert_first(struct qmp_queue *q, struct qmp_pending *p)
{
    insert_at(q, &q->head, p);
}

void qmp_queue_insert_urgent(struct qmp_queue *q, struct qmp_pending *p)
{
    struct qmp_pending **at = &q->head;

    while (*at && ((*at)->oob || (*at)->sent))
        at = &(*at)->next;
    insert_at(q, at, p);
}

void qmp_queue_remove(struct qmp_queue *q, struct qmp_pending *p)
{
    for (struct qmp_pending **at = &q->head; *at; at = &(*at)->next) {
        if (*at == p) {
            *at = p->next;
            p->next = NULL;
            q->count--;
            return;
        }
    }
}

struct qmp_pending *qmp_queue_find(const struct qmp_queue *q, uint64_t id)
{
    struct qmp_pending *p = q->head;

    while (p && p->id != id)
        p = p->next;
    return p;
}

struct qmp_pending *qmp_queue_next_in_order(const struct qmp_queue *q)
{
    struct qmp_pending *p = q->head;

    while (p && !p->in_order)
        p = p->next;
    return p;
}

struct qmp_pending *qmp_queue_expired(const struct qmp_queue *q, int64_t now_us)
{
    for (struct qmp_pending *p = q->head; p; p = p->next)
        if (p->open && p->deadline_us && p->deadline_us <= now_us)
            return p;
    return NULL;
}

int64_t qmp_queue_deadline(const struct qmp_queue *q, int64_t than)
{
    for (struct qmp_pending *p = q->head; p; p = p->next)
        if (p->open && p->deadline_us && (than < 0 || p->deadline_us < than))
            than = p->deadline_us;
    return than;
}
