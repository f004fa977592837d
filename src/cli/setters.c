/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rows of the option table do with their value. */
#include "option.h"

#include "error/errcode.h"
#include "qmp/json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#define MEMBER(type, cli, opt) (*(type *)((char *)(cli) + (opt)->offset))

static int usage(struct qmp_error **errp, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
static int usage(struct qmp_error **errp, const char *fmt, ...)
{
    va_list ap;
    char text[512];

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return qmp_fail(errp, QMIG_ERR_USAGE, "%s", text);
}

static int no_memory(struct qmp_error **errp)
{
    return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

/* Takes text; it lives as long as cli. NULL: no memory. */
static const char *keep(struct cli *cli, char *text)
{
    char **grown = realloc(cli->texts, (cli->n_texts + 1) * sizeof(*grown));

    if (grown)
        cli->texts = grown;
    if (!grown) {
        free(text);
        return NULL;
    }
    cli->texts[cli->n_texts++] = text;
    return text;
}

int option_set_string(struct cli *cli, const struct option *opt,
                      const char *value, struct qmp_error **errp)
{
    const char **member = &MEMBER(const char *, cli, opt);

    if (*member)
        return usage(errp, "option '--%s' is given twice", opt->name);
    if (!*value)
        return usage(errp, "option '--%s': %s must not be empty", opt->name,
                     opt->arg);
    *member = value;
    return 0;
}

int option_set_list(struct cli *cli, const struct option *opt,
                    const char *value, struct qmp_error **errp)
{
    struct cli_list *list = &MEMBER(struct cli_list, cli, opt);
    const char **grown = realloc(list->items, (list->n + 1) * sizeof(*grown));

    if (!grown)
        return no_memory(errp);
    list->items = grown;
    list->items[list->n++] = value;
    return 0;
}

int option_set_true(struct cli *cli, const struct option *opt,
                    const char *value UNUSED, struct qmp_error **errp UNUSED)
{
    MEMBER(bool, cli, opt) = true;
    return 0;
}

int option_set_choice(struct cli *cli, const struct option *opt,
                      const char *value, struct qmp_error **errp)
{
    size_t n = strlen(value);
    int index = 0;

    for (const char *c = opt->arg;; index++) {
        size_t len = strcspn(c, "|");
        if (len == n && !strncmp(c, value, n)) {
            MEMBER(int, cli, opt) = index;
            return 0;
        }
        if (!c[len])
            return usage(errp, "option '--%s': '%.60s' is not one of %s",
                         opt->name, value, opt->arg);
        c += len + 1;
    }
}

int option_set_hold(struct cli *cli, const struct option *opt,
                    const char *value, struct qmp_error **errp)
{
    if (!strcmp(value, "prepared"))
        cli->o.hold |= QMIG_HOLD_PREPARED;
    else if (!strcmp(value, "switchover"))
        cli->o.hold |= QMIG_HOLD_SWITCHOVER;
    else
        return usage(errp, "option '--%s': '%.60s' is not one of %s", opt->name,
                     value, opt->arg);
    return 0;
}

/* Digits only, and not more than max. */
static bool parse_number(const char *text, int base, unsigned long max,
                         unsigned long *ret)
{
    const char *digits = base == 16 ? "0123456789abcdefABCDEF" : "0123456789";

    if (!*text || text[strspn(text, digits)])
        return false;
    errno = 0;
    *ret = strtoul(text, NULL, base);
    return !errno && *ret <= max;
}

int option_set_unsigned(struct cli *cli, const struct option *opt,
                        const char *value, struct qmp_error **errp)
{
    unsigned long number;

    if (!parse_number(value, 10, INT_MAX, &number) || !number)
        return usage(errp,
                     "option '--%s': '%.60s' is not a number from 1 to %d",
                     opt->name, value, INT_MAX);
    MEMBER(unsigned, cli, opt) = (unsigned)number;
    return 0;
}

int option_set_fd(struct cli *cli, const struct option *opt, const char *value,
                  struct qmp_error **errp)
{
    unsigned long fd;

    if (!parse_number(value, 10, 65535, &fd))
        return usage(errp, "option '--%s': '%.60s' is not a descriptor",
                     opt->name, value);
    /* A destination that we start would keep it open. */
    if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
        return usage(errp, "option '--%s': descriptor %lu is not open",
                     opt->name, fd);
    MEMBER(int, cli, opt) = (int)fd;
    return 0;
}

int option_set_domain(struct cli *cli, const struct option *opt,
                      const char *value, struct qmp_error **errp)
{
    if (cli->domain_file)
        return usage(errp, "option '--%s' is given twice", opt->name);
    cli->domain_file = value;

    char *text = cli_read_file(value, CLI_MAX_FILE, QMIG_ERR_XML_FILE, errp);
    if (!text)
        return qmp_prefix(errp, "option '--%s'", opt->name);
    cli->o.domain_xml = keep(cli, text);
    return cli->o.domain_xml ? 0 : no_memory(errp);
}

int option_set_deadline(struct cli *cli, const struct option *opt,
                        const char *value, struct qmp_error **errp)
{
    if (!strchr(value, '='))
        return usage(errp, "option '--%s': '%.60s' is not %s", opt->name, value,
                     opt->arg);

    const char **grown =
        realloc(cli->deadlines, (cli->n_deadlines + 2) * sizeof(*grown));
    if (!grown)
        return no_memory(errp);
    cli->deadlines = grown;
    cli->deadlines[cli->n_deadlines++] = value;
    cli->deadlines[cli->n_deadlines] = NULL;
    cli->o.deadlines = cli->deadlines;
    return 0;
}

/* The value of a parameter from a file, without the line end of its last
 * line. */
static int add_from_file(struct cli *cli, const char *name, const char *path,
                         struct qmp_error **errp)
{
    CLEANUP(freep)
    char *text = cli_read_file(path, CLI_MAX_FILE, QMIG_ERR_USAGE, errp);

    if (!text)
        return qmp_prefix(errp, "parameter '%s'", name);
    size_t n = strlen(text);
    if (n > 0 && text[n - 1] == '\n')
        text[--n] = 0;
    if (n > 0 && text[n - 1] == '\r')
        text[n - 1] = 0;
    return qmig_params_add_text(cli->params, name, text, errp);
}

int option_set_name_value(struct cli *cli, const struct option *opt,
                          const char *value, struct qmp_error **errp)
{
    const char *eq = strchr(value, '=');

    if (!eq || eq == value)
        return usage(errp, "option '-%c': '%.60s' is not %s", opt->letter,
                     value, opt->arg);
    CLEANUP(freep) char *name = strndup(value, (size_t)(eq - value));
    if (!name)
        return no_memory(errp);
    return eq[1] == '@' ? add_from_file(cli, name, eq + 2, errp)
                        : qmig_params_add_text(cli->params, name, eq + 1, errp);
}

int option_set_params(struct cli *cli, const struct option *opt,
                      const char *value, struct qmp_error **errp)
{
    CLEANUP(freep)
    char *text = cli_read_file(value, CLI_MAX_FILE, QMIG_ERR_USAGE, errp);

    if (!text)
        return qmp_prefix(errp, "option '--%s'", opt->name);
    CLEANUP(json_putp) struct json_object *o = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    if (qmp_json_parse(text, strlen(text), &o, &err) < 0)
        return usage(errp, "option '--%s': '%s': %s", opt->name, value,
                     err->msg);
    if (qmig_params_add_json(cli->params, o, errp) < 0)
        return qmp_prefix(errp, "'%s'", value);
    return 0;
}

int option_set_flag_name(struct cli *cli, const struct option *opt UNUSED,
                         const char *value, struct qmp_error **errp)
{
    /* A capability by QEMU's own name: a parameter that is on. */
    if (!strncmp(value, "qemu.", 5))
        return qmig_params_add_text(cli->params, value, "on", errp);

    unsigned flag = qmig_flag(value, errp);

    cli->flags |= flag;
    return flag ? 0 : -1;
}

int option_set_flags(struct cli *cli, const struct option *opt,
                     const char *value, struct qmp_error **errp)
{
    bool hex = !strncmp(value, "0x", 2);
    unsigned long flags;

    if (cli->flags_given)
        return usage(errp, "option '--%s' is given twice", opt->name);
    if (!parse_number(value + (hex ? 2 : 0), hex ? 16 : 10, UINT32_MAX, &flags))
        return usage(errp,
                     "option '--%s': '%.60s' is not a number of 32 bits "
                     "(decimal, or hexadecimal after 0x)",
                     opt->name, value);
    cli->flags_given = true;
    cli->flags |= (unsigned)flags;
    return 0;
}

int option_set_flag(struct cli *cli, const struct option *opt,
                    const char *value UNUSED, struct qmp_error **errp UNUSED)
{
    cli->flags |= opt->flag;
    return 0;
}

static int prefix_option(const struct option *opt, struct qmp_error **errp)
{
    return qmp_prefix(errp, "option '--%s'", opt->name);
}

int option_set_param(struct cli *cli, const struct option *opt,
                     const char *value, struct qmp_error **errp)
{
    if (qmig_params_add_text(cli->params, opt->param, value, errp) < 0)
        return prefix_option(opt, errp);
    return 0;
}

int option_set_param_file(struct cli *cli, const struct option *opt,
                          const char *value, struct qmp_error **errp)
{
    if (add_from_file(cli, opt->param, value, errp) < 0)
        return prefix_option(opt, errp);
    return 0;
}

int option_set_param_list(struct cli *cli, const struct option *opt,
                          const char *value, struct qmp_error **errp)
{
    CLEANUP(freep) char *list = strdup(value);
    char *rest = list;

    if (!list)
        return no_memory(errp);
    for (char *one = strsep(&rest, ","); one; one = strsep(&rest, ","))
        if (qmig_params_add_text(cli->params, opt->param, one, errp) < 0)
            return prefix_option(opt, errp);
    return 0;
}

int option_set_direct(struct cli *cli UNUSED, const struct option *opt,
                      const char *value UNUSED, struct qmp_error **errp)
{
    qmp_fail(errp, QMIG_ERR_PARAM_UNSUPPORTED,
             "option '--%s' is not supported: a QEMU does not migrate without "
             "somebody who drives both sides",
             opt->name);
    return qmp_hint(errp, "leave it out; libvirt refuses it for QEMU, too");
}
