/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nearest.h"

#include <string.h>

/* Names are shorter; a longer word was not meant to be one. */
#define MAX_WORD 40

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Optimal string alignment: inserts, deletes, replaces, swapped neighbours. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t d[MAX_WORD + 1][MAX_WORD + 1];

    for (size_t i = 0; i <= na; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= nb; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        for (size_t j = 1; j <= nb; j++) {
            size_t differs = a[i - 1] != b[j - 1];
            d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
                           d[i - 1][j - 1] + differs);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < d[i][j])
                d[i][j] = d[i - 2][j - 2] + 1;
        }
    }
    return d[na][nb];
}

void nearest_try(struct nearest *n, const char *candidate)
{
    size_t word = strlen(n->word);
    size_t other = strlen(candidate);

    if (word > MAX_WORD || other > MAX_WORD)
        return;

    /* More than a third wrong is another word, not a slip. */
    size_t limit = (word > other ? word : other) / 3;
    size_t d = distance(n->word, word, candidate, other);
    if (d <= limit && (!n->best || d < n->distance)) {
        n->best = candidate;
        n->distance = d;
    }
}

int nearest_hint(const struct nearest *n, const char *prefix,
                 struct qmp_error **errp)
{
    if (n->best)
        qmp_hint(errp, "did you mean '%s%s'?", prefix, n->best);
    return -1;
}
