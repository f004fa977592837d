/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flag 'postcopy_resume', as `virsh migrate --postcopy-resume`: the same
 * call again takes an interrupted post-copy up. It is a recover of that one
 * migration, found by its guest, with another connection where one is given.
 */
#include "recover/session.h"

#include "error/advice.h"
#include "error/errcode.h"
#include "job/statedir.h"
#include "params/params.h"
#include "qmp/sync.h"

#include <string.h>

#define ASK_US (5 * INT64_C(1000000))

static char *ask_text(struct qmp_client *c, const char *execute,
                      const char *member)
{
    CLEANUP(json_putp)
    struct json_object *ret = qmp_call(c, execute, NULL, ASK_US, NULL);
    struct json_object *value = NULL;

    json_object_object_get_ex(ret, member, &value);
    return json_object_is_type(value, json_type_string)
               ? strdup(json_object_get_string(value))
               : NULL;
}

/* The newest migration whose guest goes by one of the names that its key may
 * be made of (job/actions.c). */
static char *find_id(const struct qmig_options *o, struct qmp_error **errp)
{
    struct qmp_client *c = qmp_open(o->source, NULL, ASK_US, errp);
    CLEANUP(freep) char *state = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    char *key[3] = {NULL};
    char *id = NULL;

    if (!c) {
        qmp_prefix(errp, "source");
        return NULL;
    }
    key[0] = ask_text(c, "query-uuid", "UUID");
    key[1] = ask_text(c, "query-name", "name");
    key[2] = strdup(o->source);
    qmp_client_free(c);
    state = statedir_path(o->state_dir, errp);
    for (size_t i = 0; state && i < ARRAY_SIZE(key) && !id; i++) {
        qmp_error_free(TAKE_PTR(err));
        if (key[i] && *key[i])
            id = statedir_newest(state, key[i], &err);
        if (err && err->code != QMIG_ERR_JOURNAL_UNKNOWN)
            break;
    }
    if (err && err->code != QMIG_ERR_JOURNAL_UNKNOWN) {
        qmp_propagate(errp, TAKE_PTR(err));
    } else if (state && !id) {
        qmp_fail(errp, QMIG_ERR_JOURNAL_UNKNOWN,
                 "no migration of the source's guest in '%s': there is no "
                 "post-copy to resume",
                 state);
        qmp_hint(errp, "it is resumed where it was begun: by the same user, "
                       "with the same --state-dir");
    }
    for (size_t i = 0; i < ARRAY_SIZE(key); i++)
        free(key[i]);
    return id;
}

/* libvirt's condition: it was post-copy, and it was interrupted. */
static int check_interrupted(struct json_object *report,
                             struct qmp_error **errp)
{
    struct json_object *split = NULL;
    struct json_object *holder = NULL;

    if (json_object_object_get_ex(report, "holder", &holder))
        return qmp_fail(errp, QMIG_ERR_LOCKED,
                        "another qmigrate acts on this guest: %s",
                        json_object_get_string(holder));
    if (json_object_object_get_ex(report, "split", &split))
        return 0;
    qmp_fail(errp, QMIG_ERR_SOURCE_STATE,
             "no post-copy that was interrupted: %s",
             json_object_get_string(json_object_object_get(report, "why")));
    return qmp_hint(
        errp, "'owner %s' tells where the guest is",
        json_object_get_string(json_object_object_get(report, "id")));
}

int qmig_resume(const struct qmig_options *o, const struct qmig_params *params,
                unsigned flags, struct json_object **ret,
                struct qmp_error **errp)
{
    CLEANUP(freep) char *id = NULL;
    CLEANUP(json_putp) struct json_object *before = NULL;

    if (!(flags & QMIG_POSTCOPY_RESUME))
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "flag 'postcopy_resume' is not set");
    if (!o->source || !o->dest)
        return qmp_fail(errp, QMIG_ERR_USAGE, "both monitors must be given");
    if (params && qmig_params_check(params, flags, errp) < 0)
        return -1;
    id = find_id(o, errp);
    if (!id)
        return -1;

    struct qmig_recover_options again = {
        .id = id,
        .state_dir = o->state_dir,
        .source = o->source,
        .dest = o->dest,
        .params = params,
        .dry_run = true,
    };
    if (qmig_recover(&again, &before, errp) < 0 ||
        check_interrupted(before, errp) < 0)
        return -1;
    again.dry_run = false;
    return qmig_recover(&again, ret, errp);
}
