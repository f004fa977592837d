/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* transcript: show, report, diff, replay, record. */
#include "cli.h"

#include "error/errcode.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

int cli_watch_signals(struct qmp_error **errp)
{
    sigset_t set;
    int fd;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC);
    return fd >= 0 ? fd : qmp_fail_sys(errp, errno, "cannot wait for signals");
}

static const struct {
    const char *name;
    int min_files;
    int max_files;
    verb_fn *run;
} actions[TRANSCRIPT__MAX] = {
    [TRANSCRIPT_SHOW] = {"show", 1, 1, cli_transcript_show},
    [TRANSCRIPT_REPORT] = {"report", 1, 2, cli_transcript_report},
    [TRANSCRIPT_DIFF] = {"diff", 2, 2, cli_transcript_diff},
    [TRANSCRIPT_REPLAY] = {"replay", 1, 1, cli_transcript_replay},
    [TRANSCRIPT_RECORD] = {"record", 1, 1, cli_transcript_record},
};

#define NAMES "show, report, diff, replay or record"

/* An option that would do nothing is not what was meant. */
static int check_options(const struct cli_transcript *t, size_t action,
                         struct qmp_error **errp)
{
    if (t->foreign[action])
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "option '--%s' does not belong to 'transcript %s'",
                        t->foreign[action], actions[action].name);
    for (size_t i = 0; i < t->ignore.n; i++) {
        const char *dot = strchr(t->ignore.items[i], '.');

        if (!dot || dot == t->ignore.items[i] || !dot[1])
            return qmp_fail(errp, QMIG_ERR_USAGE,
                            "option '--ignore': '%.80s' is not COMMAND.PATH, "
                            "as in migrate.uri",
                            t->ignore.items[i]);
    }
    return 0;
}

int cli_transcript(struct cli *cli, struct qmp_error **errp)
{
    if (cli->n_operands == 0)
        return qmp_fail(errp, QMIG_ERR_USAGE, "transcript: " NAMES " wanted");
    for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
        int files = cli->n_operands - 1;

        if (strcmp(cli->operands[0], actions[i].name))
            continue;
#ifdef __GLIBC__
        /* Trees of small objects are made and freed over and over. */
        mallopt(M_MXFAST, 160);
#endif
        if (check_options(&cli->transcript, i, errp) < 0)
            return -1;
        if (files >= actions[i].min_files && files <= actions[i].max_files)
            return actions[i].run(cli, errp);
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "transcript %s: %s wanted, %d given", actions[i].name,
                        actions[i].max_files == 1   ? "one file is"
                        : actions[i].min_files == 1 ? "one or two files are"
                                                    : "two files are",
                        files);
    }
    return qmp_fail(errp, QMIG_ERR_USAGE,
                    "transcript: '%.40s' is none of " NAMES, cli->operands[0]);
}
