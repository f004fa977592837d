/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Real sockets and children on loopback: every kind of address. */
#include "tests/lib/test.h"
#include "tests/lib/peer.h"
#include "qmp/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define SECOND 1000000

/* A shell that plays QEMU: greets, answers ids 1, 2, ... with {"n":i}. */
#define SERVE                                                                  \
    "printf '{\"QMP\":{\"version\":{},\"capabilities\":[]}}\\r\\n'; i=1; "     \
    "while read -r l; do "                                                     \
    "printf '{\"return\":{\"n\":%d},\"id\":%d}\\r\\n' $i $i; i=$((i+1)); "     \
    "done"

static char dir[64];

static int setup(void **state)
{
    *state = (void *)(intptr_t)count_fds();
    return 0;
}

/* No descriptor and no child is left behind. */
static int teardown(void **state)
{
    assert_int_equal(count_fds(), (int)(intptr_t)*state);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return 0;
}

/* Formatted text that lives for a while: until the 64th next one. */
static const char *fmt(const char *format, ...) PRINTF_LIKE(1, 2);
static const char *fmt(const char *format, ...)
{
    static char texts[64][2048];
    static unsigned next;
    char *text = texts[next++ % ARRAY_SIZE(texts)];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(texts[0]), format, ap);
    va_end(ap);
    return text;
}

static const char *in_dir(const char *name)
{
    return fmt("%s/%s", dir, name);
}

static int listen_unix(const char *path, int backlog)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
    unlink(path);
    assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
    assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

static int listen_tcp(int *port)
{
    struct sockaddr_in sin = {.sin_family = AF_INET};
    socklen_t len = sizeof(sin);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
    *port = ntohs(sin.sin_port);
    return fd;
}

/* Open must fail at once or within the time; the whole text is compared. */
static void assert_fails(const char *addr, int64_t timeout_us, int code,
                         const char *wanted)
{
    struct qmp_error *err = NULL;
    struct qmp_client *c = qmp_open(addr, NULL, timeout_us, &err);

    assert_null(c);
    if (err->code != code || strcmp(err->msg, wanted))
        fail_msg("%s %s\nwanted %s %s", qmp_errcode_name(err->code), err->msg,
                 qmp_errcode_name(code), wanted);
    qmp_error_free(err);
}

static void assert_answers(struct qmp_client *c, int n)
{
    struct qmp_error *err = NULL;
    struct json_object *ret = qmp_call(c, "x", NULL, 10 * SECOND, &err);
    struct json_object *v = NULL;

    if (!ret)
        fail_msg("%s", err->msg);
    json_object_object_get_ex(ret, "n", &v);
    assert_int_equal(json_object_get_int(v), n);
    json_object_put(ret);
}

static struct qmp_client *assert_opens(const char *addr)
{
    struct qmp_error *err = NULL;
    struct qmp_client *c = qmp_open(addr, NULL, 10 * SECOND, &err);

    if (!c)
        fail_msg("%s", err->msg);
    return c;
}

/* Let a client that is being opened connect; returns the server's end. */
static int serve_one(struct qmp_client *c, int listener)
{
    struct pollfd p = {.fd = listener, .events = POLLIN};

    qmp_client_dispatch(c, 0);
    assert_int_equal(poll(&p, 1, 10000), 1);
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static struct qmp_client *start(const char *text,
                                const struct qmp_client_options *o)
{
    struct qmp_addr addr;
    struct qmp_error *err = NULL;

    assert_int_equal(qmp_addr_parse(text, &addr, &err), 0);
    struct qmp_client *c = qmp_client_new(&addr, o, 0, &err);
    if (!c)
        fail_msg("%s", err->msg);
    qmp_addr_clear(&addr);
    return c;
}

/* Dispatch with a clock that stands still until the state is left. */
static void leave_state(struct qmp_client *c, enum qmp_client_state state)
{
    for (int i = 0; qmp_client_state(c) == state; i++) {
        struct pollfd fds[QMP_CLIENT_POLLFDS];
        size_t n = qmp_client_pollfds(c, fds);

        assert_true(i < 1000);
        assert_int_not_equal(poll(fds, n, 10000), 0);
        qmp_client_dispatch(c, 0);
    }
}

static void transport_connects_to_a_unix_socket(void **state UNUSED)
{
    const char *text;
    int listener = listen_unix(in_dir("s"), 1);

    text = fmt("unix:%s", in_dir("s"));
    struct qmp_client *c = start(text, NULL);
    int fd = serve_one(c, listener);
    assert_int_equal(write(fd, PEER_GREETING, strlen(PEER_GREETING)),
                     strlen(PEER_GREETING));
    leave_state(c, QMP_GREETING);
    assert_int_equal(qmp_client_state(c), QMP_NEGOTIATING);
    assert_int_equal(qmp_client_peer_pid(c), getpid());
    qmp_client_free(c);
    close(fd);
    close(listener);
}

static void transport_connects_to_tcp(void **state UNUSED)
{
    int port;
    int listener = listen_tcp(&port);
    const char *text;

    text = fmt("tcp:127.0.0.1:%d", port);
    struct qmp_client *c = start(text, NULL);
    int fd = serve_one(c, listener);
    leave_state(c, QMP_CONNECTING);
    assert_int_equal(write(fd, PEER_GREETING, strlen(PEER_GREETING)),
                     strlen(PEER_GREETING));
    leave_state(c, QMP_GREETING);
    assert_int_equal(qmp_client_state(c), QMP_NEGOTIATING);
    assert_int_equal(qmp_client_peer_pid(c), -1);

    int zero = 0;
    struct qmp_command cmd = {.execute = "getfd", .fds = &zero, .nfds = 1};
    struct qmp_error *err = NULL;
    assert_int_equal(qmp_client_submit(c, &cmd, NULL, &err), -1);
    assert_string_equal(err->msg, "'getfd' with descriptors: the monitor is "
                                  "not a UNIX socket");
    qmp_error_free(err);

    /* RST with unread bytes */
    struct linger hard = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(fd);
    leave_state(c, QMP_NEGOTIATING);
    assert_int_equal(qmp_client_error(c)->code, QMP_ERR_CLOSED);
    assert_non_null(strstr(qmp_client_error(c)->msg,
                           "': connection lost: Connection reset by peer"));
    qmp_client_free(c);
    close(listener);
}

static void transport_tries_all_addresses_of_a_host(void **state UNUSED)
{
    int port;
    int listener = listen_tcp(&port); /* 127.0.0.1, not ::1 */
    const char *text;

    text = fmt("tcp:localhost:%d", port);
    struct qmp_client *c = start(text, NULL);
    leave_state(c, QMP_CONNECTING);
    assert_int_equal(qmp_client_state(c), QMP_GREETING);
    qmp_client_free(c);
    close(listener);
}

static void transport_says_why_it_cannot_connect(void **state UNUSED)
{
    const char *text;
    const char *wanted;
    int port;

    text = fmt("unix:%s", in_dir("nothing"));
    wanted = fmt("'%s': cannot connect: No such file or directory", text);
    assert_fails(text, SECOND, QMP_ERR_CONNECT, wanted);

    close(listen_unix(in_dir("stale"), 1));
    text = fmt("unix:%s", in_dir("stale"));
    wanted = fmt("'%s': cannot connect: Connection refused", text);
    assert_fails(text, SECOND, QMP_ERR_CONNECT, wanted);

    close(listen_tcp(&port));
    text = fmt("tcp:127.0.0.1:%d", port);
    wanted = fmt("'%s': cannot connect: Connection refused", text);
    assert_fails(text, 10 * SECOND, QMP_ERR_CONNECT, wanted);

    assert_fails("tcp:256.0.0.1.:1", SECOND, QMP_ERR_CONNECT,
                 "'tcp:256.0.0.1.:1': cannot resolve '256.0.0.1.' port '1': "
                 "Name or service not known");
    assert_fails("nowhere", SECOND, QMP_ERR_INVALID_ARG,
                 "address 'nowhere': unix:PATH, tcp:HOST:PORT, exec:COMMAND, "
                 "ssh:[USER@]HOST:PATH or fd:N wanted");
}

static void transport_hints_at_a_missing_socket(void **state UNUSED)
{
    struct qmp_error *err = NULL;
    const char *wanted;

    wanted = fmt("is QEMU running, with -qmp unix:%s,server=on,wait=off?",
                 in_dir("nothing"));
    assert_null(qmp_open(in_dir("nothing"), NULL, SECOND, &err));
    assert_string_equal(err->hint, wanted);
    qmp_error_free(err);
}

/* Somebody listens, but has not accepted: with a full backlog connect() says
 * EAGAIN, and there is nothing to poll for. */
static void transport_waits_for_a_full_backlog(void **state UNUSED)
{
    int listener = listen_unix(in_dir("full"), 0);
    struct qmp_client_options o = {.connect_us = 50000};
    const char *text;
    struct pollfd fds[QMP_CLIENT_POLLFDS];

    text = fmt("unix:%s", in_dir("full"));
    struct qmp_client *first = start(text, &o);
    struct qmp_client *c = start(text, &o);
    assert_int_equal(qmp_client_state(first), QMP_GREETING);
    assert_int_equal(qmp_client_state(c), QMP_CONNECTING);
    assert_int_equal(qmp_client_pollfds(c, fds), 0);
    assert_int_equal(qmp_client_deadline(c), 20000);
    qmp_client_dispatch(c, 20000);
    assert_int_equal(qmp_client_state(c), QMP_CONNECTING);
    int fd = accept(listener, NULL, NULL);
    qmp_client_dispatch(c, 40000);
    assert_int_equal(qmp_client_state(c), QMP_GREETING);
    qmp_client_free(c);

    c = start(text, &o);
    qmp_client_dispatch(c, 50000);
    assert_int_equal(qmp_client_state(c), QMP_CLOSED);
    assert_int_equal(qmp_client_error(c)->code, QMP_ERR_CONNECT);
    assert_non_null(strstr(qmp_client_error(c)->msg,
                           "no connection within 50 ms: its backlog is full"));
    qmp_client_free(c);
    qmp_client_free(first);
    close(fd);
    close(listener);
}

static void transport_talks_to_a_command(void **state UNUSED)
{
    struct qmp_client *c = assert_opens("exec:" SERVE);

    assert_answers(c, 2);
    assert_answers(c, 3);
    qmp_client_free(c);
}

static void transport_says_how_a_command_ended(void **state UNUSED)
{
    assert_fails("exec:echo one >&2; echo two >&2; exit 3", 10 * SECOND,
                 QMP_ERR_CLOSED,
                 "'exec:echo one >&2; echo two >&2; exit 3': connection lost "
                 "before the greeting (command exit status 3: one; two)");
    assert_fails("exec:kill -9 $$", 10 * SECOND, QMP_ERR_CLOSED,
                 "'exec:kill -9 $$': connection lost before the greeting "
                 "(command killed by signal 9 (Killed))");
    assert_fails("exec:exec /nonexistent/x 2>/dev/null", 10 * SECOND,
                 QMP_ERR_CLOSED,
                 "'exec:exec /nonexistent/x 2>/dev/null': connection lost "
                 "before the greeting (command exit status 127)");
    /* terminal escapes, and only the last lines of many */
    assert_fails("exec:seq 5000 >&2; printf '\\033[2Jx\\r\\n' >&2; exit 1",
                 10 * SECOND, QMP_ERR_CLOSED,
                 "'exec:seq 5000 >&2; printf '\\033[2Jx\\r\\n' >&2; exit 1': "
                 "connection lost before the greeting (command exit status 1: "
                 "4999; 5000; \\x1b[2Jx)");
}

static void transport_quotes_a_silent_command(void **state UNUSED)
{
    assert_fails("exec:echo waiting >&2; exec sleep 60", 3 * SECOND,
                 QMP_ERR_NO_GREETING,
                 "'exec:echo waiting >&2; exec sleep 60': no QMP greeting "
                 "within 3000 ms (command still running: waiting)");
}

/* The child closes its output long before it exits. */
static void transport_waits_a_second_for_the_exit_status(void **state UNUSED)
{
    assert_fails(
        "exec:exec >/dev/null <&-; echo bye >&2; sleep 0.05; exit 7",
        10 * SECOND, QMP_ERR_CLOSED,
        "'exec:exec >/dev/null <&-; echo bye >&2; sleep 0.05; exit 7': "
        "connection lost before the greeting (command exit status 7: "
        "bye)");
}

/* A pipeline's other processes are in the group and must not stay. */
static void transport_ends_the_whole_group(void **state UNUSED)
{
    const char *text;
    FILE *f;
    int pid = 0;

    text = fmt(
        "exec:(trap '' TERM; sleep 100 & echo $! >%s; wait) </dev/null & %s",
        in_dir("pid"), SERVE);
    struct qmp_client *c = assert_opens(text);
    assert_answers(c, 2);
    for (int i = 0; !pid && i < 500; i++) {
        f = fopen(in_dir("pid"), "r");
        if (f) {
            if (fscanf(f, "%d", &pid) != 1)
                pid = 0;
            fclose(f);
        }
        if (!pid)
            poll(NULL, 0, 10);
    }
    assert_true(pid > 0);
    assert_int_equal(kill(pid, 0), 0);
    qmp_client_free(c);
    for (int i = 0; i < 500; i++) {
        char path[64];
        char line[256] = "";

        /* An orphan may stay a zombie until init looks. */
        snprintf(path, sizeof(path), "/proc/%d/stat", pid);
        f = fopen(path, "r");
        if (!f || !fgets(line, sizeof(line), f) || strstr(line, ") Z")) {
            if (f)
                fclose(f);
            return;
        }
        fclose(f);
        poll(NULL, 0, 10);
    }
    fail_msg("process %d is still there", pid);
}

static void transport_gives_the_child_only_its_three_fds(void **state UNUSED)
{
    int leak = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */

    assert_fails("exec:for f in /proc/self/fd/*; do "
                 "case ${f##*/} in 0|1|2) ;; *) [ -e $f ] && echo $f >&2;; "
                 "esac; done; exit 0",
                 10 * SECOND, QMP_ERR_CLOSED,
                 "'exec:for f in /proc/self/fd/*; do case ${f##*/} in 0|1|2) "
                 ";; *) [ -e $f ] && echo $f >&2;; esac; done; exit 0': "
                 "connection lost before the greeting (command exit status "
                 "0)");
    close(leak);
}

static void write_script(const char *name, const char *text)
{
    FILE *f = fopen(in_dir(name), "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(in_dir(name), 0755), 0);
}

/* A stand-in for ssh: notes its arguments, runs the remote command as sshd
 * would, with a shell of the user. */
static void fake_ssh(const char *path_there)
{
    const char *text;

    text = fmt("#!/bin/sh\n"
               "for a; do printf '[%%s]' \"$a\"; done >%s/args\n"
               "while [ \"$1\" != -- ]; do shift; done\n"
               "shift 2\n"
               "PATH=%s exec sh -c \"$*\"\n",
               dir, path_there);
    write_script("ssh", text);
}

static void with_fake_ssh(void (*run)(void))
{
    CLEANUP(freep) char *old = strdup(getenv("PATH"));
    char path[4096];

    snprintf(path, sizeof(path), "%s:%s", dir, old);
    setenv("PATH", path, 1);
    run();
    setenv("PATH", old, 1);
}

static void ssh_fails_when_nothing_bridges(void)
{
    const char *tools;

    /* a PATH with sh alone */
    tools = fmt("%s/bin", dir);
    mkdir(tools, 0755);
    tools = fmt("%s/bin/sh", dir);
    assert_int_equal(symlink("/bin/sh", tools), 0);
    tools = fmt("%s/bin", dir);
    fake_ssh(tools);
    assert_fails("ssh:u@far:/run/q", 10 * SECOND, QMP_ERR_CLOSED,
                 "'ssh:u@far:/run/q': connection lost before the greeting "
                 "(ssh exit status 127: socat, nc -U or python3 is needed on "
                 "this host)");
    tools = fmt("%s/bin/sh", dir);
    unlink(tools);
    tools = fmt("%s/bin", dir);
    rmdir(tools);
}

static void transport_says_what_ssh_needs(void **state UNUSED)
{
    with_fake_ssh(ssh_fails_when_nothing_bridges);
}

/* What a path could do to a shell, and to socat's addresses. */
static const char *const wild_paths[] = {
    "plain.sock",
    "with space",
    "quote'; touch pwned; '",
    "$(touch pwned)`touch pwned`",
    "comma,fork,colon:x!!y\\z\"w(",
};

static bool have_tool(const char *name)
{
    const char *text;

    text = fmt("command -v %s >/dev/null 2>&1", name);
    return system(text) == 0;
}

static void check_wild_path(const char *wild)
{
    char name[128];
    const char *text;
    struct qmp_client *c;

    snprintf(name, sizeof(name), "%s", wild);
    for (char *p = name; *p; p++)
        if (*p == '/')
            *p = '_';
    int listener = listen_unix(in_dir(name), 1);
    text = fmt("ssh:u@far:%s", in_dir(name));
    c = start(text, NULL);
    int fd = serve_one(c, listener);
    assert_int_equal(
        write(fd, PEER_GREETING_NO_OOB, strlen(PEER_GREETING_NO_OOB)),
        strlen(PEER_GREETING_NO_OOB));
    leave_state(c, QMP_GREETING);
    assert_int_equal(qmp_client_state(c), QMP_NEGOTIATING);
    qmp_client_dispatch(c, 0);
    char heard[64] = "";
    assert_true(read(fd, heard, sizeof(heard) - 1) > 0);
    assert_string_equal(heard, "{\"execute\":\"qmp_capabilities\",\"id\":1}\n");
    qmp_client_free(c);
    /* QEMU must see that we are gone. */
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 10000), 1);
    assert_int_equal(read(fd, heard, 1), 0);
    close(fd);
    close(listener);
    unlink(in_dir(name));
    assert_int_equal(access(in_dir("pwned"), F_OK), -1);
    assert_int_equal(access("pwned", F_OK), -1);
}

static void ssh_bridges(void)
{
    static const char *const tools[] = {"socat", "nc", "python3"};
    char args[4096] = "";
    int tried = 0;

    for (size_t t = 0; t < ARRAY_SIZE(tools); t++) {
        const char *link_name;
        const char *bin;
        const char *cmd;

        if (!have_tool(tools[t]))
            continue;
        if (!strcmp(tools[t], "nc") &&
            system("nc -h 2>&1 | grep -q -e -U") != 0)
            continue;
        /* only this one is there */
        bin = fmt("%s/bin", dir);
        link_name = fmt("%s/bin/%s", dir, tools[t]);
        cmd = fmt("mkdir -p %s && ln -sf /bin/sh %s/sh && "
                  "printf '#!/bin/sh\\nPATH=%%s exec %%s \"$@\"\\n' "
                  "\"$PATH\" \"$(command -v %s)\" >%s && chmod +x %s",
                  bin, bin, tools[t], link_name, link_name);
        assert_int_equal(system(cmd), 0);
        fake_ssh(bin);
        for (size_t i = 0; i < ARRAY_SIZE(wild_paths); i++)
            check_wild_path(wild_paths[i]);
        cmd = fmt("rm -r %s", in_dir("bin"));
        assert_int_equal(system(cmd), 0);
        tried++;
    }
    assert_true(tried > 0);
    FILE *f = fopen(in_dir("args"), "r");
    assert_non_null(f);
    assert_non_null(fgets(args, sizeof(args), f));
    fclose(f);
    assert_int_equal(strncmp(args, "[-T][-x][--][u@far][exec sh -c ", 31), 0);
}

static void transport_reaches_a_socket_through_ssh(void **state UNUSED)
{
    if (!have_tool("socat") && !have_tool("python3"))
        skip();
    with_fake_ssh(ssh_bridges);
}

static void transport_takes_an_inherited_descriptor(void **state UNUSED)
{
    const char *text;
    const char *wanted;
    int pair[2];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int lonely = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    text = fmt("fd:%d", null);
    wanted = fmt("'%s': descriptor %d is not a socket", text, null);
    assert_fails(text, SECOND, QMP_ERR_CONNECT, wanted);
    close(null);
    wanted = fmt("'%s': descriptor %d is not open", text, null);
    assert_fails(text, SECOND, QMP_ERR_CONNECT, wanted);
    text = fmt("fd:%d", lonely);
    wanted =
        fmt("'%s': cannot connect: Transport endpoint is not connected", text);
    assert_fails(text, SECOND, QMP_ERR_CONNECT, wanted);
    close(lonely);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    text = fmt("fd:%d", pair[1]);
    struct qmp_client *c = start(text, NULL);
    assert_int_equal(fcntl(pair[1], F_GETFD), FD_CLOEXEC);
    assert_true(fcntl(pair[1], F_GETFL) & O_NONBLOCK);
    qmp_client_free(c); /* and closes it */
    assert_int_equal(fcntl(pair[1], F_GETFD), -1);
    close(pair[0]);
}

/* The blocking calls. */
static void sync_run_stops_times_out_or_tells_the_loss(void **state UNUSED)
{
    struct qmp_client *c = assert_opens("exec:" SERVE);
    struct qmp_error *err = NULL;
    bool stop = true;

    assert_int_equal(qmp_run(c, &stop, SECOND, &err), 0);
    stop = false;
    assert_int_equal(qmp_run(c, &stop, 20000, &err), -1);
    assert_int_equal(err->code, QMP_ERR_TIMEOUT);
    assert_string_equal(err->msg, "nothing within 20 ms");
    qmp_error_free(err);
    err = NULL;
    qmp_client_close(c);
    assert_int_equal(qmp_run(c, &stop, SECOND, &err), -1);
    assert_int_equal(err->code, QMP_ERR_CLOSED);
    qmp_error_free(err);
    qmp_client_free(c);
}

static void sync_call_times_out_and_goes_on(void **state UNUSED)
{
    /* says nothing to the second command, then goes on */
    struct qmp_client *c = assert_opens(
        "exec:printf '{\"QMP\":{\"version\":{},\"capabilities\":[]}}\\n'; "
        "read -r l; printf '{\"return\":{},\"id\":1}\\n'; "
        "read -r l; read -r l; "
        "printf '{\"return\":{\"n\":2},\"id\":2}\\n"
        "{\"return\":{\"n\":3},\"id\":3}\\n'; read -r l; exit 4");
    struct qmp_error *err = NULL;

    assert_null(qmp_call(c, "a", NULL, 50000, &err));
    assert_int_equal(err->code, QMP_ERR_TIMEOUT);
    assert_string_equal(err->msg, "'a' was not answered in time");
    qmp_error_free(err);
    err = NULL;
    assert_answers(c, 3);
    assert_null(qmp_call(c, "b", NULL, 10 * SECOND, &err));
    assert_int_equal(err->code, QMP_ERR_CLOSED);
    assert_non_null(strstr(err->msg, "(command exit status 4)"));
    qmp_error_free(err);
    err = NULL;
    assert_null(qmp_call(c, "c", NULL, 10 * SECOND, &err));
    assert_int_equal(err->code, QMP_ERR_CLOSED);
    qmp_error_free(err);
    qmp_client_free(c);
}

static int make_dir(void **state UNUSED)
{
    strcpy(dir, "/tmp/test_transport.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state UNUSED)
{
    const char *cmd;

    cmd = fmt("rm -rf '%s'", dir);
    return system(cmd);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(transport_connects_to_a_unix_socket),
        T(transport_connects_to_tcp),
        T(transport_tries_all_addresses_of_a_host),
        T(transport_says_why_it_cannot_connect),
        T(transport_hints_at_a_missing_socket),
        T(transport_waits_for_a_full_backlog),
        T(transport_talks_to_a_command),
        T(transport_says_how_a_command_ended),
        T(transport_quotes_a_silent_command),
        T(transport_waits_a_second_for_the_exit_status),
        T(transport_ends_the_whole_group),
        T(transport_gives_the_child_only_its_three_fds),
        T(transport_says_what_ssh_needs),
        T(transport_reaches_a_socket_through_ssh),
        T(transport_takes_an_inherited_descriptor),
        T(sync_run_stops_times_out_or_tells_the_loss),
        T(sync_call_times_out_and_goes_on),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
