/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/folder.h"

#include "tests/lib/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static void run(const char *command, const char *path)
{
    char text[200];

    assert_true(snprintf(text, sizeof(text), "%s '%s'", command, path) <
                (int)sizeof(text));
    assert_int_equal(system(text), 0);
}

void folder_make(char *path, size_t size, const char *dir, const char *name)
{
    assert_true(snprintf(path, size, "%s/%s", dir, name) < (int)size);
    folder_remove(path);
    run("mkdir", path);
}

void folder_remove(const char *path)
{
    run("rm -rf", path);
}

void folder_put(const char *where, const char *name, const char *text)
{
    char path[160];

    snprintf(path, sizeof(path), "%s/%s", where, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

const char *folder_get(const char *where, const char *name)
{
    static char text[4096];
    char path[160];

    snprintf(path, sizeof(path), "%s/%s", where, name);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    return text;
}

unsigned folder_count(const char *path)
{
    DIR *d = opendir(path);
    unsigned n = 0;

    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}
