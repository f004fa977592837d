#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `transcript show` and `transcript replay` as users call them.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
program=$PWD/${BUILD:-build}/qmigrate
passed=0 failed=0
T=$(mktemp -d "${TMPDIR:-/tmp}/qmigrate-transcript.XXXXXX")
trap 'rm -rf "$T"' EXIT
good=$PWD/tests/transcripts/7.2-completed.jsonl
lossy=$PWD/tests/transcripts/7.2-dest-dies.jsonl
header='{"transcript":1,"program":"p","peers":{}}'

ok() { passed=$((passed + 1)); }
no() {
    failed=$((failed + 1))
    echo "FAILED: $*"
}

run() { # run CODE ARGUMENT...: out and err are kept
    local wanted=$1 code
    shift
    "$program" transcript "$@" >"$T/out" 2>"$T/err"
    code=$?
    [ "$code" -eq "$wanted" ] && return
    no "transcript $*: exit $code, wanted $wanted: $(cat "$T/err")"
    return 1
}

says() { # says out|err PATTERN: a line that fits
    if grep -Eq -e "$2" "$T/$1"; then ok; else no "no line like '$2' in: $(cat "$T/$1")"; fi
}

says_not() {
    if grep -Eq -e "$2" "$T/$1"; then no "a line like '$2' in: $(cat "$T/$1")"; else ok; fi
}

run 0 show "$good"
says out '^ +0\.[0-9]{6}  source       QEMU 7\.2\.[0-9]+$'
says out '^== 0\.[0-9]{6} precopy \(the destination listens\)$'
says out '  source       migrate \{"uri":"tcp:127.0.0.1:[0-9]+"\}  [0-9.]+ ms$'
says out '  destination  \* RESUME$'
says out '  destination  migrate-incoming .*  error GenericError: Parameter .exit-on-error. is unexpected  '
says out '  source       query-migrate: completed, 0\.0 of 64\.5 MiB remaining$'
says_not out $'\033'

run 0 show "$good" --side source --command migrate
[ "$(wc -l <"$T/out")" -eq "$(($(grep -c '^==' "$T/out") + 1))" ] && ok || no "more than migrate: $(cat "$T/out")"
run 0 show "$good" --phase switchover
says out ' migrate-continue '
says_not out ' migrate '
run 0 show "$good" --slower 1e6
[ ! -s "$T/out" ] && ok || no "slower than 1000 s: $(cat "$T/out")"
run 0 show "$good" --json
[ "$(wc -l <"$T/out")" -gt 40 ] && ok || no "too few lines of JSON"
says out '^\{"kind":"command",.*"name":"migrate",.*"return":\{\},"latency_us":[0-9]+\}$'
run 0 show "$lossy"
says out "  destination  lost: 'unix:dst.sock': connection lost"

# neither the terminal nor a pipe gets what a transcript wants it to do
printf '%s\n{"t":1,"note":"\\u001b[2J","x":"\\u009b2J"}\n{"t":2,"peer":"\\u001b]0;x\\u0007","dir":"<","msg":{"event":"\\u001b[31m"}}\n{"t":3,"peer":"a","dir":"<","raw":"\\u001b[2J"}\n' "$header" >"$T/escapes"
run 0 show "$T/escapes"
says out '\\x1b\[2J x=\\xc2\\x9b2J$'
says_not out $'\033'
run 0 show "$T/escapes" --json
says_not out $'\033'

# bad input: the line number, and what was fine before it
run 2 show
says err 'transcript show: one file is wanted, 0 given'
run 2 explain x
says err "'explain' is none of "
run 1 show "$T/nothing"
says err "cannot open '.*nothing': No such file or directory"
: >"$T/empty"
run 1 show "$T/empty"
says err "empty', line 1: empty"
head -c 100000 /dev/zero >"$T/binary"
run 1 show "$T/binary"
says err "binary', line 1: "
head -n 14 "$good" >"$T/bad"
echo '{"t":1' >>"$T/bad"
echo >>"$T/bad"
run 1 show "$T/bad"
says err "bad', line 15: malformed JSON"
says out ' QEMU 7\.2'
head -c 5000 "$good" >"$T/cut"
run 0 show "$T/cut"
says err 'the last line of the transcript was cut'
run 0 show - <"$good"
run 2 show "$good" --slower fast
says err "'fast' is not a number of milliseconds"

# what other programs recorded
run 0 show tests/corpus/transcript/foreign-log
says err '^qmigrate: read as a log of libvirt$'
says out '^ +0\.009000  destination  getfd \(1 descriptor\) \{"fdname":"migrate"\}  5\.0 ms$'
says_not out hunter2
run 0 show tests/corpus/transcript/foreign-shell
says out '  source       query-name = \{"name":"guest"\}$'
run 0 show tests/corpus/transcript/foreign-cut
says err 'the last line of the transcript was cut'
run 1 show tests/corpus/transcript/foreign-bad
says err "foreign-bad', line 2, read as QMP messages, .*: '\]' where a message"

# whoever reads it: a file that was cut, or somebody else's, is told of
head -c 3000 "$good" >"$T/cut"
for how in "show $T/cut" "report $T/cut" "diff $T/cut $T/cut"; do
    # shellcheck disable=SC2086
    run 0 $how
    says err '^qmigrate: warning: the last line of the transcript was cut$'
done
for how in show report; do
    run 0 $how tests/corpus/transcript/foreign-shell
    says err '^qmigrate: read as QMP messages, '
done
run 0 diff tests/corpus/transcript/foreign-shell tests/corpus/transcript/foreign-shell
[ "$(grep -c '^qmigrate: read as QMP messages, ' "$T/err")" -eq 2 ] && ok || no "diff says: $(cat "$T/err")"

# an option of another action would do nothing
for how in 'show --lenient' 'report --json' 'diff --side source' 'replay --listen x' \
    'record --speed 1' 'replay --json' 'show -o x' 'diff --fault drop@3' 'report --phase x'; do
    # shellcheck disable=SC2086
    run 2 $how "$good"
    option=${how#* } option=${option%% *}
    says err "^qmigrate: option '-?${option/#-o/--output}' does not belong to 'transcript ${how%% *}'"
done
run 2 --lenient show "$good"
says err "option '--lenient' does not belong to 'transcript show'"
for path in migrate migrate. .uri; do
    run 2 diff "$good" "$good" --ignore "$path"
    says err "option '--ignore': '$path' is not COMMAND.PATH, as in migrate.uri"
done

# diff: by structure, and by exit code
run 0 diff "$good" "$good"
says_not out '^[-+^~!=]'
says out '^ +[0-9.]+ ms +[0-9.]+ ms  precopy$'
run 1 diff "$good" "$PWD/tests/transcripts/7.2-bandwidth.jsonl" --ignore migrate.uri
says out '^\+ source migrate-set-parameters  \(line [0-9]+\)$'
says out '^\+ source query-migrate-parameters  \(line [0-9]+\)$'
[ "$(grep -c '^[-+^~!=]' "$T/out")" -eq 2 ] && ok || no "more differs: $(cat "$T/out")"
run 1 diff "$good" "$PWD/tests/transcripts/7.2-dest-not-waiting.jsonl" --json
says out '^\{"kind":"only-first","peer":"source","name":"migrate","first_line":[0-9]+\}$'
says out '^\{"kind":"phase","name":"precopy","first":"there","second":null\}$'
says out '^\{"kind":"phase-time","name":"precopy","first_us":[0-9]+,"second_us":null\}$'
sed 's/"execute":"stop"/"execute":"x"/; s/"host":"127.0.0.1"/"host":"::1"/' "$good" >"$T/renamed"
run 1 diff "$good" "$T/renamed"
says out '^- destination stop '
says out '^\+ destination x '
sed 's/"state":"pre-switchover"/"state":"device"/' "$good" >"$T/changed"
run 1 diff "$good" "$T/changed"
says out '^~ source migrate-continue state: "pre-switchover" -> "device"  \(lines [0-9]+ and [0-9]+\)$'
run 0 diff "$good" "$T/changed" --ignore migrate-continue.state
sed 's/"error": {"class": "GenericError", "desc": "Parameter[^}]*}/"return": {}/' "$good" >"$T/accepted"
run 1 diff "$good" "$T/accepted"
says out "^! destination migrate-incoming: Parameter 'exit-on-error' is unexpected -> accepted  "
run 2 diff "$good" "$T/nothing"
run 2 diff "$good"
says err 'two files are wanted, 1 given'

# replay: what is asked of its options
run 2 replay "$good"
says err "the destination is in the transcript: '--listen-dest ADDR' is wanted"
run 2 replay "$good" --fault drop
says err "'drop' is not KIND@LINE"
run 2 replay "$good" --fault delay@5
run 2 replay "$good" --fault "drop=1@5"
run 2 replay "$good" --speed -1
says err "option '--speed': '-1' is not a number"
run 1 replay "$good" --fault drop@1
says err 'no monitor says anything on line 1'

# replay: a client that sends something else
cd "$T" || exit 1
mkfifo said
"$program" transcript replay "$good" --listen-source unix:s --listen-dest unix:d >said 2>err &
replay=$!
read -r line <said
[ "$line" = listening ] && ok || no "replay says '$line'"
"$program" migrate --bandwidth 7 --progress none --no-transcript --state-dir other --source unix:s --dest unix:d >out 2>&1
wait "$replay"
[ $? -eq 1 ] && ok || no "replay ended well though the client asked for something else"
says err "line [0-9]+, source: '[a-z-]+' was recorded, '[a-z-]+' came"
[ ! -e s ] && [ ! -e d ] && ok || no "sockets were left behind"

# replay: each kind of fault, and what comes of the migration
line_of() { # line_of PATTERN: the number of the first such line of the story
    grep -n -m 1 -e "$1" "$good" | cut -d: -f1
}
faulted() { # faulted CODE KIND PATTERN|LINE [OPTION...]: migrate with that fault
    local wanted=$1 kind=$2 at code begin=$EPOCHREALTIME
    case $3 in *[!0-9]*) at=$(line_of "$3") ;; *) at=$3 ;; esac
    shift 3
    "$program" transcript replay "$good" --fault "$kind@$at" --stall 5 \
        --listen-source unix:s --listen-dest unix:d >said 2>err &
    replay=$!
    read -r line <said
    rm -rf state t.jsonl
    "$program" migrate --progress none --transcript t.jsonl --state-dir state \
        --source unix:s --dest unix:d --json "$@" >out 2>&1
    code=$?
    took_ms=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%d", (b - a) * 1000 }')
    kill "$replay" 2>/dev/null
    wait "$replay" 2>/dev/null
    [ ! -e s ] && [ ! -e d ] && ok || no "sockets were left behind"
    [ "$code" -eq "$wanted" ] && ok || no "$kind@$at: exit $code, wanted $wanted: $(cat out)"
}
reply_to() { # reply_to COMMAND: the line of the source's reply, in order
    awk -v wanted="\"execute\":\"$1\"" '
        !/"peer":"source"/ || /"id": ?[0-9]/ { next }
        /"dir":">"/ && ++sent && !nth && index($0, wanted) { nth = sent }
        /"dir":"<".*{"(return|error)"/ { line[++heard] = NR }
        END { print line[nth] }' "$good"
}
faulted 0 drop '"source".*MIGRATION_PASS'
faulted 0 duplicate '"source".*"completed"'
faulted 0 delay=300 '"source".*"pre-switchover"'
[ "$took_ms" -ge 300 ] && ok || no "delayed by 300 ms, and took $took_ms"
faulted 0 reorder '"source".*"STOP"'
[ "$(grep -n '"pre-switchover"' t.jsonl | head -n 1 | cut -d: -f1)" -lt "$(grep -n '"STOP"' t.jsonl | head -n 1 | cut -d: -f1)" ] &&
    ok || no "not in another order: $(cat t.jsonl)"
faulted 1 error "$(reply_to migrate)"
says out '"owner":"source","id".*"desc":"the replay was told to fail here"'
faulted 1 garbage "$(reply_to query-migrate-capabilities)"
says out '"code":"qmp.protocol","phase":"begin","side":"source"'
faulted 1 close "$(reply_to query-migrate-capabilities)"
says out '"code":"qmp.closed","phase":"begin","side":"source"'
# Where answers have no id the next one is taken for it, before anything is set.
faulted 1 drop "$(reply_to query-migrate-capabilities)"
says out '"code":"qmp.protocol","phase":"begin","side":"source"'

# a crash in the middle: what had passed is there, and can be read
"$program" transcript replay "$good" --fault "delay=20000@$(line_of '"source".*"pre-switchover"')" \
    --listen-source unix:s --listen-dest unix:d >said 2>err &
replay=$!
read -r line <said
rm -f t.jsonl
"$program" migrate --progress none --transcript t.jsonl --state-dir crashed --source unix:s --dest unix:d >out 2>&1 &
job=$!
for ((i = 0; i < 2000; i++)); do
    grep -qs '"STOP"' t.jsonl && break
    sleep 0.01
done
kill -KILL "$job"
kill -INT "$replay"
wait "$job" "$replay" 2>/dev/null
run 0 show t.jsonl
says out '  source       \* STOP$'
says_not err 'cut'
before=$(line_of '"STOP"')
[ "$(grep -c '"dir"' t.jsonl)" -ge "$(head -n "$before" "$good" | grep '"dir"' | grep -vc '"query-\|"return"')" ] &&
    ok || no "lines are missing: $(cat t.jsonl)"

# what the user did is told where it is to be done again
"$program" transcript replay "${good%7.2-*}10.0-cancel.jsonl" --listen-source unix:s --listen-dest unix:d >said 2>err &
replay=$!
exec 4<said
read -r line <&4
"$program" migrate --progress none --no-transcript --state-dir again --source unix:s --dest unix:d --bandwidth 1 >out 2>&1 &
job=$!
read -r line <&4
[ "$line" = 'user cancel' ] && ok || no "the replay says '$line'"
kill -TERM "$job"
wait "$job"
[ $? -eq 4 ] && ok || no "not cancelled: $(cat out)"
wait "$replay"
[ $? -eq 0 ] && ok || no "the replay of a cancelled migration: $(cat err)"
exec 4<&-

# record: a replay through the man in the middle, recorded again, is the same
"$program" transcript replay "$good" --listen-source unix:s --listen-dest unix:d >said 2>err &
replay=$!
read -r line <said
mkfifo said2
"$program" transcript record again.jsonl --listen unix:ms --connect unix:s \
    --listen-dest unix:md --connect-dest unix:d >said2 2>record.err &
recorder=$!
read -r line <said2
[ "$line" = listening ] && ok || no "record says '$line': $(cat record.err)"
"$program" migrate --progress none --no-transcript --state-dir third --source unix:ms --dest unix:md >out 2>&1
[ $? -eq 0 ] && ok || no "migrate through the recorder: $(cat out)"
wait "$replay"
[ $? -eq 0 ] && ok || no "replay: $(cat err)"
kill -INT "$recorder" 2>/dev/null
wait "$recorder"
[ $? -eq 0 ] && ok || no "record: $(cat record.err)"
"$program" transcript diff "$good" again.jsonl --json | grep -vE '"kind":"phase(-time)?"' >out
[ ! -s out ] && ok || no "the recording differs: $(cat out)"
run 2 record "$T/x"
says err "'--listen ADDR --connect ADDR' is wanted"
run 2 record "$T/x" --listen unix:q
says err 'the source needs both where to listen and where to connect'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
