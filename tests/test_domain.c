/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parsing of domain XMLs: what is read, and what is refused with which line. */
#include "tests/lib/test.h"
#include "domain/model.h"
#include "domain/relaxng.h"
#include "error/errcode.h"

#include <string.h>
#include <sys/stat.h>

static struct domain *parse(const char *xml)
{
    struct domain *dom = NULL;
    struct qmp_error *err = NULL;

    if (domain_parse(xml, strlen(xml), "t.xml", &dom, &err) < 0)
        fail_msg("%s", err->msg);
    return dom;
}

static void refuse(const char *xml, size_t len, const char *message)
{
    struct domain *dom = NULL;
    struct qmp_error *err = NULL;

    assert_int_equal(domain_parse(xml, len, "t.xml", &dom, &err), -1);
    assert_null(dom);
    assert_int_equal(err->code, QMIG_ERR_XML);
    assert_string_equal(err->msg, message);
    qmp_error_free(err);
}

static void domain_is_read_by_the_tables(void **state UNUSED)
{
    struct domain *d = parse(
        "<domain type='kvm' id='3'><name>g</name>"
        "<uuid>C7A5FDBDEDAF9455926AD65C16DB1809</uuid>"
        "<memory unit='MiB'>1</memory><os><type arch='x86_64'>hvm</type></os>"
        "<devices>\n<disk><target dev='vda' bus='virtio'/>"
        "<address type='pci' slot='0x0a'/></disk></devices></domain>");
    const struct dom_object *disk = d->list[KIND_DISK].o[0];

    assert_string_equal(domain_name(d), "g");
    assert_string_equal(domain_uuid(d), "c7a5fdbd-edaf-9455-926a-d65c16db1809");
    assert_int_equal(d->root->v[DOMAIN_MEMORY].num, 1024);
    assert_int_equal(d->root->v[DOMAIN_ARCH].num, ARCH_X86_64);
    assert_int_equal(d->list[KIND_DISK].n, 1);
    assert_int_equal(disk->v[DISK_BUS].num, DISK_BUS_VIRTIO);
    assert_int_equal(disk->v[INFO_SLOT].num, 10);
    assert_int_equal(disk->line, 2);
    assert_null(d->problems);
    domain_free(d);
}

static void domain_keeps_the_first_of_repeated_elements(void **state UNUSED)
{
    struct domain *d = parse("<domain><name>a</name><name>b</name>"
                             "<devices><disk><target dev='vda'/>"
                             "<target dev='vdb' bus='scsi'/></disk></devices>"
                             "<devices><disk/></devices></domain>");

    assert_string_equal(domain_name(d), "a");
    assert_int_equal(d->list[KIND_DISK].n, 2);
    assert_string_equal(d->list[KIND_DISK].o[0]->v[DISK_TARGET].text, "vda");
    assert_int_equal(d->list[KIND_DISK].o[0]->v[DISK_BUS].num, DISK_BUS_NONE);
    domain_free(d);
}

static void domain_notes_bad_values_with_their_line(void **state UNUSED)
{
    static const struct {
        const char *xml, *text;
        int line;
    } rows[] = {
        {"<domain type='x'/>",
         "invalid value 'x' of attribute 'type' of element <domain>: unknown "
         "value",
         1},
        {"<domain>\n<memory>12x</memory></domain>",
         "missing required attribute 'type' in element <domain>", 1},
        {"<domain type='kvm'>\n<memory>12x</memory></domain>",
         "invalid value '12x' of element <memory>: expected a non-negative "
         "integer",
         2},
        {"<domain type='kvm'><devices>\n\n<memballoon/></devices></domain>",
         "missing required attribute 'model' in element <memballoon>", 3},
        {"<domain type='kvm'><memory unit='furlong'>1</memory></domain>",
         "invalid value '1' of element <memory>: unknown unit", 1},
        {"<domain type='kvm'><memory unit='EiB'>16</memory></domain>",
         "invalid value '16' of element <memory>: size out of range", 1},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct domain *d = parse(rows[i].xml);

        assert_non_null(d->problems);
        assert_string_equal(d->problems->text, rows[i].text);
        assert_int_equal(d->problems->line, rows[i].line);
        domain_free(d);
    }
}

static void domain_is_refused_when_it_is_not_one(void **state UNUSED)
{
    static const struct {
        const char *xml, *message;
    } rows[] = {
        {"", "t.xml: not well-formed XML: Document is empty"},
        {"hello",
         "t.xml:1: not well-formed XML: Start tag expected, '<' not found"},
        {"<network/>",
         "t.xml:1: unexpected root element <network>, expecting <domain>"},
        {"<domain>\n</foo>",
         "t.xml:2: not well-formed XML: Opening and ending tag mismatch: "
         "domain line 1 and foo"},
        {"<!DOCTYPE domain SYSTEM 'http://example.com/x.dtd'>\n<domain/>",
         "t.xml:1: a document type declaration is not allowed in a domain XML"},
        {"<!DOCTYPE d [\n<!ENTITY a 'b'>]>\n<domain>&a;</domain>",
         "t.xml:1: a document type declaration is not allowed in a domain XML"},
        {"<domain>\n<x:include xmlns:x='http://www.w3.org/2001/XInclude' "
         "href='/etc/passwd'/></domain>",
         "t.xml:2: XInclude is not allowed in a domain XML"},
        {"<domain><name>\xff\xfe</name></domain>",
         "t.xml:1: not well-formed XML: Input is not proper UTF-8, indicate "
         "encoding !"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (*rows[i].xml)
            refuse(rows[i].xml, strlen(rows[i].xml), rows[i].message);
}

static void domain_is_refused_when_it_is_too_large(void **state UNUSED)
{
    char want[100];

    snprintf(want, sizeof(want), "t.xml: the document is larger than %u bytes",
             DOMAIN_MAX_BYTES);
    refuse("<domain/>", (size_t)100 << 20, want);
}

static void domain_is_refused_when_it_has_too_many_devices(void **state UNUSED)
{
    static const char head[] = "<domain type='kvm'><devices>";
    static const char tail[] = "</devices></domain>";
    size_t n = 100000, at = 0;
    char *xml = malloc(sizeof(head) + sizeof(tail) + n * 8);
    char want[100];

    at += (size_t)sprintf(xml, "%s", head);
    for (size_t i = 0; i < n; i++)
        at += (size_t)sprintf(xml + at, "<disk/>");
    at += (size_t)sprintf(xml + at, "%s", tail);
    snprintf(want, sizeof(want),
             "t.xml:1: more than %u devices and other objects",
             DOMAIN_MAX_OBJECTS);
    refuse(xml, at, want);
    free(xml);
}

static void domain_is_refused_when_it_is_nested_too_deep(void **state UNUSED)
{
    size_t n = 100000;
    char *xml = malloc(n * 3 + 20);
    struct qmp_error *err = NULL;
    struct domain *dom = NULL;

    strcpy(xml, "<domain>");
    for (size_t i = 0; i < n; i++)
        memcpy(xml + 8 + i * 3, "<a>", 3);
    assert_int_equal(domain_parse(xml, 8 + n * 3, "t.xml", &dom, &err), -1);
    assert_non_null(strstr(err->msg, "t.xml:1: not well-formed XML: Excessive "
                                     "depth in document"));
    qmp_error_free(err);
    free(xml);
}

static void
domain_file_that_cannot_be_read_is_another_error(void **state UNUSED)
{
    struct domain *dom = NULL;
    struct qmp_error *err = NULL;

    assert_int_equal(domain_load("/nonexistent/x.xml", &dom, &err), -1);
    assert_int_equal(err->code, QMIG_ERR_XML_FILE);
    assert_string_equal(err->msg, "cannot open '/nonexistent/x.xml': No such "
                                  "file or directory");
    qmp_error_free(err);
}

static void name_is_replaced_and_nothing_else(void **state UNUSED)
{
    static const struct {
        const char *xml, *name, *want;
    } rows[] = {
        {"<domain><name>a</name></domain>", "b",
         "<domain><name>b</name></domain>"},
        {"<?xml version='1.0'?>\n<!-- <name>x</name> -->\n<domain a='>'>"
         "<title><name>t</name></title>\n <name >a</name\n></domain>\n",
         "b<&>",
         "<?xml version='1.0'?>\n<!-- <name>x</name> -->\n<domain a='>'>"
         "<title><name>t</name></title>\n <name >b&lt;&amp;&gt;</name\n>"
         "</domain>\n"},
        {"<domain><os/><name><![CDATA[a]]></name></domain>", "c",
         "<domain><os/><name>c</name></domain>"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char *got = domain_text_with_name(rows[i].xml, strlen(rows[i].xml),
                                          rows[i].name, NULL);

        assert_non_null(got);
        assert_string_equal(got, rows[i].want);
        free(got);
    }
}

static void name_is_not_replaced_when_there_is_none(void **state UNUSED)
{
    struct qmp_error *err = NULL;

    assert_null(domain_text_with_name("<domain/>", 9, "b", &err));
    assert_string_equal(err->msg, "the domain XML has no <name>");
    qmp_error_free(err);
}

/* A schema of our own: a domain with a name and nothing else. */
static void write_schema(const char *dir)
{
    static const char *const parts[] = {"", "/libvirt", "/libvirt/schemas"};
    char path[200];
    FILE *f;

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        snprintf(path, sizeof(path), "%s%s", dir, parts[i]);
        mkdir(path, 0700);
    }
    snprintf(path, sizeof(path), "%s/libvirt/schemas/domain.rng", dir);
    f = fopen(path, "we");
    assert_non_null(f);
    fputs("<grammar xmlns='http://relaxng.org/ns/structure/1.0'><start>"
          "<element name='domain'><element name='name'><text/></element>"
          "</element></start></grammar>",
          f);
    fclose(f);
}

static void remove_schema(const char *dir)
{
    static const char *const parts[] = {"/libvirt/schemas/domain.rng",
                                        "/libvirt/schemas", "/libvirt", ""};
    char path[200];

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        snprintf(path, sizeof(path), "%s%s", dir, parts[i]);
        remove(path);
    }
}

static void schema_is_found_and_names_the_line(void **state UNUSED)
{
    static const char good[] = "<domain><name>a</name></domain>";
    static const char bad[] = "<domain>\n<name>a</name>\n<nmae/></domain>";
    char dir[] = "/tmp/test_domain.XXXXXX";
    char want[200];
    struct relaxng *rng = NULL;
    struct qmp_error *err = NULL;

    assert_non_null(mkdtemp(dir));
    setenv("XDG_DATA_DIRS", dir, 1);
    assert_int_equal(relaxng_load(&rng, &err), -1);
    snprintf(want, sizeof(want),
             "no libvirt/schemas/domain.rng in %s: is libvirt installed?", dir);
    assert_string_equal(err->msg, want);
    assert_int_equal(err->code, QMIG_ERR_XML_FILE);
    qmp_error_free(err);
    err = NULL;

    write_schema(dir);
    assert_int_equal(relaxng_load(&rng, &err), 0);
    assert_int_equal(relaxng_validate(rng, good, strlen(good), "g.xml", &err),
                     0);
    assert_int_equal(relaxng_validate(rng, bad, strlen(bad), "b.xml", &err),
                     -1);
    assert_int_equal(err->code, QMIG_ERR_XML);
    assert_non_null(strstr(err->msg, "b.xml:3: "));
    assert_non_null(strstr(err->msg, "nmae"));
    qmp_error_free(err);
    relaxng_free(rng);
    remove_schema(dir);
    unsetenv("XDG_DATA_DIRS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domain_is_read_by_the_tables),
        cmocka_unit_test(domain_keeps_the_first_of_repeated_elements),
        cmocka_unit_test(domain_notes_bad_values_with_their_line),
        cmocka_unit_test(domain_is_refused_when_it_is_not_one),
        cmocka_unit_test(domain_is_refused_when_it_is_too_large),
        cmocka_unit_test(domain_is_refused_when_it_has_too_many_devices),
        cmocka_unit_test(domain_is_refused_when_it_is_nested_too_deep),
        cmocka_unit_test(domain_file_that_cannot_be_read_is_another_error),
        cmocka_unit_test(name_is_replaced_and_nothing_else),
        cmocka_unit_test(name_is_not_replaced_when_there_is_none),
        cmocka_unit_test(schema_is_found_and_names_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
