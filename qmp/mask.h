/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef QMP_MASK_H
#define QMP_MASK_H

#include <stddef.h>

/* As qmp_mask_secrets(), but tells "nothing to mask" (0, *ret NULL) from "no
 * memory to find out" (-1). dir: '>' or '<', and 0 if it is not known; what a
 * monitor says is no command. */
int qmp_mask(const char *text, size_t len, char dir, char **ret);

#endif
