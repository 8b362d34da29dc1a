#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets that leave little or nothing to learn from, through ingest, score, flag
# and report: for each a defined result or a clear refusal.
. "${WN_SOURCE:-.}/tests/tap.sh"

# The sets. The last column is the label.
one_class() { printf 'x,z,y\n1,5,a\n2,3,a\n3,1,a\n'; }
one_row() { printf 'x,y\n1,a\n'; }
two_rows() { printf 'x,y\n1,a\n2,b\n'; }
one_row_a_class() { printf 'x,z,y\n1,5,a\n2,3,b\n3,1,c\n9,2,d\n4,4,e\n'; }
one_of_two() { printf 'x,y\n1,a\n2,a\n3,a\n4,a\n5,a\n6,b\n'; }
all_equal() {
    awk 'BEGIN { print "x,z,y"
        for (i = 0; i < 20; i++) print "1,2," (i % 2 ? "a" : "b") }'
}
equal_but_one() {
    awk 'BEGIN { print "x,z,y"
        for (i = 0; i < 20; i++)
            print (i == 19) ",2," (i % 2 ? "a" : "b") }'
}
equal_but_one_and_a_class_of_one() {
    awk 'BEGIN { print "x,z,y"
        for (i = 0; i < 20; i++) print (i == 19) ",2," (i ? "a" : "b") }'
}
constant() {
    awk 'BEGIN { print "c,x,y"
        for (i = 0; i < 24; i++) print "7," i % 12 "," (i % 12 < 6 ? "a" : "b") }'
}
only_constant() { printf 'c,y\n7,a\n7,b\n7,a\n7,b\n7,a\n7,c\n'; }
fewer_rows_than_classes() { printf 'x,y\n1,c1\n2,c2\n5,c1\n6,c3\n'; }
duplicated() {
    awk 'BEGIN { print "x,z,y"
        for (i = 0; i < 30; i++)
            print i % 5 "," i % 3 "," (i % 5 < 3 ? "a" : "b") }'
}
one_feature() {
    awk 'BEGIN { print "x,y"
        for (i = 0; i < 30; i++)
            print i % 15 "," (i % 15 < 5 ? "a" : i % 15 < 10 ? "b" : "c") }'
}
huge_values() {
    awk 'BEGIN { print "x,z,y"
        for (i = 0; i < 20; i++)
            print (i % 2 ? "1e30" : "-1e30") "," i "e-30," (i % 2 ? "a" : "b") }'
}
many_features() {
    awk 'BEGIN { for (j = 0; j < 50000; j++) printf "x%d,", j; print "y"
        srand(1)
        for (i = 0; i < 12; i++) {
            for (j = 0; j < 50000; j++) printf "%d,", rand() * 9 + i % 2
            print i % 2 ? "a" : "b"
        } }'
}
seq -f "c%g" 1 9 >classes

# set | options of ingest | how ingest ends: 0, or what it says | score likewise
none='found no feature: the columns beside the label are constant'
table="
one_class||0|set.h5: found one class in 3 rows, wanted two or more
one_row||set.csv: $none|
two_rows||0|0
one_row_a_class||0|0
one_of_two||0|0
all_equal||set.csv: $none|
equal_but_one||0|0
equal_but_one_and_a_class_of_one||0|0
constant||0|0
only_constant||set.csv: $none|
fewer_rows_than_classes|--classes=classes|0|0
duplicated||0|0
one_feature||0|0
huge_values||0|0
many_features||0|0
"
models='kernel trees neighbors softmax mlp'

few='--replicates=1 --epochs=2 --epoch=1'
echo "$table" | sed '/^$/d' >list
while IFS='|' read -r set options ingested scored; do
    $set >set.csv
    rm -f set.h5
    if [ "$ingested" != 0 ]; then
        fails_with 2 "$ingested" ingest -q set.csv --label=y -o set.h5
        ok "$([ ! -e set.h5 ]; echo $?)" "$set: ingest leaves no file"
        continue
    fi
    runs "$set: ingest" ingest -q set.csv --label=y $options -o set.h5
    if [ "$scored" != 0 ]; then
        fails_with 2 "$scored" score -q -o no.h5 set.h5
        ok "$([ ! -e no.h5 ]; echo $?)" "$set: score leaves no file"
        continue
    fi
    # Where this is slow, all of them together only.
    for model in $([ "$set" = many_features ] || echo $models); do
        runs "$set: $model" \
            score -q --model=$model --methods=none -o $set.$model.h5 set.h5
        flag -q $set.$model.h5 -f -o flagged.h5 2>err &&
            report flagged.h5 >out 2>>err
        is "$?$(cat err)" 0 "$set: $model: flag and report"
    done
    runs "$set: all models, all methods" \
        score -q $few --model=all --methods=all -o $set.all.h5 set.h5
    if [ "$set" != many_features ]; then
        score -q -f $few -j4 --model=all --methods=all -o j4.h5 set.h5
        same $set.all.h5 j4.h5 "the same bytes for -j4"
    fi
    runs "$set: flag" flag -q -i $set.all.h5
    runs "$set: report" report $set.all.h5
done <list
# Raw arrays: numbers whose distances overflow, whose squares underflow to 0, that
# are all 0; no label at all.
PATH=$build/tests/cli:$PATH
array() { # WORD LABEL...: six rows of two features, WORD and its negative
    word=$1
    shift
    for sign in '' - '' - '' -; do echo "$sign$word $word"; done |
        compose x.npy npy f4 6x2 && echo "$@" | compose y.npy npy i4 6 &&
        ingest -qf x.npy --label=y.npy --scale=none -o set.h5
}
array 3e38 0 1 0 1 0 1 || exit 99
fails_with 2 'set.h5: data/features: row 0, feature x#0 is 3e+38, wanted at most 1e+35; see ingest --scale' \
    score --methods=all -o no.h5 set.h5
ingest -qf x.npy --label=y.npy --scale=robust -o set.h5
runs "scaled they do" score -q $few --model=all --methods=all -o big.all.h5 set.h5
for word in 1e35 1e-40 0; do
    array $word 0 1 0 1 0 1 || exit 99
    runs "features of $word" \
        score -q $few --model=all --methods=all -o $word.all.h5 set.h5
    flag -q -i $word.all.h5 && report $word.all.h5 >out
    ok $? "features of $word: flag and report"
done
fails_with 2 'y.npy: found no label in 6 rows' array 1 -1 -1 -1 -1 -1 -1
equal_but_one >set.csv
ingest -qf set.csv --label=y -o set.h5 && score -q -o half.h5 set.h5

# All stored numbers are finite, probabilities sum to 1, suspicions exist; equal
# rows of two classes have about a half for each.
cat >check.py <<'END'
import sys
import h5py
import numpy


def check(name, file):
    p = file["score/probability"][()]
    yield "probability", (p >= 0).all() and abs(p.sum(1) - 1).max() < 1e-5
    for key, item in file["score"].items():
        if hasattr(item, "dtype") and item.dtype.kind == "f":
            yield key, numpy.isfinite(item[()]).all()
    if "flag" in file:
        s = file["flag/suspicion"][()]
        yield "suspicion", ((s >= 0) & (s <= 1)).all()
        yield "order", sorted(file["flag/order"][()]) == list(range(len(s)))
    if name == "half.h5":
        yield "half", p[:19].min() > .3 and p[:19].max() < .7


for name in sys.argv[1:]:
    with h5py.File(name) as file:
        for what, fine in check(name, file):
            if not fine:
                print(name, what)
print(len(sys.argv) - 1, "files")
END
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
    is "$(/usr/bin/python3 check.py *.all.h5 half.h5 *.kernel.h5 *.trees.h5 \
        *.neighbors.h5 *.softmax.h5 *.mlp.h5 2>&1 | tail -n 20)" "66 files" \
        "all probabilities, scores and suspicions are as they should"
else
    skip "probabilities, scores, suspicions" "python3-h5py is not installed"
fi


done_testing
