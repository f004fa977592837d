/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is written and removed, in which order, and how the journal has it. */
#include "tests/lib/test.h"
#include "error/errcode.h"
#include "recover/past.h"
#include "store/move.h"

#include <string.h>

#define UUID  "11111111-2222-3333-4444-555555555555"
#define OTHER "99999999-2222-3333-4444-555555555555"
#define XML(uuid)                                                              \
    "<domain type='kvm'><name>vm</name><uuid>" uuid "</uuid></domain>\n"

/* Both stores, unless a name is NULL. */
static struct store_move make(const char *source, const char *dest)
{
    struct store_move move = {.uuid = strdup(UUID),
                              .temp = strdup(".qmigrate-1.new"),
                              .text = strdup("<new/>")};
    const char *const names[] = {source, dest};

    for (int side = 0; side < 2; side++) {
        if (!names[side])
            continue;
        assert_int_equal(store_addr_parse(names[side], &move.addr[side], NULL),
                         0);
        move.file[side] = strdup("vm.xml");
    }
    return move;
}

/* "D check, S check" */
static void assert_steps(struct store_move *move, enum move_step step,
                         const char *wanted)
{
    static const char *const names[] = {
        [STORE_CHECK] = "check",     [STORE_STAGE] = "stage",
        [STORE_PUBLISH] = "publish", [STORE_DISCARD] = "discard",
        [STORE_REMOVE] = "remove",
    };
    struct store_request r;
    enum qmig_side side;
    char found[128] = "";
    unsigned at = 0;

    while (move_next(move, step, &at, &r, &side)) {
        size_t n = strlen(found);

        snprintf(found + n, sizeof(found) - n, "%s%c %s", n ? ", " : "",
                 side == QMIG_SIDE_SOURCE ? 'S' : 'D', names[r.op]);
        assert_string_equal(r.file, "vm.xml");
        if (r.op == STORE_STAGE || r.op == STORE_PUBLISH)
            assert_string_equal(r.text, "<new/>");
        if (r.op == STORE_CHECK)
            assert_string_equal(r.uuid, UUID);
    }
    assert_string_equal(found, wanted);
}

static void requests_come_in_order(void **state UNUSED)
{
    CLEANUP(move_clear) struct store_move both = make("/s", "/d");
    CLEANUP(move_clear) struct store_move source = make("/s", NULL);
    CLEANUP(move_clear) struct store_move dest = make(NULL, "/d");

    assert_steps(&both, MOVE_CHECK, "D check, S check");
    assert_steps(&both, MOVE_STAGE, "D stage");
    assert_steps(&both, MOVE_FINISH, "D publish, S remove");
    assert_steps(&both, MOVE_DISCARD, "D discard");
    assert_steps(&source, MOVE_CHECK, "S check");
    assert_steps(&source, MOVE_STAGE, "");
    assert_steps(&source, MOVE_FINISH, "S remove");
    assert_steps(&source, MOVE_DISCARD, "");
    assert_steps(&dest, MOVE_FINISH, "D publish");
}

static void what_is_done_is_not_asked_for_again(void **state UNUSED)
{
    CLEANUP(move_clear) struct store_move move = make("/s", "/d");

    assert_true(move_is_due(&move, true));
    assert_true(move_is_due(&move, false));
    assert_string_equal(move_did(&move, STORE_PUBLISH), "published");
    assert_steps(&move, MOVE_FINISH, "S remove");
    assert_true(move_is_due(&move, true));
    assert_int_equal(move_take_record(&move, "removed"), 0);
    assert_steps(&move, MOVE_FINISH, "");
    assert_false(move_is_due(&move, true));
    assert_int_equal(move_take_record(&move, "discarded"), 0);
    assert_false(move_is_due(&move, false));
    assert_int_equal(move_take_record(&move, "staged"), 0);
    assert_int_equal(move_take_record(&move, "burnt"), -1);
    assert_int_equal(move_take_record(&move, NULL), -1);
}

static void guest_in_the_way_is_told(void **state UNUSED)
{
    static const struct {
        enum qmig_side side;
        const char *old;
        const char *other;
        int code; /* 0: it is fine */
        const char *msg;
    } cases[] = {
        {QMIG_SIDE_DEST, NULL, NULL, 0, NULL},
        {QMIG_SIDE_DEST, XML(UUID), NULL, 0, NULL},
        {QMIG_SIDE_SOURCE, XML(UUID), "copy.xml", 0, NULL},
        {QMIG_SIDE_DEST, XML(OTHER), NULL, QMIG_ERR_STORE_TAKEN,
         "domain store '/d': 'vm.xml' is of another guest: its uuid is '" OTHER
         "', not '" UUID "'"},
        {QMIG_SIDE_SOURCE, XML(OTHER), NULL, QMIG_ERR_STORE_TAKEN,
         "domain store '/s': 'vm.xml' is of another guest: its uuid is '" OTHER
         "', not '" UUID "'"},
        {QMIG_SIDE_DEST, "<domain type='kvm'><name>vm</name></domain>", NULL,
         QMIG_ERR_STORE_TAKEN,
         "domain store '/d': 'vm.xml' is of another guest: its uuid is '', not "
         "'" UUID "'"},
        {QMIG_SIDE_DEST, "mine", NULL, QMIG_ERR_STORE_TAKEN,
         "domain store '/d': 'vm.xml' is no definition of a guest: "},
        {QMIG_SIDE_DEST, NULL, "web.xml", QMIG_ERR_STORE_TAKEN,
         "domain store '/d': 'web.xml' has the guest's uuid '" UUID
         "' already"},
        {QMIG_SIDE_SOURCE, NULL, NULL, QMIG_ERR_STORE,
         "domain store '/s': there is no 'vm.xml' that could be removed"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(move_clear) struct store_move move = make("/s", "/d");
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        CLEANUP(store_reply_clear)
        struct store_reply reply = {
            .old = cases[i].old ? strdup(cases[i].old) : NULL,
            .other = cases[i].other ? strdup(cases[i].other) : NULL};
        int rc = move_learn(&move, cases[i].side, &reply, &err);

        if (!cases[i].code) {
            assert_int_equal(rc, 0);
            assert_int_equal(move.had[cases[i].side], cases[i].old != NULL);
            continue;
        }
        assert_int_equal(rc, -1);
        assert_int_equal(err->code, cases[i].code);
        assert_memory_equal(err->msg, cases[i].msg, strlen(cases[i].msg));
    }
}

static void journal_has_all_of_it(void **state UNUSED)
{
    char dir[] = "/tmp/qmigrate-test-move.XXXXXX";
    char command[64];
    CLEANUP(json_putp) struct json_object *json = NULL;
    CLEANUP(move_clear) struct store_move move = make("/s", "ssh:h:/d");
    CLEANUP(move_clear) struct store_move back = {0};
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct store_reply reply = {.old = strdup(XML(UUID))};

    assert_non_null(mkdtemp(dir));
    assert_int_equal(move_learn(&move, QMIG_SIDE_SOURCE, &reply, NULL), 0);
    assert_int_equal(move_save(&move, dir, &json, &err), 0);
    assert_int_equal(move_load(json, &back, &err), 0);
    assert_string_equal(back.addr[QMIG_SIDE_DEST].host, "h");
    assert_string_equal(back.uuid, UUID);
    assert_string_equal(back.temp, move.temp);
    assert_null(back.text);
    assert_int_equal(move_load_texts(&back, dir, &err), 0);
    assert_string_equal(back.text, "<new/>");
    assert_string_equal(back.old[QMIG_SIDE_SOURCE], XML(UUID));
    assert_null(back.old[QMIG_SIDE_DEST]);
    assert_true(move_is_published(&back, "<new/>\n"));
    assert_true(move_is_published(&back, "<new/>"));
    assert_false(move_is_published(&back, "<new/>\n\n"));
    assert_false(move_is_published(&back, "<new"));
    assert_false(move_is_published(&back, NULL));

    snprintf(command, sizeof(command), "rm -r %s", dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(move_save(&move, dir, &json, &err), -1);
    move_clear(&back);
    assert_int_equal(move_load(json, &back, NULL), 0);
    assert_int_equal(move_load_texts(&back, dir, NULL), -1);
}

static void journal_with_bad_stores_is_refused(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *msg;
    } cases[] = {
        {"[]", "'uuid' must be a string"},
        {"{\"uuid\":1}", "'uuid' must be a string"},
        {"{\"uuid\":\"u\",\"source\":{}}", "'store' must be a string"},
        {"{\"uuid\":\"u\",\"source\":{\"store\":\"/a\"}}",
         "'file' must be a string"},
        {"{\"uuid\":\"u\",\"destination\":{\"store\":\"/a\",\"file\":\"x\"}}",
         "'temp' must be a string"},
        {"{\"uuid\":\"u\",\"source\":{\"store\":\"tcp:1\",\"file\":\"x\"}}",
         "domain store 'tcp:1'"},
        {"{\"uuid\":\"u\",\"source\":{\"store\":\"/a\",\"file\":\"../x\"}}",
         "'file' must be the name of a file"},
        {"{\"uuid\":\"u\",\"temp\":\"a/b\",\"destination\":{\"store\":\"/a\","
         "\"file\":\"x\"}}",
         "'temp' must be the name of a file"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(json_putp)
        struct json_object *json = json_tokener_parse(cases[i].text);
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct store_move move = {0};

        assert_int_equal(move_load(json, &move, &err), -1);
        if (!strstr(err->msg, cases[i].msg))
            fail_msg("'%s' is not in '%s'", cases[i].msg, err->msg);
    }
}

/* `begin` of a journal, then what else there is. */
static int read_journal(const char *stores, const char *rest, struct past *past,
                        struct qmp_error **errp)
{
    struct json_object *records[3];
    struct journal_log log = {.records = records};
    CLEANUP(freep) char *text = NULL;

    assert_true(
        asprintf(&text,
                 "{\"record\":\"begin\",\"journal\":1,\"guest\":\"g\","
                 "\"story\":\"offline\",\"runs\":false,\"arrives_paused\":"
                 "false,\"keep_source\":true,\"undo\":[],"
                 "\"takeover\":[]%s}",
                 stores) > 0);
    records[log.n++] = json_tokener_parse(text);
    if (rest)
        records[log.n++] = json_tokener_parse(rest);
    int rc = past_read(&log, "id", past, errp);
    for (size_t i = 0; i < log.n; i++)
        json_object_put(records[i]);
    return rc;
}

static void journal_tells_what_was_done(void **state UNUSED)
{
    static const char stores[] =
        ",\"stores\":{\"uuid\":\"u\",\"source\":{\"store\":\"/a\",\"file\":"
        "\"x\",\"had\":true}}";
    CLEANUP(past_clear) struct past past = {0};
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    assert_int_equal(read_journal(stores, NULL, &past, NULL), 0);
    assert_true(past.story == STORY_OFFLINE && past.has_stores);
    assert_true(past.stores.had[QMIG_SIDE_SOURCE]);
    assert_false(past.stores.removed);
    past_clear(&past);
    assert_int_equal(read_journal(stores,
                                  "{\"record\":\"store\",\"did\":\"removed\"}",
                                  &past, NULL),
                     0);
    assert_true(past.stores.removed);
    assert_int_equal(past.stage, PAST_BEGIN);
    past_clear(&past);
    assert_int_equal(
        read_journal(stores, "{\"record\":\"define\"}", &past, NULL), 0);
    assert_int_equal(past.stage, PAST_COMMIT);
    past_clear(&past);

    assert_int_equal(
        read_journal(stores, "{\"record\":\"store\"}", &past, &err), -1);
    assert_string_equal(err->msg,
                        "record 2, 'store': 'did' is none that is known");
    qmp_error_freep(&err);
    err = NULL;
    assert_int_equal(read_journal("",
                                  "{\"record\":\"store\",\"did\":\"removed\"}",
                                  &past, &err),
                     -1);
    assert_string_equal(err->msg, "record 2, 'store': 'begin' has no 'stores'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_come_in_order),
        cmocka_unit_test(what_is_done_is_not_asked_for_again),
        cmocka_unit_test(guest_in_the_way_is_told),
        cmocka_unit_test(journal_has_all_of_it),
        cmocka_unit_test(journal_with_bad_stores_is_refused),
        cmocka_unit_test(journal_tells_what_was_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
