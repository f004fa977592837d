/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a QEMU binary was found to have (plan/facts.h), by its schema or by
 * trying, remembered in the state directory. query-qmp-schema takes QEMU 7.2
 * about 30 ms, six times what all else adds to a migration. As libvirt does
 * with its capabilities, an answer is kept for one binary: its version, and,
 * where the monitor is a local socket, the file's identity and time.
 */
#ifndef QMIG_FEATCACHE_H
#define QMIG_FEATCACHE_H

#include "qmp/client.h"

/* The key of the QEMU behind a client that is READY; the caller frees it. */
char *featcache_key(const struct qmp_client *client);

/* What is known: bits by enum feature; untouched if nothing is. */
void featcache_get(const char *state, const char *key, uint32_t *known,
                   uint32_t *features);

/* Remember; a failure is of no consequence. */
void featcache_put(const char *state, const char *key, uint32_t known,
                   uint32_t features);

#endif
