/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* argv to struct cli, by the option table. */
#include "option.h"

#include "error/errcode.h"
#include "params/nearest.h"

#include <string.h>

/* The words of a command line, from the left. */
struct words {
    int argc;
    char **argv;
    int next;
};

void cli_init(struct cli *cli, const struct verb *verb)
{
    *cli = (struct cli){.verb = verb, .progress_fd = -1};
}

void cli_done(struct cli *cli)
{
    qmig_params_free(cli->params);
    free(cli->deadlines);
    free(cli->transcript.faults.items);
    free(cli->transcript.ignore.items);
    for (size_t i = 0; i < cli->n_texts; i++)
        free(cli->texts[i]);
    free(cli->texts);
    free(cli->operands);
    cli_init(cli, NULL);
}

/* Among the options of the verb; of all verbs if there is none of that name,
 * so that the error can say so. */
static const struct option *find_long(const struct cli *cli, const char *name,
                                      size_t n)
{
    const struct option *other = NULL;

    for (size_t i = 0; i < option_table_n; i++) {
        const struct option *opt = &option_table[i];
        if (strlen(opt->name) != n || strncmp(opt->name, name, n) != 0)
            continue;
        if (opt->verbs & cli->verb->bit)
            return opt;
        other = opt;
    }
    return other;
}

static const struct option *find_letter(const struct cli *cli, char letter)
{
    for (size_t i = 0; i < option_table_n; i++)
        if (option_table[i].letter == letter &&
            (option_table[i].verbs & cli->verb->bit))
            return &option_table[i];
    return NULL;
}

static int unknown_option(const struct cli *cli, const char *name, size_t n,
                          struct qmp_error **errp)
{
    CLEANUP(freep) char *word = strndup(name, n);
    struct nearest near = {.word = word ? word : ""};

    for (size_t i = 0; i < option_table_n; i++)
        if (option_table[i].verbs & cli->verb->bit)
            nearest_try(&near, option_table[i].name);
    qmp_fail(errp, QMIG_ERR_USAGE, "unknown option '--%.*s'",
             n < 60 ? (int)n : 60, name);
    return nearest_hint(&near, "--", errp);
}

/* The value of an option: after '=' or attached (`given`), or the next word,
 * unless that is itself an option. */
static int take_value(const struct cli *cli, struct words *w,
                      const struct option *opt, const char *given,
                      const char **value, struct qmp_error **errp)
{
    if (!opt->arg && given)
        return qmp_fail(errp, QMIG_ERR_USAGE, "option '--%s' takes no value",
                        opt->name);
    *value = given;
    if (!opt->arg || given)
        return 0;

    const char *next = w->next < w->argc ? w->argv[w->next] : NULL;
    if (!next || (!strncmp(next, "--", 2) &&
                  find_long(cli, next + 2, strcspn(next + 2, "="))))
        return qmp_fail(errp, QMIG_ERR_USAGE, "option '--%s' needs a value: %s",
                        opt->name, opt->arg);
    *value = next;
    w->next++;
    return 0;
}

/* The action of `transcript` may come later than its options. */
static void note_foreign(struct cli_transcript *t, const struct option *opt)
{
    for (int i = 0; opt->actions && i < TRANSCRIPT__MAX; i++)
        if (!(opt->actions & 1u << i) && !t->foreign[i])
            t->foreign[i] = opt->name;
}

static int apply(struct cli *cli, struct words *w, const struct option *opt,
                 const char *given, struct qmp_error **errp)
{
    const char *value;

    if (!(opt->verbs & cli->verb->bit))
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "option '--%s' does not belong to '%s'", opt->name,
                        cli->verb->name);
    if (take_value(cli, w, opt, given, &value, errp) < 0)
        return -1;
    note_foreign(&cli->transcript, opt);
    return opt->set(cli, opt, value, errp);
}

static int parse_long(struct cli *cli, struct words *w, const char *word,
                      struct qmp_error **errp)
{
    size_t n = strcspn(word, "=");
    const struct option *opt = find_long(cli, word, n);

    if (!opt)
        return unknown_option(cli, word, n, errp);
    return apply(cli, w, opt, word[n] ? word + n + 1 : NULL, errp);
}

/* "-p X" and "-pX"; letters are not joined. */
static int parse_short(struct cli *cli, struct words *w, const char *word,
                       struct qmp_error **errp)
{
    const struct option *opt = find_letter(cli, word[0]);

    if (!opt)
        return qmp_fail(errp, QMIG_ERR_USAGE, "unknown option '-%.60s'", word);
    return apply(cli, w, opt, word[1] ? word + 1 : NULL, errp);
}

static int parse_operand(struct cli *cli, const char *word,
                         struct qmp_error **errp)
{
    if (cli->n_operands >= cli->verb->max_operands)
        return qmp_fail(errp, QMIG_ERR_USAGE, "unexpected argument '%.60s'",
                        word);
    cli->operands[cli->n_operands++] = word;
    return 0;
}

static int parse_words(struct cli *cli, struct words *w,
                       struct qmp_error **errp)
{
    bool only_operands = false;

    while (w->next < w->argc) {
        const char *word = w->argv[w->next++];
        int rc;
        if (only_operands || word[0] != '-' || !word[1]) {
            rc = parse_operand(cli, word, errp);
        } else if (!strcmp(word, "--")) {
            only_operands = true;
            rc = 0;
        } else if (word[1] == '-') {
            rc = parse_long(cli, w, word + 2, errp);
        } else {
            rc = parse_short(cli, w, word + 1, errp);
        }
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* libvirt pauses a guest that is migrated without LIVE. Nobody who types a
 * command expects that, so it takes --flags to do without LIVE. */
static int finish_flags(struct cli *cli, struct qmp_error **errp)
{
    const unsigned both = QMIG_LIVE | QMIG_OFFLINE;

    if (cli->flags_given)
        return 0;
    if ((cli->flags & both) == both)
        return qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                        "flag 'live' and flag 'offline' are mutually "
                        "exclusive");
    if (!(cli->flags & QMIG_OFFLINE))
        cli->flags |= QMIG_LIVE;
    return 0;
}

/* virsh begins post-copy with the second pass; a time-out suspends the guest
 * unless something else was said. */
static int finish_switch(struct cli *cli, struct qmp_error **errp)
{
    if (cli->postcopy_after_precopy)
        cli->o.postcopy_after = 1;
    if (cli->timeout_suspend && cli->o.timeout_postcopy)
        return qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                        "option '--timeout-suspend' and option "
                        "'--timeout-postcopy' are mutually exclusive");
    if (cli->timeout_suspend && !cli->o.timeout_s)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "unexpected --timeout-* option without --timeout");
    return 0;
}

int cli_parse(struct cli *cli, int argc, char **argv, int first,
              struct qmp_error **errp)
{
    struct words w = {argc, argv, first};

    cli->params = qmig_params_new();
    cli->operands =
        calloc((size_t)cli->verb->max_operands + 1, sizeof(*cli->operands));
    if (!cli->params || !cli->operands)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    if (parse_words(cli, &w, errp) < 0)
        return -1;
    if (cli->help)
        return 0;
    if (cli->o.transcript && cli->o.no_transcript)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "options '--transcript' and '--no-transcript' exclude "
                        "each other");
    if (finish_flags(cli, errp) < 0)
        return -1;
    return finish_switch(cli, errp);
}
