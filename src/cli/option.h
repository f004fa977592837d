/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The option table: from it come parsing, --help, the man page and the bash
 * completion.
 */
#ifndef QMIG_OPTION_H
#define QMIG_OPTION_H

#include "cli.h"

/* Order and headings of --help and of the man page. */
enum option_group {
    GROUP_PEERS,
    GROUP_WHAT,
    GROUP_TLS,
    GROUP_VIRSH,
    GROUP_SAVE,
    GROUP_CHECK,
    GROUP_RECORD,
    GROUP_TRANSCRIPT,
    GROUP_OUTPUT,
    GROUP__MAX
};

struct option;
typedef int option_fn(struct cli *cli, const struct option *opt,
                      const char *value, struct qmp_error **errp);

struct option {
    const char *name; /* without the dashes */
    char letter;      /* 0: none */
    const char *arg;  /* its name, or "a|b|c" for a choice; NULL: takes none */
    unsigned verbs;   /* enum verb_bit */
    enum option_group group;
    option_fn *set;
    const char *param; /* the typed parameter, where it is one */
    unsigned flag;     /* the flag, where it is one */
    size_t offset;     /* the member of struct cli, where it is one */
    const char *help;  /* NULL: that of the parameter or flag */
    unsigned actions;  /* bits of enum transcript_action; 0: all */
};

extern const struct option option_table[];
extern const size_t option_table_n;
extern const char *const option_group_titles[GROUP__MAX];

/* False for options of virsh that are known, and refused. */
bool option_is_supported(const struct option *opt);
const char *option_help(const struct option *opt);

/* Setters, for the rows. */
option_fn option_set_string;   /* const char * at offset, once */
option_fn option_set_list;     /* struct cli_list at offset */
option_fn option_set_true;     /* bool at offset */
option_fn option_set_unsigned; /* unsigned at offset, from 1 */
option_fn option_set_choice;   /* int at offset: index in opt->arg */
option_fn option_set_fd;       /* int at offset: an open descriptor */
option_fn option_set_domain;
option_fn option_set_deadline;
option_fn option_set_name_value; /* -p */
option_fn option_set_params;     /* --params */
option_fn option_set_flag_name;  /* -f */
option_fn option_set_flags;      /* --flags */
option_fn option_set_flag;       /* the row's flag */
option_fn option_set_param;      /* the row's parameter */
option_fn option_set_param_file; /* ... from a file */
option_fn option_set_param_list; /* ... from a,b,c */
option_fn option_set_hold;
option_fn option_set_direct; /* known, and refused */

#endif
