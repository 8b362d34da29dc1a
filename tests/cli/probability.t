#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Probabilities that the user brings: ingest --probability, and what score and
# the stages after it make of them.
. "${WN_SOURCE:-.}/tests/tap.sh"

cat >p.csv <<'END'
age,p_dog,p_cat,p_eel,animal
1,.9,.1,0,dog
2,.25,.75,0,cat
3,1e-1,.9,0,dog
4,.333,.333,.333,cat
END
runs "columns for the classes, in any order" \
    ingest --label=animal --probability='p_(.*)' p.csv -o p.h5
is "$(head -n 1 err)" "ingest: p.csv: --probability: columns for classes that no row \
has: eel" "a class without rows is reported"
runs "score" score -v p.h5 -o s.h5
is "$(grep -c '^score: brought: log-loss 0.9488' err)" 1 \
    "and how good they are" # mean of -log .9, .75, .1, .333: .94881
python=/usr/bin/python3
if "$python" -c 'import h5py' 2>/dev/null; then
    "$python" - >found <<'END'
import h5py
f = h5py.File("s.h5")
print(b" ".join(f["data/label_name"][:]).decode(), f["data/label"][:].tolist())
for row in f["data/probability"]:
    print([round(float(x), 6) for x in row])
print((f["data/probability"][:] == f["score/probability"][:]).all(),
      f["score/probability"].attrs["members"].decode(),
      round(f["score/probability"].attrs["brought_log_loss"], 5))
print(b" ".join(f["data/column/kind"][:]).decode(),
      b" ".join(f["data/feature_name"][:]).decode())
print(f["score"].attrs["singular_ratio"])
END
    # By hand; what sums to .999 is kept as it is.
    cat >wanted <<'END'
cat dog eel [1, 0, 1, 0]
[0.1, 0.9, 0.0]
[0.75, 0.25, 0.0]
[0.9, 0.1, 0.0]
[0.333, 0.333, 0.333]
True brought 0.94881
numeric probability probability probability label age
1.0
END
    same found wanted "matrix, classes and columns are as worked out by hand"
else
    skip "matrix" "python3-h5py is not installed"
fi

# --- from ingest to prune -----------------------------------------------------
awk 'BEGIN { print "x,p_a,p_b,p_c,y"
    for (i = 0; i < 6000; i++) {
        c = i % 3; s = (i * 7919) % 100 / 400 + .6
        y = i % 50 == 7 ? (c + 1) % 3 : c
        for (k = 0; k < 3; k++) p[k] = k == c ? s : (1 - s) / 2
        printf "%d,%.6f,%.6f,%.6f,%s\n", i * i % 97, p[0], p[1], p[2],
            substr("abc", y + 1, 1)
    }
}' >many.csv
many='--label=y --probability=p_(.) -q many.csv'
ingest $many -o one.h5 -j1
ingest $many -o four.h5 -j4
same one.h5 four.h5 "the same bytes for any -j"
runs "score" score one.h5 -o scored.h5
runs "flag" flag scored.h5 -o flagged.h5
runs "report" report flagged.h5
is "$(report --format=tsv flagged.h5 | awk -F'\t' '$0 !~ /^#/ { print $1 }' |
    wc -l | awk '{ print ($1 > 0) }')" 1 "rows are listed"
runs "prune" prune --source=many.csv flagged.h5 -o clean.csv
score --model=neighbors -v one.h5 -o named.h5 2>err
is "$(grep -c '^score: brought' err) $(grep -c '^score: neighbors' err)" "0 1" \
    "--model replaces the user's probabilities"

# --- what does not fit --------------------------------------------------------
opts='--label=animal p.csv -o no.h5'
fails_with 2 "--probability: found classes without a column: dog, cat; columns \
without a class: og, at, eel; wanted a column for each class" \
    ingest $opts --probability='p_[cd]?(.*)'
fails_with 2 "--probability: found 'p_.*', wanted a pattern with a group in \
round brackets" ingest $opts --probability='p_.*'
fails_with 2 "--probability: no column's name matches 'q_(.*)'" \
    ingest $opts --probability='q_(.*)'
fails_with 2 "--probability: 'p_(' at byte 3: missing closing parenthesis" \
    ingest $opts --probability='p_('
fails_with 2 "columns p_dog and p_cat are both for class _ by --probability" \
    ingest $opts --probability='p(_).*'
fails_with 2 "column p_dog: found no class name in it by --probability" \
    ingest $opts --probability='p_dog(.*)'
printf 'cat\ndog\n' >classes
fails_with 2 "found classes without a column: none; columns without a class: \
eel; wanted" ingest $opts --probability='p_(.*)' --classes=classes
printf 'cat\ndog\neel\nfox\n' >classes
fails_with 2 "found classes without a column: fox; columns without a class: \
none; wanted" ingest $opts --probability='p_(.*)' --classes=classes
# bad ROW TEXT: with that row as the third.
bad() {
    printf 'a,p_x,p_y,l\n1,0,1,x\n2,%s,y\n' "$1" >bad.csv
    fails_with 2 "bad.csv:3: $2" ingest --label=l --probability='p_(.)' bad.csv
}
bad 0.5,0.6 "found probabilities that sum to 1.1, wanted 1"
bad 0.5,0.47 "found probabilities that sum to 0.97, wanted 1"
bad 0,0 "found probabilities that sum to 0, wanted 1"
bad -0.5,1.5 "column p_x: found '-0.5', wanted a probability"
bad 0,1.01 "column p_y: found '1.01', wanted a probability"
bad 0.5, "column p_y: found '', wanted a probability"
bad 0.5,nan "column p_y: found 'nan', wanted a probability"
bad 1e400,1 "column p_x: found '1e400', wanted a probability"
ls no.h5 >out 2>err
is "$(cat out)" "" "nothing was written"

done_testing
