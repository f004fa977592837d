/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The domain XMLs of a job. */
#include "job/job.h"

#include "error/errcode.h"

int job_check_xml(struct qmig_migration *m, char **dest_xml UNUSED)
{
    if (!m->domain_xml && !params_string(m->params, "destination_xml"))
        return 0;
    return qmp_fail(&m->error, QMIG_ERR_PARAM_UNSUPPORTED,
                    "a domain XML cannot be checked yet: not supported yet");
}
