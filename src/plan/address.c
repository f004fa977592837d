/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the data goes when the user gave no migrate_uri: an address at which
 * the source can reach the destination, made from the two monitors'
 * addresses. libvirt takes the destination's host name; we know more.
 */
#include "plan/plan.h"

#include "error/errcode.h"
#include "qmp/addr.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return !strncmp(host, "localhost", 9);
}

/* The host that a monitor's address names; "" for this very host. NULL if it
 * cannot be known (exec:). */
static const char *host_of(const struct qmp_addr *addr)
{
    const char *at;

    switch (addr->kind) {
    case QMP_ADDR_UNIX:
    case QMP_ADDR_FD:
        return "";
    case QMP_ADDR_TCP:
        return is_loopback(addr->host) ? "" : addr->host;
    case QMP_ADDR_SSH:
        at = strrchr(addr->host, '@');
        at = at ? at + 1 : addr->host;
        return is_loopback(at) ? "" : at;
    case QMP_ADDR_EXEC:
        break;
    }
    return NULL;
}

int plan_is_here(const char *addr)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr parsed = {.fd = -1};

    if (qmp_addr_parse(addr, &parsed, NULL) < 0)
        return -1;
    const char *host = host_of(&parsed);
    return host ? !*host : -1;
}

bool plan_same_host(const struct plan_input *in)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr source = {.fd = -1};
    CLEANUP(qmp_addr_clear) struct qmp_addr dest = {.fd = -1};

    if (qmp_addr_parse(in->source_addr, &source, NULL) < 0 ||
        qmp_addr_parse(in->dest_addr, &dest, NULL) < 0)
        return false;
    const char *from = host_of(&source);
    const char *to = host_of(&dest);
    return from && to && !strcasecmp(from, to);
}

const char *plan_listen_host(const struct migrate_uri *uri, const char *address)
{
    if (address)
        return address;
    return is_loopback(uri->host) ? uri->host : "";
}

static int cannot_know(const char *addr, struct qmp_error **errp)
{
    qmp_fail(errp, QMIG_ERR_URI,
             "cannot tell from the monitor's address '%s' where the "
             "destination can be reached",
             addr);
    return qmp_hint(errp, "give -p migrate_uri=tcp://HOST[:PORT]");
}

static const char *reachable_host(const struct plan_input *in,
                                  const struct qmp_addr *source,
                                  const struct qmp_addr *dest,
                                  struct qmp_error **errp)
{
    const char *from = host_of(source);
    const char *to = host_of(dest);

    if (!to || !from) {
        cannot_know(to ? in->source_addr : in->dest_addr, errp);
        return NULL;
    }
    if (*to)
        return to;
    if (!*from)
        return "127.0.0.1"; /* both are here */
    if (!in->local_host || is_loopback(in->local_host)) {
        qmp_fail(errp, QMIG_ERR_URI,
                 "this host's name '%s' is of no use to the source on '%s'",
                 in->local_host ? in->local_host : "", from);
        qmp_hint(errp, "give -p migrate_uri=tcp://HOST[:PORT]");
        return NULL;
    }
    return in->local_host;
}

int plan_choose_uri(const struct plan_input *in, struct migrate_uri *uri,
                    struct qmp_error **errp)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr source = {.fd = -1};
    CLEANUP(qmp_addr_clear) struct qmp_addr dest = {.fd = -1};

    if (qmp_addr_parse(in->source_addr, &source, errp) < 0 ||
        qmp_addr_parse(in->dest_addr, &dest, errp) < 0)
        return -1;

    const char *host = reachable_host(in, &source, &dest, errp);
    if (!host)
        return -1;
    *uri = (struct migrate_uri){.kind = URI_TCP, .host = strdup(host)};
    return uri->host ? 0 : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

static char *listen_text(const char *scheme, const char *host, int port)
{
    bool v6 = strchr(host, ':') && *host != '[';
    char *text = NULL;
    int n;

    if (port || is_loopback(host))
        n = asprintf(&text, v6 ? "%s:[%s]:%d" : "%s:%s:%d", scheme, host, port);
    else
        n = asprintf(&text, v6 ? "%s:[%s]:%d,to=%d" : "%s:%s:%d,to=%d", scheme,
                     host, PLAN_PORT_MIN, PLAN_PORT_MAX);
    return n < 0 ? NULL : text;
}

/*
 * The destination listens at the address that was asked for; else on the
 * loopback address if that is where the source connects to; else on all
 * addresses, as libvirt has it. Without a port, QEMU chooses: any free one on
 * loopback, else one of libvirt's range (`to=` is QEMU's own search for a free
 * port; that search is atomic, a retry of ours would not be: on 10.0.2 a
 * failed migrate-incoming spoils the process).
 */
char *plan_listen_uri(const struct migrate_uri *uri, const char *address)
{
    if (uri->kind != URI_TCP && uri->kind != URI_RDMA)
        return migrate_uri_text(uri);
    if (address)
        return uri->kind == URI_TCP ? listen_text("tcp", address, uri->port)
                                    : listen_text("rdma", address, uri->port);
    if (uri->kind != URI_TCP || is_loopback(uri->host))
        return migrate_uri_text(uri);
    return listen_text("tcp", "", uri->port);
}
