#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Two blocks of features that should agree: the digits and a projection of them,
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
fails_with 2 "p.h5: data/features_b: blocks of 61 and 12 features are not in" \
    score $pairs --pair-align=none p.h5 -o no.h5
ingest -q digits.csv --label=digit -o plain.h5 || exit 99
fails_with 2 "--methods: pair_rank needs a second block of features; see" \
    score --model=none --methods=pair_rank plain.h5 -o no.h5
ok "$([ ! -e no.h5 ]; echo $?)" "nothing is written then"
done_testing
