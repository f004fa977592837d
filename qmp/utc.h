/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Date and time in UTC. gmtime() reads /etc/localtime when it is called for
 * the first time: 46 us of a start that takes less than a millisecond.
 */
#ifndef QMP_UTC_H
#define QMP_UTC_H

#include <stdint.h>
#include <time.h>

#define QMP_UTC_TEXT 40

/* Seconds since the epoch as year (since 1900), month (from 0), day, hour,
 * minute and second; the other members are 0. */
void qmp_utc(int64_t s, struct tm *ret);

/* RFC 3339 with so many digits (1..9) of the second's fraction. Returns
 * text. */
char *qmp_utc_text(struct timespec at, int digits, char text[QMP_UTC_TEXT]);

#endif
