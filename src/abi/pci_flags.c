/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each device needs of the bus that it is plugged into. */
#include "abi/pci.h"

static unsigned by_virtio_model(int model, unsigned virtio)
{
    return model == VIRTIO_MODEL_VIRTIO_TRANSITIONAL ? P_PCI | P_AUTO : virtio;
}

static unsigned controller_flags(const struct dom_object *o, unsigned pcie)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);

    switch (NUM(o, CONTROLLER_TYPE)) {
    case CONTROLLER_TYPE_PCI:
        return pci_find_model(m) ? pci_find_model(m)->plugs_into : 0;
    case CONTROLLER_TYPE_SATA:
    case CONTROLLER_TYPE_IDE:
        return P_PCI | P_AUTO;
    case CONTROLLER_TYPE_USB:
        if (pci_is(m, "none") || pci_is(m, "qusb1") || pci_is(m, "qusb2"))
            return 0;
        return pci_is(m, "nec-xhci") || pci_is(m, "qemu-xhci") ? pcie
                                                               : P_PCI | P_AUTO;
    case CONTROLLER_TYPE_SCSI:
        if (!m || pci_is(m, "ncr53c90") || pci_is(m, "auto"))
            return 0;
        return pci_is(m, "virtio-scsi") || pci_is(m, "virtio-non-transitional")
                   ? pcie
                   : P_PCI | P_AUTO;
    case CONTROLLER_TYPE_VIRTIO_SERIAL:
        return pci_is(m, "virtio-transitional") ? P_PCI | P_AUTO : pcie;
    default:
        return 0;
    }
}

/* Of type hostdev. */
bool pci_is_usb_interface(const struct dom_object *o)
{
    const char *t = TEXT(o, INTERFACE_SRC_ADDRESS);

    return t ? pci_is(t, "usb") : GIVEN(o, INTERFACE_SRC_VENDOR);
}

static unsigned interface_flags(const struct dom_object *o, unsigned pcie)
{
    const char *m = TEXT(o, INTERFACE_MODEL);

    if (NUM(o, INTERFACE_TYPE) == NET_TYPE_HOSTDEV)
        return pci_is_usb_interface(o) ? 0 : pcie;
    if (pci_is(m, "usb-net"))
        return 0;
    if (!m || pci_is(m, "virtio") || pci_is(m, "virtio-non-transitional") ||
        pci_is(m, "e1000e") || pci_is(m, "igb"))
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

    if (pci_is(t, "scsi_host"))
        return pci_is(TEXT(o, HOSTDEV_MODEL), "virtio-transitional")
                   ? P_PCI | P_AUTO
                   : pcie;
    return pci_is(t, "pci") || pci_is(t, "mdev") ? pcie : 0;
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

unsigned pci_device_flags(const struct dom_object *o, unsigned pcie)
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
        return pci_is(TEXT(o, SERIAL_TARGET), "pci-serial") ? P_PCI | P_AUTO
                                                            : 0;
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

bool pci_is_piix3(const struct dom_object *o, int function)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);

    if (o->kind->id != KIND_CONTROLLER || NUM(o, CONTROLLER_INDEX))
        return false;
    if (function == 1)
        return NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_IDE;
    return function == 2 && NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_USB &&
           (!m || pci_is(m, "piix3-uhci"));
}
