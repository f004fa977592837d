/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status, cancel, set, postcopy, switchover: through a running migration's
 * socket. */
#include "cli.h"

#include "error/errcode.h"
#include "job/statedir.h"
#include "params/params.h"
#include "qmp/json.h"
#include "qmp/sync.h"

#include <fcntl.h>
#include <string.h>

#define TIMEOUT_US (5 * INT64_C(1000000))

struct target {
    char *id;
    char *dir;
};

static void target_clear(struct target *t)
{
    free(t->id);
    free(t->dir);
}

/* Which migration is meant. */
static int find_target(const struct cli *cli, struct target *t,
                       struct qmp_error **errp)
{
    CLEANUP(freep) char *state = statedir_path(cli->o.state_dir, errp);

    if (!state)
        return -1;
    if (cli->n_operands < 1)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "which migration? Give its id, or the guest's uuid or "
                        "name");
    t->id = statedir_find(state, cli->operands[0], errp);
    if (!t->id)
        return -1;
    if (asprintf(&t->dir, "%s/%s", state, t->id) < 0) {
        t->dir = NULL;
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    }
    return 0;
}

/* The socket's path may be longer than an address: it is named through the
 * directory's descriptor, as it was made. */
static struct qmp_client *dial(const struct target *t, struct qmp_error **errp)
{
    CLEANUP(closep)
    int dirfd = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char addr[64];

    if (dirfd < 0 || faccessat(dirfd, "control", F_OK, 0) < 0) {
        qmp_fail(errp, QMIG_ERR_USAGE, "migration %s is not running", t->id);
        return NULL;
    }
    snprintf(addr, sizeof(addr), "unix:/proc/self/fd/%d/control", dirfd);
    struct qmp_client *c = qmp_open(addr, NULL, TIMEOUT_US, NULL);
    if (!c) {
        qmp_fail(errp, QMIG_ERR_USAGE,
                 "migration %s is not running (its process has ended)", t->id);
        qmp_hint(errp, "'qmigrate owner %s' tells where the guest is", t->id);
    }
    return c;
}

/* It is not QEMU that refuses here. */
static void plain_refusal(struct qmp_error *err)
{
    if (err && err->code == QMP_ERR_REFUSED) {
        free(err->msg);
        err->msg = TAKE_PTR(err->qmp_desc);
    }
}

static struct json_object *call(const struct cli *cli, const char *command,
                                struct json_object *arguments,
                                struct qmp_error **errp)
{
    CLEANUP(target_clear) struct target t = {0};
    struct qmp_error *err = NULL;
    struct json_object *ret = NULL;

    if (find_target(cli, &t, errp) < 0)
        return NULL;
    CLEANUP(qmp_client_freep) struct qmp_client *c = dial(&t, errp);
    if (!c)
        return NULL;
    ret = qmp_call(c, command, arguments, TIMEOUT_US, &err);
    plain_refusal(err);
    if (!ret)
        qmp_propagate(errp, err);
    return ret;
}

static int act(const struct cli *cli, const char *command,
               struct json_object *arguments, struct qmp_error **errp)
{
    CLEANUP(json_putp)
    struct json_object *ret = call(cli, command, arguments, errp);

    if (!ret)
        return -1;
    if (cli->json)
        cli_put_json(ret);
    return 0;
}

int cli_cancel(struct cli *cli, struct qmp_error **errp)
{
    return act(cli, "cancel", NULL, errp);
}

int cli_postcopy(struct cli *cli, struct qmp_error **errp)
{
    return act(cli, "postcopy", NULL, errp);
}

int cli_switchover(struct cli *cli, struct qmp_error **errp)
{
    return act(cli, "switchover", NULL, errp);
}

/* "NAME=VALUE": a number, as all that can be changed is one. */
static int add_value(struct json_object *arguments, const char *text,
                     struct qmp_error **errp)
{
    const char *equals = strchr(text, '=');
    char *end = NULL;

    if (!equals || equals == text)
        return qmp_fail(errp, QMIG_ERR_USAGE, "'%s' is not NAME=VALUE", text);
    long long value = strtoll(equals + 1, &end, 10);
    if (end == equals + 1 || *end)
        return qmp_fail(errp, QMIG_ERR_PARAM_TYPE,
                        "invalid value '%s' for parameter '%.*s', expected a "
                        "number",
                        equals + 1, (int)(equals - text), text);
    CLEANUP(freep) char *name = strndup(text, (size_t)(equals - text));
    if (!name)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    json_object_object_add(arguments, name, json_object_new_int64(value));
    return 0;
}

int cli_set(struct cli *cli, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *arguments = json_object_new_object();

    if (cli->n_operands < 2)
        return qmp_fail(errp, QMIG_ERR_USAGE, "set what? Give NAME=VALUE");
    for (int i = 1; i < cli->n_operands; i++)
        if (add_value(arguments, cli->operands[i], errp) < 0)
            return -1;
    return act(cli, "set-parameters", arguments, errp);
}

static void put_line(struct json_object *status, const char *title,
                     const char *name)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(status, name, &value))
        return;
    printf("%-14s", title);
    cli_put_text(stdout, json_object_get_string(value));
    putchar('\n');
}

static void put_hold(struct json_object *status)
{
    struct json_object *hold = NULL;

    if (!json_object_object_get_ex(status, "holding", &hold))
        return;
    put_line(hold, "held at", "at");
    put_line(hold, "held ms", "elapsed_ms");
    put_line(hold, "of at most", "timeout_ms");
}

static void put_status(struct json_object *status)
{
    struct json_object *info = NULL;
    struct json_object *ram = NULL;
    struct json_object *disk = NULL;

    put_line(status, "id", "id");
    put_line(status, "phase", "phase");
    put_line(status, "state", "state");
    put_line(status, "elapsed ms", "elapsed_ms");
    put_line(status, "result", "result");
    put_line(status, "owner", "owner");
    json_object_object_get_ex(status, "migration", &info);
    put_hold(status);
    put_line(info, "QEMU says", "status");
    json_object_object_get_ex(info, "ram", &ram);
    put_line(ram, "total", "total");
    put_line(ram, "transferred", "transferred");
    put_line(ram, "remaining", "remaining");
    put_line(ram, "passes", "dirty-sync-count");
    put_line(ram, "megabit/s", "mbps");
    if (!json_object_object_get_ex(info, "disk", &disk))
        return;
    put_line(disk, "disks total", "total");
    put_line(disk, "disks copied", "transferred");
    put_line(disk, "disks left", "remaining");
}

/* What a migration that has ended left of itself. */
static struct json_object *kept_status(const struct target *t)
{
    CLEANUP(freep) char *path = NULL;
    CLEANUP(freep) char *text = NULL;
    struct json_object *status = NULL;

    if (asprintf(&path, "%s/stats.json", t->dir) < 0) {
        path = NULL;
        return NULL;
    }
    text = cli_read_file(path, CLI_MAX_FILE, QMIG_ERR_USAGE, NULL);
    if (text)
        qmp_json_parse(text, strcspn(text, "\n"), &status, NULL);
    return status;
}

int cli_status(struct cli *cli, struct qmp_error **errp)
{
    CLEANUP(target_clear) struct target t = {0};
    CLEANUP(qmp_client_freep) struct qmp_client *c = NULL;
    CLEANUP(json_putp) struct json_object *status = NULL;

    if (find_target(cli, &t, errp) < 0)
        return -1;
    status = kept_status(&t);
    if (!status) {
        c = dial(&t, errp);
        status = c ? qmp_call(c, "status", NULL, TIMEOUT_US, errp) : NULL;
    }
    if (!status)
        return -1;
    if (cli->json)
        cli_put_json(status);
    else
        put_status(status);
    return 0;
}
