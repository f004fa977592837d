/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/image.h"

#include "error/errcode.h"
#include "plan/settings.h"

#include <string.h>

/* As libvirt: the disk is the limit, and the guest may stand still. The
 * largest multiple of 1 MiB that QEMU takes. */
#define UNLIMITED (INT64_MAX - INT64_MAX % (1 << 20))

int plan_image_capability(const struct plan_input *in, const char *name)
{
    const struct plan_image *image = in->image;
    const struct {
        const char *name;
        bool on;
    } rules[] = {
        /* Nobody else has the disks; and a 7.2 whose guest stays paused would
         * keep them inactive, and abort when it is saved again. */
        {"late-block-activate", false},
        {"mapped-ram", image->format == IMAGE_SPARSE},
        {"multifd", image->channels > 0},
        {"pause-before-switchover", false},
        {"return-path", false},
        {"switchover-ack", false},
        /* `restore` compares them; and a background snapshot excludes it. */
        {"validate-uuid", false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
        if (!strcmp(rules[i].name, name))
            return rules[i].on;
    return -1;
}

static struct plan_step *add(struct plan *plan, enum step_kind kind,
                             enum qmig_side side, const char *execute,
                             struct json_object *arguments, const char *why)
{
    static const enum qmig_phase phases[] = {
        [STEP_SET] = QMIG_PHASE_PREPARE,
        [STEP_LISTEN] = QMIG_PHASE_PERFORM,
        [STEP_STOP] = QMIG_PHASE_PERFORM,
        [STEP_MIGRATE] = QMIG_PHASE_PERFORM,
        [STEP_TAKEOVER] = QMIG_PHASE_FINISH,
        [STEP_TIDY] = QMIG_PHASE_CONFIRM,
        [STEP_QUIT] = QMIG_PHASE_CONFIRM,
    };

    return plan_add(plan, kind, side, phases[kind], execute, arguments, why);
}

static struct plan_step *add_undo(struct plan *plan, enum qmig_side side,
                                  const char *execute,
                                  struct json_object *arguments,
                                  const char *why)
{
    return plan_add_undo(plan, STEP_SET, side, execute, arguments, why);
}

static struct json_object *one(const char *name, struct json_object *value)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, name, value);
    return object;
}

static struct json_object *fdset(void)
{
    return one("fdset-id", json_object_new_int(IMAGE_FDSET));
}

/* `file:` is there since 8.2, and with mapped-ram one can see it. */
static bool has_file(const struct facts *mine)
{
    return facts_capability(mine, "mapped-ram") >= 0;
}

static void add_file(struct plan *plan, const struct plan_input *in,
                     enum qmig_side side, const struct facts *mine)
{
    if (!has_file(mine)) {
        add(plan, STEP_SET, side, "getfd",
            one("fdname", json_object_new_string(IMAGE_FDNAME)),
            "the file, opened by qmigrate")
            ->file = STEP_FILE;
        /* `migrate` uses it up. */
        add_undo(plan, side, "closefd",
                 one("fdname", json_object_new_string(IMAGE_FDNAME)),
                 "the file is not QEMU's any more")
            ->may_fail = true;
        return;
    }
    add(plan, STEP_SET, side, "remove-fd", fdset(),
        "one that a killed qmigrate left behind")
        ->may_fail = true;
    add(plan, STEP_SET, side, "add-fd", fdset(), "the file, opened by qmigrate")
        ->file = STEP_FILE;
    if (in->image->bypass_cache)
        add(plan, STEP_SET, side, "add-fd", fdset(),
            "the same, past the page cache")
            ->file = STEP_FILE_DIRECT;
    add_undo(plan, side, "remove-fd", fdset(),
             "the file is not QEMU's any more")
        ->may_fail = true;
}

static int set(struct settings *s, const struct facts *mine, const char *qemu,
               struct json_object *value, const char *what,
               struct qmp_error **errp)
{
    struct json_object *before = facts_parameter(mine, qemu);

    if (!before) {
        json_object_put(value);
        return qmp_fail(errp, QMIG_ERR_CAPABILITY,
                        "%s needs QEMU's migration parameter '%s', which this "
                        "QEMU (%s) does not have",
                        what, qemu, mine->version);
    }
    json_object_object_add(s->parameters, qemu, value);
    json_object_object_add(s->parameters_back, qemu, json_object_get(before));
    return 0;
}

static int make_settings(struct settings *s, const struct plan_input *in,
                         enum qmig_side side, const struct facts *mine,
                         struct qmp_error **errp)
{
    const struct plan_image *image = in->image;

    if (settings_make(s, in, side, mine, mine, errp) < 0)
        return -1;
    if (image->save && !params_has(in->params, "bandwidth") &&
        !json_object_object_get_ex(s->parameters, "max-bandwidth", NULL) &&
        set(s, mine, "max-bandwidth", json_object_new_int64(UNLIMITED),
            "a save", errp) < 0)
        return -1;
    if (image->channels &&
        set(s, mine, "multifd-channels",
            json_object_new_int((int)image->channels), "--parallel", errp) < 0)
        return -1;
    /* One that was left on would want a second descriptor. */
    if ((image->bypass_cache || facts_parameter(mine, "direct-io")) &&
        set(s, mine, "direct-io", json_object_new_boolean(image->bypass_cache),
            "--bypass-cache", errp) < 0)
        return -1;
    return 0;
}

static int add_settings(struct plan *plan, const struct plan_input *in,
                        enum qmig_side side, const struct facts *mine,
                        struct qmp_error **errp)
{
    CLEANUP(settings_clear) struct settings s = {0};
    const char *back = "as it was before";

    if (make_settings(&s, in, side, mine, errp) < 0)
        return -1;
    if (json_object_array_length(s.capabilities)) {
        add(plan, STEP_SET, side, "migrate-set-capabilities",
            one("capabilities", json_object_get(s.capabilities)),
            "what a file needs and is not so yet");
        add_undo(plan, side, "migrate-set-capabilities",
                 one("capabilities", json_object_get(s.capabilities_back)),
                 back);
    }
    if (json_object_object_length(s.parameters)) {
        add(plan, STEP_SET, side, "migrate-set-parameters",
            json_object_get(s.parameters), "how the file is written or read");
        add_undo(plan, side, "migrate-set-parameters",
                 json_object_get(s.parameters_back), back);
    }
    return 0;
}

static int check_format(const struct plan_input *in, const struct facts *mine,
                        struct qmp_error **errp)
{
    const char *needed = image_format_capability(in->image->format);

    if (!needed || facts_capability(mine, needed) >= 0)
        return 0;
    qmp_fail(errp, QMIG_ERR_CAPABILITY,
             "image format '%s' needs QEMU's capability '%s' (9.0 or newer), "
             "which this QEMU (%s) does not have",
             image_format_name(in->image->format), needed, mine->version);
    return qmp_hint(errp, in->image->save
                              ? "save it as 'raw'"
                              : "start a newer QEMU with the same machine "
                                "type");
}

static struct json_object *uri(const struct plan_input *in,
                               const struct facts *mine)
{
    CLEANUP(freep) char *text = NULL;

    if (!has_file(mine))
        return one("uri", json_object_new_string("fd:" IMAGE_FDNAME));
    if (asprintf(&text, "file:/dev/fdset/%d,offset=%u", IMAGE_FDSET,
                 in->image->offset) < 0)
        abort();
    return one("uri", json_object_new_string(text));
}

/* The guest runs on beside its snapshot: whoever ends it then loses what it
 * did since. */
static int check_keeps(const struct plan_input *in, struct qmp_error **errp)
{
    if (in->keep_source)
        return 0;
    qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
             "parameter 'qemu.background-snapshot' requires --keep-source: the "
             "guest runs on, and what it does then would be lost");
    return qmp_hint(errp, "add --keep-source");
}

/*
 * Before 8.1 (there is switchover-ack since) QEMU leaves the guest's memory
 * protected when a snapshot fails or is cancelled: the guest says "running",
 * and waits for ever where it wrote. Only the end of that QEMU helps. Measured
 * on 7.2.22; 10.0.2 and 11.1.3 do it right.
 */
static int check_snapshot(struct plan *plan, const struct plan_input *in,
                          const struct facts *source, struct qmp_error **errp)
{
    plan->snapshot = settings_qemu_capability(in, QMIG_SIDE_SOURCE,
                                              "background-snapshot") > 0;
    if (!plan->snapshot)
        return 0;
    plan->no_cancel = facts_capability(source, "switchover-ack") < 0;
    if (check_keeps(in, errp) < 0)
        return -1;
    if (!plan->no_cancel || in->image->unsafe)
        return 0;
    qmp_fail(errp, QMIG_ERR_CAPABILITY,
             "parameter 'qemu.background-snapshot': the guest of this QEMU "
             "(%s, must be 8.1) hangs for ever if the snapshot fails, for want "
             "of space, say",
             source->version);
    return qmp_hint(errp, "save without it; or see that there is room for all "
                          "of the guest's memory, and add --unsafe");
}

static int build_save(struct plan *plan, const struct plan_input *in,
                      const struct facts *source, struct qmp_error **errp)
{
    const enum qmig_side side = QMIG_SIDE_SOURCE;

    if (check_snapshot(plan, in, source, errp) < 0)
        return -1;
    plan->source_runs = plan_status_runs(source->status);
    add_file(plan, in, side, source);
    if (add_settings(plan, in, side, source, errp) < 0)
        return -1;
    if (!in->image->live && plan->source_runs)
        add(plan, STEP_STOP, side, "stop", NULL,
            "not live: the guest is stopped first");
    add(plan, STEP_MIGRATE, side, "migrate", uri(in, source),
        "write the guest to the file");
    if (!in->keep_source)
        add(plan, STEP_QUIT, side, "quit", NULL,
            "the guest is in the file, and on the disk");
    return 0;
}

static void add_takeover(struct plan *plan, const struct facts *dest)
{
    const enum qmig_side side = QMIG_SIDE_DEST;
    int known = facts_feature(dest, FEATURE_BLOCK_SET_ACTIVE);

    if (!plan->arrives_paused)
        add(plan, STEP_TAKEOVER, side, "cont", NULL, "the guest runs");
    else if (known)
        add(plan, STEP_TAKEOVER, side, "blockdev-set-active",
            one("active", json_object_new_boolean(true)),
            "the guest stays paused, its disks are this QEMU's")
            ->tries = known < 0 ? FEATURE_BLOCK_SET_ACTIVE : -1;
}

static void add_incoming(struct plan *plan, const struct plan_input *in,
                         const struct facts *dest)
{
    struct json_object *arguments = uri(in, dest);
    struct plan_step *step =
        add(plan, STEP_LISTEN, QMIG_SIDE_DEST, "migrate-incoming", arguments,
            "read the guest from the file");

    /* Then a QEMU that fails can still say why (9.1+). */
    if (facts_feature(dest, FEATURE_EXIT_ON_ERROR)) {
        step->tries = FEATURE_EXIT_ON_ERROR;
        step->fallback = uri(in, dest);
        json_object_object_add(arguments, "exit-on-error",
                               json_object_new_boolean(false));
    }
}

static int build_restore(struct plan *plan, const struct plan_input *in,
                         const struct facts *dest, struct qmp_error **errp)
{
    const enum qmig_side side = QMIG_SIDE_DEST;

    plan->arrives_paused = !in->image->runs;
    add(plan, STEP_SET, side, "stop", NULL,
        "disarm: it shall not start by itself once it has loaded");
    add_file(plan, in, side, dest);
    if (add_settings(plan, in, side, dest, errp) < 0)
        return -1;
    add_incoming(plan, in, dest);
    add_takeover(plan, dest);
    for (size_t i = 0; i < plan->n_undo; i++) {
        const struct plan_step *undo = &plan->undo[i];

        add(plan, STEP_TIDY, side, undo->execute,
            json_object_get(undo->arguments), undo->why)
            ->may_fail = undo->may_fail;
    }
    return 0;
}

static int check_dest(const struct plan_input *in, const struct facts *dest,
                      char **warnings, struct qmp_error **errp)
{
    struct facts saved = {.name = (char *)(uintptr_t)in->name,
                          .uuid = (char *)(uintptr_t)in->uuid};
    int port;
    const char *path;

    if (!saved.uuid) /* not known: nothing to compare */
        saved.uuid = dest->uuid;
    if (migrate_info_listens(dest->migrate, &port, &path)) {
        qmp_fail(errp, QMIG_ERR_DEST_STATE,
                 "waits for a guest from the network, not from a file");
        return qmp_hint(errp, "start it with -incoming defer -S");
    }
    return plan_check_dest(in, &saved, dest, warnings, errp);
}

int plan_make_image(struct plan *plan, const struct plan_input *in,
                    const struct facts *source, const struct facts *dest,
                    enum qmig_side *side, char **warnings,
                    struct qmp_error **errp)
{
    struct plan made = {.image = true};
    bool save = in->image->save;

    *side = save ? QMIG_SIDE_SOURCE : QMIG_SIDE_DEST;
    if ((save ? plan_check_source(in, source, errp)
              : check_dest(in, dest, warnings, errp)) < 0 ||
        check_format(in, save ? source : dest, errp) < 0 ||
        (save ? build_save(&made, in, source, errp)
              : build_restore(&made, in, dest, errp)) < 0) {
        plan_clear(&made);
        return -1;
    }
    *plan = made;
    return 0;
}
