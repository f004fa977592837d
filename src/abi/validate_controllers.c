/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of controllers, PCI bridges foremost. */
#include "abi/validate.h"

#include <string.h>

static bool is(const char *a, const char *b)
{
    return a && !strcmp(a, b);
}

/* Models of each type of controller; the types left out have none. */
static const struct {
    int type;
    const char *models; /* each between blanks */
} models_of[] = {
    {CONTROLLER_TYPE_PCI,
     " pci-root pcie-root pci-bridge dmi-to-pci-bridge pcie-to-pci-bridge "
     "pcie-root-port pcie-switch-upstream-port pcie-switch-downstream-port "
     "pci-expander-bus pcie-expander-bus "},
    {CONTROLLER_TYPE_SCSI,
     " auto buslogic lsilogic lsisas1068 vmpvscsi ibmvscsi virtio-scsi "
     "lsisas1078 virtio-transitional virtio-non-transitional ncr53c90 dc390 "
     "am53c974 "},
    {CONTROLLER_TYPE_USB,
     " piix3-uhci piix4-uhci ehci ich9-ehci1 ich9-uhci1 ich9-uhci2 ich9-uhci3 "
     "vt82c686b-uhci pci-ohci nec-xhci qusb1 qusb2 qemu-xhci none "},
    {CONTROLLER_TYPE_IDE, " piix3 piix4 ich6 "},
    {CONTROLLER_TYPE_VIRTIO_SERIAL,
     " virtio virtio-transitional virtio-non-transitional "},
};

static void model_is_known(struct norm *n, const struct dom_object *o)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);
    char word[80];

    if (!m)
        return;
    snprintf(word, sizeof(word), " %.70s ", m);
    for (size_t i = 0; i < ARRAY_SIZE(models_of); i++)
        if (models_of[i].type == NUM(o, CONTROLLER_TYPE) &&
            strstr(models_of[i].models, word))
            return;
    dom_problem(n->d, o->line,
                "unknown model '%s' of a controller of type '%s'", m,
                TEXT(o, CONTROLLER_TYPE));
}

/* What each model of bridge may say; names separated by blanks. */
/* clang-format off */
static const struct bridge {
    const char *model;
    const char *names;
    bool root, chassis_nr, chassis, bus_nr, node, hotplug;
} bridges[] = {
    { "pci-root",                    "spapr-pci-host-bridge",    true,  false, false, false, true,  true  },
    { "pcie-root",                   "",                         true,  false, false, false, false, false },
    { "pci-bridge",                  "pci-bridge",               false, true,  false, false, false, false },
    { "dmi-to-pci-bridge",           "i82801b11-bridge",         false, false, false, false, false, false },
    { "pcie-to-pci-bridge",          "pcie-pci-bridge",          false, false, false, false, false, false },
    { "pcie-root-port",              "pcie-root-port ioh3420",   false, false, true,  false, false, true  },
    { "pcie-switch-upstream-port",   "x3130-upstream",           false, false, false, false, false, false },
    { "pcie-switch-downstream-port", "xio3130-downstream",       false, false, true,  false, false, true  },
    { "pci-expander-bus",            "pxb",                      false, false, false, true,  true,  false },
    { "pcie-expander-bus",           "pxb-pcie",                 false, false, false, true,  true,  false },
};
/* clang-format on */

static void refuse_option(struct norm *n, const struct dom_object *o,
                          unsigned f, bool allowed)
{
    if (GIVEN(o, f) && !allowed)
        dom_problem(n->d, o->v[f].line > 0 ? o->v[f].line : o->line,
                    "option '%s' is not valid for PCI controller with index "
                    "'%lld' and model '%s'",
                    dom_field(o->kind, f)->what,
                    (long long)NUM(o, CONTROLLER_INDEX),
                    TEXT(o, CONTROLLER_MODEL));
}

static void pci_root_fits(struct norm *n, const struct dom_object *o)
{
    int64_t index = NUM(o, CONTROLLER_INDEX);

    if (index && !(n->pseries && is(TEXT(o, CONTROLLER_MODEL), "pci-root")))
        dom_problem(n->d, o->line,
                    "pci-root and pcie-root controllers should have index 0");
    if (o->v[INFO_ADDRESS].line > 0)
        dom_problem(n->d, o->v[INFO_ADDRESS].line,
                    "pci-root and pcie-root controllers should not have an "
                    "address");
    if (n->pseries && GIVEN(o, CONTROLLER_TARGET_INDEX) &&
        !index != !NUM(o, CONTROLLER_TARGET_INDEX))
        dom_problem(n->d, o->line,
                    "only the PCI controller with index 0 can have target "
                    "index 0, and vice versa");
}

static void pci_options_fit(struct norm *n, const struct dom_object *o)
{
    const char *name = TEXT(o, CONTROLLER_PCI_NAME);
    const struct bridge *b = NULL;
    bool phb = n->pseries && is(TEXT(o, CONTROLLER_MODEL), "pci-root");

    if (NUM(o, CONTROLLER_TYPE) != CONTROLLER_TYPE_PCI)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(bridges); i++)
        if (is(TEXT(o, CONTROLLER_MODEL), bridges[i].model))
            b = &bridges[i];
    if (!b)
        return;
    if (b->root)
        pci_root_fits(n, o);
    else if (!NUM(o, CONTROLLER_INDEX))
        dom_problem(n->d, o->line, "index of '%s' controllers must be > 0",
                    b->model);
    if (name && NUM(o, CONTROLLER_PCI_NAME) &&
        (!strstr(b->names, name) || (b->root && !phb)))
        dom_problem(n->d, o->line,
                    "model name '%s' is not valid for PCI controller with "
                    "index '%lld' and model '%s'",
                    name, (long long)NUM(o, CONTROLLER_INDEX), b->model);
    refuse_option(n, o, CONTROLLER_CHASSIS_NR, b->chassis_nr);
    refuse_option(n, o, CONTROLLER_CHASSIS, b->chassis);
    refuse_option(n, o, CONTROLLER_PORT, b->chassis);
    refuse_option(n, o, CONTROLLER_BUS_NR, b->bus_nr);
    refuse_option(n, o, CONTROLLER_TARGET_INDEX, phb);
    refuse_option(n, o, CONTROLLER_NODE, b->root ? phb : b->node);
    refuse_option(n, o, CONTROLLER_HOTPLUG, b->hotplug);
    refuse_option(n, o, CONTROLLER_MEM_RESERVE,
                  b->chassis_nr || is(b->model, "pcie-root-port"));
    if (NUM(o, CONTROLLER_CHASSIS_NR) > 255 ||
        NUM(o, CONTROLLER_CHASSIS) > 255 || NUM(o, CONTROLLER_PORT) > 255 ||
        NUM(o, CONTROLLER_BUS_NR) > 254)
        dom_problem(n->d, o->line,
                    "an option of PCI controller with index '%lld' is out of "
                    "range",
                    (long long)NUM(o, CONTROLLER_INDEX));
    if (NUM(o, CONTROLLER_NODE) >= (int64_t)n->d->list[KIND_CELL].n)
        dom_problem(n->d, o->line,
                    "%s with index %lld is configured for a NUMA node (%lld) "
                    "not present in the domain's <cpu><numa>",
                    b->model, (long long)NUM(o, CONTROLLER_INDEX),
                    (long long)NUM(o, CONTROLLER_NODE));
}

static void ide_fits(struct norm *n, const struct dom_object *o)
{
    if (NUM(o, CONTROLLER_TYPE) != CONTROLLER_TYPE_IDE)
        return;
    if (n->q35)
        dom_problem(n->d, o->line,
                    "IDE controllers are unsupported for this machine type");
    else if (NUM(o, CONTROLLER_INDEX) && n->i440fx)
        dom_problem(n->d, o->line,
                    "only a single IDE controller is supported for this "
                    "machine type");
}

static void scsi_driver_fits(struct norm *n, const struct dom_object *o)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);

    if (NUM(o, CONTROLLER_TYPE) != CONTROLLER_TYPE_SCSI ||
        is(m, "virtio-scsi") || is(m, "virtio-transitional") ||
        is(m, "virtio-non-transitional"))
        return;
    for (unsigned f = CONTROLLER_QUEUES; f <= CONTROLLER_IOTHREAD; f++)
        if (NUM(o, f))
            dom_problem(n->d, o->line,
                        "'%s' is only supported by virtio-scsi controller",
                        dom_field(o->kind, f)->what);
}

static bool same_place(const struct dom_object *a, const struct dom_object *b)
{
    return NUM(a, CONTROLLER_TYPE) == NUM(b, CONTROLLER_TYPE) &&
           NUM(a, CONTROLLER_INDEX) == NUM(b, CONTROLLER_INDEX);
}

/* The list is sorted by type and index. */
static void index_is_unique(struct norm *n, const struct dom_object *o)
{
    const struct dom_list *l = &n->d->list[KIND_CONTROLLER];

    if (o != l->o[0])
        return;
    for (size_t i = 1; i < l->n; i++)
        if (same_place(l->o[i], l->o[i - 1]) &&
            NUM(l->o[i], CONTROLLER_TYPE) != CONTROLLER_TYPE_USB)
            dom_problem(n->d, l->o[i]->line,
                        "multiple '%s' controllers with index '%lld'",
                        TEXT(l->o[i], CONTROLLER_TYPE),
                        (long long)NUM(l->o[i], CONTROLLER_INDEX));
}

const struct validate_rule validate_controller_rules[] = {
    {KIND_CONTROLLER, model_is_known},  {KIND_CONTROLLER, pci_options_fit},
    {KIND_CONTROLLER, ide_fits},

    {KIND_CONTROLLER, index_is_unique}, {KIND_CONTROLLER, scsi_driver_fits},
};
const size_t validate_controller_rules_n =
    ARRAY_SIZE(validate_controller_rules);
