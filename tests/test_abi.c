/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The comparator on whole documents: verdicts of both policies, the report. */
#include "tests/lib/test.h"
#include "abi/abi.h"

#include <string.h>

#define UUID "<uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>"

/* A document from its variable parts. */
static char *document(const char *machine, const char *top, const char *devices)
{
    char *xml = NULL;
    const char *arch = strstr(machine, "ccw")         ? "s390x"
                       : !strncmp(machine, "pser", 4) ? "ppc64"
                       : !strncmp(machine, "virt", 4) ? "aarch64"
                                                      : "x86_64";

    if (asprintf(&xml,
                 "<domain type='qemu'><name>g</name>" UUID
                 "<memory>219136</memory>"
                 "<os><type arch='%s' machine='%s'>hvm</type></os>%s"
                 "<devices>%s</devices></domain>",
                 arch, machine, top, devices) < 0)
        abort();
    return xml;
}

static struct abi_report *check_texts(const char *a, const char *b,
                                      enum abi_policy policy, unsigned flags)
{
    struct domain *x = NULL, *y = NULL;
    struct abi_report *r = NULL;
    struct qmp_error *err = NULL;

    if (domain_parse(a, strlen(a), "a.xml", &x, &err) < 0 ||
        domain_parse(b, strlen(b), "b.xml", &y, &err) < 0 ||
        abi_check(x, y, NULL, policy, flags, &r, &err) < 0)
        fail_msg("%s", err->msg);
    domain_free(x);
    domain_free(y);
    return r;
}

#define NIC1                                                                   \
    "<interface type='user'><mac address='52:54:00:00:00:01'/>"                \
    "<model type='virtio'/>"
#define NIC2                                                                   \
    "<interface type='user'><mac address='52:54:00:00:00:02'/>"                \
    "<model type='e1000'/>"
#define AT(slot) "<address type='pci' slot='" slot "'/>"
#define DISK(dev, bus)                                                         \
    "<disk type='file' device='disk'><source file='/x'/>"                      \
    "<target dev='" dev "' bus='" bus "'/></disk>"
#define VDISK(dev, slot)                                                       \
    "<disk type='file' device='disk'><source file='/x'/>"                      \
    "<target dev='" dev "' bus='virtio'/>" AT(slot) "</disk>"

#define S ABI_SAME
#define D ABI_DIFFERS
#define I ABI_INVALID

/* clang-format off */
static const struct pair {
    const char *what, *machine;
    const char *top_a, *a, *top_b, *b;
    enum abi_verdict libvirt, guest;
} pairs[] = {
    { "identical",              "pc",  "", DISK("vda", "virtio"), "", DISK("vda", "virtio"), S, S },
    { "implicit i440fx usb",    "pc",  "", "", "", "<controller type='usb' index='0' model='piix3-uhci'/>", S, S },
    { "implicit pci root",      "pc",  "", "", "", "<controller type='pci' index='0' model='pci-root'/>", S, S },
    { "implicit q35 sata",      "q35", "", "", "", "<controller type='sata' index='0'/>", D, S },
    { "implicit inputs",        "pc",  "", "", "", "<input type='mouse' bus='ps2'/><input type='keyboard' bus='ps2'/>", S, S },
    { "implicit balloon",       "pc",  "", "", "", "<memballoon model='virtio'/>", S, S },
    { "no balloon",             "pc",  "", "", "", "<memballoon model='none'/>", D, D },
    { "implicit itco",          "q35", "", "", "", "<watchdog model='itco' action='reset'/>", S, S },
    { "machine alias",          "pc",  "", "", "<!-- -->", "", S, S },
    { "ide address from name",  "pc",  "", DISK("hdb", "ide"), "", "<disk type='file'><source file='/y'/><target dev='hdb' bus='ide'/><address type='drive' controller='0' bus='0' unit='1'/></disk>", S, S },
    { "scsi address from name", "pc",  "", DISK("sdh", "scsi"), "", "<disk type='file'><source file='/x'/><target dev='sdh' bus='scsi'/><address type='drive' controller='1' bus='0' unit='0'/></disk><controller type='scsi' index='0'/><controller type='scsi' index='1'/>", S, S },
    { "pci slot as assigned",   "pc",  "", DISK("vda", "virtio"), "", VDISK("vda", "0x02"), S, S },
    { "another pci slot",       "pc",  "", DISK("vda", "virtio"), "", VDISK("vda", "0x07"), D, D },
    { "root ports as assigned", "q35", "", NIC1 "</interface>", "", NIC1 "<address type='pci' bus='1' slot='0'/></interface>", S, S },
    { "another root port",      "q35", "", NIC1 "</interface>", "", NIC1 "<address type='pci' bus='2' slot='0'/></interface>", D, D },
    { "virtio disks swapped",   "pc",  "", VDISK("vda", "4") VDISK("vdb", "5"), "", VDISK("vdb", "5") VDISK("vda", "4"), S, S },
    { "nics swapped",           "pc",  "", NIC1 AT("4") "</interface>" NIC2 AT("5") "</interface>", "", NIC2 AT("5") "</interface>" NIC1 AT("4") "</interface>", D, S },
    { "timers swapped",         "pc",  "<clock><timer name='rtc'/><timer name='pit'/></clock>", "", "<clock><timer name='pit'/><timer name='rtc'/></clock>", "", D, S },
    { "cpu features swapped",   "pc",  "<cpu><model>qemu64</model><feature name='a'/><feature name='b'/></cpu>", "", "<cpu><model>qemu64</model><feature name='b'/><feature name='a'/></cpu>", "", D, S },
    { "cpu check",              "pc",  "<cpu check='none'><model>qemu64</model></cpu>", "", "<cpu check='full'><model>qemu64</model></cpu>", "", D, S },
    { "default cpu",            "pc",  "", "", "<cpu><model>qemu64</model></cpu>", "", S, S },
    { "vmport on",              "pc",  "", "", "<features><vmport state='on'/></features>", "", D, S },
    { "vmport off",             "pc",  "", "", "<features><vmport state='off'/></features>", "", D, D },
    { "hyperv off",             "pc",  "<features><hyperv><relaxed state='on'/></hyperv></features>", "", "<features><hyperv><relaxed state='on'/><vapic state='off'/></hyperv></features>", "", D, S },
    { "tlbflush extended",      "pc",  "<features><hyperv><tlbflush state='on'/></hyperv></features>", "", "<features><hyperv><tlbflush state='on'><extended state='on'/></tlbflush></hyperv></features>", "", S, D },
    { "driver name",            "pc",  "", NIC1 "</interface>", "", NIC1 "<driver name='qemu'/></interface>", D, S },
    { "nic queues",             "pc",  "", NIC1 "<driver queues='2'/></interface>", "", NIC1 "<driver queues='4'/></interface>", S, D },
    { "nic offload",            "pc",  "", NIC1 "<driver queues='2'/></interface>", "", NIC1 "<driver queues='2'><host csum='off'/></driver></interface>", S, D },
    { "offload default",        "pc",  "", NIC1 "<driver queues='2'/></interface>", "", NIC1 "<driver queues='2'><host csum='on'/></driver></interface>", S, S },
    { "option rom",             "pc",  "", NIC1 "</interface>", "", NIC1 "<rom enabled='no'/></interface>", S, D },
    { "link state",             "pc",  "", NIC1 "</interface>", "", NIC1 "<link state='down'/></interface>", S, S },
    { "crypto",                 "pc",  "", "", "", "<crypto model='virtio' type='qemu'><backend model='builtin'/></crypto>", S, D },
    { "vsock cid",              "pc",  "", "<vsock><cid address='3'/></vsock>", "", "<vsock><cid address='4'/></vsock>", S, D },
    { "usb port",               "pc",  "", "<input type='tablet'><address type='usb' bus='0' port='1'/></input>", "", "<input type='tablet'><address type='usb' bus='0' port='2'/></input>", S, D },
    { "scsi target",            "pc",  "", "<disk type='file'><source file='/x'/><target dev='sda' bus='scsi'/><address type='drive' target='0'/></disk>", "", "<disk type='file'><source file='/x'/><target dev='sda' bus='scsi'/><address type='drive' target='1'/></disk>", S, D },
    { "oem strings",            "pc",  "<sysinfo type='smbios'><oemStrings><entry>a</entry></oemStrings></sysinfo>", "", "<sysinfo type='smbios'><oemStrings><entry>b</entry></oemStrings></sysinfo>", "", S, D },
    { "fw_cfg",                 "pc",  "<sysinfo type='fwcfg'><entry name='opt/a'>1</entry></sysinfo>", "", "<sysinfo type='fwcfg'><entry name='opt/a'>2</entry></sysinfo>", "", S, D },
    { "disk source",            "pc",  "", "<disk type='file'><source file='/a'/><target dev='vda'/></disk>", "", "<disk type='block'><source dev='/b'/><target dev='vda'/></disk>", S, S },
    { "disk serial",            "pc",  "", DISK("vda", "virtio"), "", "<disk type='file'><source file='/x'/><target dev='vda' bus='virtio'/><serial>s</serial></disk>", D, D },
    { "disk model virtio",      "pc",  "", DISK("vda", "virtio"), "", "<disk type='file' model='virtio'><source file='/x'/><target dev='vda' bus='virtio'/></disk>", D, S },
    { "disk vendor",            "pc",  "", "<disk type='file'><source file='/x'/><target dev='sda' bus='scsi'/><vendor>a</vendor></disk>", "", "<disk type='file'><source file='/x'/><target dev='sda' bus='scsi'/><vendor>b</vendor></disk>", S, D },
    { "boot order",             "pc",  "", DISK("vda", "virtio"), "", "<disk type='file'><source file='/x'/><target dev='vda' bus='virtio'/><boot order='1'/></disk>", S, S },
    { "smbios emulate",         "pc",  "", "", "<os><smbios mode='emulate'/></os>", "", S, S },
    { "numa",                   "pc",  "<vcpu>2</vcpu><cpu><model>qemu64</model><numa><cell id='0' cpus='0-1' memory='219136'/></numa></cpu>", "", "<vcpu>2</vcpu><cpu><model>qemu64</model><numa><cell id='0' cpus='0,1' memory='219136'/></numa></cpu>", "", S, S },
    { "numa cpus",              "pc",  "<vcpu>2</vcpu><cpu><model>qemu64</model><numa><cell id='0' cpus='0' memory='100'/><cell id='1' cpus='1' memory='100'/></numa></cpu>", "", "<vcpu>2</vcpu><cpu><model>qemu64</model><numa><cell id='0' cpus='1' memory='100'/><cell id='1' cpus='0' memory='100'/></numa></cpu>", "", D, D },
    { "numa distance default",  "pc",  "<vcpu>2</vcpu><cpu><model>qemu64</model><numa><cell id='0' cpus='0' memory='100'/><cell id='1' cpus='1' memory='100'/></numa></cpu>", "", "<vcpu>2</vcpu><cpu><model>qemu64</model><numa><cell id='0' cpus='0' memory='100'><distances><sibling id='1' value='20'/></distances></cell><cell id='1' cpus='1' memory='100'/></numa></cpu>", "", S, S },
    { "numa distance",          "pc",  "<vcpu>2</vcpu><cpu><model>qemu64</model><numa><cell id='0' cpus='0' memory='100'/><cell id='1' cpus='1' memory='100'/></numa></cpu>", "", "<vcpu>2</vcpu><cpu><model>qemu64</model><numa><cell id='0' cpus='0' memory='100'><distances><sibling id='1' value='21'/></distances></cell><cell id='1' cpus='1' memory='100'/></numa></cpu>", "", D, D },
    { "vcpus online",           "pc",  "<vcpu current='1'>2</vcpu>", "", "<vcpu>2</vcpu>", "", D, D },
    { "vcpu order",             "pc",  "<vcpu>1</vcpu><vcpus><vcpu id='0' enabled='yes' order='1'/></vcpus>", "", "<vcpu>1</vcpu>", "", D, S },
    { "channel port",           "pc",  "", "<channel type='unix'><target type='virtio' name='a'/></channel>", "", "<channel type='unix'><target type='virtio' name='a'/><address type='virtio-serial' controller='0' bus='0' port='1'/></channel>", S, S },
    { "console is serial",      "pc",  "", "<console type='pty'/>", "", "<serial type='pty'/>", S, S },
    { "video default",          "pc",  "", "<graphics type='vnc'/>", "", "<graphics type='spice'/><video><model type='cirrus'/></video>", S, S },
    { "video vram",             "pc",  "", "<video><model type='vga' vram='16000'/></video>", "", "<video><model type='vga'/></video>", S, S },
    { "dimm without base",      "pc",  "<maxMemory slots='4'>800000</maxMemory>", "<memory model='dimm'><target><size>100</size></target><address type='dimm' slot='0' base='0x100000000'/></memory>", "<maxMemory slots='4'>800000</maxMemory>", "<memory model='dimm'><target><size>100</size></target></memory>", D, D },
    { "q35 to i440fx bridge",   "q35", "", "<controller type='pci' index='1' model='pcie-root-port'/>", "", "<controller type='pci' index='1' model='pcie-root-port'><target chassis='9'/></controller>", S, D },
    { "qemu command line",      "pc",  "", "", "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='-device'/></qemu:commandline>", "", S, D },
    { "s390 ccw as assigned",   "s390-ccw-virtio", "", DISK("vda", "virtio"), "", "<disk type='file'><source file='/x'/><target dev='vda' bus='virtio'/><address type='ccw' cssid='0xfe' ssid='0' devno='0'/></disk>", S, S },
    { "s390 another devno",     "s390-ccw-virtio", "", DISK("vda", "virtio"), "", "<disk type='file'><source file='/x'/><target dev='vda' bus='virtio'/><address type='ccw' cssid='0xfe' ssid='0' devno='9'/></disk>", D, D },
    { "s390 acpi",              "s390-ccw-virtio", "", "", "<features><acpi/></features>", "", S, S },
    { "spapr reg as assigned",  "pseries", "", "<serial type='pty'/>", "", "<serial type='pty'><target type='spapr-vio-serial'/><address type='spapr-vio' reg='0x30000000'/></serial>", S, S },
    { "spapr another reg",      "pseries", "", "<serial type='pty'/>", "", "<serial type='pty'><address type='spapr-vio' reg='0x30001000'/></serial>", S, D },
    { "arm gic",                "virt", "", "", "<features><gic version='2'/></features>", "", S, S },
    { "arm gic 3",              "virt", "", "", "<features><gic version='3'/></features>", "", D, D },
    { "two balloons",           "pc",  "", "", "", "<memballoon model='virtio'/><memballoon model='virtio'/>", I, I },
    { "bridge as root",         "pc",  "", "", "", "<controller type='pci' index='0' model='pci-bridge'/>", I, I },
    { "double pci address",     "pc",  "", "", "", VDISK("vda", "5") VDISK("vdb", "5"), I, I },
    { "double target",          "pc",  "", "", "", DISK("vda", "virtio") DISK("vda", "scsi"), I, I },
    { "unknown model",          "pc",  "", "", "", "<controller type='scsi' model='piix3-uhci'/>", I, I },
    { "more online than there", "pc",  "", "", "<vcpu current='3'>2</vcpu>", "", I, I },
    { "topology",               "pc",  "<vcpu>4</vcpu>", "", "<vcpu>4</vcpu><cpu><topology sockets='3' cores='1' threads='1'/></cpu>", "", I, I },
    { "wrong machine",          "pc",  "", "", "<os><type arch='aarch64' machine='pc-q35-7.2'>hvm</type></os>", "", S, S },
    { "zpci on x86",            "pc",  "", "", "", "<disk type='file'><source file='/x'/><target dev='vda'/><address type='pci' slot='5'><zpci uid='1'/></address></disk>", I, I },
    { "late: isa port twice",   "pc",  "", "", "", "<serial type='pty'><target port='0'/></serial><serial type='pty'><target port='0'/></serial>", D, I },
};
/* clang-format on */

static void verdicts_are_as_libvirt_and_the_guest_see_it(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        const struct pair *p = &pairs[i];
        char *a = document(p->machine, p->top_a, p->a);
        char *b = document(p->machine, p->top_b, p->b);

        for (int policy = 0; policy < 2; policy++) {
            struct abi_report *r =
                check_texts(a, b, (enum abi_policy)policy, 0);
            enum abi_verdict want =
                policy == ABI_POLICY_LIBVIRT ? p->libvirt : p->guest;

            if (r->verdict != want)
                fail_msg("%s (%s): %s instead of %s: %s", p->what,
                         policy ? "libvirt" : "guest",
                         abi_verdict_str(r->verdict), abi_verdict_str(want),
                         r->invalid ? r->invalid
                         : r->n     ? r->differences[0].message
                                    : "");
            assert_int_equal(r->n > 0, r->verdict == ABI_DIFFERS);
            abi_report_free(r);
        }
        free(a);
        free(b);
    }
}

static void one_added_disk_is_one_difference(void **state UNUSED)
{
    char *a = document("pc", "", VDISK("vdb", "5") VDISK("vdc", "6"));
    char *b = document("pc", "",
                       VDISK("vda", "4") VDISK("vdb", "5") VDISK("vdc", "6"));
    struct abi_report *r = check_texts(a, b, ABI_POLICY_LIBVIRT, 0);

    assert_int_equal(r->n, 1);
    assert_string_equal(r->differences[0].code, "disk.added");
    assert_string_equal(r->differences[0].path, "/domain/devices/disk[1]");
    assert_string_equal(r->differences[0].message,
                        "Target domain has disk 'vda', which the source lacks");
    assert_int_equal(r->differences[0].severity, ABI_REFUSED);
    abi_report_free(r);
    free(a);
    free(b);
}

static void report_says_everything_at_once(void **state UNUSED)
{
    static const struct {
        const char *code, *path, *source, *dest, *message;
        enum abi_severity severity;
    } want[] = {
        {"domain.memory", "/domain/memory", "219136 KiB", "300000 KiB",
         "Target domain memory size '300000 KiB' does not match source "
         "'219136 KiB'",
         ABI_REFUSED},
        {"disk.bus", "/domain/devices/disk[1]/target/@bus", "virtio", "sata",
         "Target disk 'vda' bus 'sata' does not match source 'virtio'",
         ABI_REFUSED},
        {"interface.queues", "/domain/devices/interface[1]/driver/@queues", "2",
         "4",
         "Target network card '52:54:00:00:00:01' queues '4' does not match "
         "source '2'",
         ABI_SILENT},
    };
    char *a =
        document("pc", "",
                 "<disk type='file'><source file='/x'/><target dev='vda' "
                 "bus='virtio'/><address type='pci' slot='9'/></disk>" NIC1
                 "<driver queues='2'/>" AT("8") "</interface>");
    char *b = document("pc", "</os><memory>300000</memory><os>", "");
    struct abi_report *r;
    size_t found = 0;

    free(b);
    b = strdup("<domain type='qemu'><name>g</name>" UUID
               "<memory>300000</memory>"
               "<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>"
               "<disk type='file'><source file='/x'/><target dev='vda' "
               "bus='sata'/></disk>" NIC1
               "<driver queues='4'/>" AT("8") "</interface>"
                                              "</devices></domain>");
    r = check_texts(a, b, ABI_POLICY_GUEST, 0);
    for (size_t i = 0; i < r->n; i++)
        for (size_t j = 0; j < ARRAY_SIZE(want); j++) {
            const struct abi_difference *d = &r->differences[i];

            if (strcmp(d->code, want[j].code))
                continue;
            found++;
            assert_string_equal(d->path, want[j].path);
            assert_string_equal(d->source, want[j].source);
            assert_string_equal(d->dest, want[j].dest);
            assert_string_equal(d->message, want[j].message);
            assert_int_equal(d->severity, want[j].severity);
        }
    assert_int_equal(found, ARRAY_SIZE(want));
    abi_report_free(r);
    free(a);
    free(b);
}

static void host_differences_are_shown_on_demand_only(void **state UNUSED)
{
    char *a = document("pc", "",
                       "<disk type='file'><source file='/a'/>"
                       "<target dev='vda'/></disk>");
    char *b = document("pc", "",
                       "<disk type='file'><source file='/b'/>"
                       "<target dev='vda'/></disk>");
    struct abi_report *r = check_texts(a, b, ABI_POLICY_GUEST, 0);

    assert_int_equal(r->n, 0);
    abi_report_free(r);
    r = check_texts(a, b, ABI_POLICY_GUEST, ABI_CHECK_ALL);
    assert_int_equal(r->verdict, ABI_SAME);
    assert_int_equal(r->n, 1);
    assert_string_equal(r->differences[0].code, "disk.src-file");
    assert_int_equal(r->differences[0].severity, ABI_HOST);
    abi_report_free(r);
    free(a);
    free(b);
}

static void common_mistakes_get_a_hint(void **state UNUSED)
{
    static const struct {
        const char *a, *b, *code, *hint;
    } rows[] = {
        {"<uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid><os><type>hvm"
         "</type></os>",
         "<os><type>hvm</type></os>", "domain.uuid",
         "without <uuid> a new one is made up each time: copy the source's"},
        {UUID "<os><type>hvm</type></os><devices>" NIC1
              "</interface></devices>",
         UUID "<os><type>hvm</type></os><devices><interface type='user'>"
              "<model type='virtio'/></interface></devices>",
         "interface.mac",
         "without <mac> a new address is made up each time: copy the source's"},
        {UUID
         "<os><type>hvm</type></os><devices>" VDISK("vda", "9") "</devices>",
         UUID "<os><type>hvm</type></os><devices>" DISK("vda",
                                                        "virtio") "</devices>",
         "disk.slot",
         "the destination XML leaves the address out, and the running guest "
         "has one: copy the source's <address> element"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char a[1500], b[1500];
        struct abi_report *r;
        const char *hint = NULL;

        snprintf(a, sizeof(a),
                 "<domain type='qemu'><name>g</name><memory>9"
                 "</memory>%s</domain>",
                 rows[i].a);
        snprintf(b, sizeof(b),
                 "<domain type='qemu'><name>g</name><memory>9"
                 "</memory>%s</domain>",
                 rows[i].b);
        r = check_texts(a, b, ABI_POLICY_GUEST, 0);
        for (size_t j = 0; j < r->n; j++)
            if (!strcmp(r->differences[j].code, rows[i].code))
                hint = r->differences[j].hint;
        assert_non_null(hint);
        assert_string_equal(hint, rows[i].hint);
        abi_report_free(r);
    }
}

static void live_dump_is_named_as_such(void **state UNUSED)
{
    static const char head[] = "<name>g</name>" UUID "<memory>9</memory><os>"
                               "<type arch='x86_64'>hvm</type></os>";
    char a[1000], b[1000];
    struct abi_report *r;

    snprintf(a, sizeof(a),
             "<domain type='kvm'>%s<cpu mode='host-model'/>"
             "</domain>",
             head);
    snprintf(b, sizeof(b),
             "<domain type='kvm' id='4'>%s<cpu mode='custom' "
             "check='full'><model>EPYC</model></cpu></domain>",
             head);
    r = check_texts(a, b, ABI_POLICY_LIBVIRT, 0);
    assert_string_equal(r->differences[0].code, "domain.cpu-mode");
    assert_non_null(
        strstr(r->differences[0].hint, "use 'virsh dumpxml --migratable'"));
    abi_report_free(r);
}

static void invalid_destination_names_file_line_and_reason(void **state UNUSED)
{
    char *a = document("pc", "", "");
    char *b = document("pc", "", "\n\n<memballoon model='virtual'/>");
    struct abi_report *r = check_texts(a, b, ABI_POLICY_GUEST, 0);

    assert_int_equal(r->verdict, ABI_INVALID);
    assert_string_equal(r->invalid,
                        "b.xml:3: invalid value 'virtual' of attribute 'model' "
                        "of element <memballoon>: unknown value");
    abi_report_free(r);
    free(a);
    free(b);
}

static void json_is_as_promised(void **state UNUSED)
{
    char *a = document("pc", "", DISK("vda", "virtio"));
    char *b = document("pc", "", DISK("vda", "sata"));
    struct abi_report *r = check_texts(a, b, ABI_POLICY_LIBVIRT, 0);
    struct json_object *o = abi_report_json(r, "a.xml", "b.xml");
    struct json_object *list = json_object_object_get(o, "differences"), *d;

    assert_string_equal(
        json_object_get_string(json_object_object_get(o, "verdict")),
        "differs");
    assert_string_equal(
        json_object_get_string(json_object_object_get(o, "source")), "a.xml");
    d = json_object_array_get_idx(list, 0);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (!strcmp(json_object_get_string(json_object_object_get(
                        json_object_array_get_idx(list, i), "code")),
                    "disk.bus"))
            d = json_object_array_get_idx(list, i);
    assert_string_equal(
        json_object_get_string(json_object_object_get(d, "severity")),
        "refused");
    assert_string_equal(
        json_object_get_string(json_object_object_get(d, "dest")), "sata");
    json_object_put(o);
    abi_report_free(r);
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_are_as_libvirt_and_the_guest_see_it),
        cmocka_unit_test(one_added_disk_is_one_difference),
        cmocka_unit_test(report_says_everything_at_once),
        cmocka_unit_test(host_differences_are_shown_on_demand_only),
        cmocka_unit_test(common_mistakes_get_a_hint),
        cmocka_unit_test(live_dump_is_named_as_such),
        cmocka_unit_test(invalid_destination_names_file_line_and_reason),
        cmocka_unit_test(json_is_as_promised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
