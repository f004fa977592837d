/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* transcript diff: two dialogues side by side, by structure. */
#include "cli.h"

#include "error/errcode.h"
#include "transcript/compare.h"

#include <inttypes.h>
#include <string.h>

static void put_places(const struct difference *d)
{
    if (d->line[0] && d->line[1])
        printf("  (lines %" PRIu64 " and %" PRIu64 ")", d->line[0], d->line[1]);
    else if (d->line[0] || d->line[1])
        printf("  (line %" PRIu64 ")", d->line[0] ? d->line[0] : d->line[1]);
    putchar('\n');
}

static void put_both(const struct difference *d)
{
    cli_put_text(stdout, d->text[0] ? d->text[0] : "nothing");
    fputs(" -> ", stdout);
    cli_put_text(stdout, d->text[1] ? d->text[1] : "nothing");
}

static void put_text(const struct difference *d)
{
    static const char marks[] = {
        [DIFFERENCE_ONLY_FIRST] = '-', [DIFFERENCE_ONLY_SECOND] = '+',
        [DIFFERENCE_MOVED] = '^',      [DIFFERENCE_ARGUMENTS] = '~',
        [DIFFERENCE_RESULT] = '!',     [DIFFERENCE_PHASE] = '=',
    };

    putchar(marks[d->kind]);
    if (d->kind == DIFFERENCE_PHASE) {
        fputs(" phase ", stdout);
        cli_put_text(stdout, d->name);
        printf(" is only in the %s\n", d->text[0] ? "first" : "second");
        return;
    }
    putchar(' ');
    cli_put_text(stdout, d->peer);
    putchar(' ');
    cli_put_text(stdout, d->name);
    if (d->kind == DIFFERENCE_ARGUMENTS) {
        putchar(' ');
        cli_put_text(stdout, d->path);
        fputs(": ", stdout);
        put_both(d);
    } else if (d->kind == DIFFERENCE_RESULT) {
        fputs(": ", stdout);
        put_both(d);
    } else if (d->kind == DIFFERENCE_MOVED) {
        fputs(" is at another place", stdout);
    }
    put_places(d);
}

static void add(struct json_object *o, const char *key, const char *text)
{
    json_object_object_add(o, key, text ? json_object_new_string(text) : NULL);
}

static void put_json(const struct difference *d)
{
    static const char *const kinds[] = {
        [DIFFERENCE_ONLY_FIRST] = "only-first",
        [DIFFERENCE_ONLY_SECOND] = "only-second",
        [DIFFERENCE_MOVED] = "moved",
        [DIFFERENCE_ARGUMENTS] = "arguments",
        [DIFFERENCE_RESULT] = "result",
        [DIFFERENCE_PHASE] = "phase",
    };
    static const char *const lines[] = {"first_line", "second_line"};
    CLEANUP(json_putp) struct json_object *o = json_object_new_object();

    add(o, "kind", kinds[d->kind]);
    if (*d->peer)
        add(o, "peer", d->peer);
    add(o, "name", d->name);
    for (int i = 0; i < 2; i++)
        if (d->line[i])
            json_object_object_add(o, lines[i],
                                   json_object_new_uint64(d->line[i]));
    if (d->path)
        add(o, "path", d->path);
    if (d->text[0] || d->text[1]) {
        add(o, "first", d->text[0]);
        add(o, "second", d->text[1]);
    }
    cli_put_json(o);
}

static void on_difference(const struct difference *d, void *opaque)
{
    const bool *json = opaque;

    if (*json)
        put_json(d);
    else
        put_text(d);
}

static void put_phases(const struct comparison *c)
{
    char a[32];
    char b[32];

    for (size_t i = 0; i < c->n_phases; i++) {
        const struct compare_phase *p = &c->phases[i];

        snprintf(a, sizeof(a), p->us[0] < 0 ? "-" : "%.1f ms",
                 (double)p->us[0] / 1000);
        snprintf(b, sizeof(b), p->us[1] < 0 ? "-" : "%.1f ms",
                 (double)p->us[1] / 1000);
        printf("  %12s %12s  ", a, b);
        cli_put_text(stdout, p->name);
        putchar('\n');
    }
}

static void put_phases_json(const struct comparison *c)
{
    static const char *const sides[] = {"first_us", "second_us"};

    for (size_t i = 0; i < c->n_phases; i++) {
        const struct compare_phase *p = &c->phases[i];
        CLEANUP(json_putp) struct json_object *o = json_object_new_object();

        add(o, "kind", "phase-time");
        add(o, "name", p->name);
        for (int side = 0; side < 2; side++)
            json_object_object_add(
                o, sides[side],
                p->us[side] < 0 ? NULL : json_object_new_int64(p->us[side]));
        cli_put_json(o);
    }
}

/* As diff(1): 0 alike, 1 different, 2 trouble. */
int cli_transcript_diff(struct cli *cli, struct qmp_error **errp UNUSED)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct comparison c = {0};
    int rc;

    if (compare_transcripts(cli->operands[1], cli->operands[2],
                            cli->transcript.ignore.items,
                            cli->transcript.ignore.n, on_difference, &cli->json,
                            &c, &err) < 0) {
        cli_error(err);
        return 2;
    }
    if (cli->json)
        put_phases_json(&c);
    else
        put_phases(&c);
    for (int i = 0; i < 2; i++)
        cli_put_format(c.format[i], c.cut[i]);
    rc = c.differences ? 1 : 0;
    comparison_clear(&c);
    return rc;
}
