#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Tables of numbers: the encoder reads the numbers that the survey kept in a
# temporary file. Without a place for such a file it reads the cells again, and
# the features are the same.
. "${WN_SOURCE:-.}/tests/tap.sh"

rows=66001 # the sample is one of every two
awk -v n=$rows 'BEGIN { srand(5); print "a,b,c,label"
    for (i = 0; i < n; i++)
        printf "%.4f,%d,%g,%s\n", rand() - .5, rand() * 1000, i % 7 / 4,
            i % 3 ? "x" : "y" }' >base.csv

# digests AUDIT: of the output of the survey and the encoder.
digests() {
    for set in features feature_name label column/min column/missing \
        column/invalid defect/row defect/rule; do
        "$build/tests/cli/peek" "$1" data/$set digest
    done
}
# alike NAME: NAME.csv gives the same both ways, for any -j.
alike() {
    (TMPDIR=$work/none ingest -q --label=label "$1.csv" -f -o again.h5)
    ingest -q --label=label "$1.csv" -f -o one.h5 -j1
    is "$(digests one.h5)" "$(digests again.h5)" "$1: as the cells say"
    ingest -q --label=label "$1.csv" -f -o many.h5 -j3
    same one.h5 many.h5 "$1: same bytes for -j3"
    is "$("$build/tests/cli/peek" one.h5 data/feature_name digest | wc -c |
        tr -d ' ')" 33 "$1: there is something"
}
# with NAME LINE CELLS: base.csv with other cells on that line.
with() {
    sed "$2s/^[^,]*,[^,]*,[^,]*/$3/" base.csv >"$1.csv"
    alike "$1"
}
alike base
ingest -v --label=label base.csv 2>err >one.h5
is "$(grep -c 'made features in one reading' err)" 1 "base: in one reading"
(TMPDIR=$work/none ingest -v --label=label base.csv 2>err >one.h5)
is "$(grep -c 'made features in one reading' err)" 0 "without TMPDIR: in two"
# Missing cells are kept too; a word is not. Some of these rows are in the sample.
with missing 60001 '0.5,,1'
ingest -v --label=label missing.csv 2>err >one.h5
is "$(grep -c 'made features in one reading' err)" 1 "missing: in one reading"
with word 33 '0.5,many,1'
with far 61001 '1e300,5,1'
with both 65003 '0.5,7,'
awk -F, -v OFS=, 'NR > 1 { $3 = NR == 60001 ? 5 : 4 } 1' base.csv >rare.csv
alike rare
awk -F, -v OFS=, 'NR > 1 { $3 = 4 } 1' base.csv >same.csv
alike same
awk -F, -v OFS=, 'NR > 1 { $3 = NR } 1' base.csv >count.csv
alike count

# Where there is no room for the file, the cells are read again.
ingest -q --label=label base.csv -f -o one.h5
(TMPDIR=$work/none ingest -q --label=label base.csv -o without.h5)
same one.h5 without.h5 "without a place for temporary files"
(trap '' XFSZ; ulimit -f 600
TMPDIR=$work ingest -q --label=label base.csv 2>err >few.h5)
is "$?:$(grep -c 'temporary' err)" "2:0" "a file too large is that of the audit"
is "$(find . -name 'winnow.*')" "" "nothing is left"
done_testing
