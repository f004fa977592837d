/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The report as one page: no scripts, no requests (its own policy forbids
 * them), light and dark as the reader's system is, readable on a phone and on
 * paper. Each curve is an SVG image with a title and a table of its values.
 * What comes from the transcript goes through put() and nowhere else.
 */
#include "transcript/report.h"

#include <inttypes.h>
#include <string.h>

#define WIDTH  640 /* of the drawings, in their own units */
#define HEIGHT 120
#define LEFT   96

static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#57606a;"
    "--line:#d0d7de;--a:#0969da;--b:#1a7f37;--bad:#cf222e;--soft:#f6f8fa}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;"
    "--dim:#9198a1;--line:#3d444d;--a:#4493f8;--b:#3fb950;--bad:#f85149;"
    "--soft:#151b23}}\n"
    "body{background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,"
    "sans-serif;max-width:78rem;margin:0 auto;padding:1rem}\n"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}\n"
    "main{display:grid;gap:2rem;grid-template-columns:repeat(auto-fit,"
    "minmax(min(100%,34rem),1fr))}\narticle{min-width:0}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;"
    "margin:0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}\n"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "th,td{text-align:left;border-bottom:1px solid var(--line);"
    "padding:.15rem .6rem .15rem 0;vertical-align:top;"
    "overflow-wrap:anywhere}td.n,th.n{text-align:right;white-space:nowrap;"
    "font-variant-numeric:tabular-nums}\n"
    "svg{width:100%;height:auto;background:var(--soft);border-radius:4px}"
    "svg text{fill:var(--fg);font:11px system-ui,sans-serif}"
    ".p{fill:var(--a);opacity:.75}.q{fill:var(--b);opacity:.75}"
    ".p:nth-of-type(even),.q:nth-of-type(even){opacity:.45}"
    ".x{fill:var(--bad)}.d{fill:var(--a)}td.w{white-space:nowrap}.c{fill:none;"
    "stroke:var(--a);stroke-width:1.5}"
    ".g{stroke:var(--line);stroke-width:1}\n"
    ".bad{color:var(--bad)}.scroll{overflow-x:auto}"
    "summary{cursor:pointer;color:var(--dim)}"
    "a:focus-visible,summary:focus-visible{outline:2px solid var(--a)}\n"
    "@media print{details>*{display:block}body{max-width:none}"
    "details::details-content{content-visibility:visible}"
    "svg,tr{break-inside:avoid}}\n";

/* Foreign text: nothing of it is markup, and nothing acts on a terminal that
 * shows the source. */
static void put(FILE *f, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '&')
            fputs("&amp;", f);
        else if (*p == '<')
            fputs("&lt;", f);
        else if (*p == '>')
            fputs("&gt;", f);
        else if (*p == '"')
            fputs("&quot;", f);
        else if (*p == '\'')
            fputs("&#39;", f);
        else if ((*p < 0x20 && *p != '\n') || *p == 0x7f)
            fprintf(f, "\\x%02x", *p);
        else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
            fprintf(f, "\\x%02x", *++p);
        else
            fputc(*p, f);
    }
}

static double ms(int64_t us)
{
    return (double)us / 1000;
}

static void put_fact(FILE *f, const char *name, const char *text)
{
    if (!*text)
        return;
    fprintf(f, "<dt>%s</dt><dd>", name);
    put(f, text);
    fputs("</dd>\n", f);
}

static void put_facts(FILE *f, const struct report *r)
{
    fputs("<dl>\n", f);
    put_fact(f, "Outcome", report_outcome(r));
    put_fact(f, "File", r->path);
    put_fact(f, "Migration", r->id);
    put_fact(f, "Started", r->start);
    put_fact(f, "Recorded by", r->program);
    for (int i = 0; i < 2; i++) {
        if (!r->version[i] && !*r->addr[i])
            continue; /* a recording of another program */
        fprintf(f, "<dt>%s</dt><dd>QEMU ", i ? "Destination" : "Source");
        put(f, r->version[i] ? r->version[i] : "?");
        fputs(*r->addr[i] ? ", " : "", f);
        put(f, r->addr[i]);
        fputs("</dd>\n", f);
    }
    fprintf(f, "<dt>Time</dt><dd>%.1f ms", ms(r->end_us));
    if (r->total_ms >= 0)
        fprintf(f, " (QEMU's own total: %.0f ms)", r->total_ms);
    fputs("</dd>\n", f);
    if (report_blackout_us(r) >= 0) {
        fprintf(f,
                "<dt>Guest stopped</dt><dd><span class=blackout>%.1f</span> ms "
                "from STOP to RESUME",
                ms(report_blackout_us(r)));
        if (r->downtime_ms >= 0)
            fprintf(f, " (QEMU's own downtime: %.0f ms)", r->downtime_ms);
        fputs("</dd>\n", f);
    }
    if (r->cut)
        fputs("<dt>Cut</dt><dd class=bad>the last line of the transcript was "
              "cut</dd>\n",
              f);
    fputs("</dl>\n", f);
}

static double x_of(const struct report *r, int64_t t_us)
{
    double span = r->end_us > 0 ? (double)r->end_us : 1;

    return LEFT + (double)t_us / span * (WIDTH - LEFT - 8);
}

static void put_rect(FILE *f, const struct report *r, int64_t from, int64_t to,
                     int y, const char *class, const char *name)
{
    double x = x_of(r, from);
    double w = x_of(r, to) - x;

    fprintf(f, "<rect class=%s x=%.2f y=%d width=%.2f height=16><title>", class,
            x, y, w < 1 ? 1 : w);
    put(f, name);
    fprintf(f, ": %.1f ms</title></rect>\n", ms(to - from));
}

/* One row a peer: how long each status held there. */
static void put_statuses(FILE *f, const struct report *r, const char *peer,
                         int y)
{
    const struct report_line *last = NULL;

    fprintf(f, "<text x=4 y=%d>%s</text>\n", y + 12, peer);
    for (size_t i = 0; i < r->statuses.n; i++) {
        const struct report_line *l = &r->statuses.items[i];

        if (strcmp(l->peer, peer))
            continue;
        if (last)
            put_rect(f, r, last->t_us, l->t_us, y, "q", last->text);
        last = l;
    }
    if (last)
        put_rect(f, r, last->t_us, r->end_us, y, "q", last->text);
}

static void put_timeline(FILE *f, const struct report *r)
{
    fprintf(f,
            "<h2>Time line</h2>\n<svg viewBox=\"0 0 %d 116\" role=img "
            "class=timeline><title>Phases of the program, statuses of the two "
            "QEMUs, and the time the guest was stopped, over %.1f ms</title>\n",
            WIDTH, ms(r->end_us));
    fputs("<text x=4 y=20>phases</text>\n", f);
    for (size_t i = 0; i < r->phases.n; i++) {
        const struct report_line *p = &r->phases.items[i];

        put_rect(f, r, p->t_us, i + 1 < r->phases.n ? p[1].t_us : r->end_us, 8,
                 "p", p->text);
    }
    put_statuses(f, r, "source", 32);
    put_statuses(f, r, "destination", 56);
    fputs("<text x=4 y=92>guest stopped</text>\n", f);
    if (report_blackout_us(r) >= 0)
        put_rect(f, r, r->stop_us, r->resume_us, 80, "x", "guest stopped");
    fprintf(f,
            "<text x=%d y=112>0</text><text x=%d y=112 text-anchor=end>%.1f "
            "ms</text></svg>\n",
            LEFT, WIDTH - 8, ms(r->end_us));
    if (!r->phases.n)
        return;
    fputs("<div class=scroll><table class=phases><tr><th>phase<th "
          "class=n>from, ms<th class=n>took, ms<th>because</tr>\n",
          f);
    for (size_t i = 0; i < r->phases.n; i++) {
        const struct report_line *p = &r->phases.items[i];
        int64_t end = i + 1 < r->phases.n ? p[1].t_us : r->end_us;

        fputs("<tr><td>", f);
        put(f, p->text);
        fprintf(f, "<td class=n>%.1f<td class=n>%.1f<td>", ms(p->t_us),
                ms(end - p->t_us));
        put(f, r->reasons.items[i].text);
        fputs("</tr>\n", f);
    }
    fputs("</table></div>\n", f);
}

static void put_curve_table(FILE *f, const struct report *r,
                            enum report_curve curve)
{
    /* At most 24 rows: it is the alternative to a glance at the curve. */
    size_t step = r->n_samples / 24 + 1;

    fprintf(f,
            "<details><summary>%s as a table</summary><table><tr><th "
            "class=n>ms<th class=n>%s</tr>\n",
            report_curves[curve].name, report_curves[curve].unit);
    for (size_t i = 0; i < r->n_samples; i += step)
        fprintf(f, "<tr><td class=n>%.1f<td class=n>%.1f</tr>\n",
                ms(r->samples[i].t_us), report_value(&r->samples[i], curve));
    fputs("</table></details>\n", f);
}

static void put_curve(FILE *f, const struct report *r, enum report_curve curve)
{
    double max = report_max(r, curve);
    const char *name = report_curves[curve].name;

    if (max <= 0)
        return;
    fprintf(f,
            "<figure style=margin:0><svg viewBox=\"0 0 %d %d\" role=img "
            "class=curve><title>%s over time, at most %.1f %s</title>\n"
            "<text x=4 y=16>%s</text><text x=4 y=34>%.1f %s</text>"
            "<line class=g x1=%d x2=%d y1=%d y2=%d />\n"
            "<polyline class=c points=\"",
            WIDTH, HEIGHT, name, max, report_curves[curve].unit, name, max,
            report_curves[curve].unit, LEFT, WIDTH - 8, HEIGHT - 8, HEIGHT - 8);
    for (size_t i = 0; i < r->n_samples; i++)
        fprintf(f, "%.2f,%.2f ", x_of(r, r->samples[i].t_us),
                HEIGHT - 8 -
                    report_value(&r->samples[i], curve) / max * (HEIGHT - 16));
    fputs("\"/>\n", f);
    /* A line of one point is not seen. */
    for (size_t i = 0; r->n_samples <= 32 && i < r->n_samples; i++)
        fprintf(f, "<circle class=d r=2.5 cx=%.2f cy=%.2f />\n",
                x_of(r, r->samples[i].t_us),
                HEIGHT - 8 -
                    report_value(&r->samples[i], curve) / max * (HEIGHT - 16));
    fputs("</svg>\n", f);
    put_curve_table(f, r, curve);
    fputs("</figure>\n", f);
}

static void put_list(FILE *f, const char *title, const char *class,
                     const struct report_list *list)
{
    if (!list->n)
        return;
    fprintf(f,
            "<h2>%s</h2>\n<div class=scroll><table class=%s><tr><th "
            "class=n>ms<th>where<th>what</tr>\n",
            title, class);
    for (size_t i = 0; i < list->n; i++) {
        fprintf(f, "<tr><td class=n>%.1f<td class=w>", ms(list->items[i].t_us));
        put(f, list->items[i].peer);
        fputs("<td>", f);
        put(f, list->items[i].text);
        fputs("</tr>\n", f);
    }
    if (list->left_out)
        fprintf(f, "<tr><td><td><td>and %zu more</tr>\n", list->left_out);
    fputs("</table></div>\n", f);
}

static void put_latencies(FILE *f, const struct report *r)
{
    if (!r->n_latency)
        return;
    fputs("<h2>How long commands took</h2>\n<div class=scroll><table "
          "class=latency><tr><th>where<th>command<th class=n>count<th "
          "class=n>mean, ms<th class=n>longest, ms<th class=n>no answer</tr>\n",
          f);
    for (size_t i = 0; i < r->n_latency; i++) {
        const struct report_latency *l = &r->latency[i];
        size_t answered = l->count - l->unanswered;

        fputs("<tr><td class=w>", f);
        put(f, l->peer);
        fputs("<td>", f);
        put(f, l->command);
        fprintf(f,
                "<td class=n>%zu<td class=n>%.1f<td class=n>%.1f<td class=n>",
                l->count, answered ? ms(l->total_us) / (double)answered : 0,
                ms(l->max_us));
        if (l->unanswered)
            fprintf(f, "%zu", l->unanswered);
        fputs("</tr>\n", f);
    }
    fputs("</table></div>\n", f);
}

static int64_t phase_us(const struct report *r, const char *name)
{
    int64_t sum = 0;

    for (size_t i = 0; i < r->phases.n; i++)
        if (!strcmp(r->phases.items[i].text, name))
            sum += (i + 1 < r->phases.n ? r->phases.items[i + 1].t_us
                                        : r->end_us) -
                   r->phases.items[i].t_us;
    return sum;
}

static void put_difference(FILE *f, const char *name, int64_t a, int64_t b)
{
    fputs("<tr><td>", f);
    put(f, name);
    fprintf(f, "<td class=n>%.1f<td class=n>%.1f<td class=n>%+.1f</tr>\n",
            ms(a), ms(b), ms(b - a));
}

static bool is_first_of(const struct report_list *list, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (!strcmp(list->items[j].text, list->items[i].text))
            return false;
    return true;
}

static void put_comparison(FILE *f, const struct report *a,
                           const struct report *b)
{
    fputs("<h2>Compared</h2>\n<div class=scroll><table class=compare><tr><th>"
          "what<th class=n>first, ms<th class=n>second, ms<th class=n>"
          "difference</tr>\n",
          f);
    put_difference(f, "all", a->end_us, b->end_us);
    if (report_blackout_us(a) >= 0 && report_blackout_us(b) >= 0)
        put_difference(f, "guest stopped", report_blackout_us(a),
                       report_blackout_us(b));
    for (size_t i = 0; i < a->phases.n; i++)
        if (is_first_of(&a->phases, i))
            put_difference(f, a->phases.items[i].text,
                           phase_us(a, a->phases.items[i].text),
                           phase_us(b, a->phases.items[i].text));
    for (size_t i = 0; i < b->phases.n; i++)
        if (is_first_of(&b->phases, i) && !phase_us(a, b->phases.items[i].text))
            put_difference(f, b->phases.items[i].text, 0,
                           phase_us(b, b->phases.items[i].text));
    fputs("</table></div>\n", f);
}

static void put_article(FILE *f, const struct report *r)
{
    fputs("<article>\n", f);
    put_facts(f, r);
    put_timeline(f, r);
    put_list(f, "Errors and losses", "errors", &r->errors);
    if (r->n_samples)
        fputs("<h2>Curves</h2>\n", f);
    for (int c = 0; r->n_samples && c < CURVE__MAX; c++)
        put_curve(f, r, (enum report_curve)c);
    put_list(f, "What was sent to change something", "plan", &r->plan);
    put_latencies(f, r);
    fputs("</article>\n", f);
}

void report_put_html(FILE *f, struct report *const r[], size_t n)
{
    fputs("<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
          "<meta name=viewport content=\"width=device-width,initial-scale=1\">"
          "\n<meta http-equiv=Content-Security-Policy content=\"default-src "
          "'none';style-src 'unsafe-inline';img-src data:\">\n"
          "<link rel=icon href=\"data:,\">\n<title>Migration ",
          f);
    put(f, r[0]->id);
    fprintf(f, "</title>\n<style>\n%s</style></head>\n<body>\n<h1>%s", style,
            n > 1 ? "Two migrations" : "Migration: ");
    if (n == 1)
        put(f, report_outcome(r[0]));
    fputs("</h1>\n", f);
    if (n > 1)
        put_comparison(f, r[0], r[1]);
    fputs("<main>\n", f);
    for (size_t i = 0; i < n; i++)
        put_article(f, r[i]);
    fputs("</main>\n</body></html>\n", f);
}
