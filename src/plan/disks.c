/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks as QEMU tells of them (query-block): finding one by the name that the
 * user has for it, and whether one can be copied onto another.
 */
#include "plan/storage.h"

#include "error/errcode.h"

#include <string.h>

static const char *text(struct json_object *object, const char *name)
{
    struct json_object *value = json_object_object_get(object, name);

    return json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}

static struct json_object *image(struct json_object *row)
{
    return json_object_object_get(json_object_object_get(row, "inserted"),
                                  "image");
}

const char *disk_node(struct json_object *row)
{
    return text(json_object_object_get(row, "inserted"), "node-name");
}

static bool is_readonly(struct json_object *row)
{
    return json_object_get_boolean(
        json_object_object_get(json_object_object_get(row, "inserted"), "ro"));
}

/* The id of the guest's device in its path: "/machine/peripheral/ID", with
 * "/virtio-backend" behind it or not. */
static bool has_id(const char *path, const char *id)
{
    static const char place[] = "/machine/peripheral/";
    size_t n = strlen(id);

    if (!path || strncmp(path, place, strlen(place)) != 0)
        return false;
    path += strlen(place);
    return !strncmp(path, id, n) && (!path[n] || path[n] == '/');
}

/* -blockdev has no device name: there the guest's device is asked. */
static bool has_name(struct json_object *row, const char *name)
{
    const char *device = text(row, "device");
    const char *path = text(row, "qdev");
    const char *node = disk_node(row);

    return (device && !strcmp(device, name)) || (path && !strcmp(path, name)) ||
           has_id(path, name) || (node && !strcmp(node, name));
}

static bool is_drive_of(struct json_object *row, const char *alias)
{
    static const char drive[] = "drive-";
    const char *device = text(row, "device");

    return has_name(row, alias) ||
           (device && !strncmp(device, drive, strlen(drive)) &&
            !strcmp(device + strlen(drive), alias));
}

struct json_object *disk_find(struct json_object *block, const char *target,
                              const char *alias)
{
    for (int pass = alias ? 0 : 1; pass < 2; pass++)
        for (size_t i = 0; i < json_object_array_length(block); i++) {
            struct json_object *row = json_object_array_get_idx(block, i);

            if (pass ? has_name(row, target) : is_drive_of(row, alias))
                return row;
        }
    return NULL;
}

char *disk_name(struct json_object *row)
{
    const char *device = text(row, "device");
    const char *path = text(row, "qdev");

    /* Flash is RAM of the guest's, which the stream has. */
    if (!path || strstr(path, "flash"))
        return NULL;
    if (device && *device)
        return strdup(device);
    const char *id = strstr(path, "/peripheral/");
    if (!id)
        return strdup(path);
    id += strlen("/peripheral/");
    return strndup(id, strcspn(id, "/"));
}

bool disk_is_copied_by_default(struct json_object *row)
{
    CLEANUP(freep) char *name = disk_name(row);

    return name && disk_node(row) && !is_readonly(row);
}

char *disk_names(struct json_object *block)
{
    char *all = NULL;

    for (size_t i = 0; i < json_object_array_length(block); i++) {
        CLEANUP(freep)
        char *name = disk_name(json_object_array_get_idx(block, i));
        char *more = NULL;

        if (!name)
            continue;
        if (asprintf(&more, "%s%s%s", all ? all : "", all ? ", " : "", name) <
            0)
            more = NULL;
        free(all);
        all = more;
    }
    return all ? all : strdup("none");
}

/* Is `path` one of the files below this image? 1 it is; -1 it is called the
 * same, and whether it is cannot be told (QEMU's working directory, or its
 * name space, is not ours). */
static int reads_from(struct json_object *img, const char *path,
                      const struct plan_input *in)
{
    bool here = plan_is_here(in->source_addr) == 1 && in->same_file;
    int found = 0;

    for (; img && found < 1;
         img = json_object_object_get(img, "backing-image")) {
        const char *name = text(img, "filename");
        int same = name && here ? in->same_file(name, path) : -1;

        if (same > 0)
            found = 1;
        else if (same < 0 && name && !strcmp(name, path))
            found = -1;
    }
    return found;
}

static int check_not_itself(const struct plan_copy *copy,
                            const struct plan_input *in,
                            struct json_object *from, struct json_object *to,
                            struct qmp_error **errp)
{
    const char *path = text(to, "filename");
    int same = path && plan_same_host(in) ? reads_from(from, path, in) : 0;

    if (!same || (same < 0 && (in->flags & QMIG_UNSAFE)))
        return 0;
    qmp_fail(errp, QMIG_ERR_DISK,
             "disk '%s': its image '%s' is one that the source has open: it "
             "would be copied onto itself",
             copy->name, path);
    return qmp_hint(
        errp, same > 0 ? "give the destination an image of its own, or leave "
                         "out this disk if both are to share it"
                       : "both images have this name; if they are different "
                         "files all the same, say so with the flag 'unsafe'");
}

static int check_size(const struct plan_copy *copy, struct json_object *from,
                      struct json_object *to, struct qmp_error **errp)
{
    int64_t has =
        json_object_get_int64(json_object_object_get(to, "virtual-size"));
    int64_t wants =
        json_object_get_int64(json_object_object_get(from, "virtual-size"));

    if (has == wants)
        return 0;
    qmp_fail(errp, QMIG_ERR_DISK,
             "disk '%s': the destination's image '%s' has %lld bytes, the "
             "source's %lld",
             copy->name, text(to, "filename") ? text(to, "filename") : "",
             (long long)has, (long long)wants);
    return qmp_hint(errp, "qemu-img create -f %s %s %lld",
                    text(to, "format") ? text(to, "format") : "qcow2",
                    text(to, "filename") ? text(to, "filename") : "FILE",
                    (long long)wants);
}

/* What lies below the top layer is not copied: it has to be there. */
static int check_backing(const struct plan_copy *copy, struct json_object *from,
                         struct json_object *to, struct qmp_error **errp)
{
    struct json_object *below = json_object_object_get(from, "backing-image");

    if (!below || json_object_object_get(to, "backing-image"))
        return 0;
    qmp_fail(errp, QMIG_ERR_DISK,
             "disk '%s': only its top layer is copied (flag 'non_shared_inc'), "
             "but the destination's image '%s' has no backing file",
             copy->name, text(to, "filename") ? text(to, "filename") : "");
    return qmp_hint(errp,
                    "create it on top of the same backing file as the "
                    "source's ('%s'), or copy all (non_shared_disk)",
                    text(below, "filename") ? text(below, "filename") : "?");
}

int disk_check(const struct plan_copy *copy, const struct plan_input *in,
               struct json_object *from, struct json_object *to,
               enum qmig_side *side, char **warnings, struct qmp_error **errp)
{
    struct json_object *rows[] = {from, to};

    for (int i = 0; i < 2; i++) {
        *side = (enum qmig_side)i;
        if (disk_node(rows[i]) && !is_readonly(rows[i]))
            continue;
        qmp_fail(errp, QMIG_ERR_DISK,
                 "Cannot migrate empty or read-only disk '%s'", copy->name);
        return i ? qmp_hint(errp, "give the destination's disk an image that "
                                  "it may write")
                 : qmp_hint(errp, "leave it out of migrate_disks: nothing can "
                                  "change it, so both sides can have the "
                                  "same");
    }
    from = image(from);
    to = image(to);
    if (check_not_itself(copy, in, from, to, errp) < 0 ||
        check_size(copy, from, to, errp) < 0 ||
        ((in->flags & QMIG_NON_SHARED_INC) &&
         check_backing(copy, from, to, errp) < 0))
        return -1;
    const char *has = text(to, "format");
    const char *had = text(from, "format");
    if (has && had && strcmp(has, had) != 0)
        plan_warn(warnings,
                  "disk '%s': the destination's image is %s, the source's %s",
                  copy->name, has, had);
    return 0;
}
