/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef QMP_MASK_H
#define QMP_MASK_H

#include <stdbool.h>
#include <stddef.h>

#define QMP_MASKED "***"

/* As qmp_mask_secrets(), but tells "nothing to mask" (0, *ret NULL) from "no
 * memory to find out" (-1). dir: '>' or '<', and 0 if it is not known; what a
 * monitor says is no command. */
int qmp_mask(const char *text, size_t len, char dir, char **ret);

/* Of bytes that are no message: is there a word of the tables in them? QEMU
 * also takes what is no JSON, strings in single quotes. */
bool qmp_mask_suspects(const char *text, size_t len);

#endif
