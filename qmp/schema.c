/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reply is 200 KB of JSON and takes 5 MB as objects; what is kept of it
 * here is a few flat tables, about as large as the text. Types refer to each
 * other by name in the reply and by index here. Questions about paths and the
 * check of commands are in schema_ask.c.
 */
#include "schema_priv.h"
#include "member.h"

#include <string.h>

static int no_memory(struct qmp_error **errp)
{
    return qmp_fail(errp, QMP_ERR_NOMEM, "no memory for the schema");
}

/* Room for one more of `count` items; doubled at powers of two. */
static void *grow(void *items, size_t count, size_t size)
{
    if (count & (count - 1))
        return items;
    return reallocarray(items, count ? count * 2 : 1, size);
}

#define ADD(s, items, count, item)                                             \
    (__extension__({                                                           \
        void *add_p_ = grow((s)->items, (s)->count, sizeof(*(s)->items));      \
                                                                               \
        if (add_p_) {                                                          \
            (s)->items = add_p_;                                               \
            (s)->items[(s)->count++] = (item);                                 \
        }                                                                      \
        add_p_ ? 0 : -1;                                                       \
    }))

/* Offsets, because the text moves while it grows. */
static int keep_text(struct qmp_schema *s, const char *text, uint32_t *ret,
                     struct qmp_error **errp)
{
    size_t len = strlen(text) + 1;

    if (qmp_buffer_append(&s->text, text, len) < 0)
        return no_memory(errp);
    *ret = (uint32_t)(qmp_buffer_len(&s->text) - len);
    return 0;
}

static int keep_member(struct qmp_schema *s, struct json_object *o,
                       const char *name_key, const char *type_key,
                       struct qmp_error **errp)
{
    struct schema_member m = {.type = SCHEMA_NONE};
    const char *name = "";
    const char *type;

    if ((name_key && qmp_need_string(o, name_key, &name, errp) < 0) ||
        keep_text(s, name, &m.name, errp) < 0)
        return -1;
    if (type_key && (qmp_need_string(o, type_key, &type, errp) < 0 ||
                     keep_text(s, type, &m.type, errp) < 0))
        return -1;
    m.optional = json_object_object_get_ex(o, "default", NULL);
    return ADD(s, members, n_members, m) < 0 ? no_memory(errp) : 0;
}

/* A list below `key` becomes a run of members. */
static int keep_list(struct qmp_schema *s, struct json_object *entity,
                     const char *key, const char *name_key,
                     const char *type_key, struct schema_run *ret,
                     struct qmp_error **errp)
{
    struct json_object *list;

    if (qmp_need_array(entity, key, &list, errp) < 0)
        return -1;
    ret->first = (uint32_t)s->n_members;
    ret->count = (uint32_t)json_object_array_length(list);
    for (uint32_t i = 0; i < ret->count; i++)
        if (keep_member(s, json_object_array_get_idx(list, i), name_key,
                        type_key, errp) < 0)
            return qmp_prefix(errp, "%s[%u]", key, i);
    return 0;
}

static int keep_type_name(struct qmp_schema *s, struct json_object *entity,
                          const char *key, uint32_t *ret,
                          struct qmp_error **errp)
{
    const char *type;

    if (qmp_need_string(entity, key, &type, errp) < 0)
        return -1;
    return keep_text(s, type, ret, errp);
}

static int keep_builtin(struct qmp_schema *s, struct json_object *o,
                        struct schema_entity *e, struct qmp_error **errp)
{
    static const char *const names[] = {
        [SCHEMA_VALUE] = "value",   [SCHEMA_STRING] = "string",
        [SCHEMA_INT] = "int",       [SCHEMA_NUMBER] = "number",
        [SCHEMA_BOOL] = "boolean",  [SCHEMA_NULL] = "null",
        [SCHEMA_OBJECT] = "object", [SCHEMA_ARRAY] = "array",
    };
    const char *name;

    (void)s;
    if (qmp_need_string(o, "json-type", &name, errp) < 0)
        return -1;
    e->json = SCHEMA_VALUE; /* what a later QEMU may add is let through */
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(names[i], name))
            e->json = (enum schema_json)i;
    return 0;
}

static int keep_object(struct qmp_schema *s, struct json_object *o,
                       struct schema_entity *e, struct qmp_error **errp)
{
    if (keep_list(s, o, "members", "name", "type", &e->members, errp) < 0)
        return -1;
    if (!json_object_object_get_ex(o, "tag", NULL))
        return 0;
    e->tagged = true;
    if (keep_type_name(s, o, "tag", &e->type, errp) < 0)
        return -1;
    return keep_list(s, o, "variants", "case", "type", &e->variants, errp);
}

static int keep_enum(struct qmp_schema *s, struct json_object *o,
                     struct schema_entity *e, struct qmp_error **errp)
{
    struct json_object *values;

    /* "members" is there since 6.2; "values" is deprecated. */
    if (json_object_object_get_ex(o, "members", NULL))
        return keep_list(s, o, "members", "name", NULL, &e->members, errp);
    if (qmp_need_array(o, "values", &values, errp) < 0)
        return -1;
    e->members.first = (uint32_t)s->n_members;
    e->members.count = (uint32_t)json_object_array_length(values);
    for (uint32_t i = 0; i < e->members.count; i++) {
        struct json_object *v = json_object_array_get_idx(values, i);
        struct schema_member m = {.type = SCHEMA_NONE};

        if (!json_object_is_type(v, json_type_string))
            return qmp_fail(errp, QMP_ERR_PROTOCOL,
                            "values[%u] is not a string", i);
        if (keep_text(s, json_object_get_string(v), &m.name, errp) < 0)
            return -1;
        if (ADD(s, members, n_members, m) < 0)
            return no_memory(errp);
    }
    return 0;
}

static int keep_array(struct qmp_schema *s, struct json_object *o,
                      struct schema_entity *e, struct qmp_error **errp)
{
    return keep_type_name(s, o, "element-type", &e->type, errp);
}

static int keep_alternate(struct qmp_schema *s, struct json_object *o,
                          struct schema_entity *e, struct qmp_error **errp)
{
    return keep_list(s, o, "members", NULL, "type", &e->members, errp);
}

static int keep_command(struct qmp_schema *s, struct json_object *o,
                        struct schema_entity *e, struct qmp_error **errp)
{
    if (qmp_may_bool(o, "allow-oob", &e->oob, errp) < 0)
        return -1;
    return keep_type_name(s, o, "arg-type", &e->type, errp);
}

static int keep_event(struct qmp_schema *s, struct json_object *o,
                      struct schema_entity *e, struct qmp_error **errp)
{
    return keep_type_name(s, o, "arg-type", &e->type, errp);
}

static const struct {
    const char *name;
    int (*keep)(struct qmp_schema *s, struct json_object *o,
                struct schema_entity *e, struct qmp_error **errp);
} metas[] = {
    [SCHEMA_META_BUILTIN] = {"builtin", keep_builtin},
    [SCHEMA_META_ENUM] = {"enum", keep_enum},
    [SCHEMA_META_ARRAY] = {"array", keep_array},
    [SCHEMA_META_OBJECT] = {"object", keep_object},
    [SCHEMA_META_ALTERNATE] = {"alternate", keep_alternate},
    [SCHEMA_META_COMMAND] = {"command", keep_command},
    [SCHEMA_META_EVENT] = {"event", keep_event},
};

static int keep_entity(struct qmp_schema *s, struct json_object *o,
                       struct qmp_error **errp)
{
    struct schema_entity e = {.type = SCHEMA_NONE};
    const char *name;
    const char *meta;
    size_t i = 0;

    if (qmp_need_string(o, "name", &name, errp) < 0 ||
        qmp_need_string(o, "meta-type", &meta, errp) < 0 ||
        keep_text(s, name, &e.name, errp) < 0)
        return -1;
    while (i < ARRAY_SIZE(metas) && strcmp(metas[i].name, meta))
        i++;
    if (i == ARRAY_SIZE(metas)) /* a later QEMU's */
        return 0;
    e.meta = (enum schema_meta)i;
    if (metas[i].keep(s, o, &e, errp) < 0)
        return qmp_prefix(errp, "'%s'", name);
    return ADD(s, entities, n_entities, e) < 0 ? no_memory(errp) : 0;
}

static int compare_entities(const void *a, const void *b, void *opaque)
{
    const struct qmp_schema *s = opaque;
    const struct schema_entity *x = a;
    const struct schema_entity *y = b;

    return strcmp(schema_text(s, x->name), schema_text(s, y->name));
}

const struct schema_entity *schema_find(const struct qmp_schema *s,
                                        const char *name)
{
    size_t low = 0;
    size_t high = s->n_entities;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(name, schema_text(s, s->entities[mid].name));

        if (!order)
            return &s->entities[mid];
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

/* The name of a type at *type becomes its index. */
static int resolve(const struct qmp_schema *s, uint32_t *type,
                   struct qmp_error **errp)
{
    const char *name = schema_text(s, *type);
    const struct schema_entity *e = schema_find(s, name);

    if (!e || e->meta >= SCHEMA_META_COMMAND)
        return qmp_fail(errp, QMP_ERR_PROTOCOL, "there is no type '%s'", name);
    *type = (uint32_t)(e - s->entities);
    return 0;
}

static int resolve_all(struct qmp_schema *s, struct qmp_error **errp)
{
    for (size_t i = 0; i < s->n_members; i++)
        if (s->members[i].type != SCHEMA_NONE &&
            resolve(s, &s->members[i].type, errp) < 0)
            return -1;
    for (size_t i = 0; i < s->n_entities; i++) {
        struct schema_entity *e = &s->entities[i];

        /* An object's is the name of its tag. */
        if (e->type != SCHEMA_NONE && e->meta != SCHEMA_META_OBJECT &&
            resolve(s, &e->type, errp) < 0)
            return -1;
        if (i && !compare_entities(e - 1, e, s))
            return qmp_fail(errp, QMP_ERR_PROTOCOL, "'%s' is there twice",
                            schema_text(s, e->name));
    }
    return 0;
}

struct qmp_schema *qmp_schema_parse(struct json_object *reply,
                                    struct qmp_error **errp)
{
    CLEANUP(qmp_schema_freep) struct qmp_schema *s = NULL;

    if (!json_object_is_type(reply, json_type_array)) {
        qmp_fail(errp, QMP_ERR_PROTOCOL, "schema: an array was wanted, not %s",
                 json_type_to_name(json_object_get_type(reply)));
        return NULL;
    }
    s = calloc(1, sizeof(*s));
    if (!s) {
        no_memory(errp);
        return NULL;
    }
    for (size_t i = 0; i < json_object_array_length(reply); i++) {
        if (keep_entity(s, json_object_array_get_idx(reply, i), errp) < 0) {
            qmp_prefix(errp, "schema: entry %zu", i);
            return NULL;
        }
    }
    if (s->n_entities)
        qsort_r(s->entities, s->n_entities, sizeof(*s->entities),
                compare_entities, s);
    if (resolve_all(s, errp) < 0) {
        qmp_prefix(errp, "schema");
        return NULL;
    }
    return TAKE_PTR(s);
}

void qmp_schema_free(struct qmp_schema *s)
{
    if (!s)
        return;
    qmp_buffer_done(&s->text);
    free(s->members);
    free(s->entities);
    free(s);
}
