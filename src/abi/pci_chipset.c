/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The places that a chipset dictates to its own devices. */
#include "abi/pci.h"

static int primary_video(struct pci_set *s, int slot, unsigned flags)
{
    const struct dom_list *l = &s->n->d->list[KIND_VIDEO];
    struct dom_object *o = l->n ? l->o[0] : NULL;

    if (!o || NUM(o, VIDEO_TYPE) == VIDEO_TYPE_NONE ||
        NUM(o, VIDEO_TYPE) == VIDEO_TYPE_RAMFB || !pci_wanted(o))
        return 0;
    if (!s->nbuses)
        return pci_fail(s, o, "no PCI buses available", NULL);
    if (pci_slot_in_use(s, slot))
        return pci_take_next(s, o, -1);
    return pci_take(s, o, (struct pci_addr){0, slot, 0}, flags);
}

static int fixed_place(struct pci_set *s, struct dom_object *o,
                       struct pci_addr a, const char *must)
{
    if (pci_present(o)) {
        struct pci_addr has = pci_addr_of(o);

        if (NUM(o, INFO_DOMAIN) || has.bus != a.bus || has.slot != a.slot ||
            has.function != a.function)
            return pci_fail(s, o, must, NULL);
        return 0;
    }
    pci_put(s, o, a);
    return 0;
}

static int chipset_i440fx(struct pci_set *s)
{
    const struct dom_list *l = &s->n->d->list[KIND_CONTROLLER];
    static const int isa[] = {0, 3};

    for (size_t i = 0; i < l->n; i++) {
        struct dom_object *o = l->o[i];
        int function = pci_is_piix3(o, 1) ? 1 : pci_is_piix3(o, 2) ? 2 : 0;
        struct pci_addr a = {0, 1, function};

        if (!function)
            continue;
        if (fixed_place(s, o, a,
                        function == 1
                            ? "primary IDE controller must have PCI address "
                              "0:0:1.1"
                            : "PIIX3 USB controller at index 0 must have PCI "
                              "address 0:0:1.2") < 0)
            return -1;
        if (s->nbuses && pci_reserve(s, a, P_PCI | P_AUTO, true, o) < 0)
            return -1;
    }
    for (size_t i = 0; s->nbuses && i < ARRAY_SIZE(isa); i++)
        if (pci_reserve(s, (struct pci_addr){0, 1, isa[i]}, P_PCI | P_AUTO,
                        true, NULL) < 0)
            return -1;
    return primary_video(s, 2, P_PCI | P_AUTO);
}

static int q35_controller(struct pci_set *s, struct dom_object *o)
{
    const char *m = TEXT(o, CONTROLLER_MODEL);
    int slot = -1;

    if (NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_SATA) {
        if (NUM(o, CONTROLLER_INDEX))
            return 0;
        return fixed_place(s, o, (struct pci_addr){0, 0x1f, 2},
                           "primary SATA controller must have PCI address "
                           "0:0:1f.2");
    }
    if (GIVEN(o, INFO_ADDRESS))
        return 0;
    if (NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_USB &&
        pci_is(m, "ich9-uhci1"))
        slot = !pci_slot_in_use(s, 0x1d)   ? 0x1d
               : !pci_slot_in_use(s, 0x1a) ? 0x1a
                                           : -1;
    if (NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_PCI &&
        pci_is(m, "dmi-to-pci-bridge") && !pci_slot_in_use(s, 0x1e))
        slot = 0x1e;
    if (slot < 0)
        return 0;
    if (pci_take(s, o, (struct pci_addr){0, slot, 0}, P_PCIE | P_DMI_BRIDGE) <
        0)
        return -1;
    if (NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_USB)
        dom_set_num(s->n->d, o, INFO_MULTI, TRI_ON);
    return 0;
}

static int chipset_q35(struct pci_set *s)
{
    const struct dom_list *l = &s->n->d->list[KIND_CONTROLLER];
    const struct dom_list *sound = &s->n->d->list[KIND_SOUND];
    static const int lpc[] = {0, 3};

    for (size_t i = 0; i < l->n; i++) {
        struct dom_object *o = l->o[i];

        if (q35_controller(s, o) < 0)
            return -1;
    }
    for (size_t i = 0; s->nbuses && i < ARRAY_SIZE(lpc); i++)
        if (pci_reserve(s, (struct pci_addr){0, 0x1f, lpc[i]}, P_PCIE, true,
                        NULL) < 0)
            return -1;
    if (primary_video(s, 1, P_PCIE) < 0)
        return -1;
    if (pci_slot_in_use(s, 0x1b))
        return 0;
    for (size_t i = 0; i < sound->n; i++)
        if (NUM(sound->o[i], SOUND_MODEL) == SOUND_MODEL_ICH9 &&
            pci_wanted(sound->o[i]))
            return pci_take(s, sound->o[i], (struct pci_addr){0, 0x1b, 0},
                            P_PCIE);
    return 0;
}

int pci_chipset(struct pci_set *s)
{
    if (s->n->i440fx)
        return chipset_i440fx(s);
    return s->n->q35 ? chipset_q35(s) : 0;
}
