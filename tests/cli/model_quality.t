#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What report says about models, graph and networks: awk recomputes the measures
# from the probabilities in the file.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$PATH

ingest -q "$samples/iris.csv" --label=species -o a.h5 || exit 99
score -q -j1 --methods=el2n --replicates=2 a.h5 -o b.h5 || exit 99
report b.h5 >text
report -v b.h5 >long
report --format=json b.h5 >lines

# Log-loss, accuracy and calibration error in 15 bins of the largest.
peek b.h5 data/label i32 >label
peek b.h5 score/probability f32 | paste -d ' ' label - | awk '{
    best = 2
    for (c = 3; c <= NF; c++) if ($c > $best) best = c
    given = $($1 + 2)
    loss -= log(given < 1e-6 ? 1e-6 : given)
    bin = int($best * 15); if (bin > 14) bin = 14
    sure[bin] += $best; right[bin] += best == $1 + 2; all += best == $1 + 2
} END {
    for (b = 0; b < 15; b++) {
        off = sure[b] - right[b]
        error += off < 0 ? -off : off
    }
    printf "%.4f %.1f %.1f\n", loss / NR, 100 * all / NR, 100 * error / NR
}' >wanted
is "$(sed -n 's/^  committee *\([0-9.]*\) *\([0-9.]*\) % *\([0-9.]*\) % *1.00$/\1 \2 \3/p' text)" \
    "$(cat wanted)" 'log-loss, accuracy and calibration error of all together'
is "$(sed -n '/out of sample/,/^$/p' text | sed -n 's/^  \([a-z]*\) .*/\1/p' |
    tr '\n' ' ')" 'model kernel trees neighbors softmax committee ' 'and of each'
is "$(grep -c 'How it was computed' text)" 0 'no more without -v'
ok "$(grep -q '^  kernel  *bandwidth=.* ridge=.* scale=each$' long &&
    grep -q '^  trees .*trees=300 share=1' long; echo $?)" '-v: knobs'
ok "$(grep -q 'Neighbours: the 10 nearest of each row by euclidean distance' long
    echo $?)" '-v: the graph'
ok "$(grep -q 'Networks: el2n and grand after epoch [0-9]* of [0-9]*' long
    echo $?)" '-v: the epoch'
is "$(sed -n 's/^  OpenBLAS kernels: \(.*\)\.$/\1/p' long)" \
    "$(peek b.h5 score kernels)" '-v: the kernels'
is "$(sed -n 's/^{"record":"model","model":"\([a-z]*\)","log_loss":[0-9.]*,"accuracy":[0-9.]*,"calibration_error":[0-9.]*,"weight":[0-9.]*,"chosen":.*/\1/p' \
    lines | tr '\n' ' ')" 'kernel trees neighbors softmax committee ' 'JSON: models'
ok "$(grep -q '"record":"computed","kernels":"[A-Za-z0-9 ]*","epoch":[0-9]*,"epochs":[0-9]*,"neighbors":10,"metric":"euclidean","method":"exact","recall":1,"cells":null,"probe":null,"singular_entropy":[0-9.]*}' \
    lines; echo $?)" 'JSON: the rest'
peek b.h5 score/probability kernel_chosen >chosen
ok "$(grep -qF "\"chosen\":\"$(cat chosen)\"" lines; echo $?)" 'JSON: settings'

# Each model's own probabilities: its log-loss from them; the pool is the same.
score -q -j1 --methods=el2n --replicates=2 --keep-members a.h5 -o k.h5
peek b.h5 score/probability f32 >pool
peek k.h5 score/probability f32 >pool.kept
same pool pool.kept '--keep-members changes no other probability'
peek k.h5 score/member/probability f32 | tr ' ' '\n' | grep . >own
awk '
    NR == FNR { given[n++] = $1; next }
    { p[m++] = $1 }
    END { for (h = 0; h < m / n / 3; h++) {
              loss = 0
              for (i = 0; i < n; i++) {
                  q = p[(h * n + i) * 3 + given[i]]
                  loss -= log(q < 1e-6 ? 1e-6 : q)
              }
              printf "%.4f\n", loss / n } }' label own >losses
is "$(cat losses)" "$(sed -n '/out of sample/,/^$/p' text |
    sed -n '/model/d; /committee/d; s/^  [a-z]*  *\([0-9.]*\) .*/\1/p')" \
    'the log-loss of each model from its own probabilities'
is "$(peek k.h5 score/member/probability names)" kernel,trees,neighbors,softmax \
    'and their names'
report --explain=0 k.h5 >why
is "$(sed -n '/^What each model says/,/^$/p' why | sed -n 's/^  \([a-z]*\) .*/\1/p' |
    tr '\n' ' ')" 'model kernel trees neighbors softmax ' '--explain shows them'
is "$(report --explain=0 b.h5 | grep -c '^What each model')" 0 \
    'and nothing where they were not kept'
fails_with 2 '--keep-members: no models are fitted' \
    score -q --model=none --keep-members a.h5 -o no.h5

score -q --model=neighbors --methods=none --probe=3 a.h5 -o b.h5 -f
report -v b.h5 >text
is "$(sed -n '/out of sample/,/^$/p' text | sed -n 's/^  \([a-z]*\) .*/\1/p' |
    tr '\n' ' ')" 'model neighbors ' 'one model needs no committee'
ok "$(tr '\n' ' ' <text | tr -s ' ' |
    grep -q 'searched in 3 of [0-9]* cells; in a sample this found [0-9.]* % of the'
    echo $?)" '-v: what the cells found'
is "$(grep -c Networks text)" 0 'nothing about networks where there are none'
score -q --model=none --methods=none a.h5 -o b.h5 -f
is "$(report b.h5 | grep -c 'out of sample'; report --format=json b.h5 |
    grep -c '"record":"model"')" '0
0' 'nothing where no model was asked'
is "$(report a.h5 | grep -c 'out of sample'
    report --format=json a.h5 | grep -c '"record":"computed"')" '0
0' 'nothing before score'

# Accuracy, balanced accuracy, recall, precision and F1 as scikit-learn finds
# them, with a class that is rare, one that is never predicted and rows without
# a label.
awk 'BEGIN { srand(9); print "label,p_a,p_b,p_c,p_d"
    for (i = 0; i < 400; i++) {
        y = i % 20 == 0 ? "b" : i % 57 == 0 ? "d" : i % 3 ? "a" : "c"
        a = rand(); b = .6 * rand(); c = rand(); d = .05
        s = a + b + c + d
        printf "%s,%.6f,%.6f,%.6f,%.6f\n", y, a / s, b / s, c / s, d / s } }' \
    >uneven.csv
ingest -q uneven.csv --label=label --probability='p_(.*)' -o u.h5 &&
    score -q --methods=none -i u.h5 || exit 99
report u.h5 >text
report --format=json u.h5 >lines
if /usr/bin/python3 -c 'import sklearn.metrics' 2>/dev/null; then
    is "$(/usr/bin/python3 - <<'END'
import csv, json, math
from sklearn.metrics import (accuracy_score, balanced_accuracy_score,
                             precision_recall_fscore_support)
rows = list(csv.DictReader(open("uneven.csv")))
y = [r["label"] for r in rows]
p = [max("abcd", key=lambda c: float(r["p_" + c])) for r in rows]
lines = [json.loads(line) for line in open("lines")]
one = {l["class"]: l for l in lines if l.get("record") == "class"}
summary = next(l for l in lines if l.get("record") == "summary")
model = next(l for l in lines if l.get("record") == "model")
precision, recall, f1, _ = precision_recall_fscore_support(
    y, p, labels=list("abcd"), zero_division=0)
wanted = [accuracy_score(y, p), balanced_accuracy_score(y, p)]
found = [model["accuracy"], summary["balanced_accuracy"]]
for c, name in enumerate("abcd"):
    wanted += [recall[c], precision[c], f1[c]]
    found += [one[name]["recall"], one[name]["precision"] or 0, one[name]["f1"]]
print(all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(found, wanted)),
      one["d"]["predicted"], one["d"]["precision"])
END
    )" 'True 0 None' 'recall, precision and F1 as in scikit-learn'
else
    skip 'recall, precision and F1' 'python3-sklearn is not installed'
fi
is "$(tr '\n' ' ' <text | tr -s ' ' |
    grep -o -e 'Worst predicted is [a-d]' -e 'Never predicted, [^(]*' |
    tr '\n' ';')" \
    'Never predicted, for any row: d ;' 'the worst class is named'
is "$(tr '\n' ' ' <text | tr -s ' ' | grep -o 'The classes are uneven: [^(]*')" \
    'The classes are uneven: a has 253 rows, 36 times as many as d ' \
    'and the imbalance is said'
is "$(report b.h5 | grep -c uneven)" 0 'but not of even classes'

# User-supplied probabilities are measured, too.
awk 'NR == 1 { print "a,p_x,p_y,y" }
    { print NR, NR % 2 ? ".8,.2,x" : NR % 10 ? ".4,.6,y" : ".7,.3,y" }' \
    label >p.csv
ingest -q p.csv --label=y '--probability=p_(.*)' -o p.h5 &&
    score -q --methods=none -i p.h5
# Of ten rows five with log .8, four with log .6, one with log .3; one wrong.
is "$(report p.h5 | sed -n 's/^  brought *\([0-9.]*\) *\([0-9.]*\) % .*/\1 \2/p')" \
    "$(awk 'BEGIN { printf "%.4f 90.0", -(5 * log(.8) + 4 * log(.6) +
        log(.3)) / 10 }')" 'brought: as by hand'
done_testing
