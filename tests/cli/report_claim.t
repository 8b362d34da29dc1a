#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the report says of the labels as a whole: errors, classes that overlap,
# features without a signal, a share that the user expects.
. "${WN_SOURCE:-.}/tests/tap.sh"

# audit_of NAME LABEL: score NAME.csv into NAME.h5, and flag it.
audit_of() {
    ingest -q "$1.csv" --label="$2" -o "$1.h5" &&
        score -q -i --seed=1 --model=softmax,neighbors "$1.h5" &&
        flag -q -i "$1.h5" || exit 99
}
# summary NAME KEY: a key of the JSON summary, up to the next comma.
summary() {
    report --format=json "$1.h5" | sed -n "s/.*\"record\":\"summary\".*\"$2\":\\([^,]*\\),.*/\\1/p"
}
headline() { report "$1.h5" | sed -n 's/[0-9][0-9.]*/N/g;1p'; }

# ---- errors spread over the classes
cp "$samples/digits.csv" digits.csv
audit_of digits digit
is "$(headline digits)" \
    'digits.csv: N rows, est. N % (N-N) wrong labels, N flagged' \
    'digits: an estimate'
is "$(summary digits claim)" '"noise"' 'and so in JSON'
is "$(report digits.h5 |
    sed -n 's/^  The committee agrees with the labels in 9[0-9.]* % of the rows\.$/yes/p
        s/^  Always answering the largest class agrees in 10\.[0-9] %\.$/yes/p')" \
    'yes
yes' 'the accuracy beside the share of the largest class'
is "$(report -v digits.h5 | grep -c '^  Weight of overlap')$(
    report digits.h5 | grep -c '^  Weight of overlap')" 10 \
    'the evidence is shown by --verbose only'

# ---- kinds of rows: the same in every format, and only wrong ones are flagged
report --format=tsv --top=all digits.h5 | awk -F'\t' '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { print $at["kind"], $at["issues"] ~ /(^|,)label(,|$)/ }' >kinds
is "$(awk '($1 == "wrong") != $2' kinds | wc -l | tr -d ' ')" 0 \
    'wrong rows are flagged, and no others'
for kind in wrong ambiguous rare; do
    is "$(sed -n "s/.*\"kinds\":{.*\"$kind\":\\([0-9]*\\)[,}].*/\\1/p" <<X
$(report --format=json digits.h5 | head -n 2)
X
)" "$(grep -c "^$kind " kinds)" "JSON counts $kind rows"
done
many=$(grep -c '^ambiguous' kinds)
is "$(report --format=tsv --top=ambiguous digits.h5 | sed 1d |
    cut -f 12 | sort | uniq -c | tr -s ' ')" " $many ambiguous" \
    '--top=ambiguous lists them'
ok "$(report digits.h5 | grep -q "^Ambiguous rows, most suspicious first: 5 of $many\$"; echo $?)" \
    'the text shows five of them'
ok "$(report --explain="$(report --format=tsv --top=ambiguous digits.h5 |
    sed -n 2p | cut -f 2)" digits.h5 |
    grep -q '^  kind of row       ambiguous: two classes'; echo $?)" \
    '--explain says what it is'
ok "$(report digits.h5 | tr -s ' \n' ' ' | grep -q \
    'label differs from the prediction in .* % of the surest tenth'; echo $?)" \
    'the depths of the mismatches are told'

# ---- labels that the features do not predict
awk -F , 'NR == 1 { print; next }
    { y[NR] = $NF; sub(/,[^,]*$/, ""); x[NR] = $0 }
    END {
        srand(3)
        for (i = NR; i > 2; i--) {
            j = 2 + int(rand() * (i - 1)); t = y[i]; y[i] = y[j]; y[j] = t
        }
        for (i = 2; i <= NR; i++) print x[i] "," y[i]
    }' "$samples/iris.csv" >shuffled.csv
audit_of shuffled species
is "$(report shuffled.h5 | head -n 1)" 'shuffled.csv: 150 rows, these features do not predict this label; how many labels are wrong cannot be told' \
    'shuffled labels: no estimate'
is "$(summary shuffled wrong) $(summary shuffled claim) $(
    summary shuffled label_rows)" 'null "nothing" 0' 'nor in JSON'
is "$(report --format=prometheus shuffled.h5 | grep -c wrong)" 0 \
    'nor in the metrics'
is "$(report shuffled.h5 | grep -cE '^  (class|given) ')" 0 \
    'no tables of wrong labels'
report shuffled.h5 | tr -s ' \n' ' ' |
    grep -q 'no label is flagged, and how many are wrong cannot be told'
ok $? 'a sentence says why'
report --budget=10 shuffled.h5 | grep -q '^  That cannot be told'
ok $? 'what a review finds cannot be told'

# ---- two Gaussians, 1.2 apart
awk 'BEGIN {
    srand(1)
    print "x,y,class"
    for (i = 0; i < 800; i++) {
        r = sqrt(-2 * log(1 - rand())); t = 6.283185307 * rand()
        printf "%.4f,%.4f,%s\n", r * cos(t) + i % 2 * 1.2, r * sin(t),
               i % 2 ? "right" : "left"
    } }' >overlap.csv
audit_of overlap class
is "$(headline overlap | sed 's/between N and/between 0 and/')" \
    'overlap.csv: N rows, N rows to look at; the classes overlap, so between 0 and N % of the labels may be wrong' \
    'overlapping classes: a range'
is "$(report --format=json overlap.h5 |
    sed -n 's/.*"claim":"overlap".*"relabel":\([0-9]*\),"drop":\([0-9]*\).*/\1 \2/p')" \
    '0 0' 'nothing is proposed but a look'
report overlap.h5 >text
is "$(grep -c 'est\. wrong\|probably wrong' text)" 0 \
    'no number of wrong labels by class or pair'
tr -s ' \n' ' ' <text | grep -q 'say so to flag with --expect=RATE'
ok $? 'it says how to give what is known'
is "$(awk 'NR > 1 && length > 80' text)" '' 'no line is wider than 80'
is "$(report --format=json overlap.h5 |
    sed -n '2s/.*"wrong":{"low":\([^,]*\),"high":[0-9.]*,\("rate":[^}]*\)}.*/\1 \2/p')" \
    '0 "rate":null,"rows":null' 'JSON: the interval first, and no point in it'
is "$(report --format=json overlap.h5 |
    grep -c '"record":"class".*"wrong":null')" 2 'nor in its classes'
is "$(report --format=prometheus overlap.h5 | grep -v '^#' |
    sed -n 's/^\(winnow_[a-z_]*wrong[a-z_]*\|winnow_mismatch_ratio\){[^,}]*\(,[^}]*\|\)} .*/\1\2/p')" \
    'winnow_wrong_ratio_low
winnow_wrong_ratio_high
winnow_mismatch_ratio,surest="0.1"
winnow_mismatch_ratio,surest="0.5"
winnow_mismatch_ratio,surest="1"' 'metrics: the ends, and where labels differ'
report --format=prometheus overlap.h5 >metrics
report --format=json overlap.h5 >json
is "$(sed -n 's/^winnow_mismatch_ratio{.*surest="1"} \(.*\)/\1/p' metrics)" \
    "$(sed -n '2s/.*"mismatch":{"share":\([^,]*\),.*/\1/p' json)" \
    'of all rows as JSON has it'
report --against=overlap.h5 shuffled.h5 | grep -q '^  est. wrong  0-[0-9.]* %  *-$'
ok $? 'beside an audit without estimate'

row=$(report --format=tsv overlap.h5 | awk 'NR == 2 { print $2 }')
report --explain="$row" overlap.h5 >text
grep -q '^  label  *yes  *the label looks wrong, but the classes overlap$' text &&
    grep -q 'review: it looks wrong, but may be right: classes overlap$' text
ok $? 'a single row is not said to be wrong either'
is "$(awk 'length > 80' text)$(grep -c 'estimated number' text)" 0 \
    'nor is a number of them'

# ---- a share that the user expects
flag -q -i --expect=20% overlap.h5 || exit 99
is "$(report overlap.h5 | sed -n '1s/[0-9]* flagged/N flagged/p')" \
    'overlap.csv: 800 rows, expected 20 % wrong labels, N flagged' \
    'an expected share'
is "$(summary overlap claim)" '"expected"' 'and so in JSON'
is "$(report --format=json overlap.h5 |
    sed -n 's/.*"record":"class".*"wrong":\([0-9.]*\),.*/\1/p' |
    awk '{ s += $1 } END { print (s > 159 && s < 161) }')" 1 \
    'the classes add up to it'
flag -q -i --expect=10%-30% overlap.h5 || exit 99
is "$(report overlap.h5 | sed -n '1s/[0-9]* flagged/N flagged/p')" \
    'overlap.csv: 800 rows, expected 20 % (10-30) wrong labels, N flagged' \
    'an expected range'

# ---- a class that is never predicted
awk 'BEGIN {
    srand(2)
    print "x,y,class"
    for (i = 0; i < 600; i++) {
        r = sqrt(-2 * log(1 - rand())); t = 6.283185307 * rand()
        printf "%.4f,%.4f,%s\n", r * cos(t) + i % 2 * 4, r * sin(t),
               i % 40 == 7 ? "rare" : i % 2 ? "right" : "left"
    } }' >rare.csv
audit_of rare class
is "$(report rare.h5 | grep 'Never predicted')" \
    '  Never predicted, for any row: rare (15 rows).' \
    'a class that is never predicted is named'
is "$(report --format=json rare.h5 |
    sed -n 's/.*"class":"rare","rows":\([0-9]*\),"predicted":\([0-9]*\),.*/\1 \2/p')" \
    '15 0' 'and in JSON'

done_testing
