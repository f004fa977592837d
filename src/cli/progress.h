/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Progress on standard error (a bar, plain lines or JSON Lines) and, beside
 * it, as JSON Lines on a descriptor of the caller's.
 *
 * Writing never waits: who does not read his progress must not hold up a
 * guest that is stopped for its switchover. A line that cannot be written at
 * once is dropped.
 */
#ifndef QMIG_PROGRESS_H
#define QMIG_PROGRESS_H

#include "cli.h"

struct progress {
    enum progress_mode mode; /* never PROGRESS_AUTO */
    int out;                 /* descriptor of standard error */
    int json_fd;             /* -1: none */
    int64_t drawn_us;        /* when the bar was drawn; 0: never */
    int permille;            /* shown so far: it never goes back */
    bool any;                /* a phase has been shown */
    enum qmig_phase phase;
    bool holding; /* the last one was held */
};

/* AUTO is a bar on a terminal, plain lines elsewhere. */
void progress_init(struct progress *p, const struct cli *cli);
void progress_show(struct progress *p, const struct qmig_progress *q);
/* The last word; the bar's line ends, at 100 % only if all went well. */
void progress_end(struct progress *p, const char *result, bool completed);
/* End the bar's line, so that something else can be printed. */
void progress_break(struct progress *p);

/* Pieces of the above, each without line end. `columns` is the width of the
 * terminal; text longer than size is cut. */
int progress_permille(const struct qmig_progress *q);
void progress_bar_text(char *buf, size_t size, size_t columns,
                       const struct qmig_progress *q, int permille);
void progress_plain_text(char *buf, size_t size, const struct qmig_progress *q);
void progress_json_text(char *buf, size_t size, const struct qmig_progress *q,
                        int permille);

/* "164.2M": powers of 1024. */
struct bytes_text {
    char s[16];
};
struct bytes_text bytes_text(uint64_t bytes);

/* Write what fits without waiting. */
void put_now(int fd, const char *text, size_t len);

#endif
