/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading transcripts (docs/transcript.md), line by line: memory does not grow
 * with the file. Nothing in the file is trusted: every error names the line.
 *
 * A file whose last line was cut (the program crashed, the disk was full) is
 * read to the line before it; qmp_reader_is_cut() tells.
 *
 * Recordings of other programs are recognised by their first line and given as
 * the same entries: libvirt's logs and .replies files, and what qmp-shell -v
 * or socat wrote.
 */
#ifndef QMP_READER_H
#define QMP_READER_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

struct qmp_reader;

enum qmp_entry_kind {
    QMP_ENTRY_MESSAGE, /* peer, dir, msg */
    QMP_ENTRY_RAW,     /* peer, dir, raw: was not JSON */
    QMP_ENTRY_CLOSED,  /* peer; text: why, NULL: closed by the recorder */
    QMP_ENTRY_NOTE,    /* text: its name; object: its members */
};

/* All is borrowed from the reader until the next call; what a kind does not
 * have is NULL or 0. */
struct qmp_entry {
    enum qmp_entry_kind kind;
    uint64_t line; /* from 1; where it begins, if it is over several */
    int64_t t_us;  /* since the start of the recording; never goes back */
    bool timed;    /* false: not recorded, t_us is the last event's */
    const char *peer;
    char dir; /* '>' to the monitor, '<' from it */
    int nfds;
    struct json_object *msg;
    const char *text;
    struct json_object *object; /* the whole line */
    size_t bytes;               /* of the line */
};

/* A longer line is an error: 16 MiB of message and what is around it. */
#define QMP_READER_MAX_LINE (((size_t)16 << 20) + 65536)

/* Open a file ("-": standard input) and read its header. QMP_ERR_TRANSCRIPT,
 * QMP_ERR_SYSTEM. */
QMP_EXPORT struct qmp_reader *qmp_reader_open(const char *path,
                                              struct qmp_error **errp);
QMP_EXPORT void qmp_reader_free(struct qmp_reader *r); /* NULL is fine */

/* The header line, borrowed; of a foreign recording it is made up. */
QMP_EXPORT struct json_object *qmp_reader_header(const struct qmp_reader *r);

/* 1: *ret is the next entry; 0: the end; -1: QMP_ERR_TRANSCRIPT ... */
QMP_EXPORT int qmp_reader_next(struct qmp_reader *r, struct qmp_entry *ret,
                               struct qmp_error **errp);

/* What the foreign recording was taken for; NULL: it is a transcript. */
QMP_EXPORT const char *qmp_reader_format(const struct qmp_reader *r);

/* At the end: was the last line cut? */
QMP_EXPORT bool qmp_reader_is_cut(const struct qmp_reader *r);

static inline void qmp_reader_freep(struct qmp_reader **r)
{
    qmp_reader_free(*r);
}

#endif
