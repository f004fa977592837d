/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the files of the PCI address assignment only (pci.c has the passes
 * and norm_pci()): what devices need, the buses with their places, the
 * chipsets.
 */
#ifndef QMIG_ABI_PCI_H
#define QMIG_ABI_PCI_H

#include "abi/norm.h"

#include <string.h>

/* What a bus accepts, what a device is: dom_object.pci_flags. */
enum {
    P_PCI = 1 << 0, /* accepts, or is, a conventional PCI device */
    P_PCIE = 1 << 1,
    P_ROOT_PORT = 1 << 2,
    P_UPSTREAM = 1 << 3,
    P_DOWNSTREAM = 1 << 4,
    P_DMI_BRIDGE = 1 << 5,
    P_EXPANDER = 1 << 6,
    P_PCIE_EXPANDER = 1 << 7,
    P_BRIDGE = 1 << 8,
    P_PCIE_TO_PCI = 1 << 9,
    P_TYPES = (1 << 10) - 1,
    P_ENDPOINT = P_PCI | P_PCIE,
    P_AUTO = 1 << 10,      /* may be used without being asked for */
    P_AGGREGATE = 1 << 11, /* several may share a slot */
    P_INTEGRATED = 1 << 12,
};

#define PCI_SLOTS     32
#define PCI_MAX_BUSES 256

struct pci_bus {
    const char *model;
    unsigned flags;
    int min, max;                 /* slots */
    uint8_t functions[PCI_SLOTS]; /* one bit each */
    bool aggregate[PCI_SLOTS];
};

struct pci_set {
    struct norm *n;
    struct pci_bus *buses;
    int nbuses;
    bool dry_run; /* the set grows; no address goes into the document */
    bool failed;  /* the document was told of a problem */
};

struct pci_addr {
    int bus, slot, function;
};

struct pci_model {
    const char *name;
    unsigned accepts;
    int min, max; /* slots */
    unsigned plugs_into;
};

static inline bool pci_is(const char *a, const char *b)
{
    return a && !strcmp(a, b);
}

/* pci_flags.c: what a device needs. `pcie`: the flags of one that can be
 * either; 0 if it has no PCI address. */
unsigned pci_device_flags(const struct dom_object *o, unsigned pcie);
/* Of an interface of type hostdev. */
bool pci_is_usb_interface(const struct dom_object *o);
/* A part of the i440fx chipset: IDE (1) or USB (2), by its function. */
bool pci_is_piix3(const struct dom_object *o, int function);

/* pci_buses.c. Functions of int return 0, or -1 once pci_fail() was called. */
const struct pci_model *pci_find_model(const char *name); /* or NULL */
int pci_fail(struct pci_set *s, const struct dom_object *o, const char *text,
             const struct pci_addr *a);
/* The buses of the document, at least `nbuses`, with what has its place. */
int pci_set_create(struct pci_set *s, struct norm *n, int nbuses, bool dry_run);
int pci_reserve(struct pci_set *s, struct pci_addr a, unsigned flags,
                bool from_config, const struct dom_object *o);
/* `function` -1: any. */
int pci_next_free(struct pci_set *s, struct pci_addr *a, unsigned flags,
                  int function, const struct dom_object *o);
bool pci_slot_in_use(const struct pci_set *s, int slot); /* of bus 0 */

/* pci_buses.c: addresses in the document. */
bool pci_wanted(const struct dom_object *o);
bool pci_present(const struct dom_object *o);
struct pci_addr pci_addr_of(const struct dom_object *o);
void pci_put(struct pci_set *s, struct dom_object *o, struct pci_addr a);
/* Reserve the next free place, and put it; */
int pci_take_next(struct pci_set *s, struct dom_object *o, int function);
/* a fixed place of the chipset. */
int pci_take(struct pci_set *s, struct dom_object *o, struct pci_addr a,
             unsigned flags);

/* pci_chipset.c: the places that the chipset dictates. */
int pci_chipset(struct pci_set *s);

#endif
