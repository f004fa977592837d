/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/enums.h"
#include "qmp/macros.h"

#include <string.h>

#define V(list, value, text) text,
#define E(list, LIST)                                                          \
    static const char *const list##_text[] = {LIST##_VALUES(V)};               \
    const struct dom_enum enum_##list = {#list, list##_text,                   \
                                         ARRAY_SIZE(list##_text)};
DOM_ENUMS(E)
#undef E
#undef V

int enum_find(const struct dom_enum *e, const char *text)
{
    for (size_t i = 0; i < e->n; i++)
        if (!strcmp(e->text[i], text))
            return (int)i;
    return -1;
}

const char *enum_name(const struct dom_enum *e, long long value)
{
    if (value < 0 || (unsigned long long)value >= e->n)
        return "?";
    return e->text[value];
}
