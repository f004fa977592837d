#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Domain stores: the guest's definition is written on the destination and
# removed on the source once the guest has moved, and only then; over ssh, too.
# Before that everything that stands in the way is found, and after a crash
# `recover` does what was left.
. "$(dirname "$0")/lib.sh"

uuid=0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b42
other=aaaaaaaa-3c1d-4f5a-9a53-6c8f0a7d1b42

write_xml() { # write_xml FILE NAME [UUID [VCPUS]]
    cat >"$1" <<XML
<domain type='qemu' id='42'>
  <name>$2</name>
  <uuid>${3:-$uuid}</uuid>
  <memory unit='MiB'>$MEM</memory>
  <vcpu>${4:-1}</vcpu>
  <os><type arch='x86_64' machine='$MACHINE'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='$T/guest.img' index='1'/>
      <target dev='vda' bus='virtio'/>
      <alias name='virtio-disk0'/>
    </disk>
    <serial type='pty' tty='/dev/pts/3'>
      <source path='/dev/pts/3'/>
      <target port='0'/>
    </serial>
  </devices>
</domain>
XML
}

stores() { # the definition is at home, the other store is empty
    mkdir "$T/here" "$T/there"
    write_xml "$T/vm.xml" vm
    cp "$T/vm.xml" "$T/here/vm.xml"
}

both() {
    stores
    start_source -name vm -uuid "$uuid"
    start_dest -name "${1:-vm}" -uuid "$uuid"
    guest_up src
}

move() { # move CODE OPTION...
    local code=$1
    shift
    expect "$code" qmigrate migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" \
        --transcript "$T/tr" --json --progress none --domain "$T/vm.xml" \
        --persistent --dest-store "$T/there" --undefinesource --source-store "$T/here" "$@"
}

holds() { # holds STORE [FILE]...: these and no other, hidden ones included
    local store=$1
    shift
    [ "$(ls -A "$T/$store")" = "$(printf '%s\n' "$@")" ] ||
        fail "$store holds $(ls -A "$T/$store"), not $*"
}

untouched() {
    holds here vm.xml
    cmp "$T/vm.xml" "$T/here/vm.xml"
    holds there
}

written() { # written FILE: as a definition
    grep -q "<uuid>$uuid</uuid>" "$1"
    must_fail grep -qE "id=|alias|pts" "$1"
    [ "$(stat -c %a "$1")" = 600 ]
}

case_moves_the_definition() {
    both web
    move 0 --dname web
    id=$(json id)
    guest_check src dst
    holds here
    holds there web.xml
    written "$T/there/web.xml"
    grep -q '<name>web</name>' "$T/there/web.xml"
    [ "$(json stores.destination.file)" = web.xml ]
    [ "$(json stores.destination.written)" = true ]
    [ "$(json stores.source.removed)" = true ]
    # Staged before anything moves, named once the guest runs there.
    awk '/"did":"staged"/ { staged = NR } /"execute":"migrate"/ { migrate = NR }
        /"RESUME"/ { resume = NR } /"did":"published"/ { published = NR }
        /"did":"removed"/ { removed = NR }
        END { exit !(staged && staged < migrate && migrate < resume &&
            resume < published && published < removed) }' "$T/tr" || fail "not in order"
    expect 0 qmigrate transcript show "$T/tr"
    grep -q 'did=removed' "$T/out"
    expect 0 qmigrate owner --json "$id"
    must_fail grep -q 'stores:' "$T/out"
}

# A failed load: the destination has a smaller memory.
case_stays_if_the_guest_stays() {
    both
    # shellcheck disable=SC2154
    kill "$dst_pid"
    wait "$dst_pid" || true
    rm -f "$T"/dst.*
    MEM=32 start_dest -name vm -uuid "$uuid"
    move 1
    [ "$(json owner)" = source ]
    untouched
    grep -q '"did":"staged"' "$T/tr"
    grep -q '"did":"discarded"' "$T/tr"
    guest_check src
}

refuse() { # refuse CODE ERROR TEXT OPTION...
    local code=$1 error=$2 text=$3
    shift 3
    expect "$code" qmigrate migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" \
        --transcript "$T/tr" --json --progress none --domain "$T/vm.xml" "$@"
    [ "$(json error.code)" = "$error" ] || fail "$(cat "$T/out")"
    json error.message | grep -qF -- "$text" || fail "$(json error.message)"
}

case_refused_before_anything_is_touched() {
    both
    refuse 2 usage "flag 'persist_dest' needs the destination's domain store" --persistent
    refuse 2 usage "flag 'undefine_source' needs the source's" --undefinesource
    refuse 2 param.conflict "requires flag 'persist_dest'" --dest-store "$T/there"
    refuse 2 param.conflict "requires flag 'undefine_source'" --source-store "$T/here"
    refuse 2 usage "the same domain store" --persistent --undefinesource \
        --dest-store "$T/here" --source-store "$T/here"
    refuse 1 store "none': no such directory" --persistent --dest-store "$T/none"
    refuse 1 store "it is not a directory" --persistent --dest-store "$T/vm.xml"
    refuse 1 store "there is no 'vm.xml'" --undefinesource --source-store "$T/there"
    refuse 1 store "it cannot be reached (exit status 3): nobody" --persistent \
        --dest-store 'exec:echo nobody >&2; exit 3'
    write_xml "$T/there/vm.xml" vm "$other"
    refuse 3 store.taken "'vm.xml' is of another guest: its uuid is '$other'" \
        --persistent --dest-store "$T/there"
    echo nonsense >"$T/there/vm.xml"
    refuse 3 store.taken "'vm.xml' is no definition of a guest" \
        --persistent --dest-store "$T/there"
    rm "$T/there/vm.xml"
    write_xml "$T/there/vm2.xml" vm2
    refuse 3 store.taken "'vm2.xml' has the guest's uuid '$uuid'" \
        --persistent --dest-store "$T/there"
    rm "$T/there/vm2.xml"
    ln -s "$T/vm.xml" "$T/there/vm.xml"
    refuse 1 store "'vm.xml' is not a regular file" --persistent --dest-store "$T/there"
    rm "$T/there/vm.xml"
    untouched
    # Neither QEMU was told anything that changes it.
    [ "$(runstate dst)" = inmigrate ]
    must_fail grep -qE '"execute":"(migrate|stop|migrate-set)' "$T/tr"
    guest_check src
}

case_full_disk() {
    mkdir "$T/full"
    mount -t tmpfs -o size=16k none "$T/full" 2>/dev/null || skip "needs to mount a file system"
    trap 'umount "$T/full"; end_case' EXIT
    both
    cp "$T/vm.xml" "$T/full/vm.xml"
    dd if=/dev/zero of="$T/full/rest" bs=4k 2>/dev/null || true
    refuse 1 store "No space left on device" --persistent --dest-store "$T/full"
    cmp "$T/vm.xml" "$T/full/vm.xml"
    holds full rest vm.xml
    guest_check src
    guest_life "$T/src.serial"
}

case_persistent_xml() {
    both
    write_xml "$T/more.xml" vm "$uuid" 4
    sed -i 's/<serial/<console/; s/serial>/console>/' "$T/more.xml"
    expect 0 qmigrate plan --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" \
        --domain "$T/vm.xml" --persistent --dest-store "$T/there" \
        --undefinesource --source-store "$T/here" --persistent-xml "$T/more.xml"
    grep -q "destination  write 'vm.xml' in '$T/there'" "$T/out"
    grep -q "source       remove 'vm.xml' in '$T/here'" "$T/out"
    grep -q 'warning: persistent_xml: .*vcpu\|warning: persistent_xml: .*CPU' "$T/out.err"
    untouched
    write_xml "$T/bad.xml" web "$uuid"
    move 3 --persistent-xml "$T/bad.xml"
    json error.message | grep -q "persistent_xml: <name> 'web' does not match source 'vm'"
    write_xml "$T/bad.xml" vm "$other"
    move 3 --persistent-xml "$T/bad.xml"
    json error.message | grep -q "persistent_xml: <uuid> '$other' does not match"
    untouched
    move 0 --persistent-xml "$T/more.xml"
    grep -q 'warning: persistent_xml: ' "$T/out.err"
    [ "$(json persistent_check.verdict)" = differs ]
    grep -q '<vcpu>4</vcpu>' "$T/there/vm.xml"
    written "$T/there/vm.xml"
    guest_check src dst
}

# What runs there is what runs everywhere; here ssh is a shell next door.
case_over_ssh() {
    both
    mkdir "$T/bin"
    cat >"$T/bin/ssh" <<'SH'
#!/bin/sh
[ "$*" = '-T -x -- root@far exec /bin/sh' ] || exit 9
echo 'Welcome to far!'
cd / && exec /bin/sh
SH
    chmod +x "$T/bin/ssh"
    mv "$T/there" "$T/it's there"
    PATH=$T/bin:$PATH expect 0 qmigrate migrate --source "unix:$T/src.qmp" \
        --dest "unix:$T/dst.qmp" --json --progress none --domain "$T/vm.xml" \
        --persistent --dest-store "ssh:root@far:$T/it's there" \
        --undefinesource --source-store "exec:cd $T/here && exec sh"
    holds here
    holds "it's there" vm.xml
    written "$T/it's there/vm.xml"
    guest_check src dst
}

# Somebody edits both while the guest moves: theirs stays, and is told.
case_keeps_what_others_changed() {
    both
    cat >"$T/hook" <<EOF
[ "\$1" != prepared ] || { echo mine >"$T/there/vm.xml"; echo "<!-- mine -->" >>"$T/here/vm.xml"; }
EOF
    move 0 --hook "sh $T/hook \$1"
    id=$(json id)
    [ "$(json result)" = completed ]
    [ "$(json stores.destination.written)" = false ]
    [ "$(json stores.source.removed)" = false ]
    grep -q "warning: the guest is not defined on the destination; 'recover $id' tries again: .*'vm.xml' was changed by somebody else" "$T/out.err"
    [ "$(cat "$T/there/vm.xml")" = mine ]
    grep -q mine "$T/here/vm.xml"
    guest_check src dst
    expect 0 qmigrate owner "$id"
    grep -q "stores: 'vm.xml' of '$T/there' is not yet the guest's definition" "$T/out"
    expect 0 qmigrate recover "$id" # still in the way
    grep -q 'changed by somebody else' "$T/out.err"
    [ "$(cat "$T/there/vm.xml")" = mine ]
    rm "$T/there/vm.xml"
    cp "$T/vm.xml" "$T/here/vm.xml"
    expect 0 qmigrate recover "$id"
    grep -q "done: source: 'vm.xml' in '$T/here': removed" "$T/out"
    holds here
    holds there vm.xml
    written "$T/there/vm.xml"
    expect 0 qmigrate recover "$id"
    must_fail grep -q 'done:' "$T/out"
}

# Killed at a line of the talk: recover brings stores and guest together.
killed_at() { # killed_at ROLE PATTERN CODE
    local code=0 role
    both
    for role in src dst; do
        if [ "$role" = "$1" ]; then
            gate "$role" "$2" "run kill -KILL \$(cat $T/pid)"
        else
            gate "$role"
        fi
    done
    # shellcheck disable=SC2016
    timeout -k 5 60 sh -c 'echo $$ >"$0"; exec "$@"' "$T/pid" \
        "$QMIGRATE" migrate --source "$T/src.gate" --dest "$T/dst.gate" --json \
        --domain "$T/vm.xml" --persistent --dest-store "$T/there" \
        --undefinesource --source-store "$T/here" >"$T/result" 2>&1 || code=$?
    [ "$code" = 137 ] || fail "it ended with $code: $(cat "$T/result")"
    # shellcheck disable=SC2154
    kill "$src_gate_pid" "$dst_gate_pid" 2>/dev/null || true
    expect "$3" qmigrate recover vm --source "$T/src.qmp" --dest "$T/dst.qmp"
    if [ "$3" = 0 ]; then
        holds here
        holds there vm.xml
        written "$T/there/vm.xml"
        guest_check src dst
    else
        untouched
        guest_check src
    fi
    expect "$3" qmigrate recover vm --source "$T/src.qmp" --dest "$T/dst.qmp"
    must_fail grep -q 'done:' "$T/out"
}

case_killed_before_the_move() { killed_at src '>"migrate"' 1; }
case_killed_at_the_commit() { killed_at dst '>"cont"' 0; }
case_killed_at_the_end() { killed_at src '>"quit"' 0; }

# The definition only: no QEMU at all.
offline() { # offline CODE OPTION...
    local code=$1
    shift
    expect "$code" qmigrate migrate --offline --json --domain "$T/vm.xml" \
        --persistent --dest-store "$T/there" \
        --undefinesource --source-store "$T/here" "$@"
}

case_offline_moves_the_definition() {
    stores
    expect 0 qmigrate plan --offline --domain "$T/vm.xml" --persistent --dest-store "$T/there" \
        --undefinesource --source-store "$T/here"
    grep -q "destination  write 'vm.xml' in '$T/there'" "$T/out"
    untouched
    sed 's/<vcpu>1/<vcpu>2/' "$T/vm.xml" >"$T/more.xml"
    offline 0 --dname web --persistent-xml "$T/more.xml"
    [ "$(json result)" = completed ]
    [ "$(json owner)" = destination ]
    grep -q 'warning: persistent_xml: ' "$T/out.err"
    holds here
    holds there web.xml
    written "$T/there/web.xml"
    grep -q '<vcpu>2</vcpu>' "$T/there/web.xml"
    expect 0 qmigrate transcript show "$(json transcript)"
    # And back, without removing: both have it then.
    rm "$T/there/web.xml"
    cp "$T/vm.xml" "$T/here/vm.xml"
    expect 0 qmigrate migrate --flags 0x408 --domain "$T/vm.xml" --dest-store "$T/there"
    grep -q "completed: the guest's definition is on the destination" "$T/out"
    holds here vm.xml
    holds there vm.xml
    expect 0 qmigrate owner vm
}

case_offline_refuses() {
    local what
    stores
    for what in '--live' '--tls' '--parallel' '--copy-storage-all' '--bandwidth 5' \
        '--source /run/x' '--dest /run/x' '--hook true' '--dest-exec true' '--keep-source' \
        '-p qemu.downtime-limit=3'; do
        # shellcheck disable=SC2086
        expect 2 qmigrate migrate --offline --json --domain "$T/vm.xml" --persistent \
            --dest-store "$T/there" $what
        [ "$(json error.code)" = param.conflict ] || fail "$what: $(cat "$T/out")"
    done
    expect 2 qmigrate migrate --offline --persistent --dest-store "$T/there"
    grep -q "flag 'persist_dest' is about the guest's definition" "$T/out.err"
    expect 2 qmigrate migrate --offline --json --domain "$T/vm.xml"
    write_xml "$T/there/vm.xml" vm "$other"
    offline 3
    [ "$(json error.code)" = store.taken ]
    rm "$T/there/vm.xml"
    untouched
}

# A store that does something before ('<') or after ('>') its Nth call.
make_acting_store() { # make_acting_store N BEFORE AFTER
    rm -f "$T/calls"
    cat >"$T/store" <<STORE
#!/bin/sh
echo >>"$T/calls"
if [ \$(wc -l <"$T/calls") != $1 ]; then exec sh; fi
touch "$T/busy"
${2:-:}
sh
${3:-:}
rm "$T/busy"
STORE
}

case_offline_goes_back() {
    stores
    # check, stage, publish; somebody takes the name before that
    make_acting_store 3 'echo mine >vm.xml'
    expect 1 qmigrate migrate --offline --json --domain "$T/vm.xml" --persistent \
        --dest-store "exec:cd $T/there && exec sh $T/store" \
        --undefinesource --source-store "$T/here"
    [ "$(json result)" = failed ]
    [ "$(json owner)" = source ]
    [ "$(json error.phase)" = finish ]
    json error.message | grep -q "'vm.xml' was changed by somebody else"
    holds there vm.xml
    [ "$(cat "$T/there/vm.xml")" = mine ]
    cmp "$T/vm.xml" "$T/here/vm.xml"
    expect 1 qmigrate owner vm
    must_fail grep -q stores: "$T/out"
}

case_offline_is_cancelled() {
    stores
    make_acting_store 2 '' "kill -INT \$(cat $T/pid)"
    # shellcheck disable=SC2016
    expect 4 sh -c 'echo $$ >"$0"; exec "$@"' "$T/pid" "$QMIGRATE" migrate --offline --json \
        --domain "$T/vm.xml" --persistent --dest-store "exec:cd $T/there && exec sh $T/store" \
        --undefinesource --source-store "$T/here"
    [ "$(json result)" = cancelled ]
    untouched
}

# The controller dies before or after each thing that it does: a whole
# definition is somewhere, and recover brings it to one place.
case_offline_killed_anywhere() {
    local n when back=0 forward=0 kill="kill -KILL \$(cat $T/pid)" code
    mkdir "$T/here" "$T/there"
    write_xml "$T/vm.xml" vm
    for n in 1 2 3 4 5; do
        for when in before after; do
            rm -rf "$T/state" "$T"/there/.q* "$T"/there/* "$T"/here/*
            cp "$T/vm.xml" "$T/here/vm.xml"
            if [ "$when" = before ]; then make_acting_store "$n" "$kill"; else make_acting_store "$n" '' "$kill"; fi
            # shellcheck disable=SC2016
            expect 137 sh -c 'echo $$ >"$0"; exec "$@"' "$T/pid" "$QMIGRATE" migrate --offline \
                --domain "$T/vm.xml" --persistent --undefinesource \
                --dest-store "exec:cd $T/there && exec sh $T/store" \
                --source-store "exec:cd $T/here && exec sh $T/store"
            # The shell goes on for a moment.
            wait_for 10 "the store" test ! -e "$T/busy"
            cmp -s "$T/vm.xml" "$T/here/vm.xml" || written "$T/there/vm.xml"
            rm "$T/pid"
            printf '#!/bin/sh\nexec sh\n' >"$T/store"
            code=0
            qmigrate owner vm >"$T/owner" 2>&1 || code=$?
            if [ "$code" = 2 ]; then # no journal, and nothing done
                untouched
                continue
            fi
            code=0
            qmigrate recover vm >"$T/out" 2>&1 || code=$?
            if [ "$code" = 0 ]; then
                forward=$((forward + 1))
                holds here
                holds there vm.xml
                written "$T/there/vm.xml"
            else
                back=$((back + 1))
                [ "$code" = 1 ] || fail "$n $when: $code $(cat "$T/out")"
                untouched
            fi
            expect "$code" qmigrate recover vm
            must_fail grep -q done: "$T/out"
        done
    done
    if [ "$back" -lt 2 ] || [ "$forward" -lt 3 ]; then fail "$back back, $forward forward"; fi
}

for v in 7.2 10.0 11.1; do run_case case_moves_the_definition "$v" "$v"; done
run_case case_offline_moves_the_definition
run_case case_offline_refuses
run_case case_offline_goes_back
run_case case_offline_is_cancelled
run_case case_offline_killed_anywhere
run_case case_stays_if_the_guest_stays
run_case case_refused_before_anything_is_touched
run_case case_full_disk
run_case case_persistent_xml
run_case case_over_ssh 10.0 11.1
run_case case_keeps_what_others_changed
for v in 7.2 11.1; do
    run_case case_killed_before_the_move "$v" "$v"
    run_case case_killed_at_the_commit "$v" "$v"
    run_case case_killed_at_the_end "$v" "$v"
done
finish
