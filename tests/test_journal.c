/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal: written whole or not at all, read with its torn tail cut off,
 * found, locked and pruned. */
#include "tests/lib/test.h"
#include "error/errcode.h"
#include "job/journal.h"
#include "job/statedir.h"
#include "qmigrate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static char dir[64];
static struct qmp_error *err;

static int setup(void **state UNUSED)
{
    snprintf(dir, sizeof(dir), "/tmp/test_journal.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state UNUSED)
{
    char command[128];

    qmp_error_free(err);
    err = NULL;
    unsetenv("QMIGRATE_KEEP_DAYS");
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

/* Expects an error of this code whose text has `text`. */
static void assert_error(int code, const char *text)
{
    assert_non_null(err);
    if (!strstr(err->msg, text))
        fail_msg("'%s' is not in '%s'", text, err->msg);
    assert_string_equal(qmig_errcode_name(err->code), qmig_errcode_name(code));
    qmp_error_free(err);
    err = NULL;
}

static struct json_object *object(const char *text)
{
    struct json_object *o = json_tokener_parse(text);

    assert_non_null(o);
    return o;
}

static void put(struct journal *j, const char *record, const char *data)
{
    struct json_object *o = data ? object(data) : NULL;

    assert_int_equal(journal_write(j, record, o, true, &err), 0);
    json_object_put(o);
}

/* A migration of `guest` in the state directory; the last record is `last`. */
static void make_migration(const char *id, const char *guest, const char *last,
                           const char *data)
{
    char path[160];
    char begin[160];

    snprintf(path, sizeof(path), "%s/%s", dir, id);
    assert_int_equal(mkdir(path, 0700), 0);
    struct journal *j = journal_create(path, &err);
    assert_non_null(j);
    snprintf(begin, sizeof(begin),
             "{\"journal\":1,\"id\":\"%s\",\"guest\":\"%s\"}", id,
             guest ? guest : "");
    if (guest)
        put(j, "begin", begin);
    if (last)
        put(j, last, data);
    journal_close(j);
}

static char *slurp(size_t *len)
{
    char path[160];
    static char text[8192];

    snprintf(path, sizeof(path), "%s/journal", dir);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    *len = fread(text, 1, sizeof(text), f);
    fclose(f);
    return text;
}

static void spill(const char *text, size_t len)
{
    char path[160];

    snprintf(path, sizeof(path), "%s/journal", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    fclose(f);
}

/* Three records, as text. */
static char *three(size_t *len)
{
    struct journal *j = journal_create(dir, &err);

    assert_non_null(j);
    put(j, "begin", "{\"journal\":1,\"id\":\"x\"}");
    put(j, "migrate", NULL);
    put(j, "end", "{\"owner\":\"source\"}");
    journal_close(j);
    return slurp(len);
}

static void crc_is_ieee(void **state UNUSED)
{
    assert_int_equal(journal_crc32("123456789", 9), 0xcbf43926);
}

static void journal_reads_what_was_written(void **state UNUSED)
{
    static const char *const names[] = {"begin", "migrate", "end"};
    struct journal_log log;
    struct json_object *value;
    size_t len;

    three(&len);
    assert_int_equal(journal_read(dir, &log, &err), 0);
    assert_int_equal(log.n, 3);
    assert_int_equal(log.whole, len);
    assert_false(log.torn);
    for (size_t i = 0; i < 3; i++) {
        json_object_object_get_ex(log.records[i], "record", &value);
        assert_string_equal(json_object_get_string(value), names[i]);
    }
    json_object_object_get_ex(log.records[2], "owner", &value);
    assert_string_equal(json_object_get_string(value), "source");
    journal_log_clear(&log);
}

/* A crash may leave any number of the bytes: each cut gives the records that
 * were whole, and never an error. */
static void torn_tail_is_cut_at_every_byte(void **state UNUSED)
{
    size_t len;
    const char *text = three(&len);

    for (size_t cut = 0; cut <= len; cut++) {
        struct journal_log log;
        size_t whole = 0;
        size_t at = 0;

        for (size_t i = 0; i < cut; i++)
            if (text[i] == '\n') {
                whole++;
                at = i + 1;
            }
        assert_int_equal(journal_parse(text, cut, &log, &err), 0);
        assert_int_equal(log.n, whole);
        assert_int_equal(log.whole, at);
        assert_int_equal(log.torn, at != cut);
        journal_log_clear(&log);
    }
}

static void zeros_and_a_bad_last_line_are_a_torn_tail(void **state UNUSED)
{
    size_t len;
    char *text = three(&len);
    struct journal_log log;

    memset(text + len, 0, 512);
    assert_int_equal(journal_parse(text, len + 512, &log, &err), 0);
    assert_int_equal(log.n, 3);
    assert_true(log.torn);
    journal_log_clear(&log);

    text[len - 30] ^= 1; /* in the last line */
    assert_int_equal(journal_parse(text, len, &log, &err), 0);
    assert_int_equal(log.n, 2);
    assert_true(log.torn);
    journal_log_clear(&log);
}

static void damage_in_the_middle_names_its_line(void **state UNUSED)
{
    size_t len;
    char *text = three(&len);
    struct journal_log log;
    char *second = strchr(text, '\n') + 1;

    second[8] ^= 1;
    spill(text, len);
    assert_int_equal(journal_read(dir, &log, &err), -1);
    assert_error(QMIG_ERR_JOURNAL_BAD, "journal': line 2: the checksum");
}

/* A line with a checksum that is right. */
static size_t seal(char *to, size_t max, const char *body)
{
    return (size_t)snprintf(to, max, "%s,\"crc\":\"%08x\"}\n", body,
                            journal_crc32(body, strlen(body)));
}

static void sealed_lines_that_are_no_records_are_refused(void **state UNUSED)
{
    static const struct {
        const char *body;
        const char *text;
    } rows[] = {
        {"{\"n\":2,\"record\":\"begin\"", "line 1: 'n' is 2, must be 1"},
        {"{\"n\":\"1\",\"record\":\"begin\"", "line 1: 'n' is \"1\", must be"},
        {"{\"record\":\"begin\"", "line 1: 'n' is missing, must be 1"},
        {"{\"n\":1,\"record\":7", "line 1: 'record' must be a string, is 7"},
        {"{\"n\":1", "line 1: 'record' must be a string, is missing"},
        {"{\"n\":1,\"n\":1,\"record\":\"begin\"", "line 1: "},
        {"[1", "line 1: "},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct journal_log log;
        char line[256];
        size_t len = seal(line, sizeof(line), rows[i].body);

        assert_int_equal(journal_parse(line, len, &log, &err), -1);
        assert_error(QMIG_ERR_JOURNAL_BAD, rows[i].text);
    }
}

static void append_cuts_the_tail_and_counts_on(void **state UNUSED)
{
    size_t len;
    char *text = three(&len);
    struct journal_log log;

    spill(text, len - 5);
    assert_int_equal(journal_read(dir, &log, &err), 0);
    assert_int_equal(log.n, 2);
    struct journal *j = journal_append(dir, &log, &err);
    assert_non_null(j);
    put(j, "back", NULL);
    journal_close(j);
    journal_log_clear(&log);

    assert_int_equal(journal_read(dir, &log, &err), 0);
    assert_int_equal(log.n, 3);
    assert_false(log.torn);
    journal_log_clear(&log);
}

static void journal_that_is_not_there_or_no_file_says_so(void **state UNUSED)
{
    struct journal_log log;
    char path[128];

    assert_int_equal(journal_read(dir, &log, &err), -1);
    assert_error(QMIG_ERR_JOURNAL_UNKNOWN, "No such file");
    snprintf(path, sizeof(path), "%s/journal", dir);
    assert_int_equal(mkfifo(path, 0600), 0); /* must not block */
    assert_int_equal(journal_read(dir, &log, &err), -1);
    assert_error(QMIG_ERR_JOURNAL_BAD, "must be a file of at most");
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(ftruncate(fd, (off_t)JOURNAL_MAX_SIZE + 1), 0);
    close(fd);
    assert_int_equal(journal_read(dir, &log, &err), -1);
    assert_error(QMIG_ERR_JOURNAL_BAD, "4194304 bytes, has 4194305");
}

/* The disk */

static int calls_left; /* until the calls below fail */

static bool fails(void)
{
    errno = ENOSPC;
    return calls_left-- <= 0;
}

static ssize_t short_write(int fd, const void *text, size_t len)
{
    return fails() ? -1 : write(fd, text, len > 10 ? len / 2 : len);
}

static int no_fallocate(int fd UNUSED, int mode UNUSED, off_t at UNUSED,
                        off_t len UNUSED)
{
    return fails() ? -1 : 0;
}

static int bad_sync(int fd)
{
    return fails() ? -1 : fsync(fd);
}

static int reset_sys(void **state)
{
    journal_sys = (struct journal_sys){write, fallocate, fdatasync, fsync};
    return teardown(state);
}

static void full_disk_is_noticed_at_the_start(void **state UNUSED)
{
    char path[128];

    journal_sys.fallocate = no_fallocate;
    calls_left = 0;
    assert_null(journal_create(dir, &err));
    assert_error(QMIG_ERR_JOURNAL, "cannot reserve space for the journal: No "
                                   "space left on device");
    snprintf(path, sizeof(path), "%s/journal", dir);
    assert_int_equal(access(path, F_OK), -1);
}

static void
record_is_whole_or_not_there_when_the_disk_fills(void **state UNUSED)
{
    struct journal *j = journal_create(dir, &err);
    struct journal_log log;

    put(j, "begin", "{\"journal\":1}");
    journal_sys.write = short_write;
    for (int left = 0; left < 6; left++) {
        struct json_object *data = object("{\"more\":\"0123456789\"}");

        calls_left = left;
        int rc = journal_write(j, "migrate", data, false, &err);
        json_object_put(data);
        if (rc == 0)
            break;
        assert_error(QMIG_ERR_JOURNAL, "cannot write the journal: No space");
        assert_int_equal(journal_read(dir, &log, &err), 0);
        assert_int_equal(log.n, 1);
        assert_false(log.torn);
        journal_log_clear(&log);
    }
    calls_left = 1000;
    put(j, "switchover", NULL); /* after the one that went through */
    journal_close(j);
    assert_int_equal(journal_read(dir, &log, &err), 0);
    assert_int_equal(log.n, 3);
    journal_log_clear(&log);
}

static void failed_sync_takes_the_record_back(void **state UNUSED)
{
    struct journal *j = journal_create(dir, &err);
    struct journal_log log;

    put(j, "begin", "{\"journal\":1}");
    journal_sys.fdatasync = bad_sync;
    calls_left = 0;
    assert_int_equal(journal_write(j, "migrate", NULL, true, &err), -1);
    assert_error(QMIG_ERR_JOURNAL, "cannot write the journal");
    journal_close(j);
    assert_int_equal(journal_read(dir, &log, &err), 0);
    assert_int_equal(log.n, 1);
    journal_log_clear(&log);
}

/* The name of the file has to reach the disk, too: if it did not, the first
 * record that must be there says so. */
static void
failed_sync_of_the_directory_fails_the_first_record(void **state UNUSED)
{
    journal_sys.fsync = bad_sync;
    calls_left = 0;
    struct journal *j = journal_create(dir, &err);

    assert_non_null(j);
    assert_int_equal(journal_write(j, "begin", NULL, false, &err), 0);
    assert_int_equal(journal_write(j, "migrate", NULL, true, &err), -1);
    assert_error(QMIG_ERR_JOURNAL, "cannot write the journal: No space left");
    journal_close(j);
}

static void file_limit_fails_the_record_not_the_process(void **state UNUSED)
{
    pid_t pid = fork();
    int status;

    if (!pid) {
        struct rlimit limit = {100, 100};
        struct journal *j = journal_create(dir, NULL);
        int rc;

        signal(SIGXFSZ, SIG_IGN);
        rc = setrlimit(RLIMIT_FSIZE, &limit);
        rc |= journal_write(j, "begin", NULL, true, NULL);
        rc |= journal_write(j, "migrate", NULL, true, NULL) != -1;
        _exit(rc != 0);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    struct journal_log log;
    assert_int_equal(journal_read(dir, &log, &err), 0);
    assert_int_equal(log.n, 1);
    assert_false(log.torn);
    journal_log_clear(&log);
}

static void directory_that_cannot_take_it_is_refused(void **state UNUSED)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/none", dir);
    assert_null(journal_create(path, &err));
    assert_error(QMIG_ERR_JOURNAL, "/none': cannot create the journal: No such "
                                   "file or directory");
    /* Root may write everywhere, but not in /proc. */
    assert_null(journal_create("/proc/self", &err));
    assert_error(QMIG_ERR_JOURNAL, "'/proc/self': cannot create the journal");
}

/* The state directory */

#define OLD  "20200131T120000-00000001"
#define OLD2 "20200131T120001-00000000"
#define UUID "6e1f2e30-0000-4000-8000-00000000000a"

static void assert_found(const char *word, const char *id)
{
    CLEANUP(freep) char *found = statedir_find(dir, word, &err);

    if (err)
        fail_msg("%s: %s", word, err->msg);
    assert_string_equal(found, id);
}

static void migration_is_found_by_id_uuid_and_name(void **state UNUSED)
{
    make_migration(OLD, UUID, NULL, NULL);
    make_migration(OLD2, UUID, "end", "{\"owner\":\"source\"}");
    make_migration("20190131T120000-0000000f", "vm", NULL, NULL);
    make_migration("20210131T120000-0000000f", NULL, NULL, NULL);
    assert_found(OLD, OLD);
    assert_found(UUID, OLD2);
    assert_found("6E1F2E30-0000-4000-8000-00000000000A", OLD2);
    assert_found("vm", "20190131T120000-0000000f");

    assert_null(statedir_find(dir, "other", &err));
    assert_error(QMIG_ERR_JOURNAL_UNKNOWN, "no migration of 'other' in");
    assert_null(statedir_find(dir, "20200131T120000-00000002", &err));
    assert_error(QMIG_ERR_JOURNAL_UNKNOWN, "no migration '2020");
    assert_null(statedir_find("/nonexistent", "vm", &err));
    assert_error(QMIG_ERR_JOURNAL_UNKNOWN, "cannot read the state directory");
}

/* Within a second the ids are in no order: the records' times are. */
static void newest_is_found_within_one_second(void **state UNUSED)
{
    make_migration("20200131T120000-ffffffff", UUID, NULL, NULL);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    make_migration("20200131T120000-00000000", UUID, NULL, NULL);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    make_migration("20200131T120000-88888888", "other", NULL, NULL);
    assert_found(UUID, "20200131T120000-00000000");
}

/* What cannot be read may be the newest of the guest: an older one's verdict
 * would be about the past. */
static void older_one_does_not_stand_for_a_damaged_one(void **state UNUSED)
{
    struct journal_log log = {0};
    char path[160];
    char text[512];

    make_migration(OLD, UUID, "end", "{\"owner\":\"source\"}");
    make_migration(OLD2, UUID, "migrate", NULL);
    snprintf(path, sizeof(path), "%s/" OLD2, dir);
    assert_int_equal(journal_read(path, &log, &err), 0);
    struct journal *j = journal_append(path, &log, &err);
    assert_non_null(j);
    put(j, "switchover", NULL);
    journal_close(j);
    journal_log_clear(&log);

    strcat(path, "/journal");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    assert_true(n > 0);
    text[n] = '\0';
    off_t second = strchr(text, '\n') + 1 - text;

    assert_int_equal(pwrite(fd, "X", 1, second + 2), 1);
    assert_found(UUID, OLD2);

    /* In its first record it could be anybody's. */
    assert_int_equal(pwrite(fd, "X", 1, 2), 1);
    assert_null(statedir_find(dir, UUID, &err));
    assert_non_null(strstr(err->hint, "the last migration of '" UUID "'"));
    assert_error(QMIG_ERR_JOURNAL_BAD, "line 1: the checksum is wrong");
    assert_null(statedir_newest(dir, UUID, &err));
    assert_error(QMIG_ERR_JOURNAL_BAD, "line 1: the checksum is wrong");
    assert_found(OLD, OLD);

    /* One that is newer still, and can be read, is the last one. */
    make_migration("20200131T120002-00000000", UUID, NULL, NULL);
    assert_found(UUID, "20200131T120002-00000000");
    close(fd);
}

static void ids_are_told_from_other_names(void **state UNUSED)
{
    static const char *const others[] = {"",
                                         "vm",
                                         "20200131T120000",
                                         "20200131T120000-0000000g",
                                         "20200131T120000-000000001",
                                         "2020-131T120000-00000001",
                                         UUID};
    CLEANUP(freep) char *id = statedir_new_id();

    assert_true(statedir_is_id(id));
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        assert_false(statedir_is_id(others[i]));
}

static void lock_names_its_holder_and_can_be_asked(void **state UNUSED)
{
    CLEANUP(freep) char *holder = NULL;
    char text[64];

    assert_int_equal(statedir_holder(dir, UUID, &holder, &err), 0);
    int fd = statedir_lock(dir, UUID, OLD, &err);
    assert_true(fd >= 0);
    assert_int_equal(statedir_lock(dir, UUID, OLD2, &err), -1);
    snprintf(text, sizeof(text), "process %ld, migration " OLD, (long)getpid());
    assert_error(QMIG_ERR_LOCKED, text);
    assert_int_equal(statedir_holder(dir, UUID, &holder, &err), 1);
    assert_string_equal(holder, text);
    close(fd);

    free(holder);
    holder = NULL;
    assert_int_equal(statedir_holder(dir, UUID, &holder, &err), 0);
    assert_null(holder);
}

static void lock_of_a_dead_process_does_not_block(void **state UNUSED)
{
    int pipefd[2];
    char c;

    assert_int_equal(pipe(pipefd), 0);
    pid_t pid = fork();
    if (!pid) {
        c = statedir_lock(dir, UUID, OLD, NULL) >= 0 ? 'y' : 'n';
        if (write(pipefd[1], &c, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(pipefd[0], &c, 1), 1);
    assert_int_equal(c, 'y');
    assert_int_equal(statedir_lock(dir, UUID, OLD2, &err), -1);
    assert_error(QMIG_ERR_LOCKED, "another qmigrate");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    int fd = statedir_lock(dir, UUID, OLD2, &err);
    assert_true(fd >= 0);
    close(fd);
    close(pipefd[0]);
    close(pipefd[1]);
}

static bool there(const char *id)
{
    char path[160];

    snprintf(path, sizeof(path), "%s/%s", dir, id);
    return access(path, F_OK) == 0;
}

static void prune_removes_what_ended_and_nothing_else(void **state UNUSED)
{
    static const char *const kept[] = {
        "20200101T000000-00000001", "20200101T000000-00000002",
        "20200101T000000-00000003", "20200101T000000-00000004"};
    CLEANUP(freep) char *fresh = statedir_new_id();
    char path[200];

    make_migration(OLD, UUID, "end", "{\"owner\":\"source\"}");
    make_migration(OLD2, NULL, NULL, NULL); /* nothing was ever sent */
    make_migration(kept[0], UUID, "migrate", NULL);
    make_migration(kept[1], UUID, "end", "{\"owner\":\"undecided\"}");
    make_migration(kept[2], UUID, "commit", NULL);
    make_migration(kept[3], UUID, "begin2", NULL);
    make_migration(fresh, UUID, "end", "{\"owner\":\"destination\"}");
    snprintf(path, sizeof(path), "%s/%s/transcript.jsonl", dir, OLD);
    close(open(path, O_WRONLY | O_CREAT, 0600));
    /* Somebody else's folder with such a name, and no journal in it. */
    snprintf(path, sizeof(path), "%s/20200101T000000-00000005", dir);
    assert_int_equal(mkdir(path, 0700), 0);

    assert_int_equal(statedir_prune(dir, 0, true), 0);
    assert_true(there(OLD));
    assert_int_equal(statedir_prune(dir, 30, false), 2);
    assert_false(there(OLD));
    assert_false(there(OLD2));
    assert_true(there(fresh));
    assert_true(there("20200101T000000-00000005"));
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        assert_true(there(kept[i]));
    assert_true(there(".pruned"));
}

static void prune_looks_once_a_day(void **state UNUSED)
{
    assert_int_equal(statedir_prune(dir, 30, false), 0);
    make_migration(OLD, UUID, "end", "{\"owner\":\"source\"}");
    assert_int_equal(statedir_prune(dir, 30, false), 0);
    assert_true(there(OLD));

    char path[128];
    struct timespec times[2] = {{.tv_sec = time(NULL) - 90000},
                                {.tv_sec = time(NULL) - 90000}};
    snprintf(path, sizeof(path), "%s/.pruned", dir);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(statedir_prune(dir, 30, false), 1);
    assert_false(there(OLD));
}

static void keep_days_come_from_the_environment(void **state UNUSED)
{
    static const struct {
        const char *text;
        int days;
    } rows[] = {{"7", 7},  {"0", 0},      {"", 30},
                {"-1", 0}, {"a week", 0}, {"99999999999", 0}};

    assert_int_equal(statedir_keep_days(), 30);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        setenv("QMIGRATE_KEEP_DAYS", rows[i].text, 1);
        assert_int_equal(statedir_keep_days(), rows[i].days);
    }
}

/* Of the journal's code, as docs/errors.md has it. */
static void
state_directory_is_refused_when_it_cannot_be_written(void **state UNUSED)
{
    assert_null(statedir_make("/proc/none", "x", &err));
    assert_error(QMIG_ERR_JOURNAL, "cannot create directory '/proc/none'");
    assert_int_equal(statedir_lock("/proc/none", "g", "x", &err), -1);
    assert_error(QMIG_ERR_JOURNAL, "cannot open '/proc/none/g.lock'");

    char path[160];
    snprintf(path, sizeof(path), "%s/file", dir);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_null(statedir_make(path, "x", &err));
    assert_error(QMIG_ERR_JOURNAL, "/file/x'");
}

int main(void)
{
#define T(fn)   cmocka_unit_test_setup_teardown(fn, setup, teardown)
#define SYS(fn) cmocka_unit_test_setup_teardown(fn, setup, reset_sys)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            state_directory_is_refused_when_it_cannot_be_written, setup,
            teardown),
        cmocka_unit_test(crc_is_ieee),
        T(journal_reads_what_was_written),
        T(torn_tail_is_cut_at_every_byte),
        T(zeros_and_a_bad_last_line_are_a_torn_tail),
        T(damage_in_the_middle_names_its_line),
        cmocka_unit_test(sealed_lines_that_are_no_records_are_refused),
        T(append_cuts_the_tail_and_counts_on),
        T(journal_that_is_not_there_or_no_file_says_so),
        SYS(full_disk_is_noticed_at_the_start),
        SYS(record_is_whole_or_not_there_when_the_disk_fills),
        SYS(failed_sync_takes_the_record_back),
        SYS(failed_sync_of_the_directory_fails_the_first_record),
        T(file_limit_fails_the_record_not_the_process),
        T(directory_that_cannot_take_it_is_refused),
        T(migration_is_found_by_id_uuid_and_name),
        T(newest_is_found_within_one_second),
        T(older_one_does_not_stand_for_a_damaged_one),
        T(ids_are_told_from_other_names),
        T(lock_names_its_holder_and_can_be_asked),
        T(lock_of_a_dead_process_does_not_block),
        T(prune_removes_what_ended_and_nothing_else),
        T(prune_looks_once_a_day),
        T(keep_days_come_from_the_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
