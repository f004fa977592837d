#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The ways that a migration's data can take besides tcp and unix: commands,
# descriptors that are passed, the new style of arguments, RDMA as far as it
# goes without an adapter, and the tunnel through qmigrate.
. "$(dirname "$0")/move.sh"

# Written in the order of the columns of docs/parameters.md.
sent() { # sent ROLE COMMAND: how often, to a QEMU
    grep -c "\"peer\":\"$1\",\"dir\":\">\".*\"execute\": \?\"$2\"" "$T/t.jsonl" || true
}

gone() { # gone PATH...
    local path
    for path in "$@"; do [ ! -e "$path" ] || fail "$path is left"; done
}

# A descriptor of this name is not left behind.
nothing_passed() { # nothing_passed ROLE
    must_fail qmp "$1" '{"execute":"closefd","arguments":{"fdname":"qmigrate"}}'
}

# ---- exec: -------------------------------------------------------------------

by_command() { # by_command CODE [ARG...]: through a named pipe
    local code=$1
    shift
    mkfifo "$T/pipe"
    move "$code" -p "migrate_uri=exec:cat >$T/pipe" --listen-uri "exec:cat $T/pipe" "$@"
}

case_command_carries_the_guest() {
    both
    by_command 0
    # Nothing comes back: the destination's own word is behind the record that
    # is on disk before it may run.
    must_fail grep -q '"return-path","state": \?true' "$T/t.jsonl"
    grep -oE '"note":"journal","record":"commit"|"execute": ?"cont"' "$T/t.jsonl" | head -n 1 | grep -q commit
    wait_exit src
    moved
}

# The source says completed, and its guest is not lost for all that.
case_command_to_a_destination_that_lacks_a_device() {
    both -device virtio-rng-pci
    by_command 1
    is owner source
    is result failed
    case "$(json error.code)" in dest.load | dest.lost) ;; *) fail "$(cat "$T/out")" ;; esac
    grep -q '"peer":"source","dir":"<".*"completed"' "$T/t.jsonl"
    on_source
    rm "$T/pipe"
}

case_command_that_fails() {
    both
    move 1 -p "migrate_uri=exec:exit 3" --listen-uri 'exec:sleep 100'
    is owner source
    on_source
    wait_exit dst || true
    again
}

# The same words as QEMU's newer arguments.
case_channels() {
    both
    mkfifo "$T/pipe"
    move 0 -p "migrate_uri=exec:cat >$T/pipe" --listen-uri "exec:cat $T/pipe" --channels
    grep -q '"execute": \?"migrate",.*"transport":"exec","args":\["/bin/sh","-c","cat >' "$T/t.jsonl"
    must_fail grep -q '"execute": \?"migrate[-a-z]*","arguments":{"uri"' "$T/t.jsonl"
    moved
}

case_channels_over_tcp() {
    both
    move 0 --channels
    grep -q '"execute": \?"migrate",.*"transport":"socket","type":"inet","host":"127.0.0.1","port":"[1-9]' "$T/t.jsonl"
    moved
}

case_channels_that_qemu_lacks() {
    both
    gated src
    gated dst
    move 3 --channels
    failed qemu.lacks begin source "option 'channels' needs QEMU 8.2 or later"
    untouched src dst
    on_source
}

# ---- descriptors -------------------------------------------------------------

case_connection_of_ours_is_passed() {
    both
    move 0 -p "migrate_uri=fd:unix:$T/data"
    [ "$(sent source getfd)" = 1 ]
    grep -q '"execute": \?"migrate","arguments":{"uri":"fd:qmigrate"' "$T/t.jsonl"
    grep -q '"fds":1,"msg":{"execute": \?"getfd"' "$T/t.jsonl"
    gone "$T/data"
    moved
}

case_connection_of_ours_over_tcp() {
    both
    move 0 -p migrate_uri=fd:tcp:127.0.0.1 --keep-source
    nothing_passed src
    nothing_passed dst
    moved
}

# Nobody listens there: nothing was used up, and nothing is left.
case_connection_of_ours_is_refused() {
    both
    move 1 -p "migrate_uri=fd:unix:$T/nobody" --listen-uri "unix:$T/data"
    failed qmp.connect prepare controller "$T/nobody"
    nothing_passed src
    on_source
}

# Through `run_qmigrate`, with the two ends as 8 and 9.
inherit() { # inherit KIND CODE [ARG...]
    local kind=$1 code=$2
    shift 2
    QMIGRATE_REAL=$QMIGRATE
    printf '#!/bin/sh\nexec "%s" %s "%s" "$@"\n' "$tools/with-pair" "$kind" "$QMIGRATE_REAL" >"$T/inheriting"
    chmod +x "$T/inheriting"
    QMIGRATE=$T/inheriting
    move "$code" -p migrate_uri=fd:9 --listen-uri fd:8 "$@"
    QMIGRATE=$QMIGRATE_REAL
}

case_inherited_sockets() {
    both
    inherit socket 0 --keep-source
    grep -q '"execute": \?"migrate-incoming","arguments":{"uri":"fd:qmigrate"' "$T/t.jsonl"
    grep -q '"return-path","state": \?true' "$T/t.jsonl"
    nothing_passed src
    nothing_passed dst
    moved
}

# A pipe goes one way.
case_inherited_pipe() {
    both
    inherit pipe 0
    must_fail grep -q '"return-path","state": \?true' "$T/t.jsonl"
    moved
}

case_inherited_pipe_to_a_destination_that_lacks_a_device() {
    both -device virtio-rng-pci
    inherit pipe 1
    is owner source
    on_source
}

case_descriptors_that_are_none() {
    both
    move 2 -p migrate_uri=fd:77 --listen-uri fd:78
    failed uri begin controller "parameter 'migrate_uri': descriptor 77 is not open"
    move 2 -p migrate_uri=fd:0 --listen-uri fd:1
    failed uri begin controller 'descriptor 0 is neither a socket nor a pipe'
    move 2 -p migrate_uri=exec:true
    failed param.conflict begin controller "parameter 'migrate_uri=exec:...' requires option 'listen-uri'"
    on_source
}

# ---- RDMA --------------------------------------------------------------------

case_rdma_without_an_adapter() {
    both
    move 1 -p migrate_uri=rdma://127.0.0.1 -f rdma_pin_all
    failed qmp.refused prepare destination 'RDMA ERROR: '
    grep -q '"uri":"rdma:127.0.0.1:49152"' "$T/t.jsonl"
    grep -q '"capability":"rdma-pin-all","state":true' "$T/t.jsonl"
    is error.hint "RDMA needs an adapter on both hosts (rdma link shows them), and QEMU's right to lock memory"
    on_source
    again
}

# ---- the tunnel --------------------------------------------------------------

tunnel=(--p2p --tunnelled)

tunnelled() { # tunnelled CODE [ARG...]
    local code=$1
    shift
    move "$code" "${tunnel[@]}" "$@"
}

# The guest's memory went through: more than the guest of 4 MiB has, and a word
# came back.
through_us() {
    [ "$(json stats.tunnel.sent_bytes)" -gt 4194304 ] || fail "sent $(json stats.tunnel)"
    [ "$(json stats.tunnel.received_bytes)" -gt 0 ] || fail "received $(json stats.tunnel)"
    grep -q '"note":"tunnel"' "$T/t.jsonl"
    grep -q '"return-path","state": \?true' "$T/t.jsonl"
}

case_tunnel() {
    both
    tunnelled 0
    through_us
    [ "$(sent source getfd)" = 1 ]
    [ "$(sent destination getfd)" = 1 ]
    wait_exit src
    moved
}

# The word that comes back: the source's guest runs on.
case_tunnel_to_a_destination_that_lacks_a_device() {
    both -device virtio-rng-pci
    tunnelled 1
    is owner source
    case "$(json error.code)" in dest.load | dest.lost) ;; *) fail "$(cat "$T/out")" ;; esac
    must_fail grep -q '"peer":"source","dir":"<".*"completed"' "$T/t.jsonl"
    on_source
}

# A command stands in for ssh: what it is asked to run there, it runs here.
fake_ssh() {
    mkdir -p "$T/bin"
    cat >"$T/bin/ssh" <<SH
#!/bin/sh
echo "\$*" >>"$T/ssh.log"
while [ "\$1" != -- ]; do shift; done
echo \$\$ >>"$T/ssh.pids"
exec /bin/sh -c "\$3"
SH
    chmod +x "$T/bin/ssh"
    PATH=$T/bin:$PATH
    to=ssh:user@there:$T/dst.qmp
}

case_tunnel_by_ssh() {
    both
    fake_ssh
    tunnelled 0
    through_us
    grep -qF -- "-- user@there " "$T/ssh.log"
    [ "$(grep -c "$T/dst.qmp" "$T/ssh.log")" -ge 2 ]
    grep -q '"uri":"unix:[^"]*/dst.qmp.data"' "$T/t.jsonl"
    gone "$T/dst.qmp.data"
    moved
}

# ssh ends in the middle: the error is the tunnel's, and says what ssh said.
case_tunnel_whose_ssh_dies() {
    GUEST=$BUSY
    both
    fake_ssh
    # What arrives has come through the tunnel, whose ssh is the last.
    gated src '<"active"' "run $tools/qmp-call -u return.status=active $T/dst.obs query-migrate; kill -KILL \$(tail -n 1 $T/ssh.pids)"
    tunnelled 1 --bandwidth 1
    failed tunnel perform controller "the tunnel's end at the destination was closed first"
    error_says 'killed by signal 9'
    on_source
    again
}

case_tunnel_by_a_command() {
    both
    to="exec:socat - UNIX-CONNECT:$T/dst.qmp"
    tunnelled 2
    failed param.conflict begin controller "flag 'tunnelled' requires option 'tunnel'"
    tunnelled 0 --tunnel "exec:socat -t 5 - UNIX-CONNECT:$T/data" --listen-uri "unix:$T/data"
    through_us
    gone "$T/data"
    moved
}

case_tunnel_over_tcp() {
    local port
    port=$(free_port)
    both
    tunnelled 0 --tunnel "tcp:127.0.0.1:$port"
    through_us
    moved
}

case_tunnel_to_nobody() {
    both
    tunnelled 1 --tunnel "unix:$T/nobody" --listen-uri "unix:$T/data"
    failed tunnel prepare controller "unix:$T/nobody: cannot connect"
    on_source
    nothing_passed src
}

case_tunnel_that_a_command_fails_to_make() {
    both
    tunnelled 1 --tunnel 'exec:echo no such host >&2; exit 7' --listen-uri "unix:$T/data"
    failed tunnel perform controller 'no such host'
    error_says 'exit status 7'
    on_source
}

# With TLS end to end there must be a name; and the far side must not be one
# that takes no descriptors.
case_tunnel_that_cannot_be() {
    both
    tunnelled 2 --tls
    failed param.conflict begin controller "flag 'tls' over a descriptor requires parameter 'tls.destination'"
    tunnelled 2 --parallel
    failed param.conflict begin controller "flag 'tunnelled' and flag 'parallel' are mutually exclusive"
    tunnelled 2 --postcopy
    failed param.conflict begin controller "flag 'tunnelled' and flag 'postcopy' are mutually exclusive"
    from="exec:socat - UNIX-CONNECT:$T/src.qmp"
    tunnelled 2
    failed param.conflict begin controller "flag 'tunnelled' needs a monitor of the source that takes descriptors"
    from=''
    on_source
}

# With us dies the tunnel: the guest runs on, by itself, where it is.
case_tunnel_whose_controller_is_killed() {
    GUEST=$BUSY
    both
    gated src '<"active"' "$(signal_qmigrate KILL)"
    before=$(settings src)
    run_qmigrate migrate --source "$from" --dest "$T/dst.qmp" --progress none \
        --bandwidth 1 "${tunnel[@]}" >"$T/out" 2>&1 || true
    qmp_until src return.status=failed query-migrate
    expect 1 qmigrate recover --json --source "$T/src.qmp" "$(ls "$QMIGRATE_STATE_DIR" | grep -v '\.' | head -n 1)"
    is owner source
    on_source
    wait_exit dst || true
    again
}

# Cancelled: nothing is left, and another tunnel can be made.
case_tunnel_that_is_cancelled() {
    GUEST=$BUSY
    both
    fake_ssh
    gated src '<"active"' "$(signal_qmigrate INT)"
    tunnelled 4 --bandwidth 1
    is result cancelled
    on_source
    nothing_passed src
    again
}

# A destination that hangs at the switchover blocks the source's monitor; the
# tunnel's end frees it.
case_tunnel_to_a_destination_that_hangs() {
    both
    gated src '<"pre-switchover"' "run kill -STOP $dst_pid"
    tunnelled 1 --deadline switchover=1 --deadline cancel=3 --deadline undo=3
    failed deadline switchover source 'no end of the switchover'
    kill -KILL "$dst_pid"
    on_source
}

for v in $(main_versions); do
    for c in command_carries_the_guest command_to_a_destination_that_lacks_a_device \
        connection_of_ours_is_passed inherited_sockets rdma_without_an_adapter \
        tunnel tunnel_by_ssh tunnel_to_a_destination_that_lacks_a_device; do
        run_case case_$c "$v" "$v"
    done
done
for pair in '7.2 11.1' '11.1 7.2' '10.0 11.1'; do
    # shellcheck disable=SC2086
    run_case case_tunnel $pair
done
run_case case_command_carries_the_guest 11.1 7.2
run_case case_connection_of_ours_over_tcp 7.2 11.1
run_case case_tunnel_whose_controller_is_killed
run_case case_tunnel_whose_controller_is_killed 11.1 11.1
run_case case_channels 10.0 11.1
run_case case_channels_over_tcp 11.1 10.0
run_case case_channels_that_qemu_lacks 7.2 11.1
for c in command_that_fails connection_of_ours_is_refused \
    inherited_pipe inherited_pipe_to_a_destination_that_lacks_a_device \
    descriptors_that_are_none \
    tunnel_whose_ssh_dies tunnel_by_a_command tunnel_over_tcp tunnel_to_nobody \
    tunnel_that_a_command_fails_to_make tunnel_that_cannot_be tunnel_that_is_cancelled \
    tunnel_to_a_destination_that_hangs; do
    run_case case_$c
done
finish
