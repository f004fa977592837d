/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json-get FILE PATH: prints the member at PATH (stats.ram.total) of each JSON
 * document in FILE, one a line. Exit code 1 if one has no such member, 2 if
 * one is not JSON.
 */
#include <stdio.h>

#include "member.h"

int main(int argc, char **argv)
{
    FILE *f = argc == 3 ? fopen(argv[1], "r") : NULL;
    char *line = NULL;
    size_t cap = 0;
    int rc = 0;

    if (!f) {
        fputs("usage: json-get FILE PATH\n", stderr);
        return 2;
    }
    while (getline(&line, &cap, f) > 0) {
        struct json_object *doc = json_tokener_parse(line), *m;

        m = doc ? member(doc, argv[2]) : NULL;
        if (m)
            puts(text(m));
        else if (rc != 2)
            rc = doc ? 1 : 2;
        json_object_put(doc);
    }
    free(line);
    fclose(f);
    return rc;
}
