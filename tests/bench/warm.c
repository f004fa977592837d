/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * warm MIB: touches that much memory and gives it back. Pages that nobody has
 * used for about a second cost 5 to 20 times as much to get (measured under a
 * hypervisor): without this a migration's totals have two modes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
    size_t bytes = argc == 2 ? strtoul(argv[1], NULL, 10) << 20 : 0;
    char *p;

    if (!bytes) {
        fputs("usage: warm MIB\n", stderr);
        return 2;
    }
    p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
             -1, 0);
    if (p == MAP_FAILED) {
        perror("warm");
        return 1;
    }
    memset(p, 1, bytes);
    return 0;
}
