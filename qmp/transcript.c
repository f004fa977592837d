/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcript.h"
#include "buffer.h"
#include "mask.h"
#include "utc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* More than this is written without waiting for a flush. */
#define GATHER_BYTES ((size_t)1 << 20)

struct qmp_transcript {
    int fd;
    int64_t start_us;
    struct qmp_buffer out;
    uint64_t limit;
    uint64_t bytes;           /* of whole lines, written or gathered */
    bool full;                /* the limit was reached */
    struct qmp_error *broken; /* the first failure; nothing goes on after it */
};

static void fail(struct qmp_transcript *t, int sys, const char *what)
{
    if (!t->broken)
        qmp_fail_sys(&t->broken, sys, "transcript: %s", what);
}

static void write_out(struct qmp_transcript *t)
{
    while (!t->broken && qmp_buffer_len(&t->out)) {
        ssize_t n =
            write(t->fd, qmp_buffer_data(&t->out), qmp_buffer_len(&t->out));

        if (n > 0)
            qmp_buffer_consume(&t->out, (size_t)n);
        else if (n < 0 && errno != EINTR)
            fail(t, errno, "cannot write");
    }
    qmp_buffer_clear(&t->out, GATHER_BYTES);
}

/* The line from `start` on does not fit any more. Its time is kept. */
static void end_of_room(struct qmp_transcript *t, size_t start, int64_t now_us)
{
    t->out.end = t->out.start + start;
    t->full = true;
    if (qmp_buffer_printf(&t->out,
                          "{\"t\":%" PRId64
                          ",\"note\":\"truncated\",\"limit\":%" PRIu64 "}\n",
                          now_us - t->start_us, t->limit) < 0)
        fail(t, errno, "cannot record");
}

/* A line was appended, or could not be: `start` is where it began. */
static void end_line(struct qmp_transcript *t, size_t start, int64_t now_us,
                     int rc)
{
    size_t len = qmp_buffer_len(&t->out) - start;

    if (rc < 0) { /* never leave half a line */
        t->out.end = t->out.start + start;
        fail(t, errno, "cannot record");
        return;
    }
    if (t->bytes + len > t->limit) {
        end_of_room(t, start, now_us);
        return;
    }
    t->bytes += len;
    if (qmp_buffer_len(&t->out) >= GATHER_BYTES) {
        write_out(t);
    }
}

static int put_start(struct qmp_transcript *t, int64_t now_us)
{
    if (qmp_buffer_append(&t->out, "{\"t\":", 5) < 0)
        return -1;
    return qmp_buffer_put_int(&t->out, now_us - t->start_us);
}

static int put_string(struct qmp_buffer *b, const char *s)
{
    return qmp_buffer_put_json(b, s, strlen(s), false);
}

static int put_header(struct qmp_buffer *b, const char *program, const char *id,
                      struct json_object *peers)
{
    struct timespec ts;
    char when[QMP_UTC_TEXT];

    clock_gettime(CLOCK_REALTIME, &ts);
    if (qmp_buffer_puts(b, "{\"transcript\":1,\"program\":") < 0 ||
        put_string(b, program) < 0 || qmp_buffer_puts(b, ",\"id\":") < 0 ||
        put_string(b, id) < 0 ||
        qmp_buffer_printf(
            b, ",\"start\":\"%s\",\"peers\":", qmp_utc_text(ts, 6, when)) < 0)
        return -1;
    if (peers ? qmp_buffer_put_value(b, peers) < 0
              : qmp_buffer_puts(b, "{}") < 0)
        return -1;
    return qmp_buffer_puts(b, "}\n");
}

/* A file that was there keeps its mode otherwise: it may be readable. */
static int create(const char *path, struct qmp_error **errp)
{
    CLEANUP(closep)
    int fd =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0 ||
        (S_ISREG(st.st_mode) && (st.st_mode & 077) && fchmod(fd, 0600) < 0)) {
        qmp_fail_sys(errp, errno, "cannot create the transcript '%s'", path);
        return -1;
    }
    return TAKE_FD(fd);
}

struct qmp_transcript *qmp_transcript_open(const char *path,
                                           const char *program, const char *id,
                                           struct json_object *peers,
                                           int64_t start_us,
                                           struct qmp_error **errp)
{
    int fd = create(path, errp);

    if (fd < 0)
        return NULL;

    struct qmp_transcript *t = calloc(1, sizeof(*t));
    if (!t) {
        close(fd);
        qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a transcript");
        return NULL;
    }
    t->fd = fd;
    t->start_us = start_us;
    t->limit = QMP_TRANSCRIPT_LIMIT;
    end_line(t, 0, start_us, put_header(&t->out, program, id, peers));
    if (qmp_transcript_flush(t, errp) < 0) {
        qmp_transcript_close(t, NULL);
        return NULL;
    }
    return t;
}

void qmp_transcript_set_limit(struct qmp_transcript *t, uint64_t bytes)
{
    t->limit = bytes;
}

static int put_message(struct qmp_transcript *t, int64_t now_us,
                       const char *peer, char dir, const char *text, size_t len,
                       int nfds, bool valid)
{
    CLEANUP(freep) char *masked = NULL;

    if (valid && qmp_mask(text, len, dir, &masked) < 0) {
        errno = ENOMEM;
        return -1;
    }
    if (put_start(t, now_us) < 0 ||
        qmp_buffer_puts(&t->out, ",\"peer\":") < 0 ||
        put_string(&t->out, peer) < 0 ||
        qmp_buffer_puts(&t->out,
                        dir == '>' ? ",\"dir\":\">\"" : ",\"dir\":\"<\"") < 0)
        return -1;
    if (nfds > 0 && qmp_buffer_printf(&t->out, ",\"fds\":%d", nfds) < 0)
        return -1;
    if (qmp_buffer_puts(&t->out, valid ? ",\"msg\":" : ",\"raw\":") < 0)
        return -1;
    if (masked  ? qmp_buffer_puts(&t->out, masked) < 0
        : valid ? qmp_buffer_append(&t->out, text, len) < 0
                : qmp_buffer_put_json(&t->out, text, len, true) < 0)
        return -1;
    return qmp_buffer_puts(&t->out, "}\n");
}

void qmp_transcript_message(struct qmp_transcript *t, int64_t now_us,
                            const char *peer, char dir, const char *text,
                            size_t len, int nfds, bool valid)
{
    size_t start = qmp_buffer_len(&t->out);

    if (!t->broken && !t->full)
        end_line(t, start, now_us,
                 put_message(t, now_us, peer, dir, text, len, nfds, valid));
}

static int put_closed(struct qmp_transcript *t, int64_t now_us,
                      const char *peer, const char *why)
{
    if (put_start(t, now_us) < 0 ||
        qmp_buffer_puts(&t->out, ",\"peer\":") < 0 ||
        put_string(&t->out, peer) < 0 ||
        qmp_buffer_puts(&t->out, ",\"closed\":") < 0 ||
        (why ? put_string(&t->out, why) : qmp_buffer_puts(&t->out, "null")) < 0)
        return -1;
    return qmp_buffer_puts(&t->out, "}\n");
}

void qmp_transcript_closed(struct qmp_transcript *t, int64_t now_us,
                           const char *peer, const char *why)
{
    size_t start = qmp_buffer_len(&t->out);

    if (!t->broken && !t->full)
        end_line(t, start, now_us, put_closed(t, now_us, peer, why));
}

static int put_note(struct qmp_transcript *t, int64_t now_us, const char *note,
                    struct json_object *members)
{
    if (put_start(t, now_us) < 0 ||
        qmp_buffer_puts(&t->out, ",\"note\":") < 0 ||
        put_string(&t->out, note) < 0)
        return -1;
    if (members) {
        json_object_object_foreach(members, key, value)
        {
            if (qmp_buffer_puts(&t->out, ",") < 0 ||
                put_string(&t->out, key) < 0 ||
                qmp_buffer_puts(&t->out, ":") < 0 ||
                qmp_buffer_put_value(&t->out, value) < 0)
                return -1;
        }
    }
    return qmp_buffer_puts(&t->out, "}\n");
}

void qmp_transcript_note(struct qmp_transcript *t, int64_t now_us,
                         const char *note, struct json_object *members)
{
    size_t start = qmp_buffer_len(&t->out);

    if (!t->broken && !t->full)
        end_line(t, start, now_us, put_note(t, now_us, note, members));
}

int qmp_transcript_flush(struct qmp_transcript *t, struct qmp_error **errp)
{
    write_out(t);
    if (t->broken)
        return qmp_propagate(errp, qmp_error_copy(t->broken));
    return 0;
}

int qmp_transcript_close(struct qmp_transcript *t, struct qmp_error **errp)
{
    int rc;

    if (!t)
        return 0;
    rc = qmp_transcript_flush(t, errp);
    close(t->fd);
    qmp_buffer_done(&t->out);
    qmp_error_free(t->broken);
    free(t);
    return rc;
}
