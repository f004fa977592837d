/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "qmp/json.h"

#include <locale.h>
#include <string.h>

static const struct {
    const char *text;
    const char *wanted; /* as written back */
} good[] = {
    {"{}", "{}"},
    {" [ ] \r\n", "[]"},
    {"null", "null"},
    {"true", "true"},
    {" {\"a\" : [ 1 , -2 , {\"b\" : null } ] , \"c\" : false }",
     "{\"a\":[1,-2,{\"b\":null}],\"c\":false}"},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"",
     "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\tA\""},
    {"\"\\u00e9\\u20ac\\ud83d\\ude00\"",
     "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
     "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {"\"a\\u0000b\"", "\"a\\u0000b\""},
    {"{\"\":1}", "{\"\":1}"},
    {"0", "0"},
    {"-0", "0"},
    {"9223372036854775807", "9223372036854775807"},
    {"9223372036854775808", "9223372036854775808"},
    {"18446744073709551615", "18446744073709551615"},
    {"-9223372036854775808", "-9223372036854775808"},
    /* Too large for an integer: a double, whose text is kept. */
    {"18446744073709551616", "18446744073709551616"},
    {"-9223372036854775809", "-9223372036854775809"},
    {"1.50", "1.50"},
    {"1e3", "1e3"},
    {"-0.5E-2", "-0.5E-2"},
};

static const struct {
    const char *text;
    const char *wanted; /* message after "malformed JSON at byte " */
} bad[] = {
    {"", "0: a value wanted, the text ends"},
    {"  ", "2: a value wanted, the text ends"},
    {"{", "1: a key in double quotes wanted, the text ends"},
    {"{}}", "2: the end of the message wanted, '}' found"},
    {"{} {}", "3: the end of the message wanted, '{' found"},
    {"{\"a\":1,}", "7: a key in double quotes wanted, '}' found"},
    {"[1,]", "3: a value wanted, ']' found"},
    {"[1 2]", "3: ',' or ']' wanted, '2' found"},
    {"{\"a\" 1}", "5: ':' wanted, '1' found"},
    {"{\"a\":1 \"b\":2}", "7: ',' or '}' wanted, '\"' found"},
    {"{'a':1}", "1: a key in double quotes wanted, ''' found"},
    {"['a']", "1: a value wanted, ''' found"},
    {"{a:1}", "1: a key in double quotes wanted, 'a' found"},
    {"{\"a\":1,\"b\":2,\"a\":3}", "13: key 'a' appears twice in one object"},
    {"{\"a\":1,\"\\u0061\":3}", "7: key 'a' appears twice in one object"},
    {"{\"\\u001b[2J\":1,\"\\u001b[2J\":2}",
     "15: key '\\x1b[2J' appears twice in one object"},
    {"{\"a\\u0000b\":1}", "1: NUL in a key"},
    {"\"a", "2: the text ends inside a string"},
    {"\"a\\", "2: the text ends inside a string"},
    {"\"\\x41\"", "1: unknown escape in a string"},
    {"\"\\u12g4\"", "1: four hexadecimal digits wanted after \\u"},
    {"\"\\u12", "1: four hexadecimal digits wanted after \\u"},
    {"\"\\ud800\"", "1: half a surrogate pair"},
    {"\"\\udc00\"", "1: half a surrogate pair"},
    {"\"\\ud800\\u0041\"", "1: half a surrogate pair"},
    {"\"a\tb\"", "2: control character 0x09 in a string"},
    {"\"a\nb\"", "2: control character 0x0a in a string"},
    {"\"\xff\"", "1: not UTF-8"},
    {"\"\xc0\xaf\"", "1: not UTF-8"},
    {"\"\xe0\x80\x80\"", "1: not UTF-8"},
    {"\"\xed\xa0\x80\"", "1: not UTF-8"},
    {"\"\xf4\x90\x80\x80\"", "1: not UTF-8"},
    {"\"\xe2\x82\"", "1: not UTF-8"},
    {"\xef\xbb\xbf{}", "0: a value wanted, byte 0xef found"},
    {"01", "1: the end of the message wanted, '1' found"},
    {"-", "1: a digit wanted, the text ends"},
    {"+1", "0: a value wanted, '+' found"},
    {"1.", "2: a digit wanted, the text ends"},
    {".5", "0: a value wanted, '.' found"},
    {"1e", "2: a digit wanted, the text ends"},
    {"0x10", "1: the end of the message wanted, 'x' found"},
    {"NaN", "0: a value wanted, 'N' found"},
    {"Infinity", "0: a value wanted, 'I' found"},
    {"-Infinity", "1: a digit wanted, 'I' found"},
    {"True", "0: a value wanted, 'T' found"},
    {"nul", "0: a value wanted, 'n' found"},
    {"truex", "4: the end of the message wanted, 'x' found"},
    {"/* c */ {}", "0: a value wanted, '/' found"},
    {"[1]\f", "3: the end of the message wanted, byte 0x0c found"},
};

static void json_is_read_and_written_back(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct json_object *o = NULL;
        struct qmp_error *err = NULL;

        if (qmp_json_parse(good[i].text, strlen(good[i].text), &o, &err) < 0)
            fail_msg("%s: %s", good[i].text, err->msg);
        char *text = qmp_json_text(o);
        assert_string_equal(text, good[i].wanted);
        free(text);
        json_object_put(o);
    }
}

static void json_is_refused_with_place_and_reason(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct json_object *o = NULL;
        struct qmp_error *err = NULL;
        char wanted[128];

        snprintf(wanted, sizeof(wanted), "malformed JSON at byte %s",
                 bad[i].wanted);
        if (!qmp_json_parse(bad[i].text, strlen(bad[i].text), &o, &err))
            fail_msg("accepted: %s", bad[i].text);
        assert_null(o);
        assert_int_equal(err->code, QMP_ERR_PROTOCOL);
        assert_string_equal(err->msg, wanted);
        qmp_error_free(err);
    }
}

static void json_is_refused_when_it_has_a_nul(void **state UNUSED)
{
    struct json_object *o = NULL;
    struct qmp_error *err = NULL;

    assert_int_equal(qmp_json_parse("{}\0", 3, &o, &err), -1);
    assert_string_equal(err->msg, "malformed JSON at byte 2: the end of the "
                                  "message wanted, byte 0x00 found");
    qmp_error_free(err);
    err = NULL;
    assert_int_equal(qmp_json_parse("\"a\0b\"", 5, &o, &err), -1);
    assert_string_equal(err->msg, "malformed JSON at byte 2: control character "
                                  "0x00 in a string");
    qmp_error_free(err);
}

static int nested(size_t depth, struct qmp_error **errp)
{
    CLEANUP(freep) char *text = malloc(2 * depth + 1);
    struct json_object *o = NULL;

    assert_non_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    int rc = qmp_json_parse(text, 2 * depth, &o, errp);
    json_object_put(o);
    return rc;
}

static void json_nesting_is_bounded(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    assert_int_equal(nested(QMP_JSON_MAX_DEPTH, &err), 0);
    assert_int_equal(nested(QMP_JSON_MAX_DEPTH + 1, &err), -1);
    assert_string_equal(err->msg,
                        "malformed JSON at byte 256: nested too deeply");
    qmp_error_free(err);
    err = NULL;
    assert_int_equal(nested(1000000, &err), -1);
    qmp_error_free(err);
}

static void json_memory_is_bounded(void **state UNUSED)
{
    size_t len = (size_t)16 << 20;
    CLEANUP(freep) char *text = malloc(len);
    struct json_object *o = NULL;
    struct qmp_error *err = NULL;

    assert_non_null(text);
    for (size_t i = 0; i + 3 <= len; i += 3)
        memcpy(text + i, "{},", 3);
    text[0] = '[';
    assert_int_equal(qmp_json_parse(text, len, &o, &err), -1);
    assert_int_equal(err->code, QMP_ERR_PROTOCOL); /* "[}," */
    qmp_error_free(err);
    err = NULL;
    text[1] = '0';
    assert_int_equal(qmp_json_parse(text, len, &o, &err), -1);
    assert_int_equal(err->code, QMP_ERR_TOO_LARGE);
    assert_string_equal(err->msg, "a JSON text of 16777216 bytes would take "
                                  "more than 128 MiB of memory");
    qmp_error_free(err);
}

static void json_numbers_do_not_depend_on_the_locale(void **state UNUSED)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
    struct json_object *o = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (setlocale(LC_ALL, names[i]))
            break;
    assert_int_equal(qmp_json_parse("1.5", 3, &o, NULL), 0);
    setlocale(LC_ALL, "C");
    assert_true(json_object_get_double(o) == 1.5);
    json_object_put(o);
}

static void json_long_strings_and_numbers(void **state UNUSED)
{
    char text[3000];
    struct json_object *o = NULL;
    struct qmp_error *err = NULL;

    memset(text, 'a', sizeof(text));
    text[0] = '"';
    memcpy(text + 1500, "\\n", 2); /* grows the scratch room */
    text[2999] = '"';
    assert_int_equal(qmp_json_parse(text, sizeof(text), &o, &err), 0);
    assert_int_equal(json_object_get_string_len(o), 2997);
    assert_int_equal(json_object_get_string(o)[1499], '\n');
    json_object_put(o);
    o = NULL;

    memset(text, '1', sizeof(text));
    assert_int_equal(qmp_json_parse(text, 400, &o, &err), 0);
    json_object_put(o);
    assert_int_equal(qmp_json_parse(text, 401, &o, &err), -1);
    assert_string_equal(err->msg, "malformed JSON at byte 0: a number of more "
                                  "than 400 characters");
    qmp_error_free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_read_and_written_back),
        cmocka_unit_test(json_is_refused_with_place_and_reason),
        cmocka_unit_test(json_is_refused_when_it_has_a_nul),
        cmocka_unit_test(json_nesting_is_bounded),
        cmocka_unit_test(json_memory_is_bounded),
        cmocka_unit_test(json_numbers_do_not_depend_on_the_locale),
        cmocka_unit_test(json_long_strings_and_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
