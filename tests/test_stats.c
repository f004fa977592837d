/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics from canned answers to query-migrate. */
#include "tests/lib/test.h"

#include "job/stats.h"

#include <string.h>

#define ZEROES                                                                 \
    "\"data_total\":0,\"data_processed\":0,\"data_remaining\":0,"              \
    "\"memory_total\":0,\"memory_processed\":0,\"memory_remaining\":0,"        \
    "\"disk_total\":0,\"disk_processed\":0,\"disk_remaining\":0}"
#define DISK_ZEROES "\"disk_total\":0,\"disk_processed\":0,\"disk_remaining\":0"
#define RAM_ONLY(total, processed, remaining)                                  \
    "\"data_total\":" total ",\"data_processed\":" processed                   \
    ",\"data_remaining\":" remaining ",\"memory_total\":" total                \
    ",\"memory_processed\":" processed ",\"memory_remaining\":" remaining

/* Units: us in; ms, bytes, bytes/s, pages out. */
static const struct {
    const char *info; /* NULL: none */
    bool completed;
    int64_t downtime_us;
    const char *job; /* after operation and time_elapsed */
} rows[] = {
    /* QEMU said nothing yet, or nothing that makes sense */
    {NULL, false, 0, ZEROES},
    {"{}", false, 0, ZEROES},
    {"{\"status\":\"cancelled\"}", false, 0, ZEROES},
    {"{\"ram\":7,\"xbzrle-cache\":[],\"setup-time\":\"x\"}", false, 0, ZEROES},
    {"{\"ram\":{\"total\":-1,\"mbps\":-5,\"page-size\":1e300,"
     "\"normal\":\"1\"}}",
     false, 0, ZEROES},
    /* flowing: the downtime is what QEMU expects */
    {"{\"status\":\"active\",\"expected-downtime\":250,\"setup-time\":3,"
     "\"downtime\":9,\"ram\":{\"total\":1000,\"transferred\":600,"
     "\"remaining\":400,\"mbps\":8.5,\"duplicate\":5,\"normal\":6,"
     "\"normal-bytes\":24576,\"dirty-pages-rate\":70,\"dirty-sync-count\":2,"
     "\"postcopy-requests\":0,\"page-size\":4096}}",
     false, 0,
     "\"downtime\":250,\"setup_time\":3," RAM_ONLY(
         "1000", "600",
         "400") ",\"memory_bps\":1062500,\"memory_constant\":5,"
                "\"memory_normal\":6,\"memory_normal_bytes\":24576,"
                "\"memory_dirty_rate\":70,\"memory_iteration\":2,"
                "\"memory_postcopy_requests\":0,\"memory_page_size\":"
                "4096," DISK_ZEROES "}"},
    /* done: what was seen counts, else QEMU's word; 0 is left out where
     * libvirt leaves it out */
    {"{\"downtime\":9,\"ram\":{\"total\":1,\"transferred\":2,\"remaining\":0,"
     "\"mbps\":0,\"page-size\":0},\"cpu-throttle-percentage\":0,"
     "\"vfio\":{\"transferred\":0}}",
     true, 7900, "\"downtime\":7," RAM_ONLY("1", "2", "0") "," DISK_ZEROES "}"},
    {"{\"downtime\":9}", true, 0, "\"downtime\":9," ZEROES},
    {"{\"expected-downtime\":9}", true, 0, ZEROES},
    /* everything else that there is */
    {"{\"ram\":{\"total\":10,\"transferred\":20,\"remaining\":30},"
     "\"disk\":{\"total\":100,\"transferred\":200,\"remaining\":300,"
     "\"mbps\":1},\"xbzrle-cache\":{\"cache-size\":67108864,\"bytes\":11,"
     "\"pages\":12,\"cache-miss\":13,\"cache-miss-rate\":0.5,"
     "\"encoding-rate\":1,\"overflow\":14},\"cpu-throttle-percentage\":80,"
     "\"vfio\":{\"transferred\":77}}",
     false, 0,
     "\"data_total\":110,\"data_processed\":220,\"data_remaining\":330,"
     "\"memory_total\":10,\"memory_processed\":20,\"memory_remaining\":30,"
     "\"disk_total\":100,\"disk_processed\":200,\"disk_remaining\":300,"
     "\"disk_bps\":125000,\"compression_cache\":67108864,"
     "\"compression_bytes\":11,\"compression_pages\":12,"
     "\"compression_cache_misses\":13,\"compression_overflow\":14,"
     "\"auto_converge_throttle\":80,\"vfio_data_transferred\":77}"},
};

static void job_has_libvirts_names_order_and_units(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(json_putp)
        struct json_object *info =
            rows[i].info ? json_tokener_parse(rows[i].info) : NULL;
        CLEANUP(json_putp)
        struct json_object *job =
            stats_job(&(struct stats_input){.operation = STATS_MIGRATION_OUT,
                                            info,
                                            1234567,
                                            rows[i].downtime_us,
                                            rows[i].completed});
        CLEANUP(freep) char *want = NULL;

        assert_true(asprintf(&want, "{\"operation\":5,\"time_elapsed\":1234,%s",
                             rows[i].job) > 0);
        assert_string_equal(
            json_object_to_json_string_ext(job, JSON_C_TO_STRING_PLAIN), want);
    }
}

static void qemus_own_figures_stay_as_they_are(void **state UNUSED)
{
    static const struct {
        const char *info, *stats;
    } cases[] = {
        {"{\"total-time\":1,\"downtime\":2,\"setup-time\":3,"
         "\"status\":\"completed\",\"ram\":{\"mbps\":1.5},"
         "\"dirty-limit-ring-full-time\":4,\"new\":[null]}",
         "{\"a\":1,\"status\":\"completed\",\"ram\":{\"mbps\":1.5},"
         "\"dirty-limit-ring-full-time\":4,\"new\":[null]}"},
        {"7", "{\"a\":1}"},
        {"null", "{\"a\":1}"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(json_putp)
        struct json_object *info = json_tokener_parse(cases[i].info);
        CLEANUP(json_putp)
        struct json_object *stats = json_tokener_parse("{\"a\":1}");

        stats_add_qemu(stats, info);
        assert_string_equal(
            json_object_to_json_string_ext(stats, JSON_C_TO_STRING_PLAIN),
            cases[i].stats);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job_has_libvirts_names_order_and_units),
        cmocka_unit_test(qemus_own_figures_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
