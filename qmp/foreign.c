/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "foreign.h"
#include "json.h"
#include "mask.h"
#include "member.h"
#include "reader.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

static const char *const names[] = {
    [FOREIGN_NONE] = NULL,
    [FOREIGN_MESSAGES] = "QMP messages, one a line (qmp-shell, socat)",
    [FOREIGN_PRETTY] = "QMP messages over several lines (.replies, qmp-shell)",
    [FOREIGN_LIBVIRT] = "a log of libvirt",
};
static_assert(ARRAY_SIZE(names) == FOREIGN__MAX, "a name for each kind");

const char *foreign_name(enum foreign_kind kind)
{
    return names[kind];
}

static bool begins(const char *text, size_t len, const char *with)
{
    return len >= strlen(with) && !memcmp(text, with, strlen(with));
}

static size_t blanks(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && (text[n] == ' ' || text[n] == '\t' || text[n] == '\r'))
        n++;
    return n;
}

/* ---- times -------------------------------------------------------------- */

/* Does it have the form? '0' stands for a digit. */
static bool fits(const char *text, size_t len, const char *form)
{
    if (len < strlen(form))
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9'
                           : text[i] != form[i])
            return false;
    return true;
}

static int digits(const char *text, int n)
{
    int v = 0;

    while (n--)
        v = v * 10 + *text++ - '0';
    return v;
}

/* "2026-01-31 12:00:00.123", or with '/' in the date: microseconds since the
 * epoch. Milli-, micro- and nanoseconds are written. */
static int64_t wall_us(const char *text, size_t len)
{
    struct tm tm = {
        .tm_year = digits(text, 4) - 1900,
        .tm_mon = digits(text + 5, 2) - 1,
        .tm_mday = digits(text + 8, 2),
        .tm_hour = digits(text + 11, 2),
        .tm_min = digits(text + 14, 2),
        .tm_sec = digits(text + 17, 2),
    };
    int64_t us = 0;
    int64_t unit = 100000;

    for (size_t i = 20; len > 20 && text[19] == '.' && i < len && unit; i++) {
        if (text[i] < '0' || text[i] > '9')
            break;
        us += (text[i] - '0') * unit;
        unit /= 10;
    }
    return timegm(&tm) * INT64_C(1000000) + us;
}

/* Clocks are set, and threads write to logs out of turn: time stands still
 * then. */
static void set_time(struct foreign *f, int64_t us)
{
    if (!f->has_base) {
        f->has_base = true;
        f->base_us = us;
    }
    if (us - f->base_us > f->t_us)
        f->t_us = us - f->base_us;
}

static void set_time_of_event(struct foreign *f, struct json_object *msg)
{
    int64_t s;
    int64_t us;

    if (json_object_object_get_ex(msg, "event", NULL) &&
        qmp_may_int(msg, "timestamp.seconds", &s, NULL) > 0 &&
        qmp_may_int(msg, "timestamp.microseconds", &us, NULL) > 0 && s >= 0 &&
        s < INT64_C(1) << 40 && us >= 0 && us < 1000000)
        set_time(f, s * 1000000 + us);
}

/* ---- what it is --------------------------------------------------------- */

#define SOCAT_TIME   "0000/00/00 00:00:00"
#define LIBVIRT_TIME "0000-00-00 00:00:00"

/* socat -v writes this before what passes. */
static bool is_socat_head(const char *text, size_t len)
{
    return len > 2 && (*text == '>' || *text == '<') && text[1] == ' ' &&
           fits(text + 2, len - 2, SOCAT_TIME);
}

/* What qmp-shell says besides messages. */
static const char *const talk[] = {
    "#",
    "(QEMU)",
    "Connected",
    "Welcome to the QMP",
};

static bool is_talk(const char *text, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(talk); i++)
        if (begins(text, len, talk[i]))
            return true;
    return is_socat_head(text, len);
}

static bool is_message(const char *text, size_t len)
{
    static const char *const keys[] = {
        "\"QMP\"",   "\"arguments\"", "\"error\"",
        "\"event\"", "\"exec-oob\"",  "\"execute\"",
        "\"id\"",    "\"return\"",    "\"timestamp\"",
    };
    size_t at = 1 + blanks(text + 1, len - 1);

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (begins(text + at, len - at, keys[i]))
            return !memmem(text, len, "\"transcript\"", 12);
    return false;
}

enum foreign_kind foreign_detect(const char *text, size_t len)
{
    size_t at = blanks(text, len);

    text += at;
    len -= at;
    if (!len)
        return FOREIGN_NONE;
    if (fits(text, len, LIBVIRT_TIME))
        return FOREIGN_LIBVIRT;
    if (*text == '{' && 1 + blanks(text + 1, len - 1) == len)
        return FOREIGN_PRETTY;
    if (is_talk(text, len) || (*text == '{' && is_message(text, len)))
        return FOREIGN_MESSAGES;
    return FOREIGN_NONE;
}

void foreign_init(struct foreign *f, enum foreign_kind kind)
{
    *f = (struct foreign){
        .kind = kind,
        .timed = kind == FOREIGN_LIBVIRT,
        .text = "",
        .msg.max = QMP_READER_MAX_LINE,
    };
}

void foreign_done(struct foreign *f)
{
    qmp_buffer_done(&f->msg);
    json_object_put(f->pending);
    f->pending = NULL;
}

void foreign_give(struct foreign *f, uint64_t line, const char *text,
                  size_t len)
{
    f->line = line;
    f->text = text;
    f->len = len;
}

static void skip(struct foreign *f, size_t n)
{
    f->text += n;
    f->len -= n;
}

/* ---- messages ----------------------------------------------------------- */

static int no_memory(struct qmp_error **errp)
{
    return qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a recording");
}

/* An entry without what it is; NULL: no memory. */
static struct json_object *new_entry(struct foreign *f, const char *peer)
{
    struct json_object *o = json_object_new_object();

    f->entry_line = f->line;
    if (o &&
        (json_object_object_add(o, "t", json_object_new_int64(f->t_us)) ||
         json_object_object_add(o, "peer", json_object_new_string(peer)))) {
        json_object_put(o);
        return NULL;
    }
    return o;
}

/* The message text[0..len) of `peer`. dir 0: to be seen from the message. */
static int make_entry(struct foreign *f, const char *peer, char dir,
                      const char *text, size_t len, struct json_object **ret,
                      struct qmp_error **errp)
{
    CLEANUP(freep) char *masked = NULL;
    CLEANUP(json_putp) struct json_object *msg = NULL;
    CLEANUP(json_putp) struct json_object *o = NULL;

    if (qmp_mask(text, len, dir, &masked) < 0)
        return no_memory(errp);
    if (masked) {
        text = masked;
        len = strlen(masked);
    }
    if (qmp_json_parse(text, len, &msg, errp) < 0)
        return -1;
    if (!dir)
        dir = json_object_object_get_ex(msg, "execute", NULL) ||
                      json_object_object_get_ex(msg, "exec-oob", NULL)
                  ? '>'
                  : '<';
    if (!f->timed)
        set_time_of_event(f, msg);
    o = new_entry(f, peer);
    if (!o ||
        json_object_object_add(o, "dir", json_object_new_string_len(&dir, 1)) ||
        json_object_object_add(o, "msg", msg))
        return no_memory(errp);
    msg = NULL;
    *ret = TAKE_PTR(o);
    return 1;
}

/* How many bytes of the line belong to the message; *whole: it ends there. */
static size_t scan(struct foreign *f, bool *whole)
{
    for (size_t i = 0; i < f->len; i++) {
        char c = f->text[i];

        if (f->in_string) {
            if (f->escaped)
                f->escaped = false;
            else if (c == '\\')
                f->escaped = true;
            else if (c == '"')
                f->in_string = false;
        } else if (c == '"') {
            f->in_string = true;
        } else if (c == '{' || c == '[') {
            f->depth++;
        } else if ((c == '}' || c == ']') && --f->depth == 0) {
            *whole = true;
            return i + 1;
        }
    }
    *whole = false;
    return f->len;
}

/* Between messages: go to the next. 1: there it is; 0: not on this line. */
static int find_message(struct foreign *f, struct qmp_error **errp)
{
    for (;;) {
        skip(f, blanks(f->text, f->len));
        if (!f->len)
            return 0;
        if (*f->text == '{')
            return 1;
        if (begins(f->text, f->len, "(QEMU)")) {
            skip(f, 6);
            skip(f, blanks(f->text, f->len));
            if (f->len && *f->text != '{' && *f->text != '(')
                skip(f, f->len); /* what was typed */
        } else if (begins(f->text, f->len, "\\r")) {
            skip(f, 2); /* socat -v shows the CR before the LF */
        } else if (is_socat_head(f->text, f->len)) {
            f->timed = true;
            set_time(f, wall_us(f->text + 2, f->len - 2));
            skip(f, f->len);
        } else if (is_talk(f->text, f->len)) {
            skip(f, f->len);
        } else {
            char shown[60];

            return qmp_fail(
                errp, QMP_ERR_TRANSCRIPT, "'%s' where a message was expected",
                qmp_printable(shown, sizeof(shown), f->text, f->len));
        }
    }
}

static int next_message(struct foreign *f, struct json_object **ret,
                        struct qmp_error **errp)
{
    const char *text;
    uint64_t last = f->line;
    bool whole;
    size_t n;
    int rc;

    if (!f->depth) {
        rc = find_message(f, errp);
        if (rc <= 0)
            return rc;
        f->entry_line = f->line;
    }
    n = scan(f, &whole);
    text = f->text;
    skip(f, n);
    if (!whole || qmp_buffer_len(&f->msg)) {
        if (qmp_buffer_append(&f->msg, text, n) < 0 ||
            (!whole && qmp_buffer_append(&f->msg, "\n", 1) < 0))
            return errno == ENOMEM
                       ? no_memory(errp)
                       : qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                                  "a message of more than %zu bytes",
                                  QMP_READER_MAX_LINE);
        if (!whole)
            return 0;
        text = qmp_buffer_data(&f->msg);
        n = qmp_buffer_len(&f->msg);
    }
    /* It counts, and errors are told, as of the line where it begins. */
    f->line = f->entry_line;
    rc = make_entry(f, "source", 0, text, n, ret, errp);
    qmp_buffer_clear(&f->msg, 65536);
    if (rc > 0)
        f->line = last;
    return rc;
}

/* ---- libvirt ------------------------------------------------------------ */

/* The text after `key`, within [text, end); NULL: not there. */
static const char *after(const char *text, const char *end, const char *key)
{
    const char *p = memmem(text, (size_t)(end - text), key, strlen(key));

    return p ? p + strlen(key) : NULL;
}

/* The monitor that text ("mon=0x7f...") names. */
static int find_peer(struct foreign *f, const char *text, const char *end,
                     size_t *ret, struct qmp_error **errp)
{
    const char *p = after(text, end, "mon=0x");
    uint64_t id = 0;

    if (!p)
        return qmp_fail(errp, QMP_ERR_TRANSCRIPT, "'mon=0x...' is missing");
    for (; p < end; p++) {
        int digit = *p >= '0' && *p <= '9'   ? *p - '0'
                    : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10
                                             : -1;

        if (digit < 0)
            break;
        id = id << 4 | (uint64_t)digit;
    }
    for (*ret = 0; *ret < f->n_peers; ++*ret)
        if (f->peers[*ret] == id)
            return 0;
    if (f->n_peers == FOREIGN_MAX_PEERS)
        return qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                        "more than %d monitors, take out the lines of one",
                        FOREIGN_MAX_PEERS);
    f->peers[f->n_peers++] = id;
    return 0;
}

static const char *peer_name(size_t i, char *room, size_t size)
{
    if (i < 2)
        return i ? "destination" : "source";
    snprintf(room, size, "monitor-%zu", i + 1);
    return room;
}

/* The lines that count. IO_WRITE is SEND_MSG once more. */
static const struct {
    const char *name;
    const char *key; /* NULL: the connection ends */
    char dir;
} marks[] = {
    {"QEMU_MONITOR_CLOSE: ", NULL, 0},
    {"QEMU_MONITOR_RECV_EVENT: ", " event=", '<'},
    {"QEMU_MONITOR_RECV_REPLY: ", " reply=", '<'},
    {"QEMU_MONITOR_SEND_MSG: ", " msg=", '>'},
};

/* libvirt sends qmp_capabilities before it was greeted. The greeting is only in
 * a line of its own, that does not say which monitor it is of. */
static const char greeting_mark[] = " Line [{\"QMP\": ";

static bool is_negotiation(struct json_object *entry)
{
    struct json_object *msg = json_object_object_get(entry, "msg");
    const char *name;

    return qmp_may_string(msg, "execute", &name, NULL) > 0 &&
           !strcmp(name, "qmp_capabilities");
}

/* 1: the line is a greeting, and *ret its entry; 0: it is none. */
static int libvirt_greeting(struct foreign *f, struct json_object **ret,
                            struct qmp_error **errp)
{
    const char *brace = f->len ? memchr(f->text, '{', f->len) : NULL;
    size_t before = strlen(" Line [");
    char room[32];
    bool whole;

    if (!f->greets || !brace || (size_t)(brace - f->text) < before ||
        !begins(brace - before, f->len - (size_t)(brace - before - f->text),
                greeting_mark))
        return 0;
    if (fits(f->text, f->len, LIBVIRT_TIME))
        set_time(f, wall_us(f->text, f->len));
    skip(f, (size_t)(brace - f->text));
    size_t n = scan(f, &whole);
    if (!whole)
        return 0;
    int rc = make_entry(f, peer_name(f->greets - 1, room, sizeof(room)), '<',
                        f->text, n, ret, errp);
    f->greets = 0;
    return rc;
}

static int libvirt_message(struct foreign *f, size_t mark, const char *at,
                           struct json_object **ret, struct qmp_error **errp)
{
    const char *end = f->text + f->len;
    const char *text;
    const char *peer;
    char room[32];
    size_t i = 0;
    size_t n;
    bool whole;
    int rc;

    if (find_peer(f, at, end, &i, errp) < 0)
        return -1;
    peer = peer_name(i, room, sizeof(room));
    if (!marks[mark].key) {
        *ret = new_entry(f, peer);
        if (!*ret || json_object_object_add(*ret, "closed", NULL)) {
            json_object_put(*ret);
            *ret = NULL;
            return no_memory(errp);
        }
        return 1;
    }
    text = after(at, end, marks[mark].key);
    if (!text || text == end || *text != '{')
        return qmp_fail(errp, QMP_ERR_TRANSCRIPT, "'%s{...' is missing",
                        marks[mark].key + 1);
    skip(f, (size_t)(text - f->text));
    n = scan(f, &whole);
    if (!whole)
        return 0; /* cut, if nothing comes behind it */
    rc = make_entry(f, peer, marks[mark].dir, text, n, ret, errp);
    skip(f, n);
    if (rc > 0 && marks[mark].dir == '>' && is_negotiation(*ret))
        f->greets = i + 1;
    return rc;
}

/* A command is followed by " fd=N", on its line or on the next. */
static void add_descriptor(struct foreign *f, struct json_object *o)
{
    if (begins(f->text, f->len, " fd=") && f->len > 4 && f->text[4] != '-')
        json_object_object_add(o, "fds", json_object_new_int(1));
}

static int next_libvirt(struct foreign *f, struct json_object **ret,
                        struct qmp_error **errp)
{
    const char *at;
    int rc = 0;

    if (f->depth)
        return qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                        "the message of the line above is not complete");
    if (f->pending && f->len) {
        add_descriptor(f, f->pending);
        *ret = TAKE_PTR(f->pending);
        return 1;
    }
    rc = libvirt_greeting(f, ret, errp);
    at = f->len && !rc ? memmem(f->text, f->len, "QEMU_MONITOR_", 13) : NULL;
    /* Not what a message or a guest may have written. */
    if (at && !memchr(f->text, '{', (size_t)(at - f->text))) {
        size_t left = f->len - (size_t)(at - f->text);

        if (fits(f->text, f->len, LIBVIRT_TIME))
            set_time(f, wall_us(f->text, f->len));
        for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
            if (!begins(at, left, marks[i].name))
                continue;
            rc = libvirt_message(f, i, at, ret, errp);
            if (rc <= 0 || marks[i].dir != '>')
                break;
            if (begins(f->text, f->len, " fd=")) {
                add_descriptor(f, *ret);
                break;
            }
            f->pending = TAKE_PTR(*ret);
            rc = 0;
            break;
        }
    }
    f->len = 0;
    return rc;
}

int foreign_next(struct foreign *f, struct json_object **ret,
                 struct qmp_error **errp)
{
    return f->kind == FOREIGN_LIBVIRT ? next_libvirt(f, ret, errp)
                                      : next_message(f, ret, errp);
}

int foreign_end(struct foreign *f, struct json_object **ret, bool *cut)
{
    *cut = f->depth > 0;
    f->depth = 0;
    if (!f->pending)
        return 0;
    *ret = TAKE_PTR(f->pending);
    return 1;
}
