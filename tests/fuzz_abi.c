/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two documents, "=====" between them, through the comparator; a document
 * that is not invalid must be the same as itself to the guest. */
#include "abi/abi.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define BETWEEN "====="

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct domain *a, const struct domain *b, bool itself)
{
    for (int policy = ABI_POLICY_GUEST; policy <= ABI_POLICY_LIBVIRT;
         policy++) {
        CLEANUP(abi_report_freep) struct abi_report *r = NULL;
        CLEANUP(json_putp) struct json_object *o = NULL;

        if (abi_check(a, b, NULL, (enum abi_policy)policy, ABI_CHECK_ALL, &r,
                      NULL) < 0)
            return;
        o = abi_report_json(r, "a", "b");
        assert(o && json_object_to_json_string(o));
        if (itself && policy == ABI_POLICY_GUEST)
            assert(r->verdict != ABI_DIFFERS);
        assert((r->verdict == ABI_INVALID) == !!r->invalid);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(domain_freep) struct domain *a = NULL;
    CLEANUP(domain_freep) struct domain *b = NULL;
    const char *text = (const char *)data;
    const char *at = memmem(text, size, BETWEEN, strlen(BETWEEN));
    size_t first = at ? (size_t)(at - text) : size;

    if (domain_parse(text, first, "a", &a, NULL) < 0)
        return 0;
    check(a, a, true);
    if (at && domain_parse(at + strlen(BETWEEN), size - first - strlen(BETWEEN),
                           "b", &b, NULL) == 0)
        check(a, b, false);
    return 0;
}
