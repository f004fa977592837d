/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stories of save and restore: one simulated QEMU and a file, no clock. At
 * each event something goes wrong; where the guest is must be right.
 */
#include "tests/lib/test.h"

#include "engine/engine.h"
#include "error/errcode.h"
#include "plan/image.h"
#include "recover/image.h"
#include "recover/verdict.h"

#include <string.h>

enum fault {
    NONE,
    CANCEL,
    KILL,    /* QEMU dies */
    LOSE,    /* only its monitor */
    REFUSE,  /* the next command is refused */
    JOURNAL, /* the next record does not reach the disk */
    DISK,    /* the next thing that is done to the file fails */
    FULL,    /* what QEMU writes fails, or what it reads */
    HANG,    /* it answers nothing more */
    NONSENSE,
    FAULTS
};

static const char *const fault_names[FAULTS] = {
    "none",    "cancel", "kill", "lose", "refuse",
    "journal", "disk",   "full", "hang", "nonsense"};

struct message {
    struct message *next;
    struct engine_event ev;
};

struct world {
    struct engine *e;
    struct plan_image image;
    enum qmig_side side; /* of the QEMU */
    struct message *first, **last;
    int64_t now;
    unsigned at, events;
    enum fault fault;
    bool done;

    /* QEMU */
    bool alive, connected, runs, armed, changed, hung, full;
    const char *status;
    const char *migration;
    /* the file */
    bool file_fails, journal_fails, refuses;
    bool part, sealed, published;
    /* what has happened */
    bool saved; /* the record is on the disk */
    bool ran_early, quit_early, ended, told_full;
    size_t trace_len;
    char *trace;
    FILE *f;
};

static void post(struct world *w, struct engine_event ev)
{
    struct message *m = calloc(1, sizeof(*m));

    m->ev = ev;
    m->ev.side = w->side;
    *w->last = m;
    w->last = &m->next;
}

static void say(struct world *w, const char *name, const char *data)
{
    if (w->connected)
        post(w, (struct engine_event){.kind = EV_EVENT,
                                      .name = name,
                                      .object = json_tokener_parse(data)});
}

static void migration(struct world *w, const char *status)
{
    char data[64];

    w->migration = status;
    snprintf(data, sizeof(data), "{\"status\":\"%s\"}", status);
    say(w, "MIGRATION", data);
}

static struct qmp_error *error_of(int code, const char *text)
{
    struct qmp_error *err = NULL;

    if (code == QMP_ERR_REFUSED)
        qmp_fail_refused(&err, "GenericError", text, "refused");
    else
        qmp_fail(&err, code, "%s", text);
    return err;
}

static void lose(struct world *w)
{
    if (!w->connected)
        return;
    w->connected = false;
    post(w,
         (struct engine_event){.kind = EV_LOST,
                               .err = error_of(QMP_ERR_CLOSED, "it is gone")});
}

static void run(struct world *w, bool runs, const char *status)
{
    if (runs != w->runs)
        say(w, runs ? "RESUME" : "STOP", "{}");
    w->runs = runs;
    w->status = status;
    /* A guest that is in the file for good, or not yet whole. */
    if (runs && (w->saved ||
                 (!w->image.save && strcmp(w->migration, "completed") != 0)))
        w->ran_early = true;
}

static void transfer(struct world *w)
{
    migration(w, "setup");
    migration(w, "active");
    if (w->full) {
        migration(w, "failed");
    } else if (w->image.save) {
        run(w, false, "postmigrate");
        migration(w, "completed");
    } else {
        w->status = "paused";
        migration(w, "completed");
        if (w->armed)
            run(w, true, "running");
    }
}

static void info(struct world *w, char *ret, size_t room)
{
    snprintf(ret, room,
             "{\"status\":\"%s\",\"total-time\":7,"
             "\"ram\":{\"transferred\":1000}%s}",
             w->migration ? w->migration : "none",
             w->full && w->migration
                 ? ",\"error-desc\":\"No space left on device\""
                 : "");
}

static const char capabilities[] =
    "[{\"capability\":\"events\",\"state\":false},"
    "{\"capability\":\"return-path\",\"state\":true},"
    "{\"capability\":\"multifd\",\"state\":false},"
    "{\"capability\":\"mapped-ram\",\"state\":false}]";
static const char parameters[] =
    "{\"max-bandwidth\":134217728,\"tls-creds\":\"\",\"direct-io\":false,"
    "\"multifd-channels\":2}";

static const char *answer(struct world *w, const char *name, char *ret,
                          size_t room)
{
    if (!strcmp(name, "query-status")) {
        snprintf(ret, room, "{\"status\":\"%s\",\"running\":%s}", w->status,
                 w->runs ? "true" : "false");
        return ret;
    }
    if (!strcmp(name, "query-migrate")) {
        if (!w->migration)
            return "{}";
        info(w, ret, room);
        return ret;
    }
    if (!strcmp(name, "query-migrate-capabilities"))
        return capabilities;
    if (!strcmp(name, "query-migrate-parameters"))
        return parameters;
    return !strcmp(name, "query-uuid")
               ? "{\"UUID\":\"11111111-2222-3333-4444-555555555555\"}"
           : !strcmp(name, "query-name") ? "{\"name\":\"guest\"}"
                                         : "{}";
}

static void obey(struct world *w, const char *name)
{
    if (!strcmp(name, "migrate") || !strcmp(name, "migrate-incoming"))
        transfer(w);
    else if (!strcmp(name, "stop") && w->image.save)
        run(w, false, "paused");
    else if (!strcmp(name, "stop"))
        w->armed = false;
    else if (!strcmp(name, "cont"))
        run(w, true, "running");
    else if (!strcmp(name, "migrate_cancel") && w->migration &&
             !strcmp(w->migration, "active"))
        migration(w, "cancelled");
    else if (!strcmp(name, "migrate-set-capabilities"))
        w->changed = !w->changed;
    else if (!strcmp(name, "quit")) {
        w->quit_early |= w->image.save && !w->saved;
        w->alive = false;
        w->runs = false;
        lose(w);
    }
}

static void execute(struct world *w, const struct engine_action *a)
{
    char room[256];
    bool query = !strncmp(a->name, "query-", 6);

    if (!query)
        fprintf(w->f, "> %s%s\n", a->name, a->file ? " FILE" : "");
    if (!w->connected || w->hung)
        return;
    assert_int_equal(a->side, w->side);
    /* A descriptor is there to be passed. */
    if (a->file && w->image.save)
        assert_true(w->part);
    if (w->refuses && !query) {
        w->refuses = false;
        post(w, (struct engine_event){
                    .kind = EV_REPLY,
                    .tag = a->tag,
                    .err = error_of(QMP_ERR_REFUSED, "no, said the test")});
        return;
    }
    post(w, (struct engine_event){.kind = EV_REPLY,
                                  .tag = a->tag,
                                  .object = json_tokener_parse(
                                      answer(w, a->name, room, sizeof(room)))});
    obey(w, a->name);
}

/* False: what follows in the list is not to be done. */
static bool touch_file(struct world *w, enum file_step what)
{
    static const char *const names[] = {"create", "seal", "publish", "discard"};
    bool fails = w->file_fails && what != FILE_DISCARD;

    fprintf(w->f, "  file %s%s\n", names[what], fails ? " fails" : "");
    if (what == FILE_DISCARD) {
        w->part = w->published = false;
    } else if (!fails) {
        w->part |= what == FILE_CREATE;
        w->sealed |= what == FILE_SEAL;
        w->published |= what == FILE_PUBLISH;
    }
    if (fails || what == FILE_SEAL) {
        w->file_fails &= !fails;
        post(w, (struct engine_event){
                    .kind = EV_FILE,
                    .tag = what,
                    .err = fails ? error_of(QMIG_ERR_FILE, "disk is broken")
                                 : NULL});
    }
    return !fails;
}

static bool record(struct world *w, const char *name)
{
    fprintf(w->f, "  journal %s%s\n", name, w->journal_fails ? " fails" : "");
    if (w->journal_fails) {
        w->journal_fails = false;
        post(w, (struct engine_event){
                    .kind = EV_JOURNAL_FAILED,
                    .name = name,
                    .err = error_of(QMP_ERR_SYSTEM, "disk full")});
        return false;
    }
    w->saved |= !strcmp(name, "saved");
    return true;
}

static void trace_state(struct world *w, const struct engine_action *a)
{
    struct json_object *from = NULL;
    struct json_object *to = NULL;

    if (strcmp(a->name, "state") != 0)
        return;
    json_object_object_get_ex(a->arguments, "from", &from);
    json_object_object_get_ex(a->arguments, "to", &to);
    fprintf(w->f, "  %s -> %s\n", json_object_get_string(from),
            json_object_get_string(to));
}

static void act(struct world *w)
{
    size_t n;
    const struct engine_action *actions = engine_actions(w->e, &n);

    for (size_t i = 0; i < n; i++) {
        const struct engine_action *a = &actions[i];

        if (a->kind == ACT_CONNECT || a->kind == ACT_START_DEST) {
            w->connected = w->alive;
            post(w, (struct engine_event){
                        .kind = EV_READY,
                        .object = json_tokener_parse(
                            "{\"version\":{\"qemu\":{\"major\":10,\"minor\":0,"
                            "\"micro\":2},\"package\":\"\"}}")});
        } else if (a->kind == ACT_SEND) {
            execute(w, a);
        } else if (a->kind == ACT_NOTE) {
            trace_state(w, a);
        } else if (a->kind == ACT_END) {
            w->ended = true;
        } else if (a->kind == ACT_KILL_DEST) {
            w->alive = w->runs = false;
            lose(w);
        } else if ((a->kind == ACT_FILE &&
                    !touch_file(w, (enum file_step)a->tag)) ||
                   (a->kind == ACT_JOURNAL && !record(w, a->name))) {
            return;
        }
    }
}

static void feed(struct world *w, const struct engine_event *ev)
{
    struct engine_event now = *ev;

    now.now = w->now;
    engine_step(w->e, &now);
    act(w);
}

static void inject(struct world *w)
{
    w->done = true;
    switch (w->fault) {
    case CANCEL:
        feed(w, &(struct engine_event){.kind = EV_CANCEL});
        break;
    case KILL:
        w->alive = w->runs = false;
        lose(w);
        break;
    case LOSE:
        lose(w);
        break;
    case REFUSE:
        w->refuses = true;
        break;
    case JOURNAL:
        w->journal_fails = true;
        break;
    case DISK:
        w->file_fails = true;
        break;
    case FULL:
        w->full = true;
        break;
    case HANG:
        w->hung = true;
        break;
    case NONSENSE:
        say(w, "MIGRATION", "{\"status\":1}");
        break;
    default:
        break;
    }
}

static void loop(struct world *w)
{
    feed(w, &(struct engine_event){.kind = EV_START});
    for (unsigned step = 0; !w->ended; step++) {
        if (step > 20000)
            fail_msg("does not end:\n%s", w->trace);
        if (!w->done && w->events >= w->at)
            inject(w);
        if (w->ended)
            break;
        if (w->first) {
            struct message *m = w->first;

            w->first = m->next;
            if (!w->first)
                w->last = &w->first;
            w->now += 100;
            w->events++;
            feed(w, &m->ev);
            json_object_put(m->ev.object);
            qmp_error_free((struct qmp_error *)(uintptr_t)m->ev.err);
            free(m);
            continue;
        }
        int64_t when = engine_deadline(w->e);
        assert_true(when >= 0);
        w->now = when > w->now ? when : w->now;
        feed(w, &(struct engine_event){.kind = EV_TIME});
    }
}

struct story {
    const char *name;
    bool save, live, keep_source, paused, started, sparse;
};

static const struct story stories[] = {
    {"save", .save = true},
    {"save a sparse file", .save = true, .sparse = true},
    {"save, live", .save = true, .live = true},
    {"save and keep the source", .save = true, .keep_source = true},
    {"save a paused guest", .save = true, .paused = true},
    {"restore", .save = false},
    {"restore in a QEMU of ours", .started = true},
    {"restore paused", .paused = true, .sparse = true},
};

static void tell(struct world *w, const struct story *story, enum fault fault,
                 unsigned at)
{
    struct engine_config config = {
        .plan =
            {
                .flags = QMIG_LIVE,
                .keep_source = story->keep_source,
                .dest_started = story->started,
                .uuid =
                    story->save ? NULL : "11111111-2222-3333-4444-555555555555",
                .name = story->save ? NULL : "guest",
            },
    };

    *w = (struct world){
        .image = {.save = story->save,
                  .file = "/f",
                  .format = story->sparse ? IMAGE_SPARSE : IMAGE_RAW,
                  .offset = 4096,
                  .live = story->live,
                  .runs = !story->paused},
        .side = story->save ? QMIG_SIDE_SOURCE : QMIG_SIDE_DEST,
        .now = 1000000,
        .at = at,
        .fault = fault,
        .alive = true,
        .armed = true,
        .runs = story->save && !story->paused,
        .status = !story->save    ? "inmigrate"
                  : story->paused ? "paused"
                                  : "running",
    };
    w->last = &w->first;
    w->f = open_memstream(&w->trace, &w->trace_len);
    deadlines_default(&config.deadlines);
    config.plan.image = &w->image;
    w->e = engine_new(&config);
    loop(w);
    fflush(w->f);
}

static void clear(struct world *w)
{
    while (w->first) {
        struct message *m = w->first;

        w->first = m->next;
        json_object_put(m->ev.object);
        qmp_error_free((struct qmp_error *)(uintptr_t)m->ev.err);
        free(m);
    }
    engine_free(w->e);
    fclose(w->f);
    free(w->trace);
}

static void assert_save(const struct world *w, const struct story *story,
                        const struct engine_verdict *v, const char **wrong)
{
    bool reached = w->connected && !w->hung;

    if (w->quit_early)
        *wrong = "the source was quit before the file was there";
    else if (w->ran_early)
        *wrong = "the source ran after it was saved";
    else if (v->outcome == QMIG_COMPLETED &&
             (!w->published || !w->sealed || !w->saved))
        *wrong = "completed without a file";
    else if (v->outcome == QMIG_COMPLETED && w->runs)
        *wrong = "completed, and the source runs";
    else if (v->outcome == QMIG_COMPLETED && !story->keep_source && reached &&
             w->alive && w->fault != REFUSE)
        *wrong = "completed, and the source is still there";
    else if (v->outcome == QMIG_COMPLETED)
        return;
    else if (v->owner != QMIG_OWNER_SOURCE)
        *wrong = "failed, and not the source's";
    else if (w->published || w->saved)
        *wrong = "failed, and a file is there";
    else if (w->part && (w->connected || !strstr(w->trace, "-> sealing")))
        *wrong = "failed, and something of the file is left";
    else if (w->alive && reached && w->runs == story->paused)
        *wrong = "failed, and the guest is not as it was";
    else if (w->alive && reached && w->changed && w->fault != REFUSE)
        *wrong = "failed, and the settings are not as they were";
}

static void assert_restore(const struct world *w, const struct story *story,
                           const struct engine_verdict *v, const char **wrong)
{
    if (w->ran_early)
        *wrong = "it ran before everything was there";
    else if (v->outcome == QMIG_COMPLETED &&
             w->runs != (w->alive && !story->paused))
        *wrong = "completed, and it does not run as it should";
    else if (v->outcome != QMIG_COMPLETED && v->outcome != QMIG_UNDECIDED &&
             (w->runs || v->owner != QMIG_OWNER_SOURCE))
        *wrong = "failed, and it runs";
    else if (v->outcome == QMIG_FAILED && story->started && w->alive)
        *wrong = "failed, and the QEMU that we started is still there";
}

static void nothing_is_lost_wherever_it_is_interrupted(void **state UNUSED)
{
    unsigned runs = 0;

    for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
        struct world whole;

        tell(&whole, &stories[i], NONE, 0);
        if (engine_verdict(whole.e).outcome != QMIG_COMPLETED)
            fail_msg("%s: %s\n%s", stories[i].name,
                     engine_verdict(whole.e).error->msg, whole.trace);
        for (int fault = NONE; fault < FAULTS; fault++) {
            for (unsigned at = 0; at <= whole.events; at++) {
                struct world w;
                const char *wrong = NULL;

                tell(&w, &stories[i], (enum fault)fault, at);
                struct engine_verdict v = engine_verdict(w.e);
                if (stories[i].save)
                    assert_save(&w, &stories[i], &v, &wrong);
                else
                    assert_restore(&w, &stories[i], &v, &wrong);
                if (wrong)
                    fail_msg("%s, fault '%s' after event %u: %s (%s)\n%s",
                             stories[i].name, fault_names[fault], at, wrong,
                             v.error ? v.error->msg : "no error", w.trace);
                clear(&w);
                runs++;
            }
        }
        clear(&whole);
    }
    assert_true(runs > 1000);
}

static void save_tells_its_story(void **state UNUSED)
{
    struct world w;

    tell(&w, &stories[0], NONE, 0);
    assert_string_equal(w.trace, "  begin -> prepare\n"
                                 "  journal begin\n"
                                 "  file create\n"
                                 "> remove-fd\n"
                                 "> add-fd FILE\n"
                                 "> migrate-set-capabilities\n"
                                 "> migrate-set-parameters\n"
                                 "  journal migrate\n"
                                 "> stop\n"
                                 "> migrate\n"
                                 "  prepare -> precopy\n"
                                 "  precopy -> sealing\n"
                                 "  file seal\n"
                                 "  sealing -> confirm\n"
                                 "  file publish\n"
                                 "  journal saved\n"
                                 "> quit\n"
                                 "  confirm -> done\n");
    clear(&w);
}

static void restore_tells_its_story(void **state UNUSED)
{
    struct world w;

    tell(&w, &stories[5], NONE, 0);
    assert_string_equal(w.trace, "  begin -> prepare\n"
                                 "  journal begin\n"
                                 "> stop\n"
                                 "> remove-fd\n"
                                 "> add-fd FILE\n"
                                 "> migrate-set-capabilities\n"
                                 "> migrate-set-parameters\n"
                                 "> migrate-incoming\n"
                                 "  journal migrate\n"
                                 "  prepare -> loading\n"
                                 "  loading -> finish\n"
                                 "  journal commit\n"
                                 "> cont\n"
                                 "> remove-fd\n"
                                 "> migrate-set-capabilities\n"
                                 "> migrate-set-parameters\n"
                                 "  finish -> confirm\n"
                                 "  confirm -> done\n");
    clear(&w);
}

/* QEMU's own word of why is in the message. */
static void full_disk_is_named(void **state UNUSED)
{
    struct world w;
    struct engine_verdict v;

    tell(&w, &stories[0], FULL, 3);
    v = engine_verdict(w.e);
    assert_int_equal(v.outcome, QMIG_FAILED);
    assert_int_equal(v.error->code, QMIG_ERR_FILE);
    assert_string_equal(v.error->msg, "the guest could not be written to '/f': "
                                      "No space left on device");
    assert_true(w.runs && !w.part);
    clear(&w);
    tell(&w, &stories[5], FULL, 3);
    v = engine_verdict(w.e);
    assert_int_equal(v.error->code, QMIG_ERR_DEST_LOAD);
    assert_string_equal(v.error->msg,
                        "QEMU could not load '/f'; the destination says: No "
                        "space left on device");
    assert_false(w.alive);
    clear(&w);
}

/* Where the source has written everything and dies, the file is all there is:
 * it is finished, and a cancel comes too late. */
static void
file_is_kept_when_the_source_dies_after_the_last_byte(void **state UNUSED)
{
    unsigned kept = 0;
    struct world whole;

    tell(&whole, &stories[0], NONE, 0);
    for (unsigned at = 0; at <= whole.events; at++) {
        struct world w;

        tell(&w, &stories[0], KILL, at);
        bool written = strstr(w.trace, "precopy -> sealing") != NULL;
        assert_int_equal(engine_verdict(w.e).outcome == QMIG_COMPLETED,
                         written);
        kept += written;
        clear(&w);
    }
    assert_true(kept > 0);
    clear(&whole);
}

/* Verdicts */

#define SRC QMIG_OWNER_SOURCE
#define DST QMIG_OWNER_DEST
#define UND QMIG_OWNER_UNDECIDED

static void verdict_of_a_save_follows_journal_and_file(void **state UNUSED)
{
    static const struct {
        enum past_stage past;
        enum src_answer source;
        enum saved_file file;
        enum fenced fenced;
        enum qmig_owner owner;
        enum way way;
    } rows[] = {
        {PAST_NOTHING, SRC_RUNS, SAVED_NONE, FENCED_NONE, SRC, WAY_NONE},
        {PAST_BEGIN, SRC_RUNS, SAVED_PARTIAL, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, SRC_STOPPED, SAVED_PARTIAL, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, SRC_MOVED, SAVED_WHOLE, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, SRC_RESUMED, SAVED_WHOLE, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, SRC_NO, SAVED_WHOLE, FENCED_NONE, UND, WAY_WAIT},
        {PAST_MIGRATE, SRC_NO, SAVED_WHOLE, FENCED_SOURCE, DST, WAY_FORWARD},
        {PAST_MIGRATE, SRC_NO, SAVED_PARTIAL, FENCED_SOURCE, SRC, WAY_BACK},
        {PAST_MIGRATE, SRC_NO, SAVED_PARTIAL, FENCED_NONE, SRC, WAY_WAIT},
        {PAST_MIGRATE, SRC_SPLIT, SAVED_WHOLE, FENCED_NONE, UND, WAY_WAIT},
        {PAST_SAVED, SRC_MOVED, SAVED_WHOLE, FENCED_NONE, DST, WAY_FINISH},
        {PAST_SAVED, SRC_NO, SAVED_WHOLE, FENCED_NONE, DST, WAY_FINISH},
        {PAST_SAVED, SRC_NO, SAVED_NONE, FENCED_NONE, DST, WAY_FINISH},
        {PAST_SAVED, SRC_RESUMED, SAVED_WHOLE, FENCED_NONE, UND, WAY_WAIT},
        {PAST_BACK, SRC_MOVED, SAVED_WHOLE, FENCED_NONE, SRC, WAY_BACK},
        {PAST_BACK, SRC_NO, SAVED_WHOLE, FENCED_NONE, SRC, WAY_WAIT},
        {PAST_BACK, SRC_NO, SAVED_WHOLE, FENCED_SOURCE, SRC, WAY_BACK},
        {PAST_ENDED_DEST, SRC_NO, SAVED_WHOLE, FENCED_NONE, DST, WAY_NONE},
        {PAST_ENDED_SOURCE, SRC_RUNS, SAVED_NONE, FENCED_NONE, SRC, WAY_NONE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct verdict v = verdict_of_save(rows[i].past, rows[i].source,
                                           rows[i].file, rows[i].fenced);

        if (v.owner != rows[i].owner || v.way != rows[i].way)
            fail_msg("row %zu: owner %d, way %s (%s)", i, v.owner,
                     way_name(v.way), v.why);
    }
}

/* The guest is the source's whatever happens; the file only has to be brought
 * to its end. */
static void verdict_of_a_snapshot_is_the_source(void **state UNUSED)
{
    static const struct {
        enum past_stage past;
        enum src_answer source;
        enum saved_file file;
        enum fenced fenced;
        enum way way;
    } rows[] = {
        {PAST_NOTHING, SRC_RUNS, SAVED_NONE, FENCED_NONE, WAY_NONE},
        {PAST_BEGIN, SRC_RUNS, SAVED_PARTIAL, FENCED_NONE, WAY_BACK},
        {PAST_MIGRATE, SRC_RUNS, SAVED_PARTIAL, FENCED_NONE, WAY_BACK},
        {PAST_MIGRATE, SRC_STOPPED, SAVED_PARTIAL, FENCED_NONE, WAY_BACK},
        {PAST_MIGRATE, SRC_RESUMED, SAVED_PARTIAL, FENCED_NONE, WAY_BACK},
        {PAST_MIGRATE, SRC_RESUMED, SAVED_WHOLE, FENCED_NONE, WAY_FORWARD},
        {PAST_MIGRATE, SRC_NO, SAVED_WHOLE, FENCED_NONE, WAY_WAIT},
        {PAST_MIGRATE, SRC_NO, SAVED_WHOLE, FENCED_SOURCE, WAY_FORWARD},
        {PAST_MIGRATE, SRC_NO, SAVED_PARTIAL, FENCED_SOURCE, WAY_BACK},
        {PAST_SAVED, SRC_RESUMED, SAVED_WHOLE, FENCED_NONE, WAY_FINISH},
        {PAST_SAVED, SRC_NO, SAVED_WHOLE, FENCED_NONE, WAY_WAIT},
        {PAST_SAVED, SRC_NO, SAVED_WHOLE, FENCED_SOURCE, WAY_FINISH},
        {PAST_BACK, SRC_RESUMED, SAVED_WHOLE, FENCED_NONE, WAY_BACK},
        {PAST_BACK, SRC_NO, SAVED_NONE, FENCED_NONE, WAY_WAIT},
        {PAST_ENDED_SOURCE, SRC_NO, SAVED_WHOLE, FENCED_NONE, WAY_NONE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct verdict v = verdict_of_snapshot(rows[i].past, rows[i].source,
                                               rows[i].file, rows[i].fenced);

        if (v.way != rows[i].way)
            fail_msg("row %zu: way %s (%s)", i, way_name(v.way), v.why);
    }
    for (int p = 0; p < PAST__MAX; p++)
        for (int s = 0; s < SRC__MAX; s++)
            for (int file = 0; file < SAVED__MAX; file++)
                for (int f = 0; f < FENCED__MAX; f++) {
                    struct verdict v = verdict_of_snapshot(
                        (enum past_stage)p, (enum src_answer)s,
                        (enum saved_file)file, (enum fenced)f);

                    assert_int_equal(v.owner, SRC);
                    if (v.way == WAY_FORWARD)
                        assert_int_equal(file, SAVED_WHOLE);
                    if (v.way == WAY_BACK)
                        assert_true(p != PAST_SAVED);
                }
}

/* Never the file while the source may run, never the source once it was given
 * up, and a file is only taken when it is whole. */
static void no_verdict_of_a_save_makes_two(void **state UNUSED)
{
    for (int p = 0; p < PAST__MAX; p++)
        for (int s = 0; s < SRC__MAX; s++)
            for (int file = 0; file < SAVED__MAX; file++)
                for (int f = 0; f < FENCED__MAX; f++) {
                    struct verdict v =
                        verdict_of_save((enum past_stage)p, (enum src_answer)s,
                                        (enum saved_file)file, (enum fenced)f);
                    bool runs = s == SRC_RUNS || s == SRC_RESUMED;

                    assert_non_null(v.why);
                    if (v.way == WAY_FORWARD) {
                        assert_int_equal(s, SRC_NO);
                        assert_int_equal(f, FENCED_SOURCE);
                        assert_int_equal(file, SAVED_WHOLE);
                    }
                    if (v.way == WAY_FINISH)
                        assert_true(p == PAST_SAVED && !runs);
                    if (v.way == WAY_BACK)
                        assert_true(p != PAST_SAVED);
                    if (v.owner == DST && runs)
                        assert_int_equal(p, PAST_ENDED_DEST);
                }
}

static void verdict_of_a_restore_asks_the_destination(void **state UNUSED)
{
    static const struct {
        enum past_stage past;
        enum dst_answer dest;
        enum fenced fenced;
        enum qmig_owner owner;
        enum way way;
    } rows[] = {
        {PAST_BEGIN, DST_WAITS, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, DST_LOADED, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, DST_LOADS, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, DST_NO, FENCED_NONE, SRC, WAY_BACK},
        {PAST_MIGRATE, DST_RUNS, FENCED_NONE, DST, WAY_FINISH},
        {PAST_COMMIT, DST_RUNS, FENCED_NONE, DST, WAY_FINISH},
        {PAST_COMMIT, DST_LOADED, FENCED_NONE, DST, WAY_FORWARD},
        {PAST_COMMIT, DST_NO, FENCED_NONE, UND, WAY_WAIT},
        {PAST_COMMIT, DST_NO, FENCED_DEST, SRC, WAY_BACK},
        {PAST_BACK, DST_LOADED, FENCED_NONE, SRC, WAY_BACK},
        {PAST_ENDED_DEST, DST_RUNS, FENCED_NONE, DST, WAY_NONE},
        {PAST_ENDED_SOURCE, DST_NO, FENCED_NONE, SRC, WAY_NONE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct verdict v =
            verdict_of_restore(rows[i].past, rows[i].dest, rows[i].fenced);

        if (v.owner != rows[i].owner || v.way != rows[i].way)
            fail_msg("row %zu: owner %d, way %s (%s)", i, v.owner,
                     way_name(v.way), v.why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(save_tells_its_story),
        cmocka_unit_test(restore_tells_its_story),
        cmocka_unit_test(full_disk_is_named),
        cmocka_unit_test(file_is_kept_when_the_source_dies_after_the_last_byte),
        cmocka_unit_test(nothing_is_lost_wherever_it_is_interrupted),
        cmocka_unit_test(verdict_of_a_save_follows_journal_and_file),
        cmocka_unit_test(verdict_of_a_snapshot_is_the_source),
        cmocka_unit_test(no_verdict_of_a_save_makes_two),
        cmocka_unit_test(verdict_of_a_restore_asks_the_destination),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
