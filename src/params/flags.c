/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "flags.h"

#include "error/errcode.h"
#include "nearest.h"

/* clang-format off */
const struct flag_info flag_table[] = {
    {"live",                 QMIG_LIVE,
     "keep the guest running while its memory is copied"},
    {"peer2peer",            QMIG_PEER2PEER,
     "one process drives both sides: so it is here in any case"},
    {"tunnelled",            QMIG_TUNNELLED,
     "send the data through qmigrate (needs peer2peer, as in libvirt)"},
    {"persist_dest",         QMIG_PERSIST_DEST,
     "define the guest on the destination"},
    {"undefine_source",      QMIG_UNDEFINE_SOURCE,
     "delete the guest's definition on the source"},
    {"paused",               QMIG_PAUSED,
     "leave the guest paused on the destination"},
    {"non_shared_disk",      QMIG_NON_SHARED_DISK,
     "copy the disks in full"},
    {"non_shared_inc",       QMIG_NON_SHARED_INC,
     "copy the top layer of the disks"},
    {"change_protection",    QMIG_CHANGE_PROTECTION,
     "no other qmigrate acts on the guest meanwhile (always so)"},
    {"unsafe",               QMIG_UNSAFE,
     "migrate although a disk is on storage that is not shared"},
    {"offline",              QMIG_OFFLINE,
     "move the definition only"},
    {"compressed",           QMIG_COMPRESSED,
     "compress memory"},
    {"abort_on_error",       QMIG_ABORT_ON_ERROR,
     "fail if an I/O error stops the guest"},
    {"auto_converge",        QMIG_AUTO_CONVERGE,
     "slow the guest down until memory can be copied"},
    {"rdma_pin_all",         QMIG_RDMA_PIN_ALL,
     "pin all memory for RDMA"},
    {"postcopy",             QMIG_POSTCOPY,
     "allow a switch to post-copy"},
    {"tls",                  QMIG_TLS,
     "encrypt the migration stream"},
    {"parallel",             QMIG_PARALLEL,
     "use several connections (multifd)"},
    {"non_shared_synchronous_writes", QMIG_NON_SHARED_SYNCHRONOUS_WRITES,
     "guest writes reach both copies of a disk"},
    {"postcopy_resume",      QMIG_POSTCOPY_RESUME,
     "recover an interrupted post-copy"},
    {"zerocopy",             QMIG_ZEROCOPY,
     "send memory without copying it (needs parallel)"},
};
/* clang-format on */
const size_t flag_table_n = ARRAY_SIZE(flag_table);

static bool same_name(const char *wanted, const char *name)
{
    for (; *wanted && *name; wanted++, name++)
        if (*wanted != *name && !(*wanted == '_' && *name == '-'))
            return false;
    return *wanted == *name;
}

unsigned qmig_flag(const char *name, struct qmp_error **errp)
{
    struct nearest near = {.word = name};

    for (size_t i = 0; i < flag_table_n; i++) {
        if (same_name(flag_table[i].name, name))
            return flag_table[i].value;
        nearest_try(&near, flag_table[i].name);
    }
    qmp_fail(errp, QMIG_ERR_FLAG_UNKNOWN, "flag '%s' not supported", name);
    nearest_hint(&near, "", errp);
    return 0;
}
