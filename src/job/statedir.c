/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/statedir.h"

#include "error/errcode.h"
#include "qmp/utc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

char *statedir_path(const char *given, struct qmp_error **errp)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char *path = NULL;
    int rc;

    if (!given)
        given = getenv("QMIGRATE_STATE_DIR");
    if (given && *given)
        rc = asprintf(&path, "%s", given);
    else if (!geteuid())
        rc = asprintf(&path, "/run/qmigrate");
    else if (runtime && *runtime)
        rc = asprintf(&path, "%s/qmigrate", runtime);
    else {
        qmp_fail(errp, QMIG_ERR_JOURNAL,
                 "no state directory: neither "
                 "QMIGRATE_STATE_DIR nor "
                 "XDG_RUNTIME_DIR is set");
        qmp_hint(errp, "give --state-dir DIR");
        return NULL;
    }
    if (rc < 0) {
        qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        return NULL;
    }
    return path;
}

char *statedir_new_id(void)
{
    unsigned char random[4] = {0};
    char *id = NULL;
    struct tm tm;

    qmp_utc(time(NULL), &tm);
    if (getrandom(random, sizeof(random), 0) < 0)
        return NULL;
    if (asprintf(&id, "%04d%02d%02dT%02d%02d%02d-%02x%02x%02x%02x",
                 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                 tm.tm_min, tm.tm_sec, random[0], random[1], random[2],
                 random[3]) < 0)
        return NULL;
    return id;
}

/* What cannot be kept is the journal, whatever it was that failed. */
static int fail_state(struct qmp_error **errp, int sys, const char *what,
                      const char *path)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    qmp_fail_sys(&err, sys, "cannot %s '%s'", what, path);
    err->code = QMIG_ERR_JOURNAL;
    return qmp_propagate(errp, TAKE_PTR(err));
}

static int make_dir(const char *path, struct qmp_error **errp)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    int sys = errno;
    fail_state(errp, sys, "create directory", path);
    return qmp_hint(errp, "give another one with --state-dir");
}

char *statedir_make(const char *state, const char *id, struct qmp_error **errp)
{
    CLEANUP(freep) char *path = NULL;

    if (asprintf(&path, "%s/%s", state, id) < 0) {
        path = NULL;
        qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        return NULL;
    }
    if (make_dir(state, errp) < 0 || make_dir(path, errp) < 0)
        return NULL;
    return TAKE_PTR(path);
}

/* A file name for any key: what is not plain becomes "_". */
static void make_plain(char *name)
{
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-_+", *c))
            *c = '_';
}

/* The path of a guest's lock; NULL: no memory. */
static char *lock_path(const char *state, const char *key,
                       struct qmp_error **errp)
{
    CLEANUP(freep) char *plain = strndup(key, 200);
    char *path = NULL;

    if (plain) {
        make_plain(plain);
        if (asprintf(&path, "%s/%s.lock", state, plain) < 0)
            path = NULL;
    }
    if (!path)
        qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    return path;
}

static void read_holder(int fd, char holder[static 128])
{
    ssize_t n = pread(fd, holder, 127, 0);

    holder[n > 0 ? n : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
}

/* An open file description's lock, not flock(): whether it is held can be
 * asked without holding it for a moment. */
static int take_lock(int fd, const char *path, struct qmp_error **errp)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char holder[128] = "";

    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    int sys = errno;
    if (sys != EAGAIN && sys != EACCES)
        return fail_state(errp, sys, "lock", path);
    read_holder(fd, holder);
    return qmp_fail(errp, QMIG_ERR_LOCKED,
                    "another qmigrate acts on this guest: %s", holder);
}

int statedir_lock(const char *state, const char *key, const char *id,
                  struct qmp_error **errp)
{
    CLEANUP(freep) char *path = lock_path(state, key, errp);
    CLEANUP(closep) int fd = -1;

    if (!path)
        return -1;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        int sys = errno;
        return fail_state(errp, sys, "open", path);
    }
    if (take_lock(fd, path, errp) < 0)
        return -1;
    if (ftruncate(fd, 0) < 0 ||
        dprintf(fd, "process %ld, migration %s\n", (long)getpid(), id) < 0) {
        int sys = errno;
        return fail_state(errp, sys, "write", path);
    }
    return TAKE_FD(fd);
}

int statedir_holder(const char *state, const char *key, char **holder,
                    struct qmp_error **errp)
{
    CLEANUP(freep) char *path = lock_path(state, key, errp);
    CLEANUP(closep) int fd = -1;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char text[128];

    if (!path)
        return -1;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fcntl(fd, F_OFD_GETLK, &lock) < 0) {
        int sys = errno;
        return fail_state(errp, sys, "look at", path);
    }
    if (lock.l_type == F_UNLCK)
        return 0;
    read_holder(fd, text);
    *holder = strdup(text);
    return *holder ? 1 : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}
