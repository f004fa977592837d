/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is told at the end, and on the way. */
#include "job/job.h"

#include "error/advice.h"
#include "job/image.h"
#include "job/stats.h"
#include "qmp/json.h"
#include "qmp/member.h"

#include <fcntl.h>
#include <string.h>

/* Enough for the last words of a QEMU. */
#define STDERR_TAIL 4096

static const char *const outcomes[] = {
    [QMIG_COMPLETED] = "completed", [QMIG_FAILED] = "failed",
    [QMIG_CANCELLED] = "cancelled", [QMIG_INCOMPATIBLE] = "incompatible",
    [QMIG_UNDECIDED] = "undecided", [QMIG_POSTCOPY_PAUSED] = "postcopy-paused",
};

static const char *const owners[] = {
    [QMIG_OWNER_SOURCE] = "source",
    [QMIG_OWNER_DEST] = "destination",
    [QMIG_OWNER_UNDECIDED] = "undecided",
};

static struct json_object *error_json(const struct qmig_result *r)
{
    struct json_object *object = json_object_new_object();

    qmp_add_string(object, "code", qmig_errcode_name(r->error->code));
    qmp_add_string(object, "phase", phase_name(r->phase));
    qmp_add_string(object, "side", side_name(r->side));
    qmp_add_string(object, "message", r->error->msg);
    if (r->error->qmp_class) {
        struct json_object *qmp = json_object_new_object();

        qmp_add_string(qmp, "class", r->error->qmp_class);
        qmp_add_string(qmp, "desc", r->error->qmp_desc);
        json_object_object_add(object, "qmp", qmp);
    }
    qmp_add_string(object, "stderr", r->dest_stderr);
    qmp_add_string(object, "hint", error_hint(r->error));
    return object;
}

static int64_t info_number(struct json_object *info, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(info, name, &value);
    return json_object_get_int64(value);
}

static struct json_object *stats_json(const struct qmig_migration *m,
                                      const struct engine_verdict *v)
{
    static const struct {
        const char *name;
        const char *qemu;
    } times[] = {
        {"total_time_ms", "total-time"},
        {"setup_time_ms", "setup-time"},
        {"downtime_ms", "downtime"},
    };
    struct json_object *stats = json_object_new_object();
    int64_t wall = m->end_us - m->start_us;

    for (size_t i = 0; i < ARRAY_SIZE(times); i++)
        json_object_object_add(
            stats, times[i].name,
            json_object_new_int64(info_number(v->info, times[i].qemu)));
    if (v->stop_us && v->resume_us)
        json_object_object_add(
            stats, "blackout_us",
            json_object_new_int64(v->resume_us - v->stop_us));
    json_object_object_add(
        stats, "overhead_us",
        json_object_new_int64(wall -
                              1000 * info_number(v->info, "total-time")));
    stats_add_qemu(stats, v->info);
    if (m->channel.said)
        json_object_object_add(stats, "tunnel",
                               json_object_get(m->channel.said));
    stats_add_dest(stats, v->dest_info);
    return stats;
}

static struct json_object *job_json(const struct qmig_migration *m,
                                    const struct engine_verdict *v)
{
    bool seen = v->stop_us && v->resume_us > v->stop_us;

    return stats_job(&(struct stats_input){
        .operation = !m->image             ? STATS_MIGRATION_OUT
                     : m->image->plan.save ? STATS_SAVE
                                           : STATS_RESTORE,
        .info = v->info,
        .elapsed_us = m->end_us - m->start_us,
        .downtime_us = seen ? v->resume_us - v->stop_us : 0,
        .completed = v->outcome == QMIG_COMPLETED,
    });
}

/* The file is made while there is time. */
void job_make_stats(struct qmig_migration *m)
{
    CLEANUP(freep) char *path = NULL;

    if (m->stats_fd >= 0 || !m->dir || m->plan_only)
        return;
    if (asprintf(&path, "%s/stats.json", m->dir) < 0)
        path = NULL;
    if (path)
        m->stats_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/*
 * The result, statistics included, stays in the migration's directory for
 * those who ask later. The migration is over: a full disk changes nothing.
 */
static void keep_result(struct qmig_migration *m, struct json_object *json)
{
    CLEANUP(freep) char *text = qmp_json_text(json);

    job_make_stats(m);
    if (m->stats_fd >= 0 && text)
        dprintf(m->stats_fd, "%s\n", text);
}

static int exit_code(const struct qmig_result *r, bool began)
{
    switch (r->outcome) {
    case QMIG_COMPLETED:
        return 0;
    case QMIG_CANCELLED:
        return 4;
    case QMIG_UNDECIDED:
        return 5;
    case QMIG_POSTCOPY_PAUSED:
        return 6;
    case QMIG_INCOMPATIBLE:
        return 3;
    case QMIG_FAILED:
        break;
    }
    return began ? 1 : qmig_errcode_exit(r->error->code);
}

/* The way ended before there was an engine: nothing was touched. */
static struct engine_verdict early_verdict(const struct qmig_migration *m)
{
    bool refused = qmig_errcode_exit(m->error->code) == 3;

    return (struct engine_verdict){
        .outcome = refused ? QMIG_INCOMPATIBLE : QMIG_FAILED,
        .owner = QMIG_OWNER_SOURCE,
        .error = m->error,
        .phase = QMIG_PHASE_BEGIN,
        .side = QMIG_SIDE_CONTROLLER,
    };
}

void job_add_verdict(const struct qmig_migration *m, struct json_object *json)
{
    struct engine_verdict v = engine_verdict(m->engine);

    qmp_add_string(json, "result", outcomes[v.outcome]);
    qmp_add_string(json, "owner", owners[v.owner]);
    if (v.error)
        json_object_object_add(json, "error",
                               error_json(&(struct qmig_result){
                                   .error = v.error,
                                   .phase = v.phase,
                                   .side = v.side,
                               }));
}

void job_make_result(struct qmig_migration *m)
{
    struct qmig_result *r = &m->result;
    struct engine_verdict v = m->flags & QMIG_OFFLINE ? job_offline_verdict(m)
                              : m->error              ? early_verdict(m)
                                         : engine_verdict(m->engine);
    struct json_object *json = json_object_new_object();

    if (!m->end_us)
        m->end_us = qmp_now_us();
    if (v.error)
        m->dest_stderr = child_tail(&m->child, STDERR_TAIL);
    *r = (struct qmig_result){
        .outcome = v.outcome,
        .owner = v.owner,
        .id = m->id,
        .transcript = m->transcript_path,
        .error = v.error,
        .phase = v.phase,
        .side = v.side,
        .dest_stderr = m->dest_stderr,
        .json = json,
    };
    r->exit_code = exit_code(r, m->engine ? engine_plan(m->engine)->n != 0
                                          : m->offline.begun);

    qmp_add_string(json, "result", outcomes[r->outcome]);
    qmp_add_string(json, "owner", owners[r->owner]);
    qmp_add_string(json, "id", r->id);
    if (r->error)
        json_object_object_add(json, "error", error_json(r));
    job_image_add_result(m, json);
    if (m->report && m->report->n)
        json_object_object_add(
            json, "check",
            abi_report_json(m->report, "domain", "destination_xml"));
    if (m->persistent_report && m->persistent_report->n)
        json_object_object_add(
            json, "persistent_check",
            abi_report_json(m->persistent_report, "domain", "persistent_xml"));
    if (job_has_stores(m))
        json_object_object_add(json, "stores", move_result(&m->store.move));
    if (m->flags & QMIG_OFFLINE)
        json_object_object_add(json, "offline", json_object_new_boolean(true));
    else if (!m->error) {
        json_object_object_add(json, "stats", stats_json(m, &v));
        json_object_object_add(json, "job", job_json(m, &v));
    }
    qmp_add_string(json, "transcript", r->transcript);
    keep_result(m, json);
    job_tell(m, "ENDED");
}

static uint64_t part_number(struct json_object *info, const char *part,
                            const char *name)
{
    struct json_object *object = NULL;

    json_object_object_get_ex(info, part, &object);
    return (uint64_t)info_number(object, name);
}

static uint64_t ram_number(struct json_object *info, const char *name)
{
    return part_number(info, "ram", name);
}

/* mbps is 10^6 bits a second. */
static uint64_t rate(struct json_object *info, const char *part)
{
    struct json_object *object = NULL;
    struct json_object *value = NULL;

    json_object_object_get_ex(info, part, &object);
    json_object_object_get_ex(object, "mbps", &value);
    return (uint64_t)(json_object_get_double(value) * 125000.0);
}

/* At most ten times a second, and at each change of phase. */
#define PROGRESS_US (100 * INT64_C(1000))

void job_show_progress(struct qmig_migration *m, struct json_object *info)
{
    struct json_object *value = NULL;
    int64_t now = qmp_now_us();
    enum qmig_phase phase = engine_phase(m->engine);
    int64_t held_since;

    if (info) {
        json_object_put(m->shown_info);
        m->shown_info = json_object_get(info);
    }
    info = m->shown_info; /* a new phase has the figures of the last one */
    if (phase == m->shown_phase && now - m->shown_us < PROGRESS_US)
        return;
    m->shown_phase = phase;
    m->shown_us = now;
    job_tell(m, "PROGRESS");
    if (!m->o.progress)
        return;

    struct qmig_progress p = {
        .phase = phase,
        .status = "",
        .elapsed_us = now - m->start_us,
        .total = ram_number(info, "total"),
        .transferred = ram_number(info, "transferred"),
        .remaining = ram_number(info, "remaining"),
        .iteration = ram_number(info, "dirty-sync-count"),
        .dirty_bytes_per_second = ram_number(info, "dirty-pages-rate") *
                                  ram_number(info, "page-size"),
        .bytes_per_second = rate(info, "ram"),
        .eta_us = -1,
        .disk_total = part_number(info, "disk", "total"),
        .disk_transferred = part_number(info, "disk", "transferred"),
        .disk_remaining = part_number(info, "disk", "remaining"),
        .disk_bytes_per_second = rate(info, "disk"),
    };
    if (json_object_object_get_ex(info, "status", &value))
        p.status = json_object_get_string(value);
    if (p.bytes_per_second > p.dirty_bytes_per_second)
        p.eta_us =
            (int64_t)((double)p.remaining * 1e6 /
                      (double)(p.bytes_per_second - p.dirty_bytes_per_second));
    p.holding = hold_name(engine_holding(m->engine, &held_since));
    if (p.holding)
        p.held_us = now - held_since;
    m->o.progress(&p, m->o.opaque);
}
