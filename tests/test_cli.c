/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parsing of the command line, and the texts made from its tables. */
#include "tests/lib/test.h"
#include "cli/help.h"
#include "cli/option.h"
#include "error/errcode.h"
#include "params/params.h"

#include <fcntl.h>
#include <string.h>

/* Verbs as the tests need them, whatever the program's table has. */
static const struct verb migrate = {"migrate", VERB_MIGRATE, "", 0, "", NULL};
static const struct verb check = {"check", VERB_CHECK, "A B", 2, "", NULL};

static struct cli cli;
static char dir[64];

static int setup(void **state UNUSED)
{
    snprintf(dir, sizeof(dir), "/tmp/test_cli.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state UNUSED)
{
    char command[128];

    cli_done(&cli);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

/* Words separated by '|'; "%" in a word stands for the test's directory. */
static int parse(const struct verb *verb, const char *line,
                 struct qmp_error **errp)
{
    static char copy[1024];
    static char *argv[32];
    int argc = 0;
    size_t len = 0;

    for (; *line && len + sizeof(dir) < sizeof(copy); line++)
        len += (size_t)snprintf(copy + len, sizeof(copy) - len,
                                *line == '%' ? "%s/" : "%.1s",
                                *line == '%' ? dir : line);
    copy[len] = 0;
    char *rest = copy;
    for (char *w = strsep(&rest, "|"); w; w = strsep(&rest, "|"))
        argv[argc++] = w;
    cli_done(&cli);
    cli_init(&cli, verb);
    return cli_parse(&cli, argc, argv, 0, errp);
}

static void write_file(const char *name, const char *text, size_t n)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    fclose(f);
}

static void expect_error(const struct verb *verb, const char *line, int code,
                         const char *msg, const char *hint)
{
    struct qmp_error *err = NULL;

    assert_int_equal(parse(verb, line, &err), -1);
    assert_non_null(err);
    assert_string_equal(err->msg, msg);
    assert_int_equal(err->code, code);
    if (hint)
        assert_string_equal(err->hint, hint);
    qmp_error_free(err);
}

static void option_table_is_sound(void **state UNUSED)
{
    for (size_t i = 0; i < option_table_n; i++) {
        const struct option *a = &option_table[i];
        assert_non_null(a->set);
        assert_true(a->verbs != 0);
        assert_in_range(a->group, 0, GROUP__MAX - 1);
        if (a->param)
            assert_non_null(param_find(a->param));
        if (option_is_supported(a))
            assert_true(strlen(option_help(a)) > 5);
        for (size_t k = i + 1; k < option_table_n; k++) {
            /* Of two with one name no verb takes both. */
            if (a->verbs & option_table[k].verbs)
                assert_string_not_equal(a->name, option_table[k].name);
            assert_true(!a->letter || a->letter != option_table[k].letter);
        }
    }
    for (int g = 0; g < GROUP__MAX; g++)
        assert_non_null(option_group_titles[g]);
}

/* The long options of `virsh migrate` (11.3), and what they are to libvirt. */
/* clang-format off */
static const struct {
    const char *name;
    unsigned flag;
    const char *param, *text; /* a value, and what comes of it */
} virsh_options[] = {
    {"live",                 QMIG_LIVE, NULL, NULL},
    {"p2p",                  QMIG_PEER2PEER, NULL, NULL},
    {"direct",               0, NULL, NULL},
    {"tunnelled",            QMIG_TUNNELLED, NULL, NULL},
    {"tunneled",             QMIG_TUNNELLED, NULL, NULL},
    {"persistent",           QMIG_PERSIST_DEST, NULL, NULL},
    {"undefinesource",       QMIG_UNDEFINE_SOURCE, NULL, NULL},
    {"suspend",              QMIG_PAUSED, NULL, NULL},
    {"copy-storage-all",     QMIG_NON_SHARED_DISK, NULL, NULL},
    {"copy-storage-inc",     QMIG_NON_SHARED_INC, NULL, NULL},
    {"copy-storage-synchronous-writes", QMIG_NON_SHARED_SYNCHRONOUS_WRITES, NULL, NULL},
    {"change-protection",    QMIG_CHANGE_PROTECTION, NULL, NULL},
    {"unsafe",               QMIG_UNSAFE, NULL, NULL},
    {"verbose",              0, NULL, NULL},
    {"compressed",           QMIG_COMPRESSED, NULL, NULL},
    {"auto-converge",        QMIG_AUTO_CONVERGE, NULL, NULL},
    {"rdma-pin-all",         QMIG_RDMA_PIN_ALL, NULL, NULL},
    {"abort-on-error",       QMIG_ABORT_ON_ERROR, NULL, NULL},
    {"postcopy",             QMIG_POSTCOPY, NULL, NULL},
    {"postcopy-after-precopy", 0, NULL, NULL},
    {"postcopy-resume",      QMIG_POSTCOPY_RESUME, NULL, NULL},
    {"zerocopy",             QMIG_ZEROCOPY, NULL, NULL},
    {"tls",                  QMIG_TLS, NULL, NULL},
    {"parallel",             QMIG_PARALLEL, NULL, NULL},
    {"offline",              QMIG_OFFLINE, NULL, NULL},
    {"timeout",              0, NULL, "7"},
    {"timeout-suspend",      0, NULL, NULL},
    {"timeout-postcopy",     0, NULL, NULL},
    {"migrateuri",           0, "migrate_uri", "tcp://h"},
    {"graphicsuri",          0, "graphics_uri", "spice://h:1"},
    {"listen-address",       0, "listen_address", "127.0.0.1"},
    {"dname",                0, "destination_name", "n"},
    {"xml",                  0, "destination_xml", "%x.xml"},
    {"persistent-xml",       0, "persistent_xml", "%x.xml"},
    {"bandwidth",            0, "bandwidth", "9"},
    {"postcopy-bandwidth",   0, "bandwidth.postcopy", "9"},
    {"available-switchover-bandwidth", 0, "bandwidth.avail.switchover", "9"},
    {"migrate-disks",        0, "migrate_disks", "vda,vdb"},
    {"migrate-disks-detect-zeroes", 0, "migrate_disks_detect_zeroes", "vda,vdb"},
    {"disks-port",           0, "disks_port", "9"},
    {"disks-uri",            0, "disks_uri", "tcp://h:1"},
    {"comp-methods",         0, "compression", "mt,xbzrle"},
    {"comp-mt-level",        0, "compression.mt.level", "9"},
    {"comp-mt-threads",      0, "compression.mt.threads", "9"},
    {"comp-mt-dthreads",     0, "compression.mt.dthreads", "9"},
    {"comp-xbzrle-cache",    0, "compression.xbzrle.cache", "4096"},
    {"comp-zlib-level",      0, "compression.zlib.level", "9"},
    {"comp-zstd-level",      0, "compression.zstd.level", "9"},
    {"auto-converge-initial", 0, "auto_converge.initial", "9"},
    {"auto-converge-increment", 0, "auto_converge.increment", "9"},
    {"parallel-connections", 0, "parallel.connections", "9"},
    {"tls-destination",      0, "tls.destination", "h"},
};
/* clang-format on */

static const struct option *option_of_migrate(const char *name)
{
    for (size_t i = 0; i < option_table_n; i++)
        if (!strcmp(option_table[i].name, name) &&
            (option_table[i].verbs & VERB_MIGRATE))
            return &option_table[i];
    fail_msg("--%s", name);
    return NULL;
}

/* A number is as it was given, a list has two, what is in a file came from
 * there. */
static void has_value(const char *name, const char *text)
{
    const char *const *values = NULL;
    enum param_type type = param_find(name)->type;
    unsigned long long ull = 0;
    int number = 0;

    if (type != PARAM_STRING) {
        assert_true(type == PARAM_INT ? params_int(cli.params, name, &number)
                                      : params_ullong(cli.params, name, &ull));
        assert_int_equal(ull + (unsigned)number, atoi(text));
        return;
    }
    size_t n = params_strings(cli.params, name, &values);
    assert_int_equal(n, strchr(text, ',') ? 2 : 1);
    assert_true(*text == '%' ? !strcmp(values[0], "<domain/>")
                             : !strncmp(values[0], text, strlen(values[0])));
}

/* Each parameter and flag can be given with an option of virsh. */
static void every_long_option_of_virsh_migrate_is_known(void **state UNUSED)
{
    unsigned flags = 0;
    size_t params = 0;

    write_file("x.xml", "<domain/>\n", 10);
    for (size_t i = 0; i < ARRAY_SIZE(virsh_options); i++) {
        const struct option *opt = option_of_migrate(virsh_options[i].name);
        const char *text = virsh_options[i].text;
        CLEANUP(freep) char *line = NULL;

        assert_int_equal(!!opt->arg, !!text);
        if (!opt->flag && !text)
            continue;
        assert_true(asprintf(&line, "--flags|0|--%s%s%s", opt->name,
                             text ? "|" : "", text ? text : "") > 0);
        assert_int_equal(parse(&migrate, line, NULL), 0);
        assert_int_equal(cli.flags, virsh_options[i].flag);
        flags |= cli.flags;
        if (virsh_options[i].param) {
            has_value(virsh_options[i].param, text);
            params++;
        }
    }
    assert_int_equal(flags, (1u << 21) - 1);
    assert_int_equal(params, PARAM_COUNT);
}

static void values_come_with_equals_or_as_next_word(void **state UNUSED)
{
    unsigned long long ull = 0;

    assert_int_equal(parse(&migrate,
                           "--source=unix:/a=b|--dest|tcp:h:1|-p|bandwidth=7|"
                           "-pdestination_name=n=m|--keep-source|--json|"
                           "--progress|json|--deadline|connect=1.5|"
                           "--deadline=total=9",
                           NULL),
                     0);
    assert_string_equal(cli.o.source, "unix:/a=b");
    assert_string_equal(cli.o.dest, "tcp:h:1");
    assert_true(params_ullong(cli.params, "bandwidth", &ull));
    assert_int_equal(ull, 7);
    assert_string_equal(params_string(cli.params, "destination_name"), "n=m");
    assert_true(cli.o.keep_source && cli.json && !cli.verbose);
    assert_int_equal(cli.progress, PROGRESS_JSON);
    assert_string_equal(cli.o.deadlines[0], "connect=1.5");
    assert_string_equal(cli.o.deadlines[1], "total=9");
    assert_null(cli.o.deadlines[2]);
}

static void operands_may_stand_anywhere(void **state UNUSED)
{
    assert_int_equal(parse(&check, "a.xml|--all|--|--json", NULL), 0);
    assert_int_equal(cli.n_operands, 2);
    assert_string_equal(cli.operands[0], "a.xml");
    assert_string_equal(cli.operands[1], "--json");
    assert_true(cli.all && !cli.json);
    assert_int_equal(parse(&check, "--batch|-|--policy=libvirt", NULL), 0);
    assert_string_equal(cli.batch, "-");
    assert_int_equal(cli.policy, POLICY_LIBVIRT);
}

static void live_is_on_unless_flags_are_a_number(void **state UNUSED)
{
    parse(&migrate, "--json", NULL);
    assert_int_equal(cli.flags, QMIG_LIVE);
    parse(&migrate, "--suspend", NULL);
    assert_int_equal(cli.flags, QMIG_LIVE | QMIG_PAUSED);
    parse(&migrate, "--flags|0", NULL);
    assert_int_equal(cli.flags, 0);
    parse(&migrate, "--flags=32", NULL);
    assert_int_equal(cli.flags, QMIG_PAUSED);
    parse(&migrate, "--flags=0x21", NULL);
    assert_int_equal(cli.flags, QMIG_PAUSED | QMIG_LIVE);
    parse(&migrate, "--flags=010|-f|postcopy", NULL);
    assert_int_equal(cli.flags, 10 | QMIG_POSTCOPY);
    parse(&migrate, "-fauto-converge|--offline", NULL);
    assert_int_equal(cli.flags, QMIG_AUTO_CONVERGE | QMIG_OFFLINE);
}

static void virsh_options_become_parameters_and_flags(void **state UNUSED)
{
    const char *const *values = NULL;

    write_file("x.xml", "<domain/>\n", 10);
    assert_int_equal(
        parse(&migrate,
              "--live|--migrateuri|tcp://h|--dname|n|--xml|%x.xml|--bandwidth|"
              "5|--copy-storage-all|--migrate-disks|vda,vdb|--verbose",
              NULL),
        0);
    assert_string_equal(params_string(cli.params, "migrate_uri"), "tcp://h");
    assert_string_equal(params_string(cli.params, "destination_name"), "n");
    assert_string_equal(params_string(cli.params, "destination_xml"),
                        "<domain/>");
    assert_int_equal(params_strings(cli.params, "migrate_disks", &values), 2);
    assert_string_equal(values[1], "vdb");
    assert_int_equal(cli.flags, QMIG_LIVE | QMIG_NON_SHARED_DISK);
    assert_true(cli.verbose);
}

static void holds_add_up(void **state UNUSED)
{
    assert_int_equal(parse(&migrate,
                           "--source|unix:/a|--dest|unix:/b|--hold|switchover|"
                           "--hold|prepared|--hold-timeout|90",
                           NULL),
                     0);
    assert_int_equal(cli.o.hold, QMIG_HOLD_PREPARED | QMIG_HOLD_SWITCHOVER);
    assert_int_equal(cli.o.hold_timeout_s, 90);
    expect_error(&migrate, "--hold|finish", QMIG_ERR_USAGE,
                 "option '--hold': 'finish' is not one of prepared|switchover",
                 NULL);
}

static void files_give_domain_and_parameters(void **state UNUSED)
{
    write_file("d.xml", "<domain>\n</domain>\n", 19);
    write_file("name", "web2\r\n", 6);
    assert_int_equal(
        parse(&migrate, "--domain|%d.xml|-p|destination_name=@%name", NULL), 0);
    assert_string_equal(params_string(cli.params, "destination_name"), "web2");
    assert_string_equal(cli.o.domain_xml, "<domain>\n</domain>\n");
}

static void json_file_gives_parameters(void **state UNUSED)
{
    static const char json[] = "{\"bandwidth\": 5,\n"
                               " \"migrate_disks\": [\"vda\", \"vdb\"]}\n";
    const char *const *values = NULL;

    write_file("p.json", json, strlen(json));
    assert_int_equal(parse(&migrate, "--params|%p.json", NULL), 0);
    assert_int_equal(params_strings(cli.params, "migrate_disks", &values), 2);
    assert_true(params_has(cli.params, "bandwidth"));
}

static void json_file_is_refused_when_it_is_no_set(void **state UNUSED)
{
    static const struct {
        const char *json, *why;
        int code;
    } bad[] = {
        {"{\"bandwidth\": 5, \"bandwidth\": 6}",
         "key 'bandwidth' appears twice", QMIG_ERR_USAGE},
        {"{\"bandwidth\": 5} x", "", QMIG_ERR_USAGE},
        {"", "", QMIG_ERR_USAGE},
        {"null", "expected an object", QMIG_ERR_PARAM_TYPE},
        {"{\"bandwidth\": 18446744073709551616}", "is not in 0..8796093022207",
         QMIG_ERR_PARAM_RANGE},
        {"{\"colour\": 1}", "parameter 'colour' not supported",
         QMIG_ERR_PARAM_UNKNOWN},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct qmp_error *err = NULL;
        write_file("p.json", bad[i].json, strlen(bad[i].json));
        assert_int_equal(parse(&migrate, "--params|%p.json", &err), -1);
        assert_int_equal(err->code, bad[i].code);
        assert_non_null(strstr(err->msg, "p.json'"));
        if (!strstr(err->msg, bad[i].why))
            fail_msg("%s", err->msg);
        qmp_error_free(err);
    }
}

static void usage_is_refused_with_one_clear_line(void **state UNUSED)
{
    static const struct {
        const char *line, *msg, *hint;
    } bad[] = {
        {"--sorce|x", "unknown option '--sorce'", "did you mean '--source'?"},
        {"--bandwith=5", "unknown option '--bandwith'",
         "did you mean '--bandwidth'?"},
        {"-x", "unknown option '-x'", NULL},
        {"--source", "option '--source' needs a value: ADDR", NULL},
        {"--source|--dest|x", "option '--source' needs a value: ADDR", NULL},
        {"--source=", "option '--source': ADDR must not be empty", NULL},
        {"--source|a|--source|b", "option '--source' is given twice", NULL},
        {"--live=1", "option '--live' takes no value", NULL},
        {"x", "unexpected argument 'x'", NULL},
        {"-p|bandwidth", "option '-p': 'bandwidth' is not NAME=VALUE", NULL},
        {"-p|=5", "option '-p': '=5' is not NAME=VALUE", NULL},
        {"--progress|fast",
         "option '--progress': 'fast' is not one of auto|bar|plain|json|none",
         NULL},
        {"--progress|bar|json", "unexpected argument 'json'", NULL},
        {"--progress-fd|x", "option '--progress-fd': 'x' is not a descriptor",
         NULL},
        {"--progress-fd|999",
         "option '--progress-fd': descriptor 999 is not open", NULL},
        {"--deadline|5", "option '--deadline': '5' is not NAME=SECONDS", NULL},
        {"--flags|1|--flags|1", "option '--flags' is given twice", NULL},
        {"--flags|4294967296",
         "option '--flags': '4294967296' is not a number of 32 bits (decimal, "
         "or hexadecimal after 0x)",
         NULL},
        {"--flags|-1",
         "option '--flags': '-1' is not a number of 32 bits (decimal, or "
         "hexadecimal after 0x)",
         NULL},
        {"--transcript|x|--no-transcript",
         "options '--transcript' and '--no-transcript' exclude each other",
         NULL},
        {"--batch|x", "option '--batch' does not belong to 'migrate'", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        expect_error(&migrate, bad[i].line, QMIG_ERR_USAGE, bad[i].msg,
                     bad[i].hint);
    expect_error(&check, "a|b|c", QMIG_ERR_USAGE, "unexpected argument 'c'",
                 NULL);
    expect_error(&check, "--bandwidth=1", QMIG_ERR_USAGE,
                 "option '--bandwidth' does not belong to 'check'", NULL);
}

static void parameter_errors_name_the_option(void **state UNUSED)
{
    expect_error(&migrate, "--bandwidth|5M", QMIG_ERR_PARAM_TYPE,
                 "option '--bandwidth': invalid value '5M' for parameter "
                 "'bandwidth', expected ullong: a decimal number (MiB/s)",
                 NULL);
    expect_error(&migrate, "--bandwidth|5|-p|bandwidth=5",
                 QMIG_ERR_PARAM_DUPLICATE,
                 "parameter 'bandwidth' occurs multiple times", NULL);
    expect_error(&migrate, "-f|liv", QMIG_ERR_FLAG_UNKNOWN,
                 "flag 'liv' not supported", "did you mean 'live'?");
    expect_error(&migrate, "--direct", QMIG_ERR_PARAM_UNSUPPORTED,
                 "option '--direct' is not supported: a QEMU does not migrate "
                 "without somebody who drives both sides",
                 "leave it out; libvirt refuses it for QEMU, too");
    expect_error(&migrate, "--timeout|0", QMIG_ERR_USAGE,
                 "option '--timeout': '0' is not a number from 1 to 2147483647",
                 NULL);
    expect_error(&migrate, "--timeout-suspend", QMIG_ERR_USAGE,
                 "unexpected --timeout-* option without --timeout", NULL);
    expect_error(&migrate, "--timeout|1|--timeout-suspend|--timeout-postcopy",
                 QMIG_ERR_PARAM_CONFLICT,
                 "option '--timeout-suspend' and option '--timeout-postcopy' "
                 "are mutually exclusive",
                 NULL);
    expect_error(&migrate, "--live|--offline", QMIG_ERR_PARAM_CONFLICT,
                 "flag 'live' and flag 'offline' are mutually exclusive", NULL);
}

static void file_is_refused_when_it_cannot_be_read(void **state UNUSED)
{
    char want[200];

    snprintf(want, sizeof(want),
             "option '--domain': cannot open '%s/none': No such file or "
             "directory",
             dir);
    expect_error(&migrate, "--domain|%none", QMIG_ERR_XML_FILE, want, NULL);
    snprintf(want, sizeof(want),
             "option '--xml': parameter 'destination_xml': cannot read '%s/': "
             "Is a directory",
             dir);
    expect_error(&migrate, "--xml|%", QMIG_ERR_USAGE, want, NULL);
    write_file("nul", "a\0b", 3);
    snprintf(want, sizeof(want),
             "option '--domain': '%s/nul' is not text: it has a NUL byte", dir);
    expect_error(&migrate, "--domain|%nul", QMIG_ERR_XML_FILE, want, NULL);
}

static void file_is_read_up_to_its_limit(void **state UNUSED)
{
    struct qmp_error *err = NULL;
    char path[128], want[200];

    write_file("f", "12345678", 8);
    snprintf(path, sizeof(path), "%s/f", dir);
    CLEANUP(freep) char *text = cli_read_file(path, 8, QMIG_ERR_USAGE, NULL);
    assert_string_equal(text, "12345678");
    assert_null(cli_read_file(path, 7, QMIG_ERR_USAGE, &err));
    snprintf(want, sizeof(want), "'%s' is larger than 7 bytes", path);
    assert_string_equal(err->msg, want);
    qmp_error_free(err);

    err = NULL;
    assert_null(cli_read_file("/dev/zero", 1 << 20, QMIG_ERR_USAGE, &err));
    assert_string_equal(err->msg, "'/dev/zero' is larger than 1048576 bytes");
    qmp_error_free(err);
}

/* What `put` writes. */
static char *capture(void (*put)(FILE *f, const void *arg), const void *arg)
{
    static char *text; /* static: gcc 12 takes the result for a local */
    static size_t size;
    FILE *f = open_memstream(&text, &size);

    assert_non_null(f);
    put(f, arg);
    fclose(f);
    return text;
}

static void put_text(FILE *f, const void *arg)
{
    cli_put_text(f, arg);
}

static void put_lines(FILE *f, const void *arg)
{
    cli_put_lines(f, "> ", arg);
}

static void put_verb(FILE *f, const void *arg)
{
    help_verb(f, arg);
}

static void put_man(FILE *f, const void *arg UNUSED)
{
    help_man(f);
}

static void terminal_controls_are_shown_not_obeyed(void **state UNUSED)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"\033[2Jx\r\n\177", "\\x1b[2Jx\\x0d\\x0a\\x7f"},
        {"\302\233m\302\240", "\\xc2\\x9bm\302\240"},
        {"\303\244 \342\202\254 \360\237\220\247",
         "\303\244 \342\202\254 \360\237\220\247"},
        {"\233m\200", "\\x9bm\\x80"},
        {"\303", "\\xc3"},
        {"\342\202x", "\\xe2\\x82x"},
        {"\301\277\365", "\\xc1\\xbf\\xf5"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(freep) char *a = capture(put_text, cases[i].text);
        assert_string_equal(a, cases[i].shown);
    }
    CLEANUP(freep) char *b = capture(put_lines, "one\r\ntwo\033c\n\nend");
    assert_string_equal(b, "> one\n> two\\x1bc\n> \n> end\n");
}

static void help_lists_what_works_and_names_what_does_not(void **state UNUSED)
{
    char *text = capture(put_verb, &migrate);
    const char *refused = strstr(text, "as libvirt does for QEMU:\n");

    assert_non_null(refused);
    assert_non_null(strstr(text, "\n  -p, --param NAME=VALUE"));
    assert_non_null(strstr(text, "\n      --bandwidth MIB/S"));
    assert_non_null(strstr(text, "destination_name=string"));
    assert_non_null(strstr(refused, "--direct"));
    assert_null(strstr(text, "--batch"));
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        size_t n = strcspn(line, "\n");
        if (n > 80)
            fail_msg("too long: %.*s", (int)n, line);
        assert_true(n == 0 || line[n - 1] != ' ');
    }
    free(text);
}

static void man_page_has_every_supported_option(void **state UNUSED)
{
    CLEANUP(freep) char *text = capture(put_man, NULL);
    const char *examples = strstr(text, ".SH EXAMPLES");

    assert_non_null(examples);
    assert_true(examples < strstr(text, ".SH DESCRIPTION"));
    assert_non_null(strstr(text, "\\-\\-keep\\-source\\fR"));
    for (size_t i = 0; i < exit_codes_n; i++)
        assert_int_equal(exit_codes[i].code, (int)i);
    assert_int_equal(exit_codes_n, 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(option_table_is_sound),
        TEST(every_long_option_of_virsh_migrate_is_known),
        TEST(values_come_with_equals_or_as_next_word),
        TEST(operands_may_stand_anywhere),
        TEST(live_is_on_unless_flags_are_a_number),
        TEST(virsh_options_become_parameters_and_flags),
        TEST(holds_add_up),
        TEST(files_give_domain_and_parameters),
        TEST(json_file_gives_parameters),
        TEST(json_file_is_refused_when_it_is_no_set),
        TEST(usage_is_refused_with_one_clear_line),
        TEST(parameter_errors_name_the_option),
        TEST(file_is_refused_when_it_cannot_be_read),
        TEST(file_is_read_up_to_its_limit),
        TEST(terminal_controls_are_shown_not_obeyed),
        TEST(help_lists_what_works_and_names_what_does_not),
        TEST(man_page_has_every_supported_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
