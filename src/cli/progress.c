/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include "plan/plan.h"

#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

#define REDRAW_US 500000
#define ALMOST    999 /* permille that are shown until it is certain */
#define MIN_BAR   10
#define MAX_BAR   60
#define MAX_LINE  512
#define USUAL     70 /* columns beside the bar */

struct bytes_text bytes_text(uint64_t bytes)
{
    static const char units[] = "BKMGTPE";
    struct bytes_text text;
    double value = (double)bytes;
    size_t unit = 0;

    for (; value >= 999.95 && unit + 1 < sizeof(units) - 1; unit++)
        value /= 1024;
    snprintf(text.s, sizeof(text.s), unit ? "%.1f%c" : "%.0f%c", value,
             units[unit]);
    return text;
}

/* Before RAM flows, disks do. */
static bool copies_disks(const struct qmig_progress *q)
{
    return q->disk_total > 0 && q->total == 0;
}

static int64_t disks_eta_us(const struct qmig_progress *q)
{
    return q->disk_bytes_per_second
               ? (int64_t)((double)q->disk_remaining * 1e6 /
                           (double)q->disk_bytes_per_second)
               : -1;
}

/* Of this pass; what QEMU calls remaining grows again with a new pass. */
int progress_permille(const struct qmig_progress *q)
{
    if (q->phase > QMIG_PHASE_PERFORM)
        return ALMOST;
    uint64_t total = copies_disks(q) ? q->disk_total : q->total;
    uint64_t remaining = copies_disks(q) ? q->disk_remaining : q->remaining;
    if (q->phase < QMIG_PHASE_PERFORM || total == 0 || remaining >= total)
        return 0;
    double done = (double)(total - remaining) / (double)total;
    int permille = (int)(done * 1000);
    return permille < ALMOST ? permille : ALMOST;
}

static void eta_text(char *buf, size_t size, int64_t eta_us)
{
    int64_t s = (eta_us + 999999) / 1000000;

    if (eta_us < 0)
        snprintf(buf, size, "-");
    else if (s < 100)
        snprintf(buf, size, "%ds", (int)s);
    else if (s < 100 * 60)
        snprintf(buf, size, "%dm%02ds", (int)(s / 60), (int)(s % 60));
    else
        snprintf(buf, size, "%lldh%02dm", (long long)(s / 3600),
                 (int)(s / 60 % 60));
}

static void figures(char *buf, size_t size, const struct qmig_progress *q)
{
    char eta[32];

    eta_text(eta, sizeof(eta), copies_disks(q) ? disks_eta_us(q) : q->eta_us);
    if (copies_disks(q)) {
        snprintf(buf, size, "disks: copied %s left %s at %s/s ETA %s",
                 bytes_text(q->disk_transferred).s,
                 bytes_text(q->disk_remaining).s,
                 bytes_text(q->disk_bytes_per_second).s, eta);
        return;
    }
    snprintf(buf, size, "sent %s left %s at %s/s dirty %s/s pass %llu ETA %s",
             bytes_text(q->transferred).s, bytes_text(q->remaining).s,
             bytes_text(q->bytes_per_second).s,
             bytes_text(q->dirty_bytes_per_second).s,
             (unsigned long long)q->iteration, eta);
}

/* "[=====>    ] " beside so many columns of text; nothing if there is no
 * room. It keeps its width while the figures grow and shrink within what is
 * usual, and leaves the last column: the cursor has to stay on the line. */
static void bar(char *buf, size_t size, size_t columns, size_t used,
                int permille)
{
    used = used + 1 > USUAL ? used + 1 : USUAL;
    if (columns < used + MIN_BAR)
        return;
    size_t width = columns - used < MAX_BAR ? columns - used : MAX_BAR;
    size_t inner = width - 3;
    size_t filled = inner * (size_t)permille / 1000;
    size_t n = 0;

    if (width >= size)
        return;
    buf[n++] = '[';
    for (size_t i = 0; i < inner; i++)
        buf[n++] = i < filled ? '=' : i == filled ? '>' : ' ';
    buf[n++] = ']';
    buf[n++] = ' ';
    buf[n] = 0;
}

void progress_bar_text(char *buf, size_t size, size_t columns,
                       const struct qmig_progress *q, int permille)
{
    char text[MAX_LINE];
    char drawn[MAX_LINE] = "";

    if (q->holding)
        snprintf(text, sizeof(text), "held at %s for %d s", q->holding,
                 (int)(q->held_us / 1000000));
    else if (q->phase == QMIG_PHASE_PERFORM)
        figures(text, sizeof(text), q);
    else
        snprintf(text, sizeof(text), "%s", phase_name(q->phase));
    bar(drawn, sizeof(drawn), columns, strlen(text) + strlen("100.0% "),
        permille);
    int n = snprintf(buf, size, "%s%5.1f%% %s", drawn, permille / 10.0, text);
    if (n > 0 && columns > 0 && (size_t)n >= columns && columns - 1 < size)
        buf[columns - 1] = 0;
}

void progress_plain_text(char *buf, size_t size, const struct qmig_progress *q)
{
    int n = snprintf(buf, size, "qmigrate: %.3f s: %s",
                     (double)q->elapsed_us / 1e6, phase_name(q->phase));

    if (q->holding && n > 0 && (size_t)n < size)
        snprintf(buf + n, size - (size_t)n, ", held at %s", q->holding);
    else if (copies_disks(q) && n > 0 && (size_t)n < size)
        snprintf(buf + n, size - (size_t)n, " (copied %s of %s of disks)",
                 bytes_text(q->disk_transferred).s,
                 bytes_text(q->disk_total).s);
    else if (q->total > 0 && n > 0 && (size_t)n < size)
        snprintf(buf + n, size - (size_t)n, " (sent %s of %s, pass %llu)",
                 bytes_text(q->transferred).s, bytes_text(q->total).s,
                 (unsigned long long)q->iteration);
}

static void add_uint(struct json_object *o, const char *name, uint64_t value)
{
    json_object_object_add(o, name, json_object_new_uint64(value));
}

void progress_json_text(char *buf, size_t size, const struct qmig_progress *q,
                        int permille)
{
    CLEANUP(json_putp) struct json_object *o = json_object_new_object();

    json_object_object_add(o, "phase",
                           json_object_new_string(phase_name(q->phase)));
    json_object_object_add(o, "status",
                           json_object_new_string(q->status ? q->status : ""));
    json_object_object_add(o, "elapsed_us",
                           json_object_new_int64(q->elapsed_us));
    add_uint(o, "permille", (uint64_t)permille);
    add_uint(o, "total", q->total);
    add_uint(o, "transferred", q->transferred);
    add_uint(o, "remaining", q->remaining);
    add_uint(o, "bytes_per_second", q->bytes_per_second);
    add_uint(o, "dirty_bytes_per_second", q->dirty_bytes_per_second);
    add_uint(o, "iteration", q->iteration);
    if (q->disk_total) {
        add_uint(o, "disk_total", q->disk_total);
        add_uint(o, "disk_transferred", q->disk_transferred);
        add_uint(o, "disk_remaining", q->disk_remaining);
        add_uint(o, "disk_bytes_per_second", q->disk_bytes_per_second);
    }
    json_object_object_add(
        o, "eta_us", q->eta_us < 0 ? NULL : json_object_new_int64(q->eta_us));
    if (q->holding) {
        json_object_object_add(o, "holding",
                               json_object_new_string(q->holding));
        json_object_object_add(o, "held_us", json_object_new_int64(q->held_us));
    }
    snprintf(buf, size, "%s",
             json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
}

void put_now(int fd, const char *text, size_t len)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    /* A pipe that polls writable takes a line of this size whole. */
    if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
        return;
    if (write(fd, text, len) < 0)
        return; /* nobody listens any more */
}

static void put_line(int fd, char *buf, size_t size)
{
    size_t n = strlen(buf);

    if (n + 1 < size)
        buf[n++] = '\n';
    put_now(fd, buf, n);
}

void progress_init(struct progress *p, const struct cli *cli)
{
    const char *term = getenv("TERM");
    bool terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;

    *p = (struct progress){
        .mode = (enum progress_mode)cli->progress,
        .out = STDERR_FILENO,
        .json_fd = cli->progress_fd,
    };
    if (p->mode == PROGRESS_AUTO)
        p->mode = terminal || cli->verbose ? PROGRESS_BAR : PROGRESS_PLAIN;
}

static size_t terminal_columns(int fd)
{
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static void draw_bar(struct progress *p, const struct qmig_progress *q)
{
    char text[MAX_LINE];
    char line[MAX_LINE + 8];

    progress_bar_text(text, sizeof(text), terminal_columns(p->out), q,
                      p->permille);
    /* Erase to the end of the line instead of writing blanks there. */
    int n = snprintf(line, sizeof(line), "\r%s\033[K", text);
    put_now(p->out, line, (size_t)n);
    p->drawn_us = q->elapsed_us ? q->elapsed_us : 1;
}

void progress_show(struct progress *p, const struct qmig_progress *q)
{
    char buf[MAX_LINE * 2];
    bool new_phase =
        !p->any || q->phase != p->phase || (q->holding && !p->holding);
    int permille = progress_permille(q);

    p->any = true;
    p->phase = q->phase;
    p->holding = q->holding != NULL;
    if (permille > p->permille)
        p->permille = permille;
    if (p->mode == PROGRESS_PLAIN && new_phase) {
        progress_plain_text(buf, sizeof(buf), q);
        put_line(p->out, buf, sizeof(buf));
    }
    if (p->mode == PROGRESS_BAR &&
        (!p->drawn_us || q->elapsed_us - p->drawn_us >= REDRAW_US))
        draw_bar(p, q);
    if (p->mode == PROGRESS_JSON || p->json_fd >= 0)
        progress_json_text(buf, sizeof(buf) - 1, q, p->permille);
    if (p->mode == PROGRESS_JSON) {
        put_line(p->out, buf, sizeof(buf));
        buf[strcspn(buf, "\n")] = 0;
    }
    if (p->json_fd >= 0)
        put_line(p->json_fd, buf, sizeof(buf));
}

void progress_break(struct progress *p)
{
    if (p->mode == PROGRESS_BAR && p->drawn_us)
        put_now(p->out, "\n", 1);
    p->drawn_us = 0;
}

void progress_end(struct progress *p, const char *result, bool completed)
{
    char buf[MAX_LINE];
    int n;

    if (p->mode == PROGRESS_BAR && p->drawn_us && completed) {
        char full[80] = "";
        bar(full, sizeof(full), terminal_columns(p->out),
            strlen(result) + strlen("100.0% "), 1000);
        n = snprintf(buf, sizeof(buf), "\r%s100.0%% %s\033[K", full, result);
        put_now(p->out, buf, (size_t)n);
    }
    progress_break(p);
    n = snprintf(buf, sizeof(buf), "{\"result\":\"%s\"}\n", result);
    if (p->mode == PROGRESS_JSON)
        put_now(p->out, buf, (size_t)n);
    if (p->json_fd >= 0)
        put_now(p->json_fd, buf, (size_t)n);
}
