/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The stream between two simulated QEMUs: how it begins, pauses and ends, what
 * it brings to the destination, and what becomes of it when something breaks.
 */
#include "tests/lib/sim_priv.h"

#include "error/errcode.h"
#include "tests/lib/test.h"

#include <string.h>

/* What the source does when its migration ends badly. */
void sim_source_fails(struct sim *s, const char *status, const char *desc)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];

    source->error_desc = desc;
    sim_migration(s, QMIG_SIDE_SOURCE, status);
    if (!strcmp(source->status, "finish-migrate"))
        sim_set_runs(s, QMIG_SIDE_SOURCE, true, "running");
}

bool sim_source_is(const struct sim *s, const char *status)
{
    const struct qemu *q = &s->q[QMIG_SIDE_SOURCE];

    return q->migration && !strcmp(q->migration, status);
}

/* The source has sent it, and is done; what became of it only the destination
 * can tell (fact 2). */
static void load_blindly(struct sim *s)
{
    struct qemu *dest = &s->q[QMIG_SIDE_DEST];

    s->q[QMIG_SIDE_SOURCE].status = "postmigrate";
    sim_migration(s, QMIG_SIDE_SOURCE, "completed");
    if (!dest->alive || dest->hung)
        return;
    if (s->o.load_error) {
        dest->error_desc = s->o.load_error;
        sim_migration(s, QMIG_SIDE_DEST, "failed");
        if (s->o.old)
            sim_die(s, QMIG_SIDE_DEST);
        return;
    }
    dest->status = "paused";
    sim_migration(s, QMIG_SIDE_DEST, "completed");
}

static void begin_postcopy(struct sim *s)
{
    s->q[QMIG_SIDE_SOURCE].status = "postmigrate";
    sim_migration(s, QMIG_SIDE_SOURCE, "postcopy-active");
}

/* The device state reaches the destination. */
void sim_load(struct sim *s)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];
    struct qemu *dest = &s->q[QMIG_SIDE_DEST];

    assert_false(sim_mirrors_run(s)); /* who writes now, writes too late */
    sim_migration(s, QMIG_SIDE_SOURCE, "device");
    if (s->o.config.plan.one_way_fd) {
        load_blindly(s);
    } else if (!dest->alive || s->channel == SIM_BROKEN) {
        sim_source_fails(s, "failed", "Unable to write to socket: Broken pipe");
    } else if (dest->hung) {
        source->hung = true; /* fact 4 of the handover */
    } else if (source->postcopy) {
        dest->loaded = true;
        if (!s->o.slow_ack && !s->o.ack_lost)
            begin_postcopy(s);
        sim_migration(s, QMIG_SIDE_DEST, "postcopy-active");
        if (strcmp(dest->status, "inmigrate") == 0)
            dest->status = "paused";
        if (s->o.slow_ack || s->o.ack_lost)
            s->ack_pending = 3;
    } else if (s->o.load_error) {
        sim_source_fails(s, "failed", NULL);
        dest->error_desc = s->o.load_error;
        sim_migration(s, QMIG_SIDE_DEST, "failed");
        if (s->o.old)
            sim_die(s, QMIG_SIDE_DEST);
    } else {
        dest->status = "paused";
        dest->loaded = true;
        s->r.dest_loaded = true;
        sim_migration(s, QMIG_SIDE_DEST, "completed");
        assert_true(source->named == dest->named); /* both, or neither */
        if (dest->armed)
            sim_set_runs(s, QMIG_SIDE_DEST, true, "running");
        s->ack_pending = 3;
        if (!s->o.slow_ack && !s->o.ack_lost)
            sim_settle(s);
    }
}

void sim_settle(struct sim *s)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];

    if (!s->ack_pending || !source->alive || source->stopped)
        return;
    s->ack_pending = 0;
    if (s->o.ack_lost) {
        s->r.self_resumed = true;
        sim_source_fails(s, "failed", "Connection reset by peer");
        if (source->postcopy && s->q[QMIG_SIDE_DEST].alive)
            sim_migration(s, QMIG_SIDE_DEST, "postcopy-paused");
        return;
    }
    if (source->postcopy) {
        begin_postcopy(s);
        return;
    }
    source->status = "postmigrate";
    sim_migration(s, QMIG_SIDE_SOURCE, "completed");
    if (source->console && !s->o.silent_clients && !s->o.clients_stay)
        sim_say(s, QMIG_SIDE_SOURCE, "SPICE_MIGRATE_COMPLETED", "{}");
}
/* The rest of RAM is there. */
void sim_end_postcopy(struct sim *s)
{
    s->r.dest_loaded = true;
    sim_migration(s, QMIG_SIDE_DEST, "completed");
    sim_migration(s, QMIG_SIDE_SOURCE, "completed");
}

/* migrate with resume */
void sim_start_again(struct sim *s)
{
    struct qemu *dest = &s->q[QMIG_SIDE_DEST];

    if (!sim_source_is(s, "postcopy-paused") || !dest->alive || !dest->recovers)
        return;
    dest->recovers = false;
    sim_migration(s, QMIG_SIDE_SOURCE, "postcopy-active");
    sim_migration(s, QMIG_SIDE_DEST, "postcopy-active");
    if (dest->runs)
        sim_end_postcopy(s);
}

void sim_pause_source(struct sim *s)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];

    /* To stop, it waits for what is on the way to the destination. */
    if (s->q[QMIG_SIDE_DEST].hung && sim_mirrors_run(s)) {
        source->hung = true;
        return;
    }
    if (source->runs)
        sim_set_runs(s, QMIG_SIDE_SOURCE, false, "finish-migrate");
    sim_migration(s, QMIG_SIDE_SOURCE, "pre-switchover");
}

void sim_start(struct sim *s)
{
    sim_migration(s, QMIG_SIDE_SOURCE, "setup");
    if (!s->q[QMIG_SIDE_DEST].alive) {
        sim_source_fails(s, "failed", "Connection refused");
        return;
    }
    sim_migration(s, QMIG_SIDE_SOURCE, "active");
    sim_migration(s, QMIG_SIDE_DEST, "active");
    if (s->q[QMIG_SIDE_DEST].hung)
        return; /* RAM stays in the socket */
    sim_say(s, QMIG_SIDE_SOURCE, "MIGRATION_PASS", "{\"pass\":1}");
    sim_say(s, QMIG_SIDE_SOURCE, "MIGRATION_PASS", "{\"pass\":2}");
    if (s->o.postcopy || s->o.slow_ram)
        return; /* for ever, unless */
    sim_pause_source(s);
}

/* migrate-start-postcopy */
void sim_start_postcopy(struct sim *s)
{
    if (!sim_source_is(s, "active"))
        return;
    s->q[QMIG_SIDE_SOURCE].postcopy = true;
    sim_pause_source(s);
}

void sim_cancel(struct sim *s)
{
    s->r.cancelled_split |= sim_source_is(s, "postcopy-active") ||
                            sim_source_is(s, "postcopy-paused");
    if (sim_source_is(s, "active") || sim_source_is(s, "setup") ||
        sim_source_is(s, "pre-switchover") || s->ack_pending) {
        s->ack_pending = 0;
        sim_source_fails(s, "cancelled", NULL);
        if (s->o.old)
            sim_die(s, QMIG_SIDE_DEST);
    }
}

void sim_yank(struct sim *s)
{
    s->q[QMIG_SIDE_SOURCE].hung = false;
    if (sim_source_is(s, "postcopy-active")) {
        sim_cut(s);
    } else if (sim_source_is(s, "active") || sim_source_is(s, "setup") ||
               sim_source_is(s, "device") ||
               sim_source_is(s, "pre-switchover")) {
        s->ack_pending = 0;
        sim_source_fails(s, "failed", NULL);
    }
}

/* It goes on from where it hung, and so does the source. */
static void resume_dest(struct sim *s)
{
    s->q[QMIG_SIDE_DEST].hung = false;
    s->q[QMIG_SIDE_SOURCE].hung = false;
    if (sim_source_is(s, "device"))
        sim_load(s);
    else if (sim_source_is(s, "active") && !s->o.postcopy)
        sim_pause_source(s);
}

/* What had reached it comes first, then what it was told meanwhile. */
static void resume_source(struct sim *s)
{
    struct qemu *dest = &s->q[QMIG_SIDE_DEST];

    s->q[QMIG_SIDE_SOURCE].stopped = false;
    dest->hung = false;
    sim_settle(s);
    if (sim_source_is(s, "postcopy-active") && dest->alive && dest->runs)
        sim_end_postcopy(s);
}

void sim_resume(struct sim *s)
{
    if (s->q[QMIG_SIDE_SOURCE].stopped)
        resume_source(s);
    else if (s->q[QMIG_SIDE_DEST].hung)
        resume_dest(s);
    for (int side = 0; side < 2; side++) {
        s->q[side].hung = false;
        sim_thaw(s, (enum qmig_side)side);
    }
}

/* Pre-copy notices at its next write, post-copy waits for better times. */
void sim_cut(struct sim *s)
{
    if (sim_source_is(s, "postcopy-active")) {
        sim_migration(s, QMIG_SIDE_SOURCE, "postcopy-paused");
        sim_migration(s, QMIG_SIDE_DEST, "postcopy-paused");
    } else if (sim_source_is(s, "active")) {
        sim_source_fails(s, "failed", "Connection reset by peer");
    }
}

/* The engine wants a connection, or an end of it. */
void sim_channel(struct sim *s, bool open)
{
    struct qemu *source = &s->q[QMIG_SIDE_SOURCE];
    struct qmp_error *err = NULL;

    if (s->channel == SIM_BROKEN)
        qmp_fail(&err, QMIG_ERR_TUNNEL, "the tunnel broke");
    else if (!open)
        qmp_fail(&err, QMP_ERR_CLOSED, "the tunnel was closed");
    if (!open && source->hung) { /* it waits for a word that cannot come */
        source->hung = false;
        sim_source_fails(s, "failed", "Channel error");
    }
    if (!err)
        s->channel = SIM_OPEN;
    sim_post(s, (struct engine_event){.kind = EV_CHANNEL, .err = err});
}

/* What it led through ends. */
void sim_break(struct sim *s)
{
    bool was_open = s->channel == SIM_OPEN;

    s->channel = SIM_BROKEN;
    if (!was_open)
        return;
    sim_channel(s, true);
    if (sim_source_is(s, "active"))
        sim_source_fails(s, "failed", "Unable to write to socket: Broken pipe");
}
