# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A result of `qmigrate migrate --json` without what differs from run to run:
# times, rates that come from them, ids and file names.
story_result() {
    sed -E 's/"([a-z_]+_(us|ms|bps)|mbps|pages-per-second|[a-z_-]*time[a-z_-]*)":-?[0-9.]+/"\1":T/g
            s/"id":"[^"]*"/"id":"ID"/; s/,"transcript":"[^"]*"//
            s/[a-z]+\.sock/SOCK/g'
}
