/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/relaxng.h"
#include "domain/xml2.h"
#include "error/errcode.h"

#include <string.h>

#define DEFAULT_DIRS "/usr/local/share:/usr/share"
#define SCHEMA       "libvirt/schemas/domain.rng"
#define MAX_REASONS  3

struct relaxng {
    xmlRelaxNGPtr schema;
};

/* The first reasons, "line: text" each. */
struct reasons {
    const char *origin;
    char text[1024];
    size_t len;
    int n;
};

static void put_reason(struct reasons *r, int line, const char *text)
{
    size_t left = sizeof(r->text) - r->len;
    int n;

    if (r->n++ >= MAX_REASONS)
        return;
    n = snprintf(r->text + r->len, left, "%s%s:%d: %.*s", r->len ? "; " : "",
                 r->origin, line, (int)strcspn(text, "\n"), text);
    r->len += (size_t)n < left ? (size_t)n : left - 1;
}

/* The type of the argument has changed between libxml2's versions. */
static void on_error(void *opaque,
#if LIBXML_VERSION >= 21200
                     const xmlError *e)
#else
                     xmlErrorPtr e)
#endif
{
    put_reason(opaque, e->line, e->message ? e->message : "unknown error");
}

static xmlRelaxNGPtr parse_schema(const char *path, struct reasons *why)
{
    xmlRelaxNGParserCtxtPtr ctxt = xmlRelaxNGNewParserCtxt(path);
    xmlRelaxNGPtr schema;

    if (!ctxt)
        return NULL;
    xmlRelaxNGSetParserStructuredErrors(ctxt, on_error, why);
    schema = xmlRelaxNGParse(ctxt);
    xmlRelaxNGFreeParserCtxt(ctxt);
    return schema;
}

int relaxng_load(struct relaxng **ret, struct qmp_error **errp)
{
    const char *dirs = getenv("XDG_DATA_DIRS");

    if (xml2_load(errp) < 0)
        return -1;
    if (!dirs || !*dirs)
        dirs = DEFAULT_DIRS;
    for (const char *p = dirs; *p; p += p[0] == ':') {
        size_t len = strcspn(p, ":");
        char path[4096];
        struct reasons why = {.origin = path};
        struct relaxng *rng;

        snprintf(path, sizeof(path), "%.*s/" SCHEMA, (int)len, p);
        p += len;
        if (access(path, R_OK))
            continue;
        if (!(rng = calloc(1, sizeof(*rng))))
            return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        if (!(rng->schema = parse_schema(path, &why))) {
            free(rng);
            return qmp_fail(errp, QMIG_ERR_XML_FILE,
                            "cannot use the schema '%s': %s", path, why.text);
        }
        *ret = rng;
        return 0;
    }
    return qmp_fail(errp, QMIG_ERR_XML_FILE,
                    "no " SCHEMA " in %s: is libvirt installed?", dirs);
}

int relaxng_validate(struct relaxng *rng, const char *xml, size_t len,
                     const char *origin, struct qmp_error **errp)
{
    struct reasons why = {.origin = origin};
    xmlRelaxNGValidCtxtPtr ctxt = xmlRelaxNGNewValidCtxt(rng->schema);
    xmlDocPtr doc =
        xmlReadMemory(xml, (int)len, origin, NULL,
                      XML_PARSE_NONET | XML_PARSE_NOERROR |
                          XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
    int rc = -1;

    if (ctxt && doc) {
        xmlRelaxNGSetValidStructuredErrors(ctxt, on_error, &why);
        rc = xmlRelaxNGValidateDoc(ctxt, doc);
    }
    xmlRelaxNGFreeValidCtxt(ctxt);
    xmlFreeDoc(doc);
    if (rc == 0)
        return 0;
    return qmp_fail(errp, QMIG_ERR_XML, "%s",
                    why.len ? why.text : "the schema does not accept it");
}

void relaxng_free(struct relaxng *rng)
{
    if (!rng)
        return;
    xmlRelaxNGFree(rng->schema);
    free(rng);
}
