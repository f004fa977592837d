/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--version")) {
        puts("qmigrate " QMIGRATE_VERSION);
        return 0;
    }
    fputs("qmigrate: no such verb\n", stderr);
    return 2;
}
