/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report for a terminal. Foreign text is escaped. */
#include "transcript/report.h"

#include "qmp/buffer.h"

#include <inttypes.h>
#include <string.h>

static void put(FILE *f, const char *text)
{
    char shown[1024];

    fputs(qmp_printable(shown, sizeof(shown), text, strlen(text)), f);
}

static double ms(int64_t us)
{
    return (double)us / 1000;
}

static void put_bar(FILE *f, const struct report *r, int64_t from, int64_t to,
                    int width, const char *mark)
{
    double span = r->end_us > 0 ? (double)r->end_us : 1;
    int a = (int)((double)from / span * width);
    int b = (int)((double)to / span * width);

    a = a < 0 ? 0 : a >= width ? width - 1 : a;
    if (b <= a)
        b = a + 1;
    for (int i = 0; i < width; i++)
        fputs(i >= a && i < b ? mark : " ", f);
}

static void put_phases(FILE *f, const struct report *r, int width)
{
    char shown[16];

    for (size_t i = 0; i < r->phases.n; i++) {
        const struct report_line *p = &r->phases.items[i];
        int64_t end = i + 1 < r->phases.n ? p[1].t_us : r->end_us;

        fprintf(f, "  %-14s %9.1f ms |",
                qmp_printable(shown, sizeof(shown), p->text, strlen(p->text)),
                ms(end - p->t_us));
        put_bar(f, r, p->t_us, end, width, "#");
        fputs("|\n", f);
    }
    if (report_blackout_us(r) < 0)
        return;
    fprintf(f, "  %-14s %9.1f ms |", "guest stopped",
            ms(report_blackout_us(r)));
    put_bar(f, r, r->stop_us, r->resume_us, width, "X");
    fputs("|\n", f);
}

/* The largest value of each column, in eighths. */
static void put_curve(FILE *f, const struct report *r, enum report_curve curve,
                      int width)
{
    static const char *const marks[] = {" ", "▁", "▂", "▃", "▄",
                                        "▅", "▆", "▇", "█"};
    double max = report_max(r, curve);
    size_t at = 0;

    if (max <= 0)
        return;
    fprintf(f, "  %-18s %9.1f %-5s |", report_curves[curve].name, max,
            report_curves[curve].unit);
    for (int x = 0; x < width; x++) {
        size_t end = r->n_samples * (size_t)(x + 1) / (size_t)width;
        double top = 0;

        if (end <= at && at < r->n_samples)
            end = at + 1; /* fewer samples than columns: hold the last */
        for (size_t i = at; i < end && i < r->n_samples; i++)
            if (report_value(&r->samples[i], curve) > top)
                top = report_value(&r->samples[i], curve);
        at = r->n_samples * (size_t)(x + 1) / (size_t)width;
        fputs(marks[(int)(top / max * 8 + 0.5)], f);
    }
    fputs("|\n", f);
}

static void put_list(FILE *f, const char *title, const struct report_list *list)
{
    char shown[16];

    if (!list->n)
        return;
    fprintf(f, "\n%s\n", title);
    for (size_t i = 0; i < list->n; i++) {
        const struct report_line *l = &list->items[i];

        fprintf(f, "  %12.6f  %-12s ", (double)l->t_us / 1e6,
                qmp_printable(shown, sizeof(shown), l->peer, strlen(l->peer)));
        put(f, l->text);
        fputc('\n', f);
    }
    if (list->left_out)
        fprintf(f, "  ... and %zu more\n", list->left_out);
}

static void put_latencies(FILE *f, const struct report *r)
{
    char peer[16];
    char name[40];

    if (!r->n_latency)
        return;
    fprintf(f, "\nCommands                                      count   mean ms"
               "    max ms\n");
    for (size_t i = 0; i < r->n_latency; i++) {
        const struct report_latency *l = &r->latency[i];
        size_t answered = l->count - l->unanswered;

        fprintf(
            f, "  %-12s %-30s %6zu",
            qmp_printable(peer, sizeof(peer), l->peer, strlen(l->peer)),
            qmp_printable(name, sizeof(name), l->command, strlen(l->command)),
            l->count);
        if (answered)
            fprintf(f, " %9.1f %9.1f", ms(l->total_us) / (double)answered,
                    ms(l->max_us));
        if (l->unanswered)
            fprintf(f, "  %zu without answer", l->unanswered);
        fputc('\n', f);
    }
}

void report_put_text(FILE *f, const struct report *r, int width)
{
    int bar = width > 60 ? width - 32 : 28;

    fputs("Outcome      ", f);
    put(f, report_outcome(r));
    /* Recordings of other programs do not tell these. */
    if (*r->id || *r->start) {
        fputs("\nMigration    ", f);
        put(f, r->id);
        fputs(*r->id && *r->start ? ", started " : "", f);
        put(f, r->start);
    }
    for (int i = 0; i < 2; i++) {
        if (!r->version[i] && !*r->addr[i])
            continue;
        fprintf(f, "\n%-13s", i ? "Destination" : "Source");
        fputs("QEMU ", f);
        put(f, r->version[i] ? r->version[i] : "?");
        fputs(*r->addr[i] ? ", " : "", f);
        put(f, r->addr[i]);
    }
    fprintf(f, "\nTime         %.1f ms", ms(r->end_us));
    if (r->total_ms >= 0)
        fprintf(f, ", QEMU's own total %.0f ms", r->total_ms);
    if (report_blackout_us(r) >= 0)
        fprintf(f, "\nStopped      %.1f ms from STOP to RESUME",
                ms(report_blackout_us(r)));
    if (report_blackout_us(r) >= 0 && r->downtime_ms >= 0)
        fprintf(f, ", QEMU's own downtime %.0f ms", r->downtime_ms);
    fputs("\n\nPhases\n", f);
    put_phases(f, r, bar);
    if (r->n_samples) {
        fputs("\nCurves (samples of query-migrate)\n", f);
        for (int c = 0; c < CURVE__MAX; c++)
            put_curve(f, r, (enum report_curve)c, bar > 8 ? bar - 8 : bar);
    }
    put_list(f, "Errors and losses", &r->errors);
    put_list(f, "What was sent to change something", &r->plan);
    put_latencies(f, r);
    if (r->cut)
        fputs("\nThe last line of the transcript was cut.\n", f);
}
