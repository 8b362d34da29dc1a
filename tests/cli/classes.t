#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Two thousand classes of two rows each, through every stage; awk counts the
# expected totals.
. "${WN_SOURCE:-.}/tests/tap.sh"
peek=$build/tests/cli/peek

# Classes are points on a wide grid, with their two rows close together. One row
# in twenty has the label of the next class.
awk 'BEGIN {
    print "x,y,z,label,truth"
    for (i = 0; i < 4000; i++) {
        c = i % 2000
        given = i < 2000 && i % 10 == 3 ? (c + 1) % 2000 : c
        printf "%d,%d,%.2f,c%04d,c%04d\n", c % 13 * 10, int(c / 13) % 13 * 10,
            int(c / 169) * 10 + int(i / 2000) / 4, given, c
    }
}' >many.csv
cut -d, -f1-4 many.csv >given.csv
runs "ingest" ingest -q given.csv --label=label -o data.h5
runs "score" score -q --model=neighbors \
    --methods=disagreement,enn,simifeat_rank,simifeat_vote,knn_shapley,ood \
    data.h5 -o score.h5
runs "flag" flag -q -j2 score.h5 -o flag.h5
runs "flag with one thread" flag -q -j1 score.h5 -o one.h5
runs "which does not matter" cmp flag.h5 one.h5

# The stored ones of 4,000,000 pairs of classes.
"$peek" flag.h5 flag/noise/cell_given i32 >given
"$peek" flag.h5 flag/noise/cell_true i32 >true
"$peek" flag.h5 flag/noise/cell_confident_joint i64 >count
is "$(paste given true | awk '$1 == $2' | wc -l)" 2000 \
    "every class is on the diagonal"
paste given true >places
runs "cells are in order" sort -c -n -k1,1 -k2,2 places
is "$(awk '{ n += $1 } END { print n }' count)" 4000 \
    "the calibrated joint has every row"
by_class() {
    awk '{ n[$1 + 0] += $2 } END {
        for (c = 0; c < 2000; c++) print c, n[c] + 0 }'
}
is "$(paste given count | by_class | cksum)" \
    "$(sed '1d; s/.*,c//; s/$/ 1/' given.csv | by_class | cksum)" \
    "as many of each class as are labelled so"
ok "$([ "$(wc -l <count)" -le 6000 ]; echo $?)" "no more cells than rows"
"$peek" flag.h5 flag/noise/posterior_given i32 >pgiven
"$peek" flag.h5 flag/noise/posterior_true i32 >ptrue
"$peek" flag.h5 flag/noise/posterior_cell f64 >pcell
rate=$("$peek" flag.h5 flag/noise/rate f64 | head -n 1)
ok "$(paste pgiven ptrue pcell | awk -v rate="$rate" '
    $1 == $2 { right += $3 } $1 != $2 && $3 < 0 { bad++ }
    END { d = 1 - right - rate; exit bad || d > 1e-8 || d < -1e-8 }'; echo $?)" \
    "the rate is what its diagonal leaves"

ok "$("$peek" flag.h5 flag/noise/rate f64 | awk '
    NR == 2 { low = $1 } NR == 3 { high = $1 }
    END { exit low > 0 || high < 0.5 }'; echo $?)" \
    "which two rows a class leave between 0 and more than half"

runs "report" report --no-values flag.h5
ok "$([ "$(wc -l <out)" -le 120 ]; echo $?)" "stays as short as with few classes"
ok "$(grep -q 'and 1[0-9]* more' out; echo $?)" "which says what is left out"
runs "prune" prune -q flag.h5 --source=given.csv -o kept.csv \
    --class-floor=0 --removed=removed.csv
is "$(cat kept.csv removed.csv | wc -l)" 4002 "prune keeps or removes each row"

# Ten rows of two classes, and ten classes of one row: an answer at every stage.
awk 'BEGIN { OFS = ","; print "x,y,label"; for (i = 0; i < 10; i++)
    print i % 2 * 5 + i / 10, i / 3, "c" i % 2 }' >two.csv
awk 'BEGIN { OFS = ","; print "x,y,label"; for (i = 0; i < 10; i++)
    print i, i * i, "c" i }' >each.csv
for set in two each; do
    ingest -q $set.csv --label=label -o $set.h5 &&
        score -q --methods=disagreement,simifeat_rank,forward_loss $set.h5 \
            -o $set.s.h5
    for rule in posterior both confident_learning low_normalized_margin; do
        runs "$set: $rule" flag -qf --rule=$rule $set.s.h5 -o $set.f.h5
    done
    runs "$set: report" report $set.f.h5
    runs "$set: prune" prune -q $set.f.h5 --source=$set.csv -o $set.kept.csv \
        --removed=$set.removed.csv
    is "$(cat $set.kept.csv $set.removed.csv | wc -l)" 12 "$set: every row"
done
# One row a class tells nothing about the confusion of classes.
score each.h5 --methods=simifeat_rank,forward_loss -o notes.h5 2>err
ok "$(grep -q 'simifeat_rank: 10 labelled rows are too few for a transition' err
    echo $?)" "simifeat_rank says that it falls back"
ok "$(grep -q 'forward_loss left out: 10 labelled rows are too few' err
    echo $?)" "forward_loss says that it is left out"

done_testing
