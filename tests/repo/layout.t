#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# winnow-audit(5) has the datasets of layout.def, in order, with their types
# and extents, and no others.
. "${WN_SOURCE:-.}/tests/tap.sh"

sed -n 's/^WN_LAYOUT("\([^"]*\)", WN_\([^,]*\), "\([^"]*\)".*/\1 \2 \3/p' \
    "$source/src/audit/layout.def" |
    while read -r path type extents; do
        echo ".It Pa $path Pq $(echo "$type" | tr A-Z a-z)" \
            "$(echo "$extents" | sed 's/,/ x /g')"
    done >wanted
grep '^\.It Pa [a-z][a-z]*/' "$source/man/winnow-audit.5" >found
is "$(cat found)" "$(cat wanted)" 'the manual has the table of layout.def'
ok "$([ "$(wc -l <wanted)" -ge 30 ]; echo $?)" 'the table was read'

done_testing
