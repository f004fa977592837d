#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `transcript record` between other programs and real QEMUs: descriptors get
# through, what was recorded can be shown, and replayed to the same programs.
. "$(dirname "$0")/lib.sh"

make -s -C "$root" build/live/pass-fd >&2 || exit 1

record() { # record FILE: between $T/mitm and src
    mkfifo "$T/said"
    setpriv --pdeathsig KILL "$QMIGRATE" transcript record "$1" --listen "unix:$T/mitm" \
        --connect "unix:$T/src.qmp" >"$T/said" 2>"$T/record.err" &
    recorder=$!
    wait_line "$T/said" listening
}

replay() { # replay FILE: at $T/mitm
    setpriv --pdeathsig KILL "$QMIGRATE" transcript replay "$1" --stall 10 \
        --listen-source "unix:$T/mitm" >"$T/said" 2>"$T/replay.err" &
    replayer=$!
    wait_line "$T/said" listening
}

wait_line() { # wait_line FIFO LINE
    local line
    read -r line <"$1"
    [ "$line" = "$2" ] || fail "'$line', wanted '$2': $(cat "$T"/*.err)"
}

end_recording() {
    kill -INT "$recorder"
    wait "$recorder" || fail "record: $(cat "$T/record.err")"
}

case_descriptors_get_through() {
    start_source
    head -c 65536 /dev/zero >"$T/disk"
    record "$T/t.jsonl"
    "$tools/pass-fd" "$T/mitm" "$T/disk" >"$T/live.out"
    end_recording
    # It is the file: QEMU made a disk of it.
    [ "$(grep -c '"return"' "$T/live.out")" -eq 4 ] || fail "$(cat "$T/live.out")"
    qmp_get src return.0.image.virtual-size '{"execute":"query-named-block-nodes","arguments":{"flat":true}}' >"$T/size"
    grep -qx 65536 "$T/size" || fail "the size is $(cat "$T/size")"
    [ "$(grep -c '"dir":">","fds":1,"msg":{"execute":"\(add-fd\|getfd\)"' "$T/t.jsonl")" -eq 2 ] ||
        fail "no mark of the descriptors: $(cat "$T/t.jsonl")"
    "$QMIGRATE" transcript show "$T/t.jsonl" >"$T/shown"
    grep -Eq '  source       add-fd \(1 descriptor\) .* = \{.*"fd":[0-9]+' "$T/shown" || fail "$(cat "$T/shown")"
    # Without QEMU the same again.
    replay "$T/t.jsonl"
    "$tools/pass-fd" "$T/mitm" "$T/disk" >"$T/replay.out"
    wait "$replayer" || fail "replay: $(cat "$T/replay.err")"
    tr -d ' ' <"$T/live.out" >"$T/live.plain"
    tr -d ' ' <"$T/replay.out" | diff "$T/live.plain" -
}

# As `qmp-shell -p` and people at `socat` do: over several lines, without ids.
case_a_person_types() {
    command -v socat >/dev/null || skip 'no socat'
    start_source
    record "$T/t.jsonl"
    {
        printf '{\n  "execute":\n  "qmp_capabilities"\n}\n'
        printf '{"execute": "query-status"}\r\n{ "execute": "qom-get",\n "arguments": { "path": "/machine",\n "property": "type" } }\n'
        wait_for 20 "the answers" answered 3
    } | socat - "UNIX-CONNECT:$T/mitm" >"$T/live.out"
    end_recording
    [ "$(grep -c '"dir":">"' "$T/t.jsonl")" -eq 3 ] || fail "$(cat "$T/t.jsonl")"
    grep -q '"dir":">","msg":{"execute":"qom-get","arguments":{"path":"/machine","property":"type"}}}' "$T/t.jsonl"
    "$QMIGRATE" transcript show "$T/t.jsonl" | grep -q 'qom-get .* = "pc-q35-7.2-machine"'
    replay "$T/t.jsonl"
    {
        printf '{"execute":"qmp_capabilities"}\n{"execute":"query-status"}\n'
        printf '{"execute":"qom-get","arguments":{"property":"type","path":"/machine"}}\n'
        wait_for 20 "the answers" replayed 3
    } | socat - "UNIX-CONNECT:$T/mitm" >"$T/replay.out"
    wait "$replayer" || fail "replay: $(cat "$T/replay.err")"
    tr -d ' ' <"$T/live.out" >"$T/live.plain"
    tr -d ' ' <"$T/replay.out" | diff "$T/live.plain" -
}

answered() { # answered N
    [ "$(grep -cs '"return"' "$T/live.out")" -ge "$1" ]
}
replayed() { # replayed N
    [ "$(grep -cs '"return"' "$T/replay.out")" -ge "$1" ]
}

for v in 7.2 10.0 11.1; do
    run_case case_descriptors_get_through "$v" "$v"
    run_case case_a_person_types "$v" "$v"
done
finish
