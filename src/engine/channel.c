/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection that we make for the two QEMUs: before `migrate`, once the
 * destination listens. With a tunnel the data flows through us until the end:
 * when it breaks, the source says so by itself, since its end is closed; what
 * we know of the cause then joins the error.
 */
#include "engine/internal.h"

#include "plan/transport.h"

#include <string.h>

void channel_event(struct engine *e, const struct engine_event *ev)
{
    bool was_open = e->channel_open;

    e->channel_closing = false;
    e->channel_open = !ev->err && !was_open;
    if (!ev->err)
        return;
    qmp_error_free(e->channel_error);
    e->channel_error = qmp_error_copy(ev->err);
}

static void open_channel(struct engine *e)
{
    CLEANUP(freep) char *address = transport_connect_address(&e->plan);
    struct json_object *arguments = json_object_new_object();

    if (address)
        json_object_object_add(arguments, "connect",
                               json_object_new_string(address));
    e->channel_asked = true;
    act_channel(e, arguments);
    engine_limit(e, DEADLINE_connect);
}

bool channel_is_ready(struct engine *e)
{
    if (!e->plan.source_gets_fd)
        return true;
    if ((e->plan.tunnel || e->plan.uri.passed) && !e->channel_open) {
        if (!e->channel_asked)
            open_channel(e);
        return false;
    }
    if (!e->passed) {
        e->passed = true;
        engine_limit(e, DEADLINE_answer);
        send_steps(e, STEP_PASS, STEP_PASS);
        return false;
    }
    return !engine_source(e)->waiting;
}

bool channel_failed(struct engine *e, const struct engine_event *ev)
{
    bool late = engine_late(e) && e->channel_asked && !e->channel_open;

    if (ev->kind == EV_CHANNEL && ev->err)
        engine_error(e, QMIG_SIDE_CONTROLLER, ev->err);
    else if (late)
        deadline_passed(e, QMIG_SIDE_CONTROLLER, DEADLINE_connect,
                        "connection for the data");
    else
        return false;
    turn_back(e, "there is no connection for the data");
    return true;
}

void channel_close(struct engine *e)
{
    if (!e->channel_open || e->channel_closing || !e->plan.tunnel)
        return;
    e->channel_closing = true;
    act_simple(e, ACT_CHANNEL_CLOSE, QMIG_SIDE_CONTROLLER);
}

void channel_explain(struct engine *e)
{
    const struct qmp_error *how = e->channel_error;
    struct qmp_error *err = e->error;
    CLEANUP(freep) char *first = NULL;

    if (!how || e->error_side == QMIG_SIDE_CONTROLLER ||
        (how->code != QMIG_ERR_TUNNEL && err->code != QMIG_ERR_MIGRATION))
        return; /* the cause is known */
    first = err->msg;
    /* A command that ended badly, an error of the system: not an echo of what
     * became of one of the QEMUs. */
    if (how->code == QMIG_ERR_TUNNEL) {
        err->code = QMIG_ERR_TUNNEL;
        e->error_side = QMIG_SIDE_CONTROLLER;
    }
    if (how->code == QMIG_ERR_TUNNEL
            ? asprintf(&err->msg, "%s; then: %s", how->msg, first) < 0
            : asprintf(&err->msg, "%s; %s", first, how->msg) < 0)
        abort();
}
