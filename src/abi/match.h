/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which device of the source is which of the destination. */
#ifndef ABI_MATCH_H
#define ABI_MATCH_H

#include "abi/norm.h"

struct match_pair {
    struct dom_object *src, *dst; /* one of them may be NULL: added, removed */
};

struct match {
    struct match_pair *p;
    size_t n;
};

/*
 * Pair two sets of objects of one kind. `by_position`: number i with number i;
 * otherwise by the strongest key that both have: user alias, the kind's own
 * identity (target, MAC, ...), address, then likeness of type; kinds without
 * identity at last by position.
 * -1: out of memory. The caller frees m->p.
 */
int match_objects(struct dom_object *const *src, size_t nsrc,
                  struct dom_object *const *dst, size_t ndst, bool by_position,
                  struct match *m);

/* "disk 'vda'", "controller scsi 0": how people call it (arena of `d`). */
const char *match_label(struct domain *d, const struct dom_object *o);

#endif
