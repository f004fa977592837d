/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Validation against libvirt's own RelaxNG schema, where it is installed: it
 * finds misspelt elements and attributes, which libvirt's parser ignores.
 */
#ifndef DOMAIN_RELAXNG_H
#define DOMAIN_RELAXNG_H

#include <stddef.h>

#include "qmp/error.h"

struct relaxng;

/*
 * Load libvirt/schemas/domain.rng from one of $XDG_DATA_DIRS (else
 * /usr/local/share and /usr/share). The caller frees *ret. QMIG_ERR_XML_FILE:
 * there is none, or it cannot be used.
 */
int relaxng_load(struct relaxng **ret, struct qmp_error **errp);

/* Validate a text that domain_parse() accepted; QMIG_ERR_XML with file, line
 * and the first reasons. */
int relaxng_validate(struct relaxng *rng, const char *xml, size_t len,
                     const char *origin, struct qmp_error **errp);

void relaxng_free(struct relaxng *rng); /* NULL is fine */

static inline void relaxng_freep(struct relaxng **rng)
{
    relaxng_free(*rng);
}

#endif
