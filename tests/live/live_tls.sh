#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# TLS between real QEMUs: certificates and shared keys that fit, and each way
# in which they do not, with what is said about it; what a listener between
# the two sees; and that nothing of it is left.
. "$(dirname "$0")/lib.sh"

# ---- certificates ----------------------------------------------------------

pki=$(mktemp -d "${TMPDIR:-/tmp}/qmigrate-pki.XXXXXX")
trap 'rm -rf "$pki"' EXIT

new_ca() { # new_ca NAME: $pki/NAME.pem, $pki/NAME.key
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$pki/$1.key" -out "$pki/$1.pem" \
        -subj "/CN=$1" -days 2 -addext keyUsage=critical,keyCertSign
}

# A directory as QEMU wants it. All certificates have one key.
new_dir() { # new_dir NAME CA ROLE DN [SAN [OPENSSL-ARG...]]
    local dir=$pki/$1 ca=$2 role=$3 dn=$4 san=${5:-}
    shift 4
    [ $# -eq 0 ] || shift
    mkdir "$dir"
    cp "$pki/$ca.pem" "$dir/ca-cert.pem"
    cp "$pki/leaf.key" "$dir/$role-key.pem"
    {
        echo basicConstraints=critical,CA:FALSE
        echo keyUsage=critical,digitalSignature,keyEncipherment
        echo "extendedKeyUsage=${role}Auth"
        [ -z "$san" ] || echo "subjectAltName=$san"
    } >"$dir/ext"
    openssl req -new -key "$dir/$role-key.pem" -subj "$dn" -out "$dir/csr"
    openssl x509 -req -in "$dir/csr" -CA "$pki/$ca.pem" -CAkey "$pki/$ca.key" \
        -CAcreateserial -out "$dir/$role-cert.pem" -extfile "$dir/ext" "${@:--days=2}"
    rm "$dir/csr" "$dir/ext"
    cp "$pki/dh-params.pem" "$dir/"
}

new_psk() { # new_psk NAME USER KEY
    mkdir "$pki/$1"
    echo "$2:$3" >"$pki/$1/keys.psk"
    cp "$pki/dh-params.pem" "$pki/$1/"
}

make_pki() {
    # Without these a server (7.2) looks for a prime of its own at each
    # object-add, which takes seconds to a minute.
    openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out "$pki/dh-params.pem"
    openssl genrsa -out "$pki/leaf.key" 2048
    new_ca good
    new_ca other
    new_dir server good server /CN=dst IP:127.0.0.1,DNS:dst.example
    new_dir client good client /CN=src
    new_dir unnamed good server /CN=dst DNS:dst.example
    new_dir foreign-server other server /CN=dst IP:127.0.0.1
    new_dir foreign-client other client /CN=src # but it trusts both
    cat "$pki/good.pem" >>"$pki/foreign-client/ca-cert.pem"
    new_dir expired-server good server /CN=dst IP:127.0.0.1 -days -1
    new_dir expired-client good client /CN=src '' -days -1
    new_psk key qemu 0123456789abcdef0123456789abcdef
    new_psk wrong-key qemu 00112233445566778899aabbccddeeff
    new_psk alice alice 0123456789abcdef0123456789abcdef
}
make_pki >"$pki/log" 2>&1 || {
    cat "$pki/log"
    echo "cannot make certificates"
    exit 1
}

both() { # source with a guest that counts, waiting destination
    start_source
    start_dest "$@"
    guest_up src
}

move() { # move [ARG...]
    qmigrate migrate --source "unix:$T/src.qmp" --dest "unix:$T/dst.qmp" --progress none \
        --transcript "$T/t.jsonl" --json "$@"
}

x509() { # x509 CLIENT SERVER: the options
    printf '%s\n' --tls --tls-source-dir "$pki/$1" --tls-dest-dir "$pki/$2"
}

# ---- what is looked at -----------------------------------------------------

nothing_left() { # nothing_left ROLE: neither objects nor settings
    qmp "$1" '{"execute":"qom-list","arguments":{"path":"/objects"}}' >"$T/objects"
    must_fail grep qmigrate-tls "$T/objects"
    [ -z "$(qmp_get "$1" return.tls-creds query-migrate-parameters)" ]
    [ -z "$(qmp_get "$1" return.tls-hostname query-migrate-parameters)" ]
    [ -z "$(qmp_get "$1" return.tls-authz query-migrate-parameters)" ]
}

arrives() { # arrives OPTION...: from src to dst, encrypted
    expect 0 move "$@"
    [ "$(json result)" = completed ]
    [ "$(grep -c '"execute": \?"object-add"' "$T/t.jsonl")" -ge 2 ]
    nothing_left dst
    guest_check src dst
}

# The source runs on as if nothing had been, and the error has the words.
is_refused() { # is_refused SIDE WORDS OPTION...
    local side=$1 words=$2
    shift 2
    expect 1 move "$@"
    [ "$(json error.code)" = tls ] || fail "code is $(json error.code): $(json error.message)"
    [ "$(json error.side)" = "$side" ] || fail "side is $(json error.side)"
    json error.message | grep -qF -- "$words" || fail "no '$words' in: $(json error.message)"
    [ -n "$(json error.hint)" ]
    [ "$(json owner)" = source ]
    [ "$(runstate src)" = running ]
    nothing_left src
}

new_dest() { # instead of the one that was ended
    wait_exit dst || true
    rm -f "$T"/dst.*
    start_dest
}

# ---- what fits -------------------------------------------------------------

case_x509() {
    local options
    both
    mapfile -t options < <(x509 client server)
    arrives "${options[@]}"
    # and from there, without: nothing remembers it
    start_qemu third "$VER_DST" -incoming defer
    expect 0 qmigrate migrate --source "unix:$T/dst.qmp" --dest "unix:$T/third.qmp" \
        --transcript "$T/t2.jsonl"
    must_fail grep -e '"object-add"' -e '"tls-creds": \?"[^"]' <(grep '"dir": \?">"' "$T/t2.jsonl")
    guest_check src dst third
}

case_one_directory_multifd_and_a_kept_source() {
    both
    mkdir "$T/both"
    cp "$pki"/client/* "$T/both"
    cp "$pki"/server/server-*.pem "$T/both"
    arrives --tls --tls-dir "$T/both" --parallel --parallel-connections 4 --keep-source
    comes_to src postmigrate
    nothing_left src
}

case_a_source_without_certificate_if_allowed() {
    both
    mkdir "$T/none"
    cp "$pki/good.pem" "$T/none/ca-cert.pem"
    is_refused source "$T/none/client-cert.pem" --tls --tls-source-dir "$T/none" \
        --tls-dest-dir "$pki/server"
    new_dest
    arrives --tls --tls-source-dir "$T/none" --tls-dest-dir "$pki/server" --tls-no-verify-peer
}

case_psk() {
    both
    arrives --tls --tls-psk "$pki/key/keys.psk"
}

case_psk_of_a_user_over_a_unix_socket() {
    both
    arrives --tls --tls-psk "$pki/alice" --tls-psk-user alice \
        -p "migrate_uri=unix://$T/data" -p tls.destination=any
}

# ECDSA is refused by 10.0.0 to 10.0.2, by its key usage.
case_ecdsa() {
    local side
    openssl ecparam -name prime256v1 -genkey -noout -out "$T/ec.key" 2>/dev/null
    for side in client server; do
        mkdir "$T/$side"
        cp "$pki/good.pem" "$T/$side/ca-cert.pem"
        cp "$T/ec.key" "$T/$side/$side-key.pem"
        printf '%s\n' keyUsage=critical,digitalSignature "extendedKeyUsage=${side}Auth" \
            subjectAltName=IP:127.0.0.1 >"$T/ext"
        openssl req -new -key "$T/ec.key" -subj "/CN=$side" -out "$T/csr"
        openssl x509 -req -in "$T/csr" -CA "$pki/good.pem" -CAkey "$pki/good.key" -set_serial 77 \
            -days 2 -extfile "$T/ext" -out "$T/$side/$side-cert.pem"
    done
    both
    case $(qmp_get src return.qemu.major query-version).$(qmp_get src return.qemu.minor query-version).$(qmp_get src return.qemu.micro query-version) in
    10.0.[012])
        is_refused destination "$T/server/server-cert.pem" --tls --tls-source-dir "$pki/client" \
            --tls-dest-dir "$T/server"
        json error.hint | grep -q RSA
        ;;
    *) arrives --tls --tls-source-dir "$T/client" --tls-dest-dir "$T/server" ;;
    esac
}

# ---- what does not ---------------------------------------------------------

case_wrong_name() {
    local options
    both
    mapfile -t options < <(x509 client unnamed)
    is_refused destination "hostname 127.0.0.1" "${options[@]}"
    json error.message | grep -qF "destination's $pki/unnamed/server-cert.pem"
    new_dest
    arrives "${options[@]}" -p tls.destination=dst.example
}

case_wrong_ca_of_the_destination() {
    local options
    both
    mapfile -t options < <(x509 client foreign-server)
    is_refused destination "destination's $pki/foreign-server/server-cert.pem" "${options[@]}"
}

# It hangs up; why, it tells its own standard error only.
case_wrong_ca_of_the_source() {
    local options
    both
    mapfile -t options < <(x509 foreign-client server)
    is_refused source "source's $pki/foreign-client/client-cert.pem" "${options[@]}"
}

case_authz() {
    local options
    both -object authz-simple,id=only-src,identity=CN=src \
        -object authz-simple,id=only-else,identity=CN=else
    mapfile -t options < <(x509 client server)
    is_refused destination "/objects/nobody" "${options[@]}" --tls-authz nobody
    # That was found before the destination was used up.
    is_refused source "client-cert.pem" "${options[@]}" --tls-authz only-else
    wait_exit dst || true
    rm -f "$T"/dst.*
    start_dest -object authz-simple,id=only-src,identity=CN=src
    arrives "${options[@]}" --tls-authz only-src
}

case_authz_identity() {
    local options
    both
    mapfile -t options < <(x509 client server)
    is_refused source "client-cert.pem" "${options[@]}" --tls-authz-identity CN=else
    new_dest
    arrives "${options[@]}" --tls-authz-identity CN=src
}

# QEMU looks at its files before the destination is used up.
case_bad_files() {
    local options
    both
    mapfile -t options < <(x509 expired-client server)
    is_refused source "$pki/expired-client/client-cert.pem has expired" "${options[@]}"
    mapfile -t options < <(x509 client expired-server)
    is_refused destination "$pki/expired-server/server-cert.pem has expired" "${options[@]}"
    mapfile -t options < <(x509 client client)
    is_refused destination "$pki/client/server-cert.pem" "${options[@]}"
    is_refused destination "$T/nowhere/keys.psk: No such file" --tls --tls-psk "$pki/key" \
        --tls-dest-dir "$T/nowhere"
    is_refused source "$pki/alice/keys.psk" --tls --tls-psk "$pki/alice"
    nothing_left dst
    mapfile -t options < <(x509 client server)
    arrives "${options[@]}"
}

case_wrong_psk() {
    both
    is_refused source "source's $pki/key/keys.psk" --tls --tls-psk "$pki/key" \
        --tls-dest-dir "$pki/wrong-key"
    new_dest
    is_refused source "keys.psk" --tls --tls-psk "$pki/key" --tls-dest-dir "$pki/alice"
}

case_the_destination_that_we_start_says_why() {
    local command
    start_source
    guest_up src
    command="exec $(qemu_of "$VER_DST") $(qemu_args dst | tr '\n' ' ') -incoming defer"
    expect 1 move --dest-exec "$command" --tls --tls-source-dir "$pki/client" \
        --tls-dest-dir "$pki/server" --tls-authz-identity CN=else
    [ "$(json error.code)" = tls ]
    json error.stderr | grep -q 'authz check for CN=src is denied'
    [ "$(runstate src)" = running ]
}

# Somebody takes the setting away from one side: it fails, and nothing was sent
# in clear.
one_side_only() { # one_side_only ROLE
    local options
    both
    # What was sent to it before may still be on its way.
    gate src '>"execute":"migrate"' "run '$tools/qmp-call' -u return.tls-creds=qmigrate-tls \
        '$T/$1.obs' query-migrate-parameters && '$tools/qmp-call' '$T/$1.obs' \
        '{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"tls-creds\":\"\"}}'"
    mapfile -t options < <(x509 client server)
    expect 1 qmigrate migrate --source "unix:$T/src.gate" --dest "unix:$T/dst.qmp" --json \
        "${options[@]}"
    [ "$(json result)" = failed ]
    [ "$(json owner)" = source ]
    guest_counts src 2
    nothing_left src
    must_fail guest_is_at dst 2 1
}
case_only_the_destination_encrypts() { one_side_only src; }
case_only_the_source_encrypts() { one_side_only dst; }

# ---- on the wire -----------------------------------------------------------

# A relay between the two keeps what the source sends. It takes the place of
# the destination's socket just before `migrate`.
listen_in() { # listen_in OPTION...
    both
    setpriv --pdeathsig KILL socat -r "$T/wire" "UNIX-LISTEN:$T/tap" "UNIX-CONNECT:$T/real" &
    wait_for 20 "the relay" is_listening "$T/tap"
    gate src '>"execute":"migrate"' "run mv '$T/data' '$T/real' && mv '$T/tap' '$T/data'"
    expect 0 qmigrate migrate --source "unix:$T/src.gate" --dest "unix:$T/dst.qmp" \
        -p "migrate_uri=unix://$T/data" "$@"
    guest_check src dst
    # more than what the guest has used of its memory
    [ "$(stat -c %s "$T/wire")" -gt 8000000 ]
}

case_without_tls_the_wire_can_be_read() {
    listen_in
    grep -qaF ' PASS ' "$T/wire" # in the guest's memory
    grep -qaF 'QEVM' "$T/wire"
}

case_with_tls_the_wire_cannot_be_read() {
    local options
    mapfile -t options < <(x509 client server)
    listen_in "${options[@]}" -p tls.destination=dst.example
    must_fail grep -qaF ' PASS ' "$T/wire"
    must_fail grep -qaF 'QEVM' "$T/wire"
}

# ---- what was there before -------------------------------------------------

case_left_behind_by_a_killed_one() {
    local options role
    both
    for role in src dst; do
        qmp "$role" '{"execute":"object-add","arguments":{"qom-type":"authz-simple","id":"qmigrate-tls","identity":"x"}}' \
            '{"execute":"migrate-set-parameters","arguments":{"tls-creds":"qmigrate-tls"}}'
    done
    mapfile -t options < <(x509 client server)
    arrives "${options[@]}"
}

# Clear text because nobody asked for more, but not without a word.
# A plain migration does not ask for them: QEMU says it.
case_without_the_flag_a_setting_of_somebody_is_named() {
    both
    qmp src '{"execute":"migrate-set-parameters","arguments":{"tls-creds":"mine"}}'
    names_what_is_left_over "No TLS credentials with id 'mine'"
    qmp src "{\"execute\":\"object-add\",\"arguments\":{\"qom-type\":\"tls-creds-x509\",\"id\":\"mine\",\"endpoint\":\"client\",\"dir\":\"$pki/client\"}}"
    start_qemu next "$VER_DST" -incoming defer
    dst=next names_what_is_left_over TLS
}

names_what_is_left_over() { # names_what_is_left_over TEXT
    expect 1 qmigrate migrate --source "unix:$T/src.qmp" --dest "unix:$T/${dst:-dst}.qmp" --json
    [ "$(json error.code)" = tls ] || fail "$(cat "$T/out")"
    [ "$(json error.side)" = source ]
    json error.message | grep -qF "$1"
    json error.hint | grep -qF 'parameter tls-creds'
    [ "$(runstate src)" = running ]
    [ "$(qmp_get src return.tls-creds query-migrate-parameters)" = mine ]
    guest_check src
}

case_without_the_flag_a_setting_of_somebody_is_not_used() {
    both
    qmp src '{"execute":"migrate-set-parameters","arguments":{"tls-creds":"mine"}}'
    # A bandwidth that is less than QEMU's own: then its parameters are asked for.
    expect 0 move --keep-source --bandwidth 100
    grep -q "tls-creds is 'mine', but without flag 'tls' this migration is not encrypted" "$T/out.err"
    [ "$(qmp_get src return.tls-creds query-migrate-parameters)" = mine ]
    guest_check src dst
}

# ----------------------------------------------------------------------------

for_pairs case_x509
for v in $(versions); do
    [ "$v" != 5.2 ] || continue
    for c in one_directory_multifd_and_a_kept_source a_source_without_certificate_if_allowed psk \
        psk_of_a_user_over_a_unix_socket ecdsa wrong_name wrong_ca_of_the_destination \
        wrong_ca_of_the_source authz authz_identity bad_files wrong_psk \
        the_destination_that_we_start_says_why only_the_destination_encrypts \
        only_the_source_encrypts without_tls_the_wire_can_be_read \
        with_tls_the_wire_cannot_be_read left_behind_by_a_killed_one \
        without_the_flag_a_setting_of_somebody_is_named \
        without_the_flag_a_setting_of_somebody_is_not_used; do
        run_case "case_$c" "$v" "$v"
    done
done
finish
