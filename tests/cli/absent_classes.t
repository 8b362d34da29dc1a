#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A declared class without rows is legal in every stage and does not change the
# results of the others.
. "${WN_SOURCE:-.}/tests/tap.sh"

iris=$samples/iris.csv
printf 'aaa\nmmm\nsetosa\nversicolor\nvirginica\nzzz\n' >classes
runs "ingest" ingest -q --label=species --classes=classes "$iris" -o a.h5
ingest -q --label=species "--classes=$PWD/classes" "$iris" -o b.h5
same a.h5 b.h5 "the file of --classes is recorded without its path"
rm b.h5
ingest -q --label=species "$iris" -o plain.h5
runs "score, all methods" score a.h5 --methods=all --keep-members -o s.h5
runs "flag" flag s.h5 -o f.h5
runs "report" report f.h5
is "$(grep -c 'too few rows to say' out)" 3 "the report names absent classes"
runs "report of a row" report f.h5 --explain=0
for format in json tsv prometheus; do
    runs "report as $format" report --format=$format f.h5
done
runs "prune" prune f.h5 --source="$iris" -o clean.csv
score plain.h5 --methods=all | flag | prune --source="$iris" -o plain.csv
is "$(wc -l <clean.csv)" "$(wc -l <plain.csv)" \
    "as many rows as without such classes"

for model in $(score --list-models | sed 's/ .*//'); do
    runs "score with $model alone" score --model="$model" --methods=none \
        a.h5 -f -o one.h5
    runs "flag after $model" flag -q one.h5 -f -o two.h5
done
for rule in posterior prune_by_noise_rate prune_by_class both \
    confident_learning predicted_neq_given low_self_confidence \
    low_normalized_margin; do
    runs "flag --rule=$rule" flag -q --rule="$rule" s.h5 -f -o two.h5
done
python=/usr/bin/python3
if "$python" -c 'import h5py' 2>/dev/null; then
    score plain.h5 -f -o p.h5
    score a.h5 -f -o q.h5
    "$python" - >found <<'END'
import h5py
import numpy as np
a, p, f = (h5py.File(n) for n in ("q.h5", "p.h5", "f.h5"))
x, y = a["score/probability"][:], p["score/probability"][:]
print(x.shape, np.isfinite(x).all(), abs(x.sum(1) - 1).max() < 1e-5)
print((x >= 0).all(), x[:, [0, 1, 5]].max() < .05)
print((x[:, 2:5].argmax(1) == y.argmax(1)).all())
print(f["flag/noise/threshold"][:][[0, 1, 5]].tolist())
print(f["flag/noise/confident_joint"][:][[0, 1, 5]].sum())
print(sorted(set(f["flag/suggestion"][:].tolist()) - {-1, 3, 4}))
END
    cat >wanted <<'END'
(150, 6) True True
True True
True
[2.0, 2.0, 2.0]
0
[]
END
    same found wanted "the results of the others do not change"
else
    skip "numbers" "python3-h5py is not installed"
fi

done_testing
