/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcript/story.h"

#include "qmp/reader.h"

#include <string.h>

/* An item that was not told yet, with what it refers to. */
struct held {
    struct held *next;
    struct story_item item;
    struct json_object *line;   /* keeps strings and value alive */
    struct json_object *answer; /* the whole reply */
    struct json_object *id;
    bool open; /* a command whose answer is to come */
};

struct story {
    struct held *first;
    struct held **last;
    size_t n;
    story_fn *fn;
    void *opaque;
    struct qmp_error **errp;
};

bool story_is_poll(const struct story_item *item)
{
    static const char *const polls[] = {"query-migrate", "query-jobs",
                                        "query-block-jobs"};

    if (item->kind != STORY_COMMAND)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(polls); i++)
        if (!strcmp(polls[i], item->name))
            return true;
    return false;
}

static void free_held(struct held *h)
{
    json_object_put(h->line);
    json_object_put(h->answer);
    json_object_put(h->id);
    free(h);
}

/* Tell what is first, whether it is complete or not. */
static int tell_first(struct story *s)
{
    struct held *h = s->first;
    int rc = s->fn(&h->item, s->opaque, s->errp);

    s->first = h->next;
    if (!s->first)
        s->last = &s->first;
    s->n--;
    free_held(h);
    return rc;
}

static int tell(struct story *s, bool all)
{
    while (s->first && (all || !s->first->open || s->n > STORY_WINDOW))
        if (tell_first(s) < 0)
            return -1;
    return 0;
}

static struct held *hold(struct story *s, const struct qmp_entry *e,
                         enum story_kind kind)
{
    struct held *h = calloc(1, sizeof(*h));

    if (!h) {
        qmp_fail(s->errp, QMP_ERR_NOMEM, "no memory for a transcript");
        return NULL;
    }
    h->line = json_object_get(e->object);
    h->item = (struct story_item){
        .kind = kind,
        .line = e->line,
        .t_us = e->t_us,
        .peer = e->peer,
        .text = e->text,
        .nfds = e->nfds,
        .timed = e->timed,
        .latency_us = -1,
    };
    *s->last = h;
    s->last = &h->next;
    s->n++;
    return h;
}

static const char *get_string(struct json_object *o, const char *key)
{
    struct json_object *v = json_object_object_get(o, key);

    return json_object_is_type(v, json_type_string) ? json_object_get_string(v)
                                                    : NULL;
}

static int add_command(struct story *s, const struct qmp_entry *e)
{
    const char *name = get_string(e->msg, "execute");
    const char *oob = get_string(e->msg, "exec-oob");
    struct held *h = hold(s, e, STORY_COMMAND);

    if (!h)
        return -1;
    h->item.name = name ? name : oob ? oob : "?";
    h->item.oob = oob != NULL;
    h->item.withdrawn = json_object_object_get_ex(e->msg, "withdrawn", NULL);
    h->item.value = json_object_object_get(e->msg, "arguments");
    h->id = json_object_get(json_object_object_get(e->msg, "id"));
    h->open = true;
    return 0;
}

/* What a reply answers: the command with its id, else the oldest one. */
static void add_reply(struct story *s, const struct qmp_entry *e)
{
    struct json_object *id = json_object_object_get(e->msg, "id");
    struct json_object *err = json_object_object_get(e->msg, "error");

    for (struct held *h = s->first; h; h = h->next) {
        if (!h->open || strcmp(h->item.peer, e->peer) ||
            (id ? !json_object_equal(id, h->id) : h->id != NULL))
            continue;
        h->answer = json_object_get(e->msg);
        h->item.answer = err ? err : json_object_object_get(e->msg, "return");
        h->item.answered = true;
        h->item.failed = err != NULL && !h->item.withdrawn;
        h->item.latency_us = e->t_us - h->item.t_us;
        h->open = false;
        return;
    }
}

static int add_said(struct story *s, const struct qmp_entry *e)
{
    const char *event = get_string(e->msg, "event");
    struct json_object *greeting = json_object_object_get(e->msg, "QMP");
    struct held *h;

    if (!event && !greeting) {
        add_reply(s, e);
        return 0;
    }
    h = hold(s, e, event ? STORY_EVENT : STORY_GREETING);
    if (!h)
        return -1;
    h->item.name = event;
    h->item.value = event ? json_object_object_get(e->msg, "data") : greeting;
    return 0;
}

/* No answer can come on a connection that is gone. */
static int add_closed(struct story *s, const struct qmp_entry *e)
{
    for (struct held *h = s->first; h; h = h->next)
        if (h->open && !strcmp(h->item.peer, e->peer))
            h->open = false;
    return hold(s, e, STORY_CLOSED) ? 0 : -1;
}

static int add_note(struct story *s, const struct qmp_entry *e)
{
    const char *to = get_string(e->object, "to");
    bool phase = !strcmp(e->text, "state") && to;
    struct held *h = hold(s, e, phase ? STORY_PHASE : STORY_NOTE);

    if (!h)
        return -1;
    h->item.name = phase ? to : e->text;
    h->item.text = phase ? get_string(e->object, "why") : NULL;
    h->item.value = e->object;
    return 0;
}

static int add_raw(struct story *s, const struct qmp_entry *e)
{
    struct held *h = hold(s, e, STORY_RAW);

    if (!h)
        return -1;
    h->item.text = json_object_get_string(e->msg);
    return 0;
}

static int add(struct story *s, const struct qmp_entry *e)
{
    switch (e->kind) {
    case QMP_ENTRY_NOTE:
        return add_note(s, e);
    case QMP_ENTRY_CLOSED:
        return add_closed(s, e);
    case QMP_ENTRY_RAW:
        return add_raw(s, e);
    case QMP_ENTRY_MESSAGE:
        break;
    }
    if (!json_object_is_type(e->msg, json_type_object))
        return 0;
    return e->dir == '>' ? add_command(s, e) : add_said(s, e);
}

int story_read(const char *path, story_fn *fn, void *opaque,
               struct story_end *ret, struct qmp_error **errp)
{
    CLEANUP(qmp_reader_freep)
    struct qmp_reader *r = qmp_reader_open(path, errp);
    struct story s = {.fn = fn, .opaque = opaque, .errp = errp};
    struct story_end end = {0};
    struct qmp_entry e;
    int rc;

    if (!r)
        return -1;
    s.last = &s.first;
    while ((rc = qmp_reader_next(r, &e, errp)) > 0) {
        end.t_us = e.t_us;
        end.lines = e.line;
        if (add(&s, &e) < 0 || tell(&s, false) < 0) {
            rc = -1;
            break;
        }
    }
    /* What was read before an error is told as well. */
    s.errp = rc < 0 ? NULL : errp;
    if (tell(&s, true) < 0)
        rc = -1;
    while (s.first) {
        struct held *h = s.first;

        s.first = h->next;
        free_held(h);
    }
    if (rc < 0)
        return -1;
    end.cut = qmp_reader_is_cut(r);
    end.format = qmp_reader_format(r);
    end.header = json_object_get(qmp_reader_header(r));
    if (ret)
        *ret = end;
    else
        json_object_put(end.header);
    return 0;
}
