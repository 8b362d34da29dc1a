#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# report --slices and --clusters: a slice whose labels are noise is found, and
# every number is that of a program that reads the table and the audit itself.
. "${WN_SOURCE:-.}/tests/tap.sh"

# The label follows x, but for the rows of place "c; d", where it is noise.
# z is a second number with few values, some cells missing; rare is a word that
# is mostly too rare.
awk 'BEGIN {
    srand(7); print "x,place,z,when,rare,key,label"
    for (i = 0; i < 900; i++) {
        x = rand(); p = i % 9 == 0 ? "\"c; d\"" : i % 2 ? "a" : " b"
        y = p ~ /c/ ? rand() < .5 : x > .5
        printf "%.3f,%s,%s,2026-0%d-1%d,%s,k%d,%s\n", x, p,
            i % 50 ? i % 4 : "", i % 9 + 1, i % 7,
            i % 30 ? "often" : "w" int(i / 60), i, y ? "yes" : "no"
    }
}' >t.csv
ingest -q t.csv --label=label --id=key -o t.h5
fails_with 2 "report: --slices: there are no class probabilities; run score" \
    report --slices=place t.h5
score -q -i --methods=none t.h5 && flag -q -i t.h5 || exit 99

report --slices='(?!key).*' --clusters=3 t.h5 >text
is "$(grep -A2 '^Where the models are weak' text | sed -n '3s/.*  //p')" \
    'place: c; d' 'the weakest slice comes first'
ok "$(tr -s "\n " " " <text | grep -q "[1-9] of [0-9]* slices \(is\|are\) weak"; echo $?)" \
    "it is the only one"

python=''
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import h5py, scipy' 2>/dev/null && python=$candidate && break
done
cat >slices.py <<'E2'
import collections, csv, json, math, sys
import h5py, numpy as np
from scipy.stats import beta, fisher_exact

audit = h5py.File("t.h5")
table = list(csv.DictReader(open("t.csv")))
label = audit["data/label"][:]
right = audit["score/probability"][:].argmax(1) == label
s = audit["flag/suspicion"][:].astype(float)
rate, low, high = audit["flag/noise/rate"][:]
claim = int(audit["flag/noise/rate"].attrs["claim"])
n = len(table)
wanted, p = {}, {}

def add(column, value, rows):
    rows = np.asarray(rows)
    count = int(rows.sum())
    if not count or count == n:
        return
    line = wanted[column, value] = {"rows": count}
    if count < 20 or n - count < 20:
        return
    hits, wrong, others = right[rows].sum(), (~right[rows]).sum(), ~rows
    line["accuracy"] = hits / count
    line["accuracy_low"] = beta.ppf(.05, hits, count - hits + 1) if hits else 0
    line["accuracy_high"] = beta.ppf(.95, hits + 1, wrong) if wrong else 1
    line["lift"] = wrong / count / (~right[others]).mean()
    p[column, value] = fisher_exact([[hits, wrong], [right[others].sum(), (~right[others]).sum()]])[1]
    if claim in (1, 2):
        return
    z = 1.6448536269514722
    less, more = low / rate * s[rows], 1 - (1 - high) / (1 - rate) * (1 - s[rows])
    line["wrong_share"] = s[rows].sum() / count
    line["wrong_low"] = max(less.sum() - z * math.sqrt((less * (1 - less)).sum()), 0) / count
    line["wrong_high"] = min(more.sum() + z * math.sqrt((more * (1 - more)).sum()), count) / count

def number(text):
    try:
        return float(text)
    except ValueError:
        return math.nan

def short(value):
    return "%d" % value if value == int(value) else repr(value)

for column in ("x", "z"):
    value = np.array([number(row[column]) for row in table])
    good = np.sort(value[~np.isnan(value)])
    if len(set(good)) <= 10:
        edges = sorted(set(good))
    else:
        edges = sorted({good[b * len(good) // 4] for b in range(4)})
    for b, edge in enumerate(edges):
        end = edges[b + 1] if b + 1 < len(edges) else math.inf
        rows = (value >= edge) & (value < end)
        top = value[rows].max()
        add(column, short(edge) + (" to " + short(top) if top > edge else ""), rows)
    add(column, "(no number)", np.isnan(value))
for column in ("place", "rare"):
    words = [row[column].strip() for row in table]
    counts = collections.Counter(words)
    often = [w for w in counts if counts[w] >= 20]
    for word in often:
        add(column, word, np.array([w == word for w in words]))
    add(column, "(%d other values)" % (len(counts) - len(often)),
        np.array([w not in often for w in words]))
found = {}
for line in map(json.loads, sys.stdin):
    if line.get("record") == "slice":
        found[line["column"], line["value"]] = line
# Holm over every slice that was tested, those by date and cluster, too.
least = 0
raw = [(p[key], key) for key in p]
for key in list(found):
    if key[0] in ("when", "cluster"):
        line = found[key]
        hits = round(line["accuracy"] * line["rows"])
        raw.append((fisher_exact([[hits, line["rows"] - hits],
                                  [right.sum() - hits, n - line["rows"] - (right.sum() - hits)]])[1], key))
for rank, (value, key) in enumerate(sorted(raw)):
    least = max(least, min(1, (len(raw) - rank) * value))
    if key in wanted:
        wanted[key]["p"] = least
for key in sorted(set(wanted) | {k for k in found if k[0] not in ("when", "cluster")}):
    if key not in wanted or key not in found:
        print("only", "wanted" if key in wanted else "found", key)
        continue
    for name, value in wanted[key].items():
        if found[key][name] is None or abs(found[key][name] - value) > 1e-6 * max(1, abs(value)):
            print(key, name, "found", found[key][name], "wanted", value)
    for name in set(found[key]) - set(wanted[key]) - {"record", "column", "value", "weak"}:
        if found[key][name] is not None:
            print(key, name, "found", found[key][name])
clusters = sum(line["rows"] for key, line in found.items() if key[0] == "cluster")
dates = sum(line["rows"] for key, line in found.items() if key[0] == "when")
print(clusters, dates, len(wanted))
E2
if [ "$python" ]; then
    report --slices='(?!key).*' --clusters=3 --format=json --top=0 t.h5 >json
    is "$("$python" slices.py <json)" '900 900 14' \
        'every number is that of another program'
    flag -q -f --expect=6% t.h5 -o e.h5
    sed 's/t\.h5/e.h5/' slices.py >again.py
    report --slices='(?!key).*' --clusters=3 --format=json --top=0 e.h5 >json
    is "$("$python" again.py <json)" '900 900 14' \
        'where a share of wrong labels is claimed, too'
else
    skip 'every number' 'python3-h5py or scipy is not installed'
fi

# --- every form ---------------------------------------------------------------
report --slices=place --format=tsv t.h5 >tsv
is "$(head -1 tsv | tr '\t' ' ')" "column value rows accuracy accuracy_low \
accuracy_high lift p wrong_share wrong_low wrong_high weak" 'the table'
is "$(cut -f1-3,12 tsv | sed 1d | tr '\t\n' ' |')" \
    "$(report --slices=place --format=json --top=0 t.h5 | sed -n \
        's/.*"slice","column":"\([^"]*\)","value":"\([^"]*\)","rows":\([0-9]*\).*"weak":\(.*\)}/\1 \2 \3 \4/p' |
        sed 's/true/1/; s/false/0/' | tr '\n' '|')" 'is that of JSON'
is "$(report --slices=place --format=csv t.h5 | tr -d '\r' | cut -d, -f1-3 | tr '\n' ' ')" \
    'column,value,rows place,c; d,100 place,a,400 place,b,400 ' 'and that of CSV'
is "$(report --slices=place --format=markdown t.h5 | sed -n 's/^| \(place[^|]*\) |.*/\1/p')" \
    "$(sed 1d tsv | awk -F'\t' '{ print "place: " $2 }')" 'Markdown has them'
is "$(report --slices=place --figure=slices --format=tsv t.h5 | sed 1d)" \
    "$(sed 1d tsv | awk -F'\t' -v OFS='\t' '{
        print "place: " $2, $4, $5, $6, $3, $7, $8, $9, $10, $11 }')" \
    'the figure has the same numbers'
report --slices=place --format=html t.h5 >page
ok "$(grep -q 'place: c; d' page; echo $?)" 'and the page'

# Numbers with a decimal comma are numbers.
awk -F, '{ gsub(/"/, ""); x = $1; sub(/\./, ",", x); print x ";" $NF }' t.csv >comma.csv
ingest -q comma.csv --label=label -d ';' --decimal=, -o comma.h5 &&
    score -q -i --methods=none comma.h5 || exit 99
is "$(report --slices=x --format=tsv comma.h5 | cut -f2,3 | sed 1d | sort)" \
    "$(report --slices=x --format=tsv t.h5 | cut -f2,3 | sed 1d | sort)" \
    'a decimal comma changes nothing'

# So do cells that a rule makes the same: slices are those of the rules.
awk -F, -v OFS=, 'NR > 1 && NR % 2 { $1 = $1 "00"
    sub(/a/, "A", $2); $3 = $3 == "" ? "none" : $3 } { print }' t.csv >messy.csv
printf 'place: lower\nz: na /none/\nx: replace /00$//\n' >mend.rules
ingest -q messy.csv --rules=mend.rules --label=label --id=key --kind=z:numeric \
    -o messy.h5 && score -q -i --methods=none messy.h5 &&
    flag -q -i messy.h5 || exit 99
is "$(report --slices='x|place|z' --format=tsv messy.h5 | cut -f1-3 | sort)" \
    "$(report --slices='x|place|z' --format=tsv t.h5 | cut -f1-3 | sort)" \
    'nor do cells that rules mend'

# --- what cannot be -----------------------------------------------------------
fails_with 2 "report: --slices: no column's name matches 'nowhere'" \
    report --slices=nowhere t.h5
fails_with 2 'report: t.h5: no figure slices: it needs slices' \
    report --figure=slices t.h5
fails_with 2 'report: --figure=classes does not show --slices or --clusters' \
    report --figure=classes --slices=x t.h5
fails_with 2 'report: --slices does not go with --format=prometheus' \
    report --slices=x --format=prometheus t.h5
fails_with 2 'report: --slices and --no-values exclude each other' \
    report --slices=x --no-values t.h5
fails_with 2 'report: --clusters: found 901, wanted at most 900 for 900 rows' \
    report --clusters=901 t.h5
awk 'NR == 9 { sub(/^0/, "1") } 1' t.csv >other.csv
fails_with 2 'report: --slices: ' report --slices=x --source=other.csv t.h5
awk 'NR == 1 { for (i = 0; i < 101; i++) printf "f%d,", i; print "y" }
    NR > 1 && NR < 99 { for (i = 0; i < 101; i++) printf "%d,", (NR * i) % 7
        print NR % 2 }' t.csv >wide.csv
ingest -q wide.csv --label=y | score -q --methods=none -o wide.h5
fails_with 2 'report: --slices: found 101 columns whose names match, wanted at most 100' \
    report --slices='f.*' wide.h5
is "$(report --slices=y wide.h5 | grep -A1 'Where the models')" \
    'Where the models are weak
  There is one slice only, which has all rows.' 'the label is no slice'

done_testing
