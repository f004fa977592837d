/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libqmigrate: live migration of a QEMU guest over QMP.
 *
 * A migration is one object. It is made from options, typed parameters
 * (libvirt's VIR_MIGRATE_PARAM_* names) and flags (libvirt's VIR_MIGRATE_*
 * numbers), and then either run to its end by one blocking call or driven by
 * the caller's own loop:
 *
 *     struct qmig_migration *m = qmig_migration_new(&o, params, flags, &err);
 *     qmig_migration_run(m);
 *     const struct qmig_result *r = qmig_migration_result(m);
 *     ... r->outcome, r->owner ...
 *     qmig_migration_free(m);
 *
 * Link with pkg-config --libs qmigrate. Symbols start with qmig_, those of
 * the QMP client library below it with qmp_ (qmp/client.h and its
 * neighbours). The library never prints, never exits, installs no signal
 * handler, and its threads (one waits for the disk, for a moment; with
 * QMIG_TUNNELLED another one moves the data) block all signals. One object is
 * used by one thread at a time.
 *
 * Strings are UTF-8 and NUL-terminated. "Borrowed" means that the callee
 * copies what it keeps; what a function returns as `const` stays the
 * object's.
 */
#ifndef QMIGRATE_H
#define QMIGRATE_H

#include "qmp/error.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* "0.1.0" */
QMP_EXPORT const char *qmig_version(void);

/* Stable name of an error code ("param.unknown"), and the exit code that the
 * program ends with for it (spec of the command line, "Exit codes"). */
QMP_EXPORT const char *qmig_errcode_name(int code);
QMP_EXPORT int qmig_errcode_exit(int code);

/*
 * Flags: libvirt's names and numbers (enum virDomainMigrateFlags, libvirt
 * 11.3). What is not supported is refused, never ignored.
 */
/* clang-format off */
#define QMIG_LIVE                          (1u << 0)
#define QMIG_PEER2PEER                     (1u << 1)
#define QMIG_TUNNELLED                     (1u << 2)
#define QMIG_PERSIST_DEST                  (1u << 3)
#define QMIG_UNDEFINE_SOURCE               (1u << 4)
#define QMIG_PAUSED                        (1u << 5)
#define QMIG_NON_SHARED_DISK               (1u << 6)
#define QMIG_NON_SHARED_INC                (1u << 7)
#define QMIG_CHANGE_PROTECTION             (1u << 8)
#define QMIG_UNSAFE                        (1u << 9)
#define QMIG_OFFLINE                       (1u << 10)
#define QMIG_COMPRESSED                    (1u << 11)
#define QMIG_ABORT_ON_ERROR                (1u << 12)
#define QMIG_AUTO_CONVERGE                 (1u << 13)
#define QMIG_RDMA_PIN_ALL                  (1u << 14)
#define QMIG_POSTCOPY                      (1u << 15)
#define QMIG_TLS                           (1u << 16)
#define QMIG_PARALLEL                      (1u << 17)
#define QMIG_NON_SHARED_SYNCHRONOUS_WRITES (1u << 18)
#define QMIG_POSTCOPY_RESUME               (1u << 19)
#define QMIG_ZEROCOPY                      (1u << 20)
/* clang-format on */

/*
 * The value of a flag by libvirt's name in lower case without VIR_MIGRATE_
 * ("live", "paused", "auto_converge"; "-" may stand for "_"). 0 and
 * QMIG_ERR_FLAG_UNKNOWN if there is none.
 */
QMP_EXPORT unsigned qmig_flag(const char *name, struct qmp_error **errp);

/*
 * Typed parameters, by libvirt's names ("migrate_uri", "destination_name",
 * "destination_xml", "bandwidth", ...: 24 in libvirt 11.3).
 *
 * Each function refuses at once an unknown name (QMIG_ERR_PARAM_UNKNOWN), a
 * wrong type or malformed value (QMIG_ERR_PARAM_TYPE), a second value of a
 * parameter that libvirt allows once (QMIG_ERR_PARAM_DUPLICATE) and a value
 * out of range (QMIG_ERR_PARAM_RANGE); the message has the name, the value
 * and what was wanted. Rules between parameters and flags are checked by
 * qmig_params_check(), which qmig_migration_new() calls.
 *
 * "qemu.NAME" is a migration parameter or capability by QEMU's own name
 * ("qemu.downtime-limit", "qemu.validate-uuid"; "@source", "@dest" or "@both"
 * after it overrides the side on which it is set). _add_text() and _add_json()
 * take them; whether that QEMU has it, and of what type it is, is checked when
 * it was asked, and the value is as it was afterwards.
 */
struct qmig_params;

QMP_EXPORT struct qmig_params *qmig_params_new(void); /* NULL: no memory */
QMP_EXPORT void qmig_params_free(struct qmig_params *p);
/* From text, converted to the parameter's type (the command line's -p). */
QMP_EXPORT int qmig_params_add_text(struct qmig_params *p, const char *name,
                                    const char *value, struct qmp_error **errp);
QMP_EXPORT int qmig_params_add_string(struct qmig_params *p, const char *name,
                                      const char *value,
                                      struct qmp_error **errp);
QMP_EXPORT int qmig_params_add_int(struct qmig_params *p, const char *name,
                                   int value, struct qmp_error **errp);
QMP_EXPORT int qmig_params_add_ullong(struct qmig_params *p, const char *name,
                                      unsigned long long value,
                                      struct qmp_error **errp);
/* From a JSON object {"bandwidth": 100, "migrate_disks": ["vda", "vdb"]}. */
QMP_EXPORT int qmig_params_add_json(struct qmig_params *p,
                                    struct json_object *object,
                                    struct qmp_error **errp);
QMP_EXPORT int qmig_params_check(const struct qmig_params *p, unsigned flags,
                                 struct qmp_error **errp);

enum qmig_outcome {
    QMIG_COMPLETED,       /* the guest is on the destination */
    QMIG_FAILED,          /* as before, on the source */
    QMIG_CANCELLED,       /* on the source, because the user wished it */
    QMIG_INCOMPATIBLE,    /* a check refused; nothing was changed */
    QMIG_UNDECIDED,       /* start neither side; fence first */
    QMIG_POSTCOPY_PAUSED, /* split: recover completes it */
};

enum qmig_owner { QMIG_OWNER_SOURCE, QMIG_OWNER_DEST, QMIG_OWNER_UNDECIDED };

enum qmig_side { QMIG_SIDE_SOURCE, QMIG_SIDE_DEST, QMIG_SIDE_CONTROLLER };

/* libvirt's phases (v3 protocol), the switchover split from perform. */
enum qmig_phase {
    QMIG_PHASE_BEGIN,      /* connect, ask, check, plan: nothing is changed */
    QMIG_PHASE_PREPARE,    /* the destination gets ready */
    QMIG_PHASE_PERFORM,    /* RAM flows while the guest runs */
    QMIG_PHASE_SWITCHOVER, /* the guest is stopped; device state flows */
    QMIG_PHASE_FINISH,     /* the destination takes over */
    QMIG_PHASE_CONFIRM,    /* the source is given up */
};

/* As QEMU's query-migrate says, in bytes; values not known are 0 (eta: -1). */
struct qmig_progress {
    enum qmig_phase phase;
    const char *status;        /* QEMU's: "setup", "active", ...; while disks
                                  are copied, before RAM: "mirroring" */
    int64_t elapsed_us;        /* since the migration object was started */
    uint64_t total;            /* RAM of the guest */
    uint64_t transferred;      /* sent so far */
    uint64_t remaining;        /* still to be sent in this pass */
    uint64_t bytes_per_second; /* now */
    uint64_t dirty_bytes_per_second;
    uint64_t iteration;  /* dirty-sync-count: passes over RAM */
    int64_t eta_us;      /* at this rate; -1: would not end */
    const char *holding; /* "prepared", "switchover"; NULL: it is not held */
    int64_t held_us;     /* so long already */
    /* Disks that are copied, all together; the total grows with what the guest
     * writes meanwhile. */
    uint64_t disk_total;
    uint64_t disk_transferred;
    uint64_t disk_remaining;
    uint64_t disk_bytes_per_second;
};

/*
 * Credentials for the flag QMIG_TLS: certificates (x509), or keys that both
 * sides share (PSK). Paths are absolute and on the host of the QEMU in
 * question, which reads the files: ca-cert.pem, server-cert.pem and
 * server-key.pem on the destination, client-cert.pem and client-key.pem on the
 * source; or keys.psk on both. All may be NULL.
 */
struct qmig_tls {
    const char *dir;        /* of both sides; NULL: /etc/pki/qemu */
    const char *source_dir; /* of one side, instead */
    const char *dest_dir;
    const char *psk;      /* keys.psk or its directory, instead of x509 */
    const char *psk_user; /* whose key the source uses; NULL: "qemu" */
    /* Whom the destination lets in, beside having a certificate of its CA:
     * what this authz object of its says, or only this distinguished name. */
    const char *authz;
    const char *authz_identity;
    bool no_verify_peer; /* the source needs no certificate */
};

/* Where a migration can be held until qmig_migration_switchover(). */
/* The destination listens, no RAM flows. */
#define QMIG_HOLD_PREPARED   (1u << 0)
#define QMIG_HOLD_SWITCHOVER (1u << 1) /* before the guest changes sides */

struct qmig_options {
    const char *source; /* monitor addresses, see qmp/addr.h */
    const char *dest;
    const char *domain_xml; /* text of the source's domain XML, or NULL */
    const char *dest_exec;  /* command that starts the destination, or NULL */
    const char *state_dir;  /* NULL: $QMIGRATE_STATE_DIR, else /run/qmigrate
                               for root, else $XDG_RUNTIME_DIR/qmigrate */
    /*
     * Domain stores: directories of definitions (NAME.xml), here ("DIR") or
     * elsewhere ("ssh:[USER@]HOST:DIR", "exec:COMMAND": a shell there that
     * reads its input). QMIG_PERSIST_DEST needs dest_store and writes there,
     * QMIG_UNDEFINE_SOURCE needs source_store and removes from it, both once
     * the guest has moved; both need domain_xml. Else NULL.
     */
    const char *source_store;
    const char *dest_store;
    const char *transcript; /* file; NULL: in the state directory */
    bool no_transcript;
    /*
     * Where the data goes, beyond the parameter "migrate_uri" (which also
     * takes exec:COMMAND, fd:N, and fd: before tcp: or unix: for a connection
     * that we make): what the destination listens on, if that does not follow
     * from it, or NULL. A descriptor of fd:N is the migration's from
     * qmig_migration_run() on.
     */
    const char *listen_uri;
    /* With QMIG_TUNNELLED: how the data gets to the destination, in the form
     * of a monitor's address; NULL: as its monitor is reached. */
    const char *tunnel;
    bool channels; /* QEMU 8.2+: "channels" of migrate, instead of "uri" */
    struct qmig_tls tls;
    bool keep_source;        /* leave the source QEMU paused at the end */
    unsigned postcopy_after; /* with QMIG_POSTCOPY: switch after so many
                                passes over RAM; 0: when asked */
    unsigned timeout_s;      /* seconds of a live migration, 0: none; then: */
    bool timeout_postcopy;   /* switch to post-copy, else stop the guest */
    /* Command that is called (/bin/sh -c, the phase as $1, JSON on its input)
     * at "prepared", "pre-switchover", "committed", "finished" or "failed", or
     * NULL. If it fails in one of the first two the migration is given up. */
    const char *hook;
    /* QMIG_HOLD_*. The guest runs on the source meanwhile; where its RAM is
     * sent so fast that it cannot be braked in time (some 100 ms) it stands
     * still there, paused, and a warning says so. After the time-out it runs on
     * where it is, on the source: QMIG_FAILED, error "hold.timeout". */
    unsigned hold;
    unsigned hold_timeout_s;      /* 0: the deadline "hold" */
    const char *const *deadlines; /* "NAME=SECONDS" (README lists the names),
                                     NULL-terminated, or NULL */
    /* Called from inside dispatch, at most about ten times a second and at
     * each change of phase; `p` is borrowed. May be NULL. */
    void (*progress)(const struct qmig_progress *p, void *opaque);
    /* One line for a person, e.g. a warning of the guest-ABI check. */
    void (*warn)(const char *text, void *opaque);
    void *opaque;
};

struct qmig_result {
    enum qmig_outcome outcome;
    enum qmig_owner owner;
    int exit_code;          /* of the program: 0, 1, 3, 4, 5, 6 */
    const char *id;         /* the migration's id */
    const char *transcript; /* path, or NULL */
    /* NULL when completed: */
    const struct qmp_error *error;
    enum qmig_phase phase;   /* where it went wrong */
    enum qmig_side side;     /* and on which side */
    const char *dest_stderr; /* last lines of the destination's, or NULL */
    /* The result object of the command line's --json, borrowed. */
    struct json_object *json;
};

struct qmig_migration;

/*
 * Validate everything that can be validated without a QEMU and make the
 * object; everything is copied. `params` may be NULL. No monitor is touched.
 */
QMP_EXPORT struct qmig_migration *qmig_migration_new(
    const struct qmig_options *o, const struct qmig_params *params,
    unsigned flags, struct qmp_error **errp);
QMP_EXPORT void qmig_migration_free(struct qmig_migration *m);

/*
 * Save a guest to a file, and restore it: a migration whose other side is a
 * file (docs/save-format.md has its format). The object is one of a migration:
 * run or driven, cancelled, asked and freed like any other. A save ends with
 * QMIG_COMPLETED and QMIG_OWNER_DEST once the file is on the disk and the
 * source is quit (QMIG_OWNER_SOURCE beside a background snapshot); until then
 * every failure leaves the guest on the source as it was, and no file. A
 * restore ends so once QEMU says that the guest runs; before that the guest is
 * the file's (QMIG_OWNER_SOURCE), which stays as it is.
 *
 * The file is opened here and passed to QEMU: the monitor must be a UNIX
 * socket of this host.
 */
enum qmig_image_state {
    QMIG_IMAGE_AS_IS,   /* as the guest was when it was saved */
    QMIG_IMAGE_RUNNING, /* it shall run once it is restored */
    QMIG_IMAGE_PAUSED,  /* it shall be paused then */
};

struct qmig_image_options {
    const char *file;
    enum qmig_image_state state; /* of a restore, or for the next one */
    /* Save: "raw", or "sparse", in which each page has its place (mapped-ram,
     * QEMU 9.0+); NULL: "raw". */
    const char *format;
    bool overwrite;    /* save: a file of that name may be replaced */
    bool live;         /* save: the guest runs while its RAM is written */
    bool unsafe;       /* save: a background snapshot, though this QEMU's guest
                          hangs for ever if it fails (before 8.1) */
    unsigned channels; /* "sparse": this many at once (multifd), to 255; 0: one
                          stream */
    bool bypass_cache; /* "sparse": past the page cache (direct-io, 9.1+) */
};

/* `o->source` is the monitor; dest, dest_exec, hook and the like are not used.
 * `params`: bandwidth, destination_xml (what the file shall have instead of
 * o->domain_xml), and QEMU's own. */
QMP_EXPORT struct qmig_migration *qmig_save_new(
    const struct qmig_options *o, const struct qmig_image_options *image,
    const struct qmig_params *params, struct qmp_error **errp);

/* `o->dest` is the monitor, `o->dest_exec` may start it; the file's domain XML
 * is in the file $QMIGRATE_XML for it. `params`: destination_xml, which must
 * have the guest ABI of the file's, and QEMU's own. */
QMP_EXPORT struct qmig_migration *qmig_restore_new(
    const struct qmig_options *o, const struct qmig_image_options *image,
    const struct qmig_params *params, struct qmp_error **errp);

/* What such a file says of itself: {"file","version","complete","format",
 * "runs","name","uuid","qemu","time","header_bytes","stream_bytes",...};
 * *xml (may be NULL) is its domain XML or NULL, the caller frees it. */
QMP_EXPORT int qmig_image_info(const char *file, struct json_object **ret,
                               char **xml, struct qmp_error **errp);

/* What a save or a restore would send, as qmig_plan(). */
QMP_EXPORT int qmig_image_plan(struct qmig_migration *m,
                               struct json_object **ret,
                               struct qmp_error **errp);

/* Run to the end. Blocks. The outcome is in qmig_migration_result(). */
QMP_EXPORT void qmig_migration_run(struct qmig_migration *m);

/*
 * For a loop of the caller's: poll these descriptors (as many as there are,
 * at most QMIG_POLLFDS) until the deadline (microseconds of CLOCK_MONOTONIC;
 * -1: none), then dispatch; it never blocks for a peer, and returns true once
 * the migration has ended. The first dispatch starts it.
 */
#define QMIG_POLLFDS 16
QMP_EXPORT size_t qmig_migration_pollfds(const struct qmig_migration *m,
                                         struct pollfd fds[QMIG_POLLFDS]);
QMP_EXPORT int64_t qmig_migration_deadline(const struct qmig_migration *m);
QMP_EXPORT bool qmig_migration_dispatch(struct qmig_migration *m);

/*
 * Ask for a cancel; the migration goes on until it is known what became of
 * it. Safe in any phase: after the commit it is too late, and the migration
 * completes. Not for signal handlers (use signalfd and call it in the loop).
 */
QMP_EXPORT void qmig_migration_cancel(struct qmig_migration *m);

/* Switch to post-copy now (QMIG_POSTCOPY must have been given); before RAM
 * flows it waits for that. */
QMP_EXPORT void qmig_migration_postcopy(struct qmig_migration *m);

/*
 * The switchover is wanted now. A migration that is held (or will be) goes on
 * from there: each call releases one hold, the earlier one first. Without a
 * hold all RAM that is left is sent with the guest stopped: downtime-limit
 * goes to QEMU's maximum, so that the blackout is what is left divided by the
 * bandwidth. Before RAM flows it waits for that.
 */
QMP_EXPORT void qmig_migration_switchover(struct qmig_migration *m);

/* What would be left behind if the program ended now: one line for a person,
 * owned by the object. */
QMP_EXPORT const char *qmig_migration_leftover(struct qmig_migration *m);

/* NULL before the end. */
QMP_EXPORT const struct qmig_result *
qmig_migration_result(const struct qmig_migration *m);

/*
 * Who owns the guest of a migration that may have been interrupted, from its
 * journal and what both monitors answer, and its end.
 */
struct qmig_recover_options {
    const char *id;        /* the migration's, or the guest's uuid or name */
    const char *state_dir; /* as in qmig_options */
    const char *source;    /* monitors, if they are elsewhere now, or NULL */
    const char *dest;
    const char *fenced; /* "source" or "destination": that side is dead for
                           certain; NULL: nothing is asserted */
    bool dry_run;       /* recover: change nothing */
    /* Of the second connection of a post-copy that was interrupted:
     * "migrate_uri", "listen_address" and "bandwidth.postcopy", in place of
     * the first one's. Others are not looked at. May be NULL. */
    const struct qmig_params *params;
    const char *hook;   /* recover: as in qmig_options, told of `committed`,
                           `finished` and `failed`, perhaps once more; NULL:
                           that of the migration, "": none */
    int64_t timeout_us; /* for the answers; 0: 2 s */
};

/*
 * Both return the exit code of the verdict (0 destination, 1 source, 5
 * undecided), *ret is a new object {"owner","id","evidence":[...],"why",
 * "way","recover","done":[...],"error"?}; or -1 with *errp if there is no
 * verdict. They block, qmig_owner() at most for the time that is given.
 * qmig_owner() changes nothing, and works while the migration runs.
 */
QMP_EXPORT int qmig_owner(const struct qmig_recover_options *o,
                          struct json_object **ret, struct qmp_error **errp);
QMP_EXPORT int qmig_recover(const struct qmig_recover_options *o,
                            struct json_object **ret, struct qmp_error **errp);

/*
 * With the flag QMIG_POSTCOPY_RESUME (which qmig_migration_new() refuses):
 * take up the post-copy of the source's guest that was interrupted, and end
 * it, as qmig_recover() does; it returns the same, and fails with
 * QMIG_ERR_SOURCE_STATE if there is none. Of the parameters those of the
 * connection count, see there; everything else is as it was when the migration
 * was begun.
 */
QMP_EXPORT int qmig_resume(const struct qmig_options *o,
                           const struct qmig_params *params, unsigned flags,
                           struct json_object **ret, struct qmp_error **errp);

/*
 * What a migration would send, in order: an array of objects
 * {"peer","execute","arguments","why"} (and "oob": true). Asks both QEMUs,
 * changes neither. The caller puts *ret. With QMIG_ERR_ABI and the like
 * `report` (may be NULL) gets the comparison, if there was one.
 */
QMP_EXPORT int qmig_plan(const struct qmig_options *o,
                         const struct qmig_params *params, unsigned flags,
                         struct json_object **ret, struct json_object **report,
                         struct qmp_error **errp);

/*
 * What the QEMU behind a monitor can do for a migration: an object with
 * "version", "capabilities", "parameters", "commands", "blockers", "features";
 * and of the hardware that it has to offer "arch", "kvm", "machines", and, if
 * it was started with -machine none, "devices".
 */
QMP_EXPORT int qmig_features(const char *addr, struct json_object **ret,
                             struct qmp_error **errp);

/* As virConnectSupportsFeature(): 1 yes, 0 no, -1 error. Features by the
 * driver-feature names of libvirt: "migration_params", "migration_v3",
 * "migration_p2p", "migration_change_protection", "migration_offline",
 * "xml_migratable", "migration_direct". */
QMP_EXPORT int qmig_supports(const char *addr, const char *feature,
                             struct qmp_error **errp);

/* Pre-flight of two live QEMUs: an object like the report of the XML check
 * ({"verdict","differences"}), nothing is changed. */
QMP_EXPORT int qmig_check_live(const char *source, const char *dest,
                               struct json_object **ret,
                               struct qmp_error **errp);

#endif
