/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define XML2_NO_NAMES
#include "domain/xml2.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset; /* of the pointer in struct xml2 */
} functions[] = {
#define X(name) {#name, offsetof(struct xml2, name)},
    XML2_MAP(X)
#undef X
};

struct xml2 xml2;
static struct qmp_error *load_error; /* kept: it would fail again */

static int load_symbol(void *library, const char *soname, const char *name,
                       void **ret, struct qmp_error **errp)
{
    *ret = dlsym(library, name);
    if (*ret)
        return 0;
    return qmp_fail(errp, QMP_ERR_UNSUPPORTED,
                    "'%s' cannot be used to read domain XML: it has no '%s'",
                    soname, name);
}

static int load_all(void *library, const char *soname, struct xml2 *ret,
                    struct qmp_error **errp)
{
    struct xml2 made = {0};
    void *at = NULL;

    /* dlsym() gives functions as data pointers, which C cannot convert. */
    for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
        if (load_symbol(library, soname, functions[i].name, &at, errp) < 0)
            return -1;
        memcpy((char *)&made + functions[i].offset, &at, sizeof(at));
    }
    if (load_symbol(library, soname, "xmlFree", &at, errp) < 0)
        return -1;
    made.xmlFree = *(xmlFreeFunc *)at;
    *ret = made;
    return 0;
}

int xml2_load_from(const char *soname, struct xml2 *ret,
                   struct qmp_error **errp)
{
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

    if (!library) {
        const char *why = dlerror();

        qmp_fail(errp, QMP_ERR_UNSUPPORTED,
                 "cannot load '%s', which reads domain XML: %s", soname,
                 why ? why : "no reason given");
        return qmp_hint(errp, "install libxml2");
    }
    if (load_all(library, soname, ret, errp) == 0)
        return 0;
    dlclose(library);
    return -1;
}

static void load_once(void)
{
    if (xml2_load_from(XML2_SONAME, &xml2, &load_error) == 0)
        xml2.xmlInitParser();
}

int xml2_load(struct qmp_error **errp)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load_once);
    return load_error ? qmp_propagate(errp, qmp_error_copy(load_error)) : 0;
}
