#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The bash completion, asked as bash asks it: the words of a line, the last of
# them under the cursor.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
program=${BUILD:-build}/qmigrate
passed=0 failed=0
T=$(mktemp -d "${TMPDIR:-/tmp}/qmigrate-completion.XXXXXX")
trap 'rm -rf "$T"' EXIT
mkdir "$T/directory" && : >"$T/file.xml"

# shellcheck disable=SC1090
source <("$program" help --bash-completion)

complete_line() { # complete_line WORD...: what is offered for the last word
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    _qmigrate
    echo "${COMPREPLY[*]}"
}

offers() { # offers WANTED WORD...: exactly this
    local wanted=$1 got
    shift
    got=$(complete_line "$@")
    if [ "$got" = "$wanted" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\nwanted: %s\nfound:  %s\n' "$*" "$wanted" "$got"
    fi
}

has() { # has WANTED|!UNWANTED... -- WORD...
    local wants=() got w
    while [ "$1" != -- ]; do
        wants+=("$1")
        shift
    done
    shift
    got=" $(complete_line "$@") "
    for w in "${wants[@]}"; do
        case $w in
        !*) [[ $got != *" ${w#!} "* ]] ;;
        *) [[ $got == *" $w "* ]] ;;
        esac && passed=$((passed + 1)) && continue
        failed=$((failed + 1))
        printf 'FAILED: %s\nwanted: %s\nfound:  %s\n' "$*" "$w" "$got"
    done
}

has migrate check plan features help --version -- qmigrate ''
offers migrate qmigrate mig
has --source --dest --bandwidth --xml --dname -p -- qmigrate migrate -
has --p2p --tunnelled '!--batch' '!--man' -- qmigrate migrate --
offers '--bandwidth' qmigrate migrate --source x --band
has --batch --policy --source '!--bandwidth' -- qmigrate check -
offers 'auto bar plain json none' qmigrate migrate --progress ''
offers 'plain' qmigrate migrate --progress = pl
offers 'plain' qmigrate migrate --progress pl
offers 'bandwidth= bandwidth.avail.switchover= bandwidth.postcopy=' qmigrate plan -p band
offers 'paused parallel' qmigrate migrate -f pa
offers 'guest-abi libvirt' qmigrate check --policy =
offers "$T/file.xml" qmigrate migrate --domain "$T/f"
offers "$T/directory" qmigrate migrate --state-dir "$T/"
offers "unix:" qmigrate migrate --source un
offers "$T/file.xml" qmigrate check "$T/fi"
offers '' qmigrate migrate --bandwidth ''
offers '' qmigrate frobnicate --x

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
