/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Defaults of single devices. */
#include "abi/norm.h"
#include "abi/machine.h"

#include <string.h>

#define EACH(n, kind, o)                                                       \
    for (size_t i_ = 0;                                                        \
         i_ < (n)->d->list[kind].n && ((o) = (n)->d->list[kind].o[i_]); i_++)

static bool is(const char *a, const char *b)
{
    return a && !strcmp(a, b);
}

static int default_bus(const struct dom_object *disk)
{
    static const struct {
        const char *prefix;
        int bus;
    } by_name[] = {
        {"hd", DISK_BUS_IDE},  {"sd", DISK_BUS_SCSI}, {"vd", DISK_BUS_VIRTIO},
        {"xvd", DISK_BUS_XEN}, {"ubd", DISK_BUS_UML},
    };
    const char *dev = TEXT(disk, DISK_TARGET);

    if (NUM(disk, DISK_DEVICE) == DISK_DEVICE_FLOPPY)
        return DISK_BUS_FDC;
    for (size_t i = 0; dev && i < ARRAY_SIZE(by_name); i++)
        if (!strncmp(dev, by_name[i].prefix, strlen(by_name[i].prefix)))
            return by_name[i].bus;
    return DISK_BUS_IDE;
}

void norm_disks(struct norm *n)
{
    struct dom_object *o;

    EACH(n, KIND_DISK, o)
    {
        if (TEXT(o, DISK_TARGET) && !strncmp(TEXT(o, DISK_TARGET), "ioemu:", 6))
            dom_set_text(o, DISK_TARGET, TEXT(o, DISK_TARGET) + 6);
        norm_default_num(n, o, DISK_DEVICE, DISK_DEVICE_DISK);
        if (NUM(o, DISK_DEVICE) == DISK_DEVICE_CDROM)
            norm_default_num(n, o, DISK_READONLY, 1);
        norm_default_num(n, o, DISK_BUS, default_bus(o));
    }
}

static const char *const net_models[] = {
    "netfront",
    "rtl8139",
    "virtio",
    "e1000",
    "e1000e",
    "igb",
    "virtio-transitional",
    "virtio-non-transitional",
    "usb-net",
    "spapr-vlan",
    "lan9118",
    "scm91c111",
    "vlance",
    "vmxnet",
    "vmxnet2",
    "vmxnet3",
    "Am79C970A",
    "Am79C973",
    "82540EM",
    "82545EM",
    "82543GC",
};

bool norm_is_virtio_net(const struct dom_object *o)
{
    const char *m = TEXT(o, INTERFACE_MODEL);

    return is(m, "virtio") || is(m, "virtio-transitional") ||
           is(m, "virtio-non-transitional");
}

static const char *default_net_model(const struct norm *n)
{
    const char *machine = TEXT(n->root, DOMAIN_MACHINE);

    if (n->s390 || n->loongvirt || n->riscvvirt || n->armvirt)
        return "virtio";
    if (n->arm)
        return is(machine, "versatilepb") ? "smc91c111" : "lan9118";
    if (n->qemu->rtl8139)
        return "rtl8139";
    return n->qemu->e1000 ? "e1000" : "virtio";
}

static void net_driver(struct norm *n, struct dom_object *o)
{
    (void)n;
    /* Only virtio cards have these; libvirt does not even read them. */
    if (!norm_is_virtio_net(o) || NUM(o, INTERFACE_TYPE) == NET_TYPE_HOSTDEV)
        for (unsigned f = INTERFACE_DRV_NAME; f <= INTERFACE_G_UFO; f++)
            dom_unset(o, f);
    if (NUM(o, INTERFACE_QUEUES) == 1)
        dom_unset(o, INTERFACE_QUEUES);
}

void norm_interfaces(struct norm *n)
{
    struct dom_object *o;

    EACH(n, KIND_INTERFACE, o)
    {
        int type = (int)NUM(o, INTERFACE_TYPE);

        for (size_t i = 0; i < ARRAY_SIZE(net_models); i++)
            if (TEXT(o, INTERFACE_MODEL) &&
                !strcasecmp(TEXT(o, INTERFACE_MODEL), net_models[i]))
                dom_set_text(o, INTERFACE_MODEL, net_models[i]);
        if (type == NET_TYPE_VDPA || type == NET_TYPE_VHOSTUSER)
            norm_default_text(o, INTERFACE_MODEL, "virtio");
        else if (type != NET_TYPE_HOSTDEV)
            norm_default_text(o, INTERFACE_MODEL, default_net_model(n));
        if (!TEXT(o, INTERFACE_MAC) ||
            is(TEXT(o, INTERFACE_MAC), "00:00:00:00:00:00"))
            dom_set_text(o, INTERFACE_MAC, abi_random);
        net_driver(n, o);
    }
}

static int default_input_bus(const struct norm *n, int type)
{
    if ((type == INPUT_TYPE_MOUSE || type == INPUT_TYPE_KEYBOARD) && n->x86)
        return INPUT_BUS_PS2;
    if (n->s390 || type == INPUT_TYPE_PASSTHROUGH)
        return INPUT_BUS_VIRTIO;
    if (type == INPUT_TYPE_EVDEV)
        return INPUT_BUS_NONE;
    return INPUT_BUS_USB;
}

void norm_inputs(struct norm *n)
{
    struct dom_object *o;

    EACH(n, KIND_INPUT, o)
    norm_default_num(n, o, INPUT_BUS,
                     default_input_bus(n, (int)NUM(o, INPUT_TYPE)));
}

static int default_video(const struct norm *n)
{
    if (n->ppc64)
        return VIDEO_TYPE_VGA;
    if (n->armvirt || n->loongvirt || n->riscvvirt || n->s390)
        return VIDEO_TYPE_VIRTIO;
    return n->qemu->cirrus ? VIDEO_TYPE_CIRRUS : VIDEO_TYPE_VGA;
}

static int64_t default_vram(int type)
{
    switch (type) {
    case VIDEO_TYPE_VGA:
    case VIDEO_TYPE_CIRRUS:
    case VIDEO_TYPE_VMVGA:
    case VIDEO_TYPE_BOCHS:
        return 16 * 1024;
    case VIDEO_TYPE_QXL:
        return 64 * 1024;
    case VIDEO_TYPE_VBOX:
    case VIDEO_TYPE_PARALLELS:
        return 8 * 1024;
    case VIDEO_TYPE_XEN:
        return 4 * 1024;
    default:
        return 0;
    }
}

static int64_t power_of_two(int64_t v)
{
    int64_t p = 1;

    if (v <= 0 || v > UINT32_MAX / 2)
        return v;
    while (p < v)
        p *= 2;
    return p;
}

static void video_memory(struct norm *n, struct dom_object *o)
{
    int type = (int)NUM(o, VIDEO_TYPE);

    if (type == VIDEO_TYPE_QXL && !NUM(o, VIDEO_VGAMEM))
        dom_set_num(n->d, o, VIDEO_VGAMEM, 16 * 1024);
    if (type == VIDEO_TYPE_QXL && !NUM(o, VIDEO_RAM))
        dom_set_num(n->d, o, VIDEO_RAM, default_vram(type));
    if (!NUM(o, VIDEO_VRAM) && default_vram(type))
        dom_set_num(n->d, o, VIDEO_VRAM, default_vram(type));
    if (NUM(o, VIDEO_RAM))
        dom_set_num(n->d, o, VIDEO_RAM, power_of_two(NUM(o, VIDEO_RAM)));
    if (NUM(o, VIDEO_VRAM))
        dom_set_num(n->d, o, VIDEO_VRAM, power_of_two(NUM(o, VIDEO_VRAM)));
}

void norm_videos(struct norm *n)
{
    struct dom_object *o;
    bool first = true;

    EACH(n, KIND_VIDEO, o)
    {
        if (NUM(o, VIDEO_TYPE) == VIDEO_TYPE_DEFAULT)
            dom_set_num(n->d, o, VIDEO_TYPE, default_video(n));
        if (!GIVEN(o, VIDEO_HEADS))
            dom_set_num(n->d, o, VIDEO_HEADS, 1);
        if (NUM(o, VIDEO_TYPE) == VIDEO_TYPE_NONE && first)
            for (unsigned f = 0; f < VIDEO__MAX; f++)
                if (f != VIDEO_TYPE && f != INFO_ALIAS)
                    dom_unset(o, f);
        video_memory(n, o);
        first = false;
    }
}

static const char *default_usb(const struct norm *n, const struct dom_object *o)
{
    const struct arch_facts *f = n->qemu;

    if (n->s390)
        return GIVEN(o, INFO_ADDRESS) ? NULL : "none";
    if (n->ppc64)
        return f->pci_ohci ? "pci-ohci" : NULL;
    if (n->arch == ARCH_AARCH64 || n->loongarch)
        return f->qemu_xhci ? "qemu-xhci" : f->nec_xhci ? "nec-xhci" : NULL;
    if (f->piix3_uhci)
        return "piix3-uhci";
    return !n->x86 && f->pci_ohci ? "pci-ohci" : NULL;
}

static const char *default_scsi(const struct norm *n)
{
    if (n->pseries)
        return "ibmvscsi";
    if (n->s390 || n->loongvirt || !n->qemu->lsi)
        return "virtio-scsi";
    return "lsilogic";
}

static void clear_pci_options(struct dom_object *o)
{
    for (unsigned f = CONTROLLER_PCI_NAME; f <= CONTROLLER_HOLE64_SET; f++)
        dom_unset(o, f);
}

void norm_controllers(struct norm *n)
{
    struct dom_object *o;

    EACH(n, KIND_CONTROLLER, o)
    {
        int type = (int)NUM(o, CONTROLLER_TYPE);
        const char *model = TEXT(o, CONTROLLER_MODEL);

        if (type == CONTROLLER_TYPE_SCSI && (!model || is(model, "auto")))
            dom_set_text(o, CONTROLLER_MODEL, default_scsi(n));
        if (type == CONTROLLER_TYPE_USB && !model &&
            (model = default_usb(n, o)))
            dom_set_text(o, CONTROLLER_MODEL, model);
        if (type == CONTROLLER_TYPE_USB &&
            is(TEXT(o, CONTROLLER_MODEL), "none"))
            for (unsigned f = 0; f < INFO__MAX; f++)
                dom_unset(o, f);
        if (type != CONTROLLER_TYPE_USB &&
            type != CONTROLLER_TYPE_VIRTIO_SERIAL)
            dom_unset(o, CONTROLLER_PORTS);
        if (type != CONTROLLER_TYPE_VIRTIO_SERIAL)
            dom_unset(o, CONTROLLER_VECTORS);
        if (type != CONTROLLER_TYPE_PCI)
            clear_pci_options(o);
        else if (!is(model, "pci-root") && !is(model, "pcie-root")) {
            dom_unset(o, CONTROLLER_HOLE64);
            dom_unset(o, CONTROLLER_HOLE64_SET);
        }
    }
}

static const char *default_serial(const struct norm *n)
{
    if (n->x86)
        return "isa-serial";
    if (n->pseries)
        return "spapr-vio-serial";
    if (n->armvirt || n->loongvirt || n->riscvvirt)
        return "system-serial";
    return n->s390 ? "sclp-serial" : NULL;
}

static const char *serial_model(const struct norm *n, const char *target)
{
    static const struct {
        const char *target, *model;
    } models[] = {
        {"isa-serial", "isa-serial"},   {"usb-serial", "usb-serial"},
        {"pci-serial", "pci-serial"},   {"spapr-vio-serial", "spapr-vty"},
        {"sclp-serial", "sclpconsole"}, {"isa-debug", "isa-debugcon"},
    };

    for (size_t i = 0; target && i < ARRAY_SIZE(models); i++)
        if (!strcmp(target, models[i].target))
            return models[i].model;
    if (is(target, "system-serial"))
        return n->armvirt                     ? "pl011"
               : n->loongvirt || n->riscvvirt ? "16550a"
                                              : NULL;
    return NULL;
}

static void ports_in_order(struct norm *n, enum dom_kind_id kind, unsigned f)
{
    int64_t max = -1;
    struct dom_object *o;

    EACH(n, kind, o)
    if (NUM(o, f) > max)
        max = NUM(o, f);
    EACH(n, kind, o)
    if (NUM(o, f) < 0)
        dom_set_num(n->d, o, f, ++max);
}

void norm_serials(struct norm *n)
{
    struct dom_object *o;

    EACH(n, KIND_SERIAL, o)
    {
        const char *t = TEXT(o, SERIAL_TARGET);

        if ((!t || is(t, "isa-serial") || is(t, "none")) &&
            (t = default_serial(n)))
            dom_set_text(o, SERIAL_TARGET, t);
        t = serial_model(n, TEXT(o, SERIAL_TARGET));
        if (t)
            norm_default_text(o, SERIAL_MODEL, t);
    }
    ports_in_order(n, KIND_SERIAL, SERIAL_PORT);
}

void norm_chardevs(struct norm *n)
{
    struct dom_object *o;
    int64_t i = 0;

    ports_in_order(n, KIND_PARALLEL, PARALLEL_PORT);
    EACH(n, KIND_CONSOLE, o)
    {
        norm_default_text(o, CONSOLE_TARGET, "serial");
        dom_set_num(n->d, o, CONSOLE_PORT, i++);
    }
}

static int default_panic(const struct norm *n)
{
    if (n->pseries)
        return PANIC_MODEL_PSERIES;
    if (n->s390)
        return PANIC_MODEL_S390;
    if (n->x86)
        return PANIC_MODEL_ISA;
    return n->armvirt ? PANIC_MODEL_PVPANIC : PANIC_MODEL_DEFAULT;
}

static void default_shmem(struct norm *n, struct dom_object *o)
{
    if (NUM(o, SHMEM_MODEL) != SHMEM_MODEL_IVSHMEM_DOORBELL &&
        !NUM(o, SHMEM_SIZE))
        dom_set_num(n->d, o, SHMEM_SIZE, 4 << 20);
    if (NUM(o, SHMEM_MODEL) == SHMEM_MODEL_IVSHMEM_DOORBELL) {
        norm_default_num(n, o, SHMEM_MSI, 1);
        norm_default_num(n, o, SHMEM_IOEVENTFD, TRI_ON);
    }
}

static void default_tpm(struct norm *n, struct dom_object *o)
{
    if (NUM(o, TPM_MODEL) == TPM_MODEL_DEFAULT)
        dom_set_num(n->d, o, TPM_MODEL,
                    n->ppc64 ? TPM_MODEL_TPM_SPAPR : TPM_MODEL_TPM_TIS);
    if (NUM(o, TPM_BACKEND) != TPM_BACKEND_EMULATOR) {
        for (unsigned f = TPM_VERSION; f <= TPM_SHA512; f++)
            dom_unset(o, f);
        return;
    }
    norm_default_num(n, o, TPM_VERSION,
                     n->x86 && NUM(o, TPM_MODEL) == TPM_MODEL_TPM_TIS
                         ? TPM_VERSION_1_2
                         : TPM_VERSION_2_0);
}

static void default_sound(struct norm *n, struct dom_object *o)
{
    if (NUM(o, SOUND_MODEL) != SOUND_MODEL_USB)
        dom_unset(o, SOUND_MULTICHANNEL);
    if (NUM(o, SOUND_MODEL) == SOUND_MODEL_VIRTIO)
        norm_default_num(n, o, SOUND_STREAMS, 2);
    else
        dom_unset(o, SOUND_STREAMS);
}

static void default_filesystem(struct norm *n, struct dom_object *o)
{
    if (NUM(o, FILESYSTEM_ACCESS) == FS_ACCESS_DEFAULT &&
        !TEXT(o, FILESYSTEM_SRC_SOCKET))
        dom_set_num(n->d, o, FILESYSTEM_ACCESS, FS_ACCESS_PASSTHROUGH);
}

/* A balloon of model none has no address. */
static void default_balloon(struct norm *n, struct dom_object *o)
{
    (void)n;
    if (NUM(o, MEMBALLOON_MODEL) != BALLOON_MODEL_NONE)
        return;
    for (unsigned f = 0; f < INFO__MAX; f++)
        dom_unset(o, f);
}

static void default_vsock(struct norm *n, struct dom_object *o)
{
    if (NUM(o, VSOCK_MODEL) == VIRTIO_MODEL_DEFAULT)
        dom_set_num(n->d, o, VSOCK_MODEL, VIRTIO_MODEL_VIRTIO);
}

static void default_panic_model(struct norm *n, struct dom_object *o)
{
    if (NUM(o, PANIC_MODEL) == PANIC_MODEL_DEFAULT)
        dom_set_num(n->d, o, PANIC_MODEL, default_panic(n));
}

void norm_misc(struct norm *n)
{
    static const struct {
        enum dom_kind_id kind;
        void (*fill)(struct norm *n, struct dom_object *o);
    } fills[] = {
        {KIND_PANIC, default_panic_model},
        {KIND_SHMEM, default_shmem},
        {KIND_TPM, default_tpm},
        {KIND_SOUND, default_sound},
        {KIND_VSOCK, default_vsock},
        {KIND_FILESYSTEM, default_filesystem},
        {KIND_MEMBALLOON, default_balloon},
    };
    struct dom_object *o;

    for (size_t i = 0; i < ARRAY_SIZE(fills); i++)
        EACH(n, fills[i].kind, o)
    fills[i].fill(n, o);
}

void norm_memory_devices(struct norm *n)
{
    struct dom_object *o;

    EACH(n, KIND_MEMORY, o)
    {
        if (NUM(o, MEMORY_MODEL) == MEMORY_MODEL_NVDIMM && n->ppc64)
            norm_default_text(o, MEMORY_UUID, abi_random);
        if (NUM(o, MEMORY_MODEL) != MEMORY_MODEL_NVDIMM) {
            dom_unset(o, MEMORY_LABEL);
            dom_unset(o, MEMORY_ALIGN);
            dom_unset(o, MEMORY_READONLY);
            dom_unset(o, MEMORY_UUID);
        }
        if (NUM(o, MEMORY_MODEL) != MEMORY_MODEL_NVDIMM)
            dom_unset(o, MEMORY_PMEM);
        if (NUM(o, MEMORY_MODEL) != MEMORY_MODEL_VIRTIO_MEM) {
            dom_unset(o, MEMORY_BLOCK);
            dom_unset(o, MEMORY_REQUESTED);
            dom_unset(o, MEMORY_DYNAMIC);
        }
        if (NUM(o, MEMORY_MODEL) != MEMORY_MODEL_VIRTIO_MEM &&
            NUM(o, MEMORY_MODEL) != MEMORY_MODEL_VIRTIO_PMEM)
            dom_unset(o, MEMORY_BASE);
    }
}

/* Units in use on a SCSI controller: of disks and of other host devices. */
static bool unit_in_use(const struct norm *n, int64_t controller, int64_t unit,
                        bool disks_only)
{
    const struct dom_list *d = &n->d->list[KIND_DISK];
    const struct dom_list *h = &n->d->list[KIND_HOSTDEV];

    for (size_t i = 0; i < d->n; i++)
        if (NUM(d->o[i], DISK_BUS) == DISK_BUS_SCSI &&
            NUM(d->o[i], INFO_ADDRESS) == ADDRESS_TYPE_DRIVE &&
            NUM(d->o[i], INFO_CONTROLLER) == controller &&
            NUM(d->o[i], INFO_BUS) == 0 && NUM(d->o[i], INFO_TARGET) == 0 &&
            NUM(d->o[i], INFO_UNIT) == unit)
            return true;
    for (size_t i = 0; !disks_only && i < h->n; i++)
        if (is(TEXT(h->o[i], HOSTDEV_TYPE), "scsi") &&
            NUM(h->o[i], INFO_ADDRESS) == ADDRESS_TYPE_DRIVE &&
            NUM(h->o[i], INFO_CONTROLLER) == controller &&
            NUM(h->o[i], INFO_BUS) == 0 && NUM(h->o[i], INFO_TARGET) == 0 &&
            NUM(h->o[i], INFO_UNIT) == unit)
            return true;
    return false;
}

void norm_hostdevs(struct norm *n)
{
    struct dom_object *o;
    int64_t controller = 0, unit = 0;

    EACH(n, KIND_HOSTDEV, o)
    {
        if (is(TEXT(o, HOSTDEV_TYPE), "mdev") &&
            is(TEXT(o, HOSTDEV_MODEL), "vfio-pci"))
            norm_default_num(n, o, HOSTDEV_DISPLAY, TRI_OFF);
        if (!is(TEXT(o, HOSTDEV_TYPE), "scsi") || GIVEN(o, INFO_ADDRESS))
            continue;
        /* Units are handed out upwards, so the search goes on where it
         * stopped. */
        while (unit_in_use(n, controller, unit, false))
            if (++unit == 7) {
                unit = 0;
                controller++;
            }
        norm_set_address(n, o, ADDRESS_TYPE_DRIVE);
        dom_set_num(n->d, o, INFO_CONTROLLER, controller);
        dom_set_num(n->d, o, INFO_UNIT, unit);
    }
}
