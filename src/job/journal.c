/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/journal.h"

#include "error/errcode.h"
#include "qmp/utc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

/* More than a migration ever writes. */
#define RESERVE 16384

struct journal_sys journal_sys = {write, fallocate, fdatasync, fsync};

struct journal {
    int fd;
    int dirfd;
    unsigned n;
    off_t size;     /* of what was written whole */
    int sync_errno; /* why the new file could not be brought to the disk */
};

static int fail_write(struct qmp_error **errp, int sys, const char *what)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    qmp_fail_sys(&err, sys, "%s the journal", what);
    err->code = QMIG_ERR_JOURNAL;
    return qmp_propagate(errp, TAKE_PTR(err));
}

/* Takes both descriptors if it succeeds. */
static struct journal *new_journal(int *fd, int *dirfd, struct qmp_error **errp)
{
    struct journal *j = calloc(1, sizeof(*j));

    if (!j) {
        qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        return NULL;
    }
    j->fd = TAKE_FD(*fd);
    j->dirfd = TAKE_FD(*dirfd);
    if (journal_sys.fdatasync(j->fd) < 0 || journal_sys.fsync(j->dirfd) < 0)
        j->sync_errno = errno;
    return j;
}

struct journal *journal_create(const char *dir, struct qmp_error **errp)
{
    CLEANUP(closep) int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(closep) int fd = -1;

    if (dirfd >= 0)
        fd = openat(dirfd, "journal",
                    O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        int sys = errno;
        fail_write(errp, sys, "cannot create");
        qmp_prefix(errp, "'%s'", dir);
        return NULL;
    }
    if (journal_sys.fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, RESERVE) < 0 &&
        errno != EOPNOTSUPP) {
        int sys = errno;
        fail_write(errp, sys, "cannot reserve space for");
        qmp_prefix(errp, "'%s'", dir);
        unlinkat(dirfd, "journal", 0);
        return NULL;
    }

    return new_journal(&fd, &dirfd, errp);
}

struct journal *journal_append(const char *dir, const struct journal_log *log,
                               struct qmp_error **errp)
{
    CLEANUP(closep) int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(closep) int fd = -1;

    if (dirfd >= 0)
        fd = openat(dirfd, "journal", O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0 || (log->torn && ftruncate(fd, log->whole) < 0)) {
        int sys = errno;
        fail_write(errp, sys, "cannot go on with");
        qmp_prefix(errp, "'%s'", dir);
        return NULL;
    }
    struct journal *j = new_journal(&fd, &dirfd, errp);
    if (j) {
        j->n = (unsigned)log->n;
        j->size = log->whole;
    }
    return j;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    close(j->fd);
    close(j->dirfd);
    free(j);
}

uint32_t journal_crc32(const char *text, size_t len)
{
    /* The remainders of 0..15: half a byte at a time. */
    static const uint32_t half[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = ~0u;

    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned char)text[i];
        crc = crc >> 4 ^ half[crc & 15];
        crc = crc >> 4 ^ half[crc & 15];
    }
    return ~crc;
}

static struct json_object *new_record(struct journal *j, const char *record,
                                      struct json_object *data)
{
    struct json_object *line = json_object_new_object();
    struct timespec now;
    char text[QMP_UTC_TEXT];

    clock_gettime(CLOCK_REALTIME, &now);
    qmp_utc_text(now, 3, text);

    json_object_object_add(line, "n", json_object_new_int((int)j->n + 1));
    json_object_object_add(line, "time", json_object_new_string(text));
    json_object_object_add(line, "record", json_object_new_string(record));
    if (data) {
        json_object_object_foreach(data, key, value)
        {
            json_object_object_add(line, key, json_object_get(value));
        }
    }
    return line;
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = journal_sys.write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

/* 0, or -1 with errno. */
static int sync_to_disk(struct journal *j)
{
    errno = j->sync_errno;
    return j->sync_errno ? -1 : journal_sys.fdatasync(j->fd);
}

int journal_write(struct journal *j, const char *record,
                  struct json_object *data, bool sync, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *line = new_record(j, record, data);
    CLEANUP(freep) char *text = NULL;
    const char *body = json_object_to_json_string_ext(
        line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    size_t len = strlen(body) - 1; /* without the closing brace */

    int n = asprintf(&text, "%.*s,\"crc\":\"%08x\"}\n", (int)len, body,
                     journal_crc32(body, len));
    if (n < 0) {
        text = NULL;
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    }
    if (write_all(j->fd, text, (size_t)n) < 0 ||
        (sync && sync_to_disk(j) < 0)) {
        int sys = errno;

        if (ftruncate(j->fd, j->size) == 0)
            fdatasync(j->fd);
        return fail_write(errp, sys, "cannot write");
    }
    j->n++;
    j->size += n;
    return 0;
}
