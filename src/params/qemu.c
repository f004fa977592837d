/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "params/qemu.h"

#include "error/errcode.h"
#include "qmp/macros.h"

#include <string.h>

/* QEMU 11.1 has some forty parameters and twenty capabilities. */
#define MAX_VALUES 128

/* clang-format off */
#define BY_FLAG(name)  "use flag '" name "'"
#define BY_PARAM(name) "use parameter '" name "'"
#define ALWAYS_SET     "qmigrate sets it itself: the handover rests on it"
#define BY_METHOD(m)   "use parameter 'compression=" m "'"

const struct qemu_rule qemu_rules[] = {
    /* QEMU's name                 side       refused: why         what it does */
    { "announce-initial",          ON_DEST,   NULL, "ms before the guest's network cards are announced first", false },
    { "announce-max",              ON_DEST,   NULL, "ms between two announcements at most", false },
    { "announce-rounds",           ON_DEST,   NULL, "number of announcements", false },
    { "announce-self",             ON_DEST,   NULL, "announce them once more, when the guest has moved (no parameter: a command)", false },
    { "announce-step",             ON_DEST,   NULL, "ms by which the time between two grows", false },
    { "auto-converge",             ON_SOURCE, BY_FLAG("auto_converge"), "slow the guest down", false },
    { "background-snapshot",       ON_SOURCE, "it makes a snapshot, not a migration: save --live --keep-source", "memory as it is when a save begins, while the guest runs on; before 8.1 only with --unsafe", true },
    { "block",                     ON_BOTH,   BY_FLAG("non_shared_disk"), "copy disks within the stream (up to QEMU 9.0)", false },
    { "compress",                  ON_BOTH,   BY_METHOD("mt"), "compress memory with threads (up to QEMU 9.0)", false },
    { "cpu-throttle-tailslow",     ON_SOURCE, NULL, "slow down less than asked for when it is nearly enough", false },
    { "dirty-bitmaps",             ON_BOTH,   NULL, "dirty bitmaps of the disks go along", false },
    { "dirty-limit",               ON_SOURCE, NULL, "slow down only the CPUs that write much (KVM dirty ring)", false },
    { "downtime-limit",            ON_SOURCE, NULL, "ms for which the guest may be stopped", false },
    { "events",                    ON_BOTH,   ALWAYS_SET, "events of the migration", false },
    { "late-block-activate",       ON_DEST,   ALWAYS_SET, "disks are taken when the guest is started", false },
    { "mapped-ram",                ON_BOTH,   "it needs a file, not a stream", "memory at fixed places in a file", false },
    { "max-cpu-throttle",          ON_SOURCE, NULL, "% that auto-converge takes at most", false },
    { "mode",                      ON_SOURCE, "only mode 'normal' hands a guest over while it runs; 'cpr-reboot': save and restore", "kind of migration; cpr-reboot: memory stays in a file that both have", true },
    { "multifd",                   ON_BOTH,   BY_FLAG("parallel"), "several connections", false },
    { "multifd-compression",       ON_BOTH,   NULL, "method that is not libvirt's: qatzip, qpl, uadk", false },
    { "multifd-qatzip-level",      ON_BOTH,   NULL, "compression level of method qatzip", false },
    { "pause-before-switchover",   ON_SOURCE, ALWAYS_SET, "stop before the device state", false },
    { "postcopy-blocktime",        ON_DEST,   NULL, "measure for how long post-copy made CPUs wait", false },
    { "postcopy-preempt",          ON_BOTH,   BY_FLAG("postcopy"), "a connection for urgent pages", false },
    { "postcopy-ram",              ON_BOTH,   BY_FLAG("postcopy"), "allow post-copy", false },
    { "rdma-pin-all",              ON_BOTH,   BY_FLAG("rdma_pin_all"), "pin all memory", false },
    { "release-ram",               ON_SOURCE, "an interrupted post-copy could not be completed", "free pages that were sent", false },
    { "return-path",               ON_BOTH,   ALWAYS_SET, "the destination's word for the source", false },
    { "switchover-ack",            ON_BOTH,   NULL, "wait until the destination's devices are ready; on where both have it", false },
    { "throttle-trigger-threshold", ON_SOURCE, NULL, "% of the bytes sent that, dirtied again, make auto-converge act", false },
    { "tls-authz",                 ON_DEST,   NULL, "id of the authorization object that checks the source's certificate", false },
    { "tls-creds",                 ON_BOTH,   BY_FLAG("tls"), "id of the credentials object", false },
    { "tls-hostname",              ON_SOURCE, BY_PARAM("tls.destination"), "name in the destination's certificate", false },
    { "validate-uuid",             ON_SOURCE, NULL, "the uuid goes along, and what takes the guest in compares it; on where the guest has one (not in files)", false },
    { "vcpu-dirty-limit",          ON_SOURCE, NULL, "MB/s that a CPU may write (KVM dirty ring, with dirty-limit)", false },
    { "x-colo",                    ON_BOTH,   "the source runs on beside the destination", "coarse-grained lock stepping", false },
    { "x-ignore-shared",           ON_BOTH,   NULL, "shared memory is not sent", false },
    { "x-vcpu-dirty-limit-period", ON_SOURCE, NULL, "ms between two measurements of dirty-limit", false },
    { "xbzrle",                    ON_BOTH,   BY_METHOD("xbzrle"), "send differences", false },
    { "zero-copy-send",            ON_SOURCE, BY_FLAG("zerocopy"), "send without copying", false },
    { "zero-page-detection",       ON_SOURCE, NULL, "who looks for zero pages: none, legacy, multifd", false },
};
/* clang-format on */
const size_t qemu_rules_n = ARRAY_SIZE(qemu_rules);

static const char *const side_names[] = {
    [ON_SOURCE] = "source", [ON_DEST] = "dest", [ON_BOTH] = "both"};

const char *sides_name(enum sides sides)
{
    return side_names[sides];
}

bool qemu_is_name(const char *name)
{
    return !strncmp(name, QEMU_PREFIX, strlen(QEMU_PREFIX));
}

static const struct qemu_rule *find_rule(const char *name)
{
    for (size_t i = 0; i < qemu_rules_n; i++)
        if (!strcmp(qemu_rules[i].name, name))
            return &qemu_rules[i];
    return NULL;
}

static int parse_side(const char *name, const char *text, enum sides *sides,
                      struct qmp_error **errp)
{
    for (int i = ON_SOURCE; i <= ON_BOTH; i++)
        if (!strcmp(side_names[i], text)) {
            *sides = (enum sides)i;
            return 0;
        }
    return qmp_fail(errp, QMIG_ERR_PARAM_UNKNOWN,
                    "parameter '%.200s': side '%.60s' is not one of source, "
                    "dest, both",
                    name, text);
}

/* "qemu.NAME[@SIDE]" into the name, which is the caller's, and the side. */
static char *parse_name(const char *name, enum sides *sides,
                        struct qmp_error **errp)
{
    const char *bare = name + strlen(QEMU_PREFIX);
    size_t n = strspn(bare, "abcdefghijklmnopqrstuvwxyz0123456789-");

    if (!n || n > QEMU_MAX_NAME || (bare[n] && bare[n] != '@')) {
        qmp_fail(errp, QMIG_ERR_PARAM_UNKNOWN,
                 "parameter '%.200s': after '" QEMU_PREFIX
                 "' there must be a name of QEMU's (small letters, digits, "
                 "dashes), perhaps with @source, @dest or @both",
                 name);
        return NULL;
    }

    char *copy = strndup(bare, n);
    if (!copy) {
        qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        return NULL;
    }
    const struct qemu_rule *rule = find_rule(copy);
    *sides = rule ? rule->sides : ON_SOURCE;
    if (rule && rule->instead && !rule->in_files)
        qmp_fail(errp, QMIG_ERR_PARAM_UNSUPPORTED,
                 "parameter '%s' cannot be set like this: %s", name,
                 rule->instead);
    else if (!bare[n] || parse_side(name, bare + n + 1, sides, errp) == 0)
        return copy;
    free(copy);
    return NULL;
}

int qemu_list_check_migration(const struct qemu_list *list,
                              struct qmp_error **errp)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct qemu_rule *rule = find_rule(list->values[i].name);

        if (rule && rule->in_files)
            return qmp_fail(errp, QMIG_ERR_PARAM_UNSUPPORTED,
                            "parameter '" QEMU_PREFIX
                            "%s' cannot be set like this: %s",
                            rule->name, rule->instead);
    }
    return 0;
}

static int check_new(const struct qemu_list *list, const char *name,
                     const char *bare, enum sides sides,
                     struct qmp_error **errp)
{
    for (size_t i = 0; i < list->n; i++)
        if ((list->values[i].sides & sides) &&
            !strcmp(list->values[i].name, bare))
            return qmp_fail(errp, QMIG_ERR_PARAM_DUPLICATE,
                            "parameter '%s' occurs multiple times", name);
    if (list->n >= MAX_VALUES)
        return qmp_fail(errp, QMIG_ERR_PARAM_RANGE,
                        "more than %d parameters '" QEMU_PREFIX "...'",
                        MAX_VALUES);
    return 0;
}

static int append(struct qemu_list *list, const char *name, const char *value,
                  enum sides sides)
{
    struct qemu_value *grown =
        realloc(list->values, (list->n + 1) * sizeof(*grown));

    if (!grown)
        return -1;
    list->values = grown;
    grown[list->n] = (struct qemu_value){strdup(name), strdup(value), sides};
    if (!grown[list->n].name || !grown[list->n].value) {
        free(grown[list->n].name);
        free(grown[list->n].value);
        return -1;
    }
    list->n++;
    return 0;
}

int qemu_list_add(struct qemu_list *list, const char *name, const char *value,
                  struct qmp_error **errp)
{
    enum sides sides;
    CLEANUP(freep) char *bare = parse_name(name, &sides, errp);

    if (!bare || check_new(list, name, bare, sides, errp) < 0)
        return -1;
    return append(list, bare, value, sides) < 0
               ? qmp_fail(errp, QMP_ERR_NOMEM, "out of memory")
               : 0;
}

int qemu_list_copy(struct qemu_list *to, const struct qemu_list *from)
{
    for (size_t i = 0; i < from->n; i++)
        if (append(to, from->values[i].name, from->values[i].value,
                   from->values[i].sides) < 0)
            return -1;
    return 0;
}

void qemu_list_clear(struct qemu_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->values[i].name);
        free(list->values[i].value);
    }
    free(list->values);
    *list = (struct qemu_list){0};
}
