/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every pair of parameters and flags that src/params/rules.c forbids, and every
 * one that needs another: walked from the table itself. */
#include "error/errcode.h"
#include "params/flags.h"
#include "params/rules.h"
#include "tests/lib/test.h"

#include <string.h>

/* A value that its parameter takes, where "1" is none. */
static const char *sample(const char *param, const char *value)
{
    static const struct {
        const char *param, *value, *sample;
    } rows[] = {
        {"migrate_uri", "unix:", "unix:/x"},
        {"migrate_uri", "rdma:", "rdma://h:1"},
        {"migrate_uri", "exec:", "exec:cat"},
        {"migrate_uri", "fd:", "fd:3"},
        {"migrate_uri", "fd:unix:", "fd:unix:/x"},
        {"migrate_uri", NULL, "tcp:h:1"},
        {"disks_uri", "unix:", "unix:/y"},
        {"disks_uri", NULL, "tcp://h:2"},
        {"graphics_uri", NULL, "spice://h:1"},
        {"listen_address", NULL, "127.0.0.1"},
        {"compression", NULL, "zlib"},
        {"compression.xbzrle.cache", NULL, "4096"},
        {"persistent_xml", NULL, "<domain/>"},
        {"destination_xml", NULL, "<domain/>"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (!strcmp(rows[i].param, param) &&
            (!value || (rows[i].value && !strcmp(rows[i].value, value))))
            if (value || !rows[i].value)
                return rows[i].sample;
    return value ? value : "1";
}

/* What makes a condition hold; of several flags the one with number `n`. */
static void satisfy(const struct cond *c, unsigned n, struct qmig_params *p,
                    unsigned *flags)
{
    unsigned bits = c->flags;

    for (; n && bits & (bits - 1); n--)
        bits &= bits - 1;
    *flags |= bits & -bits;
    if (c->param && !rule_holds(&(struct cond){0, c->param, c->value}, p, 0)) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        if (qmig_params_add_text(p, c->param, sample(c->param, c->value),
                                 &err) < 0)
            fail_msg("%s", err->msg);
    }
}

/* How much of what is needed is there. */
enum others { NONE, OF_FLAGS, ALL, OTHERS__MAX };

/* What else has to be there so that only this rule speaks. */
static void satisfy_others(const struct rule *mine, enum others others,
                           struct qmig_params *p, unsigned *flags)
{
    for (size_t round = 0; round < 4; round++)
        for (size_t i = 0; i < rule_table_n; i++) {
            const struct rule *r = &rule_table[i];

            if (others < ALL && (others == NONE || r->a.param))
                continue;
            if (r != mine && r->relation == NEEDS &&
                rule_holds(&r->a, p, *flags) && !rule_holds(&r->b, p, *flags))
                satisfy(&r->b, 0, p, flags);
        }
}

/* Does it speak of this condition, by one of its flags and by its parameter? */
static bool names(const char *msg, const struct cond *c)
{
    char quoted[80];
    bool flag = !c->flags;

    for (size_t i = 0; i < flag_table_n && !flag; i++) {
        snprintf(quoted, sizeof(quoted), "'%s'", flag_table[i].name);
        flag = (flag_table[i].value & c->flags) && strstr(msg, quoted);
    }
    if (!c->param)
        return flag;
    snprintf(quoted, sizeof(quoted), "'%s%s", c->param, c->value ? "=" : "'");
    return flag && strstr(msg, quoted);
}

/* True if this rule spoke. Another may speak first, where one of the two takes
 * something that is forbidden as well: so it is tried with all that they need,
 * with what the flags among them need, and without. */
static bool walk(const struct rule *r, unsigned n, enum others others)
{
    struct qmig_params *p = qmig_params_new();
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    unsigned flags = 0;

    satisfy(&r->a, n, p, &flags);
    if (r->relation == EXCLUDES)
        satisfy(&r->b, n, p, &flags);
    satisfy_others(r, others, p, &flags);
    assert_int_equal(qmig_params_check(p, flags, &err), -1);
    assert_int_equal(err->code, QMIG_ERR_PARAM_CONFLICT);
    assert_non_null(err->hint);
    qmig_params_free(p);
    bool spoke = names(err->msg, &r->a) && names(err->msg, &r->b);
    if (spoke && r->why)
        assert_non_null(strstr(err->hint, r->why));
    return spoke;
}

static void every_rule_refuses_what_it_forbids(void **state UNUSED)
{
    for (size_t i = 0; i < rule_table_n; i++) {
        bool spoke = false;

        for (unsigned n = 0; n < 8; n++)
            for (int others = NONE; others < OTHERS__MAX; others++)
                spoke |= walk(&rule_table[i], n, (enum others)others);
        if (!spoke)
            fail_msg("rule %zu never speaks", i);
    }
}

/* ... and nothing else: each flag and parameter with what it needs is taken. */
static void everything_is_taken_with_what_it_needs(void **state UNUSED)
{
    for (size_t i = 0; i < flag_table_n + param_table_n; i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct qmig_params *p = qmig_params_new();
        unsigned flags = 0;
        struct cond only = {0};

        if (i < flag_table_n)
            only.flags = flag_table[i].value;
        else
            only.param = param_table[i - flag_table_n].name;
        satisfy(&only, 0, p, &flags);
        satisfy_others(NULL, ALL, p, &flags);
        if (qmig_params_check(p, flags, &err) < 0 &&
            err->code == QMIG_ERR_PARAM_CONFLICT)
            fail_msg("%s: %s", only.param ? only.param : flag_table[i].name,
                     err->msg);
        qmig_params_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_refuses_what_it_forbids),
        cmocka_unit_test(everything_is_taken_with_what_it_needs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
