/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * roundtrip SOCKET N COMMAND...: asks a monitor each bare command N times, one
 * after the other, and prints a line "COMMAND median min max bytes": the time
 * from sending to the last byte of the reply in microseconds, and its size.
 * COMMAND+B is sent with B blanks more.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static char buf[1 << 20]; /* query-qmp-schema is about 200 KiB */

static int64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static void fail(const char *what)
{
    fprintf(stderr, "roundtrip: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Reads up to the end of a reply (a greeting), skipping events. */
static size_t read_reply(int fd)
{
    size_t len = 0;

    for (;;) {
        ssize_t n = read(fd, buf + len, sizeof(buf) - 1 - len);

        if (n <= 0)
            fail("read");
        len += (size_t)n;
        if (buf[len - 1] != '\n')
            continue;
        buf[len] = '\0';
        if (strstr(buf, "\"return\"") || strstr(buf, "\"QMP\""))
            return len;
        if (strstr(buf, "\"error\""))
            fail(buf);
    }
}

static int64_t ask(int fd, const char *cmd, size_t *bytes)
{
    const char *plus = strchrnul(cmd, '+');
    int blanks = *plus ? atoi(plus + 1) : 0;
    char line[8192];
    int n = snprintf(line, sizeof(line), "{\"execute\":\"%.*s\"%*s}\n",
                     (int)(plus - cmd), cmd, blanks, "");
    int64_t t0;

    if (n >= (int)sizeof(line))
        fail("too long");
    t0 = now_us();
    if (send(fd, line, (size_t)n, MSG_NOSIGNAL) != n)
        fail("send");
    *bytes = read_reply(fd);
    return now_us() - t0;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t n = argc > 3 ? strtoul(argv[2], NULL, 10) : 0, bytes = 0;
    int64_t *us = n ? calloc(n, sizeof(*us)) : NULL;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (!us || fd < 0) {
        fputs("usage: roundtrip SOCKET N COMMAND...\n", stderr);
        return 2;
    }
    snprintf(un.sun_path, sizeof(un.sun_path), "%s", argv[1]);
    if (connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0)
        fail(argv[1]);
    read_reply(fd);
    ask(fd, "qmp_capabilities", &bytes);
    for (char **cmd = argv + 3; *cmd; cmd++) {
        for (size_t i = 0; i < n; i++)
            us[i] = ask(fd, *cmd, &bytes);
        qsort(us, n, sizeof(*us), by_value);
        printf("%-28s %6" PRId64 " %6" PRId64 " %6" PRId64 " %7zu\n", *cmd,
               us[n / 2], us[0], us[n - 1], bytes);
    }
    free(us);
    close(fd);
    return 0;
}
