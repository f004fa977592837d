/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * free-port: prints a TCP port of 127.0.0.1 that was free a moment ago. With
 * -k it keeps the port taken, listening, until its standard input ends.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(in);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char c;

    if (fd < 0 || bind(fd, (struct sockaddr *)&in, len) < 0 ||
        getsockname(fd, (struct sockaddr *)&in, &len) < 0) {
        perror("free-port");
        return 1;
    }
    if (argc > 1 && !strcmp(argv[1], "-k") && listen(fd, 1) < 0) {
        perror("free-port: listen");
        return 1;
    }
    printf("%d\n", ntohs(in.sin_port));
    fflush(stdout);
    while (argc > 1 && read(STDIN_FILENO, &c, 1) > 0)
        ;
    return 0;
}
