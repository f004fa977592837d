/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

#include "error/errcode.h"
#include "params/nearest.h"

#include <string.h>

/* clang-format off */
const struct verb verbs[] = {
    {"migrate", VERB_MIGRATE, "--source ADDR --dest ADDR [OPTION]...", 0,
     "move a running guest: check, prepare, perform, hand over, confirm",
     cli_migrate},
    {"plan", VERB_PLAN, "--source ADDR --dest ADDR [OPTION]...", 0,
     "print the QMP commands that migrate would send; change nothing",
     cli_plan},
    {"save", VERB_SAVE, "FILE --source ADDR [OPTION]...", 1,
     "save a guest to a file and end it, as virsh save", cli_save},
    {"restore", VERB_RESTORE,
     "FILE --dest ADDR [OPTION]...\nFILE --dest ADDR --dest-exec COMMAND", 1,
     "restore a guest from its file, as virsh restore", cli_restore},
    {"save-image-dumpxml", VERB_IMAGE, "FILE", 1,
     "the domain XML in the file of a saved guest, or what else is there",
     cli_image},
    {"features", VERB_FEATURES, "ADDR", 1,
     "what the QEMU behind a monitor can do for a migration", cli_features},
    {"check", VERB_CHECK, "SOURCE.xml DEST.xml\n"
     "--source ADDR --dest ADDR [SOURCE.xml DEST.xml]\n--batch FILE|-", 2,
     "compare two domain XMLs or two running QEMUs, every difference at once",
     cli_check},
    {"status", VERB_STATUS, "ID", 1,
     "how far a migration is, or how it ended", cli_status},
    {"cancel", VERB_CANCEL, "ID", 1,
     "cancel a running migration, from another terminal", cli_cancel},
    {"set", VERB_SET, "ID NAME=VALUE...", 16,
     "change bandwidth, downtime and the like while memory is sent", cli_set},
    {"postcopy", VERB_POSTCOPY, "ID", 1,
     "switch a running migration to post-copy", cli_postcopy},
    {"switchover", VERB_SWITCHOVER, "ID", 1,
     "release a migration that is held; without a hold: switch over at once",
     cli_switchover},
    {"transcript", VERB_TRANSCRIPT,
     "show FILE\nreplay FILE --listen-source ADDR --listen-dest ADDR\n"
     "report FILE [FILE] [-o FILE.html]\ndiff FILE FILE\n"
     "record FILE --listen ADDR --connect ADDR",
     3, "read, draw, compare, replay or record dialogues", cli_transcript},
    {"owner", VERB_OWNER, "ID", 1,
     "who owns the guest of a migration, with the evidence; change nothing",
     cli_owner},
    {"recover", VERB_RECOVER, "ID [--fenced source|destination]", 1,
     "take an interrupted migration to its end", cli_recover},
    {"help", VERB_HELP, "[VERB]", 1,
     "explain a verb; print the manual page or the bash completion", cli_help},
};
/* clang-format on */
const size_t verbs_n = ARRAY_SIZE(verbs);

const struct verb *verb_find(const char *name)
{
    for (size_t i = 0; i < verbs_n; i++)
        if (!strcmp(verbs[i].name, name))
            return &verbs[i];
    return NULL;
}

int cli_unknown_verb(const char *name, struct qmp_error **errp)
{
    struct nearest near = {.word = name};

    for (size_t i = 0; i < verbs_n; i++)
        nearest_try(&near, verbs[i].name);
    qmp_fail(errp, QMIG_ERR_USAGE, "there is no verb '%.60s'", name);
    return nearest_hint(&near, "", errp);
}
