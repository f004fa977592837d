/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan of a migration: parameters, flags and what both QEMUs can do in,
 * an ordered list of QMP commands for each side out. `plan` prints it,
 * `migrate` sends it; there is no other source of commands that change a
 * QEMU, except cancelling and undoing, which are derived from it.
 * Pure: no I/O.
 */
#ifndef QMIG_PLAN_H
#define QMIG_PLAN_H

#include "params/params.h"
#include "params/uri.h"
#include "plan/facts.h"

/* A disk of the domain XML. */
struct plan_disk {
    const char *target; /* "vda" */
    const char *alias;  /* "virtio-disk0", or NULL */
    bool readonly;
    bool shareable;
    bool empty;  /* a drive without a medium */
    bool caches; /* its host may have cached what another one wrote */
};
struct plan_image; /* plan/image.h */

struct plan_input {
    const struct qmig_params *params;
    unsigned flags;
    const char *source_addr; /* the monitors' addresses, as given */
    const char *dest_addr;
    const char *local_host; /* this host's name, or NULL */
    const char *name;       /* the guest's, from the domain XML, or NULL */
    const char *uuid;
    const char *listen_uri; /* what the destination listens on, or NULL */
    const char *tunnel;     /* address of the tunnel's far end, or NULL */
    bool channels;          /* "channels" instead of "uri" */
    bool one_way_fd;        /* fd:N of a pipe: nothing can come back */
    bool dest_started;      /* we start the destination (--dest-exec) */
    bool keep_source;
    bool spice;           /* the domain XML has a SPICE console */
    bool hold_switchover; /* it waits there for the user's word */
    struct qmig_tls tls;
    const struct plan_disk *disks; /* of the domain XML; NULL: there is none */
    size_t n_disks;
    /* Is it the same file on this host? 1 yes, 0 no, -1 it cannot be told;
     * NULL: it never can. */
    int (*same_file)(const char *a, const char *b);
    const struct plan_image *image; /* save, restore: the other side is a file;
                                       NULL: a migration */
};

/* What is passed to QEMU with a command (SCM_RIGHTS). */
enum step_file {
    STEP_NO_FILE,
    STEP_FILE,        /* the file of a saved guest */
    STEP_FILE_DIRECT, /* the same, opened past the page cache */
    STEP_CONNECTION,  /* what the data goes through, on that side */
};

/* What a step is to the engine; commands of one kind wait for each other. */
enum step_kind {
    STEP_OBJECT,     /* prepare: objects; before all else, for QEMU checks what
                        they name, and nothing is used up by that */
    STEP_SERVER,     /* nbd-server-start: serves images to the source */
    STEP_EXPORT,     /* block-export-add: one image each */
    STEP_SET,        /* prepare: settings; all sent at once, in order */
    STEP_LISTEN,     /* migrate-incoming */
    STEP_LISTENS,    /* query-migrate: which port was chosen? */
    STEP_MIRROR,     /* blockdev-add, blockdev-mirror: disks flow */
    STEP_CLIENTS,    /* client_migrate_info; a refusal is a warning */
    STEP_PASS,       /* getfd on the source: the data goes there */
    STEP_STOP,       /* stop the source first (not LIVE) */
    STEP_MIGRATE,    /* migrate */
    STEP_LIFT,       /* parameters that only lift a limit: asked for and set
                        while the source sets up */
    STEP_AT_LOAD,    /* settings that the destination needs when it has loaded:
                        sent while RAM flows, done before STEP_CONTINUE */
    STEP_POSTCOPY,   /* migrate-start-postcopy, once it is wanted */
    STEP_BRAKE,      /* the switchover is held: next to nothing is sent */
    STEP_RELEASE,    /* it is held no longer: as fast as before */
    STEP_MIRROR_END, /* block-job-cancel, once the guest is stopped */
    STEP_MIRROR_DEL, /* blockdev-del, when all have ended: it flushes */
    STEP_SERVER_END, /* nbd-server-stop, when that is done */
    STEP_CONTINUE,   /* migrate-continue */
    STEP_TAKEOVER,   /* cont (or activate the disks of a paused guest) */
    STEP_TIDY,       /* settings of the destination go back */
    STEP_QUIT,       /* give up the source */
};

struct plan_step {
    enum step_kind kind;
    enum qmig_side side;
    enum qmig_phase phase;
    const char *execute;
    struct json_object *arguments; /* NULL if none */
    const char *why;
    /*
     * It uses this feature without its being known (-1: none): if QEMU does
     * not know that form, nothing has happened, and the step is done without
     * (with `fallback` as arguments; NULL: left out).
     */
    int tries;
    struct json_object *fallback;
    const char *fallback_execute; /* NULL: the same command */
    bool may_fail;                /* a refusal is as good */
    bool again; /* refused with "in use" it is sent again, for a while */
    enum step_file file;
};

/* A disk that is copied. */
struct plan_copy {
    char *name;      /* as the user calls it: "vda" */
    char *id;        /* of our job, node and export */
    char *node;      /* the source's, */
    char *dest_node; /* and the destination's */
    bool detect_zeroes;
};

#define PLAN_MAX_COPIES 32
/* Five for each copy, and what there is without. */
#define PLAN_MAX_STEPS (5 * PLAN_MAX_COPIES + 48)

struct plan {
    struct plan_step steps[PLAN_MAX_STEPS];
    size_t n;
    /* The same settings as they were, for a roll-back (STEP_SET, _AT_LOAD), and
     * the objects gone. */
    struct plan_step undo[PLAN_MAX_STEPS];
    size_t n_undo;

    struct plan_copy *copies;
    size_t n_copies;
    struct migrate_uri disks_uri; /* where the source finds the exports */
    char *disks_listen;           /* the host that they are served at */
    bool disks_port_free;         /* another port will do as well */

    struct migrate_uri uri; /* where the source connects to; port 0 until the
                               destination has chosen one */
    bool return_path;       /* S's "completed" carries D's word */
    bool pauses;            /* pause-before-switchover is on */
    bool source_runs;       /* the guest ran when we came */
    bool blocktime;         /* the destination measures post-copy's waits */
    bool arrives_paused;    /* so shall it on the destination */
    bool image;             /* save, restore: `uri` is not used */
    bool snapshot;          /* save: the guest runs on beside what is saved */
    bool no_cancel;         /* it hangs for ever if that is cancelled */
    bool dest_listens;      /* started with -incoming URI: no STEP_LISTEN */

    /* See plan/transport.h. */
    char *listen;        /* the destination's URI, in QEMU's form */
    char *connect;       /* where we connect to, if plan.uri does not tell */
    bool tunnel;         /* the data goes through us */
    bool source_gets_fd; /* migrate gets "fd:" */
    bool dest_gets_fd;
    bool channels;
};

/*
 * Check what both sides said (states, blockers, names, capabilities), then
 * make the plan. *warnings (may be NULL) gets a line for each oddity that
 * does not stand in the way; the caller frees it. On failure *side tells
 * which side is to blame.
 */
int plan_make(struct plan *plan, const struct plan_input *in,
              const struct facts *source, const struct facts *dest,
              enum qmig_side *side, char **warnings, struct qmp_error **errp);
void plan_clear(struct plan *plan);

/* Is the answer to this question needed for this plan? */
bool plan_needs_probe(const struct plan_input *in, enum qmig_side side,
                      enum probe probe);

/* Is the bandwidth set while the source sets up (STEP_LIFT)? It allows at least
 * what QEMU does by itself, and nothing else is set there: then the source
 * has less to read before it begins. */
bool plan_lifts(const struct plan_input *in);

/* Checks that need the source alone: is there a guest that can migrate? */
int plan_check_source(const struct plan_input *in, const struct facts *source,
                      struct qmp_error **errp);
int plan_check_dest(const struct plan_input *in, const struct facts *source,
                    const struct facts *dest, char **warnings,
                    struct qmp_error **errp);

/* Add a line to *warnings (unless that is NULL). Without memory it is lost. */
void plan_warn(char **warnings, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The first step of a kind, NULL if there is none. */
const struct plan_step *plan_find(const struct plan *plan, enum step_kind kind);

/* Arguments of `migrate` once the port is known: a new object. */
struct json_object *plan_migrate_arguments(const struct plan *plan);

/* An array of {"peer","execute","arguments","why"}; NULL: no memory. */
struct json_object *plan_json(const struct plan *plan);

/* plan/plan.c: a step at the end of a plan, or of its undoing; takes
 * `arguments`. The step is there to be completed. */
struct plan_step *plan_add(struct plan *plan, enum step_kind kind,
                           enum qmig_side side, enum qmig_phase phase,
                           const char *execute, struct json_object *arguments,
                           const char *why);
struct plan_step *plan_add_undo(struct plan *plan, enum step_kind kind,
                                enum qmig_side side, const char *execute,
                                struct json_object *arguments, const char *why);

/* Is this monitor's QEMU on this host? 1 yes, 0 no, -1 it cannot be known. */
int plan_is_here(const char *addr);
/* Are both on one host, as far as is known? */
bool plan_same_host(const struct plan_input *in);
/* libvirt's range (qemu.conf migration_port_min, _max): what firewalls that
 * were set up for it let through. */
#define PLAN_PORT_MIN 49152
#define PLAN_PORT_MAX 49215
/* On which host to listen, when this is where the other side connects to;
 * "": on all addresses. */
const char *plan_listen_host(const struct migrate_uri *uri,
                             const char *address);

/* Where the destination can be reached and what it shall listen on, when no
 * migrate_uri was given (plan/address.c). */
int plan_choose_uri(const struct plan_input *in, struct migrate_uri *uri,
                    struct qmp_error **errp);
/* QEMU's `uri` for migrate-incoming; `address` is listen_address or NULL.
 * NULL: no memory. */
char *plan_listen_uri(const struct migrate_uri *uri, const char *address);

/* Does a guest in this run state run (or sleep), so that it shall run on the
 * destination? */
bool plan_status_runs(const char *status);

const char *side_name(enum qmig_side side);    /* "source", "destination" */
const char *phase_name(enum qmig_phase phase); /* "begin", "prepare", ... */

#endif
