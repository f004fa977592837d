/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hooks: the user's command hears of what happens. Before the commit the
 * engine waits for it, and turns back if it fails; from there on it is told,
 * nothing waits for it but the end, and a failure is a warning.
 *
 * One runs at a time. The one on the way back may come while another one still
 * runs: that one is given up (the loop ends it).
 */
#include "engine/internal.h"

static const char *const names[HOOK__MAX] = {
#define X(id, name, text) [HOOK_##id] = name,
    HOOK_MAP(X)
#undef X
};

const char *hook_name(enum hook hook)
{
    return names[hook];
}

static bool is_before_commit(enum hook hook)
{
    return hook == HOOK_PREPARED || hook == HOOK_PRE_SWITCHOVER;
}

static void start(struct engine *e, enum hook hook)
{
    e->hook = hook;
    e->hooks_begun |= 1u << hook;
    act_hook(e, hook);
}

bool hook_waits(const struct engine *e)
{
    return is_before_commit(e->hook);
}

bool hook_must_wait(struct engine *e, enum hook hook)
{
    if (!e->config.hooks)
        return false;
    if (!(e->hooks_begun & 1u << hook)) {
        start(e, hook);
        e->deadline = -1; /* the hook's own is the action's */
    }
    return e->hook == hook;
}

void hook_tell_committed(struct engine *e)
{
    if (e->config.hooks && !(e->hooks_begun & 1u << HOOK_COMMITTED))
        start(e, HOOK_COMMITTED);
}

/* What changed nothing is nobody's business. */
static bool is_to_be_told(const struct engine *e)
{
    return e->config.hooks && e->hooks_due;
}

static void end_now(struct engine *e)
{
    act_simple(e, ACT_END, QMIG_SIDE_CONTROLLER);
}

void hook_tell_end(struct engine *e)
{
    if (store_must_end(e))
        return;
    if (!is_to_be_told(e))
        end_now(e);
    else if (e->hook != HOOK_COMMITTED)
        start(e, e->error ? HOOK_FAILED : HOOK_FINISHED);
}

void hook_done(struct engine *e, const struct engine_event *ev)
{
    enum hook hook = (enum hook)ev->tag;

    if (hook != e->hook || hook == HOOK_NONE)
        return; /* one that was given up */
    e->hook = HOOK_NONE;
    if (ev->err && is_before_commit(hook) && e->state != ENGINE_DONE)
        e->hook_error = qmp_error_copy(ev->err);
    else if (ev->err)
        act_warn(e, ev->err->msg);
    if (e->state != ENGINE_DONE)
        return;
    if (hook == HOOK_COMMITTED)
        hook_tell_end(e);
    else if (hook == HOOK_FINISHED || hook == HOOK_FAILED)
        end_now(e);
}
