/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The shape of a domain XML as tables: kinds of objects (the domain itself,
 * a disk, a NUMA cell, ...) and for each kind its fields, one row a field.
 *
 * The parser knows nothing but these tables; the comparator (src/abi) reads
 * the columns about libvirt and the guest from the same rows, so that a field
 * cannot be parsed one way and judged another. The rows themselves are in
 * fields.h and devices.h.
 */
#ifndef DOMAIN_SCHEMA_H
#define DOMAIN_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/enums.h"

enum dom_type {
    DT_STR,     /* text as it stands */
    DT_PRESENT, /* the element is there: 1 */
    DT_UINT,    /* decimal */
    DT_UINT0,   /* 0x.. hexadecimal, 0.. octal, else decimal */
    DT_HEX,     /* hexadecimal with or without 0x */
    DT_OCT,     /* octal */
    DT_SWITCH,  /* on, off */
    DT_BOOL,    /* yes, no */
    DT_ENUM,
    DT_KIB,    /* size with @unit, KiB by default; stored in KiB, rounded up */
    DT_BYTES,  /* size with @unit, bytes by default; stored in bytes */
    DT_MIB,    /* size with @unit, MiB by default; stored in bytes */
    DT_UUID,   /* stored in canonical form */
    DT_MAC,    /* stored in canonical form */
    DT_CPUSET, /* stored in canonical form */
    DT_TREE,   /* canonical text of everything below the element */
};

enum dom_tristate { TRI_ABSENT, TRI_ON, TRI_OFF, TRI_YES = 1, TRI_NO = 2 };

enum dom_field_flags {
    DF_REQUIRED = 1 << 0, /* invalid if the element is there without it */
    DF_NONZERO = 1 << 1,  /* 0, or the first value of the list, is invalid */
    DF_MINUS1 = 1 << 2,   /* absent is -1 and not 0 */
    DF_LAX = 1 << 3,      /* a bad value counts as absent (libvirt says so) */
    DF_LAST = 1 << 4,     /* of several elements the last one counts */
};

/* Does libvirt 11.3 compare the field? */
enum dom_libvirt {
    LV_NO,
    LV_YES,
    LV_OWN, /* compared by code of its own (src/abi/special.c) */
};

/* What it means to the guest. */
enum dom_guest {
    G_HOST, /* the host's own affair */
    G_SOFT, /* changes what the machine does, not what the guest sees now */
    G_HARD, /* visible to the guest, or it breaks QEMU's stream */
};

struct dom_field {
    const char *id;   /* "TARGET_BUS": the code of a difference comes from it */
    const char *path; /* below the object, '/' between elements, '@' before an
                         attribute, "entry[x]" = <entry name='x'>, "text()" =
                         the object's own text */
    enum dom_type type;
    const struct dom_enum *names; /* of DT_ENUM */
    uint8_t flags;                /* enum dom_field_flags */
    uint8_t libvirt;              /* enum dom_libvirt */
    uint8_t guest;                /* enum dom_guest */
    const char *deflt; /* what absent means to the guest, NULL = itself */
    const char *what;  /* noun of the message */
    const char *why;   /* reason of the decision, for docs/abi-rules.md */
};

enum dom_kind_flags {
    DK_DEVICE = 1 << 0, /* has address, alias, ...: fields INFO_* come first */
    DK_VIRTIO = 1 << 1, /* fields VIRTIO_* come next; libvirt compares them */
    DK_VIRTIO_HARD = 1 << 2, /* fields VIRTIO_* come next; it does not */
    DK_SINGLE = 1 << 3,      /* at most one is meant to be there */
    DK_UNCOUNTED = 1 << 4,   /* libvirt does not compare how many there are */
    DK_HOST = 1 << 5,        /* adding or removing one is the host's affair */
    DK_NESTED = 1 << 6,      /* lives inside an object of kind `parent` */
};

/*
 * K(KIND, parent, path, code, label, flags), in the order in which libvirt
 * compares the device lists. `path` is below the parent's element.
 */
/* clang-format off */
#define DOM_KINDS(K) \
    K(DOMAIN,      DOMAIN,  "",                    "domain",      "domain",            0) \
    K(VCPU,        DOMAIN,  "vcpus/vcpu",          "vcpu",        "vCPU",              DK_UNCOUNTED) \
    K(CELL,        DOMAIN,  "cpu/numa/cell",       "numa",        "NUMA node",         0) \
    K(SIBLING,     CELL,    "distances/sibling",   "numa.distance", "NUMA distance",   DK_NESTED | DK_UNCOUNTED) \
    K(CPUFEATURE,  DOMAIN,  "cpu/feature",         "cpu.feature", "CPU feature",       0) \
    K(TIMER,       DOMAIN,  "clock/timer",         "timer",       "timer",             0) \
    K(SYSINFO,     DOMAIN,  "sysinfo",             "sysinfo",     "sysinfo",           0) \
    K(BASEBOARD,   SYSINFO, "baseBoard",           "sysinfo.baseboard", "base board",  DK_NESTED) \
    K(OEMSTRING,   SYSINFO, "oemStrings/entry",    "sysinfo.oem", "OEM string",        DK_NESTED | DK_UNCOUNTED) \
    K(FWCFG,       SYSINFO, "entry",               "sysinfo.fwcfg", "fw_cfg entry",    DK_NESTED | DK_UNCOUNTED) \
    K(DISK,        DOMAIN,  "devices/disk",        "disk",        "disk",              DK_DEVICE | DK_VIRTIO) \
    K(CONTROLLER,  DOMAIN,  "devices/controller",  "controller",  "controller",        DK_DEVICE | DK_VIRTIO) \
    K(FILESYSTEM,  DOMAIN,  "devices/filesystem",  "filesystem",  "filesystem",        DK_DEVICE | DK_VIRTIO) \
    K(INTERFACE,   DOMAIN,  "devices/interface",   "interface",   "network card",      DK_DEVICE | DK_VIRTIO) \
    K(INPUT,       DOMAIN,  "devices/input",       "input",       "input device",      DK_DEVICE | DK_VIRTIO) \
    K(SOUND,       DOMAIN,  "devices/sound",       "sound",       "sound card",        DK_DEVICE | DK_VIRTIO_HARD) \
    K(CODEC,       SOUND,   "codec",               "sound.codec", "sound codec",       DK_NESTED | DK_UNCOUNTED) \
    K(VIDEO,       DOMAIN,  "devices/video",       "video",       "video card",        DK_DEVICE | DK_VIRTIO) \
    K(HOSTDEV,     DOMAIN,  "devices/hostdev",     "hostdev",     "host device",       DK_DEVICE) \
    K(SMARTCARD,   DOMAIN,  "devices/smartcard",   "smartcard",   "smartcard",         DK_DEVICE) \
    K(SERIAL,      DOMAIN,  "devices/serial",      "serial",      "serial port",       DK_DEVICE) \
    K(PARALLEL,    DOMAIN,  "devices/parallel",    "parallel",    "parallel port",     DK_DEVICE) \
    K(CHANNEL,     DOMAIN,  "devices/channel",     "channel",     "channel",           DK_DEVICE) \
    K(CONSOLE,     DOMAIN,  "devices/console",     "console",     "console",           DK_DEVICE) \
    K(HUB,         DOMAIN,  "devices/hub",         "hub",         "hub",               DK_DEVICE) \
    K(REDIRDEV,    DOMAIN,  "devices/redirdev",    "redirdev",    "redirected device", DK_DEVICE) \
    K(REDIRFILTER, DOMAIN,  "devices/redirfilter", "redirfilter", "redirection filter", DK_SINGLE) \
    K(USBDEV,      REDIRFILTER, "usbdev",          "redirfilter.usbdev", "redirection rule", DK_NESTED) \
    K(WATCHDOG,    DOMAIN,  "devices/watchdog",    "watchdog",    "watchdog",          DK_DEVICE) \
    K(MEMBALLOON,  DOMAIN,  "devices/memballoon",  "memballoon",  "memory balloon",    DK_DEVICE | DK_VIRTIO | DK_SINGLE) \
    K(RNG,         DOMAIN,  "devices/rng",         "rng",         "RNG device",        DK_DEVICE | DK_VIRTIO) \
    K(PANIC,       DOMAIN,  "devices/panic",       "panic",       "panic device",      DK_DEVICE) \
    K(SHMEM,       DOMAIN,  "devices/shmem",       "shmem",       "shared memory",     DK_DEVICE) \
    K(TPM,         DOMAIN,  "devices/tpm",         "tpm",         "TPM device",        DK_DEVICE) \
    K(MEMORY,      DOMAIN,  "devices/memory",      "memory",      "memory device",     DK_DEVICE) \
    K(IOMMU,       DOMAIN,  "devices/iommu",       "iommu",       "IOMMU device",      DK_DEVICE | DK_SINGLE) \
    K(VSOCK,       DOMAIN,  "devices/vsock",       "vsock",       "vsock device",      DK_DEVICE | DK_VIRTIO | DK_SINGLE) \
    K(PSTORE,      DOMAIN,  "devices/pstore",      "pstore",      "pstore device",     DK_DEVICE | DK_SINGLE) \
    K(CRYPTO,      DOMAIN,  "devices/crypto",      "crypto",      "crypto device",     DK_DEVICE | DK_VIRTIO_HARD | DK_UNCOUNTED) \
    K(NVRAM,       DOMAIN,  "devices/nvram",       "nvram",       "NVRAM device",      DK_DEVICE | DK_SINGLE | DK_UNCOUNTED) \
    K(LEASE,       DOMAIN,  "devices/lease",       "lease",       "lease",             DK_UNCOUNTED | DK_HOST) \
    K(GRAPHICS,    DOMAIN,  "devices/graphics",    "graphics",    "graphics",          DK_UNCOUNTED | DK_HOST) \
    K(AUDIO,       DOMAIN,  "devices/audio",       "audio",       "audio backend",     DK_UNCOUNTED | DK_HOST)
/* clang-format on */

enum dom_kind_id {
#define K(kind, parent, path, code, label, flags) KIND_##kind,
    DOM_KINDS(K)
#undef K
        KIND__MAX
};

struct dom_kind {
    enum dom_kind_id id;
    enum dom_kind_id parent;
    const char *name; /* "DISK" */
    const char *path;
    const char *code;
    const char *label;
    unsigned flags;              /* enum dom_kind_flags */
    const struct dom_field *own; /* the kind's own rows */
    unsigned nown;
    unsigned first;   /* index of own[0] among the object's values */
    unsigned nfields; /* number of values of an object */
};

#include "domain/fields.h"
#include "domain/devices.h"

/* Indices of values: INFO_* (every device), VIRTIO_*, then the kind's own. */
enum {
#define F(id, path, type, libvirt, guest, deflt, what, why) INFO_##id,
    INFO_FIELDS(F)
#undef F
        INFO__MAX
};

enum {
    VIRTIO_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) VIRTIO_##id,
    VIRTIO_FIELDS(F)
#undef F
        VIRTIO__MAX
};

/* X(KIND, base): whose own rows start after which. */
#define DOM_FIELD_LISTS(X)                                                     \
    X(DOMAIN, 0)                                                               \
    X(VCPU, 0)                                                                 \
    X(CELL, 0)                                                                 \
    X(SIBLING, 0)                                                              \
    X(CPUFEATURE, 0)                                                           \
    X(TIMER, 0)                                                                \
    X(SYSINFO, 0)                                                              \
    X(BASEBOARD, 0)                                                            \
    X(OEMSTRING, 0)                                                            \
    X(FWCFG, 0)                                                                \
    X(DISK, VIRTIO__MAX)                                                       \
    X(CONTROLLER, VIRTIO__MAX)                                                 \
    X(FILESYSTEM, VIRTIO__MAX)                                                 \
    X(INTERFACE, VIRTIO__MAX)                                                  \
    X(INPUT, VIRTIO__MAX)                                                      \
    X(SOUND, VIRTIO__MAX)                                                      \
    X(CODEC, 0)                                                                \
    X(VIDEO, VIRTIO__MAX)                                                      \
    X(HOSTDEV, INFO__MAX)                                                      \
    X(SMARTCARD, INFO__MAX)                                                    \
    X(SERIAL, INFO__MAX)                                                       \
    X(PARALLEL, INFO__MAX)                                                     \
    X(CHANNEL, INFO__MAX)                                                      \
    X(CONSOLE, INFO__MAX)                                                      \
    X(HUB, INFO__MAX)                                                          \
    X(REDIRDEV, INFO__MAX)                                                     \
    X(REDIRFILTER, 0)                                                          \
    X(USBDEV, 0)                                                               \
    X(WATCHDOG, INFO__MAX)                                                     \
    X(MEMBALLOON, VIRTIO__MAX)                                                 \
    X(RNG, VIRTIO__MAX)                                                        \
    X(PANIC, INFO__MAX)                                                        \
    X(SHMEM, INFO__MAX)                                                        \
    X(TPM, INFO__MAX)                                                          \
    X(MEMORY, INFO__MAX)                                                       \
    X(IOMMU, INFO__MAX)                                                        \
    X(VSOCK, VIRTIO__MAX)                                                      \
    X(PSTORE, INFO__MAX)                                                       \
    X(CRYPTO, VIRTIO__MAX)                                                     \
    X(NVRAM, INFO__MAX)                                                        \
    X(LEASE, 0)                                                                \
    X(GRAPHICS, 0)                                                             \
    X(AUDIO, 0)

enum {
    DOMAIN_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) DOMAIN_##id,
    DOMAIN_FIELDS(F)
#undef F
        DOMAIN__MAX
};

enum {
    VCPU_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) VCPU_##id,
    VCPU_FIELDS(F)
#undef F
        VCPU__MAX
};

enum {
    CELL_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) CELL_##id,
    CELL_FIELDS(F)
#undef F
        CELL__MAX
};

enum {
    SIBLING_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) SIBLING_##id,
    SIBLING_FIELDS(F)
#undef F
        SIBLING__MAX
};

enum {
    CPUFEATURE_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) CPUFEATURE_##id,
    CPUFEATURE_FIELDS(F)
#undef F
        CPUFEATURE__MAX
};

enum {
    TIMER_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) TIMER_##id,
    TIMER_FIELDS(F)
#undef F
        TIMER__MAX
};

enum {
    SYSINFO_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) SYSINFO_##id,
    SYSINFO_FIELDS(F)
#undef F
        SYSINFO__MAX
};

enum {
    BASEBOARD_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) BASEBOARD_##id,
    BASEBOARD_FIELDS(F)
#undef F
        BASEBOARD__MAX
};

enum {
    OEMSTRING_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) OEMSTRING_##id,
    OEMSTRING_FIELDS(F)
#undef F
        OEMSTRING__MAX
};

enum {
    FWCFG_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) FWCFG_##id,
    FWCFG_FIELDS(F)
#undef F
        FWCFG__MAX
};

enum {
    DISK_BEFORE_ = VIRTIO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) DISK_##id,
    DISK_FIELDS(F)
#undef F
        DISK__MAX
};

enum {
    CONTROLLER_BEFORE_ = VIRTIO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) CONTROLLER_##id,
    CONTROLLER_FIELDS(F)
#undef F
        CONTROLLER__MAX
};

enum {
    FILESYSTEM_BEFORE_ = VIRTIO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) FILESYSTEM_##id,
    FILESYSTEM_FIELDS(F)
#undef F
        FILESYSTEM__MAX
};

enum {
    INTERFACE_BEFORE_ = VIRTIO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) INTERFACE_##id,
    INTERFACE_FIELDS(F)
#undef F
        INTERFACE__MAX
};

enum {
    INPUT_BEFORE_ = VIRTIO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) INPUT_##id,
    INPUT_FIELDS(F)
#undef F
        INPUT__MAX
};

enum {
    SOUND_BEFORE_ = VIRTIO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) SOUND_##id,
    SOUND_FIELDS(F)
#undef F
        SOUND__MAX
};

enum {
    CODEC_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) CODEC_##id,
    CODEC_FIELDS(F)
#undef F
        CODEC__MAX
};

enum {
    VIDEO_BEFORE_ = VIRTIO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) VIDEO_##id,
    VIDEO_FIELDS(F)
#undef F
        VIDEO__MAX
};

enum {
    HOSTDEV_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) HOSTDEV_##id,
    HOSTDEV_FIELDS(F)
#undef F
        HOSTDEV__MAX
};

enum {
    SMARTCARD_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) SMARTCARD_##id,
    SMARTCARD_FIELDS(F)
#undef F
        SMARTCARD__MAX
};

enum {
    SERIAL_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) SERIAL_##id,
    SERIAL_FIELDS(F)
#undef F
        SERIAL__MAX
};

enum {
    PARALLEL_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) PARALLEL_##id,
    PARALLEL_FIELDS(F)
#undef F
        PARALLEL__MAX
};

enum {
    CHANNEL_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) CHANNEL_##id,
    CHANNEL_FIELDS(F)
#undef F
        CHANNEL__MAX
};

enum {
    CONSOLE_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) CONSOLE_##id,
    CONSOLE_FIELDS(F)
#undef F
        CONSOLE__MAX
};

enum {
    HUB_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) HUB_##id,
    HUB_FIELDS(F)
#undef F
        HUB__MAX
};

enum {
    REDIRDEV_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) REDIRDEV_##id,
    REDIRDEV_FIELDS(F)
#undef F
        REDIRDEV__MAX
};

enum {
    REDIRFILTER_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) REDIRFILTER_##id,
    REDIRFILTER_FIELDS(F)
#undef F
        REDIRFILTER__MAX
};

enum {
    USBDEV_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) USBDEV_##id,
    USBDEV_FIELDS(F)
#undef F
        USBDEV__MAX
};

enum {
    WATCHDOG_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) WATCHDOG_##id,
    WATCHDOG_FIELDS(F)
#undef F
        WATCHDOG__MAX
};

enum {
    MEMBALLOON_BEFORE_ = VIRTIO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) MEMBALLOON_##id,
    MEMBALLOON_FIELDS(F)
#undef F
        MEMBALLOON__MAX
};

enum {
    RNG_BEFORE_ = VIRTIO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) RNG_##id,
    RNG_FIELDS(F)
#undef F
        RNG__MAX
};

enum {
    PANIC_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) PANIC_##id,
    PANIC_FIELDS(F)
#undef F
        PANIC__MAX
};

enum {
    SHMEM_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) SHMEM_##id,
    SHMEM_FIELDS(F)
#undef F
        SHMEM__MAX
};

enum {
    TPM_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) TPM_##id,
    TPM_FIELDS(F)
#undef F
        TPM__MAX
};

enum {
    MEMORY_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) MEMORY_##id,
    MEMORY_FIELDS(F)
#undef F
        MEMORY__MAX
};

enum {
    IOMMU_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) IOMMU_##id,
    IOMMU_FIELDS(F)
#undef F
        IOMMU__MAX
};

enum {
    VSOCK_BEFORE_ = VIRTIO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) VSOCK_##id,
    VSOCK_FIELDS(F)
#undef F
        VSOCK__MAX
};

enum {
    PSTORE_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) PSTORE_##id,
    PSTORE_FIELDS(F)
#undef F
        PSTORE__MAX
};

enum {
    CRYPTO_BEFORE_ = VIRTIO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) CRYPTO_##id,
    CRYPTO_FIELDS(F)
#undef F
        CRYPTO__MAX
};

enum {
    NVRAM_BEFORE_ = INFO__MAX - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) NVRAM_##id,
    NVRAM_FIELDS(F)
#undef F
        NVRAM__MAX
};

enum {
    LEASE_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) LEASE_##id,
    LEASE_FIELDS(F)
#undef F
        LEASE__MAX
};

enum {
    GRAPHICS_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) GRAPHICS_##id,
    GRAPHICS_FIELDS(F)
#undef F
        GRAPHICS__MAX
};

enum {
    AUDIO_BEFORE_ = 0 - 1,
#define F(id, path, type, libvirt, guest, deflt, what, why) AUDIO_##id,
    AUDIO_FIELDS(F)
#undef F
        AUDIO__MAX
};

/* The kind's table row. */
const struct dom_kind *dom_kind(enum dom_kind_id id);

/* Row of value number `i` (< nfields) of an object of that kind. */
const struct dom_field *dom_field(const struct dom_kind *kind, unsigned i);

#endif
