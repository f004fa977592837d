/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * STORAGE: disks are copied while the guest runs. Then, until the switchover,
 * the mirrors write what the guest writes; once it is stopped they are ended,
 * and only then may the source go on: what the destination reads afterwards is
 * the source's disk, to the last byte.
 */
#include "engine/internal.h"
#include "plan/storage.h"

#include <string.h>

static struct copy *find_copy(struct engine *e, const char *id)
{
    for (size_t i = 0; id && i < e->plan.n_copies; i++)
        if (!strcmp(e->plan.copies[i].id, id))
            return &e->copy[i];
    return NULL;
}

static const struct plan_copy *planned(const struct engine *e,
                                       const struct copy *copy)
{
    return &e->plan.copies[copy - e->copy];
}

static bool all_are_ready(const struct engine *e)
{
    for (size_t i = 0; i < e->plan.n_copies; i++)
        if (!e->copy[i].ready)
            return false;
    return true;
}

static bool all_are_gone(const struct engine *e)
{
    for (size_t i = 0; i < e->plan.n_copies; i++)
        if (!e->copy[i].gone)
            return false;
    return true;
}

/* WHAT THE JOBS SAY */

static void copy_failed(struct engine *e, const struct copy *copy,
                        const char *why)
{
    if (!e->copy_error)
        qmp_fail(&e->copy_error, QMIG_ERR_DISK_COPY,
                 "copying disk '%s' failed: %s", planned(e, copy)->name, why);
}

static uint64_t number(struct engine *e, struct json_object *data,
                       const char *name)
{
    struct json_object *value =
        known_member(e, QMIG_SIDE_SOURCE, data, name, json_type_int);
    int64_t found = value ? json_object_get_int64(value) : 0;

    return found > 0 ? (uint64_t)found : 0;
}

/* The figures of one job, and what they come to. */
static void learn_figures(struct engine *e, struct copy *copy,
                          struct json_object *data)
{
    uint64_t sum = 0;

    copy->len = number(e, data, "len");
    copy->offset = number(e, data, "offset");
    for (size_t i = 0; i < e->plan.n_copies; i++)
        sum += e->copy[i].offset;
    if (sum == e->copied)
        return;
    if (sum > e->copied && e->now > e->copied_at)
        e->copy_mbps =
            (double)(sum - e->copied) * 8 / (double)(e->now - e->copied_at);
    e->copied = sum;
    e->copied_at = e->now;
    e->progress_at = e->now;
}

static struct copy *copy_of(struct engine *e, struct json_object *data)
{
    struct json_object *id =
        known_member(e, QMIG_SIDE_SOURCE, data, "device", json_type_string);

    return id ? find_copy(e, json_object_get_string(id)) : NULL;
}

/* Nothing is worth a word once they are to go. */
static bool are_to_go(const struct engine *e)
{
    return e->nodes_deleted || e->error;
}

void storage_learn_event(struct engine *e, const struct engine_event *ev)
{
    struct copy *copy = e->mirrors_sent ? copy_of(e, ev->object) : NULL;

    if (!copy)
        return;
    if (!strcmp(ev->name, "BLOCK_JOB_READY")) {
        learn_figures(e, copy, ev->object);
        copy->ready = true;
    } else if (!strcmp(ev->name, "BLOCK_JOB_COMPLETED")) {
        struct json_object *why = known_member(e, QMIG_SIDE_SOURCE, ev->object,
                                               "error", json_type_string);

        learn_figures(e, copy, ev->object);
        copy->gone = true;
        if (are_to_go(e))
            return;
        if (why)
            copy_failed(e, copy, json_object_get_string(why));
        else if (!e->mirrors_ended || !copy->ready)
            copy_failed(e, copy, "it was ended by somebody else");
    } else if (!strcmp(ev->name, "BLOCK_JOB_CANCELLED")) {
        copy->gone = true;
        if (!are_to_go(e))
            copy_failed(e, copy, "it was cancelled by somebody else");
    }
}

void storage_learn_jobs(struct engine *e, const struct engine_event *ev)
{
    bool seen[PLAN_MAX_COPIES] = {false};

    e->asking_jobs = false;
    if (!json_object_is_type(ev->object, json_type_array))
        return;
    for (size_t i = 0; i < json_object_array_length(ev->object); i++) {
        struct json_object *job = json_object_array_get_idx(ev->object, i);
        struct copy *copy = copy_of(e, job);
        struct json_object *ready = NULL;

        if (!copy)
            continue;
        seen[copy - e->copy] = true;
        learn_figures(e, copy, job);
        ready =
            known_member(e, QMIG_SIDE_SOURCE, job, "ready", json_type_boolean);
        copy->ready = copy->ready || json_object_get_boolean(ready);
    }
    /* The event would have come before this answer. */
    for (size_t i = 0; i < e->plan.n_copies; i++)
        if (!seen[i] && !e->copy[i].gone && !are_to_go(e))
            copy_failed(e, &e->copy[i], "its job is gone");
}

void storage_ask(struct engine *e)
{
    if (engine_source(e)->lost || e->asking_jobs)
        return;
    e->asking_jobs = true;
    act_send(e, QMIG_SIDE_SOURCE, "query-block-jobs", NULL, TAG_JOBS,
             e->config.deadlines.us[DEADLINE_answer]);
}

void storage_end_server(struct engine *e)
{
    if (!e->mirrors_sent || e->server_ended)
        return;
    e->server_ended = true;
    send_steps(e, STEP_SERVER_END, STEP_SERVER_END);
}

/* What a node's removal flushes has to arrive. */
void storage_learn_reply(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);

    if (!step || step->kind != STEP_MIRROR_DEL)
        return;
    if (!ev->err && e->nodes_left)
        e->nodes_left--;
    if (e->nodes_told && !--e->nodes_told && e->state == ENGINE_SWITCHOVER)
        storage_end_server(e);
}

/* FIGURES */

static struct json_object *figures(const struct engine *e)
{
    struct json_object *disk = json_object_new_object();
    uint64_t total = 0;
    uint64_t done = 0;

    for (size_t i = 0; i < e->plan.n_copies; i++) {
        total += e->copy[i].len;
        done += e->copy[i].offset;
    }
    json_object_object_add(disk, "total", json_object_new_uint64(total));
    json_object_object_add(disk, "transferred", json_object_new_uint64(done));
    json_object_object_add(
        disk, "remaining",
        json_object_new_uint64(total > done ? total - done : 0));
    json_object_object_add(disk, "mbps", json_object_new_double(e->copy_mbps));
    return disk;
}

struct json_object *storage_add_figures(struct engine *e,
                                        struct json_object *info)
{
    struct json_object *all = NULL;

    if (!e->mirrors_sent)
        return json_object_get(info);
    all = json_object_new_object();
    json_object_object_foreach(info, name, value)
    {
        json_object_object_add(all, name, json_object_get(value));
    }
    json_object_object_add(all, "disk", figures(e));
    return all;
}

/* Before `migrate` there are no figures but these. */
static void show_figures(struct engine *e)
{
    json_object_put(e->info);
    e->info = json_object_new_object();
    json_object_object_add(e->info, "status",
                           json_object_new_string("mirroring"));
    json_object_object_add(e->info, "disk", figures(e));
    act_progress(e, e->info);
}

/* THE STATE */

/* Some way is left between the last copy and `migrate`: the connection, which
 * is made now. A destination (11.1) that has one and hears nothing on it does
 * nothing else, and a source that copies disks there hangs with its guest. */
static bool connects(const struct engine *e)
{
    return e->channel_asked || e->passed;
}

static void storage_late(struct engine *e)
{
    if (connects(e))
        deadline_passed(e, QMIG_SIDE_SOURCE, DEADLINE_answer,
                        "answer of the monitor");
    else
        deadline_passed(e, QMIG_SIDE_SOURCE, DEADLINE_stall,
                        "byte of the disks was copied");
    turn_back(e, "a deadline passed");
}

void enter_storage(struct engine *e)
{
    engine_set_state(e, ENGINE_STORAGE, "the destination takes disks");
    e->mirrors_sent = true;
    e->dest_used = true;
    e->progress_at = e->now;
    e->copied_at = e->now;
    e->nodes_left = (unsigned)e->plan.n_copies;
    e->deadline = e->now + e->config.deadlines.us[DEADLINE_stall];
    e->poll_at = e->now + FLOW_POLL_US;
    send_steps(e, STEP_MIRROR, STEP_MIRROR);
}

void storage_event(struct engine *e, const struct engine_event *ev)
{
    const struct plan_step *step = step_of(e, ev);

    if (must_turn_back(e, ev) || channel_failed(e, ev))
        return;
    if (step && ev->err) {
        step_refused(e, ev);
        return;
    }
    if (!connects(e))
        e->deadline = e->progress_at + e->config.deadlines.us[DEADLINE_stall];
    if (ev->kind == EV_REPLY && ev->tag == TAG_JOBS)
        show_figures(e);
    if (all_are_ready(e) && !engine_source(e)->waiting && channel_is_ready(e)) {
        show_figures(e);
        start_migration(e);
    } else if (engine_late(e)) {
        storage_late(e);
    } else if (e->now >= e->poll_at) {
        if (!engine_source(e)->waiting)
            storage_ask(e);
        e->poll_at = e->now + FLOW_POLL_US;
    }
}

/* THE SWITCHOVER */

bool storage_must_wait(struct engine *e)
{
    if (!e->mirrors_sent)
        return false;
    if (!e->mirrors_ended) {
        e->mirrors_ended = true;
        send_steps(e, STEP_MIRROR_END, STEP_MIRROR_END);
    }
    if (!all_are_gone(e))
        return true;
    if (!e->nodes_deleted) {
        e->nodes_deleted = true;
        e->nodes_told = (unsigned)e->plan.n_copies;
        send_steps(e, STEP_MIRROR_DEL, STEP_MIRROR_DEL);
    }
    /* The source flushes a node that goes, and hangs if the destination does:
     * that is to show while there is a way back. Were migrate-continue behind
     * it, and the cancel behind that, 7.2 could go on with disks that it has
     * made inactive, and abort at the guest's next write. */
    return engine_source(e)->waiting;
}

bool storage_may_block(const struct engine *e)
{
    return e->state == ENGINE_PRECOPY && e->mirrors_sent;
}

bool storage_blocks(struct engine *e, const struct engine_event *ev)
{
    if (!storage_may_block(e) || ev->kind != EV_REPLY || ev->tag != TAG_INFO ||
        ev->side != QMIG_SIDE_SOURCE || !ev->err ||
        ev->err->code != QMP_ERR_TIMEOUT)
        return false;
    deadline_passed(e, QMIG_SIDE_SOURCE, DEADLINE_cancel,
                    "answer of the monitor while its disks are mirrored (does "
                    "the destination hang?)");
    turn_back(e, "the source is blocked");
    return true;
}

/* THE WAY BACK */

bool storage_is_undone(const struct engine *e, const struct plan_step *step)
{
    return (step->kind == STEP_MIRROR && !e->nodes_left) ||
           (step->kind == STEP_SERVER && !e->server_sent);
}

void storage_yank(struct engine *e)
{
    for (size_t i = 0; i < e->plan.n_undo && e->nodes_left; i++) {
        const struct plan_step *step = &e->plan.undo[i];

        if (step->kind == STEP_MIRROR && !strcmp(step->execute, "yank"))
            act_send_oob(e, step->side, step->execute, step->arguments,
                         TAG_YANK, e->config.deadlines.us[DEADLINE_cancel]);
    }
}

void storage_tune(struct engine *e, struct json_object *parameters)
{
    struct json_object *speed = NULL;

    if (!e->mirrors_sent || e->mirrors_ended ||
        !json_object_object_get_ex(parameters, "max-bandwidth", &speed))
        return;
    for (size_t i = 0; i < e->plan.n_copies; i++) {
        CLEANUP(json_putp)
        struct json_object *arguments =
            storage_speed(&e->plan.copies[i], json_object_get_uint64(speed));

        if (!e->copy[i].gone)
            act_send(e, QMIG_SIDE_SOURCE, "block-job-set-speed", arguments,
                     TAG_TUNE, e->config.deadlines.us[DEADLINE_answer]);
    }
}
