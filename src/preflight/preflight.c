/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preflight/preflight.h"

#include "plan/plan.h"
#include "qmigrate.h"
#include "qmp/sync.h"

#include <string.h>

#define TIMEOUT_US (10 * INT64_C(1000000))

/*
 * What QEMU makes of a difference (measured on 7.2, 10.0 and 11.1 with a pair
 * each): "refused" when the stream is loaded, or "silent": it runs on and the
 * guest sees other hardware. `added` is for what only the destination has,
 * `gone` for what only the source has; NULL: no difference (another version
 * has other properties).
 */
/* clang-format off */
static const struct kind_rule {
    const char *code;
    const char *what;
    const char *changed;
    const char *gone;
    const char *added;
} kind_rules[] = {
    /*                 code             what           changed    gone       added    */
    [ITEM_STATE]    = { "live.state",    "state",       NULL,      NULL,      NULL     },
    [ITEM_MACHINE]  = { "live.machine",  "machine",     "refused", "refused", "refused" },
    [ITEM_MEMORY]   = { "live.memory",   "memory",      "refused", "refused", "refused" },
    [ITEM_VCPUS]    = { "live.vcpus",    "vcpus",       "refused", "refused", "silent" },
    [ITEM_CPU]      = { "live.cpu",      "cpu",         "silent",  "silent",  "silent" },
    [ITEM_UUID]     = { "live.uuid",     "uuid",        "silent",  "silent",  "silent" },
    [ITEM_PCI]      = { "live.pci",      "PCI device",  "refused", "refused", "silent" },
    [ITEM_DEVICE]   = { "live.device",   "device",      "refused", "refused", "silent" },
    [ITEM_PROPERTY] = { "live.property", "property",    "silent",  NULL,      NULL     },
    [ITEM_DISK]     = { "live.disk",     "disk",        "silent",  "silent",  "silent" },
};
/* clang-format on */

static void add(struct json_object *list, const struct item *item,
                const char *severity, const char *source, const char *dest)
{
    const struct kind_rule *rule = &kind_rules[item->kind];
    struct json_object *row = json_object_new_object();
    CLEANUP(freep) char *message = NULL;

    if (asprintf(&message, "Target %s '%s' %s does not match source %s",
                 rule->what, item->path, dest ? dest : "(absent)",
                 source ? source : "(absent)") < 0)
        message = NULL;
    json_object_object_add(row, "code", json_object_new_string(rule->code));
    json_object_object_add(row, "path", json_object_new_string(item->path));
    json_object_object_add(row, "source",
                           source ? json_object_new_string(source) : NULL);
    json_object_object_add(row, "dest",
                           dest ? json_object_new_string(dest) : NULL);
    json_object_object_add(row, "severity", json_object_new_string(severity));
    json_object_object_add(row, "message",
                           json_object_new_string(message ? message : ""));
    json_object_array_add(list, row);
}

/* A device that is gone or new is one difference, not one for each of its
 * regions and properties. */
static bool is_part_of_missing(const struct item *item,
                               const struct inventory *other)
{
    const char *slash = strrchr(item->path, '/');

    if ((item->kind != ITEM_PCI && item->kind != ITEM_PROPERTY) || !slash)
        return false;
    if (item->kind == ITEM_PCI && strncmp(slash, "/bar", 4) != 0)
        return false;
    CLEANUP(freep)
    char *owner = strndup(item->path, (size_t)(slash - item->path));
    return owner && !inventory_find(other, owner);
}

/* More virtual CPUs are not noticed, fewer are. */
static const char *severity_of_vcpus(const char *source, const char *dest)
{
    return atoi(dest) > atoi(source) ? "silent" : "refused";
}

static void compare_one(struct json_object *list, const struct item *s,
                        const struct inventory *dest)
{
    const struct kind_rule *rule = &kind_rules[s->kind];
    const struct item *d = inventory_find(dest, s->path);

    if (!d) {
        if (rule->gone && !is_part_of_missing(s, dest))
            add(list, s, rule->gone, s->value, NULL);
        return;
    }
    if (!rule->changed || !strcmp(s->value, d->value))
        return;
    add(list, s,
        strcmp(s->path, "vcpus") ? rule->changed
                                 : severity_of_vcpus(s->value, d->value),
        s->value, d->value);
}

static void compare_state(struct json_object *list,
                          const struct inventory *source,
                          const struct inventory *dest)
{
    const struct item *s = inventory_find(source, "state");
    const struct item *d = inventory_find(dest, "state");

    if (s && !strcmp(s->value, "inmigrate"))
        add(list, s, "refused", s->value, NULL);
    if (d && strcmp(d->value, "inmigrate") != 0)
        add(list, d, "refused", NULL, d->value);
}

struct json_object *preflight_compare(const struct inventory *source,
                                      const struct inventory *dest)
{
    struct json_object *report = json_object_new_object();
    struct json_object *list = json_object_new_array();

    compare_state(list, source, dest);
    for (size_t i = 0; i < source->n; i++)
        compare_one(list, &source->items[i], dest);
    for (size_t i = 0; i < dest->n; i++) {
        const struct item *d = &dest->items[i];
        const char *added = kind_rules[d->kind].added;

        if (added && !inventory_find(source, d->path) &&
            !is_part_of_missing(d, source))
            add(list, d, added, NULL, d->value);
    }
    json_object_object_add(report, "verdict",
                           json_object_new_string(json_object_array_length(list)
                                                      ? "differs"
                                                      : "same"));
    json_object_object_add(report, "differences", list);
    return report;
}

/* Is something in the way on the source, whatever the destination is? */
static int add_blockers(struct json_object *report, struct qmp_client *source,
                        struct qmp_error **errp)
{
    CLEANUP(json_putp)
    struct json_object *info =
        qmp_call(source, "query-migrate", NULL, TIMEOUT_US, errp);
    struct json_object *reasons = NULL;
    struct json_object *list = json_object_object_get(report, "differences");

    if (!info)
        return -1;
    json_object_object_get_ex(info, "blocked-reasons", &reasons);
    for (size_t i = 0; reasons && i < json_object_array_length(reasons); i++) {
        struct json_object *row = json_object_new_object();
        struct json_object *reason = json_object_array_get_idx(reasons, i);

        json_object_object_add(row, "code",
                               json_object_new_string("source.blocked"));
        json_object_object_add(row, "path", json_object_new_string("blocker"));
        json_object_object_add(row, "severity",
                               json_object_new_string("refused"));
        json_object_object_add(row, "message", json_object_get(reason));
        json_object_array_add(list, row);
        json_object_object_add(report, "verdict",
                               json_object_new_string("differs"));
    }
    return 0;
}

static int take(const char *addr, enum qmig_side side,
                struct qmp_client **client, struct inventory *inv,
                struct qmp_error **errp)
{
    *client = qmp_open(addr, NULL, TIMEOUT_US, errp);
    if (!*client || inventory_take(inv, *client, errp) < 0)
        return qmp_prefix(errp, "%s", side_name(side));
    return 0;
}

int qmig_check_live(const char *source, const char *dest,
                    struct json_object **ret, struct qmp_error **errp)
{
    CLEANUP(qmp_client_freep) struct qmp_client *s = NULL;
    CLEANUP(qmp_client_freep) struct qmp_client *d = NULL;
    CLEANUP(inventory_clear) struct inventory have = {0};
    CLEANUP(inventory_clear) struct inventory want = {0};

    if (take(source, QMIG_SIDE_SOURCE, &s, &have, errp) < 0 ||
        take(dest, QMIG_SIDE_DEST, &d, &want, errp) < 0)
        return -1;

    CLEANUP(json_putp)
    struct json_object *report = preflight_compare(&have, &want);
    if (add_blockers(report, s, errp) < 0)
        return qmp_prefix(errp, "source");
    json_object_object_add(report, "source", json_object_new_string(source));
    json_object_object_add(report, "dest", json_object_new_string(dest));
    *ret = TAKE_PTR(report);
    return 0;
}
