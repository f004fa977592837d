/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disks of a domain XML, as far as the storage of a guest is concerned. */
#ifndef DOMAIN_DISKS_H
#define DOMAIN_DISKS_H

#include "domain/domain.h"

#include <stdbool.h>

struct domain_disk {
    const char *target; /* "vda" */
    const char *type;   /* "file", "block", "network", "nvme", ... */
    const char *source; /* file or device, or NULL */
    const char *cache;  /* driver/@cache, or NULL */
    /* The guest's device: as it is written, else as libvirt would call it
     * ("virtio-disk0", "ide0-0-1"); "" if that cannot be told. */
    char alias[32];
    bool readonly; /* a CD-ROM is */
    bool shareable;
    bool empty; /* a drive without a medium */
};

/* Number `i` (from 0) that has a target; false: there are no more. Strings are
 * the domain's. */
bool domain_disk(const struct domain *dom, size_t i, struct domain_disk *ret);

#endif
