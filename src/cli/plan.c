/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan: what migrate would send, in order. Nothing is changed. */
#include "cli.h"
#include "qmp/member.h"

#include <signal.h>
#include <string.h>

#define INDENT 17
#define WIDTH  78

/* "on:  events return-path", wrapped; nothing if there is none. */
static void put_states(FILE *f, struct json_object *list, bool wanted)
{
    const char *title = wanted ? "on: " : "off:";
    size_t at = 0;

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        struct json_object *state = NULL;
        const char *name = qmp_member_text(row, "capability");
        json_object_object_get_ex(row, "state", &state);
        if (json_object_get_boolean(state) != wanted)
            continue;
        if (at == 0 || at + 1 + strlen(name) > WIDTH) {
            fprintf(f, "\n%*s%-4s", INDENT + 2, "", at == 0 ? title : "");
            at = INDENT + 6;
        }
        fputc(' ', f);
        cli_put_text(f, name);
        at += 1 + strlen(name);
    }
}

static void put_arguments(FILE *f, struct json_object *arguments)
{
    struct json_object *list = NULL;

    if (json_object_object_length(arguments) == 1 &&
        json_object_object_get_ex(arguments, "capabilities", &list) &&
        json_object_is_type(list, json_type_array)) {
        put_states(f, list, true);
        put_states(f, list, false);
        return;
    }
    fputc(' ', f);
    cli_put_text(f, json_object_to_json_string_ext(
                        arguments, JSON_C_TO_STRING_PLAIN |
                                       JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* What is done to a domain store stands beside the commands. */
static void put_store(FILE *f, struct json_object *step)
{
    cli_put_text(f, qmp_member_text(step, "store"));
    fputs(" '", f);
    cli_put_text(f, qmp_member_text(step, "file"));
    fputs("' in '", f);
    cli_put_text(f, qmp_member_text(step, "directory"));
    fputc('\'', f);
}

/* " 1  source       migrate {...}" and the reason in a line of its own. */
static void put_step(FILE *f, size_t number, struct json_object *step)
{
    struct json_object *arguments = NULL;

    fprintf(f, "%2zu  %-12s ", number, qmp_member_text(step, "peer"));
    if (*qmp_member_text(step, "store"))
        put_store(f, step);
    else
        cli_put_text(f, qmp_member_text(step, "execute"));
    if (json_object_object_get_ex(step, "arguments", &arguments) &&
        json_object_object_length(arguments) > 0)
        put_arguments(f, arguments);
    fprintf(f, "\n%*s", INDENT, "");
    cli_put_text(f, qmp_member_text(step, "why"));
    fputc('\n', f);
}

void plan_put(FILE *f, struct json_object *steps)
{
    for (size_t i = 0; i < json_object_array_length(steps); i++)
        put_step(f, i + 1, json_object_array_get_idx(steps, i));
}

static void on_warning(const char *text, void *opaque UNUSED)
{
    cli_warning(text);
}

/* A destination that was started for the plan is ended first. */
static void hold_signals(sigset_t *old)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, old);
}

int cli_plan(struct cli *cli, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *steps = NULL;
    sigset_t old;

    cli->o.warn = on_warning;
    hold_signals(&old);
    int rc = qmig_plan(&cli->o, cli->params, cli->flags, &steps, NULL, errp);
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (rc < 0)
        return -1;
    if (!cli->json) {
        plan_put(stdout, steps);
        return 0;
    }
    for (size_t i = 0; i < json_object_array_length(steps); i++)
        cli_put_json(json_object_array_get_idx(steps, i));
    return 0;
}
