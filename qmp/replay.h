/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recorded dialogue stands in for the QEMUs that it was recorded from.
 *
 * For each peer of the transcript ("source", "destination") connections are
 * accepted on an address, or one is given. Then:
 *
 * - What a monitor said is said again in recorded order, over all peers: a
 *   message is held back until each command recorded before it was received.
 *   Replies get the id of the command that they answer now.
 * - A command must be the one that was recorded next on that peer: the same
 *   name and arguments (as JSON; "***" in the recording fits anything). If not,
 *   the replay fails and says where and how they differ; with `lenient` it
 *   looks for the command further on, or answers with an error, and goes on.
 * - Where the user of the recorded program acted (cancelled, say: a note of the
 *   transcript), the replay waits until all that was said before has been read
 *   and calls `user`: what the program does then is in the recording.
 * - Commands that only ask how a job goes on (query-migrate, query-jobs, ...)
 *   are sent by the clock: how often does not count. They get the answer that
 *   was recorded at that point of the dialogue. Nor do commands count that were
 *   withdrawn (qmp_client_expect()).
 *
 * The interface is that of qmp/client.h: poll, deadline, dispatch; one thread;
 * the caller's clock in microseconds.
 */
#ifndef QMP_REPLAY_H
#define QMP_REPLAY_H

#include "error.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct qmp_replay;

enum qmp_fault_kind {
    QMP_FAULT_NONE,
    QMP_FAULT_DROP,      /* the message is not said */
    QMP_FAULT_DELAY,     /* `us` later */
    QMP_FAULT_DUPLICATE, /* twice */
    QMP_FAULT_REORDER,   /* after the next message of that monitor */
    QMP_FAULT_CLOSE,     /* the connection is closed instead */
    QMP_FAULT_GARBAGE,   /* bytes that are no JSON instead */
    QMP_FAULT_ERROR,     /* a reply becomes an error */
};

/* What is done to the message that a monitor says on a line of the file. */
struct qmp_fault {
    enum qmp_fault_kind kind;
    uint64_t line;
    int64_t us;
};

struct qmp_replay_options {
    bool lenient;
    double speed;     /* 1: recorded time; 2: twice as fast; 0: no waiting */
    int64_t stall_us; /* fail when nothing happens for so long; 0: never */
    /* Differences that do not count: "COMMAND.PATH" ("migrate.uri"). */
    const char *const *ignore;
    size_t n_ignore;
    const struct qmp_fault *faults;
    size_t n_faults;
    /* With lenient: each difference, as one line. May be NULL. */
    void (*differs)(const char *text, void *opaque);
    /* The user acts now: "cancel", "postcopy", "set", ... with the arguments
     * of the note (an object, or NULL; borrowed). May be NULL. */
    void (*user)(const char *action, struct json_object *arguments,
                 void *opaque);
    void *opaque;
};

/* Load a transcript; options are copied, but what they point to is not needed
 * afterwards only for `faults`. QMP_ERR_TRANSCRIPT, also for more than 64 MiB
 * of messages or a fault on a line where no monitor speaks. */
QMP_EXPORT struct qmp_replay *
qmp_replay_load(const char *path, const struct qmp_replay_options *o,
                struct qmp_error **errp);
QMP_EXPORT void qmp_replay_free(struct qmp_replay *r); /* NULL is fine */

/* Name of the i-th peer of the transcript, NULL after the last. */
QMP_EXPORT const char *qmp_replay_peer(const struct qmp_replay *r, size_t i);

/* What a foreign recording was taken for (qmp/reader.h), NULL: it is a
 * transcript. A greeting and qmp_capabilities are put before what such a
 * recording leaves out; replies to commands before its beginning are not
 * said. */
QMP_EXPORT const char *qmp_replay_format(const struct qmp_replay *r);

/* Was the last line of the file cut? What was before it is replayed. */
QMP_EXPORT bool qmp_replay_is_cut(const struct qmp_replay *r);

/* Accept connections for a peer: unix:PATH, or tcp:HOST:PORT. */
QMP_EXPORT int qmp_replay_listen(struct qmp_replay *r, const char *peer,
                                 const char *addr, struct qmp_error **errp);

/* Give it a connected socket; it is closed by the replay. */
QMP_EXPORT int qmp_replay_attach(struct qmp_replay *r, const char *peer, int fd,
                                 struct qmp_error **errp);

enum qmp_replay_state {
    QMP_REPLAY_RUNNING,
    QMP_REPLAY_DONE,   /* all was said and heard */
    QMP_REPLAY_FAILED, /* qmp_replay_error() says why */
};

QMP_EXPORT enum qmp_replay_state qmp_replay_state(const struct qmp_replay *r);
QMP_EXPORT const struct qmp_error *qmp_replay_error(const struct qmp_replay *r);

#define QMP_REPLAY_MAX_PEERS 8
#define QMP_REPLAY_POLLFDS   ((size_t)2 * QMP_REPLAY_MAX_PEERS)
QMP_EXPORT size_t qmp_replay_pollfds(const struct qmp_replay *r,
                                     struct pollfd fds[QMP_REPLAY_POLLFDS]);
QMP_EXPORT int64_t
qmp_replay_deadline(const struct qmp_replay *r); /* -1: none */
QMP_EXPORT void qmp_replay_dispatch(struct qmp_replay *r, int64_t now_us);

/* Dispatch until it is done (0) or failed (-1), by CLOCK_MONOTONIC. */
QMP_EXPORT int qmp_replay_run(struct qmp_replay *r, struct qmp_error **errp);

#endif
