#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# report --with-source: the source, byte for byte, with columns behind it.
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
fails_with 2 '--with-source wants --format=csv' report --with-source a.h5
fails_with 2 '--add wants --with-source too' report --add=rank a.h5
fails_with 2 '--with-source and --fields exclude each other' \
    report --format=csv --with-source --fields=rank a.h5
fails_with 2 '--with-source: nothing has been flagged yet; run flag' \
    report --format=csv --with-source pipe.h5
printf '1 1:2\n2 1:3\n1 1:4\n2 1:1\n' >x.svm
ingest -q --from=libsvm x.svm -o svm.h5 || exit 99
fails_with 2 'wants an audit of CSV; this one is of form libsvm' \
    report --format=csv --with-source --add=row svm.h5
done_testing
