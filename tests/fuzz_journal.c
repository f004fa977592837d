/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A journal of any bytes is taken or refused with a line number. The fuzzer
 * cannot guess checksums: each line that begins with '{' and ends in '}' is
 * sealed here when the first byte is odd, so that what is behind the
 * checksum is reached, too.
 */
#include "job/journal.h"

#include "error/errcode.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t seal_lines(const char *text, size_t len, char *out)
{
    size_t n = 0;

    while (len) {
        const char *end = memchr(text, '\n', len);
        size_t line = end ? (size_t)(end - text) : len;

        memcpy(out + n, text, line);
        if (end && line > 1 && text[line - 1] == '}') {
            n += line - 1;
            n += (size_t)sprintf(out + n, ",\"crc\":\"%08x\"}\n",
                                 journal_crc32(text, line - 1));
        } else {
            n += line;
            if (end)
                out[n++] = '\n';
        }
        text += line + (end != NULL);
        len -= line + (end != NULL);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct journal_log log = {0};

    if (size < 1)
        return 0;
    /* The shortest line that is sealed has two bytes and a line end. */
    CLEANUP(freep) char *text = malloc(size * 8 + 1);
    size_t len = size - 1;

    if (data[0] & 1)
        len = seal_lines((const char *)data + 1, len, text);
    else
        memcpy(text, data + 1, len);
    if (journal_parse(text, len, &log, &err) < 0) {
        assert(err->code == QMIG_ERR_JOURNAL_BAD);
        assert(!strncmp(err->msg, "line ", 5));
        assert(!log.n);
        return 0;
    }
    /* The whole records alone give the same again, with no torn tail. */
    struct journal_log again = {0};
    assert(log.torn == ((size_t)log.whole != len));
    assert(journal_parse(text, (size_t)log.whole, &again, &err) == 0);
    assert(again.n == log.n && again.whole == log.whole && !again.torn);
    journal_log_clear(&again);
    journal_log_clear(&log);
    return 0;
}
