/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The destination QEMU that we start (--dest-exec). */
#ifndef QMIG_CHILD_H
#define QMIG_CHILD_H

#include "qmp/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct child {
    pid_t pid;    /* leader of a session and process group of its own */
    int pidfd;    /* readable once it has ended; -1 */
    bool ended;   /* and was reaped; `status` is there */
    int status;   /* as waitpid() gives it */
    char *output; /* file with its standard output and error */
};

/*
 * Run `command` by /bin/sh -c, its input /dev/null, its output into the file
 * `output` (created, 0600). `environment` is a NULL-terminated list of
 * NAME=VALUE that is added to ours.
 */
int child_start(struct child *c, const char *command, const char *output,
                const char *const *environment, struct qmp_error **errp);

/* Has it ended? Never blocks. */
bool child_ended(struct child *c);

/* The same, but waits for it a little. */
bool child_wait(struct child *c, int timeout_ms);

/* "exited with status 1", "was killed by signal 9 (Killed)"; the caller frees
 * it. */
char *child_end_text(const struct child *c);

/* SIGTERM to its whole group, SIGKILL after grace_ms; waits for its end. */
void child_kill(struct child *c, int grace_ms);

/* The last lines of its output (at most `max` bytes), NULL if it wrote
 * nothing. The caller frees it. */
char *child_tail(const struct child *c, size_t max);

/* Forget it without ending it: it is the guest's home now. */
void child_release(struct child *c);

#endif
