#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Disks that are not shared, on real QEMUs: the guest writes to its disk all
# the time (one sector at each tick, tests/guest/guest.S), and at the end, with
# the guest paused, both images are compared.
. "$(dirname "$0")/lib.sh"

MIB=16
command -v qemu-img >/dev/null || {
    echo 'no qemu-img'
    exit 77
}

# A pair whose guest has its disk, IDE, in src.img and dst.img.
image() { # image NAME FORMAT [ARG...]
    local name=$1 format=$2
    shift 2
    qemu-img create -q -f "$format" "$@" "$T/$name" "${MIB}M"
}

fill() { # fill NAME MIB: random bytes at the beginning of a raw image
    head -c "$(($2 << 20))" /dev/urandom | dd of="$T/$1" conv=notrunc status=none
}

disk() { # disk ROLE FORMAT: arguments of a QEMU; ROLE_options are the drive's
    local options=${1}_options
    printf '%s\n' -drive "if=none,id=data,format=$2,file=$T/$1.img${!options:-}" \
        -device ide-hd,drive=data,bus=ide.0,unit=0 \
        -global virtio-blk-pci.bootindex=0
}

# More arguments of a side are in more_src and more_dst, the guest's ticks a
# second in hz.
more_src=() more_dst=() hz=200
# shellcheck disable=SC2034
start_pair() { # start_pair SRC_FORMAT DST_FORMAT
    MACHINE=${MACHINE/q35/i440fx}
    GUEST="--mem 2 --pages-per-tick 16 --hz $hz --disk $MIB"
    mapfile -t args < <(disk src "$1")
    start_source "${args[@]}" "${more_src[@]}"
    mapfile -t args < <(disk dst "$2")
    start_dest "${args[@]}" "${more_dst[@]}"
    guest_up src
}

migrate() { # migrate CODE ARG...
    local code=$1
    shift
    expect "$code" qmigrate migrate --source "unix:$T/src.qmp" \
        --dest "unix:$T/dst.qmp" --json --transcript "$T/t.jsonl" --live "$@"
}

same_images() { # same_images [SRC DST]: as the guest sees them
    qemu-img compare -q -U "$T/${1:-src.img}" "$T/${2:-dst.img}" ||
        fail "the images differ"
}

# What was made is gone: no job, no node, no server.
nothing_is_left() { # nothing_is_left ROLE
    local found
    [ "$(qmp "$1" query-block-jobs)" = '{"return":[]}' ]
    found=$(qmp "$1" query-named-block-nodes query-block-exports)
    case $found in *qmigrate-*) fail "$1 still has: $found" ;; esac
    if [ "$1" = dst ]; then must_fail qmp dst nbd-server-stop; fi
}

# ---- cases ------------------------------------------------------------------

# Raw to qcow2, the guest writes all the time, and lives on afterwards.
case_all_disks_are_copied() {
    image src.img raw
    image dst.img qcow2
    fill src.img 8
    start_pair raw qcow2
    migrate 0 --copy-storage-all --suspend --keep-source
    same_images
    nothing_is_left src
    nothing_is_left dst
    must_fail grep 'Failed flush' "$T/src.err" # the exports were there for that
    [ "$(json job.disk_total)" -ge 8388608 ]
    [ "$(json job.disk_processed)" -eq "$(json job.disk_total)" ]
    [ "$(json job.disk_remaining)" -eq 0 ]
    qmp dst cont >/dev/null
    guest_check src dst
}

# Everything at once: what was chosen, by target of the XML, with -blockdev;
# what was not is left alone.
case_chosen_disks_are_copied_by_their_target() {
    local side
    for side in src dst; do
        image $side.img raw
        image $side.2 raw
        image $side.3 raw
        mapfile -t "more_$side" < <(printf '%s\n' \
            -blockdev "raw,node-name=libvirt-2-format,file.driver=file,file.filename=$T/$side.2" \
            -device ide-hd,drive=libvirt-2-format,bus=ide.0,unit=1,id=virtio-disk1 \
            -drive "if=none,id=drive-virtio-disk2,format=raw,file=$T/$side.3" \
            -device ide-hd,drive=drive-virtio-disk2,bus=ide.1,unit=0,id=virtio-disk2)
    done
    fill src.2 2
    fill src.3 2
    fill src.img 1
    cat >"$T/guest.xml" <<END
<domain type='qemu'><name>g</name><memory>65536</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type></os><devices>
<disk type='file'><source file='$T/src.2'/><target dev='vdb' bus='virtio'/></disk>
<disk type='file'><source file='$T/src.3'/><target dev='vdc' bus='virtio'/></disk>
</devices></domain>
END
    more_src+=(-name g) more_dst+=(-name g)
    start_pair raw raw
    migrate 0 --domain "$T/guest.xml" --copy-storage-all --migrate-disks vdb --suspend
    same_images src.2 dst.2
    must_fail same_images src.3 dst.3
    must_fail same_images
}

# The top layer only: what lies below is shared, and not sent.
case_the_top_layer_is_copied() {
    image base.img raw
    fill base.img 8
    image src.img qcow2 -F raw -b "$T/base.img"
    image dst.img qcow2 -F raw -b "$T/base.img"
    start_pair qcow2 qcow2
    migrate 0 --copy-storage-inc --suspend
    same_images
    # The guest wrote a few sectors, in clusters of 64 KiB.
    [ "$(stat -c %b "$T/dst.img")" -lt 24000 ]
    [ "$(json job.disk_processed)" -lt $((MIB << 20)) ]
    qmp dst cont >/dev/null
    guest_check src dst
}

# A write is done when it has reached both: nothing is left to be copied.
case_writes_are_synchronous() {
    image src.img raw
    image dst.img raw
    start_pair raw raw
    migrate 0 --copy-storage-all --copy-storage-synchronous-writes --suspend
    same_images
    tr -d ' ' <"$T/t.jsonl" | grep -q '"copy-mode":"write-blocking"'
}

# Zeroes that the source has on its disk take no room on the destination's; not
# so without detection.
case_zeroes_are_detected() {
    local side i
    for side in src dst; do
        image $side.img raw
        for i in 1 2; do image $side.$i raw; done
    done
    for i in 1 2; do
        head -c "$((MIB << 20))" /dev/zero | dd of="$T/src.$i" conv=notrunc status=none
        more_src+=(-drive "if=none,id=zero$i,format=raw,file=$T/src.$i"
            -device "ide-hd,drive=zero$i,bus=ide.1,unit=$((i - 1))")
        more_dst+=(-drive "if=none,id=zero$i,format=raw,file=$T/dst.$i,discard=unmap"
            -device "ide-hd,drive=zero$i,bus=ide.1,unit=$((i - 1))")
    done
    start_pair raw raw
    migrate 0 --copy-storage-all --migrate-disks-detect-zeroes zero1 --suspend
    same_images
    [ "$(stat -c %b "$T/dst.1")" -lt 2048 ]
    [ "$(stat -c %b "$T/dst.2")" -ge $((MIB << 11)) ]
}

# Of the copy alone: RAM has its own.
case_the_bandwidth_is_held() {
    local ms
    image src.img raw
    fill src.img 12
    image dst.img raw
    hz=20 # 64 KiB are dirty with each write: the copy has to keep up
    start_pair raw raw
    migrate 0 --copy-storage-all --bandwidth 6 --suspend
    same_images
    ms=$(between_lines '"blockdev-mirror"' '"BLOCK_JOB_READY"')
    # The first slice of 100 ms is free.
    { [ "$ms" -ge 1700 ] && [ "$ms" -le 4000 ]; } || fail "$ms ms for 12 MiB"
}

# Milliseconds in the transcript from the first line with A to the first with B.
between_lines() { # between_lines A B
    tr -d ' ' <"$T/t.jsonl" | awk -v a="$1" -v b="$2" '
        function at() { match($0, /"t":[0-9]+/); return substr($0, RSTART + 4, RLENGTH - 4) }
        index($0, a) && !from { from = at() }
        index($0, b) && !to { to = at() }
        END { printf "%d\n", (to - from) / 1000 }'
}

# The bandwidth is changed while disks are copied.
case_the_bandwidth_is_changed() {
    image src.img raw
    fill src.img 12
    image dst.img raw
    start_pair raw raw
    begin_migration --copy-storage-all --bandwidth 1
    wait_for 20 'the mirror' mirror_runs
    expect 0 qmigrate status --json "$id"
    [ "$(json state)" = storage ]
    [ "$(json migration.disk.total)" -ge 12582912 ]
    expect 0 qmigrate set "$id" bandwidth=1000
    end_migration 0
    guest_check src dst
}

begin_migration() { # begin_migration ARG...: $id, $pid
    "$QMIGRATE" migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" --json \
        --transcript "$T/t.jsonl" --live "$@" >"$T/result" 2>"$T/result.err" &
    pid=$!
    wait_for 20 'a directory of the migration' has_directory
    id=$(basename "$T"/state/2*)
}
has_directory() { ls -d "$T"/state/2* >/dev/null 2>&1; }
# Some of the disk was copied, and it is asked for.
mirror_runs() { tr -d ' ' <"$T/t.jsonl" | grep -q '"offset":[1-9]'; }
end_migration() { # end_migration CODE
    local rc=0
    wait "$pid" || rc=$?
    [ "$rc" -eq "$1" ] || fail "exit $rc: $(cat "$T/result" "$T/result.err")"
}

# Nothing was changed: the guest runs on, and the destination can be used.
refused() { # refused CODE TEXT ARG...
    local code=$1 text=$2
    shift 2
    migrate 3 "$@"
    [ "$(json error.code)" = "$code" ] || fail "$(cat "$T/out")"
    json error.message | grep -qF "$text" || fail "$(json error.message)"
    [ "$(runstate src)" = running ]
    [ "$(runstate dst)" = inmigrate ]
    nothing_is_left src
    nothing_is_left dst
}

case_what_does_not_fit_is_refused() {
    image src.img raw
    qemu-img create -q -f raw "$T/dst.img" 15M
    start_pair raw raw
    refused disk "disk 'data': the destination's image '$T/dst.img' has 15728640 bytes, the source's 16777216" \
        --copy-storage-all
    refused disk 'disk target vdq not found' --copy-storage-all --migrate-disks vdq
    refused disk "read-only disk 'boot'" --copy-storage-all --migrate-disks boot
}

case_a_disk_is_not_copied_onto_itself() {
    image src.img raw
    ln "$T/src.img" "$T/dst.img" # another name does not help
    start_pair raw raw
    refused disk "would be copied onto itself" --copy-storage-all
}

# A second try, with a fresh destination, is not in the way of the first.
again() {
    start_dest "${args[@]}"
    migrate 0 --copy-storage-all --suspend
    same_images
}

slow_pair() {
    image src.img raw
    fill src.img 12
    image dst.img raw
    start_pair raw raw
    begin_migration --copy-storage-all --bandwidth 2 "$@"
    wait_for 20 'the mirror' mirror_runs
}

case_a_cancel_leaves_the_source_whole() {
    slow_pair
    kill -INT "$pid"
    end_migration 4
    nothing_is_left src
    [ "$(runstate src)" = running ]
    guest_check src
    again
}

case_a_destination_that_dies_leaves_the_source_whole() {
    slow_pair
    kill -KILL "$dst_pid"
    end_migration 1
    [ "$(json error.code "$T/result")" = dest.lost ]
    nothing_is_left src
    guest_check src
    again
}

# To remove a node, or to stop the guest, QEMU waits for the destination.
case_a_destination_that_hangs_does_not_block_the_source() {
    slow_pair --deadline undo=5
    kill -STOP "$dst_pid"
    kill -INT "$pid"
    end_migration 4
    nothing_is_left src
    [ "$(runstate src)" = running ]
    guest_check src
}

# The space that the destination's image is on is full.
case_a_mirror_that_fails_leaves_the_source_whole() {
    image src.img raw
    fill src.img 12
    qemu-img create -q -f raw "$T/image" "${MIB}M"
    MACHINE=${MACHINE/q35/i440fx}
    GUEST="--mem 2 --pages-per-tick 16 --hz 200 --disk $MIB"
    mapfile -t args < <(disk src raw)
    start_source "${args[@]}"
    start_dest -blockdev "file,node-name=f,filename=$T/image" \
        -blockdev blkdebug,node-name=bad,image=f,inject-error.0.event=pwritev,inject-error.0.iotype=write,inject-error.0.errno=28,inject-error.0.sector=8192 \
        -blockdev raw,node-name=top,file=bad -device ide-hd,drive=top,id=data,bus=ide.0,unit=0 \
        -global virtio-blk-pci.bootindex=0
    guest_up src
    migrate 1 --copy-storage-all --migrate-disks data
    [ "$(json error.code)" = disk.copy ]
    json error.message | grep -qF "copying disk 'data' failed: "
    nothing_is_left src
    [ "$(runstate src)" = running ]
    guest_check src
}

case_recover_removes_what_a_killed_controller_left() {
    slow_pair
    kill -KILL "$pid"
    wait "$pid" || true
    qmp src query-named-block-nodes | grep -q qmigrate-data
    expect 1 qmigrate owner "$id"
    qmp src query-named-block-nodes | grep -q qmigrate-data
    expect 1 qmigrate recover "$id"
    nothing_is_left src
    [ "$(runstate src)" = running ]
    guest_check src
    again
}

# A migration through gates that do something at a line: its pid is in $T/pid.
gated() { # gated CODE ROLE PATTERN ACTION ARG...
    local code=$1 rc=0 role
    for role in src dst; do
        if [ "$role" = "$2" ]; then gate "$role" "$3" "$4"; else gate "$role"; fi
    done
    shift 4
    # shellcheck disable=SC2016
    timeout -k 5 60 sh -c 'echo $$ >"$0"; exec "$@"' "$T/pid" \
        "$QMIGRATE" migrate --source "unix:$T/src.gate" --dest "unix:$T/dst.gate" --json \
        --live --copy-storage-all "$@" >"$T/result" 2>"$T/result.err" || rc=$?
    [ "$rc" -eq "$code" ] || fail "exit $rc: $(cat "$T/result" "$T/result.err")"
}

# The controller dies at each turn of the disks; its own monitors are free then.
recovers_from() { # recovers_from ROLE LINE OWNER [HOW]: the line passes, or `instead`
    local code=0
    image src.img raw
    fill src.img 4
    image dst.img raw
    start_pair raw raw
    # shellcheck disable=SC2016
    gated 137 "$1" "$2" "${4:-run} kill -KILL \$(cat $T/pid)" --suspend
    id=$(basename "$T"/state/2*)
    [ "$3" = destination ] || code=1
    expect $code qmigrate recover "$id"
    if [ "$3" = source ]; then
        nothing_is_left src
        [ "$(runstate src)" = running ]
        guest_check src
        return
    fi
    nothing_is_left dst
    same_images
    qmp dst cont >/dev/null
    guest_check src dst
}
case_recover_after_a_kill_before_the_mirror() { recovers_from src '>"blockdev-mirror"' source; }
case_recover_after_a_kill_when_the_mirror_is_ready() { recovers_from src '<"BLOCK_JOB_READY"' source; }
case_recover_after_a_kill_when_the_mirror_is_to_end() { recovers_from src '>"block-job-cancel"' source; }
case_recover_after_a_kill_when_the_mirror_has_ended() { recovers_from src '<"BLOCK_JOB_COMPLETED"' source; }
case_recover_after_a_kill_before_the_source_goes_on() { recovers_from src '>"migrate-continue"' source instead; }
case_recover_after_a_kill_at_the_end() { recovers_from src '<"completed"' destination; }

# It hangs when the guest stands still already, and the source waits for it.
hangs_at() { # hangs_at PATTERN
    image src.img raw
    fill src.img 4
    image dst.img raw
    start_pair raw raw
    gated 1 src "$1" "run kill -STOP $dst_pid" --deadline switchover=1 \
        --deadline cancel=3 --deadline undo=5
    [ "$(runstate src)" = running ]
    nothing_is_left src
    guest_check src
}
case_a_destination_hangs_when_the_mirror_is_to_end() { hangs_at '>"block-job-cancel"'; }
case_a_destination_hangs_when_the_node_goes() { hangs_at '>"blockdev-del"'; }
case_a_destination_hangs_when_the_guest_stops() { hangs_at '<"status": "active"'; }

# Keys are made by hand: a PSK is enough.
case_disks_go_over_tls() {
    mkdir "$T/psk"
    echo "qemu:$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')" >"$T/psk/keys.psk"
    image src.img raw
    printf 'the guest said something secret' | dd of="$T/src.img" conv=notrunc status=none
    image dst.img raw
    start_pair raw raw
    migrate 0 --copy-storage-all --tls --tls-psk "$T/psk" --suspend
    same_images
    tr -d ' ' <"$T/t.jsonl" >"$T/said"
    grep '"nbd-server-start"' "$T/said" | grep -q '"tls-creds":"qmigrate-tls"'
    grep '"blockdev-add"' "$T/said" | grep -q '"tls-creds":"qmigrate-tls"'
}

case_a_wrong_key_is_named() {
    mkdir "$T/psk" "$T/other"
    echo "qemu:$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')" >"$T/psk/keys.psk"
    echo "qemu:$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')" >"$T/other/keys.psk"
    image src.img raw
    image dst.img raw
    start_pair raw raw
    migrate 1 --copy-storage-all --tls --tls-psk "$T/psk" --tls-dest-dir "$T/other"
    [ "$(json error.code)" = tls ] || fail "$(cat "$T/out")"
    nothing_is_left src
    guest_check src
}

case_disks_are_copied_before_postcopy() {
    image src.img raw
    fill src.img 4
    image dst.img raw
    start_pair raw raw
    migrate 0 --copy-storage-all --postcopy --postcopy-after-precopy --keep-source
    nothing_is_left src
    nothing_is_left dst
    guest_check src dst
}

case_disks_have_a_place_of_their_own() {
    image src.img raw
    image dst.img raw
    fill src.img 4
    start_pair raw raw
    migrate 0 --copy-storage-all --migrateuri "unix:$T/ram" --disks-uri "unix:$T/nbd" --suspend
    same_images
}

# The data goes through a connection that is made for it, once the disks are
# copied: until something comes, a destination (11.1) does nothing else.
case_disks_are_copied_before_the_connection() {
    image src.img raw
    image dst.img raw
    fill src.img 4
    start_pair raw raw
    migrate 0 --copy-storage-all --migrateuri "fd:unix:$T/ram" --disks-uri "unix:$T/nbd" --suspend --keep-source
    same_images
    nothing_is_left src
    nothing_is_left dst
}

case_a_port_that_is_taken_is_passed_over() {
    image src.img raw
    image dst.img raw
    start_pair raw raw
    start_qemu other "$VER_DST" -incoming defer
    qmp other '{"execute":"nbd-server-start","arguments":{"addr":{"type":"inet","data":
        {"host":"127.0.0.1","port":"49152"}}}}' || true
    migrate 0 --copy-storage-all --suspend
    same_images
    migrate_port=$(tr -d ' ' <"$T/t.jsonl" | grep -o '"blockdev-add".*' | grep -o '"port":"[0-9]*"')
    [ "$migrate_port" != '"port":"49152"' ]
}

# The nodes are in a thread of their own, as on a busy host.
case_a_disk_of_an_iothread_is_copied() {
    local side
    for side in src dst; do
        image $side.img raw
        image $side.2 raw
        declare -n more=more_$side
        more=(-object iothread,id=io0 -device virtio-scsi-pci,id=scsi0,iothread=io0
            -blockdev "raw,node-name=n2,file.driver=file,file.filename=$T/$side.2"
            -device scsi-hd,drive=n2,id=d2,bus=scsi0.0)
    done
    fill src.2 4
    start_pair raw raw
    if ! (migrate 0 --copy-storage-all --suspend --keep-source); then
        grep -q 'nbd_blockdev_client_closed: Assertion' "$T/dst.err" || fail "see above"
        [ "$VER_DST $(json error.code) $(json owner)" = '7.2 dest.lost source' ]
        skip "the NBD server of QEMU 7.2 aborts now and then when a client leaves an I/O thread"
    fi
    same_images
    same_images src.2 dst.2
    nothing_is_left src
    nothing_is_left dst
}

case_a_guest_that_is_paused_keeps_its_disk() {
    image src.img raw
    image dst.img raw
    fill src.img 4
    start_pair raw raw
    qmp src stop >/dev/null
    migrate 0 --copy-storage-all
    same_images
    [ "$(runstate dst)" = paused ]
    qmp dst cont >/dev/null
    guest_check src dst
}

case_a_guest_that_is_stopped_first_keeps_its_disk() {
    image src.img raw
    image dst.img raw
    fill src.img 4
    start_pair raw raw
    expect 0 qmigrate migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" --json \
        --copy-storage-all
    guest_check src dst
}

# A plan shows it all, and changes nothing.
case_a_plan_shows_the_copies() {
    image src.img raw
    image dst.img raw
    start_pair raw raw
    expect 0 qmigrate plan --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" --copy-storage-all
    grep -oE 'nbd-server-start|block-export-add|blockdev-add|blockdev-mirror|block-job-cancel|blockdev-del|nbd-server-stop|migrate-continue|migrate-incoming' \
        "$T/out" | tr '\n' ' ' >"$T/order"
    [ "$(cat "$T/order")" = 'nbd-server-start block-export-add migrate-incoming blockdev-add blockdev-mirror block-job-cancel blockdev-del nbd-server-stop migrate-continue ' ]
    nothing_is_left src
    nothing_is_left dst
}

# Those that measure come one after the other; of those at one turn each, each
# version takes its share (LONG=1: all).
alone=' case_the_bandwidth_is_held '
is_due() { # is_due CASE NUMBER: of the version
    case $1 in
    case_all_disks_are_copied | ${alone// /}) return 1 ;;
    case_recover_after_* | case_a_destination_hangs_* | case_a_guest_*)
        turn=$((turn + 1))
        [ -n "${LONG:-}" ] || [ $((turn % 3)) -eq "$2" ]
        ;;
    esac
}
for_pairs_beside() {
    local s d
    while read -r s d <&8; do beside run_case "$1" "$s" "$d"; done 8< <(pairs)
}
for_pairs_beside case_all_disks_are_copied
number=0
for v in $(versions); do
    [ "$v" != 5.2 ] || continue # the pairs show that it can
    turn=0
    for name in $(declare -F | sed -nE 's/^declare -f (case_.*)/\1/p'); do
        is_due "$name" "$number" && beside run_case "$name" "$v" "$v"
    done
    number=$((number + 1))
done
while [ "${#besides[@]}" -gt 0 ]; do reap; done
for v in $(versions); do
    for name in $alone; do LIVE_TRIES=3 run_case "$name" "$v" "$v"; done
done
finish
