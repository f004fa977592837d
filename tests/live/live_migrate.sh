#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A running guest moves between two real QEMUs: between all versions, over all
# transports, live and not, and what it is afterwards.
. "$(dirname "$0")/move.sh"

case_guest_moves() {
    both
    move 0
    wait_exit src
    moved
    is result completed
    [ "$(json stats.blackout_us)" -gt 0 ]
    [ "$(json stats.total_time_ms)" -gt 0 ]
    [ "$(json stats.ram.transferred)" -gt 0 ]
    [ "$(json stats.overhead_us)" -gt 0 ]
    is transcript "$T/t.jsonl"
    [ "$(stat -c %a "$T/t.jsonl")" = 600 ]
    [ "$(stat -c %a "$T/state")" = 700 ]
    [ "$(stat -c %a "$T/state/$(json id)/journal")" = 600 ]
}

# A destination that is not held by -S, with everything that can be there.
case_destination_without_and_with_S() {
    start_source
    start_dest -S
    guest_up src
    move 0
    moved
}

# The order in which things happen: nothing is sent to the source's guest
# before the destination is disarmed, D's cont only after S's completed.
case_steps_are_in_the_safe_order() {
    both
    move 0 -p bandwidth=1000
    awk '
        function at(what) { if (!(what in seen)) seen[what] = NR }
        /"peer":"destination","dir":">".*"execute":"stop"/ { at("disarm") }
        /"peer":"destination","dir":">".*"execute":"migrate-incoming"/ { at("listen") }
        /"note":"journal","record":"migrate"/ { at("j-migrate") }
        /"peer":"source","dir":">".*"execute":"migrate",/ { at("migrate") }
        /"note":"journal","record":"switchover"/ { at("j-switchover") }
        /"peer":"source","dir":">".*"execute":"migrate-continue"/ { at("continue") }
        /"peer":"source","dir":"<".*"status": "completed"/ { at("completed") }
        /"peer":"destination","dir":">".*"execute":"cont"/ { at("cont") }
        /"peer":"destination","dir":"<".*"status": "running"/ { at("running") }
        /"note":"journal","record":"quit"/ { at("j-quit") }
        /"peer":"source","dir":">".*"execute":"quit"/ { at("quit") }
        END {
            n = split("disarm listen j-migrate migrate j-switchover continue completed cont running j-quit quit", order, " ")
            for (i = 1; i <= n; i++) {
                if (!(order[i] in seen)) { print "never: " order[i]; exit 1 }
                if (i > 1 && seen[order[i]] < seen[order[i - 1]]) {
                    print order[i] " before " order[i - 1]; exit 1
                }
            }
        }' "$T/t.jsonl"
    moved
}

# Whatever passed a monitor is in the transcript, in its order, byte by byte.
case_transcript_has_all_that_passed() {
    local side role dir
    both
    gated src
    gated dst
    move 0
    moved
    for side in source:src destination:dst; do
        role=${side#*:} side=${side%:*}
        for dir in '>' '<'; do
            grep "^$dir " "$T/$role.talk" | tr -d '\r' | cut -c 3- >"$T/$role.passed"
            grep "\"peer\":\"$side\",\"dir\":\"$dir\"" "$T/t.jsonl" |
                sed 's/.*,"msg"://; s/}$//' >"$T/$role.recorded"
            # QEMU may go on talking when nobody reads any more.
            [ "$dir" = '>' ] || head -n "$(wc -l <"$T/$role.recorded")" "$T/$role.passed" >"$T/x"
            [ "$dir" = '>' ] || mv "$T/x" "$T/$role.passed"
            [ -s "$T/$role.recorded" ]
            cmp "$T/$role.passed" "$T/$role.recorded"
        done
    done
    head -n 1 "$T/t.jsonl" | grep -q '^{"transcript":1,"program":"qmigrate [0-9.]*","id":"[^"]*","start":"[0-9TZ:.-]*","peers":{"source":{"addr":"[^"]*"},"destination":{"addr":"[^"]*"}}}$'
    # Times never go back.
    sed -E '1d; s/^\{"t":([0-9]+),.*/\1/' "$T/t.jsonl" | sort -nc
}

# What plan prints is what migrate sends, arguments included; and asking for a
# plan changes nothing.
case_plan_is_what_is_sent() {
    local side
    both
    gated src
    gated dst
    before=$(settings src && settings dst)
    expect 0 qmigrate plan --source "$from" --dest "$to" -p bandwidth=123 --json
    mv "$T/out" "$T/plan"
    untouched src dst
    [ "$(settings src && settings dst)" = "$before" ]
    [ ! -e "$T/state" ] || [ -z "$(ls "$T/state")" ] || fail "left: $(ls "$T/state")"
    move 0 -p bandwidth=123
    moved
    for side in source destination; do
        planned_for $side "$T/plan" >"$T/$side.plan"
        sent_to $side "$T/t.jsonl" >"$T/$side.sent"
        [ -s "$T/$side.plan" ]
        # A destination before 9.1 refuses the form with exit-on-error, so that
        # migrate-incoming is sent again, after what was sent behind it.
        diff <(sort "$T/$side.plan") <(sort "$T/$side.sent")
    done
    diff "$T/source.plan" "$T/source.sent"
    grep -q '"max-bandwidth":128974848' "$T/source.sent"
}

# ---- where the data goes (more in live_params.sh) ----------------------------------------------------

uri_sent() { # uri_sent: what the source was given
    sed -nE 's/.*"peer":"source","dir":">".*"execute":"migrate","arguments":\{"uri":"([^"]*)".*/\1/p' "$T/t.jsonl"
}

# All addresses, a port of libvirt's range: when it is no loopback address.
case_tcp_listens_in_the_range_for_others() {
    local host
    host=$(hostname -I 2>/dev/null | tr ' ' '\n' | grep -E '^[0-9.]+$' | head -n 1)
    [ -n "$host" ] || skip 'this host has no address but the loopback'
    both
    move 0 -p "migrate_uri=tcp://$host"
    moved
    grep '"execute":"migrate-incoming"' "$T/t.jsonl" | grep -q '"uri":"tcp::49152,to=49215"'
    uri_sent | awk -F : -v h="$host" '{ exit !($2 == h && $3 >= 49152 && $3 <= 49215) }'
}

case_destination_listens_already() { # on $listen, and is found there
    start_source
    start_qemu dst "$VER_DST" -incoming "$listen"
    guest_up src
    move 0
    moved
    if grep -q migrate-incoming "$T/t.jsonl"; then fail "it was told to listen"; fi
}
case_destination_listens_on_tcp() {
    local listen
    listen=tcp:127.0.0.1:$(free_port)
    case_destination_listens_already
    [ "$(uri_sent)" = "$listen" ]
}
case_destination_listens_on_unix() {
    local listen=unix:$T/data
    case_destination_listens_already
    [ "$(uri_sent)" = "$listen" ]
}
# The user's address has to be the one where it listens.
case_destination_listens_elsewhere() {
    local port
    port=$(free_port)
    start_source
    start_qemu dst "$VER_DST" -incoming "tcp:127.0.0.1:$port"
    guest_up src
    gated src
    gated dst
    move 1 -p "migrate_uri=unix:$T/elsewhere"
    failed dest.state begin controller "already listens on port $port, but migrate_uri is 'unix:$T/elsewhere'"
    untouched src dst
    on_source
}

# ---- which guest arrives -----------------------------------------------------

# Nobody continued it, and it lives on when somebody does.
arrived_paused() {
    local count
    is result completed
    [ "$(runstate dst)" = paused ]
    count=$(guest_number dst 2)
    [ "$count" -eq -1 ] || fail "it ran: $count"
    qmp dst cont
    guest_check src dst
}

case_paused_guest_arrives_paused() {
    both
    qmp src stop
    move 0
    arrived_paused
}

case_guest_arrives_suspended() {
    both
    move 0 --suspend
    arrived_paused
}

case_guest_that_never_ran_arrives_so() {
    start_source -S
    start_dest
    [ "$(runstate src)" = prelaunch ]
    move 0
    is result completed
    [ "$(runstate dst)" = prelaunch ]
    qmp dst cont
    guest_check dst
}

case_source_is_kept() {
    both
    move 0 --keep-source
    comes_to src postmigrate
    unchanged
    moved
}

# Without `live` the guest stands still before the first byte is sent.
case_not_live() {
    both
    move 0 --flags 0
    moved
    awk '/"peer":"source","dir":">".*"execute":"stop"/ { stop = NR }
        /"peer":"source","dir":">".*"execute":"migrate",/ { migrate = NR }
        END { exit !(stop && stop < migrate) }' "$T/t.jsonl"
}

# One image with a lock: it goes along with the guest, and is the source's
# again if the migration fails.
shared_disk() {
    qemu-img create -q -f qcow2 "$T/disk.qcow2" 1M
    printf '%s\n' -drive "if=none,id=disk,format=qcow2,file=$T/disk.qcow2" \
        -device virtio-blk-pci,drive=disk
}
case_lock_of_a_disk_goes_along() {
    local disk
    command -v qemu-img >/dev/null || skip 'no qemu-img'
    mapfile -t disk < <(shared_disk)
    both_with "${disk[@]}"
    move 0 --keep-source
    moved
    # The source has let go: it cannot have it back while the other runs.
    must_fail qmp src cont
    [ "$(runstate src)" = postmigrate ]
}
case_lock_of_a_disk_comes_back() {
    local disk
    command -v qemu-img >/dev/null || skip 'no qemu-img'
    mapfile -t disk < <(shared_disk)
    both_with "${disk[@]}"
    # Cancelled when the source has completed and nothing is committed.
    gated src '<"status": "pre-switchover"' "run kill -KILL $dst_pid"
    move 1
    is owner source
    on_source
    start_qemu next "$VER_DST" -incoming defer "${disk[@]}"
    from='' to=unix:$T/next.qmp
    move 0
    moved src next
}
both_with() {
    start_source "$@"
    start_dest "$@"
    guest_up src
}

# ---- there and back ----------------------------------------------------------

case_guest_goes_round() {
    local versions_there v role=src next n=0 roles=(src)
    mapfile -t versions_there < <(versions)
    [ ${#versions_there[@]} -gt 1 ] || skip 'one version only'
    VER_SRC=${versions_there[0]} MACHINE=$(machine_of "${versions_there[@]}")
    start_source
    guest_up src
    for v in "${versions_there[@]}" "${versions_there[0]}"; do
        n=$((n + 1))
        next=q$n
        start_qemu "$next" "$v" -incoming defer
        from=unix:$T/$role.qmp to=unix:$T/$next.qmp
        move 0 -p bandwidth=2000
        roles+=("$next")
        moved "${roles[@]}"
        role=$next
        left_for_a_source "$role"
    done
}

# ---- monitors ----------------------------------------------------------------

case_monitors_by_tcp() {
    local s d
    s=$(free_port) d=$(free_port)
    start_source -qmp "tcp:127.0.0.1:$s,server=on,wait=off"
    start_dest -qmp "tcp:127.0.0.1:$d,server=on,wait=off"
    guest_up src
    from=tcp:127.0.0.1:$s to=tcp:localhost:$d
    move 0
    moved
}

case_monitors_by_descriptor() {
    local s d
    s=$(free_port) d=$(free_port)
    start_source -qmp "tcp:127.0.0.1:$s,server=on,wait=off"
    start_dest -qmp "tcp:127.0.0.1:$d,server=on,wait=off"
    guest_up src
    exec 8<>"/dev/tcp/127.0.0.1/$s" 9<>"/dev/tcp/127.0.0.1/$d"
    from=fd:8 to=fd:9
    move 0
    exec 8>&- 9>&-
    moved
}

# Where such a QEMU is nobody can tell: then the user has to.
case_monitors_by_command() {
    command -v socat >/dev/null || skip 'no socat'
    both
    from="exec:exec socat - UNIX-CONNECT:$T/src.qmp"
    to="exec:exec socat - UNIX-CONNECT:$T/dst.qmp"
    move 2
    failed uri begin controller 'cannot tell from the monitor'
    [ "$(runstate dst)" = inmigrate ]
    on_source
    move 0 -p migrate_uri=tcp://127.0.0.1
    moved
}

for_pairs case_guest_moves
for_pairs case_plan_is_what_is_sent
for v in $(main_versions); do
    for c in steps_are_in_the_safe_order destination_without_and_with_S \
        paused_guest_arrives_paused guest_arrives_suspended source_is_kept \
        destination_listens_on_tcp destination_listens_on_unix; do
        run_case case_$c "$v" "$v"
    done
done
run_case case_transcript_has_all_that_passed 7.2 10.0
run_case case_transcript_has_all_that_passed 11.1 7.2
for c in tcp_listens_in_the_range_for_others destination_listens_elsewhere \
    guest_that_never_ran_arrives_so not_live monitors_by_tcp monitors_by_descriptor \
    monitors_by_command; do
    run_case case_$c
done
run_case case_not_live 11.1 10.0
for p in '7.2 7.2' '10.0 11.1' '11.1 7.2'; do
    # shellcheck disable=SC2086
    run_case case_lock_of_a_disk_goes_along $p
    # shellcheck disable=SC2086
    run_case case_lock_of_a_disk_comes_back $p
done
run_case case_guest_goes_round
finish
