/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* save, restore and save-image-dumpxml: guests and files, as with virsh. */
#include "result.h"

#include "error/errcode.h"
#include "plan/plan.h"
#include "progress.h"

#include <signal.h>
#include <string.h>

static int take_options(struct cli *cli, struct qmp_error **errp)
{
    if (cli->n_operands != 1)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "the name of the file is missing");
    if (cli->running && cli->paused)
        return qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                        "option '--running' and option '--paused' are mutually "
                        "exclusive");
    cli->image.file = cli->operands[0];
    cli->image.state = cli->running  ? QMIG_IMAGE_RUNNING
                       : cli->paused ? QMIG_IMAGE_PAUSED
                                     : QMIG_IMAGE_AS_IS;
    return 0;
}

/* PATH is the caller's in the sense of the shell. */
static void put_file(FILE *f, const char *before, const struct qmig_result *r,
                     const char *after)
{
    struct json_object *file = NULL;

    json_object_object_get_ex(r->json, "file", &file);
    fprintf(f, "%s'", before);
    cli_put_text(f, file ? json_object_get_string(file) : "");
    fprintf(f, "'%s", after);
}

static void put_end(FILE *f, const struct qmig_result *r)
{
    if (r->outcome != QMIG_COMPLETED)
        fprintf(f, " (phase %s)", phase_name(r->phase));
    fputc('\n', f);
    if (r->transcript) {
        fputs("  transcript ", f);
        cli_put_text(f, r->transcript);
        fputc('\n', f);
    }
}

void save_put(FILE *f, const struct qmig_result *r)
{
    struct json_object *bytes = NULL;

    if (r->outcome == QMIG_COMPLETED) {
        put_file(f, "saved: the guest is in ", r, "");
        if (json_object_object_get_ex(r->json, "file_bytes", &bytes))
            fprintf(f, " (%s)",
                    bytes_text((uint64_t)json_object_get_int64(bytes)).s);
    } else {
        fprintf(f, "%s: the guest is on the source, as before",
                result_name(r->outcome));
    }
    put_end(f, r);
}

void restore_put(FILE *f, const struct qmig_result *r)
{
    if (r->outcome == QMIG_COMPLETED) {
        put_file(f, "restored: the guest of ", r, " is on the destination");
    } else {
        fprintf(f, "%s: ", result_name(r->outcome));
        if (r->outcome == QMIG_UNDECIDED)
            fputs("see whether the destination runs", f);
        else
            put_file(f, "the guest is in ", r, ", as before");
    }
    put_end(f, r);
}

static struct qmig_migration *make_save(struct cli *cli,
                                        struct qmp_error **errp)
{
    return qmig_save_new(&cli->o, &cli->image, cli->params, errp);
}

static struct qmig_migration *make_restore(struct cli *cli,
                                           struct qmp_error **errp)
{
    return qmig_restore_new(&cli->o, &cli->image, cli->params, errp);
}

static void on_warning(const char *text, void *opaque UNUSED)
{
    cli_warning(text);
}

/* --dry-run: as `plan`. A destination that was started is ended first. */
static int plan(struct cli *cli, make_fn *make, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *steps = NULL;
    sigset_t set;
    sigset_t old;

    cli->o.warn = on_warning;
    struct qmig_migration *m = make(cli, errp);
    if (!m)
        return -1;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, &old);
    int rc = qmig_image_plan(m, &steps, errp);
    qmig_migration_free(m);
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (rc < 0)
        return -1;
    if (!cli->json)
        plan_put(stdout, steps);
    for (size_t i = 0; cli->json && i < json_object_array_length(steps); i++)
        cli_put_json(json_object_array_get_idx(steps, i));
    return 0;
}

int cli_save(struct cli *cli, struct qmp_error **errp)
{
    if (take_options(cli, errp) < 0)
        return -1;
    return cli->dry_run ? plan(cli, make_save, errp)
                        : cli_drive(cli, make_save, save_put, errp);
}

int cli_restore(struct cli *cli, struct qmp_error **errp)
{
    if (take_options(cli, errp) < 0)
        return -1;
    return cli->dry_run ? plan(cli, make_restore, errp)
                        : cli_drive(cli, make_restore, restore_put, errp);
}

void image_put(FILE *f, struct json_object *info)
{
    json_object_object_foreach(info, name, value)
    {
        fprintf(f, "%s: ", name);
        cli_put_text(f, json_object_get_string(value));
        fputc('\n', f);
    }
}

int cli_image(struct cli *cli, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *info = NULL;
    CLEANUP(freep) char *xml = NULL;

    if (cli->n_operands != 1)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "the name of the file is missing");
    if (qmig_image_info(cli->operands[0], &info, &xml, errp) < 0)
        return -1;
    if (cli->json) {
        if (xml)
            json_object_object_add(info, "xml", json_object_new_string(xml));
        cli_put_json(info);
    } else if (cli->info) {
        image_put(stdout, info);
    } else if (xml) {
        fputs(xml, stdout);
    } else {
        qmp_fail(errp, QMIG_ERR_XML_FILE, "'%s' has no domain XML",
                 cli->operands[0]);
        return qmp_hint(errp, "--info shows what it has; save --domain gives "
                              "it one");
    }
    return 0;
}
