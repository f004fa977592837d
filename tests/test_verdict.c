/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decision table of the handover, row by row. */
#include "tests/lib/test.h"
#include "recover/verdict.h"

#include <string.h>

#define SRC QMIG_OWNER_SOURCE
#define DST QMIG_OWNER_DEST
#define UND QMIG_OWNER_UNDECIDED

/* What is expected, written down once more and apart from the table: by the
 * stage, a grid of source x destination, each "owner way". Owners: s, d, u;
 * ways: - nothing, w wait, b back, f forward, q finish,
 * s through post-copy. */
static const struct {
    enum past_stage past;
    enum fenced fenced;
    const char *grid[SRC__MAX]; /* NO RUNS STOPPED MOVED RESUMED SPLIT LEAVING;
                                  what is left out is no post-copy's */
} grids[] = {
    /* columns:           NO WAITS LOADS FAILED LOADED RUNS SPLIT PART */
    {PAST_NOTHING,
     FENCED_NONE,
     {"s- s- s- s- s- s-", "s- s- s- s- s- s-", "s- s- s- s- s- s-",
      "s- s- s- s- s- s-", "s- s- s- s- s- s-"}},
    {PAST_BEGIN,
     FENCED_NONE,
     {"sb sb sb sb sb sb", "sb sb sb sb sb sb", "sb sb sb sb sb sb",
      "sb sb sb sb sb sb", "sb sb sb sb sb sb"}},
    {PAST_MIGRATE,
     FENCED_NONE,
     {"uw sw sw sw uw dq", "sb sb sb sb sb uw", "sb sb sb sb sb dw",
      "sb sb sb sb sb dq", "sb sb sb sb sb uw"}},
    {PAST_MIGRATE,
     FENCED_SOURCE,
     {"uw sb sb sb df dq", "sb sb sb sb sb uw", "sb sb sb sb sb dw",
      "sb sb sb sb sb dq", "sb sb sb sb sb uw"}},
    {PAST_SWITCHOVER,
     FENCED_NONE,
     {"uw uw sw sw uw dq", "sb sb sb sb sb uw", "sb sb sb sb sb dw",
      "uw uw uw sb df dq", "uw uw uw uw uw uw"}},
    {PAST_SWITCHOVER,
     FENCED_SOURCE,
     {"dw dw sb sb df dq", "sb sb sb sb sb uw", "sb sb sb sb sb dw",
      "uw uw uw sb df dq", "uw uw uw uw uw uw"}},
    {PAST_SWITCHOVER,
     FENCED_DEST,
     {"sw sw sw sw uw dq", "sb sb sb sb sb uw", "sb sb sb sb sb dw",
      "sb sb uw sb df dq", "sb sb uw sb uw uw"}},
    {PAST_ONE_WAY,
     FENCED_NONE,
     {"uw sw sw sw uw dq", "sb sb sb sb sb uw", "sb sb sb sb sb dw",
      "sb sb sb sb df dq", "sb sb sb sb sb uw"}},
    {PAST_ONE_WAY,
     FENCED_SOURCE,
     {"uw sb sb sb df dq", "sb sb sb sb sb uw", "sb sb sb sb sb dw",
      "sb sb sb sb df dq", "sb sb sb sb sb uw"}},
    {PAST_POSTCOPY,
     FENCED_NONE,
     {"uw uw uw uw uw dq ds ds", "sb sb sb sb sb uw uw sb",
      "sb sb sb sb sb dw uw sb", "uw uw uw uw df dq ds ds",
      "uw uw uw uw uw uw uw uw", "uw uw ds uw ds ds ds ds",
      "uw uw uw uw uw dw uw uw"}},
    {PAST_POSTCOPY,
     FENCED_SOURCE,
     {"uw uw uw uw df dq ds ds", "sb sb sb sb sb uw uw sb",
      "sb sb sb sb sb dw uw sb", "uw uw uw uw df dq ds ds",
      "uw uw uw uw uw uw uw uw", "uw uw ds uw ds ds ds ds",
      "uw uw uw uw uw dw uw uw"}},
    {PAST_SPLIT,
     FENCED_NONE,
     {"uw uw uw uw df dq ds ds", "sb sb sb sb sb uw uw sb",
      "uw sb sb sb sb dq uw uw", "uw uw uw uw df dq ds ds",
      "uw uw uw uw uw uw uw uw", "uw uw ds uw ds ds ds ds",
      "uw uw uw uw uw dw uw uw"}},
    {PAST_SPLIT,
     FENCED_DEST,
     {"uw uw uw uw df dq ds ds", "sb sb sb sb sb uw uw sb",
      "sb sb sb sb sb dq uw sb", "uw uw uw uw df dq ds ds",
      "uw uw uw uw uw uw uw uw", "uw uw ds uw ds ds ds ds",
      "uw uw uw uw uw dw uw uw"}},
    {PAST_COMMIT,
     FENCED_NONE,
     {"uw uw uw uw df dq", "uw uw uw uw uw uw", "uw uw uw uw uw dw",
      "uw uw uw uw df dq", "uw uw uw uw uw uw"}},
    {PAST_COMMIT,
     FENCED_DEST,
     {"sw sw sw sw df dq", "sb sb uw sb uw uw", "sb sb uw sb uw dw",
      "sb sb uw sb df dq", "sb sb uw sb uw uw"}},
    {PAST_QUIT,
     FENCED_NONE,
     {"d- d- d- d- dq dq", "uw uw uw uw uw uw", "d- d- d- d- dq dq",
      "d- d- d- d- dq dq", "uw uw uw uw uw uw"}},
    {PAST_BACK,
     FENCED_NONE,
     {"sw sw sw sw sw dq", "sb sb sb sb sb uw", "sb sb sb sb sb dw",
      "sb sb sb sb sb dq", "sb sb sb sb sb uw"}},
    {PAST_BACK,
     FENCED_SOURCE,
     {"sb sb sb sb sb dq", "sb sb sb sb sb uw", "sb sb sb sb sb dw",
      "sb sb sb sb sb dq", "sb sb sb sb sb uw"}},
    {PAST_ENDED_SOURCE,
     FENCED_NONE,
     {"s- s- s- s- s- s-", "s- s- s- s- s- s-", "s- s- s- s- s- s-",
      "s- s- s- s- s- s-", "s- s- s- s- s- s-"}},
    {PAST_ENDED_DEST,
     FENCED_NONE,
     {"d- d- d- d- d- d-", "d- d- d- d- d- d-", "d- d- d- d- d- d-",
      "d- d- d- d- d- d-", "d- d- d- d- d- d-"}},
};

static void table_says_what_is_expected_of_each_row(void **state UNUSED)
{
    static const char owners[] = {[SRC] = 's', [DST] = 'd', [UND] = 'u'};
    static const char ways[] = {
        [WAY_NONE] = '-',    [WAY_WAIT] = 'w',   [WAY_BACK] = 'b',
        [WAY_FORWARD] = 'f', [WAY_FINISH] = 'q', [WAY_SPLIT] = 's'};

    for (size_t g = 0; g < ARRAY_SIZE(grids); g++)
        for (int s = 0; s < SRC__MAX; s++)
            for (int d = 0; d < DST__MAX; d++) {
                struct verdict v =
                    verdict_of(grids[g].past, (enum src_answer)s,
                               (enum dst_answer)d, grids[g].fenced);
                const char *row = grids[g].grid[s];

                if (!row || strlen(row) < 3 * (size_t)d)
                    continue;
                const char *want = row + 3 * d;

                if (owners[v.owner] != want[0] || ways[v.way] != want[1])
                    fail_msg("journal '%s', fenced %d, source %s, destination "
                             "%s: %c%c (%s), wanted %.2s",
                             past_stage_name(grids[g].past), grids[g].fenced,
                             src_answer_text((enum src_answer)s),
                             dst_answer_text((enum dst_answer)d),
                             owners[v.owner], ways[v.way], v.why, want);
            }
}

/* The rules of the handover, over everything that can be asked. */
static void no_row_breaks_a_rule_of_the_handover(void **state UNUSED)
{
    for (int p = 0; p < PAST__MAX; p++)
        for (int s = 0; s < SRC__MAX && p != PAST_SAVED; s++)
            for (int d = 0; d < DST__MAX; d++)
                for (int f = 0; f < FENCED__MAX; f++) {
                    struct verdict v =
                        verdict_of((enum past_stage)p, (enum src_answer)s,
                                   (enum dst_answer)d, (enum fenced)f);
                    bool src_runs = s == SRC_RUNS || s == SRC_RESUMED;

                    assert_string_not_equal(v.why,
                                            "no rule for what was found");
                    /* Never twice. */
                    if (v.way == WAY_FORWARD) {
                        assert_false(src_runs);
                        assert_int_equal(d, DST_LOADED);
                        assert_int_not_equal(p, PAST_BACK);
                        assert_int_equal(v.owner, DST);
                        if (s == SRC_NO && p != PAST_COMMIT && p != PAST_SPLIT)
                            assert_int_equal(f, FENCED_SOURCE);
                    }
                    assert_int_equal(v.split, v.way == WAY_SPLIT);
                    if (v.way == WAY_BACK && p != PAST_BEGIN) {
                        assert_int_not_equal(d, DST_RUNS);
                        assert_int_not_equal(d, DST_SPLIT);
                        assert_int_not_equal(s, SRC_SPLIT);
                        assert_int_equal(v.owner, SRC);
                        /* R6: what may be committed goes back only by D's own
                         * word or the user's. */
                        if ((p == PAST_SWITCHOVER || p == PAST_COMMIT) &&
                            (s == SRC_MOVED || s == SRC_RESUMED))
                            assert_true(d == DST_FAILED || f == FENCED_DEST);
                        assert_int_not_equal(p, PAST_QUIT);
                    }
                    /* R7: the source is given up by D's word alone. */
                    if (v.way == WAY_FINISH)
                        assert_true(d == DST_RUNS || p == PAST_QUIT);
                    if (v.owner == UND)
                        assert_int_equal(v.way, WAY_WAIT);
                }
}

static void answers_are_read_from_both_states(void **state UNUSED)
{
    static const struct {
        const char *status, *migration;
        enum src_answer source;
        enum dst_answer dest;
    } rows[] = {
        {NULL, NULL, SRC_NO, DST_NO},
        {"running", NULL, SRC_RUNS, DST_RUNS},
        {"running", "active", SRC_RUNS, DST_RUNS},
        {"running", "completed", SRC_RESUMED, DST_RUNS},
        {"finish-migrate", "pre-switchover", SRC_STOPPED, DST_WAITS},
        {"finish-migrate", "device", SRC_LEAVING, DST_WAITS},
        {"postmigrate", "completed", SRC_MOVED, DST_RUNS},
        {"paused", "failed", SRC_STOPPED, DST_FAILED},
        {"paused", "completed", SRC_MOVED, DST_LOADED},
        {"prelaunch", "completed", SRC_MOVED, DST_LOADED},
        {"paused", NULL, SRC_STOPPED, DST_WAITS},
        {"inmigrate", NULL, SRC_STOPPED, DST_WAITS},
        {"inmigrate", "setup", SRC_STOPPED, DST_WAITS},
        {"inmigrate", "active", SRC_STOPPED, DST_LOADS},
        {"inmigrate", "failed", SRC_STOPPED, DST_FAILED},
        {"io-error", "completed", SRC_MOVED, DST_RUNS},
        {"running", "postcopy-active", SRC_SPLIT, DST_SPLIT},
        {"paused", "postcopy-paused", SRC_SPLIT, DST_PART},
        {"finish-migrate", "postcopy-device", SRC_LEAVING, DST_WAITS},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(verdict_source(rows[i].status, rows[i].migration),
                         rows[i].source);
        assert_int_equal(verdict_dest(rows[i].status, rows[i].migration),
                         rows[i].dest);
    }
}

static void texts_are_there(void **state UNUSED)
{
    for (int i = 0; i < WAY__MAX; i++)
        assert_true(*way_name((enum way)i) && *way_text((enum way)i));
    for (int i = 0; i < SRC__MAX; i++)
        assert_true(*src_answer_text((enum src_answer)i));
    for (int i = 0; i < DST__MAX; i++)
        assert_true(*dst_answer_text((enum dst_answer)i));
    for (int i = 0; i < PAST__MAX; i++)
        assert_true(*past_stage_name((enum past_stage)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_says_what_is_expected_of_each_row),
        cmocka_unit_test(no_row_breaks_a_rule_of_the_handover),
        cmocka_unit_test(answers_are_read_from_both_states),
        cmocka_unit_test(texts_are_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
