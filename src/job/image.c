/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/image.h"

#include "error/errcode.h"
#include "qmp/json.h"
#include "qmp/member.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>

/* Room in the header for the description: names have at most some hundred
 * bytes. */
#define DESCRIPTION_ROOM 3072

static int no_memory(struct qmp_error **errp)
{
    return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

static int fail(const struct job_image *f, const char *what, int sys,
                struct qmp_error **errp)
{
    qmp_fail(errp, QMIG_ERR_FILE, "cannot %s '%s': %s", what, f->file,
             strerror(sys));
    return -1;
}

static int take_options(struct job_image *f, const struct qmig_image_options *o,
                        struct qmp_error **errp)
{
    const char *format = o->format ? o->format : "raw";

    if (!o->file || !*o->file)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "the name of the file is missing");
    f->state = o->state;
    f->overwrite = o->overwrite;
    f->plan.format = image_format_find(format);
    f->plan.channels = o->channels;
    f->plan.bypass_cache = o->bypass_cache;
    f->plan.live = o->live;
    f->plan.unsafe = o->unsafe;
    if (f->plan.format == IMAGE_FORMAT__MAX) {
        qmp_fail(errp, QMIG_ERR_USAGE, "unknown image format '%.40s'", format);
        return qmp_hint(errp, "there are 'raw' and 'sparse'");
    }
    if (o->channels > 255)
        return qmp_fail(errp, QMIG_ERR_PARAM_RANGE,
                        "parallel channels are %u, must be 1 to 255",
                        o->channels);
    return 0;
}

/* QEMU does either only where each page has its place (9.0, 9.1). */
static int check_format(const struct job_image *f, struct qmp_error **errp)
{
    const char *what = f->plan.channels       ? "more than one stream"
                       : f->plan.bypass_cache ? "bypassing the cache"
                                              : NULL;

    if (!what || f->plan.format == IMAGE_SPARSE)
        return 0;
    qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
             "%s is only supported with the image format 'sparse'", what);
    return f->plan.save ? qmp_hint(errp, "add --image-format sparse") : -1;
}

struct job_image *job_image_new(const struct qmig_image_options *o, bool save,
                                struct qmp_error **errp)
{
    struct job_image *f = calloc(1, sizeof(*f));

    if (!f) {
        no_memory(errp);
        return NULL;
    }
    f->plan.save = save;
    f->fd = f->passed = f->direct = f->sealer.done = -1;
    if (take_options(f, o, errp) < 0 || (save && check_format(f, errp) < 0)) {
        job_image_free(f);
        return NULL;
    }
    /* QEMU uses direct-io with multifd only (10.0, 11.1). */
    if (f->plan.bypass_cache && !f->plan.channels)
        f->plan.channels = 1;
    f->file = image_path(o->file, save, errp);
    if (!f->file) {
        job_image_free(f);
        return NULL;
    }
    f->plan.file = f->file;
    return f;
}

static void end_sealer(struct sealer *s)
{
    if (s->running)
        pthread_join(s->thread, NULL);
    if (s->done >= 0)
        close(s->done);
    free(s->head);
    s->head = NULL;
    s->running = false;
    s->done = -1;
}

void job_image_free(struct job_image *f)
{
    if (!f)
        return;
    end_sealer(&f->sealer);
    int fds[] = {f->fd, f->passed, f->direct};
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    image_clear(&f->image);
    free(f->file);
    free(f->part);
    free(f->xml);
    free(f);
}

/* The descriptors that QEMU gets: it wants the access mode that it uses. */
static int open_passed(struct job_image *f, const char *path,
                       struct qmp_error **errp)
{
    int mode = f->plan.save ? O_WRONLY : O_RDONLY;

    f->passed = open(path, mode | O_CLOEXEC);
    if (f->passed < 0 || lseek(f->passed, f->plan.offset, SEEK_SET) < 0) {
        int sys = errno;
        return fail(f, "open", sys, errp);
    }
    if (!f->plan.bypass_cache)
        return 0;
    f->direct = open(path, mode | O_DIRECT | O_CLOEXEC);
    if (f->direct < 0) {
        int sys = errno;
        fail(f, "bypass the cache for", sys, errp);
        return qmp_hint(errp, "its file system has no O_DIRECT: leave "
                              "--bypass-cache away");
    }
    return 0;
}

/* SAVE */

static int check_new(struct job_image *f, const char *id,
                     struct qmp_error **errp)
{
    struct stat st;

    if (asprintf(&f->part, "%s.%s.part", f->file, id) < 0) {
        f->part = NULL;
        return no_memory(errp);
    }
    if (f->overwrite || lstat(f->file, &st) < 0)
        return 0;
    qmp_fail(errp, QMIG_ERR_FILE, "'%s' exists already", f->file);
    return qmp_hint(errp, "--overwrite replaces it");
}

int job_image_set_xml(struct qmig_migration *m, const char *xml,
                      struct qmp_error **errp)
{
    struct job_image *f = m->image;

    if (!f || !f->plan.save)
        return 0;
    f->xml = xml ? strdup(xml) : NULL;
    if (xml && !f->xml)
        return no_memory(errp);
    f->plan.offset =
        (uint32_t)image_head_size(DESCRIPTION_ROOM, xml ? strlen(xml) : 0);
    return f->plan.offset ? 0
                          : qmp_fail(errp, QMIG_ERR_IMAGE,
                                     "the domain XML is too large for the "
                                     "file");
}

static bool shall_run(const struct job_image *f, bool runs)
{
    return f->state == QMIG_IMAGE_AS_IS ? runs : f->state == QMIG_IMAGE_RUNNING;
}

static struct json_object *describe(const struct qmig_migration *m)
{
    const struct facts *source = engine_facts(m->engine, QMIG_SIDE_SOURCE);
    struct json_object *o = json_object_new_object();
    char text[32];
    time_t now = time(NULL);
    struct tm tm;

    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    const struct {
        const char *name;
        const char *value;
    } members[] = {
        {"format", image_format_name(m->image->plan.format)},
        {"id", m->id},
        {"name", source->name},
        {"uuid", source->uuid},
        {"qemu", source->version},
        {"program", "qmigrate " QMIGRATE_VERSION},
        {"time", text},
    };
    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        if (members[i].value)
            json_object_object_add(o, members[i].name,
                                   json_object_new_string(members[i].value));
    json_object_object_add(o, "runs",
                           json_object_new_boolean(shall_run(
                               m->image, engine_plan(m->engine)->source_runs)));
    return o;
}

static int write_header(struct job_image *f, struct qmp_error **errp)
{
    CLEANUP(freep) void *head = image_make(&f->image, errp);

    if (!head)
        return -1;
    if (image_write_all(f->fd, head, f->image.head, 0) < 0) {
        int sys = errno;
        return fail(f, "write", sys, errp);
    }
    return 0;
}

static int create(struct qmig_migration *m, struct qmp_error **errp)
{
    struct job_image *f = m->image;

    f->fd = open(f->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (f->fd < 0) {
        int sys = errno;
        return fail(f, "create", sys, errp);
    }
    f->created = true;
    f->image = (struct image){
        .head = f->plan.offset,
        .xml = f->xml ? strdup(f->xml) : NULL,
        .description = describe(m),
    };
    if (f->xml && !f->image.xml)
        return no_memory(errp);
    return write_header(f, errp) < 0 ? -1 : open_passed(f, f->part, errp);
}

static void *seal_thread(void *opaque)
{
    struct sealer *s = opaque;
    uint64_t one = 1;

    s->sys = fsync(s->fd) < 0 ||
                     image_write_all(s->fd, s->head, s->head_len, 0) < 0 ||
                     fsync(s->fd) < 0
                 ? errno
                 : 0;
    if (write(s->done, &one, sizeof(one)) < 0)
        abort(); /* a fresh eventfd takes it */
    return NULL;
}

static int start_sealer(struct job_image *f, struct qmp_error **errp)
{
    struct sealer *s = &f->sealer;
    sigset_t all;
    sigset_t old;

    s->fd = f->fd;
    s->head = image_make(&f->image, errp);
    s->head_len = f->image.head;
    if (!s->head)
        return -1;
    s->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->done < 0) {
        int sys = errno;
        return fail(f, "watch", sys, errp);
    }
    sigfillset(&all); /* signals are for the caller's threads */
    pthread_sigmask(SIG_BLOCK, &all, &old);
    int rc = pthread_create(&s->thread, NULL, seal_thread, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    s->running = rc == 0;
    return rc ? fail(f, "watch", rc, errp) : 0;
}

static int seal(struct qmig_migration *m, struct qmp_error **errp)
{
    struct job_image *f = m->image;
    struct stat st;

    if (fstat(f->fd, &st) < 0) {
        int sys = errno;
        return fail(f, "read", sys, errp);
    }
    if (st.st_size <= f->plan.offset)
        return qmp_fail(errp, QMIG_ERR_FILE, "QEMU wrote nothing to '%s'",
                        f->file);
    f->image.stream = (uint64_t)st.st_size - f->plan.offset;
    f->image.complete = true;
    return start_sealer(f, errp);
}

static int publish(struct qmig_migration *m, struct qmp_error **errp)
{
    struct job_image *f = m->image;

    if (image_rename(f->part, f->file, f->overwrite, errp) < 0)
        return -1;
    f->published = true;
    return 0;
}

static void discard(struct qmig_migration *m)
{
    struct job_image *f = m->image;

    if (f->created)
        unlink(f->published ? f->file : f->part);
    f->created = false;
}

bool job_image_act(struct qmig_migration *m, enum file_step what)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    int rc = 0;

    job_flush(m);
    switch (what) {
    case FILE_CREATE:
        rc = create(m, &err);
        break;
    case FILE_SEAL:
        rc = seal(m, &err);
        break;
    case FILE_PUBLISH:
        rc = publish(m, &err);
        break;
    case FILE_DISCARD:
        discard(m);
        break;
    }
    if (rc < 0)
        job_feed(m, &(struct engine_event){
                        .kind = EV_FILE,
                        .now = qmp_now_us(),
                        .tag = what,
                        .err = err,
                    });
    return rc == 0;
}

int job_image_fd(const struct qmig_migration *m, enum step_file which)
{
    return which == STEP_FILE_DIRECT ? m->image->direct : m->image->passed;
}

size_t job_image_pollfds(const struct job_image *f, struct pollfd *fds)
{
    if (!f || f->sealer.done < 0)
        return 0;
    *fds = (struct pollfd){.fd = f->sealer.done, .events = POLLIN};
    return 1;
}

void job_image_check(struct qmig_migration *m)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct job_image *f = m->image;
    uint64_t count;

    if (!f || f->sealer.done < 0 ||
        read(f->sealer.done, &count, sizeof(count)) != sizeof(count))
        return;
    end_sealer(&f->sealer);
    if (f->sealer.sys)
        fail(f, "bring to the disk", f->sealer.sys, &err);
    job_feed(m, &(struct engine_event){
                    .kind = EV_FILE,
                    .now = qmp_now_us(),
                    .tag = FILE_SEAL,
                    .err = err,
                });
}

/* RESTORE */

static int check_whole(const struct job_image *f, struct qmp_error **errp)
{
    struct stat st;

    if (!f->image.complete)
        return qmp_fail(errp, QMIG_ERR_IMAGE,
                        "'%s' is incomplete: the save did not end", f->file);
    if (fstat(f->fd, &st) < 0) {
        int sys = errno;
        return fail(f, "read", sys, errp);
    }
    uint64_t wanted = f->image.head + f->image.stream;
    if ((uint64_t)st.st_size < wanted)
        return qmp_fail(errp, QMIG_ERR_IMAGE,
                        "'%s' was cut off: it has %lld bytes, wanted %llu",
                        f->file, (long long)st.st_size,
                        (unsigned long long)wanted);
    return 0;
}

static int open_saved(struct qmig_migration *m, struct qmp_error **errp)
{
    struct job_image *f = m->image;

    f->fd = image_read(f->file, &f->image, errp);
    if (f->fd < 0 || check_whole(f, errp) < 0)
        return -1;
    f->plan.format = f->image.format;
    f->plan.offset = f->image.head;
    f->plan.runs = shall_run(f, f->image.runs);
    if (check_format(f, errp) < 0 || open_passed(f, f->file, errp) < 0)
        return -1;
    if (f->image.xml && !(m->domain_xml = strdup(f->image.xml)))
        return no_memory(errp);
    if (!f->image.xml && params_string(m->params, "destination_xml"))
        return qmp_fail(errp, QMIG_ERR_XML,
                        "'%s' has no domain XML that another one could be "
                        "checked against",
                        f->file);
    return 0;
}

int job_image_open(struct qmig_migration *m, struct qmp_error **errp)
{
    if (!m->image)
        return 0;
    return m->image->plan.save ? check_new(m->image, m->id, errp)
                               : open_saved(m, errp);
}

const char *job_image_guest(const struct qmig_migration *m)
{
    const struct image *image = &m->image->image;

    return image->uuid   ? image->uuid
           : image->name ? image->name
                         : m->image->file;
}

/* What is told */

void job_image_add_begin(const struct qmig_migration *m,
                         struct json_object *data)
{
    const struct job_image *f = m->image;

    if (!f)
        return;
    qmp_add_string(data, "story", f->plan.save ? "save" : "restore");
    qmp_add_string(data, "file", f->file);
    qmp_add_string(data, "part", f->part);
    if (f->plan.save)
        json_object_object_add(data, "overwrite",
                               json_object_new_boolean(f->overwrite));
}

void job_image_add_result(const struct qmig_migration *m,
                          struct json_object *json)
{
    const struct job_image *f = m->image;

    if (!f)
        return;
    qmp_add_string(json, "file", f->file);
    qmp_add_string(json, "format", image_format_name(f->plan.format));
    if (f->image.complete)
        json_object_object_add(
            json, "file_bytes",
            json_object_new_int64((int64_t)(f->image.head + f->image.stream)));
}
