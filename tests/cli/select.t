#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# report --list, --class, --where, --top, --sample and --fields: the same rows
# in every form, by an awk program that reads the whole table.
. "${WN_SOURCE:-.}/tests/tap.sh"

# Iris with identifiers, ten labels changed, rows entered twice, records that
# are broken and records without a label.
awk -F, -v OFS=, 'NR == 1 { print "id", $0; next }
    { id = "f" NR }
    NR % 15 == 4 { $5 = $5 == "setosa" ? "virginica" : "setosa" }
    { print id, $0 }
    NR % 25 == 9 { print id "x", $0 }
    NR % 30 == 7 { print "broken", 1 }
    NR % 40 == 3 { print "unlabelled", 1, 2, 3, 4, "" }' \
    "$samples/iris.csv" >iris.csv
ingest -q --label=species --id=id --lenient --missing-label=drop iris.csv \
    -o a.h5 2>/dev/null &&
    score -q -i --seed=1 a.h5 && flag -q -i a.h5 || exit 99
report --format=tsv --top=all a.h5 >all.tsv

# rows FORM OPTION...: the rows that a form lists, in their order.
rows() {
    form=$1
    shift
    case $form in
    tsv) report --format=tsv --fields=row "$@" a.h5 | sed 1d ;;
    csv) report --format=csv --fields=row "$@" a.h5 | sed '1d; s/\r$//' ;;
    json) report --format=json --fields=row "$@" a.h5 |
        sed -n 's/^{"record":"row","row":\([0-9]*\)}$/\1/p' ;;
    text) report --fields=row "$@" a.h5 | sed -n 's/^  *\([0-9]*\)$/\1/p' ;;
    esac | tr '\n' ' '
}
# by CONDITION: the rows for which an awk condition on the table holds.
by() {
    awk -F'\t' '
        NR == 1 { for (f = 1; f <= NF; f++) c[$f] = f; next }
        '"$1"' { print $c["row"] }' all.tsv | tr '\n' ' '
}

# where FILTER CONDITION
where() {
    is "$(rows tsv --where="$1")" "$(by "$2")" "--where=$1"
}
ok "$([ "$(by '$c["suspicion"] > 0.5' | wc -w)" -gt 5 ]; echo $?)" \
    'there is something to choose'
where 'suspicion>0.5' '$c["suspicion"] > 0.5'
where 'given=setosa' '$c["given"] == "setosa"'
where 'given != setosa and not issues=label' \
    '$c["given"] != "setosa" && $c["issues"] !~ /(^|,)label(,|$)/'
where 'issues=duplicate or suspicion>=.9 and action=relabel' \
    '$c["issues"] ~ /(^|,)duplicate(,|$)/ ||
     $c["suspicion"] >= .9 && $c["action"] == "relabel"'
where '(issues=duplicate or suspicion>=.9) and action=relabel' \
    '($c["issues"] ~ /(^|,)duplicate(,|$)/ || $c["suspicion"] >= .9) &&
     $c["action"] == "relabel"'
where "id ~ '^f[0-9]+x\$'" '$c["id"] ~ /^f[0-9]+x$/'
where 'suggested' '$c["suggested"] != ""'
where 'rank<=10 and el2n>1' '$c["rank"] <= 10 && $c["el2n"] > 1'
where 'agree=el2n and not agree=aum' \
    '$c["agree"] ~ /(^|,)el2n(,|$)/ && $c["agree"] !~ /(^|,)aum(,|$)/'

for form in tsv csv json text; do
    is "$(rows $form --list=duplicate,label --class=setosa --class=virginica \
        --top=8)" \
        "$(by '$c["issues"] ~ /(^|,)(duplicate|label)(,|$)/ &&
            $c["given"] ~ /^(setosa|virginica)$/ && ++n <= 8')" \
        "$form: --list, --class and --top"
    is "$(rows $form --sample=6 --seed=3)" "$(rows tsv --sample=6 --seed=3)" \
        "$form: the same sample"
done
is "$(rows tsv --where='suspicion>0.5' --top=flagged)" \
    "$(by '$c["suspicion"] > 0.5 && $c["issues"] != ""')" \
    '--top=flagged of those'
is "$(rows text --where='rank<=30' | wc -w | tr -d ' ')" 20 \
    'text has 20 of them'
is "$(rows text --where='rank<=30' --top=all | wc -w | tr -d ' ')" 30 \
    'unless more are asked for'
is "$(report --where='rank<0' a.h5 | grep -c '^No row is chosen')" 1 \
    'none is chosen'

# ---- samples
sample=$(rows tsv --where='rank<=60' --sample=20)
is "$(echo "$sample" | tr ' ' '\n' | grep . | sort -n | uniq | wc -l | tr -d ' ')" \
    20 'as many rows as asked for'
is "$(for row in $sample; do awk -F'\t' -v row="$row" \
    'NR > 1 && $2 == row && $1 <= 60' all.tsv; done | wc -l | tr -d ' ')" 20 \
    'of the chosen ones'
is "$sample" "$(rows tsv --where='rank<=60' --sample=20)" 'the same again'
ok "$([ "$sample" != "$(rows tsv --where='rank<=60' --sample=20 --seed=2)" ]
    echo $?)" 'another one for another seed'
is "$(rows tsv --where='rank<=60' --sample=90)" "$(by '$c["rank"] <= 60')" \
    'all where there are no more'
# Each of 60 rows has the same chance: 20 of 60 in 60 samples are 20 each, with
# a standard deviation of 3.7.
seed=0
while [ $seed -lt 60 ]; do
    rows tsv --where='rank<=60' --sample=20 --seed=$seed | tr ' ' '\n'
    seed=$((seed + 1))
done | grep . | sort | uniq -c |
    awk '{ n++; s += ($1 - 20) ^ 2 } END { s += (60 - n) * 400
        print (s / 13.4 > 30 && s / 13.4 < 105) }' >found
is "$(cat found)" 1 'each row is as likely as another'
report --list=duplicate --sample=3 --decisions-template a.h5 >todo.tsv
is "$(wc -l <todo.tsv | tr -d ' ')" 4 'a sample to judge'
report --decisions-template a.h5 >todo.tsv
is "$(cut -f 1 todo.tsv | sed 1d | tr '\n' ' ')" \
    "$(by '$c["issues"] ~ /(^|,)label(,|$)/')" 'all suspects to judge'

# ---- fields
is "$(report --format=csv --fields=record,id,given --top=all a.h5 |
    sed '1d; s/\r$//' | sort -n)" \
    "$(sed 1d iris.csv | awk -F, '{ print NR - 1 "," $1 "," $6 }' |
        grep -v 'broken\|unlabelled')" \
    'record is the place in the source'
is "$(report --format=json --fields=record,issues,given,suspicion,suggested \
    --where='id=f2' a.h5 | grep '"row"')" \
    "$(awk -F'\t' 'NR == 1 { for (f = 1; f <= NF; f++) c[$f] = f }
        $4 == "f2" { printf "{\"record\":\"row\",\"source_record\":%s,\"issues\":[%s],\"given\":\"setosa\",\"suspicion\":%s,\"suggested\":%s}\n",
        $c["record"], ($c["issues"] == "" ? "" : "\"" $c["issues"] "\""),
        $c["suspicion"], "null" }' all.tsv)" 'JSON has the fields as keys'
is "$(report --format=json --top=all a.h5 |
    sed -n 's/.*"row":\([0-9]*\),"source_record":\([0-9]*\),.*/\1 \2/p')" \
    "$(awk -F'\t' 'NR == 1 { for (f = 1; f <= NF; f++) c[$f] = f; next }
        { print $c["row"], $c["record"] }' all.tsv)" 'and the record always'
is "$(report --list-fields a.h5 | cut -d' ' -f1 | grep -vx \
    'record\|row\|line\|id\|hash\|given\|[a-z]*_[a-z]*\|rival\|suggested\|rank' |
    tr '\n' ' ' | cut -c1-60)" \
    'suspicion weight quality flagged action reason kind issues a' \
    'the list of fields'
is "$(report --format=tsv --fields=scores --top=1 a.h5 | tr '\t' '\n')" \
    "$(head -n 2 all.tsv | awk -F'\t' 'NR == 1 {
        for (f = 1; f < NF; f++) on[f] = on[f - 1] || $f == "aum" }
        { for (f = 1; f < NF; f++) if (on[f]) print $f }')" 'all scores'

# ---- CSV
report --format=csv --top=all a.h5 >all.csv
is "$(sed 's/\r$//' all.csv | tr -d ',"')" \
    "$(tr -d '\t,' <all.tsv)" 'CSV has the cells of the table'
is "$(grep -vc "$(printf '\r')\$" all.csv)" 0 'every line ends with CR LF'
{ printf 'n,"id ""1""",l\n'; for n in 1 2 3 4 5 6 7 8; do
    printf '%s,"b ""c"", d\r\ne%s",=x\n%s,f%s,y\n' $n $n $n $n; done; } >odd.csv
ingest -q --id='id "1"' --label=l odd.csv -o odd.h5 2>/dev/null || exit 99
report --format=csv --fields=id,given --where='row=0' odd.h5 >found
printf 'id,given\r\n"b ""c"", d\r\ne1",=x\r\n' >wanted
same found wanted 'quotes, delimiters and line ends in a cell'
report --format=csv --spreadsheet-safe --fields=given,row --where='row=0' \
    odd.h5 >found
printf "given,row\r\n'=x,0\r\n" >wanted
same found wanted 'no formula for a spreadsheet'
is "$(report --format=csv --columns odd.h5 | sed -n '3s/,.*//p')" \
    '"id ""1"""' 'columns in CSV'

# ---- mistakes
# caret TEXT LINE COLUMN OPTION...: the message, and where the caret stands.
caret() {
    text=$1 column=$2
    shift 2
    report "$@" a.h5 >out 2>err
    is "$?:$(head -n 1 err):$(sed -n 3p err | tr -d '\n' | wc -c | tr -d ' ')" \
        "2:report: $text:$((column + 3))" "$*"
}
caret "--where: found 'givn', wanted a field; is 'given' meant?" 16 \
    --where='suspicion>0 and givn=1'
caret "--where: found 'setsa', wanted setosa, versicolor, virginica; is 'setosa' meant?" \
    6 --where='given=setsa'
caret "--where: found the end, wanted and, or or )" 10 --where='(rank = 1 '
caret "--where: found ')', wanted and, or or the end" 6 --where='rank=1)'
caret "--where: found '> 1', wanted a value; one with blanks or signs in quotes" \
    6 --where='rank >> 1'
caret "--class: found 'Setosa', wanted setosa, versicolor, virginica; is 'setosa' meant?" \
    0 --class=Setosa
caret "--list: found 'labels', wanted label, duplicate, conflict, near_duplicate, outlier, missing, invalid, rare_class, order_dependence, mismatched_pair ...; is 'label' meant?" \
    0 --list=duplicate,labels
caret "--fields: found 'rnk', wanted a field; is 'rank' meant?" 4 \
    --fields=row,rnk
caret "--where: a.h5 has no annotator; --list-fields shows what it has" 0 --where='annotator=x'
fails_with 2 '--sample' report --sample=0 a.h5
fails_with 2 '--seed wants --review-plan or --sample too' report --seed=2 a.h5
fails_with 2 '--where does not go with --format=prometheus' \
    report --where=flagged --format=prometheus a.h5
fails_with 2 '--explain and --class exclude each other' \
    report --explain=1 --class=setosa a.h5
fails_with 2 '--decisions-list and --where exclude each other' \
    report --decisions-list --where=flagged a.h5
ingest -q --label=species "$samples/iris.csv" -o data.h5
report --where='suspicion>0' data.h5 2>err
is "$(head -n 1 err)" \
    'report: --where: data.h5 has no suspicion and is not flagged yet; --list-fields shows what it has' 'before flag'
report --list=label data.h5 2>err
is "$(head -n 1 err)" 'report: --list: data.h5 has no issues and is not flagged yet; --list-fields shows what it has' \
    'a list before flag'
is "$(report --format=tsv --class=setosa data.h5 | wc -l | tr -d ' ')" 51 \
    'a class needs no flags'

# ---- against an older audit: new flags first
cp a.h5 before.h5
awk -F, -v OFS=, 'NR == 20 || NR == 90 { $6 = "virginica" } { print }' \
    iris.csv >later.csv
ingest -q --label=species --id=id --lenient --missing-label=drop later.csv \
    -o later.h5 2>/dev/null &&
    score -q -i --seed=1 later.h5 && flag -q -i later.h5 || exit 99
report --format=tsv --against=before.h5 --top=all --fields=rank,change \
    later.h5 | sed 1d >found
new=$(awk -F'\t' '$2 ~ /^(new|relabelled|edited)/' found | wc -l)
ok "$([ "$new" -gt 0 ]; echo $?)" 'there are new flags'
is "$(head -n "$new" found | cut -f 2 |
    grep -vcE '^(new|relabelled|edited)')" 0 'they come first'
is "$({ head -n "$new" found; } | cut -f 1)" \
    "$(head -n "$new" found | cut -f 1 | sort -n)" 'by rank'
is "$(sed "1,${new}d" found | cut -f 1)" \
    "$(sed "1,${new}d" found | cut -f 1 | sort -n)" 'and so do the others'
is "$(report --against=before.h5 --top=3 later.h5 |
    grep -c '^New flags, then the most suspicious rows: 3 of all')" 1 \
    'the title says so'
done_testing
