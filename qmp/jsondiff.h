/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How two JSON values differ, by structure: order of members does not count,
 * 1 and 1.0 are the same number. */
#ifndef QMP_JSONDIFF_H
#define QMP_JSONDIFF_H

#include "error.h"

#include <stdbool.h>

/*
 * Called for each place where they differ: `path` as "a.b[2].c" ("" for the
 * values themselves); `a` or `b` is NULL where it is missing, which
 * `there` tells from null: bit 0 for a, bit 1 for b.
 */
typedef void qmp_json_diff_fn(const char *path, struct json_object *a,
                              struct json_object *b, unsigned there,
                              void *opaque);

/* Number of differences; fn may be NULL. */
QMP_EXPORT size_t qmp_json_diff(struct json_object *a, struct json_object *b,
                                qmp_json_diff_fn *fn, void *opaque);

#endif
