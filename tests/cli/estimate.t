#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# score --estimate: the anonymous memory of the work is never more than the
# estimate; the time is measured, and says on how many rows.
. "${WN_SOURCE:-.}/tests/tap.sh"

# rows N D K: LIBSVM, every class its own direction.
rows() {
    awk -v n="$1" -v d="$2" -v k="$3" 'BEGIN {
        s = 7
        for (i = 0; i < n; i++) {
            line = i % k
            for (j = 1; j <= d; j++) {
                s = (s * 16807) % 2147483647
                line = line " " j ":" i % k * (7 * j + 3) % 97 + s % 60
            }
            print line
        }
    }' >rows.svm
    ingest -q -f --from=libsvm rows.svm -o "$1.$2.$3.h5" || exit 99
}

# within FILE OPTION...: the work takes no more memory than was estimated.
within() {
    file=$1
    shift
    score "$@" "$file" --estimate -j2 >estimate
    wanted=$(sed -n 's/^memory *\([0-9]*\) MiB at most.*/\1/p' estimate)
    peak_of score "$@" "$file" -j2 -f -o out.h5
    sed 's/^/# /' err
    if [ "${WN_SANITIZERS:-no}" = yes ]; then
        ok "$([ "${wanted:-0}" -gt 0 ]; echo $?)" "$file $*: $wanted MiB"
    else
        ok "$([ "$peak" -gt 0 ] && [ "$peak" -le "${wanted:-0}" ]; echo $?)" \
            "$file $*: $peak MiB of $wanted"
    fi
}

rows 150 4 3
rows 1797 64 10
rows 5000 20 2
rows 1000 784 40
rows 1500 30 500
for file in 150.4.3.h5 1797.64.10.h5 5000.20.2.h5; do
    for model in trees neighbors softmax mlp; do
        within $file --model=$model --passes=1 --methods=none
    done
done
for file in 1000.784.40.h5 1500.30.500.h5; do
    for model in trees neighbors softmax; do
        within $file --model=$model --passes=1 --methods=none
    done
    within $file --passes=1 --methods=disagreement
    within $file --model=none --methods=el2n,grand --epoch=1 --replicates=2
    within $file --model=none --methods=knn_shapley_exact
done
within 150.4.3.h5 --methods=all
within 1797.64.10.h5 --methods=all --passes=1 --epoch=1 --replicates=2

# All rows are a measurement, some of them an estimate.
score --estimate --methods=none --model=neighbors 150.4.3.h5 >out
ok "$(grep -q '^time  *[0-9.]* \(s\|min\), measured$' out; echo $?)" 'time of all rows'
score --estimate --methods=none 5000.20.2.h5 >out
ok "$(grep -q '^time .*, an estimate: measured on [0-9]* random rows of 5000$' \
    out; echo $?)" 'time of a sample'
for stage in read graph models spectrum; do
    ok "$(grep -q "^ $stage  *[0-9.]* \(s\|min\)$" out; echo $?)" "time to $stage"
done
# What cannot be measured is said, and the memory is still shown.
awk 'BEGIN { for (i = 0; i < 600; i++) print (i == 599) " 1:" i }' >one.svm
ingest -q --from=libsvm one.svm -o one.h5 || exit 99
score --estimate --seed=1 one.h5 >out
ok "$(grep -q '^time unknown: 256 random rows: ' out &&
    grep -q '^memory ' out; echo $?)" 'a sample of one class'
done_testing
