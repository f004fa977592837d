#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the QMP client relies on, on each QEMU: tests/test_client_qemu.c, which
# the unit tests run on the installed one. 5.2 has no `yank`.
. "$(dirname "$0")/lib.sh"

case_client() {
    local qemu
    qemu=$(qemu_of "$VER_SRC")
    make -s -C "$root" build/tests/test_client_qemu >&2
    [ "$VER_SRC" != 5.2 ] || export ONLY='*_no_end'
    QEMU=$qemu "$root/build/tests/test_client_qemu"
}

for version in $(versions); do
    run_case case_client "$version" "$version"
done
finish
