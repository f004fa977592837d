/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices that a machine has, or that libvirt adds, without being asked. */
#include "abi/norm.h"
#include "abi/machine.h"

#include <string.h>

#define MAX_ISA_PORTS 4

static bool is(const char *a, const char *b)
{
    return a && !strcmp(a, b);
}

struct dom_object *norm_add_controller(struct norm *n, int type, int64_t index,
                                       const char *model)
{
    struct dom_list *l = &n->d->list[KIND_CONTROLLER];
    struct dom_object *c = norm_add(n, KIND_CONTROLLER);
    size_t at;
    bool seen = false;

    if (!c)
        return NULL;
    dom_set_num(n->d, c, CONTROLLER_TYPE, type);
    dom_set_num(n->d, c, CONTROLLER_INDEX, index);
    if (model)
        dom_set_text(c, CONTROLLER_MODEL, model);
    l->n--; /* it was appended; find its place */
    for (at = l->n; at > 0; at--) {
        const struct dom_object *before = l->o[at - 1];

        if (NUM(before, CONTROLLER_TYPE) != type)
            continue;
        seen = true;
        if (NUM(before, CONTROLLER_INDEX) <= index)
            break;
    }
    if (!seen)
        at = l->n;
    else if (at == 0)
        while (NUM(l->o[at], CONTROLLER_TYPE) != type)
            at++;
    if (dom_list_insert(n->d, l, at, c) < 0)
        n->nomem = true;
    return c;
}

static void maybe_add_controller(struct norm *n, int type, int64_t index,
                                 const char *model)
{
    if (!norm_find_controller(n, type, index))
        norm_add_controller(n, type, index, model);
}

static void maybe_add_input(struct norm *n, int type, int bus)
{
    const struct dom_list *l = &n->d->list[KIND_INPUT];
    struct dom_object *o;

    for (size_t i = 0; i < l->n; i++) {
        /* As written: a bus that is not filled in yet is none of these. */
        if (NUM(l->o[i], INPUT_TYPE) == type && NUM(l->o[i], INPUT_BUS) == bus)
            return;
    }
    if ((o = norm_add(n, KIND_INPUT))) {
        dom_set_num(n->d, o, INPUT_TYPE, type);
        dom_set_num(n->d, o, INPUT_BUS, bus);
    }
}

static void check_root(struct norm *n, const char *model)
{
    const struct dom_object *root =
        norm_find_controller(n, CONTROLLER_TYPE_PCI, 0);

    if (!root) {
        norm_add_controller(n, CONTROLLER_TYPE_PCI, 0, model);
        return;
    }
    if (!is(TEXT(root, CONTROLLER_MODEL), model))
        dom_problem(n->d, root->line,
                    "the PCI controller with index='0' must be model='%s' "
                    "for this machine type, but model='%s' was found instead",
                    model,
                    TEXT(root, CONTROLLER_MODEL) ? TEXT(root, CONTROLLER_MODEL)
                                                 : "(none)");
}

static bool pci_root_arch(const struct norm *n)
{
    const char *m = TEXT(n->root, DOMAIN_MACHINE);

    return n->i440fx || n->ppc64 || n->arch == ARCH_PPC ||
           n->arch == ARCH_ALPHA || n->arch == ARCH_SH4 ||
           n->arch == ARCH_SH4EB || n->arch == ARCH_SPARC64 ||
           (n->s390 && n->qemu->zpci) || (n->arm && is(m, "versatilepb")) ||
           (n->mips && is(m, "malta"));
}

static bool usb_arch(const struct norm *n)
{
    const char *m = TEXT(n->root, DOMAIN_MACHINE);

    if (n->arm)
        return is(m, "versatilepb") || (m && !strncmp(m, "realview", 8));
    return (n->x86 && !n->isapc) || n->ppc64 || n->arch == ARCH_PPC ||
           n->arch == ARCH_ALPHA || n->arch == ARCH_SH4 ||
           n->arch == ARCH_SH4EB || n->arch == ARCH_SPARC64 || n->mips;
}

static bool balloon_arch(const struct norm *n)
{
    return n->x86 || n->ppc64 || n->arch == ARCH_PPC || n->arch == ARCH_ALPHA ||
           n->arch == ARCH_SH4 || n->arch == ARCH_SH4EB || n->riscv ||
           n->s390 || n->arch == ARCH_SPARC64 || n->mips;
}

static void add_usb_inputs(struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_INPUT];
    bool tablet = false;

    if (!n->ppc64 || !n->d->list[KIND_GRAPHICS].n)
        return;
    for (size_t i = 0; i < l->n; i++)
        tablet |= NUM(l->o[i], INPUT_TYPE) == INPUT_TYPE_TABLET &&
                  NUM(l->o[i], INPUT_BUS) == INPUT_BUS_USB;
    maybe_add_input(n, INPUT_TYPE_KEYBOARD, INPUT_BUS_USB);
    if (!tablet)
        maybe_add_input(n, INPUT_TYPE_MOUSE, INPUT_BUS_USB);
}

static void add_panic(struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_PANIC];
    int model = n->s390 ? PANIC_MODEL_S390 : PANIC_MODEL_PSERIES;
    struct dom_object *o;

    if (!n->s390 && !n->pseries)
        return;
    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], PANIC_MODEL) == PANIC_MODEL_DEFAULT ||
            NUM(l->o[i], PANIC_MODEL) == model)
            return;
    if ((o = norm_add(n, KIND_PANIC)))
        dom_set_num(n->d, o, PANIC_MODEL, model);
}

static void add_itco(struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_WATCHDOG];
    int64_t action = l->n ? NUM(l->o[0], WATCHDOG_ACTION) : 0;
    struct dom_object *o;

    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], WATCHDOG_MODEL) == WATCHDOG_MODEL_ITCO)
            return;
    if ((o = norm_add(n, KIND_WATCHDOG))) {
        dom_set_num(n->d, o, WATCHDOG_MODEL, WATCHDOG_MODEL_ITCO);
        dom_set_num(n->d, o, WATCHDOG_ACTION, action);
    }
}

static void add_iommu(struct norm *n)
{
    struct dom_object *o;

    if (!n->qemu->intel_iommu || NUM(n->root, DOMAIN_VCPUS) <= 255 ||
        n->d->list[KIND_IOMMU].n || !(o = norm_add(n, KIND_IOMMU)))
        return;
    dom_set_num(n->d, o, IOMMU_MODEL, IOMMU_MODEL_INTEL);
    dom_set_num(n->d, o, IOMMU_INTREMAP, TRI_ON);
    dom_set_num(n->d, o, IOMMU_EIM, TRI_ON);
}

/* The best of USB that the binary has. */
static void add_q35_usb(struct norm *n)
{
    static const char *const companions[] = {"ich9-uhci1", "ich9-uhci2",
                                             "ich9-uhci3"};
    const struct arch_facts *f = n->qemu;
    struct dom_object *o;

    if (f->qemu_xhci || f->nec_xhci) {
        norm_add_controller(n, CONTROLLER_TYPE_USB, 0,
                            f->qemu_xhci ? "qemu-xhci" : "nec-xhci");
        return;
    }
    norm_add_controller(n, CONTROLLER_TYPE_USB, 0, "ich9-ehci1");
    for (int i = 0; i < 3; i++)
        if ((o = norm_add_controller(n, CONTROLLER_TYPE_USB, 0, companions[i])))
            dom_set_num(n->d, o, INFO_MASTER, 2 * i);
}

static void add_usb(struct norm *n)
{
    if (!usb_arch(n) || norm_find_controller(n, CONTROLLER_TYPE_USB, 0))
        return;
    if (n->q35)
        add_q35_usb(n);
    else
        norm_add_controller(n, CONTROLLER_TYPE_USB, 0,
                            n->arm ? "pci-ohci" : NULL);
}

void norm_default_devices(struct norm *n)
{
    struct dom_object *o;

    if (n->qemu->i8042 && (n->i440fx || n->q35 || n->isapc) &&
        NUM(n->root, DOMAIN_PS2) != TRI_OFF) {
        maybe_add_input(n, INPUT_TYPE_MOUSE, INPUT_BUS_PS2);
        maybe_add_input(n, INPUT_TYPE_KEYBOARD, INPUT_BUS_PS2);
    }
    add_usb(n);
    if (n->q35)
        maybe_add_controller(n, CONTROLLER_TYPE_SATA, 0, NULL);
    if (pci_root_arch(n))
        check_root(n, "pci-root");
    else if (n->q35 || n->armvirt || n->riscvvirt || n->loongarch)
        check_root(n, "pcie-root");
    if (balloon_arch(n) && !n->d->list[KIND_MEMBALLOON].n &&
        (o = norm_add(n, KIND_MEMBALLOON)))
        dom_set_num(n->d, o, MEMBALLOON_MODEL, BALLOON_MODEL_VIRTIO);
    add_usb_inputs(n);
    add_panic(n);
    if (n->q35) {
        add_itco(n);
        add_iommu(n);
    }
}

/* ISA serial ports take the lowest free one of four. */
void norm_isa_ports(struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_SERIAL];
    bool used[MAX_ISA_PORTS] = {false};
    size_t count = 0;

    for (size_t i = 0; i < l->n; i++) {
        const struct dom_object *o = l->o[i];
        int64_t port = NUM(o, SERIAL_PORT);

        if (!is(TEXT(o, SERIAL_TARGET), "isa-serial"))
            continue;
        if (count++ >= MAX_ISA_PORTS || port >= MAX_ISA_PORTS) {
            dom_problem(n->d, o->line,
                        "maximum supported number of ISA serial ports is '%d'",
                        MAX_ISA_PORTS);
            return;
        }
        if (port >= 0 && used[port])
            dom_problem(n->d, o->line, "target port '%lld' already allocated",
                        (long long)port);
        if (port >= 0)
            used[port] = true;
    }
    for (size_t i = 0; i < l->n; i++) {
        int port = 0;

        if (!is(TEXT(l->o[i], SERIAL_TARGET), "isa-serial") ||
            NUM(l->o[i], SERIAL_PORT) >= 0)
            continue;
        while (port < MAX_ISA_PORTS && used[port])
            port++;
        if (port < MAX_ISA_PORTS) {
            dom_set_num(n->d, l->o[i], SERIAL_PORT, port);
            used[port] = true;
        }
    }
}

static bool has_twin(const struct dom_object *serial)
{
    const char *t = TEXT(serial, SERIAL_TARGET);

    return !t || is(t, "none") || is(t, "isa-serial") ||
           is(t, "spapr-vio-serial") || is(t, "system-serial") ||
           is(t, "sclp-serial");
}

static void copy_info(struct dom_object *to, const struct dom_object *from)
{
    memcpy(to->v, from->v, INFO__MAX * sizeof(to->v[0]));
}

static void clear_info(struct dom_object *o)
{
    for (unsigned f = 0; f < INFO__MAX; f++)
        dom_unset(o, f);
}

/* Once, at the end: the first console is written as its serial port. */
void norm_console_twin(struct norm *n)
{
    const struct dom_list *c = &n->d->list[KIND_CONSOLE];
    const struct dom_list *s = &n->d->list[KIND_SERIAL];

    if (c->n && s->n && is(TEXT(c->o[0], CONSOLE_TARGET), "serial"))
        copy_info(c->o[0], s->o[0]);
}

/*
 * The first console of a full-virtualised guest is the other name of its first
 * serial port; each is made from the other.
 */
void norm_consoles(struct norm *n)
{
    struct dom_list *consoles = &n->d->list[KIND_CONSOLE];
    struct dom_list *serials = &n->d->list[KIND_SERIAL];
    struct dom_object *o;

    if (NUM(n->root, DOMAIN_OS_TYPE) != OS_TYPE_HVM)
        return;
    for (size_t i = 1; i < consoles->n; i++)
        if (is(TEXT(consoles->o[i], CONSOLE_TARGET), "serial"))
            dom_problem(n->d, consoles->o[i]->line,
                        "only the first console can be a serial port");
    if (consoles->n && (!TEXT(consoles->o[0], CONSOLE_TARGET) ||
                        is(TEXT(consoles->o[0], CONSOLE_TARGET), "serial"))) {
        if (!serials->n && (o = norm_add(n, KIND_SERIAL))) {
            copy_info(o, consoles->o[0]);
            o->line = consoles->o[0]->line;
            dom_set_num(n->d, o, SERIAL_PORT, 0);
        }
        clear_info(consoles->o[0]);
        return;
    }
    if (!serials->n || !has_twin(serials->o[0]) ||
        !(o = norm_add(n, KIND_CONSOLE)))
        return;
    dom_set_text(o, CONSOLE_TARGET, "serial");
    memmove(consoles->o + 1, consoles->o,
            (consoles->n - 1) * sizeof(*consoles->o));
    consoles->o[0] = o;
    for (size_t i = 0; i < consoles->n; i++)
        dom_set_num(n->d, consoles->o[i], CONSOLE_PORT, (int64_t)i);
}

#define MAX_IMPLICIT_CONTROLLERS 1024

static void add_up_to(struct norm *n, const struct dom_object *o, int type,
                      int64_t max, const char *model)
{
    if (max >= MAX_IMPLICIT_CONTROLLERS) {
        dom_problem(n->d, o->line, "controller index %lld out of range",
                    (long long)max);
        return;
    }
    for (int64_t i = 0; i <= max; i++)
        maybe_add_controller(n, type, i, model);
}

static void disk_controllers(struct norm *n, int type, int bus)
{
    const struct dom_list *l = &n->d->list[KIND_DISK];
    const struct dom_object *o = NULL;
    int64_t max = -1;

    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], DISK_BUS) == bus &&
            NUM(l->o[i], INFO_ADDRESS) == ADDRESS_TYPE_DRIVE &&
            NUM(l->o[i], INFO_CONTROLLER) > max) {
            o = l->o[i];
            max = NUM(o, INFO_CONTROLLER);
        }
    if (o)
        add_up_to(n, o, type, max, NULL);
}

static void virtio_serial_controllers(struct norm *n, enum dom_kind_id kind,
                                      unsigned target)
{
    const struct dom_list *l = &n->d->list[kind];

    for (size_t i = 0; i < l->n; i++)
        if (is(TEXT(l->o[i], target), "virtio"))
            maybe_add_controller(n, CONTROLLER_TYPE_VIRTIO_SERIAL,
                                 NUM(l->o[i], INFO_ADDRESS) ==
                                         ADDRESS_TYPE_VIRTIO_SERIAL
                                     ? NUM(l->o[i], INFO_CONTROLLER)
                                     : 0,
                                 NULL);
}

static void smartcard_controllers(struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_SMARTCARD];

    for (size_t i = 0; i < l->n; i++) {
        struct dom_object *o = l->o[i];
        int64_t max = -1;

        if (!GIVEN(o, INFO_ADDRESS)) {
            for (size_t j = 0; j < l->n; j++)
                if (NUM(l->o[j], INFO_ADDRESS) == ADDRESS_TYPE_CCID &&
                    !NUM(l->o[j], INFO_CONTROLLER) &&
                    NUM(l->o[j], INFO_SLOT) > max)
                    max = NUM(l->o[j], INFO_SLOT);
            norm_set_address(n, o, ADDRESS_TYPE_CCID);
            dom_set_num(n->d, o, INFO_CONTROLLER, 0);
            dom_set_num(n->d, o, INFO_SLOT, max + 1);
        }
        maybe_add_controller(n, CONTROLLER_TYPE_CCID, NUM(o, INFO_CONTROLLER),
                             NULL);
    }
}

static void hostdev_controllers(struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_HOSTDEV];
    const struct dom_object *o = NULL;
    const struct dom_object *c;
    const char *model = NULL;
    int64_t max = -1;

    for (size_t i = 0; i < l->n; i++) {
        if (!is(TEXT(l->o[i], HOSTDEV_TYPE), "scsi") ||
            NUM(l->o[i], INFO_CONTROLLER) <= max)
            continue;
        o = l->o[i];
        max = NUM(o, INFO_CONTROLLER);
        c = norm_find_controller(n, CONTROLLER_TYPE_SCSI, max);
        if (c && TEXT(c, CONTROLLER_MODEL))
            model = TEXT(c, CONTROLLER_MODEL);
    }
    if (o)
        add_up_to(n, o, CONTROLLER_TYPE_SCSI, max, model);
}

void norm_implicit_controllers(struct norm *n)
{
    disk_controllers(n, CONTROLLER_TYPE_SCSI, DISK_BUS_SCSI);
    disk_controllers(n, CONTROLLER_TYPE_FDC, DISK_BUS_FDC);
    disk_controllers(n, CONTROLLER_TYPE_IDE, DISK_BUS_IDE);
    disk_controllers(n, CONTROLLER_TYPE_SATA, DISK_BUS_SATA);
    virtio_serial_controllers(n, KIND_CHANNEL, CHANNEL_TARGET);
    virtio_serial_controllers(n, KIND_CONSOLE, CONSOLE_TARGET);
    smartcard_controllers(n);
    hostdev_controllers(n);
}

void norm_implicit_video(struct norm *n)
{
    if (n->d->list[KIND_GRAPHICS].n && !n->d->list[KIND_VIDEO].n)
        norm_add(n, KIND_VIDEO);
}
