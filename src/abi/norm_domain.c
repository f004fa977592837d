/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Normalisation of what is not a device. */
#include "abi/norm.h"
#include "abi/caps.h"
#include "abi/machine.h"

#include <string.h>
#include <sys/utsname.h>

void norm_ids(struct norm *n)
{
    struct dom_object *r = n->root;
    const struct dom_list *sysinfo = &n->d->list[KIND_SYSINFO];

    if (!TEXT(r, DOMAIN_UUID)) {
        const char *uuid = abi_random;

        /* The SMBIOS uuid serves when there is no <uuid>. */
        for (size_t i = 0; i < sysinfo->n; i++)
            if (TEXT(sysinfo->o[i], SYSINFO_SYS_UUID))
                uuid = TEXT(sysinfo->o[i], SYSINFO_SYS_UUID);
        dom_set_text(r, DOMAIN_UUID, uuid);
    }
    if (GIVEN(r, DOMAIN_GENID_ASKED))
        norm_default_text(r, DOMAIN_GENID, abi_random);
    norm_default_text(r, DOMAIN_ON_POWEROFF, "destroy");
    norm_default_text(r, DOMAIN_ON_REBOOT, "restart");
    norm_default_text(r, DOMAIN_ON_CRASH, "destroy");
}

static int host_arch(void)
{
    struct utsname u;
    int arch = uname(&u) < 0 ? -1 : enum_find(&enum_arch, u.machine);

    return arch > 0 ? arch : ARCH_X86_64;
}

int norm_arch_of(const struct domain *dom)
{
    static const char prefix[] = "qemu-system-";
    const char *emulator = TEXT(dom->root, DOMAIN_EMULATOR);
    const char *at = emulator ? strstr(emulator, prefix) : NULL;
    int arch = (int)NUM(dom->root, DOMAIN_ARCH);

    if (arch)
        return arch;
    arch = at ? enum_find(&enum_arch, at + strlen(prefix)) : -1;
    return arch > 0 ? arch : host_arch();
}

static bool starts(const char *s, const char *prefix)
{
    return s && !strncmp(s, prefix, strlen(prefix));
}

static bool is_or_starts(const char *s, const char *name, const char *prefix)
{
    return s && (!strcmp(s, name) || starts(s, prefix));
}

static void classify(struct norm *n, const char *m)
{
    bool virt = is_or_starts(m, "virt", "virt-");
    int a = n->arch;

    n->x86 = a == ARCH_X86_64 || a == ARCH_I686;
    n->arm = a == ARCH_AARCH64 || a == ARCH_ARMV7L || a == ARCH_ARMV6L ||
             a == ARCH_ARMV7B;
    n->s390 = a == ARCH_S390X || a == ARCH_S390;
    n->ppc64 = a == ARCH_PPC64 || a == ARCH_PPC64LE;
    n->riscv = a == ARCH_RISCV64 || a == ARCH_RISCV32;
    n->loongarch = a == ARCH_LOONGARCH64;
    n->mips = a == ARCH_MIPS || a == ARCH_MIPSEL || a == ARCH_MIPS64 ||
              a == ARCH_MIPS64EL;
    n->q35 = n->x86 && is_or_starts(m, "q35", "pc-q35-");
    n->i440fx =
        n->x86 && (is_or_starts(m, "pc", "pc-0.") || starts(m, "pc-1.") ||
                   starts(m, "pc-i440fx-") || starts(m, "rhel"));
    n->isapc = n->x86 && m && !strcmp(m, "isapc");
    n->armvirt = n->arm && virt;
    n->riscvvirt = n->riscv && virt;
    n->loongvirt = n->loongarch && virt;
    n->pseries = n->ppc64 && is_or_starts(m, "pseries", "pseries-");
    n->s390ccw = n->s390 && starts(m, "s390-ccw");
}

/*
 * <os firmware='efi'> makes libvirt pick an image of the host; on q35 the
 * first one usually has Secure Boot, which needs SMM, unless the document
 * rules that out. The migratable format forgets the choice but not the SMM.
 */
static void select_firmware(struct norm *n)
{
    struct dom_object *r = n->root;
    const char *wanted = TEXT(r, DOMAIN_OS_FEATURES);

    if (n->second || !n->q35 || NUM(r, DOMAIN_OS_FIRMWARE) != OS_FIRMWARE_EFI ||
        TEXT(r, DOMAIN_LOADER) || NUM(r, DOMAIN_LOADER_SECURE) == TRI_NO ||
        NUM(r, DOMAIN_LOADER_STATELESS) == TRI_YES)
        return;
    if (wanted && strstr(wanted, "enabled='no' name='secure-boot'"))
        return;
    norm_default_num(n, r, DOMAIN_SMM_STATE, TRI_ON);
}

/* What the capabilities say of the machine; they are another QEMU's if they
 * are of another architecture. */
static void ask_caps(struct norm *n, const char *name)
{
    const struct machine_facts *usual = machine_facts(n->arch, NULL);
    const struct abi_caps *c = n->caps;

    n->qemu = arch_facts(n->arch);
    if (c && c->arch && !arch_is_alike(c->arch, n->arch))
        c = n->caps = NULL;
    if (!c)
        return;
    if (c->has_devices)
        n->qemu = &c->facts;
    n->told = caps_machine(c, name);
    if (!n->told && !name && usual)
        n->told = caps_machine(c, usual->alias ? usual->alias : usual->name);
}

/* The machine's name in full; NULL: as it is written. */
static const char *canonical_machine(const struct norm *n, const char *name)
{
    const struct machine_facts *m = n->machine;

    if (n->told)
        return n->told->name;
    if (!m || (n->caps && n->caps->n_machines))
        return NULL;
    if (!name)
        return m->canon ? m->canon : m->name;
    return m->alias && !strcmp(m->alias, name) ? m->canon : NULL;
}

void norm_machine(struct norm *n)
{
    struct dom_object *r = n->root;
    const char *name;

    if (!GIVEN(r, DOMAIN_ARCH))
        dom_set_num(n->d, r, DOMAIN_ARCH, n->host_arch);
    n->arch = (int)NUM(r, DOMAIN_ARCH);
    n->kvm = NUM(r, DOMAIN_TYPE) == VIRT_TYPE_KVM;
    name = TEXT(r, DOMAIN_MACHINE);
    ask_caps(n, name);
    n->machine = machine_facts(n->arch, name);
    name = canonical_machine(n, name);
    if (name)
        dom_set_text(r, DOMAIN_MACHINE, name);
    classify(n, TEXT(r, DOMAIN_MACHINE));
    if (n->s390)
        dom_unset(r, DOMAIN_ACPI);
    select_firmware(n);
}

/* Features whose element alone means on. */
static const struct {
    unsigned element, state;
} states[] = {
    {DOMAIN_HAP, DOMAIN_HAP_STATE},
    {DOMAIN_PVSPINLOCK, DOMAIN_PVSPINLOCK_STATE},
    {DOMAIN_PMU, DOMAIN_PMU_STATE},
    {DOMAIN_VMPORT, DOMAIN_VMPORT_STATE},
    {DOMAIN_SMM, DOMAIN_SMM_STATE},
    {DOMAIN_VMCOREINFO, DOMAIN_VMCOREINFO_STATE},
};

/* Values that only count when their feature is on. */
static const struct {
    unsigned on, first, last;
} dependent[] = {
    {DOMAIN_HV_SPINLOCKS, DOMAIN_HV_RETRIES, DOMAIN_HV_RETRIES},
    {DOMAIN_HV_STIMER, DOMAIN_HV_STIMER_DIRECT, DOMAIN_HV_STIMER_DIRECT},
    {DOMAIN_HV_VENDOR, DOMAIN_HV_VENDOR_ID, DOMAIN_HV_VENDOR_ID},
    {DOMAIN_HV_TLBFLUSH, DOMAIN_HV_TLBFLUSH_DIRECT, DOMAIN_HV_TLBFLUSH_EXT},
    {DOMAIN_KVM_RING, DOMAIN_KVM_RING_SIZE, DOMAIN_KVM_RING_SIZE},
    {DOMAIN_SMM_STATE, DOMAIN_TSEG, DOMAIN_TSEG},
};

static void clear_range(struct dom_object *r, unsigned first, unsigned last)
{
    for (unsigned f = first; f <= last; f++)
        dom_unset(r, f);
}

void norm_features(struct norm *n)
{
    struct dom_object *r = n->root;

    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        if (GIVEN(r, states[i].element) && !GIVEN(r, states[i].state))
            dom_set_num(n->d, r, states[i].state, TRI_ON);
    if (GIVEN(r, DOMAIN_HYPERV) && !GIVEN(r, DOMAIN_HYPERV_MODE))
        dom_set_num(n->d, r, DOMAIN_HYPERV_MODE, HYPERV_MODE_CUSTOM);
    if (NUM(r, DOMAIN_HYPERV_MODE) == HYPERV_MODE_PASSTHROUGH)
        clear_range(r, DOMAIN_HV_RELAXED, DOMAIN_HV_XMM);
    for (size_t i = 0; i < ARRAY_SIZE(dependent); i++)
        if (NUM(r, dependent[i].on) != TRI_ON)
            clear_range(r, dependent[i].first, dependent[i].last);
    /* Formatting keeps only state='on'. */
    if (NUM(r, DOMAIN_HV_STIMER_DIRECT) == TRI_OFF)
        dom_unset(r, DOMAIN_HV_STIMER_DIRECT);
    if (!GIVEN(r, DOMAIN_HPT_RESIZING) && !NUM(r, DOMAIN_HPT_MAXPAGE))
        dom_unset(r, DOMAIN_HPT);
}

static bool sve_needs_switch(struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_CPUFEATURE];
    bool lengths = false;

    for (size_t i = 0; i < l->n; i++) {
        const char *name = TEXT(l->o[i], CPUFEATURE_NAME);

        if (name && !strcmp(name, "sve"))
            return false;
        lengths |= starts(name, "sve");
    }
    return lengths;
}

/* On s390 and POWER the default that QEMU names is that of its accelerator,
 * or a revision of libvirt's model. */
static const char *default_model(const struct norm *n)
{
    if (n->told && n->told->cpu && !n->s390 && !n->ppc64)
        return n->told->cpu;
    if (!n->machine)
        return NULL;
    return n->kvm ? n->machine->kvm_cpu : n->machine->tcg_cpu;
}

static void default_cpu(struct norm *n)
{
    struct dom_object *r = n->root;
    const char *model;

    if (GIVEN(r, DOMAIN_CPU) && (NUM(r, DOMAIN_CPU_MODE) != CPU_MODE_CUSTOM ||
                                 TEXT(r, DOMAIN_CPU_MODEL)))
        return;
    if (!n->x86 && !n->s390 && !n->ppc64 &&
        NUM(r, DOMAIN_TYPE) != VIRT_TYPE_QEMU)
        return;
    model = default_model(n);
    if (!model || n->arch == ARCH_PPC)
        return;
    dom_set_num(n->d, r, DOMAIN_CPU, 1);
    if (!strcmp(model, "host")) {
        dom_set_num(n->d, r, DOMAIN_CPU_MODE,
                    n->s390 ? CPU_MODE_HOST_MODEL : CPU_MODE_HOST_PASSTHROUGH);
        return;
    }
    dom_set_num(n->d, r, DOMAIN_CPU_CHECK, CPU_CHECK_NONE);
    dom_set_num(n->d, r, DOMAIN_CPU_MODE, CPU_MODE_CUSTOM);
    dom_set_text(r, DOMAIN_CPU_MODEL, model);
}

static void default_check(struct norm *n)
{
    struct dom_object *r = n->root;
    int mode = (int)NUM(r, DOMAIN_CPU_MODE);
    int check = CPU_CHECK_PARTIAL;

    if (mode == CPU_MODE_CUSTOM && !TEXT(r, DOMAIN_CPU_MODEL))
        return;
    if (NUM(r, DOMAIN_CPU_CHECK) != CPU_CHECK_DEFAULT)
        return;
    if (mode == CPU_MODE_HOST_PASSTHROUGH || mode == CPU_MODE_MAXIMUM ||
        (mode == CPU_MODE_CUSTOM && NUM(r, DOMAIN_TYPE) == VIRT_TYPE_QEMU))
        check = CPU_CHECK_NONE;
    dom_set_num(n->d, r, DOMAIN_CPU_CHECK, check);
}

void norm_cpu(struct norm *n)
{
    struct dom_object *r = n->root;
    const struct dom_list *features = &n->d->list[KIND_CPUFEATURE];
    struct dom_object *sve;

    if (GIVEN(r, DOMAIN_CPU) && !GIVEN(r, DOMAIN_CPU_MODE))
        dom_set_num(n->d, r, DOMAIN_CPU_MODE, CPU_MODE_CUSTOM);
    default_cpu(n);
    if (!GIVEN(r, DOMAIN_CPU))
        return;
    /* A model is kept for the modes that have one. */
    if (NUM(r, DOMAIN_CPU_MODE) == CPU_MODE_HOST_PASSTHROUGH ||
        NUM(r, DOMAIN_CPU_MODE) == CPU_MODE_MAXIMUM)
        dom_unset(r, DOMAIN_CPU_MODEL);
    if (GIVEN(r, DOMAIN_CPU_TOPOLOGY)) {
        norm_default_num(n, r, DOMAIN_DIES, 1);
        norm_default_num(n, r, DOMAIN_CLUSTERS, 1);
    }
    for (size_t i = 0; i < features->n; i++)
        norm_default_num(n, features->o[i], CPUFEATURE_POLICY,
                         CPU_POLICY_REQUIRE);
    if (sve_needs_switch(n) && (sve = norm_add(n, KIND_CPUFEATURE))) {
        dom_set_text(sve, CPUFEATURE_NAME, "sve");
        dom_set_num(n->d, sve, CPUFEATURE_POLICY, CPU_POLICY_REQUIRE);
    }
    if (NUM(r, DOMAIN_CPU_MODE) == CPU_MODE_HOST_PASSTHROUGH && n->x86)
        norm_default_num(n, r, DOMAIN_CPU_MIGRATABLE, TRI_ON);
    default_check(n);
}

/* Virt machines always have a GIC; emulated v3 has no MSI controller, so TCG
 * guests get v2. */
static void default_gic(struct norm *n)
{
    struct dom_object *r = n->root;

    if (!GIVEN(r, DOMAIN_GIC) && !n->armvirt)
        return;
    dom_set_num(n->d, r, DOMAIN_GIC, 1);
    norm_default_num(n, r, DOMAIN_GIC_VERSION,
                     n->kvm ? GIC_VERSION_3 : GIC_VERSION_2);
}

static void default_ioapic(struct norm *n)
{
    const struct dom_list *iommu = &n->d->list[KIND_IOMMU];
    bool eim = n->q35 && NUM(n->root, DOMAIN_VCPUS) > 255;

    if (iommu->n && (NUM(iommu->o[0], IOMMU_INTREMAP) == TRI_ON || eim))
        norm_default_num(n, n->root, DOMAIN_IOAPIC, IOAPIC_QEMU);
}

void norm_vcpus(struct norm *n)
{
    struct dom_object *r = n->root;

    norm_default_num(n, r, DOMAIN_VCPUS, 1);
    norm_default_num(n, r, DOMAIN_VCPUS_ONLINE, NUM(r, DOMAIN_VCPUS));
    default_gic(n);
    default_ioapic(n);
}

static int by_id(const void *a, const void *b)
{
    const struct dom_object *const *x = a;
    const struct dom_object *const *y = b;

    return (NUM(*x, CELL_ID) > NUM(*y, CELL_ID)) -
           (NUM(*x, CELL_ID) < NUM(*y, CELL_ID));
}

static void mark_cpus(const char *set, bool *in, size_t n)
{
    while (set && *set) {
        char *end;
        unsigned long a = strtoul(set, &end, 10), b = a;

        if (*end == '-')
            b = strtoul(end + 1, &end, 10);
        for (unsigned long i = a; i <= b && i < n; i++)
            in[i] = true;
        set = *end ? end + 1 : end;
    }
}

/* CPUs that are in no cell belong to cell 0. */
static void rectify_cell0(struct norm *n, struct dom_list *cells)
{
    size_t max = (size_t)NUM(n->root, DOMAIN_VCPUS);
    CLEANUP(freep) bool *in = NULL;
    CLEANUP(freep) char *out = NULL;
    CLEANUP(fclosep) FILE *to = NULL;
    size_t size, missing = 0;
    const char *comma = "";

    if (!max || max > 16384 || !(in = calloc(max + 1, sizeof(*in))))
        return;
    for (size_t i = 0; i < cells->n; i++)
        mark_cpus(TEXT(cells->o[i], CELL_CPUS), in, max);
    for (size_t i = 0; i < max; i++)
        missing += !in[i];
    if (!missing || !(to = open_memstream(&out, &size)))
        return;
    for (size_t i = 0; i < max; i++)
        in[i] = !in[i];
    mark_cpus(TEXT(cells->o[0], CELL_CPUS), in, max);
    for (size_t i = 0; i < max; i++) {
        size_t first = i;

        if (!in[i])
            continue;
        while (i + 1 < max && in[i + 1])
            i++;
        fprintf(to, first == i ? "%s%zu" : "%s%zu-%zu", comma, first, i);
        comma = ",";
    }
    fflush(to);
    dom_set_text(cells->o[0], CELL_CPUS, dom_strndup(n->d, out, size));
}

void norm_numa(struct norm *n)
{
    struct dom_list *cells = &n->d->list[KIND_CELL];

    if (!cells->n)
        return;
    for (size_t i = 0; i < cells->n; i++) {
        norm_default_num(n, cells->o[i], CELL_ID, (int64_t)i);
        if (TEXT(cells->o[i], CELL_CPUS) && !*TEXT(cells->o[i], CELL_CPUS))
            dom_unset(cells->o[i], CELL_CPUS);
    }
    qsort(cells->o, cells->n, sizeof(*cells->o), by_id);
    rectify_cell0(n, cells);
}

/* Memory of the devices is part of <memory>; what is left is the initial. */
void norm_memory(struct norm *n)
{
    struct dom_object *r = n->root;
    const struct dom_list *devices = &n->d->list[KIND_MEMORY];
    const struct dom_list *cells = &n->d->list[KIND_CELL];
    uint64_t hotplug = 0, numa = 0;

    for (size_t i = 0; i < devices->n; i++)
        hotplug += (uint64_t)NUM(devices->o[i], MEMORY_SIZE);
    for (size_t i = 0; i < cells->n; i++)
        numa += (uint64_t)NUM(cells->o[i], CELL_MEMORY);
    if (!NUM(r, DOMAIN_MEMORY) && numa)
        dom_set_num(n->d, r, DOMAIN_MEMORY, (int64_t)(numa + hotplug));
    if (hotplug > (uint64_t)NUM(r, DOMAIN_MEMORY))
        dom_problem(n->d, r->line,
                    "total size of memory devices exceeds the total memory "
                    "size");
    else if ((uint64_t)NUM(r, DOMAIN_MEMORY) == hotplug)
        dom_problem(n->d, r->v[DOMAIN_MEMORY].line,
                    "memory size must be specified via <memory> or in the "
                    "<numa> configuration");
    if (!NUM(r, DOMAIN_MAXMEMORY) && NUM(r, DOMAIN_SLOTS))
        dom_problem(n->d, r->v[DOMAIN_SLOTS].line,
                    "maximum memory size must be specified when specifying "
                    "number of memory slots");
    if (NUM(r, DOMAIN_MAXMEMORY) &&
        NUM(r, DOMAIN_MAXMEMORY) < NUM(r, DOMAIN_MEMORY))
        dom_problem(n->d, r->v[DOMAIN_MAXMEMORY].line,
                    "maximum memory size must be equal or greater than the "
                    "actual memory size");
}

/* What is compared: <memory> without the memory devices. Runs once, last. */
void norm_initial_memory(struct norm *n)
{
    const struct dom_list *devices = &n->d->list[KIND_MEMORY];
    int64_t memory = NUM(n->root, DOMAIN_MEMORY);

    for (size_t i = 0; i < devices->n; i++)
        memory -= NUM(devices->o[i], MEMORY_SIZE);
    dom_set_num(n->d, n->root, DOMAIN_MEMORY, memory);
}

void norm_sysinfo(struct norm *n)
{
    struct dom_list *boards = &n->d->list[KIND_BASEBOARD];

    /* A board that says nothing does not count. */
    for (size_t i = boards->n; i-- > 0;) {
        const struct dom_object *b = boards->o[i];
        bool any = false;

        for (unsigned f = 0; f < BASEBOARD__MAX; f++)
            any |= GIVEN(b, f);
        if (!any)
            dom_object_remove(n->d, KIND_BASEBOARD, i);
    }
}

static void redir_number(struct norm *n, struct dom_object *o, unsigned f)
{
    const char *text = TEXT(o, f);
    char *end;
    long v;

    if (!text)
        return;
    v = strtol(text, &end, 0);
    if (end != text && !*end)
        dom_set_text(o, f, dom_printf(n->d, "%ld", v));
}

/* "2.0" is BCD: 2.00 and 2.0 are the same. */
static void redir_version(struct norm *n, struct dom_object *o)
{
    const char *text = TEXT(o, USBDEV_VERSION);
    unsigned major, minor = 0;
    int used = 0;

    if (!text || !strcmp(text, "-1"))
        return;
    if (sscanf(text, "%2u.%2u%n", &major, &minor, &used) == 2 && !text[used]) {
        const char *dot = strchr(text, '.');

        if (strlen(dot + 1) == 1)
            minor *= 10;
        dom_set_text(o, USBDEV_VERSION,
                     dom_printf(n->d, "%u.%02u", major, minor));
    }
}

void norm_redirfilter(struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_USBDEV];

    for (size_t i = 0; i < l->n; i++) {
        redir_number(n, l->o[i], USBDEV_CLASS);
        redir_number(n, l->o[i], USBDEV_VENDOR);
        redir_number(n, l->o[i], USBDEV_PRODUCT);
        redir_version(n, l->o[i]);
        norm_default_text(l->o[i], USBDEV_CLASS, "-1");
        norm_default_text(l->o[i], USBDEV_VENDOR, "-1");
        norm_default_text(l->o[i], USBDEV_PRODUCT, "-1");
        norm_default_text(l->o[i], USBDEV_VERSION, "-1");
    }
}
