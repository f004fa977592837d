/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Domain stores after an interrupted migration: they follow the guest. On the
 * destination, its definition gets its name there and goes on the source; on
 * the source, what was staged is discarded. Each request finds done what is
 * done already, so it does no harm that its record may be missing.
 */
#include "recover/session.h"

#include "plan/plan.h"

/* A shell on another host has to be reached first. */
#define STORE_MS 30000

static bool has_moved(const struct session *s)
{
    /* Before the first judgement, by what the journal ends with. */
    return s->past.stage == PAST_ENDED_DEST ||
           (s->past.stage != PAST_ENDED_SOURCE &&
            s->verdict.owner == QMIG_OWNER_DEST);
}

bool session_stores_due(const struct session *s)
{
    return s->past.has_stores && move_is_due(&s->past.stores, has_moved(s));
}

void session_tell_stores(struct session *s)
{
    const struct store_move *move = &s->past.stores;
    bool moved = has_moved(s);

    if (!session_stores_due(s) || s->verdict.owner == QMIG_OWNER_UNDECIDED)
        return;
    if (moved && move->addr[QMIG_SIDE_DEST].kind != STORE_NONE &&
        !move->published)
        session_say(s->evidence,
                    "stores: '%s' of '%s' is not yet the guest's definition",
                    move->file[QMIG_SIDE_DEST],
                    move->addr[QMIG_SIDE_DEST].text);
    if (moved && move->addr[QMIG_SIDE_SOURCE].kind != STORE_NONE &&
        !move->removed)
        session_say(s->evidence, "stores: '%s' of '%s' is not yet removed",
                    move->file[QMIG_SIDE_SOURCE],
                    move->addr[QMIG_SIDE_SOURCE].text);
    if (!moved)
        session_say(s->evidence,
                    "stores: what was staged in '%s' is to be "
                    "discarded",
                    move->addr[QMIG_SIDE_DEST].text);
}

static void keep(struct session *s, const char *did)
{
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();

    json_object_object_add(data, "by", json_object_new_string("recover"));
    json_object_object_add(data, "did", json_object_new_string(did));
    /* Not written, it is found done the next time. */
    journal_write(s->journal, "store", data, true, NULL);
}

int act_stores(struct session *s, struct qmp_error **errp)
{
    struct store_move *move = &s->past.stores;
    enum move_step step = has_moved(s) ? MOVE_FINISH : MOVE_DISCARD;
    struct store_request request;
    enum qmig_side side;
    unsigned at = 0;

    if (!session_stores_due(s))
        return 0;
    if (step == MOVE_FINISH && move_load_texts(move, s->dir, errp) < 0)
        return -1;
    while (move_next(move, step, &at, &request, &side)) {
        if (store_call(&move->addr[side], &request, STORE_MS, NULL, errp) < 0)
            return -1;
        const char *did = move_did(move, request.op);

        keep(s, did);
        session_say(s->done, "%s: '%s' in '%s': %s", side_name(side),
                    request.op == STORE_DISCARD ? request.temp : request.file,
                    move->addr[side].text, did);
    }
    return 0;
}
