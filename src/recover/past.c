/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recover/past.h"

#include "error/errcode.h"
#include "qmigrate.h"

#include <string.h>

#define AFTER(stage) (1u << PAST_##stage)
#define SENT                                                                   \
    (AFTER(MIGRATE) | AFTER(SWITCHOVER) | AFTER(ONE_WAY) | AFTER(POSTCOPY) |   \
     AFTER(SPLIT))

/* One row a record; `after`: the stages that it may follow. */
/* clang-format off */
static const struct {
    const char *name;
    enum past_stage stage;
    unsigned after;
} records[] = {
    { "begin",      PAST_BEGIN,      AFTER(NOTHING)                            },
    { "migrate",    PAST_MIGRATE,    AFTER(BEGIN)                              },
    { "switchover", PAST_SWITCHOVER, AFTER(MIGRATE)                            },
    { "postcopy",   PAST_POSTCOPY,   AFTER(MIGRATE) | AFTER(SWITCHOVER)        },
    { "postcopy",   PAST_POSTCOPY,   AFTER(SPLIT)                              },
    { "switchover", PAST_POSTCOPY,   AFTER(POSTCOPY)                           },
    { "define",     PAST_COMMIT,     AFTER(BEGIN)                              },
    { "commit",     PAST_COMMIT,     SENT | AFTER(COMMIT)                      },
    { "quit",       PAST_QUIT,       SENT | AFTER(COMMIT) | AFTER(QUIT) | AFTER(BACK) },
    { "saved",      PAST_SAVED,      AFTER(MIGRATE) | AFTER(SAVED)             },
    { "back",       PAST_BACK,       SENT | AFTER(COMMIT) | AFTER(BACK)        },
};
/* clang-format on */

const char *past_stage_name(enum past_stage stage)
{
    static const char *const names[] = {
        [PAST_NOTHING] = "nothing",    [PAST_BEGIN] = "begin",
        [PAST_MIGRATE] = "migrate",    [PAST_SWITCHOVER] = "switchover",
        [PAST_POSTCOPY] = "postcopy",  [PAST_SPLIT] = "commit",
        [PAST_COMMIT] = "commit",      [PAST_QUIT] = "quit",
        [PAST_BACK] = "back",          [PAST_ENDED_SOURCE] = "end",
        [PAST_SAVED] = "saved",        [PAST_ENDED_DEST] = "end",
        [PAST_ONE_WAY] = "switchover",
    };
    return names[stage];
}

static int bad(struct qmp_error **errp, size_t i, const char *name,
               const char *what)
{
    return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD, "record %zu, '%.40s': %s",
                    i + 1, name, what);
}

static const char *string_member(struct json_object *o, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(o, name, &value);
    return json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}

static int take_bool(struct json_object *o, const char *name, bool *ret,
                     struct qmp_error **errp)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(o, name, &value);
    if (!json_object_is_type(value, json_type_boolean))
        return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD,
                        "record 1, 'begin': '%s' must be true or false", name);
    *ret = json_object_get_boolean(value);
    return 0;
}

static int take_string(struct json_object *o, const char *name, bool needed,
                       char **ret, struct qmp_error **errp)
{
    const char *text = string_member(o, name);

    if (!text && needed)
        return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD,
                        "record 1, 'begin': '%s' must be a string", name);
    if (!text)
        return 0;
    *ret = strdup(text);
    return *ret ? 0 : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

/* Commands that were planned: each one is to have its peer and its name. */
static int take_steps(struct json_object *o, const char *name,
                      struct json_object **ret, struct qmp_error **errp)
{
    struct json_object *list = NULL;

    json_object_object_get_ex(o, name, &list);
    if (!json_object_is_type(list, json_type_array))
        return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD,
                        "record 1, 'begin': '%s' must be an array", name);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        struct json_object *arguments = NULL;
        const char *peer = string_member(row, "peer");

        if (json_object_object_get_ex(row, "arguments", &arguments) &&
            arguments && !json_object_is_type(arguments, json_type_object))
            peer = NULL;
        if (!peer || !string_member(row, "execute") ||
            (strcmp(peer, "source") != 0 && strcmp(peer, "destination") != 0))
            return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD,
                            "record 1, 'begin': '%s' row %zu is not a command "
                            "for source or destination",
                            name, i + 1);
    }
    *ret = NULL; /* `set` may add to it */
    return json_object_deep_copy(list, ret, NULL) < 0
               ? qmp_fail(errp, QMP_ERR_NOMEM, "out of memory")
               : 0;
}

static int take_stores(struct json_object *o, struct past *past,
                       struct qmp_error **errp)
{
    struct json_object *stores = NULL;

    past->has_stores = json_object_object_get_ex(o, "stores", &stores);
    return past->has_stores ? move_load(stores, &past->stores, errp) : 0;
}

/* {"record":"store","did":"published"}: the stage stays what it is. */
static int take_store(struct json_object *o, size_t i, struct past *past,
                      struct qmp_error **errp)
{
    if (!past->has_stores)
        return bad(errp, i, "store", "'begin' has no 'stores'");
    if (move_take_record(&past->stores, string_member(o, "did")) < 0)
        return bad(errp, i, "store", "'did' is none that is known");
    return 0;
}

/* The arguments of the row that puts the source's parameters back. */
static struct json_object *undo_parameters(struct past *past)
{
    static const char row[] = "{\"peer\":\"source\",\"arguments\":{},"
                              "\"execute\":\"migrate-set-parameters\"}";

    for (size_t i = json_object_array_length(past->undo); i-- > 0;) {
        struct json_object *o = json_object_array_get_idx(past->undo, i);
        struct json_object *arguments = NULL;

        if (!strcmp(string_member(o, "peer"), "source") &&
            !strcmp(string_member(o, "execute"), "migrate-set-parameters") &&
            json_object_object_get_ex(o, "arguments", &arguments) && arguments)
            return arguments;
    }
    json_object_array_add(past->undo, json_tokener_parse(row));
    return undo_parameters(past);
}

/* {"record":"set","were":{"max-bandwidth":134217728}}: the first value of each
 * counts. The stage stays what it is. */
static int take_set(struct json_object *o, size_t i, struct past *past,
                    struct qmp_error **errp)
{
    struct json_object *were = NULL;

    json_object_object_get_ex(o, "were", &were);
    if (!past->undo)
        return bad(errp, i, "set", "may not come before 'begin'");
    if (!json_object_is_type(were, json_type_object))
        return bad(errp, i, "set", "'were' must be an object");
    struct json_object *undo = undo_parameters(past);
    json_object_object_foreach(were, name, value)
    {
        if (!json_object_object_get_ex(undo, name, NULL))
            json_object_object_add(undo, name, json_object_get(value));
    }
    return 0;
}

static int take_story(struct json_object *o, struct past *past,
                      struct qmp_error **errp)
{
    static const char *const stories[] = {
        [STORY_SAVE] = "save",
        [STORY_RESTORE] = "restore",
        [STORY_OFFLINE] = "offline",
    };
    const char *story = string_member(o, "story");

    if (!story)
        return 0;
    for (size_t i = 1; i < ARRAY_SIZE(stories); i++)
        if (!strcmp(stories[i], story))
            past->story = (enum past_story)i;
    if (past->story == STORY_MIGRATE)
        return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD,
                        "record 1, 'begin': 'story' is '%.40s', must be "
                        "'save', 'restore' or 'offline'",
                        story);
    if (past->story == STORY_OFFLINE)
        return 0;
    if (take_string(o, "file", true, &past->file, errp) < 0)
        return -1;
    if (past->story == STORY_RESTORE)
        return 0;
    if (take_string(o, "part", true, &past->part, errp) < 0)
        return -1;
    return take_bool(o, "overwrite", &past->overwrite, errp);
}

/* Without the member there is one: it is the rule. */
static int take_way_back(struct json_object *o, struct past *past,
                         struct qmp_error **errp)
{
    bool return_path = true;

    if (json_object_object_get_ex(o, "return_path", NULL) &&
        take_bool(o, "return_path", &return_path, errp) < 0)
        return -1;
    past->one_way = !return_path;
    return 0;
}

/* Only a save of a background snapshot has it. */
static int take_snapshot(struct json_object *o, struct past *past,
                         struct qmp_error **errp)
{
    if (!json_object_object_get_ex(o, "snapshot", NULL))
        return 0;
    if (take_bool(o, "snapshot", &past->snapshot, errp) < 0)
        return -1;
    return take_bool(o, "no_cancel", &past->no_cancel, errp);
}

static int take_begin(struct json_object *o, struct past *past,
                      struct qmp_error **errp)
{
    struct json_object *version = NULL;

    json_object_object_get_ex(o, "journal", &version);
    if (json_object_get_int64(version) != JOURNAL_VERSION)
        return qmp_fail(errp, QMIG_ERR_JOURNAL_BAD,
                        "record 1, 'begin': the format's version is %.40s, "
                        "must be %d",
                        version ? json_object_to_json_string(version)
                                : "missing",
                        JOURNAL_VERSION);
    if (take_story(o, past, errp) < 0 ||
        take_string(o, "guest", true, &past->guest, errp) < 0 ||
        take_string(o, "name", false, &past->name, errp) < 0 ||
        take_string(o, "source", past->story != STORY_OFFLINE, &past->addr[0],
                    errp) < 0 ||
        take_string(o, "destination", past->story != STORY_OFFLINE,
                    &past->addr[1], errp) < 0 ||
        take_string(o, "hook", false, &past->hook, errp) < 0 ||
        take_string(o, "listen", false, &past->listen, errp) < 0 ||
        take_string(o, "connect", false, &past->connect, errp) < 0 ||
        take_bool(o, "runs", &past->runs, errp) < 0 ||
        take_bool(o, "arrives_paused", &past->arrives_paused, errp) < 0 ||
        take_bool(o, "keep_source", &past->keep_source, errp) < 0 ||
        take_snapshot(o, past, errp) < 0 || take_stores(o, past, errp) < 0 ||
        take_way_back(o, past, errp) < 0 ||
        take_steps(o, "undo", &past->undo, errp) < 0 ||
        take_steps(o, "takeover", &past->takeover, errp) < 0)
        return -1;
    return 0;
}

/* A side did not hear of the end: what it is still to be told depends on how
 * far it had come. A file that is saved stays so. */
static enum past_stage stage_left(const struct past *past, bool dest_owns)
{
    if (past->story != STORY_MIGRATE &&
        (dest_owns || past->stage == PAST_SAVED))
        return past->stage;
    if (dest_owns)
        return PAST_QUIT;
    return past->stage < PAST_MIGRATE ? past->stage : PAST_BACK;
}

static int take_end(struct json_object *o, size_t i, struct past *past,
                    enum past_stage *ended, struct qmp_error **errp)
{
    const char *owner = string_member(o, "owner");
    struct json_object *value = NULL;

    json_object_object_get_ex(o, "left", &value);
    bool left = json_object_get_boolean(value);

    if (owner && !strcmp(owner, "source"))
        *ended = left ? stage_left(past, false) : PAST_ENDED_SOURCE;
    else if (owner && !strcmp(owner, "destination"))
        *ended = left ? stage_left(past, true) : PAST_ENDED_DEST;
    else if (owner && (!strcmp(owner, "undecided") || !strcmp(owner, "split")))
        *ended = past->stage; /* still to be decided, or completed */
    else
        return bad(errp, i, "end", "'owner' is none that is known");
    return 0;
}

/* Does the record's name come again below? */
static bool more_rows(size_t r)
{
    for (size_t i = r + 1; i < ARRAY_SIZE(records); i++)
        if (!strcmp(records[i].name, records[r].name))
            return true;
    return false;
}

/* The commit of a post-copy: {"record":"commit","mode":"postcopy"} */
static bool is_postcopy(struct json_object *o)
{
    const char *mode = string_member(o, "mode");

    return mode && !strcmp(mode, "postcopy");
}

static int take_record(struct json_object *o, size_t i, struct past *past,
                       enum past_stage *ended, struct qmp_error **errp)
{
    const char *name = string_member(o, "record");

    if (!strcmp(name, "end"))
        return take_end(o, i, past, ended, errp);
    if (!strcmp(name, "store"))
        return take_store(o, i, past, errp);
    if (!strcmp(name, "set"))
        return take_set(o, i, past, errp);
    for (size_t r = 0; r < ARRAY_SIZE(records); r++) {
        bool fits = records[r].after & 1u << past->stage;

        if (strcmp(records[r].name, name) != 0 || (!fits && more_rows(r)))
            continue;
        if (records[r].stage == PAST_SAVED && past->story != STORY_SAVE)
            return bad(errp, i, name, "this is no save");
        if (!strcmp(name, "define") && past->story != STORY_OFFLINE)
            return bad(errp, i, name, "a guest moved, not its definition");
        if (!fits) {
            CLEANUP(freep) char *what = NULL;

            if (asprintf(&what, "may not follow '%s'",
                         past_stage_name(past->stage)) < 0)
                abort();
            return bad(errp, i, name, what);
        }
        past->stage = is_postcopy(o) ? PAST_SPLIT : records[r].stage;
        if (past->stage == PAST_SWITCHOVER && past->one_way &&
            past->story == STORY_MIGRATE)
            past->stage = PAST_ONE_WAY;
        *ended = past->stage;
        return past->stage == PAST_BEGIN ? take_begin(o, past, errp) : 0;
    }
    return bad(errp, i, name, "this version does not know it");
}

int past_read(const struct journal_log *log, const char *id, struct past *ret,
              struct qmp_error **errp)
{
    CLEANUP(past_clear) struct past past = {.stage = PAST_NOTHING};
    enum past_stage ended = PAST_NOTHING;

    for (size_t i = 0; i < log->n; i++)
        if (take_record(log->records[i], i, &past, &ended, errp) < 0)
            return -1;
    past.stage = ended;
    if (log->n)
        past.time = strdup(string_member(log->records[log->n - 1], "time")
                               ? string_member(log->records[log->n - 1], "time")
                               : "?");
    past.id = strdup(id);
    if (!past.id || (log->n && !past.time))
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    *ret = past;
    past = (struct past){0};
    return 0;
}

void past_clear(struct past *past)
{
    free(past->id);
    free(past->guest);
    free(past->name);
    free(past->addr[0]);
    free(past->addr[1]);
    free(past->time);
    free(past->file);
    free(past->part);
    free(past->hook);
    free(past->listen);
    free(past->connect);
    move_clear(&past->stores);
    json_object_put(past->undo);
    json_object_put(past->takeover);
    *past = (struct past){0};
}
