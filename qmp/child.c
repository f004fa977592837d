/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "child.h"
#include "buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define GRACE_MS 200

extern char **environ;

/*
 * What runs on the other host: it joins its standard input and output to the
 * UNIX socket $1 with what is there. When its input ends, the socket's side
 * must end as well, or QEMU would go on serving a client that is gone.
 */
static const char bridge[] =
    "if command -v socat >/dev/null 2>&1; then "
    "exec socat -t 1 - \"UNIX-CONNECT:$2\"; "
    "fi; "
    "if command -v nc >/dev/null 2>&1; then "
    "h=$(nc -h 2>&1); "
    "case $h in "
    "*-U*-N*|*-N*-U*) exec nc -N -U \"$1\";; "
    "*--unixsock*) exec nc -U \"$1\";; "
    "esac; fi; "
    "if command -v python3 >/dev/null 2>&1; then "
    "exec python3 -c '"
    "import socket,sys,threading,os\n"
    "s=socket.socket(socket.AF_UNIX)\n"
    "try: s.connect(sys.argv[1])\n"
    "except OSError as e: sys.exit(\"%s: %s\"%(sys.argv[1],e.strerror))\n"
    "def up():\n"
    "    while True:\n"
    "        b=os.read(0,65536)\n"
    "        if not b: break\n"
    "        s.sendall(b)\n"
    "    s.shutdown(socket.SHUT_WR)\n"
    "threading.Thread(target=up,daemon=True).start()\n"
    "while True:\n"
    "    b=s.recv(65536)\n"
    "    if not b: break\n"
    "    while b: b=b[os.write(1,b):]\n"
    "' \"$1\"; fi; "
    "echo 'socat, nc -U or python3 is needed on this host' >&2; exit 127";

struct pipes {
    int ours;
    int theirs;
    int err_ours;
    int err_theirs;
};

static void close_pipes(struct pipes *p)
{
    closep(&p->ours);
    closep(&p->theirs);
    closep(&p->err_ours);
    closep(&p->err_theirs);
}

/* Only our ends are non-blocking: the child does not expect that of its. */
static int make_pipes(struct pipes *p, struct qmp_error **errp)
{
    int pair[2];
    int err[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return qmp_fail_sys(errp, errno, "cannot make a socket pair");
    p->ours = pair[0];
    p->theirs = pair[1];
    if (pipe2(err, O_CLOEXEC) < 0)
        return qmp_fail_sys(errp, errno, "cannot make a pipe");
    p->err_ours = err[0];
    p->err_theirs = err[1];
    if (fcntl(p->ours, F_SETFL, O_NONBLOCK) < 0 ||
        fcntl(p->err_ours, F_SETFL, O_NONBLOCK) < 0)
        return qmp_fail_sys(errp, errno, "cannot prepare a pipe");
    return 0;
}

/* The child starts with default signals, none blocked, and no descriptor of
 * ours but the three. */
static int spawn(pid_t *pid, char *const argv[], const struct pipes *p)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none;
    sigset_t all;
    int sys;

    sigemptyset(&none);
    sigfillset(&all);
    sys = posix_spawn_file_actions_init(&files);
    if (sys)
        return sys;
    sys = posix_spawnattr_init(&attr);
    if (sys) {
        posix_spawn_file_actions_destroy(&files);
        return sys;
    }
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
                                        POSIX_SPAWN_SETSIGMASK |
                                        POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    sys = posix_spawn_file_actions_adddup2(&files, p->theirs, 0);
    if (!sys)
        sys = posix_spawn_file_actions_adddup2(&files, p->theirs, 1);
    if (!sys)
        sys = posix_spawn_file_actions_adddup2(&files, p->err_theirs, 2);
    if (!sys)
        sys = posix_spawn_file_actions_addclosefrom_np(&files, 3);
    if (!sys)
        sys = posix_spawnp(pid, argv[0], &files, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return sys;
}

static int start(struct qmp_child *ret, char *const argv[],
                 struct qmp_error **errp)
{
    CLEANUP(close_pipes) struct pipes p = {-1, -1, -1, -1};
    pid_t pid;
    int sys;

    if (make_pipes(&p, errp) < 0)
        return -1;
    sys = spawn(&pid, argv, &p);
    if (sys) {
        qmp_fail(errp, QMP_ERR_CONNECT, "cannot run '%s': %s", argv[0],
                 strerror(sys));
        if (errp)
            (*errp)->sys = sys;
        return -1;
    }
    *ret = (struct qmp_child){
        .pid = pid,
        .pidfd = (int)syscall(SYS_pidfd_open, pid, 0),
        .fd = TAKE_FD(p.ours),
        .err_fd = TAKE_FD(p.err_ours),
    };
    return 0;
}

int qmp_child_exec(struct qmp_child *ret, const char *command,
                   struct qmp_error **errp)
{
    char *argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)command, NULL};

    return start(ret, argv, errp);
}

/* In single quotes, where nothing but the quote is special to any shell that
 * may be the login shell there. */
static int put_quoted(struct qmp_buffer *b, const char *s)
{
    if (qmp_buffer_puts(b, "'") < 0)
        return -1;
    for (; *s; s++)
        if (qmp_buffer_append(b, *s == '\'' ? "'\\''" : s, *s == '\'' ? 4 : 1) <
            0)
            return -1;
    return qmp_buffer_puts(b, "'");
}

/* The path as socat's addresses want it: there, other characters mean
 * something unless a backslash is before them. */
static int put_socat(struct qmp_buffer *b, const char *path)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-@+%=";

    for (; *path; path++)
        if ((!strchr(safe, *path) && qmp_buffer_puts(b, "\\") < 0) ||
            qmp_buffer_append(b, path, 1) < 0)
            return -1;
    return 0;
}

/* exec sh -c BRIDGE qmp-bridge PATH SOCAT-PATH, each in quotes. */
static int put_remote_command(struct qmp_buffer *b, const char *path)
{
    CLEANUP(qmp_buffer_done) struct qmp_buffer socat = {0};

    if (put_socat(&socat, path) < 0 || qmp_buffer_append(&socat, "", 1) < 0)
        return -1;
    if (qmp_buffer_puts(b, "exec sh -c ") < 0 || put_quoted(b, bridge) < 0 ||
        qmp_buffer_puts(b, " qmp-bridge ") < 0 || put_quoted(b, path) < 0 ||
        qmp_buffer_puts(b, " ") < 0 ||
        put_quoted(b, qmp_buffer_data(&socat)) < 0)
        return -1;
    return qmp_buffer_append(b, "", 1);
}

int qmp_child_ssh(struct qmp_child *ret, const char *host, const char *path,
                  struct qmp_error **errp)
{
    CLEANUP(qmp_buffer_done) struct qmp_buffer remote = {0};

    if (put_remote_command(&remote, path) < 0)
        return qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a command");
    char *argv[] = {(char *)"ssh", (char *)"-T", (char *)"-x",
                    (char *)"--",  (char *)host, qmp_buffer_data(&remote),
                    NULL};

    return start(ret, argv, errp);
}

bool qmp_child_reap(pid_t pid, int *wait_status)
{
    siginfo_t info = {.si_pid = 0};

    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
        if (errno == EINTR)
            return false;
        *wait_status = 0; /* somebody else reaped it */
        return true;
    }
    if (!info.si_pid)
        return false;
    /* As long as it is not reaped, nobody else can have its group's id. */
    kill(-pid, SIGTERM);
    while (waitpid(pid, wait_status, 0) < 0 && errno == EINTR)
        ;
    return true;
}

void qmp_child_end(pid_t pid, int pidfd)
{
    struct pollfd p = {.fd = pidfd, .events = POLLIN};
    int status;

    kill(-pid, SIGTERM);
    if (pidfd >= 0)
        (void)poll(&p, 1, GRACE_MS);
    kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
}

void qmp_child_status(int wait_status, char *out, size_t room)
{
    if (WIFSIGNALED(wait_status))
        snprintf(out, room, "killed by signal %d (%s)", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
    else
        snprintf(out, room, "exit status %d", WEXITSTATUS(wait_status));
}

void qmp_child_last_words(const char *text, size_t len, char *out, size_t room)
{
    size_t start;
    char line[1024];
    size_t n = 0;

    while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    /* The three last lines that fit; line ends become "; ". */
    start = len;
    for (int lines = 0; start && len - start < room * 3 / 4; start--)
        if (text[start - 1] == '\n' && ++lines == 3)
            break;
    for (size_t i = start; i < len && n + 2 < sizeof(line); i++) {
        if (text[i] == '\r')
            continue;
        if (text[i] == '\n')
            line[n++] = ';';
        line[n++] = text[i] == '\n' ? ' ' : text[i];
    }
    qmp_printable(out, room, line, n);
}
