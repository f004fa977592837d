/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * qmp-gate: stands between a QMP client and QEMU, writes down what passes, and
 * makes something happen at an exact point of the talk.
 *
 *   qmp-gate LOG LISTEN TARGET [PATTERN ACTION]...
 *
 * Takes one client after the other on the UNIX socket LISTEN and joins each to
 * the UNIX socket TARGET. Whole lines pass, descriptors too. LOG gets each line
 * that arrived, "> " from the client or "< " from QEMU in front, and "! ACTION"
 * for what happened then.
 *
 * PATTERN is `>` or `<` and a text. The first line of that direction that has
 * the text triggers the rule, once; the next line is for the rules after it
 * that have not fired. `>#12` is the 12th line of that direction. ACTION
 * happens before the line passes:
 *
 *   run COMMAND     the shell runs it, the line waits until it has ended
 *   after USEC COMMAND  the line passes, and that much later the shell runs it
 *   instead COMMAND the same, and the line does not pass
 *   drop            the line does not pass
 *   replace TEXT    TEXT passes instead
 *   hang            nothing passes any more, either way
 *   close           both sides are closed
 *
 * SIGUSR1: both sides are closed, and the next client is taken.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FDS 4

struct side {
    char mark; /* '>' or '<' in front of what it says */
    int fd;
    char *buf;
    size_t len, cap;
    int fds[MAX_FDS]; /* came along and not passed on yet */
    int n_fds;
    unsigned *lines; /* of this direction, over all clients */
};

struct rule {
    const char *pattern;
    const char *action;
    bool fired;
};

static struct rule *rules;
static int n_rules;
static FILE *log_file;
static volatile sig_atomic_t cut;

static void die(const char *what)
{
    fprintf(stderr, "qmp-gate: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int unix_socket(const char *path, struct sockaddr_un *un)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *un = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (fd < 0 || strlen(path) >= sizeof(un->sun_path))
        die(path);
    strcpy(un->sun_path, path);
    return fd;
}

/* Reads what there is, descriptors included; false at the end. */
static bool receive(struct side *s)
{
    char control[CMSG_SPACE(MAX_FDS * sizeof(int))];
    struct iovec iov;
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control,
                         .msg_controllen = sizeof(control)};
    ssize_t n;

    if (s->cap - s->len < 65536) {
        s->cap = s->cap ? s->cap * 2 : 1 << 20;
        s->buf = realloc(s->buf, s->cap);
        if (!s->buf)
            die("memory");
    }
    iov = (struct iovec){s->buf + s->len, s->cap - s->len - 1};
    n = recvmsg(s->fd, &msg, MSG_CMSG_CLOEXEC);
    if (n <= 0)
        return false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
        if (c->cmsg_type == SCM_RIGHTS) {
            s->n_fds = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(s->fds, CMSG_DATA(c), (size_t)s->n_fds * sizeof(int));
        }
    s->len += (size_t)n;
    return true;
}

/* Sends bytes, with the first of them the descriptors that came along. */
static bool pass(struct side *from, int to, const char *bytes, size_t len)
{
    char control[CMSG_SPACE(MAX_FDS * sizeof(int))] = {0};
    size_t fd_bytes = (size_t)from->n_fds * sizeof(int);
    struct iovec iov = {(char *)bytes, len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

    if (from->n_fds) {
        struct cmsghdr *c;

        msg.msg_control = control;
        msg.msg_controllen = CMSG_SPACE(fd_bytes);
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fd_bytes);
        memcpy(CMSG_DATA(c), from->fds, fd_bytes);
    }
    while (iov.iov_len) {
        ssize_t n = sendmsg(to, &msg, MSG_NOSIGNAL);

        if (n < 0)
            return false;
        iov.iov_base = (char *)iov.iov_base + n;
        iov.iov_len -= (size_t)n;
        msg.msg_control = NULL;
        msg.msg_controllen = 0;
        while (from->n_fds)
            close(from->fds[--from->n_fds]);
    }
    return true;
}

static bool is_meant(const char *pattern, unsigned number, const char *line)
{
    if (pattern[1] == '#')
        return number == strtoul(pattern + 2, NULL, 10);
    /* It was never meant to be carried out (qmp_client_expect()). */
    return strstr(line, pattern + 1) && !strstr(line, "\"withdrawn\":true");
}

static const char *action_for(const struct side *s, const char *line)
{
    for (int i = 0; i < n_rules; i++) {
        struct rule *r = &rules[i];

        if (r->fired)
            continue;
        if (r->pattern[0] != s->mark || !is_meant(r->pattern, *s->lines, line))
            continue;
        r->fired = true;
        fprintf(log_file, "! %s\n", r->action);
        fflush(log_file);
        return r->action;
    }
    return "";
}

/* Whoever ends the gate does not end what it started. */
static void run_later(const char *text)
{
    char *command;
    useconds_t us = (useconds_t)strtoul(text, &command, 10);
    pid_t pid = fork();

    if (pid < 0)
        die("fork");
    if (pid > 0) {
        waitpid(pid, NULL, 0);
        return;
    }
    if (fork() == 0) {
        usleep(us);
        execl("/bin/sh", "sh", "-c", command, NULL);
    }
    _exit(0);
}

/* One line, with its end. False when the talk is to end. */
static bool pass_line(struct side *from, int to, char *line, size_t len)
{
    char after = line[len];
    const char *action;

    line[len] = '\0';
    fprintf(log_file, "%c %s", from->mark, line);
    fflush(log_file);
    ++*from->lines;
    action = action_for(from, line);
    line[len] = after;
    if (!strncmp(action, "after ", 6))
        run_later(action + 6);
    if (!strncmp(action, "run ", 4) || !strncmp(action, "instead ", 8)) {
        if (system(strchr(action, ' ') + 1) != 0)
            fprintf(stderr, "qmp-gate: failed: %s\n", action);
        if (*action == 'i')
            return true;
    }
    if (!strncmp(action, "replace ", 8))
        return pass(from, to, action + 8, strlen(action + 8)) &&
               pass(from, to, "\r\n", 2);
    while (!strcmp(action, "hang"))
        pause();
    if (!strcmp(action, "close") || cut)
        return false;
    return !strcmp(action, "drop") || pass(from, to, line, len);
}

static bool pass_lines(struct side *from, int to)
{
    size_t done = 0;
    char *nl;

    while (done < from->len &&
           (nl = memchr(from->buf + done, '\n', from->len - done))) {
        size_t len = (size_t)(nl + 1 - from->buf) - done;

        if (!pass_line(from, to, from->buf + done, len))
            return false;
        done += len;
    }
    from->len -= done;
    memmove(from->buf, from->buf + done, from->len);
    return true;
}

static void on_signal(int sig)
{
    (void)sig;
    cut = 1;
}

static void talk(int client, const char *target)
{
    static unsigned lines[2];
    struct sockaddr_un un;
    struct side c = {.mark = '>', .fd = client, .lines = &lines[0]};
    struct side q = {
        .mark = '<', .fd = unix_socket(target, &un), .lines = &lines[1]};
    bool on = connect(q.fd, (struct sockaddr *)&un, sizeof(un)) == 0;

    cut = 0;
    while (on && !cut) {
        struct pollfd p[2] = {{c.fd, POLLIN, 0}, {q.fd, POLLIN, 0}};

        if (poll(p, 2, -1) < 0 && errno != EINTR)
            die("poll");
        if (cut)
            break;
        if (p[1].revents)
            on = receive(&q) && pass_lines(&q, c.fd);
        if (on && p[0].revents)
            on = receive(&c) && pass_lines(&c, q.fd);
    }
    close(c.fd);
    close(q.fd);
    free(c.buf);
    free(q.buf);
}

/* The path is there only once somebody listens: who waits for it connects. */
static int listen_at(const char *path)
{
    struct sockaddr_un un;
    int fd = unix_socket(path, &un);

    if (snprintf(un.sun_path, sizeof(un.sun_path), "%s.new", path) >=
            (int)sizeof(un.sun_path) ||
        bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0 || listen(fd, 1) < 0 ||
        rename(un.sun_path, path) < 0)
        die(path);
    return fd;
}

static bool known(const char *action)
{
    return !strncmp(action, "run ", 4) || !strncmp(action, "after ", 6) ||
           !strncmp(action, "instead ", 8) || !strncmp(action, "replace ", 8) ||
           !strcmp(action, "drop") || !strcmp(action, "hang") ||
           !strcmp(action, "close");
}

int main(int argc, char **argv)
{
    int fd, client;

    if (argc < 4 || argc % 2) {
        fputs("usage: qmp-gate LOG LISTEN TARGET [PATTERN ACTION]...\n",
              stderr);
        return 2;
    }
    n_rules = (argc - 4) / 2;
    rules = calloc((size_t)n_rules + 1, sizeof(*rules));
    for (int i = 0; i < n_rules; i++) {
        rules[i].pattern = argv[4 + 2 * i];
        rules[i].action = argv[5 + 2 * i];
        if (!strchr("<>", rules[i].pattern[0]) || !known(rules[i].action)) {
            fprintf(stderr, "qmp-gate: bad rule '%s' '%s'\n", rules[i].pattern,
                    rules[i].action);
            return 2;
        }
    }
    log_file = fopen(argv[1], "w");
    if (!log_file)
        die(argv[1]);
    fd = listen_at(argv[2]);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal}, NULL);
    for (;;) {
        client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (client >= 0)
            talk(client, argv[3]);
        else if (errno != EINTR)
            die("accept");
    }
}
