/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses as users write them. */
#include "qmp/addr.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    struct qmp_addr a = {0};
    struct qmp_error *err = NULL;

    if (!qmp_addr_parse(text, &a, &err)) {
        assert(!err && !strcmp(a.text, text));
        assert(a.kind != QMP_ADDR_UNIX || (a.path && *a.path));
        assert(a.kind != QMP_ADDR_TCP || (a.host && *a.host && *a.port));
        assert(a.kind != QMP_ADDR_EXEC || a.command);
        /* must never look like an option to ssh */
        assert(a.kind != QMP_ADDR_SSH || (*a.host && *a.host != '-'));
        assert(a.kind != QMP_ADDR_FD || a.fd >= 0);
    } else {
        assert(err->code == QMP_ERR_INVALID_ARG);
        for (const char *p = err->msg; *p; p++)
            assert(*p >= 0x20 && *p < 0x7f);
        qmp_error_free(err);
    }
    qmp_addr_clear(&a);
    free(text);
    return 0;
}
