/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of a saved guest: a header of whole pages, then QEMU's migration
 * stream (docs/save-format.md). This module takes a header apart and makes
 * one; it neither opens nor reads anything.
 *
 *   0  8 bytes  "QMIGSAVE"
 *   8  u32      version of the format, 1
 *  12  u32      bytes before the stream: a multiple of IMAGE_PAGE
 *  16  u32      bytes of the description (JSON), which begins at 64
 *  20  u32      bytes of the domain XML, which comes after it; 0: none
 *  24  u32      flags: 1, the file is complete
 *  28  u32      CRC-32 (IEEE) of the 64 bytes with this field 0, description
 *               and XML
 *  32  u64      bytes of the stream; 0 until the file is complete
 *  40  24 zero bytes
 *
 * All numbers are little-endian. The description is an object: "format"
 * ("raw" or "sparse"), "runs" (the guest ran, and shall run again), and, for
 * people and for checks, "id", "name", "uuid", "qemu", "program", "time".
 */
#ifndef QMIG_IMAGE_H
#define QMIG_IMAGE_H

#include "qmp/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

#define IMAGE_VERSION  1
#define IMAGE_PAGE     4096
#define IMAGE_FIXED    64                 /* bytes before the description */
#define IMAGE_MAX_HEAD ((size_t)36 << 20) /* more is no header */

/* The name of a format is QEMU's way to lay out RAM: X(id, name, capability) */
/* clang-format off */
#define IMAGE_FORMAT_MAP(X)                                                    \
    X(RAW,    "raw",    NULL)         /* one stream, as over a network */      \
    X(SPARSE, "sparse", "mapped-ram") /* each page has its place (QEMU 9.0) */
/* clang-format on */

enum image_format {
#define X(id, name, capability) IMAGE_##id,
    IMAGE_FORMAT_MAP(X)
#undef X
        IMAGE_FORMAT__MAX
};

const char *image_format_name(enum image_format format);
const char *image_format_capability(enum image_format format); /* or NULL */
/* IMAGE_FORMAT__MAX if there is none of that name. */
enum image_format image_format_find(const char *name);

struct image {
    uint32_t head;   /* bytes before the stream */
    uint64_t stream; /* bytes of it, 0 while it is incomplete */
    bool complete;   /* everything is there */
    char *xml;       /* domain XML, or NULL */
    struct json_object *description;

    /* Of the description; strings are its own. */
    enum image_format format;
    bool runs;
    const char *id, *name, *uuid, *qemu, *time; /* NULL: not known */
};

void image_clear(struct image *image);

/* Is there anything to read? *head bytes, from the first IMAGE_FIXED ones.
 * QMIG_ERR_IMAGE: it is something else (said what, if it is known), of another
 * version, or impossible. */
int image_head(const void *fixed, size_t len, size_t *head,
               struct qmp_error **errp);

/* Take a header apart: all image_head() bytes. QMIG_ERR_IMAGE says what is
 * wrong with it. */
int image_parse(const void *data, size_t len, struct image *ret,
                struct qmp_error **errp);

/* How many bytes a header needs for `xml` (or NULL) and a description of
 * `description` bytes. 0: it would be too large. */
size_t image_head_size(size_t description, size_t xml);

/* The header of image->head bytes: that, `complete`, `stream`, `xml` and
 * `description` are used. The caller frees it. QMIG_ERR_IMAGE: it does not fit.
 */
void *image_make(const struct image *image, struct qmp_error **errp);

/* Put the checksum into a header of `len` bytes as it is. */
void image_seal(void *head, size_t len);

#endif
