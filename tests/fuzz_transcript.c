/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A transcript from anywhere: read to its end, and played to a client that
 * sends what comes to mind. */
#include "qmp/reader.h"
#include "qmp/replay.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(struct qmp_error *err)
{
    assert(err);
    for (const char *p = err->msg; *p; p++)
        assert((unsigned char)*p >= 0x20 && *p < 0x7f);
    qmp_error_free(err);
}

static void read_to_the_end(const char *path)
{
    struct qmp_error *err = NULL;
    struct qmp_reader *r = qmp_reader_open(path, &err);
    struct qmp_entry e;
    uint64_t line = 0;
    int64_t t_us = 0;
    int rc;

    if (!r) {
        check_error(err);
        return;
    }
    while ((rc = qmp_reader_next(r, &e, &err)) > 0) {
        /* others may write several messages on a line */
        assert(qmp_reader_format(r) ? e.line >= line : e.line > line);
        assert(e.t_us >= t_us && e.object);
        assert(e.kind == QMP_ENTRY_NOTE ? e.text != NULL : e.peer != NULL);
        line = e.line;
        t_us = e.t_us;
    }
    if (rc < 0)
        check_error(err);
    qmp_reader_free(r);
}

static void play(const char *path)
{
    static const char commands[] =
        "{\"execute\":\"qmp_capabilities\",\"id\":1}\n"
        "{\"execute\":\"query-migrate\",\"id\":2}\n"
        "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"x\"},\"id\":3}\n";
    const struct qmp_replay_options o = {.lenient = true, .stall_us = 1000};
    struct qmp_error *err = NULL;
    struct qmp_replay *r = qmp_replay_load(path, &o, &err);
    int fds[QMP_REPLAY_MAX_PEERS];
    size_t n = 0;
    char sink[4096];

    if (!r) {
        check_error(err);
        return;
    }
    for (; qmp_replay_peer(r, n); n++) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
            abort();
        assert(!qmp_replay_attach(r, qmp_replay_peer(r, n), pair[0], NULL));
        fds[n] = pair[1];
    }
    for (int64_t now = 1; now < 6; now++) {
        for (size_t i = 0; i < n; i++)
            if (now == 2 && send(fds[i], commands, sizeof(commands) - 1,
                                 MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
                continue;
        qmp_replay_dispatch(r, now);
        for (size_t i = 0; i < n; i++)
            while (recv(fds[i], sink, sizeof(sink), MSG_DONTWAIT) > 0)
                ;
    }
    for (size_t i = 0; i < n; i++)
        close(fds[i]);
    qmp_replay_dispatch(r, 10);
    qmp_replay_dispatch(r, 2000);
    qmp_replay_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memfd_create("transcript", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    read_to_the_end(path);
    play(path);
    close(fd);
    return 0;
}
