/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Both domains are normalised, the destination is validated, then each kind
 * of object is compared twice: by position for libvirt's verdict, and by
 * identity for the report. Where libvirt finds nothing the pairs are those of
 * its own positions, so that verdict and report cannot disagree.
 */
#include "abi/abi.h"
#include "abi/compare.h"
#include "abi/match.h"
#include "abi/report.h"

#include <string.h>

static void compare_pair(struct report *rep, const struct dom_object *a,
                         const struct dom_object *b, bool *refused);

/* Devices that are written only to say that there is none. */
static bool is_nothing(const struct dom_object *o)
{
    switch (o->kind->id) {
    case KIND_MEMBALLOON:
        return NUM(o, MEMBALLOON_MODEL) == BALLOON_MODEL_NONE;
    case KIND_VIDEO:
        return NUM(o, VIDEO_TYPE) == VIDEO_TYPE_NONE;
    case KIND_CONTROLLER:
        return NUM(o, CONTROLLER_TYPE) == CONTROLLER_TYPE_USB &&
               TEXT(o, CONTROLLER_MODEL) &&
               !strcmp(TEXT(o, CONTROLLER_MODEL), "none");
    case KIND_CONSOLE:
        /* The other name of a serial port, compared there. */
        return TEXT(o, CONSOLE_TARGET) &&
               !strcmp(TEXT(o, CONSOLE_TARGET), "serial");
    default:
        return false;
    }
}

static void add_unpaired(struct report *rep, const struct dom_object *a,
                         const struct dom_object *b, bool *refused)
{
    const struct dom_object *o = a ? a : b;
    const struct dom_kind *k = o->kind;
    const char *label = match_label(rep->dst, o);
    struct found f = {
        .src = a,
        .dst = b,
        .row = -1,
        .code = dom_printf(rep->dst, "%s.%s", k->code, a ? "removed" : "added"),
        .source = a ? label : NULL,
        .dest = b ? label : NULL,
        .message = dom_printf(rep->dst, "Target domain %s %s, which %s",
                              a ? "lacks" : "has", label,
                              a ? "the source has" : "the source lacks"),
        .libvirt = !(k->flags & DK_UNCOUNTED),
        .guest = !(k->flags & DK_HOST) && !is_nothing(o),
    };

    *refused |= f.libvirt;
    report_add(rep, &f);
}

static void add_row(struct report *rep, const struct dom_object *a,
                    const struct dom_object *b, unsigned i, bool *refused)
{
    const struct dom_field *field = dom_field(a->kind, i);
    bool libvirt = !compare_libvirt(a, b, i);
    bool guest = !compare_guest(a, b, i);
    struct found f = {
        .src = a,
        .dst = b,
        .row = (int)i,
        .source = TEXT(a, i),
        .dest = TEXT(b, i),
        .libvirt = libvirt,
        .guest = guest && field->guest == G_HARD,
    };

    if (!libvirt && !guest)
        return;
    *refused |= libvirt;
    report_add(rep, &f);
}

/* Children of one kind under a pair. */
static void compare_nested(struct report *rep, const struct dom_object *a,
                           const struct dom_object *b, enum dom_kind_id kind,
                           bool *refused)
{
    const struct dom_object *sides[2] = {a, b};
    struct dom_object **o[2] = {NULL, NULL};
    size_t n[2] = {0, 0};
    struct match m = {0};

    for (int s = 0; s < 2; s++) {
        for (struct dom_object *c = sides[s]->children; c; c = c->next)
            n[s] += c->kind->id == kind;
        o[s] = calloc(n[s] + 1, sizeof(*o[s]));
        n[s] = 0;
        for (struct dom_object *c = sides[s]->children; o[s] && c; c = c->next)
            if (c->kind->id == kind)
                o[s][n[s]++] = c;
    }
    if (!o[0] || !o[1] ||
        match_objects(o[0], n[0], o[1], n[1],
                      !(dom_kind(kind)->flags & DK_UNCOUNTED), &m) < 0)
        rep->nomem = true;
    for (size_t i = 0; !rep->nomem && i < m.n; i++) {
        if (m.p[i].src && m.p[i].dst)
            compare_pair(rep, m.p[i].src, m.p[i].dst, refused);
        else
            add_unpaired(rep, m.p[i].src, m.p[i].dst, refused);
    }
    free(m.p);
    free(o[0]);
    free(o[1]);
}

static void compare_pair(struct report *rep, const struct dom_object *a,
                         const struct dom_object *b, bool *refused)
{
    for (unsigned i = 0; i < a->kind->nfields; i++)
        if (a->v[i].given || b->v[i].given)
            add_row(rep, a, b, i, refused);
    if (!a->children && !b->children)
        return;
    for (int k = 0; k < KIND__MAX; k++) {
        const struct dom_kind *kind = dom_kind((enum dom_kind_id)k);

        if (kind->flags & DK_NESTED && kind->parent == a->kind->id &&
            k != KIND_SIBLING)
            compare_nested(rep, a, b, kind->id, refused);
    }
}

static void report_order(struct report *rep, enum dom_kind_id kind)
{
    const struct dom_kind *k = dom_kind(kind);
    const struct dom_list *a = &rep->src->list[kind];
    const struct dom_list *b = &rep->dst->list[kind];
    struct found f = {
        .src = a->n ? a->o[0] : NULL,
        .dst = b->n ? b->o[0] : NULL,
        .row = -1,
        .code = dom_printf(rep->dst, "%s.order", k->code),
        .message = dom_printf(rep->dst,
                              "Target %s list is in another order than the "
                              "source's, and libvirt compares by position",
                              k->label),
        .libvirt = true,
    };

    if (f.src || f.dst)
        report_add(rep, &f);
}

static void compare_kind(struct report *rep, enum dom_kind_id kind)
{
    const struct dom_list *a = &rep->src->list[kind];
    const struct dom_list *b = &rep->dst->list[kind];
    bool same = compare_lists(rep->src, rep->dst, kind);
    bool counted = !(dom_kind(kind)->flags & DK_UNCOUNTED);
    bool refused = false;
    struct match m = {0};

    if (!a->n && !b->n)
        return;
    if (match_objects(a->o, a->n, b->o, b->n, same && counted, &m) < 0)
        rep->nomem = true;
    for (size_t i = 0; !rep->nomem && i < m.n; i++) {
        if (m.p[i].src && m.p[i].dst)
            compare_pair(rep, m.p[i].src, m.p[i].dst, &refused);
        else
            add_unpaired(rep, m.p[i].src, m.p[i].dst, &refused);
    }
    free(m.p);
    if (!same && !refused && kind != KIND_CELL)
        report_order(rep, kind);
}

static void compare_vcpu_list(struct report *rep)
{
    CLEANUP(freep) struct vcpu_state *a = compare_vcpus(rep->src);
    CLEANUP(freep) struct vcpu_state *b = compare_vcpus(rep->dst);
    int64_t max = NUM(rep->src->root, DOMAIN_VCPUS);

    if (!a || !b || max != NUM(rep->dst->root, DOMAIN_VCPUS))
        return;
    for (int64_t i = 0; i < max; i++) {
        struct found f = {
            .src = rep->src->root,
            .dst = rep->dst->root,
            .row = -1,
            .libvirt = true,
        };

        if (a[i].online != b[i].online) {
            f.code = "vcpu.enabled";
            f.source = a[i].online ? "yes" : "no";
            f.dest = b[i].online ? "yes" : "no";
            f.guest = true;
        } else if (a[i].order != b[i].order) {
            f.code = "vcpu.order";
            f.source = dom_printf(rep->dst, "%lld", (long long)a[i].order);
            f.dest = dom_printf(rep->dst, "%lld", (long long)b[i].order);
        } else {
            continue;
        }
        f.message = dom_printf(rep->dst,
                               "Target vCPU '%lld' %s '%s' does not match "
                               "source '%s'",
                               (long long)i, f.guest ? "state" : "order",
                               f.dest, f.source);
        report_add(rep, &f);
    }
}

static void compare_distance_table(struct report *rep)
{
    const struct dom_list *l = &rep->src->list[KIND_CELL];

    if (l->n != rep->dst->list[KIND_CELL].n ||
        (!rep->src->list[KIND_SIBLING].n && !rep->dst->list[KIND_SIBLING].n))
        return;
    for (size_t i = 0; i < l->n; i++)
        for (size_t j = 0; j < l->n; j++) {
            int64_t from = NUM(l->o[i], CELL_ID), to = NUM(l->o[j], CELL_ID);
            int64_t a = compare_distance(rep->src, from, to);
            int64_t b = compare_distance(rep->dst, from, to);
            struct found f = {
                .src = l->o[i],
                .dst = rep->dst->list[KIND_CELL].o[i],
                .row = -1,
                .code = "numa.distance",
                .libvirt = true,
                .guest = true,
            };

            if (a == b)
                continue;
            f.source = dom_printf(rep->dst, "%lld", (long long)a);
            f.dest = dom_printf(rep->dst, "%lld", (long long)b);
            f.message = dom_printf(rep->dst,
                                   "Target NUMA distance from %lld to %lld "
                                   "'%lld' does not match source '%lld'",
                                   (long long)from, (long long)to, (long long)b,
                                   (long long)a);
            report_add(rep, &f);
        }
}

static void compare_domains(struct report *rep)
{
    bool refused = false;

    compare_pair(rep, rep->src->root, rep->dst->root, &refused);
    compare_vcpu_list(rep);
    for (int k = KIND_CELL; k < KIND__MAX && !rep->nomem; k++) {
        if (dom_kind((enum dom_kind_id)k)->flags & DK_NESTED)
            continue;
        compare_kind(rep, (enum dom_kind_id)k);
        if (k == KIND_CELL)
            compare_distance_table(rep);
    }
}

static const struct dom_problem *first_problem(const struct domain *a,
                                               const struct domain *b)
{
    return a->problems ? a->problems : b->problems;
}

static int set_invalid(struct abi_report *r, const struct domain *d,
                       const struct dom_problem *p)
{
    int n = p->line > 0 ? asprintf(&r->invalid, "%s:%d: %s", d->origin, p->line,
                                   p->text)
                        : asprintf(&r->invalid, "%s: %s", d->origin, p->text);

    r->verdict = ABI_INVALID;
    if (n < 0)
        r->invalid = NULL;
    return n < 0 ? -1 : 0;
}

/* libvirt finds it only when it parses its own migratable format again. */
static void report_late(struct report *rep, const struct dom_problem *p)
{
    struct found f = {
        .src = rep->src->root,
        .dst = rep->dst->root,
        .row = -1,
        .code = "domain.invalid",
        .dest = p->text,
        .message =
            dom_printf(rep->dst, "Target domain is invalid: %s", p->text),
        .libvirt = true,
        .guest = true,
    };

    report_add(rep, &f);
}

int abi_check(const struct domain *src, const struct domain *dst,
              const struct abi_caps *caps, enum abi_policy policy,
              unsigned flags, struct abi_report **ret, struct qmp_error **errp)
{
    int arch = norm_arch_of(src);
    bool late_src, late_dst;
    CLEANUP(domain_freep)
    struct domain *a = abi_normalise(src, arch, caps, false, &late_src);
    CLEANUP(domain_freep)
    struct domain *b = abi_normalise(dst, arch, caps, true, &late_dst);
    CLEANUP(abi_report_freep) struct abi_report *r = calloc(1, sizeof(*r));
    struct report rep = {.r = r, .src = a, .dst = b, .flags = flags};
    const struct dom_problem *p;

    if (!a || !b || !r)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    r->policy = policy;
    if (late_dst && !dst->problems && policy == ABI_POLICY_LIBVIRT)
        report_late(&rep, b->problems);
    else if ((p = first_problem(dst, b)))
        rep.nomem = set_invalid(r, dst, p) < 0;
    else if ((p = first_problem(src, a)))
        rep.nomem = set_invalid(r, src, p) < 0;
    else
        compare_domains(&rep);
    if (rep.nomem)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    *ret = TAKE_PTR(r);
    return 0;
}
