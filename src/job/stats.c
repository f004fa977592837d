/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/stats.h"

#include <string.h>

/* QEMU's mbps is 10^6 bits a second. */
#define MBPS_TO_BYTES 125000.0

/* When a figure is told. */
enum told {
    ALWAYS,   /* 0 when QEMU does not say */
    IF_THERE, /* if QEMU says it */
    IF_SET,   /* ... and it is not 0 */
};

enum unit { AS_IS, MBPS };

/* clang-format off */
static const struct stat_rule {
    const char *name;   /* libvirt's */
    const char *object; /* within query-migrate, NULL: at its top */
    const char *member; /* QEMU's */
    enum told told;
    enum unit unit;
} rules[] = {
    { "setup_time",               NULL,           "setup-time",        IF_THERE, AS_IS },
    /* data_*: see add_data() */
    { "memory_total",             "ram",          "total",             ALWAYS,   AS_IS },
    { "memory_processed",         "ram",          "transferred",       ALWAYS,   AS_IS },
    { "memory_remaining",         "ram",          "remaining",         ALWAYS,   AS_IS },
    { "memory_bps",               "ram",          "mbps",              IF_SET,   MBPS  },
    { "memory_constant",          "ram",          "duplicate",         IF_THERE, AS_IS },
    { "memory_normal",            "ram",          "normal",            IF_THERE, AS_IS },
    { "memory_normal_bytes",      "ram",          "normal-bytes",      IF_THERE, AS_IS },
    { "memory_dirty_rate",        "ram",          "dirty-pages-rate",  IF_THERE, AS_IS },
    { "memory_iteration",         "ram",          "dirty-sync-count",  IF_THERE, AS_IS },
    { "memory_postcopy_requests", "ram",          "postcopy-requests", IF_THERE, AS_IS },
    { "memory_page_size",         "ram",          "page-size",         IF_SET,   AS_IS },
    { "disk_total",               "disk",         "total",             ALWAYS,   AS_IS },
    { "disk_processed",           "disk",         "transferred",       ALWAYS,   AS_IS },
    { "disk_remaining",           "disk",         "remaining",         ALWAYS,   AS_IS },
    { "disk_bps",                 "disk",         "mbps",              IF_SET,   MBPS  },
    { "compression_cache",        "xbzrle-cache", "cache-size",        IF_THERE, AS_IS },
    { "compression_bytes",        "xbzrle-cache", "bytes",             IF_THERE, AS_IS },
    { "compression_pages",        "xbzrle-cache", "pages",             IF_THERE, AS_IS },
    { "compression_cache_misses", "xbzrle-cache", "cache-miss",        IF_THERE, AS_IS },
    { "compression_overflow",     "xbzrle-cache", "overflow",          IF_THERE, AS_IS },
    { "auto_converge_throttle",   NULL,           "cpu-throttle-percentage", IF_SET, AS_IS },
    { "vfio_data_transferred",    "vfio",         "transferred",       IF_SET,   AS_IS },
};
/* clang-format on */

bool stats_job_field(size_t i, struct stats_job_field *ret)
{
    if (i >= ARRAY_SIZE(rules))
        return false;
    *ret = (struct stats_job_field){rules[i].name, rules[i].object,
                                    rules[i].member, rules[i].unit == MBPS};
    return true;
}

/* A number that is there and makes sense; else false. */
static bool find(struct json_object *info, const char *object,
                 const char *member, enum unit unit, uint64_t *ret)
{
    struct json_object *value = NULL;

    if (object && !json_object_object_get_ex(info, object, &info))
        return false;
    json_object_object_get_ex(info, member, &value);
    if (!json_object_is_type(value, json_type_int) &&
        !(unit == MBPS && json_object_is_type(value, json_type_double)))
        return false;
    double number = json_object_get_double(value);
    if (!(number >= 0) || number > 1e14)
        return false;
    *ret = unit == MBPS ? (uint64_t)(number * MBPS_TO_BYTES)
                        : json_object_get_uint64(value);
    return true;
}

static void add(struct json_object *job, const char *name, uint64_t value)
{
    json_object_object_add(job, name, json_object_new_uint64(value));
}

static uint64_t found_or_0(struct json_object *info, const char *object,
                           const char *member)
{
    uint64_t value = 0;

    find(info, object, member, AS_IS, &value);
    return value;
}

/* Memory and disks together. */
static void add_data(struct json_object *job, struct json_object *info)
{
    static const struct {
        const char *name;
        const char *member;
    } sums[] = {
        {"data_total", "total"},
        {"data_processed", "transferred"},
        {"data_remaining", "remaining"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
        add(job, sums[i].name,
            found_or_0(info, "ram", sums[i].member) +
                found_or_0(info, "disk", sums[i].member));
}

/* While it runs it is what QEMU expects; afterwards what was seen here, from
 * the source's STOP to the destination's RESUME, or else QEMU's word. */
static void add_downtime(struct json_object *job, const struct stats_input *in)
{
    uint64_t value;

    if (in->completed && in->downtime_us > 0)
        add(job, "downtime", (uint64_t)in->downtime_us / 1000);
    else if (find(in->info, NULL,
                  in->completed ? "downtime" : "expected-downtime", AS_IS,
                  &value))
        add(job, "downtime", value);
}

struct json_object *stats_job(const struct stats_input *in)
{
    struct json_object *job = json_object_new_object();

    json_object_object_add(job, "operation",
                           json_object_new_int(in->operation));
    add(job, "time_elapsed", (uint64_t)in->elapsed_us / 1000);
    add_downtime(job, in);
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        const struct stat_rule *r = &rules[i];
        uint64_t value = 0;

        if (!strcmp(r->name, "memory_total"))
            add_data(job, in->info);
        bool there = find(in->info, r->object, r->member, r->unit, &value);
        if (r->told == ALWAYS || (there && (r->told == IF_THERE || value)))
            add(job, r->name, value);
    }
    return job;
}

void stats_add_qemu(struct json_object *stats, struct json_object *info)
{
    static const char *const renamed[] = {"total-time", "setup-time",
                                          "downtime"};

    if (!json_object_is_type(info, json_type_object))
        return;
    json_object_object_foreach(info, name, value)
    {
        bool skip = false;

        for (size_t i = 0; i < ARRAY_SIZE(renamed); i++)
            skip = skip || !strcmp(renamed[i], name);
        if (!skip)
            json_object_object_add(stats, name, json_object_get(value));
    }
}

void stats_add_dest(struct json_object *stats, struct json_object *info)
{
    if (!json_object_is_type(info, json_type_object))
        return;
    json_object_object_foreach(info, name, value)
    {
        if (!strncmp(name, "postcopy-", strlen("postcopy-")))
            json_object_object_add(stats, name, json_object_get(value));
    }
}
