/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The QEMU of a save or a restore: what it answers, and what it does. */
#include "tests/lib/sim_save_priv.h"

#include "error/errcode.h"
#include "tests/lib/test.h"

#include <string.h>

#define UUID "11111111-2222-3333-4444-555555555555"

/* What can be set, and as it is at first: rows of save_sim.changed. */
/* clang-format off */
static const struct setting {
    const char *name;
    const char *value;
    bool capability;
} settings[] = {
    {"events",           "false",     true},
    {"return-path",      "true",      true},
    {"multifd",          "false",     true},
    {"mapped-ram",       "false",     true},
    {"max-bandwidth",    "134217728", false},
    {"tls-creds",        "\"\"",      false},
    {"direct-io",        "false",     false},
    {"multifd-channels", "2",         false},
};
/* clang-format on */

static void say(struct save_sim *s, const char *name, const char *data)
{
    if (s->connected)
        save_sim_post(s, (struct engine_event){.kind = EV_EVENT,
                                               .name = name,
                                               .object = sim_parse(data)});
}

void save_sim_talk_nonsense(struct save_sim *s)
{
    say(s, "MIGRATION", "{\"status\":1}");
}

static void migration(struct save_sim *s, const char *status)
{
    char data[64];

    s->migration = status;
    snprintf(data, sizeof(data), "{\"status\":\"%s\"}", status);
    say(s, "MIGRATION", data);
}

static bool has_migrated(const struct save_sim *s, const char *status)
{
    return s->migration && !strcmp(s->migration, status);
}

static void run(struct save_sim *s, bool runs, const char *status)
{
    if (runs != s->runs)
        say(s, runs ? "RESUME" : "STOP", "{}");
    s->runs = runs;
    s->status = status;
    /* A guest that is in the file for good, or not yet whole. */
    if (runs && (s->saved || (!s->image.save && !has_migrated(s, "completed"))))
        s->ran_early = true;
    if (runs && !s->image.save && !s->committed)
        s->ran_unrecorded = true;
}

void save_sim_lose(struct save_sim *s)
{
    struct engine_event ev = {.kind = EV_LOST};
    struct qmp_error *err = NULL;

    if (!s->connected)
        return;
    s->connected = false;
    qmp_fail(&err, QMP_ERR_CLOSED, "it is gone");
    ev.err = err;
    save_sim_post(s, ev);
}

void save_sim_die(struct save_sim *s)
{
    s->alive = s->runs = s->flows = false;
    save_sim_lose(s);
}

void save_sim_flow(struct save_sim *s)
{
    if (!s->flows)
        return;
    s->flows = false;
    if (s->image.save)
        save_sim_fill(s, s->full ? 10 : SAVE_STREAM);
    if (s->full) {
        migration(s, "failed");
    } else if (s->image.save) {
        run(s, false, "postmigrate");
        migration(s, "completed");
    } else {
        s->status = "paused";
        migration(s, "completed");
        if (s->armed)
            run(s, true, "running");
    }
}

static void transfer(struct save_sim *s)
{
    migration(s, "setup");
    migration(s, "active");
    s->flows = true;
    s->looks = s->o.slow ? 3 : 0;
    if (!s->looks)
        save_sim_flow(s);
}

static struct json_object *info(struct save_sim *s)
{
    char text[160];

    if (s->flows && --s->looks == 0)
        save_sim_flow(s);
    if (!s->migration)
        return sim_parse("{}");
    snprintf(text, sizeof(text),
             "{\"status\":\"%s\",\"total-time\":7,"
             "\"ram\":{\"transferred\":1000}%s}",
             s->migration,
             s->full ? ",\"error-desc\":\"No space left on device\"" : "");
    return sim_parse(text);
}

static struct json_object *list_settings(bool capabilities)
{
    struct json_object *all =
        capabilities ? json_object_new_array() : json_object_new_object();

    for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
        const struct setting *row = &settings[i];
        struct json_object *o = capabilities ? json_object_new_object() : NULL;

        if (row->capability != capabilities) {
            json_object_put(o);
        } else if (o) {
            json_object_object_add(o, "capability",
                                   json_object_new_string(row->name));
            json_object_object_add(o, "state", sim_parse(row->value));
            json_object_array_add(all, o);
        } else {
            json_object_object_add(all, row->name, sim_parse(row->value));
        }
    }
    return all;
}

struct json_object *save_sim_answer(struct save_sim *s, const char *name)
{
    char text[80];

    if (!strcmp(name, "query-status")) {
        snprintf(text, sizeof(text), "{\"status\":\"%s\",\"running\":%s}",
                 s->status, s->runs ? "true" : "false");
        return sim_parse(text);
    }
    if (!strcmp(name, "query-migrate"))
        return info(s);
    if (!strcmp(name, "query-migrate-capabilities"))
        return list_settings(true);
    if (!strcmp(name, "query-migrate-parameters"))
        return list_settings(false);
    return sim_parse(!strcmp(name, "query-uuid")   ? "{\"UUID\":\"" UUID "\"}"
                     : !strcmp(name, "query-name") ? "{\"name\":\"guest\"}"
                                                   : "{}");
}

static void set(struct save_sim *s, const char *name, struct json_object *value)
{
    for (unsigned i = 0; i < ARRAY_SIZE(settings); i++) {
        CLEANUP(json_putp) struct json_object *was = NULL;

        if (strcmp(settings[i].name, name) != 0)
            continue;
        was = sim_parse(settings[i].value);
        s->changed &= ~(1u << i);
        s->changed |= (unsigned)!json_object_equal(was, value) << i;
        return;
    }
    fail_msg("'%s' cannot be set", name);
}

static void set_capabilities(struct save_sim *s, struct json_object *arguments)
{
    struct json_object *list =
        json_object_object_get(arguments, "capabilities");

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);

        set(s, json_object_get_string(json_object_object_get(o, "capability")),
            json_object_object_get(o, "state"));
    }
}

static void set_parameters(struct save_sim *s, struct json_object *arguments)
{
    json_object_object_foreach(arguments, name, value)
    {
        set(s, name, value);
    }
}

void save_sim_obey(struct save_sim *s, const char *name,
                   struct json_object *arguments)
{
    bool save = s->image.save;

    if (!strcmp(name, "migrate") || !strcmp(name, "migrate-incoming")) {
        transfer(s);
    } else if (!strcmp(name, "stop") && save) {
        run(s, false, "paused");
    } else if (!strcmp(name, "stop")) {
        s->armed = false;
    } else if (!strcmp(name, "cont")) {
        run(s, true, "running");
    } else if (!strcmp(name, "migrate_cancel") && has_migrated(s, "active")) {
        s->flows = false;
        migration(s, "cancelled");
    } else if (!strcmp(name, "migrate-set-capabilities")) {
        set_capabilities(s, arguments);
    } else if (!strcmp(name, "migrate-set-parameters")) {
        set_parameters(s, arguments);
    } else if (!strcmp(name, "add-fd") || !strcmp(name, "remove-fd")) {
        s->holds_file = !strcmp(name, "add-fd");
    } else if (!strcmp(name, "quit")) {
        s->quit_early |= save && !s->saved;
        save_sim_die(s);
    }
}
