/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/schema.h"
#include "qmp/macros.h"

/* clang-format off */
#define ROW(ID, path_, type_, libvirt_, guest_, deflt_, what_, why_) \
    { .id = #ID, .path = path_, type_, libvirt_, .guest = guest_, \
      .deflt = deflt_, .what = what_, .why = why_ },
/* clang-format on */

static const struct dom_field info_rows[] = {INFO_FIELDS(ROW)};
static const struct dom_field virtio_rows[] = {VIRTIO_FIELDS(ROW)};

#define X(KIND, base)                                                          \
    static const struct dom_field KIND##_rows[] = {KIND##_FIELDS(ROW)};
DOM_FIELD_LISTS(X)
#undef X

static const struct dom_kind kinds[] = {
#define K(KIND, parent_, path_, code_, label_, flags_)                         \
    [KIND_##KIND] = {                                                          \
        .id = KIND_##KIND,                                                     \
        .parent = KIND_##parent_,                                              \
        .name = #KIND,                                                         \
        .path = path_,                                                         \
        .code = code_,                                                         \
        .label = label_,                                                       \
        .flags = flags_,                                                       \
        .own = KIND##_rows,                                                    \
        .nown = ARRAY_SIZE(KIND##_rows),                                       \
        .first = KIND##__MAX - ARRAY_SIZE(KIND##_rows),                        \
        .nfields = KIND##__MAX,                                                \
    },
    DOM_KINDS(K)
#undef K
};

_Static_assert(ARRAY_SIZE(kinds) == KIND__MAX, "a kind without a row");

const struct dom_kind *dom_kind(enum dom_kind_id id)
{
    return &kinds[id];
}

const struct dom_field *dom_field(const struct dom_kind *kind, unsigned i)
{
    if (i >= kind->first)
        return &kind->own[i - kind->first];
    if (i >= INFO__MAX)
        return &virtio_rows[i - INFO__MAX];
    return &info_rows[i];
}
