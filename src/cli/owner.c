/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* owner and recover: who has the guest, and how it ends. */
#include "cli.h"

#include "error/errcode.h"

static const char *text_of(struct json_object *o, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(o, name, &value);
    return value ? json_object_get_string(value) : NULL;
}

static void put_list(FILE *f, struct json_object *report, const char *name,
                     const char *prefix)
{
    struct json_object *list = NULL;

    json_object_object_get_ex(report, name, &list);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        fputs(prefix, f);
        cli_put_text(
            f, json_object_get_string(json_object_array_get_idx(list, i)));
        fputc('\n', f);
    }
}

void owner_put(FILE *f, struct json_object *report)
{
    fprintf(f, "%s: ", text_of(report, "owner"));
    cli_put_text(f, text_of(report, "why"));
    fprintf(f, "\n  migration %s\n", text_of(report, "id"));
    put_list(f, report, "evidence", "  ");
    put_list(f, report, "done", "  done: ");
    struct json_object *done = NULL;
    if (!json_object_object_get_ex(report, "done", &done))
        fprintf(f, "  recover would do: %s\n", text_of(report, "recover"));
}

static int show(const struct cli *cli, struct json_object *report, int code)
{
    struct json_object *error = NULL;

    if (cli->json)
        cli_put_json(report);
    else
        owner_put(stdout, report);
    if (json_object_object_get_ex(report, "error", &error) && !cli->json) {
        fputs("qmigrate: ", stderr);
        cli_put_text(stderr, text_of(error, "message"));
        fputc('\n', stderr);
    }
    return code;
}

static struct qmig_recover_options options_of(const struct cli *cli)
{
    return (struct qmig_recover_options){
        .id = cli->operands[0],
        .state_dir = cli->o.state_dir,
        .source = cli->o.source,
        .dest = cli->o.dest,
        .fenced = cli->fenced,
        .dry_run = cli->dry_run,
        .hook = cli->o.hook,
    };
}

typedef int recover_fn(const struct qmig_recover_options *o,
                       struct json_object **ret, struct qmp_error **errp);

/* Without a verdict the code must not be one of a verdict: 1 would say that
 * the source has the guest. */
static int run(struct cli *cli, recover_fn *fn, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *report = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    if (cli->n_operands != 1)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "the id of the migration, or the guest's uuid or name, "
                        "is missing");
    struct qmig_recover_options o = options_of(cli);
    int code = fn(&o, &report, &err);

    if (code >= 0)
        return show(cli, report, code);
    if (qmig_errcode_exit(err->code) == 2)
        return qmp_propagate(errp, TAKE_PTR(err));
    cli_error(err);
    return 5;
}

int cli_resume(struct cli *cli, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *report = NULL;
    int code = qmig_resume(&cli->o, cli->params, cli->flags, &report, errp);

    return code < 0 ? -1 : show(cli, report, code);
}

int cli_owner(struct cli *cli, struct qmp_error **errp)
{
    return run(cli, qmig_owner, errp);
}

int cli_recover(struct cli *cli, struct qmp_error **errp)
{
    return run(cli, qmig_recover, errp);
}
