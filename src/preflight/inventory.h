/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a live QEMU shows of its guest's hardware, as a sorted list of named
 * values: the ground on which two of them are compared before a migration
 * (no domain XML is needed for it). Only questions; nothing is changed.
 */
#ifndef QMIG_INVENTORY_H
#define QMIG_INVENTORY_H

#include "qmp/client.h"

/* What a row is of; decides how a difference is judged. */
enum item_kind {
    ITEM_STATE, /* can it be a source, a destination? */
    ITEM_MACHINE,
    ITEM_MEMORY,
    ITEM_VCPUS,
    ITEM_CPU,
    ITEM_UUID,
    ITEM_PCI,      /* a PCI function, its ids, its regions */
    ITEM_DEVICE,   /* a device by its id, and its type */
    ITEM_PROPERTY, /* of such a device */
    ITEM_DISK,     /* size of a medium */
};

struct item {
    enum item_kind kind;
    char *path; /* unique: "pci/00:02.0", "device/net0/mac" */
    char *value;
};

struct inventory {
    struct item *items; /* sorted by path once taken */
    size_t n;
    size_t max;
};

/* Ask a QEMU; the client must be READY. */
int inventory_take(struct inventory *inv, struct qmp_client *client,
                   struct qmp_error **errp);
void inventory_clear(struct inventory *inv); /* {0} is fine */
const struct item *inventory_find(const struct inventory *inv,
                                  const char *path);

/* For those who fill one. -1: no memory. */
int inventory_add(struct inventory *inv, enum item_kind kind, char *path,
                  char *value);

#endif
