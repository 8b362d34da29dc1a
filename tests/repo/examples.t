#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The commands that the manual and the README show, run as they stand there: the
# lines beginning "$ ", from top to bottom of a page, where samples/ is.
. "${WN_SOURCE:-.}/tests/tap.sh"

# commands PAGE: its command lines, as a reader sees them.
commands() {
    case $1 in
    *recipes.7) cat "$1" ;; # all of it are examples
    *.[1-8]) sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$1" ;;
    *) sed 's/^    //' "$1" ;;
    esac | sed -n 's/^\(\.Dl \)\{0,1\}\$ //p' |
        sed 's/\\e/\\/g; s/\\-/-/g; s/\\&//g; s/\\(aq/'"'"'/g; s/\\(dq/"/g'
}

for page in "$source"/man/*.[1-8] "$source/README"; do
    name=${page##*/}
    [ -f "$page" ] || continue
    mkdir "$name"
    cd "$name" || exit 99
    cp -r "$samples" samples
    chmod -R u+w samples
    # The README speaks of certain rows; for the manual fewer will do.
    [ "$name" = README ] || head -n 400 "$samples/digits.csv" \
        >samples/digits.csv
    commands "$page" >../commands
    while IFS= read -r line; do
        case $line in
        *python3*)
            if ! python3 -c 'import h5py' 2>/dev/null; then
                skip "$name: $line" "python3 has no h5py"
                continue
            fi
            ;;
        ./quickstart*) continue ;; # what .ci/run does
        esac
        sh -c "$line" </dev/null >out 2>err
        status=$?
        # Findings are no failure where the example asks for them.
        case $line in
        *--fail-on*) [ $status -ne 1 ] || status=0 ;;
        esac
        ok $status "$name: $line"
        [ $status -eq 0 ] || sed 's/^/# /' err
    done <../commands
    cd ..
    rm -rf "$name"
done
done_testing
