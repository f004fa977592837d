/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The models of the handover (tests/model: pre-copy, post-copy) and the engine
 * have the same states and the same changes between them: neither drifts
 * alone. */
#include "tests/lib/test.h"
#include "engine/engine.h"

#include <ctype.h>
#include <string.h>

#define MAX_MODEL (1 << 16)

static char *model; /* both, one after the other */

static int read_model(void **state UNUSED)
{
    static const char *const files[] = {"tests/model/handover.pml",
                                        "tests/model/postcopy.pml"};
    size_t len = 0;

    model = calloc(1, MAX_MODEL);
    for (size_t i = 0; model && i < ARRAY_SIZE(files); i++) {
        FILE *f = fopen(files[i], "r");
        size_t n =
            f ? fread(model + len, 1, (size_t)MAX_MODEL - 1 - len, f) : 0;

        if (f)
            fclose(f);
        if (!n)
            return -1;
        len += n;
    }
    return model && len < MAX_MODEL - 1 ? 0 : -1;
}

static int free_model(void **state UNUSED)
{
    free(model);
    return 0;
}

/* The state with this name in capitals; ENGINE__MAX if there is none. */
static enum engine_state state_of(const char *text, size_t len)
{
    for (int i = 0; i < ENGINE__MAX; i++) {
        const char *name = engine_state_name((enum engine_state)i);
        size_t n = 0;

        while (n < len && name[n] && toupper(name[n]) == text[n])
            n++;
        if (n == len && !name[n])
            return (enum engine_state)i;
    }
    return ENGINE__MAX;
}

/* The next word of capitals at or behind *at, which moves behind it. */
static size_t word(const char **at)
{
    size_t len = 0;

    while (**at && !isupper((unsigned char)**at))
        ++*at;
    while (isupper((unsigned char)(*at)[len]) || (*at)[len] == '_')
        len++;
    return len;
}

static void model_has_the_states_of_the_engine(void **state UNUSED)
{
    unsigned seen = 0;
    const char *at = strstr(model, "mtype:state = {");

    assert_non_null(at);
    const char *end = strchr(at, '}');
    assert_non_null(end);
    for (;;) {
        size_t len = word(&at);
        if (at >= end)
            break;
        enum engine_state found = state_of(at, len);
        if (found == ENGINE__MAX)
            fail_msg("the engine has no state %.*s", (int)len, at);
        seen |= 1u << found;
        at += len;
    }
    for (int i = 0; i < ENGINE__MAX; i++)
        if (!(seen & 1u << i))
            fail_msg("the model has no state %s",
                     engine_state_name((enum engine_state)i));
}

/* Marks what WORD(FROM, TO) there is in the model. */
static void collect(const char *name, bool edges[ENGINE__MAX][ENGINE__MAX])
{
    size_t n = strlen(name);

    for (const char *at = model; (at = strstr(at, name)); at += n) {
        const char *text = at + n;
        enum engine_state states[2];

        if (!isupper((unsigned char)*text)) /* the definition of go() */
            continue;
        for (int i = 0; i < 2; i++) {
            size_t len = word(&text);

            states[i] = state_of(text, len);
            if (states[i] == ENGINE__MAX)
                fail_msg("%s...: no state %.*s", name, (int)len, text);
            text += len;
        }
        edges[states[0]][states[1]] = true;
    }
}

static void model_has_the_transitions_of_the_engine(void **state UNUSED)
{
    bool edges[ENGINE__MAX][ENGINE__MAX] = {{false}};

    collect("go(", edges);
    for (int from = 0; from < ENGINE__MAX; from++)
        for (int to = 0; to < ENGINE__MAX; to++) {
            bool may = engine_may_follow((enum engine_state)from,
                                         (enum engine_state)to);

            if (may != edges[from][to])
                fail_msg("%s -> %s: the engine says %s, the model %s",
                         engine_state_name((enum engine_state)from),
                         engine_state_name((enum engine_state)to),
                         may ? "yes" : "no", edges[from][to] ? "yes" : "no");
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_has_the_states_of_the_engine),
        cmocka_unit_test(model_has_the_transitions_of_the_engine),
    };

    return cmocka_run_group_tests(tests, read_model, free_model);
}
