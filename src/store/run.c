/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process that serves a store. Its input, output and standard error are
 * files in memory: nothing has to be read or written while it runs, and its
 * end is all that has to be waited for. What it may write is bounded.
 */
#include "store/store.h"

#include "error/errcode.h"
#include "qmp/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Of each file that it writes: the output has a definition, and a little. */
#define MAX_OUTPUT (2 * STORE_MAX_BYTES)
#define MAX_ARGS   8

/* What a script may fail of. */
/* clang-format off */
static const struct {
    const char *word;
    bool of_file; /* the text goes on from the file's name */
    const char *text;
} failures[] = {
    {"changed",       true,  "was changed by somebody else meanwhile"},
    {"enter",         false, "it cannot be entered"},
    {"irregular",     true,  "is not a regular file"},
    {"missing",       false, "no such directory"},
    {"not-directory", false, "it is not a directory"},
    {"read-only",     false, "it cannot be written to"},
    {"remove",        true,  "cannot be removed"},
    {"rename",        true,  "cannot be put in its place"},
    {"sync",          true,  "cannot be flushed to the disk"},
    {"unreadable",    true,  "cannot be read"},
    {"write",         true,  "cannot be written"},
};
/* clang-format on */

/* In the child: only async-signal-safe calls. */
static void run_command(char *const argv[], int in, int out, int err)
{
    const struct rlimit limit = {MAX_OUTPUT, MAX_OUTPUT};
    sigset_t none;

    setsid(); /* a Ctrl-C is for us */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setrlimit(RLIMIT_FSIZE, &limit);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(err, STDERR_FILENO) < 0)
        _exit(126);
    syscall(SYS_close_range, 3, ~0u, 0);
    execvp(argv[0], argv);
    _exit(127);
}

static void fill_arguments(const struct store_addr *addr, char *argv[MAX_ARGS])
{
    size_t n = 0;
    const char *const here[] = {"/bin/sh"};
    const char *const there[] = {"ssh", "-T",       "-x",
                                 "--",  addr->host, "exec /bin/sh"};
    const char *const command[] = {"/bin/sh", "-c", addr->command};
    const char *const *from = addr->kind == STORE_DIR   ? here
                              : addr->kind == STORE_SSH ? there
                                                        : command;
    size_t len = addr->kind == STORE_DIR   ? ARRAY_SIZE(here)
                 : addr->kind == STORE_SSH ? ARRAY_SIZE(there)
                                           : ARRAY_SIZE(command);

    for (; n < len; n++)
        argv[n] = (char *)(uintptr_t)from[n];
    argv[n] = NULL;
}

static int memory_file(struct qmp_error **errp)
{
    int fd = memfd_create("qmigrate-store", MFD_CLOEXEC);

    if (fd < 0) {
        int sys = errno;
        return qmp_fail_sys(errp, sys, "cannot make a file in memory");
    }
    return fd;
}

static int make_input(const struct store_addr *addr,
                      const struct store_request *request, const char *nonce,
                      struct qmp_error **errp)
{
    CLEANUP(freep) char *script = store_script(addr, request, nonce);
    CLEANUP(closep) int fd = memory_file(errp);

    if (!script)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    if (fd < 0)
        return -1;
    if (dprintf(fd, "%s", script) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
        int sys = errno;
        return qmp_fail_sys(errp, sys, "cannot write a script");
    }
    return TAKE_FD(fd);
}

static void make_nonce(char nonce[static 17])
{
    uint64_t random = 0;

    if (getrandom(&random, sizeof(random), 0) < 0)
        abort(); /* it has no reason to fail */
    snprintf(nonce, 17, "%016llx", (unsigned long long)random);
}

int store_start(struct store_run *run, const struct store_addr *addr,
                const struct store_request *request, struct qmp_error **errp)
{
    struct store_run r = {.pidfd = -1};
    CLEANUP(closep) int in = -1;
    CLEANUP(closep) int out = memory_file(errp);
    CLEANUP(closep) int err = -1;
    char *argv[MAX_ARGS];

    make_nonce(r.nonce);
    snprintf(r.what, sizeof(r.what), "domain store '%s'", addr->text);
    snprintf(r.file, sizeof(r.file), "%s", request->file);
    if (out < 0 || (err = memory_file(errp)) < 0 ||
        (in = make_input(addr, request, r.nonce, errp)) < 0)
        return -1;
    fill_arguments(addr, argv);
    r.pid = fork();
    if (r.pid < 0) {
        int sys = errno;
        return qmp_fail_sys(errp, sys, "cannot start '%s'", argv[0]);
    }
    if (r.pid == 0)
        run_command(argv, in, out, err);
    setpgid(r.pid, r.pid); /* here as there: it may be ended at once */
    r.pidfd = (int)syscall(SYS_pidfd_open, r.pid, 0);
    r.out = TAKE_FD(out);
    r.err = TAKE_FD(err);
    if (r.pidfd < 0) {
        int sys = errno;
        store_end(&r);
        return qmp_fail_sys(errp, sys, "no descriptor of a process");
    }
    *run = r;
    return 0;
}

/* All of a file in memory, NUL-terminated; *len without that. */
static char *read_all(int fd, size_t *len)
{
    struct stat st;
    char *text = NULL;

    if (fstat(fd, &st) == 0)
        text = malloc((size_t)st.st_size + 1);
    if (!text)
        return NULL;
    ssize_t n = pread(fd, text, (size_t)st.st_size, 0);
    *len = n > 0 ? (size_t)n : 0;
    text[*len] = '\0';
    return text;
}

/* Why it failed, in its last words; "" if it said nothing. */
static void last_words(const struct store_run *run, char *out, size_t room)
{
    size_t len = 0;
    CLEANUP(freep) char *text = read_all(run->err, &len);
    char words[400] = "";

    *out = '\0';
    if (text && len)
        qmp_child_last_words(text, len, words, sizeof(words));
    if (*words)
        snprintf(out, room, ": %s", words);
}

/* The part of an output that was not looked at yet. */
struct rest {
    char *at;
    char *end;
};

/* A line of the script's own, behind "@NONCE "; NULL: no more. *begin is
 * where it began, with the line end before it. */
static char *next_line(const struct store_run *run, struct rest *rest,
                       char **begin)
{
    char mark[24];

    snprintf(mark, sizeof(mark), "\n@%s ", run->nonce);
    *begin =
        memmem(rest->at, (size_t)(rest->end - rest->at), mark, strlen(mark));
    if (!*begin)
        return NULL;
    char *line = *begin + strlen(mark);
    char *stop = memchr(line, '\n', (size_t)(rest->end - line));
    if (!stop)
        return NULL; /* cut off */
    *stop = '\0';
    rest->at = stop + 1;
    return line;
}

static int fail(const struct store_run *run, const char *word,
                struct qmp_error **errp)
{
    char words[500];

    last_words(run, words, sizeof(words));
    for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
        if (strcmp(failures[i].word, word) != 0)
            continue;
        if (!failures[i].of_file)
            return qmp_fail(errp, QMIG_ERR_STORE, "%s: %s%s", run->what,
                            failures[i].text, words);
        return qmp_fail(errp, QMIG_ERR_STORE, "%s: '%s' %s%s", run->what,
                        run->file, failures[i].text, words);
    }
    return qmp_fail(errp, QMIG_ERR_STORE, "%s: it answers '%.40s'", run->what,
                    word);
}

/* The script did not come to its end. */
static int fail_unsaid(const struct store_run *run, int status,
                       struct qmp_error **errp)
{
    char words[500];
    char end[80];

    last_words(run, words, sizeof(words));
    qmp_child_status(status, end, sizeof(end));
    return qmp_fail(errp, QMIG_ERR_STORE, "%s: it cannot be reached (%s)%s",
                    run->what, end, words);
}

static int take_old(const struct store_run *run, char *from, size_t len,
                    struct store_reply *reply, struct qmp_error **errp)
{
    if (memchr(from, '\0', len) || len > STORE_MAX_BYTES)
        return qmp_fail(errp, QMIG_ERR_STORE,
                        "%s: '%s' is not a definition of a guest", run->what,
                        run->file);
    reply->old = strndup(from, len);
    return reply->old ? 0 : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

static int read_reply(struct store_run *run, int status, struct rest rest,
                      struct store_reply *reply, struct qmp_error **errp)
{
    char *begin;
    char *old = NULL;

    for (char *line; (line = next_line(run, &rest, &begin));) {
        if (!strcmp(line, "done"))
            return 0;
        if (!strncmp(line, "failed ", 7)) {
            /* What is not flushed may be there, for all that. */
            run->refused = strcmp(line + 7, "sync") != 0;
            return fail(run, line + 7, errp);
        }
        if (!strcmp(line, "old")) {
            old = rest.at;
        } else if (!strcmp(line, "end") && old) {
            if (take_old(run, old, (size_t)(begin - old), reply, errp) < 0)
                return -1;
        } else if (!strncmp(line, "other ", 6)) {
            reply->other = strdup(line + 6);
            if (!reply->other)
                return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        }
    }
    return fail_unsaid(run, status, errp);
}

int store_finish(struct store_run *run, struct store_reply *reply,
                 struct qmp_error **errp)
{
    CLEANUP(store_reply_clear) struct store_reply r = {0};
    CLEANUP(freep) char *text = NULL;
    size_t len = 0;
    int status = 0;

    while (run->pid > 0 && waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
        ;
    run->pid = 0;
    text = read_all(run->out, &len);
    if (!text)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    if (read_reply(run, status, (struct rest){text, text + len}, &r, errp) < 0)
        return -1;
    *reply = r;
    r = (struct store_reply){0};
    return 0;
}

void store_end(struct store_run *run)
{
    if (run->pid > 0)
        qmp_child_end(run->pid, run->pidfd);
    closep(&run->pidfd);
    closep(&run->out);
    closep(&run->err);
    *run = (struct store_run){.pidfd = -1, .out = -1, .err = -1};
}

void store_reply_clear(struct store_reply *reply)
{
    free(reply->old);
    free(reply->other);
    *reply = (struct store_reply){0};
}

int store_call(const struct store_addr *addr,
               const struct store_request *request, int timeout_ms,
               struct store_reply *reply, struct qmp_error **errp)
{
    CLEANUP(store_end)
    struct store_run run = {.pidfd = -1, .out = -1, .err = -1};
    CLEANUP(store_reply_clear) struct store_reply unused = {0};

    if (store_start(&run, addr, request, errp) < 0)
        return -1;
    struct pollfd fd = {.fd = run.pidfd, .events = POLLIN};
    int ready;
    do
        ready = poll(&fd, 1, timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return qmp_fail(errp, QMIG_ERR_STORE, "%s: no answer within %d seconds",
                        run.what, timeout_ms / 1000);
    return store_finish(&run, reply ? reply : &unused, errp);
}
