/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QEMU's own migration parameters and capabilities by QEMU's own names, after
 * a prefix: "qemu.max-cpu-throttle", "qemu.zero-page-detection@dest". Here
 * they are only collected; whether a QEMU has them and what type they are is
 * seen when that QEMU was asked (plan/settings.c).
 */
#ifndef QMIG_PARAMS_QEMU_H
#define QMIG_PARAMS_QEMU_H

#include "qmp/error.h"

#include <stdbool.h>

#define QEMU_PREFIX   "qemu."
#define QEMU_MAX_NAME 64 /* bytes, without the prefix */

enum sides { ON_SOURCE = 1, ON_DEST = 2, ON_BOTH = 3 };

/*
 * What is known of a name. One that has no row is set on the source, where
 * most of them act.
 */
struct qemu_rule {
    const char *name;
    enum sides sides;    /* where it is set unless @source, @dest, @both */
    const char *instead; /* not NULL: it is refused, for the reason here */
    const char *help;
    bool in_files; /* ... by a migration, but not by save and restore */
};

/* Sorted by name. */
extern const struct qemu_rule qemu_rules[];
extern const size_t qemu_rules_n;

struct qemu_value {
    char *name;  /* without prefix and side */
    char *value; /* text; of a type that is not known yet */
    enum sides sides;
};

struct qemu_list {
    struct qemu_value *values;
    size_t n;
};

bool qemu_is_name(const char *name);      /* has the prefix */
const char *sides_name(enum sides sides); /* "source", "dest", "both" */

/* `name` with its prefix. QMIG_ERR_PARAM_* tell what is wrong with it. */
int qemu_list_add(struct qemu_list *list, const char *name, const char *value,
                  struct qmp_error **errp);
/* Refuses what only save and restore take. */
int qemu_list_check_migration(const struct qemu_list *list,
                              struct qmp_error **errp);
int qemu_list_copy(struct qemu_list *to, const struct qemu_list *from);
void qemu_list_clear(struct qemu_list *list);

#endif
