/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holds: the migration waits at a turn until it is told to go on, or until
 * the deadline `hold` passes; then the way back is taken, for the guest keeps
 * running where it runs.
 *
 * At `prepared` the destination listens and nothing flows. At `switchover`
 * QEMU offers one instant only, its pre-switchover, and there the guest
 * stands still already. So the source is braked before: it sends next to
 * nothing from shortly before the end of its first pass over RAM on, and so
 * cannot come to the switchover while the guest runs. (A small
 * downtime-limit does not do that: a fast channel or an idle guest fits any
 * limit, and with 0 QEMU switches over after the first pass without looking
 * what is dirty; measured on 7.2 and 10.0.) A source that gets there all the
 * same, because its RAM was sent between two looks, waits in pre-switchover.
 */
#include "engine/internal.h"
#include "plan/runtime.h"

#include <string.h>

/* How often RAM is looked at while it may have to be braked. */
#define LOOK_US (50 * INT64_C(1000))
/* It is braked if RAM would be sent within so many looks. */
#define LOOKS 3

const char *hold_name(unsigned hold)
{
    return hold == QMIG_HOLD_PREPARED     ? "prepared"
           : hold == QMIG_HOLD_SWITCHOVER ? "switchover"
                                          : NULL;
}

bool hold_is_due(const struct engine *e, unsigned hold)
{
    return e->config.hold & hold & ~e->released;
}

static bool is_on_the_way_forward(const struct engine *e)
{
    return e->state == ENGINE_PREPARE || e->state == ENGINE_PRECOPY ||
           e->state == ENGINE_SWITCHOVER;
}

unsigned engine_holding(const struct engine *e, int64_t *since_us)
{
    if (!e->holding || !is_on_the_way_forward(e))
        return 0;
    *since_us = e->hold_since;
    return e->holding;
}

static void begin(struct engine *e, unsigned hold)
{
    struct json_object *data = json_object_new_object();

    json_object_object_add(data, "at", json_object_new_string(hold_name(hold)));
    act_note(e, "hold", data);
    e->holding = hold;
    e->hold_since = e->now;
    e->hold_until = e->now + e->config.deadlines.us[DEADLINE_hold];
}

bool hold_must_wait(struct engine *e, unsigned hold)
{
    if (!hold_is_due(e, hold))
        return false;
    if (e->holding != hold)
        begin(e, hold);
    if (e->state == ENGINE_SWITCHOVER && !e->hold_warned &&
        e->plan.source_runs) {
        e->hold_warned = true;
        act_warn(e, "the guest stands still while the switchover is held");
    }
    e->deadline = e->hold_until; /* the state's own counts from the release */
    return true;
}

bool hold_is_late(const struct engine *e)
{
    return e->holding && e->now >= e->hold_until;
}

void hold_passed(struct engine *e)
{
    engine_errorf(e, QMIG_SIDE_CONTROLLER, QMIG_ERR_HOLD,
                  "held at '%s' for %.3g seconds, and nobody said "
                  "'switchover'",
                  hold_name(e->holding),
                  (double)e->config.deadlines.us[DEADLINE_hold] / 1e6);
    turn_back(e, "nobody released the hold");
}

void hold_learn(struct engine *e, uint64_t total, uint64_t remaining)
{
    if (!e->ram_left)
        e->ram_left = total;
    e->ram_sent = e->ram_left > remaining ? e->ram_left - remaining : 0;
    e->ram_left = remaining;
}

int64_t hold_poll_us(const struct engine *e)
{
    bool looks = hold_is_due(e, QMIG_HOLD_SWITCHOVER) && !e->holding;

    return looks ? LOOK_US : FLOW_POLL_US;
}

static void brake(struct engine *e)
{
    bool runs = e->plan.source_runs && !e->stop_sent;

    if (!hold_is_due(e, QMIG_HOLD_SWITCHOVER) || e->holding || !runs ||
        !plan_find(&e->plan, STEP_BRAKE))
        return;
    if (!e->passes && (!e->ram_sent || e->ram_left > LOOKS * e->ram_sent))
        return;
    send_steps(e, STEP_BRAKE, STEP_BRAKE);
    begin(e, QMIG_HOLD_SWITCHOVER);
}

bool hold_keeps(struct engine *e, const char *name, struct json_object *value)
{
    const struct plan_step *step = plan_find(&e->plan, STEP_RELEASE);

    if (!step || strcmp(name, "max-bandwidth") != 0 ||
        !hold_is_due(e, QMIG_HOLD_SWITCHOVER))
        return false;
    json_object_object_add(step->arguments, name, json_object_get(value));
    return e->holding == QMIG_HOLD_SWITCHOVER;
}

/* RAM that is left fits any downtime: QEMU switches over at once. */
static void switch_now(struct engine *e)
{
    CLEANUP(json_putp) struct json_object *parameters = NULL;

    if (!e->switch_wanted || e->state != ENGINE_PRECOPY ||
        !status_is(engine_source(e), "active"))
        return;
    e->switch_wanted = false;
    parameters = json_object_new_object();
    json_object_object_add(parameters, "downtime-limit",
                           json_object_new_int(MAX_DOWNTIME_MS));
    tune(e, parameters);
}

void hold_flows(struct engine *e)
{
    brake(e);
    switch_now(e);
}

static void release(struct engine *e, unsigned hold)
{
    struct json_object *data = json_object_new_object();
    bool held = e->holding == hold;

    json_object_object_add(data, "at", json_object_new_string(hold_name(hold)));
    act_note(e, "release", data);
    e->released |= hold;
    if (!held)
        return; /* it will not wait there */
    e->holding = 0;
    e->progress_at = e->now;
    if (e->state == ENGINE_PRECOPY)
        send_steps(e, STEP_RELEASE, STEP_RELEASE);
    else if (e->state == ENGINE_SWITCHOVER)
        engine_limit(e, DEADLINE_switchover);
}

void hold_release(struct engine *e)
{
    bool early = e->state == ENGINE_BEGIN || e->state == ENGINE_PREPARE ||
                 e->state == ENGINE_STORAGE;

    if (early && hold_is_due(e, QMIG_HOLD_PREPARED))
        release(e, QMIG_HOLD_PREPARED);
    else if ((early || is_on_the_way_forward(e)) &&
             hold_is_due(e, QMIG_HOLD_SWITCHOVER))
        release(e, QMIG_HOLD_SWITCHOVER);
    else if (early || e->state == ENGINE_PRECOPY)
        e->switch_wanted = true;
}
