/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_DOC_H
#define TEST_DOC_H

/* Fails the test unless the file at `path`, which is made from tables, has
 * the text that they make now. MIG_REGENERATE=1 in the environment writes it
 * first. */
void doc_is_current(const char *path, const char *want);

#endif
