/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/sim_save_priv.h"

#include "error/errcode.h"
#include "tests/lib/test.h"

#include <string.h>

#define MAX_STEPS 20000

const struct save_story save_stories[] = {
    {"save", .save = true},
    {"save a sparse file", .save = true, .sparse = true},
    {"save, live", .save = true, .live = true},
    {"save and keep the source", .save = true, .keep_source = true},
    {"save a paused guest", .save = true, .paused = true},
    {"restore", .save = false},
    {"restore in a QEMU of ours", .started = true},
    {"restore paused", .paused = true, .sparse = true},
};
const size_t save_stories_n = ARRAY_SIZE(save_stories);

const char *save_fault_name(enum save_fault fault)
{
    static const char *const names[] = {
#define X(id, name) [FAULT_##id] = name,
        SAVE_FAULT_MAP(X)
#undef X
    };
    return names[fault];
}

void save_sim_post(struct save_sim *s, struct engine_event ev)
{
    if (s->recovering) {
        sim_event_clear(&ev);
        return;
    }
    ev.side = s->side;
    sim_mail_put(&s->mail, &ev);
}

/* The journal */

void save_sim_write(struct save_sim *s, const char *name,
                    struct json_object *data, bool sync)
{
    struct json_object *record = sim_record(name, data);

    if (!strcmp(name, "begin")) { /* as job_image_add_begin() */
        json_object_object_add(
            record, "story",
            json_object_new_string(s->image.save ? "save" : "restore"));
        json_object_object_add(record, "file",
                               json_object_new_string(save_sim_path(false)));
        json_object_object_add(record, "part",
                               json_object_new_string(save_sim_path(true)));
        json_object_object_add(record, "overwrite",
                               json_object_new_boolean(false));
    }
    sim_journal_add(&s->journal, record, sync);
    s->saved |= !strcmp(name, "saved");
    s->committed |= !strcmp(name, "commit");
}

static bool record(struct save_sim *s, const struct engine_action *a)
{
    struct qmp_error *err = NULL;

    fprintf(s->f, "  journal %s%s\n", a->name,
            s->journal_fails ? " fails" : "");
    if (!s->journal_fails) {
        save_sim_write(s, a->name, a->arguments, a->sync);
        return true;
    }
    s->journal_fails = false;
    qmp_fail(&err, QMP_ERR_SYSTEM, "disk full");
    save_sim_post(s, (struct engine_event){.kind = EV_JOURNAL_FAILED,
                                           .name = a->name,
                                           .err = err});
    return false;
}

/* As the job does. */
static void end(struct save_sim *s)
{
    static const char *const owners[] = {"source", "destination", "undecided"};
    CLEANUP(json_putp) struct json_object *data = json_object_new_object();
    struct engine_verdict v = engine_verdict(s->e);

    json_object_object_add(data, "owner",
                           json_object_new_string(owners[v.owner]));
    if (v.left[s->side] && s->alive)
        json_object_object_add(data, "left", json_object_new_boolean(true));
    if (s->journal.n)
        save_sim_write(s, "end", data, false);
    s->ended = true;
}

/* Actions */

static void post_ready(struct save_sim *s)
{
    static const char greeting[] =
        "{\"version\":{\"qemu\":{\"major\":10,\"minor\":0,\"micro\":2},"
        "\"package\":\"\"}}";

    s->connected = s->alive;
    save_sim_post(s, (struct engine_event){.kind = EV_READY,
                                           .object = sim_parse(greeting)});
}

static void send(struct save_sim *s, const struct engine_action *a)
{
    bool query = !strncmp(a->name, "query-", 6);
    struct qmp_error *err = NULL;

    if (!query)
        fprintf(s->f, "> %s%s\n", a->name, a->file ? " FILE" : "");
    if (!s->connected || s->hung)
        return;
    assert_int_equal(a->side, s->side);
    if (a->file) /* a descriptor is there to be passed */
        assert_true(s->fd >= 0);
    if (s->refuses && !query && strcmp(a->name, "stop") != 0) {
        s->refuses = false;
        qmp_fail_refused(&err, "GenericError", "no, said the test", "refused");
        save_sim_post(s, (struct engine_event){
                             .kind = EV_REPLY, .tag = a->tag, .err = err});
        return;
    }
    save_sim_post(s,
                  (struct engine_event){.kind = EV_REPLY,
                                        .tag = a->tag,
                                        .object = save_sim_answer(s, a->name)});
    save_sim_obey(s, a->name, a->arguments);
}

/* False: what follows in the list is not to be done. */
static bool touch_file(struct save_sim *s, enum file_step what)
{
    static const char *const names[] = {"create", "seal", "publish", "discard"};
    struct qmp_error *err = NULL;
    bool done = save_sim_file_step(s, what, &err);

    fprintf(s->f, "  file %s%s\n", names[what], done ? "" : " fails");
    if (!done || what == FILE_SEAL)
        save_sim_post(
            s, (struct engine_event){.kind = EV_FILE, .tag = what, .err = err});
    return done;
}

static void trace_state(struct save_sim *s, const struct engine_action *a)
{
    struct json_object *from = NULL;
    struct json_object *to = NULL;

    if (strcmp(a->name, "state") != 0)
        return;
    json_object_object_get_ex(a->arguments, "from", &from);
    json_object_object_get_ex(a->arguments, "to", &to);
    fprintf(s->f, "  %s -> %s\n", json_object_get_string(from),
            json_object_get_string(to));
}

/* Does the controller die before it does this? */
static bool crashes(struct save_sim *s, const struct engine_action *a)
{
    s->acts += a->kind == ACT_SEND || a->kind == ACT_JOURNAL ||
               a->kind == ACT_FILE || a->kind == ACT_KILL_DEST ||
               a->kind == ACT_END;
    s->crashed |= s->o.crash_at && s->acts == s->o.crash_at;
    s->ended |= s->crashed;
    return s->crashed;
}

static void act(struct save_sim *s)
{
    size_t n;
    const struct engine_action *actions = engine_actions(s->e, &n);

    for (size_t i = 0; i < n; i++) {
        const struct engine_action *a = &actions[i];

        if (crashes(s, a))
            return;
        if (a->kind == ACT_CONNECT || a->kind == ACT_START_DEST)
            post_ready(s);
        else if (a->kind == ACT_SEND)
            send(s, a);
        else if (a->kind == ACT_NOTE)
            trace_state(s, a);
        else if (a->kind == ACT_END)
            end(s);
        else if (a->kind == ACT_KILL_DEST)
            save_sim_die(s);
        else if ((a->kind == ACT_FILE &&
                  !touch_file(s, (enum file_step)a->tag)) ||
                 (a->kind == ACT_JOURNAL && !record(s, a)))
            return;
    }
}

/* The loop */

static void feed(struct save_sim *s, const struct engine_event *ev)
{
    struct engine_event now = *ev;

    now.now = s->now;
    engine_step(s->e, &now);
    act(s);
}

static void inject(struct save_sim *s)
{
    s->injected = true;
    switch (s->o.fault) {
    case FAULT_CANCEL:
        feed(s, &(struct engine_event){.kind = EV_CANCEL});
        break;
    case FAULT_KILL:
        save_sim_die(s);
        break;
    case FAULT_LOSE:
        save_sim_lose(s);
        break;
    case FAULT_REFUSE:
        s->refuses = true;
        break;
    case FAULT_JOURNAL:
        s->journal_fails = true;
        break;
    case FAULT_DISK:
        s->file_fails = true;
        break;
    case FAULT_FULL:
        s->full = true;
        break;
    case FAULT_HANG:
        s->hung = true;
        break;
    case FAULT_NONSENSE:
        save_sim_talk_nonsense(s);
        break;
    case FAULT_NONE:
    case FAULT__MAX:
        break;
    }
}

/* False: nothing is under way. */
static bool deliver_first(struct save_sim *s)
{
    struct engine_event ev;

    if (!sim_mail_take(&s->mail, &ev))
        return false;
    s->now += 100;
    s->events++;
    feed(s, &ev);
    sim_event_clear(&ev);
    return true;
}

static void loop(struct save_sim *s)
{
    feed(s, &(struct engine_event){.kind = EV_START});
    for (unsigned step = 0; !s->ended; step++) {
        if (step > MAX_STEPS) {
            fflush(s->f);
            fail_msg("does not end:\n%s", s->trace);
        }
        if (!s->injected && s->events >= s->o.at)
            inject(s);
        if (s->ended)
            break;
        if (deliver_first(s))
            continue;
        int64_t when = engine_deadline(s->e);
        assert_true(when >= 0);
        s->now = when > s->now ? when : s->now;
        feed(s, &(struct engine_event){.kind = EV_TIME});
    }
}

static void set_up(struct save_sim *s, const struct save_options *o)
{
    const struct save_story *story = o->story;

    *s = (struct save_sim){
        .o = *o,
        .image = {.save = story->save,
                  .file = "/f",
                  .format = story->sparse ? IMAGE_SPARSE : IMAGE_RAW,
                  .offset = IMAGE_PAGE,
                  .live = story->live,
                  .runs = !story->paused},
        .side = story->save ? QMIG_SIDE_SOURCE : QMIG_SIDE_DEST,
        .now = 1000000,
        .alive = true,
        .armed = true,
        .runs = story->save && !story->paused,
        .status = !story->save    ? "inmigrate"
                  : story->paused ? "paused"
                                  : "running",
    };
    s->f = open_memstream(&s->trace, &s->trace_len);
    save_sim_file_begin(s);
}

void save_sim_run(struct save_sim *s, const struct save_options *o)
{
    const struct save_story *story = o->story;
    struct engine_config config = {
        .plan =
            {
                .flags = QMIG_LIVE,
                .keep_source = story->keep_source,
                .dest_started = story->started,
                .uuid =
                    story->save ? NULL : "11111111-2222-3333-4444-555555555555",
                .name = story->save ? NULL : "guest",
                .image = &s->image,
            },
    };

    set_up(s, o);
    deadlines_default(&config.deadlines);
    s->e = engine_new(&config);
    loop(s);
    sim_mail_clear(&s->mail);
    if (o->recovers)
        save_sim_recover(s);
    save_sim_look(s);
    fflush(s->f);
}

void save_sim_clear(struct save_sim *s)
{
    if (s->fd >= 0)
        close(s->fd);
    sim_journal_clear(&s->journal);
    free(s->recovered.error);
    engine_free(s->e);
    fclose(s->f);
    free(s->trace);
}
