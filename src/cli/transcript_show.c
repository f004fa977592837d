/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* transcript show: a recorded dialogue as a story. */
#include "cli.h"

#include "error/errcode.h"
#include "qmp/buffer.h"
#include "qmp/json.h"
#include "qmp/member.h"
#include "transcript/story.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio_ext.h>
#include <string.h>

/* Longer arguments and answers are cut; --json has all. */
#define MAX_ARGUMENTS 160
#define MAX_ANSWER    80

struct show {
    const struct cli_transcript *filter;
    bool json;
    bool color;
    double slower_ms; /* -1: all */
    bool in_phase;    /* of --phase */
    /* Polls of one peer in a row are one line: told when the row ends. */
    size_t polls;
    int64_t first_us;
    int64_t last_us;
    char *poll_peer;
    char *poll_name;
    struct json_object *poll_answer; /* the last one */
    struct qmp_buffer text;          /* of put_value() */
};

static const char *on(const struct show *s, const char *color)
{
    return s->color ? color : "";
}

#define BOLD   "\033[1m"
#define RED    "\033[1;31m"
#define DIM    "\033[2m"
#define NORMAL "\033[0m"

#define OUTPUT_SIZE ((size_t)65536)

/* A number with so many digits behind the point, right-aligned. printf was a
 * fifth of the program's time. */
static void put_number(int64_t n, int decimals, size_t width)
{
    char text[40];
    char *const end = text + sizeof(text);
    char *at = end;

    for (int i = 0; i < decimals; i++, n /= 10)
        *--at = (char)('0' + n % 10);
    if (decimals)
        *--at = '.';
    do {
        *--at = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    while ((size_t)(end - at) < width)
        *--at = ' ';
    fwrite(at, 1, (size_t)(end - at), stdout);
}

#define PEER_WIDTH 12

static void put_head(struct show *s, int64_t t_us, const char *peer)
{
    static const char blanks[] = "             ";
    char shown[PEER_WIDTH + 1];
    size_t len;

    fputs(on(s, DIM), stdout);
    put_number(t_us, 6, 12);
    fputs(on(s, NORMAL), stdout);
    fwrite(blanks, 1, 2, stdout);
    peer = qmp_printable(shown, sizeof(shown), peer, strlen(peer));
    len = strlen(peer);
    fwrite(peer, 1, len, stdout);
    fwrite(blanks, 1, PEER_WIDTH + 1 - len, stdout);
}

/* Only as much is written out as is shown. */
static void put_value(struct show *s, struct json_object *v, size_t max)
{
    struct qmp_buffer *b = &s->text;
    bool cut;

    b->max = max;
    cut = qmp_buffer_put_value(b, v) < 0;
    b->max = 0;
    if (qmp_buffer_append(b, cut ? "..." : "", cut ? 4 : 1) == 0) {
        putchar(' ');
        cli_put_text(stdout, qmp_buffer_data(b));
    }
    qmp_buffer_clear(b, OUTPUT_SIZE);
}

static bool is_empty(struct json_object *v)
{
    return !v || (json_object_is_type(v, json_type_object) &&
                  !json_object_object_length(v));
}

static void put_answer(struct show *s, const struct story_item *item)
{
    if (!item->answered) {
        printf("  %sno answer%s", on(s, RED), on(s, NORMAL));
    } else if (item->failed) {
        printf("  %serror ", on(s, RED));
        cli_put_text(stdout, qmp_member_text(item->answer, "class"));
        fputs(": ", stdout);
        cli_put_text(stdout, qmp_member_text(item->answer, "desc"));
        fputs(on(s, NORMAL), stdout);
    } else if (!item->withdrawn && !is_empty(item->answer)) {
        fputs(" =", stdout);
        put_value(s, item->answer, MAX_ANSWER);
    }
    if (item->answered && item->timed) {
        fputs("  ", stdout);
        fputs(on(s, DIM), stdout);
        put_number((item->latency_us + 50) / 100, 1, 0);
        fputs(" ms", stdout);
        fputs(on(s, NORMAL), stdout);
    }
}

static void put_command(struct show *s, const struct story_item *item)
{
    put_head(s, item->t_us, item->peer);
    cli_put_text(stdout, item->name);
    if (item->oob)
        fputs(" (out of band)", stdout);
    if (item->withdrawn)
        fputs(" (withdrawn)", stdout);
    if (item->nfds)
        printf(" (%d descriptor%s)", item->nfds, item->nfds > 1 ? "s" : "");
    if (!is_empty(item->value))
        put_value(s, item->value, MAX_ARGUMENTS);
    put_answer(s, item);
    putchar('\n');
}

static void put_event(struct show *s, const struct story_item *item)
{
    put_head(s, item->t_us, item->peer);
    fputs("* ", stdout);
    fputs(on(s, BOLD), stdout);
    cli_put_text(stdout, item->name);
    fputs(on(s, NORMAL), stdout);
    if (!is_empty(item->value))
        put_value(s, item->value, MAX_ARGUMENTS);
    putchar('\n');
}

static void put_greeting(struct show *s, const struct story_item *item)
{
    struct json_object *version = NULL;
    struct json_object *qemu = NULL;

    json_object_object_get_ex(item->value, "version", &version);
    if (json_object_is_type(version, json_type_object))
        json_object_object_get_ex(version, "qemu", &qemu);
    put_head(s, item->t_us, item->peer);
    fputs("QEMU ", stdout);
    cli_put_text(stdout, qmp_member_text(qemu, "major"));
    putchar('.');
    cli_put_text(stdout, qmp_member_text(qemu, "minor"));
    putchar('.');
    cli_put_text(stdout, qmp_member_text(qemu, "micro"));
    putchar('\n');
}

static void put_phase(struct show *s, const struct story_item *item)
{
    fputs(on(s, BOLD), stdout);
    fputs("== ", stdout);
    put_number(item->t_us, 6, 0);
    putchar(' ');
    cli_put_text(stdout, item->name);
    fputs(on(s, NORMAL), stdout);
    if (item->text) {
        fputs(" (", stdout);
        cli_put_text(stdout, item->text);
        putchar(')');
    }
    putchar('\n');
}

static void put_note(struct show *s, const struct story_item *item)
{
    put_head(s, item->t_us, "-");
    cli_put_text(stdout, item->name);
    json_object_object_foreach(item->value, key, value)
    {
        if (!strcmp(key, "t") || !strcmp(key, "note"))
            continue;
        putchar(' ');
        cli_put_text(stdout, key);
        putchar('=');
        if (json_object_is_type(value, json_type_string))
            cli_put_text(stdout, json_object_get_string(value));
        else
            put_value(s, value, MAX_ANSWER);
    }
    putchar('\n');
}

static void put_end(struct show *s, const struct story_item *item)
{
    put_head(s, item->t_us, item->peer);
    if (item->kind == STORY_RAW) {
        printf("%snot JSON: ", on(s, RED));
        cli_put_text(stdout, item->text);
        fputs(on(s, NORMAL), stdout);
    } else if (item->text) {
        printf("%slost: ", on(s, RED));
        cli_put_text(stdout, item->text);
        fputs(on(s, NORMAL), stdout);
    } else {
        fputs("closed", stdout);
    }
    putchar('\n');
}

/* The row of polls has ended. */
static void put_polls(struct show *s)
{
    struct json_object *ram = NULL;

    if (!s->polls)
        return;
    put_head(s, s->first_us, s->poll_peer);
    cli_put_text(stdout, s->poll_name);
    if (s->polls > 1)
        printf(" x%zu until %.6f", s->polls, (double)s->last_us / 1e6);
    if (*qmp_member_text(s->poll_answer, "status")) {
        fputs(": ", stdout);
        cli_put_text(stdout, qmp_member_text(s->poll_answer, "status"));
        json_object_object_get_ex(s->poll_answer, "ram", &ram);
        if (*qmp_member_text(ram, "remaining"))
            printf(", %.1f of %.1f MiB remaining",
                   strtod(qmp_member_text(ram, "remaining"), NULL) / 1048576,
                   strtod(qmp_member_text(ram, "total"), NULL) / 1048576);
    } else if (!is_empty(s->poll_answer)) {
        fputs(" =", stdout);
        put_value(s, s->poll_answer, MAX_ANSWER);
    }
    putchar('\n');
    json_object_put(s->poll_answer);
    free(s->poll_peer);
    free(s->poll_name);
    s->poll_answer = NULL;
    s->poll_peer = s->poll_name = NULL;
    s->polls = 0;
}

static bool fold(struct show *s, const struct story_item *item)
{
    if (!story_is_poll(item) || !item->answered || item->failed)
        return false;
    if (s->polls &&
        (strcmp(s->poll_peer, item->peer) || strcmp(s->poll_name, item->name)))
        put_polls(s);
    if (!s->polls) {
        s->poll_peer = strdup(item->peer);
        s->poll_name = strdup(item->name);
        if (!s->poll_peer || !s->poll_name) {
            free(s->poll_peer);
            free(s->poll_name);
            return false; /* then one line each */
        }
        s->first_us = item->t_us;
    }
    s->polls++;
    s->last_us = item->t_us;
    json_object_put(s->poll_answer);
    s->poll_answer = json_object_get(item->answer);
    return true;
}

static void put_text(struct show *s, const struct story_item *item)
{
    if (fold(s, item))
        return;
    put_polls(s);
    switch (item->kind) {
    case STORY_COMMAND:
        put_command(s, item);
        break;
    case STORY_EVENT:
        put_event(s, item);
        break;
    case STORY_GREETING:
        put_greeting(s, item);
        break;
    case STORY_PHASE:
        put_phase(s, item);
        break;
    case STORY_NOTE:
        put_note(s, item);
        break;
    case STORY_CLOSED:
    case STORY_RAW:
        put_end(s, item);
        break;
    }
}

static void put_json(const struct story_item *item)
{
    static const char *const kinds[] = {
        [STORY_COMMAND] = "command",   [STORY_EVENT] = "event",
        [STORY_GREETING] = "greeting", [STORY_PHASE] = "phase",
        [STORY_NOTE] = "note",         [STORY_CLOSED] = "closed",
        [STORY_RAW] = "raw",
    };
    CLEANUP(json_putp) struct json_object *o = json_object_new_object();

    qmp_add_string(o, "kind", kinds[item->kind]);
    json_object_object_add(o, "line", json_object_new_uint64(item->line));
    json_object_object_add(o, "t", json_object_new_int64(item->t_us));
    qmp_add_string(o, "peer", item->peer);
    qmp_add_string(o, "name", item->name);
    qmp_add_string(o, "text", item->text);
    if (item->value)
        json_object_object_add(o, "value", json_object_get(item->value));
    if (item->kind == STORY_COMMAND) {
        if (item->withdrawn)
            json_object_object_add(o, "withdrawn",
                                   json_object_new_boolean(true));
        else if (item->answered)
            json_object_object_add(o, item->failed ? "error" : "return",
                                   json_object_get(item->answer));
        json_object_object_add(o, "latency_us",
                               item->answered && item->timed
                                   ? json_object_new_int64(item->latency_us)
                                   : NULL);
    }
    cli_put_json(o);
}

static bool is_wanted(struct show *s, const struct story_item *item)
{
    const struct cli_transcript *f = s->filter;

    if (f->phase && item->kind == STORY_PHASE)
        s->in_phase = !strcmp(item->name, f->phase);
    if (f->phase && !s->in_phase)
        return false;
    if (item->kind == STORY_PHASE)
        return !f->command && s->slower_ms < 0;
    if (f->side && (!item->peer || strcmp(item->peer, f->side)))
        return false;
    if (f->command && (!item->name || strcmp(item->name, f->command)))
        return false;
    return s->slower_ms < 0 || (item->kind == STORY_COMMAND &&
                                (!item->answered || (double)item->latency_us >
                                                        s->slower_ms * 1000));
}

static int on_item(const struct story_item *item, void *opaque,
                   struct qmp_error **errp)
{
    struct show *s = opaque;

    if (!is_wanted(s, item))
        return 0;
    if (s->json)
        put_json(item);
    else
        put_text(s, item);
    if (ferror(stdout))
        return qmp_fail_sys(errp, errno, "cannot write");
    return 0;
}

int cli_transcript_show(struct cli *cli, struct qmp_error **errp)
{
    struct story_end end = {0};
    struct show s = {
        .filter = &cli->transcript,
        .json = cli->json,
        .color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
        .slower_ms = -1,
    };
    char *rest;
    int rc;

    setvbuf(stdout, NULL, _IOFBF, OUTPUT_SIZE);
    __fsetlocking(stdout, FSETLOCKING_BYCALLER); /* there is one thread */
    if (cli->transcript.slower) {
        s.slower_ms = strtod(cli->transcript.slower, &rest);
        if (*rest || rest == cli->transcript.slower || !(s.slower_ms >= 0))
            return qmp_fail(errp, QMIG_ERR_USAGE,
                            "option '--slower': '%.40s' is not a number of "
                            "milliseconds",
                            cli->transcript.slower);
    }
    rc = story_read(cli->operands[1], on_item, &s, &end, errp);
    put_polls(&s);
    qmp_buffer_done(&s.text);
    if (rc < 0)
        return -1;
    cli_put_format(end.format, end.cut);
    json_object_put(end.header);
    return 0;
}
