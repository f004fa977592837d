/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of typed parameters: one slot a row of the table. What comes in is
 * checked in libvirt's order: is the name known, is the type right, is it the
 * only one; then the value itself.
 */
#include "params.h"

#include "error/errcode.h"
#include "nearest.h"
#include "qmp/json.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Values of one repeatable parameter; nobody has more disks. */
#define MAX_VALUES 1024

struct slot {
    bool set;
    unsigned long long number; /* ullong */
    int integer;               /* int */
    char **strings;            /* n of them */
    size_t n;
};

struct qmig_params {
    struct slot slots[PARAM_COUNT];
    struct qemu_list qemu;
};

static const struct slot *find_slot(const struct qmig_params *p,
                                    const char *name)
{
    const struct param_info *info = param_find(name);

    return p && info ? &p->slots[info - param_table] : NULL;
}

struct qmig_params *qmig_params_new(void)
{
    return calloc(1, sizeof(struct qmig_params));
}

static void clear_slot(struct slot *slot)
{
    for (size_t i = 0; i < slot->n; i++)
        free(slot->strings[i]);
    free(slot->strings);
    *slot = (struct slot){0};
}

void qmig_params_free(struct qmig_params *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < PARAM_COUNT; i++)
        clear_slot(&p->slots[i]);
    qemu_list_clear(&p->qemu);
    free(p);
}

static int append_string(struct slot *slot, const char *value)
{
    char *copy = strdup(value);
    char **grown = realloc(slot->strings, (slot->n + 1) * sizeof(*grown));

    if (grown)
        slot->strings = grown;
    if (!copy || !grown) {
        free(copy);
        return -1;
    }
    slot->strings[slot->n++] = copy;
    slot->set = true;
    return 0;
}

static int copy_slot(struct slot *to, const struct slot *from)
{
    for (size_t i = 0; i < from->n; i++)
        if (append_string(to, from->strings[i]) < 0)
            return -1;
    to->set = from->set;
    to->number = from->number;
    to->integer = from->integer;
    return 0;
}

struct qmig_params *params_copy(const struct qmig_params *p)
{
    CLEANUP(qmig_params_freep) struct qmig_params *copy = qmig_params_new();

    for (size_t i = 0; copy && p && i < PARAM_COUNT; i++)
        if (copy_slot(&copy->slots[i], &p->slots[i]) < 0)
            return NULL;
    if (copy && p && qemu_list_copy(&copy->qemu, &p->qemu) < 0)
        return NULL;
    return TAKE_PTR(copy);
}

static int no_memory(struct qmp_error **errp)
{
    return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

static const struct param_info *find_known(const char *name,
                                           struct qmp_error **errp)
{
    const struct param_info *info = param_find(name);
    struct nearest near = {.word = name};

    if (info)
        return info;
    for (size_t i = 0; i < param_table_n; i++)
        nearest_try(&near, param_table[i].name);
    qmp_fail(errp, QMIG_ERR_PARAM_UNKNOWN, "parameter '%s' not supported",
             name);
    nearest_hint(&near, "", errp);
    return NULL;
}

static int wrong_type(const struct param_info *info, const char *found,
                      struct qmp_error **errp)
{
    return qmp_fail(errp, QMIG_ERR_PARAM_TYPE,
                    "invalid type '%s' for parameter '%s', expected '%s'",
                    found, info->name, param_type_name(info->type));
}

/* Known, of this type, and not there yet? Returns its slot. */
static struct slot *slot_for(struct qmig_params *p, const char *name,
                             enum param_type type,
                             const struct param_info **info,
                             struct qmp_error **errp)
{
    *info = find_known(name, errp);
    if (!*info)
        return NULL;
    if ((*info)->type != type) {
        wrong_type(*info, param_type_name(type), errp);
        return NULL;
    }

    struct slot *slot = &p->slots[*info - param_table];
    if (slot->set && !(*info)->multiple) {
        qmp_fail(errp, QMIG_ERR_PARAM_DUPLICATE,
                 "parameter '%s' occurs multiple times", name);
        return NULL;
    }
    return slot;
}

/* `value` as it was found. */
static int out_of_range(const struct param_info *info, const char *value,
                        struct qmp_error **errp)
{
    qmp_fail(errp, QMIG_ERR_PARAM_RANGE,
             "parameter '%s': value %.60s is not in %lld..%llu (%s)",
             info->name, value, info->min, info->max, info->unit);
    if (!strcmp(info->unit, "MiB/s"))
        qmp_hint(errp, "bandwidth must be less than %llu", info->max + 1);
    return -1;
}

int qmig_params_add_int(struct qmig_params *p, const char *name, int value,
                        struct qmp_error **errp)
{
    const struct param_info *info;
    struct slot *slot = slot_for(p, name, PARAM_INT, &info, errp);
    char text[24];

    if (!slot)
        return -1;
    snprintf(text, sizeof(text), "%d", value);
    if (value < info->min ||
        (value > 0 && (unsigned long long)value > info->max))
        return out_of_range(info, text, errp);
    slot->set = true;
    slot->integer = value;
    return 0;
}

int qmig_params_add_ullong(struct qmig_params *p, const char *name,
                           unsigned long long value, struct qmp_error **errp)
{
    const struct param_info *info;
    struct slot *slot = slot_for(p, name, PARAM_ULLONG, &info, errp);
    char text[24];

    if (!slot)
        return -1;
    snprintf(text, sizeof(text), "%llu", value);
    if (value > info->max ||
        (info->min > 0 && value < (unsigned long long)info->min))
        return out_of_range(info, text, errp);
    if (info->check && info->check(name, text, errp) < 0)
        return -1;
    slot->set = true;
    slot->number = value;
    return 0;
}

/* Twice the same value says that one of them was meant otherwise. */
static int check_repeated(const struct slot *slot, const char *name,
                          const char *value, struct qmp_error **errp)
{
    for (size_t i = 0; i < slot->n; i++)
        if (!strcmp(slot->strings[i], value))
            return qmp_fail(errp, QMIG_ERR_PARAM_DUPLICATE,
                            "value '%.200s' of parameter '%s' occurs multiple "
                            "times",
                            value, name);
    if (slot->n >= MAX_VALUES)
        return qmp_fail(errp, QMIG_ERR_PARAM_RANGE,
                        "parameter '%s' has more than %d values", name,
                        MAX_VALUES);
    return 0;
}

int qmig_params_add_string(struct qmig_params *p, const char *name,
                           const char *value, struct qmp_error **errp)
{
    const struct param_info *info;
    struct slot *slot = slot_for(p, name, PARAM_STRING, &info, errp);

    if (!slot)
        return -1;
    if (!*value)
        return qmp_fail(errp, QMIG_ERR_PARAM_TYPE,
                        "parameter '%s' must not be empty", name);
    if (info->check && info->check(name, value, errp) < 0)
        return -1;
    if (check_repeated(slot, name, value, errp) < 0)
        return -1;
    return append_string(slot, value) < 0 ? no_memory(errp) : 0;
}

/* Decimal digits and nothing else: no sign, no blanks, no 0x, and 010 is ten.
 * *overflow: it is a number, but a larger one than fits. */
static bool parse_digits(const char *text, unsigned long long *value,
                         bool *overflow)
{
    unsigned long long sum = 0;

    *overflow = false;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (!isdigit((unsigned char)*text))
            return false;
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, (unsigned)(*text - '0'), &sum))
            *overflow = true;
    }
    *value = sum;
    return true;
}

static int add_number_text(struct qmig_params *p, const struct param_info *info,
                           const char *value, struct qmp_error **errp)
{
    bool negative = info->type == PARAM_INT && *value == '-';
    unsigned long long number;
    bool overflow;

    if (!parse_digits(value + negative, &number, &overflow))
        return qmp_fail(errp, QMIG_ERR_PARAM_TYPE,
                        "invalid value '%.200s' for parameter '%s', expected "
                        "%s: a decimal number (%s)",
                        value, info->name, param_type_name(info->type),
                        info->unit);
    if (info->type == PARAM_ULLONG && !overflow)
        return qmig_params_add_ullong(p, info->name, number, errp);
    if (info->type == PARAM_INT && !overflow && number <= INT32_MAX)
        return qmig_params_add_int(p, info->name,
                                   negative ? -(int)number : (int)number, errp);
    return out_of_range(info, value, errp);
}

int qmig_params_add_text(struct qmig_params *p, const char *name,
                         const char *value, struct qmp_error **errp)
{
    if (qemu_is_name(name))
        return qemu_list_add(&p->qemu, name, value, errp);

    const struct param_info *info = find_known(name, errp);
    if (!info)
        return -1;
    return info->type == PARAM_STRING
               ? qmig_params_add_string(p, name, value, errp)
               : add_number_text(p, info, value, errp);
}

static int add_json_string(struct qmig_params *p, const struct param_info *info,
                           struct json_object *value, struct qmp_error **errp)
{
    const char *text = json_object_get_string(value);

    if (strlen(text) != (size_t)json_object_get_string_len(value))
        return qmp_fail(errp, QMIG_ERR_PARAM_TYPE,
                        "the value of parameter '%s' has a NUL character",
                        info->name);
    return qmig_params_add_string(p, info->name, text, errp);
}

/* json-c answers the nearest value it can for a number that does not fit:
 * that one is out of every range of the table. */
static int add_json_number(struct qmig_params *p, const struct param_info *info,
                           struct json_object *value, struct qmp_error **errp)
{
    int64_t number = json_object_get_int64(value);

    if (info->type == PARAM_ULLONG && number >= 0)
        return qmig_params_add_ullong(p, info->name,
                                      json_object_get_uint64(value), errp);
    if (info->type == PARAM_INT && number >= INT32_MIN && number <= INT32_MAX)
        return qmig_params_add_int(p, info->name, (int)number, errp);
    return out_of_range(info, json_object_get_string(value), errp);
}

/* What does not fit 64 bits is a double that keeps its text. */
static bool is_huge_integer(struct json_object *value)
{
    if (!json_object_is_type(value, json_type_double))
        return false;
    const char *text = json_object_get_string(value);
    return !text[strspn(text, "-0123456789")];
}

/* One value, or an element of a list. */
static int add_json_value(struct qmig_params *p, const struct param_info *info,
                          struct json_object *value, struct qmp_error **errp)
{
    enum json_type type = json_object_get_type(value);

    if (info->type == PARAM_STRING && type == json_type_string)
        return add_json_string(p, info, value, errp);
    if (info->type != PARAM_STRING && type == json_type_int)
        return add_json_number(p, info, value, errp);
    if (info->type != PARAM_STRING && is_huge_integer(value))
        return out_of_range(info, json_object_get_string(value), errp);
    return wrong_type(info, json_type_to_name(type), errp);
}

/* Of any type but null: QEMU's present value tells later what is wanted. */
static int add_json_qemu(struct qmig_params *p, const char *name,
                         struct json_object *value, struct qmp_error **errp)
{
    bool is_string = json_object_is_type(value, json_type_string);
    CLEANUP(freep) char *text = NULL;

    if (!value)
        return qmp_fail(errp, QMIG_ERR_PARAM_TYPE,
                        "parameter '%.200s' is null, wanted a value", name);
    if (is_string && strlen(json_object_get_string(value)) !=
                         (size_t)json_object_get_string_len(value))
        return qmp_fail(errp, QMIG_ERR_PARAM_TYPE,
                        "the value of parameter '%.200s' has a NUL character",
                        name);
    text = is_string ? strdup(json_object_get_string(value))
                     : qmp_json_text(value);
    return text ? qemu_list_add(&p->qemu, name, text, errp) : no_memory(errp);
}

static int add_json_member(struct qmig_params *p, const char *name,
                           struct json_object *value, struct qmp_error **errp)
{
    if (qemu_is_name(name))
        return add_json_qemu(p, name, value, errp);

    const struct param_info *info = find_known(name, errp);
    if (!info)
        return -1;
    if (!info->multiple || !json_object_is_type(value, json_type_array))
        return add_json_value(p, info, value, errp);
    for (size_t i = 0; i < json_object_array_length(value); i++)
        if (add_json_value(p, info, json_object_array_get_idx(value, i), errp) <
            0)
            return -1;
    return 0;
}

int qmig_params_add_json(struct qmig_params *p, struct json_object *object,
                         struct qmp_error **errp)
{
    CLEANUP(qmig_params_freep) struct qmig_params *sum = params_copy(p);

    if (!sum)
        return no_memory(errp);
    if (!json_object_is_type(object, json_type_object))
        return qmp_fail(errp, QMIG_ERR_PARAM_TYPE,
                        "parameters: found JSON of type '%s', expected an "
                        "object {\"NAME\": VALUE}",
                        json_type_to_name(json_object_get_type(object)));

    json_object_object_foreach(object, name, value)
    {
        if (add_json_member(sum, name, value, errp) < 0)
            return -1;
    }

    struct qmig_params old = *p;
    *p = *sum;
    *sum = old;
    return 0;
}

const struct qemu_list *params_qemu(const struct qmig_params *p)
{
    static const struct qemu_list none = {0};

    return p ? &p->qemu : &none;
}

bool params_has(const struct qmig_params *p, const char *name)
{
    const struct slot *slot = find_slot(p, name);

    return slot && slot->set;
}

size_t params_count(const struct qmig_params *p)
{
    size_t n = 0;

    for (size_t i = 0; p && i < ARRAY_SIZE(p->slots); i++)
        n += p->slots[i].set;
    return n;
}

const char *params_string(const struct qmig_params *p, const char *name)
{
    const struct slot *slot = find_slot(p, name);

    return slot && slot->n ? slot->strings[0] : NULL;
}

bool params_int(const struct qmig_params *p, const char *name, int *value)
{
    const struct slot *slot = find_slot(p, name);

    if (!slot || !slot->set)
        return false;
    *value = slot->integer;
    return true;
}

bool params_ullong(const struct qmig_params *p, const char *name,
                   unsigned long long *value)
{
    const struct slot *slot = find_slot(p, name);

    if (!slot || !slot->set)
        return false;
    *value = slot->number;
    return true;
}

size_t params_strings(const struct qmig_params *p, const char *name,
                      const char *const **values)
{
    const struct slot *slot = find_slot(p, name);

    if (!slot || !slot->n)
        return 0;
    *values = (const char *const *)slot->strings;
    return slot->n;
}
