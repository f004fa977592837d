/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which migrations are there, and which one is meant. */
#include "job/statedir.h"

#include "error/errcode.h"
#include "job/journal.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>

bool statedir_is_id(const char *name)
{
    /* 20260131T120000-0a1b2c3d */
    static const char form[] = "ddddddddTdddddd-xxxxxxxx";

    for (size_t i = 0; i < sizeof(form); i++) {
        unsigned char c = (unsigned char)name[i];
        bool good = form[i] == 'd'   ? isdigit(c) != 0
                    : form[i] == 'x' ? isxdigit(c) != 0
                                     : c == (unsigned char)form[i];
        if (!good)
            return false;
    }
    return true;
}

static int is_migration(const struct dirent *entry)
{
    return statedir_is_id(entry->d_name);
}

static const char *string_member(struct json_object *o, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(o, name, &value);
    return json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}

/* The first record of a migration; *ret is NULL if it has none. */
static int first_record(const char *state, const char *id,
                        struct json_object **ret, struct qmp_error **errp)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(freep) char *dir = NULL;

    *ret = NULL;
    if (asprintf(&dir, "%s/%s", state, id) < 0) {
        dir = NULL;
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    }
    if (journal_read_first(dir, ret, &err) == 0 ||
        err->code == QMIG_ERR_JOURNAL_UNKNOWN)
        return 0;
    return qmp_propagate(errp, TAKE_PTR(err));
}

/* Is one of these members of the record the word? */
static bool is_meant(struct json_object *first, const char *word,
                     const char *const *members)
{
    for (; first && *members; members++) {
        const char *value = string_member(first, *members);

        if (value && !strcasecmp(value, word))
            return true;
    }
    return false;
}

struct found {
    char *id;
    char time[32]; /* of its first record */
};

/* Ids sort by time, but to the second only: then the record's own time, which
 * has milliseconds. 0: older ones need not be looked at. A journal that cannot
 * be read may be the one that is meant: an older one must not stand for it. */
static int consider(struct found *f, const char *state, const char *id,
                    const char *word, const char *const *members,
                    struct qmp_error **errp)
{
    const size_t seconds = sizeof("20260131T120000") - 1;
    CLEANUP(json_putp) struct json_object *first = NULL;

    if (f->id && strncmp(f->id, id, seconds) != 0)
        return 0;
    if (first_record(state, id, &first, errp) < 0)
        return -1;
    const char *when = first ? string_member(first, "time") : NULL;

    if (!is_meant(first, word, members))
        return 1;
    if (f->id && (!when || strcmp(when, f->time) < 0))
        return 1;
    free(f->id);
    f->id = strdup(id);
    if (!f->id)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    snprintf(f->time, sizeof(f->time), "%s", when ? when : "");
    return 1;
}

static char *find(const char *state, const char *word,
                  const char *const *members, struct qmp_error **errp)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct dirent **list = NULL;
    struct found found = {0};
    int more = 1;
    int n = scandir(state, &list, is_migration, alphasort);

    if (n < 0) {
        int sys = errno;

        qmp_fail_sys(&err, sys, "cannot read the state directory '%s'", state);
        err->code = QMIG_ERR_JOURNAL_UNKNOWN;
        qmp_propagate(errp, TAKE_PTR(err));
        return NULL;
    }
    for (int i = n - 1; i >= 0; i--) {
        if (more > 0)
            more =
                consider(&found, state, list[i]->d_name, word, members, &err);
        free(list[i]);
    }
    free(list);
    if (err) {
        qmp_propagate(errp, TAKE_PTR(err));
        qmp_hint(errp,
                 "that may be the last migration of '%.80s': if it is not, "
                 "give the id of the one that is meant",
                 word);
        free(found.id);
        return NULL;
    }
    if (!found.id)
        qmp_fail(errp, QMIG_ERR_JOURNAL_UNKNOWN,
                 "no migration of '%.80s' in the state directory '%s'", word,
                 state);
    return found.id;
}

char *statedir_newest(const char *state, const char *guest,
                      struct qmp_error **errp)
{
    static const char *const members[] = {"guest", NULL};

    return find(state, guest, members, errp);
}

char *statedir_find(const char *state, const char *word,
                    struct qmp_error **errp)
{
    static const char *const members[] = {"guest", "name", NULL};
    CLEANUP(freep) char *path = NULL;
    char *id = NULL;

    if (statedir_is_id(word)) {
        if (asprintf(&path, "%s/%s", state, word) < 0) {
            path = NULL;
        } else if (access(path, F_OK) < 0) {
            qmp_fail(errp, QMIG_ERR_JOURNAL_UNKNOWN,
                     "no migration '%s' in the state directory '%s'", word,
                     state);
            return NULL;
        } else {
            id = strdup(word);
        }
        if (!id)
            qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        return id;
    }
    return find(state, word, members, errp);
}
