/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"

#include "preflight/preflight.h"

#include <string.h>

struct row {
    enum item_kind kind;
    const char *path, *value;
};

/* Rows are given in the order of their paths. */
static void fill(struct inventory *inv, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(inventory_add(inv, rows[i].kind, strdup(rows[i].path),
                                       strdup(rows[i].value)),
                         0);
}

static const struct row guest[] = {
    {ITEM_CPU, "cpu/model", "qemu64-x86_64-cpu"},
    {ITEM_DEVICE, "device/net0", "virtio-net-pci"},
    {ITEM_PROPERTY, "device/net0/mac", "52:54:00:12:34:56"},
    {ITEM_PROPERTY, "device/net0/vectors", "3"},
    {ITEM_DISK, "disk/vda", "1048576 bytes"},
    {ITEM_MACHINE, "machine", "pc-q35-7.2-machine"},
    {ITEM_MEMORY, "memory/base", "268435456"},
    {ITEM_PCI, "pci/00/02.0", "1af4:1000 class 0200"},
    {ITEM_PCI, "pci/00/02.0/bar6", "memory of 262144 bytes"},
    {ITEM_STATE, "state", "running"},
    {ITEM_UUID, "uuid", "1"},
    {ITEM_VCPUS, "vcpus", "2"},
};

#define STATE_ROW 9

static struct json_object *compare_with(const struct row *changed, int skip,
                                        const struct row *more)
{
    struct inventory source = {0};
    struct inventory dest = {0};
    struct row rows[ARRAY_SIZE(guest) + 1];
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(guest); i++) {
        if (more && strcmp(more->path, guest[i].path) < 0) {
            rows[n++] = *more;
            more = NULL;
        }
        if ((int)i == skip)
            continue;
        rows[n] = guest[i];
        if (i == STATE_ROW)
            rows[n].value = "inmigrate";
        if (changed && !strcmp(changed->path, guest[i].path))
            rows[n].value = changed->value;
        n++;
    }
    fill(&source, guest, ARRAY_SIZE(guest));
    fill(&dest, rows, n);
    struct json_object *report = preflight_compare(&source, &dest);
    inventory_clear(&source);
    inventory_clear(&dest);
    return report;
}

static struct json_object *only_difference(struct json_object *report)
{
    struct json_object *list = json_object_object_get(report, "differences");

    assert_string_equal(
        json_object_get_string(json_object_object_get(report, "verdict")),
        "differs");
    assert_int_equal(json_object_array_length(list), 1);
    return json_object_array_get_idx(list, 0);
}

static const char *text(struct json_object *row, const char *name)
{
    return json_object_get_string(json_object_object_get(row, name));
}

static void preflight_finds_nothing_when_both_are_the_same(void **state UNUSED)
{
    struct json_object *report = compare_with(NULL, -1, NULL);

    assert_string_equal(text(report, "verdict"), "same");
    json_object_put(report);
}

static void
preflight_names_path_and_values_when_one_differs(void **state UNUSED)
{
    static const struct {
        struct row changed;
        const char *code, *severity;
    } rows[] = {
        {{0, "cpu/model", "max-x86_64-cpu"}, "live.cpu", "silent"},
        {{0, "device/net0", "e1000"}, "live.device", "refused"},
        {{0, "device/net0/mac", "x"}, "live.property", "silent"},
        {{0, "disk/vda", "5 bytes"}, "live.disk", "silent"},
        {{0, "machine", "pc-q35-7.1-machine"}, "live.machine", "refused"},
        {{0, "memory/base", "1"}, "live.memory", "refused"},
        {{0, "pci/00/02.0", "8086:10d3 class 0200"}, "live.pci", "refused"},
        {{0, "pci/00/02.0/bar6", "memory of 1 bytes"}, "live.pci", "refused"},
        {{0, "uuid", "2"}, "live.uuid", "silent"},
        {{0, "vcpus", "1"}, "live.vcpus", "refused"},
        {{0, "vcpus", "4"}, "live.vcpus", "silent"},
        {{0, "state", "running"}, "live.state", "refused"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct json_object *report = compare_with(&rows[i].changed, -1, NULL);
        struct json_object *d = only_difference(report);

        assert_string_equal(text(d, "code"), rows[i].code);
        assert_string_equal(text(d, "severity"), rows[i].severity);
        assert_string_equal(text(d, "path"), rows[i].changed.path);
        assert_string_equal(text(d, "dest"), rows[i].changed.value);
        assert_non_null(strstr(text(d, "message"), rows[i].changed.value));
        json_object_put(report);
    }
}

static void
preflight_reports_one_device_once_when_it_is_missing(void **state UNUSED)
{
    struct inventory source = {0};
    struct inventory dest = {0};

    fill(&source, guest, ARRAY_SIZE(guest));
    for (size_t i = 0; i < ARRAY_SIZE(guest); i++)
        if (strncmp(guest[i].path, "device", 6) != 0 && i != STATE_ROW)
            fill(&dest, &guest[i], 1);
    struct json_object *report = preflight_compare(&source, &dest);
    struct json_object *d = only_difference(report);
    assert_string_equal(text(d, "path"), "device/net0");
    assert_string_equal(text(d, "severity"), "refused");
    assert_null(json_object_object_get(d, "dest"));
    json_object_put(report);
    inventory_clear(&source);
    inventory_clear(&dest);
}

static void preflight_calls_an_added_device_silent(void **state UNUSED)
{
    static const struct row more = {ITEM_PCI, "pci/00/03.0", "1:2 class 0200"};
    struct json_object *report = compare_with(NULL, -1, &more);
    struct json_object *d = only_difference(report);

    assert_string_equal(text(d, "severity"), "silent");
    assert_null(json_object_object_get(d, "source"));
    json_object_put(report);
}

static void preflight_ignores_properties_of_another_version(void **state UNUSED)
{
    static const struct row more = {ITEM_PROPERTY, "device/net0/x-new", "1"};
    struct json_object *report = compare_with(NULL, 3, &more);

    assert_string_equal(text(report, "verdict"), "same");
    json_object_put(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preflight_finds_nothing_when_both_are_the_same),
        cmocka_unit_test(preflight_names_path_and_values_when_one_differs),
        cmocka_unit_test(preflight_reports_one_device_once_when_it_is_missing),
        cmocka_unit_test(preflight_calls_an_added_device_silent),
        cmocka_unit_test(preflight_ignores_properties_of_another_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
