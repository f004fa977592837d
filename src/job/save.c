/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public side of save and restore. */
#include "job/image.h"

#include "error/errcode.h"
#include "qmp/addr.h"

#include <string.h>

/* A descriptor goes over a UNIX socket only (SCM_RIGHTS). */
static int check_monitor(const char *addr, enum qmig_side side,
                         struct qmp_error **errp)
{
    CLEANUP(qmp_addr_clear) struct qmp_addr parsed = {.fd = -1};

    if (job_check_address(addr, side, errp) < 0 ||
        qmp_addr_parse(addr, &parsed, errp) < 0)
        return -1;
    if (parsed.kind == QMP_ADDR_UNIX || parsed.kind == QMP_ADDR_FD)
        return 0;
    qmp_fail(errp, QMIG_ERR_USAGE,
             "%s: the file is passed over the monitor, which must be a UNIX "
             "socket of this host, not '%s'",
             side_name(side), addr);
    return qmp_hint(errp, "run qmigrate on the host of that QEMU");
}

static int check_params(const struct qmig_params *params, bool save,
                        struct qmp_error **errp)
{
    for (size_t i = 0; params && i < param_table_n; i++) {
        const char *name = param_table[i].name;

        if (!params_has(params, name) || !strcmp(name, "destination_xml") ||
            (save && !strcmp(name, "bandwidth")))
            continue;
        return qmp_fail(errp, QMIG_ERR_PARAM_CONFLICT,
                        "parameter '%s' has no meaning for a %s", name,
                        save ? "save" : "restore");
    }
    return params ? qmig_params_check(params, QMIG_LIVE, errp) : 0;
}

static int fill(struct qmig_migration *m, const struct qmig_options *o,
                const struct qmig_image_options *image,
                const struct qmig_params *params, bool save,
                struct qmp_error **errp)
{
    struct qmig_options used = *o;

    /* Not of a save, or of a restore. */
    used.hook = NULL;
    used.timeout_s = used.postcopy_after = used.hold = 0;
    used.tls = (struct qmig_tls){0};
    if (save)
        used.dest = used.dest_exec = NULL;
    else
        used.source = used.domain_xml = NULL;
    m->flags = QMIG_LIVE;
    if (job_fill(m, &used, params, errp) < 0 ||
        check_monitor(save ? o->source : o->dest,
                      save ? QMIG_SIDE_SOURCE : QMIG_SIDE_DEST, errp) < 0 ||
        check_params(params, save, errp) < 0)
        return -1;
    m->image = job_image_new(image, save, errp);
    if (!m->image)
        return -1;
    /* For those who are told of two sides. */
    if (asprintf(&m->addr[save ? QMIG_SIDE_DEST : QMIG_SIDE_SOURCE], "file:%s",
                 m->image->file) < 0)
        abort();
    return job_image_open(m, errp);
}

static struct qmig_migration *make(const struct qmig_options *o,
                                   const struct qmig_image_options *image,
                                   const struct qmig_params *params, bool save,
                                   struct qmp_error **errp)
{
    struct qmig_migration *m = job_new(errp);

    if (m && fill(m, o, image, params, save, errp) < 0) {
        qmig_migration_free(m);
        return NULL;
    }
    return m;
}

struct qmig_migration *qmig_save_new(const struct qmig_options *o,
                                     const struct qmig_image_options *image,
                                     const struct qmig_params *params,
                                     struct qmp_error **errp)
{
    return make(o, image, params, true, errp);
}

struct qmig_migration *qmig_restore_new(const struct qmig_options *o,
                                        const struct qmig_image_options *image,
                                        const struct qmig_params *params,
                                        struct qmp_error **errp)
{
    return make(o, image, params, false, errp);
}

int qmig_image_plan(struct qmig_migration *m, struct json_object **ret,
                    struct qmp_error **errp)
{
    return job_plan(m, ret, errp);
}

static struct json_object *info_of(const char *file, const struct image *image)
{
    struct json_object *o = json_object_new_object();

    json_object_object_add(o, "file", json_object_new_string(file));
    json_object_object_add(o, "version", json_object_new_int(IMAGE_VERSION));
    json_object_object_add(o, "complete",
                           json_object_new_boolean(image->complete));
    json_object_object_foreach(image->description, name, value)
    {
        if (!json_object_object_get_ex(o, name, NULL))
            json_object_object_add(o, name, json_object_get(value));
    }
    json_object_object_add(o, "header_bytes",
                           json_object_new_int64(image->head));
    json_object_object_add(o, "stream_bytes",
                           json_object_new_int64((int64_t)image->stream));
    json_object_object_add(o, "xml",
                           json_object_new_boolean(image->xml != NULL));
    return o;
}

int qmig_image_info(const char *file, struct json_object **ret, char **xml,
                    struct qmp_error **errp)
{
    CLEANUP(image_clear) struct image image = {0};
    CLEANUP(closep) int fd = image_read(file, &image, errp);

    if (fd < 0)
        return -1;
    *ret = info_of(file, &image);
    if (xml)
        *xml = TAKE_PTR(image.xml);
    return 0;
}
