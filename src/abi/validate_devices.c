/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of single devices. */
#include "abi/validate.h"

#include <ctype.h>
#include <string.h>

static bool is(const char *a, const char *b)
{
    return a && !strcmp(a, b);
}

static const char *disk_name(const struct dom_object *o)
{
    return TEXT(o, DISK_TARGET) ? TEXT(o, DISK_TARGET) : "(no target)";
}

static bool has_source(const struct dom_object *o)
{
    for (unsigned f = DISK_SRC_FILE; f <= DISK_SRC_VOLUME; f++)
        if (GIVEN(o, f) && *TEXT(o, f))
            return true;
    return false;
}

static void disk_has_target_and_source(struct norm *n,
                                       const struct dom_object *o)
{
    int64_t type = NUM(o, DISK_TYPE);
    bool plain = !GIVEN(o, DISK_TYPE) || type == STORAGE_TYPE_FILE ||
                 type == STORAGE_TYPE_BLOCK || type == STORAGE_TYPE_DIR ||
                 type == STORAGE_TYPE_VOLUME;
    const char *t = TEXT(o, DISK_TARGET);

    if (!t || !*t)
        dom_problem(n->d, o->line, "missing target of a disk");
    else if (isdigit((unsigned char)t[strlen(t) - 1]) &&
             norm_disk_index(t) >= 0)
        dom_problem(n->d, o->line,
                    "invalid disk target '%s', partitions cannot appear in "
                    "disk targets",
                    t);
    if (plain && !has_source(o) && NUM(o, DISK_DEVICE) != DISK_DEVICE_CDROM &&
        NUM(o, DISK_DEVICE) != DISK_DEVICE_FLOPPY)
        dom_problem(n->d, o->line, "missing source of disk '%s'", disk_name(o));
    if (type == STORAGE_TYPE_NETWORK && !TEXT(o, DISK_SRC_PROTO) &&
        (has_source(o) || NUM(o, DISK_DEVICE) == DISK_DEVICE_DISK))
        dom_problem(n->d, o->line,
                    "missing 'protocol' of the source of disk '%s'",
                    disk_name(o));
    if (type == STORAGE_TYPE_VHOSTUSER && !is(TEXT(o, DISK_SRC_TYPE), "unix"))
        dom_problem(n->d, o->line,
                    "missing 'type' attribute for vhostuser disk source");
}

/* Address type that disks of each bus take. */
static void disk_address_fits(struct norm *n, const struct dom_object *o)
{
    int64_t type = NUM(o, INFO_ADDRESS);
    bool ok = true;

    if (type == ADDRESS_TYPE_NONE)
        return;
    switch (NUM(o, DISK_BUS)) {
    case DISK_BUS_IDE:
    case DISK_BUS_SCSI:
    case DISK_BUS_SATA:
    case DISK_BUS_FDC:
        ok = type == ADDRESS_TYPE_DRIVE;
        break;
    case DISK_BUS_VIRTIO:
        ok = type == ADDRESS_TYPE_PCI || type == ADDRESS_TYPE_CCW ||
             type == ADDRESS_TYPE_VIRTIO_MMIO ||
             type == ADDRESS_TYPE_UNASSIGNED;
        break;
    case DISK_BUS_USB:
        ok = type == ADDRESS_TYPE_USB;
        break;
    default:
        break;
    }
    if (!ok)
        dom_problem(n->d, o->v[INFO_ADDRESS].line,
                    "invalid address type '%s' for the disk '%s' with the bus "
                    "type '%s'",
                    TEXT(o, INFO_ADDRESS), disk_name(o), TEXT(o, DISK_BUS));
    else if (NUM(o, DISK_BUS) != DISK_BUS_SCSI && type == ADDRESS_TYPE_DRIVE &&
             NUM(o, INFO_TARGET))
        dom_problem(n->d, o->v[INFO_TARGET].line,
                    "target must be 0 for %s disks", TEXT(o, DISK_BUS));
}

static void disk_device_fits_bus(struct norm *n, const struct dom_object *o)
{
    int64_t device = NUM(o, DISK_DEVICE), bus = NUM(o, DISK_BUS);

    if (device == DISK_DEVICE_FLOPPY && bus != DISK_BUS_FDC)
        dom_problem(n->d, o->line, "invalid bus type '%s' for floppy disk",
                    TEXT(o, DISK_BUS));
    if (device != DISK_DEVICE_FLOPPY && bus == DISK_BUS_FDC)
        dom_problem(n->d, o->line, "invalid bus type '%s' for disk",
                    TEXT(o, DISK_BUS));
    if (device == DISK_DEVICE_CDROM && bus == DISK_BUS_VIRTIO)
        dom_problem(n->d, o->line,
                    "disk type of '%s' does not support ejectable media",
                    disk_name(o));
    if (device == DISK_DEVICE_LUN && NUM(o, DISK_TYPE) == STORAGE_TYPE_FILE)
        dom_problem(n->d, o->line,
                    "disk device='lun' is only valid for block type disk "
                    "source");
    if (bus == DISK_BUS_USB && device == DISK_DEVICE_DISK && !has_source(o) &&
        NUM(o, DISK_TYPE) != STORAGE_TYPE_NETWORK)
        dom_problem(n->d, o->line, "'usb' disk must not be empty");
    if (NUM(o, DISK_MODEL) && bus != DISK_BUS_VIRTIO)
        dom_problem(n->d, o->line, "disk model '%s' not supported for bus '%s'",
                    TEXT(o, DISK_MODEL), TEXT(o, DISK_BUS));
    if (NUM(o, DISK_REMOVABLE) && bus != DISK_BUS_USB && bus != DISK_BUS_SCSI)
        dom_problem(n->d, o->line,
                    "removable is only valid for usb or scsi disks");
    if (GIVEN(o, DISK_RAWIO) && device != DISK_DEVICE_LUN)
        dom_problem(n->d, o->line, "rawio can be used only with device='lun'");
}

/* Options of the driver that only virtio disks have. */
static void disk_driver_fits(struct norm *n, const struct dom_object *o)
{
    static const unsigned rows[] = {
        DISK_QUEUES,  DISK_QUEUE_SIZE, DISK_EVENT_IDX, DISK_IOEVENTFD,
        VIRTIO_IOMMU, VIRTIO_ATS,      VIRTIO_PACKED,  VIRTIO_PAGE_PER_VQ};

    if (NUM(o, DISK_BUS) == DISK_BUS_VIRTIO)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (NUM(o, rows[i]))
            dom_problem(n->d, o->line,
                        "%s of disk '%s' is only supported for virtio bus",
                        dom_field(o->kind, rows[i])->what, disk_name(o));
    if (NUM(o, DISK_IOTHREAD))
        dom_problem(n->d, o->line,
                    "IOThreads not available for bus %s target %s",
                    TEXT(o, DISK_BUS), disk_name(o));
}

static void disk_backing_has_source(struct norm *n, const struct dom_object *o)
{
    if (TEXT(o, DISK_BACKING) && strstr(TEXT(o, DISK_BACKING), "<source></>"))
        dom_problem(n->d, o->v[DISK_BACKING].line,
                    "missing source of a backing store of disk '%s'",
                    disk_name(o));
}

static void disk_can_be_shared(struct norm *n, const struct dom_object *o)
{
    if (GIVEN(o, DISK_SHAREABLE) && TEXT(o, DISK_DRV_TYPE) &&
        !is(TEXT(o, DISK_DRV_TYPE), "raw"))
        dom_problem(n->d, o->line,
                    "shared access for disk '%s' requires use of supported "
                    "storage format",
                    disk_name(o));
}

static void input_fits(struct norm *n, const struct dom_object *o)
{
    int64_t type = NUM(o, INPUT_TYPE), bus = NUM(o, INPUT_BUS);

    if (bus == INPUT_BUS_PS2 && type != INPUT_TYPE_MOUSE &&
        type != INPUT_TYPE_KEYBOARD)
        dom_problem(n->d, o->line, "ps2 bus does not support %s input device",
                    TEXT(o, INPUT_TYPE));
    if (NUM(o, INPUT_MODEL) && bus != INPUT_BUS_VIRTIO)
        dom_problem(n->d, o->line,
                    "only bus 'virtio' is supported for input model '%s'",
                    TEXT(o, INPUT_MODEL));
    if (bus == INPUT_BUS_USB && GIVEN(o, INFO_ADDRESS) &&
        NUM(o, INFO_ADDRESS) != ADDRESS_TYPE_USB)
        dom_problem(n->d, o->v[INFO_ADDRESS].line,
                    "invalid address for a USB device");
}

/* Attribute that the source of an interface must have, by type. */
static const struct {
    int type;
    int rows[3]; /* -1 ends */
} sources[] = {
    {NET_TYPE_NETWORK, {INTERFACE_SRC_NETWORK, -1}},
    {NET_TYPE_BRIDGE, {INTERFACE_SRC_BRIDGE, -1}},
    {NET_TYPE_DIRECT, {INTERFACE_SRC_DEV, -1}},
    {NET_TYPE_INTERNAL, {INTERFACE_SRC_NAME, -1}},
    {NET_TYPE_VDPA, {INTERFACE_SRC_DEV, -1}},
    {NET_TYPE_SERVER, {INTERFACE_SRC_PORT, -1}},
    {NET_TYPE_CLIENT, {INTERFACE_SRC_ADDR, INTERFACE_SRC_PORT, -1}},
    {NET_TYPE_MCAST, {INTERFACE_SRC_ADDR, INTERFACE_SRC_PORT, -1}},
    {NET_TYPE_UDP, {INTERFACE_SRC_ADDR, INTERFACE_SRC_PORT, -1}},
};

static void interface_has_source(struct norm *n, const struct dom_object *o)
{
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
        for (const int *f = sources[i].rows;
             sources[i].type == NUM(o, INTERFACE_TYPE) && *f >= 0; f++)
            if (!TEXT(o, *f))
                dom_problem(
                    n->d, o->line,
                    "interface type='%s' requires a <source> with %s",
                    TEXT(o, INTERFACE_TYPE),
                    strrchr(dom_field(o->kind, (unsigned)*f)->path, '@') + 1);
}

static bool power_of_two(int64_t v)
{
    return v > 0 && !(v & (v - 1));
}

static void interface_queues_fit(struct norm *n, const struct dom_object *o)
{
    static const unsigned rows[] = {INTERFACE_RX_SIZE, INTERFACE_TX_SIZE};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (NUM(o, rows[i]) && !power_of_two(NUM(o, rows[i])))
            dom_problem(n->d, o->line, "%s has to be a power of two",
                        dom_field(o->kind, rows[i])->what);
}

static void panic_address_fits(struct norm *n, const struct dom_object *o)
{
    int64_t model = NUM(o, PANIC_MODEL), type = NUM(o, INFO_ADDRESS);

    if (model != PANIC_MODEL_ISA && model != PANIC_MODEL_PVPANIC &&
        o->v[INFO_ADDRESS].line > 0)
        dom_problem(n->d, o->v[INFO_ADDRESS].line,
                    "setting the panic device address is not supported for "
                    "model '%s'",
                    TEXT(o, PANIC_MODEL));
    if (model == PANIC_MODEL_ISA && type && type != ADDRESS_TYPE_ISA)
        dom_problem(n->d, o->v[INFO_ADDRESS].line,
                    "panic is supported only with ISA address type");
    if (model == PANIC_MODEL_DEFAULT)
        dom_problem(n->d, o->line,
                    "no panic model provided, and no default for the "
                    "architecture and machine type");
    if ((model == PANIC_MODEL_ISA || model == PANIC_MODEL_HYPERV) && !n->x86)
        dom_problem(n->d, o->line,
                    "only x86 guests support panic device of model '%s'",
                    TEXT(o, PANIC_MODEL));
    if (model == PANIC_MODEL_PSERIES && !n->pseries)
        dom_problem(n->d, o->line,
                    "only pSeries guests support panic device of model "
                    "'pseries'");
}

static void video_fits(struct norm *n, const struct dom_object *o)
{
    int64_t type = NUM(o, VIDEO_TYPE);

    if (type == VIDEO_TYPE_RAMFB && o->v[INFO_ADDRESS].line > 0)
        dom_problem(n->d, o->v[INFO_ADDRESS].line,
                    "address not supported for video type ramfb");
    if (type != VIDEO_TYPE_QXL &&
        (o->v[VIDEO_RAM].line > 0 || o->v[VIDEO_VRAM64].line > 0))
        dom_problem(n->d, o->line,
                    "ram and vram64 are only supported for video type qxl");
    if (NUM(o, VIDEO_BLOB) && type != VIDEO_TYPE_VIRTIO)
        dom_problem(n->d, o->line,
                    "video type '%s' does not support blob resources",
                    TEXT(o, VIDEO_TYPE));
}

static void shmem_fits(struct norm *n, const struct dom_object *o)
{
    bool doorbell = NUM(o, SHMEM_MODEL) == SHMEM_MODEL_IVSHMEM_DOORBELL;

    if (NUM(o, SHMEM_SIZE) &&
        (!power_of_two(NUM(o, SHMEM_SIZE)) || NUM(o, SHMEM_SIZE) < 1024 * 1024))
        dom_problem(n->d, o->line,
                    "shmem size must be a power of 2 and at least 1 MiB");
    if (doorbell && !GIVEN(o, SHMEM_SERVER))
        dom_problem(n->d, o->line,
                    "shmem model 'ivshmem-doorbell' is supported only with "
                    "server option enabled");
    if (GIVEN(o, SHMEM_MSI) && !GIVEN(o, SHMEM_SERVER))
        dom_problem(n->d, o->line,
                    "msi option is only supported with a server");
}

static void memory_device_fits(struct norm *n, const struct dom_object *o)
{
    int64_t model = NUM(o, MEMORY_MODEL);

    if (!GIVEN(o, MEMORY_TARGET) || !NUM(o, MEMORY_SIZE))
        dom_problem(n->d, o->line, "missing size of the memory device");
    if (!NUM(n->root, DOMAIN_MAXMEMORY) && model != MEMORY_MODEL_SGX_EPC &&
        model != MEMORY_MODEL_VIRTIO_PMEM)
        dom_problem(n->d, o->line,
                    "cannot use a memory device when <maxMemory> is not "
                    "defined");
    if (NUM(o, MEMORY_NODE) >= 0 && n->d->list[KIND_CELL].n &&
        NUM(o, MEMORY_NODE) >= (int64_t)n->d->list[KIND_CELL].n)
        dom_problem(n->d, o->line,
                    "memory device for guest node '%lld', but the guest has "
                    "only '%zu' NUMA nodes",
                    (long long)NUM(o, MEMORY_NODE), n->d->list[KIND_CELL].n);
}

static void serial_fits(struct norm *n, const struct dom_object *o)
{
    static const struct {
        const char *target;
        size_t offset; /* bool of struct norm */
    } needs[] = {
        {"isa-serial", offsetof(struct norm, x86)},
        {"isa-debug", offsetof(struct norm, x86)},
        {"spapr-vio-serial", offsetof(struct norm, pseries)},
        {"sclp-serial", offsetof(struct norm, s390)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
        if (is(TEXT(o, SERIAL_TARGET), needs[i].target) &&
            !*(bool *)((char *)n + needs[i].offset))
            dom_problem(n->d, o->line,
                        "serial device with target type '%s' not compatible "
                        "with guest architecture or machine type",
                        TEXT(o, SERIAL_TARGET));
    if (is(TEXT(o, SERIAL_TARGET), "system-serial") && n->x86)
        dom_problem(n->d, o->line,
                    "serial device with target type 'system-serial' not "
                    "compatible with guest architecture or machine type");
}

static void graphics_fits(struct norm *n, const struct dom_object *o)
{
    const struct dom_list *l = &n->d->list[KIND_GRAPHICS];
    if (NUM(o, GRAPHICS_TYPE) == GRAPHICS_TYPE_EGL_HEADLESS ||
        NUM(o, GRAPHICS_TYPE) == GRAPHICS_TYPE_VNC ||
        NUM(o, GRAPHICS_TYPE) == GRAPHICS_TYPE_SPICE)
        return;
    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], GRAPHICS_TYPE) == GRAPHICS_TYPE_EGL_HEADLESS)
            dom_problem(n->d, o->line,
                        "graphics type 'egl-headless' is only supported with "
                        "one of: 'vnc', 'spice' graphics types");
}

const struct validate_rule validate_device_rules[] = {
    {KIND_DISK, disk_has_target_and_source},
    {KIND_DISK, disk_device_fits_bus},
    {KIND_DISK, disk_address_fits},
    {KIND_DISK, disk_driver_fits},
    {KIND_DISK, disk_can_be_shared},
    {KIND_DISK, disk_backing_has_source},
    {KIND_INPUT, input_fits},
    {KIND_INTERFACE, interface_has_source},
    {KIND_INTERFACE, interface_queues_fit},
    {KIND_PANIC, panic_address_fits},
    {KIND_VIDEO, video_fits},
    {KIND_SHMEM, shmem_fits},
    {KIND_MEMORY, memory_device_fits},
    {KIND_SERIAL, serial_fits},
    {KIND_GRAPHICS, graphics_fits},
};
const size_t validate_device_rules_n = ARRAY_SIZE(validate_device_rules);
