/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TLS: the credentials that both QEMUs are given, the migration parameters
 * that name them, and what QEMU's words about them mean. Keys and certificates
 * are files on the QEMUs' hosts; none passes a monitor.
 *
 * Objects are made before anything else, so that a bad certificate is found
 * while the destination can still take another migration, and deleted when
 * the migration is over, however it ends. They have our own ids: one that a
 * killed qmigrate left behind is replaced.
 */
#ifndef QMIG_PLAN_TLS_H
#define QMIG_PLAN_TLS_H

#include "plan/plan.h"

#define TLS_CREDS_ID "qmigrate-tls"       /* tls-creds-x509, tls-creds-psk */
#define TLS_AUTHZ_ID "qmigrate-tls-authz" /* authz-simple */

/* Where QEMU and libvirt expect the certificates of a QEMU. */
#define TLS_DEFAULT_DIR "/etc/pki/qemu"

/* Do the options fit together and to the flags? QMIG_ERR_PARAM_CONFLICT,
 * QMIG_ERR_USAGE. */
int tls_check_options(const struct qmig_tls *tls, unsigned flags,
                      struct qmp_error **errp);

/* Is there TLS in both QEMUs, and a name to check a certificate against?
 * A setting of somebody else's that this migration will not use is worth a
 * warning. */
int tls_check(const struct plan_input *in, enum qmig_side side,
              const struct facts *mine, char **warnings,
              struct qmp_error **errp);
int tls_check_uri(const struct plan_input *in, const struct migrate_uri *uri,
                  struct qmp_error **errp);

/* Arguments of object-add, in order; an empty array without TLS. */
struct json_object *tls_objects(const struct plan_input *in,
                                enum qmig_side side);

/* What the parameters are set to: with TLS they name the objects; without,
 * what is left from an earlier use is cleared. `back` undoes it. */
void tls_parameters(const struct plan_input *in, enum qmig_side side,
                    const struct facts *mine, struct json_object *set,
                    struct json_object *back);

/*
 * If *errp is about TLS: its code becomes QMIG_ERR_TLS, the file that is meant
 * and what to do about it are added, and *side, where it was seen, becomes the
 * side whose file it is. `began`: the stream had reached the destination, so
 * the handshake was good.
 */
void tls_explain(const struct plan_input *in, bool began, enum qmig_side *side,
                 struct qmp_error **errp);
/* The same for a migration without flag 'tls': a plain one does not ask what
 * `tls-creds` is, and QEMU uses what an earlier use has left there. */
void tls_explain_left_over(enum qmig_side *side, struct qmp_error **errp);

#endif
