#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command line with two real QEMUs: what it prints where, what signals do,
# what the exit code says.
. "$(dirname "$0")/lib.sh"

both() { # source with a guest that counts, waiting destination
    start_source
    start_dest
    guest_up src
}

# A guest whose memory takes seconds at 8 MiB/s, and comes to an end.
calm='--mem 8 --pages-per-tick 16'

peers() { printf '%s\n' --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp"; }

# What a migration would change.
settings() { # settings ROLE
    qmp "$1" query-migrate-capabilities query-migrate-parameters query-status
    qmp "$1" query-migrate-capabilities
    qmp "$1" query-migrate-parameters
    runstate "$1"
}

case_features_tells_what_qemu_can_do() {
    start_source
    expect 0 qmigrate features "$T/src.qmp" --json
    [ "$(wc -l <"$T/out")" -eq 1 ]
    [ "$(json features.migration_params)" = true ]
    [ "$(json commands.migrate)" = true ]
    [ "$(json status)" = running ]
    expect 0 qmigrate features "$T/src.qmp"
    grep -qE '^(features)? +.*migration_params' "$T/out" # the list may be wrapped
    grep -q '^blockers  *none$' "$T/out"
    expect 2 qmigrate features
    grep -q 'the address of a monitor is missing' "$T/out.err"
    expect 1 qmigrate features "$T/none"
    grep -q "$T/none" "$T/out.err"
}

case_plan_shows_all_and_changes_nothing() {
    local before after
    both
    before=$(settings src && settings dst)
    # shellcheck disable=SC2046
    expect 0 qmigrate plan $(peers) --bandwidth 100
    grep -q '^ 1  destination  stop$' "$T/out"
    grep -q 'migrate-set-parameters {"max-bandwidth":104857600}' "$T/out"
    # shellcheck disable=SC2046
    expect 0 qmigrate plan $(peers) --json
    [ "$(wc -l <"$T/out")" -ge 8 ]
    [ "$(grep -c '^{"peer":"\(source\|destination\)","execute":"[a-z_-]*","arguments":{.*},"why":".*"}$' "$T/out")" -eq "$(wc -l <"$T/out")" ]
    after=$(settings src && settings dst)
    [ "$before" = "$after" ] || fail "changed: $before
$after"
    guest_counts src 1
}

case_check_compares_two_running_qemus() {
    both
    # shellcheck disable=SC2046
    expect 0 qmigrate check $(peers)
    grep -q '^same: ' "$T/out"
    # shellcheck disable=SC2046
    expect 0 qmigrate check $(peers) --json
    [ "$(json verdict)" = same ]
    expect 2 qmigrate check --source "$T/src.qmp"
    expect 1 qmigrate check --source "$T/src.qmp" --dest "$T/none"
    [ "$(runstate src)" = running ]
    start_qemu odd "$VER_DST" -incoming defer -device virtio-rng-pci,id=rng9
    expect 3 qmigrate check --source "$T/src.qmp" --dest "$T/odd.qmp"
    grep -q 'rng9' "$T/out"
    grep -q '^differs: ' "$T/out"
}

# The plan is what is then sent: each of its commands, in its order a side. (A
# command is sent again without an argument that an older QEMU refused.)
case_migrate_sends_what_plan_said() {
    local side
    both
    # shellcheck disable=SC2046
    expect 0 qmigrate plan $(peers) --json --bandwidth 100
    mv "$T/out" "$T/plan"
    # shellcheck disable=SC2046
    expect 0 qmigrate migrate $(peers) --json --bandwidth 100 --transcript "$T/t.jsonl"
    for side in source destination; do
        grep "\"peer\":\"$side\"" "$T/plan" |
            sed -E 's/.*"execute":"([^"]*)".*/\1/' | grep -v '^query' | awk '!seen[$0]++' >"$T/$side.plan"
        grep "\"peer\":\"$side\",\"dir\":\">\"" "$T/t.jsonl" |
            sed -nE 's/.*"exec(ute|-oob)": ?"([^"]*)".*/\2/p' |
            grep -vE '^(query|qmp_capabilities)' | awk '!seen[$0]++' >"$T/$side.sent"
        diff "$T/$side.plan" "$T/$side.sent"
    done
}

case_result_goes_to_stdout_and_the_rest_to_stderr() {
    both
    # shellcheck disable=SC2046
    expect 0 qmigrate migrate $(peers) --json --progress plain
    [ "$(wc -l <"$T/out")" -eq 1 ]
    [ "$(json result)" = completed ]
    [ "$(json owner)" = destination ]
    [ -n "$(json id)" ]
    [ "$(json stats.blackout_us)" -gt 0 ]
    [ -s "$(json transcript)" ]
    [ "$(stat -c %a "$(json transcript)")" = 600 ]
    grep -q '^qmigrate: [0-9.]* s: perform' "$T/out.err"
    wait_exit src
    guest_check src dst
}

case_text_says_where_the_guest_is() {
    both
    # shellcheck disable=SC2046
    expect 0 qmigrate migrate $(peers) --progress none --no-transcript
    [ ! -s "$T/out.err" ] || fail "$(cat "$T/out.err")"
    grep -qx 'completed: the guest is on the destination' "$T/out"
    grep -q '^  total [0-9.]* s, guest stopped for [0-9.]* ms, sent ' "$T/out"
    if grep -q transcript "$T/out"; then fail "$(cat "$T/out")"; fi
}

case_progress_goes_to_a_descriptor() {
    GUEST=$calm
    both
    # shellcheck disable=SC2046
    expect 0 qmigrate migrate $(peers) --bandwidth 8 --progress none --progress-fd 7 7>"$T/lines"
    [ "$(tail -n 1 "$T/lines")" = '{"result":"completed"}' ]
    # Phases come in order, and permille never goes back.
    sed '$d' "$T/lines" | awk -F '[:,"]+' '
        BEGIN { split("begin prepare perform switchover finish confirm", n, " ")
            for (i in n) rank[n[i]] = i }
        { if (!($3 in rank) || rank[$3] < last) bad = 1
          last = rank[$3]; seen[$3] = 1
          match($0, /"permille":[0-9]+/)
          p = substr($0, RSTART + 11, RLENGTH - 11) + 0
          if (p < most || p > 999) bad = 1
          most = p }
        END { exit bad || !seen["perform"] || !seen["confirm"] }'
}

case_bar_is_drawn_on_a_terminal() {
    local bar rc=0
    both
    # shellcheck disable=SC2046,SC2088
    TERM=vt100 timeout 60 script -qefc "stty cols 100; exec '$QMIGRATE' migrate $(peers | tr '\n' ' ') --bandwidth 1" \
        "$T/typescript" >/dev/null &
    bar=$!
    wait_for 30 'the bar' bar_is_drawn
    qmp src '{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":10000000000}}'
    wait "$bar" || rc=$?
    [ "$rc" -eq 0 ]
    tr '\r' '\n' <"$T/typescript" >"$T/drawn"
    [ "$(grep -c '100.0%' "$T/drawn")" -eq 1 ]
    grep -q '100.0% completed' "$T/drawn"
    grep -q 'completed: the guest is on the destination' "$T/drawn"
}

bar_is_drawn() {
    tr '\r' '\n' 2>/dev/null <"$T/typescript" |
        grep -qE '^\[=*> *\] +[0-9.]+% sent .* left .* at .*/s dirty .*/s pass [0-9]+ ETA '
}

# Starts a migration that does not end by itself, in the background.
start_slow() {
    # shellcheck disable=SC2046
    "$QMIGRATE" migrate $(peers) --bandwidth 1 --progress plain >"$T/out" 2>"$T/out.err" &
    slow=$!
    wait_for 20 'the migration to flow' qmp_until src return.status=active query-migrate
}

slow_exits_with() { # slow_exits_with CODE
    local rc=0
    wait_for 20 'qmigrate to end' has_ended "$slow"
    wait "$slow" || rc=$?
    [ "$rc" -eq "$1" ] || fail "exit $rc, wanted $1"
}

cancelled_by() { # cancelled_by SIGNAL
    both
    start_slow
    kill -"$1" "$slow"
    slow_exits_with 4
    grep -q '^cancelled: the guest is on the source' "$T/out"
    grep -q '^qmigrate: cancelling; once more ends at once$' "$T/out.err"
    [ "$(runstate src)" = running ]
    guest_check src
}
case_sigint_cancels() { cancelled_by INT; }
case_sigterm_cancels() { cancelled_by TERM; }
case_sighup_cancels() { cancelled_by HUP; }

case_sighup_is_ignored_under_nohup() {
    both
    # shellcheck disable=SC2046
    (trap '' HUP && exec "$QMIGRATE" migrate $(peers) --bandwidth 1 --progress plain >"$T/out" 2>"$T/out.err") &
    slow=$!
    wait_for 20 'the migration to flow' qmp_until src return.status=active query-migrate
    kill -HUP "$slow"
    kill -TERM "$slow"
    slow_exits_with 4
    # One signal, not two: it did not end at once.
    [ "$(grep -c 'cancelling' "$T/out.err")" -eq 1 ]
    if grep -q 'second signal' "$T/out.err"; then fail 'SIGHUP was taken'; fi
    guest_check src
}

# A source that does not answer cannot be cancelled: the second signal ends
# the program, which says what it leaves.
case_second_signal_ends_at_once() {
    both
    start_slow
    kill -STOP "$src_pid"
    kill -INT "$slow"
    wait_for 20 'the first signal' grep -q cancelling "$T/out.err"
    kill -INT "$slow"
    slow_exits_with 1
    kill -CONT "$src_pid"
    grep -q '^qmigrate: ended by a second signal; left behind: ..*' "$T/out.err"
    [ ! -s "$T/out" ]
}

# Where the guest is does not depend on who reads about it.
case_exit_code_is_the_guests_when_stdout_is_full() {
    local rc=0
    both
    # shellcheck disable=SC2046
    qmigrate migrate $(peers) --json >/dev/full 2>"$T/out.err" || rc=$?
    [ "$rc" -eq 0 ]
    grep -q 'cannot write to standard output' "$T/out.err"
    guest_check src dst
}

# Nothing that is meant for a person may go to a monitor.
case_closed_standard_descriptors_are_not_taken_for_monitors() {
    local rc=0
    both
    # shellcheck disable=SC2046
    qmigrate migrate $(peers) --progress plain --transcript "$T/t.jsonl" <&- >&- 2>&- || rc=$?
    [ "$rc" -eq 0 ]
    if grep 'JSON' "$T/t.jsonl"; then fail 'the monitor heard something else'; fi
    guest_check src dst
}

# Somebody who stopped reading does not stop the migration.
case_reader_of_progress_may_be_stuck() {
    GUEST=$calm
    both
    mkfifo "$T/fifo"
    exec 8<>"$T/fifo"
    # shellcheck disable=SC2046
    expect 0 qmigrate migrate $(peers) --bandwidth 8 --progress json --progress-fd 8
    exec 8>&-
    [ "$(runstate dst)" = running ]
}

case_wrong_usage_touches_nothing() {
    local before after
    both
    before=$(settings src && settings dst)
    # shellcheck disable=SC2046
    expect 2 qmigrate migrate $(peers) --bandwith 5
    grep -q "did you mean '--bandwidth'" "$T/out.err"
    # shellcheck disable=SC2046
    expect 2 qmigrate migrate $(peers) -p qemu.return-path=off --json
    [ "$(json error.code)" = param.unsupported ]
    [ "$(json result)" = failed ]
    # shellcheck disable=SC2046
    expect 2 qmigrate migrate $(peers) -f postcopy --suspend
    grep -q "are mutually exclusive" "$T/out.err"
    # shellcheck disable=SC2046
    expect 2 qmigrate migrate $(peers) --deadline coffee=5
    after=$(settings src && settings dst)
    [ "$before" = "$after" ]
}

case_program_of_the_examples_moves_a_guest() {
    both
    expect 2 "$root/build/examples/move"
    expect 2 "$root/build/examples/move" "$T/src.qmp" "$T/dst.qmp" bandwidth=x
    expect 0 timeout 60 "$root/build/examples/move" "$T/src.qmp" "$T/dst.qmp" bandwidth=100
    grep -q '"result": "completed"' "$T/out"
    guest_check src dst
}

for c in features_tells_what_qemu_can_do plan_shows_all_and_changes_nothing \
    check_compares_two_running_qemus; do
    for v in $(versions); do run_case case_$c "$v" "$v"; done
done
for_pairs case_migrate_sends_what_plan_said
for c in result_goes_to_stdout_and_the_rest_to_stderr text_says_where_the_guest_is \
    progress_goes_to_a_descriptor bar_is_drawn_on_a_terminal \
    sigint_cancels sigterm_cancels sighup_cancels \
    sighup_is_ignored_under_nohup second_signal_ends_at_once \
    exit_code_is_the_guests_when_stdout_is_full \
    closed_standard_descriptors_are_not_taken_for_monitors \
    reader_of_progress_may_be_stuck wrong_usage_touches_nothing \
    program_of_the_examples_moves_a_guest; do
    run_case case_$c
done
finish
