/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

#include <string.h>

/* Bytes of the UTF-8 character at s that may be shown; 0: this byte may not.
 * C0, DEL and C1 are what terminals act on; so may be what is no UTF-8. */
static size_t shown_bytes(const unsigned char *s, size_t len)
{
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (s[0] < 0x20 || s[0] == 0x7f || (s[0] >= 0x80 && s[0] < 0xc2) ||
        s[0] > 0xf4 || n > len)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return n == 2 && s[0] == 0xc2 && s[1] < 0xa0 ? 0 : n;
}

static void put_bytes(FILE *f, const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    const unsigned char *end = s + len;

    while (s < end) {
        const unsigned char *plain = s;
        size_t n;

        while (s < end && *s >= 0x20 && *s < 0x7f)
            s++;
        while (s < end && (n = shown_bytes(s, (size_t)(end - s))) > 0)
            s += n;
        fwrite(plain, 1, (size_t)(s - plain), f);
        if (s < end)
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

void cli_put_format(const char *format, bool cut)
{
    if (format)
        fprintf(stderr, "qmigrate: read as %s\n", format);
    if (cut)
        cli_warning("the last line of the transcript was cut");
}

void cli_put_json(struct json_object *o)
{
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                               JSON_C_TO_STRING_NOSLASHESCAPE));
}
