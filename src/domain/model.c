/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/model.h"

#include <stdarg.h>
#include <string.h>

#define CHUNK_SIZE   (16u * 1024)
#define CHUNK_MAX    (4u * 1024 * 1024)
#define MAX_PROBLEMS 16u

struct dom_chunk {
    struct dom_chunk *next;
    size_t used, size;
    _Alignas(16) char data[];
};

/* The first chunk is as large as all that is expected, later ones double. */
static struct dom_chunk *new_chunk(struct domain *dom, size_t size)
{
    struct dom_chunk *c = dom->arena.chunks;
    size_t want = c && c->size < CHUNK_MAX ? c->size * 2 : CHUNK_SIZE;

    if (!c && dom->arena.expected > want)
        want = dom->arena.expected;

    if (c && c->size >= CHUNK_MAX)
        want = CHUNK_MAX;
    if (want < size)
        want = size;
    c = malloc(sizeof(*c) + want);
    if (!c)
        return NULL;
    *c = (struct dom_chunk){.next = dom->arena.chunks, .size = want};
    dom->arena.chunks = c;
    return c;
}

void *dom_alloc(struct domain *dom, size_t size)
{
    struct dom_chunk *c = dom->arena.chunks;

    size = (size + 15) & ~(size_t)15;
    if ((!c || c->size - c->used < size) && !(c = new_chunk(dom, size)))
        return NULL;
    c->used += size;
    return memset(c->data + c->used - size, 0, size);
}

char *dom_strndup(struct domain *dom, const char *s, size_t n)
{
    char *copy = dom_alloc(dom, n + 1);

    if (copy)
        memcpy(copy, s, n);
    return copy;
}

char *dom_printf(struct domain *dom, const char *fmt, ...)
{
    char small[128];
    char *text = small;
    char *copy;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(small, sizeof(small), fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof(small)) {
        va_start(ap, fmt);
        n = vasprintf(&text, fmt, ap);
        va_end(ap);
    }
    if (n < 0)
        return NULL;
    copy = dom_strndup(dom, text, (size_t)n);
    if (text != small)
        free(text);
    return copy;
}

void domain_free(struct domain *dom)
{
    struct dom_problem *p;

    if (!dom)
        return;
    while (dom->arena.chunks) {
        struct dom_chunk *next = dom->arena.chunks->next;

        free(dom->arena.chunks);
        dom->arena.chunks = next;
    }
    while ((p = dom->problems)) {
        dom->problems = p->next;
        free(p->text);
        free(p);
    }
    for (size_t i = 0; i < KIND__MAX; i++)
        free(dom->list[i].o);
    free(dom);
}

int dom_list_insert(struct domain *dom, struct dom_list *list, size_t at,
                    struct dom_object *o)
{
    (void)dom;
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;
        struct dom_object **grown = realloc(list->o, cap * sizeof(*grown));

        if (!grown)
            return -1;
        list->o = grown;
        list->cap = cap;
    }
    memmove(list->o + at + 1, list->o + at, (list->n - at) * sizeof(*list->o));
    list->o[at] = o;
    list->n++;
    return 0;
}

void dom_list_remove(struct dom_list *list, size_t at)
{
    list->n--;
    memmove(list->o + at, list->o + at + 1, (list->n - at) * sizeof(*list->o));
}

static void append_child(struct domain *dom, struct dom_object *parent,
                         struct dom_object *o)
{
    const struct dom_list *list = &dom->list[o->kind->id];
    const struct dom_object *before = list->n > 1 ? list->o[list->n - 2] : NULL;

    o->position = before && before->parent == parent ? before->position + 1 : 1;
    if (parent->last_child)
        parent->last_child->next = o;
    else
        parent->children = o;
    parent->last_child = o;
}

struct dom_object *dom_object_new(struct domain *dom, enum dom_kind_id kind,
                                  struct dom_object *parent)
{
    const struct dom_kind *k = dom_kind(kind);
    struct dom_object *o =
        dom_alloc(dom, sizeof(*o) + k->nfields * sizeof(o->v[0]));

    if (!o)
        return NULL;
    o->kind = k;
    o->parent = parent;
    for (unsigned i = 0; i < k->nfields; i++)
        if (dom_field(k, i)->flags & DF_MINUS1)
            o->v[i].num = -1;
    if (kind == KIND_DOMAIN) {
        dom->root = o;
        return o;
    }
    if (dom_list_insert(dom, &dom->list[kind], dom->list[kind].n, o) < 0)
        return NULL;
    o->position = (uint32_t)dom->list[kind].n;
    if (k->flags & DK_NESTED)
        append_child(dom, parent, o);
    dom->nobjects++;
    return o;
}

void dom_object_remove(struct domain *dom, enum dom_kind_id kind, size_t at)
{
    struct dom_object *o = dom->list[kind].o[at];
    struct dom_object **from = &o->parent->children;
    struct dom_object *last = NULL;

    dom_list_remove(&dom->list[kind], at);
    if (!(o->kind->flags & DK_NESTED))
        return;
    while (*from) {
        if (*from == o) {
            *from = o->next;
            continue;
        }
        last = *from;
        from = &last->next;
    }
    o->parent->last_child = last;
}

static struct dom_object *copy_object(struct domain *to, struct dom_object *o)
{
    size_t size = sizeof(*o) + o->kind->nfields * sizeof(o->v[0]);
    struct dom_object *copy = dom_alloc(to, size);

    if (!copy)
        return NULL;
    memcpy(copy, o, size);
    copy->children = copy->last_child = copy->next = NULL;
    o->copied = copy;
    return copy;
}

/* Parents come before their children in kind order, so that ->copied is set
 * when a child looks for its new parent. */
static int copy_list(struct domain *to, const struct dom_list *list,
                     struct dom_list *copy)
{
    copy->o = calloc(list->n + 8, sizeof(*copy->o));
    if (!copy->o)
        return -1;
    copy->cap = list->n + 8;
    for (size_t i = 0; i < list->n; i++) {
        struct dom_object *o = copy_object(to, list->o[i]);

        if (!o)
            return -1;
        o->parent = o->parent->copied;
        copy->o[copy->n++] = o;
    }
    return 0;
}

static void copy_children(const struct dom_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct dom_object **at = &list->o[i]->copied->children;

        for (struct dom_object *c = list->o[i]->children; c; c = c->next) {
            *at = c->copied;
            at = &c->copied->next;
            list->o[i]->copied->last_child = c->copied;
        }
    }
}

struct domain *domain_copy(const struct domain *dom)
{
    struct domain *copy = calloc(1, sizeof(*copy));

    if (!copy)
        return NULL;
    copy->origin = dom->origin;
    for (const struct dom_chunk *c = dom->arena.chunks; c; c = c->next)
        copy->arena.expected += c->used;
    copy->nobjects = dom->nobjects;
    copy->last_problem = &copy->problems;
    copy->root = copy_object(copy, dom->root);
    if (!copy->root) {
        domain_free(copy);
        return NULL;
    }
    for (size_t i = 0; i < KIND__MAX; i++) {
        if (dom->list[i].n &&
            copy_list(copy, &dom->list[i], &copy->list[i]) < 0) {
            domain_free(copy);
            return NULL;
        }
    }
    for (size_t i = 0; i < KIND__MAX; i++)
        copy_children(&dom->list[i]);
    return copy;
}

void dom_problem(struct domain *dom, int line, const char *fmt, ...)
{
    struct dom_problem *p;
    va_list ap;
    int n;

    if (dom->nproblems++ >= MAX_PROBLEMS)
        return;
    p = calloc(1, sizeof(*p));
    if (!p)
        return;
    va_start(ap, fmt);
    n = vasprintf(&p->text, fmt, ap);
    va_end(ap);
    if (n < 0) {
        free(p);
        return;
    }
    p->line = line;
    *dom->last_problem = p;
    dom->last_problem = &p->next;
}

void dom_set_num(struct domain *dom, struct dom_object *o, unsigned i,
                 int64_t num)
{
    o->v[i].num = num;
    o->v[i].text = dom_value_format(dom, dom_field(o->kind, i), num);
    o->v[i].given = true;
}

void dom_set_text(struct dom_object *o, unsigned i, const char *text)
{
    o->v[i].text = text;
    o->v[i].given = true;
}

void dom_unset(struct dom_object *o, unsigned i)
{
    o->v[i] = (struct dom_value){
        .num = dom_field(o->kind, i)->flags & DF_MINUS1 ? -1 : 0};
}

const char *domain_origin(const struct domain *dom)
{
    return dom->origin;
}

const char *domain_name(const struct domain *dom)
{
    return dom->root->v[DOMAIN_NAME].text;
}

const char *domain_uuid(const struct domain *dom)
{
    return dom->root->v[DOMAIN_UUID].text;
}

bool domain_has_spice(const struct domain *dom)
{
    const struct dom_list *l = &dom->list[KIND_GRAPHICS];

    for (size_t i = 0; i < l->n; i++)
        if (l->o[i]->v[GRAPHICS_TYPE].num == GRAPHICS_TYPE_SPICE)
            return true;
    return false;
}
