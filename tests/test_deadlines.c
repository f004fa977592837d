/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"

#include "engine/engine.h"
#include "error/errcode.h"

static void deadlines_are_set_by_name(void **state UNUSED)
{
    struct qmp_error *err = NULL;
    struct deadlines d;

    deadlines_default(&d);
    assert_int_equal(deadlines_set(&d, "switchover=0.5", &err), 0);
    assert_int_equal(d.us[DEADLINE_switchover], 500000);
    static const char *const bad[] = {"switchover",
                                      "switchover=",
                                      "switchover=-1",
                                      "switchover=0",
                                      "switchover=1x",
                                      "switchover=1e9",
                                      "nothing=1",
                                      "=1",
                                      ""};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(deadlines_set(&d, bad[i], &err), -1);
        assert_string_equal(qmig_errcode_name(err->code), "usage");
        qmp_error_free(err);
        err = NULL;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines_are_set_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
