/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcript/report.h"

#include "qmp/json.h"
#include "transcript/story.h"

#include <stdarg.h>
#include <string.h>

const struct report_curve_row report_curves[CURVE__MAX] = {
    [CURVE_REMAINING] = {"remaining", "MiB", 1.0 / 1048576},
    [CURVE_TRANSFERRED] = {"transferred", "MiB", 1.0 / 1048576},
    [CURVE_RATE] = {"rate", "MiB/s", 1.0 / 1048576},
    [CURVE_DIRTY] = {"dirtied", "MiB/s", 1.0 / 1048576},
    [CURVE_LIMIT] = {"bandwidth limit", "MiB/s", 1.0 / 1048576},
    [CURVE_THROTTLE] = {"throttle", "%", 1},
    [CURVE_REQUESTS] = {"post-copy requests", "pages", 1},
};

double report_value(const struct report_sample *s, enum report_curve curve)
{
    const double values[CURVE__MAX] = {
        [CURVE_REMAINING] = s->remaining, [CURVE_TRANSFERRED] = s->transferred,
        [CURVE_RATE] = s->rate,           [CURVE_DIRTY] = s->dirty,
        [CURVE_LIMIT] = s->limit,         [CURVE_THROTTLE] = s->throttle,
        [CURVE_REQUESTS] = s->requests,
    };

    return values[curve] * report_curves[curve].scale;
}

double report_max(const struct report *r, enum report_curve curve)
{
    double max = 0;

    for (size_t i = 0; i < r->n_samples; i++) {
        double v = report_value(&r->samples[i], curve);

        if (v > max)
            max = v;
    }
    return max;
}

static const char *text_of(struct json_object *o, const char *key)
{
    struct json_object *v = json_object_object_get(o, key);

    return v ? json_object_get_string(v) : "";
}

static double number_of(struct json_object *o, const char *key, double without)
{
    struct json_object *v = json_object_object_get(o, key);

    return json_object_is_type(v, json_type_int) ||
                   json_object_is_type(v, json_type_double)
               ? json_object_get_double(v)
               : without;
}

static int no_memory(struct qmp_error **errp)
{
    return qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a report");
}

/* Takes `text` (NULL: there was no memory for it). */
static int add_line(struct report_list *list, int64_t t_us, const char *peer,
                    char *text, struct qmp_error **errp)
{
    struct report_line *line = &list->items[list->n];

    if (list->n == REPORT_LIST) {
        list->left_out++;
        free(text);
        return 0;
    }
    line->t_us = t_us;
    line->peer = strdup(peer ? peer : "");
    line->text = text;
    list->n++; /* report_free() sees to half of it */
    return line->peer && line->text ? 0 : no_memory(errp);
}

static char *format(const char *fmt, ...) PRINTF_LIKE(1, 2);
static char *format(const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    return text;
}

static bool is_source(const struct story_item *item)
{
    return item->peer && !strcmp(item->peer, "source");
}

static int add_greeting(struct report *r, const struct story_item *item,
                        struct qmp_error **errp)
{
    struct json_object *qemu = json_object_object_get(
        json_object_object_get(item->value, "version"), "qemu");
    char **to = &r->version[is_source(item) ? 0 : 1];

    free(*to);
    *to = format("%s.%s.%s", text_of(qemu, "major"), text_of(qemu, "minor"),
                 text_of(qemu, "micro"));
    return *to ? 0 : no_memory(errp);
}

static int add_event(struct report *r, const struct story_item *item,
                     struct qmp_error **errp)
{
    if (is_source(item) && !strcmp(item->name, "STOP"))
        r->stop_us = item->t_us;
    if (!is_source(item) && !strcmp(item->name, "RESUME"))
        r->resume_us = item->t_us;
    if (strcmp(item->name, "MIGRATION"))
        return 0;
    return add_line(&r->statuses, item->t_us, item->peer,
                    strdup(text_of(item->value, "status")), errp);
}

/* Too many: of those that are kept every second one goes. */
static void thin_out(struct report *r)
{
    for (size_t i = 0; i < REPORT_SAMPLES / 2; i++)
        r->samples[i] = r->samples[2 * i];
    r->n_samples = REPORT_SAMPLES / 2;
    r->every *= 2;
}

static void add_sample(struct report *r, const struct story_item *item)
{
    struct json_object *o = item->answer;
    struct json_object *ram = json_object_object_get(o, "ram");
    double page = number_of(ram, "page-size", 4096);

    if (!is_source(item) || strcmp(item->name, "query-migrate"))
        return;
    r->downtime_ms = number_of(o, "downtime", r->downtime_ms);
    r->total_ms = number_of(o, "total-time", r->total_ms);
    if (!ram || r->seen++ % r->every)
        return;
    if (r->n_samples == REPORT_SAMPLES)
        thin_out(r);
    r->samples[r->n_samples++] = (struct report_sample){
        .t_us = item->t_us + item->latency_us,
        .transferred = number_of(ram, "transferred", 0),
        .remaining = number_of(ram, "remaining", 0),
        .rate = number_of(ram, "mbps", 0) * 1e6 / 8,
        .dirty = number_of(ram, "dirty-pages-rate", 0) * page,
        .limit = r->limit,
        .throttle = number_of(o, "cpu-throttle-percentage", 0),
        .requests = number_of(ram, "postcopy-requests", 0),
    };
}

static int add_latency(struct report *r, const struct story_item *item,
                       struct qmp_error **errp)
{
    struct report_latency *l = NULL;

    for (size_t i = 0; i < r->n_latency && !l; i++)
        if (!strcmp(r->latency[i].command, item->name) &&
            !strcmp(r->latency[i].peer, item->peer))
            l = &r->latency[i];
    if (!l && r->n_latency == REPORT_LATENCY)
        return 0;
    if (!l) {
        l = &r->latency[r->n_latency++];
        l->peer = strdup(item->peer);
        l->command = strdup(item->name);
        if (!l->peer || !l->command)
            return no_memory(errp);
    }
    l->count++;
    if (!item->answered) {
        l->unanswered++;
        return 0;
    }
    l->total_us += item->latency_us;
    if (item->latency_us > l->max_us)
        l->max_us = item->latency_us;
    return 0;
}

static int add_command(struct report *r, const struct story_item *item,
                       struct qmp_error **errp)
{
    bool asks = !strncmp(item->name, "query-", 6) ||
                !strcmp(item->name, "qmp_capabilities");
    double limit = number_of(item->value, "max-bandwidth", -1);

    if (item->withdrawn)
        return 0;
    if (add_latency(r, item, errp) < 0)
        return -1;
    if (is_source(item) && limit >= 0)
        r->limit = limit;
    if (item->answered && !item->failed)
        add_sample(r, item);
    if (item->answered && *text_of(item->answer, "error-desc") &&
        add_line(&r->errors, item->t_us, item->peer,
                 format("%s says: %s", item->name,
                        text_of(item->answer, "error-desc")),
                 errp) < 0)
        return -1;
    if (item->failed && add_line(&r->errors, item->t_us, item->peer,
                                 format("%s was refused: %s", item->name,
                                        text_of(item->answer, "desc")),
                                 errp) < 0)
        return -1;
    if (asks)
        return 0;
    CLEANUP(freep) char *args = item->value ? qmp_json_text(item->value) : NULL;
    return add_line(
        &r->plan, item->t_us, item->peer,
        format("%s%s%s", item->name, args ? " " : "", args ? args : ""), errp);
}

/* The program's own last word, and the destination's. */
static int add_result(struct report *r, const struct story_item *item,
                      struct qmp_error **errp)
{
    struct json_object *error = json_object_object_get(item->value, "error");
    const char *said = text_of(error, "stderr");

    free(r->outcome);
    r->outcome = format("%s%s%s", text_of(item->value, "result"),
                        error ? ": " : "", text_of(error, "message"));
    if (!r->outcome)
        return no_memory(errp);
    return *said ? add_line(&r->errors, item->t_us, "destination",
                            format("its last words: %s", said), errp)
                 : 0;
}

static int add_user(struct report *r, const struct story_item *item,
                    struct qmp_error **errp)
{
    struct json_object *given =
        json_object_object_get(item->value, "arguments");
    CLEANUP(freep) char *args = given ? qmp_json_text(given) : NULL;

    return add_line(&r->plan, item->t_us, "user",
                    format("%s%s%s", text_of(item->value, "action"),
                           args ? " " : "", args ? args : ""),
                    errp);
}

static int add_note(struct report *r, const struct story_item *item,
                    struct qmp_error **errp)
{
    if (!strcmp(item->name, "result"))
        return add_result(r, item, errp);
    if (!strcmp(item->name, "user"))
        return add_user(r, item, errp);
    if (strcmp(item->name, "warning") && strcmp(item->name, "further-error"))
        return 0;
    const char *text = text_of(item->value, "text");
    return add_line(&r->errors, item->t_us, "",
                    strdup(*text ? text : text_of(item->value, "message")),
                    errp);
}

static int on_item(const struct story_item *item, void *opaque,
                   struct qmp_error **errp)
{
    struct report *r = opaque;

    switch (item->kind) {
    case STORY_COMMAND:
        return add_command(r, item, errp);
    case STORY_EVENT:
        return add_event(r, item, errp);
    case STORY_GREETING:
        return add_greeting(r, item, errp);
    case STORY_PHASE:
        if (add_line(&r->phases, item->t_us, "", strdup(item->name), errp) < 0)
            return -1;
        return add_line(&r->reasons, item->t_us, "",
                        strdup(item->text ? item->text : ""), errp);
    case STORY_NOTE:
        return add_note(r, item, errp);
    case STORY_CLOSED:
        return item->text ? add_line(&r->errors, item->t_us, item->peer,
                                     strdup(item->text), errp)
                          : 0;
    case STORY_RAW:
        return add_line(&r->errors, item->t_us, item->peer,
                        format("not JSON: %.200s", item->text), errp);
    }
    return 0;
}

static int read_header(struct report *r, struct json_object *header,
                       struct qmp_error **errp)
{
    struct json_object *peers = json_object_object_get(header, "peers");

    r->program = strdup(text_of(header, "program"));
    r->id = strdup(text_of(header, "id"));
    r->start = strdup(text_of(header, "start"));
    r->addr[0] =
        strdup(text_of(json_object_object_get(peers, "source"), "addr"));
    r->addr[1] =
        strdup(text_of(json_object_object_get(peers, "destination"), "addr"));
    return r->program && r->id && r->start && r->addr[0] && r->addr[1]
               ? 0
               : no_memory(errp);
}

struct report *report_new(const char *path, struct qmp_error **errp)
{
    CLEANUP(report_freep) struct report *r = calloc(1, sizeof(*r));
    CLEANUP(json_putp) struct json_object *header = NULL;
    struct story_end end = {0};

    if (r)
        r->path = strdup(path);
    if (!r || !r->path) {
        no_memory(errp);
        return NULL;
    }
    r->every = 1;
    r->stop_us = r->resume_us = REPORT_NO_TIME;
    r->downtime_ms = r->total_ms = -1;
    if (story_read(path, on_item, r, &end, errp) < 0)
        return NULL;
    header = end.header;
    r->cut = end.cut;
    r->format = end.format;
    r->end_us = end.t_us;
    if (read_header(r, header, errp) < 0)
        return NULL;
    return TAKE_PTR(r);
}

static void free_list(struct report_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->items[i].peer);
        free(list->items[i].text);
    }
}

void report_free(struct report *r)
{
    if (!r)
        return;
    free_list(&r->phases);
    free_list(&r->reasons);
    free_list(&r->statuses);
    free_list(&r->plan);
    free_list(&r->errors);
    for (size_t i = 0; i < r->n_latency; i++) {
        free(r->latency[i].peer);
        free(r->latency[i].command);
    }
    for (int i = 0; i < 2; i++) {
        free(r->version[i]);
        free(r->addr[i]);
    }
    free(r->outcome);
    free(r->path);
    free(r->program);
    free(r->id);
    free(r->start);
    free(r);
}

const char *report_outcome(const struct report *r)
{
    size_t n = r->phases.n;

    if (r->outcome)
        return r->outcome;
    if (n && !strcmp(r->phases.items[n - 1].text, "done"))
        return r->reasons.items[n - 1].text;
    return r->cut ? "unknown: the transcript was cut"
                  : "unknown: the transcript does not tell";
}

int64_t report_blackout_us(const struct report *r)
{
    if (r->stop_us == REPORT_NO_TIME || r->resume_us == REPORT_NO_TIME ||
        r->resume_us < r->stop_us)
        return -1;
    return r->resume_us - r->stop_us;
}
