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

disk() { # disk ROLE FORMAT [NAME]: arguments of a QEMU
    printf '%s\n' -drive "if=none,id=data,format=$2,file=$T/${3:-$1.img}" \
        -device ide-hd,drive=data,bus=ide.0,unit=0 \
        -global virtio-blk-pci.bootindex=0
}

# shellcheck disable=SC2034,SC2206
start_pair() { # start_pair SRC_FORMAT DST_FORMAT [ARG...]: both get ARG
    local from=$1 to=$2
    shift 2
    MACHINE=${MACHINE/q35/i440fx}
    GUEST="--mem 2 --pages-per-tick 16 --hz 200 --disk $MIB"
    mapfile -t args < <(disk src "$from")
    start_source "${args[@]}" "$@"
    mapfile -t args < <(disk dst "$to")
    start_dest "${args[@]}" "$@"
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

case_all_disks() {
    image src.img raw
    image dst.img qcow2
    fill src.img 8
    start_pair raw qcow2
    migrate 0 --copy-storage-all --suspend --keep-source
    same_images
    nothing_is_left src
    nothing_is_left dst
    [ "$(json job.disk_total)" -ge 8388608 ]
    [ "$(json job.disk_remaining)" -eq 0 ]
    qmp dst cont >/dev/null
    guest_check src dst
}

for_pairs case_all_disks
finish
