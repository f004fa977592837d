/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A parsed domain XML (libvirt's format), immutable.
 *
 * The text is untrusted: it may be of any size and shape. It is parsed without
 * network, DTD, entities or XInclude, and within DOMAIN_MAX_* limits; whatever
 * does not fit is an error that names file, line and reason. A document that
 * is a domain but that no QEMU could run (an unknown value, a missing
 * attribute) still gives a struct domain: abi_check() says what is wrong.
 */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "qmp/error.h"

#define DOMAIN_MAX_BYTES   (32u * 1024 * 1024) /* of the text */
#define DOMAIN_MAX_OBJECTS 65536u              /* devices and the like */

struct domain;

/*
 * Parse `len` bytes. `origin` is the file name for messages ("<memory>" if
 * NULL). 0 and a new *ret (domain_free), or -1 with QMIG_ERR_XML.
 */
int domain_parse(const char *xml, size_t len, const char *origin,
                 struct domain **ret, struct qmp_error **errp);

/* Read a file and parse it; QMIG_ERR_XML_FILE when it cannot be read. */
int domain_load(const char *path, struct domain **ret, struct qmp_error **errp);

/*
 * Read a file of at most DOMAIN_MAX_BYTES into memory (the caller frees *text,
 * which ends in a NUL that *len does not count). QMIG_ERR_XML_FILE.
 */
int domain_read_file(const char *path, char **text, size_t *len,
                     struct qmp_error **errp);

void domain_free(struct domain *dom); /* NULL is fine */

static inline void domain_freep(struct domain **dom)
{
    domain_free(*dom);
}

const char *domain_origin(const struct domain *dom);
const char *domain_name(const struct domain *dom); /* NULL if there is none */
const char *domain_uuid(const struct domain *dom); /* canonical, or NULL */
bool domain_has_spice(const struct domain *dom);   /* a console */

/*
 * The same document with the guest's <name> replaced: everything else stays
 * as it is, byte for byte (a document in an encoding that is no superset of
 * ASCII comes back in UTF-8). The caller frees the result. NULL: the text is
 * not a domain with a name (QMIG_ERR_XML).
 */
char *domain_text_with_name(const char *xml, size_t len, const char *name,
                            struct qmp_error **errp);

/*
 * The definition of a guest, from the XML of one that runs: without what was
 * made when it was started (its number, aliases, ports, host interfaces). In
 * UTF-8; the caller frees the result. QMIG_ERR_XML.
 */
char *domain_text_inactive(const char *xml, size_t len,
                           struct qmp_error **errp);

#endif
