/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replacing the <name> in the text of a document. A full parse says first that
 * the text is a domain, so that a small scanner over tags suffices to find the
 * bytes of the element; the result is parsed again, and must have the new
 * name. Texts that are not a superset of ASCII go through libxml2's own writer.
 */
#include "domain/domain.h"
#include "domain/xml2.h"
#include "error/errcode.h"

#include <stdbool.h>
#include <string.h>

struct span {
    size_t from, to; /* content of <name>, or the whole of an empty one */
    bool empty_tag;  /* it is <name/> */
};

static const char *find(const char *p, const char *end, const char *what)
{
    return memmem(p, (size_t)(end - p), what, strlen(what));
}

/* Behind a comment, CDATA section, instruction or declaration at `p`. */
static const char *skip_special(const char *p, const char *end)
{
    static const struct {
        const char *open, *close;
    } parts[] = {
        {"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}, {"<!", ">"}};

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        size_t len = strlen(parts[i].open);
        const char *q;

        if ((size_t)(end - p) < len || memcmp(p, parts[i].open, len))
            continue;
        q = find(p + len, end, parts[i].close);
        return q ? q + strlen(parts[i].close) : end;
    }
    return NULL;
}

/* Behind the tag at `p`; '>' inside of quotes does not end it. */
static const char *skip_tag(const char *p, const char *end)
{
    char quote = '\0';

    for (; p < end; p++) {
        if (quote)
            quote = *p == quote ? '\0' : quote;
        else if (*p == '"' || *p == '\'')
            quote = *p;
        else if (*p == '>')
            return p + 1;
    }
    return end;
}

static bool is_tag(const char *p, const char *end, const char *open)
{
    size_t len = strlen(open);

    return (size_t)(end - p) > len && !memcmp(p, open, len) &&
           strchr(" \t\r\n/>", p[len]);
}

/* The first <name> directly below the root. */
static bool find_name(const char *xml, size_t len, struct span *s)
{
    const char *p = xml, *end = xml + len;
    int depth = 0;

    while ((p = memchr(p, '<', (size_t)(end - p)))) {
        const char *next = skip_special(p, end);

        if (next) {
            p = next;
            continue;
        }
        next = skip_tag(p, end);
        if (p + 1 < end && p[1] == '/') {
            depth--;
        } else if (depth == 1 && is_tag(p, end, "<name")) {
            s->empty_tag = next[-2] == '/';
            s->from = (size_t)((s->empty_tag ? p : next) - xml);
            p = s->empty_tag ? next : find(next, end, "</name");
            if (!p)
                return false;
            s->to = (size_t)(p - xml);
            return true;
        } else if (next[-2] != '/') {
            depth++;
        }
        p = next;
    }
    return false;
}

static char *escape(const char *name)
{
    char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);

    if (!to)
        return NULL;
    for (; *name; name++) {
        if (*name == '<')
            fputs("&lt;", to);
        else if (*name == '&')
            fputs("&amp;", to);
        else if (*name == '>')
            fputs("&gt;", to);
        else
            fputc(*name, to);
    }
    fclose(to);
    return out;
}

static char *splice(const char *xml, size_t len, const struct span *s,
                    const char *name)
{
    CLEANUP(freep) char *text = escape(name);
    char *out = NULL;

    if (!text || asprintf(&out, "%.*s%s%s%s%.*s", (int)s->from, xml,
                          s->empty_tag ? "<name>" : "", text,
                          s->empty_tag ? "</name>" : "", (int)(len - s->to),
                          xml + s->to) < 0)
        return NULL;
    return out;
}

/* For encodings in which '<' is not the byte of ASCII. */
static char *rewrite(const char *xml, size_t len, const char *name)
{
    xmlDocPtr doc = xmlReadMemory(xml, (int)len, NULL, NULL,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR |
                                      XML_PARSE_NOWARNING);
    xmlNodePtr n = doc ? xmlDocGetRootElement(doc) : NULL;
    xmlChar *text = NULL;
    char *copy = NULL;
    int size;

    for (n = n ? n->children : NULL; n; n = n->next)
        if (n->type == XML_ELEMENT_NODE && !strcmp((char *)n->name, "name"))
            break;
    if (n) {
        xmlNodeSetContent(n, NULL);
        xmlNodeAddContent(n, (const xmlChar *)name);
        xmlDocDumpMemoryEnc(doc, &text, &size, "UTF-8");
        copy = text ? strndup((char *)text, (size_t)size) : NULL;
    }
    xmlFree(text);
    xmlFreeDoc(doc);
    return copy;
}

static bool has_name(const char *text, const char *name)
{
    CLEANUP(domain_freep) struct domain *dom = NULL;

    return text && domain_parse(text, strlen(text), NULL, &dom, NULL) == 0 &&
           domain_name(dom) && !strcmp(domain_name(dom), name);
}

char *domain_text_with_name(const char *xml, size_t len, const char *name,
                            struct qmp_error **errp)
{
    CLEANUP(domain_freep) struct domain *dom = NULL;
    CLEANUP(freep) char *text = NULL;
    struct span s;

    if (domain_parse(xml, len, NULL, &dom, errp) < 0)
        return NULL;
    if (!domain_name(dom)) {
        qmp_fail(errp, QMIG_ERR_XML, "the domain XML has no <name>");
        return NULL;
    }
    if (find_name(xml, len, &s))
        text = splice(xml, len, &s, name);
    if (!has_name(text, name)) {
        free(text);
        text = rewrite(xml, len, name);
    }
    if (!has_name(text, name)) {
        qmp_fail(errp, QMIG_ERR_XML,
                 "cannot put the name '%s' into the "
                 "domain XML",
                 name);
        return NULL;
    }
    return TAKE_PTR(text);
}
