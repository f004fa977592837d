/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "help.h"

#include "engine/engine.h"
#include "option.h"
#include "params/flags.h"
#include "params/params.h"

#include <string.h>

#define COLUMN 30 /* where the explanations begin */
#define WIDTH  78

/* clang-format off */
const struct exit_code exit_codes[] = {
    {0, "done", "runs (or is paused, if asked) on the destination"},
    {1, "failed", "as before, on the source"},
    {2, "wrong usage", "untouched"},
    {3, "incompatible: a check refused, nothing was changed", "untouched"},
    {4, "cancelled", "on the source"},
    {5, "undecided: start neither side, fence first", "unknown"},
    {6, "post-copy was interrupted", "split between both sides"},
};

const struct addr_form addr_forms[] = {
    {"unix:PATH", "UNIX socket; also a bare path that starts with / or ."},
    {"tcp:HOST:PORT", "TCP; an IPv6 address in brackets"},
    {"exec:COMMAND", "run by /bin/sh -c; its input and output speak QMP"},
    {"ssh:[USER@]HOST:PATH", "the UNIX socket PATH on HOST, through ssh"},
    {"fd:N", "an inherited, connected descriptor"},
};

const struct addr_form store_forms[] = {
    {"DIR", "a directory of files NAME.xml on this host"},
    {"ssh:[USER@]HOST:DIR", "one on HOST, through ssh"},
    {"exec:COMMAND", "run by /bin/sh -c; a POSIX shell in the directory, that "
                     "reads commands from its input"},
};
/* clang-format on */

const struct deadline_help deadline_helps[] = {
#define X(name, seconds, text) {#name, seconds, text},
    DEADLINE_MAP(X)
#undef X
};
const size_t deadline_helps_n = ARRAY_SIZE(deadline_helps);
const size_t exit_codes_n = ARRAY_SIZE(exit_codes);
const size_t addr_forms_n = ARRAY_SIZE(addr_forms);
const size_t store_forms_n = ARRAY_SIZE(store_forms);

/* Words of `text` from column `at`; continued lines are indented to
 * `indent`. Ends the line. */
static void put_wrapped(FILE *f, const char *text, size_t at, size_t indent)
{
    size_t column = at;

    for (bool first = true; *text; first = false) {
        size_t n = strcspn(text, " ");
        if (first) {
            column = at;
        } else if (column + 1 + n > WIDTH) {
            fprintf(f, "\n%*s", (int)indent, "");
            column = indent;
        } else {
            fputc(' ', f);
            column++;
        }
        fprintf(f, "%.*s", (int)n, text);
        column += n;
        text += n + strspn(text + n, " ");
    }
    fputc('\n', f);
}

/* "  term      explanation" */
static void put_item(FILE *f, const char *term, const char *text)
{
    size_t n = strlen(term);

    fprintf(f, "  %s", term);
    if (n + 4 > COLUMN)
        fprintf(f, "\n%*s", COLUMN, "");
    else
        fprintf(f, "%*s", (int)(COLUMN - 2 - n), "");
    put_wrapped(f, text, COLUMN, COLUMN);
}

static void put_usage(FILE *f, const struct verb *verb)
{
    const char *line = verb->usage;
    const char *lead = "usage: ";

    while (*line) {
        size_t n = strcspn(line, "\n");
        fprintf(f, "%sqmigrate %s %.*s\n", lead, verb->name, (int)n, line);
        lead = "       ";
        line += line[n] ? n + 1 : n;
    }
}

void help_overview(FILE *f)
{
    fputs("usage: qmigrate VERB [OPTION]...\n"
          "       qmigrate --version\n\n"
          "Move a running QEMU guest to another QEMU, over their monitors.\n\n",
          f);
    for (size_t i = 0; i < verbs_n; i++)
        put_item(f, verbs[i].name, verbs[i].help);
    fputs("\n'qmigrate VERB --help' explains a verb, 'man qmigrate' "
          "everything.\n",
          f);
}

static void put_option(FILE *f, const struct option *opt)
{
    char term[80];
    char letter[8] = "    ";

    if (opt->letter)
        snprintf(letter, sizeof(letter), "-%c, ", opt->letter);
    snprintf(term, sizeof(term), "%s--%s%s%s", letter, opt->name,
             opt->arg ? " " : "", opt->arg ? opt->arg : "");
    put_item(f, term, option_help(opt));
}

static bool shown(const struct option *opt, const struct verb *verb,
                  enum option_group group)
{
    return opt->group == group && (opt->verbs & verb->bit) &&
           option_is_supported(opt);
}

static void put_group(FILE *f, const struct verb *verb, enum option_group group)
{
    bool titled = false;

    for (size_t i = 0; i < option_table_n; i++) {
        if (!shown(&option_table[i], verb, group))
            continue;
        if (!titled)
            fprintf(f, "\n%s:\n", option_group_titles[group]);
        titled = true;
        put_option(f, &option_table[i]);
    }
}

/* Users of virsh look for them: say that they are known. */
static void put_unsupported(FILE *f, const struct verb *verb)
{
    char list[2048] = "";
    size_t len = 0;

    for (size_t i = 0; i < option_table_n; i++) {
        const struct option *opt = &option_table[i];
        if ((opt->verbs & verb->bit) && !option_is_supported(opt) &&
            len < sizeof(list))
            len += (size_t)snprintf(list + len, sizeof(list) - len, "%s--%s",
                                    len ? " " : "", opt->name);
    }
    if (!len)
        return;
    fputs("\nKnown from virsh migrate, and refused, as libvirt does for "
          "QEMU:\n  ",
          f);
    put_wrapped(f, list, 2, 2);
}

static void put_params_and_flags(FILE *f)
{
    fputs("\nTyped parameters (-p):\n", f);
    for (size_t i = 0; i < param_table_n; i++) {
        const struct param_info *p = &param_table[i];
        char term[80];
        snprintf(term, sizeof(term), "%s=%s", p->name,
                 p->unit ? p->unit : param_type_name(p->type));
        put_item(f, term, p->help);
    }
    fputs("\nFlags (-f):\n", f);
    for (size_t i = 0; i < flag_table_n; i++)
        put_item(f, flag_table[i].name, flag_table[i].help);
}

static void put_deadlines(FILE *f)
{
    fputs("\nDeadlines:\n", f);
    for (size_t i = 0; i < deadline_helps_n; i++) {
        char term[80];
        snprintf(term, sizeof(term), "%s=%d", deadline_helps[i].name,
                 deadline_helps[i].seconds);
        put_item(f, term, deadline_helps[i].text);
    }
}

static void put_exit_codes(FILE *f)
{
    fputs("\nExit codes:\n", f);
    for (size_t i = 0; i < exit_codes_n; i++)
        fprintf(f, "  %d  %s; the guest: %s\n", exit_codes[i].code,
                exit_codes[i].meaning, exit_codes[i].guest);
}

static void put_stores(FILE *f)
{
    fputs("\nSTORE:\n", f);
    for (size_t i = 0; i < store_forms_n; i++)
        put_item(f, store_forms[i].form, store_forms[i].meaning);
}

void help_verb(FILE *f, const struct verb *verb)
{
    bool migrates = verb->bit & (VERB_MIGRATE | VERB_PLAN);

    put_usage(f, verb);
    fputc('\n', f);
    put_wrapped(f, verb->help, 0, 0);
    for (int g = 0; g < GROUP__MAX; g++)
        put_group(f, verb, (enum option_group)g);
    if (migrates) {
        put_params_and_flags(f);
        put_deadlines(f);
        put_unsupported(f, verb);
    }
    if (verb->bit != VERB_HELP) {
        fputs("\nADDR:\n", f);
        for (size_t i = 0; i < addr_forms_n; i++)
            put_item(f, addr_forms[i].form, addr_forms[i].meaning);
        if (verb->bit & (VERB_MIGRATE | VERB_PLAN))
            put_stores(f);
        put_exit_codes(f);
    }
}

int cli_help(struct cli *cli, struct qmp_error **errp)
{
    if (cli->man) {
        help_man(stdout);
    } else if (cli->bash_completion) {
        help_bash_completion(stdout);
    } else if (cli->n_operands == 0) {
        help_overview(stdout);
    } else {
        const struct verb *verb = verb_find(cli->operands[0]);
        if (!verb)
            return cli_unknown_verb(cli->operands[0], errp);
        help_verb(stdout, verb);
    }
    return 0;
}
