/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state machine of a migration. Pure: an event with its time goes in, a
 * new state and a list of actions come out; it does no I/O and reads no
 * clock. The rules are those of the handover: R1..R10 are named where they
 * are kept.
 *
 *                                   +-> POSTCOPY -----------> DONE (split)
 *                                   |      |
 *   BEGIN -> PREPARE -> PRECOPY -> SWITCHOVER -> FINISH -> CONFIRM -> DONE
 *     |         |          |           |           |          |
 *     |         |          +-----+-----+           |   (after the commit there
 *     |         |          |     |                 |    is no way back: R6)
 *     |         |    CANCELLING ASKING             +----------> DONE
 *     |         |      |     |     |                          (undecided)
 *     |         |   YANKING  |     +--------------------------> DONE
 *     |         |      |     |                                (undecided)
 *     |         |      RESUMING
 *     |         |         |
 *     +---------+---> UNDOING ---------------------------------> DONE
 *
 * STORAGE, where disks are copied, lies between PREPARE and PRECOPY.
 *
 * Each state answers four questions: the expected event, a cancel, a lost
 * side, and its deadline.
 */
#ifndef QMIG_ENGINE_H
#define QMIG_ENGINE_H

#include "plan/plan.h"
#include "store/step.h"

enum engine_state {
    /* Nothing was changed. Both sides are asked what they are; ends with the
     * plan. A lost side or a cancel ends it with nothing to undo. */
    ENGINE_BEGIN,
    /* Settings go to both sides, the destination is disarmed (R1) and
     * listens. The source's guest runs on. */
    ENGINE_PREPARE,
    /* Between PREPARE and PRECOPY, where disks are to be copied: mirrors run,
     * the guest too, nothing of RAM was sent. Ends when all mirrors are ready:
     * from then on they write what the guest writes. A lost side, a mirror
     * that ends, a cancel: the mirrors are removed (UNDOING). */
    ENGINE_STORAGE,
    /* `migrate` was sent. RAM flows, the guest runs (if it did). */
    ENGINE_PRECOPY,
    /* The source is stopped, device state flows. Ends with the commit (R4). */
    ENGINE_SWITCHOVER,
    /* Committed, and the guest runs on the destination while the rest of its
     * RAM still comes from the source. Neither side can be cancelled or ended;
     * ends with both completed, or split (exit 6) if the network is lost. */
    ENGINE_POSTCOPY,
    /* Committed: the destination is told to run. The source is never resumed
     * from here on (R6). */
    ENGINE_FINISH,
    /* The destination said that it runs (R7). The source is given up. */
    ENGINE_CONFIRM,
    /* Not committed: migrate_cancel was sent, or QEMU failed by itself; wait
     * until the source says that its migration is over. */
    ENGINE_CANCELLING,
    /* The source's monitor does not answer: a hung destination blocks it
     * (QEMU 5.2..11.1). yank out of band, then end the destination (R8). */
    ENGINE_YANKING,
    /* The source was lost before the commit: does the destination hold the
     * whole guest? */
    ENGINE_ASKING,
    /* The source's guest shall run again if it ran (R5). */
    ENGINE_RESUMING,
    /* Settings go back, the destination is ended (R10). */
    ENGINE_UNDOING,
    /* The outcome is known. ACT_END comes at once, or with hooks, once they
     * have heard of it. */
    ENGINE_DONE,
    ENGINE__MAX,
    /* Of save and restore only (engine/image.c). SEALING: everything is
     * written, the file goes to the disk; ends with the commit. LOADING: QEMU
     * reads the file; ends with the commit. */
    ENGINE_SEALING = ENGINE__MAX,
    ENGINE_LOADING,
    ENGINE__ALL
};

const char *engine_state_name(enum engine_state state);
/* May `to` follow `from`? For the model of the handover (tests/model). */
bool engine_may_follow(enum engine_state from, enum engine_state to);

/* X(name, default in seconds, what it bounds, and what comes then) */
/* clang-format off */
#define DEADLINE_MAP(X)                                                        \
    X(connect,     5, "connecting to a monitor, greeting included")            \
    X(answer,     10, "an answer of a monitor before the migration starts")    \
    X(setup,      30, "from migrate to RAM flowing")                           \
    X(stall,      60, "RAM or disks flowing, but not a byte more was sent")             \
    X(switchover, 30, "the guest stopped, until the source says completed")    \
    X(finish,     30, "from the commit to the destination running")            \
    X(cancel,      5, "an answer to migrate_cancel, then to yank")             \
    X(undo,       10, "resuming the source, settings going back")              \
    X(seal,      600, "a save: everything written, until it is on the disk")   \
    X(load,     3600, "a restore: QEMU reading the file")                      \
    X(hook,       10, "a hook; before the commit the way back comes then")         \
    X(hold,       60, "a hold (--hold); then the way back")                        \
    X(store,      30, "a step in domain stores; before the commit, the way back comes then") \
    X(clients,    10, "SPICE clients to move, before the source is ended")

/* X(id, name of the phase, when the hook is called) */
#define HOOK_MAP(X)                                                            \
    X(PREPARED,       "prepared",       "the destination listens, RAM does not flow yet") \
    X(PRE_SWITCHOVER, "pre-switchover", "the source's guest is stopped, its state not yet sent") \
    X(COMMITTED,      "committed",      "the destination was told to run")     \
    X(FINISHED,       "finished",       "the guest has moved")                 \
    X(FAILED,         "failed",         "any other end, once something was changed")
/* clang-format on */

enum hook {
    HOOK_NONE,
#define X(id, name, text) HOOK_##id,
    HOOK_MAP(X)
#undef X
        HOOK__MAX
};

const char *hook_name(enum hook hook);

enum deadline {
#define X(name, seconds, text) DEADLINE_##name,
    DEADLINE_MAP(X)
#undef X
        DEADLINE__MAX
};

struct deadlines {
    int64_t us[DEADLINE__MAX];
};

void deadlines_default(struct deadlines *d);
/* "NAME=SECONDS" (fractions allowed). QMIG_ERR_USAGE with the names. */
int deadlines_set(struct deadlines *d, const char *text,
                  struct qmp_error **errp);

/* What comes when a live migration takes longer than `timeout_us`. */
enum timeout_action {
    TIMEOUT_SUSPEND,  /* the guest is stopped, so that it ends (virsh) */
    TIMEOUT_POSTCOPY, /* switch to post-copy */
};

struct engine_config {
    struct plan_input plan; /* borrowed strings: they outlive the engine */
    struct deadlines deadlines;
    bool plan_only;          /* end once the plan is made */
    bool hooks;              /* somebody is to be called: ACT_HOOK */
    unsigned hold;           /* QMIG_HOLD_*: wait there for EV_SWITCHOVER */
    bool stores;             /* definitions are written or removed: ACT_STORE */
    unsigned postcopy_after; /* passes over RAM until post-copy; 0: never */
    int64_t timeout_us;      /* of `migrate`; 0: none */
    enum timeout_action on_timeout;
};

enum engine_event_kind {
    EV_START,          /* the first event of all */
    EV_READY,          /* a monitor is negotiated */
    EV_REPLY,          /* an answer to ACT_SEND */
    EV_EVENT,          /* an event of QEMU */
    EV_LOST,           /* a monitor is gone, or could not be connected */
    EV_TIME,           /* time passed: engine_deadline() was reached */
    EV_CANCEL,         /* the user wishes to cancel */
    EV_POSTCOPY,       /* the user wishes to switch to post-copy */
    EV_SWITCHOVER,     /* ... that a hold is released; without one, to switch
                          over at once */
    EV_TUNE,           /* ... to change migration parameters: `object` */
    EV_JOURNAL_FAILED, /* ACT_JOURNAL did not reach the disk; what followed
                          it in the list was not carried out */
    EV_FILE,           /* ACT_FILE is done, or failed: `err`; then what followed
                          it in the list was not carried out */
    EV_CHANNEL,        /* ACT_CHANNEL: it is there, or `err` why not; later:
                          `err` says how it ended; answers ACT_CHANNEL_CLOSE */
    EV_HOOK_DONE,      /* ... or did not end in time, or not well: `err` */
    EV_STORE_DONE,     /* the same of ACT_STORE */
};

struct engine_event {
    enum engine_event_kind kind;
    int64_t now; /* microseconds, monotonic */
    enum qmig_side side;
    struct json_object *object;  /* READY: greeting; REPLY: the value of
                                    "return"; EVENT: data; borrowed */
    const struct qmp_error *err; /* REPLY: refused; LOST; JOURNAL_FAILED;
                                    HOOK_DONE, STORE_DONE */
    const char *name;            /* EVENT */
    unsigned tag;                /* REPLY: as in ACT_SEND; HOOK_DONE,
                                    STORE_DONE: as in ACT_HOOK, ACT_STORE;
                                    FILE: as in ACT_FILE */
    bool oob;                    /* READY: out-of-band was negotiated */
    uint32_t known;              /* READY: features known from before */
    uint32_t features;
};

/* What is done to the file of a save. */
enum file_step {
    FILE_CREATE,  /* make it, under another name; only failure is told */
    FILE_SEAL,    /* complete it and bring it to the disk; both are told */
    FILE_PUBLISH, /* give it its name, durably; only failure is told */
    FILE_DISCARD, /* remove it; nothing is told */
};

enum engine_action_kind {
    ACT_CONNECT,       /* connect to a monitor */
    ACT_START_DEST,    /* run the command that starts the destination, then
                          connect to its monitor */
    ACT_SEND,          /* a QMP command */
    ACT_EXPECT,        /* a QMP command that will probably be the side's next:
                          nothing is to be carried out before it is sent */
    ACT_JOURNAL,       /* a record; with `sync` on disk before the next action
                          (R3) */
    ACT_NOTE,          /* for the transcript */
    ACT_WARN,          /* for the user */
    ACT_PROGRESS,      /* `arguments` is a reply to query-migrate */
    ACT_KILL_DEST,     /* end the destination that we started */
    ACT_FILE,          /* `tag` is an enum file_step */
    ACT_CHANNEL,       /* connect to where the data goes ("connect" in
                          `arguments`, if anywhere), for ACT_SENDs with a
                          connection; EV_CHANNEL comes */
    ACT_CHANNEL_CLOSE, /* the data ends here; EV_CHANNEL comes */
    ACT_HOOK,          /* call the hook, phase in `name`; one that still runs is
                          ended, and nothing is heard of it. EV_HOOK_DONE comes
                          by `deadline` */
    ACT_STORE,         /* do this step in the domain stores; EV_STORE_DONE comes
                          by `deadline` */
    ACT_END,           /* the end; engine_verdict() is there */
};

struct engine_action {
    enum engine_action_kind kind;
    enum qmig_side side;
    const char *name;              /* SEND: execute; JOURNAL, NOTE: kind */
    struct json_object *arguments; /* a reference of the action's own */
    char *text;                    /* WARN; owned by the action */
    unsigned tag;                  /* SEND; HOOK: enum hook; STORE: enum
                                      move_step; FILE: enum file_step */
    bool oob;
    bool in_order;       /* without an id */
    bool sync;           /* JOURNAL */
    enum step_file file; /* SEND: goes with it */
    int64_t deadline;    /* SEND, HOOK, STORE: absolute */
};

struct engine;

struct engine *engine_new(const struct engine_config *config);
void engine_free(struct engine *e);

/* One event in. The actions are then in engine_actions() until the next
 * call of engine_step(). */
void engine_step(struct engine *e, const struct engine_event *ev);
const struct engine_action *engine_actions(const struct engine *e, size_t *n);

/* When EV_TIME is due at the latest; -1: never. */
int64_t engine_deadline(const struct engine *e);

enum engine_state engine_state(const struct engine *e);
enum qmig_phase engine_phase(const struct engine *e);
const struct facts *engine_facts(const struct engine *e, enum qmig_side side);
/* The QMIG_HOLD_* at which it waits now, and since when; 0: it does not. */
unsigned engine_holding(const struct engine *e, int64_t *since_us);
const char *hold_name(unsigned hold); /* "prepared", "switchover", NULL */
/* Made at the end of BEGIN; n is 0 before. */
const struct plan *engine_plan(const struct engine *e);

/* What came out; valid in ENGINE_DONE. Members are the engine's. */
struct engine_verdict {
    enum qmig_outcome outcome;
    enum qmig_owner owner;
    const struct qmp_error *error; /* NULL: completed */
    enum qmig_phase phase;
    enum qmig_side side;
    bool left[2]; /* by enum qmig_side: over, but that QEMU may still be there,
                     or have our settings: 'recover' sees to it */
    struct json_object *info; /* the source's last query-migrate, or NULL */
    struct json_object *dest_info; /* the destination's, or NULL */
    int64_t stop_us;               /* STOP of the source, RESUME of the */
    int64_t resume_us;             /* destination; 0 if not seen */
};
struct engine_verdict engine_verdict(const struct engine *e);

#endif
