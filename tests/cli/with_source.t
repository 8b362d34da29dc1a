#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# report --with-source, prune --add: rows of the source, byte for byte, with
# columns behind them.
. "${WN_SOURCE:-.}/tests/tap.sh"
python=/usr/bin/python3

# ---- odd files
mkdir odd
if (cd odd && "$python" "$source/tests/cli/with_source.py" "$files" \
    >../found 2>../err) || [ -s found ]; then
    is "$(cat found)" '76 files, 0 wrong' \
        'the source is in the output, and comes back without the cells'
else
    skip 'odd files' "$(tail -n 1 err)"
fi

# ---- one file with all there is: a label changed, a row twice, broken records
awk -F, -v OFS=, 'NR == 1 { print $0, "rank"; next }
    NR % 15 == 4 { $5 = $5 == "setosa" ? "virginica" : "setosa" }
    { print $0, "\"" NR ", of\n150\"" }
    NR == 60 { print $0, "\"60, of\n150\""; print "1,2"; print "1,2,3,4,,x" }' \
    "$samples/iris.csv" >iris.csv
ingest -q --label=species --ignore=rank --lenient --missing-label=drop iris.csv \
    -o a.h5 2>/dev/null &&
    score -q -i --seed=1 a.h5 && flag -q -i a.h5 || exit 99
report --format=csv --with-source a.h5 >whole.csv
is "$(head -n 1 whole.csv)" \
    "$(head -n 1 iris.csv),winnow_rank,suspicion,issues,action,reason,suggested,p_suggested,kind" \
    'the header has the new names, and no name twice'
is "$(sed 's/^\(150"\),.*/\1/
    1s/,winnow_rank.*//
    s/,,,,,,,,$//' whole.csv | cksum)" "$(cksum <iris.csv)" \
    'without them it is the source'
is "$(grep -c ',,,,,,,,$' whole.csv)" 2 'records left out have empty cells'
# A row of two lines: its cells are behind the second.
is "$(awk '/^150"/ { line = $0; sub(/^150",/, "", line)
        if (line !~ /"/ && split(line, c, ",") == 8) print c[1], c[2], c[4] }' \
    whole.csv | sort -n)" \
    "$(report --format=tsv --fields=rank,suspicion,action,issues,reason \
        --top=all a.h5 |
        awk -F'\t' 'NR > 1 && $4 $5 !~ /,/ { print $1, $2, $3 }' | sort -n)" \
    'the cells are those of the row'
report --format=csv --with-source --add=record,row,issues \
    --list=duplicate,label --top=9 a.h5 >some.csv
is "$(sed -n 's/^150",\([0-9]*\),\([0-9]*\),.*/\1 \2/p' some.csv)" \
    "$(report --format=tsv --fields=record,row --list=duplicate,label --top=9 \
        a.h5 | sed '1d; s/\t/ /')" 'chosen rows, in the order of the report'
report --format=csv --with-source --add=row --where='row=150' a.h5 >last.csv
{ head -n 1 iris.csv | sed 's/$/,row/'; tail -n 2 iris.csv |
    sed 's/^150"$/150",150/'; } >wanted
same last.csv wanted 'a single row'

# ---- prune
prune -q --add=suspicion,rank --weights --removed=gone.csv a.h5 >kept.csv
is "$(sed -n 1p kept.csv; sed -n 1p gone.csv)" \
    "$(head -n 1 iris.csv),suspicion,winnow_rank,weight
$(head -n 1 iris.csv),suspicion,winnow_rank,action,reason" 'names of columns'
prune -q --removed=gone.plain a.h5 >kept.plain
is "$(sed '1s/,suspicion,.*//; s/^\([0-9]*"\),.*/\1/' kept.csv | cksum)" \
    "$(cksum <kept.plain)" 'without them, what prune writes'
is "$(sed '1s/,suspicion,.*//; s/^\([0-9]*"\),.*/\1/; s/,,,,$//' gone.csv |
    cksum)" "$(cksum <gone.plain)" 'and leaves out'
is "$(awk -F, '/^150"/ { if ($2 + $4 < 0.999999 || $2 + $4 > 1.000001) bad++
        n++ } END { print n + 0, bad + 0 }' kept.csv)" \
    "$(grep -c '^150"' kept.plain) 0" 'a weight is 1 minus the suspicion'
is "$(sed -n 's/^150",[^,]*,\([0-9]*\),\([a-z]*\),.*/\1 \2/p' gone.csv | sort)" \
    "$({ report --format=tsv --fields=rank,action --list=label a.h5
        report --format=tsv --fields=rank,action --where='action=drop' a.h5
    } | sed '/^rank/d; s/\t/ /' | sort -u)" 'why they went'
ok "$([ "$(grep -c '^150"' gone.plain)" -gt 1 ]; echo $?)" 'some went'
prune -q -f --reasons --removed=gone.csv a.h5 >found
same found kept.plain '--reasons changes nothing that is kept'
is "$(head -n 1 gone.csv)" "$(head -n 1 iris.csv),action,reason,suspicion" \
    'and says why rows went'
# A row that is relabelled weighs as much as its new label is probable.
prune -q --relabel --weights --add=row a.h5 >found
is "$(sed -n 's/^150",\([0-9]*\),\(.*\)/\1 \2/p' found >weights
    report --format=tsv --fields=row,p_suggested --where='action=relabel' a.h5 |
        sed '1d; s/\t/ /' | sort -n >wanted
    awk 'NR == FNR { row[$1]; next } $1 in row' wanted weights | sort -n)" \
    "$(cat wanted)" 'weights of rows that were relabelled'
ok "$([ -s wanted ]; echo $?)" 'and there are some'
fails_with 2 '--reasons wants --removed too' prune --reasons a.h5
fails_with 2 '--add and --dry-run exclude each other' \
    prune --add=rank --dry-run a.h5
prune --add=rnk a.h5 >out 2>err
is "$?:$(head -n 1 err)" \
    "2:prune: --add: found 'rnk', wanted a field; is 'rank' meant?" 'a typo'
fails_with 2 '--add applies to rows in the form of the source, wanted no --format=jsonl' \
    prune --add=rank --format=jsonl a.h5

# ---- a pipe, another place, a file that changed
ingest -q --label=species --ignore=rank --lenient --missing-label=drop - \
    <iris.csv 2>/dev/null >pipe.h5
report --format=csv --with-source --add=row pipe.h5 >piped.csv
report --format=csv --with-source --add=row a.h5 >direct.csv
same piped.csv direct.csv 'an audit that keeps its source'
mkdir other && mv iris.csv other/moved.csv
fails_with 2 'iris.csv: cannot find the audited file' \
    report --format=csv --with-source a.h5
report --format=csv --with-source --source=other/moved.csv a.h5 >found
same found whole.csv '--source names it'
sed 's/150"/151"/' other/moved.csv >changed.csv
fails_with 2 'changed.csv: changed since the audit' \
    report --format=csv --with-source --source=changed.csv a.h5
runs 'into a file' report --format=csv --with-source \
    --source=other/moved.csv -o saved.csv a.h5
same saved.csv whole.csv 'the same'
fails_with 2 'saved.csv' report --format=csv --with-source \
    --source=other/moved.csv -o saved.csv a.h5

# ---- mistakes
fails_with 2 '--with-source wants --format=csv, or json for JSON Lines' \
    report --with-source a.h5
fails_with 2 '--add wants --with-source too' report --add=rank a.h5
fails_with 2 '--with-source and --fields exclude each other' \
    report --format=csv --with-source --fields=rank a.h5
fails_with 2 '--with-source: nothing has been flagged yet; run flag' \
    report --format=csv --with-source pipe.h5
awk 'BEGIN { for (i = 0; i < 40; i++) print i % 2, "1:" i % 7 + 8 * (i % 2) }' >x.svm
ingest -q --from=libsvm x.svm -o svm.h5 &&
    score -q --methods=none svm.h5 | flag -q -o svm.s.h5 || exit 99
fails_with 2 'wants an audit of CSV or JSON Lines; this one is of form libsvm: join' \
    report --format=csv --with-source --add=row svm.h5
fails_with 2 '--add applies to CSV and JSON Lines; this source is of form libsvm: join' \
    prune --add=row svm.s.h5

# ---- JSON Lines: members at the end of each object
{
    awk 'BEGIN { srand(3); for (i = 0; i < 90; i++) {
            y = i % 2; label = i % 17 == 3 ? 1 - y : y
            end = i % 5 ? "\n" : " \r\n\n"
            printf "{\"id\": %d, \"x\": [%.3f,%.3f], \"y\": \"c\\u00e4 }%d\", %s }%s", i, \
                4 * y + rand(), rand(), label, \
                "\"rank\": {\"of\": 1}", i < 89 ? end : ""
            if (i == 50)
                printf "%s\n%s\n%s\n", "{ }", "{\"id\": 1, \"x\": [1", \
                    "{\"id\": 2, \"x\": [1, 2]}" } }'
} >j.jsonl
ingest -q --label=y --id=id --lenient --missing-label=drop j.jsonl -o j.h5 \
    2>/dev/null && score -q -i --methods=none j.h5 && flag -q -i j.h5 || exit 99
runs 'the lines with members' \
    report --format=json --with-source --add=rank,suspicion,issues,given j.h5
cp out j.out
added='"winnow_rank": [^ ]*, "suspicion": [^ ]*, "issues": \(null\|"[^"]*"\), "given": \(null\|"[^"]*"\)}'
is "$(sed "s/, $added/}/; s/^{  $added/{ }/" j.out | cksum)" "$(cksum <j.jsonl)" \
    'without them it is the source'
is "$(grep -c "$added" j.out) $(grep -c '"suspicion": null' j.out)" '92 2' \
    'members in every object, null in those left out'
if "$python" -c 'import json, sys
for line in open(sys.argv[1], encoding="utf-8", newline="\n"):
    if line.strip() and not line.endswith("[1\n"):
        value = json.loads(line)
        if value.get("winnow_rank"):
            print(value["id"], value["winnow_rank"], "%.9g" % value["suspicion"],
                  value["issues"] or "")' j.out >j.read 2>err; then
    is "$(sort j.read | cksum)" \
        "$(report --format=tsv --fields=id,rank,suspicion,issues --top=all j.h5 |
            sed 1d | awk -F'\t' '{ print $1, $2, sprintf("%.9g", $3), $4 }' | sort | cksum)" \
        'the members are those of the row'
else
    skip 'members' "$(tail -n 1 err)"
fi
prune -q --relabel --weights --reasons --add=suggested --removed=jgone j.h5 >jkept
prune -q --relabel --removed=jgone.plain j.h5 >jkept.plain
is "$(sed 's/, "suggested": [^:]*, "weight": [^ ]*}$/}/
    s/, "suggested": [^:]*, "weight": [^ ]*} \(.\)$/} \1/' jkept | cksum)" \
    "$(cksum <jkept.plain)" 'prune --add and --weights'
ok "$(grep -q '"action": "drop", "reason": "' jgone ||
    grep -q '"action": ' jgone; echo $?)" '--reasons'
fails_with 2 'wanted --format=json' report --format=csv --with-source j.h5
fails_with 2 'wanted --format=csv' report --format=json --with-source a.h5

# ---- numbers as the source writes them
awk 'BEGIN { srand(5); print "a;b;y"
    for (i = 0; i < 60; i++) {
        text = sprintf("%.2f;%.2f;%s", rand() + 3 * (i % 2), rand(), i % 19 == 4 ? "q" : i % 2 ? "p" : "q")
        gsub(/\./, ",", text); print text } }' >comma.csv
ingest -q --label=y --delimiter=';' --decimal=, comma.csv -o c.h5 && score -q -i --methods=none c.h5 &&
    flag -q -i c.h5 || exit 99
report --format=csv --with-source --add=p_given,row c.h5 >found
is "$(sed 1d found | cut -d';' -f4 | grep -c '^[0-9]*,[0-9e-]*$') $(grep -c '[.]' found)" \
    "60 0" \
    'decimal commas'
is "$(sed 1d found | tr ',' '.' | awk -F';' '{ print $5, $4 }' | sort -n | cksum)" \
    "$(report --format=tsv --fields=row,p_given --top=all c.h5 | sed 1d |
        tr '\t' ' ' | sort -n | cksum)" 'and the numbers are those of the report'
done_testing
