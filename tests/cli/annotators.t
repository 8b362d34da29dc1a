#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The table of annotators: agreement, votes by Dawid and Skene, shares of wrong
# labels and confusions, by a program that reads the audit and the votes itself;
# and tables of votes that are recognised.
. "${WN_SOURCE:-.}/tests/tap.sh"

# 200 items of three classes with three of five votes each; dora is often wrong,
# in one way.
awk 'BEGIN { srand(5); split("ann bob cy dora eve", who, " ")
    split("x y z", class, " "); print "item,f1,f2,person,label"
    for (i = 0; i < 200; i++) {
        t = i % 3 + 1; a = rand() + 3 * (t == 2); b = rand() + 3 * (t == 3)
        first = int(5 * rand())
        for (v = 0; v < 3; v++) {
            p = (first + v * (1 + i % 2)) % 5 + 1; y = t
            if (rand() < (p == 4 ? .35 : .05)) y = t % 3 + 1
            printf "i%d,%.4f,%.4f,%s,%s\n", i, a, b, who[p], class[y]
        }
    } }' >votes.csv
# audit_votes NAME OPTION...
audit_votes() {
    name=$1
    shift
    ingest -q votes.csv --label=label --annotator=person "$@" -o "$name.h5" &&
        score -q -i --methods=none "$name.h5" && flag -q -i "$name.h5" ||
        exit 99
}
audit_votes group --group=item
audit_votes id --id=item
audit_votes features --ignore=item

python=''
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import h5py' 2>/dev/null && python=$candidate && break
done
cat >replica.py <<'E2'
import collections, json, math, sys
import h5py, numpy as np

audit = h5py.File(sys.argv[1])
item = np.array([line.split(",")[0] for line in open("votes.csv")][1:])
label = audit["data/label"][:]
who = audit["data/annotator"][:]
names = [x.decode() for x in audit["data/annotator_name"][:]]
classes = [x.decode() for x in audit["data/label_name"][:]]
likely = audit["score/probability"][:].argmax(1)
s = audit["flag/suspicion"][:].astype(float)
rate, low, high = audit["flag/noise/rate"][:]
k, votes = len(classes), collections.defaultdict(list)
for i in range(len(label)):
    votes[item[i]].append((who[i], label[i]))
items = sorted(votes)

# Dawid and Skene (1979), with a hundredth of a vote for each confusion.
T = np.array([[sum(l == c for _, l in votes[i]) / len(votes[i]) for c in range(k)]
              for i in items])
before = -math.inf
for _ in range(100):
    pi = np.full((len(names), k, k), .01 / k)
    for t, i in zip(T, items):
        for a, l in votes[i]:
            pi[a, :, l] += t
    pi /= pi.sum(2, keepdims=True)
    log = np.log(T.mean(0)) + np.array(
        [sum(np.log(pi[a, :, l]) for a, l in votes[i]) for i in items])
    most = log.max(1, keepdims=True)
    T = np.exp(log - most)
    likelihood = (most[:, 0] + np.log(T.sum(1))).sum()
    T /= T.sum(1, keepdims=True)
    if abs(likelihood - before) < 1e-6:
        break
    before = likelihood

found = {}
for line in map(json.loads, sys.stdin):
    if line.get("record") == "annotator":
        found[line["annotator"]] = line
for a, name in enumerate(names):
    mine = who == a
    pairs = [(l, m) for i in items for b, l in votes[i] if b == a
             for c, m in votes[i] if c != a]
    wrong = [1 - t[l] for t, i in zip(T, items) for b, l in votes[i] if b == a]
    confused = collections.Counter(
        (label[i], likely[i]) for i in np.flatnonzero(mine & (label != likely)))
    most = max(confused.values(), default=0)
    pair = min((p for p in confused if confused[p] == most), default=None)
    z, rows = 1.6448536269514722, s[mine]
    less, more = low / rate * rows, 1 - (1 - high) / (1 - rate) * (1 - rows)
    wanted = {
        "rows": mine.sum(), "compared": len(pairs),
        "agreement": np.mean([l == m for l, m in pairs]),
        "wrong_by_votes": np.mean(wrong), "confused": most,
        "given": pair and classes[pair[0]], "likely": pair and classes[pair[1]],
        "wrong_share": rows.mean(),
        "wrong_low": max(less.sum() - z * math.sqrt((less * (1 - less)).sum()), 0) / len(rows),
        "wrong_high": min(more.sum() + z * math.sqrt((more * (1 - more)).sum()), len(rows)) / len(rows)}
    for key, value in wanted.items():
        have = found[name][key]
        if isinstance(value, str) or value is None or have is None:
            same = have == value
        else:
            same = abs(have - value) <= 1e-5
        if not same:
            print(name, key, "found", have, "wanted", value)
print(len(found), found["dora"]["item"])
E2
if [ "$python" ]; then
    for way in group id features; do
        report --format=json --top=0 $way.h5 >json
        is "$("$python" replica.py $way.h5 <json)" \
            "5 $(echo $way | sed 's/^id/identifier/; s/^f/equal f/')" \
            "every number is that of another program, items by $way"
    done
else
    skip 'every number' 'python3-h5py is not installed'
fi

# --- by hand: two items, one vote in four differs ------------------------------
printf '%s\n' x,y,who,g 0,a,p,1 0,a,q,1 1,b,p,2 1,a,q,2 3,b,p,3 4,a,r,4 >few.csv
for row in 5 6 7 8 9; do printf '%s\n' "$row,a,r,$row" "$row.5,b,r,1$row"; done >>few.csv
ingest -q few.csv --label=y --annotator=who --group=g -o few.h5 &&
    score -q -i --methods=none few.h5 && flag -q -i few.h5 || exit 99
is "$(report --format=json --top=0 few.h5 | sed -n \
    's/.*"annotator":"\(.\)".*"compared":\([0-9]*\),"agreement":\([^,]*\),.*/\1 \2 \3/p' |
    sort | tr '\n' '|')" 'p 2 0.5|q 2 0.5|r 0 null|' 'agreement by hand'

# --- every form -----------------------------------------------------------------
report group.h5 >text
is "$(sed -n '/^Who gave the labels/,/^$/s/^  \([a-z]*\)  *[0-9].*/\1/p' text | head -1)" \
    dora 'the text has the worst first'
is "$(report --figure=annotators --format=tsv group.h5 | cut -f1 | tr '\n' ' ')" \
    "annotator $(sed -n '/^Who gave the labels/,/^$/s/^  \([a-z]*\)  *[0-9][0-9].* .*%.*/\1/p' text | tr '\n' ' ')" \
    'the figure has the same'
ok "$(report --format=markdown group.h5 | grep -q '^| dora | '; echo $?)" 'Markdown, too'
# A group of many rows of each annotator is no item.
awk -F, -v OFS=, 'NR > 1 { $1 = "g" int((NR - 2) / 30) } 1' votes.csv >patients.csv
ingest -q patients.csv --label=label --annotator=person --group=item -o p.h5 &&
    score -q -i --methods=none p.h5 && flag -q -i p.h5 || exit 99
ok "$(report p.h5 | tr -s '\n ' ' ' | grep -q 'items, by equal features, have votes'; echo $?)" \
    'a group with several labels of one annotator is no item'

# --- recognised -------------------------------------------------------------------
note='most rows equal others but for it and the label: is this a table of votes, and does it say who voted? If so: --annotator=person'
for drop in nothing item 'f.' ; do
    ingest votes.csv --label=label --ignore="$drop|label" -o v.h5 -f 2>err
    is "$(sed -n 's/.*column person: //p' err)" "$note" "votes are told, without $drop"
done
ingest votes.csv --label=label --id=item --ignore='f.' -o v.h5 -f 2>err
is "$(sed -n 's/.*column person: //p' err)" "$note" 'and with an identifier'
# A complete design has each combination once.
awk 'BEGIN { print "a,b,c,y"
    for (i = 0; i < 125; i++)
        print i % 5 "," int(i / 5) % 5 "," int(i / 25) "," i % 2 }' >design.csv
ingest design.csv --label=y -o d.h5 2>err
is "$(grep -c votes err)" 0 'a complete design is no table of votes'
ingest "$samples/mixed.csv" --label=income -o d.h5 -f 2>err
is "$(grep -c votes err)" 0 'nor are other tables'

done_testing
