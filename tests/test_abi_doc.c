/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * docs/abi-rules.md is made from the tables of rules; this test fails when it
 * is not current. MIG_REGENERATE=1 make check writes it anew.
 */
#include "tests/lib/doc.h"
#include "tests/lib/test.h"
#include "abi/compare.h"

#include <ctype.h>
#include <string.h>

#define DOC "docs/abi-rules.md"

static const char head[] =
    "# Guest-ABI rules\n"
    "\n"
    "Made from the tables in `src/domain` (`MIG_REGENERATE=1 make check`). Do "
    "not edit.\n"
    "\n"
    "One row a field of the domain XML. `libvirt`: does libvirt 11.3 compare "
    "it (`--policy libvirt`); *own* = by a rule of its own in "
    "`src/abi/compare.c`. `guest-abi`: what the default policy does with a "
    "difference: **refused** because the guest can see it or QEMU's stream "
    "breaks; *soft* = changes what the machine does but not what the guest "
    "sees now; *host* = the host's own affair. Soft and host differences are "
    "listed with `--all`. `absent` is what a field that is not there counts "
    "as for the guest.\n"
    "\n"
    "A device that one side lacks is refused by both policies, unless its "
    "section says otherwise. Order: libvirt compares lists by position; "
    "guest-abi pairs devices by identity, since the guest sees addresses and "
    "not the order of elements.\n";

static void put_code(FILE *to, const struct dom_kind *k, unsigned i)
{
    const char *id = dom_field(k, i)->id;

    fprintf(to, "%s.", k->code);
    for (; *id; id++)
        fputc(*id == '_' ? '-' : tolower((unsigned char)*id), to);
}

static void put_row(FILE *to, const struct dom_kind *k, unsigned i,
                    const char *prefix)
{
    static const char *const guest[] = {
        [G_HOST] = "host", [G_SOFT] = "soft", [G_HARD] = "**refused**"};
    const struct dom_field *f = dom_field(k, i);
    const char *libvirt = !compare_is_libvirts(k, i) ? "no"
                          : f->libvirt == LV_OWN     ? "own"
                                                     : "yes";

    fputs("| ", to);
    if (prefix)
        fprintf(to, "*kind*.%s", prefix);
    else
        put_code(to, k, i);
    fprintf(to, " | `%s` | %s | %s | %s | %s |\n", f->path, libvirt,
            guest[f->guest], f->deflt ? f->deflt : "", f->why);
}

static void put_table_head(FILE *to)
{
    fputs("\n| code | path | libvirt | guest-abi | absent | why |\n"
          "|---|---|---|---|---|---|\n",
          to);
}

static void put_shared(FILE *to, const char *title, unsigned first,
                       unsigned last)
{
    const struct dom_kind *disk = dom_kind(KIND_DISK);

    fprintf(to, "\n## %s\n", title);
    put_table_head(to);
    for (unsigned i = first; i < last; i++) {
        char id[40];
        size_t n = 0;

        for (const char *p = dom_field(disk, i)->id; *p; p++)
            id[n++] = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
        id[n] = '\0';
        put_row(to, disk, i, id);
    }
}

static void put_kind(FILE *to, const struct dom_kind *k)
{
    fprintf(to, "\n## %s", k->label);
    if (*k->path)
        fprintf(to, " (`%s`)", k->path);
    fputs("\n", to);
    if (k->flags & DK_HOST)
        fputs("\nAdding or removing one is the host's affair.\n", to);
    else if (k->flags & DK_UNCOUNTED)
        fputs("\nlibvirt does not compare how many there are; guest-abi "
              "does.\n",
              to);
    if (k->flags & DK_DEVICE)
        fprintf(to, "\nAnd the address rows%s.\n",
                k->flags & (DK_VIRTIO | DK_VIRTIO_HARD)
                    ? k->flags & DK_VIRTIO
                          ? " and the virtio rows"
                          : " and the virtio rows (which libvirt does not "
                            "compare here)"
                    : "");
    put_table_head(to);
    for (unsigned i = k->first; i < k->nfields; i++)
        put_row(to, k, i, NULL);
}

static char *render(void)
{
    char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);

    assert_non_null(to);
    fputs(head, to);
    put_kind(to, dom_kind(KIND_DOMAIN));
    put_shared(to, "Every device: address and the like", 0, INFO__MAX);
    put_shared(to, "Every virtio device: driver options", INFO__MAX,
               VIRTIO__MAX);
    for (int k = KIND_DOMAIN + 1; k < KIND__MAX; k++)
        put_kind(to, dom_kind((enum dom_kind_id)k));
    fclose(to);
    return out;
}

static void document_is_current(void **state UNUSED)
{
    CLEANUP(freep) char *want = render();

    doc_is_current(DOC, want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document_is_current),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
