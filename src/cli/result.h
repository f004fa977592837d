/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The result of a migration, for a person and for scripts. */
#ifndef QMIG_RESULT_H
#define QMIG_RESULT_H

#include "cli.h"

/* "completed", "failed", ...: the words of the result object. */
const char *result_name(enum qmig_outcome outcome);

/* One line that says where the guest is, then figures and files. */
void result_put_text(FILE *f, const struct qmig_result *r);

/* "qmigrate: source: MESSAGE", the hint, the destination's last words. */
void result_put_error(FILE *f, const struct qmig_result *r);

/* The result object of something that was refused before it began. */
struct json_object *result_of_refusal(const struct qmp_error *err);

#endif
