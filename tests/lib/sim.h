/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two QEMUs as the engine sees them, without any QEMU: they answer commands,
 * emit events, run, stop, die and hang as real ones do (measured on 7.2 and
 * 10.0), and what passes is kept as a trace. Time is simulated.
 */
#ifndef TESTS_LIB_SIM_H
#define TESTS_LIB_SIM_H

#include "engine/engine.h"
#include "recover/past.h"

enum sim_fault {
    SIM_NONE,
    SIM_CANCEL,      /* the user cancels */
    SIM_SWITCHOVER,  /* the user wishes to switch over */
    SIM_KILL_SOURCE, /* the process dies */
    SIM_KILL_DEST,
    SIM_HANG_DEST, /* SIGSTOP */
    SIM_HANG_SOURCE,
    SIM_REFUSE,      /* the next command is refused */
    SIM_JOURNAL,     /* the next record does not reach the disk */
    SIM_LOSE_SOURCE, /* only the monitor's connection is lost */
    SIM_LOSE_DEST,
    SIM_CUT,        /* the network between the QEMUs, in post-copy */
    SIM_UNKNOWN,    /* both say that they are in a state that nobody knows */
    SIM_MIRROR,     /* a mirror meets an I/O error */
    SIM_NONSENSE,   /* the source says something of a wrong type */
    SIM_HOOK_FAILS, /* the next hook does */
    SIM_HOOK_HANGS,
    SIM_IO_ERROR,    /* stops the source's guest */
    SIM_STORE_FAILS, /* the next step in domain stores does */
    SIM_STORE_HANGS,
    SIM_TUNNEL, /* it breaks, or cannot be made */
    SIM_SET,    /* none: the user changes the bandwidth */
    SIM__FAULTS
};

const char *sim_fault_name(enum sim_fault fault);

/* What is to be reached when recover comes. */
enum sim_world {
    SIM_ALL_THERE,
    SIM_SOURCE_DEAD,
    SIM_DEST_DEAD,
    SIM_SOURCE_AWAY, /* only its monitor is */
    SIM_DEST_AWAY,
    SIM_BOTH_AWAY,
    SIM_SOURCE_DIES, /* D is away, and S dies once recover was there */
    SIM__WORLDS
};

const char *sim_world_name(enum sim_world world);

struct sim_options {
    unsigned disks; /* writable ones; with a storage flag they are copied */
    unsigned ports_taken; /* so many times */
    bool no_block_export; /* older than 5.2 */
    bool slow_disks;      /* ready only when it was asked three times */
    struct engine_config config;
    const char *source_status; /* NULL: "running" */
    const char *dest_status;   /* NULL: "inmigrate" */
    const char *load_error;    /* the destination cannot load, and why */
    const char *refuse;        /* this command is, by refuse_side */
    enum qmig_side refuse_side;
    bool slow_source; /* its settings wait for what is sent next */
    bool busy;     /* somebody else migrates the source: nothing is to be set */
    bool postcopy; /* RAM does not converge: post-copy or nothing */
    bool silent_clients;  /* no event tells that SPICE clients have moved */
    bool clients_stay;    /* they have not */
    bool silent_io_error; /* no event tells of it */
    bool slow_hooks;      /* they take a second */
    bool slow_stores;
    bool slow_ack;   /* D's word that it has all takes its time, */
    bool ack_lost;   /* and then does not come: S goes on by itself */
    bool slow_ram;   /* it takes some looks to be sent */
    int64_t word_us; /* the user releases a hold after so long; 0: never */
    bool old;        /* without exit-on-error: it dies of that */
    unsigned at;     /* the fault comes after so many events */
    enum sim_fault fault;
    unsigned crash_at; /* the controller dies before its so manieth action, */
    bool host_dies;    /* and what was not synced is lost; 0: it does not */
    bool recovers;     /* recover comes afterwards, */
    enum sim_world world;
    unsigned recover_killed_at; /* and dies before its so manieth act, once */
};

struct sim_result {
    struct engine_verdict verdict;
    char *error_message; /* a copy, or NULL */
    const char *error_code;
    bool source_alive, dest_alive;
    bool source_runs, dest_runs;
    bool migrate_sent;
    bool hook_failed;       /* one before the commit */
    unsigned ends;          /* how often a hook heard of the end */
    unsigned stores_failed; /* 1 << enum move_step */
    bool both_ran;          /* ever, at the same time */
    bool cont_before_commit;
    bool quit_unproved;                 /* S was quit before D's word, */
    bool quit_unrecorded;               /* or before a record was on disk */
    unsigned foretold, withdrawn;       /* commands that were expected: they
                                           came, or others did */
    bool undone;                        /* S's settings are what they were */
    bool dest_undone;                   /* TLS has left nothing there */
    uint32_t dest_known, dest_features; /* what was learnt */
    unsigned events;                    /* how many were delivered in all, */
    unsigned acts;     /* and how much the controller did of what others see */
    bool crashed;      /* then there is no verdict */
    bool stale_ran;    /* D, with what S had gone on from */
    bool dest_ran;     /* ever */
    bool dest_loaded;  /* all of the guest */
    bool dest_listens; /* it was told to, and is of no more use to others */
    bool cancelled_split; /* 7.2: it stands still on both sides for ever */
    bool quit_split;      /* D was ended when post-copy had begun */
    bool self_resumed;    /* S, with D having it all */
    struct sim_verdict {  /* of the last recover of all, if there was one */
        enum qmig_owner owner;
        enum past_stage stage;
        bool split;
        const char *way;
        char *error;   /* why it did not come to its end, or NULL */
        unsigned acts; /* of the first one */
    } recovered;
    char *trace;
};

/* Runs to the end; fails the test if it does not end. */
struct sim_result sim_run(const struct sim_options *o);
void sim_result_clear(struct sim_result *r);

/*
 * The stories that are interrupted at each event: a row more is a story more
 * for every such test.
 */
struct sim_story {
    const char *name;
    void (*tell)(struct sim_options *o); /* from sim_defaults() */
};
extern const struct sim_story sim_stories[];
extern const size_t sim_stories_n;

/* Options for a plain live migration between two local monitors. */
struct sim_options sim_defaults(void);
/* The same, for one that switches to post-copy after the first pass. */
struct sim_options sim_postcopy(void);

/* sim_legal.c: the promise of the handover, whatever happened. */
void sim_assert_legal(const struct sim_options *o, const struct sim_result *r);

/* Loops over all events of all stories take each SIM_STRIDE-th one (1): under
 * valgrind and the sanitizers, where the same code runs again and again. */
unsigned sim_stride(void);

#endif
