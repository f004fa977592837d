/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The manual page in man(7) macros. It leads with examples. */
#include "help.h"

#include "option.h"
#include "params/flags.h"
#include "params/params.h"

#include <string.h>

/* clang-format off */
/* Lines of a command are continued where the text has a line end. */
static const struct {
    const char *what;
    const char *command;
} examples[] = {
    {"Move the guest behind one monitor to the QEMU behind another, which was "
     "started with -incoming defer:",
     "qmigrate migrate --source /run/src.qmp --dest /run/dst.qmp"},
    {"The same under a new name, at no more than 100 MiB/s, with libvirt's "
     "typed parameters:",
     "qmigrate migrate --source /run/src.qmp --dest ssh:host2:/run/dst.qmp\n"
     "--domain guest.xml -p destination_name=web2 -p bandwidth=100"},
    {"With the options of virsh, starting the destination as well:",
     "qmigrate migrate --source /run/src.qmp --dest /run/dst.qmp\n"
     "--dest-exec ./start-destination --domain guest.xml\n"
     "--xml dest.xml --dname web2 --suspend"},
    {"The guest's definition goes along, from libvirt's directory here to the "
     "one of another host:",
     "qmigrate migrate --source /run/src.qmp --dest ssh:host2:/run/dst.qmp\n"
     "--domain guest.xml --persistent --dest-store ssh:host2:/etc/libvirt/qemu\n"
     "--undefinesource --source-store /etc/libvirt/qemu"},
    {"See what would be sent, and send nothing that changes anything:",
     "qmigrate plan --source /run/src.qmp --dest /run/dst.qmp"},
    {"In a script:",
     "qmigrate migrate --source /run/src.qmp --dest /run/dst.qmp\n"
     "--json --progress none >result.json"},
    {"Would the guest notice a difference?",
     "qmigrate check source.xml dest.xml"},
    {"What can this QEMU do?",
     "qmigrate features /run/src.qmp"},
};
/* clang-format on */

/* Text for roff: '-' is a hyphen unless it is escaped, and a line may not
 * begin with a control character. */
static void put_roff(FILE *f, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", f);
    for (; *text; text++) {
        if (*text == '-')
            fputs("\\-", f);
        else if (*text == '\\')
            fputs("\\e", f);
        else if (*text == '\'')
            fputs("\\(aq", f);
        else if (*text == '\n')
            fputs(" \\e\n    ", f);
        else
            fputc(*text, f);
    }
}

static void put_line(FILE *f, const char *text)
{
    put_roff(f, text);
    fputc('\n', f);
}

/* A tagged paragraph: the term in bold, what follows it in italics. */
static void put_tagged(FILE *f, const char *term, const char *rest,
                       const char *text)
{
    fputs(".TP\n\\fB", f);
    put_roff(f, term);
    fputs("\\fR", f);
    if (rest) {
        fputs(" \\fI", f);
        put_roff(f, rest);
        fputs("\\fR", f);
    }
    fputc('\n', f);
    put_line(f, text);
}

static void put_examples(FILE *f)
{
    fputs(".SH EXAMPLES\n", f);
    for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
        fputs(".PP\n", f);
        put_line(f, examples[i].what);
        fputs(".PP\n.RS 4\n.nf\n", f);
        put_line(f, examples[i].command);
        fputs(".fi\n.RE\n", f);
    }
}

static void put_verbs(FILE *f)
{
    fputs(".SH VERBS\n", f);
    for (size_t i = 0; i < verbs_n; i++) {
        CLEANUP(freep) char *usage = strdup(verbs[i].usage);
        if (usage)
            usage[strcspn(usage, "\n")] = 0;
        put_tagged(f, verbs[i].name, usage, verbs[i].help);
    }
}

static void put_option(FILE *f, const struct option *opt)
{
    char term[64];

    if (opt->letter)
        snprintf(term, sizeof(term), "-%c, --%s", opt->letter, opt->name);
    else
        snprintf(term, sizeof(term), "--%s", opt->name);
    put_tagged(f, term, opt->arg, option_help(opt));
}

static void put_options(FILE *f)
{
    fputs(".SH OPTIONS\n", f);
    for (int g = 0; g < GROUP__MAX; g++) {
        fputs(".SS ", f);
        put_line(f, option_group_titles[g]);
        for (size_t i = 0; i < option_table_n; i++)
            if ((int)option_table[i].group == g &&
                option_is_supported(&option_table[i]))
                put_option(f, &option_table[i]);
    }
}

static void put_params(FILE *f)
{
    fputs(".SH TYPED PARAMETERS\n"
          "Names, types and units are libvirt's; none is ignored.\n",
          f);
    for (size_t i = 0; i < param_table_n; i++) {
        const struct param_info *p = &param_table[i];
        put_tagged(f, p->name, p->unit ? p->unit : param_type_name(p->type),
                   p->help);
    }
    fputs(".SH FLAGS\n"
          "\\fBlive\\fR is on unless \\fB\\-\\-flags\\fR is given: then the "
          "number is taken as libvirt would take it.\n",
          f);
    for (size_t i = 0; i < flag_table_n; i++)
        put_tagged(f, flag_table[i].name, NULL, flag_table[i].help);
}

static void put_deadlines(FILE *f)
{
    char value[32];

    fputs(".SH DEADLINES\n"
          "How long a step may take, in seconds, with the values that hold "
          "unless \\fB\\-\\-deadline\\fR says otherwise.\n",
          f);
    for (size_t i = 0; i < deadline_helps_n; i++) {
        snprintf(value, sizeof(value), "%d", deadline_helps[i].seconds);
        put_tagged(f, deadline_helps[i].name, value, deadline_helps[i].text);
    }
}

static void put_exit_status(FILE *f)
{
    char code[16];
    char text[160];

    fputs(".SH EXIT STATUS\n", f);
    for (size_t i = 0; i < exit_codes_n; i++) {
        snprintf(code, sizeof(code), "%d", exit_codes[i].code);
        snprintf(text, sizeof(text), "%s. The guest: %s.",
                 exit_codes[i].meaning, exit_codes[i].guest);
        put_tagged(f, code, NULL, text);
    }
}

void help_man(FILE *f)
{
    fputs(".\\\" Made by qmigrate help --man\n"
          ".TH QMIGRATE 1 \"\" \"qmigrate " QMIGRATE_VERSION "\"\n"
          ".ad l\n"
          ".SH NAME\n"
          "qmigrate \\- live migration of a QEMU guest over QMP\n"
          ".SH SYNOPSIS\n",
          f);
    for (size_t i = 0; i < verbs_n; i++)
        fprintf(f, ".br\n\\fBqmigrate %s\\fR ...\n", verbs[i].name);
    put_examples(f);
    fputs(".SH DESCRIPTION\n"
          "qmigrate talks to the monitors of two QEMUs and moves the guest "
          "from one to the other, so that it is never lost and never runs "
          "twice. The destination must have been started with the same "
          "machine and devices and with \\fB\\-incoming defer\\fR.\n"
          ".PP\n"
          "Results go to standard output, everything else to standard "
          "error.\n",
          f);
    put_verbs(f);
    fputs(".SH ADDRESSES OF A MONITOR\n", f);
    for (size_t i = 0; i < addr_forms_n; i++)
        put_tagged(f, addr_forms[i].form, NULL, addr_forms[i].meaning);
    fputs(".SH DOMAIN STORES\n", f);
    for (size_t i = 0; i < store_forms_n; i++)
        put_tagged(f, store_forms[i].form, NULL, store_forms[i].meaning);
    put_options(f);
    put_params(f);
    put_deadlines(f);
    put_exit_status(f);
    fputs(".SH ENVIRONMENT\n", f);
    put_tagged(f, "QMIGRATE_STATE_DIR", NULL,
               "Where journal and transcripts are kept; without it "
               "/run/qmigrate for root, else $XDG_RUNTIME_DIR/qmigrate.");
    put_tagged(f, "QMIGRATE_NAME, QMIGRATE_XML, QMIGRATE_UUID, QMIGRATE_ID",
               NULL,
               "Set for the command of --dest-exec: the guest's name on the "
               "destination, the path of the domain XML that the destination "
               "gets (if there is one), its UUID (if known) and the id of "
               "the migration. For --hook, too.");
    put_tagged(f, "QMIGRATE_PHASE", NULL,
               "Set for the command of --hook, as is its $1: prepared, "
               "pre-switchover, committed, finished or failed. A JSON object "
               "is on its standard input.");
    fputs(".SH SIGNALS\n"
          "The first SIGINT, SIGTERM or SIGHUP cancels the migration and "
          "waits until it is known where the guest is. A second one says what "
          "is left behind and ends the program at once: with exit status 1 "
          "before "
          "the switchover, with 5 from there on. Once it is known where the "
          "guest is they change nothing: the exit status says it. SIGHUP is "
          "left alone under "
          "\\fBnohup\\fR(1).\n"
          ".SH SEE ALSO\n"
          "\\fBqemu\\fR(1), \\fBvirsh\\fR(1)\n",
          f);
}
