#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The neighbour graph: the same bytes for any number of threads, and the same
# neighbours with any kernels. memory_bound.t tests it under --memory.
. "${WN_SOURCE:-.}/tests/tap.sh"

# Two thousand rows of whole numbers; every twentieth row occurs twice.
awk 'BEGIN {
    s = 11
    for (j = 0; j < 150; j++) printf "x%d,", j
    print "y"
    for (i = 0; i < 2000; i++) {
        if (i % 20 != 1)
            line = ""
        for (j = 0; i % 20 != 1 && j < 150; j++) {
            s = (s * 16807) % 2147483647
            line = line int(s / 214748365) + (j % 5 == i % 5) * 4 ","
        }
        print line "abcde" i % 5
    }
}' >ties.csv
ingest -q --label=y ties.csv -o ties.h5 || exit 99
what="-q --model=none --methods=disagreement"

# graph FILE: a digest of its neighbours and distances.
graph() {
    "$build/tests/cli/peek" "$1" score/neighbor/index digest
    "$build/tests/cli/peek" "$1" score/neighbor/distance digest
}

for metric in euclidean cosine; do
    score $what --metric=$metric -j1 ties.h5 -o $metric.h5 || exit 99
    for threads in 2 4; do
        score $what --metric=$metric -j$threads ties.h5 -f -o again.h5
        same $metric.h5 again.h5 "$metric, -j$threads: the same bytes"
    done
    if [ "$(uname -m)" = x86_64 ]; then
        score $what --metric=$metric --kernels=Prescott ties.h5 -f -o old.h5
        is "$(graph old.h5)" "$(graph $metric.h5)" \
            "$metric: the same graph by older kernels"
    fi
done

# Two clusters far apart: rounded products cannot tell the rows of a cluster
# apart, so the search starts again with exact ones.
awk 'BEGIN {
    s = 12
    for (j = 0; j < 40; j++) printf "x%d,", j
    print "y"
    for (i = 0; i < 1500; i++) {
        for (j = 0; j < 40; j++) {
            s = (s * 16807) % 2147483647
            printf "%.9g,", (i % 2) * (j % 3 ? 90.1 : -80.3) + s / 2147483647
        }
        print "ab" i % 2
    }
}' >far.csv
ingest -q --label=y far.csv -o far.h5 &&
    score $what far.h5 -o best.h5 || exit 99
if [ "$(uname -m)" = x86_64 ]; then
    for name in Prescott $(grep -qw avx2 /proc/cpuinfo && echo Haswell); do
        score $what --kernels=$name far.h5 -f -o old.h5
        is "$(graph old.h5)" "$(graph best.h5)" \
            "clusters: the same graph by the kernels $name"
    done
fi
score $what -j3 far.h5 -f -o again.h5
same best.h5 again.h5 "clusters: the same bytes for another -j"

done_testing
