/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/tls.h"

#include "error/errcode.h"
#include "params/qemu.h"

#include <stddef.h>
#include <string.h>

/* OPTIONS */

enum option_kind { TEXT, PATH, SWITCH };

enum option {
    OPT_DIR,
    OPT_SOURCE_DIR,
    OPT_DEST_DIR,
    OPT_PSK,
    OPT_PSK_USER,
    OPT_AUTHZ,
    OPT_AUTHZ_IDENTITY,
    OPT_NO_VERIFY_PEER,
    OPT__MAX
};

/* clang-format off */
static const struct {
    const char *name;
    enum option_kind kind;
    size_t offset;
} options[OPT__MAX] = {
#define AT(member) offsetof(struct qmig_tls, member)
    [OPT_DIR]            = { "tls-dir",            PATH,   AT(dir)            },
    [OPT_SOURCE_DIR]     = { "tls-source-dir",     PATH,   AT(source_dir)     },
    [OPT_DEST_DIR]       = { "tls-dest-dir",       PATH,   AT(dest_dir)       },
    [OPT_PSK]            = { "tls-psk",            PATH,   AT(psk)            },
    [OPT_PSK_USER]       = { "tls-psk-user",       TEXT,   AT(psk_user)       },
    [OPT_AUTHZ]          = { "tls-authz",          TEXT,   AT(authz)          },
    [OPT_AUTHZ_IDENTITY] = { "tls-authz-identity", TEXT,   AT(authz_identity) },
    [OPT_NO_VERIFY_PEER] = { "tls-no-verify-peer", SWITCH, AT(no_verify_peer) },
#undef AT
};

/* QEMU asks tls-authz only about certificates, and only if it verifies them:
 * elsewhere it would let everybody in (5.2..11.1). */
static const struct {
    enum option a, b;
} exclusive[] = {
    { OPT_PSK,            OPT_DIR            },
    { OPT_PSK,            OPT_AUTHZ          },
    { OPT_PSK,            OPT_AUTHZ_IDENTITY },
    { OPT_PSK,            OPT_NO_VERIFY_PEER },
    { OPT_AUTHZ,          OPT_AUTHZ_IDENTITY },
    { OPT_NO_VERIFY_PEER, OPT_AUTHZ          },
    { OPT_NO_VERIFY_PEER, OPT_AUTHZ_IDENTITY },
};
/* clang-format on */

static bool is_given(const struct qmig_tls *tls, enum option o)
{
    const char *member = (const char *)tls + options[o].offset;

    return options[o].kind == SWITCH ? *(const bool *)member
                                     : *(const char *const *)member != NULL;
}

/* A path is looked up by QEMU, whose working directory nobody knows. */
static int check_path(const struct qmig_tls *tls, enum option o,
                      struct qmp_error **errp)
{
    const char *path =
        *(const char *const *)((const char *)tls + options[o].offset);

    if (options[o].kind != PATH || path[0] == '/')
        return 0;
    return qmp_fail(errp, QMIG_ERR_USAGE,
                    "'%s': '%s' is not an absolute path on the QEMU's host",
                    options[o].name, path);
}

int tls_check_options(const struct qmig_tls *tls, unsigned flags,
                      struct qmp_error **errp)
{
    for (int o = 0; o < OPT__MAX; o++) {
        if (!is_given(tls, (enum option)o))
            continue;
        if (!(flags & QMIG_TLS)) {
            qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT, "'%s' requires flag 'tls'",
                     options[o].name);
            return qmp_hint(errp, "add flag 'tls', or leave out '%s'",
                            options[o].name);
        }
        if (check_path(tls, (enum option)o, errp) < 0)
            return -1;
    }
    for (size_t i = 0; i < ARRAY_SIZE(exclusive); i++) {
        if (!is_given(tls, exclusive[i].a) || !is_given(tls, exclusive[i].b))
            continue;
        return qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                        "'%s' and '%s' are mutually exclusive",
                        options[exclusive[i].a].name,
                        options[exclusive[i].b].name);
    }
    if (tls->psk_user && !tls->psk)
        return qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                        "'tls-psk-user' requires 'tls-psk'");
    return 0;
}

/* OBJECTS */

/* QEMU is given the directory of keys.psk: the file may be named, too. NULL:
 * no memory. */
static char *psk_dir(const char *path)
{
    static const char file[] = "/keys.psk";
    size_t n = strlen(path);

    if (n > strlen(file) && !strcmp(path + n - strlen(file), file))
        n -= strlen(file);
    return strndup(path, n);
}

/* The caller frees it; NULL: no memory. */
static char *dir_of(const struct qmig_tls *tls, enum qmig_side side)
{
    const char *own =
        side == QMIG_SIDE_SOURCE ? tls->source_dir : tls->dest_dir;

    if (tls->psk)
        return psk_dir(own ? own : tls->psk);
    return strdup(own ? own : tls->dir ? tls->dir : TLS_DEFAULT_DIR);
}

static void put(struct json_object *object, const char *name, const char *value)
{
    json_object_object_add(object, name, json_object_new_string(value));
}

static struct json_object *new_object(const char *type, const char *id)
{
    struct json_object *object = json_object_new_object();

    put(object, "qom-type", type);
    put(object, "id", id);
    return object;
}

static struct json_object *creds_object(const struct qmig_tls *tls,
                                        enum qmig_side side)
{
    struct json_object *object =
        new_object(tls->psk ? "tls-creds-psk" : "tls-creds-x509", TLS_CREDS_ID);
    bool server = side == QMIG_SIDE_DEST;
    CLEANUP(freep) char *dir = dir_of(tls, side);

    if (!dir)
        abort(); /* a path is short: then nothing else works either */
    put(object, "endpoint", server ? "server" : "client");
    put(object, "dir", dir);
    if (!tls->psk)
        json_object_object_add(
            object, "verify-peer",
            json_object_new_boolean(!server || !tls->no_verify_peer));
    else if (!server && tls->psk_user)
        put(object, "username", tls->psk_user);
    return object;
}

struct json_object *tls_objects(const struct plan_input *in,
                                enum qmig_side side)
{
    struct json_object *list = json_object_new_array();

    if (!(in->flags & QMIG_TLS))
        return list;
    if (side == QMIG_SIDE_DEST && in->tls.authz_identity) {
        struct json_object *authz = new_object("authz-simple", TLS_AUTHZ_ID);

        put(authz, "identity", in->tls.authz_identity);
        json_object_array_add(list, authz);
    }
    json_object_array_add(list, creds_object(&in->tls, side));
    return list;
}

/* PARAMETERS */

static const char *creds_value(const struct plan_input *in)
{
    return in->flags & QMIG_TLS ? TLS_CREDS_ID : "";
}

static const char *hostname_value(const struct plan_input *in)
{
    const char *name = params_string(in->params, "tls.destination");

    return name ? name : ""; /* QEMU takes the host that it connects to */
}

static const char *authz_value(const struct plan_input *in)
{
    if (in->tls.authz_identity)
        return TLS_AUTHZ_ID;
    return in->tls.authz ? in->tls.authz : "";
}

/* Without TLS only tls-creds matters: nothing looks at the others then. */
/* clang-format off */
static const struct {
    const char *name;
    const char *(*value)(const struct plan_input *in);
    bool source, dest;
    bool always;
} parameters[] = {
    { "tls-creds",    creds_value,    true,  true,  true  },
    { "tls-hostname", hostname_value, true,  false, false },
    { "tls-authz",    authz_value,    false, true,  false },
};
/* clang-format on */

/* The value of a parameter now; "" if it is not set or not there. */
static const char *value_now(const struct facts *mine, const char *name)
{
    struct json_object *value = facts_parameter(mine, name);

    return json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : "";
}

/* What it goes back to: not to an object of ours, which will be gone. */
static const char *value_back(const char *now)
{
    return strcmp(now, TLS_CREDS_ID) != 0 && strcmp(now, TLS_AUTHZ_ID) != 0
               ? now
               : "";
}

void tls_parameters(const struct plan_input *in, enum qmig_side side,
                    const struct facts *mine, struct json_object *set,
                    struct json_object *back)
{
    for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
        const char *name = parameters[i].name;
        const char *now = value_now(mine, name);
        const char *value = parameters[i].value(in);

        if (!(side == QMIG_SIDE_SOURCE ? parameters[i].source
                                       : parameters[i].dest) ||
            (!parameters[i].always && !(in->flags & QMIG_TLS)) ||
            (!strcmp(now, value) && !strcmp(now, value_back(now))))
            continue;
        put(set, name, value);
        put(back, name, value_back(now));
    }
}

/* CHECKS */

/* `qemu.tls-authz` is for credentials that ask it, and an option less. */
static int check_qemu_authz(const struct plan_input *in,
                            struct qmp_error **errp)
{
    static const enum option others[] = {OPT_PSK, OPT_AUTHZ, OPT_AUTHZ_IDENTITY,
                                         OPT_NO_VERIFY_PEER};
    const struct qemu_list *list = params_qemu(in->params);

    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->values[i].name, "tls-authz") != 0)
            continue;
        for (size_t j = 0; j < ARRAY_SIZE(others); j++)
            if (is_given(&in->tls, others[j]))
                return qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                                "parameter '" QEMU_PREFIX
                                "tls-authz' and '%s' are mutually exclusive",
                                options[others[j]].name);
    }
    return 0;
}

int tls_check(const struct plan_input *in, enum qmig_side side,
              const struct facts *mine, char **warnings,
              struct qmp_error **errp)
{
    const char *now = value_now(mine, "tls-creds");

    if (in->flags & QMIG_TLS)
        return facts_parameter(mine, "tls-creds")
                   ? check_qemu_authz(in, errp)
                   : qmp_fail(errp, QMIG_ERR_CAPABILITY,
                              "TLS migration is not supported with this QEMU "
                              "binary (%s)",
                              mine->version);
    /* Clear text is what was asked for; but somebody set it for a reason. */
    if (*value_back(now))
        plan_warn(warnings,
                  "%s: tls-creds is '%s', but without flag 'tls' this "
                  "migration is not encrypted",
                  side_name(side), now);
    return 0;
}

int tls_check_uri(const struct plan_input *in, const struct migrate_uri *uri,
                  struct qmp_error **errp)
{
    bool passed = uri->passed || (in->flags & QMIG_TUNNELLED);

    if (!(in->flags & QMIG_TLS) || (uri->kind == URI_TCP && !passed) ||
        in->tls.psk || params_has(in->params, "tls.destination"))
        return 0;
    qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
             "flag 'tls' over %s requires parameter 'tls.destination'",
             uri->kind == URI_UNIX && !passed ? "a UNIX socket"
                                              : "a descriptor");
    return qmp_hint(errp, "give the name that is in the destination's "
                          "server-cert.pem");
}

/* ERRORS */

/* Whose certificate or key it is; SEEN: that of the side that says so. */
enum whose { SEEN, SOURCES, DESTS };

/* With which credentials the words mean that. */
enum kind { ANY, X509, PSK };

/*
 * QEMU's and GnuTLS's words (QEMU 7.2..11.1, GnuTLS 3.7, 3.8). The first row
 * that matches counts: exact ones first. The file is named where QEMU does not
 * name it. A guess is what a destination looks like that refuses the source:
 * it just hangs up, and tells its own standard error why.
 */
/* clang-format off */
static const struct {
    const char *words;
    enum kind kind;
    bool guess;
    enum whose whose;
    const char *file;
    const char *hint;
} phrases[] = {
    { "does not permit key encipherment", X509, false, SEEN, NULL,
      "QEMU 10.0.0 to 10.0.2 take RSA certificates only: an ECDSA one needs "
      "another QEMU" },
    { "No such file or directory", PSK, false, SEEN, NULL,
      "the directory given with --tls-psk must have a file keys.psk on the "
      "host of that QEMU" },
    { "No such file or directory", X509, false, SEEN, NULL,
      "in the directory given with --tls-dir (" TLS_DEFAULT_DIR " if not) on "
      "the host of that QEMU must be ca-cert.pem, and server-cert.pem and "
      "server-key.pem (destination) or client-cert.pem and client-key.pem "
      "(source)" },
    { "not found in PSK file", PSK, false, SEEN, NULL,
      "its lines are USER:KEY; --tls-psk-user names the user ('qemu' if not)" },
    { "Permission denied", ANY, false, SEEN, NULL,
      "the user that this QEMU runs as must be allowed to read it" },
    { "The certificate has expired", X509, false, DESTS, "server-cert.pem",
      "renew the certificate, or set the source host's clock right" },
    { "The certificate is not yet activated", X509, false, DESTS,
      "server-cert.pem", "set the source host's clock right" },
    { "has expired", X509, false, SEEN, NULL,
      "renew the certificate, or set that host's clock right" },
    { "is not yet active", X509, false, SEEN, NULL,
      "set that host's clock right, or make another certificate" },
    { "Our own certificate", X509, false, SEEN, NULL,
      "a certificate must be issued by the CA whose ca-cert.pem is beside it" },
    { "does not match the hostname", X509, false, DESTS, "server-cert.pem",
      "the certificate needs the host that the source connects to as a "
      "subject alternative name (of type IP for an address); or name the one "
      "that it has with tls.destination" },
    { "got a known issuer", X509, false, DESTS, "server-cert.pem",
      "the destination's server-cert.pem must be issued by the CA in the "
      "source's ca-cert.pem" },
    { "certificate has been revoked", X509, false, DESTS, "server-cert.pem",
      "the source's ca-crl.pem lists it" },
    { "'/objects/", X509, false, DESTS, NULL,
      "--tls-authz must be the id of an authorization object of the "
      "destination (-object authz-simple,id=ID,...)" },
    { "TLS", PSK, true, SOURCES, "keys.psk",
      "both sides need the same user with the same key; the destination's "
      "standard error says more" },
    { "TLS", X509, true, SOURCES, "client-cert.pem",
      "it must be issued by the CA in the destination's ca-cert.pem, and let "
      "in by its tls-authz; the destination's standard error says which" },
    { "Connection reset by peer", X509, true, SOURCES, "client-cert.pem",
      "it must be issued by the CA in the destination's ca-cert.pem, and let "
      "in by its tls-authz; the destination's standard error says which" },
    { "Broken pipe", X509, true, SOURCES, "client-cert.pem",
      "it must be issued by the CA in the destination's ca-cert.pem, and let "
      "in by its tls-authz; the destination's standard error says which" },
};
/* clang-format on */

static void add_file(const struct plan_input *in, enum qmig_side side,
                     const char *file, bool guess, struct qmp_error *err)
{
    CLEANUP(freep) char *dir = dir_of(&in->tls, side);
    char *text = NULL;

    if (!dir || asprintf(&text, "%s (%s%s's %s/%s)", err->msg,
                         guess ? "the destination may not accept the " : "",
                         side_name(side), dir, file) < 0)
        abort();
    free(err->msg);
    err->msg = text;
}

void tls_explain(const struct plan_input *in, bool began, enum qmig_side *side,
                 struct qmp_error **errp)
{
    static const enum qmig_side sides[] = {
        [SOURCES] = QMIG_SIDE_SOURCE,
        [DESTS] = QMIG_SIDE_DEST,
    };
    enum kind kind = in->tls.psk ? PSK : X509;

    for (size_t i = 0; i < ARRAY_SIZE(phrases); i++) {
        if (!strstr((*errp)->msg, phrases[i].words) ||
            (phrases[i].kind != ANY && phrases[i].kind != kind) ||
            (phrases[i].guess && began))
            continue;
        if (phrases[i].whose != SEEN)
            *side = sides[phrases[i].whose];
        if (phrases[i].file)
            add_file(in, *side, phrases[i].file, phrases[i].guess, *errp);
        (*errp)->code = QMIG_ERR_TLS;
        qmp_hint(errp, "%s", phrases[i].hint);
        return;
    }
}

void tls_explain_left_over(enum qmig_side *side, struct qmp_error **errp)
{
    if (!strstr((*errp)->msg, "TLS"))
        return;
    *side = QMIG_SIDE_SOURCE;
    (*errp)->code = QMIG_ERR_TLS;
    qmp_hint(errp, "an earlier use has left something in the source's "
                   "parameter tls-creds: add flag 'tls', or send it "
                   "migrate-set-parameters with tls-creds \"\"");
}
