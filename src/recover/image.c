/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who owns the guest of a save or a restore that was interrupted. Until the
 * record "saved" a guest that is saved is the source's, and the file goes;
 * only if the source is dead, as asserted, a file that is complete and on the
 * disk is what there is. A guest that is restored is the file's until QEMU
 * runs it.
 */
#include "recover/image.h"

#include "error/errcode.h"
#include "job/image.h"
#include "recover/session.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define ANY       (~0u)
#define P(stage)  (1u << PAST_##stage)
#define S(answer) (1u << SRC_##answer)
#define D(answer) (1u << DST_##answer)
#define W(file)   (1u << SAVED_##file)
#define F(fenced) (1u << FENCED_##fenced)

#define ALIVE   (S(RUNS) | S(RESUMED))
#define ANSWERS (S(RUNS) | S(RESUMED) | S(STOPPED) | S(LEAVING) | S(MOVED))

#define SRC_OWNS  QMIG_OWNER_SOURCE
#define DST_OWNS  QMIG_OWNER_DEST
#define UNDECIDED QMIG_OWNER_UNDECIDED

/* The first row that fits decides. */
struct image_row {
    unsigned past;
    unsigned answer; /* of the QEMU that there is */
    unsigned file;   /* enum saved_file */
    unsigned fenced;
    enum qmig_owner owner;
    enum way way;
    const char *why;
};

/* clang-format off */
static const struct image_row save_rows[] = {
    { P(ENDED_SOURCE), ANY, ANY, ANY, SRC_OWNS, WAY_NONE,
      "the save ended, and the guest was left on the source" },
    { P(ENDED_DEST), ANY, ANY, ANY, DST_OWNS, WAY_NONE,
      "the save ended, and the guest is in the file" },
    { P(NOTHING), ANY, ANY, ANY, SRC_OWNS, WAY_NONE,
      "nothing was sent that changes a QEMU" },
    { P(BEGIN), ANY, ANY, ANY, SRC_OWNS, WAY_BACK,
      "'migrate' was not sent" },

    { P(SAVED), ALIVE, ANY, ANY, UNDECIDED, WAY_WAIT,
      "the guest was saved, and now the source runs: somebody resumed it, and "
      "what the file has is old" },
    { P(SAVED), ANY, ANY, ANY, DST_OWNS, WAY_FINISH,
      "the guest is in the file, which is complete and on the disk" },

    { P(BACK), ANSWERS, ANY, ANY, SRC_OWNS, WAY_BACK,
      "it was decided to go back" },
    { P(BACK), ANY, ANY, F(SOURCE), SRC_OWNS, WAY_BACK,
      "the source may have run on since: what the file has is old; the guest "
      "died with the source" },
    { P(BACK), ANY, ANY, ANY, SRC_OWNS, WAY_WAIT,
      "it was decided to go back; the source has to answer" },

    { P(MIGRATE), ANSWERS, ANY, ANY, SRC_OWNS, WAY_BACK,
      "the save did not end, and the source has the guest" },
    { P(MIGRATE), S(NO), W(WHOLE), F(SOURCE), DST_OWNS, WAY_FORWARD,
      "the source is dead, as asserted, and the file has it all" },
    { P(MIGRATE), S(NO), W(WHOLE), ANY, UNDECIDED, WAY_WAIT,
      "the file has it all, but the source may run" },
    { P(MIGRATE), S(NO), ANY, F(SOURCE), SRC_OWNS, WAY_BACK,
      "the file does not have it all: the guest died with the source" },
    { P(MIGRATE), S(NO), ANY, ANY, SRC_OWNS, WAY_WAIT,
      "the file does not have it all; the source has to answer" },
    { ANY, ANY, ANY, ANY, UNDECIDED, WAY_WAIT,
      "the source does something else: look at it" },
};

/* The guest runs on beside a snapshot: whatever becomes of the file, the guest
 * is the source's, and dies with it. */
static const struct image_row snapshot_rows[] = {
    { P(ENDED_SOURCE) | P(ENDED_DEST), ANY, ANY, ANY, SRC_OWNS, WAY_NONE,
      "the snapshot ended, and the guest was left on the source" },
    { P(NOTHING), ANY, ANY, ANY, SRC_OWNS, WAY_NONE,
      "nothing was sent that changes a QEMU" },
    { P(BEGIN), ANY, ANY, ANY, SRC_OWNS, WAY_BACK,
      "'migrate' was not sent" },

    { P(SAVED), ANSWERS, ANY, ANY, SRC_OWNS, WAY_FINISH,
      "the snapshot is in the file, and the guest ran on" },
    { P(SAVED), ANY, ANY, F(SOURCE), SRC_OWNS, WAY_FINISH,
      "the snapshot is in the file; the guest died with the source" },

    { P(MIGRATE), S(RESUMED), W(WHOLE), ANY, SRC_OWNS, WAY_FORWARD,
      "the snapshot is in the file, and the guest ran on" },
    { P(MIGRATE), S(NO), W(WHOLE), F(SOURCE), SRC_OWNS, WAY_FORWARD,
      "the snapshot is in the file; the guest died with the source" },
    { P(MIGRATE) | P(BACK), ANSWERS, ANY, ANY, SRC_OWNS, WAY_BACK,
      "the snapshot did not end, and the source has the guest" },
    { P(MIGRATE) | P(BACK), ANY, ANY, F(SOURCE), SRC_OWNS, WAY_BACK,
      "the snapshot did not end; the guest died with the source" },
    { ANY, ANY, ANY, ANY, SRC_OWNS, WAY_WAIT,
      "the guest ran on beside its snapshot; the source has to answer" },
};

static const struct image_row restore_rows[] = {
    { P(ENDED_SOURCE), ANY, ANY, ANY, SRC_OWNS, WAY_NONE,
      "the restore ended, and the guest was left in the file" },
    { P(ENDED_DEST), ANY, ANY, ANY, DST_OWNS, WAY_NONE,
      "the restore ended, and the guest was given to the destination" },
    { P(NOTHING), ANY, ANY, ANY, SRC_OWNS, WAY_NONE,
      "nothing was sent that changes a QEMU" },
    { P(BEGIN), ANY, ANY, ANY, SRC_OWNS, WAY_BACK,
      "'migrate-incoming' was not sent" },

    { P(MIGRATE) | P(COMMIT), D(RUNS), ANY, ANY, DST_OWNS, WAY_FINISH,
      "the destination runs" },
    { P(MIGRATE) | P(BACK), ANY, ANY, ANY, SRC_OWNS, WAY_BACK,
      "the destination was never allowed to run, and the file is as it was" },

    { P(COMMIT), D(LOADED), ANY, ANY, DST_OWNS, WAY_FORWARD,
      "the destination has it all, and was to run" },
    { P(COMMIT), ANY, ANY, F(DEST), SRC_OWNS, WAY_BACK,
      "the destination is dead, as asserted; see that the guest's disks are as "
      "they were before the file is restored again" },
    { ANY, ANY, ANY, ANY, UNDECIDED, WAY_WAIT,
      "the destination may run, or have run" },
};
/* clang-format on */

static struct verdict first_row(const struct image_row *row,
                                enum past_stage past, unsigned answer,
                                unsigned file, enum fenced fenced)
{
    /* The last row of each table fits everything. */
    while (!(row->past & 1u << past) || !(row->answer & 1u << answer) ||
           !(row->file & 1u << file) || !(row->fenced & 1u << fenced))
        row++;
    return (struct verdict){row->owner, row->way, row->why, false};
}

struct verdict verdict_of_save(enum past_stage past, enum src_answer source,
                               enum saved_file file, enum fenced fenced)
{
    return first_row(save_rows, past, source, file, fenced);
}

struct verdict verdict_of_snapshot(enum past_stage past, enum src_answer source,
                                   enum saved_file file, enum fenced fenced)
{
    return first_row(snapshot_rows, past, source, file, fenced);
}

struct verdict verdict_of_restore(enum past_stage past, enum dst_answer dest,
                                  enum fenced fenced)
{
    return first_row(restore_rows, past, dest, SAVED_WHOLE, fenced);
}

/* What is there under this name, of this save? */
static enum saved_file look_at(const struct session *s, const char *path)
{
    CLEANUP(image_clear) struct image image = {0};
    CLEANUP(closep) int fd = image_read(path, &image, NULL);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return access(path, F_OK) == 0 ? SAVED_OTHER : SAVED_NONE;
    if (s->past.story == STORY_SAVE &&
        (!image.id || strcmp(image.id, s->past.id) != 0))
        return SAVED_OTHER;
    return image.complete && (uint64_t)st.st_size >= image.head + image.stream
               ? SAVED_WHOLE
               : SAVED_PARTIAL;
}

/* Under its own name, or the one that it has until it is complete. */
static enum saved_file saved_file(const struct session *s, const char **path)
{
    enum saved_file file = look_at(s, s->past.file);

    *path = s->past.file;
    if (s->past.story == STORY_RESTORE || file == SAVED_WHOLE)
        return file;
    enum saved_file part = look_at(s, s->past.part);
    if (part != SAVED_NONE)
        *path = s->past.part;
    return part != SAVED_NONE ? part : file;
}

/* QEMU goes on writing without us, and ends it by itself. */
static bool must_not_cancel(const struct session *s)
{
    static const char *const flows[] = {"setup", "active", "device"};
    const char *migration = s->answer[QMIG_SIDE_SOURCE].migration;

    for (size_t i = 0; s->past.no_cancel && migration && i < ARRAY_SIZE(flows);
         i++)
        if (!strcmp(flows[i], migration))
            return true;
    return false;
}

struct verdict image_verdict(const struct session *s)
{
    const char *path;

    if (!s->past.file) /* not even `begin` was written */
        return verdict_of(s->past.stage, s->source, s->dest, s->fenced);
    if (s->past.story == STORY_RESTORE)
        return verdict_of_restore(s->past.stage, s->dest, s->fenced);
    enum saved_file file = saved_file(s, &path);
    if (must_not_cancel(s))
        return (struct verdict){
            QMIG_OWNER_SOURCE, WAY_WAIT,
            "the snapshot goes on to its end by itself, and this QEMU's guest "
            "would hang if it were cancelled: recover again then",
            false};
    return s->past.snapshot
               ? verdict_of_snapshot(s->past.stage, s->source, file, s->fenced)
               : verdict_of_save(s->past.stage, s->source, file, s->fenced);
}

void image_tell(struct session *s)
{
    static const char *const texts[] = {
        [SAVED_NONE] = "is not there",
        [SAVED_OTHER] = "is something else",
        [SAVED_PARTIAL] = "is incomplete",
        [SAVED_WHOLE] = "is complete",
    };
    const char *path;

    if (!s->past.file)
        return;
    enum saved_file file = saved_file(s, &path);
    session_say(s->evidence, "file: '%s' %s", path, texts[file]);
}

void image_discard(struct session *s)
{
    const char *const paths[] = {s->past.part, s->past.file};

    if (s->past.story != STORY_SAVE)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        enum saved_file file = look_at(s, paths[i]);

        /* The name of the part is this save's own; the file's may not be. */
        if (file == SAVED_NONE || (i == 1 && file == SAVED_OTHER))
            continue;
        if (unlink(paths[i]) == 0)
            session_say(s->done, "file: '%s' removed", paths[i]);
        else
            session_say(s->done, "file: '%s' was not removed: %s", paths[i],
                        strerror(errno));
    }
}

int image_publish(struct session *s, struct qmp_error **errp)
{
    if (look_at(s, s->past.file) == SAVED_WHOLE)
        return image_sync_dir(s->past.file, errp);
    if (image_rename(s->past.part, s->past.file, s->past.overwrite, errp) < 0)
        return -1;
    session_say(s->done, "file: '%s' has its name", s->past.file);
    return 0;
}
