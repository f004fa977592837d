/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sync.h"
#include "client_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

int64_t qmp_now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Sleep until the client has something to do, or `until_us`. */
static int wait_for(struct qmp_client *c, int64_t until_us,
                    struct qmp_error **errp)
{
    struct pollfd fds[QMP_CLIENT_POLLFDS];
    size_t n = qmp_client_pollfds(c, fds);
    int64_t deadline = qmp_client_deadline(c);
    int64_t left;
    struct timespec ts;

    if (deadline >= 0 && deadline < until_us)
        until_us = deadline;
    left = until_us - qmp_now_us();
    if (left < 0)
        left = 0;
    ts.tv_sec = left / 1000000;
    ts.tv_nsec = left % 1000000 * 1000;
    if (ppoll(fds, n, &ts, NULL) < 0 && errno != EINTR)
        return qmp_fail_sys(errp, errno, "cannot wait for the monitor");
    return 0;
}

static int closed_error(const struct qmp_client *c, struct qmp_error **errp)
{
    const struct qmp_error *why = qmp_client_error(c);

    if (why)
        return qmp_propagate(errp, qmp_error_copy(why));
    return qmp_fail(errp, QMP_ERR_CLOSED, "the connection was closed");
}

/* Dispatch until *stop, or until it is READY if there is no stop. 0; 1: time is
 * up; -1: *errp is set. */
static int run(struct qmp_client *c, const bool *stop, int64_t until_us,
               struct qmp_error **errp)
{
    for (;;) {
        int64_t now = qmp_now_us();

        qmp_client_dispatch(c, now);
        if (stop ? *stop : qmp_client_state(c) == QMP_READY)
            return 0;
        if (qmp_client_state(c) == QMP_CLOSED)
            return closed_error(c, errp);
        if (now >= until_us)
            return 1;
        if (wait_for(c, until_us, errp) < 0)
            return -1;
    }
}

int qmp_run(struct qmp_client *c, const bool *stop, int64_t timeout_us,
            struct qmp_error **errp)
{
    int rc = run(c, stop, qmp_now_us() + timeout_us, errp);

    if (rc > 0)
        return qmp_fail(errp, QMP_ERR_TIMEOUT, "nothing within %" PRId64 " ms",
                        timeout_us / 1000);
    return rc;
}

static int negotiate(struct qmp_client *c, int64_t until_us,
                     struct qmp_error **errp)
{
    int rc = run(c, NULL, until_us, errp);

    if (rc > 0) {
        qmp_client_state_expired(c);
        return closed_error(c, errp);
    }
    return rc;
}

struct qmp_client *qmp_open(const char *addr,
                            const struct qmp_client_options *o,
                            int64_t timeout_us, struct qmp_error **errp)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr a = {.fd = -1};
    struct qmp_client_options mine = o ? *o : (struct qmp_client_options){0};
    int64_t now = qmp_now_us();

    mine.connect_us = timeout_us;
    mine.greeting_us = timeout_us;
    if (qmp_addr_parse(addr, &a, errp) < 0)
        return NULL;
    struct qmp_client *c = qmp_client_new(&a, &mine, now, errp);
    if (c && negotiate(c, now + timeout_us, errp) < 0) {
        qmp_client_free(c);
        return NULL;
    }
    return c;
}

struct call {
    struct json_object *ret;
    struct qmp_error *err;
    bool done;
};

static void call_done(struct qmp_client *c UNUSED, struct json_object *ret,
                      const struct qmp_error *err, void *opaque)
{
    struct call *call = opaque;

    call->ret = json_object_get(ret);
    call->err = qmp_error_copy(err);
    call->done = true;
}

struct json_object *qmp_call(struct qmp_client *c, const char *execute,
                             struct json_object *arguments, int64_t timeout_us,
                             struct qmp_error **errp)
{
    struct call call = {0};
    struct qmp_error *broken = NULL;
    const struct qmp_command cmd = {
        .execute = execute,
        .arguments = arguments,
        .deadline_us = qmp_now_us() + timeout_us,
        .done = call_done,
        .opaque = &call,
    };
    uint64_t id;

    if (qmp_client_submit(c, &cmd, &id, errp) < 0)
        return NULL;
    if (run(c, &call.done, INT64_MAX, &broken) < 0)
        qmp_client_cancel(c, id); /* poll() itself failed */
    if (broken) {
        qmp_error_free(call.err);
        call.err = broken;
    }
    if (call.err)
        qmp_propagate(errp, call.err);
    return call.ret;
}
