/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * free-port [-k]: prints a TCP port of 127.0.0.1 that was free a moment ago. It
 * is none of those that the kernel gives to who asks for any, as most tests
 * beside this one do: it stays free until it is used. With -k it is kept, and
 * nobody listens there, until the standard input ends.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOWEST 10000
#define TRIES  100

/* Where the kernel's own begin. */
static unsigned first_of_the_kernel(void)
{
    FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
    unsigned first = 0;

    if (f) {
        if (fscanf(f, "%u", &first) != 1)
            first = 0;
        fclose(f);
    }
    return first;
}

static int bind_to(int fd, unsigned port)
{
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    return bind(fd, (struct sockaddr *)&in, sizeof(in));
}

static int bind_to_any(int fd)
{
    unsigned end = first_of_the_kernel();
    unsigned number;

    for (int i = 0; end > LOWEST && i < TRIES; i++)
        if (getrandom(&number, sizeof(number), 0) == sizeof(number) &&
            bind_to(fd, LOWEST + number % (end - LOWEST)) == 0)
            return 0;
    return bind_to(fd, 0);
}

int main(int argc, char **argv)
{
    struct sockaddr_in in;
    socklen_t len = sizeof(in);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char c;

    if (fd < 0 || bind_to_any(fd) < 0 ||
        getsockname(fd, (struct sockaddr *)&in, &len) < 0) {
        perror("free-port");
        return 1;
    }
    printf("%d\n", ntohs(in.sin_port));
    fflush(stdout);
    while (argc > 1 && !strcmp(argv[1], "-k") && read(STDIN_FILENO, &c, 1) > 0)
        ;
    return 0;
}
