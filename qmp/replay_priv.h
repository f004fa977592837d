/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * replay_load.c makes the script, replay.c plays it, replay_io.c moves bytes;
 * replay_compare.c judges commands, replay_poll.c answers to polls.
 */
#ifndef QMP_REPLAY_PRIV_H
#define QMP_REPLAY_PRIV_H

#include "buffer.h"
#include "replay.h"
#include "wire.h"

#define NO_STEP SIZE_MAX

enum step_kind {
    STEP_COMMAND, /* is expected */
    STEP_POLL,    /* a command that may come or not, any number of times */
    STEP_SAY,     /* greeting, event, reply: to be said */
    STEP_ANSWER,  /* to a poll: said only when it is asked for */
    STEP_CLOSE,   /* the monitor hangs up */
    STEP_USER,    /* the user acts; no peer, msg: the note */
};

struct step {
    enum step_kind kind;
    enum qmp_fault_kind fault;
    uint64_t line;
    int64_t t_us;
    int64_t delay_us;
    size_t peer;
    struct json_object *msg; /* NULL for raw bytes and CLOSE */
    char *raw;               /* bytes to say; SAY without msg */
    size_t raw_len;
    size_t before;  /* COMMAND, POLL: COMMANDs of this peer before it */
    size_t partner; /* COMMAND, POLL: its answer; SAY, ANSWER: its command;
                       NO_STEP: none */
    bool greeting;
    bool heard;             /* COMMAND: it came; ANSWER: it was used */
    bool skipped;           /* will not be asked, or said, any more */
    struct json_object *id; /* COMMAND: the id that it came with */
    bool has_id;
};

/* A command that came and has no answer yet: they are answered in order. */
struct asked {
    struct asked *next;
    size_t step; /* COMMAND; NO_STEP: a poll, or what is not in the recording */
    struct json_object *msg;
    bool poll;
    size_t heard_before; /* COMMANDs of the peer heard before it */
};

struct replay_peer {
    char *name;
    int listener;
    char *unlink_path; /* of our UNIX socket */
    int fd;            /* -1: not connected */
    bool greeted;      /* this connection */
    bool closed;       /* it was connected, and is no more */
    bool hang_up;      /* close it once `out` is written */
    bool shut;         /* it was; the client has not closed its end yet */
    struct qmp_wire wire;
    struct qmp_buffer out;
    struct asked *asked;
    size_t heard;    /* COMMANDs */
    size_t commands; /* in the whole script */
    /* The migration's status as events told it last, of the script, and the
     * index of that step; NULL: none yet. */
    const char *migration;
    size_t migration_step;
};

struct qmp_replay {
    struct qmp_replay_options o;
    char **ignore;
    struct step *steps;
    size_t n_steps;
    size_t next;      /* the first step that is not done */
    size_t last_said; /* index of the last SAY that was said, plus 1 */
    size_t bytes;
    struct replay_peer peers[QMP_REPLAY_MAX_PEERS];
    size_t n_peers;
    const char *format; /* of a foreign recording; else NULL */
    bool cut;           /* its last line was */
    int64_t start_us;   /* of the clock, when the first connection came; 0 */
    int64_t due_us;     /* when the next step is due; 0: now */
    int64_t look_us;    /* when to look whether `spoke` has read; 0: not */
    int64_t unread_us;  /* since when it is waited for a reader; 0: not */
    size_t spoke;       /* the peer that spoke last */
    int64_t active_us;  /* when something happened last */
    bool faulted;       /* a fault was put in: from then on as if lenient */
    enum qmp_replay_state state;
    struct qmp_error *err;
};

/* replay.c */
void replay_hear(struct qmp_replay *r, size_t peer, const char *text,
                 size_t len);
void replay_go_on(struct qmp_replay *r, int64_t now_us);
/* The client closed this peer's connection. */
void replay_lost(struct qmp_replay *r, size_t peer);
int replay_fail(struct qmp_replay *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Name of a command message ("" if it is none). */
const char *replay_command(struct json_object *msg, bool *oob);

/* replay_compare.c: is `msg` the command of step `s`? If not, *why (may be
 * NULL) is how not, for the caller to free. */
bool replay_is_command(const struct qmp_replay *r, const struct step *s,
                       struct json_object *msg, char **why);

/* replay_poll.c: a command that clients send by the clock? */
bool replay_is_poll(const char *command);
/* The step of the recorded answer that a poll gets; NO_STEP: there is none. */
size_t replay_choose_answer(const struct qmp_replay *r, size_t peer,
                            const struct asked *a);
/* That answer, if it has to be changed to fit now: a new reference; or NULL. */
struct json_object *replay_up_to_date(const struct qmp_replay *r, size_t ans);

/* A command that its client took back (qmp_client_expect()), or the refusal of
 * it. They come by the clock: how often does not count. */
bool replay_is_withdrawn(struct json_object *msg);

/* replay_io.c */
void replay_say(struct qmp_replay *r, size_t peer, const char *text,
                size_t len);
void replay_hang_up(struct qmp_replay *r, size_t peer);
/* Has the client taken all that was said on this peer's connection? */
bool replay_was_read(struct qmp_replay *r, size_t peer);

#endif
