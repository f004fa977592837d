/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From text to objects in one pass: libxml2 parses (no network, no DTD, no
 * entities, bounded) and calls us for each element; where we are in the tree
 * of known paths (tree.h) says what to do with it. No document tree is built,
 * which would cost more than all the rest. What is not in the tree of paths is
 * skipped without looking inside.
 *
 * A bad text stops the parse (QMIG_ERR_XML). A bad value does not: it becomes
 * a problem of the domain (dom_problem), because the comparator must be able
 * to report an invalid document as such.
 */
#include "domain/model.h"
#include "domain/tree.h"
#include "domain/xml2.h"
#include "error/errcode.h"

#include <string.h>

#define QEMU_NS        "http://libvirt.org/schemas/domain/qemu/1.0"
#define XI_NS_1        "http://www.w3.org/2001/XInclude"
#define XI_NS_2        "http://www.w3.org/2003/XInclude"
#define MAX_ATTRIBUTES 32  /* of an element that is kept as a whole */
#define MAX_SEEN       256 /* siblings with a name of their own in the tree */
#define MAX_DEPTH      64  /* of the tree of paths: its deepest is far less */

/* A text that grows; kept for the whole document. */
struct text {
    char *data;
    size_t len, cap;
};

/* An open element that the tree of paths knows. */
struct level {
    const struct tree_node *at;
    struct dom_object *o; /* the rows at and below `at` belong to it */
    const char *unit;     /* its @unit, when its text is a size */
    int line;
    uint64_t seen[MAX_SEEN / 64]; /* children that were there already */
};

struct reader {
    struct domain *dom;
    const char *origin;
    struct qmp_error **errp;
    xmlParserCtxtPtr ctxt;
    bool failed;

    struct level level[MAX_DEPTH];
    int depth;   /* levels in use */
    int skipped; /* open elements below them that nobody knows */

    struct text content; /* of the element at content_depth */
    int content_depth;   /* 0: no element whose text is wanted */
    struct text tree;    /* of the element at tree_depth, as DT_TREE wants it */
    int tree_depth;
};

/* What libxml2 says of an attribute: five pointers. */
struct attribute {
    const char *name, *prefix, *uri, *value, *end;
};

static int fail_at(const struct reader *r, int line, const char *why)
{
    if (line > 0)
        return qmp_fail(r->errp, QMIG_ERR_XML, "%s:%d: %s", r->origin, line,
                        why);
    return qmp_fail(r->errp, QMIG_ERR_XML, "%s: %s", r->origin, why);
}

static int line_of(const struct reader *r)
{
    return xmlSAX2GetLineNumber(r->ctxt);
}

/* Stop the parse; the first reason is kept. */
static void stop(struct reader *r, const char *why)
{
    if (!r->failed)
        fail_at(r, line_of(r), why);
    r->failed = true;
    xmlStopParser(r->ctxt);
}

static void stop_nomem(struct reader *r)
{
    if (!r->failed)
        qmp_fail(r->errp, QMP_ERR_NOMEM, "out of memory");
    r->failed = true;
    xmlStopParser(r->ctxt);
}

static void put(struct reader *r, struct text *t, const char *s, size_t n)
{
    if (t->len + n > t->cap) {
        size_t cap = (t->len + n) * 2 + 256;
        char *grown = realloc(t->data, cap);

        if (!grown) {
            stop_nomem(r);
            return;
        }
        t->data = grown;
        t->cap = cap;
    }
    memcpy(t->data + t->len, s, n);
    t->len += n;
}

static void put_escaped(struct reader *r, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (strchr("<>&'\"\\", s[i]))
            put(r, &r->tree, "\\", 1);
        put(r, &r->tree, s + i, 1);
    }
}

static int by_name(const void *a, const void *b)
{
    const struct attribute *const *x = a;
    const struct attribute *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

/* Elements in order, attributes sorted, blanks between elements dropped. */
static void put_open_tag(struct reader *r, const char *name,
                         const struct attribute *attrs, int n)
{
    const struct attribute *sorted[MAX_ATTRIBUTES];

    n = n < MAX_ATTRIBUTES ? n : MAX_ATTRIBUTES;
    for (int i = 0; i < n; i++)
        sorted[i] = &attrs[i];
    if (n > 1)
        qsort(sorted, (size_t)n, sizeof(sorted[0]), by_name);
    put(r, &r->tree, "<", 1);
    put(r, &r->tree, name, strlen(name));
    for (int i = 0; i < n; i++) {
        put(r, &r->tree, " ", 1);
        put(r, &r->tree, sorted[i]->name, strlen(sorted[i]->name));
        put(r, &r->tree, "='", 2);
        put_escaped(r, sorted[i]->value,
                    (size_t)(sorted[i]->end - sorted[i]->value));
        put(r, &r->tree, "'", 1);
    }
    put(r, &r->tree, ">", 1);
}

static void set_value(struct reader *r, struct dom_object *o, int row,
                      const char *text, const char *unit, int line,
                      const char *element, const char *attr)
{
    const struct dom_field *f = dom_field(o->kind, (unsigned)row);
    struct dom_value *v = &o->v[row];
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
                    text, attr, element, why);
    else
        dom_problem(r->dom, line, "invalid value '%.100s' of element <%s>: %s",
                    text, element, why);
}

static bool takes_unit(const struct dom_object *o, int row)
{
    enum dom_type t = dom_field(o->kind, (unsigned)row)->type;

    return t == DT_KIB || t == DT_BYTES || t == DT_MIB;
}

/* The attribute "unit" as text of the arena, or NULL. */
static const char *find_unit(struct reader *r, const struct attribute *attrs,
                             int n)
{
    for (int i = 0; i < n; i++)
        if (!attrs[i].uri && !strcmp(attrs[i].name, "unit"))
            return dom_strndup(r->dom, attrs[i].value,
                               (size_t)(attrs[i].end - attrs[i].value));
    return NULL;
}

static void read_attributes(struct reader *r, const char *element,
                            const struct level *l,
                            const struct attribute *attrs, int n)
{
    char name[64] = "@";

    for (int i = 0; i < n; i++) {
        size_t len = strlen(attrs[i].name);
        const struct tree_node *t;
        const char *text;

        if (attrs[i].uri || len > sizeof(name) - 2)
            continue;
        memcpy(name + 1, attrs[i].name, len + 1);
        t = tree_find(l->at, name);
        if (!t || t->text < 0)
            continue;
        text = dom_strndup(r->dom, attrs[i].value,
                           (size_t)(attrs[i].end - attrs[i].value));
        if (!text) {
            stop_nomem(r);
            return;
        }
        set_value(r, l->o, t->text, text,
                  takes_unit(l->o, t->text) ? find_unit(r, attrs, n) : NULL,
                  l->line, element, attrs[i].name);
    }
}

static void check_required(struct reader *r, const char *element,
                           const struct level *l)
{
    for (unsigned i = 0; i < l->at->nbelow; i++) {
        const struct tree_node *t = l->at->below[i];

        if (t->name[0] != '@' || t->text < 0)
            continue;
        if (dom_field(l->o->kind, (unsigned)t->text)->flags & DF_REQUIRED &&
            !l->o->v[t->text].line)
            dom_problem(r->dom, l->line,
                        "missing required attribute '%s' in element <%s>",
                        t->name + 1, element);
    }
}

/* The node of a child element, NULL if it is not known. */
static const struct tree_node *match(const struct tree_node *at,
                                     const char *name, const char *uri,
                                     const struct attribute *attrs, int n)
{
    char key[160];
    const struct tree_node *t;

    if (uri) {
        if (strcmp(uri, QEMU_NS) || strlen(name) > 64)
            return NULL;
        snprintf(key, sizeof(key), "qemu:%s", name);
        return tree_find(at, key);
    }
    for (int i = 0; at->by_name && i < n && strlen(name) < 64; i++) {
        if (attrs[i].uri || strcmp(attrs[i].name, "name"))
            continue;
        snprintf(key, sizeof(key), "%s[%.*s]", name,
                 (int)(attrs[i].end - attrs[i].value < 60
                           ? attrs[i].end - attrs[i].value
                           : 60),
                 attrs[i].value);
        if ((t = tree_find(at, key)))
            return t;
    }
    return tree_find(at, name);
}

static struct level *push(struct reader *r, const struct tree_node *at,
                          struct dom_object *o, int line)
{
    struct level *l = &r->level[r->depth++];

    *l = (struct level){.at = at, .o = o, .line = line};
    return l;
}

/* The element of an object: a new one of its kind. */
static struct dom_object *start_object(struct reader *r,
                                       const struct tree_node *t,
                                       struct dom_object *parent, int line)
{
    struct dom_object *o;
    char why[80];

    if (r->dom->nobjects >= DOMAIN_MAX_OBJECTS) {
        snprintf(why, sizeof(why), "more than %u devices and other objects",
                 DOMAIN_MAX_OBJECTS);
        stop(r, why);
        return NULL;
    }
    o = dom_object_new(r->dom, (enum dom_kind_id)t->kind, parent);
    if (!o) {
        stop_nomem(r);
        return NULL;
    }
    o->line = line;
    return o;
}

static void read_presence(struct reader *r, const struct tree_node *t,
                          struct dom_object *o, int line)
{
    if (t->present < 0 || o->v[t->present].line)
        return;
    dom_set_num(r->dom, o, (unsigned)t->present, 1);
    o->v[t->present].line = line;
}

static void read_element(struct reader *r, struct level *l, const char *name,
                         const struct attribute *attrs, int n)
{
    read_attributes(r, name, l, attrs, n);
    if (l->at->text >= 0 && !r->content_depth) {
        r->content_depth = r->depth;
        r->content.len = 0;
        if (takes_unit(l->o, l->at->text))
            l->unit = find_unit(r, attrs, n);
    }
    if (l->at->required)
        check_required(r, name, l);
}

/* A child element that the tree of paths knows at `t`. */
static void start_known(struct reader *r, const struct tree_node *t,
                        const char *name, const struct attribute *attrs, int n)
{
    struct level *up = &r->level[r->depth - 1];
    struct dom_object *o = up->o;
    int line = line_of(r);

    read_presence(r, t, o, line);
    if (t->kind >= 0) {
        if (!(o = start_object(r, t, o, line)))
            return;
        t = tree_of((enum dom_kind_id)t->kind);
    } else if (t->whole >= 0 && !o->v[t->whole].line && !r->tree_depth) {
        r->tree_depth = r->depth + 1;
        r->tree.len = 0;
        put_open_tag(r, name, attrs, n);
    }
    read_element(r, push(r, t, o, line), name, attrs, n);
}

/* Only the first of repeated elements counts, but for `many` ones. */
static bool is_repeated(struct level *l, const struct tree_node *t)
{
    uint64_t bit = UINT64_C(1) << (t->seen % 64);

    if (t->many || t->seen >= MAX_SEEN)
        return false;
    if (l->seen[t->seen / 64] & bit)
        return true;
    l->seen[t->seen / 64] |= bit;
    return false;
}

static void start_root(struct reader *r, const char *name,
                       const struct attribute *attrs, int n)
{
    const struct tree_node *top = tree_of(KIND_DOMAIN);
    char why[128];

    if (strcmp(name, "domain")) {
        snprintf(why, sizeof(why),
                 "unexpected root element <%.60s>, expecting <domain>", name);
        stop(r, why);
        return;
    }
    if (!top || !dom_object_new(r->dom, KIND_DOMAIN, NULL)) {
        stop_nomem(r);
        return;
    }
    r->dom->root->line = line_of(r);
    read_element(r, push(r, top, r->dom->root, line_of(r)), name, attrs, n);
}

static void on_start(void *opaque, const xmlChar *name,
                     const xmlChar *prefix UNUSED, const xmlChar *uri,
                     int nns UNUSED, const xmlChar **ns UNUSED, int nattrs,
                     int ndefaulted UNUSED, const xmlChar **raw)
{
    struct reader *r = opaque;
    const struct attribute *attrs = (const struct attribute *)raw;
    const struct tree_node *t = NULL;
    const char *tag = (const char *)name;

    if (r->failed)
        return;
    if (uri &&
        (!strcmp((char *)uri, XI_NS_1) || !strcmp((char *)uri, XI_NS_2))) {
        stop(r, "XInclude is not allowed in a domain XML");
        return;
    }
    if (!r->depth) {
        start_root(r, tag, attrs, nattrs);
        return;
    }
    if (r->tree_depth)
        put_open_tag(r, tag, attrs, nattrs);
    if (!r->skipped && r->level[r->depth - 1].at->nbelow &&
        r->depth < MAX_DEPTH)
        t = match(r->level[r->depth - 1].at, tag, (const char *)uri, attrs,
                  nattrs);
    if (!t || is_repeated(&r->level[r->depth - 1], t)) {
        r->skipped++;
        return;
    }
    start_known(r, t, tag, attrs, nattrs);
}

static void end_content(struct reader *r, const struct level *l,
                        const char *name)
{
    const char *text;

    r->content_depth = 0;
    if (!r->content.len)
        return;
    text = dom_strndup(r->dom, r->content.data, r->content.len);
    if (!text)
        stop_nomem(r);
    else
        set_value(r, l->o, l->at->text, text, l->unit, l->line, name, NULL);
}

static void end_tree(struct reader *r, const struct level *l, const char *name)
{
    const char *text = dom_strndup(r->dom, r->tree.data, r->tree.len);

    r->tree_depth = 0;
    if (!text)
        stop_nomem(r);
    else
        set_value(r, l->o, l->at->whole, text, NULL, l->line, name, NULL);
}

static void on_end(void *opaque, const xmlChar *name,
                   const xmlChar *prefix UNUSED, const xmlChar *uri UNUSED)
{
    struct reader *r = opaque;
    const struct level *l;

    if (r->failed || !r->depth)
        return;
    if (r->tree_depth)
        put(r, &r->tree, "</>", 3);
    if (r->skipped) {
        r->skipped--;
        return;
    }
    l = &r->level[r->depth - 1];
    if (r->content_depth == r->depth)
        end_content(r, l, (const char *)name);
    if (r->tree_depth == r->depth)
        end_tree(r, l, (const char *)name);
    r->depth--;
}

static bool is_blank(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!strchr(" \t\r\n", s[i]))
            return false;
    return true;
}

static void on_text(void *opaque, const xmlChar *text, int len)
{
    struct reader *r = opaque;
    const char *s = (const char *)text;

    if (r->failed || len <= 0)
        return;
    if (r->content_depth)
        put(r, &r->content, s, (size_t)len);
    if (r->tree_depth && !is_blank(s, (size_t)len))
        put_escaped(r, s, (size_t)len);
}

static void on_doctype(void *opaque, const xmlChar *name UNUSED,
                       const xmlChar *id UNUSED, const xmlChar *sys UNUSED)
{
    stop(opaque, "a document type declaration is not allowed in a domain XML");
}

/* No DTD can be declared, so no entity can: replacing them is safe, and makes
 * libxml2 hand over attributes as they read (&amp; as &). */
#define PARSE_OPTIONS                                                          \
    (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |               \
     XML_PARSE_NOENT)

static int fail_parse(const struct reader *r)
{
    const xmlError *e = xmlCtxtGetLastError(r->ctxt);
    char text[256];

    if (r->failed)
        return -1;
    snprintf(text, sizeof(text), "not well-formed XML: %s",
             e && e->message ? e->message : "unknown error");
    text[strcspn(text, "\n")] = '\0';
    return fail_at(r, e ? e->line : 0, text);
}

static int parse_text(struct reader *r, const char *xml, size_t len)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .internalSubset = on_doctype,
        .externalSubset = on_doctype,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
    };
    xmlDocPtr doc;
    int rc = 0;

    if (xml2_load(r->errp) < 0)
        return -1;
    if (!(r->ctxt = xmlNewParserCtxt()))
        return qmp_fail(r->errp, QMP_ERR_NOMEM, "out of memory");
    *r->ctxt->sax = sax;
    r->ctxt->userData = r;
    doc = xmlCtxtReadMemory(r->ctxt, xml, (int)len, r->origin, NULL,
                            PARSE_OPTIONS);
    if (r->failed || !r->ctxt->wellFormed || !r->dom->root)
        rc = fail_parse(r);
    xmlFreeDoc(doc);
    xmlFreeParserCtxt(r->ctxt);
    return rc;
}

static int read_document(struct domain *dom, const char *xml, size_t len,
                         struct qmp_error **errp)
{
    struct reader *r = calloc(1, sizeof(*r));
    int rc;

    if (!r)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    r->dom = dom;
    r->origin = dom->origin;
    r->errp = errp;
    rc = parse_text(r, xml, len);
    free(r->content.data);
    free(r->tree.data);
    free(r);
    return rc;
}

static struct domain *domain_new(const char *origin, size_t len)
{
    struct domain *dom = calloc(1, sizeof(*dom));

    if (!dom)
        return NULL;
    dom->last_problem = &dom->problems;
    /* Measured: values take 7 to 9 times as much as the text. */
    dom->arena.expected = len * 9;
    dom->origin = dom_strndup(dom, origin, strlen(origin));
    if (!dom->origin) {
        domain_free(dom);
        return NULL;
    }
    return dom;
}

int domain_parse(const char *xml, size_t len, const char *origin,
                 struct domain **ret, struct qmp_error **errp)
{
    struct qmp_error *err = NULL;
    struct domain *dom;

    if (!origin)
        origin = "<memory>";
    if (len > DOMAIN_MAX_BYTES)
        return qmp_fail(errp, QMIG_ERR_XML,
                        "%s: the document is larger than %u bytes", origin,
                        DOMAIN_MAX_BYTES);
    if (!(dom = domain_new(origin, len)))
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    if (read_document(dom, xml, len, &err) < 0) {
        domain_free(dom);
        return qmp_propagate(errp, err);
    }
    *ret = dom;
    return 0;
}
