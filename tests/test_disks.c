/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disks of a domain XML: what they are called, and whether a guest finds
 * them where it goes. */
#include "tests/lib/test.h"

#include "domain/disks.h"
#include "error/errcode.h"
#include "plan/storage.h"
#include "job/job.h"

#include <string.h>

#define DOMAIN(devices)                                                        \
    "<domain type='kvm'><name>g</name>"                                        \
    "<uuid>11111111-2222-3333-4444-555555555555</uuid>"                        \
    "<memory>65536</memory><vcpu>1</vcpu>"                                     \
    "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>"             \
    "<devices>" devices "</devices></domain>"

static struct domain *parse(const char *xml)
{
    struct qmp_error *err = NULL;
    struct domain *dom = NULL;

    if (domain_parse(xml, strlen(xml), NULL, &dom, &err) < 0)
        fail_msg("%s", err->msg);
    return dom;
}

#define DISK(attributes, rest) "<disk " attributes ">" rest "</disk>"
#define FILE_(name)            "<source file='" name "'/>"

static void disks_have_the_names_that_libvirt_gives(void **state UNUSED)
{
    static const struct {
        const char *target, *alias;
    } rows[] = {
        {"<target dev='vda' bus='virtio'/><alias name='ua-mine'/>", "ua-mine"},
        {"<target dev='vda' bus='virtio'/>", "virtio-disk0"},
        {"<target dev='vdaa' bus='virtio'/>", "virtio-disk26"},
        {"<target dev='hdd'/>", "ide0-1-1"},
        {"<target dev='hde' bus='ide'/>", "ide1-0-0"},
        {"<target dev='sdg' bus='sata'/>", "sata1-0-0"},
        {"<target dev='sdb' bus='scsi'/>", "scsi0-0-0-1"},
        {"<target dev='sdb' bus='usb'/>", "usb-disk1"},
        {"<target dev='sdb' bus='scsi'/><address type='drive' controller='1' "
         "bus='2' target='3' unit='4'/>",
         "scsi1-2-3-4"},
        {"<target dev='fda' bus='fdc'/>", "fdc0-0-0"},
        {"<target dev='x' bus='virtio'/>", ""},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(freep) char *xml = NULL;
        struct domain_disk d;

        assert_true(asprintf(&xml, DOMAIN(DISK("type='file'", "%s")),
                             rows[i].target) > 0);
        CLEANUP(domain_freep) struct domain *dom = parse(xml);
        assert_true(domain_disk(dom, 0, &d));
        assert_string_equal(d.alias, rows[i].alias);
        assert_false(domain_disk(dom, 1, &d));
    }
}

static void disks_say_what_they_are(void **state UNUSED)
{
    static const char xml[] = DOMAIN(
        DISK("type='file' device='disk'",
             FILE_(
                 "/a") "<driver cache='none'/><target dev='vda' bus='virtio'/>")
            DISK("type='block' device='disk'",
                 "<source dev='/b'/><target dev='vdb' "
                 "bus='virtio'/><shareable/>")
                DISK("type='file' device='cdrom'",
                     "<target dev='sda' bus='sata'/>")
                    DISK("type='network' device='disk'",
                         "<source protocol='nbd' name='x'/><readonly/>"
                         "<target dev='vdc' bus='virtio'/>"));
    CLEANUP(domain_freep) struct domain *dom = parse(xml);
    struct domain_disk d;

    assert_true(domain_disk(dom, 0, &d));
    assert_string_equal(d.target, "vda");
    assert_string_equal(d.type, "file");
    assert_string_equal(d.source, "/a");
    assert_string_equal(d.cache, "none");
    assert_false(d.readonly || d.shareable || d.empty);
    assert_true(domain_disk(dom, 1, &d));
    assert_string_equal(d.source, "/b");
    assert_true(d.shareable && !d.readonly && !d.empty);
    assert_true(domain_disk(dom, 2, &d));
    assert_true(d.readonly && d.empty);
    assert_true(domain_disk(dom, 3, &d));
    assert_string_equal(d.type, "network");
    assert_true(d.readonly && !d.empty);
    assert_false(domain_disk(dom, 4, &d));
}

/* What the check says; no monitor is connected to. */
static char *refusal(const char *xml, const char *source, const char *dest,
                     unsigned flags, const char *copied)
{
    CLEANUP(qmig_params_freep) struct qmig_params *p = qmig_params_new();
    CLEANUP(freep) char *dest_xml = NULL;
    struct qmp_error *err = NULL;
    char *text = NULL;

    if (copied)
        assert_int_equal(
            qmig_params_add_string(p, "migrate_disks", copied, NULL), 0);
    struct qmig_options o = {
        .source = source,
        .dest = dest,
        .domain_xml = xml,
    };
    struct qmig_migration *m = qmig_migration_new(&o, p, flags, &err);
    if (!m)
        fail_msg("%s", err->msg);
    assert_int_equal(job_check_xml(m, &dest_xml), 0);
    if (job_check_disks(m) < 0)
        assert_true(
            asprintf(&text, "%s %d: %s", qmig_errcode_name(m->error->code),
                     qmig_errcode_exit(m->error->code), m->error->msg) > 0);
    qmig_migration_free(m);
    return text;
}

static void guests_do_not_leave_their_disks_behind(void **state UNUSED)
{
    /* A file of this host's, on whatever the tests are built on. */
    static const char file[] =
        DISK("type='file'",
             FILE_("/proc/version") "<target dev='vda' bus='virtio'/>");
    static const char nvme[] =
        DISK("type='nvme'", "<source type='pci'/><target dev='vda' "
                            "bus='virtio'/>");
    static const char readonly[] = DISK(
        "type='file'",
        FILE_("/proc/version") "<target dev='vda' bus='virtio'/><readonly/>");
    static const char network[] =
        DISK("type='network'", "<source protocol='nbd' name='x'/>"
                               "<target dev='vda' bus='virtio'/>");
    static const char away[] =
        DISK("type='file'",
             FILE_("/nonexistent/image") "<target dev='vda' bus='virtio'/>");
    static const struct {
        const char *disk;
        unsigned flags;
        const char *source, *dest, *copied;
        bool refused;
    } rows[] = {
        {file, 0, "unix:/nonexistent/s", "tcp:192.0.2.1:9", NULL, true},
        {nvme, 0, "unix:/nonexistent/s", "tcp:192.0.2.1:9", NULL, true},
        {file, QMIG_UNSAFE, "unix:/nonexistent/s", "tcp:192.0.2.1:9", NULL,
         false},
        {file, 0, "unix:/nonexistent/s", "unix:/nonexistent/d", NULL, false},
        {file, 0, "tcp:192.0.2.1:9", "tcp:192.0.2.2:9", NULL, false},
        {readonly, 0, "unix:/nonexistent/s", "tcp:192.0.2.1:9", NULL, false},
        {network, 0, "unix:/nonexistent/s", "tcp:192.0.2.1:9", NULL, false},
        {away, 0, "unix:/nonexistent/s", "tcp:192.0.2.1:9", NULL, false},
        {file, QMIG_NON_SHARED_DISK, "unix:/nonexistent/s", "tcp:192.0.2.1:9",
         NULL, false},
        {file, QMIG_NON_SHARED_DISK, "unix:/nonexistent/s", "tcp:192.0.2.1:9",
         "vda", false},
        {file, QMIG_NON_SHARED_DISK, "unix:/nonexistent/s", "tcp:192.0.2.1:9",
         "vdb", true},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(freep) char *xml = NULL;

        assert_true(asprintf(&xml, DOMAIN("%s"), rows[i].disk) > 0);
        CLEANUP(freep)
        char *text = refusal(xml, rows[i].source, rows[i].dest, rows[i].flags,
                             rows[i].copied);
        bool refused =
            text &&
            !strncmp(text,
                     "disk.unsafe 3: Migration without shared storage is "
                     "unsafe: disk 'vda'",
                     66);

        if (refused != rows[i].refused || !refused != !text)
            fail_msg("row %zu: %s", i, text ? text : "not refused");
    }
}

/* A QEMU from before 4.0 reads what its host has cached. */
static void caches_matter_to_old_qemus(void **state UNUSED)
{
    static const struct {
        const char *version;
        bool caches;
        unsigned flags;
        const char *dest;
        int code;
    } rows[] = {
        {"3.1.0", true, 0, "tcp:there:1", QMIG_ERR_UNSAFE},
        {"3.1.0", false, 0, "tcp:there:1", 0},
        {"3.1.0", true, QMIG_UNSAFE, "tcp:there:1", 0},
        {"3.1.0", true, 0, "unix:/d", 0},
        {"4.0.0", true, 0, "tcp:there:1", 0},
        {"10.0.2 (Debian)", true, 0, "tcp:there:1", 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        CLEANUP(freep) char *version = strdup(rows[i].version);
        struct plan_disk disk = {.target = "vda", .caches = rows[i].caches};
        struct facts dest = {.version = version};
        struct plan_input in = {
            .flags = rows[i].flags,
            .source_addr = "unix:/s",
            .dest_addr = rows[i].dest,
            .disks = &disk,
            .n_disks = 1,
        };

        storage_check_cache(&in, &dest, &err);
        assert_int_equal(err ? err->code : 0, rows[i].code);
        if (err)
            assert_non_null(strstr(err->msg, "disk 'vda'"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disks_have_the_names_that_libvirt_gives),
        cmocka_unit_test(disks_say_what_they_are),
        cmocka_unit_test(guests_do_not_leave_their_disks_behind),
        cmocka_unit_test(caches_matter_to_old_qemus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
