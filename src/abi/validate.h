/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt refuses as invalid before it compares. */
#ifndef ABI_VALIDATE_H
#define ABI_VALIDATE_H

#include "abi/norm.h"

/* Check a domain as written (`raw`) and as normalised; problems are recorded
 * in `d`. */
void abi_validate(const struct domain *raw, struct domain *d);

#endif
