/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one QEMU can do for a migration: asked, nothing is changed. */
#include "plan/plan.h"

#include "error/errcode.h"
#include "qmp/sync.h"

#include <string.h>

#define TIMEOUT_US (10 * INT64_C(1000000))

/* Commands that a migration may use. */
static const char *const commands[] = {
    "announce-self",
    "block-export-add",
    "blockdev-mirror",
    "blockdev-set-active",
    "calc-dirty-rate",
    "client_migrate_info",
    "getfd",
    "migrate",
    "migrate-continue",
    "migrate-incoming",
    "migrate-pause",
    "migrate-recover",
    "migrate-set-capabilities",
    "migrate-set-parameters",
    "migrate-start-postcopy",
    "migrate_cancel",
    "nbd-server-add",
    "query-migrate",
    "set-vcpu-dirty-limit",
    "yank",
};

/*
 * The features of a driver in libvirt's words (VIR_DRV_FEATURE_*). Yes means
 * that this program does it with this QEMU.
 */
/* clang-format off */
static const struct driver_feature {
    const char *name;
    const char *command; /* that QEMU must have; NULL: none */
    bool supported;
} driver_features[] = {
    { "migration_change_protection", NULL,                     false },
    { "migration_direct",            NULL,                     false },
    { "migration_offline",           NULL,                     false },
    { "migration_p2p",               NULL,                     false },
    { "migration_params",            "migrate-set-parameters", true  },
    { "migration_v1",                NULL,                     false },
    { "migration_v2",                NULL,                     false },
    { "migration_v3",                "migrate-incoming",       true  },
    { "xml_migratable",              NULL,                     true  },
};
/* clang-format on */

static void client_freep(struct qmp_client **c)
{
    qmp_client_free(*c);
}

static bool has_feature(const struct driver_feature *f,
                        const struct qmp_schema *schema)
{
    return f->supported &&
           (!f->command || qmp_schema_has_command(schema, f->command));
}

static struct qmp_schema *ask_schema(struct qmp_client *c,
                                     struct qmp_error **errp)
{
    CLEANUP(json_putp)
    struct json_object *reply =
        qmp_call(c, "query-qmp-schema", NULL, TIMEOUT_US, errp);

    return reply ? qmp_schema_parse(reply, errp) : NULL;
}

static int ask_facts(struct qmp_client *c, struct facts *facts,
                     struct qmp_error **errp)
{
    if (facts_greeting(facts, qmp_client_greeting(c), errp) < 0)
        return -1;
    for (int probe = 0; probe < PROBE_SCHEMA; probe++) {
        CLEANUP(json_putp)
        struct json_object *reply =
            qmp_call(c, probe_commands[probe], NULL, TIMEOUT_US, errp);

        if (!reply || facts_reply(facts, (enum probe)probe, reply, errp) < 0)
            return -1;
    }
    return 0;
}

static struct json_object *capabilities_json(const struct facts *facts)
{
    struct json_object *object = json_object_new_object();
    size_t n = json_object_array_length(facts->capabilities);

    for (size_t i = 0; i < n; i++) {
        struct json_object *row =
            json_object_array_get_idx(facts->capabilities, i);

        json_object_object_add(
            object,
            json_object_get_string(json_object_object_get(row, "capability")),
            json_object_get(json_object_object_get(row, "state")));
    }
    return object;
}

static void add_text(struct json_object *object, const char *name,
                     const char *value)
{
    json_object_object_add(object, name,
                           value ? json_object_new_string(value) : NULL);
}

static struct json_object *features_json(const struct facts *facts,
                                         const struct qmp_schema *schema,
                                         bool oob)
{
    struct json_object *object = json_object_new_object();
    struct json_object *has = json_object_new_object();
    struct json_object *features = json_object_new_object();
    struct json_object *blockers = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        json_object_object_add(has, commands[i],
                               json_object_new_boolean(qmp_schema_has_command(
                                   schema, commands[i])));
    for (size_t i = 0; i < ARRAY_SIZE(driver_features); i++)
        json_object_object_add(
            features, driver_features[i].name,
            json_object_new_boolean(has_feature(&driver_features[i], schema)));
    json_object_object_get_ex(facts->migrate, "blocked-reasons", &blockers);

    add_text(object, "version", facts->version);
    add_text(object, "name", facts->name);
    add_text(object, "uuid", facts->uuid);
    add_text(object, "status", facts->status);
    json_object_object_add(object, "oob", json_object_new_boolean(oob));
    json_object_object_add(object, "capabilities", capabilities_json(facts));
    json_object_object_add(object, "parameters",
                           json_object_get(facts->parameters));
    json_object_object_add(object, "commands", has);
    json_object_object_add(object, "blockers",
                           blockers ? json_object_get(blockers)
                                    : json_object_new_array());
    json_object_object_add(object, "features", features);
    return object;
}

int qmig_features(const char *addr, struct json_object **ret,
                  struct qmp_error **errp)
{
    CLEANUP(client_freep)
    struct qmp_client *c = qmp_open(addr, NULL, TIMEOUT_US, errp);
    CLEANUP(qmp_schema_freep) struct qmp_schema *schema = NULL;
    CLEANUP(facts_clear) struct facts facts = {0};

    if (!c || ask_facts(c, &facts, errp) < 0)
        return -1;
    schema = ask_schema(c, errp);
    if (!schema)
        return -1;
    *ret = features_json(&facts, schema, qmp_client_has_oob(c));
    return 0;
}

int qmig_supports(const char *addr, const char *feature,
                  struct qmp_error **errp)
{
    CLEANUP(client_freep) struct qmp_client *c = NULL;
    CLEANUP(qmp_schema_freep) struct qmp_schema *schema = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(driver_features); i++) {
        if (strcmp(driver_features[i].name, feature) != 0)
            continue;
        c = qmp_open(addr, NULL, TIMEOUT_US, errp);
        schema = c ? ask_schema(c, errp) : NULL;
        return schema ? has_feature(&driver_features[i], schema) : -1;
    }
    return qmp_fail(errp, QMP_ERR_INVALID_ARG, "unknown feature '%s'", feature);
}
