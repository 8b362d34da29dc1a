#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# score and flag --memory: at a quarter of what the work needs (or the least that it can
# keep to, where that is more), with one thread, two and four, the same bytes as
# without a bound, and the process stays below, by what the system says of it;
# without a bound it stays below the estimate. A folder for the scratch files
# that is not there, and what cannot be bounded.
. "${WN_SOURCE:-.}/tests/tap.sh"

# used FILE: MiB, from what -v says. below NUMBER MOST NAME.
used() { sed -n 's/.*: used \([0-9]*\) MiB at most$/\1/p' "$1"; }
below() {
    if [ "${WN_SANITIZERS:-no}" = yes ]; then
        skip "$3" 'the shadow memory of the sanitizers is no array of ours'
    else
        ok "$([ "${1:-999999}" -le "$2" ]; echo $?)" "$3: $1 of $2 MiB"
    fi
}

# bounded FILE NAME THREADS OPTION...: free once, then with each of THREADS.
bounded() {
    file=$1
    name=$2
    threads=$3
    shift 3
    score "$@" "$file" -j4 --estimate >estimate
    need=$(sed -n 's/^memory *\([0-9]*\) MiB at most, or .*/\1/p' estimate)
    least=$(sed -n 's/^memory .* or \([0-9]*\) with.*/\1/p' estimate)
    score -v "$@" "$file" -j4 -f -o free.h5 2>err || cat err
    free=$(used err)
    below "$free" "$need" "$name, free: no more than the estimate"
    below "$need" $((free * 2)) "$name: that is no more than twice too much"
    quarter=$((need / 4))
    [ $quarter -ge "$least" ] || quarter=$least
    for j in $threads; do
        score -v "$@" "$file" -j"$j" --memory=${quarter}M -f -o bound.h5 \
            2>err || cat err
        same free.h5 bound.h5 "$name at a quarter, -j$j: the same bytes"
        below "$(used err)" $quarter "$name, -j$j: stays below"
    done
}

# The sanitizers make all of it slower and their memory leaves windows of the
# least number: a small set and one run.
n=1600 threads='1 2 4'
[ "${WN_SANITIZERS:-no}" != yes ] || n=400 threads=2
awk -v n=$n 'BEGIN {
    s = 7
    for (i = 0; i < n; i++) {
        line = i % 3
        for (j = 0; j < 1020; j++) {
            s = (s * 16807) % 2147483647
            line = line " " j + 1 ":" int(s / 2147483) + \
                   (j % 3 == i % 3) * 300
        }
        print line
    }
}' >wide.svm
ingest -q --from=libsvm wide.svm -o wide.h5 || exit 99
bounded wide.h5 'the committee' "$threads" --methods=disagreement --passes=1

fails_with 2 "--memory: $n rows of 1020 features and 3 classes need" \
    score --memory=24M wide.h5 -o no.h5

# flag: more probabilities than anything else, at the least that it can keep to.
n=3000 k=1500
[ "${WN_SANITIZERS:-no}" != yes ] || n=1500 k=150
awk -v n=$n -v k=$k 'BEGIN {
    s = 7
    for (i = 0; i < n; i++) {
        line = i % k
        for (j = 1; j <= 8; j++) {
            s = (s * 16807) % 2147483647
            line = line " " j ":" i % k * (7 * j + 3) % 97 + s % 5
        }
        print line
    }
}' >many.svm
ingest -q --from=libsvm many.svm -o many.h5 || exit 99
score -i --model=neighbors --passes=1 --methods=disagreement many.h5 ||
    exit 99
flag -v many.h5 -j1 -f -o free.h5 2>err || cat err
free=$(used err)
flag many.h5 --memory=2M -o no.h5 2>err
least=$(sed -n 's/.* need \([0-9]*\) MiB, wanted at most 2 MiB$/\1/p' err)
below $((least * 4)) $((free * 3)) \
    "flag: the least is less than three quarters of what it takes"
for j in 2 4; do
    flag -v many.h5 -j$j --memory=$((least + 4))M -f -o bound.h5 2>err ||
        cat err
    same free.h5 bound.h5 "flag at the least, -j$j: the same bytes"
    below "$(used err)" $((least + 4)) "flag, -j$j: stays below"
done

TMPDIR=/nowhere
export TMPDIR
fails_with 2 "/nowhere: cannot make a temporary file" \
    score --memory=${quarter}M wide.h5 -o no.h5
ok "$([ ! -e no.h5 ]; echo $?)" "and leaves no file"
done_testing
