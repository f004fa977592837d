/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "abi/norm.h"

#include <string.h>

/*
 * <interface type='hostdev'> is a host device as well: libvirt has it in both
 * lists, before the real <hostdev> elements. Runs last, since the two share
 * one address.
 */
void norm_interface_hostdevs(struct norm *n)
{
    const struct dom_list *nets = &n->d->list[KIND_INTERFACE];
    struct dom_list *l = &n->d->list[KIND_HOSTDEV];
    size_t at = 0;

    for (size_t i = 0; i < nets->n; i++) {
        const struct dom_object *net = nets->o[i];
        const char *type = TEXT(net, INTERFACE_SRC_ADDRESS);
        struct dom_object *o;

        if (NUM(net, INTERFACE_TYPE) != NET_TYPE_HOSTDEV)
            continue;
        if (!(o = norm_add(n, KIND_HOSTDEV)))
            return;
        memcpy(o->v, net->v, INFO__MAX * sizeof(o->v[0]));
        o->line = net->line;
        dom_set_num(n->d, o, HOSTDEV_MODE, HOSTDEV_MODE_SUBSYSTEM);
        dom_set_text(o, HOSTDEV_TYPE, type ? type : "usb");
        l->n--;
        if (dom_list_insert(n->d, l, at++, o) < 0)
            n->nomem = true;
    }
}
