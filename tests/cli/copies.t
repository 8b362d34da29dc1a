#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copies of a row never judge one another: the digits entered twice, and with
# only the wrong ones repeated, have the wrong labels found as without copies.
# Where labels have nothing to do with the features, a copy with the same label
# would tell it: nothing may be claimed.
. "${WN_SOURCE:-.}/tests/tap.sh"

# found DATA: label issues that are planted errors; the last column is the truth.
found() {
    ingest -q --label=digit --ignore=true "$1" |
        score -q --methods=disagreement 2>/dev/null | flag >flagged.h5 || exit 99
    report --format=tsv --top=all flagged.h5 | awk -F'\t' '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["issues"] ~ /(^|,)label(,|$)/ { print $at["row"] }' >rows
    awk -F, 'NR == FNR { flagged[$1] = 1; next }
        FNR > 1 && flagged[FNR - 2] && $NF != $(NF - 1) { hits++ }
        END { print hits + 0 }' rows "$1"
}

awk -F, 'NR == FNR { truth[FNR] = $3; next }
    { print $0 "," truth[FNR] }' "$samples/digits.truth.csv" \
    "$samples/digits.csv" >once.csv
{ cat once.csv; tail -n +2 once.csv; } >twice.csv
{ cat once.csv; awk -F, 'NR > 1 && $NF != $(NF - 1)' once.csv; } >wrong.csv
hits=$(found twice.csv)
ok "$([ "$hits" -ge 172 ]; echo $?)" "entered twice: $hits of 180 found"
hits=$(found wrong.csv)
ok "$([ "$hits" -ge 172 ]; echo $?)" "wrong rows twice: $hits of 180 found"
# A copy of each with every grey level off by one at most.
awk -F, -v OFS=, 'function any() { seed = (seed * 1103 + 12345) % 65537
                                   return seed % 3 - 1 }
    { print }
    NR > 1 { for (j = 1; j <= 64; j++) {
                 $j += any(); $j = $j < 0 ? 0 : $j > 16 ? 16 : $j }
             copy[NR] = $0 }
    END { for (i = 2; i <= NR; i++) print copy[i] }' once.csv >jittered.csv
hits=$(found jittered.csv)
ok "$([ "$hits" -ge 172 ]; echo $?)" "entered again with jitter: $hits of 180 found"
ingest -q --label=digit --ignore=true twice.csv -o twice.h5
runs 'a note says so' score --methods=disagreement twice.h5 -o scored.h5
ok "$(grep -q '1797 rows are copies of others (1797 exact, 0 near)' err
    echo $?)" 'with their number'
runs '-j1' score -q -j1 --methods=disagreement twice.h5 -o one.h5
same scored.h5 one.h5 'writes the same bytes'

# Each flower twice with one label, which is that of a flower far away.
awk -F, -v OFS=, 'NR == 1 { print; next }
    { row[NR - 2] = $0; label[NR - 2] = $5 }
    END { for (i = 0; i < NR - 1; i++) {
              $0 = row[i]; $5 = label[(i * 67 + 13) % (NR - 1)]
              print; print } }' "$samples/iris.csv" >shuffled.csv
ingest -q --label=species shuffled.csv | score -q --methods=disagreement \
    2>/dev/null | flag >nothing.h5 2>err
ok "$(grep -q 'these features do not predict this label' err; echo $?)" \
    'labels at random, entered twice: no signal'
done_testing
