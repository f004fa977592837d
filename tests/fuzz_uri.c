/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A migration URI that is taken is written so that it is taken again, as the
 * same. */
#include "params/uri.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = strndup((const char *)data, size);
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct migrate_uri uri = {0};
    struct migrate_uri again = {0};

    if (migrate_uri_parse(text, &uri, &err) < 0) {
        assert(err && err->msg && err->hint);
        return 0;
    }
    CLEANUP(freep) char *out = migrate_uri_text(&uri);
    /* A descriptor is passed under a name: QEMU's text is another. */
    if (uri.kind != URI_RDMA && uri.kind != URI_FD) {
        assert(migrate_uri_parse(out, &again, NULL) == 0);
        assert(again.kind == uri.kind && again.port == uri.port);
        assert(same(again.host, uri.host) && same(again.path, uri.path));
    }
    migrate_uri_clear(&again);
    migrate_uri_clear(&uri);
    return 0;
}
