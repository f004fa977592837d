#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A save that fails leaves the guest where it was, and no file; a restore that
# fails leaves the file; and when the controller is killed at a point of the
# talk, `recover` finds either.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/saving.sh"

# ---- what goes wrong ------------------------------------------------------

as_before() { # the guest of src runs on, with the settings that it had
    guest_counts src 1
    settings_of src | diff "$T/before" - || fail "the settings are others"
    no_file
}

case_failed_save_changes_nothing() {
    start_source
    guest_up src
    settings_of src >"$T/before"
    expect 1 qmigrate save "$T/none/img" --source "$T/src.qmp"
    told "cannot find the folder of"
    expect 1 qmigrate save "$T" --source "$T/src.qmp"
    told "is no regular file"
    expect 1 qmigrate save /dev/null --source "$T/src.qmp"
    told "is no regular file"
    expect 2 qmigrate save "$T/img" --source tcp:127.0.0.1:1
    told "must be a UNIX socket of this host"
    expect 2 save src -p migrate_uri=tcp://x
    told "has no meaning for a save"
    expect 0 save src --dry-run
    grep -q 'quit' "$T/out"
    as_before

    # A slow one is cancelled; it was stopped, and runs again.
    timeout -k 5 60 sh -c 'echo $$ >"$0"; exec "$@"' "$T/pid" "$QMIGRATE" save \
        "$T/img" --source "$T/src.qmp" --bandwidth 1 >"$T/out" 2>"$T/out.err" &
    local job=$! rc=0
    qmp_until src return.status=active query-migrate
    [ "$(runstate src)" = paused ]
    kill -TERM "$(cat "$T/pid")"
    wait "$job" || rc=$?
    [ "$rc" = 4 ] || fail "cancelled: exit $rc $(cat "$T/out" "$T/out.err")"
    as_before

    # The next one works.
    expect 0 save src
    wait_exit src
}

case_full_disk() {
    [ "$(id -u)" = 0 ] || skip "needs root, for a small file system"
    start_source
    guest_up src
    settings_of src >"$T/before"
    mkdir "$T/small"
    unshare -m true 2>/dev/null || skip "no mount namespaces here"
    # QEMU gets the file opened: only qmigrate has to see that file system.
    # shellcheck disable=SC2016
    expect 1 timeout 60 unshare -m sh -ec '
        mount -t tmpfs -o size=4m none "$1/small"
        rc=0
        "$2" save "$1/small/img" --source "$1/src.qmp" --progress none || rc=$?
        ls -A "$1/small" >"$1/left"
        umount -l "$1/small"
        exit $rc' sh "$T" "$QMIGRATE"
    told "could not be written to"
    told "No space left on device"
    [ ! -s "$T/left" ] || fail "left behind: $(cat "$T/left")"
    as_before
}

refused() { # refused CODE TEXT: dst was not touched
    expect "$1" restore dst
    told "$2"
    [ "$(runstate dst)" = inmigrate ]
}

case_bad_file_is_refused() {
    start_source
    guest_up src
    expect 0 save src
    wait_exit src
    mv "$T/img" "$T/good"
    start_dest

    refused 1 "No such file or directory"
    head -c 1000 /dev/urandom >"$T/img"
    refused 3 "is no file of a saved guest"
    printf 'LibvirtQemudSave' >"$T/img"
    refused 3 "it was saved by libvirt"
    head -c 100 "$T/good" >"$T/img"
    refused 3 "it ends after 100 bytes"
    head -c -100 "$T/good" >"$T/img" # QEMU itself takes that one
    refused 3 "was cut off"
    { head -c 70 "$T/good"; printf X; tail -c +72 "$T/good"; } >"$T/img"
    refused 3 "the checksum is wrong"

    # A header that is right before a stream that is not: QEMU says why.
    { head -c 4096 "$T/good"; head -c "$(($(stat -c %s "$T/good") - 4096))" /dev/zero; } >"$T/img"
    expect 1 restore dst --json
    [ "$(json error.code)/$(json owner)" = dest.load/source ]
    [ "$(stat -c %s "$T/img")" = "$(stat -c %s "$T/good")" ]
    wait_exit dst || true
    # The destination has other hardware.
    cp "$T/good" "$T/img"
    MEM=96
    start_qemu more "$VER_DST" -incoming defer
    expect 1 restore more --json
    [ "$(json error.code)/$(json owner)" = dest.load/source ]
    case $(json error.message)$(cat "$T/more.err") in
    *"Size mismatch"*) ;;
    *) fail "not told: $(json error.message)" ;;
    esac
    # It is still good.
    MEM=64
    start_qemu last "$VER_DST" -incoming defer
    expect 0 restore last
    guest_check src last
}

# ---- the controller is killed --------------------------------------------

killed() { # killed VERB ROLE POINT: through a gate that kills it there
    gate "$2" "$3" "run kill -KILL \$(cat $T/pid)"
    local side=--source
    [ "$1" = save ] || side=--dest
    # shellcheck disable=SC2016
    timeout -k 5 60 sh -c 'echo $$ >"$0"; exec "$@"' "$T/pid" "$QMIGRATE" "$1" \
        "$T/img" $side "$T/$2.gate" --json >"$T/result" 2>"$T/result.err" || true
    [ ! -s "$T/result" ] || fail "$1 was not killed at $3: $(cat "$T/result")"
    local name=${2}_gate_pid id code=0 first=0
    kill "${!name}" 2>/dev/null || true
    wait "${!name}" 2>/dev/null || true
    rm -f "$T/$2.gate"
    # shellcheck disable=SC2012
    id=$(ls -t "$T/state" | grep -E '^[0-9]{8}T' | head -n 1)
    qmigrate owner "$id" $side "$T/$2.qmp" >"$T/owner" 2>&1 || first=$?
    qmigrate recover "$id" $side "$T/$2.qmp" >"$T/recovered" 2>&1 || code=$?
    [ "$first" = "$code" ] || fail "$3: owner $first, recover $code
$(cat "$T/owner" "$T/recovered")"
    rc=$code
    code=0
    qmigrate recover "$id" $side "$T/$2.qmp" >"$T/again" 2>&1 || code=$?
    [ "$rc" = "$code" ] || fail "$3: recover $rc, then $code
$(cat "$T/recovered" "$T/again")"
}

case_killed_controller() {
    local n=0 cur=src life=("$T/src.serial") rc
    local wanted=(1 1 1 1 0)
    local saves=('>"execute":"migrate-set-capabilities"' '>"execute":"stop"'
        '>"execute":"migrate",' '<MIGRATION", "data": {"status": "completed"'
        '>"execute":"quit"')
    local restores=('>"execute":"stop"' '>"execute":"migrate-incoming"'
        '<MIGRATION", "data": {"status": "completed"' '>"execute":"cont"'
        '<"RESUME"')
    start_source
    guest_up src
    settings_of src >"$T/before"
    for n in 0 1 2 3 4; do
        killed save "$cur" "${saves[n]}"
        [ "$rc" = "${wanted[n]}" ] || fail "save killed at ${saves[n]}: $rc
$(cat "$T/recovered")"
        if [ "$rc" = 1 ]; then
            [ ! -e "$T/img" ] || fail "a file is left: $(cat "$T/recovered")"
            no_file
            guest_counts "$cur" 1
            expect 0 save "$cur"
        fi
        wait_exit "$cur"
        start_qemu "a$n" "$VER_DST" -incoming defer
        killed restore "a$n" "${restores[n]}"
        case $rc in
        0) cur=a$n ;;
        1)
            [ -e "$T/img" ] || fail "the file is gone"
            wait_for 20 "a$n to be ended" has_ended "$(pid_of "a$n")"
            start_qemu "b$n" "$VER_DST" -incoming defer
            expect 0 restore "b$n"
            cur=b$n
            ;;
        *) fail "restore killed at ${restores[n]}: $rc $(cat "$T/recovered")" ;;
        esac
        [ "$n" -lt 3 ] || [ "$rc" = 0 ] || fail "restore killed at ${restores[n]}: $rc"
        rm "$T/img"
        guest_counts "$cur" 1
        life+=("$T/$cur.serial")
    done
    guest_walks "$cur"
    guest_life "${life[@]}"
}

for v in 7.2 10.0 11.1; do
    run_case case_failed_save_changes_nothing "$v" "$v"
    run_case case_full_disk "$v" "$v"
    run_case case_bad_file_is_refused "$v" "$v"
    run_case case_killed_controller "$v" "$v"
done
finish
