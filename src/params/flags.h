/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's migration flags as a table. */
#ifndef QMIG_FLAGS_H
#define QMIG_FLAGS_H

#include "qmigrate.h"

struct flag_info {
    const char *name; /* lower case, without VIR_MIGRATE_ */
    unsigned value;
    const char *help;
};

/* In the order of their values. */
extern const struct flag_info flag_table[];
extern const size_t flag_table_n;

#endif
