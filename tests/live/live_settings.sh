#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every typed parameter and flag on real QEMUs: one table. A row is run on each
# of the three reference versions; what is sent is read from the transcript,
# and what it does is measured where it can be.
#
# name | options of migrate | guest | on 7.2 | on 10.0 | on 11.1 | effect
#
# guest: what makes the row worth its time, see guest_* below; empty: idle.
# on V: words, `=` is the column to the left:
#   S+CAP D+CAP     set on the source, the destination, before `migrate`
#   S-CAP D-CAP     not set there
#   S.NAME=JSON     this migration parameter is set to that
#   S>COMMAND S<COMMAND  this command is sent, or not
#   !CODE           refused by a check (!param.*: as wrong usage), with this error code; further words,
#                   with _ for blanks, are in the message
#   !!CODE          refused by QEMU when it is told to
# effect: a function effect_NAME; it runs after the migration; watch_NAME runs
# during it.
. "$(dirname "$0")/lib.sh"

table() {
    grep -vE '^ *(#|$)' <<'END'
# where the data goes, and what arrives
migrate_uri.unix      | -p migrate_uri=unix:@T/data            |      | S.uri="unix:@T/data" D.uri="unix:@T/data" | = | = |
migrate_uri.tcp       | -p migrate_uri=tcp://127.0.0.1:@PORT   |      | S.uri="tcp:127.0.0.1:@PORT" D.uri="tcp:127.0.0.1:@PORT" | = | = |
listen_address        | -p listen_address=127.0.0.3 -p migrate_uri=tcp://127.0.0.3:@PORT | | D.uri="tcp:127.0.0.3:@PORT" | = | = |
listen_address.other  | @RELAY                                 | text | D.uri="tcp:127.0.0.1:@PORT" S.uri="tcp:127.0.0.2:@PORT" | = | = | relayed
destination_name      | -p destination_name=web2               | name | S>migrate | = | = |
destination_name.bad  | -p destination_name=web3               | name | !name.differs wanted_'web3' | = | = |
live                  | -f live                                |      | S<stop S+pause-before-switchover S+return-path | S<stop S+pause-before-switchover S+return-path D+return-path D+switchover-ack | = |
not_live              | --flags 0                              |      | S>stop | = | = |
paused                | -f paused                              |      | D<cont | = | = | paused

# how fast
bandwidth             | -p bandwidth=16                        | large| S.max-bandwidth=16777216 | = | = | rate
bandwidth.avail.switchover | -p bandwidth.avail.switchover=100 |      | !qemu.lacks avail-switchover-bandwidth 7.2 | S.avail-switchover-bandwidth=104857600 | = |
auto_converge         | -f auto_converge -p bandwidth=32       | busy | S+auto-converge D-auto-converge | = | = | throttle20
auto_converge.initial | -f auto_converge -p auto_converge.initial=70 -p bandwidth=32 | busy | S.cpu-throttle-initial=70 | = | = | throttle70
auto_converge.increment | -f auto_converge -p auto_converge.initial=70 -p auto_converge.increment=29 -p bandwidth=16 | busy | S.cpu-throttle-increment=29 | = | = | throttle99

# post-copy is allowed, and not begun
postcopy              | -f postcopy                            |      | S+postcopy-ram D+postcopy-ram S+postcopy-preempt D+postcopy-preempt | = | = |
bandwidth.postcopy    | -f postcopy -p bandwidth.postcopy=50   |      | S.max-postcopy-bandwidth=52428800 D.max-postcopy-bandwidth=52428800 | = | = |

# several connections
parallel              | -f parallel                            |      | S+multifd D+multifd | = | = | multifd
parallel.connections  | -f parallel -p parallel.connections=5 -p bandwidth=1 -p migrate_uri=unix:@T/data | blob | S.multifd-channels=5 D.multifd-channels=5 | = | = | channels
zerocopy              | -f parallel -f zerocopy                | blob | S+zero-copy-send D-zero-copy-send | = | = | zerocopy

zerocopy.compression  | -f parallel -f zerocopy -p compression=zlib | | !param.conflict flag_'zerocopy' | = | = |
parallel.postcopy     | -f parallel -f postcopy                |      | !qemu.lacks 7.2 | !!qmp.refused not_yet_compatible | S+multifd S+postcopy-ram S-postcopy-preempt D-postcopy-preempt |

# compression
compressed            | -f compressed -p bandwidth=4           | walk | S+xbzrle D+xbzrle | = | = | xbzrle
compression.xbzrle.cache | -p compression=xbzrle -p compression.xbzrle.cache=8388608 -p bandwidth=4 | walk | S+xbzrle D+xbzrle S.xbzrle-cache-size=8388608 D.xbzrle-cache-size=8388608 | = | = | cache8
compression.zlib      | -f parallel -p compression=zlib @RELAY | text | S.multifd-compression="zlib" D.multifd-compression="zlib" | = | = | smaller
compression.zlib.level | -f parallel -p compression=zlib -p compression.zlib.level=9 @RELAY | text | S.multifd-zlib-level=9 D.multifd-zlib-level=9 | = | = | smaller
compression.zstd      | -f parallel -f compressed -p compression=zstd @RELAY | text | S.multifd-compression="zstd" D.multifd-compression="zstd" | = | = | smaller
compression.zstd.level | -f parallel -p compression=zstd -p compression.zstd.level=19 @RELAY | text | S.multifd-zstd-level=19 D.multifd-zstd-level=19 | = | = | smaller
compression.mt        | -p compression=mt                      | few  | S+compress D+compress | !qemu.lacks 'compress' | = |
compression.mt.postcopy | -f postcopy -p compression=mt        | few  | S+compress S+postcopy-ram S-postcopy-preempt D-postcopy-preempt | !qemu.lacks 'compress' | = |
compression.mt.level  | -p compression=mt -p compression.mt.level=9 | few | S.compress-level=9 D.compress-level=9 | !qemu.lacks 'compress' | = |
compression.mt.threads | -p compression=mt -p compression.mt.threads=2 | few | S.compress-threads=2 D.compress-threads=2 | !qemu.lacks 'compress' | = |
compression.mt.dthreads | -p compression=mt -p compression.mt.dthreads=3 | few | S.decompress-threads=3 D.decompress-threads=3 | !qemu.lacks 'compress' | = |

# QEMU's own names
qemu.downtime-limit   | -p qemu.downtime-limit=444             |      | S.downtime-limit=444 | = | = |
qemu.downtime-limit.both | -p qemu.downtime-limit@both=444     |      | S.downtime-limit=444 D.downtime-limit=444 | = | = |
qemu.max-bandwidth    | -p qemu.max-bandwidth=16777216         | large| S.max-bandwidth=16777216 | = | = | rate
qemu.announce         | -p qemu.announce-rounds=2 -p qemu.announce-initial=60 -p qemu.announce-max=70 -p qemu.announce-step=80 | nic | D.announce-rounds=2 D.announce-initial=60 D.announce-max=70 D.announce-step=80 D<announce-self | = | = | announced2
qemu.announce.not     |                                        | nic  | D<announce-self S<announce-self | = | = | announced5
qemu.announce-self    | -p qemu.announce-self=on -p qemu.announce-rounds=3 -p qemu.announce-initial=20 | nic | D>announce-self D.announce-rounds=3 | = | = | announced6
qemu.announce-self.bad | -p qemu.announce-self=5               |      | !param.type expected_on_or_off | = | = |
validate-uuid         |                                        | uuid | S+validate-uuid D-validate-uuid | = | = |
qemu.validate-uuid    | -f qemu.validate-uuid                  |      | S+validate-uuid D-validate-uuid | = | = |
qemu.validate-uuid.both | -f qemu.validate-uuid@both           |      | S+validate-uuid D+validate-uuid | = | = |
qemu.validate-uuid.off | -p qemu.validate-uuid=off             | uuid | S-validate-uuid D-validate-uuid | = | = |
qemu.tls-authz        | -p qemu.tls-authz=authz0               |      | D.tls-authz="authz0" | = | = |
qemu.max-cpu-throttle | -f auto_converge -p auto_converge.initial=70 -p auto_converge.increment=29 -p qemu.max-cpu-throttle=97 -p bandwidth=16 | busy | S.max-cpu-throttle=97 | = | = | throttle97
qemu.throttle-trigger-threshold | -p qemu.throttle-trigger-threshold=30 -p qemu.cpu-throttle-tailslow=on | | S.throttle-trigger-threshold=30 S.cpu-throttle-tailslow=true | = | = |
qemu.multifd-compression.qpl | -f parallel -p qemu.multifd-compression=qpl | | !qemu.lacks has_no_'qpl'_for_its_'multifd-compression',_only_none,_zlib,_zstd | = | = |
qemu.multifd-compression.qatzip | -f parallel -p qemu.multifd-compression=qatzip | | !qemu.lacks has_no_'qatzip'_for_its_'multifd-compression',_only_none,_zlib,_zstd | = | = |
qemu.multifd-compression.uadk | -f parallel -p qemu.multifd-compression=uadk | | !qemu.lacks has_no_'uadk'_for_its_'multifd-compression',_only_none,_zlib,_zstd | = | = |
qemu.multifd-compression.dest | -f parallel -p qemu.multifd-compression@dest=qpl | | !qemu.lacks only_none,_zlib,_zstd | = | = |
qemu.multifd-compression.zstd | -f parallel -p qemu.multifd-compression=zstd | | S.multifd-compression="zstd" D.multifd-compression="zstd" S>query-qmp-schema | = | = |
qemu.zero-page-detection.bad | -p qemu.zero-page-detection=mulitfd | | !qemu.lacks 'zero-page-detection' | !qemu.lacks only_none,_legacy,_multifd | = |
qemu.mode.bad         | -p qemu.mode=cpr-transfer              |      | !param.unsupported save_and_restore | = | = |
qemu.dirty-limit      | -f qemu.dirty-limit                    |      | !qemu.lacks 'dirty-limit' | !!qmp.refused dirty-ring-size | = |
qemu.vcpu-dirty-limit | -p qemu.vcpu-dirty-limit=7 -p qemu.x-vcpu-dirty-limit-period=500 | | !qemu.lacks 'vcpu-dirty-limit' | S.vcpu-dirty-limit=7 S.x-vcpu-dirty-limit-period=500 | = |
qemu.mode             | -p qemu.mode=cpr-reboot                |      | !param.unsupported save_and_restore | = | = |
qemu.background-snapshot | -f qemu.background-snapshot         |      | !param.unsupported save_--live | = | = |
qemu.zero-page-detection | -p qemu.zero-page-detection=none    |      | !qemu.lacks 'zero-page-detection' | S.zero-page-detection="none" | = | nozero
qemu.postcopy-blocktime | -f qemu.postcopy-blocktime           |      | D+postcopy-blocktime S-postcopy-blocktime | = | = |
qemu.switchover-ack   |                                        |      | S-switchover-ack | S+switchover-ack D+switchover-ack | = |
qemu.switchover-ack.off | -p qemu.switchover-ack=off           |      | !qemu.lacks 'switchover-ack' | S-switchover-ack D-switchover-ack | = |
qemu.zero-blocks      | -f qemu.zero-blocks                    |      | S+zero-blocks | = | !qemu.lacks 'zero-blocks' |
qemu.unknown          | -p qemu.downtime-limt=5                |      | !qemu.lacks no_migration_parameter_or_capability_'downtime-limt' | = | = |
qemu.out-of-range     | -p qemu.max-cpu-throttle=100           |      | !!qmp.refused expects_an_integer | = | = |

# no hardware for it here: over TCP the capability changes nothing
rdma_pin_all          | -f rdma_pin_all                        |      | S+rdma-pin-all D+rdma-pin-all | = | = |
END
}

# ---- guests ----------------------------------------------------------------

# $blob MiB that the guest does not touch lie above its 12 MiB, put there by
# QEMU.
blob=24
load() { # load COMMAND...: its output
    "$@" 2>/dev/null | head -c "${blob}M" >"$T/blob" || true
    source_args=(-device "loader,file=$T/blob,addr=0x1000000,force-raw=on")
}

guest_() { :; }
guest_blob() { load cat /dev/urandom; GUEST='--mem 2 --pages-per-tick 16'; }
guest_large() { MEM=96 blob=64 && guest_blob; }
guest_text() {
    start_relay
    load yes 'all work and no play'
    GUEST='--mem 2 --pages-per-tick 16'
}
guest_busy() { GUEST='--mem 32 --spin'; }
# A network card; the destination's packets are kept.
guest_nic() {
    source_args=(-netdev hubport,id=n0,hubid=0 -device virtio-net-pci,netdev=n0,romfile=)
    dest_args=("${source_args[@]}" -object "filter-dump,id=dump,netdev=n0,file=$T/packets")
}
guest_walk() { GUEST='--mem 4 --pages-per-tick 30'; }
# shellcheck disable=SC2034
guest_few() { MEM=16 GUEST='--mem 1 --pages-per-tick 6'; }
guest_name() { dest_args=(-name web2); }
guest_uuid() {
    source_args=(-uuid 0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b42)
    dest_args=("${source_args[@]}")
}

# Listens where the source is sent to, and goes on to where the destination
# listens; $T/relayed has connections and bytes.
relay='-p listen_address=127.0.0.1 -p migrate_uri=tcp://127.0.0.2:@PORT'
start_relay() {
    setpriv --pdeathsig KILL "$tools/relay" "$T/relayed" 127.0.0.2 127.0.0.1 "$port" &
    wait_for 20 'the relay' test -s "$T/relayed"
}

# ---- effects ---------------------------------------------------------------

# Bytes a second while RAM flows: the most of any three seconds. It is never more
# than the limit, and the limit is reached (a machine that others load may do
# less at times). The time is QEMU's own, of the same answer. It counts in slices
# of 100 ms, and each may be some 80 KiB too large.
most_in_three_seconds() {
    grep '"peer":"source","dir":"<"' "$T/t.jsonl" | tr -d ' ' | awk '
        /"status":"active"/ && match($0, /"transferred":[0-9]+/) {
            bytes[++n] = substr($0, RSTART + 14, RLENGTH - 14)
            match($0, /"total-time":[0-9]+/)
            time[n] = substr($0, RSTART + 13, RLENGTH - 13)
        }
        END {
            if (n < 5) exit 1
            for (i = 2; i < n; i++) # the first: it has just begun
                for (j = i + 1; j <= n; j++)
                    if (time[j] - time[i] >= 3000) {
                        rate = (bytes[j] - bytes[i]) * 1000 / (time[j] - time[i])
                        if (rate > most) most = rate
                    }
            printf "%d\n", most
        }'
}

# The greatest NUMBER that the source gave for a member of query-migrate.
most() { # most MEMBER
    grep '"peer":"source","dir":"<"' "$T/t.jsonl" | tr -d ' ' |
        grep -o "\"$1\":[0-9]*" | awk -F : '$2 > m { m = $2 } END { print m + 0 }'
}

between() { # between WHAT FOUND MIN MAX
    [ "$2" -ge "$3" ] && [ "$2" -le "$4" ] || fail "$1 is $2, wanted $3..$4"
}

effect_() { :; }
effect_rate() { # 16 MiB/s, within 10 %
    between 'bytes a second, at most,' "$(most_in_three_seconds)" 15099495 18454937
}
# It does not converge until the throttle is there, and then gets its way.
reaches() { # reaches PERCENT
    wait_for 60 "a throttle of $1 %" throttle_is_at "$1"
    hurry
}
throttle_is_at() { # throttle_is_at PERCENT, or beyond
    local now
    now=$(qmp_get src return.cpu-throttle-percentage query-migrate)
    [ "${now:-0}" -ge "$1" ]
}
hurry() { qmp src '{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":10000000000}}'; }
watch_throttle20() { reaches 20; }
watch_throttle70() { reaches 70; }
watch_throttle99() { reaches 99; }
watch_throttle97() { reaches 97; }
throttles() { tr -d ' ' <"$T/t.jsonl" | grep -o '"cpu-throttle-percentage":[0-9]*' | sort -u | tr '\n' ' '; }
effect_throttle20() { :; }
effect_throttle70() { ! throttles | grep -qE ':[1-6]'; } # at once
effect_throttle99() { ! throttles | grep -qE ':([1-6]|7[1-9]|8)'; } # in one step
effect_throttle97() { between 'the throttle' "$(most cpu-throttle-percentage)" 97 97; }
# RARP packets of 60 bytes behind 16 of the file's, whose own are 24. A guest
# that does not run yet need not be announced a whole second later: by QEMU
# itself, begun when it had loaded.
announced() { # announced N
    wait_for 10 "$1 announcements" announcements_are "$1"
    guest_counts dst 20 # and no further ones
    announcements_are "$1" || fail "$(wc -c <"$T/packets") bytes"
}
announcements_are() { [ "$(wc -c <"$T/packets")" -eq $((24 + $1 * 76)) ]; }
effect_announced2() { announced 2; }
effect_announced5() { announced 5; }
effect_announced6() { announced 6; }
effect_nozero() { between 'zero pages found' "$(most duplicate)" 0 0; }
effect_multifd() { between 'multifd-bytes' "$(most multifd-bytes)" 1 99999999; }
effect_zerocopy() { # the kernel copies on loopback, and QEMU counts that
    between 'copied after all' "$(most dirty-sync-missed-zero-copy)" 1 99999999
}
effect_xbzrle() {
    between 'pages sent as a difference' "$(most pages)" 1 99999999
}
effect_cache8() {
    effect_xbzrle
    between 'the cache' "$(most cache-size)" 8388608 8388608
}
# What went through the relay: 28 MiB, or much less of the same when compressed.
effect_relayed() {
    local connections bytes
    read -r connections bytes <"$T/relayed"
    between 'bytes on the wire' "$bytes" "${2:-25165824}" "${3:-40000000}"
    between 'connections' "$connections" "${1:-1}" 10
}
effect_smaller() { effect_relayed 3 100000 8388608; }
effect_paused() { [ "$(runstate dst)" = paused ]; }

# Five for the data and the one with which it begins, on the side that accepts.
watch_channels() {
    wait_for 20 'six connections' connections_are 6
    hurry
}
effect_channels() { effect_multifd; }
connections_are() { # connections_are N, besides the listening one
    [ "$(awk -v path="$T/data" '$8 == path && $6 == "03"' /proc/net/unix | wc -l)" -eq "$1" ]
}

# ---- one row on one version ------------------------------------------------

# What was sent to a side before (and with) `migrate`, without blanks.
sent() { # sent S|D
    local peer=source
    [ "$1" = S ] || peer=destination
    tr -d ' ' <"$T/t.jsonl" | sed '/"execute":"migrate"[,}]/q' |
        grep "\"peer\":\"$peer\",\"dir\":\">\"" || true
}

sent_ever() { # sent_ever S|D COMMAND
    local peer=source
    [ "$1" = S ] || peer=destination
    tr -d ' ' <"$T/t.jsonl" | grep "\"peer\":\"$peer\",\"dir\":\">\"" |
        grep -q "\"execute\":\"$2\"[,}]"
}

check_word() { # check_word WORD
    local side=${1:0:1} rest=${1:2}
    case ${1:1:1} in
    +) sent "$side" | grep -qF "{\"capability\":\"$rest\",\"state\":true}" ;;
    -) ! sent "$side" | grep -qF "{\"capability\":\"$rest\",\"state\":true}" ;;
    .) sent "$side" | grep -qF "\"${rest%%=*}\":${rest#*=}" ;;
    '>') sent_ever "$side" "$rest" ;;
    '<') ! sent_ever "$side" "$rest" ;;
    *) fail "table: '$1'" ;;
    esac
}

settings() { # settings ROLE
    qmp "$1" query-migrate-capabilities
    qmp "$1" query-migrate-parameters
}

check_refusal() { # check_refusal OPTIONS !CODE WORD...
    local options=$1 word before code=3 roles='src dst' role
    shift
    # A destination that was told to listen is used up, and gone by then.
    case $1 in
    !!*) code=1 roles=src ;;
    !param.*) code=2 ;; # usage
    esac
    before=$(for role in $roles; do settings "$role"; done)
    # shellcheck disable=SC2046,SC2086
    expect $code qmigrate migrate $(peers) --json $options
    [ "$(json error.code)" = "${1##*!}" ] || fail "$(cat "$T/out")"
    shift
    for word in "$@"; do
        json error.message | grep -qF "${word//_/ }" || fail "'$word' is not in $(json error.message)"
    done
    [ "$before" = "$(for role in $roles; do settings "$role"; done)" ]
    [ "$(runstate src)" = running ]
    guest_check src
}

# A first try that is refused late or cancelled, by turns: the source is then
# set as before, and runs, and another destination takes the guest. What takes
# its time to flow ends before that.
first_try() { # first_try OPTIONS
    local options=$1 turn=prepared code=1 act='exit 1' before
    case $row_guest in '' | name | uuid | nic | walk) turn=pre-switchover ;; esac
    # shellcheck disable=SC2016
    [ $((row_number % 2)) -eq 0 ] || code=4 act='kill -INT $PPID; exec sleep 60'
    echo "[ \$1 = $turn ] || exit 0; $act" >"$T/hook"
    start_qemu try "$VER_DST" -incoming defer "${dest_args[@]}"
    before=$(settings src)
    # shellcheck disable=SC2086
    expect "$code" qmigrate migrate --source "unix:$T/src.qmp" --dest "unix:$T/try.qmp" \
        --json --transcript "$T/try.jsonl" --hook ". $T/hook" $options
    is_as_before "$before"
    [ "$(runstate src)" = running ]
    kill -KILL "$try_pid" 2>/dev/null || : # it may have ended by itself
    wait_exit try || :
}

is_as_before() { # is_as_before SETTINGS: the source
    local now
    now=$(settings src)
    [ "$1" = "$now" ] || fail "the source was set as
$1
and is now as
$now"
}

check_effect() { # check_effect OPTIONS EFFECT WORD...
    local options=$1 effect=$2 word before rc=0 pid
    shift 2
    before=$(qmp dst query-migrate-parameters)
    # shellcheck disable=SC2046,SC2086
    timeout -k 5 100 "$QMIGRATE" migrate $(peers) --json --transcript "$T/t.jsonl" \
        $options >"$T/out" 2>"$T/out.err" &
    pid=$!
    if declare -F "watch_$effect" >/dev/null; then "watch_$effect"; fi
    wait "$pid" || rc=$?
    [ "$rc" -eq 0 ] || fail "exit $rc: $(cat "$T/out")"
    for word in "$@"; do check_word "$word" || fail "not so: $word"; done
    "effect_$effect"
    [ "$before" = "$(qmp dst query-migrate-parameters)" ] ||
        fail 'the parameters of the destination stay changed'
    left_for_a_source dst
    [ "$effect" = paused ] || second_try_is_whole
}

# After a migration that failed 7.2 loses what the guest writes when dirty pages
# begin to be counted, under TCG, qmigrate or not (see tests/faults/chain): that
# is not ours, and no other version does it.
second_try_is_whole() {
    local rc=0
    (guest_check src dst) >"$T/life" 2>&1 || rc=$?
    cat "$T/life"
    [ "$rc" -ne 0 ] || return 0
    [ "$VER_SRC" = 7.2 ] && grep -q 'its memory is wrong' "$T/life" ||
        fail "the guest: $(cat "$T/life")"
    skip "QEMU 7.2 under TCG has lost a page after a failed migration"
}

peers() { echo --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp"; }

case_row() {
    local options=${row_options//@T/$T} words=() guest=$row_guest port
    port=$(free_port)
    source_args=() dest_args=()
    options=${options//@RELAY/$relay}
    options=${options//@PORT/$port}
    # A refusal needs no special guest.
    [ "${row_words:0:1}" = '!' ] && [ "$guest" != name ] || "guest_$guest"
    start_source "${source_args[@]}"
    guest_up src
    [ "${row_words:0:1}" = '!' ] || first_try "$options"
    start_dest "${dest_args[@]}"
    # shellcheck disable=SC2206
    words=(${row_words//@T/$T})
    words=("${words[@]//@PORT/$port}")
    if [ "${words[0]:0:1}" = '!' ]; then
        check_refusal "$options" "${words[@]}"
    else
        check_effect "$options" "$row_effect" "${words[@]}"
    fi
}

trim() { sed -E 's/^ +//; s/ +$//' <<<"$1"; }

# Those that take a processor for themselves, or measure what others disturb,
# come one after the other; all others beside them.
is_alone() { # is_alone GUEST EFFECT
    [ "$1" = busy ] || [ "$2" = rate ]
}

row_number=0

# A row on each version that is there; ROW=name limits it to some.
run_row() { # run_row NAME OPTIONS GUEST 7.2 10.0 11.1 EFFECT
    local v i=0 columns=("$4" "$5" "$6")
    row_options=$2 row_guest=$3 row_effect=$7
    # shellcheck disable=SC2254
    case $1 in ${ROW:-*}) ;; *) return ;; esac
    for v in 7.2 10.0 11.1; do
        [ "${columns[i]}" = = ] || row_words=${columns[i]}
        i=$((i + 1)) row_number=$((row_number + 1))
        case " $there " in *" $v "*) $how measure "$1" "$v" ;; esac
    done
}

measure() { # measure NAME VERSION
    eval "case_$1() { case_row; }"
    LIVE_TRIES=${LIVE_TRIES:-2} run_case "case_$1" "$2" "$2"
}

# ---- what stays behind -----------------------------------------------------

# Everything at once, on a source that was set up oddly.
everything='-f parallel -f zerocopy -f auto_converge -p auto_converge.initial=30
    -p parallel.connections=3 -p bandwidth=1'

odd_source() {
    guest_blob
    start_source "${source_args[@]}"
    start_dest
    guest_up src
    qmp src '{"execute":"migrate-set-capabilities","arguments":{"capabilities":
        [{"capability":"xbzrle","state":true},{"capability":"events","state":true}]}}'
    qmp src '{"execute":"migrate-set-parameters","arguments":
        {"max-bandwidth":12345678,"multifd-channels":7,"cpu-throttle-initial":44}}'
    before=$(settings src)
    # shellcheck disable=SC2046,SC2086
    "$QMIGRATE" migrate $(peers) --json $everything >"$T/out" 2>"$T/out.err" &
    pid=$!
    wait_for 20 'the migration to flow' qmp_until src return.status=active query-migrate
    [ "$before" != "$(settings src)" ]
}

ends_with() { # ends_with CODE
    local rc=0
    wait "$pid" || rc=$?
    [ "$rc" -eq "$1" ] || fail "exit $rc: $(cat "$T/out")"
    is_as_before "$before"
    [ "$(runstate src)" = running ]
    guest_check src
}

case_settings_of_the_source_come_back_after_a_cancel() {
    odd_source
    kill -INT "$pid"
    ends_with 4
}

case_settings_of_the_source_come_back_after_a_failure() {
    odd_source
    kill -KILL "$dst_pid"
    ends_with 1
}

# QEMU begins to announce when it has loaded. As long as its guest does not run
# it keeps what its network cards send, so the network hears all of it when the
# guest runs there, however late that is: here, once the last was made.
case_network_is_told_once_the_guest_runs() {
    local wire=$T/wire
    guest_nic
    dest_args+=(-netdev user,id=out,restrict=on,ipv6=off -netdev hubport,id=n1,hubid=0,netdev=out
        -object "filter-dump,id=wire,netdev=n1,file=$wire")
    start_source "${source_args[@]}"
    start_dest "${dest_args[@]}"
    guest_up src
    gate dst '>"cont"' "run timeout 20 sh -c 'until [ \$(wc -c <$T/packets) -eq 404 ]; do sleep 0.02; done'; cp $wire $wire.before"
    expect 0 qmigrate migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.gate" --json
    [ "$(wc -c <"$wire.before")" -eq 24 ] || fail 'announced before the guest ran'
    wait_for 10 'the announcements on the wire' is_long "$wire" 404
    must_fail grep -q announce-self "$T/dst.talk"
    guest_check src dst
}
is_long() { [ "$(wc -c <"$1")" -eq "$2" ]; }

# Whatever acts has a row, here or in the file that its area has.
elsewhere='destination_xml tls tls.destination tunnelled peer2peer persist_dest
    persistent_xml undefine_source offline change_protection unsafe
    abort_on_error non_shared_disk non_shared_inc non_shared_synchronous_writes
    migrate_disks migrate_disks_detect_zeroes disks_port disks_uri graphics_uri
    postcopy_resume'
case_everything_that_acts_has_a_row() {
    local name
    for name in $("$QMIGRATE" migrate --help | sed -nE '
        /^Typed parameters|^Flags \(-f\)/,/^$/s/^  ([a-z_.0-9]+)(=.*)?( .*)?$/\1/p'); do
        case " ${elsewhere//[[:space:]]/ } " in *" $name "*) continue ;; esac
        table | grep -qE "^$name([. ]|\|)" || fail "no row: $name"
    done
}
[ "${ROW:-*}" != '*' ] || run_case case_everything_that_acts_has_a_row

there=$(versions | grep -vx 5.2 | tr '\n' ' ') # 5.2 has not half of it

rows() { # rows alone|beside
    local name options guest on72 on100 on111 effect kind how=''
    [ "$1" = alone ] || how=beside
    while IFS='|' read -r name options guest on72 on100 on111 effect <&7; do
        kind=beside
        ! is_alone "$(trim "$guest")" "$(trim "$effect")" || kind=alone
        [ "$kind" = "$1" ] || continue
        run_row "$(trim "$name")" "$(trim "$options")" "$(trim "$guest")" "$(trim "$on72")" \
            "$(trim "$on100")" "$(trim "$on111")" "$(trim "$effect")"
    done 7< <(table)
}

beside rows alone
rows beside
if [ "${ROW:-*}" = '*' ]; then
    for v in $there; do
        beside run_case case_network_is_told_once_the_guest_runs "$v" "$v"
        beside run_case case_settings_of_the_source_come_back_after_a_cancel "$v" "$v"
        beside run_case case_settings_of_the_source_come_back_after_a_failure "$v" "$v"
    done
fi
finish
