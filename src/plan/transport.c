/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/transport.h"

#include "error/errcode.h"
#include "qmp/addr.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>

/* Beside the destination's monitor, on its host. */
#define DATA_SUFFIX ".data"

static const char *given_uri(const struct plan_input *in)
{
    return params_string(in->params, "migrate_uri");
}

/* Of a text that was parsed before; the caller clears it. */
static struct migrate_uri parsed(const char *text)
{
    struct migrate_uri uri = {.kind = URI_TCP};

    if (text)
        migrate_uri_parse(text, &uri, NULL);
    return uri;
}

static enum uri_kind kind_of(const char *text)
{
    struct migrate_uri uri = parsed(text);
    enum uri_kind kind = uri.kind;

    migrate_uri_clear(&uri);
    return kind;
}

static bool takes_descriptors(const char *monitor)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr addr = {.fd = -1};

    return qmp_addr_parse(monitor, &addr, NULL) == 0 &&
           (addr.kind == QMP_ADDR_UNIX || addr.kind == QMP_ADDR_FD);
}

static int need_monitor(const char *monitor, enum qmig_side side,
                        const char *what, struct qmp_error **errp)
{
    if (takes_descriptors(monitor))
        return 0;
    qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
             "%s needs a monitor of the %s that takes descriptors, '%s' does "
             "not",
             what, side_name(side), monitor);
    return qmp_hint(errp, "run qmigrate on that host, with unix:PATH");
}

static int check_source(const struct plan_input *in, struct qmp_error **errp)
{
    struct migrate_uri uri = parsed(given_uri(in));
    bool passes = uri.kind == URI_FD || uri.passed;

    migrate_uri_clear(&uri);
    if (in->flags & QMIG_TUNNELLED)
        return need_monitor(in->source_addr, QMIG_SIDE_SOURCE,
                            "flag 'tunnelled'", errp);
    return passes ? need_monitor(in->source_addr, QMIG_SIDE_SOURCE,
                                 "parameter 'migrate_uri=fd:...'", errp)
                  : 0;
}

static int check_listen(const struct plan_input *in, struct qmp_error **errp)
{
    struct migrate_uri uri = {0};

    if (!in->listen_uri)
        return 0;
    if (migrate_uri_parse(in->listen_uri, &uri, errp) < 0)
        return qmp_prefix(errp, "option 'listen-uri'");
    bool passed = uri.passed;
    bool inherited = uri.kind == URI_FD && !passed;
    migrate_uri_clear(&uri);
    if (passed)
        return qmp_fail(errp, QMIG_ERR_URI,
                        "option 'listen-uri': a connection of ours ('%s') is "
                        "the source's, the destination listens",
                        in->listen_uri);
    if (params_has(in->params, "listen_address"))
        return qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                        "parameter 'listen_address' and option 'listen-uri' "
                        "are mutually exclusive");
    if (!given_uri(in) && !in->tunnel)
        return qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                        "option 'listen-uri' requires parameter 'migrate_uri' "
                        "or option 'tunnel'");
    return inherited ? need_monitor(in->dest_addr, QMIG_SIDE_DEST,
                                    "option 'listen-uri' with fd:N", errp)
                     : 0;
}

/* What the source's end does not tell of the destination's. */
static int check_other_end(const struct plan_input *in, struct qmp_error **errp)
{
    enum uri_kind kind = kind_of(given_uri(in));

    if (in->listen_uri || (kind != URI_EXEC && kind != URI_FD))
        return 0;
    qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
             "parameter 'migrate_uri=%s:...' requires option 'listen-uri'",
             kind == URI_EXEC ? "exec" : "fd");
    return qmp_hint(errp, "say what the destination listens on: exec:COMMAND, "
                          "fd:N, unix:PATH or tcp:HOST:PORT");
}

static int check_tunnel(const struct plan_input *in, struct qmp_error **errp)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr addr = {.fd = -1};
    const char *how = in->tunnel ? in->tunnel : in->dest_addr;

    if (in->tunnel && !(in->flags & QMIG_TUNNELLED))
        return qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                        "option 'tunnel' requires flag 'tunnelled'");
    if (!(in->flags & QMIG_TUNNELLED))
        return 0;
    if (qmp_addr_parse(how, &addr, errp) < 0)
        return qmp_prefix(errp, "option 'tunnel'");
    if (!in->tunnel && addr.kind == QMP_ADDR_EXEC) {
        qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                 "flag 'tunnelled' requires option 'tunnel': the monitor's "
                 "address '%s' does not tell how data gets there",
                 how);
        return qmp_hint(errp, "give --tunnel ADDR and --listen-uri URI");
    }
    if (!in->listen_uri && in->tunnel &&
        (addr.kind == QMP_ADDR_EXEC || addr.kind == QMP_ADDR_FD)) {
        qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                 "option 'tunnel' with '%s' requires option 'listen-uri'", how);
        return qmp_hint(errp, "say what the destination listens on, such as "
                              "unix:PATH");
    }
    return 0;
}

/* The tunnel carries the return path, so the destination's end must, too. */
static int check_tunnel_ends(const struct plan_input *in,
                             struct qmp_error **errp)
{
    enum uri_kind kind = kind_of(in->listen_uri);

    if (!(in->flags & QMIG_TUNNELLED) || !in->listen_uri ||
        (kind != URI_EXEC && kind != URI_FD && kind != URI_RDMA))
        return 0;
    return qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                    "flag 'tunnelled' connects to the destination: option "
                    "'listen-uri' must be tcp:HOST:PORT or unix:PATH, is '%s'",
                    in->listen_uri);
}

/* The handshake goes both ways. */
static int check_pipe(const struct plan_input *in, struct qmp_error **errp)
{
    if (!transport_is_one_way(in) || !(in->flags & QMIG_TLS))
        return 0;
    return qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                    "flag 'tls' needs a channel that goes both ways");
}

/* What params/rules.c says of the source's end: a command or a descriptor is
 * one channel, and nobody can open it again. */
static int check_one_channel(const struct plan_input *in,
                             struct qmp_error **errp)
{
    unsigned more = in->flags & (QMIG_PARALLEL | QMIG_POSTCOPY);
    enum uri_kind kind = kind_of(in->listen_uri);

    if (!more || (kind != URI_EXEC && kind != URI_FD))
        return 0;
    qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
             "flag '%s' needs more than the one channel of option 'listen-uri' "
             "'%s'",
             more & QMIG_POSTCOPY ? "postcopy" : "parallel", in->listen_uri);
    return qmp_hint(errp, "let the destination listen on tcp:HOST:PORT or "
                          "unix:PATH, or leave out the flag");
}

int transport_check(const struct plan_input *in, struct qmp_error **errp)
{
    if (check_pipe(in, errp) < 0)
        return -1;
    if (check_source(in, errp) < 0 || check_listen(in, errp) < 0 ||
        check_other_end(in, errp) < 0 || check_tunnel(in, errp) < 0)
        return -1;
    return check_one_channel(in, errp) < 0 ? -1 : check_tunnel_ends(in, errp);
}

int transport_check_facts(const struct plan_input *in,
                          const struct facts *facts, struct qmp_error **errp)
{
    if (!in->channels || !facts_older(facts, 8, 2))
        return 0;
    qmp_fail(errp, QMIG_ERR_CAPABILITY,
             "option 'channels' needs QEMU 8.2 or later, this is %s",
             facts->version);
    return qmp_hint(errp, "leave it away: 'uri' does the same");
}

bool transport_is_one_way(const struct plan_input *in)
{
    return in->one_way_fd || kind_of(given_uri(in)) == URI_EXEC ||
           kind_of(in->listen_uri) == URI_EXEC;
}

/* TUNNEL */

static int no_memory(struct qmp_error **errp)
{
    return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

/* plan->uri becomes this. */
static int set_uri(struct plan *plan, enum uri_kind kind, const char *text,
                   int port, struct qmp_error **errp)
{
    migrate_uri_clear(&plan->uri);
    plan->uri.kind = kind;
    plan->uri.port = port;
    if (kind == URI_UNIX)
        plan->uri.path = strdup(text);
    else
        plan->uri.host = strdup(text);
    return plan->uri.path || plan->uri.host ? 0 : no_memory(errp);
}

static int tunnel_unix(struct plan *plan, const struct qmp_addr *addr,
                       const char *path, struct qmp_error **errp)
{
    int n = addr->kind == QMP_ADDR_SSH
                ? asprintf(&plan->connect, "ssh:%s:%s", addr->host, path)
                : asprintf(&plan->connect, "unix:%s", path);

    if (n < 0) {
        plan->connect = NULL;
        return no_memory(errp);
    }
    return set_uri(plan, URI_UNIX, path, 0, errp);
}

/* A socket of its own beside the monitor, which QEMU makes and removes. */
static int tunnel_beside(struct plan *plan, const struct qmp_addr *addr,
                         struct qmp_error **errp)
{
    CLEANUP(freep) char *path = NULL;

    if (asprintf(&path, "%s" DATA_SUFFIX, addr->path) < 0)
        return no_memory(errp);
    if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
        qmp_fail(errp, QMIG_ERR_URI,
                 "the path '%s' of the tunnel has %zu bytes, a socket takes "
                 "%zu",
                 path, strlen(path),
                 sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
        return qmp_hint(errp, "give --tunnel ssh:HOST:PATH with a shorter "
                              "path");
    }
    return tunnel_unix(plan, addr, path, errp);
}

/* The destination listens already (-incoming URI). */
static int tunnel_to_listener(struct plan *plan, const struct qmp_addr *addr,
                              const char *path, int port,
                              struct qmp_error **errp)
{
    bool remote = addr->kind == QMP_ADDR_TCP;

    if (path && addr->kind != QMP_ADDR_TCP)
        return tunnel_unix(plan, addr, path, errp);
    if (!path && addr->kind != QMP_ADDR_SSH)
        return set_uri(plan, URI_TCP, remote ? addr->host : "127.0.0.1", port,
                       errp);
    qmp_fail(errp, QMIG_ERR_DEST_STATE,
             "already listens where a tunnel to '%s' does not reach",
             addr->text);
    return qmp_hint(errp, "start it with -incoming defer -S, or give --tunnel "
                          "ADDR");
}

/* Through the address that was given for it. */
static int tunnel_given(struct plan *plan, const struct qmp_addr *addr,
                        struct qmp_error **errp)
{
    switch (addr->kind) {
    case QMP_ADDR_UNIX:
    case QMP_ADDR_SSH:
        return tunnel_unix(plan, addr, addr->path, errp);
    case QMP_ADDR_TCP:
        if (addr->port[strspn(addr->port, "0123456789")])
            return qmp_fail(errp, QMIG_ERR_URI,
                            "option 'tunnel': port '%s' is not a number",
                            addr->port);
        return set_uri(plan, URI_TCP, addr->host, atoi(addr->port), errp);
    case QMP_ADDR_EXEC:
    case QMP_ADDR_FD:
        break;
    }
    plan->connect = strdup(addr->text);
    return plan->connect ? 0 : no_memory(errp);
}

/* By the way that leads to the monitor. */
static int tunnel_by_monitor(struct plan *plan, const struct qmp_addr *addr,
                             struct qmp_error **errp)
{
    switch (addr->kind) {
    case QMP_ADDR_TCP:
        return set_uri(plan, URI_TCP, addr->host, 0, errp);
    case QMP_ADDR_SSH:
        return tunnel_beside(plan, addr, errp);
    case QMP_ADDR_UNIX:
    case QMP_ADDR_FD:
    case QMP_ADDR_EXEC: /* refused by transport_check() */
        break;
    }
    plan->dest_gets_fd = true; /* both are here: no socket is needed */
    plan->listen = strdup("fd:" URI_FDNAME);
    plan->uri.kind = URI_FD;
    return plan->listen ? 0 : no_memory(errp);
}

int transport_tunnel(struct plan *plan, const struct plan_input *in,
                     const struct facts *dest, struct qmp_error **errp)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr addr = {.fd = -1};
    const char *path = NULL;
    int port = 0;
    int rc;

    plan->tunnel = true;
    plan->source_gets_fd = true;
    plan->dest_listens = migrate_info_listens(dest->migrate, &port, &path);
    if (qmp_addr_parse(in->tunnel ? in->tunnel : in->dest_addr, &addr, errp) <
        0)
        return -1;
    if (in->tunnel)
        rc = tunnel_given(plan, &addr, errp);
    else if (plan->dest_listens)
        rc = tunnel_to_listener(plan, &addr, path, port, errp);
    else
        rc = tunnel_by_monitor(plan, &addr, errp);
    return rc < 0 || plan->listen ? rc : transport_listen(plan, in, errp);
}

int transport_listen(struct plan *plan, const struct plan_input *in,
                     struct qmp_error **errp)
{
    const char *address = params_string(in->params, "listen_address");
    struct migrate_uri listen = parsed(in->listen_uri);

    if (!plan->tunnel)
        plan->source_gets_fd = plan->uri.kind == URI_FD || plan->uri.passed;
    plan->dest_gets_fd = in->listen_uri && listen.kind == URI_FD;
    plan->listen = in->listen_uri ? migrate_uri_text(&listen)
                                  : plan_listen_uri(&plan->uri, address);
    migrate_uri_clear(&listen);
    return plan->listen ? 0 : no_memory(errp);
}

char *transport_connect_address(const struct plan *plan)
{
    if (plan->connect)
        return strdup(plan->connect);
    if (plan->uri.kind == URI_FD || (!plan->tunnel && !plan->uri.passed))
        return NULL;
    return migrate_uri_text(&plan->uri);
}

/* ARGUMENTS */

static struct json_object *string(const char *text, size_t len)
{
    return json_object_new_string_len(text, (int)len);
}

/* HOST:PORT, with brackets and ",to=PORT" where they are. */
static void add_inet(struct json_object *addr, const char *rest)
{
    const char *comma = strstr(rest, ",to=");
    size_t len = comma ? (size_t)(comma - rest) : strlen(rest);
    const char *colon = memrchr(rest, ':', len);
    const char *host = rest + (*rest == '[');
    size_t host_len = (size_t)(colon - host) - (*rest == '[');

    json_object_object_add(addr, "host", string(host, host_len));
    json_object_object_add(addr, "port",
                           string(colon + 1, len - (size_t)(colon + 1 - rest)));
    if (comma)
        json_object_object_add(addr, "to",
                               json_object_new_int(atoi(comma + 4)));
}

static void add_strings(struct json_object *object, const char *first,
                        const char *a, const char *second, const char *b)
{
    json_object_object_add(object, first, json_object_new_string(a));
    if (second)
        json_object_object_add(object, second, json_object_new_string(b));
}

/* QEMU's MigrationAddress for what a `uri` would say. */
static struct json_object *address_of(const char *uri)
{
    struct json_object *addr = json_object_new_object();
    const char *rest = strchr(uri, ':') + 1;

    if (!strncmp(uri, "exec:", 5)) {
        struct json_object *args = json_object_new_array();

        add_strings(addr, "transport", "exec", NULL, NULL);
        json_object_array_add(args, json_object_new_string("/bin/sh"));
        json_object_array_add(args, json_object_new_string("-c"));
        json_object_array_add(args, json_object_new_string(rest));
        json_object_object_add(addr, "args", args);
    } else if (!strncmp(uri, "rdma:", 5)) {
        add_strings(addr, "transport", "rdma", NULL, NULL);
        add_inet(addr, rest);
    } else if (!strncmp(uri, "unix:", 5)) {
        add_strings(addr, "transport", "socket", "type", "unix");
        add_strings(addr, "path", rest, NULL, NULL);
    } else if (!strncmp(uri, "fd:", 3)) {
        add_strings(addr, "transport", "socket", "type", "fd");
        add_strings(addr, "str", rest, NULL, NULL);
    } else {
        add_strings(addr, "transport", "socket", "type", "inet");
        add_inet(addr, rest);
    }
    return addr;
}

struct json_object *transport_arguments(const char *uri, bool channels)
{
    struct json_object *arguments = json_object_new_object();
    struct json_object *list;
    struct json_object *channel;

    if (!channels) {
        add_strings(arguments, "uri", uri, NULL, NULL);
        return arguments;
    }
    list = json_object_new_array();
    channel = json_object_new_object();
    add_strings(channel, "channel-type", "main", NULL, NULL);
    json_object_object_add(channel, "addr", address_of(uri));
    json_object_array_add(list, channel);
    json_object_object_add(arguments, "channels", list);
    return arguments;
}
