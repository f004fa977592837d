/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recover/session.h"

#include "error/errcode.h"
#include "job/statedir.h"
#include "plan/plan.h"
#include "qmp/member.h"
#include "qmp/sync.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>

#define DEFAULT_TIMEOUT_US (2 * INT64_C(1000000))
/* Between two questions to QEMUs that are on their way; */
#define SETTLE_US (10 * INT64_C(1000))
/* with less time left than that they are not asked again: an answer that is
 * there is better than one that may come too late. */
#define ASK_US (500 * INT64_C(1000))

static const char *const owners[] = {
    [QMIG_OWNER_SOURCE] = "source",
    [QMIG_OWNER_DEST] = "destination",
    [QMIG_OWNER_UNDECIDED] = "undecided",
};

void session_say(struct json_object *list, const char *fmt, ...)
{
    CLEANUP(freep) char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        abort();
    va_end(ap);
    json_object_array_add(list, json_object_new_string(text));
}

/* The journal of the migration that is meant. */
static int read_past(struct session *s, const char *word,
                     struct qmp_error **errp)
{
    CLEANUP(freep) char *id = statedir_find(s->state, word, errp);
    CLEANUP(freep) char *newest = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    if (!id)
        return -1;
    if (asprintf(&s->dir, "%s/%s", s->state, id) < 0) {
        s->dir = NULL;
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    }
    /* The directory is there: it did not come to its journal, or the host died
     * before that was on its disk; then nothing was sent that matters (R3). */
    if (journal_read(s->dir, &s->log, &err) < 0 &&
        err->code != QMIG_ERR_JOURNAL_UNKNOWN)
        return qmp_propagate(errp, TAKE_PTR(err));
    if (past_read(&s->log, id, &s->past, errp) < 0)
        return qmp_prefix(errp, "'%s/journal'", s->dir);
    bool ended = s->past.stage >= PAST_ENDED_SOURCE;
    if (!s->past.guest || (ended && !session_stores_due(s)))
        return 0;
    newest = statedir_newest(s->state, s->past.guest, errp);
    if (!newest)
        return -1;
    if (strcmp(newest, id) == 0)
        return 0;
    s->past.has_stores = false; /* they are the business of the later one */
    if (!ended)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "migration '%s' is not the last one of its guest: "
                        "that is '%s'",
                        id, newest);
    return 0;
}

static int take_fenced(struct session *s, const char *text,
                       struct qmp_error **errp)
{
    if (!text)
        s->fenced = FENCED_NONE;
    else if (!strcmp(text, "source"))
        s->fenced = FENCED_SOURCE;
    else if (!strcmp(text, "destination"))
        s->fenced = FENCED_DEST;
    else
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "'%.40s' cannot be fenced, must be 'source' or "
                        "'destination'",
                        text);
    return 0;
}

static void tell_journal(struct session *s)
{
    if (s->log.n)
        session_say(s->evidence, "journal: the last record is '%s' of %s%s",
                    json_object_get_string(json_object_object_get(
                        s->log.records[s->log.n - 1], "record")),
                    s->past.time,
                    s->log.torn ? "; a torn record after it was left out" : "");
    else
        session_say(s->evidence, "journal: no record was written: nothing was "
                                 "sent that changes a QEMU");
    if (s->holder)
        session_say(s->evidence, "%s is at work on this guest", s->holder);
}

static void tell_answer(struct session *s, enum qmig_side side,
                        const char *meaning)
{
    const struct answer *a = &s->answer[side];

    if (!s->addr[side])
        return;
    if (a->answers)
        session_say(s->evidence, "%s: %s (status '%s', migration '%s')",
                    side_name(side), meaning, a->status,
                    a->migration ? a->migration : "none");
    else
        session_say(s->evidence, "%s: %s: %s", side_name(side), meaning,
                    a->err->msg);
}

/* Whoever holds the lock holds the monitors, too (QEMU serves one client a
 * monitor): the journal is what there is, and it is written before each step
 * that matters. */
static void judge_held(struct session *s)
{
    bool moved = s->past.stage == PAST_COMMIT || s->past.stage == PAST_QUIT ||
                 s->past.stage == PAST_SPLIT || s->past.stage == PAST_SAVED ||
                 s->past.stage == PAST_ENDED_DEST;

    session_say(s->evidence, "the monitors are its own and were not asked: "
                             "the journal tells");
    s->verdict = (struct verdict){
        moved ? QMIG_OWNER_DEST : QMIG_OWNER_SOURCE,
        WAY_WAIT,
        moved ? "the guest was committed to the destination"
              : "the guest was not committed to the destination",
        false,
    };
}

void session_judge(struct session *s)
{
    const struct answer *src = &s->answer[QMIG_SIDE_SOURCE];
    const struct answer *dst = &s->answer[QMIG_SIDE_DEST];

    s->source =
        verdict_source(src->answers ? src->status : NULL, src->migration);
    s->dest = verdict_dest(dst->answers ? dst->status : NULL, dst->migration);
    if (s->past.story != STORY_MIGRATE) {
        s->verdict = image_verdict(s);
        return;
    }
    s->verdict = verdict_of(s->past.stage, s->source, s->dest, s->fenced);
}

/* QEMU goes on without a controller: device state that flows will have
 * arrived, or not, in some ms. */
static bool is_in_between(const struct session *s)
{
    return s->source == SRC_LEAVING ||
           (s->source == SRC_MOVED && s->dest == DST_LOADS);
}

static void ask_until_settled(struct session *s)
{
    int64_t until = qmp_now_us() + s->timeout_us;

    for (;;) {
        ask_both(s->addr, s->past.guest, until - qmp_now_us(), s->answer);
        session_judge(s);
        if (!is_in_between(s) || qmp_now_us() + ASK_US >= until)
            return;
        poll(NULL, 0, (int)(SETTLE_US / 1000));
        answer_clear(&s->answer[0]);
        answer_clear(&s->answer[1]);
    }
}

void session_ask(struct session *s)
{
    answer_clear(&s->answer[0]);
    answer_clear(&s->answer[1]);
    json_object_put(s->evidence);
    s->evidence = json_object_new_array();
    tell_journal(s);
    if (s->holder) {
        judge_held(s);
        return;
    }
    if (s->past.story == STORY_OFFLINE) {
        session_judge_offline(s);
        session_tell_stores(s);
        return;
    }
    ask_until_settled(s);
    tell_answer(s, QMIG_SIDE_SOURCE, src_answer_text(s->source));
    tell_answer(s, QMIG_SIDE_DEST, dst_answer_text(s->dest));
    session_tell_stores(s);
    image_tell(s);
    if (s->fenced != FENCED_NONE)
        session_say(s->evidence, "asserted by the user: the %s is dead",
                    s->fenced == FENCED_SOURCE ? "source" : "destination");
}

/* A side that answers is not dead, and may act. A destination that was started
 * anew, or never got the guest, is as good as dead. */
static int check_fenced(const struct session *s, struct qmp_error **errp)
{
    bool source = s->fenced == FENCED_SOURCE && s->source != SRC_NO;
    bool dest = s->fenced == FENCED_DEST &&
                (s->dest == DST_LOADED || s->dest == DST_LOADS ||
                 s->dest == DST_RUNS || s->dest == DST_SPLIT);

    if (!source && !dest)
        return 0;
    qmp_fail(errp, QMIG_ERR_NOT_FENCED, "the %s is not dead: it %s",
             source ? "source" : "destination",
             source ? src_answer_text(s->source) : dst_answer_text(s->dest));
    return qmp_hint(errp, "without --fenced recover does what is safe");
}

bool session_is_gone(const struct session *s, enum qmig_side side)
{
    const struct qmp_error *err = s->answer[side].err;

    if (!s->addr[side]) /* it is a file */
        return true;
    return s->fenced ==
               (side == QMIG_SIDE_SOURCE ? FENCED_SOURCE : FENCED_DEST) ||
           (err && err->code == QMP_ERR_CONNECT &&
            (err->sys == ENOENT || err->sys == ECONNREFUSED));
}

int session_open(struct session *s, const struct qmig_recover_options *o,
                 bool locked, struct qmp_error **errp)
{
    *s = (struct session){
        .io = &recover_io,
        .lock = -1,
        .timeout_us = o->timeout_us > 0 ? o->timeout_us : DEFAULT_TIMEOUT_US,
        .params = o->params,
        .done = json_object_new_array(),
    };
    if (take_fenced(s, o->fenced, errp) < 0)
        return -1;
    s->state = statedir_path(o->state_dir, errp);
    if (!s->state || read_past(s, o->id, errp) < 0)
        return -1;
    s->addr[QMIG_SIDE_SOURCE] = o->source ? o->source : s->past.addr[0];
    s->addr[QMIG_SIDE_DEST] = o->dest ? o->dest : s->past.addr[1];
    if (s->past.story == STORY_SAVE)
        s->addr[QMIG_SIDE_DEST] = NULL;
    else if (s->past.story == STORY_RESTORE)
        s->addr[QMIG_SIDE_SOURCE] = NULL;
    s->hook = o->hook ? o->hook : s->past.hook;
    if (s->past.guest && !locked &&
        statedir_holder(s->state, s->past.guest, &s->holder, errp) < 0)
        return -1;
    session_ask(s);
    return s->holder ? 0 : check_fenced(s, errp);
}

void session_done(struct session *s)
{
    answer_clear(&s->answer[0]);
    answer_clear(&s->answer[1]);
    journal_close(s->journal);
    if (s->lock >= 0)
        close(s->lock);
    journal_log_clear(&s->log);
    past_clear(&s->past);
    free(s->holder);
    free(s->state);
    free(s->dir);
    json_object_put(s->evidence);
    json_object_put(s->done);
    qmp_error_free(s->err);
}

int session_exit(const struct session *s)
{
    static const int codes[] = {
        [QMIG_OWNER_SOURCE] = 1,
        [QMIG_OWNER_DEST] = 0,
        [QMIG_OWNER_UNDECIDED] = 5,
    };
    return s->verdict.split ? 6 : codes[s->verdict.owner];
}

static struct json_object *answer_json(const struct session *s,
                                       enum qmig_side side)
{
    const struct answer *a = &s->answer[side];
    struct json_object *object = json_object_new_object();

    qmp_add_string(object, "addr", s->addr[side]);
    json_object_object_add(object, "answers",
                           json_object_new_boolean(a->answers));
    qmp_add_string(object, "status", a->status);
    qmp_add_string(object, "migration", a->migration);
    qmp_add_string(object, "error", a->err ? a->err->msg : NULL);
    return object;
}

static struct json_object *error_json(const struct qmp_error *err)
{
    struct json_object *object = json_object_new_object();

    qmp_add_string(object, "code", qmig_errcode_name(err->code));
    qmp_add_string(object, "message", err->msg);
    qmp_add_string(object, "hint", err->hint);
    return object;
}

static const char *advice(const struct session *s)
{
    if (s->holder)
        return "nothing while that process is at work";
    if (s->verdict.way == WAY_NONE && session_stores_due(s))
        return "what is left to do in the domain stores";
    if (s->verdict.owner != QMIG_OWNER_UNDECIDED)
        return way_text(s->verdict.way);
    return "nothing, until the side that does not answer does, or is dead for "
           "certain: recover --fenced source, or --fenced destination";
}

struct json_object *session_json(const struct session *s)
{
    struct json_object *object = json_object_new_object();

    qmp_add_string(object, "owner", owners[s->verdict.owner]);
    if (s->verdict.split)
        json_object_object_add(object, "split", json_object_new_boolean(true));
    qmp_add_string(object, "id", s->past.id);
    qmp_add_string(object, "guest", s->past.guest);
    qmp_add_string(object, "name", s->past.name);
    qmp_add_string(object, "journal", past_stage_name(s->past.stage));
    qmp_add_string(object, "file", s->past.file);
    qmp_add_string(object, "holder", s->holder);
    for (int side = 0; side < 2; side++)
        if (s->addr[side])
            json_object_object_add(object, side_name((enum qmig_side)side),
                                   answer_json(s, (enum qmig_side)side));
    json_object_object_add(object, "evidence", json_object_get(s->evidence));
    qmp_add_string(object, "why", s->verdict.why);
    qmp_add_string(object, "way", way_name(s->verdict.way));
    qmp_add_string(object, "recover", advice(s));
    if (json_object_array_length(s->done))
        json_object_object_add(object, "done", json_object_get(s->done));
    if (s->err)
        json_object_object_add(object, "error", error_json(s->err));
    return object;
}
