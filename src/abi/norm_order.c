/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Order of the lists that libvirt sorts: disks by name within their bus,
 * controllers by index within their type, the primary video card first.
 */
#include "abi/norm.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

int norm_disk_index(const char *target)
{
    static const char *const prefixes[] = {"fd", "hd",  "vd",
                                           "sd", "xvd", "ubd"};
    const char *p = NULL;
    long index = 0;

    for (size_t i = 0; target && i < ARRAY_SIZE(prefixes); i++)
        if (!strncmp(target, prefixes[i], strlen(prefixes[i])))
            p = target + strlen(prefixes[i]);
    if (!p || !*p)
        return -1;
    for (; islower((unsigned char)*p); p++) {
        index = index * 26 + (*p - 'a' + 1);
        if (index > INT_MAX / 32)
            return -1;
    }
    /* What follows may be a partition's number. */
    if (*p && (p[strspn(p, "0123456789")] || *p == '0'))
        if (!(*p == '0' && !p[1]))
            return -1;
    return index ? (int)index - 1 : -1;
}

struct keyed {
    struct dom_object *o;
    int64_t group, key, tie;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;

    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->tie > y->tie) - (x->tie < y->tie);
}

/* Sort by group in the order of first appearance, then by key. `k[i]` has the
 * raw group on entry. */
static void sort_keyed(struct norm *n, struct dom_list *l, struct keyed *k,
                       size_t ngroups)
{
    CLEANUP(freep) size_t *first = calloc(ngroups, sizeof(*first));

    if (!first) {
        n->nomem = true;
        return;
    }
    for (size_t i = l->n; i-- > 0;)
        first[k[i].group] = i;
    for (size_t i = 0; i < l->n; i++)
        k[i].group = (int64_t)first[k[i].group];
    qsort(k, l->n, sizeof(*k), by_key);
    for (size_t i = 0; i < l->n; i++)
        l->o[i] = k[i].o;
}

/* A disk goes behind the last one of its bus with a smaller or equal index;
 * which is a stable sort by index within each bus. */
void norm_order_disks(struct norm *n)
{
    struct dom_list *l = &n->d->list[KIND_DISK];
    CLEANUP(freep) struct keyed *k = calloc(l->n + 1, sizeof(*k));

    if (!k) {
        n->nomem = true;
        return;
    }
    for (size_t i = 0; i < l->n; i++)
        k[i] = (struct keyed){
            .o = l->o[i],
            .group = NUM(l->o[i], DISK_BUS),
            .key = norm_disk_index(TEXT(l->o[i], DISK_TARGET)),
            .tie = (int64_t)i,
        };
    sort_keyed(n, l, k, DISK_BUS__MAX);
}

bool norm_is_usb2(const struct dom_object *c)
{
    const char *m = TEXT(c, CONTROLLER_MODEL);

    return NUM(c, CONTROLLER_TYPE) == CONTROLLER_TYPE_USB && m &&
           !strncmp(m, "ich9-", 5);
}

/* By index, those without one last; USB masters before their companions. */
static int64_t controller_key(const struct dom_object *c)
{
    int64_t index = NUM(c, CONTROLLER_INDEX);

    if (index < 0)
        return INT64_MAX;
    return index * 2 + GIVEN(c, INFO_MASTER);
}

static void sort_controllers(struct norm *n)
{
    struct dom_list *l = &n->d->list[KIND_CONTROLLER];
    CLEANUP(freep) struct keyed *k = calloc(l->n + 1, sizeof(*k));

    if (!k) {
        n->nomem = true;
        return;
    }
    for (size_t i = 0; i < l->n; i++)
        k[i] = (struct keyed){
            .o = l->o[i],
            .group = NUM(l->o[i], CONTROLLER_TYPE),
            .key = controller_key(l->o[i]),
            .tie = (int64_t)i,
        };
    sort_keyed(n, l, k, CONTROLLER_TYPE__MAX);
}

static void uhci_master(struct norm *n, struct dom_object *c)
{
    static const char *const uhci[] = {"ich9-uhci1", "ich9-uhci2",
                                       "ich9-uhci3"};

    for (int i = 0; i < 3; i++)
        if (TEXT(c, CONTROLLER_MODEL) &&
            !strcmp(TEXT(c, CONTROLLER_MODEL), uhci[i]))
            norm_default_num(n, c, INFO_MASTER, 2 * i);
}

void norm_order_controllers(struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_CONTROLLER];

    for (size_t i = 0; i < l->n; i++) {
        norm_default_num(n, l->o[i], CONTROLLER_TYPE, CONTROLLER_TYPE_IDE);
        if (NUM(l->o[i], CONTROLLER_TYPE) == CONTROLLER_TYPE_USB)
            uhci_master(n, l->o[i]);
    }
    sort_controllers(n);
}

void norm_order_videos(struct norm *n)
{
    struct dom_list *l = &n->d->list[KIND_VIDEO];

    for (size_t i = 1; i < l->n; i++) {
        struct dom_object *o = l->o[i];

        if (NUM(o, VIDEO_PRIMARY) != TRI_YES)
            continue;
        memmove(l->o + 1, l->o, i * sizeof(*l->o));
        l->o[0] = o;
    }
}

static int64_t unused_index(const struct norm *n, int type)
{
    const struct dom_list *l = &n->d->list[KIND_CONTROLLER];
    CLEANUP(freep) bool *used = calloc(l->n + 1, sizeof(*used));
    int64_t index = 0;

    for (size_t i = 0; used && i < l->n; i++) {
        int64_t x = NUM(l->o[i], CONTROLLER_INDEX);

        if (NUM(l->o[i], CONTROLLER_TYPE) == type && x >= 0 &&
            x < (int64_t)l->n)
            used[x] = true;
    }
    while (used && used[index])
        index++;
    return index;
}

/* The USB controller before number `at` if it is of USB2 and has no
 * companion of the same model yet: they share an index. */
static struct dom_object *companion(const struct dom_list *l, size_t at)
{
    struct dom_object *prev = NULL;

    for (size_t i = at; i-- > 0 && !prev;)
        if (NUM(l->o[i], CONTROLLER_TYPE) == CONTROLLER_TYPE_USB)
            prev = l->o[i];
    if (!prev || !norm_is_usb2(prev))
        return NULL;
    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], CONTROLLER_TYPE) == CONTROLLER_TYPE_USB &&
            NUM(l->o[i], CONTROLLER_INDEX) == NUM(prev, CONTROLLER_INDEX) &&
            TEXT(l->o[i], CONTROLLER_MODEL) &&
            !strcmp(TEXT(l->o[i], CONTROLLER_MODEL),
                    TEXT(l->o[at], CONTROLLER_MODEL)))
            return NULL;
    return prev;
}

void norm_controller_indexes(struct norm *n)
{
    struct dom_list *l = &n->d->list[KIND_CONTROLLER];
    bool again = false;

    for (size_t i = 0; i < l->n; i++) {
        struct dom_object *c = l->o[i];
        struct dom_object *with = NULL;

        if (NUM(c, CONTROLLER_INDEX) >= 0)
            continue;
        if (i && norm_is_usb2(c)) {
            again = true;
            with = companion(l, i);
        }
        dom_set_num(n->d, c, CONTROLLER_INDEX,
                    with ? NUM(with, CONTROLLER_INDEX)
                         : unused_index(n, (int)NUM(c, CONTROLLER_TYPE)));
    }
    if (again)
        sort_controllers(n);
}
