/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The descriptors that carry a migration's data and that we have a hand in:
 * inherited ones and connections of ours are passed to a QEMU and then its
 * own; those of a tunnel lead to us, and on to the destination.
 */
#include "job/job.h"

#include "error/errcode.h"
#include "params/params.h"
#include "params/uri.h"
#include "plan/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* From a connection's end to the end of the command that made it. */
#define LAST_WORDS_MS 200

/* INHERITED DESCRIPTORS */

/* The descriptor that a URI names; -1: it names none. */
static int inherited(const char *text)
{
    struct migrate_uri uri = {.kind = URI_TCP};
    int fd = -1;

    if (text && migrate_uri_parse(text, &uri, NULL) == 0 && uri.kind == URI_FD)
        fd = uri.fd;
    migrate_uri_clear(&uri);
    return fd;
}

static int bad_fd(struct qmp_error **errp, int fd, const char *what)
{
    qmp_fail(errp, QMIG_ERR_URI, "descriptor %d %s", fd, what);
    return qmp_hint(errp, "wanted a connected socket, or an end of a pipe");
}

/* A pipe: which end of it the side needs. */
static int check_pipe(int fd, int flags, enum qmig_side side,
                      struct qmp_error **errp)
{
    int mode = flags & O_ACCMODE;

    if (mode == (side == QMIG_SIDE_SOURCE ? O_RDONLY : O_WRONLY))
        return bad_fd(errp, fd,
                      side == QMIG_SIDE_SOURCE
                          ? "is the reading end of a pipe, the source writes"
                          : "is the writing end of a pipe, the destination "
                            "reads");
    return 0;
}

static int check_fd(struct qmig_migration *m, int fd, enum qmig_side side,
                    struct qmp_error **errp)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof(peer);
    struct stat st;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fstat(fd, &st) < 0)
        return bad_fd(errp, fd, "is not open");
    if (S_ISFIFO(st.st_mode)) {
        m->one_way_fd = true;
        return check_pipe(fd, flags, side, errp);
    }
    if (!S_ISSOCK(st.st_mode))
        return bad_fd(errp, fd, "is neither a socket nor a pipe");
    if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0)
        return bad_fd(errp, fd, "is a socket that is not connected");
    return 0;
}

int job_check_channel(struct qmig_migration *m, const struct qmig_options *o,
                      const struct qmig_params *params, struct qmp_error **errp)
{
    const char *texts[2] = {params_string(params, "migrate_uri"),
                            o->listen_uri};

    if (m->flags & QMIG_OFFLINE) /* nothing flows */
        return 0;
    for (int side = 0; side < 2; side++) {
        int fd = inherited(texts[side]);

        if (fd < 0)
            continue;
        if (check_fd(m, fd, (enum qmig_side)side, errp) < 0)
            return qmp_prefix(errp, side == QMIG_SIDE_SOURCE
                                        ? "parameter 'migrate_uri'"
                                        : "option 'listen-uri'");
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return transport_check(
        &(struct plan_input){
            .params = params,
            .flags = m->flags,
            .source_addr = o->source,
            .dest_addr = o->dest,
            .listen_uri = o->listen_uri,
            .tunnel = o->tunnel,
            .one_way_fd = m->one_way_fd,
        },
        errp);
}

/* WHAT IS PASSED */

/* Our end stays in ours[side], the other one is passed. */
static int make_pair(struct channel *c, enum qmig_side side,
                     struct qmp_error **errp)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return qmp_fail_sys(errp, errno, "cannot make a socket pair");
    c->ours[side] = pair[0];
    c->give[side] = pair[1];
    return 0;
}

int job_take_fd(struct qmig_migration *m, enum qmig_side side,
                struct qmp_error **errp)
{
    struct channel *c = &m->channel;
    const struct plan *plan = engine_plan(m->engine);
    int fd = -1;

    if (!plan->tunnel && c->give[side] < 0) {
        fd = inherited(side == QMIG_SIDE_SOURCE
                           ? params_string(m->params, "migrate_uri")
                           : m->listen_uri);
        /* It is the QEMU's from here on: as long as we have it open, the other
         * side would not see this one's end. */
        return fd;
    }
    if (c->give[side] < 0 && make_pair(c, side, errp) < 0)
        return -1;
    return TAKE_FD(c->give[side]);
}

/* CONNECTING */

static void tell(struct qmig_migration *m, const struct qmp_error *err)
{
    job_feed(m, &(struct engine_event){
                    .kind = EV_CHANNEL,
                    .now = qmp_now_us(),
                    .side = QMIG_SIDE_CONTROLLER,
                    .err = err,
                });
}

static void failed(struct qmig_migration *m, struct qmp_error *err)
{
    struct channel *c = &m->channel;

    c->connecting = false;
    c->next = -1;
    if (engine_plan(m->engine)->tunnel)
        err->code = QMIG_ERR_TUNNEL;
    qmp_prefix(&err, "%s", c->address ? c->address : "the tunnel");
    qmp_transport_close(&c->transport);
    tell(m, err);
    qmp_error_free(err);
}

/* QEMU wants a blocking socket. */
static int pass_on(struct channel *c, struct qmp_error **errp)
{
    int flags = fcntl(c->transport.fd, F_GETFL);

    if (flags < 0 || fcntl(c->transport.fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return qmp_fail_sys(errp, errno, "cannot prepare the connection");
    c->give[QMIG_SIDE_SOURCE] = TAKE_FD(c->transport.fd);
    return 0;
}

static void connected(struct qmig_migration *m)
{
    struct channel *c = &m->channel;
    struct qmp_error *err = NULL;

    c->connecting = false;
    c->next = -1;
    if (!engine_plan(m->engine)->tunnel) {
        pass_on(c, &err);
    } else {
        if (c->ours[QMIG_SIDE_DEST] < 0)
            c->ours[QMIG_SIDE_DEST] = TAKE_FD(c->transport.fd);
        c->tunnel = tunnel_start(TAKE_FD(c->ours[QMIG_SIDE_SOURCE]),
                                 TAKE_FD(c->ours[QMIG_SIDE_DEST]), &err);
    }
    if (err)
        failed(m, err);
    else
        tell(m, NULL);
}

static void go_on(struct qmig_migration *m)
{
    struct channel *c = &m->channel;
    struct qmp_error *err = NULL;
    int rc = qmp_transport_connect(&c->transport, &err);

    if (rc < 0)
        failed(m, err);
    else if (rc > 0)
        connected(m);
    else
        c->next = c->transport.retry ? qmp_now_us() + QMP_RETRY_US : -1;
}

void job_open_channel(struct qmig_migration *m, struct json_object *how)
{
    struct channel *c = &m->channel;
    CLEANUP(qmp_addr_clear) struct qmp_addr addr = {.fd = -1};
    struct qmp_error *err = NULL;
    struct json_object *to = NULL;

    json_object_object_get_ex(how, "connect", &to);
    if (engine_plan(m->engine)->tunnel &&
        make_pair(c, QMIG_SIDE_SOURCE, &err) < 0) {
        failed(m, err);
        return;
    }
    if (!to) { /* both ends are socket pairs of ours */
        connected(m);
        return;
    }
    c->address = strdup(json_object_get_string(to));
    if (!c->address || qmp_addr_parse(c->address, &addr, &err) < 0 ||
        qmp_transport_open(&c->transport, &addr, &err) < 0) {
        if (!err)
            qmp_fail(&err, QMP_ERR_NOMEM, "out of memory");
        failed(m, err);
        return;
    }
    c->connecting = true;
    go_on(m);
}

/* THE LOOP */

size_t job_channel_pollfds(const struct qmig_migration *m, struct pollfd *fds)
{
    const struct channel *c = &m->channel;
    size_t n = 0;

    if (c->connecting && !c->transport.retry)
        fds[n++] = (struct pollfd){.fd = c->transport.fd, .events = POLLOUT};
    if (c->transport.err_fd >= 0)
        fds[n++] = (struct pollfd){.fd = c->transport.err_fd, .events = POLLIN};
    return n;
}

void job_channel_dispatch(struct qmig_migration *m, int64_t now)
{
    struct channel *c = &m->channel;

    if (c->transport.err_fd >= 0)
        qmp_transport_read_stderr(&c->transport);
    if (c->connecting && (c->next < 0 || now >= c->next))
        go_on(m);
}

/* ITS END */

static void note_end(struct qmig_migration *m, const struct tunnel_report *r)
{
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();

    for (int side = 0; side < 2; side++)
        json_object_object_add(
            data, side == QMIG_SIDE_SOURCE ? "sent_bytes" : "received_bytes",
            json_object_new_int64((int64_t)r->bytes[side]));
    if (r->ended)
        json_object_object_add(data, "first",
                               json_object_new_string(side_name(r->first)));
    json_object_put(m->channel.said);
    m->channel.said = json_object_get(data);
    if (m->transcript)
        qmp_transcript_note(m->transcript, qmp_now_us(), "tunnel", data);
}

/* What led to the destination, a command of ours, may have been the first to
 * go: its last words are the cause. */
static bool command_failed(struct channel *c, char *words, size_t room)
{
    struct qmp_transport *t = &c->transport;
    struct pollfd p = {.fd = t->pidfd, .events = POLLIN};

    *words = 0;
    if (!t->pid && !t->reaped)
        return false;
    if (t->pid && t->pidfd >= 0)
        poll(&p, 1, LAST_WORDS_MS);
    qmp_transport_read_stderr(t);
    if (!qmp_transport_reap(t) || !t->wait_status)
        return false;
    qmp_transport_explain(t, words, room);
    return true;
}

/* Is it worth to be told who ended it? */
static struct qmp_error *end_error(struct channel *c,
                                   const struct tunnel_report *r)
{
    struct qmp_error *err = NULL;
    char words[512];

    if (!r->ended || r->first == QMIG_SIDE_SOURCE)
        return NULL;
    bool failed_itself = command_failed(c, words, sizeof(words));
    bool system = r->sys && r->sys != EPIPE && r->sys != ECONNRESET;

    qmp_fail(&err, failed_itself || system ? QMIG_ERR_TUNNEL : QMP_ERR_CLOSED,
             "the tunnel's end at the destination was closed first, after "
             "%" PRIu64 " bytes%s%s%s",
             r->bytes[QMIG_SIDE_SOURCE], r->sys ? ": " : "",
             r->sys ? strerror(r->sys) : "", words);
    return err;
}

static void clear(struct channel *c)
{
    tunnel_free(c->tunnel);
    c->tunnel = NULL;
    c->connecting = false;
    c->next = -1;
    for (int side = 0; side < 2; side++) {
        closep(&c->give[side]);
        closep(&c->ours[side]);
    }
    qmp_transport_close(&c->transport);
}

void job_close_channel(struct qmig_migration *m)
{
    struct channel *c = &m->channel;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    if (c->tunnel) {
        struct tunnel_report report = tunnel_report(c->tunnel);

        err = end_error(c, &report);
        note_end(m, &report);
    }
    clear(c);
    tell(m, err);
}

void job_end_channel(struct qmig_migration *m)
{
    if (m->channel.tunnel) {
        struct tunnel_report report = tunnel_report(m->channel.tunnel);

        note_end(m, &report);
    }
    clear(&m->channel);
}

void job_init_channel(struct channel *c)
{
    *c = (struct channel){
        .transport = {.fd = -1, .pidfd = -1, .err_fd = -1},
        .give = {-1, -1},
        .ours = {-1, -1},
        .next = -1,
    };
}

void job_free_channel(struct channel *c)
{
    clear(c);
    free(c->address);
    json_object_put(c->said);
}
