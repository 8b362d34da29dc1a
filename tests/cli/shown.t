#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# report shows cells of the source: the right ones, of every form of source,
# harmless, within the width; and goes on without where it cannot.
. "${WN_SOURCE:-.}/tests/tap.sh"

# Iris with two labels changed, an id with controls in it, a category that tells
# two classes apart, a date, a quoted cell with line feeds and a blank column.
awk -F, 'BEGIN { OFS = "," }
    NR == 1 { print "key", "s l", $2, $3, $4, "leaf", "day", "memo", "kind"; next }
    { i = NR - 2; kind = $5; leaf = kind == "setosa" ? "Zround" : "Zlong"
      if (i == 5 || i == 70) kind = i == 5 ? "virginica" : "setosa"
      print "k" i "\033[2J", $1, $2, $3, $4, leaf,
            "2024-0" i % 9 + 1 "-11",
            i % 7 ? "\"Zsee " i ",\r\nor \"\"not\"\"\"" : "",
            "plants/iris/" kind }' "$samples/iris.csv" >pets.csv
ingest -q pets.csv --label=kind --id=key --kind=memo:ignore -o data.h5 || exit 99
score -q data.h5 -o scored.h5 || exit 99
flag -q scored.h5 -o pets.h5 || exit 99

# ---- the cells that differ most, recomputed
runs 'explains two rows' report --explain=5 --explain=70 pets.h5 --format=json
python=''
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import h5py, numpy' 2>/dev/null && python=$candidate && break
done
if [ "$python" ]; then
    cp out rows.json
    "$python" - >found 2>&1 <<'END'
import csv, datetime, json, math
import h5py, numpy
rows = list(csv.reader(open("pets.csv", newline="")))
head, rows = rows[0], rows[1:]
audit = h5py.File("pets.h5")
near = audit["score/neighbor/index"][:]
label = audit["data/label"][:]
names = [name.decode() for name in audit["data/label_name"][:]]
day = datetime.date(1970, 1, 1).toordinal()
def number(c, cell):
    if head[c] == "day":
        return 86400. * (datetime.date.fromisoformat(cell).toordinal() - day)
    try:
        return float(cell)
    except ValueError:
        return None
n = len(rows)
def spread(c):
    sample = [number(c, rows[s * n // min(n, 200)][c]) for s in range(min(n, 200))]
    sample = [x for x in sample if x is not None]
    if not sample:
        return 0
    return math.sqrt(math.pi / 2) * numpy.mean(numpy.abs(sample - numpy.median(sample)))
compared = [c for c in range(len(head)) if head[c] not in ("key", "kind", "memo")]
bad = []
for line in open("rows.json"):
    line = json.loads(line)
    if line.get("record") != "explanation":
        continue
    i = line["row"]
    other = line["suggested"] or line["rival"]
    like = [j for j in near[i] if names[label[j]] == other] or list(near[i])
    amount = []
    for c in compared:
        own = number(c, rows[i][c])
        others = [number(c, rows[j][c]) for j in like]
        if own is not None:
            d = abs(own - numpy.median(others)) / spread(c)
        else:
            d = numpy.mean([rows[i][c] != rows[j][c] for j in like])
        if d > 0:
            amount.append((-d, c))
    wanted = [(head[c], rows[i][c]) for _, c in sorted(amount)[:4]]
    got = [(cell["column"], cell["text"]) for cell in line["cells"]]
    if got != wanted:
        bad.append((i, got, wanted))
    for other in line["neighbors"]:
        for cell in other["cells"]:
            c = head.index(cell["column"])
            a, b = number(c, rows[i][c]), number(c, rows[other["row"]][c])
            differs = abs(a - b) >= spread(c) if a is not None else \
                rows[i][c] != rows[other["row"]][c]
            if cell["text"] != rows[other["row"]][c] or cell["differs"] != differs:
                bad.append((i, other["row"], cell))
print(bad)
END
    is "$(cat found)" '[]' 'cells, their order and marks are those of numpy'
else
    skip 'cells that differ most' 'python3-h5py or python3-numpy is not there'
fi

# ---- text
runs 'shows a summary' report pets.h5
cp out summary
is "$(sed -n '/^Most/,/^Kinds/s/^ *\([0-9]*\) .*virginica  *\(([a-z]*)\|setosa\) .*/\1 \2/p' out |
    tr -d '()')" '5 setosa' 'classes without the path that all have'
grep -q '^ *5  *11  k5\\x1b\[2J  *virginica ' out
ok $? 'an identifier, harmless'
is "$(sed -n '/^ *5 /{n;p;}' out)" \
    '      day: 2024-06-11   s l: 5.4   petal_width: 0.4   sepal_width: 3.9' \
    'the cells below it'
for width in 60 80 120; do
    is "$(COLUMNS=$width report --show='.*' --top=all pets.h5 |
        grep '^      [a-z]' | awk -v w=$width 'length > w')" '' \
        "no line of cells wider than $width"
done
report --show='memo|leaf' pets.h5 >memo
is "$(sed -n '/^ *5 /{n;p;}' memo)" \
    '      leaf: Zround   memo: Zsee 5, or "not"' 'chosen columns, line feeds as blanks'
COLUMNS=44 report --show=memo pets.h5 | grep -q '^      memo: Zsee 5, or "not"$'
ok $? 'in a narrow window'
runs 'beside its nearest rows' report --explain=5 pets.h5
is "$(sed -n '/^The row and/,/^$/p' out | grep -c 'this row')" 1 'the row first'
is "$(sed -n '/^The row and/,/^$/p' out | grep -c '^ *[0-9][0-9]* ')" 11 \
    'then ten'
report --explain=5 --show=day pets.h5 | grep -q '  \*2024-'
ok $? 'marks what differs'

# ---- machine formats
report --format=tsv --show='s l|memo|day' pets.h5 >cells.tsv
report --format=json --top=all --show='s l|memo|day' pets.h5 >cells.json
if command -v python3 >/dev/null; then
    python3 - >found <<'END'
import csv, json
rows = list(csv.reader(open("pets.csv", newline="")))[1:]
lines = open("cells.tsv", newline="").read().split("\n")[:-1]
head = lines[0].split("\t")
print([name for name in head if name.startswith("cell.")])
plain = lambda s: s.replace("\\t", "\t").replace("\\n", "\n") \
    .replace("\\r", "\r").replace("\\\\", "\\")
bad = 0
for line in lines[1:]:
    row = dict(zip(head, line.split("\t")))
    own = rows[int(row["row"])]
    bad += [plain(row["cell." + c]) for c in ("s l", "day", "memo")] != \
        [own[1], own[6], own[7]]
for line in map(json.loads, open("cells.json")):
    if line.get("record") == "row":
        own = rows[line["row"]]
        bad += [c["text"] for c in line["cells"]] != [own[1], own[6], own[7]]
print(len(lines), bad)
END
    is "$(cat found)" "['cell.s l', 'cell.day', 'cell.memo']
151 0" 'cells as the source has them'
else
    skip 'cells as the source has them' 'no python3'
fi
is "$(report --format=tsv pets.h5 | head -n 1 | grep -c 'cell\.')" 0 \
    'none where nobody asks'
fails_with 2 "--show: no column's name matches 'leav'" report --show=leav pets.h5
fails_with 2 "--show: '[' at byte 1" report --show='[' pets.h5
fails_with 2 '--show and --no-values exclude each other' \
    report --show=leaf --no-values pets.h5
fails_with 2 '--show does not go with --format=prometheus' \
    report --show=leaf --format=prometheus pets.h5
fails_with 2 '--show does not go with --decisions-list' \
    report --show=leaf --decisions-list pets.h5

# ---- data that must not leave
for how in --top=all --columns --explain=5 '--format=json --top=all --columns' \
    '--format=tsv' '--format=tsv --columns' '--format=json --explain=70' \
    '--columns --verbose'; do
    # shellcheck disable=SC2086 # words
    report --no-values $how pets.h5 >out 2>err || echo failed >>out
    is "$(grep -cE 'failed|k[0-9]+.(x1b|u001b)|Z[rls]|2024-' out)" 0 \
        "no value with $how"
done
fails_with 2 '--explain=id:k5: --no-values keeps identifiers out' \
    report --no-values --explain=id:k5 pets.h5

# ---- a source that is not what it was
mkdir away
mv pets.csv away
runs 'the source is gone' report pets.h5
tr '\n' ' ' <out | tr -s ' ' | grep -q \
    'Cells of the source are missing here: pets.csv: cannot find the audited file, neither from here nor beside the audit; --source=FILE names it\.'
ok $? 'and the report says so'
is "$(grep -c '^      [a-z ]*: ' out)" 0 'without cells'
is "$(report --source=away/pets.csv pets.h5 | sed 's/ --source=FILE//' |
    cmp - summary && echo same)" same 'named by --source'
{ cat away/pets.csv && echo more; } >pets.csv
report pets.h5 | tr '\n' ' ' | tr -s ' ' |
    grep -q 'missing here: pets.csv: changed since the audit: found [0-9]* bytes, wanted [0-9]*\.'
ok $? 'longer than it was'
head -c 999 away/pets.csv >pets.csv
report pets.h5 | grep -q 'changed since the audit'
ok $? 'shorter'
# The row of the change alone is not shown.
sed '/^k70/s/,5.9,/,9.5,/' away/pets.csv >pets.csv
report --show='s l' --format=json --top=all pets.h5 >out
is "$(grep -c '"record":"row".*"cells":null' out) $(grep -c '"cells":\[' out)" \
    '1 149' \
    'edited in one row'
grep '"row":70,' out | grep -q '"cells":null'
ok $? 'and that is the one without cells'
report --explain=70 pets.h5 | tr '\n' ' ' | tr -s ' ' |
    grep -q 'missing here: pets.csv: row 70 changed since the audit\.'
ok $? 'and text says why'
chmod 000 pets.csv
[ "$(id -u)" -eq 0 ] || report pets.h5 | grep -q 'Cells of the source are missing'
ok $? 'unreadable'
rm -f pets.csv
mkfifo pets.csv
runs 'a pipe in its place' report pets.h5
rm pets.csv
mkdir 'pets.csv'
runs 'a folder in its place' report pets.h5
rmdir pets.csv
mv away/pets.csv .

# ---- a source that came through a pipe, and one far away
cat pets.csv | audit - -o piped.h5 --label=kind --id=key --kind=memo:ignore \
    >out 2>err || exit 99
grep -q '^      day: 2024-06-11   s l: 5.4 ' out
ok $? 'bytes that the audit keeps'
audit "$PWD/pets.csv" -o away/far.h5 --label=kind --id=key --kind=memo:ignore \
    --show=leaf >out 2>err
grep -q '^      leaf: Zround$' out
ok $? 'audit finds what it was given'
audit pets.csv -q -f -o far.h5 --label=kind --no-values --fail-on=any >out 2>err
is "$(grep -c '^Most suspicious' out) $(grep -cE 'Z[rls]|2024-' out)" '1 0' \
    'audit --no-values'

# ---- arrays
if [ "$python" ]; then
    "$python" - <<'END'
import csv, h5py, numpy
rows = list(csv.reader(open("pets.csv", newline="")))[1:]
x = numpy.array([[float(v) for v in row[1:5]] for row in rows])
with h5py.File("x.h5", "w") as f:
    f["obs/x"] = x
    f["y"] = numpy.array([r[8].encode() for r in rows])
    f["memo"] = [r[7] for r in rows]
numpy.save("x.npy", x)
numpy.save("y.npy", numpy.array([r[8] for r in rows]))
with open("x.svm", "w") as f:
    for row, v in zip(rows, x):
        f.write("%d %s\n" % (len(row[8]), " ".join("%d:%g" % (j + 1, a) for j, a in enumerate(v))))
END
    ingest -q x.h5 --features=/obs/x --label=/y --id=/memo -o h.h5 &&
        score -q -i h.h5 && flag -q -i h.h5 || exit 99
    report --format=tsv --show='.*' h.h5 >out
    "$python" - >found <<'END'
import h5py
f = h5py.File("x.h5")
lines = [line.rstrip("\n").split("\t") for line in open("out", newline="\n")]
head = lines[0]
bad = sum([float(r[head.index("cell./obs/x#%d" % j)]) for j in range(4)] !=
          list(f["obs/x"][int(r[1])]) or
          r[head.index("cell./y")] != f["y"][int(r[1])].decode()
          for r in lines[1:])
print(len(lines), bad)
END
    is "$(cat found)" '151 0' 'cells of HDF5'
    report h.h5 | grep -q '^      /obs/x#[0-3]: '
    ok $? 'and in text'
    ingest -q x.npy --label=y.npy -o n.h5 && score -q -i n.h5 &&
        flag -q -i n.h5 || exit 99
    is "$(report --format=tsv --show='.*#[03]' n.h5 | awk -F '\t' '
        $2 == 149 { print $(NF - 1), $NF }')" '5.9 1.8' 'cells of npy'
    ingest -q x.svm --from=libsvm -o s.h5 && score -q -i s.h5 &&
        flag -q -i s.h5 || exit 99
    is "$(report --format=tsv --show='.*' s.h5 | awk -F '\t' '
        $2 == 149 { print $(NF - 1) "|" $NF }')" \
        '21|1:5.9 2:3 3:5.1 4:1.8' 'cells of libsvm'
    "$python" -c 'import h5py; h5py.File("x.h5", "a")["obs/x"][3, 1] = 8'
    report h.h5 | tr '\n' ' ' | tr -s ' ' |
        grep -q 'missing here: x.h5: changed since the audit: found digest'
    ok $? 'HDF5 that was edited'
else
    skip 'cells of arrays' 'python3-h5py or python3-numpy is not there'
fi

# ---- class names
names() {
    awk -F, -v names="$1" 'BEGIN { OFS = ","; split(names, name, "|") }
        NR > 1 { $5 = name[$5 == "setosa" ? 1 : $5 == "versicolor" ? 2 : 3]
                 if (NR % 40 == 9) $5 = $5 " " }
        { print }' "$samples/iris.csv" >names.csv
    ingest -q -f names.csv --label=species -o names.h5 2>/dev/null &&
        score -q -i --model=neighbors --methods=disagreement names.h5 && flag -q -i names.h5 || exit 99
    report names.h5 | sed -n '/^  class  /,/^$/p' |
        awk -F '   *' 'NR > 1 && NF { print $2 }' >titles
}
names 'plants/iris/setosa|plants/iris/versicolor|plants/iris/virginica'
is "$(sort titles | uniq -d)" '' 'no two names look the same'
is "$(grep -c '^"' titles)" "$(wc -l <titles | tr -d ' ')" \
    'names that differ in a blank are quoted'
long=aaaaaaaaaaaaaaaaaaaaaaaaa
names "${long}1$long|${long}2$long|x/y"
is "$(sort titles | uniq -d)" '' 'nor do long names'
is "$(grep -c '#[0-9]*$' titles)" 4 'which end in their numbers, then'
names '12:30|12:45|12:50'
is "$(sort titles | head -n 1)" '"12:30 "' 'times keep their hours'

done_testing
