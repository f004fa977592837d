#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# SIGINT and SIGTERM in every phase: the guest is the source's, settings are as
# they were, the destination is ended; from the commit on it is too late. (What
# the program prints then is in live_cli.sh.)
. "$(dirname "$0")/move.sh"

# The signal comes before the line passes.
cancelled() { # cancelled PHASE...: and this is what is left
    local phase
    is result cancelled
    is owner source
    is error.code cancelled
    is error.side controller
    error_says 'cancelled by the user'
    for phase in "$@"; do
        [ "$(json error.phase)" != "$phase" ] || break
    done
    is error.phase "$phase"
    on_source
}

destination_is_ended() { wait_exit dst || true; }

case_cancel_when_asked() {
    both
    gated src '>"query-migrate"' "$(signal_qmigrate INT)"
    gated dst
    move 4
    cancelled begin
    untouched src dst
    # It was not used: it still waits, and takes the next one.
    [ "$(runstate dst)" = inmigrate ]
    from='' to=''
    move 0
    moved
}

case_cancel_in_prepare() {
    both
    gated dst '>"migrate-incoming"' "$(signal_qmigrate TERM)"
    move 4
    cancelled prepare
    destination_is_ended
    again
}

case_cancel_in_setup() {
    GUEST=$BUSY
    both
    gated src '<"status": "setup"' "$(signal_qmigrate INT)"
    move 4 -p bandwidth=1
    cancelled perform
    destination_is_ended
    again
}

case_cancel_in_precopy() {
    GUEST=$BUSY
    both
    gated src '<"status": "active"' "$(signal_qmigrate TERM)"
    move 4 -p bandwidth=1
    cancelled perform
    destination_is_ended
    again
}

case_cancel_at_pre_switchover() {
    both
    gated src '<"status": "pre-switchover"' "$(signal_qmigrate INT)"
    move 4
    cancelled perform switchover
    destination_is_ended
    again
}

case_cancel_when_the_device_state_is_to_flow() {
    both
    gated src '>"migrate-continue"' "$(signal_qmigrate INT)"
    move 4
    cancelled switchover
    destination_is_ended
    again
}

# The device state is under way, perhaps loaded already. The destination is
# held by R1: whatever it has, it does not run.
case_cancel_while_the_device_state_flows() {
    both
    watch dst
    gated src '<"status": "device"' "$(signal_qmigrate TERM)"
    move 4
    cancelled switchover
    destination_is_ended
    if grep -q '"RESUME"' "$T/dst.events"; then fail 'the destination ran'; fi
    again
}

# It has gone through; the word of it is held back until the cancel is there.
case_cancel_when_all_is_loaded() {
    both
    watch dst
    gated src '<"status": "completed"' "instead $(kill_and_wait INT)"
    move 4
    cancelled switchover
    destination_is_ended
    if grep -q '"RESUME"' "$T/dst.events"; then fail 'the destination ran'; fi
    again
}

case_cancel_after_the_commit() {
    both
    gated dst '>"cont"' "$(signal_qmigrate INT)"
    move 0
    grep -q 'too late to cancel' "$T/out.err"
    moved
}

case_cancel_when_the_source_is_to_go() {
    both
    gated src '>"quit"' "$(signal_qmigrate TERM)"
    move 0
    wait_exit src
    moved
}

# A guest that stood still stands still afterwards, and one that was stopped
# for a migration that is not live runs again.
case_cancel_leaves_a_paused_guest_paused() {
    both
    qmp src stop
    gated src '<"status": "pre-switchover"' "$(signal_qmigrate INT)"
    move 4
    is result cancelled
    is owner source
    # 7.2 calls it postmigrate then, although it went nowhere.
    case $(runstate src) in
    paused | postmigrate) ;;
    *) fail "source: $(runstate src)" ;;
    esac
    unchanged
    destination_is_ended
    from='' to=unix:$T/next.qmp
    start_qemu next "$VER_DST" -incoming defer
    if [ "$(runstate src)" = postmigrate ]; then
        move 1
        failed source.state begin source "an earlier one that was cancelled, while the guest was paused, has left it so"
        qmp src cont stop
    fi
    move 0
    is result completed
    [ "$(runstate next)" != running ]
    qmp next cont
    guest_check src next
}

case_cancel_of_one_that_is_not_live() {
    GUEST='--mem 8 --pages-per-tick 512'
    both
    gated src '<"status": "active"' "$(signal_qmigrate INT)"
    move 4 --flags 0 -p bandwidth=1
    cancelled perform
    again
}

# The second one does not wait: it says what is left, and the code is that of
# what can be the case.
twice() { # twice PATTERN CODE TEXT [ARG...]: in the phase that the line of src is in
    both
    gated src "$1" "instead $(kill_and_wait INT); kill -INT \$(cat $T/qmigrate.pid); until ! kill -0 \$(cat $T/qmigrate.pid) 2>$T/null; do sleep 0.02; done"
    expect "$2" run_qmigrate migrate --source "$from" --dest "unix:$T/dst.qmp" \
        --json --progress none "${@:4}"
    [ ! -s "$T/out" ]
    grep -q "^qmigrate: ended by a second signal; left behind: .*$3.*journal in $T/state/" "$T/out.err" ||
        fail "$(cat "$T/out.err")"
}
case_second_signal_in_precopy() {
    GUEST=$BUSY
    twice '<"status": "active"' 1 "the guest is the source's" -p bandwidth=1
    [ "$(runstate src)" = running ]
    guest_check src
}
case_second_signal_at_the_switchover() {
    twice '>"migrate-continue"' 5 "the guest is the source's"
    # Nobody was told to run; the source is what can be resumed.
    if grep -q '"execute":"cont"' "$T/src.talk"; then fail 'sent'; fi
    qmp src migrate_cancel
    qmp_until src return.status=running query-status
    guest_check src
}

for v in $(main_versions); do
    for c in cancel_in_prepare cancel_in_setup cancel_in_precopy cancel_at_pre_switchover \
        cancel_when_the_device_state_is_to_flow cancel_while_the_device_state_flows \
        cancel_when_all_is_loaded cancel_after_the_commit \
        cancel_leaves_a_paused_guest_paused; do
        run_case case_$c "$v" "$v"
    done
done
for c in cancel_when_asked cancel_when_the_source_is_to_go \
    cancel_of_one_that_is_not_live \
    second_signal_in_precopy second_signal_at_the_switchover; do
    run_case case_$c
done
run_case case_cancel_while_the_device_state_flows 7.2 11.1
run_case case_cancel_while_the_device_state_flows 11.1 10.0
run_case case_cancel_when_all_is_loaded 10.0 7.2
finish
