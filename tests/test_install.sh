#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What `make install` leaves is enough: a program is compiled against it with
# pkg-config and run; the shared library shows nothing but its interface; the
# manual page and the completion are there. `make check` says what was built
# (BUILD) and how (CC, CFLAGS).
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
unset MAKEFLAGS MFLAGS MAKELEVEL
build=${BUILD:-build} cc=${CC:-cc} cflags=${CFLAGS:--O2}
passed=0 failed=0
T=$(mktemp -d "${TMPDIR:-/tmp}/qmigrate-install.XXXXXX")
trap 'rm -rf "$T"' EXIT
export QMIGRATE_STATE_DIR=$T/state

check() { # check WHAT COMMAND...
    local what=$1
    shift
    if "$@" >"$T/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what: $*"
        cat "$T/log"
    fi
}

exits() { # exits CODE TEXT COMMAND...: with this code, and says so
    local code=$1 text=$2 rc=0
    shift 2
    "$@" >"$T/out" 2>&1 || rc=$?
    if ! grep -qF -e "$text" "$T/out" || [ "$rc" -ne "$code" ]; then
        echo "exit $rc, wanted $code and '$text'; found:"
        cat "$T/out"
        return 1
    fi
}

empty() { # empty COMMAND...: writes nothing
    local out
    out=$("$@" 2>&1)
    [ -z "$out" ] || {
        echo "$out"
        return 1
    }
}

install_to() { # install_to DESTDIR PREFIX
    make -s install BUILD="$build" CC="$cc" CFLAGS="$cflags" DESTDIR="$1" PREFIX="$2"
}

files() { (cd "$1" && find . -type f -o -type l | sort); }

pc() { PKG_CONFIG_PATH=$T/usr/lib/pkgconfig pkg-config "$@" qmigrate; }

compile() { # compile OUT PKG_CONFIG_ARGS...
    local out=$1
    shift
    # shellcheck disable=SC2046,SC2086
    "$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror $cflags examples/move.c -o "$out" \
        $(pc --cflags --libs "$@")
}

# Each header by itself, in C and as a user includes it.
headers_alone() {
    local h
    (cd "$T/usr/include/qmigrate" && find . -name '*.h') | while read -r h; do
        # shellcheck disable=SC2046
        echo "#include <${h#./}>" | "$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror \
            $(pc --cflags) -fsyntax-only -xc - || exit 1
    done
}

foreign_symbols() {
    nm -D --defined-only "$T/usr/lib/libqmigrate.so" | awk '{ print $NF }' |
        grep -vE '^(qmig_|qmp_|LIBQMIGRATE_)' | grep -vE '^(__asan|__ubsan|__sanitizer|_init|_fini)'
}

needs_libxml2() { readelf -d "$1" | grep -F libxml2; }

# What the headers promise is in the library, and nothing else.
promised() {
    cat "$T"/usr/include/qmigrate/*.h "$T"/usr/include/qmigrate/qmp/*.h | tr '\n' ' ' |
        sed -E 's@/\*[^*]*\*+([^/*][^*]*\*+)*/@@g' | tr ';' '\n' | grep QMP_EXPORT |
        sed -nE 's/.*QMP_EXPORT[^(]*[ *](q[a-z_0-9]+) *\(.*/\1/p' | sort -u
}
exported() {
    nm -D --defined-only "$T/usr/lib/libqmigrate.so" | awk '$2 == "T" { print $NF }' |
        sed 's/@.*//' | grep -E '^(qmig|qmp)_' | sort -u
}

check 'install' install_to "" "$T/usr"
check 'install with DESTDIR' install_to "$T/stage" /opt/qm
check 'the same files' diff <(files "$T/usr") <(files "$T/stage/opt/qm")
check 'DESTDIR shows nowhere' empty grep -rlF "$T/stage" "$T/stage" --include='*.pc'
check 'PREFIX is in qmigrate.pc' grep -qx 'prefix=/opt/qm' "$T/stage/opt/qm/lib/pkgconfig/qmigrate.pc"
check 'pkg-config knows the version' \
    exits 0 "$("$build/qmigrate" --version | cut -d' ' -f2)" pc --modversion
check 'only symbols of the interface' empty foreign_symbols
check 'all that the headers promise' diff <(promised) <(exported)
check 'each header compiles alone' headers_alone
# libxml2 is loaded when a document is read, not with us.
check 'the program starts without libxml2' empty needs_libxml2 "$T/usr/bin/qmigrate"
check 'so does the library' empty needs_libxml2 "$T/usr/lib/libqmigrate.so"
check 'the program runs' exits 0 'qmigrate 0.' "$T/usr/bin/qmigrate" --version

check 'compile against the shared library' compile "$T/move"
export LD_LIBRARY_PATH=$T/usr/lib
check 'it is the shared library' exits 0 "$T/usr/lib/libqmigrate.so.0" ldd "$T/move"
check 'the example explains itself' exits 2 'SOURCE DEST [NAME=VALUE]' "$T/move"
check 'the example refuses a bad parameter' \
    exits 2 "param.type: invalid value '5M' for parameter 'bandwidth'" \
    "$T/move" "$T/none" "$T/no" bandwidth=5M
check 'the example finds no QEMU' exits 1 "$T/none" "$T/move" "$T/none" "$T/no" bandwidth=5
mv "$T/usr/lib/libqmigrate.so" "$T/usr/lib/libqmigrate.so.0" "$T"
check 'compile against the static library' compile "$T/move-static" --static
check 'which needs no other' exits 2 'SOURCE DEST' "$T/move-static"

man=$T/usr/share/man/man1/qmigrate.1
if command -v groff >/dev/null; then
    check 'the manual page has no warnings' empty groff -man -Tutf8 -ww -z "$man"
    check 'the manual page shows' exits 0 'EXIT STATUS' groff -man -Tascii -P-cbou "$man"
else
    echo 'no groff: the manual page is not rendered'
fi
check 'the manual page leads with examples' \
    awk '/^\.SH/ { n++; if (/EXAMPLES/) at = n } END { exit at != 3 }' "$man"
check 'the completion is bash' bash -n "$T/usr/share/bash-completion/completions/qmigrate"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
