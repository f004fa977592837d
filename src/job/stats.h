/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statistics of a migration: QEMU's own figures under QEMU's names, and
 * libvirt's VIR_DOMAIN_JOB_* under libvirt's. Pure.
 */
#ifndef QMIG_STATS_H
#define QMIG_STATS_H

#include "qmp/macros.h"

#include <stdbool.h>
#include <stdint.h>

/* libvirt's VIR_DOMAIN_JOB_OPERATION_* */
enum stats_operation {
    STATS_SAVE = 2,
    STATS_RESTORE = 3,
    STATS_MIGRATION_OUT = 5,
};

/* A member of query-migrate, for docs/statistics.md. "disk.*" is every member
 * of that object. */
struct stats_field {
    const char *path; /* "ram.total" */
    const char *unit; /* NULL: it has none */
    const char *help;
};

/* Sorted by path. */
extern const struct stats_field stats_fields[];
extern const size_t stats_fields_n;

/* One of libvirt's, and where it is taken from: NULL, not from one member. */
struct stats_job_field {
    const char *name;   /* "memory_total" */
    const char *object; /* "ram", NULL: at the top */
    const char *member;
    bool mbps; /* QEMU's 10^6 bit/s are bytes/s here */
};

/* Row `i`; false: there is none. */
bool stats_job_field(size_t i, struct stats_job_field *ret);

struct stats_input {
    enum stats_operation operation;
    struct json_object *info; /* the source's query-migrate, or NULL */
    int64_t elapsed_us;       /* since the migration was started */
    int64_t downtime_us;      /* STOP to RESUME as seen here; 0: not seen */
    bool completed;
};

/*
 * An object of libvirt's statistics in libvirt's order: times in ms, sizes in
 * bytes, rates in bytes/s, counts of pages. What QEMU does not say is left
 * out, as libvirt does. time_elapsed_net and downtime_net, which take the
 * difference between the clocks of two daemons away, do not apply: there is
 * one clock here.
 */
struct json_object *stats_job(const struct stats_input *in);

/* The members of query-migrate by QEMU's names, all of them but the times
 * that the result has in names of its own ("total_time_ms", ...). */
void stats_add_qemu(struct json_object *stats, struct json_object *info);
/* Of the destination's, what only that side knows: how long post-copy made CPUs
 * wait (capability postcopy-blocktime). */
void stats_add_dest(struct json_object *stats, struct json_object *info);

#endif
