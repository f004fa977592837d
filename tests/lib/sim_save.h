/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Save and restore without a QEMU: the engine, one simulated QEMU, a journal in
 * memory and a real file (in a folder of memory where there is one). Something
 * may go wrong after any event; the controller may die before any action; and
 * then recover comes, the real one, which may die as well. Time is simulated.
 */
#ifndef TESTS_LIB_SIM_SAVE_H
#define TESTS_LIB_SIM_SAVE_H

#include "engine/engine.h"
#include "plan/image.h"
#include "recover/past.h"
#include "recover/verdict.h"

#include "tests/lib/sim_mail.h"

/* clang-format off */
#define SAVE_FAULT_MAP(X)                                                      \
    X(NONE,     "none")                                                        \
    X(CANCEL,   "cancel")                                                      \
    X(KILL,     "kill")     /* QEMU dies */                                    \
    X(LOSE,     "lose")     /* only its monitor */                             \
    X(REFUSE,   "refuse")   /* the next command is refused, but for `stop` */                  \
    X(JOURNAL,  "journal")  /* the next record does not reach the disk */      \
    X(DISK,     "disk")     /* what is done next to the file fails */          \
    X(FULL,     "full")     /* what QEMU writes fails, or what it reads */     \
    X(HANG,     "hang")     /* it answers nothing more */                      \
    X(NONSENSE, "nonsense")
/* clang-format on */

enum save_fault {
#define X(id, name) FAULT_##id,
    SAVE_FAULT_MAP(X)
#undef X
        FAULT__MAX
};

const char *save_fault_name(enum save_fault fault);

struct save_story {
    const char *name;
    bool save, live, keep_source, paused, started, sparse;
};
extern const struct save_story save_stories[];
extern const size_t save_stories_n;
enum { SAVE_PLAIN, SAVE_RESTORE = 5 }; /* rows of it */

/* What is to be reached when recover comes. */
enum save_world {
    SAVE_ALL_THERE,
    SAVE_QEMU_DEAD,
    SAVE_QEMU_AWAY, /* only its monitor, and it comes back */
    SAVE_QEMU_DIES, /* it is away, and dies once recover was there */
    SAVE__WORLDS
};

const char *save_world_name(enum save_world world);

struct save_options {
    const struct save_story *story;
    enum save_fault fault;
    unsigned at;       /* the fault comes after so many events */
    bool slow;         /* QEMU's reading or writing takes some looks */
    unsigned crash_at; /* the controller dies before its so manieth action, */
    bool host_dies;    /* its QEMU, too, and what was not synced is lost */
    bool recovers;     /* recover comes afterwards, */
    enum save_world world;
    unsigned recover_killed_at; /* and dies before its so manieth act, once */
};

struct save_recovered { /* the last look of all */
    enum qmig_owner owner;
    enum past_stage stage;
    enum way way;
    char *error;   /* why it did not come to its end, or NULL */
    unsigned acts; /* of all of them */
};

struct save_sim {
    struct save_options o;
    struct engine *e;
    struct plan_image image;
    enum qmig_side side; /* of the QEMU */
    struct sim_mail mail;
    int64_t now;
    unsigned events; /* that were delivered */
    unsigned acts;   /* what the controller did of what others see */
    bool injected, ended, crashed;

    /* QEMU */
    bool alive, connected, runs, armed, hung, full, away;
    bool holds_file;       /* in its fdset */
    unsigned changed;      /* 1 << row of what is not as it was */
    unsigned looks;        /* until its reading or writing is through; */
    bool flows;            /* it is not */
    const char *status;    /* query-status */
    const char *migration; /* NULL: there was none */

    /* the file: what there is, as save_sim_run() and recover end */
    int fd;                /* QEMU's and ours, -1 */
    bool part, named;      /* under this name */
    bool complete;         /* whichever is there */
    bool created, renamed; /* by the controller */

    struct sim_journal journal;

    bool file_fails, journal_fails, refuses; /* the next time */

    /* what has happened */
    bool saved, committed;   /* recorded */
    bool ran_early;          /* before all was loaded, or after it was saved */
    bool ran_unrecorded;     /* restore: before the record that permits it */
    bool quit_early;         /* before there was a file */
    bool recovering, killed; /* recover is at work; it was killed */
    struct save_recovered recovered;
    size_t trace_len;
    char *trace;
    FILE *f;
};

/* Runs to the end (or the crash, and recover's); fails the test if it does not
 * end. */
void save_sim_run(struct save_sim *s, const struct save_options *o);
void save_sim_clear(struct save_sim *s);

#endif
