/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process that we start: the destination QEMU (--dest-exec), a hook. */
#ifndef QMIG_CHILD_H
#define QMIG_CHILD_H

#include "qmp/error.h"
#include "qmp/macros.h"

#include <stdbool.h>
#include <sys/types.h>

struct child {
    pid_t pid;    /* leader of a session and process group of its own */
    int pidfd;    /* readable once it has ended; -1 */
    bool ended;   /* and was reaped; `status` is there */
    int status;   /* as waitpid() gives it */
    char *output; /* file with its standard output and error */
};

struct child_spec {
    const char *command;  /* run by /bin/sh -c */
    const char *argument; /* its $1, or NULL */
    const char *output;   /* file for what it writes (created, 0600) */
    int input;            /* descriptor it reads; -1: /dev/null */
    const char *const *environment; /* NULL-terminated list of NAME=VALUE that
                                       is added to ours */
};

/* `json` and a line end as a hook's input: a descriptor that the caller closes.
 * A file, not a pipe: a hook that reads nothing holds nobody up. */
int child_hook_input(struct json_object *json, struct qmp_error **errp);

int child_start(struct child *c, const struct child_spec *spec,
                struct qmp_error **errp);

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
