#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The flag 'postcopy_resume': the same call again takes up a post-copy whose
# network broke, by the same way or by another one.
. "$(dirname "$0")/move.sh"

uuid=5a4be1c2-6d0f-4a39-9d0b-1f1f0d9f6c10

start_relay() {
    port=$(free_port)
    setpriv --pdeathsig KILL "$tools/relay" "$T/relayed" 127.0.0.2 127.0.0.1 "$port" &
    relay_pid=$!
    wait_for 20 'the relay' test -s "$T/relayed"
    uris="-p listen_address=127.0.0.1 -p migrate_uri=tcp://127.0.0.2:$port"
}

# A post-copy by way of a relay, which is cut while pages are missing.
split_guest() {
    MEM=96 GUEST='--mem 40 --spin'
    start_source -uuid $uuid
    start_dest -uuid $uuid
    guest_up src
    start_relay
    # At "postcopy-active" of the source the device state may be on its way; and
    # the source may come to it later than the destination.
    gated dst '<"RESUME"' "run $tools/qmp-call -u return.status=postcopy-active $T/src.obs query-migrate; kill -USR1 $relay_pid"
    # shellcheck disable=SC2086
    move 6 --postcopy --postcopy-after-precopy --bandwidth 20 --postcopy-bandwidth 5 $uris
    is result postcopy-paused
    to=unix:$T/dst.qmp
}

resume() { # resume CODE [OPTION]...
    local code=$1
    shift
    expect "$code" qmigrate migrate --source "${from:-unix:$T/src.qmp}" --dest "unix:$T/dst.qmp" --json \
        -f live -f postcopy -f postcopy_resume "$@"
}

arrived() {
    is owner destination
    wait_exit src
    guest_check src dst
}

case_resumed_by_the_same_way() {
    split_guest
    # shellcheck disable=SC2086
    resume 0 $uris --postcopy-bandwidth 500 --bandwidth 20
    arrived
    # There is nothing left to resume.
    start_source -S -uuid $uuid
    resume 1
    grep -qF 'no post-copy that was interrupted' "$T/out.err" || fail "$(cat "$T/out.err")"
}

# A destination that qmigrate has started has the guest: it outlives qmigrate.
case_started_one_is_left_to_resume() {
    MEM=96 GUEST='--mem 40 --spin'
    start_source -uuid $uuid
    guest_up src
    start_relay
    gated src '<"status": "postcopy-active"' "after 1 $tools/qmp-call -u return.status=running $T/dst.obs query-status; kill -USR1 $relay_pid"
    # shellcheck disable=SC2086
    move 6 --dest-exec "$(dest_command -uuid $uuid -incoming defer)" --postcopy \
        --postcopy-after-precopy --bandwidth 20 --postcopy-bandwidth 5 $uris
    is result postcopy-paused
    qmp_until dst return.status=postcopy-paused query-migrate
    # shellcheck disable=SC2086
    resume 0 $uris --postcopy-bandwidth 500 --bandwidth 20
    arrived
}

# Other addresses, and a breath more bandwidth.
case_resumed_by_another_way() {
    split_guest
    kill -KILL "$relay_pid"
    gated src
    resume 0 -p "migrate_uri=unix:$T/second" -p bandwidth.postcopy=400
    grep -q "\"migrate\",.*\"uri\":\"unix:$T/second\",\"resume\":true" <(tr -d ' ' <"$T/src.talk")
    grep -q '"max-postcopy-bandwidth":419430400' <(tr -d ' ' <"$T/src.talk")
    arrived
}

# The network breaks again: it goes on by itself, and if that cannot be, the
# next call does.
case_resumed_twice() {
    split_guest
    gated src '<"status": "postcopy-active"' "run kill -USR1 $relay_pid"
    # shellcheck disable=SC2086
    resume 0 $uris
    [ "$(cut -d ' ' -f 1 "$T/relayed")" -ge 3 ] || fail "relayed: $(cat "$T/relayed")"
    arrived
}

case_not_where_nothing_is_split() {
    start_source -uuid $uuid
    start_dest -uuid $uuid
    guest_up src
    resume 2
    grep -qF "no migration of the source's guest in" "$T/out.err" || fail "$(cat "$T/out.err")"
    expect 2 qmigrate migrate --source "$T/src.qmp" --dest "$T/dst.qmp" -f live -f postcopy_resume
    grep -qF "flag 'postcopy_resume' requires flag 'postcopy'" "$T/out.err"
    move 3 -p qemu.no-such-thing=1
    gated src '>"migrate-continue"' "run kill -KILL $dst_pid"
    move 1
    from=''
    resume 1
    grep -qF 'no post-copy that was interrupted' "$T/out.err" || fail "$(cat "$T/out.err")"
    on_source
}

for v in $(main_versions); do
    beside run_case case_resumed_by_the_same_way "$v" "$v"
    beside run_case case_started_one_is_left_to_resume "$v" "$v"
    beside run_case case_resumed_by_another_way "$v" "$v"
    beside run_case case_resumed_twice "$v" "$v"
done
beside run_case case_not_where_nothing_is_split
finish
