/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks the whole table of rules: for each row documents are written that hold
 * one value or another or none, and it is checked how the row is read, how
 * both policies judge it and what the message says.
 */
#include "tests/lib/test.h"
#include "abi/compare.h"
#include "abi/report.h"

#include <ctype.h>
#include <string.h>

struct row {
    const struct dom_kind *kind;
    unsigned i;
    const struct dom_field *f;
};

/* Two values of a type, as they are written. */
static void samples(const struct row *r, const char **a, const char **b)
{
    static const char *const by_type[][2] = {
        [DT_STR] = {"one", "two"},
        [DT_PRESENT] = {"", NULL},
        [DT_UINT] = {"1", "2"},
        [DT_UINT0] = {"1", "0x2"},
        [DT_HEX] = {"1", "2"},
        [DT_OCT] = {"1", "2"},
        [DT_SWITCH] = {"on", "off"},
        [DT_BOOL] = {"yes", "no"},
        [DT_KIB] = {"1", "2"},
        [DT_BYTES] = {"1", "2"},
        [DT_MIB] = {"1", "2"},
        [DT_UUID] = {"11111111-1111-1111-1111-111111111111",
                     "22222222-2222-2222-2222-222222222222"},
        [DT_MAC] = {"52:54:00:00:00:01", "52:54:00:00:00:02"},
        [DT_CPUSET] = {"0", "1-2"},
        [DT_TREE] = {"<x y='1'/>", "<x y='2'/>"},
    };

    if (r->f->type != DT_ENUM) {
        *a = by_type[r->f->type][0];
        *b = by_type[r->f->type][1];
        return;
    }
    *a = r->f->names->text[r->f->names->n > 1];
    *b = r->f->names->n > 2 ? r->f->names->text[2]
         : r->f->names->n == 2 && !(r->f->flags & DF_NONZERO)
             ? r->f->names->text[0]
             : NULL;
}

static void open_path(FILE *to, const char *path, const char *extra)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        size_t name = strcspn(path, "/[");

        fprintf(to, "<%.*s", (int)name, path);
        if (name < len)
            fprintf(to, " name='%.*s'", (int)(len - name - 2), path + name + 1);
        path += len + (path[len] == '/');
        fprintf(to, "%s>", *path ? "" : extra);
    }
}

static void close_path(FILE *to, const char *path)
{
    while (*path) {
        const char *last = strrchr(path, '/');
        char head[128];

        last = last ? last + 1 : path;
        fprintf(to, "</%.*s>", (int)strcspn(last, "["), last);
        snprintf(head, sizeof(head), "%.*s",
                 (int)(last > path ? last - path - 1 : 0), path);
        close_path(to, head);
        return;
    }
}

/* Which type of address the row belongs to; "pci" if to any. */
static const char *address_type(const struct row *r)
{
    static const int types[] = {
        ADDRESS_TYPE_PCI,  ADDRESS_TYPE_DRIVE, ADDRESS_TYPE_VIRTIO_SERIAL,
        ADDRESS_TYPE_CCID, ADDRESS_TYPE_USB,   ADDRESS_TYPE_SPAPR_VIO,
        ADDRESS_TYPE_CCW,  ADDRESS_TYPE_ISA,   ADDRESS_TYPE_DIMM};
    union {
        struct dom_object o;
        char space[sizeof(struct dom_object) +
                   sizeof(struct dom_value) * INFO__MAX];
    } u = {.o = {.kind = r->kind}};

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        u.o.v[INFO_ADDRESS].num = types[i];
        if (compare_applies(&u.o, r->i))
            return enum_name(&enum_address_type, types[i]);
    }
    return "pci";
}

/* A document in which the row has that value; NULL leaves it out. */
static char *document(const struct row *r, const char *value)
{
    const struct dom_kind *parent = dom_kind(r->kind->parent);
    char elements[160], attribute[400] = "";
    char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);
    const char *path = r->f->path, *at = strchr(path, '@');
    bool device_address = !strncmp(path, "address/", 8) &&
                          r->kind->flags & DK_DEVICE && r->i < INFO__MAX;

    snprintf(elements, sizeof(elements), "%s", path);
    elements[strcspn(elements, "@")] = '\0';
    if (strstr(elements, "text()"))
        *strstr(elements, "text()") = '\0';
    if (*elements && elements[strlen(elements) - 1] == '/')
        elements[strlen(elements) - 1] = '\0';
    if (at && value)
        snprintf(attribute, sizeof(attribute), " %s='%s'", at + 1, value);
    fputs("<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'",
          to);
    if (r->kind->id == KIND_DOMAIN && !*elements)
        fputs(attribute, to);
    fputs(">", to);
    if (r->kind->id != KIND_DOMAIN) {
        if (parent->id != KIND_DOMAIN)
            open_path(to, parent->path, "");
        open_path(to, r->kind->path, *elements ? "" : attribute);
    }
    if (device_address)
        fprintf(to, "<address type='%s'/>",
                r->i == INFO_ADDRESS && value ? value : address_type(r));
    if (device_address && at && r->i != INFO_ADDRESS) {
        /* In one element with the type. */
        fseek(to, -2, SEEK_CUR);
        if (strstr(path, "zpci"))
            fprintf(to, "><zpci%s/></address>", attribute);
        else
            fprintf(to, "%s></address>", attribute);
    } else if (!device_address && (value || at)) {
        open_path(to, elements, *elements ? attribute : "");
        fputs(at || !value ? "" : value, to);
        close_path(to, elements);
    }
    if (r->kind->id != KIND_DOMAIN) {
        close_path(to, r->kind->path);
        if (parent->id != KIND_DOMAIN)
            close_path(to, parent->path);
    }
    fputs("</domain>", to);
    fclose(to);
    return out;
}

static struct domain *parse(const struct row *r, const char *value)
{
    struct domain *d = NULL;
    struct qmp_error *err = NULL;
    char *xml = document(r, value);

    if (domain_parse(xml, strlen(xml), "t.xml", &d, &err) < 0)
        fail_msg("%s %s: %s\n%s", r->kind->name, r->f->id, err->msg, xml);
    free(xml);
    return d;
}

static struct dom_object *object(const struct row *r, struct domain *d)
{
    if (r->kind->id == KIND_DOMAIN)
        return d->root;
    if (d->list[r->kind->id].n != 1)
        fail_msg("%s %s: %zu objects", r->kind->name, r->f->id,
                 d->list[r->kind->id].n);
    return d->list[r->kind->id].o[0];
}

typedef void row_fn(const struct row *r);

static void for_each_row(row_fn *fn)
{
    for (int k = 0; k < KIND__MAX; k++) {
        struct row r = {.kind = dom_kind((enum dom_kind_id)k)};

        for (r.i = 0; r.i < r.kind->nfields; r.i++) {
            r.f = dom_field(r.kind, r.i);
            fn(&r);
        }
    }
}

static void row_is_complete(const struct row *r)
{
    const struct dom_field *f = r->f;

    if (!f->id || !*f->id || !f->path || !*f->path || !f->what || !*f->what ||
        !f->why || strlen(f->why) < 5 || f->guest > G_HARD ||
        f->libvirt > LV_OWN)
        fail_msg("%s row %u is not complete", r->kind->name, r->i);
    if ((f->type == DT_ENUM) != !!f->names)
        fail_msg("%s %s: list and type disagree", r->kind->name, f->id);
    for (unsigned j = 0; j < r->i; j++)
        if (!strcmp(dom_field(r->kind, j)->id, f->id) &&
            (j >= r->kind->first) == (r->i >= r->kind->first) && r->i != j &&
            r->i >= r->kind->first)
            fail_msg("%s %s: twice", r->kind->name, f->id);
}

static void rows_are_complete_and_unique(void **state UNUSED)
{
    for_each_row(row_is_complete);
}

static void row_is_read(const struct row *r)
{
    const char *a, *b;
    struct domain *d, *none;

    samples(r, &a, &b);
    d = parse(r, a);
    none = parse(r, NULL);
    if (!object(r, d)->v[r->i].given || object(r, d)->v[r->i].line <= 0)
        fail_msg("%s %s: '%s' is not read", r->kind->name, r->f->id, a);
    /* A path that is the object's own element cannot be left out. */
    if (object(r, none)->v[r->i].given && r->i != INFO_ADDRESS &&
        strchr(r->f->path, '@'))
        fail_msg("%s %s: given though it is not", r->kind->name, r->f->id);
    domain_free(d);
    domain_free(none);
}

static void rows_are_read_from_their_path(void **state UNUSED)
{
    for_each_row(row_is_read);
}

static void row_is_equal(const struct row *r)
{
    const char *a, *b;
    struct domain *x, *y;

    samples(r, &a, &b);
    x = parse(r, a);
    y = parse(r, a);
    if (!compare_libvirt(object(r, x), object(r, y), r->i) ||
        !compare_guest(object(r, x), object(r, y), r->i))
        fail_msg("%s %s: equal values differ", r->kind->name, r->f->id);
    domain_free(x);
    domain_free(y);
}

static void rows_agree_when_values_are_equal(void **state UNUSED)
{
    for_each_row(row_is_equal);
}

static void row_differs(const struct row *r)
{
    const char *a, *b;
    struct domain *x, *y;
    bool libvirt, plain = r->f->libvirt != LV_OWN;

    samples(r, &a, &b);
    if (!b && r->f->type != DT_PRESENT)
        return; /* a list of one value */
    if (r->i == INFO_ADDRESS && r->kind->flags & DK_DEVICE)
        b = "drive";
    x = parse(r, a);
    y = parse(r, b);
    libvirt = !compare_libvirt(object(r, x), object(r, y), r->i);
    if (plain && libvirt != compare_is_libvirts(r->kind, r->i))
        fail_msg("%s %s: libvirt %s it", r->kind->name, r->f->id,
                 libvirt ? "refuses" : "accepts");
    if (compare_guest(object(r, x), object(r, y), r->i) && !(r->f->deflt && !b))
        fail_msg("%s %s: the guest does not see it", r->kind->name, r->f->id);
    domain_free(x);
    domain_free(y);
}

static void rows_differ_when_values_do(void **state UNUSED)
{
    for_each_row(row_differs);
}

static void row_has_default(const struct row *r)
{
    struct domain *x, *y;

    if (!r->f->deflt)
        return;
    x = parse(r, r->f->deflt);
    y = parse(r, NULL);
    if (!object(r, x)->v[r->i].given)
        fail_msg("%s %s: default '%s' cannot be written", r->kind->name,
                 r->f->id, r->f->deflt);
    if (!compare_guest(object(r, x), object(r, y), r->i) ||
        !compare_guest(object(r, y), object(r, x), r->i))
        fail_msg("%s %s: absent differs from '%s'", r->kind->name, r->f->id,
                 r->f->deflt);
    domain_free(x);
    domain_free(y);
}

static void absent_equals_the_default_to_the_guest(void **state UNUSED)
{
    for_each_row(row_has_default);
}

static void row_has_message(const struct row *r)
{
    const char *a, *b;
    struct abi_report *report = calloc(1, sizeof(*report));
    struct report rep = {.r = report, .flags = ABI_CHECK_ALL};
    struct found f = {.row = (int)r->i, .libvirt = true};
    char want[600], code[100];

    samples(r, &a, &b);
    rep.src = parse(r, a);
    rep.dst = parse(r, a);
    f.src = object(r, rep.src);
    f.dst = object(r, rep.dst);
    f.source = "x";
    report_add(&rep, &f);
    assert_int_equal(report->n, 1);
    snprintf(want, sizeof(want),
             "Target %s %s '(absent)' does not match source 'x'",
             report->differences[0].device, r->f->what);
    assert_string_equal(report->differences[0].message, want);
    snprintf(code, sizeof(code), "%s.%s", r->kind->code, r->f->id);
    for (char *p = code + strlen(r->kind->code); *p; p++)
        *p = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
    assert_string_equal(report->differences[0].code, code);
    assert_int_equal(strncmp(report->differences[0].path, "/domain", 7), 0);
    assert_true(report->differences[0].dest_line > 0);
    domain_free(rep.src);
    domain_free(rep.dst);
    abi_report_free(report);
}

static void rows_have_code_path_and_message(void **state UNUSED)
{
    for_each_row(row_has_message);
}

static size_t nrows;

static void count_row(const struct row *r)
{
    nrows += r->i >= r->kind->first;
}

static void table_is_as_large_as_it_should_be(void **state UNUSED)
{
    for_each_row(count_row);
    nrows += VIRTIO__MAX;
    assert_in_range(nrows, 400, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_complete_and_unique),
        cmocka_unit_test(rows_are_read_from_their_path),
        cmocka_unit_test(rows_agree_when_values_are_equal),
        cmocka_unit_test(rows_differ_when_values_do),
        cmocka_unit_test(absent_equals_the_default_to_the_guest),
        cmocka_unit_test(rows_have_code_path_and_message),
        cmocka_unit_test(table_is_as_large_as_it_should_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
