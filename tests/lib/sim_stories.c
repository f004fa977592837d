/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stories that the tests interrupt everywhere. */
#include "tests/lib/sim.h"

#include "qmp/macros.h"

#include "qmigrate.h"

#include <stdlib.h>

static void plain(struct sim_options *o UNUSED)
{
}

static void postcopy(struct sim_options *o)
{
    o->postcopy = true;
    o->config.postcopy_after = 1;
    o->config.plan.flags |= QMIG_POSTCOPY;
}

static void tls(struct sim_options *o)
{
    o->config.plan.flags |= QMIG_TLS;
}

static void tls_postcopy(struct sim_options *o)
{
    tls(o);
    postcopy(o);
}

static void not_live(struct sim_options *o)
{
    o->config.plan.flags &= ~QMIG_LIVE;
}

static void acknowledged_late(struct sim_options *o)
{
    o->slow_ack = true;
}

/* The network breaks when all is there, and before S hears of it. */
static void not_acknowledged(struct sim_options *o)
{
    o->ack_lost = true;
}

/* exec:, or a pipe: nothing comes back. */
static void one_way(struct sim_options *o)
{
    o->config.plan.one_way_fd = true;
}

static void one_way_in_vain(struct sim_options *o)
{
    one_way(o);
    o->load_error = "Unknown savevm section 'virtio-rng'";
}

/* More than QEMU allows by itself is allowed while the source sets up. */
static void fast(struct sim_options *o)
{
    static struct qmig_params *params;

    if (!params) {
        params = qmig_params_new();
        if (!params || qmig_params_add_ullong(params, "bandwidth", 10240, NULL))
            abort();
    }
    o->config.plan.params = params;
    o->slow_ram = true;
}

static void tunnelled(struct sim_options *o)
{
    o->config.plan.flags |= QMIG_PEER2PEER | QMIG_TUNNELLED;
}

static void postcopy_late(struct sim_options *o)
{
    postcopy(o);
    o->slow_ack = true;
}

static void postcopy_unsure(struct sim_options *o)
{
    postcopy(o);
    o->ack_lost = true;
}

static void hold(struct sim_options *o, unsigned which)
{
    o->config.hold = which;
    o->config.plan.hold_switchover = which & QMIG_HOLD_SWITCHOVER;
    o->word_us = 500000;
}

static void held_at_prepared(struct sim_options *o)
{
    hold(o, QMIG_HOLD_PREPARED);
}

/* The guest runs while it is held, */
static void held_running(struct sim_options *o)
{
    hold(o, QMIG_HOLD_PREPARED | QMIG_HOLD_SWITCHOVER);
    o->slow_ram = true;
}

/* or stands still: its RAM was sent at once. */
static void held_paused(struct sim_options *o)
{
    hold(o, QMIG_HOLD_SWITCHOVER);
}

static void held_for_ever(struct sim_options *o)
{
    hold(o, QMIG_HOLD_SWITCHOVER);
    o->slow_ram = true;
    o->word_us = 0;
    o->config.deadlines.us[DEADLINE_hold] = 1000000;
}

static void held_before_postcopy(struct sim_options *o)
{
    postcopy(o);
    hold(o, QMIG_HOLD_SWITCHOVER);
}

static void disks(struct sim_options *o)
{
    o->disks = 2;
    o->config.plan.flags |= QMIG_NON_SHARED_DISK;
}

static void slow_disks(struct sim_options *o)
{
    disks(o);
    o->slow_disks = true;
}

/* The connection is made for them, once the disks are copied. */
static void disks_and_connection(struct sim_options *o)
{
    static struct qmig_params *params;

    if (!params) {
        params = qmig_params_new();
        if (!params ||
            qmig_params_add_string(params, "migrate_uri", "fd:tcp:h:1", NULL) ||
            qmig_params_add_string(params, "disks_uri", "tcp:h:2", NULL))
            abort();
    }
    disks(o);
    o->config.plan.params = params;
}

/* clang-format off */
const struct sim_story sim_stories[] = {
    { "pre-copy",               plain                },
    { "post-copy",              postcopy             },
    { "TLS",                    tls                  },
    { "post-copy with TLS",     tls_postcopy         },
    { "not live",               not_live             },
    { "acknowledged late",      acknowledged_late    },
    { "not acknowledged",       not_acknowledged     },
    { "one way",                one_way              },
    { "one way, in vain",       one_way_in_vain      },
    { "as fast as it can",      fast                 },
    { "tunnelled",              tunnelled            },
    { "post-copy begins late",  postcopy_late        },
    { "post-copy does not begin", postcopy_unsure    },
    { "held at prepared",       held_at_prepared     },
    { "held twice, running",    held_running         },
    { "held at the switchover", held_paused          },
    { "held for ever",          held_for_ever        },
    { "held before post-copy",  held_before_postcopy },
    { "disks copied",           disks                },
    { "disks copied slowly",    slow_disks           },
    { "disks, then a connection", disks_and_connection },
};
/* clang-format on */
const size_t sim_stories_n = ARRAY_SIZE(sim_stories);
