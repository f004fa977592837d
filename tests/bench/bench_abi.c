/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench_abi: the comparison of two documents of N devices against the time
 * that libxml2 alone takes to parse the two. Medians of paired runs, in CPU
 * time. Wanted: at most 2 x at 200 devices, and a cost for each device that
 * does not grow up to 10,000 (at most 3 x that at 200).
 */
#include "abi/abi.h"
#include "domain/xml2.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define MAX_RUNS 101

static int64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static void put_target(FILE *to, unsigned i)
{
    char name[12];
    size_t at = sizeof(name);

    name[--at] = '\0';
    for (i++; i; i = (i - 1) / 26)
        name[--at] = (char)('a' + (i - 1) % 26);
    fprintf(to, "      <target dev='sd%s' bus='scsi'/>\n", name + at);
}

static void put_device(FILE *to, unsigned i)
{
    switch (i % 3) {
    case 0:
        fprintf(to,
                "    <disk type='file' device='disk'>\n"
                "      <driver name='qemu' type='qcow2' cache='none'/>\n"
                "      <source file='/var/lib/images/disk-%u.qcow2'/>\n",
                i);
        put_target(to, i / 3);
        fprintf(to,
                "      <serial>serial-%u</serial>\n"
                "      <address type='drive' controller='%u' bus='0' "
                "target='%u' unit='%u'/>\n"
                "    </disk>\n",
                i, i / 3 / 200, i / 3 / 20 % 10, i / 3 % 20);
        break;
    case 1:
        fprintf(to,
                "    <interface type='network'>\n"
                "      <mac address='52:54:00:%02x:%02x:%02x'/>\n"
                "      <source network='net-%u'/>\n"
                "      <model type='virtio'/>\n"
                "      <driver name='vhost' queues='4'/>\n"
                "      <address type='pci' domain='0x0000' bus='0x%02x' "
                "slot='0x%02x' function='0x%x'/>\n"
                "    </interface>\n",
                i >> 16, i >> 8 & 255, i & 255, i, 1 + i / 3 / 240,
                1 + i / 3 / 8 % 30, i / 3 % 8);
        break;
    default:
        fprintf(to,
                "    <channel type='unix'>\n"
                "      <source mode='bind' path='/run/channel-%u'/>\n"
                "      <target type='virtio' name='org.example.%u'/>\n"
                "      <address type='virtio-serial' controller='%u' bus='0' "
                "port='%u'/>\n"
                "    </channel>\n",
                i, i, i / 3 / 30, 1 + i / 3 % 30);
        break;
    }
}

static char *document(unsigned devices, size_t *len)
{
    char *out = NULL;
    FILE *to = open_memstream(&out, len);

    fputs("<domain type='kvm'>\n  <name>bench</name>\n"
          "  <uuid>0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b42</uuid>\n"
          "  <memory unit='KiB'>4194304</memory>\n  <vcpu>4</vcpu>\n"
          "  <os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type></os>\n"
          "  <devices>\n",
          to);
    for (unsigned i = 0; i <= devices / 3 / 240; i++)
        fprintf(to,
                "    <controller type='pci' index='%u' model='pci-bridge'/>\n",
                i + 1);
    for (unsigned i = 0; i < devices; i++)
        put_device(to, i);
    fputs("  </devices>\n</domain>\n", to);
    fclose(to);
    return out;
}

static int64_t parse_only(const char *xml, size_t len)
{
    int64_t t0 = now_us();

    for (int i = 0; i < 2; i++)
        xmlFreeDoc(xmlReadMemory(xml, (int)len, NULL, NULL, XML_PARSE_NONET));
    return now_us() - t0;
}

static int64_t whole_check(const char *xml, size_t len)
{
    int64_t t0 = now_us();
    struct domain *a = NULL, *b = NULL;
    struct abi_report *r = NULL;
    struct qmp_error *err = NULL;

    if (domain_parse(xml, len, "a", &a, &err) < 0 ||
        domain_parse(xml, len, "b", &b, &err) < 0 ||
        abi_check(a, b, NULL, ABI_POLICY_GUEST, 0, &r, &err) < 0) {
        fprintf(stderr, "%s\n", err->msg);
        exit(2);
    }
    if (r->verdict != ABI_SAME) {
        fprintf(stderr, "not the same: %s\n",
                r->invalid ? r->invalid : r->differences[0].message);
        exit(2);
    }
    abi_report_free(r);
    domain_free(a);
    domain_free(b);
    return now_us() - t0;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int64_t median(int64_t *v, size_t n)
{
    qsort(v, n, sizeof(*v), by_value);
    return v[n / 2];
}

/* Microseconds of the whole check for each device. */
static double measure(unsigned devices, double *ratio)
{
    static int64_t parse[MAX_RUNS], check[MAX_RUNS];
    size_t runs = devices > 2000 ? 7 : devices > 500 ? 21 : MAX_RUNS;
    size_t len;
    char *xml = document(devices, &len);
    int64_t p, c;

    for (size_t i = 0; i < runs; i++) {
        parse[i] = parse_only(xml, len);
        check[i] = whole_check(xml, len);
    }
    p = median(parse, runs);
    c = median(check, runs);
    *ratio = (double)c / (double)p;
    printf("%6u devices, %8zu bytes: libxml2 alone %7" PRId64
           " us, whole check %7" PRId64 " us, ratio %.2f, %.2f us a device\n",
           devices, len, p, c, *ratio, (double)c / devices);
    free(xml);
    return (double)c / devices;
}

int main(void)
{
    static const unsigned sizes[] = {20,   50,   100,  200,  500,
                                     1000, 2000, 5000, 10000};
    double ratio = 0, ratio200 = 0, each200 = 0, each = 0;
    int rc = 0;

    if (xml2_load(NULL) < 0)
        return 1;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        each = measure(sizes[i], &ratio);
        if (sizes[i] == 200) {
            each200 = each;
            ratio200 = ratio;
        }
    }
    printf("200 devices: %.2f x libxml2 (wanted at most 2.00); 10000 devices "
           "cost %.2f x as much each (wanted at most 3.00)\n",
           ratio200, each / each200);
    if (ratio200 > 2.0 || each > 3 * each200)
        rc = 1;
    return rc;
}
