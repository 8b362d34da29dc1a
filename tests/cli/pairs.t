#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Two blocks of features that should agree, the digits and a projection of them,
# with planted swaps.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$PATH

# The second block: 12 sums of pixels; rows 100 i + 7 and 100 i + 8 swapped.
head -n 1201 "$samples/digits.csv" >digits.csv
awk -F, 'NR > 1 {
    for (b = 0; b < 12; b++) {
        sum = 0
        for (j = 1; j < NF; j++) sum += (((j * 37 + b * 11) % 23) - 11) * $j
        line = b ? line " " sum : sum
    }
    row[n++] = line
}
END {
    for (i = 0; i < n; i++) {
        at = i % 100 == 7 ? i + 1 : i % 100 == 8 ? i - 1 : i
        print row[at]
    }
}' digits.csv | compose b.npy npy f4 1200x12 || exit 99
ingest -q digits.csv --label=digit --features-b=b.npy -o p.h5 || exit 99

pairs="--model=none --methods=pair_cosine,pair_rank"
score $pairs -v -j1 p.h5 -o s.h5 2>said
ok $? "score of pairs"
grep -q "pairs: aligned by ridge" said
ok $? "of different widths: by ridge regression"
peek s.h5 score/pair_rank f32 | awk '{print ($1 > 60), NR - 1}' |
    grep '^1' >high
is "$(awk '$2 % 100 == 7 || $2 % 100 == 8' high | wc -l)" 24 \
    "all 24 swapped rows have a mutual rank beyond 5 %"
ok "$([ "$(wc -l <high)" -le 30 ]; echo $?)" "and few others"
is "$(peek s.h5 score/evidence/pair_rank i32 | sed -n '108p;109p;908p' |
    tr '\n' ' ')" "108 107 908 " "the evidence is the right partner"
score $pairs -q -j4 p.h5 -o four.h5
same s.h5 four.h5 "-j4 writes the same"
flag -q s.h5 -o f.h5
is "$(report --format=tsv --top=all f.h5 |
    awk -F '\t' '/mismatched_pair/ {print $2}' |
    awk '$1 % 100 == 7 || $1 % 100 == 8' | wc -l)" 24 "flag finds them"
report f.h5 >said
ok "$(grep -q 'mismatched_pair .* its two halves do not belong together' said
    echo $?)" "and report says what it found"
report --explain=107 f.h5 >said
ok "$(grep -A 2 'Rows that the scores rest on' said | grep -q 'score  *row'
    echo $?)" "--explain shows the better partner"
is "$(sed -n 's/^  pair_rank  *\([0-9]*\)  *\([0-9]*\)  *\([0-9]\)$/\1 \2/p' \
    said)" "108 110" "which is the row it was swapped with"
score -q --model=neighbors --replicates=2 p.h5 -o whole.h5
is "$(peek whole.h5 score options | tr ' ' '\n' | grep '^methods=')" \
    "methods=el2n,grand,aum,forgetting,disagreement,pair_cosine,pair_rank" \
    "pairs are compared by default where there are two blocks"
flag -q --pair-share=1 s.h5 -f -o f.h5
is "$(report f.h5 | sed -n 's/^  mismatched_pair  *\([0-9]*\) .*/\1/p')" 0 \
    "--pair-share=1 flags none"
fails_with 2 "p.h5: data/features_b: blocks of 61 and 12 features are not in" \
    score $pairs --pair-align=none p.h5 -o no.h5
ingest -q digits.csv --label=digit -o plain.h5 || exit 99
score -q --model=neighbors --methods=none plain.h5 -o plain.s.h5
flag plain.s.h5 -o plain.f.h5 2>said
is "$(report plain.f.h5 | grep -c mismatched_pair; grep -c mismatched said)" \
    "0
0" "nobody is told of pairs where there are none"
fails_with 2 "--methods: pair_rank needs a second block of features; see" \
    score --model=none --methods=pair_rank plain.h5 -o no.h5
ok "$([ ! -e no.h5 ]; echo $?)" "nothing is written then"
done_testing
