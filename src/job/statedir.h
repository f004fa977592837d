/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state directory: one folder a migration (journal, transcript, the
 * destination's standard error), locks, and what is known of QEMU binaries.
 */
#ifndef QMIG_STATEDIR_H
#define QMIG_STATEDIR_H

#include "qmp/error.h"

#include <stdbool.h>

/* `given`, else $QMIGRATE_STATE_DIR, else /run/qmigrate for root, else
 * $XDG_RUNTIME_DIR/qmigrate. The caller frees it. */
char *statedir_path(const char *given, struct qmp_error **errp);

/* A new migration id: time and randomness, sorts by time. The caller frees
 * it. */
char *statedir_new_id(void);

/* Create STATE/ID (and STATE if need be), mode 0700. The path is the
 * caller's to free. */
char *statedir_make(const char *state, const char *id, struct qmp_error **errp);

/*
 * Lock a guest: nobody else may act on it while the descriptor that is
 * returned is open. `key` is its uuid or name. The lock of a process that
 * died does not block. QMIG_ERR_LOCKED names the holder.
 */
int statedir_lock(const char *state, const char *key, const char *id,
                  struct qmp_error **errp);

/* 1: somebody holds the lock, *holder (the caller's to free) says who; 0:
 * nobody does. Takes nothing, and disturbs nobody. */
int statedir_holder(const char *state, const char *key, char **holder,
                    struct qmp_error **errp);

/*
 * The id (the caller's to free) of the migration that `word` means: an id
 * itself, else the newest migration of the guest with that uuid or name.
 * QMIG_ERR_JOURNAL_UNKNOWN; QMIG_ERR_JOURNAL_BAD: a journal that may be a newer
 * one's cannot be read.
 */
char *statedir_find(const char *state, const char *word,
                    struct qmp_error **errp);

/* The newest migration of a guest, by the key of its lock. NULL with
 * QMIG_ERR_JOURNAL_UNKNOWN if there is none. */
char *statedir_newest(const char *state, const char *guest,
                      struct qmp_error **errp);

/* Has it the form that statedir_new_id() gives? */
bool statedir_is_id(const char *name);

/*
 * Remove what migrations left that ended (or never began to change anything)
 * more than `days` ago: journal, transcript, the destination's last words.
 * What has not ended is never touched. Looks at most once a day (`force`:
 * now); returns how many were removed. What cannot be removed stays.
 */
int statedir_prune(const char *state, int days, bool force);

/* $QMIGRATE_KEEP_DAYS, else 30; 0: for ever. */
int statedir_keep_days(void);

#endif
