/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state directory: one folder a migration (journal, transcript, the
 * destination's standard error), locks, and what is known of QEMU binaries.
 */
#ifndef QMIG_STATEDIR_H
#define QMIG_STATEDIR_H

#include "qmp/error.h"

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

#endif
