#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Processes that die or hang in every phase of a migration. Each time the guest
# runs on one side, its memory is right, and a second try goes well; or the
# outcome is undecided, and it is.
#
# A short deadline is that of whom the case lets hang. Those that the other side
# has to keep as well are long enough for one on a busy machine.
. "$(dirname "$0")/move.sh"

kill_dst() { echo "run kill -KILL $dst_pid"; }
kill_src() { echo "run kill -KILL $src_pid"; }
stop_dst() { echo "run kill -STOP $dst_pid"; }

# ---- the destination dies --------------------------------------------------------

case_destination_dies_when_asked() {
    both
    gated src
    gated dst '>"query-migrate"' "$(kill_dst)"
    move 1
    is error.phase begin
    is error.side destination
    error_says 'connection lost'
    untouched src
    on_source
    again
}

case_destination_dies_when_it_is_to_listen() {
    both
    gated dst '>"migrate-incoming"' "$(kill_dst)"
    move 1
    failed dest.lost prepare destination 'connection lost'
    on_source
    again
}

# Nobody listens any more when the source connects.
case_destination_refuses_the_connection() {
    both
    gated src '>"migrate",' "$(kill_dst)"
    move 1
    failed dest.lost perform destination ''
    on_source
    again
}

# It is there, but not where it was told to listen.
case_nobody_listens_at_the_address() {
    both
    gated src '>"migrate",' "run rm $T/data"
    move 1 -p "migrate_uri=unix:$T/data"
    failed migration.failed perform source "$T/data"
    on_source
    again
}

case_destination_dies_in_setup() {
    GUEST=$BUSY
    both
    gated src '<"status": "setup"' "$(kill_dst)"
    move 1 -p bandwidth=1
    failed dest.lost perform destination ''
    on_source
    again
}

case_destination_dies_in_precopy() {
    GUEST=$BUSY
    both
    gated src '<"status": "active"' "$(kill_dst)"
    move 1 -p bandwidth=1
    failed dest.lost perform destination ''
    on_source
}

case_destination_dies_at_pre_switchover() {
    both
    gated src '>"migrate-continue"' "$(kill_dst)"
    move 1
    failed dest.lost switchover destination ''
    on_source
    again
}

# It has not read a byte of the device state when it goes.
case_destination_dies_while_loading() {
    both
    # From here on the source needs no more words of it to go on.
    gated src '>"migrate-continue"' "$(stop_dst)" '<"status": "device"' "$(kill_dst)"
    move 1
    failed dest.lost switchover destination ''
    on_source
    again
}

# With the word of the source that all was loaded it is the destination's, and
# nobody can know whether it ran: then a person has to look.
case_destination_dies_when_it_is_to_run() {
    both
    gated dst '>"cont"' "$(kill_dst)"
    move 5
    is result undecided
    is owner undecided
    is error.code undecided
    is error.phase finish
    is error.side destination
    error_says 'after the commit'
    case "$(json error.hint)" in
    *'start neither side'*) ;;
    *) fail "hint: $(json error.hint)" ;;
    esac
    # The source still has all of it, for who knows that the other is dead.
    comes_to src postmigrate
    qmp src cont
    guest_check src
}

# ---- it cannot load ----------------------------------------------------------------

# A device that the destination does not have. Its own reason is quoted.
missing=(-object rng-builtin,id=r -device virtio-rng-pci,rng=r)

quotes() { # quotes PATH: 11.1 says it otherwise than 5.2..10.0
    case "$(json "$1")" in
    *'Unknown savevm section or instance '*virtio-rng* | *'Unknown section or instance '*virtio-rng*) ;;
    *) fail "no reason in $1: $(cat "$T/out")" ;;
    esac
}

# 11.1 tells it to who asks; 10.0 only that it could not load.
case_device_is_missing() {
    start_source "${missing[@]}"
    start_dest
    guest_up src
    move 1
    failed dest.load switchover destination 'destination could not take the guest'
    case $VER_DST in
    11.1) quotes error.message ;;
    10.0) error_says 'the destination says: load of migration failed: Invalid argument' ;;
    esac
    on_source
    start_qemu next "$VER_DST" -incoming defer "${missing[@]}"
    from='' to=unix:$T/next.qmp
    move 0
    moved src next
}

# Of one that we started the standard error is there.
case_device_is_missing_in_one_of_ours() {
    start_source "${missing[@]}"
    guest_up src
    move 1 --dest-exec "$(dest_command -incoming defer)"
    failed dest.load switchover destination 'destination could not take the guest'
    case $VER_DST in
    11.1) quotes error.message ;;
    *) quotes error.stderr ;;
    esac
    on_source
}

case_memory_is_smaller() {
    start_source
    MEM=48 start_dest
    guest_up src
    move 1
    is error.phase perform
    is error.side destination
    is owner source
    on_source
    again
}

# ---- it hangs ------------------------------------------------------------------------

# The source waits for a word of it, and is told to wait no longer.
case_destination_hangs_at_switchover() {
    both
    gated src '<"status": "pre-switchover"' "$(stop_dst)"
    move 1 --deadline switchover=0.5 --deadline cancel=3 --deadline undo=3
    failed deadline switchover source 'no end of the switchover after 0.5 seconds'
    grep -q 'the destination does not answer: end it by hand' "$T/out.err"
    on_source
    never_ran
    again
}

# More is left than the socket takes: the source's whole monitor is blocked
# then, and yank gets it back.
case_destination_hangs_and_blocks_the_source() {
    GUEST='--mem 8 --spin'
    both
    gated src '>"migrate-continue"' "$(stop_dst)"
    move 1 -p "migrate_uri=unix:$T/data" \
        --deadline switchover=3 --deadline cancel=3 --deadline undo=3
    failed deadline switchover source 'no end of the switchover after 3 seconds'
    grep -q '"peer":"source","dir":">".*"exec-oob":"yank"' "$T/t.jsonl"
    on_source
    never_ran
    again
}

# A destination that was left hanging, when it goes on.
never_ran() {
    kill -CONT "$dst_pid"
    # It may have gone for the broken stream; it may not have run.
    case $("$tools/qmp-call" -p "$dst_pid" -g return.status "$T/dst.obs" query-status 2>/dev/null) in
    running) fail 'the destination runs' ;;
    esac
    [ "$(guest_number dst 2)" -eq -1 ]
}

# One that we started is ended, hanging or not.
case_destination_of_ours_hangs_at_switchover() {
    start_source
    guest_up src
    gated src '<"status": "pre-switchover"' "run kill -STOP \$(cat $T/dst.pid)"
    move 1 --dest-exec "$(dest_command -incoming defer)" \
        --deadline switchover=0.5 --deadline cancel=3 --deadline undo=3
    failed deadline switchover source 'no end of the switchover'
    if grep -qsF "$T/" "/proc/$(cat "$T/dst.pid")/cmdline"; then fail 'it is still there'; fi
    on_source
}

case_destination_hangs_in_precopy() {
    GUEST='--mem 24 --pages-per-tick 512'
    both
    gated src '<"status": "active"' "$(stop_dst)"
    move 1 --deadline stall=0.5 --deadline undo=3
    failed deadline perform source 'no byte of RAM was sent after 0.5 seconds'
    on_source
    never_ran
}

case_destination_hangs_when_it_is_to_listen() {
    both
    gated dst '>"migrate-incoming"' "$(stop_dst)"
    move 1 --deadline answer=3 --deadline undo=3
    failed qmp.timeout prepare destination 'was not answered in time'
    on_source
    never_ran
}

# It loaded all and hangs before it said that it runs.
case_destination_hangs_when_it_is_to_run() {
    both
    gated dst '>"cont"' "$(stop_dst)"
    move 5 --deadline finish=0.5
    is owner undecided
    is error.code undecided
    is error.phase finish
    comes_to src postmigrate
    # Whether it heard of `cont` nobody knows. The source did not run meanwhile.
    kill -CONT "$dst_pid"
    qmp dst cont
    [ "$(runstate src)" = postmigrate ]
    guest_check src dst
}

# ---- the source ---------------------------------------------------------------------

source_is_lost() { # source_is_lost PHASE: it had the guest, and is gone
    is error.code "$2"
    is error.phase "$1"
    is error.side source
    wait_exit src || true
}

case_source_dies_when_asked() {
    both
    gated src '>"query-migrate"' "$(kill_src)"
    gated dst
    move 1
    is owner source
    source_is_lost begin qmp.closed
    untouched dst
}

case_source_dies_in_prepare() {
    both
    gated src '>"migrate-set-capabilities"' "$(kill_src)"
    move 1
    # `migrate` may have followed it, if the destination was as quick to listen.
    case $(json error.phase) in
    perform) source_is_lost perform source.lost ;;
    *) source_is_lost prepare source.lost ;;
    esac
    wait_exit dst || true
}

case_source_dies_in_precopy() {
    GUEST=$BUSY
    both
    gated src '<"status": "active"' "$(kill_src)"
    move 1 -p bandwidth=1
    is owner source
    source_is_lost perform source.lost
    # There was nothing to run, and it does not.
    wait_exit dst || true
}

case_source_dies_at_pre_switchover() {
    both
    gated src '<"status": "pre-switchover"' "$(kill_src)"
    move 1
    is owner source
    is error.code source.lost
    is error.side source
    wait_exit dst || true
}

# The destination has it all and is paused: nobody told it to run. If the
# source is dead for certain it may.
case_source_dies_when_all_is_loaded() {
    both
    # nor by what it had still answered
    gated src '<"status": "completed"' "instead kill -KILL $src_pid" '<"status": "completed"' drop
    move 5
    is owner undecided
    source_is_lost switchover source.lost
    case "$(json error.hint)" in
    *"recover --fenced source"*) ;;
    *) fail "hint: $(json error.hint)" ;;
    esac
    comes_to dst paused
    qmp dst cont
    guest_check src dst
}

# It has given its word, and with it the guest.
case_source_dies_with_its_word_given() {
    both
    gated src '<"status": "completed"' "$(kill_src)"
    move 0
    moved
}

case_source_dies_after_the_commit() {
    both
    gated dst '>"cont"' "$(kill_src)"
    move 0
    wait_exit src || true
    moved
}

# A source that stands still and is asked.
case_source_hangs_when_asked() {
    both
    gated src '>"query-migrate"' "run kill -STOP $src_pid"
    gated dst
    move 1 --deadline answer=3
    is error.side source
    is error.phase begin
    is owner source
    untouched src dst
    kill -CONT "$src_pid"
    guest_check src
}

for v in $(main_versions); do
    for c in destination_refuses_the_connection destination_dies_in_precopy \
        destination_dies_at_pre_switchover destination_dies_while_loading \
        destination_hangs_and_blocks_the_source destination_hangs_in_precopy \
        device_is_missing_in_one_of_ours memory_is_smaller \
        destination_dies_when_it_is_to_run source_dies_when_all_is_loaded; do
        run_case case_$c "$v" "$v"
    done
done
for c in destination_dies_when_asked destination_dies_when_it_is_to_listen \
    nobody_listens_at_the_address destination_dies_in_setup \
    destination_of_ours_hangs_at_switchover destination_hangs_when_it_is_to_listen \
    destination_hangs_when_it_is_to_run source_dies_with_its_word_given \
    source_dies_when_asked source_dies_in_prepare source_dies_in_precopy \
    source_dies_at_pre_switchover source_dies_after_the_commit source_hangs_when_asked; do
    run_case case_$c
done
for_pairs case_device_is_missing
run_case case_destination_dies_at_pre_switchover 7.2 11.1
run_case case_destination_hangs_and_blocks_the_source 11.1 7.2
run_case case_destination_hangs_at_switchover
finish
