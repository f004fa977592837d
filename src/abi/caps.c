/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "abi/caps.h"
#include "domain/enums.h"
#include "qmp/json.h"
#include "qmp/macros.h"

#include <string.h>

/* clang-format off */
static const struct {
    const char *device;
    size_t offset; /* bool of struct arch_facts */
} device_facts[] = {
    { "cirrus-vga",     offsetof(struct arch_facts, cirrus)      },
    { "e1000",          offsetof(struct arch_facts, e1000)       },
    { "i8042",          offsetof(struct arch_facts, i8042)       },
    { "intel-iommu",    offsetof(struct arch_facts, intel_iommu) },
    { "lsi53c895a",     offsetof(struct arch_facts, lsi)         },
    { "nec-usb-xhci",   offsetof(struct arch_facts, nec_xhci)    },
    { "pci-ohci",       offsetof(struct arch_facts, pci_ohci)    },
    { "piix3-usb-uhci", offsetof(struct arch_facts, piix3_uhci)  },
    { "qemu-xhci",      offsetof(struct arch_facts, qemu_xhci)   },
    { "rtl8139",        offsetof(struct arch_facts, rtl8139)     },
    { "virtio-mmio",    offsetof(struct arch_facts, mmio)        },
    { "zpci",           offsetof(struct arch_facts, zpci)        },
};

/* QEMU's name of a target where libvirt has another one. */
static const struct {
    const char *target, *arch;
} targets[] = {
    { "arm",  "armv7l" },
    { "i386", "i686"   },
};
/* clang-format on */

static int wrong_type(const char *where, struct json_object *found,
                      enum json_type want, struct qmp_error **errp)
{
    return qmp_fail(errp, QMP_ERR_INVALID_ARG, "%s is of type %s, expected %s",
                    where, json_type_to_name(json_object_get_type(found)),
                    json_type_to_name(want));
}

/* 0: *ret is lent, NULL if there is no such member. */
static int member(struct json_object *o, const char *name, enum json_type type,
                  const char *where, struct json_object **ret,
                  struct qmp_error **errp)
{
    struct json_object *value = NULL;

    if (json_object_object_get_ex(o, name, &value) && value &&
        !json_object_is_type(value, type)) {
        char at[200];

        snprintf(at, sizeof(at), "%s: '%s'", where, name);
        return wrong_type(at, value, type, errp);
    }
    *ret = value;
    return 0;
}

static int text_member(struct json_object *o, const char *name,
                       const char *where, const char **ret,
                       struct qmp_error **errp)
{
    struct json_object *value;

    if (member(o, name, json_type_string, where, &value, errp) < 0)
        return -1;
    *ret = value ? json_object_get_string(value) : NULL;
    return 0;
}

/* "qemu64-x86_64-cpu" -> "qemu64"; *ret is NULL for what is no such name. */
static int cpu_model(const char *type, char **ret, struct qmp_error **errp)
{
    static const char suffix[] = "-cpu";
    size_t len = type ? strlen(type) : 0;

    *ret = NULL;
    if (len < strlen(suffix) || strcmp(type + len - strlen(suffix), suffix))
        return 0;
    len -= strlen(suffix);
    while (len > 0 && type[len - 1] != '-')
        len--;
    if (len < 2)
        return 0;
    *ret = strndup(type, len - 1);
    return *ret ? 0 : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

static int parse_machine(struct json_object *o, const char *where,
                         struct caps_machine *m, struct qmp_error **errp)
{
    struct json_object *is_default;
    const char *cpu;

    if (!json_object_is_type(o, json_type_object))
        return wrong_type(where, o, json_type_object, errp);
    if (text_member(o, "name", where, &m->name, errp) < 0 ||
        text_member(o, "alias", where, &m->alias, errp) < 0 ||
        text_member(o, "default-cpu-type", where, &cpu, errp) < 0 ||
        member(o, "is-default", json_type_boolean, where, &is_default, errp) <
            0)
        return -1;
    if (!m->name)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG, "%s has no 'name'", where);
    m->is_default = is_default && json_object_get_boolean(is_default);
    return cpu_model(cpu, &m->cpu, errp);
}

static int parse_machines(struct abi_caps *c, struct json_object *list,
                          const char *origin, struct qmp_error **errp)
{
    size_t n = json_object_array_length(list);

    if (!n)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG, "'%s': 'machines' is empty",
                        origin);
    c->machines = calloc(n, sizeof(*c->machines));
    if (!c->machines)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        char where[160];

        snprintf(where, sizeof(where), "'%.100s': machines[%zu]", origin, i);
        if (parse_machine(json_object_array_get_idx(list, i), where,
                          &c->machines[c->n_machines++], errp) < 0)
            return -1;
    }
    return 0;
}

static int parse_device(struct abi_caps *c, struct json_object *o,
                        const char *where, struct qmp_error **errp)
{
    const char *name = NULL;

    if (json_object_is_type(o, json_type_string))
        name = json_object_get_string(o);
    else if (!json_object_is_type(o, json_type_object))
        return wrong_type(where, o, json_type_string, errp);
    else if (text_member(o, "name", where, &name, errp) < 0)
        return -1;
    if (!name)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG, "%s has no 'name'", where);
    for (size_t i = 0; i < ARRAY_SIZE(device_facts); i++)
        if (!strcmp(name, device_facts[i].device))
            *(bool *)((char *)&c->facts + device_facts[i].offset) = true;
    return 0;
}

static int parse_devices(struct abi_caps *c, struct json_object *list,
                         const char *origin, struct qmp_error **errp)
{
    size_t n = json_object_array_length(list);

    c->has_devices = true;
    for (size_t i = 0; i < n; i++) {
        char where[160];

        snprintf(where, sizeof(where), "'%.100s': devices[%zu]", origin, i);
        if (parse_device(c, json_object_array_get_idx(list, i), where, errp) <
            0)
            return -1;
    }
    return 0;
}

static int parse_arch(struct abi_caps *c, const char *arch, const char *origin,
                      struct qmp_error **errp)
{
    const char *name = arch;

    if (!arch)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
        if (!strcmp(arch, targets[i].target))
            name = targets[i].arch;
    c->arch = enum_find(&enum_arch, name);
    if (c->arch <= 0)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG,
                        "'%s': 'arch' is '%.60s', which is no architecture "
                        "of a guest",
                        origin, arch);
    return 0;
}

static int parse(struct abi_caps *c, const char *origin,
                 struct qmp_error **errp)
{
    struct json_object *machines, *devices, *kvm;
    const char *arch;
    char where[160];

    snprintf(where, sizeof(where), "'%.100s'", origin);
    if (!json_object_is_type(c->text, json_type_object))
        return wrong_type(where, c->text, json_type_object, errp);
    if (text_member(c->text, "arch", where, &arch, errp) < 0 ||
        member(c->text, "kvm", json_type_boolean, where, &kvm, errp) < 0 ||
        member(c->text, "machines", json_type_array, where, &machines, errp) <
            0 ||
        member(c->text, "devices", json_type_array, where, &devices, errp) < 0)
        return -1;
    if (!machines && !devices)
        return qmp_fail(errp, QMP_ERR_INVALID_ARG,
                        "%s has neither 'machines' nor 'devices'; 'qmigrate "
                        "features ADDR --json' prints both",
                        where);
    c->no_kvm = kvm && !json_object_get_boolean(kvm);
    if (parse_arch(c, arch, origin, errp) < 0 ||
        (machines && parse_machines(c, machines, origin, errp) < 0))
        return -1;
    return devices ? parse_devices(c, devices, origin, errp) : 0;
}

int abi_caps_parse(const char *text, const char *origin, struct abi_caps **ret,
                   struct qmp_error **errp)
{
    CLEANUP(abi_caps_freep) struct abi_caps *c = calloc(1, sizeof(*c));
    struct qmp_error *err = NULL;

    if (!c)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    if (qmp_json_parse(text, strlen(text), &c->text, &err) < 0) {
        if (err->code == QMP_ERR_NOMEM)
            return qmp_propagate(errp, err);
        qmp_fail(errp, QMP_ERR_INVALID_ARG, "'%s' is not JSON: %s", origin,
                 err->msg);
        qmp_error_free(err);
        return -1;
    }
    if (parse(c, origin, errp) < 0)
        return -1;
    *ret = TAKE_PTR(c);
    return 0;
}

void abi_caps_free(struct abi_caps *caps)
{
    if (!caps)
        return;
    for (size_t i = 0; i < caps->n_machines; i++)
        free(caps->machines[i].cpu);
    free(caps->machines);
    json_object_put(caps->text);
    free(caps);
}

const struct caps_machine *caps_machine(const struct abi_caps *caps,
                                        const char *name)
{
    for (size_t i = 0; i < caps->n_machines; i++) {
        const struct caps_machine *m = &caps->machines[i];

        if (name ? !strcmp(m->name, name) ||
                       (m->alias && !strcmp(m->alias, name))
                 : m->is_default)
            return m;
    }
    return NULL;
}
