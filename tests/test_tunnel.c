/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tunnel between two sockets: nothing lost, nothing kept, and who ended it
 * first. */
#include "tests/lib/test.h"

#include "job/tunnel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#define BYTES  (8u << 20)
#define PIECE  60000 /* no power of two: pieces do not fall on pages */
#define WAIT_S 20

/* What a QEMU at one end does. */
struct end {
    int fd;
    unsigned seed;
    size_t to_send;
    size_t received;
    bool wrong; /* a byte that nobody sent */
};

struct ends {
    struct end source, dest;
    struct tunnel *tunnel;
};

static int count_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static unsigned char byte_at(unsigned seed, size_t i)
{
    return (unsigned char)((i * 31 + seed) ^ (i >> 11));
}

static void set_up(struct ends *e)
{
    struct qmp_error *err = NULL;
    struct timeval limit = {.tv_sec = WAIT_S};
    int s[2];
    int d[2];

    *e = (struct ends){.source.seed = 1, .dest.seed = 2};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, d), 0);
    e->source.fd = s[0];
    e->dest.fd = d[0];
    for (int i = 0; i < 2; i++)
        setsockopt(i ? d[0] : s[0], SOL_SOCKET, SO_RCVTIMEO, &limit,
                   sizeof(limit));
    e->tunnel = tunnel_start(s[1], d[1], &err);
    assert_non_null(e->tunnel);
}

static void tear_down(struct ends *e)
{
    tunnel_free(e->tunnel);
    closep(&e->source.fd);
    closep(&e->dest.fd);
}

static void *sender(void *opaque)
{
    struct end *end = opaque;
    unsigned char piece[PIECE];
    size_t sent = 0;

    while (sent < end->to_send) {
        size_t n = end->to_send - sent;

        n = n < sizeof(piece) ? n : sizeof(piece);
        for (size_t i = 0; i < n; i++)
            piece[i] = byte_at(end->seed, sent + i);
        ssize_t done = send(end->fd, piece, n, MSG_NOSIGNAL);
        if (done <= 0)
            break;
        sent += (size_t)done;
    }
    shutdown(end->fd, SHUT_WR);
    return NULL;
}

/* Until the end of what the other one, of this seed, sends. */
static void receive(struct end *end, unsigned seed)
{
    unsigned char piece[PIECE];
    ssize_t n;

    while ((n = recv(end->fd, piece, sizeof(piece), 0)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            end->wrong |= piece[i] != byte_at(seed, end->received + (size_t)i);
        end->received += (size_t)n;
    }
    assert_int_equal(n, 0);
}

static void tunnel_carries_all_both_ways(void **state UNUSED)
{
    int before = count_fds();
    struct ends e;
    pthread_t thread[2];

    set_up(&e);
    e.source.to_send = BYTES;
    e.dest.to_send = 12345; /* the way back is nearly empty */
    pthread_create(&thread[0], NULL, sender, &e.source);
    pthread_create(&thread[1], NULL, sender, &e.dest);
    receive(&e.dest, e.source.seed);
    receive(&e.source, e.dest.seed);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(e.dest.received, BYTES);
    assert_int_equal(e.source.received, 12345);
    assert_false(e.dest.wrong || e.source.wrong);
    assert_true(tunnel_wait(e.tunnel, WAIT_S * 1000));
    struct tunnel_report r = tunnel_report(e.tunnel);
    assert_int_equal(r.bytes[QMIG_SIDE_SOURCE], BYTES);
    assert_int_equal(r.bytes[QMIG_SIDE_DEST], 12345);
    assert_true(r.ended);
    assert_int_equal(r.sys, 0);
    tear_down(&e);
    assert_int_equal(count_fds(), before);
}

/* The source has sent all, and waits for the destination's word. */
static void way_back_stays_open_when_one_way_has_ended(void **state UNUSED)
{
    struct ends e;
    char word[8] = "";

    set_up(&e);
    assert_int_equal(send(e.source.fd, "device", 6, 0), 6);
    shutdown(e.source.fd, SHUT_WR);
    receive(&e.dest, 0);
    assert_int_equal(e.dest.received, 6);
    assert_false(tunnel_wait(e.tunnel, 0));
    assert_int_equal(send(e.dest.fd, "loaded", 6, 0), 6);
    assert_int_equal(recv(e.source.fd, word, 6, MSG_WAITALL), 6);
    assert_string_equal(word, "loaded");
    struct tunnel_report r = tunnel_report(e.tunnel);
    assert_true(r.ended);
    assert_int_equal(r.first, QMIG_SIDE_SOURCE);
    closep(&e.dest.fd);
    assert_true(tunnel_wait(e.tunnel, WAIT_S * 1000));
    tear_down(&e);
}

/* Who reads slowly slows down who writes: little is kept on the way. */
static void tunnel_keeps_little_when_nobody_reads(void **state UNUSED)
{
    struct ends e;
    struct pollfd p;
    static char piece[PIECE];
    size_t sent = 0;

    set_up(&e);
    fcntl(e.source.fd, F_SETFL, O_NONBLOCK);
    p = (struct pollfd){.fd = e.source.fd, .events = POLLOUT};
    while (poll(&p, 1, 300) > 0) {
        ssize_t n = send(e.source.fd, piece, sizeof(piece), 0);

        assert_true(n > 0 || errno == EAGAIN);
        sent += n > 0 ? (size_t)n : 0;
        assert_true(sent < (32u << 20));
    }
    assert_true(sent > PIECE);
    assert_false(tunnel_wait(e.tunnel, 0));
    tear_down(&e);
}

static void writer_is_told_when_the_other_end_is_gone(void **state UNUSED)
{
    struct ends e;
    static char piece[PIECE];
    ssize_t n = 1;

    set_up(&e);
    closep(&e.dest.fd);
    for (int i = 0; i < 1000 && n > 0; i++)
        n = send(e.source.fd, piece, sizeof(piece), MSG_NOSIGNAL);
    assert_int_equal(n, -1);
    assert_int_equal(errno, EPIPE);
    closep(&e.source.fd);
    assert_true(tunnel_wait(e.tunnel, WAIT_S * 1000));
    struct tunnel_report r = tunnel_report(e.tunnel);
    assert_int_equal(r.first, QMIG_SIDE_DEST);
    tear_down(&e);
}

/* Bytes that wait for nobody, a dead end, a way that hangs: it ends at once. */
static void tunnel_can_be_freed_at_any_time(void **state UNUSED)
{
    int before = count_fds();

    for (int kind = 0; kind < 4; kind++) {
        struct ends e;
        pthread_t thread;

        set_up(&e);
        e.source.to_send = BYTES;
        if (kind & 1)
            pthread_create(&thread, NULL, sender, &e.source);
        if (kind & 2)
            closep(&e.dest.fd);
        tunnel_free(e.tunnel);
        e.tunnel = NULL;
        if (kind & 1)
            pthread_join(thread, NULL);
        tear_down(&e);
    }
    tunnel_free(NULL);
    assert_int_equal(count_fds(), before);
}

static volatile sig_atomic_t signals;

static void on_signal(int sig UNUSED)
{
    signals = signals + 1;
}

/* Signals are the caller's; one for a broken pipe would end him. */
static void tunnel_raises_no_signal(void **state UNUSED)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction old;

    sigaction(SIGPIPE, &action, &old);
    writer_is_told_when_the_other_end_is_gone(NULL);
    sigaction(SIGPIPE, &old, NULL);
    assert_int_equal(signals, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tunnel_carries_all_both_ways),
        cmocka_unit_test(way_back_stays_open_when_one_way_has_ended),
        cmocka_unit_test(tunnel_keeps_little_when_nobody_reads),
        cmocka_unit_test(writer_is_told_when_the_other_end_is_gone),
        cmocka_unit_test(tunnel_can_be_freed_at_any_time),
        cmocka_unit_test(tunnel_raises_no_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
