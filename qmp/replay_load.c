/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a transcript to the script that is played. */
#include "json.h"
#include "member.h"
#include "reader.h"
#include "replay_priv.h"

#include <inttypes.h>
#include <string.h>

#define MAX_BYTES ((size_t)64 << 20)

static int no_memory(struct qmp_error **errp)
{
    return qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a replay");
}

static int find_peer(struct qmp_replay *r, const char *name, size_t *ret,
                     struct qmp_error **errp)
{
    for (*ret = 0; *ret < r->n_peers; ++*ret)
        if (!strcmp(r->peers[*ret].name, name))
            return 0;
    if (r->n_peers == QMP_REPLAY_MAX_PEERS)
        return qmp_fail(errp, QMP_ERR_TRANSCRIPT, "more than %d peers",
                        QMP_REPLAY_MAX_PEERS);
    struct replay_peer *p = &r->peers[r->n_peers];
    p->listener = p->fd = -1;
    p->name = strdup(name);
    if (!p->name)
        return no_memory(errp);
    r->n_peers++;
    return 0;
}

/* Of no peer if the entry has none. */
static struct step *add_step(struct qmp_replay *r, const struct qmp_entry *e,
                             struct qmp_error **errp)
{
    size_t n = r->n_steps;
    size_t peer = NO_STEP;

    if (e->peer && find_peer(r, e->peer, &peer, errp) < 0)
        return NULL;
    if (!(n & (n - 1))) {
        void *p = reallocarray(r->steps, n ? n * 2 : 1, sizeof(*r->steps));

        if (!p) {
            no_memory(errp);
            return NULL;
        }
        r->steps = p;
    }
    r->steps[n] = (struct step){
        .line = e->line,
        .t_us = e->t_us,
        .peer = peer,
        .partner = NO_STEP,
    };
    r->n_steps++;
    return &r->steps[n];
}

/* The command that a reply answers: that with its id, else (a client that
 * sends no ids) the oldest that has no answer. */
static size_t find_command(struct qmp_replay *r, size_t peer,
                           struct json_object *reply)
{
    struct json_object *id = NULL;
    bool has_id = json_object_object_get_ex(reply, "id", &id);

    for (size_t i = 0; i < r->n_steps; i++) {
        const struct step *s = &r->steps[i];
        struct json_object *its = NULL;

        if (s->peer != peer || s->partner != NO_STEP ||
            (s->kind != STEP_COMMAND && s->kind != STEP_POLL))
            continue;
        if (has_id != json_object_object_get_ex(s->msg, "id", &its))
            continue;
        if (!has_id || json_object_equal(its, id))
            return i;
    }
    return NO_STEP;
}

static void fill_command(struct qmp_replay *r, struct step *s)
{
    struct replay_peer *p = &r->peers[s->peer];
    bool oob;

    s->kind =
        replay_is_poll(replay_command(s->msg, &oob)) ? STEP_POLL : STEP_COMMAND;
    s->before = p->commands;
    p->commands += s->kind == STEP_COMMAND;
}

static void fill_said(struct qmp_replay *r, struct step *s)
{
    size_t self = (size_t)(s - r->steps);

    s->kind = STEP_SAY;
    s->greeting = json_object_object_get_ex(s->msg, "QMP", NULL);
    if (s->greeting || json_object_object_get_ex(s->msg, "event", NULL))
        return;
    s->partner = find_command(r, s->peer, s->msg);
    if (s->partner == NO_STEP)
        return;
    r->steps[s->partner].partner = self;
    if (r->steps[s->partner].kind == STEP_POLL)
        s->kind = STEP_ANSWER;
}

/* The bytes of "raw", whose characters they are. */
static int fill_raw(struct step *s, struct json_object *raw,
                    struct qmp_error **errp)
{
    const unsigned char *from =
        (const unsigned char *)json_object_get_string(raw);
    size_t len = (size_t)json_object_get_string_len(raw);

    s->kind = STEP_SAY;
    s->raw = malloc(len + 2);
    if (!s->raw)
        return no_memory(errp);
    for (size_t i = 0; i < len; i++) {
        unsigned c = from[i];

        if (c >= 0xc2 && c <= 0xc3 && i + 1 < len)
            c = (c & 3) << 6 | (from[++i] & 0x3fu);
        s->raw[s->raw_len++] = (char)c;
    }
    s->raw[s->raw_len++] = '\n';
    return 0;
}

/* One step of an opening; `answers`: the step before it. */
static int add_made_up(struct qmp_replay *r, const struct qmp_entry *e,
                       const char *text, enum step_kind kind, bool answers,
                       struct qmp_error **errp)
{
    struct step *s = add_step(r, e, errp);

    if (!s || qmp_json_parse(text, strlen(text), &s->msg, errp) < 0)
        return -1;
    s->kind = kind;
    s->line = 0;
    if (kind == STEP_COMMAND) {
        r->peers[s->peer].commands++;
    } else if (answers) {
        s->partner = r->n_steps - 2;
        r->steps[s->partner].partner = r->n_steps - 1;
    } else {
        s->greeting = true;
    }
    return 0;
}

/* Foreign recordings leave out how a dialogue begins, as far as the program did
 * it for its user; but now a client has to be greeted. */
static int add_opening(struct qmp_replay *r, const struct qmp_entry *e,
                       struct qmp_error **errp)
{
    bool oob;

    for (size_t i = 0; i < r->n_peers; i++)
        if (!strcmp(r->peers[i].name, e->peer))
            return 0;
    if (e->dir == '<' && json_object_object_get_ex(e->msg, "QMP", NULL))
        return 0;
    if (add_made_up(r, e,
                    "{\"QMP\":{\"version\":{\"qemu\":{\"major\":0,"
                    "\"minor\":0,\"micro\":0},\"package\":\"replay\"},"
                    "\"capabilities\":[]}}",
                    STEP_SAY, false, errp) < 0)
        return -1;
    if (e->dir == '>' &&
        !strcmp(replay_command(e->msg, &oob), "qmp_capabilities"))
        return 0;
    if (add_made_up(r, e, "{\"execute\":\"qmp_capabilities\"}", STEP_COMMAND,
                    false, errp) < 0)
        return -1;
    return add_made_up(r, e, "{\"return\":{}}", STEP_SAY, true, errp);
}

/* libvirt's log has the greeting behind the first command, where nobody waits
 * for it: it becomes that of the opening. */
static bool greets_late(struct qmp_replay *r, const struct qmp_entry *e)
{
    if (e->dir != '<' || !json_object_object_get_ex(e->msg, "QMP", NULL))
        return false;
    for (size_t i = 0; i < r->n_steps; i++) {
        struct step *s = &r->steps[i];

        if (!s->greeting || s->line || strcmp(r->peers[s->peer].name, e->peer))
            continue;
        json_object_put(s->msg);
        s->msg = json_object_get(e->msg);
        s->line = e->line;
        return true;
    }
    return false;
}

/* The recording began after the command was sent. */
static bool answers_nothing(struct qmp_replay *r, const struct qmp_entry *e)
{
    size_t peer = 0;

    if (e->dir == '>' || json_object_object_get_ex(e->msg, "event", NULL) ||
        json_object_object_get_ex(e->msg, "QMP", NULL))
        return false;
    while (peer < r->n_peers && strcmp(r->peers[peer].name, e->peer))
        peer++;
    return find_command(r, peer, e->msg) == NO_STEP;
}

/* Of the program's notes what its user did. */
static int load_note(struct qmp_replay *r, const struct qmp_entry *e,
                     struct qmp_error **errp)
{
    const char *action;
    struct step *s;

    if (strcmp(e->text, "user") != 0)
        return 0;
    if (qmp_need_string(e->object, "action", &action, errp) < 0)
        return qmp_prefix(errp, "line %" PRIu64, e->line);
    s = add_step(r, e, errp);
    if (!s)
        return -1;
    s->kind = STEP_USER;
    s->msg = json_object_get(e->object);
    return 0;
}

static int load_entry(struct qmp_replay *r, const struct qmp_entry *e,
                      struct qmp_error **errp)
{
    struct step *s;

    if (e->kind == QMP_ENTRY_NOTE)
        return load_note(r, e, errp);
    if ((e->kind == QMP_ENTRY_CLOSED && !e->text) || /* we hung up ourselves */
        (e->kind == QMP_ENTRY_RAW && e->dir == '>'))
        return 0;
    if (e->kind == QMP_ENTRY_MESSAGE && replay_is_withdrawn(e->msg))
        return 0;
    if (r->format) {
        if (add_opening(r, e, errp) < 0)
            return -1;
        if (answers_nothing(r, e) || greets_late(r, e))
            return 0;
    }
    s = add_step(r, e, errp);
    if (!s)
        return -1;
    if (e->kind == QMP_ENTRY_CLOSED) {
        s->kind = STEP_CLOSE;
        return 0;
    }
    if (e->kind == QMP_ENTRY_RAW)
        return fill_raw(s, e->msg, errp);
    if (!json_object_is_type(e->msg, json_type_object)) {
        s->kind = STEP_SAY;
        s->msg = json_object_get(e->msg);
        return e->dir == '<'
                   ? 0
                   : qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                              "line %" PRIu64 ": a command is not an object",
                              e->line);
    }
    s->msg = json_object_get(e->msg);
    if (e->dir == '>')
        fill_command(r, s);
    else
        fill_said(r, s);
    return 0;
}

static void reorder(struct qmp_replay *r, size_t i)
{
    for (size_t j = i + 1; j < r->n_steps; j++) {
        struct step *a = &r->steps[i];
        struct step *b = &r->steps[j];

        if (b->peer == a->peer && b->kind == STEP_COMMAND)
            return; /* it cannot be said before its cause */
        if (b->peer != a->peer || b->kind != STEP_SAY)
            continue;
        struct step t = *a;
        *a = *b;
        *b = t;
        /* times stay in order, partners point back */
        a->t_us = t.t_us;
        if (a->partner != NO_STEP)
            r->steps[a->partner].partner = i;
        if (b->partner != NO_STEP)
            r->steps[b->partner].partner = j;
        return;
    }
}

static int put_fault(struct qmp_replay *r, const struct qmp_fault *f,
                     struct qmp_error **errp)
{
    for (size_t i = 0; i < r->n_steps; i++) {
        struct step *s = &r->steps[i];

        if (s->line != f->line ||
            (s->kind != STEP_SAY && s->kind != STEP_ANSWER))
            continue;
        if (f->kind == QMP_FAULT_ERROR && s->partner == NO_STEP)
            return qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                            "line %" PRIu64 " is not a reply, it cannot be "
                            "made an error",
                            f->line);
        if (f->kind == QMP_FAULT_REORDER) {
            reorder(r, i);
            return 0;
        }
        s->fault = f->kind;
        s->delay_us = f->us;
        return 0;
    }
    return qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                    "no monitor says anything on line %" PRIu64
                    ", so no fault can be put there",
                    f->line);
}

static int copy_options(struct qmp_replay *r, struct qmp_error **errp)
{
    r->ignore = calloc(r->o.n_ignore + 1, sizeof(*r->ignore));
    if (!r->ignore)
        return no_memory(errp);
    for (size_t i = 0; i < r->o.n_ignore; i++) {
        r->ignore[i] = strdup(r->o.ignore[i]);
        if (!r->ignore[i])
            return no_memory(errp);
    }
    for (size_t i = 0; i < r->o.n_faults; i++)
        if (put_fault(r, &r->o.faults[i], errp) < 0)
            return -1;
    r->o.ignore = NULL;
    r->o.faults = NULL;
    return 0;
}

static int load(struct qmp_replay *r, const char *path, struct qmp_error **errp)
{
    CLEANUP(qmp_reader_freep)
    struct qmp_reader *reader = qmp_reader_open(path, errp);
    struct qmp_entry e;
    int rc;

    if (!reader)
        return -1;
    r->format = qmp_reader_format(reader);
    while ((rc = qmp_reader_next(reader, &e, errp)) > 0) {
        r->bytes += sizeof(struct step) + e.bytes;
        if (r->bytes > MAX_BYTES)
            return qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                            "'%s' has more than %zu MiB of messages", path,
                            MAX_BYTES >> 20);
        if (load_entry(r, &e, errp) < 0)
            return -1;
    }
    r->cut = qmp_reader_is_cut(reader);
    return rc < 0 ? -1 : copy_options(r, errp);
}

struct qmp_replay *qmp_replay_load(const char *path,
                                   const struct qmp_replay_options *o,
                                   struct qmp_error **errp)
{
    struct qmp_replay *r = calloc(1, sizeof(*r));

    if (!r) {
        no_memory(errp);
        return NULL;
    }
    if (o)
        r->o = *o;
    if (load(r, path, errp) < 0) {
        qmp_replay_free(r);
        return NULL;
    }
    return r;
}

const char *qmp_replay_format(const struct qmp_replay *r)
{
    return r->format;
}

bool qmp_replay_is_cut(const struct qmp_replay *r)
{
    return r->cut;
}

static void free_peer(struct replay_peer *p)
{
    struct asked *a;

    while ((a = p->asked)) {
        p->asked = a->next;
        json_object_put(a->msg);
        free(a);
    }
    if (p->fd >= 0)
        close(p->fd);
    if (p->listener >= 0)
        close(p->listener);
    if (p->unlink_path)
        unlink(p->unlink_path);
    free(p->unlink_path);
    qmp_wire_done(&p->wire);
    qmp_buffer_done(&p->out);
    free(p->name);
}

void qmp_replay_free(struct qmp_replay *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_peers; i++)
        free_peer(&r->peers[i]);
    for (size_t i = 0; i < r->n_steps; i++) {
        json_object_put(r->steps[i].msg);
        json_object_put(r->steps[i].id);
        free(r->steps[i].raw);
    }
    for (size_t i = 0; r->ignore && r->ignore[i]; i++)
        free(r->ignore[i]);
    free(r->ignore);
    free(r->steps);
    qmp_error_free(r->err);
    free(r);
}
