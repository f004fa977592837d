/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a report tells about one migration, gathered from its transcript in
 * one pass. Memory is bounded: curves keep every second sample when there are
 * too many, lists stop at their limit and count what they left out.
 */
#ifndef QMIG_REPORT_H
#define QMIG_REPORT_H

#include "qmp/error.h"

#include <stdbool.h>
#include <stdint.h>

#define REPORT_SAMPLES 512
#define REPORT_LIST    200
#define REPORT_LATENCY 64
#define REPORT_NO_TIME INT64_MIN

/* One answer of the source's query-migrate that tells of its RAM. */
struct report_sample {
    int64_t t_us;
    double transferred; /* bytes */
    double remaining;   /* bytes */
    double rate;        /* bytes/s; of the stream */
    double dirty;       /* bytes/s; that the guest writes */
    double limit;       /* bytes/s; max-bandwidth as we set it, 0: not set */
    double throttle;    /* % */
    double requests;    /* post-copy: pages asked for */
};

struct report_line {
    int64_t t_us;
    char *peer; /* "" for notes */
    char *text;
};

struct report_list {
    struct report_line items[REPORT_LIST];
    size_t n;
    size_t left_out;
};

struct report_latency {
    char *peer;
    char *command;
    size_t count;
    int64_t total_us;
    int64_t max_us;
    size_t unanswered;
};

struct report {
    char *path;
    char *program;
    char *id;
    char *start;
    char *version[2]; /* "7.2.22" of source and destination; NULL: unknown */
    char *addr[2];
    char *outcome; /* of the note "result"; NULL: none */
    bool cut;
    const char *format; /* of a foreign recording (qmp/reader.h), or NULL */
    int64_t end_us;     /* of the last line */
    int64_t stop_us;    /* the source's last STOP; REPORT_NO_TIME */
    int64_t resume_us;  /* the destination's RESUME */
    double downtime_ms; /* QEMU's own word; -1: none */
    double total_ms;    /* "" */
    struct report_list phases;   /* text: the phase's name */
    struct report_list reasons;  /* text: why, of the phase with this index */
    struct report_list statuses; /* MIGRATION events; text: the status */
    struct report_list plan;     /* commands that change something */
    struct report_list errors;   /* refusals, losses, warnings */
    struct report_latency latency[REPORT_LATENCY];
    size_t n_latency;
    struct report_sample samples[REPORT_SAMPLES];
    size_t n_samples;
    size_t every; /* one of so many is kept */
    size_t seen;
    double limit;
};

struct report *report_new(const char *path, struct qmp_error **errp);
void report_free(struct report *r); /* NULL is fine */

/* How it ended: the last phase's reason ("completed"), or what is known. */
const char *report_outcome(const struct report *r);
/* From the source's STOP to the destination's RESUME; -1: not both. */
int64_t report_blackout_us(const struct report *r);

/* Curves: what they show, and how to get it from a sample. */
enum report_curve {
    CURVE_REMAINING,
    CURVE_TRANSFERRED,
    CURVE_RATE,
    CURVE_DIRTY,
    CURVE_LIMIT,
    CURVE_THROTTLE,
    CURVE_REQUESTS,
    CURVE__MAX
};
extern const struct report_curve_row {
    const char *name;
    const char *unit; /* of the value times `scale` */
    double scale;
} report_curves[CURVE__MAX];
double report_value(const struct report_sample *s, enum report_curve curve);
/* The largest value; 0: nothing to draw. */
double report_max(const struct report *r, enum report_curve curve);

/* Text for a terminal of `width` columns. */
void report_put_text(FILE *f, const struct report *r, int width);
/* One page, self-contained; two reports make a comparison. */
void report_put_html(FILE *f, struct report *const r[], size_t n);

static inline void report_freep(struct report **r)
{
    report_free(*r);
}

#endif
