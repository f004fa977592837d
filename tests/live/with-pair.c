/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* with-pair socket|pipe COMMAND [ARG...]: runs it with the two ends of a socket
 * pair, or of a pipe, as its descriptors 8 and 9 (8 is what 9 says). */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    int pair[2];
    int rc;

    if (argc < 3) {
        fprintf(stderr, "usage: with-pair socket|pipe COMMAND [ARG...]\n");
        return 2;
    }
    rc = strcmp(argv[1], "pipe") ? socketpair(AF_UNIX, SOCK_STREAM, 0, pair)
                                 : pipe(pair);
    if (rc < 0 || dup2(pair[0], 8) < 0 || dup2(pair[1], 9) < 0) {
        perror("with-pair");
        return 1;
    }
    for (int i = 0; i < 2; i++)
        if (pair[i] != 8 && pair[i] != 9)
            close(pair[i]);
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
