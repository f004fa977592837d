/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"
#include "buffer.h"

#include <json-c/linkhash.h>
#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What json-c 0.16 allocates, about; with malloc's own overhead. */
#define OBJECT_BYTES 832
#define MEMBER_BYTES 24
#define ARRAY_BYTES  368
#define VALUE_BYTES  64

#define MAX_NUMBER 400 /* characters; nothing that is meant is longer */

struct parser {
    const char *text;
    const char *p;
    const char *end;
    char *scratch; /* room to decode a string in; grown as needed */
    size_t room;
    size_t memory; /* estimate of what the objects take */
    unsigned depth;
    struct qmp_error **errp;
};

static int parse_value(struct parser *ps, struct json_object **ret);

static int malformed(struct parser *ps, const char *at, const char *what)
{
    return qmp_fail(ps->errp, QMP_ERR_PROTOCOL,
                    "malformed JSON at byte %zu: %s", (size_t)(at - ps->text),
                    what);
}

static int no_memory(struct parser *ps)
{
    return qmp_fail(ps->errp, QMP_ERR_NOMEM,
                    "no memory for a JSON text of %zu bytes",
                    (size_t)(ps->end - ps->text));
}

/* "expected X, found Y"; what was found is shown safely. */
static int unexpected(struct parser *ps, const char *wanted)
{
    char what[96];
    unsigned char c = ps->p < ps->end ? (unsigned char)*ps->p : 0;

    if (ps->p == ps->end)
        snprintf(what, sizeof(what), "%s wanted, the text ends", wanted);
    else if (c > 0x20 && c < 0x7f)
        snprintf(what, sizeof(what), "%s wanted, '%c' found", wanted, c);
    else
        snprintf(what, sizeof(what), "%s wanted, byte 0x%02x found", wanted, c);
    return malformed(ps, ps->p, what);
}

static int charge(struct parser *ps, size_t bytes)
{
    ps->memory += bytes;
    if (ps->memory <= QMP_JSON_MAX_MEMORY)
        return 0;
    return qmp_fail(ps->errp, QMP_ERR_TOO_LARGE,
                    "a JSON text of %zu bytes would take more than %zu MiB of "
                    "memory",
                    (size_t)(ps->end - ps->text), QMP_JSON_MAX_MEMORY >> 20);
}

static void skip_space(struct parser *ps)
{
    while (ps->p < ps->end && (*ps->p == ' ' || *ps->p == '\t' ||
                               *ps->p == '\r' || *ps->p == '\n'))
        ps->p++;
}

/* Bytes of the UTF-8 character at p, 0 if there is none (RFC 3629: no
 * overlong forms, no surrogates, nothing over U+10FFFF). */
static size_t utf8_len(const char *text, const char *end)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t have = (size_t)(end - text);
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    size_t len;

    if (p[0] < 0xc2 || p[0] > 0xf4)
        return p[0] < 0x80;
    len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (p[0] == 0xe0)
        low = 0xa0;
    else if (p[0] == 0xed)
        high = 0x9f;
    else if (p[0] == 0xf0)
        low = 0x90;
    else if (p[0] == 0xf4)
        high = 0x8f;
    if (have < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

static int hex4(const char *p, const char *end)
{
    int v = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        v = v * 16 + digit;
    }
    return v;
}

static size_t put_utf8(char *out, unsigned cp)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

/* The \u escape whose backslash is at ps->p; moves behind it. */
static int unicode_escape(struct parser *ps, unsigned *ret)
{
    const char *at = ps->p;
    int high = hex4(at + 2, ps->end);

    if (high < 0)
        return malformed(ps, at, "four hexadecimal digits wanted after \\u");
    ps->p = at + 6;
    if (high < 0xd800 || high > 0xdfff) {
        *ret = (unsigned)high;
        return 0;
    }

    int low = ps->end - ps->p >= 6 && ps->p[0] == '\\' && ps->p[1] == 'u'
                  ? hex4(ps->p + 2, ps->end)
                  : -1;
    if (high > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return malformed(ps, at, "half a surrogate pair");
    ps->p += 6;
    *ret = 0x10000 + ((unsigned)(high - 0xd800) << 10) + (unsigned)low - 0xdc00;
    return 0;
}

/* The escape at ps->p into out; moves behind it. */
static int decode_escape(struct parser *ps, char *out, size_t *len)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char *known;

    if (ps->end - ps->p < 2)
        return malformed(ps, ps->p, "the text ends inside a string");
    if (ps->p[1] == 'u') {
        unsigned cp = 0;

        if (unicode_escape(ps, &cp) < 0)
            return -1;
        *len += put_utf8(out + *len, cp);
        return 0;
    }
    known = ps->p[1] ? strchr(from, ps->p[1]) : NULL;
    if (!known)
        return malformed(ps, ps->p, "unknown escape in a string");
    out[(*len)++] = to[known - from];
    ps->p += 2;
    return 0;
}

/* Move ps->p over characters that stand for themselves. 1: all of the string,
 * ps->p is at the closing quote; 0: at a backslash. */
static int skip_plain(struct parser *ps)
{
    for (; ps->p < ps->end; ps->p++) {
        unsigned char c = (unsigned char)*ps->p;

        if (c == '"')
            return 1;
        if (c == '\\')
            return 0;
        if (c < 0x20) {
            char what[64];
            snprintf(what, sizeof(what), "control character 0x%02x in a string",
                     c);
            return malformed(ps, ps->p, what);
        }
        if (c >= 0x80) {
            size_t len = utf8_len(ps->p, ps->end);

            if (!len)
                return malformed(ps, ps->p, "not UTF-8");
            ps->p += len - 1;
        }
    }
    return malformed(ps, ps->p, "the text ends inside a string");
}

static int grow_scratch(struct parser *ps, size_t need)
{
    if (need <= ps->room)
        return 0;
    size_t room = ps->room ? ps->room : 256;
    while (room < need)
        room *= 2;
    char *p = realloc(ps->scratch, room);
    if (!p)
        return no_memory(ps);
    ps->scratch = p;
    ps->room = room;
    return 0;
}

/* A string with escapes: the plain part before the first one is at `start`. */
static int decode_string(struct parser *ps, const char *start, size_t *ret_len)
{
    size_t len = 0;

    for (;;) {
        size_t plain = (size_t)(ps->p - start);

        if (grow_scratch(ps, len + plain + 4) < 0)
            return -1;
        memcpy(ps->scratch + len, start, plain);
        len += plain;
        if (*ps->p == '"')
            break;
        if (decode_escape(ps, ps->scratch, &len) < 0)
            return -1;
        start = ps->p;
        if (skip_plain(ps) < 0)
            return -1;
    }
    *ret_len = len;
    return 0;
}

/* The string at ps->p (a quote); moves behind it. *text is inside the text or
 * inside the scratch room. */
static int parse_string(struct parser *ps, const char **text, size_t *len)
{
    const char *start = ++ps->p;
    int plain = skip_plain(ps);

    if (plain < 0)
        return -1;
    *text = start;
    *len = (size_t)(ps->p - start);
    if (!plain) {
        if (decode_string(ps, start, len) < 0)
            return -1;
        *text = ps->scratch;
    }
    ps->p++;
    return 0;
}

/* A heap copy of the key at ps->p, because the table owns its keys. */
static char *parse_key(struct parser *ps)
{
    const char *at = ps->p;
    const char *text;
    size_t len;

    if (at == ps->end || *at != '"') {
        unexpected(ps, "a key in double quotes");
        return NULL;
    }
    if (parse_string(ps, &text, &len) < 0)
        return NULL;
    if (memchr(text, 0, len)) {
        malformed(ps, at, "NUL in a key");
        return NULL;
    }
    char *key = malloc(len + 1);
    if (!key) {
        no_memory(ps);
        return NULL;
    }
    memcpy(key, text, len);
    key[len] = 0;
    return key;
}

static int duplicate_key(struct parser *ps, const char *at, const char *key)
{
    char what[128];
    char shown[64];

    snprintf(what, sizeof(what), "key '%s' appears twice in one object",
             qmp_printable(shown, sizeof(shown), key, strlen(key)));
    return malformed(ps, at, what);
}

static int parse_member(struct parser *ps, struct lh_table *table)
{
    const char *at = ps->p;
    CLEANUP(freep) char *key = parse_key(ps);
    CLEANUP(json_putp) struct json_object *value = NULL;

    if (!key)
        return -1;
    unsigned long hash = lh_get_hash(table, key);
    if (lh_table_lookup_entry_w_hash(table, key, hash))
        return duplicate_key(ps, at, key);
    skip_space(ps);
    if (ps->p == ps->end || *ps->p != ':')
        return unexpected(ps, "':'");
    ps->p++;
    if (charge(ps, MEMBER_BYTES + (size_t)(ps->p - at)) < 0 ||
        parse_value(ps, &value) < 0)
        return -1;
    if (lh_table_insert_w_hash(table, key, value, hash, 0) < 0)
        return no_memory(ps);
    (void)TAKE_PTR(key);
    (void)TAKE_PTR(value);
    return 0;
}

static int parse_object(struct parser *ps, struct json_object **ret)
{
    CLEANUP(json_putp) struct json_object *obj = json_object_new_object();

    if (!obj)
        return no_memory(ps);
    if (charge(ps, OBJECT_BYTES) < 0)
        return -1;
    ps->p++;
    skip_space(ps);
    if (ps->p < ps->end && *ps->p == '}') {
        ps->p++;
        *ret = TAKE_PTR(obj);
        return 0;
    }
    for (;;) {
        if (parse_member(ps, json_object_get_object(obj)) < 0)
            return -1;
        skip_space(ps);
        if (ps->p == ps->end || (*ps->p != ',' && *ps->p != '}'))
            return unexpected(ps, "',' or '}'");
        if (*ps->p++ == '}')
            break;
        skip_space(ps);
    }
    *ret = TAKE_PTR(obj);
    return 0;
}

static int parse_array(struct parser *ps, struct json_object **ret)
{
    CLEANUP(json_putp) struct json_object *array = json_object_new_array();

    if (!array)
        return no_memory(ps);
    if (charge(ps, ARRAY_BYTES) < 0)
        return -1;
    ps->p++;
    skip_space(ps);
    if (ps->p < ps->end && *ps->p == ']') {
        ps->p++;
        *ret = TAKE_PTR(array);
        return 0;
    }
    for (;;) {
        struct json_object *value = NULL;

        if (parse_value(ps, &value) < 0)
            return -1;
        if (json_object_array_add(array, value) < 0) {
            json_object_put(value);
            return no_memory(ps);
        }
        skip_space(ps);
        if (ps->p == ps->end || (*ps->p != ',' && *ps->p != ']'))
            return unexpected(ps, "',' or ']'");
        if (*ps->p++ == ']')
            break;
    }
    *ret = TAKE_PTR(array);
    return 0;
}

static size_t skip_digits(struct parser *ps)
{
    const char *start = ps->p;

    while (ps->p < ps->end && *ps->p >= '0' && *ps->p <= '9')
        ps->p++;
    return (size_t)(ps->p - start);
}

/* Move over a number; *integer: it has neither fraction nor exponent. */
static int skip_number(struct parser *ps, bool *integer)
{
    const char *start = ps->p;

    *integer = true;
    if (*ps->p == '-')
        ps->p++;
    if (ps->p < ps->end && *ps->p == '0')
        ps->p++;
    else if (!skip_digits(ps))
        return unexpected(ps, "a digit");
    if (ps->p < ps->end && *ps->p == '.') {
        *integer = false;
        ps->p++;
        if (!skip_digits(ps))
            return unexpected(ps, "a digit");
    }
    if (ps->p < ps->end && (*ps->p == 'e' || *ps->p == 'E')) {
        *integer = false;
        ps->p++;
        if (ps->p < ps->end && (*ps->p == '+' || *ps->p == '-'))
            ps->p++;
        if (!skip_digits(ps))
            return unexpected(ps, "a digit");
    }
    if (ps->p - start > MAX_NUMBER)
        return malformed(ps, start, "a number of more than 400 characters");
    return 0;
}

/* NULL: does not fit, or no memory. */
static struct json_object *new_integer(const char *p, const char *end)
{
    bool negative = *p == '-';
    uint64_t v = 0;

    for (p += negative; p < end; p++)
        if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
            return NULL;
    if (!negative)
        return v <= INT64_MAX ? json_object_new_int64((int64_t)v)
                              : json_object_new_uint64(v);
    if (v > (uint64_t)INT64_MAX + 1)
        return NULL;
    return json_object_new_int64((int64_t)(0 - v));
}

static struct json_object *new_double(const char *p, const char *end)
{
    char text[MAX_NUMBER + 1];
    size_t len = (size_t)(end - p);
    /* glibc and musl have this one built in: it needs no memory. */
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

    memcpy(text, p, len);
    text[len] = 0;
    return c ? json_object_new_double_s(strtod_l(text, NULL, c), text) : NULL;
}

static int parse_number(struct parser *ps, struct json_object **ret)
{
    const char *start = ps->p;
    bool integer;

    if (skip_number(ps, &integer) < 0)
        return -1;
    *ret = integer ? new_integer(start, ps->p) : NULL;
    if (!*ret)
        *ret = new_double(start, ps->p);
    return *ret ? 0 : no_memory(ps);
}

static int parse_word(struct parser *ps, struct json_object **ret)
{
    size_t have = (size_t)(ps->end - ps->p);

    if (have >= 4 && !memcmp(ps->p, "true", 4)) {
        *ret = json_object_new_boolean(1);
        ps->p += 4;
    } else if (have >= 5 && !memcmp(ps->p, "false", 5)) {
        *ret = json_object_new_boolean(0);
        ps->p += 5;
    } else if (have >= 4 && !memcmp(ps->p, "null", 4)) {
        ps->p += 4;
        *ret = NULL;
        return 0;
    } else {
        return unexpected(ps, "a value");
    }
    return *ret ? 0 : no_memory(ps);
}

static int parse_container(struct parser *ps, struct json_object **ret)
{
    int rc;

    if (ps->depth == QMP_JSON_MAX_DEPTH)
        return malformed(ps, ps->p, "nested too deeply");
    ps->depth++;
    rc = *ps->p == '{' ? parse_object(ps, ret) : parse_array(ps, ret);
    ps->depth--;
    return rc;
}

static int parse_value(struct parser *ps, struct json_object **ret)
{
    const char *text;
    size_t len;

    skip_space(ps);
    if (ps->p == ps->end)
        return unexpected(ps, "a value");
    if (charge(ps, VALUE_BYTES) < 0)
        return -1;
    switch (*ps->p) {
    case '{':
    case '[':
        return parse_container(ps, ret);
    case '"':
        if (parse_string(ps, &text, &len) < 0 || charge(ps, len) < 0)
            return -1;
        *ret = json_object_new_string_len(text, (int)len);
        return *ret ? 0 : no_memory(ps);
    default:
        if (*ps->p == '-' || (*ps->p >= '0' && *ps->p <= '9'))
            return parse_number(ps, ret);
        return parse_word(ps, ret);
    }
}

int qmp_json_parse(const char *text, size_t len, struct json_object **ret,
                   struct qmp_error **errp)
{
    struct parser ps = {
        .text = text,
        .p = text,
        .end = text + len,
        .errp = errp,
    };
    CLEANUP(json_putp) struct json_object *value = NULL;
    int rc;

    if (len > INT32_MAX)
        return qmp_fail(errp, QMP_ERR_TOO_LARGE, "a JSON text of %zu bytes",
                        len);
    rc = parse_value(&ps, &value);
    free(ps.scratch);
    if (rc < 0)
        return -1;
    skip_space(&ps);
    if (ps.p < ps.end)
        return unexpected(&ps, "the end of the message");
    *ret = TAKE_PTR(value);
    return 0;
}
