/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/graphics.h"

#include "params/graphics.h"
#include "qmp/member.h"

#include <string.h>

/* {0} if none was given; it was checked when it was. */
static struct graphics_uri given_uri(const struct plan_input *in)
{
    const char *text = params_string(in->params, "graphics_uri");
    struct graphics_uri uri = {0};

    if (text)
        graphics_uri_parse("graphics_uri", text, &uri, NULL);
    return uri;
}

static bool is_spice(const struct plan_input *in,
                     const struct graphics_uri *uri)
{
    return uri->type ? !strcmp(uri->type, "spice") : in->spice;
}

bool graphics_needs_probe(const struct plan_input *in)
{
    CLEANUP(graphics_uri_clear) struct graphics_uri uri = given_uri(in);

    return is_spice(in, &uri) && (!uri.host || (!uri.port && !uri.tls_port));
}

static int member_int(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, name, &value);
    return json_object_is_type(value, json_type_int)
               ? json_object_get_int(value)
               : 0;
}

/* An address that clients can connect to, or NULL. */
static const char *listens_at(struct json_object *spice)
{
    static const char *const any[] = {"", "*", "0.0.0.0", "::"};
    struct json_object *value = NULL;

    json_object_object_get_ex(spice, "host", &value);
    if (!json_object_is_type(value, json_type_string))
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(any); i++)
        if (!strcmp(any[i], json_object_get_string(value)))
            return NULL;
    return json_object_get_string(value);
}

struct json_object *graphics_arguments(const struct plan_input *in,
                                       const struct facts *dest,
                                       const struct migrate_uri *where,
                                       char **warnings)
{
    CLEANUP(graphics_uri_clear) struct graphics_uri uri = given_uri(in);
    const char *host = uri.host;
    int port = uri.port;
    int tls_port = uri.tls_port;

    if (!is_spice(in, &uri)) {
        if (uri.type)
            plan_warn(warnings,
                      "graphics_uri: clients of '%s' cannot be told where to "
                      "go: QEMU has no way for that, they have to connect "
                      "anew",
                      uri.type);
        return NULL;
    }
    if (!port && !tls_port) {
        port = member_int(dest->spice, "port");
        tls_port = member_int(dest->spice, "tls-port");
    }
    if (!port && !tls_port) {
        plan_warn(warnings, "SPICE clients are not told where to go: the "
                            "destination has no console with a port");
        return NULL;
    }
    if (!host)
        host = listens_at(dest->spice);
    if (!host)
        host = where->host ? where->host : in->local_host;

    struct json_object *arguments = json_object_new_object();
    qmp_add_string(arguments, "protocol", "spice");
    qmp_add_string(arguments, "hostname", host);
    if (port)
        json_object_object_add(arguments, "port", json_object_new_int(port));
    if (tls_port)
        json_object_object_add(arguments, "tls-port",
                               json_object_new_int(tls_port));
    if (uri.tls_subject)
        qmp_add_string(arguments, "cert-subject", uri.tls_subject);
    return arguments;
}
