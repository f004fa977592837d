#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Post-copy on real QEMUs: after the first pass, by time-out, and suspended by
# time-out, with a guest that dirties its memory faster than it can be sent.
. "$(dirname "$0")/lib.sh"

# Never converges at 20 MiB/s: only post-copy (or a stop) ends it.
busy_guest() {
    MEM=96 GUEST='--mem 40 --spin'
    start_source
    start_dest
    guest_up src
}

move() { # move CODE OPTION...
    local code=$1
    shift
    expect "$code" qmigrate migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" \
        --transcript "$T/tr" --json --progress none "$@"
}

sent() { # sent PEER COMMAND: how often
    grep -c "\"peer\":\"$1\",\"dir\":\">\".*\"$2\"" "$T/tr" || true
}

# The record is on disk before the line that it permits.
journal_before() { # journal_before RECORD COMMAND
    awk -v r="\"record\":\"$1\"" -v c="\"execute\":\"$2\"" '
        index($0, r) { r_at = NR } index($0, c) { c_at = NR }
        END { exit !(r_at && c_at && r_at < c_at) }' "$T/tr" ||
        fail "no '$1' before '$2'"
}

case_after_the_first_pass() {
    busy_guest
    move 0 --postcopy --postcopy-after-precopy --bandwidth 20 --postcopy-bandwidth 500 \
        -f qemu.postcopy-blocktime
    [ "$(json result)" = completed ]
    # What only the destination can tell: how many ms it waited, and each CPU.
    json stats.postcopy-blocktime | grep -qx '[0-9]*'
    json stats.postcopy-vcpu-blocktime.0 | grep -qx '[0-9]*'
    [ "$(sent source migrate-start-postcopy)" = 1 ]
    grep -q '"status": "postcopy-active"' "$T/tr"
    grep -q '"max-postcopy-bandwidth":524288000' "$T/tr"
    journal_before postcopy migrate-start-postcopy
    journal_before commit migrate-continue
    guest_check src dst
    left_for_a_source dst
    qmp_get dst return.max-postcopy-bandwidth query-migrate-parameters | grep -qx 0
}

# What a QEMU takes since 10.1: the first pass by several connections.
case_after_a_parallel_pass() {
    busy_guest
    move 0 --postcopy --postcopy-after-precopy --parallel --bandwidth 20
    [ "$(sent source migrate-start-postcopy)" = 1 ]
    grep -q '"status": "postcopy-active"' "$T/tr"
    json stats.ram.multifd-bytes | grep -q '^[1-9]'
    guest_check src dst
}

case_by_time_out() {
    busy_guest
    move 0 --postcopy --timeout 1 --timeout-postcopy --bandwidth 20
    [ "$(sent source migrate-start-postcopy)" = 1 ]
    guest_check src dst
}

case_time_out_suspends() {
    busy_guest
    move 0 --timeout 1 --bandwidth 40
    [ "$(sent source stop)" = 1 ]
    grep -q 'the time is up' "$T/out.err"
    guest_check src dst
}

case_not_needed() { # allowed, but pre-copy is faster
    start_source
    start_dest
    guest_up src
    move 0 --postcopy
    [ "$(sent source migrate-start-postcopy)" = 0 ]
    guest_check src dst
}

# All is sent, and what the destination says of it is lost with the connection:
# 10.0 and 11.1 fail then and put the source back to what it was. The guest runs
# on the destination: it must not run there, too.
case_source_stays_stopped_when_the_last_word_is_lost() {
    local port near far relay
    GUEST='--mem 4 --pages-per-tick 512'
    start_source
    start_dest
    guest_up src
    near=127.8.$((BASHPID % 250 + 1)).1 far=127.8.$((BASHPID % 250 + 1)).2
    port=$(free_port)
    setpriv --pdeathsig KILL "$tools/relay" "$T/relayed" "$far" "$near" "$port" &
    relay=$!
    wait_for 20 'the relay' test -s "$T/relayed"
    watch src
    gate src
    gate dst '<"RESUME"' "run kill -USR2 $relay"
    # shellcheck disable=SC2016
    sh -c 'echo $$ >"$0"; exec "$@"' "$T/pid" "$QMIGRATE" migrate --source "$T/src.gate" \
        --dest "$T/dst.gate" --progress none -p listen_address="$near" \
        -p migrate_uri="tcp://$far:$port" --postcopy --postcopy-after-precopy \
        --bandwidth 8 --postcopy-bandwidth 4 &
    wait_for 20 'the destination to run' grep -qs '^!' "$T/dst.talk"
    qmp_until src return.ram.remaining=0 query-migrate
    kill -KILL "$(cat "$T/pid")"
    kill -USR1 "$relay"
    qmp_until src return.status=failed query-migrate
    comes_to src paused
    if grep -q '"RESUME"' "$T/src.events"; then fail 'the source ran'; fi
}

for v in 7.2 10.0 11.1; do
    [ "$v" = 7.2 ] || run_case case_source_stays_stopped_when_the_last_word_is_lost "$v" "$v"
    run_case case_after_the_first_pass "$v" "$v"
    run_case case_by_time_out "$v" "$v"
    run_case case_time_out_suspends "$v" "$v"
    run_case case_not_needed "$v" "$v"
done
run_case case_after_a_parallel_pass 11.1 11.1
run_case case_after_the_first_pass 7.2 10.0
run_case case_after_the_first_pass 11.1 7.2
finish
