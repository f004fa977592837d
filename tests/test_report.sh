#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `transcript report`: the text, the page, and the page in a real browser
# (Chromium, where it is installed).
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
program=$PWD/${BUILD:-build}/qmigrate
passed=0 failed=0
T=$(mktemp -d "${TMPDIR:-/tmp}/qmigrate-report.XXXXXX")
trap 'rm -rf "$T"' EXIT
good=tests/transcripts/7.2-bandwidth.jsonl
bad=tests/transcripts/11.1-device-missing.jsonl

ok() { passed=$((passed + 1)); }
no() {
    failed=$((failed + 1))
    echo "FAILED: $*"
}
has() { # has FILE PATTERN: a line that fits
    if grep -Eq -e "$2" "$1"; then ok; else no "no line like '$2' in $(head -c 3000 "$1")"; fi
}
has_not() {
    if grep -Eq -e "$2" "$1"; then no "a line like '$2' in $1: $(grep -E -e "$2" "$1" | head -n 3)"; else ok; fi
}
report() { # report CODE ARGUMENT...
    local wanted=$1 code
    shift
    "$program" transcript report "$@" >"$T/out" 2>"$T/err"
    code=$?
    [ "$code" -eq "$wanted" ] && ok || no "report $*: exit $code: $(cat "$T/err")"
}

# A made-up dialogue whose figures are known: STOP at 3 s, RESUME at 3.25 s, 1000
# samples of which the largest `remaining` is 1000 MiB, and hostile strings.
{
    echo '{"transcript":1,"program":"<script>alert(1)</script>","id":"\u001b[2J<b>\"&","start":"now","peers":{"source":{"addr":"a\u009b"}}}'
    echo '{"t":0,"note":"state","from":"begin","to":"precopy","why":"<img src=x onerror=alert(1)>"}'
    echo '{"t":1,"peer":"source","dir":">","msg":{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":52428800},"id":1}}'
    echo '{"t":1,"peer":"source","dir":"<","msg":{"return":{},"id":1}}'
    for ((i = 0; i < 1000; i++)); do
        printf '{"t":%d,"peer":"source","dir":">","msg":{"execute":"query-migrate","id":2}}\n' $((1000 + i * 2000))
        printf '{"t":%d,"peer":"source","dir":"<","msg":{"return":{"status":"active","ram":{"transferred":%d,"remaining":%d,"mbps":80,"page-size":4096,"dirty-pages-rate":256,"postcopy-requests":0}},"id":2}}\n' \
            $((1500 + i * 2000)) $((i * 1048576)) $(((1000 - i) * 1048576))
    done
    echo '{"t":3000000,"peer":"source","dir":"<","msg":{"event":"STOP"}}'
    echo '{"t":3000000,"note":"state","from":"precopy","to":"switchover","why":"x"}'
    echo '{"t":3250000,"peer":"destination","dir":"<","msg":{"event":"RESUME"}}'
    echo '{"t":3500000,"note":"state","from":"switchover","to":"done","why":"completed"}'
    echo '{"t":4000000,"note":"result","result":"completed","owner":"destination"}'
} >"$T/made.jsonl"

report 0 "$T/made.jsonl"
has "$T/out" '^Outcome      completed$'
has "$T/out" '^Stopped      250\.0 ms from STOP to RESUME$'
has "$T/out" '^  precopy +3000\.0 ms \|#+ +\|$'
has "$T/out" '^  guest stopped +250\.0 ms \| +X+ +\|$'
has "$T/out" '^  remaining +1000\.0 MiB   \|█'
has "$T/out" '^  bandwidth limit +50\.0 MiB/s \|(█)+\|$'
has "$T/out" '^  dirtied +1\.0 MiB/s '
has "$T/out" '^  rate +9\.5 MiB/s '
has "$T/out" '^  source       query-migrate +1000 +0\.5 +0\.5$'
has_not "$T/out" $'\033'

report 0 "$T/made.jsonl" -o "$T/made.html"
has "$T/made.html" '<span class=blackout>250\.0</span> ms'
has "$T/made.html" '<rect class=x x=[0-9.]+ y=80 width=33\.50 height=16><title>guest stopped: 250\.0 ms'
has "$T/made.html" '&lt;script&gt;alert\(1\)&lt;/script&gt;'
has_not "$T/made.html" '<script|<img|<b>|https?:|src=[^x]'
has_not "$T/made.html" $'\033'
has "$T/made.html" "default-src 'none'"
[ "$(grep -c 'class=curve' "$T/made.html")" -eq 5 ] && ok || no "not five curves: $(grep -c class=curve "$T/made.html")"
[ "$(grep -c 'as a table' "$T/made.html")" -eq 5 ] && ok || no "not a table for each curve"

report 0 "$bad"
has "$T/out" 'Unknown section or instance'
has "$T/out" '^Errors and losses$'
report 0 "$good" "$bad" -o "$T/two.html"
has "$T/two.html" '^<h2>Compared</h2>$'
[ "$(grep -c '^<article>' "$T/two.html")" -eq 2 ] && ok || no "not two articles"

# what the user did; what other programs recorded has neither id nor addresses
report 0 tests/transcripts/10.0-set-while-running.jsonl
has "$T/out" '^ +[0-9.]+  user +set \{"bandwidth":500\}$'
report 0 tests/corpus/transcript/foreign-libvirt
has_not "$T/out" '^Migration|^Destination|, $'
has "$T/out" '^Source       QEMU 7\.2\.22$'
report 0 tests/corpus/transcript/foreign-libvirt -o "$T/foreign.html"
has_not "$T/foreign.html" '<dd></dd>|<dt>Destination'

# in print all is open; with the keyboard one sees where one is
has "$T/made.html" '@media print\{details>\*\{display:block\}'
has "$T/made.html" 'summary:focus-visible'
has "$T/made.html" '<meta name=viewport'

# a long recording: memory does not grow with it, curves are thinned out
{
    head -n 1 "$T/made.jsonl"
    for ((i = 0; i < 60; i++)); do sed -n '5,2000p' "$T/made.jsonl" | sed "s/\"t\":[0-9]*/\"t\":$((i * 1000))/"; done
} >"$T/long.jsonl"
# (the sanitizers reserve terabytes of addresses)
case ${BUILD:-} in *san*) most=unlimited ;; *) most=300000 ;; esac
(ulimit -v "$most" && "$program" transcript report "$T/long.jsonl" >"$T/out" 2>&1) && ok || no "long: $(cat "$T/out")"
has "$T/out" 'query-migrate +59880 '

# bad input
report 2 "$good" "$bad"
has "$T/err" "'-o FILE' is wanted"
report 1 "$good" -o "$T/no/such/folder.html"
has "$T/err" "cannot create '.*folder.html': No such file or directory"
report 1 "$good" -o /dev/full
has "$T/err" 'No space left on device'
[ -c /dev/full ] && ok || no "/dev/full is gone"
head -c 3000 "$good" >"$T/cut.jsonl"
report 0 "$T/cut.jsonl"
has "$T/out" 'the transcript was cut|transcript was cut'

# in a browser: no errors, no requests, the text is there, in the page's place
browser=$(command -v chromium || command -v chromium-browser || true)
if [ -n "$browser" ]; then
    browse() { # browse ARGUMENT... FILE
        HOME=$T timeout 180 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
            --no-first-run --user-data-dir="$T/profile" \
            --proxy-server=127.0.0.1:9 --enable-logging=stderr "$@" \
            >"$T/dom" 2>"$T/log"
    }
    for page in made two; do
        browse --dump-dom "file://$T/$page.html" && ok || no "the browser fails on $page"
        has_not "$T/log" 'CONSOLE|ERR_|Refused to'
        has "$T/dom" '<polyline class="c" points="[0-9]'
        has "$T/dom" '<rect class="x" x="[0-9.]+"'
        has_not "$T/dom" '<script|<img|onerror="'
    done
    has "$T/dom" '</article>'
    browse --window-size=360,3000 --screenshot="$T/phone.png" "file://$T/made.html"
    [ -s "$T/phone.png" ] && ok || no "no picture"
else
    echo "no chromium here: the page was not looked at in a browser"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
