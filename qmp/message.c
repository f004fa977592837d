/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message.h"
#include "json.h"
#include "member.h"

#include <string.h>

static int read_greeting(struct qmp_message *m, struct qmp_error **errp)
{
    struct json_object *caps;
    struct json_object *version;

    if (qmp_need_object(m->object, "QMP", &m->value, errp) < 0)
        return -1;
    if (qmp_need_array(m->value, "capabilities", &caps, errp) < 0 ||
        qmp_need_object(m->value, "version", &version, errp) < 0)
        return qmp_prefix(errp, "greeting");
    for (size_t i = 0; i < json_object_array_length(caps); i++) {
        struct json_object *cap = json_object_array_get_idx(caps, i);

        if (!json_object_is_type(cap, json_type_string))
            return qmp_fail(errp, QMP_ERR_PROTOCOL,
                            "greeting: capability %zu is not a string", i);
        if (!strcmp(json_object_get_string(cap), "oob"))
            m->oob = true;
    }
    return 0;
}

static int read_return(struct qmp_message *m, struct qmp_error **errp)
{
    if (!json_object_object_get_ex(m->object, "return", &m->value) || !m->value)
        return qmp_fail(errp, QMP_ERR_PROTOCOL, "member 'return' is null");
    return 0;
}

static int read_error(struct qmp_message *m, struct qmp_error **errp)
{
    if (qmp_need_string(m->object, "error.class", &m->error_class, errp) < 0)
        return -1;
    return qmp_need_string(m->object, "error.desc", &m->error_desc, errp);
}

static int read_event(struct qmp_message *m, struct qmp_error **errp)
{
    int64_t s = 0;
    int64_t us = 0;

    if (qmp_need_string(m->object, "event", &m->event, errp) < 0)
        return -1;
    if (qmp_may_object(m->object, "data", &m->data, errp) < 0 ||
        qmp_may_int(m->object, "timestamp.seconds", &s, errp) < 0 ||
        qmp_may_int(m->object, "timestamp.microseconds", &us, errp) < 0)
        return qmp_prefix(errp, "event");
    /* QEMU writes -1 where it has no clock. */
    if (s > 0 && us >= 0 && s < INT64_MAX / 1000000 && us < 1000000)
        m->qemu_us = s * 1000000 + us;
    return 0;
}

static const struct {
    const char *member;
    enum qmp_message_kind kind;
    int (*read)(struct qmp_message *m, struct qmp_error **errp);
} kinds[] = {
    {"return", QMP_MSG_RETURN, read_return},
    {"event", QMP_MSG_EVENT, read_event},
    {"error", QMP_MSG_ERROR, read_error},
    {"QMP", QMP_MSG_GREETING, read_greeting},
};

static int classify(struct qmp_message *m, struct qmp_error **errp)
{
    size_t found = ARRAY_SIZE(kinds);

    if (!json_object_is_type(m->object, json_type_object))
        return qmp_fail(errp, QMP_ERR_PROTOCOL,
                        "a message is an object, not %s",
                        json_type_to_name(json_object_get_type(m->object)));
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!json_object_object_get_ex(m->object, kinds[i].member, NULL))
            continue;
        if (found < ARRAY_SIZE(kinds))
            return qmp_fail(errp, QMP_ERR_PROTOCOL,
                            "a message with both '%s' and '%s'",
                            kinds[found].member, kinds[i].member);
        found = i;
    }
    if (found == ARRAY_SIZE(kinds))
        return qmp_fail(errp, QMP_ERR_PROTOCOL,
                        "a message without 'return', 'error', 'event' or "
                        "'QMP'");
    m->kind = kinds[found].kind;
    json_object_object_get_ex(m->object, "id", &m->id);
    return kinds[found].read(m, errp);
}

int qmp_message_parse(const char *text, size_t len, struct qmp_message *ret,
                      bool *valid, struct qmp_error **errp)
{
    struct qmp_message m = {0};

    *valid = !qmp_json_parse(text, len, &m.object, errp);
    if (!*valid)
        return -1;
    if (classify(&m, errp) < 0) {
        qmp_message_clear(&m);
        return -1;
    }
    *ret = m;
    return 0;
}

void qmp_message_clear(struct qmp_message *m)
{
    json_object_put(m->object);
    *m = (struct qmp_message){0};
}
