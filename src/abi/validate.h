/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libvirt refuses as invalid before it compares: rules that a document
 * must keep to be a guest that could run. One function a rule, in tables; the
 * first rule that is broken is the reason of the verdict.
 */
#ifndef ABI_VALIDATE_H
#define ABI_VALIDATE_H

#include "abi/norm.h"

/* Check a domain whose defaults are filled in; `raw` is as it was written.
 * Problems are recorded in n->d. */
void abi_validate(struct norm *n, const struct domain *raw);

/* One device (or nested object) at a time: validate_devices.c,
 * validate_controllers.c */
typedef void validate_fn(struct norm *n, const struct dom_object *o);

struct validate_rule {
    enum dom_kind_id kind;
    validate_fn *check;
};

extern const struct validate_rule validate_device_rules[];
extern const size_t validate_device_rules_n;
extern const struct validate_rule validate_controller_rules[];
extern const size_t validate_controller_rules_n;

#endif
