/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/featcache.h"

#include "plan/facts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* The questions themselves: an answer to other ones is none. */
static const char questions[] =
#define X(name, command, path) #name " "
    FEATURE_MAP(X)
#undef X
    ;

/* Device, inode, size and time of the binary behind a local socket. */
static void binary_identity(const struct qmp_client *client, char *text,
                            size_t size)
{
    char path[64];
    struct stat st;
    int pid = qmp_client_peer_pid(client);

    text[0] = '\0';
    if (pid <= 0)
        return;
    snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    if (stat(path, &st) == 0)
        snprintf(text, size, "-%llx-%llx-%llx-%llx",
                 (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
                 (unsigned long long)st.st_size,
                 (unsigned long long)st.st_mtime);
}

char *featcache_key(const struct qmp_client *client)
{
    struct json_object *version = NULL;
    char identity[96];
    char *key = NULL;

    json_object_object_get_ex(qmp_client_greeting(client), "version", &version);
    binary_identity(client, identity, sizeof(identity));
    if (asprintf(&key, "%.120s%s",
                 json_object_to_json_string_ext(
                     version,
                     JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
                 identity) < 0)
        return NULL;
    for (char *c = key; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-.+", *c))
            *c = '_';
    return key;
}

static char *file_path(const char *state, const char *key, const char *suffix)
{
    char *path = NULL;

    return asprintf(&path, "%s/features%s.%s", state, suffix, key) < 0 ? NULL
                                                                       : path;
}

void featcache_get(const char *state, const char *key, uint32_t *known,
                   uint32_t *features)
{
    CLEANUP(freep) char *path = file_path(state, key, "");
    char text[512] = "";
    unsigned bits[2];
    int n = 0;
    CLEANUP(closep) int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 ||
        sscanf(text, "%x %x %n", &bits[0], &bits[1], &n) != 2 || !n ||
        strcmp(text + n, questions) != 0)
        return;
    *known = bits[0];
    *features = bits[1];
}

void featcache_put(const char *state, const char *key, uint32_t known,
                   uint32_t features)
{
    CLEANUP(freep) char *path = file_path(state, key, "");
    CLEANUP(freep) char *temp = file_path(state, key, "-new");
    CLEANUP(closep) int fd = -1;

    if (!path || !temp)
        return;
    fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (dprintf(fd, "%x %x %s", known, features, questions) < 0 ||
        rename(temp, path) < 0)
        unlink(temp);
}
