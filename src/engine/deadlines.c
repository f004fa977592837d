/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/engine.h"

#include "error/errcode.h"

#include <string.h>

static const struct {
    const char *name;
    int seconds;
} deadline_table[DEADLINE__MAX] = {
#define X(name, seconds, text) [DEADLINE_##name] = {#name, seconds},
    DEADLINE_MAP(X)
#undef X
};

void deadlines_default(struct deadlines *d)
{
    for (size_t i = 0; i < DEADLINE__MAX; i++)
        d->us[i] = deadline_table[i].seconds * INT64_C(1000000);
}

/* More than a day is a mistake of units. */
#define MAX_SECONDS 86400.0

int deadlines_set(struct deadlines *d, const char *text,
                  struct qmp_error **errp)
{
    const char *equals = strchr(text, '=');
    size_t len = equals ? (size_t)(equals - text) : strlen(text);
    char *end = NULL;

    for (size_t i = 0; i < DEADLINE__MAX; i++) {
        if (strlen(deadline_table[i].name) != len ||
            strncmp(deadline_table[i].name, text, len) != 0)
            continue;
        double seconds = equals ? strtod(equals + 1, &end) : -1;
        if (!equals || end == equals + 1 || *end || !(seconds > 0) ||
            seconds > MAX_SECONDS)
            return qmp_fail(errp, QMIG_ERR_USAGE,
                            "deadline '%s': wanted NAME=SECONDS, more than 0 "
                            "and at most %.0f",
                            text, MAX_SECONDS);
        d->us[i] = (int64_t)(seconds * 1e6);
        return 0;
    }
    qmp_fail(errp, QMIG_ERR_USAGE, "there is no deadline '%.*s'", (int)len,
             text);
#define X(name, seconds, help) " " #name
    return qmp_hint(errp, "the names are:" DEADLINE_MAP(X));
#undef X
}
