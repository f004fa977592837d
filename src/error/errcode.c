/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "errcode.h"

#include "qmigrate.h"

static const struct {
    const char *name;
    int exitcode;
} codes[] = {
#define X(code, name, exitcode, text)                                          \
    [QMIG_ERR_##code - QMP_ERR_LAST] = {name, exitcode},
    QMIG_ERR_MAP(X)
#undef X
};

const char *qmig_errcode_name(int code)
{
    if (code >= QMP_ERR_LAST && code < QMIG_ERR__MAX)
        return codes[code - QMP_ERR_LAST].name;

    const char *name = qmp_errcode_name(code);
    return name ? name : "internal";
}

int qmig_errcode_exit(int code)
{
    if (code >= QMP_ERR_LAST && code < QMIG_ERR__MAX)
        return codes[code - QMP_ERR_LAST].exitcode;
    return code == QMP_ERR_INVALID_ARG ? 2 : 1;
}
