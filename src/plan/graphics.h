/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clients of the guest's SPICE console are told where it goes. QEMU has no way
 * to tell those of another console. */
#ifndef QMIG_PLAN_GRAPHICS_H
#define QMIG_PLAN_GRAPHICS_H

#include "plan/plan.h"

/* Must the destination be asked where its console is? */
bool graphics_needs_probe(const struct plan_input *in);

/*
 * Arguments of client_migrate_info: what graphics_uri says, and for what it
 * does not say, the destination's console (query-spice) at the host that the
 * source connects to. NULL: there is nobody to tell; *warnings then has a line
 * if that was not meant.
 */
struct json_object *graphics_arguments(const struct plan_input *in,
                                       const struct facts *dest,
                                       const struct migrate_uri *uri,
                                       char **warnings);

#endif
