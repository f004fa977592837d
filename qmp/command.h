/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One command on its way, and the queues that commands wait in.
 *
 *   waiting    in the order in which they will be sent; the first may be
 *              partly sent
 *   in flight  sent; the reply is to come
 *
 * A command whose callback has run before its reply came (timeout, cancel) is
 * no longer `open`, but stays in flight until its reply can be dropped: QEMU
 * still has it, and counts it.
 */
#ifndef QMP_COMMAND_H
#define QMP_COMMAND_H

#include "client.h"

struct qmp_pending {
    struct qmp_pending *next;
    uint64_t id;
    char *name; /* what is executed; for messages */
    char *text; /* what is sent, with CR LF */
    size_t len;
    size_t sent;
    int *fds; /* ours; closed once they are sent */
    size_t nfds;
    size_t sent_fds; /* how many it had when they were sent */
    bool passes_fds; /* it has, or had, fds */
    bool oob;
    bool in_order; /* sent without its id */
    bool open;     /* the callback has not run */
    bool ahead;    /* some of it was sent before it was submitted */
    bool internal; /* not the user's: not counted as pending */
    int64_t deadline_us;
    qmp_reply_fn *done;
    void (*free)(void *opaque);
    void *opaque;
};

struct qmp_queue {
    struct qmp_pending *head;
    size_t count;
};

/* A command with its text, its own descriptors and `open` set. */
struct qmp_pending *qmp_pending_new(const struct qmp_command *cmd, uint64_t id,
                                    struct qmp_error **errp);
/* Does not run anything of the user's. NULL is fine. */
void qmp_pending_free(struct qmp_pending *p);
void qmp_pending_close_fds(struct qmp_pending *p);

void qmp_queue_append(struct qmp_queue *q, struct qmp_pending *p);
void qmp_queue_insert_first(struct qmp_queue *q, struct qmp_pending *p);
/* Before everything that is not out-of-band and not partly sent. */
void qmp_queue_insert_urgent(struct qmp_queue *q, struct qmp_pending *p);
void qmp_queue_remove(struct qmp_queue *q, struct qmp_pending *p);
struct qmp_pending *qmp_queue_find(const struct qmp_queue *q, uint64_t id);
/* The oldest one that was sent without its id. */
struct qmp_pending *qmp_queue_next_in_order(const struct qmp_queue *q);

/* The first open command whose deadline is at `now_us` or before. */
struct qmp_pending *qmp_queue_expired(const struct qmp_queue *q,
                                      int64_t now_us);
/* The nearest deadline, or `than` if that is nearer (-1: none). */
int64_t qmp_queue_deadline(const struct qmp_queue *q, int64_t than);

#endif
