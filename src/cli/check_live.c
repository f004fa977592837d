/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check --source ADDR --dest ADDR: pre-flight of two running QEMUs. */
#include "cli.h"

#include "error/errcode.h"

#include <string.h>

static const char *member(struct json_object *o, const char *name)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(o, name, &value) && value
               ? json_object_get_string(value)
               : "";
}

static void put_value(FILE *f, const char *side, struct json_object *d)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(d, side, &value) || !value)
        return;
    fprintf(f, "  %-12s ", strcmp(side, "dest") ? side : "destination");
    cli_put_text(f, json_object_get_string(value));
    fputc('\n', f);
}

void check_live_put(FILE *f, struct json_object *report)
{
    struct json_object *list = NULL;

    json_object_object_get_ex(report, "differences", &list);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *d = json_object_array_get_idx(list, i);
        cli_put_text(f, member(d, "severity"));
        fputs(": ", f);
        cli_put_text(f, member(d, "message"));
        fputs(" [", f);
        cli_put_text(f, member(d, "path"));
        fputs("]\n", f);
        put_value(f, "source", d);
        put_value(f, "dest", d);
    }
    fprintf(f, "%s: ", member(report, "verdict"));
    cli_put_text(f, member(report, "source"));
    fputs(" against ", f);
    cli_put_text(f, member(report, "dest"));
    fputc('\n', f);
}

int cli_check_live(struct cli *cli, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *report = NULL;

    if (!cli->o.source || !cli->o.dest)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "--source and --dest belong together");
    if (qmig_check_live(cli->o.source, cli->o.dest, &report, errp) < 0)
        return -1;
    if (cli->json)
        cli_put_json(report);
    else
        check_live_put(stdout, report);
    return strcmp(member(report, "verdict"), "same") ? 3 : 0;
}
