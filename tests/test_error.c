/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "error/errcode.h"
#include "qmigrate.h"

#include <errno.h>
#include <string.h>

static void error_keeps_code_and_message_when_prefixed(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    assert_int_equal(qmp_fail_sys(&err, ENOENT, "cannot open '%s'", "x"), -1);
    qmp_prefix(&err, "destination");
    assert_int_equal(err->code, QMP_ERR_SYSTEM);
    assert_int_equal(err->sys, ENOENT);
    assert_string_equal(
        err->msg, "destination: cannot open 'x': No such file or directory");
    qmp_error_free(err);
}

static void error_names_are_unique_and_have_an_exit_code(void **state UNUSED)
{
    for (int a = QMP_ERR_NONE + 1; a < QMIG_ERR__MAX; a++) {
        if (!strcmp(qmig_errcode_name(a), "internal"))
            continue;
        assert_in_range(qmig_errcode_exit(a), 1, 6);
        for (int b = a + 1; b < QMIG_ERR__MAX; b++)
            if (strcmp(qmig_errcode_name(b), "internal"))
                assert_string_not_equal(qmig_errcode_name(a),
                                        qmig_errcode_name(b));
    }
}

static void error_is_dropped_when_nobody_wants_it(void **state UNUSED)
{
    assert_int_equal(qmp_fail(NULL, QMP_ERR_TIMEOUT, "%d", 1), -1);
    assert_int_equal(qmp_fail_refused(NULL, "GenericError", "no", "x"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_keeps_code_and_message_when_prefixed),
        cmocka_unit_test(error_names_are_unique_and_have_an_exit_code),
        cmocka_unit_test(error_is_dropped_when_nobody_wants_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
