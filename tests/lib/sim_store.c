/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The domain stores of a simulation: one step at a time, each of which ends. */
#include "tests/lib/sim_priv.h"

#include "error/errcode.h"
#include "tests/lib/test.h"

void sim_store_start(struct sim *s, const struct engine_action *a)
{
    assert_true(a->deadline > s->now);
    assert_int_equal(s->store, MOVE_NONE);
    s->store = (enum move_step)a->tag;
    s->store_late = s->store_hangs_next;
    s->store_hangs_next = false;
    s->store_ends = s->store_late      ? a->deadline
                    : s->o.slow_stores ? s->now + 1000000
                                       : s->now;
}

void sim_store_end(struct sim *s)
{
    struct engine_event ev = {.kind = EV_STORE_DONE, .tag = s->store};
    struct qmp_error *err = NULL;

    if (s->store_late || s->store_fails_next) {
        qmp_fail(&err, QMIG_ERR_STORE, "no answer");
        s->r.stores_failed |= 1u << s->store;
    }
    if (!s->store_late)
        s->store_fails_next = false;
    s->store = MOVE_NONE;
    ev.err = err;
    sim_post(s, ev);
}
