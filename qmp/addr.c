/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "addr.h"
#include "buffer.h"

#include <limits.h>
#include <string.h>
#include <sys/un.h>

#define FORMS                                                                  \
    "unix:PATH, tcp:HOST:PORT, exec:COMMAND, ssh:[USER@]HOST:PATH or fd:N"

/* Did all copies succeed? */
static bool is_complete(const struct qmp_addr *a)
{
    switch (a->kind) {
    case QMP_ADDR_UNIX:
        return a->path;
    case QMP_ADDR_TCP:
        return a->host && a->port;
    case QMP_ADDR_EXEC:
        return a->command;
    case QMP_ADDR_SSH:
        return a->host && a->path;
    case QMP_ADDR_FD:
        break;
    }
    return true;
}

static int bad(const struct qmp_addr *a, struct qmp_error **errp,
               const char *what)
{
    char shown[160];

    return qmp_fail(
        errp, QMP_ERR_INVALID_ARG, "address '%s': %s",
        qmp_printable(shown, sizeof(shown), a->text, strlen(a->text)), what);
}

static int parse_unix(struct qmp_addr *a, const char *rest,
                      struct qmp_error **errp)
{
    struct sockaddr_un sun;
    char what[96];

    if (!*rest)
        return bad(a, errp, "the path of a socket is missing");
    if (strlen(rest) >= sizeof(sun.sun_path)) {
        snprintf(what, sizeof(what),
                 "a path of %zu bytes, a socket's has at most %zu",
                 strlen(rest), sizeof(sun.sun_path) - 1);
        return bad(a, errp, what);
    }
    a->path = strndup(rest, strlen(rest));
    return 0;
}

static bool is_port(const char *s)
{
    char *end;

    if (!*s)
        return false;
    if (strspn(s, "0123456789") != strlen(s)) /* a service name */
        return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789-_.") == strlen(s);
    unsigned long v = strtoul(s, &end, 10);
    return strlen(s) <= 5 && v >= 1 && v <= 65535;
}

static int parse_tcp(struct qmp_addr *a, const char *rest,
                     struct qmp_error **errp)
{
    const char *colon;
    const char *host = rest;
    size_t len;

    if (*rest == '[') {
        const char *close = strchr(rest, ']');

        if (!close || close[1] != ':')
            return bad(a, errp, "tcp:[V6]:PORT wanted");
        host = rest + 1;
        len = (size_t)(close - host);
        colon = close + 1;
    } else {
        colon = strrchr(rest, ':');
        if (!colon)
            return bad(a, errp, "the port is missing (tcp:HOST:PORT)");
        len = (size_t)(colon - host);
        if (memchr(host, ':', len))
            return bad(a, errp,
                       "an IPv6 address stands in brackets (tcp:[V6]:PORT)");
    }
    if (!len)
        return bad(a, errp, "the host is missing (tcp:HOST:PORT)");
    if (!is_port(colon + 1))
        return bad(a, errp,
                   "the port must be 1..65535 or the name of a "
                   "service");
    a->host = strndup(host, len);
    a->port = strndup(colon + 1, strlen(colon + 1));
    return 0;
}

static int parse_exec(struct qmp_addr *a, const char *rest,
                      struct qmp_error **errp)
{
    if (!rest[strspn(rest, " \t")])
        return bad(a, errp, "the command is missing");
    a->command = strndup(rest, strlen(rest));
    return 0;
}

/* HOST may be an IPv6 address in brackets. */
static int parse_ssh(struct qmp_addr *a, const char *rest,
                     struct qmp_error **errp)
{
    const char *host = strchr(rest, '@');
    const char *colon;

    host = host && host < strchrnul(rest, ':') ? host + 1 : rest;
    colon = *host == '[' ? strchr(host, ']') : strchr(host, ':');
    if (colon && *host == '[')
        colon = colon[1] == ':' ? colon + 1 : NULL;
    if (!colon)
        return bad(a, errp, "ssh:[USER@]HOST:PATH wanted");
    if (colon == host || *rest == '-' || host == rest + 1 ||
        (*host == '[' && (host[1] == ']' || host[1] == '-')))
        return bad(a, errp, "the host is missing (ssh:[USER@]HOST:PATH)");
    if (!colon[1])
        return bad(a, errp, "the path of the remote socket is missing");
    a->path = strndup(colon + 1, strlen(colon + 1));
    a->host = strndup(rest, (size_t)(colon - rest));
    if (*host == '[' && a->host) { /* ssh wants USER@V6 */
        memmove(a->host + (host - rest), host + 1, (size_t)(colon - host - 2));
        a->host[colon - rest - 2] = 0;
    }
    return 0;
}

static int parse_fd(struct qmp_addr *a, const char *rest,
                    struct qmp_error **errp)
{
    char *end;
    unsigned long v = strtoul(rest, &end, 10);

    if (*rest < '0' || *rest > '9' || *end || v > INT_MAX)
        return bad(a, errp, "the number of a descriptor wanted");
    a->fd = (int)v;
    return 0;
}

static const struct {
    const char *scheme;
    enum qmp_addr_kind kind;
    int (*parse)(struct qmp_addr *a, const char *rest, struct qmp_error **errp);
} schemes[] = {
    {"unix:", QMP_ADDR_UNIX, parse_unix}, {"tcp:", QMP_ADDR_TCP, parse_tcp},
    {"exec:", QMP_ADDR_EXEC, parse_exec}, {"ssh:", QMP_ADDR_SSH, parse_ssh},
    {"fd:", QMP_ADDR_FD, parse_fd},
};

int qmp_addr_parse(const char *text, struct qmp_addr *ret,
                   struct qmp_error **errp)
{
    struct qmp_addr a = {.fd = -1, .text = strdup(text)};
    int rc = 1;

    if (!a.text)
        return qmp_fail(errp, QMP_ERR_NOMEM, "no memory for an address");
    if (*text == '/' || *text == '.') {
        a.kind = QMP_ADDR_UNIX;
        rc = parse_unix(&a, text, errp);
    }
    for (size_t i = 0; rc > 0 && i < ARRAY_SIZE(schemes); i++) {
        size_t len = strlen(schemes[i].scheme);

        if (strncmp(text, schemes[i].scheme, len))
            continue;
        a.kind = schemes[i].kind;
        rc = schemes[i].parse(&a, text + len, errp);
    }
    if (!rc && !is_complete(&a))
        rc = qmp_fail(errp, QMP_ERR_NOMEM, "no memory for an address");
    if (rc > 0)
        rc = bad(&a, errp, FORMS " wanted");
    if (rc < 0) {
        qmp_addr_clear(&a);
        return -1;
    }
    *ret = a;
    return 0;
}

void qmp_addr_clear(struct qmp_addr *addr)
{
    free(addr->text);
    free(addr->path);
    free(addr->host);
    free(addr->port);
    free(addr->command);
    *addr = (struct qmp_addr){.fd = -1};
}
