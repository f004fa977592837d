/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Folders with small text files, for tests. What fails fails the test. */
#ifndef TESTS_LIB_FOLDER_H
#define TESTS_LIB_FOLDER_H

#include <stddef.h>

/* DIR/NAME into `path`: made, and empty. */
void folder_make(char *path, size_t size, const char *dir, const char *name);
void folder_remove(const char *path); /* with all that is in it */
void folder_put(const char *where, const char *name, const char *text);
/* Its text until the next call, "" if there is none. */
const char *folder_get(const char *where, const char *name);
unsigned folder_count(const char *path); /* what is in it */

#endif
