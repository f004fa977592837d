/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The start of a job: the domain XMLs are checked, then directories and
 * transcript are made, then the engine. No monitor is touched before.
 */
#include "job/job.h"

#include "error/errcode.h"
#include "job/image.h"
#include "job/statedir.h"

#include "qmp/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* What a plan may leave in its directory. */
static const char *const plan_files[] = {"dest.stderr", "dest.xml"};

#define PLAN_QUIT_US (2 * INT64_C(1000000))

static int write_file(const char *path, const char *text,
                      struct qmp_error **errp)
{
    CLEANUP(closep)
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || dprintf(fd, "%s", text) < 0) {
        int sys = errno;
        return qmp_fail_sys(errp, sys, "cannot write '%s'", path);
    }
    return 0;
}

static struct json_object *peers_json(const struct qmig_migration *m)
{
    struct json_object *peers = json_object_new_object();

    for (int side = 0; side < 2; side++) {
        struct json_object *peer;

        if (m->image && side == (m->image->plan.save ? 1 : 0))
            continue; /* it is a file */
        if (!m->addr[side])
            continue;
        peer = json_object_new_object();
        json_object_object_add(peer, "addr",
                               json_object_new_string(m->addr[side]));
        json_object_object_add(peers, side_name((enum qmig_side)side), peer);
    }
    return peers;
}

static void forget_transcript(struct qmig_migration *m)
{
    qmp_transcript_drop(TAKE_PTR(m->transcript));
    free(TAKE_PTR(m->transcript_path));
}

/* A plan leaves no transcript, unless one was asked for. */
static int open_transcript(struct qmig_migration *m)
{
    CLEANUP(json_putp) struct json_object *peers = peers_json(m);

    if (m->o.no_transcript || (m->plan_only && !m->transcript_given))
        return 0;
    if (m->transcript_given)
        m->transcript_path = strdup(m->transcript_given);
    else if (asprintf(&m->transcript_path, "%s/%s/transcript.jsonl", m->state,
                      m->id) < 0)
        m->transcript_path = NULL;
    if (!m->transcript_path)
        return qmp_fail(&m->error, QMP_ERR_NOMEM, "out of memory");
    /* In our own directory it can wait until there is time. */
    m->transcript =
        (m->transcript_given ? qmp_transcript_open : qmp_transcript_open_late)(
            m->transcript_path, "qmigrate " QMIGRATE_VERSION, m->id, peers,
            m->start_us, &m->error);
    if (m->transcript)
        return 0;
    forget_transcript(m);
    return -1;
}

static int keep_dest_xml(struct qmig_migration *m, const char *dest_xml)
{
    if (!dest_xml)
        return 0;
    if (asprintf(&m->dest_xml_path, "%s/dest.xml", m->dir) < 0) {
        m->dest_xml_path = NULL;
        return qmp_fail(&m->error, QMP_ERR_NOMEM, "out of memory");
    }
    return write_file(m->dest_xml_path, dest_xml, &m->error);
}

/* A plan leaves nothing behind: a directory only while the destination runs
 * that was started to be asked (job_end_plan() removes both). */
static int make_plan_places(struct qmig_migration *m, const char *dest_xml)
{
    const char *tmp = getenv("TMPDIR");

    if (!m->dest_exec)
        return 0;
    if (asprintf(&m->dir, "%s/qmigrate-plan.XXXXXX",
                 tmp && *tmp ? tmp : "/tmp") < 0) {
        m->dir = NULL;
        return qmp_fail(&m->error, QMP_ERR_NOMEM, "out of memory");
    }
    if (!mkdtemp(m->dir)) {
        int sys = errno;
        qmp_fail_sys(&m->error, sys, "cannot make directory '%s'", m->dir);
        free(m->dir);
        m->dir = NULL;
        return -1;
    }
    return keep_dest_xml(m, dest_xml);
}

/* What is said from here on is recorded. */
static int name_places(struct qmig_migration *m)
{
    m->state = statedir_path(m->state_given, &m->error);
    return m->state ? open_transcript(m) : -1;
}

static int make_places(struct qmig_migration *m, const char *dest_xml)
{
    if (m->plan_only)
        return make_plan_places(m, dest_xml);
    m->dir = statedir_make(m->state, m->id, &m->error);
    if (!m->dir) {
        if (!m->transcript_given)
            forget_transcript(m);
        return -1;
    }
    m->journal = journal_create(m->dir, &m->error);
    return m->journal ? keep_dest_xml(m, dest_xml) : -1;
}

static int make_engine(struct qmig_migration *m)
{
    struct engine_config config = {
        .plan =
            {
                .params = m->params,
                .flags = m->flags,
                .source_addr = m->addr[QMIG_SIDE_SOURCE],
                .dest_addr = m->addr[QMIG_SIDE_DEST],
                .local_host = m->local_host,
                .name = job_guest_name(m),
                .uuid = job_guest_uuid(m),
                .listen_uri = m->listen_uri,
                .tunnel = m->tunnel,
                .channels = m->o.channels,
                .one_way_fd = m->one_way_fd,
                .dest_started = m->dest_exec != NULL,
                .keep_source = m->o.keep_source,
                .spice = m->domain && domain_has_spice(m->domain),
                .tls = m->o.tls,
                .disks = m->disks,
                .n_disks = m->n_disks,
                .same_file = job_same_file,
                .hold_switchover = m->o.hold & QMIG_HOLD_SWITCHOVER,
                .image = m->image ? &m->image->plan : NULL,
            },
        .deadlines = m->deadlines,
        .plan_only = m->plan_only,
        .hooks = m->hook_command != NULL,
        .hold = m->o.hold,
        .stores = job_has_stores(m),
        .postcopy_after = m->o.postcopy_after,
        .timeout_us = m->o.timeout_s * INT64_C(1000000),
        .on_timeout =
            m->o.timeout_postcopy ? TIMEOUT_POSTCOPY : TIMEOUT_SUSPEND,
    };

    gethostname(m->local_host, sizeof(m->local_host) - 1);
    m->engine = engine_new(&config);
    return m->engine ? 0 : qmp_fail(&m->error, QMP_ERR_NOMEM, "out of memory");
}

int job_start(struct qmig_migration *m)
{
    CLEANUP(freep) char *dest_xml = NULL;

    m->started = true;
    m->start_us = qmp_now_us();
    if (job_check_xml(m, &dest_xml) < 0 ||
        job_image_set_xml(m, dest_xml, &m->error) < 0 ||
        job_prepare_stores(m, dest_xml) < 0)
        return -1;
    if (m->flags & QMIG_OFFLINE) {
        if (name_places(m) < 0 || make_places(m, dest_xml) < 0)
            return -1;
        job_start_offline(m);
        return 0;
    }
    if (job_check_disks(m) < 0 || make_engine(m) < 0 || name_places(m) < 0)
        return -1;
    /* A restore has nobody to ask before it starts the destination, whose
     * words are kept there. */
    bool first = m->image && m->dest_exec;
    if (first && make_places(m, dest_xml) < 0)
        return -1;
    /* QEMU reads the questions while the files are made and brought to the
     * disk. */
    job_feed(m, &(struct engine_event){.kind = EV_START, .now = m->start_us});
    if (m->cancel_first)
        qmig_migration_cancel(m);
    if (!first && make_places(m, dest_xml) < 0)
        return -1;
    if (m->cancel_first)
        job_note_user(m, "cancel", NULL);
    return 0;
}

void job_end_plan(struct qmig_migration *m)
{
    if (!m->dir)
        return;
    /* One that went to the background is not in the process group. */
    if (m->client[QMIG_SIDE_DEST]) {
        struct json_object *ret = qmp_call(m->client[QMIG_SIDE_DEST], "quit",
                                           NULL, PLAN_QUIT_US, NULL);
        json_object_put(ret);
    }
    job_kill_dest(m);
    for (size_t i = 0; i < ARRAY_SIZE(plan_files); i++) {
        CLEANUP(freep) char *path = NULL;

        if (asprintf(&path, "%s/%s", m->dir, plan_files[i]) < 0)
            path = NULL;
        if (path)
            unlink(path);
    }
    rmdir(m->dir);
}
