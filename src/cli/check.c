/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verb `check`: two domain XMLs (or many pairs of them) through the
 * guest-ABI comparison, as text for people or as one JSON object a pair; two
 * running QEMUs are check_live.c's.
 */
#include "cli.h"

#include "abi/abi.h"
#include "abi/caps.h"
#include "domain/relaxng.h"
#include "error/errcode.h"

#include <string.h>

struct colours {
    const char *bold, *red, *yellow, *dim, *off;
};

static const struct colours plain = {"", "", "", "", ""};
static const struct colours ansi = {"\033[1m", "\033[31m", "\033[33m",
                                    "\033[2m", "\033[0m"};

static const struct colours *choose_colours(void)
{
    const char *term = getenv("TERM");

    if (!isatty(STDOUT_FILENO) || getenv("NO_COLOR") || !term ||
        !strcmp(term, "dumb"))
        return &plain;
    return &ansi;
}

static const char *colour_of(const struct colours *c, enum abi_severity s)
{
    return s == ABI_REFUSED ? c->red : s == ABI_SILENT ? c->yellow : c->dim;
}

static void put_line(const struct colours *c, const char *side, int line,
                     const char *value)
{
    printf("      %s%s", c->dim, side);
    if (line)
        printf(" (line %d)", line);
    printf(":%s ", c->off);
    cli_put_text(stdout, value ? value : "(absent)");
    putchar('\n');
}

static void put_difference(const struct colours *c,
                           const struct abi_difference *d)
{
    printf("  %s%s%s: ", colour_of(c, d->severity),
           abi_severity_str(d->severity), c->off);
    cli_put_text(stdout, d->message);
    printf(" [%s]\n      %s", d->code, c->dim);
    cli_put_text(stdout, d->path ? d->path : "");
    puts(c->off);
    put_line(c, "source", d->source_line, d->source);
    put_line(c, "destination", d->dest_line, d->dest);
    if (d->hint)
        printf("      hint: %s\n", d->hint);
}

static void put_differences(const struct colours *c, const struct abi_report *r)
{
    const char *device = NULL;

    for (size_t i = 0; i < r->n; i++) {
        const struct abi_difference *d = &r->differences[i];

        if (!device || strcmp(device, d->device)) {
            device = d->device;
            fputs(c->bold, stdout);
            cli_put_text(stdout, device);
            puts(c->off);
        }
        put_difference(c, d);
    }
}

static void put_report(const struct cli *cli, const struct abi_report *r,
                       const char *source, const char *dest)
{
    const struct colours *c = choose_colours();
    size_t by[3] = {0};

    put_differences(c, r);
    for (size_t i = 0; i < r->n; i++)
        by[r->differences[i].severity]++;
    printf("%s%s%s: ", r->verdict == ABI_SAME ? c->bold : c->red,
           abi_verdict_str(r->verdict), c->off);
    if (r->invalid)
        cli_put_text(stdout, r->invalid);
    else {
        cli_put_text(stdout, source);
        fputs(r->verdict == ABI_SAME ? " and " : " against ", stdout);
        cli_put_text(stdout, dest);
        printf(" (policy %s)",
               cli->policy == POLICY_LIBVIRT ? "libvirt" : "guest-abi");
    }
    if (r->n)
        printf(": %zu refused, %zu silent, %zu host", by[ABI_REFUSED],
               by[ABI_SILENT], by[ABI_HOST]);
    putchar('\n');
}

static void put_invalid(const struct cli *cli, const char *why,
                        const char *source, const char *dest)
{
    if (cli->json || cli->batch) {
        CLEANUP(json_putp)
        struct json_object *o = abi_invalid_json(why, source, dest);

        cli_put_json(o);
        return;
    }
    fputs("invalid: ", stdout);
    cli_put_text(stdout, why);
    putchar('\n');
}

/* QMIG_ERR_XML: what makes it invalid; other errors: it cannot be read. */
static int load(const char *path, struct relaxng *rng, struct domain **ret,
                struct qmp_error **errp)
{
    CLEANUP(freep) char *text = NULL;
    size_t len;

    if (domain_read_file(path, &text, &len, errp) < 0 ||
        domain_parse(text, len, path, ret, errp) < 0)
        return -1;
    return rng ? relaxng_validate(rng, text, len, path, errp) : 0;
}

/* What all pairs are checked with; any may be NULL. */
struct context {
    struct relaxng *rng;
    struct abi_caps *caps;
};

/* 0 same, 3 differs or invalid; -1 *errp: a file cannot be read. */
static int check_pair(const struct cli *cli, const struct context *with,
                      const char *source, const char *dest,
                      struct qmp_error **errp)
{
    CLEANUP(domain_freep) struct domain *src = NULL;
    CLEANUP(domain_freep) struct domain *dst = NULL;
    CLEANUP(abi_report_freep) struct abi_report *r = NULL;
    struct qmp_error *err = NULL;

    if (load(source, with->rng, &src, &err) < 0 ||
        load(dest, with->rng, &dst, &err) < 0) {
        if (err->code != QMIG_ERR_XML)
            return qmp_propagate(errp, err);
        put_invalid(cli, err->msg, source, dest);
        qmp_error_free(err);
        return qmig_errcode_exit(QMIG_ERR_ABI);
    }
    if (abi_check(src, dst, with->caps,
                  cli->policy == POLICY_LIBVIRT ? ABI_POLICY_LIBVIRT
                                                : ABI_POLICY_GUEST,
                  cli->all ? ABI_CHECK_ALL : 0, &r, errp) < 0)
        return -1;
    if (cli->json || cli->batch) {
        CLEANUP(json_putp)
        struct json_object *o = abi_report_json(r, source, dest);

        cli_put_json(o);
    } else {
        put_report(cli, r, source, dest);
    }
    return r->verdict == ABI_SAME ? 0 : qmig_errcode_exit(QMIG_ERR_ABI);
}

/* Lines "SOURCE<TAB>DEST"; the code is that of the worst pair. */
static int check_batch(const struct cli *cli, const struct context *with,
                       struct qmp_error **errp)
{
    CLEANUP(fclosep)
    FILE *f = strcmp(cli->batch, "-") ? fopen(cli->batch, "re")
                                      : fdopen(dup(STDIN_FILENO), "r");
    CLEANUP(freep) char *line = NULL;
    size_t size = 0;
    int code = 0;

    if (!f)
        return qmp_fail(errp, QMIG_ERR_XML_FILE, "cannot open '%s'",
                        cli->batch);
    for (unsigned n = 1; getline(&line, &size, f) >= 0; n++) {
        char *tab = strchr(line, '\t');
        int one;

        line[strcspn(line, "\r\n")] = '\0';
        if (!*line)
            continue;
        if (!tab)
            return qmp_fail(errp, QMIG_ERR_USAGE,
                            "line %u of '%s': expected SOURCE<TAB>DEST", n,
                            cli->batch);
        *tab = '\0';
        one = check_pair(cli, with, line, tab + 1, errp);
        if (one < 0)
            return qmp_prefix(errp, "line %u of '%s'", n, cli->batch);
        code = one > code ? one : code;
    }
    return code;
}

static int load_caps(const char *path, struct abi_caps **ret,
                     struct qmp_error **errp)
{
    CLEANUP(freep)
    char *text = cli_read_file(path, CLI_MAX_FILE, QMIG_ERR_USAGE, errp);

    return text ? abi_caps_parse(text, path, ret, errp) : -1;
}

static void context_done(struct context *with)
{
    relaxng_free(with->rng);
    abi_caps_free(with->caps);
}

int cli_check(struct cli *cli, struct qmp_error **errp)
{
    bool live = cli->o.source || cli->o.dest;
    CLEANUP(context_done) struct context with = {0};
    int code = 0;

    if (cli->schema && relaxng_load(&with.rng, errp) < 0)
        return -1;
    if (cli->capabilities && live && !cli->n_operands)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "--capabilities is for XMLs: running QEMUs are asked");
    if (cli->capabilities && load_caps(cli->capabilities, &with.caps, errp) < 0)
        return -1;

    if (cli->batch) {
        if (cli->n_operands || live)
            return qmp_fail(errp, QMIG_ERR_USAGE,
                            "--batch takes the files from its list, not from "
                            "the command line");
        return check_batch(cli, &with, errp);
    }
    if (cli->n_operands != 2 && !(live && cli->n_operands == 0))
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "check needs SOURCE.xml and DEST.xml, or --source "
                        "ADDR and --dest ADDR");
    if (live)
        code = cli_check_live(cli, errp);
    if (code < 0 || cli->n_operands == 0)
        return code;

    int xml = check_pair(cli, &with, cli->operands[0], cli->operands[1], errp);
    return xml < 0 || xml > code ? xml : code;
}
