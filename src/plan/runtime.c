/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/runtime.h"

#include "error/errcode.h"

#include <string.h>

static int add_downtime(struct json_object *ret, struct json_object *value,
                        struct qmp_error **errp)
{
    int64_t ms = json_object_get_int64(value);

    if (!json_object_is_type(value, json_type_int) || ms < 1 ||
        ms > MAX_DOWNTIME_MS)
        return qmp_fail(errp, QMIG_ERR_PARAM_RANGE,
                        "'downtime' is %s, wanted milliseconds from 1 to %d",
                        json_object_to_json_string(value), MAX_DOWNTIME_MS);
    json_object_object_add(ret, "downtime-limit", json_object_get(value));
    return 0;
}

static int add_parameter(struct json_object *ret, const char *name,
                         struct json_object *value, struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *one = json_object_new_object();
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    unsigned long long number = 0;
    int small = 0;

    if (!p)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    json_object_object_add(one, name, json_object_get(value));
    if (qmig_params_add_json(p, one, errp) < 0)
        return -1;
    for (size_t i = 0; i < parameter_rules_n; i++) {
        const struct parameter_rule *rule = &parameter_rules[i];

        if (strcmp(rule->name, name) != 0 || !(rule->sides & ON_SOURCE) ||
            rule->sides == ON_BOTH)
            continue;
        if (param_find(name)->type == PARAM_INT)
            number = params_int(p, name, &small) ? (unsigned)small : 0;
        else
            params_ullong(p, name, &number);
        json_object_object_add(
            ret, rule->qemu,
            json_object_new_int64((int64_t)(number * rule->unit)));
        return 0;
    }
    return qmp_fail(errp, QMIG_ERR_PARAM_UNSUPPORTED,
                    "parameter '%s' cannot be changed while RAM flows", name);
}

int runtime_parameters(struct json_object *arguments, struct json_object **ret,
                       struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *made = json_object_new_object();

    if (!arguments || !json_object_object_length(arguments))
        return qmp_fail(errp, QMIG_ERR_USAGE, "no parameter was given");
    json_object_object_foreach(arguments, name, value)
    {
        int rc = !strcmp(name, "downtime")
                     ? add_downtime(made, value, errp)
                     : add_parameter(made, name, value, errp);

        if (rc < 0)
            return -1;
    }
    *ret = TAKE_PTR(made);
    return 0;
}
