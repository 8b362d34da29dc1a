#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# No cell is changed in silence: "007", "NA" the country, "0" and blanks are
# what they are in the features, in the report and in the rows that are kept.
. "${WN_SOURCE:-.}/tests/tap.sh"

# 120 rows; every thirtieth has the label of the next class.
awk 'BEGIN {
    split("007 7 NA 0", label, " ")
    split("007,0,00,7,NA, NA,+1,-0,1e5,1E5,TRUE,n/a", code, ",")
    print "code,country,x,label"
    for (i = 0; i < 120; i++) {
        k = i % 4 + 1
        print code[int(i / 4) % 12 + 1] "," (i % 5 ? "NA" : "DE") "," \
            k * 3 + i * 7 % 11 / 10 "," label[i % 30 == 7 ? k % 4 + 1 : k]
    }
}' >cells.csv
# counts FIELD: each value of a column and how often it is there.
counts() {
    sed 1d cells.csv | cut -d, -f"$1" | LC_ALL=C sort | uniq -c |
        sed 's/^ *\([0-9]*\) /\1 /'
}
ingest -q --label=label cells.csv -o a.h5 && score -q -i a.h5 &&
    flag -q -i a.h5
is $? 0 "ingest, score, flag"

python=/usr/bin/python3
if "$python" -c 'import h5py' 2>/dev/null; then
    "$python" - >found <<'END2'
import h5py
f = h5py.File("a.h5")["data"]
x, names = f["features"][:], [n.decode() for n in f["feature_name"][:]]
for column in "code", "country":
    for j, name in enumerate(names):
        if name.startswith(column + "="):
            print("%d %s" % (round(x[:, j].sum()), name[len(column) + 1:]))
labels = f["label"][:].tolist()
for c, name in enumerate(f["label_name"][:]):
    print(labels.count(c), name.decode())
print(f["column/missing"][:].tolist(), f["defect/row"].shape)
END2
    { counts 1; counts 2; counts 4; echo "[0, 0, 0, 0] (0,)"; } >wanted
    same found wanted "ingest: each spelling is a value of its own, and none \
is missing"
else
    skip "features" "python3-h5py is not installed"
fi

# Of every row that is shown, the given label is that of its line.
report --format=tsv --top=all a.h5 >all.tsv
is "$(wc -l <all.tsv | tr -d ' ')" 121 "report: all rows"
awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { print $at["line"] "," $at["given"] }' all.tsv |
    LC_ALL=C sort >found
awk -F, 'NR > 1 { print NR "," $4 }' cells.csv | LC_ALL=C sort >wanted
same found wanted "report: each with the label that stands on its line"
report --explain=line:9 a.h5 >out
is "$(sed -n 's/^  given label  *//p; s/^  suggested label  *//p' out |
    tr '\n' ' ')" "007 0 " "report --explain: 007 and 0"
is "$(report --format=json --top=all a.h5 | grep -c '"line".*"given":"007"')" \
    "$(counts 4 | sed -n 's/ 007$//p')" "report: JSON has 007 as text"

prune -q a.h5 --drop=none >kept.csv
same kept.csv cells.csv "prune: all rows, byte for byte"
prune -q a.h5 --removed=gone.csv >kept.csv
{ cat kept.csv; sed 1d gone.csv; } | LC_ALL=C sort >found
LC_ALL=C sort cells.csv >wanted
same found wanted "prune: kept and removed are the rows there were"

# Missing and invalid cells are reported, only by the options that ask for them.
printf 'n,label\n0,x\n00,y\nNA,x\n007,y\n,x\n1,NA\n' >few.csv
ingest -q --label=label few.csv -o b.h5 --kind=n:numeric
is "$("$build/tests/cli/peek" b.h5 data/defect/row i64 | tr '\n' ' ')" "2 4 " \
    "NA is no number, and an empty cell is missing"
ingest -q --label=label --na=NA --missing-label=drop few.csv -o c.h5
is "$("$build/tests/cli/peek" c.h5 data/column/missing u64 | tr '\n' ' ')" \
    "2 0 " "--na=NA: then NA is missing too"
for row in 1 2; do
    sed -n "$((row + 1))p" few.csv
done >two.csv
is "$(prune -q b.h5 --drop=none | sed -n '2,3p')" "$(cat two.csv)" \
    "0 and 00 stay"
done_testing
