/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mistakes that people make most, and what to do about them. */
#include "abi/report.h"

#include <string.h>

typedef bool hint_fn(const struct report *rep, const struct found *f);

static bool is_live_dump(const struct domain *d)
{
    return GIVEN(d->root, DOMAIN_ID);
}

static bool dest_is_live(const struct report *rep, const struct found *f)
{
    (void)f;
    return is_live_dump(rep->dst);
}

static bool dest_lacks_address(const struct report *rep, const struct found *f)
{
    (void)rep;
    return f->src && f->dst && f->row >= INFO_ADDRESS && f->row <= INFO_REG &&
           f->dst->kind->flags & DK_DEVICE &&
           f->dst->v[INFO_ADDRESS].line <= 0 &&
           f->src->v[INFO_ADDRESS].line > 0;
}

static bool dest_lacks_value(const struct report *rep, const struct found *f)
{
    (void)rep;
    return f->src && f->dst && f->row >= 0 && f->dst->v[f->row].line <= 0 &&
           f->src->v[f->row].line > 0;
}

static bool always(const struct report *rep, const struct found *f)
{
    (void)rep, (void)f;
    return true;
}

static bool memory_is_unaligned(const struct report *rep, const struct found *f)
{
    int64_t a, b;

    (void)rep;
    if (!f->src || !f->dst || f->row < 0)
        return false;
    a = NUM(f->src, f->row);
    b = NUM(f->dst, f->row);
    return b % 1024 && (b + 1023) / 1024 * 1024 == a;
}

/* First match wins; a code that ends in '.' stands for all that begin so. */
/* clang-format off */
static const struct {
    const char *code;
    hint_fn *when;
    const char *text;
} hints[] = {
    { "domain.cpu",    dest_is_live,        "the destination XML is a dump of a running guest, with the CPU as expanded by libvirt: use 'virsh dumpxml --migratable'" },
    { "cpu.feature.",  dest_is_live,        "the destination XML is a dump of a running guest, with the CPU as expanded by libvirt: use 'virsh dumpxml --migratable'" },
    { "",              dest_lacks_address,  "the destination XML leaves the address out, and the running guest has one: copy the source's <address> element" },
    { "memory.base",   dest_lacks_value,    "the destination XML leaves the base of the DIMM out: copy the source's <address type='dimm' slot=... base=.../>" },
    { "interface.mac", dest_lacks_value,    "without <mac> a new address is made up each time: copy the source's" },
    { "domain.uuid",   dest_lacks_value,    "without <uuid> a new one is made up each time: copy the source's" },
    { "domain.genid",  dest_lacks_value,    "without a text <genid> is made up each time: copy the source's" },
    { "domain.name",   always,              "the name in the destination XML must be the source's; to rename use the parameter destination_name" },
    { "domain.memory", memory_is_unaligned, "libvirt rounds memory up to whole MiB when it starts a guest: write the source's value" },
    { "numa.memory",   memory_is_unaligned, "libvirt rounds memory up to whole MiB when it starts a guest: write the source's value" },
    { "vcpu.order",    always,              "the running guest's <vcpus> list has the order in which its vCPUs were plugged: copy it" },
    { "domain.machine", always,             "an alias such as 'pc' stands for another version on each host: write the source's full machine type" },
};
/* clang-format on */

static bool code_matches(const char *pattern, const char *code)
{
    size_t len = strlen(pattern);

    return !strncmp(pattern, code, len) &&
           (!len || !code[len] || pattern[len - 1] == '.' || code[len] == '-');
}

const char *hint_for(const struct report *rep, const struct found *f,
                     const char *code)
{
    for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
        if (code && code_matches(hints[i].code, code) && hints[i].when(rep, f))
            return hints[i].text;
    return NULL;
}
