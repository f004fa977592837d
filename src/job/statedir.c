/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/statedir.h"

#include "error/errcode.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

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
    time_t now = time(NULL);
    struct tm tm;

    gmtime_r(&now, &tm);
    if (getrandom(random, sizeof(random), 0) < 0)
        return NULL;
    if (asprintf(&id, "%04d%02d%02dT%02d%02d%02d-%02x%02x%02x%02x",
                 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                 tm.tm_min, tm.tm_sec, random[0], random[1], random[2],
                 random[3]) < 0)
        return NULL;
    return id;
}

static int make_dir(const char *path, struct qmp_error **errp)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    int sys = errno;
    qmp_fail_sys(errp, sys, "cannot create directory '%s'", path);
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

static int take_lock(int fd, const char *path, struct qmp_error **errp)
{
    char holder[128] = "";

    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    int sys = errno;
    if (sys != EWOULDBLOCK)
        return qmp_fail_sys(errp, sys, "cannot lock '%s'", path);

    ssize_t n = pread(fd, holder, sizeof(holder) - 1, 0);
    holder[n > 0 ? n : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    return qmp_fail(errp, QMIG_ERR_LOCKED,
                    "another qmigrate acts on this guest: %s", holder);
}

int statedir_lock(const char *state, const char *key, const char *id,
                  struct qmp_error **errp)
{
    CLEANUP(freep) char *plain = strndup(key, 200);
    CLEANUP(freep) char *path = NULL;
    CLEANUP(closep) int fd = -1;

    if (!plain)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    make_plain(plain);
    if (asprintf(&path, "%s/%s.lock", state, plain) < 0) {
        path = NULL;
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        int sys = errno;
        return qmp_fail_sys(errp, sys, "cannot open '%s'", path);
    }
    if (take_lock(fd, path, errp) < 0)
        return -1;
    if (ftruncate(fd, 0) < 0 ||
        dprintf(fd, "process %ld, migration %s\n", (long)getpid(), id) < 0) {
        int sys = errno;
        return qmp_fail_sys(errp, sys, "cannot write '%s'", path);
    }
    return TAKE_FD(fd);
}
