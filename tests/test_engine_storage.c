/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of disks: the story of the engine, with every fault at every event. */
#include "params/params.h"
#include "tests/lib/sim.h"
#include "tests/lib/test.h"

#include <string.h>

static struct sim_options two_disks(void)
{
    struct sim_options o = sim_defaults();

    o.disks = 2;
    o.config.plan.flags |= QMIG_NON_SHARED_DISK;
    return o;
}

static void assert_part(const struct sim_result *r, const char *wanted)
{
    if (!strstr(r->trace, wanted))
        fail_msg("wanted:\n%sin:\n%s", wanted, r->trace);
}

static void engine_copies_disks_before_ram(void **state UNUSED)
{
    struct sim_options o = two_disks();
    struct sim_result r = sim_run(&o);

    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_true(r.dest_undone);
    assert_part(&r, "  journal begin\n"
                    "> D nbd-server-start\n"
                    "> D block-export-add\n"
                    "> D block-export-add\n"
                    "> D stop\n");
    assert_part(&r, "  prepare -> storage (the destination takes disks)\n"
                    "> S blockdev-add\n"
                    "> S blockdev-mirror\n"
                    "> S blockdev-add\n"
                    "> S blockdev-mirror\n"
                    "< S BLOCK_JOB_READY {\"device\":\"qmigrate-d0\","
                    "\"len\":1048576,\"offset\":1048576}\n"
                    "< S BLOCK_JOB_READY {\"device\":\"qmigrate-d1\","
                    "\"len\":1048576,\"offset\":1048576}\n"
                    "> S migrate\n"
                    "  storage -> precopy (the disks are copied)\n");
    assert_part(&r, "  precopy -> switchover (the source is stopped)\n"
                    "> S block-job-cancel\n"
                    "> S block-job-cancel\n"
                    "< S BLOCK_JOB_COMPLETED {\"device\":\"qmigrate-d0\","
                    "\"len\":1048576,\"offset\":1048576}\n"
                    "< S BLOCK_JOB_COMPLETED {\"device\":\"qmigrate-d1\","
                    "\"len\":1048576,\"offset\":1048576}\n"
                    "> S blockdev-del\n"
                    "> S blockdev-del\n"
                    "> D nbd-server-stop\n"
                    "> S migrate-continue\n");
    sim_result_clear(&r);
}

/* A destination (11.1) hears nobody else while it waits for the first word on
 * a connection: its exports would not answer, nor its monitor. */
static void engine_connects_once_the_disks_are_copied(void **state UNUSED)
{
    struct qmig_params *params = qmig_params_new();
    struct sim_options o = two_disks();

    assert_int_equal(
        qmig_params_add_string(params, "migrate_uri", "fd:tcp:h:1", NULL), 0);
    assert_int_equal(
        qmig_params_add_string(params, "disks_uri", "tcp:h:2", NULL), 0);
    o.config.plan.params = params;
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    const char *ready =
        strstr(r.trace, "BLOCK_JOB_READY {\"device\":\"qmigrate-d1\"");
    const char *made = strstr(r.trace, "  make channel");
    const char *passed = strstr(r.trace, "> S getfd");
    assert_non_null(ready);
    assert_true(ready < made && made < passed);
    assert_true(passed < strstr(r.trace, "> S migrate\n"));
    sim_result_clear(&r);
    qmig_params_free(params);
}

static void engine_waits_until_all_mirrors_are_ready(void **state UNUSED)
{
    struct sim_options o = two_disks();

    o.slow_disks = true;
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_true(strstr(r.trace, "BLOCK_JOB_READY {\"device\":\"qmigrate-d1\"") <
                strstr(r.trace, "> S migrate\n"));
    sim_result_clear(&r);
}

static void engine_takes_the_next_port_when_one_is_taken(void **state UNUSED)
{
    struct sim_options o = two_disks();

    o.ports_taken = 3;
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    sim_result_clear(&r);

    o.ports_taken = 100; /* the range has 64 */
    r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_FAILED);
    assert_string_equal(r.error_code, "port.taken");
    assert_true(r.dest_alive); /* it can still take another migration */
    assert_null(strstr(r.trace, "quit"));
    assert_true(r.undone);
    sim_result_clear(&r);
}

static void engine_exports_as_an_old_destination_can(void **state UNUSED)
{
    struct sim_options o = two_disks();

    o.no_block_export = true;
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_part(&r, "> D nbd-server-add\n");
    sim_result_clear(&r);
}

static void
engine_leaves_the_source_whole_when_a_mirror_fails(void **state UNUSED)
{
    struct sim_options o = two_disks();
    struct sim_result whole = sim_run(&o);
    unsigned failed = 0;

    o.fault = SIM_MIRROR;
    for (o.at = 0; o.at < whole.events; o.at++) {
        struct sim_result r = sim_run(&o);

        if (r.verdict.outcome == QMIG_FAILED) {
            failed++;
            assert_string_equal(r.error_code, "disk.copy");
            assert_non_null(strstr(r.error_message, "disk 'd0'"));
            assert_non_null(strstr(r.error_message, "No space left"));
            assert_true(r.source_runs);
            assert_true(r.undone);
        }
        sim_result_clear(&r);
    }
    assert_true(failed > 5);
    sim_result_clear(&whole);
}

static void engine_blames_a_destination_that_died(void **state UNUSED)
{
    struct sim_options o = two_disks();

    o.slow_disks = true;
    struct sim_result whole = sim_run(&o);
    unsigned seen = 0;
    o.fault = SIM_KILL_DEST;
    for (o.at = 0; o.at < whole.events; o.at++) {
        struct sim_result r = sim_run(&o);

        if (strstr(r.trace, "storage -> undoing")) {
            seen++;
            assert_string_equal(r.error_code, "dest.lost");
            assert_int_equal(r.verdict.side, QMIG_SIDE_DEST);
        }
        sim_result_clear(&r);
    }
    assert_true(seen > 2);
    sim_result_clear(&whole);
}

/* The promise of the handover, and nothing that was made stays. */
static void assert_kept(const struct sim_options *o, const struct sim_result *r)
{
    bool wrong = r->both_ran || r->cont_before_commit || r->quit_unproved;
    bool reached =
        o->fault != SIM_LOSE_SOURCE && o->fault != SIM_HANG_SOURCE &&
        o->fault != SIM_REFUSE &&
        !(o->fault == SIM_HANG_DEST && o->old && !o->config.plan.dest_started);

    if (r->verdict.owner == QMIG_OWNER_SOURCE && reached && r->source_alive)
        wrong |= !r->source_runs || !r->undone;
    if (r->verdict.owner == QMIG_OWNER_DEST)
        wrong |= r->source_runs || (r->dest_alive && !r->dest_runs &&
                                    r->verdict.outcome == QMIG_COMPLETED);
    if (wrong)
        fail_msg("fault '%s' after event %u: outcome %d, error %s: %s\n%s",
                 sim_fault_name(o->fault), o->at, r->verdict.outcome,
                 r->error_code ? r->error_code : "none",
                 r->error_message ? r->error_message : "", r->trace);
}

static void engine_keeps_its_promise_with_disks(void **state UNUSED)
{
    for (int kind = 0; kind < 16; kind++) {
        struct sim_options o = two_disks();

        o.old = kind & 1;
        o.config.plan.keep_source = kind & 1;
        o.config.plan.dest_started = kind & 2;
        o.slow_disks = kind & 4;
        if (kind & 8) {
            o.postcopy = true;
            o.config.postcopy_after = 1;
            o.config.plan.flags |= QMIG_POSTCOPY;
        } else if (kind & 2) {
            o.config.plan.flags &= ~QMIG_LIVE;
        }
        struct sim_result whole = sim_run(&o);
        assert_kept(&o, &whole);
        assert_int_equal(whole.verdict.outcome, QMIG_COMPLETED);
        assert_true(whole.undone || !o.config.plan.keep_source);
        for (int f = SIM_NONE + 1; f < SIM__FAULTS; f++) {
            o.fault = (enum sim_fault)f;
            for (o.at = 0; o.at <= whole.events; o.at += sim_stride()) {
                struct sim_result r = sim_run(&o);

                assert_kept(&o, &r);
                sim_result_clear(&r);
            }
        }
        sim_result_clear(&whole);
    }
}

static struct sim_options postcopy_with_disks(void)
{
    struct sim_options o = two_disks();

    o.postcopy = true;
    o.config.postcopy_after = 1;
    o.config.plan.flags |= QMIG_POSTCOPY;
    return o;
}

static void engine_yanks_the_disks_of_a_blocked_source(void **state UNUSED)
{
    struct sim_options o = postcopy_with_disks();
    struct sim_result whole = sim_run(&o);
    unsigned blocked = 0;
    unsigned soon = 0;

    o.fault = SIM_HANG_DEST;
    for (o.at = 0; o.at < whole.events; o.at++) {
        struct sim_result r = sim_run(&o);

        if (strstr(r.trace, "precopy -> cancelling (the source is blocked)")) {
            /* The guest stands still: not for long. */
            assert_int_equal(r.verdict.outcome, QMIG_FAILED);
            assert_string_equal(r.error_code, "deadline");
            soon++;
        }
        blocked += strstr(r.trace, "> S yank oob\n> S yank oob\n") != NULL;
        sim_result_clear(&r);
    }
    assert_true(blocked > 0);
    assert_true(soon > 0);
    sim_result_clear(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_copies_disks_before_ram),
        cmocka_unit_test(engine_connects_once_the_disks_are_copied),
        cmocka_unit_test(engine_waits_until_all_mirrors_are_ready),
        cmocka_unit_test(engine_takes_the_next_port_when_one_is_taken),
        cmocka_unit_test(engine_exports_as_an_old_destination_can),
        cmocka_unit_test(engine_leaves_the_source_whole_when_a_mirror_fails),
        cmocka_unit_test(engine_blames_a_destination_that_died),
        cmocka_unit_test(engine_keeps_its_promise_with_disks),
        cmocka_unit_test(engine_yanks_the_disks_of_a_blocked_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
