#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each recorded dialogue of tests/transcripts/ stands in for its QEMUs: the
# command that was recorded must send the same commands and come to the same
# result, byte for byte but for times. What its user did (cancelled, say) is
# done again where the recording has it. No QEMU is needed. STORY=NAME runs one
# alone; MIG_REGENERATE=1 takes the results as they are now (review the
# difference); LIVE_TRIES=2 gives one that failed another try, and says so: its
# deadlines are of this clock, on which others may work.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
. tests/lib/stories.sh
root=$PWD
program=${QMIGRATE:-$PWD/${BUILD:-build}/qmigrate}

# The user's deeds, as the replay tells them on descriptor 3.
act() {
    local word action rest part
    while read -r word action rest <&3; do
        [ "$word" = user ] || { echo "the replay says '$word'"; return 1; }
        # shellcheck disable=SC2086
        case $action in
        cancel) kill -TERM "$(cat job.pid)" ;;
        *)
            # Nobody writes the file of a save here.
            for part in img.*.part; do
                [ ! -e "$part" ] || echo stream >>"$part"
            done
            timeout 20 "$program" "$action" guest $rest --state-dir state || return 1
            ;;
        esac
    done
}

replay_story() { # replay_story NAME, in an empty directory
    local story=$root/tests/transcripts/$1 replay job words acted
    story_words "$(cat "$story.args")"
    if [ -e "$story.journal" ]; then
        mkdir -p "state/$STORY_ID"
        cp "$story.journal" "state/$STORY_ID/journal"
    fi
    : >dest # the script that starts a destination
    mkfifo said
    timeout 60 "$program" transcript replay "$story.jsonl" --stall 20 \
        --listen-source unix:src.sock --listen-dest unix:dst.sock >said 2>replay.err &
    replay=$!
    exec 3<said
    read -r _ <&3
    # (timeout is deaf for a moment after it has started the program)
    # shellcheck disable=SC2016
    timeout --foreground 60 sh -c 'echo $$ >job.pid; exec "$@"' sh "$program" "${words[@]}" >result.json 2>run.err &
    job=$!
    act
    acted=$?
    wait "$job"
    { echo "exit $?"; story_result <result.json; } >got
    wait "$replay" || { echo "the replay says:"; cat replay.err run.err result.json; return 1; }
    [ "$acted" -eq 0 ] || return 1
    [ "${words[0]}" != migrate ] || diff result.json state/*/stats.json || return 1
    [ -z "${MIG_REGENERATE:-}" ] || cp got "$story.result"
    diff "$story.result" got
}

one() { # one NAME: in a folder of its own; says what failed
    local rc=0
    T=$(mktemp -d "${TMPDIR:-/tmp}/qmigrate-story.XXXXXX") || return 1
    trap 'rm -rf "$T"' EXIT
    (cd "$T" && replay_story "$1") >"$T/log" 2>&1 || rc=1
    if [ "$rc" -ne 0 ] && [ "${LIVE_TRIES:-1}" -gt 1 ]; then
        echo "again $1: $(tail -n 1 "$T/log")"
        rm -rf "$T"
        LIVE_TRIES=$((LIVE_TRIES - 1)) exec "$0" --one "$1"
    fi
    [ "$rc" -eq 0 ] || { echo "FAILED: $1"; cat "$T/log"; }
    return "$rc"
}

if [ "${1:-}" = --one ]; then
    one "$2"
    exit
fi

# They wait for deadlines more than they work.
names=${STORY:-$(cd tests/transcripts && printf '%s\n' *.jsonl | sed 's/\.jsonl$//')}
# shellcheck disable=SC2086
out=$(printf '%s\n' $names | xargs -P 8 -I {} "$0" --one {} 2>&1)
[ -z "$out" ] || printf '%s\n' "$out"
failed=$(grep -c '^FAILED: ' <<<"$out")
echo "$(($(wc -w <<<"$names") - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
