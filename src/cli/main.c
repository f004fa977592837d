/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

#include "error/errcode.h"
#include "help.h"
#include "result.h"

#include <fcntl.h>
#include <string.h>

static int usage_error(const struct qmp_error *err, const struct verb *verb)
{
    cli_error(err);
    if (err->code == QMIG_ERR_USAGE)
        fprintf(stderr, "  try 'qmigrate %s%s--help'\n", verb ? verb->name : "",
                verb ? " " : "");
    return qmig_errcode_exit(err->code);
}

/* With --json a migration that was refused is a result, too: also when it is
 * the command line that was wrong. */
static void put_refusal(const struct verb *verb, int argc, char **argv,
                        const struct qmp_error *err)
{
    CLEANUP(json_putp) struct json_object *o = NULL;

    for (int i = 2; i < argc && verb->bit == VERB_MIGRATE && !o; i++)
        if (!strcmp(argv[i], "--json"))
            o = result_of_refusal(err);
    if (o)
        cli_put_json(o);
}

/* The result of a migration is where the guest is: that nobody could read it
 * does not change it. */
static int finish_output(const struct verb *verb, int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fputs("qmigrate: cannot write to standard output\n", stderr);
    return verb->bit & (VERB_MIGRATE | VERB_OWNER | VERB_RECOVER) ? code : 1;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(cli_done) struct cli cli;

    int code = 0;
    cli_init(&cli, verb);
    if (cli_parse(&cli, argc, argv, 2, &err) == 0) {
        if (cli.help)
            help_verb(stdout, verb);
        else
            code = verb->run(&cli, &err);
    }
    if (err)
        put_refusal(verb, argc, argv, err);
    code = finish_output(verb, code);
    return err ? usage_error(err, verb) : code;
}

/* A monitor's socket that became descriptor 2 would get our messages. What is
 * put there instead cannot be written to, so that lost output is noticed. */
static void keep_standard_descriptors(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            abort();
}

int main(int argc, char **argv)
{
    keep_standard_descriptors();

    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    const char *word = argc > 1 ? argv[1] : "";

    if (!strcmp(word, "--version")) {
        puts("qmigrate " QMIGRATE_VERSION);
        return fflush(stdout) ? 1 : 0;
    }
    if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
        help_overview(stdout);
        return fflush(stdout) ? 1 : 0;
    }
    if (!*word) {
        help_overview(stderr);
        return 2;
    }
    const struct verb *verb = verb_find(word);
    if (!verb) {
        cli_unknown_verb(word, &err);
        return usage_error(err, NULL);
    }
    return run_verb(verb, argc, argv);
}
