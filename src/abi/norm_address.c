/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses other than PCI: drive, virtio-serial, spapr-vio, ccw, mmio, dimm.
 */
#include "abi/norm.h"
#include "abi/machine.h"

#include <string.h>

#define MAX_VIRTIO_PORTS     512
#define DEFAULT_VIRTIO_PORTS 31

static bool is(const char *a, const char *b)
{
    return a && !strcmp(a, b);
}

/* Disks of these buses have their place from the letters of their target. */
static const struct {
    int bus;
    int per_controller, per_bus;
} mappings[] = {
    {DISK_BUS_SCSI, 7, 7},
    {DISK_BUS_IDE, 4, 2},
    {DISK_BUS_SATA, 6, 6},
    {DISK_BUS_FDC, 2, 2},
};

void norm_drive_addresses(struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_DISK];

    for (size_t i = 0; i < l->n; i++) {
        struct dom_object *o = l->o[i];
        int index = norm_disk_index(TEXT(o, DISK_TARGET));

        if (GIVEN(o, INFO_ADDRESS) || !TEXT(o, DISK_TARGET))
            continue;
        if (index < 0) {
            dom_problem(n->d, o->line,
                        "unknown disk name '%s' and no address specified",
                        TEXT(o, DISK_TARGET));
            continue;
        }
        for (size_t m = 0; m < ARRAY_SIZE(mappings); m++) {
            int rest = index % mappings[m].per_controller;

            if (mappings[m].bus != NUM(o, DISK_BUS))
                continue;
            norm_set_address(n, o, ADDRESS_TYPE_DRIVE);
            dom_set_num(n->d, o, INFO_CONTROLLER,
                        index / mappings[m].per_controller);
            dom_set_num(n->d, o, INFO_BUS, rest / mappings[m].per_bus);
            dom_set_num(n->d, o, INFO_UNIT, rest % mappings[m].per_bus);
        }
    }
}

struct ports {
    int64_t index;
    int n;
    bool used[MAX_VIRTIO_PORTS];
};

struct port_set {
    struct ports *c; /* by index */
    size_t n;
};

static int by_index(const void *a, const void *b)
{
    const struct ports *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

static bool port_set_fill(struct norm *n, struct port_set *s)
{
    const struct dom_list *l = &n->d->list[KIND_CONTROLLER];
    size_t count = 0;

    for (size_t i = 0; i < l->n; i++)
        count += NUM(l->o[i], CONTROLLER_TYPE) == CONTROLLER_TYPE_VIRTIO_SERIAL;
    if (!(s->c = calloc(count + 1, sizeof(*s->c)))) {
        n->nomem = true;
        return false;
    }
    for (size_t i = 0; i < l->n; i++) {
        const struct dom_object *o = l->o[i];
        int64_t ports = NUM(o, CONTROLLER_PORTS);

        if (NUM(o, CONTROLLER_TYPE) != CONTROLLER_TYPE_VIRTIO_SERIAL)
            continue;
        if (ports < 0 || ports > MAX_VIRTIO_PORTS)
            ports = ports < 0 ? DEFAULT_VIRTIO_PORTS : MAX_VIRTIO_PORTS;
        s->c[s->n].n = (int)ports;
        s->c[s->n++].index = NUM(o, CONTROLLER_INDEX);
    }
    qsort(s->c, s->n, sizeof(*s->c), by_index);
    return true;
}

static struct ports *port_set_find(struct port_set *s, int64_t index)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->c[i].index == index)
            return &s->c[i];
    return NULL;
}

static int64_t port_of(const struct dom_object *o)
{
    return TEXT(o, INFO_PORT) ? strtol(TEXT(o, INFO_PORT), NULL, 10) : 0;
}

static bool is_complete(const struct dom_object *o)
{
    return NUM(o, INFO_ADDRESS) == ADDRESS_TYPE_VIRTIO_SERIAL && port_of(o);
}

static void reserve_ports(struct norm *n, struct port_set *s,
                          enum dom_kind_id kind)
{
    const struct dom_list *l = &n->d->list[kind];

    for (size_t i = 0; i < l->n; i++) {
        const struct dom_object *o = l->o[i];
        int64_t port = port_of(o);
        struct ports *c;

        if (!is_complete(o))
            continue;
        c = port_set_find(s, NUM(o, INFO_CONTROLLER));
        if (!c)
            dom_problem(n->d, o->line,
                        "virtio serial controller %lld is missing",
                        (long long)NUM(o, INFO_CONTROLLER));
        else if (port < 0 || port >= c->n)
            dom_problem(n->d, o->line,
                        "virtio serial controller %lld does not have port "
                        "%lld",
                        (long long)c->index, (long long)port);
        else if (c->used[port])
            dom_problem(n->d, o->line,
                        "virtio serial port %lld on controller %lld is "
                        "already occupied",
                        (long long)port, (long long)c->index);
        else
            c->used[port] = true;
    }
}

static int free_port(const struct ports *c, int from)
{
    for (int p = from; p < c->n; p++)
        if (!c->used[p])
            return p;
    return -1;
}

/* All ports are taken: libvirt adds a controller at the lowest free index. */
static struct ports *add_port_controller(struct norm *n, struct port_set *s)
{
    struct ports *grown = realloc(s->c, (s->n + 1) * sizeof(*grown));
    int64_t index = 0;

    if (!grown) {
        n->nomem = true;
        return NULL;
    }
    s->c = grown;
    while (norm_find_controller(n, CONTROLLER_TYPE_VIRTIO_SERIAL, index))
        index++;
    if (!norm_add_controller(n, CONTROLLER_TYPE_VIRTIO_SERIAL, index, NULL))
        return NULL;
    s->c[s->n] = (struct ports){.index = index, .n = DEFAULT_VIRTIO_PORTS};
    return &s->c[s->n++];
}

static void assign_port(struct norm *n, struct port_set *s,
                        struct dom_object *o, bool console)
{
    struct ports *c = NULL;
    int port = -1;

    if (NUM(o, INFO_ADDRESS) == ADDRESS_TYPE_VIRTIO_SERIAL) {
        c = port_set_find(s, NUM(o, INFO_CONTROLLER));
        port = c ? free_port(c, 1) : -1;
    } else {
        for (size_t i = 0; i < s->n && port < 0; i++) {
            c = &s->c[i];
            port = free_port(c, console ? 0 : 1);
        }
        if (port < 0 && s->n && (c = add_port_controller(n, s)))
            port = free_port(c, console ? 0 : 1);
    }
    if (port < 0) {
        dom_problem(n->d, o->line, "unable to find a free virtio-serial port");
        return;
    }
    c->used[port] = true;
    /* libvirt reserves a console's port but does not write it down. */
    if (console)
        return;
    norm_set_address(n, o, ADDRESS_TYPE_VIRTIO_SERIAL);
    dom_set_num(n->d, o, INFO_CONTROLLER, c->index);
    dom_set_num(n->d, o, INFO_BUS, 0);
    dom_set_text(o, INFO_PORT, dom_printf(n->d, "%d", port));
}

static void assign_ports(struct norm *n, struct port_set *s,
                         enum dom_kind_id kind, unsigned target, bool console)
{
    const struct dom_list *l = &n->d->list[kind];

    for (size_t i = 0; i < l->n; i++)
        if (is(TEXT(l->o[i], target), "virtio") && !is_complete(l->o[i]))
            assign_port(n, s, l->o[i], console);
}

void norm_virtio_serial(struct norm *n)
{
    struct port_set s = {0};

    if ((!n->d->list[KIND_CHANNEL].n && !n->d->list[KIND_CONSOLE].n) ||
        !port_set_fill(n, &s))
        return;
    reserve_ports(n, &s, KIND_CHANNEL);
    reserve_ports(n, &s, KIND_CONSOLE);
    assign_ports(n, &s, KIND_CONSOLE, CONSOLE_TARGET, true);
    assign_ports(n, &s, KIND_CHANNEL, CHANNEL_TARGET, false);
    free(s.c);
}

static bool reg_in_use(const struct norm *n, const struct dom_object *me)
{
    for (size_t k = 0; k < KIND__MAX; k++) {
        const struct dom_list *l = &n->d->list[k];

        if (!(dom_kind((enum dom_kind_id)k)->flags & DK_DEVICE))
            continue;
        for (size_t i = 0; i < l->n; i++)
            if (l->o[i] != me && GIVEN(l->o[i], INFO_REG) &&
                NUM(l->o[i], INFO_ADDRESS) == ADDRESS_TYPE_SPAPR_VIO &&
                NUM(l->o[i], INFO_REG) == NUM(me, INFO_REG))
                return true;
    }
    return false;
}

static void assign_reg(struct norm *n, struct dom_object *o, int64_t reg)
{
    bool given = GIVEN(o, INFO_REG);

    if (NUM(o, INFO_ADDRESS) != ADDRESS_TYPE_SPAPR_VIO)
        return;
    if (!given)
        dom_set_num(n->d, o, INFO_REG, reg);
    while (reg_in_use(n, o)) {
        if (given) {
            dom_problem(n->d, o->line,
                        "spapr-vio address 0x%llx already in use",
                        (unsigned long long)NUM(o, INFO_REG));
            return;
        }
        dom_set_num(n->d, o, INFO_REG, NUM(o, INFO_REG) + 0x1000);
    }
}

static void to_spapr(struct norm *n, struct dom_object *o, bool wanted)
{
    if (wanted && NUM(o, INFO_ADDRESS) != ADDRESS_TYPE_SPAPR_VIO)
        norm_set_address(n, o, ADDRESS_TYPE_SPAPR_VIO);
}

/* Registers as QEMU hands them out, by kind. */
void norm_spapr_vio(struct norm *n)
{
    static const struct {
        enum dom_kind_id kind;
        unsigned field;
        const char *value; /* of the field: device of that bus */
        int64_t reg;
    } kinds[] = {
        {KIND_INTERFACE, INTERFACE_MODEL, "spapr-vlan", 0x1000},
        {KIND_CONTROLLER, CONTROLLER_MODEL, "ibmvscsi", 0x2000},
        {KIND_SERIAL, SERIAL_TARGET, "spapr-vio-serial", 0x30000000},
        {KIND_NVRAM, 0, NULL, 0x3000},
        {KIND_TPM, 0, NULL, 0x4000},
    };

    for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
        const struct dom_list *l = &n->d->list[kinds[k].kind];

        for (size_t i = 0; i < l->n; i++) {
            struct dom_object *o = l->o[i];
            bool wanted = n->pseries;

            if (kinds[k].value)
                wanted = is(TEXT(o, kinds[k].field), kinds[k].value);
            if (kinds[k].kind == KIND_TPM)
                wanted &= NUM(o, TPM_MODEL) != TPM_MODEL_SPAPR_TPM_PROXY;
            to_spapr(n, o, wanted);
            assign_reg(n, o, kinds[k].reg);
        }
    }
}

/* In libvirt's order of visiting devices, which is that of handing out. */
static const enum dom_kind_id visit[] = {
    KIND_DISK,       KIND_INTERFACE,  KIND_SOUND,      KIND_HOSTDEV,
    KIND_VIDEO,      KIND_CONTROLLER, KIND_SMARTCARD,  KIND_SERIAL,
    KIND_PARALLEL,   KIND_CHANNEL,    KIND_CONSOLE,    KIND_INPUT,
    KIND_FILESYSTEM, KIND_WATCHDOG,   KIND_MEMBALLOON, KIND_RNG,
    KIND_NVRAM,      KIND_HUB,        KIND_SHMEM,      KIND_TPM,
    KIND_PANIC,      KIND_MEMORY,     KIND_REDIRDEV,   KIND_IOMMU,
    KIND_VSOCK,      KIND_CRYPTO,     KIND_PSTORE,
};

static bool is_virtio(const struct dom_object *o, bool ccw)
{
    switch (o->kind->id) {
    case KIND_DISK:
        return NUM(o, DISK_BUS) == DISK_BUS_VIRTIO;
    case KIND_INTERFACE:
        return norm_is_virtio_net(o);
    case KIND_VIDEO:
        return NUM(o, VIDEO_TYPE) == VIDEO_TYPE_VIRTIO;
    case KIND_INPUT:
        return NUM(o, INPUT_BUS) == INPUT_BUS_VIRTIO;
    case KIND_CONTROLLER:
        return NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_VIRTIO_SERIAL ||
               NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_SCSI;
    case KIND_HOSTDEV:
        return is(TEXT(o, HOSTDEV_TYPE), "scsi_host") ||
               (ccw && is(TEXT(o, HOSTDEV_TYPE), "mdev") &&
                is(TEXT(o, HOSTDEV_MODEL), "vfio-ccw"));
    case KIND_MEMBALLOON:
        return NUM(o, MEMBALLOON_MODEL) != BALLOON_MODEL_NONE;
    case KIND_RNG:
    case KIND_CRYPTO:
        return true;
    case KIND_MEMORY:
        return NUM(o, MEMORY_MODEL) == MEMORY_MODEL_VIRTIO_MEM ||
               NUM(o, MEMORY_MODEL) == MEMORY_MODEL_VIRTIO_PMEM;
    case KIND_FILESYSTEM:
    case KIND_VSOCK:
        return ccw;
    case KIND_SOUND:
        return NUM(o, SOUND_MODEL) == SOUND_MODEL_VIRTIO;
    default:
        return false;
    }
}

/* Give virtio devices without address one of that type. */
static void prime(struct norm *n, int type)
{
    for (size_t k = 0; k < ARRAY_SIZE(visit); k++) {
        const struct dom_list *l = &n->d->list[visit[k]];

        for (size_t i = 0; i < l->n; i++)
            if (!GIVEN(l->o[i], INFO_ADDRESS) &&
                is_virtio(l->o[i], type == ADDRESS_TYPE_CCW))
                norm_set_address(n, l->o[i], type);
    }
}

struct ccw_set {
    uint8_t *used; /* one bit per ssid << 16 | devno of the virtual cssid */
    uint32_t next;
};

#define CCW_IDS 0x40000u

static bool ccw_given(const struct dom_object *o)
{
    return NUM(o, INFO_ADDRESS) == ADDRESS_TYPE_CCW && GIVEN(o, INFO_DEVNO);
}

static void ccw_reserve(struct norm *n, struct ccw_set *s,
                        const struct dom_object *o)
{
    uint32_t id =
        (uint32_t)NUM(o, INFO_SSID) << 16 | (uint32_t)NUM(o, INFO_DEVNO);

    if (NUM(o, INFO_CSSID) != 0xfe || id >= CCW_IDS)
        return;
    if (s->used[id / 8] >> (id % 8) & 1)
        dom_problem(n->d, o->v[INFO_DEVNO].line,
                    "the CCW devno 'fe.%x.%04x' is in use already", id >> 16,
                    id & 0xffff);
    s->used[id / 8] |= (uint8_t)(1u << (id % 8));
}

static void ccw_assign(struct norm *n, struct ccw_set *s, struct dom_object *o)
{
    while (s->next < CCW_IDS && s->used[s->next / 8] >> (s->next % 8) & 1)
        s->next++;
    if (s->next >= CCW_IDS) {
        dom_problem(n->d, o->line, "there are no more free CCW devnos");
        return;
    }
    s->used[s->next / 8] |= (uint8_t)(1u << (s->next % 8));
    dom_set_num(n->d, o, INFO_CSSID, 0xfe);
    dom_set_num(n->d, o, INFO_SSID, s->next >> 16);
    dom_set_num(n->d, o, INFO_DEVNO, s->next & 0xffff);
}

void norm_ccw(struct norm *n)
{
    struct ccw_set s = {0};

    if (!n->s390ccw)
        return;
    prime(n, ADDRESS_TYPE_CCW);
    if (!(s.used = calloc(CCW_IDS / 8, 1))) {
        n->nomem = true;
        return;
    }
    for (int assign = 0; assign < 2; assign++)
        for (size_t k = 0; k < ARRAY_SIZE(visit); k++) {
            const struct dom_list *l = &n->d->list[visit[k]];

            for (size_t i = 0; i < l->n; i++) {
                struct dom_object *o = l->o[i];

                if (NUM(o, INFO_ADDRESS) != ADDRESS_TYPE_CCW)
                    continue;
                if (!assign && ccw_given(o))
                    ccw_reserve(n, &s, o);
                else if (assign && !ccw_given(o))
                    ccw_assign(n, &s, o);
            }
        }
    free(s.used);
}

static bool has_mmio(const struct norm *n)
{
    for (size_t k = 0; k < ARRAY_SIZE(visit); k++) {
        const struct dom_list *l = &n->d->list[visit[k]];

        for (size_t i = 0; i < l->n; i++)
            if (NUM(l->o[i], INFO_ADDRESS) == ADDRESS_TYPE_VIRTIO_MMIO)
                return true;
    }
    return false;
}

/* Machines with both prefer PCI unless the guest already uses mmio. */
void norm_mmio(struct norm *n)
{
    const char *m = TEXT(n->root, DOMAIN_MACHINE);
    const struct dom_object *root;

    if (!n->armvirt && !n->riscvvirt &&
        !(n->arm && m && !strncmp(m, "vexpress-", 9)))
        return;
    root = norm_find_controller(n, CONTROLLER_TYPE_PCI, 0);
    if (root && is(TEXT(root, CONTROLLER_MODEL), "pcie-root") && !has_mmio(n))
        prime(n, ADDRESS_TYPE_PCI);
    else if (n->qemu->mmio)
        prime(n, ADDRESS_TYPE_VIRTIO_MMIO);
}

void norm_memory_slots(struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_MEMORY];
    int64_t slots = NUM(n->root, DOMAIN_SLOTS);
    CLEANUP(freep) bool *used = NULL;
    int64_t next = 0;

    if (!NUM(n->root, DOMAIN_MAXMEMORY) || slots > 65536 ||
        !(used = calloc((size_t)slots + 1, sizeof(*used))))
        return;
    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], INFO_ADDRESS) == ADDRESS_TYPE_DIMM &&
            NUM(l->o[i], INFO_SLOT) < slots)
            used[NUM(l->o[i], INFO_SLOT)] = true;
    for (size_t i = 0; i < l->n; i++) {
        struct dom_object *o = l->o[i];

        if (NUM(o, INFO_ADDRESS) == ADDRESS_TYPE_DIMM ||
            (NUM(o, MEMORY_MODEL) != MEMORY_MODEL_DIMM &&
             NUM(o, MEMORY_MODEL) != MEMORY_MODEL_NVDIMM))
            continue;
        while (next < slots && used[next])
            next++;
        if (next == slots) {
            dom_problem(n->d, o->line, "failed to find an empty memory slot");
            return;
        }
        used[next] = true;
        norm_set_address(n, o, ADDRESS_TYPE_DIMM);
        dom_set_num(n->d, o, INFO_SLOT, next);
        dom_set_num(n->d, o, INFO_BASE, 0);
    }
}
