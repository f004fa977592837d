/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define FIRST_SIZE ((size_t)64 << 10)

struct buffer {
    char *data;
    size_t len;
    size_t size;
};

/* At most to max + 2: a byte by which "too large" is noticed, and the NUL. */
static int grow(struct buffer *b, size_t max)
{
    size_t want = b->size ? b->size * 2 : FIRST_SIZE;

    if (want > max + 2)
        want = max + 2;
    char *grown = realloc(b->data, want);
    if (!grown)
        return -1;
    b->data = grown;
    b->size = want;
    return 0;
}

static int read_all(int fd, const char *path, size_t max, int code,
                    struct buffer *b, struct qmp_error **errp)
{
    for (;;) {
        if (b->len + 1 >= b->size && grow(b, max) < 0)
            return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        ssize_t n = read(fd, b->data + b->len, b->size - b->len - 1);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return qmp_fail(errp, code, "cannot read '%s': %s", path,
                            strerror(errno));
        b->len += (size_t)n;
        if (b->len > max)
            return qmp_fail(errp, code, "'%s' is larger than %zu bytes", path,
                            max);
    }
}

char *cli_read_file(const char *path, size_t max, int code,
                    struct qmp_error **errp)
{
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct buffer b = {0};

    if (fd < 0) {
        qmp_fail(errp, code, "cannot open '%s': %s", path, strerror(errno));
        return NULL;
    }
    if (read_all(fd, path, max, code, &b, errp) < 0) {
        free(b.data);
        return NULL;
    }
    if (memchr(b.data, 0, b.len)) {
        qmp_fail(errp, code, "'%s' is not text: it has a NUL byte", path);
        free(b.data);
        return NULL;
    }
    b.data[b.len] = 0;
    return b.data;
}
