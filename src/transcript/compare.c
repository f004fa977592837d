/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcript/compare.h"

#include "qmp/json.h"
#include "qmp/jsondiff.h"
#include "transcript/story.h"

#include <string.h>

struct item {
    uint64_t line;
    char *name;
    struct json_object *value;
    struct json_object *answer;
    bool answered;
    bool failed;
    bool paired; /* it has its like in the other dialogue */
};

struct items {
    char *peer;
    struct item *items;
    size_t n;
};

/* One dialogue. */
struct side {
    struct items peers[8];
    size_t n_peers;
    struct comparison *times;
    int which;
    char *phase; /* the one that is going on */
    int64_t phase_us;
};

struct run {
    struct side sides[2];
    const char *const *ignore;
    size_t n_ignore;
    difference_fn *fn;
    void *opaque;
    size_t count;
};

static int no_memory(struct qmp_error **errp)
{
    return qmp_fail(errp, QMP_ERR_NOMEM, "no memory for a comparison");
}

static struct items *peer_of(struct side *s, const char *name,
                             struct qmp_error **errp)
{
    for (size_t i = 0; i < s->n_peers; i++)
        if (!strcmp(s->peers[i].peer, name))
            return &s->peers[i];
    if (s->n_peers == ARRAY_SIZE(s->peers)) {
        qmp_fail(errp, QMP_ERR_TRANSCRIPT, "more than %zu peers",
                 ARRAY_SIZE(s->peers));
        return NULL;
    }
    s->peers[s->n_peers].peer = strdup(name);
    if (!s->peers[s->n_peers].peer) {
        no_memory(errp);
        return NULL;
    }
    return &s->peers[s->n_peers++];
}

static int add_command(struct side *s, const struct story_item *item,
                       struct qmp_error **errp)
{
    struct items *p = peer_of(s, item->peer, errp);
    struct item *i;

    if (!p)
        return -1;
    if (p->n == COMPARE_MAX)
        return qmp_fail(errp, QMP_ERR_TRANSCRIPT,
                        "more than %d commands to %s: too many to compare",
                        COMPARE_MAX, p->peer);
    if (!(p->n & (p->n - 1))) {
        i = reallocarray(p->items, p->n ? p->n * 2 : 1, sizeof(*i));
        if (!i)
            return no_memory(errp);
        p->items = i;
    }
    i = &p->items[p->n++];
    *i = (struct item){
        .line = item->line,
        .name = strdup(item->name),
        .value = json_object_get(item->value),
        .answer = json_object_get(item->answer),
        .answered = item->answered,
        .failed = item->failed,
    };
    return i->name ? 0 : no_memory(errp);
}

/* The time that the phase which is going on has taken. */
static int end_phase(struct side *s, int64_t now_us, struct qmp_error **errp)
{
    struct comparison *c = s->times;
    size_t i = 0;

    if (!s->phase)
        return 0;
    while (i < c->n_phases && strcmp(c->phases[i].name, s->phase))
        i++;
    if (i == ARRAY_SIZE(c->phases))
        return 0;
    if (i == c->n_phases) {
        c->phases[i] = (struct compare_phase){strdup(s->phase), {-1, -1}};
        if (!c->phases[i].name)
            return no_memory(errp);
        c->n_phases++;
    }
    if (c->phases[i].us[s->which] < 0)
        c->phases[i].us[s->which] = 0;
    c->phases[i].us[s->which] += now_us - s->phase_us;
    free(s->phase);
    s->phase = NULL;
    return 0;
}

static int on_item(const struct story_item *item, void *opaque,
                   struct qmp_error **errp)
{
    struct side *s = opaque;

    if (item->kind == STORY_COMMAND && !story_is_poll(item) && !item->withdrawn)
        return add_command(s, item, errp);
    if (item->kind != STORY_PHASE)
        return 0;
    if (end_phase(s, item->t_us, errp) < 0)
        return -1;
    s->phase = strdup(item->name);
    s->phase_us = item->t_us;
    return s->phase ? 0 : no_memory(errp);
}

static int load(struct side *s, const char *path, struct qmp_error **errp)
{
    struct story_end end = {0};

    if (story_read(path, on_item, s, &end, errp) < 0)
        return -1;
    json_object_put(end.header);
    s->times->cut[s->which] = end.cut;
    s->times->format[s->which] = end.format;
    return end_phase(s, end.t_us, errp);
}

static void tell(struct run *r, struct difference *d)
{
    r->count++;
    r->fn(d, r->opaque);
}

/* ---- arguments and results ---------------------------------------------- */

struct arguments {
    struct run *r;
    const char *peer;
    const struct item *a;
    const struct item *b;
};

static bool is_ignored(const struct run *r, const char *command,
                       const char *path)
{
    size_t n = strlen(command);

    for (size_t i = 0; i < r->n_ignore; i++) {
        const char *rest = r->ignore[i] + n + 1;

        if (strncmp(r->ignore[i], command, n) || r->ignore[i][n] != '.')
            continue;
        size_t len = strlen(rest);
        if (!strncmp(path, rest, len) && strchr(".[", path[len]))
            return true; /* that, or below it; strchr finds the NUL as well */
    }
    return false;
}

static void on_argument(const char *path, struct json_object *a,
                        struct json_object *b, unsigned there, void *opaque)
{
    struct arguments *args = opaque;
    CLEANUP(freep) char *first = there & 1 ? qmp_json_text(a) : NULL;
    CLEANUP(freep) char *second = there & 2 ? qmp_json_text(b) : NULL;

    if (is_ignored(args->r, args->a->name, path))
        return;
    tell(args->r, &(struct difference){
                      .kind = DIFFERENCE_ARGUMENTS,
                      .line = {args->a->line, args->b->line},
                      .peer = args->peer,
                      .name = args->a->name,
                      .path = path,
                      .text = {first, second},
                  });
}

static const char *result_of(const struct item *i)
{
    struct json_object *desc = NULL;

    if (!i->answered)
        return "no answer";
    if (!i->failed)
        return "accepted";
    json_object_object_get_ex(i->answer, "desc", &desc);
    return desc ? json_object_get_string(desc) : "refused";
}

static void compare_pair(struct run *r, const char *peer, const struct item *a,
                         const struct item *b)
{
    CLEANUP(json_putp) struct json_object *none = json_object_new_object();
    struct arguments args = {r, peer, a, b};

    qmp_json_diff(a->value ? a->value : none, b->value ? b->value : none,
                  on_argument, &args);
    if (strcmp(result_of(a), result_of(b)))
        tell(r, &(struct difference){
                    .kind = DIFFERENCE_RESULT,
                    .line = {a->line, b->line},
                    .peer = peer,
                    .name = a->name,
                    .text = {result_of(a), result_of(b)},
                });
}

/* ---- alignment ---------------------------------------------------------- */

/* Longest common subsequence of the names: length[i][j] is that of the rests
 * from i and j on. */
static uint16_t *common(const struct items *a, const struct items *b)
{
    size_t w = b->n + 1;
    uint16_t *length = calloc((a->n + 1) * w, sizeof(*length));

    if (!length)
        return NULL;
    for (size_t i = a->n; i-- > 0;) {
        for (size_t j = b->n; j-- > 0;) {
            uint16_t down = length[(i + 1) * w + j];
            uint16_t right = length[i * w + j + 1];

            if (!strcmp(a->items[i].name, b->items[j].name))
                length[i * w + j] = (uint16_t)(length[(i + 1) * w + j + 1] + 1);
            else
                length[i * w + j] = down > right ? down : right;
        }
    }
    return length;
}

/* One that only this dialogue has at its place: it may be at another one in
 * the other dialogue, among what is left over there. */
static struct item *elsewhere(const struct items *other, const struct item *i)
{
    for (size_t j = 0; j < other->n; j++)
        if (!other->items[j].paired && !strcmp(other->items[j].name, i->name))
            return &other->items[j];
    return NULL;
}

static void tell_rest(struct run *r, const struct items *a,
                      const struct items *b)
{
    for (size_t i = 0; i < a->n; i++) {
        struct item *x = &a->items[i];
        struct item *y = x->paired ? NULL : elsewhere(b, x);

        if (x->paired)
            continue;
        tell(r, &(struct difference){
                    .kind = y ? DIFFERENCE_MOVED : DIFFERENCE_ONLY_FIRST,
                    .line = {x->line, y ? y->line : 0},
                    .peer = a->peer,
                    .name = x->name,
                });
        if (y) {
            y->paired = true;
            compare_pair(r, a->peer, x, y);
        }
    }
    for (size_t j = 0; j < b->n; j++)
        if (!b->items[j].paired)
            tell(r, &(struct difference){
                        .kind = DIFFERENCE_ONLY_SECOND,
                        .line = {0, b->items[j].line},
                        .peer = b->peer,
                        .name = b->items[j].name,
                    });
}

static int compare_peer(struct run *r, const struct items *a,
                        const struct items *b, struct qmp_error **errp)
{
    CLEANUP(freep) uint16_t *length = common(a, b);
    size_t w = b->n + 1;
    size_t i = 0;
    size_t j = 0;

    if (!length)
        return no_memory(errp);
    while (i < a->n && j < b->n) {
        if (!strcmp(a->items[i].name, b->items[j].name)) {
            a->items[i].paired = b->items[j].paired = true;
            compare_pair(r, a->peer, &a->items[i++], &b->items[j++]);
        } else if (length[(i + 1) * w + j] >= length[i * w + j + 1]) {
            i++;
        } else {
            j++;
        }
    }
    tell_rest(r, a, b);
    return 0;
}

static int compare_peers(struct run *r, struct qmp_error **errp)
{
    struct side *a = &r->sides[0];
    struct side *b = &r->sides[1];
    const struct items *other;

    /* Each has all peers, if only without commands. */
    for (size_t i = 0; i < a->n_peers; i++)
        if (!peer_of(b, a->peers[i].peer, errp))
            return -1;
    for (size_t i = 0; i < b->n_peers; i++)
        if (!peer_of(a, b->peers[i].peer, errp))
            return -1;
    for (size_t i = 0; i < a->n_peers; i++) {
        other = peer_of(b, a->peers[i].peer, errp);
        if (!other || compare_peer(r, &a->peers[i], other, errp) < 0)
            return -1;
    }
    return 0;
}

static void compare_phases(struct run *r, const struct comparison *c)
{
    for (size_t i = 0; i < c->n_phases; i++) {
        const struct compare_phase *p = &c->phases[i];

        if (p->us[0] < 0 || p->us[1] < 0)
            tell(r, &(struct difference){
                        .kind = DIFFERENCE_PHASE,
                        .peer = "",
                        .name = p->name,
                        .text = {p->us[0] < 0 ? NULL : "there",
                                 p->us[1] < 0 ? NULL : "there"},
                    });
    }
}

static void free_side(struct side *s)
{
    for (size_t i = 0; i < s->n_peers; i++) {
        for (size_t j = 0; j < s->peers[i].n; j++) {
            free(s->peers[i].items[j].name);
            json_object_put(s->peers[i].items[j].value);
            json_object_put(s->peers[i].items[j].answer);
        }
        free(s->peers[i].items);
        free(s->peers[i].peer);
    }
    free(s->phase);
}

int compare_transcripts(const char *first, const char *second,
                        const char *const *ignore, size_t n_ignore,
                        difference_fn *fn, void *opaque, struct comparison *ret,
                        struct qmp_error **errp)
{
    struct comparison c = {0};
    struct run r = {
        .ignore = ignore,
        .n_ignore = n_ignore,
        .fn = fn,
        .opaque = opaque,
        .sides = {{.times = &c, .which = 0}, {.times = &c, .which = 1}},
    };
    int rc = -1;

    if (load(&r.sides[0], first, errp) == 0 &&
        load(&r.sides[1], second, errp) == 0)
        rc = compare_peers(&r, errp);
    if (!rc)
        compare_phases(&r, &c);
    free_side(&r.sides[0]);
    free_side(&r.sides[1]);
    if (rc < 0) {
        comparison_clear(&c);
        return -1;
    }
    c.differences = r.count;
    *ret = c;
    return 0;
}

void comparison_clear(struct comparison *c)
{
    for (size_t i = 0; i < c->n_phases; i++)
        free(c->phases[i].name);
    *c = (struct comparison){0};
}
