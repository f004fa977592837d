# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What the live tests share: real QEMUs under TCG with the guest of
# tests/guest, started, watched and ended. A test script is
#
#   . "$(dirname "$0")/lib.sh"
#   case_something() { start_source; start_dest; ...; guest_check src dst; }
#   for_pairs case_something        # once for each pair of versions
#   run_case case_other 7.2 7.2     # or for one
#   finish                          # the line "N passed, N failed"
#
#   beside run_case case_third      # beside others, $LIVE_JOBS at once; `finish`
#                                   # waits for them all
#
# A case runs in a subshell with `set -e` and a temporary directory $T of its
# own; any command that fails fails it, its output and the QEMUs' words are
# shown then. `skip REASON` leaves it uncounted. At its end, however it ends,
# its QEMUs are killed (by pid; they die with the subshell too) and $T goes.
#
# In a case there are VER_SRC and VER_DST (names of scripts/qemu-versions),
# MACHINE (fits both), MEM (MiB, 64), GUEST (arguments for mkguest), and
# QMIGRATE, the program under test. A QEMU has a role, `src` and `dst` or any
# other word, and as files in $T:
#   ROLE.qmp     monitor for the program under test, unix:$T/ROLE.qmp
#   ROLE.obs     monitor for the test: qmp ROLE ..., qmp_get, qmp_until
#   ROLE.gate    ROLE.qmp through a gate that can act at a point (see gate)
#   ROLE.ev      monitor for `watch ROLE`, which writes ROLE.events
#   ROLE.serial  what the guest said;  ROLE.err  what QEMU said
# ${ROLE}_pid is its pid. A process that was not started here (by --dest-exec)
# and has $T in its command line ends with the case if its pid is in a file
# $T/*.pid.
#
# Environment: QMIGRATE_TEST_VERSIONS="7.2 10.0" limits the versions, CASE=name
# the cases, LIVE_ONLY to those whose lines "NAME SRC->DST" it has; KEEP=1 keeps $T; LIVE_TRIES=2 gives a case that failed another try
# and says "again" (on a machine that others load, for those that measure);
# LIVE_JOBS=1 lets none run beside another (default: two a processor).
set -u
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
QMIGRATE=${QMIGRATE:-$root/build/qmigrate}
tools=$root/build/live
passed=0 failed=0 skipped=0
LIVE_JOBS=${LIVE_JOBS:-$((2 * $(nproc)))}
declare -A besides=() # pid of what runs beside us: the file of its output
# Only between cases, a case sees to itself.
trap 'end_besides; [ -z "$T" ] || rm -rf "$T"; exit 130' INT TERM HUP
T='' MEM=64 GUEST='--mem 8 --pages-per-tick 256' MACHINE='' VER_SRC='' VER_DST=''

for tool in qmp-call qmp-gate free-port json-get relay with-pair; do
    [ -x "$tools/$tool" ] || make -s -C "$root" "build/live/$tool" >&2 || exit 1
done

# ---- versions -------------------------------------------------------------

# What is there is looked up once: each look starts every QEMU.
qemus=$("$root/scripts/qemu-versions" list 2>/dev/null)

# The versions that are there, oldest first.
versions() {
    local name
    while IFS=$'\t' read -r name _ && [ -n "$name" ]; do
        case " ${QMIGRATE_TEST_VERSIONS:-$name} " in *" $name "*) echo "$name" ;; esac
    done <<<"$qemus"
}

# The program of a version; skips the case with the reason when there is none.
qemu_of() { # qemu_of VERSION
    case " ${QMIGRATE_TEST_VERSIONS:-$1} " in
    *" $1 "*) ;;
    *) skip "QEMU $1 is not among '$QMIGRATE_TEST_VERSIONS'" ;;
    esac
    sed -n "s|^$1\t||p" <<<"$qemus" | grep . ||
        "$root/scripts/qemu-versions" path "$1" 2>"$T/why" || skip "$(tail -n 1 "$T/why")"
}

# A machine type that both know. 11.1 calls all up to 8.1 deprecated.
machine_of() { # machine_of VERSION VERSION
    case " $* " in
    *" 5.2 "*) echo pc-q35-5.2 ;;
    *) echo pc-q35-7.2 ;;
    esac
}

# Pairs that matter: each with itself, the old and the new reference both ways
# with everything, and neighbours. Lines "SRC DST", of what is there.
pairs() {
    local v s d there
    there=" $(versions | tr '\n' ' ')"
    for v in $there; do echo "$v $v"; done
    while read -r s d; do
        case $there in *" $s "*) case $there in *" $d "*) echo "$s $d" ;; esac ;; esac
    done <<<'7.2 10.0
10.0 7.2
7.2 11.1
11.1 7.2
10.0 11.1
11.1 10.0
5.2 7.2
5.2 11.1'
}

# ---- cases ----------------------------------------------------------------

skip() { # in a case: skip REASON
    echo "$*" >"$T/skipped"
    exit 77
}

fail() { # in a case: fail WHAT
    echo "FAILED: $*"
    exit 1
}

# `! COMMAND` does not fail a case (set -e overlooks it); this does.
must_fail() { # must_fail COMMAND...
    if ("$@"); then fail "succeeded: $*"; fi
}

end_case() {
    local rc=$? pid
    trap - EXIT ERR
    set +e
    exec 2>/dev/null # bash tells of each that is killed here
    for pid in $(jobs -p); do kill -KILL "$pid" 2>/dev/null; done
    for pid in $(cat "$T"/*.pid 2>/dev/null); do
        # Only if it is still what was started here.
        if grep -qsF "$T/" "/proc/$pid/cmdline"; then kill -KILL "$pid"; fi
    done
    wait 2>/dev/null
    exit "$rc"
}

show_case() { # what a failed case leaves to read
    local f
    cat "$T/log"
    for f in "$T"/*.err; do
        [ ! -s "$f" ] || sed "s|^|${f##*/}: |" "$f"
    done
    for f in "$T"/*.talk; do
        [ ! -s "$f" ] || tail -n 20 "$f" | cut -c 1-300 | sed "s|^|${f##*/}: |"
    done
    for f in "$T"/*.serial; do
        [ ! -s "$f" ] || tail -n 3 "$f" | sed "s|^|${f##*/}: |"
    done
}

why_failed() { # in one line
    { grep -m 1 '^FAILED: ' "$T/log" || tail -n 1 "$T/log"; } | cut -c 1-400
}

# Runs FUNCTION as a case between two versions (default: the installed one).
run_case() { # run_case FUNCTION [VER_SRC VER_DST]
    local name=$1 rc begin=$EPOCHREALTIME tries=${LIVE_TRIES:-1}
    # shellcheck disable=SC2254
    case $1 in ${CASE:-*}) ;; *) return ;; esac
    VER_SRC=${2:-7.2} VER_DST=${3:-7.2}
    MACHINE=$(machine_of "$VER_SRC" "$VER_DST")
    name="$1 $VER_SRC->$VER_DST"
    [ -z "${LIVE_ONLY:-}" ] || grep -qxF -e "$name" <<<"$LIVE_ONLY" || return 0
    T=$(mktemp -d "${TMPDIR:-/tmp}/qmigrate-live.XXXXXX")
    export QMIGRATE_STATE_DIR=$T/state
    (
        set -eE
        trap end_case EXIT
        trap 'exit 130' INT TERM HUP
        trap 'echo "in ${FUNCNAME[*]:-$name}: line $LINENO: $BASH_COMMAND"' ERR
        "$1"
    ) >"$T/log" 2>&1 </dev/null
    rc=$?
    begin=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f s", b - a }')
    case $rc in
    0)
        passed=$((passed + 1))
        echo "ok    $name ($begin)"
        ;;
    77)
        skipped=$((skipped + 1))
        echo "skip  $name: $(cat "$T/skipped")"
        ;;
    *)
        if [ "$tries" -gt 1 ] && [ "$rc" -ne 130 ]; then
            echo "again $name ($begin, exit $rc): $(why_failed)"
            rm -rf "$T"
            LIVE_TRIES=$((tries - 1)) run_case "$@"
            return
        fi
        failed=$((failed + 1))
        echo "FAIL  $name ($begin, exit $rc)"
        show_case
        ;;
    esac
    if [ -n "${KEEP:-}" ]; then echo "kept: $T"; else rm -rf "$T"; fi
    [ "$rc" -ne 130 ] || exit 130
}

# Runs FUNCTION once for each pair of versions that are there.
for_pairs() { # for_pairs FUNCTION
    local s d
    while read -r s d <&8; do run_case "$1" "$s" "$d"; done 8< <(pairs)
}

# Runs a command, a run_case or a list of them, beside others. What it wrote
# comes at its end.
beside() { # beside COMMAND...
    local log
    while [ "${#besides[@]}" -ge "$LIVE_JOBS" ]; do reap; done
    log=$(mktemp "${TMPDIR:-/tmp}/qmigrate-live.XXXXXX")
    (
        besides=() passed=0 failed=0 skipped=0 T=''
        "$@"
        echo "sum $passed $failed $skipped"
    ) >"$log" 2>&1 </dev/null &
    besides[$!]=$log
}

# Waits for the next to end, and counts what it counted.
reap() {
    local pid='' log word p f s
    wait -n -p pid "${!besides[@]}" 2>/dev/null || :
    if [ -z "${pid:-}" ]; then # bash has forgotten one that was killed
        for pid in "${!besides[@]}"; do [ -e "/proc/$pid" ] || break; done
    fi
    log=${besides[$pid]}
    unset "besides[$pid]"
    if read -r word p f s < <(tail -n 1 "$log") && [ "$word" = sum ]; then
        sed '$d' "$log"
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    else
        cat "$log"
        failed=$((failed + 1))
    fi
    rm -f "$log"
}

end_besides() {
    [ "${#besides[@]}" -gt 0 ] || return 0
    kill -TERM "${!besides[@]}"
    wait "${!besides[@]}"
    rm -f "${besides[@]}"
}

finish() {
    while [ "${#besides[@]}" -gt 0 ]; do reap; done
    if [ $((passed + failed)) -eq 0 ] && [ "$skipped" -gt 0 ]; then
        echo "all $skipped cases skipped"
        exit 77
    fi
    if [ "$skipped" -gt 0 ]; then
        echo "$passed passed, $failed failed, $skipped skipped"
    else
        echo "$passed passed, $failed failed"
    fi
    [ "$failed" -eq 0 ]
    exit
}

# ---- QEMUs ----------------------------------------------------------------

# The image for $GUEST, made once a case.
guest_image() {
    # shellcheck disable=SC2086
    [ -e "$T/guest.img" ] || "$root/tests/guest/mkguest" "$T/guest.img" $GUEST >&2
    echo "$T/guest.img"
}

# The command line of a QEMU with our guest, one argument a line.
qemu_args() { # qemu_args ROLE
    printf '%s\n' -machine "$MACHINE" -accel tcg -m "$MEM" -nodefaults -display none \
        -chardev "socket,id=qmp,path=$T/$1.qmp,server=on,wait=off" -mon chardev=qmp,mode=control \
        -chardev "socket,id=obs,path=$T/$1.obs,server=on,wait=off" -mon chardev=obs,mode=control \
        -chardev "socket,id=ev,path=$T/$1.ev,server=on,wait=off" -mon chardev=ev,mode=control \
        -serial "file:$T/$1.serial" \
        -drive "if=none,id=boot,format=raw,readonly=on,file=$(guest_image)" \
        -device virtio-blk-pci,drive=boot
}

# Starts a QEMU and waits until it answers.
start_qemu() { # start_qemu ROLE VERSION [ARG...]
    local role=$1 version=$2 program args
    shift 2
    program=$(qemu_of "$version") || exit
    mapfile -t args < <(qemu_args "$role")
    setpriv --pdeathsig KILL "$program" "${args[@]}" "$@" 2>"$T/$role.err" &
    declare -g "${role}_pid=$!"
    "$tools/qmp-call" -p $! "$T/$role.obs" query-status >/dev/null
}

start_source() { start_qemu src "$VER_SRC" "$@"; }

start_dest() { start_qemu dst "$VER_DST" -incoming defer "$@"; }

pid_of() { # pid_of ROLE
    local name=${1}_pid
    echo "${!name}"
}

# Waits for the end of a QEMU that was started here; its exit code.
wait_exit() { # wait_exit ROLE [SECONDS]
    local pid rc=0
    pid=$(pid_of "$1")
    wait_for "${2:-20}" "$1 to exit" has_ended "$pid"
    wait "$pid" || rc=$?
    echo "$1 exit $rc"
    return "$rc"
}

state_of() { # state_of PID: its letter in /proc, nothing when it is gone
    sed -E 's/.*\) (.).*/\1/' "/proc/$1/stat" 2>/dev/null
}

has_ended() { # has_ended PID: gone, or waiting to be reaped
    local state
    state=$(state_of "$1") || return 0
    [ -z "$state" ] || [ "$state" = Z ]
}

is_stopped() { # is_stopped ROLE
    [ "$(state_of "$(pid_of "$1")")" = T ]
}

# ---- monitors -------------------------------------------------------------

# Sends commands (JSON or bare names) on the test's monitor; the last reply.
qmp() { # qmp ROLE CMD...
    local role=$1
    shift
    "$tools/qmp-call" "$T/$role.obs" "$@"
}

# The member at PATH of the reply, as return.status.
qmp_get() { # qmp_get ROLE PATH CMD
    "$tools/qmp-call" -g "$2" "$T/$1.obs" "$3"
}

# Asks until the member is the value. Not for one that goes by: who asks may be
# kept from it.
qmp_until() { # qmp_until ROLE PATH=VALUE CMD [SECONDS]
    "$tools/qmp-call" -t "${4:-20}" -u "$2" -g "${2%%=*}" "$T/$1.obs" "$3"
}

# A destination that is done may be the next one's source: on is only what a
# source never looks at.
left_for_a_source() { # left_for_a_source ROLE
    local on
    on=$(qmp "$1" query-migrate-capabilities | tr -d ' ' | tr '}' '\n' |
        sed -nE 's/.*"state":true.*"capability":"([^"]*)".*|.*"capability":"([^"]*)".*"state":true.*/\1\2/p' |
        sort | tr '\n' ' ')
    [ "$on" = 'events late-block-activate ' ] || fail "capabilities of $1 that stay on: $on"
}

# Waits for a state to which QEMU comes by itself.
comes_to() { # comes_to ROLE RUNSTATE
    qmp_until "$1" "return.status=$2" query-status
}

runstate() { # runstate ROLE
    qmp_get "$1" return.status query-status
}

# Writes all that QEMU tells from now on to ROLE.events, times in front.
watch() { # watch ROLE
    setpriv --pdeathsig KILL "$tools/qmp-call" -w -t 600 "$T/$1.ev" >"$T/$1.events" 2>/dev/null &
    wait_for 20 "the watcher" grep -qs '"return"' "$T/$1.events"
}

# Puts a gate before ROLE.qmp: a client of $T/ROLE.gate talks with it through
# qmp-gate, whose rules are the further arguments and whose log is ROLE.talk.
#   gate dst "<\"RESUME\"" "run kill -STOP $src_pid"
gate() { # gate ROLE [PATTERN ACTION]...
    local role=$1
    shift
    setpriv --pdeathsig KILL "$tools/qmp-gate" "$T/$role.talk" "$T/$role.gate" \
        "$T/$role.qmp" "$@" 2>"$T/$role.gate.err" &
    declare -g "${role}_gate_pid=$!"
    wait_for 20 "the gate" test -S "$T/$role.gate"
}

# ---- waiting --------------------------------------------------------------

# 20 ms, without a process: many cases wait at once.
exec {never}<> <(:)
pause() { read -rt 0.02 -u "$never" || :; }

# The one place that polls a shell condition.
wait_for() { # wait_for SECONDS WHAT COMMAND...
    local end what=$2
    end=$((EPOCHSECONDS + $1))
    shift 2
    until "$@"; do
        [ "$EPOCHSECONDS" -lt "$end" ] || fail "timed out waiting for $what"
        pause
    done
}

# A path is there before somebody listens on it.
is_listening() { # is_listening UNIX-SOCKET
    awk -v path="$1" '$8 == path && $4 == "00010000" { found = 1 } END { exit !found }' /proc/net/unix
}

# ---- the program under test ------------------------------------------------

# Bounded: a hung qmigrate fails the case (exit 124).
qmigrate() {
    timeout -k 5 "${QMIGRATE_TEST_TIMEOUT:-60}" "$QMIGRATE" "$@"
}

# Runs a command whose exit code is to be CODE; what it wrote is in $T/out and
# $T/out.err.
expect() { # expect CODE COMMAND...
    local wanted=$1 rc=0
    shift
    "$@" >"$T/out" 2>"$T/out.err" || rc=$?
    [ "$rc" -eq "$wanted" ] || fail "exit $rc, wanted $wanted: $*
$(cat "$T/out")"
}

# The member at PATH of the JSON that `expect` caught, or of FILE.
json() { # json PATH [FILE]
    "$tools/json-get" "${2:-$T/out}" "$1"
}

free_port() { "$tools/free-port"; }

# ---- the guest ------------------------------------------------------------

# The last whole line's number: of CNT (2) or PASS (4); -1 when there is none.
guest_number() { # guest_number ROLE FIELD
    awk -v f="$2" '/^CNT [0-9]+ PASS [0-9]+$/ { n = $f + 0; seen = 1 }
        END { print seen ? n : -1 }' "$T/$1.serial" 2>/dev/null || echo -1
}

guest_is_at() { # guest_is_at ROLE FIELD NUMBER
    [ "$(guest_number "$1" "$2")" -ge "$3" ]
}

# Waits until the guest of ROLE counts.
guest_up() { # guest_up ROLE
    wait_for 30 "the guest of $1 to count" guest_is_at "$1" 2 1
}

# Waits until it has counted N further.
guest_counts() { # guest_counts ROLE N
    wait_for 30 "the guest of $1 to count on" \
        guest_is_at "$1" 2 $(($(guest_number "$1" 2) + $2))
}

# Waits until every page was checked since now: the rest of this walk of the
# memory and one whole one.
guest_walks() { # guest_walks ROLE
    wait_for 60 "the guest of $1 to count" guest_is_at "$1" 4 0
    wait_for 60 "the guest of $1 to walk its memory" \
        guest_is_at "$1" 4 $(($(guest_number "$1" 4) + 2))
}

# Proves one guest's life across QEMUs: one start, then a count that grows by
# exactly one from line to line, and no bad page. A line may begin in one file
# and end in the next; the last may be unfinished. Prints the last line.
guest_life() { # guest_life FILE...
    cat "$@" | awk '
        function bad(why) { print "guest line " at ": " why ": " prev; failed = 1; exit 1 }
        { if (NR > 1) check(prev, NR - 1); prev = $0 }
        function check(line, nr,    f) {
            at = nr
            if (line ~ /^BAD /) bad("its memory is wrong")
            if (nr == 1) { if (line != "UP") bad("not a start"); return }
            if (line !~ /^CNT [0-9]+ PASS [0-9]+$/) bad("not a count")
            split(line, f, " ")
            if (f[2] + 0 != nr - 1) bad("count " f[2] + 0 ", wanted " nr - 1)
            last = line
        }
        END {
            if (failed) exit 1
            if (last == "") { print "the guest never counted"; exit 1 }
            print last
        }'
}

# Proves that the guest lived on from the first role to the last, that it runs
# there, and that all its memory came along.
guest_check() { # guest_check ROLE...
    local role files=()
    for role in "$@"; do files+=("$T/$role.serial"); done
    guest_walks "$role"
    guest_life "${files[@]}"
}
