#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Bad input and bad luck before anything moves: the message, the exit code, and
# a guest that nobody touched.
. "$(dirname "$0")/move.sh"

guest_up_only() { # a source without a destination
    start_source
    guest_up src
    gated src
}

# ---- monitors ----------------------------------------------------------------

case_no_such_socket() {
    guest_up_only
    to=unix:$T/none
    move 1
    failed qmp.connect begin destination "$T/none"
    error_says 'No such file or directory'
    untouched src
    on_source
    from=unix:$T/nobody to=unix:$T/dst.qmp
    start_dest
    move 1
    failed qmp.connect begin source "$T/nobody"
    [ "$(runstate dst)" = inmigrate ]
}

case_nobody_listens_on_tcp() {
    local port
    coproc KEEPER { "$tools/free-port" -k; }
    read -r port <&"${KEEPER[0]}"
    guest_up_only
    to=tcp:127.0.0.1:$port
    move 1
    failed qmp.connect begin destination "tcp:127.0.0.1:$port"
    error_says 'Connection refused'
    untouched src
    on_source
}

# Something that talks, but not this.
speaks() { # speaks TEXT: a destination that does, and listens
    printf '#!/bin/sh\nprintf %s\ncat >/dev/null\n' "'$1'" >"$T/speaker"
    chmod +x "$T/speaker"
    socat UNIX-LISTEN:"$T/other",fork EXEC:"$T/speaker" &
    wait_for 20 'socat' is_listening "$T/other"
    to=unix:$T/other
}
case_not_a_qmp_server() {
    command -v socat >/dev/null || skip 'no socat'
    guest_up_only
    speaks 'SSH-2.0-OpenSSH_9.2\r\n'
    move 1
    failed qmp.not-qmp begin destination "'unix:$T/other': not a QMP server, it says 'SSH-2.0-OpenSSH_9.2'"
    untouched src
    on_source
}
case_another_program_with_json() {
    command -v socat >/dev/null || skip 'no socat'
    guest_up_only
    speaks '{"jsonrpc":"2.0"}\n'
    move 1
    failed qmp.not-qmp begin destination "not a QMP server, it says '{\"jsonrpc\":\"2.0\"}'"
    untouched src
    on_source
}

# One client a monitor: the second gets no greeting.
case_another_client_holds_the_monitor() {
    both
    gated src
    setpriv --pdeathsig KILL "$tools/qmp-call" -w -t 100 "$T/dst.qmp" >"$T/holder" &
    wait_for 20 'the other client' grep -qs '"QMP"' "$T/holder"
    move 1 --deadline connect=3
    failed qmp.no-greeting begin destination "'unix:$T/dst.qmp': no QMP greeting within 3000 ms"
    case "$(json error.hint)" in
    *'a monitor serves one client at a time: is another one connected?'*) ;;
    *) fail "hint: $(json error.hint)" ;;
    esac
    untouched src
    on_source
}

case_both_monitors_are_one() {
    start_source
    to=unix:$T/src.qmp
    move 2
    failed usage begin controller 'source and destination are the same monitor'
}

# ---- a source without a guest to give -----------------------------------------

case_source_waits_itself() {
    start_qemu src "$VER_SRC" -incoming defer
    start_dest
    gated src
    gated dst
    move 1
    failed source.state begin source "no guest to migrate (status 'inmigrate'): it waits for an incoming migration itself"
    untouched src dst
}

case_source_was_migrated_away() {
    both
    move 0 --keep-source
    start_qemu next "$VER_DST" -incoming defer
    gated src
    to=unix:$T/next.qmp
    move 1
    failed source.state begin source "no guest to migrate (status 'postmigrate'): its guest was migrated away"
    untouched src
    comes_to src postmigrate
    [ "$(runstate next)" = inmigrate ]
    guest_check src dst
}

case_guest_has_shut_down() {
    both
    # What QEMU says then; the guest of these tests has no power button.
    gated src '<"status": "running"' 'replace {"return": {"status": "shutdown", "running": false}}'
    move 1
    failed source.state begin source "no guest to migrate (status 'shutdown'): its guest has shut down"
    untouched src
    on_source
}

case_source_is_migrating_already() {
    GUEST=$BUSY
    both
    qmp dst '{"execute":"migrate-incoming","arguments":{"uri":"unix:'"$T/data"'"}}'
    qmp src '{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":1048576}}' \
        '{"execute":"migrate","arguments":{"uri":"unix:'"$T/data"'"}}'
    qmp_until src return.status=active query-migrate
    start_qemu next "$VER_DST" -incoming defer
    gated src
    to=unix:$T/next.qmp
    move 1
    failed source.state begin source "a migration is already in progress (status 'active')"
    untouched src
    qmp src migrate_cancel
    qmp_until src return.status=cancelled query-migrate
    guest_check src
}

case_guest_has_a_device_that_cannot_move() {
    qemu-img create -q -f raw "$T/nvme" 1M
    start_source -drive "if=none,id=n,format=raw,file=$T/nvme" -device nvme,drive=n,serial=x
    start_dest
    guest_up src
    gated src
    gated dst
    move 3
    failed source.blocked begin source 'cannot migrate domain: '
    error_says 'non-migratable device'
    error_says '/nvme'
    untouched src dst
    on_source
}

# ---- a destination that does not wait ------------------------------------------

case_destination_runs_a_guest() {
    start_source
    start_qemu dst "$VER_DST"
    guest_up src
    guest_up dst
    gated src
    gated dst
    move 1
    failed dest.state begin destination "does not wait for a migration: status is 'running', wanted 'inmigrate'"
    untouched src dst
    on_source
    guest_check dst
}

case_destination_stands_still() {
    start_source
    start_qemu dst "$VER_DST" -S
    guest_up src
    gated src
    gated dst
    move 1
    failed dest.state begin destination "status is 'prelaunch', wanted 'inmigrate'"
    untouched src dst
    on_source
}

case_destination_has_a_guest_from_elsewhere() {
    start_qemu first "$VER_SRC"
    start_dest -S
    guest_up first
    src_pid=$first_pid from=unix:$T/first.qmp
    before=
    expect 0 run_qmigrate migrate --source "$from" --dest "unix:$T/dst.qmp" --suspend --json
    start_source
    guest_up src
    from=
    gated src
    gated dst
    move 1
    failed dest.state begin destination "does not wait for a migration: status is 'paused', wanted 'inmigrate'"
    untouched src dst
    on_source
}

# One incoming migration in the life of a QEMU, and this one failed.
case_destination_failed_once() {
    both
    qmp dst '{"execute":"migrate-incoming","arguments":{"uri":"unix:'"$T/data"'","exit-on-error":false}}'
    socat -u OPEN:/dev/zero,readbytes=4096 "UNIX-CONNECT:$T/data" || true
    qmp_until dst return.status=failed query-migrate
    gated src
    gated dst
    move 1
    failed dest.state begin destination "was already used for a migration (status 'failed')"
    untouched src dst
    on_source
}

# ---- where the data goes --------------------------------------------------------

case_port_is_taken() {
    local port
    port=$(free_port)
    start_qemu holder "$VER_DST" -incoming "tcp:127.0.0.1:$port"
    both
    move 1 -p "migrate_uri=tcp://127.0.0.1:$port"
    failed port.taken prepare destination 'Address already in use'
    [ -n "$(json error.qmp.desc)" ]
    [ "$(runstate holder)" = inmigrate ]
    on_source
    again
}

case_path_of_the_socket_is_wrong() {
    both
    move 1 -p "migrate_uri=unix://$T/none/data"
    is error.phase prepare
    is error.side destination
    error_says "$T/none/data"
    on_source
    again
}

case_host_is_not_known() {
    both
    move 1 -p migrate_uri=tcp://no-such-host.invalid
    failed migration.failed perform source 'address resolution failed for no-such-host.invalid'
    on_source
    again
}

# That the destination goes when it is told to is no cause of a failure, even
# if the source answers last.
case_end_of_the_destination_is_not_the_cause() {
    both
    gated src '>"migrate-set-capabilities"' 'run true' '>"migrate-set-capabilities"' \
        "run timeout 20 tail -s 0.01 --pid=$dst_pid -f /dev/null"
    move 1 -p migrate_uri=tcp://no-such-host.invalid
    failed migration.failed perform source 'address resolution failed for no-such-host.invalid'
    on_source
}

# ---- the state directory ---------------------------------------------------------

case_state_directory_cannot_be_made() {
    both
    gated src
    gated dst
    : >"$T/file"
    move 1 --state-dir "$T/file/state"
    failed journal begin controller "cannot create directory '$T/file/state'"
    is error.hint 'give another one with --state-dir'
    untouched src dst
    on_source
}

# A mount of the case's own, gone with the process: nothing stays mounted.
case_disk_of_the_state_directory_is_full() {
    unshare -m true 2>"$T/why" || skip "no mount namespace: $(cat "$T/why")"
    both
    gated src
    gated dst
    before=$(settings src)
    mkdir "$T/full"
    # shellcheck disable=SC2016
    expect 1 unshare -m sh -c '
        mount -t tmpfs -o size=16k,mode=700 none "$1/full" || exit 77
        cat /dev/zero >"$1/full/ballast" 2>/dev/null
        shift
        exec "$@"' - "$T" timeout -k 5 60 "$QMIGRATE" migrate --source "$from" --dest "$to" \
        --state-dir "$T/full" --json
    failed journal begin controller 'cannot reserve space for the journal: No space left on device'
    untouched src dst
    on_source
}

case_state_directory_is_read_only() {
    unshare -m true 2>"$T/why" || skip "no mount namespace: $(cat "$T/why")"
    both
    gated src
    gated dst
    before=$(settings src)
    mkdir "$T/ro"
    # shellcheck disable=SC2016
    expect 1 unshare -m sh -c '
        mount -t tmpfs -o ro none "$1/ro" || exit 77
        shift
        exec "$@"' - "$T" timeout -k 5 60 "$QMIGRATE" migrate --source "$from" --dest "$to" \
        --state-dir "$T/ro" --json
    failed journal begin controller 'Read-only file system'
    untouched src dst
    on_source
}

case_transcript_cannot_be_written() {
    both
    gated src
    gated dst
    before=$(settings src)
    expect 1 run_qmigrate migrate --source "$from" --dest "$to" --json --transcript "$T/none/t.jsonl"
    is error.side controller
    error_says "$T/none/t.jsonl"
    untouched src dst
    on_source
}

# ---- two at once ------------------------------------------------------------------

# The second one comes when the first has begun; the first goes on.
case_two_on_one_guest() {
    local rc=0
    GUEST=$BUSY
    both
    start_qemu next "$VER_DST" -incoming defer
    # A monitor of its own for the second: otherwise it would get no greeting.
    "$QMIGRATE" migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" \
        -p bandwidth=1 --json --progress none >"$T/first" &
    local first=$!
    qmp_until src return.status=active query-migrate
    from=unix:$T/src.ev to=unix:$T/next.qmp
    move 1
    is owner source
    case "$(json error.code)" in
    source.state) error_says 'a migration is already in progress' ;;
    *) fail "$(cat "$T/out")" ;;
    esac
    [ "$(runstate next)" = inmigrate ]
    kill -INT "$first"
    wait "$first" || rc=$?
    [ "$rc" -eq 4 ]
    guest_check src
}

# Both have asked and found all well; one has the lock. The gate holds the
# first at its first command that changes anything until the second has tried.
case_second_one_finds_the_lock() {
    local uuid=(-uuid 0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b42)
    start_source "${uuid[@]}"
    start_dest "${uuid[@]}"
    guest_up src
    start_qemu next "$VER_DST" -incoming defer "${uuid[@]}"
    gated src '>"migrate-set-capabilities"' "run timeout 20 $QMIGRATE migrate --source unix:$T/src.ev --dest unix:$T/next.qmp --json --progress none >$T/second 2>/dev/null; echo \$? >$T/second.rc"
    move 0
    [ "$(cat "$T/second.rc")" = 1 ]
    [ "$(json error.code "$T/second")" = locked ]
    [ "$(json error.phase "$T/second")" = prepare ]
    [ "$(json error.side "$T/second")" = controller ]
    [ "$(json owner "$T/second")" = source ]
    json error.message "$T/second" |
        grep -qE "^another qmigrate acts on this guest: process [0-9]+, migration $(json id)$"
    [ "$(runstate next)" = inmigrate ]
    moved
}

for v in $(main_versions); do
    for c in port_is_taken another_client_holds_the_monitor destination_runs_a_guest; do
        run_case case_$c "$v" "$v"
    done
done
for c in no_such_socket nobody_listens_on_tcp not_a_qmp_server another_program_with_json \
    both_monitors_are_one source_waits_itself source_was_migrated_away guest_has_shut_down \
    source_is_migrating_already guest_has_a_device_that_cannot_move \
    destination_stands_still destination_has_a_guest_from_elsewhere \
    path_of_the_socket_is_wrong host_is_not_known end_of_the_destination_is_not_the_cause \
    state_directory_cannot_be_made disk_of_the_state_directory_is_full \
    state_directory_is_read_only transcript_cannot_be_written \
    two_on_one_guest second_one_finds_the_lock; do
    run_case case_$c
done
run_case case_destination_failed_once 7.2 10.0
run_case case_destination_failed_once 10.0 11.1
finish
