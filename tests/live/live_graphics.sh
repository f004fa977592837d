#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# SPICE clients are told where the guest goes (client_migrate_info), and the
# source waits for them; without any it says at once that they have moved.
. "$(dirname "$0")/move.sh"

# A port of its own for each side.
consoles() { # consoles [DEST-OPTIONS]
    port_src=$(free_port) port_dst=$(free_port)
    qemu_has_spice "$VER_SRC" || skip "QEMU $VER_SRC has no SPICE module here"
    start_source -spice "port=$port_src,addr=127.0.0.1,disable-ticketing=on"
    start_dest -spice "port=$port_dst,disable-ticketing=on$1"
    guest_up src
}

# As a module it may be missing.
qemu_has_spice() { # qemu_has_spice VERSION
    local program
    program=$(qemu_of "$1") || exit
    "$program" -machine none -display none -spice help 2>&1 | grep -q disable-ticketing
}

# What the source was told, without what differs from run to run.
told() {
    tr -d ' ' <"$T/t.jsonl" | sed -nE \
        's/.*"peer":"source","dir":">".*"client_migrate_info","arguments":(\{[^}]*\}).*/\1/p'
}

told_is() { # told_is JSON
    [ "$(told)" = "$1" ] || fail "told: $(told)"
}

events_of_source() { tr -d ' ' <"$T/t.jsonl" | grep '"peer":"source","dir":"<"' | grep -o '"event":"[A-Z_]*"'; }

case_clients_go_where_the_uri_says() {
    consoles ,addr=127.0.0.1
    move 0 -p "graphics_uri=spice://console.example:$port_dst/?tlsPort=5999&tlsSubject=O=a,CN=b%20c"
    told_is "{\"protocol\":\"spice\",\"hostname\":\"console.example\",\"port\":$port_dst,\"tls-port\":5999,\"cert-subject\":\"O=a,CN=bc\"}"
    # Between listening and `migrate`, and done before the end.
    tr -d ' ' <"$T/t.jsonl" | grep -oE '"execute":"(migrate-incoming|client_migrate_info|migrate|quit)"' |
        tr '\n' ' ' | grep -q 'incoming" "execute":"client_migrate_info" "execute":"migrate" "execute":"quit"'
    events_of_source | grep -q SPICE_MIGRATE_COMPLETED
    # The destination needs not be asked then.
    if grep -q query-spice "$T/t.jsonl"; then fail 'query-spice was sent'; fi
    moved src dst
}

# The rest is taken from the destination: its port, and the host that the source
# goes to where the console listens everywhere.
case_clients_go_where_the_destinations_console_is() {
    consoles ''
    move 0 -p graphics_uri=spice:// -p migrate_uri=tcp://127.0.0.1
    told_is "{\"protocol\":\"spice\",\"hostname\":\"127.0.0.1\",\"port\":$port_dst}"
    moved src dst
}

case_clients_are_told_when_the_domain_has_a_console() {
    consoles ,addr=127.0.0.1
    domain_with_console >"$T/guest.xml"
    move 0 --domain "$T/guest.xml"
    told_is "{\"protocol\":\"spice\",\"hostname\":\"127.0.0.1\",\"port\":$port_dst}"
    moved src dst
    # Its password is nowhere but in what --dest-exec would be given.
    grep -q sesame "$T"/state/*/dest.xml
    [ "$(stat -c %a "$T"/state/*/dest.xml)" = 600 ]
    rm "$T"/state/*/dest.xml
    if grep -rq sesame "$T/t.jsonl" "$T/state" "$T/out" "$T/out.err"; then
        fail "the console's password: $(grep -rl sesame "$T/t.jsonl" "$T/state" "$T/out" "$T/out.err")"
    fi
}

domain_with_console() {
    cat <<XML
<domain type='qemu'>
  <name>guest</name>
  <memory unit='MiB'>$MEM</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='$MACHINE'>hvm</type></os>
  <devices>
    <graphics type='spice' port='$port_src' passwd='sesame'>
      <listen type='address' address='127.0.0.1'/>
    </graphics>
  </devices>
</domain>
XML
}

# A real client goes along: it is connected to the source before, and to the
# destination afterwards, by the word that the source gave it.
case_real_client_goes_along() {
    local client
    consoles ,addr=127.0.0.1
    setpriv --pdeathsig KILL /usr/bin/python3 "$root/tests/live/spice-client.py" "$port_src" \
        >"$T/client" 2>"$T/client.err" &
    client=$!
    wait_for 20 'the client' client_is_there "$client" "connected $port_src"
    wait_for 20 'the client on the source' has_client src
    move 0 -p graphics_uri=spice:// -p migrate_uri=tcp://127.0.0.1
    wait_for 20 'the client to go along' has_client dst
    # It was told, rather than that it came back by itself.
    wait_for 20 'its word of it' grep -q '^migration ' "$T/client"
    ! has_ended "$client" || fail "the client ended: $(cat "$T/client" "$T/client.err")"
    moved src dst
}

client_is_there() { # client_is_there PID LINE
    if has_ended "$1"; then
        wait "$1" || [ $? -ne 77 ] || skip "$(cat "$T/client.err")"
        fail "the client ended: $(cat "$T/client.err")"
    fi
    grep -qx "$2" "$T/client"
}

has_client() { # has_client ROLE
    qmp "$1" query-spice | tr -d ' ' | grep -q '"channels":\[{'
}

case_without_a_console_there_is_a_warning() {
    both
    move 0 -p graphics_uri=spice://127.0.0.1:5901
    grep -q 'warning: SPICE clients were not told where to go: .*SPICE' "$T/out.err" || fail "$(cat "$T/out.err")"
    moved src dst
}

case_nobody_is_asked_by_default() {
    both
    move 0
    if grep -qE 'query-spice|client_migrate_info' "$T/t.jsonl"; then fail 'not by default'; fi
}

case_another_console_cannot_be_told() {
    both
    move 0 -p graphics_uri=vnc://127.0.0.1:5901
    grep -q "warning: graphics_uri: clients of 'vnc' cannot be told" "$T/out.err"
    moved src dst
}

for v in $(main_versions); do
    beside run_case case_clients_go_where_the_uri_says "$v" "$v"
    beside run_case case_clients_go_where_the_destinations_console_is "$v" "$v"
    beside run_case case_clients_are_told_when_the_domain_has_a_console "$v" "$v"
    beside run_case case_real_client_goes_along "$v" "$v"
    beside run_case case_without_a_console_there_is_a_warning "$v" "$v"
done
beside run_case case_nobody_is_asked_by_default
beside run_case case_another_console_cannot_be_told
finish
