#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# --hook on real QEMUs: called at each turn with the guest where it should be,
# refusing, hanging, and failing when it is too late.
. "$(dirname "$0")/lib.sh"

# The hook notes phase, how it was told, its input, and what both guests do.
make_hook() { # make_hook [PHASE COMMAND]: COMMAND is run in PHASE, last
    cat >"$T/hook" <<EOF
#!/bin/sh
[ "\$1" = "\$QMIGRATE_PHASE" ] || exit 9
[ -n "\$QMIGRATE_ID" ] || exit 9
cat >"$T/\$1.json"
state() {
    "$tools/qmp-call" "$T/\$1.obs" query-status 2>/dev/null |
        sed -n 's/.*"status": *"\\([a-z-]*\\)".*/\\1/p'
}
case \$1 in
prepared | pre-switchover) echo "\$1 src=\$(state src) dst=\$(state dst)" ;;
committed | finished) echo "\$1 dst=\$(state dst)" ;;
*) echo "\$1 src=\$(state src)" ;;
esac >>"$T/calls"
echo "this is \$1"
[ "\$1" != "${1:-}" ] || { ${2:-:}; }
EOF
    chmod +x "$T/hook"
}

both() {
    start_source
    start_dest
    guest_up src
}

move() { # move CODE OPTION...
    local code=$1
    shift
    expect "$code" qmigrate migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" \
        --transcript "$T/tr" --json --progress none --hook "\"$T/hook\" \"\$1\"" "$@"
}

calls() { # calls LINE...: these were made, and no other
    printf '%s\n' "$@" >"$T/wanted"
    diff "$T/wanted" "$T/calls" || fail "other calls"
}

phase_json() { # phase_json PHASE MEMBER
    "$tools/json-get" "$T/$1.json" "$2"
}

log() { cat "$T"/state/*/hook.log; }

case_called_at_each_turn() {
    make_hook
    both
    move 0
    [ "$(json result)" = completed ]
    guest_check src dst
    calls 'prepared src=running dst=inmigrate' \
        'pre-switchover src=finish-migrate dst=inmigrate' \
        'committed dst=running' 'finished dst=running'
    [ "$(phase_json prepared phase)" = prepared ]
    [ "$(phase_json prepared source)" = "unix:$T/src.qmp" ]
    [ "$(phase_json finished result)" = completed ]
    [ "$(phase_json finished owner)" = destination ]
    [ "$(phase_json finished id)" = "$(json id)" ]
    [ "$(log | wc -l)" -eq 4 ]
}

refused() { # refused PHASE HINT
    [ "$(json error.code)" = hook ]
    [ "$(json error.message)" = "hook '$1' exited with status 3" ]
    [ "$(json error.hint)" = "the hook said: $2" ]
    [ "$(json owner)" = source ]
    guest_check src
    grep -qx 'failed src=running' "$T/calls"
    [ "$(phase_json failed owner)" = source ]
    [ "$(phase_json failed error.code)" = hook ]
    must_fail [ -e "$T/committed.json" ]
    must_fail [ -e "$T/finished.json" ]
}

case_refuses_before_ram_flows() {
    make_hook prepared 'echo no room; exit 3'
    both
    move 1
    refused prepared 'no room'
    must_fail grep -q '"execute":"migrate",' "$T/tr"
}

case_refuses_before_the_switchover() {
    make_hook pre-switchover 'exit 3'
    both
    move 1
    refused pre-switchover 'this is pre-switchover'
    must_fail grep -q '"migrate-continue"' "$T/tr"
}

# The guest stands still no longer than that, and the hook is ended.
case_hangs() { # case_hangs PHASE
    make_hook "$1" "echo \$\$ >$T/hook.run; exec cat $T/fifo"
    mkfifo "$T/fifo"
    both
    move 1 --deadline hook=3
    [ "$(json error.code)" = hook ]
    [ "$(json error.message)" = "hook '$1' did not end within 3 seconds" ]
    guest_check src
    wait_for 20 "the hook to end" has_ended "$(cat "$T/hook.run")"
}
case_hangs_before_ram_flows() { case_hangs prepared; }
case_hangs_before_the_switchover() { case_hangs pre-switchover; }

case_too_late_to_refuse() { # case_too_late_to_refuse PHASE
    make_hook "$1" 'exit 3'
    both
    move 0
    [ "$(json result)" = completed ]
    grep -q "warning: hook '$1' exited with status 3" "$T/out.err"
    guest_check src dst
}
case_committed_fails() { case_too_late_to_refuse committed; }
case_finished_fails() { case_too_late_to_refuse finished; }

case_cannot_be_started() {
    both
    expect 1 qmigrate migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" \
        --json --progress none --hook /nonexistent/hook
    [ "$(json error.message)" = "hook 'prepared' exited with status 127" ]
    guest_check src
}

# Whoever migrated is dead: recover tells the hook that the journal names, or
# one of its own, or none.
killed() { # killed ROLE PATTERN: at that line
    make_hook
    both
    gate "$1" "$2" "run kill -KILL \$(cat $T/pid)"
    [ "$1" = src ] || gate src
    [ "$1" = dst ] || gate dst
    # shellcheck disable=SC2016
    timeout 60 sh -c 'echo $$ >"$0"; exec "$@"' "$T/pid" "$QMIGRATE" migrate \
        --source "$T/src.gate" --dest "$T/dst.gate" --transcript "$T/tr" \
        --progress none --hook "\"$T/hook\" \"\$1\"" || true
    id=$(sed -nE '1s/.*"id":"([^"]*)".*/\1/p' "$T/tr")
    rm -f "$T/calls"
}

case_recover_tells_of_the_way_back() {
    killed src '<"pre-switchover"'
    expect 1 qmigrate recover "$id"
    calls 'failed src=running'
    [ "$(phase_json failed by)" = recover ]
    [ "$(phase_json failed owner)" = source ]
    [ "$(phase_json failed id)" = "$id" ]
    guest_check src
}

case_recover_tells_of_the_way_on() {
    killed dst '<"RESUME"'
    expect 0 qmigrate recover "$id"
    calls 'committed dst=running' 'finished dst=running'
    [ "$(phase_json finished owner)" = destination ]
    guest_check src dst
}

case_recover_tells_another_hook_or_none() {
    killed src '<"pre-switchover"'
    expect 1 qmigrate recover "$id" --hook "echo mine \$1 >>'$T/mine'; exit 3"
    must_fail [ -e "$T/calls" ]
    [ "$(cat "$T/mine")" = 'mine failed' ]
    grep -q "hook 'failed' failed: it exited with status 3" "$T/out"
    guest_check src
}

# Nothing was changed: nobody has to hear of it.
case_not_called_when_nothing_began() {
    make_hook
    start_source
    guest_up src
    move 1
    must_fail [ -e "$T/calls" ]
}

for v in 7.2 10.0 11.1; do
    for c in called_at_each_turn refuses_before_ram_flows \
        refuses_before_the_switchover hangs_before_the_switchover \
        committed_fails recover_tells_of_the_way_back \
        recover_tells_of_the_way_on; do
        run_case case_$c "$v" "$v"
    done
done
for c in hangs_before_ram_flows finished_fails cannot_be_started \
    recover_tells_another_hook_or_none \
    not_called_when_nothing_began; do
    run_case case_$c
done
finish
