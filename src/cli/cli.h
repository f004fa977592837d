/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The frame of the command line: what a verb gets, and how it is called.
 *
 * Adding a verb: a bit in enum verb_bit, a row in verbs[] (verbs.c), its
 * function `int cli_NAME(struct cli *cli, struct qmp_error **errp)` in
 * NAME.c, and rows with its bit in option_table[] (option_table.c) for the
 * options that it takes. Help, man page and bash completion follow.
 *
 * A verb returns the exit code of the program, or -1 with *errp set: main()
 * prints the error with cli_error() and takes the code from it. Results go to
 * standard output, everything else to standard error.
 */
#ifndef QMIG_CLI_H
#define QMIG_CLI_H

#include "qmigrate.h"

enum verb_bit {
    VERB_MIGRATE = 1 << 0,
    VERB_CHECK = 1 << 1,
    VERB_PLAN = 1 << 2,
    VERB_FEATURES = 1 << 3,
    VERB_HELP = 1 << 4,
    VERB_TRANSCRIPT = 1 << 5,
    VERB_STATUS = 1 << 8,
    VERB_CANCEL = 1 << 9,
    VERB_SET = 1 << 10,
    VERB_POSTCOPY = 1 << 11,
    VERB_SAVE = 1 << 20,
    VERB_RESTORE = 1 << 21,
    VERB_IMAGE = 1 << 22,
    VERB_OWNER = 1 << 6,
    VERB_RECOVER = 1 << 7,
    VERB_SWITCHOVER = 1 << 12,
};

struct cli;
typedef int verb_fn(struct cli *cli, struct qmp_error **errp);

struct verb {
    const char *name;
    unsigned bit;
    const char *usage; /* what follows the name; lines after the first one
                          are other ways to call it */
    int max_operands;
    const char *help; /* one line */
    verb_fn *run;
};

extern const struct verb verbs[];
extern const size_t verbs_n;

/* The order of the choices of --progress. */
enum progress_mode {
    PROGRESS_AUTO,
    PROGRESS_BAR,
    PROGRESS_PLAIN,
    PROGRESS_JSON,
    PROGRESS_NONE,
};

/* The order of the choices of --policy. */
enum check_policy { POLICY_GUEST_ABI, POLICY_LIBVIRT };

/* Values of an option that may be repeated. */
struct cli_list {
    const char **items;
    size_t n;
};

/* What `transcript` does with its files. */
enum transcript_action {
    TRANSCRIPT_SHOW,
    TRANSCRIPT_REPORT,
    TRANSCRIPT_DIFF,
    TRANSCRIPT_REPLAY,
    TRANSCRIPT_RECORD,
    TRANSCRIPT__MAX
};

/* The options of `transcript`. */
struct cli_transcript {
    const char *foreign[TRANSCRIPT__MAX]; /* an option given that is not for
                                             it; NULL: none */
    const char *listen;                   /* record */
    const char *connect;
    const char *connect_dest;
    const char *listen_source; /* replay */
    const char *listen_dest;   /* replay, record */
    const char *speed;
    const char *stall;
    bool lenient;
    struct cli_list faults;
    struct cli_list ignore;
    const char *side; /* show */
    const char *command;
    const char *phase;
    const char *slower;
    const char *output; /* report */
};

/* What the command line said, checked as far as it can be without a QEMU.
 * Strings are argv's or owned by `texts`. */
struct cli {
    const struct verb *verb;
    const char **operands;
    int n_operands;
    bool help; /* --help: the verb is not run */
    bool json;

    /* migrate, plan; source and dest also for check */
    struct qmig_options o;   /* domain_xml is the text, not the file name */
    const char *domain_file; /* --domain */
    struct qmig_params *params;
    unsigned flags;
    bool flags_given; /* --flags N: LIVE is not added */
    int progress;     /* enum progress_mode */
    int progress_fd;  /* -1: none */
    bool verbose;
    bool postcopy_after_precopy;
    bool timeout_suspend;

    /* check */
    int policy; /* enum check_policy */
    bool all;
    bool schema; /* validate against libvirt's RelaxNG schema first */
    const char *capabilities; /* file; NULL: a current QEMU is assumed */
    const char *batch; /* file of pairs, "-": standard input; NULL: none */

    struct cli_transcript transcript;

    /* recover; dry_run also for save and restore */
    const char *fenced;
    bool dry_run;

    /* save, restore; save-image-dumpxml: info */
    struct qmig_image_options image;
    bool running;
    bool paused;
    bool info;

    /* help */
    bool man;
    bool bash_completion;

    const char **deadlines; /* NULL-terminated; also in o.deadlines */
    size_t n_deadlines;
    char **texts; /* contents of files */
    size_t n_texts;
};

/*
 * Parse argv[first]... for cli->verb. On failure *errp is set
 * (QMIG_ERR_USAGE, or that of the parameter or flag); cli_done() is due in
 * any case.
 */
void cli_init(struct cli *cli, const struct verb *verb);
int cli_parse(struct cli *cli, int argc, char **argv, int first,
              struct qmp_error **errp);
void cli_done(struct cli *cli);

const struct verb *verb_find(const char *name);
int cli_unknown_verb(const char *name, struct qmp_error **errp); /* -1 */

/* The whole of a file as text: not larger than `max` bytes, without NUL
 * bytes. The caller frees it. `code` is that of the error if it cannot be
 * read. */
#define CLI_MAX_FILE ((size_t)32 << 20)
char *cli_read_file(const char *path, size_t max, int code,
                    struct qmp_error **errp);

/*
 * Print text that somebody else wrote: control characters (what a terminal
 * acts on) and what is no UTF-8 come out as \xNN.
 */
void cli_put_text(FILE *f, const char *text);
/* The same for several lines, each with `prefix` before it. */
void cli_put_lines(FILE *f, const char *prefix, const char *text);

/* "qmigrate: MESSAGE", and the hint in a line of its own. */
void cli_error(const struct qmp_error *err);
/* "qmigrate: warning: TEXT" */
void cli_warning(const char *text);

/* What a foreign recording was taken for (nothing for NULL), and a warning if
 * the last line of the file was cut. */
void cli_put_format(const char *format, bool cut);

/* One line of JSON on standard output. */
void cli_put_json(struct json_object *o);

/* Make the object and run it to its end; `put` prints what came of it. */
typedef struct qmig_migration *make_fn(struct cli *cli,
                                       struct qmp_error **errp);
typedef void put_fn(FILE *f, const struct qmig_result *r);
int cli_drive(struct cli *cli, make_fn *make, put_fn *put,
              struct qmp_error **errp);

verb_fn cli_migrate;
verb_fn cli_save;
verb_fn cli_restore;
verb_fn cli_image;
verb_fn cli_plan;
verb_fn cli_features;
verb_fn cli_status;
verb_fn cli_cancel;
verb_fn cli_set;
verb_fn cli_postcopy;
verb_fn cli_switchover;
verb_fn cli_help;
verb_fn cli_check;
verb_fn cli_transcript;
verb_fn cli_transcript_show;
verb_fn cli_transcript_replay;
/* SIGINT, SIGTERM and SIGHUP through a descriptor from here on; -1. */
int cli_watch_signals(struct qmp_error **errp);
verb_fn cli_transcript_record;
verb_fn cli_transcript_diff;
verb_fn cli_transcript_report;
verb_fn cli_owner;
verb_fn cli_recover;
verb_fn cli_resume; /* migrate, with the flag 'postcopy_resume' */
/* The part of `check` that compares two running QEMUs (--source, --dest):
 * prints its own report, ends with 0 or 3, or -1. */
verb_fn cli_check_live;

/* What these print, for tests. */
void check_live_put(FILE *f, struct json_object *report);
void plan_put(FILE *f, struct json_object *steps);
void features_put(FILE *f, struct json_object *features);
void save_put(FILE *f, const struct qmig_result *r);
void restore_put(FILE *f, const struct qmig_result *r);
void image_put(FILE *f, struct json_object *info);
void owner_put(FILE *f, struct json_object *report);

#endif
