/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of a save or a restore: made, passed to QEMU, brought to the disk.
 *
 * A save writes to FILE.ID.part, which becomes FILE once it is complete and on
 * the disk; the disk is waited for by a thread, so that a cancel is heard. All
 * functions take NULL for a migration without a file.
 */
#ifndef QMIG_JOB_IMAGE_H
#define QMIG_JOB_IMAGE_H

#include "image/image.h"
#include "job/job.h"
#include "plan/image.h"

#include <pthread.h>

/* A thread that brings a file to the disk: first what QEMU wrote, then the
 * header that says that it is complete. */
struct sealer {
    pthread_t thread;
    bool running; /* to be joined */
    int fd;       /* of the file; borrowed */
    void *head;
    size_t head_len;
    int done; /* eventfd: readable once `sys` is there */
    int sys;  /* errno, 0: on the disk */
};

struct job_image {
    struct plan_image plan;
    enum qmig_image_state state;
    bool overwrite;
    char *file; /* absolute */
    char *part; /* save: its name until it is complete */
    char *xml;  /* save: what goes into the file, or NULL */
    int fd;     /* ours */
    int passed; /* QEMU's, its offset at the stream */
    int direct; /* the same, O_DIRECT; -1 */
    bool created;
    bool published;
    struct image image; /* restore: the header; save: as it was written */
    struct sealer sealer;
};

struct job_image *job_image_new(const struct qmig_image_options *o, bool save,
                                struct qmp_error **errp);
void job_image_free(struct job_image *image);

/* Before the engine is made. A save: may the file be made? A restore: open it
 * and read its header. */
int job_image_open(struct qmig_migration *m, struct qmp_error **errp);
/* A save: what the file will have besides the guest. */
int job_image_set_xml(struct qmig_migration *m, const char *xml,
                      struct qmp_error **errp);

/* ACT_FILE. False: it failed, and the engine was told. */
bool job_image_act(struct qmig_migration *m, enum file_step what);
/* The descriptor that goes with a command. */
int job_image_fd(const struct qmig_migration *m, enum step_file which);

/* The thread: what to poll, and has it ended? */
size_t job_image_pollfds(const struct job_image *image, struct pollfd *fds);
void job_image_check(struct qmig_migration *m);

/* A restore: the guest by its uuid, else its name, else the file. */
const char *job_image_guest(const struct qmig_migration *m);

/* Members of the journal's `begin`, and of the result. */
void job_image_add_begin(const struct qmig_migration *m,
                         struct json_object *data);
void job_image_add_result(const struct qmig_migration *m,
                          struct json_object *json);

/* job/image_file.c: system calls on files, with errors that name them. */
/* `path` as an absolute one without links: what is there must be a regular
 * file; with `missing` nothing may be there, too. */
char *image_path(const char *path, bool missing, struct qmp_error **errp);
/* Open and read the header of a file. The descriptor, or -1. */
int image_read(const char *path, struct image *ret, struct qmp_error **errp);
/* The folder of a path on the disk. */
int image_sync_dir(const char *path, struct qmp_error **errp);
/* Give `part` its name, durably. Without `overwrite` a file that is there by
 * now is not replaced. */
int image_rename(const char *part, const char *file, bool overwrite,
                 struct qmp_error **errp);
int image_write_all(int fd, const void *data, size_t len, off_t at);

#endif
