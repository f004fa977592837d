/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Domain stores: what is to be written and removed is found out from flags,
 * parameters and XMLs before anything is touched; the engine (or an offline
 * migration) then says when. Each step is one process after the other; the
 * loop waits for their ends.
 */
#include "job/job.h"

#include "error/errcode.h"

#include <string.h>

/* As virsh and libvirt: both are about definitions, so one must be there. */
static int check_domain(const struct qmig_migration *m, const char *flag,
                        struct qmp_error **errp)
{
    if (m->domain_xml)
        return 0;
    qmp_fail(errp, QMIG_ERR_USAGE,
             "flag '%s' is about the guest's definition, and there is no "
             "domain XML",
             flag);
    return qmp_hint(errp, "give --domain FILE (from 'virsh dumpxml "
                          "--migratable')");
}

static int take_store(const struct qmig_migration *m, enum qmig_side side,
                      const char *text, unsigned flag, const char *name,
                      struct store_addr *ret, struct qmp_error **errp)
{
    const char *option =
        side == QMIG_SIDE_SOURCE ? "--source-store" : "--dest-store";

    if (!(m->flags & flag) && !text)
        return 0;
    if (!text) {
        qmp_fail(errp, QMIG_ERR_USAGE, "flag '%s' needs the %s's domain store",
                 name, side_name(side));
        return qmp_hint(errp, "give %s DIR", option);
    }
    if (!(m->flags & flag)) {
        qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                 "the %s's domain store requires flag '%s'", side_name(side),
                 name);
        return qmp_hint(errp, "add flag '%s', or leave out %s", name, option);
    }
    if (check_domain(m, name, errp) < 0)
        return -1;
    return store_addr_parse(text, ret, errp);
}

int job_take_stores(struct qmig_migration *m, const struct qmig_options *o,
                    struct qmp_error **errp)
{
    struct store_addr *addr = m->store.move.addr;

    if (take_store(m, QMIG_SIDE_SOURCE, o->source_store, QMIG_UNDEFINE_SOURCE,
                   "undefine_source", &addr[QMIG_SIDE_SOURCE], errp) < 0)
        return -1;
    return take_store(m, QMIG_SIDE_DEST, o->dest_store, QMIG_PERSIST_DEST,
                      "persist_dest", &addr[QMIG_SIDE_DEST], errp);
}

bool job_has_stores(const struct qmig_migration *m)
{
    return m->store.move.addr[QMIG_SIDE_SOURCE].kind != STORE_NONE ||
           m->store.move.addr[QMIG_SIDE_DEST].kind != STORE_NONE;
}

/* Not as destination_xml: a difference matters at the guest's next start, and
 * may well be meant. */
static int warn_of_differences(struct qmig_migration *m,
                               const struct domain *dom)
{
    CLEANUP(freep) char *text = NULL;

    if (abi_check(m->domain, dom, NULL, ABI_POLICY_GUEST, 0,
                  &m->persistent_report, &m->error) < 0)
        return -1;
    const struct abi_report *r = m->persistent_report;
    if (r->verdict == ABI_INVALID)
        return qmp_fail(&m->error, QMIG_ERR_XML, "persistent_xml: %s",
                        r->invalid);
    for (size_t i = 0; i < r->n && m->o.warn; i++) {
        free(text);
        if (asprintf(&text,
                     "persistent_xml: %s; the guest will see it at its "
                     "next start",
                     r->differences[i].message) < 0) {
            text = NULL;
            return qmp_fail(&m->error, QMP_ERR_NOMEM, "out of memory");
        }
        m->o.warn(text, m->o.opaque);
    }
    return 0;
}

static int same(struct qmig_migration *m, const char *what, const char *found,
                const char *wanted)
{
    if (found && wanted && !strcmp(found, wanted))
        return 0;
    qmp_fail(&m->error, QMIG_ERR_NAME_MISMATCH,
             "persistent_xml: <%s> '%s' does not match source '%s'", what,
             found ? found : "", wanted ? wanted : "");
    return qmp_hint(&m->error, "it is of the same guest; another name on the "
                               "destination is the business of the parameter "
                               "destination_name");
}

static int check_persistent_xml(struct qmig_migration *m, const char *xml)
{
    CLEANUP(domain_freep) struct domain *dom = NULL;

    if (domain_parse(xml, strlen(xml), "persistent_xml", &dom, &m->error) < 0 ||
        same(m, "name", domain_name(dom), domain_name(m->domain)) < 0 ||
        same(m, "uuid", domain_uuid(dom), domain_uuid(m->domain)) < 0)
        return -1;
    return warn_of_differences(m, dom);
}

/* What the destination will have in its store. */
static int make_definition(struct qmig_migration *m, const char *dest_xml)
{
    const char *given = params_string(m->params, "persistent_xml");
    const char *name = params_string(m->params, "destination_name");
    CLEANUP(freep) char *renamed = NULL;

    if (given && check_persistent_xml(m, given) < 0)
        return -1;
    if (given && name) {
        renamed = domain_text_with_name(given, strlen(given), name, &m->error);
        if (!renamed)
            return -1;
    }
    const char *xml = renamed ? renamed : given ? given : dest_xml;
    m->store.move.text = domain_text_inactive(xml, strlen(xml), &m->error);
    return m->store.move.text ? 0 : -1;
}

static int take_identity(struct qmig_migration *m)
{
    struct store_move *move = &m->store.move;
    const char *name = domain_name(m->domain);
    const char *dest_name = params_string(m->params, "destination_name");

    if (!domain_uuid(m->domain))
        return qmp_fail(&m->error, QMIG_ERR_XML,
                        "the domain XML has no <uuid>: a definition in a "
                        "domain store is known by it");
    if (!name)
        return qmp_fail(&m->error, QMIG_ERR_XML,
                        "the domain XML has no <name>");
    move->uuid = strdup(domain_uuid(m->domain));
    move->file[QMIG_SIDE_SOURCE] = store_file_name(name, &m->error);
    move->file[QMIG_SIDE_DEST] =
        store_file_name(dest_name ? dest_name : name, &m->error);
    if (asprintf(&move->temp, ".qmigrate-%s.new", m->id) < 0)
        move->temp = NULL;
    if (m->error)
        return -1;
    return move->uuid && move->temp
               ? 0
               : qmp_fail(&m->error, QMP_ERR_NOMEM, "out of memory");
}

int job_prepare_stores(struct qmig_migration *m, const char *dest_xml)
{
    struct store_move *move = &m->store.move;

    if (!job_has_stores(m))
        return 0;
    if (take_identity(m) < 0)
        return -1;
    if (move->addr[QMIG_SIDE_DEST].kind == STORE_NONE)
        return 0;
    /* A store that is both would lose what it got. */
    if (move->addr[QMIG_SIDE_SOURCE].kind != STORE_NONE &&
        !strcmp(move->addr[0].text, move->addr[1].text) &&
        !strcmp(move->file[0], move->file[1]))
        return qmp_fail(&m->error, QMIG_ERR_USAGE,
                        "source and destination have the same domain store "
                        "'%s': '%s' would be written there and removed",
                        move->addr[0].text, move->file[0]);
    return make_definition(m, dest_xml);
}

/* A step that runs */

static void end_step(struct qmig_migration *m, const struct qmp_error *err)
{
    enum move_step step = m->store.step;

    store_end(&m->store.run);
    m->store.step = MOVE_NONE;
    m->store.done(m, step, err);
}

/* The next request of the step, or its end. */
static void go_on(struct qmig_migration *m)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct job_store *s = &m->store;

    store_end(&s->run);
    if (!move_next(&s->move, s->step, &s->at, &s->request, &s->side) ||
        store_start(&s->run, &s->move.addr[s->side], &s->request, &err) < 0) {
        s->refused = err != NULL; /* it did not even begin */
        end_step(m, err);
    }
}

static void note(const struct qmig_migration *m, const char *did,
                 const struct qmp_error *err)
{
    const struct job_store *s = &m->store;
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();
    const struct {
        const char *name;
        const char *value;
    } members[] = {
        {"side", side_name(s->side)},
        {"directory", s->move.addr[s->side].text},
        {"file", s->request.file},
        {"did", did},
        {"error", err ? err->msg : NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        if (members[i].value)
            json_object_object_add(data, members[i].name,
                                   json_object_new_string(members[i].value));
    if (m->transcript)
        qmp_transcript_note(m->transcript, qmp_now_us(), "store", data);
}

/* For recover. If it does not reach the disk recover does it again, and finds
 * it done. */
static void keep(struct qmig_migration *m, const char *did)
{
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();

    json_object_object_add(data, "did", json_object_new_string(did));
    if (m->journal)
        journal_write(m->journal, "store", data, false, NULL);
}

/* *did: for the journal, NULL for what changed nothing. */
static int take_reply(struct qmig_migration *m, const char **did,
                      struct qmp_error **errp)
{
    CLEANUP(store_reply_clear) struct store_reply reply = {0};
    struct job_store *s = &m->store;

    if (store_finish(&s->run, &reply, errp) < 0)
        return -1;
    if (s->step == MOVE_LOOK) {
        s->found = move_is_published(&s->move, reply.old);
        return 0;
    }
    if (s->request.op == STORE_CHECK)
        return move_learn(&s->move, s->side, &reply, errp);
    *did = move_did(&s->move, s->request.op);
    keep(m, *did);
    return 0;
}

/* What is left to do by hand, or by recover. */
static void advise(struct qmig_migration *m, struct qmp_error **errp)
{
    enum store_op op = m->store.request.op;
    bool goes_back = op == STORE_PUBLISH && m->flags & QMIG_OFFLINE;

    if (op != STORE_CHECK && op != STORE_STAGE && !goes_back)
        qmp_prefix(errp, "%s; 'recover %s' tries again",
                   op == STORE_DISCARD
                       ? "what was staged is left in the destination's store"
                   : op == STORE_REMOVE
                       ? "the guest is still defined on the source"
                       : "the guest is not defined on the destination",
                   m->id);
}

void job_start_store(struct qmig_migration *m, enum move_step step,
                     int64_t deadline, job_store_done *done)
{
    m->store.step = step;
    m->store.at = 0;
    m->store.deadline = deadline;
    m->store.done = done;
    go_on(m);
}

void job_check_store(struct qmig_migration *m, int64_t now)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct job_store *s = &m->store;
    struct pollfd fd = {.fd = s->run.pidfd, .events = POLLIN};
    const char *did = NULL;

    if (!s->step)
        return;
    if (poll(&fd, 1, 0) > 0) {
        take_reply(m, &did, &err);
    } else if (now >= s->deadline) {
        qmp_fail(&err, QMIG_ERR_STORE, "%s: no answer within %.3g seconds",
                 s->run.what, (double)m->deadlines.us[DEADLINE_store] / 1e6);
    } else {
        return;
    }
    if (did || err)
        note(m, did, err);
    if (!err) {
        go_on(m);
        return;
    }
    s->refused = s->run.refused;
    advise(m, &err);
    end_step(m, err);
}

void job_end_store(struct qmig_migration *m)
{
    store_end(&m->store.run);
    m->store.step = MOVE_NONE;
    move_clear(&m->store.move);
}

int job_save_stores(struct qmig_migration *m, struct json_object *begin,
                    struct qmp_error **errp)
{
    struct json_object *stores = NULL;

    if (!job_has_stores(m))
        return 0;
    if (move_save(&m->store.move, m->dir, &stores, errp) < 0) {
        if (errp && *errp)
            (*errp)->code = QMIG_ERR_JOURNAL;
        return -1;
    }
    json_object_object_add(begin, "stores", stores);
    return 0;
}
