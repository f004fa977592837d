/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/facts.h"

#include <stdio.h>
#include <string.h>

const struct feature_info feature_table[FEATURE__MAX] = {
#define X(name, command, path) [FEATURE_##name] = {command, path},
    FEATURE_MAP(X)
#undef X
};

const char *const probe_commands[PROBE__MAX] = {
    [PROBE_STATUS] = "query-status",
    [PROBE_MIGRATE] = "query-migrate",
    [PROBE_CAPABILITIES] = "query-migrate-capabilities",
    [PROBE_PARAMETERS] = "query-migrate-parameters",
    [PROBE_NAME] = "query-name",
    [PROBE_UUID] = "query-uuid",
    [PROBE_BLOCK] = "query-block",
    [PROBE_BLOCK_JOBS] = "query-block-jobs",
    [PROBE_SCHEMA] = "query-qmp-schema",
    [PROBE_SPICE] = "query-spice",
};

const struct enum_parameter enum_parameters[] = {
    {"mode", {"normal", "cpr-reboot"}},
    {"multifd-compression", {"none", "zlib"}},
    {"zero-page-detection", {"none", "legacy", "multifd"}},
};
const size_t enum_parameters_n = ARRAY_SIZE(enum_parameters);

/* What QEMU says when it was given no UUID (query-uuid, 5.2..11.1). */
static const char no_uuid[] = "00000000-0000-0000-0000-000000000000";

uint32_t features_from_schema(const struct qmp_schema *schema)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < FEATURE__MAX; i++) {
        const struct feature_info *f = &feature_table[i];

        if (f->path ? qmp_schema_has_argument(schema, f->command, f->path)
                    : qmp_schema_has_command(schema, f->command))
            bits |= 1u << i;
    }
    return bits;
}

static int wrong_type(enum probe probe, const char *member,
                      enum json_type wanted, struct qmp_error **errp)
{
    return qmp_fail(errp, QMP_ERR_PROTOCOL,
                    "reply to %s: '%s' is missing or not a JSON %s",
                    probe_commands[probe], member, json_type_to_name(wanted));
}

/* A copy of a string member. Absent is fine unless needed. */
static int copy_string(char **ret, struct json_object *object,
                       const char *member, bool needed, enum probe probe,
                       struct qmp_error **errp)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(object, member, &value) && !needed)
        return 0;
    if (!json_object_is_type(value, json_type_string))
        return wrong_type(probe, member, json_type_string, errp);

    char *copy = strdup(json_object_get_string(value));
    if (!copy)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    free(*ret);
    *ret = copy;
    return 0;
}

int facts_greeting(struct facts *f, struct json_object *greeting,
                   struct qmp_error **errp)
{
    struct json_object *version = NULL;
    struct json_object *qemu = NULL;
    struct json_object *package = NULL;
    struct json_object *number[3] = {NULL};
    static const char *const names[3] = {"major", "minor", "micro"};

    if (!json_object_object_get_ex(greeting, "version", &version) ||
        !json_object_object_get_ex(version, "qemu", &qemu))
        return qmp_fail(errp, QMP_ERR_PROTOCOL, "greeting without a version");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        json_object_object_get_ex(qemu, names[i], &number[i]);
        if (!json_object_is_type(number[i], json_type_int))
            return qmp_fail(errp, QMP_ERR_PROTOCOL,
                            "greeting: version has no integer '%s'", names[i]);
    }
    json_object_object_get_ex(version, "package", &package);

    const char *text = package && json_object_is_type(package, json_type_string)
                           ? json_object_get_string(package)
                           : "";
    char *copy = NULL;
    if (asprintf(&copy, "%d.%d.%d%s%s%s", json_object_get_int(number[0]),
                 json_object_get_int(number[1]), json_object_get_int(number[2]),
                 *text ? " (" : "", text, *text ? ")" : "") < 0)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    free(f->version);
    f->version = copy;
    return 0;
}

static int keep(struct json_object **ret, struct json_object *value)
{
    json_object_put(*ret);
    *ret = json_object_get(value);
    return 0;
}

/* [{"capability": string, "state": bool}, ...] */
static int read_capability(struct capability *c, struct json_object *row,
                           struct qmp_error **errp)
{
    struct json_object *name = NULL;
    struct json_object *state = NULL;

    json_object_object_get_ex(row, "capability", &name);
    json_object_object_get_ex(row, "state", &state);
    if (!json_object_is_type(name, json_type_string))
        return wrong_type(PROBE_CAPABILITIES, "capability", json_type_string,
                          errp);
    if (!json_object_is_type(state, json_type_boolean))
        return wrong_type(PROBE_CAPABILITIES, "state", json_type_boolean, errp);
    *c = (struct capability){json_object_get_string(name),
                             json_object_get_boolean(state)};
    return 0;
}

static int keep_capabilities(struct facts *f, struct json_object *ret,
                             struct qmp_error **errp)
{
    CLEANUP(freep) struct capability *list = NULL;

    if (!json_object_is_type(ret, json_type_array))
        return wrong_type(PROBE_CAPABILITIES, "return", json_type_array, errp);
    size_t n = json_object_array_length(ret);
    list = calloc(n + 1, sizeof(*list));
    if (!list)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        if (read_capability(&list[i], json_object_array_get_idx(ret, i), errp) <
            0)
            return -1;
    free(f->capability);
    f->capability = TAKE_PTR(list);
    f->n_capabilities = n;
    return keep(&f->capabilities, ret);
}

static void keep_values(struct facts *f, const struct qmp_schema *schema)
{
    json_object_put(f->values);
    f->values = json_object_new_object();
    for (size_t i = 0; i < enum_parameters_n; i++) {
        const char *name = enum_parameters[i].name;
        struct json_object *values =
            qmp_schema_values(schema, "migrate-set-parameters", name);

        if (values)
            json_object_object_add(f->values, name, values);
    }
}

static int keep_schema(struct facts *f, struct json_object *ret,
                       struct qmp_error **errp)
{
    CLEANUP(qmp_schema_freep)
    struct qmp_schema *schema = qmp_schema_parse(ret, errp);

    if (!schema)
        return -1;
    f->features = features_from_schema(schema);
    f->known = FEATURES_ALL;
    keep_values(f, schema);
    return 0;
}

static int keep_uuid(struct facts *f, struct json_object *ret,
                     struct qmp_error **errp)
{
    if (copy_string(&f->uuid, ret, "UUID", true, PROBE_UUID, errp) < 0)
        return -1;
    if (!strcmp(f->uuid, no_uuid)) {
        free(f->uuid);
        f->uuid = NULL;
    }
    return 0;
}

static bool is_list(enum probe probe)
{
    return probe == PROBE_CAPABILITIES || probe == PROBE_SCHEMA ||
           probe == PROBE_BLOCK || probe == PROBE_BLOCK_JOBS;
}

int facts_reply(struct facts *f, enum probe probe, struct json_object *ret,
                struct qmp_error **errp)
{
    enum json_type type = is_list(probe) ? json_type_array : json_type_object;

    if (!json_object_is_type(ret, type))
        return wrong_type(probe, "return", type, errp);

    switch (probe) {
    case PROBE_STATUS:
        return copy_string(&f->status, ret, "status", true, probe, errp);
    case PROBE_MIGRATE:
        return keep(&f->migrate, ret);
    case PROBE_CAPABILITIES:
        return keep_capabilities(f, ret, errp);
    case PROBE_PARAMETERS:
        return keep(&f->parameters, ret);
    case PROBE_NAME:
        return copy_string(&f->name, ret, "name", false, probe, errp);
    case PROBE_UUID:
        return keep_uuid(f, ret, errp);
    case PROBE_BLOCK:
        return keep(&f->block, ret);
    case PROBE_BLOCK_JOBS:
        return keep(&f->block_jobs, ret);
    case PROBE_SCHEMA:
        return keep_schema(f, ret, errp);
    case PROBE_SPICE:
        return keep(&f->spice, ret);
    case PROBE__MAX:
        break;
    }
    return 0;
}

void facts_clear(struct facts *f)
{
    free(f->version);
    free(f->status);
    free(f->name);
    free(f->uuid);
    json_object_put(f->capabilities);
    free(f->capability);
    json_object_put(f->parameters);
    json_object_put(f->migrate);
    json_object_put(f->block);
    json_object_put(f->block_jobs);
    json_object_put(f->spice);
    json_object_put(f->values);
    *f = (struct facts){0};
}

bool facts_older(const struct facts *f, int major, int minor)
{
    int is_major;
    int is_minor;

    return f->version &&
           sscanf(f->version, "%d.%d", &is_major, &is_minor) == 2 &&
           (is_major < major || (is_major == major && is_minor < minor));
}

int facts_capability(const struct facts *f, const char *name)
{
    for (size_t i = 0; i < f->n_capabilities; i++)
        if (*f->capability[i].name == *name &&
            !strcmp(f->capability[i].name, name))
            return f->capability[i].on;
    return -1;
}

struct json_object *facts_parameter(const struct facts *f, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(f->parameters, name, &value);
    return value;
}

struct json_object *facts_values(const struct facts *f, const char *name)
{
    struct json_object *values = NULL;

    json_object_object_get_ex(f->values, name, &values);
    return values;
}

int facts_feature(const struct facts *f, enum feature feature)
{
    if (!(f->known & (1u << feature)))
        return -1;
    return f->features >> feature & 1;
}

void facts_learn_feature(struct facts *f, enum feature feature, bool has)
{
    f->known |= 1u << feature;
    if (has)
        f->features |= 1u << feature;
    else
        f->features &= ~(1u << feature);
}

const char *facts_migrate_status(const struct facts *f)
{
    struct json_object *status = NULL;

    json_object_object_get_ex(f->migrate, "status", &status);
    return json_object_is_type(status, json_type_string)
               ? json_object_get_string(status)
               : NULL;
}

int migrate_info_listens(struct json_object *info, int *port, const char **path)
{
    struct json_object *list = NULL;
    struct json_object *value = NULL;

    json_object_object_get_ex(info, "socket-address", &list);
    if (!json_object_is_type(list, json_type_array) ||
        !json_object_array_length(list))
        return 0;

    struct json_object *first = json_object_array_get_idx(list, 0);
    *port = 0;
    *path = NULL;
    if (json_object_object_get_ex(first, "port", &value))
        *port = json_object_get_int(value); /* "port" is a string of digits */
    else if (json_object_object_get_ex(first, "path", &value))
        *path = json_object_get_string(value);
    else
        return 0;
    return 1;
}
