#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# score as a program: what it writes, what it refuses, the same bytes for any
# number of threads.
. "${WN_SOURCE:-.}/tests/tap.sh"

ingest -q "$samples/iris.csv" --label=species -o iris.h5 || exit 99
ingest -q "$samples/digits.csv" --label=digit -o digits.h5 || exit 99

runs "--help" score --help
grep -q -e '--model=LIST' out
ok $? "which names its options"
runs "--version" score --version
runs "--list-methods" score --list-methods
grep -q '^disagreement ' out
ok $? "which names disagreement"
runs "--list-models" score --list-models
is "$(cut -d' ' -f1 out | tr '\n' ' ')" "kernel trees neighbors softmax mlp " \
    "which names the models"

fails_with 2 "unknown or ambiguous option --nonsense" score --nonsense
fails_with 2 "--model: found 'oracle', wanted some of committee|kernel|trees" \
    score --model=oracle iris.h5
fails_with 2 "--methods: found 'x', wanted some of" score --methods=x iris.h5
fails_with 2 "--neighbors: found 0, wanted 1 to 1000" score --neighbors=0 iris.h5
fails_with 2 "missing.h5" score missing.h5
fails_with 2 "samples/iris.csv" score "$samples/iris.csv"
fails_with 2 "--in-place and --output exclude each other" \
    score -i -o x.h5 --model=none --methods=none iris.h5
fails_with 2 "--neighbors: found 150, wanted at most 149 for 150 rows" \
    score --neighbors=150 -o no.h5 iris.h5
fails_with 2 "--folds: found 151, wanted at most 149 for 149 groups" \
    score --model=softmax --folds=151 -o no.h5 iris.h5
fails_with 2 "--epoch=5 is after the last of --epochs=3" \
    score --model=none --epoch=5 --epochs=3 -o no.h5 iris.h5
fails_with 2 "--kernels: found 'Vax', which OpenBLAS does not run here" \
    score --kernels=Vax --model=none -o no.h5 iris.h5
ok "$([ ! -e no.h5 ]; echo $?)" "and leaves no file"
touch there.h5
fails_with 2 "there.h5" score --model=none --methods=none -o there.h5 iris.h5
score -v --model=neighbors --methods=none -o there.h5 iris.h5 2>err
is "$?$(grep -c log-loss err)" 20 "which is known before the work"

# An option that nothing reads is an error: "option | of what | why".
none="--model=none --methods"
while IFS='|' read -r option what why; do
    fails_with 2 "--${option%=*}: $why" score --$option $what -o no.h5 iris.h5
done <<END
passes=2|$none=el2n|no model is fitted; see --model
ungrouped|$none=el2n|no model is fitted; see --model
folds=3|--model=trees|no requested model uses folds; see --list-models
neighbors=3|--model=kernel --methods=el2n|no neighbours are needed; see
probe=3|$none=el2n|no neighbours are needed; see --methods
metric=cosine|$none=el2n|no neighbours are needed; see --methods
replicates=3|$none=tomek|no training dynamics are needed; see --methods
epoch=3|$none=tomek|no training dynamics are needed; see --methods
epochs=3|$none=tomek|no training dynamics are needed; see --methods
hidden=3|$none=tomek|no training dynamics are needed; see --methods
learning-rate=3|$none=tomek|no training dynamics are needed; see --methods
batch=3|$none=tomek|no training dynamics are needed; see --methods
aum-threshold=99|$none=el2n|aum is not computed; see --methods
forgetting-never=9|$none=el2n|forgetting is not computed; see --methods
loss-recent|$none=el2n|loss_mean is not computed; see --methods
variability-ci|$none=el2n|variability is not computed; see --methods
negative-class=setosa||intrinsic is not computed; see --methods
intrinsic-neighbors=2||intrinsic is not computed; see --methods
extrinsic-neighbors=2|--methods=all|extrinsic is not computed; see --methods
pair-align=none||neither pair_cosine nor pair_rank is computed; see --methods
ood-by=gen||ood is not computed; see --methods
ood-plain||ood is not computed; see --methods
ood-top=2||ood is not computed; see --methods
END
ok "$([ ! -e no.h5 ]; echo $?)" "and leaves no file"

# Sets that are too small or have nothing to tell apart.
printf 'x,y\n1,a\n2,a\n3,a\n' >one.csv
ingest -q one.csv --label=y -o one.h5 || exit 99
fails_with 2 "one.h5: found one class in 3 rows, wanted two or more" \
    score one.h5
printf 'x,y\n1,a\n2,b\n3,a\n4,b\n' >four.csv
ingest -q four.csv --label=y -o four.h5 || exit 99
score --model=all --methods=all four.h5 -o four.out.h5 2>err
ok $? "four rows of two classes are enough"
grep -q 'four.h5: --neighbors lowered from 10 to 3 for 4 rows' err
ok $? "and the number of neighbours is lowered aloud"
printf 'x,z,y\n1,5,a\n1,5,b\n1,5,a\n1,5,b\n1,5,a\n1,6,a\n' >same.csv
ingest -q same.csv --label=y -o same.h5 || exit 99
runs "rows that are all but equal" score -q --model=all --methods=all same.h5 \
    -o same.out.h5

# Methods that need what is not there: an error by name, left out by all.
fails_with 2 "--methods: extrinsic needs trusted rows; see ingest --trusted" \
    score --model=none --methods=extrinsic -o no.h5 iris.h5
fails_with 2 "--methods: intrinsic needs probabilities, but --model is none" \
    score --model=none --methods=intrinsic -o no.h5 iris.h5
fails_with 2 "--methods: intrinsic needs --negative-class" \
    score --model=neighbors --methods=intrinsic -o no.h5 iris.h5
fails_with 2 "iris.h5: --negative-class: found 'iris', wanted one of the 3" \
    score --model=neighbors --methods=intrinsic --negative-class=iris \
    -o no.h5 iris.h5
ok "$([ ! -e no.h5 ]; echo $?)" "and no file is left"
awk -F, 'NR == 1 {print $0 ",sure"; next}
    NR == 3 {sub(/setosa/, "virginica")}
    {print $0 "," (NR % 4 == 0 ? "yes" : "no")}' \
    "$samples/iris.csv" >sure.csv
ingest -q sure.csv --label=species --trusted=sure -o sure.h5 || exit 99
runs "intrinsic and extrinsic" score -q --model=neighbors \
    --methods=intrinsic,extrinsic --negative-class=virginica sure.h5 -o ev.h5
h5py_has() { # NAME EXPRESSION: true of the file f
    /usr/bin/python3 -c 'import h5py' 2>/dev/null || {
        skip "$1" "python3-h5py is not installed"
        return
    }
    is "$(/usr/bin/python3 -c "import h5py; f = h5py.File('ev.h5', 'r')
print(bool($2))" 2>&1)" True "$1"
}
h5py_has "the planted row is wrong by a trusted one" \
    "f['score/extrinsic'][1] == f['score/extrinsic'][()].max()"
h5py_has "which is named" "0 <= f['score/evidence/extrinsic'][1] < 50"
h5py_has "and it is not negative by its neighbours" \
    "f['score/evidence/intrinsic'][()].min() == -1"

# The same bytes for any -j, by name, in place and through a pipe.
all="--model=all --methods=all --replicates=2 --epochs=3 --epoch=2 -q"
score $all digits.h5 -j1 -o j1.h5
ok $? "digits, -j1"
score $all digits.h5 -j2 -o j2.h5 && score $all digits.h5 -j4 -o j4.h5
same j1.h5 j2.h5 "-j2 writes the same"
same j1.h5 j4.h5 "-j4 writes the same"
score $all iris.h5 -o named.h5
score $all <iris.h5 >pipe.h5
same named.h5 pipe.h5 "a pipe gets the same"
cp iris.h5 place.h5
score $all -i place.h5
same named.h5 place.h5 "--in-place writes the same"
score $all named.h5 -o again.h5
same named.h5 again.h5 "score over score writes the same"
score $all --seed=1 iris.h5 -o seed.h5
cmp -s named.h5 seed.h5
is $? 1 "another seed, another file"

# An inverted file: told, and the same for any -j; all its cells are exact.
cells="--model=none --methods=disagreement --probe=4"
score $cells digits.h5 -j1 -o cells1.h5 2>err
grep -q '^score: neighbours: searched 4 of 84 cells, recall 0\.[0-9]*$' err
ok $? "--probe tells the recall"
score -q $cells digits.h5 -j2 -o cells2.h5
same cells1.h5 cells2.h5 "cells: -j2 writes the same"
score -q ${cells%4}84 digits.h5 -o cells84.h5
score -q ${cells%4}0 digits.h5 -o cells0.h5
"$build"/tests/cli/peek cells84.h5 score/neighbor/index i32 >cells84
"$build"/tests/cli/peek cells0.h5 score/neighbor/index i32 >cells0
same cells84 cells0 "all cells find what the exact search finds"

# Singular values of the features against numpy; only where models saw them.
score -q --model=neighbors --methods=none digits.h5 -o spread.h5
if /usr/bin/python3 -c 'import h5py, numpy' 2>/dev/null; then
    is "$(/usr/bin/python3 -c "
import h5py, numpy as np
f = h5py.File('spread.h5', 'r')
s = np.linalg.svd(f['data/features'][()].astype(float), compute_uv=False)
q = s / s.sum()
entropy = -(q * np.log(q)).sum()
a = f['score'].attrs
print(abs(a['singular_entropy'] / entropy - 1) < 1e-9,
      abs(a['singular_evenness'] / (entropy / np.log(len(q))) - 1) < 1e-9,
      abs(a['singular_ratio'] / q[0] - 1) < 1e-9)")" "True True True" \
        "entropy and largest singular value are those of numpy"
else
    skip "numpy's singular values" "python3-h5py is not installed"
fi

# Only what was asked for is there; a stale /flag goes.
score -q --model=none --methods=disagreement iris.h5 -o some.h5
h5ls -r some.h5 >listing 2>/dev/null || skip "listing" "h5ls is not installed"
if [ -s listing ]; then
    is "$(sed -n 's/^\(\/score[^ ]*\) .*/\1/p' listing | tr '\n' ' ')" \
        "/score /score/disagreement /score/neighbor /score/neighbor/distance /score/neighbor/index " \
        "--methods=disagreement computes that and the neighbours"
fi
score -q --methods=disagreement iris.h5 -o full.h5 && flag -q -i full.h5
score -q --methods=none --model=neighbors -i full.h5
if command -v h5ls >/dev/null; then
    is "$(h5ls full.h5 | cut -d' ' -f1 | tr '\n' ' ')" "data score " \
        "score drops a stale /flag"
fi

# --kernels and OPENBLAS_CORETYPE: what is asked for is what runs.
if [ "$(uname -m)" = x86_64 ]; then
    for name in Prescott Nehalem; do
        score -v --kernels=$name --model=none --methods=none iris.h5 \
            -o k.$name.h5 2>err
        grep -q "OpenBLAS kernels: $name" err
        ok $? "--kernels=$name"
    done
    OPENBLAS_CORETYPE=Nehalem score -v --model=none --methods=none iris.h5 \
        -o k.h5 2>err
    grep -q "OpenBLAS kernels: Nehalem" err
    ok $? "OPENBLAS_CORETYPE is left alone"
    # A set that this processor cannot run is refused; some are for AMD only,
    # some need AVX-512.
    missing=
    grep -qw avx512vl /proc/cpuinfo || missing=SkylakeX
    grep -qw fma4 /proc/cpuinfo || missing=${missing:-Bulldozer}
    if [ "$missing" ]; then
        fails_with 2 "--kernels: found '$missing', which needs" \
            score --kernels=$missing --model=none -o no.h5 iris.h5
        OPENBLAS_CORETYPE=$missing
        export OPENBLAS_CORETYPE
        fails_with 2 "OPENBLAS_CORETYPE: found '$missing', which needs" \
            score --model=none -o no.h5 iris.h5
        unset OPENBLAS_CORETYPE
    fi
fi

score --model=none --methods=none iris.h5 >/dev/full 2>err
is $? 2 "a full device: exit 2"
# --memory: refused at once, or the same bytes
fails_with 2 '--memory: 150 rows of 4 features and 3 classes need' \
    score --memory=12M iris.h5 -o small.h5
score --memory=1G --methods=el2n iris.h5 -o bounded.h5
score --methods=el2n iris.h5 -o free.h5
same bounded.h5 free.h5 'the same bytes under --memory'

done_testing
