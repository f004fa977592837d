/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "member.h"
#include "schema_priv.h"

#include <string.h>

/* A schema that refers to itself must not keep us busy for ever. */
#define MAX_STEPS 20000
#define MAX_DEPTH 32

static const struct schema_entity *find_meta(const struct qmp_schema *s,
                                             const char *name,
                                             enum schema_meta meta)
{
    const struct schema_entity *e = schema_find(s, name);

    return e && e->meta == meta ? e : NULL;
}

static const struct schema_member *find_in(const struct qmp_schema *s,
                                           struct schema_run run,
                                           const char *name, size_t len)
{
    for (uint32_t i = 0; i < run.count; i++) {
        const struct schema_member *m = &s->members[run.first + i];
        const char *text = schema_text(s, m->name);

        if (!strncmp(text, name, len) && !text[len])
            return m;
    }
    return NULL;
}

struct search {
    const struct qmp_schema *s;
    const char *value; /* of the enum at the end of the path; NULL: any type */
    int steps;
    const struct schema_entity *found; /* what is there, if any type is */
};

static bool search(struct search *q, uint32_t type, const char *path, int depth)
{
    const struct qmp_schema *s = q->s;
    const struct schema_entity *e = &s->entities[type];

    if (depth > MAX_DEPTH || ++q->steps > MAX_STEPS)
        return false;
    if (e->meta == SCHEMA_META_ARRAY)
        return search(q, e->type, path, depth + 1);
    if (!*path && !q->value) {
        q->found = e;
        return true;
    }
    if (e->meta == SCHEMA_META_ENUM)
        return !*path && find_in(s, e->members, q->value, strlen(q->value));
    if (e->meta == SCHEMA_META_ALTERNATE) {
        for (uint32_t i = 0; i < e->members.count; i++)
            if (search(q, s->members[e->members.first + i].type, path,
                       depth + 1))
                return true;
        return false;
    }
    if (e->meta != SCHEMA_META_OBJECT || !*path)
        return false;

    size_t len = strcspn(path, ".");
    const struct schema_member *m = find_in(s, e->members, path, len);
    if (m && search(q, m->type, path + len + (path[len] == '.'), depth + 1))
        return true;
    for (uint32_t i = 0; i < e->variants.count; i++)
        if (search(q, s->members[e->variants.first + i].type, path, depth + 1))
            return true;
    return false;
}

static bool search_command(struct search *q, const char *command,
                           const char *path)
{
    const struct schema_entity *e =
        find_meta(q->s, command, SCHEMA_META_COMMAND);

    return e && *path && search(q, e->type, path, 0);
}

static bool ask(const struct qmp_schema *s, const char *command,
                const char *path, const char *value)
{
    struct search q = {.s = s, .value = value};

    return search_command(&q, command, path);
}

bool qmp_schema_has_command(const struct qmp_schema *s, const char *command)
{
    return find_meta(s, command, SCHEMA_META_COMMAND);
}

bool qmp_schema_has_event(const struct qmp_schema *s, const char *event)
{
    return find_meta(s, event, SCHEMA_META_EVENT);
}

bool qmp_schema_allows_oob(const struct qmp_schema *s, const char *command)
{
    const struct schema_entity *e = find_meta(s, command, SCHEMA_META_COMMAND);

    return e && e->oob;
}

bool qmp_schema_has_argument(const struct qmp_schema *s, const char *command,
                             const char *path)
{
    return ask(s, command, path, NULL);
}

bool qmp_schema_has_value(const struct qmp_schema *s, const char *command,
                          const char *path, const char *value)
{
    return ask(s, command, path, value);
}

struct json_object *qmp_schema_values(const struct qmp_schema *s,
                                      const char *command, const char *path)
{
    struct search q = {.s = s};

    if (!search_command(&q, command, path) || q.found->meta != SCHEMA_META_ENUM)
        return NULL;
    struct json_object *list = json_object_new_array();
    const struct schema_member *m = &s->members[q.found->members.first];
    for (uint32_t i = 0; list && i < q.found->members.count; i++)
        json_object_array_add(
            list, json_object_new_string(schema_text(s, m[i].name)));
    return list;
}

bool qmp_schema_has_parameter(const struct qmp_schema *s, const char *name)
{
    return ask(s, "migrate-set-parameters", name, NULL);
}

bool qmp_schema_has_capability(const struct qmp_schema *s, const char *name)
{
    return ask(s, "migrate-set-capabilities", "capabilities.capability", name);
}

/*
 * Commands that take arguments which their schema does not list: properties of
 * devices always, of objects and network backends where the schema does not
 * describe these by variants (object-add up to 5.2).
 */
static bool takes_anything(const char *command, const struct schema_entity *e)
{
    if (!strcmp(command, "device_add"))
        return true;
    return !e->tagged &&
           (!strcmp(command, "object-add") || !strcmp(command, "netdev_add"));
}

static int check(const struct qmp_schema *s, uint32_t type,
                 struct json_object *v, const char *path, int depth,
                 struct qmp_error **errp);

static int bad(const char *path, struct json_object *v, const char *wanted,
               struct qmp_error **errp)
{
    char shown[64];
    const char *text =
        v ? json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN) : "null";

    return qmp_fail(
        errp, QMP_ERR_INVALID_ARG, "argument '%s' is %s, %s is wanted", path,
        qmp_printable(shown, sizeof(shown), text, strlen(text)), wanted);
}

/* Does the JSON type of the value fit? */
static bool fits(enum schema_json json, struct json_object *v)
{
    enum json_type type = json_object_get_type(v);

    switch (json) {
    case SCHEMA_VALUE:
        return true;
    case SCHEMA_STRING:
        return type == json_type_string;
    case SCHEMA_INT:
        return type == json_type_int;
    case SCHEMA_NUMBER:
        return type == json_type_int || type == json_type_double;
    case SCHEMA_BOOL:
        return type == json_type_boolean;
    case SCHEMA_NULL:
        return type == json_type_null;
    case SCHEMA_OBJECT:
        return type == json_type_object;
    case SCHEMA_ARRAY:
        return type == json_type_array;
    }
    return false;
}

static enum schema_json json_of(const struct schema_entity *e)
{
    switch (e->meta) {
    case SCHEMA_META_BUILTIN:
        return e->json;
    case SCHEMA_META_ENUM:
        return SCHEMA_STRING;
    case SCHEMA_META_ARRAY:
        return SCHEMA_ARRAY;
    case SCHEMA_META_OBJECT:
        return SCHEMA_OBJECT;
    default:
        return SCHEMA_VALUE;
    }
}

static const char *json_word(enum schema_json json)
{
    static const char *const words[] = {
        [SCHEMA_VALUE] = "anything",     [SCHEMA_STRING] = "a string",
        [SCHEMA_INT] = "an integer",     [SCHEMA_NUMBER] = "a number",
        [SCHEMA_BOOL] = "true or false", [SCHEMA_NULL] = "null",
        [SCHEMA_OBJECT] = "an object",   [SCHEMA_ARRAY] = "an array",
    };
    return words[json];
}

static int check_enum(const struct qmp_schema *s, const struct schema_entity *e,
                      struct json_object *v, const char *path,
                      struct qmp_error **errp)
{
    const char *text = json_object_get_string(v);
    CLEANUP(qmp_buffer_done) struct qmp_buffer wanted = {.max = 400};

    if (find_in(s, e->members, text, strlen(text)))
        return 0;
    for (uint32_t i = 0; i < e->members.count; i++)
        if (qmp_buffer_printf(
                &wanted, "%s%s", i ? ", " : "one of ",
                schema_text(s, s->members[e->members.first + i].name)) < 0)
            break;
    if (qmp_buffer_append(&wanted, "", 1) < 0)
        return bad(path, v, "one of the values it lists", errp);
    return bad(path, v, qmp_buffer_data(&wanted), errp);
}

static int check_array(const struct qmp_schema *s,
                       const struct schema_entity *e, struct json_object *v,
                       const char *path, int depth, struct qmp_error **errp)
{
    for (size_t i = 0; i < json_object_array_length(v); i++) {
        char at[256];

        snprintf(at, sizeof(at), "%s[%zu]", path, i);
        if (check(s, e->type, json_object_array_get_idx(v, i), at, depth + 1,
                  errp) < 0)
            return -1;
    }
    return 0;
}

static int check_alternate(const struct qmp_schema *s,
                           const struct schema_entity *e, struct json_object *v,
                           const char *path, int depth, struct qmp_error **errp)
{
    for (uint32_t i = 0; i < e->members.count; i++) {
        uint32_t type = s->members[e->members.first + i].type;

        if (fits(json_of(&s->entities[type]), v))
            return check(s, type, v, path, depth + 1, errp);
    }
    return bad(path, v, "another type", errp);
}

/* The variant that the tag's value selects; NULL: none. */
static const struct schema_entity *variant_of(const struct qmp_schema *s,
                                              const struct schema_entity *e,
                                              struct json_object *v)
{
    struct json_object *tag;
    const struct schema_member *m;

    if (!e->tagged ||
        !json_object_object_get_ex(v, schema_text(s, e->type), &tag) ||
        !json_object_is_type(tag, json_type_string))
        return NULL;
    m = find_in(s, e->variants, json_object_get_string(tag),
                (size_t)json_object_get_string_len(tag));
    return m ? &s->entities[m->type] : NULL;
}

/* All mandatory members of the object and of its variants are there. */
static int check_mandatory(const struct qmp_schema *s,
                           const struct schema_entity *e, struct json_object *v,
                           const char *path, int depth, struct qmp_error **errp)
{
    for (; e && depth < MAX_DEPTH; e = variant_of(s, e, v), depth++) {
        for (uint32_t i = 0; i < e->members.count; i++) {
            const struct schema_member *m = &s->members[e->members.first + i];
            const char *name = schema_text(s, m->name);

            if (!m->optional && !json_object_object_get_ex(v, name, NULL))
                return qmp_fail(errp, QMP_ERR_INVALID_ARG,
                                "argument '%s%s%s' is missing", path,
                                *path ? "." : "", name);
        }
    }
    return 0;
}

static const struct schema_member *find_member(const struct qmp_schema *s,
                                               const struct schema_entity *e,
                                               struct json_object *v,
                                               const char *name)
{
    const struct schema_member *m = NULL;

    for (int depth = 0; e && !m && depth < MAX_DEPTH; depth++) {
        m = find_in(s, e->members, name, strlen(name));
        e = variant_of(s, e, v);
    }
    return m;
}

static int check_object(const struct qmp_schema *s,
                        const struct schema_entity *e, struct json_object *v,
                        const char *path, bool open, int depth,
                        struct qmp_error **errp)
{
    json_object_object_foreach(v, name, value)
    {
        const struct schema_member *m = find_member(s, e, v, name);
        char at[256];

        snprintf(at, sizeof(at), "%s%s%s", path, *path ? "." : "", name);
        if (!m && open)
            continue;
        if (!m)
            return qmp_fail(errp, QMP_ERR_INVALID_ARG,
                            "argument '%s' is not known to this QEMU", at);
        if (check(s, m->type, value, at, depth + 1, errp) < 0)
            return -1;
    }
    return check_mandatory(s, e, v, path, depth, errp);
}

static int check(const struct qmp_schema *s, uint32_t type,
                 struct json_object *v, const char *path, int depth,
                 struct qmp_error **errp)
{
    const struct schema_entity *e = &s->entities[type];

    if (depth > MAX_DEPTH)
        return bad(path, v, "less nesting", errp);
    if (!fits(json_of(e), v))
        return bad(path, v, json_word(json_of(e)), errp);
    switch (e->meta) {
    case SCHEMA_META_ENUM:
        return check_enum(s, e, v, path, errp);
    case SCHEMA_META_ARRAY:
        return check_array(s, e, v, path, depth, errp);
    case SCHEMA_META_OBJECT:
        return check_object(s, e, v, path, false, depth, errp);
    case SCHEMA_META_ALTERNATE:
        return check_alternate(s, e, v, path, depth, errp);
    default:
        return 0;
    }
}

int qmp_schema_check(const struct qmp_schema *s, const char *command,
                     struct json_object *arguments, struct qmp_error **errp)
{
    const struct schema_entity *c = find_meta(s, command, SCHEMA_META_COMMAND);
    const struct schema_entity *e;
    CLEANUP(json_putp) struct json_object *none = NULL;
    int rc;

    if (!c)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG,
                        "this QEMU has no command '%s'", command);
    e = &s->entities[c->type];
    if (!arguments)
        arguments = none = json_object_new_object();
    if (!arguments)
        return qmp_fail(errp, QMP_ERR_NOMEM, "no memory for arguments");
    if (e->meta == SCHEMA_META_OBJECT &&
        json_object_is_type(arguments, json_type_object))
        rc = check_object(s, e, arguments, "", takes_anything(command, e), 0,
                          errp);
    else
        rc = check(s, c->type, arguments, "", 0, errp);
    return rc < 0 ? qmp_prefix(errp, "'%s'", command) : 0;
}
