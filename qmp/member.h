/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Members of JSON objects, with their types checked: QEMU may add members, but
 * a known one of another type is a protocol error that names it.
 *
 * `path` goes into nested objects: "ram.transferred". Outputs are borrowed from
 * the object and untouched unless the member is there.
 *
 * qmp_need_x(): 0, or -1 with QMP_ERR_PROTOCOL if the member is missing or of
 * another type. qmp_may_x(): 1 there, 0 missing, -1 of another type.
 */
#ifndef QMP_MEMBER_H
#define QMP_MEMBER_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

QMP_EXPORT int qmp_need_object(struct json_object *o, const char *path,
                               struct json_object **ret,
                               struct qmp_error **errp);
QMP_EXPORT int qmp_need_array(struct json_object *o, const char *path,
                              struct json_object **ret,
                              struct qmp_error **errp);
/* Strings with a NUL inside are refused. */
QMP_EXPORT int qmp_need_string(struct json_object *o, const char *path,
                               const char **ret, struct qmp_error **errp);
QMP_EXPORT int qmp_need_bool(struct json_object *o, const char *path, bool *ret,
                             struct qmp_error **errp);
QMP_EXPORT int qmp_need_int(struct json_object *o, const char *path,
                            int64_t *ret, struct qmp_error **errp);
/* Negative values are refused. */
QMP_EXPORT int qmp_need_uint(struct json_object *o, const char *path,
                             uint64_t *ret, struct qmp_error **errp);
/* Integers are accepted. */
QMP_EXPORT int qmp_need_double(struct json_object *o, const char *path,
                               double *ret, struct qmp_error **errp);

QMP_EXPORT int qmp_may_object(struct json_object *o, const char *path,
                              struct json_object **ret,
                              struct qmp_error **errp);
QMP_EXPORT int qmp_may_array(struct json_object *o, const char *path,
                             struct json_object **ret, struct qmp_error **errp);
QMP_EXPORT int qmp_may_string(struct json_object *o, const char *path,
                              const char **ret, struct qmp_error **errp);
QMP_EXPORT int qmp_may_bool(struct json_object *o, const char *path, bool *ret,
                            struct qmp_error **errp);
QMP_EXPORT int qmp_may_int(struct json_object *o, const char *path,
                           int64_t *ret, struct qmp_error **errp);
QMP_EXPORT int qmp_may_uint(struct json_object *o, const char *path,
                            uint64_t *ret, struct qmp_error **errp);
QMP_EXPORT int qmp_may_double(struct json_object *o, const char *path,
                              double *ret, struct qmp_error **errp);

/* For people: the member as text (numbers, too), "" if it is not there. */
QMP_EXPORT const char *qmp_member_text(struct json_object *o, const char *name);

/* Adds a string; nothing if `text` is NULL. */
QMP_EXPORT void qmp_add_string(struct json_object *o, const char *name,
                               const char *text);

/* A new object {name: value}; takes the value over. */
QMP_EXPORT struct json_object *qmp_in_object(const char *name,
                                             struct json_object *value);

#endif
