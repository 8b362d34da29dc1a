#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# report --against and --reference: what drifted, and what changed in columns
# and classes, by name.
. "${WN_SOURCE:-.}/tests/tap.sh"

# 800 rows: two numbers, a city, a class. Another seed is another night.
table() {
    awk -v OFS=, -v x="$1" 'function u() {
            x = (x * 16807) % 2147483647
            return x / 2147483647 }
        BEGIN { u(); print "weight,age,city,class"
            for (i = 0; i < 800; i++) {
                c = u() < .4
                v = u()
                print u() + u() + c, int(20 + 40 * u()),
                    v < .5 ? "Oslo" : v < .8 ? "Rome" : "Lima",
                    c ? "yes" : "no"
            } }'
}
audited() {
    ingest -q "$1" --label=class | score -q -j1 --model=neighbors \
        --methods=none | flag -q -f -o "$2"
}
table 11 >old.csv
audited old.csv old.h5
# drifts FILE: the columns that drifted, and the changes, in one line.
drifts() {
    audited "$1" new.h5
    report --against=old.h5 --format=json --top=0 new.h5 >json
    sed -n 's/.*"record":"column_drift","column":"\([^"]*\)","drifted":true.*/\1/p
        s/.*"record":"drift".*"changes":\[\(.*\)\].*/\1/p' json |
        tr -d '"' | grep . | tr '\n' ' '
}
bad=
for seed in 21 22 23 24 25 26; do
    table $seed >night.csv
    bad="$bad$(drifts night.csv)"
done
is "$bad" '' 'six nights of the same source: nothing'
report --against=old.h5 new.h5 >text
is "$(tr -s ' \n' ' ' <text | grep -o 'None of 4 columns drifted; the largest')" \
    'None of 4 columns drifted; the largest' 'which the report says'

awk -F , -v OFS=, 'NR > 1 { $1 = $1 * 2.2046 } { print }' night.csv >lb.csv
is "$(drifts lb.csv)" 'weight ' 'another unit'
# The same five numbers times 2.2046.
grep '"column":"weight"' json | sed 's/.*"quartiles_then":\[\(.*\)\],"quartiles":\[\(.*\)\].*/\1 \2/' |
    tr ',' ' ' >five
ingest -q night.csv --label=class -o plain.h5
report --format=json --columns plain.h5 | grep '"record":"column","column":"weight"' |
    sed 's/.*"min":\([^,]*\),"median":[^,]*,"max":\([^,]*\),.*/\1 \2/' >ends
is "$(awk 'NR == FNR { low = 2.2046 * $1; high = 2.2046 * $2; next }
    { print NF, ($6 / low < 1.001 && $6 / low > .999),
        ($10 / high < 1.001 && $10 / high > .999),
        ($6 <= $7 && $7 <= $8 && $8 <= $9 && $9 <= $10),
        ($8 / $3 > 2 && $8 / $3 < 2.4) }' ends five)" '10 1 1 1 1' \
    'its minimum, quartiles and maximum, then and now'
report --against=old.h5 new.h5 | grep -q '^  weight: [0-9.]* to quartiles .* to [0-9.]*; was [0-9]'
ok $? 'as the report says'
awk -F , -v OFS=, 'NR > 1 && NR % 3 == 0 { $2 = "" } { print }' night.csv >gap.csv
is "$(drifts gap.csv)" 'age ' 'missing cells'
sed 's/Rome/Roma/' night.csv >roma.csv
is "$(drifts roma.csv)" 'city ' 'a value with another name'
grep -q '"column":"city".*"values_new":1,"values_gone":1,"values":"gone Rome, new Roma"' json
ok $? 'one new, one gone'
is "$(report --against=old.h5 new.h5 | grep -c '^  city: gone Rome, new Roma$') $(
    report --against=old.h5 --no-values new.h5 | grep -c Roma)" '1 0' \
    'by name, but with --no-values'
awk -F , -v OFS=, 'NR > 1 { $2 = "" } { print }' night.csv >none.csv
is "$(drifts none.csv | grep -o '^column age: [a-z]*, was numeric')" \
    'column age: categorical, was numeric' 'a column that is empty'
sed 's/,yes$/,ja/' night.csv >ja.csv
n=$(grep -c ',yes$' night.csv)
is "$(drifts ja.csv)" \
    "class yes is gone, had $(grep -c ',yes$' old.csv) rows,class ja is new, with $n rows class " \
    'a class with another name'
{ cat night.csv; tail -n +2 night.csv; } >double.csv
is "$(drifts double.csv)" 'rows: 1600, were 800 ' 'a join that doubles rows'
awk -F , -v OFS=, '{ print $2, $1, NR == 1 ? "size" : NR % 7, $4 }' night.csv >cols.csv
is "$(drifts cols.csv)" \
    'column city is gone,column weight: place 2, was 1,column size is new ' \
    'columns that came, went and moved'
awk -F , -v OFS=, 'NR > 1 && NR % 2 { $4 = "yes" } { print }' night.csv >shares.csv
is "$(drifts shares.csv)" 'class ' 'other shares of the classes'

audited lb.csv new.h5
report --against=old.h5 --fail-on=drift,schema new.h5 >text
is "$? $(sed -n 2p text)" '1 reached --fail-on: drift (1)' '--fail-on=drift'
is "$(sed -n '/^Drift/,/^$/s/^  weight .* < 0.001 *+\([0-9]\).*/\1/p' text)" 2 \
    'the mean has moved by 1.4 x 1.2 / 0.64 = 2.6 standard deviations'
audited ja.csv ja.h5
report --against=old.h5 --fail-on=schema:2 ja.h5 >text
is $? 1 '--fail-on=schema:2'
report --against=ja.h5 --reference=old.h5 --fail-on=schema ja.h5 >text
is "$? $(grep -c '^Drift of the columns since old.h5' text)" '1 1' '--reference'
report --format=prometheus --reference=old.h5 new.h5 | grep -q \
    '^winnow_drifted_columns{source="lb.csv"} 1$'
ok $? 'a metric'

# ---- strange rows -----------------------------------------------------------

is "$(tr -s ' \n' ' ' <text | grep -o '[0-9]* of 800 rows are as they were then: too few')" \
    '0 of 800 rows are as they were then: too few' 'all rows are new'
# strange EDIT: 760 rows as they were and 40 of another night, edited; what the
# report says of the 40, and how many of the rows that it names are not of them.
strange() {
    { head -n 761 old.csv; table 12 | sed -n 2,41p | awk -F , -v OFS=, "$1"; } \
        >strange.csv
    audited strange.csv strange.h5
    report --against=old.h5 --format=json --top=0 --fail-on=strange \
        strange.h5 >json
    echo "$? $(grep '"record":"strange"' json |
        sed 's/.*"known":\([0-9]*\),"fresh":\([0-9]*\),.*/\1 \2/') $(
        grep '"record":"strange"' json | grep -o 'rows":\[[0-9,]*' |
        tr -c '0-9\n' '\n' | awk '$1 != "" && $1 < 760 { n++ }
            END { print n + 0 }')"
}
is "$(strange '{ print }')" '0 760 40 0' 'rows of the same source'
grep -q '"strange":0,"far":[012],' json
ok $? 'are not strange'
is "$(strange '{ $1 += 4; $2 = 95; print }')" '1 760 40 0' 'rows from elsewhere'
grep -q '"far":40,"far_of":40,"far_expected":0.36[0-9]*,"far_p":[0-9.]*e-' json
ok $? 'are, all of them'
report --against=old.h5 --fail-on=strange:40 strange.h5 >text
is "$? $(sed -n 2p text) $(tr -s ' \n' ' ' <text |
    grep -o '40 rows are new or edited. 40 are farther' | tail -n 1)" \
    '1 reached --fail-on: strange:40 (40) 40 rows are new or edited. 40 are farther' \
    'which the report says'
report --against=old.h5 --fail-on=strange:41 strange.h5 >text
is $? 0 'not 41 of them'
report --against=old.h5 --format=html strange.h5 | grep -q 'Strange are rows 760, 761,'
ok $? 'and the page'
is "$(report --reference=old.h5 --format=prometheus strange.h5 |
    grep '^winnow_strange_rows')" 'winnow_strange_rows{source="strange.csv"} 40' \
    'and a metric'
is "$(strange '{ $4 = $4 == "yes" ? "no" : "yes"; print }')" '1 760 40 0' \
    'labels that no row before has nearby'
sed -n 's/.*"label":\([0-9]*\),"label_of":40,.*/\1/p' json >labels
[ "$(cat labels)" -gt 10 ]
ok $? "$(cat labels) of 40"
fails_with 2 'none.h5: cannot open' report --reference=none.h5 ja.h5
done_testing
