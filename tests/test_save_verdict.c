/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who owns the guest of an interrupted save, snapshot or restore. */
#include "tests/lib/test.h"

#include "recover/image.h"
#include "recover/verdict.h"

#include <string.h>

#define SRC QMIG_OWNER_SOURCE
#define DST QMIG_OWNER_DEST
#define UND QMIG_OWNER_UNDECIDED

static void verdict_of_a_save_follows_journal_and_file(void **state UNUSED)
{
    static const struct {
        enum past_stage past;
        enum src_answer source;
        enum saved_file file;
        enum fenced fenced;
        enum qmig_owner owner;
        enum way way;
    } rows[] = {
        {PAST_NOTHING, SRC_RUNS, SAVED_NONE, FENCED_NONE, SRC, WAY_NONE},
        {PAST_BEGIN, SRC_RUNS, SAVED_PARTIAL, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, SRC_STOPPED, SAVED_PARTIAL, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, SRC_MOVED, SAVED_WHOLE, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, SRC_RESUMED, SAVED_WHOLE, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, SRC_NO, SAVED_WHOLE, FENCED_NONE, UND, WAY_WAIT},
        {PAST_MIGRATE, SRC_NO, SAVED_WHOLE, FENCED_SOURCE, DST, WAY_FORWARD},
        {PAST_MIGRATE, SRC_NO, SAVED_PARTIAL, FENCED_SOURCE, SRC, WAY_BACK},
        {PAST_MIGRATE, SRC_NO, SAVED_PARTIAL, FENCED_NONE, SRC, WAY_WAIT},
        {PAST_MIGRATE, SRC_SPLIT, SAVED_WHOLE, FENCED_NONE, UND, WAY_WAIT},
        {PAST_SAVED, SRC_MOVED, SAVED_WHOLE, FENCED_NONE, DST, WAY_FINISH},
        {PAST_SAVED, SRC_NO, SAVED_WHOLE, FENCED_NONE, DST, WAY_FINISH},
        {PAST_SAVED, SRC_NO, SAVED_NONE, FENCED_NONE, DST, WAY_FINISH},
        {PAST_SAVED, SRC_RESUMED, SAVED_WHOLE, FENCED_NONE, UND, WAY_WAIT},
        {PAST_BACK, SRC_MOVED, SAVED_WHOLE, FENCED_NONE, SRC, WAY_BACK},
        {PAST_BACK, SRC_NO, SAVED_WHOLE, FENCED_NONE, SRC, WAY_WAIT},
        {PAST_BACK, SRC_NO, SAVED_WHOLE, FENCED_SOURCE, SRC, WAY_BACK},
        {PAST_ENDED_DEST, SRC_NO, SAVED_WHOLE, FENCED_NONE, DST, WAY_NONE},
        {PAST_ENDED_SOURCE, SRC_RUNS, SAVED_NONE, FENCED_NONE, SRC, WAY_NONE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct verdict v = verdict_of_save(rows[i].past, rows[i].source,
                                           rows[i].file, rows[i].fenced);

        if (v.owner != rows[i].owner || v.way != rows[i].way)
            fail_msg("row %zu: owner %d, way %s (%s)", i, v.owner,
                     way_name(v.way), v.why);
    }
}

/* The guest is the source's whatever happens; the file only has to be brought
 * to its end. */
static void verdict_of_a_snapshot_is_the_source(void **state UNUSED)
{
    static const struct {
        enum past_stage past;
        enum src_answer source;
        enum saved_file file;
        enum fenced fenced;
        enum way way;
    } rows[] = {
        {PAST_NOTHING, SRC_RUNS, SAVED_NONE, FENCED_NONE, WAY_NONE},
        {PAST_BEGIN, SRC_RUNS, SAVED_PARTIAL, FENCED_NONE, WAY_BACK},
        {PAST_MIGRATE, SRC_RUNS, SAVED_PARTIAL, FENCED_NONE, WAY_BACK},
        {PAST_MIGRATE, SRC_STOPPED, SAVED_PARTIAL, FENCED_NONE, WAY_BACK},
        {PAST_MIGRATE, SRC_RESUMED, SAVED_PARTIAL, FENCED_NONE, WAY_BACK},
        {PAST_MIGRATE, SRC_RESUMED, SAVED_WHOLE, FENCED_NONE, WAY_FORWARD},
        {PAST_MIGRATE, SRC_NO, SAVED_WHOLE, FENCED_NONE, WAY_WAIT},
        {PAST_MIGRATE, SRC_NO, SAVED_WHOLE, FENCED_SOURCE, WAY_FORWARD},
        {PAST_MIGRATE, SRC_NO, SAVED_PARTIAL, FENCED_SOURCE, WAY_BACK},
        {PAST_SAVED, SRC_RESUMED, SAVED_WHOLE, FENCED_NONE, WAY_FINISH},
        {PAST_SAVED, SRC_NO, SAVED_WHOLE, FENCED_NONE, WAY_WAIT},
        {PAST_SAVED, SRC_NO, SAVED_WHOLE, FENCED_SOURCE, WAY_FINISH},
        {PAST_BACK, SRC_RESUMED, SAVED_WHOLE, FENCED_NONE, WAY_BACK},
        {PAST_BACK, SRC_NO, SAVED_NONE, FENCED_NONE, WAY_WAIT},
        {PAST_ENDED_SOURCE, SRC_NO, SAVED_WHOLE, FENCED_NONE, WAY_NONE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct verdict v = verdict_of_snapshot(rows[i].past, rows[i].source,
                                               rows[i].file, rows[i].fenced);

        if (v.way != rows[i].way)
            fail_msg("row %zu: way %s (%s)", i, way_name(v.way), v.why);
    }
    for (int p = 0; p < PAST__MAX; p++)
        for (int s = 0; s < SRC__MAX; s++)
            for (int file = 0; file < SAVED__MAX; file++)
                for (int f = 0; f < FENCED__MAX; f++) {
                    struct verdict v = verdict_of_snapshot(
                        (enum past_stage)p, (enum src_answer)s,
                        (enum saved_file)file, (enum fenced)f);

                    assert_int_equal(v.owner, SRC);
                    if (v.way == WAY_FORWARD)
                        assert_int_equal(file, SAVED_WHOLE);
                    if (v.way == WAY_BACK)
                        assert_true(p != PAST_SAVED);
                }
}

/* Never the file while the source may run, never the source once it was given
 * up, and a file is only taken when it is whole. */
static void no_verdict_of_a_save_makes_two(void **state UNUSED)
{
    for (int p = 0; p < PAST__MAX; p++)
        for (int s = 0; s < SRC__MAX; s++)
            for (int file = 0; file < SAVED__MAX; file++)
                for (int f = 0; f < FENCED__MAX; f++) {
                    struct verdict v =
                        verdict_of_save((enum past_stage)p, (enum src_answer)s,
                                        (enum saved_file)file, (enum fenced)f);
                    bool runs = s == SRC_RUNS || s == SRC_RESUMED;

                    assert_non_null(v.why);
                    if (v.way == WAY_FORWARD) {
                        assert_int_equal(s, SRC_NO);
                        assert_int_equal(f, FENCED_SOURCE);
                        assert_int_equal(file, SAVED_WHOLE);
                    }
                    if (v.way == WAY_FINISH)
                        assert_true(p == PAST_SAVED && !runs);
                    if (v.way == WAY_BACK)
                        assert_true(p != PAST_SAVED);
                    if (v.owner == DST && runs)
                        assert_int_equal(p, PAST_ENDED_DEST);
                }
}

static void verdict_of_a_restore_asks_the_destination(void **state UNUSED)
{
    static const struct {
        enum past_stage past;
        enum dst_answer dest;
        enum fenced fenced;
        enum qmig_owner owner;
        enum way way;
    } rows[] = {
        {PAST_BEGIN, DST_WAITS, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, DST_LOADED, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, DST_LOADS, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, DST_NO, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, DST_RUNS, FENCED_NONE, DST, WAY_FINISH},
        {PAST_COMMIT, DST_RUNS, FENCED_NONE, DST, WAY_FINISH},
        {PAST_COMMIT, DST_LOADED, FENCED_NONE, DST, WAY_FORWARD},
        {PAST_COMMIT, DST_NO, FENCED_NONE, UND, WAY_WAIT},
        {PAST_COMMIT, DST_NO, FENCED_DEST, SRC, WAY_BACK},
        {PAST_BACK, DST_LOADED, FENCED_NONE, SRC, WAY_BACK},
        {PAST_ENDED_DEST, DST_RUNS, FENCED_NONE, DST, WAY_NONE},
        {PAST_ENDED_SOURCE, DST_NO, FENCED_NONE, SRC, WAY_NONE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct verdict v =
            verdict_of_restore(rows[i].past, rows[i].dest, rows[i].fenced);

        if (v.owner != rows[i].owner || v.way != rows[i].way)
            fail_msg("row %zu: owner %d, way %s (%s)", i, v.owner,
                     way_name(v.way), v.why);
    }
}

/* The record `end` says that a side did not hear of it: recover tells that
 * side, and what is saved stays so. */
static void end_with_a_side_left_keeps_what_was_saved(void **state UNUSED)
{
    static const struct {
        const char *story, *last, *owner;
        enum past_stage stage;
    } rows[] = {
        {"\"save\",\"part\":\"/p\"", "saved", "destination", PAST_SAVED},
        {"\"save\",\"part\":\"/p\",\"snapshot\":true,\"no_cancel\":false",
         "saved", "source", PAST_SAVED},
        {"\"save\",\"part\":\"/p\"", "back", "source", PAST_BACK},
        {"\"save\",\"part\":\"/p\"", "migrate", "source", PAST_BACK},
        {"\"restore\"", "commit", "destination", PAST_COMMIT},
    };
    static const char begin[] =
        "{\"record\":\"begin\",\"journal\":1,\"story\":%s,"
        "\"file\":\"/f\",\"overwrite\":false,\"guest\":\"g\","
        "\"source\":\"unix:/s\",\"destination\":\"unix:/d\","
        "\"runs\":true,\"arrives_paused\":false,\"keep_source\":true,"
        "\"undo\":[],\"takeover\":[]}";

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct json_object *records[4];
        struct journal_log log = {.records = records};
        struct past past = {0};
        struct qmp_error *err = NULL;
        char text[400];

        snprintf(text, sizeof(text), begin, rows[i].story);
        records[log.n++] = json_tokener_parse(text);
        records[log.n++] = json_tokener_parse("{\"record\":\"migrate\"}");
        snprintf(text, sizeof(text), "{\"record\":\"%s\"}", rows[i].last);
        if (strcmp(rows[i].last, "migrate") != 0)
            records[log.n++] = json_tokener_parse(text);
        snprintf(text, sizeof(text),
                 "{\"record\":\"end\",\"left\":true,\"owner\":\"%s\"}",
                 rows[i].owner);
        records[log.n++] = json_tokener_parse(text);
        if (past_read(&log, "id", &past, &err) < 0)
            fail_msg("row %zu: %s", i, err->msg);
        assert_int_equal(past.stage, rows[i].stage);
        past_clear(&past);
        while (log.n)
            json_object_put(records[--log.n]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdict_of_a_save_follows_journal_and_file),
        cmocka_unit_test(verdict_of_a_snapshot_is_the_source),
        cmocka_unit_test(no_verdict_of_a_save_makes_two),
        cmocka_unit_test(verdict_of_a_restore_asks_the_destination),
        cmocka_unit_test(end_with_a_side_left_keeps_what_was_saved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
