#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The four typed parameters of libvirt's first parameter patch, and the
# command that starts the destination, with real QEMUs.
. "$(dirname "$0")/lib.sh"

both() { # source with a guest that counts, waiting destination
    start_source
    start_dest
    guest_up src
}

move() { # move [ARG...]
    qmigrate migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" --progress none "$@"
}

uri_in_transcript() { # of the command `migrate`
    sed -nE 's/.*"execute": ?"migrate",.*"uri": ?"([^"]*)".*/\1/p' "$T/t.jsonl"
}

untouched() { # the guest counts on, on the source
    [ "$(runstate src)" = running ] || fail "source is $(runstate src)"
    guest_counts src 2
    guest_life "$T/src.serial"
}

# ---- migrate_uri -------------------------------------------------------------

goes_to() { # goes_to URI EXTENDED_REGEX: what the source is told
    both
    expect 0 move -p "migrate_uri=$1" --transcript "$T/t.jsonl"
    uri_in_transcript | grep -qxE "$2" || fail "$1 became $(uri_in_transcript)"
    guest_check src dst
}
case_migrate_uri_tcp_without_slashes() {
    local port
    port=$(free_port)
    goes_to "tcp:127.0.0.1:$port" "tcp:127\\.0\\.0\\.1:$port"
}
case_migrate_uri_tcp_with_port() {
    local port
    port=$(free_port)
    goes_to "tcp://127.0.0.1:$port" "tcp:127\\.0\\.0\\.1:$port"
}
case_migrate_uri_without_port_lets_the_destination_choose() {
    goes_to tcp://127.0.0.1 'tcp:127\.0\.0\.1:[1-9][0-9]*'
}
case_migrate_uri_unix() { goes_to "unix://$T/data" "unix:$T/data"; }
case_migrate_uri_ipv6() {
    [ -e /proc/net/if_inet6 ] && grep -q '^0*1 ' /proc/net/if_inet6 || skip 'no IPv6 loopback here'
    goes_to 'tcp://[::1]' 'tcp:\[::1\]:[1-9][0-9]*'
}
case_migrate_uri_omitted_finds_a_way() {
    both
    expect 0 move --transcript "$T/t.jsonl"
    [ -n "$(uri_in_transcript)" ]
    guest_check src dst
}

# The port that was asked for belongs to somebody: the error says so, and the
# guest has noticed nothing.
case_migrate_uri_with_a_taken_port_is_refused() {
    local port
    port=$(free_port)
    both
    start_qemu third "$VER_DST" -incoming defer
    qmp third "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"tcp:127.0.0.1:$port\"}}"
    expect 1 move -p "migrate_uri=tcp:127.0.0.1:$port" --json
    [ "$(json owner)" = source ]
    [ "$(json error.side)" = destination ]
    json error.message | grep -qi 'address already in use'
    untouched
}

case_migrate_uri_that_is_none_is_refused() {
    both
    expect 2 move -p migrate_uri=file:/tmp/x
    grep -q "scheme 'file' is not tcp, unix, rdma, exec or fd" "$T/out.err"
    expect 2 move -p migrate_uri=tcp:127.0.0.1:70000
    expect 2 move -p migrate_uri=tcp:127.0.0.1 -f tunnelled -f peer2peer
    grep -q "parameter 'migrate_uri' and flag 'tunnelled' are mutually exclusive" "$T/out.err"
    untouched
}

# ---- bandwidth ---------------------------------------------------------------

case_bandwidth_reaches_the_source_in_bytes() {
    local default
    GUEST='--mem 8 --pages-per-tick 128'
    both
    default=$(qmp_get src 'return.max-bandwidth' query-migrate-parameters)
    "$QMIGRATE" migrate --source "$T/src.qmp" --dest "$T/dst.qmp" --bandwidth 1 --progress none >"$T/out" 2>"$T/out.err" &
    pid=$!
    qmp_until src return.status=active query-migrate
    [ "$(qmp_get src 'return.max-bandwidth' query-migrate-parameters)" -eq 1048576 ]
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 4 ]
    # ... and is as it was when the source keeps its guest.
    [ "$(qmp_get src 'return.max-bandwidth' query-migrate-parameters)" -eq "$default" ]
    untouched
}

case_bandwidth_zero_leaves_the_default() {
    both
    expect 0 move --bandwidth 0 --transcript "$T/t.jsonl"
    if grep -q 'max-bandwidth":' <(grep '"dir":">"' "$T/t.jsonl"); then fail 'max-bandwidth was sent'; fi
    guest_check src dst
}

case_bandwidth_beyond_what_qemu_takes_is_refused() {
    both
    expect 2 move --bandwidth 8796093022208
    grep -q "value 8796093022208 is not in 0..8796093022207" "$T/out.err"
    untouched
    expect 0 move --bandwidth 8796093022207 --transcript "$T/t.jsonl"
    grep -q '"max-bandwidth":9223372036853727232' "$T/t.jsonl"
}

# ---- destination_name, destination_xml, --dest-exec ---------------------------

domain_xml() { # domain_xml [SED_SCRIPT]
    sed "${1:-}" <<XML
<domain type='qemu'>
  <name>web1</name>
  <uuid>5a4be1c2-6d0f-4a39-9d0b-1f1f0d9f6c10</uuid>
  <memory unit='MiB'>$MEM</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='$MACHINE'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='$T/guest.img'/>
      <target dev='vda' bus='virtio'/>
      <readonly/>
    </disk>
    <serial type='file'>
      <source path='$T/serial'/>
      <target port='0'/>
    </serial>
    <memballoon model='none'/>
  </devices>
</domain>
XML
}

uuid=5a4be1c2-6d0f-4a39-9d0b-1f1f0d9f6c10

# A source called web1, and a command that starts the destination as it is told
# to.
named_source() {
    local arg
    start_source -name web1 -uuid $uuid
    guest_up src
    domain_xml >"$T/web1.xml"
    {
        echo '#!/bin/sh'
        echo "env | grep ^QMIGRATE_ >$T/environment"
        echo "[ -z \"\$QMIGRATE_XML\" ] || cp \"\$QMIGRATE_XML\" $T/received.xml"
        echo "echo 'a word of the destination' >&2"
        printf 'exec %q' "$(qemu_of "$VER_DST")"
        qemu_args dst | while read -r arg; do printf ' %q' "$arg"; done
        echo " -name \"\$QMIGRATE_NAME\" -uuid \"\$QMIGRATE_UUID\" -pidfile $T/dst.pid -incoming defer \"\$@\""
    } >"$T/start"
    chmod +x "$T/start"
    trap 'end_started; end_case' EXIT
}

# The destination is not a child of this script.
end_started() {
    local rc=$? pid=''
    trap - ERR
    [ ! -s "$T/dst.pid" ] || read -r pid <"$T/dst.pid"
    [[ ! $pid =~ ^[0-9]+$ ]] || kill -KILL "$pid" 2>/dev/null || :
    return "$rc"
}

# QEMU takes its file with the pid away itself.
started_has_ended() {
    local pid=''
    { read -r pid <"$T/dst.pid"; } 2>/dev/null || :
    [ -z "$pid" ] || wait_for 10 'the destination to end' has_ended "$pid"
}

case_destination_gets_its_name() {
    named_source
    expect 0 move --dest-exec "$T/start" --domain "$T/web1.xml" --dname web2 --progress-fd 7 7>"$T/lines"
    # It has nothing open that is not its own.
    if readlink /proc/"$(cat "$T/dst.pid")"/fd/* | grep -E "/(lines|out|out.err|journal|transcript.jsonl)$"; then
        fail 'a descriptor of ours'
    fi
    [ "$(qmp_get dst return.name query-name)" = web2 ]
    grep -qx 'QMIGRATE_NAME=web2' "$T/environment"
    grep -qx "QMIGRATE_UUID=$uuid" "$T/environment"
    grep -q '^QMIGRATE_ID=.' "$T/environment"
    grep -q '<name>web2</name>' "$T/received.xml"
    guest_check src dst
}

case_destination_keeps_its_name_when_none_is_given() {
    named_source
    expect 0 move --dest-exec "$T/start"
    [ "$(qmp_get dst return.name query-name)" = web1 ]
    if grep -q '^QMIGRATE_XML=' "$T/environment"; then fail 'an XML out of nowhere'; fi
    guest_check src dst
}

case_destination_xml_may_change_the_hosts_side() {
    named_source
    domain_xml "s|$T/serial|$T/elsewhere|" >"$T/dest.xml"
    expect 0 move --dest-exec "$T/start" --domain "$T/web1.xml" -p "destination_xml=@$T/dest.xml"
    grep -q "$T/elsewhere" "$T/received.xml"
    guest_check src dst
}

# Nothing was started, nothing was changed.
refused() { # refused CODE SED_SCRIPT TEXT
    domain_xml "$2" >"$T/dest.xml"
    expect "$1" move --dest-exec "$T/start" --domain "$T/web1.xml" --xml "$T/dest.xml" --json
    [ "$(json result)" = incompatible ] || fail "$(cat "$T/out")"
    [ "$(json owner)" = source ]
    json error.message | grep -qF -e "$3" || fail "$(cat "$T/out")"
    [ ! -e "$T/environment" ] || fail 'the destination was started'
}
case_destination_xml_is_refused_when_the_guest_would_change() {
    named_source
    refused 3 's|<vcpu>1|<vcpu>2|' "vCPUs '2' does not match source '1'"
    refused 3 "s|bus='virtio'|bus='sata'|; s|vda|sda|" 'disk'
    refused 3 's|<name>web1|<name>other|' "<name> 'other' does not match source 'web1'"
    refused 3 's|</devices>||' 'destination_xml'
    untouched
}

case_destination_xml_needs_the_sources() {
    named_source
    domain_xml >"$T/dest.xml"
    expect 2 move --dest-exec "$T/start" --xml "$T/dest.xml"
    grep -q -- '--domain' "$T/out.err"
    [ ! -e "$T/environment" ]
    untouched
}

# Its own words are quoted, and nothing of it is left.
case_destination_that_does_not_start_is_quoted() {
    named_source
    expect 1 move --dest-exec "$T/start -device no-such-device" --json
    [ "$(json error.side)" = destination ]
    json error.stderr | grep -q 'no-such-device'
    untouched
    [ ! -e "$T/dst.pid" ] || has_ended "$(cat "$T/dst.pid")"
    # The next try is not in its way.
    expect 0 move --dest-exec "$T/start"
    guest_check src dst
}

# It is asked, and ended: a plan leaves nothing.
case_plan_starts_the_destination_and_ends_it() {
    named_source
    mkdir "$T/tmp"
    export TMPDIR=$T/tmp
    expect 0 qmigrate plan --source "$T/src.qmp" --dest "$T/dst.qmp" --dest-exec "$T/start" \
        --domain "$T/web1.xml" --dname web2
    grep -q '^ 1  destination  stop$' "$T/out"
    grep -q '<name>web2</name>' "$T/received.xml"
    started_has_ended
    expect 1 qmigrate plan --source "$T/src.qmp" --dest "$T/dst.qmp" --dest-exec "$T/start -device no-such-device"
    grep -q 'the destination said: .*no-such-device' "$T/out.err"
    # One that went to the background.
    expect 0 qmigrate plan --source "$T/src.qmp" --dest "$T/dst.qmp" --dest-exec "$T/start -daemonize"
    started_has_ended
    [ -z "$(ls -A "$T/tmp")" ] || fail "left: $(ls "$T/tmp")"
    [ ! -e "$QMIGRATE_STATE_DIR" ] || [ -z "$(ls "$QMIGRATE_STATE_DIR")" ] || fail "left: $(ls "$QMIGRATE_STATE_DIR")"
    untouched
}

case_destination_of_ours_ends_when_cancelled() {
    local pid
    named_source
    "$QMIGRATE" migrate --source "$T/src.qmp" --dest "$T/dst.qmp" --bandwidth 1 \
        --dest-exec "$T/start" --progress none >"$T/out" 2>"$T/out.err" &
    pid=$!
    qmp_until src return.status=active query-migrate
    kill -TERM "$pid"
    wait "$pid" || [ $? -eq 4 ]
    wait_for 10 'the destination to end' has_ended "$(cat "$T/dst.pid")"
    untouched
}

# ---- flags -------------------------------------------------------------------

case_suspend_leaves_it_paused() {
    both
    expect 0 move --suspend
    [ "$(runstate dst)" = paused ]
    qmp dst cont
    guest_check src dst
}

# libvirt without LIVE: the guest is stopped for the whole of it.
case_flags_without_live_stop_it_first() {
    both
    expect 0 move --flags 0 --transcript "$T/t.jsonl"
    grep -q '"peer":"source","dir":">","msg":{"execute": \?"stop"' "$T/t.jsonl"
    [ "$(runstate dst)" = running ]
    guest_check src dst
}

case_paused_guest_arrives_paused() {
    both
    qmp src stop
    expect 0 move
    [ "$(runstate dst)" = paused ]
    qmp dst cont
    guest_check src dst
}

for c in migrate_uri_tcp_without_slashes migrate_uri_tcp_with_port \
    migrate_uri_without_port_lets_the_destination_choose migrate_uri_unix \
    migrate_uri_ipv6 migrate_uri_omitted_finds_a_way \
    migrate_uri_with_a_taken_port_is_refused \
    migrate_uri_that_is_none_is_refused \
    bandwidth_reaches_the_source_in_bytes bandwidth_zero_leaves_the_default \
    bandwidth_beyond_what_qemu_takes_is_refused \
    destination_gets_its_name destination_keeps_its_name_when_none_is_given \
    destination_xml_may_change_the_hosts_side \
    destination_xml_is_refused_when_the_guest_would_change \
    destination_xml_needs_the_sources \
    destination_that_does_not_start_is_quoted \
    plan_starts_the_destination_and_ends_it \
    destination_of_ours_ends_when_cancelled \
    flags_without_live_stop_it_first; do
    run_case case_$c
done
for c in suspend_leaves_it_paused paused_guest_arrives_paused; do
    for_pairs case_$c
done
finish
