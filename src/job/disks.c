/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The disks of the domain XML: a guest that moves alone must find them where
 * it goes. The rules are libvirt's (qemuMigrationSrcIsSafe), as far as this
 * host can see: what is a local file here is none to a destination elsewhere.
 */
#include "job/job.h"

#include "domain/disks.h"
#include "error/errcode.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* File systems that several hosts can have mounted (linux/magic.h, and those
 * that are not in it). */
/* clang-format off */
static const uint32_t shared_filesystems[] = {
    0x6969,     /* NFS */
    0xff534d42, /* CIFS */
    0xfe534d42, /* SMB2 */
    0x517b,     /* SMB */
    0x01161970, /* GFS2 */
    0x7461636f, /* OCFS2 */
    0x5346414f, /* AFS */
    0x6b414653, /* AFS of the kernel's own */
    0x00c36400, /* Ceph */
    0x0bd00bd0, /* Lustre */
    0x47504653, /* GPFS */
    0x19830326, /* BeeGFS */
    0x61636673, /* ACFS */
    0x01021997, /* 9p */
    0x65735546, /* FUSE: GlusterFS, virtiofs and many that nobody can tell */
};
/* clang-format on */

/* 1 yes, 0 no, -1 and errno: it cannot be looked at. */
static int is_on_shared_filesystem(const char *path)
{
    struct statfs fs;

    if (statfs(path, &fs) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(shared_filesystems); i++)
        if ((uint32_t)fs.f_type == shared_filesystems[i])
            return 1;
    return 0;
}

int job_same_file(const char *a, const char *b)
{
    struct stat sa;
    struct stat sb;

    if (*a != '/' || *b != '/' || stat(a, &sa) < 0 || stat(b, &sb) < 0)
        return -1;
    return S_ISBLK(sa.st_mode) && S_ISBLK(sb.st_mode)
               ? sa.st_rdev == sb.st_rdev
               : sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static bool is_copied(const struct qmig_migration *m,
                      const struct domain_disk *d)
{
    const char *const *names = NULL;
    size_t n = params_strings(m->params, "migrate_disks", &names);

    if (!(m->flags & (QMIG_NON_SHARED_DISK | QMIG_NON_SHARED_INC)))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(names[i], d->target))
            return true;
    return !n && !d->shareable;
}

static int unsafe(struct qmig_migration *m, const struct domain_disk *d,
                  const char *why)
{
    /* The wording is libvirt's. */
    qmp_fail(&m->error, QMIG_ERR_UNSAFE,
             "Migration without shared storage is unsafe: disk '%s' (%s) %s",
             d->target, d->source ? d->source : d->type, why);
    return qmp_hint(&m->error,
                    "copy it (non_shared_disk), or say 'unsafe' if the "
                    "destination has it all the same");
}

/* QEMU may see other files than we do. */
static void warn_unknown(struct qmig_migration *m, const struct domain_disk *d)
{
    CLEANUP(freep) char *text = NULL;

    if (m->o.warn &&
        asprintf(&text,
                 "disk '%s': '%s' cannot be looked at (%s): whether it is on "
                 "shared storage is not known",
                 d->target, d->source, strerror(errno)) > 0)
        m->o.warn(text, m->o.opaque);
}

static int check_disk(struct qmig_migration *m, const struct domain_disk *d)
{
    if (d->empty || d->readonly || is_copied(m, d))
        return 0;
    if (!strcmp(d->type, "nvme"))
        return unsafe(m, d, "is a device of the source's host");
    if (strcmp(d->type, "file") != 0 || !d->source)
        return 0; /* whether a block device is shared nobody can tell */
    int shared = is_on_shared_filesystem(d->source);
    if (shared < 0)
        warn_unknown(m, d);
    return shared ? 0 : unsafe(m, d, "is on a local file system");
}

/* Only where there is something to be seen: the source is here, and the
 * destination is not, by what their monitors' addresses say. */
static int check_safety(struct qmig_migration *m)
{
    struct domain_disk d;

    if ((m->flags & (QMIG_UNSAFE | QMIG_OFFLINE)) ||
        !m->addr[QMIG_SIDE_SOURCE] || !m->addr[QMIG_SIDE_DEST] ||
        plan_is_here(m->addr[QMIG_SIDE_SOURCE]) != 1 ||
        plan_is_here(m->addr[QMIG_SIDE_DEST]) != 0)
        return 0;
    for (size_t i = 0; domain_disk(m->domain, i, &d); i++)
        if (check_disk(m, &d) < 0)
            return -1;
    return 0;
}

/* Could the destination's host read what is old? */
static bool caches(const struct qmig_migration *m, const struct domain_disk *d)
{
    static const char *const safe[] = {"none", "directsync"};

    for (size_t i = 0; d->cache && i < ARRAY_SIZE(safe); i++)
        if (!strcmp(d->cache, safe[i]))
            return false;
    return !d->empty && !d->readonly && !d->shareable && !is_copied(m, d) &&
           strcmp(d->type, "network") != 0;
}

static int list_disks(struct qmig_migration *m)
{
    struct domain_disk d;
    size_t n = 0;

    while (domain_disk(m->domain, n, &d))
        n++;
    m->disks = calloc(n + 1, sizeof(*m->disks));
    if (!m->disks)
        return qmp_fail(&m->error, QMP_ERR_NOMEM, "out of memory");
    for (; m->n_disks < n && domain_disk(m->domain, m->n_disks, &d);
         m->n_disks++) {
        char *alias = strdup(d.alias);

        if (!alias)
            return qmp_fail(&m->error, QMP_ERR_NOMEM, "out of memory");
        m->disks[m->n_disks] = (struct plan_disk){
            .target = d.target,
            .alias = alias,
            .readonly = d.readonly,
            .shareable = d.shareable,
            .empty = d.empty,
            .caches = caches(m, &d),
        };
    }
    return 0;
}

int job_check_disks(struct qmig_migration *m)
{
    if (!m->domain)
        return 0;
    return check_safety(m) < 0 ? -1 : list_disks(m);
}

void job_free_disks(struct qmig_migration *m)
{
    for (size_t i = 0; i < m->n_disks; i++)
        free((char *)(uintptr_t)m->disks[i].alias);
    free(m->disks);
}
