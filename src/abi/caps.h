/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the guest's QEMU can do, given by the caller: the machine types it has
 * with their aliases and default CPUs, and the devices that defaults depend
 * on. A JSON object, which `qmigrate features --json` prints ("devices" only of
 * a QEMU with -machine none):
 *
 *   "arch":     of query-target; documents of others are checked without
 *   "kvm":      false: this QEMU has no KVM
 *   "machines": what query-machines answered (name, alias, is-default,
 *               default-cpu-type)
 *   "devices":  names of device types, or what qom-list-types answered
 *
 * One of the last two must be there; what is absent is assumed as without
 * capabilities, other members are not looked at.
 */
#ifndef ABI_CAPS_H
#define ABI_CAPS_H

#include "abi/machine.h"
#include "qmp/error.h"

#include <stddef.h>

struct caps_machine {
    const char *name;
    const char *alias; /* or NULL */
    char *cpu;         /* default model; NULL: none, or not told */
    bool is_default;
};

struct abi_caps {
    struct json_object *text; /* owns the names */
    int arch;                 /* ARCH_*; ARCH_NONE: not told */
    bool no_kvm;
    bool has_devices;
    struct arch_facts facts; /* with has_devices */
    struct caps_machine *machines;
    size_t n_machines; /* 0: not told */
};

/* Parse `text`, which came from `origin`; the caller frees *ret.
 * QMP_ERR_INVALID_ARG: it is not what is described above. */
int abi_caps_parse(const char *text, const char *origin, struct abi_caps **ret,
                   struct qmp_error **errp);

void abi_caps_free(struct abi_caps *caps); /* NULL is fine */

static inline void abi_caps_freep(struct abi_caps **caps)
{
    abi_caps_free(*caps);
}

/* The machine by name or alias, the default one for NULL; NULL: none such. */
const struct caps_machine *caps_machine(const struct abi_caps *caps,
                                        const char *name);

#endif
