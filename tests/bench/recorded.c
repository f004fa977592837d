/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recorded SOURCE DEST URI: migrates with the library, as `qmigrate migrate`
 * does, and prints what recording takes of it:
 *
 *   {"recording_us":N,"idle_us":N,"overhead_us":N,"lines":N,"writes":N}
 *
 * recording_us is the time within qmp/transcript.h. The linker leads each call
 * through here (--wrap, see the Makefile). What is done with the file, to make
 * it (while the QEMUs have not yet greeted) and to write to it, counts if
 * something came from a QEMU meanwhile; else it was done while the program had
 * to wait anyway: idle_us. The last write and the end count in any case.
 * Runs with and without a transcript cannot tell: what is looked for is a
 * hundredth of a figure that itself varies by a fifth (but see paired.c).
 */
#include "qmigrate.h"
#include "qmp/transcript.h"

#include <inttypes.h>
#include <time.h>

static int64_t spent_ns, idle_ns;
static int64_t file_ns; /* with the file, where it is not known yet whether
                           something came meanwhile */
static unsigned lines, writes;

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* WRAPPED(type, name, parameters, arguments, counter, sum) */
#define WRAPPED(type, name, parameters, arguments, counter, sum)               \
    type __real_##name parameters;                                             \
    type __wrap_##name parameters;                                             \
    type __wrap_##name parameters                                              \
    {                                                                          \
        int64_t t0 = now_ns();                                                 \
        type ret = __real_##name arguments;                                    \
        (sum) += now_ns() - t0;                                                \
        (counter)++;                                                           \
        return ret;                                                            \
    }
#define WRAPPED_VOID(name, parameters, arguments, counter)                     \
    void __real_##name parameters;                                             \
    void __wrap_##name parameters;                                             \
    void __wrap_##name parameters                                              \
    {                                                                          \
        int64_t t0 = now_ns();                                                 \
        __real_##name arguments;                                               \
        spent_ns += now_ns() - t0;                                             \
        (counter)++;                                                           \
    }

WRAPPED(struct qmp_transcript *, qmp_transcript_open,
        (const char *path, const char *program, const char *id,
         struct json_object *peers, int64_t start_us, struct qmp_error **errp),
        (path, program, id, peers, start_us, errp), lines, file_ns)
WRAPPED(struct qmp_transcript *, qmp_transcript_open_late,
        (const char *path, const char *program, const char *id,
         struct json_object *peers, int64_t start_us, struct qmp_error **errp),
        (path, program, id, peers, start_us, errp), lines, spent_ns)
WRAPPED(int, qmp_transcript_flush,
        (struct qmp_transcript * t, struct qmp_error **errp), (t, errp), writes,
        file_ns)
WRAPPED(int, qmp_transcript_close,
        (struct qmp_transcript * t, struct qmp_error **errp), (t, errp), writes,
        spent_ns)
WRAPPED_VOID(qmp_transcript_message,
             (struct qmp_transcript * t, int64_t now_us, const char *peer,
              char dir, const char *text, size_t len, int nfds, bool valid),
             (t, now_us, peer, dir, text, len, nfds, valid), lines)
WRAPPED_VOID(qmp_transcript_closed,
             (struct qmp_transcript * t, int64_t now_us, const char *peer,
              const char *why),
             (t, now_us, peer, why), lines)
WRAPPED_VOID(qmp_transcript_note,
             (struct qmp_transcript * t, int64_t now_us, const char *note,
              struct json_object *members),
             (t, now_us, note, members), lines)

static void run(struct qmig_migration *m)
{
    struct pollfd fds[QMIG_POLLFDS];

    while (!qmig_migration_dispatch(m)) {
        size_t n = qmig_migration_pollfds(m, fds);
        int64_t deadline = qmig_migration_deadline(m);
        int64_t now = now_ns() / 1000;
        int ms = deadline < 0 ? -1 : (int)((deadline - now + 999) / 1000);

        *(poll(fds, n, 0) > 0 ? &spent_ns : &idle_ns) += file_ns;
        file_ns = 0;
        poll(fds, n, deadline >= 0 && ms < 0 ? 0 : ms);
    }
    spent_ns += file_ns; /* the last one holds up the end */
}

static int fail(struct qmp_error *err)
{
    fprintf(stderr, "recorded: %s\n", err->msg);
    qmp_error_free(err);
    return 2;
}

int main(int argc, char **argv)
{
    struct qmp_error *err = NULL;
    struct qmig_params *params = qmig_params_new();
    struct qmig_options o = {.source = argv[1], .dest = argv[2]};
    int64_t t0 = now_ns();

    if (argc != 4) {
        fputs("usage: recorded SOURCE DEST URI\n", stderr);
        return 2;
    }
    if (qmig_params_add_text(params, "migrate_uri", argv[3], &err) < 0 ||
        qmig_params_add_text(params, "bandwidth", "10240", &err) < 0)
        return fail(err);
    struct qmig_migration *m = qmig_migration_new(&o, params, QMIG_LIVE, &err);
    if (!m)
        return fail(err);
    run(m);

    const struct qmig_result *r = qmig_migration_result(m);
    struct json_object *stats = NULL;
    struct json_object *total = NULL;
    int code = r->exit_code;
    if (r->error)
        fprintf(stderr, "recorded: %s\n", r->error->msg);
    json_object_object_get_ex(r->json, "stats", &stats);
    json_object_object_get_ex(stats, "total_time_ms", &total);
    int64_t total_us = json_object_get_int64(total) * 1000;
    qmig_migration_free(m);
    qmig_params_free(params);
    printf("{\"recording_us\":%" PRId64 ",\"idle_us\":%" PRId64
           ",\"overhead_us\":%" PRId64 ",\"lines\":%u,\"writes\":%u}\n",
           spent_ns / 1000, idle_ns / 1000, (now_ns() - t0) / 1000 - total_us,
           lines, writes);
    return code;
}
