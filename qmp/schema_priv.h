/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables that qmp_schema_parse() makes. */
#ifndef QMP_SCHEMA_PRIV_H
#define QMP_SCHEMA_PRIV_H

#include "buffer.h"
#include "schema.h"

#include <stdint.h>

#define SCHEMA_NONE UINT32_MAX

enum schema_meta {
    SCHEMA_META_BUILTIN,
    SCHEMA_META_ENUM,
    SCHEMA_META_ARRAY,
    SCHEMA_META_OBJECT,
    SCHEMA_META_ALTERNATE,
    SCHEMA_META_COMMAND, /* from here on it is not a type */
    SCHEMA_META_EVENT,
};

enum schema_json {
    SCHEMA_VALUE, /* anything */
    SCHEMA_STRING,
    SCHEMA_INT,
    SCHEMA_NUMBER,
    SCHEMA_BOOL,
    SCHEMA_NULL,
    SCHEMA_OBJECT,
    SCHEMA_ARRAY,
};

/* A member of an object or alternate, a case of a variant, a value of an
 * enum (which has no type). */
struct schema_member {
    uint32_t name; /* into the text */
    uint32_t type; /* index of the entity */
    bool optional;
};

struct schema_run {
    uint32_t first;
    uint32_t count;
};

struct schema_entity {
    uint32_t name; /* into the text */
    uint32_t type; /* array: of the elements; command, event: of the arguments;
                      tagged object: name of the tag, into the text */
    enum schema_meta meta;
    enum schema_json json; /* builtin */
    bool oob;              /* command */
    bool tagged;           /* object with variants */
    struct schema_run members;
    struct schema_run variants;
};

struct qmp_schema {
    struct qmp_buffer text;
    struct schema_member *members;
    size_t n_members;
    struct schema_entity *entities; /* sorted by name */
    size_t n_entities;
};

static inline const char *schema_text(const struct qmp_schema *s, uint32_t at)
{
    return qmp_buffer_data(&s->text) + at;
}

const struct schema_entity *schema_find(const struct qmp_schema *s,
                                        const char *name);

#endif
