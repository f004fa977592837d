/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a user can do about an error, by its code; docs/errors.md is made
 * from it. An error's own hint, which knows the case, goes first. */
#ifndef QMIG_ADVICE_H
#define QMIG_ADVICE_H

#include "error/errcode.h"

/* What the code means ("timed out"), and what to do about it: one line each,
 * no final dot; NULL for a number that is no code. */
const char *errcode_text(int code);
const char *errcode_advice(int code);

/* The hint of the error, else the advice of its code. */
const char *error_hint(const struct qmp_error *err);

#endif
