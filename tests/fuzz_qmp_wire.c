/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All that a hostile monitor can say to a client, cut anywhere: the first byte
 * is the chunk size. Whatever comes, each command's callback runs once, the
 * closed handler once, and nothing is left over.
 */
#include "qmp/client.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct story {
    int accepted;
    int done;
    int freed;
    int closed;
};

static void on_done(struct qmp_client *c, struct json_object *ret,
                    const struct qmp_error *err, void *opaque);

static void submit(struct qmp_client *c, struct story *s)
{
    const struct qmp_command cmd = {
        .execute = "x",
        .done = on_done,
        .opaque = s,
        .oob = qmp_client_has_oob(c) && s->accepted % 2,
    };

    if (s->accepted < 20 && !qmp_client_submit(c, &cmd, NULL, NULL))
        s->accepted++;
}

static void on_done(struct qmp_client *c, struct json_object *ret,
                    const struct qmp_error *err, void *opaque)
{
    struct story *s = opaque;

    assert(!ret != !err);
    s->done++;
    submit(c, s);
}

static void on_event(struct qmp_client *c, const char *name,
                     struct json_object *data, int64_t qemu_us, void *opaque)
{
    assert(name && data && qemu_us >= 0);
    if (!strcmp(name, "CLOSE"))
        qmp_client_close(c);
    if (!strcmp(name, "CANCEL"))
        qmp_client_cancel(c, (uint64_t)((struct story *)opaque)->accepted);
}

static void on_closed(struct qmp_client *c, const struct qmp_error *why,
                      void *opaque)
{
    struct story *s = opaque;

    assert(!why || (why->code && why->msg && !strchr(why->msg, '\n')));
    assert(qmp_client_pending(c) == 0);
    assert(s->done == s->accepted);
    s->closed++;
}

static void on_trace(struct qmp_client *c, char dir, const char *text,
                     size_t len, int nfds, bool valid, void *opaque)
{
    (void)c;
    (void)nfds;
    (void)opaque;
    assert(len > 0 && !memchr(text, '\n', len));
    assert(valid || dir == QMP_RECEIVED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct story s = {0};
    struct qmp_addr addr = {.kind = QMP_ADDR_FD, .text = (char *)"fd:fuzz"};
    const struct qmp_client_options o = {
        .max_message = 4096,
        .on = {.event = on_event,
               .closed = on_closed,
               .trace = on_trace,
               .opaque = &s},
    };
    int pair[2];
    char sink[4096];
    size_t chunk;

    if (size < 1)
        return 0;
    chunk = data[0] ? data[0] : 65536;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        abort();
    addr.fd = pair[1];
    struct qmp_client *c = qmp_client_new(&addr, &o, 0, NULL);
    assert(c);
    submit(c, &s);
    submit(c, &s);
    for (size_t at = 1; at < size; at += chunk) {
        size_t n = size - at < chunk ? size - at : chunk;

        if (send(pair[0], data + at, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
        qmp_client_dispatch(c, (int64_t)at);
        while (recv(pair[0], sink, sizeof(sink), MSG_DONTWAIT) > 0)
            ;
    }
    close(pair[0]);
    qmp_client_dispatch(c, (int64_t)size);
    assert(qmp_client_state(c) == QMP_CLOSED);
    qmp_client_free(c);
    assert(s.closed == 1 && s.done == s.accepted);
    return 0;
}
