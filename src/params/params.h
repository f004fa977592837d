/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt's typed migration parameters (VIR_MIGRATE_PARAM_*, libvirt 11.3) and
 * what the layers above ask of a set of them. The public half is qmigrate.h.
 */
#ifndef QMIG_PARAMS_H
#define QMIG_PARAMS_H

#include "params/qemu.h"
#include "qmigrate.h"

enum param_type { PARAM_STRING, PARAM_INT, PARAM_ULLONG };

struct param_info {
    const char *name;
    enum param_type type;
    bool multiple;    /* may be given several times */
    const char *unit; /* "MiB/s", "bytes", "%", ... or NULL */
    long long min;    /* numbers: the range, in the unit */
    unsigned long long max;
    const char *help; /* one line */
    /* Strings: refuses a malformed value; NULL: only empty is refused. */
    int (*check)(const char *name, const char *value, struct qmp_error **errp);
};

/* Sorted by name. */
#define PARAM_COUNT 24
extern const struct param_info param_table[];
extern const size_t param_table_n;

const struct param_info *param_find(const char *name);
const char *
param_type_name(enum param_type type); /* "string", "int", "ullong" */

/* Values; `p` may be NULL (an empty set). */
bool params_has(const struct qmig_params *p, const char *name);
size_t params_count(const struct qmig_params *p); /* of names that are set */
const char *params_string(const struct qmig_params *p, const char *name);
bool params_int(const struct qmig_params *p, const char *name, int *value);
bool params_ullong(const struct qmig_params *p, const char *name,
                   unsigned long long *value);
/* Number of values of a repeatable one; *values is borrowed. */
size_t params_strings(const struct qmig_params *p, const char *name,
                      const char *const **values);

/* QEMU's own, "qemu.NAME"; borrowed, empty for NULL. */
const struct qemu_list *params_qemu(const struct qmig_params *p);

/* A deep copy; NULL: no memory. NULL for NULL is an empty set. */
struct qmig_params *params_copy(const struct qmig_params *p);

static inline void qmig_params_freep(struct qmig_params **p)
{
    qmig_params_free(*p);
}

#endif
