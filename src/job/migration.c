/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public object of a migration: made, driven, asked, freed. */
#include "job/job.h"

#include "error/errcode.h"
#include "job/image.h"
#include "job/statedir.h"
#include "plan/tls.h"

#include <poll.h>
#include <string.h>

/* After so long without a word what was recorded is written: while QEMUs and
 * we have things to say to each other all of them want the processor. */
#define QUIET_US 1000
/* And after so long even if they never stop. */
#define RECORD_US (50 * INT64_C(1000))

const char *qmig_version(void)
{
    return QMIGRATE_VERSION;
}

static int copy_string(char **to, const char *from, struct qmp_error **errp)
{
    if (!from)
        return 0;
    *to = strdup(from);
    return *to ? 0 : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

/* The strings of qmig_tls, for copying and freeing. */
#define TLS_STRINGS 7
static void tls_strings(struct qmig_tls *tls, const char **ret[TLS_STRINGS])
{
    ret[0] = &tls->dir;
    ret[1] = &tls->source_dir;
    ret[2] = &tls->dest_dir;
    ret[3] = &tls->psk;
    ret[4] = &tls->psk_user;
    ret[5] = &tls->authz;
    ret[6] = &tls->authz_identity;
}

static int copy_tls(struct qmig_tls *tls, struct qmp_error **errp)
{
    struct qmig_tls given = *tls;
    const char **from[TLS_STRINGS];
    const char **to[TLS_STRINGS];

    tls_strings(&given, from);
    tls_strings(tls, to);
    for (size_t i = 0; i < TLS_STRINGS; i++)
        *to[i] = *from[i] ? strdup(*from[i]) : NULL;
    for (size_t i = 0; i < TLS_STRINGS; i++)
        if (*from[i] && !*to[i])
            return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    return 0;
}

static void free_tls(struct qmig_tls *tls)
{
    const char **strings[TLS_STRINGS];

    tls_strings(tls, strings);
    for (size_t i = 0; i < TLS_STRINGS; i++)
        free((void *)(uintptr_t)*strings[i]);
}

int job_check_address(const char *addr, enum qmig_side side,
                      struct qmp_error **errp)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr parsed = {.fd = -1};

    if (!addr)
        return qmp_fail(errp, QMIG_ERR_USAGE, "no address of the %s",
                        side_name(side));
    if (qmp_addr_parse(addr, &parsed, errp) < 0)
        return qmp_prefix(errp, "%s", side_name(side));
    return 0;
}

/* What virsh asks of these options, in its words. */
static int check_switch(const struct qmig_options *o, unsigned flags,
                        struct qmp_error **errp)
{
    if (o->timeout_postcopy && !o->timeout_s)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "unexpected time-out action without a time-out");
    if (o->timeout_s && !(flags & QMIG_LIVE))
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "unexpected time-out for a migration that is not "
                        "live");
    if ((o->timeout_postcopy || o->postcopy_after) &&
        !(flags & QMIG_POSTCOPY)) {
        qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                 "a switch to post-copy requires flag 'postcopy'");
        return qmp_hint(errp, "add flag 'postcopy'");
    }
    return 0;
}

static int check_monitors(const struct qmig_options *o,
                          const struct qmig_params *params, unsigned flags,
                          struct qmp_error **errp)
{
    if (flags & QMIG_OFFLINE)
        return job_check_offline(o, params, errp);
    if (job_check_address(o->source, QMIG_SIDE_SOURCE, errp) < 0 ||
        job_check_address(o->dest, QMIG_SIDE_DEST, errp) < 0)
        return -1;
    if (strcmp(o->source, o->dest) != 0)
        return 0;
    return qmp_fail(errp, QMIG_ERR_USAGE,
                    "source and destination are the same monitor '%s'",
                    o->source);
}

int job_fill(struct qmig_migration *m, const struct qmig_options *o,
             const struct qmig_params *params, struct qmp_error **errp)
{
    m->o = *o;
    if (copy_tls(&m->o.tls, errp) < 0)
        return -1;
    deadlines_default(&m->deadlines);
    for (size_t i = 0; o->deadlines && o->deadlines[i]; i++)
        if (deadlines_set(&m->deadlines, o->deadlines[i], errp) < 0)
            return -1;
    if (copy_string(&m->addr[QMIG_SIDE_SOURCE], o->source, errp) < 0 ||
        copy_string(&m->addr[QMIG_SIDE_DEST], o->dest, errp) < 0 ||
        copy_string(&m->domain_xml, o->domain_xml, errp) < 0 ||
        copy_string(&m->dest_exec, o->dest_exec, errp) < 0 ||
        copy_string(&m->hook_command, o->hook, errp) < 0 ||
        copy_string(&m->listen_uri, o->listen_uri, errp) < 0 ||
        copy_string(&m->tunnel, o->tunnel, errp) < 0 ||
        copy_string(&m->state_given, o->state_dir, errp) < 0 ||
        copy_string(&m->transcript_given, o->transcript, errp) < 0)
        return -1;
    if (job_take_stores(m, o, errp) < 0)
        return -1;
    m->params = params_copy(params);
    m->id = statedir_new_id();
    if (!m->params || !m->id)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    return 0;
}

static int fill(struct qmig_migration *m, const struct qmig_options *o,
                const struct qmig_params *params, unsigned flags,
                struct qmp_error **errp)
{
    m->flags = flags;
    if (tls_check_options(&o->tls, flags, errp) < 0 ||
        job_fill(m, o, params, errp) < 0 ||
        qmig_params_check(params, flags, errp) < 0 ||
        check_monitors(o, params, flags, errp) < 0 ||
        job_check_channel(m, o, params, errp) < 0 ||
        check_switch(o, flags, errp) < 0)
        return -1;
    if (params && qemu_list_check_migration(params_qemu(params), errp) < 0)
        return -1;
    if (flags & QMIG_POSTCOPY_RESUME)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "flag 'postcopy_resume' begins no migration: it takes "
                        "up an interrupted one");
    if (o->hold & ~(QMIG_HOLD_PREPARED | QMIG_HOLD_SWITCHOVER))
        return qmp_fail(errp, QMIG_ERR_USAGE, "no such hold: %#x", o->hold);
    if (o->hold_timeout_s && !o->hold)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "unexpected time-out of a hold without a hold");
    if (o->hold_timeout_s)
        m->deadlines.us[DEADLINE_hold] = o->hold_timeout_s * INT64_C(1000000);
    return 0;
}

struct qmig_migration *job_new(struct qmp_error **errp)
{
    struct qmig_migration *m = calloc(1, sizeof(*m));

    if (!m) {
        qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        return NULL;
    }
    m->lock = -1;
    m->stats_fd = -1;
    m->child.pidfd = -1;
    m->hook.child.pidfd = -1;
    m->store.run = (struct store_run){.pidfd = -1, .out = -1, .err = -1};
    job_init_channel(&m->channel);
    m->connect_next = -1;
    m->flush_at = -1;
    m->shown_us = INT64_MIN / 2;
    return m;
}

struct qmig_migration *qmig_migration_new(const struct qmig_options *o,
                                          const struct qmig_params *params,
                                          unsigned flags,
                                          struct qmp_error **errp)
{
    struct qmig_migration *m = job_new(errp);

    if (m && fill(m, o, params, flags, errp) < 0) {
        qmig_migration_free(m);
        return NULL;
    }
    return m;
}

void qmig_migration_free(struct qmig_migration *m)
{
    if (!m)
        return;
    m->ended = true; /* nothing is fed to the engine any more */
    qmp_client_free(m->client[0]);
    qmp_client_free(m->client[1]);
    qmp_transcript_close(m->transcript, NULL);
    journal_close(m->journal);
    control_close(m->control);
    if (m->lock >= 0)
        close(m->lock);
    if (m->stats_fd >= 0)
        close(m->stats_fd);
    child_release(&m->child);
    job_free_channel(&m->channel);
    job_end_hook(m);
    job_end_store(m);
    job_free_disks(m);
    job_image_free(m->image);
    engine_free(m->engine);
    abi_report_free(m->report);
    abi_report_free(m->persistent_report);
    domain_free(m->domain);
    qmig_params_free(m->params);
    qmp_error_free(m->error);
    json_object_put(m->shown_info);
    json_object_put(m->result.json);

    char *strings[] = {
        m->addr[0],      m->addr[1],          m->domain_xml,   m->dest_exec,
        m->state_given,  m->transcript_given, m->state,        m->dir,
        m->id,           m->transcript_path,  m->leftover,     m->dest_stderr,
        m->features_key, m->dest_xml_path,    m->hook_command, m->listen_uri,
        m->tunnel};
    for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
        free(strings[i]);
    free_tls(&m->o.tls);
    free(m);
}

/* Until the destination has answered, nothing follows from what the source
 * says: each of its answers would wake us for nothing, and take the processor
 * from QEMU. That its UNIX socket is closed is seen all the same. */
static bool waits_for_dest(const struct qmig_migration *m)
{
    const struct qmp_client *dest = m->client[QMIG_SIDE_DEST];

    return m->engine && dest && engine_state(m->engine) <= ENGINE_PREPARE &&
           qmp_client_state(dest) != QMP_CLOSED && qmp_client_pending(dest) > 0;
}

size_t qmig_migration_pollfds(const struct qmig_migration *m,
                              struct pollfd fds[QMIG_POLLFDS])
{
    size_t n = 0;

    for (size_t i = 0; i < 2; i++) {
        size_t first = n;

        if (!m->client[i])
            continue;
        n += qmp_client_pollfds(m->client[i], fds + n);
        if (n > first && i == QMIG_SIDE_SOURCE && waits_for_dest(m))
            fds[first].events &= (short)~POLLIN;
    }
    n += control_pollfds(m->control, fds + n);
    n += job_channel_pollfds(m, fds + n);
    if (m->connect_next >= 0 && m->child.pidfd >= 0 && !m->child.ended)
        fds[n++] = (struct pollfd){.fd = m->child.pidfd, .events = POLLIN};
    if (m->hook.tag)
        fds[n++] = (struct pollfd){.fd = m->hook.child.pidfd, .events = POLLIN};
    if (m->store.step)
        fds[n++] = (struct pollfd){.fd = m->store.run.pidfd, .events = POLLIN};
    n += job_image_pollfds(m->image, fds + n);
    return n;
}

static int64_t earlier(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

int64_t qmig_migration_deadline(const struct qmig_migration *m)
{
    int64_t when = m->connect_next;

    if (!m->started)
        return 0;
    if (m->ended)
        return -1;
    if (m->engine)
        when = earlier(when, engine_deadline(m->engine));
    if (m->hook.tag)
        when = earlier(when, m->hook.deadline);
    if (m->store.step)
        when = earlier(when, m->store.deadline);
    when = earlier(when, m->channel.next);
    when = earlier(when, m->flush_at);
    for (size_t i = 0; i < 2; i++)
        if (m->client[i])
            when = earlier(when, qmp_client_deadline(m->client[i]));
    return when;
}

/* A full disk ends the recording, not the migration. */
static void flush_transcript(struct qmig_migration *m)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    m->flush_at = -1;
    if (qmp_transcript_flush(m->transcript, &err) == 0 || m->transcript_failed)
        return;
    m->transcript_failed = true;
    if (m->o.warn)
        m->o.warn(err->msg, m->o.opaque);
}

static void take_turn(struct qmig_migration *m)
{
    if (!m->started && job_start(m) < 0)
        m->ended = true;
    for (size_t i = 0; i < 2 && !m->ended; i++)
        if (m->client[i])
            qmp_client_dispatch(m->client[i], qmp_now_us());
    if (m->control && !m->ended)
        control_dispatch(m->control);
    int64_t now = qmp_now_us();
    if (!m->ended)
        job_connect_again(m, now);
    if (!m->ended)
        job_check_hook(m, now);
    if (!m->ended)
        job_check_store(m, now);
    if (!m->ended)
        job_image_check(m);
    if (!m->ended)
        job_channel_dispatch(m, now);
    int64_t due = m->ended || !m->engine ? -1 : engine_deadline(m->engine);
    if (due >= 0 && now >= due)
        job_feed(m, &(struct engine_event){.kind = EV_TIME, .now = now});
    if (m->ended)
        job_make_result(m);
    if (m->ended && m->transcript)
        qmp_transcript_note(m->transcript, qmp_now_us(), "result",
                            m->result.json);
}

/* What was recorded is written when all is quiet, or over. */
static void look_after_transcript(struct qmig_migration *m)
{
    uint64_t count = qmp_transcript_count(m->transcript);
    int64_t now = qmp_now_us();
    bool first = m->flush_at < 0;
    bool more = first || count != m->flush_count;

    if (first)
        m->flush_by = now + RECORD_US;
    if (m->ended || now >= m->flush_by || (!more && now >= m->flush_at)) {
        flush_transcript(m);
    } else if (more) {
        m->flush_at = earlier(now + QUIET_US, m->flush_by);
        m->flush_count = count;
    }
}

bool qmig_migration_dispatch(struct qmig_migration *m)
{
    if (m->result.json)
        return true;
    take_turn(m);
    if (m->transcript && !m->transcript_failed &&
        qmp_transcript_pending(m->transcript))
        look_after_transcript(m);
    return m->ended;
}

/* Milliseconds for poll(), rounded up. */
static int poll_timeout(int64_t deadline)
{
    if (deadline < 0)
        return -1;
    int64_t left = deadline - qmp_now_us();
    if (left <= 0)
        return 0;
    return left > INT32_MAX ? INT32_MAX : (int)((left + 999) / 1000);
}

void qmig_migration_run(struct qmig_migration *m)
{
    struct pollfd fds[QMIG_POLLFDS];

    while (!qmig_migration_dispatch(m)) {
        size_t n = qmig_migration_pollfds(m, fds);

        poll(fds, n, poll_timeout(qmig_migration_deadline(m)));
    }
}

void qmig_migration_cancel(struct qmig_migration *m)
{
    m->cancel_first |= !m->started || m->flags & QMIG_OFFLINE;
    if (!m->started || m->ended)
        return;
    job_note_user(m, "cancel", NULL);
    job_feed(m, &(struct engine_event){.kind = EV_CANCEL, .now = qmp_now_us()});
}

void qmig_migration_postcopy(struct qmig_migration *m)
{
    if (!m->started || m->ended)
        return;
    job_note_user(m, "postcopy", NULL);
    job_feed(m,
             &(struct engine_event){.kind = EV_POSTCOPY, .now = qmp_now_us()});
}

void qmig_migration_switchover(struct qmig_migration *m)
{
    if (!m->started || m->ended)
        return;
    job_note_user(m, "switchover", NULL);
    job_feed(
        m, &(struct engine_event){.kind = EV_SWITCHOVER, .now = qmp_now_us()});
}

const char *qmig_migration_leftover(struct qmig_migration *m)
{
    const char *where = "the guest is on the source; nothing was changed";
    enum engine_state state =
        m->engine ? engine_state(m->engine) : ENGINE_BEGIN;

    if (m->image && state != ENGINE_BEGIN)
        where = m->image->plan.save
                    ? "QEMU may go on writing: the guest is the source's, "
                      "stopped; the file is not complete"
                    : "QEMU may go on reading: the guest is the file's";
    else if (state == ENGINE_FINISH || state == ENGINE_CONFIRM)
        where = "the guest was handed to the destination; the source may be "
                "left, paused";
    else if (state != ENGINE_BEGIN)
        where = "the migration may go on in QEMU: the guest is the source's, "
                "and the destination waits, paused";
    free(m->leftover);
    if (asprintf(&m->leftover, "%s (migration %s, journal in %s)", where, m->id,
                 m->dir ? m->dir : "no directory yet") < 0)
        m->leftover = NULL;
    return m->leftover ? m->leftover : where;
}

const struct qmig_result *qmig_migration_result(const struct qmig_migration *m)
{
    return m->result.json ? &m->result : NULL;
}

/* Why it failed is in what the destination said last, and goes with it. */
static void quote_dest(const struct qmig_migration *m, struct qmp_error **errp)
{
    const char *said = m->result.dest_stderr;
    const char *line = said ? strrchr(said, '\n') : NULL;

    if (said && errp && !(*errp)->hint)
        qmp_hint(errp, "the destination said: %s", line ? line + 1 : said);
}

int job_plan(struct qmig_migration *m, struct json_object **ret,
             struct qmp_error **errp)
{
    int rc = 0;

    m->plan_only = true;
    qmig_migration_run(m);
    if (m->result.error) {
        rc = qmp_propagate(errp, qmp_error_copy(m->result.error));
        if (m->result.side != QMIG_SIDE_CONTROLLER)
            qmp_prefix(errp, "%s", side_name(m->result.side));
        quote_dest(m, errp);
    } else {
        *ret = m->engine ? plan_json(engine_plan(m->engine))
                         : json_object_new_array();
        if (*ret)
            move_list(&m->store.move, *ret);
    }
    job_end_plan(m);
    return rc;
}

int qmig_plan(const struct qmig_options *o, const struct qmig_params *params,
              unsigned flags, struct json_object **ret,
              struct json_object **report, struct qmp_error **errp)
{
    struct qmig_migration *m = qmig_migration_new(o, params, flags, errp);

    if (!m)
        return -1;
    int rc = job_plan(m, ret, errp);
    if (report)
        *report = m->report
                      ? abi_report_json(m->report, "domain", "destination_xml")
                      : NULL;
    qmig_migration_free(m);
    return rc;
}
