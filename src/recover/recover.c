/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* owner and recover, as the public header has them. */
#include "recover/session.h"

#include "error/errcode.h"
#include "job/statedir.h"

#include <string.h>

int qmig_owner(const struct qmig_recover_options *o, struct json_object **ret,
               struct qmp_error **errp)
{
    CLEANUP(session_done) struct session s = {.lock = -1};

    if (session_open(&s, o, false, errp) < 0)
        return -1;
    *ret = session_json(&s);
    return session_exit(&s);
}

/* The guest is ours to act on; what was read before the lock was taken may be
 * old, so it is read again. */
static int lock_guest(struct session *s, const struct qmig_recover_options *o,
                      struct qmp_error **errp)
{
    CLEANUP(freep) char *key = strdup(s->past.guest);
    CLEANUP(freep) char *id = strdup(s->past.id);
    CLEANUP(closep) int lock = -1;
    struct qmig_recover_options again = *o;

    if (!key || !id)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    lock = statedir_lock(s->state, key, id, errp);
    if (lock < 0)
        return -1;
    session_done(s);
    again.id = id;
    if (session_open(s, &again, true, errp) < 0)
        return -1;
    s->lock = TAKE_FD(lock);
    s->journal = journal_append(s->dir, &s->log, errp);
    return s->journal ? 0 : -1;
}

int qmig_recover(const struct qmig_recover_options *o, struct json_object **ret,
                 struct qmp_error **errp)
{
    CLEANUP(session_done) struct session s = {.lock = -1};
    bool to_do;

    if (session_open(&s, o, false, errp) < 0)
        return -1;
    if (s.holder) {
        qmp_fail(errp, QMIG_ERR_LOCKED,
                 "another qmigrate acts on this guest: %s", s.holder);
        return -1;
    }
    to_do = s.verdict.way != WAY_WAIT &&
            (s.verdict.way != WAY_NONE || session_stores_due(&s));
    if (to_do && !o->dry_run) {
        if (lock_guest(&s, o, errp) < 0)
            return -1;
        if (act_out(&s, &s.err) < 0 || act_stores(&s, &s.err) < 0)
            session_ask(&s); /* what it came to */
    }
    *ret = session_json(&s);
    return session_exit(&s);
}
