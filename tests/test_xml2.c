/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#define XML2_NO_NAMES
#include "domain/domain.h"
#include "domain/xml2.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

static bool is_loaded(void)
{
    void *library = dlopen(XML2_SONAME, RTLD_LAZY | RTLD_NOLOAD);

    if (library)
        dlclose(library);
    return library;
}

/* First: afterwards it is there. */
static void xml2_is_loaded_when_a_document_is_read(void **state UNUSED)
{
    static const char xml[] = "<domain type='kvm'><name>g</name></domain>";
    CLEANUP(domain_freep) struct domain *dom = NULL;

    assert_false(is_loaded());
    assert_int_equal(domain_parse(xml, strlen(xml), NULL, &dom, NULL), 0);
    assert_true(is_loaded());
    assert_string_equal(domain_name(dom), "g");
}

static void xml2_has_all_functions(void **state UNUSED)
{
    assert_int_equal(xml2_load(NULL), 0);
#define X(name) assert_true(xml2.name != NULL);
    XML2_MAP(X)
#undef X
    assert_true(xml2.xmlFree != NULL);
}

static void xml2_says_when_it_cannot_be_loaded(void **state UNUSED)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct xml2 table = {0};

    assert_int_equal(xml2_load_from("libnone.so.9", &table, &err), -1);
    assert_int_equal(err->code, QMP_ERR_UNSUPPORTED);
    assert_string_equal(err->msg,
                        "cannot load 'libnone.so.9', which reads domain XML: "
                        "libnone.so.9: cannot open shared object file: No such "
                        "file or directory");
    assert_string_equal(err->hint, "install libxml2");
}

static void xml2_refuses_a_library_that_lacks_a_function(void **state UNUSED)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct xml2 table = {0};

    assert_int_equal(xml2_load_from("libm.so.6", &table, &err), -1);
    assert_int_equal(err->code, QMP_ERR_UNSUPPORTED);
    assert_string_equal(err->msg,
                        "'libm.so.6' cannot be used to read domain XML: it has "
                        "no 'xmlCtxtGetLastError'");
    assert_null(table.xmlCtxtReadMemory);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(xml2_is_loaded_when_a_document_is_read),
        cmocka_unit_test(xml2_has_all_functions),
        cmocka_unit_test(xml2_says_when_it_cannot_be_loaded),
        cmocka_unit_test(xml2_refuses_a_library_that_lacks_a_function),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
