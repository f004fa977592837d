# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# How each fault of tests/faults/plan is done. fault_NAME PHASE is called before
# the migration starts; it may set
#
#   command      what the shell does when the line passes
#   meanwhile    a function, called while the migration runs
#   options      further arguments of qmigrate migrate
#   environment  ... its environment (NAME=VALUE)
#   dest_args    arguments of the destination in place of ${device[@]}
#   relay_args   of tests/live/relay
#   state        the state directory
#   transcript   false: none but the one in the state directory
#   healed       a function that puts right what can be put right
#   expected     a function that looks at what came of it
#   dies         the role whose process is killed
#
# $src and $dst are the roles; their pids are in files by then.

# A device that the guest's QEMUs all have: dest_args may leave it out.
device=(-object rng-builtin,id=r -device virtio-rng-pci,rng=r,addr=5)

# For faults that leave something hanging.
impatient=(--deadline answer=1 --deadline connect=1 --deadline setup=1.5
    --deadline stall=1.5 --deadline switchover=1.5 --deadline finish=1.5
    --deadline cancel=0.7 --deadline undo=1)

fault_controller_killed() { command="kill -KILL \$(cat $T/qmigrate.pid)"; }

fault_source_killed() { command="kill -KILL \$(cat $T/$src.pid)" dies=$src; }
fault_destination_killed() { command="kill -KILL \$(cat $T/$dst.pid)" dies=$dst; }

fault_source_stopped() {
    command="kill -STOP \$(cat $T/$src.pid)"
    options+=("${impatient[@]}")
}
fault_destination_stopped() {
    command="kill -STOP \$(cat $T/$dst.pid)"
    options+=("${impatient[@]}")
}

fault_stream_cut() {
    command="kill -USR1 \$(cat $T/relay.pid)"
    options+=("${impatient[@]}")
}
fault_stream_blackhole() {
    command="kill -USR2 \$(cat $T/relay.pid)"
    options+=("${impatient[@]}")
}

fault_monitor_cut_src() { command="kill -USR1 \$(cat $T/$src.gate.pid)"; }
fault_monitor_cut_dst() { command="kill -USR1 \$(cat $T/$dst.gate.pid)"; }
fault_monitor_hangs_src() {
    command="kill -STOP \$(cat $T/$src.gate.pid)"
    options+=("${impatient[@]}")
}
fault_monitor_hangs_dst() {
    command="kill -STOP \$(cat $T/$dst.gate.pid)"
    options+=("${impatient[@]}")
}

fault_cancel() { command="kill -INT \$(cat $T/qmigrate.pid)"; }
fault_cancel_races() { command="kill -TERM \$(cat $T/qmigrate.pid)"; }

# While it stands still nobody else may act, and everybody may ask. That the
# fault has happened is known before the process stands still: a signal that
# came in between would leave it so for good.
fault_controller_stopped() {
    command="kill -STOP \$(cat $T/qmigrate.pid)"
    meanwhile=second_controller
}
fault_happened_or_will_not() {
    fault_happened || has_ended "$(cat "$T/qmigrate.pid")"
}
controller_stands_still() { [ "$(state_of "$(cat "$T/qmigrate.pid")")" = T ]; }
second_controller() {
    local rc=0 id
    wait_for 30 "the fault" fault_happened_or_will_not
    fault_happened || return 0
    wait_for 10 "qmigrate to stand still" controller_stands_still
    id=$(migration_id)
    [ -n "$id" ] || fail "stopped, and there is no transcript"
    qmigrate owner "$id" >"$T/owner.held" 2>&1 || rc=$?
    case $rc in 0 | 1 | 5) ;; *) fail "owner: $rc: $(cat "$T/owner.held")" ;; esac
    grep -q 'is at work on this guest' "$T/owner.held" || fail "$(cat "$T/owner.held")"
    rc=0
    qmigrate recover "$id" >"$T/recover.held" 2>&1 || rc=$?
    [ "$rc" = 5 ] && grep -q 'another qmigrate acts on this guest' "$T/recover.held" ||
        fail "recover beside it: $rc: $(cat "$T/recover.held")"
    kill -CONT "$(cat "$T/qmigrate.pid")"
}

fault_device_missing() { dest_args=(); }
fault_device_moved() {
    dest_args=(-object rng-builtin,id=r -device virtio-rng-pci,rng=r,addr=6)
}
fault_device_differs() { dest_args=(-device virtio-balloon-pci,addr=5); }
fault_memory_smaller() { dest_args=("${device[@]}" -m 48); }

# A disk of our own, in a mount namespace (tests/faults/run sees to that).
small_disk() { # small_disk KIB
    mkdir -p "$T/small"
    mount -t tmpfs -o "size=${1}k" none "$T/small"
    state=$T/small/state
    healed=disk_is_put_right
}
disk_is_put_right() {
    mount -o remount,rw "$T/small"
    rm -f "$T/small/fill"
}
fill_disk() { cat /dev/zero >"$T/small/fill" 2>/dev/null || true; }
fault_disk_full() {
    small_disk 64
    fill_disk
    expected=refused_untouched
}
fault_disk_read_only() {
    small_disk 64
    mount -o remount,ro "$T/small"
    expected=refused_untouched
}
refused_untouched() {
    [ "$rc" = 1 ] && [ "$(json error.phase "$T/result")" = begin ] || fail "$(cat "$T/result")"
    untouched "$src" "$dst"
}
# The journal has its space; the transcript has not.
fault_disk_fills() {
    small_disk 512
    transcript=false
    command="cat /dev/zero >$T/small/fill; true"
}

fault_slow_network() {
    relay_args=(-r 4000)
    options+=(--timeout 2)
}

# Only the wall clock; see clock.c.
clock() { # clock SECONDS
    echo 0 >"$T/clock"
    environment+=("LD_PRELOAD=$root/build/faults/clock.so" "CLOCK_FILE=$T/clock")
    command="echo $1 >$T/clock"
}
fault_clock_back() { clock -7200; }
fault_clock_forward() { clock 7200; }
