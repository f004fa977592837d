/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* transcript replay: a recorded dialogue in the place of the QEMUs. */
#include "cli.h"

#include "error/errcode.h"
#include "qmp/replay.h"
#include "qmp/sync.h"

#include <errno.h>
#include <string.h>

static void on_differs(const char *text, void *opaque UNUSED)
{
    cli_warning(text);
}

/* As words that `qmigrate` takes: "user set bandwidth=50". */
static void on_user(const char *action, struct json_object *arguments,
                    void *opaque UNUSED)
{
    fputs("user ", stdout);
    cli_put_text(stdout, action);
    if (json_object_is_type(arguments, json_type_object)) {
        json_object_object_foreach(arguments, name, value)
        {
            putchar(' ');
            cli_put_text(stdout, name);
            putchar('=');
            cli_put_text(stdout, json_object_get_string(value));
        }
    }
    putchar('\n');
    fflush(stdout);
}

/* A number from 0 that ends where the text ends. */
static int number(const char *option, const char *text, double *ret,
                  struct qmp_error **errp)
{
    char *end;
    double v;

    errno = 0;
    v = strtod(text, &end);
    if (end == text || *end || errno || !(v >= 0 && v < 1e9))
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "option '--%s': '%.40s' is not a number from 0 to "
                        "10^9",
                        option, text);
    *ret = v;
    return 0;
}

static const struct {
    const char *name;
    enum qmp_fault_kind kind;
} fault_kinds[] = {
    {"drop", QMP_FAULT_DROP},           {"delay", QMP_FAULT_DELAY},
    {"duplicate", QMP_FAULT_DUPLICATE}, {"reorder", QMP_FAULT_REORDER},
    {"close", QMP_FAULT_CLOSE},         {"garbage", QMP_FAULT_GARBAGE},
    {"error", QMP_FAULT_ERROR},
};

static int bad_fault(const char *text, struct qmp_error **errp)
{
    return qmp_fail(errp, QMIG_ERR_USAGE,
                    "option '--fault': '%.40s' is not KIND@LINE (drop, "
                    "delay=MS, duplicate, reorder, close, garbage, error)",
                    text);
}

/* KIND@LINE, delay=MS@LINE */
static int parse_fault(const char *text, struct qmp_fault *ret,
                       struct qmp_error **errp)
{
    const char *at = strchr(text, '@');
    size_t len = strcspn(text, "=@");
    char *end;
    double ms;

    if (!at || at[1] < '0' || at[1] > '9')
        return bad_fault(text, errp);
    errno = 0;
    ret->line = strtoull(at + 1, &end, 10);
    if (*end || errno)
        return bad_fault(text, errp);
    for (size_t i = 0; i < ARRAY_SIZE(fault_kinds); i++)
        if (strlen(fault_kinds[i].name) == len &&
            !strncmp(text, fault_kinds[i].name, len))
            ret->kind = fault_kinds[i].kind;
    if (ret->kind == QMP_FAULT_NONE ||
        (text[len] == '=') != (ret->kind == QMP_FAULT_DELAY))
        return bad_fault(text, errp);
    if (ret->kind == QMP_FAULT_DELAY) {
        CLEANUP(freep)
        char *value = strndup(text + len + 1, (size_t)(at - text) - len - 1);

        if (!value || number("fault", value, &ms, errp) < 0)
            return -1;
        ret->us = (int64_t)(ms * 1000);
    }
    return 0;
}

static int parse_faults(const struct cli_list *list, struct qmp_fault **ret,
                        struct qmp_error **errp)
{
    *ret = calloc(list->n + 1, sizeof(**ret));
    if (!*ret)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < list->n; i++)
        if (parse_fault(list->items[i], &(*ret)[i], errp) < 0)
            return -1;
    return 0;
}

/* Each peer needs a place to listen; one that is recorded may not be left
 * out. */
static int listen_all(struct qmp_replay *r, const struct cli_transcript *t,
                      struct qmp_error **errp)
{
    const char *name;

    for (size_t i = 0; (name = qmp_replay_peer(r, i)); i++) {
        bool dest = !strcmp(name, "destination");
        const char *addr = dest ? t->listen_dest : t->listen_source;

        if (!dest && strcmp(name, "source"))
            return qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                            "a peer '%.40s' is recorded, only source and "
                            "destination can be replayed",
                            name);
        if (!addr)
            return qmp_fail(errp, QMIG_ERR_USAGE,
                            "the %s is in the transcript: '--listen-%s ADDR' "
                            "is wanted",
                            name, dest ? "dest" : "source");
        if (qmp_replay_listen(r, name, addr, errp) < 0)
            return -1;
    }
    return 0;
}

/* As qmp_replay_run(), but a signal ends it: sockets are not left behind. */
static int run(struct qmp_replay *r, int signals, struct qmp_error **errp)
{
    for (;;) {
        struct pollfd fds[QMP_REPLAY_POLLFDS + 1];
        int64_t now = qmp_now_us();
        struct timespec ts = {0};
        int64_t deadline;
        size_t n;

        qmp_replay_dispatch(r, now);
        if (qmp_replay_state(r) == QMP_REPLAY_DONE)
            return 0;
        if (qmp_replay_state(r) == QMP_REPLAY_FAILED)
            return qmp_propagate(errp, qmp_error_copy(qmp_replay_error(r)));
        n = qmp_replay_pollfds(r, fds);
        fds[n] = (struct pollfd){.fd = signals, .events = POLLIN};
        deadline = qmp_replay_deadline(r);
        if (deadline > now) {
            ts.tv_sec = (deadline - now) / 1000000;
            ts.tv_nsec = (deadline - now) % 1000000 * 1000;
        }
        if (ppoll(fds, n + 1, deadline < 0 ? NULL : &ts, NULL) < 0 &&
            errno != EINTR)
            return qmp_fail_sys(errp, errno, "cannot wait for connections");
        if (fds[n].revents)
            return qmp_fail(errp, QMP_ERR_CANCELLED, "ended by a signal");
    }
}

static void replay_freep(struct qmp_replay **r)
{
    qmp_replay_free(*r);
}

int cli_transcript_replay(struct cli *cli, struct qmp_error **errp)
{
    const struct cli_transcript *t = &cli->transcript;
    CLEANUP(freep) struct qmp_fault *faults = NULL;
    CLEANUP(replay_freep) struct qmp_replay *r = NULL;
    CLEANUP(closep) int signals = -1;
    double stall = 30;
    struct qmp_replay_options o = {
        .lenient = t->lenient,
        .ignore = t->ignore.items,
        .n_ignore = t->ignore.n,
        .n_faults = t->faults.n,
        .differs = on_differs,
        .user = on_user,
    };

    if ((t->speed && number("speed", t->speed, &o.speed, errp) < 0) ||
        (t->stall && number("stall", t->stall, &stall, errp) < 0) ||
        parse_faults(&t->faults, &faults, errp) < 0)
        return -1;
    o.stall_us = (int64_t)(stall * 1000000);
    o.faults = faults;
    r = qmp_replay_load(cli->operands[1], &o, errp);
    signals = r ? cli_watch_signals(errp) : -1;
    if (signals < 0 || listen_all(r, t, errp) < 0)
        return -1;
    cli_put_format(qmp_replay_format(r), qmp_replay_is_cut(r));
    /* Whoever started us may connect now. */
    puts("listening");
    fflush(stdout);
    return run(r, signals, errp);
}
