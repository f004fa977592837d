#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The control socket of a running migration: status, set, postcopy, cancel,
# from the command line and by a plain QMP client.
. "$(dirname "$0")/lib.sh"

# A migration that goes on for ever until somebody does something.
start_endless() { # start_endless OPTION...
    MEM=96 GUEST='--mem 40 --spin'
    start_source -name web1
    start_dest -name web1
    guest_up src
    "$QMIGRATE" migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" --json \
        --transcript "$T/tr" --progress none --bandwidth 8 "$@" >"$T/out" 2>"$T/out.err" &
    migrate_pid=$!
    wait_for 20 "the control socket" has_socket
    qmp_until src return.status=active query-migrate
}

has_socket() { compgen -G "$T/state/*/control" >/dev/null; }

ended() { # ended CODE: the migration ends so
    local rc=0
    wait_for 60 "the migration to end" has_ended "$migrate_pid"
    wait "$migrate_pid" || rc=$?
    [ "$rc" -eq "$1" ] || fail "exit $rc, wanted $1: $(cat "$T/out" "$T/out.err")"
}

case_status_then_cancel() {
    start_endless
    expect 0 qmigrate status web1 --json
    [ "$(json state)" = precopy ]
    [ "$(json migration.status)" = active ] || [ "$(json phase)" = perform ]
    expect 0 qmigrate status web1
    grep -q '^state *precopy' "$T/out"
    expect 0 qmigrate cancel web1
    mv "$T/out" "$T/cancel.out"
    wait_for 60 "the migration to end" has_ended "$migrate_pid"
    rc=0
    wait "$migrate_pid" || rc=$?
    [ "$rc" -eq 4 ]
    guest_check src
    # Afterwards its result is still there, and nothing else.
    expect 0 qmigrate status web1 --json
    [ "$(json result)" = cancelled ]
    must_fail qmigrate cancel web1
    must_fail has_socket
}

case_set_takes_effect_and_is_undone() {
    start_endless
    before=$(qmp_get src return.downtime-limit query-migrate-parameters)
    expect 0 qmigrate set web1 bandwidth=12 downtime=77
    qmp_until src return.max-bandwidth=12582912 query-migrate-parameters
    qmp_until src return.downtime-limit=77 query-migrate-parameters
    expect 1 qmigrate set web1 downtime=0
    grep -q "'downtime' is 0, wanted milliseconds from 1" "$T/out.err"
    expect 1 qmigrate set web1 nothing=1
    expect 2 qmigrate set web1 bandwidth
    qmigrate cancel web1
    wait_for 60 "the migration to end" has_ended "$migrate_pid"
    [ "$(qmp_get src return.downtime-limit query-migrate-parameters)" = "$before" ]
    [ "$(qmp_get src return.max-bandwidth query-migrate-parameters)" = 134217728 ]
    guest_check src
}

# Whoever sets it may not live to take it back.
case_set_is_undone_by_recover() {
    start_endless
    before=$(qmp_get src return.downtime-limit query-migrate-parameters)
    expect 0 qmigrate set web1 bandwidth=12 downtime=77
    qmp_until src return.downtime-limit=77 query-migrate-parameters
    expect 0 qmigrate set web1 downtime=78
    qmp_until src return.downtime-limit=78 query-migrate-parameters
    kill -KILL "$migrate_pid"
    wait "$migrate_pid" || true
    expect 1 qmigrate recover web1
    [ "$(qmp_get src return.downtime-limit query-migrate-parameters)" = "$before" ]
    [ "$(qmp_get src return.max-bandwidth query-migrate-parameters)" = 134217728 ]
    guest_check src
}

case_postcopy_on_demand() {
    start_endless --postcopy
    expect 0 qmigrate postcopy web1
    wait_for 60 "the migration to end" has_ended "$migrate_pid"
    rc=0
    wait "$migrate_pid" || rc=$?
    [ "$rc" -eq 0 ]
    guest_check src dst
}

case_postcopy_not_allowed() {
    start_endless
    expect 1 qmigrate postcopy web1
    grep -q "flag 'postcopy'" "$T/out.err"
    qmigrate cancel web1
    wait_for 60 "the migration to end" has_ended "$migrate_pid"
    guest_check src
}

case_any_qmp_client_may_watch() {
    start_endless
    socket=$(compgen -G "$T/state/*/control")
    "$tools/qmp-call" -g return.state "$socket" status | grep -qx precopy
    must_fail "$tools/qmp-call" "$socket" '{"execute":"no-such"}'
    "$tools/qmp-call" "$socket" cancel >/dev/null
    wait_for 60 "the migration to end" has_ended "$migrate_pid"
    guest_check src
}

case_nobody_runs() {
    expect 2 qmigrate status nobody
    mkdir "$T/state"
    expect 2 qmigrate status nobody
    grep -q "no migration of .nobody." "$T/out.err"
}

run_case case_nobody_runs
for v in 7.2 10.0 11.1; do
    run_case case_status_then_cancel "$v" "$v"
    run_case case_set_takes_effect_and_is_undone "$v" "$v"
    run_case case_set_is_undone_by_recover "$v" "$v"
    run_case case_postcopy_on_demand "$v" "$v"
done
run_case case_postcopy_not_allowed
run_case case_any_qmp_client_may_watch
finish
