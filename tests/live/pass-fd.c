/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pass-fd SOCKET FILE: a QMP client that hands FILE, opened for reading, to the
 * monitor at the UNIX socket, once as an fd set (add-fd), of which QEMU then
 * makes a disk, and once by name (getfd). Prints what the monitor said.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* One line of the monitor, events left out. */
static void hear(FILE *in)
{
    char line[65536];

    do {
        if (!fgets(line, sizeof(line), in))
            die("the monitor");
    } while (strstr(line, "\"event\""));
    fputs(line, stdout);
}

static void say(int s, const char *text, int fd)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec iov = {.iov_base = (char *)(size_t)text,
                        .iov_len = strlen(text)};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

    if (fd >= 0) {
        struct cmsghdr *cm;

        msg.msg_control = &control;
        msg.msg_controllen = sizeof(control);
        cm = CMSG_FIRSTHDR(&msg);
        cm->cmsg_level = SOL_SOCKET;
        cm->cmsg_type = SCM_RIGHTS;
        cm->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
    }
    if (sendmsg(s, &msg, MSG_NOSIGNAL) != (ssize_t)iov.iov_len)
        die("sendmsg");
}

int main(int argc, char **argv)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = argc == 3 ? open(argv[2], O_RDONLY | O_CLOEXEC) : -1;
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FILE *in = fdopen(s, "r");

    if (argc != 3 || strlen(argv[1]) >= sizeof(sun.sun_path)) {
        fputs("usage: pass-fd SOCKET FILE\n", stderr);
        return 2;
    }
    strcpy(sun.sun_path, argv[1]);
    if (fd < 0 || !in || connect(s, (struct sockaddr *)&sun, sizeof(sun)) < 0)
        die(argv[1]);
    hear(in);
    say(s, "{\"execute\":\"qmp_capabilities\",\"id\":1}\n", -1);
    hear(in);
    say(s,
        "{\"execute\":\"add-fd\",\"arguments\":{\"fdset-id\":7,\"opaque\":"
        "\"passed\"},\"id\":2}\n",
        fd);
    hear(in);
    say(s,
        "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"passed\"},"
        "\"id\":3}\n",
        fd);
    hear(in);
    say(s,
        "{\"execute\":\"blockdev-add\",\"arguments\":{\"driver\":\"file\","
        "\"node-name\":\"passed\",\"filename\":\"/dev/fdset/7\","
        "\"read-only\":true},\"id\":4}\n",
        -1);
    hear(in);
    fclose(in);
    return 0;
}
