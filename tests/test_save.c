/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stories of save and restore, simulated. At each event something goes wrong;
 * where the guest is must be right.
 */
#include "tests/lib/sim_save.h"
#include "tests/lib/test.h"

#include "error/errcode.h"

#include <string.h>

static void tell(struct save_sim *s, const struct save_story *story,
                 enum save_fault fault, unsigned at)
{
    const struct save_options o = {.story = story, .fault = fault, .at = at};

    save_sim_run(s, &o);
}

static void assert_save(const struct save_sim *w,
                        const struct save_story *story,
                        const struct engine_verdict *v, const char **wrong)
{
    bool reached = w->connected && !w->hung;

    if (w->quit_early)
        *wrong = "the source was quit before the file was there";
    else if (w->ran_early)
        *wrong = "the source ran after it was saved";
    else if (v->outcome == QMIG_COMPLETED &&
             (!w->named || !w->complete || !w->saved))
        *wrong = "completed without a file";
    else if (v->outcome == QMIG_COMPLETED && w->runs)
        *wrong = "completed, and the source runs";
    else if (v->outcome == QMIG_COMPLETED && !story->keep_source && reached &&
             w->alive && w->o.fault != FAULT_REFUSE)
        *wrong = "completed, and the source is still there";
    else if (v->outcome == QMIG_COMPLETED)
        return;
    else if (v->owner != QMIG_OWNER_SOURCE)
        *wrong = "failed, and not the source's";
    else if (w->named || w->saved)
        *wrong = "failed, and a file is there";
    else if (w->part && (w->connected || !strstr(w->trace, "-> sealing")))
        *wrong = "failed, and something of the file is left";
    else if (w->alive && reached && w->runs == story->paused)
        *wrong = "failed, and the guest is not as it was";
    else if (w->alive && reached && w->changed && w->o.fault != FAULT_REFUSE)
        *wrong = "failed, and the settings are not as they were";
}

static void assert_restore(const struct save_sim *w,
                           const struct save_story *story,
                           const struct engine_verdict *v, const char **wrong)
{
    if (w->ran_early)
        *wrong = "it ran before everything was there";
    else if (v->outcome == QMIG_COMPLETED &&
             w->runs != (w->alive && !story->paused))
        *wrong = "completed, and it does not run as it should";
    else if (v->outcome != QMIG_COMPLETED && v->outcome != QMIG_UNDECIDED &&
             (w->runs || v->owner != QMIG_OWNER_SOURCE))
        *wrong = "failed, and it runs";
    else if (v->outcome == QMIG_FAILED && story->started && w->alive)
        *wrong = "failed, and the QEMU that we started is still there";
}

static void nothing_is_lost_wherever_it_is_interrupted(void **state UNUSED)
{
    unsigned runs = 0;

    for (size_t i = 0; i < save_stories_n; i++) {
        struct save_sim whole;

        tell(&whole, &save_stories[i], FAULT_NONE, 0);
        if (engine_verdict(whole.e).outcome != QMIG_COMPLETED)
            fail_msg("%s: %s\n%s", save_stories[i].name,
                     engine_verdict(whole.e).error->msg, whole.trace);
        for (int fault = FAULT_NONE; fault < FAULT__MAX; fault++) {
            for (unsigned at = 0; at <= whole.events; at++) {
                struct save_sim w;
                const char *wrong = NULL;

                tell(&w, &save_stories[i], (enum save_fault)fault, at);
                struct engine_verdict v = engine_verdict(w.e);
                if (save_stories[i].save)
                    assert_save(&w, &save_stories[i], &v, &wrong);
                else
                    assert_restore(&w, &save_stories[i], &v, &wrong);
                if (wrong)
                    fail_msg("%s, fault '%s' after event %u: %s (%s)\n%s",
                             save_stories[i].name,
                             save_fault_name((enum save_fault)fault), at, wrong,
                             v.error ? v.error->msg : "no error", w.trace);
                save_sim_clear(&w);
                runs++;
            }
        }
        save_sim_clear(&whole);
    }
    assert_true(runs > 1000);
}

static void save_tells_its_story(void **state UNUSED)
{
    struct save_sim w;

    tell(&w, &save_stories[SAVE_PLAIN], FAULT_NONE, 0);
    assert_string_equal(w.trace, "  begin -> prepare\n"
                                 "  journal begin\n"
                                 "  file create\n"
                                 "> remove-fd\n"
                                 "> add-fd FILE\n"
                                 "> migrate-set-capabilities\n"
                                 "> migrate-set-parameters\n"
                                 "  journal migrate\n"
                                 "> stop\n"
                                 "> migrate\n"
                                 "  prepare -> precopy\n"
                                 "  precopy -> sealing\n"
                                 "  file seal\n"
                                 "  sealing -> confirm\n"
                                 "  file publish\n"
                                 "  journal saved\n"
                                 "> quit\n"
                                 "  confirm -> done\n");
    save_sim_clear(&w);
}

static void restore_tells_its_story(void **state UNUSED)
{
    struct save_sim w;

    tell(&w, &save_stories[SAVE_RESTORE], FAULT_NONE, 0);
    assert_string_equal(w.trace, "  begin -> prepare\n"
                                 "  journal begin\n"
                                 "> stop\n"
                                 "> remove-fd\n"
                                 "> add-fd FILE\n"
                                 "> migrate-set-capabilities\n"
                                 "> migrate-set-parameters\n"
                                 "> migrate-incoming\n"
                                 "  journal migrate\n"
                                 "  prepare -> loading\n"
                                 "  loading -> finish\n"
                                 "  journal commit\n"
                                 "> cont\n"
                                 "> remove-fd\n"
                                 "> migrate-set-capabilities\n"
                                 "> migrate-set-parameters\n"
                                 "  finish -> confirm\n"
                                 "  confirm -> done\n");
    save_sim_clear(&w);
}

/* QEMU's own word of why is in the message. */
static void full_disk_is_named(void **state UNUSED)
{
    struct save_sim w;
    struct engine_verdict v;

    tell(&w, &save_stories[SAVE_PLAIN], FAULT_FULL, 3);
    v = engine_verdict(w.e);
    assert_int_equal(v.outcome, QMIG_FAILED);
    assert_int_equal(v.error->code, QMIG_ERR_FILE);
    assert_string_equal(v.error->msg, "the guest could not be written to '/f': "
                                      "No space left on device");
    assert_true(w.runs && !w.part);
    save_sim_clear(&w);
    tell(&w, &save_stories[SAVE_RESTORE], FAULT_FULL, 3);
    v = engine_verdict(w.e);
    assert_int_equal(v.error->code, QMIG_ERR_DEST_LOAD);
    assert_string_equal(v.error->msg,
                        "QEMU could not load '/f'; the destination says: No "
                        "space left on device");
    assert_false(w.alive);
    save_sim_clear(&w);
}

/* Where the source has written everything and dies, the file is all there is:
 * it is finished, and a cancel comes too late. */
static void
file_is_kept_when_the_source_dies_after_the_last_byte(void **state UNUSED)
{
    unsigned kept = 0;
    struct save_sim whole;

    tell(&whole, &save_stories[SAVE_PLAIN], FAULT_NONE, 0);
    for (unsigned at = 0; at <= whole.events; at++) {
        struct save_sim w;

        tell(&w, &save_stories[SAVE_PLAIN], FAULT_KILL, at);
        bool written = strstr(w.trace, "precopy -> sealing") != NULL;
        assert_int_equal(engine_verdict(w.e).outcome == QMIG_COMPLETED,
                         written);
        kept += written;
        save_sim_clear(&w);
    }
    assert_true(kept > 0);
    save_sim_clear(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(save_tells_its_story),
        cmocka_unit_test(restore_tells_its_story),
        cmocka_unit_test(full_disk_is_named),
        cmocka_unit_test(file_is_kept_when_the_source_dies_after_the_last_byte),
        cmocka_unit_test(nothing_is_lost_wherever_it_is_interrupted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
