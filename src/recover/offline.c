/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An interrupted migration of the definition only. It cannot run twice; it can
 * get lost, and does not: the source's goes last. Until the record `define`
 * the way is back, from there on forward, and whose the guest is, the
 * destination's store tells.
 */
#include "recover/session.h"

#include "error/errcode.h"

static struct verdict judge_store(struct session *s)
{
    struct store_move *move = &s->past.stores;
    CLEANUP(store_reply_clear) struct store_reply reply = {0};
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    const struct store_request look = {.op = STORE_CHECK,
                                       .file = move->file[QMIG_SIDE_DEST],
                                       .uuid = move->uuid};

    if (move->published)
        return (struct verdict){QMIG_OWNER_DEST, WAY_FINISH,
                                "the destination's store has the definition",
                                false};
    if (move_load_texts(move, s->dir, &err) < 0 ||
        store_call(&move->addr[QMIG_SIDE_DEST], &look,
                   (int)(s->timeout_us / 1000), &reply, &err) < 0) {
        session_say(s->evidence, "stores: %s", err->msg);
        return (struct verdict){QMIG_OWNER_UNDECIDED, WAY_WAIT,
                                "the destination's store may have the "
                                "definition",
                                false};
    }
    if (move_is_published(move, reply.old))
        return (struct verdict){QMIG_OWNER_DEST, WAY_FINISH,
                                "the destination's store has the definition",
                                false};
    return (struct verdict){QMIG_OWNER_SOURCE, WAY_FORWARD,
                            "the destination's store does not have the "
                            "definition yet",
                            false};
}

void session_judge_offline(struct session *s)
{
    static const char before[] =
        "the definition was not yet to be in the destination's store";
    static const char back[] = "it was decided to go back";

    switch (s->past.stage) {
    case PAST_BEGIN:
        s->verdict =
            (struct verdict){QMIG_OWNER_SOURCE, WAY_BACK, before, false};
        break;
    case PAST_BACK:
        s->verdict = (struct verdict){QMIG_OWNER_SOURCE, WAY_BACK, back, false};
        break;
    case PAST_COMMIT:
        s->verdict = judge_store(s);
        break;
    default: /* nothing was begun, or all is ended */
        s->verdict = verdict_of(s->past.stage, SRC_NO, DST_NO, s->fenced);
        break;
    }
}

int act_offline(struct session *s, struct qmp_error **errp)
{
    bool back = s->verdict.way == WAY_BACK;

    if (s->verdict.way == WAY_NONE)
        return 0;
    if (!back)
        s->verdict.owner = QMIG_OWNER_DEST;
    if (act_stores(s, errp) < 0)
        return -1;
    session_record_end(s, back ? "source" : "destination");
    return 0;
}
