/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an engine with hooks does; and that it keeps its promise with them. */
#include "tests/lib/sim.h"
#include "tests/lib/test.h"

#include <string.h>

/* Told in order, once each; those before the commit can refuse it. */
static void assert_hooks(const struct sim_options *o,
                         const struct sim_result *r)
{
    bool began = strstr(r->trace, "begin -> prepare") != NULL;
    const char *prepared = strstr(r->trace, "  hook prepared done\n");
    const char *stopped = strstr(r->trace, "  hook pre-switchover done\n");
    const char *end = r->verdict.outcome == QMIG_COMPLETED ? "  hook finished\n"
                                                           : "  hook failed\n";
    const char *migrate = strstr(r->trace, "> S migrate\n");
    const char *go_on = strstr(r->trace, "> S migrate-continue\n");
    bool wrong = r->ends != began || (began && !strstr(r->trace, end));

    wrong |= migrate && (!prepared || prepared > migrate);
    wrong |= go_on && (!stopped || stopped > go_on);
    wrong |= r->verdict.outcome == QMIG_COMPLETED &&
             !strstr(r->trace, "  hook committed\n");
    wrong |= r->hook_failed && (r->verdict.outcome != QMIG_FAILED ||
                                strcmp(r->error_code, "hook") != 0);
    wrong |= !r->hook_failed && r->verdict.outcome != QMIG_COMPLETED &&
             (o->fault == SIM_HOOK_FAILS || o->fault == SIM_HOOK_HANGS);
    if (wrong)
        fail_msg("fault '%s' after event %u: %s\n%s", sim_fault_name(o->fault),
                 o->at, r->error_message ? r->error_message : "", r->trace);
}

static void engine_calls_hooks_at_each_turn(void **state UNUSED)
{
    struct sim_options o = sim_defaults();
    struct sim_result plain = sim_run(&o);
    CLEANUP(freep) char *without = calloc(1, 1 << 16);
    unsigned turns = 0;

    o.config.hooks = true;
    struct sim_result r = sim_run(&o);
    assert_hooks(&o, &r);
    assert_non_null(strstr(r.trace, "  journal migrate\n"
                                    "  hook prepared\n"
                                    "  hook prepared done\n"
                                    "> S migrate\n"));
    assert_non_null(strstr(r.trace,
                           "  precopy -> switchover (the source is stopped)\n"
                           "  hook pre-switchover\n"
                           "  hook pre-switchover done\n"
                           "> S migrate-continue\n"));
    assert_non_null(strstr(r.trace, "  confirm -> done (completed)\n"
                                    "  hook finished\n"));
    /* Nothing else is different. */
    for (char *line = r.trace; *line; line = strchr(line, '\n') + 1) {
        if (!strncmp(line, "  hook ", 7))
            turns++;
        else
            strncat(without, line, (size_t)(strchr(line, '\n') + 1 - line));
    }
    assert_memory_equal(without, plain.trace, strlen(plain.trace));
    assert_int_equal(turns, 8);
    sim_result_clear(&r);
    sim_result_clear(&plain);
}

static void
engine_keeps_its_promise_when_hooks_fail_anywhere(void **state UNUSED)
{
    unsigned refused = 0;
    unsigned warned = 0;

    for (int kind = 0; kind < 16; kind++) {
        struct sim_options o = kind & 4 ? sim_postcopy() : sim_defaults();

        o.config.hooks = true;
        o.slow_hooks = kind & 8;
        o.old = kind & 1;
        o.config.plan.dest_started = kind & 2;
        struct sim_result whole = sim_run(&o);
        sim_assert_legal(&o, &whole);
        assert_hooks(&o, &whole);
        for (int f = SIM_NONE + 1; f < SIM__FAULTS; f++) {
            o.fault = (enum sim_fault)f;
            for (o.at = 0; o.at <= whole.events; o.at += sim_stride()) {
                struct sim_result r = sim_run(&o);

                sim_assert_legal(&o, &r);
                assert_hooks(&o, &r);
                refused += r.hook_failed;
                warned += strstr(r.trace, "  warning: failed\n") != NULL;
                sim_result_clear(&r);
            }
        }
        sim_result_clear(&whole);
    }
    assert_true(refused > 100);
    assert_true(warned > 10);
}

/* One that takes long holds up what is its own, and no deadline passes. */
static void engine_waits_for_a_slow_hook(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.config.hooks = true;
    o.slow_hooks = true;
    for (int i = 0; i < DEADLINE__MAX; i++)
        if (i != DEADLINE_hook)
            o.config.deadlines.us[i] = 500000;
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    sim_result_clear(&r);

    /* The user need not wait for it. */
    struct sim_result whole = sim_run(&o);
    unsigned given_up = 0;
    o.fault = SIM_CANCEL;
    for (o.at = 0; o.at <= whole.events; o.at++) {
        r = sim_run(&o);
        given_up += strstr(r.trace, "  hook prepared\n") &&
                    !strstr(r.trace, "  hook prepared done\n");
        sim_result_clear(&r);
    }
    assert_true(given_up > 0);
    sim_result_clear(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_calls_hooks_at_each_turn),
        cmocka_unit_test(engine_keeps_its_promise_when_hooks_fail_anywhere),
        cmocka_unit_test(engine_waits_for_a_slow_hook),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
