/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the data gets from one QEMU to the other when they do not simply
 * connect: descriptors that we pass, commands, the tunnel through us.
 *
 *   direct     the source connects to plan.uri (or runs its command)
 *   passed     we connect there (or inherited a connection), and the source
 *              is given the descriptor
 *   tunnel     the source is given one end of a socket pair; what we have at
 *              the other end goes on to the destination, both ways
 *
 * Pure: no I/O.
 */
#ifndef QMIG_PLAN_TRANSPORT_H
#define QMIG_PLAN_TRANSPORT_H

#include "plan/plan.h"

/* Do the addresses, options and flags fit together? All that can be known
 * before a monitor is touched. */
int transport_check(const struct plan_input *in, struct qmp_error **errp);

/* The same of what one QEMU can do. */
int transport_check_facts(const struct plan_input *in,
                          const struct facts *facts, struct qmp_error **errp);

/* Can the channel carry nothing but the guest, so that there is no return
 * path (R2)? */
bool transport_is_one_way(const struct plan_input *in);

/* With the flag 'tunnelled': where we connect to, and what the destination
 * listens on. */
int transport_tunnel(struct plan *plan, const struct plan_input *in,
                     const struct facts *dest, struct qmp_error **errp);
/* Without: plan.uri is there; what the destination listens on. */
int transport_listen(struct plan *plan, const struct plan_input *in,
                     struct qmp_error **errp);

/* The address that we connect to, in the form of a monitor's, once the port is
 * known: a new string; NULL: we do not connect, or no memory. */
char *transport_connect_address(const struct plan *plan);

/* Arguments of `migrate` or `migrate-incoming`: {"uri":...}, or the new style
 * {"channels":[...]}. `uri` is in QEMU's form. */
struct json_object *transport_arguments(const char *uri, bool channels);

#endif
