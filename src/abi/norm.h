/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Normalisation: what libvirt's QEMU driver makes of a document before it
 * compares it. Defaults are filled in, implicit devices added, addresses
 * assigned; then what the migratable format leaves out is dropped and all of
 * it runs again, as libvirt formats and parses the definition once more.
 *
 * Where the outcome depends on the QEMU binary, the caller's capabilities
 * decide (caps.h); without them a current one is assumed (machine.c). The steps
 * are a table in norm.c; each is a function here.
 */
#ifndef ABI_NORM_H
#define ABI_NORM_H

#include "domain/model.h"

#define NUM(o, f)   ((o)->v[f].num)
#define TEXT(o, f)  ((o)->v[f].text)
#define GIVEN(o, f) ((o)->v[f].given)

/* Text of a value that libvirt would make up at random: equal to nothing. */
extern const char abi_random[];

struct abi_caps;
struct arch_facts;
struct caps_machine;
struct machine_facts;

struct norm {
    struct domain *d;
    struct dom_object *root;
    int arch; /* ARCH_* */
    int host_arch;
    const struct machine_facts *machine;
    const struct abi_caps *caps;     /* given, and of this architecture */
    const struct caps_machine *told; /* the machine there, or NULL */
    const struct arch_facts *qemu;   /* what the binary has */
    bool x86, arm, s390, ppc64, riscv, loongarch, mips;
    bool i440fx, q35, armvirt, pseries, riscvvirt, loongvirt, s390ccw, isapc;
    bool kvm;
    bool second; /* the second run: addresses are those of the first */
    bool nomem;  /* out of memory */
};

/*
 * A normalised copy of `dom`, which must outlive it; problems that libvirt
 * would find on the way are recorded in it, those of abi_validate() too if
 * `validate`. `host_arch` stands in for an architecture that the document
 * leaves out; `caps` may be NULL. *late: the only problems are those of the
 * second run, which libvirt reports as a refusal and not as an invalid
 * document. NULL: out of memory.
 */
struct domain *abi_normalise(const struct domain *dom, int host_arch,
                             const struct abi_caps *caps, bool validate,
                             bool *late);

/* The architecture of a document, else of its emulator, else of this host. */
int norm_arch_of(const struct domain *dom);

typedef void norm_fn(struct norm *n);

/* norm_domain.c */
norm_fn norm_ids, norm_machine, norm_features, norm_cpu, norm_vcpus, norm_numa,
    norm_memory, norm_initial_memory, norm_sysinfo, norm_redirfilter;
/* norm_devices.c */
norm_fn norm_disks, norm_controllers, norm_interfaces, norm_inputs, norm_videos,
    norm_serials, norm_chardevs, norm_misc, norm_hostdevs, norm_memory_devices;
/* norm_order.c */
norm_fn norm_order_disks, norm_order_controllers, norm_order_videos,
    norm_controller_indexes;
/* norm_implicit.c */
norm_fn norm_default_devices, norm_isa_ports, norm_consoles, norm_console_twin,
    norm_implicit_controllers, norm_implicit_video;
/* norm_address.c */
norm_fn norm_drive_addresses, norm_virtio_serial, norm_spapr_vio, norm_ccw,
    norm_mmio, norm_memory_slots;
/* pci.c */
norm_fn norm_pci;
/* norm_migratable.c: what the migratable format drops, and the <driver>
 * element that it writes */
norm_fn norm_migratable, norm_virtio_presence;
/* norm_hostdev.c */
norm_fn norm_interface_hostdevs;

/* Is it the machine's controller of that type and index? NULL if not there. */
struct dom_object *norm_find_controller(const struct norm *n, int type,
                                        int64_t index);

/* Add a controller where libvirt puts it: behind its type, by index. */
struct dom_object *norm_add_controller(struct norm *n, int type, int64_t index,
                                       const char *model);

/* A new implicit object at the end of its list. */
struct dom_object *norm_add(struct norm *n, enum dom_kind_id kind);

/* Set if absent. */
void norm_default_num(struct norm *n, struct dom_object *o, unsigned f,
                      int64_t num);
void norm_default_text(struct dom_object *o, unsigned f, const char *text);

/* Give the device an address of that type; clears what was there. */
void norm_set_address(struct norm *n, struct dom_object *o, int type);

/* Model of a controller, as text: is it one of USB2's (ICH9)? */
bool norm_is_usb2(const struct dom_object *controller);

/* "vdb" -> 1, "sdaa" -> 26; -1 if it is no disk name. */
int norm_disk_index(const char *target);

bool norm_is_virtio_net(const struct dom_object *interface);

#endif
