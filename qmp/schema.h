/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What query-qmp-schema says: which commands, arguments, events and enum
 * values this QEMU has. Parsed once a connection.
 */
#ifndef QMP_SCHEMA_H
#define QMP_SCHEMA_H

#include "error.h"

#include <stdbool.h>

struct qmp_schema;

/* `reply` is the value of "return" of query-qmp-schema; it is borrowed and
 * not needed afterwards. QMP_ERR_PROTOCOL names what is malformed. */
QMP_EXPORT struct qmp_schema *qmp_schema_parse(struct json_object *reply,
                                               struct qmp_error **errp);
QMP_EXPORT void qmp_schema_free(struct qmp_schema *s);

QMP_EXPORT bool qmp_schema_has_command(const struct qmp_schema *s,
                                       const char *command);
/* `path` may go into nested objects and variants: "exit-on-error",
 * "addr.type". */
QMP_EXPORT bool qmp_schema_has_argument(const struct qmp_schema *s,
                                        const char *command, const char *path);
/* Is `value` one of the values of the enum that `path` of `command` has
 * (arrays are looked into)? "migrate-set-capabilities",
 * "capabilities.capability", "multifd". */
QMP_EXPORT bool qmp_schema_has_value(const struct qmp_schema *s,
                                     const char *command, const char *path,
                                     const char *value);
/* The values of the enum that `path` of `command` has: a new array of strings,
 * the caller puts it. NULL: there is no such argument, or it is no enum. */
QMP_EXPORT struct json_object *qmp_schema_values(const struct qmp_schema *s,
                                                 const char *command,
                                                 const char *path);
/* Parameter of migrate-set-parameters, capability of
 * migrate-set-capabilities: the two questions asked most. */
QMP_EXPORT bool qmp_schema_has_parameter(const struct qmp_schema *s,
                                         const char *name);
QMP_EXPORT bool qmp_schema_has_capability(const struct qmp_schema *s,
                                          const char *name);
QMP_EXPORT bool qmp_schema_has_event(const struct qmp_schema *s,
                                     const char *event);
QMP_EXPORT bool qmp_schema_allows_oob(const struct qmp_schema *s,
                                      const char *command);

/*
 * Would this QEMU accept the command's form: does it exist, are all mandatory
 * arguments there, is none unknown, are types and enum values right? 0, or -1
 * with QMP_ERR_INVALID_ARG naming the member, what was found and what wanted.
 * `arguments` may be NULL.
 */
QMP_EXPORT int qmp_schema_check(const struct qmp_schema *s, const char *command,
                                struct json_object *arguments,
                                struct qmp_error **errp);

static inline void qmp_schema_freep(struct qmp_schema **s)
{
    qmp_schema_free(*s);
}

#endif
