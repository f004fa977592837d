/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that QEMU stopped because a disk failed it (werror=stop, rerror=stop)
 * while it was to be moved. With the flag 'abort_on_error' it is not: the
 * administrator of the source, where the disk is, shall see it first. With or
 * without, it is never told to run on by us: the error would only come again.
 */
#include "engine/internal.h"

#include <string.h>

static const char *text_of(struct json_object *data, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(data, name, &value);
    return json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}

/* {"device": "drive0" (empty for a -blockdev), "node-name": "disk0",
 *  "operation": "write", "action": "stop", "reason": "No space left"} */
void io_error_learn(struct engine *e, struct json_object *data)
{
    const char *action = text_of(data, "action");
    const char *name = text_of(data, "device");
    const char *operation = text_of(data, "operation");
    const char *reason = text_of(data, "reason");

    if (e->io_error || !action || strcmp(action, "stop") != 0)
        return;
    if (!name || !*name)
        name = text_of(data, "node-name");
    if (asprintf(&e->io_error, "disk '%s', %s: %s", name ? name : "?",
                 operation ? operation : "I/O",
                 reason ? reason : "no reason given") < 0)
        abort();
}

/* The event may have been missed; the run state tells, too. */
void io_error_learn_status(struct engine *e)
{
    if (e->io_error || !status_is_io_error(engine_source(e)))
        return;
    e->io_error = strdup("it is in run state 'io-error'");
    if (!e->io_error)
        abort();
}

bool status_is_io_error(const struct peer *peer)
{
    return peer->status && !strcmp(peer->status, "io-error");
}

void io_error_forget(struct engine *e)
{
    free(e->io_error);
    e->io_error = NULL;
}

void io_error_ask(struct engine *e)
{
    if (e->config.plan.flags & QMIG_ABORT_ON_ERROR)
        ask_status(e, QMIG_SIDE_SOURCE);
}

bool io_error_turns_back(struct engine *e)
{
    if (!e->io_error || !(e->config.plan.flags & QMIG_ABORT_ON_ERROR))
        return false;
    engine_errorf(e, QMIG_SIDE_SOURCE, QMIG_ERR_IO,
                  "an I/O error stopped the guest (%s)", e->io_error);
    qmp_hint(&e->error, "it is stopped on the source: mend the disk, then "
                        "send the source 'cont'");
    turn_back(e, "the guest met an I/O error");
    return true;
}
