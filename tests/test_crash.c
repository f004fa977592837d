/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The controller dies at any point of any story, with or without its host, and
 * recover comes after it, with one side dead or out of reach, and dies itself
 * at any point, too. The promise of the handover: in the end one guest runs,
 * and it is the whole one. No QEMU, no clock.
 */
#include "tests/lib/sim.h"
#include "tests/lib/test.h"

#include <string.h>

/* How often each end was reached: a promise that is never tested is none. */
static struct {
    unsigned source, dest, undecided, split, lost;
} ends;

static bool is_moved(enum past_stage stage)
{
    return stage == PAST_QUIT || stage == PAST_ENDED_DEST;
}

/* With one side dead: is it right that the other one stands still? */
static bool may_stand_still(const struct sim_result *r)
{
    if (r->source_alive) /* the guest was moved, and died there; or is split */
        return is_moved(r->recovered.stage) || r->dest_ran ||
               r->recovered.owner == QMIG_OWNER_UNDECIDED || r->recovered.split;
    /* It does not have all, or what it has is old. */ return !r->dest_loaded ||
        r->self_resumed || r->recovered.stage == PAST_BACK ||
        r->recovered.stage == PAST_ENDED_SOURCE || r->recovered.split;
}

static const char *judge(const struct sim_options *o,
                         const struct sim_result *r)
{
    const struct sim_verdict *v = &r->recovered;

    if (r->both_ran)
        return "both ran";
    if (r->cont_before_commit)
        return "the destination was continued before a record permits it";
    if (r->cancelled_split)
        return "a post-copy that had begun was cancelled";
    if (r->quit_split)
        return "the destination was ended although post-copy had begun";
    if (r->stale_ran)
        return "the destination ran with old memory";
    if (r->quit_unproved)
        return "the source was ended before the destination's word";
    bool stopped = o->fault == SIM_IO_ERROR && v->owner == QMIG_OWNER_SOURCE;
    if (r->source_alive && r->dest_alive && r->source_runs == r->dest_runs &&
        !stopped)
        return "not exactly one guest runs";
    if (r->source_alive && r->source_runs && r->dest_alive && r->dest_listens &&
        v->stage != PAST_NOTHING)
        return "the destination was not ended";
    if (r->source_alive && r->source_runs && v->owner != QMIG_OWNER_SOURCE)
        return "the guest runs on the source, and the verdict is another";
    if (r->dest_alive && r->dest_runs && v->owner != QMIG_OWNER_DEST)
        return "the guest runs on the destination, and the verdict is another";
    if (r->source_alive != r->dest_alive && !r->source_runs && !r->dest_runs &&
        !stopped && !may_stand_still(r))
        return "the guest stands still, and need not";
    /* `begin` is not synced: with the host dead nobody knows what was set. */
    if (r->source_alive && r->source_runs && !r->undone &&
        v->stage != PAST_NOTHING)
        return "the source's settings are not what they were";
    return NULL;
}

static void count(const struct sim_result *r)
{
    if (r->recovered.split)
        ends.split++;
    else if (!r->source_runs && !r->dest_runs)
        ends.lost++;
    else if (r->recovered.owner == QMIG_OWNER_UNDECIDED)
        ends.undecided++;
    else if (r->source_runs)
        ends.source++;
    else
        ends.dest++;
}

static void assert_recovered(const struct sim_options *o,
                             const struct sim_story *story,
                             const struct sim_result *r)
{
    const char *wrong = judge(o, r);

    count(r);
    if (wrong) /* the end of the story: messages are cut off */
        fail_msg(
            "%s: %s%s%s%s, fault '%s' after event %u, killed before "
            "action %u%s, %s, recover killed before %u: S %s%s, D %s%s\n%s",
            wrong, story->name, o->old ? ", old" : "",
            o->config.plan.dest_started ? ", started" : "",
            o->config.hooks ? ", hooks" : "", sim_fault_name(o->fault), o->at,
            o->crash_at, o->host_dies ? " with its host" : "",
            sim_world_name(o->world), o->recover_killed_at,
            r->source_alive ? "alive" : "dead",
            r->source_runs ? " and runs" : "", r->dest_alive ? "alive" : "dead",
            r->dest_runs ? " and runs" : "",
            strlen(r->trace) > 400 ? r->trace + strlen(r->trace) - 400
                                   : r->trace);
}

static unsigned run(const struct sim_options *o, const struct sim_story *story)
{
    struct sim_result r = sim_run(o);
    unsigned acts = r.recovered.acts;

    assert_recovered(o, story, &r);
    sim_result_clear(&r);
    return acts;
}

static struct sim_options options(const struct sim_story *story, unsigned kind)
{
    struct sim_options o = sim_defaults();

    o.old = kind & 1;
    o.config.plan.dest_started = kind & 2;
    o.recovers = true;
    story->tell(&o);
    return o;
}

static unsigned acts_of(const struct sim_options *o)
{
    struct sim_result r = sim_run(o);
    unsigned acts = r.acts;

    sim_result_clear(&r);
    return acts;
}

/* Calls `each` for each story, each kind and each action at which it dies. */
static void at_each_action(void (*each)(struct sim_options *o,
                                        const struct sim_story *s))
{
    for (size_t i = 0; i < sim_stories_n; i++) {
        for (unsigned kind = 0; kind < 4; kind++) {
            struct sim_options o = options(&sim_stories[i], kind);
            unsigned acts = acts_of(&o);

            assert_true(acts > 10);
            for (o.crash_at = 1; o.crash_at <= acts; o.crash_at += sim_stride())
                each(&o, &sim_stories[i]);
        }
    }
}

static void in_each_world(struct sim_options *o, const struct sim_story *story)
{
    for (int host = 0; host < 2; host++) {
        o->host_dies = host;
        for (int w = 0; w < SIM__WORLDS; w++) {
            o->world = (enum sim_world)w;
            run(o, story);
        }
    }
}

static void recover_ends_it_whenever_the_controller_dies(void **state UNUSED)
{
    memset(&ends, 0, sizeof(ends));
    at_each_action(in_each_world);
    assert_true(ends.source > 1000);
    assert_true(ends.dest > 100);
    assert_true(ends.lost > 100);
    assert_true(ends.split > 10);
}

static void killed_at_each_act(struct sim_options *o,
                               const struct sim_story *story)
{
    static const enum sim_world worlds[] = {SIM_ALL_THERE, SIM_SOURCE_DIES};

    for (size_t w = 0; w < ARRAY_SIZE(worlds); w++) {
        o->world = worlds[w];
        unsigned acts = run(o, story);

        for (unsigned i = 1; i <= acts; i += sim_stride()) {
            o->recover_killed_at = i;
            run(o, story);
        }
        o->recover_killed_at = 0;
    }
}

static void recover_may_die_at_any_point_itself(void **state UNUSED)
{
    at_each_action(killed_at_each_act);
}

/* What the controller ended itself, well or not, in any fault, and what it
 * left when it died after a fault. */
static void recover_ends_what_a_fault_has_left(void **state UNUSED)
{
    for (unsigned i = 0; i < 4 * sim_stories_n; i++) {
        const struct sim_story *story = &sim_stories[i / 4];
        struct sim_options o = options(story, i & 3);
        struct sim_result whole = sim_run(&o);

        for (int f = SIM_NONE + 1; f < SIM__FAULTS; f++) {
            o.fault = (enum sim_fault)f;
            for (o.at = 0; o.at <= whole.events; o.at += sim_stride())
                run(&o, story);
        }
        sim_result_clear(&whole);
    }
}

static void
recover_ends_it_when_the_controller_dies_on_its_way_back(void **state UNUSED)
{
    static const enum sim_fault faults[] = {SIM_CANCEL, SIM_HANG_DEST, SIM_CUT,
                                            SIM_SET};

    for (size_t i = 0; i < 2 * ARRAY_SIZE(faults); i++) {
        const struct sim_story *story = &sim_stories[i & 1];
        struct sim_options o = options(story, 0);
        struct sim_result whole = sim_run(&o);

        o.fault = faults[i / 2];
        for (o.at = 8; o.at < whole.events; o.at += sim_stride()) {
            o.crash_at = 0;
            unsigned acts = acts_of(&o);

            for (o.crash_at = 8; o.crash_at <= acts; o.crash_at += sim_stride())
                run(&o, story);
        }
        sim_result_clear(&whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recover_ends_it_whenever_the_controller_dies),
        cmocka_unit_test(recover_may_die_at_any_point_itself),
        cmocka_unit_test(recover_ends_what_a_fault_has_left),
        cmocka_unit_test(
            recover_ends_it_when_the_controller_dies_on_its_way_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
