/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/image.h"

#include "error/errcode.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static int fail(struct qmp_error **errp, int sys, const char *what,
                const char *path)
{
    qmp_fail(errp, QMIG_ERR_FILE, "cannot %s '%s': %s", what, path,
             strerror(sys));
    if (errp && *errp)
        (*errp)->sys = sys;
    return -1;
}

/* "DIR/NAME", DIR without links. */
static char *in_folder(const char *path, struct qmp_error **errp)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    CLEANUP(freep)
    char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    CLEANUP(freep) char *real = dir ? realpath(dir, NULL) : NULL;
    char *ret;

    if (!real) {
        int sys = errno;
        fail(errp, sys, "find the folder of", path);
        return NULL;
    }
    if (!*name || !strcmp(name, ".") || !strcmp(name, "..")) {
        fail(errp, EISDIR, "use", path);
        return NULL;
    }
    if (asprintf(&ret, "%s/%s", strcmp(real, "/") ? real : "", name) < 0)
        return NULL;
    return ret;
}

char *image_path(const char *path, bool missing, struct qmp_error **errp)
{
    struct stat st;
    char *ret;

    if (stat(path, &st) < 0) {
        int sys = errno;

        if (sys == ENOENT && missing)
            return in_folder(path, errp);
        fail(errp, sys, "open", path);
        return NULL;
    }
    if (!S_ISREG(st.st_mode)) {
        qmp_fail(errp, QMIG_ERR_FILE, "'%s' is no regular file", path);
        return NULL;
    }
    ret = realpath(path, NULL);
    if (!ret)
        qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    return ret;
}

/* The number of bytes that there are, up to len. */
static ssize_t read_all(int fd, void *data, size_t len)
{
    size_t n = 0;

    while (n < len) {
        ssize_t got = pread(fd, (char *)data + n, len - n, (off_t)n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

static int read_header(int fd, const char *path, struct image *ret,
                       struct qmp_error **errp)
{
    unsigned char fixed[IMAGE_FIXED];
    size_t head = 0;
    ssize_t n = read_all(fd, fixed, sizeof(fixed));

    if (n < 0) {
        int sys = errno;
        return fail(errp, sys, "read", path);
    }
    if (image_head(fixed, (size_t)n, &head, errp) < 0)
        return qmp_prefix(errp, "'%s'", path);
    CLEANUP(freep) void *data = malloc(head);
    if (!data)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    n = read_all(fd, data, head);
    if (n < 0) {
        int sys = errno;
        return fail(errp, sys, "read", path);
    }
    if (image_parse(data, (size_t)n, ret, errp) < 0)
        return qmp_prefix(errp, "'%s'", path);
    return 0;
}

int image_read(const char *path, struct image *ret, struct qmp_error **errp)
{
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        int sys = errno;
        return fail(errp, sys, "open", path);
    }
    if (!S_ISREG(st.st_mode))
        return qmp_fail(errp, QMIG_ERR_FILE, "'%s' is no regular file", path);
    if (read_header(fd, path, ret, errp) < 0)
        return -1;
    return TAKE_FD(fd);
}

int image_sync_dir(const char *path, struct qmp_error **errp)
{
    CLEANUP(freep) char *dir = strdup(path);
    char *slash = dir ? strrchr(dir, '/') : NULL;

    if (!slash)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    slash[slash == dir] = '\0';
    CLEANUP(closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0) {
        int sys = errno;
        return fail(errp, sys, "bring to the disk the folder", dir);
    }
    return 0;
}

int image_rename(const char *part, const char *file, bool overwrite,
                 struct qmp_error **errp)
{
    int rc = overwrite
                 ? rename(part, file)
                 : renameat2(AT_FDCWD, part, AT_FDCWD, file, RENAME_NOREPLACE);

    /* A file system without that (NFS): a link is never made over a file. */
    if (rc < 0 && (errno == EINVAL || errno == ENOSYS)) {
        rc = link(part, file);
        if (rc == 0)
            unlink(part);
    }
    if (rc < 0) {
        int sys = errno;
        return fail(errp, sys, "give the saved guest the name", file);
    }
    return image_sync_dir(file, errp);
}

int image_write_all(int fd, const void *data, size_t len, off_t at)
{
    while (len) {
        ssize_t n = pwrite(fd, data, len, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        data = (const char *)data + n;
        len -= (size_t)n;
        at += n;
    }
    return 0;
}
