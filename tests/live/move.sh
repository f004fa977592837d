# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What the tests of whole migrations share, on top of lib.sh (which it loads).
#
#   both                          source with a guest that counts, destination
#   move CODE [ARG...]            qmigrate migrate from $from to $to; its JSON
#                                 is in $T/out, its transcript in $T/t.jsonl
#   moved [ROLE...]               it went well, and the guest lives in the last
#   failed CODE PHASE SIDE TEXT   it went so, and the owner is the source
#   untouched, on_source          and this is where the guest is then
#   again                         a second try, with a fresh destination
#
# In a case $from and $to are the monitors' addresses, by default those of the
# roles src and dst; `gated ROLE RULES...` puts a gate before one of them.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

from='' to='' before=''
# Quick to walk: each case ends with two walks.
GUEST='--mem 4 --pages-per-tick 512'
# What a migration at 1 MiB/s does not come to an end with.
BUSY='--mem 4 --pages-per-tick 64'

both() { # both [SOURCE-ARG...]
    start_source "$@"
    start_dest
    guest_up src
}

# As lib.sh's gate, and what qmigrate then talks to. Rules may name $kill_dst
# and the like, and the pid of qmigrate by $qmigrate_pid.
gated() { # gated ROLE [PATTERN ACTION]...
    gate "$@"
    case $1 in src) from=$T/src.gate ;; dst) to=$T/dst.gate ;; esac
}

# For actions of a gate: what the shell runs there.
signal_qmigrate() { # signal_qmigrate SIGNAL
    case $1 in
    # On a busy machine the line, and what follows it, would overtake it.
    INT | TERM) echo "run $(kill_and_wait "$1")" ;;
    *) echo "run kill -$1 \$(cat $T/qmigrate.pid)" ;;
    esac
}

kill_and_wait() { # kill_and_wait SIGNAL: until qmigrate says that it cancels
    echo "kill -$1 \$(cat $T/qmigrate.pid); for i in \$(seq 500); do grep -q cancelling $T/out.err && break; sleep 0.02; done"
}

# The program, bounded in time; its pid is in $T/qmigrate.pid.
# shellcheck disable=SC2016
run_qmigrate() {
    timeout -k 5 "${QMIGRATE_TEST_TIMEOUT:-60}" \
        sh -c 'echo $$ >"$0"; exec "$@"' "$T/qmigrate.pid" "$QMIGRATE" "$@"
}

move() { # move CODE [ARG...]
    local code=$1
    shift
    before=
    if ! has_ended "$src_pid" && ! is_stopped src; then before=$(settings src); fi
    rm -f "$T/t.jsonl"
    expect "$code" run_qmigrate migrate --source "${from:-unix:$T/src.qmp}" \
        --dest "${to:-unix:$T/dst.qmp}" --transcript "$T/t.jsonl" \
        --progress none --json "$@"
    [ "$(wc -l <"$T/out")" -eq 1 ] || fail "not one line: $(cat "$T/out")"
}

is() { # is PATH VALUE, of the result
    local found
    found=$(json "$1" 2>/dev/null) || found='(absent)'
    [ "$found" = "$2" ] || fail "$1 is '$found', wanted '$2': $(cat "$T/out")"
}

moved() { # moved [ROLE...], default src dst
    [ $# -gt 0 ] || set -- src dst
    is result completed
    is owner destination
    guest_check "$@"
}

error_says() { # error_says TEXT: in the message
    case "$(json error.message)" in
    *"$1"*) ;;
    *) fail "message '$(json error.message)', wanted '$1'" ;;
    esac
}

failed() { # failed CODE PHASE SIDE TEXT
    is error.code "$1"
    is error.phase "$2"
    is error.side "$3"
    error_says "$4"
    is owner source
}

# What a migration changes, as one text.
settings() { # settings ROLE
    qmp "$1" query-migrate-capabilities
    # 11.1 and others put in here what a migration found out by itself.
    qmp "$1" query-migrate-parameters
}

unchanged() { # the source's settings
    local after
    after=$(settings src)
    [ "$before" = "$after" ] || fail "settings of the source:
$before
$after"
}

on_source() { # and it runs, with settings as they were
    [ "$(runstate src)" = running ] || fail "source: $(runstate src)"
    unchanged
    guest_check src
}

# No command passed that changes anything. For roles that were gated.
untouched() { # untouched ROLE...
    local role sent
    for role in "$@"; do
        sent=$(grep '^>' "$T/$role.talk" | grep -vE '"execute":"(query-[a-z-]*|qmp_capabilities)"') || true
        [ -z "$sent" ] || fail "$role was sent: $sent"
    done
}

again() { # again [SOURCE-ROLE]
    # The first one's gate and URI are not needed any more.
    from='' to=unix:$T/next.qmp
    start_qemu next "$VER_DST" -incoming defer
    move 0
    moved src next
}

# A command line that starts a destination, for --dest-exec; its pid is found
# by start's end, see lib.sh. QEMU's further arguments are of the shell that
# runs it: QMIGRATE_NAME may be named.
dest_command() { # dest_command [ARGUMENTS]
    local program args
    program=$(qemu_of "$VER_DST") || exit
    mapfile -t args < <(qemu_args dst)
    {
        # shellcheck disable=SC2016
        echo 'echo $$ >'"'$T/dst.pid'; env | grep ^QMIGRATE_ >'$T/dst.env'"
        printf 'exec'
        printf ' %q' "$program" "${args[@]}"
        echo " $*"
    } >"$T/dest.sh"
    echo "exec /bin/sh $T/dest.sh"
}

# Commands that passed QEMU's monitor and were not refused, those that change
# nothing left out: `"execute":"NAME","arguments":{...}`, one a line. A port
# that the destination chose is 0, as in a plan.
sent_to() { # sent_to PEER TRANSCRIPT
    awk -v peer="\"peer\":\"$1\"" '
        !index($0, peer) || /"msg":{"(timestamp|QMP)"/ { next }
        {
            sent = index($0, "\"dir\":\">\"")
            if (match($0, /"id": ?[0-9]+/)) {
                id = substr($0, RSTART, RLENGTH)
                gsub(/[^0-9]/, "", id)
            } else {
                id = "nth " (sent ? ++asked : ++answered) # in order
            }
            if (sent) { n++; line[n] = $0; of[n] = id }
            else if (index($0, "\"error\": {")) refused[id] = 1
        }
        END { for (i = 1; i <= n; i++) if (!(of[i] in refused)) print line[i] }
    ' "$2" | sed -E 's/.*"msg":\{//; s/(,"id":[0-9]+)?\}\}$//' | plain_commands
}

planned_for() { # planned_for PEER FILE
    grep "^{\"peer\":\"$1\"" "$2" |
        sed -E 's/^\{"peer":"[a-z]*",//; s/,"why":.*//; s/,"arguments":\{\}$//' |
        plain_commands
}

plain_commands() {
    grep -vE '^"execute":"(query-[a-z-]*|qmp_capabilities)"' |
        sed -E 's/("uri":"tcp:[^"]*:)[0-9]+"/\10"/'
}

# Of the versions that matter to users, those that are there.
main_versions() { versions | grep -vx 5.2; }
