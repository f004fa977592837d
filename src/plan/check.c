/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must be true of both QEMUs before anything is changed. */
#include "plan/plan.h"

#include "error/errcode.h"

#include <stdarg.h>
#include <string.h>

/*
 * QEMU's run states (query-status, 5.2..11.1) as seen by a source. A state
 * that is not listed is new to us: such a guest may be moved, paused.
 */
/* clang-format off */
static const struct run_state {
    const char *name;
    bool may_migrate;
    bool runs;          /* so it shall run on the destination */
    const char *why;    /* ... it may not */
} run_states[] = {
    { "finish-migrate", false, false, "a migration of it is about to end" },
    { "guest-panicked", true,  false, NULL },
    { "inmigrate",      false, false, "it waits for an incoming migration itself" },
    { "internal-error", false, false, "QEMU had an internal error" },
    { "io-error",       true,  false, NULL },
    { "paused",         true,  false, NULL },
    { "postmigrate",    false, false, "its guest was migrated away" },
    { "prelaunch",      true,  false, NULL },
    { "restore-vm",     false, false, "it is loading a snapshot" },
    { "running",        true,  true,  NULL },
    { "save-vm",        false, false, "it is saving a snapshot" },
    { "shutdown",       false, false, "its guest has shut down" },
    { "suspended",      true,  true,  NULL },
    { "watchdog",       true,  false, NULL },
};
/* clang-format on */

static const struct run_state *find_run_state(const char *name)
{
    static const struct run_state unknown = {"", true, false, NULL};

    for (size_t i = 0; i < ARRAY_SIZE(run_states); i++)
        if (!strcmp(run_states[i].name, name))
            return &run_states[i];
    return &unknown;
}

bool plan_status_runs(const char *status)
{
    return find_run_state(status)->runs;
}

/* States of query-migrate in which nothing is going on (any more). */
static bool migration_is_over(const char *status)
{
    static const char *const over[] = {"none", "cancelled", "completed",
                                       "failed"};

    if (!status)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(over); i++)
        if (!strcmp(over[i], status))
            return true;
    return false;
}

/* QEMU 7.2 leaves a guest that was paused in "postmigrate" when its migration
 * fails late or is cancelled, and refuses the next one: "Can't migrate the vm
 * that was paused due to previous migration". It is still here, though. */
static bool was_brought_back(const struct facts *source)
{
    const char *migration = facts_migrate_status(source);

    return !strcmp(source->status, "postmigrate") && migration &&
           (!strcmp(migration, "failed") || !strcmp(migration, "cancelled"));
}

static int check_blockers(const struct facts *source, struct qmp_error **errp)
{
    struct json_object *list = NULL;
    CLEANUP(freep) char *text = NULL;

    json_object_object_get_ex(source->migrate, "blocked-reasons", &list);
    size_t n = json_object_is_type(list, json_type_array)
                   ? json_object_array_length(list)
                   : 0;
    for (size_t i = 0; i < n; i++) {
        char *more = NULL;

        if (asprintf(
                &more, "%s%s%s", text ? text : "", text ? "; " : "",
                json_object_get_string(json_object_array_get_idx(list, i))) < 0)
            return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        free(text);
        text = more;
    }
    /* The wording is libvirt's: people search for it. */
    return n ? qmp_fail(errp, QMIG_ERR_BLOCKED, "cannot migrate domain: %s",
                        text)
             : 0;
}

/* Does what the user says of the guest fit what QEMU says of itself? */
static int check_identity(const struct plan_input *in,
                          const struct facts *source, struct qmp_error **errp)
{
    if (in->name && source->name && strcmp(in->name, source->name))
        return qmp_fail(errp, QMIG_ERR_NAME_MISMATCH,
                        "domain XML is of guest '%s', but QEMU's guest is "
                        "'%s'",
                        in->name, source->name);
    if (in->uuid && source->uuid && strcasecmp(in->uuid, source->uuid))
        return qmp_fail(errp, QMIG_ERR_ABI,
                        "domain XML has uuid '%s', but QEMU's guest has '%s'",
                        in->uuid, source->uuid);
    return 0;
}

/* QEMU refuses the two together until it can do both (8.1..10.0), but 7.2 takes
 * them: the source completes, and the destination then aborts with the guest.
 */
static int check_parallel_postcopy(const struct plan_input *in,
                                   const struct facts *facts,
                                   struct qmp_error **errp)
{
    const unsigned both = QMIG_POSTCOPY | QMIG_PARALLEL;

    if ((in->flags & both) != both || !facts_older(facts, 8, 1))
        return 0;
    qmp_fail(errp, QMIG_ERR_CAPABILITY,
             "flag 'postcopy' and flag 'parallel' do not go together in this "
             "QEMU (%s): its destination would crash with the guest",
             facts->version);
    return qmp_hint(errp, "leave out one of them, or use a newer QEMU on both "
                          "sides");
}

int plan_check_source(const struct plan_input *in, const struct facts *source,
                      struct qmp_error **errp)
{
    const struct run_state *state = find_run_state(source->status);
    const char *migration = facts_migrate_status(source);

    if (!migration_is_over(migration)) {
        qmp_fail(errp, QMIG_ERR_SOURCE_STATE,
                 "a migration is already in progress (status '%s')", migration);
        return qmp_hint(errp, "wait for its end, or cancel it");
    }
    if (was_brought_back(source)) {
        qmp_fail(errp, QMIG_ERR_SOURCE_STATE,
                 "no migration of it (status 'postmigrate'): an earlier one "
                 "that %s, while the guest was paused, has left it so",
                 strcmp(migration, "failed") ? "was cancelled" : "failed");
        return qmp_hint(errp, "this QEMU wants it to run first: send the "
                              "source 'cont', then 'stop' if it shall be "
                              "paused");
    }
    if (!state->may_migrate)
        return qmp_fail(errp, QMIG_ERR_SOURCE_STATE,
                        "no guest to migrate (status '%s'): %s", source->status,
                        state->why);
    if (check_blockers(source, errp) < 0)
        return -1;
    if ((in->flags & QMIG_ABORT_ON_ERROR) &&
        !strcmp(source->status, "io-error")) {
        qmp_fail(errp, QMIG_ERR_IO, "cannot migrate domain with I/O error");
        return qmp_hint(errp, "mend the disk, then send the source 'cont'; or "
                              "leave out flag 'abort_on_error'");
    }
    if (check_parallel_postcopy(in, source, errp) < 0)
        return -1;
    return check_identity(in, source, errp);
}

/* Is the destination fresh? A QEMU takes one incoming migration in its life
 * (5.2..11.1: also after a failed one that it survived). */
static int check_dest_state(const struct facts *dest, struct qmp_error **errp)
{
    const char *migration = facts_migrate_status(dest);
    int port;
    const char *path;
    bool listens = migrate_info_listens(dest->migrate, &port, &path);

    if (strcmp(dest->status, "inmigrate")) {
        qmp_fail(errp, QMIG_ERR_DEST_STATE,
                 "does not wait for a migration: status is '%s', wanted "
                 "'inmigrate'",
                 dest->status);
        return qmp_hint(errp, "start it with -incoming defer -S");
    }
    if (migration && strcmp(migration, "none") &&
        !(listens && !strcmp(migration, "setup"))) {
        qmp_fail(errp, QMIG_ERR_DEST_STATE,
                 "was already used for a migration (status '%s')", migration);
        return qmp_hint(errp, "a QEMU takes one incoming migration: start a "
                              "new one");
    }
    return 0;
}

void plan_warn(char **warnings, const char *fmt, ...)
{
    CLEANUP(freep) char *line = NULL;
    char *all = NULL;
    va_list ap;

    if (!warnings)
        return;
    va_start(ap, fmt);
    int n = vasprintf(&line, fmt, ap);
    va_end(ap);
    if (n < 0 || asprintf(&all, "%s%s%s", *warnings ? *warnings : "",
                          *warnings ? "\n" : "", line) < 0)
        return;
    free(*warnings);
    *warnings = all;
}

static int check_names(const struct plan_input *in, const struct facts *source,
                       const struct facts *dest, char **warnings,
                       struct qmp_error **errp)
{
    const char *asked = params_string(in->params, "destination_name");
    const char *wanted = asked ? asked : in->name ? in->name : source->name;
    const char *found = dest->name ? dest->name : "";

    if (!wanted || !strcmp(wanted, found) ||
        (!dest->name && !plan_needs_probe(in, QMIG_SIDE_DEST, PROBE_NAME)))
        return 0; /* or it was not asked */
    if (asked && (in->dest_started || dest->name)) {
        qmp_fail(errp, QMIG_ERR_NAME_MISMATCH,
                 "guest is named '%s', wanted '%s' (destination_name)", found,
                 wanted);
        return qmp_hint(errp,
                        in->dest_started
                            ? "use -name \"$QMIGRATE_NAME\" in the "
                              "command that starts the destination"
                            : "start the destination with -name %s",
                        wanted);
    }
    plan_warn(warnings, "destination: guest is named '%s', not '%s'", found,
              wanted);
    return 0;
}

int plan_check_dest(const struct plan_input *in, const struct facts *source,
                    const struct facts *dest, char **warnings,
                    struct qmp_error **errp)
{
    if (check_dest_state(dest, errp) < 0 ||
        check_parallel_postcopy(in, dest, errp) < 0)
        return -1;
    if (check_names(in, source, dest, warnings, errp) < 0)
        return -1;
    /* QEMU lets a changed UUID through (7.2..11.1), the guest sees it. */
    if (strcmp(source->uuid ? source->uuid : "",
               dest->uuid ? dest->uuid : "") != 0)
        return qmp_fail(errp, QMIG_ERR_ABI,
                        "guest's uuid '%s' does not match source '%s'",
                        dest->uuid ? dest->uuid : "none",
                        source->uuid ? source->uuid : "none");
    return 0;
}
