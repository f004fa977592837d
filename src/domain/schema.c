/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/schema.h"
#include "qmp/macros.h"

/* Column `type` of the rows: the type, its list and flags. */
/* clang-format off */
#define T(type_, ...) .type = type_, __VA_ARGS__
#define T_STR          .type = DT_STR
#define T_RSTR         T(DT_STR, .flags = DF_REQUIRED)
#define T_PRESENT      .type = DT_PRESENT
#define T_UINT         .type = DT_UINT
#define T_RUINT        T(DT_UINT, .flags = DF_REQUIRED)
#define T_NZUINT       T(DT_UINT, .flags = DF_NONZERO)
#define T_INT1         T(DT_UINT, .flags = DF_MINUS1)
#define T_UINT0        .type = DT_UINT0
#define T_INT01        T(DT_UINT0, .flags = DF_MINUS1)
#define T_HEX          .type = DT_HEX
#define T_OCT          .type = DT_OCT
#define T_SWITCH       .type = DT_SWITCH
#define T_RSWITCH      T(DT_SWITCH, .flags = DF_REQUIRED)
#define T_YESNO        .type = DT_BOOL
#define T_RYESNO       T(DT_BOOL, .flags = DF_REQUIRED)
#define T_LAXYESNO     T(DT_BOOL, .flags = DF_LAX)
#define T_KIB          .type = DT_KIB
#define T_BYTES        .type = DT_BYTES
#define T_MIB          .type = DT_MIB
#define T_UUID         .type = DT_UUID
#define T_MAC          .type = DT_MAC
#define T_CPUSET       .type = DT_CPUSET
#define T_TREE         .type = DT_TREE
#define T_ENUM(list)   T(DT_ENUM, .names = &enum_##list)
#define T_NZENUM(list) T(DT_ENUM, .names = &enum_##list, .flags = DF_NONZERO)
#define T_RENUM(list)  T(DT_ENUM, .names = &enum_##list, .flags = DF_REQUIRED)
#define T_RNZENUM(list) T(DT_ENUM, .names = &enum_##list, .flags = DF_REQUIRED | DF_NONZERO)

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
