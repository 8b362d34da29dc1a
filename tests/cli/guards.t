#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Labels that are no classes are refused, and what looks like a mistake in the
# data is said, with what to do.
. "${WN_SOURCE:-.}/tests/tap.sh"

# --- measurements ----------------------------------------------------------------

# 60 prices in 120 rows.
awk 'BEGIN { print "a,b,price"
    for (i = 0; i < 120; i++)
        printf "%d,%d,%.1f\n", i * 7 % 13, i * 5 % 11, 10 + i % 60 / 4 }' \
    >prices.csv
fails_with 2 'ingest: prices.csv: column price: found 60 different numbers in 120 rows, wanted classes; is this a measurement? Cut it into ranges (winnow-recipes(7) has a rule) or use a tool for regression; --label-type=class goes on' \
    ingest prices.csv --label=price -o prices.h5
runs '--label-type=class goes on' \
    ingest prices.csv --label=price --label-type=class -o prices.h5
is "$(sed -n 's/.*features, //p' err)" '60 classes' 'with 60 classes'
cut -d, -f3 prices.csv | sed 1d | sort -u >prices
runs '--classes goes on' \
    ingest prices.csv --label=price --classes=prices -f -o prices.h5
cat >ranges.rules <<'END'
price: replace /1\d\..*/cheap/
price: replace /2\d\..*/dear/
END
runs 'rules cut it into ranges' \
    ingest prices.csv --label=price --rules=ranges.rules -f -o prices.h5
is "$(sed -n 's/.*features, //p' err)" '2 classes' 'two of them'
fails_with 2 'wanted classes; is this a measurement' \
    ingest "$samples/iris.csv" --label=petal_length -o iris.h5
# A number for every row, which more than half different labels are, too.
awk 'BEGIN { print "a,y"; for (i = 0; i < 40; i++) print i * 3 % 7 "," i * i }' \
    >squares.csv
fails_with 2 'found 40 different numbers in 40 rows' \
    ingest squares.csv --label=y -o squares.h5
sed '2,$s/,/,n/' squares.csv >names.csv
fails_with 2 'found 40 different labels in 40 rows, wanted classes with several rows each; --label-type=class goes on' \
    ingest names.csv --label=y -o names.h5
runs 'goes on there, too' \
    ingest names.csv --label=y --label-type=class -o names.h5
runs 'to the end' sh -c 'score -q names.h5 | flag -q -o flags.h5'
# Class numbers are classes: 40 of three rows, with gaps between the numbers.
awk 'BEGIN { print "a,y"
    for (i = 0; i < 120; i++) print i * 7 % 13 "," 100 + i % 40 * 9 }' >ids.csv
runs 'class numbers are classes' ingest ids.csv --label=y -o ids.h5
# Arrays are guarded, too.
compose() { "$build/tests/cli/compose" "$@"; }
sed 1d squares.csv | cut -d, -f1 >x
sed 1d squares.csv | cut -d, -f2 >y
compose x.npy npy f8 40x1 <x
compose y.npy npy f8 40 <y
fails_with 2 'ingest: y.npy: found 40 different numbers in 40 rows' \
    ingest x.npy --label=y.npy -o npy.h5
runs 'goes on with arrays' \
    ingest x.npy --label=y.npy --label-type=class -o npy.h5

# --- hints on class names --------------------------------------------------------

# Two files joined with their headers: the command that the note names leaves
# the header out.
cat "$samples/iris.csv" "$samples/iris.csv" >joined.csv
ingest joined.csv --label=species -o joined.h5 2>err
is "$(grep header err)" "ingest: joined.csv: column species: 1 row with its \
name as label. Does the header stand again between the rows? If so: \
--na=species --missing-label=drop" 'a header between the rows is noted'
ingest -f joined.csv --label=species --na=species --missing-label=drop \
    -o joined.h5 2>err
is "$(sed -n '$p' err)" 'ingest: joined.csv: 301 rows in = 300 kept + 1 '\
'rejected, 4 features, 3 classes' 'and left out as advised'

sed '30s/setosa/setsoa/' "$samples/iris.csv" >slip.csv
ingest slip.csv --label=species -o slip.h5 2>err
is "$(grep nearly err)" "ingest: slip.csv: column species: 'setsoa' (1) is \
nearly 'setosa' (49); if it is a slip, the rule: species: map \"setsoa\" = \
\"setosa\"" 'a slip of the pen is told, with the rule'
sed -n 's/.*the rule: //p' err >slip.rules
ingest slip.csv --label=species --rules=slip.rules -o mended.h5 2>err
is "$(grep -c nearly err):$(sed -n 's/.*features, //p' err)" '0:3 classes' \
    'which mends it'
awk 'BEGIN { print "a,tags"; for (i = 0; i < 60; i++)
    print i % 7 "," (i % 3 ? i % 2 ? "red" : "dry" : "red;dry") }' >tags.csv
ingest tags.csv --label=tags -o tags.h5 2>err
is "$(grep lists err)" "ingest: tags.csv: column tags: 20 labels look like \
lists with ';'; each combination is a class of its own. If a row may have \
several labels, audit them one by one: winnow-recipes(7)" 'lists are told'
ingest "$samples/mixed.csv" --label=income --id=id -o mixed.h5 2>err
is "$(grep -c 'nearly\|lists\|who gave\|missing: --na' err)" 0 \
    'nothing where there is nothing'

# --- hints on columns ------------------------------------------------------------

awk 'BEGIN { srand(4); print "dose,grade,zip,Rater,item,vote"
    for (i = 0; i < 120; i++)
        printf "%s,%s,%s,%s,%d,%s\n", i % 4 ? int(90 * rand()) / 2 : "?",
            i % 4 ? i % 5 : i % 8 ? "low" : "high", i % 4 ? "00" i % 7 : "?",
            i % 3 ? "ann" : "bob", i / 3, rand() < .5 ? "yes" : "no" }' >votes.csv
ingest votes.csv --label=vote --one-hot=200 -o votes.h5 2>err
is "$(grep -c 'missing: --na' err)" 1 'one column has a word for missing'
is "$(grep 'missing: --na' err)" "ingest: votes.csv: column dose: 90 of 120 \
cells are numbers, 30 are '?'. If that means missing: --na='?'" 'which is this'
is "$(grep 'who gave' err)" "ingest: votes.csv: column Rater: does it say who \
gave the label? If so: --annotator=Rater, and --group= the column of the \
items, where several people label one" 'a column of people is told'
ingest votes.csv --label=vote --na='?' --annotator=Rater --group=item \
    -o votes.h5 -f 2>err
is "$(grep -c 'who gave\|missing: --na' err)" 0 'and not when it is known'

# --- equal rows ------------------------------------------------------------------

# Two integers below 6 and 300 rows: most are equal to others by chance. Thirty
# others are empty.
awk 'BEGIN { srand(3); print "a,b,y"
    for (i = 0; i < 300; i++)
        print int(6 * rand()) "," int(6 * rand()) "," (i % 2 ? "no" : "yes")
    for (i = 0; i < 60; i++) print "-1,-1," (i % 9 ? "no" : "yes") }' >small.csv
ingest -q small.csv --label=y -o small.h5 &&
    score -q --model=neighbors --methods=none -i small.h5 || exit 99
runs 'coincidences are told' flag small.h5 -o flagged.h5
is "$(sed -n 's/.*h5: \(.*\): not counted.*/\1/p' err | sed 's/^[0-9]* rows/N rows/')" \
    'N rows equal others no more often than chance explains
60 equal rows have the most frequent value in every column, as where nothing was measured' \
    'by chance, and at a floor'
is "$(report --format=json flagged.h5 | sed -n '2s/.*"duplicate":\([0-9]*\).*/\1/p')" \
    0 'none is a duplicate'
chance=$(sed -n 's/.*h5: \([0-9]*\) rows equal others.*/\1/p' err)
is "$(report --format=json flagged.h5 |
    sed -n '2s/.*\("equal_by_chance":[^,]*,[^,]*\),.*/\1/p')" \
    "\"equal_by_chance\":$chance,\"equal_at_floor\":60" 'JSON counts them'
is "$(report flagged.h5 | tr -s ' \n' ' ' | grep -o '[0-9]* rows equal others no\|60 equal rows have' |
    tr '\n' '|')" "$chance rows equal others no|60 equal rows have|" \
    'and the report'
report --format=html flagged.h5 | grep -q "$chance rows equal others no"
ok $? 'and the page'
runs 'not asked' flag small.h5 --issues=conflict -o conflict.h5
is "$(grep -c 'not counted' err)" 0 'nothing is said where nobody asked'
is "$(report --format=json conflict.h5 |
    sed -n '2s/.*\("equal_by_chance":[^,]*,[^,]*\),.*/\1/p')" \
    '"equal_by_chance":null,"equal_at_floor":null' 'nor in JSON'

done_testing
