/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parameters by QEMU's own names. What a QEMU has is what it answered to
 * query-migrate-capabilities and query-migrate-parameters; the type of a
 * parameter is that of its present value.
 */
#include "plan/settings.h"

#include "error/errcode.h"
#include "params/nearest.h"
#include "qmp/json.h"

#include <errno.h>
#include <string.h>

#define ANNOUNCE_SELF "announce-self"

/* 1, 0, or -1: neither. */
static int parse_bool(const char *text)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"on", true},     {"off", false}, {"true", true},
                 {"false", false}, {"yes", true},  {"no", false}};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (!strcmp(words[i].word, text))
            return words[i].value;
    return -1;
}

int settings_qemu_capability(const struct plan_input *in, enum qmig_side side,
                             const char *name)
{
    const struct qemu_list *list = params_qemu(in->params);

    for (size_t i = 0; i < list->n; i++)
        if (sides_include(list->values[i].sides, side) &&
            !strcmp(list->values[i].name, name))
            return parse_bool(list->values[i].value);
    return -1;
}

static int wrong_value(const struct qemu_value *v, const char *wanted,
                       struct qmp_error **errp)
{
    return qmp_fail(errp, QMIG_ERR_PARAM_TYPE,
                    "invalid value '%.200s' for parameter '" QEMU_PREFIX
                    "%s', expected %s",
                    v->value, v->name, wanted);
}

static struct json_object *number_from(const char *text)
{
    size_t n = strspn(text, "0123456789");
    char *end;

    if (!n || text[n])
        return NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    return errno ? NULL : json_object_new_uint64(value);
}

/* The text as a value of the type of `before`: a new reference. */
static struct json_object *convert(const struct qemu_value *v,
                                   struct json_object *before,
                                   struct qmp_error **errp)
{
    enum json_type type = json_object_get_type(before);
    struct json_object *value = NULL;

    switch (type) {
    case json_type_string:
        return json_object_new_string(v->value);
    case json_type_int:
        value = number_from(v->value);
        if (!value)
            wrong_value(v, "a number (without a unit)", errp);
        return value;
    case json_type_boolean:
        if (parse_bool(v->value) < 0) {
            wrong_value(v, "on or off", errp);
            return NULL;
        }
        return json_object_new_boolean(parse_bool(v->value));
    default:
        break;
    }
    if (qmp_json_parse(v->value, strlen(v->value), &value, NULL) == 0 &&
        json_object_is_type(value, type))
        return value;
    json_object_put(value);
    wrong_value(v, "JSON like QEMU's present value", errp);
    return NULL;
}

/* Somebody may well know the name, only not this QEMU. */
static int not_there(const struct qemu_value *v, const struct facts *mine,
                     struct qmp_error **errp)
{
    struct nearest near = {.word = v->name};
    size_t n = json_object_array_length(mine->capabilities);

    for (size_t i = 0; i < n; i++)
        nearest_try(&near, json_object_get_string(json_object_object_get(
                               json_object_array_get_idx(mine->capabilities, i),
                               "capability")));
    json_object_object_foreach(mine->parameters, name, value)
    {
        (void)value;
        nearest_try(&near, name);
    }
    qmp_fail(errp, QMIG_ERR_CAPABILITY,
             "parameter '" QEMU_PREFIX "%s': this QEMU (%s) has no migration "
             "parameter or capability '%s'",
             v->name, mine->version, v->name);
    return nearest_hint(&near, QEMU_PREFIX, errp);
}

/* Two names for the same thing, both given. */
static int check_typed(const struct plan_input *in, const struct qemu_value *v,
                       struct qmp_error **errp)
{
    const char *typed = NULL;

    for (size_t i = 0; i < parameter_rules_n; i++)
        if (!strcmp(parameter_rules[i].qemu, v->name) &&
            params_has(in->params, parameter_rules[i].name))
            typed = parameter_rules[i].name;
    if (!strcmp(v->name, "multifd-compression") &&
        params_has(in->params, "compression"))
        typed = "compression";
    return typed ? qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                            "parameter '" QEMU_PREFIX
                            "%s' and parameter '%s' are mutually exclusive",
                            v->name, typed)
                 : 0;
}

static bool has_rule(const char *capability)
{
    for (size_t i = 0; i < capability_rules_n; i++)
        if (!strcmp(capability_rules[i].name, capability))
            return true;
    return false;
}

/* Those with a rule were set in its place in the order of the rules. */
static int add_capability(struct settings *s, const struct qemu_value *v,
                          bool before, struct qmp_error **errp)
{
    int state = parse_bool(v->value);

    if (state < 0)
        return wrong_value(v, "on or off", errp);
    if (!has_rule(v->name) && state != before)
        settings_add_capability(s, v->name, state, before);
    return 0;
}

/* The modes that end in a file. */
static int check_mode(const struct qemu_value *v, struct qmp_error **errp)
{
    if (strcmp(v->name, "mode") != 0 || !strcmp(v->value, "normal") ||
        !strcmp(v->value, "cpr-reboot"))
        return 0;
    qmp_fail(errp, QMIG_ERR_PARAM_UNSUPPORTED,
             "parameter '" QEMU_PREFIX "mode': '%.60s' is not 'normal' or "
             "'cpr-reboot'",
             v->value);
    return qmp_hint(errp,
                    "with cpr-transfer the destination's monitor does not "
                    "answer before the source was told to migrate, and with "
                    "cpr-exec it is the source's: both are asked before "
                    "anything is changed");
}

static bool is_everywhere(const struct enum_parameter *p, const char *value)
{
    for (size_t i = 0; i < ARRAY_SIZE(p->everywhere) && p->everywhere[i]; i++)
        if (!strcmp(p->everywhere[i], value))
            return true;
    return false;
}

bool settings_need_schema(const struct plan_input *in, enum qmig_side side)
{
    const struct qemu_list *list = params_qemu(in->params);

    for (size_t i = 0; i < list->n; i++)
        for (size_t k = 0; k < enum_parameters_n; k++)
            if (sides_include(list->values[i].sides, side) &&
                !strcmp(enum_parameters[k].name, list->values[i].name) &&
                !is_everywhere(&enum_parameters[k], list->values[i].value))
                return true;
    return false;
}

int settings_check_value(const struct facts *mine, const char *what,
                         const char *qemu, const char *value,
                         struct qmp_error **errp)
{
    struct json_object *values = facts_values(mine, qemu);
    struct nearest near = {.word = value};
    CLEANUP(freep) char *text = NULL;

    for (size_t i = 0; values && i < json_object_array_length(values); i++) {
        const char *one =
            json_object_get_string(json_object_array_get_idx(values, i));
        char *more = NULL;

        if (!strcmp(one, value))
            return 0;
        nearest_try(&near, one);
        if (asprintf(&more, "%s%s%s", text ? text : "", text ? ", " : "", one) <
            0)
            abort();
        free(text);
        text = more;
    }
    if (!values)
        return 0;
    qmp_fail(errp, QMIG_ERR_CAPABILITY,
             "parameter '%s': this QEMU (%s) has no '%.60s' for its '%s', only "
             "%s",
             what, mine->version, value, qemu, text ? text : "nothing");
    return nearest_hint(&near, "", errp);
}

static int add_parameter(struct settings *s, const struct qemu_value *v,
                         struct json_object *before, const struct facts *mine,
                         struct qmp_error **errp)
{
    struct json_object *value = NULL;
    char what[sizeof(QEMU_PREFIX) + QEMU_MAX_NAME];

    snprintf(what, sizeof(what), QEMU_PREFIX "%s", v->name);
    if (check_mode(v, errp) == 0 &&
        settings_check_value(mine, what, v->name, v->value, errp) == 0)
        value = convert(v, before, errp);
    if (!value)
        return -1;
    json_object_object_add(s->parameters, v->name, value);
    json_object_object_add(s->parameters_back, v->name,
                           json_object_get(before));
    return 0;
}

int settings_add_qemu(struct settings *s, const struct plan_input *in,
                      enum qmig_side side, const struct facts *mine,
                      struct qmp_error **errp)
{
    const struct qemu_list *list = params_qemu(in->params);

    for (size_t i = 0; i < list->n; i++) {
        const struct qemu_value *v = &list->values[i];

        if (!sides_include(v->sides, side) || !strcmp(v->name, ANNOUNCE_SELF))
            continue;
        int on = facts_capability(mine, v->name);
        struct json_object *before = facts_parameter(mine, v->name);
        int rc = check_typed(in, v, errp);

        if (rc == 0)
            rc = on >= 0  ? add_capability(s, v, on, errp)
                 : before ? add_parameter(s, v, before, mine, errp)
                          : not_there(v, mine, errp);
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* What was set for this migration, or what the destination is set to. */
static struct json_object *announce_parameter(const struct plan_input *in,
                                              const struct facts *dest,
                                              const char *name)
{
    const struct qemu_list *list = params_qemu(in->params);
    struct json_object *before = facts_parameter(dest, name);

    for (size_t i = 0; before && i < list->n; i++)
        if (sides_include(list->values[i].sides, QMIG_SIDE_DEST) &&
            !strcmp(list->values[i].name, name))
            return convert(&list->values[i], before, NULL);
    return json_object_get(before);
}

int settings_announce(const struct plan_input *in, const struct facts *dest,
                      struct json_object **ret, struct qmp_error **errp)
{
    static const char *const names[] = {"initial", "max", "rounds", "step"};
    const struct qemu_list *list = params_qemu(in->params);
    bool wanted = false;

    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->values[i].name, ANNOUNCE_SELF) != 0)
            continue;
        if (parse_bool(list->values[i].value) < 0)
            return wrong_value(&list->values[i], "on or off", errp);
        wanted = parse_bool(list->values[i].value);
    }
    if (!wanted)
        return 0;
    *ret = json_object_new_object();
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        CLEANUP(freep) char *name = NULL;

        if (asprintf(&name, "announce-%s", names[i]) < 0)
            abort();
        struct json_object *value = announce_parameter(in, dest, name);
        if (value)
            json_object_object_add(*ret, names[i], value);
    }
    return 0;
}
