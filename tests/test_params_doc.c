/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * docs/parameters.md is made from the tables of parameters, flags and
 * settings, and from what QEMU 7.2, 10.0 and 11.1 answered in the recorded
 * dialogues. This test fails when it is not current; MIG_REGENERATE=1 make
 * check writes it anew.
 */
#include "tests/lib/doc.h"
#include "tests/lib/test.h"

#include "cli/option.h"
#include "params/flags.h"
#include "params/params.h"
#include "params/rules.h"
#include "plan/settings.h"
#include "qmp/json.h"

#include <string.h>

#define DOC "docs/parameters.md"

static const char *const versions[] = {"7.2", "10.0", "11.1"};
/* What each has; the values are borrowed by nobody. */
static struct json_object *capabilities[ARRAY_SIZE(versions)];
static struct json_object *parameters[ARRAY_SIZE(versions)];

/* What has no migration parameter of QEMU's as its counterpart. */
/* clang-format off */
static const struct other {
    const char *name, *counterpart, *side;
} others[] = {
    {"compression",      "see the methods below", "both"},
    {"destination_name", "compared with `query-name`; `$QMIGRATE_NAME` for --dest-exec", "destination"},
    {"destination_xml",  "compared with --domain; `$QMIGRATE_XML` for --dest-exec", "controller"},
    {"disks_port",       "`nbd-server-start`, `blockdev-add` of the copies", "both"},
    {"disks_uri",        "`nbd-server-start`, `blockdev-add` of the copies", "both"},
    {"graphics_uri",     "`client_migrate_info`", "source"},
    {"listen_address",   "`uri` of `migrate-incoming`", "destination"},
    {"migrate_disks",    "`block-export-add`, `blockdev-mirror` for each", "both"},
    {"migrate_disks_detect_zeroes", "`detect-zeroes`, `discard` of the copies' `blockdev-add`", "source"},
    {"migrate_uri",      "`uri` of `migrate` and `migrate-incoming`; `getfd` for fd:", "both"},
    {"persistent_xml",   "a file of the domain store", "destination"},
    {"tls.destination",  "`tls-hostname`", "source"},
};

/* Flags that are no capability, or more than one. */
static const struct other other_flags[] = {
    {"live",       "without it: `stop` before `migrate`", "source"},
    {"paused",     "no `cont` at the end (`blockdev-set-active` where there is one)", "destination"},
    {"peer2peer",  "no daemon drives another here: needed by `tunnelled`", "controller"},
    {"tunnelled",  "the data goes through qmigrate", "controller"},
    {"persist_dest", "a file of the domain store", "destination"},
    {"undefine_source", "a file of the domain store", "source"},
    {"non_shared_disk", "`blockdev-mirror`, sync full", "both"},
    {"non_shared_inc", "`blockdev-mirror`, sync top", "both"},
    {"non_shared_synchronous_writes", "`blockdev-mirror`, copy-mode write-blocking", "source"},
    {"change_protection", "the guest is locked for other runs of qmigrate", "controller"},
    {"unsafe",     "no check that disks are on shared storage", "controller"},
    {"offline",    "a file of the domain store", "both"},
    {"abort_on_error", "event `BLOCK_IO_ERROR`, then `migrate_cancel`", "source"},
    {"tls",        "`object-add` of `tls-creds-*`, `tls-creds`, `tls-hostname`", "both"},
    {"postcopy_resume", "`migrate-recover`, `migrate` with `resume`", "both"},
    {"compressed", "method `xbzrle`, unless `compression` names others", "both"},
};
/* clang-format on */

static const char head[] =
    "# Parameters and flags\n"
    "\n"
    "Made from the tables in `src/params` and `src/plan` and from the recorded "
    "dialogues of `tests/transcripts` (`MIG_REGENERATE=1 make check`). Do not "
    "edit.\n"
    "\n"
    "Names, types and units are libvirt's (11.3). `7.2`, `10.0`, `11.1`: does "
    "that QEMU have what is needed; where it says **no** the migration is "
    "refused before anything is changed, with the name of what is missing. "
    "`tests/live/live_settings.sh` has a row for each and shows on these "
    "three what it does.\n";

/* {"return": ...} of a line of a transcript; NULL: there is none. */
static struct json_object *returned(struct json_object *line)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(line, "msg", &value) ||
        !json_object_object_get_ex(value, "return", &value))
        return NULL;
    return value;
}

static void learn(size_t v, struct json_object *ret)
{
    struct json_object *name = NULL;

    if (json_object_is_type(ret, json_type_array) &&
        json_object_object_get_ex(json_object_array_get_idx(ret, 0),
                                  "capability", &name)) {
        json_object_put(capabilities[v]);
        capabilities[v] = json_object_get(ret);
    } else if (json_object_is_type(ret, json_type_object) &&
               json_object_object_get_ex(ret, "max-bandwidth", NULL)) {
        json_object_put(parameters[v]);
        parameters[v] = json_object_get(ret);
    }
}

static int read_recordings(void **state UNUSED)
{
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        CLEANUP(freep) char *path = NULL;
        CLEANUP(freep) char *line = NULL;
        size_t cap = 0;
        ssize_t n;

        assert_true(asprintf(&path, "tests/transcripts/%s-bandwidth.jsonl",
                             versions[v]) > 0);
        CLEANUP(fclosep) FILE *f = fopen(path, "re");
        assert_non_null(f);
        while ((n = getline(&line, &cap, f)) > 0) {
            CLEANUP(json_putp) struct json_object *o = NULL;

            assert_int_equal(qmp_json_parse(line, (size_t)n, &o, NULL), 0);
            learn(v, returned(o));
        }
        assert_non_null(capabilities[v]);
        assert_non_null(parameters[v]);
    }
    return 0;
}

static int forget_recordings(void **state UNUSED)
{
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        json_object_put(capabilities[v]);
        json_object_put(parameters[v]);
    }
    return 0;
}

static bool has(size_t v, const char *name)
{
    CLEANUP(facts_clear)
    struct facts f = {.parameters = json_object_get(parameters[v])};
    assert_int_equal(facts_reply(&f, PROBE_CAPABILITIES, capabilities[v], NULL),
                     0);

    /* A command, since 4.0; live_settings.sh sends it to all of them. */
    if (!strcmp(name, "announce-self"))
        return true;
    return facts_capability(&f, name) >= 0 || facts_parameter(&f, name);
}

static void put_versions(FILE *to, const char *name)
{
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
        fputs(!name || has(v, name) ? " yes |" : " **no** |", to);
    fputc('\n', to);
}

static const char *side_text(enum sides sides)
{
    static const char *const names[] = {
        [ON_SOURCE] = "source", [ON_DEST] = "destination", [ON_BOTH] = "both"};
    return names[sides];
}

static void put_head(FILE *to, const char *columns, size_t n)
{
    fprintf(to, "\n|%s 7.2 | 10.0 | 11.1 |\n|", columns);
    for (size_t i = 0; i < n + ARRAY_SIZE(versions); i++)
        fputs("---|", to);
    fputc('\n', to);
}

static const char *option_of(const char *param, unsigned flag)
{
    for (size_t i = 0; i < option_table_n; i++) {
        const struct option *o = &option_table[i];

        if (param ? o->param && !strcmp(o->param, param) : o->flag == flag)
            return o->name;
    }
    return NULL;
}

static void put_option(FILE *to, const char *param, unsigned flag)
{
    const char *name = option_of(param, flag);

    fprintf(to, name ? " `--%s` |" : " |", name);
}

static const struct parameter_rule *rule_of(const char *name)
{
    for (size_t i = 0; i < parameter_rules_n; i++)
        if (!strcmp(parameter_rules[i].name, name))
            return &parameter_rules[i];
    return NULL;
}

static void put_value(FILE *to, const struct param_info *p)
{
    fprintf(to, " %s", param_type_name(p->type));
    if (p->multiple)
        fputs(", may be repeated", to);
    if (p->type == PARAM_STRING)
        fputs(" | |", to);
    else
        fprintf(to, " | %s, %lld..%llu |", p->unit, p->min, p->max);
}

static void put_other(FILE *to, const struct other *rows, size_t n,
                      const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(rows[i].name, name)) {
            fprintf(to, " %s | %s |", rows[i].counterpart, rows[i].side);
            return;
        }
    fail_msg("say in " __FILE__ " what '%s' is in QEMU", name);
}

static void put_parameter(FILE *to, const struct param_info *p)
{
    const struct parameter_rule *rule = rule_of(p->name);

    fprintf(to, "| `%s` |", p->name);
    put_value(to, p);
    put_option(to, p->name, 0);
    if (rule) {
        fprintf(to, " `%s`", rule->qemu);
        if (rule->unit != 1)
            fprintf(to, ", x %llu (bytes/s)", rule->unit);
        fprintf(to, " | %s |", side_text(rule->sides));
        put_versions(to, rule->qemu);
        return;
    }
    put_other(to, others, ARRAY_SIZE(others), p->name);
    put_versions(to, NULL);
}

static void put_parameters(FILE *to)
{
    fputs("\n## Typed parameters\n", to);
    put_head(to, " parameter | type | unit, range | option | in QEMU | side |",
             6);
    for (size_t i = 0; i < param_table_n; i++)
        put_parameter(to, &param_table[i]);
    fputs("\nA bandwidth of 0, like none, leaves what that QEMU is set to.\n"
          "\n### Methods of `compression`\n",
          to);
    put_head(to, " method | in QEMU | side | with `parallel` |", 4);
    for (size_t i = 0; i < capability_rules_n; i++) {
        const struct capability_rule *c = &capability_rules[i];

        if (c->when != IF_METHOD)
            continue;
        fprintf(to, "| `%s` | capability `%s` | %s | excluded |", c->method,
                c->name, side_text(c->sides));
        put_versions(to, c->name);
    }
    for (size_t i = 0; i < multifd_methods_n; i++) {
        fprintf(to, "| `%s` | `multifd-compression` = \"%s\" | both | needed |",
                multifd_methods[i], multifd_methods[i]);
        put_versions(to, "multifd-compression");
    }
}

static void put_flag_capabilities(FILE *to, const struct flag_info *flag)
{
    for (size_t i = 0; i < capability_rules_n; i++) {
        const struct capability_rule *c = &capability_rules[i];

        if (!(c->flag & flag->value))
            continue;
        fprintf(to, "| `%s` | 0x%x |", flag->name, flag->value);
        put_option(to, NULL, flag->value);
        fprintf(to, " capability `%s`%s | %s |", c->name,
                c->when == IF_FLAG_AND_BOTH
                    ? " (if both sides have it, without `parallel` and "
                      "without method `mt`)"
                    : "",
                side_text(c->sides));
        put_versions(to, c->name);
    }
}

static bool is_capability(const struct flag_info *flag)
{
    for (size_t i = 0; i < capability_rules_n; i++)
        if (capability_rules[i].flag & flag->value)
            return true;
    return false;
}

static void put_flag(FILE *to, const struct flag_info *flag)
{
    if (is_capability(flag)) {
        put_flag_capabilities(to, flag);
        return;
    }
    fprintf(to, "| `%s` | 0x%x |", flag->name, flag->value);
    put_option(to, NULL, flag->value);
    put_other(to, other_flags, ARRAY_SIZE(other_flags), flag->name);
    put_versions(to, NULL);
}

static void put_flags(FILE *to)
{
    fputs("\n## Flags\n", to);
    put_head(to, " flag | number | option | in QEMU | side |", 5);
    for (size_t i = 0; i < flag_table_n; i++)
        put_flag(to, &flag_table[i]);
}

static void put_always(FILE *to)
{
    fputs("\n## Capabilities that every migration sets\n"
          "\nWhere QEMU has them; all others in `src/plan/settings.c` are "
          "switched off if they are on from an earlier use. All are afterwards "
          "what they were, but for the destination's `events` and "
          "`late-block-activate`, which only matter to what it takes in.\n",
          to);
    put_head(to, " capability | side |", 2);
    for (size_t i = 0; i < capability_rules_n; i++) {
        const struct capability_rule *c = &capability_rules[i];

        if (c->when != ALWAYS && c->when != IF_BOTH &&
            c->when != SOURCE_DECIDES && c->when != IF_BOTH_AND_WAY_BACK &&
            c->when != IF_UUID)
            continue;
        fprintf(to, "| `%s`%s | %s |", c->name,
                c->when == IF_BOTH ? " (if both sides have it)"
                : c->when == IF_BOTH_AND_WAY_BACK
                    ? " (if both sides have it; not over exec: or a pipe)"
                : c->when == IF_UUID
                    ? " (if the guest has a uuid: the destination compares it)"
                : c->when == SOURCE_DECIDES
                    ? " (on the destination with `switchover-ack`; not over "
                      "exec: or a pipe)"
                    : "",
                side_text(c->sides));
        put_versions(to, c->name);
    }
}

static void put_qemu(FILE *to)
{
    fputs("\n## QEMU's own names\n"
          "\n`-p qemu.NAME=VALUE` sets a migration parameter of QEMU's, or a "
          "capability (on or off; `-f qemu.NAME` is short for on). The type is "
          "that of the present value; a list is written as JSON. A name that "
          "is not in this table is set on the source; `@source`, `@dest` or "
          "`@both` after any name says otherwise. A value of an enum that not "
          "every QEMU has (`qpl`, `qatzip`, `uadk`: if they were built in) is "
          "looked up in the QEMU's schema, and refused beforehand with those "
          "that it has.\n",
          to);
    put_head(to, " name | what it is | side |", 3);
    for (size_t i = 0; i < qemu_rules_n; i++) {
        const struct qemu_rule *r = &qemu_rules[i];

        if (r->instead && !r->in_files)
            continue;
        fprintf(to, "| `%s` | %s%s | %s |", r->name, r->help,
                r->in_files ? " (only `save` and `restore`)" : "",
                side_text(r->sides));
        put_versions(to, r->name);
    }
    fputs("\nRefused by this way:\n\n", to);
    for (size_t i = 0; i < qemu_rules_n; i++)
        if (qemu_rules[i].instead && !qemu_rules[i].in_files)
            fprintf(to, "- `%s` (%s): %s\n", qemu_rules[i].name,
                    qemu_rules[i].help, qemu_rules[i].instead);
}

/* libvirt's first, then ours with their reasons. */
static void put_rules(FILE *to, bool libvirts)
{
    char a[160];
    char b[160];

    fprintf(to, "\n| | | |%s\n|---|---|---|%s\n", libvirts ? "" : " why |",
            libvirts ? "" : "---|");
    for (size_t i = 0; i < rule_table_n; i++) {
        const struct rule *r = &rule_table[i];

        if (!r->why != libvirts)
            continue;
        rule_describe(&r->a, 0, a, sizeof(a));
        rule_describe(&r->b, 0, b, sizeof(b));
        fprintf(to, "| %s | %s | %s |", a,
                r->relation == NEEDS ? "needs" : "excludes", b);
        if (r->why)
            fprintf(to, " %s |", r->why);
        fputc('\n', to);
    }
}

static const char cpr_transfer[] =
    "\n### Mode cpr-transfer\n"
    "\nQEMU 10.0 and 11.1 can hand a guest to another QEMU on its host whose "
    "memory (`memory-backend-memfd`, `aux-ram-share=on`) stays in place. That "
    "works (tried by hand with both), but in an order that qmigrate does not "
    "have, so the mode is refused:\n\n"
    "1. The destination is started with `-incoming defer` and `-incoming "
    "'{\"channel-type\":\"cpr\",...}'`. It waits for that channel; its monitor "
    "is not even there.\n"
    "2. The source gets `mode` = \"cpr-transfer\" and `migrate` with the "
    "channels `main` and `cpr`. Only then, 20 to 40 ms later, the "
    "destination's monitor answers. The source is in `setup`, its guest runs; "
    "`migrate_cancel` is answered with `cancelled`, and it runs on.\n"
    "3. `migrate-incoming` on the destination stops the guest. With "
    "`pause-before-switchover` the source waits in `pre-switchover`; when the "
    "destination is killed after `completed`, `cont` lets the guest run on the "
    "source.\n"
    "\nqmigrate sends `migrate` only when both sides have been asked and "
    "checked and the journal says so; recover and the way back rest on that. "
    "7.2 has no such mode.\n";

static void put_conflicts(FILE *to)
{
    fputs("\n## What needs or excludes what\n"
          "\nWhat is forbidden is refused before a monitor is opened, with "
          "error `param.conflict`, which names both and says what to do. These "
          "rules are libvirt's:\n",
          to);
    put_rules(to, true);
    fputs("\nFlag 'compressed' with flag 'parallel' needs parameter "
          "'compression': no method is the default there. Libvirt's flag "
          "'postcopy_resume' needs 'change_protection' or 'peer2peer' as well, "
          "which here are always so.\n"
          "\nThese are not, and have their reasons:\n",
          to);
    put_rules(to, false);
    fputs("\nOptions have rules as well: in [README.md](../README.md), and in "
          "their errors. Flag 'postcopy' with flag 'parallel' is refused for a "
          "QEMU before 8.1 (its destination crashes with the guest); QEMU 10.0 "
          "refuses it by itself, 11.1 takes it.\n",
          to);
}

static char *render(void)
{
    char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);

    assert_non_null(to);
    fputs(head, to);
    put_parameters(to);
    put_flags(to);
    put_always(to);
    put_qemu(to);
    fputs(cpr_transfer, to);
    put_conflicts(to);
    fclose(to);
    return out;
}

static void document_is_current(void **state UNUSED)
{
    CLEANUP(freep) char *want = render();

    doc_is_current(DOC, want);
}

/* A name in a rule that none of them has is a slip of the pen. */
static void names_are_qemus(void **state UNUSED)
{
    for (size_t i = 0; i < qemu_rules_n; i++) {
        bool known = false;

        for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
            known = known || has(v, qemu_rules[i].name);
        if (!known)
            fail_msg("no QEMU has '%s'", qemu_rules[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document_is_current),
        cmocka_unit_test(names_are_qemus),
    };
    return cmocka_run_group_tests(tests, read_recordings, forget_recordings);
}
