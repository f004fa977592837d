/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What recover does to the two QEMUs. Each function may be interrupted at any
 * point and be started again from the top: what is done already is found done.
 * A record goes to the disk before what it permits (R3, R4).
 */
#include "recover/session.h"

#include "error/errcode.h"
#include "params/uri.h"
#include "plan/plan.h"

#include <string.h>

/* Until a QEMU has done what it accepted. */
#define PATIENCE_US (30 * INT64_C(1000000))
#define RETRY_MS    5
/* Until the destination's port is free again. */
#define PORT_US (5 * INT64_C(1000000))

int session_record(struct session *s, const char *name, enum past_stage stage,
                   struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();

    json_object_object_add(data, "by", json_object_new_string("recover"));
    if (s->fenced != FENCED_NONE)
        json_object_object_add(data, "fenced",
                               json_object_new_string(s->fenced == FENCED_SOURCE
                                                          ? "source"
                                                          : "destination"));
    if (stage == PAST_SPLIT)
        json_object_object_add(data, "mode",
                               json_object_new_string("postcopy"));
    if (s->io->write(s, name, data, errp) < 0)
        return -1;
    s->past.stage = stage;
    return 0;
}

/* The last record of all. What it ends in is done: a disk that is full now
 * does no harm, recover will find the same again. */
void session_record_end(struct session *s, const char *owner)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();

    json_object_object_add(data, "by", json_object_new_string("recover"));
    json_object_object_add(data, "owner", json_object_new_string(owner));
    if (s->io->write(s, "end", data, &err) < 0)
        session_say(s->done, "the end could not be recorded: %s", err->msg);
}

static struct json_object *call(struct session *s, enum qmig_side side,
                                const char *execute,
                                struct json_object *arguments,
                                struct qmp_error **errp)
{
    struct json_object *ret =
        s->io->call(s, side, execute, arguments, false, errp);

    if (!ret)
        qmp_prefix(errp, "%s", side_name(side));
    return ret;
}

/* Refresh what the side says. */
static int ask_again(struct session *s, enum qmig_side side,
                     struct qmp_error **errp)
{
    struct answer *a = &s->answer[side];
    static const char *const questions[] = {"query-status", "query-migrate"};
    char **to[] = {&a->status, &a->migration};

    for (size_t i = 0; i < 2; i++) {
        CLEANUP(json_putp)
        struct json_object *ret = call(s, side, questions[i], NULL, errp);
        struct json_object *value = NULL;

        if (!ret)
            return -1;
        json_object_object_get_ex(ret, "status", &value);
        free(*to[i]);
        *to[i] = value ? strdup(json_object_get_string(value)) : NULL;
    }
    session_judge(s);
    return 0;
}

static bool member_is_true(struct json_object *row, const char *name)
{
    return json_object_get_boolean(json_object_object_get(row, name));
}

/* A command of a list. What is in use may not be so for long: a node, until
 * its job has ended. */
static struct json_object *send_row(struct session *s, enum qmig_side side,
                                    struct json_object *row,
                                    struct qmp_error **errp)
{
    const char *execute =
        json_object_get_string(json_object_object_get(row, "execute"));
    struct json_object *arguments = json_object_object_get(row, "arguments");
    int64_t until = s->io->now_us(s) + PATIENCE_US;

    for (;;) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct json_object *ret = call(s, side, execute, arguments, &err);

        if (ret)
            /* cppcheck-suppress returnDanglingLifetime */
            return ret;
        if (!member_is_true(row, "again") || !err->qmp_desc ||
            !strstr(err->qmp_desc, "in use") || s->io->now_us(s) > until) {
            qmp_propagate(errp, TAKE_PTR(err));
            return NULL;
        }
        s->io->wait_ms(s, RETRY_MS);
    }
}

/* The commands of a list that are this side's. A setting that does not go back
 * is told, and does not stand in the way; what is gone already is not. */
static void send_list(struct session *s, struct json_object *list,
                      enum qmig_side side, const char *what)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        CLEANUP(json_putp) struct json_object *ret = NULL;
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *peer =
            json_object_get_string(json_object_object_get(row, "peer"));
        const char *execute =
            json_object_get_string(json_object_object_get(row, "execute"));

        if (strcmp(peer, side_name(side)) != 0 || !strcmp(execute, "cont"))
            continue; /* let_run() sees to that */
        ret = send_row(s, side, row, &err);
        if (ret)
            session_say(s->done, "%s: %s: %s", side_name(side), execute, what);
        else if (err->code != QMP_ERR_REFUSED ||
                 !member_is_true(row, "may_fail"))
            session_say(s->done, "%s failed, %s", execute, err->msg);
    }
}

static bool migration_goes_on(const char *status)
{
    static const char *const over[] = {"none", "failed", "cancelled",
                                       "completed"};

    for (size_t i = 0; status && i < ARRAY_SIZE(over); i++)
        if (!strcmp(status, over[i]))
            return false;
    return status != NULL;
}

static int cancel(struct session *s, struct qmp_error **errp)
{
    const struct answer *a = &s->answer[QMIG_SIDE_SOURCE];
    int64_t until = s->io->now_us(s) + PATIENCE_US;
    CLEANUP(json_putp) struct json_object *ret = NULL;

    if (!migration_goes_on(a->migration))
        return 0;
    ret = call(s, QMIG_SIDE_SOURCE, "migrate_cancel", NULL, errp);
    if (!ret)
        return -1;
    while (migration_goes_on(a->migration)) {
        if (s->io->now_us(s) > until)
            return qmp_fail(errp, QMIG_ERR_DEADLINE,
                            "source: the migration is '%s' %d seconds after "
                            "migrate_cancel",
                            a->migration, (int)(PATIENCE_US / 1000000));
        s->io->wait_ms(s, RETRY_MS);
        if (ask_again(s, QMIG_SIDE_SOURCE, errp) < 0)
            return -1;
    }
    session_say(s->done, "source: the migration was cancelled");
    return 0;
}

/* Until the guest of a side runs; QEMU 7.2 refuses for some ms after the end
 * of a migration ("Migration is not finalized yet"). */
static int let_run(struct session *s, enum qmig_side side,
                   struct qmp_error **errp)
{
    int64_t until = s->io->now_us(s) + PATIENCE_US;

    for (;;) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        CLEANUP(json_putp) struct json_object *ret = NULL;

        if (ask_again(s, side, errp) < 0)
            return -1;
        if (side == QMIG_SIDE_SOURCE ? plan_status_runs(s->answer[side].status)
                                     : s->dest == DST_RUNS)
            return 0;
        ret = call(s, side, "cont", NULL, &err);
        if (ret) {
            session_say(s->done, "%s: continued", side_name(side));
            continue;
        }
        if (err->code != QMP_ERR_REFUSED || s->io->now_us(s) > until)
            return qmp_propagate(errp, TAKE_PTR(err));
        s->io->wait_ms(s, RETRY_MS);
    }
}

static void quit(struct session *s, enum qmig_side side)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(json_putp)
    struct json_object *ret = call(s, side, "quit", NULL, &err);

    /* It may close before it answers. */
    if (!ret && err->code != QMP_ERR_CLOSED) {
        session_say(s->done, "it was not ended: %s", err->msg);
        return;
    }
    if (ret) /* the end of the connection is the end of the process */
        s->io->wait_closed(s, side);
    session_say(s->done, "%s: ended", side_name(side));
}

/* 7.2, cancelled at the switchover, lets the guest run with its disks
 * inactive, and aborts at the next write or migration; cont mends that. */
static void take_disks(struct session *s)
{
    const char *migration = s->answer[QMIG_SIDE_SOURCE].migration;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    if (migration && !strcmp(migration, "cancelled"))
        json_object_put(call(s, QMIG_SIDE_SOURCE, "cont", NULL, &err));
}

static int resume_source(struct session *s, struct qmp_error **errp)
{
    if (s->source == SRC_NO)
        return 0;
    if (s->past.runs && let_run(s, QMIG_SIDE_SOURCE, errp) < 0)
        return -1;
    if (s->past.runs)
        take_disks(s);
    send_list(s, s->past.undo, QMIG_SIDE_SOURCE, "as before the migration");
    return 0;
}

/* Left open if a side did not answer: what it needs is done another time. */
static void finish_journal(struct session *s, const char *owner,
                           bool source_done, bool dest_done)
{
    if (source_done && dest_done) {
        session_record_end(s, owner);
        return;
    }
    session_say(s->done,
                "the %s is left as it is: recover again when it "
                "answers, or end it by hand",
                source_done ? "destination" : "source");
}

static int act_back(struct session *s, struct qmp_error **errp)
{
    /* Where `migrate` was never sent there is nothing to be permitted. */
    if (s->past.stage != PAST_BACK && s->past.stage != PAST_BEGIN &&
        session_record(s, "back", PAST_BACK, errp) < 0)
        return -1;
    if (s->source != SRC_NO && s->past.stage != PAST_BEGIN &&
        cancel(s, errp) < 0)
        return -1;
    /* Before the source goes on: a destination that has loaded may hold the
     * locks of the images. */
    if (s->dest != DST_NO && s->dest != DST_RUNS)
        quit(s, QMIG_SIDE_DEST);
    if (resume_source(s, errp) < 0)
        return -1;
    image_discard(s);
    session_tell_hook(s, "failed");
    finish_journal(s, "source",
                   s->source != SRC_NO || s->fenced == FENCED_SOURCE ||
                       !s->addr[QMIG_SIDE_SOURCE],
                   s->dest != DST_NO || session_is_gone(s, QMIG_SIDE_DEST));
    return 0;
}

static int act_finish(struct session *s, struct qmp_error **errp)
{
    if (s->past.stage != PAST_QUIT)
        session_tell_hook(s, "committed");
    send_list(s, s->past.undo, QMIG_SIDE_DEST, "as before the migration");
    if (s->past.story == STORY_MIGRATE && s->past.stage != PAST_QUIT &&
        session_record(s, "quit", PAST_QUIT, errp) < 0)
        return -1;
    bool told =
        s->source == SRC_MOVED || (s->past.snapshot && s->source != SRC_NO);
    if (told && s->past.keep_source)
        send_list(s, s->past.undo, QMIG_SIDE_SOURCE, "as before the migration");
    else if (told)
        quit(s, QMIG_SIDE_SOURCE);
    session_tell_hook(s, "finished");
    finish_journal(s, s->past.snapshot ? "source" : "destination",
                   told || session_is_gone(s, QMIG_SIDE_SOURCE), true);
    return 0;
}

static int act_publish(struct session *s, struct qmp_error **errp)
{
    if (image_publish(s, errp) < 0 ||
        session_record(s, "saved", PAST_SAVED, errp) < 0)
        return -1;
    return act_finish(s, errp);
}

static int act_forward(struct session *s, struct qmp_error **errp)
{
    if (s->past.stage != PAST_COMMIT &&
        session_record(s, "commit", PAST_COMMIT, errp) < 0)
        return -1;
    send_list(s, s->past.takeover, QMIG_SIDE_DEST, "taken over");
    if (!s->past.arrives_paused && let_run(s, QMIG_SIDE_DEST, errp) < 0)
        return -1;
    return act_finish(s, errp);
}

/* Post-copy */

/* The main loop of a QEMU that lacks pages may hang: out of band it answers. */
static int call_oob(struct session *s, enum qmig_side side, const char *execute,
                    struct json_object *arguments, struct qmp_error **errp)
{
    CLEANUP(json_putp)
    struct json_object *ret =
        s->io->call(s, side, execute, arguments, true, errp);

    return ret ? 0 : qmp_prefix(errp, "%s: %s", side_name(side), execute);
}

static bool is_paused(const struct session *s, enum qmig_side side)
{
    const char *migration = s->answer[side].migration;

    return migration && !strcmp(migration, "postcopy-paused");
}

static struct json_object *uri_object(const char *uri)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "uri", json_object_new_string(uri));
    return object;
}

/* Its old listener is closed some ms after the connection was (10.0). */
static bool is_port_taken(const struct qmp_error *err)
{
    return err->qmp_desc && strstr(err->qmp_desc, "Address already in use");
}

/* What was given for this connection, in place of the first one's. */
static int take_params(struct session *s, struct qmp_error **errp)
{
    const char *address = params_string(s->params, "listen_address");
    const char *text = params_string(s->params, "migrate_uri");
    CLEANUP(migrate_uri_clear) struct migrate_uri uri = {0};

    if (!text && !address)
        return 0;
    if (!text)
        text = s->past.connect;
    if (!text)
        return 0;
    if (migrate_uri_parse(text, &uri, errp) < 0)
        return -1;
    free(s->past.listen);
    s->past.listen = plan_listen_uri(&uri, address);
    if (text != s->past.connect) {
        free(s->past.connect);
        s->past.connect = strdup(text);
    }
    return s->past.listen && s->past.connect
               ? 0
               : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

static int set_bandwidth(struct session *s, struct qmp_error **errp)
{
    unsigned long long mib_s = 0;
    unsigned long long bytes_s;

    if (!params_ullong(s->params, "bandwidth.postcopy", &mib_s) || !mib_s)
        return 0;
    if (__builtin_mul_overflow(mib_s, 1ull << 20, &bytes_s) ||
        bytes_s > INT64_MAX)
        return qmp_fail(errp, QMIG_ERR_PARAM_RANGE,
                        "parameter 'bandwidth.postcopy' is %llu, must be at "
                        "most %llu",
                        mib_s, (unsigned long long)INT64_MAX >> 20);
    CLEANUP(json_putp) struct json_object *arguments = json_object_new_object();
    json_object_object_add(arguments, "max-postcopy-bandwidth",
                           json_object_new_int64((int64_t)bytes_s));
    CLEANUP(json_putp)
    struct json_object *ret =
        call(s, QMIG_SIDE_SOURCE, "migrate-set-parameters", arguments, errp);
    return ret ? 0 : -1;
}

/* Where the destination listens now: *ret is S's URI. */
static int listen_again(struct session *s, char **ret, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *listen = uri_object(s->past.listen);
    CLEANUP(json_putp) struct json_object *info = NULL;
    CLEANUP(migrate_uri_clear) struct migrate_uri uri = {0};
    const char *path;
    int port = 0;

    if (call_oob(s, QMIG_SIDE_DEST, "migrate-recover", listen, errp) < 0 ||
        migrate_uri_parse(s->past.connect, &uri, errp) < 0)
        return -1;
    if (uri.kind != URI_UNIX && !uri.port) {
        info = call(s, QMIG_SIDE_DEST, "query-migrate", NULL, errp);
        if (!info)
            return -1;
        if (!migrate_info_listens(info, &port, &path) || !port)
            return qmp_fail(errp, QMIG_ERR_PORT,
                            "destination: query-migrate does not say which "
                            "port it listens on");
        uri.port = port;
    }
    *ret = migrate_uri_text(&uri);
    return *ret ? 0 : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

/* Both have lost each other: a second connection. 0, too, if it has to be
 * tried again. */
static int reconnect(struct session *s, struct qmp_error **errp)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(freep) char *uri = NULL;
    CLEANUP(json_putp) struct json_object *arguments = NULL;
    CLEANUP(json_putp) struct json_object *ret = NULL;

    if (!s->past.listen || !s->past.connect)
        return qmp_fail(errp, QMIG_ERR_POSTCOPY,
                        "the journal does not say where the destination can "
                        "be reached");
    if (set_bandwidth(s, errp) < 0)
        return -1;
    if (listen_again(s, &uri, &err) < 0)
        return is_port_taken(err) && s->io->now_us(s) < s->port_until
                   ? 0
                   : qmp_propagate(errp, TAKE_PTR(err));
    arguments = uri_object(uri);
    json_object_object_add(arguments, "resume", json_object_new_boolean(true));
    ret = call(s, QMIG_SIDE_SOURCE, "migrate", arguments, errp);
    if (!ret)
        return -1;
    session_say(s->done, "both sides: connected again by %s", uri);
    return 0;
}

/* RAM that is still to be sent; no answer counts as a change. */
static uint64_t bytes_left(struct session *s)
{
    CLEANUP(json_putp)
    struct json_object *info =
        call(s, QMIG_SIDE_SOURCE, "query-migrate", NULL, NULL);
    struct json_object *ram = NULL;
    struct json_object *value = NULL;

    json_object_object_get_ex(info, "ram", &ram);
    json_object_object_get_ex(ram, "remaining", &value);
    return value ? (uint64_t)json_object_get_int64(value) : 0;
}

/* One side has lost the other, which is about to find out by itself. A source
 * that has sent everything fails if it is told to pause (10.0, 11.1). */
static void pause_other(struct session *s, bool src_paused)
{
    if (src_paused)
        call_oob(s, QMIG_SIDE_DEST, "migrate-pause", NULL, NULL);
    else if (bytes_left(s) > 0)
        call_oob(s, QMIG_SIDE_SOURCE, "migrate-pause", NULL, NULL);
}

/* One look at both, and what is due. 1: it is through. */
static int split_step(struct session *s, struct qmp_error **errp)
{
    bool src_paused = is_paused(s, QMIG_SIDE_SOURCE);
    bool dst_paused = is_paused(s, QMIG_SIDE_DEST);

    /* A source that was told to pause when it had sent everything fails. */
    if (s->dest == DST_RUNS &&
        (s->source == SRC_MOVED || s->source == SRC_STOPPED))
        return 1;
    if (s->source == SRC_STOPPED)
        return qmp_fail(errp, QMIG_ERR_POSTCOPY,
                        "source: its migration is '%s': it does not send what "
                        "the destination lacks any more",
                        s->answer[QMIG_SIDE_SOURCE].migration);

    if (src_paused && dst_paused)
        return reconnect(s, errp);
    if (src_paused || dst_paused) {
        pause_other(s, src_paused);
        return 0;
    }
    /* Not while it loads: the source may still fail, and have the guest. */
    if (s->past.arrives_paused || s->dest == DST_LOADS ||
        plan_status_runs(s->answer[1].status))
        return 0;
    CLEANUP(json_putp)
    struct json_object *ret = call(s, QMIG_SIDE_DEST, "cont", NULL, NULL);
    if (ret)
        session_say(s->done, "destination: continued");
    return 0;
}

static int act_split(struct session *s, struct qmp_error **errp)
{
    int64_t until = s->io->now_us(s) + PATIENCE_US;
    uint64_t before = UINT64_MAX;
    int rc;

    s->port_until = s->io->now_us(s) + PORT_US;
    if (take_params(s, errp) < 0)
        return -1;
    if (s->source == SRC_NO)
        return qmp_fail(errp, QMIG_ERR_POSTCOPY,
                        "the source does not answer: the pages that are "
                        "missing are there");
    if (s->past.stage != PAST_SPLIT &&
        session_record(s, "commit", PAST_SPLIT, errp) < 0)
        return -1;
    while ((rc = split_step(s, errp)) == 0) {
        uint64_t left = bytes_left(s);

        if (left != before)
            until = s->io->now_us(s) + PATIENCE_US;
        before = left;
        if (s->io->now_us(s) > until)
            return qmp_fail(errp, QMIG_ERR_DEADLINE,
                            "post-copy stands still for %d seconds",
                            (int)(PATIENCE_US / 1000000));
        s->io->wait_ms(s, 10 * RETRY_MS);
        if (ask_again(s, QMIG_SIDE_SOURCE, errp) < 0 ||
            ask_again(s, QMIG_SIDE_DEST, errp) < 0)
            return -1;
    }
    return rc < 0 ? -1 : act_finish(s, errp);
}

int act_out(struct session *s, struct qmp_error **errp)
{
    if (s->past.story == STORY_OFFLINE)
        return act_offline(s, errp);
    switch (s->verdict.way) {
    case WAY_BACK:
        return act_back(s, errp);
    case WAY_FORWARD:
        return s->past.story == STORY_SAVE ? act_publish(s, errp)
                                           : act_forward(s, errp);
    case WAY_FINISH:
        return act_finish(s, errp);
    case WAY_SPLIT:
        return act_split(s, errp);
    case WAY_NONE:
    case WAY_WAIT:
    case WAY__MAX:
        break;
    }
    return 0;
}
