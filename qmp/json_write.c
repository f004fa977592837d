/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json-c's own writer goes on without a word when it gets no memory, and half a
 * command must never reach QEMU; it also keeps the text inside of the object,
 * which is only borrowed here.
 */
#include "buffer.h"
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int put_object(struct qmp_buffer *b, struct json_object *o)
{
    const char *before = "{";

    json_object_object_foreach(o, key, value)
    {
        if (qmp_buffer_puts(b, before) < 0 ||
            qmp_buffer_put_json(b, key, strlen(key), false) < 0 ||
            qmp_buffer_append(b, ":", 1) < 0 ||
            qmp_buffer_put_value(b, value) < 0)
            return -1;
        before = ",";
    }
    return qmp_buffer_puts(b, *before == '{' ? "{}" : "}");
}

static int put_array(struct qmp_buffer *b, struct json_object *o)
{
    for (size_t i = 0; i < json_object_array_length(o); i++)
        if (qmp_buffer_append(b, i ? "," : "[", 1) < 0 ||
            qmp_buffer_put_value(b, json_object_array_get_idx(o, i)) < 0)
            return -1;
    return qmp_buffer_puts(b, json_object_array_length(o) ? "]" : "[]");
}

static int put_int(struct qmp_buffer *b, struct json_object *o)
{
    uint64_t v = json_object_get_uint64(o);

    if (v > INT64_MAX)
        return qmp_buffer_printf(b, "%" PRIu64, v);
    return qmp_buffer_put_int(b, json_object_get_int64(o));
}

/* json-c keeps the text that a double was read from; it is short. */
static int put_double(struct qmp_buffer *b, struct json_object *o)
{
    const char *text =
        json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);

    if (!text) {
        errno = ENOMEM;
        return -1;
    }
    return qmp_buffer_puts(b, text);
}

int qmp_buffer_put_value(struct qmp_buffer *b, struct json_object *o)
{
    switch (json_object_get_type(o)) {
    case json_type_null:
        return qmp_buffer_puts(b, "null");
    case json_type_boolean:
        return qmp_buffer_puts(b,
                               json_object_get_boolean(o) ? "true" : "false");
    case json_type_double:
        return put_double(b, o);
    case json_type_int:
        return put_int(b, o);
    case json_type_object:
        return put_object(b, o);
    case json_type_array:
        return put_array(b, o);
    case json_type_string:
        return qmp_buffer_put_json(b, json_object_get_string(o),
                                   (size_t)json_object_get_string_len(o),
                                   false);
    }
    return 0;
}

char *qmp_json_text(struct json_object *o)
{
    CLEANUP(qmp_buffer_done) struct qmp_buffer b = {0};

    if (qmp_buffer_put_value(&b, o) < 0 || qmp_buffer_append(&b, "", 1) < 0)
        return NULL;
    return TAKE_PTR(b.base);
}
