/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "qmp/wire.h"

#include <string.h>

/* Feed text in pieces; the lines that come out, each in brackets. */
static void feed(struct qmp_wire *w, const char *data, size_t len, size_t chunk,
                 char *out, struct qmp_error **errp)
{
    int rc = 0;

    while (len && rc >= 0) {
        size_t part = len < chunk ? len : chunk;
        const char *text;
        size_t n;
        char *to = qmp_wire_room(w, &n);

        assert_true(n >= part);
        memcpy(to, data, part);
        qmp_wire_came(w, part);
        data += part;
        len -= part;
        while ((rc = qmp_wire_next(w, &text, &n, errp)) > 0)
            out += sprintf(out, "[%.*s]", (int)n, text);
    }
}

static void wire_gives_the_same_lines_whatever_the_chunks(void **state UNUSED)
{
    static const char data[] = "{\"a\":1}\r\n{\"b\":2}\n\r\n   \n\n{}\r\nrest";

    for (size_t chunk = 1; chunk < sizeof(data); chunk++) {
        struct qmp_wire w;
        char out[200] = "";

        qmp_wire_init(&w, 100);
        feed(&w, data, strlen(data), chunk, out, NULL);
        assert_string_equal(out, "[{\"a\":1}][{\"b\":2}][{}]");
        assert_int_equal(qmp_wire_rest(&w), 4);
        assert_int_equal(w.lines, 3);
        qmp_wire_done(&w);
    }
}

static void wire_accepts_a_line_of_exactly_the_limit(void **state UNUSED)
{
    static const char *const ends[] = {"\n", "\r\n"};

    for (size_t chunk = 1; chunk <= 13; chunk += 4) {
        for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
            struct qmp_wire w;
            char out[200] = "";
            char data[32];

            snprintf(data, sizeof(data), "0123456789%s", ends[i]);
            qmp_wire_init(&w, 10);
            feed(&w, data, strlen(data), chunk, out, NULL);
            assert_string_equal(out, "[0123456789]");
            qmp_wire_done(&w);
        }
    }
}

static void wire_refuses_a_line_over_the_limit(void **state UNUSED)
{
    static const char *const texts[] = {"01234567890\n", "01234567890\r\n",
                                        "0123456789ab", "0123456789abcdef"};

    for (size_t chunk = 1; chunk <= 13; chunk += 4) {
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
            struct qmp_wire w;
            struct qmp_error *err = NULL;
            char out[200] = "";

            qmp_wire_init(&w, 10);
            feed(&w, texts[i], strlen(texts[i]), chunk, out, &err);
            assert_non_null(err);
            assert_int_equal(err->code, QMP_ERR_TOO_LARGE);
            assert_string_equal(err->msg, "a message of more than 10 bytes");
            assert_string_equal(out, "");
            qmp_error_free(err);
            qmp_wire_done(&w);
        }
    }
}

/* A peer that never ends its line costs memory up to the limit, and time that
 * grows with its bytes only. */
static void wire_memory_is_bounded_by_the_limit(void **state UNUSED)
{
    struct qmp_wire w;
    struct qmp_error *err = NULL;
    size_t limit = 1000000;
    const char *text;
    size_t len;

    qmp_wire_init(&w, limit);
    for (size_t i = 0; !err; i++) {
        char *to = qmp_wire_room(&w, &len);

        assert_true(i <= limit + 2);
        *to = 'x';
        qmp_wire_came(&w, 1);
        qmp_wire_next(&w, &text, &len, &err);
        assert_true(w.in.cap <= 4 * limit);
        assert_true(err || w.scanned == i + 1);
    }
    qmp_error_free(err);
    qmp_wire_done(&w);
}

static void wire_gives_memory_back_after_a_large_line(void **state UNUSED)
{
    struct qmp_wire w;
    size_t len = 300000;
    CLEANUP(freep) char *data = malloc(len);
    CLEANUP(freep) char *out = malloc(len + 10);

    memset(data, 'x', len);
    data[len - 1] = '\n';
    qmp_wire_init(&w, 1000000);
    feed(&w, data, len, 10000, out, NULL);
    assert_int_equal(strlen(out), len + 1);
    assert_true(w.in.cap >= len);
    qmp_wire_room(&w, &len);
    assert_true(w.in.cap <= 65536);
    qmp_wire_done(&w);
}

static void buffer_keeps_its_content_when_it_moves(void **state UNUSED)
{
    struct qmp_buffer b = {0};
    unsigned next_in = 0;
    unsigned next_out = 0;

    for (int round = 0; round < 20000; round++) {
        unsigned char c[7];

        for (size_t i = 0; i < sizeof(c); i++)
            c[i] = (unsigned char)next_in++;
        assert_int_equal(qmp_buffer_append(&b, c, sizeof(c)), 0);
        for (int i = 0; i < (round % 2 ? 5 : 8) && qmp_buffer_len(&b); i++) {
            assert_int_equal((unsigned char)*qmp_buffer_data(&b),
                             (unsigned char)next_out++);
            qmp_buffer_consume(&b, 1);
        }
    }
    assert_true(b.cap <= 65536);
    qmp_buffer_done(&b);
}

static void buffer_stops_at_its_limit(void **state UNUSED)
{
    struct qmp_buffer b = {.max = 10};

    assert_int_equal(qmp_buffer_puts(&b, "0123456789"), 0);
    assert_int_equal(qmp_buffer_puts(&b, "x"), -1);
    qmp_buffer_consume(&b, 1);
    assert_int_equal(qmp_buffer_puts(&b, "x"), 0);
    assert_int_equal(qmp_buffer_len(&b), 10);
    assert_int_equal(qmp_buffer_reserve(&b, SIZE_MAX), -1);
    qmp_buffer_done(&b);
}

static void foreign_text_is_shown_safely(void **state UNUSED)
{
    char out[16];

    assert_string_equal(qmp_printable(out, sizeof(out), "a\033b", 3),
                        "a\\x1bb");
    assert_string_equal(qmp_printable(out, sizeof(out), "0123456789abcdef", 16),
                        "0123456789ab...");
    assert_string_equal(qmp_printable(out, sizeof(out), "0123456789abcde", 15),
                        "0123456789abcde");
    assert_string_equal(
        qmp_printable(out, sizeof(out), "\1\1\1\1\1\1\1\1\1", 9),
        "\\x01\\x01\\x01...");
    assert_string_equal(qmp_printable(out, sizeof(out), "", 0), "");
    assert_string_equal(qmp_printable(out, 4, "\1\1", 2), "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_gives_the_same_lines_whatever_the_chunks),
        cmocka_unit_test(wire_accepts_a_line_of_exactly_the_limit),
        cmocka_unit_test(wire_refuses_a_line_over_the_limit),
        cmocka_unit_test(wire_memory_is_bounded_by_the_limit),
        cmocka_unit_test(wire_gives_memory_back_after_a_large_line),
        cmocka_unit_test(buffer_keeps_its_content_when_it_moves),
        cmocka_unit_test(buffer_stops_at_its_limit),
        cmocka_unit_test(foreign_text_is_shown_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
