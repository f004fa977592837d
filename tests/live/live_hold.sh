#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# --hold on real QEMUs: the migration waits at a turn for `switchover ID`, the
# guest runs on the source meanwhile, and stays there if nobody comes.
. "$(dirname "$0")/lib.sh"

# Writes memory faster than $slow sends it: it never ends by itself.
busy() { MEM=96 GUEST='--mem 40 --spin'; }
slow='--bandwidth 16'

remember() { # while nobody acts on the source
    before_bw=$(qmp_get src return.max-bandwidth query-migrate-parameters)
    before_dt=$(qmp_get src return.downtime-limit query-migrate-parameters)
}

undone() { # the source's parameters are what they were
    [ "$(qmp_get src return.max-bandwidth query-migrate-parameters)" = "$before_bw" ]
    [ "$(qmp_get src return.downtime-limit query-migrate-parameters)" = "$before_dt" ]
}

start_held() { # start_held OPTION...
    start_source -name web1
    start_dest -name web1
    guest_up src
    remember
    "$QMIGRATE" migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" --json \
        --transcript "$T/tr" --progress plain "$@" >"$T/out.json" 2>"$T/held.err" &
    migrate_pid=$!
}

is_held() { # is_held AT
    local status
    status=$("$QMIGRATE" status web1 --json 2>/dev/null) &&
        [[ $status == *"\"holding\":{\"at\":\"$1\""* ]]
}

held() { # held AT: it is
    wait_for 60 "the hold at $1" is_held "$1"
}

ended() { # ended CODE
    local rc=0
    wait_for 60 "the migration to end" has_ended "$migrate_pid"
    wait "$migrate_pid" || rc=$?
    [ "$rc" -eq "$1" ] || fail "exit $rc, wanted $1: $(cat "$T/out.json" "$T/held.err")"
}

result() { json "$1" "$T/out.json"; }

case_prepared_waits_for_the_word() {
    start_held --hold prepared
    held prepared
    guest_counts src 3
    must_fail grep -q '"execute":"migrate",' "$T/tr"
    wait_for 20 'the word of it' grep -q 'prepare, held at prepared' "$T/held.err"
    expect 0 qmigrate switchover web1
    ended 0
    guest_check src dst
}

# The guest runs on while the switchover is held; released, it never ends by
# itself; and the word without a hold ends it.
case_switchover_is_held_with_the_guest_running() {
    busy
    # shellcheck disable=SC2086
    start_held --hold prepared --hold switchover $slow
    held prepared
    qmigrate switchover web1
    held switchover
    qmp_until src return.max-bandwidth=1024 query-migrate-parameters
    guest_counts src 20
    [ "$(runstate src)" = running ]
    expect 0 qmigrate set web1 bandwidth=24 # from the release on
    [ "$(qmp_get src return.max-bandwidth query-migrate-parameters)" = 1024 ]
    expect 0 qmigrate switchover web1
    qmp_until src return.max-bandwidth=25165824 query-migrate-parameters
    must_fail is_held switchover
    expect 0 qmigrate switchover web1
    ended 0
    grep -q '"downtime-limit":2000000' "$T/tr"
    guest_check src dst
}

case_nobody_says_the_word() {
    busy
    # shellcheck disable=SC2086
    start_held --hold switchover --hold-timeout 1 $slow
    ended 1
    [ "$(result error.code)" = hold.timeout ]
    [ "$(result owner)" = source ]
    undone
    guest_check src
}

# An idle guest's RAM is sent before it could be braked: it waits, paused.
case_idle_guest_stands_still_and_comes_back() {
    MEM=32 GUEST='--mem 1'
    start_held --hold switchover --hold-timeout 2
    ended 1
    [ "$(result error.code)" = hold.timeout ]
    guest_check src
}

case_postcopy_begins_with_the_word() {
    busy
    # shellcheck disable=SC2086
    start_held --hold switchover --postcopy --postcopy-after-precopy $slow
    held switchover
    guest_counts src 5
    must_fail grep -q migrate-start-postcopy "$T/tr"
    expect 0 qmigrate switchover web1
    ended 0
    grep -q migrate-start-postcopy "$T/tr"
    guest_check src dst
}

case_cancelled_while_held() { # case_cancelled_while_held AT
    busy
    # shellcheck disable=SC2086
    start_held --hold "$1" $slow
    held "$1"
    expect 0 qmigrate cancel web1
    ended 4
    undone
    guest_check src
}
case_cancelled_at_prepared() { case_cancelled_while_held prepared; }
case_cancelled_at_switchover() { case_cancelled_while_held switchover; }

case_destination_dies_while_held() {
    busy
    # shellcheck disable=SC2086
    start_held --hold "${1:-prepared}" $slow
    held "${1:-prepared}"
    kill -KILL "$dst_pid"
    ended 1
    [ "$(result error.code)" = dest.lost ]
    guest_check src
}
case_destination_dies_at_switchover() { case_destination_dies_while_held switchover; }

# SIGKILL while it waits: recover knows what to put back.
case_killed_while_held() {
    busy
    # shellcheck disable=SC2086
    start_held --hold switchover $slow
    held switchover
    kill -KILL "$migrate_pid"
    wait "$migrate_pid" || true
    qmp_until src return.max-bandwidth=1024 query-migrate-parameters
    expect 1 qmigrate recover web1 --json
    [ "$(json owner)" = source ]
    undone
    guest_check src
}

# The flag change_protection: nobody else acts on the guest, however long it
# takes; afterwards the next one may.
case_nobody_else_acts_meanwhile() {
    MEM=32 GUEST='--mem 1'
    start_held --hold prepared --change-protection --hold-timeout 60
    held prepared
    # A second monitor of the same guest, and a destination of its own.
    start_qemu dst2 "$VER_DST" -incoming defer -name web1
    expect 1 qmigrate migrate --source "unix:$T/src.obs" --dest "unix:$T/dst2.qmp" --json
    [ "$(json error.code)" = locked ]
    [ "$(runstate dst2)" = inmigrate ]
    expect 5 qmigrate recover web1
    grep -q 'another qmigrate acts on this guest' "$T/out.err"
    qmigrate cancel web1
    ended 4
    expect 0 qmigrate migrate --source "unix:$T/src.obs" --dest "unix:$T/dst2.qmp" \
        --change-protection --json
    [ "$(json result)" = completed ]
}

case_wrong_words() {
    expect 2 qmigrate migrate --source unix:/s --dest unix:/d --hold finish
    grep -q "'finish' is not one of prepared|switchover" "$T/out.err"
    expect 2 qmigrate migrate --source unix:/s --dest unix:/d --hold-timeout 3
    grep -q 'time-out of a hold without a hold' "$T/out.err"
    expect 2 qmigrate switchover nobody
}

run_case case_wrong_words
for v in 7.2 10.0 11.1; do
    for c in prepared_waits_for_the_word switchover_is_held_with_the_guest_running \
        nobody_says_the_word postcopy_begins_with_the_word; do
        run_case case_$c "$v" "$v"
    done
done
run_case case_idle_guest_stands_still_and_comes_back 11.1 11.1
for c in cancelled_at_prepared cancelled_at_switchover \
    destination_dies_while_held destination_dies_at_switchover killed_while_held nobody_else_acts_meanwhile; do
    run_case case_$c 10.0 10.0
done
finish
