/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copying disks that are not shared (flags NON_SHARED_DISK, NON_SHARED_INC):
 * which ones, whether they fit, and the commands. The destination serves each
 * image as an NBD export, the source mirrors its disk into it while the guest
 * runs; once the guest is stopped the mirrors end, and the destination's image
 * is the source's.
 *
 * Whatever is made has a name that begins with "qmigrate-": the export, the
 * job and the node of a disk have the same.
 */
#ifndef QMIG_STORAGE_H
#define QMIG_STORAGE_H

#include "plan/plan.h"

#define STORAGE_PREFIX "qmigrate-"

/* Is any disk to be copied? */
bool storage_is_wanted(const struct plan_input *in);

/* Does a QEMU that takes a guest over forget what its host has cached? From
 * 4.0 on it does; else QMIG_ERR_UNSAFE. */
int storage_check_cache(const struct plan_input *in, const struct facts *dest,
                        struct qmp_error **errp);

/*
 * Choose the disks and check that each one can be copied; where the exports
 * are served. Fills plan->disks; QMIG_ERR_DISK and the like. *side tells whose
 * disk is to blame.
 */
int storage_choose(struct plan *plan, const struct plan_input *in,
                   const struct facts *source, const struct facts *dest,
                   enum qmig_side *side, char **warnings,
                   struct qmp_error **errp);

/* The steps, in the order in which a plan has them; nothing without disks. */
void storage_add_exports(struct plan *plan, const struct plan_input *in,
                         const struct facts *dest);
void storage_add_mirrors(struct plan *plan, const struct plan_input *in);
void storage_add_end(struct plan *plan);
void storage_add_undo(struct plan *plan);

void storage_clear(struct plan *plan);

/* The next port of the range for the exports; false: there is none, or it was
 * asked for. The steps are changed accordingly. */
bool storage_next_port(struct plan *plan);

/* Arguments of block-job-set-speed for a bandwidth in bytes a second. */
struct json_object *storage_speed(const struct plan_copy *copy, uint64_t speed);

/* plan/disks.c: one row of query-block, NULL if there is none. `alias` may be
 * NULL. A disk is called by its device's name ("drive-virtio-disk0"), or by
 * the id of the guest's device ("virtio-disk0"). */
struct json_object *disk_find(struct json_object *block, const char *target,
                              const char *alias);
int disk_check(const struct plan_copy *copy, const struct plan_input *in,
               struct json_object *from, struct json_object *to,
               enum qmig_side *side, char **warnings, struct qmp_error **errp);
/* How the user would call it: the caller frees it. NULL: it is not a disk of
 * the guest's. */
char *disk_name(struct json_object *row);
bool disk_is_copied_by_default(struct json_object *row);
/* "inserted"."node-name"; NULL: no medium. */
const char *disk_node(struct json_object *row);
/* The names of all: the caller frees it. */
char *disk_names(struct json_object *block);

#endif
