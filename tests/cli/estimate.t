#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# score --estimate against what the system says the same work took: never less,
# and no more than half as much again and 16 MiB. Time is not compared: make
# bench BENCH=estimate shows it.
. "${WN_SOURCE:-.}/tests/tap.sh"

# The shadow memory of the sanitizers is no part of the work.
if [ "${WN_SANITIZERS:-no}" = yes ]; then
    skip 'estimates of memory' 'the sanitizers take memory of their own'
    done_testing
    exit
fi

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

# MiB: what --estimate says, and -v at the end.
need() { sed -n 's/^memory *\([0-9]*\) MiB at most.*/\1/p' "$1"; }
used() { sed -n 's/.*: used \([0-9]*\) MiB at most$/\1/p' "$1"; }

# as_told FILE OPTION...: no more than it was told, and not much less.
as_told() {
    file=$1
    shift
    score "$@" "$file" --estimate -j2 >told
    score -v "$@" "$file" -j2 -f -o out.h5 2>err || cat err
    found=$(used err) wanted=$(need told)
    ok "$([ "${found:-999999}" -le "$wanted" ] &&
        [ $((2 * wanted)) -le $((3 * found + 32)) ]; echo $?)" \
        "$file $*: used $found MiB, was told $wanted"
}

rows 150 4 3
rows 1797 64 10
rows 5000 20 2
rows 1000 784 40
rows 1500 30 500
for file in 150.4.3.h5 1797.64.10.h5 5000.20.2.h5; do
    for model in trees neighbors softmax mlp; do
        as_told $file --model=$model --passes=1 --methods=none
    done
done
for file in 1000.784.40.h5 1500.30.500.h5; do
    for model in trees neighbors softmax; do
        as_told $file --model=$model --passes=1 --methods=none
    done
    as_told $file --passes=1 --methods=disagreement
    as_told $file --model=none --methods=el2n,grand --epoch=1 --replicates=2
    as_told $file --model=none --methods=knn_shapley_exact
done
as_told 150.4.3.h5 --methods=all
as_told 1797.64.10.h5 --methods=all --passes=1 --epoch=1 --replicates=2
done_testing
