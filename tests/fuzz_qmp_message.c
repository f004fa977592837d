/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One JSON text. What we accept json-c must accept as well, with the same
 * meaning; written back and read again it must not change; and a message, a
 * schema or a secret in it must not harm.
 */
#include "qmp/json.h"
#include "qmp/message.h"
#include "qmp/schema.h"
#include "qmp/transcript.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_as_json_c(struct json_object *o, const char *text, size_t len)
{
    struct json_tokener *tok = json_tokener_new_ex(QMP_JSON_MAX_DEPTH + 1);
    struct json_object *theirs;

    json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
    theirs = json_tokener_parse_ex(tok, text, (int)len);
    /* A number alone: json-c waits for more of it. */
    if (json_tokener_get_error(tok) == json_tokener_continue)
        theirs = json_tokener_parse_ex(tok, " ", 1);
    if (json_tokener_get_error(tok) == json_tokener_success)
        /* json-c makes integers out of range the nearest ones. */
        assert(json_object_equal(o, theirs) || memchr(text, '.', len) ||
               len > 18);
    else
        assert(json_tokener_get_error(tok) == json_tokener_error_depth ||
               memchr(text, '-', len));
    json_object_put(theirs);
    json_tokener_free(tok);
}

static void same_when_written(struct json_object *o)
{
    struct json_object *again = NULL;
    char *text = qmp_json_text(o);

    assert(text && !strchr(text, '\n'));
    assert(!qmp_json_parse(text, strlen(text), &again, NULL));
    char *second = qmp_json_text(again);
    assert(!strcmp(text, second));
    free(second);
    free(text);
    json_object_put(again);
}

static void use_schema(struct json_object *o)
{
    struct qmp_schema *s = qmp_schema_parse(o, NULL);

    if (!s)
        return;
    (void)qmp_schema_has_argument(s, "c", "a.b.c");
    (void)qmp_schema_has_value(s, "c", "a", "x");
    (void)qmp_schema_check(s, "c", json_object_array_get_idx(o, 0), NULL);
    qmp_schema_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct json_object *o = NULL;
    struct qmp_message m = {0};
    struct qmp_error *err = NULL;
    bool valid;
    int rc = qmp_json_parse(text, size, &o, &err);

    if (rc < 0) {
        assert(err && !o);
        for (const char *p = err->msg; *p; p++)
            assert(*p >= 0x20 && *p < 0x7f);
        qmp_error_free(err);
        err = NULL;
    } else {
        assert(!err);
        same_as_json_c(o, text, size);
        same_when_written(o);
        use_schema(o);
        json_object_put(o);
    }
    if (!qmp_message_parse(text, size, &m, &valid, &err))
        assert(!rc && valid && !err);
    qmp_error_free(err);
    qmp_message_clear(&m);

    char *masked = qmp_mask_secrets(text, size);
    if (masked) {
        o = NULL;
        assert(!qmp_json_parse(masked, strlen(masked), &o, NULL));
        json_object_put(o);
        free(masked);
    }
    return 0;
}
