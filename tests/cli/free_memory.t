#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Work that there is no memory for is refused before it begins, in one line with
# both numbers, and leaves nothing behind. 12,000 rows of 4,000 classes need
# half a GB; ulimit -v takes the place of a machine that is too small.
. "${WN_SOURCE:-.}/tests/tap.sh"

awk 'BEGIN { print "a,b,label"
    for (i = 0; i < 12000; i++)
        print i % 77 "," i % 101 ",c" i % 4000 }' >wide.csv
ingest -q wide.csv --label=label -o wide.h5 || exit 99
need=$(score --estimate --model=neighbors --methods=none wide.h5 |
    sed -n 's/^memory *\([0-9]*\) MiB.*/\1/p')
ok "$([ "${need:-0}" -gt 400 ]; echo $?)" "needs ${need:-?} MiB"

if [ "${WN_SANITIZERS:-no}" = yes ]; then
    skip 'refused where there is less' 'the sanitizers need all addresses'
else
    (ulimit -v 500000
    exec score -q --model=neighbors --methods=none wide.h5 -o out.h5) 2>err
    is $? 2 'refused where there is less'
    grep -q "^score: 12000 rows of 2 features and 4000 classes need $need MiB, \
ulimit -v leaves [0-9]* free\$" err
    ok $? 'with both numbers'
    is "$(wc -l <err | tr -d ' ')" 1 'in one line'
    ok "$([ ! -e out.h5 ]; echo $?)" 'and nothing is left behind'
fi
is "$(ls -A | grep -c -v -e '^wide' -e '^err$')" 0 'no scratch either'

done_testing
