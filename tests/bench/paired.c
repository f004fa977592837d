/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * paired PAIRS STORY PROGRAM DIR: what recording costs, from outside. PROGRAM
 * migrates against a replay of STORY that never waits, in DIR, with a
 * transcript and with --no-transcript by turns, and is timed from before it is
 * started until it has ended. Prints
 *
 *   {"pairs":N,"without_us":N,"cost_us":N,"low_us":N,"high_us":N,
 *    "cpu_us":N,"cpu_low_us":N,"cpu_high_us":N}
 *
 * cost_us is the median of the differences of the pairs, low_us and high_us
 * are the bounds of its 95 % confidence interval (of the order statistics, so
 * nothing is supposed of how the times are distributed); cpu_us the same of
 * the processor's time. The replay is another process, as QEMU is, but
 * answers at once: there is less time to record in than in a migration.
 */
#include "qmp/macros.h"
#include "qmp/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PAIRS 100000

extern char **environ;

struct took {
    int64_t wall_us;
    int64_t cpu_us;
};

static int64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static void fail(const char *what)
{
    fprintf(stderr, "paired: %s\n", what);
    exit(2);
}

static pid_t start(const char *program, bool record)
{
    static const char command[] =
        "migrate --json --progress none --state-dir state "
        "--source unix:src.sock --dest unix:dst.sock --no-transcript";
    char words[sizeof(command)];
    char *argv[20] = {(char *)program};
    size_t n = 1;

    memcpy(words, command, sizeof(command));
    for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
        argv[n++] = w;
    if (record)
        argv[n - 1] = NULL;
    posix_spawn_file_actions_t actions;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    errno = posix_spawn(&pid, program, &actions, NULL, argv, environ);
    if (errno)
        fail(strerror(errno));
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

/* Speaks until the program has ended. */
static void serve(struct qmp_replay *r, int pidfd)
{
    for (;;) {
        struct pollfd fds[QMP_REPLAY_POLLFDS + 1];
        size_t n;

        qmp_replay_dispatch(r, now_us());
        if (qmp_replay_state(r) == QMP_REPLAY_FAILED)
            fail(qmp_replay_error(r)->msg);
        n = qmp_replay_pollfds(r, fds);
        fds[n] = (struct pollfd){.fd = pidfd, .events = POLLIN};
        int64_t due = qmp_replay_deadline(r);
        int64_t left = due < 0 ? -1 : due - now_us();
        if (poll(fds, n + 1,
                 left < 0 ? (due < 0 ? -1 : 0) : (int)((left + 999) / 1000)) <
                0 &&
            errno != EINTR)
            fail(strerror(errno));
        if (fds[n].revents)
            return;
    }
}

static int remove_one(const char *path, const struct stat *st UNUSED,
                      int kind UNUSED, struct FTW *ftw UNUSED)
{
    return remove(path);
}

static struct took run(const char *story, const char *program, bool record)
{
    struct qmp_error *err = NULL;
    struct qmp_replay *r =
        qmp_replay_load(story, &(struct qmp_replay_options){0}, &err);
    struct rusage ru;
    int status;

    if (!r || qmp_replay_listen(r, "source", "unix:src.sock", &err) < 0 ||
        qmp_replay_listen(r, "destination", "unix:dst.sock", &err) < 0)
        fail(err->msg);
    int64_t t0 = now_us();
    pid_t pid = start(program, record);
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0)
        fail(strerror(errno));
    serve(r, pidfd);
    if (wait4(pid, &status, 0, &ru) < 0 || status)
        fail("the migration failed");
    int64_t t1 = now_us();
    close(pidfd);
    qmp_replay_free(r);
    if ((access("state", F_OK) == 0 &&
         nftw("state", remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0))
        fail("cannot remove the state directory");
    return (struct took){.wall_us = t1 - t0,
                         .cpu_us = (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) *
                                       1000000 +
                                   ru.ru_utime.tv_usec + ru.ru_stime.tv_usec};
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Sorts v; *half is how many ranks its median's interval reaches. */
static int64_t median(int64_t *v, size_t n, size_t *half)
{
    qsort(v, n, sizeof(*v), by_value);
    for (*half = 1; *half * *half < n; ++*half) /* 0.98 * sqrt(n), rounded up */
        ;
    return v[n / 2];
}

static int64_t at_rank(const int64_t *v, size_t n, size_t middle, long off)
{
    long rank = (long)middle + off;

    return v[rank < 0 ? 0 : rank >= (long)n ? n - 1 : (size_t)rank];
}

int main(int argc, char **argv)
{
    static int64_t without[MAX_PAIRS], wall[MAX_PAIRS], cpu[MAX_PAIRS];
    char story[PATH_MAX], program[PATH_MAX];
    size_t n = argc == 5 ? strtoul(argv[1], NULL, 10) : 0;
    size_t half;

    if (!n || n > MAX_PAIRS) {
        fputs("usage: paired PAIRS STORY PROGRAM DIR\n", stderr);
        return 2;
    }
    if (!realpath(argv[2], story) || !realpath(argv[3], program) ||
        chdir(argv[4]) < 0)
        fail(strerror(errno));
    run(story, program, true); /* to warm up */
    for (size_t i = 0; i < n; i++) {
        struct took took[2];

        took[i % 2] = run(story, program, i % 2);
        took[!(i % 2)] = run(story, program, !(i % 2));
        without[i] = took[0].wall_us;
        wall[i] = took[1].wall_us - took[0].wall_us;
        cpu[i] = took[1].cpu_us - took[0].cpu_us;
    }
    printf("{\"pairs\":%zu,\"without_us\":%" PRId64, n,
           median(without, n, &half));
    printf(",\"cost_us\":%" PRId64, median(wall, n, &half));
    printf(",\"low_us\":%" PRId64 ",\"high_us\":%" PRId64,
           at_rank(wall, n, n / 2, -(long)half),
           at_rank(wall, n, n / 2, (long)half));
    printf(",\"cpu_us\":%" PRId64, median(cpu, n, &half));
    printf(",\"cpu_low_us\":%" PRId64 ",\"cpu_high_us\":%" PRId64 "}\n",
           at_rank(cpu, n, n / 2, -(long)half),
           at_rank(cpu, n, n / 2, (long)half));
    return 0;
}
