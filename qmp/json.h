/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON text to json-c objects, strictly (RFC 8259).
 *
 * json-c's own tokener (0.16, JSON_TOKENER_STRICT) takes single quotes, NaN,
 * raw control characters and an object with the same key twice, of which the
 * last wins: two readers of the same bytes could then see different messages.
 * Here each of these is an error that says at which byte. A whole text is
 * parsed in one go, which is also faster than the tokener.
 *
 * Refused besides what the grammar refuses: the same key twice in an object,
 * bytes that are not UTF-8, half surrogate pairs, NUL in a key, nesting deeper
 * than QMP_JSON_MAX_DEPTH, and a text whose objects would take more than
 * QMP_JSON_MAX_MEMORY. An integer outside of int64 and uint64 becomes a double
 * that keeps its text.
 */
#ifndef QMP_JSON_H
#define QMP_JSON_H

#include "error.h"

#include <stddef.h>

/* query-block nests one level for each backing file, and users do have chains
 * of 50 and more. */
#define QMP_JSON_MAX_DEPTH 256

/* "{}," is 3 bytes and takes 800 as a json-c object. */
#define QMP_JSON_MAX_MEMORY ((size_t)128 << 20)

/*
 * Parse text[0..len), which is one value with white space around it. 0, and
 * *ret is a new reference (NULL for the value null); or -1 with
 * QMP_ERR_PROTOCOL, QMP_ERR_TOO_LARGE or QMP_ERR_NOMEM.
 */
QMP_EXPORT int qmp_json_parse(const char *text, size_t len,
                              struct json_object **ret,
                              struct qmp_error **errp);

/* A value as text on one line: heap, NULL: no memory. */
QMP_EXPORT char *qmp_json_text(struct json_object *o);

#endif
