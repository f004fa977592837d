/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows of the domain itself and of what is not a device. Included by schema.h
 * only; the columns are those of struct dom_field:
 *
 * F(ID, path, type, libvirt, guest, default to the guest, what, why)
 *
 * The types (T_*) are macros of schema.c, the only one that needs them.
 */
#ifndef DOMAIN_FIELDS_H
#define DOMAIN_FIELDS_H

/* clang-format off */

/* Column `libvirt`. */
#define YES .libvirt = LV_YES
#define NO  .libvirt = LV_NO
#define OWN .libvirt = LV_OWN

#define DOMAIN_FIELDS(F) \
    F(TYPE,          "@type",                   T_RENUM(virt_type),      YES, G_HARD, NULL, "virt type", "the accelerator shows in CPUID, and KVM devices have their own state in the stream") \
    F(ID,            "@id",                     T_STR,                   NO,  G_HOST, NULL, "id", "number of a running guest on its host") \
    F(NAME,          "name",                    T_STR,                   YES, G_HARD, NULL, "name", "not hardware: a wrong name is a wrong document; renaming is destination_name's job") \
    F(UUID,          "uuid",                    T_UUID,                  YES, G_HARD, NULL, "uuid", "SMBIOS system uuid and the identity of the guest") \
    F(GENID_ASKED,   "genid",                   T_PRESENT,               YES, G_HARD, NULL, "vmgenid device", "an ACPI device") \
    F(GENID,         "genid/text()",            T_UUID,                  YES, G_HARD, NULL, "genid", "a change tells the guest that it was cloned") \
    F(MEMORY,        "memory",                  T_KIB,                   OWN, G_HARD, NULL, "memory size", "size of the RAM blocks") \
    F(CURRENT,       "currentMemory",           T_KIB,                   NO,  G_HOST, NULL, "current memory", "the balloon's state travels with the guest") \
    F(DUMPCORE,      "memory/@dumpCore",        T_SWITCH,                NO,  G_HOST, NULL, "core dump of memory", "affects core files of the host only") \
    F(MAXMEMORY,     "maxMemory",               T_KIB,                   YES, G_HARD, NULL, "maximum memory", "size of the hotplug region in the ACPI tables") \
    F(SLOTS,         "maxMemory/@slots",        T_UINT,                  YES, G_HARD, NULL, "memory slots", "number of ACPI memory slots") \
    F(VCPUS,         "vcpu",                    T_UINT,                  YES, G_HARD, NULL, "maximum vCPUs", "CPUs in the ACPI tables") \
    F(VCPUS_ONLINE,  "vcpu/@current",           T_UINT,                  OWN, G_HOST, NULL, "online vCPUs", "compared vCPU by vCPU") \
    F(VCPU_PLACEMENT, "vcpu/@placement",        T_ENUM(placement),       NO,  G_HOST, NULL, "vCPU placement", "pinning on the host") \
    F(VCPU_CPUSET,   "vcpu/@cpuset",            T_CPUSET,                NO,  G_HOST, NULL, "vCPU pinning", "pinning on the host") \
    F(VCPU_LIST,     "vcpus",                   T_PRESENT,               OWN, G_HOST, NULL, "list of vCPUs", "compared vCPU by vCPU") \
    F(IOTHREADS,     "iothreads",               T_UINT,                  NO,  G_HOST, NULL, "I/O threads", "threads of the host") \
    F(BOOTLOADER,    "bootloader",              T_STR,                   NO,  G_HOST, NULL, "bootloader", "Xen only") \
    F(OS_TYPE,       "os/type/text()",          T_ENUM(os_type),         YES, G_HARD, NULL, "OS type", "full virtualisation or not") \
    F(ARCH,          "os/type/@arch",           T_ENUM(arch),            YES, G_HARD, NULL, "architecture", "another instruction set") \
    F(MACHINE,       "os/type/@machine",        T_STR,                   YES, G_HARD, NULL, "machine type", "the chipset and the version of every device") \
    F(OS_FIRMWARE,   "os/@firmware",            T_NZENUM(os_firmware),   NO,  G_SOFT, NULL, "firmware selection", "the chosen image decides (os/loader); the selection itself is not seen") \
    F(OS_FEATURES,   "os/firmware",             T_TREE,                  NO,  G_SOFT, NULL, "firmware features", "the chosen image decides (os/loader); the selection itself is not seen") \
    F(LOADER,        "os/loader/text()",        T_STR,                   NO,  G_SOFT, NULL, "firmware image", "the image's content travels in RAM; only its size must fit, and paths differ between hosts") \
    F(LOADER_TYPE,   "os/loader/@type",         T_NZENUM(loader_type),   NO,  G_HARD, "rom", "firmware type", "pflash and ROM are different RAM blocks: QEMU refuses") \
    F(LOADER_READONLY, "os/loader/@readonly",   T_YESNO,                 NO,  G_HARD, NULL, "read-only firmware", "whether the guest can write its flash") \
    F(LOADER_SECURE, "os/loader/@secure",       T_YESNO,                 NO,  G_HARD, "no", "secure firmware", "Secure Boot locks the flash to SMM") \
    F(LOADER_STATELESS, "os/loader/@stateless", T_YESNO,                 NO,  G_HARD, "no", "stateless firmware", "decides whether there is a second flash device") \
    F(LOADER_FORMAT, "os/loader/@format",       T_STR,                   NO,  G_HOST, NULL, "firmware image format", "image format of the host") \
    F(NVRAM,         "os/nvram",                T_PRESENT,               NO,  G_HARD, NULL, "firmware variables", "a second flash device") \
    F(NVRAM_PATH,    "os/nvram/text()",         T_STR,                   NO,  G_HOST, NULL, "path of the firmware variables", "file of the host") \
    F(NVRAM_TEMPLATE, "os/nvram/@template",     T_STR,                   NO,  G_HOST, NULL, "template of the firmware variables", "used when the guest is first started") \
    F(NVRAM_TYPE,    "os/nvram/@type",          T_STR,                   NO,  G_HOST, NULL, "storage of the firmware variables", "storage of the host") \
    F(KERNEL,        "os/kernel",               T_STR,                   NO,  G_SOFT, NULL, "kernel image", "loaded at boot only") \
    F(INITRD,        "os/initrd",               T_STR,                   NO,  G_SOFT, NULL, "initrd image", "loaded at boot only") \
    F(CMDLINE,       "os/cmdline",              T_STR,                   NO,  G_SOFT, NULL, "kernel command line", "read at boot only") \
    F(DTB,           "os/dtb",                  T_STR,                   NO,  G_SOFT, NULL, "device tree", "read at boot only") \
    F(SHIM,          "os/shim",                 T_STR,                   NO,  G_SOFT, NULL, "shim image", "loaded at boot only") \
    F(BOOT_DEV,      "os/boot/@dev",            T_RENUM(boot_dev),       NO,  G_SOFT, "hd", "boot device", "read by the firmware at boot only") \
    F(BOOTMENU,      "os/bootmenu/@enable",     T_YESNO,                 NO,  G_SOFT, NULL, "boot menu", "read by the firmware at boot only") \
    F(BOOTMENU_TIMEOUT, "os/bootmenu/@timeout", T_UINT,                  NO,  G_SOFT, NULL, "boot menu timeout", "read by the firmware at boot only") \
    F(BIOS_SERIAL,   "os/bios/@useserial",      T_YESNO,                 NO,  G_HARD, "no", "serial output of the BIOS", "adds the sgabios option ROM, a RAM block") \
    F(BIOS_REBOOT,   "os/bios/@rebootTimeout",  T_STR,                   NO,  G_SOFT, NULL, "reboot timeout of the BIOS", "read by the firmware at boot only") \
    F(ACPI_TABLE,    "os/acpi",                 T_TREE,                  NO,  G_HARD, NULL, "ACPI tables", "tables that the guest reads; their blob is a RAM block") \
    F(SMBIOS,        "os/smbios/@mode",         T_RENUM(smbios_mode),    YES, G_HARD, "emulate", "SMBIOS mode", "source of the SMBIOS tables; absent means that QEMU emulates them") \
    F(MEM_SOURCE,    "memoryBacking/source/@type", T_NZENUM(mem_source), YES, G_HOST, NULL, "memory source", "how the host backs the memory; libvirt fears a change of RAM block names") \
    F(MEM_ACCESS,    "memoryBacking/access/@mode", T_NZENUM(mem_access), NO,  G_HOST, NULL, "memory access", "how the host maps the memory") \
    F(MEM_ALLOC,     "memoryBacking/allocation/@mode", T_NZENUM(mem_alloc), NO, G_HOST, NULL, "memory allocation", "when the host allocates") \
    F(HUGEPAGES,     "memoryBacking/hugepages", T_TREE,                  NO,  G_HOST, NULL, "huge pages", "pages of the host") \
    F(LOCKED,        "memoryBacking/locked",    T_PRESENT,               NO,  G_HOST, NULL, "locked memory", "memory of the host") \
    F(NOSHAREPAGES,  "memoryBacking/nosharepages", T_PRESENT,            NO,  G_HOST, NULL, "page sharing", "memory of the host") \
    F(DISCARD,       "memoryBacking/discard",   T_PRESENT,               NO,  G_HOST, NULL, "memory discard", "memory of the host") \
    F(ACPI,          "features/acpi",           T_PRESENT,               YES, G_HARD, NULL, "feature acpi", "ACPI tables and devices") \
    F(PAE,           "features/pae",            T_PRESENT,               YES, G_HOST, NULL, "feature pae", "QEMU has no such switch; the CPU model decides") \
    F(APIC,          "features/apic",           T_PRESENT,               YES, G_HOST, NULL, "feature apic", "QEMU has no such switch on x86") \
    F(APIC_EOI,      "features/apic/@eoi",      T_SWITCH,                YES, G_HARD, NULL, "feature apic eoi", "KVM CPUID leaf") \
    F(HAP,           "features/hap",            T_PRESENT,               OWN, G_HOST, NULL, "feature hap", "Xen only") \
    F(HAP_STATE,     "features/hap/@state",     T_SWITCH,                YES, G_HOST, NULL, "feature hap", "Xen only") \
    F(VIRIDIAN,      "features/viridian",       T_PRESENT,               YES, G_HOST, NULL, "feature viridian", "Xen only") \
    F(PRIVNET,       "features/privnet",        T_PRESENT,               YES, G_HOST, NULL, "feature privnet", "containers only") \
    F(HYPERV,        "features/hyperv",         T_PRESENT,               OWN, G_HOST, NULL, "feature hyperv", "its enlightenments are compared one by one") \
    F(HYPERV_MODE,   "features/hyperv/@mode",   T_NZENUM(hyperv_mode),   YES, G_HARD, NULL, "feature hyperv", "set of Hyper-V CPUID leaves") \
    F(HV_RELAXED,    "features/hyperv/relaxed/@state",    T_RSWITCH,     YES, G_HARD, "off", "Hyper-V relaxed", "Hyper-V CPUID leaf") \
    F(HV_VAPIC,      "features/hyperv/vapic/@state",      T_RSWITCH,     YES, G_HARD, "off", "Hyper-V vapic", "Hyper-V CPUID leaf") \
    F(HV_SPINLOCKS,  "features/hyperv/spinlocks/@state",  T_RSWITCH,     NO,  G_HARD, "off", "Hyper-V spinlocks", "Hyper-V CPUID leaf") \
    F(HV_RETRIES,    "features/hyperv/spinlocks/@retries", T_UINT0,      YES, G_HARD, NULL, "Hyper-V spinlock retries", "Hyper-V CPUID leaf") \
    F(HV_VPINDEX,    "features/hyperv/vpindex/@state",    T_RSWITCH,     YES, G_HARD, "off", "Hyper-V vpindex", "Hyper-V CPUID leaf") \
    F(HV_RUNTIME,    "features/hyperv/runtime/@state",    T_RSWITCH,     YES, G_HARD, "off", "Hyper-V runtime", "Hyper-V CPUID leaf") \
    F(HV_SYNIC,      "features/hyperv/synic/@state",      T_RSWITCH,     YES, G_HARD, "off", "Hyper-V synic", "Hyper-V CPUID leaf, state in the stream") \
    F(HV_STIMER,     "features/hyperv/stimer/@state",     T_RSWITCH,     YES, G_HARD, "off", "Hyper-V stimer", "Hyper-V CPUID leaf") \
    F(HV_STIMER_DIRECT, "features/hyperv/stimer/direct/@state", T_RSWITCH, YES, G_HARD, "off", "Hyper-V direct stimer", "Hyper-V CPUID leaf") \
    F(HV_RESET,      "features/hyperv/reset/@state",      T_RSWITCH,     YES, G_HARD, "off", "Hyper-V reset", "Hyper-V CPUID leaf") \
    F(HV_VENDOR,     "features/hyperv/vendor_id/@state",  T_RSWITCH,     NO,  G_HARD, "off", "Hyper-V vendor id", "Hyper-V CPUID leaf") \
    F(HV_VENDOR_ID,  "features/hyperv/vendor_id/@value",  T_STR,         YES, G_HARD, NULL, "Hyper-V vendor id", "Hyper-V CPUID leaf") \
    F(HV_FREQUENCIES, "features/hyperv/frequencies/@state", T_RSWITCH,   YES, G_HARD, "off", "Hyper-V frequencies", "Hyper-V CPUID leaf") \
    F(HV_REENLIGHTENMENT, "features/hyperv/reenlightenment/@state", T_RSWITCH, YES, G_HARD, "off", "Hyper-V reenlightenment", "Hyper-V CPUID leaf") \
    F(HV_TLBFLUSH,   "features/hyperv/tlbflush/@state",   T_RSWITCH,     YES, G_HARD, "off", "Hyper-V tlbflush", "Hyper-V CPUID leaf") \
    F(HV_TLBFLUSH_DIRECT, "features/hyperv/tlbflush/direct/@state", T_RSWITCH, NO, G_HARD, "off", "Hyper-V direct tlbflush", "Hyper-V CPUID leaf") \
    F(HV_TLBFLUSH_EXT, "features/hyperv/tlbflush/extended/@state", T_RSWITCH, NO, G_HARD, "off", "Hyper-V extended tlbflush", "Hyper-V CPUID leaf") \
    F(HV_IPI,        "features/hyperv/ipi/@state",        T_RSWITCH,     YES, G_HARD, "off", "Hyper-V ipi", "Hyper-V CPUID leaf") \
    F(HV_EVMCS,      "features/hyperv/evmcs/@state",      T_RSWITCH,     YES, G_HARD, "off", "Hyper-V evmcs", "Hyper-V CPUID leaf") \
    F(HV_AVIC,       "features/hyperv/avic/@state",       T_RSWITCH,     YES, G_HARD, "off", "Hyper-V avic", "Hyper-V CPUID leaf") \
    F(HV_EMSR,       "features/hyperv/emsr_bitmap/@state", T_RSWITCH,    YES, G_HARD, "off", "Hyper-V emsr_bitmap", "Hyper-V CPUID leaf") \
    F(HV_XMM,        "features/hyperv/xmm_input/@state",  T_RSWITCH,     YES, G_HARD, "off", "Hyper-V xmm_input", "Hyper-V CPUID leaf") \
    F(KVM,           "features/kvm",            T_PRESENT,               YES, G_HOST, NULL, "feature kvm", "its switches are compared one by one") \
    F(KVM_HIDDEN,    "features/kvm/hidden/@state",         T_RSWITCH,    YES, G_HARD, "off", "KVM hidden", "KVM CPUID leaf") \
    F(KVM_DEDICATED, "features/kvm/hint-dedicated/@state", T_RSWITCH,    YES, G_HARD, "off", "KVM hint-dedicated", "KVM CPUID leaf") \
    F(KVM_POLL,      "features/kvm/poll-control/@state",   T_RSWITCH,    YES, G_HARD, "off", "KVM poll-control", "KVM CPUID leaf") \
    F(KVM_PV_IPI,    "features/kvm/pv-ipi/@state",         T_RSWITCH,    YES, G_HARD, NULL, "KVM pv-ipi", "KVM CPUID leaf; absent leaves it to the CPU model") \
    F(KVM_RING,      "features/kvm/dirty-ring/@state",     T_RSWITCH,    YES, G_HOST, NULL, "KVM dirty-ring", "how the host tracks dirty pages") \
    F(KVM_RING_SIZE, "features/kvm/dirty-ring/@size",      T_UINT0,      YES, G_HOST, NULL, "KVM dirty-ring size", "how the host tracks dirty pages") \
    F(XEN,           "features/xen",            T_PRESENT,               YES, G_HOST, NULL, "feature xen", "Xen only") \
    F(XEN_E820,      "features/xen/e820_host/@state",      T_RSWITCH,    YES, G_HOST, NULL, "Xen e820_host", "Xen only") \
    F(XEN_PASSTHROUGH, "features/xen/passthrough/@state",  T_RSWITCH,    YES, G_HOST, NULL, "Xen passthrough", "Xen only") \
    F(XEN_MODE,      "features/xen/passthrough/@mode", T_ENUM(xen_passthrough), YES, G_HOST, NULL, "Xen passthrough mode", "Xen only") \
    F(PVSPINLOCK,    "features/pvspinlock",     T_PRESENT,               OWN, G_HOST, NULL, "feature pvspinlock", "see its state") \
    F(PVSPINLOCK_STATE, "features/pvspinlock/@state", T_SWITCH,          YES, G_HARD, NULL, "feature pvspinlock", "KVM CPUID leaf; absent leaves it to QEMU") \
    F(CAPABILITIES,  "features/capabilities/@policy", T_ENUM(caps_policy), YES, G_HOST, NULL, "capabilities policy", "containers only") \
    F(PMU,           "features/pmu",            T_PRESENT,               OWN, G_HOST, NULL, "feature pmu", "see its state") \
    F(PMU_STATE,     "features/pmu/@state",     T_SWITCH,                YES, G_HARD, NULL, "feature pmu", "CPUID leaf and MSRs; absent leaves it to QEMU and the CPU model") \
    F(VMPORT,        "features/vmport",         T_PRESENT,               OWN, G_HOST, NULL, "feature vmport", "see its state") \
    F(VMPORT_STATE,  "features/vmport/@state",  T_SWITCH,                YES, G_HARD, "on", "feature vmport", "an ISA device; absent is QEMU's auto, which is on everywhere but on Xen") \
    F(GIC,           "features/gic",            T_PRESENT,               YES, G_HARD, NULL, "feature gic", "the interrupt controller") \
    F(GIC_VERSION,   "features/gic/@version",   T_NZENUM(gic_version),   YES, G_HARD, NULL, "GIC version", "the interrupt controller") \
    F(SMM,           "features/smm",            T_PRESENT,               OWN, G_HOST, NULL, "feature smm", "see its state") \
    F(SMM_STATE,     "features/smm/@state",     T_SWITCH,                YES, G_HARD, NULL, "feature smm", "system management mode; absent leaves it to QEMU's auto") \
    F(TSEG,          "features/smm/tseg",       T_MIB,                   YES, G_HARD, NULL, "SMM TSEG size", "memory map of the guest") \
    F(IOAPIC,        "features/ioapic/@driver", T_NZENUM(ioapic),        YES, G_HARD, NULL, "I/O APIC", "in-kernel or split interrupt controller: different device state") \
    F(HPT,           "features/hpt",            T_PRESENT,               OWN, G_HOST, NULL, "feature hpt", "its values are compared") \
    F(HPT_RESIZING,  "features/hpt/@resizing",  T_NZENUM(hpt_resizing),  YES, G_HARD, NULL, "HPT resizing", "POWER page table protocol") \
    F(HPT_MAXPAGE,   "features/hpt/maxpagesize", T_KIB,                  YES, G_HARD, NULL, "HPT maximum page size", "POWER page table protocol") \
    F(VMCOREINFO,    "features/vmcoreinfo",     T_PRESENT,               OWN, G_HOST, NULL, "feature vmcoreinfo", "see its state") \
    F(VMCOREINFO_STATE, "features/vmcoreinfo/@state", T_SWITCH,          YES, G_HARD, "off", "feature vmcoreinfo", "a device with a fw_cfg file") \
    F(HTM,           "features/htm/@state",     T_RSWITCH,               YES, G_HARD, NULL, "feature htm", "transactional memory of POWER") \
    F(NESTED_HV,     "features/nested-hv/@state", T_RSWITCH,             YES, G_HARD, NULL, "feature nested-hv", "POWER machine capability in the stream") \
    F(CCF_ASSIST,    "features/ccf-assist/@state", T_RSWITCH,            YES, G_HARD, NULL, "feature ccf-assist", "POWER machine capability in the stream") \
    F(MSRS,          "features/msrs/@unknown",  T_RENUM(msrs_unknown),   NO,  G_HARD, NULL, "unknown MSRs", "what an unknown MSR does to the guest") \
    F(CFPC,          "features/cfpc/@value",    T_NZENUM(cfpc),          YES, G_HARD, NULL, "feature cfpc", "POWER machine capability in the stream") \
    F(SBBC,          "features/sbbc/@value",    T_NZENUM(sbbc),          YES, G_HARD, NULL, "feature sbbc", "POWER machine capability in the stream") \
    F(IBS,           "features/ibs/@value",     T_NZENUM(ibs),           YES, G_HARD, NULL, "feature ibs", "POWER machine capability in the stream") \
    F(TCG_TBCACHE,   "features/tcg/tb-cache",   T_KIB,                   NO,  G_HOST, NULL, "TCG translation cache", "memory of the host") \
    F(ASYNC_TEARDOWN, "features/async-teardown/@enabled", T_YESNO,       NO,  G_HOST, NULL, "asynchronous teardown", "how the host frees memory") \
    F(RAS,           "features/ras/@state",     T_RSWITCH,               YES, G_HARD, "off", "feature ras", "ACPI error device of ARM") \
    F(PS2,           "features/ps2/@state",     T_RSWITCH,               YES, G_HARD, "on", "feature ps2", "the i8042 controller") \
    F(AIA,           "features/aia/@value",     T_NZENUM(aia),           YES, G_HARD, NULL, "feature aia", "RISC-V interrupt controller") \
    F(CPU,           "cpu",                     T_PRESENT,               OWN, G_HOST, NULL, "CPU", "compared field by field") \
    F(CPU_MODE,      "cpu/@mode",               T_ENUM(cpu_mode),        OWN, G_HARD, NULL, "CPU mode", "which CPU the guest gets") \
    F(CPU_MATCH,     "cpu/@match",              T_ENUM(cpu_match),       NO,  G_HOST, NULL, "CPU match", "how libvirt compares with the host before the start") \
    F(CPU_CHECK,     "cpu/@check",              T_ENUM(cpu_check),       OWN, G_HOST, NULL, "CPU check", "how libvirt compares with the host before the start") \
    F(CPU_MIGRATABLE, "cpu/@migratable",        T_SWITCH,                NO,  G_HARD, "on", "CPU migratable", "host-passthrough with features that cannot migrate") \
    F(CPU_DEPRECATED, "cpu/@deprecated_features", T_SWITCH,              NO,  G_HARD, NULL, "deprecated CPU features", "set of CPU features of s390x") \
    F(CPU_MODEL,     "cpu/model/text()",        T_STR,                   OWN, G_HARD, NULL, "CPU model", "CPUID") \
    F(CPU_FALLBACK,  "cpu/model/@fallback",     T_ENUM(cpu_fallback),    NO,  G_HOST, NULL, "CPU model fallback", "what libvirt does when the host lacks the model") \
    F(CPU_VENDOR,    "cpu/vendor",              T_STR,                   OWN, G_HARD, NULL, "CPU vendor", "condition on the host's CPU, CPUID") \
    F(CPU_VENDOR_ID, "cpu/model/@vendor_id",    T_STR,                   OWN, G_HARD, NULL, "CPU vendor id", "CPUID leaf 0") \
    F(CPU_TOPOLOGY,  "cpu/topology",            T_PRESENT,               OWN, G_HOST, NULL, "CPU topology", "compared field by field") \
    F(SOCKETS,       "cpu/topology/@sockets",   T_UINT,                  OWN, G_HARD, NULL, "CPU sockets", "CPU topology in CPUID and ACPI") \
    F(DIES,          "cpu/topology/@dies",      T_UINT,                  OWN, G_HARD, NULL, "CPU dies", "CPU topology in CPUID and ACPI") \
    F(CLUSTERS,      "cpu/topology/@clusters",  T_UINT,                  OWN, G_HARD, NULL, "CPU clusters", "CPU topology in CPUID and ACPI") \
    F(CORES,         "cpu/topology/@cores",     T_UINT,                  OWN, G_HARD, NULL, "CPU cores", "CPU topology in CPUID and ACPI") \
    F(THREADS,       "cpu/topology/@threads",   T_UINT,                  OWN, G_HARD, NULL, "CPU threads", "CPU topology in CPUID and ACPI") \
    F(PHYSADDR,      "cpu/maxphysaddr",         T_PRESENT,               OWN, G_HARD, NULL, "CPU physical address size", "CPUID, memory map") \
    F(PHYSADDR_MODE, "cpu/maxphysaddr/@mode",   T_RENUM(maxphysaddr),    OWN, G_HARD, NULL, "CPU physical address mode", "CPUID, memory map") \
    F(PHYSADDR_BITS, "cpu/maxphysaddr/@bits",   T_INT1,                  OWN, G_HARD, NULL, "CPU physical address bits", "CPUID, memory map") \
    F(PHYSADDR_LIMIT, "cpu/maxphysaddr/@limit", T_UINT,                  NO,  G_HARD, NULL, "CPU physical address limit", "CPUID, memory map") \
    F(CPU_CACHE,     "cpu/cache",               T_PRESENT,               OWN, G_HARD, NULL, "CPU cache", "CPUID leaf 4") \
    F(CPU_CACHE_LEVEL, "cpu/cache/@level",      T_INT1,                  OWN, G_HARD, NULL, "CPU cache level", "CPUID leaf 4") \
    F(CPU_CACHE_MODE, "cpu/cache/@mode",        T_RENUM(cpu_cache),      OWN, G_HARD, NULL, "CPU cache mode", "CPUID leaf 4") \
    F(HMAT,          "cpu/numa/interconnects",  T_TREE,                  NO,  G_HARD, NULL, "NUMA interconnects (HMAT)", "an ACPI table") \
    F(CLOCK_OFFSET,  "clock/@offset",           T_ENUM(clock_offset),    NO,  G_SOFT, "utc", "clock offset", "the RTC's value travels in the stream") \
    F(CLOCK_ADJUST,  "clock/@adjustment",       T_STR,                   NO,  G_SOFT, NULL, "clock adjustment", "the RTC's value travels in the stream") \
    F(CLOCK_BASIS,   "clock/@basis",            T_ENUM(clock_basis),     NO,  G_SOFT, NULL, "clock basis", "the RTC's value travels in the stream") \
    F(CLOCK_TIMEZONE, "clock/@timezone",        T_STR,                   NO,  G_SOFT, NULL, "clock time zone", "the RTC's value travels in the stream") \
    F(CLOCK_START,   "clock/@start",            T_STR,                   NO,  G_SOFT, NULL, "clock start", "used at boot only") \
    F(S3,            "pm/suspend-to-mem/@enabled",  T_YESNO,             NO,  G_HARD, NULL, "suspend to memory", "ACPI S3 in the tables and in the power controller") \
    F(S4,            "pm/suspend-to-disk/@enabled", T_YESNO,             NO,  G_HARD, NULL, "suspend to disk", "ACPI S4 in the tables and in the power controller") \
    F(ON_POWEROFF,   "on_poweroff",             T_ENUM(lifecycle),       NO,  G_SOFT, "destroy", "action on power-off", "what the host does afterwards") \
    F(ON_REBOOT,     "on_reboot",               T_STR,                   NO,  G_SOFT, "restart", "action on reboot", "what the host does afterwards") \
    F(ON_CRASH,      "on_crash",                T_STR,                   NO,  G_SOFT, "destroy", "action on crash", "what the host does afterwards") \
    F(LAUNCH,        "launchSecurity",          T_TREE,                  NO,  G_HARD, NULL, "launch security", "memory encryption; part of the measurement") \
    F(LAUNCH_TYPE,   "launchSecurity/@type",    T_RNZENUM(launch_security), NO, G_HARD, NULL, "launch security type", "memory encryption") \
    F(KEYWRAP,       "keywrap",                 T_TREE,                  NO,  G_HARD, NULL, "key wrapping", "machine property of s390x") \
    F(QEMU_CMDLINE,  "qemu:commandline",        T_TREE,                  NO,  G_HARD, NULL, "QEMU command line", "may add any device; nobody can know") \
    F(QEMU_OVERRIDE, "qemu:override",           T_TREE,                  NO,  G_HARD, NULL, "QEMU device properties", "may change any device") \
    F(QEMU_CAPS,     "qemu:capabilities",       T_TREE,                  NO,  G_SOFT, NULL, "QEMU capabilities", "changes how libvirt starts QEMU, seldom what the guest sees") \
    F(CPUTUNE,       "cputune",                 T_TREE,                  NO,  G_HOST, NULL, "CPU tuning", "threads of the host") \
    F(NUMATUNE,      "numatune",                T_TREE,                  NO,  G_HOST, NULL, "NUMA tuning", "memory of the host") \
    F(BLKIOTUNE,     "blkiotune",               T_TREE,                  NO,  G_HOST, NULL, "block I/O tuning", "cgroups of the host") \
    F(MEMTUNE,       "memtune",                 T_TREE,                  NO,  G_HOST, NULL, "memory tuning", "cgroups of the host") \
    F(RESOURCE,      "resource",                T_TREE,                  NO,  G_HOST, NULL, "resource partition", "cgroups of the host") \
    F(SECLABEL,      "seclabel",                T_TREE,                  NO,  G_HOST, NULL, "security label", "labels of the host") \
    F(EMULATOR,      "devices/emulator",        T_STR,                   NO,  G_HOST, NULL, "emulator", "path on the host")

#define VCPU_FIELDS(F) \
    F(ID,      "@id",           T_RUINT,  NO,  G_HOST, NULL, "id", "key of the comparison") \
    F(ENABLED, "@enabled",      T_RYESNO, OWN, G_HARD, NULL, "state", "CPUs that the guest sees online") \
    F(HOTPLUG, "@hotpluggable", T_YESNO,  NO,  G_HARD, NULL, "hotpluggable", "ACPI flags of the CPU") \
    F(ORDER,   "@order",        T_UINT,   OWN, G_HOST, NULL, "order", "order in which the host plugs CPUs; libvirt wants it repeated")

#define CELL_FIELDS(F) \
    F(ID,        "@id",        T_UINT,               NO,  G_HOST, NULL, "id", "key of the comparison") \
    F(CPUS,      "@cpus",      T_CPUSET,             YES, G_HARD, NULL, "processor mask", "ACPI SRAT table") \
    F(MEMORY,    "@memory",    T_KIB,                YES, G_HARD, NULL, "size", "ACPI SRAT table, RAM blocks") \
    F(ACCESS,    "@memAccess", T_NZENUM(mem_access), NO,  G_HOST, NULL, "memory access", "how the host maps the memory") \
    F(DISCARD,   "@discard",   T_YESNO,              NO,  G_HOST, NULL, "discard", "memory of the host") \
    F(CACHE,     "cache",      T_TREE,               NO,  G_HARD, NULL, "memory-side cache", "ACPI HMAT table")

#define SIBLING_FIELDS(F) \
    F(ID,    "@id",    T_RUINT, NO,  G_HOST, NULL, "id", "key of the comparison") \
    F(VALUE, "@value", T_RUINT, YES, G_HARD, NULL, "distance", "ACPI SLIT table")

#define CPUFEATURE_FIELDS(F) \
    F(NAME,   "@name",   T_RSTR,             YES, G_HARD, NULL, "name", "CPUID bit") \
    F(POLICY, "@policy", T_ENUM(cpu_policy), YES, G_HARD, NULL, "policy", "CPUID bit")

#define TIMER_FIELDS(F) \
    F(NAME,       "@name",              T_RENUM(timer_name),  YES, G_HARD, NULL, "name", "a clock device or CPUID leaf") \
    F(PRESENT,    "@present",           T_YESNO,              YES, G_HARD, NULL, "presence", "a clock device or CPUID leaf") \
    F(TICKPOLICY, "@tickpolicy",        T_NZENUM(tickpolicy), NO,  G_SOFT, NULL, "tick policy", "how lost ticks are made up for") \
    F(TRACK,      "@track",             T_NZENUM(timer_track), NO, G_SOFT, NULL, "track", "what the clock follows") \
    F(FREQUENCY,  "@frequency",         T_UINT,               OWN, G_HARD, NULL, "frequency", "TSC frequency") \
    F(MODE,       "@mode",              T_NZENUM(timer_mode), OWN, G_HARD, NULL, "mode", "TSC emulation") \
    F(THRESHOLD,  "catchup/@threshold", T_UINT,               NO,  G_SOFT, NULL, "catch-up threshold", "how lost ticks are made up for") \
    F(SLEW,       "catchup/@slew",      T_UINT,               NO,  G_SOFT, NULL, "catch-up slew", "how lost ticks are made up for") \
    F(LIMIT,      "catchup/@limit",     T_UINT,               NO,  G_SOFT, NULL, "catch-up limit", "how lost ticks are made up for")

#define SYSINFO_FIELDS(F) \
    F(TYPE,             "@type",                     T_RENUM(sysinfo_type), YES, G_HARD, NULL, "type", "SMBIOS or fw_cfg") \
    F(BIOS_VENDOR,      "bios/entry[vendor]",         T_STR, YES, G_HARD, NULL, "BIOS vendor", "SMBIOS table") \
    F(BIOS_VERSION,     "bios/entry[version]",        T_STR, YES, G_HARD, NULL, "BIOS version", "SMBIOS table") \
    F(BIOS_DATE,        "bios/entry[date]",           T_STR, YES, G_HARD, NULL, "BIOS date", "SMBIOS table") \
    F(BIOS_RELEASE,     "bios/entry[release]",        T_STR, YES, G_HARD, NULL, "BIOS release", "SMBIOS table") \
    F(SYS_MANUFACTURER, "system/entry[manufacturer]", T_STR, YES, G_HARD, NULL, "system manufacturer", "SMBIOS table") \
    F(SYS_PRODUCT,      "system/entry[product]",      T_STR, YES, G_HARD, NULL, "system product", "SMBIOS table") \
    F(SYS_VERSION,      "system/entry[version]",      T_STR, YES, G_HARD, NULL, "system version", "SMBIOS table") \
    F(SYS_SERIAL,       "system/entry[serial]",       T_STR, YES, G_HARD, NULL, "system serial", "SMBIOS table") \
    F(SYS_UUID,         "system/entry[uuid]",         T_UUID, YES, G_HARD, NULL, "system uuid", "SMBIOS table") \
    F(SYS_SKU,          "system/entry[sku]",          T_STR, YES, G_HARD, NULL, "system sku", "SMBIOS table") \
    F(SYS_FAMILY,       "system/entry[family]",       T_STR, YES, G_HARD, NULL, "system family", "SMBIOS table") \
    F(CHASSIS_MANUFACTURER, "chassis/entry[manufacturer]", T_STR, YES, G_HARD, NULL, "chassis manufacturer", "SMBIOS table") \
    F(CHASSIS_VERSION,  "chassis/entry[version]",     T_STR, YES, G_HARD, NULL, "chassis version", "SMBIOS table") \
    F(CHASSIS_SERIAL,   "chassis/entry[serial]",      T_STR, YES, G_HARD, NULL, "chassis serial", "SMBIOS table") \
    F(CHASSIS_ASSET,    "chassis/entry[asset]",       T_STR, YES, G_HARD, NULL, "chassis asset", "SMBIOS table") \
    F(CHASSIS_SKU,      "chassis/entry[sku]",         T_STR, YES, G_HARD, NULL, "chassis sku", "SMBIOS table")

#define BASEBOARD_FIELDS(F) \
    F(MANUFACTURER, "entry[manufacturer]", T_STR, YES, G_HARD, NULL, "manufacturer", "SMBIOS table") \
    F(PRODUCT,      "entry[product]",      T_STR, YES, G_HARD, NULL, "product", "SMBIOS table") \
    F(VERSION,      "entry[version]",      T_STR, YES, G_HARD, NULL, "version", "SMBIOS table") \
    F(SERIAL,       "entry[serial]",       T_STR, YES, G_HARD, NULL, "serial", "SMBIOS table") \
    F(ASSET,        "entry[asset]",        T_STR, YES, G_HARD, NULL, "asset", "SMBIOS table") \
    F(LOCATION,     "entry[location]",     T_STR, YES, G_HARD, NULL, "location", "SMBIOS table")

#define OEMSTRING_FIELDS(F) \
    F(TEXT, "text()", T_STR, NO, G_HARD, NULL, "text", "SMBIOS table")

#define FWCFG_FIELDS(F) \
    F(NAME,  "@name",  T_STR, NO, G_HARD, NULL, "name", "a fw_cfg file that the guest can read") \
    F(FILE,  "@file",  T_STR, NO, G_SOFT, NULL, "file", "path on the host; the content is unknown here") \
    F(TEXT,  "text()", T_STR, NO, G_HARD, NULL, "text", "a fw_cfg file that the guest can read")

/* clang-format on */

#endif
