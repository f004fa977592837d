/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The job: what the engine decides is done here, what happens is told to it.
 * One thread, two QMP connections, no blocking.
 */
#ifndef QMIG_JOB_H
#define QMIG_JOB_H

#include "abi/abi.h"
#include "control/server.h"
#include "domain/domain.h"
#include "engine/engine.h"
#include "job/child.h"
#include "job/journal.h"
#include "job/tunnel.h"
#include "qmp/client.h"
#include "qmp/sync.h"
#include "qmp/transcript.h"
#include "store/move.h"
#include "qmp/transport.h"

struct job_image;     /* see job/image.h */
struct pending_event; /* see job/events.c */

/* The hook that runs now (`tag` is not 0), see job/hook.c. */
struct hook_run {
    struct child child;
    const char *phase;
    unsigned tag;
    int64_t deadline;
    off_t said; /* length of its log before */
};

/* What became of a step in the domain stores; `err` is borrowed. */
typedef void job_store_done(struct qmig_migration *m, enum move_step step,
                            const struct qmp_error *err);

/* Domain stores, see job/store.c. */
struct job_store {
    struct store_move move;
    enum move_step step; /* runs now; MOVE_NONE: none does */
    unsigned at;
    struct store_request request; /* of it, the one that is under way */
    enum qmig_side side;
    struct store_run run;
    bool refused; /* what failed last: it has changed nothing, for certain */
    bool found;   /* MOVE_LOOK: the definition has its name */
    int64_t deadline;
    job_store_done *done;
};

/* A migration of the definition only, see job/offline.c. */
struct job_offline {
    bool begun;     /* the first record is in the journal */
    bool looked;    /* the definition has its name, as was seen */
    bool undecided; /* nobody knows: recover has to look again */
    enum qmig_phase phase;
};

/* What the data goes through, as far as we have a hand in it; see
 * job/channel.c. Descriptors are by enum qmig_side, -1: none. */
struct channel {
    char *address;                  /* where we connect to, or NULL */
    struct qmp_transport transport; /* that connection, and its command */
    bool connecting;
    int64_t next; /* try again then; -1: when it is ready */
    int give[2];  /* for the next getfd of a side */
    int ours[2];  /* the other end of it */
    struct tunnel *tunnel;
    struct json_object *said; /* how the tunnel ended, or NULL */
};

struct qmig_migration {
    /* What the user wants; copies. */
    char *addr[2]; /* by enum qmig_side */
    char *domain_xml;
    char *dest_exec;
    char *hook_command;
    char *listen_uri;
    char *tunnel;
    char *state_given;
    char *transcript_given;
    struct qmig_options o; /* flags and callbacks; of its strings only those of
                              `tls`, which are copies */
    struct qmig_params *params;
    unsigned flags;
    struct job_image *image; /* save, restore: the file; NULL: a migration */
    bool plan_only;
    struct deadlines deadlines;

    /* What came of it. */
    bool started;
    bool cancel_first; /* wished before the start */
    bool ended;
    int64_t start_us;
    int64_t end_us;
    char *state; /* directories */
    char *dir;
    char *id;
    char *transcript_path;
    char local_host[256];
    char *dest_xml_path; /* the XML that the destination gets, or NULL */
    struct domain *domain;
    struct abi_report *report; /* of destination_xml */
    struct plan_disk *disks;   /* of the XML, where they are to be copied */
    size_t n_disks;
    struct abi_report *persistent_report; /* of persistent_xml */

    struct engine *engine;
    struct qmp_client *client[2];
    char *features_key; /* of the destination, and what was remembered of it */
    uint32_t features_known, features;
    struct qmp_transcript *transcript;
    bool transcript_failed; /* and the user was told */
    int64_t flush_at;       /* it is written then; -1: all is */
    int64_t flush_by;       /* at the latest, if there is something */
    uint64_t flush_count;   /* what was recorded when that was decided */
    struct journal *journal;
    bool pruned;             /* the state directory was looked through */
    struct control *control; /* from `migrate` on */
    int stats_fd;            /* -1: not made yet */
    bool control_tried;
    unsigned told_hold; /* QMIG_HOLD_*: the world knows of */
    int lock;
    struct channel channel;
    bool one_way_fd; /* the data goes through a pipe */
    struct child child;
    struct hook_run hook;
    struct job_store store;
    struct job_offline offline;
    int64_t connect_until; /* trying to reach a destination that starts */
    int64_t connect_next;
    enum qmig_phase shown_phase;
    int64_t shown_us;
    struct json_object *shown_info; /* query-migrate's last, or NULL */

    struct pending_event *first; /* events that wait while others are acted */
    struct pending_event **last; /* upon */
    bool stepping;

    char *leftover;
    char *dest_stderr;
    struct qmp_error *error; /* of the start, before there is an engine */
    struct qmig_result result;
};

/* job/migration.c: an object without anything in it; what all of them have is
 * checked and copied. */
struct qmig_migration *job_new(struct qmp_error **errp);
int job_fill(struct qmig_migration *m, const struct qmig_options *o,
             const struct qmig_params *params, struct qmp_error **errp);
int job_check_address(const char *addr, enum qmig_side side,
                      struct qmp_error **errp);
/* Run it for its plan only. */
int job_plan(struct qmig_migration *m, struct json_object **ret,
             struct qmp_error **errp);

/* job/start.c: directories, checks of the XMLs, the engine. -1: m->error. */
int job_start(struct qmig_migration *m);
/* A destination that was started for a plan ends with it. */
void job_end_plan(struct qmig_migration *m);

/* job/xml.c: what the destination gets: *dest_xml, NULL if there is no XML. */
int job_check_xml(struct qmig_migration *m, char **dest_xml);
/* The guest as the domain XML has it; NULL if there is none. */
const char *job_guest_name(const struct qmig_migration *m);
const char *job_guest_uuid(const struct qmig_migration *m);

/* job/disks.c: will the guest find its disks? Also lists them. -1: m->error. */
int job_check_disks(struct qmig_migration *m);
void job_free_disks(struct qmig_migration *m);
/* plan_input.same_file */
int job_same_file(const char *a, const char *b);

/* job/events.c: tell the engine, carry out what it wants. Events that come
 * up meanwhile are queued. */
void job_feed(struct qmig_migration *m, const struct engine_event *ev);

/* Hand to the kernel what is queued for the monitors. */
void job_flush(struct qmig_migration *m);

/* job/actions.c: carry out the actions of the engine's last step. */
void job_act(struct qmig_migration *m);
/* Old migrations are forgotten, at most once a day. */
void job_prune(struct qmig_migration *m);
/* The first record, with what `plan` has: nobody else acts on this guest from
 * here on. */
int job_begin_journal(struct qmig_migration *m, struct json_object *plan,
                      bool sync, struct qmp_error **errp);
void job_warn(struct qmig_migration *m, const char *text);

/* job/connect.c: monitors and the destination's process. */
void job_connect(struct qmig_migration *m, enum qmig_side side);
void job_start_dest(struct qmig_migration *m);
void job_connect_again(struct qmig_migration *m, int64_t now);
void job_kill_dest(struct qmig_migration *m);

/* What a command that we start may want to know: a list for the environment;
 * `phase` may be NULL. job_free_environment() frees it. */
char **job_environment(struct qmig_migration *m, const char *phase);
void job_free_environment(char **list);

/* job/channel.c. Can the data go where the user wants it to? */
int job_check_channel(struct qmig_migration *m, const struct qmig_options *o,
                      const struct qmig_params *params,
                      struct qmp_error **errp);
void job_init_channel(struct channel *c);
void job_free_channel(struct channel *c);
/* ACT_CHANNEL, ACT_CHANNEL_CLOSE: EV_CHANNEL comes. */
void job_open_channel(struct qmig_migration *m, struct json_object *how);
void job_close_channel(struct qmig_migration *m);
/* The migration is over: what passed is noted. */
void job_end_channel(struct qmig_migration *m);
/* What a getfd passes: the caller closes it. */
int job_take_fd(struct qmig_migration *m, enum qmig_side side,
                struct qmp_error **errp);
#define JOB_CHANNEL_POLLFDS 2
size_t job_channel_pollfds(const struct qmig_migration *m, struct pollfd *fds);
void job_channel_dispatch(struct qmig_migration *m, int64_t now);

/* job/hook.c: the user's command (qmig_options.hook). */
void job_start_hook(struct qmig_migration *m, const struct engine_action *a);
/* Has it ended, or is it late? Tells the engine. Never blocks. */
void job_check_hook(struct qmig_migration *m, int64_t now);
void job_end_hook(struct qmig_migration *m);

/* job/store.c: definitions that are written and removed. */
/* The addresses, and what they and the flags ask of each other. */
int job_take_stores(struct qmig_migration *m, const struct qmig_options *o,
                    struct qmp_error **errp);
bool job_has_stores(const struct qmig_migration *m);
/* Names and texts, once the XMLs are checked. -1: m->error. */
int job_prepare_stores(struct qmig_migration *m, const char *dest_xml);
void job_start_store(struct qmig_migration *m, enum move_step step,
                     int64_t deadline, job_store_done *done);
/* Has the present request ended, or is it late? Never blocks for a peer. */
void job_check_store(struct qmig_migration *m, int64_t now);
void job_end_store(struct qmig_migration *m);
/* For recover: files in the migration's directory, and a member of `begin`. */
int job_save_stores(struct qmig_migration *m, struct json_object *begin,
                    struct qmp_error **errp);

/* job/offline.c: no QEMU, no engine. */
int job_check_offline(const struct qmig_options *o,
                      const struct qmig_params *params,
                      struct qmp_error **errp);
void job_start_offline(struct qmig_migration *m);
struct engine_verdict job_offline_verdict(const struct qmig_migration *m);

/* job/control.c: the control socket, and what is told there. */
void job_open_control(struct qmig_migration *m);
void job_tell(struct qmig_migration *m, const char *event);
/* Note in the transcript that the user acted, so that a replay can tell when
 * to do it again. `action` is the verb of the command line; arguments may be
 * NULL. */
void job_note_user(const struct qmig_migration *m, const char *action,
                   struct json_object *arguments);

/* job/result.c: once the engine is done (or never was). */
/* Adds "result", "owner" and "error", as in the result. */
void job_add_verdict(const struct qmig_migration *m, struct json_object *json);
void job_make_stats(struct qmig_migration *m);
void job_make_result(struct qmig_migration *m);
void job_show_progress(struct qmig_migration *m, struct json_object *info);

#endif
