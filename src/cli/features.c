/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* features: what one QEMU can do for a migration. */
#include "cli.h"

#include "error/errcode.h"

#include <string.h>

#define WIDTH  78
#define INDENT 14

static const char *scalar(struct json_object *value)
{
    return value ? json_object_get_string(value) : "-";
}

/* Words after a title, wrapped. */
struct column {
    FILE *f;
    size_t at;
};

static void put_title(struct column *c, FILE *f, const char *title)
{
    fprintf(f, "%-*s", INDENT, title);
    *c = (struct column){f, INDENT};
}

static void put_word(struct column *c, const char *word)
{
    size_t n = strlen(word);
    bool first = c->at == INDENT;

    if (!first && c->at + 1 + n > WIDTH) {
        fprintf(c->f, "\n%*s", INDENT, "");
        c->at = INDENT;
        first = true;
    }
    if (!first)
        fputc(' ', c->f);
    cli_put_text(c->f, word);
    c->at += n + !first;
}

/* The names whose value is true, or false. */
static void put_names(FILE *f, const char *title, struct json_object *o,
                      bool wanted)
{
    struct column c;
    size_t n = 0;

    put_title(&c, f, title);
    json_object_object_foreach(o, name, value)
    {
        if (json_object_get_boolean(value) == wanted) {
            put_word(&c, name);
            n++;
        }
    }
    if (n == 0)
        put_word(&c, "none");
    fputc('\n', f);
}

/* "name=value ..." */
static void put_values(FILE *f, const char *title, struct json_object *o)
{
    struct column c;

    put_title(&c, f, title);
    json_object_object_foreach(o, name, value)
    {
        CLEANUP(freep) char *text = NULL;
        if (asprintf(&text, "%s=%s", name, scalar(value)) >= 0)
            put_word(&c, text);
    }
    fputc('\n', f);
}

static void put_blockers(FILE *f, struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        fprintf(f, "%-*s", INDENT, i == 0 ? "blockers" : "");
        cli_put_text(f, scalar(json_object_array_get_idx(list, i)));
        fputc('\n', f);
    }
    if (json_object_array_length(list) == 0)
        fprintf(f, "%-*snone\n", INDENT, "blockers");
}

void features_put(FILE *f, struct json_object *o)
{
    static const char *const scalars[] = {"version", "name", "uuid", "status",
                                          "oob"};
    struct json_object *value;

    for (size_t i = 0; i < ARRAY_SIZE(scalars); i++) {
        value = json_object_object_get(o, scalars[i]);
        if (!value)
            continue;
        fprintf(f, "%-*s", INDENT, scalars[i]);
        cli_put_text(f, scalar(value));
        fputc('\n', f);
    }
    value = json_object_object_get(o, "features");
    if (json_object_is_type(value, json_type_object))
        put_names(f, "features", value, true);
    value = json_object_object_get(o, "capabilities");
    if (json_object_is_type(value, json_type_object)) {
        put_names(f, "enabled", value, true);
        put_names(f, "disabled", value, false);
    }
    value = json_object_object_get(o, "parameters");
    if (json_object_is_type(value, json_type_object))
        put_values(f, "parameters", value);
    value = json_object_object_get(o, "commands");
    if (json_object_is_type(value, json_type_object)) {
        put_names(f, "commands", value, true);
        put_names(f, "lacks", value, false);
    }
    value = json_object_object_get(o, "blockers");
    if (json_object_is_type(value, json_type_array))
        put_blockers(f, value);
}

int cli_features(struct cli *cli, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *o = NULL;

    if (cli->n_operands != 1)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "the address of a monitor is missing");
    if (qmig_features(cli->operands[0], &o, errp) < 0)
        return -1;
    if (cli->json)
        cli_put_json(o);
    else
        features_put(stdout, o);
    return 0;
}
