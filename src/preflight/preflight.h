/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two live QEMUs, compared: would the stream load, would the guest see it? */
#ifndef QMIG_PREFLIGHT_H
#define QMIG_PREFLIGHT_H

#include "preflight/inventory.h"

/* The report object: {"verdict","differences":[...]}; NULL: no memory. */
struct json_object *preflight_compare(const struct inventory *source,
                                      const struct inventory *dest);

#endif
