/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of the engine only. */
#ifndef QMIG_ENGINE_INTERNAL_H
#define QMIG_ENGINE_INTERNAL_H

#include "engine/engine.h"
#include "error/errcode.h"

#include <assert.h>

/*
 * What a command was sent for. Probes and steps carry their index, so that
 * one tag names one command of the plan.
 */
enum tag {
    TAG_NONE,
    TAG_STATUS, /* query-status */
    TAG_INFO,   /* query-migrate */
    TAG_CANCEL, /* migrate_cancel */
    TAG_YANK,
    TAG_RESUME,     /* cont on the source */
    TAG_END,        /* quit of a destination that is ended */
    TAG_TAKE_DISKS, /* cont on a source that runs */
    TAG_COMMIT,     /* the destination's last word, asked behind the record */
    TAG_TUNE_ASK,
    TAG_TUNE,
    TAG_JOBS,    /* query-block-jobs */
    TAG_CLIENTS, /* query-spice on the source */
    TAG_PROBE = 0x100,
    TAG_STEP = 0x200,
    TAG_UNDO = 0x300,
    TAG_AT_LOAD = 0x400, /* a STEP_AT_LOAD: no state waits for it */
    TAG_KIND = 0xff00,
    TAG_INDEX = 0x00ff,
    TAG_WHAT = 0xffff, /* the rest is the state in which it was sent */
};

static_assert(PLAN_MAX_STEPS <= TAG_INDEX, "a step's index is in its tag");

struct engine_event;
typedef void state_fn(struct engine *e, const struct engine_event *ev);

/* One row a state; next == 0 is the end. */
struct state_row {
    const char *name;
    state_fn *on_event;
    enum qmig_phase phase;
    unsigned next;
};

/* The mirror of a disk. */
struct copy {
    bool ready; /* the copy has what the guest wrote, and gets what it writes */
    bool gone;  /* the job has ended */
    uint64_t len, offset; /* bytes, as QEMU counts them */
};

struct peer {
    bool ready;
    bool lost;
    char *died;        /* how it was lost if nobody had told it to quit */
    bool told_to_quit; /* and it said yes */
    bool not_undone;   /* it did not do what the way back asked for */
    bool oob;
    bool probed;      /* all probes were answered */
    unsigned waiting; /* commands of the present state not yet answered */
    struct facts facts;
    char *migration;      /* last known status of query-migrate, or NULL */
    char *status;         /* last known query-status, or NULL */
    char *error_desc;     /* query-migrate's, or NULL */
    bool asking_info;     /* a query-migrate is under way */
    const char *expected; /* this command was said to be next, and nothing was
                             sent since; or NULL */
    unsigned n_wrong;     /* how often something else was */
};

struct engine {
    struct engine_config config;
    const struct state_row *rows; /* by state: the story's table */
    enum engine_state state;
    int64_t now;
    int64_t started;     /* EV_START */
    unsigned epoch;      /* counts the changes of state */
    int64_t entered;     /* the present state */
    int64_t deadline;    /* of the present state; -1: none */
    int64_t poll_at;     /* next question; -1: none */
    struct peer peer[2]; /* by enum qmig_side */
    struct plan plan;

    bool prepared;      /* settings were sent: there is something to undo */
    bool settings_sent; /* ... and not only objects */
    bool ready;         /* both sides are: `migrate` may be sent */
    bool dest_used;     /* it can take no other migration */
    bool objects_sent;
    bool server_sent; /* nbd-server-start */
    bool exports_sent;
    bool mirrors_sent;
    bool mirrors_ended;  /* they were told to end, and */
    bool nodes_deleted;  /* all had: what they needed was removed */
    unsigned nodes_left; /* of ours on the source */
    unsigned nodes_told; /* blockdev-del that were not answered yet */
    bool server_ended;   /* nbd-server-stop was sent */
    bool asking_jobs;    /* a query-block-jobs is under way */
    struct copy copy[PLAN_MAX_COPIES]; /* as plan.copies */
    struct qmp_error *copy_error;      /* a mirror failed: why */
    uint64_t copied;                   /* bytes of all, for its rate */
    int64_t copied_at;
    double copy_mbps;
    uint64_t undo_again[(PLAN_MAX_STEPS + 63) / 64]; /* undo steps that were
                                                        refused as "in use" */
    bool migrate_sent;
    bool migrate_answered;
    bool set_refused; /* a setting was, with `migrate` on its way behind it */
    /* 7.2, cancelled at the switchover, lets the guest run with its disks
     * inactive, and aborts at the next write or migration: cont mends that. */
    bool take_disks;
    bool at_load_sent;  /* STEP_AT_LOAD were sent; */
    unsigned at_load;   /* those that were not answered yet */
    bool dest_receives; /* the stream has reached it, past any handshake */
    bool stop_sent;     /* not LIVE: we stopped the guest */
    bool switchover_recorded;
    bool back_recorded;
    bool cancel_refused; /* migrate_cancel was, the last time */
    bool continue_sent;
    bool postcopy_wanted;
    bool postcopy_sent;  /* migrate-start-postcopy */
    bool split;          /* the outcome: post-copy was interrupted */
    bool pausing;        /* migrate-pause was sent */
    bool timed_out;      /* config.timeout_us passed, and was acted upon */
    int64_t migrate_us;  /* when `migrate` was sent */
    uint64_t first_pass; /* QEMU's number of it, 0: none yet */
    uint64_t passes;     /* over RAM that were completed */
    bool word_asked;     /* whether it runs there, with cont */
    bool dest_asked;     /* the source is through, and tells nothing of it */
    bool commit_asked;   /* TAG_COMMIT was sent */
    bool takeover_begun; /* POSTCOPY: it was sent cont */
    bool takeover_done;  /* the destination accepted cont */
    bool channel_asked;  /* ACT_CHANNEL was given */
    bool channel_open;
    bool channel_closing; /* ACT_CHANNEL_CLOSE was given, no word of it yet */
    bool passed;          /* STEP_PASS were sent */
    struct qmp_error *channel_error; /* how the tunnel ended, or NULL */
    bool quit_sent;
    bool clients_told;  /* SPICE clients know where to go, */
    bool clients_moved; /* and have gone there */
    bool tidied;        /* STEP_TIDY were sent; */
    unsigned tidying;   /* those that were not answered yet */
    bool written;       /* save: the source said completed */
    bool sealed;        /* ... and the file is on the disk */
    bool killed;        /* ACT_KILL_DEST was given */

    bool hooks_due;               /* something was changed */
    enum hook hook;               /* runs now */
    unsigned hooks_begun;         /* 1 << enum hook */
    struct qmp_error *hook_error; /* before the commit: not yet acted upon */

    unsigned holding; /* QMIG_HOLD_*: waits there now, */
    int64_t hold_since;
    int64_t hold_until;
    unsigned released; /* those that do not hold (any more) */
    bool hold_warned;
    bool switch_wanted;    /* without a hold: at once */
    uint64_t ram_left;     /* of this pass, bytes; */
    uint64_t ram_sent;     /* by how much it fell between the last two looks */
    enum move_step store;  /* runs now */
    unsigned stores_begun; /* 1 << enum move_step */
    struct qmp_error *store_error; /* before the commit: not yet acted upon */

    struct json_object *tuning; /* asked for, not yet sent; or NULL */
    bool lifting;               /* STEP_LIFT was not answered yet */
    struct qmp_error *lift_error;
    uint64_t transferred; /* for the stall deadline */
    int64_t progress_at;
    int64_t stop_us;
    int64_t resume_us;
    unsigned info_asked;      /* CONFIRM: how often figures were asked for */
    struct json_object *info; /* the source's last query-migrate */
    struct json_object *dest_info; /* the destination's, or NULL */

    char *io_error; /* it stopped the source's guest: what, and on which
                       disk; NULL: none */

    struct qmp_error *violation; /* a known member of a wrong type */
    enum qmig_side violator;
    struct qmp_error *error; /* the first one; why we turn back */
    enum qmig_phase error_phase;
    enum qmig_side error_side;
    bool cancel_wanted;
    bool undecided;

    struct engine_action *actions;
    size_t n_actions;
    size_t max_actions;
};

/* engine.c */
/* A member that we know: NULL if it is not there; of a wrong type it is a
 * violation of the protocol, and nothing that QEMU says can be trusted. */
struct json_object *known_member(struct engine *e, enum qmig_side side,
                                 struct json_object *object, const char *name,
                                 enum json_type type);
/* The only writer of e->state. */
void engine_set_state(struct engine *e, enum engine_state to, const char *why);
struct peer *engine_source(struct engine *e);
struct peer *engine_dest(struct engine *e);
/* Deadline of the state from now on. */
void engine_limit(struct engine *e, enum deadline which);
bool engine_late(const struct engine *e);

/* The first error is kept; later ones become notes. `err` is copied. */
void engine_error(struct engine *e, enum qmig_side side,
                  const struct qmp_error *err);
void engine_errorf(struct engine *e, enum qmig_side side, int code,
                   const char *fmt, ...) PRINTF_LIKE(4, 5);

/* actions.c. Arguments are borrowed. */
void act_send(struct engine *e, enum qmig_side side, const char *execute,
              struct json_object *arguments, unsigned tag, int64_t timeout_us);
void act_send_oob(struct engine *e, enum qmig_side side, const char *execute,
                  struct json_object *arguments, unsigned tag,
                  int64_t timeout_us);
/* begin.c: nothing is waited for between the settings and `migrate`. */
bool migrate_is_next(const struct engine *e);
/* expect.c: tell what probably comes next. */
void expect_next(struct engine *e);
/* finish.c: QEMU's own, or there are none to be had. */
bool finish_has_figures(const struct engine *e);

/* This step is probably the next that its side is sent. */
void act_expect(struct engine *e, const struct plan_step *step,
                struct json_object *arguments);
/* Take `data`. act_journal() is on disk before what follows it. */
void act_journal(struct engine *e, const char *kind, struct json_object *data);
void act_record(struct engine *e, const char *kind, struct json_object *data);
void act_note(struct engine *e, const char *kind, struct json_object *data);
void act_warn(struct engine *e, const char *text);
void act_simple(struct engine *e, enum engine_action_kind kind,
                enum qmig_side side);
void act_channel(struct engine *e, struct json_object *arguments); /* takes */
void act_hook(struct engine *e, enum hook hook);
void act_store(struct engine *e, enum move_step step);
void act_file(struct engine *e, enum file_step what);
void act_progress(struct engine *e, struct json_object *info);
void actions_clear(struct engine *e);
/* Send and count in peer.waiting. */
void act_send_counted(struct engine *e, enum qmig_side side,
                      const char *execute, struct json_object *arguments,
                      unsigned tag, enum deadline timeout);
void act_step(struct engine *e, const struct plan_step *step, unsigned tag);
/* Ask for query-migrate unless the question is under way. */
void ask_info(struct engine *e, enum qmig_side side);
void ask_status(struct engine *e, enum qmig_side side);

/* The state functions: begin.c, transfer.c, postcopy.c, finish.c, rollback.c.
 */
state_fn begin_event, prepare_event, storage_event, precopy_event,
    switchover_event, postcopy_event, finish_event, confirm_event;
state_fn cancelling_event, yanking_event, asking_event, resuming_event,
    undoing_event;

/* rollback.c: turn back, whatever that takes from here. */
void turn_back(struct engine *e, const char *why);
void enter_undoing(struct engine *e, const char *why);
void enter_asking(struct engine *e);
void engine_finish(struct engine *e, const char *why);

/* storage.c */
/* Start the mirrors, or go on if there is none to start. */
void enter_storage(struct engine *e);
/* True: the mirrors have not ended yet, and were told to. */
bool storage_must_wait(struct engine *e);
/* nbd-server-stop, unless it was sent: before the destination may run. */
void storage_end_server(struct engine *e);
/* query-block-jobs, unless the question is under way. */
void storage_ask(struct engine *e);
void storage_learn_event(struct engine *e, const struct engine_event *ev);
void storage_learn_jobs(struct engine *e, const struct engine_event *ev);
void storage_learn_reply(struct engine *e, const struct engine_event *ev);
/* An answer to query-migrate and the figures of the disks, as "disk": a new
 * reference. */
struct json_object *storage_add_figures(struct engine *e,
                                        struct json_object *info);
/* While RAM flows: to stop the guest, QEMU waits for the mirrors, and for a
 * destination that hangs for ever. The guest stands still meanwhile, so this is
 * to be noticed soon. True: it was, and the way back is taken. */
bool storage_may_block(const struct engine *e);
bool storage_blocks(struct engine *e, const struct engine_event *ev);
/* In the way back: out of band, for the monitor may hang on a flush. */
void storage_yank(struct engine *e);
/* The mirrors' share of a new bandwidth. */
void storage_tune(struct engine *e, struct json_object *parameters);
/* Is there nothing (any more) that this step of the way back would undo? */
bool storage_is_undone(const struct engine *e, const struct plan_step *step);

/* begin.c */
/* What comes after the disks: `migrate`. */
void start_migration(struct engine *e);

/* hooks.c */
/* Call the hook unless it was; true while it runs. The state has no deadline
 * of its own meanwhile. */
bool hook_must_wait(struct engine *e, enum hook hook);
bool hook_waits(const struct engine *e); /* does such a one run? */
void hook_tell_committed(struct engine *e);
/* The end, and ACT_END after it. */
void hook_tell_end(struct engine *e);
void hook_done(struct engine *e, const struct engine_event *ev);

/* hold.c */
/* Is it to wait there, now or later? */
bool hold_is_due(const struct engine *e, unsigned hold);
/* True: it waits there; the state's deadline is the hold's. */
bool hold_must_wait(struct engine *e, unsigned hold);
bool hold_is_late(const struct engine *e);
/* Nobody released it: turn back. */
void hold_passed(struct engine *e);
/* EV_SWITCHOVER */
void hold_release(struct engine *e);
/* RAM flows: brake the source, or let it switch over, as is wanted. */
void hold_flows(struct engine *e);
/* A parameter is changed: true if that waits for the release. */
bool hold_keeps(struct engine *e, const char *name, struct json_object *value);
void hold_learn(struct engine *e, uint64_t total, uint64_t remaining);
/* Until query-migrate is asked again while RAM flows. */
int64_t hold_poll_us(const struct engine *e);

/* clients.c */
void clients_learn(struct engine *e, const struct engine_event *ev);
/* The answer to client_migrate_info. */
void clients_told(struct engine *e, const struct qmp_error *err);
/* True: the source is still needed by them. */
bool clients_must_wait(struct engine *e);

/* ioerror.c */
void io_error_learn(struct engine *e, struct json_object *data);
void io_error_learn_status(struct engine *e);
void io_error_forget(struct engine *e);
bool status_is_io_error(const struct peer *peer);
/* With the flag 'abort_on_error': ask for the run state; */
void io_error_ask(struct engine *e);
/* and if there was an error the way back is taken: true. */
bool io_error_turns_back(struct engine *e);
/* store.c */
/* CHECK, beside everything else. */
void store_start_check(struct engine *e);
/* Do the step unless it was done; true while it runs. The state has no
 * deadline of its own meanwhile. */
bool store_must_wait(struct engine *e, enum move_step step);
/* At the end: true while something runs that has to come before it. */
bool store_must_end(struct engine *e);
void store_done(struct engine *e, const struct engine_event *ev);

/* tune.c */
void tune(struct engine *e, struct json_object *parameters);
/* STEP_LIFT, for which a refusal is an error. */
void tune_lift(struct engine *e);
void tune_reply(struct engine *e, const struct engine_event *ev);

/* What was set and made on a side goes back. */
void send_undo(struct engine *e, enum qmig_side side);

/* postcopy.c */
/* Has post-copy begun on the source, by its own word? */
bool postcopy_has_begun(struct engine *e);
void enter_postcopy(struct engine *e);
/* While RAM flows: start it if it is time. */
void try_postcopy(struct engine *e);
/* Once the source was let go on to post-copy there is no cancel: 7.2 would
 * accept it and leave the guest stopped on both sides. */
bool postcopy_is_committed(const struct engine *e);

/* forward.c */
extern const char dest_cannot_load[];
bool status_is(const struct peer *peer, const char *status);
bool is_tag(const struct engine_event *ev, enum tag kind);
const struct plan_step *step_of(const struct engine *e,
                                const struct engine_event *ev);
void send_steps(struct engine *e, enum step_kind first, enum step_kind last);
void deadline_passed(struct engine *e, enum qmig_side side, enum deadline which,
                     const char *waited_for);
/* True: the way back (or the end) is taken, for a reason that each state on
 * the way forward has. */
bool must_turn_back(struct engine *e, const struct engine_event *ev);
/* Did QEMU find the port in use? */
bool port_is_taken(const struct qmp_error *err);
/* A step of the plan was refused: turn back. */
void step_refused(struct engine *e, const struct engine_event *ev);
/* The refusal of a step whose refusal is as good. */
bool is_no_matter(const struct plan_step *step, const struct qmp_error *err);
/* The refusal says that QEMU does not know the form that was tried. */
bool fell_back(struct engine *e, const struct engine_event *ev,
               const struct plan_step *step);

/* channel.c */
void channel_event(struct engine *e, const struct engine_event *ev);
/* Is the source given what `migrate` will send to? If not yet, what is due is
 * done. */
bool channel_is_ready(struct engine *e);
/* Nothing flows any more, and nothing shall. True: EV_CHANNEL will tell. */
void channel_close(struct engine *e);
/* PREPARE: it could not be made. True: the way back is taken. */
bool channel_failed(struct engine *e, const struct engine_event *ev);
/* What is known of its end joins the error. */
void channel_explain(struct engine *e);

/* transfer.c */
/* It runs there: what is left to do. */
void ask_after_takeover(struct engine *e);
/* The destination accepted that it takes over. */
void taken_over(struct engine *e);
/* `commit`, on disk before what follows. */
void engine_journal_commit(struct engine *e, const char *mode);
/* How often query-migrate is asked while RAM flows: for the progress and for
 * events that were missed. */
#define FLOW_POLL_US (250 * INT64_C(1000))
/* Between two tries of something that QEMU is about to allow. */
#define RETRY_US (5 * INT64_C(1000))

/* image.c: save and restore */
extern const struct state_row save_states[ENGINE__ALL];
extern const struct state_row restore_states[ENGINE__ALL];
void engine_image_init(struct engine *e); /* the absent side, the states */
bool engine_saves(const struct engine *e);
bool engine_restores(const struct engine *e);
void enter_loading(struct engine *e);
void image_end(struct engine *e); /* the end: what becomes of the file */
/* begin.c: connect to the side that there is. */
void begin_image(struct engine *e);

/* finish.c */
/* Are QEMU's figures of the migration complete, or not to be had? Else they are
 * asked for. */
bool get_figures(struct engine *e);
void enter_confirm(struct engine *e);
/* The destination's settings go back, once. */
void tidy(struct engine *e);

#endif
