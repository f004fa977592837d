/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain stores: the script in the shells that there are, over each kind of
 * address, killed before each of its commands. */
#include "tests/lib/test.h"
#include "error/errcode.h"
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define WAIT_MS 20000
#define UUID    "11111111-2222-3333-4444-555555555555"
#define OLD     "<domain><name>vm</name><uuid>" UUID "</uuid></domain>\n"
#define NEW     "<domain id='7'>\n  it's `new` $HOME \\ \"\r\n\xc3\xa4</domain>"
#define TEMP    ".qmigrate-1.new"

static char root[] = "/tmp/qmigrate-test-store.XXXXXX";
static char dir[64];  /* the store */
static char fake[64]; /* tools that stand in for the usual ones */

static void empty(const char *path)
{
    DIR *d = opendir(path);
    char name[PATH_MAX];

    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
        assert_int_equal(remove(name), 0);
    }
    closedir(d);
}

static int set_up(void **state UNUSED)
{
    if (!mkdtemp(root))
        return -1;
    snprintf(dir, sizeof(dir), "%s/s t'o$re", root);
    snprintf(fake, sizeof(fake), "%s/fake", root);
    return mkdir(dir, 0700) < 0 || mkdir(fake, 0700) < 0 ? -1 : 0;
}

static int tear_down(void **state UNUSED)
{
    empty(dir);
    empty(fake);
    return rmdir(dir) < 0 || rmdir(fake) < 0 || rmdir(root) < 0 ? -1 : 0;
}

static int clean(void **state UNUSED)
{
    empty(dir);
    empty(fake);
    return 0;
}

static void put(const char *where, const char *name, const char *text, int mode)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", where, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* NULL: there is no such file. */
static char *get(const char *name)
{
    char path[PATH_MAX];
    char *text = calloc(1, 4096);

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        free(text);
        return NULL;
    }
    assert_true(read(fd, text, 4095) >= 0);
    close(fd);
    return text;
}

static void assert_file(const char *name, const char *wanted)
{
    CLEANUP(freep) char *found = get(name);

    if (!wanted)
        assert_null(found);
    else if (!found)
        fail_msg("there is no '%s'", name);
    else
        assert_string_equal(found, wanted);
}

static struct store_request request(enum store_op op)
{
    return (struct store_request){
        .op = op, .file = "vm.xml", .temp = TEMP, .uuid = UUID, .text = NEW};
}

static int call(const char *address, const struct store_request *r,
                struct store_reply *reply, struct qmp_error **errp)
{
    CLEANUP(store_addr_clear) struct store_addr addr = {0};

    assert_int_equal(store_addr_parse(address, &addr, errp), 0);
    return store_call(&addr, r, WAIT_MS, reply, errp);
}

static void works(const char *address, const struct store_request *r)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    if (call(address, r, NULL, &err) < 0)
        fail_msg("%s: %s", address, err->msg);
}

static void fails(const char *address, const struct store_request *r,
                  const char *wanted)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(store_reply_clear) struct store_reply reply = {0};

    assert_int_equal(call(address, r, &reply, &err), -1);
    assert_int_equal(err->code, QMIG_ERR_STORE);
    if (!strstr(err->msg, wanted))
        fail_msg("'%s' is not in '%s'", wanted, err->msg);
    assert_null(reply.old);
}

/* A store through `shell`, with what stands before it. */
static char *through(const char *before, const char *shell)
{
    char *text = NULL;

    assert_true(asprintf(&text, "exec:cd %s/s*re && %s exec %s", root, before,
                         shell) > 0);
    return text;
}

static bool there_is(const char *shell)
{
    char text[64];

    snprintf(text, sizeof(text), "command -v %s >/dev/null 2>&1", shell);
    return system(text) == 0;
}

/* Stage, publish, replace, remove, each twice. */
static void whole_life(const char *address)
{
    struct store_request r = request(STORE_STAGE);

    for (int i = 0; i < 2; i++)
        works(address, &r);
    assert_file(TEMP, NEW "\n");
    assert_file("vm.xml", NULL);
    r.op = STORE_PUBLISH;
    for (int i = 0; i < 2; i++)
        works(address, &r);
    assert_file(TEMP, NULL);
    assert_file("vm.xml", NEW "\n");

    r.old = NEW "\n";
    r.text = OLD;
    works(address, &r); /* that was not staged */
    assert_file("vm.xml", OLD);
    r.op = STORE_STAGE;
    works(address, &r);
    r.op = STORE_DISCARD;
    for (int i = 0; i < 2; i++)
        works(address, &r);
    assert_file(TEMP, NULL);
    r.op = STORE_REMOVE;
    r.old = OLD;
    for (int i = 0; i < 2; i++)
        works(address, &r);
    assert_file("vm.xml", NULL);
}

static void store_lives_in_a_directory(void **state UNUSED)
{
    struct stat st;
    char path[PATH_MAX];
    struct store_request r = request(STORE_PUBLISH);

    whole_life(dir);
    works(dir, &r);
    snprintf(path, sizeof(path), "%s/vm.xml", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void store_is_served_by_each_shell(void **state UNUSED)
{
    static const char *const shells[] = {"sh", "bash", "dash", "busybox sh"};

    for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
        CLEANUP(freep) char *address = through("", shells[i]);
        char name[16];

        snprintf(name, sizeof(name), "%.*s", (int)strcspn(shells[i], " "),
                 shells[i]);
        if (there_is(name))
            whole_life(address);
    }
}

/* A login message stands before what the script says. */
static void store_is_reached_by_ssh(void **state UNUSED)
{
    char path[PATH_MAX];
    char address[PATH_MAX];
    const char *before = getenv("PATH");
    CLEANUP(freep) char *keep = strdup(before);

    put(fake, "ssh",
        "#!/bin/sh\n"
        "[ \"$*\" = '-T -x -- me@far exec /bin/sh' ] || exit 9\n"
        "echo 'Welcome to far'; echo; echo oops >&2\n"
        "cd / && exec /bin/sh\n",
        0700);
    snprintf(path, sizeof(path), "%s:%s", fake, before);
    snprintf(address, sizeof(address), "ssh:me@far:%s", dir);
    setenv("PATH", path, 1);
    whole_life(address);
    setenv("PATH", keep, 1);
}

static void store_checks_and_changes_nothing(void **state UNUSED)
{
    CLEANUP(store_reply_clear) struct store_reply reply = {0};
    struct store_request r = request(STORE_CHECK);

    assert_int_equal(call(dir, &r, &reply, NULL), 0);
    assert_null(reply.old);
    assert_null(reply.other);
    put(dir, "vm.xml", OLD, 0600);
    put(dir, "autostart", OLD, 0600); /* no .xml */
    assert_int_equal(call(dir, &r, &reply, NULL), 0);
    assert_string_equal(reply.old, OLD);
    assert_null(reply.other);
    store_reply_clear(&reply);
    put(dir, "a b.xml", OLD, 0600);
    assert_int_equal(call(dir, &r, &reply, NULL), 0);
    assert_string_equal(reply.other, "a b.xml");
    assert_file("vm.xml", OLD);
    assert_file(TEMP, NULL);
}

/* What a file says is never taken for what the script says. */
static void store_returns_any_text(void **state UNUSED)
{
    static const char *const texts[] = {"", "\n", "x", "\n\n@x done\n",
                                        "\n@0000000000000000 failed write\n"};
    struct store_request r = request(STORE_CHECK);

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        CLEANUP(store_reply_clear) struct store_reply reply = {0};

        put(dir, "vm.xml", texts[i], 0600);
        assert_int_equal(call(dir, &r, &reply, NULL), 0);
        assert_string_equal(reply.old, texts[i]);
        struct store_request rm = request(STORE_REMOVE);
        rm.old = texts[i];
        works(dir, &rm);
        assert_file("vm.xml", NULL);
    }
}

static void store_keeps_what_others_changed(void **state UNUSED)
{
    static const char changed[] = "'vm.xml' was changed by somebody else";
    struct store_request r = request(STORE_PUBLISH);

    put(dir, "vm.xml", "other", 0600);
    fails(dir, &r, changed); /* it was not there */
    r.old = OLD;
    fails(dir, &r, changed); /* it was this */
    r.old = "other\n";
    fails(dir, &r, changed); /* a line end more is a change */
    r.op = STORE_REMOVE;
    fails(dir, &r, changed);
    assert_file("vm.xml", "other");
    r.op = STORE_PUBLISH;
    r.old = "other";
    works(dir, &r);
    assert_file("vm.xml", NEW "\n");
}

static void store_says_what_is_wrong_with_it(void **state UNUSED)
{
    struct store_request r = request(STORE_STAGE);
    char address[PATH_MAX];
    char link[PATH_MAX];

    snprintf(address, sizeof(address), "%s/none", dir);
    fails(address, &r, "s t'o$re/none': no such directory");
    put(dir, "file", "", 0600);
    snprintf(address, sizeof(address), "%s/file", dir);
    fails(address, &r, "it is not a directory");

    snprintf(link, sizeof(link), "%s/vm.xml", dir);
    assert_int_equal(symlink("file", link), 0);
    for (enum store_op op = 0; op < STORE_OP__MAX; op++) {
        r.op = op;
        fails(dir, &r, "'vm.xml' is not a regular file");
    }
    assert_file("file", "");
    unlink(link);
    assert_int_equal(mkdir(link, 0700), 0);
    fails(dir, &r, "'vm.xml' is not a regular file");

    /* one that was planted where the new file will be */
    rmdir(link);
    snprintf(link, sizeof(link), "%s/" TEMP, dir);
    assert_int_equal(symlink("file", link), 0);
    r.op = STORE_STAGE;
    works(dir, &r);
    assert_file("file", "");
    assert_file(TEMP, NEW "\n");
}

/* Of another user, for whom permissions count. */
static void store_cannot_be_written_to(void **state UNUSED)
{
    CLEANUP(freep) char *address = NULL;
    struct store_request r = request(STORE_CHECK);

    assert_int_equal(chmod(root, 0755), 0);
    assert_int_equal(chmod(dir, 0555), 0);
    if (geteuid() != 0)
        fails(dir, &r, "it cannot be written to");
    if (geteuid() == 0 && there_is("setpriv")) {
        address = through(
            "", "setpriv --reuid 65534 --regid 65534 --clear-groups sh");
        fails(address, &r, "it cannot be written to");
    }
    assert_int_equal(chmod(dir, 0700), 0);
}

static void store_is_full(void **state UNUSED)
{
    CLEANUP(freep) char *before = NULL;
    struct store_request r = request(STORE_STAGE);

    put(fake, "sync",
        "#!/bin/sh\necho 'sync: No space left on device' >&2\n"
        "exit 1\n",
        0700);
    assert_true(asprintf(&before, "PATH=%s:$PATH", fake) > 0);
    CLEANUP(freep) char *address = through(before, "sh");
    put(dir, "vm.xml", OLD, 0600);
    fails(address, &r, "'vm.xml' cannot be written: sync: No space left");
    assert_file(TEMP, NULL);
    r.op = STORE_PUBLISH;
    r.old = OLD;
    fails(address, &r, "'vm.xml' cannot be written: sync: No space left");
    assert_file("vm.xml", OLD);
    assert_file(TEMP, NULL);
}

static void store_cannot_be_reached(void **state UNUSED)
{
    struct store_request r = request(STORE_CHECK);

    fails("exec:echo no route to host >&2; exit 255", &r,
          "it cannot be reached (exit status 255): no route to host");
    fails("exec:true", &r, "it cannot be reached (exit status 0)");
    fails("exec:kill -9 $$", &r, "(killed by signal 9");
    fails("exec:head -c 200000000 /dev/zero", &r, "it cannot be reached");
}

static void store_that_hangs_is_given_up(void **state UNUSED)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(store_addr_clear) struct store_addr addr = {0};
    struct store_request r = request(STORE_CHECK);

    assert_int_equal(store_addr_parse("exec:exec sleep 1000", &addr, NULL), 0);
    assert_int_equal(store_call(&addr, &r, 1000, NULL, &err), -1);
    assert_string_equal(err->msg, "domain store 'exec:exec sleep 1000': no "
                                  "answer within 1 seconds");
}

/* Each tool that the script calls counts down, and at 0 kills the shell. */
static void make_deadly_tools(void)
{
    static const char *const tools[] = {"cat", "cmp", "grep", "ln",
                                        "mv",  "rm",  "sync"};
    char text[512];

    for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
        snprintf(text, sizeof(text),
                 "#!/bin/sh\n"
                 "n=$(/bin/cat '%s/left')\n"
                 "echo $((n - 1)) >'%s/left'\n"
                 "[ $n -gt 0 ] || kill -9 0\n"
                 "exec /bin/%s \"$@\"\n",
                 fake, fake, tools[i]);
        put(fake, tools[i], text, 0700);
    }
}

/* Old or new, whole, after a death anywhere; and then it can be finished. */
static unsigned die_everywhere(const char *old, enum store_op op,
                               const char *text)
{
    CLEANUP(freep) char *before = NULL;
    unsigned deaths = 0;

    assert_true(asprintf(&before, "PATH=%s:$PATH", fake) > 0);
    CLEANUP(freep) char *address = through(before, "sh");
    for (unsigned n = 0; n < 100; n++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct store_request r = request(STORE_STAGE);
        char count[16];

        empty(dir);
        if (old)
            put(dir, "vm.xml", old, 0600);
        works(dir, &r);
        r.op = op;
        r.old = old;
        snprintf(count, sizeof(count), "%u", n);
        put(fake, "left", count, 0600);
        bool died = call(address, &r, NULL, &err) < 0;
        CLEANUP(freep) char *now = get("vm.xml");
        if (now && (!old || strcmp(now, old) != 0))
            assert_string_equal(now, NEW "\n");
        assert_true(now || !old || op == STORE_REMOVE);
        works(dir, &r);
        assert_file("vm.xml", text);
        if (op == STORE_PUBLISH)
            assert_file(TEMP, NULL);
        if (!died)
            return deaths;
        assert_non_null(strstr(err->msg, "killed by signal 9"));
        deaths++;
    }
    fail_msg("it never came to its end");
    return 0;
}

static void store_is_whole_when_its_shell_dies(void **state UNUSED)
{
    make_deadly_tools();
    assert_true(die_everywhere(NULL, STORE_PUBLISH, NEW "\n") >= 5);
    assert_true(die_everywhere(OLD, STORE_PUBLISH, NEW "\n") >= 6);
    assert_true(die_everywhere(OLD, STORE_REMOVE, NULL) >= 3);
}

static void store_address_is_refused(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *wanted;
    } cases[] = {
        {"tcp:h:1", "domain store 'tcp:h:1': DIR, ssh:[USER@]HOST:DIR or "
                    "exec:COMMAND wanted"},
        {"unix:/a", "domain store 'unix:/a': DIR, ssh:[USER@]HOST:DIR or "
                    "exec:COMMAND wanted"},
        {"ssh:host", "domain store: address 'ssh:host': ssh:[USER@]HOST:PATH "
                     "wanted"},
        {"ssh:-oProxyCommand=x:/a",
         "domain store: address 'ssh:-oProxyCommand=x:/a': the host is "
         "missing (ssh:[USER@]HOST:PATH)"},
        {"exec: ", "domain store: address 'exec: ': the command is missing"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct store_addr addr;

        assert_int_equal(store_addr_parse(cases[i].text, &addr, &err), -1);
        assert_int_equal(err->code, QMIG_ERR_USAGE);
        assert_string_equal(err->msg, cases[i].wanted);
    }
}

static void store_address_becomes_absolute(void **state UNUSED)
{
    CLEANUP(store_addr_clear) struct store_addr addr = {0};
    char here[PATH_MAX];
    char wanted[PATH_MAX + 8];

    assert_non_null(getcwd(here, sizeof(here)));
    snprintf(wanted, sizeof(wanted), "%s/a/b", here);
    assert_int_equal(store_addr_parse("a/b", &addr, NULL), 0);
    assert_string_equal(addr.text, wanted);
    assert_string_equal(addr.dir, wanted);
}

static void store_refuses_names_that_leave_it(void **state UNUSED)
{
    char longest[NAME_MAX + 1];
    static const char *const bad[] = {"", "a/b", "../x", "/etc/x", "a\nb"};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        assert_null(store_file_name(bad[i], &err));
        assert_int_equal(err->code, QMIG_ERR_STORE);
    }
    CLEANUP(freep) char *dots = store_file_name("..", NULL);
    assert_string_equal(dots, "...xml"); /* a file, and no directory */
    memset(longest, 'x', NAME_MAX);
    longest[NAME_MAX] = '\0';
    assert_null(store_file_name(longest, NULL));
    longest[NAME_MAX - 4] = '\0';
    CLEANUP(freep) char *just = store_file_name(longest, NULL);
    assert_non_null(just);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, clean)
    const struct CMUnitTest tests[] = {
        T(store_lives_in_a_directory),
        T(store_is_served_by_each_shell),
        T(store_is_reached_by_ssh),
        T(store_checks_and_changes_nothing),
        T(store_returns_any_text),
        T(store_keeps_what_others_changed),
        T(store_says_what_is_wrong_with_it),
        T(store_cannot_be_written_to),
        T(store_is_full),
        T(store_cannot_be_reached),
        T(store_that_hangs_is_given_up),
        T(store_is_whole_when_its_shell_dies),
        T(store_address_is_refused),
        T(store_address_becomes_absolute),
        T(store_refuses_names_that_leave_it),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
