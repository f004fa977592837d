/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "params/graphics.h"

#include "error/errcode.h"
#include "params/uri.h"

#include <ctype.h>
#include <string.h>

static int bad(const char *name, const char *text, const char *why,
               struct qmp_error **errp)
{
    return qmp_fail(errp, QMIG_ERR_PARAM_TYPE,
                    "invalid value '%.200s' for parameter '%s', expected %s",
                    text, name, why);
}

static bool is_type(const char *text, size_t n)
{
    static const char *const types[] = {
        "dbus", "desktop", "egl-headless", "rdp", "sdl", "spice", "vnc"};

    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (strlen(types[i]) == n && !strncmp(types[i], text, n))
            return true;
    return false;
}

/* 1..65535, or 0: it is none. */
static int port_from(const char *text)
{
    size_t n = strspn(text, "0123456789");
    long port = n && n < 6 && !text[n] ? strtol(text, NULL, 10) : 0;

    return port <= 65535 ? (int)port : 0;
}

static int hex(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

/* In place; false: a '%' without two digits, or a control character. */
static bool decode(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        unsigned char c = (unsigned char)*from;

        if (c == '%') {
            if (hex(from[1]) < 0 || hex(from[2]) < 0)
                return false;
            c = (unsigned char)(hex(from[1]) * 16 + hex(from[2]));
            from += 2;
        }
        if (c < 0x20 || c == 0x7f)
            return false;
        *to++ = (char)c;
    }
    *to = '\0';
    return true;
}

static int parse_query(const char *name, const char *text, char *query,
                       struct graphics_uri *uri, struct qmp_error **errp)
{
    char *save = NULL;

    for (char *word = strtok_r(query, "&", &save); word;
         word = strtok_r(NULL, "&", &save)) {
        if (!strncmp(word, "tlsPort=", 8)) {
            uri->tls_port = port_from(word + 8);
            if (!uri->tls_port)
                return bad(name, text, "a port, 1..65535, as tlsPort", errp);
        } else if (!strncmp(word, "tlsSubject=", 11)) {
            free(uri->tls_subject);
            uri->tls_subject = strdup(word + 11);
            if (!uri->tls_subject)
                return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
            if (!decode(uri->tls_subject) || !*uri->tls_subject)
                return bad(name, text,
                           "a tlsSubject that is not empty, with '%' only "
                           "before the two digits of a character",
                           errp);
        } else {
            return bad(name, text,
                       "tlsPort=PORT and tlsSubject=SUBJECT after '?', with "
                       "'&' between them",
                       errp);
        }
    }
    return 0;
}

/* The host and port of another URI are written in the same way. */
static int parse_authority(const char *name, const char *text,
                           const char *authority, struct graphics_uri *uri,
                           struct qmp_error **errp)
{
    CLEANUP(freep) char *as_tcp = NULL;
    struct migrate_uri tcp = {0};
    bool no_host = *authority == ':' || !*authority;

    if (!*authority)
        return 0;
    if (asprintf(&as_tcp, "tcp://%s%s", no_host ? "x" : "", authority) < 0)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    if (migrate_uri_parse(as_tcp, &tcp, NULL) < 0)
        return bad(name, text, "TYPE://HOST[:PORT]/, IPv6 in brackets", errp);
    uri->port = tcp.port;
    if (!no_host)
        uri->host = TAKE_PTR(tcp.host);
    migrate_uri_clear(&tcp);
    return 0;
}

int graphics_uri_parse(const char *name, const char *text,
                       struct graphics_uri *ret, struct qmp_error **errp)
{
    struct graphics_uri uri = {0};
    const char *sep = strstr(text, "://");
    CLEANUP(freep) char *rest = NULL;
    CLEANUP(freep) char *query = NULL;

    if (!sep || !is_type(text, (size_t)(sep - text)))
        return bad(name, text, "TYPE://HOST[:PORT]/ of a graphics type", errp);
    rest = strdup(sep + 3);
    uri.type = strndup(text, (size_t)(sep - text));
    if (rest && strchr(rest, '?')) {
        query = strdup(strchr(rest, '?') + 1);
        *strchr(rest, '?') = '\0';
    }
    if (!rest || !uri.type) {
        graphics_uri_clear(&uri);
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    }
    size_t n = strlen(rest);
    if (n && rest[n - 1] == '/')
        rest[n - 1] = '\0';
    if (parse_authority(name, text, rest, &uri, errp) < 0 ||
        (query && parse_query(name, text, query, &uri, errp) < 0)) {
        graphics_uri_clear(&uri);
        return -1;
    }
    *ret = uri;
    return 0;
}

void graphics_uri_clear(struct graphics_uri *uri)
{
    free(uri->type);
    free(uri->host);
    free(uri->tls_subject);
    *uri = (struct graphics_uri){0};
}
