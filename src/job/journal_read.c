/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reading side of the journal. */
#include "job/journal.h"

#include "error/errcode.h"
#include "qmp/json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* ,"crc":"0a9b1b2c"} */
#define CRC_LEN 18

/* The line's bytes are those that were written. */
static int check_crc(const char *line, size_t len, struct qmp_error **errp)
{
    char wanted[CRC_LEN + 1];

    if (len < CRC_LEN)
        return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD,
                        "%zu bytes are too short for a record", len);
    snprintf(wanted, sizeof(wanted), ",\"crc\":\"%08x\"}",
             journal_crc32(line, len - CRC_LEN));
    if (memcmp(line + len - CRC_LEN, wanted, CRC_LEN) != 0)
        return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD,
                        "the checksum is wrong, the text's is %.8s",
                        wanted + 8);
    return 0;
}

/* What the format promises of each record. */
static int check_members(struct json_object *record, size_t number,
                         struct qmp_error **errp)
{
    struct json_object *n = NULL;
    struct json_object *name = NULL;

    if (!json_object_is_type(record, json_type_object))
        return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD, "not a JSON object");
    json_object_object_get_ex(record, "n", &n);
    if (!json_object_is_type(n, json_type_int) ||
        json_object_get_int64(n) != (int64_t)number)
        return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD, "'n' is %.40s, must be %zu",
                        n ? json_object_to_json_string(n) : "missing", number);
    json_object_object_get_ex(record, "record", &name);
    if (!json_object_is_type(name, json_type_string))
        return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD,
                        "'record' must be a string, is %.40s",
                        name ? json_object_to_json_string(name) : "missing");
    return 0;
}

static int parse_line(const char *line, size_t len, size_t number,
                      struct json_object **ret, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *record = NULL;
    struct qmp_error *err = NULL;

    if (check_crc(line, len, errp) < 0)
        return -1;
    if (qmp_json_parse(line, len, &record, &err) < 0) {
        if (err->code != QMP_ERR_NOMEM)
            err->code = QMIG_ERR_JOURNAL_BAD;
        return qmp_propagate(errp, err);
    }
    if (check_members(record, number, errp) < 0)
        return -1;
    *ret = TAKE_PTR(record);
    return 0;
}

static int append(struct journal_log *log, size_t *max,
                  struct json_object *record, struct qmp_error **errp)
{
    if (log->n == *max) {
        size_t more = *max ? 2 * *max : 8;
        struct json_object **records =
            realloc(log->records, more * sizeof(struct json_object *));

        if (!records) {
            json_object_put(record);
            return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        }
        log->records = records;
        *max = more;
    }
    log->records[log->n++] = record;
    return 0;
}

/* Is there a whole record with a good checksum in what follows? */
static bool good_line_follows(const char *text, size_t len)
{
    while (len) {
        const char *end = memchr(text, '\n', len);

        if (!end)
            return false;
        if (check_crc(text, (size_t)(end - text), NULL) == 0)
            return true;
        len -= (size_t)(end - text) + 1;
        text = end + 1;
    }
    return false;
}

/* At most `most` records. */
static int parse_some(const char *text, size_t len, size_t most,
                      struct journal_log *log, struct qmp_error **errp)
{
    size_t max = 0;

    for (size_t at = 0; at < len && log->n < most;) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct json_object *record = NULL;
        const char *line = text + at;
        const char *end = memchr(line, '\n', len - at);
        size_t n = end ? (size_t)(end - line) : len - at;

        if (!end) {
            log->torn = true;
            return 0;
        }
        if (parse_line(line, n, log->n + 1, &record, &err) < 0) {
            /* Only writing can be cut short: a good checksum over a bad
             * record is not a crash's work. */
            if (err->code == QMIG_ERR_JOURNAL_BAD &&
                check_crc(line, n, NULL) < 0 &&
                !good_line_follows(end + 1, len - at - n - 1)) {
                log->torn = true;
                return 0;
            }
            qmp_prefix(&err, "line %zu", log->n + 1);
            return qmp_propagate(errp, TAKE_PTR(err));
        }
        if (append(log, &max, record, errp) < 0)
            return -1;
        at += n + 1;
        log->whole = (off_t)at;
    }
    return 0;
}

static int parse(const char *text, size_t len, size_t most,
                 struct journal_log *ret, struct qmp_error **errp)
{
    struct journal_log log = {0};

    if (parse_some(text, len, most, &log, errp) < 0) {
        journal_log_clear(&log);
        return -1;
    }
    *ret = log;
    return 0;
}

int journal_parse(const char *text, size_t len, struct journal_log *ret,
                  struct qmp_error **errp)
{
    return parse(text, len, SIZE_MAX, ret, errp);
}

static int read_all(int fd, char *text, size_t max, size_t *len)
{
    while (*len < max) {
        ssize_t n = read(fd, text + *len, max - *len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return (int)n;
        *len += (size_t)n;
    }
    return 0;
}

static int read_some(const char *dir, size_t most, struct journal_log *ret,
                     struct qmp_error **errp)
{
    CLEANUP(freep) char *path = NULL;
    CLEANUP(freep) char *text = NULL;
    CLEANUP(closep) int fd = -1;
    struct stat st = {0};
    size_t len = 0;

    if (asprintf(&path, "%s/journal", dir) < 0) {
        path = NULL;
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0) {
        int sys = errno;
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        qmp_fail_sys(&err, sys, "cannot read '%s'", path);
        err->code =
            sys == ENOENT ? QMIG_ERR_JOURNAL_UNKNOWN : QMIG_ERR_JOURNAL_BAD;
        return qmp_propagate(errp, TAKE_PTR(err));
    }
    if (!S_ISREG(st.st_mode) || st.st_size > (off_t)JOURNAL_MAX_SIZE)
        return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD,
                        "'%s' is not a journal: must be a file of at most "
                        "%zu bytes, has %lld",
                        path, JOURNAL_MAX_SIZE, (long long)st.st_size);
    /* It may grow while it is read. */
    text = malloc((size_t)st.st_size + 1);
    if (!text)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    if (read_all(fd, text, (size_t)st.st_size, &len) < 0) {
        int sys = errno;
        return qmp_fail_sys(errp, sys, "cannot read '%s'", path);
    }
    if (parse(text, len, most, ret, errp) < 0)
        return qmp_prefix(errp, "'%s'", path);
    return 0;
}

int journal_read(const char *dir, struct journal_log *ret,
                 struct qmp_error **errp)
{
    return read_some(dir, SIZE_MAX, ret, errp);
}

int journal_read_first(const char *dir, struct json_object **ret,
                       struct qmp_error **errp)
{
    struct journal_log log = {0};

    *ret = NULL;
    if (read_some(dir, 1, &log, errp) < 0)
        return -1;
    if (log.n)
        *ret = json_object_get(log.records[0]);
    journal_log_clear(&log);
    return 0;
}

void journal_log_clear(struct journal_log *log)
{
    for (size_t i = 0; i < log->n; i++)
        json_object_put(log->records[i]);
    free(log->records);
    *log = (struct journal_log){0};
}
