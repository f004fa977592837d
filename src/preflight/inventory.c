/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preflight/inventory.h"

#include "qmp/sync.h"

#include <stdarg.h>
#include <string.h>

#define TIMEOUT_US (10 * INT64_C(1000000))
/* Bridges behind bridges; QEMU itself allows 256 buses. */
#define MAX_BRIDGES 32

/*
 * Properties of a device that belong to the host or that a running guest
 * changes; all others are what the guest sees or QEMU streams by.
 */
static const char *const not_compared[] = {
    "attached", "chardev",     "drive",      "hotpluggable", "hotplugged",
    "iothread", "legacy-addr", "memdev",     "netdev",       "realized",
    "type",     "vhostfd",     "vhostforce",
};

/* Both are taken, on failure too. */
int inventory_add(struct inventory *inv, enum item_kind kind, char *path,
                  char *value)
{
    if (inv->n == inv->max && path && value) {
        size_t max = inv->max ? 2 * inv->max : 64;
        struct item *more = realloc(inv->items, max * sizeof(*more));

        if (more) {
            inv->items = more;
            inv->max = max;
        }
    }
    if (!path || !value || inv->n == inv->max) {
        free(path);
        free(value);
        return -1;
    }
    inv->items[inv->n++] = (struct item){kind, path, value};
    return 0;
}

static char *text(const char *fmt, ...) PRINTF_LIKE(1, 2);
static char *text(const char *fmt, ...)
{
    char *s = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&s, fmt, ap) < 0)
        s = NULL;
    va_end(ap);
    return s;
}

void inventory_clear(struct inventory *inv)
{
    for (size_t i = 0; i < inv->n; i++) {
        free(inv->items[i].path);
        free(inv->items[i].value);
    }
    free(inv->items);
    *inv = (struct inventory){0};
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct item *)a)->path,
                  ((const struct item *)b)->path);
}

const struct item *inventory_find(const struct inventory *inv, const char *path)
{
    struct item key = {.path = (char *)(uintptr_t)path};

    if (!inv->n)
        return NULL;
    return bsearch(&key, inv->items, inv->n, sizeof(key), by_path);
}

static int number(struct json_object *object, const char *name)
{
    return json_object_get_int(json_object_object_get(object, name));
}

/* As text; a string without quotes. */
static char *as_text(struct json_object *value)
{
    if (json_object_is_type(value, json_type_string))
        return strdup(json_object_get_string(value));
    return strdup(json_object_to_json_string_ext(
        value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static struct json_object *qom_get(struct qmp_client *c, const char *path,
                                   const char *property,
                                   struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *args = json_object_new_object();

    json_object_object_add(args, "path", json_object_new_string(path));
    json_object_object_add(args, "property", json_object_new_string(property));
    return qmp_call(c, "qom-get", args, TIMEOUT_US, errp);
}

static struct json_object *qom_list(struct qmp_client *c, const char *path,
                                    struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *args = json_object_new_object();

    json_object_object_add(args, "path", json_object_new_string(path));
    return qmp_call(c, "qom-list", args, TIMEOUT_US, errp);
}

/* Questions with one answer each. */
static int take_simple(struct inventory *inv, struct qmp_client *c,
                       struct qmp_error **errp)
{
    static const struct {
        enum item_kind kind;
        const char *path, *command, *member;
    } rows[] = {
        {ITEM_STATE, "state", "query-status", "status"},
        {ITEM_MEMORY, "memory/base", "query-memory-size-summary",
         "base-memory"},
        {ITEM_MEMORY, "memory/plugged", "query-memory-size-summary",
         "plugged-memory"},
        {ITEM_UUID, "uuid", "query-uuid", "UUID"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(json_putp)
        struct json_object *reply =
            qmp_call(c, rows[i].command, NULL, TIMEOUT_US, errp);

        if (!reply)
            return -1;
        if (json_object_object_get(reply, rows[i].member))
            inventory_add(
                inv, rows[i].kind, strdup(rows[i].path),
                as_text(json_object_object_get(reply, rows[i].member)));
    }

    CLEANUP(json_putp)
    struct json_object *machine = qom_get(c, "/machine", "type", errp);
    if (!machine)
        return -1;
    inventory_add(inv, ITEM_MACHINE, strdup("machine"), as_text(machine));
    return 0;
}

static int take_cpus(struct inventory *inv, struct qmp_client *c,
                     struct qmp_error **errp)
{
    CLEANUP(json_putp)
    struct json_object *list =
        qmp_call(c, "query-cpus-fast", NULL, TIMEOUT_US, errp);

    if (!list)
        return -1;
    size_t n = json_object_array_length(list);
    inventory_add(inv, ITEM_VCPUS, strdup("vcpus"), text("%zu", n));
    for (size_t i = 0; i < n; i++) {
        struct json_object *cpu = json_object_array_get_idx(list, i);

        inventory_add(inv, ITEM_VCPUS, text("vcpu/%zu", i),
                      as_text(json_object_object_get(cpu, "props")));
    }
    if (!n)
        return 0;

    const char *path = json_object_get_string(
        json_object_object_get(json_object_array_get_idx(list, 0), "qom-path"));
    CLEANUP(json_putp)
    struct json_object *type = path ? qom_get(c, path, "type", errp) : NULL;
    if (!type)
        return -1;
    inventory_add(inv, ITEM_CPU, strdup("cpu/model"), as_text(type));
    return 0;
}

static void take_regions(struct inventory *inv, const char *where,
                         struct json_object *regions)
{
    size_t n = json_object_is_type(regions, json_type_array)
                   ? json_object_array_length(regions)
                   : 0;

    for (size_t i = 0; i < n; i++) {
        struct json_object *r = json_object_array_get_idx(regions, i);

        inventory_add(
            inv, ITEM_PCI, text("%s/bar%d", where, number(r, "bar")),
            text("%s of %lld bytes",
                 json_object_get_string(json_object_object_get(r, "type")),
                 (long long)json_object_get_int64(
                     json_object_object_get(r, "size"))));
    }
}

/*
 * Functions of a bus, and what is behind its bridges. A bridge's bus number is
 * the firmware's doing (0 on a destination that has not run), so a function
 * is named by the way to it.
 */
static void take_pci_bus(struct inventory *inv, const char *above,
                         struct json_object *devices, int depth)
{
    size_t n = json_object_is_type(devices, json_type_array)
                   ? json_object_array_length(devices)
                   : 0;

    for (size_t i = 0; i < n && depth < MAX_BRIDGES; i++) {
        struct json_object *d = json_object_array_get_idx(devices, i);
        struct json_object *id = json_object_object_get(d, "id");
        struct json_object *class_info =
            json_object_object_get(d, "class_info");
        CLEANUP(freep)
        char *where = text("%s/%02x.%x", above, (unsigned)number(d, "slot"),
                           (unsigned)number(d, "function"));

        if (!where)
            return;
        inventory_add(inv, ITEM_PCI, strdup(where),
                      text("%04x:%04x class %04x",
                           (unsigned)number(id, "vendor"),
                           (unsigned)number(id, "device"),
                           (unsigned)number(class_info, "class")));
        take_regions(inv, where, json_object_object_get(d, "regions"));
        take_pci_bus(inv, where,
                     json_object_object_get(
                         json_object_object_get(d, "pci_bridge"), "devices"),
                     depth + 1);
    }
}

static int take_pci(struct inventory *inv, struct qmp_client *c,
                    struct qmp_error **errp)
{
    CLEANUP(json_putp)
    struct json_object *buses =
        qmp_call(c, "query-pci", NULL, TIMEOUT_US, errp);

    if (!buses) /* a machine without PCI */
        return errp && *errp && (*errp)->code == QMP_ERR_REFUSED ? 1 : -1;
    for (size_t i = 0; i < json_object_array_length(buses); i++) {
        struct json_object *bus = json_object_array_get_idx(buses, i);
        CLEANUP(freep)
        char *where = text("pci/%02x", (unsigned)number(bus, "bus"));

        if (where)
            take_pci_bus(inv, where, json_object_object_get(bus, "devices"), 0);
    }
    return 0;
}

static bool is_compared(const char *name, const char *type)
{
    /* Plain values only: no links, children, arrays or structures. */
    static const char *const plain[] = {"bool",   "int",  "size",     "str",
                                        "string", "uint", "OnOffAuto"};
    bool is_plain = false;

    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        is_plain |= !strncmp(type, plain[i], strlen(plain[i]));
    for (size_t i = 0; i < ARRAY_SIZE(not_compared); i++)
        if (!strcmp(not_compared[i], name))
            return false;
    return is_plain;
}

static int take_properties(struct inventory *inv, struct qmp_client *c,
                           const char *path, const char *name,
                           struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *list = qom_list(c, path, errp);

    if (!list)
        return -1;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *property =
            json_object_get_string(json_object_object_get(row, "name"));
        const char *type =
            json_object_get_string(json_object_object_get(row, "type"));

        if (!property || !type || !is_compared(property, type))
            continue;
        /* Some cannot be read; that is no difference. */
        CLEANUP(json_putp)
        struct json_object *value = qom_get(c, path, property, NULL);
        if (value)
            inventory_add(inv, ITEM_PROPERTY,
                          text("device/%s/%s", name, property), as_text(value));
    }
    return qmp_client_state(c) == QMP_READY
               ? 0
               : qmp_fail(errp, QMP_ERR_CLOSED, "connection lost");
}

/* What was added with -device or device_add, by its id, else by its place. */
static int take_devices(struct inventory *inv, struct qmp_client *c,
                        const char *folder, const char *prefix,
                        struct qmp_error **errp)
{
    CLEANUP(json_putp) struct json_object *list = qom_list(c, folder, errp);

    if (!list)
        return -1;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *name =
            json_object_get_string(json_object_object_get(row, "name"));
        const char *type =
            json_object_get_string(json_object_object_get(row, "type"));

        if (!name || !type || strncmp(type, "child<", 6) != 0)
            continue;
        CLEANUP(freep) char *path = text("%s/%s", folder, name);
        CLEANUP(freep) char *shown = text("%s%s", prefix, name);
        if (!path || !shown)
            return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        inventory_add(inv, ITEM_DEVICE, text("device/%s", shown),
                      text("%.*s", (int)strlen(type) - 7, type + 6));
        if (take_properties(inv, c, path, shown, errp) < 0)
            return -1;
    }
    return 0;
}

static int take_disks(struct inventory *inv, struct qmp_client *c,
                      struct qmp_error **errp)
{
    CLEANUP(json_putp)
    struct json_object *list =
        qmp_call(c, "query-block", NULL, TIMEOUT_US, errp);

    if (!list)
        return -1;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        struct json_object *size = json_object_object_get(
            json_object_object_get(json_object_object_get(row, "inserted"),
                                   "image"),
            "virtual-size");
        const char *qdev =
            json_object_get_string(json_object_object_get(row, "qdev"));

        if (size && qdev)
            inventory_add(
                inv, ITEM_DISK, text("disk%s%s", *qdev == '/' ? "" : "/", qdev),
                text("%lld bytes", (long long)json_object_get_int64(size)));
    }
    return 0;
}

int inventory_take(struct inventory *inv, struct qmp_client *client,
                   struct qmp_error **errp)
{
    CLEANUP(qmp_error_freep) struct qmp_error *no_pci = NULL;

    if (take_simple(inv, client, errp) < 0 || take_cpus(inv, client, errp) < 0)
        return -1;
    if (take_pci(inv, client, &no_pci) < 0)
        return qmp_propagate(errp, TAKE_PTR(no_pci));
    if (take_devices(inv, client, "/machine/peripheral", "", errp) < 0 ||
        take_devices(inv, client, "/machine/peripheral-anon", "anonymous ",
                     errp) < 0 ||
        take_disks(inv, client, errp) < 0)
        return -1;
    if (inv->n)
        qsort(inv->items, inv->n, sizeof(*inv->items), by_path);
    return 0;
}
