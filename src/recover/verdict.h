/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who owns the guest: the decision table of the handover as data. What the
 * journal says last, what both QEMUs answer, and what the user asserts in;
 * the owner and the way to the end out. Pure: the same answer however often
 * it is asked (R9).
 */
#ifndef QMIG_VERDICT_H
#define QMIG_VERDICT_H

#include "qmigrate.h"
#include "recover/past.h"

/* The source as it answers. "Completed" is its migration's status. */
enum src_answer {
    SRC_NO,      /* not at all, or a QEMU with another guest */
    SRC_RUNS,    /* its guest runs; the migration did not complete */
    SRC_STOPPED, /* its guest stands still; the same */
    SRC_MOVED,   /* completed, and the guest stands still */
    SRC_RESUMED,
    /* completed, and the guest runs again */ SRC_SPLIT, /* post-copy: it serves
                                                            the pages that are
                                                            not there yet */
    SRC_LEAVING, /* it stands still, and its device state flows: it may have
                    moved, be split or run at the next look */
    SRC__MAX
};

enum dst_answer {
    DST_NO,     /* not at all, or a QEMU with another guest */
    DST_WAITS,  /* no migration came to it, or it was started anew */
    DST_LOADS,  /* not everything is there yet */
    DST_FAILED, /* it could not load, by its own word */
    DST_LOADED, /* it has everything, and is paused */
    DST_RUNS,
    DST_SPLIT, /* post-copy: it runs with pages missing */
    DST_PART,  /* post-copy: it could run with pages missing, and does not */
    DST__MAX
};

/* What the user asserts: that side does not run and never will. */
enum fenced { FENCED_NONE, FENCED_SOURCE, FENCED_DEST, FENCED__MAX };

enum way {
    WAY_NONE,    /* nothing is left to do */
    WAY_WAIT,    /* nothing can be done now */
    WAY_BACK,    /* resume the source, undo, end the destination */
    WAY_FORWARD, /* commit, continue the destination, then as FINISH */
    WAY_SPLIT,   /* bring post-copy to its end, then as FINISH */
    WAY_FINISH,  /* the destination has it: give up the source */
    WAY__MAX
};

struct verdict {
    enum qmig_owner owner;
    enum way way;
    const char *why;
    bool split; /* the destination's, and pages are missing (exit code 6) */
};

struct verdict verdict_of(enum past_stage past, enum src_answer source,
                          enum dst_answer dest, enum fenced fenced);

/* From query-status and query-migrate; NULL status: no answer. `migration` is
 * NULL if QEMU knows of none. */
enum src_answer verdict_source(const char *status, const char *migration);
enum dst_answer verdict_dest(const char *status, const char *migration);

const char *way_name(enum way way); /* "nothing", "wait", "back", ... */
const char *way_text(enum way way); /* what recover would do, for a person */
const char *src_answer_text(enum src_answer answer);
const char *dst_answer_text(enum dst_answer answer);

#endif
