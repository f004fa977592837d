/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The set of PCI buses: which places are taken, which are free, and what bus is
 * added when there is none.
 */
#include "abi/pci.h"

/* What each kind of bus accepts, and what a controller itself plugs into. */
/* clang-format off */
static const struct pci_model models[] = {
    { "pci-root",                    P_AUTO | P_PCI | P_BRIDGE | P_EXPANDER,                  1, 31, 0 },
    { "pci-bridge",                  P_AUTO | P_PCI | P_BRIDGE,                               1, 31, P_BRIDGE },
    { "pci-expander-bus",            P_AUTO | P_PCI | P_BRIDGE,                               0, 31, P_EXPANDER },
    { "pcie-root",                   P_PCIE | P_ROOT_PORT | P_DMI_BRIDGE | P_PCIE_EXPANDER,   1, 31, 0 },
    { "dmi-to-pci-bridge",           P_PCI | P_BRIDGE,                                        0, 31, P_DMI_BRIDGE },
    { "pcie-to-pci-bridge",          P_AUTO | P_PCI | P_BRIDGE,                               1, 31, P_PCIE_TO_PCI },
    { "pcie-root-port",              P_AUTO | P_PCIE | P_UPSTREAM | P_PCIE_TO_PCI,            0, 0,  P_ROOT_PORT | P_AGGREGATE },
    { "pcie-switch-downstream-port", P_AUTO | P_PCIE | P_UPSTREAM | P_PCIE_TO_PCI,            0, 0,  P_DOWNSTREAM },
    { "pcie-switch-upstream-port",   P_DOWNSTREAM,                                            0, 31, P_UPSTREAM },
    { "pcie-expander-bus",           P_ROOT_PORT | P_DMI_BRIDGE,                              0, 31, P_PCIE_EXPANDER },
};
/* clang-format on */

const struct pci_model *pci_find_model(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_SIZE(models); i++)
        if (!strcmp(models[i].name, name))
            return &models[i];
    return NULL;
}

int pci_fail(struct pci_set *s, const struct dom_object *o, const char *text,
             const struct pci_addr *a)
{
    if (a)
        dom_problem(s->n->d, o ? o->line : 0,
                    "PCI address %04x:%02x:%02x.%x: %s", 0, (unsigned)a->bus,
                    (unsigned)a->slot, (unsigned)a->function, text);
    else
        dom_problem(s->n->d, o ? o->line : 0, "%s", text);
    s->failed = true;
    return -1;
}

static void set_model(struct pci_bus *b, const char *name)
{
    const struct pci_model *m = pci_find_model(name);

    b->model = m->name;
    b->flags = m->accepts;
    b->min = m->min;
    b->max = m->max;
}

static bool compatible(const struct pci_bus *b, int number, unsigned flags,
                       bool from_config)
{
    unsigned accepts = b->flags;

    if (flags & P_INTEGRATED) {
        if (number)
            return false;
        accepts |= P_PCI | P_AUTO;
    }
    if (from_config) {
        if (accepts & P_ENDPOINT)
            accepts |= P_ENDPOINT;
        if (flags & P_BRIDGE)
            flags |= P_PCI;
    } else if (flags & P_AUTO && !(accepts & P_AUTO)) {
        return false;
    }
    return flags & accepts & P_TYPES;
}

static bool has_bridge_place(const struct pci_set *s)
{
    for (int i = 0; i < s->nbuses; i++)
        if (s->buses[i].flags & P_BRIDGE)
            return true;
    return false;
}

/* Add buses until number a->bus is there, of a model that takes such a
 * device; a->bus may move up when a bridge is needed for the bridge. */
static int grow(struct pci_set *s, struct pci_addr *a, unsigned flags,
                const struct dom_object *o)
{
    int add = a->bus - s->nbuses + 1;
    bool bridge = false;
    const char *model;

    if (add <= 0)
        return 0;
    if (flags & P_PCI) {
        model = s->n->pseries ? "pci-root" : "pci-bridge";
        if (!s->n->pseries && !has_bridge_place(s)) {
            bridge = true;
            if (add == 1) {
                add++;
                a->bus++;
            }
        }
    } else if (flags & (P_PCIE | P_UPSTREAM)) {
        model = "pcie-root-port";
    } else {
        return pci_fail(
            s, o,
            "a PCI slot is needed to connect a PCI controller, but "
            "none is available, and it cannot be automatically added",
            NULL);
    }
    if (s->nbuses + add > PCI_MAX_BUSES)
        return pci_fail(s, o, "too many PCI buses", NULL);
    for (int i = 0; i < add; i++) {
        struct pci_bus *b = &s->buses[s->nbuses + i];

        *b = (struct pci_bus){0};
        set_model(b, bridge && i == 0   ? "pcie-root-port"
                     : bridge && i == 1 ? "pcie-to-pci-bridge"
                                        : model);
        /* Kept free for the bridge that comes with it. */
        if (bridge && i == 0)
            b->flags = P_PCIE_TO_PCI;
    }
    s->nbuses += add;
    return 0;
}

int pci_reserve(struct pci_set *s, struct pci_addr a, unsigned flags,
                bool from_config, const struct dom_object *o)
{
    struct pci_bus *b;

    if (s->dry_run && grow(s, &a, flags, o) < 0)
        return -1;
    if (!s->nbuses)
        return pci_fail(s, o, "no PCI buses available", NULL);
    if (a.bus >= s->nbuses)
        return pci_fail(s, o, "there is no such bus", &a);
    b = &s->buses[a.bus];
    if (!compatible(b, a.bus, flags, from_config))
        return pci_fail(
            s, o,
            "the device cannot be plugged into the PCI controller of "
            "that index",
            &a);
    if (a.slot < b->min || a.slot > b->max || a.function > 7)
        return pci_fail(s, o, "there is no such slot on this bus", &a);
    if (b->functions[a.slot] >> a.function & 1)
        return pci_fail(s, o, "attempted double use", &a);
    if (!b->functions[a.slot] && flags & P_AGGREGATE)
        b->aggregate[a.slot] = true;
    b->functions[a.slot] |= (uint8_t)(1u << a.function);
    return 0;
}

/* A free place on one bus, from its first slot; `function` -1: any. */
static bool find_on_bus(const struct pci_bus *b, struct pci_addr *a,
                        int function, unsigned flags)
{
    for (a->slot = b->min; a->slot <= b->max; a->slot++) {
        uint8_t used = b->functions[a->slot];

        if (!used)
            return true;
        if (!(flags & P_AGGREGATE) || !b->aggregate[a->slot])
            continue;
        if (!(used >> a->function & 1))
            return true;
        if (function >= 0)
            continue;
        for (a->function = 0; a->function < 8; a->function++)
            if (!(used >> a->function & 1))
                return true;
        a->function = 0;
    }
    return false;
}

int pci_next_free(struct pci_set *s, struct pci_addr *a, unsigned flags,
                  int function, const struct dom_object *o)
{
    if (!s->nbuses)
        return pci_fail(s, o, "no PCI buses available", NULL);
    for (int i = 0; i < s->nbuses; i++) {
        *a = (struct pci_addr){.bus = i,
                               .function = function < 0 ? 0 : function};
        if (compatible(&s->buses[i], i, flags, false) &&
            find_on_bus(&s->buses[i], a, function, flags))
            return 0;
    }
    if (!s->dry_run)
        return pci_fail(s, o, "no more available PCI slots", NULL);
    *a = (struct pci_addr){.bus = s->nbuses,
                           .function = function < 0 ? 0 : function};
    if (grow(s, a, flags, o) < 0)
        return -1;
    a->slot = s->buses[a->bus].min;
    return 0;
}

/* Devices */

static bool is_empty(const struct dom_object *o)
{
    /* libvirt does not look at the function. */
    return !NUM(o, INFO_DOMAIN) && !NUM(o, INFO_BUS) && !NUM(o, INFO_SLOT);
}

bool pci_wanted(const struct dom_object *o)
{
    return !GIVEN(o, INFO_ADDRESS) ||
           (NUM(o, INFO_ADDRESS) == ADDRESS_TYPE_PCI && is_empty(o));
}

bool pci_present(const struct dom_object *o)
{
    return NUM(o, INFO_ADDRESS) == ADDRESS_TYPE_PCI && !is_empty(o);
}

struct pci_addr pci_addr_of(const struct dom_object *o)
{
    return (struct pci_addr){.bus = (int)NUM(o, INFO_BUS),
                             .slot = (int)NUM(o, INFO_SLOT),
                             .function = (int)NUM(o, INFO_FUNCTION)};
}

void pci_put(struct pci_set *s, struct dom_object *o, struct pci_addr a)
{
    struct domain *d = s->n->d;

    norm_set_address(s->n, o, ADDRESS_TYPE_PCI);
    dom_set_num(d, o, INFO_DOMAIN, 0);
    dom_set_num(d, o, INFO_BUS, a.bus);
    dom_set_num(d, o, INFO_SLOT, a.slot);
    dom_set_num(d, o, INFO_FUNCTION, a.function);
}

int pci_take_next(struct pci_set *s, struct dom_object *o, int function)
{
    unsigned flags = o ? o->pci_flags : P_PCI | P_AUTO;
    struct pci_addr a;

    if (pci_next_free(s, &a, flags, function, o) < 0 ||
        pci_reserve(s, a, flags, false, o) < 0)
        return -1;
    if (o && !s->dry_run)
        pci_put(s, o, a);
    return 0;
}

/* A fixed place of the chipset. */
int pci_take(struct pci_set *s, struct dom_object *o, struct pci_addr a,
             unsigned flags)
{
    if (pci_reserve(s, a, flags, true, o) < 0)
        return -1;
    if (o)
        pci_put(s, o, a);
    return 0;
}

bool pci_slot_in_use(const struct pci_set *s, int slot)
{
    return s->nbuses && s->buses[0].functions[slot];
}

static int collect(struct pci_set *s, struct dom_object *o)
{
    struct pci_addr a = pci_addr_of(o);

    if (!pci_present(o))
        return 0;
    if (!o->pci_flags)
        o->pci_flags = P_PCI;
    if (o->kind->id == KIND_CONTROLLER && !NUM(o, INFO_DOMAIN) && !a.bus &&
        a.slot == 1 && pci_is_piix3(o, a.function)) {
        if (s->nbuses && !(s->buses[0].flags & P_PCI))
            return pci_fail(s, o,
                            "bus 0 must be PCI for integrated PIIX3 USB or IDE "
                            "controllers",
                            NULL);
        return 0;
    }
    if (NUM(o, INFO_DOMAIN))
        return pci_fail(s, o, "only PCI domain 0 is available", &a);
    return pci_reserve(s, a, o->pci_flags, true, o);
}

int pci_set_create(struct pci_set *s, struct norm *n, int nbuses, bool dry_run)
{
    const struct dom_list *l = &n->d->list[KIND_CONTROLLER];
    bool pcie = false;

    memset(s->buses, 0, (size_t)nbuses * sizeof(*s->buses));
    s->nbuses = nbuses;
    s->dry_run = dry_run;
    for (size_t i = 0; i < l->n; i++) {
        const char *m = TEXT(l->o[i], CONTROLLER_MODEL);

        if (NUM(l->o[i], CONTROLLER_TYPE) != CONTROLLER_TYPE_PCI)
            continue;
        if (!pci_find_model(m))
            return pci_fail(s, l->o[i],
                            "PCI controller model was not set correctly", NULL);
        set_model(&s->buses[NUM(l->o[i], CONTROLLER_INDEX)], m);
        pcie |= pci_is(m, "pcie-root");
    }
    for (int i = 0; i < nbuses; i++)
        if (!s->buses[i].model)
            set_model(&s->buses[i], i == 0 || n->pseries ? "pci-root"
                                    : pcie               ? "pcie-root-port"
                                                         : "pci-bridge");
    for (size_t k = 0; k < KIND__MAX; k++) {
        const struct dom_list *d = &n->d->list[k];

        if (!(dom_kind((enum dom_kind_id)k)->flags & DK_DEVICE))
            continue;
        for (size_t i = 0; i < d->n; i++)
            if (collect(s, d->o[i]) < 0)
                return -1;
    }
    return 0;
}
