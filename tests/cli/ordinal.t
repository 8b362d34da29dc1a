#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Labels that are grades: a far wrong grade ranks before the next one, which is
# never advised out.
. "${WN_SOURCE:-.}/tests/tap.sh"
peek=$build/tests/cli/peek

# Ten grades of 30 rows along a line; of every grade one row has the next grade,
# and three rows of the set a far one.
awk 'BEGIN { srand(2); print "a,b,grade"
    for (i = 0; i < 300; i++) {
        g = i % 10 + 3; y = g
        if (i % 31 == 7) y = g < 12 ? g + 1 : g - 1
        if (i == 50 || i == 121 || i == 242) y = g < 8 ? 12 : 3
        printf "%.3f,%.3f,%d\n", g * 4 + rand(), g * g / 3 + rand(), y
    } }' >grades.csv
runs 'grades' ingest grades.csv --label=grade --label-type=ordinal -o o.h5
is "$("$peek" o.h5 data task)" ordinal 'stored as the task'
ingest -q grades.csv --label=grade -o c.h5
is "$("$peek" c.h5 data task)" classification 'classes by default'
for x in o c; do
    score -q --model=neighbors --methods=none -i $x.h5 &&
        flag -q -i $x.h5 || exit 99
    report --format=tsv --top=all $x.h5 >$x.tsv
done
# shift = suspicion x mean distance of the other grades, recomputed by awk from
# the file.
"$peek" o.h5 data/label i32 | tr ' ' '\n' | grep . >label
"$peek" o.h5 flag/suspicion f32 | tr ' ' '\n' | grep . >suspicion
"$peek" o.h5 flag/order i64 | tr ' ' '\n' | grep . >order
"$peek" o.h5 data/label_name >names 2>/dev/null
"$peek" o.h5 score/probability f32 | tr ' ' '\n' | grep . >probability
# Names are sorted by bytes: 10 11 12 3 4 5 6 7 8 9.
ok "$(awk '
    FILENAME == "label" { y[n++] = $1; next }
    FILENAME == "suspicion" { s[m++] = $1; next }
    FILENAME == "probability" { p[q++] = $1; next }
    { order[o++] = $1 }
    END { split("10 11 12 3 4 5 6 7 8 9", name)
        for (i = 0; i < n; i++) {
            sum = off = 0
            for (t = 0; t < 10; t++) if (t != y[i]) {
                d = name[t + 1] - name[y[i] + 1]; if (d < 0) d = -d
                sum += p[i * 10 + t]; off += p[i * 10 + t] * d
            }
            shift[i] = sum > 0 ? s[i] * off / sum : 0
        }
        for (r = 1; r < o; r++)
            bad += shift[order[r]] > shift[order[r - 1]] * 1.00001 + 1e-6
        exit bad > 0 || o != 300 }' label suspicion probability order
    echo $?)" 'rows rank by the expected difference of grades'
is "$(sed 3q order | sort -n | tr '\n' ' ')" '50 121 242 ' 'far ones first'
# column NAME of a TSV.
next='NR == 1 { for (c = 1; c <= NF; c++) at[$c] = c; next }
    $at["row"] % 31 == 7 { print $at["action"] }'
is "$(awk -F'\t' "$next" c.tsv | grep -c 'relabel\|drop' |
    awk '{ print ($1 > 0) }')" 1 'classes: the next one is advised'
is "$(awk -F'\t' "$next" o.tsv | grep -c 'relabel\|drop')" 0 'grades: never'
is "$(awk -F'\t' 'NR == 1 { for (c = 1; c <= NF; c++) at[$c] = c; next }
    $at["row"] == 50 || $at["row"] == 121 || $at["row"] == 242 {
        print $at["action"] }' o.tsv | grep -c 'relabel\|drop')" 3 \
    'but far ones are'
fails_with 2 "ingest: iris.csv: column species: --label-type=ordinal: found 'setosa', wanted whole numbers" \
    sh -c "cp '$samples/iris.csv' . && ingest iris.csv --label=species --label-type=ordinal -o i.h5"

done_testing
