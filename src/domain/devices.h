/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows of the devices. Included by schema.h only; columns as in fields.h.
 * INFO_FIELDS come first in every device, VIRTIO_FIELDS next where the kind
 * has a virtio <driver>.
 */
#ifndef DOMAIN_DEVICES_H
#define DOMAIN_DEVICES_H

/* clang-format off */

#define INFO_FIELDS(F) \
    F(ADDRESS,     "address/@type",          RNZENUM(address_type), YES, G_HARD, NULL, "address type", "where the guest finds the device") \
    F(DOMAIN,      "address/@domain",        UINT0, AT(PCI),   G_HARD, NULL, "PCI domain", "PCI address") \
    F(BUS,         "address/@bus",           UINT0, OWN,       G_HARD, NULL, "address bus", "PCI, drive or virtio-serial address") \
    F(SLOT,        "address/@slot",          UINT0, OWN,       G_HARD, NULL, "address slot", "PCI, ccid or dimm address") \
    F(FUNCTION,    "address/@function",      UINT0, AT(PCI),   G_HARD, NULL, "PCI function", "PCI address") \
    F(MULTI,       "address/@multifunction", SWITCH, NOT(PCI), G_HARD, NULL, "multifunction", "PCI header type") \
    F(ZPCI_UID,    "address/zpci/@uid",      UINT0, NOT(PCI),  G_HARD, NULL, "zPCI uid", "identity of a PCI device on s390x") \
    F(ZPCI_FID,    "address/zpci/@fid",      UINT0, NOT(PCI),  G_HARD, NULL, "zPCI fid", "identity of a PCI device on s390x") \
    F(CONTROLLER,  "address/@controller",    UINT,  OWN,       G_HARD, NULL, "address controller", "drive, virtio-serial or ccid address") \
    F(TARGET,      "address/@target",        UINT,  NOT(DRIVE), G_HARD, NULL, "SCSI target", "SCSI address") \
    F(UNIT,        "address/@unit",          UINT,  AT(DRIVE), G_HARD, NULL, "unit", "drive address") \
    F(PORT,        "address/@port",          STR,   OWN,       G_HARD, NULL, "address port", "USB port (QEMU streams by it) or virtio-serial port") \
    F(CSSID,       "address/@cssid",         UINT0, AT(CCW),   G_HARD, NULL, "CCW cssid", "channel address") \
    F(SSID,        "address/@ssid",          UINT0, AT(CCW),   G_HARD, NULL, "CCW ssid", "channel address") \
    F(DEVNO,       "address/@devno",         UINT0, AT(CCW),   G_HARD, NULL, "CCW devno", "channel address") \
    F(IOBASE,      "address/@iobase",        HEX,   AT(ISA),   G_HARD, NULL, "ISA I/O base", "I/O ports") \
    F(IRQ,         "address/@irq",           HEX,   AT(ISA),   G_HARD, NULL, "ISA IRQ", "interrupt line") \
    F(BASE,        "address/@base",          HEX,   AT(DIMM),  G_HARD, NULL, "DIMM base", "memory map") \
    F(REG,         "address/@reg",           UINT0, NOT(SPAPR_VIO), G_HARD, NULL, "spapr-vio reg", "address on the POWER virtual bus") \
    F(ACPI_INDEX,  "acpi/@index",            NZUINT, YES,      G_HARD, NULL, "ACPI index", "name of the network card in the guest") \
    F(BOOT_ORDER,  "boot/@order",            NZUINT, NO,       G_SOFT, NULL, "boot order", "read by the firmware at boot only") \
    F(LOADPARM,    "boot/@loadparm",         STR,   NO,        G_SOFT, NULL, "loadparm", "read by the firmware at boot only") \
    F(ALIAS,       "alias/@name",            STR,   OWN,       G_HOST, NULL, "alias", "name between libvirt and QEMU; libvirt compares it for memory devices") \
    F(ROM_BAR,     "rom/@bar",               SWITCH, NO,       G_HARD, "on", "ROM BAR", "a PCI BAR and a RAM block") \
    F(ROM_FILE,    "rom/@file",              STR,   NO,        G_HARD, NULL, "option ROM", "its size is that of a RAM block: QEMU refuses another") \
    F(ROM_ENABLED, "rom/@enabled",           YESNO, NO,        G_HARD, "yes", "option ROM", "a RAM block") \
    F(MASTER,      "master/@startport",      UINT,  NO,        G_HARD, NULL, "USB master start port", "ports of companion controllers")

#define VIRTIO_FIELDS(F) \
    F(DRIVER, "driver",                PRESENT, OWN, G_HOST, NULL, "virtio options", "an artefact of how libvirt writes the document") \
    F(IOMMU,  "driver/@iommu",         SWITCH,  YES, G_HARD, "off", "virtio iommu", "feature bit of the device") \
    F(ATS,    "driver/@ats",           SWITCH,  YES, G_HARD, "off", "virtio ats", "PCI capability") \
    F(PACKED, "driver/@packed",        SWITCH,  YES, G_HARD, "off", "virtio packed", "feature bit of the device") \
    F(PAGE_PER_VQ, "driver/@page_per_vq", SWITCH, YES, G_HARD, "off", "virtio page_per_vq", "layout of the notification BAR")

#define DISK_FIELDS(F) \
    F(DEVICE,     "@device",             ENUM(disk_device),  YES, G_HARD, NULL, "device", "disk, CD-ROM, floppy or LUN") \
    F(TARGET,     "target/@dev",         STR,                YES, G_HARD, NULL, "target", "order and names of the disks") \
    F(BUS,        "target/@bus",         NZENUM(disk_bus),   YES, G_HARD, NULL, "bus", "the controller that the guest sees") \
    F(SERIAL,     "serial",              STR,                YES, G_HARD, NULL, "serial", "answer to IDENTIFY or INQUIRY") \
    F(WWN,        "wwn",                 STR,                YES, G_HARD, NULL, "wwn", "answer to IDENTIFY or INQUIRY") \
    F(READONLY,   "readonly",            PRESENT,            YES, G_HARD, NULL, "access mode", "write protection") \
    F(MODEL,      "@model",              ENUM(virtio_model), YES, G_HARD, "virtio", "model", "virtio transitional or not") \
    F(ROTATION,   "target/@rotation_rate", UINT,             YES, G_HARD, NULL, "rotation rate", "answer to IDENTIFY or INQUIRY") \
    F(QUEUES,     "driver/@queues",      UINT,               YES, G_HARD, NULL, "queues", "number of virtqueues") \
    F(QUEUE_SIZE, "driver/@queue_size",  UINT,               YES, G_HARD, NULL, "queue size", "size of the virtqueues") \
    F(LOGICAL,    "blockio/@logical_block_size",  UINT,      YES, G_HARD, NULL, "logical block size", "answer to a capacity query") \
    F(PHYSICAL,   "blockio/@physical_block_size", UINT,      YES, G_HARD, NULL, "physical block size", "answer to a capacity query") \
    F(GRANULARITY, "blockio/@discard_granularity", UINT,     YES, G_HARD, NULL, "discard granularity", "answer to a capacity query") \
    F(VENDOR,     "vendor",              STR,                NO,  G_HARD, NULL, "vendor", "answer to INQUIRY") \
    F(PRODUCT,    "product",             STR,                NO,  G_HARD, NULL, "product", "answer to INQUIRY") \
    F(CYLS,       "geometry/@cyls",      UINT,               NO,  G_HARD, NULL, "cylinders", "disk geometry") \
    F(HEADS,      "geometry/@heads",     UINT,               NO,  G_HARD, NULL, "heads", "disk geometry") \
    F(SECS,       "geometry/@secs",      UINT,               NO,  G_HARD, NULL, "sectors", "disk geometry") \
    F(TRANS,      "geometry/@trans",     NZENUM(geometry_trans), NO, G_HARD, NULL, "geometry translation", "BIOS translation") \
    F(REMOVABLE,  "target/@removable",   SWITCH,             NO,  G_HARD, "off", "removable", "answer to INQUIRY") \
    F(TRAY,       "target/@tray",        ENUM(tray),         NO,  G_SOFT, NULL, "tray", "the tray's state travels with the guest") \
    F(EVENT_IDX,  "driver/@event_idx",   SWITCH,             NO,  G_HARD, "on", "event_idx", "feature bit of the device") \
    F(IOEVENTFD,  "driver/@ioeventfd",   SWITCH,             NO,  G_HOST, NULL, "ioeventfd", "how the host is notified") \
    F(SHAREABLE,  "shareable",           PRESENT,            NO,  G_HARD, NULL, "shareable", "share-rw of the device, caching") \
    F(TRANSIENT,  "transient",           PRESENT,            NO,  G_HOST, NULL, "transient", "where writes go on the host") \
    F(DISCARD,    "driver/@discard",     NZENUM(discard),    NO,  G_HARD, NULL, "discard", "unmap capability of the disk") \
    F(ZEROES,     "driver/@detect_zeroes", NZENUM(detect_zeroes), NO, G_HOST, NULL, "detect_zeroes", "how the host writes zeroes") \
    F(NO_UNREF,   "driver/@discard_no_unref", SWITCH,        NO,  G_HOST, NULL, "discard_no_unref", "layout of the image") \
    F(CACHE,      "driver/@cache",       ENUM(disk_cache)  , NO,  G_SOFT, NULL, "cache", "the write cache bit of the device; the guest may have changed it, and its state travels") \
    F(IO,         "driver/@io",          NZENUM(disk_io),    NO,  G_HOST, NULL, "I/O mode", "system calls of the host") \
    F(ERROR,      "driver/@error_policy", NZENUM(error_policy), NO, G_SOFT, NULL, "error policy", "what happens after an I/O error") \
    F(RERROR,     "driver/@rerror_policy", NZENUM(error_policy), NO, G_SOFT, NULL, "read error policy", "what happens after an I/O error") \
    F(COPY_READ,  "driver/@copy_on_read", SWITCH,            NO,  G_HOST, NULL, "copy_on_read", "images of the host") \
    F(IOTHREAD,   "driver/@iothread",    UINT,               NO,  G_HOST, NULL, "iothread", "threads of the host") \
    F(DRV_NAME,   "driver/@name",        STR,                NO,  G_HOST, "qemu", "driver name", "QEMU knows one") \
    F(DRV_TYPE,   "driver/@type",        STR,                NO,  G_HOST, NULL, "image format", "images of the host") \
    F(TYPE,       "@type",               NZENUM(storage_type), NO, G_HOST, "file", "source type", "storage of the host") \
    F(RAWIO,      "@rawio",              YESNO,              NO,  G_HOST, NULL, "rawio", "privileges on the host") \
    F(SGIO,       "@sgio",               NZENUM(sgio),       NO,  G_HOST, NULL, "sgio", "privileges on the host") \
    F(SNAPSHOT,   "@snapshot",           NZENUM(snapshot),   NO,  G_HOST, NULL, "snapshot", "images of the host") \
    F(STARTUP,    "source/@startupPolicy", NZENUM(startup_policy), NO, G_HOST, NULL, "startup policy", "used at the start") \
    F(BACKING,    "backingStore",        TREE,               NO,  G_HOST, NULL, "backing store", "images of the host") \
    F(SRC_FILE,   "source/@file",        STR,                NO,  G_HOST, NULL, "source file", "storage of the host") \
    F(SRC_DEV,    "source/@dev",         STR,                NO,  G_HOST, NULL, "source device", "storage of the host") \
    F(SRC_PROTO,  "source/@protocol",    STR,                NO,  G_HOST, NULL, "source protocol", "storage of the host") \
    F(SRC_NAME,   "source/@name",        STR,                NO,  G_HOST, NULL, "source name", "storage of the host") \
    F(SRC_DIR,    "source/@dir",         STR,                NO,  G_HOST, NULL, "source directory", "storage of the host") \
    F(SRC_TYPE,   "source/@type",        STR,                NO,  G_HOST, NULL, "source type", "storage of the host") \
    F(SRC_POOL,   "source/@pool",        STR,                NO,  G_HOST, NULL, "source pool", "storage of the host") \
    F(SRC_VOLUME, "source/@volume",      STR,                NO,  G_HOST, NULL, "source volume", "storage of the host")

#define CONTROLLER_FIELDS(F) \
    F(TYPE,       "@type",               ENUM(controller_type), YES, G_HARD, NULL, "type", "kind of the bus") \
    F(INDEX,      "@index",              INT1,               YES, G_HARD, NULL, "index", "number of the bus in addresses") \
    F(MODEL,      "@model",              STR,                YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(PORTS,      "@ports",              INT1,               YES, G_HARD, NULL, "ports", "number of ports") \
    F(VECTORS,    "@vectors",            INT1,               YES, G_HARD, NULL, "vectors", "MSI-X vectors") \
    F(QUEUES,     "driver/@queues",      UINT,               NO,  G_HARD, NULL, "queues", "number of virtqueues") \
    F(CMD_PER_LUN, "driver/@cmd_per_lun", UINT,              NO,  G_HARD, NULL, "cmd_per_lun", "configuration space of virtio-scsi") \
    F(MAX_SECTORS, "driver/@max_sectors", UINT,              NO,  G_HARD, NULL, "max_sectors", "configuration space of virtio-scsi") \
    F(IOEVENTFD,  "driver/@ioeventfd",   SWITCH,             NO,  G_HOST, NULL, "ioeventfd", "how the host is notified") \
    F(IOTHREAD,   "driver/@iothread",    UINT,               NO,  G_HOST, NULL, "iothread", "threads of the host") \
    F(IOTHREADS,  "driver/iothreads",    TREE,               NO,  G_HOST, NULL, "iothreads", "threads of the host") \
    F(PCI_NAME,   "model/@name",         ENUM(pci_model_name), NO, G_HARD, NULL, "model name", "the bridge device that the guest sees") \
    F(CHASSIS_NR, "target/@chassisNr",   INT01,              NO,  G_HARD, NULL, "chassisNr", "slot numbering register") \
    F(CHASSIS,    "target/@chassis",     INT01,              NO,  G_HARD, NULL, "chassis", "physical slot number") \
    F(PORT,       "target/@port",        INT01,              NO,  G_HARD, NULL, "port", "PCIe link capabilities") \
    F(BUS_NR,     "target/@busNr",       INT01,              NO,  G_HARD, NULL, "busNr", "bus number of an expander") \
    F(TARGET_INDEX, "target/@index",     INT01,              NO,  G_HARD, NULL, "target index", "PHB of a POWER guest") \
    F(HOTPLUG,    "target/@hotplug",     SWITCH,             NO,  G_HARD, "on", "hotplug", "slot capabilities") \
    F(MEM_RESERVE, "target/@memReserve", UINT0,              NO,  G_HARD, NULL, "memReserve", "capability of the bridge") \
    F(NODE,       "target/node",         INT1,               NO,  G_HARD, NULL, "NUMA node", "ACPI proximity of an expander") \
    F(HOLE64,     "pcihole64",           KIB,                NO,  G_HARD, NULL, "64-bit PCI hole", "memory map") \
    F(HOLE64_SET, "pcihole64",           PRESENT,            NO,  G_HOST, NULL, "64-bit PCI hole", "see its size") \
    F(GRANTS,     "@maxGrantFrames",     INT1,               NO,  G_HOST, NULL, "maxGrantFrames", "Xen only") \
    F(EVENTS,     "@maxEventChannels",   INT1,               NO,  G_HOST, NULL, "maxEventChannels", "Xen only")

#define FILESYSTEM_FIELDS(F) \
    F(TARGET,     "target/@dir",         STR,                YES, G_HARD, NULL, "target", "mount tag") \
    F(READONLY,   "readonly",            PRESENT,            YES, G_HARD, NULL, "access mode", "write protection") \
    F(MODEL,      "@model",              NZENUM(virtio_model), YES, G_HARD, "virtio", "model", "virtio transitional or not") \
    F(DRV_TYPE,   "driver/@type",        ENUM(fs_driver),    NO,  G_HARD, "path", "driver type", "9p and virtiofs are different devices") \
    F(QUEUE,      "driver/@queue",       UINT,               NO,  G_HARD, NULL, "queue size", "size of the virtqueues") \
    F(FORMAT,     "driver/@format",      STR,                NO,  G_HOST, NULL, "image format", "images of the host") \
    F(WRPOLICY,   "driver/@wrpolicy",    ENUM(fs_wrpolicy),  NO,  G_HOST, NULL, "write policy", "how the host writes") \
    F(TYPE,       "@type",               ENUM(fs_type),      NO,  G_HOST, NULL, "type", "storage of the host") \
    F(ACCESS,     "@accessmode",         ENUM(fs_access),    NO,  G_SOFT, NULL, "access mode", "owners of files") \
    F(MULTIDEVS,  "@multidevs",          ENUM(fs_multidevs), NO,  G_SOFT, NULL, "multidevs", "inode numbers") \
    F(FMODE,      "@fmode",              OCT,                NO,  G_SOFT, NULL, "fmode", "permissions of new files") \
    F(DMODE,      "@dmode",              OCT,                NO,  G_SOFT, NULL, "dmode", "permissions of new directories") \
    F(BINARY,     "binary/@path",        STR,                NO,  G_HOST, NULL, "virtiofsd", "program of the host") \
    F(XATTR,      "binary/@xattr",       SWITCH,             NO,  G_SOFT, NULL, "xattr", "behaviour of the file system") \
    F(CACHE,      "binary/cache/@mode",  NZENUM(fs_cache),   NO,  G_SOFT, NULL, "cache mode", "behaviour of the file system") \
    F(SANDBOX,    "binary/sandbox/@mode", NZENUM(fs_sandbox), NO, G_HOST, NULL, "sandbox", "program of the host") \
    F(POSIX_LOCK, "binary/lock/@posix",  SWITCH,             NO,  G_SOFT, NULL, "posix locks", "behaviour of the file system") \
    F(FLOCK,      "binary/lock/@flock",  SWITCH,             NO,  G_SOFT, NULL, "flock", "behaviour of the file system") \
    F(IDMAP,      "idmap",               TREE,               NO,  G_HOST, NULL, "idmap", "owners of files on the host") \
    F(SRC_DIR,    "source/@dir",         STR,                NO,  G_HOST, NULL, "source directory", "storage of the host") \
    F(SRC_FILE,   "source/@file",        STR,                NO,  G_HOST, NULL, "source file", "storage of the host") \
    F(SRC_DEV,    "source/@dev",         STR,                NO,  G_HOST, NULL, "source device", "storage of the host") \
    F(SRC_NAME,   "source/@name",        STR,                NO,  G_HOST, NULL, "source name", "storage of the host") \
    F(SRC_USAGE,  "source/@usage",       STR,                NO,  G_HOST, NULL, "usage", "containers only") \
    F(SRC_POOL,   "source/@pool",        STR,                NO,  G_HOST, NULL, "source pool", "storage of the host") \
    F(SRC_SOCKET, "source/@socket",      STR,                NO,  G_HOST, NULL, "source socket", "storage of the host")

#define INTERFACE_FIELDS(F) \
    F(MAC,        "mac/@address",        MAC,                YES, G_HARD, NULL, "mac", "hardware address") \
    F(MODEL,      "model/@type",         STR,                YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(MTU,        "mtu/@size",           UINT,               YES, G_HARD, NULL, "MTU", "configuration space of virtio-net") \
    F(TYPE,       "@type",               ENUM(net_type),     NO,  G_HOST, NULL, "type", "network of the host") \
    F(DRV_NAME,   "driver/@name",        NZENUM(net_driver), NO,  G_HOST, NULL, "driver name", "vhost or QEMU; the features are chosen by the guest") \
    F(TXMODE,     "driver/@txmode",      NZENUM(net_txmode), NO,  G_HOST, NULL, "txmode", "when the host sends") \
    F(IOEVENTFD,  "driver/@ioeventfd",   SWITCH,             NO,  G_HOST, NULL, "ioeventfd", "how the host is notified") \
    F(EVENT_IDX,  "driver/@event_idx",   SWITCH,             NO,  G_HARD, "on", "event_idx", "feature bit of the device") \
    F(QUEUES,     "driver/@queues",      UINT,               NO,  G_HARD, NULL, "queues", "number of queue pairs, MSI-X vectors") \
    F(RX_SIZE,    "driver/@rx_queue_size", UINT,             NO,  G_HARD, NULL, "rx_queue_size", "size of the virtqueues") \
    F(TX_SIZE,    "driver/@tx_queue_size", UINT,             NO,  G_HARD, NULL, "tx_queue_size", "size of the virtqueues") \
    F(RSS,        "driver/@rss",         SWITCH,             NO,  G_HARD, "off", "rss", "feature bit of the device") \
    F(RSS_HASH,   "driver/@rss_hash_report", SWITCH,         NO,  G_HARD, "off", "rss_hash_report", "feature bit of the device") \
    F(H_CSUM,     "driver/host/@csum",   SWITCH,             NO,  G_HARD, "on", "host csum", "feature bit of the device") \
    F(H_GSO,      "driver/host/@gso",    SWITCH,             NO,  G_HARD, "on", "host gso", "feature bit of the device") \
    F(H_TSO4,     "driver/host/@tso4",   SWITCH,             NO,  G_HARD, "on", "host tso4", "feature bit of the device") \
    F(H_TSO6,     "driver/host/@tso6",   SWITCH,             NO,  G_HARD, "on", "host tso6", "feature bit of the device") \
    F(H_ECN,      "driver/host/@ecn",    SWITCH,             NO,  G_HARD, "on", "host ecn", "feature bit of the device") \
    F(H_UFO,      "driver/host/@ufo",    SWITCH,             NO,  G_HARD, "on", "host ufo", "feature bit of the device") \
    F(H_MRG,      "driver/host/@mrg_rxbuf", SWITCH,          NO,  G_HARD, "on", "host mrg_rxbuf", "feature bit of the device") \
    F(G_CSUM,     "driver/guest/@csum",  SWITCH,             NO,  G_HARD, "on", "guest csum", "feature bit of the device") \
    F(G_TSO4,     "driver/guest/@tso4",  SWITCH,             NO,  G_HARD, "on", "guest tso4", "feature bit of the device") \
    F(G_TSO6,     "driver/guest/@tso6",  SWITCH,             NO,  G_HARD, "on", "guest tso6", "feature bit of the device") \
    F(G_ECN,      "driver/guest/@ecn",   SWITCH,             NO,  G_HARD, "on", "guest ecn", "feature bit of the device") \
    F(G_UFO,      "driver/guest/@ufo",   SWITCH,             NO,  G_HARD, "on", "guest ufo", "feature bit of the device") \
    F(LINK,       "link/@state",         NZENUM(link_state), NO,  G_SOFT, "up", "link state", "the link's state travels with the guest") \
    F(TEAMING,    "teaming/@type",       RNZENUM(net_teaming), NO, G_HARD, NULL, "teaming", "standby feature bit of virtio-net") \
    F(TEAMING_TO, "teaming/@persistent", STR,                NO,  G_HARD, NULL, "teaming partner", "pairs two network cards of the guest") \
    F(COALESCE,   "coalesce",            TREE,               NO,  G_HOST, NULL, "coalescing", "network of the host") \
    F(BACKEND,    "backend/@type",       NZENUM(net_backend), NO, G_HOST, NULL, "backend type", "network of the host") \
    F(TAP,        "backend/@tap",        STR,                NO,  G_HOST, NULL, "tap backend", "network of the host") \
    F(VHOST,      "backend/@vhost",      STR,                NO,  G_HOST, NULL, "vhost backend", "network of the host") \
    F(IFNAME,     "target/@dev",         STR,                NO,  G_HOST, NULL, "name on the host", "network of the host") \
    F(FILTER,     "filterref/@filter",   STR,                NO,  G_HOST, NULL, "filter", "network of the host") \
    F(BANDWIDTH,  "bandwidth",           TREE,               NO,  G_HOST, NULL, "bandwidth", "network of the host") \
    F(VLAN,       "vlan",                TREE,               NO,  G_HOST, NULL, "vlan", "network of the host") \
    F(VPORT,      "virtualport",         TREE,               NO,  G_HOST, NULL, "virtual port", "network of the host") \
    F(ISOLATED,   "port/@isolated",      YESNO,              NO,  G_HOST, NULL, "port isolation", "network of the host") \
    F(TRUST,      "@trustGuestRxFilters", YESNO,             NO,  G_HOST, NULL, "trustGuestRxFilters", "network of the host") \
    F(SNDBUF,     "tune/sndbuf",         UINT,               NO,  G_HOST, NULL, "send buffer", "network of the host") \
    F(SOURCE,     "source",              TREE,               NO,  G_HOST, NULL, "source", "network of the host") \
    F(SRC_ADDRESS, "source/address/@type", STR,              NO,  G_HOST, NULL, "source address type", "device of the host") \
    F(SRC_VENDOR, "source/vendor",       PRESENT,            NO,  G_HOST, NULL, "source vendor", "device of the host") \
    F(SRC_NETWORK, "source/@network",    STR,                NO,  G_HOST, NULL, "source network", "network of the host") \
    F(SRC_BRIDGE, "source/@bridge",      STR,                NO,  G_HOST, NULL, "source bridge", "network of the host") \
    F(SRC_DEV,    "source/@dev",         STR,                NO,  G_HOST, NULL, "source device", "network of the host") \
    F(SRC_NAME,   "source/@name",        STR,                NO,  G_HOST, NULL, "source name", "network of the host") \
    F(SRC_PORT,   "source/@port",        STR,                NO,  G_HOST, NULL, "source port", "network of the host") \
    F(SRC_ADDR,   "source/@address",     STR,                NO,  G_HOST, NULL, "source address", "network of the host")

#define INPUT_FIELDS(F) \
    F(TYPE,     "@type",              RENUM(input_type),    YES, G_HARD, NULL, "type", "the device that the guest sees") \
    F(BUS,      "@bus",               NZENUM(input_bus),    YES, G_HARD, NULL, "bus", "the bus that the guest sees it on") \
    F(MODEL,    "@model",             NZENUM(virtio_model), YES, G_HARD, "virtio", "model", "virtio transitional or not") \
    F(SRC_EVDEV, "source/@evdev",     STR,                  NO,  G_HOST, NULL, "source", "device of the host") \
    F(SRC_DEV,  "source/@dev",        STR,                  NO,  G_HOST, NULL, "source", "device of the host")

#define SOUND_FIELDS(F) \
    F(MODEL,        "@model",        RENUM(sound_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(MULTICHANNEL, "@multichannel", YESNO,              YES, G_HARD, "no", "multichannel", "USB descriptors") \
    F(STREAMS,      "@streams",      NZUINT,             NO,  G_HARD, NULL, "streams", "configuration space of virtio-sound") \
    F(AUDIO,        "audio/@id",     NZUINT,             NO,  G_HOST, NULL, "audio backend", "sound of the host")

#define CODEC_FIELDS(F) \
    F(TYPE, "@type", RENUM(sound_codec), NO, G_HARD, NULL, "type", "codec on the HDA bus")

#define VIDEO_FIELDS(F) \
    F(TYPE,     "model/@type",    ENUM(video_type), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(RAM,      "model/@ram",     UINT,             YES, G_HARD, NULL, "ram", "size of a RAM block") \
    F(VRAM,     "model/@vram",    UINT,             YES, G_HARD, NULL, "vram", "size of a RAM block") \
    F(VRAM64,   "model/@vram64",  UINT,             YES, G_HARD, NULL, "vram64", "size of a RAM block") \
    F(VGAMEM,   "model/@vgamem",  UINT,             YES, G_HARD, NULL, "vgamem", "size of a RAM block") \
    F(HEADS,    "model/@heads",   UINT,             YES, G_HARD, "1", "heads", "number of outputs") \
    F(ACCEL,    "model/acceleration", PRESENT,      YES, G_HOST, NULL, "acceleration", "its values are compared") \
    F(ACCEL2D,  "model/acceleration/@accel2d", YESNO, YES, G_HARD, "no", "accel2d", "feature bit of the device") \
    F(ACCEL3D,  "model/acceleration/@accel3d", YESNO, YES, G_HARD, "no", "accel3d", "feature bit of the device") \
    F(RENDERNODE, "model/acceleration/@rendernode", STR, NO, G_HOST, NULL, "render node", "device of the host") \
    F(BLOB,     "model/@blob",    SWITCH,           NO,  G_HARD, "off", "blob", "feature bit of the device") \
    F(XRES,     "model/resolution/@x", UINT,        NO,  G_SOFT, NULL, "x resolution", "EDID, read at boot") \
    F(YRES,     "model/resolution/@y", UINT,        NO,  G_SOFT, NULL, "y resolution", "EDID, read at boot") \
    F(PRIMARY,  "model/@primary", LAXYESNO,         NO,  G_HOST, NULL, "primary", "the order of the cards says it") \
    F(BACKEND,  "driver/@name",   NZENUM(video_backend), NO, G_HARD, "qemu", "backend", "vhost-user-gpu is another device") \
    F(VGACONF,  "driver/@vgaconf", ENUM(vgaconf),   NO,  G_HOST, NULL, "vgaconf", "bhyve only")

#define HOSTDEV_FIELDS(F) \
    F(MODE,     "@mode",             ENUM(hostdev_mode), YES, G_HARD, NULL, "mode", "kind of passthrough") \
    F(TYPE,     "@type",             STR,             OWN, G_HARD, NULL, "type", "kind of passthrough") \
    F(MODEL,    "@model",            STR,             NO,  G_HARD, NULL, "model", "the device that the guest sees") \
    F(DISPLAY,  "@display",          SWITCH,          NO,  G_HARD, "off", "display", "the device that the guest sees") \
    F(RAMFB,    "@ramfb",            SWITCH,          NO,  G_HARD, "off", "ramfb", "a boot framebuffer: a fw_cfg file") \
    F(READONLY, "readonly",          PRESENT,         NO,  G_HARD, NULL, "access mode", "write protection") \
    F(SHAREABLE, "shareable",        PRESENT,         NO,  G_HOST, NULL, "shareable", "locks of the host") \
    F(MANAGED,  "@managed",          STR,             NO,  G_HOST, NULL, "managed", "drivers of the host") \
    F(SGIO,     "@sgio",             NZENUM(sgio),    NO,  G_HOST, NULL, "sgio", "privileges on the host") \
    F(RAWIO,    "@rawio",            YESNO,           NO,  G_HOST, NULL, "rawio", "privileges on the host") \
    F(DRIVER,   "driver/@name",      STR,             NO,  G_HOST, NULL, "driver", "drivers of the host") \
    F(DRV_MODEL, "driver/@model",    STR,             NO,  G_HOST, NULL, "driver model", "drivers of the host") \
    F(STARTUP,  "source/@startupPolicy", NZENUM(startup_policy), NO, G_HOST, NULL, "startup policy", "used at the start") \
    F(SRC_PROTOCOL, "source/@protocol", STR,          NO,  G_HOST, NULL, "source protocol", "device of the host") \
    F(SRC_WWPN, "source/@wwpn",      STR,             NO,  G_HOST, NULL, "source wwpn", "device of the host") \
    F(SRC_NAME, "source/@name",      STR,             NO,  G_HOST, NULL, "source name", "device of the host") \
    F(SRC_VENDOR, "source/vendor/@id", STR,           NO,  G_HOST, NULL, "source vendor", "device of the host") \
    F(SRC_UUID, "source/address/@uuid", STR,          NO,  G_HOST, NULL, "source uuid", "device of the host") \
    F(SOURCE,   "source",            TREE,            NO,  G_HOST, NULL, "source", "device of the host")

#define SMARTCARD_FIELDS(F) \
    F(MODE,     "@mode",    RENUM(smartcard_mode), NO, G_HARD, NULL, "mode", "the card that the guest sees") \
    F(TYPE,     "@type",    STR,                   NO, G_HOST, NULL, "type", "device of the host") \
    F(DATABASE, "database", STR,                   NO, G_HOST, NULL, "database", "files of the host")

#define CHR_FIELDS(F) \
    F(TYPE,   "@type",          ENUM(chr_type), NO, G_HOST, NULL, "backend type", "character device of the host") \
    F(SOURCE, "source",         TREE,           NO, G_HOST, NULL, "source", "character device of the host") \
    F(LOG,    "log/@file",      STR,            NO, G_HOST, NULL, "log", "file of the host")

#define SERIAL_FIELDS(F) \
    F(TARGET, "target/@type",       STR,                YES, G_HARD, NULL, "target type", "the device that the guest sees") \
    F(MODEL,  "target/model/@name", STR,                YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(PORT,   "target/@port",       INT1,               YES, G_HARD, NULL, "port", "I/O ports and interrupt") \
    CHR_FIELDS(F)

#define PARALLEL_FIELDS(F) \
    F(PORT,   "target/@port",       INT1,               YES, G_HARD, NULL, "port", "I/O ports and interrupt") \
    CHR_FIELDS(F)

#define CHANNEL_FIELDS(F) \
    F(TARGET, "target/@type",       STR,                YES, G_HARD, NULL, "target type", "kind of channel") \
    F(NAME,   "target/@name",       STR,                OWN, G_HARD, NULL, "name", "name of the port in the guest") \
    F(ADDRESS, "target/@address",   STR,                OWN, G_HARD, NULL, "guestfwd address", "address that the guest talks to") \
    F(PORT,   "target/@port",       STR,                OWN, G_HARD, NULL, "guestfwd port", "address that the guest talks to") \
    CHR_FIELDS(F)

#define CONSOLE_FIELDS(F) \
    F(TARGET, "target/@type",       STR,                YES, G_HARD, NULL, "target type", "the device that the guest sees") \
    F(PORT,   "target/@port",       INT1,               NO,  G_HOST, NULL, "port", "number of the console") \
    F(TTY,    "@tty",               STR,                NO,  G_HOST, NULL, "tty", "character device of the host") \
    CHR_FIELDS(F)

#define HUB_FIELDS(F) \
    F(TYPE, "@type", RENUM(hub_type), YES, G_HARD, NULL, "type", "the device that the guest sees")

#define REDIRDEV_FIELDS(F) \
    F(BUS,    "@bus",   ENUM(redirdev_bus), YES, G_HARD, NULL, "bus", "the bus that the guest sees it on") \
    F(TYPE,   "@type",  RENUM(chr_type),    YES, G_HOST, NULL, "source type", "character device of the host") \
    F(SOURCE, "source", TREE,               NO,  G_HOST, NULL, "source", "character device of the host")

#define REDIRFILTER_FIELDS(F) \
    F(PRESENT, "usbdev", PRESENT, NO, G_HOST, NULL, "rules", "compared rule by rule")

#define USBDEV_FIELDS(F) \
    F(CLASS,   "@class",   STR,    YES, G_HARD, "-1", "class", "which devices can be redirected") \
    F(VENDOR,  "@vendor",  STR,    YES, G_HARD, "-1", "vendor", "which devices can be redirected") \
    F(PRODUCT, "@product", STR,    YES, G_HARD, "-1", "product", "which devices can be redirected") \
    F(VERSION, "@version", STR,    YES, G_HARD, "-1", "version", "which devices can be redirected") \
    F(ALLOW,   "@allow",   RYESNO, YES, G_HARD, NULL, "allow", "which devices can be redirected")

#define WATCHDOG_FIELDS(F) \
    F(MODEL,  "@model",  RENUM(watchdog_model),  YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(ACTION, "@action", ENUM(watchdog_action),  NO,  G_SOFT, NULL, "action", "what the host does when it fires")

#define MEMBALLOON_FIELDS(F) \
    F(MODEL,     "@model",             RENUM(balloon_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(DEFLATE,   "@autodeflate",       SWITCH,               YES, G_HARD, "off", "autodeflate", "feature bit of the device") \
    F(REPORTING, "@freePageReporting", SWITCH,               YES, G_HARD, "off", "freePageReporting", "feature bit of the device") \
    F(PERIOD,    "stats/@period",      UINT,                 NO,  G_HOST, NULL, "statistics period", "polling by the host")

#define RNG_FIELDS(F) \
    F(MODEL,   "@model",         RENUM(rng_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(BACKEND, "backend/@model", RENUM(rng_backend), NO, G_HOST, NULL, "backend", "source of randomness on the host") \
    F(SOURCE,  "backend",        TREE,             NO,  G_HOST, NULL, "backend", "source of randomness on the host") \
    F(BYTES,   "rate/@bytes",    UINT,             NO,  G_HOST, NULL, "rate", "throttling by the host") \
    F(PERIOD,  "rate/@period",   UINT,             NO,  G_HOST, NULL, "rate period", "throttling by the host")

#define PANIC_FIELDS(F) \
    F(MODEL, "@model", ENUM(panic_model), YES, G_HARD, NULL, "model", "the device that the guest sees")

#define SHMEM_FIELDS(F) \
    F(NAME,      "@name",          RSTR,             NO,  G_HOST, NULL, "name", "shared memory of the host") \
    F(ROLE,      "@role",          NZENUM(shmem_role), YES, G_HARD, NULL, "role", "QEMU refuses to migrate a peer") \
    F(MODEL,     "model/@type",    ENUM(shmem_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(SIZE,      "size",           BYTES,            YES, G_HARD, NULL, "size", "size of a PCI BAR") \
    F(SERVER,    "server",         PRESENT,          YES, G_HARD, NULL, "server", "registers and interrupts of the device") \
    F(PATH,      "server/@path",   STR,              NO,  G_HOST, NULL, "server path", "socket of the host") \
    F(MSI,       "msi",            PRESENT,          YES, G_HARD, NULL, "msi", "interrupts of the device") \
    F(VECTORS,   "msi/@vectors",   UINT,             YES, G_HARD, NULL, "vectors", "interrupts of the device") \
    F(IOEVENTFD, "msi/@ioeventfd", SWITCH,           YES, G_HOST, NULL, "ioeventfd", "how the host is notified")

#define TPM_FIELDS(F) \
    F(BACKEND,  "backend/@type",    RENUM(tpm_backend), YES, G_HOST, NULL, "backend", "emulated or not; the state must fit") \
    F(MODEL,    "@model",           ENUM(tpm_model),    YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(VERSION,  "backend/@version", NZENUM(tpm_version), YES, G_HARD, NULL, "version", "commands of the device") \
    F(BANKS,    "backend/active_pcr_banks", PRESENT,    NO,  G_HOST, NULL, "PCR banks", "compared bank by bank") \
    F(SHA1,     "backend/active_pcr_banks/sha1",   PRESENT, YES, G_HARD, NULL, "PCR bank sha1", "active banks") \
    F(SHA256,   "backend/active_pcr_banks/sha256", PRESENT, YES, G_HARD, NULL, "PCR bank sha256", "active banks") \
    F(SHA384,   "backend/active_pcr_banks/sha384", PRESENT, YES, G_HARD, NULL, "PCR bank sha384", "active banks") \
    F(SHA512,   "backend/active_pcr_banks/sha512", PRESENT, YES, G_HARD, NULL, "PCR bank sha512", "active banks") \
    F(PROFILE,  "backend/profile/@source", STR,         NO,  G_SOFT, NULL, "profile", "used when the TPM's state is created") \
    F(PERSISTENT, "backend/@persistent_state", STR,     NO,  G_HOST, NULL, "persistent state", "files of the host") \
    F(ENCRYPTION, "backend/encryption/@secret", STR,    NO,  G_HOST, NULL, "encryption", "files of the host") \
    F(SRC_TYPE, "backend/source/@type", STR,            NO,  G_HOST, NULL, "source type", "files of the host") \
    F(SOURCE,   "backend/source",   TREE,               NO,  G_HOST, NULL, "source", "files of the host") \
    F(DEVICE,   "backend/device/@path", STR,            NO,  G_HOST, NULL, "device", "device of the host")

#define MEMORY_FIELDS(F) \
    F(MODEL,    "@model",           RNZENUM(memory_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(TARGET,   "target",           PRESENT,  NO,  G_HOST, NULL, "target", "see its size") \
    F(SIZE,     "target/size",      KIB,      YES, G_HARD, NULL, "size", "size of a RAM block") \
    F(NODE,     "target/node",      INT1,     YES, G_HARD, NULL, "target node", "ACPI proximity") \
    F(LABEL,    "target/label/size", KIB,     YES, G_HARD, NULL, "label size", "layout of the NVDIMM") \
    F(ALIGN,    "source/alignsize", KIB,      YES, G_HARD, NULL, "alignment", "layout of the NVDIMM") \
    F(PMEM,     "source/pmem",      PRESENT,  YES, G_HARD, NULL, "pmem", "persistence that the guest is told of") \
    F(READONLY, "target/readonly",  PRESENT,  YES, G_HARD, NULL, "readonly", "write protection") \
    F(UUID,     "uuid",             UUID,     YES, G_HARD, NULL, "uuid", "label of the NVDIMM") \
    F(BLOCK,    "target/block",     KIB,      YES, G_HARD, NULL, "block size", "configuration space of virtio-mem") \
    F(REQUESTED, "target/requested", KIB,     YES, G_HARD, NULL, "requested size", "configuration space of virtio-mem") \
    F(BASE,     "target/address/@base", HEX,  YES, G_HARD, NULL, "base", "memory map") \
    F(DYNAMIC,  "target/@dynamicMemslots", YESNO, YES, G_HARD, "no", "dynamicMemslots", "refused by QEMU when it differs") \
    F(CURRENT,  "target/current",   KIB,      NO,  G_HOST, NULL, "current size", "travels with the guest") \
    F(ACCESS,   "@access",          NZENUM(mem_access), NO, G_HOST, NULL, "access", "how the host maps the memory") \
    F(DISCARD,  "@discard",         YESNO,    NO,  G_HOST, NULL, "discard", "memory of the host") \
    F(PATH,     "source/path",      STR,      NO,  G_HOST, NULL, "source path", "memory of the host") \
    F(PAGESIZE, "source/pagesize",  KIB,      NO,  G_HOST, NULL, "page size", "memory of the host") \
    F(NODEMASK, "source/nodemask",  CPUSET,   NO,  G_HOST, NULL, "node mask", "memory of the host")

#define IOMMU_FIELDS(F) \
    F(MODEL,    "@model",               RENUM(iommu_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(INTREMAP, "driver/@intremap",     SWITCH, YES, G_HARD, NULL, "intremap", "capability register; absent is QEMU's auto") \
    F(CACHING,  "driver/@caching_mode", SWITCH, YES, G_HARD, "off", "caching_mode", "capability register") \
    F(EIM,      "driver/@eim",          SWITCH, YES, G_HARD, NULL, "eim", "capability register; absent is QEMU's auto") \
    F(IOTLB,    "driver/@iotlb",        SWITCH, YES, G_HARD, "off", "iotlb", "capability register") \
    F(AW_BITS,  "driver/@aw_bits",      UINT,   YES, G_HARD, NULL, "aw_bits", "capability register") \
    F(DMA,      "driver/@dma_translation", SWITCH, YES, G_HARD, "on", "dma_translation", "capability register")

#define VSOCK_FIELDS(F) \
    F(MODEL, "@model",       ENUM(virtio_model), YES, G_HARD, NULL, "model", "the device that the guest sees") \
    F(CID,   "cid/@address", NZUINT,             NO,  G_HARD, NULL, "cid", "the guest's address") \
    F(AUTO,  "cid/@auto",    YESNO,              NO,  G_HOST, NULL, "automatic cid", "the host may choose another one: see cid")

#define PSTORE_FIELDS(F) \
    F(BACKEND, "@backend", RENUM(pstore_backend), YES, G_HARD, NULL, "backend", "the device that the guest sees") \
    F(SIZE,    "size",     KIB,                   YES, G_HARD, NULL, "size", "size of a PCI BAR") \
    F(PATH,    "path",     STR,                   NO,  G_HOST, NULL, "path", "file of the host")

#define CRYPTO_FIELDS(F) \
    F(MODEL,   "@model",          RENUM(crypto_model),  NO, G_HARD, NULL, "model", "the device that the guest sees") \
    F(TYPE,    "@type",           RSTR,                 NO, G_HOST, NULL, "type", "QEMU knows one") \
    F(BACKEND, "backend/@model",  RENUM(crypto_backend), NO, G_HARD, NULL, "backend", "algorithms that the device offers") \
    F(QUEUES,  "backend/@queues", UINT,                 NO, G_HARD, "1", "queues", "number of virtqueues")

#define NVRAM_FIELDS(F) \
    F(ELEMENT, "address", PRESENT, NO, G_HOST, NULL, "address", "compared field by field")

#define LEASE_FIELDS(F) \
    F(KEY,    "key",          STR, NO, G_HOST, NULL, "key", "locks of the host") \
    F(SPACE,  "lockspace",    STR, NO, G_HOST, NULL, "lock space", "locks of the host") \
    F(TARGET, "target/@path", STR, NO, G_HOST, NULL, "target", "locks of the host")

#define GRAPHICS_FIELDS(F) \
    F(TYPE,   "@type",       RENUM(graphics_type), NO, G_HOST, NULL, "type", "display of the host") \
    F(PORT,   "@port",       STR,  NO, G_HOST, NULL, "port", "display of the host") \
    F(TLSPORT, "@tlsPort",   STR,  NO, G_HOST, NULL, "TLS port", "display of the host") \
    F(AUTOPORT, "@autoport", STR,  NO, G_HOST, NULL, "automatic port", "display of the host") \
    F(LISTEN, "listen",      TREE, NO, G_HOST, NULL, "listen", "display of the host") \
    F(GL,     "gl/@enable",  YESNO, NO, G_HOST, NULL, "GL", "display of the host")

#define AUDIO_FIELDS(F) \
    F(ID,   "@id",   RUINT,             NO, G_HOST, NULL, "id", "sound of the host") \
    F(TYPE, "@type", RENUM(audio_type), NO, G_HOST, NULL, "type", "sound of the host")

/* clang-format on */

#endif
