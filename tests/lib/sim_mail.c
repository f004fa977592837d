/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/sim_mail.h"

#include "tests/lib/test.h"

#include <errno.h>
#include <string.h>

struct sim_message {
    struct sim_message *next;
    struct engine_event ev;
};

static struct sim_message *new_message(struct sim_mail *mail,
                                       const struct engine_event *ev)
{
    struct sim_message *m = calloc(1, sizeof(*m));

    assert_non_null(m);
    m->ev = *ev;
    if (!mail->first)
        mail->last = &mail->first;
    return m;
}

void sim_mail_put(struct sim_mail *mail, const struct engine_event *ev)
{
    struct sim_message *m = new_message(mail, ev);

    *mail->last = m;
    mail->last = &m->next;
}

void sim_mail_put_first(struct sim_mail *mail, const struct engine_event *ev)
{
    struct sim_message *m = new_message(mail, ev);

    m->next = mail->first;
    mail->first = m;
    if (!m->next)
        mail->last = &m->next;
}

bool sim_mail_take(struct sim_mail *mail, struct engine_event *ev)
{
    struct sim_message *m = mail->first;

    if (!m)
        return false;
    mail->first = m->next;
    *ev = m->ev;
    free(m);
    return true;
}

void sim_mail_clear(struct sim_mail *mail)
{
    struct engine_event ev;

    while (sim_mail_take(mail, &ev))
        sim_event_clear(&ev);
}

void sim_event_clear(struct engine_event *ev)
{
    json_object_put(ev->object);
    qmp_error_free((struct qmp_error *)(uintptr_t)ev->err);
}

void sim_journal_add(struct sim_journal *j, struct json_object *record,
                     bool sync)
{
    struct json_object **more =
        realloc(j->records, (j->n + 1) * sizeof(struct json_object *));

    assert_non_null(more);
    j->records = more;
    j->records[j->n++] = record;
    if (sync)
        j->n_durable = j->n;
}

void sim_journal_lose_unsynced(struct sim_journal *j)
{
    while (j->n > j->n_durable)
        json_object_put(j->records[--j->n]);
}

void sim_journal_clear(struct sim_journal *j)
{
    j->n_durable = 0;
    sim_journal_lose_unsynced(j);
    free(j->records);
    j->records = NULL;
}

void sim_take_answer(struct answer *a, bool alive, bool answers,
                     const char *status, const char *migration)
{
    a->answers = answers;
    if (answers) {
        a->status = strdup(status);
        a->migration = migration ? strdup(migration) : NULL;
        return;
    }
    qmp_fail(&a->err, alive ? QMP_ERR_TIMEOUT : QMP_ERR_CONNECT, "silent");
    a->err->sys = alive ? 0 : ECONNREFUSED;
}
