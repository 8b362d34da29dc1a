#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ingest --features-b=PATTERN: two blocks of features in one table, compared
# with two tables of one block each and with an array of the same numbers.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$PATH

# The columns of the two blocks alternate. Rows 100 i + 7 and 100 i + 8 have
# their second blocks swapped. Some cells are missing.
awk 'BEGIN { srand(11); OFS = ","
    for (j = 0; j < 8; j++) printf "txt_%d,img_%d,", j, j
    print "tone,kind,y"
    for (i = 0; i < 600; i++) {
        for (j = 0; j < 8; j++) x[i, j] = rand() + (i % 2) * (j == 0)
        for (j = 0; j < 8; j++)
            t[i, j] = sprintf("%.5f", x[i, j] - 2 * x[i, (j + 3) % 8] + \
                .01 * rand())
        tone[i] = x[i, 2] < .3 ? "red" : "green"
    }
    for (i = 0; i < 600; i++) {
        s = i % 100 == 7 ? i + 1 : i % 100 == 8 ? i - 1 : i
        t[i, 1] = i % 50 == 49 ? "" : t[i, 1]
        if (i % 40 == 39) x[i, 5] = ""
        for (j = 0; j < 8; j++) printf "%s,%s,", t[s, j], x[i, j]
        print tone[s], i % 3 ? "a" : "b", i % 2
    }
}' >t.csv
b='txt_.*|tone'
cut -d, -f2,4,6,8,10,12,14,16,18,19 t.csv >first.csv
cut -d, -f1,3,5,7,9,11,13,15,17,19 t.csv >second.csv
runs 'a pattern' ingest t.csv --label=y "--features-b=$b" -o t.h5
ok "$(grep -q 't.csv: the last 11 of the features are the second block' err
    echo $?)" 'the number of features in the second block is reported'
ingest -q first.csv --label=y -o first.h5 || exit 99
ingest -q second.csv --label=y -o second.h5 || exit 99
is "$(peek t.h5 data/features digest)" "$(peek first.h5 data/features digest)" \
    'the first block is what a table of it alone gives'
is "$(peek t.h5 data/feature_name digest)" \
    "$(peek first.h5 data/feature_name digest)" 'its names, too'
is "$(peek t.h5 data/features_b digest)" \
    "$(peek second.h5 data/features digest)" \
    'the second block is what a table of it alone gives'
is "$(report --columns --format=tsv t.h5 | grep -c 'second block')" 9 \
    'the column table names the second block'
is "$(peek t.h5 data options | tr ' ' '\n' | grep '^features-b=')" \
    "features-b=$b" 'the pattern is recorded'

peek second.h5 data/features f32 | compose b.npy npy f4 600x11 || exit 99
ingest -q first.csv --label=y --features-b=b.npy -o array.h5 || exit 99
for file in t array; do
    score -q --model=none --methods=pair_cosine,pair_rank $file.h5 \
        -o $file.s.h5 || exit 99
done
for set in pair_cosine pair_rank evidence/pair_rank; do
    is "$(peek t.s.h5 score/$set digest)" \
        "$(peek array.s.h5 score/$set digest)" "$set: as with an array"
done
ingest -q -j3 t.csv --label=y "--features-b=$b" -f -o more.h5
same t.h5 more.h5 '-j3 writes the same'
ingest -q first.csv --label=y --features-b="$work/b.npy" -o place.h5
same array.h5 place.h5 'the place of an array is recorded without its path'

# A row that is left out is missing from both blocks.
sed '5s/[^,]*$//; 9s/[^,]*$//' t.csv >holes.csv
sed '5d; 9d' t.csv >whole.csv
ingest -q holes.csv --label=y --missing-label=drop "--features-b=$b" -o h.h5
ingest -q whole.csv --label=y "--features-b=$b" -o w.h5
is "$(peek h.h5 data/features_b digest)" "$(peek w.h5 data/features_b digest)" \
    'rows that are left out have no second half'

# More rows than the sample: features are encoded while the table is surveyed.
awk 'BEGIN { srand(5); OFS = ","; print "b0,a0,b1,a1,y"
    for (i = 0; i < 66001; i++)
        print rand(), int(1000 * rand()), i % 7 / 4, rand() - .5, i % 3 }' \
    >large.csv
ingest -v large.csv --label=y '--features-b=b.' -o large.h5 2>err
is "$(grep -c 'made features in one reading' err)" 1 'numbers: in one reading'
ingest -q large.csv --label=y '--features-b=b.' --na=none-is -o again.h5
for set in features features_b; do
    is "$(peek large.h5 data/$set digest)" "$(peek again.h5 data/$set digest)" \
        "$set: as in two readings"
done
# The whole pipeline.
runs 'audit' audit t.csv --label=y "--features-b=$b" --model=neighbors \
    --replicates=2
report --format=tsv --top=all t.audit.h5 2>/dev/null |
    awk -F '\t' '/mismatched_pair/ {print $2 % 100}' >found
ok "$([ "$(grep -c '^[78]$' found)" -ge 10 ]; echo $?)" \
    'audit finds the halves that were swapped, all of them but two at most'
ok "$([ "$(grep -vc '^[78]$' found)" -le 10 ]; echo $?)" 'and few others'

refused() {
    fails_with 2 "$1" ingest t.csv --label=y -f -o no.h5 "$2"
}
refused "--features-b: no column's name matches 'text.*'" '--features-b=text.*'
refused '--features-b: column y is the label already' --features-b=y
refused '--features-b: ' '--features-b=('
fails_with 2 't.csv: --features-b: found no feature in the first block, wanted' \
    ingest t.csv --label=y '--features-b=.*' -o no.h5
sed '2,$s/^[^,]*/1/' t.csv >flat.csv
fails_with 2 'flat.csv: --features-b: found no feature in the second block' \
    ingest flat.csv --label=y --features-b=txt_0 -o no.h5
ok "$([ ! -e no.h5 ]; echo $?)" 'nothing is written then'
done_testing
