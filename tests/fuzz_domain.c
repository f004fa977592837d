/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a domain XML: parsed, renamed, compared with themselves. */
#include "abi/abi.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(domain_freep) struct domain *dom = NULL;
    CLEANUP(domain_freep) struct domain *again = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(freep) char *text = NULL;

    if (domain_parse((const char *)data, size, "fuzz", &dom, &err) < 0) {
        assert(err && err->msg && !dom);
        return 0;
    }
    text = domain_text_with_name((const char *)data, size, "a<b>&'\"c", NULL);
    if (!text)
        return 0;
    assert(domain_parse(text, strlen(text), "renamed", &again, NULL) == 0);
    assert(!strcmp(domain_name(again), "a<b>&'\"c"));
    return 0;
}
