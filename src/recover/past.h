/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a journal's records mean: how far a migration had come when its last
 * record was written. Pure.
 *
 *   begin -> migrate -> switchover [-> postcopy] -> commit -> quit
 *               |            |             |          |
 *               +------------+-------------+----------+--> back
 *
 * A save: begin -> migrate -> saved, or back. A restore: begin -> migrate ->
 * commit, or back (engine/image.c).
 *
 * Without a guest that runs (offline) it is begin -> define [-> back].
 * `store` tells what was done in domain stores, `set` what parameters of the
 * source were that somebody has changed since; both may stand anywhere after
 * `begin`. `end` may follow each of them; what
 * follows an `end` (recover) takes it back. A record that this version does not
 * know is an error: a newer program may have promised something by it.
 */
#ifndef QMIG_PAST_H
#define QMIG_PAST_H

#include "job/journal.h"
#include "store/move.h"

enum past_stage {
    PAST_NOTHING,      /* no record: nothing that changes a QEMU was sent */
    PAST_BEGIN,        /* settings may have been sent; D may listen, disarmed */
    PAST_MIGRATE,      /* `migrate` may have been sent to S */
    PAST_SWITCHOVER,   /* migrate-continue may have been sent, and, once S said
                          completed, `cont` to D */
    PAST_ONE_WAY,      /* the same where nothing comes back (exec:): before
                          `cont` goes to D there is a `commit`, on disk */
    PAST_POSTCOPY,     /* besides, migrate-start-postcopy may have been sent */
    PAST_SPLIT,        /* the commit of a post-copy: D may run before S has sent
                          everything; from then on S is never resumed. Another
                          `postcopy` takes it back: D was not continued */
    PAST_COMMIT,       /* S said completed; `cont` was or will be sent to D */
    PAST_QUIT,         /* D said that it runs; `quit` may have been sent to S */
    PAST_SAVED,        /* a save: the file is complete, on the disk and has its
                          name; `quit` may have been sent to S */
    PAST_BACK,         /* S may run again: D must never be continued */
    PAST_ENDED_SOURCE, /* over; the guest was left there */
    PAST_ENDED_DEST,
    PAST__MAX
};

/* "nothing", then the record's name. */
const char *past_stage_name(enum past_stage stage);

/* What kind of migration it was. */
enum past_story { STORY_MIGRATE, STORY_SAVE, STORY_RESTORE, STORY_OFFLINE };

struct past {
    enum past_story story;
    char *file;     /* save, restore: absolute; otherwise NULL */
    char *part;     /* save: its name until it is complete */
    bool overwrite; /* save: it may replace another file */
    enum past_stage stage;
    char *id;            /* of the migration */
    char *guest;         /* key of its lock: uuid, name or address */
    char *name;          /* NULL if it is not known */
    char *addr[2];       /* monitors, by enum qmig_side; NULL before `begin` */
    char *time;          /* of the last record, NULL without */
    bool runs;           /* the guest ran before the migration */
    bool arrives_paused; /* it is to be paused on the destination */
    bool keep_source;
    bool snapshot;  /* save: the guest ran on beside what was saved, */
    bool no_cancel; /* and would hang if that were cancelled */
    char *hook;     /* the user's command, or NULL */
    bool one_way;   /* S's completed does not carry D's word */
    char *listen;   /* D's URI, and S's (port 0: D chooses), for the second */
    char *connect;  /* connection of a post-copy; NULL if unknown */
    bool offline;   /* only the definition moves; no monitors */
    bool has_stores;
    struct store_move stores;     /* without its texts */
    struct json_object *undo;     /* rows {"peer","execute","arguments"} */
    struct json_object *takeover; /* the same: what lets D take over */
};

/* QMIG_ERR_JOURNAL_BAD names the record and what is wrong with it. `id` is the
 * directory's name. */
int past_read(const struct journal_log *log, const char *id, struct past *ret,
              struct qmp_error **errp);
void past_clear(struct past *past);

#endif
