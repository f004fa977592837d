/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * qmp-call: one short talk with a QEMU monitor, for the live tests.
 *
 *   qmp-call [-o] [-t SECONDS] [-p PID] [-g PATH] [-u PATH=VALUE] SOCKET CMD...
 *   qmp-call -w [-t SECONDS] [-p PID] SOCKET
 *
 * Connects to the UNIX socket (again and again until it is there, or until
 * process PID ends), negotiates (-o: with out-of-band commands) and sends each
 * CMD, a JSON object or the bare name of a command, after the reply to the one
 * before. Prints the last reply, or with -g the member at PATH of it
 * (return.status). With -u the last command is sent again until the member at
 * PATH is VALUE. With -w it prints every line that arrives, the greeting first,
 * with the time in front (microseconds of CLOCK_MONOTONIC), until the
 * connection ends.
 *
 * It shares no code with qmp/, so that a fault there cannot hide itself.
 * Exit code: 0, 1 QEMU refused a command (the reply is printed), 2 usage,
 * 3 connection, 4 the time (default 20 s) is over.
 */
#include "member.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS 10

enum { EXIT_REFUSED = 1, EXIT_USAGE, EXIT_CONNECTION, EXIT_TIME };

static struct {
    const char *socket;
    const char *get;
    const char *until_path, *until_value;
    bool oob, watch;
    int pidfd;
    int64_t deadline_ms;
} opt = {.pidfd = -1};

static struct {
    int fd;
    char *buf;
    size_t len, cap;
} con = {.fd = -1};

static int64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

__attribute__((noreturn, format(printf, 2, 3))) static void die(int code,
                                                                const char *fmt,
                                                                ...)
{
    va_list ap;

    fflush(stdout);
    fprintf(stderr, "qmp-call: %s: ", opt.socket ? opt.socket : "-");
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(code);
}

/* Waits until fd (none: -1) can be read; false after `ms`. */
static bool wait_readable(int fd, int64_t ms, const char *what)
{
    struct pollfd p[2] = {{fd, POLLIN, 0}, {opt.pidfd, POLLIN, 0}};
    int64_t left_ms = opt.deadline_ms - now_us() / 1000;

    if (left_ms <= 0)
        die(EXIT_TIME, "no %s in time", what);
    if (poll(p, 2, ms < left_ms ? (int)ms : (int)left_ms) < 0)
        die(EXIT_CONNECTION, "poll: %s", strerror(errno));
    if (p[0].revents)
        return true;
    if (p[1].revents)
        die(EXIT_CONNECTION, "the process ended before %s", what);
    return false;
}

static void connect_monitor(void)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    if (strlen(opt.socket) >= sizeof(un.sun_path))
        die(EXIT_USAGE, "path too long");
    strcpy(un.sun_path, opt.socket);
    for (;;) {
        con.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (con.fd < 0)
            die(EXIT_CONNECTION, "socket: %s", strerror(errno));
        if (connect(con.fd, (struct sockaddr *)&un, sizeof(un)) == 0)
            return;
        if (errno != ENOENT && errno != ECONNREFUSED)
            die(EXIT_CONNECTION, "connect: %s", strerror(errno));
        close(con.fd);
        con.fd = -1;
        wait_readable(-1, RETRY_MS, "monitor");
    }
}

/* The next line without its end, to be freed; NULL at the end of the talk. */
static char *read_line(const char *what)
{
    for (;;) {
        char *nl = con.len ? memchr(con.buf, '\n', con.len) : NULL;
        ssize_t n;

        if (nl) {
            char *line = strndup(con.buf, (size_t)(nl - con.buf));

            con.len -= (size_t)(nl + 1 - con.buf);
            memmove(con.buf, nl + 1, con.len);
            line[strcspn(line, "\r")] = '\0';
            return line;
        }
        if (con.len == con.cap) {
            con.cap = con.cap ? con.cap * 2 : 65536;
            con.buf = realloc(con.buf, con.cap);
            if (!con.buf)
                die(EXIT_CONNECTION, "out of memory");
        }
        while (!wait_readable(con.fd, 60000, what))
            ;
        n = read(con.fd, con.buf + con.len, con.cap - con.len);
        if (n <= 0)
            return NULL;
        con.len += (size_t)n;
    }
}

static struct json_object *read_message(const char *what)
{
    char *line = read_line(what);
    struct json_object *msg;

    if (!line)
        die(EXIT_CONNECTION, "the connection ended before %s", what);
    msg = json_tokener_parse(line);
    if (!msg)
        die(EXIT_CONNECTION, "not JSON: %s", line);
    free(line);
    return msg;
}

static void send_line(const char *cmd)
{
    char *line;
    int n = cmd[0] == '{' ? asprintf(&line, "%s\n", cmd)
                          : asprintf(&line, "{\"execute\":\"%s\"}\n", cmd);

    if (n < 0 || send(con.fd, line, (size_t)n, MSG_NOSIGNAL) != n)
        die(EXIT_CONNECTION, "cannot send %s", cmd);
    free(line);
}

/* Sends and waits for the reply; events on the way are dropped. */
static struct json_object *call(const char *cmd)
{
    struct json_object *reply;

    send_line(cmd);
    for (;;) {
        reply = read_message(cmd);
        if (!json_object_object_get_ex(reply, "event", NULL))
            return reply;
        json_object_put(reply);
    }
}

static bool refused(struct json_object *reply)
{
    return json_object_object_get_ex(reply, "error", NULL);
}

static void watch(void)
{
    char *line;

    setvbuf(stdout, NULL, _IOLBF, 0);
    send_line("qmp_capabilities");
    while ((line = read_line("end"))) {
        printf("%" PRId64 " %s\n", now_us(), line);
        free(line);
    }
}

static bool arrived(struct json_object *reply)
{
    struct json_object *m;

    if (!opt.until_path || refused(reply))
        return true;
    m = member(reply, opt.until_path);
    return m && !strcmp(text(m), opt.until_value);
}

static int talk(char **cmds)
{
    struct json_object *reply = NULL, *m;

    for (; *cmds; cmds++) {
        json_object_put(reply);
        reply = call(*cmds);
        while (!cmds[1] && !arrived(reply)) {
            struct pollfd none = {-1, 0, 0};

            if (now_us() / 1000 > opt.deadline_ms)
                die(EXIT_TIME, "%s is not %s: %s", opt.until_path,
                    opt.until_value, text(reply));
            poll(&none, 1, RETRY_MS);
            json_object_put(reply);
            reply = call(*cmds);
        }
        if (refused(reply)) {
            puts(text(reply));
            return EXIT_REFUSED;
        }
    }
    m = opt.get ? member(reply, opt.get) : reply;
    if (m)
        puts(text(m));
    json_object_put(reply);
    return 0;
}

static int usage(void)
{
    fputs("usage: qmp-call [-o] [-t SECONDS] [-p PID] [-g PATH] "
          "[-u PATH=VALUE] SOCKET CMD...\n"
          "       qmp-call -w [-t SECONDS] [-p PID] SOCKET\n",
          stderr);
    return EXIT_USAGE;
}

static bool options(int argc, char **argv)
{
    double seconds = 20;
    char *eq;
    int c;

    while ((c = getopt(argc, argv, "+ot:p:g:u:w")) != -1) {
        switch (c) {
        case 'o':
            opt.oob = true;
            break;
        case 'w':
            opt.watch = true;
            break;
        case 't':
            seconds = atof(optarg);
            break;
        case 'p':
            opt.pidfd = (int)syscall(SYS_pidfd_open, atoi(optarg), 0);
            if (opt.pidfd < 0)
                die(EXIT_CONNECTION, "no process %s", optarg);
            break;
        case 'g':
            opt.get = optarg;
            break;
        case 'u':
            eq = strchr(optarg, '=');
            if (!eq)
                return false;
            *eq = '\0';
            opt.until_path = optarg;
            opt.until_value = eq + 1;
            break;
        default:
            return false;
        }
    }
    opt.deadline_ms = now_us() / 1000 + (int64_t)(seconds * 1000);
    opt.socket = argv[optind];
    return opt.socket && opt.watch == !argv[optind + 1];
}

int main(int argc, char **argv)
{
    if (!options(argc, argv))
        return usage();
    connect_monitor();
    if (opt.watch) {
        watch();
        return 0;
    }
    json_object_put(read_message("greeting"));
    json_object_put(call(opt.oob ? "{\"execute\":\"qmp_capabilities\","
                                   "\"arguments\":{\"enable\":[\"oob\"]}}"
                                 : "qmp_capabilities"));
    return talk(argv + optind + 1);
}
