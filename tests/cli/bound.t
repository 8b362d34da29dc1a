#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# score --memory: at a quarter of what the work needs, with two threads, the
# same bytes as with one thread and no bound, and the process stays below.
. "${WN_SOURCE:-.}/tests/tap.sh"

if [ "${WN_SANITIZERS:-no}" = yes ]; then
    skip 'a bound on memory' 'the sanitizers keep memory of their own'
    done_testing
    exit
fi

awk 'BEGIN {
    s = 7
    for (j = 0; j < 1020; j++) printf "x%d,", j
    print "y"
    for (i = 0; i < 2600; i++) {
        line = ""
        for (j = 0; j < 1020; j++) {
            s = (s * 16807) % 2147483647
            line = line int(s / 2147483) + (j % 3 == i % 3) * 300 ","
        }
        print line "abc" i % 3
    }
}' >wide.csv
ingest -q wide.csv --label=y -o wide.h5 || exit 99
what="--model=kernel --methods=disagreement"

# used FILE: MiB, from what -v says.
used() { sed -n 's/.*: used \([0-9]*\) MiB at most$/\1/p' "$1"; }

score $what wide.h5 -j1 --estimate >estimate
ok $? "--estimate needs no output"
need=$(sed -n 's/^memory *\([0-9]*\) MiB at most, or .*/\1/p' estimate)
quarter=$((need / 4))
score -v $what wide.h5 -j1 -o free.h5 2>err || exit 99
free=$(used err)
ok "$([ "$free" -le "$need" ]; echo $?)" \
    "an unbounded run stays below the estimate: $free of $need MiB"
ok "$([ "$free" -gt $((2 * quarter)) ]; echo $?)" \
    "and uses more than half of it"

# The guard is a thread that a busy machine may let wait: three attempts.
most=$((quarter + 1))
for attempt in 1 2 3; do
    [ "$most" -gt "$quarter" ] || break
    score -v $what wide.h5 -j2 --memory=${quarter}M -f -o bound.h5 2>err
    most=$(used err)
done
same free.h5 bound.h5 "--memory at a quarter, -j2: the same bytes"
ok "$([ "$most" -le "$quarter" ]; echo $?)" \
    "which stays below: $most of $quarter MiB"
fails_with 2 "--memory: 2600 rows of 1020 features and 3 classes need" \
    score --memory=24M wide.h5 -o no.h5
TMPDIR=/nowhere
export TMPDIR
fails_with 2 "/nowhere: cannot make a temporary file" \
    score --memory=${quarter}M wide.h5 -o no.h5
ok "$([ ! -e no.h5 ]; echo $?)" "and leaves no file"

done_testing
