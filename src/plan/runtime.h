/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be changed while RAM flows. */
#ifndef QMIG_RUNTIME_H
#define QMIG_RUNTIME_H

#include "plan/settings.h"

/* QEMU's own limit of downtime-limit (migrate_params_check, 7.2..11.1). */
#define MAX_DOWNTIME_MS 2000000

/*
 * `arguments` is an object of typed parameters by their names (as
 * qmig_params_add_json()) and "downtime" in milliseconds
 * (virDomainMigrateSetMaxDowntime). *ret: an object of QEMU's migration
 * parameters for the source, a new reference.
 */
int runtime_parameters(struct json_object *arguments, struct json_object **ret,
                       struct qmp_error **errp);

#endif
