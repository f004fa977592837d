/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What recover does to the real world: monitors, the journal, the clock. */
#include "recover/session.h"

#include "qmp/sync.h"

#include <poll.h>

#define CALL_US (5 * INT64_C(1000000))

struct reply {
    bool done;
    struct json_object *ret;
    struct qmp_error *err;
};

static void on_reply(struct qmp_client *c UNUSED, struct json_object *ret,
                     const struct qmp_error *err, void *opaque)
{
    struct reply *reply = opaque;

    reply->done = true;
    reply->ret = json_object_get(ret);
    reply->err = err ? qmp_error_copy(err) : NULL;
}

static struct json_object *call_oob(struct qmp_client *client,
                                    const char *execute,
                                    struct json_object *arguments,
                                    struct qmp_error **errp)
{
    struct reply reply = {0};
    uint64_t id;
    struct qmp_command command = {
        .execute = execute,
        .arguments = arguments,
        .oob = qmp_client_has_oob(client),
        .deadline_us = qmp_now_us() + CALL_US,
        .done = on_reply,
        .opaque = &reply,
    };

    if (qmp_client_submit(client, &command, &id, errp) < 0)
        return NULL;
    if (qmp_run(client, &reply.done, 2 * CALL_US, NULL) < 0 && !reply.done)
        qmp_client_cancel(client, id);
    if (reply.err)
        qmp_propagate(errp, reply.err);
    return reply.ret;
}

static struct json_object *call(struct session *s, enum qmig_side side,
                                const char *execute,
                                struct json_object *arguments, bool oob,
                                struct qmp_error **errp)
{
    struct qmp_client *client = s->answer[side].client;

    return oob ? call_oob(client, execute, arguments, errp)
               : qmp_call(client, execute, arguments, CALL_US, errp);
}

static void wait_closed(struct session *s, enum qmig_side side)
{
    bool never = false;

    qmp_run(s->answer[side].client, &never, CALL_US, NULL);
}

static int write_record(struct session *s, const char *record,
                        struct json_object *data, struct qmp_error **errp)
{
    return journal_write(s->journal, record, data, true, errp);
}

static int64_t now_us(struct session *s UNUSED)
{
    return qmp_now_us();
}

static void wait_ms(struct session *s UNUSED, int ms)
{
    poll(NULL, 0, ms);
}

const struct recover_io recover_io = {
    .call = call,
    .wait_closed = wait_closed,
    .write = write_record,
    .now_us = now_us,
    .wait_ms = wait_ms,
};
