/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the XML of a guest that runs to its definition: what libvirt, too,
 * leaves away when it writes the persistent XML (VIR_DOMAIN_XML_INACTIVE,
 * 11.3), for it was made when the guest was started and will be made anew.
 */
#include "domain/domain.h"
#include "domain/xml2.h"
#include "error/errcode.h"

#include <stdbool.h>
#include <string.h>

/* NULL if there is none. */
static const char *attribute(const xmlNode *n, const char *name)
{
    for (const xmlAttr *a = n->properties; a; a = a->next)
        if (!strcmp((const char *)a->name, name) && a->children)
            return (const char *)a->children->content;
    return NULL;
}

static bool has(const xmlNode *n, const char *name, const char *value)
{
    const char *found = attribute(n, name);

    return found && !strcmp(found, value);
}

static bool begins(const xmlNode *n, const char *name, const char *prefix)
{
    const char *found = attribute(n, name);

    return found && !strncmp(found, prefix, strlen(prefix));
}

static bool not_the_users(const xmlNode *n)
{
    return !begins(n, "name", "ua-");
}

static bool is_dynamic(const xmlNode *n)
{
    return !n->parent || has(n->parent, "type", "dynamic");
}

static bool is_pty(const xmlNode *n)
{
    return n->parent && has(n->parent, "type", "pty");
}

/* The names that libvirt gives to interfaces of the host. */
static bool is_generated(const xmlNode *n)
{
    static const char *const prefixes[] = {"vnet", "vif", "macvtap", "macvlan"};

    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
        if (begins(n, "dev", prefixes[i]))
            return true;
    return false;
}

/* ... and to the sockets of channels: they have the guest's number. */
static bool is_channel_socket(const xmlNode *n)
{
    return has(n, "mode", "bind") &&
           (begins(n, "path", "/var/lib/libvirt/qemu/channel/") ||
            begins(n, "path", "/run/libvirt/qemu/channel/"));
}

static bool chooses_port(const xmlNode *n)
{
    return has(n, "autoport", "yes");
}

/*
 * Without attribute the whole element goes. "*" is any element. An attribute
 * that has a value here gets that.
 */
/* clang-format off */
static const struct rule {
    const char *path;
    const char *attribute;
    const char *value;
    bool (*applies)(const xmlNode *n); /* NULL: always */
} rules[] = {
    {"domain",                            "id",      NULL, NULL},
    {"domain/seclabel/imagelabel",        NULL,      NULL, is_dynamic},
    {"domain/seclabel/label",             NULL,      NULL, is_dynamic},
    {"domain/devices/*",                  "tty",     NULL, NULL},
    {"domain/devices/*/alias",            NULL,      NULL, not_the_users},
    {"domain/devices/channel/source",     NULL,      NULL, is_channel_socket},
    {"domain/devices/channel/source",     NULL,      NULL, is_pty},
    {"domain/devices/channel/target",     "state",   NULL, NULL},
    {"domain/devices/console/source",     NULL,      NULL, is_pty},
    {"domain/devices/disk/backingStore",  "index",   NULL, NULL},
    {"domain/devices/disk/mirror",        NULL,      NULL, NULL},
    {"domain/devices/disk/source",        "index",   NULL, NULL},
    {"domain/devices/graphics",           "port",    "-1", chooses_port},
    {"domain/devices/graphics",           "tlsPort", "-1", chooses_port},
    {"domain/devices/interface/target",   "dev",     NULL, is_generated},
    {"domain/devices/parallel/source",    NULL,      NULL, is_pty},
    {"domain/devices/serial/source",      NULL,      NULL, is_pty},
};
/* clang-format on */

/* Is the last part of `path`, of this length, that element's name? */
static bool is_named(const xmlNode *n, const char *part, size_t len)
{
    const char *name = (const char *)n->name;

    return (len == 1 && *part == '*') ||
           (strlen(name) == len && !strncmp(name, part, len));
}

/* From the end of the path upwards. */
static bool matches(const xmlNode *n, const char *path)
{
    const char *end = path + strlen(path);

    for (;; n = n->parent) {
        const char *part = end;

        while (part > path && part[-1] != '/')
            part--;
        if (!n || n->type != XML_ELEMENT_NODE ||
            !is_named(n, part, (size_t)(end - part)))
            return false;
        if (part == path)
            return n->parent && n->parent->type == XML_DOCUMENT_NODE;
        end = part - 1;
    }
}

/* The indentation before it, too. */
static void drop(xmlNodePtr n)
{
    xmlNodePtr before = n->prev;

    if (before && before->type == XML_TEXT_NODE && before->content &&
        !before->content[strspn((const char *)before->content, " \t\r\n")]) {
        xmlUnlinkNode(before);
        xmlFreeNode(before);
    }
    xmlUnlinkNode(n);
    xmlFreeNode(n);
}

/* True: it is gone. */
static bool apply_rules(xmlNodePtr n)
{
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        const struct rule *r = &rules[i];
        const xmlChar *name = (const xmlChar *)r->attribute;

        if ((name && !attribute(n, r->attribute)) || !matches(n, r->path) ||
            (r->applies && !r->applies(n)))
            continue;
        if (!name) {
            drop(n);
            return true;
        }
        if (r->value)
            xmlSetProp(n, name, (const xmlChar *)r->value);
        else
            xmlUnsetProp(n, name);
    }
    return false;
}

/* No rule is deeper than this; and a document may be. */
#define DEPTH 4

static void walk(xmlNodePtr n, int depth)
{
    if (n->type != XML_ELEMENT_NODE || apply_rules(n) || depth == DEPTH)
        return;
    for (xmlNodePtr child = n->children, next; child; child = next) {
        next = child->next;
        walk(child, depth + 1);
    }
}

char *domain_text_inactive(const char *xml, size_t len, struct qmp_error **errp)
{
    CLEANUP(domain_freep) struct domain *dom = NULL;
    xmlChar *text = NULL;
    char *copy = NULL;
    int size = 0;

    /* Says what is wrong with it, and that it is safe to read. */
    if (domain_parse(xml, len, NULL, &dom, errp) < 0)
        return NULL;
    xmlDocPtr doc = xmlReadMemory(xml, (int)len, NULL, NULL,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR |
                                      XML_PARSE_NOWARNING);
    if (doc) {
        walk(xmlDocGetRootElement(doc), 1);
        xmlDocDumpMemoryEnc(doc, &text, &size, "UTF-8");
    }
    if (text)
        copy = strndup((char *)text, (size_t)size);
    xmlFree(text);
    xmlFreeDoc(doc);
    if (!copy)
        qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    return copy;
}
