#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The column table: what ingest finds in the columns, and how report shows it.
. "${WN_SOURCE:-.}/tests/tap.sh"

# Rows enough that some are outside the sample of 65,536; their classes stand in
# turn, as often as the sample has rows.
awk 'BEGIN { print "half,big,town,road,when,leak,clean,y"
    for (i = 0; i < 140000; i++) {
        h = (i * 7919) % 100003; c = i % 3
        printf "%d,%d.5,%s,r%d,%d-%02d-11,%s,%d,c%d\n", i % 70000, h,
            substr("OsloRomeBonnGent", 4 * (i % 7 % 4) + 1, 4), h % 1000,
            1990 + h % 20, h % 12 + 1,
            i % 25 ? substr("xyz", c + 1, 1) : "q", h % 10, c
    } }' >many.csv
runs "140,000 rows" ingest --label=y many.csv -o one.h5 -j1
is "$(grep leak err)" "ingest: many.csv: column leak: alone predicts the label\
 (96 %). Is it a copy of the label? If so: --ignore='leak'" "a leak is reported"
ingest --label=y many.csv -o four.h5 -j4 2>err
same one.h5 four.h5 "same bytes for -j4"
report --format=tsv --columns one.h5 >found
cut -f 1-4,6-8,9-12 found >exact
# By hand: of 7 rows in turn 2 are Oslo, 2 Rome, 2 Bonn, 1 Gent.
is "$(sed -n 4p exact | cut -f 1-8,11)" \
    "$(printf 'town\tcategorical\t0\t0\t\t\t\t0\tBonn 40000, Oslo 40000, %s' \
        'Rome 40000')" \
    "a column of few values: exact counts"
is "$(sed -n 6p exact | cut -f 1-6)" \
    "$(printf 'when\tdate\t0\t0\t1990-01-11\t2009-12-11')" \
    "dates are shown as dates"
is "$(sed -n 7p exact | cut -f 1,2,10)" \
    "$(printf 'leak\tcategorical\tpredicts the label')" "a leak is noted"
is "$(grep -c 'predicts the label' exact)" 1 "and nothing else is"
# about COLUMN COUNT: the estimate, marked as one, within 5 %.
about() {
    is "$(awk -F'\t' -v c="$1" -v n="$2" '$1 == c {
        print $9, ($5 > .95 * n && $5 < 1.05 * n) }' found)" "1 1" \
        "$1: about $2 different cells"
}
about half 70000
about big 100003
about road 1000
is "$(awk -F'\t' '$1 == "clean" { print $5, $9 }' found)" "10 0" \
    "ten values are counted"
is "$(report --columns one.h5 | sed -n 's/^  \(half .*\)/\1/p')" \
    "half    numeric            0        0    ~$(awk -F'\t' \
        '$1 == "half" { print $5 }' found)    0 %  0 .. \
$(awk -F'\t' '$1 == "half" { print $8 }' found) .. 69999" \
    "the text has least, median and largest"
is "$(report --columns --format=json one.h5 | grep '"column":"town"' |
    sed 's/"alone":[^,]*,//')" '{"record":"column","column":"town",'\
'"kind":"categorical","missing":0,"invalid":0,"distinct":4,'\
'"distinct_about":false,"min":null,"median":null,"max":null,"note":"",'\
'"top":[{"value":"Bonn","cells":40000},{"value":"Oslo","cells":40000},'\
'{"value":"Rome","cells":40000}]}' "JSON has the frequent values"

# --- up to the sample all is exact ------------------------------------------
awk 'BEGIN { print "a,b,c,same,id,y"; for (i = 0; i < 1000; i++)
    printf "%s,%d,v%d,7,id%d,%d\n", i % 9 ? i : "", i * i % 311, i % 300 % 77,
        i, i * 7919 % 5 % 2 }' >small.csv
ingest --label=y small.csv -o small.h5 2>err
is "$(grep column err)" "" "no news of columns that tell little"
report --format=tsv --columns small.h5 | cut -f 1-9,11,12 >found
# Wanted: Python, statistics.median, collections.Counter.
/usr/bin/python3 - >wanted <<'END' 2>err
import csv, statistics, collections
rows = list(csv.DictReader(open("small.csv")))
print("column kind missing invalid distinct min max median distinct_about"
      " note top".replace(" ", "\t"))
def numbers(name):
    x = [float(r[name]) for r in rows if r[name]]
    print(name, "numeric", len(rows) - len(x), 0, len(set(x)), "%g" % min(x),
          "%g" % max(x), "%g" % statistics.median(x), 0,
          "constant" if len(set(x)) == 1 else "", "", sep="\t")
numbers("a")
numbers("b")
count = collections.Counter(r["c"] for r in rows)
often = sorted(count.values())[-3:]
print("c", "categorical", 0, 0, len(count), "", "", "", 0, "", often, sep="\t")
numbers("same")
print("id\tidentifier\t0\t0\t1000\t\t\t\t0\tidentifier\t")
count = collections.Counter(r["y"] for r in rows)
print("y\tlabel\t0\t0\t2\t\t\t\t0\t\t" +
      ", ".join("%s %d" % c for c in count.most_common()))
END
if [ -s wanted ]; then
    # Which of many equals are taken is another matter.
    sed 's/v[0-9]* \([0-9]*\), v[0-9]* \([0-9]*\), v[0-9]* \([0-9]*\)$/[\3, \2, \1]/' \
        found >counts
    same counts wanted "the table is as Python has it"
else
    skip "table" "no python3"
fi

for set in iris:species wine:cultivar digits:digit breast_cancer:diagnosis; do
    name=${set%:*}
    ingest --label="${set#*:}" "$samples/$name.csv" -o s.h5 -f 2>err
    is "$(grep -c predicts err)" 0 "no column of $name is called a leak"
done
ingest --label=income --id=id "$samples/mixed.csv" -o s.h5 -f 2>err
is "$(grep -c predicts err)" 0 "nor of mixed"

# --- a header with gaps, as pandas writes its index and sheets their margins ----
awk 'BEGIN { print ",a,y,"; for (i = 0; i < 40; i++)
    printf "%d,%d,%s,\n", i, i % 7, i % 2 ? "p" : "q" }' >gaps.csv
awk 'BEGIN { print "a,y"; for (i = 0; i < 40; i++)
    printf "%d,%s\n", i % 7, i % 2 ? "p" : "q" }' >whole.csv
runs "columns without a name" ingest --label=y gaps.csv -o gaps.h5
is "$(head -n 1 err)" "ingest: gaps.csv: 2 columns without a name in the header:\
 called by place, c1, c2 and so on" "are reported"
is "$(report --columns --format=tsv gaps.h5 | cut -f1,2 | tr '\t\n' '  ')" \
    "column kind c1 identifier a numeric y label c4 categorical " "and named"
ingest --label=y -q whole.csv -o whole.h5
is "$("$build/tests/cli/peek" gaps.h5 data/features digest)" \
    "$("$build/tests/cli/peek" whole.h5 data/features digest)" \
    "an index and an empty margin are no features"
prune --drop=none gaps.h5 | cmp - gaps.csv
ok $? "and come out as they were"
fails_with 2 "gaps.csv: found no column 'c3' for --label" \
    ingest --label=c3 gaps.csv -o none.h5

done_testing
