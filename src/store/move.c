/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/move.h"

#include "domain/domain.h"
#include "error/errcode.h"

#include <string.h>

#define SRC QMIG_SIDE_SOURCE
#define DST QMIG_SIDE_DEST

static const char *const step_names[MOVE__MAX] = {
#define X(id, name) [MOVE_##id] = name,
    MOVE_MAP(X)
#undef X
};

const char *move_step_name(enum move_step step)
{
    return step_names[step];
}

/* The requests of the steps, in order; `did`: for the journal. */
/* clang-format off */
static const struct row {
    enum move_step step;
    enum qmig_side side;
    enum store_op op;
    const char *did;
} rows[] = {
    {MOVE_CHECK,   DST, STORE_CHECK,   NULL},
    {MOVE_CHECK,   SRC, STORE_CHECK,   NULL},
    {MOVE_STAGE,   DST, STORE_STAGE,   "staged"},
    {MOVE_FINISH,  DST, STORE_PUBLISH, "published"},
    {MOVE_FINISH,  SRC, STORE_REMOVE,  "removed"},
    {MOVE_LOOK,    DST, STORE_CHECK,   NULL},
    {MOVE_DISCARD, DST, STORE_DISCARD, "discarded"},
};
/* clang-format on */

/* The flag that says that it was done; NULL if nobody has to know. */
static bool *done_flag(struct store_move *move, enum store_op op)
{
    return op == STORE_PUBLISH   ? &move->published
           : op == STORE_REMOVE  ? &move->removed
           : op == STORE_DISCARD ? &move->discarded
                                 : NULL;
}

static bool applies(const struct store_move *move, const struct row *row,
                    enum move_step step)
{
    const bool *done = done_flag((struct store_move *)(uintptr_t)move, row->op);

    return row->step == step && move->addr[row->side].kind != STORE_NONE &&
           !(done && *done);
}

bool move_next(const struct store_move *move, enum move_step step, unsigned *at,
               struct store_request *request, enum qmig_side *side)
{
    for (; *at < ARRAY_SIZE(rows); ++*at) {
        const struct row *row = &rows[*at];

        if (!applies(move, row, step))
            continue;
        *side = row->side;
        *request = (struct store_request){
            .op = row->op,
            .file = move->file[*side],
            .temp = *side == DST ? move->temp : NULL,
            .uuid = row->op == STORE_CHECK ? move->uuid : NULL,
            .text = *side == DST && row->op != STORE_CHECK ? move->text : NULL,
            .old = row->op == STORE_CHECK ? NULL : move->old[*side],
        };
        ++*at;
        return true;
    }
    return false;
}

bool move_is_due(const struct store_move *move, bool moved)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (applies(move, &rows[i], moved ? MOVE_FINISH : MOVE_DISCARD))
            return true;
    return false;
}

bool move_is_published(const struct store_move *move, const char *found)
{
    size_t n = strlen(move->text);

    /* A line end is added where it is missing. */
    return found && !strncmp(found, move->text, n) &&
           (!found[n] || !strcmp(found + n, "\n"));
}

static int taken(const struct store_move *move, enum qmig_side side,
                 const char *file, const char *what, struct qmp_error **errp)
{
    return qmp_fail(errp, QMIG_ERR_STORE_TAKEN, "domain store '%s': '%s' %s",
                    move->addr[side].text, file, what);
}

int move_learn(struct store_move *move, enum qmig_side side,
               struct store_reply *reply, struct qmp_error **errp)
{
    CLEANUP(domain_freep) struct domain *dom = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    const char *file = move->file[side];
    char what[200];

    if (reply->old &&
        domain_parse(reply->old, strlen(reply->old), file, &dom, &err) < 0) {
        snprintf(what, sizeof(what), "is no definition of a guest: %s",
                 err->msg);
        return taken(move, side, file, what, errp);
    }
    const char *uuid = dom ? domain_uuid(dom) : NULL;
    if (dom && (!uuid || strcmp(uuid, move->uuid) != 0)) {
        snprintf(what, sizeof(what),
                 "is of another guest: its uuid is '%s', "
                 "not '%s'",
                 uuid ? uuid : "", move->uuid);
        return taken(move, side, file, what, errp);
    }
    if (side == DST && reply->other) {
        snprintf(what, sizeof(what), "has the guest's uuid '%s' already",
                 move->uuid);
        return taken(move, side, reply->other, what, errp);
    }
    if (side == SRC && !dom) {
        qmp_fail(errp, QMIG_ERR_STORE,
                 "domain store '%s': there is no '%s' that could be removed",
                 move->addr[side].text, file);
        return qmp_hint(errp, "leave flag 'undefine_source' out if the guest "
                              "has no definition there");
    }
    move->old[side] = TAKE_PTR(reply->old);
    move->had[side] = move->old[side] != NULL;
    return 0;
}

const char *move_did(struct store_move *move, enum store_op op)
{
    bool *done = done_flag(move, op);

    if (done)
        *done = true;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].op == op)
            return rows[i].did;
    return NULL;
}

int move_take_record(struct store_move *move, const char *did)
{
    for (size_t i = 0; did && i < ARRAY_SIZE(rows); i++)
        if (rows[i].did && !strcmp(rows[i].did, did)) {
            move_did(move, rows[i].op);
            return 0;
        }
    return -1;
}

static void add_row(struct json_object *list, const struct store_move *move,
                    enum qmig_side side, const char *what, const char *why)
{
    struct json_object *row = json_object_new_object();
    const struct {
        const char *name;
        const char *value;
    } members[] = {
        {"peer", side == SRC ? "source" : "destination"},
        {"store", what},
        {"directory", move->addr[side].text},
        {"file", move->file[side]},
        {"why", why},
    };

    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        json_object_object_add(row, members[i].name,
                               json_object_new_string(members[i].value));
    json_object_array_add(list, row);
}

struct json_object *move_result(const struct store_move *move)
{
    static const char *const verbs[] = {[SRC] = "removed", [DST] = "written"};
    const bool did[] = {[SRC] = move->removed, [DST] = move->published};
    struct json_object *all = json_object_new_object();

    for (int side = 0; side < 2; side++) {
        struct json_object *o = json_object_new_object();

        if (move->addr[side].kind == STORE_NONE || !move->file[side]) {
            json_object_put(o);
            continue;
        }
        json_object_object_add(o, "directory",
                               json_object_new_string(move->addr[side].text));
        json_object_object_add(o, "file",
                               json_object_new_string(move->file[side]));
        json_object_object_add(o, verbs[side],
                               json_object_new_boolean(did[side]));
        json_object_object_add(all, side == SRC ? "source" : "destination", o);
    }
    return all;
}

void move_list(const struct store_move *move, struct json_object *list)
{
    if (move->addr[DST].kind != STORE_NONE)
        add_row(list, move, DST, move->old[DST] ? "replace" : "write",
                "once it has moved: the guest's definition; until then it is "
                "there under another name");
    if (move->addr[SRC].kind != STORE_NONE)
        add_row(list, move, SRC, "remove",
                "after that: the guest is not defined here any more");
}

void move_clear(struct store_move *move)
{
    for (int side = 0; side < 2; side++) {
        store_addr_clear(&move->addr[side]);
        free(move->file[side]);
        free(move->old[side]);
    }
    free(move->temp);
    free(move->uuid);
    free(move->text);
    *move = (struct store_move){0};
}
