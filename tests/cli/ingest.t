#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ingest: content of the audit file, roles, missing and invalid cells.
. "${WN_SOURCE:-.}/tests/tap.sh"

# --- the same bytes -----------------------------------------------------------
mixed=$samples/mixed.csv
runs "mixed.csv" ingest --label=income --id=id -q "$mixed" -o one.h5
for threads in 1 2 5; do
    ingest --label=income --id=id -q "$mixed" -j$threads -o more.h5
    same one.h5 more.h5 "-j$threads: same bytes"
    rm -f more.h5
done
mkdir -p elsewhere/deep
cp "$mixed" elsewhere/deep
(cd elsewhere/deep && ingest --label=income --id=id -q mixed.csv >../../more.h5)
same one.h5 more.h5 "same bytes in another directory, from a full path"
ingest --label=income --id=id -q ./elsewhere/../elsewhere/deep/mixed.csv \
    -o far.h5
is "$(cmp -s one.h5 far.h5; echo $?)" 1 "the path as given is kept"
rm -f more.h5
ingest --label=income --id=id -q "$mixed" -o more.h5 -j1 --verbose 2>err
same one.h5 more.h5 "--verbose changes nothing"

# --- messages ---------------------------------------------------------------
ingest --label=income "$mixed" 2>err >said.h5
is "$(sed -n '1,3p' err | sed 's,.*/,,')" \
    "mixed.csv:4: column age: found '3O', wanted a number
mixed.csv:5: column age: found 'unknown', wanted a number
mixed.csv:22: column hours: found '60 h', wanted a number" \
    "the first broken cells are reported with their line"
is "$(grep -c 'wanted a number$' err)" 9 "three a column"
is "$(grep -c 'column hours: 6 of 603 cells: wanted a number; encoded as missing$' \
    err)" 1 "and the count of the others"
ingest --label=digit "$samples/digits.csv" 2>err >said.h5
is "$(sed 's,.*/,,' err)" "digits.csv: 1797 rows in = 1797 kept + 0 rejected,\
 61 features, 10 classes" "no news, no other words"
ingest -q --label=income "$mixed" 2>err >said.h5
is "$(cat err)" "" "--quiet"

# --- content ------------------------------------------------------------
cat >small.csv <<'END'
id,age,town,code,same,label
r1,10,Oslo,7,k,b
r2,20,,A,k,a
"r ""3""",,Rome,7,k,b
r4,30,Oslo,B,k,10
END
runs "small.csv" ingest --label=label --id=id -o small.h5 small.csv
python=/usr/bin/python3
if "$python" -c 'import h5py' 2>/dev/null; then
    "$python" - >found <<'END'
import h5py
f = h5py.File("small.h5")["data"]
text = lambda a: " ".join(x.decode() for x in a)
print(text(f["feature_name"][:]))
for row in f["features"][:]:
    print(" ".join("%.4f" % x for x in row))
print(text(f["label_name"][:]), f["label"][:].tolist())
o = f["id_offset"][:]
print([bytes(f["id"][a:b]).decode() for a, b in zip(o, o[1:])])
print(f["row_offset"][:].tolist(), f["row_line"][:].tolist())
c = f["column"]
print(text(c["name"][:]), "/", text(c["kind"][:]))
for name in "missing", "invalid", "distinct", "min", "max":
    print(name, c[name][:].tolist())
e = f["defect"]
print(e["row"][:].tolist(), e["column"][:].tolist(), e["rule"][:].tolist(),
      text(e["rule_name"][:]))
for name in "source", "label_column", "task", "delimiter", "options":
    print(name, f.attrs[name].decode())
print(int(f.attrs["source_size"]))
END
    # By hand: age has mean 20 and deviation sqrt(200 / 3); the columns of 7, A,
    # B and of the label are text.
    cat >wanted <<'END'
age age:missing town=Oslo town=Rome town:missing code=7 code=A code=B
-1.2247 0.0000 1.0000 0.0000 0.0000 1.0000 0.0000 0.0000
0.0000 0.0000 0.0000 0.0000 1.0000 0.0000 1.0000 0.0000
0.0000 1.0000 0.0000 1.0000 0.0000 1.0000 0.0000 0.0000
1.2247 0.0000 1.0000 0.0000 0.0000 0.0000 0.0000 1.0000
10 a b [2, 1, 2, 0]
['r1', 'r2', 'r "3"', 'r4']
[28, 45, 58, 80, 98] [2, 3, 4, 5]
id age town code same label / id numeric categorical categorical categorical label
missing [0, 1, 1, 0, 0, 0]
invalid [0, 0, 0, 0, 0, 0]
distinct [0, 3, 2, 3, 1, 3]
min [nan, 10.0, nan, nan, nan, nan]
max [nan, 30.0, nan, nan, nan, nan]
[1, 2] [2, 1] [0, 0] missing number date boolean
source small.csv
label_column label
task classification
delimiter ,
options label=label id=id from=auto scale=auto link=no no-header=no missing-label=reject label-type=auto one-hot=64 text-dims=128 text-grams=words delimiter=, decimal=. lenient=no max-field=16M max-columns=65535 max-record=1G
98
END
    same found wanted "every dataset is as worked out by hand"
else
    skip "datasets" "python3-h5py is not installed"
fi

# --- roles ----------------------------------------------------------------------
# feature COUNT OPTION...: the number of features.
features() {
    want=$1
    shift
    ingest -v "$@" 2>err >roles.h5
    is "$(sed -n 's/.* rejected, \([0-9]*\) feature.*/\1/p' err)" "$want" "$*"
}
features 12 --label=label small.csv
features 8 --label=label --id=id small.csv
features 3 --label=label --id=id --ignore='town|age' small.csv
features 3 --label=label --id=id --ignore=town --ignore=age small.csv
features 1 --label=label --ignore='id|a.*' --ignore=code --ignore=same \
    --na=Oslo --one-hot=2 small.csv
features 2 --label=code --ignore='label|code|t.*' --id=id small.csv

# --- kinds ----------------------------------------------------------------------
# kind COLUMN WANTED OPTION...: its line of --verbose.
kind() {
    column=$1
    want=$2
    shift 2
    ingest -v "$@" 2>err >kinds.h5
    is "$(awk -v c="$column" '$2 == c { $1 = $2 = ""; print substr($0, 3) }' \
        err)" "$want" \
        "$column with $*"
}
awk 'BEGIN { print "n,id,code,zip,word,label"; for (i = 1; i <= 100; i++)
    printf "%d,p%03d,%d,%d,w%d,%s\n", i + 7, i, i * 17 % 10, i * i, i % 70,
        i % 2 ? "x" : "y" }' >kinds.csv
kind n "identifier 0 0 100 0 identifier" \
    --label=label kinds.csv
kind id "identifier 0 0 100 0 identifier" \
    --label=label kinds.csv
kind zip "numeric 0 0 100 1" --label=label kinds.csv
kind word "categorical 0 0 70 32" --label=label \
    kinds.csv
kind word "categorical 0 0 70 70" --label=label \
    --one-hot=70 kinds.csv
kind code "categorical 0 0 10 10 predicts the label" --label=label \
    --kind='co?d.*:categorical' kinds.csv
kind n "numeric 0 0 100 1" --label=label \
    --kind=n:numeric kinds.csv
kind id "ignored 0 0 - 0" --label=label \
    --kind=id:categorical --kind='.*:ignored' --kind=n:numeric kinds.csv
kind label "label 0 0 2 0" --label=label \
    --kind='.*:categorical' kinds.csv
ingest --label=label small.csv --kind=town:numeric 2>err >kinds.h5
is "$(cat err)" "ingest: small.csv: column town: found no cell that is a\
 number, wanted some" "words are no numbers"
kind code "numeric 0 2 3 1 constant" --label=label small.csv \
    --kind=code:numeric
is "$(sed -En 's/^ingest: ([a-z]*): [0-9]+\.[0-9]{2} s, [0-9]+ MiB$/\1/p' err |
    tr '\n' ' ')" "index clean survey encode " \
    "--verbose shows the seconds of each stage"
is "$(grep found err)" "ingest: small.csv:3: column code: found 'A', wanted a\
 number
ingest: small.csv:5: column code: found 'B', wanted a number" \
    "cells that are not numbers are reported"

# --- text ---------------------------------------------------------------------
# Two kinds of sentences, 150 each; their words decide the class.
awk 'BEGIN { srand(3); print "text,n,label"
    split("tree leaf root bark wood twig seed moss fern pine", a, " ")
    split("gear bolt nut shaft weld steel rivet cog valve pump", b, " ")
    for (i = 0; i < 300; i++) {
        line = ""
        for (w = 0; w < 8; w++) {
            k = int(rand() * 10) + 1
            line = line " " (i % 2 ? a[k] : b[k])
        }
        printf "\"The%s, %d.\",%d,%s\n", line, i, i % 9, i % 2 ? "p" : "m"
    } }' >text.csv
kind text "text 0 0 300 31" --label=label text.csv
kind text "text 0 0 300 5" --label=label text.csv \
    --text-dims=5
kind text "categorical 0 0 300 32" --label=label \
    text.csv --kind=text:categorical
kind note "text 0 0 453 61" --label=income "$mixed"
ingest --label=label text.csv -j1 >text1.h5
ingest --label=label text.csv -j3 >text3.h5
same text1.h5 text3.h5 "text: same bytes for -j3"
ingest --label=label text.csv --text-grams=both -j1 >both1.h5
ingest --label=label text.csv --text-grams=both -j3 >both3.h5
same both1.h5 both3.h5 "text: same bytes for -j3 with parts of words"
cmp -s both1.h5 text1.h5
is $? 1 "text: parts of words are other features"
kind text "text 0 0 300 21" --label=label text.csv \
    --text-grams=chars
if "$python" -c 'import h5py' 2>/dev/null; then
    is "$("$python" -c '
import h5py
f = h5py.File("text1.h5")["data"]
names = [x.decode() for x in f["feature_name"][:]]
x, y = f["features"][:], f["label"][:]
print(names[0], names[30], names[31])
print(max(abs(x[:, :31].mean(0))) < 1e-5, abs(x[:, :31].std(0).max() - 1) < 1e-4)
side = x[:, :2] @ (x[y == 1, :2].mean(0) - x[y == 0, :2].mean(0))
print(((side > 0) == (y == 1)).sum())')" "text#0 text#30 n
True True
300" "text: named, centred, and its first directions part the sorts"
else
    skip "text" "python3-h5py is not installed"
fi
printf 'a,text,label\n1,,x\n2,,y\n3,,x\n' >void.csv
kind text "text 3 0 - 0 constant" \
    --kind=text:text --label=label void.csv

# --- rows without a label -------------------------------------------------------
printf 'a,b,label\r\n0,0,\r\n1,2,x\r\n2,4,y\r\n\r\n3,9,?\r\n4,9,\r\n3,1,x\r\n4,2,"y"\r\n5,5,' \
    >part.csv
printf 'a,b,label\r\n1,2,x\r\n2,4,y\r\n\r\n3,1,x\r\n4,2,"y"\r\n' >full.csv
printf 'a,b,label\r\n0,0,\r\n3,9,?\r\n4,9,\r\n5,5,' >rest.csv
ingest --label=label --na=? --missing-label=drop part.csv -o part.h5 2>err
is "$?:$(cat err)" "0:ingest: part.csv: 8 rows in = 4 kept + 4 rejected, 2\
 features, 2 classes" "rows without a label are counted"
ingest --label=label full.csv -o full.h5
if command -v h5diff >h5diff.out; then
    for path in features label label_name row_hash; do
        h5diff part.h5 full.h5 "/data/$path" >diff.out
        ok $? "$path as if they were not there"
    done
else
    skip "as if they were not there" "hdf5-tools is not installed"
fi
"$build/tests/cli/paint" part.h5 painted.h5 <<'END'
0 0 -1 4 0
0 0 -1 3 0
0 0 -1 2 0
0 0 -1 1 0
END
prune painted.h5 --drop=none --removed=gone.csv >kept.csv
same kept.csv full.csv "prune: the rows that were kept"
same gone.csv rest.csv "prune: and what was left out"
prune painted.h5 --drop=none --order=el2n --removed=gone2.csv >order.csv
printf 'a,b,label\r\n4,2,"y"\r\n3,1,x\r\n2,4,y\r\n\r\n1,2,x\r\n' >want.csv
same order.csv want.csv "prune: in another order"
same gone2.csv rest.csv "prune: what was left out stays in order"

# --- classes ----------------------------------------------------------------------
printf 'a,label\n1,Cat\n2,cat \n3,dog\n4,CAT\n5,cat \n6,d og\n' >pets.csv
ingest --label=label pets.csv 2>err >pets.h5
is "$(sed '$d' err)" "ingest: pets.csv: column label: 'Cat' (1) is a spelling\
 of 'CAT' (1); rule: label: map \"Cat\" = \"CAT\"
ingest: pets.csv: column label: 'cat ' (2) is a spelling of 'CAT' (1); rule:\
 label: map \"cat \" = \"CAT\"" "spellings of one class are reported"
printf 'CAT\nCat\r\n\ncat \nd og\ndog\neel' >classes
ingest -v --label=label --classes=classes pets.csv 2>err >pets.h5
is "$(grep ' rows in = ' err)" "ingest: pets.csv: 6 rows in = 6 kept + 0 rejected, 1\
 feature, 6 classes" "a class may be declared and absent"
printf 'CAT\nCat\ncat \ndog\n' >classes
fails_with 2 "pets.csv:7: column label: found 'd og', wanted a class of\
 --classes" ingest --label=label --classes=classes pets.csv
: >classes
fails_with 2 "classes: found no class names, wanted one a line" \
    ingest --label=label --classes=classes pets.csv
fails_with 2 "none: cannot open" ingest --label=label --classes=none pets.csv

# --- no header --------------------------------------------------------------------
printf '\357\273\2771,2,x\n2,4,y\n3,1,x\n' >bare.csv
kind c1 "numeric 0 0 3 1" --no-header --label=c3 \
    bare.csv
is "$(grep ' rows in = ' err)" "ingest: bare.csv: 3 rows in = 3 kept + 0 rejected, 2\
 features, 2 classes" "the first record is a row"
fails_with 2 "bare.csv: found no column 'label' for --label (3 columns: c1,\
 c2, c3)" ingest --no-header --label=label bare.csv
# --- limits: both sides of each -------------------------------------------------
printf 'a,b,label\n1,"four5",x\n2,other,y\n' >limits.csv
runs "--max-field: as many bytes" ingest --max-field=7 --label=label limits.csv
fails_with 2 "limits.csv:2: column b: found a field of more than 6 bytes,\
 wanted at most that (--max-field); is its quote closed?" \
    ingest --max-field=6 --label=label limits.csv
runs "--max-record: as many bytes" \
    ingest --max-record=11 --label=label limits.csv
fails_with 2 "limits.csv:2: found a record of more than 10 bytes, wanted at\
 most that (--max-record)" ingest --max-record=10 --label=label limits.csv
runs "--max-columns: as many" ingest --max-columns=3 --label=label limits.csv
fails_with 2 'limits.csv:1: found 3 columns, wanted at most 2 (--max-columns)' \
    ingest --max-columns=2 --label=label limits.csv

# --memory: an early refusal, or the same bytes
fails_with 2 '--memory: 1797 rows of 65 columns need' \
    ingest --memory=16M "$samples/digits.csv" --label=digit -o small.h5
ingest --memory=1G "$samples/digits.csv" --label=digit -o bounded.h5
ingest "$samples/digits.csv" --label=digit -o free.h5
same bounded.h5 free.h5 'the same bytes under --memory'

done_testing
