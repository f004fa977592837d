#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# README.md says what the program says: exit codes, deadlines, parameters,
# flags, verbs and the folders of src/. What it links to is there.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
program=${BUILD:-build}/qmigrate
passed=0 failed=0

readme_has() { # readme_has TEXT: as a whole beginning of a line
    if grep -qF -e "$1" README.md; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: README.md lacks: $1"
    fi
}

section() { # section TITLE: its lines in the help of migrate, first words
    "$program" migrate --help | sed -n "/^$1/,/^\$/p" | sed -nE 's/^  ([^ ].*)/\1/p'
}

while read -r entry text; do
    readme_has "| \`${entry%=*}\` | ${entry#*=} |"
    [ -n "$text" ] || failed=$((failed + 1))
done < <(section Deadlines)
while IFS= read -r line; do
    [[ $line =~ ^([0-9])\ \ (.*)\;\ the\ guest:\ (.*)$ ]]
    readme_has "| ${BASH_REMATCH[1]} | ${BASH_REMATCH[2]} | ${BASH_REMATCH[3]} |"
done < <(section 'Exit codes')
while read -r entry _; do readme_has "| \`${entry%%=*}\` | \`--"; done < <(section 'Typed parameters')
while read -r flag _; do readme_has "\`$flag\`"; done < <(section 'Flags')
while read -r verb _; do
    [ "$verb" = help ] || readme_has "| \`$verb\` |"
done < <("$program" --help | sed -nE '/^  [a-z]/p')
for folder in src/*/; do
    [ "$folder" = src/error/ ] || readme_has "    $folder "
done
while IFS= read -r file; do
    if [ -s "$file" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: README.md shows $file, which is not there"
    fi
done < <(sed -nE 's/.*\]\(([^):]+)\).*/\1/p' README.md)
[ "$passed" -ge 25 ] || failed=$((failed + 1))

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
