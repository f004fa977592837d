/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain store: a directory with the definitions of guests, one NAME.xml
 * each, as libvirt has it in /etc/libvirt/qemu. It may be on this host or on
 * another one:
 *
 *   DIR                       a directory here
 *   ssh:[USER@]HOST:DIR       one on HOST, through the user's own ssh
 *   exec:COMMAND              COMMAND (/bin/sh -c) runs a POSIX shell, in the
 *                             directory, that reads commands from its input
 *
 * All three are served by one shell script, so that what is tested here is
 * what runs there. A file is written under another name, flushed to the disk,
 * renamed, and the directory is flushed: whoever reads it finds the old one or
 * the new one, whole. What somebody else changed meanwhile is never written
 * over and never removed.
 *
 * Each step may be repeated: what is done already is found done.
 */
#ifndef QMIG_STORE_H
#define QMIG_STORE_H

#include "qmp/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum store_kind { STORE_NONE, STORE_DIR, STORE_SSH, STORE_EXEC };

struct store_addr {
    enum store_kind kind;
    char *text;    /* as in messages and the journal; a DIR is absolute */
    char *dir;     /* DIR, SSH */
    char *host;    /* SSH: [USER@]HOST */
    char *command; /* EXEC */
};

/* QMIG_ERR_USAGE. store_addr_clear() is due on success; {0} is fine. */
int store_addr_parse(const char *text, struct store_addr *ret,
                     struct qmp_error **errp);
void store_addr_clear(struct store_addr *addr);

/* The file of a guest, "NAME.xml"; NULL with QMIG_ERR_STORE if a file cannot
 * have that name. The caller frees it. */
char *store_file_name(const char *guest, struct qmp_error **errp);

enum store_op {
    STORE_CHECK,   /* may it be written? what is there? Changes nothing */
    STORE_STAGE,   /* the new text, on the disk, under the name `temp` */
    STORE_PUBLISH, /* ... under the name `file`, instead of `old` */
    STORE_DISCARD, /* `temp` is gone */
    STORE_REMOVE,  /* `file` is gone; it must be `old` */
    STORE_OP__MAX
};

/* Members that an operation does not use may be NULL. */
struct store_request {
    enum store_op op;
    const char *file;
    const char *temp;
    const char *uuid; /* CHECK: which other file has it? */
    const char *text; /* STAGE, PUBLISH; a line end is added if it has none */
    const char *old;  /* what CHECK found; NULL: no file */
};

struct store_reply {
    char *old;   /* CHECK: the file's text, NULL if there is none */
    char *other; /* CHECK: another file with that uuid, or NULL */
};
void store_reply_clear(struct store_reply *reply);

/* More than this is not a definition. */
#define STORE_MAX_BYTES ((size_t)32 << 20)

/* An operation that is under way: a process. */
struct store_run {
    pid_t pid;
    int pidfd; /* readable when it has ended */
    int out, err;
    char nonce[17]; /* marks the script's own lines */
    char what[128]; /* for messages: "domain store 'DIR'" */
    char file[280];
    bool refused; /* store_finish(): it said no, and nothing has changed */
};

/* Never blocks. *run is only valid on success; then store_end() is due. */
int store_start(struct store_run *run, const struct store_addr *addr,
                const struct store_request *request, struct qmp_error **errp);
/*
 * What came of it, once the process has ended (it is waited for): 0, with
 * *reply (store_reply_clear() it), or -1. QMIG_ERR_STORE.
 */
int store_finish(struct store_run *run, struct store_reply *reply,
                 struct qmp_error **errp);
/* Kill it if it is still there, and release everything. */
void store_end(struct store_run *run);

/* All of this in one call that blocks, at most for `timeout_ms`. */
int store_call(const struct store_addr *addr,
               const struct store_request *request, int timeout_ms,
               struct store_reply *reply, struct qmp_error **errp);

/* script.c: what the shell is told; the caller frees it. NULL: no memory. */
char *store_script(const struct store_addr *addr,
                   const struct store_request *request, const char *nonce);

#endif
