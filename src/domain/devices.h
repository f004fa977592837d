/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows of the devices. Included by schema.h only; columns as in fields.h.
 * INFO_FIELDS come first in every device, VIRTIO_FIELDS next where the kind
 * has a virtio <driver>.
 */
#ifndef DOMAIN_DEVICES_H
#define DOMAIN_DEVICES_H

/* clang-format off */

/* cppcheck-suppress preprocessorErrorDirective */
#define INFO_FIELDS(F) \
    F(ADDRESS,     "address/@type",          T_RNZENUM(address_type), YES, G_HARD, NULL, "address type", "where the guest finds the device") \
    F(DOMAIN,      "address/@domain",        T_UINT0, YES,   G_HARD, NULL, "PCI domain", "PCI address") \
    F(BUS,         "address/@bus",           T_UINT0, OWN,       G_HARD, NULL, "address bus", "PCI, drive or virtio-serial address") \
    F(SLOT,        "address/@slot",          T_UINT0, OWN,       G_HARD, NULL, "address slot", "PCI, ccid or dimm address") \
    F(FUNCTION,    "address/@function",      T_UINT0, YES,   G_HARD, NULL, "PCI function", "PCI address") \
    F(MULTI,       "address/@multifunction", T_SWITCH, NO, G_HARD, NULL, "multifunction", "PCI header type") \
    F(ZPCI_UID,    "address/zpci/@uid",      T_UINT0, NO,  G_HARD, NULL, "zPCI uid", "identity of a PCI device on s390x") \
    F(ZPCI_FID,    "address/zpci/@fid",      T_UINT0, NO,  G_HARD, NULL, "zPCI fid", "identity of a PCI device on s390x") \
    F(CONTROLLER,  "address/@controller",    T_UINT,  OWN,       G_HARD, NULL, "address controller", "drive, virtio-serial or ccid address") \
    F(TARGET,      "address/@target",        T_UINT,  NO, G_HARD, NULL, "SCSI target", "SCSI address") \
    F(UNIT,        "address/@unit",          T_UINT,  YES, G_HARD, NULL, "unit", "drive address") \
    F(PORT,        "address/@port",          T_STR,   OWN,       G_HARD, NULL, "address port", "USB port (QEMU streams by it) or virtio-serial port") \
    F(CSSID,       "address/@cssid",         T_UINT0, YES,   G_HARD, NULL, "CCW cssid", "channel address") \
    F(SSID,        "address/@ssid",          T_UINT0, YES,   G_HARD, NULL, "CCW ssid", "channel address") \
    F(DEVNO,       "address/@devno",         T_UINT0, YES,   G_HARD, NULL, "CCW devno", "channel address") \
    F(IOBASE,      "address/@iobase",        T_HEX,   YES,   G_HARD, NULL, "ISA I/O base", "I/O ports") \
    F(IRQ,         "address/@irq",           T_HEX,   YES,   G_HARD, NULL, "ISA IRQ", "interrupt line") \
    F(BASE,        "address/@base",          T_HEX,   YES,  G_HARD, NULL, "DIMM base", "memory map") \
    F(REG,         "address/@reg",           T_UINT0, NO, G_HARD, NULL, "spapr-vio reg", "address on the POWER virtual bus") \
    F(ACPI_INDEX,  "acpi/@index",            T_NZUINT, YES,      G_HARD, NULL, "ACPI index", "name of the network card in the guest") \
    F(BOOT_ORDER,  "boot/@order",            T_NZUINT, NO,       G_SOFT, NULL, "boot order", "read by the firmware at boot only") \
    F(LOADPARM,    "boot/@loadparm",         T_STR,   NO,        G_SOFT, NULL, "loadparm", "read by the firmware at boot only") \
    F(ALIAS,       "alias/@name",            T_STR,   OWN,       G_HOST, NULL, "alias", "name between libvirt and QEMU; libvirt compares it for memory devices") \
    F(ROM_BAR,     "rom/@bar",               T_SWITCH, NO,       G_HARD, "on", "ROM BAR", "a PCI BAR and a RAM block") \
    F(ROM_FILE,    "rom/@file",              T_STR,   NO,        G_HARD, NULL, "option ROM", "its size is that of a RAM block: QEMU refuses another") \
    F(ROM_ENABLED, "rom/@enabled",           T_YESNO, NO,        G_HARD, "yes", "option ROM", "a RAM block") \
    F(MASTER,      "master/@startport",      T_UINT,  NO,        G_HARD, NULL, "USB master start port", "ports of companion controllers")

#define VIRTIO_FIELDS(F) \
    F(DRIVER, "driver",                T_PRESENT, OWN, G_HOST, NULL, "virtio options", "an artefact of how libvirt writes the document") \
    F(IOMMU,  "driver/@iommu",         T_SWITCH,  YES, G_HARD, "off", "virtio iommu", "feature bit of the device") \
    F(ATS,    "driver/@ats",           T_SWITCH,  YES, G_HARD, "off", "virtio ats", "PCI capability") \
    F(PACKED, "driver/@packed",        T_SWITCH,  YES, G_HARD, "off", "virtio packed", "feature bit of the device") \
    F(PAGE_PER_VQ, "driver/@page_per_vq", T_SWITCH, YES, G_HARD, "off", "virtio page_per_vq", "layout of the notification BAR")

#define DISK_FIELDS(F) \
    F(DEVICE,     "@device",             T_ENUM(disk_device),  YES, G_HARD, NULL, "device", "disk, CD-ROM, floppy or LUN") \
    F(TARGET,     "target/@dev",         T_STR,                YES, G_HARD, NULL, "target", "order and names of the disks") \
    F(BUS,        "target/@bus",         T_NZENUM(disk_bus),   YES, G_HARD, NULL, "bus", "the controller that the guest sees") \
    F(SERIAL,     "serial",              T_STR,                YES, G_HARD, NULL, "serial", "answer to IDENTIFY or INQUIRY") \
    F(WWN,        "wwn",                 T_STR,                YES, G_HARD, NULL, "wwn", "answer to IDENTIFY or INQUIRY") \
    F(READONLY,   "readonly",            T_PRESENT,            YES, G_HARD, NULL, "access mode", "write protection") \
    F(MODEL,      "@model",              T_ENUM(virtio_model), YES, G_HARD, "virtio", "model", "virtio transitional or not") \
    F(ROTATION,   "target/@rotation_rate", T_UINT,             YES, G_HARD, NULL, "rotation rate", "answer to IDENTIFY or INQUIRY") \
    F(QUEUES,     "driver/@queues",      T_UINT,               YES, G_HARD, NULL, "queues", "number of virtqueues") \
    F(QUEUE_SIZE, "driver/@queue_size",  T_UINT,               YES, G_HARD, NULL, "queue size", "size of the virtqueues") \
    F(LOGICAL,    "blockio/@logical_block_size",  T_UINT,      YES, G_HARD, NULL, "logical block size", "answer to a capacity query") \
    F(PHYSICAL,   "blockio/@physical_block_size", T_UINT,      YES, G_HARD, NULL, "physical block size", "answer to a capacity query") \
    F(GRANULARITY, "blockio/@discard_granularity", T_UINT,     YES, G_HARD, NULL, "discard granularity", "answer to a capacity query") \
    F(VENDOR,     "vendor",              T_STR,                NO,  G_HARD, NULL, "vendor", "answer to INQUIRY") \
    F(PRODUCT,    "product",             T_STR,                NO,  G_HARD, NULL, "product", "answer to INQUIRY") \
    F(CYLS,       "geometry/@cyls",      T_UINT,               NO,  G_HARD, NULL, "cylinders", "disk geometry") \
    F(HEADS,      "geometry/@heads",     T_UINT,               NO,  G_HARD, NULL, "heads", "disk geometry") \
    F(SECS,       "geometry/@secs",      T_UINT,               NO,  G_HARD, NULL, "sectors", "disk geometry") \
    F(TRANS,      "geometry/@trans",     T_NZENUM(geometry_trans), NO, G_HARD, NULL, "geometry translation", "BIOS translation") \
    F(REMOVABLE,  "target/@removable",   T_SWITCH,             NO,  G_HARD, "off", "removable", "answer to INQUIRY") \
    F(TRAY,       "target/@tray",        T_ENUM(tray),         NO,  G_SOFT, NULL, "tray", "the tray's state travels with the guest") \
    F(EVENT_IDX,  "driver/@event_idx",   T_SWITCH,             NO,  G_HARD, "on", "event_idx", "feature bit of the device") \
    F(IOEVENTFD,  "driver/@ioeventfd",   T_SWITCH,             NO,  G_HOST, NULL, "ioeventfd", "how the host is notified") \
    F(SHAREABLE,  "shareable",           T_PRESENT,            NO,  G_HARD, NULL, "shareable", "share-rw of the device, caching") \
    F(TRANSIENT,  "transient",           T_PRESENT,            NO,  G_HOST, NULL, "transient", "where writes go on the host") \
    F(DISCARD,    "driver/@discard",     T_NZENUM(discard),    NO,  G_HARD, NULL, "discard", "unmap capability of the disk") \
    F(ZEROES,     "driver/@detect_zeroes", T_NZENUM(detect_zeroes), NO, G_HOST, NULL, "detect_zeroes", "how the host writes zeroes") \
    F(NO_UNREF,   "driver/@discard_no_unref", T_SWITCH,        NO,  G_HOST, NULL, "discard_no_unref", "layout of the image") \
    F(CACHE,      "driver/@cache",       T_ENUM(disk_cache)  , NO,  G_SOFT, NULL, "cache", "the write cache bit of the device; the guest may have changed it, and its state travels") \
    F(IO,         "driver/@io",          T_NZENUM(disk_io),    NO,  G_HOST, NULL, "I/O mode", "system calls of the host") \
    F(ERROR,      "driver/@error_policy", T_NZENUM(error_policy), NO, G_SOFT, NULL, "error policy", "what happens after an I/O error") \
    F(RERROR,     "driver/@rerror_policy", T_NZENUM(error_policy), NO, G_SOFT, NULL, "read error policy", "what happens after an I/O error") \
    F(COPY_READ,  "driver/@copy_on_read", T_SWITCH,            NO,  G_HOST, NULL, "copy_on_read", "images of the host") \
    F(IOTHREAD,   "driver/@iothread",    T_UINT,               NO,  G_HOST, NULL, "iothread", "threads of the host") \
    F(DRV_NAME,   "driver/@name",        T_STR,                NO,  G_HOST, "qemu", "driver name", "QEMU knows one") \
    F(DRV_TYPE,   "driver/@type",        T_STR,                NO,  G_HOST, NULL, "image format", "images of the host") \
    F(TYPE,       "@type",               T_NZENUM(storage_type), NO, G_HOST, "file", "source type", "storage of the host") \
    F(RAWIO,      "@rawio",              T_YESNO,              NO,  G_HOST, NULL, "rawio", "privileges on the host") \
    F(SGIO,       "@sgio",               T_NZENUM(sgio),       NO,  G_HOST, NULL, "sgio", "privileges on the host") \
    F(SNAPSHOT,   "@snapshot",           T_NZENUM(snapshot),   NO,  G_HOST, NULL, "snapshot", "images of the host") \
    F(STARTUP,    "source/@startupPolicy", T_NZENUM(startup_policy), NO, G_HOST, NULL, "startup policy", "used at the start") \
    F(BACKING,    "backingStore",        T_TREE,               NO,  G_HOST, NULL, "backing store", "images of the host") \
    F(SRC_FILE,   "source/@file",        T_STR,                NO,  G_HOST, NULL, "source file", "storage of the host") \
    F(SRC_DEV,    "source/@dev",         T_STR,                NO,  G_HOST, NULL, "source device", "storage of the host") \
    F(SRC_PROTO,  "source/@protocol",    T_STR,                NO,  G_HOST, NULL, "source protocol", "storage of the host") \
    F(SRC_NAME,   "source/@name",        T_STR,                NO,  G_HOST, NULL, "source name", "storage of the host") \
    F(SRC_DIR,    "source/@dir",         T_STR,                NO,  G_HOST, NULL, "source directory", "storage of the host") \
    F(SRC_TYPE,   "source/@type",        T_STR,                NO,  G_HOST, NULL, "source type", "storage of the host") \
    F(SRC_POOL,   "source/@pool",        T_STR,                NO,  G_HOST, NULL, "source pool", "storage of the host") \
    F(SRC_VOLUME, "source/@volume",      T_STR,                NO,  G_HOST, NULL, "source volume", "storage of the host")

#define CONTROLLER_FIELDS(F) \
    F(TYPE,       "@type",               T_ENUM(controller_type), YES, G_HARD, NULL, "type", "kind of the bus") \
    F(INDEX,      "@index",              T_INT1,               YES, G_HARD, NULL, "index", "number of the bus in addresses") \
    F(MODEL,      "@model",              T_STR,                YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(PORTS,      "@ports",              T_INT1,               YES, G_HARD, NULL, "ports", "number of ports") \
    F(VECTORS,    "@vectors",            T_INT1,               YES, G_HARD, NULL, "vectors", "MSI-X vectors") \
    F(QUEUES,     "driver/@queues",      T_UINT,               NO,  G_HARD, NULL, "queues", "number of virtqueues") \
    F(CMD_PER_LUN, "driver/@cmd_per_lun", T_UINT,              NO,  G_HARD, NULL, "cmd_per_lun", "configuration space of virtio-scsi") \
    F(MAX_SECTORS, "driver/@max_sectors", T_UINT,              NO,  G_HARD, NULL, "max_sectors", "configuration space of virtio-scsi") \
    F(IOEVENTFD,  "driver/@ioeventfd",   T_SWITCH,             NO,  G_HOST, NULL, "ioeventfd", "how the host is notified") \
    F(IOTHREAD,   "driver/@iothread",    T_UINT,               NO,  G_HOST, NULL, "iothread", "threads of the host") \
    F(IOTHREADS,  "driver/iothreads",    T_TREE,               NO,  G_HOST, NULL, "iothreads", "threads of the host") \
    F(PCI_NAME,   "model/@name",         T_ENUM(pci_model_name), NO, G_HARD, NULL, "model name", "the bridge device that the guest sees") \
    F(CHASSIS_NR, "target/@chassisNr",   T_INT01,              NO,  G_HARD, NULL, "chassisNr", "slot numbering register") \
    F(CHASSIS,    "target/@chassis",     T_INT01,              NO,  G_HARD, NULL, "chassis", "physical slot number") \
    F(PORT,       "target/@port",        T_INT01,              NO,  G_HARD, NULL, "port", "PCIe link capabilities") \
    F(BUS_NR,     "target/@busNr",       T_INT01,              NO,  G_HARD, NULL, "busNr", "bus number of an expander") \
    F(TARGET_INDEX, "target/@index",     T_INT01,              NO,  G_HARD, NULL, "target index", "PHB of a POWER guest") \
    F(HOTPLUG,    "target/@hotplug",     T_SWITCH,             NO,  G_HARD, "on", "hotplug", "slot capabilities") \
    F(MEM_RESERVE, "target/@memReserve", T_UINT0,              NO,  G_HARD, NULL, "memReserve", "capability of the bridge") \
    F(NODE,       "target/node",         T_INT1,               NO,  G_HARD, NULL, "NUMA node", "ACPI proximity of an expander") \
    F(HOLE64,     "pcihole64",           T_KIB,                NO,  G_HARD, NULL, "64-bit PCI hole", "memory map") \
    F(HOLE64_SET, "pcihole64",           T_PRESENT,            NO,  G_HOST, NULL, "64-bit PCI hole", "see its size") \
    F(GRANTS,     "@maxGrantFrames",     T_INT1,               NO,  G_HOST, NULL, "maxGrantFrames", "Xen only") \
    F(EVENTS,     "@maxEventChannels",   T_INT1,               NO,  G_HOST, NULL, "maxEventChannels", "Xen only")

#define FILESYSTEM_FIELDS(F) \
    F(TARGET,     "target/@dir",         T_STR,                YES, G_HARD, NULL, "target", "mount tag") \
    F(READONLY,   "readonly",            T_PRESENT,            YES, G_HARD, NULL, "access mode", "write protection") \
    F(MODEL,      "@model",              T_NZENUM(virtio_model), YES, G_HARD, "virtio", "model", "virtio transitional or not") \
    F(DRV_TYPE,   "driver/@type",        T_ENUM(fs_driver),    NO,  G_HARD, "path", "driver type", "9p and virtiofs are different devices") \
    F(QUEUE,      "driver/@queue",       T_UINT,               NO,  G_HARD, NULL, "queue size", "size of the virtqueues") \
    F(FORMAT,     "driver/@format",      T_STR,                NO,  G_HOST, NULL, "image format", "images of the host") \
    F(WRPOLICY,   "driver/@wrpolicy",    T_ENUM(fs_wrpolicy),  NO,  G_HOST, NULL, "write policy", "how the host writes") \
    F(TYPE,       "@type",               T_ENUM(fs_type),      NO,  G_HOST, NULL, "type", "storage of the host") \
    F(ACCESS,     "@accessmode",         T_ENUM(fs_access),    NO,  G_SOFT, NULL, "access mode", "owners of files") \
    F(MULTIDEVS,  "@multidevs",          T_ENUM(fs_multidevs), NO,  G_SOFT, NULL, "multidevs", "inode numbers") \
    F(FMODE,      "@fmode",              T_OCT,                NO,  G_SOFT, NULL, "fmode", "permissions of new files") \
    F(DMODE,      "@dmode",              T_OCT,                NO,  G_SOFT, NULL, "dmode", "permissions of new directories") \
    F(BINARY,     "binary/@path",        T_STR,                NO,  G_HOST, NULL, "virtiofsd", "program of the host") \
    F(XATTR,      "binary/@xattr",       T_SWITCH,             NO,  G_SOFT, NULL, "xattr", "behaviour of the file system") \
    F(CACHE,      "binary/cache/@mode",  T_NZENUM(fs_cache),   NO,  G_SOFT, NULL, "cache mode", "behaviour of the file system") \
    F(SANDBOX,    "binary/sandbox/@mode", T_NZENUM(fs_sandbox), NO, G_HOST, NULL, "sandbox", "program of the host") \
    F(POSIX_LOCK, "binary/lock/@posix",  T_SWITCH,             NO,  G_SOFT, NULL, "posix locks", "behaviour of the file system") \
    F(FLOCK,      "binary/lock/@flock",  T_SWITCH,             NO,  G_SOFT, NULL, "flock", "behaviour of the file system") \
    F(IDMAP,      "idmap",               T_TREE,               NO,  G_HOST, NULL, "idmap", "owners of files on the host") \
    F(SRC_DIR,    "source/@dir",         T_STR,                NO,  G_HOST, NULL, "source directory", "storage of the host") \
    F(SRC_FILE,   "source/@file",        T_STR,                NO,  G_HOST, NULL, "source file", "storage of the host") \
    F(SRC_DEV,    "source/@dev",         T_STR,                NO,  G_HOST, NULL, "source device", "storage of the host") \
    F(SRC_NAME,   "source/@name",        T_STR,                NO,  G_HOST, NULL, "source name", "storage of the host") \
    F(SRC_USAGE,  "source/@usage",       T_STR,                NO,  G_HOST, NULL, "usage", "containers only") \
    F(SRC_POOL,   "source/@pool",        T_STR,                NO,  G_HOST, NULL, "source pool", "storage of the host") \
    F(SRC_SOCKET, "source/@socket",      T_STR,                NO,  G_HOST, NULL, "source socket", "storage of the host")

#define INTERFACE_FIELDS(F) \
    F(MAC,        "mac/@address",        T_MAC,                YES, G_HARD, NULL, "mac", "hardware address") \
    F(MODEL,      "model/@type",         T_STR,                YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(MTU,        "mtu/@size",           T_UINT,               YES, G_HARD, NULL, "MTU", "configuration space of virtio-net") \
    F(TYPE,       "@type",               T_ENUM(net_type),     NO,  G_HOST, NULL, "type", "network of the host") \
    F(DRV_NAME,   "driver/@name",        T_NZENUM(net_driver), NO,  G_HOST, NULL, "driver name", "vhost or QEMU; the features are chosen by the guest") \
    F(TXMODE,     "driver/@txmode",      T_NZENUM(net_txmode), NO,  G_HOST, NULL, "txmode", "when the host sends") \
    F(IOEVENTFD,  "driver/@ioeventfd",   T_SWITCH,             NO,  G_HOST, NULL, "ioeventfd", "how the host is notified") \
    F(EVENT_IDX,  "driver/@event_idx",   T_SWITCH,             NO,  G_HARD, "on", "event_idx", "feature bit of the device") \
    F(QUEUES,     "driver/@queues",      T_UINT,               NO,  G_HARD, NULL, "queues", "number of queue pairs, MSI-X vectors") \
    F(RX_SIZE,    "driver/@rx_queue_size", T_UINT,             NO,  G_HARD, NULL, "rx_queue_size", "size of the virtqueues") \
    F(TX_SIZE,    "driver/@tx_queue_size", T_UINT,             NO,  G_HARD, NULL, "tx_queue_size", "size of the virtqueues") \
    F(RSS,        "driver/@rss",         T_SWITCH,             NO,  G_HARD, "off", "rss", "feature bit of the device") \
    F(RSS_HASH,   "driver/@rss_hash_report", T_SWITCH,         NO,  G_HARD, "off", "rss_hash_report", "feature bit of the device") \
    F(H_CSUM,     "driver/host/@csum",   T_SWITCH,             NO,  G_HARD, "on", "host csum", "feature bit of the device") \
    F(H_GSO,      "driver/host/@gso",    T_SWITCH,             NO,  G_HARD, "on", "host gso", "feature bit of the device") \
    F(H_TSO4,     "driver/host/@tso4",   T_SWITCH,             NO,  G_HARD, "on", "host tso4", "feature bit of the device") \
    F(H_TSO6,     "driver/host/@tso6",   T_SWITCH,             NO,  G_HARD, "on", "host tso6", "feature bit of the device") \
    F(H_ECN,      "driver/host/@ecn",    T_SWITCH,             NO,  G_HARD, "on", "host ecn", "feature bit of the device") \
    F(H_UFO,      "driver/host/@ufo",    T_SWITCH,             NO,  G_HARD, "on", "host ufo", "feature bit of the device") \
    F(H_MRG,      "driver/host/@mrg_rxbuf", T_SWITCH,          NO,  G_HARD, "on", "host mrg_rxbuf", "feature bit of the device") \
    F(G_CSUM,     "driver/guest/@csum",  T_SWITCH,             NO,  G_HARD, "on", "guest csum", "feature bit of the device") \
    F(G_TSO4,     "driver/guest/@tso4",  T_SWITCH,             NO,  G_HARD, "on", "guest tso4", "feature bit of the device") \
    F(G_TSO6,     "driver/guest/@tso6",  T_SWITCH,             NO,  G_HARD, "on", "guest tso6", "feature bit of the device") \
    F(G_ECN,      "driver/guest/@ecn",   T_SWITCH,             NO,  G_HARD, "on", "guest ecn", "feature bit of the device") \
    F(G_UFO,      "driver/guest/@ufo",   T_SWITCH,             NO,  G_HARD, "on", "guest ufo", "feature bit of the device") \
    F(LINK,       "link/@state",         T_NZENUM(link_state), NO,  G_SOFT, "up", "link state", "the link's state travels with the guest") \
    F(TEAMING,    "teaming/@type",       T_RNZENUM(net_teaming), NO, G_HARD, NULL, "teaming", "standby feature bit of virtio-net") \
    F(TEAMING_TO, "teaming/@persistent", T_STR,                NO,  G_HARD, NULL, "teaming partner", "pairs two network cards of the guest") \
    F(COALESCE,   "coalesce",            T_TREE,               NO,  G_HOST, NULL, "coalescing", "network of the host") \
    F(BACKEND,    "backend/@type",       T_NZENUM(net_backend), NO, G_HOST, NULL, "backend type", "network of the host") \
    F(TAP,        "backend/@tap",        T_STR,                NO,  G_HOST, NULL, "tap backend", "network of the host") \
    F(VHOST,      "backend/@vhost",      T_STR,                NO,  G_HOST, NULL, "vhost backend", "network of the host") \
    F(IFNAME,     "target/@dev",         T_STR,                NO,  G_HOST, NULL, "name on the host", "network of the host") \
    F(FILTER,     "filterref/@filter",   T_STR,                NO,  G_HOST, NULL, "filter", "network of the host") \
    F(BANDWIDTH,  "bandwidth",           T_TREE,               NO,  G_HOST, NULL, "bandwidth", "network of the host") \
    F(VLAN,       "vlan",                T_TREE,               NO,  G_HOST, NULL, "vlan", "network of the host") \
    F(VPORT,      "virtualport",         T_TREE,               NO,  G_HOST, NULL, "virtual port", "network of the host") \
    F(ISOLATED,   "port/@isolated",      T_YESNO,              NO,  G_HOST, NULL, "port isolation", "network of the host") \
    F(TRUST,      "@trustGuestRxFilters", T_YESNO,             NO,  G_HOST, NULL, "trustGuestRxFilters", "network of the host") \
    F(SNDBUF,     "tune/sndbuf",         T_UINT,               NO,  G_HOST, NULL, "send buffer", "network of the host") \
    F(SOURCE,     "source",              T_TREE,               NO,  G_HOST, NULL, "source", "network of the host") \
    F(SRC_ADDRESS, "source/address/@type", T_STR,              NO,  G_HOST, NULL, "source address type", "device of the host") \
    F(SRC_VENDOR, "source/vendor",       T_PRESENT,            NO,  G_HOST, NULL, "source vendor", "device of the host") \
    F(SRC_NETWORK, "source/@network",    T_STR,                NO,  G_HOST, NULL, "source network", "network of the host") \
    F(SRC_BRIDGE, "source/@bridge",      T_STR,                NO,  G_HOST, NULL, "source bridge", "network of the host") \
    F(SRC_DEV,    "source/@dev",         T_STR,                NO,  G_HOST, NULL, "source device", "network of the host") \
    F(SRC_NAME,   "source/@name",        T_STR,                NO,  G_HOST, NULL, "source name", "network of the host") \
    F(SRC_PORT,   "source/@port",        T_STR,                NO,  G_HOST, NULL, "source port", "network of the host") \
    F(SRC_ADDR,   "source/@address",     T_STR,                NO,  G_HOST, NULL, "source address", "network of the host")

#define INPUT_FIELDS(F) \
    F(TYPE,     "@type",              T_RENUM(input_type),    YES, G_HARD, NULL, "type", "the device that the guest sees") \
    F(BUS,      "@bus",               T_NZENUM(input_bus),    YES, G_HARD, NULL, "bus", "the bus that the guest sees it on") \
    F(MODEL,    "@model",             T_NZENUM(virtio_model), YES, G_HARD, "virtio", "model", "virtio transitional or not") \
    F(SRC_EVDEV, "source/@evdev",     T_STR,                  NO,  G_HOST, NULL, "source", "device of the host") \
    F(SRC_DEV,  "source/@dev",        T_STR,                  NO,  G_HOST, NULL, "source", "device of the host")

#define SOUND_FIELDS(F) \
    F(MODEL,        "@model",        T_RENUM(sound_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(MULTICHANNEL, "@multichannel", T_YESNO,              YES, G_HARD, "no", "multichannel", "USB descriptors") \
    F(STREAMS,      "@streams",      T_NZUINT,             NO,  G_HARD, NULL, "streams", "configuration space of virtio-sound") \
    F(AUDIO,        "audio/@id",     T_NZUINT,             NO,  G_HOST, NULL, "audio backend", "sound of the host")

#define CODEC_FIELDS(F) \
    F(TYPE, "@type", T_RENUM(sound_codec), NO, G_HARD, NULL, "type", "codec on the HDA bus")

#define VIDEO_FIELDS(F) \
    F(TYPE,     "model/@type",    T_ENUM(video_type), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(RAM,      "model/@ram",     T_UINT,             YES, G_HARD, NULL, "ram", "size of a RAM block") \
    F(VRAM,     "model/@vram",    T_UINT,             YES, G_HARD, NULL, "vram", "size of a RAM block") \
    F(VRAM64,   "model/@vram64",  T_UINT,             YES, G_HARD, NULL, "vram64", "size of a RAM block") \
    F(VGAMEM,   "model/@vgamem",  T_UINT,             YES, G_HARD, NULL, "vgamem", "size of a RAM block") \
    F(HEADS,    "model/@heads",   T_UINT,             YES, G_HARD, "1", "heads", "number of outputs") \
    F(ACCEL,    "model/acceleration", T_PRESENT,      YES, G_HOST, NULL, "acceleration", "its values are compared") \
    F(ACCEL2D,  "model/acceleration/@accel2d", T_YESNO, YES, G_HARD, "no", "accel2d", "feature bit of the device") \
    F(ACCEL3D,  "model/acceleration/@accel3d", T_YESNO, YES, G_HARD, "no", "accel3d", "feature bit of the device") \
    F(RENDERNODE, "model/acceleration/@rendernode", T_STR, NO, G_HOST, NULL, "render node", "device of the host") \
    F(BLOB,     "model/@blob",    T_SWITCH,           NO,  G_HARD, "off", "blob", "feature bit of the device") \
    F(XRES,     "model/resolution/@x", T_UINT,        NO,  G_SOFT, NULL, "x resolution", "EDID, read at boot") \
    F(YRES,     "model/resolution/@y", T_UINT,        NO,  G_SOFT, NULL, "y resolution", "EDID, read at boot") \
    F(PRIMARY,  "model/@primary", T_LAXYESNO,         NO,  G_HOST, NULL, "primary", "the order of the cards says it") \
    F(BACKEND,  "driver/@name",   T_NZENUM(video_backend), NO, G_HARD, "qemu", "backend", "vhost-user-gpu is another device") \
    F(VGACONF,  "driver/@vgaconf", T_ENUM(vgaconf),   NO,  G_HOST, NULL, "vgaconf", "bhyve only")

#define HOSTDEV_FIELDS(F) \
    F(MODE,     "@mode",             T_ENUM(hostdev_mode), YES, G_HARD, NULL, "mode", "kind of passthrough") \
    F(TYPE,     "@type",             T_STR,             OWN, G_HARD, NULL, "type", "kind of passthrough") \
    F(MODEL,    "@model",            T_STR,             NO,  G_HARD, NULL, "model", "the device that the guest sees") \
    F(DISPLAY,  "@display",          T_SWITCH,          NO,  G_HARD, "off", "display", "the device that the guest sees") \
    F(RAMFB,    "@ramfb",            T_SWITCH,          NO,  G_HARD, "off", "ramfb", "a boot framebuffer: a fw_cfg file") \
    F(READONLY, "readonly",          T_PRESENT,         NO,  G_HARD, NULL, "access mode", "write protection") \
    F(SHAREABLE, "shareable",        T_PRESENT,         NO,  G_HOST, NULL, "shareable", "locks of the host") \
    F(MANAGED,  "@managed",          T_STR,             NO,  G_HOST, NULL, "managed", "drivers of the host") \
    F(SGIO,     "@sgio",             T_NZENUM(sgio),    NO,  G_HOST, NULL, "sgio", "privileges on the host") \
    F(RAWIO,    "@rawio",            T_YESNO,           NO,  G_HOST, NULL, "rawio", "privileges on the host") \
    F(DRIVER,   "driver/@name",      T_STR,             NO,  G_HOST, NULL, "driver", "drivers of the host") \
    F(DRV_MODEL, "driver/@model",    T_STR,             NO,  G_HOST, NULL, "driver model", "drivers of the host") \
    F(STARTUP,  "source/@startupPolicy", T_NZENUM(startup_policy), NO, G_HOST, NULL, "startup policy", "used at the start") \
    F(SRC_PROTOCOL, "source/@protocol", T_STR,          NO,  G_HOST, NULL, "source protocol", "device of the host") \
    F(SRC_WWPN, "source/@wwpn",      T_STR,             NO,  G_HOST, NULL, "source wwpn", "device of the host") \
    F(SRC_NAME, "source/@name",      T_STR,             NO,  G_HOST, NULL, "source name", "device of the host") \
    F(SRC_VENDOR, "source/vendor/@id", T_STR,           NO,  G_HOST, NULL, "source vendor", "device of the host") \
    F(SRC_UUID, "source/address/@uuid", T_STR,          NO,  G_HOST, NULL, "source uuid", "device of the host") \
    F(SOURCE,   "source",            T_TREE,            NO,  G_HOST, NULL, "source", "device of the host")

#define SMARTCARD_FIELDS(F) \
    F(MODE,     "@mode",    T_RENUM(smartcard_mode), NO, G_HARD, NULL, "mode", "the card that the guest sees") \
    F(TYPE,     "@type",    T_STR,                   NO, G_HOST, NULL, "type", "device of the host") \
    F(DATABASE, "database", T_STR,                   NO, G_HOST, NULL, "database", "files of the host")

#define CHR_FIELDS(F) \
    F(TYPE,   "@type",          T_ENUM(chr_type), NO, G_HOST, NULL, "backend type", "character device of the host") \
    F(SOURCE, "source",         T_TREE,           NO, G_HOST, NULL, "source", "character device of the host") \
    F(LOG,    "log/@file",      T_STR,            NO, G_HOST, NULL, "log", "file of the host")

#define SERIAL_FIELDS(F) \
    F(TARGET, "target/@type",       T_STR,                YES, G_HARD, NULL, "target type", "the device that the guest sees") \
    F(MODEL,  "target/model/@name", T_STR,                YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(PORT,   "target/@port",       T_INT1,               YES, G_HARD, NULL, "port", "I/O ports and interrupt") \
    CHR_FIELDS(F)

#define PARALLEL_FIELDS(F) \
    F(PORT,   "target/@port",       T_INT1,               YES, G_HARD, NULL, "port", "I/O ports and interrupt") \
    CHR_FIELDS(F)

#define CHANNEL_FIELDS(F) \
    F(TARGET, "target/@type",       T_STR,                YES, G_HARD, NULL, "target type", "kind of channel") \
    F(NAME,   "target/@name",       T_STR,                OWN, G_HARD, NULL, "name", "name of the port in the guest") \
    F(ADDRESS, "target/@address",   T_STR,                OWN, G_HARD, NULL, "guestfwd address", "address that the guest talks to") \
    F(PORT,   "target/@port",       T_STR,                OWN, G_HARD, NULL, "guestfwd port", "address that the guest talks to") \
    CHR_FIELDS(F)

#define CONSOLE_FIELDS(F) \
    F(TARGET, "target/@type",       T_STR,                YES, G_HARD, NULL, "target type", "the device that the guest sees") \
    F(PORT,   "target/@port",       T_INT1,               NO,  G_HOST, NULL, "port", "number of the console") \
    F(TTY,    "@tty",               T_STR,                NO,  G_HOST, NULL, "tty", "character device of the host") \
    CHR_FIELDS(F)

#define HUB_FIELDS(F) \
    F(TYPE, "@type", T_RENUM(hub_type), YES, G_HARD, NULL, "type", "the device that the guest sees")

#define REDIRDEV_FIELDS(F) \
    F(BUS,    "@bus",   T_ENUM(redirdev_bus), YES, G_HARD, NULL, "bus", "the bus that the guest sees it on") \
    F(TYPE,   "@type",  T_RENUM(chr_type),    YES, G_HOST, NULL, "source type", "character device of the host") \
    F(SOURCE, "source", T_TREE,               NO,  G_HOST, NULL, "source", "character device of the host")

#define REDIRFILTER_FIELDS(F) \
    F(PRESENT, "usbdev", T_PRESENT, NO, G_HOST, NULL, "rules", "compared rule by rule")

#define USBDEV_FIELDS(F) \
    F(CLASS,   "@class",   T_STR,    YES, G_HARD, "-1", "class", "which devices can be redirected") \
    F(VENDOR,  "@vendor",  T_STR,    YES, G_HARD, "-1", "vendor", "which devices can be redirected") \
    F(PRODUCT, "@product", T_STR,    YES, G_HARD, "-1", "product", "which devices can be redirected") \
    F(VERSION, "@version", T_STR,    YES, G_HARD, "-1", "version", "which devices can be redirected") \
    F(ALLOW,   "@allow",   T_RYESNO, YES, G_HARD, NULL, "allow", "which devices can be redirected")

#define WATCHDOG_FIELDS(F) \
    F(MODEL,  "@model",  T_RENUM(watchdog_model),  YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(ACTION, "@action", T_ENUM(watchdog_action),  NO,  G_SOFT, NULL, "action", "what the host does when it fires")

#define MEMBALLOON_FIELDS(F) \
    F(MODEL,     "@model",             T_RENUM(balloon_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(DEFLATE,   "@autodeflate",       T_SWITCH,               YES, G_HARD, "off", "autodeflate", "feature bit of the device") \
    F(REPORTING, "@freePageReporting", T_SWITCH,               YES, G_HARD, "off", "freePageReporting", "feature bit of the device") \
    F(PERIOD,    "stats/@period",      T_UINT,                 NO,  G_HOST, NULL, "statistics period", "polling by the host")

#define RNG_FIELDS(F) \
    F(MODEL,   "@model",         T_RENUM(rng_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(BACKEND, "backend/@model", T_RENUM(rng_backend), NO, G_HOST, NULL, "backend", "source of randomness on the host") \
    F(SOURCE,  "backend",        T_TREE,             NO,  G_HOST, NULL, "backend", "source of randomness on the host") \
    F(BYTES,   "rate/@bytes",    T_UINT,             NO,  G_HOST, NULL, "rate", "throttling by the host") \
    F(PERIOD,  "rate/@period",   T_UINT,             NO,  G_HOST, NULL, "rate period", "throttling by the host")

#define PANIC_FIELDS(F) \
    F(MODEL, "@model", T_ENUM(panic_model), YES, G_HARD, NULL, "model", "the device that the guest sees")

#define SHMEM_FIELDS(F) \
    F(NAME,      "@name",          T_RSTR,             NO,  G_HOST, NULL, "name", "shared memory of the host") \
    F(ROLE,      "@role",          T_NZENUM(shmem_role), YES, G_HARD, NULL, "role", "QEMU refuses to migrate a peer") \
    F(MODEL,     "model/@type",    T_ENUM(shmem_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(SIZE,      "size",           T_BYTES,            YES, G_HARD, NULL, "size", "size of a PCI BAR") \
    F(SERVER,    "server",         T_PRESENT,          YES, G_HARD, NULL, "server", "registers and interrupts of the device") \
    F(PATH,      "server/@path",   T_STR,              NO,  G_HOST, NULL, "server path", "socket of the host") \
    F(MSI,       "msi",            T_PRESENT,          YES, G_HARD, NULL, "msi", "interrupts of the device") \
    F(VECTORS,   "msi/@vectors",   T_UINT,             YES, G_HARD, NULL, "vectors", "interrupts of the device") \
    F(IOEVENTFD, "msi/@ioeventfd", T_SWITCH,           YES, G_HOST, NULL, "ioeventfd", "how the host is notified")

#define TPM_FIELDS(F) \
    F(BACKEND,  "backend/@type",    T_RENUM(tpm_backend), YES, G_HOST, NULL, "backend", "emulated or not; the state must fit") \
    F(MODEL,    "@model",           T_ENUM(tpm_model),    YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(VERSION,  "backend/@version", T_NZENUM(tpm_version), YES, G_HARD, NULL, "version", "commands of the device") \
    F(BANKS,    "backend/active_pcr_banks", T_PRESENT,    NO,  G_HOST, NULL, "PCR banks", "compared bank by bank") \
    F(SHA1,     "backend/active_pcr_banks/sha1",   T_PRESENT, YES, G_HARD, NULL, "PCR bank sha1", "active banks") \
    F(SHA256,   "backend/active_pcr_banks/sha256", T_PRESENT, YES, G_HARD, NULL, "PCR bank sha256", "active banks") \
    F(SHA384,   "backend/active_pcr_banks/sha384", T_PRESENT, YES, G_HARD, NULL, "PCR bank sha384", "active banks") \
    F(SHA512,   "backend/active_pcr_banks/sha512", T_PRESENT, YES, G_HARD, NULL, "PCR bank sha512", "active banks") \
    F(PROFILE,  "backend/profile/@source", T_STR,         NO,  G_SOFT, NULL, "profile", "used when the TPM's state is created") \
    F(PERSISTENT, "backend/@persistent_state", T_STR,     NO,  G_HOST, NULL, "persistent state", "files of the host") \
    F(ENCRYPTION, "backend/encryption/@secret", T_STR,    NO,  G_HOST, NULL, "encryption", "files of the host") \
    F(SRC_TYPE, "backend/source/@type", T_STR,            NO,  G_HOST, NULL, "source type", "files of the host") \
    F(SOURCE,   "backend/source",   T_TREE,               NO,  G_HOST, NULL, "source", "files of the host") \
    F(DEVICE,   "backend/device/@path", T_STR,            NO,  G_HOST, NULL, "device", "device of the host")

#define MEMORY_FIELDS(F) \
    F(MODEL,    "@model",           T_RNZENUM(memory_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(TARGET,   "target",           T_PRESENT,  NO,  G_HOST, NULL, "target", "see its size") \
    F(SIZE,     "target/size",      T_KIB,      YES, G_HARD, NULL, "size", "size of a RAM block") \
    F(NODE,     "target/node",      T_INT1,     YES, G_HARD, NULL, "target node", "ACPI proximity") \
    F(LABEL,    "target/label/size", T_KIB,     YES, G_HARD, NULL, "label size", "layout of the NVDIMM") \
    F(ALIGN,    "source/alignsize", T_KIB,      YES, G_HARD, NULL, "alignment", "layout of the NVDIMM") \
    F(PMEM,     "source/pmem",      T_PRESENT,  YES, G_HARD, NULL, "pmem", "persistence that the guest is told of") \
    F(READONLY, "target/readonly",  T_PRESENT,  YES, G_HARD, NULL, "readonly", "write protection") \
    F(UUID,     "uuid",             T_UUID,     YES, G_HARD, NULL, "uuid", "label of the NVDIMM") \
    F(BLOCK,    "target/block",     T_KIB,      YES, G_HARD, NULL, "block size", "configuration space of virtio-mem") \
    F(REQUESTED, "target/requested", T_KIB,     YES, G_HARD, NULL, "requested size", "configuration space of virtio-mem") \
    F(BASE,     "target/address/@base", T_HEX,  YES, G_HARD, NULL, "base", "memory map") \
    F(DYNAMIC,  "target/@dynamicMemslots", T_YESNO, YES, G_HARD, "no", "dynamicMemslots", "refused by QEMU when it differs") \
    F(CURRENT,  "target/current",   T_KIB,      NO,  G_HOST, NULL, "current size", "travels with the guest") \
    F(ACCESS,   "@access",          T_NZENUM(mem_access), NO, G_HOST, NULL, "access", "how the host maps the memory") \
    F(DISCARD,  "@discard",         T_YESNO,    NO,  G_HOST, NULL, "discard", "memory of the host") \
    F(PATH,     "source/path",      T_STR,      NO,  G_HOST, NULL, "source path", "memory of the host") \
    F(PAGESIZE, "source/pagesize",  T_KIB,      NO,  G_HOST, NULL, "page size", "memory of the host") \
    F(NODEMASK, "source/nodemask",  T_CPUSET,   NO,  G_HOST, NULL, "node mask", "memory of the host")

#define IOMMU_FIELDS(F) \
    F(MODEL,    "@model",               T_RENUM(iommu_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(INTREMAP, "driver/@intremap",     T_SWITCH, YES, G_HARD, NULL, "intremap", "capability register; absent is QEMU's auto") \
    F(CACHING,  "driver/@caching_mode", T_SWITCH, YES, G_HARD, "off", "caching_mode", "capability register") \
    F(EIM,      "driver/@eim",          T_SWITCH, YES, G_HARD, NULL, "eim", "capability register; absent is QEMU's auto") \
    F(IOTLB,    "driver/@iotlb",        T_SWITCH, YES, G_HARD, "off", "iotlb", "capability register") \
    F(AW_BITS,  "driver/@aw_bits",      T_UINT,   YES, G_HARD, NULL, "aw_bits", "capability register") \
    F(DMA,      "driver/@dma_translation", T_SWITCH, YES, G_HARD, "on", "dma_translation", "capability register")

#define VSOCK_FIELDS(F) \
    F(MODEL, "@model",       T_ENUM(virtio_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(CID,   "cid/@address", T_NZUINT,             NO,  G_HARD, NULL, "cid", "the guest's address") \
    F(AUTO,  "cid/@auto",    T_YESNO,              NO,  G_HOST, NULL, "automatic cid", "the host may choose another one: see cid")

#define PSTORE_FIELDS(F) \
    F(BACKEND, "@backend", T_RENUM(pstore_backend), YES, G_HARD, NULL, "backend", "the device that the guest sees") \
    F(SIZE,    "size",     T_KIB,                   YES, G_HARD, NULL, "size", "size of a PCI BAR") \
    F(PATH,    "path",     T_STR,                   NO,  G_HOST, NULL, "path", "file of the host")

#define CRYPTO_FIELDS(F) \
    F(MODEL,   "@model",          T_RENUM(crypto_model),  NO, G_HARD, NULL, "model", "the device that the guest sees") \
    F(TYPE,    "@type",           T_RSTR,                 NO, G_HOST, NULL, "type", "QEMU knows one") \
    F(BACKEND, "backend/@model",  T_RENUM(crypto_backend), NO, G_HARD, NULL, "backend", "algorithms that the device offers") \
    F(QUEUES,  "backend/@queues", T_UINT,                 NO, G_HARD, "1", "queues", "number of virtqueues")

#define NVRAM_FIELDS(F) \
    F(ELEMENT, "address", T_PRESENT, NO, G_HOST, NULL, "address", "compared field by field")

#define LEASE_FIELDS(F) \
    F(KEY,    "key",          T_STR, NO, G_HOST, NULL, "key", "locks of the host") \
    F(SPACE,  "lockspace",    T_STR, NO, G_HOST, NULL, "lock space", "locks of the host") \
    F(TARGET, "target/@path", T_STR, NO, G_HOST, NULL, "target", "locks of the host")

#define GRAPHICS_FIELDS(F) \
    F(TYPE,   "@type",       T_RENUM(graphics_type), NO, G_HOST, NULL, "type", "display of the host") \
    F(PORT,   "@port",       T_STR,  NO, G_HOST, NULL, "port", "display of the host") \
    F(TLSPORT, "@tlsPort",   T_STR,  NO, G_HOST, NULL, "TLS port", "display of the host") \
    F(AUTOPORT, "@autoport", T_STR,  NO, G_HOST, NULL, "automatic port", "display of the host") \
    F(LISTEN, "listen",      T_TREE, NO, G_HOST, NULL, "listen", "display of the host") \
    F(GL,     "gl/@enable",  T_YESNO, NO, G_HOST, NULL, "GL", "display of the host")

#define AUDIO_FIELDS(F) \
    F(ID,   "@id",   T_RUINT,             NO, G_HOST, NULL, "id", "sound of the host") \
    F(TYPE, "@type", T_RENUM(audio_type), NO, G_HOST, NULL, "type", "sound of the host")

/* clang-format on */

#endif
