/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recording of what passes the monitors, as JSON Lines:
 *
 *   {"transcript":1,"program":"qmigrate 0.1.0","id":"...",
 *    "start":"2026-01-31T12:00:00.000000Z","peers":{"source":{"addr":"..."}}}
 *   {"t":1234,"peer":"source","dir":">","msg":{...}}
 *   {"t":1300,"peer":"source","dir":"<","msg":{...}}
 *   {"t":1400,"note":"phase","phase":"perform"}
 *   {"t":1500,"peer":"source","closed":"connection lost"}
 *
 * `t` is in microseconds since the start (monotonic). Secrets are written as
 * "***" (a table in transcript.c says which). The file has mode 0600.
 *
 * What is recorded is gathered in memory and becomes lines of the file in
 * qmp_transcript_flush(), which the loop calls when all is quiet: then the time
 * that it takes is not the monitors'. What was written survives a crash of the
 * program; at most the last line of a file is cut.
 */
#ifndef QMP_TRANSCRIPT_H
#define QMP_TRANSCRIPT_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

struct qmp_transcript;

/*
 * Create (or truncate) the file. `start_us` is the monotonic instant that
 * becomes t = 0. `peers` is borrowed: {"source":{"addr":...},...}; passwords
 * inside are the caller's affair.
 */
QMP_EXPORT struct qmp_transcript *qmp_transcript_open(
    const char *path, const char *program, const char *id,
    struct json_object *peers, int64_t start_us, struct qmp_error **errp);

/* The same, but the file is created by the first flush, which reports that it
 * cannot be: for those who have no time now. A reference to `peers` is kept. */
QMP_EXPORT struct qmp_transcript *qmp_transcript_open_late(
    const char *path, const char *program, const char *id,
    struct json_object *peers, int64_t start_us, struct qmp_error **errp);

/* A file does not grow beyond this (1 GiB by default): then a last note
 * {"t":...,"note":"truncated","limit":BYTES} is written and nothing more. */
#define QMP_TRANSCRIPT_LIMIT ((uint64_t)1 << 30)
QMP_EXPORT void qmp_transcript_set_limit(struct qmp_transcript *t,
                                         uint64_t bytes);

/*
 * Record one message as it passed (one JSON text without line end, not
 * NUL-terminated). Text that is not valid JSON is recorded as
 * {"t":...,"peer":...,"dir":"<","raw":"escaped text"}. nfds > 0 adds "fds".
 */
QMP_EXPORT void qmp_transcript_message(struct qmp_transcript *t, int64_t now_us,
                                       const char *peer, char dir,
                                       const char *text, size_t len, int nfds,
                                       bool valid);

/* Record that a monitor's connection ended, and why (NULL: we closed it). */
QMP_EXPORT void qmp_transcript_closed(struct qmp_transcript *t, int64_t now_us,
                                      const char *peer, const char *why);

/* Record a note of the program: {"t":...,"note":NAME, members...}. `members`
 * may be NULL; a reference is kept, it must not change until it was flushed. */
QMP_EXPORT void qmp_transcript_note(struct qmp_transcript *t, int64_t now_us,
                                    const char *note,
                                    struct json_object *members);

/* Is there something for a flush to write, or to report? */
QMP_EXPORT bool qmp_transcript_pending(const struct qmp_transcript *t);

/* How much was recorded so far: it grows with each message and note. */
QMP_EXPORT uint64_t qmp_transcript_count(const struct qmp_transcript *t);

/* Write what was gathered. After a failure (disk full) nothing more is
 * recorded, and every later call reports the same error. */
QMP_EXPORT int qmp_transcript_flush(struct qmp_transcript *t,
                                    struct qmp_error **errp);

/* Forget what was not flushed, and close; NULL is fine. */
QMP_EXPORT void qmp_transcript_drop(struct qmp_transcript *t);

/* Flush and close; NULL is fine. */
QMP_EXPORT int qmp_transcript_close(struct qmp_transcript *t,
                                    struct qmp_error **errp);

/* The masking alone: a new text in which secrets are "***", or NULL if there
 * is nothing to mask. `text` is one QMP message. */
QMP_EXPORT char *qmp_mask_secrets(const char *text, size_t len);

#endif
