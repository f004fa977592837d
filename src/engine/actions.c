/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/internal.h"

#include <string.h>

static struct engine_action *append(struct engine *e,
                                    enum engine_action_kind kind)
{
    if (e->n_actions == e->max_actions) {
        size_t max = e->max_actions ? 2 * e->max_actions : 16;
        struct engine_action *more =
            realloc(e->actions, max * sizeof(*e->actions));

        if (!more)
            abort(); /* the guest stays where it is; recover sorts it out */
        e->actions = more;
        e->max_actions = max;
    }
    struct engine_action *a = &e->actions[e->n_actions++];
    *a = (struct engine_action){.kind = kind, .side = QMIG_SIDE_CONTROLLER};
    return a;
}

/* The plan's commands, and the questions before it, are few and all answered,
 * or the deadline of the last one passes: they do without ids, which cost time.
 * What is asked now and then, and decides, has one. */
static bool is_in_order(unsigned tag)
{
    return (tag & TAG_KIND) == TAG_PROBE || (tag & TAG_KIND) == TAG_STEP;
}

static struct engine_action *send(struct engine *e, enum qmig_side side,
                                  const char *execute,
                                  struct json_object *arguments, unsigned tag,
                                  int64_t timeout_us)
{
    struct engine_action *a = append(e, ACT_SEND);

    a->side = side;
    a->name = execute;
    a->arguments = json_object_get(arguments);
    a->tag = tag | e->epoch << 16;
    a->in_order = is_in_order(tag);
    a->deadline = e->now + timeout_us;
    const char *expected = e->peer[side].expected;
    if (expected && strcmp(expected, execute) != 0)
        e->peer[side].n_wrong++;
    e->peer[side].expected = NULL;
    return a;
}

void act_expect(struct engine *e, const struct plan_step *step,
                struct json_object *arguments)
{
    struct engine_action *a = append(e, ACT_EXPECT);

    e->peer[step->side].expected = step->execute;
    a->side = step->side;
    a->name = step->execute;
    a->arguments = json_object_get(arguments);
    a->in_order = is_in_order(TAG_STEP);
}

void act_send(struct engine *e, enum qmig_side side, const char *execute,
              struct json_object *arguments, unsigned tag, int64_t timeout_us)
{
    send(e, side, execute, arguments, tag, timeout_us);
}

void act_send_oob(struct engine *e, enum qmig_side side, const char *execute,
                  struct json_object *arguments, unsigned tag,
                  int64_t timeout_us)
{
    send(e, side, execute, arguments, tag, timeout_us)->oob = true;
}

void act_send_counted(struct engine *e, enum qmig_side side,
                      const char *execute, struct json_object *arguments,
                      unsigned tag, enum deadline timeout)
{
    act_send(e, side, execute, arguments, tag, e->config.deadlines.us[timeout]);
    e->peer[side].waiting++;
}

void act_step(struct engine *e, const struct plan_step *step, unsigned tag)
{
    send(e, step->side, step->execute, step->arguments, tag,
         e->config.deadlines.us[DEADLINE_answer])
        ->file = step->file;
    e->peer[step->side].waiting++;
}

static struct engine_action *record(struct engine *e, const char *kind,
                                    struct json_object *data)
{
    struct engine_action *a = append(e, ACT_JOURNAL);

    a->name = kind;
    a->arguments = data;
    return a;
}

void act_journal(struct engine *e, const char *kind, struct json_object *data)
{
    record(e, kind, data)->sync = true;
}

void act_record(struct engine *e, const char *kind, struct json_object *data)
{
    record(e, kind, data);
}

void act_note(struct engine *e, const char *kind, struct json_object *data)
{
    struct engine_action *a = append(e, ACT_NOTE);

    a->name = kind;
    a->arguments = data;
}

void act_warn(struct engine *e, const char *text)
{
    append(e, ACT_WARN)->text = strdup(text);
}

void act_simple(struct engine *e, enum engine_action_kind kind,
                enum qmig_side side)
{
    append(e, kind)->side = side;
}

void act_channel(struct engine *e, struct json_object *arguments)
{
    append(e, ACT_CHANNEL)->arguments = arguments;
}

void act_hook(struct engine *e, enum hook hook)
{
    struct engine_action *a = append(e, ACT_HOOK);

    a->name = hook_name(hook);
    a->tag = hook;
    a->deadline = e->now + e->config.deadlines.us[DEADLINE_hook];
}

void act_store(struct engine *e, enum move_step step)
{
    struct engine_action *a = append(e, ACT_STORE);

    a->name = move_step_name(step);
    a->tag = step;
    a->deadline = e->now + e->config.deadlines.us[DEADLINE_store];
}

void act_file(struct engine *e, enum file_step what)
{
    append(e, ACT_FILE)->tag = what;
}

void act_progress(struct engine *e, struct json_object *info)
{
    append(e, ACT_PROGRESS)->arguments = json_object_get(info);
}

void actions_clear(struct engine *e)
{
    for (size_t i = 0; i < e->n_actions; i++) {
        json_object_put(e->actions[i].arguments);
        free(e->actions[i].text);
    }
    e->n_actions = 0;
}

void ask_info(struct engine *e, enum qmig_side side)
{
    struct peer *peer = &e->peer[side];

    if (peer->lost || peer->asking_info)
        return;
    peer->asking_info = true;
    act_send(e, side, "query-migrate", NULL, TAG_INFO,
             e->config.deadlines
                 .us[storage_may_block(e) ? DEADLINE_cancel : DEADLINE_answer]);
}

void ask_status(struct engine *e, enum qmig_side side)
{
    if (!e->peer[side].lost)
        act_send(e, side, "query-status", NULL, TAG_STATUS,
                 e->config.deadlines.us[DEADLINE_answer]);
}
