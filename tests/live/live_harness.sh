#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The ground that the other live tests stand on: the guest, the versions of
# QEMU and the checks themselves, with no qmigrate in it. A check that cannot
# fail is shown to fail here.
. "$(dirname "$0")/lib.sh"

caps() { # caps NAME...: turns them on
    local list='' c
    for c in "$@"; do list+="${list:+,}{\"capability\":\"$c\",\"state\":true}"; done
    echo "{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":[$list]}}"
}

fast='{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":10737418240}}'

# A migration by hand, by the safe steps: D is disarmed, the source pauses
# before the switchover, D is continued when S says that it was all loaded.
migrate_by_hand() { # migrate_by_hand URI
    qmp dst stop "$(caps return-path events)" \
        "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"$1\"}}"
    qmp src "$(caps return-path events pause-before-switchover)" "$fast" \
        "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"$1\"}}"
    qmp_until src return.status=pre-switchover query-migrate
    qmp src '{"execute":"migrate-continue","arguments":{"state":"pre-switchover"}}'
    qmp_until src return.status=completed query-migrate
    [ "$(runstate dst)" != running ] || fail "the destination ran too early"
    qmp dst cont
    comes_to dst running
    qmp src quit
    wait_exit src
}

case_guest_counts_and_checks_its_memory() {
    start_source
    guest_up src
    guest_check src
}

case_guest_lives_on_when_migrated_by_hand() {
    start_source
    start_dest
    guest_up src
    migrate_by_hand "unix:$T/data"
    guest_check src dst
}

case_guest_lives_on_on_i440fx() {
    MACHINE=pc-i440fx-7.2
    case_guest_lives_on_when_migrated_by_hand
}

case_guest_comes_back_after_a_round_trip() {
    start_source
    start_dest
    guest_up src
    migrate_by_hand "tcp:127.0.0.1:$(free_port)"
    guest_counts dst 3
    cp "$T/dst.serial" "$T/middle.serial"
    mv "$T/src.serial" "$T/first.serial"
    # Back to the version where it came from, as roles swap.
    start_qemu back "$VER_SRC" -incoming defer
    qmp back stop "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"unix:$T/data\"}}"
    qmp dst "$fast" "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:$T/data\"}}"
    qmp_until dst return.status=completed query-migrate
    qmp_until back return.status=completed query-migrate
    qmp back cont
    guest_check first dst back
}

has_passed_over() { # has_passed_over ROLE TIMES: all its memory
    [ "$(qmp_get "$1" return.ram.dirty-sync-count query-migrate)" -ge "$2" ]
}

# 1.3 GiB/s against 20 MiB/s: it never converges, and a cancel leaves it alive.
case_spinning_guest_never_converges() {
    GUEST='--mem 32 --spin'
    start_source
    start_dest
    guest_up src
    qmp dst "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"unix:$T/data\"}}"
    qmp src '{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":20971520}}' \
        "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:$T/data\"}}"
    wait_for 60 'three passes' has_passed_over src 3
    [ "$(qmp_get src return.status query-migrate)" = active ]
    qmp src migrate_cancel
    qmp_until src return.status=cancelled query-migrate
    guest_check src
}

# A page of the guest's memory is overwritten behind its back.
case_guest_tells_when_its_memory_is_wrong() {
    GUEST='--mem 1 --pages-per-tick 16'
    start_source -object "memory-backend-file,id=ram,share=on,size=${MEM}M,mem-path=$T/ram" \
        -machine memory-backend=ram
    guest_up src
    printf 'X' | dd of="$T/ram" bs=1 seek=$((0x100000 + 5 * 4096 + 4095)) conv=notrunc
    wait_for 20 "BAD" grep -qx 'BAD 00000005' "$T/src.serial"
    must_fail guest_life "$T/src.serial"
}

life_is() { # life_is WANTED TEXT...: what guest_life says of these files
    local wanted=$1 i=0 said text
    shift
    for text in "$@"; do
        i=$((i + 1))
        printf '%b' "$text" >"$T/$i"
    done
    said=$(guest_life "$T"/[0-9]*) || true
    [ "$said" = "$wanted" ] || fail "guest_life says '$said', wanted '$wanted'"
    rm "$T"/[0-9]*
}

case_life_is_refused_when_it_is_not_one() {
    local c1='CNT 00000001 PASS 00000\n' c2='CNT 00000002 PASS 00000\n'
    local c3='CNT 00000003 PASS 00001\n'
    life_is 'CNT 00000002 PASS 00000' "UP\n$c1" "$c2$c3"
    life_is 'CNT 00000002 PASS 00000' "UP\n${c1}CNT 000" "00002 PASS 00000\nCNT 0000"
    life_is 'guest line 3: count 1, wanted 2: CNT 00000001 PASS 00000' "UP\n$c1" "$c1$c2"
    life_is 'guest line 3: count 3, wanted 2: CNT 00000003 PASS 00001' "UP\n$c1" "$c3$c3"
    life_is 'guest line 3: not a count: UP' "UP\n$c1" "UP\n$c1"
    life_is 'guest line 2: its memory is wrong: BAD 00000005' "UP\nBAD 00000005\n$c1" "$c2"
    life_is 'guest line 1: not a start: CNT 00000002 PASS 00000' "$c2" "$c3$c3"
    life_is 'the guest never counted' '' ''
}

case_exit_code_is_compared() {
    expect 3 sh -c "echo '{\"a\":{\"b\":[1,\"x\"]}}'; exit 3"
    [ "$(json a.b.1)" = x ]
    must_fail json a.c
    must_fail expect 0 false
    must_fail expect 1 true
}

# A QEMU that is stopped before its reply passes, a line that is lost, one that
# is another, a talk that is cut: and what passed is written down.
case_gate_acts_at_its_point() {
    local call="$tools/qmp-call"
    start_source
    gate src '<"return": {"status": "running"' "run kill -STOP $src_pid" \
        '>"query-version"' drop \
        '>"query-kvm"' 'replace {"execute":"query-name"}' \
        '>"query-uuid"' close
    "$call" -u return.status=running -g return.status "$T/src.gate" query-status
    wait_for 20 'the source to stand still' is_stopped src
    kill -CONT "$src_pid"
    expect 0 "$call" "$T/src.gate" query-kvm
    [ "$(cat "$T/out")" = '{"return":{}}' ]
    expect 0 "$call" -g return.present "$T/src.gate" query-kvm
    [ "$(cat "$T/out")" = true ]
    expect 4 "$call" -t 3 "$T/src.gate" query-version
    expect 0 "$call" "$T/src.gate" query-version
    expect 3 "$call" "$T/src.gate" query-uuid
    grep -q '^> {"execute":"query-version"}' "$T/src.talk"
    grep -q '^< {"QMP"' "$T/src.talk"
}

# Two that wait for each other; one that fails, one that is killed.
meet() { # meet MINE OTHER
    touch "$T/$1"
    wait_for 20 "the other" test -e "$T/$2"
    passed=$((passed + 1))
    echo "met $2"
}
case_beside_each_other() {
    local here=$T
    LIVE_JOBS=2 passed=0 failed=0
    in_here() { T=$here "$@"; }
    lacks() { failed=$((failed + 1)); }
    is_killed() { kill -KILL "$BASHPID"; }
    {
        beside in_here meet one other
        beside in_here meet other one
        beside lacks
        beside is_killed
        while [ "${#besides[@]}" -gt 0 ]; do reap; done
    } >"$T/out"
    [ "$(sort "$T/out" | tr '\n' ' ')" = 'met one met other ' ] || fail "$(cat "$T/out")"
    [ "$passed $failed" = '2 2' ] || fail "$passed passed, $failed failed"
}

# As scripts/test asks for those that failed.
case_only_those_listed_are_run() {
    local here=$T CASE=''
    passed=0 failed=0
    case_one() { echo one >>"$here/ran"; }
    case_two() { echo two >>"$here/ran"; }
    {
        LIVE_ONLY=$'case_two 7.2->10.0\ncase_other 7.2->7.2'
        run_case case_one
        run_case case_two
        run_case case_two 7.2 10.0
        run_case case_two 7.2 10.01
    } >"$here/out"
    T=$here
    [ "$(cat "$T/ran") $passed $failed" = 'two 1 0' ] || fail "$(cat "$T/ran" "$T/out")"
}

# What is told of a first try is why it failed, not how it was cleaned up.
case_second_try_tells_why() {
    local here=$T CASE='' LIVE_ONLY=''
    passed=0 failed=0
    case_fails_once() {
        sleep 1000 &
        [ -e "$here/once" ] || { touch "$here/once" && fail 'the first try'; }
    }
    set +e # as it is between cases
    trap - ERR
    LIVE_TRIES=2 run_case case_fails_once >"$here/out"
    set -e
    T=$here
    grep -qE '^again case_fails_once .*: FAILED: the first try$' "$T/out" || fail "$(cat "$T/out")"
    [ "$(wc -l <"$T/out") $passed $failed" = '2 1 0' ] || fail "$(cat "$T/out")"
}

case_missing_version_is_skipped() {
    local rc=0
    (QMIGRATE_TEST_VERSIONS=none start_source) || rc=$?
    [ "$rc" -eq 77 ]
    grep -q "QEMU $VER_SRC is not among 'none'" "$T/skipped"
}

run_case case_life_is_refused_when_it_is_not_one
run_case case_missing_version_is_skipped
run_case case_beside_each_other
run_case case_only_those_listed_are_run
run_case case_second_try_tells_why
run_case case_gate_acts_at_its_point
run_case case_exit_code_is_compared
run_case case_guest_tells_when_its_memory_is_wrong
for v in $(versions); do run_case case_guest_counts_and_checks_its_memory "$v" "$v"; done
for_pairs case_guest_lives_on_when_migrated_by_hand
run_case case_guest_lives_on_on_i440fx 7.2 10.0
run_case case_guest_lives_on_on_i440fx 11.1 7.2
run_case case_guest_comes_back_after_a_round_trip 7.2 10.0
run_case case_guest_comes_back_after_a_round_trip 7.2 11.1
run_case case_spinning_guest_never_converges 7.2 7.2
finish
