#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# score of many classes with few rows: 400 classes of three rows around distant
# centres, so that two remain when one is left out; and one row alone in its
# class. Every model ends, its probabilities sum to 1 and are better than even
# ones, and do not depend on -j; anonymous memory stays within --estimate. The
# same for every method.
. "${WN_SOURCE:-.}/tests/tap.sh"

awk 'BEGIN {
    srand(5); print "a,b,c,d,e,f,label"
    for (k = 0; k <= 400; k++) {
        for (j = 0; j < 6; j++) at[j] = 9 * rand()
        for (r = 0; r < (k < 400 ? 3 : 1); r++) {
            for (j = 0; j < 6; j++) printf "%.3f,", at[j] + .2 * rand()
            print "c" k
        }
    } }' >many.csv
ingest -q many.csv --label=label -o many.h5 || exit 99

for model in kernel trees neighbors softmax mlp committee; do
    score --estimate --model=$model --methods=none many.h5 >said
    bound=$(awk '$1 == "memory" { print $2 }' said)
    peak_of score -v -j2 --model=$model --methods=none many.h5 -o $model.h5
    ok $? "$model of 401 classes"
    loss=$(sed -n 's/.*log-loss \([0-9.]*\).*/\1/p' err | tail -n 1)
    # Even probabilities have a log-loss of log 401 = 5.994.
    ok "$(awk -v x="$loss" 'BEGIN { print !(x > 0 && x < 5.994) }')" \
        "$model is better than even probabilities: $loss"
    if [ "${WN_SANITIZERS:-no}" = yes ]; then
        skip "$model uses" 'the shadow memory of the sanitizers counts, too'
    else
        ok "$([ "$peak" -gt 0 ] && [ "$peak" -le "${bound:-0}" ]; echo $?)" \
            "$model uses $peak MiB of $bound"
    fi
    score -q -j1 --model=$model --methods=none many.h5 -o one.h5
    cmp -s one.h5 $model.h5
    ok $? "$model is the same for one thread"
    rm -f one.h5
done
# All methods, with the networks of the dynamics.
score --estimate --methods=all many.h5 >said
bound=$(awk '$1 == "memory" { print $2 }' said)
peak_of score -j2 --methods=all --replicates=2 --epochs=5 many.h5 -o all.h5
ok $? "all methods of 401 classes"
if [ "${WN_SANITIZERS:-no}" = yes ]; then
    skip "all methods use" 'the shadow memory of the sanitizers counts, too'
else
    ok "$([ "$peak" -gt 0 ] && [ "$peak" -le "${bound:-0}" ]; echo $?)" \
        "all methods use $peak MiB of $bound"
fi
score -q -j1 --methods=all --replicates=2 --epochs=5 many.h5 -o one.h5
cmp -s one.h5 all.h5
ok $? "all methods are the same for one thread"
rm -f one.h5
python=/usr/bin/python3
if $python -c 'import h5py' 2>/dev/null; then
    for model in kernel trees neighbors softmax mlp committee; do
        is "$($python -c '
import h5py, sys
p = h5py.File(sys.argv[1])["score/probability"][()].astype(float)
print(p.shape, bool((p >= 0).all()), bool(abs(p.sum(1) - 1).max() < 1e-4))
' $model.h5)" "(1201, 401) True True" "$model sums to 1"
    done
else
    skip "probabilities sum to 1" "python3-h5py is not installed"
fi

done_testing
