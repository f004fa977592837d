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
#include "abi/pci.h"
#include "abi/machine.h"

/* USB2 companions share a slot, each at its function. */
static int take_usb2(struct pci_set *s, struct dom_object *o)
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
        if (pci_is(TEXT(o, CONTROLLER_MODEL), functions[i].model))
            function = functions[i].function;
    for (size_t i = 0; i < l->n; i++) {
        struct pci_addr a = pci_addr_of(l->o[i]);

        if (!norm_is_usb2(l->o[i]) || !pci_present(l->o[i]) ||
            NUM(l->o[i], CONTROLLER_INDEX) != NUM(o, CONTROLLER_INDEX))
            continue;
        a.function = function;
        return pci_take(s, o, a, o->pci_flags);
    }
    return pci_take_next(s, o, function);
}

static int assign_controller(struct pci_set *s, struct dom_object *o)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);

    switch (NUM(o, CONTROLLER_TYPE)) {
    case CONTROLLER_TYPE_PCI:
    case CONTROLLER_TYPE_FDC:
    case CONTROLLER_TYPE_CCID:
        return 0;
    case CONTROLLER_TYPE_USB:
        if (pci_is(m, "none"))
            return 0;
        break;
    case CONTROLLER_TYPE_IDE:
        if (!NUM(o, CONTROLLER_INDEX))
            return 0;
        break;
    case CONTROLLER_TYPE_SCSI:
        if (pci_is(m, "ncr53c90"))
            return 0;
        break;
    default:
        break;
    }
    if (!pci_wanted(o))
        return 0;
    return norm_is_usb2(o) ? take_usb2(s, o) : pci_take_next(s, o, -1);
}

static int assign_pci_controller(struct pci_set *s, struct dom_object *o)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);

    if (NUM(o, CONTROLLER_TYPE) != CONTROLLER_TYPE_PCI ||
        pci_is(m, "pci-root") || pci_is(m, "pcie-root") || !pci_wanted(o))
        return 0;
    return pci_take_next(s, o, -1);
}

static int assign_disk(struct pci_set *s, struct dom_object *o)
{
    int type = (int)NUM(o, INFO_ADDRESS);

    if (NUM(o, DISK_BUS) != DISK_BUS_VIRTIO || pci_present(o) ||
        type == ADDRESS_TYPE_CCW)
        return 0;
    if (type == ADDRESS_TYPE_VIRTIO_MMIO && s->n->qemu->mmio)
        return 0;
    if (!pci_wanted(o)) {
        dom_problem(s->n->d, o->v[INFO_ADDRESS].line,
                    "virtio disk cannot have an address of type '%s'",
                    TEXT(o, INFO_ADDRESS));
        s->failed = true;
        return -1;
    }
    return pci_take_next(s, o, -1);
}

static int assign_other(struct pci_set *s, struct dom_object *o)
{
    if (!pci_wanted(o))
        return 0;
    switch (o->kind->id) {
    case KIND_FILESYSTEM:
        if (NUM(o, FILESYSTEM_DRV_TYPE) == FS_DRIVER_MTP)
            return 0;
        break;
    case KIND_INTERFACE:
        if (pci_is(TEXT(o, INTERFACE_MODEL), "usb-net") ||
            NUM(o, INTERFACE_TYPE) == NET_TYPE_HOSTDEV)
            return 0;
        break;
    case KIND_HOSTDEV:
        if (pci_is(TEXT(o, HOSTDEV_TYPE), "mdev") &&
            !pci_is(TEXT(o, HOSTDEV_MODEL), "vfio-pci"))
            return 0;
        if (!o->pci_flags)
            return 0;
        break;
    default:
        if (!o->pci_flags)
            return 0;
        break;
    }
    return pci_take_next(s, o, -1);
}

/* <interface type='hostdev'> are host devices, and come before the others. */
static int assign_interface_hostdev(struct pci_set *s, struct dom_object *o)
{
    if (NUM(o, INTERFACE_TYPE) != NET_TYPE_HOSTDEV || !pci_wanted(o) ||
        pci_is_usb_interface(o))
        return 0;
    return pci_take_next(s, o, -1);
}

typedef int assign_fn(struct pci_set *s, struct dom_object *o);

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

static int assign_all(struct pci_set *s)
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

    return root && pci_is(TEXT(root, CONTROLLER_MODEL), model);
}

static bool all_full(const struct pci_set *s)
{
    for (int i = 0; i < s->nbuses; i++)
        for (int slot = s->buses[i].min; slot <= s->buses[i].max; slot++)
            if (!s->buses[i].functions[slot])
                return false;
    return true;
}

/* A place kept for what may be plugged in later. */
static int take_spare(struct pci_set *s, unsigned flags)
{
    struct pci_addr a;

    if (pci_next_free(s, &a, flags, -1, NULL) < 0)
        return -1;
    return pci_reserve(s, a, flags, false, NULL);
}

static unsigned pcie_flags(const struct norm *n)
{
    return root_is(n, "pcie-root") ? P_PCIE | P_AUTO : P_PCI | P_AUTO;
}

static int add_controllers(struct pci_set *s)
{
    for (int i = 1; i < s->nbuses; i++) {
        struct dom_object *o;

        if (norm_find_controller(s->n, CONTROLLER_TYPE_PCI, i))
            continue;
        o = norm_add_controller(s->n, CONTROLLER_TYPE_PCI, i,
                                s->buses[i].model);
        if (!o)
            return -1;
        o->pci_flags = pci_device_flags(o, pcie_flags(s->n));
        if (!pci_is(s->buses[i].model, "pci-root") &&
            pci_take_next(s, o, -1) < 0)
            return -1;
    }
    return 0;
}

static int first_pass(struct pci_set *s, int max)
{
    struct norm *n = s->n;

    if (pci_set_create(s, n, max + 1, true) < 0 || pci_chipset(s) < 0)
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
    if (pci_is(m, "pci-bridge")) {
        norm_default_num(n, o, CONTROLLER_CHASSIS_NR, index);
        if (index <= NUM(o, INFO_BUS))
            dom_problem(n->d, o->line,
                        "PCI controller at index %lld has bus='0x%02llx', but "
                        "index must be larger than bus",
                        (long long)index, (long long)NUM(o, INFO_BUS));
    } else if (pci_is(m, "pcie-root-port")) {
        norm_default_num(n, o, CONTROLLER_CHASSIS, index);
        norm_default_num(n, o, CONTROLLER_PORT,
                         NUM(o, INFO_SLOT) * 8 + NUM(o, INFO_FUNCTION));
    } else if (pci_is(m, "pcie-switch-downstream-port")) {
        norm_default_num(n, o, CONTROLLER_CHASSIS, index);
        norm_default_num(n, o, CONTROLLER_PORT, NUM(o, INFO_SLOT));
    } else if (pci_is(m, "pci-expander-bus") ||
               pci_is(m, "pcie-expander-bus")) {
        norm_default_num(n, o, CONTROLLER_BUS_NR, new_bus_number(n));
    } else if (pci_is(m, "pci-root") && n->pseries) {
        norm_default_num(n, o, CONTROLLER_TARGET_INDEX,
                         index ? new_target_index(n) : 0);
    }
}

/* The device at function 0 of a slot with several says so. */
static void set_multifunction(struct pci_set *s)
{
    for (size_t k = 0; k < KIND__MAX; k++) {
        const struct dom_list *l = &s->n->d->list[k];

        if (!(dom_kind((enum dom_kind_id)k)->flags & DK_DEVICE))
            continue;
        for (size_t i = 0; i < l->n; i++) {
            struct dom_object *o = l->o[i];
            struct pci_addr a = pci_addr_of(o);

            if (pci_present(o) && a.function == 0 && a.bus < s->nbuses &&
                a.slot < PCI_SLOTS && s->buses[a.bus].functions[a.slot] & ~1u)
                norm_default_num(s->n, o, INFO_MULTI, TRI_ON);
        }
    }
}

static bool supports_pci(const struct norm *n)
{
    if (n->arm)
        return n->armvirt ||
               pci_is(TEXT(n->root, DOMAIN_MACHINE), "versatilepb");
    return !n->riscv || n->riscvvirt;
}

static void second_pass(struct pci_set *s, int nbuses)
{
    const struct dom_list *l = &s->n->d->list[KIND_CONTROLLER];

    if (pci_set_create(s, s->n, nbuses, false) < 0 || !supports_pci(s->n) ||
        pci_chipset(s) < 0 || assign_all(s) < 0)
        return;
    set_multifunction(s);
    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], CONTROLLER_TYPE) == CONTROLLER_TYPE_PCI)
            default_options(s->n, l->o[i]);
}

static int highest_bus(struct pci_set *s)
{
    const struct dom_list *l = &s->n->d->list[KIND_CONTROLLER];
    int64_t max = -1;

    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], CONTROLLER_TYPE) == CONTROLLER_TYPE_PCI &&
            NUM(l->o[i], CONTROLLER_INDEX) > max)
            max = NUM(l->o[i], CONTROLLER_INDEX);
    if (max >= PCI_MAX_BUSES) {
        pci_fail(s, l->o[0], "PCI controller index out of range", NULL);
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
            l->o[i]->pci_flags = pci_device_flags(l->o[i], pcie);
    }
}

void norm_pci(struct norm *n)
{
    struct pci_set s = {.n = n};
    int max = highest_bus(&s);
    int nbuses = max + 1;

    if (s.failed)
        return;
    if (!(s.buses = malloc(PCI_MAX_BUSES * sizeof(*s.buses)))) {
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
