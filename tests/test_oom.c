/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The n-th allocation fails, for n = 1, 2, ... until a whole story passes: a
 * client that is opened, negotiates, sends commands with arguments and
 * descriptors, gets replies and events, and records all of it. Nothing may
 * crash or leak, and each accepted command's callback runs once.
 *
 * The stories have no errors of their own: formatting one may abort().
 *
 * malloc() is replaced here by one that can fail, on top of glibc's own; under
 * the sanitizers and valgrind, which bring theirs, this is skipped.
 */
#include "tests/lib/test.h"
#include "tests/lib/peer.h"
#include "qmp/json.h"
#include "qmp/schema.h"
#include "qmp/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
#define OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_MALLOC 0
#endif
#endif
#ifndef OWN_MALLOC
#define OWN_MALLOC 1
#endif

static volatile long countdown; /* 0: never fail */
static volatile long live;      /* blocks that were given and not taken back */

#if OWN_MALLOC
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void __libc_free(void *p);

static int fails(void)
{
    if (countdown && !--countdown) {
        countdown = -1; /* seen by the test: it did fail */
        errno = ENOMEM;
        return 1;
    }
    if (countdown < 0)
        countdown = -1;
    return 0;
}

QMP_EXPORT void *malloc(size_t size)
{
    void *p = countdown > 0 && fails() ? NULL : __libc_malloc(size);

    live += p != NULL;
    return p;
}

QMP_EXPORT void *calloc(size_t n, size_t size)
{
    void *p = countdown > 0 && fails() ? NULL : __libc_calloc(n, size);

    live += p != NULL;
    return p;
}

QMP_EXPORT void *realloc(void *old, size_t size)
{
    void *p = countdown > 0 && fails() ? NULL : __libc_realloc(old, size);

    live += p != NULL && !old;
    return p;
}

QMP_EXPORT void free(void *p)
{
    live -= p != NULL;
    __libc_free(p);
}
#endif

static int accepted;
static int finished;

static void count_done(struct qmp_client *c UNUSED, struct json_object *ret,
                       const struct qmp_error *err, void *opaque UNUSED)
{
    assert_true(!ret != !err);
    finished++;
}

static void on_event(struct qmp_client *c UNUSED, const char *name UNUSED,
                     struct json_object *data, int64_t us UNUSED,
                     void *opaque UNUSED)
{
    assert_non_null(data);
}

static void record(struct qmp_client *c UNUSED, char dir, const char *text,
                   size_t len, int nfds, bool valid, void *opaque)
{
    if (opaque)
        qmp_transcript_message(opaque, 1, "source", dir, text, len, nfds,
                               valid);
}

static void submit(struct qmp_client *c, const char *name,
                   struct json_object *args, int *fd)
{
    struct qmp_command cmd = {.execute = name,
                              .arguments = args,
                              .fds = fd,
                              .nfds = fd ? 1 : 0,
                              .done = count_done};

    if (!qmp_client_submit(c, &cmd, NULL, NULL))
        accepted++;
}

static void say(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Everything that the client does with memory. True: it went through. */
static bool client_story(void)
{
    struct qmp_addr addr = {.fd = -1};
    struct qmp_client_options o = {.on = {.trace = record, .event = on_event}};
    struct qmp_client *c;
    struct json_object *args = NULL;
    struct qmp_transcript *t;
    char text[64];
    int pair[2];
    bool ok;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return false;
    t = qmp_transcript_open("/dev/null", "p", "i", NULL, 0, NULL);
    o.on.opaque = t;
    snprintf(text, sizeof(text), "fd:%d", pair[1]);
    c = qmp_addr_parse(text, &addr, NULL) ? NULL
                                          : qmp_client_new(&addr, &o, 0, NULL);
    ok = t && c;
    if (!c) {
        close(pair[1]);
    } else {
        if (qmp_json_parse("{\"data\":\"d\",\"l\":[1,2.5]}", 24, &args, NULL) <
            0)
            ok = false;
        submit(c, "object-add", args, NULL);
        submit(c, "getfd", NULL, &pair[0]);
        say(pair[0], PEER_GREETING);
        qmp_client_dispatch(c, 0);
        say(pair[0], "{\"return\":{},\"id\":3}\n");
        qmp_client_dispatch(c, 0);
        say(pair[0], "{\"event\":\"E\"}\n{\"return\":{\"a\":[\"\\n\"]},"
                     "\"id\":1}\n{\"return\":7,\"id\":2}\n");
        qmp_client_dispatch(c, 0);
        ok = ok && qmp_client_state(c) == QMP_READY && finished == 2;
    }
    qmp_client_free(c);
    qmp_addr_clear(&addr);
    json_object_put(args);
    if (qmp_transcript_close(t, NULL) < 0)
        ok = false;
    close(pair[0]);
    return ok;
}

static const char schema_text[] =
    "[{\"name\":\"c\",\"meta-type\":\"command\",\"arg-type\":\"o\"},"
    "{\"name\":\"o\",\"meta-type\":\"object\",\"members\":["
    "{\"name\":\"a\",\"type\":\"e\"}]},"
    "{\"name\":\"e\",\"meta-type\":\"enum\",\"values\":[\"x\",\"y\"]}]";

static bool schema_story(void)
{
    struct json_object *o = NULL;
    struct json_object *args = NULL;
    struct qmp_schema *s = NULL;
    bool ok;

    ok = !qmp_json_parse(schema_text, sizeof(schema_text) - 1, &o, NULL) &&
         !qmp_json_parse("{\"a\":\"y\"}", 9, &args, NULL) &&
         (s = qmp_schema_parse(o, NULL)) &&
         !qmp_schema_check(s, "c", args, NULL) &&
         !qmp_schema_check(s, "c", args, NULL);
    qmp_schema_free(s);
    json_object_put(args);
    json_object_put(o);
    return ok;
}

static bool mask_story(void)
{
    static const char text[] = "{\"execute\":\"set_password\",\"arguments\":"
                               "{\"password\":\"hush\"}}";
    char *masked = qmp_mask_secrets(text, sizeof(text) - 1);
    bool ok = masked && strstr(masked, "***");

    assert_true(!masked || !strstr(masked, "hush"));
    free(masked);
    return ok;
}

static void run_story(bool (*story)(void), const char *name)
{
    int fds = count_fds();
    long n = 0;
    bool through = false;

    if (!OWN_MALLOC || getenv("LD_PRELOAD"))
        skip();
    story(); /* what libc and json-c keep for ever */
    while (!through) {
        long before = live;

        accepted = finished = 0;
        countdown = ++n;
        bool ok = story();
        bool failed = countdown < 0;
        countdown = 0;
        if (n == 1 && !failed)
            skip(); /* somebody else's malloc */
        through = ok && !failed;
        if (finished != accepted)
            fail_msg("%s, allocation %ld: %d accepted, %d finished", name, n,
                     accepted, finished);
        if (live != before)
            fail_msg("%s, allocation %ld: %ld blocks leaked", name, n,
                     live - before);
        assert_int_equal(count_fds(), fds);
        assert_true(n < 5000);
        if (!failed)
            assert_true(ok);
    }
    assert_true(n > 5);
}

static void client_survives_each_failed_allocation(void **state UNUSED)
{
    run_story(client_story, "client");
}

static void schema_survives_each_failed_allocation(void **state UNUSED)
{
    run_story(schema_story, "schema");
}

static void masking_survives_each_failed_allocation(void **state UNUSED)
{
    run_story(mask_story, "mask");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_survives_each_failed_allocation),
        cmocka_unit_test(schema_survives_each_failed_allocation),
        cmocka_unit_test(masking_survives_each_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
