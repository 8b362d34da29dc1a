#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# report --budget: the rows against the greedy rule in awk, what it promises
# against the labels that were planted.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$PATH

# The digits, whose wrong labels are known; every third row costs 5.
awk -F, -v OFS=, 'NR == 1 { print $0, "minutes" }
    NR > 1 { print $0, NR % 3 ? 1 : 5 }' "$samples/digits.csv" >d.csv
ingest -q d.csv --label=digit --cost=minutes -o d.h5 &&
    score -q --model=kernel,neighbors --methods=none -i d.h5 &&
    flag -q -i d.h5 || exit 99
peek d.h5 flag/suspicion f32 >suspicion
peek d.h5 data/cost f32 >cost
peek d.h5 flag/order i64 >order

# greedy BUDGET: rows by suspicion over cost, equal ones as ranked.
greedy() {
    paste -d ' ' suspicion cost |
        awk 'NR == FNR { s[NR - 1] = $1; c[NR - 1] = $2; next }
            s[$1] >= .0005 { printf "%.17g %d %d %g\n", s[$1] / c[$1], FNR, $1,
                c[$1] }' - order |
        sort -k1,1gr -k2,2n |
        awk -v left="$1" '$4 <= left { left -= $4; print $3 }'
}
for budget in 0 1 60 150.5; do
    report --format=tsv --budget=$budget d.h5 | sed 1d | cut -f 2 >found
    greedy $budget >wanted
    same found wanted "--budget=$budget: the rows of the greedy rule"
done
report --budget=150.5 d.h5 >text
is "$(sed -n 's/^Labels to review: //p' text)" "$(wc -l <wanted | tr -d ' ')" \
    'the text has as many'

# What it promises: within a tenth of the wrong labels that are among them.
sed 1d "$samples/digits.truth.csv" >truth
report --format=json --budget=150.5 d.h5 >lines
promised=$(sed -n 's/^{"record":"review","budget":150.5,.*"wrong":\([0-9.]*\),"low.*/\1/p' lines)
is "$(awk -F, -v p="$promised" 'NR == FNR { wrong[$1] = $2 != $3; next }
    wrong[$1] { n++ } END { print (n > 30), (p > .9 * n && p < 1.1 * n) }' \
    truth wanted)" '1 1' 'as many wrong labels are there as expected'
is "$(sed -n 's/^{"record":"review","budget":150.5,.*"wrong":\([0-9.]*\),"low":\([0-9.]*\),"high":\([0-9.]*\),.*/\2 \1 \3/p' \
    lines | awk '{ print ($1 < $2 && $2 < $3 && $3 < 1.3 * $2) }')" 1 \
    'between the ends of an interval'
ok "$(grep -q '^  The list stops after [0-9]* rows\. The next row has' text
    echo $?)" 'the text says where the list stops'
is "$(sed -n 's/^{"record":"review","budget":\([0-9.a-z]*\),.*/\1/p' lines |
    tr '\n' ' ')" '37.625 75.25 150.5 301 602 null ' 'JSON: the curve'
is "$(sed -n 's/^{"record":"row","row":\([0-9]*\),.*"cost":\([15]\).*/\1/p' \
    lines | cmp - wanted && echo equal)" equal 'JSON: rows and their cost'
is "$(sed -n '/^What a review finds/,/^  The list/p' text | sed '$d' |
    awk '{ print $1 }' | tr '\n' ' ')" \
    'What budget 37.625 75.25 150.5 301 602 any ' 'the text has the curve'
is "$(sed -n '/^What a review finds/,/^$/p' text | awk '$1 == 150.5 { print $4 }')" \
    "$(printf %.1f "$promised")" 'with the same numbers'

ingest -q "$samples/iris.csv" --label=species -o i.h5 || exit 99
fails_with 2 '--budget: nothing has been flagged yet; run flag' \
    report --budget=3 i.h5
score -q --model=neighbors --methods=none -i i.h5 && flag -q -i i.h5
is "$(report --format=tsv --budget=7 i.h5 | wc -l | tr -d ' ')" 8 \
    'without costs a row costs 1'
fails_with 2 '--budget and --top exclude each other' \
    report --budget=3 --top=3 i.h5
fails_with 2 '--budget does not go with --format=prom' \
    report --budget=3 --format=prometheus i.h5
fails_with 2 '--explain and --budget exclude each other' \
    report --budget=3 --explain=3 i.h5
fails_with 2 "--budget" report --budget=-1 i.h5
runs 'audit takes it' audit d.csv --label=digit --cost=minutes --budget=20 \
    --model=neighbors --methods=none
ok "$(grep -q '^Labels to review: ' out; echo $?)" 'and shows the list'
done_testing
