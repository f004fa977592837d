/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What typed parameters and flags become in QEMU: capabilities and migration
 * parameters, as tables. docs/parameters.md is made from them.
 */
#ifndef QMIG_SETTINGS_H
#define QMIG_SETTINGS_H

#include "plan/plan.h"

enum sides { ON_SOURCE = 1, ON_DEST = 2, ON_BOTH = 3 };

/* When a capability is on. */
enum when {
    NEVER,   /* known, and off: it may be left over from an earlier use */
    ALWAYS,  /* where QEMU has it */
    IF_FLAG, /* with the row's flag; QEMU must have it */
    IF_FLAG_AND_BOTH, /* with the flag, if both sides have it */
    IF_METHOD,        /* with the row's compression method */
};

struct capability_rule {
    const char *name; /* QEMU's */
    enum when when;
    unsigned flag;
    const char *method; /* IF_METHOD: value of `compression` */
    enum sides sides;
};

/* Sorted by name. */
extern const struct capability_rule capability_rules[];
extern const size_t capability_rules_n;

struct parameter_rule {
    const char *name;        /* the typed parameter */
    const char *qemu;        /* QEMU's migration parameter */
    unsigned long long unit; /* QEMU's value = ours * unit */
    enum sides sides;
};

/* Sorted by name. */
extern const struct parameter_rule parameter_rules[];
extern const size_t parameter_rules_n;

/* Compression methods that are a value of multifd-compression. */
extern const char *const multifd_methods[];
extern const size_t multifd_methods_n;

/* What is set on one side: both arrays/objects are new references. `back` is
 * what undoes it. */
struct settings {
    struct json_object *capabilities, *capabilities_back; /* arrays */
    struct json_object *parameters, *parameters_back;     /* objects */
};

int settings_make(struct settings *s, const struct plan_input *in,
                  enum qmig_side side, const struct facts *mine,
                  const struct facts *other, struct qmp_error **errp);
void settings_clear(struct settings *s);

/* Does anything set a migration parameter on this side? */
bool settings_need_parameters(const struct plan_input *in, enum qmig_side side);

#endif
