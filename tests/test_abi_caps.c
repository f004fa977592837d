/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities that a caller gives: what they change, what is refused. */
#include "tests/lib/test.h"
#include "abi/abi.h"
#include "abi/caps.h"

#include <string.h>

#define S ABI_SAME
#define D ABI_DIFFERS
#define I ABI_INVALID

#define MACHINES                                                               \
    "\"machines\":["                                                           \
    "{\"name\":\"pc-q35-7.2\",\"alias\":\"q35\",\"is-default\":true,"          \
    "\"default-cpu-type\":\"qemu64-x86_64-cpu\",\"cpu-max\":288},"             \
    "{\"name\":\"pc-i440fx-7.2\",\"alias\":\"pc\","                            \
    "\"default-cpu-type\":\"Nehalem-v1-x86_64-cpu\"},"                         \
    "{\"name\":\"pc-i440fx-7.1\"},"                                            \
    "{\"name\":\"isapc\",\"default-cpu-type\":\"486\"}]"
#define CAPS       "{\"arch\":\"x86_64\"," MACHINES "}"
#define DEVICES(d) "{\"devices\":[" d "]}"
#define MODERN                                                                 \
    "\"virtio-net-pci\",\"i8042\",\"VGA\",\"qemu-xhci\",{\"name\":\"e1000\"}"
#define ARM(s)                                                                 \
    "{\"arch\":\"aarch64\",\"machines\":[{\"name\":\"virt-7.2\",\"alias\":"    \
    "\"virt\"" s "}]}"

#define DISK(bus)                                                              \
    "<disk type='file'><source file='/x'/><target dev='sda' bus='" bus "'/>"   \
    "</disk>"
#define NIC(model)                                                             \
    "<interface type='user'><mac address='52:54:00:00:00:01'/>" model          \
    "</interface>"
#define USB(model, more)                                                       \
    "<controller type='usb' index='0' model='" model "'>" more "</controller>"
#define NONE       "<memballoon model='none'/>"
#define CPU(model) "<cpu><model>" model "</model></cpu>"

/* MACHINE is what stands in <type>; the devices follow an '@'. */
/* clang-format off */
static const struct pair {
    const char *what, *caps, *machine_a, *a, *machine_b, *b;
    enum abi_verdict without, with;
} pairs[] = {
    { "q35 is 7.2",          CAPS, "machine='q35'", "@", "machine='pc-q35-7.2'", "@", D, S },
    { "q35 is not 10.0",     CAPS, "machine='pc-q35-10.0'", "@", "machine='q35'", "@", S, D },
    { "pc is 7.2",           CAPS, "machine='pc'", "@", "machine='pc-i440fx-7.2'", "@", D, S },
    { "a name is itself",    CAPS, "machine='pc-i440fx-7.2'", "@", "machine='pc-i440fx-7.1'", "@", D, D },
    { "default machine",     CAPS, "", "@", "machine='pc-q35-7.2'", "@", D, S },
    { "no such machine",     CAPS, "machine='pc-q35-8.0'", "@", "machine='pc-q35-8.0'", "@", S, I },
    { "no such alias",       "{\"machines\":[{\"name\":\"pc-q35-7.2\"}]}", "machine='q35'", "@", "machine='q35'", "@", S, I },
    { "default CPU",         CAPS, "machine='pc-i440fx-7.2'", "@", "machine='pc-i440fx-7.2'", CPU("Nehalem-v1") "@", D, S },
    { "not the usual CPU",   CAPS, "machine='pc-i440fx-7.2'", "@", "machine='pc-i440fx-7.2'", CPU("qemu64") "@", S, D },
    { "CPU as usual",        CAPS, "machine='pc-q35-7.2'", "@", "machine='pc-q35-7.2'", CPU("qemu64") "@", S, S },
    { "CPU not told",        CAPS, "machine='isapc'", "@" NONE, "machine='isapc'", CPU("486") "@" NONE, S, S },
    { "i686 has the same",   CAPS, "arch='i686' machine='q35'", "@", "arch='i686' machine='pc-q35-7.2'", "@", D, S },
    { "i386 has the same",   "{\"arch\":\"i386\"," MACHINES "}", "machine='q35'", "@", "machine='pc-q35-7.2'", "@", D, S },
    { "of another arch",     ARM(""), "machine='q35'", "@", "machine='pc-q35-10.0'", "@", S, S },
    { "virt is 7.2",         ARM(""), "arch='aarch64' machine='virt'", "@", "arch='aarch64' machine='virt-7.2'", "@", D, S },
    { "preferred machine",   ARM(""), "arch='aarch64'", "@", "arch='aarch64' machine='virt-7.2'", "@", D, S },
    { "ARM's CPU",           ARM(",\"default-cpu-type\":\"cortex-a57-arm-cpu\""), "arch='aarch64' machine='virt-7.2'", "@", "arch='aarch64' machine='virt-7.2'", CPU("cortex-a57") "@", D, S },
    { "no cirrus: VGA",      DEVICES(MODERN), "machine='pc'", "@<graphics type='vnc'/>", "machine='pc'", "@<video><model type='vga'/></video>", D, S },
    { "no rtl8139: e1000",   DEVICES(MODERN), "machine='pc'", "@" NIC(""), "machine='pc'", "@" NIC("<model type='e1000'/>"), D, S },
    { "no e1000: virtio",    DEVICES("\"qemu-xhci\""), "machine='pc'", "@" NIC(""), "machine='pc'", "@" NIC("<model type='virtio'/>"), D, S },
    { "rtl8139 first",       DEVICES("\"rtl8139\",\"e1000\""), "machine='pc'", "@" NIC(""), "machine='pc'", "@" NIC("<model type='rtl8139'/>"), S, S },
    { "no lsi: virtio-scsi", DEVICES(MODERN), "machine='pc'", "@" DISK("scsi"), "machine='pc'", "@" DISK("scsi") "<controller type='scsi' index='0' model='virtio-scsi'/>", D, S },
    { "i8042",               DEVICES(MODERN), "machine='pc'", "@", "machine='pc'", "@<input type='mouse' bus='ps2'/>", S, S },
    { "no i8042",            DEVICES("\"qemu-xhci\""), "machine='pc'", "@", "machine='pc'", "@<input type='mouse' bus='ps2'/>", S, D },
    { "q35's xhci",          DEVICES(MODERN), "machine='q35'", "@", "machine='q35'", "@" USB("qemu-xhci", ""), S, S },
    { "no xhci: NEC's",      DEVICES("\"nec-usb-xhci\""), "machine='q35'", "@", "machine='q35'", "@" USB("nec-xhci", ""), D, S },
    { "no xhci: ICH9's",     DEVICES(""), "machine='q35'", "@", "machine='q35'", "@" USB("ich9-ehci1", "") USB("ich9-uhci1", "<master startport='0'/>") USB("ich9-uhci2", "<master startport='2'/>") USB("ich9-uhci3", "<master startport='4'/>"), D, S },
    { "no piix3 UHCI",       DEVICES(MODERN), "machine='pc'", "@<controller type='usb' index='1'/>", "machine='pc'", "@<controller type='usb' index='1' model='piix3-uhci'/>", S, D },
    { "ARM's NEC",           DEVICES("\"nec-usb-xhci\""), "arch='aarch64' machine='virt'", "@<controller type='usb' index='0'/>", "arch='aarch64' machine='virt'", "@" USB("nec-xhci", ""), D, S },
    { "IOMMU for 256 CPUs",  DEVICES("\"intel-iommu\",\"qemu-xhci\""), "machine='q35'", "<vcpu>256</vcpu>@", "machine='q35'", "<vcpu>256</vcpu>@<iommu model='intel'><driver intremap='on' eim='on'/></iommu>", S, S },
    { "no IOMMU",            DEVICES("\"qemu-xhci\""), "machine='q35'", "<vcpu>256</vcpu>@", "machine='q35'", "<vcpu>256</vcpu>@<iommu model='intel'><driver intremap='on' eim='on'/></iommu>", S, D },
    { "machines alone",      CAPS, "machine='pc-i440fx-7.1'", "@" NIC(""), "machine='pc-i440fx-7.1'", "@" NIC("<model type='rtl8139'/>"), S, S },
    { "devices alone",       DEVICES(MODERN), "machine='q35'", "@", "machine='pc-q35-10.0'", "@", S, S },
};
/* clang-format on */

static struct domain *parse_domain(const char *type, const char *machine,
                                   const char *rest)
{
    struct domain *d = NULL;
    struct qmp_error *err = NULL;
    CLEANUP(freep) char *xml = NULL;
    const char *at = strchr(rest, '@');
    const char *arch = strstr(machine, "arch=") ? "" : "arch='x86_64'";

    if (asprintf(&xml,
                 "<domain type='%s'><name>g</name>"
                 "<uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>"
                 "<memory>219136</memory><features><acpi/></features>"
                 "<os><type %s %s>hvm</type></os>%.*s"
                 "<devices>%s</devices></domain>",
                 type, arch, machine, (int)(at - rest), rest, at + 1) < 0)
        abort();
    if (domain_parse(xml, strlen(xml), "d.xml", &d, &err) < 0)
        fail_msg("%s: %s", xml, err->msg);
    return d;
}

static struct abi_caps *parse_caps(const char *text)
{
    struct abi_caps *caps = NULL;
    struct qmp_error *err = NULL;

    if (abi_caps_parse(text, "caps.json", &caps, &err) < 0)
        fail_msg("%s: %s", text, err->msg);
    return caps;
}

static struct abi_report *check(const struct domain *a, const struct domain *b,
                                const struct abi_caps *caps)
{
    struct abi_report *r = NULL;

    assert_int_equal(abi_check(a, b, caps, ABI_POLICY_GUEST, 0, &r, NULL), 0);
    return r;
}

static void expect_verdict(const struct pair *p, const struct abi_caps *caps,
                           enum abi_verdict want)
{
    CLEANUP(domain_freep)
    struct domain *a = parse_domain("qemu", p->machine_a, p->a);
    CLEANUP(domain_freep)
    struct domain *b = parse_domain("qemu", p->machine_b, p->b);
    CLEANUP(abi_report_freep) struct abi_report *r = check(a, b, caps);

    if (r->verdict != want)
        fail_msg("%s (%s capabilities): %s instead of %s: %s", p->what,
                 caps ? "with" : "without", abi_verdict_str(r->verdict),
                 abi_verdict_str(want),
                 r->invalid ? r->invalid
                 : r->n     ? r->differences[0].message
                            : "");
}

static void capabilities_decide_what_is_filled_in(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        const struct pair *p = &pairs[i];
        CLEANUP(abi_caps_freep) struct abi_caps *caps = parse_caps(p->caps);

        expect_verdict(p, NULL, p->without);
        expect_verdict(p, caps, p->with);
    }
}

static void what_the_qemu_lacks_is_named(void **state UNUSED)
{
    static const struct {
        const char *caps, *type, *machine, *why;
    } rows[] = {
        {CAPS, "qemu", "machine='pc-q35-8.0'",
         "d.xml:1: the QEMU whose capabilities were given has no machine type "
         "'pc-q35-8.0'"},
        {"{\"kvm\":false," MACHINES "}", "kvm", "machine='q35'",
         "d.xml:1: the QEMU whose capabilities were given has no KVM"},
        {"{\"kvm\":true," MACHINES "}", "kvm", "machine='q35'", NULL},
        {"{\"kvm\":false," MACHINES "}", "qemu", "machine='q35'", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(abi_caps_freep)
        struct abi_caps *caps = parse_caps(rows[i].caps);
        CLEANUP(domain_freep)
        struct domain *d = parse_domain(rows[i].type, rows[i].machine, "@");
        CLEANUP(abi_report_freep) struct abi_report *r = check(d, d, caps);

        assert_int_equal(r->verdict, rows[i].why ? I : S);
        if (rows[i].why)
            assert_string_equal(r->invalid, rows[i].why);
    }
}

static void bad_capabilities_are_refused(void **state UNUSED)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"<domain/>", "'caps.json' is not JSON: malformed JSON at byte 0: a "
                      "value wanted, '<' found"},
        {"null", "'caps.json' is of type null, expected object"},
        {"[]", "'caps.json' is of type array, expected object"},
        {"{}", "'caps.json' has neither 'machines' nor 'devices'; 'qmigrate "
               "features ADDR --json' prints both"},
        {"{\"machines\":[]}", "'caps.json': 'machines' is empty"},
        {"{\"machines\":{}}",
         "'caps.json': 'machines' is of type object, expected array"},
        {"{\"machines\":[7]}",
         "'caps.json': machines[0] is of type int, expected object"},
        {"{\"machines\":[{\"name\":\"a\"},{\"alias\":\"a\"}]}",
         "'caps.json': machines[1] has no 'name'"},
        {"{\"machines\":[{\"name\":1}]}",
         "'caps.json': machines[0]: 'name' is of type int, expected string"},
        {"{\"machines\":[{\"name\":\"a\",\"alias\":[]}]}",
         "'caps.json': machines[0]: 'alias' is of type array, expected string"},
        {"{\"machines\":[{\"name\":\"a\",\"is-default\":1}]}",
         "'caps.json': machines[0]: 'is-default' is of type int, expected "
         "boolean"},
        {"{\"machines\":[{\"name\":\"a\",\"default-cpu-type\":1}]}",
         "'caps.json': machines[0]: 'default-cpu-type' is of type int, "
         "expected string"},
        {"{\"devices\":\"e1000\"}",
         "'caps.json': 'devices' is of type string, expected array"},
        {"{\"devices\":[\"e1000\",null]}",
         "'caps.json': devices[1] is of type null, expected string"},
        {"{\"devices\":[{}]}", "'caps.json': devices[0] has no 'name'"},
        {"{\"devices\":[{\"name\":{}}]}",
         "'caps.json': devices[0]: 'name' is of type object, expected string"},
        {"{\"kvm\":1,\"devices\":[]}",
         "'caps.json': 'kvm' is of type int, expected boolean"},
        {"{\"arch\":1,\"devices\":[]}",
         "'caps.json': 'arch' is of type int, expected string"},
        {"{\"arch\":\"z80\",\"devices\":[]}",
         "'caps.json': 'arch' is 'z80', which is no architecture of a guest"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct abi_caps *caps = NULL;

        assert_int_equal(abi_caps_parse(rows[i].text, "caps.json", &caps, &err),
                         -1);
        assert_null(caps);
        assert_int_equal(err->code, QMP_ERR_INVALID_ARG);
        assert_string_equal(err->msg, rows[i].why);
    }
}

static void what_is_null_is_absent(void **state UNUSED)
{
    CLEANUP(abi_caps_freep)
    struct abi_caps *caps =
        parse_caps("{\"arch\":null,\"kvm\":null,\"devices\":null,\"machines\":["
                   "{\"name\":\"a\",\"alias\":null,\"default-cpu-type\":"
                   "\"-cpu\"},{\"name\":\"b\",\"default-cpu-type\":"
                   "\"cortex-a15-arm-cpu\"}]}");

    assert_int_equal(caps->n_machines, 2);
    assert_false(caps->has_devices);
    assert_false(caps->no_kvm);
    assert_null(caps_machine(caps, NULL));
    assert_null(caps_machine(caps, "a")->cpu);
    assert_string_equal(caps_machine(caps, "b")->cpu, "cortex-a15");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capabilities_decide_what_is_filled_in),
        cmocka_unit_test(what_the_qemu_lacks_is_named),
        cmocka_unit_test(bad_capabilities_are_refused),
        cmocka_unit_test(what_is_null_is_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
