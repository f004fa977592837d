/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * splice [MIB]: how many bytes a second go from one process to another over a
 * UNIX socket, and over two with the tunnel between them: MIB/S DIRECT, MIB/S
 * TUNNEL. What QEMU sends is written in pieces of 32 KiB, as its own buffer.
 */
#include "job/tunnel.h"
#include "qmp/sync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE 32768

static void send_all(int fd, size_t bytes)
{
    static char piece[PIECE];

    memset(piece, 7, sizeof(piece));
    while (bytes) {
        ssize_t n = write(fd, piece, bytes < PIECE ? bytes : PIECE);

        if (n <= 0)
            _exit(1);
        bytes -= (size_t)n;
    }
    _exit(0);
}

/* MiB a second until the end; negative: not all came. */
static double receive(int fd, size_t bytes)
{
    static char piece[PIECE];
    int64_t begin = qmp_now_us();
    size_t got = 0;
    ssize_t n;

    while ((n = read(fd, piece, sizeof(piece))) > 0)
        got += (size_t)n;
    double s = (double)(qmp_now_us() - begin) / 1e6;
    return got == bytes ? (double)bytes / 1048576 / s : -1;
}

static double measure(size_t bytes, bool through)
{
    struct tunnel *t = NULL;
    int a[2];
    int b[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, a) < 0 ||
        (through && socketpair(AF_UNIX, SOCK_STREAM, 0, b) < 0))
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(a[1]);
        if (through)
            close(b[0]), close(b[1]);
        send_all(a[0], bytes);
    }
    close(a[0]);
    if (through)
        t = tunnel_start(a[1], b[1], NULL);
    double rate = receive(through ? b[0] : a[1], bytes);
    close(through ? b[0] : a[1]);
    waitpid(pid, NULL, 0);
    tunnel_free(t);
    return rate;
}

int main(int argc, char *argv[])
{
    size_t bytes = (argc > 1 ? (size_t)atoi(argv[1]) : 2048) << 20;
    double direct = measure(bytes, false);
    double tunnel = measure(bytes, true);

    printf("%.0f %.0f\n", direct, tunnel);
    return direct > 0 && tunnel > 0 ? 0 : 1;
}
