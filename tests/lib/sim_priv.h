/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the files of the simulation only: sim.c (the loop, the faults, the
 * journal and the hooks), sim_qemu.c (what a QEMU does), sim_stream.c (what
 * passes between the two), sim_storage.c, sim_trace.c.
 */
#ifndef TESTS_LIB_SIM_PRIV_H
#define TESTS_LIB_SIM_PRIV_H

#include "tests/lib/sim.h"
#include "tests/lib/sim_mail.h"

struct command {
    struct command *next;
    unsigned tag;
    int64_t deadline;
    bool late; /* the engine was told that it timed out */
    char *name;
    struct json_object *arguments;
};

#define SIM_DISKS 4

/* A disk's copy on the source. */
struct mirror {
    bool node;   /* blockdev-add */
    bool yanked; /* its connection is gone */
    enum { JOB_NONE, JOB_RUNS, JOB_READY, JOB_DYING } job;
    unsigned looks;
};

struct qemu {
    bool serves; /* nbd-server-start */
    unsigned exports;
    struct mirror mirror[SIM_DISKS];
    bool alive;
    bool hung;    /* answers nothing but out-of-band */
    bool stopped; /* SIGSTOP: nothing moves. S only; D is `hung` then */
    bool connected;
    bool runs;
    bool armed; /* would start by itself */
    bool listens;
    bool console; /* its clients know where to go */
    bool postcopy;
    bool away;      /* its monitor cannot be reached by recover */
    bool loaded;    /* D: all of it, or in post-copy what it needs to run */
    bool recovers;  /* D: migrate-recover was accepted */
    bool changed;   /* settings are not what they were */
    bool creds;     /* the object is there, */
    bool tuned;     /* max-bandwidth is not what it was, */
    bool braked;    /* but next to nothing */
    unsigned looks; /* query-migrate while its RAM flows, slow_ram; */
    unsigned parts; /* of it that were sent */
    bool named;     /* and tls-creds names it */
    const char *status;
    const char *migration; /* NULL: there was none */
    const char *error_desc;
    struct command *stalled;
};

struct sim {
    struct sim_options o;
    struct engine *e;
    struct qemu q[2];
    struct sim_mail mail;
    int64_t now;
    bool refuse_next, journal_fails_next, fault_done;
    bool quit_on_disk;       /* its record */
    const char *expected[2]; /* by side: ACT_EXPECT */
    bool committed;
    unsigned ack_pending; /* D has it all, and S does not know yet: so many
          looks more */
    bool stale;           /* S went on after D had loaded all */
    unsigned hook;        /* runs, or 0; */
    enum { SIM_CLOSED, SIM_OPEN, SIM_BROKEN } channel;
    int64_t hook_ends;
    bool hook_fails_next, hook_hangs_next;
    bool hook_late;       /* it will not have ended then */
    enum move_step store; /* runs */
    int64_t store_ends;
    bool store_fails_next, store_hangs_next;
    bool store_late; /* it will not have ended then */
    struct sim_journal journal;
    bool muted;                 /* nobody waits for what is answered */
    bool recovering;            /* there is no engine any more */
    struct json_object *answer; /* to recover's command */
    struct qmp_error *refusal;
    struct sim_recover *recover; /* sim_recover.c */
    struct sim_result r;
    size_t trace_len;
    FILE *trace;
    bool ended;
};

/* sim.c: the engine hears of it in its turn. */
void sim_post(struct sim *s, struct engine_event ev);
struct json_object *sim_parse(const char *text);

/* sim_store.c */
void sim_store_start(struct sim *s, const struct engine_action *a);
void sim_store_end(struct sim *s);

/* sim_qemu.c */
void sim_post_ready(struct sim *s, enum qmig_side side);
/* A command of the engine's arrives. */
void sim_submit(struct sim *s, const struct engine_action *a);
/* A monitor that answers again answers what was asked meanwhile. */
void sim_thaw(struct sim *s, enum qmig_side side);
void sim_time_out_stalled(struct sim *s, enum qmig_side side);
void sim_die(struct sim *s, enum qmig_side side);
/* The controller, or recover, ends it. */
void sim_end_dest(struct sim *s);
/* The monitor's connection is lost. */
void sim_lose(struct sim *s, enum qmig_side side);
/* A disk fails the source's guest, if it runs. */
void sim_io_error(struct sim *s);
void sim_say(struct sim *s, enum qmig_side side, const char *event,
             const char *data);

void sim_reply(struct sim *s, enum qmig_side side, unsigned tag,
               const char *ret);
void sim_refuse(struct sim *s, enum qmig_side side, unsigned tag, int code,
                const char *desc);

/* Its migration has another status. */
void sim_migration(struct sim *s, enum qmig_side side, const char *status);
/* Its guest runs, or does not; `status` as in query-status. */
void sim_set_runs(struct sim *s, enum qmig_side side, bool runs,
                  const char *status);

/* sim_stream.c */
/* Is that the status of the source's migration? */
bool sim_source_is(const struct sim *s, const char *status);
void sim_source_fails(struct sim *s, const char *status, const char *desc);
/* The device state reaches the destination. */
void sim_load(struct sim *s);
/* The rest of RAM is there. */
void sim_end_postcopy(struct sim *s);
/* pre-switchover */
void sim_pause_source(struct sim *s);
/* migrate, with resume, migrate-start-postcopy, migrate_cancel, yank */
void sim_start(struct sim *s);
void sim_start_again(struct sim *s);
void sim_start_postcopy(struct sim *s);
void sim_cancel(struct sim *s);
void sim_yank(struct sim *s);
/* Time passes: what is under way arrives. */
void sim_settle(struct sim *s);
void sim_resume(struct sim *s); /* SIGCONT, to both */
/* The network between the two is cut. */
void sim_cut(struct sim *s);
/* ACT_CHANNEL, ACT_CHANNEL_CLOSE */
void sim_channel(struct sim *s, bool open);
/* The tunnel breaks, or cannot be made. */
void sim_break(struct sim *s);

/* sim_storage.c */
/* False: not a command about disks. */
bool sim_storage(struct sim *s, enum qmig_side side, const char *name,
                 struct json_object *arguments, unsigned tag);
/* All mirrors fail: the destination is gone, or its network. */
void sim_mirrors_fail(struct sim *s, const char *why);
bool sim_mirrors_run(const struct sim *s);
/* What is left of it on a side. */
bool sim_storage_is_left(const struct sim *s, enum qmig_side side);
void sim_stop_source(struct sim *s);
/* A command and what comes of it, at once. */
void sim_execute(struct sim *s, enum qmig_side side, const char *name,
                 struct json_object *arguments, unsigned tag);

/* sim_recover.c */
/* A record as the job writes it. */
struct json_object *sim_record(const char *name, struct json_object *data);
void sim_write_record(struct sim *s, const char *name, struct json_object *data,
                      bool sync);
void sim_recover(struct sim *s);

/* sim_trace.c */
void sim_trace_event(struct sim *s, const struct engine_event *ev);
void sim_trace_action(struct sim *s, const struct engine_action *a);

#endif
