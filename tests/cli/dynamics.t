#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Dynamics of the user's own network: golden.json training_dynamics through
# ingest --dynamics and score.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$PATH

printf 'x,y\n1,a\n2,a\n3,b\n4,c\n5,c\n6,b\n' >t.csv
compose l.npy npy f8 4x6x3 <<'END' || exit 99
2 .5 -1 .2 .1 0 -.5 1.5 .3 0 .4 1.8 1 -.2 .9 .3 .3 .3
3 .2 -1 .9 .4 0 -.8 2.5 .1 .2 -.4 2.8 2 -.5 .4 .1 .6 .2
3.5 .1 -2 .1 1.5 .2 -1 3.5 0 .3 -.9 3.1 2.6 -.7 .3 .9 .2 .1
4 0 -2 1.6 .9 .1 -1.2 4 .2 .1 -1 3.6 3.1 -.9 .1 .2 1.1 .4
END
ingest -q t.csv --label=y --dynamics=l.npy -o t.h5 || exit 99

# numbers NAME: its values to four digits.
numbers() {
    peek s.h5 "score/$1" f32 | awk '{printf "%.4f ", $1 + 0}'
}
score -v --model=none t.h5 -o s.h5 -j2 2>said
ok $? "score of external dynamics"
grep -q "networks: measured after epoch 1 of 4" said
ok $? "measured after a tenth of the epochs"
is "$(numbers el2n)" "0.2797 0.7754 0.3810 0.3596 0.7563 0.8165 " \
    "el2n is that of the first epoch"
is "$(numbers aum)" "-2.9250 0.0250 -2.7250 -2.5750 1.7500 -0.1000 " "aum"
is "$(numbers forgetting)" "0.0000 1.0000 0.0000 0.0000 4.0000 1.0000 " \
    "forgetting"
ok "$(peek s.h5 score/grand f32 >/dev/null 2>&1; [ $? -ne 0 ]; echo $?)" \
    "no grand"
ok "$(peek s.h5 score/el2n_std f32 >/dev/null 2>&1; [ $? -ne 0 ]; echo $?)" \
    "and no deviations"
score -q --model=none t.h5 -o one.h5 -j1
same one.h5 s.h5 "-j1 and -j2 write the same"
runs "at another epoch" score -q --model=none --epoch=4 --methods=cores,el2n \
    t.h5 -f -o s.h5
is "$(numbers cores)" "-3.3333 -0.7333 -3.0000 -2.7000 0.6667 -0.5333 " "cores"
runs "with knobs" score -q --model=none --methods=forgetting,elr,elr_term \
    --forgetting-never=1000 t.h5 -f -o s.h5
is "$(numbers forgetting)" "0.0000 1.0000 0.0000 0.0000 1000.0000 1.0000 " \
    "forgetting as in dataset cartography"
is "$(numbers elr)" "0.2866 0.6807 0.3045 0.3123 0.9022 0.6899 " "elr"
is "$(numbers elr_term)" "-1.2025 -0.3440 -1.1324 -1.0865 -0.8962 -0.3129 " \
    "elr_term"
fails_with 2 "--methods: grand needs gradients, which the dynamics" \
    score --model=none --methods=grand -o no.h5 t.h5
fails_with 2 "t.h5: --epoch: found 5, wanted at most 4, the epochs of ingest --dynamics" \
    score --model=none --methods=el2n --epoch=5 -o no.h5 t.h5
fails_with 2 "--hidden: has no effect on the dynamics of ingest --dynamics;" \
    score --model=none --hidden=5 -o no.h5 t.h5
ok "$([ ! -e no.h5 ]; echo $?)" "nothing is written then"
runs "networks all the same" score -q --model=none --replicates=2 \
    --methods=grand t.h5 -f -o s.h5
is "$(peek s.h5 score/grand_std f32 | wc -l)" 6 "have gradients and deviations"
done_testing
