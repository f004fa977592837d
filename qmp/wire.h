/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QMP framing: bytes in, lines out. No sockets and no clock, so that it can be
 * tested byte by byte. QEMU ends each message with CR LF; a bare LF is
 * accepted, and so are empty lines. After an error the wire is dead: there is
 * no way to find the start of the next message.
 */
#ifndef QMP_WIRE_H
#define QMP_WIRE_H

#include "buffer.h"
#include "error.h"

#include <stdint.h>

struct qmp_wire {
    struct qmp_buffer in;
    size_t scanned; /* bytes of `in` known to hold no LF: never rescanned */
    size_t max;     /* bytes a line may have, its end not counted */
    uint64_t lines; /* returned so far */
    uint64_t ends;  /* line ends so far, those of empty lines included */
};

void qmp_wire_init(struct qmp_wire *w, size_t max_line);
void qmp_wire_done(struct qmp_wire *w);

/* Room for bytes of the peer: *room bytes at the result; NULL: no memory. Then
 * tell how many came. */
char *qmp_wire_room(struct qmp_wire *w, size_t *room);
void qmp_wire_came(struct qmp_wire *w, size_t len);

/*
 * 1: *text and *len are a line without its end, valid until the next call;
 * 0: more bytes are needed; -1: QMP_ERR_TOO_LARGE.
 */
int qmp_wire_next(struct qmp_wire *w, const char **text, size_t *len,
                  struct qmp_error **errp);

/* Bytes of an unfinished line. */
size_t qmp_wire_rest(const struct qmp_wire *w);

#endif
