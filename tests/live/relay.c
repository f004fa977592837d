/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * relay [-r KIB_S] FILE LISTEN-IP TARGET-IP PORT: stands between a source and
 * its destination. Each connection to LISTEN-IP:PORT goes on to TARGET-IP:PORT,
 * with -r no faster than that.
 * FILE always has the number of connections and of the bytes that went
 * towards the target: "3 123456". What QEMU says that it sent need not be
 * what it sent (7.2 counts pages of multifd before they are compressed).
 *
 * Signals make a bad network of it:
 *   SIGUSR1  what is connected is cut; who connects from then on is served
 *   SIGUSR2  a black hole: nothing passes, nobody is told, and who connects
 *            waits
 *   SIGHUP   the hole is gone, and what was held up goes on
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_SOCKETS 1024

static struct sockaddr_in target;
static int out;
static atomic_ullong bytes, connections;
static useconds_t us_per_kib;

/* Everything below is the lock's. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t healed = PTHREAD_COND_INITIALIZER;
static bool hole;
static int sockets[MAX_SOCKETS];
static size_t n_sockets;

struct flow {
    int from, to;
    int counted;
};

static void tell(void)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "%llu %llu\n",
                     atomic_load(&connections), atomic_load(&bytes));

    if (pwrite(out, text, (size_t)n, 0) != n)
        abort();
}

static void wait_for_the_network(void)
{
    pthread_mutex_lock(&lock);
    while (hole)
        pthread_cond_wait(&healed, &lock);
    pthread_mutex_unlock(&lock);
}

static bool send_all(int to, const char *buf, ssize_t n)
{
    ssize_t sent = 0;

    while (sent < n) {
        ssize_t m = send(to, buf + sent, (size_t)(n - sent), MSG_NOSIGNAL);

        if (m <= 0)
            return false;
        sent += m;
    }
    return true;
}

static void *run(void *opaque)
{
    struct flow *f = opaque;
    static _Thread_local char buf[1 << 16];
    size_t at_once = us_per_kib ? 1024 : sizeof(buf);
    ssize_t n;

    while ((n = read(f->from, buf, at_once)) > 0) {
        wait_for_the_network();
        if (us_per_kib)
            usleep(us_per_kib);
        if (f->counted) {
            atomic_fetch_add(&bytes, (unsigned long long)n);
            tell();
        }
        if (!send_all(f->to, buf, n))
            break;
    }
    wait_for_the_network(); /* an end does not pass a hole, either */
    shutdown(f->to, SHUT_WR);
    shutdown(f->from, SHUT_RD);
    free(f);
    return NULL;
}

static void start(int from, int to, int counted)
{
    struct flow *f = malloc(sizeof(*f));
    pthread_t thread;

    if (!f)
        abort();
    *f = (struct flow){from, to, counted};
    if (pthread_create(&thread, NULL, run, f))
        abort();
    pthread_detach(thread);
}

static void on_signal(int sig)
{
    pthread_mutex_lock(&lock);
    if (sig == SIGUSR1)
        while (n_sockets)
            shutdown(sockets[--n_sockets], SHUT_RDWR);
    hole = sig == SIGUSR2;
    pthread_cond_broadcast(&healed);
    pthread_mutex_unlock(&lock);
}

static void *take_signals(void *opaque)
{
    int sig;

    while (sigwait(opaque, &sig) == 0)
        on_signal(sig);
    return NULL;
}

static void join(int from)
{
    int to = socket(AF_INET, SOCK_STREAM, 0);

    wait_for_the_network();
    if (to < 0 || connect(to, (void *)&target, sizeof(target)) < 0) {
        perror("relay: connect");
        close(from);
        close(to);
        return;
    }
    pthread_mutex_lock(&lock);
    if (n_sockets + 2 > MAX_SOCKETS)
        abort();
    sockets[n_sockets++] = from;
    sockets[n_sockets++] = to;
    pthread_mutex_unlock(&lock);
    atomic_fetch_add(&connections, 1);
    tell();
    start(from, to, 1);
    start(to, from, 0);
}

static void handle_signals(void)
{
    static sigset_t set;
    pthread_t thread;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (pthread_create(&thread, NULL, take_signals, &set))
        abort();
}

int main(int argc, char **argv)
{
    struct sockaddr_in listening = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, kib_s = 0;

    if (argc > 2 && !strcmp(argv[1], "-r")) {
        kib_s = atoi(argv[2]);
        us_per_kib = kib_s > 0 ? (useconds_t)(1000000 / kib_s) : 0;
        argc -= 2;
        argv += 2;
    }
    if (argc != 5 || !inet_aton(argv[2], &listening.sin_addr) ||
        !inet_aton(argv[3], &target.sin_addr)) {
        fputs("usage: relay [-r KIB_S] FILE LISTEN-IP TARGET-IP PORT\n",
              stderr);
        return 2;
    }
    handle_signals();
    target.sin_family = AF_INET;
    listening.sin_port = target.sin_port = htons((uint16_t)atoi(argv[4]));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (void *)&listening, sizeof(listening)) < 0 ||
        listen(fd, 64) < 0) {
        perror("relay: listen");
        return 1;
    }
    out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out < 0) {
        perror(argv[1]);
        return 1;
    }
    tell();
    for (;;) {
        int from = accept(fd, NULL, NULL);

        if (from < 0)
            return 1;
        join(from);
    }
}
