/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which answers polls get, that come more or less often than recorded. */
#include "client.h"
#include "member.h"
#include "replay_priv.h"

#include <string.h>

/* Commands that ask how a job goes on: clients send them by the clock. */
static const char *const polls[] = {
    "query-balloon", "query-block-jobs", "query-jobs",
    "query-migrate", "query-status",
};

bool replay_is_poll(const char *command)
{
    for (size_t i = 0; i < ARRAY_SIZE(polls); i++)
        if (!strcmp(polls[i], command))
            return true;
    return false;
}

/* Which recorded answer fits a poll that came after `heard_before` commands:
 * one of the same place between commands, of the same time between events, and
 * not used yet, as far as there is one. */
size_t replay_choose_answer(const struct qmp_replay *r, size_t peer,
                            const struct asked *a)
{
    size_t best = NO_STEP;
    int best_score = -1;

    for (size_t i = 0; i < r->n_steps; i++) {
        const struct step *s = &r->steps[i];
        size_t ans = s->partner;

        if (s->peer != peer || s->kind != STEP_POLL || ans == NO_STEP ||
            !replay_is_command(r, s, a->msg, NULL))
            continue;

        bool here = s->before == a->heard_before;
        bool past = i < r->next;
        bool next = past && ans >= r->last_said && !r->steps[ans].heard;
        int score = here * 4 + next * 2 + past;

        /* Of equal ones the first that comes next, else the latest. */
        if (score > best_score || (score == best_score && past && !next)) {
            best = ans;
            best_score = score;
        }
    }
    return best;
}

/*
 * The answer `ans` to a poll that was not recorded where it came now. Events
 * said by now have told more, or what it tells has not happened yet: a status
 * that goes back, or ahead, is one that no QEMU gives. NULL: it fits as it is.
 */
struct json_object *replay_up_to_date(const struct qmp_replay *r, size_t ans)
{
    const struct step *s = &r->steps[ans];
    const struct replay_peer *p = &r->peers[s->peer];
    struct json_object *msg = NULL;
    struct json_object *ret = NULL;
    bool oob;

    if (!p->migration || (ans > p->migration_step && ans < r->next) ||
        strcmp(replay_command(r->steps[s->partner].msg, &oob),
               "query-migrate") != 0 ||
        json_object_deep_copy(s->msg, &msg, NULL) < 0)
        return NULL;
    json_object_object_get_ex(msg, "return", &ret);
    if (json_object_is_type(ret, json_type_object))
        json_object_object_add(ret, "status",
                               json_object_new_string(p->migration));
    return msg;
}

bool replay_is_withdrawn(struct json_object *msg)
{
    struct json_object *error = json_object_object_get(msg, "error");
    const char *desc = NULL;

    if (!error)
        return json_object_object_get_ex(msg, "withdrawn", NULL);
    return qmp_may_string(error, "desc", &desc, NULL) > 0 &&
           !strcmp(desc, QMP_WITHDRAWN_DESC);
}
