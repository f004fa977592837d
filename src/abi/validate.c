/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "abi/validate.h"
#include "abi/caps.h"

#include <string.h>

#define MAX_BOOT_TIMEOUT 65535

typedef void check_fn(struct norm *n, const struct domain *raw);

static bool is(const char *a, const char *b)
{
    return a && !strcmp(a, b);
}

static void need_name_and_os(struct norm *n, const struct domain *raw)
{
    const struct dom_object *r = raw->root;

    if (!TEXT(r, DOMAIN_NAME) || !*TEXT(r, DOMAIN_NAME))
        dom_problem(n->d, r->line, "missing name of the domain");
    else if (strchr(TEXT(r, DOMAIN_NAME), '/'))
        dom_problem(n->d, r->v[DOMAIN_NAME].line,
                    "name '%s' cannot contain '/'", TEXT(r, DOMAIN_NAME));
    if (!TEXT(r, DOMAIN_OS_TYPE) && !GIVEN(r, DOMAIN_BOOTLOADER))
        dom_problem(n->d, r->line, "an os <type> must be specified");
}

/* Pairs of document and machine that no QEMU knows. */
static void machine_fits(struct norm *n, const struct domain *raw)
{
    const char *m = TEXT(n->root, DOMAIN_MACHINE);
    static const struct {
        const char *prefix;
        size_t offset; /* bool of struct norm that must be set */
    } families[] = {
        {"pc-i440fx-", offsetof(struct norm, x86)},
        {"pc-q35-", offsetof(struct norm, x86)},
        {"pseries", offsetof(struct norm, ppc64)},
        {"s390-ccw-virtio", offsetof(struct norm, s390)},
    };

    (void)raw;
    for (size_t i = 0; m && i < ARRAY_SIZE(families); i++)
        if (!strncmp(m, families[i].prefix, strlen(families[i].prefix)) &&
            !*(bool *)((char *)n + families[i].offset))
            dom_problem(n->d, n->root->v[DOMAIN_MACHINE].line,
                        "architecture '%s' has no machine type '%s'",
                        TEXT(n->root, DOMAIN_ARCH), m);
}

/* The caller's QEMU has it. */
static void qemu_can(struct norm *n, const struct domain *raw)
{
    const struct dom_object *r = n->root;
    const char *m = TEXT(r, DOMAIN_MACHINE);

    (void)raw;
    if (!n->caps)
        return;
    if (n->caps->n_machines && m && !n->told)
        dom_problem(n->d, r->v[DOMAIN_MACHINE].line,
                    "the QEMU whose capabilities were given has no machine "
                    "type '%s'",
                    m);
    if (n->caps->no_kvm && n->kvm)
        dom_problem(n->d, r->v[DOMAIN_TYPE].line,
                    "the QEMU whose capabilities were given has no KVM");
}

static void virt_type_fits(struct norm *n, const struct domain *raw)
{
    int64_t t = NUM(n->root, DOMAIN_TYPE);

    (void)raw;
    if (t != VIRT_TYPE_KVM && t != VIRT_TYPE_QEMU)
        dom_problem(n->d, n->root->v[DOMAIN_TYPE].line,
                    "virt type '%s' is not one that QEMU runs on Linux ('kvm' "
                    "or 'qemu')",
                    TEXT(n->root, DOMAIN_TYPE));
}

static void vcpus_fit(struct norm *n, const struct domain *raw)
{
    const struct dom_object *r = n->root;
    int64_t max = NUM(r, DOMAIN_VCPUS);
    int64_t by_topology = NUM(r, DOMAIN_SOCKETS) * NUM(r, DOMAIN_CORES) *
                          NUM(r, DOMAIN_THREADS) * NUM(r, DOMAIN_DIES) *
                          NUM(r, DOMAIN_CLUSTERS);

    (void)raw;
    if (!max)
        dom_problem(n->d, r->v[DOMAIN_VCPUS].line,
                    "the number of vCPUs must not be 0");
    if (NUM(r, DOMAIN_VCPUS_ONLINE) > max)
        dom_problem(n->d, r->v[DOMAIN_VCPUS_ONLINE].line,
                    "maximum vCPU count %lld must not be less than current "
                    "vCPU count %lld",
                    (long long)max, (long long)NUM(r, DOMAIN_VCPUS_ONLINE));
    if (GIVEN(r, DOMAIN_CPU_TOPOLOGY) && by_topology && by_topology != max)
        dom_problem(n->d, r->v[DOMAIN_CPU_TOPOLOGY].line,
                    "CPU topology of %lld CPUs does not match the maximum vCPU "
                    "count %lld",
                    (long long)by_topology, (long long)max);
}

static void vcpu_list_fits(struct norm *n, const struct domain *raw)
{
    const struct dom_list *l = &n->d->list[KIND_VCPU];

    (void)raw;
    for (size_t i = 0; i < l->n; i++) {
        const struct dom_object *o = l->o[i];

        if (NUM(o, VCPU_ID) >= NUM(n->root, DOMAIN_VCPUS))
            dom_problem(n->d, o->line,
                        "vCPU id '%lld' is out of range of the maximum vCPU "
                        "count",
                        (long long)NUM(o, VCPU_ID));
        else if (!NUM(o, VCPU_ID) && NUM(o, VCPU_ENABLED) == TRI_NO)
            dom_problem(n->d, o->line, "vCPU 0 cannot be offline");
    }
}

static int64_t highest_cpu(const char *set)
{
    int64_t max = -1;

    while (set && *set) {
        char *end;
        long v = strtol(set, &end, 10);

        if (v > max)
            max = v;
        set = *end ? end + 1 : end;
    }
    return max;
}

static void numa_fits(struct norm *n, const struct domain *raw)
{
    const struct dom_list *l = &n->d->list[KIND_CELL];

    (void)raw;
    for (size_t i = 0; i < l->n; i++) {
        const struct dom_object *o = l->o[i];

        if (NUM(o, CELL_ID) != (int64_t)i)
            dom_problem(n->d, o->line,
                        i && NUM(o, CELL_ID) == NUM(l->o[i - 1], CELL_ID)
                            ? "duplicate NUMA cell id '%lld'"
                            : "NUMA cells must be numbered from 0 without "
                              "gaps, found id '%lld'",
                        (long long)NUM(o, CELL_ID));
        if (highest_cpu(TEXT(o, CELL_CPUS)) >= NUM(n->root, DOMAIN_VCPUS))
            dom_problem(n->d, o->line,
                        "number of CPUs in <numa> exceeds the <vcpu> count");
    }
}

static void cpu_fits(struct norm *n, const struct domain *raw)
{
    const struct dom_object *r = n->root;
    int64_t mode = NUM(r, DOMAIN_CPU_MODE);
    bool host = mode == CPU_MODE_HOST_PASSTHROUGH || mode == CPU_MODE_MAXIMUM;

    if (mode == CPU_MODE_CUSTOM && !TEXT(r, DOMAIN_CPU_MODEL) &&
        NUM(r, DOMAIN_CPU_CHECK) != CPU_CHECK_DEFAULT)
        dom_problem(n->d, r->v[DOMAIN_CPU_CHECK].line,
                    "check attribute specified for CPU with no model");
    (void)raw;
    if (GIVEN(r, DOMAIN_CPU_MIGRATABLE) && !host)
        dom_problem(n->d, r->v[DOMAIN_CPU_MIGRATABLE].line,
                    "attribute migratable is only allowed for "
                    "'host-passthrough' and 'maximum' CPUs");
    if (GIVEN(r, DOMAIN_PHYSADDR_BITS) &&
        NUM(r, DOMAIN_PHYSADDR_MODE) == MAXPHYSADDR_PASSTHROUGH)
        dom_problem(n->d, r->v[DOMAIN_PHYSADDR_BITS].line,
                    "CPU physical address bits cannot be used with "
                    "mode='passthrough'");
    if (NUM(r, DOMAIN_CPU_CACHE_MODE) == CPU_CACHE_PASSTHROUGH &&
        GIVEN(r, DOMAIN_CPU_CACHE) && !host)
        dom_problem(n->d, r->v[DOMAIN_CPU_CACHE].line,
                    "CPU cache mode 'passthrough' can only be used with "
                    "'host-passthrough' and 'maximum' CPUs");
}

static void clock_fits(struct norm *n, const struct domain *raw)
{
    const struct dom_object *r = raw->root;

    if (NUM(r, DOMAIN_CLOCK_OFFSET) == CLOCK_OFFSET_TIMEZONE &&
        !TEXT(r, DOMAIN_CLOCK_TIMEZONE))
        dom_problem(n->d, r->v[DOMAIN_CLOCK_OFFSET].line,
                    "missing 'timezone' attribute for clock with "
                    "offset='timezone'");
    if (NUM(r, DOMAIN_CLOCK_OFFSET) == CLOCK_OFFSET_ABSOLUTE &&
        !TEXT(r, DOMAIN_CLOCK_START))
        dom_problem(n->d, r->v[DOMAIN_CLOCK_OFFSET].line,
                    "missing 'start' attribute for clock with "
                    "offset='absolute'");
}

static void boot_fits(struct norm *n, const struct domain *raw)
{
    const struct dom_object *r = raw->root;
    bool menu = NUM(r, DOMAIN_BOOTMENU) == TRI_YES;

    if (menu && NUM(r, DOMAIN_BOOTMENU_TIMEOUT) > MAX_BOOT_TIMEOUT)
        dom_problem(n->d, r->v[DOMAIN_BOOTMENU_TIMEOUT].line,
                    "invalid boot menu timeout %lld, must be in range [0,%d]",
                    (long long)NUM(r, DOMAIN_BOOTMENU_TIMEOUT),
                    MAX_BOOT_TIMEOUT);
}

static bool loader_written(const struct dom_object *r)
{
    for (unsigned f = DOMAIN_LOADER; f <= DOMAIN_NVRAM_TYPE; f++)
        if (GIVEN(r, f))
            return true;
    return false;
}

static void firmware_fits(struct norm *n, const struct domain *raw)
{
    const struct dom_object *r = raw->root;
    int line = r->v[DOMAIN_LOADER_TYPE].line;
    bool pflash = NUM(r, DOMAIN_LOADER_TYPE) == LOADER_TYPE_PFLASH;
    bool efi = NUM(r, DOMAIN_OS_FIRMWARE) == OS_FIRMWARE_EFI;
    bool nvram = GIVEN(r, DOMAIN_NVRAM);

    if (!GIVEN(r, DOMAIN_OS_FIRMWARE) && loader_written(r) &&
        !TEXT(r, DOMAIN_LOADER))
        dom_problem(n->d, line,
                    "no loader path specified and firmware auto selection "
                    "disabled");
    if (NUM(r, DOMAIN_OS_FIRMWARE) == OS_FIRMWARE_BIOS && nvram)
        dom_problem(n->d, r->v[DOMAIN_NVRAM].line,
                    "firmware type 'bios' does not support nvram");
    if (NUM(r, DOMAIN_LOADER_STATELESS) == TRI_YES && nvram)
        dom_problem(n->d, r->v[DOMAIN_NVRAM].line,
                    "NVRAM is not permitted when loader is stateless");
    if (nvram && !efi && TEXT(r, DOMAIN_LOADER) && !pflash &&
        !GIVEN(r, DOMAIN_OS_FIRMWARE))
        dom_problem(n->d, r->v[DOMAIN_NVRAM].line,
                    "only pflash loader type permits NVRAM");
    if (n->x86 && (efi || pflash) && !GIVEN(r, DOMAIN_ACPI))
        dom_problem(n->d, line, "UEFI requires ACPI on this architecture");
}

static void iommu_needs_acpi(struct norm *n, const struct domain *raw)
{
    const struct dom_list *l = &raw->list[KIND_IOMMU];

    for (size_t i = 0; i < l->n; i++)
        if (n->x86 && NUM(l->o[i], IOMMU_MODEL) == IOMMU_MODEL_VIRTIO &&
            !GIVEN(n->root, DOMAIN_ACPI))
            dom_problem(n->d, l->o[i]->line,
                        "IOMMU device 'virtio' requires ACPI");
}

/* At most one, or at most one of each value of a row. */
static void count_devices(struct norm *n, const struct domain *raw)
{
    static const struct {
        enum dom_kind_id kind;
        int row; /* -1: at most one at all */
    } limits[] = {
        {KIND_MEMBALLOON, -1},     {KIND_IOMMU, -1},
        {KIND_VSOCK, -1},          {KIND_NVRAM, -1},
        {KIND_PSTORE, -1},         {KIND_REDIRFILTER, -1},
        {KIND_PANIC, PANIC_MODEL}, {KIND_AUDIO, AUDIO_ID},
    };

    for (size_t k = 0; k < ARRAY_SIZE(limits); k++) {
        const struct dom_list *l = limits[k].row < 0
                                       ? &raw->list[limits[k].kind]
                                       : &n->d->list[limits[k].kind];

        for (size_t i = 1; i < l->n; i++)
            if (limits[k].row < 0 || NUM(l->o[i], limits[k].row) ==
                                         NUM(l->o[i - 1], limits[k].row)) {
                dom_problem(n->d, l->o[i]->line,
                            "only a single %s is supported%s",
                            dom_kind(limits[k].kind)->label,
                            limits[k].row < 0 ? "" : " of each kind");
                break;
            }
    }
}

static void watchdogs_act_alike(struct norm *n, const struct domain *raw)
{
    const struct dom_list *l = &n->d->list[KIND_WATCHDOG];

    (void)raw;
    for (size_t i = 1; i < l->n; i++)
        if (NUM(l->o[i], WATCHDOG_ACTION) != NUM(l->o[0], WATCHDOG_ACTION))
            dom_problem(n->d, l->o[i]->line,
                        "watchdogs with different actions are not supported");
}

static int by_target(const void *a, const void *b)
{
    const struct dom_object *const *x = a;
    const struct dom_object *const *y = b;
    const char *s = TEXT(*x, DISK_TARGET), *t = TEXT(*y, DISK_TARGET);

    return strcmp(s ? s : "", t ? t : "");
}

static void targets_are_unique(struct norm *n, const struct domain *raw)
{
    const struct dom_list *l = &n->d->list[KIND_DISK];
    CLEANUP(freep)
    struct dom_object **o = calloc(l->n + 1, sizeof(struct dom_object *));

    (void)raw;
    if (!o || !l->n)
        return;
    memcpy(o, l->o, l->n * sizeof(*o));
    qsort(o, l->n, sizeof(*o), by_target);
    for (size_t i = 1; i < l->n; i++)
        if (TEXT(o[i], DISK_TARGET) && !by_target(&o[i], &o[i - 1]))
            dom_problem(n->d, o[i]->line, "target '%s' duplicated",
                        TEXT(o[i], DISK_TARGET));
}

static bool shares_memory(const struct dom_object *r)
{
    return NUM(r, DOMAIN_MEM_ACCESS) == MEM_ACCESS_SHARED ||
           NUM(r, DOMAIN_MEM_SOURCE) == MEM_SOURCE_MEMFD;
}

static bool cells_share(const struct domain *d)
{
    const struct dom_list *l = &d->list[KIND_CELL];

    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], CELL_ACCESS) != MEM_ACCESS_SHARED)
            return false;
    return l->n > 0;
}

static void vhost_user_shares_memory(struct norm *n, const struct domain *raw)
{
    const struct dom_list *fs = &raw->list[KIND_FILESYSTEM];
    const struct dom_list *nets = &raw->list[KIND_INTERFACE];

    if (shares_memory(raw->root) || cells_share(raw) || n->s390)
        return;
    for (size_t i = 0; i < fs->n; i++)
        if (NUM(fs->o[i], FILESYSTEM_DRV_TYPE) == FS_DRIVER_VIRTIOFS)
            dom_problem(n->d, fs->o[i]->line,
                        "'virtiofs' requires shared memory");
    for (size_t i = 0; i < nets->n; i++)
        if (NUM(nets->o[i], INTERFACE_TYPE) == NET_TYPE_VHOSTUSER)
            dom_problem(n->d, nets->o[i]->line,
                        "'vhostuser' requires shared memory");
}

static void primary_video_is_first(struct norm *n, const struct domain *raw)
{
    const struct dom_list *l = &raw->list[KIND_VIDEO];
    size_t primary = 0;

    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], VIDEO_PRIMARY) == TRI_YES && primary++)
            dom_problem(n->d, l->o[i]->line,
                        "only one primary video device is supported");
}

static bool uses_pci(const struct domain *d, bool ccw,
                     const struct dom_object **o)
{
    for (size_t k = 0; k < KIND__MAX; k++) {
        const struct dom_list *l = &d->list[k];

        if (!(dom_kind((enum dom_kind_id)k)->flags & DK_DEVICE))
            continue;
        for (size_t i = 0; i < l->n; i++) {
            *o = l->o[i];
            if (ccw ? NUM(*o, INFO_ADDRESS) == ADDRESS_TYPE_CCW
                    : NUM(*o, INFO_ADDRESS) == ADDRESS_TYPE_PCI &&
                          (GIVEN(*o, INFO_ZPCI_UID) ||
                           GIVEN(*o, INFO_ZPCI_FID)))
                return true;
        }
    }
    return false;
}

static bool spells_decimal(const struct dom_object *o, unsigned f)
{
    const char *t = TEXT(o, f);

    return !t || !t[strspn(t, " 0123456789")];
}

/* Everybody's address. */
static void addresses_fit(struct norm *n, const struct domain *raw)
{
    const struct dom_object *o;

    if (!n->s390 && uses_pci(raw, false, &o))
        dom_problem(n->d, o->line, "this machine type has no zPCI");
    if (!n->s390ccw && uses_pci(n->d, true, &o))
        dom_problem(
            n->d, o->v[INFO_ADDRESS].line,
            "CCW addresses are not supported by machine type '%s'",
            TEXT(n->root, DOMAIN_MACHINE) ? TEXT(n->root, DOMAIN_MACHINE) : "");
    for (size_t k = 0; k < KIND__MAX; k++) {
        const struct dom_list *l = &raw->list[k];

        if (!(dom_kind((enum dom_kind_id)k)->flags & DK_DEVICE))
            continue;
        for (size_t i = 0; i < l->n; i++) {
            int64_t type = NUM(l->o[i], INFO_ADDRESS);

            if ((!spells_decimal(l->o[i], INFO_BUS) &&
                 (type == ADDRESS_TYPE_DRIVE || type == ADDRESS_TYPE_USB ||
                  type == ADDRESS_TYPE_VIRTIO_SERIAL)) ||
                (!spells_decimal(l->o[i], INFO_SLOT) &&
                 (type == ADDRESS_TYPE_DIMM || type == ADDRESS_TYPE_CCID)))
                dom_problem(n->d, l->o[i]->v[INFO_ADDRESS].line,
                            "invalid value in <address type='%s'>: expected "
                            "a non-negative decimal integer",
                            TEXT(l->o[i], INFO_ADDRESS));
        }
    }
}

static void ccw_is_complete(struct norm *n, const struct domain *raw)
{
    for (size_t k = 0; k < KIND__MAX; k++) {
        const struct dom_list *l = &raw->list[k];

        if (!(dom_kind((enum dom_kind_id)k)->flags & DK_DEVICE))
            continue;
        for (size_t i = 0; i < l->n; i++) {
            const struct dom_object *o = l->o[i];
            int have = GIVEN(o, INFO_CSSID) + GIVEN(o, INFO_SSID) +
                       GIVEN(o, INFO_DEVNO);

            if (NUM(o, INFO_ADDRESS) != ADDRESS_TYPE_CCW)
                continue;
            if (have && have < 3)
                dom_problem(n->d, o->v[INFO_ADDRESS].line,
                            "invalid partial specification for virtio ccw "
                            "address");
            else if (NUM(o, INFO_CSSID) > 254 || NUM(o, INFO_SSID) > 3 ||
                     NUM(o, INFO_DEVNO) > 65535)
                dom_problem(n->d, o->v[INFO_ADDRESS].line,
                            "invalid specification for virtio ccw address");
        }
    }
}

static void usb_is_there(struct norm *n, const struct domain *raw)
{
    const struct dom_list *l = &raw->list[KIND_CONTROLLER];
    bool none = false, other = false;

    for (size_t i = 0; i < l->n; i++) {
        if (NUM(l->o[i], CONTROLLER_TYPE) != CONTROLLER_TYPE_USB)
            continue;
        if (is(TEXT(l->o[i], CONTROLLER_MODEL), "none"))
            none = true;
        else
            other = true;
        if (none && (other || i > 0) && (other || none) && other)
            dom_problem(n->d, l->o[i]->line,
                        "cannot add another USB controller: USB is disabled "
                        "for this domain");
    }
}

static check_fn *const checks[] = {
    need_name_and_os,
    virt_type_fits,
    machine_fits,
    qemu_can,
    vcpus_fit,
    vcpu_list_fits,
    numa_fits,
    cpu_fits,
    clock_fits,
    boot_fits,
    firmware_fits,
    iommu_needs_acpi,
    count_devices,
    watchdogs_act_alike,
    targets_are_unique,
    vhost_user_shares_memory,
    primary_video_is_first,
    addresses_fit,
    ccw_is_complete,
    usb_is_there,
};

static void check_each(struct norm *n, const struct validate_rule *rules,
                       size_t nrules)
{
    for (size_t r = 0; r < nrules; r++) {
        const struct dom_list *l = &n->d->list[rules[r].kind];

        for (size_t i = 0; i < l->n; i++)
            rules[r].check(n, l->o[i]);
    }
}

void abi_validate(struct norm *n, const struct domain *raw)
{
    for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
        checks[i](n, raw);
    check_each(n, validate_device_rules, validate_device_rules_n);
    check_each(n, validate_controller_rules, validate_controller_rules_n);
}
