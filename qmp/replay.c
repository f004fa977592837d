/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Playing the script. `next` walks over the steps of all peers in recorded
 * order and stops at a command that has not come yet; what is said lies
 * between. Commands may come earlier than `next` gets to them, in order on
 * each peer.
 *
 * Each peer answers in order (as QEMU does): replies to recorded commands are
 * said where the script has them, polls when they are first in the queue of
 * what was asked.
 */
#include "replay_priv.h"
#include "client.h"
#include "json.h"
#include "member.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define LOOK_US 100 /* how often to look whether the client has read */
/* A client that does not look at one connection while it waits for another
 * (a blocking call) must not wait for ever. */
#define READ_US (100 * INT64_C(1000))

const char *replay_command(struct json_object *msg, bool *oob)
{
    struct json_object *name = NULL;

    *oob = json_object_object_get_ex(msg, "exec-oob", &name);
    if (!*oob)
        json_object_object_get_ex(msg, "execute", &name);
    return json_object_is_type(name, json_type_string)
               ? json_object_get_string(name)
               : "";
}

int replay_fail(struct qmp_replay *r, const char *fmt, ...)
{
    CLEANUP(freep) char *text = NULL;
    va_list ap;

    if (r->state == QMP_REPLAY_FAILED)
        return -1;
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    r->state = QMP_REPLAY_FAILED;
    return qmp_fail(&r->err, QMP_ERR_TRANSCRIPT, "%s",
                    text ? text : "out of memory");
}

static bool is_lenient(const struct qmp_replay *r)
{
    return r->o.lenient || r->faulted;
}

/* ---- what is heard ------------------------------------------------------ */

static size_t next_command(const struct qmp_replay *r, size_t peer, size_t from)
{
    for (size_t i = from; i < r->n_steps; i++)
        if (r->steps[i].peer == peer && r->steps[i].kind == STEP_COMMAND &&
            !r->steps[i].heard && !r->steps[i].skipped)
            return i;
    return NO_STEP;
}

static void ask(struct qmp_replay *r, size_t peer, size_t step,
                struct json_object *msg, bool poll)
{
    struct replay_peer *p = &r->peers[peer];
    struct asked *a = calloc(1, sizeof(*a));
    struct asked **at = &p->asked;

    if (!a) {
        replay_fail(r, "no memory for a command");
        return;
    }
    a->step = step;
    a->msg = json_object_get(msg);
    a->poll = poll;
    a->heard_before = p->heard;
    while (*at)
        at = &(*at)->next;
    *at = a;
}

static void take_command(struct qmp_replay *r, size_t i,
                         struct json_object *msg)
{
    struct step *s = &r->steps[i];
    struct json_object *id = NULL;

    s->heard = true;
    s->has_id = json_object_object_get_ex(msg, "id", &id);
    s->id = json_object_get(id);
    r->peers[s->peer].heard++;
    ask(r, s->peer, i, msg, false);
}

/* Not what was recorded. Look for it further on, and leave out what is
 * between; else it gets an error as answer. */
static void take_other(struct qmp_replay *r, size_t peer,
                       struct json_object *msg, size_t expected)
{
    size_t i = expected;

    while (i != NO_STEP && !replay_is_command(r, &r->steps[i], msg, NULL))
        i = next_command(r, peer, i + 1);
    if (i == NO_STEP) {
        ask(r, peer, NO_STEP, msg, false);
        return;
    }
    for (size_t j = expected; j < i; j++)
        if (r->steps[j].peer == peer && r->steps[j].kind == STEP_COMMAND) {
            r->steps[j].skipped = true;
            r->peers[peer].heard++;
        }
    take_command(r, i, msg);
}

static void report(struct qmp_replay *r, size_t peer, size_t expected,
                   const char *why, const char *name)
{
    CLEANUP(freep) char *text = NULL;
    char shown[64];
    int rc;

    if (expected == NO_STEP)
        rc =
            asprintf(&text, "'%s' came for %s, nothing more is recorded for it",
                     qmp_printable(shown, sizeof(shown), name, strlen(name)),
                     r->peers[peer].name);
    else
        rc =
            asprintf(&text, "line %" PRIu64 ", %s: %s", r->steps[expected].line,
                     r->peers[peer].name, why ? why : "differs");
    if (rc < 0)
        text = NULL;
    if (!is_lenient(r))
        replay_fail(r, "%s", text ? text : "out of memory");
    else if (r->o.differs && text)
        r->o.differs(text, r->o.opaque);
}

/* Is the end of its connection all that is left of this peer's dialogue, before
 * anything new? What was sent to one that was dead by then is not recorded. */
static bool is_dying(const struct qmp_replay *r, size_t peer)
{
    if (r->peers[peer].hang_up)
        return true;
    for (size_t i = r->next; i < r->n_steps; i++)
        if (r->steps[i].peer == peer && r->steps[i].kind != STEP_POLL &&
            r->steps[i].kind != STEP_ANSWER)
            return r->steps[i].kind == STEP_CLOSE;
    return false;
}

void replay_hear(struct qmp_replay *r, size_t peer, const char *text,
                 size_t len)
{
    CLEANUP(json_putp) struct json_object *msg = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(freep) char *why = NULL;
    size_t expected = next_command(r, peer, 0);
    const char *name;
    bool oob;

    if (is_dying(r, peer))
        return;
    if (qmp_json_parse(text, len, &msg, &err) < 0) {
        replay_fail(r, "%s was sent what is no JSON: %s", r->peers[peer].name,
                    err->msg);
        return;
    }
    name = replay_command(msg, &oob);
    if (!*name) {
        replay_fail(r, "%s was sent what is no command", r->peers[peer].name);
    } else if (replay_is_withdrawn(msg)) {
        ask(r, peer, NO_STEP, msg, false);
    } else if (expected != NO_STEP &&
               replay_is_command(r, &r->steps[expected], msg, &why)) {
        take_command(r, expected, msg);
    } else if (replay_is_poll(name)) {
        ask(r, peer, NO_STEP, msg, true);
    } else {
        report(r, peer, expected, why, name);
        if (r->state == QMP_REPLAY_RUNNING)
            take_other(r, peer, msg, expected);
    }
}

/* ---- what is said ------------------------------------------------------- */

/* As `msg`, a reply, but for the id of the command that came now. */
static void say_reply(struct qmp_replay *r, size_t peer,
                      struct json_object *msg, struct json_object *id,
                      bool has_id)
{
    CLEANUP(json_putp) struct json_object *o = json_object_new_object();
    CLEANUP(freep) char *text = NULL;

    json_object_object_foreach(msg, key, value)
    {
        if (strcmp(key, "id"))
            json_object_object_add(o, key, json_object_get(value));
    }
    if (has_id)
        json_object_object_add(o, "id", json_object_get(id));
    text = qmp_json_text(o);
    if (!text)
        replay_fail(r, "no memory for a reply");
    else
        replay_say(r, peer, text, strlen(text));
}

static void say_error(struct qmp_replay *r, size_t peer, struct json_object *id,
                      bool has_id, const char *desc)
{
    CLEANUP(json_putp) struct json_object *o = json_object_new_object();
    struct json_object *e = json_object_new_object();

    json_object_object_add(e, "class", json_object_new_string("GenericError"));
    json_object_object_add(e, "desc", json_object_new_string(desc));
    json_object_object_add(o, "error", e);
    say_reply(r, peer, o, id, has_id);
}

/* Say step i, with the id of what it answers, and with its fault. */
static void say_step(struct qmp_replay *r, size_t i, struct json_object *id,
                     bool has_id)
{
    struct step *s = &r->steps[i];
    struct replay_peer *p = &r->peers[s->peer];
    const char *event;
    int times = s->fault == QMP_FAULT_DUPLICATE ? 2 : 1;

    s->heard = true;
    if (!s->raw && qmp_may_string(s->msg, "event", &event, NULL) > 0 &&
        !strcmp(event, "MIGRATION") &&
        qmp_may_string(s->msg, "data.status", &p->migration, NULL) > 0)
        p->migration_step = i;
    r->faulted |= s->fault != QMP_FAULT_NONE;
    switch (s->fault) {
    case QMP_FAULT_DROP:
        return;
    case QMP_FAULT_CLOSE:
        replay_hang_up(r, s->peer);
        return;
    case QMP_FAULT_GARBAGE:
        replay_say(r, s->peer, "\x01\xff garbage {", 12);
        return;
    case QMP_FAULT_ERROR:
        say_error(r, s->peer, id, has_id, "the replay was told to fail here");
        return;
    default:
        break;
    }
    while (times--) {
        if (s->raw)
            replay_say(r, s->peer, s->raw, s->raw_len);
        else if (s->partner != NO_STEP)
            say_reply(r, s->peer, s->msg, id, has_id);
        else {
            CLEANUP(freep) char *text = qmp_json_text(s->msg);

            if (text)
                replay_say(r, s->peer, text, strlen(text));
        }
    }
}

/* Answer with step `ans`, recorded at this point or not. */
static void say_answer(struct qmp_replay *r, size_t ans, struct json_object *id,
                       bool has_id)
{
    struct json_object *recorded = r->steps[ans].msg;
    CLEANUP(json_putp) struct json_object *msg = replay_up_to_date(r, ans);

    if (msg)
        r->steps[ans].msg = msg;
    say_step(r, ans, id, has_id);
    r->steps[ans].msg = recorded;
}

static void pop_asked(struct replay_peer *p, struct asked **at)
{
    struct asked *a = *at;

    (void)p;
    *at = a->next;
    json_object_put(a->msg);
    free(a);
}

/* QEMU answers in order what has no id: what was withdrawn comes before the
 * answer to what followed it. */
static void answer_withdrawn(struct qmp_replay *r, size_t peer)
{
    struct replay_peer *p = &r->peers[peer];

    while (p->asked && replay_is_withdrawn(p->asked->msg) && p->fd >= 0) {
        struct json_object *id = NULL;
        bool has_id = json_object_object_get_ex(p->asked->msg, "id", &id);

        say_error(r, peer, id, has_id, QMP_WITHDRAWN_DESC);
        pop_asked(p, &p->asked);
    }
}

/* Answer what is first in the queue and is not the script's to answer. */
static void answer_polls(struct qmp_replay *r, size_t peer)
{
    struct replay_peer *p = &r->peers[peer];

    for (;;) {
        answer_withdrawn(r, peer);
        if (!p->asked || p->asked->step != NO_STEP || p->fd < 0 ||
            r->state != QMP_REPLAY_RUNNING)
            break;
        struct asked *a = p->asked;
        struct json_object *id = NULL;
        bool has_id = json_object_object_get_ex(a->msg, "id", &id);
        size_t ans = a->poll ? replay_choose_answer(r, peer, a) : NO_STEP;

        if (ans != NO_STEP) {
            say_answer(r, ans, id, has_id);
        } else {
            bool oob;

            if (a->poll)
                report(r, peer, NO_STEP, NULL, replay_command(a->msg, &oob));
            say_error(r, peer, id, has_id, "this was not recorded");
        }
        pop_asked(p, &p->asked);
    }
}

/* Has the client taken what `peer` said? If not, look again soon. */
static bool has_heard(struct qmp_replay *r, size_t peer, int64_t now_us)
{
    if (replay_was_read(r, peer))
        return true;
    if (!r->unread_us)
        r->unread_us = now_us;
    if (now_us >= r->unread_us + READ_US)
        return true;
    r->look_us = now_us + LOOK_US;
    return false;
}

/*
 * What was said on one connection must have been read before something is said
 * on another, or a client that finds both when it wakes up may take them in
 * another order than they were recorded in.
 */
static bool may_speak(struct qmp_replay *r, size_t peer, int64_t now_us)
{
    r->look_us = 0;
    if (r->spoke != peer && !has_heard(r, r->spoke, now_us))
        return false;
    r->spoke = peer;
    return true;
}

static bool is_due(struct qmp_replay *r, const struct step *s, int64_t now_us)
{
    if (!r->due_us) {
        int64_t base = now_us;

        if (r->o.speed > 0)
            base = r->start_us + (int64_t)((double)s->t_us / r->o.speed);
        r->due_us = base + s->delay_us;
    }
    return now_us >= r->due_us;
}

/* Say the reply or event of step `next`. False: it has to wait. */
static bool say_next(struct qmp_replay *r, int64_t now_us)
{
    struct step *s = &r->steps[r->next];
    struct replay_peer *p = &r->peers[s->peer];
    const struct step *command =
        s->partner == NO_STEP ? NULL : &r->steps[s->partner];

    if (command && command->skipped)
        return true;
    if (s->greeting ? p->fd < 0 || p->greeted : p->fd < 0 && !p->closed)
        return false;
    if (p->fd < 0 || p->hang_up)
        return true; /* nobody listens any more */
    if (!is_due(r, s, now_us) || !may_speak(r, s->peer, now_us))
        return false;
    p->greeted |= s->greeting;
    answer_withdrawn(r, s->peer);
    say_step(r, r->next, command ? command->id : NULL,
             command && command->has_id);
    r->last_said = r->next + 1;
    if (command)
        for (struct asked **at = &p->asked; *at; at = &(*at)->next)
            if ((*at)->step == s->partner) {
                pop_asked(p, at);
                break;
            }
    return true;
}

/* The recorded answer to a poll: the place for it, if it was asked again. */
static void answer_in_place(struct qmp_replay *r)
{
    struct step *s = &r->steps[r->next];
    struct replay_peer *p = &r->peers[s->peer];
    struct asked *a = p->asked;
    struct json_object *id = NULL;

    if (s->heard || !a || !a->poll || p->fd < 0 ||
        !replay_is_command(r, &r->steps[s->partner], a->msg, NULL) ||
        a->heard_before != r->steps[s->partner].before)
        return;
    bool has_id = json_object_object_get_ex(a->msg, "id", &id);
    say_step(r, r->next, id, has_id);
    pop_asked(p, &p->asked);
}

/* The user acts after what the program had heard by then. */
static bool let_user_act(struct qmp_replay *r, int64_t now_us)
{
    struct step *s = &r->steps[r->next];
    struct json_object *action = NULL;
    struct json_object *arguments = NULL;

    if (!r->start_us || !is_due(r, s, now_us))
        return false;
    r->look_us = 0;
    for (size_t i = 0; i < r->n_peers; i++)
        if (!has_heard(r, i, now_us))
            return false;
    json_object_object_get_ex(s->msg, "action", &action);
    json_object_object_get_ex(s->msg, "arguments", &arguments);
    if (r->o.user)
        r->o.user(json_object_get_string(action), arguments, r->o.opaque);
    return true;
}

static bool do_step(struct qmp_replay *r, int64_t now_us)
{
    struct step *s = &r->steps[r->next];

    switch (s->kind) {
    case STEP_COMMAND:
        return s->heard || s->skipped;
    case STEP_POLL:
        return true;
    case STEP_ANSWER:
        answer_in_place(r);
        return true;
    case STEP_SAY:
        return say_next(r, now_us);
    case STEP_CLOSE:
        if (r->peers[s->peer].fd < 0)
            return true;
        if (!may_speak(r, s->peer, now_us))
            return false;
        replay_hang_up(r, s->peer);
        return true;
    case STEP_USER:
        return let_user_act(r, now_us);
    }
    return true;
}

void replay_go_on(struct qmp_replay *r, int64_t now_us)
{
    while (r->state == QMP_REPLAY_RUNNING && r->next < r->n_steps &&
           do_step(r, now_us)) {
        r->next++;
        r->due_us = r->unread_us = 0;
        r->active_us = now_us;
    }
    for (size_t i = 0; i < r->n_peers; i++)
        answer_polls(r, i);
    if (r->state != QMP_REPLAY_RUNNING || r->next < r->n_steps)
        return;
    for (size_t i = 0; i < r->n_peers; i++)
        if (r->peers[i].fd >= 0 || !r->peers[i].closed)
            return;
    r->state = QMP_REPLAY_DONE;
}

void replay_lost(struct qmp_replay *r, size_t peer)
{
    struct replay_peer *p = &r->peers[peer];
    size_t expected = next_command(r, peer, 0);
    bool oob;

    while (p->asked)
        pop_asked(p, &p->asked);
    if (expected == NO_STEP || r->state != QMP_REPLAY_RUNNING)
        return;
    for (size_t i = r->next; i < expected; i++)
        if (r->steps[i].peer == peer && r->steps[i].greeting)
            return; /* it was connected anew then, too */
    if (!is_lenient(r)) {
        replay_fail(r,
                    "line %" PRIu64 ", %s: '%s' was recorded, the "
                    "connection was closed",
                    r->steps[expected].line, p->name,
                    replay_command(r->steps[expected].msg, &oob));
        return;
    }
    for (size_t i = expected; i != NO_STEP; i = next_command(r, peer, i + 1))
        r->steps[i].skipped = true;
}

const char *qmp_replay_peer(const struct qmp_replay *r, size_t i)
{
    return i < r->n_peers ? r->peers[i].name : NULL;
}

enum qmp_replay_state qmp_replay_state(const struct qmp_replay *r)
{
    return r->state;
}

const struct qmp_error *qmp_replay_error(const struct qmp_replay *r)
{
    return r->err;
}
