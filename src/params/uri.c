/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uri.h"

#include "error/errcode.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define MAX_HOST 255 /* bytes of a DNS name in text */

/* clang-format off */
static const struct {
    const char *scheme;
    enum uri_kind kind;
} schemes[] = {
    {"tcp",  URI_TCP},
    {"unix", URI_UNIX},
    {"rdma", URI_RDMA},
    {"exec", URI_EXEC},
    {"fd",   URI_FD},
};
/* clang-format on */

static int bad(struct qmp_error **errp, const char *text, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
static int bad(struct qmp_error **errp, const char *text, const char *fmt, ...)
{
    va_list ap;
    char why[256];

    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    qmp_fail(errp, QMIG_ERR_URI, "migration URI '%.200s': %s", text, why);
    return qmp_hint(errp, "use tcp://HOST[:PORT], unix:///PATH, "
                          "rdma://HOST[:PORT], exec:COMMAND, fd:N or "
                          "fd:tcp://HOST[:PORT]; an IPv6 address in brackets");
}

/* QEMU takes options after a comma, so nothing but a name may pass. */
static bool is_host_name(const char *s, size_t n)
{
    if (n == 0 || n > MAX_HOST || s[0] == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr("-._", s[i]))
            return false;
    return true;
}

/* An IPv6 address, perhaps with "%INTERFACE". */
static bool is_v6(const char *s, size_t n)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr in6;
    const char *scope = memchr(s, '%', n);
    size_t len = scope ? (size_t)(scope - s) : n;

    if (len >= sizeof(address))
        return false;
    if (scope && !is_host_name(scope + 1, n - len - 1))
        return false;
    memcpy(address, s, len);
    address[len] = 0;
    return inet_pton(AF_INET6, address, &in6) == 1;
}

static int parse_port(const char *text, const char *digits, int *port,
                      struct qmp_error **errp)
{
    size_t n = strspn(digits, "0123456789");
    long value = 0;

    if (n == 0 || digits[n])
        return bad(errp, text, "port '%.20s' is not a number", digits);
    for (size_t i = 0; i < n; i++) {
        value = value * 10 + (digits[i] - '0');
        if (value > 65535)
            return bad(errp, text, "port '%.20s' is not in 0..65535", digits);
    }
    *port = (int)value;
    return 0;
}

/* HOST[:PORT] or [V6][:PORT]; `rest` is what follows the scheme. */
static int parse_authority(const char *text, const char *rest,
                           struct migrate_uri *ret, struct qmp_error **errp)
{
    const char *host = rest;
    size_t n;
    const char *after;

    if (*rest == '[') {
        host = rest + 1;
        const char *end = strchr(host, ']');
        if (!end)
            return bad(errp, text, "']' is missing");
        n = (size_t)(end - host);
        if (!is_v6(host, n))
            return bad(errp, text, "'%.*s' is not an IPv6 address",
                       (int)(n < 60 ? n : 60), host);
        after = end + 1;
    } else {
        n = strcspn(host, ":");
        after = host + n;
        if (n == 0)
            return bad(errp, text, "there is no host");
        if (*after && strchr(after + 1, ':'))
            return bad(errp, text, "an IPv6 address needs brackets");
        if (!is_host_name(host, n))
            return bad(errp, text, "'%.*s' is not a host name",
                       (int)(n < 60 ? n : 60), host);
    }
    if (*after && *after != ':')
        return bad(errp, text, "unexpected '%.20s' after the host", after);
    if (*after && parse_port(text, after + 1, &ret->port, errp) < 0)
        return -1;

    ret->host = strndup(host, n);
    if (!ret->host)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    return 0;
}

static int parse_inet(const char *text, const char *rest, bool slashes,
                      struct migrate_uri *ret, struct qmp_error **errp)
{
    CLEANUP(freep) char *authority = strdup(rest);

    if (!authority)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    /* "tcp://host/" is what libvirt's own manual writes. */
    size_t n = strlen(authority);
    if (slashes && n > 0 && authority[n - 1] == '/')
        authority[n - 1] = 0;
    return parse_authority(text, authority, ret, errp);
}

static int parse_unix(const char *text, const char *path,
                      struct migrate_uri *ret, struct qmp_error **errp)
{
    struct sockaddr_un sun;

    if (*path != '/')
        return bad(errp, text,
                   "the path must be absolute: two processes open it");
    while (path[1] == '/') /* "unix://x" would be something else */
        path++;
    if (strlen(path) >= sizeof(sun.sun_path))
        return bad(errp, text, "the path has %zu bytes, a socket takes %zu",
                   strlen(path), sizeof(sun.sun_path) - 1);
    /* libvirt decodes or cuts there; QEMU takes it as it is. */
    if (strpbrk(path, "%?#"))
        return bad(errp, text, "the path may not contain '%%', '?' or '#'");
    for (const char *c = path; *c; c++)
        if (iscntrl((unsigned char)*c))
            return bad(errp, text, "the path has a control character");

    ret->path = strdup(path);
    if (!ret->path)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    return 0;
}

static int parse_exec(const char *text, const char *command,
                      struct migrate_uri *ret, struct qmp_error **errp)
{
    if (!command[strspn(command, " \t")])
        return bad(errp, text, "there is no command");
    ret->command = strdup(command);
    return ret->command ? 0 : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

/* More than a process has. */
#define MAX_FD 1048576

static int parse_fd(const char *text, const char *rest, struct migrate_uri *ret,
                    struct qmp_error **errp)
{
    if (!strncmp(rest, "tcp:", 4) || !strncmp(rest, "unix:", 5)) {
        if (migrate_uri_parse(rest, ret, errp) < 0)
            return -1;
        ret->passed = true;
        return 0;
    }
    if (!*rest || rest[strspn(rest, "0123456789")])
        return bad(errp, text, "'%.40s' is not the number of a descriptor",
                   rest);
    if (strlen(rest) > 7 || atoi(rest) > MAX_FD)
        return bad(errp, text, "descriptor '%.20s' is not in 0..%d", rest,
                   MAX_FD);
    ret->fd = atoi(rest);
    return 0;
}

static int parse_rest(const char *text, const char *rest, bool slashes,
                      struct migrate_uri *uri, struct qmp_error **errp)
{
    switch (uri->kind) {
    case URI_UNIX:
        return parse_unix(text, slashes ? rest + 2 : rest, uri, errp);
    case URI_EXEC:
        return parse_exec(text, rest, uri, errp);
    case URI_FD:
        return parse_fd(text, rest, uri, errp);
    case URI_TCP:
    case URI_RDMA:
        break;
    }
    return parse_inet(text, slashes ? rest + 2 : rest, slashes, uri, errp);
}

int migrate_uri_parse(const char *text, struct migrate_uri *ret,
                      struct qmp_error **errp)
{
    struct migrate_uri uri = {0};
    const char *colon = strchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : 0;
    size_t i;

    if (!colon)
        return bad(errp, text, "there is no scheme");
    for (i = 0; i < ARRAY_SIZE(schemes); i++)
        if (strlen(schemes[i].scheme) == n &&
            !strncmp(schemes[i].scheme, text, n))
            break;
    if (i == ARRAY_SIZE(schemes))
        return bad(errp, text,
                   "scheme '%.*s' is not tcp, unix, rdma, exec or fd",
                   (int)(n < 40 ? n : 40), text);
    uri.kind = schemes[i].kind;

    const char *rest = colon + 1;
    bool slashes = !strncmp(rest, "//", 2);
    if (uri.kind == URI_RDMA && !slashes)
        return bad(errp, text, "'//' is missing after 'rdma:'");
    if (parse_rest(text, rest, slashes, &uri, errp) < 0)
        return -1;
    *ret = uri;
    return 0;
}

void migrate_uri_clear(struct migrate_uri *uri)
{
    free(uri->host);
    free(uri->path);
    free(uri->command);
    *uri = (struct migrate_uri){0};
}

char *migrate_uri_text(const struct migrate_uri *uri)
{
    char *text = NULL;
    int n;

    if (uri->kind == URI_UNIX)
        n = asprintf(&text, "unix:%s", uri->path);
    else if (uri->kind == URI_EXEC)
        n = asprintf(&text, "exec:%s", uri->command);
    else if (uri->kind == URI_FD)
        n = asprintf(&text, "fd:%s", URI_FDNAME);
    else
        n = asprintf(&text, strchr(uri->host, ':') ? "%s:[%s]:%d" : "%s:%s:%d",
                     uri->kind == URI_RDMA ? "rdma" : "tcp", uri->host,
                     uri->port);
    return n < 0 ? NULL : text;
}
