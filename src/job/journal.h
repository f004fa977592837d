/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal of one migration: JSON Lines, append-only, each record with a
 * checksum over its text, on disk before the step that it announces (R3).
 *
 *   {"n":1,"time":"2026-01-31T12:00:00.000Z","record":"begin",...,
 *    "crc":"0a9b1b2c"}
 *
 * `crc` is the CRC-32 (IEEE) of the line up to the comma before "crc", in
 * hexadecimal; `n` counts from 1. What the records mean and in which order
 * they may come: recover/past.h. The first one has "journal":1, the version
 * of the format.
 */
#ifndef QMIG_JOURNAL_H
#define QMIG_JOURNAL_H

#include "qmp/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define JOURNAL_VERSION 1
/* More is not a journal. */
#define JOURNAL_MAX_SIZE ((size_t)4 << 20)

struct journal;

/* Create DIR/journal, and bring it to the disk, which takes some time: best
 * while others are waited for. Disk space is reserved now, so that a full disk
 * is noticed before anything moves. QMIG_ERR_JOURNAL; that the disk fails is
 * told by the first record that has to be there. */
struct journal *journal_create(const char *dir, struct qmp_error **errp);
void journal_close(struct journal *j);

/*
 * Append a record; `data` (borrowed, may be NULL) is an object whose members
 * go into the record. With `sync` it is on disk when 0 is returned. After a
 * failure the file is cut back to what it was.
 */
int journal_write(struct journal *j, const char *record,
                  struct json_object *data, bool sync, struct qmp_error **errp);

/* What a journal says. */
struct journal_log {
    struct json_object **records; /* in order; each an object with "record" */
    size_t n;
    off_t whole; /* bytes that the whole records take */
    bool torn;   /* more bytes follow: a record that was not written whole */
};

/*
 * Take a journal apart. What follows the last whole record is a torn tail, as
 * a crash leaves it: bytes without line end, a last line whose checksum is
 * wrong, or zeros. A bad line with a good one after it is damage:
 * QMIG_ERR_JOURNAL_BAD says which line, and what is wrong with it.
 */
int journal_parse(const char *text, size_t len, struct journal_log *ret,
                  struct qmp_error **errp);
/* The same for DIR/journal. QMIG_ERR_JOURNAL_UNKNOWN: there is none. */
int journal_read(const char *dir, struct journal_log *ret,
                 struct qmp_error **errp);
void journal_log_clear(struct journal_log *log);

/* Its first record alone, whatever comes after it: *ret (the caller's) is NULL
 * when none was written whole. */
int journal_read_first(const char *dir, struct json_object **ret,
                       struct qmp_error **errp);

/* Go on writing DIR/journal after what journal_read() gave; a torn tail is cut
 * off. The caller holds the lock of the guest. */
struct journal *journal_append(const char *dir, const struct journal_log *log,
                               struct qmp_error **errp);

uint32_t journal_crc32(const char *text, size_t len);

/* The system calls of the writer, for tests that let them fail. */
struct journal_sys {
    ssize_t (*write)(int fd, const void *text, size_t len);
    int (*fallocate)(int fd, int mode, off_t at, off_t len);
    int (*fdatasync)(int fd);
    int (*fsync)(int fd);
};
extern struct journal_sys journal_sys;

#endif
