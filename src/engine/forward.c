/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way forward: from two monitors to a guest that runs elsewhere. */
#include "engine/internal.h"

#include "plan/tls.h"

#include <string.h>

/* How often query-migrate is asked while RAM flows: for the progress and for
 * events that were missed. */
#define POLL_US (250 * INT64_C(1000))
/* While the guest stands still events tell the time; this is the net. */
#define SWITCHOVER_POLL_US (100 * INT64_C(1000))
/* Between two tries of something that QEMU is about to allow. */
#define RETRY_US (5 * INT64_C(1000))
/* 7.2 says total-time 0 for some ms after "completed". */
#define FIGURES_TRIES 40

bool status_is(const struct peer *peer, const char *status)
{
    return peer->migration && !strcmp(peer->migration, status);
}

const char dest_cannot_load[] = "destination could not take the guest";

static bool is_tag(const struct engine_event *ev, enum tag kind)
{
    return ev->kind == EV_REPLY && (ev->tag & TAG_KIND) == (unsigned)kind;
}

const struct plan_step *step_of(const struct engine *e,
                                const struct engine_event *ev)
{
    return is_tag(ev, TAG_STEP) ? &e->plan.steps[ev->tag & TAG_INDEX] : NULL;
}

bool is_no_matter(const struct plan_step *step, const struct qmp_error *err)
{
    return step->may_fail && err->code == QMP_ERR_REFUSED;
}

void send_steps(struct engine *e, enum step_kind first, enum step_kind last)
{
    for (size_t i = 0; i < e->plan.n; i++) {
        const struct plan_step *step = &e->plan.steps[i];

        if (step->kind < first || step->kind > last || e->peer[step->side].lost)
            continue;
        act_step(e, step, TAG_STEP | (unsigned)i);
    }
}

void deadline_passed(struct engine *e, enum qmig_side side, enum deadline which,
                     const char *waited_for)
{
    engine_errorf(e, side, QMIG_ERR_DEADLINE, "no %s after %.3g seconds",
                  waited_for, (double)e->config.deadlines.us[which] / 1e6);
}

/* Once the source was let go on to post-copy there is no cancel: 7.2 would
 * accept it and leave the guest stopped on both sides. */
static bool postcopy_is_committed(const struct engine *e)
{
    return e->postcopy_sent && e->continue_sent;
}

/*
 * Between the word that lets the source go on and its answer: it may still
 * fail and run on by itself, or have begun. Its next word tells; if that
 * cannot come any more, nobody knows.
 */
static bool is_lost_in_postcopy(struct engine *e, const struct engine_event *ev)
{
    if (ev->kind == EV_CANCEL)
        act_warn(e, "too late to cancel: post-copy has begun");
    if (!engine_source(e)->lost)
        return false;
    engine_errorf(e, QMIG_SIDE_SOURCE, QMIG_ERR_UNDECIDED,
                  "the source was lost when post-copy was about to begin");
    qmp_hint(&e->error, "start neither side; the destination is paused, and "
                        "may lack pages that only the source has");
    e->undecided = true;
    engine_finish(e, "the source was lost");
    return true;
}

/* A user's wish, a full disk, a side that is gone: the same in each state
 * from which everything can still be undone. True: the way back is taken. */
static bool must_turn_back(struct engine *e, const struct engine_event *ev)
{
    if (ev->kind == EV_JOURNAL_FAILED) {
        engine_error(e, QMIG_SIDE_CONTROLLER, ev->err);
        turn_back(e, "the journal cannot be written");
    } else if (postcopy_is_committed(e)) {
        return is_lost_in_postcopy(e, ev);
    } else if (e->violation) {
        engine_error(e, e->violator, e->violation);
        turn_back(e, "a monitor makes no sense");
    } else if (e->cancel_wanted) {
        engine_errorf(e, QMIG_SIDE_CONTROLLER, QMIG_ERR_USER_CANCEL,
                      "cancelled by the user");
        turn_back(e, "the user wishes it");
    } else if (ev->kind == EV_LOST) {
        bool source = ev->side == QMIG_SIDE_SOURCE;

        if (e->state != ENGINE_BEGIN)
            engine_errorf(e, ev->side,
                          source ? QMIG_ERR_SOURCE_LOST : QMIG_ERR_DEST_LOST,
                          "%s", ev->err->msg);
        else
            engine_error(e, ev->side, ev->err);
        turn_back(e, source ? "the source is lost" : "the destination is lost");
    } else {
        return false;
    }
    return true;
}

/* BEGIN */

static void ask(struct engine *e, enum qmig_side side, enum probe probe)
{
    act_send_counted(e, side, probe_commands[probe], NULL, TAG_PROBE | probe,
                     DEADLINE_answer);
}

/* Each question takes QEMU a turn of its main loop, about 0.2 ms: those whose
 * answer would change nothing are left out. */
static void probe(struct engine *e, enum qmig_side side)
{
    for (int i = 0; i < PROBE_SCHEMA; i++)
        if (plan_needs_probe(&e->config.plan, side, (enum probe)i))
            ask(e, side, (enum probe)i);
}

/* The questions go out with the negotiation: one wait less. */
static void connect_to(struct engine *e, enum engine_action_kind how,
                       enum qmig_side side)
{
    act_simple(e, how, side);
    if (how == ACT_CONNECT)
        probe(e, side);
    e->deadline = e->now + e->config.deadlines.us[DEADLINE_connect] +
                  e->config.deadlines.us[DEADLINE_answer];
}

static void begin_ready(struct engine *e, const struct engine_event *ev)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    const struct facts *facts = &e->peer[ev->side].facts;

    if (facts_greeting(&e->peer[ev->side].facts, ev->object, &err) < 0) {
        engine_error(e, ev->side, err);
        turn_back(e, "the greeting makes no sense");
        return;
    }
    if (ev->side != QMIG_SIDE_DEST)
        return;
    if (e->config.plan.dest_started)
        probe(e, ev->side);
    /* Only the destination has commands whose form is in question, and a
     * migration finds that out by trying. */
    if (e->config.plan_only && facts->known != FEATURES_ALL)
        ask(e, ev->side, PROBE_SCHEMA);
}

static void start_dest(struct engine *e)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    const struct facts *source = &engine_source(e)->facts;

    if (plan_check_source(&e->config.plan, source, &err) < 0) {
        engine_error(e, QMIG_SIDE_SOURCE, err);
        turn_back(e, "there is nothing to migrate");
        return;
    }
    connect_to(e, ACT_START_DEST, QMIG_SIDE_DEST);
}

static void list_step(struct json_object *list, const struct plan_step *step)
{
    struct json_object *row = json_object_new_object();

    json_object_object_add(row, "peer",
                           json_object_new_string(side_name(step->side)));
    json_object_object_add(row, "execute",
                           json_object_new_string(step->execute));
    json_object_object_add(row, "arguments", json_object_get(step->arguments));
    json_object_array_add(list, row);
}

/* Whatever recover needs to undo or to finish what follows. */
static struct json_object *begin_record(const struct engine *e)
{
    const struct plan_step *takeover = plan_find(&e->plan, STEP_TAKEOVER);
    struct json_object *data = json_object_new_object();
    struct json_object *undo = json_object_new_array();
    struct json_object *take = json_object_new_array();

    for (size_t i = 0; i < e->plan.n_undo; i++)
        list_step(undo, &e->plan.undo[i]);
    if (takeover)
        list_step(take, takeover);
    json_object_object_add(data, "runs",
                           json_object_new_boolean(e->plan.source_runs));
    json_object_object_add(data, "arrives_paused",
                           json_object_new_boolean(e->plan.arrives_paused));
    json_object_object_add(data, "return_path",
                           json_object_new_boolean(e->plan.return_path));
    json_object_object_add(
        data, "keep_source",
        json_object_new_boolean(!plan_find(&e->plan, STEP_QUIT)));
    /* Where a post-copy that was interrupted can connect again. */
    CLEANUP(freep)
    char *listen = plan_listen_uri(
        &e->plan.uri, params_string(e->config.plan.params, "listen_address"));
    CLEANUP(freep) char *reach = migrate_uri_text(&e->plan.uri);
    if (reach && !e->plan.uri.port && e->plan.uri.kind != URI_UNIX)
        *strrchr(reach, ':') = '\0'; /* ":0" */
    if (listen && reach) {
        json_object_object_add(data, "listen", json_object_new_string(listen));
        json_object_object_add(data, "connect", json_object_new_string(reach));
    }
    json_object_object_add(data, "undo", undo);
    json_object_object_add(data, "takeover", take);
    return data;
}

static void send_settings(struct engine *e)
{
    e->settings_sent = true;
    /* A QEMU takes one incoming migration; from here it may be used up. */
    e->dest_used = plan_find(&e->plan, STEP_LISTEN) != NULL;
    send_steps(e, STEP_SET, STEP_LISTENS);
    /* "migrate may have been sent": on disk while both sides are busy. */
    act_journal(e, "migrate", NULL);
}

static void enter_prepare(struct engine *e)
{
    engine_set_state(e, ENGINE_PREPARE, "both sides fit");
    engine_limit(e, DEADLINE_answer);
    e->prepared = true;
    /* Takes the lock of the guest, too. */
    act_record(e, "begin", begin_record(e));
    if (plan_find(&e->plan, STEP_OBJECT))
        send_steps(e, STEP_OBJECT, STEP_OBJECT);
    else
        send_settings(e);
}

static void make_plan(struct engine *e)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(freep) char *warnings = NULL;
    enum qmig_side side;
    int rc = plan_make(&e->plan, &e->config.plan, &engine_source(e)->facts,
                       &engine_dest(e)->facts, &side, &warnings, &err);

    if (warnings)
        act_warn(e, warnings);
    if (rc < 0) {
        engine_error(e, side, err);
        turn_back(e, "a check refused");
    } else if (e->config.plan_only) {
        engine_finish(e, "the plan is made");
    } else {
        enter_prepare(e);
    }
}

static void begin_probed(struct engine *e, const struct engine_event *ev)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct peer *peer = &e->peer[ev->side];
    enum probe probe = (enum probe)(ev->tag & TAG_INDEX);

    if (ev->err || facts_reply(&peer->facts, probe, ev->object, &err) < 0) {
        engine_error(e, ev->side, ev->err ? ev->err : err);
        turn_back(e, "a question was not answered");
        return;
    }
    peer->probed = !peer->waiting;
    if (!peer->probed)
        return;
    if (engine_source(e)->probed && engine_dest(e)->probed)
        make_plan(e);
    else if (ev->side == QMIG_SIDE_SOURCE && e->config.plan.dest_started)
        start_dest(e);
}

void begin_event(struct engine *e, const struct engine_event *ev)
{
    if (must_turn_back(e, ev))
        return;
    if (ev->kind == EV_START) {
        connect_to(e, ACT_CONNECT, QMIG_SIDE_SOURCE);
        if (!e->config.plan.dest_started)
            connect_to(e, ACT_CONNECT, QMIG_SIDE_DEST);
    } else if (ev->kind == EV_READY) {
        begin_ready(e, ev);
    } else if (is_tag(ev, TAG_PROBE)) {
        begin_probed(e, ev);
    } else if (engine_late(e)) {
        enum qmig_side side =
            engine_source(e)->probed ? QMIG_SIDE_DEST : QMIG_SIDE_SOURCE;

        deadline_passed(e, side, DEADLINE_answer, "answer of the monitor");
        turn_back(e, "a deadline passed");
    }
}

/* PREPARE */

static void object_refused(struct engine *e, const struct engine_event *ev)
{
    struct qmp_error *err = qmp_error_copy(ev->err);
    enum qmig_side side = ev->side;

    if (err->code == QMP_ERR_REFUSED)
        err->code = QMIG_ERR_TLS;
    tls_explain(&e->config.plan, true, &side, &err);
    engine_error(e, side, err);
    qmp_error_free(err);
}

static void step_refused(struct engine *e, const struct engine_event *ev)
{
    /* The text is the system's (EADDRINUSE) behind QEMU's own. */
    bool taken = ev->err->qmp_desc &&
                 strstr(ev->err->qmp_desc, "Address already in use");
    const struct plan_step *step = step_of(e, ev);

    if (step && step->kind == STEP_OBJECT)
        object_refused(e, ev);
    else if (taken)
        engine_errorf(e, ev->side, QMIG_ERR_PORT, "%s", ev->err->msg);
    else
        engine_error(e, ev->side, ev->err);
    turn_back(e, "a command was refused");
}

static void learn_port(struct engine *e, struct json_object *info)
{
    const char *path;
    int port = 0;

    if (migrate_info_listens(info, &port, &path) && port)
        e->plan.uri.port = port;
}

/* QEMU does not know the form that was tried: then without. */
static bool fell_back(struct engine *e, const struct engine_event *ev,
                      const struct plan_step *step)
{
    const struct feature_info *tried =
        step->tries >= 0 ? &feature_table[step->tries] : NULL;
    struct facts *facts = &e->peer[step->side].facts;

    if (!tried || (ev->err && ev->err->code != QMP_ERR_REFUSED))
        return false;
    if (!ev->err) {
        /* Not by the answer to the fallback. */
        if (facts_feature(facts, (enum feature)step->tries) < 0)
            facts_learn_feature(facts, (enum feature)step->tries, true);
        return false;
    }
    /* "Parameter 'exit-on-error' is unexpected" (5.2..9.0) */
    if (tried->path ? !strstr(ev->err->qmp_desc, tried->path)
                    : strcmp(ev->err->qmp_class, "CommandNotFound") != 0)
        return false;
    facts_learn_feature(facts, (enum feature)step->tries, false);
    return true;
}

static void listen_again(struct engine *e, const struct plan_step *step)
{
    act_send_counted(e, step->side, step->execute, step->fallback,
                     TAG_STEP | (unsigned)(step - e->plan.steps),
                     DEADLINE_answer);
    send_steps(e, STEP_LISTENS, STEP_LISTENS);
}

static void start_migration(struct engine *e)
{
    CLEANUP(json_putp)
    struct json_object *arguments = plan_migrate_arguments(&e->plan);
    const struct plan_step *step = plan_find(&e->plan, STEP_MIGRATE);
    unsigned tag = TAG_STEP | (unsigned)(step - e->plan.steps);

    e->stop_sent = plan_find(&e->plan, STEP_STOP) != NULL;
    send_steps(e, STEP_STOP, STEP_STOP);
    act_send(e, QMIG_SIDE_SOURCE, step->execute, arguments, tag,
             e->config.deadlines.us[DEADLINE_answer]);
    e->migrate_sent = true;
    e->dest_used = true;
    engine_set_state(e, ENGINE_PRECOPY, "the destination listens");
    engine_limit(e, DEADLINE_setup);
    e->progress_at = e->now;
    e->migrate_us = e->now;
    e->poll_at = e->now + POLL_US;
}

void prepare_event(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);

    if (ev->kind == EV_JOURNAL_FAILED && !strcmp(ev->name, "begin")) {
        e->prepared = false; /* what came after the record was not sent */
        e->dest_used = false;
    }
    if (must_turn_back(e, ev))
        return;
    if (step && fell_back(e, ev, step)) {
        listen_again(e, step);
    } else if (step && ev->err && !is_no_matter(step, ev->err)) {
        step_refused(e, ev);
    } else if (step) {
        if (step->kind == STEP_LISTENS)
            learn_port(e, ev->object);
        if (e->peer[0].waiting || e->peer[1].waiting)
            return;
        if (!e->settings_sent) {
            send_settings(e);
            return;
        }
        if (plan_find(&e->plan, STEP_LISTENS) && !e->plan.uri.port) {
            engine_errorf(e, QMIG_SIDE_DEST, QMIG_ERR_PORT,
                          "query-migrate does not say which port it listens "
                          "on");
            turn_back(e, "no port");
        } else {
            start_migration(e);
        }
    } else if (engine_late(e)) {
        deadline_passed(
            e, engine_dest(e)->waiting ? QMIG_SIDE_DEST : QMIG_SIDE_SOURCE,
            DEADLINE_answer, "answer of the monitor");
        turn_back(e, "a deadline passed");
    }
}

/* PRECOPY and SWITCHOVER */

/* What both states share: a migration that ended badly, by either's word. */
static bool migration_failed(struct engine *e)
{
    if (status_is(engine_source(e), "failed") ||
        status_is(engine_source(e), "cancelled")) {
        engine_errorf(e, QMIG_SIDE_SOURCE, QMIG_ERR_MIGRATION,
                      "QEMU reports the migration as %s",
                      engine_source(e)->migration);
        turn_back(e, "the source says that it failed");
        return true;
    }
    if (status_is(engine_dest(e), "failed")) {
        engine_errorf(e, QMIG_SIDE_DEST, QMIG_ERR_DEST_LOAD, "%s",
                      dest_cannot_load);
        turn_back(e, "the destination says that it failed");
        return true;
    }
    return false;
}

static void record_switchover(struct engine *e)
{
    /*
     * Before it is needed, so that no fsync is part of the blackout. It says
     * "migrate-continue may have been sent, and once the source says
     * completed the guest may be committed" (R4): as long as the source is
     * not postmigrate it makes no difference to recover.
     */
    if (!e->switchover_recorded)
        act_journal(e, "switchover", NULL);
    e->switchover_recorded = true;
}

/* The destination's settings go back. */
static void tidy(struct engine *e)
{
    unsigned before = engine_dest(e)->waiting;

    send_steps(e, STEP_TIDY, STEP_TIDY);
    e->tidying = engine_dest(e)->waiting - before;
    e->tidied = true;
}

/* What else is to be asked once the destination took over. Not before: two
 * QEMUs that read, byte by byte, make `cont` wait for a processor. */
static void taken_over(struct engine *e)
{
    if (e->takeover_done)
        return;
    e->takeover_done = true;
    ask_status(e, QMIG_SIDE_DEST);
    ask_info(e, QMIG_SIDE_SOURCE);
    tidy(e);
}

static void commit(struct engine *e)
{
    bool takes = plan_find(&e->plan, STEP_TAKEOVER) != NULL;

    engine_set_state(e, ENGINE_FINISH,
                     e->plan.return_path
                         ? "the source says completed, by the return path"
                         : "both sides say completed");
    engine_limit(e, DEADLINE_finish);
    if (takes)
        send_steps(e, STEP_TAKEOVER, STEP_TAKEOVER);
    else
        taken_over(e);
    /* For those who read the journal: what "switchover" permitted was done.
     * The sync of "quit" brings it to the disk. */
    act_record(e, "commit", NULL);
}

/* R4: only when the destination has loaded everything. */
static void try_commit(struct engine *e)
{
    if (e->plan.return_path || status_is(engine_dest(e), "completed"))
        commit(e);
    else
        ask_info(e, QMIG_SIDE_DEST);
}

void engine_journal_commit(struct engine *e, const char *mode)
{
    struct json_object *data = json_object_new_object();

    json_object_object_add(data, "mode", json_object_new_string(mode));
    act_journal(e, "commit", data);
}

static void send_continue(struct engine *e)
{
    if (e->continue_sent)
        return;
    if (e->postcopy_sent) /* R4: the step after which the guest is split */
        engine_journal_commit(e, "postcopy");
    send_steps(e, STEP_CONTINUE, STEP_CONTINUE);
    e->continue_sent = true;
}

static void enter_switchover(struct engine *e)
{
    engine_set_state(e, ENGINE_SWITCHOVER, "the source is stopped");
    engine_limit(e, DEADLINE_switchover);
    e->poll_at = e->now + SWITCHOVER_POLL_US;
    record_switchover(e);
    if (status_is(engine_source(e), "pre-switchover"))
        send_continue(e);
    else if (status_is(engine_source(e), "completed"))
        try_commit(e);
    else if (postcopy_has_begun(e))
        enter_postcopy(e);
}

static bool source_is_at_switchover(struct engine *e)
{
    return status_is(engine_source(e), "pre-switchover") ||
           status_is(engine_source(e), "device") ||
           status_is(engine_source(e), "completed") || postcopy_has_begun(e);
}

static void precopy_time(struct engine *e)
{
    bool flows = status_is(engine_source(e), "active");
    int64_t stall = e->config.deadlines.us[DEADLINE_stall];

    if (flows)
        e->deadline = e->progress_at + stall;
    if (engine_late(e)) {
        if (flows)
            deadline_passed(e, QMIG_SIDE_SOURCE, DEADLINE_stall,
                            "byte of RAM was sent");
        else
            deadline_passed(e, QMIG_SIDE_SOURCE, DEADLINE_setup,
                            "RAM was sent");
        turn_back(e, "a deadline passed");
    } else if (e->now >= e->poll_at) {
        ask_info(e, QMIG_SIDE_SOURCE);
        e->poll_at = e->now + POLL_US;
    }
}

void precopy_event(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);

    if (step && step->kind == STEP_MIGRATE && ev->err &&
        ev->err->code == QMP_ERR_REFUSED)
        e->migrate_sent = false;
    if (must_turn_back(e, ev))
        return;
    if (step && ev->err) {
        step_refused(e, ev);
        return;
    }
    if (migration_failed(e))
        return;
    if (source_is_at_switchover(e)) {
        enter_switchover(e);
        return;
    }
    if (status_is(engine_source(e), "active")) {
        record_switchover(e);
        try_postcopy(e);
    }
    precopy_time(e);
}

void switchover_event(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);
    bool was_completed = status_is(engine_source(e), "completed");

    if (step && step->kind == STEP_CONTINUE && ev->err &&
        ev->err->code == QMP_ERR_REFUSED)
        e->continue_sent = false; /* it stands where it stood */
    if (ev->kind == EV_JOURNAL_FAILED)
        e->continue_sent = false; /* it came after the record */
    if (must_turn_back(e, ev))
        return;
    if (step && ev->err) {
        step_refused(e, ev);
        return;
    }
    if (migration_failed(e))
        return;
    if (was_completed) {
        try_commit(e);
        return;
    }
    if (postcopy_has_begun(e)) {
        enter_postcopy(e);
        return;
    }
    if (status_is(engine_source(e), "pre-switchover"))
        send_continue(e);
    /* As long as bytes flow (much RAM may be left) it is not late. */
    if (e->progress_at > e->entered)
        e->deadline =
            e->progress_at + e->config.deadlines.us[DEADLINE_switchover];
    if (engine_late(e)) {
        deadline_passed(e, QMIG_SIDE_SOURCE, DEADLINE_switchover,
                        "end of the switchover");
        turn_back(e, "a deadline passed");
    } else if (e->now >= e->poll_at) {
        ask_info(e, QMIG_SIDE_SOURCE);
        e->poll_at = e->now + SWITCHOVER_POLL_US;
    }
}

/* CONFIRM */

static bool has_figures(struct engine *e)
{
    struct json_object *status = NULL;
    struct json_object *value = NULL;

    if (engine_source(e)->lost || e->info_asked > FIGURES_TRIES)
        return true;
    json_object_object_get_ex(e->info, "status", &status);
    json_object_object_get_ex(e->info, "total-time", &value);
    return status && !strcmp(json_object_get_string(status), "completed") &&
           json_object_get_int64(value) > 0;
}

static void give_up_source(struct engine *e)
{
    e->quit_sent = true;
    e->poll_at = -1;
    if (engine_source(e)->lost)
        return;
    if (plan_find(&e->plan, STEP_QUIT)) {
        act_journal(e, "quit", NULL);
        send_steps(e, STEP_QUIT, STEP_QUIT);
        return;
    }
    send_undo(e, QMIG_SIDE_SOURCE);
}

/* Figures first: they are gone with the source. */
static void try_give_up_source(struct engine *e)
{
    if (has_figures(e)) {
        give_up_source(e);
    } else if (!engine_source(e)->asking_info &&
               (e->poll_at < 0 || e->now >= e->poll_at)) {
        e->info_asked++;
        e->poll_at = e->now + RETRY_US;
        ask_info(e, QMIG_SIDE_SOURCE);
    }
}

void enter_confirm(struct engine *e)
{
    engine_set_state(e, ENGINE_CONFIRM, "the destination has taken over");
    engine_limit(e, DEADLINE_undo);
    if (!e->tidied)
        tidy(e);
    try_give_up_source(e);
}

/* FINISH: R6, R7 */

static void undecided(struct engine *e, enum qmig_side side, const char *what)
{
    engine_errorf(e, side, QMIG_ERR_UNDECIDED,
                  "%s after the commit: it is not known whether the guest "
                  "runs there",
                  what);
    qmp_hint(&e->error, "start neither side; fence one, then "
                        "'recover --fenced source' or 'recover --fenced "
                        "destination'");
    e->undecided = true;
    engine_finish(e, what);
}

/* Has the destination, by its own word, taken the guest over? */
static bool has_taken_over(struct engine *e)
{
    static const char *const not_yet[] = {"inmigrate",  "finish-migrate",
                                          "prelaunch",  "paused",
                                          "restore-vm", "postmigrate"};
    const char *status = engine_dest(e)->status;

    if (!status || !e->takeover_done)
        return false;
    if (e->plan.arrives_paused)
        return strcmp(status, "inmigrate") != 0;
    for (size_t i = 0; i < ARRAY_SIZE(not_yet); i++)
        if (!strcmp(not_yet[i], status))
            return false;
    return true; /* running; or it ran and then stopped by itself */
}

static void finish_reply(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);

    if (step && step->kind == STEP_TAKEOVER) {
        if (fell_back(e, ev, step) || !ev->err)
            taken_over(e);
        else if (!e->peer[QMIG_SIDE_DEST].lost)
            e->poll_at = e->now + RETRY_US;
        return;
    }
    if (ev->tag != TAG_STATUS || ev->side != QMIG_SIDE_DEST)
        return;
    if (has_taken_over(e))
        enter_confirm(e);
    else
        e->poll_at = e->now + RETRY_US;
}

/* Settings that do not go back do no harm: the next migration sets them. */
static void learn_tidied(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);

    if (ev->kind == EV_LOST && ev->side == QMIG_SIDE_DEST)
        e->tidying = 0;
    else if (step && step->kind == STEP_TIDY && e->tidying)
        e->tidying--;
}

void finish_event(struct engine *e, const struct engine_event *ev)
{
    learn_tidied(e, ev);
    if (ev->kind == EV_JOURNAL_FAILED)
        act_warn(e, "the journal cannot be written any more; the guest is the "
                    "destination's");
    if (engine_dest(e)->lost) {
        undecided(e, QMIG_SIDE_DEST, "the destination was lost");
        return;
    }
    if (ev->kind == EV_CANCEL)
        act_warn(e, "too late to cancel: the guest is the destination's");
    if (ev->kind == EV_REPLY)
        finish_reply(e, ev);
    if (e->state != ENGINE_FINISH)
        return;
    if (engine_late(e)) {
        undecided(e, QMIG_SIDE_DEST,
                  "no word that it runs from the "
                  "destination in time");
    } else if (e->poll_at >= 0 && e->now >= e->poll_at) {
        e->poll_at = -1;
        if (!e->takeover_done)
            send_steps(e, STEP_TAKEOVER, STEP_TAKEOVER);
        else
            ask_status(e, QMIG_SIDE_DEST);
    }
}

void confirm_event(struct engine *e, const struct engine_event *ev)
{
    learn_tidied(e, ev);
    if (ev->kind == EV_CANCEL)
        act_warn(e, "too late to cancel: the guest is the destination's");
    if (ev->kind == EV_LOST && ev->side == QMIG_SIDE_DEST && !e->quit_sent) {
        undecided(e, QMIG_SIDE_DEST, "the destination was lost");
        return;
    }
    if (ev->kind == EV_JOURNAL_FAILED) {
        act_warn(e, "the journal cannot be written: the source is left as it "
                    "is, paused");
        engine_finish(e, "completed, but the source is left");
        return;
    }
    if (!e->quit_sent)
        try_give_up_source(e);
    if (e->quit_sent && !engine_source(e)->waiting && !e->tidying) {
        engine_finish(e, "completed");
    } else if (engine_late(e)) {
        act_warn(e, "completed, but a monitor does not answer: see whether "
                    "the source QEMU is still there, paused");
        engine_finish(e, "completed, but a monitor does not answer");
    }
}
