/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain XMLs of a job: the destination's must describe the same guest,
 * and is what the destination gets, under its new name.
 */
#include "job/job.h"

#include "error/errcode.h"
#include "job/image.h"

#include <string.h>

/* Same set of virtual devices? Every difference becomes a warning line, the
 * error sums up. */
static int check_abi(struct qmig_migration *m, const struct domain *dest)
{
    if (abi_check(m->domain, dest, NULL, ABI_POLICY_GUEST, 0, &m->report,
                  &m->error) < 0)
        return -1;
    if (m->report->verdict == ABI_SAME)
        return 0;
    if (m->report->verdict == ABI_INVALID)
        return qmp_fail(&m->error, QMIG_ERR_XML, "destination_xml: %s",
                        m->report->invalid);
    for (size_t i = 0; i < m->report->n && m->o.warn; i++)
        m->o.warn(m->report->differences[i].message, m->o.opaque);
    qmp_fail(&m->error, QMIG_ERR_ABI,
             "destination_xml changes the guest ABI: %zu difference%s, the "
             "first: %s",
             m->report->n, m->report->n == 1 ? "" : "s",
             m->report->differences[0].message);
    return qmp_hint(&m->error, "'qmigrate check' shows them all");
}

static int check_names(struct qmig_migration *m, const struct domain *dest)
{
    const char *source_name = domain_name(m->domain);
    const char *dest_name = domain_name(dest);

    if (source_name && dest_name && !strcmp(source_name, dest_name))
        return 0;
    qmp_fail(&m->error, QMIG_ERR_NAME_MISMATCH,
             "destination_xml: <name> '%s' does not match source '%s'",
             dest_name ? dest_name : "", source_name ? source_name : "");
    return qmp_hint(&m->error, "renaming is the business of the parameter "
                               "destination_name");
}

/* The XML that the destination gets: its own or the source's, renamed. */
static int make_dest_xml(struct qmig_migration *m, char **ret)
{
    const char *xml = params_string(m->params, "destination_xml");
    const char *name = params_string(m->params, "destination_name");

    if (!xml)
        xml = m->domain_xml;
    if (name)
        *ret = domain_text_with_name(xml, strlen(xml), name, &m->error);
    else
        *ret = strdup(xml);
    if (!*ret && !m->error)
        qmp_fail(&m->error, QMP_ERR_NOMEM, "out of memory");
    return *ret ? 0 : -1;
}

int job_check_xml(struct qmig_migration *m, char **dest_xml)
{
    const char *xml = params_string(m->params, "destination_xml");
    CLEANUP(domain_freep) struct domain *dest = NULL;

    if (!m->domain_xml) {
        if (!xml)
            return 0;
        qmp_fail(&m->error, QMIG_ERR_USAGE,
                 "destination_xml cannot be checked without the source's "
                 "domain XML");
        return qmp_hint(&m->error, "give --domain FILE (from 'virsh dumpxml "
                                   "--migratable')");
    }
    if (domain_parse(m->domain_xml, strlen(m->domain_xml), "domain", &m->domain,
                     &m->error) < 0)
        return -1;
    if (xml) {
        if (domain_parse(xml, strlen(xml), "destination_xml", &dest,
                         &m->error) < 0 ||
            check_names(m, dest) < 0 || check_abi(m, dest) < 0)
            return -1;
    }
    return make_dest_xml(m, dest_xml);
}

const char *job_guest_name(const struct qmig_migration *m)
{
    if (m->domain)
        return domain_name(m->domain);
    return m->image ? m->image->image.name : NULL;
}

const char *job_guest_uuid(const struct qmig_migration *m)
{
    if (m->domain)
        return domain_uuid(m->domain);
    return m->image ? m->image->image.uuid : NULL;
}
