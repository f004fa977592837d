/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Input: a line "FLAGS in hex", then lines NAME=VALUE (from text), or JSON
 * from the first line that begins with '{'. What is taken can be read back.
 */
#include "params/params.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_line(struct qmig_params *p, char *line)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    char *eq = strchr(line, '=');

    if (!eq)
        return;
    *eq = 0;
    if (qmig_params_add_text(p, line, eq + 1, &err) < 0)
        assert(err && err->msg);
    else
        assert(params_has(p, line) || qemu_is_name(line));
}

static void add_json(struct qmig_params *p, const char *text)
{
    CLEANUP(json_putp) struct json_object *o = json_tokener_parse(text);
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

    assert((qmig_params_add_json(p, o, &err) < 0) == (err != NULL));
}

static void check_ranges(const struct qmig_params *p)
{
    for (size_t i = 0; i < param_table_n; i++) {
        const struct param_info *info = &param_table[i];
        unsigned long long ull = 0;
        int number = 0;
        if (info->type == PARAM_ULLONG && params_ullong(p, info->name, &ull))
            assert(ull <= info->max);
        if (info->type == PARAM_INT && params_int(p, info->name, &number))
            assert(number >= info->min && number <= (long long)info->max);
        if (info->type == PARAM_STRING && params_has(p, info->name))
            assert(*params_string(p, info->name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = strndup((const char *)data, size);
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    unsigned flags = (unsigned)strtoul(text, NULL, 16);

    char *line = strchr(text, '\n');
    while (line && *++line != '{') {
        char *end = strchr(line, '\n');
        if (end)
            *end = 0;
        add_line(p, line);
        line = end;
    }
    if (line)
        add_json(p, line);
    check_ranges(p);

    CLEANUP(qmig_params_freep) struct qmig_params *copy = params_copy(p);
    int rc = qmig_params_check(p, flags, &err);
    assert((rc < 0) == (err != NULL));
    assert(qmig_params_check(copy, flags, NULL) == rc);
    return 0;
}
