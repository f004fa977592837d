/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "utc.h"

#include <stdio.h>

#define DAY_S 86400
/* The calendar repeats after 400 years. Counted from the first of March of the
 * year 0, leap days come last. */
#define ERA_DAYS        146097
#define DAYS_TO_1970    719468
#define DAYS_OF_5_MONTH 153

void qmp_utc(int64_t s, struct tm *ret)
{
    int64_t day = s / DAY_S - (s % DAY_S < 0);
    int64_t second = s - day * DAY_S;
    int64_t since = day + DAYS_TO_1970;
    int64_t era = (since >= 0 ? since : since - ERA_DAYS + 1) / ERA_DAYS;
    int64_t d = since - era * ERA_DAYS; /* 0..146096 */
    int64_t year = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    int64_t yday = d - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * yday + 2) / DAYS_OF_5_MONTH; /* 0: March */

    *ret = (struct tm){
        .tm_year = (int)(year + era * 400 + (month >= 10) - 1900),
        .tm_mon = (int)(month < 10 ? month + 2 : month - 10),
        .tm_mday = (int)(yday - (DAYS_OF_5_MONTH * month + 2) / 5 + 1),
        .tm_hour = (int)(second / 3600),
        .tm_min = (int)(second / 60 % 60),
        .tm_sec = (int)(second % 60),
    };
}

char *qmp_utc_text(struct timespec at, int digits, char text[QMP_UTC_TEXT])
{
    struct tm tm;
    char ns[16];

    qmp_utc(at.tv_sec, &tm);
    snprintf(ns, sizeof(ns), "%09ld", at.tv_nsec);
    snprintf(text, QMP_UTC_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%.*sZ",
             tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
             tm.tm_min, tm.tm_sec, digits, ns);
    return text;
}
