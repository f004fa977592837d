/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's graphics_uri: where clients of the guest's console go. */
#ifndef QMIG_GRAPHICS_URI_H
#define QMIG_GRAPHICS_URI_H

#include "qmp/error.h"

#include <stdbool.h>

/* What is not given is NULL or 0. */
struct graphics_uri {
    char *type; /* "spice", "vnc", ... */
    char *host; /* without brackets */
    int port;
    int tls_port;
    char *tls_subject; /* of the destination's certificate */
};

/*
 * TYPE://[HOST][:PORT][/][?tlsPort=PORT&tlsSubject=SUBJECT], a subject with
 * %XX for what a URI cannot have. `name` is the parameter, for the error
 * (QMIG_ERR_PARAM_TYPE).
 */
int graphics_uri_parse(const char *name, const char *text,
                       struct graphics_uri *ret, struct qmp_error **errp);
void graphics_uri_clear(struct graphics_uri *uri); /* {0} is fine */

#endif
