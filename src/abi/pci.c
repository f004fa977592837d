/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI addresses, assigned as libvirt's QEMU driver does it.
 *
 * A first pass over a growing set of buses finds out how many bridges or root
 * ports are needed; they become controllers. The second pass, over the final
 * set, hands the addresses out. In both, what the document fixes is reserved
 * first, then the places that the chipset dictates, then device by device in
 * a fixed order of kinds.
 */
#include "abi/norm.h"
#include "abi/machine.h"

#include <string.h>

enum {
    P_PCI = 1 << 0, /* accepts, or is, a conventional PCI device */
    P_PCIE = 1 << 1,
    P_ROOT_PORT = 1 << 2,
    P_UPSTREAM = 1 << 3,
    P_DOWNSTREAM = 1 << 4,
    P_DMI_BRIDGE = 1 << 5,
    P_EXPANDER = 1 << 6,
    P_PCIE_EXPANDER = 1 << 7,
    P_BRIDGE = 1 << 8,
    P_PCIE_TO_PCI = 1 << 9,
    P_TYPES = (1 << 10) - 1,
    P_ENDPOINT = P_PCI | P_PCIE,
    P_AUTO = 1 << 10,      /* may be used without being asked for */
    P_AGGREGATE = 1 << 11, /* several may share a slot */
    P_INTEGRATED = 1 << 12,
};

#define SLOTS     32
#define MAX_BUSES 256

struct bus {
    const char *model;
    unsigned flags;
    int min, max;
    uint8_t functions[SLOTS]; /* one bit each */
    bool aggregate[SLOTS];
};

struct set {
    struct norm *n;
    struct bus *buses;
    int nbuses;
    bool dry_run;
    bool failed;
};

struct addr {
    int bus, slot, function;
};

/* What each kind of bus accepts, and what a controller itself plugs into. */
/* clang-format off */
static const struct model {
    const char *name;
    unsigned accepts;
    int min, max;
    unsigned plugs_into;
} models[] = {
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

static bool is(const char *a, const char *b)
{
    return a && !strcmp(a, b);
}

static const struct model *find_model(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_SIZE(models); i++)
        if (!strcmp(models[i].name, name))
            return &models[i];
    return NULL;
}

static int fail(struct set *s, const struct dom_object *o, const char *text,
                const struct addr *a)
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

/* ---- what a device needs ------------------------------------------------ */

static unsigned by_virtio_model(int model, unsigned virtio)
{
    return model == VIRTIO_MODEL_VIRTIO_TRANSITIONAL ? P_PCI | P_AUTO : virtio;
}

static unsigned controller_flags(const struct dom_object *o, unsigned pcie)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);

    switch (NUM(o, CONTROLLER_TYPE)) {
    case CONTROLLER_TYPE_PCI:
        return find_model(m) ? find_model(m)->plugs_into : 0;
    case CONTROLLER_TYPE_SATA:
    case CONTROLLER_TYPE_IDE:
        return P_PCI | P_AUTO;
    case CONTROLLER_TYPE_USB:
        if (is(m, "none") || is(m, "qusb1") || is(m, "qusb2"))
            return 0;
        return is(m, "nec-xhci") || is(m, "qemu-xhci") ? pcie : P_PCI | P_AUTO;
    case CONTROLLER_TYPE_SCSI:
        if (!m || is(m, "ncr53c90") || is(m, "auto"))
            return 0;
        return is(m, "virtio-scsi") || is(m, "virtio-non-transitional")
                   ? pcie
                   : P_PCI | P_AUTO;
    case CONTROLLER_TYPE_VIRTIO_SERIAL:
        return is(m, "virtio-transitional") ? P_PCI | P_AUTO : pcie;
    default:
        return 0;
    }
}

/* Of type hostdev. */
static bool is_usb_interface(const struct dom_object *o)
{
    const char *t = TEXT(o, INTERFACE_SRC_ADDRESS);

    return t ? is(t, "usb") : GIVEN(o, INTERFACE_SRC_VENDOR);
}

static unsigned interface_flags(const struct dom_object *o, unsigned pcie)
{
    const char *m = TEXT(o, INTERFACE_MODEL);

    if (NUM(o, INTERFACE_TYPE) == NET_TYPE_HOSTDEV)
        return is_usb_interface(o) ? 0 : pcie;
    if (is(m, "usb-net"))
        return 0;
    if (!m || is(m, "virtio") || is(m, "virtio-non-transitional") ||
        is(m, "e1000e") || is(m, "igb"))
        return pcie;
    return P_PCI | P_AUTO;
}

static unsigned filesystem_flags(const struct dom_object *o, unsigned pcie)
{
    switch (NUM(o, FILESYSTEM_DRV_TYPE)) {
    case FS_DRIVER_DEFAULT:
    case FS_DRIVER_PATH:
    case FS_DRIVER_HANDLE:
        return by_virtio_model((int)NUM(o, FILESYSTEM_MODEL), pcie);
    case FS_DRIVER_VIRTIOFS:
        return pcie;
    default:
        return 0;
    }
}

static unsigned video_flags(const struct dom_object *o, unsigned pcie)
{
    switch (NUM(o, VIDEO_TYPE)) {
    case VIDEO_TYPE_VIRTIO:
    case VIDEO_TYPE_BOCHS:
        return pcie;
    case VIDEO_TYPE_DEFAULT:
    case VIDEO_TYPE_GOP:
    case VIDEO_TYPE_NONE:
    case VIDEO_TYPE_RAMFB:
        return 0;
    default:
        return P_PCI | P_AUTO;
    }
}

static unsigned sound_flags(const struct dom_object *o, unsigned pcie)
{
    switch (NUM(o, SOUND_MODEL)) {
    case SOUND_MODEL_ES1370:
    case SOUND_MODEL_AC97:
    case SOUND_MODEL_ICH6:
    case SOUND_MODEL_ICH9:
        return P_PCI | P_AUTO;
    case SOUND_MODEL_VIRTIO:
        return pcie;
    default:
        return 0;
    }
}

static unsigned hostdev_flags(const struct dom_object *o, unsigned pcie)
{
    const char *t = TEXT(o, HOSTDEV_TYPE);

    if (is(t, "scsi_host"))
        return is(TEXT(o, HOSTDEV_MODEL), "virtio-transitional")
                   ? P_PCI | P_AUTO
                   : pcie;
    return is(t, "pci") || is(t, "mdev") ? pcie : 0;
}

static unsigned virtio_device_flags(const struct dom_object *o, unsigned pcie)
{
    switch (o->kind->id) {
    case KIND_MEMBALLOON:
        if (NUM(o, MEMBALLOON_MODEL) == BALLOON_MODEL_NONE ||
            NUM(o, MEMBALLOON_MODEL) == BALLOON_MODEL_XEN)
            return 0;
        return NUM(o, MEMBALLOON_MODEL) == BALLOON_MODEL_VIRTIO_TRANSITIONAL
                   ? P_PCI | P_AUTO
                   : pcie;
    case KIND_RNG:
        return NUM(o, RNG_MODEL) == RNG_MODEL_VIRTIO_TRANSITIONAL
                   ? P_PCI | P_AUTO
                   : pcie;
    case KIND_INPUT:
        if (NUM(o, INPUT_BUS) != INPUT_BUS_VIRTIO)
            return 0;
        return by_virtio_model((int)NUM(o, INPUT_MODEL), pcie);
    case KIND_VSOCK:
        return by_virtio_model((int)NUM(o, VSOCK_MODEL), pcie);
    case KIND_DISK:
        if (NUM(o, DISK_BUS) != DISK_BUS_VIRTIO)
            return 0;
        return by_virtio_model((int)NUM(o, DISK_MODEL), pcie);
    case KIND_MEMORY:
        return NUM(o, MEMORY_MODEL) == MEMORY_MODEL_VIRTIO_MEM ||
                       NUM(o, MEMORY_MODEL) == MEMORY_MODEL_VIRTIO_PMEM
                   ? pcie
                   : 0;
    default:
        return 0;
    }
}

static unsigned device_flags(const struct dom_object *o, unsigned pcie)
{
    switch (o->kind->id) {
    case KIND_CONTROLLER:
        return controller_flags(o, pcie);
    case KIND_INTERFACE:
        return interface_flags(o, pcie);
    case KIND_FILESYSTEM:
        return filesystem_flags(o, pcie);
    case KIND_VIDEO:
        return video_flags(o, pcie);
    case KIND_SOUND:
        return sound_flags(o, pcie);
    case KIND_HOSTDEV:
        return hostdev_flags(o, pcie);
    case KIND_WATCHDOG:
        return NUM(o, WATCHDOG_MODEL) == WATCHDOG_MODEL_I6300ESB
                   ? P_PCI | P_AUTO
                   : 0;
    case KIND_SERIAL:
        return is(TEXT(o, SERIAL_TARGET), "pci-serial") ? P_PCI | P_AUTO : 0;
    case KIND_IOMMU:
        return NUM(o, IOMMU_MODEL) == IOMMU_MODEL_VIRTIO ? pcie | P_INTEGRATED
                                                         : 0;
    case KIND_PANIC:
        return NUM(o, PANIC_MODEL) == PANIC_MODEL_PVPANIC
                   ? P_PCI | P_AUTO | P_INTEGRATED
                   : 0;
    case KIND_SHMEM:
    case KIND_CRYPTO:
    case KIND_PSTORE:
        return P_PCI | P_AUTO;
    default:
        return virtio_device_flags(o, pcie);
    }
}

/* ---- the set of buses --------------------------------------------------- */

static void set_model(struct bus *b, const char *name)
{
    const struct model *m = find_model(name);

    b->model = m->name;
    b->flags = m->accepts;
    b->min = m->min;
    b->max = m->max;
}

static bool compatible(const struct bus *b, int number, unsigned flags,
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

static bool has_bridge_place(const struct set *s)
{
    for (int i = 0; i < s->nbuses; i++)
        if (s->buses[i].flags & P_BRIDGE)
            return true;
    return false;
}

/* Add buses until number a->bus is there, of a model that takes such a
 * device; a->bus may move up when a bridge is needed for the bridge. */
static int grow(struct set *s, struct addr *a, unsigned flags,
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
        return fail(s, o,
                    "a PCI slot is needed to connect a PCI controller, but "
                    "none is available, and it cannot be automatically added",
                    NULL);
    }
    if (s->nbuses + add > MAX_BUSES)
        return fail(s, o, "too many PCI buses", NULL);
    for (int i = 0; i < add; i++) {
        struct bus *b = &s->buses[s->nbuses + i];

        *b = (struct bus){0};
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

static int reserve(struct set *s, struct addr a, unsigned flags,
                   bool from_config, const struct dom_object *o)
{
    struct bus *b;

    if (s->dry_run && grow(s, &a, flags, o) < 0)
        return -1;
    if (!s->nbuses)
        return fail(s, o, "no PCI buses available", NULL);
    if (a.bus >= s->nbuses)
        return fail(s, o, "there is no such bus", &a);
    b = &s->buses[a.bus];
    if (!compatible(b, a.bus, flags, from_config))
        return fail(s, o,
                    "the device cannot be plugged into the PCI controller of "
                    "that index",
                    &a);
    if (a.slot < b->min || a.slot > b->max || a.function > 7)
        return fail(s, o, "there is no such slot on this bus", &a);
    if (b->functions[a.slot] >> a.function & 1)
        return fail(s, o, "attempted double use", &a);
    if (!b->functions[a.slot] && flags & P_AGGREGATE)
        b->aggregate[a.slot] = true;
    b->functions[a.slot] |= (uint8_t)(1u << a.function);
    return 0;
}

/* A free place on one bus, from its first slot; `function` -1: any. */
static bool find_on_bus(const struct bus *b, struct addr *a, int function,
                        unsigned flags)
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

static int next_free(struct set *s, struct addr *a, unsigned flags,
                     int function, const struct dom_object *o)
{
    if (!s->nbuses)
        return fail(s, o, "no PCI buses available", NULL);
    for (int i = 0; i < s->nbuses; i++) {
        *a = (struct addr){.bus = i, .function = function < 0 ? 0 : function};
        if (compatible(&s->buses[i], i, flags, false) &&
            find_on_bus(&s->buses[i], a, function, flags))
            return 0;
    }
    if (!s->dry_run)
        return fail(s, o, "no more available PCI slots", NULL);
    *a = (struct addr){.bus = s->nbuses,
                       .function = function < 0 ? 0 : function};
    if (grow(s, a, flags, o) < 0)
        return -1;
    a->slot = s->buses[a->bus].min;
    return 0;
}

/* ---- devices ------------------------------------------------------------ */

static bool is_empty(const struct dom_object *o)
{
    /* libvirt does not look at the function. */
    return !NUM(o, INFO_DOMAIN) && !NUM(o, INFO_BUS) && !NUM(o, INFO_SLOT);
}

static bool wanted(const struct dom_object *o)
{
    return !GIVEN(o, INFO_ADDRESS) ||
           (NUM(o, INFO_ADDRESS) == ADDRESS_TYPE_PCI && is_empty(o));
}

static bool present(const struct dom_object *o)
{
    return NUM(o, INFO_ADDRESS) == ADDRESS_TYPE_PCI && !is_empty(o);
}

static struct addr addr_of(const struct dom_object *o)
{
    return (struct addr){.bus = (int)NUM(o, INFO_BUS),
                         .slot = (int)NUM(o, INFO_SLOT),
                         .function = (int)NUM(o, INFO_FUNCTION)};
}

static void put(struct set *s, struct dom_object *o, struct addr a)
{
    struct domain *d = s->n->d;

    norm_set_address(s->n, o, ADDRESS_TYPE_PCI);
    dom_set_num(d, o, INFO_DOMAIN, 0);
    dom_set_num(d, o, INFO_BUS, a.bus);
    dom_set_num(d, o, INFO_SLOT, a.slot);
    dom_set_num(d, o, INFO_FUNCTION, a.function);
}

static int take_next(struct set *s, struct dom_object *o, int function)
{
    unsigned flags = o ? o->pci_flags : P_PCI | P_AUTO;
    struct addr a;

    if (next_free(s, &a, flags, function, o) < 0 ||
        reserve(s, a, flags, false, o) < 0)
        return -1;
    if (o && !s->dry_run)
        put(s, o, a);
    return 0;
}

/* A fixed place of the chipset. */
static int take(struct set *s, struct dom_object *o, struct addr a,
                unsigned flags)
{
    if (reserve(s, a, flags, true, o) < 0)
        return -1;
    if (o)
        put(s, o, a);
    return 0;
}

static bool slot_in_use(const struct set *s, int slot)
{
    return s->nbuses && s->buses[0].functions[slot];
}

static bool is_piix3(const struct dom_object *o, int function)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);

    if (o->kind->id != KIND_CONTROLLER || NUM(o, CONTROLLER_INDEX))
        return false;
    if (function == 1)
        return NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_IDE;
    return function == 2 && NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_USB &&
           (!m || is(m, "piix3-uhci"));
}

static int collect(struct set *s, struct dom_object *o)
{
    struct addr a = addr_of(o);

    if (!present(o))
        return 0;
    if (!o->pci_flags)
        o->pci_flags = P_PCI;
    if (o->kind->id == KIND_CONTROLLER && !NUM(o, INFO_DOMAIN) && !a.bus &&
        a.slot == 1 && is_piix3(o, a.function)) {
        if (s->nbuses && !(s->buses[0].flags & P_PCI))
            return fail(s, o,
                        "bus 0 must be PCI for integrated PIIX3 USB or IDE "
                        "controllers",
                        NULL);
        return 0;
    }
    if (NUM(o, INFO_DOMAIN))
        return fail(s, o, "only PCI domain 0 is available", &a);
    return reserve(s, a, o->pci_flags, true, o);
}

static int set_create(struct set *s, struct norm *n, int nbuses, bool dry_run)
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
        if (!find_model(m))
            return fail(s, l->o[i],
                        "PCI controller model was not set correctly", NULL);
        set_model(&s->buses[NUM(l->o[i], CONTROLLER_INDEX)], m);
        pcie |= is(m, "pcie-root");
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

static int primary_video(struct set *s, int slot, unsigned flags)
{
    const struct dom_list *l = &s->n->d->list[KIND_VIDEO];
    struct dom_object *o = l->n ? l->o[0] : NULL;

    if (!o || NUM(o, VIDEO_TYPE) == VIDEO_TYPE_NONE ||
        NUM(o, VIDEO_TYPE) == VIDEO_TYPE_RAMFB || !wanted(o))
        return 0;
    if (!s->nbuses)
        return fail(s, o, "no PCI buses available", NULL);
    if (slot_in_use(s, slot))
        return take_next(s, o, -1);
    return take(s, o, (struct addr){0, slot, 0}, flags);
}

static int fixed_place(struct set *s, struct dom_object *o, struct addr a,
                       const char *must)
{
    if (present(o)) {
        struct addr has = addr_of(o);

        if (NUM(o, INFO_DOMAIN) || has.bus != a.bus || has.slot != a.slot ||
            has.function != a.function)
            return fail(s, o, must, NULL);
        return 0;
    }
    put(s, o, a);
    return 0;
}

static int chipset_i440fx(struct set *s)
{
    const struct dom_list *l = &s->n->d->list[KIND_CONTROLLER];
    static const int isa[] = {0, 3};

    for (size_t i = 0; i < l->n; i++) {
        struct dom_object *o = l->o[i];
        int function = is_piix3(o, 1) ? 1 : is_piix3(o, 2) ? 2 : 0;
        struct addr a = {0, 1, function};

        if (!function)
            continue;
        if (fixed_place(s, o, a,
                        function == 1
                            ? "primary IDE controller must have PCI address "
                              "0:0:1.1"
                            : "PIIX3 USB controller at index 0 must have PCI "
                              "address 0:0:1.2") < 0)
            return -1;
        if (s->nbuses && reserve(s, a, P_PCI | P_AUTO, true, o) < 0)
            return -1;
    }
    for (size_t i = 0; s->nbuses && i < ARRAY_SIZE(isa); i++)
        if (reserve(s, (struct addr){0, 1, isa[i]}, P_PCI | P_AUTO, true,
                    NULL) < 0)
            return -1;
    return primary_video(s, 2, P_PCI | P_AUTO);
}

static int q35_controller(struct set *s, struct dom_object *o)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);
    int slot = -1;

    if (NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_SATA) {
        if (NUM(o, CONTROLLER_INDEX))
            return 0;
        return fixed_place(s, o, (struct addr){0, 0x1f, 2},
                           "primary SATA controller must have PCI address "
                           "0:0:1f.2");
    }
    if (GIVEN(o, INFO_ADDRESS))
        return 0;
    if (NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_USB && is(m, "ich9-uhci1"))
        slot = !slot_in_use(s, 0x1d) ? 0x1d : !slot_in_use(s, 0x1a) ? 0x1a : -1;
    if (NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_PCI &&
        is(m, "dmi-to-pci-bridge") && !slot_in_use(s, 0x1e))
        slot = 0x1e;
    if (slot < 0)
        return 0;
    if (take(s, o, (struct addr){0, slot, 0}, P_PCIE | P_DMI_BRIDGE) < 0)
        return -1;
    if (NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_USB)
        dom_set_num(s->n->d, o, INFO_MULTI, TRI_ON);
    return 0;
}

static int chipset_q35(struct set *s)
{
    const struct dom_list *l = &s->n->d->list[KIND_CONTROLLER];
    const struct dom_list *sound = &s->n->d->list[KIND_SOUND];
    static const int lpc[] = {0, 3};

    for (size_t i = 0; i < l->n; i++) {
        struct dom_object *o = l->o[i];
        bool fixed = NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_SATA &&
                     !NUM(o, CONTROLLER_INDEX) && !present(o);

        if (q35_controller(s, o) < 0)
            return -1;
        (void)fixed;
    }
    for (size_t i = 0; s->nbuses && i < ARRAY_SIZE(lpc); i++)
        if (reserve(s, (struct addr){0, 0x1f, lpc[i]}, P_PCIE, true, NULL) < 0)
            return -1;
    if (primary_video(s, 1, P_PCIE) < 0)
        return -1;
    if (slot_in_use(s, 0x1b))
        return 0;
    for (size_t i = 0; i < sound->n; i++)
        if (NUM(sound->o[i], SOUND_MODEL) == SOUND_MODEL_ICH9 &&
            wanted(sound->o[i]))
            return take(s, sound->o[i], (struct addr){0, 0x1b, 0}, P_PCIE);
    return 0;
}

static int chipset(struct set *s)
{
    if (s->n->i440fx)
        return chipset_i440fx(s);
    return s->n->q35 ? chipset_q35(s) : 0;
}

/* USB2 companions share a slot, each at its function. */
static int take_usb2(struct set *s, struct dom_object *o)
{
    static const struct {
        const char *model;
        int function;
    } functions[] = {{"ich9-ehci1", 7},
                     {"ich9-uhci1", 0},
                     {"ich9-uhci2", 1},
                     {"ich9-uhci3", 2}};
    const struct dom_list *l = &s->n->d->list[KIND_CONTROLLER];
    int function = 0;

    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        if (is(TEXT(o, CONTROLLER_MODEL), functions[i].model))
            function = functions[i].function;
    for (size_t i = 0; i < l->n; i++) {
        struct addr a = addr_of(l->o[i]);

        if (!norm_is_usb2(l->o[i]) || !present(l->o[i]) ||
            NUM(l->o[i], CONTROLLER_INDEX) != NUM(o, CONTROLLER_INDEX))
            continue;
        a.function = function;
        return take(s, o, a, o->pci_flags);
    }
    return take_next(s, o, function);
}

static int assign_controller(struct set *s, struct dom_object *o)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);

    switch (NUM(o, CONTROLLER_TYPE)) {
    case CONTROLLER_TYPE_PCI:
    case CONTROLLER_TYPE_FDC:
    case CONTROLLER_TYPE_CCID:
        return 0;
    case CONTROLLER_TYPE_USB:
        if (is(m, "none"))
            return 0;
        break;
    case CONTROLLER_TYPE_IDE:
        if (!NUM(o, CONTROLLER_INDEX))
            return 0;
        break;
    case CONTROLLER_TYPE_SCSI:
        if (is(m, "ncr53c90"))
            return 0;
        break;
    default:
        break;
    }
    if (!wanted(o))
        return 0;
    return norm_is_usb2(o) ? take_usb2(s, o) : take_next(s, o, -1);
}

static int assign_pci_controller(struct set *s, struct dom_object *o)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);

    if (NUM(o, CONTROLLER_TYPE) != CONTROLLER_TYPE_PCI || is(m, "pci-root") ||
        is(m, "pcie-root") || !wanted(o))
        return 0;
    return take_next(s, o, -1);
}

static int assign_disk(struct set *s, struct dom_object *o)
{
    int type = (int)NUM(o, INFO_ADDRESS);

    if (NUM(o, DISK_BUS) != DISK_BUS_VIRTIO || present(o) ||
        type == ADDRESS_TYPE_CCW)
        return 0;
    if (type == ADDRESS_TYPE_VIRTIO_MMIO && s->n->qemu->mmio)
        return 0;
    if (!wanted(o)) {
        dom_problem(s->n->d, o->v[INFO_ADDRESS].line,
                    "virtio disk cannot have an address of type '%s'",
                    TEXT(o, INFO_ADDRESS));
        s->failed = true;
        return -1;
    }
    return take_next(s, o, -1);
}

static int assign_other(struct set *s, struct dom_object *o)
{
    if (!wanted(o))
        return 0;
    switch (o->kind->id) {
    case KIND_FILESYSTEM:
        if (NUM(o, FILESYSTEM_DRV_TYPE) == FS_DRIVER_MTP)
            return 0;
        break;
    case KIND_INTERFACE:
        if (is(TEXT(o, INTERFACE_MODEL), "usb-net") ||
            NUM(o, INTERFACE_TYPE) == NET_TYPE_HOSTDEV)
            return 0;
        break;
    case KIND_HOSTDEV:
        if (is(TEXT(o, HOSTDEV_TYPE), "mdev") &&
            !is(TEXT(o, HOSTDEV_MODEL), "vfio-pci"))
            return 0;
        if (!o->pci_flags)
            return 0;
        break;
    default:
        if (!o->pci_flags)
            return 0;
        break;
    }
    return take_next(s, o, -1);
}

/* <interface type='hostdev'> are host devices, and come before the others. */
static int assign_interface_hostdev(struct set *s, struct dom_object *o)
{
    if (NUM(o, INTERFACE_TYPE) != NET_TYPE_HOSTDEV || !wanted(o) ||
        is_usb_interface(o))
        return 0;
    return take_next(s, o, -1);
}

typedef int assign_fn(struct set *s, struct dom_object *o);

static const struct {
    enum dom_kind_id kind;
    assign_fn *assign;
} order[] = {
    {KIND_CONTROLLER, assign_pci_controller},
    {KIND_FILESYSTEM, assign_other},
    {KIND_INTERFACE, assign_other},
    {KIND_SOUND, assign_other},
    {KIND_CONTROLLER, assign_controller},
    {KIND_DISK, assign_disk},
    {KIND_INTERFACE, assign_interface_hostdev},
    {KIND_HOSTDEV, assign_other},
    {KIND_MEMBALLOON, assign_other},
    {KIND_RNG, assign_other},
    {KIND_WATCHDOG, assign_other},
    {KIND_VIDEO, assign_other},
    {KIND_SHMEM, assign_other},
    {KIND_INPUT, assign_other},
    {KIND_SERIAL, assign_other},
    {KIND_IOMMU, assign_other},
    {KIND_VSOCK, assign_other},
    {KIND_MEMORY, assign_other},
    {KIND_CRYPTO, assign_other},
    {KIND_PANIC, assign_other},
    {KIND_PSTORE, assign_other},
};

static int assign_all(struct set *s)
{
    for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
        const struct dom_list *l = &s->n->d->list[order[k].kind];

        for (size_t i = 0; i < l->n; i++)
            if (order[k].assign(s, l->o[i]) < 0)
                return -1;
    }
    return 0;
}

static bool root_is(const struct norm *n, const char *model)
{
    const struct dom_object *root =
        norm_find_controller(n, CONTROLLER_TYPE_PCI, 0);

    return root && is(TEXT(root, CONTROLLER_MODEL), model);
}

static bool all_full(const struct set *s)
{
    for (int i = 0; i < s->nbuses; i++)
        for (int slot = s->buses[i].min; slot <= s->buses[i].max; slot++)
            if (!s->buses[i].functions[slot])
                return false;
    return true;
}

/* A place kept for what may be plugged in later. */
static int take_spare(struct set *s, unsigned flags)
{
    struct addr a;

    if (next_free(s, &a, flags, -1, NULL) < 0)
        return -1;
    return reserve(s, a, flags, false, NULL);
}

static unsigned pcie_flags(const struct norm *n)
{
    return root_is(n, "pcie-root") ? P_PCIE | P_AUTO : P_PCI | P_AUTO;
}

static int add_controllers(struct set *s)
{
    for (int i = 1; i < s->nbuses; i++) {
        struct dom_object *o;

        if (norm_find_controller(s->n, CONTROLLER_TYPE_PCI, i))
            continue;
        o = norm_add_controller(s->n, CONTROLLER_TYPE_PCI, i,
                                s->buses[i].model);
        if (!o)
            return -1;
        o->pci_flags = device_flags(o, pcie_flags(s->n));
        if (!is(s->buses[i].model, "pci-root") && take_next(s, o, -1) < 0)
            return -1;
    }
    return 0;
}

static int first_pass(struct set *s, int max)
{
    struct norm *n = s->n;

    if (set_create(s, n, max + 1, true) < 0 || chipset(s) < 0)
        return -1;
    if (root_is(n, "pci-root") && !all_full(s) &&
        take_spare(s, P_PCI | P_AUTO) < 0)
        return -1;
    if (assign_all(s) < 0)
        return -1;
    /* New topologies get one spare root port. */
    if (max <= 0 && s->nbuses > max + 1 && root_is(n, "pcie-root") &&
        take_spare(s, P_PCIE | P_AUTO) < 0)
        return -1;
    return add_controllers(s);
}

static const char *default_name(const struct norm *n, const char *model)
{
    static const struct {
        const char *model, *name;
    } names[] = {
        {"pci-bridge", "pci-bridge"},
        {"dmi-to-pci-bridge", "i82801b11-bridge"},
        {"pcie-to-pci-bridge", "pcie-pci-bridge"},
        {"pcie-root-port", "pcie-root-port"},
        {"pcie-switch-upstream-port", "x3130-upstream"},
        {"pcie-switch-downstream-port", "xio3130-downstream"},
        {"pci-expander-bus", "pxb"},
        {"pcie-expander-bus", "pxb-pcie"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(names[i].model, model))
            return names[i].name;
    return n->pseries && !strcmp(model, "pci-root") ? "spapr-pci-host-bridge"
                                                    : NULL;
}

static int64_t new_bus_number(const struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_CONTROLLER];
    int64_t lowest = 256;

    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], CONTROLLER_BUS_NR) >= 0 &&
            NUM(l->o[i], CONTROLLER_BUS_NR) < lowest)
            lowest = NUM(l->o[i], CONTROLLER_BUS_NR);
    return lowest <= 2 ? -1 : lowest - 2;
}

static int64_t new_target_index(const struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_CONTROLLER];

    for (int64_t t = 1; t <= 31; t++) {
        bool taken = false;

        for (size_t i = 0; i < l->n; i++)
            taken |= NUM(l->o[i], CONTROLLER_TARGET_INDEX) == t;
        if (!taken)
            return t;
    }
    return -1;
}

/* Values of a bridge that libvirt makes up from where it stands. */
static void default_options(struct norm *n, struct dom_object *o)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);
    const char *name = default_name(n, m);
    int64_t index = NUM(o, CONTROLLER_INDEX);

    if (name)
        norm_default_num(n, o, CONTROLLER_PCI_NAME,
                         enum_find(&enum_pci_model_name, name));
    if (is(m, "pci-bridge")) {
        norm_default_num(n, o, CONTROLLER_CHASSIS_NR, index);
        if (index <= NUM(o, INFO_BUS))
            dom_problem(n->d, o->line,
                        "PCI controller at index %lld has bus='0x%02llx', but "
                        "index must be larger than bus",
                        (long long)index, (long long)NUM(o, INFO_BUS));
    } else if (is(m, "pcie-root-port")) {
        norm_default_num(n, o, CONTROLLER_CHASSIS, index);
        norm_default_num(n, o, CONTROLLER_PORT,
                         NUM(o, INFO_SLOT) * 8 + NUM(o, INFO_FUNCTION));
    } else if (is(m, "pcie-switch-downstream-port")) {
        norm_default_num(n, o, CONTROLLER_CHASSIS, index);
        norm_default_num(n, o, CONTROLLER_PORT, NUM(o, INFO_SLOT));
    } else if (is(m, "pci-expander-bus") || is(m, "pcie-expander-bus")) {
        norm_default_num(n, o, CONTROLLER_BUS_NR, new_bus_number(n));
    } else if (is(m, "pci-root") && n->pseries) {
        norm_default_num(n, o, CONTROLLER_TARGET_INDEX,
                         index ? new_target_index(n) : 0);
    }
}

/* The device at function 0 of a slot with several says so. */
static void set_multifunction(struct set *s)
{
    for (size_t k = 0; k < KIND__MAX; k++) {
        const struct dom_list *l = &s->n->d->list[k];

        if (!(dom_kind((enum dom_kind_id)k)->flags & DK_DEVICE))
            continue;
        for (size_t i = 0; i < l->n; i++) {
            struct dom_object *o = l->o[i];
            struct addr a = addr_of(o);

            if (present(o) && a.function == 0 && a.bus < s->nbuses &&
                a.slot < SLOTS && s->buses[a.bus].functions[a.slot] & ~1u)
                norm_default_num(s->n, o, INFO_MULTI, TRI_ON);
        }
    }
}

static bool supports_pci(const struct norm *n)
{
    if (n->arm)
        return n->armvirt || is(TEXT(n->root, DOMAIN_MACHINE), "versatilepb");
    return !n->riscv || n->riscvvirt;
}

static void second_pass(struct set *s, int nbuses)
{
    const struct dom_list *l = &s->n->d->list[KIND_CONTROLLER];

    if (set_create(s, s->n, nbuses, false) < 0 || !supports_pci(s->n) ||
        chipset(s) < 0 || assign_all(s) < 0)
        return;
    set_multifunction(s);
    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], CONTROLLER_TYPE) == CONTROLLER_TYPE_PCI)
            default_options(s->n, l->o[i]);
}

static int highest_bus(struct set *s)
{
    const struct dom_list *l = &s->n->d->list[KIND_CONTROLLER];
    int64_t max = -1;

    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], CONTROLLER_TYPE) == CONTROLLER_TYPE_PCI &&
            NUM(l->o[i], CONTROLLER_INDEX) > max)
            max = NUM(l->o[i], CONTROLLER_INDEX);
    if (max >= MAX_BUSES) {
        fail(s, l->o[0], "PCI controller index out of range", NULL);
        return -1;
    }
    return (int)max;
}

static void fill_flags(struct norm *n)
{
    unsigned pcie = pcie_flags(n);

    for (size_t k = 0; k < KIND__MAX; k++) {
        const struct dom_list *l = &n->d->list[k];

        if (!(dom_kind((enum dom_kind_id)k)->flags & DK_DEVICE))
            continue;
        for (size_t i = 0; i < l->n; i++)
            l->o[i]->pci_flags = device_flags(l->o[i], pcie);
    }
}

void norm_pci(struct norm *n)
{
    struct set s = {.n = n};
    int max = highest_bus(&s);
    int nbuses = max + 1;

    if (s.failed)
        return;
    if (!(s.buses = malloc(MAX_BUSES * sizeof(*s.buses)))) {
        n->nomem = true;
        return;
    }
    fill_flags(n);
    if (nbuses > 0 && first_pass(&s, max) == 0)
        nbuses = s.nbuses;
    if (!s.failed)
        second_pass(&s, nbuses);
    free(s.buses);
}
