/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking both QEMUs at once what they are doing. Changes nothing. */
#ifndef QMIG_ASK_H
#define QMIG_ASK_H

#include "qmp/client.h"

struct answer {
    struct qmp_client *client; /* stays connected; NULL if it never was */
    bool answers;              /* all of it, and it is our guest */
    char *status;              /* query-status */
    char *migration;           /* status of query-migrate, or NULL */
    char *uuid;
    struct qmp_error *err; /* why it does not answer, or NULL */
    unsigned waiting;
    bool closed;
};

/*
 * Ask the monitors at `addr` (by enum qmig_side; NULL: not to be asked). The
 * answers are there, or the deadline has passed, when it returns. A QEMU whose
 * uuid is not `guest` (where that is a uuid, and the QEMU has one) does not
 * count as an answer. `a` is not to be moved while its clients live.
 */
void ask_both(const char *const addr[2], const char *guest, int64_t timeout_us,
              struct answer a[2]);
void answer_clear(struct answer *a);

#endif
