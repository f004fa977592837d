/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QMP client: one connection to one monitor.
 *
 * Non-blocking and made to be embedded: the caller polls the descriptors that
 * qmp_client_pollfds() names until qmp_client_deadline() at the latest, then
 * calls qmp_client_dispatch(), which reads, writes and runs callbacks, and
 * never blocks. All times are the caller's clock in microseconds (any
 * monotonic origin); the client never reads a clock itself. qmp/sync.h is a
 * small blocking convenience on top.
 *
 *   CONNECTING -> GREETING -> NEGOTIATING -> READY -> CLOSED
 *
 * CLOSED can follow any state and is the end: by then every accepted
 * command's callback has run, exactly once. Then the closed handler runs.
 *
 * Callbacks may call any function of this header on their client,
 * qmp_client_free() included (it is then freed when they return).
 * Not thread-safe: one thread at a time for one client.
 */
#ifndef QMP_CLIENT_H
#define QMP_CLIENT_H

#include "addr.h"
#include "error.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct qmp_client;

enum qmp_client_state {
    QMP_CONNECTING,  /* connect() under way */
    QMP_GREETING,    /* connected; QEMU has not greeted yet */
    QMP_NEGOTIATING, /* qmp_capabilities sent */
    QMP_READY,       /* commands flow */
    QMP_CLOSED,      /* connection lost or closed; nothing more will come */
};

/* Which way a message went, as transcripts mark it. */
#define QMP_SENT     '>'
#define QMP_RECEIVED '<'

struct qmp_handlers {
    /* Negotiation is through; qmp_client_greeting() is there. */
    void (*ready)(struct qmp_client *c, void *opaque);

    /*
     * An event, in the order of arrival. `data` is borrowed and never NULL
     * (an empty object if the event has none); `qemu_us` is QEMU's wall-clock
     * time stamp in microseconds since 1970, 0 if it gave none.
     */
    void (*event)(struct qmp_client *c, const char *name,
                  struct json_object *data, int64_t qemu_us, void *opaque);

    /* Once, last of all. `why` is borrowed; NULL after qmp_client_close(). */
    void (*closed)(struct qmp_client *c, const struct qmp_error *why,
                   void *opaque);

    /*
     * Every message as it passed, negotiation included, before it is acted
     * on: one JSON text without line end (`text` is not NUL-terminated). A
     * received line that is not valid JSON is passed too, with valid false.
     * Sent messages are passed when they are handed to the kernel's socket.
     */
    void (*trace)(struct qmp_client *c, char dir, const char *text, size_t len,
                  int nfds, bool valid, void *opaque);

    void *opaque;
};

struct qmp_client_options {
    size_t max_message;     /* bytes a line may have; 0: QMP_MAX_MESSAGE */
    int64_t connect_us;     /* for CONNECTING; 0: no deadline */
    int64_t greeting_us;    /* for GREETING and NEGOTIATING together; 0: none */
    bool no_oob;            /* do not enable "oob" even where it is offered */
    bool in_order;          /* qmp_capabilities has no id, see below */
    bool early;             /* do not wait for the greeting: qmp_capabilities
                               goes out at once, and behind it what is submitted
                               meanwhile. QEMU greets when it accepts, and may
                               do that, and what it then reads, long after we
                               have given up: for questions only. Where "oob"
                               turns out not to be offered all is sent again */
    struct qmp_handlers on; /* copied; any may be NULL */
};

#define QMP_MAX_MESSAGE ((size_t)16 << 20)

/*
 * Start a connection. Never blocks for the peer (name resolution of a TCP
 * host may block for the resolver). Fails at once for what is known at once
 * (QMP_ERR_CONNECT: no such socket, refused, ...; QMP_ERR_SYSTEM); later
 * failures come through the closed handler:
 *   QMP_ERR_CONNECT      could not connect
 *   QMP_ERR_NO_GREETING  connected, but no greeting before greeting_us
 *                        (QEMU serves one client a monitor: another one is
 *                        connected; QEMU 5.2..11.1)
 *   QMP_ERR_NOT_QMP      what came is not a QMP greeting
 *   QMP_ERR_PROTOCOL     malformed JSON, duplicate key, wrong type of a known
 *                        member, reply without id, ...: says what and where
 *   QMP_ERR_TOO_LARGE    a line longer than max_message
 *   QMP_ERR_CLOSED       end of file or reset (exec, ssh: with the exit
 *                        status of the command)
 */
QMP_EXPORT struct qmp_client *qmp_client_new(const struct qmp_addr *addr,
                                             const struct qmp_client_options *o,
                                             int64_t now_us,
                                             struct qmp_error **errp);

/*
 * Close and free. Commands that are under way end with QMP_ERR_CANCELLED
 * first; then the closed handler runs with why NULL, unless it already ran.
 * NULL is fine.
 */
QMP_EXPORT void qmp_client_free(struct qmp_client *c);

/* Close now, as qmp_client_free(), but keep the object. */
QMP_EXPORT void qmp_client_close(struct qmp_client *c);

QMP_EXPORT enum qmp_client_state qmp_client_state(const struct qmp_client *c);

/* Why it is CLOSED, borrowed; NULL before that, and after
 * qmp_client_close(). */
QMP_EXPORT const struct qmp_error *qmp_client_error(const struct qmp_client *c);

/* QEMU's greeting (the value of "QMP"), borrowed; NULL before
 * NEGOTIATING. */
QMP_EXPORT struct json_object *qmp_client_greeting(const struct qmp_client *c);

/* Was "oob" negotiated? */
QMP_EXPORT bool qmp_client_has_oob(const struct qmp_client *c);

/* Process id of the other side if it is a local UNIX socket (SO_PEERCRED of
 * the time at which it listened), else -1. */
QMP_EXPORT int qmp_client_peer_pid(const struct qmp_client *c);

/*
 * Exactly one of ret and err is not NULL; both are borrowed. `err` is
 *   QMP_ERR_REFUSED    QEMU's error, with qmp_class and qmp_desc
 *   QMP_ERR_TIMEOUT    the command's deadline passed (a reply that comes
 *                      later is dropped)
 *   QMP_ERR_CANCELLED  qmp_client_cancel(), _close() or _free()
 *   or what ended the connection.
 */
typedef void qmp_reply_fn(struct qmp_client *c, struct json_object *ret,
                          const struct qmp_error *err, void *opaque);

struct qmp_command {
    const char *execute;
    struct json_object *arguments; /* borrowed, may be NULL */
    bool oob;                      /* exec-oob: needs qmp_client_has_oob() */
    bool in_order;                 /* has no id: its reply is the next one that
                                      has none. QMP answers in order what is
                                      not out-of-band, and QEMU reads byte by
                                      byte, about 4 us each (7.2..11.1) */
    int64_t deadline_us;           /* absolute; 0: none */
    const int *fds;                /* passed with SCM_RIGHTS (UNIX only) and */
    size_t nfds;                   /* dup()ed: the caller keeps his own */
    qmp_reply_fn *done;            /* may be NULL */
    void (*free)(void *opaque);    /* after done, for the opaque; may be NULL */
    void *opaque;
};

/*
 * Queue a command; several may be under way (QMP answers in order, except
 * out-of-band). May be called before READY: it goes out right behind
 * qmp_capabilities then (see `early`). On success done
 * will run exactly once, never from inside this call; on failure neither done
 * nor free runs. *id (if not NULL) names it for qmp_client_cancel().
 * Errors: QMP_ERR_CLOSED, QMP_ERR_INVALID_ARG (oob that was not negotiated,
 * fds over something that is not a UNIX socket), QMP_ERR_TOO_LARGE (1024
 * commands or 64 MiB wait already, or it is longer than max_message),
 * QMP_ERR_NOMEM.
 *
 * The bytes go out in the next dispatch: at the end of the one that runs, or
 * call it before you poll. Two things are held back: with oob, an eighth
 * command that is not out-of-band (QEMU would stop reading, out-of-band
 * commands included), and a command with fds while another one with fds has no
 * reply (QEMU would drop the first one's).
 */
QMP_EXPORT int qmp_client_submit(struct qmp_client *c,
                                 const struct qmp_command *cmd, uint64_t *id,
                                 struct qmp_error **errp);

/* QEMU's answer to a command that was withdrawn (5.2..11.1). */
#define QMP_WITHDRAWN_DESC "QMP input member 'withdrawn' is unexpected"

/*
 * Say what will probably be submitted next (NULL: nothing any more). Its text
 * goes out at once, but for its end: QEMU, which reads byte by byte, has read
 * it when it counts, and carries it out when it is submitted and not before. If
 * another command is submitted first it is withdrawn: it gets the member
 * "withdrawn", QEMU refuses it for that (5.2..11.1), and nobody hears of the
 * refusal. So it costs time to be wrong, and nothing else. If the connection
 * ends QEMU forgets it. Only `execute` and `arguments` count here, of a command
 * that is `in_order`; the rest comes with qmp_client_submit(). Does nothing
 * before READY.
 *
 * Errors: QMP_ERR_INVALID_ARG (not in_order, oob, fds), QMP_ERR_NOMEM; nothing
 * is expected then that was not before.
 */
QMP_EXPORT int qmp_client_expect(struct qmp_client *c,
                                 const struct qmp_command *cmd,
                                 struct qmp_error **errp);

/* Forget a command: done runs with QMP_ERR_CANCELLED (from inside this call).
 * A command that was not yet sent is not sent. -1: no such id. */
QMP_EXPORT int qmp_client_cancel(struct qmp_client *c, uint64_t id);

/* Number of commands whose callback has not run. */
QMP_EXPORT size_t qmp_client_pending(const struct qmp_client *c);

/*
 * What to poll: fills at most QMP_CLIENT_POLLFDS entries, returns how many
 * (0 when CLOSED, or when there is only the deadline to wait for).
 */
#define QMP_CLIENT_POLLFDS 2
QMP_EXPORT size_t qmp_client_pollfds(const struct qmp_client *c,
                                     struct pollfd fds[QMP_CLIENT_POLLFDS]);

/* The next instant at which dispatch must be called; -1: none. */
QMP_EXPORT int64_t qmp_client_deadline(const struct qmp_client *c);

/*
 * Write what is queued, as far as that goes without blocking. Dispatch does
 * it, too; this is for a caller who is about to do something else, or who
 * queued commands from another client's callback. No reply runs from here.
 */
QMP_EXPORT void qmp_client_flush(struct qmp_client *c);

/*
 * Do what can be done without blocking: connect, write, read, parse, run
 * callbacks, time out. Spurious calls are fine.
 */
QMP_EXPORT void qmp_client_dispatch(struct qmp_client *c, int64_t now_us);

static inline void qmp_client_freep(struct qmp_client **c)
{
    qmp_client_free(*c);
}

#endif
