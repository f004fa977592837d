/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of a simulated save or restore: a real one, as job/image.c makes it,
 * since that is what recover looks at.
 */
#include "tests/lib/sim_save_priv.h"

#include "error/errcode.h"
#include "job/image.h"
#include "tests/lib/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static char dir[64], hidden[72], file[80], part[96];

static void remove_dir(void)
{
    unlink(part);
    unlink(file);
    rmdir(dir);
}

/* One folder for all runs; in memory, since each rename is synced. */
static void make_dir(void)
{
    if (*dir)
        return;
    snprintf(dir, sizeof(dir), "%s/qmigrate-save.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(dir));
    snprintf(hidden, sizeof(hidden), "%s.gone", dir);
    snprintf(file, sizeof(file), "%s/vm", dir);
    snprintf(part, sizeof(part), "%s.id.part", file);
    assert_int_equal(atexit(remove_dir), 0);
}

const char *save_sim_path(bool of_part)
{
    return of_part ? part : file;
}

void save_sim_hide(bool hide)
{
    assert_int_equal(rename(hide ? dir : hidden, hide ? hidden : dir), 0);
}

static void write_header(struct save_sim *s, bool complete)
{
    struct image image = {
        .head = s->image.offset,
        .complete = complete,
        .stream = complete ? SAVE_STREAM : 0,
        .description = sim_parse("{\"format\":\"raw\",\"runs\":true,"
                                 "\"id\":\"id\"}"),
    };
    CLEANUP(freep) void *head = image_make(&image, NULL);

    assert_non_null(head);
    assert_int_equal(image_write_all(s->fd, head, image.head, 0), 0);
    image_clear(&image);
}

static void create(struct save_sim *s, const char *path)
{
    s->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(s->fd >= 0);
    write_header(s, false);
}

void save_sim_fill(struct save_sim *s, size_t len)
{
    static const char guest[SAVE_STREAM];

    assert_true(s->fd >= 0);
    assert_int_equal(image_write_all(s->fd, guest, len, (off_t)s->image.offset),
                     0);
}

void save_sim_file_begin(struct save_sim *s)
{
    make_dir();
    unlink(part);
    unlink(file);
    s->fd = -1;
    if (s->image.save)
        return;
    create(s, file);
    save_sim_fill(s, SAVE_STREAM);
    write_header(s, true);
}

bool save_sim_file_step(struct save_sim *s, enum file_step what,
                        struct qmp_error **errp)
{
    if (what != FILE_DISCARD && s->file_fails) {
        s->file_fails = false;
        qmp_fail(errp, QMIG_ERR_FILE, "disk is broken");
        return false;
    }
    switch (what) {
    case FILE_CREATE:
        create(s, part);
        s->created = true;
        break;
    case FILE_SEAL:
        write_header(s, true);
        break;
    case FILE_PUBLISH:
        assert_int_equal(image_rename(part, file, false, NULL), 0);
        s->renamed = true;
        break;
    case FILE_DISCARD:
        if (s->created)
            unlink(s->renamed ? file : part);
        s->created = false;
        break;
    }
    return true;
}

void save_sim_look(struct save_sim *s)
{
    CLEANUP(image_clear) struct image image = {0};
    struct stat st;

    s->part = access(part, F_OK) == 0;
    s->named = access(file, F_OK) == 0;
    CLEANUP(closep) int fd = image_read(s->named ? file : part, &image, NULL);
    s->complete = fd >= 0 && image.complete && fstat(fd, &st) == 0 &&
                  (uint64_t)st.st_size >= image.head + image.stream;
}

/* Nothing but what was sealed was brought to the disk. */
void save_sim_lose_unsynced(struct save_sim *s)
{
    save_sim_look(s);
    if (s->fd >= 0 && !s->complete)
        assert_int_equal(ftruncate(s->fd, s->image.offset), 0);
}
