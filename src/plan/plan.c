/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/plan.h"

#include "error/errcode.h"
#include "plan/graphics.h"
#include "plan/image.h"
#include "plan/settings.h"
#include "plan/storage.h"
#include "plan/tls.h"
#include "plan/transport.h"
#include "qmp/member.h"

#include <assert.h>
#include <string.h>

/* Takes `arguments`. */
static struct plan_step *add_step(struct plan_step *steps, size_t *n,
                                  enum step_kind kind, enum qmig_side side,
                                  enum qmig_phase phase, const char *execute,
                                  struct json_object *arguments,
                                  const char *why)
{
    assert(*n < PLAN_MAX_STEPS);
    steps[*n] = (struct plan_step){
        .kind = kind,
        .side = side,
        .phase = phase,
        .execute = execute,
        .arguments = arguments,
        .why = why,
        .tries = -1,
    };
    return &steps[(*n)++];
}

struct plan_step *plan_add(struct plan *plan, enum step_kind kind,
                           enum qmig_side side, enum qmig_phase phase,
                           const char *execute, struct json_object *arguments,
                           const char *why)
{
    return add_step(plan->steps, &plan->n, kind, side, phase, execute,
                    arguments, why);
}

struct plan_step *plan_add_undo(struct plan *plan, enum step_kind kind,
                                enum qmig_side side, const char *execute,
                                struct json_object *arguments, const char *why)
{
    return add_step(plan->undo, &plan->n_undo, kind, side, QMIG_PHASE_CONFIRM,
                    execute, arguments, why);
}

static void add(struct plan *plan, enum step_kind kind, enum qmig_side side,
                enum qmig_phase phase, const char *execute,
                struct json_object *arguments, const char *why)
{
    plan_add(plan, kind, side, phase, execute, arguments, why);
}

static struct json_object *one_string(const char *name, const char *value)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, name, json_object_new_string(value));
    return object;
}

static const char why_needed[] = "what this migration needs and is not so yet";

/* migrate-set-capabilities, unless the list is empty. */
static void add_capabilities(struct plan_step *steps, size_t *n,
                             enum step_kind kind, enum qmig_side side,
                             enum qmig_phase phase, struct json_object *list,
                             const char *why)
{
    if (json_object_array_length(list))
        add_step(steps, n, kind, side, phase, "migrate-set-capabilities",
                 qmp_in_object("capabilities", json_object_get(list)), why);
}

/* The settings of one side go back to what they were. */
static void add_undo(struct plan *plan, enum qmig_side side,
                     const struct settings *s)
{
    const char *why = "as it was before the migration";

    add_capabilities(plan->undo, &plan->n_undo, STEP_AT_LOAD, side,
                     QMIG_PHASE_CONFIRM, s->staying_back, why);
    add_capabilities(plan->undo, &plan->n_undo, STEP_SET, side,
                     QMIG_PHASE_CONFIRM, s->capabilities_back, why);
    if (json_object_object_length(s->parameters_back))
        add_step(plan->undo, &plan->n_undo, STEP_SET, side, QMIG_PHASE_CONFIRM,
                 "migrate-set-parameters", json_object_get(s->parameters_back),
                 why);
}

/* The objects that TLS needs, before all else; they go last, when nothing
 * names them any more. */
static void add_tls(struct plan *plan, const struct plan_input *in,
                    enum qmig_side side)
{
    CLEANUP(json_putp) struct json_object *list = tls_objects(in, side);

    if (side == QMIG_SIDE_DEST && in->tls.authz) {
        CLEANUP(freep) char *path = NULL;

        if (asprintf(&path, "/objects/%s", in->tls.authz) < 0)
            abort();
        /* QEMU itself would look for it when the source is connected. */
        add(plan, STEP_OBJECT, side, QMIG_PHASE_PREPARE, "qom-list",
            one_string("path", path), "is the authorization object there?");
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *object = json_object_array_get_idx(list, i);
        const char *id =
            json_object_get_string(json_object_object_get(object, "id"));

        add(plan, STEP_OBJECT, side, QMIG_PHASE_PREPARE, "object-del",
            one_string("id", id), "one that a killed qmigrate left behind");
        plan->steps[plan->n - 1].may_fail = true;
        add(plan, STEP_OBJECT, side, QMIG_PHASE_PREPARE, "object-add",
            json_object_get(object), "what the flag 'tls' asks for");
    }
}

static void add_tls_undo(struct plan *plan, const struct plan_input *in,
                         enum qmig_side side)
{
    CLEANUP(json_putp) struct json_object *list = tls_objects(in, side);

    for (size_t i = json_object_array_length(list); i-- > 0;) {
        struct json_object *object = json_object_array_get_idx(list, i);
        struct json_object *id = json_object_object_get(object, "id");

        add_step(plan->undo, &plan->n_undo, STEP_OBJECT, side,
                 QMIG_PHASE_CONFIRM, "object-del",
                 qmp_in_object("id", json_object_get(id)),
                 "made for this migration");
        plan->undo[plan->n_undo - 1].may_fail = true;
    }
}

/* Does anything but the plainest of live migrations set parameters of this
 * side before it begins? A fresh destination has none that were left over: it
 * takes one incoming migration in its life. */
static bool needs_parameters(const struct plan_input *in, enum qmig_side side)
{
    static const char *const neither[] = {"destination_name", "destination_xml",
                                          "graphics_uri", "listen_address",
                                          "migrate_uri"};
    static const char *const on_source[] = {"bandwidth",
                                            "bandwidth.avail.switchover"};
    bool source = side == QMIG_SIDE_SOURCE;
    size_t n = params_count(in->params);

    if (in->image || (in->flags & ~(QMIG_LIVE | QMIG_PAUSED)) ||
        params_qemu(in->params)->n || (source && in->hold_switchover))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(neither); i++)
        n -= params_has(in->params, neither[i]);
    for (size_t i = 0; i < ARRAY_SIZE(on_source) && !source; i++)
        n -= params_has(in->params, on_source[i]);
    return n > (source && settings_only_lift(in) ? 1u : 0u);
}

bool plan_lifts(const struct plan_input *in)
{
    return settings_only_lift(in) && !needs_parameters(in, QMIG_SIDE_SOURCE);
}

bool plan_needs_probe(const struct plan_input *in, enum qmig_side side,
                      enum probe probe)
{
    if (probe == PROBE_NAME)
        return side == QMIG_SIDE_SOURCE || /* people call a migration by it */
               in->name || in->dest_started ||
               params_string(in->params, "destination_name");
    if (probe == PROBE_SPICE)
        return side == QMIG_SIDE_DEST && graphics_needs_probe(in);
    if (probe == PROBE_SCHEMA)
        return settings_need_schema(in, side);
    if (probe == PROBE_PARAMETERS)
        return needs_parameters(in, side);
    if (probe == PROBE_BLOCK)
        return storage_is_wanted(in);
    if (probe == PROBE_BLOCK_JOBS)
        return storage_is_wanted(in) && side == QMIG_SIDE_SOURCE;
    return true;
}

/* The settings of one side, before the migration and back after it. */
static int add_settings(struct plan *plan, const struct plan_input *in,
                        enum qmig_side side, const struct facts *mine,
                        const struct facts *other, struct settings *s,
                        struct qmp_error **errp)
{
    if (settings_make(s, in, side, mine, other, errp) < 0)
        return -1;
    add_capabilities(plan->steps, &plan->n, STEP_SET, side, QMIG_PHASE_PREPARE,
                     s->capabilities, why_needed);
    if (json_object_object_length(s->parameters))
        add(plan, STEP_SET, side, QMIG_PHASE_PREPARE, "migrate-set-parameters",
            json_object_get(s->parameters),
            "what the typed parameters ask for");
    add_undo(plan, side, s);
    add_tls_undo(plan, in, side);
    return 0;
}

/* What the destination is set to goes back once the guest runs there, so that
 * it can be a source one day; but for what it only looks at when it loads. */
static void add_tidy(struct plan *plan)
{
    for (size_t i = 0; i < plan->n_undo; i++) {
        const struct plan_step *step = &plan->undo[i];

        if (step->side == QMIG_SIDE_DEST && step->kind != STEP_AT_LOAD &&
            step->kind != STEP_SERVER && step->kind != STEP_PASS)
            add(plan, STEP_TIDY, step->side, QMIG_PHASE_CONFIRM, step->execute,
                json_object_get(step->arguments), step->why);
    }
}

static int decide_uri(struct plan *plan, const struct plan_input *in,
                      const struct facts *dest, struct qmp_error **errp)
{
    const char *given = params_string(in->params, "migrate_uri");
    const char *path = NULL;
    int port = 0;

    plan->channels = in->channels;
    if (in->flags & QMIG_TUNNELLED)
        return transport_tunnel(plan, in, dest, errp);
    if (given ? migrate_uri_parse(given, &plan->uri, errp) < 0
              : plan_choose_uri(in, &plan->uri, errp) < 0)
        return -1;
    /* RDMA does not tell which port it listens on. */
    if (plan->uri.kind == URI_RDMA && !plan->uri.port)
        plan->uri.port = PLAN_PORT_MIN;
    if (in->listen_uri)
        return transport_listen(plan, in, errp);

    plan->dest_listens = migrate_info_listens(dest->migrate, &port, &path);
    if (!plan->dest_listens)
        return transport_listen(plan, in, errp);
    if (params_string(in->params, "listen_address")) {
        qmp_fail(errp, QMIG_ERR_DEST_STATE,
                 "already listens, so that listen_address '%s' comes too late",
                 params_string(in->params, "listen_address"));
        return qmp_hint(errp, "start it with -incoming defer -S");
    }
    if (path && !given) {
        free(plan->uri.host);
        plan->uri =
            (struct migrate_uri){.kind = URI_UNIX, .path = strdup(path)};
        return plan->uri.path ? 0
                              : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    }
    if (path ? plan->uri.kind != URI_UNIX || strcmp(plan->uri.path, path)
             : plan->uri.kind == URI_UNIX ||
                   (plan->uri.port && plan->uri.port != port)) {
        CLEANUP(freep) char *text = migrate_uri_text(&plan->uri);

        return qmp_fail(errp, QMIG_ERR_DEST_STATE,
                        "already listens on %s%s%.0d, but migrate_uri is '%s'",
                        path ? "unix:" : "port ", path ? path : "",
                        path ? 0 : port, text ? text : given);
    }
    plan->uri.port = port;
    return transport_listen(plan, in, errp);
}

/* QEMU keeps the descriptor until migrate or migrate-incoming takes it. */
static void add_pass(struct plan *plan, enum step_kind kind,
                     enum qmig_side side)
{
    add(plan, kind, side, QMIG_PHASE_PREPARE, "getfd",
        one_string("fdname", URI_FDNAME),
        plan->tunnel ? "one end of the tunnel" : "the connection goes with it");
    plan->steps[plan->n - 1].file = STEP_CONNECTION;
    add_step(plan->undo, &plan->n_undo, STEP_PASS, side, QMIG_PHASE_CONFIRM,
             "closefd", one_string("fdname", URI_FDNAME),
             "unless it was taken");
    plan->undo[plan->n_undo - 1].may_fail = true;
}

static void add_listen(struct plan *plan, const struct facts *dest)
{
    struct json_object *arguments =
        transport_arguments(plan->listen, plan->channels);
    int known = facts_feature(dest, FEATURE_EXIT_ON_ERROR);

    /* Then a destination that fails can still say why (QEMU 9.1+). */
    if (known)
        json_object_object_add(arguments, "exit-on-error",
                               json_object_new_boolean(false));
    add(plan, STEP_LISTEN, QMIG_SIDE_DEST, QMIG_PHASE_PREPARE,
        "migrate-incoming", arguments, "listen for the stream");
    /* Not known, or remembered from another day: it may be refused. */
    if (known) {
        plan->steps[plan->n - 1].tries = FEATURE_EXIT_ON_ERROR;
        plan->steps[plan->n - 1].fallback =
            transport_arguments(plan->listen, plan->channels);
    }
    if (plan->uri.kind == URI_TCP && !plan->uri.port && !plan->connect)
        add(plan, STEP_LISTENS, QMIG_SIDE_DEST, QMIG_PHASE_PREPARE,
            "query-migrate", NULL, "which port did it choose?");
}

/* What the source sends with while the switchover is held: at least a page
 * each 100 ms (7.2..11.1), so that it is never through. */
#define BRAKED_BYTES_S 1024

/* The bandwidth that is in force without the brake; NULL: QEMU has none. */
static struct json_object *bandwidth_of(const struct plan *plan,
                                        const struct facts *source)
{
    struct json_object *value = NULL;

    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].side == QMIG_SIDE_SOURCE &&
            json_object_object_get_ex(plan->steps[i].arguments, "max-bandwidth",
                                      &value))
            return value;
    return facts_parameter(source, "max-bandwidth");
}

static void add_brake(struct plan *plan, const struct plan_input *in,
                      const struct facts *source)
{
    struct json_object *bandwidth = bandwidth_of(plan, source);

    if (!in->hold_switchover || !bandwidth || !plan->source_runs)
        return;
    add(plan, STEP_BRAKE, QMIG_SIDE_SOURCE, QMIG_PHASE_PERFORM,
        "migrate-set-parameters",
        qmp_in_object("max-bandwidth", json_object_new_int(BRAKED_BYTES_S)),
        "held: so slow that it does not come to the switchover");
    add(plan, STEP_RELEASE, QMIG_SIDE_SOURCE, QMIG_PHASE_PERFORM,
        "migrate-set-parameters",
        qmp_in_object("max-bandwidth", json_object_get(bandwidth)),
        "the hold is released");
}

/* The clients connect to the destination, and wait there. */
static void add_clients(struct plan *plan, const struct plan_input *in,
                        const struct facts *dest, char **warnings)
{
    struct json_object *arguments =
        graphics_arguments(in, dest, &plan->uri, warnings);

    if (!arguments)
        return;
    add(plan, STEP_CLIENTS, QMIG_SIDE_SOURCE, QMIG_PHASE_PERFORM,
        "client_migrate_info", arguments,
        "tell SPICE clients where the guest goes");
    plan->steps[plan->n - 1].may_fail = true;
}

static void add_at_load(struct plan *plan, enum step_kind kind,
                        enum qmig_phase phase, const struct settings *there)
{
    add_capabilities(plan->steps, &plan->n, kind, QMIG_SIDE_DEST, phase,
                     there->at_load, why_needed);
}

static int add_perform(struct plan *plan, const struct plan_input *in,
                       const struct facts *source, const struct settings *here,
                       const struct settings *there, struct qmp_error **errp)
{
    struct json_object *arguments = plan_migrate_arguments(plan);

    if (!arguments)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    storage_add_mirrors(plan, in);
    if (plan->source_gets_fd)
        add_pass(plan, STEP_PASS, QMIG_SIDE_SOURCE);
    if (!(in->flags & QMIG_LIVE) && plan->source_runs)
        add(plan, STEP_STOP, QMIG_SIDE_SOURCE, QMIG_PHASE_PERFORM, "stop", NULL,
            "not live: the guest is stopped first");
    add(plan, STEP_MIGRATE, QMIG_SIDE_SOURCE, QMIG_PHASE_PERFORM, "migrate",
        arguments,
        plan->uri.port || plan->uri.kind != URI_TCP || plan->source_gets_fd
            ? "send the guest"
            : "send the guest (port: as the destination chose)");
    if (json_object_object_length(here->lift))
        add(plan, STEP_LIFT, QMIG_SIDE_SOURCE, QMIG_PHASE_PERFORM,
            "migrate-set-parameters", json_object_get(here->lift),
            "as fast as the typed parameters allow");
    if (plan->pauses)
        add_at_load(plan, STEP_AT_LOAD, QMIG_PHASE_PERFORM, there);
    /* When the stream is lost after its last page, before the destination has
     * said so, a source that was running fails and runs again, beside the
     * destination (10.0, 11.1). One that was stopped stays so. */
    if (in->flags & QMIG_POSTCOPY && in->flags & QMIG_LIVE && plan->source_runs)
        add(plan, STEP_POSTCOPY, QMIG_SIDE_SOURCE, QMIG_PHASE_PERFORM, "stop",
            NULL, "so that it never runs again by itself");
    if (in->flags & QMIG_POSTCOPY)
        add(plan, STEP_POSTCOPY, QMIG_SIDE_SOURCE, QMIG_PHASE_PERFORM,
            "migrate-start-postcopy", NULL, "when it is wanted");
    add_brake(plan, in, source);
    storage_add_end(plan);
    if (plan->pauses)
        add(plan, STEP_CONTINUE, QMIG_SIDE_SOURCE, QMIG_PHASE_SWITCHOVER,
            "migrate-continue", one_string("state", "pre-switchover"),
            "the source is stopped: send the device state");
    return 0;
}

/* QEMU has begun to announce them when it had loaded, in the blackout. */
static int add_announce(struct plan *plan, const struct plan_input *in,
                        const struct facts *dest, struct qmp_error **errp)
{
    struct json_object *arguments = NULL;

    if (settings_announce(in, dest, &arguments, errp) < 0)
        return -1;
    if (arguments)
        add(plan, STEP_TIDY, QMIG_SIDE_DEST, QMIG_PHASE_CONFIRM,
            "announce-self", arguments,
            "tell the network once more where the guest is");
    return 0;
}

static int add_finish(struct plan *plan, const struct plan_input *in,
                      const struct facts *dest, struct qmp_error **errp)
{
    int known = facts_feature(dest, FEATURE_BLOCK_SET_ACTIVE);

    if (!plan->arrives_paused)
        add(plan, STEP_TAKEOVER, QMIG_SIDE_DEST, QMIG_PHASE_FINISH, "cont",
            NULL, "the destination takes over");
    else if (known) {
        add(plan, STEP_TAKEOVER, QMIG_SIDE_DEST, QMIG_PHASE_FINISH,
            "blockdev-set-active",
            qmp_in_object("active", json_object_new_boolean(true)),
            "the guest stays paused, its disks are the destination's");
        if (known < 0)
            plan->steps[plan->n - 1].tries = FEATURE_BLOCK_SET_ACTIVE;
    }
    if (add_announce(plan, in, dest, errp) < 0)
        return -1;
    add_tidy(plan);
    plan->blocktime =
        settings_qemu_capability(in, QMIG_SIDE_DEST, "postcopy-blocktime") > 0;
    if (!in->keep_source)
        add(plan, STEP_QUIT, QMIG_SIDE_SOURCE, QMIG_PHASE_CONFIRM, "quit", NULL,
            "the guest is the destination's");
    return 0;
}

static int build(struct plan *plan, const struct plan_input *in,
                 const struct facts *source, const struct facts *dest,
                 enum qmig_side *side, char **warnings, struct qmp_error **errp)
{
    CLEANUP(settings_clear) struct settings there = {0};
    CLEANUP(settings_clear) struct settings here = {0};

    plan->source_runs = plan_status_runs(source->status);
    plan->arrives_paused = !plan->source_runs || (in->flags & QMIG_PAUSED);
    plan->return_path = facts_capability(source, "return-path") >= 0 &&
                        !transport_is_one_way(in);
    plan->pauses = facts_capability(source, "pause-before-switchover") >= 0;

    if (decide_uri(plan, in, dest, errp) < 0 ||
        tls_check_uri(in, &plan->uri, errp) < 0 ||
        storage_choose(plan, in, source, dest, side, warnings, errp) < 0)
        return -1;
    add_tls(plan, in, QMIG_SIDE_DEST);
    add_tls(plan, in, QMIG_SIDE_SOURCE);
    storage_add_exports(plan, in, dest);
    storage_add_undo(plan);
    add(plan, STEP_SET, QMIG_SIDE_DEST, QMIG_PHASE_PREPARE, "stop", NULL,
        "disarm: it shall not start by itself once it has loaded");
    *side = QMIG_SIDE_DEST;
    if (add_settings(plan, in, QMIG_SIDE_DEST, dest, source, &there, errp) < 0)
        return -1;
    if (!plan->pauses) /* then nothing would wait for it later */
        add_at_load(plan, STEP_SET, QMIG_PHASE_PREPARE, &there);
    *side = QMIG_SIDE_SOURCE;
    if (add_settings(plan, in, QMIG_SIDE_SOURCE, source, dest, &here, errp) < 0)
        return -1;
    *side = QMIG_SIDE_CONTROLLER;
    if (plan->dest_gets_fd)
        add_pass(plan, STEP_SET, QMIG_SIDE_DEST);
    if (!plan->dest_listens)
        add_listen(plan, dest);
    add_clients(plan, in, dest, warnings);
    if (add_perform(plan, in, source, &here, &there, errp) < 0)
        return -1;
    return add_finish(plan, in, dest, errp);
}

int plan_make(struct plan *plan, const struct plan_input *in,
              const struct facts *source, const struct facts *dest,
              enum qmig_side *side, char **warnings, struct qmp_error **errp)
{
    struct plan made = {0};

    if (in->image)
        return plan_make_image(plan, in, source, dest, side, warnings, errp);
    *side = QMIG_SIDE_SOURCE;
    if (plan_check_source(in, source, errp) < 0 ||
        transport_check_facts(in, source, errp) < 0 ||
        tls_check(in, *side, source, warnings, errp) < 0)
        return -1;
    *side = QMIG_SIDE_DEST;
    if (plan_check_dest(in, source, dest, warnings, errp) < 0 ||
        storage_check_cache(in, dest, errp) < 0 ||
        transport_check_facts(in, dest, errp) < 0 ||
        tls_check(in, *side, dest, warnings, errp) < 0)
        return -1;
    *side = QMIG_SIDE_CONTROLLER;
    if (build(&made, in, source, dest, side, warnings, errp) < 0) {
        plan_clear(&made);
        return -1;
    }
    *plan = made;
    return 0;
}
