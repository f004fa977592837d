/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the files of the simulated save only: sim_save.c (the loop, the
 * faults, the journal), sim_save_file.c, sim_save_qemu.c, sim_save_recover.c.
 */
#ifndef TESTS_LIB_SIM_SAVE_PRIV_H
#define TESTS_LIB_SIM_SAVE_PRIV_H

#include "tests/lib/sim_priv.h"
#include "tests/lib/sim_save.h"

#define SAVE_STREAM 1000 /* bytes of a guest */

/* sim_save.c: the engine hears of it in its turn. Takes what the event has. */
void save_sim_post(struct save_sim *s, struct engine_event ev);
void save_sim_write(struct save_sim *s, const char *name,
                    struct json_object *data, bool sync);

/* sim_save_file.c */
const char *save_sim_path(bool part);
/* Before a run: what a restore reads, or nothing. */
void save_sim_file_begin(struct save_sim *s);
/* False: *errp says why not. */
bool save_sim_file_step(struct save_sim *s, enum file_step what,
                        struct qmp_error **errp);
void save_sim_fill(struct save_sim *s, size_t len); /* QEMU writes */
void save_sim_lose_unsynced(struct save_sim *s);
/* Nobody finds what is there, until it is shown again. */
void save_sim_hide(bool hide);
void save_sim_look(struct save_sim *s);

/* sim_save_qemu.c */
struct json_object *save_sim_answer(struct save_sim *s, const char *name);
void save_sim_obey(struct save_sim *s, const char *name,
                   struct json_object *arguments);
void save_sim_flow(struct save_sim *s); /* reading or writing ends */
void save_sim_lose(struct save_sim *s);
void save_sim_die(struct save_sim *s);
void save_sim_talk_nonsense(struct save_sim *s);

/* sim_save_recover.c */
void save_sim_recover(struct save_sim *s);

#endif
