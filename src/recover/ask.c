/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recover/ask.h"

#include "qmp/sync.h"

#include <poll.h>
#include <string.h>

static void set_string(char **to, struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, name, &value);
    if (!json_object_is_type(value, json_type_string))
        return;
    free(*to);
    *to = strdup(json_object_get_string(value));
}

static void keep_error(struct answer *a, const struct qmp_error *err)
{
    if (!a->err)
        a->err = qmp_error_copy(err);
}

/* One answer came: its member, or why there is none. */
static void take(struct answer *a, char **to, struct json_object *ret,
                 const char *member, const struct qmp_error *err)
{
    a->waiting--;
    if (err)
        keep_error(a, err);
    else
        set_string(to, ret, member);
}

static void on_status(struct qmp_client *c UNUSED, struct json_object *ret,
                      const struct qmp_error *err, void *opaque)
{
    struct answer *a = opaque;

    take(a, &a->status, ret, "status", err);
}

static void on_migration(struct qmp_client *c UNUSED, struct json_object *ret,
                         const struct qmp_error *err, void *opaque)
{
    struct answer *a = opaque;

    take(a, &a->migration, ret, "status", err);
}

static void on_uuid(struct qmp_client *c UNUSED, struct json_object *ret,
                    const struct qmp_error *err, void *opaque)
{
    struct answer *a = opaque;

    take(a, &a->uuid, ret, "UUID", err);
}

static void on_closed(struct qmp_client *c UNUSED, const struct qmp_error *why,
                      void *opaque)
{
    struct answer *a = opaque;

    a->closed = true;
    if (why)
        keep_error(a, why);
}

static const struct {
    const char *execute;
    qmp_reply_fn *done;
} questions[] = {
    {"query-status", on_status},
    {"query-migrate", on_migration},
    {"query-uuid", on_uuid},
};

static void start(struct answer *a, const char *text, int64_t until)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr addr = {.fd = -1};
    int64_t now = qmp_now_us();
    struct qmp_client_options o = {
        .connect_us = until - now,
        .greeting_us = until - now,
        .on = {.closed = on_closed, .opaque = a},
    };

    if (!strncmp(text, "fd:", 3)) {
        qmp_fail(&a->err, QMP_ERR_CONNECT,
                 "'%s' was open in a process that is gone", text);
        return;
    }
    if (qmp_addr_parse(text, &addr, &a->err) < 0)
        return;
    a->client = qmp_client_new(&addr, &o, now, &a->err);
    for (size_t i = 0; a->client && i < ARRAY_SIZE(questions); i++) {
        struct qmp_command command = {
            .execute = questions[i].execute,
            .deadline_us = until,
            .done = questions[i].done,
            .opaque = a,
        };

        if (qmp_client_submit(a->client, &command, NULL, &a->err) < 0)
            return;
        a->waiting++;
    }
}

static bool asks(const struct answer *a)
{
    return a->client && !a->closed && a->waiting;
}

static void wait_for_both(struct answer a[2], int64_t until)
{
    while (asks(&a[0]) || asks(&a[1])) {
        struct pollfd fds[2 * QMP_CLIENT_POLLFDS];
        nfds_t n = 0;
        int64_t left = until - qmp_now_us();

        for (int i = 0; i < 2; i++)
            if (asks(&a[i]))
                n += qmp_client_pollfds(a[i].client, fds + n);
        poll(fds, n, left > 0 ? (int)((left + 999) / 1000) : 0);
        int64_t now = qmp_now_us();
        for (int i = 0; i < 2; i++)
            if (asks(&a[i]))
                qmp_client_dispatch(a[i].client, now);
        if (now > until + 10000) /* their own deadlines have passed */
            return;
    }
}

static bool is_uuid(const char *text)
{
    return text && strlen(text) == 36 && text[8] == '-' && text[23] == '-';
}

static void judge(struct answer *a, const char *guest)
{
    static const char none[] = "00000000-0000-0000-0000-000000000000";

    a->answers = a->client && !a->closed && !a->waiting && !a->err && a->status;
    if (!a->answers && !a->err)
        qmp_fail(&a->err, QMP_ERR_TIMEOUT, "no answer in time");
    if (a->answers && is_uuid(guest) && a->uuid && strcmp(a->uuid, none) != 0 &&
        strcasecmp(a->uuid, guest) != 0) {
        a->answers = false;
        qmp_fail(&a->err, QMP_ERR_NOT_QMP,
                 "there is another guest now, '%.36s', wanted '%.36s'", a->uuid,
                 guest);
    }
}

void ask_both(const char *const addr[2], const char *guest, int64_t timeout_us,
              struct answer a[2])
{
    int64_t until = qmp_now_us() + timeout_us;

    for (int i = 0; i < 2; i++) {
        a[i] = (struct answer){0};
        if (addr[i])
            start(&a[i], addr[i], until);
    }
    for (int i = 0; i < 2; i++)
        if (a[i].client)
            qmp_client_flush(a[i].client);
    wait_for_both(a, until);
    for (int i = 0; i < 2; i++)
        if (addr[i])
            judge(&a[i], guest);
}

void answer_clear(struct answer *a)
{
    qmp_client_free(a->client);
    free(a->status);
    free(a->migration);
    free(a->uuid);
    qmp_error_free(a->err);
    *a = (struct answer){0};
}
