#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Verdicts of people: the plan, the template, the list, what flag makes of them,
# and what is wrong with a file.
. "${WN_SOURCE:-.}/tests/tap.sh"

# cell AUDIT ROW COLUMN...: cells of the table of a row.
cell() {
    cell_audit=$1 cell_row=$2
    shift 2
    report --format=tsv --top=all "$cell_audit" | awk -F'\t' -v row="$cell_row" \
        -v names="$*" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["row"] == row { count = split(names, name, " ")
            for (i = 1; i <= count; i++)
                printf "%s%s", $at[name[i]], i < count ? "|" : "\n" }'
}
# wrong AUDIT: rate, low and high of the wrong labels, in percent.
wrong() {
    report --format=json --top=0 "$1" | sed -n \
        's/.*"wrong":{"low":\([^,]*\),"high":\([^,]*\),"rate":\([^,]*\),.*/\3 \1 \2/p' |
        awk '{ printf "%.1f %.1f %.1f\n", 100 * $1, 100 * $2, 100 * $3 }'
}
# judge TRUTH.csv: fill the verdicts of a table on standard input by the truth,
# a CSV of row, given, true.
judge() {
    awk -v OFS='\t' '
        FNR == NR { true[$1] = $3; given[$1] = $2; next }
        FNR == 1 { print; next }
        { $8 = given[$1] == true[$1] ? "ok" : "relabel:" true[$1]
          $9 = "eve"; $10 = "2026-11-30"; print }' FS=, "$1" FS='\t' -
}

ingest -q --label=digit "$samples/digits.csv" | score -q -o s.h5
flag s.h5 -o before.h5

# --- the plan ---------------------------------------------------------------
runs 'a plan' report --review-plan=40 before.h5
mv out plan.tsv
is "$(head -1 plan.tsv)" "$(printf '%s\t' row id hash given suggested suspicion \
    reason verdict who when note)stratum" 'has the columns of the format'
is "$(tail -n +2 plan.tsv | cut -f12 | sort | uniq -c | tr -s ' \n' ' ')" \
    ' 6 s1 8 s2 9 s3 9 s4 8 s5 ' 'draws from every stratum'
is "$(tail -n +2 plan.tsv | cut -f1 | sort -u | wc -l)" 40 'each row once'
report --review-plan=40 before.h5 >again.tsv
same plan.tsv again.tsv 'the same plan each time'
report --review-plan=40 --seed=2 before.h5 >other.tsv
ok "$(! cmp -s plan.tsv other.tsv; echo $?)" 'another with another seed'
runs 'a plan without verdicts is no decision' flag --decisions=plan.tsv s.h5 \
    -o same.h5
is "$(wrong same.h5)" "$(wrong before.h5)" 'so nothing changes'

judge "$samples/digits.truth.csv" <plan.tsv >todo.tsv
runs 'verdicts' flag --decisions=todo.tsv s.h5 -o after.h5
flag -j1 --decisions=todo.tsv s.h5 -o one.h5
same after.h5 one.h5 'the same bytes with one thread'
wrong after.h5 >interval
ok "$(awk 'END { exit !(NR == 1 && $2 <= 5.009 && 5.009 <= $3 && $3 - $2 < 4) }' interval; echo $?)" \
    "the interval $(cat interval) holds the 5.0 % that are wrong"
# What the report must say, counted from the tables.
found=$(grep -c 'relabel:' todo.tsv)
report --format=tsv --top=all before.h5 | awk -F'\t' '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["issues"] ~ /(^|,)label(,|$)/ { print $at["row"] }' | sort >suspects
cut -f1 todo.tsv | sort >drawn
suspects=$(comm -12 suspects drawn | wc -l)
grep 'relabel:' todo.tsv | cut -f1 | sort >wrong.rows
hits=$(comm -12 suspects wrong.rows | wc -l)
actions=$(report --format=tsv --top=all after.h5 | awk -F'\t' '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["action"] ~ /relabel|drop/ { count++ } END { print count + 0 }')
ok "$(awk -v count="$actions" '{ exit !(count > 20 && count <= 1797 * ($2 + .05) / 100) }' \
    interval; echo $?)" "no more actions, $actions, than the low end says"
report after.h5 >text
ok "$(grep -q "reviewed 40, confirmed wrong $found\." text; echo $?)" \
    "the report counts them, $found wrong"
ok "$(grep -q "Of $suspects reviewed label suspects $hits were wrong: " text
    echo $?)" "and measures the flags, $hits of $suspects"
is "$(report --format=json --top=0 after.h5 | grep -c '"claim":"reviewed"')" 1 \
    'the claim is that of the reviews'
is "$(report --format=json --top=0 after.h5 | sed -n \
    's/.*"reviewed":\([0-9]*\),"wrong":\([0-9]*\),"suspects_reviewed":\([0-9]*\),.*"suspects_wrong":\([0-9]*\),.*/\1 \2 \3 \4/p')" \
    "40 $found $suspects $hits" 'JSON has the same numbers'
is "$(report --format=json --top=0 before.h5 | grep -c '"reviews":null')" 1 \
    'or null where nobody looked'
report --decisions-list after.h5 | awk -F'\t' '{ print $1, $12 }' |
    sort >strata.after
awk -F'\t' '{ print $1, $12 }' todo.tsv | sort >strata.plan
same strata.plan strata.after 'the strata are those of the plan'
report -q --review-plan=2000 after.h5 | cut -f1 | sort >rest
cut -f1 todo.tsv | sort >decided
is "$(comm -12 rest decided)" row 'a second plan leaves them out'
is "$(wc -l <rest)" 1758 'and has all others'

# --- rows that are decided --------------------------------------------------
# Row 276 is labelled wrongly; row 0 is not.
hash() { cell before.h5 "$1" hash; }
line() { printf '%s\t%s\t%s\n' "$@"; }
{ line hash verdict note; line "$(hash 276)" ok 'no, it is right'
  line "$(hash 0)" wrong ''; line "h$(hash 1)" relabel:7 ''
  line "$(hash 2)" drop ''; line "$(hash 3)" unsure ''; } >five.tsv
runs 'five verdicts' flag --decisions=five.tsv s.h5 -o five.h5
is "$(cell before.h5 276 action)" relabel 'a suspect'
is "$(cell five.h5 276 suspicion issues action)" '0||keep' \
    'that is right is none any more'
is "$(cell five.h5 0 suspicion issues)" '1|label' 'a label that is wrong'
ok "$(cell five.h5 0 action | grep -qE 'drop|relabel'; echo $?)" 'goes'
is "$(cell five.h5 1 suspicion suggested issues action)" \
    '1|7|label|relabel' 'relabel: gives the class'
is "$(cell five.h5 2 action)" drop 'drop drops'
is "$(cell five.h5 3 action issues)" "$(cell before.h5 3 action issues)" \
    'unsure changes nothing'
ok "$(report after.h5 | grep -q '^  The verdicts are of 2026-11-30\.$'
    echo $?)" 'the report says of when they are'
report --explain=276 five.h5 >text
ok "$(grep -q 'keep: you marked this label as right' text; echo $?)" \
    '--explain says who said so'
flag -q --decisions=five.tsv s.h5 | prune -q --relabel --drop=none \
    --source="$samples/digits.csv" -o relabelled.csv
is "$(sed -n 3p relabelled.csv)" "$(sed -n '3s/,[0-9]*$/,7/p' \
    "$samples/digits.csv")" 'prune --relabel writes the class'
prune -q --source="$samples/digits.csv" five.h5 -o left.csv
is "$(grep -cxF "$(sed -n 4p "$samples/digits.csv")" left.csv) $(grep -cxF \
    "$(sed -n 278p "$samples/digits.csv")" left.csv)" '0 1' \
    'prune leaves out what is to be dropped, and keeps what is right'
report --decisions-list five.h5 >list.tsv
is "$(cut -f8 list.tsv | tr '\n' ' ')" \
    'verdict wrong relabel:7 drop unsure ok ' 'the list has them by row'
runs 'the list is a file of decisions' flag --decisions=list.tsv s.h5 \
    -o list.h5
same five.h5 list.h5 'with the same effect'
SOURCE_DATE_EPOCH=1796169600 report --decisions-list after.h5 >list.tsv
is "$(tail -n +2 list.tsv | cut -f13 | sort -u)" 2 'and ages'

report --decisions-template before.h5 >all.tsv
report --decisions-template five.h5 >left.tsv
is "$(grep -c "$(hash 276)" all.tsv)$(grep -c "$(hash 276)" left.tsv)" 10 \
    'the template has flagged rows without a verdict'

# The last verdict wins, over lines and files.
{ line hash verdict note; line "$(hash 276)" wrong ''
  line "$(hash 276)" unsure ''; } >later.tsv
cat later.tsv five.tsv >joined.tsv
flag -q --decisions=five.tsv --decisions=later.tsv s.h5 -o later.h5
is "$(report --decisions-list later.h5 | awk -F'\t' '$1 == 276 { print $8 }')" \
    unsure 'the last verdict wins'
flag -q --decisions=joined.tsv s.h5 -o joined.h5
is "$(cell joined.h5 276 action)" keep 'in joined files, too'
printf 'row\tverdict\r\n276\tok\r\n' >row.tsv
flag -q --decisions=row.tsv s.h5 -o row.h5
is "$(cell row.h5 276 action)" keep 'a row can be named by its number'

# A copy and an outlier are acknowledged; a withdrawn verdict is none.
awk -F, -v OFS=, 'NR == 6 { last = $0 } NR == 7 { print last } NR == 9 {
    for (i = 1; i < NF; i++) $i *= 9 } { print }' "$samples/digits.csv" |
    head -400 >odd.csv
ingest -q --label=digit odd.csv | score -q --methods=none -o odd.s.h5
flag odd.s.h5 -o odd.h5
is "$(cell odd.h5 5 issues action) $(cell odd.h5 8 issues action)" \
    'duplicate,near_duplicate|drop outlier|review' 'a copy and an outlier'
printf 'row\tverdict\twhen\n5\tkeep\t2026-01-31\n8\tkeep\t2026-11-30\n' >keep.tsv
flag --decisions=keep.tsv odd.s.h5 -o keep.h5
is "$(cell keep.h5 5 issues action) $(cell keep.h5 8 issues action)" \
    '|keep |keep' 'keep takes the issues from the rows'
is "$(report --decisions-list keep.h5 | cut -f1,7,8 | tail -n +2 | head -1)" \
    "$(printf '5\tan exact copy of another row\tkeep')" \
    'the list has what was found'
report keep.h5 >text
ok "$(grep -q '2 more rows are decided without a word on the label' text &&
    grep -q 'The verdicts are from 2026-01-31 to 2026-11-30\.' text; echo $?)" \
    'the report counts them'
printf '5\tnone\t2026-12-01\n' >>keep.tsv
flag --decisions=keep.tsv odd.s.h5 -o none.h5
is "$(cell none.h5 5 issues action) $(cell none.h5 8 action)" \
    'duplicate,near_duplicate|drop keep' 'none takes a verdict back'
is "$(report --decisions-list none.h5 | wc -l)" 2 'as if it had never been'

# --- rows that move, change and go ------------------------------------------
awk -F, -v OFS=, 'NR == 1 { print "name", $0; next } { print "r" NR - 2, $0 }' \
    "$samples/digits.csv" | head -501 >named.csv
{ head -1 named.csv; tail -n +2 named.csv | sort -t, -k5,5 |
    grep -v '^r17,' | sed '/^r276,/s/,[0-9]*$/,4/'; } >moved.csv
for table in named moved; do
    ingest -q --label=digit --id=name $table.csv | score -q --methods=none \
        -o $table.h5
    flag $table.h5 -o $table.f.h5
done
by_id() { report --format=tsv --top=all "$1" | awk -F'\t' -v id="$2" \
    'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
     $at["id"] == id { print $at["hash"] }'; }
{ printf 'hash\tid\tverdict\n'; for id in r3 r17 r276; do
    printf '%s\t%s\tok\n' "$(by_id named.f.h5 $id)" $id; done; } >ids.tsv
runs 'rows in another order' flag --decisions=ids.tsv moved.h5 -o m.h5
is "$(report --decisions-list m.h5 | tail -n +2 | cut -f2)" r3 \
    'a verdict follows its row'
ok "$(grep -q '1 verdicts do not count: the row changed since' err &&
    grep -q '1 verdicts do not count: the row is not there' err; echo $?)" \
    'and ends where the row changed, or went'
ok "$(report m.h5 | grep -q '1 older verdict does not count, because the row changed'
    echo $?)" 'which the report says'
printf 'id\tverdict\nr276\tok\n' >id.tsv
flag -q --decisions=id.tsv moved.h5 -o id.h5
is "$(report --decisions-list id.h5 | tail -n +2 | cut -f2)" r276 \
    'an identifier alone holds'

# --- against an older audit --------------------------------------------------
report --against=before.h5 five.h5 >text
ok "$(tr -s ' \n' '  ' <text |
    grep -q 'Gone: [0-9]* no longer suspect, 1 confirmed right, 0 relabelled,'
    echo $?)" 'a flag that a verdict ended is confirmed'
ok "$(grep -qE '^  confirmed +276 ' text; echo $?)" 'with its row'
awk -F, -v OFS=, 'NR == 1 { print $0, "reviewed"; next }
    { if ($1 == "r357") $30 = ($30 + 9) % 17; print $0, $1 ~ /^r(276|357)$/ }' \
    named.csv >marked.csv
ingest -q --label=digit --id=name --trusted=reviewed marked.csv |
    score -q --methods=none | flag -q -o marked.h5
report --format=json --against=named.f.h5 marked.h5 >json
is "$(sed -n 's/.*"id":"\(r276\|r357\)".*"why":"\([a-z]*\)".*/\1 \2/p' json |
    sort | tr '\n' ' ')" 'r276 confirmed r357 edited ' \
    'a mark in the data confirms where nothing else changed'
ok "$(report marked.h5 | tr -s ' \n' '  ' | grep -q \
    'Of 2 labels that the data mark as right, flag would have flagged 2'
    echo $?)" 'trusted labels measure false alarms'

# --- what is wrong with a file ----------------------------------------------
bad() {
    printf '%b' "$1" >bad.tsv
    fails_with 2 "$2" flag --decisions=bad.tsv s.h5 -o no.h5
}
bad 'hash,verdict\n1,ok\n' 'bad.tsv:1: found no column verdict'
bad 'verdict\tnote\nok\t1\n' 'bad.tsv:1: found no column hash, id or row'
bad 'row\tverdict\n0\tok\n1\tfine\n' \
    "bad.tsv:3: column verdict: found 'fine', wanted ok, wrong, relabel:CLASS, unsure, drop, keep or none"
bad 'row\tverdict\n0\trelabel:ten\n' \
    "column verdict: found 'relabel:ten', wanted relabel: and a class"
bad 'row\tverdict\n1797\tok\n' \
    "bad.tsv:2: column row: found '1797', wanted a row of the audit, from 0"
bad 'hash\tverdict\nxyz\tok\n' \
    "bad.tsv:2: column hash: found 'xyz', wanted 16 hexadecimal digits"
bad 'row\tverdict\twhen\n1\tok\tyesterday\n' \
    "column when: found 'yesterday', wanted a date such as 2024-02-29"
bad 'row\tverdict\n\tok\n' 'bad.tsv:2: column verdict: the line names no row'
bad 'row\tid\tverdict\n\ta\tok\n' 'because the audit has no identifiers'
bad 'row\tverdict\n1\n' 'bad.tsv:2: found 1 field, wanted 2'
bad 'row\tverdict\n1\t\033[31m\n' "found '\\x1b[31m', wanted ok"
fails_with 2 'gone.tsv' flag --decisions=gone.tsv s.h5 -o no.h5
printf 'hash\tverdict\n' >empty.tsv
runs 'a header alone' flag --decisions=empty.tsv s.h5 -o empty.h5
fails_with 2 '--review-plan and --format exclude each other' \
    report --review-plan=4 --format=json before.h5
fails_with 2 '--review-plan and --decisions-list exclude each other' \
    report --review-plan=4 --decisions-list before.h5
fails_with 2 '--seed wants --review-plan or --sample too' report --seed=4 before.h5
fails_with 2 'nothing has been flagged yet' report --review-plan=4 s.h5

# Classes that overlap: 40 verdicts tell more than the features.
awk 'BEGIN { srand(3); print "a,b,label"
    for (i = 0; i < 600; i++) {
        c = i % 2; x = y = -6
        for (j = 0; j < 12; j++) { x += rand(); y += rand() }
        printf "%.4f,%.4f,%s\n", x + 2 * c, y, c ? "yes" : "no" } }' >overlap.csv
ingest -q --label=label overlap.csv | score -q | flag -q -o overlap.h5
report overlap.h5 >text
ok "$(grep -q 'review --order=plan overlap.h5$' text; echo $?)" \
    'the report proposes a plan'
report --review-plan=40 overlap.h5 | awk -F'\t' -v OFS='\t' \
    'NR > 1 { $8 = "ok" } { print }' >clean.tsv
flag -q -i --decisions=clean.tsv overlap.h5
is "$(report --format=json --top=0 overlap.h5 | sed -n \
    's/.*"low":\([^,]*\),.*"label_rows":\([0-9]*\),.*/\1 \2/p')" '0 0' \
    'without a wrong label the low end is 0, and nothing is flagged'
ok "$(report overlap.h5 | grep -q -- --order=plan; echo $((1 - $?)))" \
    'and no plan is proposed any more'

# A class may end in a blank, and another be the same without it.
awk 'BEGIN { srand(4); name[0] = "No"; name[1] = "Yes "; name[2] = "Yes"
    print "a,b,y"
    for (i = 0; i < 150; i++) {
        c = i % 3
        printf "%.3f,%.3f,%s\n", rand() + 3 * c, rand() - 3 * c, \
            name[i % 20 == 7 ? (c + 1) % 3 : c] } }' >blank.csv
ingest -q --label=y blank.csv | score -q --methods=none | flag -q -o blank.h5
printf 'row\tverdict\tnote\n0\trelabel:Yes \t\n3\trelabel:Yes\t\n6\trelabel: No \t\n' >blank.tsv
runs 'a class that ends in a blank' flag -q --decisions=blank.tsv blank.h5 -o b2.h5
is "$(report --decisions-list b2.h5 | cut -f1,8 | tail -n +2 | tr '\t\n' '|/')" \
    '0|relabel:Yes /3|relabel:Yes/6|ok/' 'its blank counts, and other blanks do not'
printf 'row\tverdict\n0\trelabel:  \n' >none.tsv
fails_with 2 "found 'relabel:', wanted relabel: and a class" \
    flag -q --decisions=none.tsv blank.h5 -o b3.h5
sed 's/,Yes$/,Maybe/' blank.csv >maybe.csv
ingest -q --label=y maybe.csv | score -q --methods=none | flag -q -o maybe.h5
printf 'r\n\nr\n\nr\n\n' | review --decisions=asked.tsv maybe.h5 >out 2>&1
runs 'flag reads what review wrote' flag -q --decisions=asked.tsv maybe.h5 -o b4.h5
is "$(report --decisions-list b4.h5 | cut -f8 | grep -c '^relabel:Yes $')" \
    "$(grep -c '	relabel:Yes 	' asked.tsv)" 'blank and all'
ok "$(grep -q '	relabel:Yes 	' asked.tsv; echo $?)" 'and there was one'

# A label that prune --relabel wrote is settled; one that still differs is stale.
awk -F, 'NR == 1 { print "id," $0; next } { print "r" NR "," $0 }' maybe.csv >settle.csv
ingest -q --label=y --id=id settle.csv | score -q --methods=none | flag -q -o settle.h5
printf 'r\n\nr\n\nn see <b>photo</b>\nr\n\n' | review --decisions=settle.tsv settle.h5 >out 2>&1
flag -q -i --decisions=settle.tsv settle.h5
report --format=html settle.h5 >page
ok "$(grep -q 'Notes on 1 of 3 rows' page && grep -q '&lt;b&gt;photo' page
    echo $?)" 'the page has notes'
ok "$(report --format=html --no-values settle.h5 | grep -c photo)" \
    'but not with --no-values'
prune -q --drop=none --relabel settle.h5 -o applied.csv
ingest -q --label=y --id=id applied.csv | score -q --methods=none -o applied.s.h5
flag --decisions=settle.tsv applied.s.h5 -o applied.h5 2>err
is "$(grep -c 'do not count' err) $(report --decisions-list applied.h5 | cut -f8 |
    sort | uniq -c | tr -s ' \n' ' ')" '0  3 ok 1 verdict ' \
    'verdicts that were applied are settled'
report --format=html --against=settle.h5 applied.h5 >page
ok "$(grep -q 'The first flags that are gone' page && grep -q '<td>relabelled</td>' page
    echo $?)" 'the page lists flags that are gone'
report --format=html --against=applied.h5 settle.h5 >page
ok "$(grep -q 'The first flags that are new' page; echo $?)" 'or new'
sed "$(sed -n '2s/^[0-9]*\t\(r[0-9]*\)\t.*/s|^\1,|\1,7|/p' settle.tsv)" settle.csv >changed2.csv
ingest -q --label=y --id=id changed2.csv | score -q --methods=none |
    flag --decisions=settle.tsv -o changed2.h5 2>err
ok "$(grep -q '1 verdicts do not count: the row' err; echo $?)" \
    'a verdict on a row that changed otherwise is stale'

# The number 0 of a row is one like others: a field alone holds.
is "$(report --format=tsv --fields=row --where='row and row<2' settle.h5 |
    tr '\n' ' ')$(report --format=tsv --fields=row --where='flagged and row<2' settle.h5 |
    sed 1d | wc -l)" 'row 0 1 0' 'a filter holds for row 0'

# The driver passes the verdicts on.
cp "$samples/digits.csv" d.csv
audit -q --label=digit --decisions=five.tsv --methods=none d.csv
is "$(report --decisions-list d.audit.h5 | wc -l)" 6 'audit passes --decisions on'
done_testing
