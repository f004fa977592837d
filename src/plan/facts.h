/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one QEMU said of itself before anything was changed: the ground on
 * which checks and plan stand, and what a roll-back restores.
 */
#ifndef QMIG_FACTS_H
#define QMIG_FACTS_H

#include "qmp/schema.h"

#include <stdint.h>

/*
 * Questions that only query-qmp-schema answers.
 * X(name, command, argument path or NULL: is the command there?)
 */
/* clang-format off */
#define FEATURE_MAP(X)                                                         \
    X(EXIT_ON_ERROR,    "migrate-incoming",    "exit-on-error")                \
    X(CHANNELS,         "migrate",             "channels")                     \
    X(BLOCK_SET_ACTIVE, "blockdev-set-active", NULL)                           \
    X(YANK,             "yank",                NULL)                           \
    X(BLOCK_EXPORT,     "block-export-add",    NULL)
/* clang-format on */

enum feature {
#define X(name, command, path) FEATURE_##name,
    FEATURE_MAP(X)
#undef X
        FEATURE__MAX
};

struct feature_info {
    const char *command;
    const char *path;
};
extern const struct feature_info feature_table[FEATURE__MAX];

/* Migration parameters that are enums (10.0, 11.1), and the values that each
 * QEMU has that has the parameter: others depend on how it was built. */
struct enum_parameter {
    const char *name;
    const char *everywhere[4]; /* NULL: the end */
};
extern const struct enum_parameter enum_parameters[];
extern const size_t enum_parameters_n;

/* All of them. */
#define FEATURES_ALL ((1u << FEATURE__MAX) - 1)

/* One bit a feature. */
uint32_t features_from_schema(const struct qmp_schema *schema);

/* The queries that fill the facts, in the order in which they are sent. */
enum probe {
    PROBE_STATUS,
    PROBE_MIGRATE,
    PROBE_CAPABILITIES,
    PROBE_PARAMETERS,
    PROBE_UUID,
    PROBE_NAME,
    PROBE_BLOCK,      /* these two only where disks are copied */
    PROBE_BLOCK_JOBS, /* of the source */
    PROBE_SCHEMA,     /* only for a plan, and for values of enums that not every
                         QEMU has: it takes QEMU 7.2 about 30 ms */
    PROBE_SPICE,      /* only for clients of the console; may be refused */
    PROBE__MAX
};
extern const char *const probe_commands[PROBE__MAX];

struct capability {
    const char *name; /* borrowed from facts.capabilities */
    bool on;
};

struct facts {
    char *version;                    /* "7.2.22 (Debian ...)" */
    char *status;                     /* query-status: "running", "inmigrate" */
    char *name;                       /* query-name, NULL if it has none */
    char *uuid;                       /* query-uuid, NULL if it has none */
    struct json_object *capabilities; /* query-migrate-capabilities */
    struct capability *capability;    /* the same, to be looked up */
    size_t n_capabilities;
    struct json_object *parameters; /* query-migrate-parameters */
    struct json_object *migrate;    /* query-migrate */
    struct json_object *block;      /* query-block, NULL if not asked */
    struct json_object *block_jobs; /* query-block-jobs, the same */
    struct json_object *spice;      /* query-spice, or NULL */
    struct json_object *values;     /* of the migration parameters that are
                                       enums, by name; NULL if not asked */
    uint32_t known;                 /* features that were asked for, and */
    uint32_t features;              /* the answers; bits by enum feature */
};

/* `greeting` is the value of "QMP". */
int facts_greeting(struct facts *f, struct json_object *greeting,
                   struct qmp_error **errp);
/* Take in the answer to a probe (the value of "return"). QMP_ERR_PROTOCOL
 * names the member whose type is wrong. */
int facts_reply(struct facts *f, enum probe probe, struct json_object *ret,
                struct qmp_error **errp);
void facts_clear(struct facts *f);

/* Is this QEMU known to be older than MAJOR.MINOR? */
bool facts_older(const struct facts *f, int major, int minor);
/* 1 on, 0 off, -1 this QEMU does not have it. */
int facts_capability(const struct facts *f, const char *name);
/* The value of a migration parameter, borrowed, NULL if it lacks it. */
struct json_object *facts_parameter(const struct facts *f, const char *name);
/* The values that an enum parameter may have: an array of strings, borrowed.
 * NULL: not known, or it is no enum. */
struct json_object *facts_values(const struct facts *f, const char *name);
/* 1 yes, 0 no, -1 not known. */
int facts_feature(const struct facts *f, enum feature feature);
void facts_learn_feature(struct facts *f, enum feature feature, bool has);
/* query-migrate's "status", NULL if there was no migration. */
const char *facts_migrate_status(const struct facts *f);

/*
 * Where this QEMU listens for a migration, from query-migrate's
 * "socket-address" (QEMU 4.0+): 1 and *port (0: it is a UNIX socket, then
 * *path, borrowed), 0 if it does not listen.
 */
int migrate_info_listens(struct json_object *info, int *port,
                         const char **path);

#endif
