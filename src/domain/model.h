/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a parsed domain consists of: objects (schema.h: kinds) with one value
 * for each row of their kind's table. For src/domain and src/abi only.
 *
 * All memory of a domain belongs to its arena and lives as long as it does. A
 * copy (domain_copy) shares the texts of the original, which must outlive it.
 */
#ifndef DOMAIN_MODEL_H
#define DOMAIN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/domain.h"
#include "domain/schema.h"

struct dom_value {
    const char *text; /* canonical text; NULL when absent */
    int64_t num;      /* numbers, sizes, enums, tristates; see DF_MINUS1 */
    int32_t line;     /* in the document; 0: not written there */
    bool given;       /* written in the document or filled in by us */
};

struct dom_object {
    const struct dom_kind *kind;
    struct dom_object *parent;
    struct dom_object *children; /* of nested kinds, in document order */
    struct dom_object *last_child;
    struct dom_object *next;   /* next child of the same parent */
    struct dom_object *copied; /* domain_copy() only */
    int32_t line;              /* 0: implicit, added by normalisation */
    uint32_t position;         /* 1 = first of its kind in its parent */
    uint32_t pci_flags;        /* src/abi/pci.c */
    bool implicit;
    struct dom_value v[];
};

struct dom_list {
    struct dom_object **o;
    size_t n, cap;
};

/* Something that makes the document invalid, though it could be parsed. */
struct dom_problem {
    struct dom_problem *next;
    char *text;
    int32_t line;
};

struct dom_arena {
    struct dom_chunk *chunks;
    size_t expected; /* bytes in all, for the size of the first chunk */
};

struct domain {
    struct dom_arena arena;
    const char *origin;
    struct dom_object *root;
    struct dom_list list[KIND__MAX]; /* but of KIND_DOMAIN */
    size_t nobjects;
    struct dom_problem *problems, **last_problem;
    size_t nproblems;
};

/* Zeroed memory of the arena; NULL when there is none. */
void *dom_alloc(struct domain *dom, size_t size);
char *dom_strndup(struct domain *dom, const char *s, size_t n);
char *dom_printf(struct domain *dom, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A new object at the end of its list; absent values are set as the rows say.
 * NULL: out of memory. */
struct dom_object *dom_object_new(struct domain *dom, enum dom_kind_id kind,
                                  struct dom_object *parent);
int dom_list_insert(struct domain *dom, struct dom_list *list, size_t at,
                    struct dom_object *o);
void dom_list_remove(struct dom_list *list, size_t at);

/* Take number `at` out of the list of its kind and away from its parent. */
void dom_object_remove(struct domain *dom, enum dom_kind_id kind, size_t at);

/* A copy whose objects and lists can be changed; NULL: out of memory. */
struct domain *domain_copy(const struct domain *dom);

/* Record a problem (at most a few are kept); the first one is the verdict. */
void dom_problem(struct domain *dom, int line, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Set a value as if it had been written. */
void dom_set_num(struct domain *dom, struct dom_object *o, unsigned i,
                 int64_t num);
void dom_set_text(struct dom_object *o, unsigned i, const char *text);
void dom_unset(struct dom_object *o, unsigned i);

/*
 * Turn the text of row `f` into *v (text, num, given). -1: *why is the reason
 * (static text). `unit` is the @unit attribute of sizes, or NULL.
 */
int dom_value_parse(struct domain *dom, const struct dom_field *f,
                    const char *text, const char *unit, struct dom_value *v,
                    const char **why);

/* Canonical text of a number of that row (arena). */
const char *dom_value_format(struct domain *dom, const struct dom_field *f,
                             int64_t num);

#endif
