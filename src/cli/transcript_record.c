/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* transcript record: a recording man in the middle for any QMP client. */
#include "cli.h"

#include "error/errcode.h"
#include "qmp/relay.h"
#include "qmp/sync.h"

#include <errno.h>
#include <string.h>

/* The two monitors that can be recorded in one file. */
struct recording {
    struct qmp_transcript *t;
    struct qmp_relay *relays[2];
};

static void recording_done(struct recording *rec)
{
    qmp_relay_free(rec->relays[0]);
    qmp_relay_free(rec->relays[1]);
    qmp_transcript_close(rec->t, NULL);
}

static int add_relay(struct recording *rec, int i, const char *listen,
                     const char *connect, struct qmp_error **errp)
{
    static const char *const names[] = {"source", "destination"};

    if (!listen && !connect)
        return 0;
    if (!listen || !connect)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "the %s needs both where to listen and where to "
                        "connect",
                        names[i]);
    rec->relays[i] = qmp_relay_new(rec->t, names[i], listen, connect, errp);
    return rec->relays[i] ? 0 : -1;
}

static struct json_object *peers(const struct cli_transcript *t)
{
    const char *const addrs[] = {t->connect, t->connect_dest};
    static const char *const names[] = {"source", "destination"};
    struct json_object *o = json_object_new_object();

    for (int i = 0; i < 2; i++) {
        struct json_object *p = json_object_new_object();

        if (addrs[i]) {
            json_object_object_add(p, "addr", json_object_new_string(addrs[i]));
            json_object_object_add(o, names[i], p);
        } else {
            json_object_put(p);
        }
    }
    return o;
}

static int dispatch(struct recording *rec, struct qmp_error **errp)
{
    for (int i = 0; i < 2; i++) {
        struct qmp_error *err = NULL;

        if (rec->relays[i] &&
            qmp_relay_dispatch(rec->relays[i], qmp_now_us(), &err) < 0) {
            cli_error(err); /* the next client may have more luck */
            qmp_error_free(err);
        }
    }
    return qmp_transcript_flush(rec->t, errp);
}

static bool is_over(const struct recording *rec)
{
    for (int i = 0; i < 2; i++)
        if (rec->relays[i] && !qmp_relay_is_over(rec->relays[i]))
            return false;
    return true;
}

/* Until a signal comes, or all monitors have hung up. */
static int run(struct recording *rec, int signals, struct qmp_error **errp)
{
    while (!is_over(rec)) {
        struct pollfd fds[1 + 2 * QMP_RELAY_POLLFDS] = {
            {.fd = signals, .events = POLLIN}};
        size_t n = 1;

        for (int i = 0; i < 2; i++)
            if (rec->relays[i])
                n += qmp_relay_pollfds(rec->relays[i], fds + n);
        if (poll(fds, n, -1) < 0 && errno != EINTR)
            return qmp_fail_sys(errp, errno, "cannot wait for connections");
        if (fds[0].revents)
            break;
        if (dispatch(rec, errp) < 0)
            return -1;
    }
    return 0;
}

int cli_transcript_record(struct cli *cli, struct qmp_error **errp)
{
    const struct cli_transcript *t = &cli->transcript;
    CLEANUP(json_putp) struct json_object *addrs = peers(t);
    CLEANUP(recording_done) struct recording rec = {0};
    CLEANUP(closep) int signals = -1;

    if (!t->listen && !t->listen_dest)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "'--listen ADDR --connect ADDR' is wanted");
    signals = cli_watch_signals(errp);
    if (signals < 0)
        return -1;
    rec.t = qmp_transcript_open(cli->operands[1],
                                "qmigrate " QMIGRATE_VERSION " record", "",
                                addrs, qmp_now_us(), errp);
    if (!rec.t || add_relay(&rec, 0, t->listen, t->connect, errp) < 0 ||
        add_relay(&rec, 1, t->listen_dest, t->connect_dest, errp) < 0)
        return -1;
    puts("listening");
    fflush(stdout);
    if (run(&rec, signals, errp) < 0)
        return -1;
    return qmp_transcript_flush(rec.t, errp);
}
