/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A save or a restore whose controller dies at any point, with or without its
 * host, and recover comes after it, which may die at any point, too. In the
 * end the guest is in one place: it runs where it ran, or it is in a file that
 * is whole and has its name.
 */
#include "tests/lib/sim.h"
#include "tests/lib/sim_save.h"
#include "tests/lib/test.h"

#include <string.h>

/* How often each end was reached: a promise that is never tested is none. */
static struct {
    unsigned qemu, file, lost;
} ends;

/* Nobody wrote down what was begun: there is nothing to go by. */
static bool is_unknown(const struct save_sim *s)
{
    return s->recovered.stage == PAST_NOTHING;
}

/* What may fail is not told. */
static bool is_changed(const struct save_sim *s)
{
    return s->changed || (s->holds_file && s->o.fault != FAULT_REFUSE);
}

/* QEMU is there, and not ended. */
static const char *judge_alive_save(const struct save_sim *s)
{
    const struct save_story *story = s->o.story;
    bool owns = s->recovered.owner == QMIG_OWNER_SOURCE;

    if (!owns && s->runs)
        return "the guest runs on the source, and the verdict is another";
    if (!owns && (!s->named || !s->complete || s->part))
        return "the guest is not in the file";
    if (!owns && !story->keep_source)
        return "the guest is in the file, and the source was not ended";
    if (owns && s->runs == story->paused)
        return "the guest is not as it was";
    if (owns && (s->named || s->part))
        return "the guest is on the source, and a file is left";
    if (is_changed(s))
        return "the settings are not as they were";
    return NULL;
}

static const char *judge_dead_save(const struct save_sim *s)
{
    bool whole = s->complete && s->recovered.stage != PAST_BACK;

    if (s->recovered.owner == QMIG_OWNER_DEST)
        return s->named && s->complete && !s->part
                   ? NULL
                   : "the guest is not in the file";
    if (s->recovered.owner != QMIG_OWNER_SOURCE)
        return "the source is dead, as asserted, and nothing was decided";
    if (s->named || (s->part && (whole || !is_unknown(s))))
        return "the guest died with the source, and a file is left";
    return NULL;
}

static const char *judge_save(const struct save_sim *s)
{
    if (s->quit_early)
        return "the source was ended before the file was there";
    if (s->ran_early)
        return "the source ran after it was saved";
    return s->alive ? judge_alive_save(s) : judge_dead_save(s);
}

static const char *judge_restore(const struct save_sim *s)
{
    const struct save_story *story = s->o.story;
    bool owns = s->recovered.owner == QMIG_OWNER_DEST;

    if (!s->named || !s->complete)
        return "the file is not what it was";
    if (s->ran_early)
        return "it ran before everything was there";
    if (s->ran_unrecorded && s->o.fault != FAULT_JOURNAL)
        return "it ran before a record permits it";
    if (s->runs && !owns)
        return "the guest runs, and the verdict is another";
    if (s->alive && owns && s->runs == story->paused)
        return "the guest was restored, and does not run as it should";
    if (s->alive && !owns && !is_unknown(s) && s->connected)
        return "the guest is the file's, and QEMU was not ended";
    if (s->alive && owns && is_changed(s))
        return "the settings are not as they were";
    return NULL;
}

static const char *judge(const struct save_sim *s)
{
    if (s->recovered.error)
        return "recover did not come to its end";
    if (s->recovered.way != WAY_NONE)
        return "something is left to do";
    return s->image.save ? judge_save(s) : judge_restore(s);
}

static void count(const struct save_sim *s)
{
    if (s->alive)
        ends.qemu++;
    else if (s->named)
        ends.file++;
    else
        ends.lost++;
}

/* How much recover did. */
static unsigned run(const struct save_options *o)
{
    struct save_sim s;

    save_sim_run(&s, o);
    const char *wrong = judge(&s);
    unsigned acts = s.recovered.acts;
    count(&s);
    if (wrong)
        fail_msg("%s: %s%s, fault '%s' after event %u, killed before action "
                 "%u%s, %s, recover killed before %u: QEMU %s%s, file%s%s%s\n"
                 "%s",
                 wrong, o->story->name, o->slow ? ", slow" : "",
                 save_fault_name(o->fault), o->at, o->crash_at,
                 o->host_dies ? " with its host" : "",
                 save_world_name(o->world), o->recover_killed_at,
                 s.alive ? "alive" : "dead", s.runs ? " and runs" : "",
                 s.part ? " part" : "", s.named ? " named" : "",
                 s.complete ? " complete" : "", s.trace);
    save_sim_clear(&s);
    return acts;
}

static void count_of(const struct save_options *o, unsigned *acts,
                     unsigned *events)
{
    struct save_sim s;
    struct save_options whole = *o;

    whole.recovers = false;
    save_sim_run(&s, &whole);
    *acts = s.acts;
    *events = s.events;
    save_sim_clear(&s);
}

/* Calls `each` for each story and each action at which it dies. */
static void at_each_action(void (*each)(struct save_options *o))
{
    memset(&ends, 0, sizeof(ends));
    for (size_t i = 0; i < 2 * save_stories_n; i++) {
        struct save_options o = {
            .story = &save_stories[i / 2], .slow = i & 1, .recovers = true};
        unsigned acts, events;

        count_of(&o, &acts, &events);
        assert_true(acts > 10);
        for (o.crash_at = 1; o.crash_at <= acts; o.crash_at += sim_stride())
            for (int host = 0; host < 2; host++)
                for (int w = 0; w < SAVE__WORLDS; w++) {
                    o.host_dies = host;
                    o.world = (enum save_world)w;
                    each(&o);
                }
    }
    assert_true(ends.qemu > 100 / sim_stride());
    assert_true(ends.file > 100 / sim_stride());
    assert_true(ends.lost > 50 / sim_stride());
}

static void once(struct save_options *o)
{
    run(o);
}

static void recover_ends_it_whenever_the_controller_dies(void **state UNUSED)
{
    at_each_action(once);
}

static void killed_at_each_act(struct save_options *o)
{
    unsigned acts = run(o);

    for (unsigned i = 1; i <= acts; i += sim_stride()) {
        o->recover_killed_at = i;
        run(o);
    }
    o->recover_killed_at = 0;
}

static void recover_may_die_at_any_point_itself(void **state UNUSED)
{
    at_each_action(killed_at_each_act);
}

/* What the controller ended itself, well or not, and what it left when it died
 * after a fault. */
static void recover_ends_what_a_fault_has_left(void **state UNUSED)
{
    for (size_t i = 0; i < 2 * save_stories_n; i++) {
        struct save_options o = {
            .story = &save_stories[i / 2], .slow = i & 1, .recovers = true};
        unsigned acts, events;

        count_of(&o, &acts, &events);
        for (int f = FAULT_NONE + 1; f < FAULT__MAX; f++) {
            o.fault = (enum save_fault)f;
            for (o.at = 0; o.at <= events; o.at += sim_stride()) {
                unsigned n, unused;

                o.crash_at = 0;
                run(&o);
                count_of(&o, &n, &unused);
                for (o.crash_at = 1; o.crash_at <= n;
                     o.crash_at += 2 * sim_stride())
                    run(&o);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recover_ends_it_whenever_the_controller_dies),
        cmocka_unit_test(recover_may_die_at_any_point_itself),
        cmocka_unit_test(recover_ends_what_a_fault_has_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
