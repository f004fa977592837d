/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libvirt's migratable format drops, so that older versions understand
 * it; and for which devices it writes a <driver> element, since the presence
 * of that element is compared.
 */
#include "abi/norm.h"

#include <string.h>

static bool is(const char *a, const char *b)
{
    return a && !strcmp(a, b);
}

static bool has_user_alias(const struct dom_object *o)
{
    return TEXT(o, INFO_ALIAS) && !strncmp(TEXT(o, INFO_ALIAS), "ua-", 3);
}

/* The position of the only controller of that type, -1 if there are others. */
static long only_one(const struct norm *n, int type)
{
    const struct dom_list *l = &n->d->list[KIND_CONTROLLER];
    long at = -1;

    for (size_t i = 0; i < l->n; i++) {
        if (NUM(l->o[i], CONTROLLER_TYPE) != type)
            continue;
        if (at >= 0)
            return -1;
        at = (long)i;
    }
    return at;
}

static void drop_controllers(struct norm *n)
{
    struct dom_list *l = &n->d->list[KIND_CONTROLLER];
    long at = only_one(n, CONTROLLER_TYPE_USB);

    if (n->i440fx && at >= 0) {
        const struct dom_object *o = l->o[at];
        const char *m = TEXT(o, CONTROLLER_MODEL);

        if (!NUM(o, CONTROLLER_INDEX) && (!m || is(m, "piix3-uhci")) &&
            !has_user_alias(o))
            dom_list_remove(l, (size_t)at);
    }
    at = only_one(n, CONTROLLER_TYPE_PCI);
    if (at >= 0) {
        const struct dom_object *o = l->o[at];

        if (!NUM(o, CONTROLLER_INDEX) &&
            is(TEXT(o, CONTROLLER_MODEL), "pci-root") && !has_user_alias(o) &&
            !GIVEN(o, CONTROLLER_HOLE64_SET))
            dom_list_remove(l, (size_t)at);
    }
}

static void drop_devices(struct norm *n)
{
    struct dom_list *l = &n->d->list[KIND_PANIC];

    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], PANIC_MODEL) == PANIC_MODEL_S390 ||
            NUM(l->o[i], PANIC_MODEL) == PANIC_MODEL_PSERIES) {
            dom_list_remove(l, i);
            break;
        }
    /* An element that would be empty is not written at all. */
    for (size_t i = l->n; i-- > 0;)
        if (NUM(l->o[i], PANIC_MODEL) == PANIC_MODEL_DEFAULT &&
            !GIVEN(l->o[i], INFO_ADDRESS))
            dom_list_remove(l, i);
    l = &n->d->list[KIND_WATCHDOG];
    for (size_t i = 0; n->q35 && i < l->n; i++)
        if (NUM(l->o[i], WATCHDOG_MODEL) == WATCHDOG_MODEL_ITCO) {
            if (NUM(l->o[i], WATCHDOG_ACTION) == WATCHDOG_ACTION_RESET)
                dom_list_remove(l, i);
            break;
        }
    /* A keyboard of the machine is never written. */
    l = &n->d->list[KIND_INPUT];
    for (size_t i = l->n; i-- > 0;)
        if (NUM(l->o[i], INPUT_TYPE) == INPUT_TYPE_KEYBOARD &&
            (NUM(l->o[i], INPUT_BUS) == INPUT_BUS_PS2 ||
             NUM(l->o[i], INPUT_BUS) == INPUT_BUS_XEN))
            dom_list_remove(l, i);
}

static void drop_serial_types(struct norm *n)
{
    const struct dom_list *l = &n->d->list[KIND_SERIAL];

    for (size_t i = 0; i < l->n; i++) {
        const char *t = TEXT(l->o[i], SERIAL_TARGET);

        if (is(t, "spapr-vio-serial") || is(t, "system-serial")) {
            dom_unset(l->o[i], SERIAL_TARGET);
            dom_unset(l->o[i], SERIAL_MODEL);
        }
    }
}

static void keep_user_aliases(struct norm *n)
{
    for (size_t k = 0; k < KIND__MAX; k++) {
        const struct dom_list *l = &n->d->list[k];

        if (!(dom_kind((enum dom_kind_id)k)->flags & DK_DEVICE))
            continue;
        for (size_t i = 0; i < l->n; i++)
            if (TEXT(l->o[i], INFO_ALIAS) && !has_user_alias(l->o[i]))
                dom_unset(l->o[i], INFO_ALIAS);
    }
}

void norm_migratable(struct norm *n)
{
    drop_controllers(n);
    drop_devices(n);
    drop_serial_types(n);
    keep_user_aliases(n);
    /* QEMU never had pconfig, though its model said so. */
    if (is(TEXT(n->root, DOMAIN_CPU_MODEL), "Icelake-Server") && n->x86 &&
        NUM(n->root, DOMAIN_CPU_MODE) == CPU_MODE_CUSTOM) {
        const struct dom_list *l = &n->d->list[KIND_CPUFEATURE];
        struct dom_object *o = NULL;

        for (size_t i = 0; i < l->n; i++)
            if (is(TEXT(l->o[i], CPUFEATURE_NAME), "pconfig"))
                o = l->o[i];
        if (!o && (o = norm_add(n, KIND_CPUFEATURE)))
            dom_set_text(o, CPUFEATURE_NAME, "pconfig");
        if (o)
            dom_set_num(n->d, o, CPUFEATURE_POLICY, CPU_POLICY_DISABLE);
    }
}

static bool any_given(const struct dom_object *o, unsigned first, unsigned last)
{
    for (unsigned f = first; f <= last; f++)
        if (GIVEN(o, f) &&
            (NUM(o, f) || dom_field(o->kind, f)->type == DT_STR ||
             dom_field(o->kind, f)->type == DT_TREE))
            return true;
    return false;
}

static bool virtio_option(const struct dom_object *o)
{
    return any_given(o, VIRTIO_IOMMU, VIRTIO_PAGE_PER_VQ);
}

static bool driver_is_written(const struct dom_object *o)
{
    switch (o->kind->id) {
    case KIND_DISK:
        return true;
    case KIND_INTERFACE:
        return norm_is_virtio_net(o) &&
               NUM(o, INTERFACE_TYPE) != NET_TYPE_HOSTDEV &&
               (virtio_option(o) ||
                any_given(o, INTERFACE_DRV_NAME, INTERFACE_G_UFO));
    case KIND_CONTROLLER:
        return virtio_option(o) ||
               any_given(o, CONTROLLER_QUEUES, CONTROLLER_IOTHREADS);
    case KIND_FILESYSTEM:
        return virtio_option(o) || NUM(o, FILESYSTEM_DRV_TYPE);
    case KIND_VIDEO:
        return virtio_option(o) || NUM(o, VIDEO_BACKEND) ||
               NUM(o, VIDEO_VGACONF);
    default:
        return virtio_option(o);
    }
}

void norm_virtio_presence(struct norm *n)
{
    for (size_t k = 0; k < KIND__MAX; k++) {
        const struct dom_list *l = &n->d->list[k];

        if (!(dom_kind((enum dom_kind_id)k)->flags & DK_VIRTIO))
            continue;
        for (size_t i = 0; i < l->n; i++) {
            struct dom_value *v = &l->o[i]->v[VIRTIO_DRIVER];

            v->num = driver_is_written(l->o[i]);
            v->text = v->num ? "present" : NULL;
            v->given = v->num;
        }
    }
}
