/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "abi/machine.h"
#include "domain/enums.h"
#include "qmp/macros.h"

#include <string.h>

/* clang-format off */
static const struct arch_facts archs[] = {
    /* arch              i8042  piix3  ohci   lsi    cirrus mmio   zpci   rtl8139 e1000 xhci  nec   iommu */
    { ARCH_X86_64,       true,  true,  true,  true,  true,  true,  false, true,  true,  true,  true,  true  },
    { ARCH_I686,         true,  true,  true,  true,  true,  true,  false, true,  true,  true,  true,  true  },
    { ARCH_AARCH64,      false, true,  true,  true,  true,  true,  false, true,  true,  true,  true,  true  },
    { ARCH_ARMV7L,       false, true,  true,  true,  true,  true,  false, true,  true,  true,  true,  true  },
    { ARCH_ARMV6L,       false, true,  true,  true,  true,  true,  false, true,  true,  true,  true,  true  },
    { ARCH_PPC64,        true,  true,  true,  true,  true,  false, false, true,  true,  true,  true,  true  },
    { ARCH_PPC64LE,      true,  true,  true,  true,  true,  false, false, true,  true,  true,  true,  true  },
    { ARCH_PPC,          true,  true,  true,  true,  true,  false, false, true,  true,  true,  true,  true  },
    { ARCH_S390X,        false, false, false, false, false, false, true,  false, true,  true,  true,  true  },
    { ARCH_RISCV64,      false, true,  true,  true,  true,  true,  false, true,  true,  true,  true,  true  },
    { ARCH_RISCV32,      false, true,  true,  true,  true,  true,  false, true,  true,  true,  true,  true  },
    { ARCH_LOONGARCH64,  false, true,  true,  true,  true,  false, false, true,  true,  true,  true,  true  },
    { ARCH_SPARC,        false, false, false, false, false, false, false, false, true,  true,  true,  true  },
    { ARCH_NONE,         false, true,  true,  true,  true,  false, false, true,  true,  true,  true,  true  },
};

static const struct machine_facts machines[] = {
    /* arch             name                 alias              canonical               TCG CPU         KVM CPU    vCPUs preferred */
    { ARCH_X86_64,      "pc-i440fx-*",       "pc",              "pc-i440fx-10.0",       "qemu64",       "qemu64",  255,  true  },
    { ARCH_X86_64,      "pc-q35-*",          "q35",             "pc-q35-10.0",          "qemu64",       "qemu64",  4096, false },
    { ARCH_X86_64,      "isapc",             NULL,              NULL,                   "486",          "486",     1,    false },
    { ARCH_X86_64,      "microvm",           NULL,              NULL,                   "qemu64",       "qemu64",  288,  false },
    { ARCH_X86_64,      "xenfv-*",           "xenfv",           "xenfv-3.1",            "qemu64",       "qemu64",  255,  false },
    { ARCH_AARCH64,     "virt-*",            "virt",            "virt-8.2",             "cortex-a15",   NULL,      512,  true  },
    { ARCH_AARCH64,     "borzoi",            NULL,              NULL,                   "pxa270-c0",    NULL,      1,    false  },
    { ARCH_AARCH64,     "versatilepb",       NULL,              NULL,                   "arm926",       NULL,      1,    false },
    { ARCH_AARCH64,     "vexpress-a9",       NULL,              NULL,                   "cortex-a9",    NULL,      4,    false },
    { ARCH_AARCH64,     "vexpress-a15",      NULL,              NULL,                   "cortex-a15",   NULL,      4,    false },
    { ARCH_ARMV7L,      "virt-*",            "virt",            "virt-8.2",             "cortex-a15",   NULL,      512,  true  },
    { ARCH_ARMV7L,      "borzoi",            NULL,              NULL,                   "pxa270-c0",    NULL,      1,    false  },
    { ARCH_ARMV7L,      "versatilepb",       NULL,              NULL,                   "arm926",       NULL,      1,    false },
    { ARCH_ARMV7L,      "vexpress-a9",       NULL,              NULL,                   "cortex-a9",    NULL,      4,    false },
    { ARCH_ARMV7L,      "vexpress-a15",      NULL,              NULL,                   "cortex-a15",   NULL,      4,    false },
    { ARCH_PPC64,       "pseries-2.10*",      NULL,              NULL,                   "POWER8",       "POWER9",  0,    false },
    { ARCH_PPC64,       "pseries-2.11*",      NULL,              NULL,                   "POWER8",       "POWER9",  0,    false },
    { ARCH_PPC64,       "pseries-2.12*",      NULL,              NULL,                   "POWER8",       "POWER9",  0,    false },
    { ARCH_PPC64,       "pseries-2.8*",       NULL,              NULL,                   "POWER8",       "POWER9",  0,    false },
    { ARCH_PPC64,       "pseries-2.9*",       NULL,              NULL,                   "POWER8",       "POWER9",  0,    false },
    { ARCH_PPC64,       "pseries-2.*",        NULL,              NULL,                   "POWER7",       "POWER9",  0,    false },
    { ARCH_PPC64,       "pseries-3.*",        NULL,              NULL,                   "POWER8",       "POWER9",  0,    false },
    { ARCH_PPC64,       "pseries-*",         "pseries",         "pseries-7.1",          "POWER9",       "POWER9",  0,    true  },
    { ARCH_PPC64,       "powernv9",          "powernv",         "powernv9",             "POWER9",       "POWER9",  2048, false },
    { ARCH_PPC64,       "g3beige",           NULL,              NULL,                   "g3",           "g3",      1,    false },
    { ARCH_PPC64,       "mac99",             NULL,              NULL,                   "ppc64",        "ppc64",   1,    false },
    { ARCH_PPC,         "g3beige",           NULL,              NULL,                   "g3",           NULL,      1,    true  },
    { ARCH_PPC,         "mac99",             NULL,              NULL,                   "g4",           NULL,      1,    false },
    { ARCH_SPARC,       "SS-5",              NULL,              NULL,                   NULL,           NULL,      1,    true  },
    { ARCH_S390X,       "s390-ccw-virtio-*", "s390-ccw-virtio", "s390-ccw-virtio-10.0", "qemu",         "host",    248,  true  },
    { ARCH_RISCV64,     "virt",              NULL,              NULL,                   "rv64",         NULL,      512,  false },
    { ARCH_LOONGARCH64, "virt",              NULL,              NULL,                   "la464",        NULL,      256,  true  },
};
/* clang-format on */

/* Which rows of the tables speak for an architecture. */
static int table_arch(int arch)
{
    switch (arch) {
    case ARCH_I686:
        return ARCH_X86_64;
    case ARCH_PPC64LE:
        return ARCH_PPC64;
    case ARCH_ARMV6L:
        return ARCH_ARMV7L;
    default:
        return arch;
    }
}

const struct arch_facts *arch_facts(int arch)
{
    for (size_t i = 0; i < ARRAY_SIZE(archs); i++)
        if (archs[i].arch == arch)
            return &archs[i];
    return &archs[ARRAY_SIZE(archs) - 1];
}

bool arch_is_alike(int a, int b)
{
    return table_arch(a) == table_arch(b);
}

static bool is_named(const struct machine_facts *m, const char *name)
{
    size_t len = strlen(m->name);

    if (m->alias && !strcmp(m->alias, name))
        return true;
    if (m->name[len - 1] == '*')
        return !strncmp(m->name, name, len - 1);
    return !strcmp(m->name, name);
}

const struct machine_facts *machine_facts(int arch, const char *name)
{
    arch = table_arch(arch);
    for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
        const struct machine_facts *m = &machines[i];

        if (m->arch == arch && (name ? is_named(m, name) : m->preferred))
            return m;
    }
    return NULL;
}
