/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error/advice.h"

static const struct {
    const char *text;
    const char *advice;
} table[QMIG_ERR__MAX] = {
#define X(code, name, what) [QMP_ERR_##code].text = what,
    QMP_ERR_MAP(X)
#undef X
#define X(code, name, exitcode, what) [QMIG_ERR_##code].text = what,
        QMIG_ERR_MAP(X)
#undef X
/* clang-format off */
#define DO(code, what) [code].advice = what
    DO(QMP_ERR_INVALID_ARG, "correct the value that the message quotes"),
    DO(QMP_ERR_SYSTEM,      "the message ends with the system's reason: space, permissions, limits of this host"),
    DO(QMP_ERR_NOMEM,       "free memory on this host and try again"),
    DO(QMP_ERR_CONNECT,     "see that QEMU runs and was started with this address in -qmp or -mon, and that this user may open it"),
    DO(QMP_ERR_NO_GREETING, "a monitor serves one client: end the other one, or give QEMU a second -qmp"),
    DO(QMP_ERR_NOT_QMP,     "the address belongs to something else, e.g. a human monitor: use the one of -qmp, or mode=control"),
    DO(QMP_ERR_PROTOCOL,    "look at the end of the transcript for what was said; report it with the version of QEMU"),
    DO(QMP_ERR_TOO_LARGE,   "see whether the address is a monitor's; a QMP message has at most 16 MiB"),
    DO(QMP_ERR_REFUSED,     "QEMU's own text is in the message; `features ADDR` shows what that QEMU can do"),
    DO(QMP_ERR_TIMEOUT,     "see whether that QEMU is stopped or its host overloaded; --deadline allows more time"),
    DO(QMP_ERR_CANCELLED,   "start it again if that was not meant"),
    DO(QMP_ERR_CLOSED,      "see whether that QEMU still runs and what it wrote last"),
    DO(QMP_ERR_UNSUPPORTED, "leave that option away, or use a QEMU that has it"),
    DO(QMP_ERR_TRANSCRIPT,  "the message names the line; a file that was cut off can be used up to there"),

    DO(QMIG_ERR_USAGE,             "`help VERB` lists what there is"),
    DO(QMIG_ERR_PARAM_UNKNOWN,     "use libvirt's names (docs/parameters.md), or `qemu.NAME` for QEMU's own"),
    DO(QMIG_ERR_PARAM_TYPE,        "the message says which type is wanted; docs/parameters.md lists all"),
    DO(QMIG_ERR_PARAM_DUPLICATE,   "give it once; an option of virsh and `-p` may be the same parameter"),
    DO(QMIG_ERR_PARAM_RANGE,       "the message has the limits; mind the unit (docs/parameters.md)"),
    DO(QMIG_ERR_PARAM_CONFLICT,    "leave one of them away, or add the flag that the message names"),
    DO(QMIG_ERR_PARAM_UNSUPPORTED, "leave it away: nothing is ignored in silence"),
    DO(QMIG_ERR_FLAG_UNKNOWN,      "flags are libvirt's, lower case, without VIR_MIGRATE_ (docs/parameters.md)"),
    DO(QMIG_ERR_URI,               "wanted tcp:HOST[:PORT], unix:PATH or what docs/parameters.md says of `migrate_uri`"),
    DO(QMIG_ERR_XML,               "the message has the place; `virsh dumpxml --migratable` writes XML that fits"),
    DO(QMIG_ERR_XML_FILE,          "see that the file is there, readable and XML"),
    DO(QMIG_ERR_ABI,               "give the destination the hardware that the source has; `check` lists every difference"),
    DO(QMIG_ERR_NAME_MISMATCH,     "start the destination under the same -name, or say `destination_name`"),
    DO(QMIG_ERR_CAPABILITY,        "leave that feature away, or use a newer QEMU on the side that the error names"),
    DO(QMIG_ERR_DISK,              "make the destination's images like the source's (`qemu-img info`): same virtual size, writable, another file"),
    DO(QMIG_ERR_UNSAFE,            "put the image on storage that both hosts share, copy it (flag `non_shared_disk`), or say `unsafe`"),
    DO(QMIG_ERR_BLOCKED,           "remove what blocks it (QEMU's text names it): a device passed through, a dirty bitmap, a snapshot"),
    DO(QMIG_ERR_SOURCE_STATE,      "the guest must run or be paused, with no other migration under way; see `owner` if one was interrupted"),
    DO(QMIG_ERR_DEST_STATE,        "start the destination afresh with -incoming defer; it takes one migration only"),
    DO(QMIG_ERR_DEST_EXEC,         "run the command of --dest-exec by hand; what it wrote is in DIR/dest.stderr"),
    DO(QMIG_ERR_DEST_LOAD,         "start the destination with the same machine type, devices and firmware; `check` finds differences beforehand"),
    DO(QMIG_ERR_DEST_LOST,         "look at the destination's standard error and its host's log (memory, crash)"),
    DO(QMIG_ERR_SOURCE_LOST,       "look at the source's host; `owner ID` says where the guest is before anything is started"),
    DO(QMIG_ERR_MIGRATION,         "see the network between the two QEMUs: route, firewall, the port in `migrate_uri`"),
    DO(QMIG_ERR_DISK_COPY,         "see the network, the space on the destination's storage, and what its QEMU wrote last"),
    DO(QMIG_ERR_TLS,               "see files, their rights and dates, and that the certificate names the host in `migrate_uri` or `tls.destination`"),
    DO(QMIG_ERR_TUNNEL,            "try by hand the command or connection that the message names; without flag 'tunnelled' the QEMUs connect themselves"),
    DO(QMIG_ERR_PORT,              "leave the port to QEMU (none in `migrate_uri`), or name one that is free"),
    DO(QMIG_ERR_DEADLINE,          "see whether that side or the network hangs; --deadline NAME=SECONDS allows more time"),
    DO(QMIG_ERR_USER_CANCEL,       "start it again if that was not meant; a destination that was used has to be started afresh"),
    DO(QMIG_ERR_POSTCOPY,          "leave both QEMUs alone; `recover ID` completes it once they reach each other"),
    DO(QMIG_ERR_UNDECIDED,         "start neither side; fence one, then `recover ID --fenced source` or `--fenced destination`"),
    DO(QMIG_ERR_JOURNAL,           "see space and rights of the state directory (--state-dir)"),
    DO(QMIG_ERR_JOURNAL_UNKNOWN,   "see the id, and that --state-dir is that of the migration; old journals are removed"),
    DO(QMIG_ERR_JOURNAL_BAD,       "ask both QEMUs by hand (`query-status`) before one is started; keep the journal"),
    DO(QMIG_ERR_NOT_FENCED,        "end that side for certain first, or leave --fenced away"),
    DO(QMIG_ERR_IO,                "mend the disk (the message names it), then send the source `cont`; or migrate without `abort_on_error`"),
    DO(QMIG_ERR_HOOK,              "what the hook wrote is in DIR/hook.log; --deadline hook=SECONDS allows more time"),
    DO(QMIG_ERR_HOLD,              "say `switchover ID` in time, or allow more with --hold-timeout SECONDS"),
    DO(QMIG_ERR_STORE,             "see that the directory is there, and that this user may write to it; the message ends with the system's reason"),
    DO(QMIG_ERR_STORE_TAKEN,       "remove or rename what is in the store, or give the guest another name with `destination_name`"),
    DO(QMIG_ERR_IMAGE,             "name a file that `save` made, whole; `save-image-dumpxml` shows what is in it"),
    DO(QMIG_ERR_FILE,              "see the file's name, rights and space; the guest is where it was"),
    DO(QMIG_ERR_LOCKED,            "wait for the other one, or see its `status ID`; a lock of a dead process does not hold"),
#undef DO
    /* clang-format on */
};

const char *errcode_text(int code)
{
    return code > 0 && code < QMIG_ERR__MAX ? table[code].text : NULL;
}

const char *errcode_advice(int code)
{
    return code > 0 && code < QMIG_ERR__MAX ? table[code].advice : NULL;
}

const char *error_hint(const struct qmp_error *err)
{
    return err->hint ? err->hint : errcode_advice(err->code);
}
