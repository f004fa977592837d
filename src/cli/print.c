/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

#include <string.h>

/* C0, DEL, and C1 as UTF-8 writes it (0xc2 0x80..0x9f). */
static size_t control_bytes(const unsigned char *s)
{
    if (s[0] < 0x20 || s[0] == 0x7f)
        return 1;
    return s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0 ? 2 : 0;
}

static void put_bytes(FILE *f, const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    const unsigned char *end = s + len;

    while (s < end) {
        size_t n = control_bytes(s);
        if (n == 0)
            fputc(*s++, f);
        for (; n > 0; n--)
            fprintf(f, "\\x%02x", *s++);
    }
}

void cli_put_text(FILE *f, const char *text)
{
    put_bytes(f, text, strlen(text));
}

void cli_put_lines(FILE *f, const char *prefix, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        size_t shown = n > 0 && text[n - 1] == '\r' ? n - 1 : n;
        fputs(prefix, f);
        put_bytes(f, text, shown);
        fputc('\n', f);
        text += text[n] ? n + 1 : n;
    }
}

void cli_error(const struct qmp_error *err)
{
    fputs("qmigrate: ", stderr);
    cli_put_text(stderr, err->msg);
    fputc('\n', stderr);
    if (err->hint) {
        fputs("  hint: ", stderr);
        cli_put_text(stderr, err->hint);
        fputc('\n', stderr);
    }
}

void cli_warning(const char *text)
{
    fputs("qmigrate: warning: ", stderr);
    cli_put_text(stderr, text);
    fputc('\n', stderr);
}

void cli_put_json(struct json_object *o)
{
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                               JSON_C_TO_STRING_NOSLASHESCAPE));
}
