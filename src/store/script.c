/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The script that a store is served by, for any POSIX shell with the usual
 * tools (coreutils, busybox). Names are quoted, texts come as here-documents
 * that end with a line which nobody can guess.
 *
 * Lines of its own begin with "@NONCE ": "failed WHY" or "done" is the last
 * one, "old" and "end" stand around the text of a file, "other NAME" names a
 * file. All else on its output is of others (a login message) and is skipped.
 *
 * sync(1) with a name flushes that file (coreutils 8.24, busybox); older ones
 * flush everything, which is as good.
 */
#include "store/store.h"

#include <string.h>

/* $f, $t: the file, and what it is called until it is whole. */
static const char prelude[] =
    "say() { printf '\\n@%s %s\\n' \"$n\" \"$1\"; }\n"
    "die() { say \"failed $1\"; exit 0; }\n"
    "is_there() { [ -e \"$1\" ] || [ -h \"$1\" ]; }\n"
    "regular() { [ -f \"$1\" ] && [ ! -h \"$1\" ]; }\n"
    /* with the shell's own check that nobody planted a link there */
    "write() {\n"
    "  rm -f -- \"$t\" && (set -C && new >\"$t\") && sync \"$t\" && return\n"
    "  rm -f -- \"$t\"\n"
    "  die write\n"
    "}\n"
    /* `old` ends with a line end that the file may not have */
    "is_old() {\n"
    "  if [ \"$whole\" ]; then old | cmp -s - \"$f\"\n"
    "  else printf %s \"$(old)\" | cmp -s - \"$f\"\n"
    "  fi\n"
    "}\n";

static const char enter[] = "is_there \"$d\" || die missing\n"
                            "[ -d \"$d\" ] || die not-directory\n"
                            "cd \"$d\" || die enter\n";

static const char common[] = "[ -w . ] || die read-only\n"
                             "if is_there \"$f\"; then\n"
                             "  regular \"$f\" || die irregular\n"
                             "fi\n";

static const char *const bodies[STORE_OP__MAX] = {
    [STORE_CHECK] = "if is_there \"$f\"; then\n"
                    "  say old\n"
                    "  cat \"$f\" || die unreadable\n"
                    "  say end\n"
                    "fi\n"
                    "for o in ./*.xml ./.[!.]*.xml; do\n"
                    "  [ \"$o\" != \"$f\" ] && [ -f \"$o\" ] || continue\n"
                    "  grep -qiF -e \"<uuid>$u</uuid>\" \"$o\" || continue\n"
                    "  say \"other ${o#./}\"\n"
                    "  break\n"
                    "done\n",
    [STORE_STAGE] = "write\n",
    [STORE_PUBLISH] =
        "if is_there \"$f\"; then\n"
        "  if new | cmp -s - \"$f\"; then rm -f \"$t\"; sync . || die sync\n"
        "    say done; exit 0\n"
        "  fi\n"
        "  [ \"$had\" ] && is_old || die changed\n"
        "fi\n"
        "new | cmp -s - \"$t\" && sync \"$t\" || write\n"
        "if is_there \"$f\"; then mv -f \"$t\" \"$f\" || die rename\n"
        "elif ln \"$t\" \"$f\"; then rm -f \"$t\"\n"
        "else\n" /* a file system without hard links */
        "  is_there \"$f\" && die changed\n"
        "  mv -f \"$t\" \"$f\" || die rename\n"
        "fi\n"
        "sync . || die sync\n",
    [STORE_DISCARD] = "rm -f \"$t\" || die remove\n"
                      "sync . || die sync\n",
    [STORE_REMOVE] = "if is_there \"$f\"; then\n"
                     "  is_old || die changed\n"
                     "  rm -f \"$f\" || die remove\n"
                     "  sync . || die sync\n"
                     "fi\n",
};

/* In single quotes nothing but the quote is special. */
static void put_quoted(FILE *to, const char *name, const char *value)
{
    fprintf(to, "%s'", name);
    for (; *value; value++)
        if (*value == '\'')
            fputs("'\\''", to);
        else
            fputc(*value, to);
    fputs("'\n", to);
}

static bool is_whole(const char *text)
{
    size_t n = strlen(text);

    return n > 0 && text[n - 1] == '\n';
}

static void put_text(FILE *to, const char *name, const char *text,
                     const char *nonce)
{
    fprintf(to, "%s() {\ncat <<'@%s'\n%s%s@%s\n}\n", name, nonce, text,
            is_whole(text) ? "" : "\n", nonce);
}

char *store_script(const struct store_addr *addr,
                   const struct store_request *request, const char *nonce)
{
    char *script = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&script, &size);

    if (!to)
        return NULL;
    fputs("LC_ALL=C\nexport LC_ALL\numask 077\n", to);
    put_quoted(to, "n=", nonce);
    if (addr->dir)
        put_quoted(to, "d=", addr->dir);
    put_quoted(to, "f=./", request->file);
    if (request->temp)
        put_quoted(to, "t=./", request->temp);
    if (request->uuid)
        put_quoted(to, "u=", request->uuid);
    if (request->text)
        put_text(to, "new", request->text, nonce);
    put_quoted(to, "had=", request->old ? "yes" : "");
    put_quoted(to,
               "whole=", request->old && is_whole(request->old) ? "yes" : "");
    if (request->old)
        put_text(to, "old", request->old, nonce);
    fprintf(to, "%s%s%s%ssay done\n", prelude, addr->dir ? enter : "", common,
            bodies[request->op]);
    if (fclose(to) == 0)
        return script;
    free(script);
    return NULL;
}
