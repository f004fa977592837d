#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each recorded dialogue of tests/transcripts/ stands in for its QEMUs:
# `migrate` must send the same commands and come to the same result, byte for
# byte but for times. No QEMU is needed. STORY=NAME runs one alone;
# MIG_REGENERATE=1 takes the results as they are now (review the difference).
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
. tests/lib/stories.sh
root=$PWD
program=$PWD/${BUILD:-build}/qmigrate
passed=0 failed=0
T=$(mktemp -d "${TMPDIR:-/tmp}/qmigrate-stories.XXXXXX")
trap 'rm -rf "$T"' EXIT

replay_story() { # replay_story NAME, in an empty directory
    local args replay line
    args=$(cat "$root/tests/transcripts/$1.args")
    mkfifo said
    timeout 20 "$program" transcript replay \
        "$root/tests/transcripts/$1.jsonl" --stall 5 \
        --listen-source unix:src.sock --listen-dest unix:dst.sock \
        >said 2>replay.err &
    replay=$!
    read -r line <said
    # shellcheck disable=SC2086
    timeout 20 "$program" migrate --json --progress none --state-dir state \
        --source unix:src.sock --dest unix:dst.sock --transcript t.jsonl \
        $args >result.json 2>migrate.err
    { echo "exit $?"; story_result <result.json; } >got
    wait "$replay" || { echo "the replay says:"; cat replay.err; return 1; }
    diff result.json state/*/stats.json || return 1
    [ -z "${MIG_REGENERATE:-}" ] || cp got "$root/tests/transcripts/$1.result"
    diff "$root/tests/transcripts/$1.result" got
}

for file in tests/transcripts/*.jsonl; do
    name=$(basename "$file" .jsonl)
    [ "${STORY:-$name}" = "$name" ] || continue
    mkdir "$T/$name"
    if out=$(cd "$T/$name" && replay_story "$name" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n%s\n' "$name" "$out"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
