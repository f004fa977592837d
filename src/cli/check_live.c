/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check --source ADDR --dest ADDR: pre-flight of two running QEMUs. */
#include "cli.h"

#include "error/errcode.h"
#include "qmp/member.h"

#include <string.h>

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
        cli_put_text(f, qmp_member_text(d, "severity"));
        fputs(": ", f);
        cli_put_text(f, qmp_member_text(d, "message"));
        fputs(" [", f);
        cli_put_text(f, qmp_member_text(d, "path"));
        fputs("]\n", f);
        put_value(f, "source", d);
        put_value(f, "dest", d);
    }
    fprintf(f, "%s: ", qmp_member_text(report, "verdict"));
    cli_put_text(f, qmp_member_text(report, "source"));
    fputs(" against ", f);
    cli_put_text(f, qmp_member_text(report, "dest"));
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
    return strcmp(qmp_member_text(report, "verdict"), "same") ? 3 : 0;
}
