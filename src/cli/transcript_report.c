/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* transcript report: a migration drawn, as text or as a page. */
#include "cli.h"

#include "error/errcode.h"
#include "transcript/report.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define NO_TERMINAL 80 /* columns */

static int columns(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 40)
        return NO_TERMINAL;
    return size.ws_col;
}

/* A page that could not be written whole is not left behind; what is no file
 * (a pipe, a device) is somebody else's. */
static int write_page(const char *path, struct report *const r[], size_t n,
                      struct qmp_error **errp)
{
    FILE *f = fopen(path, "we");
    struct stat st;
    bool failed;
    bool file;

    if (!f)
        return qmp_fail_sys(errp, errno, "cannot create '%s'", path);
    file = !fstat(fileno(f), &st) && S_ISREG(st.st_mode);
    report_put_html(f, r, n);
    failed = ferror(f);
    if (fclose(f) || failed) {
        int sys = errno;

        if (file)
            unlink(path);
        return qmp_fail_sys(errp, sys, "cannot write '%s'", path);
    }
    return 0;
}

int cli_transcript_report(struct cli *cli, struct qmp_error **errp)
{
    const char *output = cli->transcript.output;
    CLEANUP(report_freep) struct report *first = NULL;
    CLEANUP(report_freep) struct report *second = NULL;
    size_t n = (size_t)cli->n_operands - 1;

    if (n > 1 && !output)
        return qmp_fail(errp, QMIG_ERR_USAGE,
                        "two files are compared on a page: '-o FILE' is "
                        "wanted");
    first = report_new(cli->operands[1], errp);
    if (!first)
        return -1;
    cli_put_format(first->format, first->cut);
    if (n > 1) {
        second = report_new(cli->operands[2], errp);
        if (!second)
            return -1;
        cli_put_format(second->format, second->cut);
    }
    if (output)
        return write_page(output, (struct report *[]){first, second}, n, errp);
    report_put_text(stdout, first, columns());
    return 0;
}
