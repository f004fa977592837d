#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The typed parameters bandwidth, destination_name and destination_xml with
# real QEMUs, and the destination that is started by --dest-exec.
. "$(dirname "$0")/move.sh"

# ---- bandwidth ---------------------------------------------------------------

max_bandwidth() { # max_bandwidth ROLE
    qmp_get "$1" return.max-bandwidth query-migrate-parameters
}

bandwidths_sent() {
    sed -nE 's/.*"dir":">".*"max-bandwidth":([0-9]+).*/\1/p' "$T/t.jsonl" | tr '\n' ' '
}

# That it is held, within 10 %, is a row of live_settings.sh.
case_bandwidth_is_set_and_put_back() {
    both
    move 0 -p bandwidth=16 --keep-source
    [ "$(bandwidths_sent)" = '16777216 134217728 ' ]
    # It is the source's own again, and the destination's was never touched.
    unchanged
    [ "$(max_bandwidth src)" = 134217728 ]
    [ "$(max_bandwidth dst)" = 134217728 ]
    is result completed
}

# The user's own limit of before comes back, not QEMU's default.
case_bandwidth_of_before_comes_back() {
    both
    qmp src '{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":999424}}'
    move 0 -p bandwidth=500 --keep-source
    [ "$(bandwidths_sent)" = '524288000 999424 ' ]
    unchanged
}

# A QEMU that has no such parameter: an error, but not for 0.
case_bandwidth_that_qemu_lacks() {
    both
    gated src '<"max-bandwidth"' 'replace {"return": {"downtime-limit": 300}}'
    move 3 -p bandwidth=5
    failed qemu.lacks begin source "parameter 'bandwidth' needs QEMU's 'max-bandwidth'"
    untouched src
    on_source
    move 0 -p bandwidth=0
    moved
}

# ---- names -------------------------------------------------------------------

name_of() { qmp_get "$1" return.name query-name; } # name_of ROLE

environment() { # environment NAME: what the command was told
    sed -n "s/^QMIGRATE_$1=//p" "$T/dst.env"
}

dest_xml_name() {
    sed -nE 's|.*<name>(.*)</name>.*|\1|p' "$(environment XML)"
}

# The guest of these tests in libvirt's words.
write_xml() { # write_xml FILE NAME [DISK-BUS [DISK-FILE]]
    cat >"$1" <<XML
<domain type='qemu'>
  <name>$2</name>
  <uuid>0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b42</uuid>
  <memory unit='MiB'>$MEM</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='$MACHINE'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='${4:-$T/guest.img}'/>
      <target dev='vda' bus='${3:-virtio}'/>
      <readonly/>
    </disk>
  </devices>
</domain>
XML
}
identity=(-uuid 0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b42)

# shellcheck disable=SC2016
by_name='-name "$QMIGRATE_NAME" -uuid "$QMIGRATE_UUID" -incoming defer'

case_started_destination_gets_its_name() {
    write_xml "$T/src.xml" web
    start_source -name web "${identity[@]}"
    guest_up src
    move 0 --dest-exec "$(dest_command "$by_name")" --domain "$T/src.xml" --dname 'web two'
    [ "$(name_of dst)" = 'web two' ]
    [ "$(environment NAME)" = 'web two' ]
    [ "$(environment UUID)" = "${identity[1]}" ]
    [ "$(environment ID)" = "$(json id)" ]
    [ "$(dest_xml_name)" = 'web two' ]
    [ "$(stat -c %a "$(environment XML)")" = 600 ]
    moved
}

case_name_is_kept_without_destination_name() {
    start_source -name 'web "1"' "${identity[@]}"
    guest_up src
    # shellcheck disable=SC2016
    move 0 --dest-exec "$(dest_command '-name "guest=$QMIGRATE_NAME" -uuid "$QMIGRATE_UUID" -incoming defer')"
    [ "$(name_of dst)" = 'web "1"' ]
    [ -z "$(environment XML)" ]
    moved
}

# The one that was started did not take it: then it is ended again.
case_started_destination_has_another_name() {
    start_source -name web
    guest_up src
    gated src
    move 3 --dest-exec "$(dest_command -name other -incoming defer)" -p destination_name=wanted
    failed name.differs begin destination "guest is named 'other', wanted 'wanted' (destination_name)"
    is result incompatible
    # shellcheck disable=SC2016
    is error.hint 'use -name "$QMIGRATE_NAME" in the command that starts the destination'
    wait_for 20 'the destination to be ended' started_is_gone
    untouched src
    on_source
}

started_is_gone() { ! grep -qsF "$T/" "/proc/$(cat "$T/dst.pid")/cmdline"; }

case_waiting_destination_has_another_name() {
    start_source -name web
    start_dest -name other
    guest_up src
    gated src
    gated dst
    move 3 -p destination_name=wanted
    failed name.differs begin destination "guest is named 'other', wanted 'wanted'"
    is error.hint 'start the destination with -name wanted'
    untouched src dst
    on_source
    # Nothing asked: then it is no error.
    move 0
    moved
}

case_domain_xml_is_of_another_guest() {
    write_xml "$T/src.xml" mail
    start_source -name web
    start_dest
    guest_up src
    gated src
    gated dst
    move 3 --domain "$T/src.xml"
    failed name.differs begin source "domain XML is of guest 'mail', but QEMU's guest is 'web'"
    untouched src dst
    on_source
}

case_guests_uuid_differs() {
    start_source "${identity[@]}"
    start_dest -uuid 0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b43
    guest_up src
    gated src
    gated dst
    move 3
    failed abi.differs begin destination "guest's uuid '0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b43' does not match source '0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b42'"
    untouched src dst
    on_source
}

# The monitor is the right destination's, but the port leads to another QEMU,
# which waits for another guest: what no question to a monitor shows.
wrong_number() { # wrong_number [SOURCE-ARG...]
    port=$(free_port)
    start_source "$@"
    start_dest "$@"
    start_qemu other "$VER_DST" -S -incoming "tcp:127.0.0.1:$port" \
        -uuid 0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b43
    guest_up src
}

to_wrong_number() { # to_wrong_number CODE [ARG...]
    move "$@" -p listen_address=127.0.0.2 -p "migrate_uri=tcp://127.0.0.1:$port"
}

validates_uuid() { # validates_uuid true|false: the last that the source was told
    tr -d ' ' <"$T/t.jsonl" | grep '"peer":"source","dir":">"' |
        grep -o '"capability":"validate-uuid","state":[a-z]*' | tail -n 1 |
        grep -qx ".*:$1"
}

case_stranger_refuses_the_guest() {
    local port
    wrong_number "${identity[@]}"
    to_wrong_number 1
    is owner source
    is result failed
    wait_exit other || :
    grep -q "UUID received is ${identity[1]} and local is 0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b43" "$T/other.err"
    validates_uuid false
    on_source
    from='' to=unix:$T/next.qmp
    start_qemu next "$VER_DST" -incoming defer "${identity[@]}"
    move 0 --keep-source
    validates_uuid false # put back after a success as well
    unchanged
    moved src next
}

# What would come of it otherwise. (10.0 and 11.1 wait for the switchover-ack
# of a QEMU that was not told to send one.)
case_stranger_takes_a_guest_that_is_not_validated() {
    local port
    wrong_number "${identity[@]}"
    to_wrong_number 5 -p qemu.validate-uuid=off --deadline finish=1
    must_fail grep -q validate-uuid <(grep '"dir":">"' "$T/t.jsonl")
    is owner undecided
    comes_to other paused # it has loaded it
}

case_guest_without_a_uuid_is_not_validated() {
    both
    move 0
    must_fail grep -q validate-uuid <(grep '"dir":">"' "$T/t.jsonl")
    moved
}

# ---- destination_xml -----------------------------------------------------------

# Only the host's side differs: another path of the image.
case_destination_xml_is_used() {
    write_xml "$T/src.xml" web
    write_xml "$T/dst.xml" web virtio "$T/else.img"
    start_source -name web "${identity[@]}"
    guest_up src
    move 0 --dest-exec "$(dest_command "$by_name")" --domain "$T/src.xml" --xml "$T/dst.xml"
    grep -q "$T/else.img" "$(environment XML)"
    [ "$(dest_xml_name)" = web ]
    moved
}

refused_xml() { # refused_xml CODE TEXT [ARG...]: and no monitor was opened
    local code=$1 text=$2 exit=3
    shift 2
    [ "$code" != usage ] || exit=2
    move "$exit" --domain "$T/src.xml" "$@"
    failed "$code" begin controller "$text"
    [ ! -s "$T/src.talk" ] || grep -qv '^>' "$T/src.talk" || fail "$(cat "$T/src.talk")"
    untouched src dst
}

case_destination_xml_is_refused() {
    write_xml "$T/src.xml" web
    start_source -name web "${identity[@]}"
    start_dest -name web "${identity[@]}"
    guest_up src
    gated src
    gated dst
    write_xml "$T/dst.xml" web sata
    refused_xml abi.differs 'destination_xml changes the guest ABI: ' --xml "$T/dst.xml"
    is result incompatible
    json check.differences | grep -qF "Target disk 'vda' bus 'sata' does not match source 'virtio'"
    write_xml "$T/dst.xml" web2
    refused_xml name.differs "<name> 'web2' does not match source 'web'" --xml "$T/dst.xml"
    echo '<domain' >"$T/dst.xml"
    refused_xml xml 'destination_xml' --xml "$T/dst.xml"
    write_xml "$T/dst.xml" web
    sed -i '1i <!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>' "$T/dst.xml"
    sed -i 's/<name>web/<name>\&e;/' "$T/dst.xml"
    refused_xml xml 'destination_xml' --xml "$T/dst.xml"
    move 2 --xml "$T/src.xml"
    failed usage begin controller 'destination_xml cannot be checked without'
    on_source
    move 0 --domain "$T/src.xml" --xml "$T/src.xml"
    moved
}

# ---- --dest-exec ---------------------------------------------------------------

case_destination_is_started() {
    start_source
    guest_up src
    move 0 --dest-exec "$(dest_command -incoming defer)"
    wait_exit src
    moved
    # It outlives the program, and hears no Ctrl-C of its terminal.
    [ "$(ps -o sid= -p "$(cat "$T/dst.pid")" | tr -d ' ')" != "$(ps -o sid= -p $$ | tr -d ' ')" ]
}

case_command_is_wrong() {
    start_source
    guest_up src
    gated src
    move 1 --dest-exec 'echo no such thing >&2; exit 3'
    failed dest.exec begin destination "'echo no such thing >&2; exit 3' exited with status 3"
    is error.stderr 'no such thing'
    untouched src
    on_source
    move 1 --dest-exec 'kill -KILL $$'
    failed dest.exec begin destination 'was killed by signal 9'
    untouched src
}

case_started_qemu_refuses_its_arguments() {
    start_source
    guest_up src
    gated src
    move 1 --dest-exec "$(dest_command -incoming defer -device no-such-device)"
    failed dest.exec begin destination 'exited with status 1'
    case "$(json error.stderr)" in
    *"'no-such-device' is not a valid device model name"*) ;;
    *) fail "stderr: $(json error.stderr)" ;;
    esac
    untouched src
    on_source
}

# A command that starts nothing to talk with is ended, with all it started.
case_started_command_never_answers() {
    start_source
    guest_up src
    gated src
    move 1 --deadline connect=3 \
        --dest-exec "echo \$\$ >$T/dst.pid; sleep 1000; : $T/"
    is error.side destination
    is error.phase begin
    is owner source
    wait_for 20 'the command to be ended' started_is_gone
    untouched src
    on_source
}

# Nothing is started when the source has nothing to give.
case_nothing_is_started_for_a_source_that_waits() {
    start_qemu src "$VER_SRC" -incoming defer
    move 1 --dest-exec "$(dest_command -incoming defer)"
    failed source.state begin source "no guest to migrate (status 'inmigrate')"
    [ ! -e "$T/dst.pid" ]
}

for v in $(main_versions); do
    run_case case_bandwidth_is_set_and_put_back "$v" "$v"
    run_case case_started_destination_gets_its_name "$v" "$v"
    run_case case_stranger_refuses_the_guest "$v" "$v"
done
run_case case_started_destination_gets_its_name 7.2 11.1
run_case case_started_destination_gets_its_name 11.1 10.0
for c in bandwidth_of_before_comes_back bandwidth_that_qemu_lacks \
    name_is_kept_without_destination_name started_destination_has_another_name \
    waiting_destination_has_another_name domain_xml_is_of_another_guest guests_uuid_differs \
    stranger_takes_a_guest_that_is_not_validated guest_without_a_uuid_is_not_validated \
    destination_xml_is_used destination_xml_is_refused destination_is_started \
    command_is_wrong started_qemu_refuses_its_arguments started_command_never_answers \
    nothing_is_started_for_a_source_that_waits; do
    run_case case_$c
done
finish
