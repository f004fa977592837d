/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The paths of the schema's rows as a tree, so that a document is read in one
 * walk over its elements. Built once, on first use.
 */
#ifndef DOMAIN_TREE_H
#define DOMAIN_TREE_H

#include "domain/schema.h"

/* One name below an element: a child element, or an attribute ("@x"). */
struct tree_node {
    const char *name;
    const struct tree_node **below; /* sorted by name */
    unsigned nbelow, cap;
    int text, present, whole; /* rows that take the text, the presence, the
                                 canonical tree of this element; -1 = none */
    int kind;                 /* an object of that kind starts here; -1 */
    unsigned seen;            /* number of its own among its siblings */
    bool many;                /* repeated elements count, not the first only */
    bool by_name;             /* has nodes "entry[x]" for children "entry" */
    bool required;            /* has a required attribute */
};

/* The node of an object of that kind; NULL: out of memory. */
const struct tree_node *tree_of(enum dom_kind_id kind);

/* Child element or attribute by name, NULL if the schema knows none. */
const struct tree_node *tree_find(const struct tree_node *node,
                                  const char *name);

#endif
