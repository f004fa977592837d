/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A migration of the definition only, through the library, whose process or
 * whose shell dies between any two steps: before a record, or before anything
 * that a shell does in a store. At each instant a whole definition is in one of
 * the stores; and when recover has come, which may die, too, it is where the
 * flags say, and nothing else is left.
 */
#include "tests/lib/test.h"
#include "tests/lib/folder.h"
#include "tests/lib/sim.h"

#include "job/journal.h"
#include "qmigrate.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define UUID "11111111-2222-3333-4444-555555555555"
#define XML(vcpus)                                                             \
    "<domain type='qemu'><name>vm</name><uuid>" UUID "</uuid>"                 \
    "<memory>65536</memory><vcpu>" vcpus "</vcpu><os><type arch='x86_64' "     \
    "machine='pc-q35-7.2'>hvm</type></os></domain>\n"

/* Who dies: words for kill(1). 0 is the shell of the store and its tools. */
static const struct victim {
    const char *words;
    bool again; /* and so does each one after it */
} victims[] = {
    {"$CONTROLLER", false},
    {"$CONTROLLER 0", false},
    {"0", false},
    {"0", true},
};

static const struct story {
    const char *name;
    unsigned flags;
    bool removes;    /* the source's definition */
    const char *old; /* the destination has this already, or "" */
} stories[] = {
    {"move", QMIG_OFFLINE | QMIG_PERSIST_DEST | QMIG_UNDEFINE_SOURCE, true, ""},
    {"replace", QMIG_OFFLINE | QMIG_PERSIST_DEST | QMIG_UNDEFINE_SOURCE, true,
     XML("2")},
    {"copy", QMIG_OFFLINE | QMIG_PERSIST_DEST, false, ""},
};

static const struct story *story;
static char dir[64], here[80], there[80], state[80], tools[80];
static char path[256];

static int set_up(void **unused UNUSED)
{
    /* What its process leaves behind is ours to wait for. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return -1;
    /* In memory: each step is synced. */
    snprintf(dir, sizeof(dir), "%s/qmigrate-offline.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **unused UNUSED)
{
    folder_remove(dir);
    return 0;
}

static void start_afresh(const struct story *s)
{
    story = s;
    folder_make(here, sizeof(here), dir, "here");
    folder_make(there, sizeof(there), dir, "there");
    folder_make(state, sizeof(state), dir, "state");
    folder_put(here, "vm.xml", XML("1"));
    if (*s->old)
        folder_put(there, "vm.xml", s->old);
}

/* Each tool that a store's shell calls counts down, and at 0 somebody dies. */
static void make_deadly_tools(const struct victim *victim)
{
    static const char *const names[] = {"cat", "cmp", "grep", "ln",
                                        "mv",  "rm",  "sync"};
    char text[512];

    folder_make(tools, sizeof(tools), dir, "tools");
    snprintf(path, sizeof(path), "%s:%s", tools, getenv("PATH"));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char file[160];

        /* Two ends of a pipe may count at once; one of them dies. */
        snprintf(text, sizeof(text),
                 "#!/bin/sh\n"
                 "cd '%s' || exit\n"
                 "printf x >>count\n"
                 "[ $(wc -c <count) -le $(/bin/cat limit) ] ||\n"
                 "    ! %s || kill -9 %s\n"
                 "cd \"$OLDPWD\" && exec /bin/%s \"$@\"\n",
                 tools,
                 victim->again ? "mkdir -p dead" : "mkdir dead 2>/dev/null",
                 victim->words, names[i]);
        folder_put(tools, names[i], text);
        snprintf(file, sizeof(file), "%s/%s", tools, names[i]);
        assert_int_equal(chmod(file, 0700), 0);
    }
}

/* Once so many were called; -1: never. */
static void die_after(int n)
{
    char text[160];

    snprintf(text, sizeof(text), "%s/dead", tools);
    assert_true(rmdir(text) == 0 || errno == ENOENT);
    snprintf(text, sizeof(text), "%d", n < 0 ? 100000 : n);
    folder_put(tools, "limit", text);
    folder_put(tools, "count", "");
}

static bool has_died(void)
{
    char text[160];

    snprintf(text, sizeof(text), "%s/dead", tools);
    return access(text, F_OK) == 0;
}

/* Works of a process of its own */

static int records_left; /* 0: it dies at the next; -1: never */

static ssize_t deadly_write(int fd, const void *text, size_t len)
{
    if (!records_left--)
        raise(SIGKILL);
    return write(fd, text, len);
}

static int migrate(void)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    const struct qmig_options o = {
        .domain_xml = XML("1"),
        .source_store = story->removes ? here : NULL,
        .dest_store = there,
        .state_dir = state,
    };
    struct qmig_migration *m = qmig_migration_new(&o, NULL, story->flags, &err);

    if (!m)
        return 99;
    qmig_migration_run(m);
    int rc = qmig_migration_result(m)->exit_code;
    qmig_migration_free(m);
    return rc;
}

static int recover(void)
{
    CLEANUP(json_putp) struct json_object *report = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    const struct qmig_recover_options o = {.id = "vm", .state_dir = state};
    int rc = qmig_recover(&o, &report, &err);

    if (rc >= 0)
        return rc;
    return !strcmp(qmig_errcode_name(err->code), "journal.unknown") ? 98 : 99;
}

/* Its exit code, or -1 if it was killed; all that it began has ended. */
static int in_process(int (*work)(void), int records)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        char text[16];

        snprintf(text, sizeof(text), "%d", (int)getpid());
        setenv("CONTROLLER", text, 1);
        setenv("PATH", path, 1);
        records_left = records;
        journal_sys.write = deadly_write;
        _exit(work());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    while (waitpid(-1, NULL, 0) > 0)
        continue;
    assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGKILL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool is_defined_here(void)
{
    return !strcmp(folder_get(here, "vm.xml"), XML("1"));
}

static bool is_defined_there(void)
{
    const char *text = folder_get(there, "vm.xml");

    return strcmp(text, story->old) != 0 && strstr(text, ">1</vcpu>") &&
           strstr(text, "</domain>\n");
}

static void assert_not_lost(void)
{
    const char *text = folder_get(there, "vm.xml");

    if (strcmp(text, story->old) != 0 && !is_defined_there())
        fail_msg("%s: half a definition: '%s'", story->name, text);
    if (!is_defined_here() && !is_defined_there())
        fail_msg("%s: the definition is in neither store", story->name);
    if (!story->removes && !is_defined_here())
        fail_msg("%s: the source's definition was changed", story->name);
}

/* How often each end was reached. */
static unsigned ends[2];

static void assert_recovered(const char *when, int n, int rc)
{
    bool moved = rc == 0;
    unsigned places = moved || *story->old ? 1 : 0;

    assert_not_lost();
    if (rc != 0 && rc != 1 && rc != 98)
        fail_msg("%s, %s %d: recover ends with %d", story->name, when, n, rc);
    if (moved != is_defined_there())
        fail_msg("%s, %s %d: recover says that it has %smoved", story->name,
                 when, n, moved ? "" : "not ");
    if (is_defined_here() == (moved && story->removes))
        fail_msg("%s, %s %d: it is in %s", story->name, when, n,
                 moved ? "both stores" : "neither store");
    if (folder_count(there) != places ||
        folder_count(here) != is_defined_here())
        fail_msg("%s, %s %d: something is left in a store", story->name, when,
                 n);
    ends[moved]++;
}

static void before_each_thing_that_a_shell_does(void **state_ UNUSED)
{
    unsigned undecided = 0;

    memset(ends, 0, sizeof(ends));
    for (size_t v = 0; v < ARRAY_SIZE(victims); v++) {
        make_deadly_tools(&victims[v]);
        for (size_t s = 0; s < ARRAY_SIZE(stories); s++) {
            bool died = true;

            /* The others are alike: each second point. */
            int step = s ? 2 : 1;

            for (int n = s ? (int)v % 2 : 0; died;
                 n += step * (int)sim_stride()) {
                start_afresh(&stories[s]);
                die_after(n);
                int rc = in_process(migrate, -1);
                died = has_died();
                undecided += rc == 5;
                assert_true(rc != 5 || victims[v].again);
                assert_not_lost();
                die_after(-1);
                assert_recovered(victims[v].words, n, in_process(recover, -1));
                assert_true(n < 200);
            }
        }
    }
    assert_true(undecided > 0);
    assert_true(ends[0] > 10 / sim_stride());
    assert_true(ends[1] > 10 / sim_stride());
}

static void before_each_record(void **state_ UNUSED)
{
    make_deadly_tools(&victims[2]);
    for (size_t s = 0; s < ARRAY_SIZE(stories); s++) {
        int n = 0;

        do {
            start_afresh(&stories[s]);
            die_after(-1);
            int rc = in_process(migrate, n);
            assert_not_lost();
            assert_recovered("record", n, in_process(recover, -1));
            if (rc == 0)
                break;
            assert_int_equal(rc, -1);
        } while (++n < 100);
        assert_true(n >= 3); /* begin, define, end at least */
    }
}

/* Dead before a record, it leaves recover all there is to do. */
static void recover_may_die_at_any_point_itself(void **state_ UNUSED)
{
    make_deadly_tools(&victims[1]);
    for (int record = 1; record < 5; record++) {
        bool died = true;

        for (int n = 0; died; n += (int)sim_stride()) {
            start_afresh(&stories[1]);
            die_after(-1);
            if (in_process(migrate, record) == 0)
                return;
            die_after(n);
            in_process(recover, -1);
            died = has_died();
            assert_not_lost();
            die_after(-1);
            assert_recovered("recover, tool", n, in_process(recover, -1));
            assert_true(n < 200);
        }
        for (int n = 0; n < 3; n++) {
            start_afresh(&stories[1]);
            in_process(migrate, record);
            in_process(recover, n);
            assert_not_lost();
            assert_recovered("recover, record", n, in_process(recover, -1));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_each_thing_that_a_shell_does),
        cmocka_unit_test(before_each_record),
        cmocka_unit_test(recover_may_die_at_any_point_itself),
    };

    return cmocka_run_group_tests_name("killed", tests, set_up, tear_down);
}
