/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * barest: the least that a client has to do for a safe migration. It is the
 * floor that `qmigrate migrate` is measured against, and no use otherwise: no
 * check, no record, no way back.
 *
 *   barest SOURCE.sock DESTINATION.sock URI [ack|dialogue]
 *
 * The destination waits with -incoming defer and -S, so that it never starts by
 * itself. The source gets `return-path` (its "completed" is then the
 * destination's word), `pause-before-switchover` and `events`; one setting is
 * enough for all three. `cont` goes to the destination when the source says
 * completed, `quit` to the source when the destination has resumed.
 *
 * ack: both sides get `switchover-ack` as well, which is there for devices that
 * need it (QEMU 8.1+), and the destination what that depends on.
 *
 * dialogue: it sends what qmigrate sends for the same migration (questions
 * before anything is changed, disarming, late-block-activate, the destination's
 * own word), in the same way (but for the last brace beforehand), and does
 * nothing else: what qmigrate takes longer is its own.
 *
 * Everything is sent as early as it can be: the commands before the greeting is
 * read, `migrate` when the destination listens. Replies that decide nothing are
 * not waited for; an error reply anywhere ends the program with code 1.
 *
 * Prints one JSON object, times in microseconds. `ask_us` is what it took to
 * ask for QEMU's own figures (on 7.2 they may be 0 for a moment), before `quit`
 * as the source is gone afterwards: to be taken off the wall time.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_MS 60000

struct monitor {
    const char *name;
    int fd;
    size_t len;
    char buf[1 << 16]; /* never holds more than a few short messages */
};

static struct monitor src = {.name = "source"};
static struct monitor dst = {.name = "destination"};

static int64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static void die(const struct monitor *m, const char *what)
{
    fprintf(stderr, "barest: %s: %s: %s\n", m->name, what, m->buf);
    exit(1);
}

static void open_monitor(struct monitor *m, const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
    m->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (m->fd < 0 || connect(m->fd, (struct sockaddr *)&un, sizeof(un)) < 0)
        die(m, strerror(errno));
}

static void say(struct monitor *m, const char *line)
{
    size_t n = strlen(line);

    if (send(m->fd, line, n, MSG_NOSIGNAL) != (ssize_t)n)
        die(m, "send");
}

/* Waits until m has said `what`, then drops all up to the end of that line.
 * What the other side says meanwhile stays in its socket. */
static void wait_line(struct monitor *m, const char *what)
{
    for (;;) {
        struct pollfd p = {m->fd, POLLIN, 0};
        char *hit, *end;
        ssize_t n;

        m->buf[m->len] = '\0';
        if (strstr(m->buf, "\"error\": {"))
            die(m, "refused");
        hit = strstr(m->buf, what);
        end = hit ? strchr(hit, '\n') : NULL;
        if (end) {
            m->len -= (size_t)(end + 1 - m->buf);
            memmove(m->buf, end + 1, m->len);
            return;
        }
        if (m->len == sizeof(m->buf) - 1)
            die(m, "too much");
        if (poll(&p, 1, DEADLINE_MS) <= 0)
            die(m, what);
        n = read(m->fd, m->buf + m->len, sizeof(m->buf) - 1 - m->len);
        if (n <= 0)
            die(m, "closed");
        m->len += (size_t)n;
    }
}

/* QEMU's figure NAME in the reply that is in m->buf, -1 if there is none. */
static long figure(const struct monitor *m, const char *name)
{
    char key[64];
    const char *at;

    snprintf(key, sizeof(key), "\"%s\": ", name);
    at = strstr(m->buf, key);
    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

static void ask_figures(long *total_ms, long *downtime_ms)
{
    for (;;) {
        say(&src, "{\"execute\":\"query-migrate\",\"id\":\"q\"}\n");
        while (!strstr(src.buf, "\"id\": \"q\"")) {
            ssize_t n =
                read(src.fd, src.buf + src.len, sizeof(src.buf) - 1 - src.len);

            if (n <= 0)
                die(&src, "closed");
            src.len += (size_t)n;
            src.buf[src.len] = '\0';
        }
        *total_ms = figure(&src, "total-time");
        *downtime_ms = figure(&src, "downtime");
        wait_line(&src, "\"id\": \"q\"");
        src.buf[src.len] = '\0';
        if (*total_ms > 0)
            return;
    }
}

#define ASK_BOTH                                                               \
    "{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]}}"  \
    "\n"                                                                       \
    "{\"execute\":\"query-status\"}\n{\"execute\":\"query-migrate\"}\n"        \
    "{\"execute\":\"query-migrate-capabilities\"}\n"

/* Up to `completed`; the time of STOP. */
static int64_t dialogue_until_completed(char **argv)
{
    char line[512];
    int64_t stop;

    open_monitor(&dst, argv[2]);
    say(&dst, ASK_BOTH "{\"execute\":\"query-uuid\",\"id\":\"asked\"}\n");
    open_monitor(&src, argv[1]);
    say(&src, ASK_BOTH "{\"execute\":\"query-uuid\"}\n"
                       "{\"execute\":\"query-name\",\"id\":\"asked\"}\n");
    wait_line(&dst, "\"id\": \"asked\"");
    wait_line(&src, "\"id\": \"asked\"");
    snprintf(line, sizeof(line),
             "{\"execute\":\"migrate-set-capabilities\",\"arguments\":"
             "{\"capabilities\":[{\"capability\":\"events\",\"state\":true},"
             "{\"capability\":\"pause-before-switchover\",\"state\":true},"
             "{\"capability\":\"return-path\",\"state\":true}]}}\n"
             "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"%s\"}",
             argv[3]);
    say(&src, line);
    snprintf(line, sizeof(line),
             "{\"execute\":\"stop\"}\n{\"execute\":\"migrate-incoming\","
             "\"arguments\":{\"uri\":\"%s\"},\"id\":\"in\"}\n",
             argv[3]);
    say(&dst, line);
    wait_line(&dst, "\"id\": \"in\"");
    say(&src, "}\n{\"execute\":\"query-migrate-parameters\",\"id\":\"p\"}\n");
    wait_line(&src, "\"id\": \"p\"");
    say(&src, "{\"execute\":\"migrate-set-parameters\",\"arguments\":"
              "{\"max-bandwidth\":10737418240},\"id\":\"set\"}\n");
    wait_line(&src, "\"id\": \"set\"");
    say(&dst, "{\"execute\":\"migrate-set-capabilities\",\"arguments\":"
              "{\"capabilities\":[{\"capability\":\"late-block-activate\","
              "\"state\":true}]},\"id\":\"late\"}\n");
    wait_line(&dst, "\"id\": \"late\"");
    say(&src, "{\"execute\":\"migrate-continue\",\"arguments\":"
              "{\"state\":\"pre-switchover\"}");
    say(&dst, "{\"execute\":\"cont\"");
    wait_line(&src, "\"STOP\"");
    stop = now_us();
    wait_line(&src, "\"pre-switchover\"");
    say(&src, "}\n");
    wait_line(&src, "\"completed\"");
    return stop;
}

int main(int argc, char **argv)
{
    int64_t t0 = now_us(), stop, completed, resume, asked;
    long total_ms, downtime_ms;
    bool ack = argc == 5 && !strcmp(argv[4], "ack");
    bool dialogue = argc == 5 && !strcmp(argv[4], "dialogue");
    char line[512];

    if (argc != 4 && !ack && !dialogue) {
        fputs("usage: barest SOURCE.sock DESTINATION.sock URI [ack|dialogue]\n",
              stderr);
        return 2;
    }
    if (dialogue) {
        stop = dialogue_until_completed(argv);
        completed = now_us();
        say(&dst, "}\n{\"execute\":\"query-status\",\"id\":\"status\"}\n");
        ask_figures(&total_ms, &downtime_ms);
        wait_line(&dst, "\"RESUME\"");
        resume = asked = now_us();
        wait_line(&dst, "\"id\": \"status\"");
        goto quit;
    }
    open_monitor(&dst, argv[2]);
    snprintf(line, sizeof(line),
             "{\"execute\":\"qmp_capabilities\"}\n%s"
             "{\"execute\":\"migrate-incoming\","
             "\"arguments\":{\"uri\":\"%s\"},\"id\":\"in\"}\n",
             ack ? "{\"execute\":\"migrate-set-capabilities\",\"arguments\":"
                   "{\"capabilities\":["
                   "{\"capability\":\"return-path\",\"state\":true},"
                   "{\"capability\":\"switchover-ack\",\"state\":true}]}}\n"
                 : "",
             argv[3]);
    say(&dst, line);
    open_monitor(&src, argv[1]);
    say(&src, "{\"execute\":\"qmp_capabilities\"}\n"
              "{\"execute\":\"migrate-set-capabilities\",\"arguments\":"
              "{\"capabilities\":[");
    if (ack)
        say(&src, "{\"capability\":\"switchover-ack\",\"state\":true},");
    say(&src, "{\"capability\":\"return-path\",\"state\":true},"
              "{\"capability\":\"pause-before-switchover\",\"state\":true},"
              "{\"capability\":\"events\",\"state\":true}]}}\n"
              "{\"execute\":\"migrate-set-parameters\",\"arguments\":"
              "{\"max-bandwidth\":10737418240}}\n");
    wait_line(&dst, "\"id\": \"in\"");
    snprintf(line, sizeof(line),
             "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"%s\"}}\n",
             argv[3]);
    say(&src, line);
    wait_line(&src, "\"STOP\"");
    stop = now_us();
    wait_line(&src, "\"pre-switchover\"");
    say(&src, "{\"execute\":\"migrate-continue\",\"arguments\":"
              "{\"state\":\"pre-switchover\"}}\n");
    wait_line(&src, "\"completed\"");
    completed = now_us();
    say(&dst, "{\"execute\":\"cont\"}\n");
    wait_line(&dst, "\"RESUME\"");
    resume = now_us();
    ask_figures(&total_ms, &downtime_ms);
    asked = now_us();
quit:
    say(&src, "{\"execute\":\"quit\",\"id\":\"quit\"}\n");
    wait_line(&src, "\"id\": \"quit\"");
    printf("{\"wall_us\":%" PRId64 ",\"ask_us\":%" PRId64
           ",\"total_time_ms\":%ld,\"downtime_ms\":%ld,\"blackout_us\":%" PRId64
           ",\"stop_us\":%" PRId64 ",\"completed_us\":%" PRId64
           ",\"resume_us\":%" PRId64 "}\n",
           now_us() - t0 - (asked - resume), asked - resume, total_ms,
           downtime_ms, resume - stop, stop - t0, completed - t0, resume - t0);
    return 0;
}
