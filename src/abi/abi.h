/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guest-ABI comparison of two domain documents: every difference at once.
 *
 * Two policies. ABI_POLICY_LIBVIRT gives the verdict that libvirt 11.3 would
 * give, by its rule that lists are compared by position. ABI_POLICY_GUEST
 * refuses what the guest could see, whatever libvirt thinks of it, and lets
 * pass what it could not see.
 *
 * The report pairs devices by identity (target, MAC, address, alias), so that
 * one added disk is one difference. Neither domain is changed.
 */
#ifndef ABI_ABI_H
#define ABI_ABI_H

#include <stddef.h>

#include "domain/domain.h"
#include "qmp/error.h"

enum abi_policy { ABI_POLICY_GUEST, ABI_POLICY_LIBVIRT };
enum abi_verdict { ABI_SAME, ABI_DIFFERS, ABI_INVALID };

enum abi_severity {
    ABI_REFUSED, /* libvirt refuses it */
    ABI_SILENT,  /* the guest can see it, and libvirt lets it pass */
    ABI_HOST,    /* the host's own affair */
};

enum abi_flags {
    ABI_CHECK_ALL = 1 << 0, /* differences that do not count as well */
};

struct abi_difference {
    char *code;   /* stable: "disk.bus" */
    char *device; /* what it belongs to, for grouping: "disk 'vda'" */
    char *path;   /* in the destination, or in the source where it is gone */
    char *source; /* values; NULL = absent */
    char *dest;
    char *message; /* one line */
    char *hint;    /* cause and remedy, or NULL */
    enum abi_severity severity;
    int source_line, dest_line; /* 0: not written there */
};

struct abi_report {
    enum abi_policy policy;
    enum abi_verdict verdict;
    char *invalid; /* ABI_INVALID: "file:line: what is wrong" */
    size_t n;      /* differences, those of one device together */
    struct abi_difference *differences;
};

struct abi_caps;

/*
 * 0 and a new *ret (abi_report_free); -1 only when memory runs out. `caps` is
 * what the guest's QEMU can do (caps.h); NULL: a current one is assumed. It
 * decides the defaults of both documents, and what machine types there are.
 */
int abi_check(const struct domain *src, const struct domain *dst,
              const struct abi_caps *caps, enum abi_policy policy,
              unsigned flags, struct abi_report **ret, struct qmp_error **errp);

void abi_report_free(struct abi_report *report); /* NULL is fine */

static inline void abi_report_freep(struct abi_report **report)
{
    abi_report_free(*report);
}

/* The object that `check --json` prints; a new reference, NULL: no memory. */
struct json_object *abi_report_json(const struct abi_report *report,
                                    const char *source, const char *dest);

/* As above for two documents of which one could not even be parsed. */
struct json_object *abi_invalid_json(const char *why, const char *source,
                                     const char *dest);

const char *abi_verdict_str(enum abi_verdict v);
const char *abi_severity_str(enum abi_severity s);

#endif
