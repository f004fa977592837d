/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps in which a migration acts on domain stores (store/move.h). */
#ifndef QMIG_STORE_STEP_H
#define QMIG_STORE_STEP_H

/* X(id, name): in the order of a migration; FINISH and DISCARD exclude each
 * other, LOOK tells whether a FINISH that was not heard of has come to pass */
#define MOVE_MAP(X)                                                            \
    X(CHECK, "check")                                                          \
    X(STAGE, "stage")                                                          \
    X(FINISH, "finish")                                                        \
    X(LOOK, "look")                                                            \
    X(DISCARD, "discard")

enum move_step {
    MOVE_NONE,
#define X(id, name) MOVE_##id,
    MOVE_MAP(X)
#undef X
        MOVE__MAX
};

const char *move_step_name(enum move_step step); /* "check", ... */

#endif
