#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# report: its forms and options at the end of the real pipeline, names that try
# to drive what reads them, outputs that cannot be written.
. "${WN_SOURCE:-.}/tests/tap.sh"

score_quickly() {
    score -q -i --seed=1 "$1" || exit 99
}
ingest -q "$samples/iris.csv" --label=species -o data.h5 || exit 99
cp data.h5 scored.h5
score_quickly scored.h5
flag -q scored.h5 -o iris.h5 || exit 99

# ---- the command line
runs 'shows its help' report --help
grep -q -e '--explain=ROW' out
ok $? 'help names an option'
fails_with 2 'unknown or ambiguous option --tpo' report --tpo iris.h5
fails_with 2 'missing.h5: cannot open' report missing.h5
fails_with 2 'standard input' report </dev/null
fails_with 2 "unexpected operand 'data.h5'" report iris.h5 data.h5
fails_with 2 "--format: found 'docx', wanted one of text|html|markdown|json|tsv|csv|svg|prometheus" \
    report --format=docx iris.h5
fails_with 2 "--top: found 'few', wanted a number" report --top=few iris.h5
fails_with 2 "--top: found '-1', wanted a number" report --top=-1 iris.h5
fails_with 2 '--explain and --top exclude' report --explain=1 --top=1 iris.h5
fails_with 2 '--explain does not go with --format=tsv' \
    report --explain=1 --format=tsv iris.h5
fails_with 2 '--spreadsheet-safe applies to --format=tsv and csv only' \
    report --spreadsheet-safe iris.h5
fails_with 2 '--explain: found row 150, wanted 0 to 149' \
    report --explain=150 iris.h5
fails_with 2 '--explain=id:x: the audit has no identifiers' \
    report --explain=id:x iris.h5
printf 'no audit' >plain.h5
fails_with 2 'plain.h5' report plain.h5

# ---- text
runs 'shows a summary' report iris.h5
is "$(sed -n '1s/ [0-9]* rows* to/ F rows to/
    1s/between 0 and [0-9.]* %/between 0 and E %/p' out)" \
    'iris.csv: 150 rows, F rows to look at; the classes overlap, so between 0 and E % of the labels may be wrong' \
    'the first line'
is "$(awk 'NR > 1 && length > 80' out)" '' \
    'no line below it is wider than 80'
head -n 24 out | grep -q '  prune iris.h5 --source=FILE > clean.csv$'
ok $? 'the first screen says what to do next'
cp out summary
report <iris.h5 >piped
is "$(head -n 1 piped)" "$(head -n 1 summary)" 'reads standard input'
ln -s "$build/report" winnow-report-2
./winnow-report-2 --as="it's.h5" iris.h5 | head -n 24 |
    grep -q "  winnow-prune-2 'it'\\\\''s.h5' --source=FILE > clean.csv"
ok $? 'names the programs beside it as it is called itself'
report data.h5 | grep -q '  score -i data.h5$'
ok $? 'an audit without scores says what to run'
report scored.h5 | grep -q '  flag -i scored.h5$'
ok $? 'an audit without flags says what to run'
is "$(report --columns iris.h5 | grep -c ' numeric ')" 4 'shows the columns'

# ---- rows
report --format=tsv iris.h5 >rows.tsv
is "$(wc -l <rows.tsv) $(awk -F '\t' '{ print NF }' rows.tsv | sort -u | wc -l)" \
    '151 1' 'a line a row, as many cells in each'
is "$(cut -f 1,2 rows.tsv | sed 1d | cut -f 1 | sort -n | uniq | wc -l)" 150 \
    'every rank once'
is "$(awk -F '\t' 'NR > 1 { if (NR > 2 && $9 > last) bad = 1; last = $9 }
    END { print bad + 0 }' rows.tsv)" 0 'most suspicious first'
is "$(report --format=tsv --top=3 iris.h5 | cut -f 1 | tr '\n' ' ')" \
    'rank 1 2 3 ' 'the first three'
is "$(report --format=tsv --top=flagged iris.h5 | sed 1d | cut -f 13 |
    grep -c .)" "$(sed 1d rows.tsv | cut -f 13 | grep -c .)" \
    'all that are flagged'
is "$(report --top=0 iris.h5 | grep -c '^Most suspicious')" 0 \
    'none when none are asked for'
report --format=tsv --columns iris.h5 | grep -q '^sepal_length\|^petal'
ok $? 'columns as a table'

# ---- one row
row=$(sed -n '2s/^1	\([0-9]*\)	.*/\1/p' rows.tsv)
runs 'explains a row' report --explain="$row" iris.h5
grep -q '^  suspicion .*, rank 1 of 150$' out
ok $? 'the first row has rank 1'
report --explain="line:$((row + 2))" iris.h5 >by-line
same out by-line 'the same row by its line'
is "$(report --explain=0 --explain=7 iris.h5 | grep -c ': row [07], line ')" 2 \
    'two rows'

# ---- metrics
report --format=prometheus iris.h5 >iris.prom
is "$(grep -vcE '^(# (HELP|TYPE) winnow_[a-z_]+ .*|winnow_[a-z_]+\{source="iris.csv"(,[a-z]+="[^"]*")?\} [0-9.e+-]+)$' iris.prom)" \
    0 'metrics have their form'
grep -q '^winnow_class_rows{source="iris.csv",class="setosa"} 50$' iris.prom
ok $? 'rows of a class'
is "$(sed 's/ [^ ]*$//' iris.prom | grep -v '^#' | sort | uniq -d)" '' \
    'no series twice'
fails_with 2 '--top does not go with --format=prometheus' \
    report --format=prometheus --top=3 iris.h5
fails_with 2 '--explain does not go with --format=prometheus' \
    report --format=prometheus --explain=3 iris.h5

# ---- against an older audit: the same rows in another order, two of them gone,
# one in again with another label
{
    head -n 1 "$samples/iris.csv"
    sed -e 1,3d "$samples/iris.csv" | sort -r
    sed -n 2p "$samples/iris.csv" | sed 's/setosa/virginica/'
} >later.csv
ingest -q later.csv --label=species -o later.h5 || exit 99
score_quickly later.h5
flag -q -i later.h5 || exit 99
runs 'compares two audits' report --against=iris.h5 later.h5
sed -n 1p out | grep -q '^later.csv: 149 rows, .* new flags\{0,1\}, [0-9]* gone$'
ok $? 'the first line counts what is new'
grep -q '^  rows  *150  *149$' out && grep -q 'different: the data have' out
ok $? 'then and now, and what differs'
is "$(report --against=iris.h5 --format=tsv later.h5 | awk -F '\t' '
    NR > 1 && $2 == 148 && $15 == "new row" { n++ } END { print n + 0 }')" 1 \
    'the wrong label is a flag in a new row'
is "$(report --against=iris.h5 iris.h5 | sed -n '1s/.*, \([0-9]* new\)/\1/p')" \
    '0 new flags, 0 gone' 'nothing new against itself'
is "$(report --against=iris.h5 --format=json later.h5 | tail -n 1 |
    sed 's/.*"lines":\([0-9]*\).*/\1/')" \
    "$(report --against=iris.h5 --format=json later.h5 | grep -c .)" \
    'JSON counts its lines'
fails_with 2 'none.h5: cannot open' report --against=none.h5 iris.h5
fails_with 2 'data.h5: has no group score' report --against=data.h5 iris.h5
fails_with 2 '--against: nothing has been flagged yet' \
    report --against=iris.h5 data.h5

# ---- the exit status
report --fail-on=never iris.h5 >/dev/null
is $? 0 '--fail-on=never'
report --fail-on=any iris.h5 >failing
is $? 1 '--fail-on=any, when rows are flagged'
is "$(sed -n 2p failing | cut -d ' ' -f 1-3)" 'reached --fail-on: any' 'it says so'
sed 2d failing >rest
same rest summary 'the report is there all the same'
fails_with 2 "--fail-on: found 'lable'" report --fail-on=lable iris.h5
fails_with 2 '--fail-on: nothing has been flagged yet' \
    report --fail-on=any data.h5

# ---- where it goes
runs 'writes a file' report -o saved iris.h5
same saved summary 'the same text'
fails_with 2 'saved: exists' report -o saved iris.h5
runs 'replaces it when told' report -f -o saved --format=tsv iris.h5
same saved rows.tsv 'whole'
fails_with 2 'standard output: cannot write' sh -c \
    'report iris.h5 >/dev/full'
fails_with 2 'standard output: cannot write' sh -c 'report iris.h5 >&-'
fails_with 2 '/dev/full: cannot write' report -o /dev/full iris.h5
is "$({ report iris.h5 2>&1 1>&3 | cat >talk; } 3>&1 | head -n 1)" \
    "$(head -n 1 summary)" 'a reader that stops'
is "$(cat talk)" '' 'and nothing is said about it'

# ---- names that want to drive what reads them
awk 'BEGIN {
    ESC = "\033"; CSI = "\302\233"; RLO = "\342\200\256"
    print "x,\"" ESC "]52;c;QUJD\007\",\"=name" ESC "[2J\",kind"
    for (i = 0; i < 60; i++)
        printf "%d,%d,\"%s%d\r%s\",\"%s\"\n", i % 2 * 9 + i / 60, i,
            i % 3 ? "=1+" : "@" CSI, i, RLO,
            i % 2 ? "a" ESC "[2J\tb\\" : "=c\nd" RLO
}' >'evil
'"$(printf '\033')"'[2J.csv'
ingest -q evil*.csv --label=kind --id='=name'"$(printf '\033')"'[2J' \
    -o evil.h5 || exit 99
score_quickly evil.h5
flag -q -i evil.h5 || exit 99
# Controls but the line feed, C1 in UTF-8, the right-to-left override.
tame() {
    tr -d '\n' <"$1" | grep -cE "$(printf '[\001-\037\177]|\302[\200-\237]|\342\200\256')"
}
report --top=all evil.h5 >evil.text
is "$(tame evil.text)" 0 'text cannot drive the terminal'
report --explain=1 evil.h5 >evil.row
is "$(tame evil.row)" 0 'nor can an explanation'
report --format=tsv evil.h5 >evil.tsv
tr -d '\t' <evil.tsv >evil.cells
is "$(tame evil.cells)" 0 'nor can a table'
is "$(wc -l <evil.tsv) $(awk -F '\t' '{ print NF }' evil.tsv | sort -u | wc -l)" \
    '61 1' 'a table keeps its shape'
report --format=tsv --spreadsheet-safe evil.h5 >evil.safe
is "$(sed 1d evil.safe | cut -f 4,6-8 | tr '\t' '\n' | grep -c '^[=+@-]')" 0 \
    'no cell of the data is a formula when asked for that'
is "$(sed 's/'"'"'\([=+@-]\)/\1/g' evil.safe | cmp - evil.tsv && echo same)" \
    same 'nothing but the apostrophes differs'
report --format=json --top=all --columns evil.h5 >evil.json
is "$(tr -d '\n' <evil.json | grep -c '[^ -~]')" 0 'JSON is ASCII'
if command -v python3 >/dev/null; then
    python3 - evil.json >found <<'END'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
names = {line["class"] for line in lines if line.get("record") == "class"}
print(lines[0]["schema"], lines[-1]["complete"],
      lines[-1]["lines"] == len(lines),
      names == {"a\x1b[2J\tb\\", "=c\nd\u202e"},
      sum(line.get("record") == "row" for line in lines),
      all(line["id"].startswith(("=1+", "@\x9b")) for line in lines
          if line.get("record") == "row"))
END
    is "$(cat found)" 'winnow-report/1 True True True 60 True' \
        'JSON gives the names back'
else
    skip 'JSON gives the names back' 'there is no python3'
fi
report --format=prometheus evil.h5 >evil.prom
is "$(tame evil.prom)" 0 'metrics cannot either'
is "$(grep -c '^winnow_class_rows{source="evil\\\\x0a\\\\x1b\[2J.csv",class="' evil.prom)" 2 \
    'names in metrics are quoted'
# Singular values of the features, and what a spoiled embedding looks like.
awk 'BEGIN {
    srand(7)
    for (j = 0; j < 20; j++) printf "x%d,", j
    print "y"
    for (i = 0; i < 300; i++) {
        for (j = 0; j < 20; j++) printf "%.5f,", rand()
        print i % 2 ? "a" : "b"
    }
}' >noise.csv
awk -F, -v OFS=, 'NR > 1 {for (j = 1; j < NF; j++) $j = NR + $j / 9} {print}' \
    noise.csv >line.csv
for table in noise line; do
    ingest -q $table.csv --label=y | score -q --model=neighbors \
        --methods=none -o $table.h5
    report -v $table.h5 >$table.txt
done
grep -q '^  Singular values of the features: entropy 1.00 of the m' noise.txt
ok $? 'noise is even'
ok "$(tr -d '\n' <noise.txt | tr -s ' ' | grep -q 'features look like random noise'
    echo $?)" 'and the hint says so'
ok "$(tr -d '\n' <line.txt | tr -s ' ' | grep -q 'features lie almost on one line'
    echo $?)" 'as it does for one direction'
ok "$(report -v iris.h5 >long; grep -q 'Singular values' long &&
    ! grep -q 'embedding' long; echo $?)" 'not for iris'
is "$(grep -c 'Singular values' piped)" 0 'numbers only with -v'
awk -v OFS=, 'BEGIN {srand(8); print "note", "y"; for (i = 1; i <= 600; i++) {
    line = ""
    for (w = 0; w < 9; w++)
        line = line "w" int(rand() * 90) " "
    print line, i % 2 ? "a" : "b"
}}' | ingest -q --label=y --kind=note:text |
    score -q --model=neighbors --methods=none | report -v >prose.txt
ok "$(grep -q 'features: entropy 1.00' prose.txt && ! grep -q noise prose.txt
    echo $?)" 'nor for texts, which are even'

report missing"$(printf '\033')"[2J.h5 2>err
is "$(tame err)" 0 'messages cannot either'
done_testing
