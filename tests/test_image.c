/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The header of a saved guest's file: made, taken apart, refused. */
#include "tests/lib/test.h"

#include "error/errcode.h"
#include "image/image.h"
#include "job/image.h"
#include "qmp/macros.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static struct json_object *description(const char *text)
{
    struct json_object *o = json_tokener_parse(text);

    assert_non_null(o);
    return o;
}

static unsigned char *make(const char *text, const char *xml, size_t *len)
{
    struct image image = {
        .head =
            (uint32_t)image_head_size(strlen(text) + 64, xml ? strlen(xml) : 0),
        .stream = 123456789012,
        .complete = true,
        .xml = (char *)(uintptr_t)xml,
        .description = description(text),
    };
    unsigned char *p = image_make(&image, NULL);

    assert_non_null(p);
    *len = image.head;
    json_object_put(image.description);
    return p;
}

static const char whole[] =
    "{\"format\":\"sparse\",\"runs\":true,\"id\":\"20260101T000000-00000001\","
    "\"name\":\"web1\",\"uuid\":\"8f3b2ad4-6d4e-4f0a-9f5b-0a4a0e1d2c3b\","
    "\"qemu\":\"10.0.2\",\"time\":\"2026-01-01T00:00:00Z\",\"later\":1}";

static void header_comes_back_as_it_was_made(void **state UNUSED)
{
    const char *xmls[] = {NULL, "<domain type='kvm'/>\n"};

    for (size_t i = 0; i < ARRAY_SIZE(xmls); i++) {
        CLEANUP(image_clear) struct image image = {0};
        size_t len;
        size_t head = 0;
        CLEANUP(freep) unsigned char *p = make(whole, xmls[i], &len);

        assert_int_equal(image_head(p, IMAGE_FIXED, &head, NULL), 0);
        assert_int_equal(head, len);
        assert_int_equal(head % IMAGE_PAGE, 0);
        assert_int_equal(image_parse(p, len, &image, NULL), 0);
        assert_true(image.complete && image.runs);
        assert_int_equal(image.stream, 123456789012);
        assert_int_equal(image.format, IMAGE_SPARSE);
        assert_string_equal(image.name, "web1");
        assert_string_equal(image.qemu, "10.0.2");
        assert_string_equal(image.id, "20260101T000000-00000001");
        assert_true(!image.xml == !xmls[i]);
        if (xmls[i])
            assert_string_equal(image.xml, xmls[i]);
    }
}

/* Each byte that is not padding counts. */
static void changed_byte_is_found(void **state UNUSED)
{
    size_t len;
    CLEANUP(freep) unsigned char *p = make(whole, "<domain/>", &len);
    size_t used = IMAGE_FIXED + strlen(whole) + strlen("<domain/>");

    for (size_t i = 0; i < used; i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct image image = {0};

        p[i] ^= 4;
        assert_int_equal(image_parse(p, len, &image, &err), -1);
        assert_int_equal(err->code, QMIG_ERR_IMAGE);
        p[i] ^= 4;
    }
    for (size_t i = 0; i < len; i += i < 80 ? 1 : 97) { /* cut off anywhere */
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct image image = {0};

        assert_int_equal(image_parse(p, i, &image, &err), -1);
        assert_int_equal(err->code, QMIG_ERR_IMAGE);
    }
}

static void what_it_says_wrongly_is_named(void **state UNUSED)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"{\"runs\":true}", "its description is wrong: 'format' is missing"},
        {"{\"format\":\"zip\",\"runs\":true}",
         "its format is 'zip', this program knows 'raw' and 'sparse'"},
        {"{\"format\":1,\"runs\":true}",
         "its description is wrong: 'format' must be a string"},
        {"{\"format\":\"raw\"}",
         "its description is wrong: 'runs' must be true or false"},
        {"{\"format\":\"raw\",\"runs\":\"yes\"}",
         "its description is wrong: 'runs' must be true or false"},
        {"{\"format\":\"raw\",\"runs\":true,\"uuid\":7}",
         "its description is wrong: 'uuid' must be a string"},
        {"{\"format\":\"raw\",\"runs\":true,\"name\":\"a\\u0000b\"}",
         "its description is wrong: 'name' must be a string"},
        {"[]", "its description is no JSON object"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct image image = {0};
        size_t len;
        CLEANUP(freep) unsigned char *p = make(rows[i].text, NULL, &len);

        assert_int_equal(image_parse(p, len, &image, &err), -1);
        assert_int_equal(err->code, QMIG_ERR_IMAGE);
        assert_string_equal(err->msg, rows[i].wanted);
    }
}

static void foreign_file_is_called_by_its_name(void **state UNUSED)
{
    static const struct {
        const char *bytes, *wanted, *hint;
    } rows[] = {
        {"LibvirtQemudSave....", "it was saved by libvirt",
         "restore it with 'virsh restore'"},
        {"LibvirtQemudPart", "it is an incomplete file of libvirt's", NULL},
        {"QEVM\0\0\0\3", "it is QEMU's bare migration stream, without a header",
         "start QEMU with -incoming 'exec:cat FILE'"},
        {"",
         "it is no file of a saved guest: it does not begin with "
         "'QMIGSAVE'",
         NULL},
        {"QMIGSAV",
         "it is no file of a saved guest: it does not begin with "
         "'QMIGSAVE'",
         NULL},
        {"QMIGSAVE", "it ends after 8 bytes, within its header", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        size_t head;

        assert_int_equal(
            image_head(rows[i].bytes, strlen(rows[i].bytes), &head, &err), -1);
        assert_int_equal(err->code, QMIG_ERR_IMAGE);
        assert_string_equal(err->msg, rows[i].wanted);
        if (rows[i].hint)
            assert_string_equal(err->hint, rows[i].hint);
        else
            assert_null(err->hint);
    }
}

/* The rule for versions: a reader takes its own, and nothing that it does not
 * know; members of the description are free. */
static void newer_file_is_refused(void **state UNUSED)
{
    static const struct {
        size_t at;
        unsigned char value;
        const char *wanted;
    } rows[] = {
        {8, 2, "its format has version 2, this program knows 1"},
        {24, 3, "its flags are 0x3: a newer program made it"},
        {40, 1,
         "its header has bytes that must be zero: a newer program made "
         "it"},
        {63, 1,
         "its header has bytes that must be zero: a newer program made "
         "it"},
        {12, 1,
         "its header has 4097 bytes, must be a multiple of 4096 up to "
         "37748736"},
        {15, 0x7f,
         "its header has 2130710528 bytes, must be a multiple of "
         "4096 up to 37748736"},
        {39, 0xff, "its stream would be larger than any file"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
        struct image image = {0};
        size_t len;
        CLEANUP(freep) unsigned char *p = make(whole, NULL, &len);

        assert_int_equal(len, 4096);
        p[rows[i].at] = rows[i].value;
        image_seal(p, len);
        assert_int_equal(image_parse(p, len, &image, &err), -1);
        assert_int_equal(err->code, QMIG_ERR_IMAGE);
        assert_string_equal(err->msg, rows[i].wanted);
    }
}

static void description_that_does_not_fit_is_refused(void **state UNUSED)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(freep) char *text = calloc(1, 5000);
    struct image image = {.head = IMAGE_PAGE};

    memset(text, 'x', 4999);
    image.description = json_object_new_object();
    json_object_object_add(image.description, "name",
                           json_object_new_string(text));
    assert_null(image_make(&image, &err));
    assert_int_equal(err->code, QMIG_ERR_IMAGE);
    assert_int_equal(image_head_size(SIZE_MAX, 1), 0);
    assert_int_equal(image_head_size(1, IMAGE_MAX_HEAD), 0);
    json_object_put(image.description);
}

/* Files */

static char folder[64];

static int make_folder(void **state UNUSED)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(folder, sizeof(folder), "%s/qmigrate-image.XXXXXX",
             tmp && strlen(tmp) < 32 ? tmp : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state UNUSED)
{
    return rmdir(folder);
}

static char *in_folder(const char *name)
{
    char *path;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

static void put(const char *path, const void *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(image_write_all(fd, data, len, 0), 0);
    close(fd);
}

static void file_that_is_there_is_not_replaced(void **state UNUSED)
{
    CLEANUP(freep) char *part = in_folder("x.part");
    CLEANUP(freep) char *file = in_folder("x");
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct stat st;

    put(part, "new", 3);
    put(file, "o", 1);
    assert_int_equal(image_rename(part, file, false, &err), -1);
    assert_int_equal(err->code, QMIG_ERR_FILE);
    assert_non_null(strstr(err->msg, "File exists"));
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_size, 1);

    assert_int_equal(image_rename(part, file, true, NULL), 0);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_size, 3);
    assert_int_equal(access(part, F_OK), -1);
    unlink(file);
}

/* {what, a message that has this} */
static void only_a_regular_file_will_do(void **state UNUSED)
{
    CLEANUP(freep) char *link = in_folder("link");
    CLEANUP(freep) char *file = in_folder("file");
    CLEANUP(freep) char *missing = in_folder("missing");
    CLEANUP(freep) char *deep = in_folder("none/x");
    const struct {
        const char *path;
        bool missing;
        const char *wanted;
    } rows[] = {
        {folder, true, "is no regular file"},
        {"/dev/null", true, "is no regular file"},
        {deep, true, "cannot find the folder of"},
        {missing, false, "No such file or directory"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;

        assert_null(image_path(rows[i].path, rows[i].missing, &err));
        assert_int_equal(err->code, QMIG_ERR_FILE);
        assert_non_null(strstr(err->msg, rows[i].wanted));
    }
    CLEANUP(freep) char *there = image_path(missing, true, NULL);
    assert_non_null(there);
    assert_string_equal(strrchr(there, '/'), "/missing");
    assert_int_equal(*there, '/');

    put(file, "x", 1);
    assert_int_equal(symlink("file", link), 0);
    CLEANUP(freep) char *real = image_path(link, false, NULL);
    assert_string_equal(strrchr(real, '/'), "/file");
    unlink(link);
    unlink(file);
}

static void file_names_are_in_the_errors_of_its_header(void **state UNUSED)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *none = NULL;
    CLEANUP(freep) char *file = in_folder("bad");
    CLEANUP(freep) char *wanted = NULL;
    struct image image = {0};

    put(file, "QMIGSAVE", 8);
    assert_int_equal(image_read(file, &image, &err), -1);
    assert_true(asprintf(&wanted,
                         "'%s': it ends after 8 bytes, within its header",
                         file) > 0);
    assert_string_equal(err->msg, wanted);
    unlink(file);
    assert_int_equal(image_read(file, &image, &none), -1);
    assert_int_equal(none->code, QMIG_ERR_FILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_comes_back_as_it_was_made),
        cmocka_unit_test(changed_byte_is_found),
        cmocka_unit_test(what_it_says_wrongly_is_named),
        cmocka_unit_test(foreign_file_is_called_by_its_name),
        cmocka_unit_test(newer_file_is_refused),
        cmocka_unit_test(description_that_does_not_fit_is_refused),
        cmocka_unit_test(file_that_is_there_is_not_replaced),
        cmocka_unit_test(only_a_regular_file_will_do),
        cmocka_unit_test(file_names_are_in_the_errors_of_its_header),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
