/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small things that every file may use: array sizes, scoped clean-up and the
 * attributes that both gcc and clang know.
 */
#ifndef QMP_MACROS_H
#define QMP_MACROS_H

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What stays visible in the shared library (the rest is hidden). */
#define QMP_EXPORT __attribute__((visibility("default")))

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define UNUSED                  __attribute__((unused))

/*
 * CLEANUP(fn) runs fn(&variable) when the variable goes out of scope. Every
 * such variable is initialised where it is declared; they are destroyed in
 * the reverse order of their declaration.
 */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Take a pointer (or a descriptor) out of a variable that is cleaned up. */
#define TAKE_PTR(p)                                                            \
    (__extension__({                                                           \
        __typeof__(p) *take_p_ = &(p);                                         \
        __typeof__(p) take_v_ = *take_p_;                                      \
        *take_p_ = NULL;                                                       \
        take_v_;                                                               \
    }))
#define TAKE_FD(fd)                                                            \
    (__extension__({                                                           \
        int *take_p_ = &(fd);                                                  \
        int take_v_ = *take_p_;                                                \
        *take_p_ = -1;                                                         \
        take_v_;                                                               \
    }))

/* For CLEANUP: pointer from malloc(), descriptor, FILE, json-c reference. */
static inline void freep(void *p)
{
    free(*(void **)p);
}

static inline void closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void fclosep(FILE **f)
{
    if (*f)
        fclose(*f);
}

static inline void json_putp(struct json_object **o)
{
    json_object_put(*o);
}

#endif
