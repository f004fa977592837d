/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BEGIN and PREPARE: both sides are asked what they are, the plan is made,
 * settings go out, the destination listens.
 */
#include "engine/internal.h"
#include "plan/storage.h"

#include <stddef.h>
#include <string.h>

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
    for (int i = 0; i < PROBE__MAX; i++)
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

void begin_image(struct engine *e)
{
    bool started = e->config.plan.dest_started;

    if (engine_saves(e))
        connect_to(e, ACT_CONNECT, QMIG_SIDE_SOURCE);
    else
        connect_to(e, started ? ACT_START_DEST : ACT_CONNECT, QMIG_SIDE_DEST);
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
    if (e->config.plan_only && facts->known != FEATURES_ALL &&
        !plan_needs_probe(&e->config.plan, ev->side, PROBE_SCHEMA))
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
    if (step->may_fail)
        json_object_object_add(row, "may_fail", json_object_new_boolean(true));
    if (step->again)
        json_object_object_add(row, "again", json_object_new_boolean(true));
    json_object_array_add(list, row);
}

/* Where a post-copy that was interrupted can connect again. */
static void add_addresses(const struct engine *e, struct json_object *data)
{
    const struct plan *plan = &e->plan;

    if (plan->source_gets_fd || plan->uri.kind == URI_EXEC)
        return; /* refused with post-copy */
    CLEANUP(freep) char *reach = migrate_uri_text(&plan->uri);
    if (reach && !plan->uri.port && plan->uri.kind != URI_UNIX)
        *strrchr(reach, ':') = '\0'; /* ":0" */
    if (!reach || !plan->listen)
        return;
    json_object_object_add(data, "listen",
                           json_object_new_string(plan->listen));
    json_object_object_add(data, "connect", json_object_new_string(reach));
}

/* Whatever recover needs to undo or to finish what follows. */
static struct json_object *begin_record(const struct engine *e)
{
    const struct plan_step *takeover = plan_find(&e->plan, STEP_TAKEOVER);
    struct json_object *data = json_object_new_object();
    struct json_object *undo = json_object_new_array();
    struct json_object *take = json_object_new_array();

    for (size_t i = 0; i < e->plan.n_undo; i++)
        list_step(e->plan.undo[i].kind == STEP_SERVER ? take : undo,
                  &e->plan.undo[i]);
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
    if (e->plan.snapshot) {
        json_object_object_add(data, "snapshot", json_object_new_boolean(true));
        json_object_object_add(data, "no_cancel",
                               json_object_new_boolean(e->plan.no_cancel));
    }
    if (!e->plan.image)
        add_addresses(e, data);
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

/* Objects, the server, the exports, then the settings: each needs the one
 * before. */
static void send_next(struct engine *e)
{
    static const struct {
        enum step_kind kind;
        size_t sent; /* offset of its flag */
    } stages[] = {
        {STEP_OBJECT, offsetof(struct engine, objects_sent)},
        {STEP_SERVER, offsetof(struct engine, server_sent)},
        {STEP_EXPORT, offsetof(struct engine, exports_sent)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
        bool *sent = (bool *)((char *)e + stages[i].sent);

        if (*sent || !plan_find(&e->plan, stages[i].kind))
            continue;
        *sent = true;
        send_steps(e, stages[i].kind, stages[i].kind);
        return;
    }
    send_settings(e);
}

static void enter_prepare(struct engine *e)
{
    engine_set_state(e, ENGINE_PREPARE, "both sides fit");
    engine_limit(e, DEADLINE_answer);
    e->prepared = true;
    e->hooks_due = true;
    /* Takes the lock of the guest, too. */
    act_record(e, "begin", begin_record(e));
    if (engine_saves(e))
        act_file(e, FILE_CREATE);
    send_next(e);
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
    } else if (e->config.hooks && !e->plan.pauses) {
        engine_errorf(e, QMIG_SIDE_SOURCE, QMIG_ERR_CAPABILITY,
                      "no capability 'pause-before-switchover': there is no "
                      "instant for the hook '%s'",
                      hook_name(HOOK_PRE_SWITCHOVER));
        turn_back(e, "a check refused");
    } else if (e->config.hold & QMIG_HOLD_SWITCHOVER && !e->plan.pauses) {
        engine_errorf(e, QMIG_SIDE_SOURCE, QMIG_ERR_CAPABILITY,
                      "no capability 'pause-before-switchover': the switchover "
                      "cannot be held");
        turn_back(e, "a check refused");
    } else if (e->config.plan_only) {
        engine_finish(e, "the plan is made");
    } else {
        enter_prepare(e);
    }
}

/* Both sides answered; the stores may take longer. */
static void make_plan_once_checked(struct engine *e)
{
    if (!store_must_wait(e, MOVE_CHECK))
        make_plan(e);
}

static void begin_probed(struct engine *e, const struct engine_event *ev)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct peer *peer = &e->peer[ev->side];
    enum probe probe = (enum probe)(ev->tag & TAG_INDEX);

    bool no_matter =
        probe == PROBE_SPICE && ev->err && ev->err->code == QMP_ERR_REFUSED;

    if (no_matter) {
        /* This QEMU was built without it. */
    } else if (ev->err ||
               facts_reply(&peer->facts, probe, ev->object, &err) < 0) {
        engine_error(e, ev->side, ev->err ? ev->err : err);
        turn_back(e, "a question was not answered");
        return;
    }
    peer->probed = !peer->waiting;
    if (!peer->probed)
        return;
    if (engine_source(e)->probed && engine_dest(e)->probed)
        make_plan_once_checked(e);
    else if (ev->side == QMIG_SIDE_SOURCE && e->config.plan.dest_started)
        start_dest(e);
}

void begin_event(struct engine *e, const struct engine_event *ev)
{
    if (must_turn_back(e, ev))
        return;
    if (ev->kind == EV_START) {
        store_start_check(e);
        connect_to(e, ACT_CONNECT, QMIG_SIDE_SOURCE);
        if (!e->config.plan.dest_started)
            connect_to(e, ACT_CONNECT, QMIG_SIDE_DEST);
    } else if (ev->kind == EV_READY) {
        begin_ready(e, ev);
    } else if (is_tag(ev, TAG_PROBE)) {
        begin_probed(e, ev);
    } else if (ev->kind == EV_STORE_DONE) {
        if (engine_source(e)->probed && engine_dest(e)->probed)
            make_plan(e);
    } else if (engine_late(e)) {
        enum qmig_side side =
            engine_source(e)->probed ? QMIG_SIDE_DEST : QMIG_SIDE_SOURCE;

        deadline_passed(e, side, DEADLINE_answer, "answer of the monitor");
        turn_back(e, "a deadline passed");
    }
}

/* PREPARE */

static void learn_port(struct engine *e, struct json_object *info)
{
    const char *path;
    int port = 0;

    if (migrate_info_listens(info, &port, &path) && port)
        e->plan.uri.port = port;
}

static void send_fallback(struct engine *e, const struct plan_step *step)
{
    act_send_counted(
        e, step->side,
        step->fallback_execute ? step->fallback_execute : step->execute,
        step->fallback, TAG_STEP | (unsigned)(step - e->plan.steps),
        DEADLINE_answer);
    if (step->kind == STEP_LISTEN)
        send_steps(e, STEP_LISTENS, STEP_LISTENS);
}

/* Another one has it: the next port, then. */
static bool serves_elsewhere(struct engine *e, const struct engine_event *ev,
                             const struct plan_step *step)
{
    if (step->kind != STEP_SERVER || !port_is_taken(ev->err) ||
        !storage_next_port(&e->plan))
        return false;
    act_step(e, step, TAG_STEP | (unsigned)(step - e->plan.steps));
    return true;
}

void start_migration(struct engine *e)
{
    CLEANUP(json_putp)
    struct json_object *arguments = plan_migrate_arguments(&e->plan);
    const struct plan_step *step = plan_find(&e->plan, STEP_MIGRATE);
    unsigned tag = TAG_STEP | (unsigned)(step - e->plan.steps);

    e->stop_sent = plan_find(&e->plan, STEP_STOP) != NULL;
    send_steps(e, STEP_CLIENTS, STEP_CLIENTS);
    send_steps(e, STEP_STOP, STEP_STOP);
    act_send(e, QMIG_SIDE_SOURCE, step->execute, arguments, tag,
             e->config.deadlines.us[DEADLINE_answer]);
    e->migrate_sent = true;
    e->dest_used = true;
    engine_set_state(e, ENGINE_PRECOPY,
                     e->mirrors_sent ? "the disks are copied"
                                     : "the destination listens");
    engine_limit(e, DEADLINE_setup);
    e->progress_at = e->now;
    e->migrate_us = e->now;
    e->poll_at = e->now + hold_poll_us(e);
    tune_lift(e);
}

static void leave_prepare(struct engine *e)
{
    if (engine_restores(e)) {
        enter_loading(e);
        return;
    }
    if (store_must_wait(e, MOVE_STAGE) || hook_must_wait(e, HOOK_PREPARED) ||
        hold_must_wait(e, QMIG_HOLD_PREPARED))
        return;
    if (e->plan.n_copies)
        enter_storage(e);
    else if (channel_is_ready(e))
        start_migration(e);
}

bool migrate_is_next(const struct engine *e)
{
    return e->settings_sent && !e->config.hooks && !e->config.stores &&
           !e->config.hold && !e->plan.n_copies && !e->plan.image &&
           !e->plan.source_gets_fd;
}

static bool sets_parameters(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].kind == STEP_SET &&
            plan->steps[i].side == QMIG_SIDE_SOURCE &&
            !strcmp(plan->steps[i].execute, "migrate-set-parameters"))
            return true;
    return false;
}

/*
 * QEMU carries out what it is sent in order: where nothing else is waited for,
 * `migrate` may follow the source's capabilities before their answers are here.
 * A refusal of one comes before anything else that is heard of `migrate`.
 * Parameters must have been taken: refused, data would flow in clear text that
 * was to be encrypted, or faster than was allowed.
 */
static bool migrate_may_follow(const struct engine *e)
{
    return migrate_is_next(e) && !sets_parameters(&e->plan);
}

void prepare_event(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);

    if (ev->kind == EV_JOURNAL_FAILED && !strcmp(ev->name, "begin")) {
        e->prepared = false; /* what came after the record was not sent */
        e->dest_used = false;
    }
    if (must_turn_back(e, ev) || channel_failed(e, ev))
        return;
    if (ev->kind == EV_HOOK_DONE || ev->kind == EV_STORE_DONE ||
        ev->kind == EV_CHANNEL || (ev->kind == EV_SWITCHOVER && e->ready)) {
        leave_prepare(e);
    } else if (step && fell_back(e, ev, step)) {
        send_fallback(e, step);
    } else if (step && ev->err && serves_elsewhere(e, ev, step)) {
        return;
    } else if (step && ev->err && !is_no_matter(step, ev->err)) {
        step_refused(e, ev);
    } else if (step) {
        if (step->kind == STEP_LISTENS)
            learn_port(e, ev->object);
        if (engine_dest(e)->waiting ||
            (engine_source(e)->waiting && !migrate_may_follow(e)))
            return;
        if (!e->settings_sent) {
            send_next(e);
            return;
        }
        if (plan_find(&e->plan, STEP_LISTENS) && !e->plan.uri.port) {
            engine_errorf(e, QMIG_SIDE_DEST, QMIG_ERR_PORT,
                          "query-migrate does not say which port it listens "
                          "on");
            turn_back(e, "no port");
        } else {
            e->ready = true;
            leave_prepare(e);
        }
    } else if (engine_late(e)) {
        deadline_passed(
            e, engine_dest(e)->waiting ? QMIG_SIDE_DEST : QMIG_SIDE_SOURCE,
            DEADLINE_answer, "answer of the monitor");
        turn_back(e, "a deadline passed");
    }
}
