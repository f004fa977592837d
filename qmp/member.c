/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "member.h"
#include "buffer.h"

#include <string.h>

static int wrong_type(const char *path, size_t len, const char *wanted,
                      struct json_object *found, struct qmp_error **errp)
{
    char shown[48];
    const char *text =
        found ? json_object_to_json_string_ext(found, JSON_C_TO_STRING_PLAIN)
              : "null";

    return qmp_fail(errp, QMP_ERR_PROTOCOL, "member '%.*s' is not %s but %s",
                    (int)len, path, wanted,
                    qmp_printable(shown, sizeof(shown), text, strlen(text)));
}

/* 1: *ret is the value (NULL for null); 0: missing; -1: not an object on the
 * way. */
static int find(struct json_object *o, const char *path,
                struct json_object **ret, struct qmp_error **errp)
{
    const char *at = path;

    for (;;) {
        size_t len = strcspn(at, ".");
        char key[64];

        if (!json_object_is_type(o, json_type_object)) {
            if (at == path)
                return qmp_fail(errp, QMP_ERR_PROTOCOL,
                                "an object with member '%s' was wanted, not %s",
                                path,
                                json_type_to_name(json_object_get_type(o)));
            return wrong_type(path, (size_t)(at - path - 1), "an object", o,
                              errp);
        }
        if (len >= sizeof(key))
            return 0;
        memcpy(key, at, len);
        key[len] = 0;
        if (!json_object_object_get_ex(o, key, &o))
            return 0;
        at += len;
        if (!*at)
            break;
        at++;
    }
    *ret = o;
    return 1;
}

static int missing(const char *path, struct qmp_error **errp)
{
    return qmp_fail(errp, QMP_ERR_PROTOCOL, "member '%s' is missing", path);
}

static int may_type(struct json_object *o, const char *path,
                    enum json_type type, const char *wanted,
                    struct json_object **ret, struct qmp_error **errp)
{
    struct json_object *found;
    int there = find(o, path, &found, errp);

    if (there <= 0)
        return there;
    if (!found || !json_object_is_type(found, type))
        return wrong_type(path, strlen(path), wanted, found, errp);
    *ret = found;
    return 1;
}

int qmp_may_object(struct json_object *o, const char *path,
                   struct json_object **ret, struct qmp_error **errp)
{
    return may_type(o, path, json_type_object, "an object", ret, errp);
}

int qmp_may_array(struct json_object *o, const char *path,
                  struct json_object **ret, struct qmp_error **errp)
{
    return may_type(o, path, json_type_array, "an array", ret, errp);
}

int qmp_may_string(struct json_object *o, const char *path, const char **ret,
                   struct qmp_error **errp)
{
    struct json_object *found;
    int there = may_type(o, path, json_type_string, "a string", &found, errp);

    if (there <= 0)
        return there;
    const char *s = json_object_get_string(found);
    if (strlen(s) != (size_t)json_object_get_string_len(found))
        return wrong_type(path, strlen(path), "a string without NUL", found,
                          errp);
    *ret = s;
    return 1;
}

int qmp_may_bool(struct json_object *o, const char *path, bool *ret,
                 struct qmp_error **errp)
{
    struct json_object *found;
    int there = may_type(o, path, json_type_boolean, "a boolean", &found, errp);

    if (there > 0)
        *ret = json_object_get_boolean(found);
    return there;
}

int qmp_may_int(struct json_object *o, const char *path, int64_t *ret,
                struct qmp_error **errp)
{
    struct json_object *found;
    int there = may_type(o, path, json_type_int, "an integer", &found, errp);

    if (there <= 0)
        return there;
    /* json-c saturates in both directions. */
    if (json_object_get_uint64(found) > INT64_MAX)
        return wrong_type(path, strlen(path), "an integer below 2^63", found,
                          errp);
    *ret = json_object_get_int64(found);
    return 1;
}

int qmp_may_uint(struct json_object *o, const char *path, uint64_t *ret,
                 struct qmp_error **errp)
{
    struct json_object *found;
    int there = may_type(o, path, json_type_int, "an integer", &found, errp);

    if (there <= 0)
        return there;
    if (json_object_get_int64(found) < 0)
        return wrong_type(path, strlen(path), "an integer from 0", found, errp);
    *ret = json_object_get_uint64(found);
    return 1;
}

int qmp_may_double(struct json_object *o, const char *path, double *ret,
                   struct qmp_error **errp)
{
    struct json_object *found;
    int there = find(o, path, &found, errp);

    if (there <= 0)
        return there;
    if (!found || (!json_object_is_type(found, json_type_double) &&
                   !json_object_is_type(found, json_type_int)))
        return wrong_type(path, strlen(path), "a number", found, errp);
    *ret = json_object_get_double(found);
    return 1;
}

/* The required form of each. */
#define NEED(name, type)                                                       \
    int qmp_need_##name(struct json_object *o, const char *path, type *ret,    \
                        struct qmp_error **errp)                               \
    {                                                                          \
        int there = qmp_may_##name(o, path, ret, errp);                        \
                                                                               \
        return there > 0 ? 0 : there < 0 ? -1 : missing(path, errp);           \
    }

NEED(object, struct json_object *)
NEED(array, struct json_object *)
NEED(string, const char *)
NEED(bool, bool)
NEED(int, int64_t)
NEED(uint, uint64_t)
NEED(double, double)

const char *qmp_member_text(struct json_object *o, const char *name)
{
    struct json_object *v = NULL;

    json_object_object_get_ex(o, name, &v);
    return v ? json_object_get_string(v) : "";
}

void qmp_add_string(struct json_object *o, const char *name, const char *text)
{
    if (text)
        json_object_object_add(o, name, json_object_new_string(text));
}

struct json_object *qmp_in_object(const char *name, struct json_object *value)
{
    struct json_object *o = json_object_new_object();

    json_object_object_add(o, name, value);
    return o;
}
