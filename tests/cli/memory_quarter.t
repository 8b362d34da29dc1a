#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# score --memory at a quarter of the need: kernel, neighbors, softmax, networks
# and exact Shapley values, on rows so long that each is a window of its own.
# The need is what a free run had in memory beyond what the program has before
# it does anything. The same bytes by cmp, with another number of threads; the
# process stays below; and it is over in time: what reads all rows for every
# few columns would take minutes. Trees, which look up features in no order,
# at the least that --estimate names for them. (mlp
# at a quarter goes through all its weights at every step: a minute here.)
. "${WN_SOURCE:-.}/tests/tap.sh"

if [ "${WN_SANITIZERS:-no}" = yes ]; then
    skip 'a quarter of the memory' 'bound.t does this under the sanitizers'
    done_testing
    exit
fi

used() { sed -n 's/.*: used \([0-9]*\) MiB at most$/\1/p' "$1"; }
least() { sed -n 's/^memory .* or \([0-9]*\) with.*/\1/p' "$1"; }

# within MIB FILE THREADS OPTION...: as free.h5.
within() {
    most=$1 file=$2 j=$3
    shift 3
    (ulimit -t 100 && score -v "$@" "$file" -j"$j" --memory="${most}M" -f \
        -o bound.h5) 2>err || cat err
    same free.h5 bound.h5 "$file $*, -j$j: the same bytes"
    found=$(used err)
    ok "$([ "${found:-999999}" -le "$most" ]; echo $?)" \
        "$file $*, -j$j: used $found MiB of $most, free $free"
}

# free FILE OPTION...: without a bound; $free, $base and $least in MiB.
free() {
    score -v "$@" --estimate -j2 >told 2>err
    base=$(used err) least=$(least told)
    score -v "$@" -j2 -f -o free.h5 2>err || cat err
    free=$(used err)
}

# quarter FILE THREADS OPTION...
quarter() {
    file=$1 threads=$2
    shift 2
    free "$file" "$@"
    within $((base + (free - base) / 4)) "$file" "$threads" "$@"
}

# wide ROWS: of 20,000 features each row has 270.
wide() {
    awk -v n="$1" 'BEGIN {
        s = 7
        for (i = 0; i < n; i++) {
            line = (i + (i % 10 == 0)) % 3
            for (j = 1 + i % 50; j <= 20000; j += 1 + s % 150) {
                s = (s * 16807) % 2147483647
                line = line " " j ":" 1 + s % 7 + (j % 3 == i % 3) * 3
            }
            print line
        }
    }' >wide.svm
    ingest -q --from=libsvm wide.svm -o "wide$1.h5" || exit 99
}

wide 500
for model in kernel neighbors softmax; do
    quarter wide500.h5 2 --methods=none --passes=1 --model=$model
done
quarter wide500.h5 1 --model=none --methods=knn_shapley_exact
free wide500.h5 --model=trees --methods=none --passes=1
within "$least" wide500.h5 2 --model=trees --methods=none --passes=1
wide 120
quarter wide120.h5 1 --model=none --methods=el2n,grand,forgetting --epoch=2 \
    --replicates=2
done_testing
