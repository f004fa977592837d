/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * docs/errors.md is made from the tables of errors and of what can be done
 * about them; this test fails when it is not current, or when an error comes
 * without advice. MIG_REGENERATE=1 make check writes it anew.
 */
#include "tests/lib/doc.h"
#include "tests/lib/test.h"

#include "error/advice.h"
#include "qmigrate.h"

#include <string.h>

#define DOC "docs/errors.md"

static const char head[] =
    "# Errors\n"
    "\n"
    "Made from the tables in `qmp/error.h`, `src/error/errcode.h` and "
    "`src/error/advice.c` (`MIG_REGENERATE=1 make check`). Do not edit.\n"
    "\n"
    "The code is `error.code` in the result of `--json`; codes and exit codes "
    "stay as they are, texts may get better. The error also has the phase, "
    "the side, QEMU's own class and text (`error.qmp`), the last lines of a "
    "destination that `--dest-exec` started (`error.stderr`) and a hint: that "
    "of the case if there is one, else what is said here. The exit code is "
    "that of `migrate` where it ends with this error and the outcome is not "
    "a worse one (undecided: 5, split: 6).\n"
    "\n"
    "| exit | the guest |\n"
    "|---|---|\n"
    "| 1 | as before, on the source |\n"
    "| 2 | untouched: wrong usage |\n"
    "| 3 | untouched: a check refused |\n"
    "| 4 | on the source: cancelled |\n"
    "| 5 | unknown: start neither side |\n"
    "| 6 | on the destination, waiting for pages of the source |\n"
    "\n"
    "| code | exit | what it means | what can be done |\n"
    "|---|---|---|---|\n";

static char *render(void)
{
    char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);

    assert_non_null(to);
    fputs(head, to);
    for (int code = QMP_ERR_NONE + 1; code < QMIG_ERR__MAX; code++)
        if (errcode_text(code))
            fprintf(to, "| `%s` | %d | %s | %s |\n", qmig_errcode_name(code),
                    qmig_errcode_exit(code), errcode_text(code),
                    errcode_advice(code));
    fclose(to);
    return out;
}

static void document_is_current(void **state UNUSED)
{
    CLEANUP(freep) char *want = render();

    doc_is_current(DOC, want);
}

/* One line that fits into a row, for each code and for nothing else. */
static void each_code_has_advice(void **state UNUSED)
{
    for (int code = QMP_ERR_NONE; code < QMIG_ERR__MAX; code++) {
        const char *advice = errcode_advice(code);

        if (!errcode_text(code) != !advice)
            fail_msg("'%s' (%d) has %s", qmig_errcode_name(code), code,
                     advice ? "advice but no text" : "no advice");
        if (advice && (!*advice || strpbrk(advice, "\n|") ||
                       advice[strlen(advice) - 1] == '.'))
            fail_msg("advice of '%s': %s", qmig_errcode_name(code), advice);
    }
    assert_null(errcode_text(-1));
    assert_null(errcode_advice(QMIG_ERR__MAX));
}

static void hint_of_the_case_goes_before_advice(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    qmp_fail(&err, QMIG_ERR_LOCKED, "x");
    assert_ptr_equal(error_hint(err), errcode_advice(QMIG_ERR_LOCKED));
    qmp_hint(&err, "ask Bob");
    assert_string_equal(error_hint(err), "ask Bob");
    qmp_error_free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document_is_current),
        cmocka_unit_test(each_code_has_advice),
        cmocka_unit_test(hint_of_the_case_goes_before_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
