/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Did you mean": the nearest of some known words to one that is not known.
 *
 *     struct nearest n = {.word = "bandwith"};
 *     nearest_try(&n, "bandwidth");
 *     if (n.best) ...
 */
#ifndef QMIG_NEAREST_H
#define QMIG_NEAREST_H

#include "qmp/error.h"

struct nearest {
    const char *word; /* what was found */
    const char *best; /* NULL: nothing is near enough to be meant */
    size_t distance;  /* of best: edits, a swap of neighbours is one */
};

void nearest_try(struct nearest *n, const char *candidate);

/* Set the hint "did you mean 'PREFIXbest'?" if there is one; returns -1. */
int nearest_hint(const struct nearest *n, const char *prefix,
                 struct qmp_error **errp);

#endif
