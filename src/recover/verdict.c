/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recover/verdict.h"

#include "plan/plan.h"

#include <string.h>

#define ANY       (~0u)
#define P(stage)  (1u << PAST_##stage)
#define S(answer) (1u << SRC_##answer)
#define D(answer) (1u << DST_##answer)
#define F(fenced) (1u << FENCED_##fenced)

#define SENT                                                                   \
    (P(MIGRATE) | P(SWITCHOVER) | P(ONE_WAY) | P(POSTCOPY) | P(SPLIT) |        \
     P(COMMIT) | P(QUIT) | P(BACK))
/* D was never sent `cont`: what S says does not matter. */
#define BEFORE  (P(MIGRATE) | P(ONE_WAY))
#define EITHER  (P(POSTCOPY) | P(SPLIT)) /* whether it has begun: S tells */
#define UNSURE  (P(SWITCHOVER) | P(COMMIT))
#define ALIVE   (S(RUNS) | S(RESUMED))
#define STANDS  (S(STOPPED) | S(LEAVING))
#define ANSWERS (S(RUNS) | S(RESUMED) | STANDS | S(MOVED))
#define MISSES  (D(SPLIT) | D(PART))
#define GONE    (D(NO) | D(WAITS) | D(FAILED)) /* where it was loaded once */

#define SRC_OWNS  QMIG_OWNER_SOURCE
#define DST_OWNS  QMIG_OWNER_DEST
#define UNDECIDED QMIG_OWNER_UNDECIDED

/*
 * The first row that fits decides. The rows of one stage are ordered by what
 * the source answers; what is asserted comes before what is not.
 */
/* clang-format off */
static const struct row {
    unsigned past;
    unsigned source;
    unsigned dest;
    unsigned fenced;
    enum qmig_owner owner;
    enum way way;
    const char *why;
} rows[] = {
    { P(ENDED_SOURCE), ANY, ANY, ANY, SRC_OWNS, WAY_NONE,
      "the migration ended, and the guest was left on the source" },
    { P(ENDED_DEST), ANY, ANY, ANY, DST_OWNS, WAY_NONE,
      "the migration ended, and the guest was moved to the destination" },
    { P(NOTHING), ANY, ANY, ANY, SRC_OWNS, WAY_NONE,
      "nothing was sent that changes a QEMU" },
    { P(BEGIN), ANY, ANY, ANY, SRC_OWNS, WAY_BACK,
      "'migrate' was not sent" },

    /* Two copies: whoever made them has to say which one is to go. */
    { SENT, ALIVE, D(RUNS) | D(SPLIT), ANY, UNDECIDED, WAY_WAIT,
      "BOTH RUN: somebody resumed one of them; stop one at once" },

    { P(QUIT), ALIVE, ANY, ANY, UNDECIDED, WAY_WAIT,
      "the guest ran on the destination, and now the source runs: somebody "
      "resumed it" },
    { P(QUIT), ANY, D(RUNS) | D(LOADED), ANY, DST_OWNS, WAY_FINISH,
      "the destination said that it runs" },
    { P(QUIT), ANY, ANY, ANY, DST_OWNS, WAY_NONE,
      "the destination said that it runs; if it is dead now, the guest is to "
      "be started anew: what the source has is old" },

    { SENT, S(NO) | S(MOVED), D(RUNS), ANY, DST_OWNS, WAY_FINISH,
      "the destination runs" },
    { P(SPLIT), S(STOPPED), D(RUNS), ANY, DST_OWNS, WAY_FINISH,
      "the destination runs and has it all, by its own word; the source did not "
      "hear of it" },
    { SENT, STANDS, D(RUNS), ANY, DST_OWNS, WAY_WAIT,
      "the destination runs, though the source did not complete: somebody "
      "continued it; see what it has before the source is ended" },

    /* Post-copy. The source has the whole guest until it says that post-copy
     * has begun, and never again after that. While the device state flows that
     * may be at any instant: a cancel would meet it, and 7.2 would leave the
     * guest stopped on both sides. */
    { EITHER, S(RUNS), D(PART), ANY, SRC_OWNS, WAY_BACK,
      "the source failed when post-copy was to begin and runs on; the "
      "destination was never continued" },
    { EITHER, S(RESUMED), D(PART), ANY, UNDECIDED, WAY_WAIT,
      "post-copy has begun, and then somebody resumed the source" },
    { EITHER, S(LEAVING), ANY, ANY, UNDECIDED, WAY_WAIT,
      "the source is sending its last state: ask again" },
    { EITHER, S(STOPPED), D(PART), F(DEST), SRC_OWNS, WAY_BACK,
      "the destination will not run, as asserted, and the source has the "
      "guest" },
    { P(POSTCOPY), S(STOPPED), D(PART), ANY, SRC_OWNS, WAY_BACK,
      "the source failed when post-copy was to begin; the destination was never "
      "continued" },
    { EITHER, S(STOPPED), MISSES, ANY, UNDECIDED, WAY_WAIT,
      "post-copy has begun, and the source's migration failed: the destination "
      "lacks what was on its way; the source has the guest as it was sent" },
    { EITHER, ANY, MISSES, ANY, DST_OWNS, WAY_SPLIT,
      "the guest is split: the destination has it, and waits for pages of the "
      "source" },
    { EITHER, S(SPLIT), D(LOADS) | D(LOADED) | D(RUNS), ANY, DST_OWNS, WAY_SPLIT,
      "post-copy has begun: the destination has the guest" },
    { EITHER, S(SPLIT), ANY, ANY, UNDECIDED, WAY_WAIT,
      "post-copy has begun, and the destination is lost: the source does not "
      "have the whole guest any more" },
    /* 10.0 and 11.1 call it failed, too, when the connection is lost after the
     * last page: by then the destination ran. */
    { P(SPLIT), S(STOPPED), D(NO), F(DEST), SRC_OWNS, WAY_BACK,
      "the destination is dead, as asserted, and the source has the guest" },
    { P(SPLIT), S(STOPPED), D(NO), ANY, UNDECIDED, WAY_WAIT,
      "the source did not complete, but post-copy may have begun, and the "
      "destination may run" },
    { EITHER, S(RUNS) | S(STOPPED), ANY, ANY, SRC_OWNS, WAY_BACK,
      "post-copy has not begun, and the source has the guest" },
    { EITHER, S(MOVED), D(LOADED), ANY, DST_OWNS, WAY_FORWARD,
      "the destination has it all, and the source stands still" },
    { P(SPLIT), S(NO), D(LOADED), ANY, DST_OWNS, WAY_FORWARD,
      "the guest was committed to the destination, which has it all" },
    { P(POSTCOPY), S(NO), D(LOADED), F(SOURCE), DST_OWNS, WAY_FORWARD,
      "the source is dead, as asserted, and the destination has it all" },
    { EITHER, ANY, ANY, ANY, UNDECIDED, WAY_WAIT,
      "post-copy may have begun: then no side alone has the whole guest" },

    { SENT, S(SPLIT), ANY, ANY, UNDECIDED, WAY_WAIT,
      "post-copy has begun, and the journal does not know of it" },
    { SENT, ANY, D(SPLIT), ANY, UNDECIDED, WAY_WAIT,
      "post-copy has begun, and the journal does not know of it" },
    { SENT & ~P(BACK), ANY, D(PART), ANY, UNDECIDED, WAY_WAIT,
      "post-copy has begun, and the journal does not know of it" },

    { P(BACK), ANSWERS, ANY, ANY, SRC_OWNS, WAY_BACK,
      "it was decided to go back, and the destination was never continued" },
    { P(BACK), S(NO), ANY, F(SOURCE), SRC_OWNS, WAY_BACK,
      "the source may have run on since: what the destination has is old; the "
      "guest died with the source" },
    { P(BACK), S(NO), ANY, ANY, SRC_OWNS, WAY_WAIT,
      "it was decided to go back; the source has to answer" },

    { P(ONE_WAY), S(MOVED), D(LOADED), ANY, DST_OWNS, WAY_FORWARD,
      "the destination has it all, and the source stands still" },
    { BEFORE, ANSWERS, ANY, ANY, SRC_OWNS, WAY_BACK,
      "the destination was never allowed to run" },
    { BEFORE | P(SWITCHOVER), S(NO), D(LOADED), F(SOURCE), DST_OWNS,
      WAY_FORWARD, "the source is dead, as asserted, and the destination has "
      "it all" },
    { BEFORE | P(SWITCHOVER), S(NO), D(LOADED), ANY, UNDECIDED, WAY_WAIT,
      "the destination has it all, but the source may run" },
    { BEFORE, S(NO), D(WAITS) | D(LOADS) | D(FAILED), F(SOURCE), SRC_OWNS,
      WAY_BACK, "the destination does not have it all: the guest died with "
      "the source" },
    { BEFORE, S(NO), D(WAITS) | D(LOADS) | D(FAILED), ANY, SRC_OWNS,
      WAY_WAIT, "the destination does not have it all; the source has to "
      "answer" },
    { BEFORE, S(NO), D(NO), F(DEST), SRC_OWNS, WAY_WAIT,
      "the destination is dead, as asserted; the source has to answer" },
    { BEFORE, S(NO), D(NO), ANY, UNDECIDED, WAY_WAIT,
      "neither side answers" },

    { P(SWITCHOVER), S(RUNS) | STANDS, ANY, ANY, SRC_OWNS, WAY_BACK,
      "the source did not complete, so nobody continued the destination" },
    { UNSURE, S(MOVED), D(LOADED), ANY, DST_OWNS, WAY_FORWARD,
      "the destination has it all, and the source stands still" },
    { P(SWITCHOVER), S(MOVED), D(FAILED), ANY, SRC_OWNS, WAY_BACK,
      "the destination could not load the guest, by its own word" },
    { UNSURE, S(MOVED), GONE, F(DEST), SRC_OWNS, WAY_BACK,
      "the destination is dead, as asserted, and the source has the guest" },
    { UNSURE, S(MOVED), GONE, ANY, UNDECIDED, WAY_WAIT,
      "the destination had it all, and may run or have run" },
    { UNSURE, S(MOVED), D(LOADS), ANY, UNDECIDED, WAY_WAIT,
      "the destination is loading; ask again" },
    { UNSURE, ANSWERS, GONE, F(DEST), SRC_OWNS, WAY_BACK,
      "the destination is dead, as asserted, and the source has the guest" },
    { UNSURE, ANSWERS, ANY, ANY, UNDECIDED, WAY_WAIT,
      "the guest was handed over, and then somebody resumed the source" },
    { P(COMMIT), S(NO), D(LOADED), ANY, DST_OWNS, WAY_FORWARD,
      "the guest was committed to the destination, which has it all" },
    { P(SWITCHOVER), S(NO), D(LOADS) | D(FAILED), F(SOURCE), SRC_OWNS,
      WAY_BACK, "the destination does not have it all: the guest died with "
      "the source" },
    { P(SWITCHOVER), S(NO), D(LOADS) | D(FAILED), ANY, SRC_OWNS, WAY_WAIT,
      "the destination does not have it all; the source has to answer" },
    { UNSURE, S(NO), GONE | D(LOADS), F(DEST), SRC_OWNS, WAY_WAIT,
      "the destination is dead, as asserted; the source has to answer" },
    { UNSURE, S(NO), GONE | D(LOADS), F(SOURCE), DST_OWNS, WAY_WAIT,
      "the source is dead, as asserted; the destination has to answer" },
    { UNSURE, S(NO), GONE | D(LOADS), ANY, UNDECIDED, WAY_WAIT,
      "the source does not answer, and the destination may run or have run" },
};
/* clang-format on */

struct verdict verdict_of(enum past_stage past, enum src_answer source,
                          enum dst_answer dest, enum fenced fenced)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct row *r = &rows[i];

        if (r->past & 1u << past && r->source & 1u << source &&
            r->dest & 1u << dest && r->fenced & 1u << fenced)
            return (struct verdict){r->owner, r->way, r->why,
                                    r->way == WAY_SPLIT};
    }
    return (struct verdict){UNDECIDED, WAY_WAIT, "no rule for what was found",
                            false};
}

/* 11.1 says postcopy-device while the source still has the whole guest. */
static bool is_split(const char *migration)
{
    return migration && !strncmp(migration, "postcopy-", 9) &&
           strcmp(migration, "postcopy-device") != 0;
}

enum src_answer verdict_source(const char *status, const char *migration)
{
    bool completed = migration && !strcmp(migration, "completed");
    bool leaving = migration && (!strcmp(migration, "device") ||
                                 !strcmp(migration, "postcopy-device"));

    if (!status)
        return SRC_NO;
    if (is_split(migration))
        return SRC_SPLIT;
    if (plan_status_runs(status))
        return completed ? SRC_RESUMED : SRC_RUNS;
    return completed ? SRC_MOVED : leaving ? SRC_LEAVING : SRC_STOPPED;
}

enum dst_answer verdict_dest(const char *status, const char *migration)
{
    static const char *const paused[] = {"paused", "prelaunch", "restore-vm",
                                         "finish-migrate"};

    if (!status)
        return DST_NO;
    for (size_t i = 0; is_split(migration) && i < ARRAY_SIZE(paused); i++)
        if (!strcmp(status, paused[i]) || !strcmp(status, "inmigrate"))
            return DST_PART;
    if (is_split(migration))
        return DST_SPLIT;
    if (!strcmp(status, "inmigrate")) {
        if (!migration || !strcmp(migration, "none") ||
            !strcmp(migration, "setup"))
            return DST_WAITS;
        return strcmp(migration, "failed") ? DST_LOADS : DST_FAILED;
    }
    for (size_t i = 0; i < ARRAY_SIZE(paused); i++) {
        if (strcmp(status, paused[i]) != 0)
            continue;
        if (migration && !strcmp(migration, "failed"))
            return DST_FAILED;
        return migration && !strcmp(migration, "completed") ? DST_LOADED
                                                            : DST_WAITS;
    }
    /* It runs; or it ran and stopped by itself, as with an I/O error. */
    return DST_RUNS;
}

const char *way_name(enum way way)
{
    static const char *const names[] = {
        [WAY_NONE] = "nothing",  [WAY_WAIT] = "wait",
        [WAY_BACK] = "back",     [WAY_FORWARD] = "forward",
        [WAY_FINISH] = "finish", [WAY_SPLIT] = "split",
    };
    return names[way];
}

const char *way_text(enum way way)
{
    static const char *const texts[] = {
        [WAY_NONE] = "nothing: all is done",
        [WAY_WAIT] = "nothing, as things are",
        [WAY_BACK] = "cancel the migration, resume the source if its guest "
                     "ran, put its settings back, end the destination",
        [WAY_FORWARD] = "let the destination run, then end the source",
        [WAY_SPLIT] = "let the destination get the pages that are missing, "
                      "then end the source",
        [WAY_FINISH] = "put the destination's settings back, end the source",
    };
    return texts[way];
}

const char *src_answer_text(enum src_answer answer)
{
    static const char *const texts[] = {
        [SRC_NO] = "does not answer",
        [SRC_RUNS] = "runs the guest",
        [SRC_STOPPED] = "has the guest, which stands still",
        [SRC_MOVED] = "has sent the guest away, and stands still",
        [SRC_SPLIT] = "serves the pages that the destination lacks",
        [SRC_LEAVING] = "sends the guest's last state, and stands still",
        [SRC_RESUMED] = "has sent the guest away, and runs again",
    };
    return texts[answer];
}

const char *dst_answer_text(enum dst_answer answer)
{
    static const char *const texts[] = {
        [DST_NO] = "does not answer",
        [DST_WAITS] = "waits for a guest",
        [DST_LOADS] = "is loading the guest",
        [DST_FAILED] = "could not load the guest",
        [DST_LOADED] = "has the whole guest, paused",
        [DST_SPLIT] = "runs the guest, with pages missing",
        [DST_PART] = "has the guest, paused and with pages missing",
        [DST_RUNS] = "runs the guest",
    };
    return texts[answer];
}
