/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a journal's records mean; and owner and recover on state directories
 * with nobody to ask. */
#include "tests/lib/test.h"
#include "error/errcode.h"
#include "job/statedir.h"
#include "recover/verdict.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define BEGIN                                                                  \
    "{\"record\":\"begin\",\"journal\":1,\"guest\":\"vm\",\"source\":\"/s\","  \
    "\"destination\":\"/d\",\"runs\":true,\"arrives_paused\":false,"           \
    "\"keep_source\":false,\"undo\":[],\"takeover\":[]"

#define ONE_WAY ",\"return_path\":false"

static struct qmp_error *err;

/* Records as an array of JSON: the stage that they end in, or -1. `past` may
 * be NULL. */
static int read_records(const char *text, struct past *ret)
{
    struct json_object *list = json_tokener_parse(text);
    struct journal_log log = {0};
    struct past past = {0};

    assert_non_null(list);
    log.n = json_object_array_length(list);
    log.records = calloc(log.n + 1, sizeof(struct json_object *));
    for (size_t i = 0; i < log.n; i++)
        log.records[i] = json_object_get(json_object_array_get_idx(list, i));
    json_object_put(list);

    int rc = past_read(&log, "id", &past, &err);
    int stage = rc < 0 ? -1 : (int)past.stage;
    if (ret)
        *ret = past;
    else
        past_clear(&past);
    journal_log_clear(&log);
    return stage;
}

static int stage_of(const char *text)
{
    return read_records(text, NULL);
}

static void stages_follow_the_records(void **state UNUSED)
{
#define R(name)    ",{\"record\":\"" name "\"}"
#define SET(were)  ",{\"record\":\"set\",\"were\":{" were "}}"
#define SPLIT      ",{\"record\":\"commit\",\"mode\":\"postcopy\"}"
#define END(owner) ",{\"record\":\"end\",\"owner\":\"" owner "\"}"
#define LEFT(owner)                                                            \
    ",{\"record\":\"end\",\"owner\":\"" owner "\",\"left\":true}"
    static const struct {
        const char *text;
        enum past_stage stage;
    } rows[] = {
        {"[]", PAST_NOTHING},
        {"[{\"record\":\"end\",\"owner\":\"source\"}]", PAST_ENDED_SOURCE},
        {"[" BEGIN "}]", PAST_BEGIN},
        {"[" BEGIN "}" R("migrate") "]", PAST_MIGRATE},
        {"[" BEGIN "}" R("migrate") R("switchover") "]", PAST_SWITCHOVER},
        {"[" BEGIN "}" R("migrate") SET("\"a\":1") R("switchover") "]",
         PAST_SWITCHOVER},
        {"[" BEGIN "}" R("migrate") SET("\"a\":1") "]", PAST_MIGRATE},
        {"[" BEGIN "}" R("migrate") R("switchover") R("commit") "]",
         PAST_COMMIT},
        {"[" BEGIN ",\"return_path\":true}" R("migrate") R("switchover") "]",
         PAST_SWITCHOVER},
        {"[" BEGIN ONE_WAY "}" R("migrate") "]", PAST_MIGRATE},
        {"[" BEGIN ONE_WAY "}" R("migrate") R("switchover") "]", PAST_ONE_WAY},
        {"[" BEGIN ONE_WAY "}" R("migrate") R("switchover") R("back") "]",
         PAST_BACK},
        {"[" BEGIN ONE_WAY "}" R("migrate") R("switchover") R("commit") "]",
         PAST_COMMIT},
        {"[" BEGIN ONE_WAY "}" R("migrate") R("switchover") R("commit")
             R("back") "]",
         PAST_BACK},
        {"[" BEGIN "}" R("migrate") R("switchover") R("quit") "]", PAST_QUIT},
        {"[" BEGIN "}" R("migrate") R("back") "]", PAST_BACK},
        {"[" BEGIN "}" R("migrate") R("back") R("back") "]", PAST_BACK},
        {"[" BEGIN "}" R("migrate") R("back") END("source") "]",
         PAST_ENDED_SOURCE},
        {"[" BEGIN "}" R("migrate") R("switchover") END("undecided") "]",
         PAST_SWITCHOVER},
        {"[" BEGIN "}" R("migrate") R("switchover") END("undecided")
             R("commit") "]",
         PAST_COMMIT},
        {"[" BEGIN "}" R("migrate") R("postcopy") R("switchover") "]",
         PAST_POSTCOPY},
        {"[" BEGIN "}" R("migrate") R("switchover") R("postcopy")
             R("commit") "]",
         PAST_COMMIT},
        {"[" BEGIN "}" R("migrate") R("switchover") R("postcopy") SPLIT "]",
         PAST_SPLIT},
        {"[" BEGIN "}" R("migrate") R("postcopy") SPLIT END("split") "]",
         PAST_SPLIT},
        {"[" BEGIN "}" R("migrate") R("postcopy") SPLIT R("postcopy")
             END("undecided") "]",
         PAST_POSTCOPY},
        {"[" BEGIN "}" R("migrate") R("quit") END("destination") "]",
         PAST_ENDED_DEST},
        /* A QEMU did not answer when all was to be undone. */
        {"[" BEGIN "}" R("migrate") R("back") LEFT("source") "]", PAST_BACK},
        {"[" BEGIN "}" R("migrate") R("quit") LEFT("destination") "]",
         PAST_QUIT},
        {"[" BEGIN "}" R("migrate") R("back") LEFT("source") R("back")
             END("source") "]",
         PAST_ENDED_SOURCE},
        /* A side did not hear of it. */
        {"[" BEGIN "}" LEFT("source") "]", PAST_BEGIN},
        {"[" BEGIN "}" R("migrate") R("switchover") LEFT("source") "]",
         PAST_BACK},
        {"[" BEGIN "}" R("migrate") R("switchover") LEFT("destination") "]",
         PAST_QUIT},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(stage_of(rows[i].text), rows[i].stage);
}

/* What `begin` has counts, then the first value of each. */
static void parameters_that_were_set_join_the_way_back(void **state UNUSED)
{
    struct past past;

    assert_int_equal(
        read_records("[" BEGIN ",\"undo\":[{\"peer\":\"source\",\"execute\":"
                     "\"migrate-set-parameters\",\"arguments\":{\"a\":1}}]}" R(
                         "migrate") SET("\"a\":2,\"b\":3") SET("\"b\":4") "]",
                     &past),
        PAST_MIGRATE);
    assert_string_equal(
        json_object_to_json_string_ext(past.undo, JSON_C_TO_STRING_PLAIN),
        "[{\"peer\":\"source\",\"execute\":\"migrate-set-parameters\","
        "\"arguments\":{\"a\":1,\"b\":3}}]");
    past_clear(&past);

    read_records("[" BEGIN "}" R("migrate") SET("\"b\":3") "]", &past);
    assert_string_equal(
        json_object_to_json_string_ext(past.undo, JSON_C_TO_STRING_PLAIN),
        "[{\"peer\":\"source\",\"arguments\":{\"b\":3},\"execute\":"
        "\"migrate-set-parameters\"}]");
    past_clear(&past);
}

static void records_that_make_no_sense_are_refused(void **state UNUSED)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"[" BEGIN "}" R("migrate") R("back") R("commit") "]",
         "record 4, 'commit': may not follow 'back'"},
        {"[" BEGIN "}" R("switchover") "]",
         "record 2, 'switchover': may not follow 'begin'"},
        {"[" BEGIN "}," BEGIN "}]",
         "record 2, 'begin': may not follow 'begin'"},
        {"[" BEGIN "}" R("teleport") "]",
         "record 2, 'teleport': this version does not know it"},
        {"[{\"record\":\"set\",\"were\":{}}]",
         "record 1, 'set': may not come before 'begin'"},
        {"[" BEGIN "}" R("set") "]",
         "record 2, 'set': 'were' must be an object"},
        {"[" BEGIN "}" R("postcopy") "]",
         "record 2, 'postcopy': may not follow 'begin'"},
        {"[" BEGIN "}" R("migrate") R("quit") R("back") "]",
         "record 4, 'back': may not follow 'quit'"},
        {"[" BEGIN "}" END("nobody") "]",
         "record 2, 'end': 'owner' is none that is known"},
        {"[{\"record\":\"begin\",\"journal\":2}]",
         "the format's version is 2, must be 1"},
        {"[{\"record\":\"begin\"}]",
         "the format's version is missing, must be 1"},
        {"[{\"record\":\"begin\",\"journal\":1}]",
         "record 1, 'begin': 'guest' must be a string"},
        {"[" BEGIN ",\"undo\":7}]", "'undo' must be an array"},
        {"[" BEGIN ",\"undo\":[{\"peer\":\"source\"}]}]",
         "'undo' row 1 is not a command for source or destination"},
        {"[" BEGIN ",\"takeover\":[{\"peer\":\"x\",\"execute\":\"cont\"}]}]",
         "'takeover' row 1 is not a command"},
        {"[" BEGIN ",\"undo\":[{\"peer\":\"source\",\"execute\":\"a\","
         "\"arguments\":3}]}]",
         "'undo' row 1 is not a command"},
        {"[" BEGIN ",\"runs\":1}]", "'runs' must be true or false"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(stage_of(rows[i].text), -1);
        assert_int_equal(err->code, QMIG_ERR_JOURNAL_BAD);
        if (!strstr(err->msg, rows[i].error))
            fail_msg("'%s' is not in '%s'", rows[i].error, err->msg);
        qmp_error_free(err);
        err = NULL;
    }
}

/* owner and recover, where no QEMU answers */

static char dir[64];

static int setup(void **state UNUSED)
{
    snprintf(dir, sizeof(dir), "/tmp/test_recover.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state UNUSED)
{
    char command[128];

    qmp_error_free(err);
    err = NULL;
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

#define ID "20260131T120000-0000000a"

/* A journal with `begin` and these records (separated by blanks). */
static void make_journal(const char *id, const char *records)
{
    CLEANUP(json_putp) struct json_object *begin = NULL;
    CLEANUP(freep) char *copy = strdup(records);
    char path[128];
    char *rest = copy;
    char *name;

    snprintf(path, sizeof(path), "%s/%s", dir, id);
    assert_int_equal(mkdir(path, 0700), 0);
    struct journal *j = journal_create(path, &err);
    assert_non_null(j);
    begin = json_tokener_parse(BEGIN ",\"id\":\"x\"}");
    json_object_object_del(begin, "record");
    snprintf(path, sizeof(path), "%s/none", dir);
    json_object_object_add(begin, "source", json_object_new_string(path));
    json_object_object_add(begin, "destination", json_object_new_string(path));
    assert_int_equal(journal_write(j, "begin", begin, true, &err), 0);
    while ((name = strsep(&rest, " ")))
        if (*name)
            assert_int_equal(journal_write(j, name, NULL, true, &err), 0);
    journal_close(j);
}

static struct qmig_recover_options options(const char *id, const char *fenced)
{
    return (struct qmig_recover_options){
        .id = id, .state_dir = dir, .fenced = fenced};
}

static const char *member(struct json_object *o, const char *name)
{
    struct json_object *value = NULL;

    assert_true(json_object_object_get_ex(o, name, &value));
    return json_object_get_string(value);
}

static void owner_gives_evidence_and_changes_nothing(void **state UNUSED)
{
    struct qmig_recover_options o = options("vm", NULL);
    CLEANUP(json_putp) struct json_object *report = NULL;
    char path[128];
    struct stat before, after;

    make_journal(ID, "migrate switchover");
    snprintf(path, sizeof(path), "%s/" ID "/journal", dir);
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(qmig_owner(&o, &report, &err), 5);
    assert_string_equal(member(report, "owner"), "undecided");
    assert_string_equal(member(report, "journal"), "switchover");
    assert_string_equal(member(report, "way"), "wait");
    assert_non_null(
        strstr(member(report, "evidence"), "source: does not answer: "));
    assert_non_null(strstr(member(report, "evidence"), "cannot connect"));
    assert_non_null(strstr(member(report, "recover"), "--fenced"));
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    snprintf(path, sizeof(path), "%s/vm.lock", dir);
    assert_int_equal(access(path, F_OK), -1);
}

static void fence_is_taken_and_named_when_it_is_none(void **state UNUSED)
{
    struct qmig_recover_options o = options(ID, "destination");
    CLEANUP(json_putp) struct json_object *report = NULL;

    make_journal(ID, "migrate switchover");
    assert_int_equal(qmig_recover(&o, &report, &err), 1);
    o.fenced = "both";
    assert_int_equal(qmig_recover(&o, &report, &err), -1);
    assert_string_equal(err->msg, "'both' cannot be fenced, must be 'source' "
                                  "or 'destination'");
}

static void recover_that_can_do_nothing_records_nothing(void **state UNUSED)
{
    struct qmig_recover_options o = options(ID, NULL);
    struct json_object *report = NULL;
    struct journal_log log;
    char path[128];

    make_journal(ID, "migrate");
    o.fenced = "destination";
    assert_int_equal(qmig_recover(&o, &report, &err), 1);
    assert_string_equal(member(report, "way"), "wait");
    json_object_put(report);

    snprintf(path, sizeof(path), "%s/" ID, dir);
    assert_int_equal(journal_read(path, &log, &err), 0);
    assert_int_equal(log.n, 2); /* nothing was done, nothing is recorded */
    journal_log_clear(&log);
}

static void older_migration_is_not_recovered(void **state UNUSED)
{
    struct qmig_recover_options o = options(ID, NULL);
    CLEANUP(json_putp) struct json_object *report = NULL;

    make_journal(ID, "migrate");
    make_journal("20260131T120001-0000000a", "migrate");
    assert_int_equal(qmig_recover(&o, &report, &err), -1);
    assert_string_equal(err->msg, "migration '" ID "' is not the last one of "
                                  "its guest: that is "
                                  "'20260131T120001-0000000a'");
    assert_int_equal(err->code, QMIG_ERR_USAGE);
}

static void recover_waits_for_nobody_who_holds_the_guest(void **state UNUSED)
{
    struct qmig_recover_options o = options(ID, NULL);
    CLEANUP(json_putp) struct json_object *report = NULL;

    make_journal(ID, "migrate switchover commit");
    int fd = statedir_lock(dir, "vm", ID, &err);
    assert_true(fd >= 0);
    assert_int_equal(qmig_recover(&o, &report, &err), -1);
    assert_int_equal(err->code, QMIG_ERR_LOCKED);
    qmp_error_free(err);
    err = NULL;
    /* owner tells from the journal, and who it is. */
    assert_int_equal(qmig_owner(&o, &report, &err), 0);
    assert_non_null(strstr(member(report, "holder"), "process "));
    assert_non_null(strstr(member(report, "evidence"), "were not asked"));
    close(fd);
}

static void damaged_journal_gives_no_verdict(void **state UNUSED)
{
    struct qmig_recover_options o = options(ID, NULL);
    CLEANUP(json_putp) struct json_object *report = NULL;
    char path[128];

    make_journal(ID, "migrate switchover");
    snprintf(path, sizeof(path), "%s/" ID "/journal", dir);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "X", 1, 12), 1);
    close(fd);
    assert_int_equal(qmig_owner(&o, &report, &err), -1);
    assert_int_equal(err->code, QMIG_ERR_JOURNAL_BAD);
    assert_int_equal(qmig_errcode_exit(err->code), 5);
    assert_non_null(strstr(err->msg, "line 1: the checksum is wrong"));
}

/* The disk was full, or the host died, before there was one. */
static void without_a_journal_nothing_was_sent(void **state UNUSED)
{
    struct qmig_recover_options o = options(ID, NULL);
    CLEANUP(json_putp) struct json_object *report = NULL;
    char path[128];

    snprintf(path, sizeof(path), "%s/" ID, dir);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(qmig_owner(&o, &report, &err), 1);
    assert_string_equal(
        json_object_get_string(json_object_object_get(report, "why")),
        "nothing was sent that changes a QEMU");
    json_object_put(report);
    report = NULL;
    assert_int_equal(qmig_recover(&o, &report, &err), 1);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_follow_the_records),
        cmocka_unit_test(parameters_that_were_set_join_the_way_back),
        cmocka_unit_test(records_that_make_no_sense_are_refused),
        T(owner_gives_evidence_and_changes_nothing),
        T(fence_is_taken_and_named_when_it_is_none),
        T(recover_that_can_do_nothing_records_nothing),
        T(older_migration_is_not_recovered),
        T(recover_waits_for_nobody_who_holds_the_guest),
        T(damaged_journal_gives_no_verdict),
        T(without_a_journal_nothing_was_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
