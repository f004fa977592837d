/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The story of a simulated migration as text, one line an event or action. */
#include "tests/lib/sim_priv.h"

#include <string.h>

static const char *side_letter(enum qmig_side side)
{
    return side == QMIG_SIDE_SOURCE ? "S" : "D";
}

void sim_trace_event(struct sim *s, const struct engine_event *ev)
{
    static const char *const kinds[] = {
        [EV_START] = "start",
        [EV_READY] = "ready",
        [EV_REPLY] = "reply",
        [EV_EVENT] = "event",
        [EV_LOST] = "lost",
        [EV_TIME] = "time",
        [EV_CANCEL] = "cancel",
        [EV_POSTCOPY] = "postcopy",
        [EV_JOURNAL_FAILED] = "journal failed",
        [EV_TUNE] = "tune",
        [EV_SWITCHOVER] = "switchover",
        [EV_CHANNEL] = "channel",
        [EV_HOOK_DONE] = "hook done",
    };

    if (ev->kind == EV_EVENT)
        fprintf(
            s->trace, "< %s %s %s\n", side_letter(ev->side), ev->name,
            json_object_to_json_string_ext(ev->object, JSON_C_TO_STRING_PLAIN));
    else if (ev->kind == EV_HOOK_DONE)
        fprintf(s->trace, "  hook %s %s\n", hook_name((enum hook)ev->tag),
                ev->err ? ev->err->msg : "done");
    else if (ev->kind == EV_STORE_DONE)
        fprintf(s->trace, "  store %s %s\n",
                move_step_name((enum move_step)ev->tag),
                ev->err ? ev->err->msg : "done");
    else if (ev->kind == EV_CHANNEL)
        fprintf(s->trace, "  channel %s\n", ev->err ? ev->err->msg : "open");
    else if (ev->kind != EV_TIME && ev->kind != EV_REPLY)
        fprintf(s->trace, "< %s %s\n",
                ev->kind == EV_CANCEL || ev->kind == EV_SWITCHOVER ||
                        ev->kind == EV_JOURNAL_FAILED || ev->kind == EV_START
                    ? "-"
                    : side_letter(ev->side),
                kinds[ev->kind]);
    else if (ev->kind == EV_REPLY && ev->err)
        fprintf(s->trace, "< %s error %s\n", side_letter(ev->side),
                ev->err->msg);
}

void sim_trace_action(struct sim *s, const struct engine_action *a)
{
    struct json_object *why = NULL;
    struct json_object *from = NULL;
    struct json_object *to = NULL;

    if (a->kind == ACT_SEND) {
        if (strncmp(a->name, "query-", 6) != 0)
            fprintf(s->trace, "> %s %s%s\n", side_letter(a->side), a->name,
                    a->oob ? " oob" : "");
    } else if (a->kind == ACT_JOURNAL) {
        fprintf(s->trace, "  journal %s\n", a->name);
    } else if (a->kind == ACT_NOTE && !strcmp(a->name, "state")) {
        json_object_object_get_ex(a->arguments, "why", &why);
        json_object_object_get_ex(a->arguments, "from", &from);
        json_object_object_get_ex(a->arguments, "to", &to);
        fprintf(s->trace, "  %s -> %s (%s)\n", json_object_get_string(from),
                json_object_get_string(to), json_object_get_string(why));
    } else if (a->kind == ACT_NOTE &&
               json_object_object_get_ex(a->arguments, "at", &why)) {
        fprintf(s->trace, "  %s %s\n", a->name, json_object_get_string(why));
    } else if (a->kind == ACT_WARN) {
        fprintf(s->trace, "  warning: %s\n", a->text);
    } else if (a->kind == ACT_HOOK) {
        fprintf(s->trace, "  hook %s\n", a->name);
    } else if (a->kind == ACT_STORE) {
        fprintf(s->trace, "  store %s\n", a->name);
    } else if (a->kind == ACT_CHANNEL || a->kind == ACT_CHANNEL_CLOSE) {
        fprintf(s->trace, "  make channel%s\n",
                a->kind == ACT_CHANNEL ? "" : " go away");
    } else if (a->kind == ACT_KILL_DEST) {
        fprintf(s->trace, "  kill D\n");
    }
}
