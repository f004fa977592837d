/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The promise of the handover, as an end of the simulation has to keep it. */
#include "tests/lib/sim.h"
#include "tests/lib/test.h"

#include <string.h>

/* Where the journal closes (nothing is left for recover) nothing is left. */
static bool hides_what_is_left(const struct sim_options *o,
                               const struct sim_result *r)
{
    bool source_runs = r->source_runs || o->fault == SIM_IO_ERROR;

    if (!r->migrate_sent)
        return false;
    switch (r->verdict.outcome) {
    case QMIG_COMPLETED:
        return !r->verdict.left[QMIG_SIDE_SOURCE] && r->source_alive &&
               !o->config.plan.keep_source;
    case QMIG_FAILED:
    case QMIG_CANCELLED:
        return (!r->verdict.left[QMIG_SIDE_DEST] && r->dest_alive) ||
               (!r->verdict.left[QMIG_SIDE_SOURCE] && r->source_alive &&
                (!r->undone || !source_runs));
    default:
        return false;
    }
}

void sim_assert_legal(const struct sim_options *o, const struct sim_result *r)
{
    bool wrong = r->both_ran || r->cont_before_commit || r->quit_unproved ||
                 r->quit_unrecorded || hides_what_is_left(o, r);

    switch (r->verdict.outcome) {
    case QMIG_COMPLETED:
        wrong |= o->fault == SIM_NONE && r->verdict.left[QMIG_SIDE_SOURCE];
        wrong |= r->verdict.owner != QMIG_OWNER_DEST ||
                 (r->dest_alive && !r->dest_runs) || r->source_runs;
        wrong |= o->fault == SIM_NONE && !r->dest_undone;
        break;
    case QMIG_FAILED:
    case QMIG_CANCELLED:
    case QMIG_INCOMPATIBLE:
        wrong |= r->verdict.owner != QMIG_OWNER_SOURCE || r->dest_runs;
        /* Without out-of-band (QEMU 5.2) only the end of a hung destination
         * frees the source; where it is not ours to end, the user is told. */
        if (o->fault == SIM_LOSE_SOURCE || o->fault == SIM_HANG_SOURCE ||
            (o->fault == SIM_HANG_DEST && o->old &&
             !o->config.plan.dest_started))
            break;
        /* One that an I/O error stopped is not ours to start. */
        wrong |= r->source_alive && !r->source_runs && o->fault != SIM_IO_ERROR;
        /* A refused restore cannot be helped. */
        wrong |= r->source_alive && !r->undone && o->fault != SIM_REFUSE;
        break;
    case QMIG_UNDECIDED:
        wrong |= r->verdict.owner != QMIG_OWNER_UNDECIDED || r->source_runs;
        break;
    case QMIG_POSTCOPY_PAUSED:
        wrong |= r->verdict.owner != QMIG_OWNER_DEST || r->source_runs;
        break;
    }
    if (wrong)
        fail_msg("fault '%s' after event %u: outcome %d, source %s%s, "
                 "destination %s%s, %s, error %s: %s\n%s",
                 sim_fault_name(o->fault), o->at, r->verdict.outcome,
                 r->source_alive ? "alive" : "dead",
                 r->source_runs ? " and runs" : "",
                 r->dest_alive ? "alive" : "dead",
                 r->dest_runs ? " and runs" : "",
                 r->undone ? "undone" : "not undone",
                 r->error_code ? r->error_code : "none",
                 r->error_message ? r->error_message : "",
                 strlen(r->trace) > 900 ? r->trace + 900 : r->trace);
}
