/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flags, and the rules between flags and parameters. */
#include "tests/lib/test.h"
#include "error/errcode.h"
#include "params/flags.h"
#include "params/params.h"

#include <string.h>

static void table_has_each_bit_once(void **state UNUSED)
{
    assert_int_equal(flag_table_n, 21);
    for (size_t i = 0; i < flag_table_n; i++) {
        assert_int_equal(flag_table[i].value, 1u << i);
        assert_true(strlen(flag_table[i].help) > 10);
        assert_int_equal(qmig_flag(flag_table[i].name, NULL), 1u << i);
    }
}

static void name_may_be_written_with_dashes(void **state UNUSED)
{
    assert_int_equal(qmig_flag("auto-converge", NULL), QMIG_AUTO_CONVERGE);
    assert_int_equal(qmig_flag("rdma-pin_all", NULL), QMIG_RDMA_PIN_ALL);
}

static void name_is_refused_when_unknown(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    assert_int_equal(qmig_flag("pused", &err), 0);
    assert_int_equal(err->code, QMIG_ERR_FLAG_UNKNOWN);
    assert_string_equal(err->msg, "flag 'pused' not supported");
    assert_string_equal(err->hint, "did you mean 'paused'?");
    qmp_error_free(err);

    static const char *const bad[] = {"",     "liv", "livee",
                                      "LIVE", "1",   "auto converge"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        err = NULL;
        assert_int_equal(qmig_flag(bad[i], &err), 0);
        assert_int_equal(err->code, QMIG_ERR_FLAG_UNKNOWN);
        qmp_error_free(err);
    }
}

/* "name=value name=value" into a set. */
static struct qmig_params *make(const char *text)
{
    struct qmig_params *p = qmig_params_new();
    char copy[256];

    snprintf(copy, sizeof(copy), "%s", text);
    for (char *s = strtok(copy, " "); s; s = strtok(NULL, " ")) {
        char *eq = strchr(s, '=');
        *eq = 0;
        assert_int_equal(qmig_params_add_text(p, s, eq + 1, NULL), 0);
    }
    return p;
}

struct rule_case {
    const char *params;
    unsigned flags;
    const char *msg; /* NULL: no error */
};

static void check_cases(const struct rule_case *cases, size_t n, int code)
{
    for (size_t i = 0; i < n; i++) {
        CLEANUP(qmig_params_freep)
        struct qmig_params *p = make(cases[i].params);
        struct qmp_error *err = NULL;
        int rc = qmig_params_check(p, cases[i].flags, &err);
        if (!cases[i].msg) {
            if (err)
                fail_msg("unexpected: %s", err->msg);
            assert_int_equal(rc, 0);
            continue;
        }
        assert_int_equal(rc, -1);
        assert_string_equal(err->msg, cases[i].msg);
        assert_int_equal(err->code, code);
        if (code == QMIG_ERR_PARAM_CONFLICT)
            assert_non_null(err->hint);
        qmp_error_free(err);
    }
}

#define ONE_OF(a, b) a " and " b " are mutually exclusive"
#define FLAG(name)   "flag '" name "'"
#define PARAM(name)  "parameter '" name "'"

#define DEFINITION (QMIG_OFFLINE | QMIG_PERSIST_DEST)

/* clang-format off */
static const struct rule_case conflicts[] = {
    {"", QMIG_TUNNELLED | QMIG_PEER2PEER | QMIG_PARALLEL,
     ONE_OF(FLAG("tunnelled"), FLAG("parallel"))},
    {"", QMIG_TUNNELLED | QMIG_PEER2PEER | QMIG_POSTCOPY | QMIG_LIVE,
     ONE_OF(FLAG("tunnelled"), FLAG("postcopy"))},
    {"", QMIG_TUNNELLED | QMIG_PEER2PEER | QMIG_NON_SHARED_DISK,
     ONE_OF(FLAG("tunnelled"), FLAG("non_shared_disk"))},
    {"", QMIG_TUNNELLED | QMIG_PEER2PEER | QMIG_NON_SHARED_INC,
     ONE_OF(FLAG("tunnelled"), FLAG("non_shared_inc"))},
    {"", QMIG_TUNNELLED | QMIG_PEER2PEER | QMIG_OFFLINE | QMIG_PERSIST_DEST,
     ONE_OF(FLAG("tunnelled"), FLAG("offline"))},
    {"", QMIG_OFFLINE | QMIG_PERSIST_DEST | QMIG_NON_SHARED_DISK,
     ONE_OF(FLAG("offline"), FLAG("non_shared_disk"))},
    {"", QMIG_OFFLINE | QMIG_PERSIST_DEST | QMIG_NON_SHARED_INC,
     ONE_OF(FLAG("offline"), FLAG("non_shared_inc"))},
    {"", DEFINITION | QMIG_LIVE,
     ONE_OF(FLAG("offline"), FLAG("live"))},
    {"", DEFINITION | QMIG_PAUSED,
     ONE_OF(FLAG("offline"), FLAG("paused"))},
    {"", DEFINITION | QMIG_COMPRESSED,
     ONE_OF(FLAG("offline"), FLAG("compressed"))},
    {"", DEFINITION | QMIG_ABORT_ON_ERROR,
     ONE_OF(FLAG("offline"), FLAG("abort_on_error"))},
    {"", DEFINITION | QMIG_AUTO_CONVERGE,
     ONE_OF(FLAG("offline"), FLAG("auto_converge"))},
    {"", DEFINITION | QMIG_RDMA_PIN_ALL,
     ONE_OF(FLAG("offline"), FLAG("rdma_pin_all"))},
    {"", DEFINITION | QMIG_TLS,
     ONE_OF(FLAG("offline"), FLAG("tls"))},
    {"", DEFINITION | QMIG_PARALLEL,
     ONE_OF(FLAG("offline"), FLAG("parallel"))},
    {"", DEFINITION | QMIG_LIVE | QMIG_POSTCOPY,
     ONE_OF(FLAG("offline"), "flag 'live' or 'postcopy'")},
    {"", DEFINITION | QMIG_PARALLEL | QMIG_ZEROCOPY,
     ONE_OF(FLAG("offline"), "flag 'parallel' or 'zerocopy'")},
    {"migrate_uri=tcp:h:1", DEFINITION, ONE_OF(PARAM("migrate_uri"), FLAG("offline"))},
    {"listen_address=::", DEFINITION, ONE_OF(PARAM("listen_address"), FLAG("offline"))},
    {"graphics_uri=spice://h", DEFINITION, ONE_OF(PARAM("graphics_uri"), FLAG("offline"))},
    {"bandwidth=1", DEFINITION, ONE_OF(PARAM("bandwidth"), FLAG("offline"))},
    {"bandwidth.postcopy=1", DEFINITION, ONE_OF(PARAM("bandwidth.postcopy"), FLAG("offline"))},
    {"bandwidth.avail.switchover=1", DEFINITION, ONE_OF(PARAM("bandwidth.avail.switchover"), FLAG("offline"))},
    {"compression=xbzrle", DEFINITION, ONE_OF(PARAM("compression"), FLAG("offline"))},
    {"", QMIG_NON_SHARED_DISK | QMIG_NON_SHARED_INC,
     ONE_OF(FLAG("non_shared_disk"), FLAG("non_shared_inc"))},
    {"", QMIG_PAUSED | QMIG_POSTCOPY | QMIG_LIVE,
     ONE_OF(FLAG("paused"), FLAG("postcopy"))},
    {"", QMIG_TUNNELLED, "flag 'tunnelled' requires flag 'peer2peer'"},
    {"", QMIG_OFFLINE, "flag 'offline' requires flag 'persist_dest'"},
    {"", QMIG_POSTCOPY, "flag 'postcopy' requires flag 'live'"},
    {"", QMIG_POSTCOPY_RESUME,
     "flag 'postcopy_resume' requires flag 'postcopy'"},
    {"", QMIG_ZEROCOPY, "flag 'zerocopy' requires flag 'parallel'"},
    {"", QMIG_TLS | QMIG_ZEROCOPY | QMIG_PARALLEL,
     ONE_OF(FLAG("tls"), FLAG("zerocopy"))},
    {"compression=zlib", QMIG_ZEROCOPY | QMIG_PARALLEL,
     ONE_OF(FLAG("zerocopy"), PARAM("compression=zlib"))},
    {"compression=zstd", QMIG_ZEROCOPY | QMIG_PARALLEL,
     ONE_OF(FLAG("zerocopy"), PARAM("compression=zstd"))},
    {"migrate_uri=rdma://h:1", QMIG_TLS,
     ONE_OF(FLAG("tls"), PARAM("migrate_uri=rdma:..."))},
    {"", QMIG_NON_SHARED_SYNCHRONOUS_WRITES,
     "flag 'non_shared_synchronous_writes' requires flag 'non_shared_disk' or "
     "'non_shared_inc'"},
    {"migrate_uri=tcp:h:1", QMIG_TUNNELLED | QMIG_PEER2PEER,
     ONE_OF(PARAM("migrate_uri"), FLAG("tunnelled"))},
    {"listen_address=::", QMIG_TUNNELLED | QMIG_PEER2PEER,
     ONE_OF(PARAM("listen_address"), FLAG("tunnelled"))},
    {"disks_port=1", QMIG_TUNNELLED | QMIG_PEER2PEER,
     ONE_OF(PARAM("disks_port"), FLAG("tunnelled"))},
    {"listen_address=:: migrate_uri=unix:/x", 0,
     ONE_OF(PARAM("listen_address"), PARAM("migrate_uri=unix:..."))},
    {"listen_address=:: migrate_uri=fd:unix:/x", 0,
     ONE_OF(PARAM("listen_address"), PARAM("migrate_uri=fd:unix:..."))},
    {"migrate_uri=unix:/x", QMIG_NON_SHARED_INC,
     "flag 'non_shared_inc' with parameter 'migrate_uri=unix:...' requires "
     "parameter 'disks_uri'"},
    {"migrate_uri=unix:/x", QMIG_TLS,
     "flag 'tls' with parameter 'migrate_uri=unix:...' requires parameter "
     "'tls.destination'"},
    {"tls.destination=h", 0,
     "parameter 'tls.destination' requires flag 'tls'"},
    {"persistent_xml=x", 0,
     "parameter 'persistent_xml' requires flag 'persist_dest'"},
    {"disks_port=1 disks_uri=tcp:h:1", QMIG_NON_SHARED_DISK,
     ONE_OF(PARAM("disks_port"), PARAM("disks_uri"))},
    {"disks_uri=unix:/x", QMIG_NON_SHARED_DISK | QMIG_TLS,
     ONE_OF(PARAM("disks_uri=unix:..."), FLAG("tls"))},
    {"disks_port=0", 0, "parameter 'disks_port' requires flag "
     "'non_shared_disk' or 'non_shared_inc'"},
    {"disks_uri=tcp:h:1", 0, "parameter 'disks_uri' requires flag "
     "'non_shared_disk' or 'non_shared_inc'"},
    {"migrate_disks=vda", 0, "parameter 'migrate_disks' requires flag "
     "'non_shared_disk' or 'non_shared_inc'"},
    {"migrate_disks_detect_zeroes=vda", 0, "parameter "
     "'migrate_disks_detect_zeroes' requires flag 'non_shared_disk' or "
     "'non_shared_inc'"},
    {"auto_converge.initial=5", 0,
     "parameter 'auto_converge.initial' requires flag 'auto_converge'"},
    {"auto_converge.increment=5", 0,
     "parameter 'auto_converge.increment' requires flag 'auto_converge'"},
    {"parallel.connections=5", 0,
     "parameter 'parallel.connections' requires flag 'parallel'"},
    {"compression=mt", QMIG_PARALLEL,
     ONE_OF(PARAM("compression=mt"), FLAG("parallel"))},
    {"compression=xbzrle", QMIG_PARALLEL,
     ONE_OF(PARAM("compression=xbzrle"), FLAG("parallel"))},
    {"compression=zstd compression=zlib", QMIG_PARALLEL,
     ONE_OF(PARAM("compression=zlib"), PARAM("compression=zstd"))},
    {"compression=zlib", 0,
     "parameter 'compression=zlib' requires flag 'parallel'"},
    {"compression=zstd", 0,
     "parameter 'compression=zstd' requires flag 'parallel'"},
    {"compression.mt.level=1 compression=xbzrle", 0,
     "parameter 'compression.mt.level' requires parameter 'compression=mt'"},
    {"compression.mt.threads=1", 0,
     "parameter 'compression.mt.threads' requires parameter 'compression=mt'"},
    {"compression.mt.dthreads=1", 0,
     "parameter 'compression.mt.dthreads' requires parameter "
     "'compression=mt'"},
    {"compression.xbzrle.cache=4096", QMIG_COMPRESSED,
     "parameter 'compression.xbzrle.cache' requires parameter "
     "'compression=xbzrle'"},
    {"compression.zlib.level=1", QMIG_PARALLEL,
     "parameter 'compression.zlib.level' requires parameter "
     "'compression=zlib'"},
    {"compression.zstd.level=1", QMIG_PARALLEL,
     "parameter 'compression.zstd.level' requires parameter "
     "'compression=zstd'"},
    {"", QMIG_COMPRESSED | QMIG_PARALLEL,
     "flags 'compressed' and 'parallel' together require parameter "
     "'compression'"},
};

/* What follows every rule, and is then not there yet. */
static const struct rule_case fine[] = {
    {"compression=mt compression=xbzrle compression.mt.level=0", 0, NULL},
    {"bandwidth.postcopy=0", QMIG_LIVE, NULL},
    {"bandwidth=1", QMIG_LIVE | QMIG_POSTCOPY, NULL},
    {"compression=zlib", QMIG_PARALLEL | QMIG_COMPRESSED, NULL},
    {"", QMIG_UNSAFE, NULL},
    {"", QMIG_ABORT_ON_ERROR, NULL},
    {"", QMIG_CHANGE_PROTECTION, NULL},
    {"", 0, NULL},
    {"", QMIG_LIVE, NULL},
    {"listen_address=::1", QMIG_LIVE, NULL},
    {"", QMIG_LIVE | QMIG_PAUSED, NULL},
    {"persistent_xml=<x/> destination_xml=<x/> destination_name=n",
     DEFINITION | QMIG_UNDEFINE_SOURCE | QMIG_UNSAFE, NULL},
    {"migrate_uri=unix:/x", QMIG_LIVE, NULL},
    {"migrate_uri=tcp:h destination_name=n destination_xml=<x/> bandwidth=0",
     QMIG_LIVE, NULL},
};

static const struct rule_case unknown[] = {
    {"", 1u << 21, "unsupported flags (0x200000)"},
    {"tls.destination=h", QMIG_LIVE | 1u << 31, "unsupported flags (0x80000000)"},
};
/* clang-format on */

static void combination_is_refused_when_a_rule_forbids_it(void **state UNUSED)
{
    check_cases(conflicts, ARRAY_SIZE(conflicts), QMIG_ERR_PARAM_CONFLICT);
}

static void
combination_is_taken_when_nothing_speaks_against_it(void **state UNUSED)
{
    check_cases(fine, ARRAY_SIZE(fine), 0);
}

static void bits_are_refused_when_libvirt_has_none(void **state UNUSED)
{
    check_cases(unknown, ARRAY_SIZE(unknown), QMIG_ERR_FLAG_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_has_each_bit_once),
        cmocka_unit_test(name_may_be_written_with_dashes),
        cmocka_unit_test(name_is_refused_when_unknown),
        cmocka_unit_test(combination_is_refused_when_a_rule_forbids_it),
        cmocka_unit_test(combination_is_taken_when_nothing_speaks_against_it),
        cmocka_unit_test(bits_are_refused_when_libvirt_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
