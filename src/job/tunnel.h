/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two connected sockets joined, both ways: what comes from one goes to the
 * other, through the kernel (splice), until both have ended. A thread of its
 * own does it, so that neither the caller's loop nor an fsync of the journal
 * holds up the guest's memory; it blocks all signals.
 *
 * A side that ends is told to the other one (shutdown), and the way back stays
 * open until it ends, too. A side that takes no more is told to the one that
 * sends, as a closed socket. Nothing is read that is not yet written (one
 * pipe's worth is under way), so who is slow slows down the other.
 */
#ifndef QMIG_TUNNEL_H
#define QMIG_TUNNEL_H

#include "qmigrate.h"

struct tunnel;

/* Takes both sockets, on failure too. QMP_ERR_SYSTEM, QMP_ERR_NOMEM. */
struct tunnel *tunnel_start(int source, int dest, struct qmp_error **errp);
/* Ends it, if it has not. NULL is fine. */
void tunnel_free(struct tunnel *t);

struct tunnel_report {
    uint64_t bytes[2];    /* by the side that they came from */
    bool ended;           /* at least one side has */
    enum qmig_side first; /* that one; */
    int sys;              /* with this errno; 0: end of file */
};

/* May be called at any time. */
struct tunnel_report tunnel_report(struct tunnel *t);
/* Have both sides ended, within the time? */
bool tunnel_wait(struct tunnel *t, int timeout_ms);

#endif
