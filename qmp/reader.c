/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reader.h"
#include "foreign.h"
#include "json.h"
#include "member.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

struct qmp_reader {
    char *path;
    int fd;
    bool own_fd;
    bool eof;
    bool cut;
    struct qmp_wire wire;
    struct foreign foreign;
    struct json_object *header;
    struct json_object *line; /* of the entry that was given last */
    size_t line_bytes;
    int64_t t_us;
};

/* Every error of the content says which file and line. */
static int at_line(struct qmp_reader *r, uint64_t line, struct qmp_error **errp)
{
    const char *name = foreign_name(r->foreign.kind);
    char shown[200];

    if (errp && *errp && (*errp)->code == QMP_ERR_PROTOCOL)
        (*errp)->code = QMP_ERR_TRANSCRIPT;
    return qmp_prefix(
        errp, "'%s', line %" PRIu64 "%s%s%s",
        qmp_printable(shown, sizeof(shown), r->path, strlen(r->path)), line,
        name ? ", read as " : "", name ? name : "", name ? "" : "");
}

/* 1: bytes came, 0: the end, -1 */
static int fill(struct qmp_reader *r, struct qmp_error **errp)
{
    size_t room;
    char *to = qmp_wire_room(&r->wire, &room);
    ssize_t n;

    if (!to)
        return qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a transcript");
    if (room > 1 << 20)
        room = 1 << 20;
    do {
        n = read(r->fd, to, room);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return qmp_fail_sys(errp, errno, "cannot read '%s'", r->path);
    qmp_wire_came(&r->wire, (size_t)n);
    return n > 0;
}

/* The bytes after the last line end: a whole line, or one that was cut. */
static int last_line(struct qmp_reader *r, struct json_object **ret)
{
    size_t len = qmp_wire_rest(&r->wire);

    if (!len)
        return 0;
    r->line_bytes = len;
    if (!qmp_json_parse(qmp_buffer_data(&r->wire.in), len, ret, NULL)) {
        qmp_buffer_clear(&r->wire.in, 0);
        r->wire.ends++;
        return 1;
    }
    r->cut = true;
    return 0;
}

/* The next line. 0: the end, though bytes without a line end may be left. */
static int next_text(struct qmp_reader *r, const char **text, size_t *len,
                     struct qmp_error **errp)
{
    for (;;) {
        int rc = qmp_wire_next(&r->wire, text, len, errp);

        if (rc < 0)
            return at_line(r, r->wire.ends + 1, errp);
        if (rc > 0 || r->eof)
            return rc;
        rc = fill(r, errp);
        if (rc < 0)
            return -1;
        r->eof = !rc;
    }
}

/* The next line as JSON. */
static int next_line(struct qmp_reader *r, struct json_object **ret,
                     struct qmp_error **errp)
{
    const char *text;
    size_t len;
    int rc = next_text(r, &text, &len, errp);

    if (rc <= 0)
        return rc < 0 ? -1 : last_line(r, ret);
    if (qmp_json_parse(text, len, ret, errp) < 0)
        return at_line(r, r->wire.ends, errp);
    r->line_bytes = len;
    return 1;
}

/* What has no line end, as a line. It stays in the buffer to the end. */
static bool take_rest(struct qmp_reader *r, const char **text, size_t *len)
{
    *len = qmp_wire_rest(&r->wire);
    if (!*len)
        return false;
    *text = qmp_buffer_data(&r->wire.in);
    r->wire.in.end = r->wire.in.start;
    r->wire.ends++;
    return true;
}

/* The next entry of a foreign recording. */
static int next_foreign(struct qmp_reader *r, struct json_object **ret,
                        struct qmp_error **errp)
{
    struct foreign *f = &r->foreign;
    const char *text;
    size_t len;
    int rc;

    r->line_bytes = 0;
    for (;;) {
        size_t left = f->len;

        rc = foreign_next(f, ret, errp);
        r->line_bytes += left - f->len;
        if (rc)
            return rc < 0 ? at_line(r, f->line, errp) : 1;
        rc = next_text(r, &text, &len, errp);
        if (rc < 0)
            return -1;
        if (!rc && !take_rest(r, &text, &len))
            return foreign_end(f, ret, &r->cut);
        foreign_give(f, r->wire.ends, text, len);
    }
}

static int new_header(struct qmp_reader *r, struct qmp_error **errp)
{
    const char *name = foreign_name(r->foreign.kind);

    r->header = json_object_new_object();
    if (!r->header ||
        json_object_object_add(r->header, "transcript",
                               json_object_new_int(1)) ||
        json_object_object_add(r->header, "program",
                               json_object_new_string(name)) ||
        json_object_object_add(r->header, "peers", json_object_new_object()))
        return qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a transcript");
    return 0;
}

static int read_header(struct qmp_reader *r, struct qmp_error **errp)
{
    enum foreign_kind kind = FOREIGN_NONE;
    int64_t version = 0;
    const char *text;
    size_t len;
    int rc = next_text(r, &text, &len, errp);

    if (rc < 0)
        return -1;
    if (rc)
        kind = foreign_detect(text, len);
    else if (qmp_wire_rest(&r->wire))
        kind = foreign_detect(qmp_buffer_data(&r->wire.in),
                              qmp_wire_rest(&r->wire));
    if (kind != FOREIGN_NONE) {
        foreign_init(&r->foreign, kind);
        if (rc)
            foreign_give(&r->foreign, r->wire.ends, text, len);
        return new_header(r, errp);
    }
    if (rc && qmp_json_parse(text, len, &r->header, errp) < 0)
        return at_line(r, r->wire.ends, errp);
    if (!rc)
        rc = last_line(r, &r->header);
    if (!rc) {
        qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                 r->cut ? "cut inside of the header" : "empty");
        return at_line(r, 1, errp);
    }
    if (!json_object_is_type(r->header, json_type_object) ||
        !json_object_object_get_ex(r->header, "transcript", NULL)) {
        qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                 "not a transcript: the header is missing");
        return at_line(r, r->wire.ends, errp);
    }
    if (qmp_need_int(r->header, "transcript", &version, errp) < 0)
        return at_line(r, r->wire.ends, errp);
    if (version != 1) {
        qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                 "a transcript of version %" PRId64 ", only 1 is known",
                 version);
        return at_line(r, r->wire.ends, errp);
    }
    return 0;
}

struct qmp_reader *qmp_reader_open(const char *path, struct qmp_error **errp)
{
    struct qmp_reader *r = calloc(1, sizeof(*r));

    if (r)
        r->path = strdup(path);
    if (!r || !r->path) {
        free(r);
        qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a transcript");
        return NULL;
    }
    qmp_wire_init(&r->wire, QMP_READER_MAX_LINE);
    r->own_fd = strcmp(path, "-") != 0;
    r->fd = r->own_fd ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : 0;
    if (r->fd < 0) {
        qmp_fail_sys(errp, errno, "cannot open '%s'", path);
        qmp_reader_free(r);
        return NULL;
    }
    if (read_header(r, errp) < 0) {
        qmp_reader_free(r);
        return NULL;
    }
    return r;
}

void qmp_reader_free(struct qmp_reader *r)
{
    if (!r)
        return;
    if (r->own_fd && r->fd >= 0)
        close(r->fd);
    qmp_wire_done(&r->wire);
    foreign_done(&r->foreign);
    json_object_put(r->header);
    json_object_put(r->line);
    free(r->path);
    free(r);
}

struct json_object *qmp_reader_header(const struct qmp_reader *r)
{
    return r->header;
}

const char *qmp_reader_format(const struct qmp_reader *r)
{
    return foreign_name(r->foreign.kind);
}

bool qmp_reader_is_cut(const struct qmp_reader *r)
{
    return r->cut;
}

static int read_peer(struct json_object *o, struct qmp_entry *e,
                     struct qmp_error **errp)
{
    const char *dir;
    int64_t nfds = 0;

    if (qmp_need_string(o, "peer", &e->peer, errp) < 0)
        return -1;
    if (json_object_object_get_ex(o, "closed", NULL)) {
        struct json_object *why;

        e->kind = QMP_ENTRY_CLOSED;
        json_object_object_get_ex(o, "closed", &why);
        return why ? qmp_need_string(o, "closed", &e->text, errp) : 0;
    }
    if (qmp_need_string(o, "dir", &dir, errp) < 0 ||
        qmp_may_int(o, "fds", &nfds, errp) < 0)
        return -1;
    if ((dir[0] != '>' && dir[0] != '<') || dir[1])
        return qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                        "member 'dir' is neither '>' nor '<'");
    if (nfds < 0 || nfds > 253)
        return qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                        "member 'fds' is %" PRId64 ", 0..253 wanted", nfds);
    e->dir = dir[0];
    e->nfds = (int)nfds;
    if (json_object_object_get_ex(o, "raw", NULL)) {
        e->kind = QMP_ENTRY_RAW;
        json_object_object_get_ex(o, "raw", &e->msg);
        return json_object_is_type(e->msg, json_type_string)
                   ? 0
                   : qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                              "member 'raw' is not a string");
    }
    e->kind = QMP_ENTRY_MESSAGE;
    if (!json_object_object_get_ex(o, "msg", &e->msg))
        return qmp_fail(errp, QMP_ERR_TRANSCRIPT, "member 'msg' is missing");
    return 0;
}

static int read_entry(struct qmp_reader *r, struct json_object *o,
                      struct qmp_entry *e, struct qmp_error **errp)
{
    if (qmp_need_int(o, "t", &e->t_us, errp) < 0)
        return -1;
    if (e->t_us < r->t_us)
        return qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                        "the time %" PRId64 " is before %" PRId64
                        " of the line above",
                        e->t_us, r->t_us);
    if (json_object_object_get_ex(o, "peer", NULL))
        return read_peer(o, e, errp);
    if (!json_object_object_get_ex(o, "note", NULL))
        return qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                        "neither 'peer' nor 'note' is there");
    e->kind = QMP_ENTRY_NOTE;
    return qmp_need_string(o, "note", &e->text, errp);
}

int qmp_reader_next(struct qmp_reader *r, struct qmp_entry *ret,
                    struct qmp_error **errp)
{
    struct qmp_entry e = {0};
    bool foreign;
    int rc;

    json_object_put(r->line);
    r->line = NULL;
    foreign = r->foreign.kind != FOREIGN_NONE;
    rc = foreign ? next_foreign(r, &r->line, errp)
                 : next_line(r, &r->line, errp);
    if (rc <= 0)
        return rc;
    e.object = r->line;
    e.line = foreign ? r->foreign.entry_line : r->wire.ends;
    e.timed = !foreign || r->foreign.timed;
    e.bytes = r->line_bytes;
    if (read_entry(r, r->line, &e, errp) < 0)
        return at_line(r, e.line, errp);
    r->t_us = e.t_us;
    *ret = e;
    return 1;
}
