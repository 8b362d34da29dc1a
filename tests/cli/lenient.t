#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ingest --lenient: every malformed record is named with its line and written to
# the rejects; every other record is a row. broken.sh lists the malformed ones.
. "${WN_SOURCE:-.}/tests/tap.sh"

sh "$source/tests/cli/broken.sh" 10000
is "$(wc -l <places | tr -d ' ')" 100 "one record in a hundred is broken"

fails_with 2 "ingest: broken.csv:$(sed -n '1s/ .*//p' places): found 3 fields,\
 wanted 4" ingest --label=label broken.csv
ingest -v --lenient --rejects=bad.csv --label=label broken.csv -o one.h5 2>err
is "$?:$(grep ' rows in ' err)" "0:ingest: broken.csv: 10000 rows in = 9900 kept +\
 100 rejected, 5 features, 2 classes" "the other 99 % are rows"
same bad.csv thrown.csv "what was left out, byte for byte"

# The first word of each line is in the message about it.
cat >words <<'END2'
fields .*: found [35] fields, wanted 4
quote .*: column town: found a quote inside an unquoted field, wanted
after .*: column town: found text after the closing quote, wanted
open .*: column town: found text after the closing quote, wanted .* is its quote closed
cr .*: column b: found a carriage return without a line feed, wanted
nul .*: column town: found a NUL byte, wanted
utf8 .*: column label: found '.*', wanted UTF-8
label .*: column label: found no label, wanted one
long .*: column label: found a label of 1100 bytes, wanted
END2
missing=''
while read -r line kind; do
    pattern=$(sed -n "s/^$kind \.\*//p" words)
    grep -q "^ingest: broken.csv:$line$pattern" err ||
        missing="$missing $line:$kind"
done <places
is "$missing" "" "each break is named with its line"
is "$(grep -c '^ingest: broken.csv:[0-9]*: ' err)" 100 "and nothing else is"
is "$(grep 'rejected:' err)" "ingest: broken.csv: rejected: 20 wrong number of\
 fields, 10 quote inside an unquoted field, 10 text after the closing quote,\
 10 quote that is not closed, 10 carriage return without a line feed, 10 NUL\
 byte, 10 no label, 10 label too long, 10 not UTF-8" "each kind is counted"

ingest --lenient --label=label broken.csv 2>err >two.h5
same one.h5 two.h5 "the rejects file is no part of the result"
is "$(grep -c '^ingest: broken.csv:[0-9]*: ' err)" 27 "three of a kind by default"
ingest -q --lenient --label=label broken.csv 2>err >two.h5
is "$(cat err)" "" "--quiet"
for threads in 1 2 5; do
    ingest -q --lenient --label=label broken.csv -j$threads >two.h5
    same one.h5 two.h5 "-j$threads: same bytes"
done
cat broken.csv | ingest -q --lenient --label=label --rejects=pipe.csv >two.h5
same pipe.csv thrown.csv "from a pipe: the same rejects"

# The same audit as of a file without the malformed records.
ingest -q --label=label whole.csv -o whole.h5
if command -v h5diff >h5diff.out; then
    for path in features feature_name label label_name row_hash; do
        h5diff one.h5 whole.h5 "/data/$path" >diff.out
        ok $? "$path as of the table without them"
    done
else
    skip "as of the table without them" "hdf5-tools is not installed"
fi
awk 'BEGIN { for (i = 0; i < 9900; i++) print 0, i % 2, -1, i % 7, i % 9 ? 0 : 3 }' |
    "$build/tests/cli/paint" one.h5 painted.h5
prune -q painted.h5 --drop=none --removed=gone.csv >kept.csv
same kept.csv whole.csv "prune: the rows that were kept"
same gone.csv thrown.csv "prune: and what was left out"

# The rejects are a CSV file; once corrected, they are read.
sed 's/Os"lo/Oslo/' bad.csv | ingest --lenient --label=label 2>err >three.h5
is "$(sed -n 's/.*: \(100 rows.*rejected\),.*/\1/p' err)" \
    "100 rows in = 10 kept + 90 rejected" "the rejects, some of them mended"

# --- where reading goes on ----------------------------------------------------
# left ROWS REJECTED: the counts for f.csv.
left() {
    ingest --lenient --rejects=r.csv -f --label=label f.csv 2>err >f.h5
    is "$?:$(sed -n 's/.* rows in = \(.*\) rejected.*/\1/p' err)" \
        "0:$1 kept + $2" "$3"
}
printf 'a,b,label\n1,"2,x\n2,4,y\n3,1,x\n4,2,y\n' >f.csv
left 3 1 "a quote that is never closed takes its line only"
printf 'a,b,label\n1,"2,x\n2,4,y\n3,1,x\n4,2,y\n5,7,x\n6,2",y\n7,4,x\n' >f.csv
left 5 2 "nor do two stray quotes take what is between them"
printf 'a,b,label\n1,",2,x\n2,4,y\n3,1,x\n4,"2,y\n7,4,x\n' >f.csv
left 3 2 "nor two of them in other columns"
printf 'a,b,label\n1,"2\n3\n4\n5\n6\n7",x\n7,4,x\n8,2,y\n' >f.csv
left 3 0 "a field of many lines that are no records is one"
printf 'a,b,label\n1,"2\n3",4,x\n7,4,x\n8,2,y\n' >f.csv
left 2 1 "a record of two lines with too many fields is one"
printf 'a,b,label\n1,"2\n",x,"4"5\n7,4,x\n8,2,y\n' >f.csv
left 2 1 "what comes before the broken field goes along"
printf '1,"2\n",x,"4"5\n' >want.csv
is "$(sed 1d r.csv; echo .)" "$(cat want.csv; echo .)" "as it stands"
printf 'a,b,label\n1,2,x\n2,3,y\n3,"4,x' >f.csv
left 2 1 "the last record without a line end"
is "$(tail -n 1 r.csv; echo .)" '3,"4,x.' "is left as it is"
printf 'a,b,label\n\n7\n\n\n1,2,x\n2,3,y\n\n9,9\n\n' >f.csv
left 2 2 "empty lines around"
{
    printf 'a,b,label\n1,2,x\n2,3,'
    head -c 3000000 /dev/zero | tr '\0' z
    printf 'y\n3,4,x\n4,5,y\n'
} >f.csv
ingest --lenient --max-record=1M --label=label f.csv 2>err >f.h5
is "$(sed 's/.* rows in/rows in/' err)" "ingest: f.csv:3: found a record of more\
 than 1048576 bytes, wanted at most that (--max-record)
ingest: f.csv: rejected: 1 record too long
rows in = 3 kept + 1 rejected, 2 features, 2 classes" "too long a record"
rm -f f.csv

# --- refused -------------------------------------------------------------
printf 'a,b,label\n1\n2\n' >none.csv
fails_with 2 "none.csv: found no record that is well-formed, wanted at least\
 one row" ingest -q --lenient --label=label none.csv
printf 'a,b,label\n1,2,x\n2,4,y\n' >good.csv
fails_with 2 "--rejects: wanted --lenient with it" \
    ingest --rejects=r2.csv --label=label good.csv
fails_with 2 "--rejects: good.csv is the input" \
    ingest -f --lenient --rejects=good.csv --label=label good.csv -o a.h5
fails_with 2 "--rejects: ./same is where the audit file goes" \
    ingest --lenient --rejects=./same --label=label good.csv -o ./same
fails_with 2 "--rejects: standard output is where the audit file goes" \
    ingest --lenient --rejects=- --label=label good.csv
echo mine >mine.csv
fails_with 2 "mine.csv: exists; --force replaces it" \
    ingest --lenient --rejects=mine.csv --label=label good.csv -o b.h5
fails_with 2 "found no column 'nope'" \
    ingest -f --lenient --rejects=mine.csv --label=nope good.csv -o b.h5
is "$(cat mine.csv)" mine "it stays as it was after a failure"
runs "no record is broken" \
    ingest --lenient --rejects=empty.csv --label=label good.csv -o c.h5
is "$(cat empty.csv)" "a,b,label" "then there is only the header"
ingest -q --lenient --rejects=- --label=label broken.csv -f -o c.h5 >stdout.csv
same stdout.csv thrown.csv "--rejects=- is standard output"

# --- every night ------------------------------------------------------------------
for night in 1 2; do
    audit -q --lenient --rejects=night.csv --label=label --model=none \
        --methods=none broken.csv >out 2>err
    is "$?:$(cat err)" 0: "audit, night $night"
    same night.csv thrown.csv "its rejects"
done
done_testing
