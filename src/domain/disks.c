/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/disks.h"

#include "domain/model.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The number in a target's name: "vda" is 0, "sdaa" is 26, "hdc1" is 2; -1 if
 * it is none such. */
static int target_number(const char *name)
{
    int n = 0;

    if (strlen(name) < 3)
        return -1;
    for (name += 2; *name >= 'a' && *name <= 'z' && n < 100000; name++)
        n = 26 * n + (*name - 'a') + 1;
    return n && (!*name || isdigit((unsigned char)*name)) ? n - 1 : -1;
}

/* libvirt's names (qemuAssignDeviceDiskAlias) and, where no address is written,
 * its places: so many units on a bus, so many buses on a controller. */
/* clang-format off */
static const struct bus {
    int bus;
    const char *name;
    bool drive; /* CONTROLLER-BUS-UNIT, and with `target` -TARGET between */
    bool target;
    int units, buses;
} buses[] = {
    { DISK_BUS_VIRTIO, "virtio-disk", false, false, 0, 0 },
    { DISK_BUS_USB,    "usb-disk",    false, false, 0, 0 },
    { DISK_BUS_SD,     "sd-disk",     false, false, 0, 0 },
    { DISK_BUS_XEN,    "xenblk-disk", false, false, 0, 0 },
    { DISK_BUS_IDE,    "ide",         true,  false, 2, 2 },
    { DISK_BUS_SATA,   "sata",        true,  false, 6, 1 },
    { DISK_BUS_FDC,    "fdc",         true,  false, 2, 1 },
    { DISK_BUS_SCSI,   "scsi",        true,  true,  7, 1 },
};
/* clang-format on */

/* Without target/@bus the name tells, as in libvirt. */
static int bus_of(const struct dom_object *o)
{
    static const struct {
        const char *prefix;
        int bus;
    } names[] = {
        {"hd", DISK_BUS_IDE},    {"sd", DISK_BUS_SCSI}, {"fd", DISK_BUS_FDC},
        {"vd", DISK_BUS_VIRTIO}, {"xvd", DISK_BUS_XEN}, {"ub", DISK_BUS_USB},
    };

    if (o->v[DISK_BUS].given)
        return (int)o->v[DISK_BUS].num;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (!strncmp(o->v[DISK_TARGET].text, names[i].prefix,
                     strlen(names[i].prefix)))
            return names[i].bus;
    return DISK_BUS_NONE;
}

static void derive_alias(const struct dom_object *o, char *to, size_t size)
{
    int number = target_number(o->v[DISK_TARGET].text);
    int bus = bus_of(o);
    const struct bus *b = buses;
    int place[4] = {0}; /* controller, bus, target, unit */

    while (b < buses + ARRAY_SIZE(buses) && b->bus != bus)
        b++;
    if (b == buses + ARRAY_SIZE(buses) || number < 0)
        return;
    if (!b->drive) {
        snprintf(to, size, "%s%d", b->name, number);
        return;
    }
    if (o->v[INFO_UNIT].given) {
        place[0] = (int)o->v[INFO_CONTROLLER].num;
        place[1] = (int)o->v[INFO_BUS].num;
        place[2] = (int)o->v[INFO_TARGET].num;
        place[3] = (int)o->v[INFO_UNIT].num;
    } else {
        place[0] = number / (b->units * b->buses);
        place[1] = number / b->units % b->buses;
        place[3] = number % b->units;
    }
    if (b->target)
        snprintf(to, size, "%s%d-%d-%d-%d", b->name, place[0], place[1],
                 place[2], place[3]);
    else
        snprintf(to, size, "%s%d-%d-%d", b->name, place[0], place[1], place[3]);
}

static bool has_source(const struct dom_object *o)
{
    static const unsigned members[] = {
        DISK_SRC_FILE, DISK_SRC_DEV,  DISK_SRC_PROTO, DISK_SRC_NAME,
        DISK_SRC_DIR,  DISK_SRC_TYPE, DISK_SRC_POOL,
    };

    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        if (o->v[members[i]].text && *o->v[members[i]].text)
            return true;
    return false;
}

static const struct dom_object *nth(const struct domain *dom, size_t n)
{
    const struct dom_list *list = &dom->list[KIND_DISK];

    for (size_t i = 0; i < list->n; i++)
        if (list->o[i]->v[DISK_TARGET].text && !n--)
            return list->o[i];
    return NULL;
}

bool domain_disk(const struct domain *dom, size_t i, struct domain_disk *ret)
{
    const struct dom_object *o = nth(dom, i);

    if (!o)
        return false;
    const char *alias = o->v[INFO_ALIAS].text;
    *ret = (struct domain_disk){
        .target = o->v[DISK_TARGET].text,
        .type = o->v[DISK_TYPE].text ? o->v[DISK_TYPE].text : "file",
        .source = o->v[DISK_SRC_FILE].text ? o->v[DISK_SRC_FILE].text
                                           : o->v[DISK_SRC_DEV].text,
        .cache = o->v[DISK_CACHE].text,
        .readonly = o->v[DISK_READONLY].given ||
                    o->v[DISK_DEVICE].num == DISK_DEVICE_CDROM,
        .shareable = o->v[DISK_SHAREABLE].given,
        .empty = !has_source(o),
    };
    if (alias)
        snprintf(ret->alias, sizeof(ret->alias), "%s", alias);
    else
        derive_alias(o, ret->alias, sizeof(ret->alias));
    return true;
}
