/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the XML of a running guest to its definition. */
#include "tests/lib/test.h"
#include "domain/domain.h"
#include "error/errcode.h"

#include <string.h>

#define HEAD  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define BEGIN "<domain type=\"kvm\"><name>v</name>"
#define END   "</domain>"
#define DEVICE(text)                                                           \
    BEGIN "<memory>65536</memory><devices>" text "</devices>" END

static char *inactive(const char *xml)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    char *text = domain_text_inactive(xml, strlen(xml), &err);

    if (!text)
        fail_msg("%s: %s", xml, err->msg);
    return text;
}

static void assert_becomes(const char *from, const char *to)
{
    CLEANUP(freep) char *once = inactive(from);
    CLEANUP(freep) char *wanted = NULL;

    assert_true(asprintf(&wanted, HEAD "%s\n", to) > 0);
    assert_string_equal(once, wanted);
    CLEANUP(freep) char *twice = inactive(once);
    assert_string_equal(twice, once);
}

static void definition_has_nothing_of_a_running_guest(void **state UNUSED)
{
    static const struct {
        const char *running;
        const char *definition;
    } cases[] = {
        {"<domain type=\"kvm\" id=\"7\"><name>v</name></domain>", BEGIN END},
        {DEVICE("<rng model=\"virtio\"><alias name=\"rng0\"/></rng>"),
         DEVICE("<rng model=\"virtio\"/>")},
        {DEVICE("<rng model=\"virtio\"><alias name=\"ua-mine\"/></rng>"),
         DEVICE("<rng model=\"virtio\"><alias name=\"ua-mine\"/></rng>")},
        {DEVICE("<console type=\"pty\" tty=\"/dev/pts/1\"><source "
                "path=\"/dev/pts/1\"/><target port=\"0\"/></console>"),
         DEVICE("<console type=\"pty\"><target port=\"0\"/></console>")},
        {DEVICE("<serial type=\"file\"><source path=\"/log\"/></serial>"),
         DEVICE("<serial type=\"file\"><source path=\"/log\"/></serial>")},
        {DEVICE("<channel type=\"unix\"><source mode=\"bind\" "
                "path=\"/var/lib/libvirt/qemu/channel/target/domain-7-v/a\"/>"
                "<target type=\"virtio\" name=\"a\" state=\"connected\"/>"
                "</channel>"),
         DEVICE("<channel type=\"unix\"><target type=\"virtio\" name=\"a\"/>"
                "</channel>")},
        {DEVICE("<channel type=\"unix\"><source mode=\"bind\" path=\"/my\"/>"
                "</channel>"),
         DEVICE("<channel type=\"unix\"><source mode=\"bind\" path=\"/my\"/>"
                "</channel>")},
        {DEVICE("<graphics type=\"vnc\" port=\"5901\" autoport=\"yes\"/>"),
         DEVICE("<graphics type=\"vnc\" port=\"-1\" autoport=\"yes\"/>")},
        {DEVICE("<graphics type=\"vnc\" port=\"5901\" autoport=\"no\"/>"),
         DEVICE("<graphics type=\"vnc\" port=\"5901\" autoport=\"no\"/>")},
        {DEVICE("<interface type=\"network\"><target dev=\"vnet3\"/>"
                "</interface>"),
         DEVICE("<interface type=\"network\"><target/></interface>")},
        {DEVICE("<interface type=\"network\"><target dev=\"mine\"/>"
                "</interface>"),
         DEVICE("<interface type=\"network\"><target dev=\"mine\"/>"
                "</interface>")},
        {DEVICE("<disk type=\"file\"><source file=\"/a\" index=\"2\"/><mirror "
                "type=\"file\"/><target dev=\"vda\"/></disk>"),
         DEVICE("<disk type=\"file\"><source file=\"/a\"/><target "
                "dev=\"vda\"/></disk>")},
        {BEGIN "<seclabel type=\"dynamic\" model=\"selinux\"><label>a</label>"
               "<imagelabel>b</imagelabel></seclabel>" END,
         BEGIN "<seclabel type=\"dynamic\" model=\"selinux\"/>" END},
        {BEGIN "<seclabel type=\"static\" model=\"dac\"><label>a</label>"
               "</seclabel>" END,
         BEGIN "<seclabel type=\"static\" model=\"dac\"><label>a</label>"
               "</seclabel>" END},
        /* Elsewhere the same names mean something else. */
        {BEGIN "<metadata><x xmlns=\"u:y\" id=\"1\"><alias name=\"a\"/></x>"
               "</metadata>" END,
         BEGIN "<metadata><x xmlns=\"u:y\" id=\"1\"><alias name=\"a\"/></x>"
               "</metadata>" END},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_becomes(cases[i].running, cases[i].definition);
}

static void definition_keeps_its_layout(void **state UNUSED)
{
    assert_becomes("<domain type=\"kvm\">\n"
                   "  <name>\xc3\xa4 &amp; b</name>\n"
                   "  <!-- mine -->\n"
                   "  <devices>\n"
                   "    <rng model=\"virtio\">\n"
                   "      <backend model=\"random\">/dev/urandom</backend>\n"
                   "      <alias name=\"rng0\"/>\n"
                   "    </rng>\n"
                   "  </devices>\n"
                   "</domain>",
                   "<domain type=\"kvm\">\n"
                   "  <name>\xc3\xa4 &amp; b</name>\n"
                   "  <!-- mine -->\n"
                   "  <devices>\n"
                   "    <rng model=\"virtio\">\n"
                   "      <backend model=\"random\">/dev/urandom</backend>\n"
                   "    </rng>\n"
                   "  </devices>\n"
                   "</domain>");
}

static void definition_is_made_of_domains_only(void **state UNUSED)
{
    static const char *const bad[] = {
        "", "<domain", "<network/>",
        ("<!DOCTYPE domain [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
         "<domain type='kvm'><name>&e;</name></domain>")};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        assert_null(domain_text_inactive(bad[i], strlen(bad[i]), &err));
        assert_int_equal(err->code, QMIG_ERR_XML);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definition_has_nothing_of_a_running_guest),
        cmocka_unit_test(definition_keeps_its_layout),
        cmocka_unit_test(definition_is_made_of_domains_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
