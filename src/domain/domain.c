/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From text to objects, in two steps: libxml2 builds its tree (no network, no
 * DTD, no entities, bounded), then one walk over that tree fills the objects,
 * led by the tree of known paths (tree.h); what is not in it is skipped
 * without looking inside.
 *
 * A bad text stops the parse (QMIG_ERR_XML). A bad value does not: it becomes
 * a problem of the domain (dom_problem), because the comparator must be able
 * to report an invalid document as such.
 */
#include "domain/model.h"
#include "domain/tree.h"
#include "error/errcode.h"

#include <errno.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <pthread.h>
#include <string.h>

#define QEMU_NS  "http://libvirt.org/schemas/domain/qemu/1.0"
#define XI_NS_1  "http://www.w3.org/2001/XInclude"
#define XI_NS_2  "http://www.w3.org/2003/XInclude"
#define MAX_SEEN 256 /* siblings with a name of their own in the tree */

struct reader {
    struct domain *dom;
    const char *origin;
    struct qmp_error **errp;
    bool failed;
};

/* Kept in the parser context while libxml2 runs. */
struct guard {
    const char *why;
    int line;
    startElementNsSAX2Func start;
};

static void stop(xmlParserCtxtPtr ctxt, const char *why)
{
    struct guard *g = ctxt->_private;

    if (!g->why) {
        g->why = why;
        g->line = xmlSAX2GetLineNumber(ctxt);
    }
    xmlStopParser(ctxt);
}

static void on_doctype(void *opaque, const xmlChar *name UNUSED,
                       const xmlChar *id UNUSED, const xmlChar *sys UNUSED)
{
    stop(opaque, "a document type declaration is not allowed in a domain XML");
}

static void on_start(void *opaque, const xmlChar *name, const xmlChar *prefix,
                     const xmlChar *uri, int nns, const xmlChar **ns,
                     int nattrs, int ndefaulted, const xmlChar **attrs)
{
    xmlParserCtxtPtr ctxt = opaque;
    struct guard *g = ctxt->_private;

    if (uri &&
        (!strcmp((char *)uri, XI_NS_1) || !strcmp((char *)uri, XI_NS_2))) {
        stop(ctxt, "XInclude is not allowed in a domain XML");
        return;
    }
    g->start(opaque, name, prefix, uri, nns, ns, nattrs, ndefaulted, attrs);
}

static int fail(const struct reader *r, int line, const char *why)
{
    if (line > 0)
        return qmp_fail(r->errp, QMIG_ERR_XML, "%s:%d: %s", r->origin, line,
                        why);
    return qmp_fail(r->errp, QMIG_ERR_XML, "%s: %s", r->origin, why);
}

static int fail_parse(const struct reader *r, xmlParserCtxtPtr ctxt,
                      const struct guard *g)
{
    const xmlError *e = xmlCtxtGetLastError(ctxt);
    char text[256];

    if (g->why)
        return fail(r, g->line, g->why);
    snprintf(text, sizeof(text), "not well-formed XML: %s",
             e && e->message ? e->message : "unknown error");
    text[strcspn(text, "\n")] = '\0';
    return fail(r, e ? e->line : 0, text);
}

static xmlDocPtr parse_text(const struct reader *r, const char *xml, size_t len)
{
    static pthread_once_t init = PTHREAD_ONCE_INIT;
    xmlParserCtxtPtr ctxt;
    struct guard g = {0};
    xmlDocPtr doc;

    pthread_once(&init, xmlInitParser);
    if (!(ctxt = xmlNewParserCtxt())) {
        qmp_fail(r->errp, QMP_ERR_NOMEM, "out of memory");
        return NULL;
    }
    ctxt->_private = &g;
    g.start = ctxt->sax->startElementNs;
    ctxt->sax->startElementNs = on_start;
    ctxt->sax->internalSubset = on_doctype;
    ctxt->sax->externalSubset = on_doctype;
    doc = xmlCtxtReadMemory(ctxt, xml, (int)len, r->origin, NULL,
                            XML_PARSE_NONET | XML_PARSE_NOERROR |
                                XML_PARSE_NOWARNING | XML_PARSE_NOCDATA |
                                XML_PARSE_COMPACT | XML_PARSE_BIG_LINES);
    if (!doc || g.why) {
        fail_parse(r, ctxt, &g);
        xmlFreeDoc(doc);
        doc = NULL;
    }
    xmlFreeParserCtxt(ctxt);
    return doc;
}

/* The text below an element without copying where it is one piece. */
static const char *content_of(struct domain *dom, xmlNodePtr node)
{
    xmlNodePtr c = node->children;
    xmlChar *all;
    const char *copy;

    if (!c)
        return NULL;
    if (!c->next && (c->type == XML_TEXT_NODE))
        return dom_strndup(dom, (char *)c->content, strlen((char *)c->content));
    if (!(all = xmlNodeGetContent(node)))
        return NULL;
    copy = *all ? dom_strndup(dom, (char *)all, strlen((char *)all)) : NULL;
    xmlFree(all);
    return copy;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_escaped(FILE *to, const char *s)
{
    for (; *s; s++) {
        if (strchr("<>&'\"\\", *s))
            fputc('\\', to);
        fputc(*s, to);
    }
}

static void put_attributes(FILE *to, xmlNodePtr node)
{
    char *names[32];
    size_t n = 0;

    for (xmlAttrPtr a = node->properties; a && n < ARRAY_SIZE(names);
         a = a->next)
        names[n++] = (char *)a->name;
    qsort(names, n, sizeof(*names), by_text);
    for (size_t i = 0; i < n; i++) {
        xmlChar *v = xmlGetProp(node, (xmlChar *)names[i]);

        fprintf(to, " %s='", names[i]);
        put_escaped(to, v ? (char *)v : "");
        fputc('\'', to);
        xmlFree(v);
    }
}

static bool is_blank(const char *s)
{
    return !s[strspn(s, " \t\r\n")];
}

/* Elements in order, attributes sorted, blanks between elements dropped. The
 * depth is bounded by libxml2 (256). */
static void put_tree(FILE *to, xmlNodePtr node)
{
    fprintf(to, "<%s", (char *)node->name);
    put_attributes(to, node);
    fputc('>', to);
    for (xmlNodePtr c = node->children; c; c = c->next) {
        if (c->type == XML_ELEMENT_NODE)
            put_tree(to, c);
        else if (c->type == XML_TEXT_NODE && !is_blank((char *)c->content))
            put_escaped(to, (char *)c->content);
    }
    fputs("</>", to);
}

static const char *tree_text(struct domain *dom, xmlNodePtr node)
{
    CLEANUP(freep) char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);

    if (!to)
        return NULL;
    put_tree(to, node);
    fclose(to);
    return out ? dom_strndup(dom, out, size) : NULL;
}

static void set_value(struct reader *r, struct dom_object *o, int row,
                      const char *text, const char *unit, xmlNodePtr node,
                      const char *attr)
{
    const struct dom_field *f = dom_field(o->kind, (unsigned)row);
    struct dom_value *v = &o->v[row];
    int line = (int)xmlGetLineNo(node);
    const char *why = NULL;

    if (v->line && !(f->flags & DF_LAST))
        return;
    v->line = line ? line : -1;
    if (dom_value_parse(r->dom, f, text, unit, v, &why) == 0)
        return;
    if (f->flags & DF_LAX)
        return;
    if (attr)
        dom_problem(r->dom, line,
                    "invalid value '%.100s' of attribute '%s' of element "
                    "<%s>: %s",
                    text, attr, (char *)node->name, why);
    else
        dom_problem(r->dom, line, "invalid value '%.100s' of element <%s>: %s",
                    text, (char *)node->name, why);
}

static const char *attr_text(struct domain *dom, xmlAttrPtr a, xmlChar **tmp)
{
    xmlNodePtr c = a->children;

    *tmp = NULL;
    if (!c)
        return "";
    if (!c->next && c->type == XML_TEXT_NODE)
        return dom_strndup(dom, (char *)c->content, strlen((char *)c->content));
    *tmp = xmlNodeListGetString(a->doc, c, 1);
    return *tmp ? dom_strndup(dom, (char *)*tmp, strlen((char *)*tmp)) : "";
}

static bool takes_unit(const struct dom_object *o, int row)
{
    enum dom_type t = dom_field(o->kind, (unsigned)row)->type;

    return t == DT_KIB || t == DT_BYTES || t == DT_MIB;
}

static void set_with_unit(struct reader *r, struct dom_object *o, int row,
                          const char *text, xmlNodePtr node, const char *attr)
{
    xmlChar *unit =
        takes_unit(o, row) ? xmlGetNoNsProp(node, (xmlChar *)"unit") : NULL;

    set_value(r, o, row, text, (char *)unit, node, attr);
    xmlFree(unit);
}

static void read_attributes(struct reader *r, xmlNodePtr node,
                            const struct tree_node *at, struct dom_object *o)
{
    char name[64] = "@";

    for (xmlAttrPtr a = node->properties; a; a = a->next) {
        size_t len = strlen((char *)a->name);
        const struct tree_node *t;
        const char *text;
        xmlChar *tmp;

        if (a->ns || len > sizeof(name) - 2)
            continue;
        memcpy(name + 1, a->name, len + 1);
        t = tree_find(at, name);
        if (!t || t->text < 0)
            continue;
        if (!(text = attr_text(r->dom, a, &tmp)))
            r->failed = true;
        else
            set_with_unit(r, o, t->text, text, node, (char *)a->name);
        xmlFree(tmp);
    }
}

static void check_required(struct reader *r, xmlNodePtr node,
                           const struct tree_node *at, struct dom_object *o)
{
    for (unsigned i = 0; i < at->nbelow; i++) {
        const struct tree_node *t = at->below[i];

        if (t->name[0] != '@' || t->text < 0)
            continue;
        if (dom_field(o->kind, (unsigned)t->text)->flags & DF_REQUIRED &&
            !o->v[t->text].line)
            dom_problem(r->dom, (int)xmlGetLineNo(node),
                        "missing required attribute '%s' in element <%s>",
                        t->name + 1, (char *)node->name);
    }
}

static const struct tree_node *match(const struct tree_node *at,
                                     xmlNodePtr node)
{
    char name[160];
    const xmlChar *ns = node->ns ? node->ns->href : NULL;
    xmlChar *key;
    const struct tree_node *t;

    if (ns) {
        if (strcmp((char *)ns, QEMU_NS) || strlen((char *)node->name) > 64)
            return NULL;
        snprintf(name, sizeof(name), "qemu:%s", (char *)node->name);
        return tree_find(at, name);
    }
    if (at->by_name && strlen((char *)node->name) < 64 &&
        (key = xmlGetNoNsProp(node, (xmlChar *)"name"))) {
        snprintf(name, sizeof(name), "%s[%.60s]", (char *)node->name,
                 (char *)key);
        xmlFree(key);
        if ((t = tree_find(at, name)))
            return t;
    }
    return tree_find(at, (char *)node->name);
}

static void walk(struct reader *r, xmlNodePtr node, const struct tree_node *at,
                 struct dom_object *o);

static void start_object(struct reader *r, xmlNodePtr node,
                         const struct tree_node *at, struct dom_object *parent)
{
    struct dom_object *o;

    if (r->dom->nobjects >= DOMAIN_MAX_OBJECTS) {
        if (!r->failed)
            qmp_fail(r->errp, QMIG_ERR_XML,
                     "%s:%ld: more than %u devices and other objects",
                     r->origin, xmlGetLineNo(node), DOMAIN_MAX_OBJECTS);
        r->failed = true;
        return;
    }
    o = dom_object_new(r->dom, (enum dom_kind_id)at->kind, parent);
    if (!o) {
        if (!r->failed)
            qmp_fail(r->errp, QMP_ERR_NOMEM, "out of memory");
        r->failed = true;
        return;
    }
    o->line = (int32_t)xmlGetLineNo(node);
    walk(r, node, tree_of((enum dom_kind_id)at->kind), o);
}

static void read_element(struct reader *r, xmlNodePtr node,
                         const struct tree_node *t, struct dom_object *o)
{
    const char *text;

    if (t->present >= 0 && !o->v[t->present].line) {
        dom_set_num(r->dom, o, (unsigned)t->present, 1);
        o->v[t->present].line = (int32_t)xmlGetLineNo(node);
    }
    if (t->whole >= 0 && !o->v[t->whole].line &&
        (text = tree_text(r->dom, node)))
        set_value(r, o, t->whole, text, NULL, node, NULL);
    walk(r, node, t, o);
}

/* `o` is the object that the rows at and below `at` belong to. */
static void walk(struct reader *r, xmlNodePtr node, const struct tree_node *at,
                 struct dom_object *o)
{
    uint64_t seen[MAX_SEEN / 64] = {0};
    const char *text;

    read_attributes(r, node, at, o);
    if (at->text >= 0 && (text = content_of(r->dom, node)))
        set_with_unit(r, o, at->text, text, node, NULL);
    if (at->required)
        check_required(r, node, at, o);
    for (xmlNodePtr c = node->children; c && !r->failed; c = c->next) {
        const struct tree_node *t;

        if (c->type != XML_ELEMENT_NODE || !at->nbelow || !(t = match(at, c)))
            continue;
        if (!t->many && t->seen < MAX_SEEN) {
            if (seen[t->seen / 64] >> (t->seen % 64) & 1)
                continue;
            seen[t->seen / 64] |= UINT64_C(1) << (t->seen % 64);
        }
        if (t->kind >= 0)
            start_object(r, c, t, o);
        if (t->kind < 0 || t->present >= 0 || t->whole >= 0)
            read_element(r, c, t, o);
    }
}

static int read_domain(struct reader *r, xmlDocPtr doc)
{
    xmlNodePtr root = xmlDocGetRootElement(doc);
    const struct tree_node *top = tree_of(KIND_DOMAIN);
    char text[128];

    if (!top || !dom_object_new(r->dom, KIND_DOMAIN, NULL))
        return qmp_fail(r->errp, QMP_ERR_NOMEM, "out of memory");
    if (!root || strcmp((char *)root->name, "domain")) {
        snprintf(text, sizeof(text),
                 "unexpected root element <%.60s>, expecting <domain>",
                 root ? (char *)root->name : "");
        return fail(r, root ? (int)xmlGetLineNo(root) : 0, text);
    }
    r->dom->root->line = (int32_t)xmlGetLineNo(root);
    walk(r, root, top, r->dom->root);
    if (!r->failed)
        return 0;
    return -1;
}

int domain_parse(const char *xml, size_t len, const char *origin,
                 struct domain **ret, struct qmp_error **errp)
{
    struct qmp_error *err = NULL;
    struct reader r = {.origin = origin ? origin : "<memory>", .errp = &err};
    CLEANUP(domain_freep) struct domain *dom = NULL;
    xmlDocPtr doc;
    int rc;

    if (len > DOMAIN_MAX_BYTES)
        return qmp_fail(errp, QMIG_ERR_XML,
                        "%s: the document is larger than %u bytes", r.origin,
                        DOMAIN_MAX_BYTES);
    if (!(dom = calloc(1, sizeof(*dom))))
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    dom->last_problem = &dom->problems;
    dom->origin = dom_strndup(dom, r.origin, strlen(r.origin));
    r.dom = dom;
    if (!(doc = parse_text(&r, xml, len)))
        return qmp_propagate(errp, err);
    rc = read_domain(&r, doc);
    xmlFreeDoc(doc);
    if (rc < 0) {
        if (!err)
            qmp_fail(&err, QMP_ERR_NOMEM, "out of memory");
        return qmp_propagate(errp, err);
    }
    *ret = TAKE_PTR(dom);
    return 0;
}

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
