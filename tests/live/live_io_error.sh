#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The flag 'abort_on_error': a guest that writes to a disk whose server dies
# while RAM flows. QEMU stops the guest (werror=stop).
. "$(dirname "$0")/move.sh"

writer_image() {
    as --32 -o "$T/writer.o" "$root/tests/guest/writer.S"
    ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$T/writer.img" "$T/writer.o"
    truncate -s 1M "$T/writer.img"
    # What takes much longer at 1 MiB/s than the guest takes to its bad sector.
    head -c 33554432 /dev/urandom >"$T/blob"
}

# A disk with one bad sector, which is mended by the first write of it.
bad_disk() {
    local rule=file.inject-error.0
    echo "driver=raw,file.driver=blkdebug,file.image.driver=file,file.image.filename=$T/writer.img" \
        "$rule.event=pwritev,$rule.sector=2,$rule.once=on,$rule.errno=28" | tr ' ' ,
}

# A disk on a server that can end.
served_disk() {
    setpriv --pdeathsig KILL qemu-nbd -t -e 3 -f raw -k "$T/nbd" "$T/writer.img" 2>"$T/nbd.err" &
    nbd_pid=$!
    wait_for 20 'the disk server' is_listening "$T/nbd"
    disk="format=raw,werror=stop,file=nbd:unix:$T/nbd"
}

writers() { # with $disk
    local args=(-drive "if=none,id=disk,$disk" -device ide-hd,drive=disk,bus=ide.0,bootindex=0)
    start_source "${args[@]}" -device "loader,file=$T/blob,addr=0x1000000,force-raw=on"
    start_dest "${args[@]}"
    writes src
}

writes() { # writes ROLE: further ones, and all went well
    local n
    n=$(wc -c <"$T/$1.serial")
    wait_for 30 "the guest of $1 to write" wrote_more "$1" $((n + 2))
    if grep -q E "$T/$1.serial"; then fail 'the guest was told of an error'; fi
}

wrote_more() { # wrote_more ROLE BYTES
    [ "$(wc -c <"$T/$1.serial")" -ge "$2" ]
}

start_move() { # start_move ARG...
    "$QMIGRATE" migrate --source "$T/src.qmp" --dest "${to:-$T/dst.qmp}" --json --progress none \
        --transcript "$T/t.jsonl" "$@" >"$T/out" 2>"$T/out.err" &
    pid=$!
    qmp_until src return.status=active query-migrate
    [ "$(runstate src)" = running ]
}

ends_with() { # ends_with CODE
    local rc=0
    wait_for 60 'qmigrate to end' has_ended "$pid"
    wait "$pid" || rc=$?
    [ "$rc" -eq "$1" ] || fail "exit $rc: $(cat "$T/out")"
}

settings_of_source() {
    qmp src query-migrate-capabilities
    qmp src query-migrate-parameters
}

case_an_io_error_aborts_the_migration() {
    local before
    writer_image
    disk=$(bad_disk)
    writers
    before=$(settings_of_source)
    start_move --abort-on-error -p bandwidth=1
    ends_with 1
    [ "$(json error.code)" = guest.io-error ] || fail "$(cat "$T/out")"
    [ "$(json error.side) $(json owner)" = 'source source' ]
    json error.message | grep -qxF \
        "an I/O error stopped the guest (disk 'disk', write: No space left on device)"
    tr -d ' ' <"$T/t.jsonl" | grep -q '"event":"BLOCK_IO_ERROR"'
    [ "$(runstate src)" = io-error ]
    [ "$before" = "$(settings_of_source)" ]
    qmp src cont # it was mended
    writes src
}

case_a_guest_with_an_io_error_is_not_begun_with() {
    writer_image
    disk=$(bad_disk)
    writers
    comes_to src io-error
    expect 1 qmigrate migrate --source "$T/src.qmp" --dest "$T/dst.qmp" --json -f live -f abort_on_error
    [ "$(json error.code)" = guest.io-error ]
    json error.message | grep -qF 'cannot migrate domain with I/O error'
    json error.hint | grep -qF "'cont'"
}

# Without the flag it moves, and meets the error again where it goes.
case_without_the_flag_it_moves() {
    writer_image
    disk=$(bad_disk)
    writers
    start_move -p bandwidth=1
    comes_to src io-error
    qmp src '{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":1000000000}}'
    ends_with 0
    comes_to dst io-error
    qmp dst cont
    writes dst
}

# QEMU itself gives up when the last flush fails: the disk is named all the
# same, and not the destination whose stream broke off.
case_a_disk_that_is_gone_is_named() {
    writer_image
    served_disk
    writers
    # The source's word is to come first.
    gated dst '<"status": "failed"' "run $tools/qmp-call -u return.status=failed $T/src.obs query-migrate"
    start_move -p bandwidth=4
    kill -KILL "$nbd_pid"
    wait "$nbd_pid" || :
    ends_with 1
    [ "$(json error.code) $(json error.side) $(json owner)" = 'guest.io-error source source' ] ||
        fail "$(cat "$T/out")"
    json error.message | grep -qF "an I/O error stopped the guest (disk 'disk', write: "
}

for v in $(main_versions); do
    beside run_case case_an_io_error_aborts_the_migration "$v" "$v"
    beside run_case case_a_guest_with_an_io_error_is_not_begun_with "$v" "$v"
    beside run_case case_without_the_flag_it_moves "$v" "$v"
    beside run_case case_a_disk_that_is_gone_is_named "$v" "$v"
done
finish
