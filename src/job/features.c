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
    { "migration_change_protection", NULL,                     true  },
    { "migration_direct",            NULL,                     false },
    { "migration_offline",           NULL,                     true  },
    { "migration_p2p",               NULL,                     true  },
    { "migration_params",            "migrate-set-parameters", true  },
    { "migration_v1",                NULL,                     false },
    { "migration_v2",                NULL,                     false },
    { "migration_v3",                "migrate-incoming",       true  },
    { "xml_migratable",              NULL,                     true  },
};
/* clang-format on */

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
    for (int probe = 0; probe < PROBE_BLOCK; probe++) {
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

/* The names of a list of objects. */
static struct json_object *names_of(struct json_object *reply)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < json_object_array_length(reply); i++)
        json_object_array_add(
            list, json_object_get(json_object_object_get(
                      json_object_array_get_idx(reply, i), "name")));
    return list;
}

/* Of each machine what a document's defaults depend on, in QEMU's words. */
static struct json_object *machines_of(struct json_object *reply)
{
    static const char *const members[] = {
        "name",
        "alias",
        "is-default",
        "default-cpu-type",
    };
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < json_object_array_length(reply); i++) {
        struct json_object *row = json_object_array_get_idx(reply, i);
        struct json_object *machine = json_object_new_object();
        struct json_object *value = NULL;

        for (size_t m = 0; m < ARRAY_SIZE(members); m++)
            if (json_object_object_get_ex(row, members[m], &value))
                json_object_object_add(machine, members[m],
                                       json_object_get(value));
        json_object_array_add(list, machine);
    }
    return list;
}

static struct json_object *arch_of(struct json_object *reply)
{
    return json_object_get(json_object_object_get(reply, "arch"));
}

static struct json_object *present_of(struct json_object *reply)
{
    return json_object_get(json_object_object_get(reply, "present"));
}

/*
 * What the guest's hardware is made of: `check --capabilities` takes it
 * (abi/caps.h). Listing device types makes QEMU load all of its modules, and
 * it aborts when one is of another build, as after an upgrade of its package
 * (seen with 10.0 and 11.1). No guest is put at that risk: only a QEMU
 * without one, started with -machine none, is asked.
 */
/* clang-format off */
static const struct hardware {
    const char *member;
    const char *command;
    const char *arguments; /* JSON, or NULL */
    enum json_type type;   /* of the answer */
    bool no_guest;         /* asked only then */
    struct json_object *(*part)(struct json_object *reply);
} hardware[] = {
    { "arch",     "query-target",   NULL, json_type_object, false, arch_of     },
    { "kvm",      "query-kvm",      NULL, json_type_object, false, present_of  },
    { "machines", "query-machines", NULL, json_type_array,  false, machines_of },
    { "devices",  "qom-list-types", "{\"implements\":\"device\",\"abstract\":false}",
                                          json_type_array,  true,  names_of    },
};
/* clang-format on */

static struct json_object *ask(struct qmp_client *c, const char *command,
                               const char *arguments, enum json_type type,
                               struct qmp_error **errp)
{
    CLEANUP(json_putp)
    struct json_object *o = arguments ? json_tokener_parse(arguments) : NULL;
    CLEANUP(json_putp)
    struct json_object *reply = qmp_call(c, command, o, TIMEOUT_US, errp);

    if (reply && !json_object_is_type(reply, type)) {
        qmp_fail(errp, QMP_ERR_PROTOCOL,
                 "'%s' answered with type %s, expected %s", command,
                 json_type_to_name(json_object_get_type(reply)),
                 json_type_to_name(type));
        return NULL;
    }
    return TAKE_PTR(reply);
}

static int ask_hardware(struct qmp_client *c, const struct qmp_schema *schema,
                        struct json_object *object, struct qmp_error **errp)
{
    CLEANUP(json_putp)
    struct json_object *machine =
        ask(c, "qom-get", "{\"path\":\"/machine\",\"property\":\"type\"}",
            json_type_string, errp);
    bool guest;

    if (!machine)
        return -1;
    guest = strcmp(json_object_get_string(machine), "none-machine") != 0;
    for (size_t i = 0; i < ARRAY_SIZE(hardware); i++) {
        const struct hardware *h = &hardware[i];
        CLEANUP(json_putp) struct json_object *reply = NULL;

        if ((guest && h->no_guest) ||
            !qmp_schema_has_command(schema, h->command))
            continue;
        reply = ask(c, h->command, h->arguments, h->type, errp);
        if (!reply)
            return -1;
        json_object_object_add(object, h->member, h->part(reply));
    }
    return 0;
}

int qmig_features(const char *addr, struct json_object **ret,
                  struct qmp_error **errp)
{
    CLEANUP(qmp_client_freep)
    struct qmp_client *c = qmp_open(addr, NULL, TIMEOUT_US, errp);
    CLEANUP(qmp_schema_freep) struct qmp_schema *schema = NULL;
    CLEANUP(facts_clear) struct facts facts = {0};
    CLEANUP(json_putp) struct json_object *object = NULL;

    if (!c || ask_facts(c, &facts, errp) < 0)
        return -1;
    schema = ask_schema(c, errp);
    if (!schema)
        return -1;
    object = features_json(&facts, schema, qmp_client_has_oob(c));
    if (ask_hardware(c, schema, object, errp) < 0)
        return -1;
    *ret = TAKE_PTR(object);
    return 0;
}

int qmig_supports(const char *addr, const char *feature,
                  struct qmp_error **errp)
{
    CLEANUP(qmp_client_freep) struct qmp_client *c = NULL;
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
