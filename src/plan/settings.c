/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/settings.h"

#include "error/errcode.h"
#include "plan/image.h"
#include "plan/tls.h"
#include "plan/transport.h"

#include <string.h>

/*
 * What every capability that we know shall be: they stay set when a QEMU
 * changes its role. Sent are those that are otherwise; the mere mention of
 * background-snapshot, off, takes 7.2 some 3 ms (it tries userfaultfd). What
 * a QEMU has and we do not know is left alone.
 */
/* clang-format off */
const struct capability_rule capability_rules[] = {
    /* QEMU's name              when             flag                method    sides     then */
    { "auto-converge",          IF_FLAG,         QMIG_AUTO_CONVERGE, NULL,     ON_SOURCE, PUT_BACK },
    { "background-snapshot",    NEVER,           0,                  NULL,     ON_BOTH,   PUT_BACK },
    { "block",                  NEVER,           0,                  NULL,     ON_BOTH,   PUT_BACK },
    { "compress",               IF_METHOD,       0,                  "mt",     ON_BOTH,   PUT_BACK },
    { "dirty-bitmaps",          NEVER,           0,                  NULL,     ON_BOTH,   PUT_BACK },
    { "dirty-limit",            NEVER,           0,                  NULL,     ON_BOTH,   PUT_BACK },
    { "events",                 ALWAYS,          0,                  NULL,     ON_BOTH,   STAYS    },
    { "late-block-activate",    ALWAYS,          0,                  NULL,     ON_DEST,   AT_LOAD  },
    { "mapped-ram",             NEVER,           0,                  NULL,     ON_BOTH,   PUT_BACK },
    { "multifd",                IF_FLAG,         QMIG_PARALLEL,      NULL,     ON_BOTH,   PUT_BACK },
    { "pause-before-switchover", ALWAYS,         0,                  NULL,     ON_SOURCE, PUT_BACK },
    { "postcopy-blocktime",     NEVER,           0,                  NULL,     ON_BOTH,   PUT_BACK },
    { "postcopy-preempt",       IF_FLAG_AND_BOTH, QMIG_POSTCOPY,     NULL,     ON_BOTH,   PUT_BACK },
    { "postcopy-ram",           IF_FLAG,         QMIG_POSTCOPY,      NULL,     ON_BOTH,   PUT_BACK },
    { "rdma-pin-all",           IF_FLAG,         QMIG_RDMA_PIN_ALL,  NULL,     ON_BOTH,   PUT_BACK },
    { "release-ram",            NEVER,           0,                  NULL,     ON_BOTH,   PUT_BACK },
    { "return-path",            SOURCE_DECIDES,  0,                  NULL,     ON_BOTH,   PUT_BACK },
    { "switchover-ack",         IF_BOTH_AND_WAY_BACK, 0,                  NULL,     ON_BOTH,   PUT_BACK },
    { "validate-uuid",          IF_UUID,         0,                  NULL,     ON_SOURCE, PUT_BACK },
    { "xbzrle",                 IF_METHOD,       0,                  "xbzrle", ON_BOTH,   PUT_BACK },
    { "zero-copy-send",         IF_FLAG,         QMIG_ZEROCOPY,      NULL,     ON_SOURCE, PUT_BACK },
};

/* max-bandwidth of a QEMU that nobody changed (7.2..11.1). */
#define DEFAULT_MIB_S 128

const struct parameter_rule parameter_rules[] = {
    /* libvirt's name              QEMU's name                   unit        sides */
    { "auto_converge.increment",    "cpu-throttle-increment",     1,          ON_SOURCE },
    { "auto_converge.initial",      "cpu-throttle-initial",       1,          ON_SOURCE },
    { "bandwidth",                  "max-bandwidth",              1ull << 20, ON_SOURCE },
    { "bandwidth.avail.switchover", "avail-switchover-bandwidth", 1ull << 20, ON_SOURCE },
    { "bandwidth.postcopy",         "max-postcopy-bandwidth",     1ull << 20, ON_BOTH   },
    { "compression.mt.dthreads",    "decompress-threads",         1,          ON_BOTH   },
    { "compression.mt.level",       "compress-level",             1,          ON_BOTH   },
    { "compression.mt.threads",     "compress-threads",           1,          ON_BOTH   },
    { "compression.xbzrle.cache",   "xbzrle-cache-size",          1,          ON_BOTH   },
    { "compression.zlib.level",     "multifd-zlib-level",         1,          ON_BOTH   },
    { "compression.zstd.level",     "multifd-zstd-level",         1,          ON_BOTH   },
    { "parallel.connections",       "multifd-channels",           1,          ON_BOTH   },
};
/* clang-format on */
const size_t capability_rules_n = ARRAY_SIZE(capability_rules);
const size_t parameter_rules_n = ARRAY_SIZE(parameter_rules);

const char *const multifd_methods[] = {"zlib", "zstd"};
const size_t multifd_methods_n = ARRAY_SIZE(multifd_methods);

bool sides_include(enum sides sides, enum qmig_side side)
{
    return sides & (side == QMIG_SIDE_SOURCE ? ON_SOURCE : ON_DEST);
}

/* Was this compression method asked for? The flag alone means xbzrle, or, in
 * parallel, nothing (params/rules.c refuses that), as in libvirt. */
static bool has_method(const struct plan_input *in, const char *method)
{
    const char *const *values = NULL;
    size_t n = params_strings(in->params, "compression", &values);

    for (size_t i = 0; i < n; i++)
        if (!strcmp(values[i], method))
            return true;
    return !n && (in->flags & QMIG_COMPRESSED) &&
           !(in->flags & QMIG_PARALLEL) && !strcmp(method, "xbzrle");
}

/* 1 on, 0 off; -1 on, but this QEMU must have it and does not. */
static int shall_be(const struct capability_rule *rule,
                    const struct plan_input *in, enum qmig_side side,
                    const struct facts *mine, const struct facts *other)
{
    bool has = facts_capability(mine, rule->name) >= 0;

    switch (rule->when) {
    case NEVER:
        return 0;
    case ALWAYS:
        return has;
    case IF_BOTH:
        return has && facts_capability(other, rule->name) >= 0;
    case IF_UUID: /* a destination compares whatever comes (4.2 and newer) */
        return has && mine->uuid;
    case SOURCE_DECIDES:
        if (transport_is_one_way(in))
            return 0;
        return side == QMIG_SIDE_SOURCE
                   ? has
                   : facts_capability(mine, rule->name) > 0 ||
                         (facts_capability(mine, "switchover-ack") >= 0 &&
                          facts_capability(other, "switchover-ack") >= 0);
    case IF_BOTH_AND_WAY_BACK:
        return has && facts_capability(other, rule->name) >= 0 &&
               !transport_is_one_way(in);
    case IF_FLAG:
        return !(in->flags & rule->flag) ? 0 : has ? 1 : -1;
    case IF_FLAG_AND_BOTH:
        /* In parallel a destination (11.1) reads from the channel for urgent
         * pages to learn what it is, and nothing comes: it hangs, then aborts.
         * With method mt QEMU (7.1..9.0) refuses it, but not post-copy.
         */
        return (in->flags & rule->flag) && has &&
               !(in->flags & QMIG_PARALLEL) && !has_method(in, "mt") &&
               facts_capability(other, rule->name) >= 0;
    case IF_METHOD:
        return !has_method(in, rule->method) ? 0 : has ? 1 : -1;
    }
    return 0;
}

static void list_capability(struct json_object *list, const char *name,
                            bool state)
{
    struct json_object *row = json_object_new_object();

    json_object_object_add(row, "capability", json_object_new_string(name));
    json_object_object_add(row, "state", json_object_new_boolean(state));
    json_object_array_add(list, row);
}

/* The wording is libvirt's. */
static int lacks_capability(const struct capability_rule *rule,
                            const struct facts *mine, struct qmp_error **errp)
{
    return qmp_fail(errp, QMIG_ERR_CAPABILITY,
                    "Migration option '%s' is not supported by QEMU binary "
                    "(%s)",
                    rule->name, mine->version);
}

void settings_add_capability(struct settings *s, const char *name, bool state,
                             bool before)
{
    list_capability(s->capabilities, name, state);
    list_capability(s->capabilities_back, name, before);
}

static int make_capabilities(struct settings *s, const struct plan_input *in,
                             enum qmig_side side, const struct facts *mine,
                             const struct facts *other, struct qmp_error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(capability_rules); i++) {
        const struct capability_rule *rule = &capability_rules[i];
        int before = facts_capability(mine, rule->name);
        int state = settings_qemu_capability(in, side, rule->name);

        if (state < 0 && in->image)
            state = plan_image_capability(in, rule->name);
        if (state < 0 && sides_include(rule->sides, side))
            state = shall_be(rule, in, side, mine, other);
        else if (state < 0)
            state = 0;
        if (state < 0)
            return lacks_capability(rule, mine, errp);
        if (before < 0 || before == state)
            continue;
        bool stays = rule->then != PUT_BACK && state &&
                     side == QMIG_SIDE_DEST && !in->image;

        list_capability(stays && rule->then == AT_LOAD ? s->at_load
                                                       : s->capabilities,
                        rule->name, state);
        list_capability(stays ? s->staying_back : s->capabilities_back,
                        rule->name, before);
    }
    return 0;
}

/* Takes `value`, on failure too. */
static int set_parameter(struct settings *s, const char *name, const char *qemu,
                         struct json_object *value, const struct facts *mine,
                         struct qmp_error **errp)
{
    struct json_object *before = facts_parameter(mine, qemu);

    if (!before) {
        json_object_put(value);
        return qmp_fail(errp, QMIG_ERR_CAPABILITY,
                        "parameter '%s' needs QEMU's '%s', which this QEMU "
                        "(%s) does not have",
                        name, qemu, mine->version);
    }
    json_object_object_add(s->parameters, qemu, value);
    json_object_object_add(s->parameters_back, qemu, json_object_get(before));
    return 0;
}

/* 1 and *value if it is to be set. A bandwidth of 0 leaves QEMU's own. */
static int parameter_value(const struct plan_input *in,
                           const struct parameter_rule *rule,
                           unsigned long long *value, struct qmp_error **errp)
{
    unsigned long long given = 0;
    int number = 0;

    if (param_find(rule->name)->type == PARAM_INT) {
        if (!params_int(in->params, rule->name, &number))
            return 0;
        given = (unsigned)number; /* its range begins at 0 or 1 */
    } else if (!params_ullong(in->params, rule->name, &given) || !given) {
        return 0;
    }
    if (__builtin_mul_overflow(given, rule->unit, value) || *value > INT64_MAX)
        return qmp_fail(errp, QMIG_ERR_PARAM_RANGE,
                        "parameter '%s' is %llu, must be at most %llu",
                        rule->name, given,
                        (unsigned long long)INT64_MAX / rule->unit);
    return 1;
}

bool settings_only_lift(const struct plan_input *in)
{
    unsigned long long mib_s = 0;

    return params_ullong(in->params, "bandwidth", &mib_s) &&
           mib_s >= DEFAULT_MIB_S;
}

/* multifd-compression has no parameter of its own: the method is its value,
 * and "none", if it is otherwise from an earlier use. */
static int make_multifd_method(struct settings *s, const struct plan_input *in,
                               const struct facts *mine,
                               struct qmp_error **errp)
{
    struct json_object *before = facts_parameter(mine, "multifd-compression");
    const char *method = "none";

    if (!(in->flags & QMIG_PARALLEL))
        return 0;
    for (size_t i = 0; i < multifd_methods_n; i++)
        if (has_method(in, multifd_methods[i]))
            method = multifd_methods[i];
    if (before ? !strcmp(json_object_get_string(before), method)
               : !strcmp(method, "none"))
        return 0;
    if (settings_check_value(mine, "compression", "multifd-compression", method,
                             errp) < 0)
        return -1;
    return set_parameter(s, "compression", "multifd-compression",
                         json_object_new_string(method), mine, errp);
}

static int make_parameters(struct settings *s, const struct plan_input *in,
                           enum qmig_side side, const struct facts *mine,
                           struct qmp_error **errp)
{
    bool lifts = plan_lifts(in);

    for (size_t i = 0; i < ARRAY_SIZE(parameter_rules); i++) {
        const struct parameter_rule *rule = &parameter_rules[i];
        unsigned long long value;

        if (!sides_include(rule->sides, side))
            continue;
        int rc = parameter_value(in, rule, &value, errp);
        if (rc > 0 && lifts && !strcmp(rule->name, "bandwidth"))
            json_object_object_add(s->lift, rule->qemu,
                                   json_object_new_int64((int64_t)value));
        else if (rc > 0)
            rc = set_parameter(s, rule->name, rule->qemu,
                               json_object_new_int64((int64_t)value), mine,
                               errp);
        if (rc < 0)
            return -1;
    }
    return make_multifd_method(s, in, mine, errp);
}

int settings_make(struct settings *s, const struct plan_input *in,
                  enum qmig_side side, const struct facts *mine,
                  const struct facts *other, struct qmp_error **errp)
{
    *s = (struct settings){
        .capabilities = json_object_new_array(),
        .capabilities_back = json_object_new_array(),
        .at_load = json_object_new_array(),
        .staying_back = json_object_new_array(),
        .lift = json_object_new_object(),
        .parameters = json_object_new_object(),
        .parameters_back = json_object_new_object(),
    };
    /* What a held switchover changes meanwhile goes back with all else. */
    if (in->hold_switchover && side == QMIG_SIDE_SOURCE &&
        facts_parameter(mine, "max-bandwidth"))
        json_object_object_add(
            s->parameters_back, "max-bandwidth",
            json_object_get(facts_parameter(mine, "max-bandwidth")));
    tls_parameters(in, side, mine, s->parameters, s->parameters_back);
    if (make_capabilities(s, in, side, mine, other, errp) < 0 ||
        make_parameters(s, in, side, mine, errp) < 0 ||
        settings_add_qemu(s, in, side, mine, errp) < 0) {
        settings_clear(s);
        return -1;
    }
    return 0;
}

void settings_clear(struct settings *s)
{
    json_object_put(s->capabilities);
    json_object_put(s->capabilities_back);
    json_object_put(s->at_load);
    json_object_put(s->staying_back);
    json_object_put(s->lift);
    json_object_put(s->parameters);
    json_object_put(s->parameters_back);
    *s = (struct settings){0};
}
