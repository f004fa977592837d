/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "result.h"

#include "error/advice.h"
#include "plan/plan.h"
#include "progress.h"
#include "qmp/member.h"

#include <string.h>

static const struct {
    const char *name;
    const char *guest;
} outcomes[] = {
    [QMIG_COMPLETED] = {"completed", "the guest is on the destination"},
    [QMIG_FAILED] = {"failed", "the guest is on the source, as before"},
    [QMIG_CANCELLED] = {"cancelled", "the guest is on the source"},
    [QMIG_INCOMPATIBLE] = {"incompatible", "nothing was changed"},
    [QMIG_UNDECIDED] = {"undecided", "start neither side; fence one first"},
    [QMIG_POSTCOPY_PAUSED] = {"postcopy-paused",
                              "the guest is split between both sides"},
};

const char *result_name(enum qmig_outcome outcome)
{
    return outcomes[outcome].name;
}

static bool find_number(struct json_object *o, const char *name, double *ret)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(o, name, &value) ||
        !(json_object_is_type(value, json_type_int) ||
          json_object_is_type(value, json_type_double)))
        return false;
    *ret = json_object_get_double(value);
    return true;
}

/* Those that are there, in a line. */
static void put_stats(FILE *f, struct json_object *json)
{
    struct json_object *stats = NULL;
    struct json_object *ram = NULL;
    const char *sep = "  ";
    double v;

    json_object_object_get_ex(json, "stats", &stats);
    json_object_object_get_ex(stats, "ram", &ram);
    if (find_number(stats, "total_time_ms", &v)) {
        fprintf(f, "%stotal %.3f s", sep, v / 1000);
        sep = ", ";
    }
    if (find_number(stats, "blackout_us", &v)) {
        fprintf(f, "%sguest stopped for %.1f ms", sep, v / 1000);
        sep = ", ";
    }
    if (find_number(ram, "transferred", &v)) {
        fprintf(f, "%ssent %s", sep, bytes_text((uint64_t)v).s);
        sep = ", ";
    }
    if (find_number(ram, "dirty-sync-count", &v)) {
        fprintf(f, "%s%.0f passes", sep, v);
        sep = ", ";
    }
    if (*sep == ',')
        fputc('\n', f);
}

void result_put_text(FILE *f, const struct qmig_result *r)
{
    bool definition = json_object_object_get_ex(r->json, "offline", NULL);

    if (definition && r->outcome == QMIG_COMPLETED)
        fputs("completed: the guest's definition is on the destination", f);
    else
        fprintf(f, "%s: %s", result_name(r->outcome),
                outcomes[r->outcome].guest);
    if (r->outcome != QMIG_COMPLETED)
        fprintf(f, " (phase %s)", phase_name(r->phase));
    fputc('\n', f);
    if (r->outcome == QMIG_COMPLETED)
        put_stats(f, r->json);
    if (r->transcript) {
        fputs("  transcript ", f);
        cli_put_text(f, r->transcript);
        fputc('\n', f);
    }
}

void result_put_error(FILE *f, const struct qmig_result *r)
{
    fputs("qmigrate: ", f);
    if (r->side != QMIG_SIDE_CONTROLLER)
        fprintf(f, "%s: ", side_name(r->side));
    cli_put_text(f, r->error->msg);
    fputc('\n', f);
    if (error_hint(r->error)) {
        fputs("  hint: ", f);
        cli_put_text(f, error_hint(r->error));
        fputc('\n', f);
    }
    if (r->dest_stderr) {
        fputs("  the destination's standard error ends:\n", f);
        cli_put_lines(f, "  | ", r->dest_stderr);
    }
}

struct json_object *result_of_refusal(const struct qmp_error *err)
{
    bool refused = qmig_errcode_exit(err->code) == 3;
    struct json_object *o = json_object_new_object();
    struct json_object *error = json_object_new_object();

    qmp_add_string(o, "result",
                   result_name(refused ? QMIG_INCOMPATIBLE : QMIG_FAILED));
    qmp_add_string(o, "owner", "source");
    qmp_add_string(error, "code", qmig_errcode_name(err->code));
    qmp_add_string(error, "phase", phase_name(QMIG_PHASE_BEGIN));
    qmp_add_string(error, "side", side_name(QMIG_SIDE_CONTROLLER));
    qmp_add_string(error, "message", err->msg);
    if (err->hint)
        qmp_add_string(error, "hint", err->hint);
    json_object_object_add(o, "error", error);
    return o;
}
