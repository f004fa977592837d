/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds, and the user's word that ends them. */
#include "tests/lib/sim.h"
#include "tests/lib/test.h"

#include <string.h>

/* What is between two lines of the trace, that line included. */
static void assert_story(const struct sim_result *r, const char *wanted)
{
    if (!strstr(r->trace, wanted))
        fail_msg("wanted:\n%sin:\n%s", wanted, r->trace);
}

static void engine_waits_where_it_is_held(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.config.hold = QMIG_HOLD_PREPARED | QMIG_HOLD_SWITCHOVER;
    o.config.plan.hold_switchover = true;
    o.slow_ram = true;
    o.word_us = 50 * INT64_C(1000000); /* more than any other deadline */
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_story(&r, "  journal migrate\n"
                     "  hold prepared\n"
                     "< - switchover\n"
                     "  release prepared\n"
                     "> S migrate\n");
    assert_story(&r, "> S migrate-set-parameters\n"
                     "  hold switchover\n"
                     "< - switchover\n"
                     "  release switchover\n"
                     "> S migrate-set-parameters\n"
                     "< S STOP {}\n"
                     "< S MIGRATION {\"status\":\"pre-switchover\"}\n"
                     "  precopy -> switchover (the source is stopped)\n"
                     "> S migrate-continue\n");
    sim_result_clear(&r);

    /* Its RAM was sent before it could be braked. */
    o.slow_ram = false;
    r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_story(&r, "  hold switchover\n"
                     "< S STOP {}\n"
                     "< S MIGRATION {\"status\":\"pre-switchover\"}\n"
                     "  precopy -> switchover (the source is stopped)\n"
                     "  warning: the guest stands still while the switchover "
                     "is held\n"
                     "< - switchover\n"
                     "  release switchover\n"
                     "> S migrate-continue\n");
    sim_result_clear(&r);
}

/* Nobody comes: the guest runs on where it is. */
static void engine_goes_back_when_a_hold_is_not_released(void **state UNUSED)
{
    static const struct {
        unsigned hold;
        bool slow_ram;
        const char *at;
    } rows[] = {{QMIG_HOLD_PREPARED, false, "held at 'prepared' for 7 sec"},
                {QMIG_HOLD_SWITCHOVER, false, "held at 'switchover' for 7 s"},
                {QMIG_HOLD_SWITCHOVER, true, "held at 'switchover' for 7 s"}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sim_options o = sim_defaults();

        o.config.hold = rows[i].hold;
        o.config.plan.hold_switchover = rows[i].hold & QMIG_HOLD_SWITCHOVER;
        o.config.deadlines.us[DEADLINE_hold] = 7000000;
        o.slow_ram = rows[i].slow_ram;
        struct sim_result r = sim_run(&o);
        assert_int_equal(r.verdict.outcome, QMIG_FAILED);
        assert_string_equal(r.error_code, "hold.timeout");
        assert_non_null(strstr(r.error_message, rows[i].at));
        assert_true(r.source_runs);
        assert_true(r.undone);
        sim_result_clear(&r);
    }
}

/* Post-copy would stop the guest: it begins with the word. */
static void engine_holds_postcopy_back(void **state UNUSED)
{
    struct sim_options o = sim_postcopy();

    o.config.hold = QMIG_HOLD_SWITCHOVER;
    o.config.plan.hold_switchover = true;
    o.word_us = 3000000;
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_story(&r, "  release switchover\n"
                     "> S migrate-set-parameters\n"
                     "  journal postcopy\n"
                     "> S stop\n"
                     "> S migrate-start-postcopy\n");
    sim_result_clear(&r);
}

static void engine_switches_over_at_the_users_word(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    /* At any time: remembered before RAM flows, of no matter afterwards. */
    o.postcopy = true; /* without the word it would never end */
    o.config.deadlines.us[DEADLINE_stall] = 3000000;
    struct sim_result whole = sim_run(&o);
    assert_int_equal(whole.verdict.outcome, QMIG_FAILED);
    o.fault = SIM_SWITCHOVER;
    for (o.at = 0; o.at < whole.events; o.at++) {
        struct sim_result r = sim_run(&o);

        bool late = !strstr(r.trace, "pre-switchover");

        if (late) /* it had failed already */
            assert_story(&r, "cancelling ->");
        else
            assert_story(&r, "> S migrate-set-parameters\n");
        assert_int_equal(r.verdict.outcome,
                         late ? QMIG_FAILED : QMIG_COMPLETED);
        sim_result_clear(&r);
    }
    assert_true(o.at > 20);
    sim_result_clear(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_waits_where_it_is_held),
        cmocka_unit_test(engine_goes_back_when_a_hold_is_not_released),
        cmocka_unit_test(engine_holds_postcopy_back),
        cmocka_unit_test(engine_switches_over_at_the_users_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
