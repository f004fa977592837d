/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "abi/report.h"
#include "abi/match.h"

#include <ctype.h>
#include <string.h>

static const char *const verdicts[] = {
    [ABI_SAME] = "same", [ABI_DIFFERS] = "differs", [ABI_INVALID] = "invalid"};
static const char *const severities[] = {
    [ABI_REFUSED] = "refused", [ABI_SILENT] = "silent", [ABI_HOST] = "host"};

const char *abi_verdict_str(enum abi_verdict v)
{
    return verdicts[v];
}

const char *abi_severity_str(enum abi_severity s)
{
    return severities[s];
}

/* entry[vendor] -> entry[@name='vendor'], text() is not shown. */
static void put_row_path(FILE *to, const char *path)
{
    if (!strcmp(path, "text()"))
        return;
    fputc('/', to);
    for (const char *p = path; *p; p++) {
        if (!strcmp(p, "/text()"))
            break;
        if (*p == '[')
            fprintf(to, "[@name='%.*s'", (int)strcspn(p + 1, "]"), p + 1);
        if (*p == '[')
            p += strcspn(p, "]");
        fputc(*p, to);
    }
}

static void put_object_path(FILE *to, const struct dom_object *o)
{
    if (o->kind->id == KIND_DOMAIN) {
        fputs("/domain", to);
        return;
    }
    put_object_path(to, o->parent);
    fprintf(to, "/%s", o->kind->path);
    if (o->line)
        fprintf(to, "[%u]", o->position);
}

const char *report_path(struct domain *d, const struct dom_object *o, int row)
{
    CLEANUP(freep) char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);

    if (!to)
        return NULL;
    put_object_path(to, o);
    if (row >= 0)
        put_row_path(to, dom_field(o->kind, (unsigned)row)->path);
    fclose(to);
    return dom_strndup(d, out, size);
}

static const char *row_code(struct domain *d, const struct dom_kind *k, int row)
{
    const struct dom_field *f = dom_field(k, (unsigned)row);
    char *code = dom_printf(d, "%s.%s", k->code, f->id);

    for (char *p = code ? code + strlen(k->code) : NULL; p && *p; p++)
        *p = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
    return code;
}

static const char *or_absent(const char *text)
{
    return text ? text : "(absent)";
}

static const char *row_message(const struct report *rep, const struct found *f)
{
    const struct dom_object *o = f->dst ? f->dst : f->src;
    const struct dom_field *field = dom_field(o->kind, (unsigned)f->row);

    return dom_printf(rep->dst,
                      "Target %s %s '%.200s' does not match source "
                      "'%.200s'",
                      match_label(rep->dst, o), field->what, or_absent(f->dest),
                      or_absent(f->source));
}

static int line_of(const struct dom_object *o, int row)
{
    int line = 0;

    if (!o)
        return 0;
    if (row >= 0)
        line = o->v[row].line;
    if (line <= 0)
        line = o->line;
    return line > 0 ? line : 0;
}

static char *copy(struct report *rep, const char *text)
{
    char *c = text ? strdup(text) : NULL;

    if (text && !c)
        rep->nomem = true;
    return c;
}

static struct abi_difference *next_slot(struct report *rep)
{
    struct abi_report *r = rep->r;

    if (r->n == rep->cap) {
        size_t cap = rep->cap ? rep->cap * 2 : 16;
        struct abi_difference *d = realloc(r->differences, cap * sizeof(*d));

        if (!d) {
            rep->nomem = true;
            return NULL;
        }
        r->differences = d;
        rep->cap = cap;
    }
    r->differences[r->n] = (struct abi_difference){0};
    return &r->differences[r->n++];
}

void report_add(struct report *rep, const struct found *f)
{
    const struct dom_object *o = f->dst ? f->dst : f->src;
    bool counts = rep->r->policy == ABI_POLICY_LIBVIRT ? f->libvirt : f->guest;
    struct abi_difference *d;
    const char *code;

    if (!counts && !(rep->flags & ABI_CHECK_ALL))
        return;
    if (counts && rep->r->verdict == ABI_SAME)
        rep->r->verdict = ABI_DIFFERS;
    if (!(d = next_slot(rep)))
        return;
    code = f->row >= 0 ? row_code(rep->dst, o->kind, f->row) : f->code;
    d->code = copy(rep, code);
    d->device = copy(rep, match_label(rep->dst, o));
    d->path = copy(rep, report_path(rep->dst, o, f->row));
    d->source = copy(rep, f->source);
    d->dest = copy(rep, f->dest);
    d->message = copy(rep, f->message ? f->message : row_message(rep, f));
    d->hint = copy(rep, hint_for(rep, f, code));
    d->severity = f->libvirt ? ABI_REFUSED : f->guest ? ABI_SILENT : ABI_HOST;
    d->source_line = line_of(f->src, f->row);
    d->dest_line = line_of(f->dst, f->row);
}

void abi_report_free(struct abi_report *report)
{
    if (!report)
        return;
    for (size_t i = 0; i < report->n; i++) {
        struct abi_difference *d = &report->differences[i];

        free(d->code);
        free(d->device);
        free(d->path);
        free(d->source);
        free(d->dest);
        free(d->message);
        free(d->hint);
    }
    free(report->differences);
    free(report->invalid);
    free(report);
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
    json_object_object_add(o, key, text ? json_object_new_string(text) : NULL);
}

static struct json_object *difference_json(const struct abi_difference *d)
{
    struct json_object *o = json_object_new_object();

    add_text(o, "code", d->code);
    add_text(o, "path", d->path);
    add_text(o, "source", d->source);
    add_text(o, "dest", d->dest);
    add_text(o, "severity", abi_severity_str(d->severity));
    add_text(o, "message", d->message);
    add_text(o, "device", d->device);
    if (d->source_line)
        json_object_object_add(o, "source_line",
                               json_object_new_int(d->source_line));
    if (d->dest_line)
        json_object_object_add(o, "dest_line",
                               json_object_new_int(d->dest_line));
    if (d->hint)
        add_text(o, "hint", d->hint);
    return o;
}

static struct json_object *report_head(const char *source, const char *dest,
                                       enum abi_verdict verdict)
{
    struct json_object *o = json_object_new_object();

    add_text(o, "source", source);
    add_text(o, "dest", dest);
    add_text(o, "verdict", abi_verdict_str(verdict));
    return o;
}

struct json_object *abi_report_json(const struct abi_report *report,
                                    const char *source, const char *dest)
{
    struct json_object *o = report_head(source, dest, report->verdict);
    struct json_object *list = json_object_new_array();

    if (report->invalid)
        add_text(o, "message", report->invalid);
    for (size_t i = 0; i < report->n; i++)
        json_object_array_add(list, difference_json(&report->differences[i]));
    json_object_object_add(o, "differences", list);
    return o;
}

struct json_object *abi_invalid_json(const char *why, const char *source,
                                     const char *dest)
{
    struct json_object *o = report_head(source, dest, ABI_INVALID);

    add_text(o, "message", why);
    json_object_object_add(o, "differences", json_object_new_array());
    return o;
}
