/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A transcript as the things that happened: commands with their answers and
 * latencies, events, phases. They are told in the order in which they began;
 * an item that is still open holds back those behind it, at most STORY_WINDOW
 * of them, so memory does not grow with the file.
 */
#ifndef QMIG_STORY_H
#define QMIG_STORY_H

#include "qmp/error.h"

#include <stdbool.h>
#include <stdint.h>

#define STORY_WINDOW 4096

enum story_kind {
    STORY_COMMAND,  /* name, value: arguments; answer, failed, latency_us */
    STORY_EVENT,    /* name, value: data */
    STORY_GREETING, /* value: what QEMU says of itself */
    STORY_PHASE,    /* name, text: why */
    STORY_NOTE,     /* name, value: the whole note */
    STORY_CLOSED,   /* text: why, NULL: closed by the recorder */
    STORY_RAW,      /* text: what was no JSON */
};

/* Strings and objects are borrowed; what a kind does not have is NULL. */
struct story_item {
    enum story_kind kind;
    uint64_t line;
    int64_t t_us;
    const char *peer; /* NULL for phases and notes */
    const char *name;
    const char *text;
    struct json_object *value;
    struct json_object *answer; /* value of "return", or of "error" */
    bool answered;
    bool failed;
    bool oob;
    bool withdrawn; /* a command that was taken back: QEMU refused it, as it
                       should */
    int nfds;
    bool timed;         /* else t_us and latency_us are guesses */
    int64_t latency_us; /* -1: no answer */
};

typedef int story_fn(const struct story_item *item, void *opaque,
                     struct qmp_error **errp);

struct story_end {
    struct json_object *header; /* owned: json_object_put() it */
    int64_t t_us;               /* of the last line */
    uint64_t lines;
    bool cut;           /* the last line was */
    const char *format; /* of a foreign recording (qmp/reader.h), or NULL */
};

/* Tell the story in the file. fn may stop it with -1 and *errp set. *ret may
 * be NULL, and is set on success only. */
int story_read(const char *path, story_fn *fn, void *opaque,
               struct story_end *ret, struct qmp_error **errp);

/* Is it a command that is sent by the clock, of which only the last answer
 * matters? */
bool story_is_poll(const struct story_item *item);

#endif
