/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is assumed about the QEMU binary unless a caller gives what it can do
 * (caps.h): machine types, their aliases and default CPUs, and the few devices
 * that defaults depend on. Newest versions known to libvirt 11.3, as told by
 * QEMU (query-machines).
 */
#ifndef ABI_MACHINE_H
#define ABI_MACHINE_H

#include <stdbool.h>

struct machine_facts {
    int arch;
    const char *name;    /* canonical; a trailing '*' stands for a version */
    const char *alias;   /* or NULL */
    const char *canon;   /* what the alias stands for */
    const char *tcg_cpu; /* default CPU model; NULL = not filled in */
    const char *kvm_cpu; /* the same under KVM ("host": passthrough) */
    unsigned max_cpus;   /* 0 = not known */
    bool preferred;      /* when the document names none */
};

/* Devices that the binary for one architecture has. */
struct arch_facts {
    int arch;
    bool i8042, piix3_uhci, pci_ohci, lsi, cirrus, mmio, zpci, rtl8139;
    bool e1000, qemu_xhci, nec_xhci, intel_iommu;
};

const struct arch_facts *arch_facts(int arch);

/* Do they share their machines, as i686 and x86_64? */
bool arch_is_alike(int a, int b);

/* The machine's row by name or alias, the preferred one for NULL; NULL when
 * there is no such machine (or nothing is known about the architecture). */
const struct machine_facts *machine_facts(int arch, const char *name);

#endif
