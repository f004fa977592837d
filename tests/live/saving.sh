# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the tests of save and restore share: the file is $T/img.

save() { # save ROLE [OPTION]...
    local role=$1
    shift
    qmigrate save "$T/img" --source "$T/$role.qmp" --progress none "$@"
}

restore() { # restore ROLE [OPTION]...
    local role=$1
    shift
    qmigrate restore "$T/img" --dest "$T/$role.qmp" --progress none "$@"
}

no_file() { # nothing of a save is left
    local left
    left=$(cd "$T" && echo img*)
    [ "$left" = 'img*' ] || fail "left behind: $left"
}

told() { # told TEXT: in what `expect` caught of standard error
    grep -qF -- "$1" "$T/out.err" || fail "not told: $1
$(cat "$T/out.err")"
}

settings_of() { # settings_of ROLE
    qmp "$1" query-migrate-capabilities
    qmp "$1" query-migrate-parameters
    qmp "$1" query-fdsets
}
