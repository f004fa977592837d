/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Domain stores: what the loop is to do with them, and when. Before anything
 * moves they are checked (BEGIN) and the definition is put on the disk under
 * another name (PREPARE); both may still refuse. Once it is known that the
 * guest has moved, and only then (R7), the definition gets its name and the
 * source's goes; otherwise what was staged is discarded (R10). An outcome that
 * is not known leaves everything to recover.
 *
 * One step runs at a time and is never given up: what it was told to do it
 * may do late.
 */
#include "engine/internal.h"

static void start(struct engine *e, enum move_step step)
{
    e->store = step;
    e->stores_begun |= 1u << step;
    act_store(e, step);
}

static bool begun(const struct engine *e, enum move_step step)
{
    return e->stores_begun & 1u << step;
}

bool store_must_wait(struct engine *e, enum move_step step)
{
    if (!e->config.stores)
        return false;
    if (!begun(e, step))
        start(e, step);
    if (e->store == step)
        e->deadline = -1; /* the step's own is the action's */
    return e->store == step;
}

void store_start_check(struct engine *e)
{
    if (e->config.stores)
        start(e, MOVE_CHECK);
}

bool store_must_end(struct engine *e)
{
    enum move_step last = e->error ? MOVE_DISCARD : MOVE_FINISH;

    if (!begun(e, MOVE_STAGE) || e->undecided || e->split)
        return false;
    if (!e->store && !begun(e, last))
        start(e, last);
    return e->store != MOVE_NONE;
}

void store_done(struct engine *e, const struct engine_event *ev)
{
    enum move_step step = (enum move_step)ev->tag;

    if (step != e->store || step == MOVE_NONE)
        return;
    e->store = MOVE_NONE;
    if (ev->err && e->state != ENGINE_DONE)
        e->store_error = qmp_error_copy(ev->err);
    else if (ev->err)
        act_warn(e, ev->err->msg);
}
