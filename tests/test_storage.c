/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of disks: which are chosen, and what is refused. */
#include "tests/lib/test.h"

#include "error/errcode.h"
#include "plan/storage.h"

#include <string.h>

#define ROW(device, qdev, node, ro, file, size, more)                          \
    "{\"device\":\"" device "\",\"qdev\":\"" qdev "\",\"inserted\":{"          \
    "\"node-name\":\"" node "\",\"ro\":" ro ",\"image\":{\"filename\":\"" file \
    "\",\"format\":\"raw\",\"virtual-size\":" size more "}}}"
#define EMPTY(device) "{\"device\":\"" device "\",\"qdev\":\"/machine/x\"}"
#define BACKED        ",\"backing-image\":{\"filename\":\"/base\"}"

#define A ROW("da", "/machine/peripheral/ida", "na", "false", "/a", "100", "")
#define A_DST                                                                  \
    ROW("da", "/machine/peripheral/ida", "ma", "false", "/A", "100", "")
#define B                                                                      \
    ROW("", "/machine/peripheral/idb/virtio-backend", "nb", "false", "/b",     \
        "200", "")
#define B_DST                                                                  \
    ROW("", "/machine/peripheral/idb/virtio-backend", "mb", "false", "/B",     \
        "200", "")
#define RO ROW("cd", "/machine/peripheral/cd0", "nc", "true", "/iso", "7", "")
#define FLASH                                                                  \
    ROW("pflash0", "/machine/system.flash0", "nf", "false", "/f", "8", "")
#define LIBVIRT                                                                \
    ROW("drive-virtio-disk0", "/machine/peripheral/virtio-disk0/x", "nl",      \
        "false", "/l", "300", "")
#define LIBVIRT_DST                                                            \
    ROW("", "/machine/peripheral/virtio-disk0/x", "ml", "false", "/L", "300",  \
        "")

static void answer(struct facts *f, enum probe probe, const char *reply)
{
    CLEANUP(json_putp) struct json_object *o = json_tokener_parse(reply);

    assert_non_null(o);
    assert_int_equal(facts_reply(f, probe, o, NULL), 0);
}

static struct facts facts_of(const char *status, const char *block,
                             const char *jobs)
{
    struct facts f = {.known = FEATURES_ALL, .features = FEATURES_ALL};

    answer(&f, PROBE_STATUS, status);
    answer(&f, PROBE_MIGRATE, "{}");
    answer(&f, PROBE_CAPABILITIES,
           "[{\"capability\":\"pause-before-switchover\",\"state\":false},"
           "{\"capability\":\"return-path\",\"state\":true}]");
    answer(&f, PROBE_PARAMETERS, "{\"max-bandwidth\":1,\"tls-creds\":\"\"}");
    answer(&f, PROBE_BLOCK, block);
    answer(&f, PROBE_BLOCK_JOBS, jobs);
    f.version = strdup("10.0.2");
    return f;
}

struct asked {
    const char *source, *dest; /* query-block */
    const char *disks;         /* migrate_disks, comma between them */
    const char *zeroes;
    unsigned flags;
    const char *jobs;
    const struct plan_disk *xml;
    size_t n_xml;
    const char *param[2]; /* one more */
    int (*same_file)(const char *a, const char *b);
    const char *dest_addr;
};

static void add_list(struct qmig_params *p, const char *name, const char *list)
{
    CLEANUP(freep) char *copy = strdup(list ? list : "");
    char *save = NULL;

    for (char *one = strtok_r(copy, ",", &save); one;
         one = strtok_r(NULL, ",", &save))
        assert_int_equal(qmig_params_add_text(p, name, one, NULL), 0);
}

static int make(const struct asked *a, struct plan *plan, char **warnings,
                enum qmig_side *side, struct qmp_error **errp)
{
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    CLEANUP(facts_clear)
    struct facts source = facts_of("{\"status\":\"running\"}", a->source,
                                   a->jobs ? a->jobs : "[]");
    CLEANUP(facts_clear)
    struct facts dest = facts_of("{\"status\":\"inmigrate\"}", a->dest, "[]");
    struct plan_input in = {
        .params = p,
        .flags = QMIG_LIVE | (a->flags ? a->flags : QMIG_NON_SHARED_DISK),
        .source_addr = "unix:/s",
        .dest_addr = a->dest_addr ? a->dest_addr : "unix:/d",
        .local_host = "here",
        .disks = a->xml,
        .n_disks = a->n_xml,
        .same_file = a->same_file,
    };

    add_list(p, "migrate_disks", a->disks);
    add_list(p, "migrate_disks_detect_zeroes", a->zeroes);
    if (a->param[0])
        assert_int_equal(
            qmig_params_add_text(p, a->param[0], a->param[1], NULL), 0);
    return plan_make(plan, &in, &source, &dest, side, warnings, errp);
}

static void plan_chooses_disks(void **state UNUSED)
{
    static const struct plan_disk xml[] = {
        {.target = "vda", .alias = "virtio-disk0"},
        {.target = "sda", .alias = "nowhere", .readonly = true},
        {.target = "sdb", .alias = "nowhere", .shareable = true},
        {.target = "sdc", .alias = "nowhere", .empty = true},
    };
    static const struct {
        struct asked asked;
        const char *copies; /* "name=node>node ..." */
    } rows[] = {
        {{"[" A "," B "]", "[" A_DST "," B_DST "]", .zeroes = "idb"},
         "da=na>ma idb=nb>mb! "},
        {{"[" A "," RO "," FLASH "," EMPTY("fd") "]", "[" A_DST "]",
          .disks = NULL},
         "da=na>ma "},
        {{"[" A "," B "]", "[" A_DST "," B_DST "]", .disks = "idb"},
         "idb=nb>mb "},
        {{"[" A "," B "]", "[" A_DST "," B_DST "]", .disks = "ida,nb"},
         "ida=na>ma nb=nb>mb "},
        {{"[" LIBVIRT "]", "[" LIBVIRT_DST "]", .xml = xml, .n_xml = 4},
         "vda=nl>ml "},
        {{"[" LIBVIRT "," A "]", "[" LIBVIRT_DST "]", .xml = xml, .n_xml = 4,
          .disks = "vda"},
         "vda=nl>ml "},
        {{"[" RO "]", "[]", .disks = NULL}, ""},
        {{"[]", "[]", .disks = NULL}, ""},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        CLEANUP(freep) char *warnings = NULL;
        CLEANUP(plan_clear) struct plan plan = {0};
        enum qmig_side side;
        char text[400] = "";
        size_t n = 0;

        if (make(&rows[i].asked, &plan, &warnings, &side, &err) < 0)
            fail_msg("row %zu: %s", i, err->msg);
        for (size_t j = 0; j < plan.n_copies; j++)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s=%s>%s%s ",
                                  plan.copies[j].name, plan.copies[j].node,
                                  plan.copies[j].dest_node,
                                  plan.copies[j].detect_zeroes ? "!" : "");
        assert_string_equal(text, rows[i].copies);
        assert_int_equal(plan_find(&plan, STEP_SERVER) != NULL,
                         plan.n_copies != 0);
    }
}

static int always_same(const char *a UNUSED, const char *b UNUSED)
{
    return 1;
}

static int never_same(const char *a UNUSED, const char *b UNUSED)
{
    return 0;
}

#define LARGE                                                                  \
    ROW("da", "/machine/peripheral/ida", "ma", "false", "/A", "101", "")
#define SAME                                                                   \
    ROW("da", "/machine/peripheral/ida", "ma", "false", "/a", "100", "")
#define TOP                                                                    \
    ROW("da", "/machine/peripheral/ida", "na", "false", "/a", "100", BACKED)
#define ON_BASE                                                                \
    ROW("da", "/machine/peripheral/ida", "ma", "false", "/base", "100", "")
#define RO_DST                                                                 \
    ROW("da", "/machine/peripheral/ida", "ma", "true", "/A", "100", "")

static void plan_refuses_what_cannot_be_copied(void **state UNUSED)
{
    static const struct {
        struct asked asked;
        int code;
        enum qmig_side side;
        const char *says;
        const char *hint; /* part of it, where it is of this error alone */
    } rows[] = {
        {{"[" A "]", "[" LARGE "]", .disks = NULL},
         QMIG_ERR_DISK,
         QMIG_SIDE_DEST,
         "disk 'da': the destination's image '/A' has 101 bytes, the source's "
         "100",
         NULL},
        {{"[" A "]", "[]", .disks = NULL},
         QMIG_ERR_DISK,
         QMIG_SIDE_DEST,
         "disk target da not found",
         NULL},
        {{"[" A "]", "[" A_DST "]", .disks = "vdz"},
         QMIG_ERR_DISK,
         QMIG_SIDE_SOURCE,
         "disk target vdz not found",
         NULL},
        {{"[" A "," RO "]", "[" A_DST "," RO "]", .disks = "cd"},
         QMIG_ERR_DISK,
         QMIG_SIDE_SOURCE,
         "Cannot migrate empty or read-only disk 'cd'",
         "leave it out of migrate_disks"},
        {{"[" A "]", "[" RO_DST "]", .disks = NULL},
         QMIG_ERR_DISK,
         QMIG_SIDE_DEST,
         "Cannot migrate empty or read-only disk 'da'",
         "an image that it may write"},
        {{"[" A "]", "[" SAME "]", .disks = NULL},
         QMIG_ERR_DISK,
         QMIG_SIDE_DEST,
         "disk 'da': its image '/a' is one that the source has open: it would "
         "be copied onto itself",
         NULL},
        {{"[" A "]", "[" A_DST "]", .same_file = always_same},
         QMIG_ERR_DISK,
         QMIG_SIDE_DEST,
         "copied onto itself",
         NULL},
        {{"[" TOP "]", "[" ON_BASE "]", .disks = NULL},
         QMIG_ERR_DISK,
         QMIG_SIDE_DEST,
         "disk 'da': its image '/base' is one that the source has open",
         NULL},
        {{"[" TOP "]", "[" A_DST "]", .flags = QMIG_NON_SHARED_INC},
         QMIG_ERR_DISK,
         QMIG_SIDE_DEST,
         "has no backing file",
         NULL},
        {{"[" A "," B "]", "[" A_DST "," B_DST "]", .disks = "da",
          .zeroes = "idb"},
         QMIG_ERR_DISK,
         QMIG_SIDE_SOURCE,
         "migrate_disks_detect_zeroes: disk 'idb' is not one of those that are "
         "copied",
         "name it in migrate_disks"},
        {{"[" A "]", "[" A_DST "]", .zeroes = "vdz"},
         QMIG_ERR_DISK,
         QMIG_SIDE_SOURCE,
         "disk target vdz not found",
         NULL},
        {{"[" A "]", "[" A_DST "]", .disks = "da,ida"},
         QMIG_ERR_DISK,
         QMIG_SIDE_SOURCE,
         "'da' and 'ida' are the same disk",
         NULL},
        {{"[" A "]", "[" A_DST "]", .jobs = "[{\"device\":\"backup0\"}]"},
         QMIG_ERR_BLOCKED,
         QMIG_SIDE_SOURCE,
         "domain has active block job ('backup0')",
         NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        CLEANUP(freep) char *warnings = NULL;
        CLEANUP(plan_clear) struct plan plan = {0};
        enum qmig_side side;

        if (make(&rows[i].asked, &plan, &warnings, &side, &err) == 0)
            fail_msg("row %zu was not refused", i);
        assert_int_equal(err->code, rows[i].code);
        assert_int_equal(side, rows[i].side);
        if (!strstr(err->msg, rows[i].says))
            fail_msg("row %zu: %s", i, err->msg);
        if (rows[i].hint && (!err->hint || !strstr(err->hint, rows[i].hint)))
            fail_msg("row %zu: hint: %s", i, err->hint ? err->hint : "none");
    }
}

/* What looks like the same file, and is not. */
static void plan_copies_between_files_of_one_name(void **state UNUSED)
{
    static const struct asked rows[] = {
        {"[" A "]", "[" SAME "]", .same_file = never_same},
        {"[" A "]", "[" SAME "]", .dest_addr = "tcp:there:4444"},
        {"[" A "]", "[" SAME "]", .flags = QMIG_NON_SHARED_DISK | QMIG_UNSAFE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        CLEANUP(freep) char *warnings = NULL;
        CLEANUP(plan_clear) struct plan plan = {0};
        enum qmig_side side;

        if (make(&rows[i], &plan, &warnings, &side, &err) < 0)
            fail_msg("row %zu: %s", i, err->msg);
        assert_int_equal(plan.n_copies, 1);
    }
}

/* Arguments of a step, as text; the n-th of that command. */
static const char *sent(const struct plan *plan, const char *execute)
{
    for (size_t i = 0; i < plan->n; i++)
        if (!strcmp(plan->steps[i].execute, execute))
            return json_object_to_json_string_ext(
                plan->steps[i].arguments,
                JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    return "nothing";
}

static void plan_says_how_disks_are_copied(void **state UNUSED)
{
    static const struct {
        struct asked asked;
        const char *execute, *arguments;
    } rows[] = {
        {{"[" A "]", "[" A_DST "]", .disks = NULL},
         "nbd-server-start",
         "{\"addr\":{\"type\":\"inet\",\"data\":{\"host\":\"127.0.0.1\","
         "\"port\":\"49152\"}}}"},
        {{"[" A "]", "[" A_DST "]", .dest_addr = "tcp:there:4444"},
         "nbd-server-start",
         "{\"addr\":{\"type\":\"inet\",\"data\":{\"host\":\"\","
         "\"port\":\"49152\"}}}"},
        {{"[" A "]", "[" A_DST "]", .dest_addr = "tcp:there:4444",
          .param = {"disks_port", "7777"}},
         "blockdev-add",
         "{\"driver\":\"nbd\",\"node-name\":\"qmigrate-da\",\"server\":{"
         "\"type\":\"inet\",\"host\":\"there\",\"port\":\"7777\"},"
         "\"export\":\"qmigrate-da\"}"},
        {{"[" A "]", "[" A_DST "]", .param = {"disks_uri", "unix:///n"}},
         "nbd-server-start",
         "{\"addr\":{\"type\":\"unix\",\"data\":{\"path\":\"/n\"}}}"},
        {{"[" A "]", "[" A_DST "]", .param = {"disks_uri", "unix:///n"},
          .zeroes = "da"},
         "blockdev-add",
         "{\"driver\":\"nbd\",\"node-name\":\"qmigrate-da\",\"server\":{"
         "\"type\":\"unix\",\"path\":\"/n\"},\"export\":\"qmigrate-da\","
         "\"discard\":\"unmap\",\"detect-zeroes\":\"unmap\"}"},
        {{"[" A "]", "[" A_DST "]", .flags = QMIG_TLS | QMIG_NON_SHARED_DISK},
         "nbd-server-start",
         "{\"addr\":{\"type\":\"inet\",\"data\":{\"host\":\"127.0.0.1\","
         "\"port\":\"49152\"}},\"tls-creds\":\"qmigrate-tls\"}"},
        {{"[" A "]", "[" A_DST "]", .flags = QMIG_TLS | QMIG_NON_SHARED_DISK,
          .param = {"tls.destination", "host"}},
         "blockdev-add",
         "{\"driver\":\"nbd\",\"node-name\":\"qmigrate-da\",\"server\":{"
         "\"type\":\"inet\",\"host\":\"127.0.0.1\",\"port\":\"49152\"},"
         "\"export\":\"qmigrate-da\",\"tls-creds\":\"qmigrate-tls\","
         "\"tls-hostname\":\"host\"}"},
        {{"[" A "]", "[" A_DST "]", .param = {"bandwidth", "3"}},
         "blockdev-mirror",
         "{\"job-id\":\"qmigrate-da\",\"device\":\"na\",\"target\":"
         "\"qmigrate-da\",\"sync\":\"full\",\"speed\":3145728}"},
        {{"[" A "]", "[" A_DST "]",
          .flags = QMIG_NON_SHARED_INC | QMIG_NON_SHARED_SYNCHRONOUS_WRITES},
         "blockdev-mirror",
         "{\"job-id\":\"qmigrate-da\",\"device\":\"na\",\"target\":"
         "\"qmigrate-da\",\"sync\":\"top\",\"copy-mode\":\"write-blocking\"}"},
        {{"[" A "]", "[" A_DST "]", .disks = NULL},
         "block-export-add",
         "{\"type\":\"nbd\",\"id\":\"qmigrate-da\",\"node-name\":\"ma\","
         "\"name\":\"qmigrate-da\",\"writable\":true}"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        CLEANUP(freep) char *warnings = NULL;
        CLEANUP(plan_clear) struct plan plan = {0};
        enum qmig_side side;

        if (make(&rows[i].asked, &plan, &warnings, &side, &err) < 0)
            fail_msg("row %zu: %s", i, err->msg);
        assert_string_equal(sent(&plan, rows[i].execute), rows[i].arguments);
    }
}

/* A name that QEMU would not take for a node; and too many disks. */
static void plan_names_nodes_within_qemus_limits(void **state UNUSED)
{
    static const char *const names[][2] = {
        {"vda", "qmigrate-vda"},
        {"a-name_of.22-characters", "qmigrate-disk.0"},
        {"/machine/unattached/device[1]", "qmigrate-disk.0"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        CLEANUP(plan_clear) struct plan plan = {0};
        CLEANUP(freep) char *from = NULL;
        CLEANUP(freep) char *to = NULL;
        enum qmig_side side;
        static const char form[] =
            "[{\"device\":\"%s\",\"qdev\":\"/machine/x\",\"inserted\":{"
            "\"node-name\":\"%s\",\"image\":{\"filename\":\"%s\","
            "\"virtual-size\":1}}}]";

        assert_true(asprintf(&from, form, names[i][0], "n", "/1") > 0);
        assert_true(asprintf(&to, form, names[i][0], "m", "/2") > 0);
        struct asked a = {.source = from, .dest = to};
        assert_int_equal(make(&a, &plan, NULL, &side, NULL), 0);
        assert_string_equal(plan.copies[0].id, names[i][1]);
    }
}

static void plan_takes_as_many_disks_as_it_says(void **state UNUSED)
{
    for (int n = PLAN_MAX_COPIES; n <= PLAN_MAX_COPIES + 1; n++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        CLEANUP(plan_clear) struct plan plan = {0};
        char *text[2] = {NULL, NULL};
        enum qmig_side side;

        for (int k = 0; k < 2; k++) {
            size_t size;
            FILE *to = open_memstream(&text[k], &size);

            for (int i = 0; i < n; i++)
                fprintf(to,
                        "%c{\"device\":\"d%d\",\"qdev\":\"/machine/x%d\","
                        "\"inserted\":{\"node-name\":\"n%d\",\"image\":{"
                        "\"filename\":\"/%d/%d\",\"virtual-size\":1}}}",
                        i ? ',' : '[', i, i, i, k, i);
            fputc(']', to);
            fclose(to);
        }
        struct asked a = {.source = text[0],
                          .dest = text[1],
                          .flags = QMIG_NON_SHARED_DISK | QMIG_TLS};
        int rc = make(&a, &plan, NULL, &side, &err);
        assert_int_equal(rc, n > PLAN_MAX_COPIES ? -1 : 0);
        if (rc < 0)
            assert_non_null(strstr(err->msg, "more than 32 disks"));
        free(text[0]);
        free(text[1]);
    }
}

/* query-block says anything: nothing of it crashes. */
static void plan_survives_odd_answers(void **state UNUSED)
{
    static const char *const odd[] = {
        "[1]",
        "[null]",
        "[{\"inserted\":1}]",
        "[{\"device\":1,\"qdev\":2,\"inserted\":{\"node-name\":3}}]",
        "[{\"device\":\"d\",\"qdev\":\"/"
        "x\",\"inserted\":{\"node-name\":\"n\"}}]",
        "[{\"device\":\"d\",\"qdev\":\"/x\",\"inserted\":{\"node-name\":\"n\","
        "\"image\":[]}}]",
    };

    for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(odd); j++) {
            CLEANUP(plan_clear) struct plan plan = {0};
            struct asked a = {.source = odd[i], .dest = odd[j], .disks = "d"};
            enum qmig_side side;

            make(&a, &plan, NULL, &side, NULL);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_chooses_disks),
        cmocka_unit_test(plan_refuses_what_cannot_be_copied),
        cmocka_unit_test(plan_copies_between_files_of_one_name),
        cmocka_unit_test(plan_says_how_disks_are_copied),
        cmocka_unit_test(plan_names_nodes_within_qemus_limits),
        cmocka_unit_test(plan_takes_as_many_disks_as_it_says),
        cmocka_unit_test(plan_survives_odd_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
