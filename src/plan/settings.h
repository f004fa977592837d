/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What typed parameters and flags become in QEMU: capabilities and migration
 * parameters, as tables. docs/parameters.md is made from them.
 */
#ifndef QMIG_SETTINGS_H
#define QMIG_SETTINGS_H

#include "plan/plan.h"

/* When a capability is on. */
enum when {
    NEVER,   /* known, and off: it may be left over from an earlier use */
    ALWAYS,  /* where QEMU has it */
    IF_BOTH, /* where both sides have it */
    IF_BOTH_AND_WAY_BACK, /* the same, if the channel leads back as well */
    IF_FLAG,              /* with the row's flag; QEMU must have it */
    IF_FLAG_AND_BOTH,     /* with the flag, if both sides have it, and not in
                             parallel */
    IF_METHOD,            /* with the row's compression method */
    IF_UUID,              /* where the guest has a uuid, and QEMU has it */
    SOURCE_DECIDES,       /* ALWAYS on the source; on the destination where
                             switchover-ack, which depends on it, is on */
};

/* What becomes of a capability that was set for a migration. */
enum then {
    PUT_BACK,
    STAYS,   /* nothing comes of it later */
    AT_LOAD, /* the same; and QEMU looks at it when it has loaded, so that it is
                set while RAM flows */
};

struct capability_rule {
    const char *name; /* QEMU's */
    enum when when;
    unsigned flag;
    const char *method; /* IF_METHOD: value of `compression` */
    enum sides sides;
    enum then then; /* on the destination, once the guest runs there */
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
    struct json_object *at_load;                          /* an array */
    struct json_object *staying_back; /* the same, of those that are not put
                                         back once the guest runs there */
    struct json_object *lift;         /* an object: parameters that are set
                                         while the source sets up */
    struct json_object *parameters, *parameters_back; /* objects */
};

/* One capability: what it shall be, and what it was. */
void settings_add_capability(struct settings *s, const char *name, bool state,
                             bool before);

int settings_make(struct settings *s, const struct plan_input *in,
                  enum qmig_side side, const struct facts *mine,
                  const struct facts *other, struct qmp_error **errp);
void settings_clear(struct settings *s);

/* Does `bandwidth` allow at least what QEMU does by itself, so that nothing
 * flows too fast before it is set? */
bool settings_only_lift(const struct plan_input *in);

/* plan/settings_qemu.c: parameters by QEMU's own names ("qemu.NAME"), after
 * all others. QMIG_ERR_CAPABILITY, _PARAM_TYPE or _PARAM_CONFLICT. */
int settings_add_qemu(struct settings *s, const struct plan_input *in,
                      enum qmig_side side, const struct facts *mine,
                      struct qmp_error **errp);
/* Is this capability asked for by name on this side? 1 on, 0 off, -1 no. */
int settings_qemu_capability(const struct plan_input *in, enum qmig_side side,
                             const char *name);
/* Is a value of an enum asked for that not each QEMU has: is its schema needed
 * to tell? */
bool settings_need_schema(const struct plan_input *in, enum qmig_side side);
/* QMIG_ERR_CAPABILITY, if it is known that this QEMU has no such value; `what`
 * is the user's name of the parameter. */
int settings_check_value(const struct facts *mine, const char *what,
                         const char *qemu, const char *value,
                         struct qmp_error **errp);
/* *ret: arguments of announce-self, if that was asked for
 * ("qemu.announce-self"); else it stays as it is. */
int settings_announce(const struct plan_input *in, const struct facts *dest,
                      struct json_object **ret, struct qmp_error **errp);
bool sides_include(enum sides sides, enum qmig_side side);

#endif
