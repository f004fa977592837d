#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a migration leaves in the state directory must not harm the next one.
. "$(dirname "$0")/lib.sh"

move() { # move FROM TO: a guest from a new source to a new destination
    start_qemu "$1" "$VER_SRC"
    start_qemu "$2" "$VER_DST" -incoming defer
    guest_up "$1"
    expect 0 qmigrate migrate --source "unix:$T/$1.qmp" --dest "unix:$T/$2.qmp" \
        -p "migrate_uri=unix:$T/$2.data" --json
    [ "$(json result)" = completed ]
    guest_check "$1" "$2"
    qmp "$2" quit
}

refusals() { # in the last transcript
    grep -c '"error": {' "$(json transcript)" || true
}

# What the first one learnt of these QEMUs is true for the second one.
case_second_migration_knows_what_the_first_learnt() {
    move a b
    move c d
    [ "$(refusals)" -eq 0 ]
}

# The answers kept from another day are wrong: all is claimed to be there.
case_wrong_memory_of_a_qemu_does_no_harm() {
    local kept
    move a b
    kept=("$T"/state/features.*)
    [ -s "${kept[0]}" ]
    sed -i 's/^[0-9a-f]* [0-9a-f]* /1 1 /' "${kept[@]}"
    move c d
}

for v in $(versions); do
    run_case case_second_migration_knows_what_the_first_learnt "$v" "$v"
done
run_case case_wrong_memory_of_a_qemu_does_no_harm 7.2 7.2
finish
