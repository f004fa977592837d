/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What parameters and flags ask of each other, as a table; for rules.c and its
 * test. */
#ifndef QMIG_RULES_H
#define QMIG_RULES_H

#include "params.h"

/* Holds if one of the flags is set (0: any) and the parameter is there
 * (NULL: any) with this value (NULL: any; "x:" is the beginning of one). */
struct cond {
    unsigned flags;
    const char *param;
    const char *value;
};

enum relation { EXCLUDES, NEEDS };

struct rule {
    struct cond a;
    enum relation relation;
    struct cond b;
    const char *why; /* NULL: libvirt has this rule */
};

extern const struct rule rule_table[];
extern const size_t rule_table_n;

/* "flag 'tls' with parameter 'migrate_uri=unix:...'", cut at `size`. Of several
 * flags those that are in `flags` are named, all of them if none is. */
void rule_describe(const struct cond *c, unsigned flags, char *text,
                   size_t size);

bool rule_holds(const struct cond *c, const struct qmig_params *p,
                unsigned flags);

#endif
