/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a migration does to domain stores: it writes the guest's definition to
 * the destination's (PERSIST_DEST) and removes it from the source's
 * (UNDEFINE_SOURCE).
 *
 *     check      both stores can be written; no other guest is in the way
 *     stage      the new definition is on the destination's disk, under
 *                another name: nothing that can fail is left for later
 *     finish     the guest has moved: the definition gets its name, then the
 *                source's goes
 *     look       (offline) nobody heard of the end of `finish`: has the
 *                definition got its name?
 *     discard    it has not: what was staged goes
 *
 * The journal has all of it (its texts are files in the migration's
 * directory), so that recover finishes or discards what was begun.
 */
#ifndef QMIG_STORE_MOVE_H
#define QMIG_STORE_MOVE_H

#include "qmigrate.h"
#include "store/step.h"
#include "store/store.h"

struct store_move {
    struct store_addr addr[2]; /* by enum qmig_side; STORE_NONE: untouched */
    char *file[2];             /* "NAME.xml" */
    char *old[2];              /* what was there; NULL: nothing */
    bool had[2];               /* there was something */
    char *temp;                /* the destination's until it is whole */
    char *uuid;                /* of the guest */
    char *text;                /* the new definition */
    bool published;            /* what was done, as far as is known */
    bool removed;
    bool discarded;
};
void move_clear(struct store_move *move); /* {0} is fine */

/*
 * The next request of a step, with members that are the move's; false: there
 * is no more. *at, 0 at first, is where to go on. What is known to be done is
 * not asked for again.
 */
bool move_next(const struct store_move *move, enum move_step step, unsigned *at,
               struct store_request *request, enum qmig_side *side);

/* Take what a request of CHECK found: QMIG_ERR_STORE_TAKEN if another guest is
 * there, QMIG_ERR_STORE if what is to be removed is not. Takes reply->old. */
int move_learn(struct store_move *move, enum qmig_side side,
               struct store_reply *reply, struct qmp_error **errp);
/* Remember that it was done. The name for the journal, NULL for CHECK. */
const char *move_did(struct store_move *move, enum store_op op);

/* Is there anything that `finish` (or else `discard`) still has to do? */
bool move_is_due(const struct store_move *move, bool moved);

/* Is this text, as CHECK found it in the destination's store, the new
 * definition? */
bool move_is_published(const struct store_move *move, const char *found);

/* For the journal: the value of `stores` in `begin`; the texts become files in
 * `dir`. */
int move_save(const struct store_move *move, const char *dir,
              struct json_object **ret, struct qmp_error **errp);
/* And back, without the texts: QMIG_ERR_JOURNAL_BAD; and with them. */
int move_load(struct json_object *from, struct store_move *ret,
              struct qmp_error **errp);
int move_load_texts(struct store_move *move, const char *dir,
                    struct qmp_error **errp);
/* The `did` of a record `store`; -1: it is none that is known. */
int move_take_record(struct store_move *move, const char *did);

/* What was written and removed: {"destination":{"directory","file",
 * "written"},"source":{...,"removed"}}. */
struct json_object *move_result(const struct store_move *move);

/* What would be written and removed, for plan: rows {"peer","store","file",
 * "why"} to the end of `list`. */
void move_list(const struct store_move *move, struct json_object *list);

#endif
