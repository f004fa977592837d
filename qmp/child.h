/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The child process behind an exec: or ssh: address. */
#ifndef QMP_CHILD_H
#define QMP_CHILD_H

#include "error.h"

#include <stdbool.h>
#include <sys/types.h>

struct qmp_child {
    pid_t pid;  /* leader of a process group of its own */
    int pidfd;  /* readable when it has ended; -1: kernel before 5.3 */
    int fd;     /* the other end of its standard input and output */
    int err_fd; /* its standard error */
};

/* Both descriptors are non-blocking. QMP_ERR_CONNECT or QMP_ERR_SYSTEM. */
int qmp_child_exec(struct qmp_child *ret, const char *command,
                   struct qmp_error **errp);
/* `host` is what ssh(1) calls a destination. */
int qmp_child_ssh(struct qmp_child *ret, const char *host, const char *path,
                  struct qmp_error **errp);

/* Without waiting: has it ended? */
bool qmp_child_reap(pid_t pid, int *wait_status);

/* End it and its group, and reap it. */
void qmp_child_end(pid_t pid, int pidfd);

/* "exit status 1", "killed by signal 15 (Terminated)" */
void qmp_child_status(int wait_status, char *out, size_t room);

/* The last lines of what it said, as one safe line. */
void qmp_child_last_words(const char *text, size_t len, char *out, size_t room);

#endif
