/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bash completion. It needs nothing but bash. */
#include "help.h"

#include "option.h"
#include "params/flags.h"
#include "params/params.h"

#include <string.h>

static void put_verb_options(FILE *f, const struct verb *verb)
{
    fprintf(f, "    %s) words='", verb->name);
    for (size_t i = 0; i < option_table_n; i++) {
        const struct option *opt = &option_table[i];
        if (!(opt->verbs & verb->bit) || !option_is_supported(opt))
            continue;
        if (opt->letter)
            fprintf(f, "-%c ", opt->letter);
        fprintf(f, "--%s ", opt->name);
    }
    fputs("' ;;\n", f);
}

/* What may follow an option: a choice, a file, a directory. */
static const char *action(const struct option *opt)
{
    if (!strcmp(opt->arg, "FILE"))
        return "compgen -f";
    if (!strcmp(opt->arg, "ADDR"))
        return "compgen -f -W 'unix: tcp: exec: ssh: fd:'";
    if (!strcmp(opt->arg, "DIR"))
        return "compgen -d";
    return NULL;
}

static void put_words(FILE *f, const char *words)
{
    fputs("_qmigrate_words '", f);
    for (; *words; words++)
        fputc(*words == '|' ? ' ' : *words, f);
    fputs("'; ", f);
}

static void put_value_words(FILE *f, const struct option *opt)
{
    if (opt->set == option_set_name_value) {
        fputs("compopt -o nospace 2>/dev/null; _qmigrate_words '", f);
        for (size_t i = 0; i < param_table_n; i++)
            fprintf(f, "%s= ", param_table[i].name);
        fputs("'; ", f);
    } else if (opt->set == option_set_flag_name) {
        fputs("_qmigrate_words '", f);
        for (size_t i = 0; i < flag_table_n; i++)
            fprintf(f, "%s ", flag_table[i].name);
        fputs("'; ", f);
    } else if (strchr(opt->arg, '|')) {
        put_words(f, opt->arg);
    } else if (action(opt)) {
        fprintf(f, "mapfile -t COMPREPLY < <(%s -- \"$cur\"); ", action(opt));
    }
}

static void put_values(FILE *f, const struct option *opt)
{
    if (!opt->arg || !option_is_supported(opt))
        return;
    fputs("    ", f);
    if (opt->letter)
        fprintf(f, "-%c | ", opt->letter);
    fprintf(f, "--%s) ", opt->name);
    put_value_words(f, opt);
    fputs("return ;;\n", f);
}

void help_bash_completion(FILE *f)
{
    fputs("# bash completion of qmigrate; made by qmigrate help "
          "--bash-completion\n"
          "_qmigrate_words()\n"
          "{\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
          "}\n"
          "_qmigrate()\n"
          "{\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} words=''\n"
          "    local prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    COMPREPLY=()\n"
          "    # bash splits --option=value at '='\n"
          "    if [ \"$cur\" = = ]; then\n"
          "        cur=''\n"
          "    elif [ \"$prev\" = = ]; then\n"
          "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    fi\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        _qmigrate_words '",
          f);
    for (size_t i = 0; i < verbs_n; i++)
        fprintf(f, "%s ", verbs[i].name);
    fputs("--help --version'\n"
          "        return\n"
          "    fi\n"
          "    case $prev in\n",
          f);
    for (size_t i = 0; i < option_table_n; i++)
        put_values(f, &option_table[i]);
    fputs("    esac\n"
          "    case ${COMP_WORDS[1]} in\n",
          f);
    for (size_t i = 0; i < verbs_n; i++)
        put_verb_options(f, &verbs[i]);
    fputs("    esac\n"
          "    if [[ $cur == -* ]]; then\n"
          "        _qmigrate_words \"$words\"\n"
          "    else\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -o bashdefault -F _qmigrate qmigrate\n",
          f);
}
