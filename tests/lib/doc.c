/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/doc.h"

#include "tests/lib/test.h"

#include <string.h>

#define MAX_DOC (1 << 20)

static char *read_doc(const char *path)
{
    char *text = calloc(1, MAX_DOC);
    FILE *f = fopen(path, "re");

    assert_non_null(text);
    if (f) {
        text[fread(text, 1, MAX_DOC - 1, f)] = '\0';
        fclose(f);
    }
    return text;
}

void doc_is_current(const char *path, const char *want)
{
    if (getenv("MIG_REGENERATE")) {
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        fputs(want, f);
        assert_int_equal(fclose(f), 0);
    }
    CLEANUP(freep) char *have = read_doc(path);
    if (strcmp(want, have) != 0)
        fail_msg("%s is not what the tables say: run MIG_REGENERATE=1 make "
                 "check",
                 path);
}
