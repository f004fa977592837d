/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/child.h"

#include "error/errcode.h"
#include "qmp/json.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;

/* Our environment with what is added; only the array is the caller's. */
static char **merge_environment(const char *const *added)
{
    size_t n = 0;
    size_t m = 0;

    while (environ && environ[n])
        n++;
    while (added && added[m])
        m++;
    char **merged = calloc(n + m + 1, sizeof(*merged));
    if (!merged)
        return NULL;
    /* First come, first found: what is added goes first. */
    for (size_t i = 0; i < m; i++)
        merged[i] = (char *)(uintptr_t)added[i];
    for (size_t i = 0; i < n; i++)
        merged[m + i] = environ[i];
    return merged;
}

/* In the child: only async-signal-safe calls. */
static void run(const struct child_spec *spec, int output, char **environment)
{
    char *const argv[] = {
        (char *)(uintptr_t) "sh",          (char *)(uintptr_t) "-c",
        (char *)(uintptr_t)spec->command,  (char *)(uintptr_t) "sh",
        (char *)(uintptr_t)spec->argument, NULL};
    sigset_t none;
    int input = spec->input >= 0 ? spec->input : open("/dev/null", O_RDONLY);

    setsid(); /* a Ctrl-C is for us, not for the guest */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    dup2(input, STDIN_FILENO);
    fcntl(STDIN_FILENO, F_SETFD, 0); /* it may have been there already */
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execve("/bin/sh", argv, environment);
    _exit(127);
}

int child_hook_input(struct json_object *json, struct qmp_error **errp)
{
    CLEANUP(freep) char *text = qmp_json_text(json);
    CLEANUP(closep) int fd = memfd_create("qmigrate-hook", MFD_CLOEXEC);

    if (!text)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    if (fd < 0 || dprintf(fd, "%s\n", text) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
        int sys = errno;
        return qmp_fail_sys(errp, sys, "cannot write the hook's input");
    }
    return TAKE_FD(fd);
}

int child_start(struct child *c, const struct child_spec *spec,
                struct qmp_error **errp)
{
    CLEANUP(freep) char **merged = merge_environment(spec->environment);
    CLEANUP(freep) char *path = strdup(spec->output);
    CLEANUP(closep)
    int fd =
        open(spec->output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0) {
        int sys = errno;
        return qmp_fail_sys(errp, sys, "cannot create '%s'", spec->output);
    }
    if (!merged || !path)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");

    pid_t pid = fork();
    if (pid < 0) {
        int sys = errno;
        return qmp_fail_sys(errp, sys, "cannot start '%s'", spec->command);
    }
    if (pid == 0)
        run(spec, fd, merged);
    *c = (struct child){.pid = pid, .output = TAKE_PTR(path)};
    c->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    return 0;
}

bool child_ended(struct child *c)
{
    if (!c->ended && c->pid > 0 &&
        waitpid(c->pid, &c->status, WNOHANG) == c->pid)
        c->ended = true;
    return c->ended;
}

char *child_end_text(const struct child *c)
{
    char *text = NULL;
    int rc;

    if (WIFSIGNALED(c->status))
        rc = asprintf(&text, "was killed by signal %d (%s)",
                      WTERMSIG(c->status), strsignal(WTERMSIG(c->status)));
    else
        rc = asprintf(&text, "exited with status %d", WEXITSTATUS(c->status));
    return rc < 0 ? NULL : text;
}

bool child_wait(struct child *c, int timeout_ms)
{
    struct pollfd fd = {.fd = c->pidfd, .events = POLLIN};

    if (c->pid > 0 && !child_ended(c))
        poll(&fd, 1, timeout_ms);
    return child_ended(c);
}

void child_kill(struct child *c, int grace_ms)
{
    if (c->pid <= 0)
        return;
    /* The shell may be gone while QEMU, in the same group, is not. */
    kill(-c->pid, SIGTERM);
    if (!child_wait(c, grace_ms)) {
        kill(-c->pid, SIGKILL);
        c->ended = waitpid(c->pid, &c->status, 0) == c->pid;
    } else {
        kill(-c->pid, SIGKILL);
    }
}

char *child_tail(const struct child *c, size_t max)
{
    struct stat st;

    if (!c->output)
        return NULL;
    CLEANUP(closep) int fd = open(c->output, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || !st.st_size)
        return NULL;

    size_t size = (size_t)st.st_size < max ? (size_t)st.st_size : max;
    CLEANUP(freep) char *text = calloc(1, size + 1);
    if (!text)
        return NULL;
    ssize_t n = pread(fd, text, size, st.st_size - (off_t)size);
    while (n > 0 && text[n - 1] == '\n')
        n--;
    if (n <= 0)
        return NULL;
    text[n] = '\0';
    if ((size_t)st.st_size > max && strchr(text, '\n'))
        return strdup(strchr(text, '\n') + 1); /* whole lines */
    return TAKE_PTR(text);
}

void child_release(struct child *c)
{
    if (c->pid > 0 && c->pidfd >= 0)
        close(c->pidfd);
    free(c->output);
    *c = (struct child){.pidfd = -1};
}
