/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows of the domain itself and of what is not a device. Included by schema.h
 * only; the columns are those of struct dom_field:
 *
 * F(ID, path, type, libvirt, guest, default to the guest, what, why)
 */
#ifndef DOMAIN_FIELDS_H
#define DOMAIN_FIELDS_H

/* clang-format off */

/* Column `type`: the type, its list and flags. */
#define STR          .type = DT_STR
#define RSTR         .type = DT_STR, .flags = DF_REQUIRED
#define PRESENT      .type = DT_PRESENT
#define UINT         .type = DT_UINT
#define RUINT        .type = DT_UINT, .flags = DF_REQUIRED
#define NZUINT       .type = DT_UINT, .flags = DF_NONZERO
#define INT1         .type = DT_UINT, .flags = DF_MINUS1
#define UINT0        .type = DT_UINT0
#define INT01        .type = DT_UINT0, .flags = DF_MINUS1
#define HEX          .type = DT_HEX
#define OCT          .type = DT_OCT
#define SWITCH       .type = DT_SWITCH
#define RSWITCH      .type = DT_SWITCH, .flags = DF_REQUIRED
#define YESNO        .type = DT_BOOL
#define RYESNO       .type = DT_BOOL, .flags = DF_REQUIRED
#define LAXYESNO     .type = DT_BOOL, .flags = DF_LAX
#define KIB          .type = DT_KIB
#define BYTES        .type = DT_BYTES
#define MIB          .type = DT_MIB
#define UUID         .type = DT_UUID
#define MAC          .type = DT_MAC
#define CPUSET       .type = DT_CPUSET
#define TREE         .type = DT_TREE
#define ENUM(list)   .type = DT_ENUM, .names = &enum_##list
#define NZENUM(list) .type = DT_ENUM, .names = &enum_##list, .flags = DF_NONZERO
#define RENUM(list)  .type = DT_ENUM, .names = &enum_##list, .flags = DF_REQUIRED
#define RNZENUM(list) .type = DT_ENUM, .names = &enum_##list, .flags = DF_REQUIRED | DF_NONZERO

/* Column `libvirt`. AT(x): only for addresses of that type. */
#define YES    .libvirt = LV_YES
#define NO     .libvirt = LV_NO
#define OWN    .libvirt = LV_OWN
#define AT(x)  .libvirt = LV_YES, .address = ADDRESS_TYPE_##x
#define NOT(x) .libvirt = LV_NO, .address = ADDRESS_TYPE_##x

#define DOMAIN_FIELDS(F) \
    F(TYPE,          "@type",                   RENUM(virt_type),      YES, G_HARD, NULL, "virt type", "the accelerator shows in CPUID, and KVM devices have their own state in the stream") \
    F(ID,            "@id",                     STR,                   NO,  G_HOST, NULL, "id", "number of a running guest on its host") \
    F(NAME,          "name",                    STR,                   YES, G_HARD, NULL, "name", "not hardware: a wrong name is a wrong document; renaming is destination_name's job") \
    F(UUID,          "uuid",                    UUID,                  YES, G_HARD, NULL, "uuid", "SMBIOS system uuid and the identity of the guest") \
    F(GENID_ASKED,   "genid",                   PRESENT,               YES, G_HARD, NULL, "vmgenid device", "an ACPI device") \
    F(GENID,         "genid/text()",            UUID,                  YES, G_HARD, NULL, "genid", "a change tells the guest that it was cloned") \
    F(MEMORY,        "memory",                  KIB,                   OWN, G_HARD, NULL, "memory size", "size of the RAM blocks") \
    F(CURRENT,       "currentMemory",           KIB,                   NO,  G_HOST, NULL, "current memory", "the balloon's state travels with the guest") \
    F(DUMPCORE,      "memory/@dumpCore",        SWITCH,                NO,  G_HOST, NULL, "core dump of memory", "affects core files of the host only") \
    F(MAXMEMORY,     "maxMemory",               KIB,                   YES, G_HARD, NULL, "maximum memory", "size of the hotplug region in the ACPI tables") \
    F(SLOTS,         "maxMemory/@slots",        UINT,                  YES, G_HARD, NULL, "memory slots", "number of ACPI memory slots") \
    F(VCPUS,         "vcpu",                    UINT,                  YES, G_HARD, NULL, "maximum vCPUs", "CPUs in the ACPI tables") \
    F(VCPUS_ONLINE,  "vcpu/@current",           UINT,                  OWN, G_HOST, NULL, "online vCPUs", "compared vCPU by vCPU") \
    F(VCPU_PLACEMENT, "vcpu/@placement",        ENUM(placement),       NO,  G_HOST, NULL, "vCPU placement", "pinning on the host") \
    F(VCPU_CPUSET,   "vcpu/@cpuset",            CPUSET,                NO,  G_HOST, NULL, "vCPU pinning", "pinning on the host") \
    F(VCPU_LIST,     "vcpus",                   PRESENT,               OWN, G_HOST, NULL, "list of vCPUs", "compared vCPU by vCPU") \
    F(IOTHREADS,     "iothreads",               UINT,                  NO,  G_HOST, NULL, "I/O threads", "threads of the host") \
    F(BOOTLOADER,    "bootloader",              STR,                   NO,  G_HOST, NULL, "bootloader", "Xen only") \
    F(OS_TYPE,       "os/type/text()",          ENUM(os_type),         YES, G_HARD, NULL, "OS type", "full virtualisation or not") \
    F(ARCH,          "os/type/@arch",           ENUM(arch),            YES, G_HARD, NULL, "architecture", "another instruction set") \
    F(MACHINE,       "os/type/@machine",        STR,                   YES, G_HARD, NULL, "machine type", "the chipset and the version of every device") \
    F(OS_FIRMWARE,   "os/@firmware",            NZENUM(os_firmware),   NO,  G_SOFT, NULL, "firmware selection", "the chosen image decides (os/loader); the selection itself is not seen") \
    F(OS_FEATURES,   "os/firmware",             TREE,                  NO,  G_SOFT, NULL, "firmware features", "the chosen image decides (os/loader); the selection itself is not seen") \
    F(LOADER,        "os/loader/text()",        STR,                   NO,  G_SOFT, NULL, "firmware image", "the image's content travels in RAM; only its size must fit, and paths differ between hosts") \
    F(LOADER_TYPE,   "os/loader/@type",         NZENUM(loader_type),   NO,  G_HARD, "rom", "firmware type", "pflash and ROM are different RAM blocks: QEMU refuses") \
    F(LOADER_READONLY, "os/loader/@readonly",   YESNO,                 NO,  G_HARD, NULL, "read-only firmware", "whether the guest can write its flash") \
    F(LOADER_SECURE, "os/loader/@secure",       YESNO,                 NO,  G_HARD, "no", "secure firmware", "Secure Boot locks the flash to SMM") \
    F(LOADER_STATELESS, "os/loader/@stateless", YESNO,                 NO,  G_HARD, "no", "stateless firmware", "decides whether there is a second flash device") \
    F(LOADER_FORMAT, "os/loader/@format",       STR,                   NO,  G_HOST, NULL, "firmware image format", "image format of the host") \
    F(NVRAM,         "os/nvram",                PRESENT,               NO,  G_HARD, NULL, "firmware variables", "a second flash device") \
    F(NVRAM_PATH,    "os/nvram/text()",         STR,                   NO,  G_HOST, NULL, "path of the firmware variables", "file of the host") \
    F(NVRAM_TEMPLATE, "os/nvram/@template",     STR,                   NO,  G_HOST, NULL, "template of the firmware variables", "used when the guest is first started") \
    F(NVRAM_TYPE,    "os/nvram/@type",          STR,                   NO,  G_HOST, NULL, "storage of the firmware variables", "storage of the host") \
    F(KERNEL,        "os/kernel",               STR,                   NO,  G_SOFT, NULL, "kernel image", "loaded at boot only") \
    F(INITRD,        "os/initrd",               STR,                   NO,  G_SOFT, NULL, "initrd image", "loaded at boot only") \
    F(CMDLINE,       "os/cmdline",              STR,                   NO,  G_SOFT, NULL, "kernel command line", "read at boot only") \
    F(DTB,           "os/dtb",                  STR,                   NO,  G_SOFT, NULL, "device tree", "read at boot only") \
    F(SHIM,          "os/shim",                 STR,                   NO,  G_SOFT, NULL, "shim image", "loaded at boot only") \
    F(BOOT_DEV,      "os/boot/@dev",            RENUM(boot_dev),       NO,  G_SOFT, "hd", "boot device", "read by the firmware at boot only") \
    F(BOOTMENU,      "os/bootmenu/@enable",     YESNO,                 NO,  G_SOFT, NULL, "boot menu", "read by the firmware at boot only") \
    F(BOOTMENU_TIMEOUT, "os/bootmenu/@timeout", UINT,                  NO,  G_SOFT, NULL, "boot menu timeout", "read by the firmware at boot only") \
    F(BIOS_SERIAL,   "os/bios/@useserial",      YESNO,                 NO,  G_HARD, "no", "serial output of the BIOS", "adds the sgabios option ROM, a RAM block") \
    F(BIOS_REBOOT,   "os/bios/@rebootTimeout",  STR,                   NO,  G_SOFT, NULL, "reboot timeout of the BIOS", "read by the firmware at boot only") \
    F(ACPI_TABLE,    "os/acpi",                 TREE,                  NO,  G_HARD, NULL, "ACPI tables", "tables that the guest reads; their blob is a RAM block") \
    F(SMBIOS,        "os/smbios/@mode",         RENUM(smbios_mode),    YES, G_HARD, "emulate", "SMBIOS mode", "source of the SMBIOS tables; absent means that QEMU emulates them") \
    F(MEM_SOURCE,    "memoryBacking/source/@type", NZENUM(mem_source), YES, G_HOST, NULL, "memory source", "how the host backs the memory; libvirt fears a change of RAM block names") \
    F(MEM_ACCESS,    "memoryBacking/access/@mode", NZENUM(mem_access), NO,  G_HOST, NULL, "memory access", "how the host maps the memory") \
    F(MEM_ALLOC,     "memoryBacking/allocation/@mode", NZENUM(mem_alloc), NO, G_HOST, NULL, "memory allocation", "when the host allocates") \
    F(HUGEPAGES,     "memoryBacking/hugepages", TREE,                  NO,  G_HOST, NULL, "huge pages", "pages of the host") \
    F(LOCKED,        "memoryBacking/locked",    PRESENT,               NO,  G_HOST, NULL, "locked memory", "memory of the host") \
    F(NOSHAREPAGES,  "memoryBacking/nosharepages", PRESENT,            NO,  G_HOST, NULL, "page sharing", "memory of the host") \
    F(DISCARD,       "memoryBacking/discard",   PRESENT,               NO,  G_HOST, NULL, "memory discard", "memory of the host") \
    F(ACPI,          "features/acpi",           PRESENT,               YES, G_HARD, NULL, "feature acpi", "ACPI tables and devices") \
    F(PAE,           "features/pae",            PRESENT,               YES, G_HOST, NULL, "feature pae", "QEMU has no such switch; the CPU model decides") \
    F(APIC,          "features/apic",           PRESENT,               YES, G_HOST, NULL, "feature apic", "QEMU has no such switch on x86") \
    F(APIC_EOI,      "features/apic/@eoi",      SWITCH,                YES, G_HARD, NULL, "feature apic eoi", "KVM CPUID leaf") \
    F(HAP,           "features/hap",            PRESENT,               OWN, G_HOST, NULL, "feature hap", "Xen only") \
    F(HAP_STATE,     "features/hap/@state",     SWITCH,                YES, G_HOST, NULL, "feature hap", "Xen only") \
    F(VIRIDIAN,      "features/viridian",       PRESENT,               YES, G_HOST, NULL, "feature viridian", "Xen only") \
    F(PRIVNET,       "features/privnet",        PRESENT,               YES, G_HOST, NULL, "feature privnet", "containers only") \
    F(HYPERV,        "features/hyperv",         PRESENT,               OWN, G_HOST, NULL, "feature hyperv", "its enlightenments are compared one by one") \
    F(HYPERV_MODE,   "features/hyperv/@mode",   NZENUM(hyperv_mode),   YES, G_HARD, NULL, "feature hyperv", "set of Hyper-V CPUID leaves") \
    F(HV_RELAXED,    "features/hyperv/relaxed/@state",    RSWITCH,     YES, G_HARD, "off", "Hyper-V relaxed", "Hyper-V CPUID leaf") \
    F(HV_VAPIC,      "features/hyperv/vapic/@state",      RSWITCH,     YES, G_HARD, "off", "Hyper-V vapic", "Hyper-V CPUID leaf") \
    F(HV_SPINLOCKS,  "features/hyperv/spinlocks/@state",  RSWITCH,     NO,  G_HARD, "off", "Hyper-V spinlocks", "Hyper-V CPUID leaf") \
    F(HV_RETRIES,    "features/hyperv/spinlocks/@retries", UINT0,      YES, G_HARD, NULL, "Hyper-V spinlock retries", "Hyper-V CPUID leaf") \
    F(HV_VPINDEX,    "features/hyperv/vpindex/@state",    RSWITCH,     YES, G_HARD, "off", "Hyper-V vpindex", "Hyper-V CPUID leaf") \
    F(HV_RUNTIME,    "features/hyperv/runtime/@state",    RSWITCH,     YES, G_HARD, "off", "Hyper-V runtime", "Hyper-V CPUID leaf") \
    F(HV_SYNIC,      "features/hyperv/synic/@state",      RSWITCH,     YES, G_HARD, "off", "Hyper-V synic", "Hyper-V CPUID leaf, state in the stream") \
    F(HV_STIMER,     "features/hyperv/stimer/@state",     RSWITCH,     YES, G_HARD, "off", "Hyper-V stimer", "Hyper-V CPUID leaf") \
    F(HV_STIMER_DIRECT, "features/hyperv/stimer/direct/@state", RSWITCH, YES, G_HARD, "off", "Hyper-V direct stimer", "Hyper-V CPUID leaf") \
    F(HV_RESET,      "features/hyperv/reset/@state",      RSWITCH,     YES, G_HARD, "off", "Hyper-V reset", "Hyper-V CPUID leaf") \
    F(HV_VENDOR,     "features/hyperv/vendor_id/@state",  RSWITCH,     NO,  G_HARD, "off", "Hyper-V vendor id", "Hyper-V CPUID leaf") \
    F(HV_VENDOR_ID,  "features/hyperv/vendor_id/@value",  STR,         YES, G_HARD, NULL, "Hyper-V vendor id", "Hyper-V CPUID leaf") \
    F(HV_FREQUENCIES, "features/hyperv/frequencies/@state", RSWITCH,   YES, G_HARD, "off", "Hyper-V frequencies", "Hyper-V CPUID leaf") \
    F(HV_REENLIGHTENMENT, "features/hyperv/reenlightenment/@state", RSWITCH, YES, G_HARD, "off", "Hyper-V reenlightenment", "Hyper-V CPUID leaf") \
    F(HV_TLBFLUSH,   "features/hyperv/tlbflush/@state",   RSWITCH,     YES, G_HARD, "off", "Hyper-V tlbflush", "Hyper-V CPUID leaf") \
    F(HV_TLBFLUSH_DIRECT, "features/hyperv/tlbflush/direct/@state", RSWITCH, NO, G_HARD, "off", "Hyper-V direct tlbflush", "Hyper-V CPUID leaf") \
    F(HV_TLBFLUSH_EXT, "features/hyperv/tlbflush/extended/@state", RSWITCH, NO, G_HARD, "off", "Hyper-V extended tlbflush", "Hyper-V CPUID leaf") \
    F(HV_IPI,        "features/hyperv/ipi/@state",        RSWITCH,     YES, G_HARD, "off", "Hyper-V ipi", "Hyper-V CPUID leaf") \
    F(HV_EVMCS,      "features/hyperv/evmcs/@state",      RSWITCH,     YES, G_HARD, "off", "Hyper-V evmcs", "Hyper-V CPUID leaf") \
    F(HV_AVIC,       "features/hyperv/avic/@state",       RSWITCH,     YES, G_HARD, "off", "Hyper-V avic", "Hyper-V CPUID leaf") \
    F(HV_EMSR,       "features/hyperv/emsr_bitmap/@state", RSWITCH,    YES, G_HARD, "off", "Hyper-V emsr_bitmap", "Hyper-V CPUID leaf") \
    F(HV_XMM,        "features/hyperv/xmm_input/@state",  RSWITCH,     YES, G_HARD, "off", "Hyper-V xmm_input", "Hyper-V CPUID leaf") \
    F(KVM,           "features/kvm",            PRESENT,               YES, G_HOST, NULL, "feature kvm", "its switches are compared one by one") \
    F(KVM_HIDDEN,    "features/kvm/hidden/@state",         RSWITCH,    YES, G_HARD, "off", "KVM hidden", "KVM CPUID leaf") \
    F(KVM_DEDICATED, "features/kvm/hint-dedicated/@state", RSWITCH,    YES, G_HARD, "off", "KVM hint-dedicated", "KVM CPUID leaf") \
    F(KVM_POLL,      "features/kvm/poll-control/@state",   RSWITCH,    YES, G_HARD, "off", "KVM poll-control", "KVM CPUID leaf") \
    F(KVM_PV_IPI,    "features/kvm/pv-ipi/@state",         RSWITCH,    YES, G_HARD, NULL, "KVM pv-ipi", "KVM CPUID leaf; absent leaves it to the CPU model") \
    F(KVM_RING,      "features/kvm/dirty-ring/@state",     RSWITCH,    YES, G_HOST, NULL, "KVM dirty-ring", "how the host tracks dirty pages") \
    F(KVM_RING_SIZE, "features/kvm/dirty-ring/@size",      UINT0,      YES, G_HOST, NULL, "KVM dirty-ring size", "how the host tracks dirty pages") \
    F(XEN,           "features/xen",            PRESENT,               YES, G_HOST, NULL, "feature xen", "Xen only") \
    F(XEN_E820,      "features/xen/e820_host/@state",      RSWITCH,    YES, G_HOST, NULL, "Xen e820_host", "Xen only") \
    F(XEN_PASSTHROUGH, "features/xen/passthrough/@state",  RSWITCH,    YES, G_HOST, NULL, "Xen passthrough", "Xen only") \
    F(XEN_MODE,      "features/xen/passthrough/@mode", ENUM(xen_passthrough), YES, G_HOST, NULL, "Xen passthrough mode", "Xen only") \
    F(PVSPINLOCK,    "features/pvspinlock",     PRESENT,               OWN, G_HOST, NULL, "feature pvspinlock", "see its state") \
    F(PVSPINLOCK_STATE, "features/pvspinlock/@state", SWITCH,          YES, G_HARD, NULL, "feature pvspinlock", "KVM CPUID leaf; absent leaves it to QEMU") \
    F(CAPABILITIES,  "features/capabilities/@policy", ENUM(caps_policy), YES, G_HOST, NULL, "capabilities policy", "containers only") \
    F(PMU,           "features/pmu",            PRESENT,               OWN, G_HOST, NULL, "feature pmu", "see its state") \
    F(PMU_STATE,     "features/pmu/@state",     SWITCH,                YES, G_HARD, NULL, "feature pmu", "CPUID leaf and MSRs; absent leaves it to QEMU and the CPU model") \
    F(VMPORT,        "features/vmport",         PRESENT,               OWN, G_HOST, NULL, "feature vmport", "see its state") \
    F(VMPORT_STATE,  "features/vmport/@state",  SWITCH,                YES, G_HARD, "on", "feature vmport", "an ISA device; absent is QEMU's auto, which is on everywhere but on Xen") \
    F(GIC,           "features/gic",            PRESENT,               YES, G_HARD, NULL, "feature gic", "the interrupt controller") \
    F(GIC_VERSION,   "features/gic/@version",   NZENUM(gic_version),   YES, G_HARD, NULL, "GIC version", "the interrupt controller") \
    F(SMM,           "features/smm",            PRESENT,               OWN, G_HOST, NULL, "feature smm", "see its state") \
    F(SMM_STATE,     "features/smm/@state",     SWITCH,                YES, G_HARD, NULL, "feature smm", "system management mode; absent leaves it to QEMU's auto") \
    F(TSEG,          "features/smm/tseg",       MIB,                   YES, G_HARD, NULL, "SMM TSEG size", "memory map of the guest") \
    F(IOAPIC,        "features/ioapic/@driver", NZENUM(ioapic),        YES, G_HARD, NULL, "I/O APIC", "in-kernel or split interrupt controller: different device state") \
    F(HPT,           "features/hpt",            PRESENT,               OWN, G_HOST, NULL, "feature hpt", "its values are compared") \
    F(HPT_RESIZING,  "features/hpt/@resizing",  NZENUM(hpt_resizing),  YES, G_HARD, NULL, "HPT resizing", "POWER page table protocol") \
    F(HPT_MAXPAGE,   "features/hpt/maxpagesize", KIB,                  YES, G_HARD, NULL, "HPT maximum page size", "POWER page table protocol") \
    F(VMCOREINFO,    "features/vmcoreinfo",     PRESENT,               OWN, G_HOST, NULL, "feature vmcoreinfo", "see its state") \
    F(VMCOREINFO_STATE, "features/vmcoreinfo/@state", SWITCH,          YES, G_HARD, "off", "feature vmcoreinfo", "a device with a fw_cfg file") \
    F(HTM,           "features/htm/@state",     RSWITCH,               YES, G_HARD, NULL, "feature htm", "transactional memory of POWER") \
    F(NESTED_HV,     "features/nested-hv/@state", RSWITCH,             YES, G_HARD, NULL, "feature nested-hv", "POWER machine capability in the stream") \
    F(CCF_ASSIST,    "features/ccf-assist/@state", RSWITCH,            YES, G_HARD, NULL, "feature ccf-assist", "POWER machine capability in the stream") \
    F(MSRS,          "features/msrs/@unknown",  RENUM(msrs_unknown),   NO,  G_HARD, NULL, "unknown MSRs", "what an unknown MSR does to the guest") \
    F(CFPC,          "features/cfpc/@value",    NZENUM(cfpc),          YES, G_HARD, NULL, "feature cfpc", "POWER machine capability in the stream") \
    F(SBBC,          "features/sbbc/@value",    NZENUM(sbbc),          YES, G_HARD, NULL, "feature sbbc", "POWER machine capability in the stream") \
    F(IBS,           "features/ibs/@value",     NZENUM(ibs),           YES, G_HARD, NULL, "feature ibs", "POWER machine capability in the stream") \
    F(TCG_TBCACHE,   "features/tcg/tb-cache",   KIB,                   NO,  G_HOST, NULL, "TCG translation cache", "memory of the host") \
    F(ASYNC_TEARDOWN, "features/async-teardown/@enabled", YESNO,       NO,  G_HOST, NULL, "asynchronous teardown", "how the host frees memory") \
    F(RAS,           "features/ras/@state",     RSWITCH,               YES, G_HARD, "off", "feature ras", "ACPI error device of ARM") \
    F(PS2,           "features/ps2/@state",     RSWITCH,               YES, G_HARD, "on", "feature ps2", "the i8042 controller") \
    F(AIA,           "features/aia/@value",     NZENUM(aia),           YES, G_HARD, NULL, "feature aia", "RISC-V interrupt controller") \
    F(CPU,           "cpu",                     PRESENT,               OWN, G_HOST, NULL, "CPU", "compared field by field") \
    F(CPU_MODE,      "cpu/@mode",               ENUM(cpu_mode),        OWN, G_HARD, NULL, "CPU mode", "which CPU the guest gets") \
    F(CPU_MATCH,     "cpu/@match",              ENUM(cpu_match),       NO,  G_HOST, NULL, "CPU match", "how libvirt compares with the host before the start") \
    F(CPU_CHECK,     "cpu/@check",              ENUM(cpu_check),       OWN, G_HOST, NULL, "CPU check", "how libvirt compares with the host before the start") \
    F(CPU_MIGRATABLE, "cpu/@migratable",        SWITCH,                NO,  G_HARD, "on", "CPU migratable", "host-passthrough with features that cannot migrate") \
    F(CPU_DEPRECATED, "cpu/@deprecated_features", SWITCH,              NO,  G_HARD, NULL, "deprecated CPU features", "set of CPU features of s390x") \
    F(CPU_MODEL,     "cpu/model/text()",        STR,                   OWN, G_HARD, NULL, "CPU model", "CPUID") \
    F(CPU_FALLBACK,  "cpu/model/@fallback",     ENUM(cpu_fallback),    NO,  G_HOST, NULL, "CPU model fallback", "what libvirt does when the host lacks the model") \
    F(CPU_VENDOR,    "cpu/vendor",              STR,                   OWN, G_HARD, NULL, "CPU vendor", "condition on the host's CPU, CPUID") \
    F(CPU_VENDOR_ID, "cpu/model/@vendor_id",    STR,                   OWN, G_HARD, NULL, "CPU vendor id", "CPUID leaf 0") \
    F(CPU_TOPOLOGY,  "cpu/topology",            PRESENT,               OWN, G_HOST, NULL, "CPU topology", "compared field by field") \
    F(SOCKETS,       "cpu/topology/@sockets",   UINT,                  OWN, G_HARD, NULL, "CPU sockets", "CPU topology in CPUID and ACPI") \
    F(DIES,          "cpu/topology/@dies",      UINT,                  OWN, G_HARD, NULL, "CPU dies", "CPU topology in CPUID and ACPI") \
    F(CLUSTERS,      "cpu/topology/@clusters",  UINT,                  OWN, G_HARD, NULL, "CPU clusters", "CPU topology in CPUID and ACPI") \
    F(CORES,         "cpu/topology/@cores",     UINT,                  OWN, G_HARD, NULL, "CPU cores", "CPU topology in CPUID and ACPI") \
    F(THREADS,       "cpu/topology/@threads",   UINT,                  OWN, G_HARD, NULL, "CPU threads", "CPU topology in CPUID and ACPI") \
    F(PHYSADDR,      "cpu/maxphysaddr",         PRESENT,               OWN, G_HARD, NULL, "CPU physical address size", "CPUID, memory map") \
    F(PHYSADDR_MODE, "cpu/maxphysaddr/@mode",   RENUM(maxphysaddr),    OWN, G_HARD, NULL, "CPU physical address mode", "CPUID, memory map") \
    F(PHYSADDR_BITS, "cpu/maxphysaddr/@bits",   INT1,                  OWN, G_HARD, NULL, "CPU physical address bits", "CPUID, memory map") \
    F(PHYSADDR_LIMIT, "cpu/maxphysaddr/@limit", UINT,                  NO,  G_HARD, NULL, "CPU physical address limit", "CPUID, memory map") \
    F(CPU_CACHE,     "cpu/cache",               PRESENT,               OWN, G_HARD, NULL, "CPU cache", "CPUID leaf 4") \
    F(CPU_CACHE_LEVEL, "cpu/cache/@level",      INT1,                  OWN, G_HARD, NULL, "CPU cache level", "CPUID leaf 4") \
    F(CPU_CACHE_MODE, "cpu/cache/@mode",        RENUM(cpu_cache),      OWN, G_HARD, NULL, "CPU cache mode", "CPUID leaf 4") \
    F(HMAT,          "cpu/numa/interconnects",  TREE,                  NO,  G_HARD, NULL, "NUMA interconnects (HMAT)", "an ACPI table") \
    F(CLOCK_OFFSET,  "clock/@offset",           ENUM(clock_offset),    NO,  G_SOFT, "utc", "clock offset", "the RTC's value travels in the stream") \
    F(CLOCK_ADJUST,  "clock/@adjustment",       STR,                   NO,  G_SOFT, NULL, "clock adjustment", "the RTC's value travels in the stream") \
    F(CLOCK_BASIS,   "clock/@basis",            ENUM(clock_basis),     NO,  G_SOFT, NULL, "clock basis", "the RTC's value travels in the stream") \
    F(CLOCK_TIMEZONE, "clock/@timezone",        STR,                   NO,  G_SOFT, NULL, "clock time zone", "the RTC's value travels in the stream") \
    F(CLOCK_START,   "clock/@start",            STR,                   NO,  G_SOFT, NULL, "clock start", "used at boot only") \
    F(S3,            "pm/suspend-to-mem/@enabled",  YESNO,             NO,  G_HARD, NULL, "suspend to memory", "ACPI S3 in the tables and in the power controller") \
    F(S4,            "pm/suspend-to-disk/@enabled", YESNO,             NO,  G_HARD, NULL, "suspend to disk", "ACPI S4 in the tables and in the power controller") \
    F(ON_POWEROFF,   "on_poweroff",             ENUM(lifecycle),       NO,  G_SOFT, "destroy", "action on power-off", "what the host does afterwards") \
    F(ON_REBOOT,     "on_reboot",               STR,                   NO,  G_SOFT, "restart", "action on reboot", "what the host does afterwards") \
    F(ON_CRASH,      "on_crash",                STR,                   NO,  G_SOFT, "destroy", "action on crash", "what the host does afterwards") \
    F(LAUNCH,        "launchSecurity",          TREE,                  NO,  G_HARD, NULL, "launch security", "memory encryption; part of the measurement") \
    F(LAUNCH_TYPE,   "launchSecurity/@type",    RNZENUM(launch_security), NO, G_HARD, NULL, "launch security type", "memory encryption") \
    F(KEYWRAP,       "keywrap",                 TREE,                  NO,  G_HARD, NULL, "key wrapping", "machine property of s390x") \
    F(QEMU_CMDLINE,  "qemu:commandline",        TREE,                  NO,  G_HARD, NULL, "QEMU command line", "may add any device; nobody can know") \
    F(QEMU_OVERRIDE, "qemu:override",           TREE,                  NO,  G_HARD, NULL, "QEMU device properties", "may change any device") \
    F(QEMU_CAPS,     "qemu:capabilities",       TREE,                  NO,  G_SOFT, NULL, "QEMU capabilities", "changes how libvirt starts QEMU, seldom what the guest sees") \
    F(CPUTUNE,       "cputune",                 TREE,                  NO,  G_HOST, NULL, "CPU tuning", "threads of the host") \
    F(NUMATUNE,      "numatune",                TREE,                  NO,  G_HOST, NULL, "NUMA tuning", "memory of the host") \
    F(BLKIOTUNE,     "blkiotune",               TREE,                  NO,  G_HOST, NULL, "block I/O tuning", "cgroups of the host") \
    F(MEMTUNE,       "memtune",                 TREE,                  NO,  G_HOST, NULL, "memory tuning", "cgroups of the host") \
    F(RESOURCE,      "resource",                TREE,                  NO,  G_HOST, NULL, "resource partition", "cgroups of the host") \
    F(SECLABEL,      "seclabel",                TREE,                  NO,  G_HOST, NULL, "security label", "labels of the host") \
    F(EMULATOR,      "devices/emulator",        STR,                   NO,  G_HOST, NULL, "emulator", "path on the host")

#define VCPU_FIELDS(F) \
    F(ID,      "@id",           RUINT,  NO,  G_HOST, NULL, "id", "key of the comparison") \
    F(ENABLED, "@enabled",      RYESNO, OWN, G_HARD, NULL, "state", "CPUs that the guest sees online") \
    F(HOTPLUG, "@hotpluggable", YESNO,  NO,  G_HARD, NULL, "hotpluggable", "ACPI flags of the CPU") \
    F(ORDER,   "@order",        UINT,   OWN, G_HOST, NULL, "order", "order in which the host plugs CPUs; libvirt wants it repeated")

#define CELL_FIELDS(F) \
    F(ID,        "@id",        UINT,               NO,  G_HOST, NULL, "id", "key of the comparison") \
    F(CPUS,      "@cpus",      CPUSET,             YES, G_HARD, NULL, "processor mask", "ACPI SRAT table") \
    F(MEMORY,    "@memory",    KIB,                YES, G_HARD, NULL, "size", "ACPI SRAT table, RAM blocks") \
    F(ACCESS,    "@memAccess", NZENUM(mem_access), NO,  G_HOST, NULL, "memory access", "how the host maps the memory") \
    F(DISCARD,   "@discard",   YESNO,              NO,  G_HOST, NULL, "discard", "memory of the host") \
    F(CACHE,     "cache",      TREE,               NO,  G_HARD, NULL, "memory-side cache", "ACPI HMAT table")

#define SIBLING_FIELDS(F) \
    F(ID,    "@id",    RUINT, NO,  G_HOST, NULL, "id", "key of the comparison") \
    F(VALUE, "@value", RUINT, YES, G_HARD, NULL, "distance", "ACPI SLIT table")

#define CPUFEATURE_FIELDS(F) \
    F(NAME,   "@name",   RSTR,             YES, G_HARD, NULL, "name", "CPUID bit") \
    F(POLICY, "@policy", ENUM(cpu_policy), YES, G_HARD, NULL, "policy", "CPUID bit")

#define TIMER_FIELDS(F) \
    F(NAME,       "@name",              RENUM(timer_name),  YES, G_HARD, NULL, "name", "a clock device or CPUID leaf") \
    F(PRESENT,    "@present",           YESNO,              YES, G_HARD, NULL, "presence", "a clock device or CPUID leaf") \
    F(TICKPOLICY, "@tickpolicy",        NZENUM(tickpolicy), NO,  G_SOFT, NULL, "tick policy", "how lost ticks are made up for") \
    F(TRACK,      "@track",             NZENUM(timer_track), NO, G_SOFT, NULL, "track", "what the clock follows") \
    F(FREQUENCY,  "@frequency",         UINT,               OWN, G_HARD, NULL, "frequency", "TSC frequency") \
    F(MODE,       "@mode",              NZENUM(timer_mode), OWN, G_HARD, NULL, "mode", "TSC emulation") \
    F(THRESHOLD,  "catchup/@threshold", UINT,               NO,  G_SOFT, NULL, "catch-up threshold", "how lost ticks are made up for") \
    F(SLEW,       "catchup/@slew",      UINT,               NO,  G_SOFT, NULL, "catch-up slew", "how lost ticks are made up for") \
    F(LIMIT,      "catchup/@limit",     UINT,               NO,  G_SOFT, NULL, "catch-up limit", "how lost ticks are made up for")

#define SYSINFO_FIELDS(F) \
    F(TYPE,             "@type",                     RENUM(sysinfo_type), YES, G_HARD, NULL, "type", "SMBIOS or fw_cfg") \
    F(BIOS_VENDOR,      "bios/entry[vendor]",         STR, YES, G_HARD, NULL, "BIOS vendor", "SMBIOS table") \
    F(BIOS_VERSION,     "bios/entry[version]",        STR, YES, G_HARD, NULL, "BIOS version", "SMBIOS table") \
    F(BIOS_DATE,        "bios/entry[date]",           STR, YES, G_HARD, NULL, "BIOS date", "SMBIOS table") \
    F(BIOS_RELEASE,     "bios/entry[release]",        STR, YES, G_HARD, NULL, "BIOS release", "SMBIOS table") \
    F(SYS_MANUFACTURER, "system/entry[manufacturer]", STR, YES, G_HARD, NULL, "system manufacturer", "SMBIOS table") \
    F(SYS_PRODUCT,      "system/entry[product]",      STR, YES, G_HARD, NULL, "system product", "SMBIOS table") \
    F(SYS_VERSION,      "system/entry[version]",      STR, YES, G_HARD, NULL, "system version", "SMBIOS table") \
    F(SYS_SERIAL,       "system/entry[serial]",       STR, YES, G_HARD, NULL, "system serial", "SMBIOS table") \
    F(SYS_UUID,         "system/entry[uuid]",         UUID, YES, G_HARD, NULL, "system uuid", "SMBIOS table") \
    F(SYS_SKU,          "system/entry[sku]",          STR, YES, G_HARD, NULL, "system sku", "SMBIOS table") \
    F(SYS_FAMILY,       "system/entry[family]",       STR, YES, G_HARD, NULL, "system family", "SMBIOS table") \
    F(CHASSIS_MANUFACTURER, "chassis/entry[manufacturer]", STR, YES, G_HARD, NULL, "chassis manufacturer", "SMBIOS table") \
    F(CHASSIS_VERSION,  "chassis/entry[version]",     STR, YES, G_HARD, NULL, "chassis version", "SMBIOS table") \
    F(CHASSIS_SERIAL,   "chassis/entry[serial]",      STR, YES, G_HARD, NULL, "chassis serial", "SMBIOS table") \
    F(CHASSIS_ASSET,    "chassis/entry[asset]",       STR, YES, G_HARD, NULL, "chassis asset", "SMBIOS table") \
    F(CHASSIS_SKU,      "chassis/entry[sku]",         STR, YES, G_HARD, NULL, "chassis sku", "SMBIOS table")

#define BASEBOARD_FIELDS(F) \
    F(MANUFACTURER, "entry[manufacturer]", STR, YES, G_HARD, NULL, "manufacturer", "SMBIOS table") \
    F(PRODUCT,      "entry[product]",      STR, YES, G_HARD, NULL, "product", "SMBIOS table") \
    F(VERSION,      "entry[version]",      STR, YES, G_HARD, NULL, "version", "SMBIOS table") \
    F(SERIAL,       "entry[serial]",       STR, YES, G_HARD, NULL, "serial", "SMBIOS table") \
    F(ASSET,        "entry[asset]",        STR, YES, G_HARD, NULL, "asset", "SMBIOS table") \
    F(LOCATION,     "entry[location]",     STR, YES, G_HARD, NULL, "location", "SMBIOS table")

#define OEMSTRING_FIELDS(F) \
    F(TEXT, "text()", STR, NO, G_HARD, NULL, "text", "SMBIOS table")

#define FWCFG_FIELDS(F) \
    F(NAME,  "@name",  STR, NO, G_HARD, NULL, "name", "a fw_cfg file that the guest can read") \
    F(FILE,  "@file",  STR, NO, G_SOFT, NULL, "file", "path on the host; the content is unknown here") \
    F(TEXT,  "text()", STR, NO, G_HARD, NULL, "text", "a fw_cfg file that the guest can read")

/* clang-format on */

#endif
