#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ingest: columns with a role: the stored values, and cells that are refused.
. "${WN_SOURCE:-.}/tests/tap.sh"

cat >roles.csv <<'END'
id,patient,part,ok,w,price,who,size,label
r1,p2,train,yes,1,0,bob,3,a
r2,p10,test, TRUE ,0.5,2.5,ann,4,b
r3,,train,,0,1,,5,a
r4,p2,,n,2e1,1,bob,7,b
END
all='--label=label --id=id --group=patient --split=part --trusted=ok --weight=w
    --cost=price --annotator=who'
runs "all roles" ingest $all -q roles.csv -o roles.h5

python=/usr/bin/python3
if "$python" -c 'import h5py' 2>/dev/null; then
    "$python" - >found <<'END'
import h5py
f = h5py.File("roles.h5")["data"]
text = lambda a: " ".join(x.decode() for x in a)
for name in "group", "split", "annotator":
    print(name, f[name][:].tolist(), text(f[name + "_name"][:]))
for name in "trusted", "weight", "cost":
    print(name, f[name].dtype, f[name][:].tolist())
print(text(f["column/kind"][:]))
print(text(f["feature_name"][:]))
END
    # By hand; names sorted by bytes.
    cat >wanted <<'END'
group [1, 0, -1, 1] p10 p2
split [1, 0, 1, -1] test train
annotator [1, 0, -1, 1] ann bob
trusted uint8 [1, 1, 0, 0]
weight float32 [1.0, 0.5, 0.0, 20.0]
cost float32 [0.0, 2.5, 1.0, 1.0]
id group split trusted weight cost annotator numeric label
size
END
    same found wanted "every role is stored as worked out by hand"
else
    skip "roles" "python3-h5py is not installed"
fi

# Several pieces of rows; names first appear in another order in each.
awk 'BEGIN { print "g,t,w,x,y"
    for (i = 0; i < 9000; i++)
        printf "g%d,%d,%d,%d,%d\n", (i * 7919) % 301, i % 2, i % 5,
            i * i % 97, i % 3
}' >many.csv
options='--label=y --group=g --trusted=t --weight=w -q'
runs "9,000 rows" ingest $options many.csv -o one.h5 -j1
runs "and with 4 threads" ingest $options many.csv -o four.h5 -j4
same one.h5 four.h5 "same bytes"
awk 'NR == 1 { print; next } { row[NR] = $0 }
    END { for (i = NR; i > 1; i--) print row[i] }' many.csv >turned.csv
ingest $options turned.csv -o turned.h5
if "$python" -c 'import h5py' 2>/dev/null; then
    is "$("$python" -c '
import h5py, csv
a, b = (h5py.File(n)["data"] for n in ("one.h5", "turned.h5"))
rows = list(csv.DictReader(open("many.csv")))
name = [x.decode() for x in a["group_name"]]
print(a["group"][:].tolist() == b["group"][:].tolist()[::-1],
      [name[g] for g in a["group"]] == [r["g"] for r in rows],
      a["weight"][:].tolist() == [float(r["w"]) for r in rows],
      a["trusted"][:].tolist() == [int(r["t"]) for r in rows])')" \
        "True True True True" "codes are those of the rows in either order"
else
    skip "codes" "python3-h5py is not installed"
fi

# --- flag uses them ----------------------------------------------------
# Iris with some wrong labels, splits, groups, and trusted labels.
awk -F, -v OFS=, 'NR == 1 { print $0, "part", "who", "ok"; next }
    { if (NR % 25 == 3) $5 = $5 == "setosa" ? "virginica" : "setosa"
      print $0, NR % 5 ? "train" : "test",
          NR < 12 ? "anna" : "p" int((NR - 2) / 10), NR % 50 == 3
      if (NR == 2) copy = $0 }
    END { print copy, "test", "berta", 0 }' \
    "$samples/iris.csv" >turned.csv
ingest -q --label=species --split=part --group=who --trusted=ok turned.csv |
    score | flag -v -o all.h5 2>err
is "$(grep -c '^flag: leak: 151 rows' err)" 1 "every patient is in both parts"
ingest -q --label=species --split=part --trusted=ok --ignore=who turned.csv |
    score -o s.h5
flag -v s.h5 -o some.h5 2>err
is "$(grep -c '^flag: leak: [2-9] rows' err)" 1 "copies leak"
is "$(grep -c 'weak_group' err)" 0 "no groups, no check of them"
ingest -q --label=species --ignore='part|who|ok' turned.csv | score -o t.h5
flag t.h5 -o none.h5
# Lines 3, 28, 53 ... have a wrong label; 3, 53 and 103 are trusted.
flagged() {
    report --top=flagged --format=tsv --columns=no "$1" 2>err >out ||
        report --top=flagged --format=tsv "$1" >out
    awk -F'\t' 'NR == 1 { for (f = 1; f <= NF; f++) at[$f] = f; next }
        $at["issues"] ~ /(^|,)label/ { printf "%s ", $at["line"] }' out
}
echo "$(flagged none.h5)" | tr ' ' '\n' | sort -n | tr '\n' ' ' >all
echo "$(flagged some.h5)" | tr ' ' '\n' | sort -n | tr '\n' ' ' >untrusted
is "$(grep -cw 53 all) $(grep -cw 53 untrusted) $(grep -cw 28 untrusted)" \
    "1 0 1" "a trusted label is not taken for wrong"
runs "all checks run" flag --issues=all -f -o more.h5 all.h5

# --- refused ---------------------------------------------------------
# bad COLUMN CELL OPTION TEXT: row 3 of a file with that cell.
bad() {
    printf 'a,b,r,y\n1,2,1,p\n2,1,%s,q\n' "$2" >bad.csv
    fails_with 2 "bad.csv:3: column r: $3" ingest --label=y --$1=r bad.csv
}
bad trusted maybe "found 'maybe', wanted true or false"
bad trusted 2 "found '2', wanted true or false"
bad weight -1 "found '-1', wanted a number of 0 or more"
bad weight inf "found 'inf', wanted a number of 0 or more"
bad weight '' "found '', wanted a number of 0 or more"
bad weight 1e39 "found '1e39', wanted a number of 0 or more"
bad cost cheap "found 'cheap', wanted a number of 0 or more"
bad group "$(printf 'p\351')" "found 'p\\xe9', wanted UTF-8: --encoding=latin1?"
bad group "$(printf '%01100d' 7)" \
    "found a name of 1100 bytes, wanted at most 1024"
printf 'a,r,y\n1,0,p\n2,0,q\n' >bad.csv
fails_with 2 "bad.csv: column r: found only weights of 0, wanted some above" \
    ingest --label=y --weight=r bad.csv
printf 'a,r,y\n1,,p\n2,,q\n' >bad.csv
fails_with 2 "bad.csv: column r: found no split in it, wanted some" \
    ingest --label=y --split=r bad.csv
fails_with 2 "bad.csv: found no column 'rr' for --group; is 'r' meant?" \
    ingest --label=y --group=rr bad.csv
fails_with 2 "--weight: column y is the label already" \
    ingest --label=y --weight=y bad.csv
fails_with 2 "--annotator: column r is the group already" \
    ingest --label=y --group=r --annotator=r bad.csv
fails_with 2 "--kind: column r is the group already" \
    ingest --label=y --group=r --kind=r:numeric bad.csv
ls bad.h5 >out 2>err
is "$(cat out)" "" "nothing was written"

done_testing
