/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts that are made from the tables of verbs, options, parameters and
 * flags. */
#ifndef QMIG_HELP_H
#define QMIG_HELP_H

#include "cli.h"

/* What the program's exit code says: a contract with scripts. */
struct exit_code {
    int code;
    const char *meaning;
    const char *guest; /* where the guest is then */
};
extern const struct exit_code exit_codes[];
extern const size_t exit_codes_n;

/* Forms of a monitor's address. */
struct addr_form {
    const char *form;
    const char *meaning;
};
extern const struct addr_form addr_forms[];
extern const size_t addr_forms_n;
/* The same of domain stores. */
extern const struct addr_form store_forms[];
extern const size_t store_forms_n;

/* What --deadline takes, and what holds without it. */
struct deadline_help {
    const char *name;
    int seconds;
    const char *text;
};
extern const struct deadline_help deadline_helps[];
extern const size_t deadline_helps_n;

void help_overview(FILE *f);
void help_verb(FILE *f, const struct verb *verb);
void help_man(FILE *f);
void help_bash_completion(FILE *f);

#endif
