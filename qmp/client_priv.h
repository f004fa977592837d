/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What client.c (life cycle, deadlines, callbacks) and client_io.c (bytes)
 * share. Everything that runs a callback may find the client CLOSED when it
 * comes back: look at the state before going on. The object itself stays until
 * the outermost public function returns.
 */
#ifndef QMP_CLIENT_PRIV_H
#define QMP_CLIENT_PRIV_H

#include "client.h"
#include "command.h"
#include "transport.h"
#include "wire.h"

/*
 * QEMU with oob reads ahead at most 8 commands and then nothing more, not even
 * an out-of-band one (monitor/qmp.c, QMP_REQ_QUEUE_LEN_MAX): one place is
 * kept free, so that `yank` gets through whatever we have asked before.
 */
#define QMP_MAX_IN_FLIGHT_OOB 7

/* Descriptors that one message can carry (the kernel's SCM_MAX_FD). */
#define QMP_MAX_FDS 253

struct qmp_client {
    enum qmp_client_state state;
    struct qmp_client_options o;
    struct qmp_transport t;
    struct qmp_wire wire;
    char *addr; /* as the user wrote it */

    struct json_object *greeting;
    struct json_object *no_data; /* what an event without data has */
    bool offers_oob;
    bool has_oob;
    size_t stale; /* replies to come to what was sent again: to be dropped */

    struct qmp_queue waiting;
    struct qmp_queue in_flight;
    struct qmp_pending *expected; /* sent up to its end, or a part of that */
    size_t waiting_bytes;
    size_t pending; /* open commands of the user */
    uint64_t last_id;

    int64_t deadline_us; /* of the state; 0: none */
    int64_t retry_us;    /* CONNECTING: when to try again; 0: no retry */
    bool ended;          /* end of file seen; the child is to be reaped */
    int stream_errno;
    int64_t reap_us; /* until when the child may end by itself */
    bool write_failed;
    int write_errno;

    struct qmp_error *why; /* CLOSED: the reason; NULL: the user's wish */

    int busy;   /* depth of public functions that may run callbacks */
    bool freed; /* free when busy is back at 0 */
};

/* client.c */
/* The greeting is there. */
void qmp_client_greeted(struct qmp_client *c);
/* Take `p` out of what is open and run its callback. Exactly one of ret and
 * err is given. `p` is not freed. */
void qmp_client_finish(struct qmp_client *c, struct qmp_pending *p,
                       struct json_object *ret, const struct qmp_error *err);
/* EOF (sys 0) or an error of the stream: the end, but a child has to tell its
 * exit status first. */
void qmp_client_end_of_stream(struct qmp_client *c, int sys);
/* The deadline of CONNECTING, GREETING or NEGOTIATING passed. */
void qmp_client_state_expired(struct qmp_client *c);
/* The end. Takes `why` (NULL: the user's wish). */
void qmp_client_lost(struct qmp_client *c, struct qmp_error *why);
void qmp_client_trace(struct qmp_client *c, char dir, const char *text,
                      size_t len, int nfds, bool valid);

/* client_expect.c */
/* `p` is about to be queued: if it is what was expected, it goes on where that
 * is; else that is withdrawn. */
int qmp_client_take_expected(struct qmp_client *c, struct qmp_pending *p,
                             struct qmp_error **errp);
/* `p` waits, and is given up: what was begun of it ahead is withdrawn. */
void qmp_client_withdraw_begun(struct qmp_client *c, struct qmp_pending *p);
bool qmp_client_wants_ahead(const struct qmp_client *c);
/* Write what is expected, but for its end, when all else is written. */
void qmp_client_write_ahead(struct qmp_client *c);
void qmp_client_forget_expected(struct qmp_client *c);

/* client_io.c */
/* Write what may be written. */
void qmp_client_write(struct qmp_client *c);
bool qmp_client_wants_write(const struct qmp_client *c);
/* Read and handle what is there. */
void qmp_client_read(struct qmp_client *c);

#endif
