/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "qmp/json.h"
#include "qmp/member.h"
#include "qmp/message.h"

#include <string.h>

static void message_of_each_kind_is_read(void **state UNUSED)
{
    static const struct {
        const char *text;
        enum qmp_message_kind kind;
    } good[] = {
        {"{\"QMP\":{\"version\":{},\"capabilities\":[\"x\"]}}",
         QMP_MSG_GREETING},
        {"{\"return\":{},\"id\":1,\"later\":2}", QMP_MSG_RETURN},
        {"{\"return\":[]}", QMP_MSG_RETURN},
        {"{\"id\":\"a\",\"error\":{\"class\":\"C\",\"desc\":\"d\",\"x\":1}}",
         QMP_MSG_ERROR},
        {"{\"event\":\"E\"}", QMP_MSG_EVENT},
    };

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct qmp_message m = {0};
        struct qmp_error *err = NULL;
        bool valid;

        if (qmp_message_parse(good[i].text, strlen(good[i].text), &m, &valid,
                              &err) < 0)
            fail_msg("%s: %s", good[i].text, err->msg);
        assert_int_equal(m.kind, good[i].kind);
        assert_true(valid);
        qmp_message_clear(&m);
    }
}

static void message_event_has_qemu_time(void **state UNUSED)
{
    static const struct {
        const char *stamp;
        int64_t wanted;
    } stamps[] = {
        {"{\"seconds\":1700000000,\"microseconds\":5}", 1700000000000005},
        {"{\"seconds\":-1,\"microseconds\":-1}", 0},
        {"{\"seconds\":9223372036854775807,\"microseconds\":0}", 0},
        {"{\"seconds\":1,\"microseconds\":1000000}", 0},
        {"{}", 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(stamps); i++) {
        struct qmp_message m = {0};
        char text[200];
        bool valid;

        snprintf(text, sizeof(text),
                 "{\"event\":\"E\",\"data\":{\"a\":1},\"timestamp\":%s}",
                 stamps[i].stamp);
        assert_int_equal(
            qmp_message_parse(text, strlen(text), &m, &valid, NULL), 0);
        assert_true(m.qemu_us == stamps[i].wanted);
        assert_non_null(m.data);
        qmp_message_clear(&m);
    }
}

static void message_is_refused_with_the_members_name(void **state UNUSED)
{
    static const struct {
        const char *text;
        bool valid; /* as JSON */
        const char *wanted;
    } bad[] = {
        {"x", false, "malformed JSON at byte 0: a value wanted, 'x' found"},
        {"[]", true, "a message is an object, not array"},
        {"null", true, "a message is an object, not null"},
        {"{}", true, "a message without 'return', 'error', 'event' or 'QMP'"},
        {"{\"return\":{},\"error\":{}}", true,
         "a message with both 'return' and 'error'"},
        {"{\"event\":\"E\",\"return\":{}}", true,
         "a message with both 'return' and 'event'"},
        {"{\"return\":null,\"id\":1}", true, "member 'return' is null"},
        {"{\"error\":1}", true, "member 'error' is not an object but 1"},
        {"{\"error\":{\"desc\":\"d\"}}", true,
         "member 'error.class' is missing"},
        {"{\"error\":{\"class\":\"c\",\"desc\":[\"d\"]}}", true,
         "member 'error.desc' is not a string but [\"d\"]"},
        {"{\"event\":\"a\\u0000b\"}", true,
         "member 'event' is not a string without NUL but \"a\\u0000b\""},
        {"{\"event\":true}", true, "member 'event' is not a string but true"},
        {"{\"event\":\"E\",\"data\":null}", true,
         "event: member 'data' is not an object but null"},
        {"{\"event\":\"E\",\"timestamp\":{\"seconds\":1.5}}", true,
         "event: member 'timestamp.seconds' is not an integer but 1.5"},
        {"{\"QMP\":{}}", true, "greeting: member 'capabilities' is missing"},
        {"{\"QMP\":{\"version\":{},\"capabilities\":[1]}}", true,
         "greeting: capability 0 is not a string"},
        {"{\"QMP\":{\"version\":1,\"capabilities\":[]}}", true,
         "greeting: member 'version' is not an object but 1"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct qmp_message m = {0};
        struct qmp_error *err = NULL;
        bool valid;

        if (!qmp_message_parse(bad[i].text, strlen(bad[i].text), &m, &valid,
                               &err))
            fail_msg("accepted: %s", bad[i].text);
        assert_int_equal(err->code, QMP_ERR_PROTOCOL);
        assert_string_equal(err->msg, bad[i].wanted);
        assert_int_equal(valid, bad[i].valid);
        assert_null(m.object);
        qmp_error_free(err);
    }
}

static struct json_object *parse(const char *text)
{
    struct json_object *o = NULL;

    assert_int_equal(qmp_json_parse(text, strlen(text), &o, NULL), 0);
    return o;
}

static void member_is_found_by_path(void **state UNUSED)
{
    CLEANUP(json_putp)
    struct json_object *o =
        parse("{\"ram\":{\"left\":18446744073709551615,\"rate\":1.5,\"n\":-3},"
              "\"on\":true,\"s\":\"t\",\"list\":[1]}");
    struct qmp_error *err = NULL;
    struct json_object *sub = NULL;
    const char *s = NULL;
    uint64_t u = 0;
    int64_t i = 0;
    double d = 0;
    bool b = false;

    assert_int_equal(qmp_need_uint(o, "ram.left", &u, &err), 0);
    assert_true(u == UINT64_MAX);
    assert_int_equal(qmp_need_int(o, "ram.n", &i, &err), 0);
    assert_true(i == -3);
    assert_int_equal(qmp_need_double(o, "ram.rate", &d, &err), 0);
    assert_int_equal(qmp_need_double(o, "ram.n", &d, &err), 0);
    assert_true(d == -3.0);
    assert_int_equal(qmp_need_bool(o, "on", &b, &err), 0);
    assert_true(b);
    assert_int_equal(qmp_need_string(o, "s", &s, &err), 0);
    assert_string_equal(s, "t");
    assert_int_equal(qmp_need_array(o, "list", &sub, &err), 0);
    assert_int_equal(qmp_need_object(o, "ram", &sub, &err), 0);
    assert_int_equal(qmp_may_string(o, "nothing", &s, &err), 0);
    assert_int_equal(qmp_may_string(o, "nothing.at.all", &s, &err), 0);
    assert_int_equal(qmp_may_int(o, "ram.nothing", &i, &err), 0);
    assert_null(err);
}

static void member_of_wrong_type_is_refused(void **state UNUSED)
{
    CLEANUP(json_putp)
    struct json_object *o =
        parse("{\"ram\":{\"left\":18446744073709551615,\"n\":-3},\"s\":\"t\"}");
    int64_t i = 7;
    uint64_t u = 7;

    struct {
        int rc;
        struct qmp_error *err;
        const char *wanted;
    } tries[] = {
        {0, NULL,
         "member 'ram.left' is not an integer below 2^63 but "
         "18446744073709551615"},
        {0, NULL, "member 'ram.n' is not an integer from 0 but -3"},
        {0, NULL, "member 's' is not an object but \"t\""},
        {0, NULL, "member 'ram.x' is missing"},
        {0, NULL, "an object with member 'a' was wanted, not null"},
    };
    tries[0].rc = qmp_may_int(o, "ram.left", &i, &tries[0].err);
    tries[1].rc = qmp_may_uint(o, "ram.n", &u, &tries[1].err);
    tries[2].rc = qmp_may_int(o, "s.t", &i, &tries[2].err);
    tries[3].rc = qmp_need_int(o, "ram.x", &i, &tries[3].err);
    tries[4].rc = qmp_may_int(NULL, "a", &i, &tries[4].err);
    for (size_t n = 0; n < ARRAY_SIZE(tries); n++) {
        assert_int_equal(tries[n].rc, -1);
        assert_string_equal(tries[n].err->msg, tries[n].wanted);
        qmp_error_free(tries[n].err);
    }
    assert_true(i == 7 && u == 7);
}

static void members_are_made_and_told_as_text(void **state UNUSED)
{
    struct json_object *o = qmp_in_object("n", json_object_new_int(7));

    qmp_add_string(o, "s", "text");
    qmp_add_string(o, "none", NULL);
    assert_string_equal(
        json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN),
        "{\"n\":7,\"s\":\"text\"}");
    assert_string_equal(qmp_member_text(o, "n"), "7");
    assert_string_equal(qmp_member_text(o, "s"), "text");
    assert_string_equal(qmp_member_text(o, "none"), "");
    assert_string_equal(qmp_member_text(NULL, "n"), "");
    json_object_put(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_of_each_kind_is_read),
        cmocka_unit_test(message_event_has_qemu_time),
        cmocka_unit_test(message_is_refused_with_the_members_name),
        cmocka_unit_test(member_is_found_by_path),
        cmocka_unit_test(member_of_wrong_type_is_refused),
        cmocka_unit_test(members_are_made_and_told_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
