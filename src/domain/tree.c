/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/tree.h"
#include "qmp/macros.h"

#include <pthread.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct tree_node *roots[KIND__MAX];
static bool broken; /* out of memory while building */

/* Elements that may be repeated without being objects of their own: libvirt
 * looks below all of them. */
static const char *const many[] = {"devices", "features", "clock", "vcpus"};

static struct tree_node *new_node(const char *name, size_t len)
{
    struct tree_node *n = calloc(1, sizeof(*n));

    if (n && !(n->name = strndup(name, len))) {
        free(n);
        n = NULL;
    }
    if (!n) {
        broken = true;
        return NULL;
    }
    n->text = n->present = n->whole = n->kind = -1;
    for (size_t i = 0; i < ARRAY_SIZE(many); i++)
        n->many |= !strcmp(many[i], n->name);
    return n;
}

static int by_name(const void *a, const void *b)
{
    const struct tree_node *const *x = a;
    const struct tree_node *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static struct tree_node *child(struct tree_node *n, const char *name,
                               size_t len)
{
    struct tree_node *c;

    for (unsigned i = 0; i < n->nbelow; i++)
        if (!strncmp(n->below[i]->name, name, len) && !n->below[i]->name[len])
            return (struct tree_node *)n->below[i];
    if (n->nbelow == n->cap) {
        unsigned cap = n->cap ? n->cap * 2 : 8;
        const struct tree_node **grown =
            realloc(n->below, cap * sizeof(*grown));

        if (!grown) {
            broken = true;
            return NULL;
        }
        n->below = grown;
        n->cap = cap;
    }
    if (!(c = new_node(name, len)))
        return NULL;
    if (memchr(name, '[', len))
        n->by_name = true;
    n->below[n->nbelow++] = c;
    return c;
}

/* The node at `path` below `n`, made as needed. */
static struct tree_node *descend(struct tree_node *n, const char *path)
{
    while (n && *path) {
        size_t len = strcspn(path, "/");

        if (!strcmp(path, "text()"))
            break;
        if (!(n = child(n, path, len)))
            break;
        path += len + (path[len] == '/');
    }
    return n;
}

static void add_row(struct tree_node *root, const struct dom_field *f, int row)
{
    const char *at = strrchr(f->path, '@');
    struct tree_node *n = descend(root, f->path);

    if (!n)
        return;
    if (f->type == DT_PRESENT)
        n->present = row;
    else if (f->type == DT_TREE)
        n->whole = row;
    else
        n->text = row;
    if (at && f->flags & DF_REQUIRED) {
        char owner[128];

        /* "a/@b" belongs to "a", "@b" to the object itself. */
        snprintf(owner, sizeof(owner), "%.*s",
                 (int)(at > f->path ? at - f->path - 1 : 0), f->path);
        if ((n = descend(root, owner)))
            n->required = true;
    }
}

static void finish(struct tree_node *n)
{
    if (n->nbelow)
        qsort(n->below, n->nbelow, sizeof(*n->below), by_name);
    for (unsigned i = 0; i < n->nbelow; i++) {
        struct tree_node *c = (struct tree_node *)n->below[i];

        c->seen = i;
        c->many |= c->kind >= 0;
        finish(c);
    }
}

static void build(void)
{
    for (int k = 0; k < KIND__MAX; k++)
        if (!(roots[k] = new_node("", 0)))
            return;
    for (int k = 0; k < KIND__MAX; k++) {
        const struct dom_kind *kind = dom_kind((enum dom_kind_id)k);
        struct tree_node *at;

        for (unsigned i = 0; i < kind->nfields; i++)
            add_row(roots[k], dom_field(kind, i), (int)i);
        if (k == KIND_DOMAIN)
            continue;
        if ((at = descend(roots[kind->parent], kind->path)))
            at->kind = k;
    }
    for (int k = 0; k < KIND__MAX; k++)
        finish(roots[k]);
}

const struct tree_node *tree_of(enum dom_kind_id kind)
{
    pthread_once(&once, build);
    return broken ? NULL : roots[kind];
}

const struct tree_node *tree_find(const struct tree_node *node,
                                  const char *name)
{
    unsigned lo = 0, hi = node->nbelow;

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        int c = strcmp(name, node->below[mid]->name);

        if (!c)
            return node->below[mid];
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}
