/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Old migrations that ended leave the state directory. */
#include "job/statedir.h"

#include "job/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define KEEP_DAYS 30
#define DAY       (24 * 60 * 60)
/* Nobody waits long for the first time on a full directory. */
#define MAX_AT_ONCE 200

int statedir_keep_days(void)
{
    const char *text = getenv("QMIGRATE_KEEP_DAYS");
    char *end;

    if (!text || !*text)
        return KEEP_DAYS;
    long days = strtol(text, &end, 10);
    /* What cannot be understood deletes nothing. */
    return *end || days < 0 || days > INT32_MAX / DAY ? 0 : (int)days;
}

/* When was it? The id tells. */
static time_t time_of(const char *id)
{
    struct tm tm = {0};

    return strptime(id, "%Y%m%dT%H%M%S", &tm) ? timegm(&tm) : 0;
}

static bool record_is(struct json_object *record, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(record, "record", &value);
    return !strcmp(json_object_get_string(value), name);
}

static bool owner_is_known(struct json_object *record)
{
    struct json_object *owner = NULL;

    json_object_object_get_ex(record, "owner", &owner);
    return json_object_is_type(owner, json_type_string) &&
           (!strcmp(json_object_get_string(owner), "source") ||
            !strcmp(json_object_get_string(owner), "destination"));
}

/* Nothing is left to do for it: it ended with an owner, or nothing was sent. */
static bool is_over(const char *dir)
{
    struct journal_log log = {0};
    bool over = false;

    if (journal_read(dir, &log, NULL) < 0)
        return false;
    if (log.n == 0)
        over = true;
    else if (record_is(log.records[log.n - 1], "end"))
        over = owner_is_known(log.records[log.n - 1]);
    journal_log_clear(&log);
    return over;
}

/* Only files of ours are in it; a directory in it makes rmdir() fail. */
static bool remove_all(int statefd, const char *id)
{
    int fd =
        openat(statefd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!dir) {
        closep(&fd);
        return false;
    }
    /* The journal goes last: what was removed by half is found again. */
    while ((entry = readdir(dir)))
        if (strcmp(entry->d_name, "journal") != 0)
            unlinkat(fd, entry->d_name, 0);
    unlinkat(fd, "journal", 0);
    closedir(dir);
    return unlinkat(statefd, id, AT_REMOVEDIR) == 0;
}

/* At most once a day, whoever comes first. */
static bool is_due(int statefd, bool force)
{
    struct stat st;
    CLEANUP(closep) int fd = -1;

    if (!force && fstatat(statefd, ".pruned", &st, 0) == 0 &&
        st.st_mtime + DAY > time(NULL) && st.st_mtime <= time(NULL))
        return false;
    fd = openat(statefd, ".pruned", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return fd >= 0 && futimens(fd, NULL) == 0;
}

int statedir_prune(const char *state, int days, bool force)
{
    CLEANUP(closep)
    int statefd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    time_t before = time(NULL) - (time_t)days * DAY;
    struct dirent *entry;
    int removed = 0;

    if (!days || statefd < 0 || !is_due(statefd, force))
        return 0;
    DIR *dir = opendir(state);
    while (dir && removed < MAX_AT_ONCE && (entry = readdir(dir))) {
        CLEANUP(freep) char *path = NULL;

        if (!statedir_is_id(entry->d_name) || time_of(entry->d_name) > before)
            continue;
        if (asprintf(&path, "%s/%s", state, entry->d_name) < 0) {
            path = NULL;
            break;
        }
        if (is_over(path) && remove_all(statefd, entry->d_name))
            removed++;
    }
    if (dir)
        closedir(dir);
    return removed;
}
