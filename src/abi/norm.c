/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "abi/norm.h"
#include "abi/machine.h"
#include "abi/validate.h"

const char abi_random[] = "(made up at random)";

/*
 * In libvirt's order: the order in which implicit devices are added decides
 * where they stand in the lists, and lists are compared by position.
 */
/* clang-format off */
static const struct {
    const char *name;
    norm_fn *run;
} steps[] = {
    { "ids",                  norm_ids },
    { "features",             norm_features },
    { "sysinfo",              norm_sysinfo },
    { "redirection rules",    norm_redirfilter },
    { "disk order",           norm_order_disks },
    { "controller order",     norm_order_controllers },
    { "video order",          norm_order_videos },
    { "controller indexes",   norm_controller_indexes },
    { "machine",              norm_machine },
    { "default devices",      norm_default_devices },
    { "cpu",                  norm_cpu },
    { "vcpus",                norm_vcpus },
    { "numa",                 norm_numa },
    { "ISA serial ports",     norm_isa_ports },
    { "disks",                norm_disks },
    { "drive addresses",      norm_drive_addresses },
    { "interfaces",           norm_interfaces },
    { "host devices",         norm_hostdevs },
    { "videos",               norm_videos },
    { "controllers",          norm_controllers },
    { "serial ports",         norm_serials },
    { "character devices",    norm_chardevs },
    { "inputs",               norm_inputs },
    { "other devices",        norm_misc },
    { "memory devices",       norm_memory_devices },
    { "memory",               norm_memory },
    { "consoles",             norm_consoles },
    { "implicit controllers", norm_implicit_controllers },
    { "implicit video",       norm_implicit_video },
    { "videos again",         norm_videos },
    { "serial ports again",   norm_serials },
    { "controllers again",    norm_controllers },
    { "virtio-serial",        norm_virtio_serial },
    { "spapr-vio",            norm_spapr_vio },
    { "ccw",                  norm_ccw },
    { "virtio-mmio",          norm_mmio },
    { "pci",                  norm_pci },
    { "memory slots",         norm_memory_slots },
};
/* clang-format on */

static void run_all(struct norm *n)
{
    for (size_t i = 0; i < ARRAY_SIZE(steps) && !n->nomem; i++)
        steps[i].run(n);
}

struct domain *abi_normalise(const struct domain *dom, int host_arch,
                             const struct abi_caps *caps, bool validate,
                             bool *late)
{
    CLEANUP(domain_freep) struct domain *d = domain_copy(dom);
    struct norm n = {.d = d, .host_arch = host_arch, .caps = caps};

    if (!d)
        return NULL;
    n.root = d->root;
    run_all(&n);
    if (validate)
        abi_validate(&n, dom);
    *late = !d->problems;
    norm_migratable(&n);
    n.second = true;
    run_all(&n);
    *late = *late && d->problems;
    norm_console_twin(&n);
    norm_initial_memory(&n);
    norm_virtio_presence(&n);
    norm_interface_hostdevs(&n);
    return n.nomem ? NULL : TAKE_PTR(d);
}

struct dom_object *norm_add(struct norm *n, enum dom_kind_id kind)
{
    struct dom_object *o = dom_object_new(n->d, kind, n->root);

    if (!o) {
        n->nomem = true;
        return NULL;
    }
    o->implicit = true;
    return o;
}

struct dom_object *norm_find_controller(const struct norm *n, int type,
                                        int64_t index)
{
    const struct dom_list *l = &n->d->list[KIND_CONTROLLER];

    for (size_t i = 0; i < l->n; i++)
        if (NUM(l->o[i], CONTROLLER_TYPE) == type &&
            NUM(l->o[i], CONTROLLER_INDEX) == index)
            return l->o[i];
    return NULL;
}

void norm_default_num(struct norm *n, struct dom_object *o, unsigned f,
                      int64_t num)
{
    if (!GIVEN(o, f))
        dom_set_num(n->d, o, f, num);
}

void norm_default_text(struct dom_object *o, unsigned f, const char *text)
{
    if (!TEXT(o, f))
        dom_set_text(o, f, text);
}

void norm_set_address(struct norm *n, struct dom_object *o, int type)
{
    for (unsigned f = INFO_DOMAIN; f <= INFO_REG; f++)
        if (f != INFO_ZPCI_UID && f != INFO_ZPCI_FID)
            dom_unset(o, f);
    dom_set_num(n->d, o, INFO_ADDRESS, type);
}
