/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pairing in rounds, strongest key first. In each round the unpaired objects
 * of both sides get their key as text; equal texts pair up. Sorting makes a
 * round n log n, so that ten thousand devices stay cheap.
 */
#include "abi/match.h"

#include <string.h>

struct entry {
    const char *key; /* into the side's buffer */
    size_t at;
};

struct side {
    struct dom_object *const *o;
    size_t n;
    size_t *partner; /* index on the other side + 1, 0 = none */
};

/* Values that make up the identity of a kind; -1 ends a list. */
/* clang-format off */
static const struct {
    enum dom_kind_id kind;
    int fields[4];
    int like[3]; /* weaker: what makes two of them alike */
} identities[] = {
    { KIND_CELL,       { CELL_ID, -1 },                          { -1 } },
    { KIND_CPUFEATURE, { CPUFEATURE_NAME, -1 },                  { -1 } },
    { KIND_TIMER,      { TIMER_NAME, -1 },                       { -1 } },
    { KIND_SYSINFO,    { SYSINFO_TYPE, -1 },                     { -1 } },
    { KIND_OEMSTRING,  { OEMSTRING_TEXT, -1 },                   { -1 } },
    { KIND_FWCFG,      { FWCFG_NAME, -1 },                       { -1 } },
    { KIND_DISK,       { DISK_TARGET, -1 },                      { DISK_BUS, DISK_DEVICE, -1 } },
    { KIND_CONTROLLER, { CONTROLLER_TYPE, CONTROLLER_INDEX, CONTROLLER_MODEL, -1 }, { CONTROLLER_TYPE, CONTROLLER_INDEX, -1 } },
    { KIND_FILESYSTEM, { FILESYSTEM_TARGET, -1 },                { FILESYSTEM_DRV_TYPE, -1 } },
    { KIND_INTERFACE,  { INTERFACE_MAC, -1 },                    { INTERFACE_MODEL, -1 } },
    { KIND_INPUT,      { INPUT_TYPE, INPUT_BUS, INPUT_MODEL, -1 }, { INPUT_TYPE, -1 } },
    { KIND_SOUND,      { -1 },                                   { SOUND_MODEL, -1 } },
    { KIND_VIDEO,      { -1 },                                   { VIDEO_TYPE, -1 } },
    { KIND_HOSTDEV,    { HOSTDEV_SOURCE, -1 },                   { HOSTDEV_TYPE, -1 } },
    { KIND_SERIAL,     { SERIAL_TARGET, SERIAL_PORT, -1 },       { SERIAL_PORT, -1 } },
    { KIND_PARALLEL,   { PARALLEL_PORT, -1 },                    { -1 } },
    { KIND_CHANNEL,    { CHANNEL_TARGET, CHANNEL_NAME, CHANNEL_ADDRESS, -1 }, { CHANNEL_TARGET, -1 } },
    { KIND_CONSOLE,    { CONSOLE_TARGET, CONSOLE_PORT, -1 },     { CONSOLE_PORT, -1 } },
    { KIND_WATCHDOG,   { WATCHDOG_MODEL, -1 },                   { -1 } },
    { KIND_PANIC,      { PANIC_MODEL, -1 },                      { -1 } },
    { KIND_SHMEM,      { SHMEM_NAME, -1 },                       { SHMEM_MODEL, -1 } },
    { KIND_TPM,        { TPM_MODEL, -1 },                        { -1 } },
    { KIND_MEMORY,     { -1 },                                   { MEMORY_MODEL, MEMORY_NODE, -1 } },
    { KIND_GRAPHICS,   { GRAPHICS_TYPE, -1 },                    { -1 } },
    { KIND_AUDIO,      { AUDIO_ID, -1 },                         { -1 } },
    { KIND_LEASE,      { LEASE_KEY, LEASE_SPACE, -1 },           { -1 } },
};
/* clang-format on */

enum round { BY_ALIAS, BY_IDENTITY, BY_ADDRESS, BY_LIKENESS, ROUNDS };

static void put_field(FILE *to, const struct dom_object *o, int f)
{
    if (dom_field(o->kind, (unsigned)f)->type == DT_UINT0)
        fprintf(to, "%lld|", (long long)o->v[f].num);
    else
        fprintf(to, "%s|", o->v[f].text ? o->v[f].text : "");
}

static bool put_fields(FILE *to, const struct dom_object *o, const int *f)
{
    bool any = false;

    for (; *f >= 0; f++) {
        any |= o->v[*f].given;
        put_field(to, o, *f);
    }
    return any;
}

static bool put_address(FILE *to, const struct dom_object *o)
{
    if (!(o->kind->flags & DK_DEVICE) || !o->v[INFO_ADDRESS].given)
        return false;
    for (int f = INFO_ADDRESS; f <= INFO_REG; f++)
        if (f != INFO_MULTI && f != INFO_ZPCI_UID && f != INFO_ZPCI_FID)
            put_field(to, o, f);
    return true;
}

/* Write the key of that round; false: the object has none. */
static bool put_key(FILE *to, const struct dom_object *o, enum round round)
{
    if (round == BY_ADDRESS)
        return put_address(to, o);
    if (round == BY_ALIAS) {
        if (!(o->kind->flags & DK_DEVICE) || !o->v[INFO_ALIAS].text ||
            strncmp(o->v[INFO_ALIAS].text, "ua-", 3))
            return false;
        put_field(to, o, INFO_ALIAS);
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(identities); i++)
        if (identities[i].kind == o->kind->id)
            return put_fields(to, o,
                              round == BY_IDENTITY ? identities[i].fields
                                                   : identities[i].like);
    return false;
}

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int c = strcmp(x->key, y->key);

    return c ? c : (x->at > y->at) - (x->at < y->at);
}

/* Keys of the unpaired objects of one side, sorted; -1: out of memory. */
static long collect(const struct side *s, enum round round, struct entry **ret,
                    char **buf)
{
    CLEANUP(freep) size_t *start = calloc(s->n + 1, sizeof(*start));
    struct entry *e = calloc(s->n + 1, sizeof(*e));
    size_t size = 0, n = 0;
    FILE *to = open_memstream(buf, &size);

    if (!start || !e || !to) {
        free(e);
        if (to)
            fclose(to);
        return -1;
    }
    for (size_t i = 0; i < s->n; i++) {
        long at = ftell(to);

        if (s->partner[i] || !put_key(to, s->o[i], round))
            continue;
        fputc('\0', to);
        start[n] = (size_t)at;
        e[n++].at = i;
    }
    fclose(to);
    for (size_t i = 0; i < n; i++)
        e[i].key = *buf + start[i];
    qsort(e, n, sizeof(*e), by_key);
    *ret = e;
    return (long)n;
}

static int pair_up(struct side *a, struct side *b, enum round round)
{
    CLEANUP(freep) struct entry *x = NULL;
    CLEANUP(freep) struct entry *y = NULL;
    CLEANUP(freep) char *xbuf = NULL;
    CLEANUP(freep) char *ybuf = NULL;
    long nx = collect(a, round, &x, &xbuf);
    long ny = collect(b, round, &y, &ybuf);

    if (nx < 0 || ny < 0)
        return -1;
    for (long i = 0, j = 0; i < nx && j < ny;) {
        int c = strcmp(x[i].key, y[j].key);

        if (!c) {
            a->partner[x[i].at] = y[j].at + 1;
            b->partner[y[j].at] = x[i].at + 1;
        }
        i += c <= 0;
        j += c >= 0;
    }
    return 0;
}

static bool has_identity(const struct dom_kind *k)
{
    for (size_t i = 0; i < ARRAY_SIZE(identities); i++)
        if (identities[i].kind == k->id)
            return true;
    return false;
}

/* What is left of kinds without identity pairs up in order. */
static void pair_rest(struct side *a, struct side *b)
{
    size_t j = 0;

    if (!a->n || has_identity(a->o[0]->kind))
        return;
    for (size_t i = 0; i < a->n; i++) {
        while (j < b->n && b->partner[j])
            j++;
        if (j == b->n)
            return;
        if (!a->partner[i]) {
            a->partner[i] = j + 1;
            b->partner[j] = i + 1;
        }
    }
}

static void pair_positions(struct side *a, struct side *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        a->partner[i] = i + 1;
        b->partner[i] = i + 1;
    }
}

int match_objects(struct dom_object *const *src, size_t nsrc,
                  struct dom_object *const *dst, size_t ndst, bool by_position,
                  struct match *m)
{
    CLEANUP(freep) size_t *xp = calloc(nsrc + 1, sizeof(*xp));
    CLEANUP(freep) size_t *yp = calloc(ndst + 1, sizeof(*yp));
    struct side a = {src, nsrc, xp}, b = {dst, ndst, yp};

    m->n = 0;
    m->p = calloc(nsrc + ndst + 1, sizeof(*m->p));
    if (!xp || !yp || !m->p)
        return -1;
    if (by_position)
        pair_positions(&a, &b);
    for (int r = 0; r < ROUNDS && !by_position; r++)
        if (pair_up(&a, &b, (enum round)r) < 0)
            return -1;
    pair_rest(&a, &b);
    for (size_t i = 0; i < nsrc; i++)
        m->p[m->n++] =
            (struct match_pair){src[i], xp[i] ? dst[xp[i] - 1] : NULL};
    for (size_t i = 0; i < ndst; i++)
        if (!yp[i])
            m->p[m->n++] = (struct match_pair){NULL, dst[i]};
    return 0;
}

/* Fields whose values name an object of that kind. */
static const struct {
    enum dom_kind_id kind;
    int fields[2];
} labels[] = {
    {KIND_CELL, {CELL_ID, -1}},
    {KIND_CPUFEATURE, {CPUFEATURE_NAME, -1}},
    {KIND_TIMER, {TIMER_NAME, -1}},
    {KIND_FWCFG, {FWCFG_NAME, -1}},
    {KIND_DISK, {DISK_TARGET, -1}},
    {KIND_CONTROLLER, {CONTROLLER_TYPE, CONTROLLER_INDEX}},
    {KIND_FILESYSTEM, {FILESYSTEM_TARGET, -1}},
    {KIND_INTERFACE, {INTERFACE_MAC, -1}},
    {KIND_INPUT, {INPUT_TYPE, INPUT_BUS}},
    {KIND_SOUND, {SOUND_MODEL, -1}},
    {KIND_VIDEO, {VIDEO_TYPE, -1}},
    {KIND_CHANNEL, {CHANNEL_NAME, -1}},
    {KIND_WATCHDOG, {WATCHDOG_MODEL, -1}},
    {KIND_PANIC, {PANIC_MODEL, -1}},
    {KIND_SHMEM, {SHMEM_NAME, -1}},
    {KIND_TPM, {TPM_MODEL, -1}},
};

const char *match_label(struct domain *d, const struct dom_object *o)
{
    const struct dom_kind *k = o->kind;

    if (k->id == KIND_DOMAIN)
        return "domain";
    for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
        const int *f = labels[i].fields;

        if (labels[i].kind != k->id || !o->v[f[0]].text)
            continue;
        if (f[1] >= 0)
            return dom_printf(d, "%s '%s %s'", k->label, o->v[f[0]].text,
                              o->v[f[1]].text ? o->v[f[1]].text : "");
        return dom_printf(d, "%s '%s'", k->label, o->v[f[0]].text);
    }
    return dom_printf(d, "%s %u", k->label, o->position);
}
