/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LD_PRELOAD: a wall clock that steps. CLOCK_REALTIME, gettimeofday() and
 * time() are wrong by as many seconds as the file $CLOCK_FILE says. Other
 * clocks are left alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long offset_s(void)
{
    const char *path = getenv("CLOCK_FILE");
    FILE *f = path ? fopen(path, "re") : NULL;
    long s = 0;

    if (f && fscanf(f, "%ld", &s) != 1)
        s = 0;
    if (f)
        fclose(f);
    return s;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock,
                                                         struct timespec *ts)
{
    long rc = syscall(SYS_clock_gettime, clock, ts);

    if (rc == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        ts->tv_sec += offset_s();
    return (int)rc;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *tv,
                                                        void *tz)
{
    struct timespec ts;

    (void)tz;
    if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
        return -1;
    *tv = (struct timeval){ts.tv_sec, ts.tv_nsec / 1000};
    return 0;
}

__attribute__((visibility("default"))) time_t time(time_t *t)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
        return -1;
    if (t)
        *t = ts.tv_sec;
    return ts.tv_sec;
}
