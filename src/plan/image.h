/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan of a save or a restore: a migration whose other side is a file.
 * The file is opened by us and passed to QEMU, so that QEMU needs no right to
 * its folder: with getfd for `fd:` (QEMU 7.2), in an fdset for `file:` (where
 * it has mapped-ram, 9.0+; QEMU 9.1 deprecates `fd:` for files). A file is
 * one-way: there is no return path, and nobody to wait for. Pure.
 */
#ifndef QMIG_PLAN_IMAGE_H
#define QMIG_PLAN_IMAGE_H

#include "image/image.h"
#include "plan/plan.h"

/* What the file is called in QEMU; one that a killed qmigrate left there is
 * removed first. */
#define IMAGE_FDNAME "qmigrate-image"
#define IMAGE_FDSET  29037

struct plan_image {
    bool save;        /* else restore */
    const char *file; /* its name, for messages */
    enum image_format format;
    uint32_t offset;   /* where the stream begins */
    unsigned channels; /* multifd; 0: without */
    bool bypass_cache; /* direct-io */
    bool live;         /* save: the guest is not stopped first */
    bool unsafe;       /* save: a snapshot that must not fail is allowed */
    bool runs;         /* restore: the guest is to run */
};

/* As plan_make(), for in->image. */
int plan_make_image(struct plan *plan, const struct plan_input *in,
                    const struct facts *source, const struct facts *dest,
                    enum qmig_side *side, char **warnings,
                    struct qmp_error **errp);

/* What a capability shall be, 1 or 0; -1: as in any migration. */
int plan_image_capability(const struct plan_input *in, const char *name);

#endif
