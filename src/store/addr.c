/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of stores, and the names of files in them. */
#include "store/store.h"

#include "error/errcode.h"
#include "qmp/addr.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static bool starts_with(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

/* recover may be called from another directory. */
static char *absolute(const char *path)
{
    CLEANUP(freep) char *here = NULL;
    char *all = NULL;

    if (*path == '/')
        return strdup(path);
    here = getcwd(NULL, 0);
    if (!here || asprintf(&all, "%s/%s", here, path) < 0)
        return NULL;
    return all;
}

static int parse_remote(const char *text, struct store_addr *ret,
                        struct qmp_error **errp)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr addr = {.fd = -1};
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    if (qmp_addr_parse(text, &addr, &err) < 0)
        return qmp_fail(errp, QMIG_ERR_USAGE, "domain store: %s", err->msg);
    ret->kind = addr.kind == QMP_ADDR_SSH ? STORE_SSH : STORE_EXEC;
    ret->dir = TAKE_PTR(addr.path);
    ret->host = TAKE_PTR(addr.host);
    ret->command = TAKE_PTR(addr.command);
    ret->text = strdup(text);
    return ret->text ? 0 : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

int store_addr_parse(const char *text, struct store_addr *ret,
                     struct qmp_error **errp)
{
    static const char *const others[] = {"unix:", "tcp:", "fd:"};
    CLEANUP(store_addr_clear) struct store_addr a = {.kind = STORE_DIR};

    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (starts_with(text, others[i]))
            return qmp_fail(errp, QMIG_ERR_USAGE,
                            "domain store '%.160s': DIR, "
                            "ssh:[USER@]HOST:DIR or exec:COMMAND wanted",
                            text);
    if (starts_with(text, "ssh:") || starts_with(text, "exec:")) {
        if (parse_remote(text, &a, errp) < 0)
            return -1;
    } else {
        a.dir = absolute(text);
        a.text = a.dir ? strdup(a.dir) : NULL;
        if (!a.text)
            return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    }
    *ret = a;
    a = (struct store_addr){0};
    return 0;
}

void store_addr_clear(struct store_addr *addr)
{
    free(addr->text);
    free(addr->dir);
    free(addr->host);
    free(addr->command);
    *addr = (struct store_addr){0};
}

char *store_file_name(const char *guest, struct qmp_error **errp)
{
    char *file = NULL;
    const char *why = NULL;

    for (const char *c = guest; *c; c++)
        if (*c == '/')
            why = "it has a '/'";
        else if ((unsigned char)*c < 0x20 || *c == 0x7f)
            why = "it has a control character";
    if (!*guest)
        why = "it is empty";
    else if (strlen(guest) > NAME_MAX - strlen(".xml"))
        why = "it is too long";
    if (why) {
        qmp_fail(errp, QMIG_ERR_STORE,
                 "a guest named '%.80s' cannot be in a domain store: %s", guest,
                 why);
        return NULL;
    }
    if (asprintf(&file, "%s.xml", guest) < 0) {
        qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        return NULL;
    }
    return file;
}
