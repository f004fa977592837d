/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "qmp/json.h"
#include "qmp/schema.h"

#include <string.h>

/* One of each kind that there is: shaped as QEMU does it, names as QEMU's. */
static const char sample[] =
    "[{\"name\":\"migrate\",\"meta-type\":\"command\",\"arg-type\":\"1\","
    "\"ret-type\":\"0\"},"
    "{\"name\":\"yank\",\"meta-type\":\"command\",\"arg-type\":\"0\","
    "\"ret-type\":\"0\",\"allow-oob\":true},"
    "{\"name\":\"device_add\",\"meta-type\":\"command\",\"arg-type\":\"10\","
    "\"ret-type\":\"0\"},"
    "{\"name\":\"object-add\",\"meta-type\":\"command\",\"arg-type\":\"10\","
    "\"ret-type\":\"0\"},"
    "{\"name\":\"blockdev-add\",\"meta-type\":\"command\",\"arg-type\":\"5\","
    "\"ret-type\":\"0\"},"
    "{\"name\":\"migrate-set-capabilities\",\"meta-type\":\"command\","
    "\"arg-type\":\"2\",\"ret-type\":\"0\"},"
    "{\"name\":\"migrate-set-parameters\",\"meta-type\":\"command\","
    "\"arg-type\":\"4\",\"ret-type\":\"0\"},"
    "{\"name\":\"STOP\",\"meta-type\":\"event\",\"arg-type\":\"0\"},"
    "{\"name\":\"0\",\"meta-type\":\"object\",\"members\":[]},"
    "{\"name\":\"1\",\"meta-type\":\"object\",\"members\":["
    "{\"name\":\"uri\",\"type\":\"str\"},"
    "{\"name\":\"resume\",\"type\":\"bool\",\"default\":null}]},"
    "{\"name\":\"2\",\"meta-type\":\"object\",\"members\":["
    "{\"name\":\"capabilities\",\"type\":\"[3]\"}]},"
    "{\"name\":\"[3]\",\"meta-type\":\"array\",\"element-type\":\"3\"},"
    "{\"name\":\"3\",\"meta-type\":\"object\",\"members\":["
    "{\"name\":\"capability\",\"type\":\"9\"},"
    "{\"name\":\"state\",\"type\":\"bool\"}]},"
    "{\"name\":\"4\",\"meta-type\":\"object\",\"members\":["
    "{\"name\":\"max-bandwidth\",\"type\":\"int\",\"default\":null},"
    "{\"name\":\"ratio\",\"type\":\"number\",\"default\":null},"
    "{\"name\":\"any\",\"type\":\"any\",\"default\":null},"
    "{\"name\":\"tls-creds\",\"type\":\"11\",\"default\":null}]},"
    "{\"name\":\"5\",\"meta-type\":\"object\",\"tag\":\"driver\",\"members\":["
    "{\"name\":\"driver\",\"type\":\"8\"},"
    "{\"name\":\"node-name\",\"type\":\"str\",\"default\":null}],"
    "\"variants\":[{\"case\":\"file\",\"type\":\"6\"},"
    "{\"case\":\"nbd\",\"type\":\"7\"},{\"case\":\"null\",\"type\":\"0\"}]},"
    "{\"name\":\"6\",\"meta-type\":\"object\",\"members\":["
    "{\"name\":\"filename\",\"type\":\"str\"}]},"
    "{\"name\":\"7\",\"meta-type\":\"object\",\"members\":["
    "{\"name\":\"server\",\"type\":\"10\"},"
    "{\"name\":\"backing\",\"type\":\"12\",\"default\":null}]},"
    "{\"name\":\"8\",\"meta-type\":\"enum\",\"values\":[\"file\",\"nbd\","
    "\"null\"]},"
    "{\"name\":\"9\",\"meta-type\":\"enum\",\"members\":["
    "{\"name\":\"multifd\"},{\"name\":\"xbzrle\"}],\"values\":[]},"
    "{\"name\":\"10\",\"meta-type\":\"object\",\"members\":["
    "{\"name\":\"driver\",\"type\":\"str\"}]},"
    "{\"name\":\"11\",\"meta-type\":\"alternate\",\"members\":["
    "{\"type\":\"str\"},{\"type\":\"null\"}]},"
    "{\"name\":\"12\",\"meta-type\":\"alternate\",\"members\":["
    "{\"type\":\"5\"},{\"type\":\"str\"}]},"
    "{\"name\":\"str\",\"meta-type\":\"builtin\",\"json-type\":\"string\"},"
    "{\"name\":\"int\",\"meta-type\":\"builtin\",\"json-type\":\"int\"},"
    "{\"name\":\"number\",\"meta-type\":\"builtin\",\"json-type\":\"number\"},"
    "{\"name\":\"bool\",\"meta-type\":\"builtin\",\"json-type\":\"boolean\"},"
    "{\"name\":\"null\",\"meta-type\":\"builtin\",\"json-type\":\"null\"},"
    "{\"name\":\"any\",\"meta-type\":\"builtin\",\"json-type\":\"value\"},"
    "{\"name\":\"later\",\"meta-type\":\"of-a-later-qemu\"}]";

static struct qmp_schema *schema;

static struct json_object *parse(const char *text)
{
    struct json_object *o = NULL;
    struct qmp_error *err = NULL;

    if (qmp_json_parse(text, strlen(text), &o, &err) < 0)
        fail_msg("%s: %s", text, err->msg);
    return o;
}

static int load(void **state UNUSED)
{
    CLEANUP(json_putp) struct json_object *o = parse(sample);

    schema = qmp_schema_parse(o, NULL);
    return schema ? 0 : -1;
}

static int unload(void **state UNUSED)
{
    qmp_schema_free(schema);
    return 0;
}

static void schema_knows_commands_events_and_oob(void **state UNUSED)
{
    assert_true(qmp_schema_has_command(schema, "migrate"));
    assert_false(qmp_schema_has_command(schema, "migrat"));
    assert_false(qmp_schema_has_command(schema, "STOP"));
    assert_false(qmp_schema_has_command(schema, "str"));
    assert_false(qmp_schema_has_command(schema, ""));
    assert_true(qmp_schema_has_event(schema, "STOP"));
    assert_false(qmp_schema_has_event(schema, "migrate"));
    assert_true(qmp_schema_allows_oob(schema, "yank"));
    assert_false(qmp_schema_allows_oob(schema, "migrate"));
    assert_false(qmp_schema_allows_oob(schema, "nothing"));
}

static void schema_finds_arguments_by_path(void **state UNUSED)
{
    static const struct {
        const char *command;
        const char *path;
        bool there;
    } rows[] = {
        {"migrate", "uri", true},
        {"migrate", "resume", true},
        {"migrate", "ur", false},
        {"migrate", "uri.x", false},
        {"migrate", "", false},
        {"migrate", ".", false},
        {"nothing", "uri", false},
        {"migrate-set-capabilities", "capabilities.capability", true},
        {"migrate-set-capabilities", "capabilities.nothing", false},
        {"blockdev-add", "driver", true},
        {"blockdev-add", "filename", true}, /* of a variant */
        {"blockdev-add", "server.driver", true},
        {"blockdev-add", "backing.filename", true}, /* of an alternate */
        {"blockdev-add", "backing.backing.backing.server.driver", true},
        {"blockdev-add", "server.filename", false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (qmp_schema_has_argument(schema, rows[i].command, rows[i].path) !=
            rows[i].there)
            fail_msg("%s %s", rows[i].command, rows[i].path);
}

static void schema_finds_values_of_enums(void **state UNUSED)
{
    assert_true(qmp_schema_has_capability(schema, "multifd"));
    assert_false(qmp_schema_has_capability(schema, "multi"));
    assert_false(qmp_schema_has_capability(schema, ""));
    assert_true(qmp_schema_has_value(schema, "blockdev-add", "driver", "nbd"));
    assert_true(
        qmp_schema_has_value(schema, "blockdev-add", "backing.driver", "nbd"));
    assert_false(qmp_schema_has_value(schema, "migrate", "uri", "nbd"));
    assert_true(qmp_schema_has_parameter(schema, "max-bandwidth"));
    assert_false(qmp_schema_has_parameter(schema, "min-bandwidth"));
}

/* {command, path, values; NULL: no enum is there} */
static void schema_lists_the_values_of_an_enum(void **state UNUSED)
{
    static const struct {
        const char *command, *path, *values;
    } rows[] = {
        {"migrate-set-capabilities", "capabilities.capability",
         "[\"multifd\",\"xbzrle\"]"},
        {"blockdev-add", "driver", "[\"file\",\"nbd\",\"null\"]"},
        {"blockdev-add", "backing.driver", "[\"file\",\"nbd\",\"null\"]"},
        {"blockdev-add", "node-name", NULL},
        {"blockdev-add", "nothing", NULL},
        {"blockdev-add", "", NULL},
        {"migrate-set-parameters", "tls-creds", NULL},
        {"nothing", "driver", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(json_putp)
        struct json_object *found =
            qmp_schema_values(schema, rows[i].command, rows[i].path);

        if (!rows[i].values)
            assert_null(found);
        else
            assert_string_equal(
                json_object_to_json_string_ext(found, JSON_C_TO_STRING_PLAIN),
                rows[i].values);
    }
}

static void schema_checks_the_form_of_commands(void **state UNUSED)
{
    static const struct {
        const char *command;
        const char *arguments; /* NULL: none */
        const char *wanted;    /* NULL: accepted */
    } rows[] = {
        {"yank", NULL, NULL},
        {"yank", "{}", NULL},
        {"yank", "{\"x\":1}", "'yank': argument 'x' is not known to this QEMU"},
        {"yank", "[]", "'yank': argument '' is [], an object is wanted"},
        {"nothing", NULL, "this QEMU has no command 'nothing'"},
        {"migrate", NULL, "'migrate': argument 'uri' is missing"},
        {"migrate", "{\"uri\":\"tcp:a:1\"}", NULL},
        {"migrate", "{\"uri\":\"a\",\"resume\":true}", NULL},
        {"migrate", "{\"uri\":1}",
         "'migrate': argument 'uri' is 1, a string is wanted"},
        {"migrate", "{\"uri\":null}",
         "'migrate': argument 'uri' is null, a string is wanted"},
        {"migrate", "{\"uri\":\"a\",\"resume\":\"yes\"}",
         "'migrate': argument 'resume' is \"yes\", true or false is wanted"},
        {"migrate-set-capabilities",
         "{\"capabilities\":[{\"capability\":\"multifd\",\"state\":true}]}",
         NULL},
        {"migrate-set-capabilities", "{\"capabilities\":{}}",
         "'migrate-set-capabilities': argument 'capabilities' is {}, an array "
         "is wanted"},
        {"migrate-set-capabilities",
         "{\"capabilities\":[{\"capability\":\"multifd\",\"state\":true},"
         "{\"capability\":\"mapped-ram\",\"state\":true}]}",
         "'migrate-set-capabilities': argument 'capabilities[1].capability' is "
         "\"mapped-ram\", one of multifd, xbzrle is wanted"},
        {"migrate-set-capabilities",
         "{\"capabilities\":[{\"capability\":\"multifd\"}]}",
         "'migrate-set-capabilities': argument 'capabilities[0].state' is "
         "missing"},
        {"migrate-set-parameters", "{\"max-bandwidth\":1.5}",
         "'migrate-set-parameters': argument 'max-bandwidth' is 1.5, an "
         "integer is wanted"},
        {"migrate-set-parameters",
         "{\"max-bandwidth\":1,\"ratio\":1,\"any\":[{}]}", NULL},
        {"migrate-set-parameters", "{\"ratio\":1.5,\"tls-creds\":null}", NULL},
        {"migrate-set-parameters", "{\"tls-creds\":\"a\"}", NULL},
        {"migrate-set-parameters", "{\"tls-creds\":1}",
         "'migrate-set-parameters': argument 'tls-creds' is 1, another type is "
         "wanted"},
        {"blockdev-add", "{\"driver\":\"file\",\"filename\":\"a\"}", NULL},
        {"blockdev-add", "{\"driver\":\"null\"}", NULL},
        {"blockdev-add", "{\"driver\":\"file\"}",
         "'blockdev-add': argument 'filename' is missing"},
        {"blockdev-add", "{\"filename\":\"a\"}",
         "'blockdev-add': argument 'filename' is not known to this QEMU"},
        {"blockdev-add", "{\"driver\":\"null\",\"filename\":\"a\"}",
         "'blockdev-add': argument 'filename' is not known to this QEMU"},
        {"blockdev-add", "{\"driver\":\"qcow9\"}",
         "'blockdev-add': argument 'driver' is \"qcow9\", one of file, nbd, "
         "null is wanted"},
        {"blockdev-add",
         "{\"driver\":\"nbd\",\"server\":{\"driver\":\"x\"},\"backing\":"
         "{\"driver\":\"file\",\"filename\":7}}",
         "'blockdev-add': argument 'backing.filename' is 7, a string is "
         "wanted"},
        /* takes the device's properties, which no schema lists */
        {"device_add", "{\"driver\":\"virtio-net\",\"mac\":1}", NULL},
        {"device_add", "{\"mac\":1}",
         "'device_add': argument 'driver' is missing"},
        {"object-add", "{\"driver\":\"x\",\"prop\":1}", NULL}, /* up to 5.2 */
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(json_putp)
        struct json_object *args =
            rows[i].arguments ? parse(rows[i].arguments) : NULL;
        struct qmp_error *err = NULL;
        int rc = qmp_schema_check(schema, rows[i].command, args, &err);

        if (!rows[i].wanted && rc < 0)
            fail_msg("%s", err->msg);
        if (!rows[i].wanted)
            continue;
        assert_int_equal(rc, -1);
        assert_int_equal(err->code, QMP_ERR_INVALID_ARG);
        assert_string_equal(err->msg, rows[i].wanted);
        qmp_error_free(err);
    }
}

static void schema_that_is_malformed_is_refused(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *wanted;
    } rows[] = {
        {"{}", "schema: an array was wanted, not object"},
        {"[1]", "schema: entry 0: an object with member 'name' was wanted, "
                "not int"},
        {"[{\"meta-type\":\"enum\"}]",
         "schema: entry 0: member 'name' is missing"},
        {"[{\"name\":\"a\"}]",
         "schema: entry 0: member 'meta-type' is missing"},
        {"[{\"name\":\"a\",\"meta-type\":\"command\",\"arg-type\":\"b\"}]",
         "schema: there is no type 'b'"},
        {"[{\"name\":\"a\",\"meta-type\":\"command\",\"arg-type\":\"a\"}]",
         "schema: there is no type 'a'"},
        {"[{\"name\":\"a\",\"meta-type\":\"object\",\"members\":[]},"
         "{\"name\":\"a\",\"meta-type\":\"object\",\"members\":[]}]",
         "schema: 'a' is there twice"},
        {"[{\"name\":\"a\",\"meta-type\":\"object\",\"members\":[{}]}]",
         "schema: entry 0: 'a': members[0]: member 'name' is missing"},
        {"[{\"name\":\"a\",\"meta-type\":\"object\",\"members\":[7]}]",
         "schema: entry 0: 'a': members[0]: an object with member 'name' was "
         "wanted, not int"},
        {"[{\"name\":\"a\",\"meta-type\":\"enum\",\"values\":[1]}]",
         "schema: entry 0: 'a': values[0] is not a string"},
        {"[{\"name\":\"a\",\"meta-type\":\"object\",\"members\":[],"
         "\"tag\":\"t\"}]",
         "schema: entry 0: 'a': member 'variants' is missing"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(json_putp) struct json_object *o = parse(rows[i].text);
        struct qmp_error *err = NULL;

        if (qmp_schema_parse(o, &err))
            fail_msg("accepted: %s", rows[i].text);
        assert_int_equal(err->code, QMP_ERR_PROTOCOL);
        assert_string_equal(err->msg, rows[i].wanted);
        qmp_error_free(err);
    }
}

/* Types that contain themselves, through variants and arrays. */
static void schema_that_refers_to_itself_does_not_hang(void **state UNUSED)
{
    static const char text[] =
        "[{\"name\":\"c\",\"meta-type\":\"command\",\"arg-type\":\"a\"},"
        "{\"name\":\"a\",\"meta-type\":\"object\",\"members\":["
        "{\"name\":\"t\",\"type\":\"e\"},{\"name\":\"l\",\"type\":\"[l]\"}],"
        "\"tag\":\"t\",\"variants\":[{\"case\":\"x\",\"type\":\"a\"},"
        "{\"case\":\"y\",\"type\":\"a\"},{\"case\":\"z\",\"type\":\"a\"}]},"
        "{\"name\":\"e\",\"meta-type\":\"enum\",\"values\":[\"x\"]},"
        "{\"name\":\"[l]\",\"meta-type\":\"array\",\"element-type\":\"[l]\"}]";
    CLEANUP(json_putp) struct json_object *o = parse(text);
    CLEANUP(json_putp)
    struct json_object *args = parse("{\"t\":\"x\",\"l\":[],\"u\":1}");
    CLEANUP(qmp_schema_freep) struct qmp_schema *s = qmp_schema_parse(o, NULL);
    struct qmp_error *err = NULL;

    assert_non_null(s);
    assert_false(qmp_schema_has_argument(s, "c", "nothing"));
    assert_true(qmp_schema_has_argument(s, "c", "t"));
    assert_false(qmp_schema_has_value(s, "c", "l", "x"));
    assert_int_equal(qmp_schema_check(s, "c", args, &err), -1);
    qmp_error_free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schema_knows_commands_events_and_oob),
        cmocka_unit_test(schema_finds_arguments_by_path),
        cmocka_unit_test(schema_finds_values_of_enums),
        cmocka_unit_test(schema_lists_the_values_of_an_enum),
        cmocka_unit_test(schema_checks_the_form_of_commands),
        cmocka_unit_test(schema_that_is_malformed_is_refused),
        cmocka_unit_test(schema_that_refers_to_itself_does_not_hang),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
