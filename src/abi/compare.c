/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "abi/compare.h"

#include <string.h>

#define BIT(f) (1u << (f))

/* Which INFO_* rows an address of each type consists of. */
static const uint32_t address_rows[ADDRESS_TYPE__MAX] = {
    [ADDRESS_TYPE_PCI] = BIT(INFO_DOMAIN) | BIT(INFO_BUS) | BIT(INFO_SLOT) |
                         BIT(INFO_FUNCTION) | BIT(INFO_MULTI) |
                         BIT(INFO_ZPCI_UID) | BIT(INFO_ZPCI_FID),
    [ADDRESS_TYPE_DRIVE] = BIT(INFO_CONTROLLER) | BIT(INFO_BUS) |
                           BIT(INFO_TARGET) | BIT(INFO_UNIT),
    [ADDRESS_TYPE_VIRTIO_SERIAL] =
        BIT(INFO_CONTROLLER) | BIT(INFO_BUS) | BIT(INFO_PORT),
    [ADDRESS_TYPE_CCID] = BIT(INFO_CONTROLLER) | BIT(INFO_SLOT),
    [ADDRESS_TYPE_USB] = BIT(INFO_BUS) | BIT(INFO_PORT),
    [ADDRESS_TYPE_SPAPR_VIO] = BIT(INFO_REG),
    [ADDRESS_TYPE_CCW] = BIT(INFO_CSSID) | BIT(INFO_SSID) | BIT(INFO_DEVNO),
    [ADDRESS_TYPE_ISA] = BIT(INFO_IOBASE) | BIT(INFO_IRQ),
    [ADDRESS_TYPE_DIMM] = BIT(INFO_SLOT) | BIT(INFO_BASE),
};

/* Of those, what libvirt does not compare. */
static const uint32_t not_libvirts = BIT(INFO_MULTI) | BIT(INFO_ZPCI_UID) |
                                     BIT(INFO_ZPCI_FID) | BIT(INFO_TARGET) |
                                     BIT(INFO_REG);

bool compare_applies(const struct dom_object *o, unsigned i)
{
    if (!(o->kind->flags & DK_DEVICE) || i < INFO_DOMAIN || i > INFO_REG)
        return true;
    return address_rows[NUM(o, INFO_ADDRESS)] & BIT(i);
}

static bool is_number(const struct dom_field *f)
{
    return f->type != DT_STR && f->type != DT_UUID && f->type != DT_MAC &&
           f->type != DT_CPUSET && f->type != DT_TREE;
}

static bool equal(const struct dom_field *f, const struct dom_value *a,
                  const struct dom_value *b)
{
    if (is_number(f))
        return a->num == b->num;
    if (a->text == abi_random || b->text == abi_random)
        return false;
    if (!a->text || !b->text)
        return a->text == b->text;
    return !strcmp(a->text, b->text);
}

static bool is(const char *a, const char *b)
{
    return a && !strcmp(a, b);
}

/* ---- rows with a rule of their own -------------------------------------- */

typedef bool own_fn(const struct dom_object *a, const struct dom_object *b,
                    unsigned i);

static bool own_address(const struct dom_object *a, const struct dom_object *b,
                        unsigned i)
{
    int type = (int)NUM(a, INFO_ADDRESS);

    if (type != NUM(b, INFO_ADDRESS) || type == ADDRESS_TYPE_USB ||
        !compare_applies(a, i))
        return true;
    if (i == INFO_PORT)
        return strtol(TEXT(a, i) ? TEXT(a, i) : "0", NULL, 10) ==
               strtol(TEXT(b, i) ? TEXT(b, i) : "0", NULL, 10);
    return a->v[i].num == b->v[i].num;
}

static bool own_alias(const struct dom_object *a, const struct dom_object *b,
                      unsigned i)
{
    return a->kind->id != KIND_MEMORY ||
           equal(dom_field(a->kind, i), &a->v[i], &b->v[i]);
}

static bool own_driver(const struct dom_object *a, const struct dom_object *b,
                       unsigned i)
{
    return !(a->kind->flags & DK_VIRTIO) || a->v[i].num == b->v[i].num;
}

static bool own_timer(const struct dom_object *a, const struct dom_object *b,
                      unsigned i)
{
    return NUM(a, TIMER_NAME) != TIMER_NAME_TSC || a->v[i].num == b->v[i].num;
}

static bool own_channel(const struct dom_object *a, const struct dom_object *b,
                        unsigned i)
{
    bool guestfwd = is(TEXT(a, CHANNEL_TARGET), "guestfwd");

    if (i == CHANNEL_NAME)
        return guestfwd || equal(dom_field(a->kind, i), &a->v[i], &b->v[i]);
    return !guestfwd || equal(dom_field(a->kind, i), &a->v[i], &b->v[i]);
}

static bool own_hostdev(const struct dom_object *a, const struct dom_object *b,
                        unsigned i)
{
    const char *x = TEXT(a, i), *y = TEXT(b, i);
    bool swap =
        (is(x, "pci") && is(y, "mdev")) || (is(x, "mdev") && is(y, "pci"));

    return NUM(a, HOSTDEV_MODE) != HOSTDEV_MODE_SUBSYSTEM || swap ||
           equal(dom_field(a->kind, i), &a->v[i], &b->v[i]);
}

static bool own_plain(const struct dom_object *a, const struct dom_object *b,
                      unsigned i)
{
    return equal(dom_field(a->kind, i), &a->v[i], &b->v[i]);
}

static bool own_never(const struct dom_object *a, const struct dom_object *b,
                      unsigned i)
{
    (void)a, (void)b, (void)i;
    return true;
}

static own_fn *own_rule(const struct dom_kind *kind, unsigned i)
{
    if (i < kind->first) {
        if (i == INFO_ALIAS)
            return own_alias;
        return i == VIRTIO_DRIVER ? own_driver : own_address;
    }
    switch (kind->id) {
    case KIND_TIMER:
        return own_timer;
    case KIND_CHANNEL:
        return own_channel;
    case KIND_HOSTDEV:
        return own_hostdev;
    case KIND_DOMAIN:
        if (i == DOMAIN_MEMORY ||
            (i >= DOMAIN_CPU && i <= DOMAIN_CPU_CACHE_MODE))
            return own_plain;
        return own_never;
    default:
        return own_never;
    }
}

/* ---- one value ---------------------------------------------------------- */

bool compare_is_libvirts(const struct dom_kind *kind, unsigned i)
{
    const struct dom_field *f = dom_field(kind, i);

    if (f->libvirt == LV_NO)
        return false;
    if (kind->flags & DK_UNCOUNTED && kind->flags & DK_DEVICE)
        return false;
    if (i < kind->first && i >= INFO__MAX && !(kind->flags & DK_VIRTIO))
        return false;
    return true;
}

bool compare_libvirt(const struct dom_object *a, const struct dom_object *b,
                     unsigned i)
{
    const struct dom_field *f = dom_field(a->kind, i);

    if (!compare_is_libvirts(a->kind, i))
        return true;
    if (i < a->kind->first && i >= INFO_DOMAIN && i <= INFO_REG)
        return BIT(i) & not_libvirts || own_address(a, b, i);
    if (f->libvirt == LV_OWN)
        return own_rule(a->kind, i)(a, b, i);
    return equal(f, &a->v[i], &b->v[i]);
}

static const char *or_default(const struct dom_field *f,
                              const struct dom_value *v)
{
    return v->given && v->text ? v->text : f->deflt;
}

bool compare_guest(const struct dom_object *a, const struct dom_object *b,
                   unsigned i)
{
    const struct dom_field *f = dom_field(a->kind, i);
    const char *x, *y;

    if (!compare_applies(a, i) && !compare_applies(b, i))
        return true;
    if (a->v[i].text == abi_random && b->v[i].text == abi_random)
        return true;
    if (equal(f, &a->v[i], &b->v[i]))
        return true;
    if (!f->deflt)
        return false;
    x = or_default(f, &a->v[i]);
    y = or_default(f, &b->v[i]);
    return !strcmp(x, y);
}

/* ---- objects and lists -------------------------------------------------- */

static const struct dom_object *next_of(const struct dom_object *o,
                                        const struct dom_kind *kind)
{
    while (o && o->kind != kind)
        o = o->next;
    return o;
}

static bool compare_children(const struct dom_object *a,
                             const struct dom_object *b,
                             const struct dom_kind *kind)
{
    const struct dom_object *x = next_of(a->children, kind);
    const struct dom_object *y = next_of(b->children, kind);

    for (; x && y; x = next_of(x->next, kind), y = next_of(y->next, kind))
        if (!compare_objects(x, y))
            return false;
    return !x && !y;
}

bool compare_objects(const struct dom_object *a, const struct dom_object *b)
{
    for (unsigned i = 0; i < a->kind->nfields; i++)
        if ((a->v[i].given || b->v[i].given) && !compare_libvirt(a, b, i))
            return false;
    for (const struct dom_object *c = a->children; c; c = c->next)
        if (!(c->kind->flags & DK_UNCOUNTED) &&
            !compare_children(a, b, c->kind))
            return false;
    for (const struct dom_object *c = b->children; c; c = c->next)
        if (!(c->kind->flags & DK_UNCOUNTED) && !next_of(a->children, c->kind))
            return false;
    return true;
}

static bool compare_distances(const struct domain *a, const struct domain *b)
{
    const struct dom_list *cells = &a->list[KIND_CELL];

    if (!a->list[KIND_SIBLING].n && !b->list[KIND_SIBLING].n)
        return true;
    for (size_t i = 0; i < cells->n; i++)
        for (size_t j = 0; j < cells->n; j++) {
            int64_t from = NUM(cells->o[i], CELL_ID);
            int64_t to = NUM(cells->o[j], CELL_ID);

            if (compare_distance(a, from, to) != compare_distance(b, from, to))
                return false;
        }
    return true;
}

static bool compare_vcpu_states(const struct domain *a, const struct domain *b)
{
    CLEANUP(freep) struct vcpu_state *x = compare_vcpus(a);
    CLEANUP(freep) struct vcpu_state *y = compare_vcpus(b);
    int64_t max = NUM(a->root, DOMAIN_VCPUS);

    if (!x || !y || max != NUM(b->root, DOMAIN_VCPUS))
        return true; /* the number of vCPUs speaks for itself */
    for (int64_t i = 0; i < max; i++)
        if (x[i].online != y[i].online || x[i].order != y[i].order)
            return false;
    return true;
}

bool compare_lists(const struct domain *a, const struct domain *b,
                   enum dom_kind_id kind)
{
    const struct dom_list *x = &a->list[kind];
    const struct dom_list *y = &b->list[kind];

    if (kind == KIND_VCPU)
        return compare_vcpu_states(a, b);
    if (dom_kind(kind)->flags & (DK_UNCOUNTED | DK_NESTED))
        return true;
    if (x->n != y->n)
        return false;
    for (size_t i = 0; i < x->n; i++)
        if (!compare_objects(x->o[i], y->o[i]))
            return false;
    return kind != KIND_CELL || compare_distances(a, b);
}

static int64_t written_distance(const struct domain *d, int64_t from,
                                int64_t to)
{
    const struct dom_list *cells = &d->list[KIND_CELL];

    for (size_t i = 0; i < cells->n; i++) {
        const struct dom_object *c = cells->o[i]->children;

        if (NUM(cells->o[i], CELL_ID) != from)
            continue;
        for (; c; c = c->next)
            if (NUM(c, SIBLING_ID) == to)
                return NUM(c, SIBLING_VALUE);
    }
    return 0;
}

int64_t compare_distance(const struct domain *d, int64_t from, int64_t to)
{
    int64_t v = written_distance(d, from, to);

    if (!v)
        v = written_distance(d, to, from);
    if (!v)
        v = from == to ? 10 : 20;
    return v;
}

struct vcpu_state *compare_vcpus(const struct domain *d)
{
    const struct dom_list *l = &d->list[KIND_VCPU];
    int64_t max = NUM(d->root, DOMAIN_VCPUS);
    struct vcpu_state *s;

    if (max < 0 || max > COMPARE_MAX_VCPUS ||
        !(s = calloc((size_t)max + 1, sizeof(*s))))
        return NULL;
    if (!l->n)
        for (int64_t i = 0; i < max && i < NUM(d->root, DOMAIN_VCPUS_ONLINE);
             i++)
            s[i].online = true;
    for (size_t i = 0; i < l->n; i++) {
        int64_t id = NUM(l->o[i], VCPU_ID);

        if (id < max) {
            s[id].online = NUM(l->o[i], VCPU_ENABLED) == TRI_YES;
            s[id].order = NUM(l->o[i], VCPU_ORDER);
        }
    }
    return s;
}
