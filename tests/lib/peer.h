/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The other end of a QMP client, played by the test itself, in the same thread:
 * what is said lies in the socket until the client is dispatched, so nothing
 * has to be waited for. The clock is the test's own.
 */
#ifndef TESTS_LIB_PEER_H
#define TESTS_LIB_PEER_H

#include "qmp/client.h"

#define PEER_GREETING                                                          \
    "{\"QMP\":{\"version\":{\"qemu\":{\"micro\":22,\"minor\":2,\"major\":7},"  \
    "\"package\":\"\"},\"capabilities\":[\"oob\"]}}\r\n"
#define PEER_GREETING_NO_OOB                                                   \
    "{\"QMP\":{\"version\":{\"qemu\":{\"micro\":0,\"minor\":11,\"major\":2},"  \
    "\"package\":\"\"},\"capabilities\":[]}}\r\n"

struct peer {
    int fd;               /* our end; -1: closed */
    struct qmp_client *c; /* NULL once freed */
    int64_t now_us;       /* the test's clock */
    char log[65536];      /* what the client's handlers saw, a line each */
    size_t log_len;
    char heard[262144]; /* what the client sent, not yet taken */
    size_t heard_len;
    int fds[16]; /* descriptors that came with it */
    size_t nfds;
};

/* A client that is connected to us and waits for the greeting. Its handlers
 * write to `log`: "ready", "event NAME DATA", "closed CODE MESSAGE". */
void peer_open(struct peer *p, const struct qmp_client_options *o);

/* peer_open(), greeting and negotiation: the client is READY. */
void peer_ready(struct peer *p, const struct qmp_client_options *o);

/* Frees the client, closes everything. */
void peer_close(struct peer *p);

/* Say text (printf), and let the client hear it. */
void peer_say(struct peer *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same for bytes, in pieces of `chunk` bytes with a dispatch after each. */
void peer_say_bytes(struct peer *p, const char *data, size_t len, size_t chunk);
/* Close our end, and let the client see it. */
void peer_hang_up(struct peer *p);

/* Let the client write; then the next line that it sent, "" if there is none.
 * Valid until the next call. */
const char *peer_hear(struct peer *p);

/* Submit `execute`; its end is logged: "reply NAME JSON" or "error NAME CODE
 * MESSAGE". Returns the id, 0 if it was refused (logged as "refused ..."). */
uint64_t peer_submit(struct peer *p, const char *execute, int64_t deadline_us);
/* For commands of the test's own: opaque is a struct peer_call. */
struct peer_call {
    struct peer *p;
    const char *name;
    int runs;
    int frees;
};
void peer_done(struct qmp_client *c, struct json_object *ret,
               const struct qmp_error *err, void *opaque);
void peer_call_free(void *opaque);

/* Descriptors that this process has open. */
int count_fds(void);

#endif
