/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One call of `owner` or `recover`: the journal, both answers, the verdict,
 * and what is told of them. Shared by the files of recover/ only.
 */
#ifndef QMIG_SESSION_H
#define QMIG_SESSION_H

#include "recover/ask.h"
#include "recover/verdict.h"

struct session;

/*
 * What recover needs of the world: answers, the disk, a clock. The tests put
 * simulated QEMUs there.
 */
struct recover_io {
    /* A command, out of band if the monitor can; its answer, a new reference,
     * or NULL. Does not wait longer than some seconds. */
    struct json_object *(*call)(struct session *s, enum qmig_side side,
                                const char *execute,
                                struct json_object *arguments, bool oob,
                                struct qmp_error **errp);
    /* A QEMU that accepted `quit` is gone when its monitor is. */
    void (*wait_closed)(struct session *s, enum qmig_side side);
    /* A record, on the disk when it returns. */
    int (*write)(struct session *s, const char *record,
                 struct json_object *data, struct qmp_error **errp);
    int64_t (*now_us)(struct session *s);
    void (*wait_ms)(struct session *s, int ms);
};
extern const struct recover_io recover_io; /* the real world: io.c */

struct session {
    const struct recover_io *io;
    void *opaque; /* its */
    char *state;  /* directories */
    char *dir;
    struct journal_log log;
    struct past past;
    char *holder; /* the process that acts on the guest now, or NULL */
    int lock;     /* ours, -1 */
    const char *addr[2];
    struct answer answer[2];
    enum src_answer source;
    enum dst_answer dest;
    enum fenced fenced;
    struct verdict verdict;
    int64_t timeout_us;
    /* for the second connection of a post-copy; borrowed, or NULL */
    const struct qmig_params *params;
    int64_t port_until; /* of act_split() */

    struct journal *journal; /* open for recover */
    const char *hook;        /* the caller's, else the migration's, or NULL */
    struct json_object *evidence;
    struct json_object *done;
    struct qmp_error *err; /* what stopped recover, or NULL */
};

/* Find and read the journal; ask; judge. -1: there is no verdict; then, too,
 * session_done() is due. `locked`: the caller holds the lock of the guest. */
int session_open(struct session *s, const struct qmig_recover_options *o,
                 bool locked, struct qmp_error **errp);
/* Ask both sides again. */
void session_ask(struct session *s);
void session_judge(struct session *s);
void session_done(struct session *s);

/* Is nobody there, so that nothing has to be ended? */
bool session_is_gone(const struct session *s, enum qmig_side side);

/* A line of the evidence, or of what was done. */
void session_say(struct json_object *list, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

struct json_object *session_json(const struct session *s);
int session_exit(const struct session *s);

/* image.c: of a save or a restore. */
struct verdict image_verdict(const struct session *s);
/* The file, for the evidence; nothing for a migration. */
void image_tell(struct session *s);
/* Remove what a save has left; nothing for others. */
void image_discard(struct session *s);
/* Give the file of a save its name. */
int image_publish(struct session *s, struct qmp_error **errp);
/* act.c: a record that permits what follows, and the last one. */
int session_record(struct session *s, const char *name, enum past_stage stage,
                   struct qmp_error **errp);
void session_record_end(struct session *s, const char *owner);
/* hook.c: call the hook, if there is one, and wait for it. */
void session_tell_hook(struct session *s, const char *phase);

/* act.c: the verdict's way. 0: it is through; -1: *errp says what stands in
 * the way. */
int act_out(struct session *s, struct qmp_error **errp);

/* stores.c: domain stores, once the verdict is carried out (or there is nothing
 * left to do to the QEMUs). */
bool session_stores_due(const struct session *s);
int act_stores(struct session *s, struct qmp_error **errp);
/* What they still need, as evidence. */
void session_tell_stores(struct session *s);

/* offline.c: the verdict and its way when only the definition moves. */
void session_judge_offline(struct session *s);
int act_offline(struct session *s, struct qmp_error **errp);

#endif
