/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the simulated worlds (sim.h, sim_save.h) share: what is under way to the
 * engine, and what stands in the journal.
 */
#ifndef TESTS_LIB_SIM_MAIL_H
#define TESTS_LIB_SIM_MAIL_H

#include "engine/engine.h"
#include "recover/session.h"

/* Events in the order in which they are delivered; each with references of its
 * own. {0} has none. */
struct sim_mail {
    struct sim_message *first, **last;
};

void sim_mail_put(struct sim_mail *mail, const struct engine_event *ev);
/* Before all others. */
void sim_mail_put_first(struct sim_mail *mail, const struct engine_event *ev);
/* The next one, to be cleared by the caller; false: there is none. */
bool sim_mail_take(struct sim_mail *mail, struct engine_event *ev);
void sim_mail_clear(struct sim_mail *mail);
void sim_event_clear(struct engine_event *ev);

/* Records as they were written, and as far as they are on the disk. {0} has
 * none. */
struct sim_journal {
    struct json_object **records;
    size_t n;
    size_t n_durable;
};

/* Takes `record`. */
void sim_journal_add(struct sim_journal *j, struct json_object *record,
                     bool sync);
/* The host dies: what is not on the disk is gone. */
void sim_journal_lose_unsynced(struct sim_journal *j);
void sim_journal_clear(struct sim_journal *j);

/* What recover hears of a QEMU: its words, if it answers. */
void sim_take_answer(struct answer *a, bool alive, bool answers,
                     const char *status, const char *migration);

#endif
