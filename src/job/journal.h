/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal of one migration: JSON Lines, append-only, each record with a
 * checksum over its text, on disk before the step that it announces (R3).
 *
 *   {"n":1,"time":"2026-01-31T12:00:00.000Z","record":"begin",...,"crc":"1b2c"}
 *
 * `crc` is the CRC-32 (IEEE) of the line up to the comma before "crc", in
 * hexadecimal. Records, in order: begin, migrate, switchover, commit, quit,
 * end; a failed migration leaves some out.
 */
#ifndef QMIG_JOURNAL_H
#define QMIG_JOURNAL_H

#include "qmp/error.h"

#include <stdbool.h>

struct journal;

/* Create DIR/journal. Disk space is reserved now, so that a full disk is
 * noticed before anything moves. QMIG_ERR_JOURNAL.
 *
 * A new file's way to the disk takes ext4 some milliseconds: a thread sees to
 * it, so that the first record that must be there finds it done. */
struct journal *journal_create(const char *dir, struct qmp_error **errp);
void journal_close(struct journal *j);

/*
 * Append a record; `data` (borrowed, may be NULL) is an object whose members
 * go into the record. With `sync` it is on disk when 0 is returned. After a
 * failure the file is cut back to what it was.
 */
int journal_write(struct journal *j, const char *record,
                  struct json_object *data, bool sync, struct qmp_error **errp);

#endif
