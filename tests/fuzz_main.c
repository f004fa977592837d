/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a fuzz target on each file of the directories that are named: what
 * `make check` does with tests/corpus/ when there is no libFuzzer.
 */
#include "qmp/macros.h"

#include <dirent.h>
#include <stdint.h>
#include <string.h>

#define MAX_FILE ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *dir, const char *name)
{
    static uint8_t buf[MAX_FILE];
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return -1;
    }
    size_t n = fread(buf, 1, sizeof(buf), f);
    fclose(f);

    /* Exactly as large as it is, so that ASan sees a read beyond it. */
    uint8_t *exact = malloc(n ? n : 1);
    if (!exact)
        return -1;
    memcpy(exact, buf, n);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 0;
}

static int run_dir(const char *dir)
{
    DIR *d = opendir(dir);
    int count = 0;

    if (!d) {
        perror(dir);
        return -1;
    }
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        if (e->d_name[0] == '.')
            continue;
        if (run_file(dir, e->d_name) < 0) {
            count = -1;
            break;
        }
        count++;
    }
    closedir(d);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;

    for (int i = 1; i < argc; i++) {
        int n = run_dir(argv[i]);
        if (n <= 0) {
            fprintf(stderr, "%s: nothing to run\n", argv[i]);
            return 1;
        }
        total += n;
    }
    printf("%d passed, 0 failed\n", total);
    return 0;
}
