#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The controller is killed (SIGKILL) at a line of the talk with the QEMUs;
# then `owner` tells who has the guest, and `recover` takes it to its end. In
# one case a single guest goes through many such migrations: it is the next
# migration that proves that nothing was left behind.
#
# KILLS="all" or a number: how many lines of each talk and direction (default:
# all within a version, a sample between versions).
. "$(dirname "$0")/lib.sh"

migrate() { # migrate SRC DST [OPTION]...: its pid is in $T/pid
    local src=$1 dst=$2
    shift 2
    # shellcheck disable=SC2016
    timeout -k 5 60 sh -c 'echo $$ >"$0"; exec "$@"' "$T/pid" \
        "$QMIGRATE" migrate --source "$T/$src.gate" --dest "$T/$dst.gate" \
        --json "$@" >"$T/result" 2>"$T/result.err"
}

newest() { # the id of the last migration
    # shellcheck disable=SC2012
    ls -t "$T/state" | grep -E '^[0-9]{8}T' | head -n 1
}

# Without those of a destination that no source ever looks at.
caps_of() { # caps_of ROLE
    qmp "$1" query-migrate-capabilities | tr -d ' ' | tr '{' '\n' |
        grep -vE '"(events|late-block-activate)"'
}

fresh() { # fresh ROLE VERSION [ARG...]: a QEMU whose settings are remembered
    start_qemu "$@"
    caps_of "$1" >"$T/$1.caps"
}

# A gate that kills the controller at line K of direction MARK ('<' or '>').
# After the line has been counted down the next client passes freely.
gate_killing() { # gate_killing ROLE MARK K
    local rules=() i
    for ((i = 1; i < $3; i++)); do rules+=("$2{" "run :"); done
    rules+=("$2{" "run kill -KILL \$(cat $T/pid)")
    gate "$1" "${rules[@]}"
}

no_gate() { # no_gate ROLE
    local name=${1}_gate_pid
    if [ -n "${!name:-}" ]; then
        kill "${!name}" 2>/dev/null || true
        wait "${!name}" 2>/dev/null || true
    fi
    rm -f "$T/$1.gate"
}

# What the user does: ask, ask again (the same answer), recover, recover again
# (nothing is left to do). Sets $code.
owner_and_recover() { # owner_and_recover [OPTION]...
    local id first=0 again=0 dry=0
    id=$(newest)
    qmigrate owner "$id" >"$T/owner" 2>&1 || first=$?
    qmigrate owner "$id" >"$T/owner2" 2>&1 || again=$?
    qmigrate recover --dry-run "$id" >"$T/dry" 2>&1 || dry=$?
    [ "$first" = "$again" ] && [ "$first" = "$dry" ] ||
        fail "owner says $first, then $again, recover --dry-run $dry"
    code=0
    qmigrate recover "$id" "$@" >"$T/recovered" 2>&1 || code=$?
    [ "$first" = "$code" ] || fail "owner said $first, recover ends in $code
$(cat "$T/owner" "$T/recovered")"
    again=0
    qmigrate recover "$id" >"$T/recovered2" 2>&1 || again=$?
    [ "$again" = "$code" ] || fail "recovered again: $again, before: $code"
}

# The guest is with ROLE alone, it counts, and the settings are as they were.
alone_with() { # alone_with ROLE
    qmp_until "$1" return.status=running query-status
    [ "$(caps_of "$1")" = "$(cat "$T/$1.caps")" ] ||
        fail "capabilities of $1 are $(caps_of "$1")"
    guest_counts "$1" 1
}

# One migration that is killed at a line; recover; the roles that are left
# and the files of the guest's life are in $cur and $life.
kill_once() { # kill_once DST PEER MARK K
    local dst=$1 peer=$2 before
    fresh "$dst" "$VER_DST" -incoming defer
    if [ "$peer" = source ]; then
        gate_killing "$cur" "$3" "$4"
        gate "$dst"
    else
        gate "$cur"
        gate_killing "$dst" "$3" "$4"
    fi
    before=$(newest)
    migrate "$cur" "$dst" || true
    if [ "$(newest)" = "$before" ] || [ ! -e "$T/state/$(newest)/journal" ]; then
        # It had not yet got as far as its own files.
        code=1
        echo 'nothing was sent' >"$T/recovered"
    else
        owner_and_recover
    fi
    where="$2 line $4 of '$3': journal $(tail -n 1 "$T/state/$(newest)/journal" 2>/dev/null | cut -c 1-120)"
    case $code in
    1)
        alone_with "$cur"
        # To which nothing was sent that changes it is not ours to end.
        if grep -q 'nothing was sent' "$T/recovered"; then
            [ "$(runstate "$dst")" = inmigrate ] || fail "$where: $dst"
            qmp "$dst" quit
        fi
        wait_exit "$dst" || true
        ;;
    0)
        wait_exit "$cur"
        alone_with "$dst"
        no_gate "$cur"
        cur=$dst
        life+=("$dst")
        ;;
    *) fail "$where: code $code: $(cat "$T/recovered")" ;;
    esac
    no_gate "$cur"
    no_gate "$dst"
    echo "$where -> $code"
    tally[code]=$((${tally[code]:-0} + 1))
}

lines_of() { # lines_of ROLE MARK
    grep -c "^$2 " "$T/$1.talk"
}

# Each line of the talk, or SAMPLE of them spread over it.
chosen() { # chosen LINES
    local want=$1
    [ "$sample" = all ] || want=$sample
    awk -v n="$1" -v want="$want" 'BEGIN {
        if (want > n) want = n
        for (i = 0; i < want; i++) print n - int(i * n / want)
    }'
}

kill_at_lines() { # kill_at_lines SAMPLE
    local sample=$1 n=0 peer mark k counts=()
    cur=q0 life=(q0) tally=()
    fresh q0 "$VER_SRC"
    guest_up q0
    # How much is said, in a migration that goes well?
    fresh q1 "$VER_DST" -incoming defer
    gate q0
    gate q1
    migrate q0 q1
    wait_exit q0
    for mark in '<' '>'; do
        counts+=("source $mark $(lines_of q0 "$mark")")
        counts+=("destination $mark $(lines_of q1 "$mark")")
    done
    no_gate q0
    no_gate q1
    cur=q1 life+=(q1) n=1
    while read -r peer mark total; do
        for k in $(chosen "$total"); do
            n=$((n + 1))
            kill_once "q$n" "$peer" "$mark" "$k"
        done
    done < <(printf '%s\n' "${counts[@]}")
    guest_check "${life[@]}"
    echo "killed $((n - 1)) times; source has it: ${tally[1]:-0}, destination: ${tally[0]:-0}"
    # Both ends were met, or the test says nothing.
    [ "${tally[1]:-0}" -gt 0 ] && [ "${tally[0]:-0}" -gt 0 ]
}

case_controller_is_killed_at_every_line() {
    kill_at_lines "${KILLS:-all}"
    cp "$T/log" "${RECOVER_LOG:-/dev/null}"
}

case_controller_is_killed_at_some_lines() {
    kill_at_lines "${KILLS:-6}"
}

# Kills the controller at a point at which the QEMUs stay as they are: with a
# line to DST that hangs (and never arrives), or one from SRC that it never saw.
killed_at() { # killed_at SRC DST ROLE PATTERN
    local src=$1 dst=$2 pid
    fresh "$src" "$VER_SRC"
    fresh "$dst" "$VER_DST" -incoming defer
    guest_up "$src"
    if [ "$3" = "$src" ]; then gate "$src" "$4" hang; else gate "$src"; fi
    if [ "$3" = "$dst" ]; then gate "$dst" "$4" hang; else gate "$dst"; fi
    rm -f "$T/pid"
    migrate "$src" "$dst" --deadline finish=600 --deadline switchover=600 &
    pid=$!
    wait_for 30 "$4 to pass" grep -qs "${4:1}" "$T/$3.talk"
    kill -KILL "$(cat "$T/pid")"
    wait "$pid" || true
    no_gate "$src"
    no_gate "$dst"
    gate "$src"
    gate "$dst"
}

killed_before_cont() { # killed_before_cont SRC DST: loaded, and not continued
    killed_at "$1" "$2" "$2" '>"execute":"cont"'
    qmp_until "$1" return.status=completed query-migrate
    comes_to "$2" paused
}

# recover is killed itself, at one line after the other, and run again.
case_recover_is_killed_and_run_again() {
    local k n=0 way src dst left
    for way in back forward; do
        for k in 4 5 6 7 8 9 10 11 12; do
            n=$((n + 1)) src=s$n dst=d$n
            case $way in
            back) killed_at "$src" "$dst" "$src" '<"status": "pre-switchover"' ;;
            forward) killed_before_cont "$src" "$dst" ;;
            esac
            no_gate "$src"
            no_gate "$dst"
            if [ $((k % 2)) -eq 0 ]; then
                gate_killing "$src" '<' "$k"
                gate "$dst"
            else
                gate "$src"
                gate_killing "$dst" '<' "$k"
            fi
            # shellcheck disable=SC2016
            sh -c 'echo $$ >"$0"; exec "$@"' "$T/pid" \
                "$QMIGRATE" recover "$(newest)" >"$T/killed" 2>&1 || true
            no_gate "$src"
            no_gate "$dst"
            gate "$src"
            gate "$dst"
            owner_and_recover
            case $way in
            back)
                [ "$code" = 1 ]
                left=$src
                wait_exit "$dst" || true # not 0: it was loading
                ;;
            forward)
                [ "$code" = 0 ]
                left=$dst
                wait_exit "$src"
                ;;
            esac
            alone_with "$left"
            if [ "$way" = back ]; then guest_check "$src"; else guest_check "$src" "$dst"; fi
            qmp "$left" quit
            no_gate "$src"
            no_gate "$dst"
        done
    done
}

case_destination_lost_after_the_switchover_is_undecided() {
    local id
    killed_before_cont src dst
    id=$(newest)
    kill -KILL "$dst_pid"
    wait_exit dst || true
    expect 5 qmigrate owner "$id" --json
    [ "$(json owner)" = undecided ]
    expect 5 qmigrate recover "$id"
    comes_to src postmigrate # as it was left
    expect 2 qmigrate recover "$id" --fenced source
    grep -q 'the source is not dead' "$T/out.err"
    expect 1 qmigrate recover "$id" --fenced destination
    alone_with src
    guest_check src
}

case_source_lost_after_the_switchover_is_undecided_or_goes_on() {
    local id
    killed_before_cont src dst
    id=$(newest)
    kill -KILL "$src_pid"
    wait_exit src || true
    # The journal may have `commit` (written behind cont), or not.
    if tail -n 1 "$T/state/$id/journal" | grep -q '"record":"commit"'; then
        expect 0 qmigrate recover "$id"
    else
        expect 5 qmigrate recover "$id"
        [ "$(runstate dst)" = paused ]
        expect 2 qmigrate recover "$id" --fenced destination
        grep -q 'the destination is not dead' "$T/out.err"
        expect 0 qmigrate recover "$id" --fenced source
    fi
    alone_with dst
    guest_check src dst
}

# While it runs the journal and the lock tell, at once and without a touch.
case_owner_works_while_a_migration_runs() {
    local begin id
    start_source
    start_dest
    guest_up src
    gate src '>"migrate-continue"' hang
    gate dst
    migrate src dst --deadline switchover=600 &
    wait_for 30 "the switchover" grep -qs migrate-continue "$T/src.talk"
    id=$(newest)
    begin=${EPOCHREALTIME/[.,]/}
    expect 1 qmigrate owner "$id"
    [ $((${EPOCHREALTIME/[.,]/} - begin)) -lt 4000000 ]
    grep -q "process $(cat "$T/pid"), migration $id is at work" "$T/out"
    expect 5 qmigrate recover "$id"
    grep -q 'another qmigrate acts on this guest' "$T/out.err"
    kill -KILL "$(cat "$T/pid")"
    wait $! || true
}

# A QEMU that hangs does not keep `owner` longer than its deadline.
case_owner_ends_in_time_when_a_side_hangs() {
    local begin
    killed_before_cont src dst
    kill -STOP "$dst_pid"
    begin=${EPOCHREALTIME/[.,]/}
    expect 5 qmigrate owner "$(newest)"
    [ $((${EPOCHREALTIME/[.,]/} - begin)) -lt 10000000 ]
    kill -CONT "$dst_pid"
    expect 0 qmigrate owner "$(newest)"
}

# Post-copy: the controller is gone when the source is told to go on, or the
# connection is; recover brings the guest together.
busy_pair() { # a guest that post-copy has to move
    MEM=96 GUEST='--mem 40 --spin'
    fresh src "$VER_SRC"
    fresh dst "$VER_DST" -incoming defer
    guest_up src
}

case_postcopy_goes_on_without_a_controller() {
    local before
    busy_pair
    gate src '<"status": "postcopy-active"' "run kill -KILL \$(cat $T/pid)"
    gate dst
    migrate src dst --postcopy --postcopy-after-precopy --bandwidth 20 \
        --postcopy-bandwidth 2 || true
    expect 6 qmigrate owner "$(newest)" --json
    [ "$(json owner)" = destination ]
    [ "$(json split)" = true ]
    qmp src '{"execute":"migrate-set-parameters","arguments":{"max-postcopy-bandwidth":1000000000}}'
    expect 0 qmigrate recover "$(newest)"
    wait_exit src
    guest_check src dst
    expect 0 qmigrate recover "$(newest)"
}

case_postcopy_is_connected_again() {
    busy_pair
    gate src
    # Once the guest runs there: before that it is no post-copy that is lost.
    gate dst '<"RESUME"' \
        "run timeout 20 sh -c \"until $tools/qmp-call $T/src.obs '{\\\"execute\\\":\\\"migrate-pause\\\"}'; do sleep 0.02; done\" >$T/pause.out 2>&1"
    migrate src dst --postcopy --postcopy-after-precopy --bandwidth 20 \
        --postcopy-bandwidth 5 || [ $? -eq 6 ] || fail "$(cat "$T/result" "$T/pause.out")"
    expect 6 qmigrate owner "$(newest)"
    expect 0 qmigrate recover "$(newest)"
    grep -q 'connected again' "$T/out"
    wait_exit src
    guest_check src dst
}

# Nobody could tell the source: it stands still in the switchover, and what the
# engine could not do is left to recover.
case_what_a_lost_monitor_left_is_undone() {
    fresh src "$VER_SRC"
    fresh dst "$VER_DST" -incoming defer
    guest_up src
    gate src '<"pre-switchover"' close
    gate dst
    if migrate src dst; then fail "it moved"; fi
    tail -n 1 "$T/state/$(newest)/journal" | grep -q '"owner":"source","left":true'
    [ "$(runstate src)" != running ]
    no_gate dst
    expect 1 qmigrate recover "$(newest)"
    grep -q 'source: the migration was cancelled' "$T/out"
    alone_with src
    guest_check src
    expect 1 qmigrate recover "$(newest)"
    grep -q 'the migration ended' "$T/out"
}

# Those that take longest first.
for v in 7.2 10.0 11.1; do
    beside run_case case_controller_is_killed_at_every_line "$v" "$v"
    beside run_case case_recover_is_killed_and_run_again "$v" "$v"
done
beside run_case case_controller_is_killed_at_some_lines 7.2 11.1
beside run_case case_controller_is_killed_at_some_lines 5.2 7.2
for v in 7.2 10.0 11.1; do
    beside run_case case_destination_lost_after_the_switchover_is_undecided "$v" "$v"
    beside run_case case_source_lost_after_the_switchover_is_undecided_or_goes_on "$v" "$v"
    beside run_case case_what_a_lost_monitor_left_is_undone "$v" "$v"
    beside run_case case_owner_works_while_a_migration_runs "$v" "$v"
    beside run_case case_owner_ends_in_time_when_a_side_hangs "$v" "$v"
    beside run_case case_postcopy_goes_on_without_a_controller "$v" "$v"
    beside run_case case_postcopy_is_connected_again "$v" "$v"
done
finish
