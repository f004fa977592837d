/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/internal.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#define TO(state) (1u << ENGINE_##state)

/* clang-format off */
static const struct state_row states[ENGINE__ALL] = {
    [ENGINE_BEGIN]      = { "begin",      begin_event,      QMIG_PHASE_BEGIN,
        TO(PREPARE) | TO(UNDOING) | TO(DONE) },
    [ENGINE_PREPARE]    = { "prepare",    prepare_event,    QMIG_PHASE_PREPARE,
        TO(STORAGE) | TO(PRECOPY) | TO(UNDOING) },
    [ENGINE_STORAGE]    = { "storage",    storage_event,    QMIG_PHASE_PERFORM,
        TO(PRECOPY) | TO(UNDOING) },
    [ENGINE_PRECOPY]    = { "precopy",    precopy_event,    QMIG_PHASE_PERFORM,
        TO(SWITCHOVER) | TO(CANCELLING) | TO(RESUMING) | TO(UNDOING) | TO(ASKING) },
    [ENGINE_SWITCHOVER] = { "switchover", switchover_event, QMIG_PHASE_SWITCHOVER,
        TO(POSTCOPY) | TO(FINISH) | TO(CANCELLING) | TO(YANKING) |
        TO(RESUMING) | TO(ASKING) | TO(DONE) },
    [ENGINE_POSTCOPY]   = { "postcopy",   postcopy_event,   QMIG_PHASE_FINISH,
        TO(CONFIRM) | TO(DONE) },
    [ENGINE_FINISH]     = { "finish",     finish_event,     QMIG_PHASE_FINISH,
        TO(CONFIRM) | TO(DONE) },
    [ENGINE_CONFIRM]    = { "confirm",    confirm_event,    QMIG_PHASE_CONFIRM,
        TO(DONE) },
    [ENGINE_CANCELLING] = { "cancelling", cancelling_event, QMIG_PHASE_PERFORM,
        TO(RESUMING) | TO(YANKING) | TO(ASKING) | TO(DONE) },
    [ENGINE_YANKING]    = { "yanking",    yanking_event,    QMIG_PHASE_PERFORM,
        TO(RESUMING) | TO(ASKING) | TO(UNDOING) | TO(DONE) },
    [ENGINE_ASKING]     = { "asking",     asking_event,     QMIG_PHASE_SWITCHOVER,
        TO(UNDOING) | TO(DONE) },
    [ENGINE_RESUMING]   = { "resuming",   resuming_event,   QMIG_PHASE_PERFORM,
        TO(UNDOING) },
    [ENGINE_UNDOING]    = { "undoing",    undoing_event,    QMIG_PHASE_PERFORM,
        TO(DONE) },
    [ENGINE_DONE]       = { "done",       NULL,             QMIG_PHASE_CONFIRM, 0 },
};
/* clang-format on */

const char *engine_state_name(enum engine_state state)
{
    const struct state_row *row = &states[state];

    if (!row->name)
        row = state == ENGINE_SEALING ? &save_states[state]
                                      : &restore_states[state];
    return row->name;
}

bool engine_may_follow(enum engine_state from, enum engine_state to)
{
    return states[from].next & 1u << to;
}

struct engine *engine_new(const struct engine_config *config)
{
    struct engine *e = calloc(1, sizeof(*e));

    if (!e)
        return NULL;
    e->config = *config;
    e->rows = states;
    e->deadline = -1;
    e->poll_at = -1;
    if (e->config.plan.image)
        engine_image_init(e);
    return e;
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    actions_clear(e);
    free(e->actions);
    for (size_t i = 0; i < ARRAY_SIZE(e->peer); i++) {
        facts_clear(&e->peer[i].facts);
        free(e->peer[i].migration);
        free(e->peer[i].status);
        free(e->peer[i].error_desc);
        free(e->peer[i].died);
    }
    plan_clear(&e->plan);
    qmp_error_free(e->copy_error);
    json_object_put(e->info);
    json_object_put(e->dest_info);
    json_object_put(e->tuning);
    qmp_error_free(e->lift_error);
    free(e->io_error);
    qmp_error_free(e->violation);
    qmp_error_free(e->hook_error);
    qmp_error_free(e->store_error);
    qmp_error_free(e->channel_error);
    qmp_error_free(e->error);
    free(e);
}

struct peer *engine_source(struct engine *e)
{
    return &e->peer[QMIG_SIDE_SOURCE];
}

struct peer *engine_dest(struct engine *e)
{
    return &e->peer[QMIG_SIDE_DEST];
}

void engine_set_state(struct engine *e, enum engine_state to, const char *why)
{
    struct json_object *data = json_object_new_object();

    assert(e->rows[e->state].next & (1u << to));
    json_object_object_add(data, "from",
                           json_object_new_string(e->rows[e->state].name));
    json_object_object_add(data, "to",
                           json_object_new_string(e->rows[to].name));
    json_object_object_add(data, "why", json_object_new_string(why));
    act_note(e, "state", data);

    e->state = to;
    e->epoch++;
    e->peer[0].waiting = 0;
    e->peer[1].waiting = 0;
    e->entered = e->now;
    e->deadline = -1;
    e->poll_at = -1;
}

void engine_limit(struct engine *e, enum deadline which)
{
    e->deadline = e->now + e->config.deadlines.us[which];
}

bool engine_late(const struct engine *e)
{
    return e->deadline >= 0 && e->now >= e->deadline;
}

void engine_error(struct engine *e, enum qmig_side side,
                  const struct qmp_error *err)
{
    if (e->error) {
        struct json_object *data = json_object_new_object();

        json_object_object_add(data, "side",
                               json_object_new_string(side_name(side)));
        json_object_object_add(data, "message",
                               json_object_new_string(err->msg));
        act_note(e, "further-error", data);
        return;
    }
    e->error = qmp_error_copy(err);
    e->error_side = side;
    e->error_phase = e->rows[e->state].phase;
}

void engine_errorf(struct engine *e, enum qmig_side side, int code,
                   const char *fmt, ...)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(freep) char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        abort();
    va_end(ap);
    qmp_fail(&err, code, "%s", text);
    engine_error(e, side, err);
}

static void set_string(char **to, const char *from)
{
    free(*to);
    *to = from ? strdup(from) : NULL;
}

struct json_object *known_member(struct engine *e, enum qmig_side side,
                                 struct json_object *object, const char *name,
                                 enum json_type type)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, name, &value);
    if (!value || json_object_is_type(value, type))
        return value;
    if (!e->violation) {
        qmp_fail(&e->violation, QMP_ERR_PROTOCOL,
                 "'%s' is a JSON %s, wanted a %s", name,
                 json_type_to_name(json_object_get_type(value)),
                 json_type_to_name(type));
        e->violator = side;
    }
    return NULL;
}

static const char *string_member(struct engine *e, enum qmig_side side,
                                 struct json_object *object, const char *name)
{
    struct json_object *value =
        known_member(e, side, object, name, json_type_string);

    return value ? json_object_get_string(value) : NULL;
}

static uint64_t ram_bytes(struct engine *e, struct json_object *info,
                          const char *name)
{
    struct json_object *ram =
        known_member(e, QMIG_SIDE_SOURCE, info, "ram", json_type_object);
    struct json_object *value =
        known_member(e, QMIG_SIDE_SOURCE, ram, name, json_type_int);

    return value ? (uint64_t)json_object_get_int64(value) : 0;
}

/* An answer to query-migrate. */
static void learn_info(struct engine *e, const struct engine_event *ev)
{
    struct peer *peer = &e->peer[ev->side];

    peer->asking_info = false;
    if (!ev->object)
        return;
    set_string(&peer->migration,
               string_member(e, ev->side, ev->object, "status"));
    const char *why = string_member(e, ev->side, ev->object, "error-desc");
    if (why)
        set_string(&peer->error_desc, why);
    if (ev->side != QMIG_SIDE_SOURCE) {
        json_object_put(e->dest_info);
        e->dest_info = json_object_get(ev->object);
        return;
    }

    uint64_t transferred = ram_bytes(e, ev->object, "transferred");
    if (transferred != e->transferred) {
        e->transferred = transferred;
        e->progress_at = e->now;
    }
    if (e->config.hold)
        hold_learn(e, ram_bytes(e, ev->object, "total"),
                   ram_bytes(e, ev->object, "remaining"));
    json_object_put(e->info);
    e->info = storage_add_figures(e, ev->object);
    act_progress(e, e->info);
}

static void learn_status(struct engine *e, const struct engine_event *ev)
{
    set_string(&e->peer[ev->side].status,
               string_member(e, ev->side, ev->object, "status"));
    if (ev->side == QMIG_SIDE_SOURCE)
        io_error_learn_status(e);
}

/* 7.2 and 10.0 count from 1, 11.1 from 2: the first one is the beginning. */
static void learn_pass(struct engine *e, uint64_t pass)
{
    if (!e->first_pass)
        e->first_pass = pass;
    e->passes = pass - e->first_pass;
}

static void learn_event(struct engine *e, const struct engine_event *ev)
{
    struct peer *peer = &e->peer[ev->side];

    if (!strcmp(ev->name, "MIGRATION")) {
        if (e->migrate_sent || ev->side == QMIG_SIDE_DEST)
            set_string(&peer->migration,
                       string_member(e, ev->side, ev->object, "status"));
        if (status_is(engine_dest(e), "active"))
            e->dest_receives = true;
        e->progress_at = e->now;
    } else if (!strcmp(ev->name, "MIGRATION_PASS")) {
        struct json_object *pass =
            known_member(e, ev->side, ev->object, "pass", json_type_int);

        if (pass && ev->side == QMIG_SIDE_SOURCE)
            learn_pass(e, (uint64_t)json_object_get_int64(pass));
    } else if (!strncmp(ev->name, "BLOCK_JOB_", 10)) {
        if (ev->side == QMIG_SIDE_SOURCE)
            storage_learn_event(e, ev);
    } else if (!strcmp(ev->name, "STOP")) {
        if (ev->side == QMIG_SIDE_SOURCE)
            e->stop_us = e->now;
    } else if (!strcmp(ev->name, "RESUME")) {
        if (ev->side == QMIG_SIDE_DEST)
            e->resume_us = e->now;
        else
            io_error_forget(e);
    } else if (!strcmp(ev->name, "SPICE_MIGRATE_COMPLETED")) {
        if (ev->side == QMIG_SIDE_SOURCE)
            e->clients_moved = true;
    } else if (!strcmp(ev->name, "BLOCK_IO_ERROR")) {
        if (ev->side == QMIG_SIDE_SOURCE)
            io_error_learn(e, ev->object);
    } else if (!strcmp(ev->name, "SHUTDOWN")) {
        if (ev->side == QMIG_SIDE_SOURCE && e->quit_sent)
            peer->told_to_quit = true;
    }
}

static bool is_counted(unsigned tag)
{
    return ((tag & TAG_KIND) && (tag & TAG_KIND) != TAG_AT_LOAD) ||
           tag == TAG_END || tag == TAG_TAKE_DISKS;
}

static bool is_quit(const struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);

    return step && step->kind == STEP_QUIT;
}

static void learn_reply(struct engine *e, const struct engine_event *ev,
                        bool of_this_state)
{
    struct peer *peer = &e->peer[ev->side];

    if (ev->tag == TAG_INFO)
        learn_info(e, ev);
    else if (ev->tag == TAG_JOBS)
        storage_learn_jobs(e, ev);
    else if (ev->tag == TAG_TUNE || ev->tag == TAG_TUNE_ASK)
        tune_reply(e, ev);
    else if (ev->tag == TAG_CLIENTS)
        clients_learn(e, ev);
    else if (ev->tag == TAG_STATUS)
        learn_status(e, ev);
    else if (is_counted(ev->tag) && of_this_state && peer->waiting)
        peer->waiting--;
    else if (is_tag(ev, TAG_AT_LOAD))
        e->at_load--;
    if ((ev->tag == TAG_END || is_quit(e, ev)) && !ev->err)
        peer->told_to_quit = true;
    storage_learn_reply(e, ev);
}

/* What an event says is remembered here, whatever the state; the state
 * functions then look at what is known. */
static void learn(struct engine *e, const struct engine_event *ev,
                  bool of_this_state)
{
    struct peer *peer = &e->peer[ev->side];

    switch (ev->kind) {
    case EV_START:
        e->started = ev->now;
        break;
    case EV_READY:
        peer->ready = true;
        peer->oob = ev->oob;
        peer->facts.known = ev->known;
        peer->facts.features = ev->features;
        break;
    case EV_REPLY:
        learn_reply(e, ev, of_this_state);
        break;
    case EV_EVENT:
        learn_event(e, ev);
        break;
    case EV_LOST:
        peer->lost = true;
        if (!peer->told_to_quit)
            set_string(&peer->died, ev->err->msg);
        peer->waiting = 0;
        peer->asking_info = false;
        break;
    case EV_CANCEL:
        e->cancel_wanted = true;
        break;
    case EV_POSTCOPY:
        e->postcopy_wanted = true;
        break;
    case EV_SWITCHOVER:
        hold_release(e);
        break;
    case EV_TUNE:
        tune(e, ev->object);
        break;
    case EV_HOOK_DONE:
        hook_done(e, ev);
        break;
    case EV_STORE_DONE:
        store_done(e, ev);
        break;
    case EV_CHANNEL:
        channel_event(e, ev);
        break;
    case EV_TIME:
    case EV_FILE:
    case EV_JOURNAL_FAILED:
        break;
    }
}

void engine_step(struct engine *e, const struct engine_event *ev)
{
    actions_clear(e);
    e->now = ev->now;
    if (e->state == ENGINE_DONE) {
        if (ev->kind == EV_HOOK_DONE)
            hook_done(e, ev);
        if (ev->kind == EV_STORE_DONE) {
            store_done(e, ev);
            hook_tell_end(e);
        }
        return;
    }

    struct engine_event what = *ev;
    what.tag = ev->tag & TAG_WHAT;
    learn(e, &what, ev->tag >> 16 == (e->epoch & 0xffff));
    e->rows[e->state].on_event(e, &what);
    expect_next(e);
}

const struct engine_action *engine_actions(const struct engine *e, size_t *n)
{
    *n = e->n_actions;
    return e->actions;
}

int64_t engine_deadline(const struct engine *e)
{
    if (e->deadline < 0 || e->poll_at < 0)
        return e->deadline < 0 ? e->poll_at : e->deadline;
    return e->deadline < e->poll_at ? e->deadline : e->poll_at;
}

enum engine_state engine_state(const struct engine *e)
{
    return e->state;
}

enum qmig_phase engine_phase(const struct engine *e)
{
    return e->error ? e->error_phase : e->rows[e->state].phase;
}

const struct facts *engine_facts(const struct engine *e, enum qmig_side side)
{
    return &e->peer[side].facts;
}

const struct plan *engine_plan(const struct engine *e)
{
    return &e->plan;
}

/* Not all that it was to do was it heard to do. */
static bool is_unsure(const struct peer *peer)
{
    return peer->not_undone || (peer->lost && !peer->told_to_quit);
}

static void find_left(const struct engine *e, bool left[2])
{
    const struct peer *source = &e->peer[QMIG_SIDE_SOURCE];
    const struct peer *dest = &e->peer[QMIG_SIDE_DEST];

    if (!e->prepared || e->split || e->undecided)
        return;
    if (e->error || !plan_find(&e->plan, STEP_QUIT))
        left[QMIG_SIDE_SOURCE] = is_unsure(source);
    else
        left[QMIG_SIDE_SOURCE] = !source->told_to_quit;
    if (e->error)
        left[QMIG_SIDE_DEST] = is_unsure(dest) && !e->config.plan.dest_started;
}

struct engine_verdict engine_verdict(const struct engine *e)
{
    struct engine_verdict v = {
        .outcome = QMIG_COMPLETED,
        .owner = QMIG_OWNER_DEST,
        .error = e->error,
        .phase = e->error_phase,
        .side = e->error_side,
        .info = e->info,
        .dest_info = e->dest_info,
        .stop_us = e->stop_us,
        .resume_us = e->resume_us,
    };

    if (e->split) {
        v.outcome = QMIG_POSTCOPY_PAUSED;
    } else if (e->undecided) {
        v.outcome = QMIG_UNDECIDED;
        v.owner = QMIG_OWNER_UNDECIDED;
    } else if (e->error) {
        v.owner = QMIG_OWNER_SOURCE;
        v.outcome = e->error->code == QMIG_ERR_USER_CANCEL ? QMIG_CANCELLED
                    : !e->prepared && qmig_errcode_exit(e->error->code) == 3
                        ? QMIG_INCOMPATIBLE
                        : QMIG_FAILED;
    } else if (e->plan.snapshot) {
        v.owner = QMIG_OWNER_SOURCE; /* what is in the file is older */
    }
    find_left(e, v.left);
    return v;
}
