/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "error/errcode.h"
#include "params/uri.h"

#include <stdbool.h>
#include <string.h>

static void uri_is_parsed_and_written_as_qemu_wants_it(void **state UNUSED)
{
    static const struct {
        const char *text;
        enum uri_kind kind;
        const char *host;
        int port;
        const char *path;
        const char *qemu;
    } good[] = {
        {"tcp://h", URI_TCP, "h", 0, NULL, "tcp:h:0"},
        {"tcp://h/", URI_TCP, "h", 0, NULL, "tcp:h:0"},
        {"tcp://h:49152", URI_TCP, "h", 49152, NULL, "tcp:h:49152"},
        {"tcp://h:49152/", URI_TCP, "h", 49152, NULL, "tcp:h:49152"},
        {"tcp:h", URI_TCP, "h", 0, NULL, "tcp:h:0"},
        {"tcp:h:00080", URI_TCP, "h", 80, NULL, "tcp:h:80"},
        {"tcp:h:0", URI_TCP, "h", 0, NULL, "tcp:h:0"},
        {"tcp:10.0.0.1:65535", URI_TCP, "10.0.0.1", 65535, NULL,
         "tcp:10.0.0.1:65535"},
        {"tcp:[::1]:5", URI_TCP, "::1", 5, NULL, "tcp:[::1]:5"},
        {"tcp://[fe80::1%eth0]:5", URI_TCP, "fe80::1%eth0", 5, NULL,
         "tcp:[fe80::1%eth0]:5"},
        {"tcp://[::]", URI_TCP, "::", 0, NULL, "tcp:[::]:0"},
        {"unix:/a/b", URI_UNIX, NULL, 0, "/a/b", "unix:/a/b"},
        {"unix:///a/b c:d", URI_UNIX, NULL, 0, "/a/b c:d", "unix:/a/b c:d"},
        {"unix:////a//b", URI_UNIX, NULL, 0, "/a//b", "unix:/a//b"},
        {"rdma://h:1", URI_RDMA, "h", 1, NULL, "rdma:h:1"},
        {"rdma://[::1]", URI_RDMA, "::1", 0, NULL, "rdma:[::1]:0"},
        {"exec:cat > 'a b'", URI_EXEC, NULL, 0, NULL, "exec:cat > 'a b'"},
        {"exec://x", URI_EXEC, NULL, 0, NULL, "exec://x"},
        {"fd:7", URI_FD, NULL, 0, NULL, "fd:qmigrate"},
        {"fd:tcp://h:1", URI_TCP, "h", 1, NULL, "tcp:h:1"},
        {"fd:tcp:h", URI_TCP, "h", 0, NULL, "tcp:h:0"},
        {"fd:unix:///a", URI_UNIX, NULL, 0, "/a", "unix:/a"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct migrate_uri uri = {0};
        assert_int_equal(migrate_uri_parse(good[i].text, &uri, NULL), 0);
        assert_int_equal(uri.kind, good[i].kind);
        assert_int_equal(uri.port, good[i].port);
        assert_int_equal(uri.passed, !strncmp(good[i].text, "fd:", 3) &&
                                         good[i].kind != URI_FD);
        assert_int_equal(uri.fd, strcmp(good[i].text, "fd:7") ? 0 : 7);
        if (good[i].host)
            assert_string_equal(uri.host, good[i].host);
        else
            assert_null(uri.host);
        if (good[i].path)
            assert_string_equal(uri.path, good[i].path);
        else
            assert_null(uri.path);
        CLEANUP(freep) char *text = migrate_uri_text(&uri);
        assert_string_equal(text, good[i].qemu);
        migrate_uri_clear(&uri);
        migrate_uri_clear(&uri);
    }
}

static void uri_is_refused_when_malformed(void **state UNUSED)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "there is no scheme"},
        {"host", "there is no scheme"},
        {"/tmp/x", "there is no scheme"},
        {":x", "scheme '' is not tcp, unix, rdma, exec or fd"},
        {"file:/x", "scheme 'file' is not tcp, unix, rdma, exec or fd"},
        {"TCP://h", "scheme 'TCP' is not tcp, unix, rdma, exec or fd"},
        {"tcpx://h", "scheme 'tcpx' is not tcp, unix, rdma, exec or fd"},
        {"exec:", "there is no command"},
        {"exec: \t", "there is no command"},
        {"fd:", "'' is not the number of a descriptor"},
        {"fd:-1", "'-1' is not the number of a descriptor"},
        {"fd:name", "'name' is not the number of a descriptor"},
        {"fd:fd:1", "'fd:1' is not the number of a descriptor"},
        {"fd:rdma://h:1", "'rdma://h:1' is not the number of a descriptor"},
        {"fd:99999999", "descriptor '99999999' is not in 0..1048576"},
        {"fd:2000000", "descriptor '2000000' is not in 0..1048576"},
        {"tcp:", "there is no host"},
        {"tcp://", "there is no host"},
        {"tcp:///", "there is no host"},
        {"tcp://:5", "there is no host"},
        {"tcp:h:", "port '' is not a number"},
        {"tcp:h:x", "port 'x' is not a number"},
        {"tcp:h:+1", "port '+1' is not a number"},
        {"tcp:h:1 ", "port '1 ' is not a number"},
        {"tcp:h:65536", "port '65536' is not in 0..65535"},
        {"tcp:h:99999999999999999999", "port '99999999999999999999' is not in "
                                       "0..65535"},
        {"tcp:h:1/", "port '1/' is not a number"},
        {"tcp://h:1//", "port '1/' is not a number"},
        {"tcp://h/path", "'h/path' is not a host name"},
        {"tcp://u@h", "'u@h' is not a host name"},
        {"tcp:h,to=9", "'h,to=9' is not a host name"},
        {"tcp:-h", "'-h' is not a host name"},
        {"tcp:::1:5", "there is no host"},
        {"tcp:fe80::1:5", "an IPv6 address needs brackets"},
        {"tcp:[::1", "']' is missing"},
        {"tcp:[h]:1", "'h' is not an IPv6 address"},
        {"tcp:[]:1", "'' is not an IPv6 address"},
        {"tcp:[::1%,x]:1", "'::1%,x' is not an IPv6 address"},
        {"tcp:[::1]x", "unexpected 'x' after the host"},
        {"unix:", "the path must be absolute: two processes open it"},
        {"unix:a", "the path must be absolute: two processes open it"},
        {"unix://a/b", "the path must be absolute: two processes open it"},
        {"unix:/a%20b", "the path may not contain '%', '?' or '#'"},
        {"unix:/a?x", "the path may not contain '%', '?' or '#'"},
        {"unix:/a\nb", "the path has a control character"},
        {"rdma:h:1", "'//' is missing after 'rdma:'"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct migrate_uri uri = {0};
        struct qmp_error *err = NULL;
        char want[200];
        snprintf(want, sizeof(want), "migration URI '%s': %s", bad[i].text,
                 bad[i].why);
        assert_int_equal(migrate_uri_parse(bad[i].text, &uri, &err), -1);
        assert_string_equal(err->msg, want);
        assert_int_equal(err->code, QMIG_ERR_URI);
        assert_non_null(strstr(err->hint, "tcp://HOST[:PORT]"));
        assert_true(!uri.host && !uri.path && !uri.port);
        qmp_error_free(err);
    }
}

static void unix_path_is_refused_when_no_socket_can_have_it(void **state UNUSED)
{
    struct migrate_uri uri = {0};
    struct qmp_error *err = NULL;
    char text[5 + 108 + 1] = "unix:";

    memset(text + 5, 'x', 108);
    text[5] = '/';
    assert_int_equal(migrate_uri_parse(text, &uri, &err), -1);
    assert_non_null(
        strstr(err->msg, ": the path has 108 bytes, a socket takes 107"));
    qmp_error_free(err);
    text[5 + 107] = 0;
    assert_int_equal(migrate_uri_parse(text, &uri, NULL), 0);
    migrate_uri_clear(&uri);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uri_is_parsed_and_written_as_qemu_wants_it),
        cmocka_unit_test(uri_is_refused_when_malformed),
        cmocka_unit_test(unix_path_is_refused_when_no_socket_can_have_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
