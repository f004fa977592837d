/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A move in the journal, and back: what it needs besides is in files of the
 * migration's directory, on the disk before the record that names them. */
#include "store/move.h"

#include "domain/domain.h"
#include "error/errcode.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const char text_file[] = "store.xml";
static const char *const old_files[] = {
    [QMIG_SIDE_SOURCE] = "store-source.old",
    [QMIG_SIDE_DEST] = "store-destination.old",
};
static const char *const names[] = {
    [QMIG_SIDE_SOURCE] = "source",
    [QMIG_SIDE_DEST] = "destination",
};

static int fail_file(struct qmp_error **errp, int sys, const char *dir,
                     const char *file)
{
    return qmp_fail_sys(errp, sys, "cannot write '%s/%s'", dir, file);
}

static int keep(int dirfd, const char *dir, const char *file, const char *text,
                struct qmp_error **errp)
{
    CLEANUP(closep)
    int fd =
        openat(dirfd, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || dprintf(fd, "%s", text) < 0 || fdatasync(fd) < 0)
        return fail_file(errp, errno, dir, file);
    return 0;
}

static struct json_object *side_json(const struct store_move *move, int side)
{
    struct json_object *o = json_object_new_object();

    json_object_object_add(o, "store",
                           json_object_new_string(move->addr[side].text));
    json_object_object_add(o, "file", json_object_new_string(move->file[side]));
    json_object_object_add(o, "had", json_object_new_boolean(move->had[side]));
    return o;
}

int move_save(const struct store_move *move, const char *dir,
              struct json_object **ret, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *o = json_object_new_object();
    CLEANUP(closep) int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dirfd < 0)
        return fail_file(errp, errno, dir, text_file);
    if (move->text && keep(dirfd, dir, text_file, move->text, errp) < 0)
        return -1;
    for (int side = 0; side < 2; side++) {
        if (move->addr[side].kind == STORE_NONE)
            continue;
        if (move->old[side] &&
            keep(dirfd, dir, old_files[side], move->old[side], errp) < 0)
            return -1;
        json_object_object_add(o, names[side], side_json(move, side));
    }
    if (fsync(dirfd) < 0)
        return fail_file(errp, errno, dir, text_file);
    json_object_object_add(o, "uuid", json_object_new_string(move->uuid));
    if (move->temp)
        json_object_object_add(o, "temp", json_object_new_string(move->temp));
    *ret = TAKE_PTR(o);
    return 0;
}

static int take_string(struct json_object *o, const char *name, char **ret,
                       struct qmp_error **errp)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(o, name, &value);
    if (!json_object_is_type(value, json_type_string))
        return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD,
                        "record 1, 'begin': 'stores': '%s' must be a string",
                        name);
    *ret = strdup(json_object_get_string(value));
    return *ret ? 0 : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

/* It must not lead out of the store. */
static int take_name(struct json_object *o, const char *name, char **ret,
                     struct qmp_error **errp)
{
    if (take_string(o, name, ret, errp) < 0)
        return -1;
    if (**ret && !strchr(*ret, '/'))
        return 0;
    return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD,
                    "record 1, 'begin': 'stores': '%s' must be the name of a "
                    "file",
                    name);
}

static int take_file(const char *dir, const char *file, char **ret,
                     struct qmp_error **errp)
{
    CLEANUP(freep) char *path = NULL;
    size_t len;

    if (asprintf(&path, "%s/%s", dir, file) < 0) {
        path = NULL;
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    }
    return domain_read_file(path, ret, &len, errp);
}

static int take_side(struct json_object *o, int side, struct store_move *move,
                     struct qmp_error **errp)
{
    CLEANUP(freep) char *text = NULL;
    struct json_object *had = NULL;

    json_object_object_get_ex(o, "had", &had);
    move->had[side] = json_object_get_boolean(had);
    if (take_string(o, "store", &text, errp) < 0 ||
        take_name(o, "file", &move->file[side], errp) < 0)
        return -1;
    return store_addr_parse(text, &move->addr[side], errp);
}

int move_load(struct json_object *from, struct store_move *ret,
              struct qmp_error **errp)
{
    CLEANUP(move_clear) struct store_move move = {0};

    if (take_string(from, "uuid", &move.uuid, errp) < 0)
        return -1;
    for (int side = 0; side < 2; side++) {
        struct json_object *o = NULL;

        if (!json_object_object_get_ex(from, names[side], &o))
            continue;
        if (take_side(o, side, &move, errp) < 0 ||
            (side == QMIG_SIDE_DEST &&
             take_name(from, "temp", &move.temp, errp) < 0))
            return -1;
    }
    *ret = move;
    move = (struct store_move){0};
    return 0;
}

int move_load_texts(struct store_move *move, const char *dir,
                    struct qmp_error **errp)
{
    for (int side = 0; side < 2; side++)
        if (move->had[side] && !move->old[side] &&
            take_file(dir, old_files[side], &move->old[side], errp) < 0)
            return -1;
    if (move->addr[QMIG_SIDE_DEST].kind == STORE_NONE || move->text)
        return 0;
    return take_file(dir, text_file, &move->text, errp);
}
