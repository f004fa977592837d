/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* transcript: show, replay, diff, report. */
#include "cli.h"

#include "error/errcode.h"

#include <string.h>

static const struct {
    const char *name;
    int files;
    verb_fn *run;
} actions[] = {
    {"show", 1, cli_transcript_show},
    {"replay", 1, cli_transcript_replay},
};

int cli_transcript(struct cli *cli, struct qmp_error **errp)
{
    if (cli->n_operands == 0)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "transcript: one of show, replay is wanted");
    for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
        if (strcmp(cli->operands[0], actions[i].name))
            continue;
        if (cli->n_operands - 1 != actions[i].files)
            return qmp_fail(
                errp, QMIG_ERR_USAGE, "transcript %s: %s wanted, %d given",
                actions[i].name,
                actions[i].files == 1 ? "one file is" : "two files are",
                cli->n_operands - 1);
        return actions[i].run(cli, errp);
    }
    return qmp_fail(errp, QMIG_ERR_USAGE,
                    "transcript: '%.40s' is none of show, replay",
                    cli->operands[0]);
}
