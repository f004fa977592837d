/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain XML that is in a file. */
#include "domain/domain.h"

#include "error/errcode.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

int domain_read_file(const char *path, char **text, size_t *len,
                     struct qmp_error **errp)
{
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    CLEANUP(freep) char *buf = NULL;
    size_t n = 0, cap = 64 * 1024;

    if (fd < 0)
        return qmp_fail(errp, QMIG_ERR_XML_FILE, "cannot open '%s': %s", path,
                        strerror(errno));
    for (;;) {
        char *grown = realloc(buf, cap + 1);
        ssize_t got;

        if (!grown)
            return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        buf = grown;
        got = read(fd, buf + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return qmp_fail(errp, QMIG_ERR_XML_FILE, "cannot read '%s': %s",
                            path, strerror(errno));
        if (got == 0)
            break;
        n += (size_t)got;
        if (n > DOMAIN_MAX_BYTES)
            return qmp_fail(errp, QMIG_ERR_XML,
                            "%s: the document is larger than %u bytes", path,
                            DOMAIN_MAX_BYTES);
        if (n == cap)
            cap *= 2;
    }
    buf[n] = '\0';
    *text = TAKE_PTR(buf);
    *len = n;
    return 0;
}

int domain_load(const char *path, struct domain **ret, struct qmp_error **errp)
{
    CLEANUP(freep) char *text = NULL;
    size_t len;

    if (domain_read_file(path, &text, &len, errp) < 0)
        return -1;
    return domain_parse(text, len, path, ret, errp);
}
