/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The 24 typed parameters of libvirt 11.3. libvirt leaves most ranges of the
 * int ones to QEMU, which takes them as an 8 bit number and refuses the rest:
 * here they are refused before anything is sent.
 */
#include "params.h"

#include "error/errcode.h"
#include "graphics.h"
#include "uri.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1ull << 20)
/* QEMU hands sizes on as signed numbers. */
#define QEMU_MAX ((unsigned long long)INT64_MAX)

static int bad_value(const char *name, const char *value, const char *wanted,
                     struct qmp_error **errp)
{
    return qmp_fail(errp, QMIG_ERR_PARAM_TYPE,
                    "invalid value '%.200s' for parameter '%s', expected %s",
                    value, name, wanted);
}

static int check_migrate_uri(const char *name, const char *value,
                             struct qmp_error **errp)
{
    struct migrate_uri uri = {0};

    if (migrate_uri_parse(value, &uri, errp) < 0)
        return qmp_prefix(errp, "parameter '%s'", name);
    migrate_uri_clear(&uri);
    return 0;
}

/* tcp: or unix:, with a port that may not be guessed. */
static int check_disks_uri(const char *name, const char *value,
                           struct qmp_error **errp)
{
    struct migrate_uri uri = {0};

    if (migrate_uri_parse(value, &uri, errp) < 0) {
        qmp_prefix(errp, "parameter '%s'", name);
        /* fewer than the data of the guest has */
        return qmp_hint(errp, "use tcp://HOST:PORT or unix:///PATH; an IPv6 "
                              "address in brackets");
    }
    bool ok = !uri.passed &&
              (uri.kind == URI_UNIX || (uri.kind == URI_TCP && uri.port));
    migrate_uri_clear(&uri);
    return ok ? 0
              : bad_value(name, value, "tcp://HOST:PORT or unix:///PATH", errp);
}

/* libvirt refuses '/' in the name of a QEMU domain, and XML has no way to
 * write a control character. */
static int check_domain_name(const char *name, const char *value,
                             struct qmp_error **errp)
{
    for (const char *c = value; *c; c++)
        if (*c == '/' || (unsigned char)*c < 0x20 || *c == 0x7f)
            return bad_value(name, value,
                             "a name without '/' and control characters", errp);
    return 0;
}

static int check_compression(const char *name, const char *value,
                             struct qmp_error **errp)
{
    static const char *const methods[] = {"mt", "xbzrle", "zlib", "zstd"};

    for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
        if (!strcmp(methods[i], value))
            return 0;
    return bad_value(name, value, "one of mt, xbzrle, zlib, zstd", errp);
}

/* QEMU (5.2..11.1) refuses the others only when it is told, and the destination
 * has been used up by then. */
static int check_power_of_two(const char *name, const char *value,
                              struct qmp_error **errp)
{
    unsigned long long n = strtoull(value, NULL, 10);

    return n & (n - 1) ? bad_value(name, value,
                                   "a power of two, such as 67108864", errp)
                       : 0;
}

static int check_graphics_uri(const char *name, const char *value,
                              struct qmp_error **errp)
{
    struct graphics_uri uri = {0};

    if (graphics_uri_parse(name, value, &uri, errp) < 0)
        return -1;
    graphics_uri_clear(&uri);
    return 0;
}

/* A name or an address: nothing that QEMU would take for an option or a
 * port. IPv6 may be in brackets. */
static int check_address(const char *name, const char *value,
                         struct qmp_error **errp)
{
    CLEANUP(freep) char *text = NULL;
    struct migrate_uri uri = {0};
    bool v6 = strchr(value, ':') && *value != '[';

    if (asprintf(&text, v6 ? "tcp://[%s]:1" : "tcp://%s:1", value) < 0)
        return qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
    if (migrate_uri_parse(text, &uri, NULL) < 0)
        return bad_value(name, value, "a host name or an IP address", errp);
    migrate_uri_clear(&uri);
    return 0;
}

static int check_host(const char *name, const char *value,
                      struct qmp_error **errp)
{
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c <= 0x20 || *c == 0x7f || strchr("/,@'\"", *c))
            return bad_value(name, value, "a host name or an IP address", errp);
    return 0;
}

/* clang-format off */
#define STR   PARAM_STRING, false
#define LIST  PARAM_STRING, true
#define INT   PARAM_INT, false
#define ULL   PARAM_ULLONG, false

/* name, type, multiple, unit, min, max, help, check */
const struct param_info param_table[] = {
    {"auto_converge.increment", INT, "%", 1, 99,
     "how much more to slow the guest down each time", NULL},
    {"auto_converge.initial", INT, "%", 1, 99,
     "how much to slow the guest down at first", NULL},
    {"bandwidth", ULL, "MiB/s", 0, QEMU_MAX / MIB,
     "send no faster than this; 0 leaves QEMU's own limit", NULL},
    {"bandwidth.avail.switchover", ULL, "MiB/s", 0, UINT64_MAX / MIB,
     "bandwidth to count on at the switchover", NULL},
    {"bandwidth.postcopy", ULL, "MiB/s", 0, UINT64_MAX / MIB,
     "send no faster than this in post-copy", NULL},
    {"compression", LIST, NULL, 0, 0,
     "compression method: mt, xbzrle, zlib or zstd", check_compression},
    {"compression.mt.dthreads", INT, "threads", 1, 255,
     "decompression threads of method mt", NULL},
    {"compression.mt.level", INT, "level", 0, 9,
     "compression level of method mt", NULL},
    {"compression.mt.threads", INT, "threads", 1, 255,
     "compression threads of method mt", NULL},
    {"compression.xbzrle.cache", ULL, "bytes", 4096, QEMU_MAX,
     "size of the page cache of method xbzrle, a power of two",
     check_power_of_two},
    {"compression.zlib.level", INT, "level", 0, 9,
     "compression level of method zlib", NULL},
    {"compression.zstd.level", INT, "level", 0, 20,
     "compression level of method zstd", NULL},
    {"destination_name", STR, NULL, 0, 0,
     "the guest's name on the destination", check_domain_name},
    {"destination_xml", STR, NULL, 0, 0,
     "the guest's configuration on the destination (domain XML)", NULL},
    {"disks_port", INT, "TCP port", 0, 65535,
     "port for disk copies; 0: choose one", NULL},
    {"disks_uri", STR, NULL, 0, 0,
     "where disk copies go: tcp://HOST:PORT or unix:///PATH",
     check_disks_uri},
    {"graphics_uri", STR, NULL, 0, 0,
     "where clients of the graphics console go", check_graphics_uri},
    {"listen_address", STR, NULL, 0, 0,
     "address at which the destination listens (all)", check_address},
    {"migrate_disks", LIST, NULL, 0, 0,
     "disk to copy, by its target name", NULL},
    {"migrate_disks_detect_zeroes", LIST, NULL, 0, 0,
     "disk to copy without its zeroes", NULL},
    {"migrate_uri", STR, NULL, 0, 0,
     "where the data goes: tcp://HOST[:PORT], unix:///PATH, "
     "rdma://HOST[:PORT], exec:COMMAND, fd:N, fd:tcp:... or fd:unix:...",
     check_migrate_uri},
    {"parallel.connections", INT, "connections", 1, 255,
     "connections of a parallel migration", NULL},
    {"persistent_xml", STR, NULL, 0, 0,
     "the configuration to define on the destination", NULL},
    {"tls.destination", STR, NULL, 0, 0,
     "host name that the destination's certificate must have", check_host},
};
/* clang-format on */
const size_t param_table_n = ARRAY_SIZE(param_table);

static_assert(ARRAY_SIZE(param_table) == PARAM_COUNT,
              "libvirt 11.3 has 24 typed parameters");

static int by_name(const void *name, const void *info)
{
    return strcmp(name, ((const struct param_info *)info)->name);
}

const struct param_info *param_find(const char *name)
{
    return bsearch(name, param_table, param_table_n, sizeof(*param_table),
                   by_name);
}

const char *param_type_name(enum param_type type)
{
    static const char *const names[] = {
        [PARAM_STRING] = "string",
        [PARAM_INT] = "int",
        [PARAM_ULLONG] = "ullong",
    };

    return names[type];
}
