/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What parameters and flags ask of each other. The rules are libvirt 11.3's,
 * and others that have their reason with them.
 */
#include "rules.h"

#include "error/errcode.h"
#include "flags.h"

#include <stdarg.h>
#include <string.h>

/* clang-format off */
#define F(flags)       {(flags), NULL, NULL}
#define P(name)        {0, (name), NULL}
#define V(name, value) {0, (name), (value)}
/* What is about a guest that runs, or the way of its memory. libvirt ignores
 * all of it with OFFLINE; virsh refuses LIVE. */
#define RUNS (QMIG_LIVE | QMIG_PAUSED | QMIG_COMPRESSED |                      \
              QMIG_ABORT_ON_ERROR | QMIG_AUTO_CONVERGE | QMIG_RDMA_PIN_ALL |   \
              QMIG_POSTCOPY | QMIG_TLS | QMIG_PARALLEL | QMIG_ZEROCOPY)
#define DISKS          (QMIG_NON_SHARED_DISK | QMIG_NON_SHARED_INC)

/* Why, where libvirt has no such rule. */
#define LIBVIRT        NULL
#define VIRSH          "libvirt ignores it, virsh refuses it"
#define IGNORED        "libvirt ignores it"
#define ENCRYPTS       "QEMU encrypts into a copy"
#define NO_COPY        "QEMU compresses into a copy"
#define NO_RDMA        "QEMU has no TLS over RDMA and would send in clear"
#define ONE_CHANNEL    "that is one channel, which nobody can open again"
#define ONE_WAY        "a command's output goes one way, a handshake both"
#define NO_ADDRESS     "the destination listens on the path"
#define NO_HOST        "it does not tell the host that disks go to"

const struct rule rule_table[] = {
    /* flags among themselves */
    {F(QMIG_TUNNELLED),       EXCLUDES, F(QMIG_PARALLEL), LIBVIRT},
    {F(QMIG_TUNNELLED),       EXCLUDES, F(QMIG_POSTCOPY), LIBVIRT},
    {F(QMIG_TUNNELLED),       EXCLUDES, F(QMIG_NON_SHARED_DISK), LIBVIRT},
    {F(QMIG_TUNNELLED),       EXCLUDES, F(QMIG_NON_SHARED_INC), LIBVIRT},
    {F(QMIG_TUNNELLED),       EXCLUDES, F(QMIG_OFFLINE), LIBVIRT},
    {F(QMIG_OFFLINE),         EXCLUDES, F(QMIG_NON_SHARED_DISK), LIBVIRT},
    {F(QMIG_OFFLINE),         EXCLUDES, F(QMIG_NON_SHARED_INC), LIBVIRT},
    {F(QMIG_OFFLINE),         EXCLUDES, F(RUNS), IGNORED},
    {F(QMIG_NON_SHARED_DISK), EXCLUDES, F(QMIG_NON_SHARED_INC), LIBVIRT},
    {F(QMIG_PAUSED),          EXCLUDES, F(QMIG_POSTCOPY), LIBVIRT},
    {F(QMIG_TUNNELLED),       NEEDS,    F(QMIG_PEER2PEER), LIBVIRT},
    {F(QMIG_OFFLINE),         NEEDS,    F(QMIG_PERSIST_DEST), LIBVIRT},
    {F(QMIG_POSTCOPY),        NEEDS,    F(QMIG_LIVE), LIBVIRT},
    {F(QMIG_POSTCOPY_RESUME), NEEDS,    F(QMIG_POSTCOPY), LIBVIRT},
    {F(QMIG_ZEROCOPY),        NEEDS,    F(QMIG_PARALLEL), LIBVIRT},
    {F(QMIG_NON_SHARED_SYNCHRONOUS_WRITES), NEEDS, F(DISKS), LIBVIRT},
    {F(QMIG_TLS),             EXCLUDES, F(QMIG_ZEROCOPY), ENCRYPTS},
    {F(QMIG_ZEROCOPY),        EXCLUDES, V("compression", "zlib"), NO_COPY},
    {F(QMIG_ZEROCOPY),        EXCLUDES, V("compression", "zstd"), NO_COPY},

    /* where the data goes */
    {P("migrate_uri"),           EXCLUDES, F(QMIG_TUNNELLED), LIBVIRT},
    {P("listen_address"),        EXCLUDES, F(QMIG_TUNNELLED), LIBVIRT},
    {P("disks_port"),            EXCLUDES, F(QMIG_TUNNELLED), LIBVIRT},
    {P("listen_address"),        EXCLUDES, V("migrate_uri", "unix:"), LIBVIRT},
    {P("listen_address"),        EXCLUDES, V("migrate_uri", "fd:unix:"), NO_ADDRESS},
    {{DISKS, "migrate_uri", "unix:"}, NEEDS, P("disks_uri"), LIBVIRT},
    {{QMIG_TLS, "migrate_uri", "unix:"}, NEEDS, P("tls.destination"), LIBVIRT},
    {F(QMIG_TLS),                EXCLUDES, V("migrate_uri", "rdma:"), NO_RDMA},
    {P("tls.destination"),       NEEDS,    F(QMIG_TLS), VIRSH},
    {F(QMIG_PARALLEL),           EXCLUDES, V("migrate_uri", "exec:"), ONE_CHANNEL},
    {F(QMIG_PARALLEL),           EXCLUDES, V("migrate_uri", "fd:"), ONE_CHANNEL},
    {F(QMIG_POSTCOPY),           EXCLUDES, V("migrate_uri", "exec:"), ONE_CHANNEL},
    {F(QMIG_POSTCOPY),           EXCLUDES, V("migrate_uri", "fd:"), ONE_CHANNEL},
    {F(QMIG_TLS),                EXCLUDES, V("migrate_uri", "exec:"), ONE_WAY},
    {{DISKS, "migrate_uri", "exec:"}, NEEDS, P("disks_uri"), NO_HOST},
    {{DISKS, "migrate_uri", "fd:"}, NEEDS, P("disks_uri"), NO_HOST},
    {P("persistent_xml"),        NEEDS,    F(QMIG_PERSIST_DEST), VIRSH},
    {P("migrate_uri"),           EXCLUDES, F(QMIG_OFFLINE), IGNORED},
    {P("listen_address"),        EXCLUDES, F(QMIG_OFFLINE), IGNORED},
    {P("graphics_uri"),          EXCLUDES, F(QMIG_OFFLINE), IGNORED},
    {P("bandwidth"),             EXCLUDES, F(QMIG_OFFLINE), IGNORED},
    {P("bandwidth.postcopy"),    EXCLUDES, F(QMIG_OFFLINE), IGNORED},
    {P("bandwidth.avail.switchover"), EXCLUDES, F(QMIG_OFFLINE), IGNORED},
    {P("compression"),           EXCLUDES, F(QMIG_OFFLINE), IGNORED},

    /* disks */
    {P("disks_port"),            EXCLUDES, P("disks_uri"), LIBVIRT},
    {V("disks_uri", "unix:"),    EXCLUDES, F(QMIG_TLS), LIBVIRT},
    {P("disks_port"),            NEEDS,    F(DISKS), IGNORED},
    {P("disks_uri"),             NEEDS,    F(DISKS), IGNORED},
    {P("migrate_disks"),         NEEDS,    F(DISKS), LIBVIRT},
    {P("migrate_disks_detect_zeroes"), NEEDS, F(DISKS), LIBVIRT},

    /* tuning needs what it tunes */
    {P("auto_converge.initial"),   NEEDS, F(QMIG_AUTO_CONVERGE), LIBVIRT},
    {P("auto_converge.increment"), NEEDS, F(QMIG_AUTO_CONVERGE), LIBVIRT},
    {P("parallel.connections"),    NEEDS, F(QMIG_PARALLEL), LIBVIRT},
    {V("compression", "mt"),       EXCLUDES, F(QMIG_PARALLEL), LIBVIRT},
    {V("compression", "xbzrle"),   EXCLUDES, F(QMIG_PARALLEL), LIBVIRT},
    {V("compression", "zlib"),     EXCLUDES, V("compression", "zstd"), LIBVIRT},
    {V("compression", "zlib"),     NEEDS, F(QMIG_PARALLEL), LIBVIRT},
    {V("compression", "zstd"),     NEEDS, F(QMIG_PARALLEL), LIBVIRT},
    {P("compression.mt.level"),    NEEDS, V("compression", "mt"), LIBVIRT},
    {P("compression.mt.threads"),  NEEDS, V("compression", "mt"), LIBVIRT},
    {P("compression.mt.dthreads"), NEEDS, V("compression", "mt"), LIBVIRT},
    {P("compression.xbzrle.cache"), NEEDS, V("compression", "xbzrle"), LIBVIRT},
    {P("compression.zlib.level"),  NEEDS, V("compression", "zlib"), LIBVIRT},
    {P("compression.zstd.level"),  NEEDS, V("compression", "zstd"), LIBVIRT},
};
/* clang-format on */
const size_t rule_table_n = ARRAY_SIZE(rule_table);

static bool value_matches(const char *value, const char *wanted)
{
    size_t n = strlen(wanted);

    return wanted[n - 1] == ':' ? !strncmp(value, wanted, n)
                                : !strcmp(value, wanted);
}

bool rule_holds(const struct cond *c, const struct qmig_params *p,
                unsigned flags)
{
    const char *const *values = NULL;

    if (c->flags && !(c->flags & flags))
        return false;
    if (!c->param)
        return true;
    if (!c->value)
        return params_has(p, c->param);
    size_t n = params_strings(p, c->param, &values);
    for (size_t i = 0; i < n; i++)
        if (value_matches(values[i], c->value))
            return true;
    return false;
}

struct words {
    char text[160];
    size_t len;
};

static void say(struct words *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct words *w, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(w->text + w->len, sizeof(w->text) - w->len, fmt, ap);
    va_end(ap);
    w->len += (size_t)n < sizeof(w->text) - w->len ? (size_t)n : 0;
}

static const char *describe(const struct cond *c, unsigned flags,
                            struct words *w)
{
    unsigned named = c->flags & flags ? c->flags & flags : c->flags;
    const char *sep = "flag ";

    for (size_t i = 0; i < flag_table_n; i++) {
        if (!(flag_table[i].value & named))
            continue;
        say(w, "%s'%s'", sep, flag_table[i].name);
        sep = " or ";
    }
    if (c->flags && c->param)
        say(w, " with ");
    if (c->param && c->value)
        say(w, "parameter '%s=%s%s'", c->param, c->value,
            c->value[strlen(c->value) - 1] == ':' ? "..." : "");
    else if (c->param)
        say(w, "parameter '%s'", c->param);
    return w->text;
}

void rule_describe(const struct cond *c, unsigned flags, char *text,
                   size_t size)
{
    struct words w = {0};

    snprintf(text, size, "%s", describe(c, flags, &w));
}

static int refuse(const struct rule *r, unsigned flags, struct qmp_error **errp)
{
    struct words a = {0};
    struct words b = {0};

    describe(&r->a, flags, &a);
    describe(&r->b, flags, &b);
    if (r->relation == NEEDS) {
        qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT, "%s requires %s", a.text,
                 b.text);
        return r->why
                   ? qmp_hint(errp, "add %s, or leave out %s (%s)", b.text,
                              a.text, r->why)
                   : qmp_hint(errp, "add %s, or leave out %s", b.text, a.text);
    }
    qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT, "%s and %s are mutually exclusive",
             a.text, b.text);
    return r->why ? qmp_hint(errp, "leave out one of them (%s)", r->why)
                  : qmp_hint(errp, "leave out one of them");
}

static int check_known_bits(unsigned flags, struct qmp_error **errp)
{
    for (size_t i = 0; i < flag_table_n; i++)
        flags &= ~flag_table[i].value;
    if (flags)
        return qmp_fail(errp, QMIG_ERR_FLAG_UNKNOWN, "unsupported flags (0x%x)",
                        flags);
    return 0;
}

/* Parallel has no default method, as xbzrle is the one without it. */
static int check_compressed(const struct qmig_params *p, unsigned flags,
                            struct qmp_error **errp)
{
    const unsigned both = QMIG_COMPRESSED | QMIG_PARALLEL;

    if ((flags & both) != both || params_has(p, "compression"))
        return 0;
    qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
             "flags 'compressed' and 'parallel' together require parameter "
             "'compression'");
    return qmp_hint(errp, "add compression=zlib or compression=zstd");
}

int qmig_params_check(const struct qmig_params *p, unsigned flags,
                      struct qmp_error **errp)
{
    if (check_known_bits(flags, errp) < 0)
        return -1;
    for (size_t i = 0; i < rule_table_n; i++) {
        const struct rule *r = &rule_table[i];
        if (rule_holds(&r->a, p, flags) &&
            rule_holds(&r->b, p, flags) == (r->relation == EXCLUDES))
            return refuse(r, flags, errp);
    }
    return check_compressed(p, flags, errp);
}
