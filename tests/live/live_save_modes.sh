#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What libvirt has no way to ask for when a guest is saved: its memory as it
# is at the beginning, while it runs on (background-snapshot), and no memory at
# all, where both QEMUs have it in the same file (cpr-reboot).
. "$(dirname "$0")/move.sh"

save() { # save CODE [OPTION]...
    local code=$1
    shift
    expect "$code" qmigrate save "$T/image" --source "unix:$T/src.qmp" --json --progress none \
        --transcript "$T/t.jsonl" "$@"
}

restore() { # restore [OPTION]...
    expect 0 qmigrate restore "$T/image" --dest "unix:$T/dst.qmp" --json --progress none "$@"
}

case_cpr_reboot() {
    local ram=(-object "memory-backend-file,id=ram,size=${MEM}M,mem-path=$T/ram,share=on"
        -machine memory-backend=ram)
    # 7.2 has no modes.
    if [ "$VER_SRC" = 7.2 ]; then
        both
        save 3 -p qemu.mode=cpr-reboot
        is error.code qemu.lacks
        guest_check src
        return
    fi
    start_source "${ram[@]}"
    guest_up src
    before=$(settings src)
    save 0 -p qemu.mode=cpr-reboot -p qemu.x-ignore-shared=on
    [ "$(stat -c %s "$T/image")" -lt 2000000 ] || fail "$(ls -l "$T/image")"
    wait_exit src
    start_dest "${ram[@]}"
    restore -p qemu.mode=cpr-reboot -p qemu.x-ignore-shared=on
    guest_check src dst
    [ "$before" = "$(settings dst)" ] || fail "settings: $(settings dst)"
}

# 7.2's guest hangs if a snapshot fails or is cancelled: that has to be said.
snapshot=()
snapshot_options() {
    snapshot=(--live --keep-source -p qemu.background-snapshot=on)
    [ "$VER_SRC" != 7.2 ] || snapshot+=(--unsafe)
}

first_count() { # first_count ROLE: of its first whole line
    awk '/^CNT [0-9]+ PASS [0-9]+$/ { print $2 + 0; exit }' "$T/$1.serial"
}

# The guest runs on; what was saved is another one from then on.
case_background_snapshot() {
    local at
    both
    snapshot_options
    save 2 --live -p qemu.background-snapshot=on
    error_says 'requires --keep-source'
    if [ "$VER_SRC" = 7.2 ]; then
        before=$(settings src)
        save 3 --live --keep-source -p qemu.background-snapshot=on
        failed qemu.lacks begin source 'must be 8.1) hangs for ever if the snapshot fails'
        unchanged
    fi
    save 0 "${snapshot[@]}"
    is owner source
    expect 1 qmigrate owner "$(json id)" --json
    is way nothing
    [ "$(runstate src)" = running ] || fail "source: $(runstate src)"
    at=$(guest_number src 2)
    restore
    qmp_until dst return.status=running query-status
    guest_counts dst 1
    [ "$(first_count dst)" -le $((at + 1)) ]
    guest_walks dst
    if grep BAD "$T/dst.serial"; then fail 'its memory is not that of one instant'; fi
    guest_check src
}

# killed_when PATTERN: the controller, when that line passes the source's monitor.
killed_when() {
    local id
    GUEST='--mem 24 --pages-per-tick 64'
    snapshot_options
    start_source
    guest_up src
    before=$(settings src)
    gate src "$1" "$(signal_qmigrate KILL)"
    expect 137 run_qmigrate save "$T/image" --source "unix:$T/src.gate" --json --progress none \
        "${snapshot[@]}"
    id=$(basename "$T"/state/2*)
    expect 1 qmigrate owner "$id" --json
    is owner source
    # Without a cancel it goes on, and ends by itself.
    [ "$VER_SRC" != 7.2 ] || qmp_until src return.status=completed query-migrate
    expect 1 qmigrate recover "$id" --json
    is owner source
    expect 1 qmigrate owner "$id" --json
    is way nothing
    on_source
}

# The guest runs on beside its snapshot, so it is the source's whenever the
# controller dies; what is complete is kept.
case_controller_dies_during_a_snapshot() {
    killed_when '<"status": "active"'
    [ "$(cd "$T" && echo image*)" = 'image*' ]
}

case_controller_dies_after_a_snapshot() {
    killed_when '>"capability":"background-snapshot","state":false'
    # shellcheck disable=SC2119
    start_dest
    restore
    qmp_until dst return.status=running query-status
}

# Of 7.2, where a cancel would be the guest's end.
case_snapshot_of_7_2_is_not_cancelled() {
    MEM=256 GUEST='--mem 200 --pages-per-tick 64'
    snapshot_options
    start_source
    guest_up src
    gate src '<"status": "active"' "$(signal_qmigrate INT)"
    expect 0 run_qmigrate save "$T/image" --source "unix:$T/src.gate" --progress none \
        "${snapshot[@]}"
    grep -q "not cancelled: this QEMU's guest would hang for ever" "$T/out.err"
    must_fail grep -q migrate_cancel "$T/src.talk"
    guest_counts src 20
}

case_other_modes_are_refused() {
    both
    save 2 -p qemu.mode=cpr-transfer
    is error.code param.unsupported
    error_says "'cpr-transfer' is not 'normal' or 'cpr-reboot'"
    guest_check src
}

for v in $(main_versions); do
    beside run_case case_cpr_reboot "$v" "$v"
    beside run_case case_background_snapshot "$v" "$v"
    beside run_case case_controller_dies_during_a_snapshot "$v" "$v"
    beside run_case case_controller_dies_after_a_snapshot "$v" "$v"
done
beside run_case case_snapshot_of_7_2_is_not_cancelled 7.2 7.2
beside run_case case_other_modes_are_refused 11.1 11.1
finish
