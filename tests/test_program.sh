#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The program as a whole, without a QEMU: what goes to standard output, what
# to standard error, and the exit code.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
program=${BUILD:-build}/qmigrate
passed=0 failed=0
T=$(mktemp -d "${TMPDIR:-/tmp}/qmigrate-program.XXXXXX")
trap 'rm -rf "$T"' EXIT
export QMIGRATE_STATE_DIR=$T/state

# The output has to match the pattern (an extended regular expression for the
# whole of it, line ends as ~); '' is nothing at all.
is() { # is CODE STDOUT STDERR ARG...
    local code=$1 out=$2 err=$3 rc=0 o e
    shift 3
    "$program" "$@" >"$T/out" 2>"$T/err" || rc=$?
    o=$(tr '\n' '~' <"$T/out") e=$(tr '\n' '~' <"$T/err")
    if [ "$rc" -eq "$code" ] && [[ $o =~ ^$out$ ]] && [[ $e =~ ^$err$ ]]; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    printf 'FAILED: %s\nexit %s, wanted %s\n' "$*" "$rc" "$code"
    printf 'stdout: %s\nwanted: %s\nstderr: %s\nwanted: %s\n' "$o" "$out" "$e" "$err"
}

is 0 'qmigrate [0-9.]+~' '' --version
is 0 'usage: qmigrate VERB .*  migrate  .*' '' --help
is 0 'usage: qmigrate VERB .*  migrate  .*' '' help
is 2 '' 'usage: qmigrate VERB .*'
is 2 '' "qmigrate: there is no verb 'migrat'~  hint: did you mean 'migrate'\\?~  try 'qmigrate --help'~" migrat
is 2 '' "qmigrate: unknown option '--sorce'~  hint: did you mean '--source'\\?~  try 'qmigrate migrate --help'~" migrate --sorce x
is 2 '' "qmigrate: unexpected argument 'x'~  try 'qmigrate plan --help'~" plan x
is 0 'usage: qmigrate plan .*' '' plan --help
is 0 'usage: qmigrate check SOURCE.xml DEST.xml~       qmigrate check .*' '' help check
is 2 '' "qmigrate: parameter 'bandwith' not supported~  hint: did you mean 'bandwidth'\\?~" migrate -p bandwith=5
is 2 '' "qmigrate: no address of the source~  try 'qmigrate migrate --help'~" migrate --dest "$T/b"
is 2 '' "qmigrate: .*'gopher:x'.*" migrate --source gopher:x --dest "$T/b"
is 2 '' "qmigrate: source and destination are the same monitor .*" plan --source "$T/a" --dest "$T/a"

# What the guest's QEMU can do decides what an alias stands for.
domain() { # domain MACHINE
    echo "<domain type='qemu'><name>g</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid><memory>65536</memory><os><type arch='x86_64' machine='$1'>hvm</type></os></domain>"
}
domain q35 >"$T/alias.xml"
domain pc-q35-7.2 >"$T/full.xml"
printf '%s\t%s\n' "$T/alias.xml" "$T/full.xml" >"$T/pairs"
echo '{"machines":[{"name":"pc-q35-7.2","alias":"q35"}]}' >"$T/caps"
echo '{"machines":[{"name":7}]}' >"$T/wrong"
is 3 '.*pc-q35-10.0.*' '' check "$T/alias.xml" "$T/full.xml"
is 0 'same: .*' '' check --capabilities "$T/caps" "$T/alias.xml" "$T/full.xml"
is 0 '.*"verdict":"same".*' '' check --capabilities "$T/caps" --batch "$T/pairs"
is 2 '' "qmigrate: '$T/wrong': machines\\[0\\]: 'name' is of type int, expected string~" \
    check --capabilities "$T/wrong" "$T/alias.xml" "$T/full.xml"
is 2 '' "qmigrate: '$T/full.xml' is not JSON: .*" \
    check --capabilities "$T/full.xml" "$T/alias.xml" "$T/full.xml"
is 2 '' "qmigrate: cannot open '$T/none': No such file or directory~.*" \
    check --capabilities "$T/none" "$T/alias.xml" "$T/full.xml"
is 2 '' "qmigrate: --capabilities is for XMLs: .*" \
    check --capabilities "$T/caps" --source "$T/a" --dest "$T/b"

# With --json every refusal is a result object, and the text is there, too.
refused='\{"result":"failed","owner":"source","error":\{"code":"[a-z.]+","phase":"begin","side":"controller","message":".*"\}\}~'
is 2 "$refused" "qmigrate: option '--bandwidth': .*" migrate --json --bandwidth 5M
is 2 "$refused" 'qmigrate: unknown option .*' migrate --bogus --json
is 2 "$refused" 'qmigrate: .*' migrate --json --source "$T/a" --dest "$T/b" --flags 0x40000000
is 1 '\{"result":"failed","owner":"source","id":".*"message":".*"\}.*\}~' "qmigrate: source: .*$T/a.*" \
    migrate --json --source "$T/a" --dest "$T/b" --progress none

# What terminals obey is shown.
is 2 '' "qmigrate: unknown option '--x\\\\x1b\\[2J'~.*" migrate "--x"$'\033[2J'
is 2 '' "qmigrate: the address of a monitor is missing~.*" features

# A signal that comes when the outcome is known does not hide it: here while the
# result waits for a pipe that is full.
rm -f "$T/err"
mkfifo "$T/pipe"
exec 8<>"$T/pipe"
head -c 65536 /dev/zero >&8
"$program" migrate --json --source "$T/a" --dest "$T/b" --progress none >&8 2>"$T/err" &
pid=$!
until [ -s "$T/err" ] || ! kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
kill -TERM "$pid"
kill -INT "$pid"
head -c 65536 <&8 >/dev/null
rc=0
wait "$pid" || rc=$?
echo >&8
read -r result <&8
exec 8>&-
if [ "$rc" -eq 1 ] && [[ $result == '{"result":"failed","owner":"source"'*'}' ]]; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAILED: signals at the end: exit $rc, wanted 1: $result"
fi

# A full disk is no success, unless it is about a guest.
rc=0
"$program" help --man >/dev/full 2>"$T/err" || rc=$?
if [ "$rc" -eq 1 ] && grep -q 'cannot write to standard output' "$T/err"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAILED: help --man >/dev/full: exit $rc"
fi

rc=0
"$program" help --man >&- 2>"$T/err" || rc=$?
if [ "$rc" -eq 1 ] && grep -q 'cannot write to standard output' "$T/err"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAILED: help --man >&-: exit $rc"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
