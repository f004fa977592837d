/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recordings of other programs, as entries of a transcript (docs/transcript.md,
 * "Recordings of other programs"). Lines in, entries out: no file, no clock;
 * memory does not grow with the recording.
 *
 * These formats do not say all that ours does. Whether a message is a command
 * is seen from its content; where no times are recorded the timestamps of
 * events are the clock; secrets are masked here, as nobody did before.
 */
#ifndef QMP_FOREIGN_H
#define QMP_FOREIGN_H

#include "buffer.h"
#include "error.h"

#include <stdbool.h>
#include <stdint.h>

enum foreign_kind {
    FOREIGN_NONE,
    FOREIGN_MESSAGES, /* one a line: qmp-shell -v, socat, socat -v */
    FOREIGN_PRETTY,   /* over several lines: .replies, qmp-shell -v -p */
    FOREIGN_LIBVIRT,  /* libvirt's log with its monitors' traffic */
    FOREIGN__MAX
};

/* Monitors that a log may speak of. */
#define FOREIGN_MAX_PEERS 256

struct foreign {
    enum foreign_kind kind;
    bool timed;          /* the recording tells times, not only its events */
    uint64_t line;       /* of `text`; also what an error is about */
    uint64_t entry_line; /* where the entry that was given last begins */
    const char *text;    /* what is left of the line, borrowed */
    size_t len;
    struct qmp_buffer msg; /* the lines of a message that is not complete */
    int depth;             /* brackets that are open in it */
    bool in_string;
    bool escaped;
    bool has_base;
    int64_t base_us;             /* the first time */
    int64_t t_us;                /* since then; never goes back */
    struct json_object *pending; /* whether a descriptor goes with it is to
                                    be seen on the next line */
    uint64_t peers[FOREIGN_MAX_PEERS];
    size_t n_peers;
    size_t greets; /* 1 + the peer whose greeting is to come; 0: none */
};

/* What a recording that begins with this line is. */
enum foreign_kind foreign_detect(const char *text, size_t len);
/* For people; NULL for FOREIGN_NONE. */
const char *foreign_name(enum foreign_kind kind);

void foreign_init(struct foreign *f, enum foreign_kind kind);
void foreign_done(struct foreign *f);

/* The next line; to be called when foreign_next() gave 0, and kept until then.
 */
void foreign_give(struct foreign *f, uint64_t line, const char *text,
                  size_t len);
/* 1: *ret is an entry, a new reference; 0: the next line is needed; -1:
 * QMP_ERR_TRANSCRIPT, QMP_ERR_PROTOCOL... */
int foreign_next(struct foreign *f, struct json_object **ret,
                 struct qmp_error **errp);
/* There are no more lines: 1: the last entry; 0: that was all. */
int foreign_end(struct foreign *f, struct json_object **ret, bool *cut);

#endif
