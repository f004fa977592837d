/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that a document must keep to be a guest that could run. One function
 * a rule, in a table; the first one that is broken is the verdict's reason.
 */
#include "abi/validate.h"

#include <string.h>

typedef void check_fn(const struct domain *raw, struct domain *d);

static void need_domain(const struct domain *raw, struct domain *d)
{
    const struct dom_object *r = raw->root;

    if (!GIVEN(r, DOMAIN_NAME) || !*TEXT(r, DOMAIN_NAME))
        dom_problem(d, r->line, "missing name of the domain");
    if (!GIVEN(r, DOMAIN_OS_TYPE) && !GIVEN(r, DOMAIN_BOOTLOADER))
        dom_problem(d, r->line, "an os <type> must be specified");
}

static check_fn *const checks[] = {
    need_domain,
};

void abi_validate(const struct domain *raw, struct domain *d)
{
    for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
        checks[i](raw, d);
}
