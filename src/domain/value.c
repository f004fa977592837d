/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts of a domain XML to typed values. One function a type; a bad text gives
 * the reason, never a guess. Numbers are read as libvirt reads them: blanks
 * before them are skipped, anything after them is an error.
 */
#include "domain/model.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#define CPUSET_MAX 16384u /* libvirt's limit of a CPU mask */

typedef int parse_fn(struct domain *dom, const struct dom_field *f,
                     const char *text, const char *unit, struct dom_value *v,
                     const char **why);

static int bad(const char **why, const char *reason)
{
    *why = reason;
    return -1;
}

static int number(const char *text, int base, int64_t *num, const char **why)
{
    unsigned long long n;
    char *end;

    while (isspace((unsigned char)*text))
        text++;
    if (*text == '-' || *text == '+' || !isalnum((unsigned char)*text))
        return bad(why, "expected a non-negative integer");
    errno = 0;
    n = strtoull(text, &end, base);
    while (isspace((unsigned char)*end))
        end++;
    if (end == text || *end)
        return bad(why, "expected a non-negative integer");
    if (errno || n > INT64_MAX)
        return bad(why, "number out of range");
    *num = (int64_t)n;
    return 0;
}

static int parse_str(struct domain *dom, const struct dom_field *f,
                     const char *text, const char *unit, struct dom_value *v,
                     const char **why)
{
    (void)dom, (void)f, (void)unit, (void)why;
    v->text = text;
    return 0;
}

static int parse_number(struct domain *dom, const struct dom_field *f,
                        const char *text, const char *unit, struct dom_value *v,
                        const char **why)
{
    static const int bases[] = {
        [DT_UINT] = 10, [DT_UINT0] = 0, [DT_HEX] = 16, [DT_OCT] = 8};

    (void)unit;
    if (number(text, bases[f->type], &v->num, why) < 0)
        return -1;
    if (v->num > UINT32_MAX && f->type == DT_UINT0)
        return bad(why, "number out of range");
    if (f->flags & DF_NONZERO && !v->num)
        return bad(why, "expected a positive integer");
    /* Which base it is written in matters to some (src/abi/validate.c). */
    v->text = f->type == DT_UINT0 ? text : dom_value_format(dom, f, v->num);
    return 0;
}

static int parse_word(struct dom_value *v, const char *text, const char *yes,
                      const char *no, const char **why, const char *reason)
{
    if (!strcmp(text, yes))
        v->num = TRI_ON;
    else if (!strcmp(text, no))
        v->num = TRI_OFF;
    else
        return bad(why, reason);
    v->text = v->num == TRI_ON ? yes : no;
    return 0;
}

static int parse_switch(struct domain *dom, const struct dom_field *f,
                        const char *text, const char *unit, struct dom_value *v,
                        const char **why)
{
    (void)dom, (void)f, (void)unit;
    return parse_word(v, text, "on", "off", why, "expected 'on' or 'off'");
}

static int parse_bool(struct domain *dom, const struct dom_field *f,
                      const char *text, const char *unit, struct dom_value *v,
                      const char **why)
{
    (void)dom, (void)f, (void)unit;
    return parse_word(v, text, "yes", "no", why, "expected 'yes' or 'no'");
}

static int parse_enum(struct domain *dom, const struct dom_field *f,
                      const char *text, const char *unit, struct dom_value *v,
                      const char **why)
{
    int i = enum_find(f->names, text);

    (void)dom, (void)unit;
    if (i < 0 || (i == 0 && f->flags & DF_NONZERO))
        return bad(why, "unknown value");
    v->num = i;
    v->text = enum_name(f->names, i);
    return 0;
}

/* Bytes in one unit `u`, 0 if there is no such unit. */
static uint64_t scale(const char *u)
{
    static const char letters[] = "kmgtpe";
    uint64_t base = 1024, n = 1;
    const char *at;

    if (!strcasecmp(u, "b") || !strcasecmp(u, "byte") ||
        !strcasecmp(u, "bytes"))
        return 1;
    at = strchr(letters, tolower((unsigned char)*u));
    if (!*u || !at)
        return 0;
    if (u[1] && strcasecmp(u + 1, "ib")) {
        if (strcasecmp(u + 1, "b"))
            return 0;
        base = 1000;
    }
    for (const char *p = letters; p <= at; p++)
        n *= base;
    return n;
}

static int parse_size(struct domain *dom, const struct dom_field *f,
                      const char *text, const char *unit, struct dom_value *v,
                      const char **why)
{
    static const uint64_t unit_of[] = {
        [DT_KIB] = 1024, [DT_BYTES] = 1, [DT_MIB] = 1024 * 1024};
    uint64_t factor = unit_of[f->type];
    uint64_t bytes;

    if (unit && !(factor = scale(unit)))
        return bad(why, "unknown unit");
    if (number(text, 10, &v->num, why) < 0)
        return -1;
    if (__builtin_mul_overflow((uint64_t)v->num, factor, &bytes) ||
        bytes > INT64_MAX)
        return bad(why, "size out of range");
    v->num =
        (int64_t)(f->type == DT_KIB ? bytes / 1024 + !!(bytes % 1024) : bytes);
    v->text = dom_value_format(dom, f, v->num);
    return 0;
}

static int parse_uuid(struct domain *dom, const struct dom_field *f,
                      const char *text, const char *unit, struct dom_value *v,
                      const char **why)
{
    char out[37];
    size_t n = 0;

    (void)f, (void)unit;
    while (isspace((unsigned char)*text))
        text++;
    for (; *text && n < 36; text++) {
        if (*text == '-')
            continue;
        if (!isxdigit((unsigned char)*text))
            break;
        if (n == 8 || n == 13 || n == 18 || n == 23)
            out[n++] = '-';
        out[n++] = (char)tolower((unsigned char)*text);
    }
    while (isspace((unsigned char)*text))
        text++;
    if (n != 36 || *text)
        return bad(why, "malformed uuid");
    v->text = dom_strndup(dom, out, 36);
    return 0;
}

static int parse_mac(struct domain *dom, const struct dom_field *f,
                     const char *text, const char *unit, struct dom_value *v,
                     const char **why)
{
    unsigned char m[6];
    const char *p = text;

    (void)f, (void)unit;
    while (isspace((unsigned char)*p))
        p++;
    for (size_t i = 0; i < 6; i++) {
        char *end;
        unsigned long n;

        if (!isxdigit((unsigned char)*p))
            return bad(why, "malformed MAC address");
        n = strtoul(p, &end, 16);
        if (n > 0xff || (i < 5 && *end != ':') || (i == 5 && *end))
            return bad(why, "malformed MAC address");
        m[i] = (unsigned char)n;
        p = end + 1;
    }
    if (m[0] & 1)
        return bad(why, "expected a unicast MAC address");
    v->text = dom_printf(dom, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2],
                         m[3], m[4], m[5]);
    return 0;
}

static int cpuset_fill(const char *text, uint8_t *set, const char **why)
{
    for (const char *p = text;;) {
        unsigned long a, b;
        bool negate = false;
        char *end;

        while (isspace((unsigned char)*p))
            p++;
        if (!*p)
            return 0;
        if (*p == '^') {
            negate = true;
            p++;
        }
        if (!isdigit((unsigned char)*p))
            return bad(why, "malformed CPU set");
        a = b = strtoul(p, &end, 10);
        if (*end == '-' && !negate) {
            if (!isdigit((unsigned char)end[1]))
                return bad(why, "malformed CPU set");
            b = strtoul(end + 1, &end, 10);
        }
        if (a > b || b >= CPUSET_MAX)
            return bad(why, "CPU number out of range");
        for (unsigned long i = a; i <= b; i++)
            set[i] = !negate;
        while (isspace((unsigned char)*end))
            end++;
        if (*end && *end != ',')
            return bad(why, "malformed CPU set");
        p = *end ? end + 1 : end;
    }
}

/* "3,0-2,^1" -> "0,2-3" */
static int parse_cpuset(struct domain *dom, const struct dom_field *f,
                        const char *text, const char *unit, struct dom_value *v,
                        const char **why)
{
    CLEANUP(freep) uint8_t *set = calloc(CPUSET_MAX + 1, 1);
    CLEANUP(freep) char *out = NULL;
    CLEANUP(fclosep) FILE *to = NULL;
    size_t size = 0;
    const char *comma = "";

    (void)f, (void)unit;
    if (!set || !(to = open_memstream(&out, &size)))
        return bad(why, "out of memory");
    if (cpuset_fill(text, set, why) < 0)
        return -1;
    for (unsigned i = 0; i < CPUSET_MAX; i++) {
        unsigned first = i;

        if (!set[i])
            continue;
        while (set[i + 1])
            i++;
        fprintf(to, first == i ? "%s%u" : "%s%u-%u", comma, first, i);
        comma = ",";
    }
    fflush(to);
    v->text = dom_strndup(dom, out, size);
    return 0;
}

static parse_fn *const parsers[] = {
    [DT_STR] = parse_str,       [DT_PRESENT] = parse_str,
    [DT_UINT] = parse_number,   [DT_UINT0] = parse_number,
    [DT_HEX] = parse_number,    [DT_OCT] = parse_number,
    [DT_SWITCH] = parse_switch, [DT_BOOL] = parse_bool,
    [DT_ENUM] = parse_enum,     [DT_KIB] = parse_size,
    [DT_BYTES] = parse_size,    [DT_MIB] = parse_size,
    [DT_UUID] = parse_uuid,     [DT_MAC] = parse_mac,
    [DT_CPUSET] = parse_cpuset, [DT_TREE] = parse_str,
};

int dom_value_parse(struct domain *dom, const struct dom_field *f,
                    const char *text, const char *unit, struct dom_value *v,
                    const char **why)
{
    struct dom_value got = {.line = v->line, .given = true};

    if (parsers[f->type](dom, f, text, unit, &got, why) < 0)
        return -1;
    if (!got.text)
        return bad(why, "out of memory");
    *v = got;
    return 0;
}

/* Decimal digits, which is what most values are. */
static const char *decimal(struct domain *dom, int64_t num, const char *unit)
{
    char text[40];
    size_t at = sizeof(text) - 1;
    uint64_t n = num < 0 ? 0 - (uint64_t)num : (uint64_t)num;
    size_t len = strlen(unit);

    at -= len;
    memcpy(text + at, unit, len);
    do {
        text[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    if (num < 0)
        text[--at] = '-';
    return dom_strndup(dom, text + at, sizeof(text) - 1 - at);
}

const char *dom_value_format(struct domain *dom, const struct dom_field *f,
                             int64_t num)
{
    switch (f->type) {
    case DT_SWITCH:
        return num == TRI_ON ? "on" : "off";
    case DT_BOOL:
        return num == TRI_YES ? "yes" : "no";
    case DT_ENUM:
        return enum_name(f->names, num);
    case DT_PRESENT:
        return "present";
    case DT_UINT0:
    case DT_HEX:
        return dom_printf(dom, "0x%llx", (unsigned long long)num);
    case DT_OCT:
        return dom_printf(dom, "0%llo", (unsigned long long)num);
    case DT_KIB:
        return decimal(dom, num, " KiB");
    case DT_BYTES:
    case DT_MIB:
        return decimal(dom, num, " bytes");
    default:
        return decimal(dom, num, "");
    }
}
