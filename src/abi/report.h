/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collecting differences; internal to src/abi. */
#ifndef ABI_REPORT_H
#define ABI_REPORT_H

#include "abi/abi.h"
#include "abi/norm.h"

struct report {
    struct abi_report *r;
    struct domain *src, *dst; /* normalised; arenas for texts */
    unsigned flags;
    size_t cap;
    bool nomem;
};

/* One difference to add; texts are copied. */
struct found {
    const struct dom_object *src, *dst; /* one may be NULL */
    int row;                            /* of their kind, or -1 */
    const char *code;                   /* when row is -1 */
    const char *source, *dest;
    const char *message; /* NULL: made from row and values */
    bool libvirt;        /* libvirt refuses it */
    bool guest;          /* the guest can see it */
};

/* Add it if policy and flags want it, and count it for the verdict. */
void report_add(struct report *rep, const struct found *f);

/* "/domain/devices/disk[1]/target/@bus" (arena of `d`). */
const char *report_path(struct domain *d, const struct dom_object *o, int row);

/* hints.c: cause and remedy of a difference; NULL if nothing helpful is known.
 */
const char *hint_for(const struct report *rep, const struct found *f,
                     const char *code);

#endif
