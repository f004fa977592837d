#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# save and restore: the guest's memory is right and its counter goes on, from
# one version to another, in each format.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/saving.sh"

# ---- from one version to another -----------------------------------------

case_saves_and_restores() {
    start_source
    guest_up src
    expect 0 save src --json
    [ "$(json result)/$(json owner)" = completed/destination ]
    [ "$(json file)" = "$(realpath "$T/img")" ]
    [ "$(json file_bytes)" = "$(stat -c %s "$T/img")" ]
    [ "$(json job.operation)" = 2 ]
    [ "$(stat -c %a "$T/img")" = 600 ]
    wait_exit src
    expect 0 qmigrate owner "$(json id)"
    expect 0 qmigrate save-image-dumpxml --json "$T/img"
    [ "$(json complete)/$(json runs)/$(json format)" = true/true/raw ]
    start_dest
    settings_of dst >"$T/before"
    expect 0 restore dst --json
    [ "$(json result)/$(json owner)" = completed/destination ]
    [ "$(json job.operation)" = 3 ]
    guest_check src dst
    settings_of dst | diff "$T/before" - || fail "the settings are others"
}

# What needs QEMU 9.0, and its refusal by one that is older.
case_sparse() {
    local options
    start_source
    guest_up src
    if [ "$VER_SRC" = 7.2 ]; then
        expect 3 save src --image-format sparse
        told "needs QEMU's capability 'mapped-ram'"
        expect 2 save src --parallel-channels 2
        told "only supported with the image format 'sparse'"
        no_file
        guest_counts src 1
        return
    fi
    options=(--image-format sparse)
    [ "$1" = plain ] || options+=(--parallel-channels 3 --bypass-cache)
    expect 0 save src --json "${options[@]}"
    [ "$(json format)" = sparse ]
    grep -q '"capability":"mapped-ram","state":true' "$(json transcript)"
    if [ "$1" != plain ]; then
        grep -q '"direct-io":true' "$(json transcript)"
        grep -q '"multifd-channels":3' "$(json transcript)"
    fi
    # Its size is that of RAM, its blocks are those of what was used.
    [ "$(stat -c %s "$T/img")" -gt $((MEM << 20)) ]
    [ "$(($(stat -c %b "$T/img") * 512))" -lt $((MEM << 19)) ]
    wait_exit src
    start_dest
    options=()
    [ "$1" = plain ] || options=(--bypass-cache)
    expect 0 restore dst "${options[@]}"
    guest_check src dst
}
case_sparse_plain() { case_sparse plain; }
case_sparse_parallel_direct() { case_sparse parallel; }

# ---- how it shall be ------------------------------------------------------

case_states() {
    start_source
    guest_up src
    # A guest that runs, saved while it runs, to be paused then.
    expect 0 save src --live --paused --keep-source
    [ ! -s "$T/out.err" ] || fail "told: $(cat "$T/out.err")"
    comes_to src postmigrate
    must_fail grep -q '"execute":"stop"' "$T"/state/*/transcript.jsonl
    start_qemu one "$VER_DST" -incoming defer
    expect 0 restore one
    [ "$(runstate one)" = paused ]
    # The same file, and the word of the one who restores counts.
    start_qemu two "$VER_DST" -incoming defer
    expect 0 restore two --running
    guest_check src two
    # Paused it stays so, and is saved so.
    expect 1 save one
    told "exists already"
    expect 0 save one --overwrite
    wait_exit one
    expect 0 qmigrate save-image-dumpxml --json "$T/img"
    [ "$(json runs)" = false ]
    start_qemu three "$VER_DST" -incoming defer
    expect 0 restore three --json
    [ "$(runstate three)" = paused ]
    qmp three cont
    guest_counts three 1
}

# ---- the domain XML -------------------------------------------------------

xml() { # xml MODEL
    cat <<XML
<domain type='qemu'>
  <name>web1</name>
  <uuid>8f3b2ad4-6d4e-4f0a-9f5b-0a4a0e1d2c3b</uuid>
  <memory unit='MiB'>$MEM</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='$MACHINE'>hvm</type></os>
  <devices>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    <watchdog model='$1' action='reset'/>
  </devices>
</domain>
XML
}

case_xml_is_kept_and_checked() {
    local same=(-name web1 -uuid 8f3b2ad4-6d4e-4f0a-9f5b-0a4a0e1d2c3b)
    xml i6300esb >"$T/web1.xml"
    xml diag288 >"$T/other.xml"
    start_source "${same[@]}"
    guest_up src
    expect 0 save src --domain "$T/web1.xml"
    qmigrate save-image-dumpxml "$T/img" | diff "$T/web1.xml" -
    expect 0 qmigrate save-image-dumpxml --json "$T/img"
    [ "$(json name)/$(json uuid)" = web1/8f3b2ad4-6d4e-4f0a-9f5b-0a4a0e1d2c3b ]
    # Nothing is touched by what does not fit.
    start_dest "${same[@]}"
    expect 3 restore dst --xml "$T/other.xml"
    told "destination_xml changes the guest ABI"
    [ "$(runstate dst)" = inmigrate ]
    start_qemu wrong "$VER_DST" -incoming defer -name web1 \
        -uuid 11111111-6d4e-4f0a-9f5b-0a4a0e1d2c3b
    expect 3 restore wrong
    told "uuid '11111111-6d4e-4f0a-9f5b-0a4a0e1d2c3b' does not match"
    # One that we start gets it.
    qemu_args own | sed "s/'/'\\\\''/g; s/.*/'&'/" | tr '\n' ' ' >"$T/own.args"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\ncp "$QMIGRATE_XML" "%s/got.xml"\necho $$ >"%s/own.pid"\nexec %s %s -name "$QMIGRATE_NAME" -uuid "$QMIGRATE_UUID" -incoming defer\n' \
        "$T" "$T" "$(qemu_of "$VER_DST")" "$(cat "$T/own.args")" >"$T/start"
    chmod +x "$T/start"
    expect 0 qmigrate restore "$T/img" --dest "$T/own.qmp" --progress none \
        --dest-exec "$T/start"
    diff "$T/web1.xml" "$T/got.xml"
    guest_check src own
}

while read -r s d; do run_case case_saves_and_restores "$s" "$d"; done <<'PAIRS'
7.2 7.2
7.2 10.0
7.2 11.1
10.0 10.0
10.0 7.2
10.0 11.1
11.1 11.1
PAIRS
while read -r s d; do
    run_case case_sparse_plain "$s" "$d"
    run_case case_sparse_parallel_direct "$s" "$d"
done <<'PAIRS'
7.2 7.2
10.0 11.1
11.1 11.1
PAIRS
for v in 7.2 10.0 11.1; do run_case case_states "$v" "$v"; done
run_case case_xml_is_kept_and_checked 7.2 10.0
finish
