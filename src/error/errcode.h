/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The backend's error codes: stable names for scripts, and the exit code of
 * the program that each one ends in. The codes of the QMP client library
 * (qmp/error.h) come before them in the same number space.
 */
#ifndef QMIG_ERRCODE_H
#define QMIG_ERRCODE_H

#include "qmp/error.h"

/* X(code, stable name, exit code, text) */
/* clang-format off */
#define QMIG_ERR_MAP(X)                                                        \
    X(USAGE,             "usage",               2, "wrong usage")              \
    X(PARAM_UNKNOWN,     "param.unknown",       2, "parameter not supported")  \
    X(PARAM_TYPE,        "param.type",          2, "invalid type of a parameter") \
    X(PARAM_DUPLICATE,   "param.duplicate",     2, "parameter occurs multiple times") \
    X(PARAM_RANGE,       "param.range",         2, "parameter out of range")   \
    X(PARAM_CONFLICT,    "param.conflict",      2, "parameters or flags exclude each other") \
    X(PARAM_UNSUPPORTED, "param.unsupported",   2, "parameter, flag or option not for this") \
    X(FLAG_UNKNOWN,      "flag.unknown",        2, "unknown flag")             \
    X(URI,               "uri",                 2, "bad migration URI")        \
    X(XML,               "xml",                 3, "not a domain XML that could run") \
    X(XML_FILE,          "xml.file",            2, "domain XML cannot be read") \
    X(ABI,               "abi.differs",         3, "guest ABI differs")        \
    X(NAME_MISMATCH,     "name.differs",        3, "guest name differs")       \
    X(CAPABILITY,        "qemu.lacks",          3, "this QEMU lacks what was asked for") \
    X(DISK,              "disk",                3, "a disk cannot be copied as asked")    \
    X(UNSAFE,            "disk.unsafe",         3, "disks are not on shared storage")     \
    X(BLOCKED,           "source.blocked",      3, "QEMU says that the guest cannot migrate") \
    X(SOURCE_STATE,      "source.state",        1, "source does not run a guest that can migrate") \
    X(DEST_STATE,        "dest.state",          1, "destination does not wait for a migration") \
    X(DEST_EXEC,         "dest.exec",           1, "destination could not be started") \
    X(DEST_LOAD,         "dest.load",           1, "destination could not load the guest") \
    X(DEST_LOST,         "dest.lost",           1, "destination died or its monitor was lost") \
    X(SOURCE_LOST,       "source.lost",         1, "source died or its monitor was lost") \
    X(MIGRATION,         "migration.failed",    1, "QEMU reports a failed migration") \
    X(DISK_COPY,         "disk.copy",           1, "copying a disk failed")      \
    X(TLS,               "tls",                 1, "TLS credentials or the peer's certificate are no good") \
    X(TUNNEL,            "tunnel",              1, "the tunnel for the data cannot be made, or broke") \
    X(PORT,              "port.taken",          1, "no free port for the migration") \
    X(DEADLINE,          "deadline",            1, "a deadline passed")        \
    X(USER_CANCEL,       "cancelled",           4, "cancelled by the user")    \
    X(POSTCOPY,          "postcopy.paused",     6, "post-copy interrupted")     \
    X(UNDECIDED,         "undecided",           5, "outcome undecided")        \
    X(JOURNAL,           "journal",             1, "journal cannot be written") \
    X(JOURNAL_UNKNOWN,   "journal.unknown",     2, "no such migration in the state directory") \
    X(JOURNAL_BAD,       "journal.bad",         5, "journal is damaged")       \
    X(NOT_FENCED,        "not-fenced",          2, "a side that is said to be dead answers") \
    X(IMAGE,             "file.bad",            3, "not the file of a saved guest, or a damaged one") \
    X(FILE,              "file",                1, "the file of a saved guest cannot be read or written") \
    X(LOCKED,            "locked",              1, "another qmigrate acts on this guest") \
    X(HOOK,              "hook",                1, "a hook failed, or did not end in time") \
    X(HOLD,              "hold.timeout",        1, "a hold was not released in time") \
    X(IO,                "guest.io-error",      1, "an I/O error stopped the guest (flag 'abort_on_error')") \
    X(STORE,             "store",               1, "a domain store cannot be read or written") \
    X(STORE_TAKEN,       "store.taken",         3, "another guest is in the domain store")
/* clang-format on */

enum qmig_errcode {
    QMIG_ERR_FIRST_ = QMP_ERR_LAST - 1,
#define X(code, name, exitcode, text) QMIG_ERR_##code,
    QMIG_ERR_MAP(X)
#undef X
        QMIG_ERR__MAX
};

/* qmig_errcode_name() and qmig_errcode_exit() are in qmigrate.h. */

#endif
