/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jsondiff.h"
#include "buffer.h"

#include <string.h>

struct diff {
    qmp_json_diff_fn *fn;
    void *opaque;
    size_t count;
    struct qmp_buffer path; /* without a NUL at its end */
};

static void differs(struct diff *d, struct json_object *a,
                    struct json_object *b, unsigned there)
{
    d->count++;
    if (!d->fn || qmp_buffer_append(&d->path, "", 1) < 0)
        return;
    d->path.end--;
    d->fn(qmp_buffer_data(&d->path), a, b, there, d->opaque);
}

static void compare(struct diff *d, struct json_object *a,
                    struct json_object *b);

/* Compare what is below `key`, or at index i where there is no key. */
static void step(struct diff *d, const char *key, size_t i,
                 struct json_object *a, struct json_object *b, unsigned there)
{
    size_t end = d->path.end;

    /* Without memory the path is shorter than it should be. */
    if (key && qmp_buffer_printf(&d->path, "%s%s",
                                 end > d->path.start ? "." : "", key) < 0)
        d->path.end = end;
    if (!key && qmp_buffer_printf(&d->path, "[%zu]", i) < 0)
        d->path.end = end;
    if (there == 3)
        compare(d, a, b);
    else
        differs(d, a, b, there);
    d->path.end = end;
}

static void compare_objects(struct diff *d, struct json_object *a,
                            struct json_object *b)
{
    struct json_object *other;

    json_object_object_foreach(a, key, value)
    {
        other = NULL;
        if (json_object_object_get_ex(b, key, &other))
            step(d, key, 0, value, other, 3);
        else
            step(d, key, 0, value, NULL, 1);
    }
    json_object_object_foreach(b, key2, value2)
    {
        if (!json_object_object_get_ex(a, key2, NULL))
            step(d, key2, 0, NULL, value2, 2);
    }
}

static void compare_arrays(struct diff *d, struct json_object *a,
                           struct json_object *b)
{
    size_t n = json_object_array_length(a);
    size_t m = json_object_array_length(b);

    for (size_t i = 0; i < n || i < m; i++)
        step(d, NULL, i, i < n ? json_object_array_get_idx(a, i) : NULL,
             i < m ? json_object_array_get_idx(b, i) : NULL,
             (i < n ? 1u : 0u) | (i < m ? 2u : 0u));
}

static bool same_number(struct json_object *a, struct json_object *b)
{
    if (json_object_is_type(a, json_type_int) &&
        json_object_is_type(b, json_type_int))
        return json_object_get_int64(a) == json_object_get_int64(b) &&
               json_object_get_uint64(a) == json_object_get_uint64(b);
    return json_object_get_double(a) == json_object_get_double(b);
}

static bool is_number(struct json_object *o)
{
    return json_object_is_type(o, json_type_int) ||
           json_object_is_type(o, json_type_double);
}

static void compare(struct diff *d, struct json_object *a,
                    struct json_object *b)
{
    enum json_type type = json_object_get_type(a);

    if (is_number(a) && is_number(b)) {
        if (!same_number(a, b))
            differs(d, a, b, 3);
    } else if (type != json_object_get_type(b)) {
        differs(d, a, b, 3);
    } else if (type == json_type_object) {
        compare_objects(d, a, b);
    } else if (type == json_type_array) {
        compare_arrays(d, a, b);
    } else if (!json_object_equal(a, b)) {
        differs(d, a, b, 3);
    }
}

size_t qmp_json_diff(struct json_object *a, struct json_object *b,
                     qmp_json_diff_fn *fn, void *opaque)
{
    struct diff d = {.fn = fn, .opaque = opaque};

    compare(&d, a, b);
    qmp_buffer_done(&d.path);
    return d.count;
}
