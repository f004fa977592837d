/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparing single values and objects of two normalised domains. */
#ifndef ABI_COMPARE_H
#define ABI_COMPARE_H

#include "abi/norm.h"

/* Does row `i` say anything about an object with such an address? */
bool compare_applies(const struct dom_object *o, unsigned i);

/* Would libvirt take the two values for equal (or not compare them)? */
bool compare_libvirt(const struct dom_object *a, const struct dom_object *b,
                     unsigned i);

/* Are they the same to the guest, an absent one counting as its default? */
bool compare_guest(const struct dom_object *a, const struct dom_object *b,
                   unsigned i);

/* Does libvirt compare this row in this kind of object at all? */
bool compare_is_libvirts(const struct dom_kind *kind, unsigned i);

/* Are all rows that libvirt compares equal, children included? */
bool compare_objects(const struct dom_object *a, const struct dom_object *b);

/* libvirt's rule for a list: same count, then one by one by position. */
bool compare_lists(const struct domain *a, const struct domain *b,
                   enum dom_kind_id kind);

/* NUMA distance from a cell to the one of that id, defaults included. */
int64_t compare_distance(const struct domain *d, int64_t from, int64_t to);

/* States of the vCPUs 0.. (max): online and order. NULL: out of memory, or
 * more than COMPARE_MAX_VCPUS. */
struct vcpu_state {
    bool online;
    int64_t order;
};
#define COMPARE_MAX_VCPUS 16384
struct vcpu_state *compare_vcpus(const struct domain *d);

#endif
