/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moves a guest between two running QEMUs with libqmigrate:
 *
 *     move SOURCE DEST [NAME=VALUE]...
 *
 * SOURCE and DEST are addresses of monitors (/run/src.qmp, tcp:host:port),
 * NAME=VALUE are typed parameters. The exit code says where the guest is: 0
 * on the destination, 1 on the source, 5 if that is not known.
 *
 *     cc move.c -o move $(pkg-config --cflags --libs qmigrate)
 */
#include <qmigrate.h>

#include <stdio.h>
#include <string.h>

static void on_progress(const struct qmig_progress *p, void *opaque)
{
    (void)opaque;
    fprintf(stderr, "%8.3f s  %-12s %4llu MiB left\n",
            (double)p->elapsed_us / 1e6, p->status,
            (unsigned long long)(p->remaining >> 20));
}

static void on_warning(const char *text, void *opaque)
{
    (void)opaque;
    fprintf(stderr, "warning: %s\n", text);
}

static int refused(struct qmp_error *err)
{
    int code = qmig_errcode_exit(err->code);

    fprintf(stderr, "%s: %s\n", qmig_errcode_name(err->code), err->msg);
    qmp_error_free(err);
    return code;
}

/* "NAME=VALUE": the library converts the value to the parameter's type. */
static int add_parameter(struct qmig_params *params, char *arg,
                         struct qmp_error **errp)
{
    char *value = strchr(arg, '=');

    if (!value)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG, "'%s' is not NAME=VALUE",
                        arg);
    *value++ = 0;
    return qmig_params_add_text(params, arg, value, errp);
}

static int move(const struct qmig_options *o, const struct qmig_params *params)
{
    struct qmp_error *err = NULL;
    struct qmig_migration *m = qmig_migration_new(o, params, QMIG_LIVE, &err);

    if (!m)
        return refused(err);
    qmig_migration_run(m);

    const struct qmig_result *r = qmig_migration_result(m);
    if (r->error)
        fprintf(stderr, "%s\n", r->error->msg);
    puts(json_object_to_json_string(r->json));
    int code = r->exit_code;
    qmig_migration_free(m);
    return code;
}

int main(int argc, char **argv)
{
    struct qmp_error *err = NULL;
    struct qmig_options o = {
        .progress = on_progress,
        .warn = on_warning,
    };

    if (argc < 3) {
        fprintf(stderr, "usage: %s SOURCE DEST [NAME=VALUE]...\n", argv[0]);
        return 2;
    }
    o.source = argv[1];
    o.dest = argv[2];
    struct qmig_params *params = qmig_params_new();
    if (!params)
        return 1;
    int code = 0;
    for (int i = 3; i < argc && code == 0; i++)
        if (add_parameter(params, argv[i], &err) < 0)
            code = refused(err);
    if (code == 0)
        code = move(&o, params);
    qmig_params_free(params);
    return code;
}
