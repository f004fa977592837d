/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each command in tests/transcripts/ against the schema of the QEMU that it was
 * recorded from (tests/transcripts/schema/, made by scripts/record-schemas).
 */
#include "tests/lib/test.h"
#include "qmp/json.h"
#include "qmp/member.h"
#include "qmp/reader.h"
#include "qmp/schema.h"

#include <dirent.h>
#include <string.h>

#define FOLDER "tests/transcripts"

/* What is sent though a QEMU does not know it, as asking costs less than its
 * schema: it must have been refused. */
static const struct {
    const char *version;
    const char *command;
    const char *says; /* of the schema's check */
} probes[] = {
    {"7.2", "migrate-incoming", "argument 'exit-on-error' is not known"},
    {"7.2", "blockdev-set-active", "has no command"},
};

static const char *const versions[] = {"7.2", "10.0", "11.1"};

struct tally {
    const char *version;
    struct qmp_schema *schema;
    size_t files;
    size_t commands;
    size_t probed; /* bits: rows of probes */
    int64_t probe; /* id of the probe that waits for its answer; 0 */
    char peer[32]; /* its peer */
};

static struct qmp_schema *load_schema(const char *version)
{
    CLEANUP(json_putp) struct json_object *o = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    static char text[1 << 20];
    struct qmp_schema *s;
    char path[100];
    size_t len;
    FILE *f;

    snprintf(path, sizeof(path), FOLDER "/schema/%s.json", version);
    f = fopen(path, "r");
    assert_non_null(f);
    len = fread(text, 1, sizeof(text), f);
    fclose(f);
    if (qmp_json_parse(text, len, &o, &err) < 0)
        fail_msg("%s: %s", path, err->msg);
    s = qmp_schema_parse(o, &err);
    if (!s)
        fail_msg("%s: %s", path, err->msg);
    return s;
}

static bool is_probe(struct tally *t, const char *command, const char *says)
{
    for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
        if (!strcmp(probes[i].version, t->version) &&
            !strcmp(probes[i].command, command) &&
            strstr(says, probes[i].says)) {
            t->probed |= (size_t)1 << i;
            return true;
        }
    return false;
}

static void check_entry(struct tally *t, const char *path,
                        const struct qmp_entry *e)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct json_object *name = NULL;
    struct json_object *args = NULL;
    const char *command;
    int64_t id = 0;

    /* One that died or hung answers nothing. */
    if (e->kind == QMP_ENTRY_CLOSED && !strcmp(t->peer, e->peer))
        t->probe = 0;
    if (e->kind != QMP_ENTRY_MESSAGE)
        return;
    qmp_may_int(e->msg, "id", &id, NULL);
    if (e->dir == '<') {
        if (id && id == t->probe && !strcmp(t->peer, e->peer)) {
            assert_true(json_object_object_get_ex(e->msg, "error", NULL));
            t->probe = 0;
        }
        return;
    }
    if (!json_object_object_get_ex(e->msg, "execute", &name) &&
        !json_object_object_get_ex(e->msg, "exec-oob", &name))
        fail_msg("%s, line %d: no command", path, (int)e->line);
    json_object_object_get_ex(e->msg, "arguments", &args);
    command = json_object_get_string(name);
    t->commands++;
    if (qmp_schema_check(t->schema, command, args, &err) < 0) {
        if (!is_probe(t, command, err->msg))
            fail_msg("%s, line %d: %s", path, (int)e->line, err->msg);
        t->probe = id;
        snprintf(t->peer, sizeof(t->peer), "%s", e->peer);
    }
    if (json_object_object_get_ex(e->msg, "exec-oob", NULL))
        assert_true(qmp_schema_allows_oob(t->schema, command));
}

static void check_file(struct tally *t, const char *name)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(qmp_reader_freep) struct qmp_reader *r = NULL;
    struct qmp_entry e;
    char path[400];
    int rc;

    snprintf(path, sizeof(path), FOLDER "/%s", name);
    r = qmp_reader_open(path, &err);
    if (!r)
        fail_msg("%s", err->msg);
    while ((rc = qmp_reader_next(r, &e, &err)) > 0)
        check_entry(t, path, &e);
    if (rc < 0)
        fail_msg("%s", err->msg);
    assert_int_equal(t->probe, 0);
    t->files++;
}

static void recorded_commands_fit_the_schema_of_their_qemu(void **state UNUSED)
{
    size_t probed = 0;

    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        size_t n = strlen(versions[i]);
        struct tally t = {.version = versions[i]};
        DIR *d = opendir(FOLDER);
        struct dirent *f;

        assert_non_null(d);
        t.schema = load_schema(versions[i]);
        while ((f = readdir(d))) {
            size_t len = strlen(f->d_name);

            if (!strncmp(f->d_name, versions[i], n) && f->d_name[n] == '-' &&
                len > 6 && !strcmp(f->d_name + len - 6, ".jsonl"))
                check_file(&t, f->d_name);
        }
        closedir(d);
        qmp_schema_free(t.schema);
        assert_true(t.files >= 75 && t.commands > t.files * 10);
        probed |= t.probed;
    }
    /* no row is there for nothing */
    assert_int_equal(probed, ((size_t)1 << ARRAY_SIZE(probes)) - 1);
}

static void refuse(const struct qmp_schema *s, const char *command,
                   const char *arguments, const char *wanted)
{
    CLEANUP(json_putp) struct json_object *args = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    assert_int_equal(qmp_json_parse(arguments, strlen(arguments), &args, NULL),
                     0);
    assert_int_equal(qmp_schema_check(s, command, args, &err), -1);
    assert_string_equal(err->msg, wanted);
}

/* The extract has what such mistakes are found by. */
static void extract_tells_versions_apart(void **state UNUSED)
{
    static const char channels[] =
        "{\"channels\":[{\"channel-type\":\"main\",\"addr\":{\"transport\":"
        "\"socket\",\"type\":\"inet\",\"host\":\"h\",\"port\":\"1\"}}]}";
    CLEANUP(qmp_schema_freep) struct qmp_schema *old = load_schema("7.2");
    CLEANUP(qmp_schema_freep) struct qmp_schema *new = load_schema("11.1");
    CLEANUP(json_putp) struct json_object *args = NULL;

    refuse(old, "migrate", channels,
           "'migrate': argument 'channels' is not known to this QEMU");
    assert_int_equal(qmp_json_parse(channels, strlen(channels), &args, NULL),
                     0);
    assert_int_equal(qmp_schema_check(new, "migrate", args, NULL), 0);
    assert_true(qmp_schema_has_capability(old, "pause-before-switchover"));
    assert_true(qmp_schema_has_parameter(old, "max-bandwidth"));
    assert_false(qmp_schema_has_capability(old, "mapped-ram"));
    assert_true(qmp_schema_has_capability(new, "mapped-ram"));
    refuse(new, "blockdev-set-active", "{}",
           "'blockdev-set-active': argument 'active' is missing");
    assert_false(qmp_schema_has_command(old, "blockdev-set-active"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_commands_fit_the_schema_of_their_qemu),
        cmocka_unit_test(extract_tells_versions_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
