/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lib/test.h"
#include "qmp/addr.h"

#include <string.h>

static void addr_forms_are_understood(void **state UNUSED)
{
    static const struct {
        const char *text;
        enum qmp_addr_kind kind;
        const char *path;
        const char *host;
        const char *port;
        const char *command;
        int fd;
    } good[] = {
        {"unix:/run/q.sock", QMP_ADDR_UNIX, "/run/q.sock", 0, 0, 0, -1},
        {"unix:q.sock", QMP_ADDR_UNIX, "q.sock", 0, 0, 0, -1},
        {"/run/a:b", QMP_ADDR_UNIX, "/run/a:b", 0, 0, 0, -1},
        {"./q", QMP_ADDR_UNIX, "./q", 0, 0, 0, -1},
        {"tcp:localhost:4444", QMP_ADDR_TCP, 0, "localhost", "4444", 0, -1},
        {"tcp:10.0.0.1:65535", QMP_ADDR_TCP, 0, "10.0.0.1", "65535", 0, -1},
        {"tcp:[::1]:1", QMP_ADDR_TCP, 0, "::1", "1", 0, -1},
        {"tcp:[fe80::1%eth0]:1", QMP_ADDR_TCP, 0, "fe80::1%eth0", "1", 0, -1},
        {"tcp:h:http-alt", QMP_ADDR_TCP, 0, "h", "http-alt", 0, -1},
        {"exec:socat - UNIX:/a", QMP_ADDR_EXEC, 0, 0, 0, "socat - UNIX:/a", -1},
        {"ssh:host:/run/q", QMP_ADDR_SSH, "/run/q", "host", 0, 0, -1},
        {"ssh:root@host:/run/a:b", QMP_ADDR_SSH, "/run/a:b", "root@host", 0, 0,
         -1},
        {"ssh:host:/run/a@b:c", QMP_ADDR_SSH, "/run/a@b:c", "host", 0, 0, -1},
        {"ssh:u@[fe80::1]:/q", QMP_ADDR_SSH, "/q", "u@fe80::1", 0, 0, -1},
        {"ssh:[::1]:/q", QMP_ADDR_SSH, "/q", "::1", 0, 0, -1},
        {"fd:0", QMP_ADDR_FD, 0, 0, 0, 0, 0},
        {"fd:17", QMP_ADDR_FD, 0, 0, 0, 0, 17},
    };

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct qmp_addr a = {0};
        struct qmp_error *err = NULL;

        if (qmp_addr_parse(good[i].text, &a, &err) < 0)
            fail_msg("%s", err->msg);
        assert_string_equal(a.text, good[i].text);
        assert_int_equal(a.kind, good[i].kind);
        assert_int_equal(a.fd, good[i].fd);
#define SAME(m)                                                                \
    if (good[i].m)                                                             \
        assert_string_equal(a.m, good[i].m);                                   \
    else                                                                       \
        assert_null(a.m)
        SAME(path);
        SAME(host);
        SAME(port);
        SAME(command);
        qmp_addr_clear(&a);
    }
}

static void addr_errors_say_what_is_wrong(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *wanted;
    } bad[] = {
        {"", "address '': unix:PATH, tcp:HOST:PORT, exec:COMMAND, "
             "ssh:[USER@]HOST:PATH or fd:N wanted"},
        {"q.sock", "address 'q.sock': unix:PATH, tcp:HOST:PORT, exec:COMMAND, "
                   "ssh:[USER@]HOST:PATH or fd:N wanted"},
        {"Unix:/a", "address 'Unix:/a': unix:PATH, tcp:HOST:PORT, "
                    "exec:COMMAND, ssh:[USER@]HOST:PATH or fd:N wanted"},
        {"unix:", "address 'unix:': the path of a socket is missing"},
        {"/0123456789012345678901234567890123456789012345678901234567890123456"
         "789012345678901234567890123456789012345678",
         "address '/012345678901234567890123456789012345678901234567890123456"
         "7890123456789012345678901234567890123456789012345678': a path of 110 "
         "bytes, a socket's has at most 107"},
        {"tcp:host", "address 'tcp:host': the port is missing (tcp:HOST:PORT)"},
        {"tcp::1", "address 'tcp::1': the host is missing (tcp:HOST:PORT)"},
        {"tcp:[]:1", "address 'tcp:[]:1': the host is missing (tcp:HOST:PORT)"},
        {"tcp:::1:5", "address 'tcp:::1:5': an IPv6 address stands in brackets "
                      "(tcp:[V6]:PORT)"},
        {"tcp:[::1]5", "address 'tcp:[::1]5': tcp:[V6]:PORT wanted"},
        {"tcp:[::1:5", "address 'tcp:[::1:5': tcp:[V6]:PORT wanted"},
        {"tcp:h:0", "address 'tcp:h:0': the port must be 1..65535 or the name "
                    "of a service"},
        {"tcp:h:65536", "address 'tcp:h:65536': the port must be 1..65535 or "
                        "the name of a service"},
        {"tcp:h:", "address 'tcp:h:': the port must be 1..65535 or the name of "
                   "a service"},
        {"tcp:h:4 4", "address 'tcp:h:4 4': the port must be 1..65535 or the "
                      "name of a service"},
        {"exec:", "address 'exec:': the command is missing"},
        {"exec:  ", "address 'exec:  ': the command is missing"},
        {"ssh:host", "address 'ssh:host': ssh:[USER@]HOST:PATH wanted"},
        {"ssh:host:", "address 'ssh:host:': the path of the remote socket is "
                      "missing"},
        {"ssh::/a", "address 'ssh::/a': the host is missing "
                    "(ssh:[USER@]HOST:PATH)"},
        {"ssh:u@:/a", "address 'ssh:u@:/a': the host is missing "
                      "(ssh:[USER@]HOST:PATH)"},
        {"ssh:@h:/a", "address 'ssh:@h:/a': the host is missing "
                      "(ssh:[USER@]HOST:PATH)"},
        /* would be an option for ssh */
        {"ssh:-oProxyCommand=x:/a",
         "address 'ssh:-oProxyCommand=x:/a': the host is missing "
         "(ssh:[USER@]HOST:PATH)"},
        {"ssh:[-oProxyCommand=x]:/a",
         "address 'ssh:[-oProxyCommand=x]:/a': the host is missing "
         "(ssh:[USER@]HOST:PATH)"},
        {"ssh:[]:/a", "address 'ssh:[]:/a': the host is missing "
                      "(ssh:[USER@]HOST:PATH)"},
        {"ssh:[::1]/a", "address 'ssh:[::1]/a': ssh:[USER@]HOST:PATH wanted"},
        {"fd:", "address 'fd:': the number of a descriptor wanted"},
        {"fd:-1", "address 'fd:-1': the number of a descriptor wanted"},
        {"fd:1x", "address 'fd:1x': the number of a descriptor wanted"},
        {"fd:99999999999999999999", "address 'fd:99999999999999999999': the "
                                    "number of a descriptor wanted"},
        {"fd:\033[2J", "address 'fd:\\x1b[2J': the number of a descriptor "
                       "wanted"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct qmp_addr a = {.fd = 42};
        struct qmp_error *err = NULL;

        if (!qmp_addr_parse(bad[i].text, &a, &err))
            fail_msg("accepted: %s", bad[i].text);
        assert_int_equal(err->code, QMP_ERR_INVALID_ARG);
        assert_string_equal(err->msg, bad[i].wanted);
        assert_int_equal(a.fd, 42); /* untouched */
        qmp_error_free(err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addr_forms_are_understood),
        cmocka_unit_test(addr_errors_say_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
