/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migrate: a loop of our own around the library's object, so that a signal
 * becomes a cancel.
 *
 * The first SIGINT, SIGTERM or SIGHUP cancels, and the loop goes on until it
 * is known where the guest is. The second one says what would be left behind
 * and ends at once: with 1 as long as the guest cannot have left the source,
 * with 5 from the switchover on. Once it is known they change nothing any more:
 * an exit code that says so is worth more than an end some ms earlier.
 */
#include "result.h"

#include "error/errcode.h"
#include "progress.h"
#include "qmp/sync.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>

struct run {
    struct qmig_migration *m;
    struct progress progress;
    int signals;           /* signalfd */
    int interrupted;       /* how often */
    enum qmig_phase phase; /* the last one that was reported */
};

static void on_progress(const struct qmig_progress *p, void *opaque)
{
    struct run *run = opaque;

    run->phase = p->phase;
    progress_show(&run->progress, p);
}

static void on_warning(const char *text, void *opaque)
{
    struct run *run = opaque;

    progress_break(&run->progress);
    cli_warning(text);
}

/* nohup(1) ignores SIGHUP for us, and blocked it would reach signalfd. */
static bool is_ignored(int sig)
{
    struct sigaction action;

    return sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* Signals come through a descriptor from here on, to the end of the process.
 * What the library starts gets the usual dispositions from it. */
static int catch_signals(struct qmp_error **errp)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (!is_ignored(SIGHUP))
        sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        int sys = errno;
        return qmp_fail_sys(errp, sys, "cannot watch signals");
    }
    return fd;
}

/* False: end now. */
static bool handle_signals(struct run *run)
{
    struct signalfd_siginfo info;

    while (read(run->signals, &info, sizeof(info)) == sizeof(info)) {
        progress_break(&run->progress);
        if (run->interrupted++ > 0) {
            fprintf(stderr,
                    "qmigrate: ended by a second signal; left behind: "
                    "%s\n",
                    qmig_migration_leftover(run->m));
            return false;
        }
        fputs("qmigrate: cancelling; once more ends at once\n", stderr);
        qmig_migration_cancel(run->m);
    }
    return true;
}

static void wait_for_work(struct run *run, struct pollfd *fds, size_t n)
{
    int64_t deadline = qmig_migration_deadline(run->m);
    int64_t left = deadline < 0 ? -1 : deadline - qmp_now_us();
    struct timespec timeout = {0};

    if (left > 0) {
        timeout.tv_sec = left / 1000000;
        timeout.tv_nsec = left % 1000000 * 1000;
    }
    ppoll(fds, n, deadline < 0 ? NULL : &timeout, NULL);
}

/* False: ended by a second signal. */
static bool run_loop(struct run *run)
{
    struct pollfd fds[QMIG_POLLFDS + 1];

    while (!qmig_migration_dispatch(run->m)) {
        size_t n = qmig_migration_pollfds(run->m, fds);
        fds[n] = (struct pollfd){.fd = run->signals, .events = POLLIN};
        wait_for_work(run, fds, n + 1);
        if (fds[n].revents && !handle_signals(run))
            return false;
    }
    return true;
}

static int report(struct run *run, const struct cli *cli, put_fn *put)
{
    const struct qmig_result *r = qmig_migration_result(run->m);

    progress_end(&run->progress, result_name(r->outcome),
                 r->outcome == QMIG_COMPLETED);
    if (r->error)
        result_put_error(stderr, r);
    if (cli->json)
        cli_put_json(r->json);
    else
        put(stdout, r);
    return r->exit_code;
}

int cli_drive(struct cli *cli, make_fn *make, put_fn *put,
              struct qmp_error **errp)
{
    struct run run = {.signals = -1};

    if (cli->flags & QMIG_POSTCOPY_RESUME)
        return cli_resume(cli, errp);
    progress_init(&run.progress, cli);
    cli->o.progress = on_progress;
    cli->o.warn = on_warning;
    cli->o.opaque = &run;
    run.m = make(cli, errp);
    if (!run.m)
        return -1;

    run.signals = catch_signals(errp);
    if (run.signals < 0) {
        qmig_migration_free(run.m);
        return -1;
    }
    if (!run_loop(&run))
        _exit(run.phase < QMIG_PHASE_SWITCHOVER ? 1 : 5);

    int code = report(&run, cli, put);
    qmig_migration_free(run.m);
    close(run.signals);
    return code;
}

static struct qmig_migration *make(struct cli *cli, struct qmp_error **errp)
{
    return qmig_migration_new(&cli->o, cli->params, cli->flags, errp);
}

int cli_migrate(struct cli *cli, struct qmp_error **errp)
{
    return cli_drive(cli, make, result_put_text, errp);
}
