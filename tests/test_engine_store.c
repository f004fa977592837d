/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the engine acts on domain stores: whatever fails, the definition
 * follows the guest. */
#include "tests/lib/test.h"
#include "tests/lib/sim.h"
#include "error/errcode.h"

#include <string.h>

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;

    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

static bool comes_before(const char *text, const char *first, const char *then)
{
    const char *a = strstr(text, first);
    const char *b = strstr(text, then);

    return !b || (a && a < b);
}

/* NULL, or which promise was broken. */
static const char *broken(const struct sim_result *r)
{
    bool staged = strstr(r->trace, "  store stage\n");
    unsigned finished = count(r->trace, "  store finish\n");
    unsigned discarded = count(r->trace, "  store discard\n");
    bool moved = r->verdict.outcome == QMIG_COMPLETED;
    bool unknown = r->verdict.outcome == QMIG_UNDECIDED ||
                   r->verdict.outcome == QMIG_POSTCOPY_PAUSED;

    if (!comes_before(r->trace, "  store check done\n", "  begin -> prepare"))
        return "not checked before something is changed";
    if (!comes_before(r->trace, "  store stage done\n", "> S migrate\n"))
        return "not staged before it moves";
    if (finished != (moved ? 1 : 0))
        return "finished, or not";
    if (!comes_before(r->trace, "> D cont\n", "  store finish\n"))
        return "finished before the destination runs";
    if (discarded != (staged && !moved && !unknown ? 1 : 0))
        return "discarded, or not";
    if (staged && discarded &&
        !comes_before(r->trace, "  store stage ", "  store discard\n"))
        return "discarded while it is staged";
    if (r->stores_failed & (1u << MOVE_CHECK | 1u << MOVE_STAGE) &&
        (r->migrate_sent || moved))
        return "moved although the store refused";
    if (r->stores_failed & 1u << MOVE_CHECK &&
        strstr(r->trace, "migrate-set-capabilities"))
        return "something was changed although the store refused";
    if (r->stores_failed & (1u << MOVE_FINISH | 1u << MOVE_DISCARD) &&
        !strstr(r->trace, "  warning: no answer\n"))
        return "a failure was not told";
    return NULL;
}

static void assert_kept(const struct sim_options *o, const struct sim_result *r)
{
    const char *what = broken(r);

    if (what)
        fail_msg("%s: fault '%s' after event %u: %s\n%s", what,
                 sim_fault_name(o->fault), o->at,
                 r->error_message ? r->error_message : "", r->trace);
    assert_false(r->both_ran);
    if (r->verdict.outcome == QMIG_FAILED && r->source_alive &&
        r->verdict.owner == QMIG_OWNER_SOURCE)
        assert_true(r->source_runs || !o->source_status);
}

static struct sim_options options(int kind)
{
    struct sim_options o = sim_defaults();

    o.config.stores = true;
    o.old = kind & 1;
    o.config.plan.dest_started = kind & 2;
    o.slow_stores = kind & 4;
    o.config.hooks = kind & 8;
    if (kind & 16) {
        o.postcopy = true;
        o.config.postcopy_after = 1;
        o.config.plan.flags |= QMIG_POSTCOPY;
    }
    return o;
}

static void engine_acts_on_stores_in_order(void **state UNUSED)
{
    struct sim_options o = options(0);
    struct sim_result r = sim_run(&o);

    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_kept(&o, &r);
    assert_non_null(strstr(r.trace, "  journal migrate\n"
                                    "  store stage\n"
                                    "  store stage done\n"
                                    "> S migrate\n"));
    assert_non_null(strstr(r.trace, "  confirm -> done (completed)\n"
                                    "  store finish\n"));
    assert_non_null(strstr(r.trace, "  store finish done\n"));
    sim_result_clear(&r);
}

/* A store that was asked for nothing is not asked. */
static void engine_leaves_stores_alone_by_default(void **state UNUSED)
{
    struct sim_options o = sim_defaults();
    struct sim_result r = sim_run(&o);

    assert_null(strstr(r.trace, "store"));
    sim_result_clear(&r);
}

static void definition_follows_the_guest_whatever_fails(void **state UNUSED)
{
    unsigned refused = 0;
    unsigned warned = 0;
    unsigned undecided = 0;

    for (int kind = 0; kind < 32; kind++) {
        struct sim_options o = options(kind);
        struct sim_result whole = sim_run(&o);

        assert_kept(&o, &whole);
        for (int f = SIM_NONE + 1; f < SIM__FAULTS; f++) {
            o.fault = (enum sim_fault)f;
            for (o.at = 0; o.at <= whole.events; o.at += sim_stride()) {
                struct sim_result r = sim_run(&o);

                assert_kept(&o, &r);
                refused += r.error_code && !strcmp(r.error_code, "store");
                warned += r.stores_failed >> MOVE_FINISH != 0;
                undecided += r.verdict.outcome == QMIG_UNDECIDED;
                sim_result_clear(&r);
            }
        }
        sim_result_clear(&whole);
    }
    assert_true(refused > 50);
    assert_true(warned > 20);
    assert_true(undecided > 5);
}

/* A store on another host takes its time; no deadline but its own passes. */
static void engine_waits_for_a_slow_store(void **state UNUSED)
{
    struct sim_options o = options(4);

    for (int i = 0; i < DEADLINE__MAX; i++)
        if (i != DEADLINE_store)
            o.config.deadlines.us[i] = 500000;
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    sim_result_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_acts_on_stores_in_order),
        cmocka_unit_test(engine_leaves_stores_alone_by_default),
        cmocka_unit_test(definition_follows_the_guest_whatever_fails),
        cmocka_unit_test(engine_waits_for_a_slow_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
