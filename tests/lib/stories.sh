# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What scripts/record-transcripts and tests/test_stories.sh have in common: how
# a story's command is called, and what of its output counts.

# Where the journal of a crashed migration lies, for `recover` and `owner`.
STORY_ID=20260131T120000-00000000

# The words of a story's .args (quoted as for the shell) as the array `words`,
# with what each verb needs to find monitors and files in the current folder.
story_words() { # story_words ARGS
    eval "words=($1)"
    case ${words[0]} in
    migrate)
        words+=(--source unix:src.sock --dest unix:dst.sock --json
            --progress none --state-dir state --transcript t.jsonl)
        ;;
    save)
        words+=(img --source unix:src.sock --json --progress none
            --state-dir state --transcript t.jsonl)
        ;;
    plan) words+=(--source unix:src.sock --dest unix:dst.sock --json --state-dir state) ;;
    check) words+=(--source unix:src.sock --dest unix:dst.sock --json) ;;
    features) words+=(unix:src.sock --json) ;;
    recover | owner)
        words+=("$STORY_ID" --source unix:src.sock --dest unix:dst.sock --json --state-dir state)
        ;;
    esac
}

# The output without what differs from run to run: times, rates that come from
# them, ids and file names, and whether the system calls a lost connection
# closed, reset or a broken pipe. A source whose guest has gone is in one of two
# states, by when it was asked, and a migration that did not end has a status if
# it was looked at.
story_result() {
    sed -E 's/"([a-z_]+_(us|ms|bps)|mbps|pages-per-second|[a-z_-]*time[a-z_-]*)":-?[0-9.]+/"\1":T/g
            s/[0-9]{8}T[0-9]{6}-[0-9a-f]{8}/ID/g; s/,"transcript":"[^"]*"//
            s/"file":"[^"]*"/"file":"IMG"/; s/"file_bytes":[0-9]+/"file_bytes":N/
            s/"(sent|received)_bytes":[0-9]+/"\1_bytes":N/g; s/,"first":"[a-z]*"//
            s/(connection lost): (Broken pipe|Connection reset by peer)/\1/g
            s/"(finish-migrate|postmigrate)"/"postmigrate"/g
            s/("overhead_us":T),"status":"(setup|active|pre-switchover|device|postcopy-active|postcopy-paused)"/\1/
            s/[a-z]+\.sock/SOCK/g; s/20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g'
}
