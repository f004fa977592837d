/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * relay FILE LISTEN-IP TARGET-IP PORT: stands between a source and its
 * destination. Each connection to LISTEN-IP:PORT goes on to TARGET-IP:PORT.
 * FILE always has the number of connections and of the bytes that went
 * towards the target: "3 123456". What QEMU says that it sent need not be
 * what it sent (7.2 counts pages of multifd before they are compressed).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in target;
static int out;
static atomic_ullong bytes, connections;

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

static void *run(void *opaque)
{
    struct flow *f = opaque;
    static _Thread_local char buf[1 << 16];
    ssize_t n;

    while ((n = read(f->from, buf, sizeof(buf))) > 0) {
        ssize_t sent = 0;

        if (f->counted) {
            atomic_fetch_add(&bytes, (unsigned long long)n);
            tell();
        }
        while (sent < n) {
            ssize_t m =
                send(f->to, buf + sent, (size_t)(n - sent), MSG_NOSIGNAL);
            if (m <= 0)
                goto end;
            sent += m;
        }
    }
end:
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

int main(int argc, char **argv)
{
    struct sockaddr_in listening = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    if (argc != 5 || !inet_aton(argv[2], &listening.sin_addr) ||
        !inet_aton(argv[3], &target.sin_addr)) {
        fputs("usage: relay FILE LISTEN-IP TARGET-IP PORT\n", stderr);
        return 2;
    }
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
        int to = socket(AF_INET, SOCK_STREAM, 0);

        if (from < 0 || to < 0)
            return 1;
        if (connect(to, (void *)&target, sizeof(target)) < 0) {
            perror("relay: connect");
            close(from);
            close(to);
            continue;
        }
        atomic_fetch_add(&connections, 1);
        tell();
        start(from, to, 1);
        start(to, from, 0);
    }
}
