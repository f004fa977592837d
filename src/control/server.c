/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "control/server.h"

#include "qmp/json.h"
#include "qmp/member.h"
#include "qmp/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

struct session {
    int fd; /* -1: free */
    bool negotiated;
    struct qmp_wire in;
    char *out;
    size_t out_len;
};

struct control {
    int dirfd;
    int listener;
    char *version;
    control_fn *command;
    void *opaque;
    struct session sessions[CONTROL_CLIENTS];
};

static const char socket_name[] = "control";

static void end_session(struct session *s)
{
    if (s->fd < 0)
        return;
    close(s->fd);
    qmp_wire_done(&s->in);
    free(s->out);
    *s = (struct session){.fd = -1};
}

static void write_out(struct session *s)
{
    while (s->fd >= 0 && s->out_len) {
        ssize_t n = send(s->fd, s->out, s->out_len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) {
            end_session(s);
            return;
        }
        s->out_len -= (size_t)n;
        memmove(s->out, s->out + n, s->out_len);
    }
}

/* Takes `message`. */
static void say(struct session *s, struct json_object *message)
{
    CLEANUP(json_putp) struct json_object *owned = message;
    const char *text = json_object_to_json_string_ext(
        owned, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    size_t len = strlen(text);

    if (s->fd < 0)
        return;
    char *more = s->out_len + len + 2 > CONTROL_MAX_UNREAD
                     ? NULL
                     : realloc(s->out, s->out_len + len + 2);
    if (!more) {
        end_session(s); /* it does not read */
        return;
    }
    s->out = more;
    memcpy(s->out + s->out_len, text, len);
    memcpy(s->out + s->out_len + len, "\r\n", 2);
    s->out_len += len + 2;
    write_out(s);
}

static void greet(const struct control *c, struct session *s)
{
    struct json_object *greeting = json_object_new_object();
    struct json_object *version = json_object_new_object();

    json_object_object_add(version, "qmigrate",
                           json_object_new_string(c->version));
    json_object_object_add(greeting, "version", version);
    json_object_object_add(greeting, "capabilities", json_object_new_array());
    say(s, qmp_in_object("QMP", greeting));
}

static void reply_error(struct session *s, struct json_object *id,
                        const char *error_class, const char *desc)
{
    struct json_object *error = json_object_new_object();
    struct json_object *message = NULL;

    json_object_object_add(error, "class", json_object_new_string(error_class));
    json_object_object_add(error, "desc", json_object_new_string(desc));
    message = qmp_in_object("error", error);
    if (id)
        json_object_object_add(message, "id", json_object_get(id));
    say(s, message);
}

static void run_command(struct control *c, struct session *s, const char *name,
                        struct json_object *arguments, struct json_object *id)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct json_object *ret = NULL;
    struct json_object *message;

    if (!strcmp(name, "qmp_capabilities")) {
        s->negotiated = true;
    } else if (!s->negotiated) {
        reply_error(s, id, "CommandNotFound",
                    "Expecting capabilities negotiation with "
                    "'qmp_capabilities'");
        return;
    } else if (c->command(name, arguments, &ret, c->opaque, &err) < 0) {
        reply_error(s, id,
                    err->code == QMP_ERR_UNSUPPORTED ? "CommandNotFound"
                                                     : "GenericError",
                    err->msg);
        return;
    }
    message = qmp_in_object("return", ret ? ret : json_object_new_object());
    if (id)
        json_object_object_add(message, "id", json_object_get(id));
    say(s, message);
}

static void handle_line(struct control *c, struct session *s, const char *text,
                        size_t len)
{
    CLEANUP(json_putp) struct json_object *message = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    struct json_object *name = NULL;
    struct json_object *arguments = NULL;
    struct json_object *id = NULL;

    if (qmp_json_parse(text, len, &message, &err) < 0) {
        reply_error(s, NULL, "GenericError", err->msg);
        return;
    }
    json_object_object_get_ex(message, "execute", &name);
    json_object_object_get_ex(message, "arguments", &arguments);
    json_object_object_get_ex(message, "id", &id);
    if (!json_object_is_type(name, json_type_string))
        reply_error(s, id, "GenericError",
                    "QMP input lacks member 'execute' of type string");
    else if (arguments && !json_object_is_type(arguments, json_type_object))
        reply_error(s, id, "GenericError",
                    "QMP input member 'arguments' must be an object");
    else
        run_command(c, s, json_object_get_string(name), arguments, id);
}

static void read_session(struct control *c, struct session *s)
{
    const char *text;
    size_t len;
    size_t room;
    int rc = 0;
    char *to = qmp_wire_room(&s->in, &room);
    ssize_t n = to ? recv(s->fd, to, room, 0) : 0;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        end_session(s);
        return;
    }
    qmp_wire_came(&s->in, (size_t)n);
    while (s->fd >= 0 && (rc = qmp_wire_next(&s->in, &text, &len, NULL)) > 0)
        handle_line(c, s, text, len);
    if (rc < 0) /* a line over the limit */
        end_session(s);
}

static void accept_session(struct control *c)
{
    int fd = accept4(c->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    for (size_t i = 0; fd >= 0 && i < CONTROL_CLIENTS; i++) {
        struct session *s = &c->sessions[i];

        if (s->fd >= 0)
            continue;
        s->fd = fd;
        qmp_wire_init(&s->in, CONTROL_MAX_LINE);
        greet(c, s);
        return;
    }
    if (fd >= 0)
        close(fd); /* full */
}

/* A path in a directory may be longer than a socket's address: it is named
 * through the directory's descriptor. */
static int listen_in(int dirfd)
{
    CLEANUP(closep)
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/%s", dirfd,
             socket_name);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
        fchmodat(dirfd, socket_name, 0600, 0) < 0 ||
        listen(fd, CONTROL_CLIENTS) < 0)
        return -1;
    return TAKE_FD(fd);
}

struct control *control_open(const char *dir, const char *version,
                             control_fn *command, void *opaque,
                             struct qmp_error **errp)
{
    struct control *c = calloc(1, sizeof(*c));

    if (!c) {
        qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < CONTROL_CLIENTS; i++)
        c->sessions[i].fd = -1;
    c->command = command;
    c->opaque = opaque;
    c->listener = -1;
    c->version = strdup(version);
    c->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c->dirfd >= 0 && c->version)
        c->listener = listen_in(c->dirfd);
    if (c->listener < 0) {
        int sys = errno;

        qmp_fail_sys(errp, sys, "cannot listen on '%s/%s'", dir, socket_name);
        control_close(c);
        return NULL;
    }
    return c;
}

void control_close(struct control *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        write_out(&c->sessions[i]);
        end_session(&c->sessions[i]);
    }
    if (c->listener >= 0) {
        close(c->listener);
        unlinkat(c->dirfd, socket_name, 0);
    }
    if (c->dirfd >= 0)
        close(c->dirfd);
    free(c->version);
    free(c);
}

size_t control_pollfds(const struct control *c,
                       struct pollfd fds[CONTROL_POLLFDS])
{
    size_t n = 0;

    if (!c)
        return 0;
    fds[n++] = (struct pollfd){.fd = c->listener, .events = POLLIN};
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        const struct session *s = &c->sessions[i];
        short events = s->out_len ? POLLIN | POLLOUT : POLLIN;

        if (s->fd >= 0)
            fds[n++] = (struct pollfd){.fd = s->fd, .events = events};
    }
    return n;
}

void control_dispatch(struct control *c)
{
    struct pollfd fds[CONTROL_POLLFDS];
    size_t n = control_pollfds(c, fds);

    if (!n || poll(fds, n, 0) <= 0)
        return;
    if (fds[0].revents)
        accept_session(c);
    for (size_t i = 1; i < n; i++) {
        for (size_t k = 0; k < CONTROL_CLIENTS; k++) {
            struct session *s = &c->sessions[k];

            if (s->fd != fds[i].fd || !fds[i].revents)
                continue;
            write_out(s);
            if (s->fd >= 0 && (fds[i].revents & (POLLIN | POLLHUP | POLLERR)))
                read_session(c, s);
        }
    }
}

void control_event(struct control *c, const char *name,
                   struct json_object *data)
{
    struct timeval now;

    if (!c)
        return;
    gettimeofday(&now, NULL);
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        struct json_object *event;
        struct json_object *time;

        if (c->sessions[i].fd < 0 || !c->sessions[i].negotiated)
            continue;
        event = qmp_in_object("event", json_object_new_string(name));
        time = qmp_in_object("seconds", json_object_new_int64(now.tv_sec));
        json_object_object_add(time, "microseconds",
                               json_object_new_int64(now.tv_usec));
        json_object_object_add(event, "data", json_object_get(data));
        json_object_object_add(event, "timestamp", time);
        say(&c->sessions[i], event);
    }
}
