#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# score and flag --memory=SIZE: the same bytes as without it, anonymous memory
# below SIZE, refused where that is impossible, and an error where the arrays
# cannot go to TMPDIR. SIZE is the smallest that the refusal names.
. "${WN_SOURCE:-.}/tests/tap.sh"

# least COMMAND...: set least to the MiB that the refusal of 1 MiB names.
least() {
    "$@" --memory=1M -o no.h5 2>err
    least=$(sed -n 's/.* need \([0-9]*\) MiB, wanted at most 1 MiB$/\1/p' err)
}

# bounded FILE THREADS COMMAND OPTION...
bounded() {
    file=$1
    threads=$2
    shift 2
    "$@" -q "$file" -j2 -f -o free.h5 || echo "# $*: exit $?"
    least "$@" "$file" -j2
    for j in $threads; do
        peak_of "$@" "$file" -j"$j" --memory="${least}M" -f -o bound.h5
        sed 's/^/# /' err
        same free.h5 bound.h5 "$file $*, -j$j: the same bytes"
        if [ "${WN_SANITIZERS:-no}" = yes ]; then
            skip "$file $*, -j$j: stays below --memory" \
                'the shadow memory of the sanitizers counts, too'
        else
            ok "$([ "$peak" -gt 0 ] && [ "$peak" -lt "$least" ]; echo $?)" \
                "$file $*, -j$j: $peak MiB of $least"
        fi
    done
}

# sparse ROWS: of 20,000 features each row has 270.
sparse() {
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
    }' >sparse.svm
    ingest -q -f --from=libsvm sparse.svm -o "sparse$1.h5" || exit 99
}

# Many rows for the matrices of the kernel and the committee.
n=1600
[ "${WN_SANITIZERS:-no}" != yes ] || n=700
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
bounded wide.h5 '1 2' score --methods=disagreement --passes=1

# Long rows for every model alone.
sparse 500
if [ "${WN_SANITIZERS:-no}" = yes ]; then
    skip 'long rows' 'too slow under the sanitizers'
else
    for model in kernel trees neighbors softmax mlp; do
        bounded sparse500.h5 2 score --methods=none --passes=1 --model=$model
    done
    bounded sparse500.h5 1 score --model=none --methods=knn_shapley_exact
    sparse 120
    bounded sparse120.h5 1 score --model=none --epoch=2 --replicates=2 \
        --methods=el2n,grand,forgetting
fi

fails_with 2 "--memory: $n rows of 1020 features and 3 classes need" \
    score --memory=12M wide.h5 -o no.h5

# flag: more probabilities than anything else.
n=3000 k=1500
[ "${WN_SANITIZERS:-no}" != yes ] || n=1500 k=400
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
score -i -q --model=neighbors --passes=1 --methods=disagreement many.h5 ||
    exit 99
bounded many.h5 '1 2' flag

# Without the directory there is no output.
TMPDIR=/nowhere
export TMPDIR
least score --methods=none wide.h5 -j2
fails_with 2 "/nowhere: cannot make a temporary file" \
    score --methods=none --memory="${least}M" -j2 wide.h5 -o no.h5
ok "$([ ! -e no.h5 ]; echo $?)" "score leaves no file"
least flag many.h5 -j2
fails_with 2 "/nowhere: cannot make a temporary file" \
    flag --memory="${least}M" -j2 many.h5 -o no.h5
ok "$([ ! -e no.h5 ]; echo $?)" "flag leaves no file"
done_testing
