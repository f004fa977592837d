/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * docs/transcript.md is enough to write a reader: this is one, of nothing but
 * that page and json-c, and it reads every recorded transcript. Nothing of
 * qmp/ is used on purpose.
 */
#include "tests/lib/test.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#define FOLDER "tests/transcripts"

/* What the page says of notes: the name, and a member that is there. */
static const struct {
    const char *name;
    const char *member;
} notes[] = {
    {"further-error", "message"}, {"hold", "at"},         {"hook", "phase"},
    {"journal", "record"},        {"release", "at"},      {"result", "result"},
    {"store", "directory"},       {"state", "to"},        {"user", "action"},
    {"tunnel", "sent_bytes"},     {"warning", "message"},
};

struct reader {
    const char *path;
    unsigned line;
    int64_t t;
    unsigned commands, replies, events, greetings;
};

static struct json_object *get(const struct reader *r, struct json_object *o,
                               const char *key, enum json_type type)
{
    struct json_object *v = NULL;

    if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, type))
        fail_msg("%s, line %u: '%s' is not there, or of another type", r->path,
                 r->line, key);
    return v;
}

static bool has(struct json_object *o, const char *key)
{
    return json_object_object_get_ex(o, key, NULL);
}

static void read_header(const struct reader *r, struct json_object *o)
{
    assert_int_equal(
        json_object_get_int(get(r, o, "transcript", json_type_int)), 1);
    get(r, o, "program", json_type_string);
    get(r, o, "id", json_type_string);
    assert_int_equal(
        strlen(json_object_get_string(get(r, o, "start", json_type_string))),
        strlen("2026-01-31T12:00:00.000000Z"));
    struct json_object *peers = get(r, o, "peers", json_type_object);
    json_object_object_foreach(peers, name, peer)
    {
        assert_true(!strcmp(name, "source") || !strcmp(name, "destination"));
        get(r, peer, "addr", json_type_string);
    }
}

static void read_note(const struct reader *r, struct json_object *o)
{
    const char *name =
        json_object_get_string(get(r, o, "note", json_type_string));

    for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
        if (!strcmp(notes[i].name, name)) {
            if (!has(o, notes[i].member))
                fail_msg("%s, line %u: '%s' without '%s'", r->path, r->line,
                         name, notes[i].member);
            return;
        }
    fail_msg("%s, line %u: the page has no note '%s'", r->path, r->line, name);
}

static void read_message(struct reader *r, struct json_object *o)
{
    const char *dir =
        json_object_get_string(get(r, o, "dir", json_type_string));
    struct json_object *msg;

    assert_true(!strcmp(dir, ">") || !strcmp(dir, "<"));
    if (has(o, "fds"))
        get(r, o, "fds", json_type_int);
    if (has(o, "raw")) {
        get(r, o, "raw", json_type_string);
        return;
    }
    msg = get(r, o, "msg", json_type_object);
    r->commands += *dir == '>';
    r->greetings += has(msg, "QMP");
    r->events += has(msg, "event");
    r->replies += has(msg, "return") || has(msg, "error");
}

static void read_line(struct reader *r, const char *text)
{
    enum json_tokener_error err;
    struct json_object *o = json_tokener_parse_verbose(text, &err);
    int64_t t;

    if (!o)
        fail_msg("%s, line %u: %s", r->path, r->line,
                 json_tokener_error_desc(err));
    if (r->line == 1) {
        read_header(r, o);
        json_object_put(o);
        return;
    }
    t = json_object_get_int64(get(r, o, "t", json_type_int));
    assert_true(t >= r->t);
    r->t = t;
    if (has(o, "note")) {
        read_note(r, o);
    } else {
        const char *peer =
            json_object_get_string(get(r, o, "peer", json_type_string));

        assert_true(!strcmp(peer, "source") || !strcmp(peer, "destination"));
        if (has(o, "closed"))
            assert_true(!json_object_object_get(o, "closed") ||
                        get(r, o, "closed", json_type_string));
        else
            read_message(r, o);
    }
    json_object_put(o);
}

static void read_file(const char *name, struct reader *sum)
{
    char path[400];
    struct reader r = {.path = path};
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    FILE *f;

    snprintf(path, sizeof(path), FOLDER "/%s", name);
    f = fopen(path, "r");
    assert_non_null(f);
    while ((len = getline(&line, &room, f)) > 0) {
        r.line++;
        assert_int_equal(line[len - 1], '\n');
        line[len - 1] = 0;
        read_line(&r, line);
    }
    free(line);
    fclose(f);
    assert_true(r.line > 1);
    assert_true(r.replies <= r.commands);
    sum->line += r.line;
    sum->commands += r.commands;
    sum->replies += r.replies;
    sum->events += r.events;
    sum->greetings += r.greetings;
}

static void page_is_enough_for_a_reader(void **state UNUSED)
{
    struct reader sum = {0};
    DIR *d = opendir(FOLDER);
    struct dirent *f;
    unsigned files = 0;

    assert_non_null(d);
    while ((f = readdir(d))) {
        size_t len = strlen(f->d_name);

        if (len > 6 && !strcmp(f->d_name + len - 6, ".jsonl")) {
            read_file(f->d_name, &sum);
            files++;
        }
    }
    closedir(d);
    assert_true(files >= 200 && sum.greetings > files);
    assert_true(sum.replies > 4000 && sum.events > 1500);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_is_enough_for_a_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
