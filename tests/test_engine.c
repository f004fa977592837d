/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stories of the engine, as traces; no QEMU, no clock, no sleep. */
#include "tests/lib/sim.h"
#include "tests/lib/test.h"

#include <string.h>

static void assert_trace(const struct sim_result *r, const char *wanted)
{
    assert_string_equal(r->trace, wanted);
}

static void engine_moves_a_running_guest(void **state UNUSED)
{
    struct sim_options o = sim_defaults();
    struct sim_result r = sim_run(&o);

    assert_trace(
        &r, "< - start\n"
            "< S ready\n"
            "< D ready\n"
            "  begin -> prepare (both sides fit)\n"
            "  journal begin\n"
            "> D stop\n"
            "> D migrate-set-capabilities\n"
            "> S migrate-set-capabilities\n"
            "> D migrate-incoming\n"
            "  journal migrate\n"
            "> S migrate\n"
            "  prepare -> precopy (the destination listens)\n"
            "< S MIGRATION {\"status\":\"setup\"}\n"
            "< S MIGRATION {\"status\":\"active\"}\n"
            "  journal switchover\n"
            "> D migrate-set-capabilities\n"
            "< D MIGRATION {\"status\":\"active\"}\n"
            "< S MIGRATION_PASS {\"pass\":1}\n"
            "< S MIGRATION_PASS {\"pass\":2}\n"
            "< S STOP {}\n"
            "< S MIGRATION {\"status\":\"pre-switchover\"}\n"
            "  precopy -> switchover (the source is stopped)\n"
            "> S migrate-continue\n"
            "< S MIGRATION {\"status\":\"device\"}\n"
            "< D MIGRATION {\"status\":\"completed\"}\n"
            "< S MIGRATION {\"status\":\"completed\"}\n"
            "  switchover -> finish (the source says completed, by the return "
            "path)\n"
            "> D cont\n"
            "  journal commit\n"
            "< D RESUME {}\n"
            "  finish -> confirm (the destination has taken over)\n"
            "  journal quit\n"
            "> S quit\n"
            "  confirm -> done (completed)\n");
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    sim_result_clear(&r);
}

static void engine_leaves_a_paused_guest_paused(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.source_status = "paused";
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_false(r.dest_runs);
    assert_null(strstr(r.trace, "> D cont"));
    assert_null(strstr(r.trace, "blockdev-set-active:"));
    sim_result_clear(&r);

    o.old = true;
    r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_non_null(strstr(r.trace, "no blockdev-set-active: if"));
    sim_result_clear(&r);
}

static void
engine_quotes_the_destination_when_it_cannot_load(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.load_error = "Unknown savevm section 'virtio-rng'";
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_FAILED);
    assert_int_equal(r.verdict.side, QMIG_SIDE_DEST);
    assert_string_equal(r.error_code, "dest.load");
    assert_non_null(strstr(r.error_message, o.load_error));
    assert_true(r.source_runs);
    assert_false(r.dest_alive);
    sim_result_clear(&r);
}

/* {what is there, what must come} */
static void engine_refuses_sides_that_do_not_fit(void **state UNUSED)
{
    static const struct {
        const char *source, *dest, *code;
        enum qmig_side side;
    } rows[] = {
        {"inmigrate", NULL, "source.state", QMIG_SIDE_SOURCE},
        {"postmigrate", NULL, "source.state", QMIG_SIDE_SOURCE},
        {"shutdown", NULL, "source.state", QMIG_SIDE_SOURCE},
        {NULL, "running", "dest.state", QMIG_SIDE_DEST},
        {NULL, "prelaunch", "dest.state", QMIG_SIDE_DEST},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sim_options o = sim_defaults();

        o.source_status = rows[i].source;
        o.dest_status = rows[i].dest;
        struct sim_result r = sim_run(&o);
        assert_int_equal(r.verdict.outcome, QMIG_FAILED);
        assert_int_equal(r.verdict.owner, QMIG_OWNER_SOURCE);
        assert_int_equal(r.verdict.side, rows[i].side);
        assert_string_equal(r.error_code, rows[i].code);
        assert_null(strstr(r.trace, "\n> ")); /* nothing was changed */
        sim_result_clear(&r);
    }
}

static void
engine_yanks_when_a_hung_destination_blocks_the_source(void **state UNUSED)
{
    struct sim_options o = sim_defaults();
    unsigned yanked = 0;
    struct sim_result whole = sim_run(&o);

    o.fault = SIM_HANG_DEST;
    for (o.at = 0; o.at < whole.events; o.at++) {
        struct sim_result r = sim_run(&o);

        if (strstr(r.trace, "> S yank oob")) {
            yanked++;
            assert_true(r.source_runs);
            assert_int_equal(r.verdict.owner, QMIG_OWNER_SOURCE);
        }
        sim_result_clear(&r);
    }
    assert_true(yanked > 0);
    sim_result_clear(&whole);
}

static void
engine_switches_to_postcopy_after_the_first_pass(void **state UNUSED)
{
    struct sim_options o = sim_postcopy();
    struct sim_result r = sim_run(&o);
    const char *story = strstr(r.trace, "  journal switchover\n");

    assert_non_null(story);
    assert_string_equal(
        story, "  journal switchover\n"
               "> D migrate-set-capabilities\n"
               "< D MIGRATION {\"status\":\"active\"}\n"
               "< S MIGRATION_PASS {\"pass\":1}\n"
               "< S MIGRATION_PASS {\"pass\":2}\n"
               "  journal postcopy\n"
               "> S stop\n"
               "> S migrate-start-postcopy\n"
               "< S STOP {}\n"
               "< S MIGRATION {\"status\":\"pre-switchover\"}\n"
               "  precopy -> switchover (the source is stopped)\n"
               "  journal commit\n"
               "> S migrate-continue\n"
               "< S MIGRATION {\"status\":\"device\"}\n"
               "< S MIGRATION {\"status\":\"postcopy-active\"}\n"
               "  switchover -> postcopy (the source says that it has begun)\n"
               "< D MIGRATION {\"status\":\"postcopy-active\"}\n"
               "> D cont\n"
               "< D RESUME {}\n"
               "< D MIGRATION {\"status\":\"completed\"}\n"
               "< S MIGRATION {\"status\":\"completed\"}\n"
               "  postcopy -> confirm (the destination has taken over)\n"
               "> D migrate-set-capabilities\n"
               "  journal quit\n"
               "> S quit\n"
               "  confirm -> done (completed)\n");
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    sim_result_clear(&r);
}

/* 7.2 resumes it with its disks inactive: the first write would abort. */
static void engine_takes_the_disks_back_when_cancelled_late(void **state UNUSED)
{
    struct sim_options o = sim_defaults();
    struct sim_result whole = sim_run(&o);
    unsigned late = 0;

    o.fault = SIM_CANCEL;
    for (o.at = 0; o.at < whole.events; o.at++) {
        struct sim_result r = sim_run(&o);
        const char *back = strstr(r.trace, "> S migrate_cancel\n");

        if (back && r.verdict.outcome == QMIG_CANCELLED) {
            bool stopped = strstr(r.trace, "< S STOP {}\n");

            assert_int_equal(stopped, strstr(back, "> S cont\n") != NULL);
            late += stopped;
        }
        sim_result_clear(&r);
    }
    assert_true(late > 0);
    sim_result_clear(&whole);
}

static void engine_leaves_a_split_guest_alone(void **state UNUSED)
{
    struct sim_options o = sim_postcopy();
    struct sim_result whole = sim_run(&o);
    unsigned split = 0;

    o.fault = SIM_CUT;
    for (o.at = 0; o.at < whole.events; o.at++) {
        struct sim_result r = sim_run(&o);

        if (r.verdict.outcome == QMIG_POSTCOPY_PAUSED) {
            const char *begun = strstr(r.trace, "postcopy-active");

            split++;
            assert_string_equal(r.error_code, "postcopy.paused");
            assert_null(strstr(begun, "quit"));
            assert_null(strstr(begun, "migrate_cancel"));
            assert_true(r.source_alive && r.dest_alive);
        }
        sim_result_clear(&r);
    }
    assert_true(split > 0);
    sim_result_clear(&whole);
}

static void engine_suspends_the_guest_when_the_time_is_up(void **state UNUSED)
{
    struct sim_options o = sim_postcopy();

    o.config.plan.flags = QMIG_LIVE;
    o.config.postcopy_after = 0;
    o.config.timeout_us = 2000000;
    o.config.deadlines.us[DEADLINE_stall] = 3000000;
    struct sim_result r = sim_run(&o);
    assert_non_null(strstr(r.trace, "  warning: the time is up"));
    assert_non_null(strstr(r.trace, "> S stop\n"));
    assert_true(r.source_runs); /* it did not end all the same: resumed */
    sim_result_clear(&r);

    o.config.plan.flags |= QMIG_POSTCOPY;
    o.config.on_timeout = TIMEOUT_POSTCOPY;
    r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_non_null(strstr(r.trace, "> S migrate-start-postcopy\n"));
    sim_result_clear(&r);
}

/* Wherever it comes while RAM flows; by the event, or by the run state. */
static void engine_aborts_on_an_io_error(void **state UNUSED)
{
    struct sim_options o = sim_postcopy();
    unsigned aborted[2] = {0};

    o.config.postcopy_after = 0; /* RAM flows until it stalls */
    o.config.plan.flags = QMIG_LIVE | QMIG_ABORT_ON_ERROR;
    o.fault = SIM_IO_ERROR;
    for (o.at = 0; o.at < 40; o.at++) {
        o.silent_io_error = o.at & 1;
        struct sim_result r = sim_run(&o);

        assert_int_equal(r.verdict.owner, QMIG_OWNER_SOURCE);
        if (!strcmp(r.error_code, "guest.io-error")) {
            assert_int_equal(r.verdict.side, QMIG_SIDE_SOURCE);
            assert_false(r.source_runs); /* nor told to */
            assert_null(strstr(r.trace, "> S cont"));
            if (strstr(r.trace, "> S migrate_cancel"))
                aborted[o.silent_io_error]++;
            if (r.migrate_sent && !o.silent_io_error)
                assert_string_equal(
                    r.error_message,
                    "an I/O error stopped the guest (disk 'drive0', write: "
                    "No space left on device)");
        }
        sim_result_clear(&r);
    }
    assert_true(aborted[0] > 0);
    assert_true(aborted[1] > 0);
}

/* Without the flag it moves: the error comes again there, or does not. But on
 * the way back it is not started. */
static void engine_moves_a_guest_with_an_io_error(void **state UNUSED)
{
    struct sim_options o = sim_defaults();
    struct sim_result whole = sim_run(&o);

    o.fault = SIM_IO_ERROR;
    for (o.at = 0; o.at < whole.events; o.at++) {
        struct sim_result r = sim_run(&o);

        assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
        sim_result_clear(&r);
    }
    o.load_error = "Unknown savevm section 'virtio-rng'";
    o.at = 12;
    struct sim_result r = sim_run(&o);
    assert_string_equal(r.error_code, "dest.load");
    assert_non_null(strstr(r.trace, "  warning: the source's guest stays"));
    assert_false(r.source_runs);
    sim_result_clear(&r);
    sim_result_clear(&whole);
}

/* The source's word, by an event or asked for; in vain at most for a while. */
static void engine_waits_for_clients_of_the_console(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.config.plan.spice = true;
    for (int kind = 0; kind < 3; kind++) {
        o.silent_clients = kind == 1;
        o.clients_stay = kind == 2;
        struct sim_result r = sim_run(&o);
        const char *told = strstr(r.trace, "> S client_migrate_info\n"
                                           "> S migrate\n");
        const char *moved = strstr(r.trace, "SPICE_MIGRATE_COMPLETED");
        const char *gave_up = strstr(r.trace, "  warning: SPICE clients have");

        assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
        assert_non_null(told);
        assert_true((moved != NULL) == (kind == 0));
        assert_true((gave_up != NULL) == (kind == 2));
        assert_false(r.source_alive); /* ended all the same, but last */
        assert_non_null(strstr(kind == 2 ? gave_up : told, "> S quit\n"));
        sim_result_clear(&r);
    }
}

/* It has no console: nobody to wait for. */
static void
engine_moves_a_guest_whose_clients_cannot_be_told(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.config.plan.spice = true;
    o.refuse = "client_migrate_info";
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_non_null(strstr(r.trace, "  warning: SPICE clients were not told"));
    assert_false(r.source_alive);
    sim_result_clear(&r);

    o.refuse = "query-spice";
    o.refuse_side = QMIG_SIDE_DEST;
    r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_null(strstr(r.trace, "client_migrate_info"));
    sim_result_clear(&r);
}

/* Which side hangs the yank tells: a source that the destination blocks obeys
 * it. One that does not may begin post-copy when it wakes, and needs the
 * destination then. */
static void
engine_turns_no_silent_source_back_from_postcopy(void **state UNUSED)
{
    struct sim_options o = sim_postcopy();
    unsigned silent = 0;
    unsigned freed = 0;
    unsigned done = 0;

    o.slow_ack = true;
    struct sim_result whole = sim_run(&o);
    for (int side = 0; side < 2; side++) {
        o.fault = side == QMIG_SIDE_SOURCE ? SIM_HANG_SOURCE : SIM_HANG_DEST;
        for (o.at = 0; o.at < whole.events; o.at++) {
            struct sim_result r = sim_run(&o);
            bool yanked = strstr(r.trace, "switchover -> yanking");

            if (yanked && side == QMIG_SIDE_SOURCE) {
                silent++;
                assert_int_equal(r.verdict.outcome, QMIG_UNDECIDED);
                assert_null(strstr(r.trace, "> D quit"));
            } else if (strstr(r.trace, "postcopy -> confirm") &&
                       strstr(r.trace, "completed, but a monitor")) {
                /* The destination has it all, by its own word. */
                done++;
                assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
                assert_true(r.dest_runs);
            } else if (yanked) {
                freed++;
                assert_int_equal(r.verdict.outcome, QMIG_FAILED);
                assert_true(r.source_runs);
            }
            sim_result_clear(&r);
        }
    }
    assert_true(silent > 0);
    assert_true(freed > 0);
    assert_true(done > 0);
    sim_result_clear(&whole);
}

static void
engine_keeps_its_promise_when_interrupted_anywhere(void **state UNUSED)
{
    unsigned runs = 0;

    for (unsigned kind = 0; kind < 4 * sim_stories_n; kind++) {
        struct sim_options o = sim_defaults();

        o.old = kind & 1;
        o.config.plan.dest_started = kind & 2;
        sim_stories[kind / 4].tell(&o);
        o.config.plan.flags |= kind & 2 ? QMIG_ABORT_ON_ERROR : 0;
        o.config.plan.spice = kind & 2;
        struct sim_result whole = sim_run(&o);
        sim_assert_legal(&o, &whole);
        for (int f = SIM_NONE + 1; f < SIM__FAULTS; f++) {
            o.fault = (enum sim_fault)f;
            for (o.at = 0; o.at <= whole.events; o.at += sim_stride()) {
                struct sim_result r = sim_run(&o);

                sim_assert_legal(&o, &r);
                sim_result_clear(&r);
                runs++;
            }
        }
        sim_result_clear(&whole);
    }
    assert_true(runs > 1000);
}

/* `migrate` is on its way when a setting is refused. */
static void
engine_turns_back_when_the_source_refuses_a_setting(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.slow_source = true;
    o.refuse = "migrate-set-capabilities";
    struct sim_result r = sim_run(&o);
    sim_assert_legal(&o, &r);
    assert_int_equal(r.verdict.outcome, QMIG_FAILED);
    assert_non_null(strstr(r.trace, "> S migrate\n"));
    assert_non_null(strstr(r.trace, "> S migrate_cancel\n"));
    assert_null(strstr(r.trace, "> S migrate-continue\n"));
    assert_null(strstr(r.trace, "> D cont\n"));
    sim_result_clear(&r);

    /* Not ours: it is not cancelled. */
    o.refuse = NULL;
    o.busy = true;
    r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_FAILED);
    assert_int_equal(r.verdict.owner, QMIG_OWNER_SOURCE);
    assert_non_null(strstr(r.trace, "> S migrate\n"));
    assert_null(strstr(r.trace, "> S migrate_cancel\n"));
    assert_true(r.source_runs);
    sim_result_clear(&r);
}

/* Nothing flows in clear text before it is known that it is encrypted. */
static void engine_waits_until_parameters_are_taken(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.config.plan.flags |= QMIG_TLS;
    o.slow_source = true;
    o.refuse = "migrate-set-parameters";
    o.refuse_side = QMIG_SIDE_SOURCE;
    struct sim_result r = sim_run(&o);
    sim_assert_legal(&o, &r);
    assert_int_equal(r.verdict.outcome, QMIG_FAILED);
    assert_int_equal(r.verdict.side, QMIG_SIDE_SOURCE);
    assert_non_null(strstr(r.trace, "> S migrate-set-parameters\n"));
    assert_null(strstr(r.trace, "> S migrate\n"));
    assert_true(r.source_runs);
    sim_result_clear(&r);
}

static void engine_ends_with_the_code_of_what_happened(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.at = 20;
    o.fault = SIM_CANCEL;
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_CANCELLED);
    assert_string_equal(r.error_code, "cancelled");
    sim_result_clear(&r);

    o.fault = SIM_KILL_DEST;
    r = sim_run(&o);
    assert_string_equal(r.error_code, "dest.lost");
    sim_result_clear(&r);

    o.fault = SIM_KILL_SOURCE;
    r = sim_run(&o);
    assert_string_equal(r.error_code, "source.lost");
    sim_result_clear(&r);

    o.fault = SIM_NONSENSE;
    r = sim_run(&o);
    assert_string_equal(r.error_code, "qmp.protocol");
    assert_non_null(strstr(r.error_message, "'status' is a JSON int"));
    sim_result_clear(&r);
}

static void engine_stops_the_guest_first_when_not_live(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.config.plan.flags = 0;
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_non_null(strstr(r.trace, "\n> S stop\n> S migrate\n"));
    assert_true(r.dest_runs);
    sim_result_clear(&r);

    /* and it runs again after a failure */
    struct sim_result whole = sim_run(&o);
    o.fault = SIM_CANCEL;
    for (o.at = 0; o.at < whole.events; o.at++) {
        r = sim_run(&o);
        sim_assert_legal(&o, &r);
        sim_result_clear(&r);
    }
    sim_result_clear(&whole);
}

/* What is learnt by trying: not offered, and that is remembered. */
/* Objects first: one that is refused leaves the destination as it was. */
static void engine_makes_the_objects_of_tls_before_all_else(void **state UNUSED)
{
    struct sim_options o = sim_defaults();

    o.config.plan.flags |= QMIG_TLS;
    struct sim_result r = sim_run(&o);
    assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
    assert_non_null(strstr(r.trace, "  journal begin\n"
                                    "> D object-del\n"
                                    "> D object-add\n"
                                    "> S object-del\n"
                                    "> S object-add\n"
                                    "< D error refused: object 'x' not found\n"
                                    "< S error refused: object 'x' not found\n"
                                    "> D stop\n"));
    assert_non_null(strstr(r.trace, "< D RESUME {}\n"
                                    "> D migrate-set-parameters\n"
                                    "> D object-del\n"));
    sim_result_clear(&r);

    o.refuse = "object-add";
    for (int side = 0; side < 2; side++) {
        o.refuse_side = (enum qmig_side)side;
        r = sim_run(&o);
        assert_int_equal(r.verdict.outcome, QMIG_FAILED);
        assert_string_equal(r.error_code, "tls");
        assert_int_equal(r.verdict.side, side);
        assert_true(r.dest_alive);
        assert_true(r.dest_undone);
        assert_true(r.undone);
        assert_null(strstr(r.trace, "migrate-"));
        assert_null(strstr(r.trace, "quit"));
        sim_result_clear(&r);
    }
}

static void engine_learns_what_an_old_destination_lacks(void **state UNUSED)
{
    for (int old = 0; old < 2; old++) {
        struct sim_options o = sim_defaults();

        o.old = old;
        struct sim_result r = sim_run(&o);
        assert_int_equal(r.verdict.outcome, QMIG_COMPLETED);
        assert_int_equal(r.dest_known, 1u << FEATURE_EXIT_ON_ERROR);
        assert_int_equal(r.dest_features,
                         old ? 0 : 1u << FEATURE_EXIT_ON_ERROR);
        sim_result_clear(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_moves_a_running_guest),
        cmocka_unit_test(engine_leaves_a_paused_guest_paused),
        cmocka_unit_test(engine_quotes_the_destination_when_it_cannot_load),
        cmocka_unit_test(engine_refuses_sides_that_do_not_fit),
        cmocka_unit_test(
            engine_yanks_when_a_hung_destination_blocks_the_source),
        cmocka_unit_test(engine_switches_to_postcopy_after_the_first_pass),
        cmocka_unit_test(engine_takes_the_disks_back_when_cancelled_late),
        cmocka_unit_test(engine_leaves_a_split_guest_alone),
        cmocka_unit_test(engine_suspends_the_guest_when_the_time_is_up),
        cmocka_unit_test(engine_waits_for_clients_of_the_console),
        cmocka_unit_test(engine_moves_a_guest_whose_clients_cannot_be_told),
        cmocka_unit_test(engine_aborts_on_an_io_error),
        cmocka_unit_test(engine_moves_a_guest_with_an_io_error),
        cmocka_unit_test(engine_turns_no_silent_source_back_from_postcopy),
        cmocka_unit_test(engine_keeps_its_promise_when_interrupted_anywhere),
        cmocka_unit_test(engine_turns_back_when_the_source_refuses_a_setting),
        cmocka_unit_test(engine_waits_until_parameters_are_taken),
        cmocka_unit_test(engine_ends_with_the_code_of_what_happened),
        cmocka_unit_test(engine_stops_the_guest_first_when_not_live),
        cmocka_unit_test(engine_makes_the_objects_of_tls_before_all_else),
        cmocka_unit_test(engine_learns_what_an_old_destination_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
