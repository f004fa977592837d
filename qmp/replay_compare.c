/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command that came against the one that was recorded. */
#include "json.h"
#include "jsondiff.h"
#include "replay_priv.h"

#include <string.h>

#define MAX_SHOWN 5 /* differences in a message */

struct comparison {
    const struct qmp_replay *r;
    const char *command;
    struct qmp_buffer text; /* the first differences */
    size_t count;
};

static bool is_ignored(const struct comparison *c, const char *path)
{
    size_t n = strlen(c->command);

    for (char **i = c->r->ignore; *i; i++) {
        if (strncmp(*i, c->command, n) || (*i)[n] != '.')
            continue;
        size_t len = strlen(*i + n + 1);
        if (!strncmp(path, *i + n + 1, len) && strchr(".[", path[len]))
            return true; /* that, or below it; strchr finds the NUL as well */
    }
    return false;
}

static void show(struct qmp_buffer *b, struct json_object *v, bool there)
{
    CLEANUP(freep) char *text = there ? qmp_json_text(v) : NULL;
    char shown[80];

    qmp_buffer_puts(
        b, text ? qmp_printable(shown, sizeof(shown), text, strlen(text))
                : "missing");
}

static void on_difference(const char *path, struct json_object *recorded,
                          struct json_object *now, unsigned there, void *opaque)
{
    struct comparison *c = opaque;
    char shown[100];

    if (is_ignored(c, path) ||
        (json_object_is_type(recorded, json_type_string) &&
         !strcmp(json_object_get_string(recorded), "***") && (there & 2)))
        return;
    if (++c->count > MAX_SHOWN)
        return;
    qmp_buffer_printf(&c->text, "%s%s is ", c->count > 1 ? "; " : "",
                      qmp_printable(shown, sizeof(shown), path, strlen(path)));
    show(&c->text, recorded, there & 1);
    qmp_buffer_puts(&c->text, " in the recording, ");
    show(&c->text, now, there & 2);
    qmp_buffer_puts(&c->text, " now");
}

static struct json_object *arguments(struct json_object *msg,
                                     struct json_object *none)
{
    struct json_object *args = NULL;

    return json_object_object_get_ex(msg, "arguments", &args) ? args : none;
}

bool replay_is_command(const struct qmp_replay *r, const struct step *s,
                       struct json_object *msg, char **why)
{
    CLEANUP(json_putp) struct json_object *none = json_object_new_object();
    CLEANUP(qmp_buffer_done) struct qmp_buffer text = {0};
    struct comparison c = {.r = r};
    bool oob;
    bool oob_now;
    const char *name = replay_command(s->msg, &oob);
    const char *name_now = replay_command(msg, &oob_now);
    char shown[64];

    c.command = name;
    if (strcmp(name, name_now) || oob != oob_now) {
        if (why && asprintf(why, "'%s'%s was recorded, '%s'%s came", name,
                            oob ? " (out of band)" : "",
                            qmp_printable(shown, sizeof(shown), name_now,
                                          strlen(name_now)),
                            oob_now ? " (out of band)" : "") < 0)
            *why = NULL;
        return false;
    }
    qmp_json_diff(arguments(s->msg, none), arguments(msg, none), on_difference,
                  &c);
    text = c.text;
    if (!c.count)
        return true;
    if (c.count > MAX_SHOWN)
        qmp_buffer_printf(&text, "; and %zu more", c.count - MAX_SHOWN);
    if (why && (qmp_buffer_append(&text, "", 1) < 0 ||
                asprintf(why, "'%s' has other arguments: %s", name,
                         qmp_buffer_data(&text)) < 0))
        *why = NULL;
    return false;
}
