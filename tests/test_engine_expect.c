/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the engine says that each side will be sent next. */
#include "tests/lib/sim.h"
#include "tests/lib/test.h"

#include <string.h>

/* A migration whose port need not be asked for. */
static struct sim_options to_socket(struct qmig_params *params)
{
    struct sim_options o = sim_defaults();

    assert_int_equal(
        qmig_params_add_string(params, "migrate_uri", "unix:///tmp/x", NULL),
        0);
    o.config.plan.params = params;
    return o;
}

/* `migrate` while the destination gets ready; and where RAM takes its time,
 * the look at it comes instead of migrate-continue, but `cont` is the next. */
static void engine_foretells_what_counts(void **state UNUSED)
{
    struct qmig_params *params = qmig_params_new();
    struct sim_options o = to_socket(params);
    struct sim_result r = sim_run(&o);

    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_int_equal(r.foretold, 1);
    assert_int_equal(r.withdrawn, 0);
    sim_result_clear(&r);

    o.slow_ram = true;
    r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_int_equal(r.foretold, 2);
    assert_int_equal(r.withdrawn, 1);
    sim_result_clear(&r);
    qmig_params_free(params);
}

/* It is asked how far it is, again and again: that withdraws what was expected,
 * but not for ever. */
static void engine_gives_up_when_it_was_wrong_too_often(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.config.hold = QMIG_HOLD_SWITCHOVER;
    o.config.plan.hold_switchover = true;
    o.word_us = 30 * INT64_C(1000000);
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_int_equal(r.withdrawn, 0); /* held: it is not the next */
    assert_int_equal(r.foretold, 1);  /* quit */
    sim_result_clear(&r);

    o = sim_defaults();
    o.slow_ram = true;
    r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_in_range(r.withdrawn, 1, 4);
    sim_result_clear(&r);
}

/* Of a user's cancel at each event, and a refusal: what was foretold does not
 * come, and nothing else changes. */
static void engine_is_legal_when_it_was_wrong(void **state UNUSED)
{
    static const enum sim_fault faults[] = {SIM_CANCEL, SIM_REFUSE,
                                            SIM_JOURNAL};
    struct qmig_params *params = qmig_params_new();
    struct sim_options o = to_socket(params);
    unsigned withdrawn = 0;

    o.slow_ram = true;
    struct sim_result whole = sim_run(&o);

    for (size_t f = 0; f < ARRAY_SIZE(faults); f++)
        for (unsigned at = 1; at <= whole.events; at++) {
            o.fault = faults[f];
            o.at = at;
            struct sim_result r = sim_run(&o);
            sim_assert_legal(&o, &r);
            withdrawn += r.withdrawn;
            sim_result_clear(&r);
        }
    assert_in_range(withdrawn, whole.events, 4 * whole.events);
    sim_result_clear(&whole);
    qmig_params_free(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_foretells_what_counts),
        cmocka_unit_test(engine_gives_up_when_it_was_wrong_too_often),
        cmocka_unit_test(engine_is_legal_when_it_was_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
