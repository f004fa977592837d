/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "option.h"

#include "params/flags.h"
#include "params/params.h"

#include <stddef.h>

const char *const option_group_titles[GROUP__MAX] = {
    [GROUP_PEERS] = "The two QEMUs",
    [GROUP_WHAT] = "What to do",
    [GROUP_TLS] = "Encryption (with --tls)",
    [GROUP_VIRSH] = "As in virsh migrate",
    [GROUP_SAVE] = "The file of a saved guest",
    [GROUP_CHECK] = "Checking",
    [GROUP_RECORD] = "What is kept",
    [GROUP_TRANSCRIPT] = "Transcripts",
    [GROUP_OUTPUT] = "Output",
};

#define AT(member) .offset = offsetof(struct cli, member)
#define TWO        (VERB_MIGRATE | VERB_PLAN)
#define THREE      (TWO | VERB_CHECK)
#define CONTROL                                                                \
    (VERB_STATUS | VERB_CANCEL | VERB_SET | VERB_POSTCOPY | VERB_SWITCHOVER)
#define AFTERWARDS (VERB_OWNER | VERB_RECOVER)
#define FILES      (VERB_SAVE | VERB_RESTORE)
#define ALL        (~0u)

/* clang-format off */
#define STRING(m)   .set = option_set_string, AT(m)
#define BOOL(m)     .set = option_set_true, AT(m)
#define CHOICE(m)   .set = option_set_choice, AT(m)
#define FLAG(f)     .set = option_set_flag, .flag = (f)
#define PARAM(p)    .set = option_set_param, .param = (p)
#define FROM(p)     .set = option_set_param_file, .param = (p)
#define SPLIT(p)    .set = option_set_param_list, .param = (p)
#define REFUSED     .set = option_set_direct
#define LIST(m)     .set = option_set_list, AT(m)
#define FOR(action) .actions = 1u << TRANSCRIPT_##action
#define ALSO(action) | 1u << TRANSCRIPT_##action

/* name, letter, argument, verbs, group */
const struct option option_table[] = {
    {"source", 0, "ADDR", THREE | AFTERWARDS | VERB_SAVE, GROUP_PEERS, STRING(o.source),
     .help = "QMP monitor of the source QEMU"},
    {"dest", 0, "ADDR", THREE | AFTERWARDS | VERB_RESTORE, GROUP_PEERS, STRING(o.dest),
     .help = "QMP monitor of the destination QEMU"},
    {"dest-exec", 0, "COMMAND", TWO | VERB_RESTORE, GROUP_PEERS, STRING(o.dest_exec),
     .help = "start the destination QEMU with COMMAND, end it on failure"},
    {"domain", 0, "FILE", TWO | VERB_SAVE, GROUP_PEERS, .set = option_set_domain,
     .help = "the source's domain XML"},

    {"param", 'p', "NAME=VALUE", TWO | FILES, GROUP_WHAT, .set = option_set_name_value,
     .help = "typed parameter; NAME=@FILE takes the value from a file"},
    {"params", 0, "FILE", TWO | FILES, GROUP_WHAT, .set = option_set_params,
     .help = "typed parameters from a JSON object"},
    {"flag", 'f', "NAME", TWO, GROUP_WHAT, .set = option_set_flag_name,
     .help = "flag by libvirt's name in lower case; 'live' is on by itself"},
    {"flags", 0, "N", TWO, GROUP_WHAT, .set = option_set_flags,
     .help = "the flags as libvirt's number; nothing is added to it"},
    {"deadline", 0, "NAME=SECONDS", TWO | FILES, GROUP_WHAT,
     .set = option_set_deadline,
     .help = "how long a step may take"},
    {"hook", 0, "COMMAND", TWO | VERB_RECOVER, GROUP_WHAT, STRING(o.hook),
     .help = "call COMMAND at each turn; it may refuse until the commit "
             "(recover: default that of the migration)"},
    {"hold", 0, "prepared|switchover", TWO, GROUP_WHAT, .set = option_set_hold,
     .help = "wait there for 'switchover ID'; may be given twice"},
    {"hold-timeout", 0, "SECONDS", TWO, GROUP_WHAT,
     .set = option_set_unsigned, AT(o.hold_timeout_s),
     .help = "so long at most (60), then the guest stays on the source"},
    {"source-store", 0, "STORE", TWO, GROUP_WHAT, STRING(o.source_store),
     .help = "where --undefinesource removes the definition (a directory)"},
    {"dest-store", 0, "STORE", TWO, GROUP_WHAT, STRING(o.dest_store),
     .help = "where --persistent writes it: DIR, ssh:[USER@]HOST:DIR or "
             "exec:COMMAND"},
    {"listen-uri", 0, "URI", TWO, GROUP_WHAT, STRING(o.listen_uri),
     .help = "what the destination listens on, if migrateuri does not tell"},
    {"tunnel", 0, "ADDR", TWO, GROUP_WHAT, STRING(o.tunnel),
     .help = "with --tunnelled: how the data gets to the destination"},
    {"channels", 0, NULL, TWO, GROUP_WHAT, BOOL(o.channels),
     .help = "new style 'channels' of migrate instead of 'uri' (QEMU 8.2)"},
    {"keep-source", 0, NULL, TWO | VERB_SAVE, GROUP_WHAT, BOOL(o.keep_source),
     .help = "leave the source QEMU paused instead of quitting it"},

    {"fenced", 0, "source|destination", VERB_RECOVER, GROUP_WHAT,
     STRING(fenced), .help = "assert that this side is dead for certain"},
    {"dry-run", 0, NULL, VERB_RECOVER | FILES, GROUP_WHAT, BOOL(dry_run),
     .help = "say what would be done, change nothing"},

    {"running", 0, NULL, FILES, GROUP_SAVE, BOOL(running),
     .help = "the guest shall run once it is restored, whatever it did"},
    {"paused", 0, NULL, FILES, GROUP_SAVE, BOOL(paused),
     .help = "the guest shall be paused once it is restored"},
    {"image-format", 0, "raw|sparse", VERB_SAVE, GROUP_SAVE,
     STRING(image.format),
     .help = "sparse: each page has its place (mapped-ram, QEMU 9.0)"},
    {"parallel-channels", 0, "N", FILES, GROUP_SAVE,
     .set = option_set_unsigned, AT(image.channels),
     .help = "sparse: so many streams at once (multifd)"},
    {"bypass-cache", 0, NULL, FILES, GROUP_SAVE, BOOL(image.bypass_cache),
     .help = "sparse: past the page cache (direct-io, QEMU 9.1)"},
    {"live", 0, NULL, VERB_SAVE, GROUP_SAVE, BOOL(image.live),
     .help = "let the guest run while its memory is written"},
    {"unsafe", 0, NULL, VERB_SAVE, GROUP_SAVE, BOOL(image.unsafe),
     .help = "a background snapshot even with a QEMU before 8.1, whose guest "
             "hangs for ever if it fails"},
    {"overwrite", 0, NULL, VERB_SAVE, GROUP_SAVE, BOOL(image.overwrite),
     .help = "replace a file of that name"},
    {"info", 0, NULL, VERB_IMAGE, GROUP_SAVE, BOOL(info),
     .help = "what is known of the guest, instead of its XML"},

    {"tls-dir", 0, "DIR", TWO, GROUP_TLS, STRING(o.tls.dir),
     .help = "certificates and keys on both hosts (/etc/pki/qemu)"},
    {"tls-source-dir", 0, "DIR", TWO, GROUP_TLS, STRING(o.tls.source_dir),
     .help = "... on the source's host: ca-cert, client-cert, client-key.pem"},
    {"tls-dest-dir", 0, "DIR", TWO, GROUP_TLS, STRING(o.tls.dest_dir),
     .help = "... on the destination's: ca-cert, server-cert, server-key.pem"},
    {"tls-psk", 0, "FILE", TWO, GROUP_TLS, STRING(o.tls.psk),
     .help = "pre-shared key instead: keys.psk on both hosts"},
    {"tls-psk-user", 0, "NAME", TWO, GROUP_TLS, STRING(o.tls.psk_user),
     .help = "whose key the source uses (qemu)"},
    {"tls-authz", 0, "ID", TWO, GROUP_TLS, STRING(o.tls.authz),
     .help = "authorization object of the destination that is asked"},
    {"tls-authz-identity", 0, "DN", TWO, GROUP_TLS,
     STRING(o.tls.authz_identity),
     .help = "let in a source with this distinguished name only"},
    {"tls-no-verify-peer", 0, NULL, TWO, GROUP_TLS,
     BOOL(o.tls.no_verify_peer),
     .help = "the destination asks the source for no certificate"},

    {"live", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_LIVE)},
    {"p2p", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_PEER2PEER)},
    {"direct", 0, NULL, TWO, GROUP_VIRSH, REFUSED},
    {"tunnelled", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_TUNNELLED)},
    {"tunneled", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_TUNNELLED)},
    {"persistent", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_PERSIST_DEST)},
    {"undefinesource", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_UNDEFINE_SOURCE)},
    {"suspend", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_PAUSED)},
    {"copy-storage-all", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_NON_SHARED_DISK)},
    {"copy-storage-inc", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_NON_SHARED_INC)},
    {"copy-storage-synchronous-writes", 0, NULL, TWO, GROUP_VIRSH,
     FLAG(QMIG_NON_SHARED_SYNCHRONOUS_WRITES)},
    {"change-protection", 0, NULL, TWO, GROUP_VIRSH,
     FLAG(QMIG_CHANGE_PROTECTION)},
    {"unsafe", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_UNSAFE)},
    {"compressed", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_COMPRESSED)},
    {"auto-converge", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_AUTO_CONVERGE)},
    {"rdma-pin-all", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_RDMA_PIN_ALL)},
    {"offline", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_OFFLINE)},
    {"abort-on-error", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_ABORT_ON_ERROR)},
    {"postcopy", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_POSTCOPY)},
    {"postcopy-resume", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_POSTCOPY_RESUME)},
    {"postcopy-after-precopy", 0, NULL, TWO, GROUP_VIRSH,
     BOOL(postcopy_after_precopy),
     .help = "switch to post-copy after the first pass over memory"},
    {"zerocopy", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_ZEROCOPY)},
    {"tls", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_TLS)},
    {"parallel", 0, NULL, TWO, GROUP_VIRSH, FLAG(QMIG_PARALLEL)},
    {"timeout", 0, "SECONDS", TWO, GROUP_VIRSH,
     .set = option_set_unsigned, AT(o.timeout_s),
     .help = "act when a live migration takes longer"},
    {"timeout-suspend", 0, NULL, TWO, GROUP_VIRSH, BOOL(timeout_suspend),
     .help = "stop the guest then, so that it ends (the default)"},
    {"timeout-postcopy", 0, NULL, TWO, GROUP_VIRSH, BOOL(o.timeout_postcopy),
     .help = "switch to post-copy then"},
    {"migrateuri", 0, "URI", TWO, GROUP_VIRSH, PARAM("migrate_uri")},
    {"graphicsuri", 0, "URI", TWO, GROUP_VIRSH, PARAM("graphics_uri")},
    {"listen-address", 0, "ADDRESS", TWO, GROUP_VIRSH, PARAM("listen_address")},
    {"dname", 0, "NAME", TWO, GROUP_VIRSH, PARAM("destination_name")},
    {"xml", 0, "FILE", TWO | FILES, GROUP_VIRSH, FROM("destination_xml")},
    {"persistent-xml", 0, "FILE", TWO, GROUP_VIRSH, FROM("persistent_xml")},
    {"bandwidth", 0, "MIB/S", TWO | VERB_SAVE, GROUP_VIRSH, PARAM("bandwidth")},
    {"postcopy-bandwidth", 0, "MIB/S", TWO, GROUP_VIRSH,
     PARAM("bandwidth.postcopy")},
    {"available-switchover-bandwidth", 0, "MIB/S", TWO, GROUP_VIRSH,
     PARAM("bandwidth.avail.switchover")},
    {"migrate-disks", 0, "DISK,...", TWO, GROUP_VIRSH, SPLIT("migrate_disks")},
    {"migrate-disks-detect-zeroes", 0, "DISK,...", TWO, GROUP_VIRSH,
     SPLIT("migrate_disks_detect_zeroes")},
    {"disks-port", 0, "PORT", TWO, GROUP_VIRSH, PARAM("disks_port")},
    {"disks-uri", 0, "URI", TWO, GROUP_VIRSH, PARAM("disks_uri")},
    {"comp-methods", 0, "METHOD,...", TWO, GROUP_VIRSH, SPLIT("compression")},
    {"comp-mt-level", 0, "N", TWO, GROUP_VIRSH, PARAM("compression.mt.level")},
    {"comp-mt-threads", 0, "N", TWO, GROUP_VIRSH,
     PARAM("compression.mt.threads")},
    {"comp-mt-dthreads", 0, "N", TWO, GROUP_VIRSH,
     PARAM("compression.mt.dthreads")},
    {"comp-xbzrle-cache", 0, "BYTES", TWO, GROUP_VIRSH,
     PARAM("compression.xbzrle.cache")},
    {"comp-zlib-level", 0, "N", TWO, GROUP_VIRSH,
     PARAM("compression.zlib.level")},
    {"comp-zstd-level", 0, "N", TWO, GROUP_VIRSH,
     PARAM("compression.zstd.level")},
    {"auto-converge-initial", 0, "PERCENT", TWO, GROUP_VIRSH,
     PARAM("auto_converge.initial")},
    {"auto-converge-increment", 0, "PERCENT", TWO, GROUP_VIRSH,
     PARAM("auto_converge.increment")},
    {"parallel-connections", 0, "N", TWO, GROUP_VIRSH,
     PARAM("parallel.connections")},
    {"tls-destination", 0, "NAME", TWO, GROUP_VIRSH, PARAM("tls.destination")},
    {"verbose", 0, NULL, VERB_MIGRATE | FILES, GROUP_VIRSH, BOOL(verbose),
     .help = "show progress: --progress bar"},

    {"policy", 0, "guest-abi|libvirt", VERB_CHECK, GROUP_CHECK, CHOICE(policy),
     .help = "refuse what the guest could see, or what libvirt refuses"},
    {"all", 0, NULL, VERB_CHECK, GROUP_CHECK, BOOL(all),
     .help = "list also what concerns the hosts only"},
    {"schema", 0, NULL, VERB_CHECK, GROUP_CHECK, BOOL(schema),
     .help = "validate against libvirt's RelaxNG schema first (it is found by "
             "itself)"},
    {"capabilities", 0, "FILE", VERB_CHECK, GROUP_CHECK, STRING(capabilities),
     .help = "machines and devices of the guest's QEMU, as 'features --json' "
             "prints them (else a current QEMU is assumed)"},
    {"batch", 0, "FILE", VERB_CHECK, GROUP_CHECK, STRING(batch),
     .help = "read pairs SOURCE.xml<TAB>DEST.xml; '-' is standard input"},

    {"state-dir", 0, "DIR", TWO | CONTROL | AFTERWARDS | FILES, GROUP_RECORD,
     STRING(o.state_dir),
     .help = "journal and transcripts"},
    {"transcript", 0, "FILE", VERB_MIGRATE | FILES, GROUP_RECORD, STRING(o.transcript),
     .help = "record every QMP message there (default: the state directory)"},
    {"no-transcript", 0, NULL, VERB_MIGRATE | FILES, GROUP_RECORD,
     BOOL(o.no_transcript), .help = "record nothing"},

    {"listen-source", 0, "ADDR", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(REPLAY), STRING(transcript.listen_source),
     .help = "replay: where to stand in for the source's monitor"},
    {"listen-dest", 0, "ADDR", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(REPLAY) ALSO(RECORD), STRING(transcript.listen_dest),
     .help = "replay: where to stand in for the destination's monitor; "
             "record: where to listen for it"},
    {"listen", 0, "ADDR", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(RECORD), STRING(transcript.listen), .help = "record: where clients connect"},
    {"connect", 0, "ADDR", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(RECORD), STRING(transcript.connect),
     .help = "record: the monitor that they get to"},
    {"connect-dest", 0, "ADDR", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(RECORD), STRING(transcript.connect_dest),
     .help = "record: the destination's monitor, recorded as well"},
    {"speed", 0, "FACTOR", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(REPLAY), STRING(transcript.speed),
     .help = "replay: 1 is as recorded; without it nothing is waited for"},
    {"lenient", 0, NULL, VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(REPLAY), BOOL(transcript.lenient),
     .help = "replay: report a command that differs, and go on"},
    {"ignore", 0, "COMMAND.PATH", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(REPLAY) ALSO(DIFF), LIST(transcript.ignore),
     .help = "replay, diff: an argument that may differ; may be repeated"},
    {"fault", 0, "KIND@LINE", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(REPLAY), LIST(transcript.faults),
     .help = "replay: drop, delay=MS, duplicate, reorder, close, garbage or "
             "error at a line of the file; may be repeated"},
    {"stall", 0, "SECONDS", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(REPLAY), STRING(transcript.stall),
     .help = "replay: give up when a client is there, and nothing comes for so "
             "long (30)"},
    {"side", 0, "PEER", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(SHOW), STRING(transcript.side), .help = "show: only this peer"},
    {"command", 0, "NAME", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(SHOW), STRING(transcript.command),
     .help = "show: only this command or event"},
    {"phase", 0, "NAME", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(SHOW), STRING(transcript.phase), .help = "show: only this phase"},
    {"slower", 0, "MS", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(SHOW), STRING(transcript.slower),
     .help = "show: only commands that took longer"},
    {"output", 'o', "FILE", VERB_TRANSCRIPT, GROUP_TRANSCRIPT,
     FOR(REPORT), STRING(transcript.output),
     .help = "report: write a page (HTML) instead of text"},

    {"progress", 0, "auto|bar|plain|json|none", VERB_MIGRATE | FILES, GROUP_OUTPUT,
     CHOICE(progress), .help = "how to show progress on standard error"},
    {"progress-fd", 0, "N", VERB_MIGRATE | FILES, GROUP_OUTPUT, .set = option_set_fd,
     AT(progress_fd), .help = "progress as JSON Lines on descriptor N"},
    {"man", 0, NULL, VERB_HELP, GROUP_OUTPUT, BOOL(man),
     .help = "the manual page (roff)"},
    {"bash-completion", 0, NULL, VERB_HELP, GROUP_OUTPUT,
     BOOL(bash_completion), .help = "the completion script for bash"},
    {"json", 0, NULL,
     THREE | VERB_FEATURES | VERB_TRANSCRIPT | CONTROL | AFTERWARDS | FILES |
         VERB_IMAGE,
     GROUP_OUTPUT, FOR(SHOW) ALSO(DIFF), BOOL(json),
     .help = "the result as JSON"},
    {"help", 'h', NULL, ALL, GROUP_OUTPUT, BOOL(help), .help = "this text"},
};
/* clang-format on */
const size_t option_table_n = ARRAY_SIZE(option_table);

static const struct flag_info *find_flag(unsigned value)
{
    for (size_t i = 0; i < flag_table_n; i++)
        if (flag_table[i].value == value)
            return &flag_table[i];
    return NULL;
}

bool option_is_supported(const struct option *opt)
{
    return opt->set != option_set_direct;
}

const char *option_help(const struct option *opt)
{
    if (opt->help)
        return opt->help;
    if (opt->param)
        return param_find(opt->param)->help;
    return opt->flag ? find_flag(opt->flag)->help : "";
}
