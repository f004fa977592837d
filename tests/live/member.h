/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members of JSON documents by path, for the tools of the live tests. */
#ifndef TESTS_LIVE_MEMBER_H
#define TESTS_LIVE_MEMBER_H

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* The member at "a.b.0.c", lent, or NULL. Numbers index lists. */
static inline struct json_object *member(struct json_object *o,
                                         const char *path)
{
    char *copy = strdup(path), *save = NULL;

    for (char *key = strtok_r(copy, ".", &save); key && o;
         key = strtok_r(NULL, ".", &save)) {
        if (json_object_is_type(o, json_type_array))
            o = json_object_array_get_idx(o, strtoul(key, NULL, 10));
        else if (!json_object_object_get_ex(o, key, &o))
            o = NULL;
    }
    free(copy);
    return o;
}

/* A string without quotes, anything else as JSON. Lives as long as o. */
static inline const char *text(struct json_object *o)
{
    if (json_object_is_type(o, json_type_string))
        return json_object_get_string(o);
    return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
}

#endif
