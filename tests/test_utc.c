/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "qmp/utc.h"

static void utc_is_what_gmtime_says(void **state UNUSED)
{
    /* From before the calendar's first leap century to after the next. */
    for (int64_t s = -INT64_C(12000000000); s < INT64_C(20000000000);
         s += 86399 * 7 + 12345) {
        time_t t = (time_t)s;
        struct tm wanted;
        struct tm got;

        gmtime_r(&t, &wanted);
        qmp_utc(s, &got);
        if (got.tm_year != wanted.tm_year || got.tm_mon != wanted.tm_mon ||
            got.tm_mday != wanted.tm_mday || got.tm_hour != wanted.tm_hour ||
            got.tm_min != wanted.tm_min || got.tm_sec != wanted.tm_sec)
            fail_msg("%lld is %d-%d-%d %d:%d:%d", (long long)s,
                     got.tm_year + 1900, got.tm_mon + 1, got.tm_mday,
                     got.tm_hour, got.tm_min, got.tm_sec);
    }
}

static void utc_text_is_rfc_3339(void **state UNUSED)
{
    char text[QMP_UTC_TEXT];

    assert_string_equal(
        qmp_utc_text((struct timespec){1769860800, 7008999}, 6, text),
        "2026-01-31T12:00:00.007008Z");
    assert_string_equal(
        qmp_utc_text((struct timespec){951782399, 999999999}, 3, text),
        "2000-02-28T23:59:59.999Z");
    assert_string_equal(qmp_utc_text((struct timespec){951782400, 0}, 1, text),
                        "2000-02-29T00:00:00.0Z");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc_is_what_gmtime_says),
        cmocka_unit_test(utc_text_is_rfc_3339),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
