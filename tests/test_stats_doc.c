/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * docs/statistics.md is made from the tables of statistics and from what each
 * QEMU says that query-migrate can answer (the .info of
 * tests/transcripts/schema). This test fails when it is not current, or when a
 * QEMU has a member that no row tells of. MIG_REGENERATE=1 make check writes it
 * anew.
 */
#include "tests/lib/doc.h"
#include "tests/lib/test.h"

#include "job/stats.h"

#include <string.h>

#define DOC "docs/statistics.md"

static const char *const versions[] = {"7.2", "10.0", "11.1"};
static char *infos[ARRAY_SIZE(versions)]; /* "\nram.total int\n..." */

static char *read_file(const char *path)
{
    char *text = calloc(1, 1 << 20);
    FILE *f = fopen(path, "re");

    assert_non_null(text);
    text[0] = '\n';
    if (f) {
        text[1 + fread(text + 1, 1, (1 << 20) - 2, f)] = '\0';
        fclose(f);
    }
    return text;
}

static int read_infos(void **state UNUSED)
{
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        char path[64];

        snprintf(path, sizeof(path), "tests/transcripts/schema/%s.info",
                 versions[v]);
        infos[v] = read_file(path);
        assert_true(strlen(infos[v]) > 500);
    }
    return 0;
}

static int forget_infos(void **state UNUSED)
{
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
        free(infos[v]);
    return 0;
}

/* "disk.*" is every member of that object. */
static bool has(size_t v, const char *path)
{
    char line[96];
    bool all = path[strlen(path) - 1] == '*';

    snprintf(line, sizeof(line), "\n%.*s%s", (int)(strlen(path) - all), path,
             all ? "" : " ");
    return strstr(infos[v], line) != NULL;
}

static void put_versions(FILE *to, const char *path)
{
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
        fputs(has(v, path) ? " yes |" : " **no** |", to);
    fputc('\n', to);
}

/* Whatever libvirt has that no single member tells. */
static const char job_head[] =
    "| name | unit | from |\n|---|---|---|\n"
    "| `operation` | number | 5: a migration, 2: save, 3: restore |\n"
    "| `time_elapsed` | ms | since the migration was started, by this "
    "program's clock |\n"
    "| `downtime` | ms | while it runs `expected-downtime`; afterwards from "
    "the source's STOP to the destination's RESUME, or else `downtime` |\n"
    "| `data_total`, `data_processed`, `data_remaining` | bytes | memory and "
    "disks together |\n";

static const char *unit_of(const char *path)
{
    for (size_t i = 0; i < stats_fields_n; i++)
        if (!strcmp(stats_fields[i].path, path))
            return stats_fields[i].unit;
    return NULL;
}

static void put_job(FILE *to)
{
    struct stats_job_field f;

    fputs(job_head, to);
    for (size_t i = 0; stats_job_field(i, &f); i++) {
        char path[64];
        bool disk = f.object && !strcmp(f.object, "disk");

        snprintf(path, sizeof(path), "%s%s%s", f.object ? f.object : "",
                 f.object ? "." : "", f.member);
        const char *unit = f.mbps ? "bytes/s" : disk ? "bytes" : unit_of(path);
        if (!unit)
            fail_msg("no row for '%s'", path);
        fprintf(to, "| `%s` | %s | `%s`%s |\n", f.name, unit, path,
                f.mbps ? ", x 125000" : "");
    }
}

static char *render(void)
{
    char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);

    assert_non_null(to);
    fputs("# Statistics\n\n"
          "Made from the tables in `src/job/stats.c` and "
          "`src/job/stats_fields.c` and from what three QEMUs say that "
          "`query-migrate` can answer (`MIG_REGENERATE=1 make check`). Do not "
          "edit.\n\n"
          "They are in the result of `migrate --json`, in `status ID` while "
          "it runs and, when it has ended, as long as its folder is in the "
          "state directory (`stats.json`).\n\n"
          "## `job`: libvirt's, by the names of VIR_DOMAIN_JOB_*\n\n"
          "What QEMU does not say is left out, as in libvirt. "
          "`time_elapsed_net` and `downtime_net` do not apply (there is one "
          "clock), `time_remaining`, `disk_temp_*`, `success` and `errmsg` are "
          "not of migrations.\n\n",
          to);
    put_job(to);
    fputs("\n## `stats`: this program's\n\n"
          "| name | unit | what it is |\n|---|---|---|\n"
          "| `total_time_ms`, `setup_time_ms`, `downtime_ms` | ms | "
          "`total-time`, `setup-time` and `downtime` of `query-migrate` |\n"
          "| `blackout_us` | us | from the source's STOP to the destination's "
          "RESUME, as seen here |\n"
          "| `overhead_us` | us | between connecting and the end, less "
          "`total-time` |\n"
          "\n## `stats`: every member of `query-migrate`, by QEMU's names\n\n"
          "The source's last answer, asked for again while its times are "
          "still 0 (7.2, some ms); and of the destination what only that "
          "side knows.\n\n"
          "| member | unit | what it is | 7.2 | 10.0 | 11.1 |\n"
          "|---|---|---|---|---|---|\n",
          to);
    for (size_t i = 0; i < stats_fields_n; i++) {
        const struct stats_field *f = &stats_fields[i];

        fprintf(to, "| `%s` | %s | %s |", f->path, f->unit ? f->unit : "",
                f->help);
        put_versions(to, f->path);
    }
    fclose(to);
    return out;
}

static void document_is_current(void **state UNUSED)
{
    CLEANUP(freep) char *want = render();

    doc_is_current(DOC, want);
}

static bool has_row(const char *path)
{
    for (size_t i = 0; i < stats_fields_n; i++) {
        size_t n = strlen(stats_fields[i].path);

        if (!strcmp(stats_fields[i].path, path) ||
            (stats_fields[i].path[n - 1] == '*' &&
             !strncmp(stats_fields[i].path, path, n - 1)))
            return true;
    }
    return false;
}

static void every_member_has_a_row(void **state UNUSED)
{
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        CLEANUP(freep) char *copy = strdup(infos[v]);
        char *save = NULL;

        for (char *line = strtok_r(copy, "\n", &save); line;
             line = strtok_r(NULL, "\n", &save)) {
            *strchr(line, ' ') = '\0';
            if (!has_row(line))
                fail_msg("QEMU %s: no row for '%s'", versions[v], line);
        }
    }
}

static void every_row_is_some_qemus(void **state UNUSED)
{
    for (size_t i = 0; i < stats_fields_n; i++) {
        bool known = false;

        for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
            known |= has(v, stats_fields[i].path);
        if (!known)
            fail_msg("no QEMU has '%s'", stats_fields[i].path);
        assert_true(!i ||
                    strcmp(stats_fields[i - 1].path, stats_fields[i].path) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document_is_current),
        cmocka_unit_test(every_member_has_a_row),
        cmocka_unit_test(every_row_is_some_qemus),
    };

    return cmocka_run_group_tests(tests, read_infos, forget_infos);
}
