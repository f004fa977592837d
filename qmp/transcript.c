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
/* More than this becomes lines without waiting for one. */
#define KEEP_BYTES ((size_t)1 << 16)

enum kind { KIND_MESSAGE, KIND_RAW, KIND_CLOSED, KIND_NOTE };

/*
 * What is to become a line. While something is recorded QEMU waits for the
 * program; when it is flushed the program waits for QEMU. So it is only copied
 * here, and searched for secrets and written as JSON then.
 */
struct record {
    int64_t t_us; /* since the start */
    size_t peer;  /* bytes of the peer's name behind the record (a note: of
                     its name), with the NUL */
    size_t text;  /* bytes behind that: the message, or why it was closed */
    struct json_object *members; /* of a note: a reference */
    int nfds;
    enum kind kind;
    char dir;
    bool has_text;
};

struct qmp_transcript {
    int fd; /* -1: not created yet */
    char *path;
    char *program; /* these are for the first line, which has time, too */
    char *id;
    struct json_object *peers;
    struct timespec start;
    bool begun; /* it is made */
    uint64_t count;
    int64_t start_us;
    struct qmp_buffer kept; /* records, each followed by its texts */
    struct qmp_buffer out;  /* lines */
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

static void write_out(struct qmp_transcript *t)
{
    if (t->fd < 0 && !t->broken)
        t->fd = create(t->path, &t->broken);
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
static void end_of_room(struct qmp_transcript *t, size_t start, int64_t t_us)
{
    t->out.end = t->out.start + start;
    t->full = true;
    if (qmp_buffer_printf(&t->out,
                          "{\"t\":%" PRId64
                          ",\"note\":\"truncated\",\"limit\":%" PRIu64 "}\n",
                          t_us, t->limit) < 0)
        fail(t, errno, "cannot record");
}

/* A line was appended, or could not be: `start` is where it began. */
static void end_line(struct qmp_transcript *t, size_t start, int64_t t_us,
                     int rc)
{
    size_t len = qmp_buffer_len(&t->out) - start;

    if (rc < 0) { /* never leave half a line */
        t->out.end = t->out.start + start;
        fail(t, errno, "cannot record");
        return;
    }
    if (t->bytes + len > t->limit) {
        end_of_room(t, start, t_us);
        return;
    }
    t->bytes += len;
    if (qmp_buffer_len(&t->out) >= GATHER_BYTES) {
        write_out(t);
    }
}

static int put_string(struct qmp_buffer *b, const char *s)
{
    return qmp_buffer_put_json(b, s, strlen(s), false);
}

static int put_header(struct qmp_buffer *b, const struct qmp_transcript *t)
{
    char when[QMP_UTC_TEXT];

    if (qmp_buffer_puts(b, "{\"transcript\":1,\"program\":") < 0 ||
        put_string(b, t->program) < 0 || qmp_buffer_puts(b, ",\"id\":") < 0 ||
        put_string(b, t->id) < 0 ||
        qmp_buffer_printf(b, ",\"start\":\"%s\",\"peers\":",
                          qmp_utc_text(t->start, 6, when)) < 0)
        return -1;
    if (t->peers ? qmp_buffer_put_value(b, t->peers) < 0
                 : qmp_buffer_puts(b, "{}") < 0)
        return -1;
    return qmp_buffer_puts(b, "}\n");
}

struct qmp_transcript *qmp_transcript_open_late(
    const char *path, const char *program, const char *id,
    struct json_object *peers, int64_t start_us, struct qmp_error **errp)
{
    struct qmp_transcript *t = calloc(1, sizeof(*t));

    if (t) {
        t->fd = -1;
        t->path = strdup(path);
        t->program = strdup(program);
        t->id = strdup(id);
        t->peers = json_object_get(peers);
    }
    if (!t || !t->path || !t->program || !t->id) {
        qmp_transcript_drop(t);
        qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a transcript");
        return NULL;
    }
    clock_gettime(CLOCK_REALTIME, &t->start);
    t->start_us = start_us;
    t->limit = QMP_TRANSCRIPT_LIMIT;
    return t;
}

struct qmp_transcript *qmp_transcript_open(const char *path,
                                           const char *program, const char *id,
                                           struct json_object *peers,
                                           int64_t start_us,
                                           struct qmp_error **errp)
{
    struct qmp_transcript *t =
        qmp_transcript_open_late(path, program, id, peers, start_us, errp);

    if (t && qmp_transcript_flush(t, errp) < 0) {
        qmp_transcript_close(t, NULL);
        return NULL;
    }
    return t;
}

void qmp_transcript_set_limit(struct qmp_transcript *t, uint64_t bytes)
{
    t->limit = bytes;
}

static int put_message(struct qmp_buffer *b, const struct record *r,
                       const char *text)
{
    CLEANUP(freep) char *masked = NULL;
    bool valid = r->kind == KIND_MESSAGE;

    if (valid && qmp_mask(text, r->text, r->dir, &masked) < 0) {
        errno = ENOMEM;
        return -1;
    }
    if (qmp_buffer_puts(b, r->dir == '>' ? ",\"dir\":\">\""
                                         : ",\"dir\":\"<\"") < 0)
        return -1;
    if (r->nfds > 0 && qmp_buffer_printf(b, ",\"fds\":%d", r->nfds) < 0)
        return -1;
    if (qmp_buffer_puts(b, valid ? ",\"msg\":" : ",\"raw\":") < 0)
        return -1;
    if (!valid && qmp_mask_suspects(text, r->text))
        return put_string(b, QMP_MASKED);
    return masked  ? qmp_buffer_puts(b, masked)
           : valid ? qmp_buffer_append(b, text, r->text)
                   : qmp_buffer_put_json(b, text, r->text, true);
}

static int put_closed(struct qmp_buffer *b, const struct record *r,
                      const char *why)
{
    if (qmp_buffer_puts(b, ",\"closed\":") < 0)
        return -1;
    return r->has_text ? qmp_buffer_put_json(b, why, r->text, false)
                       : qmp_buffer_puts(b, "null");
}

static int put_members(struct qmp_buffer *b, struct json_object *members)
{
    if (!members)
        return 0;
    json_object_object_foreach(members, key, value)
    {
        if (qmp_buffer_puts(b, ",") < 0 || put_string(b, key) < 0 ||
            qmp_buffer_puts(b, ":") < 0 || qmp_buffer_put_value(b, value) < 0)
            return -1;
    }
    return 0;
}

static int put_record(struct qmp_buffer *b, const struct record *r,
                      const char *peer, const char *text)
{
    bool note = r->kind == KIND_NOTE;

    if (qmp_buffer_append(b, "{\"t\":", 5) < 0 ||
        qmp_buffer_put_int(b, r->t_us) < 0 ||
        qmp_buffer_puts(b, note ? ",\"note\":" : ",\"peer\":") < 0 ||
        put_string(b, peer) < 0)
        return -1;
    if ((note                     ? put_members(b, r->members)
         : r->kind == KIND_CLOSED ? put_closed(b, r, text)
                                  : put_message(b, r, text)) < 0)
        return -1;
    return qmp_buffer_append(b, "}\n", 2);
}

static void end_record(struct qmp_transcript *t, const struct record *r,
                       const char *peer, const char *text)
{
    size_t start = qmp_buffer_len(&t->out);

    if (!t->broken && !t->full)
        end_line(t, start, r->t_us, put_record(&t->out, r, peer, text));
    json_object_put(r->members);
}

/* What was kept becomes lines. */
static void make_lines(struct qmp_transcript *t)
{
    if (!t->begun)
        end_line(t, 0, 0, put_header(&t->out, t));
    t->begun = true;
    while (qmp_buffer_len(&t->kept)) {
        const char *at = qmp_buffer_data(&t->kept);
        struct record r;

        memcpy(&r, at, sizeof(r));
        at += sizeof(r);
        end_record(t, &r, at, at + r.peer);
        qmp_buffer_consume(&t->kept, sizeof(r) + r.peer + r.text);
    }
}

/* Takes the reference to the members. */
static void keep(struct qmp_transcript *t, struct record *r, int64_t now_us,
                 const char *peer, const char *text)
{
    t->count++;
    r->t_us = now_us - t->start_us;
    r->peer = strlen(peer) + 1;
    if (r->text >= KEEP_BYTES) { /* not to have it twice */
        make_lines(t);
        end_record(t, r, peer, text);
        return;
    }
    if (t->broken || t->full) {
        json_object_put(r->members);
        return;
    }
    if (qmp_buffer_reserve(&t->kept, sizeof(*r) + r->peer + r->text) < 0) {
        fail(t, errno, "cannot record");
        json_object_put(r->members);
        return;
    }
    /* There is room. */
    qmp_buffer_append(&t->kept, r, sizeof(*r));
    qmp_buffer_append(&t->kept, peer, r->peer);
    qmp_buffer_append(&t->kept, text, r->text);
    if (qmp_buffer_len(&t->kept) >= KEEP_BYTES)
        make_lines(t);
}

void qmp_transcript_message(struct qmp_transcript *t, int64_t now_us,
                            const char *peer, char dir, const char *text,
                            size_t len, int nfds, bool valid)
{
    struct record r = {.kind = valid ? KIND_MESSAGE : KIND_RAW,
                       .dir = dir,
                       .text = len,
                       .nfds = nfds};

    keep(t, &r, now_us, peer, text);
}

void qmp_transcript_closed(struct qmp_transcript *t, int64_t now_us,
                           const char *peer, const char *why)
{
    struct record r = {.kind = KIND_CLOSED,
                       .has_text = why != NULL,
                       .text = why ? strlen(why) : 0};

    keep(t, &r, now_us, peer, why);
}

void qmp_transcript_note(struct qmp_transcript *t, int64_t now_us,
                         const char *note, struct json_object *members)
{
    struct record r = {.kind = KIND_NOTE, .members = json_object_get(members)};

    keep(t, &r, now_us, note, NULL);
}

bool qmp_transcript_pending(const struct qmp_transcript *t)
{
    return t->broken || !t->begun || qmp_buffer_len(&t->kept) ||
           qmp_buffer_len(&t->out);
}

uint64_t qmp_transcript_count(const struct qmp_transcript *t)
{
    return t->count;
}

int qmp_transcript_flush(struct qmp_transcript *t, struct qmp_error **errp)
{
    make_lines(t);
    write_out(t);
    if (t->broken)
        return qmp_propagate(errp, qmp_error_copy(t->broken));
    return 0;
}

static void forget_kept(struct qmp_transcript *t)
{
    while (qmp_buffer_len(&t->kept)) {
        struct record r;

        memcpy(&r, qmp_buffer_data(&t->kept), sizeof(r));
        json_object_put(r.members);
        qmp_buffer_consume(&t->kept, sizeof(r) + r.peer + r.text);
    }
}

void qmp_transcript_drop(struct qmp_transcript *t)
{
    if (!t)
        return;
    forget_kept(t);
    if (t->fd >= 0)
        close(t->fd);
    free(t->path);
    free(t->program);
    free(t->id);
    json_object_put(t->peers);
    qmp_buffer_done(&t->kept);
    qmp_buffer_done(&t->out);
    qmp_error_free(t->broken);
    free(t);
}

int qmp_transcript_close(struct qmp_transcript *t, struct qmp_error **errp)
{
    int rc = t ? qmp_transcript_flush(t, errp) : 0;

    qmp_transcript_drop(t);
    return rc;
}
