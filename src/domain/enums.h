/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The values that a domain XML may use, as libvirt 11.3 spells them. Each list
 * gives the constants PREFIX_VALUE and a table for enum_find() and
 * enum_name(). The first value of a list is what an absent attribute means.
 */
#ifndef DOMAIN_ENUMS_H
#define DOMAIN_ENUMS_H

#include <stddef.h>

/* V(list, CONSTANT, "text") */
/* clang-format off */
#define VIRT_TYPE_VALUES(V) \
    V(VIRT_TYPE, NONE, "none") V(VIRT_TYPE, QEMU, "qemu") \
    V(VIRT_TYPE, KQEMU, "kqemu") V(VIRT_TYPE, KVM, "kvm") \
    V(VIRT_TYPE, XEN, "xen") V(VIRT_TYPE, LXC, "lxc") \
    V(VIRT_TYPE, UML, "uml") V(VIRT_TYPE, OPENVZ, "openvz") \
    V(VIRT_TYPE, TEST, "test") V(VIRT_TYPE, VMWARE, "vmware") \
    V(VIRT_TYPE, HYPERV, "hyperv") V(VIRT_TYPE, VBOX, "vbox") \
    V(VIRT_TYPE, PHYP, "phyp") V(VIRT_TYPE, PARALLELS, "parallels") \
    V(VIRT_TYPE, BHYVE, "bhyve") V(VIRT_TYPE, VZ, "vz") \
    V(VIRT_TYPE, HVF, "hvf")
#define OS_TYPE_VALUES(V) \
    V(OS_TYPE, HVM, "hvm") V(OS_TYPE, XEN, "xen") V(OS_TYPE, LINUX, "linux") \
    V(OS_TYPE, EXE, "exe") V(OS_TYPE, UML, "uml") \
    V(OS_TYPE, XENPVH, "xenpvh")
#define ARCH_VALUES(V) \
    V(ARCH, NONE, "none") V(ARCH, ALPHA, "alpha") V(ARCH, ARMV6L, "armv6l") \
    V(ARCH, ARMV7L, "armv7l") V(ARCH, ARMV7B, "armv7b") \
    V(ARCH, AARCH64, "aarch64") V(ARCH, CRIS, "cris") V(ARCH, I686, "i686") \
    V(ARCH, IA64, "ia64") V(ARCH, LM32, "lm32") \
    V(ARCH, LOONGARCH64, "loongarch64") V(ARCH, M68K, "m68k") \
    V(ARCH, MICROBLAZE, "microblaze") V(ARCH, MICROBLAZEEL, "microblazeel") \
    V(ARCH, MIPS, "mips") V(ARCH, MIPSEL, "mipsel") \
    V(ARCH, MIPS64, "mips64") V(ARCH, MIPS64EL, "mips64el") \
    V(ARCH, OR32, "or32") V(ARCH, PARISC, "parisc") \
    V(ARCH, PARISC64, "parisc64") V(ARCH, PPC, "ppc") \
    V(ARCH, PPC64, "ppc64") V(ARCH, PPC64LE, "ppc64le") \
    V(ARCH, PPCEMB, "ppcemb") V(ARCH, RISCV32, "riscv32") \
    V(ARCH, RISCV64, "riscv64") V(ARCH, S390, "s390") \
    V(ARCH, S390X, "s390x") V(ARCH, SH4, "sh4") V(ARCH, SH4EB, "sh4eb") \
    V(ARCH, SPARC, "sparc") V(ARCH, SPARC64, "sparc64") \
    V(ARCH, UNICORE32, "unicore32") V(ARCH, X86_64, "x86_64") \
    V(ARCH, XTENSA, "xtensa") V(ARCH, XTENSAEB, "xtensaeb")
#define BOOT_DEV_VALUES(V) \
    V(BOOT_DEV, FD, "fd") V(BOOT_DEV, CDROM, "cdrom") V(BOOT_DEV, HD, "hd") \
    V(BOOT_DEV, NETWORK, "network")
#define LIFECYCLE_VALUES(V) \
    V(LIFECYCLE, DESTROY, "destroy") V(LIFECYCLE, RESTART, "restart") \
    V(LIFECYCLE, RENAME_RESTART, "rename-restart") \
    V(LIFECYCLE, PRESERVE, "preserve") \
    V(LIFECYCLE, COREDUMP_DESTROY, "coredump-destroy") \
    V(LIFECYCLE, COREDUMP_RESTART, "coredump-restart")
#define LOCK_FAILURE_VALUES(V) \
    V(LOCK_FAILURE, DEFAULT, "default") \
    V(LOCK_FAILURE, POWEROFF, "poweroff") \
    V(LOCK_FAILURE, RESTART, "restart") V(LOCK_FAILURE, PAUSE, "pause") \
    V(LOCK_FAILURE, IGNORE, "ignore")
#define PLACEMENT_VALUES(V) \
    V(PLACEMENT, STATIC, "static") V(PLACEMENT, AUTO, "auto")
#define MEM_SOURCE_VALUES(V) \
    V(MEM_SOURCE, NONE, "none") V(MEM_SOURCE, FILE, "file") \
    V(MEM_SOURCE, ANONYMOUS, "anonymous") V(MEM_SOURCE, MEMFD, "memfd")
#define MEM_ALLOC_VALUES(V) \
    V(MEM_ALLOC, NONE, "none") V(MEM_ALLOC, IMMEDIATE, "immediate") \
    V(MEM_ALLOC, ONDEMAND, "ondemand")
#define MEM_ACCESS_VALUES(V) \
    V(MEM_ACCESS, DEFAULT, "default") V(MEM_ACCESS, SHARED, "shared") \
    V(MEM_ACCESS, PRIVATE, "private")
#define SMBIOS_MODE_VALUES(V) \
    V(SMBIOS_MODE, NONE, "none") V(SMBIOS_MODE, EMULATE, "emulate") \
    V(SMBIOS_MODE, HOST, "host") V(SMBIOS_MODE, SYSINFO, "sysinfo")
#define OS_FIRMWARE_VALUES(V) \
    V(OS_FIRMWARE, NONE, "none") V(OS_FIRMWARE, BIOS, "bios") \
    V(OS_FIRMWARE, EFI, "efi")
#define LOADER_TYPE_VALUES(V) \
    V(LOADER_TYPE, NONE, "none") V(LOADER_TYPE, ROM, "rom") \
    V(LOADER_TYPE, PFLASH, "pflash")
#define HYPERV_MODE_VALUES(V) \
    V(HYPERV_MODE, NONE, "none") V(HYPERV_MODE, CUSTOM, "custom") \
    V(HYPERV_MODE, PASSTHROUGH, "passthrough")
#define CAPS_POLICY_VALUES(V) \
    V(CAPS_POLICY, DEFAULT, "default") V(CAPS_POLICY, ALLOW, "allow") \
    V(CAPS_POLICY, DENY, "deny")
#define GIC_VERSION_VALUES(V) \
    V(GIC_VERSION, NONE, "none") V(GIC_VERSION, HOST, "host") \
    V(GIC_VERSION, 2, "2") V(GIC_VERSION, 3, "3")
#define HPT_RESIZING_VALUES(V) \
    V(HPT_RESIZING, NONE, "none") V(HPT_RESIZING, ENABLED, "enabled") \
    V(HPT_RESIZING, DISABLED, "disabled") \
    V(HPT_RESIZING, REQUIRED, "required")
#define IOAPIC_VALUES(V) \
    V(IOAPIC, NONE, "none") V(IOAPIC, QEMU, "qemu") V(IOAPIC, KVM, "kvm")
#define CFPC_VALUES(V) \
    V(CFPC, NONE, "none") V(CFPC, BROKEN, "broken") \
    V(CFPC, WORKAROUND, "workaround") V(CFPC, FIXED, "fixed")
#define SBBC_VALUES(V) \
    V(SBBC, NONE, "none") V(SBBC, BROKEN, "broken") \
    V(SBBC, WORKAROUND, "workaround") V(SBBC, FIXED, "fixed")
#define IBS_VALUES(V) \
    V(IBS, NONE, "none") V(IBS, BROKEN, "broken") \
    V(IBS, WORKAROUND, "workaround") V(IBS, FIXED_IBS, "fixed-ibs") \
    V(IBS, FIXED_CCD, "fixed-ccd") V(IBS, FIXED_NA, "fixed-na")
#define AIA_VALUES(V) \
    V(AIA, DEFAULT, "default") V(AIA, NONE, "none") V(AIA, APLIC, "aplic") \
    V(AIA, APLIC_IMSIC, "aplic-imsic")
#define MSRS_UNKNOWN_VALUES(V) \
    V(MSRS_UNKNOWN, IGNORE, "ignore") V(MSRS_UNKNOWN, FAULT, "fault")
#define XEN_PASSTHROUGH_VALUES(V) \
    V(XEN_PASSTHROUGH, DEFAULT, "default") \
    V(XEN_PASSTHROUGH, SYNC_PT, "sync_pt") \
    V(XEN_PASSTHROUGH, SHARE_PT, "share_pt")
#define CPU_MODE_VALUES(V) \
    V(CPU_MODE, CUSTOM, "custom") V(CPU_MODE, HOST_MODEL, "host-model") \
    V(CPU_MODE, HOST_PASSTHROUGH, "host-passthrough") \
    V(CPU_MODE, MAXIMUM, "maximum")
#define CPU_MATCH_VALUES(V) \
    V(CPU_MATCH, EXACT, "exact") V(CPU_MATCH, MINIMUM, "minimum") \
    V(CPU_MATCH, STRICT, "strict")
#define CPU_CHECK_VALUES(V) \
    V(CPU_CHECK, DEFAULT, "default") V(CPU_CHECK, NONE, "none") \
    V(CPU_CHECK, PARTIAL, "partial") V(CPU_CHECK, FULL, "full")
#define CPU_FALLBACK_VALUES(V) \
    V(CPU_FALLBACK, ALLOW, "allow") V(CPU_FALLBACK, FORBID, "forbid")
#define CPU_POLICY_VALUES(V) \
    V(CPU_POLICY, FORCE, "force") V(CPU_POLICY, REQUIRE, "require") \
    V(CPU_POLICY, OPTIONAL, "optional") V(CPU_POLICY, DISABLE, "disable") \
    V(CPU_POLICY, FORBID, "forbid")
#define CPU_CACHE_VALUES(V) \
    V(CPU_CACHE, EMULATE, "emulate") \
    V(CPU_CACHE, PASSTHROUGH, "passthrough") \
    V(CPU_CACHE, DISABLE, "disable")
#define MAXPHYSADDR_VALUES(V) \
    V(MAXPHYSADDR, EMULATE, "emulate") \
    V(MAXPHYSADDR, PASSTHROUGH, "passthrough")
#define CLOCK_OFFSET_VALUES(V) \
    V(CLOCK_OFFSET, UTC, "utc") V(CLOCK_OFFSET, LOCALTIME, "localtime") \
    V(CLOCK_OFFSET, VARIABLE, "variable") \
    V(CLOCK_OFFSET, TIMEZONE, "timezone") \
    V(CLOCK_OFFSET, ABSOLUTE, "absolute")
#define CLOCK_BASIS_VALUES(V) \
    V(CLOCK_BASIS, UTC, "utc") V(CLOCK_BASIS, LOCALTIME, "localtime")
#define TIMER_NAME_VALUES(V) \
    V(TIMER_NAME, PLATFORM, "platform") V(TIMER_NAME, PIT, "pit") \
    V(TIMER_NAME, RTC, "rtc") V(TIMER_NAME, HPET, "hpet") \
    V(TIMER_NAME, TSC, "tsc") V(TIMER_NAME, KVMCLOCK, "kvmclock") \
    V(TIMER_NAME, HYPERVCLOCK, "hypervclock") \
    V(TIMER_NAME, ARMVTIMER, "armvtimer")
#define TIMER_TRACK_VALUES(V) \
    V(TIMER_TRACK, NONE, "none") V(TIMER_TRACK, BOOT, "boot") \
    V(TIMER_TRACK, GUEST, "guest") V(TIMER_TRACK, WALL, "wall") \
    V(TIMER_TRACK, REALTIME, "realtime")
#define TICKPOLICY_VALUES(V) \
    V(TICKPOLICY, NONE, "none") V(TICKPOLICY, DELAY, "delay") \
    V(TICKPOLICY, CATCHUP, "catchup") V(TICKPOLICY, MERGE, "merge") \
    V(TICKPOLICY, DISCARD, "discard")
#define TIMER_MODE_VALUES(V) \
    V(TIMER_MODE, NONE, "none") V(TIMER_MODE, AUTO, "auto") \
    V(TIMER_MODE, NATIVE, "native") V(TIMER_MODE, EMULATE, "emulate") \
    V(TIMER_MODE, PARAVIRT, "paravirt") V(TIMER_MODE, SMPSAFE, "smpsafe")
#define SYSINFO_TYPE_VALUES(V) \
    V(SYSINFO_TYPE, SMBIOS, "smbios") V(SYSINFO_TYPE, FWCFG, "fwcfg")
#define ADDRESS_TYPE_VALUES(V) \
    V(ADDRESS_TYPE, NONE, "none") V(ADDRESS_TYPE, PCI, "pci") \
    V(ADDRESS_TYPE, DRIVE, "drive") \
    V(ADDRESS_TYPE, VIRTIO_SERIAL, "virtio-serial") \
    V(ADDRESS_TYPE, CCID, "ccid") V(ADDRESS_TYPE, USB, "usb") \
    V(ADDRESS_TYPE, SPAPR_VIO, "spapr-vio") \
    V(ADDRESS_TYPE, VIRTIO_S390, "virtio-s390") V(ADDRESS_TYPE, CCW, "ccw") \
    V(ADDRESS_TYPE, VIRTIO_MMIO, "virtio-mmio") V(ADDRESS_TYPE, ISA, "isa") \
    V(ADDRESS_TYPE, DIMM, "dimm") V(ADDRESS_TYPE, UNASSIGNED, "unassigned")
#define DISK_DEVICE_VALUES(V) \
    V(DISK_DEVICE, DISK, "disk") V(DISK_DEVICE, CDROM, "cdrom") \
    V(DISK_DEVICE, FLOPPY, "floppy") V(DISK_DEVICE, LUN, "lun")
#define DISK_BUS_VALUES(V) \
    V(DISK_BUS, NONE, "none") V(DISK_BUS, IDE, "ide") \
    V(DISK_BUS, FDC, "fdc") V(DISK_BUS, SCSI, "scsi") \
    V(DISK_BUS, VIRTIO, "virtio") V(DISK_BUS, XEN, "xen") \
    V(DISK_BUS, USB, "usb") V(DISK_BUS, UML, "uml") \
    V(DISK_BUS, SATA, "sata") V(DISK_BUS, SD, "sd")
#define VIRTIO_MODEL_VALUES(V) \
    V(VIRTIO_MODEL, DEFAULT, "default") V(VIRTIO_MODEL, VIRTIO, "virtio") \
    V(VIRTIO_MODEL, VIRTIO_TRANSITIONAL, "virtio-transitional") \
    V(VIRTIO_MODEL, VIRTIO_NON_TRANSITIONAL, "virtio-non-transitional")
#define DISK_CACHE_VALUES(V) \
    V(DISK_CACHE, DEFAULT, "default") V(DISK_CACHE, NONE, "none") \
    V(DISK_CACHE, WRITETHROUGH, "writethrough") \
    V(DISK_CACHE, WRITEBACK, "writeback") \
    V(DISK_CACHE, DIRECTSYNC, "directsync") V(DISK_CACHE, UNSAFE, "unsafe")
#define DISK_IO_VALUES(V) \
    V(DISK_IO, DEFAULT, "default") V(DISK_IO, NATIVE, "native") \
    V(DISK_IO, THREADS, "threads") V(DISK_IO, IO_URING, "io_uring")
#define ERROR_POLICY_VALUES(V) \
    V(ERROR_POLICY, DEFAULT, "default") V(ERROR_POLICY, STOP, "stop") \
    V(ERROR_POLICY, REPORT, "report") V(ERROR_POLICY, IGNORE, "ignore") \
    V(ERROR_POLICY, ENOSPACE, "enospace")
#define DISCARD_VALUES(V) \
    V(DISCARD, DEFAULT, "default") V(DISCARD, UNMAP, "unmap") \
    V(DISCARD, IGNORE, "ignore")
#define DETECT_ZEROES_VALUES(V) \
    V(DETECT_ZEROES, DEFAULT, "default") V(DETECT_ZEROES, OFF, "off") \
    V(DETECT_ZEROES, ON, "on") V(DETECT_ZEROES, UNMAP, "unmap")
#define TRAY_VALUES(V) \
    V(TRAY, CLOSED, "closed") V(TRAY, OPEN, "open")
#define GEOMETRY_TRANS_VALUES(V) \
    V(GEOMETRY_TRANS, DEFAULT, "default") V(GEOMETRY_TRANS, NONE, "none") \
    V(GEOMETRY_TRANS, AUTO, "auto") V(GEOMETRY_TRANS, LBA, "lba")
#define SGIO_VALUES(V) \
    V(SGIO, DEFAULT, "default") V(SGIO, FILTERED, "filtered") \
    V(SGIO, UNFILTERED, "unfiltered")
#define SNAPSHOT_VALUES(V) \
    V(SNAPSHOT, DEFAULT, "default") V(SNAPSHOT, NO, "no") \
    V(SNAPSHOT, INTERNAL, "internal") V(SNAPSHOT, EXTERNAL, "external") \
    V(SNAPSHOT, MANUAL, "manual")
#define STARTUP_POLICY_VALUES(V) \
    V(STARTUP_POLICY, DEFAULT, "default") \
    V(STARTUP_POLICY, MANDATORY, "mandatory") \
    V(STARTUP_POLICY, REQUISITE, "requisite") \
    V(STARTUP_POLICY, OPTIONAL, "optional")
#define STORAGE_TYPE_VALUES(V) \
    V(STORAGE_TYPE, NONE, "none") V(STORAGE_TYPE, FILE, "file") \
    V(STORAGE_TYPE, BLOCK, "block") V(STORAGE_TYPE, DIR, "dir") \
    V(STORAGE_TYPE, NETWORK, "network") V(STORAGE_TYPE, VOLUME, "volume") \
    V(STORAGE_TYPE, NVME, "nvme") V(STORAGE_TYPE, VHOSTUSER, "vhostuser") \
    V(STORAGE_TYPE, VHOSTVDPA, "vhostvdpa")
#define CONTROLLER_TYPE_VALUES(V) \
    V(CONTROLLER_TYPE, IDE, "ide") V(CONTROLLER_TYPE, FDC, "fdc") \
    V(CONTROLLER_TYPE, SCSI, "scsi") V(CONTROLLER_TYPE, SATA, "sata") \
    V(CONTROLLER_TYPE, VIRTIO_SERIAL, "virtio-serial") \
    V(CONTROLLER_TYPE, CCID, "ccid") V(CONTROLLER_TYPE, USB, "usb") \
    V(CONTROLLER_TYPE, PCI, "pci") V(CONTROLLER_TYPE, XENBUS, "xenbus") \
    V(CONTROLLER_TYPE, ISA, "isa")
#define CONTROLLER_MODEL_VALUES(V) \
    V(CONTROLLER_MODEL, UNSET, "unset") \
    V(CONTROLLER_MODEL, PCI_ROOT, "pci-root") \
    V(CONTROLLER_MODEL, PCIE_ROOT, "pcie-root") \
    V(CONTROLLER_MODEL, PCI_BRIDGE, "pci-bridge") \
    V(CONTROLLER_MODEL, DMI_TO_PCI_BRIDGE, "dmi-to-pci-bridge") \
    V(CONTROLLER_MODEL, PCIE_TO_PCI_BRIDGE, "pcie-to-pci-bridge") \
    V(CONTROLLER_MODEL, PCIE_ROOT_PORT, "pcie-root-port") \
    V(CONTROLLER_MODEL, PCIE_SWITCH_UPSTREAM_PORT, "pcie-switch-upstream-port") \
    V(CONTROLLER_MODEL, PCIE_SWITCH_DOWNSTREAM_PORT, "pcie-switch-downstream-port") \
    V(CONTROLLER_MODEL, PCI_EXPANDER_BUS, "pci-expander-bus") \
    V(CONTROLLER_MODEL, PCIE_EXPANDER_BUS, "pcie-expander-bus") \
    V(CONTROLLER_MODEL, AUTO, "auto") \
    V(CONTROLLER_MODEL, BUSLOGIC, "buslogic") \
    V(CONTROLLER_MODEL, LSILOGIC, "lsilogic") \
    V(CONTROLLER_MODEL, LSISAS1068, "lsisas1068") \
    V(CONTROLLER_MODEL, VMPVSCSI, "vmpvscsi") \
    V(CONTROLLER_MODEL, IBMVSCSI, "ibmvscsi") \
    V(CONTROLLER_MODEL, VIRTIO_SCSI, "virtio-scsi") \
    V(CONTROLLER_MODEL, LSISAS1078, "lsisas1078") \
    V(CONTROLLER_MODEL, VIRTIO_TRANSITIONAL, "virtio-transitional") \
    V(CONTROLLER_MODEL, VIRTIO_NON_TRANSITIONAL, "virtio-non-transitional") \
    V(CONTROLLER_MODEL, NCR53C90, "ncr53c90") \
    V(CONTROLLER_MODEL, DC390, "dc390") \
    V(CONTROLLER_MODEL, AM53C974, "am53c974") \
    V(CONTROLLER_MODEL, PIIX3_UHCI, "piix3-uhci") \
    V(CONTROLLER_MODEL, PIIX4_UHCI, "piix4-uhci") \
    V(CONTROLLER_MODEL, EHCI, "ehci") \
    V(CONTROLLER_MODEL, ICH9_EHCI1, "ich9-ehci1") \
    V(CONTROLLER_MODEL, ICH9_UHCI1, "ich9-uhci1") \
    V(CONTROLLER_MODEL, ICH9_UHCI2, "ich9-uhci2") \
    V(CONTROLLER_MODEL, ICH9_UHCI3, "ich9-uhci3") \
    V(CONTROLLER_MODEL, VT82C686B_UHCI, "vt82c686b-uhci") \
    V(CONTROLLER_MODEL, PCI_OHCI, "pci-ohci") \
    V(CONTROLLER_MODEL, NEC_XHCI, "nec-xhci") \
    V(CONTROLLER_MODEL, QUSB1, "qusb1") V(CONTROLLER_MODEL, QUSB2, "qusb2") \
    V(CONTROLLER_MODEL, QEMU_XHCI, "qemu-xhci") \
    V(CONTROLLER_MODEL, NONE, "none") V(CONTROLLER_MODEL, PIIX3, "piix3") \
    V(CONTROLLER_MODEL, PIIX4, "piix4") V(CONTROLLER_MODEL, ICH6, "ich6") \
    V(CONTROLLER_MODEL, VIRTIO, "virtio")
#define PCI_MODEL_NAME_VALUES(V) \
    V(PCI_MODEL_NAME, NONE, "none") \
    V(PCI_MODEL_NAME, PCI_BRIDGE, "pci-bridge") \
    V(PCI_MODEL_NAME, I82801B11_BRIDGE, "i82801b11-bridge") \
    V(PCI_MODEL_NAME, IOH3420, "ioh3420") \
    V(PCI_MODEL_NAME, X3130_UPSTREAM, "x3130-upstream") \
    V(PCI_MODEL_NAME, XIO3130_DOWNSTREAM, "xio3130-downstream") \
    V(PCI_MODEL_NAME, PXB, "pxb") V(PCI_MODEL_NAME, PXB_PCIE, "pxb-pcie") \
    V(PCI_MODEL_NAME, PCIE_ROOT_PORT, "pcie-root-port") \
    V(PCI_MODEL_NAME, SPAPR_PCI_HOST_BRIDGE, "spapr-pci-host-bridge") \
    V(PCI_MODEL_NAME, PCIE_PCI_BRIDGE, "pcie-pci-bridge")
#define FS_TYPE_VALUES(V) \
    V(FS_TYPE, MOUNT, "mount") V(FS_TYPE, BLOCK, "block") \
    V(FS_TYPE, FILE, "file") V(FS_TYPE, TEMPLATE, "template") \
    V(FS_TYPE, RAM, "ram") V(FS_TYPE, BIND, "bind") \
    V(FS_TYPE, VOLUME, "volume")
#define FS_DRIVER_VALUES(V) \
    V(FS_DRIVER, DEFAULT, "default") V(FS_DRIVER, PATH, "path") \
    V(FS_DRIVER, HANDLE, "handle") V(FS_DRIVER, LOOP, "loop") \
    V(FS_DRIVER, NBD, "nbd") V(FS_DRIVER, PLOOP, "ploop") \
    V(FS_DRIVER, VIRTIOFS, "virtiofs") V(FS_DRIVER, MTP, "mtp")
#define FS_ACCESS_VALUES(V) \
    V(FS_ACCESS, DEFAULT, "default") \
    V(FS_ACCESS, PASSTHROUGH, "passthrough") V(FS_ACCESS, MAPPED, "mapped") \
    V(FS_ACCESS, SQUASH, "squash")
#define FS_WRPOLICY_VALUES(V) \
    V(FS_WRPOLICY, DEFAULT, "default") \
    V(FS_WRPOLICY, IMMEDIATE, "immediate")
#define FS_MULTIDEVS_VALUES(V) \
    V(FS_MULTIDEVS, DEFAULT, "default") V(FS_MULTIDEVS, REMAP, "remap") \
    V(FS_MULTIDEVS, FORBID, "forbid") V(FS_MULTIDEVS, WARN, "warn")
#define FS_CACHE_VALUES(V) \
    V(FS_CACHE, DEFAULT, "default") V(FS_CACHE, NONE, "none") \
    V(FS_CACHE, ALWAYS, "always")
#define FS_SANDBOX_VALUES(V) \
    V(FS_SANDBOX, DEFAULT, "default") V(FS_SANDBOX, NAMESPACE, "namespace") \
    V(FS_SANDBOX, CHROOT, "chroot")
#define NET_TYPE_VALUES(V) \
    V(NET_TYPE, USER, "user") V(NET_TYPE, ETHERNET, "ethernet") \
    V(NET_TYPE, VHOSTUSER, "vhostuser") V(NET_TYPE, SERVER, "server") \
    V(NET_TYPE, CLIENT, "client") V(NET_TYPE, MCAST, "mcast") \
    V(NET_TYPE, NETWORK, "network") V(NET_TYPE, BRIDGE, "bridge") \
    V(NET_TYPE, INTERNAL, "internal") V(NET_TYPE, DIRECT, "direct") \
    V(NET_TYPE, HOSTDEV, "hostdev") V(NET_TYPE, UDP, "udp") \
    V(NET_TYPE, VDPA, "vdpa") V(NET_TYPE, NULL, "null") \
    V(NET_TYPE, VDS, "vds")
#define NET_DRIVER_VALUES(V) \
    V(NET_DRIVER, DEFAULT, "default") V(NET_DRIVER, QEMU, "qemu") \
    V(NET_DRIVER, VHOST, "vhost")
#define NET_TXMODE_VALUES(V) \
    V(NET_TXMODE, DEFAULT, "default") V(NET_TXMODE, IOTHREAD, "iothread") \
    V(NET_TXMODE, TIMER, "timer")
#define NET_TEAMING_VALUES(V) \
    V(NET_TEAMING, NONE, "none") V(NET_TEAMING, PERSISTENT, "persistent") \
    V(NET_TEAMING, TRANSIENT, "transient")
#define LINK_STATE_VALUES(V) \
    V(LINK_STATE, DEFAULT, "default") V(LINK_STATE, UP, "up") \
    V(LINK_STATE, DOWN, "down")
#define NET_BACKEND_VALUES(V) \
    V(NET_BACKEND, DEFAULT, "default") V(NET_BACKEND, PASST, "passt")
#define SERIAL_TARGET_VALUES(V) \
    V(SERIAL_TARGET, NONE, "none") \
    V(SERIAL_TARGET, ISA_SERIAL, "isa-serial") \
    V(SERIAL_TARGET, USB_SERIAL, "usb-serial") \
    V(SERIAL_TARGET, PCI_SERIAL, "pci-serial") \
    V(SERIAL_TARGET, SPAPR_VIO_SERIAL, "spapr-vio-serial") \
    V(SERIAL_TARGET, SYSTEM_SERIAL, "system-serial") \
    V(SERIAL_TARGET, SCLP_SERIAL, "sclp-serial") \
    V(SERIAL_TARGET, ISA_DEBUG, "isa-debug")
#define SERIAL_MODEL_VALUES(V) \
    V(SERIAL_MODEL, NONE, "none") V(SERIAL_MODEL, ISA_SERIAL, "isa-serial") \
    V(SERIAL_MODEL, USB_SERIAL, "usb-serial") \
    V(SERIAL_MODEL, PCI_SERIAL, "pci-serial") \
    V(SERIAL_MODEL, SPAPR_VTY, "spapr-vty") V(SERIAL_MODEL, PL011, "pl011") \
    V(SERIAL_MODEL, SCLPCONSOLE, "sclpconsole") \
    V(SERIAL_MODEL, SCLPLMCONSOLE, "sclplmconsole") \
    V(SERIAL_MODEL, 16550A, "16550a") \
    V(SERIAL_MODEL, ISA_DEBUGCON, "isa-debugcon")
#define CHANNEL_TARGET_VALUES(V) \
    V(CHANNEL_TARGET, NONE, "none") V(CHANNEL_TARGET, GUESTFWD, "guestfwd") \
    V(CHANNEL_TARGET, VIRTIO, "virtio") V(CHANNEL_TARGET, XEN, "xen")
#define CONSOLE_TARGET_VALUES(V) \
    V(CONSOLE_TARGET, NONE, "none") V(CONSOLE_TARGET, SERIAL, "serial") \
    V(CONSOLE_TARGET, XEN, "xen") V(CONSOLE_TARGET, UML, "uml") \
    V(CONSOLE_TARGET, VIRTIO, "virtio") V(CONSOLE_TARGET, LXC, "lxc") \
    V(CONSOLE_TARGET, OPENVZ, "openvz") V(CONSOLE_TARGET, SCLP, "sclp") \
    V(CONSOLE_TARGET, SCLPLM, "sclplm")
#define CHR_TYPE_VALUES(V) \
    V(CHR_TYPE, NULL, "null") V(CHR_TYPE, VC, "vc") V(CHR_TYPE, PTY, "pty") \
    V(CHR_TYPE, DEV, "dev") V(CHR_TYPE, FILE, "file") \
    V(CHR_TYPE, PIPE, "pipe") V(CHR_TYPE, STDIO, "stdio") \
    V(CHR_TYPE, UDP, "udp") V(CHR_TYPE, TCP, "tcp") \
    V(CHR_TYPE, UNIX, "unix") V(CHR_TYPE, SPICEVMC, "spicevmc") \
    V(CHR_TYPE, SPICEPORT, "spiceport") V(CHR_TYPE, NMDM, "nmdm") \
    V(CHR_TYPE, QEMU_VDAGENT, "qemu-vdagent") V(CHR_TYPE, DBUS, "dbus")
#define SMARTCARD_MODE_VALUES(V) \
    V(SMARTCARD_MODE, HOST, "host") \
    V(SMARTCARD_MODE, HOST_CERTIFICATES, "host-certificates") \
    V(SMARTCARD_MODE, PASSTHROUGH, "passthrough")
#define SOUND_CODEC_VALUES(V) \
    V(SOUND_CODEC, DUPLEX, "duplex") V(SOUND_CODEC, MICRO, "micro") \
    V(SOUND_CODEC, OUTPUT, "output")
#define SOUND_MODEL_VALUES(V) \
    V(SOUND_MODEL, SB16, "sb16") V(SOUND_MODEL, ES1370, "es1370") \
    V(SOUND_MODEL, PCSPK, "pcspk") V(SOUND_MODEL, AC97, "ac97") \
    V(SOUND_MODEL, ICH6, "ich6") V(SOUND_MODEL, ICH9, "ich9") \
    V(SOUND_MODEL, USB, "usb") V(SOUND_MODEL, ICH7, "ich7") \
    V(SOUND_MODEL, VIRTIO, "virtio")
#define AUDIO_TYPE_VALUES(V) \
    V(AUDIO_TYPE, NONE, "none") V(AUDIO_TYPE, ALSA, "alsa") \
    V(AUDIO_TYPE, COREAUDIO, "coreaudio") V(AUDIO_TYPE, JACK, "jack") \
    V(AUDIO_TYPE, OSS, "oss") V(AUDIO_TYPE, PULSEAUDIO, "pulseaudio") \
    V(AUDIO_TYPE, SDL, "sdl") V(AUDIO_TYPE, SPICE, "spice") \
    V(AUDIO_TYPE, FILE, "file") V(AUDIO_TYPE, DBUS, "dbus") \
    V(AUDIO_TYPE, PIPEWIRE, "pipewire")
#define BALLOON_MODEL_VALUES(V) \
    V(BALLOON_MODEL, VIRTIO, "virtio") V(BALLOON_MODEL, XEN, "xen") \
    V(BALLOON_MODEL, NONE, "none") \
    V(BALLOON_MODEL, VIRTIO_TRANSITIONAL, "virtio-transitional") \
    V(BALLOON_MODEL, VIRTIO_NON_TRANSITIONAL, "virtio-non-transitional")
#define WATCHDOG_MODEL_VALUES(V) \
    V(WATCHDOG_MODEL, I6300ESB, "i6300esb") \
    V(WATCHDOG_MODEL, IB700, "ib700") V(WATCHDOG_MODEL, DIAG288, "diag288") \
    V(WATCHDOG_MODEL, ITCO, "itco")
#define WATCHDOG_ACTION_VALUES(V) \
    V(WATCHDOG_ACTION, RESET, "reset") \
    V(WATCHDOG_ACTION, SHUTDOWN, "shutdown") \
    V(WATCHDOG_ACTION, POWEROFF, "poweroff") \
    V(WATCHDOG_ACTION, PAUSE, "pause") V(WATCHDOG_ACTION, DUMP, "dump") \
    V(WATCHDOG_ACTION, NONE, "none") \
    V(WATCHDOG_ACTION, INJECT_NMI, "inject-nmi")
#define PANIC_MODEL_VALUES(V) \
    V(PANIC_MODEL, DEFAULT, "default") V(PANIC_MODEL, ISA, "isa") \
    V(PANIC_MODEL, PSERIES, "pseries") V(PANIC_MODEL, HYPERV, "hyperv") \
    V(PANIC_MODEL, S390, "s390") V(PANIC_MODEL, PVPANIC, "pvpanic")
#define VIDEO_BACKEND_VALUES(V) \
    V(VIDEO_BACKEND, DEFAULT, "default") V(VIDEO_BACKEND, QEMU, "qemu") \
    V(VIDEO_BACKEND, VHOSTUSER, "vhostuser")
#define VIDEO_TYPE_VALUES(V) \
    V(VIDEO_TYPE, DEFAULT, "default") V(VIDEO_TYPE, VGA, "vga") \
    V(VIDEO_TYPE, CIRRUS, "cirrus") V(VIDEO_TYPE, VMVGA, "vmvga") \
    V(VIDEO_TYPE, XEN, "xen") V(VIDEO_TYPE, VBOX, "vbox") \
    V(VIDEO_TYPE, QXL, "qxl") V(VIDEO_TYPE, PARALLELS, "parallels") \
    V(VIDEO_TYPE, VIRTIO, "virtio") V(VIDEO_TYPE, GOP, "gop") \
    V(VIDEO_TYPE, NONE, "none") V(VIDEO_TYPE, BOCHS, "bochs") \
    V(VIDEO_TYPE, RAMFB, "ramfb")
#define VGACONF_VALUES(V) \
    V(VGACONF, IO, "io") V(VGACONF, ON, "on") V(VGACONF, OFF, "off")
#define INPUT_TYPE_VALUES(V) \
    V(INPUT_TYPE, MOUSE, "mouse") V(INPUT_TYPE, TABLET, "tablet") \
    V(INPUT_TYPE, KEYBOARD, "keyboard") \
    V(INPUT_TYPE, PASSTHROUGH, "passthrough") V(INPUT_TYPE, EVDEV, "evdev")
#define INPUT_BUS_VALUES(V) \
    V(INPUT_BUS, DEFAULT, "default") V(INPUT_BUS, PS2, "ps2") \
    V(INPUT_BUS, USB, "usb") V(INPUT_BUS, XEN, "xen") \
    V(INPUT_BUS, PARALLELS, "parallels") V(INPUT_BUS, VIRTIO, "virtio") \
    V(INPUT_BUS, NONE, "none")
#define GRAPHICS_TYPE_VALUES(V) \
    V(GRAPHICS_TYPE, SDL, "sdl") V(GRAPHICS_TYPE, VNC, "vnc") \
    V(GRAPHICS_TYPE, RDP, "rdp") V(GRAPHICS_TYPE, DESKTOP, "desktop") \
    V(GRAPHICS_TYPE, SPICE, "spice") \
    V(GRAPHICS_TYPE, EGL_HEADLESS, "egl-headless") \
    V(GRAPHICS_TYPE, DBUS, "dbus")
#define HOSTDEV_MODE_VALUES(V) \
    V(HOSTDEV_MODE, SUBSYSTEM, "subsystem") \
    V(HOSTDEV_MODE, CAPABILITIES, "capabilities")
#define HOSTDEV_TYPE_VALUES(V) \
    V(HOSTDEV_TYPE, USB, "usb") V(HOSTDEV_TYPE, PCI, "pci") \
    V(HOSTDEV_TYPE, SCSI, "scsi") V(HOSTDEV_TYPE, SCSI_HOST, "scsi_host") \
    V(HOSTDEV_TYPE, MDEV, "mdev")
#define MDEV_MODEL_VALUES(V) \
    V(MDEV_MODEL, VFIO_PCI, "vfio-pci") V(MDEV_MODEL, VFIO_CCW, "vfio-ccw") \
    V(MDEV_MODEL, VFIO_AP, "vfio-ap")
#define VHOST_MODEL_VALUES(V) \
    V(VHOST_MODEL, DEFAULT, "default") V(VHOST_MODEL, VIRTIO, "virtio") \
    V(VHOST_MODEL, VIRTIO_TRANSITIONAL, "virtio-transitional") \
    V(VHOST_MODEL, VIRTIO_NON_TRANSITIONAL, "virtio-non-transitional")
#define HUB_TYPE_VALUES(V) \
    V(HUB_TYPE, USB, "usb")
#define REDIRDEV_BUS_VALUES(V) \
    V(REDIRDEV_BUS, USB, "usb")
#define RNG_MODEL_VALUES(V) \
    V(RNG_MODEL, VIRTIO, "virtio") \
    V(RNG_MODEL, VIRTIO_TRANSITIONAL, "virtio-transitional") \
    V(RNG_MODEL, VIRTIO_NON_TRANSITIONAL, "virtio-non-transitional")
#define RNG_BACKEND_VALUES(V) \
    V(RNG_BACKEND, RANDOM, "random") V(RNG_BACKEND, EGD, "egd") \
    V(RNG_BACKEND, BUILTIN, "builtin")
#define TPM_MODEL_VALUES(V) \
    V(TPM_MODEL, DEFAULT, "default") V(TPM_MODEL, TPM_TIS, "tpm-tis") \
    V(TPM_MODEL, TPM_CRB, "tpm-crb") V(TPM_MODEL, TPM_SPAPR, "tpm-spapr") \
    V(TPM_MODEL, SPAPR_TPM_PROXY, "spapr-tpm-proxy")
#define TPM_BACKEND_VALUES(V) \
    V(TPM_BACKEND, PASSTHROUGH, "passthrough") \
    V(TPM_BACKEND, EMULATOR, "emulator") \
    V(TPM_BACKEND, EXTERNAL, "external")
#define TPM_VERSION_VALUES(V) \
    V(TPM_VERSION, DEFAULT, "default") V(TPM_VERSION, 1_2, "1.2") \
    V(TPM_VERSION, 2_0, "2.0")
#define IOMMU_MODEL_VALUES(V) \
    V(IOMMU_MODEL, INTEL, "intel") V(IOMMU_MODEL, SMMUV3, "smmuv3") \
    V(IOMMU_MODEL, VIRTIO, "virtio")
#define CRYPTO_MODEL_VALUES(V) \
    V(CRYPTO_MODEL, VIRTIO, "virtio")
#define CRYPTO_BACKEND_VALUES(V) \
    V(CRYPTO_BACKEND, BUILTIN, "builtin") V(CRYPTO_BACKEND, LKCF, "lkcf")
#define MEMORY_MODEL_VALUES(V) \
    V(MEMORY_MODEL, NONE, "none") V(MEMORY_MODEL, DIMM, "dimm") \
    V(MEMORY_MODEL, NVDIMM, "nvdimm") \
    V(MEMORY_MODEL, VIRTIO_PMEM, "virtio-pmem") \
    V(MEMORY_MODEL, VIRTIO_MEM, "virtio-mem") \
    V(MEMORY_MODEL, SGX_EPC, "sgx-epc")
#define SHMEM_MODEL_VALUES(V) \
    V(SHMEM_MODEL, IVSHMEM, "ivshmem") \
    V(SHMEM_MODEL, IVSHMEM_PLAIN, "ivshmem-plain") \
    V(SHMEM_MODEL, IVSHMEM_DOORBELL, "ivshmem-doorbell")
#define SHMEM_ROLE_VALUES(V) \
    V(SHMEM_ROLE, DEFAULT, "default") V(SHMEM_ROLE, MASTER, "master") \
    V(SHMEM_ROLE, PEER, "peer")
#define LAUNCH_SECURITY_VALUES(V) \
    V(LAUNCH_SECURITY, NONE, "none") V(LAUNCH_SECURITY, SEV, "sev") \
    V(LAUNCH_SECURITY, SEV_SNP, "sev-snp") \
    V(LAUNCH_SECURITY, S390_PV, "s390-pv")
#define PSTORE_BACKEND_VALUES(V) \
    V(PSTORE_BACKEND, ACPI_ERST, "acpi-erst")
#define NUMA_MEM_MODE_VALUES(V) \
    V(NUMA_MEM_MODE, STRICT, "strict") \
    V(NUMA_MEM_MODE, PREFERRED, "preferred") \
    V(NUMA_MEM_MODE, INTERLEAVE, "interleave") \
    V(NUMA_MEM_MODE, RESTRICTIVE, "restrictive")

/* E(list, LIST): every list of above. */
#define DOM_ENUMS(E) \
    E(virt_type, VIRT_TYPE) \
    E(os_type, OS_TYPE) \
    E(arch, ARCH) \
    E(boot_dev, BOOT_DEV) \
    E(lifecycle, LIFECYCLE) \
    E(lock_failure, LOCK_FAILURE) \
    E(placement, PLACEMENT) \
    E(mem_source, MEM_SOURCE) \
    E(mem_alloc, MEM_ALLOC) \
    E(mem_access, MEM_ACCESS) \
    E(smbios_mode, SMBIOS_MODE) \
    E(os_firmware, OS_FIRMWARE) \
    E(loader_type, LOADER_TYPE) \
    E(hyperv_mode, HYPERV_MODE) \
    E(caps_policy, CAPS_POLICY) \
    E(gic_version, GIC_VERSION) \
    E(hpt_resizing, HPT_RESIZING) \
    E(ioapic, IOAPIC) \
    E(cfpc, CFPC) \
    E(sbbc, SBBC) \
    E(ibs, IBS) \
    E(aia, AIA) \
    E(msrs_unknown, MSRS_UNKNOWN) \
    E(xen_passthrough, XEN_PASSTHROUGH) \
    E(cpu_mode, CPU_MODE) \
    E(cpu_match, CPU_MATCH) \
    E(cpu_check, CPU_CHECK) \
    E(cpu_fallback, CPU_FALLBACK) \
    E(cpu_policy, CPU_POLICY) \
    E(cpu_cache, CPU_CACHE) \
    E(maxphysaddr, MAXPHYSADDR) \
    E(clock_offset, CLOCK_OFFSET) \
    E(clock_basis, CLOCK_BASIS) \
    E(timer_name, TIMER_NAME) \
    E(timer_track, TIMER_TRACK) \
    E(tickpolicy, TICKPOLICY) \
    E(timer_mode, TIMER_MODE) \
    E(sysinfo_type, SYSINFO_TYPE) \
    E(address_type, ADDRESS_TYPE) \
    E(disk_device, DISK_DEVICE) \
    E(disk_bus, DISK_BUS) \
    E(virtio_model, VIRTIO_MODEL) \
    E(disk_cache, DISK_CACHE) \
    E(disk_io, DISK_IO) \
    E(error_policy, ERROR_POLICY) \
    E(discard, DISCARD) \
    E(detect_zeroes, DETECT_ZEROES) \
    E(tray, TRAY) \
    E(geometry_trans, GEOMETRY_TRANS) \
    E(sgio, SGIO) \
    E(snapshot, SNAPSHOT) \
    E(startup_policy, STARTUP_POLICY) \
    E(storage_type, STORAGE_TYPE) \
    E(controller_type, CONTROLLER_TYPE) \
    E(controller_model, CONTROLLER_MODEL) \
    E(pci_model_name, PCI_MODEL_NAME) \
    E(fs_type, FS_TYPE) \
    E(fs_driver, FS_DRIVER) \
    E(fs_access, FS_ACCESS) \
    E(fs_wrpolicy, FS_WRPOLICY) \
    E(fs_multidevs, FS_MULTIDEVS) \
    E(fs_cache, FS_CACHE) \
    E(fs_sandbox, FS_SANDBOX) \
    E(net_type, NET_TYPE) \
    E(net_driver, NET_DRIVER) \
    E(net_txmode, NET_TXMODE) \
    E(net_teaming, NET_TEAMING) \
    E(link_state, LINK_STATE) \
    E(net_backend, NET_BACKEND) \
    E(serial_target, SERIAL_TARGET) \
    E(serial_model, SERIAL_MODEL) \
    E(channel_target, CHANNEL_TARGET) \
    E(console_target, CONSOLE_TARGET) \
    E(chr_type, CHR_TYPE) \
    E(smartcard_mode, SMARTCARD_MODE) \
    E(sound_codec, SOUND_CODEC) \
    E(sound_model, SOUND_MODEL) \
    E(audio_type, AUDIO_TYPE) \
    E(balloon_model, BALLOON_MODEL) \
    E(watchdog_model, WATCHDOG_MODEL) \
    E(watchdog_action, WATCHDOG_ACTION) \
    E(panic_model, PANIC_MODEL) \
    E(video_backend, VIDEO_BACKEND) \
    E(video_type, VIDEO_TYPE) \
    E(vgaconf, VGACONF) \
    E(input_type, INPUT_TYPE) \
    E(input_bus, INPUT_BUS) \
    E(graphics_type, GRAPHICS_TYPE) \
    E(hostdev_mode, HOSTDEV_MODE) \
    E(hostdev_type, HOSTDEV_TYPE) \
    E(mdev_model, MDEV_MODEL) \
    E(vhost_model, VHOST_MODEL) \
    E(hub_type, HUB_TYPE) \
    E(redirdev_bus, REDIRDEV_BUS) \
    E(rng_model, RNG_MODEL) \
    E(rng_backend, RNG_BACKEND) \
    E(tpm_model, TPM_MODEL) \
    E(tpm_backend, TPM_BACKEND) \
    E(tpm_version, TPM_VERSION) \
    E(iommu_model, IOMMU_MODEL) \
    E(crypto_model, CRYPTO_MODEL) \
    E(crypto_backend, CRYPTO_BACKEND) \
    E(memory_model, MEMORY_MODEL) \
    E(shmem_model, SHMEM_MODEL) \
    E(shmem_role, SHMEM_ROLE) \
    E(launch_security, LAUNCH_SECURITY) \
    E(pstore_backend, PSTORE_BACKEND) \
    E(numa_mem_mode, NUMA_MEM_MODE)
/* clang-format on */

#define V(list, value, text) list##_##value,
#define E(list, LIST)        enum dom_##list{LIST##_VALUES(V) LIST##__MAX};
DOM_ENUMS(E)
#undef E
#undef V

struct dom_enum {
    const char *name;
    const char *const *text;
    size_t n;
};

#define E(list, LIST) extern const struct dom_enum enum_##list;
DOM_ENUMS(E)
#undef E

/* Index of `text` in the list, -1 if it is none of its values. */
int enum_find(const struct dom_enum *e, const char *text);

/* The text of a value, "?" when out of range. Never NULL. */
const char *enum_name(const struct dom_enum *e, long long value);

#endif
