/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * timed OUT COMMAND...: runs the command and writes to OUT one JSON object
 * with its wall time from before the start to its end, CPU time and peak
 * memory. Small itself, as the peak of the process that starts another counts
 * for that one too. Ends with the command's exit code.
 */
#include <inttypes.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static int64_t cpu_us(const struct rusage *ru)
{
    return (ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * INT64_C(1000000) +
           ru->ru_utime.tv_usec + ru->ru_stime.tv_usec;
}

int main(int argc, char **argv)
{
    struct rusage ru;
    int64_t t0, wall;
    int status, rc;
    pid_t pid;
    FILE *out;

    if (argc < 3) {
        fputs("usage: timed OUT COMMAND...\n", stderr);
        return 2;
    }
    t0 = now_us();
    rc = posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ);
    if (rc) {
        fprintf(stderr, "timed: %s: %s\n", argv[2], strerror(rc));
        return 127;
    }
    if (wait4(pid, &status, 0, &ru) < 0) {
        perror("timed: wait4");
        return 127;
    }
    wall = now_us() - t0;
    rc = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    out = fopen(argv[1], "w");
    if (!out) {
        perror(argv[1]);
        return 127;
    }
    fprintf(out,
            "{\"wall_us\":%" PRId64 ",\"cpu_us\":%" PRId64
            ",\"maxrss_kib\":%ld,\"exit\":%d}\n",
            wall, cpu_us(&ru), ru.ru_maxrss, rc);
    return fclose(out) ? 127 : rc;
}
