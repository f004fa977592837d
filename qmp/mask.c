/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Secrets in QMP messages. Most messages have none and are only searched for a
 * few words; the rest is parsed and walked. What QEMU answers holds no secrets
 * (it hands out the ids of secrets, never their data), except under the key
 * names of `anywhere`.
 */
#include "mask.h"
#include "json.h"
#include "transcript.h"

#include <string.h>

#define HMP "human-monitor-command"

struct word {
    const char *text;
    size_t len;
};
#define WORD(text)                                                             \
    {                                                                          \
        text, sizeof(text) - 1                                                 \
    }

/* The keys of a command's name. */
static const struct word executes[] = {WORD("execute"), WORD("exec-oob")};

/* Strings under these keys are masked wherever they are. */
static const struct word anywhere[] = {
    WORD("passphrase"),
    WORD("passwd"),
    WORD("password"),
};

/* Arguments of commands, sorted by command. */
static const struct {
    const char *command;
    const char *path; /* of a string below "arguments" */
    const char *when; /* only if this argument ... */
    const char *is;   /* ... is one of these words; NULL: always */
} arguments[] = {
    {"change", "arg", "device", "vnc"},
    {"guest-set-user-password", "password", NULL, NULL},
    {"object-add", "data", NULL, NULL},
    {"object-add", "props.data", NULL, NULL}, /* up to QEMU 5.2 */
    {"qom-set", "value", "property", "data password passwd passphrase"},
    {"sev-inject-launch-secret", "secret", NULL, NULL},
};

/* Human monitor commands whose line may hold a secret: the rest of the line is
 * masked. */
static const char *const hmp[] = {
    "change ",
    "object_add ",
    "qom-set ",
    "set_password ",
};

static bool is_word_of(const char *word, const char *list)
{
    size_t len = strlen(word);

    for (const char *p = list; (p = strstr(p, word)); p += len)
        if ((p == list || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
            return len > 0;
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the key before the colon ends; NULL: there is none. */
static const char *end_of_key(const char *text, const char *colon)
{
    while (colon > text && is_space(colon[-1]))
        colon--;
    return colon > text && colon[-1] == '"' ? colon - 1 : NULL;
}

/* All words are longer than the four bytes that are looked at first. */
static bool is_one_of(const struct word *words, size_t n, const char *text,
                      const char *end)
{
    size_t room = (size_t)(end - text);

    for (size_t i = 0; i < n; i++)
        if (room >= words[i].len &&
            !memcmp(end - 4, words[i].text + words[i].len - 4, 4) &&
            !memcmp(end - words[i].len, words[i].text, words[i].len))
            return true;
    return false;
}

/* Does the value that begins at p, behind the key's colon, name a command of
 * the tables? What is no plain string may. */
static bool names_command(const char *p, const char *end)
{
    while (p < end && is_space(*p))
        p++;
    if (p == end || *p != '"')
        return true;

    const char *name = p + 1;
    const char *quote = memchr(name, '"', (size_t)(end - name));
    if (!quote)
        return true;
    size_t len = (size_t)(quote - name);
    for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
        if (len == strlen(arguments[i].command) &&
            !memcmp(name, arguments[i].command, len))
            return true;
    return len == strlen(HMP) && !memcmp(name, HMP, len);
}

/* Cheap, and wrong only to the safe side: what ends like a key is taken for
 * it. */
static bool may_have_secret(const char *text, size_t len, char dir)
{
    const char *end = text + len;

    /* With \u0070assword one could write a key that is not found here. */
    if (memchr(text, '\\', len) && memmem(text, len, "\\u00", 4))
        return true;
    for (const char *p = text; (p = memchr(p, ':', (size_t)(end - p))); p++) {
        const char *key = end_of_key(text, p);

        if (!key)
            continue;
        if (is_one_of(anywhere, ARRAY_SIZE(anywhere), text, key))
            return true;
        if (dir != '<' &&
            is_one_of(executes, ARRAY_SIZE(executes), text, key) &&
            names_command(p + 1, end))
            return true;
    }
    return false;
}

/* Without memory the value becomes null: it is gone in any case. */
static bool set_member(struct json_object *o, const char *key, const char *text)
{
    json_object_object_add(o, key, json_object_new_string(text));
    return true;
}

static bool mask_member(struct json_object *o, const char *key)
{
    struct json_object *v;

    if (!json_object_object_get_ex(o, key, &v) ||
        !json_object_is_type(v, json_type_string))
        return false;
    return set_member(o, key, QMP_MASKED);
}

static bool mask_anywhere(struct json_object *o)
{
    bool hit = false;

    if (json_object_is_type(o, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(o); i++)
            hit |= mask_anywhere(json_object_array_get_idx(o, i));
        return hit;
    }
    if (!json_object_is_type(o, json_type_object))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(anywhere); i++)
        hit |= mask_member(o, anywhere[i].text);
    json_object_object_foreach(o, key, value)
    {
        (void)key;
        hit |= mask_anywhere(value);
    }
    return hit;
}

/* A path of one or two keys. */
static bool mask_path(struct json_object *o, const char *path)
{
    const char *dot = strchr(path, '.');
    CLEANUP(freep) char *first = NULL;

    if (!dot)
        return mask_member(o, path);
    first = strndup(path, (size_t)(dot - path));
    return first && json_object_object_get_ex(o, first, &o) &&
           mask_member(o, dot + 1);
}

static bool mask_hmp(struct json_object *args)
{
    struct json_object *v;
    char masked[64];

    if (!json_object_object_get_ex(args, "command-line", &v) ||
        !json_object_is_type(v, json_type_string))
        return false;
    const char *line = json_object_get_string(v);
    line += strspn(line, " \t");
    for (size_t i = 0; i < ARRAY_SIZE(hmp); i++) {
        if (strncmp(line, hmp[i], strlen(hmp[i])))
            continue;
        snprintf(masked, sizeof(masked), "%s" QMP_MASKED, hmp[i]);
        return set_member(args, "command-line", masked);
    }
    return false;
}

static bool applies(struct json_object *args, const char *when, const char *is)
{
    struct json_object *v;

    if (!when)
        return true;
    return json_object_object_get_ex(args, when, &v) &&
           is_word_of(json_object_get_string(v), is);
}

static bool mask_command(struct json_object *o)
{
    struct json_object *name;
    struct json_object *args;
    bool hit = false;

    if (!json_object_is_type(o, json_type_object) ||
        (!json_object_object_get_ex(o, "execute", &name) &&
         !json_object_object_get_ex(o, "exec-oob", &name)) ||
        !json_object_object_get_ex(o, "arguments", &args) ||
        !json_object_is_type(args, json_type_object) || !name)
        return false;

    const char *command = json_object_get_string(name);
    for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
        if (!strcmp(command, arguments[i].command) &&
            applies(args, arguments[i].when, arguments[i].is))
            hit |= mask_path(args, arguments[i].path);
    if (!strcmp(command, HMP))
        hit |= mask_hmp(args);
    return hit;
}

int qmp_mask(const char *text, size_t len, char dir, char **ret)
{
    CLEANUP(json_putp) struct json_object *o = NULL;
    struct qmp_error *err = NULL;
    bool hit;

    *ret = NULL;
    if (!may_have_secret(text, len, dir))
        return 0;
    if (qmp_json_parse(text, len, &o, &err) < 0) {
        int rc = err->code == QMP_ERR_NOMEM ? -1 : 0;

        qmp_error_free(err);
        return rc;
    }
    hit = mask_anywhere(o);
    hit |= mask_command(o);
    if (!hit)
        return 0;
    *ret = qmp_json_text(o);
    return *ret ? 0 : -1;
}

bool qmp_mask_suspects(const char *text, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(anywhere); i++)
        if (memmem(text, len, anywhere[i].text, anywhere[i].len))
            return true;
    for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
        if (memmem(text, len, arguments[i].command,
                   strlen(arguments[i].command)))
            return true;
    return memmem(text, len, HMP, strlen(HMP));
}

char *qmp_mask_secrets(const char *text, size_t len)
{
    char *masked;

    return qmp_mask(text, len, 0, &masked) < 0 ? NULL : masked;
}
