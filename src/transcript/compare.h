/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How two dialogues differ, by structure: on each peer, commands that only one
 * of them has, that are at another place, or that have other arguments or
 * another result. Commands that are sent by the clock (polls), ids and times
 * do not count.
 */
#ifndef QMIG_COMPARE_H
#define QMIG_COMPARE_H

#include "qmp/error.h"

#include <stdbool.h>
#include <stdint.h>

#define COMPARE_MAX 4096 /* commands a peer */

enum difference_kind {
    DIFFERENCE_ONLY_FIRST,
    DIFFERENCE_ONLY_SECOND,
    DIFFERENCE_MOVED, /* both have it, at another place */
    DIFFERENCE_ARGUMENTS,
    DIFFERENCE_RESULT,
    DIFFERENCE_PHASE, /* only one has it */
};

struct difference {
    enum difference_kind kind;
    uint64_t line[2];    /* in the files; 0: not there */
    const char *peer;    /* "" for phases */
    const char *name;    /* of the command or phase */
    const char *path;    /* ARGUMENTS: of the argument */
    const char *text[2]; /* what each has there; NULL: nothing */
};

typedef void difference_fn(const struct difference *d, void *opaque);

struct compare_phase {
    char *name;
    int64_t us[2]; /* how long it took; -1: not there */
};

struct comparison {
    size_t differences;
    bool cut[2];           /* the last line of the file was */
    const char *format[2]; /* of a foreign recording (qmp/reader.h), or NULL */
    struct compare_phase phases[64];
    size_t n_phases;
};

/* Compare two files. `ignore`: arguments that may differ ("migrate.uri").
 * *ret is filled on success: comparison_clear() it. */
int compare_transcripts(const char *first, const char *second,
                        const char *const *ignore, size_t n_ignore,
                        difference_fn *fn, void *opaque, struct comparison *ret,
                        struct qmp_error **errp);
void comparison_clear(struct comparison *c);

#endif
